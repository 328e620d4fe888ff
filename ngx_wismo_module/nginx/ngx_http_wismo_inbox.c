
/*
 * Copyright (C) The Wismo authors
 *
 * The inbox: the orders API and the hooks end here.  A letter is appended to
 * one of the inbox streams and the client gets its 202 when Redis has said
 * that it has it, never before.
 *
 * The streams are never trimmed, as that would lose what was accepted.
 * They are bounded by refusing: each worker asks for a stream's length at
 * most once a second, beside a letter it sends anyway, counts what it adds
 * itself in between, and refuses when the stream is full.
 *
 * What must never be here: a look into what the letter says.
 */


#include "ngx_http_wismo_inbox.h"
#include "ngx_http_wismo_reply.h"
#include "ngx_http_wismo_wait.h"


typedef struct {
    int64_t               length;      /* as far as this worker knows */
    time_t                asked;
} ngx_http_wismo_inbox_t;


typedef struct {
    ngx_http_wismo_inbox_t  *inbox;
    ngx_http_wismo_op_t     *op;
} ngx_http_wismo_inbox_len_t;


static ngx_uint_t ngx_http_wismo_inbox_args(ngx_http_wismo_letter_t *letter,
    char *buf, u_char *at, ngx_str_t *argv);
static void ngx_http_wismo_inbox_noted(void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static void ngx_http_wismo_inbox_ask_length(ngx_http_request_t *r,
    ngx_http_wismo_inbox_t *inbox, ngx_str_t *key);
static void ngx_http_wismo_inbox_length(void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static void ngx_http_wismo_inbox_cleanup(void *data);
static ngx_int_t ngx_http_wismo_inbox_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static ngx_int_t ngx_http_wismo_inbox_accepted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_str_t *id);


static ngx_http_wismo_inbox_t  ngx_http_wismo_inboxes[WISMO_INBOXES];


ngx_int_t
ngx_http_wismo_inbox_post(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter)
{
    ngx_http_wismo_inbox_cmd_t  cmd;

    if (ngx_http_wismo_inbox_command(r, letter, &cmd) != NGX_OK) {

        if (letter->answer) {
            return letter->answer(r, letter, NGX_ERROR);
        }

        return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            "The inbox is full: the fetcher "
                                            "does not keep up.",
                                            NULL, 0,
                                            NGX_HTTP_WISMO_RETRY_AFTER);
    }

    if (ngx_http_wismo_ask(r, cmd.n, cmd.argv, ngx_http_wismo_inbox_answer,
                           letter)
        != NGX_HTTP_WISMO_REDIS_OK)
    {
        return ngx_http_wismo_inbox_answer(r, letter,
                                           NGX_HTTP_WISMO_REDIS_DOWN, NULL);
    }

    ngx_http_wismo_inbox_sent(letter);

    return NGX_DONE;
}


ngx_int_t
ngx_http_wismo_inbox_command(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_http_wismo_inbox_cmd_t *cmd)
{
    time_t                   now;
    ngx_http_wismo_inbox_t  *inbox;

    now = ngx_time();
    inbox = &ngx_http_wismo_inboxes[letter->inbox];

    if (inbox->length >= WISMO_INBOX_MAX / (letter->spare ? 2 : 1)
        && inbox->asked == now)
    {
        return NGX_DECLINED;
    }

    cmd->n = ngx_http_wismo_inbox_args(letter, cmd->key, cmd->at, cmd->argv);

    /* before the letter: its answer may end the request */

    if (inbox->asked != now) {
        inbox->asked = now;
        ngx_http_wismo_inbox_ask_length(r, inbox, &cmd->argv[1]);
    }

    return NGX_OK;
}


void
ngx_http_wismo_inbox_sent(ngx_http_wismo_letter_t *letter)
{
    ngx_http_wismo_inboxes[letter->inbox].length++;
}


/* The command: its key in "buf", the time in "at". */

static ngx_uint_t
ngx_http_wismo_inbox_args(ngx_http_wismo_letter_t *letter, char *buf,
    u_char *at, ngx_str_t *argv)
{
    ngx_str_t   key;
    ngx_uint_t  n;

    key.data = (u_char *) buf;
    key.len = wismo_key_inbox(buf, letter->inbox);

    n = 0;

    ngx_str_set(&argv[n], "XADD");
    n++;
    argv[n++] = key;
    ngx_str_set(&argv[n], "*");
    n++;

    ngx_str_set(&argv[n], WISMO_INBOX_KIND);
    n++;
    argv[n++] = letter->kind;

    ngx_str_set(&argv[n], WISMO_INBOX_AT);
    n++;
    argv[n].data = at;
    argv[n++].len = ngx_sprintf(at, "%T", ngx_time()) - at;

    if (letter->order.len) {
        ngx_str_set(&argv[n], WISMO_INBOX_ORDER);
        n++;
        argv[n++] = letter->order;
    }

    if (letter->carrier.len) {
        ngx_str_set(&argv[n], WISMO_INBOX_CARRIER);
        n++;
        argv[n++] = letter->carrier;
    }

    if (letter->headers.len) {
        ngx_str_set(&argv[n], WISMO_INBOX_HEADERS);
        n++;
        argv[n++] = letter->headers;
    }

    if (letter->body.len) {
        ngx_str_set(&argv[n], WISMO_INBOX_BODY);
        n++;
        argv[n++] = letter->body;
    }

    return n;
}


