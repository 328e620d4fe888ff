
/*
 * Copyright (C) The Wismo authors
 *
 * Questions: texts with slots, compiled when the adapter is loaded and filled
 * with numbers, the account and its secrets when a carrier is asked.  How a
 * value is escaped follows from where it stands, never from the adapter's
 * author remembering it.
 *
 * fetch_poll.c asks for requests and fetch_http.c sends them.
 */


#include "fetch_adapter_int.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>


typedef struct {
    const fetch_adapter_t    *adapter;
    const fetch_account_t    *account;
    const wismo_str_t        *token;
    const wismo_str_t        *numbers;
    const wismo_str_t        *handles;
    unsigned                  n;
    unsigned                  current;
    const fetch_ask_t        *ask;
} fetch_fill_t;


static void fetch_fill(const fetch_fill_t *fill, const fetch_template_t *t,
    wismo_out_t *out);
static void fetch_fill_numbers(const fetch_fill_t *fill,
    fetch_escape_e escape, wismo_out_t *out);
static void fetch_fill_json(const fetch_fill_t *fill, const fetch_body_t *b,
    wismo_out_t *out);
static bool fetch_fill_empty(const fetch_fill_t *fill, const fetch_body_t *b);
static void fetch_fill_value(const fetch_fill_t *fill,
    const fetch_piece_t *piece, wismo_str_t *value, char *buf, size_t size);
static bool fetch_fill_random(unsigned char *bytes, size_t len);
static void fetch_escape(wismo_out_t *out, fetch_escape_e escape,
    const wismo_str_t *value);
static void fetch_escape_json(wismo_out_t *out, const wismo_str_t *value);
static void fetch_escape_xml(wismo_out_t *out, const wismo_str_t *value,
    bool url);
static int fetch_question(const fetch_fill_t *fill, wismo_pool_t *pool,
    const fetch_question_t *q, const fetch_auth_t *auth,
    fetch_request_t *req);
static int fetch_url_local(const fetch_fill_t *fill, wismo_pool_t *pool,
    wismo_str_t *url);
static int fetch_header_set(wismo_pool_t *pool, fetch_request_t *req,
    const wismo_str_t *name, const fetch_fill_t *fill,
    const fetch_template_t *value);
static int fetch_header_basic(wismo_pool_t *pool, fetch_request_t *req,
    const fetch_fill_t *fill, const fetch_template_t *basic);
static int fetch_out_done(wismo_out_t *out, wismo_str_t *text);


static const wismo_str_t  fetch_authorization =
    wismo_string("Authorization");


int
fetch_adapter_token_request(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_account_t *account, fetch_request_t *req)
{
    fetch_fill_t  fill;

    memset(&fill, 0, sizeof(fetch_fill_t));
    fill.adapter = a;
    fill.account = account;

    return fetch_question(&fill, pool, &a->auth.request, NULL, req);
}


int
fetch_adapter_request(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_account_t *account, const wismo_str_t *token,
    const wismo_str_t *numbers, unsigned n, fetch_request_t *req)
{
    return fetch_adapter_read_request(a, pool, account, token, numbers, NULL,
                                      n, req);
}


int
fetch_adapter_read_request(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_account_t *account, const wismo_str_t *token,
    const wismo_str_t *numbers, const wismo_str_t *handles, unsigned n,
    fetch_request_t *req)
{
    fetch_fill_t  fill;

    fill = (fetch_fill_t) { a, account, token, numbers, handles, n, 0,
                            &a->ask };

    return fetch_question(&fill, pool, &a->ask.request, &a->auth, req);
}


int
fetch_adapter_register_request(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_account_t *account, const wismo_str_t *token,
    const wismo_str_t *numbers, unsigned n, fetch_request_t *req)
{
    fetch_fill_t  fill;

    fill = (fetch_fill_t) { a, account, token, numbers, NULL, n, 0,
                            &a->reg };

    return fetch_question(&fill, pool, &a->reg.request, &a->auth, req);
}


