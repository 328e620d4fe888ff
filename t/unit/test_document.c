
/*
 * Copyright (C) The Wismo authors
 *
 * The stored document: what goes in comes out, byte for byte; patched times
 * are those that a new document would have; the minimal view tells nobody's
 * secrets; and whatever Redis may hand us, nothing is read beyond it.
 */


#include "test.h"

#include "wismo_document.h"
#include "wismo_merge.h"

#include <jansson.h>


#define T0    INT64_C(1764000000)         /* 2025-11-24T16:00:00Z */


static const wismo_substatus_t *
row(const char *status, const char *substatus)
{
    wismo_str_t  s, t;

    s = str(status);
    t = str(substatus);

    return wismo_substatus(&s, &t);
}


static void
parcel(wismo_pool_t *pool, wismo_parcel_t *p, const char *id,
    const char *number, unsigned nevents)
{
    bool             changed;
    unsigned         i;
    wismo_event_t   *e;
    wismo_report_t   r;

    static const char *const  subs[] = {
        "departed_facility", "arrived_facility", "customs", "moving"
    };

    memset(p, 0, sizeof(wismo_parcel_t));

    p->id = str(id);
    p->carrier = str("ups");
    p->tracking_number = str(number);
    p->service = str("UPS Ground");
    p->weight_g = -1;
    p->checked_at = T0 + 7200;
    p->next_check_at = T0 + 4 * 3600;
    p->source = str("poll");

    e = wismo_pcalloc(pool, nevents * sizeof(wismo_event_t));
    assert_non_null(e);

    for (i = 0; i < nevents; i++) {
        wismo_time_local(&e[i].when, T0 - 5 * 3600 - i * 5000, -300,
                         WISMO_BASIS_OFFSET);
        e[i].status = row("in_transit", subs[i % 4]);
        e[i].code = str("I/DP");
        e[i].text = str("Departed from Facility");
        e[i].place = str("Louisville, KY, United States");
    }

    memset(&r, 0, sizeof(wismo_report_t));
    r.events = e;
    r.nevents = nevents;
    r.weight_g = 1200;
    r.pieces_total = 1;
    r.edd.basis = WISMO_BASIS_LOCAL;
    r.edd.from = T0 + 2 * 86400;
    r.edd.to = T0 + 2 * 86400 + 4 * 3600;
    r.edd.date = WISMO_TIME_NONE;
    r.status = row("in_transit", "moving");

    assert_int_equal(wismo_merge_report(pool, p, &r, &changed), WISMO_OK);
}


/* One of everything. */

