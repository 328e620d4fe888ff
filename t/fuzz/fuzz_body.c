
/*
 * Copyright (C) The Wismo authors
 *
 * Orders as a shop may send them: what is accepted must be fit to be merged,
 * written and read, and what is not must be told with a place and a reason.
 */


#include "fuzz.h"

#include "wismo_document.h"
#include "wismo_merge.h"


#define FUZZ_ERRORS          8


static bool fuzz_carrier(void *data, const wismo_str_t *name);
static void fuzz_order(wismo_pool_t *pool, const wismo_order_t *from);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                 i, n;
    json_t             *json;
    wismo_str_t         text, copy;
    wismo_pool_t        pool;
    wismo_order_t       order;
    wismo_error_t       errors[FUZZ_ERRORS];
    wismo_body_rules_t  rules;

    if (size > 65536) {
        return 0;
    }

    text.data = (unsigned char *) data;
    text.len = size;
    copy = fuzz_copy(&text);

    json = json_loadb((char *) copy.data, copy.len, JSON_REJECT_DUPLICATES,
                      NULL);
    free(copy.data);

    if (json == NULL) {
        return 0;
    }

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    memset(&rules, 0, sizeof(wismo_body_rules_t));
    rules.carrier_ok = fuzz_carrier;
    rules.now = FUZZ_NOW;
    rules.events = json_object_get(json, "number") != NULL;

    memset(errors, 0, sizeof(errors));

    n = wismo_order_body(&pool, json, &rules, NULL, errors, FUZZ_ERRORS);

    for (i = 0; i < n && i < FUZZ_ERRORS; i++) {
        fuzz_check(errors[i].text[0] != '\0');
    }

    (void) wismo_order_carriers(json, &rules);

    rules.carrier_ok = NULL;

    if (wismo_order_body(&pool, json, &rules, &order, errors, FUZZ_ERRORS)
        == 0)
    {
        if (!rules.events) {
            wismo_str_set(&order.number, "F1");
        }

        fuzz_order(&pool, &order);
    }

    json_decref(json);
    wismo_pool_done(&pool);

    return 0;
}


static bool
fuzz_carrier(void *data, const wismo_str_t *name)
{
    (void) data;

    return wismo_str_is(name, "ups") || wismo_str_is(name, "fedex");
}


static void
fuzz_order(wismo_pool_t *pool, const wismo_order_t *from)
{
    int               rc;
    unsigned          i;
    wismo_str_t       bytes, again;
    wismo_order_t     order, read;
    wismo_error_t     err;
    wismo_document_t  doc;

    order = *from;

    for (i = 0; i < order.nparcels; i++) {
        wismo_str_set(&order.parcels[i].source, "api");
        fuzz_text(&order.parcels[i].tracking_number);
        fuzz_text(&order.parcels[i].service);
    }

    fuzz_check(wismo_merge_order(pool, &order, NULL) == WISMO_OK);
    wismo_merge_rollup(&order);

    order.version = 1;
    order.updated_at = FUZZ_NOW;

    rc = wismo_document_write(pool, &order, &bytes);

    if (rc == WISMO_DECLINED) {
        return;                               /* too large */
    }

    fuzz_check(rc == WISMO_OK);
    fuzz_check(wismo_document_open(&bytes, &doc, &err) == WISMO_OK);

    rc = wismo_document_read(pool, &doc, &read, &err);

    if (rc != WISMO_OK) {
        fprintf(stderr, "%s: %s\n", err.at, err.text);
    }

    fuzz_check(rc == WISMO_OK);
    fuzz_check(wismo_document_write(pool, &read, &again) == WISMO_OK);
    fuzz_check(wismo_str_eq(&bytes, &again));
}
