
/*
 * Copyright (C) The Wismo authors
 *
 * A view model in the making: what wismo_view.c (the page as a whole) and
 * wismo_view_hero.c, _parcel.c, _return.c, _date.c, _action.c, _data.c and
 * _feed.c (its parts) share.
 */


#ifndef _WISMO_VIEW_MAKE_H_INCLUDED_
#define _WISMO_VIEW_MAKE_H_INCLUDED_


#include "wismo_words.h"


/* A check that is due for longer is told as missed. */
#define WISMO_VIEW_LATE      3600


typedef struct {
    wismo_speech_t            speech;
    wismo_pool_t             *pool;
    const wismo_words_t      *words;
    const wismo_view_ctx_t   *ctx;
    wismo_view_e              view;
    const wismo_json_t       *order;
    unsigned                  parcels;    /* to the shopper, */
    unsigned                  returns;    /* and back */
    bool                      sent_back;  /* some of them was handed over */
    bool                      open;       /* and is not there yet */
    unsigned                  worst;      /* the one with bad news, or 0 */
    bool                      arrived;    /* all of them */
    bool                      scans;      /* some parcel has one */
    int64_t                   updated;
    int64_t                   checked;    /* latest, of all parcels */
    wismo_str_t               source;
    wismo_str_t               destination;
    wismo_str_t               contact;
    wismo_str_t               silent;     /* a carrier that did not answer, */
    int64_t                   since;      /* and since when */
    int64_t                   steps[WISMO_MILESTONES];   /* reached when, */
    unsigned                  nsteps[WISMO_MILESTONES];  /* by how many */
    wismo_json_t             *actions;
    wismo_out_t               data;
    wismo_when_t              scanned;
    wismo_when_t              delivered;
    wismo_json_t             *nodes;      /* made, but not yet in the model */
    unsigned                  nnodes;
} wismo_viewer_t;


typedef struct {
    const wismo_substatus_t  *row;
    wismo_status_words_t      words;
} wismo_view_status_t;


/* A parcel, as far as its card is known. */

typedef struct {
    const wismo_json_t       *json;
    const wismo_substatus_t  *row;
    bool                      back;       /* it is a return */
    wismo_str_t               title;
    wismo_str_t               carrier;
    wismo_str_t               number;     /* empty in the minimal view, */
    wismo_str_t               link;       /* as is the carrier's page */
} wismo_view_card_t;


/* Days and hours, by the clock they were printed by. */

typedef struct {
    wismo_when_t              first;
    wismo_when_t              second;
    bool                      from;       /* which of both were said */
    bool                      until;
    bool                      hours;      /* not whole days */
    int64_t                   last;       /* when all of it is over */
} wismo_view_span_t;


