
/*
 * Copyright (C) The Wismo authors
 *
 * v1/orders:batch: orders in a JSON array, or one a line, each accepted or
 * refused by itself (docs/api.md, docs/openapi.yaml).  They are cut apart
 * without being parsed, and then taken a few at a time: others are served
 * while Redis has these.
 *
 * What must never happen here: an "accepted" for what Redis does not have, or
 * a fault of one order that touches another.
 */


#include "ngx_http_wismo_batch.h"
#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_reply.h"
#include "ngx_http_wismo_wait.h"


#define NGX_HTTP_WISMO_BATCH_BODY    1048576
#define NGX_HTTP_WISMO_BATCH_ORDERS  500
#define NGX_HTTP_WISMO_BATCH_ORDER   65536
#define NGX_HTTP_WISMO_BATCH_CHUNK   16
#define NGX_HTTP_WISMO_BATCH_BYTES   65536     /* of a chunk, about */
#define NGX_HTTP_WISMO_BATCH_ERRORS  8
#define NGX_HTTP_WISMO_BATCH_MEMORY  (4 * 1024 * 1024)
#define NGX_HTTP_WISMO_BATCH_OUT     (8 * 1024 * 1024)

#define NGX_HTTP_WISMO_BATCH_PATH    "v1/orders:batch"


typedef struct ngx_http_wismo_batch_s  ngx_http_wismo_batch_t;


/* One that is under way. */

typedef struct {
    ngx_http_wismo_batch_t   *batch;
    ngx_http_wismo_letter_t   letter;
    ngx_http_wismo_op_t      *op;
    ngx_uint_t                index;
    ngx_str_t                 id;          /* empty: Redis has it not */
} ngx_http_wismo_batch_one_t;


struct ngx_http_wismo_batch_s {
    ngx_http_request_t          *request;
    ngx_str_t                   *orders;
    ngx_uint_t                  *lines;
    ngx_uint_t                   n;
    ngx_uint_t                   next;
    ngx_uint_t                   accepted;
    ngx_uint_t                   refused;
    ngx_uint_t                   failed;   /* for want of Redis */
    ngx_pool_t                  *pool;     /* of the chunk */
    ngx_http_wismo_batch_one_t   one[NGX_HTTP_WISMO_BATCH_CHUNK];
    ngx_uint_t                   sent;     /* of it */
    wismo_pool_t                 wp;
    wismo_out_t                  out;
};


static ngx_int_t ngx_http_wismo_batch_body(ngx_http_request_t *r, void *data,
    ngx_str_t *body);
static ngx_int_t ngx_http_wismo_batch_wrong(ngx_http_request_t *r,
    ngx_str_t *body, const char *wrong);
static ngx_int_t ngx_http_wismo_batch_cut(ngx_http_request_t *r,
    ngx_http_wismo_batch_t *batch, ngx_str_t *body, ngx_uint_t array,
    const char **wrong);
static u_char *ngx_http_wismo_batch_value(u_char *p, u_char *last);
static u_char *ngx_http_wismo_batch_space(u_char *p, u_char *last);
static ngx_int_t ngx_http_wismo_batch_chunk(ngx_http_request_t *r,
    void *data);
static ngx_int_t ngx_http_wismo_batch_take(ngx_http_wismo_batch_t *batch,
    ngx_uint_t index);
static ngx_int_t ngx_http_wismo_batch_number(json_t *json,
    wismo_error_t *err, ngx_str_t *number);
static ngx_int_t ngx_http_wismo_batch_send(ngx_http_request_t *r,
    ngx_http_wismo_batch_t *batch);
