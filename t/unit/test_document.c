
/*
 * Copyright (C) The Wismo authors
 *
 * The stored document: what goes in comes out, byte for byte; patched times
 * are those that a new document would have; the minimal view tells nobody's
 * secrets.
 */


#include "test_document.h"


static void wipe(char *text, const char *what);
static void none_of(const char *text, const char *const *never, size_t n);


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
    assert_int_equal(doc.flags, WISMO_DOC_FLAG_INDEX | WISMO_DOC_FLAG_SUMS);

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
        "I/DP", "Departed", "EUR", "\"p1\"", "i1", "4711", "h7", "usps"
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
    assert_int_equal(back.parcels[0].edd_first_said.at, T0);
    assert_int_equal(back.parcels[1].edd.basis, WISMO_BASIS_ZONE);
    assert_int_equal(back.parcels[1].edd_first.basis, WISMO_BASIS_LOCAL);
    assert_int_equal(back.parcels[1].edd_first_said.at, T0);
    assert_str(back.parcels[0].pickup.code, "SECRET-4711");
    assert_str(back.parcels[0].partner_number, "9400SECRET");

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


/* Of all of the order's items. */

static int
unshipped(const wismo_str_t *full)
{
    int      n;
    size_t   i;
    json_t  *json, *item;

    n = 0;
    json = view(full);

    json_array_foreach(json_object_get(json, "items"), i, item) {
        n += (int) json_integer_value(json_object_get(item, "unshipped"));
    }

    json_decref(json);

    return n;
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
    assert_int_equal(unshipped(&doc.full), 1);
    json_decref(json);

    /* a parcel that does not say what is in it may hold the rest */

    o.nparcels = 2;
    wismo_merge_rollup(&o);
    bytes = write_order(&pool, &o);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

    json = view(&doc.minimal);
    assert_json(json, "items_unshipped", "0");
    assert_int_equal(unshipped(&doc.full), 0);
    json_decref(json);

    wismo_pool_done(&pool);
}


/* Opened after a patch: the bytes of a document that was written now. */

static void
assert_patched(wismo_pool_t *pool, wismo_order_t *o, unsigned i,
    int64_t checked_at, int64_t next_check_at)
{
    wismo_str_t              bytes, fresh;
    wismo_error_t            err;
    wismo_parcel_t           was;
    wismo_document_t         doc;
    wismo_document_patch_t   patch;

    bytes = write_order(pool, o);

    assert_int_equal(wismo_document_patch(pool, i, checked_at, next_check_at,
                                          &patch), WISMO_OK);
    assert_true(patch.offset + patch.bytes.len <= bytes.len);
    memcpy(bytes.data + patch.offset, patch.bytes.data, patch.bytes.len);

    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

    was = o->parcels[i];
    if (checked_at != WISMO_TIME_NONE) {
        o->parcels[i].checked_at = checked_at;
    }

    o->parcels[i].next_check_at = next_check_at;

    fresh = write_order(pool, o);
    o->parcels[i] = was;

    assert_int_equal(bytes.len, fresh.len);
    assert_memory_equal(bytes.data, fresh.data, bytes.len);

    assert_int_equal(wismo_document_open(&fresh, &doc, &err), WISMO_OK);
    assert_memory_equal(bytes.data, fresh.data, bytes.len);
}


static void
test_patches(void **state)
{
    size_t         i, j;
    wismo_pool_t   pool;
    wismo_order_t  o;

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
            assert_patched(&pool, &o, (unsigned) i, times[j][0], times[j][1]);
        }
    }

    /* a text that looks like a place is none */

    o.parcels[0].service = str("{\"checked_at\":null                  ,");
    o.items[0].name = str("{\"checked_at\":");

    assert_patched(&pool, &o, 2, T0, T0 + 1);

    wismo_pool_done(&pool);
}


/* Who may see it: revocation and proofs survive what changes the order. */

static void
test_access(void **state)
{
    wismo_str_t       bytes, head;
    wismo_pool_t      pool;
    wismo_error_t     err;
    wismo_order_t     o, back;
    wismo_document_t  doc;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);

    o.revoked_at = T0;
    memcpy(o.proofs.text[WISMO_FACTOR_EMAIL], "AZaz09-_AZaz09-_AZaz09", 22);
    memcpy(o.proofs.text[WISMO_FACTOR_PHONE], "-_AZaz09-_AZaz09-_AZaz", 22);

    bytes = write_order(&pool, &o);

    assert_memory_equal(bytes.data + 69, " 1764000000 AZaz09-_AZaz09-_AZaz09 "
                        NO_PROOF " -_AZaz09-_AZaz09-_AZaz 03\n\"", 85);

    head.data = bytes.data;
    head.len = WISMO_DOC_HEADER;

    assert_int_equal(wismo_document_head(&head, &doc, &err), WISMO_OK);
    assert_int_equal(doc.version, 7);
    assert_int_equal(doc.revoked_at, T0);
    assert_memory_equal(&doc.proofs, &o.proofs, sizeof(wismo_proofs_t));
    assert_null(doc.full.data);

    head.len--;

    assert_int_equal(wismo_document_head(&head, &doc, &err), WISMO_DECLINED);

    /* a poll's news, then the shop's: it tells other contacts, or none */

    read_order(&pool, &bytes, &back);

    assert_int_equal(back.revoked_at, T0);
    assert_memory_equal(&back.proofs, &o.proofs, sizeof(wismo_proofs_t));

    order(&pool, &o);
    assert_int_equal(wismo_merge_order(&pool, &o, &back), WISMO_OK);

    assert_int_equal(o.revoked_at, T0);
    assert_int_equal(o.proofs.text[WISMO_FACTOR_EMAIL][0], 0);

    wismo_pool_done(&pool);
}


