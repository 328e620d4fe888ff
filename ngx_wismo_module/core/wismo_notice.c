
/*
 * Copyright (C) The Wismo authors
 *
 * Finds what is worth telling in the step from one state of an order to the
 * next.  Called by the fetcher for each commit that changes an order, so what
 * it finds is written with the change or not at all.
 *
 * It must depend on nothing but its arguments, and never make news of the
 * past: an order that is loaded with its history tells nobody anything.
 */


#include "wismo_notice.h"


#define WISMO_HOUR            3600
#define WISMO_DAY             86400

/* A wall clock without a zone is at most this long before its instant. */
#define WISMO_ZONE_MAX        (12 * WISMO_HOUR)

/* An estimate has changed if it moves by as much. */
#define WISMO_EDD_MOVED       (18 * WISMO_HOUR)


typedef struct {
    wismo_status_e            status;
    const char               *sub;        /* NULL: any other of the status */
    const char               *kind;
} wismo_notice_rule_t;


static const wismo_notice_kind_t *wismo_notice_of(const char *name);
static const wismo_notice_kind_t *wismo_notice_status(
    const wismo_substatus_t *status);
static const wismo_notice_kind_t *wismo_notice_news(
    const wismo_parcel_t *parcel);
static void wismo_notice_parcel(const wismo_parcel_t *before,
    const wismo_parcel_t *parcel, int64_t now, wismo_notice_t *list,
    unsigned *n);
static void wismo_notice_order(const wismo_order_t *before,
    const wismo_order_t *order, int64_t now, wismo_notice_t *list,
    unsigned *n);
static void wismo_notice_shipped(const wismo_order_t *before,
    const wismo_order_t *order, int64_t now, wismo_notice_t *list,
    unsigned *n);
static void wismo_notice_add(const char *kind, const wismo_parcel_t *parcel,
    int64_t at, int64_t now, wismo_notice_t *list, unsigned *n);
static const wismo_parcel_t *wismo_notice_same(const wismo_order_t *order,
    const wismo_parcel_t *parcel);
static int64_t wismo_notice_time(const wismo_parcel_t *parcel, int64_t now);
static int64_t wismo_notice_expected(const wismo_edd_t *edd);


/* Of several notices of one commit, the one further down has more to say. */

#define NONE  0
#define MAIL  WISMO_NOTICE_MAIL
#define BOTH  (WISMO_NOTICE_MAIL|WISMO_NOTICE_SMS)
#define ASKED WISMO_NOTICE_ASKED

