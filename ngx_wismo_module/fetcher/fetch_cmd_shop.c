
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo shop parse" shows what is made of a shop's webhook: the debugger of
 * whoever maps one.  "wismo shop check" validates a shop's file.
 *
 * It asks nobody and touches no Redis; "wismo shop status" does, and has a
 * file of its own.
 */


#include "fetch_cmd.h"
#include "fetch_config.h"
#include "fetch_read.h"
#include "fetch_share.h"

#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>


#define SHOP_BODY_MAX        (4 * 1024 * 1024)
#define SHOP_POOL            (256 * 1024 * 1024)
#define SHOP_FAULTS          64
#define SHOP_LEFT            64


typedef struct {
    const char           *call;
    const char           *name;
    const char           *file;
    const char           *topic;
    const char           *sent;
    const wismo_str_t    *topic_header;
} shop_options_t;


static error_t shop_option(int key, char *arg, struct argp_state *state);
static int shop_check(const char *path);
static int shop_load(shop_options_t *o, fetch_shop_t *shop);
static int shop_parse(shop_options_t *o);
static int shop_file(wismo_pool_t *pool, const char *file, wismo_str_t *body,
    wismo_error_t *err);
static bool shop_header(void *data, const char *name, wismo_str_t *value);
static json_t *shop_made(wismo_pool_t *pool, const fetch_shop_t *shop,
    const fetch_shop_message_t *message);
static json_t *shop_left(const fetch_shop_rules_t *rules);


static const struct argp_option  shop_opts[] = {

    { "sent", 's', "TIME", 0,
      "when it was sent, where the shop says so in a header", 0 },

    { "topic", 't', "TOPIC", 0,
      "its topic, where that is in a header", 0 },

    { 0 }
};


static const struct argp  shop_argp = {
    shop_opts, shop_option, "parse SHOP FILE\ncheck FILE...\nstatus [SHOP...]",
    "What is made of a shop's webhook; checks a shop's file; what became of "
    "webhooks (\"status --help\").\v"
    "SHOP is a name (shopify, woocommerce, standard) or a file (./my.json); "
    "FILE is a webhook's body, \"-\" for standard input.  Exit status 0: it "
    "can be used, 1 if not, 2 for unusable arguments.",
    NULL, NULL, NULL
};


