
/*
 * Copyright (C) The Wismo authors
 *
 * RESP.  Commands are written straight into the output buffer; replies are
 * taken apart by hiredis's reader, which builds our values in the pool of
 * the one who asked, so that a reply costs no malloc().  The reader keeps its
 * place between reads while the asker may go away: whatever is built is
 * therefore asked for its pool anew, each time.
 *
 * Called by ngx_http_wismo_conn.c.  Never reads or writes a socket.
 */


#include <ngx_config.h>

#include <sys/time.h>
#include <hiredis/hiredis.h>

#include "ngx_http_wismo_conn.h"


#define NGX_HTTP_WISMO_OUT_MIN   4096
#define NGX_HTTP_WISMO_OUT_KEEP  65536


typedef struct {
    ngx_str_t             prefix;
    ngx_http_wismo_why_e  why;
} ngx_http_wismo_error_t;


static void *ngx_http_wismo_codec_whole(ngx_http_wismo_conn_t *conn);
static ngx_pool_t *ngx_http_wismo_codec_pool(ngx_http_wismo_conn_t *conn);
static void *ngx_http_wismo_codec_value(const redisReadTask *task,
    ngx_http_wismo_redis_type_e type);
static void *ngx_http_wismo_codec_string(const redisReadTask *task,
    char *data, size_t len);
static void *ngx_http_wismo_codec_array(const redisReadTask *task,
    ngx_http_wismo_nelts_t n);
static void *ngx_http_wismo_codec_integer(const redisReadTask *task,
    long long n);
static void *ngx_http_wismo_codec_nil(const redisReadTask *task);
static void ngx_http_wismo_codec_drop(void *value);
static u_char *ngx_http_wismo_codec_number(u_char *p, u_char type, size_t n);
static ngx_int_t ngx_http_wismo_codec_reserve(ngx_http_wismo_out_t *out,
    size_t size);


static redisReplyObjectFunctions  ngx_http_wismo_codec_functions = {
    .createString = ngx_http_wismo_codec_string,
    .createArray = ngx_http_wismo_codec_array,
    .createInteger = ngx_http_wismo_codec_integer,
    .createNil = ngx_http_wismo_codec_nil,
    .freeObject = ngx_http_wismo_codec_drop
};


/* stands for everything that nobody waits for */
static ngx_http_wismo_value_t  ngx_http_wismo_nothing;


static ngx_http_wismo_error_t  ngx_http_wismo_errors[] = {
    { ngx_string("LOADING"), NGX_HTTP_WISMO_WHY_LOADING },
    { ngx_string("MASTERDOWN"), NGX_HTTP_WISMO_WHY_STALE },
    { ngx_string("READONLY"), NGX_HTTP_WISMO_WHY_READONLY },
    { ngx_string("CLUSTERDOWN"), NGX_HTTP_WISMO_WHY_CLUSTER },
    { ngx_string("MOVED"), NGX_HTTP_WISMO_WHY_CLUSTER },
    { ngx_string("ASK"), NGX_HTTP_WISMO_WHY_CLUSTER },
    { ngx_string("TRYAGAIN"), NGX_HTTP_WISMO_WHY_CLUSTER },
    { ngx_string("OOM"), NGX_HTTP_WISMO_WHY_WRITES },
    { ngx_string("MISCONF"), NGX_HTTP_WISMO_WHY_WRITES },
    { ngx_string("NOREPLICAS"), NGX_HTTP_WISMO_WHY_WRITES },
    { ngx_string("BUSY"), NGX_HTTP_WISMO_WHY_BUSY },
    { ngx_string("UNKILLABLE"), NGX_HTTP_WISMO_WHY_BUSY },
    { ngx_string("NOAUTH"), NGX_HTTP_WISMO_WHY_AUTH },
    { ngx_string("WRONGPASS"), NGX_HTTP_WISMO_WHY_AUTH },
    { ngx_string("NOPERM"), NGX_HTTP_WISMO_WHY_NOPERM },
    { ngx_null_string, NGX_HTTP_WISMO_WHY_NONE }
};


