
/*
 * Copyright (C) The Wismo authors
 *
 * The channels "sms" and "http": a request to whoever takes one, as a file of
 * channels/ describes it.  Texts in it are templates over a few facts of the
 * notice; what the reply means is in it, too.  Called by fetch_tell.c.
 *
 * A text message whose request went out and was never answered may have been
 * sent, and nobody tells repetitions: it must never be sent again.
 */


#include "fetch_config.h"
#include "fetch_inbound.h"
#include "fetch_read.h"
#include "fetch_share.h"
#include "fetch_sink.h"
#include "fetch_sms.h"

#include <openssl/evp.h>
#include <stdio.h>


#define FETCH_SINK_FILE      65536
#define FETCH_SINK_TRIES     8
#define FETCH_SINK_REF       100
#define FETCH_SINK_SAID      60               /* bytes of the receiver's */
#define FETCH_SINK_LETTERS                                                    \
    ((1u << WISMO_LETTER_SMS) | (1u << WISMO_LETTER_SUBJECT))


typedef struct {
    fetch_sent_pt             done;
    void                     *data;
    const fetch_channel_t    *channel;
    int64_t                   now;
} fetch_sink_call_t;


static int fetch_sink_init(fetch_channel_t *channel, wismo_pool_t *pool,
    wismo_error_t *err);
static int fetch_sink_callback(const fetch_channel_t *channel,
    wismo_error_t *err);
static int fetch_sink_load(fetch_channel_t *channel, fetch_sink_own_t *own,
    wismo_error_t *err);
static int fetch_sink_needs(const fetch_channel_t *channel,
    const fetch_sink_own_t *own, wismo_error_t *err);
static void fetch_sink_done(fetch_channel_t *channel);
static int fetch_sink_send(const fetch_message_t *m, fetch_http_t *http,
    fetch_sent_pt done, void *data, fetch_sent_t *sent);
static void fetch_sink_probe(const fetch_channel_t *channel,
    wismo_pool_t *pool, fetch_probe_t *probe);
static int fetch_sink_model(const fetch_message_t *m, wismo_json_t **model,
    fetch_sent_t *sent);
static int fetch_sink_report(const fetch_message_t *m, wismo_json_t *model);
static int fetch_sink_person(const fetch_message_t *m, wismo_json_t *model,
    fetch_sent_t *sent);
static void fetch_sink_replied(void *data, const fetch_http_reply_t *reply);
static bool fetch_sink_taken(const json_t *success, int status,
    const json_t *body);
static const char *fetch_sink_at(const json_t *json, const char *pointer,
    char *buf, size_t size);
static bool fetch_sink_later(const json_t *later, const char *error);
static bool fetch_sink_invalid(const json_t *d, const json_t *body,
    const char *error);
static int64_t fetch_sink_pause(unsigned attempts);


const fetch_channel_type_t  fetch_sms_type = {
    "sms",
    true,
    fetch_sink_init,
    fetch_sink_send,
    FETCH_AGAIN_NEVER,
    fetch_sink_pause,
    FETCH_SINK_LETTERS,
    fetch_sink_done,
    fetch_sink_probe
};


const fetch_channel_type_t  fetch_http_type = {
    "http",
    false,
    fetch_sink_init,
    fetch_sink_send,
    FETCH_AGAIN,
    fetch_sink_pause,
    FETCH_SINK_LETTERS,
    fetch_sink_done,
    fetch_sink_probe
};


