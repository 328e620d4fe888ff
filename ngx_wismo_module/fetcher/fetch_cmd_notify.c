
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo notify preview": each notice in each language of a brand, as mail, as
 * its parts and as a text message, on the disk.  "wismo notify test": one of
 * them to an address, through a channel of the configuration, and what the
 * receiver says.
 *
 * Both make up an order.  It must never read one of a customer.
 */


#include "fetch_cmd.h"
#include "fetch_config.h"
#include "fetch_mail.h"
#include "fetch_mime.h"
#include "fetch_pages.h"
#include "fetch_sample.h"
#include "fetch_sms.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>


#define NOTIFY_MEMORY        ((size_t) 16 << 20)
#define NOTIFY_WAIT          120              /* seconds */
#define NOTIFY_TO            "recipient@shop.example"


typedef struct {
    const char               *call;
    const char               *out;
    const char               *brands;
    const char               *brand;
    const char               *lang;
    const char               *event;
    const char               *site;
    const char               *config;
    const char               *channel;
    const char               *to;
    bool                      json;
} notify_options_t;


typedef struct {
    notify_options_t          options;
    fetch_config_t            conf;
    fetch_channel_t          *channel;
    char                     *told;           /* why it can't serve */
    fetch_sent_t              sent;
    char                      text[128];
    bool                      done;
} notify_t;


static error_t notify_option(int key, char *arg, struct argp_state *state);
static int notify_preview(notify_t *n);
static int notify_languages(notify_t *n, wismo_out_t *index);
static int notify_language(notify_t *n, const wismo_str_t *lang,
    wismo_out_t *index);
static int notify_letter(notify_t *n, const wismo_str_t *lang,
    const wismo_notice_kind_t *kind, wismo_out_t *index);
static int notify_file(notify_t *n, const wismo_str_t *lang,
    const wismo_notice_kind_t *kind, const char *ending,
    const wismo_str_t *text);
static int notify_write(const char *path, const wismo_str_t *text);
static int notify_message(notify_t *n, wismo_pool_t *pool,
    const wismo_str_t *lang, const wismo_notice_kind_t *kind,
    wismo_order_t *order, wismo_document_t *doc, wismo_notice_entry_t *entry,
    fetch_message_t *m);
static int notify_test(notify_t *n);
static int notify_send(notify_t *n, wismo_pool_t *pool, fetch_message_t *m);
static void notify_sent(void *data, const fetch_sent_t *sent);
static void notify_told(void *data, const fetch_channel_t *channel,
    const char *text);
static const wismo_notice_kind_t *notify_kind(const char *name);
static wismo_str_t notify_str(const char *text);


static const struct argp_option  notify_opts[] = {

    { "out", 'o', "DIR", 0,
      "preview: where the files go; made if it is not there", 0 },

    { "brands", 'B', "DIR", 0, "preview: the directory of brands", 0 },
    { "brand", 'b', "NAME", 0, "of this brand", 0 },
    { "lang", 'l', "TAG", 0, "in this language", 0 },
    { "event", 'e', "NAME", 0, "this notice only (test: delivered)", 0 },

    { "site", 's', "URL", 0,
      "preview: where pages are (https://shop.example)", 0 },

    { "config", 'c', "FILE", 0,
      "test: instead of $WISMO_CONFIG or " FETCH_CONFIG_FILE, 0 },

    { "json", 'j', 0, 0, "test: print JSON", 0 },

    { 0 }
};


