
/*
 * Copyright (C) The Wismo authors
 *
 * What a report says besides events: headline, estimate, the end of storage
 * at a pickup point.  Called by wismo_merge_report().
 *
 * Of each only one is kept, so every choice must be the maximum in a total
 * order: first how new the report is, then what it says.
 */


#include "wismo_merge_int.h"


static bool wismo_merge_is_own(const wismo_str_t *carrier,
    const wismo_str_t *partner);
static int wismo_merge_said_cmp(const wismo_said_t *a, const wismo_said_t *b);
static int64_t wismo_merge_edd_end(const wismo_edd_t *edd);


void
wismo_merge_said(const wismo_report_t *report, wismo_said_t *said)
{
    bool          instant;
    int64_t       key;
    unsigned      i;
    wismo_when_t  when;

    said->at = WISMO_TIME_NONE;
    said->as_of = 0;
    said->instant = false;

    if (report->as_of > 0 && report->as_of <= WISMO_TIME_MAX) {
        said->as_of = report->as_of;
    }

    for (i = 0; i < report->nevents; i++) {

        when = report->events[i].when;
        wismo_merge_when(&when);

        key = wismo_merge_key(&when);
        instant = when.utc != WISMO_TIME_NONE;

        if (key > said->at || (key == said->at && instant)) {
            said->at = key;
            said->instant = instant;
        }
    }
}


void
wismo_merge_said_status(wismo_parcel_t *parcel, const wismo_report_t *report,
    const wismo_said_t *said)
{
    int                       rc;
    const wismo_substatus_t  *row;

    row = report->status;

    if (row == NULL || row->status == WISMO_STATUS_NONE) {
        return;
    }

    if (parcel->headline) {
        rc = wismo_merge_said_cmp(said, &parcel->headline_said);

        if (rc == 0) {
            rc = row->milestone - parcel->headline->milestone;
        }

        if (rc == 0) {
            rc = (int) row->status - (int) parcel->headline->status;
        }

        if (rc == 0) {
            rc = strcmp(row->sub, parcel->headline->sub);
        }

        if (rc == 0) {
            rc = (int) report->delivered_to - (int) parcel->headline_to;
        }

        if (rc == 0) {
            rc = wismo_merge_raw_cmp(&report->status_raw,
                                     &parcel->headline_raw);
        }

        if (rc <= 0) {
            return;
        }
    }

    parcel->headline = row;
    parcel->headline_raw = report->status_raw;
    parcel->headline_to = report->delivered_to;
    parcel->headline_said = *said;
}


void
wismo_merge_said_edd(wismo_parcel_t *parcel, const wismo_edd_t *edd,
    const wismo_said_t *said)
{
    int          rc;
    wismo_edd_t  e;

    e = *edd;
    wismo_merge_edd_clean(&e);

    if (e.basis == WISMO_BASIS_UNKNOWN) {
        return;
    }

    /* what was expected first is the same choice, the other way round */

    rc = -1;

    if (parcel->edd_first.basis != WISMO_BASIS_UNKNOWN) {
        rc = wismo_merge_said_cmp(said, &parcel->edd_first_said);

        if (rc == 0) {
            rc = wismo_merge_edd_cmp(&e, &parcel->edd_first);
        }
    }

    if (rc < 0) {
        parcel->edd_first = e;
        parcel->edd_first_said = *said;
    }

    if (parcel->edd.basis != WISMO_BASIS_UNKNOWN) {
        rc = wismo_merge_said_cmp(said, &parcel->edd_said);

        if (rc == 0) {
            rc = wismo_merge_edd_cmp(&e, &parcel->edd);
        }

        if (rc <= 0) {
            return;
        }
    }

    parcel->edd = e;
    parcel->edd_said = *said;
}


void
wismo_merge_pickup(wismo_parcel_t *parcel, const wismo_when_t *when)
{
    int           rc;
    wismo_when_t  w;

    w = *when;
    wismo_merge_when(&w);

    if (w.basis == WISMO_BASIS_UNKNOWN) {
        return;
    }

    /* the document writes it as a time alone, which tells no more */

    if (w.basis == WISMO_BASIS_ZONE) {
        w.basis = WISMO_BASIS_OFFSET;
    }

    if (parcel->pickup_by.basis != WISMO_BASIS_UNKNOWN) {

        rc = wismo_merge_int_cmp(wismo_merge_key(&w),
                                 wismo_merge_key(&parcel->pickup_by));

        if (rc == 0) {
            rc = (int) w.basis - (int) parcel->pickup_by.basis;
        }

        if (rc == 0) {
            rc = w.offset - parcel->pickup_by.offset;
        }

        if (rc <= 0) {
            return;
        }
    }

    parcel->pickup_by = w;
}


