
/*
 * Copyright (C) The Wismo authors
 *
 * Bodies of the orders API as shops get them wrong: every fault must be told,
 * at its place, in words that help; and nothing of a person may get into the
 * order that is shown.
 */


#include "test.h"

#include "wismo_merge.h"

#include <jansson.h>


#define NOW       INT64_C(1764000000)     /* 2025-11-24T16:00:00Z */
#define FAULTS    16


typedef struct {
    wismo_pool_t      pool;
    wismo_order_t     order;
    wismo_error_t     errors[FAULTS];
    int               n;
} fixture_t;


static bool
carrier_ok(void *data, const wismo_str_t *name)
{
    (void) data;

    return wismo_str_is(name, "ups") || wismo_str_is(name, "fedex");
}


static void
check(fixture_t *f, const char *text, bool events)
{
    json_t              *body;
    json_error_t         error;
    wismo_body_rules_t   rules;

    rules.carrier_ok = carrier_ok;
    rules.data = NULL;
    rules.events = events;
    rules.now = NOW;

    body = json_loads(text, JSON_DECODE_ANY, &error);

    if (body == NULL) {
        fail_msg("%s: %s", error.text, text);
    }

    wismo_pool_init(&f->pool, 16 << 20, NULL, NULL);

    f->n = wismo_order_body(&f->pool, body, &rules, &f->order, f->errors,
                            FAULTS);

    /* checking alone finds the same */

    assert_int_equal(f->n, wismo_order_body(&f->pool, body, &rules, NULL,
                                            f->errors, FAULTS));

    /* the order must not live in the body */

    json_decref(body);
}


static void
test_whole_body(void **state)
{
    fixture_t              f;
    const wismo_order_t   *o;
    const wismo_parcel_t  *p;

    (void) state;

    check(&f,
        "{\"brand\":\"acme\",\"placed_at\":\"2025-11-20T10:00:00+01:00\","
        "\"locale\":\"pt-BR\",\"currency\":\"eur\","
        "\"customer\":{\"name\":\"Zo\xc3\xab Secret\","
        "\"email\":\"zoe@example.com\",\"phone\":\"+44 20 7946 0000\"},"
        "\"ship_to\":{\"name\":\"Zo\xc3\xab Secret\","
        "\"line1\":\"1 Secret St\","
        "\"line2\":null,\"city\":\"K\xc3\xb6ln\",\"region\":\"NW\","
        "\"postal_code\":\"50667\",\"country\":\"de\"},"
        "\"items\":[{\"id\":\"i1\",\"sku\":\"S-1\",\"name\":\"Mug\","
        "\"quantity\":2,\"image_url\":\"https://cdn.example/m.jpg\","
        "\"url\":\"https://shop.example/m?x=1#y\"},{\"name\":\"Card\"}],"
        "\"promised\":{\"from\":\"2025-11-25\",\"until\":\"2025-11-27\"},"
        "\"shipments\":[{\"carrier\":\"UPS\","
        "\"tracking_number\":\" 1z 999-aa1.01 \",\"service\":\"Ground\","
        "\"tracking_url\":\"https://ups.example/1Z\","
        "\"shipped_at\":\"2025-11-21T08:00:00Z\","
        "\"items\":[{\"id\":\"i1\",\"quantity\":1}]},"
        "{\"id\":\"p1\",\"carrier\":\"fedex\",\"tracking_number\":\"77\","
        "\"pickup\":{\"name\":\"Corner shop\",\"address\":\"1 High St\","
        "\"hours\":\"Mon-Sat 8-20\",\"code\":\"4711\"},"
        "\"partner\":{\"carrier\":\"USPS\",\"tracking_number\":\"9 4-1\"}}],"
        "\"metadata\":{\"campaign\":\"autumn\"}}", false);

    assert_int_equal(f.n, 0);

    o = &f.order;

    assert_str(o->brand, "acme");
    assert_str(o->locale, "pt-BR");
    assert_str(o->currency, "EUR");
    assert_str(o->city, "K\xc3\xb6ln");
    assert_str(o->country, "DE");
    assert_int_equal(o->placed_at, 1763629200);
    assert_true(o->promised_days);
    assert_int_equal(o->promised_until - o->promised_from, 2 * 86400);
    assert_false(o->cancelled);

    assert_int_equal(o->nitems, 2);
    assert_int_equal(o->items[0].quantity, 2);
    assert_int_equal(o->items[1].quantity, 1);
    assert_int_equal(o->items[1].id.len, 0);

    assert_int_equal(o->nparcels, 2);
    p = o->parcels;

    assert_str(p[0].carrier, "ups");
    assert_str(p[0].tracking_number, "1Z999AA101");
    assert_int_equal(p[0].nitems, 1);
    assert_true(p[0].id_default);
    assert_str(p[0].id, "p2");
    assert_false(p[1].id_default);
    assert_str(p[1].id, "p1");
    assert_int_equal(p[1].shipped_at, WISMO_TIME_NONE);
    assert_int_equal(p[0].pickup.code.len, 0);
    assert_str(p[1].pickup.name, "Corner shop");
    assert_str(p[1].pickup.address, "1 High St");
    assert_str(p[1].pickup.hours, "Mon-Sat 8-20");
    assert_str(p[1].pickup.code, "4711");
    assert_str(p[1].partner, "usps");
    assert_str(p[1].partner_number, "941");

    wismo_pool_done(&f.pool);
}