static void
order(wismo_pool_t *pool, wismo_order_t *o)
{
    bool             changed;
    wismo_item_t    *items;
    wismo_event_t   *e;
    wismo_parcel_t  *p;
    wismo_report_t   r;

    memset(o, 0, sizeof(wismo_order_t));

    o->number = str("R-1001");
    o->brand = str("acme");
    o->locale = str("de-DE");
    o->currency = str("EUR");
    o->city = str("K\xc3\xb6ln-Secret");
    o->country = str("DE");
    o->placed_at = T0 - 9 * 86400;
    o->promised_from = T0 - T0 % 86400;
    o->promised_until = T0 - T0 % 86400 + 2 * 86400;
    o->promised_days = true;
    o->version = 7;
    o->updated_at = T0 + 7200;

    items = wismo_pcalloc(pool, 2 * sizeof(wismo_item_t));
    items[0].id = str("i1");
    items[0].sku = str("SKU-Secret");
    items[0].name = str("Mug \"secret\" </script>");
    items[0].quantity = 2;
    items[0].image_url = str("https://cdn.example/secret.jpg");
    items[0].url = str("https://shop.example/secret");
    items[1].name = str("Card");
    items[1].quantity = 1;

    o->items = items;
    o->nitems = 2;

    p = wismo_pcalloc(pool, 3 * sizeof(wismo_parcel_t));
    o->parcels = p;
    o->nparcels = 3;

    parcel(pool, &p[0], "p1", "1ZSECRET1", 12);

    p[0].items = wismo_pcalloc(pool, sizeof(wismo_item_t));
    p[0].items[0].id = str("i1");
    p[0].items[0].quantity = 2;
    p[0].nitems = 1;
    p[0].tracking_url = str("https://ups.example/secret");
    p[0].shipped_at = T0 - 8 * 86400;

    /* delivered, with every kind of time */

    parcel(pool, &p[1], "p2", "1ZSECRET2", 1);

    e = wismo_pcalloc(pool, 6 * sizeof(wismo_event_t));
    wismo_time_local(&e[0].when, T0 + 100, 0, WISMO_BASIS_UTC);
    e[0].status = row("delivered", "neighbour");
    e[0].delivered_to = WISMO_TO_NEIGHBOUR;
    e[0].text = str("Left with Secret at no. 5");
    wismo_time_local(&e[1].when, T0, WISMO_OFFSET_NONE, WISMO_BASIS_LOCAL);
    e[1].status = row("out_for_delivery", "");
    wismo_time_local(&e[2].when, T0, WISMO_OFFSET_NONE, WISMO_BASIS_DATE);
    e[2].status = wismo_substatus_note();
    e[2].code = str("\x7f\"\\");
    wismo_time_local(&e[3].when, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);
    e[3].status = row("label_created", "");
    wismo_time_local(&e[4].when, T0 + 3600, 60, WISMO_BASIS_ZONE);
    e[4].status = row("in_transit", "customs");
    wismo_time_local(&e[5].when, T0 - 1800, -30, WISMO_BASIS_OFFSET);
    e[5].status = row("on_hold", "customs");
    e[5].text = str("Zoll \xe2\x80\xa8 \xf0\x9f\x93\xa6");

    memset(&r, 0, sizeof(wismo_report_t));
    r.events = e;
    r.nevents = 6;
    r.weight_g = -1;
    r.as_of = T0 + 200;
    r.status = row("delivered", "generic");
    r.delivered_to = WISMO_TO_HOUSEHOLD;
    r.signed_by = str("Mr. Secret");
    r.pieces_total = 2;
    r.pieces_delivered = 2;
    r.edd.basis = WISMO_BASIS_ZONE;
    r.edd.offset = 60;
    r.edd.from = WISMO_TIME_NONE;
    r.edd.to = T0 + 86400;
    wismo_time_local(&r.pickup_by, T0 + 5 * 86400, 60, WISMO_BASIS_ZONE);

    assert_int_equal(wismo_merge_report(pool, &p[1], &r, &changed), WISMO_OK);

    /* on its way back, never asked */

    parcel(pool, &p[2], "p3", "1ZSECRET3", 2);
    p[2].checked_at = WISMO_TIME_NONE;
    p[2].next_check_at = WISMO_TIME_NONE;
    p[2].source = str("");

    e = wismo_pcalloc(pool, sizeof(wismo_event_t));
    wismo_time_local(&e[0].when, T0 + 1, 0, WISMO_BASIS_UTC);
    e[0].status = row("in_transit", "moving");
    e[0].return_leg = true;

    memset(&r, 0, sizeof(wismo_report_t));
    r.events = e;
    r.nevents = 1;

    assert_int_equal(wismo_merge_report(pool, &p[2], &r, &changed), WISMO_OK);

    wismo_merge_rollup(o);
}


static wismo_str_t
write_order(wismo_pool_t *pool, const wismo_order_t *o)
{
    wismo_str_t  bytes;

    assert_int_equal(wismo_document_write(pool, o, &bytes), WISMO_OK);

    return bytes;
}


static void
read_order(wismo_pool_t *pool, const wismo_str_t *bytes, wismo_order_t *o)
{
    wismo_error_t     err;
    wismo_document_t  doc;

    err.text[0] = '\0';

    if (wismo_document_open(bytes, &doc, &err) != WISMO_OK
        || wismo_document_read(pool, &doc, o, &err) != WISMO_OK)
    {
        fail_msg("%s: %s", err.at, err.text);
    }
}


static json_t *
view(const wismo_str_t *text)
{
    json_t        *json;
    json_error_t   err;

    json = json_loadb((char *) text->data, text->len, JSON_REJECT_DUPLICATES,
                      &err);

    if (json == NULL) {
        fail_msg("%s", err.text);
    }

    return json;
}


