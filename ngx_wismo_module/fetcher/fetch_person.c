
/*
 * Copyright (C) The Wismo authors
 *
 * Who a person is: an e-mail address or a telephone number in any spelling,
 * and whether an order's body names it.  Called wherever a person's orders are
 * looked for (fetch_customer.c) and by the hooks of shops.
 *
 * It must never take somebody else's order for this person's: where what is
 * written doesn't settle it, the number's country does.
 */


#include "fetch_customer.h"


#define FETCH_PERSON_DIGITS  32


typedef struct {
    wismo_str_t               code;           /* "44"; empty: not known */
    wismo_str_t               rest;
    unsigned char             digits[FETCH_PERSON_DIGITS];
} fetch_person_number_t;


static const char *fetch_person_code(const json_t *body);
static bool fetch_person_ends(const wismo_str_t *a, const wismo_str_t *b);
static void fetch_person_number(const wismo_str_t *text, const char *code,
    fetch_person_number_t *number);


int
fetch_person(fetch_person_t *person, wismo_pool_t *pool,
    wismo_factor_e factor, const wismo_str_t *typed)
{
    memset(person, 0, sizeof(fetch_person_t));

    person->factor = factor;
    person->typed = *typed;
    person->form.data = wismo_palloc(pool, WISMO_FACTOR_MAX);

    if (person->form.data == NULL) {
        return WISMO_ERROR;
    }

    person->form.len = wismo_factor_form(factor, typed,
                                         (char *) person->form.data);

    return person->form.len ? WISMO_OK : WISMO_DECLINED;
}


/*
 * The form of a telephone number is its end, and people of two countries, or
 * two towns, may have the same.  A number that is written without its country
 * is one of the country that its parcels go to.
 */

fetch_person_e
fetch_person_match(const fetch_person_t *person, const json_t *body)
{
    char                    form[WISMO_FACTOR_MAX];
    wismo_str_t             said, text;
    fetch_person_number_t   a, b;

    said = wismo_contact_said(body, person->factor);

    if (said.len == 0) {
        return FETCH_PERSON_OTHER;
    }

    text.data = (unsigned char *) form;
    text.len = wismo_factor_form(person->factor, &said, form);

    if (!wismo_str_eq(&text, &person->form)) {
        return FETCH_PERSON_OTHER;
    }

    if (person->factor != WISMO_FACTOR_PHONE) {
        return FETCH_PERSON_IS;
    }

    fetch_person_number(&person->typed, person->code, &a);
    fetch_person_number(&said, fetch_person_code(body), &b);

    if ((a.code.len && b.code.len && !wismo_str_eq(&a.code, &b.code))
        || !fetch_person_ends(&a.rest, &b.rest))
    {
        return FETCH_PERSON_ELSEWHERE;
    }

    said = wismo_contact_said(body, WISMO_FACTOR_EMAIL);
    text.len = said.len ? wismo_factor_form(WISMO_FACTOR_EMAIL, &said, form)
                        : 0;

    return (person->email.len == 0 || text.len == 0
            || wismo_str_eq(&text, &person->email)) ? FETCH_PERSON_IS
                                                    : FETCH_PERSON_OTHER;
}


static const char *
fetch_person_code(const json_t *body)
{
    wismo_str_t    text;
    const json_t  *country;

    country = json_object_get(json_object_get(body, "ship_to"), "country");

    text.data = (unsigned char *) json_string_value(country);
    text.len = json_string_length(country);

    return wismo_calling_code(&text);
}


/* What is dialled within a country, or with the country before it. */

static bool
fetch_person_ends(const wismo_str_t *a, const wismo_str_t *b)
{
    size_t  len;

    len = a->len < b->len ? a->len : b->len;

    return memcmp(a->data + a->len - len, b->data + b->len - len, len) == 0;
}


/* "+49 (0)30 ...": the country's code, and what is behind it without the
 * digits that are dialled from inside alone. */

static void
fetch_person_number(const wismo_str_t *text, const char *code,
    fetch_person_number_t *number)
{
    bool                  plus;
    size_t                n, len;
    unsigned char        *digits;
    const unsigned char  *p, *end;

    digits = number->digits;
    n = 0;
    plus = false;

    p = text->data;
    end = p + text->len;

    for ( /* void */ ; p < end && n < sizeof(number->digits); p++) {

        if (*p >= '0' && *p <= '9') {
            digits[n++] = *p;

        } else if (*p == '+' && n == 0) {
            plus = true;

        } else if (*p == '(' && end - p > 2 && p[1] == '0' && p[2] == ')') {
            p += 2;

        } else if (n && (((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
                         || *p == '#' || *p == ';' || *p == ','))
        {
            /* an extension */
            break;
        }
    }

    if (!plus && n > 2 && digits[0] == '0' && digits[1] == '0') {
        plus = true;
        digits += 2;
        n -= 2;
    }

    len = 0;

    if (plus) {
        len = wismo_calling_code_len((char *) digits, n);
        number->code.data = digits;
        number->code.len = len;

    } else {
        number->code.data = (unsigned char *) code;
        number->code.len = code ? strlen(code) : 0;
    }

    while (len < n && digits[len] == '0') {
        len++;
    }

    number->rest.data = digits + len;
    number->rest.len = n - len;
}
