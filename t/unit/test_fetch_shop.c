
/*
 * Copyright (C) The Wismo authors
 *
 * What shops say of their orders, in every order and repeated: the order that
 * is made of it must be the same to the byte.  And what carriers are called.
 *
 * WISMO_SEED repeats a run, WISMO_WORLDS makes a longer one.
 */


#include "test.h"

#include "fetch_shop.h"


#define NOW        INT64_C(1796000000)    /* 2026-11-30 */
#define MESSAGES   16
#define WAYS       6


typedef struct {
    char               topic[40];
    char               sent[40];
    char               body[2048];
} sent_t;


typedef struct {
    wismo_pool_t       pool;
    fetch_shop_t       shop;
    fetch_names_t     *names;
    sent_t             sent[MESSAGES];
    unsigned           n;
} world_t;


static uint64_t  seed;


static unsigned
pick(unsigned n)
{
    seed = seed * UINT64_C(6364136223846793005)
           + UINT64_C(1442695040888963407);

    return (unsigned) (seed >> 33) % n;
}


static bool
header(void *data, const char *name, wismo_str_t *value)
{
    sent_t  *s = data;

    value->data = (unsigned char *) (strstr(name, "opic") ? s->topic
                                                          : s->sent);
    value->len = strlen((char *) value->data);

    return value->len != 0;
}


/* Few seconds, so that many things happen in the same one. */

static void
fulfilment(char *buf, size_t size, unsigned id, unsigned at)
{
    static const char *const  names[] = { "UPS", "Fed Ex", "Pony Express" };
    static const char *const  numbers[] = {
        "[\"1Z999AA10123456784\"]", "[\"986578788855\",\"986578788866\"]",
        "[]", "[\"1Z999AA10123456784\",\"77\"]"
    };

    /* what it says follows from its id and its time, as at a shop */

    snprintf(buf, size,
             "{\"id\":%u,\"order_id\":7,\"name\":\"#1001.%u\","
             "\"status\":\"%s\",\"created_at\":\"2026-11-21T10:00:00Z\","
             "\"updated_at\":\"2026-11-21T10:00:%02uZ\","
             "\"tracking_company\":\"%s\",\"tracking_numbers\":%s,"
             "\"line_items\":[{\"id\":%u,\"quantity\":1}]}",
             id, id, (id * 7 + at) % 5 == 0 ? "cancelled" : "success", at,
             names[(id + at) % 3], numbers[(id * 3 + at) % 4], 1 + at % 2);
}


static void
make(world_t *w)
{
    char       one[600], two[600];
    sent_t    *s;
    unsigned   i, at, id;

    static const char *const  topics[] = {
        "orders/create", "orders/updated", "orders/cancelled"
    };
    static const char *const  codes[] = {
        "in_transit", "out_for_delivery", "delivered", "odd"
    };

    w->n = 4 + pick(MESSAGES - 4);

    for (i = 0; i < w->n; i++) {
        s = &w->sent[i];
        at = pick(4);
        id = 1 + pick(3);

        snprintf(s->sent, sizeof(s->sent), "2026-11-21T10:00:%02u.%03uZ", at,
                 pick(3));

        switch (pick(3)) {

        case 0:
            fulfilment(one, sizeof(one), id, pick(4));
            fulfilment(two, sizeof(two), 1 + id % 3, pick(4));

            snprintf(s->topic, sizeof(s->topic), "%s", topics[pick(3)]);
            snprintf(s->body, sizeof(s->body),
                     "{\"id\":7,\"name\":\"#1001\","
                     "\"email\":\"a%u@b.example\","
                     "\"updated_at\":\"2026-11-21T10:00:%02uZ\","
                     "\"cancelled_at\":%s,\"line_items\":[{\"id\":1,"
                     "\"name\":\"Mug %u\",\"current_quantity\":%u},{\"id\":2,"
                     "\"name\":\"Pot\",\"quantity\":1}],"
                     "\"fulfillments\":[%s,%s]}",
                     pick(2), at, pick(4) ? "null" : "\"2026-11-21\"",
                     pick(2), pick(3), one, two);
            break;

        case 1:
            snprintf(s->topic, sizeof(s->topic), "fulfillments/%s",
                     pick(2) ? "create" : "update");
            fulfilment(s->body, sizeof(s->body), id, pick(4));
            break;

        default:
            snprintf(s->topic, sizeof(s->topic), "fulfillment_events/create");
            snprintf(s->body, sizeof(s->body),
                     "{\"id\":%u,\"order_id\":7,\"fulfillment_id\":%u,"
                     "\"status\":\"%s\",\"message\":\"m%u\",\"city\":\"C\","
                     "\"happened_at\":\"2026-11-21T1%u:00:00-05:00\","
                     "\"updated_at\":\"2026-11-21T10:00:%02uZ\"}",
                     100 + pick(5), id, codes[pick(4)], pick(2), pick(5), at);
        }
    }
}


/* All messages, in a way of their own, some of them twice; the order's and
 * the kept facts' text. */

