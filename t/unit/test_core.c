
/*
 * Copyright (C) The Wismo authors
 *
 * The pool that must keep its limit, the buffer that must not lose a byte,
 * and the JSON strings that must be valid whatever a carrier sent.
 */


#include "test.h"

#include <jansson.h>


static void *
more_odd(void *ctx, size_t size)
{
    void           **list;
    unsigned char   *p;

    /* like an allocator that aligns by 8 only */

    p = malloc(size + 24);
    assert_non_null(p);

    list = ctx;
    memcpy(p, list, sizeof(void *));
    *list = p;

    return p + 8;
}


static void *
more_none(void *ctx, size_t size)
{
    (void) size;

    ++*(unsigned *) ctx;

    return NULL;
}


static void
free_odd(void *list)
{
    void  *next;

    while (list) {
        memcpy(&next, list, sizeof(void *));
        free(list);
        list = next;
    }
}


static void
fill_and_check(wismo_pool_t *pool)
{
    size_t          i, j, size[300];
    uint64_t        seed;
    unsigned char  *p[300];

    seed = 1;

    for (i = 0; i < countof(p); i++) {
        size[i] = test_random(&seed) % (i % 50 ? 200 : 20000);
        p[i] = wismo_palloc(pool, size[i]);

        assert_non_null(p[i]);
        assert_int_equal((uintptr_t) p[i] % 16, 0);

        memset(p[i], (int) i, size[i]);
    }

    for (i = 0; i < countof(p); i++) {
        for (j = 0; j < size[i]; j++) {
            assert_int_equal(p[i][j], (unsigned char) i);
        }
    }
}


static void
test_pool_blocks(void **state)
{
    void          *list;
    wismo_pool_t   pool;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);
    fill_and_check(&pool);
    wismo_pool_done(&pool);
    assert_int_equal(pool.left, 1 << 20);

    list = NULL;
    wismo_pool_init(&pool, 1 << 20, more_odd, &list);
    fill_and_check(&pool);
    wismo_pool_done(&pool);
    free_odd(list);
}


static void
test_pool_limit(void **state)
{
    size_t         taken, limit;
    wismo_pool_t   pool;

    (void) state;

    /* whatever the limit, no more than it is taken, and most can be */

    for (limit = 0; limit < 40000; limit += 997) {
        wismo_pool_init(&pool, limit, NULL, NULL);

        for (taken = 0; wismo_palloc(&pool, 48); taken += 48) { /* void */ }

        assert_true(taken <= limit);
        assert_true(limit < 1000 || taken > limit / 2);
        assert_null(wismo_palloc(&pool, 48));

        wismo_pool_done(&pool);
        assert_int_equal(pool.left, limit);
    }

    wismo_pool_init(&pool, 1000, NULL, NULL);
    assert_null(wismo_palloc(&pool, 1001));
    assert_null(wismo_palloc(&pool, SIZE_MAX));
    assert_null(wismo_palloc(&pool, SIZE_MAX - 16));
    assert_null(wismo_palloc(&pool, SIZE_MAX - 100));
    assert_non_null(wismo_palloc(&pool, 500));
    wismo_pool_done(&pool);
}


static void
test_pool_no_memory(void **state)
{
    unsigned      calls;
    wismo_str_t   s, copy;
    wismo_pool_t  pool;

    (void) state;

    calls = 0;
    s = str("text");

    wismo_pool_init(&pool, 1 << 20, more_none, &calls);
    assert_null(wismo_palloc(&pool, 1));
    assert_null(wismo_pcalloc(&pool, 1));
    assert_int_equal(wismo_pstrdup(&pool, &copy, &s), WISMO_ERROR);
    assert_int_equal(calls, 3);
    assert_int_equal(pool.left, 1 << 20);
    wismo_pool_done(&pool);
}


static void
test_pool_reset(void **state)
{
    int            i, j;
    wismo_pool_t   pool;
    unsigned char  *p;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);
    wismo_pool_reset(&pool);

    for (i = 0; i < 100; i++) {
        for (j = 0; j < 100; j++) {
            assert_non_null(wismo_palloc(&pool, 1000));
        }

        wismo_pool_reset(&pool);
        assert_true(pool.left >= (1 << 20) - 65536 - 64);
    }

    p = wismo_pcalloc(&pool, 100);
    assert_non_null(p);

    for (i = 0; i < 100; i++) {
        assert_int_equal(p[i], 0);
    }

    wismo_pool_done(&pool);
    assert_int_equal(pool.left, 1 << 20);

    /* a pool that is done can be used anew */
    assert_non_null(wismo_palloc(&pool, 1));
    wismo_pool_done(&pool);
}