static int
fetch_sink_init(fetch_channel_t *channel, wismo_pool_t *pool,
    wismo_error_t *err)
{
    fetch_sink_own_t  *own;

    own = wismo_pcalloc(pool, sizeof(fetch_sink_own_t));

    if (own == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return WISMO_DECLINED;
    }

    channel->own = own;

    own->here = strcmp(fetch_channel_value(channel, "private", "off"), "on")
                == 0;
    own->base_url = fetch_channel_value(channel, "base_url", NULL);

    if (fetch_channel_site(channel, &own->site, err) != WISMO_OK
        || fetch_sink_callback(channel, err) != WISMO_OK
        || fetch_sink_load(channel, own, err) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    return fetch_sink_needs(channel, own, err);
}


static int
fetch_sink_callback(const fetch_channel_t *channel, wismo_error_t *err)
{
    const char  *p;

    p = fetch_channel_value(channel, "callback", "https://");

    if (strncmp(p, "https://", 8) != 0 || strpbrk(p, " \t\r\n\"<>#")) {
        wismo_error_set(err, "callback", "expected the public address of your "
                        "hook, as in https://shop.example/wismo/hooks/sms");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static int
fetch_sink_load(fetch_channel_t *channel, fetch_sink_own_t *own,
    wismo_error_t *err)
{
    char            path[4096];
    const char     *preset, *type;
    wismo_error_t   fault;

    preset = fetch_channel_value(channel, "preset", "");

    if (strchr(preset, '/')) {
        (void) snprintf(path, sizeof(path), "%s", preset);

    } else {
        (void) snprintf(path, sizeof(path), "%s/channels/%s.json",
                        fetch_share(), preset);
    }

    own->descriptor = fetch_read_json(path, FETCH_SINK_FILE, NULL, &fault);

    if (own->descriptor == NULL && fault.line == 0) {
        wismo_error_set(err, "preset", "\"%.80s\" can't be read: expected one "
                        "of twilio, bird, vonage, slack, klaviyo, or a "
                        "file's path", preset);
        return WISMO_DECLINED;
    }

    if (own->descriptor == NULL) {
        wismo_error_set(err, "preset", "%.120s:%u:%u: %.80s", path,
                        fault.line, fault.column, fault.text);
        return WISMO_DECLINED;
    }

    type = json_string_value(json_object_get(own->descriptor, "type"));

    if (type == NULL || strcmp(type, channel->type->name) != 0) {
        wismo_error_set(err, "preset", "%.120s: /type: expected \"%s\"", path,
                        channel->type->name);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


/* Values that it needs are there, and its templates can be filled. */

static int
fetch_sink_needs(const fetch_channel_t *channel, const fetch_sink_own_t *own,
    wismo_error_t *err)
{
    int               rc;
    size_t            i;
    json_t           *name;
    const char       *text;
    wismo_json_t     *model;
    wismo_pool_t      pool;
    fetch_header_t    headers[FETCH_SINK_HEADERS];
    fetch_request_t   req;

    json_array_foreach(json_object_get(own->descriptor, "needs"), i, name) {
        text = json_string_value(name);

        if (text && (strcmp(text, "secret") == 0
                     ? fetch_channel_secret(channel, "secret").len == 0
                     : fetch_channel_value(channel, text, NULL) == NULL))
        {
            wismo_error_set(err, strcmp(text, "secret") == 0 ? "secret_file"
                                                             : text,
                            "expected it, for \"preset %.40s\"",
                            fetch_channel_value(channel, "preset", ""));
            return WISMO_DECLINED;
        }
    }

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    memset(&req, 0, sizeof(fetch_request_t));
    req.headers = headers;

    model = wismo_json_new(&pool, WISMO_JSON_OBJECT);

    rc = fetch_sink_request(channel, &pool, model, &req, err);

    /* without facts no address is one */

    if (rc != WISMO_OK && strcmp(err->at, "/url") == 0) {
        rc = WISMO_OK;
    }

    if (rc == WISMO_ERROR) {
        wismo_error_set(err, "preset", "expected texts that take less than "
                        "1 MB of memory");
        rc = WISMO_DECLINED;
    }

    wismo_pool_done(&pool);

    return rc;
}


static void
fetch_sink_done(fetch_channel_t *channel)
{
    fetch_sink_own_t *own = channel->own;

    if (own) {
        json_decref(own->descriptor);
    }
}


/* A day and a half: what is told by then is no news. */

static int64_t
fetch_sink_pause(unsigned attempts)
{
    static const int64_t  pauses[FETCH_SINK_TRIES - 1] = {
        5, 60, 300, 1800, 7200, 28800, 86400
    };

    return attempts < FETCH_SINK_TRIES ? pauses[attempts - 1] : 0;
}


static int
fetch_sink_send(const fetch_message_t *m, fetch_http_t *http,
    fetch_sent_pt done, void *data, fetch_sent_t *sent)
{
    int                 rc;
    wismo_json_t       *model;
    wismo_error_t       err;
    fetch_header_t      headers[FETCH_SINK_HEADERS];
    fetch_request_t     req;
    fetch_sink_own_t   *own;
    fetch_sink_call_t  *call;

    own = m->channel->own;

    rc = fetch_sink_model(m, &model, sent);

    if (rc != WISMO_OK) {
        return rc;
    }

    call = wismo_palloc(m->pool, sizeof(fetch_sink_call_t));

    if (call == NULL) {
        return WISMO_ERROR;
    }

    call->done = done;
    call->data = data;
    call->channel = m->channel;
    call->now = m->now;

    memset(&req, 0, sizeof(fetch_request_t));
    req.headers = headers;

    if (fetch_sink_request(m->channel, m->pool, model, &req, &err)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    return fetch_http_send(http, &req, own->here, fetch_sink_replied, call);
}


/* With what is in its address: the account, or all of it as a secret. */

static void
fetch_sink_probe(const fetch_channel_t *channel, wismo_pool_t *pool,
    fetch_probe_t *probe)
{
    char              *url;
    wismo_str_t        account, secret;
    wismo_json_t      *model;
    wismo_error_t      err;
    fetch_header_t     headers[FETCH_SINK_HEADERS];
    fetch_request_t    req;
    fetch_sink_own_t  *own;

    own = channel->own;

    account.data = (unsigned char *) fetch_channel_value(channel, "account",
                                                         "");
    account.len = strlen((char *) account.data);
    secret = fetch_channel_secret(channel, "secret");

    model = wismo_json_new(pool, WISMO_JSON_OBJECT);
    (void) wismo_json_add_str(pool, model, "account", &account);
    (void) wismo_json_add_str(pool, model, "secret", &secret);

    memset(&req, 0, sizeof(fetch_request_t));
    req.headers = headers;

    url = NULL;

    if (fetch_sink_request(channel, pool, model, &req, &err) == WISMO_OK) {
        url = wismo_palloc(pool, req.url.len + 1);
    }

    if (url) {
        memcpy(url, req.url.data, req.url.len);
        url[req.url.len] = '\0';
    }

    fetch_probe_http(url ? url : "", own->here, probe);
}


static int
fetch_sink_model(const fetch_message_t *m, wismo_json_t **model,
    fetch_sent_t *sent)
{
    int                 rc;
    size_t              i;
    wismo_out_t         out, basic;
    wismo_str_t         s, secret, account;
    wismo_json_t       *v;
    fetch_news_t        news;
    fetch_said_t        said;
    wismo_error_t       err;
    fetch_sms_size_t    size;
    fetch_sink_own_t   *own;

    static const char *const  values[] = { "account", "sender" };

    own = m->channel->own;

    memset(&err, 0, sizeof(wismo_error_t));
    memset(&news, 0, sizeof(fetch_news_t));

    news.doc = m->doc;
    news.kind = m->entry->kind;
    news.number = m->order->number;
    news.parcel = m->entry->parcel;
    news.brand = m->order->brand;
    news.locale = m->order->locale;
    news.site = own->site;
    news.now = m->now;

    if (fetch_wording_write(m->channel->wording, m->pool, &news,
                            FETCH_SINK_LETTERS, &said, &err)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    *model = wismo_json_new(m->pool, WISMO_JSON_OBJECT);

    rc = fetch_sink_person(m, *model, sent);

    if (rc != WISMO_OK) {
        return rc;
    }

    secret = fetch_channel_secret(m->channel, "secret");

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        s.data = (unsigned char *) fetch_channel_value(m->channel, values[i],
                                                       "");
        s.len = strlen((char *) s.data);

        (void) wismo_json_add_str(m->pool, *model, values[i], &s);
    }

    account.data = (unsigned char *) fetch_channel_value(m->channel,
                                                         "account", "");
    account.len = strlen((char *) account.data);

    wismo_out_init(&out, m->pool, 256);
    wismo_out_init(&basic, m->pool, 512);

    wismo_out_str(&out, &account);
    wismo_out_text(&out, ":");
    wismo_out_str(&out, &secret);
    wismo_out_grow(&basic, (size_t) (out.pos - out.start) * 2 + 8);

    if (out.failed || basic.failed) {
        return WISMO_ERROR;
    }

    s.data = basic.start;
    s.len = (size_t) EVP_EncodeBlock(basic.start, out.start,
                                     (int) (out.pos - out.start));

    (void) wismo_json_add_str(m->pool, *model, "basic", &s);
    (void) wismo_json_add_str(m->pool, *model, "secret", &secret);
    (void) wismo_json_add_str(m->pool, *model, "id", &m->id);
    (void) wismo_json_add_str(m->pool, *model, "order", &m->order->number);
    (void) wismo_json_add_str(m->pool, *model, "brand", &said.brand);
    (void) wismo_json_add_str(m->pool, *model, "lang", &said.lang);
    (void) wismo_json_add_str(m->pool, *model, "url", &said.url);
    (void) wismo_json_add_str(m->pool, *model, "text",
                              &said.texts[WISMO_LETTER_SMS]);
    (void) wismo_json_add_str(m->pool, *model, "subject",
                              &said.texts[WISMO_LETTER_SUBJECT]);

    s = wismo_str_of(m->entry->kind->name);
    (void) wismo_json_add_str(m->pool, *model, "kind", &s);

    s = wismo_str_of(m->order->status->name);
    (void) wismo_json_add_str(m->pool, *model, "status", &s);

    s = wismo_str_of(m->order->status->sub);
    (void) wismo_json_add_str(m->pool, *model, "substatus", &s);

    wismo_out_init(&out, m->pool, 64);
    wismo_out_printf(&out, "%s.%s", m->entry->parcel.len ? "shipment"
                                                         : "order",
                     m->entry->kind->name);
    s.data = out.start;
    s.len = (size_t) (out.pos - out.start);
    (void) wismo_json_add_str(m->pool, *model, "type", &s);

    wismo_out_init(&basic, m->pool, 32);
    wismo_time_out_utc(&basic, m->entry->at);
    s.data = basic.start;
    s.len = (size_t) (basic.pos - basic.start);
    (void) wismo_json_add_str(m->pool, *model, "time", &s);

    fetch_sms_size(&said.texts[WISMO_LETTER_SMS], &size);
    v = wismo_json_add_bool(m->pool, *model, "ucs2", size.ucs2);

    if (fetch_sink_report(m, *model) != WISMO_OK) {
        return WISMO_ERROR;
    }

    return (v && !out.failed && !basic.failed) ? WISMO_OK : WISMO_ERROR;
}


/*
 * What a report on the message is to name it by, and where it is to go: with
 * the name in its query, for who hands on nothing else.
 */

static int
fetch_sink_report(const fetch_message_t *m, wismo_json_t *model)
{
    wismo_out_t   ref, out;
    wismo_str_t   s;
    const char   *callback;

    wismo_out_init(&ref, m->pool, WISMO_NOTICE_REF_MAX);
    wismo_notice_ref(&ref, &m->order->number, &m->channel->name,
                     &m->entry->id);

    s.data = ref.start;
    s.len = (size_t) (ref.pos - ref.start);

    /* the least that services take */

    if (s.len > FETCH_SINK_REF) {
        s.len = 0;
    }

    (void) wismo_json_add_str(m->pool, model, "ref", &s);

    callback = fetch_channel_value(m->channel, "callback", "");

    wismo_out_init(&out, m->pool, 512);

    if (*callback) {
        wismo_out_bytes(&out, callback, strlen(callback));

        if (s.len) {
            wismo_out_printf(&out, "%sref=", strchr(callback, '?') ? "&"
                                                                   : "?");
            wismo_out_uri(&out, &s);
        }
    }

    s.data = out.start;
    s.len = (size_t) (out.pos - out.start);

    return (wismo_json_add_str(m->pool, model, "callback", &s)
            && !ref.failed && !out.failed)
           ? WISMO_OK : WISMO_ERROR;
}


/* Who is told, if it is anybody. */

static int
fetch_sink_person(const fetch_message_t *m, wismo_json_t *model,
    fetch_sent_t *sent)
{
    int                rc;
    json_t            *body, *value;
    const char        *to;
    wismo_str_t        text, number;
    fetch_sink_own_t  *own;

    own = m->channel->own;
    to = json_string_value(json_object_get(own->descriptor, "to"));

    if (to == NULL || strcmp(to, "nobody") == 0) {
        return WISMO_OK;
    }

    body = json_loadb((char *) m->body->data, m->body->len, 0, NULL);
    value = json_object_get(json_object_get(body, "customer"), to);

    text.data = (unsigned char *) json_string_value(value);
    text.len = json_string_length(value);

    if (text.len == 0) {
        wismo_str_set(&sent->text, "no address");
        rc = WISMO_DECLINED;

    } else if (strcmp(to, "phone") == 0) {
        rc = fetch_sms_number(m->pool, &text, &number);

        if (rc == WISMO_DECLINED) {
            wismo_str_set(&sent->text, "no number with its country's code");

        } else if (rc == WISMO_OK) {
            (void) wismo_json_add_str(m->pool, model, "to", &number);
            number.data++;
            number.len--;
            (void) wismo_json_add_str(m->pool, model, "digits", &number);
        }

    } else {
        rc = wismo_pstrdup(m->pool, &number, &text);
        (void) wismo_json_add_str(m->pool, model, "email", &number);
    }

    json_decref(body);

    return rc;
}


static void
fetch_sink_replied(void *data, const fetch_http_reply_t *reply)
{
    fetch_sink_call_t *call = data;

    char               text[128], id[FETCH_SINK_SAID], error[FETCH_SINK_SAID];
    int                wait;
    json_t            *body, *d;
    const char        *said;
    fetch_sent_t       sent;
    fetch_sink_own_t  *own;

    own = call->channel->own;
    d = own->descriptor;

    memset(&sent, 0, sizeof(fetch_sent_t));

    if (reply->status == 0) {
        (void) snprintf(text, sizeof(text), "%.80s", reply->error);

        sent.outcome = (reply->sent && call->channel->type->again
                                       == FETCH_AGAIN_NEVER)
                       ? FETCH_SENT_UNKNOWN : FETCH_SENT_LATER;

    } else {
        body = json_loadb((char *) reply->body.data, reply->body.len,
                          JSON_DECODE_ANY, NULL);

        said = fetch_sink_at(body, json_string_value(
                                 json_object_get(d, "error")),
                             error, sizeof(error));

        if (fetch_sink_taken(json_object_get(d, "success"), reply->status,
                             body))
        {
            sent.outcome = FETCH_SENT;
            said = fetch_sink_at(body, json_string_value(
                                     json_object_get(d, "id")),
                                 id, sizeof(id));

        } else if (reply->status == 429 || reply->status == 408
                   || reply->status / 100 == 5
                   || reply->status == 401 || reply->status == 403
                   || fetch_sink_later(json_object_get(d, "later"), said))
        {
            /* that an account has to be put right is no message's fault */

            sent.outcome = FETCH_SENT_LATER;

        } else {
            sent.outcome = FETCH_SENT_NEVER;
            sent.invalid = (reply->status == 410
                            || fetch_sink_invalid(d, body, said));
        }

        (void) snprintf(text, sizeof(text), "HTTP %d%s%s", reply->status,
                        said ? " " : "", said ? said : "");
        json_decref(body);
    }

    wait = fetch_retry_after(reply->headers, reply->nheaders, call->now);
    sent.retry_after = (wait > 0 && wait <= 86400) ? wait : 0;

    sent.text = wismo_str_of(text);

    call->done(call->data, &sent);
}


static bool
fetch_sink_taken(const json_t *success, int status, const json_t *body)
{
    char         buf[FETCH_SINK_SAID];
    bool         listed;
    size_t       i;
    json_t      *value;
    const char  *pointer, *said;

    listed = false;

    json_array_foreach(json_object_get(success, "status"), i, value) {
        listed = listed || json_integer_value(value) == status;
    }

    if (!listed) {
        return false;
    }

    json_object_foreach(json_object_get(success, "body"), pointer, value) {
        said = fetch_sink_at(body, pointer, buf, sizeof(buf));

        if (said == NULL || !json_is_string(value)
            || strcmp(said, json_string_value(value)) != 0)
        {
            return false;
        }
    }

    return true;
}


/* A word or a number, or NULL: the ledger keeps it. */

static const char *
fetch_sink_at(const json_t *json, const char *pointer, char *buf,
    size_t size)
{
    size_t       i;
    const char  *text;

    if (pointer == NULL) {
        return NULL;
    }

    json = fetch_inbound_at(json, pointer);

    if (json_is_integer(json)) {
        (void) snprintf(buf, size, "%lld",
                        (long long) json_integer_value(json));
        return buf;
    }

    text = json_string_value(json);

    if (text == NULL || strlen(text) >= size) {
        return NULL;
    }

    for (i = 0; text[i]; i++) {
        if (!((text[i] >= 'a' && text[i] <= 'z')
              || (text[i] >= 'A' && text[i] <= 'Z')
              || (text[i] >= '0' && text[i] <= '9')
              || text[i] == '-' || text[i] == '_' || text[i] == '.'))
        {
            return NULL;
        }
    }

    (void) snprintf(buf, size, "%s", text);

    return buf;
}


/* Errors that mean the number, as their texts or by what pointers lead to. */

static bool
fetch_sink_invalid(const json_t *d, const json_t *body, const char *error)
{
    char         buf[FETCH_SINK_SAID];
    json_t      *invalid, *value;
    const char  *pointer, *said;

    invalid = json_object_get(d, "invalid");

    if (fetch_sink_later(json_object_get(invalid, "errors"), error)) {
        return true;
    }

    json_object_foreach(json_object_get(invalid, "body"), pointer, value) {
        said = fetch_sink_at(body, pointer, buf, sizeof(buf));

        if (said == NULL || !json_is_string(value)
            || strcmp(said, json_string_value(value)) != 0)
        {
            return false;
        }
    }

    return json_object_size(json_object_get(invalid, "body")) != 0;
}


static bool
fetch_sink_later(const json_t *later, const char *error)
{
    size_t   i;
    json_t  *value;

    json_array_foreach((json_t *) later, i, value) {
        if (error && json_is_string(value)
            && strcmp(json_string_value(value), error) == 0)
        {
            return true;
        }
    }

    return false;
}