static void ngx_http_wismo_batch_sent(void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_batch_after(ngx_http_request_t *r,
    void *data);
static ngx_int_t ngx_http_wismo_batch_last(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static void ngx_http_wismo_batch_told(ngx_http_wismo_batch_t *batch);
static void ngx_http_wismo_batch_refuse(ngx_http_wismo_batch_t *batch,
    ngx_uint_t index, ngx_uint_t status, ngx_str_t *number,
    wismo_error_t *errors, int n);
static void ngx_http_wismo_batch_begin(ngx_http_wismo_batch_t *batch,
    ngx_uint_t index, ngx_uint_t status, ngx_str_t *number);
static ngx_int_t ngx_http_wismo_batch_answer(ngx_http_request_t *r,
    ngx_http_wismo_batch_t *batch);
static void ngx_http_wismo_batch_cleanup(void *data);


static ngx_str_t  ngx_http_wismo_batch_kind = ngx_string("put");


ngx_uint_t
ngx_http_wismo_batch_is(ngx_http_request_t *r)
{
    size_t                     len;
    u_char                    *p;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->uri.len < clcf->name.len) {
        return 0;
    }

    p = r->uri.data + clcf->name.len;
    len = r->uri.len - clcf->name.len;

    if (clcf->name.data[clcf->name.len - 1] != '/') {

        if (len == 0 || *p++ != '/') {
            return 0;
        }

        len--;
    }

    return len == sizeof(NGX_HTTP_WISMO_BATCH_PATH) - 1
           && ngx_memcmp(p, NGX_HTTP_WISMO_BATCH_PATH, len) == 0;
}


ngx_int_t
ngx_http_wismo_batch(ngx_http_request_t *r)
{
    ngx_http_wismo_response_t  rs;

    if (r->method != NGX_HTTP_POST) {
        ngx_http_wismo_response_init(&rs, NGX_HTTP_NOT_ALLOWED,
                                     NGX_HTTP_WISMO_PROBLEM);
        ngx_str_set(&rs.allow, "POST");

        return ngx_http_wismo_problem(r, &rs, "Many orders are posted.",
                                      NULL, 0);
    }

    if (r->args.len) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                            "There are no query parameters "
                                            "here.", NULL, 0, -1);
    }

    if (!ngx_http_wismo_api_is_type(r, "application/json")
        && !ngx_http_wismo_api_is_type(r, "application/x-ndjson"))
    {
        return ngx_http_wismo_reply_problem(r,
                                            NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                            "The body must be of the type "
                                            "application/json, an array, or "
                                            "application/x-ndjson, an order "
                                            "a line.", NULL, 0, -1);
    }

    return ngx_http_wismo_read_body(r, NGX_HTTP_WISMO_BATCH_BODY,
                                    ngx_http_wismo_batch_body, NULL);
}


