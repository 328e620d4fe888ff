
/*
 * Copyright (C) The Wismo authors
 *
 * The reader of our own documents against the bytes a broken or hostile
 * Redis may return: it must agree with another parser on what is JSON, stop
 * at its bounds, and never look beyond the input.
 */


#define _GNU_SOURCE

#include "test.h"

#include "wismo_json.h"

#include <jansson.h>


typedef struct {
    const char   *in;
    unsigned      line;
    unsigned      column;
} refused_t;


static int
read_text(wismo_pool_t *pool, const char *text, wismo_json_t **value,
    wismo_error_t *err)
{
    wismo_str_t  in;

    in = str(text);

    return wismo_json_read(pool, &in, 1000, value, err);
}


/* The tree as the other parser would have made it. */

static json_t *
to_jansson(const wismo_json_t *v)
{
    char                *end, *text;
    json_t              *json;
    const wismo_json_t  *c;

    switch (v->type) {

    case WISMO_JSON_NULL:
        return json_null();

    case WISMO_JSON_FALSE:
        return json_false();

    case WISMO_JSON_TRUE:
        return json_true();

    case WISMO_JSON_STRING:
        return json_stringn((char *) v->text.data, v->text.len);

    case WISMO_JSON_NUMBER:
        text = strndup((char *) v->text.data, v->text.len);
        json = strpbrk(text, ".eE") ? json_real(strtod(text, &end))
                                    : json_integer(strtoll(text, &end, 10));
        assert_int_equal(*end, '\0');
        free(text);
        return json;

    case WISMO_JSON_ARRAY:
        json = json_array();

        for (c = v->first; c; c = c->next) {
            assert_int_equal(c->key.len, 0);
            assert_int_equal(json_array_append_new(json, to_jansson(c)), 0);
        }

        assert_int_equal(json_array_size(json), v->count);
        return json;

    default:
        json = json_object();

        for (c = v->first; c; c = c->next) {
            text = strndup((char *) c->key.data, c->key.len);
            assert_int_equal(json_object_set_new(json, text, to_jansson(c)),
                             0);
            free(text);
        }

        return json;
    }
}


static const char  document[] =
    "{\"checked_at\":\"2026-11-24T12:00:00Z\",\"next_check_at\":null   ,"
    "\"status\":\"in_transit\",\"n\":[0,-1,12.50,1e3,-0.5E-2,900719925474099],"
    "\"parcels\":[{\"id\":\"1\",\"carrier\":\"ups\",\"delivered\":false,"
    "\"events\":[{\"text\":\"Arrived at \\\"Z\xc3\xbcrich\\\" \\ud83d\\ude9a"
    "\\u00fc\\n\",\"place\":\"\"},{\"text\":\"\xf0\x9f\x93\xa6 loaded\"}]},{}]"
    ",\"signed\":true,\"empty\":[],\"deep\":[[[[{\"a\":[{}]}]]]]}";


static void
test_document(void **state)
{
    json_t              *ours, *theirs;
    wismo_str_t          in, s;
    wismo_json_t        *v;
    wismo_error_t        err;
    wismo_pool_t         pool;
    const wismo_json_t  *parcels, *event;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);
    in = heap_copy(document, sizeof(document) - 1);

    assert_int_equal(wismo_json_read(&pool, &in, 1000, &v, &err), WISMO_OK);

    ours = to_jansson(v);
    theirs = json_loads(document, 0, NULL);
    assert_non_null(theirs);
    assert_true(json_equal(ours, theirs));
    json_decref(ours);
    json_decref(theirs);

    s = wismo_json_str(v, "status");
    assert_str(s, "in_transit");

    /* what holds no escape stays where it is */
    assert_true(s.data > in.data && s.data < in.data + in.len);

    parcels = wismo_json_get(v, "parcels");
    assert_non_null(parcels);
    assert_int_equal(parcels->count, 2);
    assert_ptr_equal(parcels->first->next, parcels->last);

    event = wismo_json_get(parcels->first, "events")->first;
    s = wismo_json_str(event, "text");
    assert_str(s, "Arrived at \"Z\xc3\xbcrich\" \xf0\x9f\x9a\x9a\xc3\xbc\n");
    s = wismo_json_str(event->next, "text");
    assert_str(s, "\xf0\x9f\x93\xa6 loaded");

    assert_true(wismo_json_bool(v, "signed"));
    assert_false(wismo_json_bool(parcels->first, "delivered"));

    free(in.data);
    wismo_pool_done(&pool);
}


