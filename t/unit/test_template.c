
/*
 * Copyright (C) The Wismo authors
 *
 * The template engine: what each tag renders, which lines it takes with it,
 * how partials are indented, what is refused and where, and that neither a
 * template nor its data can make it run away.
 */


#include "test.h"

#include "wismo_template.h"


#define PARTIALS    3


typedef struct {
    const char  *template;
    const char  *data;
    const char  *want;
    struct {
        const char  *name;
        const char  *text;
    } partials[PARTIALS];
} case_t;


static const case_t  cases[] = {

    /* values */

    { "", "{}", "", { { 0 } } },
    { "no tag", "{}", "no tag", { { 0 } } },
    { "a{{x}}b", "{\"x\":\"-\"}", "a-b", { { 0 } } },
    { "{{ x }}{{\tx\n}}", "{\"x\":\"-\"}", "--", { { 0 } } },
    { "{{x}}", "{\"x\":\"&<>\\\"'\"}", "&amp;&lt;&gt;&quot;&#39;", { { 0 } } },
    { "{{{x}}}{{&x}}{{& x }}", "{\"x\":\"<b>\"}", "<b><b><b>", { { 0 } } },
    { "{{x}}", "{\"x\":1.50e3}", "1.50e3", { { 0 } } },
    { "{{a}}{{b}}", "{\"a\":true,\"b\":false}", "truefalse", { { 0 } } },
    { "({{a}}{{b}}{{c}}{{d}})", "{\"a\":null,\"b\":{},\"c\":[1]}", "()",
      { { 0 } } },
    { "{{x}}", "{\"x\":\"\xc3\xbc\\u00fc\"}", "\xc3\xbc\xc3\xbc", { { 0 } } },
    { "{{xx}}", "{\"x\":1,\"xxx\":2}", "", { { 0 } } },
    { "{x} }} {", "{}", "{x} }} {", { { 0 } } },
    { " {{x}} \n", "{\"x\":1}", " 1 \n", { { 0 } } },

    /* dotted names */

    { "{{a.b.c}}", "{\"a\":{\"b\":{\"c\":\"x\"}}}", "x", { { 0 } } },
    { "({{a.b.c}})", "{\"a\":{\"b\":{}},\"c\":\"x\"}", "()", { { 0 } } },
    { "({{a.b}})", "{\"a\":\"text\"}", "()", { { 0 } } },
    { "{{#s}}({{a.b}}){{/s}}", "{\"a\":{\"b\":1},\"s\":{\"a\":{}}}", "()",
      { { 0 } } },
    { "{{#a}}{{b.c}}{{/a}}", "{\"a\":{},\"b\":{\"c\":1}}", "1", { { 0 } } },
    { "{{#a.b}}x{{/a.b}}{{^a.c}}y{{/a.c}}", "{\"a\":{\"b\":true}}", "xy",
      { { 0 } } },

    /* sections */

    { "{{#a}}x{{/a}}", "{\"a\":true}", "x", { { 0 } } },
    { "({{#a}}x{{/a}}{{#b}}x{{/b}}{{#c}}x{{/c}}{{#d}}x{{/d}})",
      "{\"a\":false,\"b\":null,\"c\":[]}", "()", { { 0 } } },
    { "({{#a}}x{{/a}}{{#b}}x{{/b}}{{#c}}x{{/c}})",
      "{\"a\":0,\"b\":\"\",\"c\":-0.0e5}", "()", { { 0 } } },
    { "{{#a}}x{{/a}}{{#b}}y{{/b}}", "{\"a\":0.5,\"b\":{}}", "xy", { { 0 } } },
    { "{{^a}}1{{/a}}{{^b}}2{{/b}}{{^c}}3{{/c}}{{^d}}4{{/d}}",
      "{\"a\":[],\"b\":[0],\"c\":\"x\"}", "14", { { 0 } } },
    { "{{#a}}{{b}}{{/a}}", "{\"a\":{\"b\":1},\"b\":2}", "1", { { 0 } } },
    { "{{#a}}{{b}}{{/a}}", "{\"a\":{\"c\":1},\"b\":2}", "2", { { 0 } } },
    { "{{#a}}{{b}}{{/a}}", "{\"a\":{\"b\":null},\"b\":2}", "", { { 0 } } },
    { "{{#a}}{{x}},{{/a}}", "{\"a\":[{\"x\":1},{\"x\":2},{}],\"x\":0}",
      "1,2,0,", { { 0 } } },
    { "{{#a}}{{.}}{{/a}}", "{\"a\":[\"<\",2,true]}", "&lt;2true", { { 0 } } },
    { "{{#a}}{{.}}{{/a}}", "{\"a\":\"one\"}", "one", { { 0 } } },
    { "{{#a}}({{#.}}{{.}}{{/.}}){{/a}}", "{\"a\":[[1,2],[],[3]]}",
      "(12)()(3)", { { 0 } } },
    { "{{#l}}{{#a}}<{{a}}>{{/a}},{{/l}}",
      "{\"l\":[{\"a\":\"x\"},{\"a\":{\"a\":\"y\"}},{\"a\":[1,{\"a\":2}]},"
      "{\"a\":\"&\"},{\"a\":0},{\"a\":true}]}",
      "<x>,<y>,<><2>,<&amp;>,,<true>,", { { 0 } } },
    { "{{#a}}{{#b}}{{b}}{{a}}{{/b}}{{a}}{{/a}}",
      "{\"a\":\"x\",\"b\":\"y\"}", "yxx", { { 0 } } },
    { "{{#a}}{{#b}}{{c}}{{/b}}{{c}}{{a}}{{/a}}",
      "{\"a\":\"x\",\"b\":{\"c\":1},\"c\":2}", "12x", { { 0 } } },
    { "{{#a}}{{#b}}{{.}}{{/b}}{{.}}{{/a}}", "{\"a\":\"x\",\"b\":\"y\"}",
      "yx", { { 0 } } },
    { "{{#a}}{{>p}}{{/a}}", "{\"a\":\"x\"}", "x",
      { { "p", "{{.}}" } } },
    { "{{#.}}{{x}}{{/.}}", "[{\"x\":1},{\"x\":2}]", "12", { { 0 } } },
    { "{{.}}", "\"<\"", "&lt;", { { 0 } } },
    { "{{#a}}{{#b}}{{x}}{{y}}{{/b}}{{/a}}",
      "{\"a\":[{\"x\":1,\"b\":[{\"y\":2},{\"y\":3}]},{\"x\":4,\"b\":[]}]}",
      "1213", { { 0 } } },
    { "{{#a}}1{{#a}}2{{/a}}{{/a}}", "{\"a\":true}", "12", { { 0 } } },
    { "{{#a}}{{^b}}x{{/b}}{{#b}}y{{/b}}{{/a}}",
      "{\"a\":[{\"b\":1},{\"b\":0},{}]}", "yxx", { { 0 } } },
    { "{{# a }}x{{/\ta }}", "{\"a\":1}", "x", { { 0 } } },

    /* lines that go with their tag */

    { "a\n{{#x}}\nb\n{{/x}}\nc\n", "{\"x\":1}", "a\nb\nc\n", { { 0 } } },
    { "a\n  {{#x}}  \nb\n\t{{/x}}\nc", "{\"x\":1}", "a\nb\nc", { { 0 } } },
    { "a\r\n{{#x}}\r\nb\r\n{{/x}}\r\nc", "{\"x\":1}", "a\r\nb\r\nc",
      { { 0 } } },
    { "{{#x}}\nb\n{{/x}}", "{\"x\":1}", "b\n", { { 0 } } },
    { "a\n{{^x}}\nb\n{{/x}}\nc\n", "{\"x\":1}", "a\nc\n", { { 0 } } },
    { "a {{#x}}\nb{{/x}}\n", "{\"x\":1}", "a \nb\n", { { 0 } } },
    { "{{#x}} {{/x}}\nb\n", "{\"x\":1}", " \nb\n", { { 0 } } },
    { " {{x}}\n", "{}", " \n", { { 0 } } },
    { "{{#x}}{{/x}}\n{{#x}}\n{{/x}}\n.", "{\"x\":1}", "\n.", { { 0 } } },
    { "a\n{{! c }}\nb\n", "{}", "a\nb\n", { { 0 } } },
    { "a\n  {{! c\n d }}  \nb\n", "{}", "a\nb\n", { { 0 } } },
    { "a {{! c\n d }}\nb\n", "{}", "a \nb\n", { { 0 } } },
    { "{{! c }}{{! c }}\nb\n", "{}", "\nb\n", { { 0 } } },
    { "a\n  {{! c }}", "{}", "a\n", { { 0 } } },
    { "a\n{{! c }}\n\n\n", "{}", "a\n\n\n", { { 0 } } },
    { "{{! {{x}} a }}b", "{}", " a }}b", { { 0 } } },

    /* delimiters */

    { "{{=<% %>=}}<%x%>{{x}}", "{\"x\":1}", "1{{x}}", { { 0 } } },
    { "{{= | | =}}|x||={{ }}=|{{x}}", "{\"x\":1}", "11", { { 0 } } },
    { "a\n{{=@ @=}}\n@x@\n", "{\"x\":1}", "a\n1\n", { { 0 } } },
    { "{{=<% %>=}}<%{x}%><%&x%>", "{\"x\":\"<\"}", "<<", { { 0 } } },
    { "{{#x}}{{=[ ]=}}[/x][={{ }}=].", "{\"x\":1}", ".", { { 0 } } },
    { "{{=[ ]=}}[>p][x]", "{\"x\":1}", "[x]11", { { "p", "[x]{{x}}" } } },
    { "{{>p}}{{x}}", "{\"x\":1}", "11", { { "p", "{{=[ ]=}}[x]" } } },

    /* partials */

    { "({{>p}})", "{\"x\":1}", "(1)", { { "p", "{{x}}" } } },
    { "({{> p }})", "{}", "()", { { 0 } } },
    { "{{#a}}{{>p}}{{/a}}", "{\"a\":[{\"x\":1},{\"x\":2}]}", "12",
      { { "p", "{{x}}" } } },
    { "{{>p}}", "{\"x\":1,\"n\":[{\"x\":2,\"n\":[{\"x\":3,\"n\":[]}]}]}",
      "1(2(3))", { { "p", "{{x}}{{#n}}({{>p}}){{/n}}" } } },
    { "{{>a/b.css}}", "{}", "x{}", { { "a/b.css", "x{}" } } },
    { "| {{>p}} |", "{}", "| a\nb |", { { "p", "a\nb" } } },
    { "|\n  {{>p}}\n|", "{}", "|\n  a\n  b|", { { "p", "a\nb" } } },
    { "|\n  {{>p}}\n|", "{}", "|\n  a\n  b\n|", { { "p", "a\nb\n" } } },
    { "  {{>p}}\n", "{\"x\":\"1\\n2\"}", "  1\n2\n  \n  a\n",
      { { "p", "{{x}}\n\na\n" } } },
    { "  {{>p}}x\n", "{}", "  a\nbx\n", { { "p", "a\nb" } } },
    { " {{>p}}\n", "{\"x\":[1,2]}", " a\n 1\n 2\n b\n",
      { { "p", "a\n{{#x}}\n{{.}}\n{{/x}}\nb\n" } } },
    { " {{>p}}\n", "{}", "  a\n  b\n c\n",
      { { "p", " {{>q}}\nc\n" }, { "q", "a\nb\n" } } },
    { " {{>p}}\n{{>q}}\n", "{}", " a\n b\na\nb\n",
      { { "p", "{{>q}}\n" }, { "q", "a\nb\n" } } },
    { " {{>p}}\n", "{}", " (a\nb)\n",
      { { "p", "({{>q}})\n" }, { "q", "a\nb" } } },
    { " {{>p}}\n", "{}", " (a\n  b\n)\n",
      { { "p", "({{>q}})\n" }, { "q", "a\n  {{>r}}\n" }, { "r", "b\n" } } },
    { "\t{{>p}}\n", "{}", "\tx {{! \n", { { "p", "x {{=[ ]=}}{{! \n" } } },
    { " {{>p}}\n", "{\"x\":1}", " a1\n b\n",
      { { "p", "a{{#x}}1\nb{{/x}}\n" } } },
    { "  {{>p}}\r\n.", "{}", "  a\r\n.", { { "p", "a\r\n" } } },
};


