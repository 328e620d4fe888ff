
/*
 * Copyright (C) The Wismo authors
 *
 * Sealed letters: whoever has the secret opens what was sealed to its public
 * key, as the same letter alone; no bit may change, no two are alike, and what
 * another program seals by the documented scheme opens, too.
 */


#include "test.h"
#include "wismo_box.h"


#define SECRET  "0123456789abcdef"
#define OTHER   "fedcba9876543210"
#define BODY    "{\"customer\":{}}"
#define NOW     1800000000


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
box_to(wismo_box_t *box, const wismo_keys_t *keys)
{
    wismo_box_key_t  key;

    memset(box, 0, sizeof(wismo_box_t));

    assert_int_equal(wismo_box_key(keys, &key), WISMO_OK);
    assert_int_equal(wismo_box_ready(box, &key, NOW), WISMO_OK);
}


static wismo_box_name_t
name_of(const char *kind, const char *order, const char *carrier,
    const char *headers)
{
    wismo_box_name_t  name;

    name.kind = str(kind);
    name.order = str(order);
    name.carrier = str(carrier);
    name.headers = str(headers);

    return name;
}


static void
test_round(void **state)
{
    char                big[70000];
    size_t              i;
    wismo_box_t         box;
    wismo_str_t         text, body, again, kid;
    wismo_keys_t        keys;
    wismo_error_t       err;
    wismo_box_name_t    name;
    wismo_box_opener_t  opener;

    static const size_t  lengths[] = { 0, 1, 15, 16, 17, 1000, 65536 };

    (void) state;

    keys = keys_of("a:" SECRET "\nb:" OTHER "\n");
    name = name_of("hook", "", "ups", "x-topic: a\n");
    memset(big, 'x', sizeof(big));

    box_to(&box, &keys);
    assert_int_equal(wismo_box_opener(&opener, &keys), WISMO_OK);

    for (i = 0; i < countof(lengths); i++) {
        text = heap_copy(big, lengths[i]);

        assert_int_equal(wismo_box_seal(&pool, &box, &name, &text, &body),
                         WISMO_OK);
        assert_int_equal(body.len, 6 + 32 + 16 + lengths[i] + 16);
        assert_true(wismo_box_kid(&body, &kid));
        assert_str(kid, "a");
        assert_true(wismo_box_has(&opener, &kid));

        assert_int_equal(wismo_box_open(&pool, &opener, &name, &body, &again,
                                        &err), WISMO_OK);
        assert_true(wismo_str_eq(&again, &text));

        free(text.data);
    }

    /* one agreement for all of them */

    assert_int_equal(opener.next, 1);

    wismo_box_opener_done(&opener);
}


/* Made with another program, as documented. */

static void
test_foreign(void **state)
{
    wismo_str_t         body, text;
    wismo_keys_t        keys;
    wismo_error_t       err;
    wismo_box_name_t    name;
    wismo_box_opener_t  opener;

    static const unsigned char  bytes[] =
        "WL1 k1\n"
        "\x8f\x40\xc5\xad\xb6\x8f\x25\x62\x4a\xe5\xb2\x14\xea\x76\x7a\x6e"
        "\xc9\x4d\x82\x9d\x3d\x7b\x5e\x1a\xd1\xba\x6f\x3e\x21\x38\x28\x5f"
        "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
        "\x23\x46\xbf\x4e\xbf\xcf\xbd\xaf\x0a\xe6\x8b\x03\xfd\x82\x5e\xb7"
        "\xb5\xfb\x79\xc1\x75\x48\x1c\x5f\xd7\xa8\x81\xd4\xd9\x77\xf6";

    (void) state;

    keys = keys_of("new:" OTHER "\nk1:" SECRET "\n");
    name = name_of("put", "A-1001", "", "");
    body = heap_copy(bytes, sizeof(bytes) - 1);

    assert_int_equal(wismo_box_opener(&opener, &keys), WISMO_OK);
    assert_int_equal(wismo_box_open(&pool, &opener, &name, &body, &text,
                                    &err), WISMO_OK);
    assert_str(text, BODY);

    free(body.data);
}