static void
test_lookups(void **state)
{
    wismo_str_t    s;
    wismo_json_t  *v;
    wismo_pool_t   pool;
    wismo_error_t  err;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    assert_int_equal(read_text(&pool,
        "{\"max\":9223372036854775807,\"min\":-9223372036854775808,"
        "\"over\":9223372036854775808,\"under\":-9223372036854775809,"
        "\"huge\":123456789012345678901234567890,\"real\":1.0,\"exp\":1e2,"
        "\"zero\":-0,\"text\":\"5\",\"\":7,\"a\":1,\"ab\":2,\"a\":3,"
        "\"yes\":true,\"word\":\"true\"}", &v, &err), WISMO_OK);

    assert_true(wismo_json_int(v, "max", 5) == INT64_MAX);
    assert_true(wismo_json_int(v, "min", 5) == INT64_MIN);
    assert_int_equal(wismo_json_int(v, "over", 5), 5);
    assert_int_equal(wismo_json_int(v, "under", 5), 5);
    assert_int_equal(wismo_json_int(v, "huge", 5), 5);
    assert_int_equal(wismo_json_int(v, "real", 5), 5);
    assert_int_equal(wismo_json_int(v, "exp", 5), 5);
    assert_int_equal(wismo_json_int(v, "text", 5), 5);
    assert_int_equal(wismo_json_int(v, "none", 5), 5);
    assert_int_equal(wismo_json_int(v, "zero", 5), 0);
    assert_int_equal(wismo_json_int(v, "", 5), 7);
    assert_int_equal(wismo_json_int(v, "a", 5), 1);
    assert_int_equal(wismo_json_int(v, "ab", 5), 2);

    assert_true(wismo_json_bool(v, "yes"));
    assert_false(wismo_json_bool(v, "word"));
    assert_false(wismo_json_bool(v, "none"));

    assert_null(wismo_json_get(NULL, "a"));
    assert_null(wismo_json_get(wismo_json_get(v, "a"), "a"));
    assert_null(wismo_json_get(v, "abc"));

    s = wismo_json_str(v, "max");
    assert_int_equal(s.len, 0);
    s = wismo_json_str(NULL, "max");
    assert_int_equal(s.len, 0);

    wismo_pool_done(&pool);
}


