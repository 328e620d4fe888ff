
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
 * Where contact data is sealed, so are the bodies of letters, to a key that
 * no worker can open them with (wismo_box.h).
 *
 * What must never be here: a look into what the letter says, or a body that
 * goes to Redis as it is because it could not be sealed.
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


static ngx_int_t ngx_http_wismo_inbox_seal(ngx_http_request_t *r,
    ngx_pool_t *pool, ngx_http_wismo_letter_t *letter, ngx_str_t *body);
static ngx_uint_t ngx_http_wismo_inbox_args(ngx_http_wismo_letter_t *letter,
    ngx_str_t *body, char *buf, u_char *at, ngx_str_t *argv);
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

static wismo_box_t  ngx_http_wismo_inbox_box;


ngx_int_t
ngx_http_wismo_inbox_post(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter)
{
    ngx_int_t                   rc;
    ngx_http_wismo_inbox_cmd_t  cmd;

    rc = ngx_http_wismo_inbox_command(r, r->pool, letter, &cmd);

    if (rc == NGX_DECLINED) {

        if (letter->answer) {
            return letter->answer(r, letter, NGX_ERROR);
        }

        return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            "The inbox is full: the fetcher "
                                            "does not keep up.",
                                            NULL, 0,
                                            NGX_HTTP_WISMO_RETRY_AFTER);
    }

    if (rc != NGX_OK
        || ngx_http_wismo_ask(r, cmd.n, cmd.argv, ngx_http_wismo_inbox_answer,
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
ngx_http_wismo_inbox_command(ngx_http_request_t *r, ngx_pool_t *pool,
    ngx_http_wismo_letter_t *letter, ngx_http_wismo_inbox_cmd_t *cmd)
{
    time_t                   now;
    ngx_str_t                body;
    ngx_http_wismo_inbox_t  *inbox;

    now = ngx_time();
    inbox = &ngx_http_wismo_inboxes[letter->inbox];

    if (inbox->length >= WISMO_INBOX_MAX / (letter->spare ? 2 : 1)
        && inbox->asked == now)
    {
        return NGX_DECLINED;
    }

    if (ngx_http_wismo_inbox_seal(r, pool, letter, &body) != NGX_OK) {
        return NGX_ERROR;
    }

    cmd->n = ngx_http_wismo_inbox_args(letter, &body, cmd->key, cmd->at,
                                       cmd->argv);

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


static ngx_int_t
ngx_http_wismo_inbox_seal(ngx_http_request_t *r, ngx_pool_t *pool,
    ngx_http_wismo_letter_t *letter, ngx_str_t *body)
{
    wismo_str_t                  text, sealed;
    wismo_pool_t                 wp;
    wismo_box_name_t             name;
    ngx_http_wismo_main_conf_t  *wmcf;

    static time_t  logged;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    *body = letter->body;

    if (body->len == 0 || wmcf->letters.len == 0) {
        return NGX_OK;
    }

    text.len = body->len;
    text.data = body->data;

    name.kind.len = letter->kind.len;
    name.kind.data = letter->kind.data;
    name.order.len = letter->order.len;
    name.order.data = letter->order.data;
    name.carrier.len = letter->carrier.len;
    name.carrier.data = letter->carrier.data;
    name.headers.len = letter->headers.len;
    name.headers.data = letter->headers.data;

    ngx_http_wismo_pool(&wp, pool, text.len + 1024);

    if (wismo_box_ready(&ngx_http_wismo_inbox_box, &wmcf->letters,
                        ngx_time())
        != WISMO_OK
        || wismo_box_seal(&wp, &ngx_http_wismo_inbox_box, &name, &text,
                          &sealed)
           != WISMO_OK)
    {
        if (ngx_time() - logged >= NGX_HTTP_WISMO_LOG_INTERVAL) {
            logged = ngx_time();

            ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                          "wismo: a letter could not be sealed and was not "
                          "accepted: no memory, or libcrypto fails");
        }

        return NGX_ERROR;
    }

    body->len = sealed.len;
    body->data = sealed.data;

    return NGX_OK;
}


/* The command: its key in "buf", the time in "at". */

static ngx_uint_t
ngx_http_wismo_inbox_args(ngx_http_wismo_letter_t *letter, ngx_str_t *body,
    char *buf, u_char *at, ngx_str_t *argv)
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

    if (body->len) {
        ngx_str_set(&argv[n], WISMO_INBOX_BODY);
        n++;
        argv[n++] = *body;
    }

    return n;
}


void
ngx_http_wismo_inbox_note(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter)
{
    char                         buf[WISMO_KEY_MAX];
    u_char                       at[NGX_TIME_T_LEN];
    ngx_str_t                    body, argv[NGX_HTTP_WISMO_INBOX_ARGS];
    ngx_uint_t                   n;
    ngx_http_cleanup_t          *cln;
    ngx_http_wismo_inbox_t      *inbox;
    ngx_http_wismo_inbox_len_t  *len;

    if (ngx_http_wismo_inbox_seal(r, r->pool, letter, &body) != NGX_OK) {
        return;
    }

    inbox = &ngx_http_wismo_inboxes[letter->inbox];
    n = ngx_http_wismo_inbox_args(letter, &body, buf, at, argv);

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
