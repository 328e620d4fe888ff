
/*
 * Copyright (C) The Wismo authors
 *
 * Health: "live" says that this worker serves, "ready" that it can answer
 * questions about orders.  For load balancers and orchestrators: cheap, from
 * memory, and without a detail that would serve an attacker.
 *
 * A silent fetcher is told but is no reason to be unready: pages still come
 * out of Redis, with their age on them, and no other node would do better.
 */


#include "ngx_http_wismo_redis.h"
#include "ngx_http_wismo_reply.h"


/* a running fetcher writes its canary each second */
#define NGX_HTTP_WISMO_HEALTH_SILENT  15


ngx_int_t
ngx_http_wismo_health_handler(ngx_http_request_t *r)
{
    time_t                      age;
    ngx_str_t                   reason;
    ngx_uint_t                  ready, silent;
    ngx_http_wismo_response_t   rs;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, NGX_HTTP_WISMO_JSON);

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        rs.status = NGX_HTTP_NOT_ALLOWED;
        ngx_str_set(&rs.allow, "GET, HEAD");

        return ngx_http_wismo_problem(r, &rs, "Health can only be read.",
                                      NULL, 0);
    }

    if (wlcf->health == NGX_HTTP_WISMO_HEALTH_LIVE) {
        ngx_str_set(&rs.body, "{\"status\":\"ok\"}\n");

        return ngx_http_wismo_reply(r, &rs);
    }

    ready = ngx_http_wismo_redis_ready(&reason);
    age = ngx_http_wismo_watch_canary_age();
    silent = (age < 0 || age > NGX_HTTP_WISMO_HEALTH_SILENT);

    if (ready && !silent) {
        ngx_str_set(&rs.body, "{\"status\":\"ready\",\"reasons\":[]}\n");

    } else if (ready) {
        ngx_str_set(&rs.body, "{\"status\":\"ready\","
                              "\"reasons\":[\"fetcher_silent\"]}\n");

    } else if (!silent) {
        ngx_str_set(&rs.body, "{\"status\":\"unready\","
                              "\"reasons\":[\"redis\"]}\n");

    } else {
        ngx_str_set(&rs.body, "{\"status\":\"unready\","
                              "\"reasons\":[\"redis\",\"fetcher_silent\"]}\n");
    }

    if (!ready) {
        rs.status = NGX_HTTP_SERVICE_UNAVAILABLE;
        rs.retry_after = NGX_HTTP_WISMO_RETRY_AFTER;

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                       "wismo: not ready: %V", &reason);
    }

    return ngx_http_wismo_reply(r, &rs);
}
