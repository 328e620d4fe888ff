
/*
 * Copyright (C) The Wismo authors
 *
 * Keys that come back from Redis: an order's number is found in a document's
 * key, and in nothing else.
 */


#include "test.h"

#include "wismo_schema.h"


static bool
order_is(const char *key, size_t len, const char *number)
{
    bool         rc;
    wismo_str_t  s, order;

    /* of its own size, so that reading beyond it is found */

    s.len = len;
    s.data = malloc(len ? len : 1);
    assert_non_null(s.data);
    memcpy(s.data, key, len);

    rc = wismo_key_order(&s, &order) == WISMO_OK
         && order.len == strlen(number)
         && memcmp(order.data, number, order.len) == 0;

    free(s.data);

    return rc;
}


static void
test_order(void **state)
{
    char         buf[WISMO_KEY_MAX];
    size_t       i, len;
    wismo_str_t  number, order;

    static const char *const  numbers[] = { "1001", "A-7.b_c", "x" };

    (void) state;

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        number.data = (unsigned char *) numbers[i];
        number.len = strlen(numbers[i]);

        len = wismo_key_document(buf, &number);

        assert_true(order_is(buf, len, numbers[i]));

        /* cut anywhere in front of the number, it has none */

        while (len-- > strlen("wo:{1}:")) {
            number.data = (unsigned char *) buf;
            number.len = len;

            if (wismo_key_order(&number, &order) == WISMO_OK) {
                assert_true(order.data + order.len
                            == (unsigned char *) buf + len);
            }
        }
    }
}


static void
test_other_keys(void **state)
{
    size_t  i;

    static const char *const  keys[] = {
        "", "w", "wo", "wo:", "wo:{", "wo:{}", "wo:{}:1", "wo:{1", "wo:{1}",
        "wo:{1}:", "wo:{1}1001", "wo:{a}:1001", "wo:1001", "wp:{1}:1001",
        "wo:{1 }:1001", "wo:{-1}:1001", "xwo:{1}:1001"
    };

    (void) state;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_false(order_is(keys[i], strlen(keys[i]), "1001"));
        assert_false(order_is(keys[i], strlen(keys[i]), ""));
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_other_keys),
    };

    return test_run("schema", tests, countof(tests));
}
