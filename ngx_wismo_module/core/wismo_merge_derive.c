
/*
 * Copyright (C) The Wismo authors
 *
 * Where a parcel stands, from its time line and the carrier's headline: the
 * rules of docs/merge.md about status, milestone and who has it.  Called by
 * the merge whenever a parcel's events may have changed.
 *
 * It must look at nothing but its arguments' facts: the former status is not
 * one of them.
 */


#include "wismo_merge_int.h"


/* Where the parcel stands after the events so far, oldest first. */

typedef struct {
    const wismo_substatus_t  *status;
    int64_t                   key;        /* of the event that gave it */
    wismo_to_e                to;
    int                       milestone;
    wismo_leg_e               leg;
    bool                      back;       /* it is on its way back */
} wismo_stand_t;


static void wismo_merge_headline(wismo_stand_t *stand,
    const wismo_parcel_t *parcel, int64_t key);
static void wismo_merge_step(wismo_stand_t *stand,
    const wismo_substatus_t *row, wismo_to_e to, bool back, int64_t key);
static wismo_to_e wismo_merge_to(const wismo_substatus_t *row, wismo_to_e to);


void
wismo_merge_derive(wismo_parcel_t *parcel, const wismo_slot_t *slots,
    unsigned n, int64_t offset)
{
    int64_t               key;
    unsigned              i;
    wismo_stand_t         stand;
    const wismo_event_t  *e;

    static const wismo_str_t  delivered = wismo_string("delivered");
    static const wismo_str_t  partial = wismo_string("partial");

    memset(&stand, 0, sizeof(wismo_stand_t));
    stand.leg = parcel->leg;

    key = parcel->headline_said.at;

    if (key != WISMO_TIME_NONE && !parcel->headline_said.instant) {
        key -= offset;
    }

    for (i = 0; i < n && slots[i].key <= key; i++) {
        e = slots[i].event;
        wismo_merge_step(&stand, e->status, e->delivered_to, e->return_leg,
                         slots[i].key);
    }

    if (parcel->headline) {
        wismo_merge_headline(&stand, parcel, key);
    }

    for ( /* void */ ; i < n; i++) {
        e = slots[i].event;
        wismo_merge_step(&stand, e->status, e->delivered_to, e->return_leg,
                         slots[i].key);
    }

    if (stand.status == NULL) {
        stand.status = wismo_substatus_of(WISMO_UNKNOWN);
    }

    if (stand.status->status == WISMO_DELIVERED
        && parcel->pieces_delivered > 0
        && parcel->pieces_delivered < parcel->pieces_total)
    {
        stand.status = wismo_substatus(&delivered, &partial);

        if (stand.milestone > stand.status->milestone) {
            stand.milestone = stand.status->milestone;
        }
    }

    parcel->reported = stand.status;
    parcel->status = stand.status;
    memset(&parcel->raised, 0, sizeof(wismo_raised_t));

    if (parcel->leg == WISMO_LEG_RETURN
        && stand.status->status == WISMO_RETURNED)
    {
        stand.milestone = WISMO_RETURN_STEPS;
    }

    parcel->milestone = stand.milestone;
    parcel->delivered = stand.status->status == WISMO_DELIVERED
                        && stand.status->final;
    parcel->delivered_to = WISMO_TO_NONE;

    if (parcel->delivered) {
        parcel->delivered_to = stand.to;

    } else if (stand.status->status == WISMO_RETURNED) {
        parcel->delivered_to = WISMO_TO_RETURNED_TO_SENDER;
    }
}


/*
 * The carrier's own headline comes right after the newest event of its
 * report.  It decides, except where it only says less than that event.
 */

static void
wismo_merge_headline(wismo_stand_t *stand, const wismo_parcel_t *parcel,
    int64_t key)
{
    const wismo_substatus_t  *row, *status;

    row = parcel->headline;
    status = stand->status;

    if (status && row->status == status->status
        && wismo_merge_is_general(row))
    {
        if (row->status == WISMO_DELIVERED && parcel->headline_to) {
            stand->to = parcel->headline_to;
        }

        return;
    }

    if (status && stand->key == key && status->severity != WISMO_GREEN
        && row->severity == WISMO_GREEN && !row->final
        && row->milestone <= stand->milestone)
    {
        return;
    }

    wismo_merge_step(stand, row, parcel->headline_to, false, key);
}


static void
wismo_merge_step(wismo_stand_t *stand, const wismo_substatus_t *row,
    wismo_to_e to, bool back, int64_t key)
{
    int                       milestone;
    const wismo_substatus_t  *status, *next;

    if (row->status == WISMO_STATUS_NONE) {
        return;
    }

    status = stand->status;
    next = row;

    if (row->status == WISMO_RETURNING || row->status == WISMO_RETURNED
        || to == WISMO_TO_RETURNED_TO_SENDER)
    {
        back = true;
    }

    /* a return goes back anyway, whatever the carrier calls it */

    if (stand->leg == WISMO_LEG_RETURN) {
        back = false;

        if (row->status == WISMO_DELIVERED) {
            next = row->final ? wismo_substatus_of(WISMO_RETURNED)
                              : wismo_substatus_of(WISMO_RETURNING);
        }
    }

    if (back) {
        stand->back = true;
    }

    /* on the way back the shopper's steps are not taken any more */

    milestone = row->milestone;

    if ((stand->back || stand->leg == WISMO_LEG_RETURN) && milestone > 2) {
        milestone = 2;
    }

    if (milestone > stand->milestone) {
        stand->milestone = milestone;
    }

    if (stand->back) {

        if (row->status == WISMO_DELIVERED) {
            next = wismo_substatus_of(WISMO_RETURNED);

        } else if (row->status >= WISMO_LABEL_CREATED
                   && row->status <= WISMO_ON_HOLD)
        {
            next = wismo_substatus_of(WISMO_RETURNING);
        }
    }

    if (status) {

        /* nothing known is no news */

        if (row->status == WISMO_UNKNOWN && status->status != WISMO_UNKNOWN) {
            return;
        }

        /* what the shop has received stays there */

        if (stand->leg == WISMO_LEG_RETURN
            && status->status == WISMO_RETURNED
            && next->status != WISMO_RETURNED)
        {
            return;
        }

        if (status->final
            && row->status != WISMO_RETURNING
            && row->status != WISMO_RETURNED
            && row->status != WISMO_DELIVERED
            && !(back && next->status == WISMO_RETURNING
                 && status->status == WISMO_DELIVERED))
        {
            return;
        }
    }

    to = wismo_merge_to(row, to);

    if (next->status != WISMO_DELIVERED) {
        stand->to = WISMO_TO_NONE;

    } else if (to || status == NULL || status->status != WISMO_DELIVERED) {
        stand->to = to;
    }

    if (status && status->final && next->status == status->status
        && wismo_merge_is_general(next))
    {
        return;
    }

    stand->status = next;
    stand->key = key;
}


/* Some sub-statuses say where it is even if no field of the carrier's does. */

static wismo_to_e
wismo_merge_to(const wismo_substatus_t *row, wismo_to_e to)
{
    if (to || row->status != WISMO_DELIVERED) {
        return to;
    }

    if (strcmp(row->sub, "neighbour") == 0) {
        return WISMO_TO_NEIGHBOUR;
    }

    if (strcmp(row->sub, "reception") == 0) {
        return WISMO_TO_RECEPTION;
    }

    if (strcmp(row->sub, "safe_place") == 0) {
        return WISMO_TO_SAFE_PLACE;
    }

    return WISMO_TO_NONE;
}
