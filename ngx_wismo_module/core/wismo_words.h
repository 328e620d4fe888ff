
/*
 * Copyright (C) The Wismo authors
 *
 * A compiled catalogue of words, as the view model uses it.  Only
 * wismo_words*.c, wismo_say.c and wismo_view*.c look inside; all others see
 * wismo_view.h.
 */


#ifndef _WISMO_WORDS_H_INCLUDED_
#define _WISMO_WORDS_H_INCLUDED_


#include "wismo_leg.h"
#include "wismo_locale.h"
#include "wismo_view.h"


/* Texts with places to fill in; the tables in wismo_words.c name them. */

typedef enum {
    WISMO_SAY_DATE_TIME = 0,
    WISMO_SAY_UTC,
    WISMO_SAY_LOCAL,
    WISMO_SAY_DAYS,
    WISMO_SAY_HOURS,
    WISMO_SAY_NOT_BEFORE,
    WISMO_SAY_NOT_AFTER,
    WISMO_SAY_ARRIVING,
    WISMO_SAY_ARRIVING_BETWEEN,
    WISMO_SAY_ARRIVING_BY,
    WISMO_SAY_DELAYED_TO,
    WISMO_SAY_DELIVERED_ON,
    WISMO_SAY_WINDOW,
    WISMO_SAY_LATER,
    WISMO_SAY_EARLIER,
    WISMO_SAY_ORDER,
    WISMO_SAY_PLACED,
    WISMO_SAY_PROMISE,
    WISMO_SAY_PARCEL,
    WISMO_SAY_RETURN,
    WISMO_SAY_PARCEL_TASK,
    WISMO_SAY_STEP,
    WISMO_SAY_PARCELS_DELIVERED,
    WISMO_SAY_PIECES_DELIVERED,
    WISMO_SAY_UNSHIPPED,
    WISMO_SAY_QUANTITY,
    WISMO_SAY_SCANS,
    WISMO_SAY_PICKUP_BY,
    WISMO_SAY_PICKUP_AT,
    WISMO_SAY_DESTINATION,
    WISMO_SAY_CARRIER_LINK,
    WISMO_SAY_PARTNER,
    WISMO_SAY_STARS,
    WISMO_SAY_STALE,
    WISMO_SAY_LATE,
    WISMO_SAY_LATE_CARRIER,
    WISMO_SAY_LINK_UNTIL,
    WISMO_SAY_SOURCE_POLL,
    WISMO_SAY_SOURCE_PUSH,
    WISMO_SAY_SOURCE_IMPORT,
    WISMO_SAY_SOURCE_API,
    WISMO_SAY_MAX
} wismo_say_e;


typedef enum {
    WISMO_WORD_LANG = 0,
    WISMO_WORD_DIR,
    WISMO_WORD_ESTIMATE,
    WISMO_WORD_PROMISED,
    WISMO_WORD_WAS_EXPECTED,
    WISMO_WORD_DELIVERED_ON,
    WISMO_WORD_NO_DATE,
    WISMO_WORD_NO_DATE_TITLE,
    WISMO_WORD_NO_DATE_ORDERED,
    WISMO_WORD_NO_DATE_CARRIER,
    WISMO_WORD_NO_DATE_OVER,
    WISMO_WORD_SURE_CARRIER,
    WISMO_WORD_SURE_WINDOW,
    WISMO_WORD_SURE_SHOP,
    WISMO_WORD_SURE_PREDICTED,
    WISMO_WORD_SURE_LATE,
    WISMO_WORD_NEVER_SCANNED,
    WISMO_WORD_NEVER_CHECKED,
    WISMO_WORD_NO_NEXT_CHECK,
    WISMO_WORD_NO_SOURCE,
    WISMO_WORD_TIME_UNKNOWN,
    WISMO_WORD_NOTE_UTC,
    WISMO_WORD_NOTE_LOCAL,
    WISMO_WORD_CARRIER_UPDATE,
    WISMO_WORD_PARCEL_ONLY,
    WISMO_WORD_RETURN_ONLY,
    WISMO_WORD_STEP_COLLECT,
    WISMO_WORD_STEP_DONE,
    WISMO_WORD_STEP_CURRENT,
    WISMO_WORD_STEP_TODO,
    WISMO_WORD_ACT_RECIPIENT,
    WISMO_WORD_ACT_MERCHANT,
    WISMO_WORD_ACT_CARRIER,
    WISMO_WORD_FACTOR_EMAIL,
    WISMO_WORD_FACTOR_POSTCODE,
    WISMO_WORD_FACTOR_PHONE,
    WISMO_WORD_PROOF,
    WISMO_WORD_PROOF_OPTIONAL,
    WISMO_WORD_ORDER_MISSING,
    WISMO_WORD_PROOF_MISSING,
    WISMO_WORD_NO_MATCH,
    WISMO_WORD_MAX
} wismo_word_e;


/* What a shopper can do: the kinds of the action slot. */

typedef enum {
    WISMO_ACTION_NONE = 0,
    WISMO_ACTION_PICKUP,
    WISMO_ACTION_PAY_ORDER,
    WISMO_ACTION_PAY_CUSTOMS,
    WISMO_ACTION_DOCUMENTS,
    WISMO_ACTION_ADDRESS,
    WISMO_ACTION_MISSED,
    WISMO_ACTION_IDENTITY,
    WISMO_ACTION_ANSWER,
    WISMO_ACTION_NOT_RECEIVED,
    WISMO_ACTION_MAX
} wismo_action_e;