static const struct {
    const char  *template;
    unsigned     line;
    unsigned     column;
    const char  *text;
    const char  *partial;                     /* the text of "p" */
} wrong[] = {
    { "{{x", 1, 1, "\"}}\" is expected", NULL },
    { "a\n \xc3\xbc{{x}", 2, 3, "\"}}\" is expected", NULL },
    { "{{{x}}", 1, 1, "\"}}}\" is expected", NULL },
    { "{{=[ ]}}", 1, 1, "\"=}}\" is expected", NULL },
    { "{{=[ ]=}}\n[x", 2, 1, "\"]\" is expected", NULL },
    { "{{}}", 1, 1, "no name", NULL },
    { "{{ }}", 1, 1, "no name", NULL },
    { "{{#}}{{/}}", 1, 1, "no name", NULL },
    { "{{a b}}", 1, 1, "no space", NULL },
    { "{{a..b}}", 1, 1, "between two names", NULL },
    { "{{.a}}", 1, 1, "between two names", NULL },
    { "{{a.}}", 1, 1, "between two names", NULL },
    { "{{#a}}", 1, 1, "section \"a\" is never closed", NULL },
    { "x\n {{#a}}{{^b}}{{/b}}", 2, 2, "section \"a\" is never closed", NULL },
    { "{{/a}}", 1, 1, "no section is open", NULL },
    { "{{#a}}{{#b}}{{/a}}", 1, 13, "section \"b\" is to be closed", NULL },
    { "{{#a}}\n{{/aa}}", 2, 1, "section \"a\" is to be closed", NULL },
    { "{{=a=}}", 1, 1, "two delimiters", NULL },
    { "{{= a b c =}}", 1, 1, "two delimiters", NULL },
    { "{{= aaaaaaaaaaaaaaaaa b =}}", 1, 1, "at most 16", NULL },
    { "{{<a}}", 1, 1, "not supported", NULL },
    { "{{$a}}", 1, 1, "not supported", NULL },
    { "{{>*a}}", 1, 1, "the name of a partial", NULL },
    { "{{>/etc/passwd}}", 1, 1, "the name of a partial", NULL },
    { "{{>../x}}", 1, 1, "the name of a partial", NULL },
    { "{{>a/../x}}", 1, 1, "the name of a partial", NULL },
    { "{{>.x}}", 1, 1, "the name of a partial", NULL },
    { "{{>a/}}", 1, 1, "the name of a partial", NULL },
    { "{{>a//b}}", 1, 1, "the name of a partial", NULL },
    { "{{>}}", 1, 1, "the name of a partial", NULL },
    { "ab\xff", 1, 3, "not UTF-8", NULL },
    { "{{x}}\n{{\xed\xa0\x80}}", 2, 3, "not UTF-8", NULL },
    { "{{>p}}", 2, 1, "no section is open", "x\n{{/a}}" },
    { "{{#a}}{{>p}}{{/a}}", 1, 1, "never closed", "{{#a}}" },
    { "{{>p}}", 1, 2, "not UTF-8", " \xc0" },
};


