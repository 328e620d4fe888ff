
/*
 * Copyright (C) The Wismo authors
 *
 * What an adapter is asked about itself, and whether an account has all that
 * its requests name.  An adapter is immutable once loaded.
 */


#include "fetch_adapter_int.h"
#include "wismo_account.h"


#define FETCH_ADAPTER_NEEDS  (256 * 1024)


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
    int            rc;
    bool           has;
    unsigned       i, n;
    wismo_pool_t   pool;
    wismo_need_t  *needs, *need;

    wismo_pool_init(&pool, FETCH_ADAPTER_NEEDS, NULL, NULL);

    rc = wismo_account_needs(&pool, a->json, &needs, &n);

    if (rc != WISMO_OK) {
        wismo_error_set(err, "", "there is no memory");
        rc = WISMO_DECLINED;
        n = 0;
    }

    for (i = 0; i < n; i++) {
        need = &needs[i];

        has = wismo_str_is(&need->name, "base_url")
              ? account->base_url.len != 0
              : json_string_length(json_object_getn(
                    need->secret ? account->secrets : account->values,
                    (char *) need->slot.data, need->slot.len)) != 0;

        if (!has) {
            wismo_error_set(err, (char *) need->name.data,
                            "the adapter \"%s\" asks with it: expected it in "
                            "the block", (char *) a->name.data);
            rc = WISMO_DECLINED;
            break;
        }
    }

    wismo_pool_done(&pool);

    return rc;
}
