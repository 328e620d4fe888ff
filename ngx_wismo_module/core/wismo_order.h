
/*
 * Copyright (C) The Wismo authors
 *
 * The order model: an order has parcels, a parcel has events.  This is what
 * the merge works on and what a document is written from and read back to.
 * All strings live in the pool the order was made in.
 */


#ifndef _WISMO_ORDER_H_INCLUDED_
#define _WISMO_ORDER_H_INCLUDED_


#include "wismo_core.h"
#include "wismo_json.h"
#include "wismo_leg.h"
#include "wismo_lookup.h"
#include "wismo_status.h"
#include "wismo_time.h"

#include <jansson.h>


#define WISMO_ORDER_NUMBER_MAX    64
#define WISMO_TRACKING_MAX        50
#define WISMO_PARCELS_MAX         50
#define WISMO_EVENTS_MAX          200     /* per parcel; the oldest go */
#define WISMO_ITEMS_MAX           200
#define WISMO_TEXT_MAX            1024    /* bytes of a carrier's text */
#define WISMO_PICKUP_CODE_MAX     64


typedef struct wismo_written_s  wismo_written_t;

typedef struct {
    wismo_when_t              when;
    const wismo_substatus_t  *status;     /* the note row if it maps to none */
    wismo_to_e                delivered_to;
    bool                      return_leg;
    wismo_str_t               code;       /* raw, as the carrier wrote it */
    wismo_str_t               text;       /* raw description, cleaned */
    wismo_str_t               place;
    wismo_str_t               raw;        /* what the adapter's tables were
                                             asked, to be asked again; empty
                                             if no table said the status */
    const wismo_written_t    *written;    /* what the document it was read
                                             from has of it, or NULL */
} wismo_event_t;


/*
 * An estimate: a window (either end may be NONE), or a day, or nothing.  The
 * ends are instants with the bases UTC, OFFSET and ZONE, and wall clocks with
 * LOCAL.
 */

typedef struct {
    int64_t                   from;
    int64_t                   to;
    int64_t                   date;       /* midnight, when only a day */
    wismo_basis_e             basis;      /* UNKNOWN: there is no estimate */
    int16_t                   offset;
} wismo_edd_t;


/*
 * Our own estimate, learnt from past deliveries (wismo_edd.h): days, both
 * ends inclusive, made by the fetcher when an order is committed.
 */

typedef enum {
    WISMO_OWN_NONE = 0,               /* there is no estimate */
    WISMO_OWN_PURCHASE,               /* what was known when it was bought */
    WISMO_OWN_HANDOVER,               /* it is with the carrier */
    WISMO_OWN_EVENT,                  /* something happened on its way */
    WISMO_OWN_EXCEPTION               /* something went wrong */
} wismo_own_e;

typedef struct {
    wismo_own_e               reason;
    int64_t                   from;       /* midnights */
    int64_t                   to;
    int64_t                   at;         /* when it was made */
    int                       coverage;   /* percent of parcels it holds */
} wismo_own_t;

const char *wismo_own_name(wismo_own_e reason);
wismo_own_e wismo_own_of(const wismo_str_t *name);


/* What time alone has brought about (wismo_clock.h): level 0 is nothing. */

typedef struct {
    unsigned                  level;      /* thresholds passed: 1, 2 */
    int64_t                   since;      /* when the first one was, */
    int64_t                   at;         /* and the last; not stored */
} wismo_raised_t;


/* What is to be expected of an order, by its estimates and its promise. */

typedef enum {
    WISMO_OUTLOOK_NONE = 0,
    WISMO_OUTLOOK_TOMORROW,           /* it arrives tomorrow, */
    WISMO_OUTLOOK_TODAY,              /* or today */
    WISMO_OUTLOOK_LATE                /* after what was promised */
} wismo_outlook_e;

const char *wismo_outlook_name(wismo_outlook_e outlook);  /* NULL for NONE */
wismo_outlook_e wismo_outlook_of(const wismo_str_t *name);


/* Where a parcel is to be collected, or a return is handed in. */

typedef struct {
    wismo_str_t               name;
    wismo_str_t               address;
    wismo_str_t               hours;
    wismo_str_t               code;
    wismo_str_t               qr;         /* of the code: an SVG path, made
                                             when the order is committed */
} wismo_pickup_t;