static const wismo_notice_kind_t  wismo_notice_table[] = {
    { "order_confirmed", 6 * WISMO_HOUR, MAIL, false, false },
    { "preparing", 12 * WISMO_HOUR, NONE, false, false },
    { "label_created", 12 * WISMO_HOUR, NONE, false, false },
    { "collection_scheduled", 12 * WISMO_HOUR, NONE, false, false },
    { "in_transit", 12 * WISMO_HOUR, NONE, false, false },
    { "arrived_in_country", 24 * WISMO_HOUR, NONE, false, false },
    { "customs_started", 24 * WISMO_HOUR, NONE, false, false },
    { "customs_cleared", 24 * WISMO_HOUR, NONE, false, false },
    { "partner_carrier", 24 * WISMO_HOUR, NONE, false, false },
    { "resumed", 24 * WISMO_HOUR, MAIL, true, false },
    { "partially_shipped", 24 * WISMO_HOUR, MAIL, true, false },
    { "shipped", 24 * WISMO_HOUR, MAIL, false, false },
    { "redirected", 24 * WISMO_HOUR, MAIL, true, false },
    { "delivery_scheduled", 24 * WISMO_HOUR, MAIL, true, false },
    { "delivery_rescheduled", 24 * WISMO_HOUR, MAIL, true, false },
    { "estimate_changed", 24 * WISMO_HOUR, MAIL, true, false },
    { "arriving_tomorrow", 12 * WISMO_HOUR, MAIL, true, false },
    { "arriving_today", 12 * WISMO_HOUR, MAIL, true, false },
    { "appointment", 12 * WISMO_HOUR, MAIL, true, false },
    { "out_for_delivery", 6 * WISMO_HOUR, BOTH, true, false },
    { "collection_failed", 24 * WISMO_HOUR, NONE, true, false },
    { "held_up", 48 * WISMO_HOUR, MAIL, true, false },
    { "no_first_scan", 48 * WISMO_HOUR, MAIL, true, false },
    { "stalled", 48 * WISMO_HOUR, MAIL, true, false },
    { "predicted_late", 24 * WISMO_HOUR, MAIL, true, false },
    { "delayed", 24 * WISMO_HOUR, MAIL, true, false },
    { "past_promise", 48 * WISMO_HOUR, MAIL, true, false },
    { "customs_hold", 48 * WISMO_HOUR, MAIL, true, false },
    { "problem", 48 * WISMO_HOUR, MAIL, true, false },
    { "expired", 48 * WISMO_HOUR, MAIL, false, false },
    { "payment_due", 48 * WISMO_HOUR, MAIL, true, true },
    { "carrier_contacted", 24 * WISMO_HOUR, MAIL, true, true },
    { "attempt_failed", 12 * WISMO_HOUR, BOTH, true, true },
    { "last_attempt", 24 * WISMO_HOUR, BOTH, true, true },
    { "ready_for_pickup", 48 * WISMO_HOUR, BOTH, false, true },
    { "pickup_reminder", 24 * WISMO_HOUR, MAIL, true, true },
    { "pickup_last_call", 24 * WISMO_HOUR, BOTH, true, true },
    { "customs_documents", 72 * WISMO_HOUR, BOTH, true, true },
    { "customs_payment_due", 72 * WISMO_HOUR, BOTH, true, true },
    { "address_problem", 72 * WISMO_HOUR, BOTH, true, true },
    { "action_needed", 72 * WISMO_HOUR, MAIL, true, true },
    { "undeliverable", 72 * WISMO_HOUR, MAIL, false, true },
    { "refused", 72 * WISMO_HOUR, MAIL, false, true },
    { "unclaimed", 72 * WISMO_HOUR, MAIL, false, true },
    { "damaged", 72 * WISMO_HOUR, MAIL, false, true },
    { "prohibited", 72 * WISMO_HOUR, MAIL, false, true },
    { "lost", 72 * WISMO_HOUR, MAIL, false, true },
    { "destroyed", 72 * WISMO_HOUR, MAIL, false, true },
    { "returning", 72 * WISMO_HOUR, MAIL, false, true },
    { "returned", 72 * WISMO_HOUR, MAIL, false, false },
    { "refunded", 72 * WISMO_HOUR, MAIL, false, false },
    { "return_registered", 48 * WISMO_HOUR, NONE, false, false },
    { "return_sent", 48 * WISMO_HOUR, MAIL, false, false },
    { "return_problem", 72 * WISMO_HOUR, MAIL, false, false },
    { "return_received", 72 * WISMO_HOUR, MAIL, false, false },
    { "cancelled", 48 * WISMO_HOUR, MAIL, false, false },
    { "partially_delivered", 48 * WISMO_HOUR, MAIL, true, false },
    { "delivered_damaged", 48 * WISMO_HOUR, MAIL, false, true },
    { "collected", 48 * WISMO_HOUR, MAIL, false, false },
    { "delivered", 48 * WISMO_HOUR, BOTH, false, false },
    { "all_delivered", 48 * WISMO_HOUR, MAIL, false, false },
    { WISMO_NOTICE_LINK, 6 * WISMO_HOUR, ASKED, false, true },
    { NULL, 0, NONE, false, false }
};


