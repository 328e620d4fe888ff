
/*
 * Copyright (C) The Wismo authors
 *
 * Contact data as it is stored: what was sealed opens, under its own name and
 * with its own key alone, no bit of it may change, and what another program
 * seals by the documented scheme opens, too.
 */


#include "test.h"
#include "wismo_seal.h"


#define SECRET  "0123456789abcdef"
#define BODY    "{\"customer\":{}}"


static wismo_pool_t  pool;


static wismo_keys_t
keys_of(const char *text)
{
    wismo_str_t    file;
    wismo_keys_t   keys;
    wismo_error_t  err;

    file = str(text);

    assert_int_equal(wismo_keys_read(&pool, &file, &keys, &err), WISMO_OK);

    return keys;
}


static void
test_round(void **state)
{
    char           big[70000];
    size_t         i;
    wismo_str_t    name, text, record, again, kid;
    wismo_keys_t   keys;
    wismo_error_t  err;

    static const size_t  lengths[] = { 0, 1, 15, 16, 17, 1000, 65536 };

    (void) state;

    keys = keys_of("a:" SECRET "\n");
    name = str("wp:{7}:1001");
    memset(big, 'x', sizeof(big));

    for (i = 0; i < countof(lengths); i++) {
        text = heap_copy(big, lengths[i]);

        assert_int_equal(wismo_seal(&pool, &keys, &name, &text, &record),
                         WISMO_OK);
        assert_int_equal(record.len, 6 + 12 + lengths[i] + 16);
        assert_true(wismo_seal_kid(&record, &kid));
        assert_str(kid, "a");

        assert_int_equal(wismo_unseal(&pool, &keys, &name, &record, &again,
                                      &err), WISMO_OK);
        assert_true(wismo_str_eq(&again, &text));

        free(text.data);
    }
}


/* Made with another program: HMAC-SHA256 and AES-256-GCM, as documented. */

static void
test_foreign(void **state)
{
    wismo_str_t    name, record, text;
    wismo_keys_t   keys;
    wismo_error_t  err;

    static const unsigned char  bytes[] =
        "WP1 k1\n"
        "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x7f\x07\xa9\x40\x0c"
        "\xdc\x73\x62\xf6\x45\x7a\x04\xfe\xdf\x12\x6f\x63\xb3\xa8\xf0\x4a\xc8"
        "\x74\xde\xce\xae\xb4\x0d\x20\xc6\x09";

    (void) state;

    keys = keys_of("new:fedcba9876543210\nk1:" SECRET "\n");
    name = str("wp:{7}:A-1001");
    record = heap_copy(bytes, sizeof(bytes) - 1);

    assert_int_equal(wismo_unseal(&pool, &keys, &name, &record, &text, &err),
                     WISMO_OK);
    assert_str(text, BODY);

    free(record.data);
}


static void
test_refused(void **state)
{
    size_t         i;
    wismo_str_t    name, other, text, record, again;
    wismo_keys_t   keys, more, none;
    wismo_error_t  err;

    (void) state;

    keys = keys_of("a:" SECRET "\n");
    more = keys_of("b:fedcba9876543210\na:another-secret-text\n");
    none = keys_of("b:fedcba9876543210\n");
    name = str("wp:{7}:1001");
    other = str("wp:{7}:1002");
    text = str(BODY);

    assert_int_equal(wismo_seal(&pool, &keys, &name, &text, &record),
                     WISMO_OK);

    /* under another name, with another key's text, without the key */

    assert_int_equal(wismo_unseal(&pool, &keys, &other, &record, &again,
                                  &err), WISMO_DECLINED);
    assert_int_equal(again.len, 0);
    assert_int_equal(wismo_unseal(&pool, &more, &name, &record, &again,
                                  &err), WISMO_DECLINED);
    assert_non_null(strstr(err.text, "does not open"));
    assert_int_equal(wismo_unseal(&pool, &none, &name, &record, &again,
                                  &err), WISMO_DECLINED);
    assert_non_null(strstr(err.text, "does not hold"));

    /* each bit behind the magic */

    for (i = 4 * 8; i < record.len * 8; i++) {
        record.data[i / 8] ^= (unsigned char) (1 << i % 8);

        assert_int_equal(wismo_unseal(&pool, &keys, &name, &record, &again,
                                      &err), WISMO_DECLINED);

        record.data[i / 8] ^= (unsigned char) (1 << i % 8);
    }

    /* each length; what lost its magic is no sealed record */

    for (i = 4; i < record.len; i++) {
        other = heap_copy(record.data, i);

        assert_int_equal(wismo_unseal(&pool, &keys, &name, &other, &again,
                                      &err), WISMO_DECLINED);
        free(other.data);
    }

    assert_int_equal(wismo_unseal(&pool, &keys, &name, &record, &again, &err),
                     WISMO_OK);

    /* no text twice the same, or it would be told that nothing has changed */

    assert_int_equal(wismo_seal(&pool, &keys, &name, &text, &again),
                     WISMO_OK);
    assert_false(wismo_str_eq(&again, &record));
}


