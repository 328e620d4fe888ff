
/*
 * Copyright (C) The Wismo authors
 *
 * What the compiler settles for good: constants, partials put in where they
 * are used, names and text looked at as words.
 */


#include "test.h"

#include "wismo_template.h"


#define DOUBLINGS   17


static unsigned  copies, originals;


static int
find_partial(void *data, wismo_pool_t *pool, const wismo_str_t *name,
    wismo_str_t *source)
{
    char      text[64];
    unsigned  n;

    (void) data;

    if (wismo_str_is(name, "lines")) {
        *source = str("a\n{{x}}\n{{>more}}\n  {{>more}}\n");
        return WISMO_OK;
    }

    if (wismo_str_is(name, "more")) {
        *source = str("{{^y}}b{{/y}}\nc{{>inline}}\n");
        return WISMO_OK;
    }

    if (wismo_str_is(name, "inline")) {
        *source = str("d\ne");
        return WISMO_OK;
    }

    if (wismo_str_is(name, "tree")) {
        *source = str("{{v}}\n{{#kids}}\n  {{>tree}}\n{{/kids}}\n");
        return WISMO_OK;
    }

    /* "p0" has "p1" twice, and so on */

    n = (unsigned) atoi((char *) name->data + 1);

    if (n == DOUBLINGS) {
        *source = str("x");
        return WISMO_OK;
    }

    (void) snprintf(text, sizeof(text), "{{>p%u}}{{>p%u}}", n + 1, n + 1);

    source->len = strlen(text);
    source->data = wismo_palloc(pool, source->len);

    if (source->data == NULL) {
        return WISMO_ERROR;
    }

    memcpy(source->data, text, source->len);

    return WISMO_OK;
}


/* A copy renders the same; there is none of what calls partials. */

static void
same(const wismo_template_t *template, const wismo_json_t *json,
    const wismo_out_t *out)
{
    int                rc;
    wismo_out_t        again;
    wismo_pool_t       pool;
    wismo_template_t  *copy;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    rc = wismo_template_copy(&pool, template, &copy);

    if (rc == WISMO_OK) {
        wismo_out_init(&again, &pool, 16);

        assert_int_equal(wismo_template_render(copy, json, &again), WISMO_OK);
        assert_int_equal(again.pos - again.start, out->pos - out->start);
        assert_memory_equal(again.start, out->start,
                            (size_t) (out->pos - out->start));
        copies++;

    } else {
        assert_int_equal(rc, WISMO_DECLINED);
        originals++;
    }

    wismo_pool_done(&pool);
}


/* Renders into the pool; "constants" may be NULL. */

static wismo_str_t
render(wismo_pool_t *pool, const char *text, const char *data,
    const char *constants)
{
    wismo_out_t             out;
    wismo_str_t             source, in;
    wismo_json_t           *json, *values;
    wismo_error_t           err;
    wismo_template_t       *template;
    wismo_template_opts_t   opts;

    memset(&opts, 0, sizeof(wismo_template_opts_t));
    opts.partial = find_partial;
    opts.allow_raw = true;

    in = str(data);
    assert_int_equal(wismo_json_read(pool, &in, 1000, &json, &err), WISMO_OK);

    if (constants) {
        in = str(constants);
        assert_int_equal(wismo_json_read(pool, &in, 1000, &values, &err),
                         WISMO_OK);
        opts.constants = values;
    }

    source = str(text);

    if (wismo_template_compile(pool, &source, &opts, &template, &err)
        != WISMO_OK)
    {
        fail_msg("%u:%u: %s", err.line, err.column, err.text);
    }

    wismo_out_init(&out, pool, 16);

    assert_int_equal(wismo_template_render(template, json, &out), WISMO_OK);

    same(template, json, &out);

    source.data = out.start;
    source.len = (size_t) (out.pos - out.start);

    return source;
}


/* The head is what no data changes, and the rest what comes behind it. */

