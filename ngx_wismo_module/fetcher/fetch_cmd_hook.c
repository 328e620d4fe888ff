
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo hook test": sends a push to a hook, signed as its sender signs, and
 * tells what the hook says.  The signature is made from the same block of the
 * carrier's adapter, or of the shop's file, that the hook checks it by.
 */


#include "fetch_adapter.h"
#include "fetch_cmd.h"
#include "fetch_config.h"
#include "fetch_http.h"
#include "fetch_read.h"
#include "fetch_share.h"

#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>


#define HOOK_POOL            (4 * 1024 * 1024)
#define HOOK_BODY_MAX        (1024 * 1024)
#define HOOK_SECRET_MAX      65536
#define HOOK_HEADERS         (WISMO_SIGNED_MAX + 3)
#define HOOK_ID_MAX          128
#define HOOK_SHOWN           300              /* bytes of the answer */
#define HOOK_WAIT            20000            /* ms */


typedef struct {
    const char           *call;
    const char           *name;
    const char           *url;
    const char           *secret_file;
    const char           *body;
    const char           *id;
    const char           *topic;
    bool                  print;
    bool                  json;
} hook_options_t;


typedef struct {
    hook_options_t        options;
    fetch_adapter_t      *adapter;
    fetch_shop_adapter_t *shop;
    wismo_verifier_t     *verifier;
    wismo_pool_t          pool;
    wismo_str_t           body;
    wismo_str_t           id;
    fetch_header_t        headers[HOOK_HEADERS];
    unsigned              nheaders;

    int                   status;         /* of the answer, 0: none */
    char                  said[HOOK_SHOWN + 1];
    bool                  done;
} hook_t;


static error_t hook_option(int key, char *arg, struct argp_state *state);
static int hook_verifier(hook_t *h);
static int hook_shop(hook_t *h, const char *path);
static int hook_body(hook_t *h);
static int hook_topic(hook_t *h);
static int hook_sign(hook_t *h);
static int hook_secret(hook_t *h, wismo_str_t *secret);
static void hook_print(const hook_t *h);
static int hook_send(hook_t *h);
static void hook_answer(void *data, const fetch_http_reply_t *reply);
static int hook_tell(const hook_t *h, double seconds);
static double hook_now(void);


/* A push of nobody in particular, for schemes that belong to no carrier. */

static const char  hook_sample[] =
    "{\"type\":\"parcel.updated\",\"timestamp\":\"2026-03-04T07:47:05Z\","
    "\"data\":{\"tracking_number\":\"OWN-000001\",\"status\":\"in_transit\"}}";


static const struct argp_option  hook_opts[] = {

    { "body", 'b', "FILE", 0,
      "send this instead of the adapter's sample", 0 },

    { "id", 'i', "ID", 0,
      "the push's id, where the scheme has one (a new one)", 0 },

    { "json", 'j', 0, 0,
      "print JSON", 0 },

    { "print", 'p', 0, 0,
      "only print headers and body, send nothing", 0 },

    { "secret-file", 's', "FILE", 0,
      "the secret, as for \"wismo_hook_secret_file\", of several the first; "
      "where the hook has public keys, a private one", 0 },

    { "topic", 't', "TOPIC", 0,
      "the topic of a shop's webhook, and its sample (the first)", 0 },

    { "url", 'u', "URL", 0,
      "the hook; plain http to loopback only", 0 },

    { 0 }
};


static const struct argp  hook_argp = {
    hook_opts, hook_option, "test ADAPTER|SHOP|PRESET",
    "Signs a push as its sender does and posts it to a hook: does the hook "
    "take it, and how long does that take?\v"
    "ADAPTER is a name (easypost) or a file (./my.json); SHOP is shopify, "
    "woocommerce, standard or a file, whose sample makes the order "
    "WISMO-TEST; PRESET is standard-webhooks, standard-webhooks-v1a or "
    "shipengine.  Exit status 0 if the answer is a 2xx, 1 if not, 2 for "
    "unusable arguments.",
    NULL, NULL, NULL
};


