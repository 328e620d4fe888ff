
/*
 * Copyright (C) The Wismo authors
 *
 * Text messages: what they are counted as, by the letters that are in them,
 * and which numbers can be meant, whoever typed them.
 */


#include "test.h"

#include "fetch_sms.h"


static wismo_pool_t  pool;


static void
check(const char *letter, unsigned n, unsigned units, unsigned segments,
    bool ucs2)
{
    unsigned          i;
    wismo_out_t       out;
    wismo_str_t       text;
    fetch_sms_size_t  size;

    wismo_out_init(&out, &pool, 64);

    for (i = 0; i < n; i++) {
        wismo_out_bytes(&out, letter, strlen(letter));
    }

    text = heap_copy(out.start, (size_t) (out.pos - out.start));

    fetch_sms_size(&text, &size);
    free(text.data);

    assert_int_equal(size.units, units);
    assert_int_equal(size.segments, segments);
    assert_int_equal(size.ucs2, ucs2);
}


static void
test_size(void **state)
{
    (void) state;

    check("a", 0, 0, 1, false);
    check("a", 160, 160, 1, false);
    check("a", 161, 161, 2, false);
    check("a", 306, 306, 2, false);
    check("a", 307, 307, 3, false);
    check("\xc3\xa9", 160, 160, 1, false);            /* é */
    check("\xe2\x82\xac", 80, 160, 1, false);         /* the euro's takes 2 */
    check("\xe2\x82\xac", 81, 162, 2, false);
    check("\xe8\x8d\xb7", 70, 70, 1, true);
    check("\xe8\x8d\xb7", 71, 71, 2, true);
    check("\xf0\x9f\x93\xa6", 35, 70, 1, true);       /* a parcel */
    check("\xf0\x9f\x93\xa6", 36, 72, 2, true);
    check("\xc3\xa8" "a", 10, 20, 1, false);
    check("\xff", 1, 1, 1, true);
    check("\xc3\xab", 1, 1, 1, true);                 /* ë is not among them */
}


static void
test_number(void **state)
{
    unsigned      i;
    wismo_str_t   text, number;

    static const char *const  good[][2] = {
        { "+431234567", "+431234567" },
        { "0043 1 234-567", "+431234567" },
        { "+44 (0)20 7946 0000", "+442079460000" },
        { "+1 (212) 555.0100", "+12125550100" },
        { "(+44) 20 7946 0000", "+442079460000" },
        { "(+44)(0)20 7946-0000", "+442079460000" },
        { " (0044) 20 79460000", "+442079460000" }
    };

    static const char *const  bad[] = {
        "", "+", "00", "01 234567", "431234567", "+0123456789", "+43 12",
        "+1234567890123456", "+43 1 234567 ext 5", "+43\r\n1234567",
        "++431234", "(", "( ", "(+", "(00", "(+43) +1234567",
        "(0) 43 1234567"
    };

    (void) state;

    for (i = 0; i < countof(good); i++) {
        text = heap_copy(good[i][0], strlen(good[i][0]));
        assert_int_equal(fetch_sms_number(&pool, &text, &number), WISMO_OK);
        free(text.data);
        assert_int_equal(number.len, strlen(good[i][1]));
        assert_memory_equal(number.data, good[i][1], number.len);
    }

    for (i = 0; i < countof(bad); i++) {
        text = heap_copy(bad[i], strlen(bad[i]));

        if (fetch_sms_number(&pool, &text, &number) != WISMO_DECLINED) {
            fail_msg("\"%s\" was taken", bad[i]);
        }

        free(text.data);
    }
}


static int
setup(void **state)
{
    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    wismo_pool_done(&pool);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_number, setup, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
