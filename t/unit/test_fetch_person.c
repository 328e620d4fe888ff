
/*
 * Copyright (C) The Wismo authors
 *
 * Who a telephone number is: the same in every spelling that people use, and
 * never somebody of another country or another town whose number ends alike.
 */


#include "test.h"

#include "fetch_customer.h"


static fetch_person_e
match(const char *typed, const char *country, const char *said,
    const char *to)
{
    json_t          *body;
    wismo_str_t      text, c;
    wismo_pool_t     pool;
    fetch_person_e   found;
    fetch_person_t   person;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);

    text = str(typed);
    c = str(country);

    assert_int_equal(fetch_person(&person, &pool, WISMO_FACTOR_PHONE, &text),
                     WISMO_OK);
    person.code = wismo_calling_code(&c);

    body = json_pack("{s:{s:s},s:{s:s}}", "customer", "phone", said,
                     "ship_to", "country", to);

    found = fetch_person_match(&person, body);

    json_decref(body);
    wismo_pool_done(&pool);

    return found;
}


static void
test_match(void **state)
{
    size_t  i;

    static const struct {
        const char      *typed;
        const char      *country;
        const char      *said;
        const char      *to;
        fetch_person_e   found;
    } cases[] = {
        { "+44 20 7946 0123", "", "020 7946 0123", "GB", FETCH_PERSON_IS },
        { "0044 (0)20 7946-0123", "", "+442079460123", "", FETCH_PERSON_IS },
        { "020 7946 0123", "GB", "+44 20 7946 0123", "DE", FETCH_PERSON_IS },
        { "020 7946 0123", "", "+44 (0) 20 7946 0123", "", FETCH_PERSON_IS },
        { "tel:+44-20-7946-0123", "", "020 7946 0123 x12", "GB",
          FETCH_PERSON_IS },
        { "+39 06 1234 5678", "", "06 12345678", "IT", FETCH_PERSON_IS },
        { "+49 030 123456", "", "+49 30 123456", "", FETCH_PERSON_IS },
        { "49 30 1234567", "", "030 1234567", "DE", FETCH_PERSON_IS },
        { "030 12345678", "DE", "49 30 12345678", "DE", FETCH_PERSON_IS },
        { "(212) 555-0100", "US", "1-212-555-0100", "US", FETCH_PERSON_IS },
        { "+1 212 555 0100", "", "212.555.0100", "US", FETCH_PERSON_IS },
        { "212 555 0100", "US", "(212) 555 0100", "CA", FETCH_PERSON_IS },
        { "+49 30123456789", "", "30123456789", "", FETCH_PERSON_IS },

        /* not theirs, though it ends alike */

        { "+44 20 7946 0123", "", "020 7946 0123", "DE",
          FETCH_PERSON_ELSEWHERE },
        { "020 7946 0123", "GB", "020 7946 0123", "DE",
          FETCH_PERSON_ELSEWHERE },
        { "020 7946 0123", "DE", "+44 20 7946 0123", "DE",
          FETCH_PERSON_ELSEWHERE },
        { "+49 30 123456789", "", "+33 0 123456789", "",
          FETCH_PERSON_ELSEWHERE },
        { "(212) 555-0100", "US", "(312) 555-0100", "US",
          FETCH_PERSON_ELSEWHERE },
        { "+1 212 555 0100", "", "+1 312 555 0100", "",
          FETCH_PERSON_ELSEWHERE },

        /* nor one that ends otherwise */

        { "+44 20 7946 0123", "", "+44 20 7946 0124", "GB",
          FETCH_PERSON_OTHER },
        { "+44 20 7946 0123", "", "", "GB", FETCH_PERSON_OTHER }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        if (match(cases[i].typed, cases[i].country, cases[i].said,
                  cases[i].to) != cases[i].found)
        {
            fail_msg("%s (%s) and %s (%s)", cases[i].typed, cases[i].country,
                     cases[i].said, cases[i].to);
        }
    }
}


/* Of a family's number, the orders of one of them. */

static void
test_shared(void **state)
{
    size_t          i;
    json_t         *body;
    wismo_str_t     text;
    wismo_pool_t    pool;
    fetch_person_t  person;

    static const struct {
        const char      *email;
        fetch_person_e   found;
    } cases[] = {
        { "jo@shop.example", FETCH_PERSON_IS },
        { "Jo <JO@shop.example>", FETCH_PERSON_IS },
        { "", FETCH_PERSON_IS },
        { "ada@shop.example", FETCH_PERSON_OTHER }
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);

    text = str("+44 20 7946 0123");
    assert_int_equal(fetch_person(&person, &pool, WISMO_FACTOR_PHONE, &text),
                     WISMO_OK);
    person.email = str("jo@shop.example");

    for (i = 0; i < countof(cases); i++) {
        body = json_pack("{s:{s:s,s:s}}", "customer", "phone",
                         "+442079460123", "email", cases[i].email);
        assert_int_equal(fetch_person_match(&person, body), cases[i].found);
        json_decref(body);
    }

    wismo_pool_done(&pool);
}


/* What a code is said to be agrees with how numbers are taken apart. */

static void
test_codes(void **state)
{
    char          line[256], number[32], form[WISMO_FACTOR_MAX];
    FILE         *file;
    unsigned      n;
    const char   *code;
    wismo_str_t   text;

    (void) state;

    file = fopen("/usr/share/zoneinfo/iso3166.tab", "r");
    assert_non_null(file);

    n = 0;

    while (fgets(line, sizeof(line), file)) {

        if (*line == '#') {
            continue;
        }

        text.data = (unsigned char *) line;
        text.len = 2;
        code = wismo_calling_code(&text);

        if (code == NULL) {
            continue;         /* nobody lives there */
        }

        snprintf(number, sizeof(number), "+%s 12345678", code);
        text = str(number);

        if (wismo_calling_code_len(code, strlen(code)) != strlen(code)
            || wismo_factor_form(WISMO_FACTOR_PHONE, &text, form) != 8
            || memcmp(form, "12345678", 8) != 0)
        {
            fail_msg("%.2s: +%s", line, code);
        }

        n++;
    }

    fclose(file);

    assert_true(n > 235);

    text = str("XX");
    assert_null(wismo_calling_code(&text));
    text = str("");
    assert_null(wismo_calling_code(&text));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_codes)
    };

    return test_run("fetch_person", tests, countof(tests));
}