static void
test_refused(void **state)
{
    size_t         i;
    wismo_str_t    in;
    wismo_json_t  *v;
    wismo_pool_t   pool;
    wismo_error_t  err;

    static const refused_t  cases[] = {
        { "", 1, 1 },
        { " \n ", 2, 2 },
        { "{", 1, 2 },
        { "[", 1, 2 },
        { "[1", 1, 3 },
        { "[1,", 1, 4 },
        { "[1,]", 1, 4 },
        { "[,1]", 1, 2 },
        { "[1 2]", 1, 4 },
        { "[1}", 1, 3 },
        { "{]", 1, 2 },
        { "{\"a\":1]", 1, 7 },
        { "{\"a\"}", 1, 5 },
        { "{\"a\":}", 1, 6 },
        { "{\"a\":1,}", 1, 8 },
        { "{a:1}", 1, 2 },
        { "{\"a\" 1}", 1, 6 },
        { "{1:2}", 1, 2 },
        { "{\n  \"a\": 1,\n  \"b\": x\n}", 3, 8 },
        { "1 1", 1, 3 },
        { "{}{}", 1, 3 },
        { "[]]", 1, 3 },
        { "]", 1, 1 },
        { "tru", 1, 1 },
        { "True", 1, 1 },
        { "nul", 1, 1 },
        { "falsf", 1, 1 },
        { "truee", 1, 5 },
        { "NaN", 1, 1 },
        { "'a'", 1, 1 },
        { "/* */ 1", 1, 1 },
        { "\xef\xbb\xbf{}", 1, 1 },
        { "01", 1, 2 },
        { "-", 1, 2 },
        { "-a", 1, 2 },
        { "+1", 1, 1 },
        { ".5", 1, 1 },
        { "1.", 1, 3 },
        { "1.e1", 1, 3 },
        { "1e", 1, 3 },
        { "1e+", 1, 4 },
        { "0x10", 1, 2 },
        { "\"a", 1, 3 },
        { "\"a\\", 1, 4 },
        { "\"a\\\"", 1, 5 },
        { "\"\\x\"", 1, 3 },
        { "\"\\u12\"", 1, 6 },
        { "\"\\u12g4\"", 1, 6 },
        { "\"\\u", 1, 4 },
        { "\"\\u0000\"", 1, 8 },
        { "\"\\ud800\"", 1, 8 },
        { "\"\\ud800x\"", 1, 8 },
        { "\"\\ud800\\n\"", 1, 8 },
        { "\"\\ud800\\u0041\"", 1, 14 },
        { "\"\\udc00\\ud800\"", 1, 8 },
        { "\"a\tb\"", 1, 3 },
        { "\"a\nb\"", 1, 3 },
        { "\"\\n\tb\"", 1, 4 },
        { "\"\xc3\xbc\xff\"", 1, 3 },
        { "\"\xc3\"", 1, 2 },
        { "\"\\n\xc0\x80\"", 1, 4 },
        { "\"12345678\xed\xa0\x80\"", 1, 10 },
        { "\"\xf0\x9f\x93", 1, 2 },
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (i = 0; i < countof(cases); i++) {
        in = heap_str(cases[i].in);

        if (wismo_json_read(&pool, &in, 1000, &v, &err) != WISMO_DECLINED) {
            fail_msg("accepted: %s", cases[i].in);
        }

        assert_null(v);
        assert_true(err.text[0] != '\0');

        if (err.line != cases[i].line || err.column != cases[i].column) {
            fail_msg("%s: %u:%u instead of %u:%u", cases[i].in, err.line,
                     err.column, cases[i].line, cases[i].column);
        }

        assert_int_equal(wismo_json_read(&pool, &in, 1000, &v, NULL),
                         WISMO_DECLINED);
        free(in.data);
    }

    /* a NUL is no space, in no place */

    in = heap_copy("[1\0]", 4);
    assert_int_equal(wismo_json_read(&pool, &in, 1000, &v, &err),
                     WISMO_DECLINED);
    free(in.data);

    in = heap_copy("\"a\0\"", 4);
    assert_int_equal(wismo_json_read(&pool, &in, 1000, &v, &err),
                     WISMO_DECLINED);
    free(in.data);

    in = heap_copy("1\0", 2);
    assert_int_equal(wismo_json_read(&pool, &in, 1000, &v, &err),
                     WISMO_DECLINED);
    free(in.data);

    wismo_pool_done(&pool);
}


static void
test_truncated(void **state)
{
    size_t         len;
    wismo_str_t    in;
    wismo_json_t  *v;
    wismo_pool_t   pool;
    wismo_error_t  err;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (len = 0; len < sizeof(document) - 1; len++) {
        in = heap_copy(document, len);
        assert_int_equal(wismo_json_read(&pool, &in, 1000, &v, &err),
                         WISMO_DECLINED);
        free(in.data);
    }

    wismo_pool_done(&pool);
}


static void
test_bounds(void **state)
{
    int            rc;
    size_t         i, n;
    wismo_str_t    in;
    wismo_json_t  *v;
    wismo_pool_t   pool;
    wismo_error_t  err;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    /* nesting: the last depth allowed, one more, and a bomb */

    for (i = 1; i <= 3; i++) {
        n = i == 3 ? 1000000 : WISMO_JSON_DEPTH + i - 1;

        in.len = 2 * n;
        in.data = malloc(in.len);
        assert_non_null(in.data);
        memset(in.data, '[', n);
        memset(in.data + n, ']', n);

        rc = wismo_json_read(&pool, &in, UINT32_MAX, &v, &err);
        assert_int_equal(rc, i == 1 ? WISMO_OK : WISMO_DECLINED);

        if (rc != WISMO_OK) {
            assert_int_equal(err.column, WISMO_JSON_DEPTH + 1);
        }

        free(in.data);
    }

    /* values: [0,0,0] has four */

    in = str("[0,0,0]");

    for (i = 0; i < 8; i++) {
        rc = wismo_json_read(&pool, &in, (unsigned) i, &v, &err);
        assert_int_equal(rc, i < 4 ? WISMO_DECLINED : WISMO_OK);
    }

    wismo_pool_done(&pool);

    /* memory: an error, not a refusal, at whichever allocation */

    n = 0;

    for (i = 0; i < 8192; i += 16) {
        wismo_pool_init(&pool, i, NULL, NULL);
        in = str(document);

        rc = wismo_json_read(&pool, &in, 1000, &v, &err);

        if (rc != WISMO_OK) {
            assert_int_equal(rc, WISMO_ERROR);
            assert_null(v);
            n++;
        }

        wismo_pool_done(&pool);
    }

    assert_true(n > 50 && n < 500);
}


/*
 * Thousands of broken documents, and two parsers that must agree on each:
 * whether it is JSON, and what it says.
 */

static void
test_agreement(void **state)
{
    int             i, rc;
    char           *text;
    size_t          j, k, len;
    json_t         *ours, *theirs;
    uint64_t        seed;
    unsigned        accepted, refused;
    wismo_str_t     in;
    json_error_t    error;
    wismo_json_t   *v;
    wismo_pool_t    pool;
    wismo_error_t   err;

    static const char   *seeds[] = {
        document, "[1,2.5,-3e7,\"x\"]", "{\"a\":{\"b\":[null,true]}}",
        "\"\\u00e9\\ud83d\\ude00 \xe2\x82\xac\"", " [ ] ", "-0.0"
    };

    static const char    bytes[] = "{}[]\",:\\u0019eE+-.tfn \t\n\x01\x80\xc3"
                                   "\xbf\xe2\xf0\xd8/abx";

    (void) state;

    seed = 3;
    accepted = 0;
    refused = 0;
    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (i = 0; i < 60000; i++) {
        text = strdup(seeds[(unsigned) i % countof(seeds)]);
        assert_non_null(text);
        len = strlen(text);

        for (j = 1 + test_random(&seed) % 3; j < 3; j++) {
            k = test_random(&seed) % (sizeof(bytes) - 1);
            text[test_random(&seed) % len] = bytes[k];
        }

        in = heap_copy(text, len);
        free(text);

        rc = wismo_json_read(&pool, &in, 1000, &v, &err);
        theirs = json_loadb((char *) in.data, in.len,
                            JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

        if (theirs == NULL
            && json_error_code(&error) == json_error_numeric_overflow)
        {
            /* ours keeps numbers as text, of any size */

        } else if (memmem(in.data, in.len, "\\u0000", 6)) {
            assert_true(rc == WISMO_DECLINED || theirs == NULL);

        } else if ((rc == WISMO_OK) != (theirs != NULL)) {
            fail_msg("%.*s: %s / %s", (int) in.len, in.data,
                     rc == WISMO_OK ? "accepted" : err.text, error.text);

        } else if (theirs) {
            ours = to_jansson(v);
            assert_true(json_equal(ours, theirs));
            json_decref(ours);
            accepted++;

        } else {
            refused++;
        }

        json_decref(theirs);
        free(in.data);
        wismo_pool_reset(&pool);
    }

    assert_true(accepted > 10000);
    assert_true(refused > 10000);

    wismo_pool_done(&pool);
}


static void
test_build(void **state)
{
    wismo_str_t          text, s;
    wismo_json_t        *root, *list, *item;
    wismo_pool_t         pool;
    const wismo_json_t  *v;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    text = str("UPS");
    root = wismo_json_new(&pool, WISMO_JSON_OBJECT);

    assert_non_null(wismo_json_add_str(&pool, root, "carrier", &text));
    assert_non_null(wismo_json_add_bool(&pool, root, "late", true));
    assert_non_null(wismo_json_add_int(&pool, root, "n", INT64_MIN));

    list = wismo_json_add(&pool, root, "steps", WISMO_JSON_ARRAY);
    item = wismo_json_add(&pool, list, NULL, WISMO_JSON_OBJECT);
    assert_non_null(wismo_json_add_bool(&pool, item, "done", false));
    assert_non_null(wismo_json_add(&pool, list, NULL, WISMO_JSON_NULL));

    assert_int_equal(root->count, 4);
    s = wismo_json_str(root, "carrier");
    assert_str(s, "UPS");
    assert_true(wismo_json_bool(root, "late"));
    assert_true(wismo_json_int(root, "n", 0) == INT64_MIN);

    v = wismo_json_get(root, "steps");
    assert_int_equal(v->count, 2);
    assert_ptr_equal(v->first, item);
    assert_int_equal(wismo_json_get(v->first, "done")->type,
                     WISMO_JSON_FALSE);
    assert_int_equal(v->last->type, WISMO_JSON_NULL);

    /* a failed parent fails all below it */

    assert_null(wismo_json_add(&pool, NULL, "x", WISMO_JSON_ARRAY));
    assert_null(wismo_json_add_str(&pool, NULL, "x", &text));
    assert_null(wismo_json_add_bool(&pool, NULL, "x", true));
    assert_null(wismo_json_add_int(&pool, NULL, "x", 1));

    wismo_pool_done(&pool);

    wismo_pool_init(&pool, 0, NULL, NULL);
    assert_null(wismo_json_new(&pool, WISMO_JSON_OBJECT));
    wismo_pool_done(&pool);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_build),
    };

    return test_run("json", tests, countof(tests));
}
