
/*
 * Copyright (C) The Wismo authors
 *
 * What an adapter is asked about itself, and whether an account has all that
 * its requests name.  An adapter is immutable once loaded.
 */


#include "fetch_adapter_int.h"


static int fetch_account_question(const fetch_question_t *q,
    const fetch_account_t *account, wismo_error_t *err);
static int fetch_account_template(const fetch_template_t *t,
    const fetch_account_t *account, wismo_error_t *err);
static int fetch_account_body(const fetch_body_t *b,
    const fetch_account_t *account, wismo_error_t *err);


const wismo_str_t *
fetch_adapter_name(const fetch_adapter_t *a)
{
    return &a->name;
}


uint64_t
fetch_adapter_hash(const fetch_adapter_t *a)
{
    return a->hash;
}


unsigned
fetch_adapter_batch(const fetch_adapter_t *a)
{
    if (!a->has_ask) {
        return 0;
    }

    return a->has_register && a->reg.batch < a->ask.batch ? a->reg.batch
                                                          : a->ask.batch;
}


unsigned
fetch_adapter_limits(const fetch_adapter_t *a, const fetch_limit_t **limits)
{
    *limits = a->limits;

    return a->nlimits;
}


bool
fetch_adapter_can_poll(const fetch_adapter_t *a)
{
    return a->has_ask;
}


bool
fetch_adapter_has_token(const fetch_adapter_t *a)
{
    return a->auth.kind == FETCH_AUTH_TOKEN;
}


bool
fetch_adapter_has_push(const fetch_adapter_t *a)
{
    return a->has_push;
}


bool
fetch_adapter_push_hints(const fetch_adapter_t *a)
{
    return a->push_hints;
}


const json_t *
fetch_adapter_push_sample(const fetch_adapter_t *a)
{
    return a->push_sample;
}


bool
fetch_adapter_has_register(const fetch_adapter_t *a)
{
    return a->has_register;
}


const wismo_verifier_t *
fetch_adapter_verifier(const fetch_adapter_t *a)
{
    return a->verifier;
}


const char *
fetch_outcome_name(fetch_outcome_e outcome)
{
    static const char  *names[] = {
        "ok", "not_found", "retry", "throttled", "auth", "refuse"
    };

    return names[outcome];
}


int
fetch_adapter_account_ok(const fetch_adapter_t *a,
    const fetch_account_t *account, wismo_error_t *err)
{
    unsigned  i;

    if (a->base_url.len == 0 && account->base_url.len == 0) {
        wismo_error_set(err, "base_url", "the adapter \"%s\" has no address "
                        "of its own", (char *) a->name.data);
        return WISMO_DECLINED;
    }

    if (fetch_account_template(&a->auth.value, account, err) != WISMO_OK
        || fetch_account_question(&a->auth.request, account, err) != WISMO_OK
        || fetch_account_question(&a->ask.request, account, err) != WISMO_OK
        || fetch_account_question(&a->reg.request, account, err) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    for (i = 0; i < 2; i++) {
        if (fetch_account_template(&a->auth.basic[i], account, err)
            != WISMO_OK)
        {
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


static int
fetch_account_question(const fetch_question_t *q,
    const fetch_account_t *account, wismo_error_t *err)
{
    unsigned  i;

    for (i = 0; i < q->nheaders; i++) {
        if (fetch_account_template(&q->headers[i].value, account, err)
            != WISMO_OK)
        {
            return WISMO_DECLINED;
        }
    }

    for (i = 0; i < 2; i++) {
        if (fetch_account_template(&q->basic[i], account, err) != WISMO_OK) {
            return WISMO_DECLINED;
        }
    }

    if (q->json && fetch_account_body(q->json, account, err) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    if (fetch_account_template(&q->url, account, err) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    return fetch_account_template(&q->body, account, err);
}


static int
fetch_account_body(const fetch_body_t *b, const fetch_account_t *account,
    wismo_error_t *err)
{
    unsigned  i;

    for (i = 0; i < b->n; i++) {
        if (fetch_account_body(&b->members[i], account, err) != WISMO_OK) {
            return WISMO_DECLINED;
        }
    }

    return fetch_account_template(&b->text, account, err);
}


static int
fetch_account_template(const fetch_template_t *t,
    const fetch_account_t *account, wismo_error_t *err)
{
    unsigned              i;
    const json_t         *object;
    const fetch_piece_t  *piece;

    for (i = 0; i < t->n; i++) {
        piece = &t->pieces[i];

        if (piece->optional || (piece->kind != FETCH_SLOT_ACCOUNT
                                && piece->kind != FETCH_SLOT_SECRET))
        {
            continue;
        }

        object = piece->kind == FETCH_SLOT_ACCOUNT ? account->values
                                                   : account->secrets;

        if (json_string_length(json_object_get(object, piece->name)) == 0) {
            wismo_error_set(err, piece->name,
                            piece->kind == FETCH_SLOT_ACCOUNT
                            ? "the carrier wants a \"%s\""
                            : "the carrier wants a secret, \"%s\"",
                            piece->name);
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}
