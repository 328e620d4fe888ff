
/*
 * Copyright (C) The Wismo authors
 *
 * The arguments of a Redis command or script, in a pool.
 */


#ifndef _FETCH_ARGS_H_INCLUDED_
#define _FETCH_ARGS_H_INCLUDED_


#include "wismo_schema.h"


typedef struct {
    wismo_pool_t             *pool;
    wismo_str_t              *argv;
    unsigned                  n;
    unsigned                  max;
    bool                      failed;     /* no memory, or beyond "max" */
} fetch_args_t;


void fetch_args_init(fetch_args_t *args, wismo_pool_t *pool, unsigned max);

/* "data" and "text" must live until the command is sent. */
void fetch_args_add(fetch_args_t *args, const void *data, size_t len);
void fetch_args_text(fetch_args_t *args, const char *text);
void fetch_args_number(fetch_args_t *args, int64_t n);

/* A key made of an order's number, and that of a schedule. */
void fetch_args_key(fetch_args_t *args,
    size_t (*key)(char *buf, const wismo_str_t *order),
    const wismo_str_t *order);
void fetch_args_due(fetch_args_t *args, unsigned bucket,
    const wismo_str_t *carrier);
void fetch_args_staged(fetch_args_t *args, unsigned bucket,
    const char *writer);


#endif /* _FETCH_ARGS_H_INCLUDED_ */
