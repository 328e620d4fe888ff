
/*
 * Copyright (C) The Wismo authors
 *
 * What shoppers type comes to the form the shop's data has, and proves what
 * it proves: this order, this factor, under the keys of this site.
 */


#include "test.h"
#include "wismo_lookup.h"


#define ALL  ((1 << WISMO_FACTORS) - 1)


static void
test_forms(void **state)
{
    char         buf[WISMO_FACTOR_MAX];
    size_t       i, n;
    wismo_str_t  text;

    static const struct {
        wismo_factor_e   factor;
        const char      *typed;
        const char      *form;
    } cases[] = {
        { WISMO_FACTOR_EMAIL, "jo@shop.example", "jo@shop.example" },
        { WISMO_FACTOR_EMAIL, " Jo@Shop.Example\r\n", "jo@shop.example" },
        { WISMO_FACTOR_EMAIL, "jo @ shop.example.", "jo@shop.example" },
        { WISMO_FACTOR_EMAIL, "Jo Doe <JO@shop.example>", "jo@shop.example" },
        { WISMO_FACTOR_EMAIL, "mailto:jo@shop.example", "jo@shop.example" },
        { WISMO_FACTOR_EMAIL, "\xe2\x80\x8bjo@shop.example\xc2\xa0",
          "jo@shop.example" },
        { WISMO_FACTOR_EMAIL, "jo\xef\xbc\xa0shop.example",
          "jo@shop.example" },
        { WISMO_FACTOR_EMAIL, "j\xc3\xb6@shop.example",
          "j\xc3\xb6@shop.example" },
        { WISMO_FACTOR_EMAIL, "j\xff\xc3\xb6@shop.example",
          "j\xc3\xb6@shop.example" },
        { WISMO_FACTOR_EMAIL, "jo+lamp@shop.example",
          "jo+lamp@shop.example" },
        { WISMO_FACTOR_EMAIL, "jo@", "" },
        { WISMO_FACTOR_EMAIL, "@shop.example", "" },
        { WISMO_FACTOR_EMAIL, "a@b@c", "" },
        { WISMO_FACTOR_EMAIL, "12345", "" },
        { WISMO_FACTOR_EMAIL, "", "" },

        { WISMO_FACTOR_POSTCODE, "SW1A 1AA", "SW1A1AA" },
        { WISMO_FACTOR_POSTCODE, "sw1a1aa", "SW1A1AA" },
        { WISMO_FACTOR_POSTCODE, "sw1a\xc2\xa0" "1aa", "SW1A1AA" },
        { WISMO_FACTOR_POSTCODE, "10115", "10115" },
        { WISMO_FACTOR_POSTCODE, "D-10115", "10115" },
        { WISMO_FACTOR_POSTCODE, "de \xe2\x80\x93 10115", "10115" },
        { WISMO_FACTOR_POSTCODE, "DE 10115", "10115" },
        { WISMO_FACTOR_POSTCODE, "lv1010", "1010" },
        { WISMO_FACTOR_POSTCODE, "FO-100", "100" },
        { WISMO_FACTOR_POSTCODE, "HM 12", "HM12" },
        { WISMO_FACTOR_POSTCODE, "1234 ab", "1234AB" },
        { WISMO_FACTOR_POSTCODE, "K1A-0B1", "K1A0B1" },
        { WISMO_FACTOR_POSTCODE, "00-950", "00950" },
        { WISMO_FACTOR_POSTCODE, "94105-1804", "94105" },
        { WISMO_FACTOR_POSTCODE, "941051804", "94105" },
        { WISMO_FACTOR_POSTCODE, "\xe3\x80\x92\xef\xbc\x91\xef\xbc\x90\xef\xbc"
          "\x90\xef\xbc\x8d\xef\xbc\x90\xef\xbc\x90\xef\xbc\x90\xef\xbc\x91",
          "1000001" },
        { WISMO_FACTOR_POSTCODE, "\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5",
          "12345" },
        { WISMO_FACTOR_POSTCODE, "12", "" },
        { WISMO_FACTOR_POSTCODE, "ABC-", "ABC" },
        { WISMO_FACTOR_POSTCODE, "jo@shop.example", "" },
        { WISMO_FACTOR_POSTCODE, "12345678901234567", "" },

        { WISMO_FACTOR_PHONE, "+44 20 7946 0000", "079460000" },
        { WISMO_FACTOR_PHONE, "+44 (0)20 7946 0000", "079460000" },
        { WISMO_FACTOR_PHONE, "0044 2079460000", "079460000" },
        { WISMO_FACTOR_PHONE, "020 7946 0000", "079460000" },
        { WISMO_FACTOR_PHONE, "tel:+442079460000", "079460000" },
        { WISMO_FACTOR_PHONE, "+1 212-555-0100 ext. 4", "125550100" },
        { WISMO_FACTOR_PHONE, "(212) 555.0100", "125550100" },
        { WISMO_FACTOR_PHONE, "1 212 555 0100", "125550100" },
        { WISMO_FACTOR_PHONE, "+45 12 34 56 78", "12345678" },
        { WISMO_FACTOR_PHONE, "12345678", "12345678" },
        { WISMO_FACTOR_PHONE, "+354 555 1234", "5551234" },
        { WISMO_FACTOR_PHONE, "555-1234", "5551234" },
        { WISMO_FACTOR_PHONE, "\xef\xbc\x8b" "81 3 1234 5678", "312345678" },
        { WISMO_FACTOR_PHONE, "1234", "" },
        { WISMO_FACTOR_PHONE, "+", "" },
        { WISMO_FACTOR_PHONE, "jo@shop.example", "" },
        { WISMO_FACTOR_PHONE, "SW1A 1AA", "" },
        { WISMO_FACTOR_PHONE, "123456789012345678901234567890123", "" }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        text = heap_str(cases[i].typed);
        n = wismo_factor_form(cases[i].factor, &text, buf);

        if (n != strlen(cases[i].form) || memcmp(buf, cases[i].form, n) != 0) {
            fail_msg("%s \"%s\": \"%.*s\" instead of \"%s\"",
                     wismo_factor_name(cases[i].factor), cases[i].typed,
                     (int) n, buf, cases[i].form);
        }

        free(text.data);
    }
}