static void
test_small_bodies(void **state)
{
    fixture_t  f;

    (void) state;

    check(&f, "{}", false);
    assert_int_equal(f.n, 0);
    assert_int_equal(f.order.nparcels, 0);
    wismo_pool_done(&f.pool);

    check(&f, "{\"shipments\":[{\"carrier\":\"ups\","
              "\"tracking_number\":\"1Z1\"}]}", false);
    assert_int_equal(f.n, 0);
    assert_str(f.order.parcels[0].id, "p1");
    wismo_pool_done(&f.pool);

    check(&f, "{\"status\":\"cancelled\"}", false);
    assert_int_equal(f.n, 0);
    assert_true(f.order.cancelled);
    wismo_pool_done(&f.pool);

    check(&f, "{\"cancelled\":true,\"brand\":null,\"shipments\":null}",
          false);
    assert_int_equal(f.n, 0);
    assert_true(f.order.cancelled);
    wismo_pool_done(&f.pool);

    /* a day and a clock: until the day's end */

    check(&f, "{\"promised\":{\"from\":\"2025-11-25T08:00:00Z\","
              "\"until\":\"2025-11-25\"}}", false);
    assert_int_equal(f.n, 0);
    assert_false(f.order.promised_days);
    assert_int_equal(f.order.promised_until % 86400, 86399);
    wismo_pool_done(&f.pool);
}


#define SHIP(members)    "{\"shipments\":[{" members "}]}"
#define UPS              "\"carrier\":\"ups\",\"tracking_number\":\"1Z1\""