static const wismo_notice_rule_t  wismo_notice_rules[] = {
    { WISMO_ORDERED, "payment_due", "payment_due" },
    { WISMO_ORDERED, "preparing", "preparing" },
    { WISMO_ORDERED, "held_up", "held_up" },
    { WISMO_LABEL_CREATED, "announced", "label_created" },
    { WISMO_LABEL_CREATED, "pickup_scheduled", "collection_scheduled" },
    { WISMO_LABEL_CREATED, "pickup_failed", "collection_failed" },
    { WISMO_LABEL_CREATED, "no_first_scan", "no_first_scan" },
    { WISMO_IN_TRANSIT, "arrived_country", "arrived_in_country" },
    { WISMO_IN_TRANSIT, "customs", "customs_started" },
    { WISMO_IN_TRANSIT, "customs_cleared", "customs_cleared" },
    { WISMO_IN_TRANSIT, "partner_carrier", "partner_carrier" },
    { WISMO_IN_TRANSIT, "redirected", "redirected" },
    { WISMO_IN_TRANSIT, "resumed", "resumed" },
    { WISMO_IN_TRANSIT, "delivery_scheduled", "delivery_scheduled" },
    { WISMO_IN_TRANSIT, "delivery_rescheduled", "delivery_rescheduled" },
    { WISMO_IN_TRANSIT, NULL, "in_transit" },
    { WISMO_OUT_FOR_DELIVERY, "contacted", "carrier_contacted" },
    { WISMO_OUT_FOR_DELIVERY, "appointment", "appointment" },
    { WISMO_OUT_FOR_DELIVERY, NULL, "out_for_delivery" },
    { WISMO_READY_FOR_PICKUP, "reminder", "pickup_reminder" },
    { WISMO_READY_FOR_PICKUP, "last_call", "pickup_last_call" },
    { WISMO_READY_FOR_PICKUP, NULL, "ready_for_pickup" },
    { WISMO_ATTEMPT_FAILED, "last", "last_attempt" },
    { WISMO_ATTEMPT_FAILED, NULL, "attempt_failed" },
    { WISMO_DELAYED, "past_promise", "past_promise" },
    { WISMO_DELAYED, "stalled", "stalled" },
    { WISMO_DELAYED, NULL, "delayed" },
    { WISMO_ON_HOLD, "customs", "customs_hold" },
    { WISMO_ON_HOLD, "documents", "customs_documents" },
    { WISMO_ON_HOLD, "payment_due", "customs_payment_due" },
    { WISMO_ON_HOLD, "address", "address_problem" },
    { WISMO_ON_HOLD, "buyer_action", "action_needed" },
    { WISMO_ON_HOLD, NULL, "problem" },
    { WISMO_FAILED, "refused", "refused" },
    { WISMO_FAILED, "unclaimed", "unclaimed" },
    { WISMO_FAILED, "lost", "lost" },
    { WISMO_FAILED, "damaged", "damaged" },
    { WISMO_FAILED, "destroyed", "destroyed" },
    { WISMO_FAILED, "prohibited", "prohibited" },
    { WISMO_FAILED, NULL, "undeliverable" },
    { WISMO_RETURNING, NULL, "returning" },
    { WISMO_RETURNED, "refunded", "refunded" },
    { WISMO_RETURNED, NULL, "returned" },
    { WISMO_DELIVERED, "collected", "collected" },
    { WISMO_DELIVERED, "damaged", "delivered_damaged" },
    { WISMO_DELIVERED, "partial", "partially_delivered" },
    { WISMO_DELIVERED, NULL, "delivered" },
    { WISMO_CANCELLED, NULL, "cancelled" },
    { WISMO_EXPIRED, NULL, "expired" }
};


static const char *const  wismo_notice_returns[WISMO_RETURN_STATES] = {
    [WISMO_RETURN_REGISTERED] = "return_registered",
    [WISMO_RETURN_SENT] = "return_sent",
    [WISMO_RETURN_MOVING] = "return_sent",
    [WISMO_RETURN_LATE] = "",
    [WISMO_RETURN_PROBLEM] = "return_problem",
    [WISMO_RETURN_RECEIVED] = "return_received",
    [WISMO_RETURN_REFUNDED] = "refunded",
    [WISMO_RETURN_CANCELLED] = ""
};


const wismo_notice_kind_t *
wismo_notice_kinds(void)
{
    return wismo_notice_table;
}


const wismo_notice_kind_t *
wismo_notice_kind(const wismo_str_t *name)
{
    const wismo_notice_kind_t  *k;

    for (k = wismo_notice_table; k->name; k++) {
        if (wismo_str_is(name, k->name)) {
            return k;
        }
    }

    return NULL;
}


static const wismo_notice_kind_t *
wismo_notice_of(const char *name)
{
    wismo_str_t  s;

    s = wismo_str_of(name);

    return wismo_notice_kind(&s);
}