static void
test_numbers(void **state)
{
    char         buf[WISMO_LOOKUP_NUMBER_MAX];
    size_t       i, n;
    wismo_str_t  text, prefix;

    static const struct {
        const char           *typed;
        wismo_lookup_case_e   letters;
        const char           *prefix;
        const char           *number;
    } cases[] = {
        { "1001", WISMO_LOOKUP_AS_TYPED, "", "1001" },
        { " # 1001 ", WISMO_LOOKUP_AS_TYPED, "", "1001" },
        { "#1001\xc2\xa0", WISMO_LOOKUP_AS_TYPED, "", "1001" },
        { "Order no. 1001", WISMO_LOOKUP_AS_TYPED, "", "1001" },
        { "order number: #1001", WISMO_LOOKUP_AS_TYPED, "", "1001" },
        { "\xe2\x84\x96 1001", WISMO_LOOKUP_AS_TYPED, "", "1001" },
        { "Bestellnummer 1001", WISMO_LOOKUP_AS_TYPED, "", "1001" },
        { "10 01", WISMO_LOOKUP_AS_TYPED, "", "1001" },
        { "W-10 01-a", WISMO_LOOKUP_UPPER, "", "W-1001-A" },
        { "W-1001-A", WISMO_LOOKUP_LOWER, "", "w-1001-a" },
        { "W-1001-a", WISMO_LOOKUP_AS_TYPED, "", "W-1001-a" },
        { "W\xe2\x80\x93" "1001", WISMO_LOOKUP_AS_TYPED, "", "W-1001" },
        { "1001", WISMO_LOOKUP_AS_TYPED, "W-", "W-1001" },
        { "w-1001", WISMO_LOOKUP_AS_TYPED, "W-", "W-1001" },
        { "W-1001", WISMO_LOOKUP_AS_TYPED, "W-", "W-1001" },
        { "W", WISMO_LOOKUP_AS_TYPED, "W-", "W-W" },
        { "NOVA", WISMO_LOOKUP_AS_TYPED, "", "NOVA" },
        { "1001;", WISMO_LOOKUP_AS_TYPED, "", "1001;" },
        { "10\xc3\xa9", WISMO_LOOKUP_AS_TYPED, "", "" },
        { "order", WISMO_LOOKUP_AS_TYPED, "W-", "" },
        { "", WISMO_LOOKUP_AS_TYPED, "", "" },
        { "12345678901234567890123456789012345678901234567890123456789012345",
          WISMO_LOOKUP_AS_TYPED, "", "" },
        { "1234567890123456789012345678901234567890123456789012345678901234",
          WISMO_LOOKUP_AS_TYPED, "W", "" },
        { "123456789012345678901234567890123456789012345678901234567890 12345",
          WISMO_LOOKUP_AS_TYPED, "", "" }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        text = heap_str(cases[i].typed);
        prefix = str(cases[i].prefix);

        n = wismo_lookup_number(&text, cases[i].letters, &prefix, buf);

        if (n != strlen(cases[i].number)
            || memcmp(buf, cases[i].number, n) != 0)
        {
            fail_msg("\"%s\": \"%.*s\" instead of \"%s\"", cases[i].typed,
                     (int) n, buf, cases[i].number);
        }

        free(text.data);
    }
}


