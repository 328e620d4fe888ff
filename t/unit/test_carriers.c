
/*
 * Copyright (C) The Wismo authors
 *
 * The directory of carriers: names are found, and a link leads to the
 * carrier's own host whatever the number is.
 */


#include "test.h"

#include "wismo_carriers.h"


static void
test_links(void **state)
{
    size_t              i;
    wismo_str_t         id, title, link, number;
    wismo_pool_t        pool;
    wismo_error_t       err;
    wismo_carriers_t    carriers;

    static const struct {
        const char  *link;
        const char  *number;
        const char  *want;                    /* NULL: refused */
    } links[] = {
        { "https://ups.example/t?n={number}", "1Z9",
          "https://ups.example/t?n=1Z9" },
        { "https://a.example/#/{number}/x", "7", "https://a.example/#/7/x" },
        { "https://a.example/{number}", "a/../b?c=\"<&'\xc3\xa9 %0a",
          "https://a.example/a%2F..%2Fb%3Fc%3D%22%3C%26%27%C3%A9%20%250a" },
        { "https://a.example/{number}", "", "" },
        { "", "7", "" },
        { "http://a.example/{number}", "7", NULL },
        { "javascript:alert(1)//{number}", "7", NULL },
        { "https://{number}/", "7", NULL },
        { "https://{number}.example/", "7", NULL },
        { "https://a.example?{number}", "7", NULL },
        { "https://a.example/", "7", NULL },
        { "https://a.example/{number}{number}", "7", NULL },
        { "https://a.example/{nummer}", "7", NULL },
        { "https://a.example/{number}\"", "7", NULL },
        { "https://a.example/ {number}", "7", NULL },
        { "https://a.example/\xc3\xa9{number}", "7", NULL },
    };

    (void) state;

    for (i = 0; i < countof(links); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);
        memset(&carriers, 0, sizeof(wismo_carriers_t));

        id = str("ups");
        title = str("UPS");
        link = str(links[i].link);

        if (links[i].want == NULL) {
            err.text[0] = '\0';

            if (wismo_carriers_add(&pool, &carriers, &id, &title, &link, &err)
                != WISMO_DECLINED)
            {
                fail_msg("%s was taken", links[i].link);
            }

            assert_true(err.text[0] != '\0');
            assert_int_equal(carriers.n, 0);

        } else {
            assert_int_equal(wismo_carriers_add(&pool, &carriers, &id, &title,
                                                &link, &err),
                             WISMO_OK);

            number = str(links[i].number);

            assert_int_equal(wismo_carrier_link(&pool,
                                          wismo_carriers_find(&carriers, &id),
                                          &number, &link),
                             WISMO_OK);
            assert_int_equal(link.len, strlen(links[i].want));
            assert_memory_equal(link.data, links[i].want, link.len);
        }

        wismo_pool_done(&pool);
    }
}


/* More than fit at once, one of them told twice. */

static void
test_names(void **state)
{
    char                    name[16];
    int                     i;
    wismo_str_t             id, title, none;
    wismo_pool_t            pool, full;
    wismo_error_t           err;
    wismo_carriers_t        carriers;
    const wismo_carrier_t  *c;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);
    memset(&carriers, 0, sizeof(wismo_carriers_t));
    wismo_str_null(&none);

    for (i = 0; i < 100; i++) {
        (void) snprintf(name, sizeof(name), "c%d", i);
        id = str(name);
        title = str("C");

        assert_int_equal(wismo_carriers_add(&pool, &carriers, &id, &title,
                                            &none, &err),
                         WISMO_OK);
    }

    id = str("c42");
    title = str("Own van");

    assert_int_equal(wismo_carriers_add(&pool, &carriers, &id, &title, &none,
                                        &err),
                     WISMO_OK);
    assert_int_equal(carriers.n, 100);

    c = wismo_carriers_find(&carriers, &id);
    assert_non_null(c);
    assert_str(c->title, "Own van");

    id = str("c4");
    assert_str(wismo_carriers_find(&carriers, &id)->title, "C");

    id = str("c");
    assert_null(wismo_carriers_find(&carriers, &id));
    assert_null(wismo_carriers_find(NULL, &id));

    wismo_pool_init(&full, 0, NULL, NULL);
    memset(&carriers, 0, sizeof(wismo_carriers_t));
    assert_int_equal(wismo_carriers_add(&full, &carriers, &id, &title, &none,
                                        &err),
                     WISMO_ERROR);

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_names),
    };

    return test_run("carriers", tests, countof(tests));
}