static error_t
shop_option(int key, char *arg, struct argp_state *state)
{
    shop_options_t  *o = state->input;

    switch (key) {

    case 's':
        o->sent = arg;
        break;

    case 't':
        o->topic = arg;
        break;

    case ARGP_KEY_ARG:

        if (state->arg_num == 0) {
            o->call = arg;

        } else if (state->arg_num == 1) {
            o->name = arg;

        } else if (state->arg_num == 2 && strcmp(o->call, "parse") == 0) {
            o->file = arg;

        } else {
            argp_error(state, "too many arguments");
        }

        break;

    case ARGP_KEY_END:

        if (state->arg_num == 0
            || (strcmp(o->call, "parse") != 0
                && strcmp(o->call, "check") != 0))
        {
            argp_error(state, "expected \"parse\", \"check\" or \"status\"");
        }

        if (o->name == NULL
            || (strcmp(o->call, "parse") == 0 && o->file == NULL))
        {
            argp_error(state, "expected \"parse SHOP FILE\" or \"check "
                              "FILE\"");
        }

        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_shop(int argc, char **argv)
{
    int             i, rc;
    shop_options_t  o;

    if (argc > 1 && strcmp(argv[1], "status") == 0) {
        return fetch_cmd_shop_status(argc - 1, argv + 1);
    }

    memset(&o, 0, sizeof(shop_options_t));

    /* any number of files may be checked */

    if (argc > 2 && strcmp(argv[1], "check") == 0 && argv[2][0] != '-') {
        rc = FETCH_EXIT_OK;

        for (i = 2; i < argc; i++) {
            if (shop_check(argv[i]) != FETCH_EXIT_OK) {
                rc = FETCH_EXIT_FAILED;
            }
        }

        return rc;
    }

    argp_parse(&shop_argp, argc, argv, 0, NULL, &o);

    return strcmp(o.call, "check") == 0 ? shop_check(o.name)
                                        : shop_parse(&o);
}


static int
shop_check(const char *path)
{
    int                    i, n;
    char                   text[FETCH_FAULT];
    wismo_error_t          errors[SHOP_FAULTS];
    fetch_shop_adapter_t  *a;

    n = fetch_shop_load(path, &a, errors, SHOP_FAULTS);

    for (i = 0; i < n && i < SHOP_FAULTS; i++) {
        fetch_read_fault(path, &errors[i], text, sizeof(text));
        puts(text);
    }

    if (n == 0) {
        printf("%s: good\n", path);
    }

    fetch_shop_free(a);

    return n ? FETCH_EXIT_FAILED : FETCH_EXIT_OK;
}


static int
shop_load(shop_options_t *o, fetch_shop_t *shop)
{
    int             i, n;
    char            path[PATH_MAX], text[FETCH_FAULT];
    wismo_error_t   errors[SHOP_FAULTS];

    n = strchr(o->name, '/')
        ? snprintf(path, sizeof(path), "%s", o->name)
        : snprintf(path, sizeof(path), "%s/shops/%s.json", fetch_share(),
                   o->name);

    if (n < 0 || n >= (int) sizeof(path)) {
        fputs("wismo shop: the shop's name is too long\n", stderr);
        return FETCH_EXIT_USAGE;
    }

    n = fetch_shop_load(path, &shop->adapter, errors, SHOP_FAULTS);

    for (i = 0; i < n && i < SHOP_FAULTS; i++) {
        fetch_read_fault(path, &errors[i], text, sizeof(text));
        fprintf(stderr, "wismo: %s\n", text);
    }

    if (n) {
        return FETCH_EXIT_USAGE;
    }

    o->topic_header = fetch_shop_topic_header(shop->adapter);

    return FETCH_EXIT_OK;
}


static int
shop_parse(shop_options_t *o)
{
    int                    rc;
    bool                   known;
    json_t                *out;
    wismo_str_t            body;
    fetch_shop_t           shop;
    wismo_pool_t           pool;
    wismo_error_t          err;
    fetch_shop_message_t   message;

    memset(&shop, 0, sizeof(fetch_shop_t));
    memset(&err, 0, sizeof(wismo_error_t));

    shop.name = wismo_str_of(o->name);
    shop.brand = "";
    shop.prefix = "";

    rc = shop_load(o, &shop);

    if (rc != FETCH_EXIT_OK) {
        return rc;
    }

    wismo_pool_init(&pool, SHOP_POOL, NULL, NULL);

    if (shop_file(&pool, o->file, &body, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: %s\n", err.text);
        rc = FETCH_EXIT_USAGE;
        goto done;
    }

    out = NULL;
    rc = fetch_shop_read(&shop, &pool, &body, shop_header, o,
                         (int64_t) time(NULL), &message, &known, &err);

    if (rc != WISMO_OK) {
        fprintf(stderr, "wismo: %s:%s: %s\n", o->file, err.at, err.text);
        rc = FETCH_EXIT_FAILED;
        goto done;
    }

    rc = FETCH_EXIT_OK;

    if (!known) {
        fprintf(stderr, "wismo: %s: the topic \"%.*s\" is not known to the "
                        "shop's file: it would be counted and passed over%s\n",
                o->file, (int) message.topic.len,
                (char *) message.topic.data,
                o->topic || message.topic.len ? "" : "; expected --topic");
        rc = FETCH_EXIT_FAILED;
        goto done;
    }

    out = json_pack("{s:s#, s:s, s:s, s:s, s:s, s:O?}",
                    "topic", (char *) message.topic.data,
                    (int) message.topic.len,
                    "kind", (char *[]) { "none", "order", "shipment", "event",
                                         "removed", "redact", "redact_shop",
                                         "data_request" }[message.kind],
                    "id", message.id, "number", message.number,
                    "at", message.at, "said", message.fact);

    if (out && (message.kind == FETCH_SHOP_ORDER
                || message.kind == FETCH_SHOP_SHIPMENT))
    {
        (void) json_object_update_new(out, shop_made(&pool, &shop, &message));
    }

    if (out == NULL || json_dumpf(out, stdout, JSON_INDENT(2)) != 0) {
        rc = FETCH_EXIT_FAILED;
    }

    putchar('\n');

    json_decref(out);
    json_decref(message.fact);

done:

    fetch_shop_free(shop.adapter);
    wismo_pool_done(&pool);

    return rc;
}


static int
shop_file(wismo_pool_t *pool, const char *file, wismo_str_t *body,
    wismo_error_t *err)
{
    if (strcmp(file, "-") != 0) {
        return fetch_read_file(pool, file, SHOP_BODY_MAX, body, err);
    }

    body->data = wismo_palloc(pool, SHOP_BODY_MAX + 1);
    body->len = body->data ? fread(body->data, 1, SHOP_BODY_MAX + 1, stdin)
                           : 0;

    if (body->data == NULL || ferror(stdin) || body->len > SHOP_BODY_MAX) {
        wismo_error_set(err, "", "expected at most %d bytes of standard "
                        "input", SHOP_BODY_MAX);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static bool
shop_header(void *data, const char *name, wismo_str_t *value)
{
    const char            *text;
    const shop_options_t  *o = data;

    text = (strcmp(name, (char *) o->topic_header->data) == 0) ? o->topic
                                                               : o->sent;

    if (text == NULL) {
        return false;
    }

    value->data = (unsigned char *) text;
    value->len = strlen(text);

    return true;
}


/* The order that it would make if nothing else was known of it. */

static json_t *
shop_made(wismo_pool_t *pool, const fetch_shop_t *shop,
    const fetch_shop_message_t *message)
{
    bool                 changed;
    json_t              *body, *order, *out;
    unsigned             i;
    wismo_error_t        left[SHOP_LEFT];
    wismo_order_t        unused;
    fetch_shop_rules_t   rules;

    memset(&rules, 0, sizeof(fetch_shop_rules_t));

    rules.names = fetch_names_read(pool, fetch_share());
    rules.now = (int64_t) time(NULL);
    rules.left = left;
    rules.max = SHOP_LEFT;

    body = json_object();
    order = NULL;

    if (rules.names && body
        && fetch_shop_add(body, shop, message, &changed) == WISMO_OK)
    {
        order = fetch_shop_order(pool, shop, body, &rules, &unused);
    }

    out = json_pack("{s:o?, s:o, s:[]}", "order", order, "left_out",
                    shop_left(&rules), "unmapped");

    for (i = 0; i < rules.unmapped.nunmapped; i++) {
        (void) json_array_append_new(json_object_get(out, "unmapped"),
            json_stringn((char *) rules.unmapped.unmapped[i].data,
                         rules.unmapped.unmapped[i].len));
    }

    json_decref(body);

    return out;
}


static json_t *
shop_left(const fetch_shop_rules_t *rules)
{
    json_t    *list;
    unsigned   i;

    list = json_array();

    for (i = 0; i < rules->nleft && i < rules->max; i++) {
        (void) json_array_append_new(list, json_pack("{s:s, s:s}", "pointer",
                                                     rules->left[i].at,
                                                     "detail",
                                                     rules->left[i].text));
    }

    return list;
}