ngx_int_t
ngx_http_wismo_codec_init(ngx_http_wismo_conn_t *conn)
{
    redisReader  *reader;

    reader = redisReaderCreateWithFunctions(&ngx_http_wismo_codec_functions);
    if (reader == NULL) {
        return NGX_ERROR;
    }

    reader->privdata = conn;

    conn->reader = reader;
    conn->pos = NULL;
    conn->last = NULL;
    conn->nelts = 0;
    conn->nbytes = 0;
    conn->nomem = 0;

    return NGX_OK;
}


void
ngx_http_wismo_codec_free(ngx_http_wismo_conn_t *conn)
{
    if (conn->reader) {
        redisReaderFree(conn->reader);
        conn->reader = NULL;
    }
}


void
ngx_http_wismo_codec_feed(ngx_http_wismo_conn_t *conn, u_char *data,
    size_t len)
{
    conn->pos = data;
    conn->last = data + len;
}


ngx_int_t
ngx_http_wismo_codec_reply(ngx_http_wismo_conn_t *conn,
    ngx_http_wismo_value_t **value)
{
    void         *reply;
    redisReader  *reader;

    reader = conn->reader;
    reply = NULL;

    if (reader->pos == reader->len) {

        if (conn->pos == conn->last) {
            return NGX_AGAIN;
        }

        if (reader->ridx < 0) {
            reply = ngx_http_wismo_codec_whole(conn);
        }
    }

    if (reply == NULL) {

        if (redisReaderFeed(reader, (char *) conn->pos,
                            conn->last - conn->pos)
            != REDIS_OK)
        {
            return NGX_ABORT;
        }

        conn->pos = conn->last;

        if (redisReaderGetReply(reader, &reply) != REDIS_OK) {
            return NGX_ERROR;
        }
    }

    if (reply == NULL) {

        /* a string is only built when it is complete: don't wait for it */

        if (reader->len - reader->pos > NGX_HTTP_WISMO_REDIS_REPLY) {
            return NGX_ERROR;
        }

        return NGX_AGAIN;
    }

    *value = (reply == &ngx_http_wismo_nothing || conn->nomem) ? NULL : reply;

    conn->nelts = 0;
    conn->nbytes = 0;
    conn->nomem = 0;

    return NGX_OK;
}


/*
 * A string that was read as a whole, as nearly all documents are, is built
 * from where it was read: hiredis would copy it first.  What is none, or goes
 * on in the next read, or looks wrong, is for hiredis.
 */

static void *
ngx_http_wismo_codec_whole(ngx_http_wismo_conn_t *conn)
{
    size_t          n;
    u_char         *p, *last;
    redisReadTask   task;

    p = conn->pos;
    last = conn->last;

    if (*p++ != '$' || p == last || *p < '0' || *p > '9') {
        return NULL;
    }

    for (n = 0; p < last && *p >= '0' && *p <= '9'; p++) {
        n = n * 10 + (*p - '0');

        if (n > NGX_HTTP_WISMO_REDIS_REPLY) {
            return NULL;
        }
    }

    if ((size_t) (last - p) < n + 2 * (sizeof(CRLF) - 1)
        || p[0] != CR || p[1] != LF || p[2 + n] != CR || p[3 + n] != LF)
    {
        return NULL;
    }

    ngx_memzero(&task, sizeof(redisReadTask));

    task.type = REDIS_REPLY_STRING;
    task.privdata = conn;

    conn->pos = p + n + 2 * (sizeof(CRLF) - 1);

    return ngx_http_wismo_codec_string(&task, (char *) p + 2, n);
}


