
/*
 * Copyright (C) The Wismo authors
 *
 * Incidents (core/wismo_incident.h) as this worker knows them, for pages and
 * JSON.
 */


#ifndef _NGX_HTTP_WISMO_INCIDENT_H_INCLUDED_
#define _NGX_HTTP_WISMO_INCIDENT_H_INCLUDED_


#include "ngx_http_wismo_redis.h"

#include "wismo_incident.h"
#include "wismo_view.h"


#define NGX_HTTP_WISMO_INCIDENT_NODES   65536
#define NGX_HTTP_WISMO_INCIDENT_VIEWS   (WISMO_VIEW_FULL + 1)


/* They may have changed. */
void ngx_http_wismo_incident_look(void);

/* Those that are known, NULL if none is active; the hash tells sets of active
 * ones apart and belongs to the generation of whatever shows them. */
wismo_incidents_t *ngx_http_wismo_incidents(uint32_t *hash);

/* A view with the incidents that touch it; NGX_DECLINED: it is to be sent as
 * it is. */
ngx_int_t ngx_http_wismo_incident_json(ngx_pool_t *pool, wismo_str_t *view,
    ngx_uint_t full, ngx_str_t *body);

/* What tells those that touch an order from others, for each view; all 0 if
 * it has no views that can be read. */
void ngx_http_wismo_incident_marks(ngx_pool_t *pool, wismo_document_t *doc,
    uint32_t *marks);

/* A worker's life with them ends. */
void ngx_http_wismo_incident_exit(void);


#endif /* _NGX_HTTP_WISMO_INCIDENT_H_INCLUDED_ */