static void
peppers(wismo_pool_t *pool, const char *file, wismo_peppers_t *p)
{
    wismo_str_t    text;
    wismo_keys_t   keys;
    wismo_error_t  err;

    text = str(file);

    assert_int_equal(wismo_keys_read(pool, &text, &keys, &err), WISMO_OK);
    assert_int_equal(wismo_peppers(&keys, p), WISMO_OK);
}


static unsigned
check(const wismo_peppers_t *p, const wismo_proofs_t *proofs,
    const char *order, const char *typed, unsigned factors)
{
    wismo_str_t  o, t;

    o = str(order);
    t = str(typed);

    return wismo_proofs_check(p, proofs, &o, &t, factors);
}


static void
test_proofs(void **state)
{
    json_t          *body;
    wismo_str_t      order;
    wismo_pool_t     pool;
    wismo_proofs_t   proofs;
    wismo_peppers_t  old, now, other;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    peppers(&pool, "k1:a-secret-that-is-long\n", &old);
    peppers(&pool, "k2:a-secret-that-is-new\nk1:a-secret-that-is-long\n",
            &now);
    peppers(&pool, "k1:a-secret-of-another-shop\n", &other);

    body = json_pack("{s{ssss}s{ssss}}", "customer", "email",
                     "Jo@Shop.example", "phone", "+44 20 7946 0000",
                     "ship_to", "postal_code", "SW1A 1AA", "country", "GB");
    order = str("1001");

    assert_int_equal(wismo_proofs_make(&old, &order, body, &proofs), WISMO_OK);

    /* of the documented scheme (docs/document.md) */

    assert_memory_equal(proofs.text[WISMO_FACTOR_EMAIL],
                        "ob2gv-lnWpQOrVF8tnA8Qg", 22);

    assert_int_equal(check(&old, &proofs, "1001", "jo@shop.example", ALL),
                     1 << WISMO_FACTOR_EMAIL);
    assert_int_equal(check(&old, &proofs, "1001", "sw1a1aa", ALL),
                     1 << WISMO_FACTOR_POSTCODE);
    assert_int_equal(check(&old, &proofs, "1001", "020 79460000", ALL),
                     1 << WISMO_FACTOR_PHONE);
    assert_int_equal(check(&now, &proofs, "1001", "sw1a1aa", ALL),
                     1 << WISMO_FACTOR_POSTCODE);

    assert_int_equal(check(&old, &proofs, "1001", "jo@shop.example",
                           1 << WISMO_FACTOR_PHONE), 0);
    assert_int_equal(check(&old, &proofs, "1002", "jo@shop.example", ALL), 0);
    assert_int_equal(check(&old, &proofs, "1001", "jo@shop.exampl", ALL), 0);
    assert_int_equal(check(&old, &proofs, "1001", "", ALL), 0);
    assert_int_equal(check(&other, &proofs, "1001", "sw1a1aa", ALL), 0);
    assert_int_equal(check(&old, NULL, "1001", "sw1a1aa", ALL), 0);

    /* what is not there is proved by nothing, nor by an empty value */

    json_decref(body);
    body = json_pack("{s{sns?}}", "customer", "email", "phone", "x");

    assert_int_equal(wismo_proofs_make(&old, &order, body, &proofs), WISMO_OK);
    assert_int_equal(proofs.text[0][0], 0);
    assert_int_equal(check(&old, &proofs, "1001", "", ALL), 0);
    assert_int_equal(check(&old, &proofs, "1001", "x", ALL), 0);

    json_decref(body);

    old.n = 0;
    body = json_pack("{s{ss}}", "customer", "email", "jo@shop.example");

    assert_int_equal(wismo_proofs_make(&old, &order, body, &proofs), WISMO_OK);
    assert_int_equal(proofs.text[0][0], 0);
    assert_int_equal(check(&old, &proofs, "1001", "jo@shop.example", ALL), 0);

    json_decref(body);
    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_proofs)
    };

    return test_run("lookup", tests, countof(tests));
}
