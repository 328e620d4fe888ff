
/*
 * Copyright (C) The Wismo authors
 *
 * The channel "webhook": a POST of JSON, signed as Standard Webhooks 1.0.0
 * wants it, with the headers of CloudEvents beside.  Called by fetch_tell.c.
 *
 * A receiver gets each message at least once, always with the same id.  It
 * must never follow a redirection, nor send to an address of the inside unless
 * the block says so.
 */


#include "fetch_channel.h"
#include "wismo_sign.h"

#include <openssl/evp.h>
#include <stdio.h>


#define FETCH_WEBHOOK_HEADERS  9
#define FETCH_WEBHOOK_TRIES    10


typedef struct {
    fetch_sent_pt             done;
    void                     *data;
    wismo_pool_t             *pool;
    int64_t                   now;
} fetch_webhook_call_t;


static int fetch_webhook_init(fetch_channel_t *channel, wismo_pool_t *pool,
    wismo_error_t *err);
static int fetch_webhook_send(const fetch_message_t *m, fetch_http_t *http,
    fetch_sent_pt done, void *data, fetch_sent_t *sent);
static void fetch_webhook_probe(const fetch_channel_t *channel,
    wismo_pool_t *pool, fetch_probe_t *probe);
static int64_t fetch_webhook_pause(unsigned attempts);
static void fetch_webhook_done(void *data, const fetch_http_reply_t *reply);
static void fetch_webhook_body(wismo_out_t *out, const fetch_message_t *m);
static int fetch_webhook_sign(const fetch_message_t *m,
    const wismo_str_t *time, const wismo_str_t *body, wismo_str_t *signature);
static void fetch_webhook_header(fetch_request_t *req, const char *name,
    const wismo_str_t *value);


const fetch_channel_type_t  fetch_webhook_type = {
    "webhook",
    false,
    fetch_webhook_init,
    fetch_webhook_send,
    FETCH_AGAIN,
    fetch_webhook_pause,
    0,
    NULL,
    fetch_webhook_probe
};


static int
fetch_webhook_init(fetch_channel_t *channel, wismo_pool_t *pool,
    wismo_error_t *err)
{
    const char    *url;
    wismo_keys_t  *keys;
    wismo_str_t    secret;

    url = fetch_channel_value(channel, "url", "");

    if (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) {
        wismo_error_set(err, "url", "expected https://host/path");
        return WISMO_DECLINED;
    }

    secret = fetch_channel_secret(channel, "secret");

    if (secret.len == 0) {
        wismo_error_set(err, "secret_file", "expected a file with the secret "
                                            "that messages are signed with");
        return WISMO_DECLINED;
    }

    keys = wismo_pcalloc(pool, sizeof(wismo_keys_t));

    if (keys == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return WISMO_DECLINED;
    }

    channel->own = keys;

    return wismo_keys_read(pool, &secret, keys, err);
}


static void
fetch_webhook_probe(const fetch_channel_t *channel, wismo_pool_t *pool,
    fetch_probe_t *probe)
{
    (void) pool;

    fetch_probe_http(fetch_channel_value(channel, "url", ""),
                     strcmp(fetch_channel_value(channel, "private", "off"),
                            "on") == 0, probe);
}


/* The schedule that Standard Webhooks recommends. */

static int64_t
fetch_webhook_pause(unsigned attempts)
{
    static const int64_t  pauses[FETCH_WEBHOOK_TRIES - 1] = {
        5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400
    };

    return attempts < FETCH_WEBHOOK_TRIES ? pauses[attempts - 1] : 0;
}


static int
fetch_webhook_send(const fetch_message_t *m, fetch_http_t *http,
    fetch_sent_pt done, void *data, fetch_sent_t *sent)
{
    char                   number[WISMO_DIGITS], when[32];
    bool                   here;
    wismo_out_t            out;
    wismo_str_t            time, signature, text, type;
    const char            *url;
    fetch_header_t         headers[FETCH_WEBHOOK_HEADERS];
    fetch_request_t        req;
    fetch_webhook_call_t  *call;

    (void) sent;

    call = wismo_palloc(m->pool, sizeof(fetch_webhook_call_t));

    if (call == NULL) {
        return WISMO_ERROR;
    }

    call->done = done;
    call->data = data;
    call->pool = m->pool;
    call->now = m->now;

    wismo_out_init(&out, m->pool, 2048);
    fetch_webhook_body(&out, m);

    if (out.failed) {
        return WISMO_ERROR;
    }

    memset(&req, 0, sizeof(fetch_request_t));

    url = fetch_channel_value(m->channel, "url", "");
    here = strcmp(fetch_channel_value(m->channel, "private", "off"), "on")
           == 0;

    wismo_str_set(&req.method, "POST");
    req.url = wismo_str_of(url);
    req.headers = headers;
    req.body.data = out.start;
    req.body.len = (size_t) (out.pos - out.start);

    wismo_digits(number, m->now, &time);

    if (fetch_webhook_sign(m, &time, &req.body, &signature) != WISMO_OK) {
        return WISMO_ERROR;
    }

    wismo_str_set(&text, "application/json");
    fetch_webhook_header(&req, "content-type", &text);
    fetch_webhook_header(&req, "webhook-id", &m->id);
    fetch_webhook_header(&req, "webhook-timestamp", &time);
    fetch_webhook_header(&req, "webhook-signature", &signature);

    wismo_str_set(&text, "1.0");
    fetch_webhook_header(&req, "ce-specversion", &text);
    fetch_webhook_header(&req, "ce-id", &m->id);

    wismo_out_init(&out, m->pool, 64);
    wismo_out_printf(&out, "%s.%s", m->entry->parcel.len ? "shipment"
                                                         : "order",
                     m->entry->kind->name);
    type.data = out.start;
    type.len = (size_t) (out.pos - out.start);
    fetch_webhook_header(&req, "ce-type", &type);

    wismo_str_set(&text, "/wismo");
    fetch_webhook_header(&req, "ce-source", &text);

    wismo_out_init(&out, m->pool, sizeof(when));
    wismo_time_out_utc(&out, m->entry->at);
    text.data = out.start;
    text.len = (size_t) (out.pos - out.start);
    fetch_webhook_header(&req, "ce-time", &text);

    if (out.failed) {
        return WISMO_ERROR;
    }

    return fetch_http_send(http, &req, here, fetch_webhook_done, call);
}