static void
test_head(void **state)
{
    size_t                  i;
    wismo_out_t             out;
    wismo_str_t             source, in, rest;
    wismo_pool_t            pool;
    wismo_json_t           *json, *values, *empty;
    wismo_error_t           err;
    wismo_template_t       *template;
    const wismo_str_t      *head;
    wismo_template_opts_t   opts;

    static const struct {
        const char  *text;
        const char  *head;
        const char  *rest;
    } cases[] = {
        { "a{{lang}}b{{a}}c", "aenb", "Ac" },
        { "{{a}}c", "", "Ac" },
        { "all{{! of it }}", "all", "" },
        { "", "", "" },
        { "a{{#s}}b{{.}}{{/s}}c", "a", "b1b2c" },
        { "a{{^s}}b{{/s}}c", "a", "c" },
        { "{{#s}}b{{/s}}", "", "bb" }
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    in = str("{\"s\":[1,2],\"a\":\"A\"}");
    assert_int_equal(wismo_json_read(&pool, &in, 100, &json, &err), WISMO_OK);

    in = str("{}");
    assert_int_equal(wismo_json_read(&pool, &in, 100, &empty, &err), WISMO_OK);

    in = str("{\"lang\":\"en\"}");
    assert_int_equal(wismo_json_read(&pool, &in, 100, &values, &err),
                     WISMO_OK);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&opts, 0, sizeof(wismo_template_opts_t));
        opts.constants = values;

        source = str(cases[i].text);
        assert_int_equal(wismo_template_compile(&pool, &source, &opts,
                                                &template, &err),
                         WISMO_OK);

        head = wismo_template_head(template);
        assert_true(wismo_str_is(head, cases[i].head));

        wismo_out_init(&out, &pool, 16);
        assert_int_equal(wismo_template_render_rest(template, json, &out),
                         WISMO_OK);

        rest.data = out.start;
        rest.len = (size_t) (out.pos - out.start);
        assert_true(wismo_str_is(&rest, cases[i].rest));

        wismo_out_init(&out, &pool, 16);
        assert_int_equal(wismo_template_render(template, empty, &out),
                         WISMO_OK);
        assert_true((size_t) (out.pos - out.start) >= head->len);
        assert_memory_equal(out.start, head->data, head->len);
    }

    wismo_pool_done(&pool);
}


/* The data lacks them here, which tells that they are not looked up. */

static void
test_constants(void **state)
{
    wismo_str_t   s;
    wismo_pool_t  pool;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    s = render(&pool,
               "{{lang}}|{{t.a}}|{{{t.a}}}|{{t.b}}|{{t}}|{{n}}|"
               "{{#s}}{{.}}{{t.a}}{{/s}}|{{^s}}{{t.a}}{{/s}}|{{a}}",
               "{\"s\":[1,2],\"a\":\"A\"}",
               "{\"lang\":\"en\",\"t\":{\"a\":\"<'>\"},\"n\":5}");

    assert_str(s, "en|&lt;&#39;&gt;|<'>|||5|"
                  "1&lt;&#39;&gt;2&lt;&#39;&gt;||A");

    wismo_pool_done(&pool);
}


/*
 * Sections of constants become text, whatever is in them; the data lacks them
 * here, but where that is told from what they are rendered with.
 */