static void
test_faults(void **state)
{
    size_t      i;
    fixture_t   f;

    static const struct {
        const char  *body;
        const char  *at;
        const char  *text;
    } cases[] = {
        { "[]", "", "object" },
        { "\"x\"", "", "object" },
        { "{\"brnad\":\"x\"}", "/brnad", "unknown member" },
        { "{\"a/b~c\":1}", "/a~1b~0c", "unknown member" },
        { "{\"number\":\"1001\"}", "/number", "unknown member" },
        { "{\"brand\":7}", "/brand", "string" },
        { SHIP(UPS ",\"pickup\":7"), "/shipments/0/pickup", "object" },
        { SHIP(UPS ",\"pickup\":{\"qr\":\"1\"}"), "/shipments/0/pickup/qr",
          "unknown member" },
        { SHIP(UPS ",\"pickup\":{\"code\":7}"), "/shipments/0/pickup/code",
          "string" },
        { SHIP(UPS ",\"partner\":{}"), "/shipments/0/partner/carrier", "" },
        { SHIP(UPS ",\"partner\":{\"carrier\":\"a.b\"}"),
          "/shipments/0/partner/carrier", "name of a carrier" },
        { SHIP(UPS ",\"partner\":{\"carrier\":\"ups\","
               "\"tracking_number\":\"%\"}"),
          "/shipments/0/partner/tracking_number", "letters" },
        { "{\"brand\":\"a b\"}", "/brand", "letters" },
        { "{\"locale\":\"english please\"}", "/locale", "language tag" },
        { "{\"locale\":\"e\"}", "/locale", "language tag" },
        { "{\"currency\":\"EURO\"}", "/currency", "three letters" },
        { "{\"currency\":\"12E\"}", "/currency", "three letters" },
        { "{\"placed_at\":1763629200}", "/placed_at", "string" },
        { "{\"placed_at\":\"yesterday\"}", "/placed_at", "date" },
        { "{\"placed_at\":\"2025-02-30T00:00:00Z\"}", "/placed_at",
          "exists" },
        { "{\"placed_at\":\"2025-11-20T10:00:00\"}", "/placed_at",
          "offset" },
        { "{\"placed_at\":\"1970-01-01T00:00:00Z\"}", "/placed_at",
          "2000" },
        { "{\"placed_at\":\"2031-01-01T00:00:00Z\"}", "/placed_at",
          "year from now" },
        { "{\"cancelled\":\"yes\"}", "/cancelled", "true or false" },
        { "{\"status\":\"delivered\"}", "/status", "cancelled" },
        { "{\"promised\":\"soon\"}", "/promised", "object" },
        { "{\"promised\":{\"to\":\"2025-11-25\"}}", "/promised/to",
          "from, until" },
        { "{\"promised\":{\"from\":\"2025-11-25\","
          "\"until\":\"2025-11-24\"}}", "/promised/until", "before" },
        { "{\"customer\":[]}", "/customer", "object" },
        { "{\"customer\":{\"mail\":\"x\"}}", "/customer/mail", "email" },
        { "{\"customer\":{\"email\":\"x\"}}", "/customer/email", "address" },
        { "{\"customer\":{\"email\":\"a@b@c\"}}", "/customer/email",
          "address" },
        { "{\"customer\":{\"email\":\"a@b.c,d@e.f\"}}", "/customer/email",
          "address" },
        { "{\"customer\":{\"phone\":\"call me\"}}", "/customer/phone",
          "phone" },
        { "{\"customer\":{\"phone\":\"+44 +20 79460000\"}}", "/customer/phone",
          "phone" },
        { "{\"customer\":{\"phone\":\"44+20 79460000\"}}", "/customer/phone",
          "phone" },
        { "{\"ship_to\":{\"country\":\"Germany\"}}", "/ship_to/country",
          "two letters" },
        { "{\"ship_to\":{\"city\":\"K\\u0007\"}}", "/ship_to/city",
          "control" },
        { "{\"ship_to\":{\"city\":\"K\\u0085\"}}", "/ship_to/city",
          "control" },
        { "{\"items\":{}}", "/items", "array" },
        { "{\"items\":[7]}", "/items/0", "object" },
        { "{\"items\":[{\"quantity\":0}]}", "/items/0/quantity",
          "whole number" },
        { "{\"items\":[{\"quantity\":1.5}]}", "/items/0/quantity",
          "whole number" },
        { "{\"items\":[{\"name\":\"\\u202egnp.exe\"}]}", "/items/0/name",
          "direction" },
        { "{\"items\":[{\"id\":\"a\"},{\"id\":\"a\"}]}", "/items/1/id",
          "/items/0" },
        { "{\"items\":[{\"url\":\"http://x.example/\"}]}", "/items/0/url",
          "https://" },
        { "{\"items\":[{\"url\":\"javascript:alert(1)\"}]}", "/items/0/url",
          "https://" },
        { "{\"items\":[{\"url\":\"https://\"}]}", "/items/0/url",
          "https://" },
        { "{\"items\":[{\"url\":\"https:///x\"}]}", "/items/0/url",
          "https://" },
        { "{\"items\":[{\"url\":\"https://ups.com@evil.example/\"}]}",
          "/items/0/url", "https://" },
        { "{\"items\":[{\"image_url\":\"https://x/\\\"onload=\"}]}",
          "/items/0/image_url", "https://" },
        { "{\"shipments\":{}}", "/shipments", "array" },
        { "{\"shipments\":[null]}", "/shipments/0", "object" },
        { SHIP("\"tracking_number\":\"1Z\""), "/shipments/0/carrier",
          "required" },
        { SHIP("\"carrier\":\"ups\""), "/shipments/0/tracking_number",
          "required" },
        { SHIP("\"carrier\":\"ups\",\"tracking_number\":\"\""),
          "/shipments/0/tracking_number", "required" },
        { SHIP("\"carrier\":\"ups\",\"tracking_number\":null"),
          "/shipments/0/tracking_number", "required" },
        { SHIP("\"carrier\":\"ups\",\"tracking_number\":12345"),
          "/shipments/0/tracking_number", "string" },
        { SHIP("\"carrier\":\"ups\",\"tracking_number\":\" - \""),
          "/shipments/0/tracking_number", "letters" },
        { SHIP("\"carrier\":\"ups\",\"tracking_number\":\"1Z/../x\""),
          "/shipments/0/tracking_number", "letters" },
        { SHIP("\"carrier\":\"ups\",\"tracking_number\":\"12345678901234567"
               "8901234567890123456789012345678901\""),
          "/shipments/0/tracking_number", "1 to 50" },
        { SHIP("\"carrier\":\"dhl\",\"tracking_number\":\"1\""),
          "/shipments/0/carrier", "\"dhl\"" },
        { SHIP("\"carrier\":\"../ups\",\"tracking_number\":\"1\""),
          "/shipments/0/carrier", "letters" },
        { SHIP(UPS ",\"id\":\"a#b\""), "/shipments/0/id", "letters" },
        { SHIP(UPS ",\"trackingUrl\":\"x\""), "/shipments/0/trackingUrl",
          "tracking_url" },
        { SHIP(UPS ",\"tracking_url\":\"ftp://x\""),
          "/shipments/0/tracking_url", "https://" },
        { SHIP(UPS ",\"events\":[]"), "/shipments/0/events",
          "unknown member" },
        { SHIP(UPS ",\"items\":[{\"quantity\":1}]"),
          "/shipments/0/items/0/id", "required" },
        { "{\"items\":[{\"id\":\"a\"}],\"shipments\":[{" UPS
          ",\"items\":[{\"id\":\"b\"}]}]}", "/shipments/0/items/0/id",
          "order's items" },
        { SHIP(UPS ",\"items\":[{\"id\":\"a\"},{\"id\":\"a\"}]"),
          "/shipments/0/items/1/id", "once" },
        { "{\"shipments\":[{" UPS "},{\"carrier\":\"UPS\","
          "\"tracking_number\":\"1z-1\"}]}", "/shipments/1/tracking_number",
          "/shipments/0" },
        { "{\"shipments\":[{" UPS ",\"id\":\"x\"},{\"carrier\":\"ups\","
          "\"tracking_number\":\"2\",\"id\":\"x\"}]}", "/shipments/1/id",
          "/shipments/0" },
        { "{\"metadata\":[]}", "/metadata", "object" },
        { "{\"metadata\":{\"a\":1}}", "/metadata/a", "string" },
        { "{\"metadata\":{\"\":\"x\"}}", "/metadata/", "1 to 64" }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        check(&f, cases[i].body, false);

        if (f.n != 1 || strcmp(f.errors[0].at, cases[i].at) != 0
            || strstr(f.errors[0].text, cases[i].text) == NULL)
        {
            fail_msg("%s: %d faults, the first %s: %s", cases[i].body, f.n,
                     f.n ? f.errors[0].at : "-",
                     f.n ? f.errors[0].text : "-");
        }

        wismo_pool_done(&f.pool);
    }
}