static ngx_pool_t *
ngx_http_wismo_codec_pool(ngx_http_wismo_conn_t *conn)
{
    if (conn->state == NGX_HTTP_WISMO_CONN_GREETING) {
        return conn->scratch;
    }

    return conn->type->pool(conn);
}


static void *
ngx_http_wismo_codec_value(const redisReadTask *task,
    ngx_http_wismo_redis_type_e type)
{
    ngx_pool_t              *pool;
    ngx_http_wismo_conn_t   *conn;
    ngx_http_wismo_value_t  *value, *array;

    conn = task->privdata;

    if (++conn->nelts > NGX_HTTP_WISMO_REDIS_ELTS) {
        return NULL;
    }

    pool = ngx_http_wismo_codec_pool(conn);

    if (pool == NULL || conn->nomem) {
        return &ngx_http_wismo_nothing;
    }

    if (task->parent) {
        array = task->parent->obj;

        if (array == &ngx_http_wismo_nothing) {
            return &ngx_http_wismo_nothing;
        }

        value = &array->elts[task->idx];

    } else {
        value = ngx_palloc(pool, sizeof(ngx_http_wismo_value_t));
        if (value == NULL) {
            conn->nomem = 1;
            return &ngx_http_wismo_nothing;
        }
    }

    ngx_memzero(value, sizeof(ngx_http_wismo_value_t));

    value->type = type;

    return value;
}


static void *
ngx_http_wismo_codec_string(const redisReadTask *task, char *data, size_t len)
{
    ngx_http_wismo_conn_t        *conn;
    ngx_http_wismo_value_t       *value;
    ngx_http_wismo_redis_type_e   type;

    conn = task->privdata;

    conn->nbytes += len;

    if (conn->nbytes > NGX_HTTP_WISMO_REDIS_REPLY) {
        return NULL;
    }

    switch (task->type) {

    case REDIS_REPLY_ERROR:
        type = NGX_HTTP_WISMO_REDIS_ERROR;
        break;

    case REDIS_REPLY_STATUS:
        type = NGX_HTTP_WISMO_REDIS_STATUS;
        break;

    default:
        type = NGX_HTTP_WISMO_REDIS_STRING;
    }

    value = ngx_http_wismo_codec_value(task, type);

    if (value == NULL || value == &ngx_http_wismo_nothing) {
        return value;
    }

    value->str.data = ngx_pnalloc(ngx_http_wismo_codec_pool(conn), len + 1);
    if (value->str.data == NULL) {
        conn->nomem = 1;
        return &ngx_http_wismo_nothing;
    }

    ngx_memcpy(value->str.data, data, len);
    value->str.data[len] = '\0';
    value->str.len = len;

    return value;
}


static void *
ngx_http_wismo_codec_array(const redisReadTask *task, ngx_http_wismo_nelts_t n)
{
    ngx_http_wismo_conn_t   *conn;
    ngx_http_wismo_value_t  *value;

    conn = task->privdata;

    if (n < 0 || conn->nelts + (size_t) n > NGX_HTTP_WISMO_REDIS_ELTS) {
        return NULL;
    }

    value = ngx_http_wismo_codec_value(task, NGX_HTTP_WISMO_REDIS_ARRAY);

    if (value == NULL || value == &ngx_http_wismo_nothing || n == 0) {
        return value;
    }

    value->elts = ngx_pcalloc(ngx_http_wismo_codec_pool(conn),
                              (size_t) n * sizeof(ngx_http_wismo_value_t));
    if (value->elts == NULL) {
        conn->nomem = 1;
        return &ngx_http_wismo_nothing;
    }

    value->nelts = n;

    return value;
}


static void *
ngx_http_wismo_codec_integer(const redisReadTask *task, long long n)
{
    ngx_http_wismo_value_t  *value;

    value = ngx_http_wismo_codec_value(task, NGX_HTTP_WISMO_REDIS_INTEGER);

    if (value != NULL && value != &ngx_http_wismo_nothing) {
        value->integer = n;
    }

    return value;
}


