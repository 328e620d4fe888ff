
/*
 * Copyright (C) The Wismo authors
 *
 * The form of the table of lanes: what a field is called, and what stands in
 * it: "1 2,4,7 2,4,6 ..." a version and for each weekday the days from
 * purchase: earliest, middle, latest.  Called by the fetcher, which writes,
 * and by the module, which reads.
 */


#include "wismo_edd_lane.h"

#include <stdio.h>


static bool wismo_edd_lane_number(const unsigned char **p,
    const unsigned char *end, int *n);


/*
 * From what is asked for to anything: first less of the destination, for its
 * region says nearly all, then without the origin or the service.
 */

static const struct {
    bool                  service;
    bool                  origin;
    wismo_edd_lane_to_e   to;
} wismo_edd_lane_ways[WISMO_EDD_LANE_WAYS] = {
    { true, true, WISMO_EDD_LANE_DISTRICT },
    { true, true, WISMO_EDD_LANE_REGION },
    { true, true, WISMO_EDD_LANE_COUNTRY },
    { true, false, WISMO_EDD_LANE_REGION },
    { false, true, WISMO_EDD_LANE_REGION },
    { false, false, WISMO_EDD_LANE_REGION },
    { false, false, WISMO_EDD_LANE_COUNTRY },
    { false, false, WISMO_EDD_LANE_ANYWHERE }
};


bool
wismo_edd_lane(const wismo_edd_parcel_t *lane, unsigned way,
    wismo_edd_parcel_t *asked)
{
    size_t                len, region;
    const unsigned char  *p, *dash;

    if ((lane->carrier.len + lane->service.len == 0
         && wismo_edd_lane_ways[way].service
         && !(wismo_edd_lane_ways[way].origin))
        || (lane->origin.len == 0 && wismo_edd_lane_ways[way].origin
            && !wismo_edd_lane_ways[way].service))
    {
        return false;
    }

    memset(asked, 0, sizeof(wismo_edd_parcel_t));

    asked->purchased = lane->purchased;
    asked->shipped = WISMO_TIME_NONE;
    asked->delivered = WISMO_TIME_NONE;
    asked->promised = WISMO_TIME_NONE;

    if (wismo_edd_lane_ways[way].service) {
        asked->carrier = lane->carrier;
        asked->service = lane->service;
    }

    if (wismo_edd_lane_ways[way].origin) {
        asked->origin = lane->origin;
    }

    if (wismo_edd_lane_ways[way].to == WISMO_EDD_LANE_ANYWHERE) {
        return true;
    }

    /* prefixes of country-region-postcode */

    p = lane->destination.data;
    len = lane->destination.len;

    dash = (len > 3) ? memchr(p + 3, '-', len - 3) : NULL;

    if (dash == NULL) {
        return false;
    }

    region = (size_t) (dash - p);

    asked->destination.data = lane->destination.data;

    switch (wismo_edd_lane_ways[way].to) {

    case WISMO_EDD_LANE_DISTRICT:
        asked->destination.len = len < region + 4 ? len : region + 4;
        return len > region + 1;

    case WISMO_EDD_LANE_REGION:
        asked->destination.len = region;
        return region > 3;

    default:
        asked->destination.len = 2;
        return true;
    }
}


size_t
wismo_edd_lane_field(char *buf, const wismo_edd_parcel_t *lane)
{
    char               *p;
    size_t              i;
    const wismo_str_t  *part;

    const wismo_str_t *const  parts[] = {
        &lane->carrier, &lane->service, &lane->origin, &lane->destination
    };

    static const char  ends[] = { '/', '|', '|' };

    if (lane->carrier.len + lane->service.len + lane->origin.len
        + lane->destination.len + sizeof(ends) > WISMO_EDD_FIELD_MAX)
    {
        return 0;
    }

    p = buf;

    for (i = 0; i < 4; i++) {
        part = parts[i];

        if (part->len) {
            memcpy(p, part->data, part->len);
            p += part->len;
        }

        if (i < sizeof(ends)) {
            *p++ = ends[i];
        }
    }

    return (size_t) (p - buf);
}


size_t
wismo_edd_lane_write(char *buf, const wismo_edd_range_t range[7])
{
    int       n;
    size_t    len;
    unsigned  i;

    buf[0] = '1';
    len = 1;

    for (i = 0; i < 7; i++) {
        n = snprintf(buf + len, WISMO_EDD_LANE_MAX - len, " %d,%d,%d",
                     range[i].from, range[i].middle, range[i].to);

        if (n < 0 || (size_t) n >= WISMO_EDD_LANE_MAX - len) {
            return 0;
        }

        len += (size_t) n;
    }

    return len;
}


int
wismo_edd_lane_read(const wismo_str_t *bytes, wismo_edd_range_t range[7])
{
    unsigned              i;
    const unsigned char  *p, *end;

    p = bytes->data;
    end = p + bytes->len;

    if (bytes->len < 2 || *p++ != '1') {
        return WISMO_DECLINED;
    }

    for (i = 0; i < 7; i++) {
        memset(&range[i], 0, sizeof(wismo_edd_range_t));

        if (p == end || *p++ != ' '
            || !wismo_edd_lane_number(&p, end, &range[i].from)
            || p == end || *p++ != ','
            || !wismo_edd_lane_number(&p, end, &range[i].middle)
            || p == end || *p++ != ','
            || !wismo_edd_lane_number(&p, end, &range[i].to)
            || range[i].from > range[i].middle
            || range[i].middle > range[i].to)
        {
            return WISMO_DECLINED;
        }
    }

    return (p == end) ? WISMO_OK : WISMO_DECLINED;
}


static bool
wismo_edd_lane_number(const unsigned char **p, const unsigned char *end,
    int *n)
{
    int                   value;
    const unsigned char  *q, *begin;

    begin = *p;
    value = 0;

    for (q = begin; q < end && *q >= '0' && *q <= '9'; q++) {
        value = value * 10 + (*q - '0');

        if (value > WISMO_EDD_DAYS) {
            return false;
        }
    }

    *p = q;
    *n = value;

    /* a number has one form: "7", never "07" */

    return q > begin && (q == begin + 1 || *begin != '0');
}