static void
assert_json(json_t *json, const char *path, const char *expected)
{
    char         name[64], *text;
    size_t       len;
    const char  *p;

    for (p = path; *p; p += len + (p[len] == '/')) {
        len = strcspn(p, "/");
        memcpy(name, p, len);
        name[len] = '\0';

        json = json_is_array(json)
               ? json_array_get(json, strtoul(name, NULL, 10))
               : json_object_get(json, name);

        if (json == NULL) {
            fail_msg("no %s", path);
        }
    }

    text = json_dumps(json, JSON_ENCODE_ANY|JSON_COMPACT);

    if (strcmp(text, expected) != 0) {
        fail_msg("%s: %s instead of %s", path, text, expected);
    }

    free(text);
}


static void
test_views(void **state)
{
    json_t            *json;
    wismo_str_t        bytes;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_order_t      o;
    wismo_document_t   doc;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);

    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);
    assert_int_equal(doc.version, 7);
    assert_int_equal(doc.updated_at, T0 + 7200);
    assert_int_equal(doc.checked_at, T0 + 7200);
    assert_int_equal(doc.next_check_at, T0 + 4 * 3600);
    assert_int_equal(doc.status, o.status->status);
    assert_int_equal(doc.flags, 0);

    assert_int_equal(strncmp((char *) doc.minimal.data,
                             "{\"checked_at\":\"2025-11-24T18:00:00Z\","
                             "\"next_check_at\":\"2025-11-24T20:00:00Z\",",
                             76), 0);

    json = view(&doc.minimal);

    assert_json(json, "order", "\"R-1001\"");
    assert_json(json, "view", "\"minimal\"");
    assert_json(json, "version", "7");
    assert_json(json, "updated_at", "\"2025-11-24T18:00:00Z\"");
    assert_json(json, "status", "\"returning\"");
    assert_json(json, "severity", "\"red\"");
    assert_json(json, "act", "\"merchant\"");
    assert_json(json, "promised",
                "{\"from\":\"2025-11-24\",\"until\":\"2025-11-26\"}");
    assert_json(json, "estimate",
                "{\"from\":\"2025-11-26T16:00:00\","
                "\"to\":\"2025-11-26T20:00:00\",\"date\":null,"
                "\"basis\":\"local\"}");
    assert_json(json, "parcels_total", "3");
    assert_json(json, "parcels_delivered", "1");
    assert_json(json, "parcels/0/carrier", "\"ups\"");
    assert_json(json, "parcels/0/last_event_at",
                "\"2025-11-24T11:00:00-05:00\"");
    assert_json(json, "parcels/1/delivered_to", "\"household\"");
    assert_json(json, "parcels/2/checked_at", "null");
    assert_json(json, "parcels/2/source", "null");

    json_decref(json);

    /* whoever knows only the number learns nothing else */

    assert_null(memchr(doc.minimal.data, '<', doc.minimal.len));

    json = view(&doc.full);

    assert_json(json, "view", "\"full\"");
    assert_json(json, "city", "\"K\xc3\xb6ln-Secret\"");
    assert_json(json, "items/0/name", "\"Mug \\\"secret\\\" </script>\"");
    assert_json(json, "items/1/id", "null");
    assert_json(json, "parcels/0/id", "\"p1\"");
    assert_json(json, "parcels/0/tracking_number", "\"1ZSECRET1\"");
    assert_json(json, "parcels/0/carrier_status", "\"in_transit.moving\"");
    assert_json(json, "parcels/0/items", "[{\"id\":\"i1\",\"quantity\":2}]");
    assert_json(json, "parcels/0/weight_g", "1200");
    assert_json(json, "parcels/0/events/0",
                "{\"utc\":\"2025-11-24T16:00:00Z\","
                "\"wallclock\":\"2025-11-24T11:00:00\","
                "\"date\":\"2025-11-24\",\"offset\":-300,"
                "\"basis\":\"offset\",\"status\":\"in_transit\","
                "\"substatus\":\"departed_facility\",\"code\":\"I/DP\","
                "\"description\":\"Departed from Facility\","
                "\"place\":\"Louisville, KY, United States\"}");
    assert_json(json, "parcels/1/signed_for", "true");
    assert_json(json, "parcels/1/pickup_by",
                "\"2025-11-29T16:00:00+01:00\"");
    assert_json(json, "parcels/1/estimate/to",
                "\"2025-11-25T17:00:00+01:00\"");
    assert_json(json, "parcels/2/events/0/return", "true");

    json_decref(json);
    wismo_pool_done(&pool);
}