static void
test_refused(void **state)
{
    size_t              i;
    wismo_str_t         text, body, again, kid, cut;
    wismo_box_t         box;
    wismo_keys_t        keys, more, none;
    wismo_error_t       err;
    wismo_box_name_t    name, other;
    wismo_box_opener_t  opener;

    static const char *const  others[][4] = {
        { "hook", "1001", "", "" },
        { "put", "1002", "", "" },
        { "put", "1001", "ups", "" },
        { "put", "1001", "", "x: y\n" },
        { "put", "", "1001", "" },
        { "put1001", "", "", "" }
    };

    (void) state;

    keys = keys_of("a:" SECRET "\n");
    more = keys_of("b:" OTHER "\na:another-secret-text\n");
    none = keys_of("b:" OTHER "\n");
    name = name_of("put", "1001", "", "");
    text = str(BODY);

    box_to(&box, &keys);
    assert_int_equal(wismo_box_seal(&pool, &box, &name, &text, &body),
                     WISMO_OK);

    /* with another key's text, without the key, which is told by its name */

    assert_int_equal(wismo_box_opener(&opener, &more), WISMO_OK);
    assert_int_equal(wismo_box_open(&pool, &opener, &name, &body, &again,
                                    &err), WISMO_DECLINED);
    assert_non_null(strstr(err.text, "does not open"));

    assert_int_equal(wismo_box_opener(&opener, &none), WISMO_OK);
    assert_true(wismo_box_kid(&body, &kid));
    assert_false(wismo_box_has(&opener, &kid));
    assert_int_equal(wismo_box_open(&pool, &opener, &name, &body, &again,
                                    &err), WISMO_DECLINED);
    assert_non_null(strstr(err.text, "the key \"a\""));
    assert_int_equal(again.len, 0);

    /* as another letter */

    assert_int_equal(wismo_box_opener(&opener, &keys), WISMO_OK);

    for (i = 0; i < countof(others); i++) {
        other = name_of(others[i][0], others[i][1], others[i][2],
                        others[i][3]);

        assert_int_equal(wismo_box_open(&pool, &opener, &other, &body,
                                        &again, &err), WISMO_DECLINED);
    }

    /* each bit behind the magic */

    for (i = 4 * 8; i < body.len * 8; i++) {
        body.data[i / 8] ^= (unsigned char) (1 << i % 8);

        assert_int_equal(wismo_box_open(&pool, &opener, &name, &body, &again,
                                        &err), WISMO_DECLINED);

        body.data[i / 8] ^= (unsigned char) (1 << i % 8);
    }

    /* a point that would agree with anybody */

    again = heap_copy(body.data, body.len);
    memset(again.data + 6, 0, WISMO_BOX_KEY);
    assert_int_equal(wismo_box_open(&pool, &opener, &name, &again, &cut,
                                    &err), WISMO_DECLINED);
    free(again.data);

    /* each length */

    for (i = 4; i < body.len; i++) {
        cut = heap_copy(body.data, i);

        assert_int_equal(wismo_box_open(&pool, &opener, &name, &cut, &again,
                                        &err), WISMO_DECLINED);
        free(cut.data);
    }

    assert_int_equal(wismo_box_open(&pool, &opener, &name, &body, &again,
                                    &err), WISMO_OK);
    assert_str(again, BODY);

    /* no two are alike, though the sender is */

    assert_int_equal(wismo_box_seal(&pool, &box, &name, &text, &again),
                     WISMO_OK);
    assert_memory_equal(again.data, body.data, 6 + WISMO_BOX_KEY);
    assert_memory_not_equal(again.data + 6 + WISMO_BOX_KEY,
                            body.data + 6 + WISMO_BOX_KEY,
                            body.len - 6 - WISMO_BOX_KEY);
}