static char *
play(world_t *w)
{
    bool                  known, changed;
    char                 *text, *kept;
    json_t               *body, *order;
    unsigned              i, j, k, swap, way[2 * MESSAGES];
    wismo_str_t           bytes;
    wismo_out_t           out;
    wismo_error_t         err;
    wismo_order_t         made;
    fetch_shop_rules_t    rules;
    fetch_shop_message_t  message;

    for (i = 0; i < w->n; i++) {
        way[i] = i;
    }

    for ( /* void */ ; i < w->n + w->n / 2; i++) {
        way[i] = pick(w->n);
    }

    for (j = i; j > 1; j--) {
        k = pick(j);
        swap = way[k];
        way[k] = way[j - 1];
        way[j - 1] = swap;
    }

    body = json_object();

    for (j = 0; j < i; j++) {
        bytes.data = (unsigned char *) w->sent[way[j]].body;
        bytes.len = strlen(w->sent[way[j]].body);

        assert_int_equal(fetch_shop_read(&w->shop, &w->pool, &bytes, header,
                                         &w->sent[way[j]], NOW, &message,
                                         &known, &err), WISMO_OK);
        assert_true(known);
        assert_int_equal(fetch_shop_add(body, &w->shop, &message, &changed),
                         WISMO_OK);

        /* twice in a row is once */

        assert_int_equal(fetch_shop_add(body, &w->shop, &message, &changed),
                         WISMO_OK);
        assert_false(changed);

        json_decref(message.fact);

        /* what is kept is written and read in between */

        text = json_dumps(body, JSON_COMPACT);
        json_decref(body);
        body = json_loads(text, 0, NULL);
        assert_non_null(body);
        free(text);
    }

    memset(&rules, 0, sizeof(fetch_shop_rules_t));
    rules.names = w->names;
    rules.now = NOW;

    order = fetch_shop_order(&w->pool, &w->shop, body, &rules, &made);
    assert_non_null(order);

    text = json_dumps(order, JSON_COMPACT|JSON_SORT_KEYS);
    kept = json_dumps(json_object_get(body, "shop"),
                      JSON_COMPACT|JSON_SORT_KEYS);

    wismo_out_init(&out, &w->pool, 4096);
    wismo_out_printf(&out, "%s\n%s", text, kept);
    wismo_out_bytes(&out, "", 1);
    assert_false(out.failed);

    free(text);
    free(kept);
    json_decref(order);
    json_decref(body);

    return (char *) out.start;
}


static void
world(world_t *w)
{
    wismo_error_t  err;

    memset(w, 0, sizeof(world_t));
    wismo_pool_init(&w->pool, 64 * 1024 * 1024, NULL, NULL);

    wismo_str_set(&w->shop.name, "shopify");
    w->shop.brand = "";
    w->shop.prefix = "";

    assert_int_equal(fetch_shop_load("ngx_wismo_module/shops/shopify.json",
                                     &w->shop.adapter, &err, 1), 0);

    w->names = fetch_names_read(&w->pool, "ngx_wismo_module");
    assert_non_null(w->names);
}


static void
world_done(world_t *w)
{
    fetch_shop_free(w->shop.adapter);
    wismo_pool_done(&w->pool);
}


static void
test_converges(void **state)
{
    char        *first, *other;
    world_t      w;
    unsigned     i, j, n;
    uint64_t     began;
    const char  *text;

    (void) state;

    text = getenv("WISMO_SEED");
    seed = text ? strtoull(text, NULL, 10) : 1;
    text = getenv("WISMO_WORLDS");
    n = text ? (unsigned) strtoul(text, NULL, 10) : 300;

    for (i = 0; i < n; i++) {
        began = seed;
        world(&w);
        make(&w);
        first = play(&w);

        for (j = 1; j < WAYS; j++) {
            other = play(&w);

            if (strcmp(first, other) != 0) {
                print_error("WISMO_SEED=%llu\n%s\n%s\n",
                            (unsigned long long) began, first, other);
            }

            assert_string_equal(first, other);
        }

        world_done(&w);
    }
}


static void
test_names(void **state)
{
    size_t         i;
    world_t        w;
    wismo_str_t    name, second, number, text, carrier;

    static const struct {
        const char  *text;
        const char  *number;
        const char  *carrier;
    } cases[] = {
        { "UPS", "1Z999AA10123456784", "ups" },
        { "ups", "1Z999AA10123456784", "ups" },
        { "United Parcel Service", "x", "ups" },
        { "fed-ex", "986578788855", "parcels-us" },
        { "FedEx Ground", "986578788855", "parcels-us" },
        { "parcels us", "1", "parcels-us" },
        { "", "1Z999AA10123456784", "ups" },
        { "Other", "1Z999AA10123456784", "ups" },
        { "Other", "??", "other" },
        { "Canada Post", "1Z999AA10123456784", "canadapost" },
        { "Pony Express, Inc.", "12", "pony-express-inc" },
        { "\xc3\x96sterreichische Post", "12", "sterreichische-post" },
        { "!!!", "12", "other" },
    };

    (void) state;

    world(&w);

    name = str("ups");
    fetch_names_account(w.names, &name, "ups");

    second = str("parcels-us");
    fetch_names_account(w.names, &second, "fedex");

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text.data = (unsigned char *) cases[i].text;
        text.len = strlen(cases[i].text);
        number.data = (unsigned char *) cases[i].number;
        number.len = strlen(cases[i].number);

        assert_int_equal(fetch_names_find(w.names, &w.pool, &text, &number,
                                          &carrier), WISMO_OK);

        if (!wismo_str_is(&carrier, cases[i].carrier)) {
            print_error("\"%s\" is \"%.*s\", not \"%s\"\n", cases[i].text,
                        (int) carrier.len, carrier.data, cases[i].carrier);
        }

        assert_true(wismo_str_is(&carrier, cases[i].carrier));
    }

    world_done(&w);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_converges),
        cmocka_unit_test(test_names),
    };

    return test_run("shops", tests, countof(tests));
}
