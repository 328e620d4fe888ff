
/*
 * Copyright (C) The Wismo authors
 *
 * What a shopper's form says is read, kept and read again; what it cannot say
 * is as if it had not been said, and words harm nobody.
 */


#include "test.h"
#include "wismo_feedback.h"
#include "wismo_time.h"


static void
test_forms(void **state)
{
    size_t             i;
    wismo_out_t        out;
    wismo_str_t        form, json;
    wismo_pool_t       pool;
    wismo_feedback_t   feedback, again;

    static const struct {
        const char    *form;
        const char    *json;              /* NULL: nothing is said */
    } cases[] = {
        { "arrived=yes&rating=5&comment=Fine",
          "\"arrived\":true,\"rating\":5,\"comment\":\"Fine\"}" },
        { "arrived=no",
          "\"arrived\":false,\"rating\":null,\"comment\":null}" },
        { "rating=1", "\"arrived\":null,\"rating\":1,\"comment\":null}" },
        { "comment=a%0d%0ab%e2%80%ae+%3cb%3e&rating=0",
          "\"arrived\":null,\"rating\":null,"
          "\"comment\":\"a b \\u003cb>\"}" },
        { "comment=%ff&rating=3",
          "\"arrived\":null,\"rating\":3,\"comment\":null}" },
        { "arrived=YES", NULL },
        { "rating=6", NULL },
        { "rating=", NULL },
        { "rating=10", NULL },
        { "comment=", NULL },
        { "comment=+%09", NULL },
        { "comment=a%00b", NULL },
        { "", NULL }
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    for (i = 0; i < countof(cases); i++) {
        form = heap_str(cases[i].form);

        if (cases[i].json == NULL) {
            assert_int_equal(wismo_feedback_form(&pool, &form, &feedback),
                             WISMO_DECLINED);
            free(form.data);
            continue;
        }

        assert_int_equal(wismo_feedback_form(&pool, &form, &feedback),
                         WISMO_OK);
        feedback.at = 1764007200;

        wismo_out_init(&out, &pool, 16);
        wismo_feedback_write(&out, &feedback);
        assert_false(out.failed);

        json.data = out.start;
        json.len = (size_t) (out.pos - out.start);

        if (json.len < 30
            || memcmp(json.data, "{\"at\":\"2025-11-24T18:00:00Z\",", 29) != 0
            || json.len - 29 != strlen(cases[i].json)
            || memcmp(json.data + 29, cases[i].json, json.len - 29) != 0)
        {
            fail_msg("%s: %.*s", cases[i].form, (int) json.len,
                     (char *) json.data);
        }

        assert_int_equal(wismo_feedback_read(&pool, &json, &again), WISMO_OK);
        assert_int_equal(again.at, feedback.at);
        assert_int_equal(again.arrived, feedback.arrived);
        assert_int_equal(again.rating, feedback.rating);
        assert_true(wismo_str_eq(&again.comment, &feedback.comment));

        free(form.data);
    }

    json = str("{\"at\":1,\"arrived\":\"x\",\"rating\":99,\"comment\":{}}");
    assert_int_equal(wismo_feedback_read(&pool, &json, &again), WISMO_OK);
    assert_int_equal(again.at, WISMO_TIME_NONE);
    assert_int_equal(again.rating, 0);

    json = str("{");
    assert_int_equal(wismo_feedback_read(&pool, &json, &again),
                     WISMO_DECLINED);

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_forms)
    };

    return test_run("feedback", tests, countof(tests));
}
