
/*
 * Copyright (C) The Wismo authors
 *
 * Putting the arguments of a Redis command or script together.  Texts are not
 * copied unless they are made here; a failure is kept, so that callers look
 * once, at the end.
 */


#include "fetch_args.h"


void
fetch_args_init(fetch_args_t *args, wismo_pool_t *pool, unsigned max)
{
    args->pool = pool;
    args->argv = wismo_palloc(pool, max * sizeof(wismo_str_t));
    args->n = 0;
    args->max = max;
    args->failed = (args->argv == NULL);
}


void
fetch_args_add(fetch_args_t *args, const void *data, size_t len)
{
    if (args->failed || args->n == args->max) {
        args->failed = true;
        return;
    }

    args->argv[args->n].data = (unsigned char *) data;
    args->argv[args->n].len = len;
    args->n++;
}


void
fetch_args_text(fetch_args_t *args, const char *text)
{
    fetch_args_add(args, text, strlen(text));
}


void
fetch_args_number(fetch_args_t *args, int64_t n)
{
    char         *buf;
    wismo_str_t   text;

    buf = wismo_palloc(args->pool, WISMO_DIGITS);

    if (buf == NULL) {
        args->failed = true;
        return;
    }

    wismo_digits(buf, n, &text);
    fetch_args_add(args, text.data, text.len);
}


void
fetch_args_key(fetch_args_t *args,
    size_t (*key)(char *buf, const wismo_str_t *order),
    const wismo_str_t *order)
{
    char  *text;

    text = wismo_palloc(args->pool, WISMO_KEY_MAX);

    if (text == NULL) {
        args->failed = true;
        return;
    }

    fetch_args_add(args, text, key(text, order));
}


void
fetch_args_due(fetch_args_t *args, unsigned bucket, const wismo_str_t *carrier)
{
    char  *text;

    text = wismo_palloc(args->pool, WISMO_KEY_MAX);

    if (text == NULL) {
        args->failed = true;
        return;
    }

    fetch_args_add(args, text, wismo_key_due(text, bucket, carrier));
}


void
fetch_args_staged(fetch_args_t *args, unsigned bucket, const char *writer)
{
    char         *text;
    wismo_str_t   name;

    text = wismo_palloc(args->pool, WISMO_KEY_MAX);

    if (text == NULL) {
        args->failed = true;
        return;
    }

    name = wismo_str_of(writer);

    fetch_args_add(args, text, wismo_key_staged(text, bucket, &name));
}