static int
find_partial(void *data, wismo_pool_t *pool, const wismo_str_t *name,
    wismo_str_t *source)
{
    unsigned       i;
    const case_t  *c;

    (void) pool;

    c = data;

    for (i = 0; i < PARTIALS && c->partials[i].name; i++) {
        if (wismo_str_is(name, c->partials[i].name)) {
            *source = str(c->partials[i].text);
            return WISMO_OK;
        }
    }

    return WISMO_DECLINED;
}


/* Renders a case; the return value is the compiler's or the renderer's. */

static int
render(wismo_pool_t *pool, const case_t *c, bool allow_raw, wismo_out_t *out,
    wismo_error_t *err)
{
    int                     rc;
    wismo_str_t             source, data;
    wismo_json_t           *json;
    wismo_template_t       *template;
    wismo_template_opts_t   opts;

    opts.partial = find_partial;
    opts.data = (void *) c;
    opts.constants = NULL;
    opts.missing_ok = true;
    opts.allow_raw = allow_raw;
    opts.escape = WISMO_ESCAPE_HTML;

    source = heap_str(c->template);
    data = heap_str(c->data);

    rc = wismo_json_read(pool, &data, 100000, &json, err);
    assert_int_equal(rc, WISMO_OK);

    rc = wismo_template_compile(pool, &source, &opts, &template, err);

    if (rc == WISMO_OK) {
        wismo_out_init(out, pool, 16);
        rc = wismo_template_render(template, json, out);
    }

    free(source.data);
    free(data.data);

    return rc;
}