static void
test_out(void **state)
{
    int              i;
    wismo_out_t      out, moved;
    wismo_pool_t     pool;
    unsigned char   *start;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    /* the last block of the pool grows where it is */

    wismo_out_init(&out, &pool, 16);
    start = out.start;

    for (i = 0; i < 1500; i++) {
        wismo_out_text(&out, "x");
    }

    assert_ptr_equal(out.start, start);
    assert_int_equal(out.pos - out.start, 1500);

    /* any other moves, with what it holds */

    wismo_out_init(&moved, &pool, 0);
    wismo_out_printf(&moved, "%05d", 42);
    start = moved.start;
    assert_non_null(wismo_palloc(&pool, 1));

    for (i = 0; i < 10000; i++) {
        wismo_out_int(&moved, i % 10);
    }

    assert_ptr_not_equal(moved.start, start);
    assert_false(moved.failed);
    assert_int_equal(moved.pos - moved.start, 10005);
    assert_memory_equal(moved.start, "000420123456789012", 18);
    assert_memory_equal(moved.pos - 10, "0123456789", 10);

    for (i = 0; i < 1500; i++) {
        assert_int_equal(out.start[i], 'x');
    }

    wismo_pool_done(&pool);
}


static void
test_out_numbers(void **state)
{
    size_t         i;
    char           text[32];
    wismo_out_t    out;
    wismo_pool_t   pool;

    static const int64_t  numbers[] = {
        0, 1, -1, 9, 10, -10, 4294967296, INT64_MAX, INT64_MIN,
        INT64_MIN + 1
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (i = 0; i < countof(numbers); i++) {
        (void) snprintf(text, sizeof(text), "%lld", (long long) numbers[i]);

        wismo_out_init(&out, &pool, 0);
        wismo_out_int(&out, numbers[i]);

        assert_int_equal(out.pos - out.start, strlen(text));
        assert_memory_equal(out.start, text, strlen(text));
    }

    /* exactly as long as there is room, one less, one more */

    for (i = 0; i < 40; i++) {
        wismo_out_init(&out, &pool, 16);
        wismo_out_printf(&out, "%*s|", (int) i, "");

        assert_int_equal(out.pos - out.start, i + 1);
        assert_int_equal(out.start[i], '|');
    }

    wismo_pool_done(&pool);
}


static void
test_out_failure_stays(void **state)
{
    wismo_out_t     out;
    wismo_str_t     s;
    wismo_pool_t    pool;
    unsigned char  *pos;

    (void) state;

    s = str("some text");

    wismo_pool_init(&pool, 1024, NULL, NULL);
    wismo_out_init(&out, &pool, 64);
    wismo_out_text(&out, "kept");
    pos = out.pos;

    wismo_out_grow(&out, SIZE_MAX - 2);
    assert_true(out.failed);

    wismo_out_text(&out, "a");
    wismo_out_int(&out, 7);
    wismo_out_printf(&out, "%d", 8);
    wismo_out_json_str(&out, &s);

    assert_true(out.failed);
    assert_ptr_equal(out.pos, pos);
    assert_memory_equal(out.start, "kept", 4);

    wismo_pool_done(&pool);

    /* a formatted text that does not fit fails as a whole */

    wismo_pool_init(&pool, 512, NULL, NULL);
    wismo_out_init(&out, &pool, 16);
    wismo_out_printf(&out, "%1000d", 1);
    assert_true(out.failed);
    assert_ptr_equal(out.pos, out.start);
    wismo_pool_done(&pool);
}


static void
test_json_str(void **state)
{
    size_t         i;
    wismo_out_t    out;
    wismo_str_t    in;
    wismo_pool_t   pool;

    static const struct {
        wismo_str_t   in;
        const char   *out;
    } cases[] = {
        { wismo_string(""), "\"\"" },
        { wismo_string("plain"), "\"plain\"" },
        { wismo_string("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"" },
        { wismo_string("\n\r\t\b\x1f\x7f"),
          "\"\\n\\r\\t\\u0008\\u001f\\u007f\"" },
        { wismo_string("</script>"), "\"\\u003c/script>\"" },
        { wismo_string("\xe2\x80\xa8|\xe2\x80\xa9|\xe2\x80\xaa"),
          "\"\\u2028|\\u2029|\xe2\x80\xaa\"" },
        { wismo_string("Z\xc3\xbcrich \xf0\x9f\x93\xa6"),
          "\"Z\xc3\xbcrich \xf0\x9f\x93\xa6\"" },
        { wismo_string("a\0b"), "\"a\xef\xbf\xbd" "b\"" },
        { wismo_string("\xff\xfe"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { wismo_string("cut \xf0\x9f\x93"),
          "\"cut \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { wismo_string("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (i = 0; i < countof(cases); i++) {
        in = heap_copy(cases[i].in.data, cases[i].in.len);

        wismo_out_init(&out, &pool, 0);
        wismo_out_json_str(&out, &in);

        assert_int_equal(out.pos - out.start, strlen(cases[i].out));
        assert_memory_equal(out.start, cases[i].out, strlen(cases[i].out));

        free(in.data);
    }

    wismo_pool_done(&pool);
}


/* Any bytes make a string that another parser accepts. */

static void
test_json_str_hostile(void **state)
{
    int            i;
    size_t         j, len;
    json_t        *json;
    uint64_t       seed;
    wismo_out_t    out;
    wismo_str_t    in;
    wismo_pool_t   pool;
    unsigned char  buf[64];

    static const unsigned char  nasty[] = {
        0, '"', '\\', '<', 0x1f, 0x7f, 0x80, 0xbf, 0xc2, 0xe2, 0x80, 0xa8,
        0xed, 0xa0, 0xf4, 0x90, 0xff, 'a'
    };

    (void) state;

    seed = 2;
    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (i = 0; i < 20000; i++) {
        len = test_random(&seed) % sizeof(buf);

        for (j = 0; j < len; j++) {
            buf[j] = nasty[test_random(&seed) % sizeof(nasty)];
        }

        in = heap_copy(buf, len);
        wismo_out_init(&out, &pool, 0);
        wismo_out_json_str(&out, &in);

        json = json_loadb((char *) out.start, (size_t) (out.pos - out.start),
                          JSON_DECODE_ANY, NULL);
        assert_non_null(json);
        assert_null(memchr(out.start, '<', (size_t) (out.pos - out.start)));

        json_decref(json);
        free(in.data);
        wismo_pool_reset(&pool);
    }

    wismo_pool_done(&pool);
}


/* By definition: the shortest form of a code point that is no surrogate. */

static size_t
utf8_by_definition(const unsigned char *p, size_t len)
{
    size_t    n, i;
    unsigned  code;

    static const unsigned  least[] = { 0, 0, 0x80, 0x800, 0x10000 };

    if (p[0] < 0x80) {
        return 1;
    }

    n = p[0] >= 0xf8 ? 0 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3
        : p[0] >= 0xc0 ? 2 : 0;

    if (n == 0 || n > len) {
        return 0;
    }

    code = p[0] & (0x7fu >> n);

    for (i = 1; i < n; i++) {

        if (p[i] >> 6 != 2) {
            return 0;
        }

        code = code << 6 | (p[i] & 0x3f);
    }

    return code < least[n] || code > 0x10ffff || code >> 11 == 0x1b ? 0 : n;
}


static void
test_utf8(void **state)
{
    size_t         i, j, len;
    unsigned       lead, second;
    wismo_str_t    s;
    unsigned char  p[4];

    static const unsigned char  others[] = { 0, 0x7f, 0x80, 0xbf, 0xc0, 0xff };

    (void) state;

    s = heap_copy("", 0);
    assert_int_equal(wismo_utf8(s.data, s.data), 0);
    free(s.data);

    for (lead = 0; lead < 256; lead++) {
        for (second = 0; second < 256; second++) {
            for (i = 0; i < countof(others); i++) {
                for (j = 0; j < countof(others); j++) {
                    p[0] = (unsigned char) lead;
                    p[1] = (unsigned char) second;
                    p[2] = others[i];
                    p[3] = others[j];

                    if (wismo_utf8(p, p + 4) != utf8_by_definition(p, 4)) {
                        fail_msg("%02x %02x %02x %02x", p[0], p[1], p[2],
                                 p[3]);
                    }
                }
            }
        }
    }

    for (len = 1; len < 4; len++) {
        s = heap_copy("\xf0\x9f\x93\xa6", len);
        assert_int_equal(wismo_utf8(s.data, s.data + len), 0);
        free(s.data);
    }
}


static void
test_error(void **state)
{
    char           big[1000];
    wismo_error_t  err;

    (void) state;

    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';

    err.line = 7;
    err.column = 8;
    wismo_error_set(&err, "/shipments/0", "a %s of %d", "number", 3);

    assert_string_equal(err.at, "/shipments/0");
    assert_string_equal(err.text, "a number of 3");
    assert_int_equal(err.line, 0);
    assert_int_equal(err.column, 0);

    wismo_error_set(&err, big, "%s", big);
    assert_int_equal(strlen(err.at), sizeof(err.at) - 1);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);

    wismo_error_set(&err, NULL, "none");
    assert_string_equal(err.at, "");

    wismo_error_set(NULL, "", "nobody listens");
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_pool_blocks),
        cmocka_unit_test(test_pool_limit),
        cmocka_unit_test(test_pool_no_memory),
        cmocka_unit_test(test_pool_reset),
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_out_numbers),
        cmocka_unit_test(test_out_failure_stays),
        cmocka_unit_test(test_json_str),
        cmocka_unit_test(test_json_str_hostile),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_error),
    };

    return test_run("core", tests, countof(tests));
}
