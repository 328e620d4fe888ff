
/*
 * Copyright (C) The Wismo authors
 *
 * What a worker knows of incidents: the stored text, read anew when the watch
 * connection says that it has changed, when that connection is new, and once
 * a minute in case a message got lost.  Requests take what is there; a page
 * that was made of other incidents has another generation, so that it is not
 * found any more.
 *
 * Never waits, and never holds up a request: without an answer of Redis what
 * was known stays known.
 */


#include "ngx_http_wismo_incident.h"


#define NGX_HTTP_WISMO_INCIDENT_MEMORY  (2 * 1024 * 1024)
#define NGX_HTTP_WISMO_INCIDENT_LAST    "65535"    /* bytes, one less */


typedef struct {
    ngx_pool_t           *pool;        /* of what is known, or NULL */
    wismo_incidents_t    *list;
    uint32_t              hash;        /* of those that are active */
    int64_t               next;        /* when that will be another one */
    ngx_pool_t           *asking;      /* of a question, or NULL */
    ngx_http_wismo_op_t  *op;
    ngx_uint_t            again;       /* it has changed meanwhile */
} ngx_http_wismo_incident_worker_t;


static void ngx_http_wismo_incident_answer(void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);


static ngx_http_wismo_incident_worker_t  ngx_http_wismo_incident;


void
ngx_http_wismo_incident_look(void)
{
    ngx_str_t                          argv[4];
    ngx_http_wismo_incident_worker_t  *w;

    w = &ngx_http_wismo_incident;

    if (w->asking) {
        w->again = 1;
        return;
    }

    w->asking = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, ngx_cycle->log);
    if (w->asking == NULL) {
        return;
    }

    w->again = 0;

    ngx_str_set(&argv[0], "GETRANGE");
    ngx_str_set(&argv[1], WISMO_KEY_INCIDENTS);
    ngx_str_set(&argv[2], "0");
    ngx_str_set(&argv[3], NGX_HTTP_WISMO_INCIDENT_LAST);

    /* if that can't be sent, the next look will */

    if (ngx_http_wismo_redis_send(w->asking, 4, argv,
                                  ngx_http_wismo_incident_answer, NULL,
                                  &w->op)
        != NGX_HTTP_WISMO_REDIS_OK)
    {
        ngx_destroy_pool(w->asking);
        w->asking = NULL;
    }
}


static void
ngx_http_wismo_incident_answer(void *data, ngx_http_wismo_redis_rc_e rc,
    ngx_http_wismo_value_t *value)
{
    wismo_str_t                        bytes;
    wismo_pool_t                       pool;
    wismo_error_t                      err;
    wismo_incidents_t                 *list;
    ngx_http_wismo_incident_worker_t  *w;

    w = &ngx_http_wismo_incident;

    if (rc != NGX_HTTP_WISMO_REDIS_OK
        || value->type != NGX_HTTP_WISMO_REDIS_STRING)
    {
        goto done;
    }

    list = ngx_pcalloc(w->asking, sizeof(wismo_incidents_t));
    if (list == NULL) {
        goto done;
    }

    bytes.len = value->str.len;
    bytes.data = value->str.data;

    ngx_memzero(&err, sizeof(wismo_error_t));
    ngx_http_wismo_pool(&pool, w->asking, NGX_HTTP_WISMO_INCIDENT_MEMORY);

    if (wismo_incidents_read(&pool, &bytes, list, &err) != WISMO_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "wismo: what is stored of incidents is unusable and "
                      "shows nowhere: %s", err.text);
        list->n = 0;
    }

    if (w->pool) {
        ngx_destroy_pool(w->pool);
    }

    w->pool = w->asking;
    w->list = list;
    w->next = 0;
    w->asking = NULL;

done:

    w->op = NULL;

    if (w->asking) {
        ngx_destroy_pool(w->asking);
        w->asking = NULL;
    }

    if (w->again) {
        ngx_http_wismo_incident_look();
    }
}


wismo_incidents_t *
ngx_http_wismo_incidents(uint32_t *hash)
{
    ngx_http_wismo_incident_worker_t  *w;

    w = &ngx_http_wismo_incident;

    if (w->list == NULL || w->list->n == 0) {
        *hash = 0;
        return NULL;
    }

    if (ngx_time() >= w->next) {
        w->hash = wismo_incidents_active(w->list, ngx_time(), &w->next);
    }

    *hash = w->hash;

    return w->hash ? w->list : NULL;
}


ngx_int_t
ngx_http_wismo_incident_json(ngx_pool_t *pool, wismo_str_t *view,
    ngx_uint_t full, ngx_str_t *body)
{
    uint32_t            hash;
    wismo_out_t         out;
    wismo_json_t       *json;
    wismo_pool_t        wp;
    wismo_error_t       err;
    wismo_incidents_t  *list;

    list = ngx_http_wismo_incidents(&hash);

    if (list == NULL || view->len < 2) {
        return NGX_DECLINED;
    }

    ngx_http_wismo_pool(&wp, pool, NGX_HTTP_WISMO_INCIDENT_MEMORY * 4);

    if (wismo_json_read(&wp, view, NGX_HTTP_WISMO_INCIDENT_NODES, &json, &err)
        != WISMO_OK)
    {
        return NGX_DECLINED;
    }

    wismo_out_init(&out, &wp, view->len + 1024);
    wismo_out_bytes(&out, view->data, view->len - 1);
    wismo_incidents_out(&out, list, ngx_time(), json, full);
    wismo_out_text(&out, "}");

    if (out.failed) {
        return NGX_ERROR;
    }

    body->data = out.start;
    body->len = out.pos - out.start;

    return NGX_OK;
}


void
ngx_http_wismo_incident_marks(ngx_pool_t *pool, wismo_document_t *doc,
    uint32_t *marks)
{
    uint32_t            hash;
    ngx_uint_t          view;
    wismo_str_t        *text;
    wismo_json_t       *json;
    wismo_pool_t        wp;
    wismo_error_t       err;
    wismo_incidents_t  *list;

    list = ngx_http_wismo_incidents(&hash);

    for (view = 0; view < NGX_HTTP_WISMO_INCIDENT_VIEWS; view++) {

        marks[view] = 0;
        text = (view == WISMO_VIEW_FULL) ? &doc->full : &doc->minimal;

        if (list == NULL || text->len == 0) {
            continue;
        }

        ngx_http_wismo_pool(&wp, pool, NGX_HTTP_WISMO_INCIDENT_MEMORY * 4);

        if (wismo_json_read(&wp, text, NGX_HTTP_WISMO_INCIDENT_NODES, &json,
                            &err)
            == WISMO_OK)
        {
            marks[view] = wismo_incidents_mark(list, ngx_time(), json,
                                               view == WISMO_VIEW_FULL);
        }
    }
}


void
ngx_http_wismo_incident_exit(void)
{
    ngx_http_wismo_incident_worker_t  *w;

    w = &ngx_http_wismo_incident;

    if (w->op) {
        ngx_http_wismo_redis_cancel(w->op);
        w->op = NULL;
    }

    if (w->asking) {
        ngx_destroy_pool(w->asking);
        w->asking = NULL;
    }

    if (w->pool) {
        ngx_destroy_pool(w->pool);
        w->pool = NULL;
        w->list = NULL;
    }
}