static void
test_sections(void **state)
{
    size_t        i;
    wismo_str_t   s;
    wismo_pool_t  pool;

    static const char  constants[] =
        "{\"yes\":true,\"no\":false,\"word\":\"<w>\",\"none\":[],"
        "\"shop\":{\"url\":\"u\",\"logo\":{\"src\":\"s\"},\"x\":\"\"},"
        "\"list\":[{\"n\":1,\"on\":true},{\"n\":2,\"on\":false}],"
        "\"plain\":[\"a\",\"b\"],\"deep\":[[1,2],[3]]}";

    static const struct {
        const char  *text;
        const char  *expected;
        bool         folded;          /* nothing is left to look up */
    } cases[] = {
        { "{{#yes}}a{{/yes}}{{^yes}}b{{/yes}}{{#no}}c{{/no}}{{^no}}d{{/no}}",
          "ad", true },
        { "{{#word}}[{{word}}{{.}}]{{/word}}{{^word}}-{{/word}}",
          "[&lt;w&gt;&lt;w&gt;]", true },
        { "{{#shop}}{{url}}{{#logo}}{{src}}{{url}}{{/logo}}{{/shop}}",
          "usu", true },
        { "{{#shop.logo.src}}{{shop.logo.src}}{{/shop.logo.src}}"
          "{{#shop.logo.none}}!{{/shop.logo.none}}{{#shop.x}}!{{/shop.x}}"
          "{{^shop.x}}x{{/shop.x}}{{^shop.logo.none}}n{{/shop.logo.none}}",
          "sxn", true },
        { "{{#list}}{{n}}{{#on}}+{{/on}}{{^on}}-{{/on}};{{/list}}",
          "1+;2-;", true },
        { "{{#plain}}{{.}}{{#yes}}{{word}}{{/yes}}{{/plain}}"
          "{{#none}}!{{/none}}{{^none}}e{{/none}}",
          "a&lt;w&gt;b&lt;w&gt;e", true },
        { "{{#deep}}({{#.}}{{.}}{{/.}}){{/deep}}", "(12)(3)", true },
        { "{{#yes}}\n{{#list}}\n {{n}}\n{{/list}}\n{{/yes}}\n",
          " 1\n 2\n", true },
        { "{{#list}}{{n}}{{a}}{{/list}}", "1A2A", false },
        { "{{#yes}}{{#s}}{{.}}{{word}}{{/s}}{{/yes}}",
          "1&lt;w&gt;2&lt;w&gt;", false },
        { "{{#s}}{{#plain}}{{.}}{{/plain}}{{.}}{{/s}}", "ab1ab2", false },
        { "{{#s}}{{#word}}{{.}}{{/word}}{{/s}}", "&lt;w&gt;&lt;w&gt;", false },
        { "{{^a}}{{#list}}{{n}}{{/list}}{{/a}}", "", false },
        { "{{^b}}{{#list}}{{n}}{{/list}}{{/b}}", "12", false },
        { "{{#list}}{{^b}}{{n}}{{/b}}{{/list}}", "12", false },

        /* here the data might have a name of the constants */

        { "{{#list}}{{#o}}{{n}}{{m}}{{/o}}{{/list}}", "1M2M", false },
        { "{{#list}}{{#s}}{{n}}{{.}}{{/s}}{{/list}}", "11122122", false },
        { "{{#list}}{{>lines}}{{/list}}",
          "a\nX\nb\ncd\ne\n  b\n  cd\ne\n"
          "a\nX\nb\ncd\ne\n  b\n  cd\ne\n", false },
        { "{{#yes}}{{>tree}}{{/yes}}", "\n", false },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        s = render(&pool, cases[i].text, cases[i].folded
                   ? "{}"
                   : "{\"yes\":true,\"word\":\"<w>\",\"a\":\"A\",\"x\":\"X\","
                     "\"s\":[1,2],\"o\":{\"m\":\"M\"},"
                     "\"list\":[{\"n\":1,\"on\":true},"
                     "{\"n\":2,\"on\":false}],\"plain\":[\"a\",\"b\"]}",
                   constants);

        if (!wismo_str_is(&s, cases[i].expected)) {
            fail_msg("%s: \"%.*s\"", cases[i].text, (int) s.len, s.data);
        }

        wismo_pool_done(&pool);
    }
}


static void
test_indentation(void **state)
{
    wismo_str_t   s;
    wismo_pool_t  pool;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    s = render(&pool, "[\n  {{>lines}}\n]{{>inline}}\n", "{\"x\":\"1\\n2\"}",
               NULL);

    assert_str(s, "[\n  a\n  1\n2\n  b\n  cd\ne\n    b\n    cd\ne\n]d\ne\n");

    s = render(&pool, " {{>tree}}\n",
               "{\"v\":1,\"kids\":[{\"v\":2,\"kids\":[{\"v\":3,"
               "\"kids\":[]}]},{\"v\":4,\"kids\":[]}]}", NULL);

    assert_str(s, " 1\n   2\n     3\n   4\n");

    wismo_pool_done(&pool);
}


/* Partials that double what they are in are not all put in. */

