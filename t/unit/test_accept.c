
/*
 * Copyright (C) The Wismo authors
 *
 * What clients send in Accept and its siblings, and what they then get: the
 * form they like best, and never more work than a header is worth.
 */


#include "test.h"

#include "wismo_accept.h"


static int
choose(const char *header, const char *a, const char *b)
{
    wismo_str_t  s;
    const char  *names[2];

    s.data = (unsigned char *) header;
    s.len = strlen(header);

    names[0] = a;
    names[1] = b;

    return wismo_accept_choose(&s, names, 2);
}


static void
test_types(void **state)
{
    (void) state;

    assert_int_equal(choose("", "text/html", "application/json"),
                     WISMO_DECLINED);
    assert_int_equal(choose("*/*", "text/html", "application/json"), 0);
    assert_int_equal(choose("application/json", "text/html",
                            "application/json"), 1);
    assert_int_equal(choose("application/json, */*", "text/html",
                            "application/json"), 1);
    assert_int_equal(choose("text/html, application/json", "text/html",
                            "application/json"), 0);
    assert_int_equal(choose("text/html;q=0.5, application/JSON ; q=0.9",
                            "text/html", "application/json"), 1);
    assert_int_equal(choose("text/*;q=0.2, */*;q=0.3", "text/html",
                            "application/json"), 1);
    assert_int_equal(choose("image/png", "text/html", "application/json"),
                     WISMO_DECLINED);
    assert_int_equal(choose("text/html;q=0, */*;q=0.1", "text/html",
                            "application/json"), 1);
}


static void
test_encodings(void **state)
{
    (void) state;

    assert_int_equal(choose("gzip, deflate, br", "gzip", "identity"), 0);
    assert_int_equal(choose("*;q=0.5, gzip;q=0", "gzip", "identity"), 1);
    assert_int_equal(choose("x-gzip", "gzip", "identity"), WISMO_DECLINED);
}


static void
test_hostile(void **state)
{
    char  big[4096];

    (void) state;

    memset(big, ',', sizeof(big));
    memcpy(big + 2000, "text/html", 9);
    big[sizeof(big) - 1] = '\0';

    assert_int_equal(choose(big, "text/html", "b"), WISMO_DECLINED);
    assert_int_equal(choose("text/html;q", "text/html", "b"), 0);
    assert_int_equal(choose("text/html;q=", "text/html", "b"), 0);
    assert_int_equal(choose("text/html;q=x", "text/html", "b"),
                     WISMO_DECLINED);
    assert_int_equal(choose("text/html;q=0.", "text/html", "b"),
                     WISMO_DECLINED);
    assert_int_equal(choose("text/html;q=0.0001", "text/html", "b"),
                     WISMO_DECLINED);
    assert_int_equal(choose(";;;===,,, \t/*", "text/html", "b"),
                     WISMO_DECLINED);
    assert_int_equal(choose("text/htmlx, text/htm", "text/html", "b"),
                     WISMO_DECLINED);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_hostile),
    };

    return test_run("accept", tests, countof(tests));
}