#define wismo_view_word(v, word)                                              \
    (&(v)->words->words[WISMO_WORD_##word])


void wismo_view_parcel(wismo_viewer_t *v, wismo_json_t *parcels,
    const wismo_json_t *json, unsigned n);
void wismo_view_items(wismo_viewer_t *v, wismo_json_t *parent,
    const wismo_json_t *items, const wismo_json_t *all);
void wismo_view_date(wismo_viewer_t *v, wismo_json_t *parent,
    const wismo_json_t *json, const wismo_substatus_t *row,
    const wismo_when_t *delivered, wismo_str_t *sentence);
bool wismo_view_span(const wismo_json_t *estimate, wismo_view_span_t *span);

void wismo_view_feed(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_document_t *doc, const wismo_substatus_t *row);
void wismo_view_feed_event(wismo_viewer_t *v, wismo_json_t *event,
    const wismo_json_t *parcel, const wismo_json_t *json,
    const wismo_when_t *when);

unsigned wismo_view_worst(wismo_viewer_t *v,
    wismo_view_status_t *status);
wismo_json_t *wismo_view_hero(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_view_status_t *status);
void wismo_view_step(wismo_viewer_t *v, wismo_json_t *steps,
    const wismo_str_t *label, const wismo_str_t *date, bool done,
    bool current);
void wismo_view_headline(wismo_viewer_t *v, wismo_json_t *hero,
    const wismo_view_status_t *status, const wismo_str_t *sentence);
void wismo_view_steps(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_view_status_t *status);

void wismo_view_contact(wismo_viewer_t *v, const wismo_str_t *number,
    const wismo_substatus_t *row);
void wismo_view_action(wismo_viewer_t *v, const wismo_view_card_t *card);
void wismo_view_pickup(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_json_t *json);
void wismo_view_help(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_substatus_t *row);
void wismo_view_blocks(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_substatus_t *row, bool trouble);

void wismo_view_data_order(wismo_viewer_t *v, const wismo_str_t *number,
    const wismo_substatus_t *row);
void wismo_view_data_parcel(wismo_viewer_t *v, const wismo_view_card_t *card);
void wismo_view_data_done(wismo_viewer_t *v, wismo_json_t *model);

void wismo_view_live(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_document_t *doc, const wismo_substatus_t *row);

void wismo_view_legs(wismo_viewer_t *v);
void wismo_view_returns(wismo_viewer_t *v, wismo_json_t *model);
void wismo_view_return_alone(const wismo_viewer_t *v,
    wismo_view_status_t *status);
void wismo_view_return_words(const wismo_viewer_t *v,
    const wismo_substatus_t *row, wismo_status_words_t *words);
void wismo_view_return_title(wismo_viewer_t *v, unsigned n,
    wismo_str_t *title);
const char *wismo_view_return_tone(const wismo_substatus_t *row);
void wismo_view_return_steps(wismo_viewer_t *v, wismo_json_t *card,
    const wismo_json_t *json, const wismo_substatus_t *row,
    const int64_t *when);

void wismo_view_status(const wismo_viewer_t *v, const wismo_json_t *json,
    wismo_view_status_t *status);
const char *wismo_view_tone(const wismo_str_t *severity,
    const wismo_substatus_t *row);
void wismo_view_carrier(wismo_viewer_t *v, const wismo_str_t *id,
    wismo_str_t *title);
void wismo_view_source(wismo_viewer_t *v, const wismo_str_t *source,
    const wismo_str_t *carrier, wismo_str_t *text);
void wismo_view_to(wismo_viewer_t *v, wismo_json_t *parent,
    const wismo_json_t *json, const wismo_str_t *headline);
void wismo_view_number(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, int64_t n);
wismo_str_t wismo_view_https(wismo_str_t link);
bool wismo_view_when(const wismo_str_t *text, wismo_when_t *when);


static inline bool
wismo_view_is_return(const wismo_json_t *parcel)
{
    wismo_str_t  leg;

    leg = wismo_json_str(parcel, "leg");

    return wismo_str_is(&leg, "return");
}


/* Inline for the names' lengths, see wismo_json.h. */

static inline bool
wismo_view_time(const wismo_json_t *json, const char *name,
    wismo_when_t *when)
{
    wismo_str_t  text;

    text = wismo_json_str(json, name);

    return wismo_view_when(&text, when);
}


static inline wismo_str_t
wismo_view_link(const wismo_json_t *json, const char *name)
{
    return wismo_view_https(wismo_json_str(json, name));
}


/*
 * A node and its place.  What adds one is inline for the names' lengths, see
 * wismo_json.h.
 */
wismo_json_t *wismo_view_node(wismo_viewer_t *v, wismo_json_t *parent,
    uint64_t head, const char *name, size_t len, wismo_json_type_e type);


static inline wismo_json_t *
wismo_view_add(wismo_viewer_t *v, wismo_json_t *parent, const char *name,
    wismo_json_type_e type)
{
    size_t  len = name ? strlen(name) : 0;

    return wismo_view_node(v, parent, wismo_word_head(name, len), name, len,
                           type);
}


static inline void
wismo_view_str(wismo_viewer_t *v, wismo_json_t *parent, const char *name,
    const wismo_str_t *text)
{
    wismo_json_t  *node;

    node = wismo_view_add(v, parent, name, WISMO_JSON_STRING);

    if (node) {
        node->text = *text;
    }
}


/* A single word, a date or a clock of the catalogue. */

static inline void
wismo_view_said(wismo_viewer_t *v, wismo_json_t *parent, const char *name,
    const wismo_str_t *text)
{
    wismo_json_t  *node;

    node = wismo_view_add(v, parent, name, WISMO_JSON_STRING);

    if (node) {
        node->text = *text;
        node->count = v->words->plain;
    }
}


static inline void
wismo_view_flag(wismo_json_t *node, bool value)
{
    node->type = value ? WISMO_JSON_TRUE : WISMO_JSON_FALSE;
}


static inline void
wismo_view_text(wismo_viewer_t *v, wismo_json_t *parent, const char *name,
    const char *text)
{
    wismo_str_t  s;

    s.data = (unsigned char *) text;
    s.len = strlen(text);

    wismo_view_str(v, parent, name, &s);
}


static inline void
wismo_view_bool(wismo_viewer_t *v, wismo_json_t *parent, const char *name,
    bool value)
{
    (void) wismo_view_add(v, parent, name,
                          value ? WISMO_JSON_TRUE : WISMO_JSON_FALSE);
}


/* The members of an object become the last ones of another. */

static inline void
wismo_view_move(wismo_json_t *to, wismo_json_t *from)
{
    if (to && from->first) {
        to->last->next = from->first;
        to->last = from->last;
        to->count += from->count;
    }
}


#endif /* _WISMO_VIEW_MAKE_H_INCLUDED_ */
