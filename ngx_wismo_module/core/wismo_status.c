
/*
 * Copyright (C) The Wismo authors
 *
 * The status vocabulary as a table, in the order of a parcel's life, each
 * status beginning with its general sub-status.  Merge, document, view and
 * adapter engine look up in it.
 *
 * It must never be written to, and a row must never change its meaning:
 * stored documents name rows by their words.
 */


#include "wismo_status.h"


static const wismo_substatus_t  wismo_substatus_rows[] = {

    { WISMO_UNKNOWN, "unknown", "no_info",
      WISMO_ACT_NOBODY, WISMO_GREEN, 0, false, false },
    { WISMO_UNKNOWN, "unknown", "invalid_number",
      WISMO_ACT_MERCHANT, WISMO_AMBER, 0, false, false },
    { WISMO_UNKNOWN, "unknown", "untrackable",
      WISMO_ACT_MERCHANT, WISMO_AMBER, 0, false, false },

    { WISMO_ORDERED, "ordered", "confirmed",
      WISMO_ACT_NOBODY, WISMO_GREEN, 0, false, false },
    { WISMO_ORDERED, "ordered", "payment_due",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, 0, false, false },
    { WISMO_ORDERED, "ordered", "preparing",
      WISMO_ACT_NOBODY, WISMO_GREEN, 0, false, false },
    { WISMO_ORDERED, "ordered", "held_up",
      WISMO_ACT_MERCHANT, WISMO_AMBER, 0, false, false },

    { WISMO_LABEL_CREATED, "label_created", "announced",
      WISMO_ACT_NOBODY, WISMO_GREEN, 0, false, false },
    { WISMO_LABEL_CREATED, "label_created", "dispatched",
      WISMO_ACT_NOBODY, WISMO_GREEN, 0, false, false },
    { WISMO_LABEL_CREATED, "label_created", "awaiting_drop_off",
      WISMO_ACT_MERCHANT, WISMO_GREEN, 0, false, false },
    { WISMO_LABEL_CREATED, "label_created", "pickup_scheduled",
      WISMO_ACT_NOBODY, WISMO_GREEN, 0, false, false },
    { WISMO_LABEL_CREATED, "label_created", "pickup_failed",
      WISMO_ACT_MERCHANT, WISMO_AMBER, 0, false, false },
    { WISMO_LABEL_CREATED, "label_created", "no_first_scan",
      WISMO_ACT_MERCHANT, WISMO_AMBER, 0, false, true },

    { WISMO_PICKED_UP, "picked_up", "collected",
      WISMO_ACT_NOBODY, WISMO_GREEN, 1, false, false },
    { WISMO_PICKED_UP, "picked_up", "dropped_off",
      WISMO_ACT_NOBODY, WISMO_GREEN, 1, false, false },
    { WISMO_PICKED_UP, "picked_up", "origin_facility",
      WISMO_ACT_NOBODY, WISMO_GREEN, 1, false, false },

    { WISMO_IN_TRANSIT, "in_transit", "moving",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "departed_facility",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "arrived_facility",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "left_origin_country",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "arrived_country",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "customs",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "customs_cleared",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "local_facility",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "partner_carrier",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "redirected",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "resumed",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "delivery_scheduled",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },
    { WISMO_IN_TRANSIT, "in_transit", "delivery_rescheduled",
      WISMO_ACT_NOBODY, WISMO_GREEN, 2, false, false },

    { WISMO_OUT_FOR_DELIVERY, "out_for_delivery", "on_vehicle",
      WISMO_ACT_NOBODY, WISMO_GREEN, 3, false, false },
    { WISMO_OUT_FOR_DELIVERY, "out_for_delivery", "contacted",
      WISMO_ACT_RECIPIENT, WISMO_GREEN, 3, false, false },
    { WISMO_OUT_FOR_DELIVERY, "out_for_delivery", "appointment",
      WISMO_ACT_NOBODY, WISMO_GREEN, 3, false, false },

    { WISMO_READY_FOR_PICKUP, "ready_for_pickup", "waiting",
      WISMO_ACT_RECIPIENT, WISMO_GREEN, 3, false, false },
    { WISMO_READY_FOR_PICKUP, "ready_for_pickup", "reminder",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, 3, false, false },
    { WISMO_READY_FOR_PICKUP, "ready_for_pickup", "last_call",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, 3, false, false },

    { WISMO_ATTEMPT_FAILED, "attempt_failed", "generic",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, -1, false, false },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "absent",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, -1, false, false },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "closed",
      WISMO_ACT_NOBODY, WISMO_AMBER, -1, false, false },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "no_access",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, -1, false, false },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "notice_left",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, -1, false, false },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "reschedule",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, -1, false, false },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "verification",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, -1, false, false },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "exchange",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, -1, false, false },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "last",
      WISMO_ACT_RECIPIENT, WISMO_AMBER, -1, false, false },

    { WISMO_DELAYED, "delayed", "generic",
      WISMO_ACT_NOBODY, WISMO_AMBER, -1, false, false },
    { WISMO_DELAYED, "delayed", "carrier_processing",
      WISMO_ACT_CARRIER, WISMO_AMBER, -1, false, false },
    { WISMO_DELAYED, "delayed", "weather",
      WISMO_ACT_NOBODY, WISMO_AMBER, -1, false, false },
    { WISMO_DELAYED, "delayed", "linehaul",
      WISMO_ACT_NOBODY, WISMO_AMBER, -1, false, false },
    { WISMO_DELAYED, "delayed", "customs",
      WISMO_ACT_NOBODY, WISMO_AMBER, -1, false, false },
    { WISMO_DELAYED, "delayed", "past_promise",
      WISMO_ACT_MERCHANT, WISMO_AMBER, -1, false, true },
    { WISMO_DELAYED, "delayed", "stalled",
      WISMO_ACT_CARRIER, WISMO_AMBER, -1, false, true },

    { WISMO_ON_HOLD, "on_hold", "generic",
      WISMO_ACT_CARRIER, WISMO_AMBER, -1, false, false },
    { WISMO_ON_HOLD, "on_hold", "customs",
      WISMO_ACT_CARRIER, WISMO_AMBER, -1, false, false },
    { WISMO_ON_HOLD, "on_hold", "documents",
      WISMO_ACT_RECIPIENT, WISMO_RED, -1, false, false },
    { WISMO_ON_HOLD, "on_hold", "payment_due",
      WISMO_ACT_RECIPIENT, WISMO_RED, -1, false, false },
    { WISMO_ON_HOLD, "on_hold", "address",
      WISMO_ACT_RECIPIENT, WISMO_RED, -1, false, false },
    { WISMO_ON_HOLD, "on_hold", "buyer_action",
      WISMO_ACT_RECIPIENT, WISMO_RED, -1, false, false },
    { WISMO_ON_HOLD, "on_hold", "shipper_data",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, false, false },
    { WISMO_ON_HOLD, "on_hold", "investigation",
      WISMO_ACT_CARRIER, WISMO_RED, -1, false, false },

    { WISMO_FAILED, "failed", "undeliverable",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, false, false },
    { WISMO_FAILED, "failed", "refused",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, false, false },
    { WISMO_FAILED, "failed", "unclaimed",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, false, false },
    { WISMO_FAILED, "failed", "lost",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, true, false },
    { WISMO_FAILED, "failed", "damaged",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, false, false },
    { WISMO_FAILED, "failed", "destroyed",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, true, false },
    { WISMO_FAILED, "failed", "prohibited",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, false, false },

    { WISMO_RETURNING, "returning", "to_sender",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, false, false },

    { WISMO_RETURNED, "returned", "received",
      WISMO_ACT_MERCHANT, WISMO_RED, -1, true, false },
    { WISMO_RETURNED, "returned", "refunded",
      WISMO_ACT_NOBODY, WISMO_GREEN, -1, true, false },

    { WISMO_DELIVERED, "delivered", "generic",
      WISMO_ACT_NOBODY, WISMO_GREEN, 4, true, false },
    { WISMO_DELIVERED, "delivered", "collected",
      WISMO_ACT_NOBODY, WISMO_GREEN, 4, true, false },
    { WISMO_DELIVERED, "delivered", "signed",
      WISMO_ACT_NOBODY, WISMO_GREEN, 4, true, false },
    { WISMO_DELIVERED, "delivered", "cod_paid",
      WISMO_ACT_NOBODY, WISMO_GREEN, 4, true, false },
    { WISMO_DELIVERED, "delivered", "neighbour",
      WISMO_ACT_NOBODY, WISMO_GREEN, 4, true, false },
    { WISMO_DELIVERED, "delivered", "reception",
      WISMO_ACT_NOBODY, WISMO_GREEN, 4, true, false },
    { WISMO_DELIVERED, "delivered", "safe_place",
      WISMO_ACT_NOBODY, WISMO_GREEN, 4, true, false },
    { WISMO_DELIVERED, "delivered", "damaged",
      WISMO_ACT_MERCHANT, WISMO_RED, 4, true, false },
    { WISMO_DELIVERED, "delivered", "partial",
      WISMO_ACT_CARRIER, WISMO_AMBER, 3, false, false },
    { WISMO_DELIVERED, "delivered", "exchanged",
      WISMO_ACT_NOBODY, WISMO_GREEN, 4, true, false },

    { WISMO_CANCELLED, "cancelled", "by_merchant",
      WISMO_ACT_NOBODY, WISMO_AMBER, -1, true, false },
    { WISMO_CANCELLED, "cancelled", "by_recipient",
      WISMO_ACT_NOBODY, WISMO_AMBER, -1, true, false },

    { WISMO_EXPIRED, "expired", "no_updates",
      WISMO_ACT_MERCHANT, WISMO_AMBER, -1, false, false },

    { WISMO_STATUS_NONE, NULL, NULL,
      WISMO_ACT_NOBODY, WISMO_GREEN, -1, false, false }
};