/* What the versions before wrote is read; nobody has a proof for the first. */

static wismo_str_t
older(const wismo_str_t *bytes, const char *magic, size_t header)
{
    size_t       views;
    wismo_str_t  old;

    views = WISMO_DOC_HEADER + 3 * 60;
    old = heap_copy(bytes->data + views - header,
                    bytes->len - views + header);

    memcpy(old.data, bytes->data, header - 1);
    memcpy(old.data, magic, 3);
    old.data[header - 1] = '\n';

    return old;
}


static void
test_older_schema(void **state)
{
    wismo_str_t             bytes, old;
    wismo_pool_t            pool;
    wismo_order_t           o;
    wismo_error_t           err;
    wismo_document_t        doc;

    (void) state;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    order(&pool, &o);
    memcpy(o.proofs.text[WISMO_FACTOR_EMAIL], "AZaz09-_AZaz09-_AZaz09", 22);
    bytes = write_order(&pool, &o);

    old = older(&bytes, "WO1", 70);

    assert_int_equal(wismo_document_open(&old, &doc, &err), WISMO_OK);
    assert_int_equal(doc.schema, 1);
    assert_int_equal(doc.revoked_at, WISMO_TIME_NONE);
    assert_int_equal(doc.proofs.text[0][0], 0);
    assert_int_equal(doc.nparcels, 0);
    assert_ptr_equal(doc.minimal.data, old.data + 70);

    read_order(&pool, &old, &o);
    assert_int_equal(o.nparcels, 3);
    old.len = 70;

    assert_int_equal(wismo_document_head(&old, &doc, &err), WISMO_OK);
    assert_int_equal(doc.version, 7);
    free(old.data);

    old = older(&bytes, "WO2", 150);

    assert_int_equal(wismo_document_open(&old, &doc, &err), WISMO_OK);
    assert_int_equal(doc.schema, 2);
    assert_int_equal(doc.checked_at, T0 + 7200);
    assert_string_equal(doc.proofs.text[WISMO_FACTOR_EMAIL],
                        "AZaz09-_AZaz09-_AZaz09");
    assert_int_equal(doc.nparcels, 0);
    assert_ptr_equal(doc.minimal.data, old.data + 150);

    read_order(&pool, &old, &o);
    assert_int_equal(o.nparcels, 3);

    /* written again it is of this version */

    free(old.data);
    order(&pool, &o);
    old = write_order(&pool, &o);
    assert_int_equal(wismo_document_open(&old, &doc, &err), WISMO_OK);
    assert_int_equal(doc.schema, WISMO_DOC_SCHEMA);
    assert_int_equal(doc.nparcels, 3);

    wismo_pool_done(&pool);
}


/* A parcel by itself tells nothing of its order, of persons or places. */

static void
test_alone(void **state)
{
    char              text[WISMO_DOC_MAX];
    size_t            i;
    wismo_str_t       bytes, number;
    wismo_pool_t      pool;
    wismo_error_t     err;
    wismo_order_t     o, back;
    wismo_document_t  doc, alone;

    static const char *const  numbers[] = {
        "1ZSECRET1", "1ZSECRET2", "1ZSECRET3"
    };

    static const char *const  never[] = {
        "R-1001", "acme", "de-DE", "EUR", "Secret", "secret", "SKU", "Mug",
        "Card", "Zoll", "Louisville", "Departed from", "I/DP", "4711", "usps",
        "9400", "M4 4.5h7", "neighbour", "household", "cdn.", "1200"
    };

    (void) state;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);
    order(&pool, &o);
    bytes = write_order(&pool, &o);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);

    for (i = 0; i < countof(numbers); i++) {
        number = str(numbers[i]);

        assert_int_equal(wismo_document_alone(&pool, &doc, &number, &alone),
                         WISMO_OK);
        assert_int_equal(alone.version, doc.version);
        assert_int_equal(alone.revoked_at, WISMO_TIME_NONE);
        assert_int_equal(wismo_document_read(&pool, &alone, &back, &err),
                         WISMO_OK);

        assert_int_equal(back.nparcels, 1);
        assert_true(wismo_str_eq(&back.number, &number));
        assert_true(wismo_str_eq(&back.parcels[0].tracking_number, &number));
        assert_int_equal(back.parcels[0].status->status,
                         o.parcels[i].status->status);
        assert_int_equal(back.parcels[0].nevents, o.parcels[i].nevents);

        memcpy(text, alone.full.data, alone.full.len);
        text[alone.full.len] = '\0';
        assert_non_null(strstr(text, "\"view\":\"parcel\""));

        wipe(text, numbers[i]);
        none_of(text, never, countof(never));
        none_of(text, numbers, countof(numbers));

        memcpy(text, alone.minimal.data, alone.minimal.len);
        text[alone.minimal.len] = '\0';
        wipe(text, numbers[i]);
        none_of(text, never, countof(never));
        none_of(text, numbers, countof(numbers));
    }

    number = str("1ZSECRET4");
    assert_int_equal(wismo_document_alone(&pool, &doc, &number, &alone),
                     WISMO_DECLINED);

    number = str("1ZSECRET1");
    doc.full.len--;
    assert_int_equal(wismo_document_alone(&pool, &doc, &number, &alone),
                     WISMO_DECLINED);

    wismo_pool_done(&pool);
}


static void
wipe(char *text, const char *what)
{
    char  *p;

    for (p = strstr(text, what); p; p = strstr(p, what)) {
        memset(p, '-', strlen(what));
    }
}


static void
none_of(const char *text, const char *const *never, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strstr(text, never[i])) {
            fail_msg("\"%s\" is in %s", never[i], text);
        }
    }
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
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_older_schema),
        cmocka_unit_test(test_alone)
    };

    return test_run("document", tests, countof(tests));
}
