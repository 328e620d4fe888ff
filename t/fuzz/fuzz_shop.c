
/*
 * Copyright (C) The Wismo authors
 *
 * Webhooks of shops.  The first line is the shop's name, the topic and when
 * it was sent, the rest the body.  What is understood has the names that Redis
 * is given, is added once however often it comes, and makes an order that the
 * API would take.
 */


#include "fuzz.h"

#include "fetch_shop.h"


#define FUZZ_SHARE           "ngx_wismo_module"
#define FUZZ_FAULTS          8


typedef struct {
    const char            *name;
    fetch_shop_adapter_t  *adapter;
} fuzz_shop_t;

typedef struct {
    const wismo_str_t     *topic_header;
    const wismo_str_t     *sent_header;
    wismo_str_t            topic;
    wismo_str_t            sent;
} fuzz_headers_t;


static void fuzz_load(void);
static bool fuzz_header(void *data, const char *name, wismo_str_t *value);
static void fuzz_add(const fetch_shop_t *shop, wismo_pool_t *pool,
    const fetch_shop_message_t *message);

static fuzz_shop_t     shops[] = {
    { "shopify", NULL }, { "woocommerce", NULL }, { "standard", NULL }
};
static wismo_pool_t    kept;
static fetch_names_t  *names;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                    rc;
    bool                   known;
    size_t                 i;
    wismo_str_t            rest, line, word;
    fetch_shop_t           shop;
    wismo_pool_t           pool;
    wismo_error_t          err;
    fuzz_headers_t         headers;
    fetch_shop_message_t   message;

    if (names == NULL) {
        fuzz_load();
    }

    rest.data = (unsigned char *) data;
    rest.len = size;
    line = fuzz_line(&rest);
    word = fuzz_word(&line);

    memset(&shop, 0, sizeof(fetch_shop_t));
    wismo_str_set(&shop.name, "hook");
    shop.brand = "";
    shop.prefix = "";

    for (i = 0; i < sizeof(shops) / sizeof(shops[0]); i++) {
        if (word.len == strlen(shops[i].name)
            && memcmp(word.data, shops[i].name, word.len) == 0)
        {
            shop.file = shops[i].name;
            shop.adapter = shops[i].adapter;
        }
    }

    if (shop.adapter == NULL) {
        return 0;
    }

    headers.topic_header = fetch_shop_topic_header(shop.adapter);
    headers.sent_header = fetch_shop_sent_header(shop.adapter);
    headers.topic = fuzz_word(&line);
    headers.sent = line;

    rest = fuzz_copy(&rest);
    known = false;
    memset(&message, 0, sizeof(fetch_shop_message_t));
    memset(&err, 0, sizeof(wismo_error_t));

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    rc = fetch_shop_read(&shop, &pool, &rest, fuzz_header, &headers, FUZZ_NOW,
                         &message, &known, &err);

    fuzz_check(rc != WISMO_DECLINED || err.text[0] != '\0');

    if (rc == WISMO_OK && message.fact) {
        fuzz_check(strlen(message.id) <= FETCH_SHOP_ID_MAX);
        fuzz_check(strlen(message.number) <= WISMO_ORDER_NUMBER_MAX);
        fuzz_add(&shop, &pool, &message);
    }

    json_decref(message.fact);
    wismo_pool_done(&pool);
    free(rest.data);

    return 0;
}


static void
fuzz_load(void)
{
    char           path[64];
    size_t         i;
    wismo_error_t  errors[FUZZ_FAULTS];

    for (i = 0; i < sizeof(shops) / sizeof(shops[0]); i++) {
        (void) snprintf(path, sizeof(path), FUZZ_SHARE "/shops/%s.json",
                        shops[i].name);
        fuzz_check(fetch_shop_load(path, &shops[i].adapter, errors,
                                   FUZZ_FAULTS) == 0);
    }

    wismo_pool_init(&kept, FUZZ_POOL, NULL, NULL);
    names = fetch_names_read(&kept, FUZZ_SHARE);
    fuzz_check(names != NULL);
}


static bool
fuzz_header(void *data, const char *name, wismo_str_t *value)
{
    fuzz_headers_t  *headers = data;

    if (headers->topic_header->len == strlen(name)
        && memcmp(headers->topic_header->data, name, strlen(name)) == 0)
    {
        *value = headers->topic;
        return headers->topic.len > 0;
    }

    if (headers->sent_header->len == strlen(name)
        && memcmp(headers->sent_header->data, name, strlen(name)) == 0)
    {
        *value = headers->sent;
        return headers->sent.len > 0;
    }

    return false;
}


static void
fuzz_add(const fetch_shop_t *shop, wismo_pool_t *pool,
    const fetch_shop_message_t *message)
{
    int                  rc;
    bool                 changed;
    char                *once, *twice;
    json_t              *body, *made;
    wismo_error_t        left[FUZZ_FAULTS];
    wismo_order_t        order;
    fetch_shop_rules_t   rules;

    if (message->kind != FETCH_SHOP_ORDER && message->kind
        != FETCH_SHOP_SHIPMENT && message->kind != FETCH_SHOP_EVENT
        && message->kind != FETCH_SHOP_REMOVED)
    {
        return;
    }

    body = json_object();
    fuzz_check(body != NULL);

    rc = fetch_shop_add(body, shop, message, &changed);

    if (rc != WISMO_OK) {
        json_decref(body);
        return;
    }

    once = json_dumps(body, JSON_SORT_KEYS);

    fuzz_check(fetch_shop_add(body, shop, message, &changed) == WISMO_OK);
    fuzz_check(!changed);

    twice = json_dumps(body, JSON_SORT_KEYS);
    fuzz_check(once && twice && strcmp(once, twice) == 0);

    memset(&rules, 0, sizeof(fetch_shop_rules_t));
    rules.names = names;
    rules.now = FUZZ_NOW;
    rules.left = left;
    rules.max = FUZZ_FAULTS;

    made = fetch_shop_order(pool, shop, body, &rules, &order);
    fuzz_check(made != NULL);

    json_decref(made);
    json_decref(body);
    free(once);
    free(twice);
}
