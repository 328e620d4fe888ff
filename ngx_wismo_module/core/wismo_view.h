
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


#include "wismo_document.h"


typedef struct wismo_words_s  wismo_words_t;


/*
 * Compiles a catalogue (html/locales/xx.json).  Every key of the view must
 * be there, each status and sub-status must have its words; otherwise
 * WISMO_DECLINED names the key.  The catalogue points into "json".
 */
int wismo_words_compile(wismo_pool_t *pool, const wismo_json_t *json,
    wismo_words_t **words, wismo_error_t *err);

typedef enum {
    WISMO_VIEW_MINIMAL = 0,
    WISMO_VIEW_FULL
} wismo_view_e;

/* "json" is the minimal or full view of "doc", read by wismo_json_read(). */
int wismo_view_make(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_json_t *json, wismo_view_e view, const wismo_words_t *words,
    int64_t now, wismo_json_t **model);

/* Pages without an order: "form", "not_found", "bad_link", "unavailable". */
int wismo_view_message(wismo_pool_t *pool, const wismo_words_t *words,
    const char *kind, wismo_json_t **model);


#endif /* _WISMO_VIEW_H_INCLUDED_ */