static bool
has(const wismo_str_t *text, const char *what)
{
    size_t  i, len;

    len = strlen(what);

    for (i = 0; i + len <= text->len; i++) {
        if (memcmp(text->data + i, what, len) == 0) {
            return true;
        }
    }

    return false;
}


static void
test_secrets(void **state)
{
    size_t            i;
    wismo_str_t       bytes;
    wismo_pool_t      pool;
    wismo_error_t     err;
    wismo_order_t     o;
    wismo_document_t  doc;

    static const char *const  secrets[] = {
        "Secret", "secret", "SECRET", "Mug", "SKU", "https://", "Louisville",
        "I/DP", "Departed", "EUR", "\"p1\"", "i1"
    };

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

    for (i = 0; i < countof(secrets); i++) {

        if (has(&doc.minimal, secrets[i])) {
            fail_msg("the minimal view has %s", secrets[i]);
        }

        assert_true(has(&doc.full, secrets[i]));
    }

    assert_false(has(&doc.minimal, "country"));

    /* the name of who signed is not even in the full one */

    assert_false(has(&doc.full, "Mr. Secret"));

    wismo_pool_done(&pool);
}


static void
test_round_trip(void **state)
{
    wismo_str_t    bytes, again;
    wismo_pool_t   pool;
    wismo_order_t  o, back;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);

    order(&pool, &o);
    bytes = write_order(&pool, &o);
    read_order(&pool, &bytes, &back);
    again = write_order(&pool, &back);

    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);

    assert_int_equal(back.nparcels, 3);
    assert_ptr_equal(back.status, o.status);
    assert_int_equal(back.version, 7);
    assert_int_equal(back.promised_until, o.promised_until);
    assert_int_equal(back.parcels[1].headline_to, WISMO_TO_HOUSEHOLD);
    assert_int_equal(back.parcels[1].headline_said.as_of, T0 + 200);
    assert_int_equal(back.parcels[0].edd_said.at, T0);
    assert_true(back.parcels[0].edd_said.instant);

    /* deriving all again from what came back gives the same */

    assert_int_equal(wismo_merge_order(&pool, &back, &o), WISMO_OK);
    back.version = 7;
    again = write_order(&pool, &back);

    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);

    /* the emptiest order */

    memset(&o, 0, sizeof(wismo_order_t));
    o.number = str("1");
    o.version = 1;
    wismo_merge_rollup(&o);

    bytes = write_order(&pool, &o);
    read_order(&pool, &bytes, &back);
    again = write_order(&pool, &back);

    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);
    assert_int_equal(back.updated_at, WISMO_TIME_NONE);

    /* no version is a fault of ours */

    o.version = 0;
    assert_int_equal(wismo_document_write(&pool, &o, &bytes), WISMO_ERROR);

    wismo_pool_done(&pool);
}


static void
test_unshipped(void **state)
{
    json_t            *json;
    wismo_str_t        bytes;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_order_t      o;
    wismo_document_t   doc;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);

    o.nparcels = 1;
    wismo_merge_rollup(&o);
    bytes = write_order(&pool, &o);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

    json = view(&doc.minimal);
    assert_json(json, "items_unshipped", "1");
    json_decref(json);

    /* a parcel that does not say what is in it may hold the rest */

    o.nparcels = 2;
    wismo_merge_rollup(&o);
    bytes = write_order(&pool, &o);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

    json = view(&doc.minimal);
    assert_json(json, "items_unshipped", "0");
    json_decref(json);

    wismo_pool_done(&pool);
}