/* What is known stays, above all what the shop said of it. */

void
wismo_merge_partner(wismo_parcel_t *parcel, const wismo_report_t *report)
{
    if (report->partner.len == 0
        || wismo_merge_is_own(&parcel->carrier, &report->partner))
    {
        return;
    }

    if (parcel->partner.len == 0) {
        parcel->partner = report->partner;
        parcel->partner_number = report->partner_number;
        return;
    }

    if (parcel->partner_number.len == 0
        && wismo_str_eq(&report->partner, &parcel->partner))
    {
        parcel->partner_number = report->partner_number;
    }
}


/* As of a partner: what the shop said, or was known, stays. */

void
wismo_merge_place(wismo_parcel_t *parcel, const wismo_pickup_t *place)
{
    wismo_pickup_t  *pickup;

    pickup = &parcel->pickup;

    if (parcel->leg == WISMO_LEG_RETURN || place->name.len == 0
        || pickup->name.len || pickup->address.len || pickup->hours.len)
    {
        return;
    }

    pickup->name = place->name;
    pickup->address = place->address;
    pickup->hours = place->hours;
}


/* DHL as dhl_express's partner is no other carrier. */

static bool
wismo_merge_is_own(const wismo_str_t *carrier, const wismo_str_t *partner)
{
    return carrier->len >= partner->len
           && memcmp(carrier->data, partner->data, partner->len) == 0
           && (carrier->len == partner->len
               || carrier->data[partner->len] == '_');
}


static int
wismo_merge_said_cmp(const wismo_said_t *a, const wismo_said_t *b)
{
    int  rc;

    rc = wismo_merge_int_cmp(a->at, b->at);

    if (rc == 0) {
        rc = a->instant - b->instant;
    }

    if (rc == 0) {
        rc = wismo_merge_int_cmp(a->as_of, b->as_of);
    }

    return rc;
}


int
wismo_merge_edd_cmp(const wismo_edd_t *a, const wismo_edd_t *b)
{
    int  rc;

    rc = wismo_merge_int_cmp(wismo_merge_edd_end(a), wismo_merge_edd_end(b));

    if (rc == 0) {
        rc = wismo_merge_int_cmp(a->from, b->from);
    }

    if (rc == 0) {
        rc = wismo_merge_int_cmp(a->to, b->to);
    }

    if (rc == 0) {
        rc = wismo_merge_int_cmp(a->date, b->date);
    }

    if (rc == 0) {
        rc = (int) a->basis - (int) b->basis;
    }

    if (rc == 0) {
        rc = a->offset - b->offset;
    }

    return rc;
}


void
wismo_merge_edd_clean(wismo_edd_t *edd)
{
    int64_t  *t[3];
    unsigned  i;

    t[0] = &edd->from;
    t[1] = &edd->to;
    t[2] = &edd->date;

    for (i = 0; i < 3; i++) {

        if (*t[i] < 1 || *t[i] > WISMO_TIME_MAX) {
            *t[i] = WISMO_TIME_NONE;

        } else if (i == 2 || edd->basis == WISMO_BASIS_DATE) {
            *t[i] -= *t[i] % 86400;
        }
    }

    switch (edd->basis) {

    case WISMO_BASIS_OFFSET:
    case WISMO_BASIS_ZONE:

        if (edd->offset < -899 || edd->offset > 899) {
            edd->basis = WISMO_BASIS_UTC;
            edd->offset = 0;
        }

        break;

    case WISMO_BASIS_UTC:
        edd->offset = 0;
        break;

    case WISMO_BASIS_LOCAL:
    case WISMO_BASIS_DATE:
        edd->offset = WISMO_OFFSET_NONE;
        break;

    default:
        edd->from = WISMO_TIME_NONE;
        edd->to = WISMO_TIME_NONE;
        edd->date = WISMO_TIME_NONE;
    }

    if (edd->from != WISMO_TIME_NONE || edd->to != WISMO_TIME_NONE) {
        edd->date = WISMO_TIME_NONE;

    } else if (edd->date != WISMO_TIME_NONE) {
        edd->basis = WISMO_BASIS_DATE;
        edd->offset = WISMO_OFFSET_NONE;

    } else {
        edd->basis = WISMO_BASIS_UNKNOWN;
        edd->offset = WISMO_OFFSET_NONE;
    }
}


static int64_t
wismo_merge_edd_end(const wismo_edd_t *edd)
{
    if (edd->to != WISMO_TIME_NONE) {
        return edd->to;
    }

    return edd->date != WISMO_TIME_NONE ? edd->date : edd->from;
}