static void
test_all_faults_at_once(void **state)
{
    int        i;
    fixture_t  f;

    static const char *const  at[] = {
        "/foo", "/currency", "/items/1/quantity", "/shipments/0/carrier",
        "/shipments/2/tracking_number"
    };

    (void) state;

    check(&f, "{\"foo\":1,\"currency\":\"x\",\"items\":[{},{\"quantity\":-1}],"
              "\"shipments\":[{\"tracking_number\":\"1\"},{" UPS "},"
              "{\"carrier\":\"ups\"}]}", false);

    assert_int_equal(f.n, countof(at));

    for (i = 0; i < f.n; i++) {
        assert_string_equal(f.errors[i].at, at[i]);
        assert_int_not_equal(f.errors[i].text[0], '\0');
    }

    wismo_pool_done(&f.pool);
}


/* No more than asked for, however many there are. */

static void
test_faults_without_end(void **state)
{
    int                  n;
    size_t               i;
    json_t              *body, *list;
    wismo_pool_t         pool;
    wismo_error_t        errors[3];
    wismo_body_rules_t   rules;

    (void) state;

    memset(&rules, 0, sizeof(wismo_body_rules_t));
    rules.now = NOW;

    list = json_array();

    for (i = 0; i < WISMO_PARCELS_MAX; i++) {
        json_array_append_new(list, json_integer(1));
    }

    body = json_pack("{s:o}", "shipments", list);

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    errors[2].at[0] = 'x';
    n = wismo_order_body(&pool, body, &rules, NULL, errors, 2);

    assert_int_equal(n, 2);
    assert_string_equal(errors[1].at, "/shipments/1");
    assert_int_equal(errors[2].at[0], 'x');

    json_array_append_new(list, json_integer(1));
    n = wismo_order_body(&pool, body, &rules, NULL, errors, 2);

    assert_int_equal(n, 1);
    assert_string_equal(errors[0].at, "/shipments");
    assert_non_null(strstr(errors[0].text, "at most 50"));

    json_decref(body);
    wismo_pool_done(&pool);
}