static void
test_patches(void **state)
{
    size_t                   i, j, k;
    unsigned                 n;
    wismo_str_t              bytes, fresh;
    wismo_pool_t             pool;
    wismo_order_t            o;
    wismo_parcel_t           was;
    wismo_document_patch_t   patches[WISMO_DOC_PATCHES];

    static const int64_t  times[][2] = {
        { T0 + 9000, T0 + 20000 },
        { T0 + 100, T0 + 200 },
        { T0 + 99999, WISMO_TIME_NONE },
        { WISMO_TIME_NONE, WISMO_TIME_NONE },
        { WISMO_TIME_NONE, T0 }
    };

    (void) state;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);

    order(&pool, &o);

    for (i = 0; i < o.nparcels; i++) {
        for (j = 0; j < countof(times); j++) {

            bytes = write_order(&pool, &o);

            assert_int_equal(wismo_document_patches(&pool, &bytes,
                                                    (unsigned) i, times[j][0],
                                                    times[j][1], patches, &n),
                             WISMO_OK);

            assert_true(n <= WISMO_DOC_PATCHES);

            for (k = 0; k < n; k++) {
                assert_true(patches[k].offset + patches[k].bytes.len
                            <= bytes.len);
                memcpy(bytes.data + patches[k].offset, patches[k].bytes.data,
                       patches[k].bytes.len);
            }

            was = o.parcels[i];
            o.parcels[i].checked_at = times[j][0];
            o.parcels[i].next_check_at = times[j][1];

            fresh = write_order(&pool, &o);
            o.parcels[i] = was;

            assert_int_equal(bytes.len, fresh.len);
            assert_memory_equal(bytes.data, fresh.data, bytes.len);
        }
    }

    assert_int_equal(wismo_document_patches(&pool, &bytes, 3, T0, T0,
                                            patches, &n), WISMO_DECLINED);
    bytes.len--;
    assert_int_equal(wismo_document_patches(&pool, &bytes, 0, T0, T0,
                                            patches, &n), WISMO_DECLINED);

    /* a text that looks like the place to patch is not it */

    o.parcels[0].service = str("{\"checked_at\":null                  ,");
    o.items[0].name = str("{\"checked_at\":");

    bytes = write_order(&pool, &o);
    assert_int_equal(wismo_document_patches(&pool, &bytes, 2, T0, T0 + 1,
                                            patches, &n), WISMO_OK);

    for (k = 0; k < n; k++) {
        memcpy(bytes.data + patches[k].offset, patches[k].bytes.data,
               patches[k].bytes.len);
    }

    o.parcels[2].checked_at = T0;
    o.parcels[2].next_check_at = T0 + 1;
    fresh = write_order(&pool, &o);

    assert_int_equal(bytes.len, fresh.len);
    assert_memory_equal(bytes.data, fresh.data, bytes.len);

    wismo_pool_done(&pool);
}


static void
test_bad_headers(void **state)
{
    size_t            i;
    wismo_str_t       bytes, copy;
    wismo_pool_t      pool;
    wismo_error_t     err;
    wismo_order_t     o;
    wismo_document_t  doc;

    static const struct {
        size_t        at;
        const char   *bytes;
        bool          sound;              /* the header alone */
    } cases[] = {
        { 0, "WO2", false },
        { 0, "PK\x03", false },
        { 3, "\t", false },
        { 4, "000000000x", false },
        { 4, "0000000000", false },
        { 15, "-000000001", false },
        { 48, "00", false },
        { 48, "17", false },
        { 51, "+001", false },
        { 56, "000001", true },
        { 56, "999999", true },
        { 63, "000000", true },
        { 69, "\r", false },
        { 70, "[", true }
    };

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);

    for (i = 0; i < countof(cases); i++) {
        copy = heap_copy(bytes.data, bytes.len);
        memcpy(copy.data + cases[i].at, cases[i].bytes,
               strlen(cases[i].bytes));

        err.text[0] = '\0';

        assert_int_equal(wismo_document_open(&copy, &doc, &err),
                         WISMO_DECLINED);
        assert_int_not_equal(err.text[0], '\0');
        assert_null(doc.full.data);

        if (cases[i].sound) {
            assert_int_equal(doc.version, 7);
            assert_int_equal(doc.status, o.status->status);
            assert_int_equal(doc.updated_at, T0 + 7200);

        } else {
            assert_int_equal(doc.version, 0);
        }

        free(copy.data);
    }

    wismo_pool_done(&pool);
}


/* Every byte lost, and every byte wrong: an order or a refusal, no more. */

