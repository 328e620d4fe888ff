
/*
 * Copyright (C) The Wismo authors
 *
 * The ledger's field "seen:<parcel>" (docs/redis.md), written and read by
 * fetch_ask.c alone.  Like all that comes from Redis it is believed only
 * where it makes sense.
 */


#include "fetch_seen.h"

#include <inttypes.h>
#include <stdlib.h>


bool
fetch_seen_read(const char *p, fetch_seen_t *seen, wismo_str_t *number)
{
    char      *end;
    size_t     len;
    unsigned   i;
    uint64_t   n[6];

    for (i = 0; i < 6; i++) {

        if (*p == '-' || *p == ' ') {
            return false;
        }

        n[i] = strtoull(p, &end, (i == 0) ? 16 : 10);

        if (end == p || *end != ' ') {
            return false;
        }

        p = end + 1;
    }

    len = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    if (len == 0 || len > WISMO_TRACKING_MAX || n[2] > WISMO_PARCELS_MAX
        || n[3] > INT32_MAX || n[4] > INT64_MAX || n[5] > INT32_MAX)
    {
        return false;
    }

    seen->hash = n[0];
    seen->version = n[1];
    seen->index = (unsigned) n[2];
    seen->interval = (int64_t) n[3];
    seen->until = (int64_t) n[4];
    seen->failures = (unsigned) n[5];
    seen->events = 0;

    number->data = (unsigned char *) p;
    number->len = len;

    if (p[len] == ' ') {
        n[0] = strtoull(p + len + 1, NULL, 10);
        seen->events = (n[0] <= INT32_MAX) ? (unsigned) n[0] : 0;
    }

    return true;
}


int
fetch_seen_write(wismo_pool_t *pool, const wismo_str_t *parcel,
    const wismo_str_t *number, const fetch_seen_t *seen,
    fetch_field_t *field)
{
    wismo_out_t  out;

    wismo_out_init(&out, pool, FETCH_SEEN_MAX + 64);
    wismo_out_text(&out, "seen:");
    wismo_out_str(&out, parcel);

    field->name.data = out.start;
    field->name.len = (size_t) (out.pos - out.start);

    wismo_out_printf(&out, "%" PRIx64 " %" PRIu64 " %u %" PRId64 " %" PRId64
                     " %u ", seen->hash, seen->version, seen->index,
                     seen->interval, seen->until, seen->failures);
    wismo_out_str(&out, number);
    wismo_out_printf(&out, " %u", seen->events);

    if (out.failed) {
        return WISMO_ERROR;
    }

    field->name.data = out.start;
    field->value.data = out.start + field->name.len;
    field->value.len = (size_t) (out.pos - out.start) - field->name.len;

    return WISMO_OK;
}