/* without the one that ends the table */
#define WISMO_SUBSTATUS_ROWS                                                  \
    (unsigned) (sizeof(wismo_substatus_rows)                                  \
                / sizeof(wismo_substatus_rows[0]) - 1)


/* Where the rows of a status begin, and where the last one's end. */

static const unsigned char  wismo_substatus_first[WISMO_EXPIRED + 2] = {
    0, 0, 3, 7, 13, 16, 29, 32, 35, 44, 51, 59, 66, 67, 69, 79, 81, 82
};


static const wismo_substatus_t  wismo_substatus_note_row = {
    WISMO_STATUS_NONE, "note", "",
    WISMO_ACT_NOBODY, WISMO_GREEN, -1, false, false
};


static const char  *wismo_act_names[] = {
    "nobody", "recipient", "merchant", "carrier"
};

static const char  *wismo_severity_names[] = {
    "green", "amber", "red"
};

static const char  *wismo_to_names[] = {
    NULL, "recipient", "household", "neighbour", "safe_place", "mailbox",
    "locker", "reception", "returned_to_sender"
};


/* Most of the table's rows are passed by at their first byte. */

static inline bool
wismo_status_is(const wismo_str_t *s, const char *text)
{
    return s->len && s->data[0] == (unsigned char) text[0]
           && wismo_str_is(s, text);
}