static const wismo_notice_kind_t *
wismo_notice_status(const wismo_substatus_t *status)
{
    size_t                      i, n;
    const wismo_notice_rule_t  *rule;

    if (status == NULL) {
        return NULL;
    }

    n = sizeof(wismo_notice_rules) / sizeof(wismo_notice_rules[0]);

    for (i = 0; i < n; i++) {
        rule = &wismo_notice_rules[i];

        if (rule->status == status->status
            && (rule->sub == NULL || strcmp(rule->sub, status->sub) == 0))
        {
            return wismo_notice_of(rule->kind);
        }
    }

    return NULL;
}


/* Of a return only what its sender waits for is news: late is no other. */

static const wismo_notice_kind_t *
wismo_notice_news(const wismo_parcel_t *parcel)
{
    wismo_return_e  state;

    if (parcel->leg == WISMO_LEG_OUTBOUND || parcel->status == NULL) {
        return wismo_notice_status(parcel->status);
    }

    state = wismo_return_of(parcel->status);

    if (state == WISMO_RETURN_LATE) {
        state = parcel->milestone ? WISMO_RETURN_MOVING
                                  : WISMO_RETURN_REGISTERED;
    }

    return wismo_notice_of(wismo_notice_returns[state]);
}


const wismo_substatus_t *
wismo_notice_sample(const wismo_notice_kind_t *kind, wismo_leg_e *leg)
{
    size_t                    i, n;
    wismo_str_t               status, sub;
    const wismo_substatus_t  *row;

    *leg = WISMO_LEG_RETURN;

    for (i = 0; i < WISMO_RETURN_STATES; i++) {
        if (i != WISMO_RETURN_REFUNDED
            && strcmp(wismo_notice_returns[i], kind->name) == 0)
        {
            return wismo_return_sample((wismo_return_e) i);
        }
    }

    *leg = WISMO_LEG_OUTBOUND;

    n = sizeof(wismo_notice_rules) / sizeof(wismo_notice_rules[0]);

    for (i = 0; i < n; i++) {

        if (strcmp(wismo_notice_rules[i].kind, kind->name) != 0) {
            continue;
        }

        row = wismo_substatus_of(wismo_notice_rules[i].status);

        if (wismo_notice_rules[i].sub == NULL) {
            return row;
        }

        status = wismo_str_of(row->name);
        sub = wismo_str_of(wismo_notice_rules[i].sub);

        return wismo_substatus(&status, &sub);
    }

    /* of what is in no status */

    return wismo_substatus_of(strcmp(kind->name, "order_confirmed") == 0
                              ? WISMO_ORDERED
                              : strcmp(kind->name, "all_delivered") == 0
                              ? WISMO_DELIVERED
                              : strcmp(kind->name, "arriving_today") == 0
                              ? WISMO_OUT_FOR_DELIVERY : WISMO_IN_TRANSIT);
}


int
wismo_notice_find(wismo_pool_t *pool, const wismo_order_t *before,
    const wismo_order_t *order, int64_t now, wismo_notice_t **notices,
    unsigned *n)
{
    unsigned         i, j;
    wismo_notice_t  *list, t;

    *n = 0;

    list = wismo_palloc(pool, WISMO_NOTICES_MAX * sizeof(wismo_notice_t));

    if (list == NULL) {
        return WISMO_ERROR;
    }

    *notices = list;

    for (i = 0; i < order->nparcels && i < WISMO_PARCELS_MAX; i++) {
        wismo_notice_parcel(before ? wismo_notice_same(before,
                                                       &order->parcels[i])
                                   : NULL,
                            &order->parcels[i], now, list, n);
    }

    wismo_notice_order(before, order, now, list, n);

    /* few, and stable: parcels keep their order */

    for (i = 1; i < *n; i++) {
        t = list[i];

        for (j = i; j && list[j - 1].kind > t.kind; j--) {
            list[j] = list[j - 1];
        }

        list[j] = t;
    }

    return WISMO_OK;
}