static void
test_cases(void **state)
{
    int            rc;
    size_t         i;
    wismo_out_t    out;
    wismo_pool_t   pool;
    wismo_error_t  err;

    (void) state;

    for (i = 0; i < countof(cases); i++) {

        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        rc = render(&pool, &cases[i], true, &out, &err);

        if (rc != WISMO_OK
            || (size_t) (out.pos - out.start) != strlen(cases[i].want)
            || memcmp(out.start, cases[i].want, strlen(cases[i].want)) != 0)
        {
            fail_msg("\"%s\": %d, \"%.*s\"", cases[i].template, rc,
                     rc == WISMO_OK ? (int) (out.pos - out.start) : 0,
                     out.start);
        }

        wismo_pool_done(&pool);
    }
}


static void
test_wrong(void **state)
{
    int            rc;
    case_t         c;
    size_t         i;
    wismo_out_t    out;
    wismo_pool_t   pool;
    wismo_error_t  err;

    (void) state;

    for (i = 0; i < countof(wrong); i++) {
        memset(&c, 0, sizeof(case_t));

        c.template = wrong[i].template;
        c.data = "{}";

        if (wrong[i].partial) {
            c.partials[0].name = "p";
            c.partials[0].text = wrong[i].partial;
        }

        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        rc = render(&pool, &c, true, &out, &err);

        if (rc != WISMO_DECLINED || err.line != wrong[i].line
            || err.column != wrong[i].column
            || strcmp(err.at, wrong[i].partial ? "p" : "") != 0
            || strstr(err.text, wrong[i].text) == NULL)
        {
            fail_msg("\"%s\": %d, %s:%u:%u: %s", wrong[i].template, rc,
                     err.at, err.line, err.column, err.text);
        }

        wismo_pool_done(&pool);
    }
}


