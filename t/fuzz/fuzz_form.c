
/*
 * Copyright (C) The Wismo authors
 *
 * What a stranger's form may hold: the look-up's number and proof, feedback.
 * The input is the form.  Values are bounded, what is typed proves the order
 * that was made with it and no other, and what is kept is read again.
 */


#include "fuzz.h"

#include "wismo_feedback.h"
#include "wismo_form.h"
#include "wismo_lookup.h"
#include "wismo_order.h"


static void fuzz_number(const wismo_str_t *text);
static void fuzz_factors(const wismo_str_t *text);
static void fuzz_feedback(wismo_pool_t *pool, const wismo_str_t *form);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char          buf[320];
    wismo_str_t   form, value;
    wismo_pool_t  pool;

    form.data = (unsigned char *) data;
    form.len = size;
    form = fuzz_copy(&form);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    if (wismo_form_value(&form, "order", buf, sizeof(buf), &value)
        == WISMO_OK)
    {
        fuzz_check(value.len <= sizeof(buf));
        fuzz_number(&value);
    }

    if (wismo_form_value(&form, "proof", buf, sizeof(buf), &value)
        == WISMO_OK)
    {
        fuzz_factors(&value);
    }

    fuzz_factors(&form);
    fuzz_number(&form);
    fuzz_feedback(&pool, &form);

    free(form.data);
    wismo_pool_done(&pool);

    return 0;
}


static void
fuzz_number(const wismo_str_t *text)
{
    char          buf[WISMO_LOOKUP_NUMBER_MAX], again[WISMO_LOOKUP_NUMBER_MAX];
    size_t        n;
    unsigned      letters;
    wismo_str_t   number, prefix;

    wismo_str_set(&prefix, "W-");

    for (letters = 0; letters < 6; letters++) {
        prefix.len = letters < 3 ? 0 : 2;

        number.data = (unsigned char *) buf;
        number.len = wismo_lookup_number(text, letters % 3, &prefix, buf);

        fuzz_check(number.len <= sizeof(buf));

        if (!wismo_order_number_ok(&number) || letters % 3 == 2) {
            continue;
        }

        n = wismo_lookup_number(&number, letters % 3, &prefix, again);

        /* a word that is left alone is one that may stand before a number */

        fuzz_check(n == 0 || n == 2
                   || (n == number.len && memcmp(buf, again, n) == 0));
    }
}


static void
fuzz_factors(const wismo_str_t *text)
{
    char             buf[WISMO_FACTOR_MAX];
    json_t          *body;
    size_t           len;
    unsigned         i, proved;
    wismo_str_t      order;
    wismo_keys_t     keys;
    wismo_proofs_t   proofs;
    wismo_peppers_t  peppers;

    static const char *const  paths[WISMO_FACTORS][2] = {
        { "customer", "email" },
        { "ship_to", "postal_code" },
        { "customer", "phone" }
    };

    keys.n = 1;
    wismo_str_set(&keys.keys[0].kid, "k1");
    wismo_str_set(&keys.keys[0].secret, "a-secret-that-is-long");
    wismo_str_set(&order, "1001");

    fuzz_check(wismo_peppers(&keys, &peppers) == WISMO_OK);

    for (i = 0; i < WISMO_FACTORS; i++) {
        len = wismo_factor_form((wismo_factor_e) i, text, buf);
        fuzz_check(len <= sizeof(buf));

        if (len == 0) {
            continue;
        }

        body = json_pack("{s{ss%}}", paths[i][0], paths[i][1],
                         (char *) text->data, text->len);

        if (body == NULL) {
            continue;
        }

        fuzz_check(wismo_proofs_make(&peppers, &order, body, &proofs)
                   == WISMO_OK);

        proved = wismo_proofs_check(&peppers, &proofs, &order, text,
                                    (1 << WISMO_FACTORS) - 1);
        fuzz_check(proved & (1U << i));

        order.len--;
        fuzz_check(wismo_proofs_check(&peppers, &proofs, &order, text,
                                      (1 << WISMO_FACTORS) - 1) == 0);
        order.len++;

        json_decref(body);
    }
}


static void
fuzz_feedback(wismo_pool_t *pool, const wismo_str_t *form)
{
    wismo_out_t        out;
    wismo_str_t        json;
    wismo_feedback_t   feedback, again;

    if (wismo_feedback_form(pool, form, &feedback) != WISMO_OK) {
        return;
    }

    feedback.at = FUZZ_NOW;

    wismo_out_init(&out, pool, 256);
    wismo_feedback_write(&out, &feedback);
    fuzz_check(!out.failed);

    json.data = out.start;
    json.len = (size_t) (out.pos - out.start);

    fuzz_check(wismo_feedback_read(pool, &json, &again) == WISMO_OK);
    fuzz_check(again.arrived == feedback.arrived
               && again.rating == feedback.rating && again.at == feedback.at
               && wismo_str_eq(&again.comment, &feedback.comment));
}