/* A name of any length and any characters is still told as a pointer. */

static void
test_long_pointers(void **state)
{
    int                    n;
    char                   key[300];
    size_t                 i, len;
    json_t                *body;
    wismo_pool_t           pool;
    wismo_error_t          err;
    const unsigned char   *p;
    wismo_body_rules_t     rules;

    (void) state;

    memset(&rules, 0, sizeof(wismo_body_rules_t));
    rules.now = NOW;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (i = 1; i < 290; i++) {

        memset(key, 'a', i);
        memcpy(key + i, i % 2 ? "~\xe2\x82\xac/~/" : "\xf0\x9f\x93\xa6~~",
               i % 2 ? 7 : 6);
        key[i + (i % 2 ? 7 : 6)] = '\0';

        body = json_pack("{s:i}", key, 1);
        assert_non_null(body);

        n = wismo_order_body(&pool, body, &rules, NULL, &err, 1);
        assert_int_equal(n, 1);

        /* whole characters, whole escapes */

        p = (const unsigned char *) err.at;
        len = strlen(err.at);
        assert_int_equal(p[0], '/');

        while (len) {
            assert_true(*p != '~' || p[1] == '0' || p[1] == '1');

            n = (int) wismo_utf8(p, p + len);
            assert_true(n > 0);

            p += n;
            len -= (size_t) n;
        }

        json_decref(body);
    }

    wismo_pool_done(&pool);
}