static void *
ngx_http_wismo_codec_nil(const redisReadTask *task)
{
    return ngx_http_wismo_codec_value(task, NGX_HTTP_WISMO_REDIS_NIL);
}


static void
ngx_http_wismo_codec_drop(void *value)
{
    /* pools free */
}


ngx_int_t
ngx_http_wismo_codec_format(ngx_http_wismo_out_t *out, ngx_uint_t argc,
    const ngx_str_t *argv)
{
    size_t       size;
    u_char      *p;
    ngx_int_t    rc;
    ngx_uint_t   i;

    size = sizeof("*" CRLF) - 1 + NGX_INT_T_LEN;

    for (i = 0; i < argc; i++) {

        if (argv[i].len > NGX_HTTP_WISMO_REDIS_OUT) {
            return NGX_DECLINED;
        }

        size += sizeof("$" CRLF CRLF) - 1 + NGX_SIZE_T_LEN + argv[i].len;
    }

    rc = ngx_http_wismo_codec_reserve(out, size);
    if (rc != NGX_OK) {
        return rc;
    }

    p = ngx_http_wismo_codec_number(out->last, '*', argc);

    for (i = 0; i < argc; i++) {
        p = ngx_http_wismo_codec_number(p, '$', argv[i].len);
        p = ngx_cpymem(p, argv[i].data, argv[i].len);
        *p++ = CR; *p++ = LF;
    }

    out->last = p;

    return NGX_OK;
}


/* There are as many as arguments: too many for ngx_sprintf(). */

static u_char *
ngx_http_wismo_codec_number(u_char *p, u_char type, size_t n)
{
    char         buf[WISMO_DIGITS];
    wismo_str_t  text;

    wismo_digits(buf, n, &text);

    *p++ = type;

    while (text.len--) {
        *p++ = *text.data++;
    }

    *p++ = CR; *p++ = LF;

    return p;
}


static ngx_int_t
ngx_http_wismo_codec_reserve(ngx_http_wismo_out_t *out, size_t size)
{
    size_t   used, room;
    u_char  *p;

    if ((size_t) (out->end - out->last) >= size) {
        return NGX_OK;
    }

    used = out->last - out->pos;
    room = out->end - out->start;

    if (used + size > NGX_HTTP_WISMO_REDIS_OUT) {
        return NGX_DECLINED;
    }

    if (room >= used + size) {
        ngx_memmove(out->start, out->pos, used);

        out->pos = out->start;
        out->last = out->start + used;

        return NGX_OK;
    }

    if (room == 0) {
        room = NGX_HTTP_WISMO_OUT_MIN;
    }

    while (room < used + size) {
        room *= 2;
    }

    p = ngx_alloc(room, ngx_cycle->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (used) {
        ngx_memcpy(p, out->pos, used);
    }

    if (out->start) {
        ngx_free(out->start);
    }

    out->start = p;
    out->pos = p;
    out->last = p + used;
    out->end = p + room;

    return NGX_OK;
}


void
ngx_http_wismo_codec_out_free(ngx_http_wismo_out_t *out)
{
    out->pos = out->start;
    out->last = out->start;

    if (out->end - out->start > NGX_HTTP_WISMO_OUT_KEEP) {
        ngx_free(out->start);
        ngx_memzero(out, sizeof(ngx_http_wismo_out_t));
    }
}


ngx_http_wismo_why_e
ngx_http_wismo_codec_error(ngx_str_t *error)
{
    ngx_http_wismo_error_t  *e;

    for (e = ngx_http_wismo_errors; e->prefix.len; e++) {

        if (error->len >= e->prefix.len
            && ngx_memcmp(error->data, e->prefix.data, e->prefix.len) == 0
            && (error->len == e->prefix.len
                || error->data[e->prefix.len] == ' '))
        {
            return e->why;
        }
    }

    return NGX_HTTP_WISMO_WHY_NONE;
}
