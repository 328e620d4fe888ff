
/*
 * Copyright (C) The Wismo authors
 *
 * Where a stream is to go on: the version that a client names, or 0 for what
 * could not be one, whatever it is.
 */


#include "test.h"

#include "wismo_live.h"


static void
test_version(void **state)
{
    size_t       i;
    wismo_str_t  id;

    static const struct {
        const char  *id;
        uint64_t     version;
    } cases[] = {
        { "", 0 }, { "0", 0 }, { "1", 1 }, { "0042", 42 },
        { "9223372036854775807", INT64_MAX },
        { "9223372036854775808", 0 },
        { "18446744073709551616", 0 },
        { "00000000000000000000000000000000000001", 1 },
        { "-1", 0 }, { "+1", 0 }, { " 1", 0 }, { "1 ", 0 }, { "1e3", 0 },
        { "0x10", 0 }, { "\xd9\xa1", 0 },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        id = heap_str(cases[i].id);
        assert_int_equal(wismo_live_version(&id), cases[i].version);
        free(id.data);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_version),
    };

    return test_run("live", tests, countof(tests));
}