static void
test_too_much_text(void **state)
{
    char                 name[301];
    int                  n;
    size_t               i;
    json_t              *body, *list;
    wismo_pool_t         pool;
    wismo_error_t        err;
    wismo_body_rules_t   rules;

    (void) state;

    memset(&rules, 0, sizeof(wismo_body_rules_t));
    rules.now = NOW;

    memset(name, 'x', 300);
    name[300] = '\0';

    list = json_array();

    for (i = 0; i < WISMO_ITEMS_MAX; i++) {
        json_array_append_new(list, json_pack("{s:s}", "name", name));
    }

    body = json_pack("{s:o}", "items", list);

    wismo_pool_init(&pool, 4 << 20, NULL, NULL);

    n = wismo_order_body(&pool, body, &rules, NULL, &err, 1);
    assert_int_equal(n, 0);

    /* the same letters, six bytes each as JSON */

    memset(name, '<', 300);
    json_object_set_new(json_array_get(list, 0), "name", json_string(name));

    for (i = 0; i < 50; i++) {
        json_object_set_new(json_array_get(list, i), "name",
                            json_string(name));
    }

    n = wismo_order_body(&pool, body, &rules, NULL, &err, 1);
    assert_int_equal(n, 1);
    assert_string_equal(err.at, "");
    assert_non_null(strstr(err.text, "all texts"));

    /* one alone */

    json_object_set_new(json_array_get(list, 0), "name",
                        json_sprintf("%sx", name));
    n = wismo_order_body(&pool, body, &rules, NULL, &err, 1);
    assert_int_equal(n, 1);
    assert_string_equal(err.at, "/items/0/name");

    json_decref(body);
    wismo_pool_done(&pool);
}


static void
test_no_memory(void **state)
{
    int                  n;
    size_t               limit;
    json_t              *body;
    wismo_pool_t         pool;
    wismo_error_t        errors[FAULTS];
    wismo_order_t        order;
    wismo_body_rules_t   rules;

    (void) state;

    memset(&rules, 0, sizeof(wismo_body_rules_t));
    rules.now = NOW;

    body = json_loads("{\"brand\":\"x\",\"items\":[{\"id\":\"a\"}],"
                      "\"shipments\":[{" UPS ",\"items\":[{\"id\":\"a\"}]}]}",
                      0, NULL);
    assert_non_null(body);

    n = 1;

    for (limit = 0; n != 0; limit += 512) {
        wismo_pool_init(&pool, limit, NULL, NULL);

        n = wismo_order_body(&pool, body, &rules, &order, errors, FAULTS);
        assert_true(n == 0 || n == WISMO_ERROR);

        wismo_pool_done(&pool);

        assert_true(limit < 1 << 20);
    }

    assert_true(limit > 512);

    json_decref(body);
}


#define EVENT(members)   SHIP(UPS ",\"events\":[{" members "}]")