static const struct argp  notify_argp = {
    notify_opts, notify_option,
    "preview --out DIR\ntest CHANNEL [ADDRESS]\nstatus\nrelease CHANNEL\n"
    "discard CHANNEL\nallow ADDRESS|PHONE\nlist [ORDER]\n"
    "retry [ORDER [NOTICE]]",
    "Look at notices, and try channels.\v"
    "preview writes each notice in each language: DIR/LANG/NAME.html and "
    ".txt, the parts of the mail; .eml, the mail; .sms.  DIR/index.html leads "
    "to all of them and says how many messages each .sms takes.\n"
    "\n"
    "test sends one through a channel of nginx.conf, to the address if the "
    "channel tells people, and prints what the receiver said.\n"
    "\n"
    "status tells which channels are held by their brake, release and discard "
    "let one go on: \"wismo notify status --help\".  allow tells somebody "
    "again who got nothing any more: \"wismo notify allow --help\".  list and "
    "retry are about what became of notices: \"wismo notify list --help\".\n"
    "\n"
    "The order is made up.  Exit status: 0 done, or taken by the receiver; 1 "
    "not; 2 unusable arguments.",
    NULL, NULL, NULL
};


int
fetch_cmd_notify(int argc, char **argv)
{
    int        rc;
    notify_t  *n;

    argp_err_exit_status = FETCH_EXIT_USAGE;

    if (argc > 1 && (strcmp(argv[1], "status") == 0
                     || strcmp(argv[1], "release") == 0
                     || strcmp(argv[1], "discard") == 0))
    {
        return fetch_cmd_run(argv[0], fetch_cmd_notify_brake, argc - 1,
                             argv + 1);
    }

    if (argc > 1 && strcmp(argv[1], "allow") == 0) {
        return fetch_cmd_run(argv[0], fetch_cmd_notify_allow, argc - 1,
                             argv + 1);
    }

    if (argc > 1 && (strcmp(argv[1], "list") == 0
                     || strcmp(argv[1], "retry") == 0))
    {
        return fetch_cmd_run(argv[0], fetch_cmd_notify_ledger, argc - 1,
                             argv + 1);
    }

    n = calloc(1, sizeof(notify_t));

    if (n == NULL) {
        return FETCH_EXIT_FAILED;
    }

    n->options.site = "https://shop.example";

    if (argp_parse(&notify_argp, argc, argv, 0, NULL, &n->options) != 0) {
        free(n);
        return FETCH_EXIT_USAGE;
    }

    rc = (strcmp(n->options.call, "test") == 0) ? notify_test(n)
                                                : notify_preview(n);

    free(n->told);
    free(n);

    return rc == WISMO_OK ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


static error_t
notify_option(int key, char *arg, struct argp_state *state)
{
    notify_options_t  *o;

    o = state->input;

    switch (key) {

    case 'o':
        o->out = arg;
        return 0;

    case 'B':
        o->brands = arg;
        return 0;

    case 'b':
        o->brand = arg;
        return 0;

    case 'l':
        o->lang = arg;
        return 0;

    case 'e':
        o->event = arg;

        if (notify_kind(arg) == NULL) {
            argp_error(state, "there is no notice \"%s\"", arg);
        }

        return 0;

    case 's':
        o->site = arg;
        return 0;

    case 'c':
        o->config = arg;
        return 0;

    case 'j':
        o->json = true;
        return 0;

    case ARGP_KEY_ARG:

        if (state->arg_num == 0) {
            o->call = arg;

            if (strcmp(arg, "preview") != 0 && strcmp(arg, "test") != 0) {
                argp_error(state, "\"preview\" or \"test\" is expected, not "
                                  "\"%s\"", arg);
            }

        } else if (state->arg_num == 1 && strcmp(o->call, "test") == 0) {
            o->channel = arg;

        } else if (state->arg_num == 2 && strcmp(o->call, "test") == 0) {
            o->to = arg;

        } else {
            argp_error(state, "unexpected argument \"%s\"", arg);
        }

        return 0;

    case ARGP_KEY_END:

        if (o->call == NULL) {
            argp_error(state, "\"preview\" or \"test\" is missing");

        } else if (strcmp(o->call, "preview") == 0 && o->out == NULL) {
            argp_error(state, "--out is missing");

        } else if (strcmp(o->call, "test") == 0 && o->channel == NULL) {
            argp_error(state, "the channel's name is missing");
        }

        return 0;
    }

    return ARGP_ERR_UNKNOWN;
}


/* Without a configuration: what the letters say is a matter of files. */

static int
notify_preview(notify_t *n)
{
    int               rc;
    char              path[FETCH_PAGES_PATH];
    wismo_out_t       out;
    wismo_str_t       text;
    wismo_pool_t      pool;
    wismo_error_t     err;
    fetch_channel_t   channel;

    memset(&err, 0, sizeof(wismo_error_t));
    memset(&channel, 0, sizeof(fetch_channel_t));

    n->conf.track = "/track/";
    n->conf.secret_file = "";
    n->conf.brands = n->options.brands ? n->options.brands : "";
    n->channel = &channel;

    wismo_pool_init(&pool, NOTIFY_MEMORY, NULL, NULL);

    channel.type = &fetch_mail_type;
    channel.name = notify_str("preview");
    channel.values = json_pack("{s:s,s:s,s:s,s:s}",
                               "smtp", "smtp://localhost", "tls", "none",
                               "from", "orders@shop.example",
                               "site", n->options.site);

    rc = channel.type->init(&channel, &pool, &err);

    if (rc == WISMO_OK) {
        channel.wording = fetch_wording_create(&n->conf, &err);
        rc = channel.wording ? WISMO_OK : WISMO_DECLINED;
    }

    if (rc != WISMO_OK) {
        fprintf(stderr, "wismo: %s%s%s\n", err.at, err.at[0] ? ": " : "",
                err.text);
        goto done;
    }

    if (mkdir(n->options.out, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", n->options.out, strerror(errno));
        rc = WISMO_DECLINED;
        goto done;
    }

    wismo_out_init(&out, &pool, 65536);
    wismo_out_text(&out, "<!doctype html>\n<html lang=\"en\">\n"
                         "<meta charset=\"utf-8\">\n<title>Notices</title>\n"
                         "<style>td,th{padding:.2rem 1rem .2rem 0;"
                         "text-align:start}</style>\n");

    rc = notify_languages(n, &out);

    wismo_out_text(&out, "</html>\n");

    text.data = out.start;
    text.len = (size_t) (out.pos - out.start);

    (void) snprintf(path, sizeof(path), "%s/index.html", n->options.out);

    if (rc == WISMO_OK) {
        rc = out.failed ? WISMO_ERROR : notify_write(path, &text);
    }

    if (rc == WISMO_OK) {
        printf("%s\n", path);
    }

done:

    fetch_wording_free(channel.wording);
    json_decref(channel.values);
    wismo_pool_done(&pool);

    return rc;
}


static int
notify_languages(notify_t *n, wismo_out_t *index)
{
    int                 rc;
    unsigned            i, count, found;
    wismo_str_t         brand;
    const wismo_str_t  *tags[FETCH_PAGES_LANGUAGES];

    brand = notify_str(n->options.brand ? n->options.brand : "");

    count = fetch_wording_languages(n->channel->wording, &brand, tags,
                                    FETCH_PAGES_LANGUAGES);
    rc = WISMO_OK;
    found = 0;

    for (i = 0; rc == WISMO_OK && i < count; i++) {
        if (n->options.lang == NULL || wismo_str_is(tags[i], n->options.lang))
        {
            rc = notify_language(n, tags[i], index);
            found++;
        }
    }

    if (rc == WISMO_OK && found == 0) {
        fprintf(stderr, "wismo: %s\n", count ? "there is no such language"
                                             : "the brand cannot be read: try "
                                               "\"wismo brand check\"");
        rc = WISMO_DECLINED;
    }

    return rc;
}


static int
notify_language(notify_t *n, const wismo_str_t *lang, wismo_out_t *index)
{
    int                         rc;
    char                        dir[FETCH_PAGES_PATH];
    const wismo_notice_kind_t  *kind;

    (void) snprintf(dir, sizeof(dir), "%s/%.*s", n->options.out,
                    (int) lang->len, (char *) lang->data);

    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", dir, strerror(errno));
        return WISMO_DECLINED;
    }

    wismo_out_printf(index, "<h2>%.*s</h2>\n<table>\n<tr><th>Notice<th>Subject"
                     "<th>Mail<th>Text<th>Source<th>Text message\n",
                     (int) lang->len, (char *) lang->data);

    rc = WISMO_OK;

    for (kind = wismo_notice_kinds(); rc == WISMO_OK && kind->name; kind++) {
        if (n->options.event == NULL
            || strcmp(n->options.event, kind->name) == 0)
        {
            rc = notify_letter(n, lang, kind, index);
        }
    }

    wismo_out_text(index, "</table>\n");

    return rc;
}


static int
notify_letter(notify_t *n, const wismo_str_t *lang,
    const wismo_notice_kind_t *kind, wismo_out_t *index)
{
    int                    rc;
    wismo_str_t            to, mail;
    wismo_pool_t           pool;
    fetch_said_t           said, sms;
    fetch_news_t           news;
    wismo_error_t          err;
    wismo_order_t          order;
    fetch_message_t        m;
    fetch_sms_size_t       size;
    wismo_document_t       doc;
    wismo_notice_entry_t   entry;

    wismo_pool_init(&pool, NOTIFY_MEMORY, NULL, NULL);

    memset(&err, 0, sizeof(wismo_error_t));
    memset(&news, 0, sizeof(fetch_news_t));

    to = notify_str(NOTIFY_TO);

    rc = notify_message(n, &pool, lang, kind, &order, &doc, &entry, &m);

    if (rc == WISMO_OK) {
        rc = fetch_mail_write(&m, &to, &mail, &said, &err);
    }

    if (rc == WISMO_OK) {
        news.doc = &doc;
        news.kind = kind;
        news.number = order.number;
        news.brand = order.brand;
        news.locale = order.locale;
        news.site = notify_str(n->options.site);
        news.now = m.now;

        rc = fetch_wording_write(n->channel->wording, &pool, &news,
                                 1u << WISMO_LETTER_SMS, &sms, &err);
    }

    if (rc != WISMO_OK) {
        fprintf(stderr, "wismo: %s\n", err.text[0] ? err.text
                                                   : "there is no memory");
        goto done;
    }

    fetch_sms_size(&sms.texts[WISMO_LETTER_SMS], &size);

    wismo_out_printf(index, "<tr><td>%s<td>", kind->name);
    wismo_escape(index, &said.texts[WISMO_LETTER_SUBJECT], WISMO_ESCAPE_XML);
    wismo_out_printf(index, "<td><a href=\"%.*s/%s.html\">html</a>"
                     "<td><a href=\"%.*s/%s.txt\">txt</a>"
                     "<td><a href=\"%.*s/%s.eml\">eml</a>"
                     "<td><a href=\"%.*s/%s.sms\">%u %s</a>, %u %s\n",
                     (int) lang->len, (char *) lang->data, kind->name,
                     (int) lang->len, (char *) lang->data, kind->name,
                     (int) lang->len, (char *) lang->data, kind->name,
                     (int) lang->len, (char *) lang->data, kind->name,
                     size.segments, size.segments == 1 ? "message"
                                                       : "messages",
                     size.units, size.ucs2 ? "of UCS-2" : "of GSM 7");

    if (notify_file(n, lang, kind, "html", &said.texts[WISMO_LETTER_HTML])
        != WISMO_OK
        || notify_file(n, lang, kind, "txt", &said.texts[WISMO_LETTER_TEXT])
           != WISMO_OK
        || notify_file(n, lang, kind, "eml", &mail) != WISMO_OK
        || notify_file(n, lang, kind, "sms", &sms.texts[WISMO_LETTER_SMS])
           != WISMO_OK)
    {
        rc = WISMO_DECLINED;
    }

done:

    wismo_pool_done(&pool);

    return rc;
}


static int
notify_file(notify_t *n, const wismo_str_t *lang,
    const wismo_notice_kind_t *kind, const char *ending,
    const wismo_str_t *text)
{
    char  path[FETCH_PAGES_PATH];

    (void) snprintf(path, sizeof(path), "%s/%.*s/%s.%s", n->options.out,
                    (int) lang->len, (char *) lang->data, kind->name, ending);

    return notify_write(path, text);
}


static int
notify_write(const char *path, const wismo_str_t *text)
{
    FILE  *file;

    file = fopen(path, "wb");

    if (file == NULL || fwrite(text->data, 1, text->len, file) != text->len
        || fclose(file) != 0)
    {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


/* All that a channel is given, of an order made up. */

static int
notify_message(notify_t *n, wismo_pool_t *pool, const wismo_str_t *lang,
    const wismo_notice_kind_t *kind, wismo_order_t *order,
    wismo_document_t *doc, wismo_notice_entry_t *entry, fetch_message_t *m)
{
    time_t                    now;
    wismo_leg_e               leg;
    wismo_out_t               out;
    const wismo_substatus_t  *row;

    now = time(NULL);
    row = wismo_notice_sample(kind, &leg);

    memset(order, 0, sizeof(wismo_order_t));
    memset(doc, 0, sizeof(wismo_document_t));
    memset(entry, 0, sizeof(wismo_notice_entry_t));
    memset(m, 0, sizeof(fetch_message_t));

    order->number = notify_str(FETCH_SAMPLE_ORDER);
    order->brand = notify_str(n->options.brand ? n->options.brand : "");
    order->locale = *lang;
    order->status = (leg == WISMO_LEG_RETURN)
                    ? wismo_substatus_of(WISMO_DELIVERED) : row;
    order->severity = order->status->severity;

    wismo_out_init(&out, pool, 4096);
    fetch_sample_json(row, leg, now, &out);

    doc->version = 1;
    doc->updated_at = now - 3600;
    doc->checked_at = now - 600;
    doc->next_check_at = row->final ? WISMO_TIME_NONE : now + 3000;
    doc->full.data = out.start;
    doc->full.len = (size_t) (out.pos - out.start);

    entry->kind = kind;
    entry->at = now;

    if (leg == WISMO_LEG_RETURN) {
        entry->parcel = notify_str(FETCH_SAMPLE_RETURN);
    }

    wismo_out_init(&out, pool, 64);
    wismo_out_printf(&out, "test_%s_%lld", kind->name, (long long) now);

    m->channel = n->channel;
    m->order = order;
    m->doc = doc;
    m->entry = entry;
    m->pool = pool;
    m->now = now;
    m->id.data = out.start;
    m->id.len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}


static int
notify_test(notify_t *n)
{
    int                         rc;
    unsigned                    i;
    wismo_str_t                 lang, body;
    wismo_pool_t                pool;
    wismo_error_t               err;
    wismo_order_t               order;
    fetch_message_t             m;
    wismo_document_t            doc;
    fetch_channels_t           *channels;
    wismo_notice_entry_t        entry;
    const wismo_notice_kind_t  *kind;

    if (fetch_config_open(&n->conf, n->options.config, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: %s: %s%s%s\n", n->conf.file, err.at,
                err.at[0] ? ": " : "", err.text);
        fetch_config_done(&n->conf);
        return WISMO_DECLINED;
    }

    channels = &n->conf.channels;

    for (i = 0; i < channels->n; i++) {
        if (wismo_str_is(&channels->channel[i].name, n->options.channel)) {
            n->channel = &channels->channel[i];
        }
    }

    if (n->channel == NULL) {
        fprintf(stderr, "wismo: nginx.conf has no \"wismo_notify %s\"\n",
                n->options.channel);
        fetch_config_done(&n->conf);
        return WISMO_DECLINED;
    }

    if (n->channel->type->people && n->options.to == NULL) {
        fprintf(stderr, "wismo: an address is expected, as the channel tells "
                        "people\n");
        fetch_config_done(&n->conf);
        return WISMO_DECLINED;
    }

    wismo_pool_init(&pool, NOTIFY_MEMORY, NULL, NULL);

    fetch_channels_init(channels, &n->conf.pool, notify_told, n);

    if (!n->channel->ready) {
        fprintf(stderr, "wismo: channel %s: %s\n", n->options.channel,
                n->told ? n->told : "cannot serve");
        rc = WISMO_DECLINED;
        goto done;
    }

    lang = notify_str(n->options.lang ? n->options.lang : "en");
    kind = notify_kind(n->options.event ? n->options.event : "delivered");

    rc = notify_message(n, &pool, &lang, kind, &order, &doc, &entry, &m);

    if (rc == WISMO_OK) {
        body = notify_str(n->options.to ? n->options.to : "");
        m.body = &body;

        rc = notify_send(n, &pool, &m);
    }

done:

    wismo_pool_done(&pool);
    fetch_config_done(&n->conf);

    return rc;
}


static int
notify_send(notify_t *n, wismo_pool_t *pool, fetch_message_t *m)
{
    int            rc;
    time_t         end;
    unsigned       ready;
    wismo_out_t    out;
    wismo_str_t    to, body;
    fetch_http_t  *http;

    static const char *const  outcomes[] = {
        "sent", "later", "refused", "skipped", "unknown"
    };

    to = *m->body;

    wismo_out_init(&out, pool, 512);
    wismo_out_text(&out, "{\"customer\":{\"email\":");
    wismo_out_json_str(&out, &to);
    wismo_out_text(&out, ",\"phone\":");
    wismo_out_json_str(&out, &to);
    wismo_out_text(&out, "}}");

    body.data = out.start;
    body.len = (size_t) (out.pos - out.start);
    m->body = &body;

    http = fetch_http_create();

    if (http == NULL || out.failed) {
        return WISMO_ERROR;
    }

    rc = n->channel->type->send(m, http, notify_sent, n, &n->sent);

    end = time(NULL) + NOTIFY_WAIT;

    while (rc == WISMO_OK && !n->done && time(NULL) < end) {
        if (fetch_http_wait(http, NULL, 0, 1000, &ready) != WISMO_OK) {
            break;
        }
    }

    if (rc == WISMO_OK) {
        rc = (n->done && n->sent.outcome == FETCH_SENT) ? WISMO_OK
                                                        : WISMO_DECLINED;

    } else {
        n->sent.outcome = FETCH_SENT_SKIPPED;
        (void) snprintf(n->text, sizeof(n->text), "%.*s",
                        (int) n->sent.text.len, (char *) n->sent.text.data);
    }

    printf(n->options.json ? "{\"channel\":\"%s\",\"outcome\":\"%s\","
                             "\"text\":\"%s\"}\n" : "%s: %s: %s\n",
           n->options.channel, outcomes[n->sent.outcome], n->text);

    n->done = true;

    fetch_http_destroy(http);

    return rc;
}


static void
notify_sent(void *data, const fetch_sent_t *sent)
{
    notify_t *n = data;

    if (n->done) {
        return;
    }

    n->sent = *sent;
    n->done = true;

    (void) snprintf(n->text, sizeof(n->text), "%.*s", (int) sent->text.len,
                    (char *) sent->text.data);
}


static void
notify_told(void *data, const fetch_channel_t *channel, const char *text)
{
    notify_t *n = data;

    if (channel == n->channel) {
        free(n->told);
        n->told = strdup(text);
    }
}


static const wismo_notice_kind_t *
notify_kind(const char *name)
{
    wismo_str_t  s;

    s = notify_str(name);

    return wismo_notice_kind(&s);
}


static wismo_str_t
notify_str(const char *text)
{
    wismo_str_t  s;

    s = wismo_str_of(text);

    return s;
}
