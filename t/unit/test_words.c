
/*
 * Copyright (C) The Wismo authors
 *
 * Catalogues of words: an incomplete one is refused, naming the key, and the
 * complete one speaks as it should.  Runs at the root of the tree.
 */


#define _GNU_SOURCE                           /* memmem() */

#include "test.h"

#include "wismo_words.h"


/* The real catalogue, with one fault at a time. */

static void
test_catalogue(void **state)
{
    char            *p, file[65536];
    FILE            *in;
    size_t           i, n, m, len, before;
    wismo_str_t      copy;
    wismo_pool_t     pool;
    wismo_json_t    *json;
    wismo_words_t   *words;
    wismo_error_t    err;

    static const struct {
        const char  *from;
        const char  *to;
        const char  *at;
    } faults[] = {
        { "\"lang\":", "\"lung\":", "lang" },
        { "\"dir\": \"ltr\"", "\"dir\": \"top\"", "dir" },
        { "\"Sun\", ", "", "days" },
        { "\"Jan\", ", "\"Jan\", \"Jan\", ", "months" },
        { "\"Jan\", ", "7, ", "months" },
        { "{hour}:{minute}", "{hour}", "phrases.time" },
        { "{hour}:{minute}", "{hour}:{minute}{hour}", "phrases.time" },
        { "{hour}:{minute}", "{hour}:{minutes}", "phrases.time" },
        { "{hour}:{minute}", "{hour}:{minute", "phrases.time" },
        { "\"estimate\": \"Estimated delivery\"", "\"estimate\": \"\"",
          "words.estimate" },
        { "\"neighbour\": \"Left", "\"neighbor\": \"Left",
          "delivered_to.neighbour" },
        { "\"weather\": {", "\"whether\": {",
          "status.delayed.weather.headline" },
        { "\"next\": \"The driver has", "\"text\": \"The driver has",
          "status.out_for_delivery.on_vehicle.next" },
        { "\"Sunday\", ", "", "weekdays" },
        { "\"January\"", "\"\"", "month_names" },
        { "\"pickup\": { \"title\"", "\"pickup\": { \"headline\"",
          "actions.pickup.title" },
        { "\"where\": \"Where", "\"were\": \"Where", "help.where" },
        { "\"kept\": {", "\"keeps\": {", "help.faq.kept.question" },
        { "\"sources\": {", "\"carriers\": [], \"sources\": {",
          "carriers" },
        { "\"footer\": \"", "\"feet\": \"", "t.footer" },
        { "\"bad_link\": {", "\"bed_link\": {", "messages.bad_link.headline" },
        { "\"merchant\": \"We", "\"merchant\": [], \"x\": \"We",
          "acts.merchant" },
    };

    (void) state;

    in = fopen("html/locales/en.json", "rb");
    assert_non_null(in);
    len = fread(file, 1, sizeof(file), in);
    assert_true(len < sizeof(file));
    fclose(in);

    for (i = 0; i < countof(faults); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        n = strlen(faults[i].from);
        m = strlen(faults[i].to);

        p = memmem(file, len, faults[i].from, n);
        assert_non_null(p);

        before = (size_t) (p - file);

        copy.len = len - n + m;
        copy.data = malloc(copy.len);
        assert_non_null(copy.data);

        memcpy(copy.data, file, before);
        memcpy(copy.data + before, faults[i].to, m);
        memcpy(copy.data + before + m, p + n, len - n - before);

        assert_int_equal(wismo_json_read(&pool, &copy, 10000, &json, &err),
                         WISMO_OK);

        if (wismo_words_compile(&pool, json, &words, &err) != WISMO_DECLINED
            || strcmp(err.at, faults[i].at) != 0 || err.text[0] == '\0')
        {
            fail_msg("%s: %s: %s", faults[i].to, err.at, err.text);
        }

        free(copy.data);
        wismo_pool_done(&pool);
    }
}

/* What a phrase becomes, and how time is told. */

static void
test_speech(void **state)
{
    char             file[65536];
    FILE            *in;
    wismo_str_t      text, args[2];
    wismo_json_t    *json;
    wismo_pool_t     pool, none;
    wismo_when_t     when;
    wismo_error_t    err;
    wismo_words_t   *words;
    wismo_speech_t   s;

    (void) state;

    in = fopen("html/locales/en.json", "rb");
    assert_non_null(in);
    text.data = (unsigned char *) file;
    text.len = fread(file, 1, sizeof(file), in);
    fclose(in);

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    assert_int_equal(wismo_json_read(&pool, &text, 10000, &json, &err),
                     WISMO_OK);
    assert_int_equal(wismo_words_compile(&pool, json, &words, &err),
                     WISMO_OK);

    wismo_speech_init(&s, &pool, words, INT64_C(1795550400));

    args[0] = str("3");
    args[1] = str("");
    wismo_say(&s, WISMO_SAY_PARCELS_DELIVERED, args, &text);
    assert_str(text, "3 of  parcels delivered");

    text = str("Ghent");
    wismo_say(&s, WISMO_SAY_DESTINATION, &text, &text);
    assert_str(text, "Going to Ghent");

    wismo_say_utc(&s, INT64_C(1795550400), &text);
    assert_str(text, "Tue 24 Nov, 20:00 UTC");

    wismo_say_utc(&s, 0, &text);
    assert_str(text, "Thu 1 Jan 1970, 00:00 UTC");

    wismo_say_date(&s, -1, &text);
    assert_str(text, "Wed 31 Dec 1969");

    wismo_say_clock(&s, -60, &text);
    assert_str(text, "23:59");

    wismo_say_date(&s, INT64_C(1795564800), &text);
    assert_str(text, "Wed 25 Nov");

    wismo_say_date(&s, INT64_C(1795564799), &text);
    assert_str(text, "Tue 24 Nov");

    wismo_time_local(&when, INT64_C(1795550400), 60, WISMO_BASIS_OFFSET);
    wismo_say_when(&s, &when, &text);
    assert_str(text, "Tue 24 Nov, 20:00 local time");

    wismo_time_local(&when, INT64_C(1795478400), WISMO_OFFSET_NONE,
                     WISMO_BASIS_DATE);
    wismo_say_when(&s, &when, &text);
    assert_str(text, "Tue 24 Nov");

    when.basis = WISMO_BASIS_UNKNOWN;
    wismo_say_when(&s, &when, &text);
    assert_str(text, "Time not given");

    assert_false(s.failed);

    /* without memory: empty texts, and that is remembered */

    wismo_pool_init(&none, 0, NULL, NULL);
    s.pool = &none;
    wismo_say_utc(&s, 0, &text);
    assert_int_equal(text.len, 0);
    assert_true(s.failed);

    wismo_pool_done(&none);
    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_speech),
    };

    return test_run("words", tests, countof(tests));
}
