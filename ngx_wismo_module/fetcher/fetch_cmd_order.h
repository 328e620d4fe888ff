
/*
 * Copyright (C) The Wismo authors
 *
 * Between "wismo order" and its "show".
 */


#ifndef _FETCH_CMD_ORDER_H_INCLUDED_
#define _FETCH_CMD_ORDER_H_INCLUDED_


#include "fetch_cmd.h"
#include "fetch_customer.h"


typedef struct {
    const char           *call;
    const char           *number;
    const char           *config;
    const char           *base;
    long                  days;
    bool                  minimal;
    bool                  notices;
    bool                  revoke;
    bool                  json;
    bool                  yes;
} order_options_t;


typedef struct {
    order_options_t       options;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    wismo_pool_t          pool;
    wismo_str_t           number;
    fetch_stored_t        stored;
} order_t;


/* What a call does; the exit status, or WISMO_ERROR if Redis is down. */
int order_show(order_t *o);

/* o->stored; WISMO_OK, or else what is wrong has been told. */
int order_load(order_t *o);

/* For printf(); what is stored has been cleaned of control characters. */
const char *order_text(order_t *o, const wismo_str_t *s);


#endif /* _FETCH_CMD_ORDER_H_INCLUDED_ */
