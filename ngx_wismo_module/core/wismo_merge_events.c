
/*
 * Copyright (C) The Wismo authors
 *
 * The set of a parcel's events: which of them are one and the same, which
 * stay when there are too many, and in what order they stand.  Called by
 * wismo_merge.c, and by the document when it is too large.
 *
 * It must give the same set and order whatever the order, repetition and
 * grouping of what comes in.
 */


#include "wismo_merge_int.h"

#include <stdlib.h>


/* events that stay, however old */
#define WISMO_MERGE_FACTS    7


static int wismo_merge_slots(wismo_pool_t *pool, const wismo_event_t *a,
    unsigned na, const wismo_event_t *b, unsigned nb, wismo_slot_t **slots,
    unsigned *n);
static int wismo_merge_identity(const void *one, const void *two);
static int wismo_merge_line(const void *one, const void *two);
static void wismo_merge_join(wismo_event_t *a, const wismo_event_t *b);
static unsigned wismo_merge_choose(wismo_slot_t *slots, unsigned n,
    unsigned keep);
static void wismo_merge_facts(const wismo_slot_t *slots, unsigned n,
    int *facts);
static int64_t wismo_merge_order_line(wismo_slot_t *slots, unsigned n);
static int wismo_merge_take(wismo_pool_t *pool, const wismo_slot_t *slots,
    unsigned n, wismo_event_t **events);


/* The parcel's events and "more", and what follows from them. */