static void
test_plain(void **state)
{
    wismo_box_t         box;
    wismo_str_t         text, again, kid;
    wismo_keys_t        none;
    wismo_error_t       err;
    wismo_box_key_t     key;
    wismo_box_name_t    name;
    wismo_box_opener_t  opener;

    (void) state;

    memset(&none, 0, sizeof(wismo_keys_t));
    memset(&box, 0, sizeof(wismo_box_t));

    name = name_of("put", "1001", "", "");
    text = str(BODY);

    assert_int_equal(wismo_box_opener(&opener, &none), WISMO_OK);
    assert_false(wismo_box_kid(&text, &kid));
    assert_int_equal(wismo_box_open(&pool, &opener, &name, &text, &again,
                                    &err), WISMO_OK);
    assert_str(again, BODY);

    /* nothing is sealed without a key */

    assert_int_equal(wismo_box_key(&none, &key), WISMO_ERROR);
    assert_int_equal(wismo_box_seal(&pool, &box, &name, &text, &again),
                     WISMO_ERROR);
}


/* A minute, and never across another key. */

static void
test_time(void **state)
{
    wismo_box_t      box, before;
    wismo_keys_t     keys, others;
    wismo_box_key_t  key, other;

    (void) state;

    keys = keys_of("a:" SECRET "\n");
    others = keys_of("a:" OTHER "\n");

    assert_int_equal(wismo_box_key(&keys, &key), WISMO_OK);
    assert_int_equal(wismo_box_key(&others, &other), WISMO_OK);

    box_to(&box, &keys);
    before = box;

    assert_int_equal(wismo_box_ready(&box, &key, NOW + 59), WISMO_OK);
    assert_memory_equal(&box, &before, sizeof(wismo_box_t));

    assert_int_equal(wismo_box_ready(&box, &key, NOW + 60), WISMO_OK);
    assert_memory_not_equal(box.from, before.from, WISMO_BOX_KEY);
    assert_memory_not_equal(box.shared, before.shared, WISMO_BOX_KEY);

    before = box;
    assert_int_equal(wismo_box_ready(&box, &other, NOW + 61), WISMO_OK);
    assert_memory_not_equal(box.from, before.from, WISMO_BOX_KEY);
    assert_memory_equal(box.to.key, other.key, WISMO_BOX_KEY);

    before = box;
    assert_int_equal(wismo_box_ready(&box, &other, NOW - 3600), WISMO_OK);
    assert_memory_not_equal(box.from, before.from, WISMO_BOX_KEY);
}


/* More senders than are remembered, and letters of all of them. */

static void
test_senders(void **state)
{
    unsigned            i, k;
    wismo_str_t         text, again, body[WISMO_BOX_KEPT + 3];
    wismo_box_t         box;
    wismo_keys_t        keys;
    wismo_error_t       err;
    wismo_box_name_t    name;
    wismo_box_opener_t  opener;

    (void) state;

    keys = keys_of("a:" SECRET "\n");
    name = name_of("put", "1001", "", "");
    text = str(BODY);

    assert_int_equal(wismo_box_opener(&opener, &keys), WISMO_OK);

    for (i = 0; i < countof(body); i++) {
        box_to(&box, &keys);
        assert_int_equal(wismo_box_seal(&pool, &box, &name, &text, &body[i]),
                         WISMO_OK);
    }

    for (k = 0; k < 3; k++) {
        for (i = 0; i < countof(body); i++) {
            assert_int_equal(wismo_box_open(&pool, &opener, &name, &body[i],
                                            &again, &err), WISMO_OK);
            assert_str(again, BODY);
        }
    }
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
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_senders)
    };

    wismo_pool_init(&pool, 64 * 1024 * 1024, NULL, NULL);

    rc = test_run("box", tests, countof(tests));

    wismo_pool_done(&pool);

    return rc;
}