static void
test_plain(void **state)
{
    wismo_str_t    name, text, again, kid;
    wismo_keys_t   keys;
    wismo_error_t  err;

    (void) state;

    keys = keys_of("a:" SECRET "\n");
    name = str("wp:{7}:1001");
    text = str(BODY);

    assert_false(wismo_seal_kid(&text, &kid));
    assert_int_equal(wismo_unseal(&pool, &keys, &name, &text, &again, &err),
                     WISMO_OK);
    assert_str(again, BODY);

    /* nothing is sealed without a key */

    keys.n = 0;
    assert_int_equal(wismo_seal(&pool, &keys, &name, &text, &again),
                     WISMO_ERROR);
}


static void
test_contact(void **state)
{
    char                   macs[WISMO_CONTACT_MACS];
    json_t                *body;
    size_t                 i;
    wismo_str_t            said;
    wismo_keys_t           keys;
    wismo_contact_keys_t   ck;

    static const struct {
        const char  *body;
        const char  *macs;
    } cases[] = {
        { "{\"customer\":{\"email\":\"Jo Doe <JO@shop.example>\"}}",
          "Pv-ep_g_bSUDiVMm" },
        { "{\"customer\":{\"phone\":\"+44 20 7946 0000\"}}",
          "rAPy0aE5ad6sLYsV" },
        { "{\"customer\":{\"phone\":\"020 7946 0000\","
          "\"email\":\"jo@shop.example\"}}",
          "Pv-ep_g_bSUDiVMm rAPy0aE5ad6sLYsV" },
        { "{\"customer\":{\"email\":7,\"phone\":\"1\"}}", "" },
        { "{\"customer\":\"jo@shop.example\"}", "" },
        { "{}", "" },
        { "[]", "" }
    };

    (void) state;

    keys = keys_of("a:" SECRET "\nb:fedcba9876543210\n");
    assert_int_equal(wismo_contact_keys(&keys, &ck), WISMO_OK);
    assert_int_equal(ck.n, 2);
    assert_string_equal(ck.id[0], "71bde694");

    for (i = 0; i < countof(cases); i++) {
        body = json_loads(cases[i].body, 0, NULL);

        assert_int_equal(wismo_contact_macs(&ck, body, macs),
                         strlen(cases[i].macs));
        assert_memory_equal(macs, cases[i].macs, strlen(cases[i].macs));
        json_decref(body);
    }

    /* one key, one MAC; without a key there is none */

    assert_int_equal(wismo_contact_mac(&ck, 1, WISMO_FACTOR_EMAIL,
                                       "jo@shop.example", 15, macs),
                     WISMO_OK);
    assert_memory_not_equal(macs, "Pv-ep_g_bSUDiVMm", WISMO_CONTACT_MAC);

    ck.n = 0;
    body = json_loads(cases[0].body, 0, NULL);
    assert_int_equal(wismo_contact_macs(&ck, body, macs), 0);

    said = wismo_contact_said(body, WISMO_FACTOR_EMAIL);
    assert_str(said, "Jo Doe <JO@shop.example>");
    json_decref(body);
}


int
main(void)
{
    int  rc;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_contact)
    };

    wismo_pool_init(&pool, 64 * 1024 * 1024, NULL, NULL);

    rc = test_run("seal", tests, countof(tests));

    wismo_pool_done(&pool);

    return rc;
}