static void
test_damage(void **state)
{
    size_t                   i, j;
    unsigned                 n, opened, read;
    wismo_str_t              bytes, copy, again;
    wismo_pool_t             pool, work;
    wismo_error_t            err;
    wismo_order_t            o, back;
    wismo_document_t         doc;
    wismo_document_patch_t   patches[WISMO_DOC_PATCHES];

    static const unsigned char  wrong[] = { 0, '"', '{', '9', 0xff };

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    wismo_pool_init(&work, 8 << 20, NULL, NULL);

    order(&pool, &o);
    bytes = write_order(&pool, &o);
    opened = 0;
    read = 0;

    for (i = 0; i < bytes.len; i++) {

        wismo_pool_reset(&work);

        copy = heap_copy(bytes.data, i);
        assert_int_equal(wismo_document_open(&copy, &doc, &err),
                         WISMO_DECLINED);
        assert_int_equal(wismo_document_patches(&work, &copy, 0, T0, T0,
                                                patches, &n),
                         WISMO_DECLINED);
        free(copy.data);

        for (j = 0; j < countof(wrong) + 8; j++) {

            wismo_pool_reset(&work);

            copy = heap_copy(bytes.data, bytes.len);
            copy.data[i] = j < countof(wrong)
                           ? wrong[j]
                           : (unsigned char) (copy.data[i]
                                              ^ (1 << (j - countof(wrong))));

            (void) wismo_document_patches(&work, &copy, 1, T0, T0, patches,
                                          &n);

            if (wismo_document_open(&copy, &doc, &err) == WISMO_OK) {
                opened++;

                if (wismo_document_read(&work, &doc, &back, &err)
                    == WISMO_OK)
                {
                    read++;

                    /* what was read can be merged and written */

                    assert_int_equal(wismo_merge_order(&work, &back, &o),
                                     WISMO_OK);
                    back.version = 1;
                    assert_int_equal(wismo_document_write(&work, &back,
                                                          &again),
                                     WISMO_OK);
                }
            }

            free(copy.data);
        }
    }

    assert_true(opened > bytes.len);
    assert_true(read > bytes.len);

    wismo_pool_done(&work);
    wismo_pool_done(&pool);
}


/* Views that are JSON, but no order. */

static void
test_hostile_views(void **state)
{
    size_t             i, len;
    char               text[4096], full[2048];
    wismo_str_t        bytes;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_order_t      o;
    wismo_document_t   doc;

#define HEAD   "\"order\":\"1\",\"status\":\"in_transit\",\"items\":[],"
#define PARCEL "\"carrier\":\"ups\",\"status\":\"in_transit\","              \
               "\"id\":\"p1\",\"tracking_number\":\"1\",\"items\":[],"

    static const struct {
        const char  *full;
        const char  *at;                  /* NULL: acceptable */
    } cases[] = {
        { "{}", "/order" },
        { "{\"order\":7}", "/order" },
        { "{\"order\":\"../x\"}", "/order" },
        { "{\"order\":\"1\",\"status\":\"happy\"}", "/status" },
        { "{\"order\":\"1\",\"status\":\"note\"}", "/status" },
        { "{\"order\":\"1\",\"status\":\"in_transit\",\"milestone\":5}",
          "/milestone" },
        { "{\"order\":\"1\",\"status\":\"in_transit\",\"items\":{}}",
          "/items" },
        { "{\"order\":\"1\",\"status\":\"in_transit\",\"items\":[1]}",
          "/items" },
        { "{" HEAD "\"parcels\":7}", "/parcels" },
        { "{" HEAD "\"parcels\":[7]}", "/parcels" },
        { "{" HEAD "\"parcels\":[{}]}", "/parcels/status" },
        { "{" HEAD "\"parcels\":[{\"status\":\"delivered\"}]}",
          "/parcels/id" },
        { "{" HEAD "\"parcels\":[{" PARCEL "\"events\":[1]}]}",
          "/parcels/events" },
        { "{" HEAD "\"parcels\":[{" PARCEL "\"events\":[{}]}]}",
          "/parcels/events" },
        { "{" HEAD "\"parcels\":[],\"parcels_delivered\":1}",
          "/parcels_delivered" },
        { "{" HEAD "\"parcels\":[]}", NULL },
        { "{" HEAD "\"parcels\":[{" PARCEL "\"events\":[]}]}", NULL },
        { "{" HEAD "\"parcels\":[{" PARCEL "\"events\":[{\"status\":\"note\","
          "\"offset\":99999999999999999999,\"basis\":\"offset\","
          "\"wallclock\":\"2025-02-30T00:00:00\"}],\"weight_g\":-5,"
          "\"pieces_total\":1e9,\"milestone\":-3,\"estimate\":{\"basis\":"
          "\"utc\",\"from\":\"nonsense\"},\"carrier_status\":\"x\"}]}", NULL }
    };

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);

    for (i = 0; i < countof(cases); i++) {

        len = (size_t) snprintf(full, sizeof(full), "%s", cases[i].full);
        len = (size_t) snprintf(text, sizeof(text),
                 "WO1 0000000001 1764000000 0000000000 0000000000 05 0000 "
                 "000002 %06zu\n{}%s", len, full);

        bytes = heap_copy(text, len);

        assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

        if (cases[i].at) {
            assert_int_equal(wismo_document_read(&pool, &doc, &o, &err),
                             WISMO_DECLINED);

            if (strcmp(err.at, cases[i].at) != 0) {
                fail_msg("%s: %s instead of %s", full, err.at, cases[i].at);
            }

        } else {
            assert_int_equal(wismo_document_read(&pool, &doc, &o, &err),
                             WISMO_OK);
            (void) write_order(&pool, &o);
        }

        free(bytes.data);
    }

    wismo_pool_done(&pool);
}


