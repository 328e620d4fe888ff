
/*
 * Copyright (C) The Wismo authors
 *
 * Returns beside the status vocabulary: who has to act, how bad a status is,
 * and what of it a shopper is told, where a parcel goes back to the shop.
 * Merge, document, view and notices call it.
 *
 * It must never know an order: a leg and a status are all it looks at.
 */


#include "wismo_leg.h"


static const char  *const wismo_leg_names[] = {
    [WISMO_LEG_OUTBOUND] = "outbound",
    [WISMO_LEG_RETURN] = "return"
};


static const char  *const wismo_return_names[WISMO_RETURN_STATES] = {
    [WISMO_RETURN_REGISTERED] = "registered",
    [WISMO_RETURN_SENT] = "sent",
    [WISMO_RETURN_MOVING] = "moving",
    [WISMO_RETURN_LATE] = "late",
    [WISMO_RETURN_PROBLEM] = "problem",
    [WISMO_RETURN_RECEIVED] = "received",
    [WISMO_RETURN_REFUNDED] = "refunded",
    [WISMO_RETURN_CANCELLED] = "cancelled"
};


const char *
wismo_leg_name(wismo_leg_e leg)
{
    return wismo_leg_names[leg];
}


bool
wismo_leg_of(const wismo_str_t *name, wismo_leg_e *leg)
{
    unsigned  i;

    for (i = WISMO_LEG_OUTBOUND; i <= WISMO_LEG_RETURN; i++) {
        if (wismo_str_is(name, wismo_leg_names[i])) {
            *leg = (wismo_leg_e) i;
            return true;
        }
    }

    return false;
}


/* That it comes back is what everybody wants of a return. */

wismo_severity_e
wismo_leg_severity(wismo_leg_e leg, const wismo_substatus_t *row)
{
    if (leg == WISMO_LEG_RETURN
        && (row->status == WISMO_RETURNING || row->status == WISMO_RETURNED))
    {
        return WISMO_GREEN;
    }

    return row->severity;
}


/* Whoever sends takes it to the carrier, whoever receives does the rest. */

wismo_act_e
wismo_leg_act(wismo_leg_e leg, const wismo_substatus_t *row)
{
    if (leg == WISMO_LEG_OUTBOUND) {
        return row->act;
    }

    switch (row->status) {

    case WISMO_UNKNOWN:
    case WISMO_ORDERED:
    case WISMO_LABEL_CREATED:
        return WISMO_ACT_RECIPIENT;

    case WISMO_RETURNING:
        return WISMO_ACT_NOBODY;

    default:
        return row->act == WISMO_ACT_RECIPIENT ? WISMO_ACT_MERCHANT
                                               : row->act;
    }
}


wismo_return_e
wismo_return_of(const wismo_substatus_t *row)
{
    switch (row->status) {

    case WISMO_PICKED_UP:
        return WISMO_RETURN_SENT;

    case WISMO_IN_TRANSIT:
    case WISMO_OUT_FOR_DELIVERY:
    case WISMO_READY_FOR_PICKUP:
    case WISMO_ATTEMPT_FAILED:
    case WISMO_RETURNING:
        return WISMO_RETURN_MOVING;

    case WISMO_DELAYED:
    case WISMO_EXPIRED:
        return WISMO_RETURN_LATE;

    case WISMO_ON_HOLD:
    case WISMO_FAILED:
        return WISMO_RETURN_PROBLEM;

    case WISMO_RETURNED:
    case WISMO_DELIVERED:
        return strcmp(row->sub, "refunded") == 0 ? WISMO_RETURN_REFUNDED
                                                 : WISMO_RETURN_RECEIVED;

    case WISMO_CANCELLED:
        return WISMO_RETURN_CANCELLED;

    default:
        return WISMO_RETURN_REGISTERED;
    }
}


const char *
wismo_return_name(wismo_return_e state)
{
    return wismo_return_names[state];
}


const wismo_substatus_t *
wismo_return_sample(wismo_return_e state)
{
    static const wismo_status_e  rows[WISMO_RETURN_STATES] = {
        [WISMO_RETURN_REGISTERED] = WISMO_LABEL_CREATED,
        [WISMO_RETURN_SENT] = WISMO_PICKED_UP,
        [WISMO_RETURN_MOVING] = WISMO_IN_TRANSIT,
        [WISMO_RETURN_LATE] = WISMO_DELAYED,
        [WISMO_RETURN_PROBLEM] = WISMO_ON_HOLD,
        [WISMO_RETURN_RECEIVED] = WISMO_RETURNED,
        [WISMO_RETURN_REFUNDED] = WISMO_RETURNED,
        [WISMO_RETURN_CANCELLED] = WISMO_CANCELLED
    };

    static const wismo_str_t  returned = wismo_string("returned");
    static const wismo_str_t  refunded = wismo_string("refunded");

    return (state == WISMO_RETURN_REFUNDED)
           ? wismo_substatus(&returned, &refunded)
           : wismo_substatus_of(rows[state]);
}


/* "At the depot near you" and "Delivered" are not. */

bool
wismo_return_scan(const wismo_substatus_t *row)
{
    switch (row->status) {

    case WISMO_LABEL_CREATED:
        return strcmp(row->sub, "dispatched") != 0;

    case WISMO_IN_TRANSIT:
        return strcmp(row->sub, "arrived_country") != 0
               && strcmp(row->sub, "local_facility") != 0;

    case WISMO_OUT_FOR_DELIVERY:
        return row == wismo_substatus_of(WISMO_OUT_FOR_DELIVERY);

    case WISMO_PICKED_UP:
    case WISMO_DELAYED:
    case WISMO_ON_HOLD:
    case WISMO_FAILED:
    case WISMO_RETURNING:
        return true;

    default:
        return false;
    }
}
