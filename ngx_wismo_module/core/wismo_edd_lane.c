
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


void
wismo_edd_lane_places(const wismo_str_t *destination,
    wismo_str_t places[WISMO_EDD_LANE_TO])
{
    size_t                i;
    const unsigned char  *dash;

    for (i = 0; i < WISMO_EDD_LANE_TO; i++) {
        wismo_str_null(&places[i]);
    }

    if (destination->len < 4) {
        return;
    }

    dash = memchr(destination->data + 3, '-', destination->len - 3);

    if (dash == NULL) {
        return;
    }

    i = (size_t) (dash - destination->data);

    places[2].data = destination->data;
    places[2].len = 2;

    if (i > 3) {
        places[1].data = destination->data;
        places[1].len = i;
    }

    if (destination->len > i + 1) {
        places[0].data = destination->data;
        places[0].len = destination->len < i + 4 ? destination->len : i + 4;
    }
}


void
wismo_edd_lane_with(wismo_edd_parcel_t *lane, unsigned with)
{
    if (with & 1) {
        wismo_str_null(&lane->carrier);
        wismo_str_null(&lane->service);
    }

    if (with & 2) {
        wismo_str_null(&lane->origin);
    }
}


size_t
wismo_edd_lane_field(char *buf, const wismo_edd_parcel_t *lane)
{
    int     n;
    size_t  len;

    len = lane->carrier.len + lane->service.len + lane->origin.len
          + lane->destination.len + 3;

    if (len >= WISMO_EDD_FIELD_MAX) {
        return 0;
    }

    n = snprintf(buf, WISMO_EDD_FIELD_MAX, "%.*s/%.*s|%.*s|%.*s",
                 (int) lane->carrier.len,
                 lane->carrier.len ? (char *) lane->carrier.data : "",
                 (int) lane->service.len,
                 lane->service.len ? (char *) lane->service.data : "",
                 (int) lane->origin.len,
                 lane->origin.len ? (char *) lane->origin.data : "",
                 (int) lane->destination.len,
                 lane->destination.len ? (char *) lane->destination.data
                                       : "");

    return (n < 0) ? 0 : (size_t) n;
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
    const unsigned char  *begin;

    begin = *p;
    *n = 0;

    while (*p < end && **p >= '0' && **p <= '9') {
        *n = *n * 10 + (**p - '0');
        (*p)++;

        if (*n > WISMO_EDD_DAYS) {
            return false;
        }
    }

    return *p > begin;
}