static void
test_doubling(void **state)
{
    size_t        i;
    wismo_str_t   s;
    wismo_pool_t  pool;

    (void) state;

    wismo_pool_init(&pool, 4 << 20, NULL, NULL);

    s = render(&pool, "{{>p0}}", "{}", NULL);

    assert_int_equal(s.len, 1 << DOUBLINGS);

    for (i = 0; i < s.len; i++) {
        assert_int_equal(s.data[i], 'x');
    }

    wismo_pool_done(&pool);
}


/* Each byte at each place, beside bytes that would show a borrowed bit. */

static void
test_escape(void **state)
{
    char          data[128], expected[256], *d, *e;
    size_t        len, at, i;
    unsigned      ch, c;
    wismo_str_t   s;
    wismo_pool_t  pool;

    static const char   around[] = "=#%(?=#%(?=#%(?=#%(?=#%(?";

    static const char  *const  names[128] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;",
        ['\''] = "&#39;"
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (len = 1; len < 20; len++) {
        for (at = 0; at < len; at++) {
            for (ch = ' '; ch < 0x80; ch++) {
                memcpy(data, "{\"v\":\"", 6);
                d = data + 6;
                e = expected;

                for (i = 0; i < len; i++) {
                    c = i == at ? ch : (unsigned char) around[i];

                    if (c == '"' || c == '\\') {
                        *d++ = '\\';
                    }

                    *d++ = (char) c;

                    if (names[c]) {
                        memcpy(e, names[c], strlen(names[c]));
                        e += strlen(names[c]);

                    } else {
                        *e++ = (char) c;
                    }
                }

                memcpy(d, "\xc3\xa9\"}", 5);
                memcpy(e, "\xc3\xa9", 2);
                e += 2;

                s = render(&pool, "{{v}}", data, NULL);

                assert_int_equal(s.len, e - expected);
                assert_memory_equal(s.data, expected, s.len);

                wismo_pool_reset(&pool);
            }
        }
    }

    wismo_pool_done(&pool);
}


/* Names that differ only in their last byte, or in being longer. */

static void
test_names(void **state)
{
    char                 data[4096], name[32];
    size_t               n, len;
    wismo_str_t          in;
    wismo_json_t        *json;
    wismo_pool_t         pool;
    wismo_error_t        err;
    const wismo_json_t  *v;

    static const char  letters[] = "abcdefghijklmnopqrstuvwxyz";

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    n = 0;
    data[n++] = '{';

    for (len = 0; len < 26; len++) {
        n += (size_t) snprintf(data + n, sizeof(data) - n,
                               "\"%.*s1\":%u,\"%.*s2\":%u,", (int) len,
                               letters, (unsigned) (2 * len), (int) len,
                               letters, (unsigned) (2 * len + 1));
    }

    (void) snprintf(data + n, sizeof(data) - n, "\"\":99}");

    in = heap_str(data);

    assert_int_equal(wismo_json_read(&pool, &in, 100, &json, &err), WISMO_OK);

    for (len = 0; len < 26; len++) {
        (void) snprintf(name, sizeof(name), "%.*s1", (int) len, letters);
        assert_int_equal(wismo_json_int(json, name, -1), 2 * len);

        (void) snprintf(name, sizeof(name), "%.*s2", (int) len, letters);
        assert_int_equal(wismo_json_int(json, name, -1), 2 * len + 1);

        (void) snprintf(name, sizeof(name), "%.*s3", (int) len, letters);
        v = wismo_json_get(json, name);
        assert_null(v);
    }

    assert_int_equal(wismo_json_int(json, "", -1), 99);
    assert_int_equal(wismo_json_int(json, "abcdefgh1", -1), 16);
    assert_int_equal(wismo_json_int(json, "abcdefghijklmnop2", -1), 33);

    free(in.data);
    wismo_pool_done(&pool);
}


/* After the others: both kinds were among their templates. */

static void
test_copies(void **state)
{
    (void) state;

    assert_true(copies > 10);
    assert_true(originals > 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_head),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_indentation),
        cmocka_unit_test(test_doubling),
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_copies),
    };

    return test_run("template_join", tests, countof(tests));
}