static void
test_too_large(void **state)
{
    unsigned        i, n;
    wismo_str_t     bytes, again;
    wismo_pool_t    pool;
    wismo_order_t   o, back;
    wismo_parcel_t *p;

    (void) state;

    wismo_pool_init(&pool, 512 << 20, NULL, NULL);

    memset(&o, 0, sizeof(wismo_order_t));
    o.number = str("1");
    o.version = 1;

    p = wismo_pcalloc(&pool, WISMO_PARCELS_MAX * sizeof(wismo_parcel_t));
    o.parcels = p;
    o.nparcels = WISMO_PARCELS_MAX;

    for (i = 0; i < o.nparcels; i++) {
        parcel(&pool, &p[i], "p1", "1Z999", 150);
    }

    wismo_merge_rollup(&o);
    bytes = write_order(&pool, &o);

    assert_true(bytes.len <= WISMO_DOC_MAX);

    read_order(&pool, &bytes, &back);

    n = back.parcels[0].nevents;
    assert_true(n > 0 && n < 150);

    /* the newest, and the first of its milestone */

    assert_int_equal(back.parcels[0].events[0].when.utc,
                     p[0].events[0].when.utc);
    assert_int_equal(back.parcels[0].events[n - 1].when.utc,
                     p[0].events[149].when.utc);

    again = write_order(&pool, &back);
    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);

    /* what no leaving out of events makes small enough */

    o.city.len = WISMO_DOC_MAX;
    o.city.data = wismo_palloc(&pool, o.city.len);
    memset(o.city.data, 'x', o.city.len);

    assert_int_equal(wismo_document_write(&pool, &o, &bytes),
                     WISMO_DECLINED);

    wismo_pool_done(&pool);
}


static void
test_no_memory(void **state)
{
    int                rc;
    size_t             limit;
    wismo_str_t        bytes, again;
    wismo_pool_t       pool, work;
    wismo_error_t      err;
    wismo_order_t      o, back;
    wismo_document_t   doc;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

    rc = WISMO_ERROR;

    for (limit = 0; rc != WISMO_OK; limit += 1024) {
        wismo_pool_init(&work, limit, NULL, NULL);

        rc = wismo_document_read(&work, &doc, &back, &err);
        assert_true(rc == WISMO_OK || rc == WISMO_ERROR);

        if (rc == WISMO_OK) {
            rc = wismo_merge_order(&work, &back, &o);
            back.version = 7;
        }

        if (rc == WISMO_OK) {
            rc = wismo_document_write(&work, &back, &again);
        }

        if (rc == WISMO_OK) {
            assert_true(wismo_str_eq(&bytes, &again));
        }

        wismo_pool_done(&work);
        assert_true(limit < 8 << 20);
    }

    assert_true(limit > 4096);

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_unshipped),
        cmocka_unit_test(test_patches),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_hostile_views),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_no_memory)
    };

    return test_run("document", tests, countof(tests));
}
