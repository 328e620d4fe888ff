
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


static const char *
language(const char *header)
{
    int          rc;
    wismo_str_t  s;

    static const wismo_str_t  tags[] = {
        wismo_string("en"), wismo_string("de"), wismo_string("pt-BR"),
        wismo_string("zh-Hans"), wismo_string("de-AT"), wismo_string("fil")
    };

    s.data = (unsigned char *) header;
    s.len = strlen(header);

    rc = wismo_accept_language(&s, tags, countof(tags));

    return rc < 0 ? "none" : (const char *) tags[rc].data;
}


static void
test_languages(void **state)
{
    size_t  i;

    static const struct {
        const char  *header;
        const char  *tag;
    } cases[] = {
        { "", "none" },
        { "de", "de" },
        { "DE", "de" },
        { "de-CH", "de" },
        { "de-at", "de-AT" },
        { "de-AT-1996", "de-AT" },
        { "de_AT", "de-AT" },
        { "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", "en" },
        { "en;q=0.5, de;q=0.6", "de" },
        { "de, en", "de" },
        { "fr, *", "none" },
        { "*", "none" },
        { "pt-PT, en;q=0.9", "pt-BR" },
        { "pt", "pt-BR" },
        { "zh-Hant-TW, en;q=0.5", "en" },
        { "zh-Hans-CN", "zh-Hans" },
        { "zh-TW", "none" },
        { "zh-TW, zh", "zh-Hans" },
        { "de;q=0, en;q=0.1", "en" },
        { "fi", "none" },
        { "fil-PH", "fil" },
        { "d", "none" },
        { "den", "none" },
        { "-de, --, ;q=1, ,,", "none" },
        { "de ; q=0.3 ,\ten ;q=0.4", "en" },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        if (strcmp(language(cases[i].header), cases[i].tag) != 0) {
            fail_msg("%s: %s", cases[i].header, language(cases[i].header));
        }
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_hostile),
    };

    return test_run("accept", tests, countof(tests));
}
