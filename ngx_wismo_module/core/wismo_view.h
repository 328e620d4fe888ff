
/*
 * Copyright (C) The Wismo authors
 *
 * The view model: what a page template sees (docs/templates.md).  Made from
 * a document's JSON and a catalogue of words; every string is final, arrays
 * carry has_* booleans because Mustache has no logic.  The same model serves
 * the page in the module and mails in the fetcher.
 */


#ifndef _WISMO_VIEW_H_INCLUDED_
#define _WISMO_VIEW_H_INCLUDED_


#include "wismo_blocks.h"
#include "wismo_incident.h"
#include "wismo_carriers.h"
#include "wismo_document.h"
#include "wismo_notice.h"
#include "wismo_template.h"


typedef struct wismo_words_s  wismo_words_t;


/*
 * Compiles a catalogue (html/locales/xx.json).  Every key of the view must
 * be there, each status and sub-status must have its words; otherwise
 * WISMO_DECLINED names the key.  The catalogue points into "json", and both
 * must outlive the models made from it.
 */
int wismo_words_compile(wismo_pool_t *pool, const wismo_json_t *json,
    wismo_words_t **words, wismo_error_t *err);

/*
 * Whether a catalogue has each key of the English one, no other, and the same
 * {places} in each text: WISMO_DECLINED names the first that differs.  What
 * is said in a plural may be said without one, and the other way round.
 */
int wismo_words_same(const wismo_json_t *english, const wismo_json_t *other,
    wismo_error_t *err);

/* The pseudo-language's catalogue; it points into the English one. */

#define WISMO_WORDS_PSEUDO   "en-XA"

int wismo_words_pseudo(wismo_pool_t *pool, const wismo_json_t *english,
    wismo_json_t **pseudo);

/* The tag of a language, such as "pt-BR", and its own name. */
const wismo_str_t *wismo_words_lang(const wismo_words_t *words);
const wismo_str_t *wismo_words_name(const wismo_words_t *words);

/* What is the same in all models made with these words. */
const wismo_json_t *wismo_words_constants(const wismo_words_t *words);


typedef enum {
    WISMO_VIEW_MINIMAL = 0,
    WISMO_VIEW_FULL
} wismo_view_e;


/*
 * What a page needs besides its order.  "base" is the path of the location,
 * with a slash at its end; "brand" is the shop's name, empty where it has
 * none; "contact" is an https: or mailto: address or a path, with {order} for
 * the number and {status} for the status, or empty; "carriers" and "blocks"
 * may be NULL; "feedback" is the key of the form that ORDER/feedback takes,
 * or empty; "constants" are a theme's, or NULL: those of the words; "stale"
 * says that Redis did not answer and an older copy is shown.  "id" are
 * WISMO_VIEW_ID bytes that stand for the order wherever a calendar or a feed
 * takes them, and tell nobody its number; without them the model has nothing
 * for either.
 */

#define WISMO_VIEW_ID        16


typedef struct {
    int64_t                   now;
    wismo_str_t               base;
    wismo_str_t               brand;
    wismo_str_t               contact;
    wismo_str_t               script;     /* of live pages, below "base"; or
                                             empty */
    const wismo_carriers_t   *carriers;
    const wismo_blocks_t     *blocks;
    const wismo_incidents_t  *incidents;  /* or NULL */
    unsigned                  factors;    /* what the look-up form takes, as
                                             bits of wismo_factor_e */
    bool                      proof;      /* ... and takes nothing without */
    bool                      mail;       /* it sends links by mail, too */
    bool                      parcel;     /* it is a parcel by itself */
    wismo_str_t               feedback;
    const wismo_json_t       *constants;
    wismo_str_t               id;
    bool                      stale;
} wismo_view_ctx_t;


/* "json" is the minimal or full view of "doc", read by wismo_json_read(). */
int wismo_view_make(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_json_t *json, wismo_view_e view, const wismo_words_t *words,
    const wismo_view_ctx_t *ctx, wismo_json_t **model);

/*
 * Pages without an order: "form", "not_found", "bad_link", "unavailable", the
 * form's faults "order_missing", "proof_missing", "no_match", and what was
 * done for a mail: "stop", "stopped", "mailed".
 * WISMO_DECLINED for another kind.
 */
int wismo_view_message(wismo_pool_t *pool, const wismo_words_t *words,
    const char *kind, const wismo_view_ctx_t *ctx, wismo_json_t **model);


/*
 * Adds to an order's model, whose "base" was a whole address, what a notice
 * about it needs; "order" is the JSON that the model was made of.
 */

typedef struct {
    const wismo_notice_kind_t  *kind;
    wismo_str_t               parcel;     /* its id, empty: about the order */
    wismo_str_t               url;        /* of the page, signed */
    wismo_str_t               stop_url;   /* or empty */
    int64_t                   until;      /* the link's end, or 0: none */
    int64_t                   now;
} wismo_view_notice_t;

int wismo_view_notice(wismo_pool_t *pool, const wismo_words_t *words,
    const wismo_json_t *order, const wismo_view_notice_t *what,
    wismo_json_t *model);

/*
 * The WISMO_VIEW_ID bytes that stand for an order in calendars and feeds, out
 * of a secret and its number; "mac" has room for 32.
 */
int wismo_view_id(wismo_pool_t *pool, const wismo_str_t *secret,
    const wismo_str_t *number, unsigned char *mac);


/*
 * The source expression a Content-Security-Policy needs for the style sheet
 * that a page template carries inline: 'sha256-...', quotes included, over
 * the bytes between <style> and </style>.  They come from a partial without
 * tags and so are the same in every rendering.  Called when a template is
 * loaded.  Writes exactly WISMO_STYLE_SOURCE_LEN bytes; WISMO_DECLINED if the
 * template has no inline style.
 */

#define WISMO_STYLE_SOURCE_LEN    53

int wismo_view_style_source(wismo_pool_t *pool,
    const wismo_template_t *template, char *buf);


#endif /* _WISMO_VIEW_H_INCLUDED_ */
