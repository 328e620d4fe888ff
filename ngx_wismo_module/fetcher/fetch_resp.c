
/*
 * Copyright (C) The Wismo authors
 *
 * Commands in Redis's protocol, as hiredis writes them, but in one pass and
 * into memory that the caller keeps: scripts have twenty arguments.
 * fetch_redis.c calls it; replies are hiredis's matter.
 */


#include "fetch_resp.h"


#define FETCH_RESP_PREFIX    32               /* bytes, at most */


static char *fetch_resp_prefix(char *p, char type, size_t n);


size_t
fetch_resp_size(const wismo_str_t *argv, size_t n)
{
    size_t  i, size;

    size = FETCH_RESP_PREFIX;

    for (i = 0; i < n; i++) {
        size += argv[i].len + FETCH_RESP_PREFIX;
    }

    return size;
}


char *
fetch_resp_begin(char *p, size_t n)
{
    return fetch_resp_prefix(p, '*', n);
}


char *
fetch_resp_args(char *p, const wismo_str_t *argv, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        p = fetch_resp_prefix(p, '$', argv[i].len);

        if (argv[i].len) {
            memcpy(p, argv[i].data, argv[i].len);
            p += argv[i].len;
        }

        *p++ = '\r';
        *p++ = '\n';
    }

    return p;
}


static char *
fetch_resp_prefix(char *p, char type, size_t n)
{
    char         digits[WISMO_DIGITS];
    wismo_str_t  text;

    wismo_digits(digits, (int64_t) n, &text);

    *p++ = type;
    memcpy(p, text.data, text.len);
    p += text.len;
    *p++ = '\r';
    *p++ = '\n';

    return p;
}
