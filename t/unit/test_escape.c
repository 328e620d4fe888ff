
/*
 * Copyright (C) The Wismo authors
 *
 * Escaping outside of pages, and a calendar's lines: whatever a carrier's or a
 * shopper's text is, it stays inside the value it was put into.
 */


#include "test.h"

#include "wismo_escape.h"


static const char *
escaped(wismo_escape_e escape, const char *text, size_t len)
{
    wismo_out_t   out;
    wismo_str_t   s;
    wismo_pool_t  pool;

    static char   buf[8192];

    s.data = (unsigned char *) text;
    s.len = len;

    wismo_pool_init(&pool, 65536, NULL, NULL);
    wismo_out_init(&out, &pool, 64);

    wismo_escape(&out, &s, escape);
    assert_false(out.failed);

    memcpy(buf, out.start, (size_t) (out.pos - out.start));
    buf[out.pos - out.start] = '\0';

    wismo_pool_done(&pool);

    return buf;
}


static const char *
lines(const char *text)
{
    wismo_out_t   out;
    wismo_str_t   s;
    wismo_pool_t  pool;

    static char   buf[8192];

    s.data = (unsigned char *) text;
    s.len = strlen(text);

    wismo_pool_init(&pool, 65536, NULL, NULL);
    wismo_out_init(&out, &pool, 64);

    wismo_ical_lines(&out, &s);
    assert_false(out.failed);

    memcpy(buf, out.start, (size_t) (out.pos - out.start));
    buf[out.pos - out.start] = '\0';

    wismo_pool_done(&pool);

    return buf;
}


static void
test_ical(void **state)
{
    (void) state;

    assert_string_equal(escaped(WISMO_ESCAPE_ICAL, "a;b,c\\d", 7),
                        "a\\;b\\,c\\\\d");
    assert_string_equal(escaped(WISMO_ESCAPE_ICAL,
                                "x\r\nEND:VEVENT\0\t\x7f", 16),
                        "x\\nEND:VEVENT");
}


static void
test_text(void **state)
{
    (void) state;

    assert_string_equal(escaped(WISMO_ESCAPE_NONE, "a<b>\tc\n&\"", 9),
                        "a<b>\tc\n&\"");

    /* nothing that a terminal would obey */

    assert_string_equal(escaped(WISMO_ESCAPE_NONE,
                                "\x1b[2J\rx\0\x7f\x07y", 10), "[2Jxy");
}


static void
test_xml(void **state)
{
    (void) state;

    assert_string_equal(escaped(WISMO_ESCAPE_XML, "<a b='c\"'>&\n", 12),
                        "&lt;a b=&#39;c&quot;&#39;&gt;&amp;\n");

    /* what is no character of XML 1.0, and what is no UTF-8 */

    assert_string_equal(escaped(WISMO_ESCAPE_XML, "a\x01\0\x1b\xff" "b", 6),
                        "ab");
    assert_string_equal(escaped(WISMO_ESCAPE_XML,
                                "\xef\xbf\xbf\xef\xbf\xbd", 6),
                        "\xef\xbf\xbd");
}


static void
test_form(void **state)
{
    (void) state;

    assert_string_equal(escaped(WISMO_ESCAPE_FORM, "a&b=c +%\0", 9),
                        "a%26b%3Dc%20%2B%25%00");
    assert_string_equal(escaped(WISMO_ESCAPE_FORM, "Az09-._~", 8),
                        "Az09-._~");
}


static void
test_json(void **state)
{
    (void) state;

    assert_string_equal(escaped(WISMO_ESCAPE_JSON, "\"}", 2), "\"\\\"}\"");
    assert_string_equal(escaped(WISMO_ESCAPE_JSON, "\xff", 1),
                        "\"\xef\xbf\xbd\"");
}


static void
test_lines(void **state)
{
    size_t       i, n, len;
    char         text[300];
    const char  *out, *p, *end;

    (void) state;

    assert_string_equal(lines("A:1\n\nB:2"), "A:1\r\nB:2\r\n");
    assert_string_equal(lines(""), "");

    /* 75 bytes stay, 76 don't */

    memset(text, 'x', sizeof(text));
    text[75] = '\0';
    assert_int_equal(strlen(lines(text)), 77);

    text[75] = 'x';
    text[76] = '\0';
    assert_string_equal(lines(text) + 75, "\r\n x\r\n");

    /* no line is too long, and no character is cut */

    for (n = 0; n < 4; n++) {
        len = n;
        memset(text, 'x', n);

        for (i = 0; i < 60; i++) {
            memcpy(text + len, "\xe2\x82\xac", 3);
            len += 3;
        }

        text[len] = '\0';
        out = lines(text);

        for (p = out; *p; p = end + 2) {
            end = strstr(p, "\r\n");
            assert_non_null(end);
            assert_true(end - p <= 75);
            assert_true((p[0] & 0xc0) != 0x80);
            assert_true(p == out || (p[0] == ' ' && (p[1] & 0xc0) != 0x80));
        }
    }

    /* bytes that are no characters neither hang nor grow */

    memset(text, 0x80, sizeof(text));
    text[200] = '\0';
    assert_true(strlen(lines(text)) < 220);
}


static void
test_names(void **state)
{
    wismo_escape_e  escape;

    (void) state;

    assert_int_equal(wismo_escape_of("ical", &escape), WISMO_OK);
    assert_int_equal(escape, WISMO_ESCAPE_ICAL);
    assert_int_equal(wismo_escape_of("html", &escape), WISMO_OK);
    assert_int_equal(escape, WISMO_ESCAPE_HTML);
    assert_int_equal(wismo_escape_of("xml", &escape), WISMO_OK);
    assert_int_equal(escape, WISMO_ESCAPE_XML);
    assert_int_equal(wismo_escape_of("yaml", &escape), WISMO_DECLINED);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_ical),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_xml),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_names),
    };

    return test_run("escape", tests, countof(tests));
}
