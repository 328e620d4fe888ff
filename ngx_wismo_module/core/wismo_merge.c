
/*
 * Copyright (C) The Wismo authors
 *
 * What a parcel and an order are, given all that was ever said of them
 * (docs/merge.md).  The fetcher calls it for every reply and push that
 * brought something, for orders from the shop, and for imports.
 *
 * Nothing here, or in the other wismo_merge_*.c, may depend on which report
 * came first: whatever two reports disagree about is settled by what they
 * say, never by when we heard it.  Where a fact is kept without its history,
 * keeping it must be a maximum in some total order.
 */


#include "wismo_merge_int.h"


static bool wismo_merge_same(const wismo_parcel_t *a,
    const wismo_parcel_t *b);
static bool wismo_merge_same_when(const wismo_when_t *a,
    const wismo_when_t *b);
static bool wismo_merge_id_used(const wismo_order_t *order,
    const wismo_str_t *id);
static const wismo_parcel_t *wismo_merge_find(const wismo_order_t *order,
    const wismo_parcel_t *parcel);
static void wismo_merge_returns(wismo_order_t *order);


int
wismo_merge_report(wismo_pool_t *pool, wismo_parcel_t *parcel,
    const wismo_report_t *report, bool *changed)
{
    wismo_said_t     said;
    wismo_event_t   *events;
    wismo_parcel_t   was;

    was = *parcel;

    events = report->events;

    if (report->delivered_to && report->status == NULL) {
        if (wismo_merge_recipient(pool, report, &events) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    wismo_merge_said(report, &said);
    wismo_merge_said_status(parcel, report, &said);
    wismo_merge_said_edd(parcel, &report->edd, &said);
    wismo_merge_pickup(parcel, &report->pickup_by);
    wismo_merge_partner(parcel, report);
    wismo_merge_place(parcel, &report->pickup);

    if (report->pieces_total > parcel->pieces_total
        && report->pieces_total <= WISMO_PIECES_MAX)
    {
        parcel->pieces_total = report->pieces_total;
    }

    if (report->pieces_delivered > parcel->pieces_delivered
        && report->pieces_delivered <= WISMO_PIECES_MAX)
    {
        parcel->pieces_delivered = report->pieces_delivered;
    }

    if (report->weight_g > 0 && report->weight_g > parcel->weight_g) {
        parcel->weight_g = report->weight_g;
    }

    if (report->signed_by.len) {
        parcel->signed_for = true;
    }

    if (wismo_merge_union(pool, parcel, events, report->nevents)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    *changed = !wismo_merge_same(&was, parcel);

    /* what the clock has raised stays until there is something new */

    if (!*changed) {
        parcel->status = was.status;
        parcel->raised = was.raised;
    }

    return WISMO_OK;
}


int
wismo_merge_again(wismo_pool_t *pool, wismo_parcel_t *parcel)
{
    return wismo_merge_union(pool, parcel, NULL, 0);
}


static bool
wismo_merge_same(const wismo_parcel_t *a, const wismo_parcel_t *b)
{
    unsigned              i;
    const wismo_event_t  *d, *e;

    if (a->nevents != b->nevents
        || a->headline != b->headline
        || a->headline_to != b->headline_to
        || !wismo_str_eq(&a->headline_raw, &b->headline_raw)
        || a->reported != b->reported
        || a->delivered_to != b->delivered_to
        || a->delivered != b->delivered
        || a->milestone != b->milestone
        || a->edd.basis != b->edd.basis
        || a->edd_first.basis != b->edd_first.basis
        || a->pieces_total != b->pieces_total
        || a->pieces_delivered != b->pieces_delivered
        || a->signed_for != b->signed_for
        || a->weight_g != b->weight_g
        || !wismo_merge_same_when(&a->pickup_by, &b->pickup_by)
        || !wismo_str_eq(&a->partner, &b->partner)
        || !wismo_str_eq(&a->partner_number, &b->partner_number)
        || !wismo_str_eq(&a->pickup.name, &b->pickup.name)
        || (a->edd.basis != WISMO_BASIS_UNKNOWN
            && (wismo_merge_edd_cmp(&a->edd, &b->edd) != 0
                || wismo_merge_edd_cmp(&a->edd_first, &b->edd_first) != 0)))
    {
        return false;
    }

    for (i = 0; i < a->nevents; i++) {
        d = &a->events[i];
        e = &b->events[i];

        if (d->status != e->status
            || d->delivered_to != e->delivered_to
            || d->return_leg != e->return_leg
            || !wismo_merge_same_when(&d->when, &e->when)
            || !wismo_str_eq(&d->code, &e->code)
            || !wismo_str_eq(&d->text, &e->text)
            || !wismo_str_eq(&d->place, &e->place)
            || !wismo_str_eq(&d->raw, &e->raw))
        {
            return false;
        }
    }

    return true;
}


static bool
wismo_merge_same_when(const wismo_when_t *a, const wismo_when_t *b)
{
    if (a->basis != b->basis) {
        return false;
    }

    return a->basis == WISMO_BASIS_UNKNOWN
           || (a->utc == b->utc && a->wall == b->wall
               && a->offset == b->offset);
}


int
wismo_merge_order(wismo_pool_t *pool, wismo_order_t *body,
    const wismo_order_t *stored)
{
    unsigned               i;
    wismo_parcel_t        *p;
    const wismo_parcel_t  *was;

    if (stored) {
        body->version = stored->version;
        body->updated_at = stored->updated_at;
        body->revoked_at = stored->revoked_at;
        body->mail_stopped_at = stored->mail_stopped_at;
        body->own = stored->own;
        body->own_first = stored->own_first;
        body->added_at = stored->added_at;
        body->outlook = stored->outlook;
        body->outlook_since = stored->outlook_since;
    }

    if (wismo_merge_ids(pool, body, stored) != WISMO_OK) {
        return WISMO_ERROR;
    }

    for (i = 0; i < body->nparcels; i++) {
        p = &body->parcels[i];
        was = wismo_merge_find(stored, p);

        if (was) {
            p->headline = was->headline;
            p->headline_raw = was->headline_raw;
            p->headline_to = was->headline_to;
            p->headline_said = was->headline_said;
            p->edd = was->edd;
            p->edd_said = was->edd_said;
            p->edd_first = was->edd_first;
            p->edd_first_said = was->edd_first_said;
            p->own = was->own;
            p->own_first = was->own_first;
            p->pieces_total = was->pieces_total;
            p->pieces_delivered = was->pieces_delivered;
            p->signed_for = was->signed_for;
            p->weight_g = was->weight_g;
            p->pickup_by = was->pickup_by;

            if (p->partner.len == 0) {
                p->partner = was->partner;
                p->partner_number = was->partner_number;
            }

            wismo_merge_place(p, &was->pickup);

            p->added_at = was->added_at;
            p->checked_at = was->checked_at;
            p->next_check_at = was->next_check_at;

            if (was->source.len) {
                p->source = was->source;
            }
        }

        if (wismo_merge_union(pool, p, was ? was->events : NULL,
                              was ? was->nevents : 0)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    wismo_merge_rollup(body);

    return WISMO_OK;
}


/*
 * The schedule knows parcels by their ids: a parcel that stays keeps its own
 * even if the shop lists its parcels in another order, and an id made up here
 * is never one that another parcel has or had.
 */

int
wismo_merge_ids(wismo_pool_t *pool, wismo_order_t *body,
    const wismo_order_t *stored)
{
    size_t                 len;
    unsigned               i, n, number;
    wismo_str_t            id;
    unsigned char          buf[12], *pos;
    wismo_parcel_t        *p;
    const wismo_parcel_t  *was;

    for (i = 0; i < body->nparcels; i++) {
        p = &body->parcels[i];

        if (p->id_default) {
            wismo_str_null(&p->id);
        }
    }

    for (i = 0; i < body->nparcels; i++) {
        p = &body->parcels[i];
        was = wismo_merge_find(stored, p);

        if (p->id.len == 0 && was && !wismo_merge_id_used(body, &was->id)) {
            p->id = was->id;
        }
    }

    number = 1;

    for (i = 0; i < body->nparcels; i++) {
        p = &body->parcels[i];

        while (p->id.len == 0) {

            pos = buf + sizeof(buf);

            for (n = number++; n; n /= 10) {
                *--pos = (unsigned char) ('0' + n % 10);
            }

            *--pos = 'p';

            len = (size_t) (buf + sizeof(buf) - pos);
            id.len = len;
            id.data = pos;

            if (wismo_merge_id_used(body, &id)
                || wismo_merge_id_used(stored, &id))
            {
                continue;
            }

            if (wismo_pstrdup(pool, &p->id, &id) != WISMO_OK) {
                return WISMO_ERROR;
            }
        }
    }

    return WISMO_OK;
}


static bool
wismo_merge_id_used(const wismo_order_t *order, const wismo_str_t *id)
{
    unsigned  i;

    if (order == NULL) {
        return false;
    }

    for (i = 0; i < order->nparcels; i++) {
        if (wismo_str_eq(&order->parcels[i].id, id)) {
            return true;
        }
    }

    return false;
}


static const wismo_parcel_t *
wismo_merge_find(const wismo_order_t *order, const wismo_parcel_t *parcel)
{
    unsigned               i;
    const wismo_parcel_t  *p;

    if (order == NULL) {
        return NULL;
    }

    for (i = 0; i < order->nparcels; i++) {
        p = &order->parcels[i];

        if (wismo_str_eq(&p->tracking_number, &parcel->tracking_number)
            && wismo_str_eq(&p->carrier, &parcel->carrier))
        {
            return p;
        }
    }

    return NULL;
}


void
wismo_merge_rollup(wismo_order_t *order)
{
    unsigned                  i, outbound;
    wismo_severity_e          severity;
    const wismo_parcel_t     *p, *least;
    const wismo_substatus_t  *ended;

    least = NULL;
    ended = NULL;
    outbound = 0;
    severity = WISMO_GREEN;

    order->ndelivered = 0;
    order->edd.basis = WISMO_BASIS_UNKNOWN;
    wismo_merge_edd_clean(&order->edd);
    order->edd_first = order->edd;

    for (i = 0; i < order->nparcels; i++) {
        p = &order->parcels[i];

        if (p->leg == WISMO_LEG_RETURN) {
            continue;
        }

        outbound++;

        if (p->status->status == WISMO_CANCELLED) {

            /* who ended it is told where all of them agree */

            ended = (ended == NULL || ended == p->status)
                    ? p->status : wismo_substatus_of(WISMO_CANCELLED);
            continue;
        }

        if (p->delivered) {
            order->ndelivered++;
        }

        if (p->status->severity > severity) {
            severity = p->status->severity;
        }

        if (least == NULL || p->milestone < least->milestone
            || (p->milestone == least->milestone
                && p->status->severity > least->status->severity))
        {
            least = p;
        }

        /* what will not come has no date */

        if (p->status->final || p->status->status == WISMO_RETURNING
            || p->edd.basis == WISMO_BASIS_UNKNOWN)
        {
            continue;
        }

        if (order->edd.basis == WISMO_BASIS_UNKNOWN
            || wismo_merge_edd_cmp(&p->edd, &order->edd) > 0)
        {
            order->edd = p->edd;
        }

        if (order->edd_first.basis == WISMO_BASIS_UNKNOWN
            || wismo_merge_edd_cmp(&p->edd_first, &order->edd_first) > 0)
        {
            order->edd_first = p->edd_first;
        }
    }

    order->milestone = least ? least->milestone : 0;
    memset(&order->raised, 0, sizeof(wismo_raised_t));

    if (order->cancelled || (least == NULL && outbound)) {
        order->status = (order->cancelled || ended == NULL)
                        ? wismo_substatus_of(WISMO_CANCELLED) : ended;
        order->severity = order->status->severity;
        order->edd.basis = WISMO_BASIS_UNKNOWN;
        wismo_merge_edd_clean(&order->edd);
        order->edd_first = order->edd;

    } else if (least) {
        order->status = least->status;
        order->raised = least->raised;
        order->severity = severity;

    } else {
        wismo_merge_returns(order);
    }
}


/*
 * Of what nothing is known but that it is sent back: what comes back was
 * sent.  The least advanced of the returns speaks.
 */

static void
wismo_merge_returns(wismo_order_t *order)
{
    unsigned               i;
    wismo_severity_e       severity;
    const wismo_parcel_t  *p;

    order->status = wismo_substatus_of(WISMO_ORDERED);
    order->severity = WISMO_GREEN;

    for (i = 0; i < order->nparcels; i++) {
        p = &order->parcels[i];

        if (p->leg != WISMO_LEG_RETURN
            || p->status->status == WISMO_CANCELLED)
        {
            continue;
        }

        severity = wismo_leg_severity(p->leg, p->status);

        if (severity > order->severity) {
            order->severity = severity;
        }

        if (p->status->status != WISMO_RETURNED) {
            order->status = wismo_substatus_of(WISMO_RETURNING);

        } else if (order->status->status != WISMO_RETURNING) {
            order->status = p->status;
        }
    }
}