static void
test_import(void **state)
{
    size_t         i;
    fixture_t      f;
    wismo_event_t  *e;

    static const struct {
        const char  *body;
        const char  *at;
        const char  *text;
    } cases[] = {
        { "{\"number\":\"../x\"}", "/number", "letters" },
        { SHIP(UPS ",\"events\":{}"), "/shipments/0/events", "array" },
        { EVENT("\"status\":\"in_transit\""),
          "/shipments/0/events/0/time", "required" },
        { EVENT("\"time\":\"2025-11-20\""),
          "/shipments/0/events/0/status", "required" },
        { EVENT("\"time\":\"2025-11-20\",\"status\":\"moving\""),
          "/shipments/0/events/0/status", "vocabulary" },
        { EVENT("\"time\":\"2025-11-20\",\"status\":\"in_transit\","
                "\"substatus\":\"departd\""),
          "/shipments/0/events/0/substatus", "sub-status" },
        { EVENT("\"time\":\"2025-11-20\",\"status\":\"delayed\","
                "\"substatus\":\"stalled\""),
          "/shipments/0/events/0/substatus", "clock" },
        { EVENT("\"time\":\"2025-11-20\",\"status\":\"delivered\","
                "\"delivered_to\":\"dog\""),
          "/shipments/0/events/0/delivered_to", "neighbour" },
        { EVENT("\"time\":\"2025-11-20\",\"status\":\"note\",\"loc\":1"),
          "/shipments/0/events/0/loc", "place" }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        check(&f, cases[i].body, true);

        if (f.n != 1 || strcmp(f.errors[0].at, cases[i].at) != 0
            || strstr(f.errors[0].text, cases[i].text) == NULL)
        {
            fail_msg("%s: %d faults, the first %s: %s", cases[i].body, f.n,
                     f.n ? f.errors[0].at : "-",
                     f.n ? f.errors[0].text : "-");
        }

        wismo_pool_done(&f.pool);
    }

    check(&f, "{\"number\":\"1001\",\"shipments\":[{" UPS ",\"events\":["
              "{\"time\":\"2025-11-20T08:00:00-05:00\","
              "\"status\":\"in_transit\",\"substatus\":\"departed_facility\","
              "\"code\":\"I/DP\",\"description\":\" Departed \","
              "\"place\":\"Louisville, KY\"},"
              "{\"time\":\"2025-11-22T09:00:00\",\"status\":\"delivered\","
              "\"delivered_to\":\"neighbour\"},"
              "{\"time\":\"2025-11-20T08:00:00-05:00\",\"status\":\"note\","
              "\"code\":\"I/DP\"}]}]}", true);

    assert_int_equal(f.n, 0);
    assert_str(f.order.number, "1001");

    e = f.order.parcels[0].events;
    assert_int_equal(f.order.parcels[0].nevents, 3);
    assert_int_equal(e[0].when.utc, 1763643600);
    assert_int_equal(e[0].when.offset, -300);
    assert_str(e[0].text, "Departed");
    assert_int_equal(e[1].when.basis, WISMO_BASIS_LOCAL);
    assert_int_equal(e[1].delivered_to, WISMO_TO_NEIGHBOUR);

    assert_int_equal(wismo_merge_order(&f.pool, &f.order, NULL), WISMO_OK);

    assert_int_equal(f.order.parcels[0].nevents, 2);
    assert_true(f.order.parcels[0].delivered);
    assert_int_equal(f.order.ndelivered, 1);

    wismo_pool_done(&f.pool);
}


static void
test_order_numbers(void **state)
{
    size_t         i;
    unsigned       c;
    wismo_str_t    s;
    unsigned char  byte;

    static const char *const  good[] = {
        "1", "1001", "A-1_b.c", "-", "_", "live", "x.jsonx", "json",
        "0123456789012345678901234567890123456789012345678901234567890123"
    };

    static const char *const  bad[] = {
        "", ".", ".x", "..", "a/b", "x.json", "x.ics", "x.atom",
        "x.txt", "1001/live", "a b", "a#b",
        "a%20b", "\xc3\xa4", "a\nb", ".json",
        "01234567890123456789012345678901234567890123456789012345678901234"
    };

    (void) state;

    for (i = 0; i < countof(good); i++) {
        s = heap_str(good[i]);
        assert_true(wismo_order_number_ok(&s));
        free(s.data);
    }

    for (i = 0; i < countof(bad); i++) {
        s = heap_str(bad[i]);
        assert_false(wismo_order_number_ok(&s));
        free(s.data);
    }

    for (c = 0; c < 256; c++) {
        byte = (unsigned char) c;
        s.data = &byte;
        s.len = 1;

        assert_int_equal(wismo_order_number_ok(&s),
                         c && c < 128
                         && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
                                   "pqrstuvwxyz0123456789_-", (int) c)
                            != NULL);
    }
}