static void
test_raw_is_refused(void **state)
{
    size_t         i;
    case_t         c;
    wismo_out_t    out;
    wismo_pool_t   pool;
    wismo_error_t  err;

    static const char *const  raw[] = {
        " {{{x}}}", " {{&x}}", " {{& x }}", " {{{x.y}}}",
        "{{=<% %>=}}<%{x}%>", "{{=<% %>=}}<%&x%>"
    };

    (void) state;

    for (i = 0; i < countof(raw); i++) {
        memset(&c, 0, sizeof(case_t));

        c.template = raw[i];
        c.data = "{}";

        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        assert_int_equal(render(&pool, &c, false, &out, &err),
                         WISMO_DECLINED);
        assert_int_equal(err.line, 1);
        assert_int_equal(err.column, i < 4 ? 2 : 12);
        assert_non_null(strstr(err.text, "raw output"));

        c.template = "{{>p}}";
        c.partials[0].name = "p";
        c.partials[0].text = raw[i];

        assert_int_equal(render(&pool, &c, false, &out, &err),
                         WISMO_DECLINED);
        assert_string_equal(err.at, "p");

        wismo_pool_done(&pool);
    }
}


static void
test_missing_partial(void **state)
{
    wismo_str_t             source;
    wismo_pool_t            pool;
    wismo_error_t           err;
    wismo_template_t       *template;
    wismo_template_opts_t   opts;

    (void) state;

    memset(&opts, 0, sizeof(wismo_template_opts_t));
    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    source = str("x\n  {{>not/there}}\n");

    assert_int_equal(wismo_template_compile(&pool, &source, &opts, &template,
                                            &err),
                     WISMO_DECLINED);
    assert_int_equal(err.line, 2);
    assert_int_equal(err.column, 3);
    assert_non_null(strstr(err.text, "\"not/there\""));

    wismo_pool_done(&pool);
}


