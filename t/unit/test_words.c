
/*
 * Copyright (C) The Wismo authors
 *
 * Catalogues of words: an incomplete one is refused, naming the key, and the
 * complete one speaks as it should.  Runs at the root of the tree.
 */


#define _GNU_SOURCE                           /* memmem() */

#include "test.h"

#include "wismo_words.h"

#include <dirent.h>


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
        { "\"lang\": \"en\"", "\"lang\": \"xx\"", "lang" },
        { "\"lang\": \"en\"", "\"lang\": \"ar\"", "dir" },
        { "\"formats\": {", "\"formats\": [], \"x\": {", "formats" },
        { "EEE d MMM\"", "EEE d\"", "formats.date" },
        { "EEE d MMM y", "EEE d MMM", "formats.date_year" },
        { "HH:mm", "HH:mm:ss", "formats.time" },
        { "HH:mm", "HH:mm HH", "formats.time" },
        { "{from} – {until}", "{from}", "phrases.days" },
        { "{from} – {until}", "{from} – {until}{from}", "phrases.days" },
        { "{from} – {until}", "{from} – {to}", "phrases.days" },
        { "{from} – {until}", "{from} – {until", "phrases.days" },
        { "\"Still to be shipped: {n}\"", "{ \"other\": \"{n} more\" }",
          "phrases.unshipped.one" },
        { "\"Still to be shipped: {n}\"", "{ \"one\": \"one more\" }",
          "phrases.unshipped" },
        { "\"Still to be shipped: {n}\"",
          "{ \"one\": \"one more\", \"other\": \"more\" }",
          "phrases.unshipped" },
        { "\"Still to be shipped: {n}\"",
          "{ \"one\": \"1\", \"few\": \"few\", \"other\": \"{n}\" }",
          "phrases.unshipped.few" },
        { "\"Order {order}\"",
          "{ \"one\": \"{order}\", \"other\": \"{order}\" }",
          "phrases.order" },
        { "\"estimate\": \"Estimated delivery\"", "\"estimate\": \"\"",
          "words.estimate" },
        { "\"neighbour\": \"Left", "\"neighbor\": \"Left",
          "delivered_to.neighbour" },
        { "\"weather\": {", "\"whether\": {",
          "status.delayed.weather.headline" },
        { "\"next\": \"The driver has", "\"text\": \"The driver has",
          "status.out_for_delivery.on_vehicle.next" },
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
    wismo_str_t      text;
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

    wismo_say_count(&s, WISMO_SAY_PARCELS_DELIVERED, 3, 1200, &text);
    assert_str(text, "3 of 1,200 parcels delivered");

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


/* Reads a catalogue, or the pseudo-language's. */

static const wismo_json_t *
catalogue(wismo_pool_t *pool, const char *name, const wismo_json_t *english)
{
    char            path[128];
    FILE           *in;
    wismo_str_t     text;
    wismo_json_t   *json;
    wismo_error_t   err;

    if (strcmp(name, WISMO_WORDS_PSEUDO) == 0) {
        assert_int_equal(wismo_words_pseudo(pool, english, &json), WISMO_OK);
        return json;
    }

    (void) snprintf(path, sizeof(path), "html/locales/%s", name);

    in = fopen(path, "rb");
    assert_non_null(in);

    text.data = wismo_palloc(pool, 262144);
    assert_non_null(text.data);
    text.len = fread(text.data, 1, 262144, in);
    assert_true(text.len && text.len < 262144);
    fclose(in);

    if (wismo_json_read(pool, &text, 10000, &json, &err) != WISMO_OK) {
        fail_msg("%s:%u:%u: %s", path, err.line, err.column, err.text);
    }

    return json;
}


/* Every day of a year is told as its weekday, its number and its month. */