/*
 * What one reply, push or import says of one parcel.  Only facts: the status
 * of the parcel is derived by the merge.
 */

typedef struct {
    wismo_str_t               tracking_number;
    wismo_event_t            *events;     /* any order */
    unsigned                  nevents;
    const wismo_substatus_t  *status;     /* the carrier's own headline, or
                                             NULL when it gives none */
    wismo_str_t               status_raw; /* as an event's */
    wismo_to_e                delivered_to;
    wismo_edd_t               edd;
    int                       pieces_total;       /* 0: not said */
    int                       pieces_delivered;
    wismo_str_t               signed_by;
    int64_t                   weight_g;   /* -1: not said */
    wismo_when_t              pickup_by;
    wismo_str_t               partner;    /* carrier of the last stretch */
    wismo_str_t               partner_number;
    wismo_pickup_t            pickup;     /* no code: that is the shop's */
    wismo_str_t              *unmapped;   /* codes no table knows */
    unsigned                  nunmapped;
    int64_t                   as_of;      /* when we asked or were told; 0 if
                                             unknown.  Settles which of two
                                             reports with the same newest
                                             event is the later one */
} wismo_report_t;


/* How new a report is: the merge compares, the document keeps. */

typedef struct {
    int64_t                   at;         /* of its newest event, or NONE */
    int64_t                   as_of;      /* 0: not said */
    bool                      instant;    /* "at" is one; else a wall clock */
} wismo_said_t;


typedef struct {
    wismo_str_t               id;
    wismo_str_t               sku;
    wismo_str_t               name;
    wismo_str_t               image_url;
    wismo_str_t               url;
    int                       quantity;
} wismo_item_t;


typedef struct {
    wismo_str_t               id;         /* unique in its order */
    bool                      id_default; /* made up here, not by the shop */
    wismo_leg_e               leg;
    wismo_str_t               carrier;    /* "ups": names the adapter */
    wismo_str_t               tracking_number;
    wismo_str_t               service;
    wismo_str_t               tracking_url;   /* https, the shop's own */
    int64_t                   shipped_at;
    wismo_pickup_t            pickup;
    wismo_str_t               partner;    /* carrier of the last stretch */
    wismo_str_t               partner_number;
    wismo_item_t             *items;      /* id and quantity, or none */
    unsigned                  nitems;

    wismo_event_t            *events;     /* newest first, no duplicates */
    unsigned                  nevents;
    const wismo_substatus_t  *headline;   /* last one the carrier gave */
    wismo_str_t               headline_raw;
    wismo_to_e                headline_to;
    wismo_said_t              headline_said;

    /* derived by the merge from the fields above, never stored by hand */
    const wismo_substatus_t  *reported;
    wismo_to_e                delivered_to;
    bool                      delivered;
    int                       milestone;

    /* that, unless the clock has something to say */
    const wismo_substatus_t  *status;
    wismo_raised_t            raised;

    wismo_edd_t               edd;
    wismo_said_t              edd_said;
    wismo_edd_t               edd_first;      /* what was expected first */
    wismo_said_t              edd_first_said;
    wismo_own_t               own;
    wismo_own_t               own_first;
    int                       pieces_total;
    int                       pieces_delivered;
    bool                      signed_for;     /* never the name */
    int64_t                   weight_g;
    wismo_when_t              pickup_by;
    int64_t                   added_at;       /* when we first heard of it */

    /* freshness: patched in place by unchanged polls */
    int64_t                   checked_at;     /* NONE: never asked */
    int64_t                   next_check_at;  /* NONE: not asked again */
    wismo_str_t               source;         /* of the last change: poll
                                                 push import api */
} wismo_parcel_t;


