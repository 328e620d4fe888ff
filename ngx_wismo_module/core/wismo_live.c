
/*
 * Copyright (C) The Wismo authors
 *
 * Reads where a stream is to go on.  Called by the module when a stream is
 * opened; any bytes may come, and none may be an error.
 */


#include "wismo_live.h"


uint64_t
wismo_live_version(const wismo_str_t *id)
{
    size_t    i;
    unsigned  digit;
    uint64_t  n;

    n = 0;

    for (i = 0; i < id->len; i++) {

        if (id->data[i] < '0' || id->data[i] > '9') {
            return 0;
        }

        digit = id->data[i] - '0';

        if (n > ((uint64_t) INT64_MAX - digit) / 10) {
            return 0;
        }

        n = n * 10 + digit;
    }

    return n;
}