void
ngx_http_wismo_inbox_note(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter)
{
    char                         buf[WISMO_KEY_MAX];
    u_char                       at[NGX_TIME_T_LEN];
    ngx_str_t                    argv[NGX_HTTP_WISMO_INBOX_ARGS];
    ngx_uint_t                   n;
    ngx_http_cleanup_t          *cln;
    ngx_http_wismo_inbox_t      *inbox;
    ngx_http_wismo_inbox_len_t  *len;

    inbox = &ngx_http_wismo_inboxes[letter->inbox];
    n = ngx_http_wismo_inbox_args(letter, buf, at, argv);

    if (inbox->asked != ngx_time()) {
        inbox->asked = ngx_time();
        ngx_http_wismo_inbox_ask_length(r, inbox, &argv[1]);
    }

    if (inbox->length >= WISMO_INBOX_MAX / 2) {
        return;
    }

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_wismo_inbox_len_t));
    if (cln == NULL) {
        return;
    }

    len = cln->data;
    len->inbox = NULL;
    len->op = NULL;

    if (ngx_http_wismo_redis_send(r->pool, n, argv, ngx_http_wismo_inbox_noted,
                                  len, &len->op)
        != NGX_HTTP_WISMO_REDIS_OK)
    {
        return;
    }

    inbox->length++;

    cln->handler = ngx_http_wismo_inbox_cleanup;
}


static void
ngx_http_wismo_inbox_noted(void *data, ngx_http_wismo_redis_rc_e rc,
    ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_inbox_len_t *len = data;

    len->op = NULL;
}


static void
ngx_http_wismo_inbox_ask_length(ngx_http_request_t *r,
    ngx_http_wismo_inbox_t *inbox, ngx_str_t *key)
{
    ngx_str_t                    argv[2];
    ngx_http_cleanup_t          *cln;
    ngx_http_wismo_inbox_len_t  *len;

    cln = ngx_http_cleanup_add(r, sizeof(ngx_http_wismo_inbox_len_t));
    if (cln == NULL) {
        return;
    }

    len = cln->data;
    len->inbox = inbox;
    len->op = NULL;

    ngx_str_set(&argv[0], "XLEN");
    argv[1] = *key;

    if (ngx_http_wismo_redis_send(r->pool, 2, argv,
                                  ngx_http_wismo_inbox_length, len, &len->op)
        != NGX_HTTP_WISMO_REDIS_OK)
    {
        return;
    }

    cln->handler = ngx_http_wismo_inbox_cleanup;
}


static void
ngx_http_wismo_inbox_length(void *data, ngx_http_wismo_redis_rc_e rc,
    ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_inbox_len_t *len = data;

    len->op = NULL;

    if (rc == NGX_HTTP_WISMO_REDIS_OK
        && value->type == NGX_HTTP_WISMO_REDIS_INTEGER)
    {
        len->inbox->length = value->integer;
    }
}


static void
ngx_http_wismo_inbox_cleanup(void *data)
{
    ngx_http_wismo_inbox_len_t *len = data;

    if (len->op) {
        ngx_http_wismo_redis_cancel(len->op);
        len->op = NULL;
    }
}


static ngx_int_t
ngx_http_wismo_inbox_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_letter_t *letter = data;

    static time_t  logged;

    if (rc == NGX_HTTP_WISMO_REDIS_OK) {

        if (value->type == NGX_HTTP_WISMO_REDIS_STRING) {

            if (letter->answer) {
                return letter->answer(r, letter, NGX_OK);
            }

            return ngx_http_wismo_inbox_accepted(r, letter, &value->str);
        }

        if (ngx_time() - logged >= NGX_HTTP_WISMO_LOG_INTERVAL) {
            logged = ngx_time();

            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "wismo: Redis does not append to inbox %ui; is its "
                          "key a stream?", letter->inbox);
        }
    }

    if (letter->answer) {
        return letter->answer(r, letter, NGX_ERROR);
    }

    return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                        "Nothing was accepted: the store "
                                        "cannot take it now.  Send it again.",
                                        NULL, 0, NGX_HTTP_WISMO_RETRY_AFTER);
}


static ngx_int_t
ngx_http_wismo_inbox_accepted(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_str_t *id)
{
    wismo_out_t                 out;
    wismo_pool_t                wp;
    ngx_http_wismo_response_t   rs;

    ngx_http_wismo_pool(&wp, r->pool, 65536);
    wismo_out_init(&out, &wp, 256);

    wismo_out_text(&out, "{");

    if (letter->order.len) {
        wismo_out_text(&out, "\"order\":");
        wismo_out_json_str(&out, (wismo_str_t *) &letter->order);
        wismo_out_text(&out, ",");
    }

    wismo_out_text(&out, "\"status\":\"accepted\",\"inbox_id\":");
    wismo_out_json_str(&out, (wismo_str_t *) id);
    wismo_out_text(&out, "}\n");

    if (out.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_wismo_response_init(&rs, NGX_HTTP_ACCEPTED, NGX_HTTP_WISMO_JSON);

    rs.location = letter->location;
    rs.body.data = out.start;
    rs.body.len = out.pos - out.start;

    return ngx_http_wismo_reply(r, &rs);
}