static void
test_dates(wismo_pool_t *pool, const wismo_words_t *words, int year)
{
    int64_t                    t, first, last;
    wismo_str_t                text, args[WISMO_SAY_ARGS];
    wismo_civil_t              c;
    wismo_speech_t             s;
    const wismo_date_words_t  *brief, *full;

    brief = &words->locale->brief[0];
    full = &words->locale->full[0];

    memset(&c, 0, sizeof(wismo_civil_t));
    memset(args, 0, sizeof(args));

    c.year = year;
    c.month = 1;
    c.day = 1;
    first = wismo_time_from_civil(&c);

    c.year = year + 1;
    last = wismo_time_from_civil(&c);

    wismo_speech_init(&s, pool, words, first + 86400 * 200);

    for (t = first; t < last; t += 86399) {
        wismo_time_civil(t, &c);

        args[0] = brief->weekdays[c.weekday];
        args[1] = brief->days[c.day];
        args[2] = brief->months[c.month - 1];

        assert_int_equal(wismo_phrase_fill(pool, &brief->phrase, args,
                                           &args[3]), WISMO_OK);
        wismo_say_date(&s, t, &text);
        assert_true(wismo_str_eq(&text, &args[3]));

        args[0] = full->weekdays[c.weekday];
        args[1] = full->days[c.day];
        args[2] = full->months[c.month - 1];

        assert_int_equal(wismo_phrase_fill(pool, &full->phrase, args,
                                           &args[3]), WISMO_OK);
        wismo_say_date_long(&s, t, &text);
        assert_true(wismo_str_eq(&text, &args[3]));
    }

    /* what lies beside the year has its year */

    wismo_say_date(&s, first - 1, &args[0]);
    wismo_say_date(&s, first - 1 + 86400 * 365, &args[1]);
    assert_false(wismo_str_eq(&args[0], &args[1]));
    wismo_say_date(&s, last, &args[1]);
    wismo_say_date(&s, last - 86400 * 365, &args[0]);
    assert_false(wismo_str_eq(&args[0], &args[1]));

    assert_false(s.failed);
}


/* One text that HTML escapes, of those that are written as they are. */

static void
test_plain(void **state)
{
    size_t           i, n;
    char            *p, file[65536];
    FILE            *in;
    wismo_str_t      text;
    wismo_pool_t     pool;
    wismo_json_t    *json;
    wismo_error_t    err;
    wismo_words_t   *words;

    static const char *const  texts[] = {
        "Collected by the carrier", "HH:mm", "Time not given", "EEE d MMM\"",
        "EEEE, d MMMM y"
    };

    (void) state;

    in = fopen("html/locales/en.json", "rb");
    assert_non_null(in);
    n = fread(file, 1, sizeof(file) - 1, in);
    file[n] = '\0';
    fclose(in);

    for (i = 0; i <= countof(texts); i++) {
        wismo_pool_init(&pool, 4 << 20, NULL, NULL);

        text.data = (unsigned char *) file;
        text.len = n;

        if (i < countof(texts)) {
            text.data = wismo_palloc(&pool, n + 1);
            assert_non_null(text.data);
            memcpy(text.data, file, n + 1);
            p = strstr((char *) text.data, texts[i]);
            assert_non_null(p);

            /* of a date and of a clock, what stands between its parts */

            p = strpbrk(p, " :");
            assert_non_null(p);
            *p = '<';
        }

        assert_int_equal(wismo_json_read(&pool, &text, 10000, &json, &err),
                         WISMO_OK);

        if (wismo_words_compile(&pool, json, &words, &err) != WISMO_OK) {
            fail_msg("%s", err.text);
        }

        if (words->plain != (i == countof(texts))) {
            fail_msg("\"%s\" is%s taken for plain",
                     i < countof(texts) ? texts[i] : "the catalogue",
                     words->plain ? "" : " not");
        }

        wismo_pool_done(&pool);
    }
}


/*
 * Each catalogue that is shipped says all that the English one says, with the
 * same places, and can be spoken with.
 */

static void
test_complete(void **state)
{
    int                  year;
    DIR                 *dir;
    unsigned             n, day;
    wismo_str_t          text;
    wismo_pool_t         pool;
    wismo_error_t        err;
    struct dirent       *entry;
    wismo_words_t       *words;
    wismo_speech_t       s;
    const wismo_json_t  *english, *json;

    (void) state;

    wismo_pool_init(&pool, 64 << 20, NULL, NULL);

    english = catalogue(&pool, "en.json", NULL);

    dir = opendir("html/locales");
    assert_non_null(dir);

    n = 0;

    for ( ;; ) {
        entry = readdir(dir);

        if (entry && entry->d_name[0] == '.') {
            continue;
        }

        json = catalogue(&pool, entry ? entry->d_name : WISMO_WORDS_PSEUDO,
                         english);

        if (wismo_words_same(english, json, &err) != WISMO_OK
            || wismo_words_compile(&pool, json, &words, &err) != WISMO_OK)
        {
            fail_msg("%s: %s", entry ? entry->d_name : "pseudo", err.text);
        }

        text = *wismo_words_lang(words);

        if (entry
            && (strlen(entry->d_name) != text.len + 5
                || memcmp(entry->d_name, text.data, text.len) != 0))
        {
            fail_msg("%s has another \"lang\"", entry->d_name);
        }

        wismo_speech_init(&s, &pool, words, INT64_C(1795550400));

        for (day = 0; day < 366; day++) {
            wismo_say_date_long(&s, day * INT64_C(90061), &text);
            assert_true(text.len > 5);
            wismo_say_clock(&s, day * INT64_C(90061), &text);
            assert_true(text.len > 3);
            wismo_say_count(&s, WISMO_SAY_SCANS, day, 0, &text);
            assert_true(text.len > 3);
        }

        assert_false(s.failed);

        for (year = 2023; year < 2029; year++) {
            test_dates(&pool, words, year);
        }

        n++;

        if (entry == NULL) {
            break;
        }
    }

    closedir(dir);
    assert_true(n >= 2);

    wismo_pool_done(&pool);
}


