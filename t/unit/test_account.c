
/*
 * Copyright (C) The Wismo authors
 *
 * What an account at a carrier must have is found wherever the adapter's
 * requests name it, once, and what may be missing is not asked for.
 */


#include "test.h"

#include "wismo_account.h"


static void
test_needs(void **state)
{
    json_t        *adapter;
    size_t         i;
    unsigned       k, n;
    wismo_out_t    out;
    wismo_pool_t   pool;
    wismo_need_t  *needs;

    static const struct {
        const char  *adapter;
        const char  *want;
    } cases[] = {
        { "{}", "base_url" },
        { "{\"base_url\":\"https://a.example\"}", "" },
        { "{\"base_url\":\"https://a\",\"ask\":{\"url\":"
          "\"{base}/{account.a}/{number}/{account.a}\","
          "\"body\":{\"x\":[{\"y\":\"{secret.b}\"}],\"z\":\"{account.c?}\"},"
          "\"headers\":{\"h\":\"{account.d}\"}}}", "a b_file d" },
        { "{\"base_url\":\"https://a\",\"auth\":{\"basic\":"
          "[\"{secret.secret}\",\"\"],\"request\":{\"body\":"
          "\"{{\\\"k\\\":\\\"{account.secret}\\\"}}\"}},"
          "\"register\":{\"url\":\"{secret.r_2}\"}}",
          "secret_file secret r_2_file" },
        { "{\"base_url\":\"https://a\",\"ask\":\"{account.} {secret.} {a} "
          "{account.x {account.Y} {\"}", "" },
        { "{\"base_url\":\"https://a\",\"note\":\"{account.a}\","
          "\"push\":{\"x\":\"{secret.b}\"}}", "" },
        { "[]", "base_url" },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        wismo_pool_init(&pool, 65536, NULL, NULL);
        wismo_out_init(&out, &pool, 64);

        adapter = json_loads(cases[i].adapter, 0, NULL);
        assert_non_null(adapter);

        assert_int_equal(wismo_account_needs(&pool, adapter, &needs, &n),
                         WISMO_OK);

        for (k = 0; k < n; k++) {
            wismo_out_printf(&out, "%s%.*s", k ? " " : "",
                             (int) needs[k].name.len,
                             (char *) needs[k].name.data);
        }

        wismo_out_bytes(&out, "", 1);
        assert_string_equal((char *) out.start, cases[i].want);

        json_decref(adapter);
        wismo_pool_done(&pool);
    }
}


/* Whoever wrote that did not write an adapter. */

static void
test_deep(void **state)
{
    json_t        *adapter, *inner, *outer;
    unsigned       i, n;
    wismo_pool_t   pool;
    wismo_need_t  *needs;

    (void) state;

    wismo_pool_init(&pool, 65536, NULL, NULL);

    inner = json_string("{account.a}");

    for (i = 0; i < 100; i++) {
        outer = json_array();
        (void) json_array_append_new(outer, inner);
        inner = outer;
    }

    adapter = json_pack("{s:o}", "ask", inner);

    assert_int_equal(wismo_account_needs(&pool, adapter, &needs, &n),
                     WISMO_ERROR);

    json_decref(adapter);
    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_needs),
        cmocka_unit_test(test_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
