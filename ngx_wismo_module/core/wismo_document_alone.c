
/*
 * Copyright (C) The Wismo authors
 *
 * A parcel by itself: what may be told to whoever has a tracking number and
 * nothing else.  Called by the module when a page is made of one.
 *
 * What a tracking number opens is everybody's: it is printed on the parcel,
 * and often the next one of a row.  So this copies what may be seen, field by
 * field; a field that is new is not told.
 */


#include "wismo_document.h"
#include "wismo_merge.h"


static const wismo_substatus_t *wismo_document_alone_status(
    const wismo_substatus_t *status);
static int wismo_document_alone_copy(wismo_pool_t *pool,
    const wismo_parcel_t *from, wismo_parcel_t *to);


int
wismo_document_alone(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_str_t *number, wismo_document_t *parcel)
{
    int              rc;
    unsigned         i;
    wismo_str_t      bytes;
    wismo_error_t    err;
    wismo_order_t    order, alone;
    wismo_parcel_t   one;

    rc = wismo_document_read(pool, doc, &order, &err);

    if (rc != WISMO_OK) {
        return rc;
    }

    for (i = 0; i < order.nparcels; i++) {
        if (wismo_str_eq(&order.parcels[i].tracking_number, number)) {
            break;
        }
    }

    if (i == order.nparcels
        || wismo_document_alone_copy(pool, &order.parcels[i], &one)
           != WISMO_OK)
    {
        return (i == order.nparcels) ? WISMO_DECLINED : WISMO_ERROR;
    }

    memset(&alone, 0, sizeof(wismo_order_t));

    alone.number = one.tracking_number;
    alone.alone = true;
    alone.placed_at = WISMO_TIME_NONE;
    alone.promised_from = WISMO_TIME_NONE;
    alone.promised_until = WISMO_TIME_NONE;
    alone.revoked_at = WISMO_TIME_NONE;
    alone.updated_at = order.updated_at;
    alone.version = order.version;
    alone.parcels = &one;
    alone.nparcels = 1;

    wismo_merge_rollup(&alone);

    rc = wismo_document_write(pool, &alone, &bytes);

    return (rc == WISMO_OK) ? wismo_document_open(&bytes, parcel, &err) : rc;
}


static int
wismo_document_alone_copy(wismo_pool_t *pool, const wismo_parcel_t *from,
    wismo_parcel_t *to)
{
    unsigned        i;
    wismo_event_t  *event;

    memset(to, 0, sizeof(wismo_parcel_t));

    wismo_str_set(&to->id, "p1");
    to->id_default = true;

    to->leg = from->leg;
    to->carrier = from->carrier;
    to->tracking_number = from->tracking_number;
    to->service = from->service;
    to->shipped_at = WISMO_TIME_NONE;
    to->weight_g = -1;

    to->headline = wismo_document_alone_status(from->headline);
    to->headline_said = from->headline_said;
    to->status = wismo_document_alone_status(from->status);
    to->delivered = from->delivered;
    to->milestone = from->milestone;

    to->edd = from->edd;
    to->edd_said = from->edd_said;
    to->edd_first = from->edd_first;
    to->edd_first_said = from->edd_first_said;

    to->checked_at = from->checked_at;
    to->next_check_at = from->next_check_at;
    to->source = from->source;

    to->events = wismo_pcalloc(pool, from->nevents * sizeof(wismo_event_t)
                                     + 1);

    if (to->events == NULL) {
        return WISMO_ERROR;
    }

    to->nevents = from->nevents;

    for (i = 0; i < from->nevents; i++) {
        event = &to->events[i];

        event->when = from->events[i].when;
        event->status = wismo_document_alone_status(from->events[i].status);
        event->return_leg = from->events[i].return_leg;
    }

    return WISMO_OK;
}


/* That it was delivered, but not to whom or where. */

static const wismo_substatus_t *
wismo_document_alone_status(const wismo_substatus_t *status)
{
    return (status && status->status == WISMO_DELIVERED)
           ? wismo_substatus_of(WISMO_DELIVERED) : status;
}