static int
fetch_question(const fetch_fill_t *fill, wismo_pool_t *pool,
    const fetch_question_t *q, const fetch_auth_t *auth, fetch_request_t *req)
{
    unsigned      i;
    wismo_out_t   out;

    memset(req, 0, sizeof(fetch_request_t));

    req->method = q->method;
    req->headers = wismo_pcalloc(pool, (q->nheaders + 2)
                                       * sizeof(fetch_header_t));
    if (req->headers == NULL) {
        return WISMO_ERROR;
    }

    wismo_out_init(&out, pool, 256);
    fetch_fill(fill, &q->url, &out);

    if (auth && auth->kind == FETCH_AUTH_QUERY) {
        wismo_out_bytes(&out, memchr(out.start, '?',
                                     (size_t) (out.pos - out.start))
                              ? "&" : "?", 1);
        wismo_out_str(&out, &auth->name);
        wismo_out_text(&out, "=");
        fetch_fill(fill, &auth->value, &out);
    }

    if (fetch_out_done(&out, &req->url) != WISMO_OK
        || fetch_url_local(fill, pool, &req->url) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    for (i = 0; i < q->nheaders; i++) {
        if (fetch_header_set(pool, req, &q->headers[i].name, fill,
                             &q->headers[i].value)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    if (q->has_basic
        && fetch_header_basic(pool, req, fill, q->basic) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (auth && auth->kind == FETCH_AUTH_BASIC
        && fetch_header_basic(pool, req, fill, auth->basic) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (auth && auth->name.len && auth->kind != FETCH_AUTH_QUERY
        && fetch_header_set(pool, req, &auth->name, fill, &auth->value)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (q->json == NULL && !q->has_body) {
        return WISMO_OK;
    }

    wismo_out_init(&out, pool, 1024);

    if (q->json) {
        fetch_fill_json(fill, q->json, &out);

    } else {
        fetch_fill(fill, &q->body, &out);
    }

    return fetch_out_done(&out, &req->body);
}


/*
 * A base_url of plain HTTP is this machine's, for tests: it stands for every
 * host of the carrier, or its token would still be asked for over there.
 */

static int
fetch_url_local(const fetch_fill_t *fill, wismo_pool_t *pool,
    wismo_str_t *url)
{
    wismo_out_t           out;
    const wismo_str_t    *base;
    const unsigned char  *p;

    base = &fill->account->base_url;

    if (base->len < 7 || memcmp(base->data, "http://", 7) != 0
        || url->len < 8 || memcmp(url->data, "https://", 8) != 0)
    {
        return WISMO_OK;
    }

    p = memchr(url->data + 8, '/', url->len - 8);

    wismo_out_init(&out, pool, base->len + url->len);
    wismo_out_str(&out, base);

    if (p) {
        wismo_out_bytes(&out, p, (size_t) (url->data + url->len - p));
    }

    return fetch_out_done(&out, url);
}


static int
fetch_header_set(wismo_pool_t *pool, fetch_request_t *req,
    const wismo_str_t *name, const fetch_fill_t *fill,
    const fetch_template_t *value)
{
    size_t        i;
    wismo_out_t   out;
    wismo_str_t  *text;

    text = &req->headers[req->nheaders].value;

    wismo_out_init(&out, pool, 128);
    fetch_fill(fill, value, &out);

    if (fetch_out_done(&out, text) != WISMO_OK) {
        return WISMO_ERROR;
    }

    /* a secret with a line's end in it must not become another header */

    for (i = 0; i < text->len; i++) {
        if (text->data[i] < ' ' || text->data[i] == 127) {
            text->data[i] = ' ';
        }
    }

    req->headers[req->nheaders++].name = *name;

    return WISMO_OK;
}


static int
fetch_header_basic(wismo_pool_t *pool, fetch_request_t *req,
    const fetch_fill_t *fill, const fetch_template_t *basic)
{
    int               n;
    wismo_out_t       out;
    wismo_str_t       pair;
    fetch_header_t   *header;

    wismo_out_init(&out, pool, 128);
    fetch_fill(fill, &basic[0], &out);
    wismo_out_text(&out, ":");
    fetch_fill(fill, &basic[1], &out);

    if (fetch_out_done(&out, &pair) != WISMO_OK || pair.len > 65536) {
        return WISMO_ERROR;
    }

    header = &req->headers[req->nheaders++];
    header->name = fetch_authorization;
    header->value.data = wismo_palloc(pool, 6 + (pair.len + 2) / 3 * 4 + 1);

    if (header->value.data == NULL) {
        return WISMO_ERROR;
    }

    memcpy(header->value.data, "Basic ", 6);
    n = EVP_EncodeBlock(header->value.data + 6, pair.data, (int) pair.len);
    header->value.len = 6 + (size_t) n;

    return WISMO_OK;
}


static int
fetch_out_done(wismo_out_t *out, wismo_str_t *text)
{
    if (out->failed) {
        return WISMO_ERROR;
    }

    text->data = out->start;
    text->len = (size_t) (out->pos - out->start);

    return WISMO_OK;
}


static void
fetch_fill(const fetch_fill_t *fill, const fetch_template_t *t,
    wismo_out_t *out)
{
    char                  buf[64];
    unsigned              i;
    wismo_str_t           value;
    const fetch_piece_t  *piece;

    for (i = 0; i < t->n; i++) {
        piece = &t->pieces[i];

        switch (piece->kind) {

        case FETCH_SLOT_TEXT:
            wismo_out_str(out, &piece->text);
            break;

        case FETCH_SLOT_NUMBERS:
            fetch_fill_numbers(fill, t->escape, out);
            break;

        case FETCH_SLOT_BASE:
            wismo_out_str(out, fill->account->base_url.len
                               ? &fill->account->base_url
                               : &fill->adapter->base_url);
            break;

        default:
            fetch_fill_value(fill, piece, &value, buf, sizeof(buf));
            fetch_escape(out, t->escape, &value);
            break;
        }
    }
}


static void
fetch_fill_numbers(const fetch_fill_t *fill, fetch_escape_e escape,
    wismo_out_t *out)
{
    unsigned             i;
    fetch_fill_t         one;
    const wismo_str_t   *join;

    one = *fill;
    join = &fill->ask->join;

    for (i = 0; i < fill->n; i++) {
        one.current = i;

        if (i) {
            wismo_out_str(out, join);
        }

        if (fill->ask->each.n) {
            fetch_fill(&one, &fill->ask->each, out);

        } else {
            fetch_escape(out, escape, &fill->numbers[i]);
        }
    }
}


static void
fetch_fill_json(const fetch_fill_t *fill, const fetch_body_t *b,
    wismo_out_t *out)
{
    char          buf[32];
    unsigned      i, j, n;
    fetch_fill_t  one;

    switch (b->type) {

    case JSON_STRING:
        wismo_out_text(out, "\"");
        fetch_fill(fill, &b->text, out);
        wismo_out_text(out, "\"");
        return;

    case JSON_OBJECT:
        wismo_out_text(out, "{");

        for (i = 0, n = 0; i < b->n; i++) {

            if (fetch_fill_empty(fill, &b->members[i])) {
                continue;
            }

            if (n++) {
                wismo_out_text(out, ",");
            }

            wismo_out_json_str(out, &b->members[i].name);
            wismo_out_text(out, ":");
            fetch_fill_json(fill, &b->members[i], out);
        }

        wismo_out_text(out, "}");
        return;

    case JSON_ARRAY:
        wismo_out_text(out, "[");

        for (i = 0, n = 0; i < b->n; i++) {

            if (!b->members[i].each) {
                if (n++) {
                    wismo_out_text(out, ",");
                }

                fetch_fill_json(fill, &b->members[i], out);
                continue;
            }

            one = *fill;

            for (j = 0; j < fill->n; j++) {
                one.current = j;

                if (n++) {
                    wismo_out_text(out, ",");
                }

                if (fill->ask->each_json) {
                    fetch_fill_json(&one, fill->ask->each_json, out);

                } else {
                    wismo_out_json_str(out, &fill->numbers[j]);
                }
            }
        }

        wismo_out_text(out, "]");
        return;

    case JSON_INTEGER:
        wismo_out_int(out, json_integer_value(b->literal));
        return;

    case JSON_REAL:
        n = (unsigned) snprintf(buf, sizeof(buf), "%.15g",
                                json_real_value(b->literal));
        wismo_out_bytes(out, buf, n);
        return;

    case JSON_TRUE:
        wismo_out_text(out, "true");
        return;

    case JSON_FALSE:
        wismo_out_text(out, "false");
        return;

    default:
        wismo_out_text(out, "null");
    }
}


/* A member that is one optional slot is left out when nothing fills it. */

static bool
fetch_fill_empty(const fetch_fill_t *fill, const fetch_body_t *b)
{
    char         buf[64];
    wismo_str_t  value;

    if (b->type != JSON_STRING || b->text.n != 1
        || !b->text.pieces[0].optional)
    {
        return false;
    }

    fetch_fill_value(fill, &b->text.pieces[0], &value, buf, sizeof(buf));

    return value.len == 0;
}


static void
fetch_fill_value(const fetch_fill_t *fill, const fetch_piece_t *piece,
    wismo_str_t *value, char *buf, size_t size)
{
    char            hex[33];
    const json_t   *text;
    unsigned char   bytes[16];

    wismo_str_null(value);

    switch (piece->kind) {

    case FETCH_SLOT_NUMBER:
        if (fill->current < fill->n) {
            *value = fill->numbers[fill->current];
        }

        return;

    case FETCH_SLOT_HANDLE:
        if (fill->handles && fill->current < fill->n) {
            *value = fill->handles[fill->current];
        }

        return;

    case FETCH_SLOT_TOKEN:
        if (fill->token) {
            *value = *fill->token;
        }

        return;

    case FETCH_SLOT_LANG:
        text = json_object_get(fill->account->values, "lang");

        if (json_is_string(text)) {
            value->data = (unsigned char *) json_string_value(text);
            value->len = json_string_length(text);

        } else {
            *value = fill->adapter->lang;
        }

        return;

    case FETCH_SLOT_UUID:
        if (!fetch_fill_random(bytes, sizeof(bytes))) {
            return;
        }

        bytes[6] = (unsigned char) ((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (unsigned char) ((bytes[8] & 0x3F) | 0x80);

        wismo_hex(bytes, sizeof(bytes), hex);

        value->data = (unsigned char *) buf;
        value->len = (size_t) snprintf(buf, size,
                                       "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
                                       hex + 8, hex + 12, hex + 16,
                                       hex + 20);
        return;

    default: /* FETCH_SLOT_ACCOUNT, FETCH_SLOT_SECRET */
        text = json_object_get(piece->kind == FETCH_SLOT_ACCOUNT
                               ? fill->account->values
                               : fill->account->secrets, piece->name);

        if (json_is_string(text)) {
            value->data = (unsigned char *) json_string_value(text);
            value->len = json_string_length(text);
        }
    }
}


/* A little of much that was asked for at once: each call is dear. */

static bool
fetch_fill_random(unsigned char *bytes, size_t len)
{
    static size_t         left;
    static unsigned char  random[1024];

    if (left < len) {

        if (RAND_bytes(random, sizeof(random)) != 1) {
            return false;
        }

        left = sizeof(random);
    }

    left -= len;
    memcpy(bytes, random + left, len);

    return true;
}


static void
fetch_escape(wismo_out_t *out, fetch_escape_e escape,
    const wismo_str_t *value)
{
    switch (escape) {

    case FETCH_ESCAPE_URL:
        wismo_out_uri(out, value);
        break;

    case FETCH_ESCAPE_JSON:
        fetch_escape_json(out, value);
        break;

    case FETCH_ESCAPE_XML:
        fetch_escape_xml(out, value, false);
        break;

    case FETCH_ESCAPE_XML_URL:
        fetch_escape_xml(out, value, true);
        break;

    default:
        wismo_out_str(out, value);
    }
}


/* The text without quotes: they are the template's. */

static void
fetch_escape_json(wismo_out_t *out, const wismo_str_t *value)
{
    wismo_out_t    text;
    wismo_pool_t   pool;

    wismo_pool_init(&pool, 1024 * 1024, NULL, NULL);
    wismo_out_init(&text, &pool, value->len + 16);
    wismo_out_json_str(&text, value);

    if (text.failed) {
        out->failed = true;

    } else {
        wismo_out_bytes(out, text.start + 1,
                        (size_t) (text.pos - text.start) - 2);
    }

    wismo_pool_done(&pool);
}


static void
fetch_escape_xml(wismo_out_t *out, const wismo_str_t *value, bool url)
{
    size_t        i;
    wismo_str_t   part;

    for (i = 0; i < value->len; i++) {

        switch (value->data[i]) {

        case '&':
            wismo_str_set(&part, "&amp;");
            break;

        case '<':
            wismo_str_set(&part, "&lt;");
            break;

        case '>':
            wismo_str_set(&part, "&gt;");
            break;

        case '"':
            wismo_str_set(&part, "&quot;");
            break;

        case '\'':
            wismo_str_set(&part, "&#39;");
            break;

        default:
            part.data = value->data + i;
            part.len = 1;
        }

        if (url) {
            wismo_out_uri(out, &part);

        } else {
            wismo_out_str(out, &part);
        }
    }
}
