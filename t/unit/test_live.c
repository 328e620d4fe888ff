
/*
 * Copyright (C) The Wismo authors
 *
 * Where a stream is to go on: the version that a client names, and the mark
 * of the incidents it shows, or 0 for what could not be one, whatever it is.
 */


#include "test.h"

#include "wismo_live.h"


static void
test_version(void **state)
{
    size_t       i;
    uint32_t     mark;
    wismo_str_t  id;

    static const struct {
        const char  *id;
        uint64_t     version;
        uint32_t     mark;
    } cases[] = {
        { "", 0, 0 }, { "0", 0, 0 }, { "1", 1, 0 }, { "0042", 42, 0 },
        { "9223372036854775807", INT64_MAX, 0 },
        { "9223372036854775808", 0, 0 },
        { "18446744073709551616", 0, 0 },
        { "00000000000000000000000000000000000001", 1, 0 },
        { "-1", 0, 0 }, { "+1", 0, 0 }, { " 1", 0, 0 }, { "1 ", 0, 0 },
        { "1e3", 0, 0 }, { "0x10", 0, 0 }, { "\xd9\xa1", 0, 0 },
        { "7-0000002a", 7, 42 }, { "7-deadbeef", 7, 0xdeadbeef },
        { "7-", 0, 0 }, { "7-2a", 0, 0 }, { "7-0000002A", 0, 0 },
        { "7-0000002a0", 0, 0 }, { "7-0000-02a", 0, 0 }, { "-", 0, 0 },
        { "7-0000002g", 0, 0 }, { "-0000002a", 0, 0 },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        id = heap_str(cases[i].id);
        assert_int_equal(wismo_live_version(&id, &mark), cases[i].version);
        assert_int_equal(mark, cases[i].mark);
        free(id.data);
    }
}


/* What is written is read as what it was. */

static void
test_id(void **state)
{
    char         buf[WISMO_LIVE_ID_MAX];
    size_t       i;
    uint32_t     mark;
    wismo_str_t  id;

    static const struct {
        uint64_t     version;
        uint32_t     mark;
        const char  *id;
    } cases[] = {
        { 1, 0, "1" }, { 12, 1, "12-00000001" },
        { INT64_MAX, UINT32_MAX, "9223372036854775807-ffffffff" },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        id.data = (unsigned char *) buf;
        id.len = wismo_live_id(buf, cases[i].version, cases[i].mark);

        assert_string_equal(buf, cases[i].id);
        assert_int_equal(id.len, strlen(buf));
        assert_int_equal(wismo_live_version(&id, &mark), cases[i].version);
        assert_int_equal(mark, cases[i].mark);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_id),
    };

    return test_run("live", tests, countof(tests));
}
