
/*
 * Copyright (C) The Wismo authors
 *
 * The offset of a place from UTC, and that behind its next change: enough for
 * half a year, and it is written each hour.  Called by fetch_edd_days.c and
 * ngx_http_wismo_estimate.c.
 *
 * What is read may be anything: an offset that no place has is none.
 */


#include "wismo_edd_zone.h"

#include <stdio.h>


#define WISMO_EDD_ZONE_MAX   48
#define WISMO_EDD_ZONE_FAR   (18 * 60)    /* minutes; no place is as far */


size_t
wismo_edd_zone_field(char *buf, const wismo_str_t *place)
{
    size_t  len;

    len = wismo_edd_days_field(buf, WISMO_DAYS_WAREHOUSE, place);

    buf[1] = 'z';

    return len;
}


void
wismo_edd_zone_write(wismo_out_t *out, const wismo_days_t *days, int64_t now)
{
    int64_t  offset, later, low, high, middle;

    offset = wismo_days_wall(days, now) - now;
    later = offset;

    low = wismo_day(now);
    high = days->first + days->n;

    /* the first day that begins otherwise, then the minute */

    while (low < high && later == offset) {
        low++;
        middle = wismo_days_start(days, low);
        later = wismo_days_wall(days, middle) - middle;
    }

    high = wismo_days_start(days, low);
    low = high - 2 * WISMO_DAY_SECONDS;

    while (later != offset && high - low > 60) {
        middle = low + (high - low) / 2;

        if (wismo_days_wall(days, middle) - middle == offset) {
            low = middle;

        } else {
            high = middle;
        }
    }

    wismo_out_int(out, offset / 60);
    wismo_out_text(out, " ");
    wismo_out_int(out, high / 60 * 60);
    wismo_out_text(out, " ");
    wismo_out_int(out, later / 60);
}


int
wismo_edd_zone_wall(const wismo_str_t *bytes, int64_t now, int64_t *wall)
{
    int        n;
    char       text[WISMO_EDD_ZONE_MAX];
    long       minutes[2];
    long long  until;

    if (bytes->len == 0 || bytes->len >= sizeof(text)) {
        return WISMO_DECLINED;
    }

    memcpy(text, bytes->data, bytes->len);
    text[bytes->len] = '\0';

    n = 0;

    if (sscanf(text, "%5ld %11lld %5ld%n", &minutes[0], &until, &minutes[1],
               &n)
        != 3
        || (size_t) n != bytes->len)
    {
        return WISMO_DECLINED;
    }

    n = (now >= until);

    if (minutes[n] > WISMO_EDD_ZONE_FAR || minutes[n] < -WISMO_EDD_ZONE_FAR) {
        return WISMO_DECLINED;
    }

    *wall = now + minutes[n] * 60;

    return WISMO_OK;
}