static ngx_int_t
ngx_http_wismo_batch_body(ngx_http_request_t *r, void *data, ngx_str_t *body)
{
    ngx_int_t                rc;
    const char              *wrong;
    ngx_http_cleanup_t      *cln;
    ngx_http_wismo_batch_t  *batch;

    if (body == NULL) {
        return ngx_http_wismo_reply_problem(r,
                                            NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                            "A batch has at most 1 MB.",
                                            NULL, 0, -1);
    }

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_wismo_batch_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    batch = cln->data;

    ngx_memzero(batch, sizeof(ngx_http_wismo_batch_t));

    batch->request = r;
    cln->handler = ngx_http_wismo_batch_cleanup;

    batch->orders = ngx_palloc(r->pool, NGX_HTTP_WISMO_BATCH_ORDERS
                                        * sizeof(ngx_str_t));
    batch->lines = ngx_palloc(r->pool, NGX_HTTP_WISMO_BATCH_ORDERS
                                       * sizeof(ngx_uint_t));

    if (batch->orders == NULL || batch->lines == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_wismo_batch_cut(r, batch, body,
                                  ngx_http_wismo_api_is_type(r,
                                                        "application/json"),
                                  &wrong);

    if (rc == NGX_DECLINED) {
        return ngx_http_wismo_reply_problem(r,
                                            NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                            "A batch has at most 500 orders.",
                                            NULL, 0, -1);
    }

    if (rc != NGX_OK) {
        return ngx_http_wismo_batch_wrong(r, body, wrong);
    }

    ngx_http_wismo_pool(&batch->wp, r->pool, NGX_HTTP_WISMO_BATCH_OUT);
    wismo_out_init(&batch->out, &batch->wp, 4096);

    return ngx_http_wismo_batch_chunk(r, batch);
}


/* What is no JSON at all is told with its place, as of one order it is. */

static ngx_int_t
ngx_http_wismo_batch_wrong(ngx_http_request_t *r, ngx_str_t *body,
    const char *wrong)
{
    json_t         *json;
    ngx_uint_t      n;
    json_error_t    error;
    wismo_error_t   err;

    n = 0;
    json = json_loadb((char *) body->data, body->len, JSON_REJECT_DUPLICATES,
                      &error);

    if (json == NULL && ngx_http_wismo_api_is_type(r, "application/json")) {
        wismo_error_set(&err, "", "%s", error.text);
        n = 1;

        if (error.line > 0) {
            err.line = error.line;
            err.column = error.column;
        }
    }

    json_decref(json);

    return ngx_http_wismo_reply_problem(r, NGX_HTTP_BAD_REQUEST, wrong, &err,
                                        n, -1);
}


/* Where each order begins and ends; what is between is its own matter. */

static ngx_int_t
ngx_http_wismo_batch_cut(ngx_http_request_t *r, ngx_http_wismo_batch_t *batch,
    ngx_str_t *body, ngx_uint_t array, const char **wrong)
{
    u_char      *p, *q, *from, *last;
    ngx_uint_t   line;

    p = body->data;
    last = p + body->len;

    p = ngx_http_wismo_batch_space(p, last);

    if (array) {
        *wrong = "The body must be a JSON array of orders.";

        if (p == last || *p++ != '[') {
            return NGX_ERROR;
        }
    }

    line = 1;
    q = body->data;

    for ( ;; ) {

        p = ngx_http_wismo_batch_space(p, last);

        if (p == last) {
            break;
        }

        if (array && *p == ']' && batch->n == 0) {
            break;
        }

        while (q < p) {
            line += (*q++ == '\n');
        }

        from = p;

        if (array) {
            p = ngx_http_wismo_batch_value(p, last);

            if (p == NULL || p == from) {
                return NGX_ERROR;
            }

        } else {
            p = ngx_strlchr(p, last, '\n');
            p = p ? p : last;
        }

        if (batch->n == NGX_HTTP_WISMO_BATCH_ORDERS) {
            return NGX_DECLINED;
        }

        batch->lines[batch->n] = line;
        batch->orders[batch->n].data = from;
        batch->orders[batch->n++].len = p - from;

        if (!array) {
            continue;
        }

        p = ngx_http_wismo_batch_space(p, last);

        if (p == last || (*p != ',' && *p != ']')) {
            return NGX_ERROR;
        }

        if (*p == ']') {
            break;
        }

        p++;
    }

    if (array
        && (p == last || ngx_http_wismo_batch_space(p + 1, last) != last))
    {
        return NGX_ERROR;
    }

    *wrong = "There is no order in the body.";

    return batch->n ? NGX_OK : NGX_ERROR;
}


/* Behind a value of an array; NULL if it does not end. */

static u_char *
ngx_http_wismo_batch_value(u_char *p, u_char *last)
{
    ngx_uint_t  depth, quoted;

    depth = 0;
    quoted = 0;

    for ( /* void */ ; p < last; p++) {

        if (quoted) {

            if (*p == '\\') {
                p++;

            } else if (*p == '"') {
                quoted = 0;
            }

            continue;
        }

        switch (*p) {

        case '"':
            quoted = 1;
            break;

        case '{':
        case '[':
            depth++;
            break;

        case '}':
        case ']':
        case ',':

            if (depth == 0) {
                return p;
            }

            if (*p != ',') {
                depth--;
            }

            break;
        }
    }

    return NULL;
}


static u_char *
ngx_http_wismo_batch_space(u_char *p, u_char *last)
{
    while (p < last
           && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
    {
        p++;
    }

    return p;
}


/* The next few; others are served while they are under way. */

static ngx_int_t
ngx_http_wismo_batch_chunk(ngx_http_request_t *r, void *data)
{
    ngx_http_wismo_batch_t *batch = data;

    size_t      bytes;
    ngx_int_t   rc;

    if (batch->next == batch->n) {
        return ngx_http_wismo_batch_answer(r, batch);
    }

    batch->pool = ngx_create_pool(16384, r->connection->log);
    if (batch->pool == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    batch->sent = 0;
    bytes = 0;

    while (batch->next < batch->n && bytes < NGX_HTTP_WISMO_BATCH_BYTES
           && batch->sent < NGX_HTTP_WISMO_BATCH_CHUNK)
    {
        bytes += batch->orders[batch->next].len + 256;

        rc = ngx_http_wismo_batch_take(batch, batch->next++);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return ngx_http_wismo_batch_send(r, batch);
}


/* Checked as the body of a PUT is; a good one becomes the chunk's next. */

static ngx_int_t
ngx_http_wismo_batch_take(ngx_http_wismo_batch_t *batch, ngx_uint_t index)
{
    int                          n;
    size_t                       len;
    json_t                      *json;
    ngx_int_t                    rc;
    ngx_str_t                   *text, number;
    ngx_uint_t                   rewritten;
    json_error_t                 error;
    wismo_str_t                  s;
    wismo_pool_t                 wp;
    wismo_error_t                errors[NGX_HTTP_WISMO_BATCH_ERRORS];
    ngx_http_wismo_batch_one_t  *one;

    text = &batch->orders[index];

    ngx_str_null(&number);
    ngx_memzero(errors, sizeof(errors));

    if (text->len > NGX_HTTP_WISMO_BATCH_ORDER) {
        wismo_error_set(&errors[0], "", "expected at most 64 kB");
        ngx_http_wismo_batch_refuse(batch, index, 413, &number, errors, 1);
        return NGX_OK;
    }

    json = json_loadb((char *) text->data, text->len, JSON_REJECT_DUPLICATES,
                      &error);

    if (json == NULL) {
        wismo_error_set(&errors[0], "", "%s", error.text);
        errors[0].line = batch->lines[index] + ngx_max(error.line, 1) - 1;
        errors[0].column = ngx_max(error.column, 0);

        ngx_http_wismo_batch_refuse(batch, index, NGX_HTTP_BAD_REQUEST,
                                    &number, errors, 1);
        return NGX_OK;
    }

    ngx_http_wismo_pool(&wp, batch->pool, NGX_HTTP_WISMO_BATCH_MEMORY);

    n = 1;
    rc = NGX_OK;

    if (ngx_http_wismo_batch_number(json, &errors[0], &number) == NGX_OK) {

        s.len = number.len;
        s.data = number.data;

        if (wismo_pstrdup(&wp, &s, &s) != WISMO_OK) {
            json_decref(json);
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        number.data = s.data;
        (void) json_object_del(json, "number");

        n = ngx_http_wismo_api_order(batch->request, &wp, json, errors,
                                     NGX_HTTP_WISMO_BATCH_ERRORS, &rewritten);
    }

    if (n < 0) {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

    } else if (n > 0) {
        ngx_http_wismo_batch_refuse(batch, index, 422, &number, errors, n);

    } else {
        one = &batch->one[batch->sent++];

        ngx_memzero(one, sizeof(ngx_http_wismo_batch_one_t));

        one->batch = batch;
        one->index = index;
        one->letter.kind = ngx_http_wismo_batch_kind;
        one->letter.order = number;
        one->letter.inbox = wismo_bucket(&s) % WISMO_INBOXES;

        len = json_dumpb(json, NULL, 0, JSON_COMPACT);

        one->letter.body.data = ngx_pnalloc(batch->pool, len ? len : 1);

        if (one->letter.body.data == NULL) {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;

        } else {
            one->letter.body.len = json_dumpb(json,
                                          (char *) one->letter.body.data,
                                          len, JSON_COMPACT);
        }
    }

    json_decref(json);

    return rc;
}


static ngx_int_t
ngx_http_wismo_batch_number(json_t *json, wismo_error_t *err,
    ngx_str_t *number)
{
    json_t       *value;
    wismo_str_t   s;

    if (!json_is_object(json)) {
        wismo_error_set(err, "", "expected an object");
        return NGX_DECLINED;
    }

    value = json_object_get(json, "number");

    if (!json_is_string(value)) {
        wismo_error_set(err, "/number", "required, expected the order's "
                        "number, a string");
        return NGX_DECLINED;
    }

    s.len = json_string_length(value);
    s.data = (u_char *) json_string_value(value);

    if (!wismo_order_number_ok(&s)) {
        wismo_error_set(err, "/number", "expected 1 to 64 of A-Z a-z 0-9 . _ "
                        "-, not beginning with a dot or ending in \".json\", "
                        "\".ics\", \".atom\" or \".txt\"");
        return NGX_DECLINED;
    }

    number->len = s.len;
    number->data = s.data;

    return NGX_OK;
}


/* All but the last just get their replies, which come in order: the last
 * one's says that all are there, and the request waits for that. */

static ngx_int_t
ngx_http_wismo_batch_send(ngx_http_request_t *r,
    ngx_http_wismo_batch_t *batch)
{
    ngx_uint_t                   i;
    ngx_http_wismo_redis_rc_e    rc;
    ngx_http_wismo_batch_one_t  *one;
    ngx_http_wismo_inbox_cmd_t   cmd;

    rc = NGX_HTTP_WISMO_REDIS_BUSY;

    for (i = 0; i < batch->sent; i++) {
        one = &batch->one[i];

        if (ngx_http_wismo_inbox_command(r, batch->pool, &one->letter, &cmd)
            != NGX_OK)
        {
            rc = NGX_HTTP_WISMO_REDIS_BUSY;
            continue;
        }

        if (i == batch->sent - 1) {
            rc = ngx_http_wismo_ask(r, cmd.n, cmd.argv,
                                    ngx_http_wismo_batch_last, one);

        } else {
            rc = ngx_http_wismo_redis_send(r->pool, cmd.n, cmd.argv,
                                           ngx_http_wismo_batch_sent, one,
                                           &one->op);
        }

        if (rc == NGX_HTTP_WISMO_REDIS_OK) {
            ngx_http_wismo_inbox_sent(&one->letter);

        } else {
            one->op = NULL;
        }
    }

    /* the last is not under way, though others may be: they have a moment */

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_later(r, batch->sent ? 20 : 1,
                                    ngx_http_wismo_batch_after, batch);
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_wismo_batch_after(ngx_http_request_t *r, void *data)
{
    ngx_http_wismo_batch_t *batch = data;

    ngx_uint_t  i;

    for (i = 0; i < batch->sent; i++) {

        if (batch->one[i].op) {
            return ngx_http_wismo_later(r, 20, ngx_http_wismo_batch_after,
                                        batch);
        }
    }

    ngx_http_wismo_batch_told(batch);

    return ngx_http_wismo_batch_chunk(r, batch);
}


static void
ngx_http_wismo_batch_sent(void *data, ngx_http_wismo_redis_rc_e rc,
    ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_batch_one_t *one = data;

    one->op = NULL;

    if (rc == NGX_HTTP_WISMO_REDIS_OK
        && value->type == NGX_HTTP_WISMO_REDIS_STRING)
    {
        one->id = value->str;
    }
}


static ngx_int_t
ngx_http_wismo_batch_last(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_batch_one_t *one = data;

    ngx_http_wismo_batch_sent(one, rc, value);

    return ngx_http_wismo_batch_after(r, one->batch);
}


/* What became of the chunk. */

static void
ngx_http_wismo_batch_told(ngx_http_wismo_batch_t *batch)
{
    ngx_uint_t                   i;
    wismo_error_t                err;
    ngx_http_wismo_batch_one_t  *one;

    ngx_memzero(&err, sizeof(wismo_error_t));
    wismo_error_set(&err, "", "the store cannot take it now, send it again");

    for (i = 0; i < batch->sent; i++) {
        one = &batch->one[i];

        if (one->id.len == 0) {
            batch->failed++;
            ngx_http_wismo_batch_refuse(batch, one->index,
                                        NGX_HTTP_SERVICE_UNAVAILABLE,
                                        &one->letter.order, &err, 1);
            continue;
        }

        batch->accepted++;

        ngx_http_wismo_batch_begin(batch, one->index, NGX_HTTP_ACCEPTED,
                                   &one->letter.order);
        wismo_out_text(&batch->out, ",\"inbox_id\":");
        wismo_out_json_str(&batch->out, (wismo_str_t *) &one->id);
        wismo_out_text(&batch->out, "}");
    }

    batch->sent = 0;

    ngx_destroy_pool(batch->pool);
    batch->pool = NULL;
}


static void
ngx_http_wismo_batch_refuse(ngx_http_wismo_batch_t *batch, ngx_uint_t index,
    ngx_uint_t status, ngx_str_t *number, wismo_error_t *errors, int n)
{
    batch->refused++;

    ngx_http_wismo_batch_begin(batch, index, status, number);
    ngx_http_wismo_problem_errors(&batch->out, errors, n);
    wismo_out_text(&batch->out, "}");
}


static void
ngx_http_wismo_batch_begin(ngx_http_wismo_batch_t *batch, ngx_uint_t index,
    ngx_uint_t status, ngx_str_t *number)
{
    wismo_out_t  *out;

    out = &batch->out;

    if (out->pos != out->start) {
        wismo_out_text(out, ",\n");
    }

    wismo_out_text(out, "{\"index\":");
    wismo_out_int(out, index);

    if (number->len) {
        wismo_out_text(out, ",\"order\":");
        wismo_out_json_str(out, (wismo_str_t *) number);
    }

    wismo_out_text(out, ",\"status\":");
    wismo_out_int(out, status);
}


/* One word for all: 202 or what is wrong with each of them, else 207. */

static ngx_int_t
ngx_http_wismo_batch_answer(ngx_http_request_t *r,
    ngx_http_wismo_batch_t *batch)
{
    wismo_out_t                 out;
    wismo_pool_t                wp;
    ngx_http_wismo_response_t   rs;

    ngx_http_wismo_response_init(&rs, NGX_HTTP_ACCEPTED, NGX_HTTP_WISMO_JSON);

    if (batch->accepted && batch->refused) {
        rs.status = 207;

    } else if (batch->failed) {
        rs.status = NGX_HTTP_SERVICE_UNAVAILABLE;
        rs.retry_after = NGX_HTTP_WISMO_RETRY_AFTER;

    } else if (batch->refused) {
        rs.status = 422;
    }

    ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_BATCH_OUT);
    wismo_out_init(&out, &wp, (batch->out.pos - batch->out.start) + 128);

    wismo_out_text(&out, "{\"accepted\":");
    wismo_out_int(&out, batch->accepted);
    wismo_out_text(&out, ",\"refused\":");
    wismo_out_int(&out, batch->refused);
    wismo_out_text(&out, ",\"results\":[\n");
    wismo_out_bytes(&out, batch->out.start,
                    batch->out.pos - batch->out.start);
    wismo_out_text(&out, "\n]}\n");

    if (out.failed || batch->out.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rs.body.data = out.start;
    rs.body.len = out.pos - out.start;

    return ngx_http_wismo_reply(r, &rs);
}


static void
ngx_http_wismo_batch_cleanup(void *data)
{
    ngx_http_wismo_batch_t *batch = data;

    ngx_uint_t  i;

    for (i = 0; i < batch->sent; i++) {

        if (batch->one[i].op) {
            ngx_http_wismo_redis_cancel(batch->one[i].op);
            batch->one[i].op = NULL;
        }
    }

    if (batch->pool) {
        ngx_destroy_pool(batch->pool);
        batch->pool = NULL;
    }
}