/* What the questions under a page are chosen by. */

typedef enum {
    WISMO_HELP_EARLY = 0,
    WISMO_HELP_MOVING,
    WISMO_HELP_OUT,
    WISMO_HELP_PICKUP,
    WISMO_HELP_MISSED,
    WISMO_HELP_LATE,
    WISMO_HELP_TROUBLE,
    WISMO_HELP_BACK,
    WISMO_HELP_DONE,
    WISMO_HELP_OVER,
    WISMO_HELP_MAX
} wismo_help_e;


/* The members of an event: the page asks for the first ones, one by one. */

typedef enum {
    WISMO_EVENT_IS_NEW_DAY = 0,
    WISMO_EVENT_DAY_TEXT,
    WISMO_EVENT_LABEL,
    WISMO_EVENT_IS_RETURN,
    WISMO_EVENT_TEXT,
    WISMO_EVENT_TIME_TEXT,
    WISMO_EVENT_ISO,
    WISMO_EVENT_ZONE_TEXT,
    WISMO_EVENT_PLACE,
    WISMO_EVENT_IS_DAY_END,
    WISMO_EVENT_IS_LATEST,
    WISMO_EVENT_DATE_TEXT,
    WISMO_EVENT_MAX
} wismo_event_e;


#define WISMO_STARS          5
#define WISMO_MESSAGES       10


typedef struct {
    wismo_str_t               headline;
    wismo_str_t               scan;       /* the headline, if not given */
    wismo_str_t               next;
} wismo_status_words_t;


typedef struct {
    const char               *kind;
    wismo_str_t               headline;
    wismo_str_t               body;
} wismo_message_t;


typedef struct {
    const char               *kind;
    wismo_str_t               title;
    wismo_str_t               body;
    wismo_str_t               link;
} wismo_action_words_t;

/* A phrase that counts something has one for each of the plurals. */

struct wismo_words_s {
    wismo_locale_t           *locale;
    wismo_phrase_t            phrases[WISMO_SAY_MAX];
    const wismo_phrase_t     *plurals[WISMO_SAY_MAX];    /* or NULL */
    wismo_str_t               words[WISMO_WORD_MAX];
    wismo_str_t               steps[WISMO_MILESTONES];
    wismo_str_t               return_steps[WISMO_RETURN_STEPS];
    wismo_status_words_t      returns[WISMO_RETURN_STATES];
    wismo_str_t               to[WISMO_TO_RETURNED_TO_SENDER + 1];
    wismo_message_t           messages[WISMO_MESSAGES];
    wismo_status_words_t     *statuses;   /* as wismo_substatus_table() */
    wismo_action_words_t      actions[WISMO_ACTION_MAX];
    const wismo_json_t       *faq[WISMO_HELP_MAX];    /* arrays, ready */
    const wismo_json_t       *stars;      /* of a rating, likewise */
    const wismo_json_t       *notices;    /* headlines, by their kinds */
    const wismo_json_t       *carriers;   /* names in this language, or NULL */
    const wismo_json_t       *model;      /* what every one begins with */
    wismo_json_t              event[WISMO_EVENT_MAX];    /* still empty */
    bool                      plain;      /* HTML escapes nothing in dates,
                                             clocks, single words, and what
                                             scans and steps are called */
};


/* Does a phrase speak of a total, which then decides the plural? */
bool wismo_words_has_total(wismo_say_e say);

/* The "other" of {"one": ..., "other": ...}, or NULL if it is no plural. */
const wismo_json_t *wismo_words_plural(const wismo_json_t *json);


/*
 * Speaking: fills in phrases and tells times, in strings of a pool.  When
 * memory is out, "failed" is set and texts are empty: the view checks once.
 */

typedef struct {
    wismo_pool_t             *pool;
    const wismo_words_t      *words;
    int                       year;       /* goes without saying */
    int64_t                   new_year;   /* its first day, since 1970, */
    unsigned                  ndays;      /* and how many it has */
    int64_t                   day;        /* the last date told, */
    wismo_civil_t             civil;      /* in the calendar, */
    wismo_str_t               date;       /* and its text */
    bool                      failed;
} wismo_speech_t;


void wismo_speech_init(wismo_speech_t *s, wismo_pool_t *pool,
    const wismo_words_t *words, int64_t now);
void wismo_say(wismo_speech_t *s, wismo_say_e say, const wismo_str_t *args,
    wismo_str_t *text);

/* What counts something, with numbers for its "n" and "total". */
void wismo_say_count(wismo_speech_t *s, wismo_say_e say, int64_t n,
    int64_t total, wismo_str_t *text);

/* "wall" is a clock as printed; the zone, if any, is for the caller to say. */
void wismo_say_date(wismo_speech_t *s, int64_t wall, wismo_str_t *text);
void wismo_say_date_long(wismo_speech_t *s, int64_t wall, wismo_str_t *text);
void wismo_say_clock(wismo_speech_t *s, int64_t wall, wismo_str_t *text);

/* The whole: date, clock if there is one, and by which clock. */
void wismo_say_when(wismo_speech_t *s, const wismo_when_t *when,
    wismo_str_t *text);
void wismo_say_utc(wismo_speech_t *s, int64_t utc, wismo_str_t *text);


#endif /* _WISMO_WORDS_H_INCLUDED_ */