static void
fetch_webhook_header(fetch_request_t *req, const char *name,
    const wismo_str_t *value)
{
    fetch_header_t  *h;

    h = &req->headers[req->nheaders++];

    h->name = wismo_str_of(name);
    h->value = *value;
}


/* "v1,<base64>" for each key: both while one is being replaced. */

static int
fetch_webhook_sign(const fetch_message_t *m, const wismo_str_t *time,
    const wismo_str_t *body, wismo_str_t *signature)
{
    int                  n;
    unsigned             i;
    wismo_out_t          out, text;
    wismo_str_t          data, key, encoded;
    unsigned char        mac[32], raw[64], base64[48];
    const wismo_keys_t  *keys;

    static const char    mark[] = "whsec_";

    keys = m->channel->own;

    wismo_out_init(&text, m->pool, m->id.len + time->len + body->len + 2);
    wismo_out_str(&text, &m->id);
    wismo_out_text(&text, ".");
    wismo_out_str(&text, time);
    wismo_out_text(&text, ".");
    wismo_out_str(&text, body);

    wismo_out_init(&out, m->pool, 64);

    if (text.failed) {
        return WISMO_ERROR;
    }

    data.data = text.start;
    data.len = (size_t) (text.pos - text.start);

    for (i = 0; i < keys->n; i++) {
        key = keys->keys[i].secret;

        if (key.len > sizeof(mark) - 1
            && memcmp(key.data, mark, sizeof(mark) - 1) == 0)
        {
            encoded.data = key.data + sizeof(mark) - 1;
            encoded.len = key.len - (sizeof(mark) - 1);

            n = wismo_unbase64(&encoded, raw, sizeof(raw));

            if (n > 0) {
                key.data = raw;
                key.len = (size_t) n;
            }
        }

        if (wismo_hmac_sha256(&key, &data, mac) != WISMO_OK) {
            return WISMO_ERROR;
        }

        n = EVP_EncodeBlock(base64, mac, sizeof(mac));

        wismo_out_printf(&out, "%sv1,%.*s", i ? " " : "", n, (char *) base64);
    }

    signature->data = out.start;
    signature->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}


/* Facts of the order, nothing of its person: the receiver knows them. */

static void
fetch_webhook_body(wismo_out_t *out, const fetch_message_t *m)
{
    unsigned               i;
    const wismo_parcel_t  *p;

    wismo_out_printf(out, "{\"type\":\"%s.%s\",\"timestamp\":\"",
                     m->entry->parcel.len ? "shipment" : "order",
                     m->entry->kind->name);
    wismo_time_out_utc(out, m->entry->at);
    wismo_out_text(out, "\",\"data\":{\"order\":");
    wismo_out_json_str(out, &m->order->number);
    wismo_out_printf(out, ",\"version\":%llu,\"status\":\"%s\","
                     "\"substatus\":\"%s\",\"severity\":\"%s\","
                     "\"parcels_delivered\":%u,\"shipments\":[",
                     (unsigned long long) m->doc->version,
                     m->order->status->name, m->order->status->sub,
                     wismo_severity_name(m->order->severity),
                     m->order->ndelivered);

    for (i = 0; i < m->order->nparcels; i++) {
        p = &m->order->parcels[i];

        if (m->entry->parcel.len && !wismo_str_eq(&p->id, &m->entry->parcel)) {
            continue;
        }

        if (out->pos[-1] == '}') {
            wismo_out_text(out, ",");
        }

        wismo_out_text(out, "{\"id\":");
        wismo_out_json_str(out, &p->id);
        wismo_out_text(out, ",\"carrier\":");
        wismo_out_json_str(out, &p->carrier);
        wismo_out_text(out, ",\"tracking_number\":");
        wismo_out_json_str(out, &p->tracking_number);
        wismo_out_printf(out, ",\"leg\":\"%s\",\"status\":\"%s\","
                         "\"substatus\":\"%s\",\"delivered\":%s}",
                         wismo_leg_name(p->leg), p->status->name,
                         p->status->sub, p->delivered ? "true" : "false");
    }

    wismo_out_text(out, "]}}");
}


static void
fetch_webhook_done(void *data, const fetch_http_reply_t *reply)
{
    fetch_webhook_call_t *call = data;

    int            wait;
    char           text[96];
    fetch_sent_t   sent;

    memset(&sent, 0, sizeof(fetch_sent_t));

    if (reply->status == 0) {
        snprintf(text, sizeof(text), "%.80s", reply->error);
        sent.outcome = FETCH_SENT_LATER;

    } else {
        snprintf(text, sizeof(text), "HTTP %d", reply->status);

        /* 410: the receiver wants no more; a redirection is none of ours */

        sent.outcome = (reply->status / 100 == 2) ? FETCH_SENT
                       : (reply->status == 410) ? FETCH_SENT_NEVER
                                                : FETCH_SENT_LATER;
    }

    wait = fetch_retry_after(reply->headers, reply->nheaders, call->now);
    sent.retry_after = (wait > 0 && wait <= 86400) ? wait : 0;

    sent.text = wismo_str_of(text);

    call->done(call->data, &sent);
}