static void
test_clean_text(void **state)
{
    size_t         i, j, n;
    uint64_t       seed;
    wismo_str_t    s, t;
    wismo_pool_t   pool;
    unsigned char  buf[2000], *p;

    static const struct {
        const char  *dirty;
        const char  *clean;
    } cases[] = {
        { "", "" },
        { "   ", "" },
        { "Departed", "Departed" },
        { "  Departed \n", "Departed" },
        { "\r\n\tDeparted\r\nLouisville", "Departed Louisville" },
        { "a\x01\x1f\x7f" "b", "ab" },
        { "a\xc2\x85" "b\xc2\xa0" "c", "ab\xc2\xa0" "c" },
        { "\xe2\x80\xae" "exe.gpj\xe2\x80\xac", "exe.gpj" },
        { "\xe2\x81\xa6" "x\xe2\x81\xa9", "x" },
        { "\xe2\x80\x8f\xd7\xa9", "\xe2\x80\x8f\xd7\xa9" },
        { "K\xc3\xb6ln \xf0\x9f\x93\xa6", "K\xc3\xb6ln \xf0\x9f\x93\xa6" },
        { "a\xff\xfe" "b\xc3", "ab" },
        { "\x01 a \x02", "a" }
    };

    (void) state;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);

    for (i = 0; i < countof(cases); i++) {
        s = heap_str(cases[i].dirty);
        t = s;

        assert_int_equal(wismo_clean_text(&pool, &t), WISMO_OK);
        assert_int_equal(t.len, strlen(cases[i].clean));
        assert_memory_equal(t.data, cases[i].clean, t.len);

        free(s.data);
    }

    /* cut between characters, whatever the length of those before */

    for (i = 0; i < 4; i++) {

        memset(buf, 'x', i);

        for (n = i; n + 3 <= sizeof(buf); n += 3) {
            memcpy(buf + n, "\xe2\x82\xac", 3);
        }

        s = heap_copy(buf, n);
        t = s;

        assert_int_equal(wismo_clean_text(&pool, &t), WISMO_OK);
        assert_true(t.len <= WISMO_TEXT_MAX && t.len > WISMO_TEXT_MAX - 3);
        assert_int_equal((t.len - i) % 3, 0);

        free(s.data);
    }

    /* anything at all: valid, and as it is when cleaned again */

    seed = 99;

    for (i = 0; i < 20000; i++) {
        n = test_random(&seed) % (i % 100 ? 40 : 1500);

        for (j = 0; j < n; j++) {
            buf[j] = test_random(&seed) % 3
                     ? (unsigned char) " a\n\xe2\x80\xae\xc2\x85\xc3\xb6"
                                       [test_random(&seed) % 10]
                     : (unsigned char) test_random(&seed);
        }

        s = heap_copy(buf, n);
        t = s;

        assert_int_equal(wismo_clean_text(&pool, &t), WISMO_OK);
        assert_true(t.len <= WISMO_TEXT_MAX);

        for (p = t.data; p < t.data + t.len; p += j) {
            j = wismo_utf8(p, t.data + t.len);
            assert_true(j > 0);
            assert_true(*p >= 0x20 && *p != 0x7f);
        }

        p = t.data;
        j = t.len;

        assert_int_equal(wismo_clean_text(&pool, &t), WISMO_OK);
        assert_ptr_equal(t.data, p);
        assert_int_equal(t.len, j);

        free(s.data);

        if (i % 256 == 0) {
            wismo_pool_reset(&pool);
        }
    }

    wismo_pool_done(&pool);
}


static void
test_clean_number(void **state)
{
    wismo_str_t   s;
    wismo_pool_t  pool;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    s = str(" 1z 999.aa-1 ");
    assert_int_equal(wismo_clean_number(&pool, &s), WISMO_OK);
    assert_str(s, "1Z999AA1");

    assert_int_equal(wismo_clean_number(&pool, &s), WISMO_OK);
    assert_str(s, "1Z999AA1");

    s = str("");
    assert_int_equal(wismo_clean_number(&pool, &s), WISMO_DECLINED);

    s = str("1Z\xc3\xa4");
    assert_int_equal(wismo_clean_number(&pool, &s), WISMO_DECLINED);

    s = str("1:2");
    assert_int_equal(wismo_clean_number(&pool, &s), WISMO_DECLINED);

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_whole_body),
        cmocka_unit_test(test_small_bodies),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_all_faults_at_once),
        cmocka_unit_test(test_faults_without_end),
        cmocka_unit_test(test_long_pointers),
        cmocka_unit_test(test_too_much_text),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_import),
        cmocka_unit_test(test_order_numbers),
        cmocka_unit_test(test_clean_text),
        cmocka_unit_test(test_clean_number)
    };

    return test_run("order", tests, countof(tests));
}