typedef struct {
    wismo_str_t               number;
    wismo_str_t               brand;
    wismo_str_t               locale;
    wismo_str_t               currency;
    wismo_str_t               city;           /* of ship_to: no finer */
    wismo_str_t               country;
    wismo_str_t               lane_from;      /* places (wismo_edd.h): where */
    wismo_str_t               lane_to;        /* it is sent from; and to, the
                                                 postcode's first three */
    int64_t                   placed_at;
    int64_t                   added_at;       /* when we first heard of it */
    int64_t                   promised_from;
    int64_t                   promised_until;
    bool                      promised_days;  /* both are midnights of days */
    int16_t                   placed_offset;  /* minutes east of UTC: by which
                                                 clock they are told; 0 where
                                                 nobody knows */
    int16_t                   from_offset;
    int16_t                   until_offset;
    bool                      cancelled;
    bool                      alone;          /* it is no order, but one of
                                                 its parcels by itself */
    wismo_item_t             *items;
    unsigned                  nitems;
    wismo_parcel_t           *parcels;
    unsigned                  nparcels;

    /* derived by the roll-up */
    const wismo_substatus_t  *status;
    wismo_raised_t            raised;
    wismo_outlook_e           outlook;
    int64_t                   outlook_since;
    wismo_severity_e          severity;
    int                       milestone;
    unsigned                  ndelivered;
    wismo_edd_t               edd;
    wismo_edd_t               edd_first;
    wismo_own_t               own;
    wismo_own_t               own_first;

    wismo_proofs_t            proofs;     /* for the look-up form */
    int64_t                   revoked_at; /* links made before this are void;
                                             NONE: none is */
    int64_t                   mail_stopped_at;    /* its person wants none;
                                                     0: does */

    uint64_t                  version;        /* of the stored document */
    int64_t                   updated_at;
} wismo_order_t;


/*
 * The documented alphabet: 1 to 64 of A-Z a-z 0-9 . _ -, not starting with a
 * dot, not ending in ".json", ".ics", ".atom" or ".txt", which are forms of
 * an order's page.  Anything else never reaches Redis.
 */
bool wismo_order_number_ok(const wismo_str_t *number);


/*
 * Makes a carrier's or shop's text fit to be kept and shown: no control
 * characters (line ends and tabs become spaces), no overrides of the writing
 * direction, no invalid UTF-8, no spaces around, at most WISMO_TEXT_MAX bytes.
 * A text that is fit already is left where it is, another is made in the pool.
 * WISMO_ERROR: no memory.
 */
int wismo_clean_text(wismo_pool_t *pool, wismo_str_t *text);

/* The same for who writes more: at most "max" bytes. */
int wismo_clean_words(wismo_pool_t *pool, wismo_str_t *text, size_t max);

/*
 * The one form of a tracking number: spaces, dashes and dots removed, upper
 * case.  WISMO_DECLINED unless 1 to WISMO_TRACKING_MAX of A-Z 0-9 remain.
 */
int wismo_clean_number(wismo_pool_t *pool, wismo_str_t *number);


/*
 * Checks the body of PUT /orders/<number> (docs/openapi.yaml) and, when
 * "order" is not NULL, fills it anew.  Faults are reported, the first "max"
 * of them, each with its JSON pointer and a sentence; the return value counts
 * those reported, or is WISMO_ERROR when memory is out.
 *
 * "events" is set by the import, whose lines may carry "number" (which then
 * becomes order->number) and shipments[].events[]; otherwise the number is in
 * the path and the caller sets it.  "carrier_ok" tells whether a carrier's
 * name is configured; NULL accepts any well-formed one; "carrier_hint", if it
 * is not NULL, tells in the fault what else can be done.
 *
 * The order is what the shop said: its events are as they came and nothing is
 * derived yet, which wismo_merge_order() does.  The caller sets the parcels'
 * source.
 */

typedef struct {
    bool                    (*carrier_ok)(void *data, const wismo_str_t *name);
    const char               *carrier_hint;
    void                     *data;
    bool                      events;
    int64_t                   now;
} wismo_body_rules_t;

int wismo_order_body(wismo_pool_t *pool, const json_t *body,
    const wismo_body_rules_t *rules, wismo_order_t *order,
    wismo_error_t *errors, int max);

/*
 * Gives a carrier to each shipment of a body that names none, if by the looks
 * of its tracking number exactly one that is configured can be asked.  A
 * shipment without one is a fault of the body.  Returns how many were given.
 */
int wismo_order_carriers(json_t *body, const wismo_body_rules_t *rules);


/*
 * Places whose clocks the order goes by: where it is sent from, and to.  Who
 * says only one of them sends, for all that is known, within a country.
 */
void wismo_order_places(const wismo_order_t *order, wismo_str_t *from,
    wismo_str_t *to);


#endif /* _WISMO_ORDER_H_INCLUDED_ */
