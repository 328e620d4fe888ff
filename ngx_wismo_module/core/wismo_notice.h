
/*
 * Copyright (C) The Wismo authors
 *
 * What is worth telling a shopper: the kinds of notices (docs/notices.md),
 * and which of them a change of an order gives rise to.  A table and a pure
 * function; when, whether and by what channel a notice goes out is decided in
 * the fetcher.
 */


#ifndef _WISMO_NOTICE_H_INCLUDED_
#define _WISMO_NOTICE_H_INCLUDED_


#include "wismo_order.h"


/* Who hears of a kind unless the shop has chosen otherwise. */

#define WISMO_NOTICE_MAIL     0x01
#define WISMO_NOTICE_SMS      0x02

/*
 * No news: somebody has asked for it, and it is for the order's recipient
 * alone.  No change of an order gives rise to it, and what keeps people from
 * having too much news does not keep it back.
 */

#define WISMO_NOTICE_ASKED    0x04

#define wismo_notice_asked(kind)                                              \
    ((kind) != NULL && ((kind)->defaults & WISMO_NOTICE_ASKED) != 0)

#define WISMO_NOTICE_LINK     "link_requested"


typedef struct {
    const char               *name;       /* "out_for_delivery" */
    int64_t                   max_age;    /* seconds: older news is no news */
    unsigned                  defaults;   /* webhooks hear of all */
    bool                      again;      /* may come back another day */
    bool                      urgent;     /* somebody has to act: not held
                                             back for a gap between notices */
} wismo_notice_kind_t;


typedef struct {
    const wismo_notice_kind_t  *kind;
    const wismo_parcel_t       *parcel;   /* NULL: about the order */
    int64_t                     at;       /* when it happened, at the latest */
} wismo_notice_t;


/* All kinds, ended by one with a NULL name; NULL if there is no such kind. */
const wismo_notice_kind_t *wismo_notice_kinds(void);
const wismo_notice_kind_t *wismo_notice_kind(const wismo_str_t *name);

/* A state that the kind tells of, for what shows how it looks. */
const wismo_substatus_t *wismo_notice_sample(const wismo_notice_kind_t *kind,
    wismo_leg_e *leg);


/*
 * The notices that the step from "before" to "order" gives rise to, the
 * weightiest last; "before" is NULL for an order that is new.  Only what is
 * now counts: what was passed through between two looks, what an import brings
 * of the past, and what is older than its kind's age are no news.
 *
 * An order has few parcels, each gives one at most, and the order a few more:
 * the array has room for WISMO_NOTICES_MAX.  WISMO_ERROR if memory is out.
 */

#define WISMO_NOTICES_MAX     (WISMO_PARCELS_MAX + 8)

int wismo_notice_find(wismo_pool_t *pool, const wismo_order_t *before,
    const wismo_order_t *order, int64_t now, wismo_notice_t **notices,
    unsigned *n);

/*
 * What makes a notice the same as another one: "<kind>", for a parcel's
 * "<kind>.<parcel>", and for a kind that may come again ".<yyyymmdd>" of the
 * day it happened on.  Writes at most WISMO_NOTICE_ID_MAX bytes.  What was
 * asked for is "<kind>.<seconds>", when that was.
 */

#define WISMO_NOTICE_ID_MAX   128

size_t wismo_notice_id(char *buf, const wismo_notice_t *notice);


/*
 * What a notice is called outside, where whoever sends it on reports by it:
 * "<order>=<channel>=<id>", each dot of it as "~", so that it is the first
 * part of a Message-ID as well.  Reading takes it as such, too, and fills in
 * "buf", of WISMO_NOTICE_REF_MAX bytes, which the three parts point into.
 * WISMO_DECLINED: it is none.
 */

#define WISMO_NOTICE_REF_MAX  (WISMO_ORDER_NUMBER_MAX                         \
                               + WISMO_NOTICE_ID_MAX + 64)

void wismo_notice_ref(wismo_out_t *out, const wismo_str_t *order,
    const wismo_str_t *channel, const wismo_str_t *id);
int wismo_notice_ref_read(const wismo_str_t *text, char *buf,
    wismo_str_t *order, wismo_str_t *channel, wismo_str_t *id);


/* What the ledger says of a notice in one channel. */

typedef enum {
    WISMO_NOTICE_PENDING = 0,
    WISMO_NOTICE_SENDING,             /* if it stays so: nobody knows */
    WISMO_NOTICE_RETRY,
    WISMO_NOTICE_SENT,
    WISMO_NOTICE_DEAD,                /* tried, and given up */
    WISMO_NOTICE_SKIPPED,             /* not tried */
    WISMO_NOTICE_UNKNOWN,             /* given up without knowing */
    WISMO_NOTICE_DELIVERED            /* sent, and a receipt says so */
} wismo_notice_state_e;


typedef struct {
    wismo_str_t                 id;
    const wismo_notice_kind_t  *kind;     /* NULL: none that we know */
    wismo_str_t                 parcel;   /* empty: about the order */
    wismo_notice_state_e        state;
    int64_t                     at;       /* when it happened */
    unsigned                    attempts;
    int64_t                     when;     /* sent; begun; or next try */
    wismo_str_t                 text;     /* message's id, or why */
} wismo_notice_entry_t;

/*
 * "<state> <at> <attempts> <when> <text>", at most WISMO_NOTICE_VALUE_MAX
 * bytes; what does not fit of the text is cut.
 */

#define WISMO_NOTICE_VALUE_MAX  256

size_t wismo_notice_write(char *buf, const wismo_notice_entry_t *entry);

/* "pending", "sending" and so on. */
const char *wismo_notice_state(wismo_notice_state_e state);

/* WISMO_DECLINED if the value is none.  The entry points into both. */
int wismo_notice_read(const wismo_str_t *id, const wismo_str_t *value,
    wismo_notice_entry_t *entry);


typedef struct {
    bool                        people;   /* else a program: tell all */
    int                         quiet_from;   /* minutes of the day at the */
    int                         quiet_until;  /* recipient's; equal: none */
    int                         offset;   /* minutes east of UTC, there */
} wismo_notice_rules_t;


typedef enum {
    WISMO_NOTICE_SEND = 0,
    WISMO_NOTICE_LATER,
    WISMO_NOTICE_SKIP
} wismo_notice_verdict_e;

/*
 * What to do with entry "i", which is PENDING or RETRY, of all "n" that the
 * ledger has for one channel.  *until is set for LATER, *why for LATER and
 * SKIP, a literal.
 */
wismo_notice_verdict_e wismo_notice_judge(const wismo_notice_entry_t *entries,
    unsigned n, unsigned i, const wismo_notice_rules_t *rules, int64_t now,
    int64_t *until, const char **why);

/* Seconds until the quiet hours end, 0 outside of them. */
int64_t wismo_notice_quiet(const wismo_notice_rules_t *rules, int64_t now);


#endif /* _WISMO_NOTICE_H_INCLUDED_ */