static error_t
hook_option(int key, char *arg, struct argp_state *state)
{
    hook_options_t  *o = state->input;

    switch (key) {

    case 'b':
        o->body = arg;
        break;

    case 'i':
        o->id = arg;

        if (strlen(arg) < 1 || strlen(arg) > HOOK_ID_MAX
            || arg[strspn(arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789_-")])
        {
            argp_error(state, "invalid id \"%s\": expected 1 to %d of A-Z a-z "
                              "0-9 _ -", arg, HOOK_ID_MAX);
        }

        break;

    case 'j':
        o->json = true;
        break;

    case 'p':
        o->print = true;
        break;

    case 's':
        o->secret_file = arg;
        break;

    case 't':
        o->topic = arg;
        break;

    case 'u':
        o->url = arg;
        break;

    case ARGP_KEY_ARG:

        if (state->arg_num == 0) {
            o->call = arg;

        } else if (state->arg_num == 1) {
            o->name = arg;

        } else {
            argp_error(state, "one ADAPTER at a time");
        }

        break;

    case ARGP_KEY_END:

        if (state->arg_num < 2 || strcmp(o->call, "test") != 0) {
            argp_error(state, "expected \"test\" and an ADAPTER, a SHOP or a "
                              "PRESET");
        }

        if (o->url == NULL && !o->print) {
            argp_error(state, "expected --url URL, or --print");
        }

        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_hook(int argc, char **argv)
{
    int     rc;
    hook_t  h;

    memset(&h, 0, sizeof(hook_t));

    argp_parse(&hook_argp, argc, argv, 0, NULL, &h.options);

    wismo_pool_init(&h.pool, HOOK_POOL, NULL, NULL);

    rc = hook_verifier(&h);

    if (rc == FETCH_EXIT_OK) {
        rc = hook_body(&h);
    }

    if (rc == FETCH_EXIT_OK) {
        rc = hook_sign(&h);
    }

    if (rc == FETCH_EXIT_OK && h.shop) {
        rc = hook_topic(&h);
    }

    if (rc == FETCH_EXIT_OK) {

        if (h.options.print) {
            hook_print(&h);

        } else {
            rc = hook_send(&h);
        }
    }

    fetch_adapter_free(h.adapter);
    fetch_shop_free(h.shop);
    wismo_pool_done(&h.pool);

    return rc;
}


static int
hook_verifier(hook_t *h)
{
    int             i, n, rc;
    char            path[PATH_MAX], text[FETCH_FAULT];
    json_t         *json;
    const char     *preset;
    wismo_error_t   errors[4];

    preset = wismo_verifier_preset(h->options.name);

    if (preset) {
        json = json_loads(preset, 0, NULL);
        n = wismo_verifier_compile(&h->pool, json, &h->verifier, errors);
        json_decref(json);

        return n == WISMO_OK ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
    }

    n = strchr(h->options.name, '/')
        ? snprintf(path, sizeof(path), "%s", h->options.name)
        : snprintf(path, sizeof(path), "%s/carriers/%s.json", fetch_share(),
                   h->options.name);

    if (n < 0 || n >= (int) sizeof(path)) {
        fputs("wismo hook: the adapter's name is too long\n", stderr);
        return FETCH_EXIT_USAGE;
    }

    rc = hook_shop(h, path);

    if (rc != FETCH_EXIT_FAILED) {
        return rc;
    }

    n = fetch_adapter_load(path, &h->adapter, errors, 4);

    for (i = 0; i < n && i < 4; i++) {
        fetch_read_fault(path, &errors[i], text, sizeof(text));
        fprintf(stderr, "wismo: %s\n", text);
    }

    if (n) {
        return FETCH_EXIT_USAGE;
    }

    if (!fetch_adapter_has_push(h->adapter)) {
        fprintf(stderr, "wismo hook: the adapter \"%s\" takes no pushes\n",
                (char *) fetch_adapter_name(h->adapter)->data);
        return FETCH_EXIT_USAGE;
    }

    h->verifier = (wismo_verifier_t *) fetch_adapter_verifier(h->adapter);

    return FETCH_EXIT_OK;
}


/* A shop's file, if "path" or the name leads to one: else EXIT_FAILED. */

static int
hook_shop(hook_t *h, const char *path)
{
    int             i, n;
    char            file[PATH_MAX], text[FETCH_FAULT];
    json_t         *json;
    wismo_error_t   errors[4];

    if (strchr(h->options.name, '/')) {
        n = snprintf(file, sizeof(file), "%s", path);

    } else if (access(path, F_OK) == 0) {
        return FETCH_EXIT_FAILED;

    } else {
        n = snprintf(file, sizeof(file), "%s/shops/%s.json", fetch_share(),
                     h->options.name);
    }

    if (n < 0 || n >= (int) sizeof(file)) {
        return FETCH_EXIT_FAILED;
    }

    json = json_load_file(file, 0, NULL);

    if (json_object_get(json, "shop") == NULL) {
        json_decref(json);
        return FETCH_EXIT_FAILED;
    }

    json_decref(json);

    n = fetch_shop_load(file, &h->shop, errors, 4);

    for (i = 0; i < n && i < 4; i++) {
        fetch_read_fault(file, &errors[i], text, sizeof(text));
        fprintf(stderr, "wismo: %s\n", text);
    }

    if (n) {
        return FETCH_EXIT_USAGE;
    }

    h->verifier = (wismo_verifier_t *) fetch_shop_verifier(h->shop);

    return FETCH_EXIT_OK;
}


/* The headers that a shop sends beside the signature. */

static int
hook_topic(hook_t *h)
{
    char               *now;
    struct tm           tm;
    time_t              t;
    fetch_header_t     *header;
    const wismo_str_t  *name;

    name = fetch_shop_topic_header(h->shop);

    if (name->len) {
        header = &h->headers[h->nheaders++];
        header->name = *name;
        header->value = wismo_str_of(h->options.topic);
    }

    name = fetch_shop_sent_header(h->shop);

    if (name->len) {
        t = time(NULL);
        now = wismo_palloc(&h->pool, 32);

        if (now == NULL || gmtime_r(&t, &tm) == NULL) {
            return FETCH_EXIT_FAILED;
        }

        header = &h->headers[h->nheaders++];
        header->name = *name;
        header->value.data = (unsigned char *) now;
        header->value.len = strftime(now, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
    }

    return FETCH_EXIT_OK;
}


static int
hook_body(hook_t *h)
{
    char           *text;
    wismo_str_t     sample;
    wismo_error_t   err;
    const json_t   *json;

    json = h->shop ? fetch_shop_sample(h->shop, &h->options.topic) : NULL;

    if (h->shop && h->options.topic == NULL) {
        fprintf(stderr, "wismo hook: the shop's file has no samples: expected "
                        "--topic TOPIC and --body FILE\n");
        return FETCH_EXIT_USAGE;
    }

    if (h->options.body) {

        if (fetch_read_file(&h->pool, h->options.body, HOOK_BODY_MAX,
                            &h->body, &err) != WISMO_OK)
        {
            fprintf(stderr, "wismo: %s\n", err.text);
            return FETCH_EXIT_USAGE;
        }

        return FETCH_EXIT_OK;
    }

    if (h->adapter) {
        json = fetch_adapter_push_sample(h->adapter);
    }

    if (json == NULL) {

        if (h->shop) {
            fprintf(stderr, "wismo hook: there is no sample of the topic "
                            "\"%s\": expected --body FILE\n",
                    h->options.topic);
            return FETCH_EXIT_USAGE;
        }

        if (h->adapter) {
            fprintf(stderr, "wismo hook: the adapter has no /push/sample: "
                            "expected --body FILE\n");
            return FETCH_EXIT_USAGE;
        }

        wismo_str_set(&h->body, hook_sample);
        return FETCH_EXIT_OK;
    }

    text = json_dumps(json, JSON_COMPACT);

    if (text == NULL) {
        return FETCH_EXIT_FAILED;
    }

    sample = wismo_str_of(text);

    if (wismo_pstrdup(&h->pool, &h->body, &sample) != WISMO_OK) {
        free(text);
        return FETCH_EXIT_FAILED;
    }

    free(text);

    return FETCH_EXIT_OK;
}


static int
hook_sign(hook_t *h)
{
    int              rc;
    unsigned         i, n;
    uint64_t         random;
    wismo_out_t      out;
    wismo_str_t      secret;
    wismo_signed_t   headers[WISMO_SIGNED_MAX];

    wismo_str_null(&secret);

    rc = hook_secret(h, &secret);

    if (rc != FETCH_EXIT_OK) {
        return rc;
    }

    if (h->options.id) {
        h->id = wismo_str_of(h->options.id);

    } else {

        if (getrandom(&random, sizeof(random), 0) != sizeof(random)) {
            random = (uint64_t) time(NULL);
        }

        wismo_out_init(&out, &h->pool, 32);
        wismo_out_printf(&out, "msg_%016llx", (unsigned long long) random);

        h->id.data = out.start;
        h->id.len = (size_t) (out.pos - out.start);
    }

    rc = wismo_verifier_sign(&h->pool, h->verifier, &secret, &h->id, &h->body,
                             (int64_t) time(NULL), headers, &n);

    if (rc == WISMO_DECLINED && wismo_verifier_public(h->verifier)) {
        fprintf(stderr, "wismo hook: %s: no private key of this kind: "
                        "expected PEM without a passphrase, or \"whsk_...\" "
                        "of Ed25519\n", h->options.secret_file);
        return FETCH_EXIT_USAGE;
    }

    if (rc != WISMO_OK) {
        fputs("wismo hook: the push cannot be signed\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    wismo_str_set(&h->headers[0].name, "Content-Type");
    wismo_str_set(&h->headers[0].value, "application/json");
    h->nheaders = 1;

    for (i = 0; i < n; i++) {
        h->headers[h->nheaders].name = headers[i].name;
        h->headers[h->nheaders++].value = headers[i].value;
    }

    return FETCH_EXIT_OK;
}


static int
hook_secret(hook_t *h, wismo_str_t *secret)
{
    wismo_str_t    file;
    wismo_keys_t   keys;
    wismo_error_t  err;

    if (wismo_verifier_header(h->verifier)->len == 0) {
        return FETCH_EXIT_OK;
    }

    if (h->options.secret_file == NULL) {
        fputs("wismo hook: these pushes are signed: expected --secret-file "
              "FILE\n", stderr);
        return FETCH_EXIT_USAGE;
    }

    memset(&err, 0, sizeof(wismo_error_t));

    if (fetch_read_file(&h->pool, h->options.secret_file, HOOK_SECRET_MAX,
                        &file, &err) != WISMO_OK)
    {
        fprintf(stderr, "wismo: %s\n", err.text);
        return FETCH_EXIT_USAGE;
    }

    if (wismo_verifier_public(h->verifier)) {
        *secret = file;
        return FETCH_EXIT_OK;
    }

    if (wismo_verifier_keys(&h->pool, h->verifier, &file, &keys, &err)
        != WISMO_OK)
    {
        fprintf(stderr, "wismo: %s:%u: %s\n", h->options.secret_file,
                err.line, err.text);
        return FETCH_EXIT_USAGE;
    }

    *secret = keys.keys[0].secret;

    return FETCH_EXIT_OK;
}


static void
hook_print(const hook_t *h)
{
    unsigned  i;

    for (i = 0; i < h->nheaders; i++) {
        printf("%.*s: %.*s\n", (int) h->headers[i].name.len,
               (char *) h->headers[i].name.data,
               (int) h->headers[i].value.len,
               (char *) h->headers[i].value.data);
    }

    putchar('\n');
    (void) fwrite(h->body.data, 1, h->body.len, stdout);
    (void) fflush(stdout);
}


static int
hook_send(hook_t *h)
{
    double            began;
    unsigned          ready;
    fetch_http_t     *http;
    fetch_request_t   req;

    http = fetch_http_create();

    if (http == NULL) {
        fputs("wismo: out of memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    memset(&req, 0, sizeof(fetch_request_t));

    wismo_str_set(&req.method, "POST");
    req.url = wismo_str_of(h->options.url);
    req.headers = h->headers;
    req.nheaders = h->nheaders;
    req.body = h->body;

    began = hook_now();

    if (fetch_http_send(http, &req, true, hook_answer, h) != WISMO_OK) {
        fprintf(stderr, "wismo hook: nothing can be sent to \"%s\": expected "
                        "https, or http to loopback\n", h->options.url);
        fetch_http_destroy(http);
        return FETCH_EXIT_USAGE;
    }

    while (!h->done) {
        if (fetch_http_wait(http, NULL, 0, HOOK_WAIT, &ready) != WISMO_OK) {
            break;
        }
    }

    fetch_http_destroy(http);

    return hook_tell(h, hook_now() - began);
}


static void
hook_answer(void *data, const fetch_http_reply_t *reply)
{
    hook_t *h = data;

    size_t  i, len;

    h->done = true;
    h->status = reply->status;

    if (reply->status == 0) {
        snprintf(h->said, sizeof(h->said), "%s", reply->error);
        return;
    }

    len = (reply->body.len < HOOK_SHOWN) ? reply->body.len : HOOK_SHOWN;

    if (len) {
        memcpy(h->said, reply->body.data, len);
    }

    h->said[len] = '\0';

    for (i = 0; i < len; i++) {
        if ((unsigned char) h->said[i] < 0x20 || h->said[i] == 0x7f) {
            h->said[i] = ' ';
        }
    }

    while (len && h->said[len - 1] == ' ') {
        h->said[--len] = '\0';
    }
}


static int
hook_tell(const hook_t *h, double seconds)
{
    bool          taken;
    wismo_out_t   out;
    wismo_str_t   text;
    wismo_pool_t  pool;

    taken = (h->status / 100 == 2);

    text = wismo_str_of(h->said);

    if (h->options.json) {
        wismo_pool_init(&pool, 65536, NULL, NULL);
        wismo_out_init(&out, &pool, 1024);

        wismo_out_printf(&out, "{\"taken\":%s,\"status\":%d,\"ms\":%.1f,"
                         "\"bytes\":%zu,\"answer\":",
                         taken ? "true" : "false", h->status, seconds * 1000,
                         h->body.len);
        wismo_out_json_str(&out, &text);
        wismo_out_text(&out, "}\n");

        (void) fwrite(out.start, 1, (size_t) (out.pos - out.start), stdout);
        wismo_pool_done(&pool);

    } else if (h->status == 0) {
        printf("no answer after %.1f ms: %s\n", seconds * 1000, h->said);

    } else {
        printf("%s: %d after %.1f ms: %s\n", taken ? "taken" : "refused",
               h->status, seconds * 1000, h->said);
    }

    (void) fflush(stdout);

    return taken ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


static double
hook_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}