/* What is missing, too much, empty or has other places is named. */

static void
test_same(void **state)
{
    size_t           i;
    wismo_str_t      text;
    wismo_pool_t     pool;
    wismo_json_t    *english, *other;
    wismo_error_t    err;

    static const char  from[] =
        "{\"lang\":\"en\",\"a\":\"x {n}\",\"b\":{\"c\":\"y\",\"d\":[\"1\","
        "\"2\"]},\"p\":{\"one\":\"{n} day\",\"other\":\"{n} days\"}}";

    static const struct {
        const char  *json;
        const char  *at;
    } cases[] = {
        { "{\"a\":\"{n}\",\"b\":{\"c\":\"y\",\"d\":[\"1\",\"2\"]},"
          "\"p\":\"{n} jours\"}", NULL },
        { "{\"a\":{\"few\":\"x\",\"other\":\"{n}\"},\"b\":{\"c\":\"y\","
          "\"scan\":\"z\",\"d\":[\"1\",\"2\"]},\"p\":\"{n}\"}", NULL },
        { "{\"a\":\"n\",\"b\":{\"c\":\"y\",\"d\":[\"1\",\"2\"]},"
          "\"p\":\"{n}\"}", "a" },
        { "{\"a\":\"{n}{m}\",\"b\":{\"c\":\"y\",\"d\":[\"1\",\"2\"]},"
          "\"p\":\"{n}\"}", "a" },
        { "{\"a\":\"{n}\",\"b\":{\"d\":[\"1\",\"2\"]},\"p\":\"{n}\"}",
          "b.c" },
        { "{\"a\":\"{n}\",\"b\":{\"c\":\"\",\"d\":[\"1\",\"2\"]},"
          "\"p\":\"{n}\"}", "b.c" },
        { "{\"a\":\"{n}\",\"b\":{\"c\":\"y\",\"d\":[\"1\"]},\"p\":\"{n}\"}",
          "b.d" },
        { "{\"a\":\"{n}\",\"b\":{\"c\":\"y\",\"d\":[\"1\",2]},\"p\":\"{n}\"}",
          "b.d.1" },
        { "{\"a\":\"{n}\",\"b\":[],\"p\":\"{n}\"}", "b" },
        { "{\"a\":\"{n}\",\"b\":{\"c\":\"y\",\"d\":[\"1\",\"2\"],\"e\":\"\"},"
          "\"p\":\"{n}\"}", "b.e" },
        { "{\"a\":\"{n}\",\"b\":{\"c\":\"y\",\"d\":[\"1\",\"2\"]}}", "p" },
        { "{\"a\":\"{n}\",\"b\":{\"c\":\"y\",\"d\":[\"1\",\"2\"]},"
          "\"p\":{\"one\":\"{n}\"}}", "p.other" },
        { "[]", "" },
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    text = str(from);
    assert_int_equal(wismo_json_read(&pool, &text, 100, &english, &err),
                     WISMO_OK);

    for (i = 0; i < countof(cases); i++) {
        text = str(cases[i].json);
        assert_int_equal(wismo_json_read(&pool, &text, 100, &other, &err),
                         WISMO_OK);

        err.text[0] = '\0';

        if (wismo_words_same(english, other, &err)
            != (cases[i].at ? WISMO_DECLINED : WISMO_OK)
            || (cases[i].at && strcmp(cases[i].at, err.at) != 0))
        {
            fail_msg("%s: %s: %s", cases[i].json, err.at, err.text);
        }
    }

    /* all that is read is longer, and no place is lost */

    assert_int_equal(wismo_words_pseudo(&pool, english, &other), WISMO_OK);
    assert_int_equal(wismo_words_same(english, other, &err), WISMO_OK);
    assert_str(wismo_json_str(other, "lang"), WISMO_WORDS_PSEUDO);
    assert_str(wismo_json_str(other, "a"), "[ẋ {n}]");
    assert_str(wismo_json_str(wismo_json_get(other, "p"), "other"),
               "[{n} ðáýš ]");

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_catalogue),
        cmocka_unit_test(test_speech),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_same),
    };

    return test_run("words", tests, countof(tests));
}