static void
wismo_notice_parcel(const wismo_parcel_t *before,
    const wismo_parcel_t *parcel, int64_t now, wismo_notice_t *list,
    unsigned *n)
{
    int64_t                     at;
    const wismo_notice_kind_t  *kind;

    kind = wismo_notice_news(parcel);

    if (kind == NULL
        || (wismo_str_is(&parcel->source, "import")
            && parcel->raised.level == 0)
        || parcel->status->status == WISMO_ORDERED)
    {
        return;
    }

    at = parcel->raised.level ? parcel->raised.at
                              : wismo_notice_time(parcel, now);

    /* each attempt is news, and what the clock says once more; that it still
     * is late or held is none */

    if (before && wismo_notice_news(before) == kind
        && (before->raised.level >= parcel->raised.level
            || parcel->leg == WISMO_LEG_RETURN)
        && (parcel->status->status != WISMO_ATTEMPT_FAILED
            || wismo_notice_time(before, now) == at))
    {
        return;
    }

    wismo_notice_add(kind->name, parcel, at, now, list, n);
}


static void
wismo_notice_order(const wismo_order_t *before, const wismo_order_t *order,
    int64_t now, wismo_notice_t *list, unsigned *n)
{
    unsigned                    i, active, delivered;
    int64_t                     then, at;
    const wismo_notice_kind_t  *kind;

    if (order->cancelled) {

        if (before && !before->cancelled) {
            wismo_notice_add("cancelled", NULL, now, now, list, n);
        }

        return;
    }

    if (before == NULL) {
        wismo_notice_add("order_confirmed", NULL,
                         order->placed_at != WISMO_TIME_NONE
                         ? order->placed_at : now, now, list, n);
    }

    /* before anything is handed over the order speaks for its parcels */

    kind = wismo_notice_status(order->status);

    if (kind
        && (order->status->status == WISMO_ORDERED
            || (order->nparcels == 0 && order->raised.level))
        && (before == NULL || wismo_notice_status(before->status) != kind
            || before->raised.level < order->raised.level))
    {
        wismo_notice_add(kind->name, NULL,
                         order->raised.level ? order->raised.at : now, now,
                         list, n);
    }

    wismo_notice_shipped(before, order, now, list, n);

    active = 0;
    delivered = 0;
    at = WISMO_TIME_NONE;

    for (i = 0; i < order->nparcels; i++) {

        if (order->parcels[i].leg == WISMO_LEG_RETURN
            || (order->parcels[i].status
                && order->parcels[i].status->status == WISMO_CANCELLED))
        {
            continue;
        }

        active++;

        if (order->parcels[i].delivered
            && !wismo_str_is(&order->parcels[i].source, "import"))
        {
            delivered++;
            then = wismo_notice_time(&order->parcels[i], now);
            at = then > at ? then : at;
        }
    }

    if (active > 1 && delivered == active
        && (before == NULL || before->ndelivered < order->ndelivered))
    {
        wismo_notice_add("all_delivered", NULL, at, now, list, n);
    }

    if (order->outlook != WISMO_OUTLOOK_NONE
        && (before == NULL || before->outlook != order->outlook))
    {
        wismo_notice_add(wismo_outlook_name(order->outlook), NULL,
                         order->outlook_since, now, list, n);
    }

    if (before == NULL || order->milestone >= 3) {
        return;
    }

    then = wismo_notice_expected(&before->edd);
    at = wismo_notice_expected(&order->edd);

    if (then != WISMO_TIME_NONE && at != WISMO_TIME_NONE && at > now
        && (at - then >= WISMO_EDD_MOVED || then - at >= WISMO_EDD_MOVED))
    {
        wismo_notice_add("estimate_changed", NULL, now, now, list, n);
    }
}


/* An order is shipped when each of its parcels has had a first scan. */