const wismo_substatus_t *
wismo_substatus(const wismo_str_t *status, const wismo_str_t *sub)
{
    unsigned                  i;
    const wismo_substatus_t  *row, *end, *general;

    for (i = WISMO_UNKNOWN; i <= WISMO_EXPIRED; i++) {
        general = &wismo_substatus_rows[wismo_substatus_first[i]];

        if (!wismo_status_is(status, general->name)) {
            continue;
        }

        end = &wismo_substatus_rows[wismo_substatus_first[i + 1]];

        for (row = general; row < end; row++) {
            if (wismo_status_is(sub, row->sub)) {
                return row;
            }
        }

        return general;
    }

    return wismo_str_is(status, "note") ? &wismo_substatus_note_row : NULL;
}


const wismo_substatus_t *
wismo_substatus_row(unsigned n)
{
    if (n == WISMO_SUBSTATUS_ROWS) {
        return &wismo_substatus_note_row;
    }

    return n < WISMO_SUBSTATUS_ROWS ? &wismo_substatus_rows[n] : NULL;
}


unsigned
wismo_substatus_number(const wismo_substatus_t *row)
{
    return row == &wismo_substatus_note_row
           ? WISMO_SUBSTATUS_ROWS : (unsigned) (row - wismo_substatus_rows);
}


const wismo_substatus_t *
wismo_substatus_of(wismo_status_e status)
{
    if (status == WISMO_STATUS_NONE) {
        return &wismo_substatus_note_row;
    }

    return (unsigned) status <= WISMO_EXPIRED
           ? &wismo_substatus_rows[wismo_substatus_first[status]] : NULL;
}


const wismo_substatus_t *
wismo_substatus_note(void)
{
    return &wismo_substatus_note_row;
}


const wismo_substatus_t *
wismo_substatus_table(void)
{
    return wismo_substatus_rows;
}


const char *
wismo_act_name(wismo_act_e act)
{
    if ((unsigned) act > WISMO_ACT_CARRIER) {
        return wismo_act_names[WISMO_ACT_NOBODY];
    }

    return wismo_act_names[act];
}


const char *
wismo_severity_name(wismo_severity_e severity)
{
    if ((unsigned) severity > WISMO_RED) {
        return wismo_severity_names[WISMO_RED];
    }

    return wismo_severity_names[severity];
}


const char *
wismo_to_name(wismo_to_e to)
{
    if ((unsigned) to > WISMO_TO_RETURNED_TO_SENDER) {
        return NULL;
    }

    return wismo_to_names[to];
}


wismo_to_e
wismo_to_of(const wismo_str_t *name)
{
    int  i;

    for (i = WISMO_TO_RECIPIENT; i <= WISMO_TO_RETURNED_TO_SENDER; i++) {
        if (wismo_status_is(name, wismo_to_names[i])) {
            return (wismo_to_e) i;
        }
    }

    return WISMO_TO_NONE;
}