/* Whatever a template asks for, it ends. */

static void
test_bounds(void **state)
{
    char          *p, *text;
    size_t         i;
    case_t         c;
    wismo_out_t    out;
    wismo_pool_t   pool;
    wismo_error_t  err;

    (void) state;

    memset(&c, 0, sizeof(case_t));
    c.data = "{\"x\":1}";

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);

    /* a partial that calls itself, with and without growing indentation */

    c.template = "{{>p}}";
    c.partials[0].name = "p";
    c.partials[0].text = "a{{>p}}{{>p}}";
    assert_int_equal(render(&pool, &c, true, &out, &err), WISMO_DECLINED);

    c.partials[0].text = "a\n  {{>p}}\n";
    assert_int_equal(render(&pool, &c, true, &out, &err), WISMO_DECLINED);

    c.partials[0].text = "{{#x}}{{>p}}{{/x}}";
    assert_int_equal(render(&pool, &c, true, &out, &err), WISMO_DECLINED);

    c.partials[0].text = "{{^x}}{{>p}}{{/x}}.";
    assert_int_equal(render(&pool, &c, true, &out, &err), WISMO_OK);

    /* one that grows without nesting: 20 * 20 * ... */

    text = malloc(65536);
    assert_non_null(text);

    p = text;

    for (i = 0; i < 1000; i++) {
        p = (char *) memcpy(p, "{{>q}}", 6) + 6;
    }

    *p = '\0';

    c.template = "{{>p}}{{>p}}{{>p}}{{>p}}{{>p}}{{>p}}{{>p}}{{>p}}{{>p}}";
    c.partials[0].text = text;
    c.partials[1].name = "q";
    c.partials[1].text = "{{>r}}{{>r}}{{>r}}{{>r}}{{>r}}{{>r}}{{>r}}{{>r}}"
                         "{{>r}}{{>r}}{{>r}}{{>r}}{{>r}}{{>r}}{{>r}}{{>r}}";
    c.partials[2].name = "r";
    c.partials[2].text = "{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}"
                         "{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}"
                         "{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}"
                         "{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}"
                         "{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}"
                         "{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}"
                         "{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}"
                         "{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}{{y}}";
    assert_int_equal(render(&pool, &c, true, &out, &err), WISMO_DECLINED);

    /* sections: as many as may be open, and one more */

    memset(c.partials, 0, sizeof(c.partials));
    c.template = text;

    for (i = 0; i < 2; i++) {
        unsigned  n, k;

        n = WISMO_TEMPLATE_DEPTH + (unsigned) i;
        p = text;

        for (k = 0; k < n; k++) {
            p = (char *) memcpy(p, "{{#x}}", 6) + 6;
        }

        *p++ = '.';

        for (k = 0; k < n; k++) {
            p = (char *) memcpy(p, "{{/x}}", 6) + 6;
        }

        *p = '\0';

        if (i == 0) {
            assert_int_equal(render(&pool, &c, true, &out, &err), WISMO_OK);
            assert_int_equal(out.pos - out.start, 1);

        } else {
            assert_int_equal(render(&pool, &c, true, &out, &err),
                             WISMO_DECLINED);
            assert_int_equal(err.column, 6 * WISMO_TEMPLATE_DEPTH + 1);
        }
    }

    /* partials: too many different ones */

    p = text;

    for (i = 0; i <= WISMO_TEMPLATE_PARTIALS; i++) {
        p += snprintf(p, 16, "{{>p%u}}", (unsigned) i);
    }

    assert_int_equal(render(&pool, &c, true, &out, &err), WISMO_DECLINED);
    assert_non_null(strstr(err.text, "partials"));

    free(text);
    wismo_pool_done(&pool);
}