static void
wismo_notice_shipped(const wismo_order_t *before, const wismo_order_t *order,
    int64_t now, wismo_notice_t *list, unsigned *n)
{
    int64_t                at, then;
    unsigned               i, active, shipped, fresh;
    const wismo_parcel_t  *parcel, *old;

    active = 0;
    shipped = 0;
    fresh = 0;
    at = WISMO_TIME_NONE;

    for (i = 0; i < order->nparcels; i++) {
        parcel = &order->parcels[i];

        if (parcel->leg == WISMO_LEG_RETURN
            || (parcel->status && parcel->status->status == WISMO_CANCELLED))
        {
            continue;
        }

        active++;

        if (parcel->milestone < 1) {
            continue;
        }

        shipped++;

        old = before ? wismo_notice_same(before, parcel) : NULL;

        /* who has it at the door needs no telling that it has left */

        if ((old && old->milestone >= 1) || parcel->milestone > 2
            || wismo_str_is(&parcel->source, "import"))
        {
            continue;
        }

        fresh++;
        then = wismo_notice_time(parcel, now);
        at = then > at ? then : at;
    }

    if (fresh) {
        wismo_notice_add(shipped == active ? "shipped" : "partially_shipped",
                         NULL, at, now, list, n);
    }
}


static void
wismo_notice_add(const char *kind, const wismo_parcel_t *parcel, int64_t at,
    int64_t now, wismo_notice_t *list, unsigned *n)
{
    const wismo_notice_kind_t  *k;

    k = wismo_notice_of(kind);

    if (k == NULL || now - at > k->max_age || *n == WISMO_NOTICES_MAX) {
        return;
    }

    list[*n].kind = k;
    list[*n].parcel = parcel;
    list[*n].at = at;
    (*n)++;
}


static const wismo_parcel_t *
wismo_notice_same(const wismo_order_t *order, const wismo_parcel_t *parcel)
{
    unsigned  i;

    for (i = 0; i < order->nparcels; i++) {
        if (wismo_str_eq(&order->parcels[i].carrier, &parcel->carrier)
            && wismo_str_eq(&order->parcels[i].tracking_number,
                            &parcel->tracking_number))
        {
            return &order->parcels[i];
        }
    }

    return NULL;
}


/*
 * When the newest event happened, at the latest: a clock whose zone nobody
 * told may be twelve hours behind, a day may be as much and a day long.
 */

static int64_t
wismo_notice_time(const wismo_parcel_t *parcel, int64_t now)
{
    int64_t              at;
    unsigned             i;
    const wismo_when_t  *when;

    for (i = 0; i < parcel->nevents; i++) {

        if (parcel->events[i].status == wismo_substatus_note()) {
            continue;
        }

        when = &parcel->events[i].when;

        if (when->utc != WISMO_TIME_NONE) {
            return when->utc;
        }

        if (when->wall == WISMO_TIME_NONE) {
            break;
        }

        at = when->wall + WISMO_ZONE_MAX;

        if (when->basis == WISMO_BASIS_DATE) {
            at += WISMO_DAY;
        }

        return at < now ? at : now;
    }

    return now;
}


/* When it is expected at the latest, as a wall clock. */

static int64_t
wismo_notice_expected(const wismo_edd_t *edd)
{
    if (edd->basis == WISMO_BASIS_UNKNOWN) {
        return WISMO_TIME_NONE;
    }

    if (edd->to != WISMO_TIME_NONE) {
        return edd->to;
    }

    return edd->date != WISMO_TIME_NONE ? edd->date : edd->from;
}


size_t
wismo_notice_id(char *buf, const wismo_notice_t *notice)
{
    char           *p, *end;
    size_t          len;
    unsigned        i;
    wismo_civil_t   day;

    /* kinds and parcels' names are bounded: nothing is cut */

    p = buf;
    end = buf + WISMO_NOTICE_ID_MAX;

    len = strlen(notice->kind->name);
    memcpy(p, notice->kind->name, len);
    p += len;

    if (notice->parcel) {
        len = notice->parcel->id.len;

        if (len > (size_t) (end - p) - 10) {
            len = (size_t) (end - p) - 10;
        }

        *p++ = '.';

        if (len) {
            memcpy(p, notice->parcel->id.data, len);
            p += len;
        }
    }

    if (notice->kind->again) {
        wismo_time_civil(notice->at, &day);

        i = (unsigned) (day.year * 10000 + day.month * 100 + day.day);

        *p++ = '.';
        p += 8;

        for (len = 1; len <= 8; len++) {
            p[-(ptrdiff_t) len] = (char) ('0' + i % 10);
            i /= 10;
        }
    }

    return (size_t) (p - buf);
}
