
/*
 * Copyright (C) The Wismo authors
 *
 * The channel "mail": each notice is a message to the address of its order,
 * in the order's language and the brand's looks, handed to a relay by SMTP.
 * Called by fetch_tell.c.
 *
 * A relay that took all of a message and then did not answer may have sent
 * it: that is told as such, and decided there.  No address of a person and no
 * text of a relay goes into a ledger or a log, which is why both have codes
 * alone.
 */


#include "fetch_config.h"
#include "fetch_log.h"
#include "fetch_mail.h"
#include "fetch_mime.h"
#include "fetch_smtp.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>


#define FETCH_MAIL_TRIES     11
#define FETCH_MAIL_LONGEST   100      /* less than what a fetcher is given */
#define FETCH_MAIL_QUIET     60       /* seconds between faults of a relay */
#define FETCH_MAIL_REFUSED   5        /* recipients in a row: it's the relay */


typedef struct {
    fetch_smtp_relay_t        relay;
    fetch_mailbox_t           from;
    fetch_mailbox_t           reply_to;
    wismo_str_t               bounces;
    wismo_str_t               site;
    int64_t                   told_at;
    unsigned                  refused;        /* since it took one */
} fetch_mail_own_t;


typedef struct {
    fetch_sent_pt             done;
    void                     *data;
    const fetch_channel_t    *channel;
    int64_t                   now;
} fetch_mail_call_t;


static int fetch_mail_init(fetch_channel_t *channel, wismo_pool_t *pool,
    wismo_error_t *err);
static int fetch_mail_relay(fetch_channel_t *channel, wismo_pool_t *pool,
    fetch_smtp_relay_t *relay, wismo_error_t *err);
static int fetch_mail_url(wismo_pool_t *pool, const char *text,
    const char **url, bool *tls, bool *here, wismo_error_t *err);
static int fetch_mail_box(fetch_channel_t *channel, wismo_pool_t *pool,
    const char *name, bool needed, fetch_mailbox_t *box, wismo_error_t *err);
static int fetch_mail_send(const fetch_message_t *m, fetch_http_t *http,
    fetch_sent_pt done, void *data, fetch_sent_t *sent);
static void fetch_mail_probe(const fetch_channel_t *channel,
    wismo_pool_t *pool, fetch_probe_t *probe);
static int fetch_mail_address(const fetch_message_t *m, wismo_str_t *addr,
    fetch_sent_t *sent);
static void fetch_mail_done(void *data, const fetch_smtp_reply_t *reply);
static bool fetch_mail_invalid(fetch_mail_call_t *call,
    const fetch_smtp_reply_t *reply);
static void fetch_mail_fault(const fetch_channel_t *channel, int64_t now,
    const char *text);
static int64_t fetch_mail_pause(unsigned attempts);
static const char *fetch_mail_text(wismo_pool_t *pool, const wismo_str_t *s);


const fetch_channel_type_t  fetch_mail_type = {
    "mail",
    true,
    fetch_mail_init,
    fetch_mail_send,
    FETCH_AGAIN_ONCE,
    fetch_mail_pause,
    FETCH_MAIL_LETTERS,
    NULL,
    fetch_mail_probe
};


