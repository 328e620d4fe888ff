
/*
 * Copyright (C) The Wismo authors
 *
 * What a service of channels/ sends to its hook, as its file says where to
 * find what: in a form, in JSON, or in a query.
 */


#ifndef _FETCH_INBOUND_H_INCLUDED_
#define _FETCH_INBOUND_H_INCLUDED_


#include "fetch_config.h"


/* By the name or path of the service's file, or any other; NULL: told in the
 * log.  To be freed with json_decref(). */
json_t *fetch_inbound_load(const fetch_config_t *conf,
    const wismo_str_t *channel);
json_t *fetch_inbound_file(const char *path);


typedef struct {
    const wismo_str_t        *body;
    json_t                   *json;           /* NULL: a form */
    wismo_str_t               query;          /* of the address, or empty */
} fetch_inbound_t;

/* "headers" has a line "query: ..." if there was one. */
void fetch_inbound_open(fetch_inbound_t *in, const wismo_str_t *body,
    const wismo_str_t *headers);
void fetch_inbound_close(fetch_inbound_t *in);

/*
 * A text or whole number, in "buf".  "at" is the name of a field or member, a
 * JSON pointer, "?" and the name of a field of the query, or a list of such,
 * of which the first that is there counts.  WISMO_DECLINED: there is none, or
 * it is too long.
 */
int fetch_inbound_value(const fetch_inbound_t *in, const json_t *at,
    char *buf, size_t size, wismo_str_t *value);

/* What a JSON pointer leads to (RFC 6901, but for "~"), or NULL. */
const json_t *fetch_inbound_at(const json_t *json, const char *pointer);


#endif /* _FETCH_INBOUND_H_INCLUDED_ */
