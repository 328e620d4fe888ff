
/*
 * Copyright (C) The Wismo authors
 *
 * What the two files of the channels "sms" and "http" share: a receiver as
 * its file of channels/ describes it, and the request that is made of that.
 */


#ifndef _FETCH_SINK_H_INCLUDED_
#define _FETCH_SINK_H_INCLUDED_


#include "fetch_channel.h"


#define FETCH_SINK_HEADERS   12


typedef struct {
    json_t                   *descriptor;
    wismo_str_t               site;
    const char               *base_url;
    bool                      here;
} fetch_sink_own_t;


/*
 * Fills in the request: its texts are in the pool, its array of headers has
 * room for FETCH_SINK_HEADERS.  WISMO_DECLINED: err->at is a JSON pointer
 * into the descriptor.
 */
int fetch_sink_request(const fetch_channel_t *channel, wismo_pool_t *pool,
    const wismo_json_t *model, fetch_request_t *req, wismo_error_t *err);


#endif /* _FETCH_SINK_H_INCLUDED_ */