static int
fetch_mail_init(fetch_channel_t *channel, wismo_pool_t *pool,
    wismo_error_t *err)
{
    fetch_mailbox_t    bounces;
    fetch_mail_own_t  *own;

    own = wismo_pcalloc(pool, sizeof(fetch_mail_own_t));

    if (own == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return WISMO_DECLINED;
    }

    channel->own = own;

    if (fetch_mail_box(channel, pool, "from", true, &own->from, err)
        != WISMO_OK
        || fetch_mail_box(channel, pool, "reply_to", false, &own->reply_to,
                          err) != WISMO_OK
        || fetch_mail_box(channel, pool, "bounces", false, &bounces, err)
           != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    own->bounces = bounces.addr.len ? bounces.addr : own->from.addr;

    if (fetch_channel_site(channel, &own->site, err) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    return fetch_mail_relay(channel, pool, &own->relay, err);
}


static int
fetch_mail_relay(fetch_channel_t *channel, wismo_pool_t *pool,
    fetch_smtp_relay_t *relay, wismo_error_t *err)
{
    bool          tls, here;
    char         *end;
    wismo_str_t   secret;
    const char   *text;

    if (fetch_mail_url(pool, fetch_channel_value(channel, "smtp", ""),
                       &relay->url, &tls, &here, err)
        != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    text = fetch_channel_value(channel, "tls", tls ? "tls" : "starttls");

    if (strcmp(text, "starttls") == 0 && !tls) {
        relay->starttls = true;

    } else if (strcmp(text, "none") == 0 && !tls) {

        /* names, addresses and what was bought, for all on the way to read */

        if (!here && strcmp(fetch_channel_value(channel, "private", "off"),
                            "on")
                     != 0)
        {
            wismo_error_set(err, "tls", "expected \"starttls\"; \"none\" only "
                                        "to this host, as 127.0.0.1, or with "
                                        "\"private on\" if the way to the "
                                        "relay is yours alone");
            return WISMO_DECLINED;
        }

    } else if (strcmp(text, "tls") != 0 || !tls) {
        wismo_error_set(err, "tls", "expected \"starttls\" or \"none\" with "
                                    "smtp://, \"tls\" with smtps://");
        return WISMO_DECLINED;
    }

    relay->ca_file = json_string_value(json_object_get(channel->values,
                                                       "ca_file"));

    text = fetch_channel_value(channel, "timeout", "60s");
    relay->timeout = strtol(text, &end, 10);

    if (*text < '1' || *text > '9' || (*end && strcmp(end, "s") != 0)
        || relay->timeout > FETCH_MAIL_LONGEST)
    {
        wismo_error_set(err, "timeout", "expected seconds, at most %ds",
                        FETCH_MAIL_LONGEST);
        return WISMO_DECLINED;
    }

    relay->timeout *= 1000;

    relay->user = json_string_value(json_object_get(channel->values, "user"));
    secret = fetch_channel_secret(channel, "secret");

    if ((relay->user != NULL) != (secret.len != 0)) {
        wismo_error_set(err, relay->user ? "secret_file" : "user",
                        "expected both \"user\" and a \"secret_file\" with "
                        "its password, or neither");
        return WISMO_DECLINED;
    }

    if (relay->user) {

        if (!relay->starttls && !tls && !here) {
            wismo_error_set(err, "tls", "expected \"starttls\" or \"tls\": a "
                                        "password goes nowhere in the clear");
            return WISMO_DECLINED;
        }

        relay->password = fetch_mail_text(pool, &secret);

        if (relay->password == NULL) {
            wismo_error_set(err, "", "there is no memory");
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


/* Without a port that of submission (RFC 6409, 8314). */

static int
fetch_mail_url(wismo_pool_t *pool, const char *text, const char **url,
    bool *tls, bool *here, wismo_error_t *err)
{
    int           rc;
    char         *scheme, *host, *port, *user, *path;
    CURLU        *u;
    wismo_out_t   out;

    u = curl_url();
    scheme = NULL;
    host = NULL;
    port = NULL;
    user = NULL;
    path = NULL;
    *tls = false;
    *here = false;
    rc = WISMO_DECLINED;

    if (u && curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK
        && curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK
        && curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK
        && curl_url_get(u, CURLUPART_PATH, &path, 0) == CURLUE_OK
        && curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_NO_USER
        && strcmp(path, "/") == 0
        && (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0))
    {
        (void) curl_url_get(u, CURLUPART_PORT, &port, 0);

        *tls = (strcmp(scheme, "smtps") == 0);
        *here = (strcmp(host, "localhost") == 0
                 || strncmp(host, "127.", 4) == 0
                 || strcmp(host, "[::1]") == 0);

        wismo_out_init(&out, pool, 256);
        wismo_out_printf(&out, "%s://%s:%s", scheme, host,
                         port ? port : *tls ? "465" : "587");
        wismo_out_bytes(&out, "", 1);

        *url = (char *) out.start;
        rc = out.failed ? WISMO_ERROR : WISMO_OK;
    }

    if (rc != WISMO_OK) {
        wismo_error_set(err, "smtp", "expected smtp://host:587 or "
                                     "smtps://host:465, and \"user\" beside "
                                     "it");
    }

    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(user);
    curl_free(path);
    curl_url_cleanup(u);

    return rc;
}


static int
fetch_mail_box(fetch_channel_t *channel, wismo_pool_t *pool, const char *name,
    bool needed, fetch_mailbox_t *box, wismo_error_t *err)
{
    wismo_str_t  text;
    const char  *value;

    memset(box, 0, sizeof(fetch_mailbox_t));

    value = fetch_channel_value(channel, name, NULL);

    if (value == NULL && !needed) {
        return WISMO_OK;
    }

    value = value ? value : "";

    text = wismo_str_of(value);

    if (fetch_mime_mailbox(pool, &text, box, err) != WISMO_OK) {
        wismo_error_set(err, name, "expected an address, as in \"%s "
                        "'Northwind <orders@shop.example>'\"", name);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


/* More than two days, in growing steps; news grows stale before. */

static int64_t
fetch_mail_pause(unsigned attempts)
{
    static const int64_t  pauses[FETCH_MAIL_TRIES - 1] = {
        60, 300, 900, 1800, 3600, 7200, 14400, 28800, 43200, 72000
    };

    return attempts < FETCH_MAIL_TRIES ? pauses[attempts - 1] : 0;
}


static int
fetch_mail_send(const fetch_message_t *m, fetch_http_t *http,
    fetch_sent_pt done, void *data, fetch_sent_t *sent)
{
    int                 rc;
    wismo_str_t         addr, message;
    const char         *from, *to;
    wismo_error_t       err;
    fetch_mail_own_t   *own;
    fetch_mail_call_t  *call;

    own = m->channel->own;

    rc = fetch_mail_address(m, &addr, sent);

    if (rc != WISMO_OK) {
        return rc;
    }

    call = wismo_palloc(m->pool, sizeof(fetch_mail_call_t));
    from = fetch_mail_text(m->pool, &own->bounces);
    to = fetch_mail_text(m->pool, &addr);

    if (call == NULL || from == NULL || to == NULL) {
        return WISMO_ERROR;
    }

    call->done = done;
    call->data = data;
    call->channel = m->channel;
    call->now = m->now;

    memset(&err, 0, sizeof(wismo_error_t));

    rc = fetch_mail_write(m, &addr, &message, NULL, &err);

    if (rc != WISMO_OK) {
        fetch_mail_fault(m->channel, m->now, err.text[0] ? err.text
                                             : "there is no memory");
        return WISMO_ERROR;
    }

    return fetch_smtp_send(http, &own->relay, from, to, &message,
                           fetch_mail_done, call);
}


static void
fetch_mail_probe(const fetch_channel_t *channel, wismo_pool_t *pool,
    fetch_probe_t *probe)
{
    const char        *from;
    fetch_mail_own_t  *own;

    own = channel->own;
    from = fetch_mail_text(pool, &own->bounces);

    fetch_probe_smtp(&own->relay, from ? from : "", probe);
}


static int
fetch_mail_address(const fetch_message_t *m, wismo_str_t *addr,
    fetch_sent_t *sent)
{
    int             rc;
    json_t         *body, *email;
    wismo_str_t     text;
    wismo_error_t   err;

    body = json_loadb((char *) m->body->data, m->body->len, 0, NULL);
    email = json_object_get(json_object_get(body, "customer"), "email");

    text.data = (unsigned char *) json_string_value(email);
    text.len = json_string_length(email);

    if (text.len == 0) {
        wismo_str_set(&sent->text, "no address");
        rc = WISMO_DECLINED;

    } else {
        rc = fetch_mime_addr(m->pool, &text, addr, &err);

        if (rc == WISMO_DECLINED) {
            wismo_str_set(&sent->text, "no address that mail can be sent to");
        }
    }

    json_decref(body);

    return rc;
}


int
fetch_mail_write(const fetch_message_t *m, const wismo_str_t *to,
    wismo_str_t *message, fetch_said_t *copy, wismo_error_t *err)
{
    int                rc;
    wismo_out_t        out;
    fetch_mail_t       mail;
    fetch_news_t       news;
    fetch_said_t       said;
    fetch_mail_own_t  *own;

    own = m->channel->own;

    memset(&news, 0, sizeof(fetch_news_t));

    news.doc = m->doc;
    news.kind = m->entry->kind;
    news.number = m->order->number;
    news.parcel = m->entry->parcel;
    news.brand = m->order->brand;
    news.locale = m->order->locale;
    news.site = own->site;
    news.stop = !wismo_notice_asked(m->entry->kind);
    news.now = m->now;

    rc = fetch_wording_write(m->channel->wording, m->pool, &news,
                             FETCH_MAIL_LETTERS, &said, err);

    if (rc != WISMO_OK) {
        return rc;
    }

    memset(&mail, 0, sizeof(fetch_mail_t));

    mail.from = own->from;

    if (mail.from.name.len == 0) {
        mail.from.name = said.brand;
    }

    mail.to.addr = *to;
    mail.reply_to = own->reply_to;

    if (mail.reply_to.addr.len == 0 && said.support.len) {
        (void) fetch_mime_mailbox(m->pool, &said.support, &mail.reply_to,
                                  err);
    }

    mail.subject = said.texts[WISMO_LETTER_SUBJECT];
    mail.id = m->id;

    wismo_out_init(&out, m->pool, WISMO_NOTICE_REF_MAX);
    wismo_notice_ref(&out, &m->order->number, &m->channel->name,
                     &m->entry->id);

    if (out.failed) {
        return WISMO_ERROR;
    }

    mail.ref.data = out.start;
    mail.ref.len = (size_t) (out.pos - out.start);

    mail.lang = said.lang;
    mail.unsubscribe = said.stop_url;
    mail.text = said.texts[WISMO_LETTER_TEXT];
    mail.html = said.texts[WISMO_LETTER_HTML];
    mail.calendar = said.texts[WISMO_LETTER_CALENDAR];
    mail.date = m->now;

    wismo_out_init(&out, m->pool, 2 * (mail.text.len + mail.html.len) + 2048);

    rc = fetch_mime_write(&out, &mail);

    message->data = out.start;
    message->len = (size_t) (out.pos - out.start);

    if (copy) {
        *copy = said;
    }

    return rc;
}


static void
fetch_mail_done(void *data, const fetch_smtp_reply_t *reply)
{
    fetch_mail_call_t *call = data;

    char               text[96];
    fetch_sent_t       sent;
    fetch_mail_own_t  *own;

    own = call->channel->own;

    memset(&sent, 0, sizeof(fetch_sent_t));

    /* before 400 it had said yes, and then something else went wrong */

    if (reply->error == NULL || reply->code >= 400) {
        snprintf(text, sizeof(text), "%sSMTP %d",
                 reply->phase == FETCH_SMTP_RELAY ? "relay: " : "",
                 reply->code);

    } else {
        snprintf(text, sizeof(text), "%.80s", reply->error);
    }

    if (reply->error == NULL) {
        sent.outcome = FETCH_SENT;
        own->refused = 0;

    } else if (reply->phase == FETCH_SMTP_HANDED && reply->code < 400) {
        sent.outcome = FETCH_SENT_UNKNOWN;

    } else if (reply->phase != FETCH_SMTP_RELAY && reply->code / 100 == 5) {
        sent.outcome = FETCH_SENT_NEVER;
        sent.invalid = fetch_mail_invalid(call, reply);

    } else {

        /* that a relay wants another password is no message's fault */

        sent.outcome = FETCH_SENT_LATER;

        if (reply->phase == FETCH_SMTP_RELAY) {
            fetch_mail_fault(call->channel, call->now, text);
        }
    }

    sent.text = wismo_str_of(text);

    call->done(call->data, &sent);
}


/*
 * There is no such person, as far as the relay knows: RFC 5321, 4.2.3 without
 * an enhanced code, RFC 3463 with one.  That it won't relay, or doesn't like
 * the sender, is no fault of theirs, even if it says so with the same code;
 * one that refuses whoever comes is not believed.
 */

static bool
fetch_mail_invalid(fetch_mail_call_t *call, const fetch_smtp_reply_t *reply)
{
    bool               invalid;
    fetch_mail_own_t  *own;

    own = call->channel->own;

    if (reply->phase != FETCH_SMTP_RECIPIENT) {
        return false;
    }

    switch (reply->subject) {

    case 0:
        invalid = (reply->code == 550 || reply->code == 551
                   || reply->code == 553);
        break;

    case 1:
        invalid = (reply->detail != 7 && reply->detail != 8);
        break;

    case 2:
        invalid = (reply->detail == 1);
        break;

    default:
        invalid = false;
    }

    if (++own->refused > FETCH_MAIL_REFUSED) {
        fetch_mail_fault(call->channel, call->now,
                         "the relay refuses whoever it is given");
        return false;
    }

    return invalid;
}


static void
fetch_mail_fault(const fetch_channel_t *channel, int64_t now,
    const char *text)
{
    fetch_mail_own_t *own = channel->own;

    if (now - own->told_at < FETCH_MAIL_QUIET) {
        return;
    }

    own->told_at = now;

    fetch_log(FETCH_ERR, "channel %.*s: mail cannot be sent: %s",
              (int) channel->name.len, (char *) channel->name.data, text);
}


static const char *
fetch_mail_text(wismo_pool_t *pool, const wismo_str_t *s)
{
    char  *text;

    text = wismo_palloc(pool, s->len + 1);

    if (text) {
        memcpy(text, s->data, s->len);
        text[s->len] = '\0';
    }

    return text;
}