/* Out of memory, wherever it happens, is an error and nothing else. */

static void
test_memory(void **state)
{
    int            rc;
    size_t         limit;
    case_t         c;
    wismo_out_t    out;
    wismo_pool_t   pool;
    wismo_error_t  err;

    (void) state;

    memset(&c, 0, sizeof(case_t));
    c.template = "{{#a}}{{b.c}} {{d}}\n  {{>p}}\n{{/a}}{{e}}{{e}}{{e}}{{e}}"
                 "{{e}}{{e}}{{e}}{{e}}{{e}}{{e}}{{e}}{{e}}{{e}}{{e}}{{e}}";
    c.data = "{\"a\":[1,2,3],\"d\":\"dddddddddddddddddd\"}";
    c.partials[0].name = "p";
    c.partials[0].text = "a\nb\n{{d}}{{d}}{{d}}";

    rc = WISMO_ERROR;

    for (limit = 4096; limit < 65536 && rc != WISMO_OK; limit += 64) {
        wismo_str_t             source, data;
        wismo_json_t           *json;
        wismo_template_t       *template;
        wismo_template_opts_t   opts;

        wismo_pool_init(&pool, limit, NULL, NULL);

        opts.partial = find_partial;
        opts.data = &c;
        opts.constants = NULL;
        opts.missing_ok = false;
        opts.allow_raw = false;
        opts.escape = WISMO_ESCAPE_HTML;

        source = str(c.template);
        data = str(c.data);

        rc = wismo_json_read(&pool, &data, 100, &json, &err);

        if (rc == WISMO_OK) {
            rc = wismo_template_compile(&pool, &source, &opts, &template,
                                        &err);
        }

        if (rc == WISMO_OK) {
            wismo_out_init(&out, &pool, 16);
            rc = wismo_template_render(template, json, &out);
        }

        assert_true(rc == WISMO_OK || rc == WISMO_ERROR);

        wismo_pool_done(&pool);
    }

    assert_int_equal(rc, WISMO_OK);
    assert_true(limit > 4096 + 64);
}


/* Random templates out of the pieces that matter. */

static void
test_random_templates(void **state)
{
    char          *p, text[512], partial[256];
    case_t         c;
    unsigned       i, k;
    uint64_t       seed;
    wismo_out_t    out;
    wismo_pool_t   pool;
    wismo_error_t  err;

    static const char *const  pieces[] = {
        "{{", "}}", "{{#a}}", "{{/a}}", "{{^b}}", "{{/b}}", "{{>p}}", "\n",
        "{{=[ ]=}}", "[={{ }}=]", "  ", "{{.}}", "{{a.b}}", "x", "{{! ",
        "\r\n",
        "{{{a}}}", "[", "]", "=", "#", "a", "b", "\xc3", "\xbc"
    };

    (void) state;

    seed = 20261124;

    for (i = 0; i < 20000; i++) {
        memset(&c, 0, sizeof(case_t));

        p = text;

        for (k = test_random(&seed) % 24; k; k--) {
            p += snprintf(p, 16, "%s",
                          pieces[test_random(&seed) % countof(pieces)]);
        }

        *p = '\0';
        p = partial;

        for (k = test_random(&seed) % 8; k; k--) {
            p += snprintf(p, 16, "%s",
                          pieces[test_random(&seed) % countof(pieces)]);
        }

        *p = '\0';

        c.template = text;
        c.data = "{\"a\":[{\"b\":\"<\"},{\"b\":[1,2]}],\"b\":0}";
        c.partials[0].name = "p";
        c.partials[0].text = partial;

        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        if (render(&pool, &c, true, &out, &err) == WISMO_DECLINED) {
            assert_true(err.text[0] != '\0');
        }

        wismo_pool_done(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_raw_is_refused),
        cmocka_unit_test(test_missing_partial),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_random_templates),
    };

    return test_run("template", tests, countof(tests));
}