int
wismo_merge_union(wismo_pool_t *pool, wismo_parcel_t *parcel,
    const wismo_event_t *more, unsigned n)
{
    int64_t        offset;
    wismo_slot_t  *slots;

    if (wismo_merge_slots(pool, parcel->events, parcel->nevents, more, n,
                          &slots, &n)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    n = wismo_merge_choose(slots, n, WISMO_EVENTS_MAX);
    offset = wismo_merge_order_line(slots, n);

    wismo_merge_derive(parcel, slots, n, offset);

    parcel->nevents = n;

    return wismo_merge_take(pool, slots, n, &parcel->events);
}


int
wismo_merge_trim(wismo_pool_t *pool, const wismo_event_t *events, unsigned n,
    unsigned keep, wismo_event_t **kept, unsigned *nkept)
{
    wismo_slot_t  *slots;

    if (wismo_merge_slots(pool, events, n, NULL, 0, &slots, nkept)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    *nkept = wismo_merge_choose(slots, *nkept, keep);
    (void) wismo_merge_order_line(slots, *nkept);

    return wismo_merge_take(pool, slots, *nkept, kept);
}


/*
 * "Left with a neighbour" without a headline to belong to: it is about the
 * newest delivery among the report's events.
 */

int
wismo_merge_recipient(wismo_pool_t *pool, const wismo_report_t *report,
    wismo_event_t **events)
{
    unsigned      i;
    wismo_slot_t  slot, newest;

    newest.event = NULL;

    for (i = 0; i < report->nevents; i++) {

        slot.event = &report->events[i];
        slot.key = wismo_merge_key(&slot.event->when);

        if (slot.event->status == NULL
            || slot.event->status->status != WISMO_DELIVERED)
        {
            continue;
        }

        if (newest.event == NULL || wismo_merge_line(&slot, &newest) > 0) {
            newest = slot;
        }
    }

    if (newest.event == NULL || newest.event->delivered_to) {
        return WISMO_OK;
    }

    *events = wismo_palloc(pool, report->nevents * sizeof(wismo_event_t));

    if (*events == NULL) {
        return WISMO_ERROR;
    }

    memcpy(*events, report->events, report->nevents * sizeof(wismo_event_t));

    (*events)[newest.event - report->events].delivered_to
                                                     = report->delivered_to;

    return WISMO_OK;
}


/* Both lists without duplicates, in the order of their own times. */

static int
wismo_merge_slots(wismo_pool_t *pool, const wismo_event_t *a, unsigned na,
    const wismo_event_t *b, unsigned nb, wismo_slot_t **slots, unsigned *n)
{
    size_t          total, i, last;
    wismo_slot_t   *s;
    wismo_event_t  *e;

    total = (size_t) na + nb;

    if (total > UINT32_MAX / sizeof(wismo_event_t)) {
        return WISMO_ERROR;
    }

    s = wismo_palloc(pool, total * sizeof(wismo_slot_t));
    e = wismo_palloc(pool, total * sizeof(wismo_event_t));

    if (s == NULL || e == NULL) {
        return WISMO_ERROR;
    }

    *slots = s;
    *n = 0;

    if (total == 0) {
        return WISMO_OK;
    }

    if (na) {
        memcpy(e, a, na * sizeof(wismo_event_t));
    }

    if (nb) {
        memcpy(e + na, b, nb * sizeof(wismo_event_t));
    }

    for (i = 0; i < total; i++) {

        wismo_merge_when(&e[i].when);

        if (e[i].status == NULL) {
            e[i].status = wismo_substatus_note();
        }

        s[i].event = &e[i];
        s[i].key = wismo_merge_key(&e[i].when);
        s[i].keep = false;
    }

    qsort(s, total, sizeof(wismo_slot_t), wismo_merge_identity);

    last = 0;

    for (i = 1; i < total; i++) {

        if (wismo_merge_identity(&s[last], &s[i]) == 0) {
            wismo_merge_join(s[last].event, s[i].event);

        } else {
            s[++last] = s[i];
        }
    }

    *n = (unsigned) last + 1;

    return WISMO_OK;
}


/*
 * One spelling for each time, or equal ones would differ in their bytes.  The
 * document keeps the wall clock and the offset, so they must give the instant.
 */

void
wismo_merge_when(wismo_when_t *when)
{
    int64_t  wall;

    wall = when->wall;

    switch (when->basis) {

    case WISMO_BASIS_UTC:
    case WISMO_BASIS_OFFSET:
    case WISMO_BASIS_ZONE:

        if (when->utc == WISMO_TIME_NONE) {
            break;
        }

        if (when->offset == WISMO_OFFSET_NONE) {
            when->basis = WISMO_BASIS_UTC;
        }

        if (when->basis == WISMO_BASIS_UTC) {
            when->offset = 0;
        }

        if (when->utc < 1 || when->utc > WISMO_TIME_MAX) {
            wall = WISMO_TIME_NONE;
            break;
        }

        wall = when->utc + (int64_t) when->offset * 60;
        break;

    default:
        break;
    }

    if (wall < 1 || wall > WISMO_TIME_MAX) {
        wall = WISMO_TIME_NONE;
    }

    wismo_time_local(when, wall, when->offset, (wismo_basis_e) when->basis);
}


/* Whether, and if not how, two events differ in what identifies them. */

static int
wismo_merge_identity(const void *one, const void *two)
{
    int                   rc;
    const wismo_event_t  *a, *b;
    const wismo_slot_t   *s, *t;

    s = one;
    t = two;
    a = s->event;
    b = t->event;

    rc = wismo_merge_int_cmp(s->key, t->key);

    if (rc == 0) {
        rc = (a->when.utc != WISMO_TIME_NONE)
             - (b->when.utc != WISMO_TIME_NONE);
    }

    if (rc == 0) {
        rc = (a->when.basis == WISMO_BASIS_DATE)
             - (b->when.basis == WISMO_BASIS_DATE);
    }

    if (rc == 0) {
        rc = wismo_merge_str_cmp(&a->code, &b->code);
    }

    if (rc == 0 && a->code.len == 0) {
        rc = wismo_merge_str_cmp(&a->text, &b->text);
    }

    return rc;
}


/*
 * The place on the time line.  Equal times: by milestone, so that the farther
 * one is the later, then by code; the rest only makes the order total.
 */

static int
wismo_merge_line(const void *one, const void *two)
{
    int                   rc;
    const wismo_event_t  *a, *b;
    const wismo_slot_t   *s, *t;

    s = one;
    t = two;
    a = s->event;
    b = t->event;

    rc = wismo_merge_int_cmp(s->key, t->key);

    if (rc == 0) {
        rc = a->status->milestone - b->status->milestone;
    }

    if (rc == 0) {
        rc = wismo_merge_str_cmp(&a->code, &b->code);
    }

    if (rc == 0) {
        rc = wismo_merge_str_cmp(&a->text, &b->text);
    }

    if (rc == 0) {
        rc = (a->when.utc != WISMO_TIME_NONE)
             - (b->when.utc != WISMO_TIME_NONE);
    }

    if (rc == 0) {
        rc = (int) a->when.basis - (int) b->when.basis;
    }

    return rc;
}


/*
 * The same event, told twice: each part is the one that says more.  Part by
 * part, as then neither order nor repetition shows.
 */

static void
wismo_merge_join(wismo_event_t *a, const wismo_event_t *b)
{
    int                       rc;
    const wismo_substatus_t  *r, *s;

    r = a->status;
    s = b->status;

    rc = s->milestone - r->milestone;

    if (rc == 0 || s->status == WISMO_STATUS_NONE
        || r->status == WISMO_STATUS_NONE)
    {
        rc = (int) s->status - (int) r->status;
    }

    if (rc == 0 && s != r) {

        if (wismo_merge_is_general(r) != wismo_merge_is_general(s)) {
            rc = wismo_merge_is_general(r) ? 1 : -1;

        } else {
            rc = strcmp(s->sub, r->sub);
        }
    }

    if (rc > 0 || (rc == 0 && wismo_merge_raw_cmp(&b->raw, &a->raw) > 0)) {
        a->status = s;
        a->raw = b->raw;
    }

    if (b->delivered_to > a->delivered_to) {
        a->delivered_to = b->delivered_to;
    }

    if (b->return_leg) {
        a->return_leg = true;
    }

    if (b->text.len > a->text.len
        || (b->text.len == a->text.len
            && wismo_merge_str_cmp(&b->text, &a->text) > 0))
    {
        a->text = b->text;
    }

    if (b->place.len > a->place.len
        || (b->place.len == a->place.len
            && wismo_merge_str_cmp(&b->place, &a->place) > 0))
    {
        a->place = b->place;
    }

    /* the instants are equal; a local clock tells more than UTC */

    if (b->when.basis > a->when.basis
        || (b->when.basis == a->when.basis
            && b->when.offset > a->when.offset))
    {
        a->when = b->when;
    }
}


/*
 * Leaves the "keep" slots worth keeping, in their order.  The choice depends
 * on the events' own times and meanings only, so that choosing twice, after
 * either half and after all, leaves the same.
 */

static unsigned
wismo_merge_choose(wismo_slot_t *slots, unsigned n, unsigned keep)
{
    int       facts[WISMO_MERGE_FACTS];
    unsigned  i, left, room;

    /* room for all facts is kept, whether or not two of them are one event */

    room = keep > WISMO_MERGE_FACTS ? keep - WISMO_MERGE_FACTS : 0;

    if (n <= room) {
        return n;
    }

    wismo_merge_facts(slots, n, facts);

    left = keep;

    for (i = 0; i < WISMO_MERGE_FACTS && left; i++) {

        if (facts[i] >= 0 && !slots[facts[i]].keep) {
            slots[facts[i]].keep = true;
            left--;
        }
    }

    for (i = n - room; i < n; i++) {
        slots[i].keep = true;
    }

    left = 0;

    for (i = 0; i < n; i++) {
        if (slots[i].keep) {
            slots[left++] = slots[i];
        }
    }

    return left;
}


/* What must not be forgotten, in the order of its weight; -1: no such. */

static void
wismo_merge_facts(const wismo_slot_t *slots, unsigned n, int *facts)
{
    int                   m;
    unsigned              i;
    const wismo_event_t  *e;

    for (i = 0; i < WISMO_MERGE_FACTS; i++) {
        facts[i] = -1;
    }

    for (i = 0; i < n; i++) {
        e = slots[i].event;

        if (e->status->status == WISMO_STATUS_NONE) {
            continue;
        }

        facts[0] = (int) i;

        if (facts[1] == -1
            && (e->return_leg || e->status->status == WISMO_RETURNING
                || e->status->status == WISMO_RETURNED))
        {
            facts[1] = (int) i;
        }

        if (e->status->final) {
            facts[2] = (int) i;
        }

        for (m = e->status->milestone; m > 0; m--) {
            if (facts[WISMO_MERGE_FACTS - m] == -1) {
                facts[WISMO_MERGE_FACTS - m] = (int) i;
            }
        }
    }
}


/*
 * Puts the slots on the parcel's time line, oldest first.  A clock without
 * zone is read with the offset of the newest event that has one: a guess,
 * good for placing an event between two others, and shown to nobody.
 */

static int64_t
wismo_merge_order_line(wismo_slot_t *slots, unsigned n)
{
    int64_t              offset;
    unsigned             i;
    const wismo_when_t  *when;

    offset = 0;

    for (i = n; i-- > 0; /* void */) {
        when = &slots[i].event->when;

        if (when->basis == WISMO_BASIS_OFFSET
            || when->basis == WISMO_BASIS_ZONE)
        {
            offset = (int64_t) when->offset * 60;
            break;
        }
    }

    for (i = 0; i < n; i++) {
        when = &slots[i].event->when;

        if (when->utc == WISMO_TIME_NONE && when->wall != WISMO_TIME_NONE) {
            slots[i].key -= offset;
        }
    }

    if (n) {
        qsort(slots, n, sizeof(wismo_slot_t), wismo_merge_line);
    }

    return offset;
}


static int
wismo_merge_take(wismo_pool_t *pool, const wismo_slot_t *slots, unsigned n,
    wismo_event_t **events)
{
    unsigned  i;

    *events = wismo_palloc(pool, n * sizeof(wismo_event_t));

    if (*events == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; i < n; i++) {
        (*events)[i] = *slots[n - 1 - i].event;
    }

    return WISMO_OK;
}
