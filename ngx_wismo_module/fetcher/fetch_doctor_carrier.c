
/*
 * Copyright (C) The Wismo authors
 *
 * What "wismo doctor" says of those who send: carriers, shops, services.  An
 * account may be complete and yet be of no use, and a secret may be one and
 * yet another one than the sender's; what came of it is counted by fetchers,
 * and here it is judged.  Called by fetch_cmd_doctor.c.
 *
 * What is judged are two hours: the last one, and this one as far as it has
 * come.  A sender of whom nothing was heard in that time is no fault.
 */


#include "fetch_doctor.h"
#include "fetch_read.h"
#include "fetch_status.h"
#include "wismo_inbound.h"

#include <stdio.h>


#define DOCTOR_HOURS         2
#define DOCTOR_STATUS_POOL   (16 * 1024 * 1024)
#define DOCTOR_FAULTS        8
#define DOCTOR_DESCRIPTOR    65536
#define DOCTOR_LATE          3600     /* seconds */


static void doctor_carrier_fault(void *data, const fetch_carrier_t *carrier,
    const char *text);
static void doctor_inbound(doctor_t *d, const char *path);
static bool doctor_counts(doctor_t *d, wismo_pool_t *pool,
    fetch_carrier_t *carrier, fetch_status_t *status);
static void doctor_call(doctor_t *d, const fetch_status_t *s, int64_t now);
static void doctor_hook(doctor_t *d, const wismo_str_t *name,
    const fetch_status_t *s);


void
doctor_carriers(doctor_t *d)
{
    unsigned                i;
    const fetch_carrier_t  *carrier;

    if (d->conf.ncarriers == 0) {
        doctor_say(d, DOCTOR_WARN, "carriers",
                   "add a block \"wismo_carrier ups { ... }\" to nginx.conf",
                   "none is configured: nobody is asked");
        return;
    }

    fetch_config_carriers(&d->conf, doctor_carrier_fault, d);

    for (i = 0; i < d->conf.ncarriers; i++) {
        carrier = &d->conf.carriers[i];

        if (carrier->adapter) {
            doctor_say(d, DOCTOR_OK, "carrier", NULL, "%.*s: adapter %s",
                       (int) carrier->name.len, (char *) carrier->name.data,
                       carrier->adapter_file);
        }
    }
}


static void
doctor_carrier_fault(void *data, const fetch_carrier_t *carrier,
    const char *text)
{
    doctor_say(data, DOCTOR_FAIL, "carrier",
               "mend the \"wismo_carrier\" block or the file it names, and "
               "reload nginx",
               "%.*s: %s", (int) carrier->name.len,
               (char *) carrier->name.data, text);
}


/* Their files, and those by which a hook takes messages and reports. */

void
doctor_shops(doctor_t *d)
{
    int                    n;
    char                   text[FETCH_FAULT];
    size_t                 i;
    json_t                *file;
    unsigned               s;
    const char            *path;
    wismo_error_t          errors[DOCTOR_FAULTS];
    const fetch_shop_t    *shop;
    fetch_shop_adapter_t  *adapter;

    for (s = 0; s < d->conf.nshops; s++) {
        shop = &d->conf.shops[s];
        adapter = NULL;

        n = fetch_shop_load(shop->file, &adapter, errors, DOCTOR_FAULTS);

        if (n) {
            fetch_read_fault(shop->file, &errors[0], text, sizeof(text));

            doctor_say(d, DOCTOR_FAIL, "shop",
                       "mend the file, \"wismo shop check\" tells all of its "
                       "faults; then reload nginx, and \"wismo replay\"",
                       "%.*s: its webhooks go to the dead letters: %s",
                       (int) shop->name.len, (char *) shop->name.data, text);
            continue;
        }

        fetch_shop_free(adapter);

        doctor_say(d, DOCTOR_OK, "shop", NULL, "%.*s: %s, webhooks are %s",
                   (int) shop->name.len, (char *) shop->name.data, shop->file,
                   !shop->keep ? "not kept: keep=off"
                   : d->conf.sealed ? "kept for \"wismo replay\""
                   : "not kept, as nothing is sealed: there is no "
                     "\"wismo_contact_key_file\"");
    }

    json_array_foreach(json_object_get(d->conf.json, "inbound"), i, file) {
        if (json_is_string(file)) {
            doctor_inbound(d, json_string_value(file));
        }
    }

    for (s = 0; s < d->conf.channels.n; s++) {
        path = fetch_channel_value(&d->conf.channels.channel[s], "preset", "");

        if (*path == '/') {
            doctor_inbound(d, path);
        }
    }
}


static void
doctor_inbound(doctor_t *d, const char *path)
{
    int             rc;
    char            text[FETCH_FAULT];
    json_t         *file;
    wismo_error_t   err;

    memset(&err, 0, sizeof(wismo_error_t));

    file = fetch_read_json(path, DOCTOR_DESCRIPTOR, NULL, &err);
    rc = file ? wismo_inbound_check(file, &err) : WISMO_DECLINED;

    json_decref(file);

    if (rc == WISMO_OK) {
        doctor_say(d, DOCTOR_OK, "receipts", NULL, "%s", path);
        return;
    }

    fetch_read_fault(path, &err, text, sizeof(text));

    doctor_say(d, DOCTOR_FAIL, "receipts",
               "mend the file, and reload nginx; docs/notices.md says what "
               "may be in it", "nothing is read by it: %s", text);
}


/* False: nothing can be said, as Redis does not tell. */

static bool
doctor_counts(doctor_t *d, wismo_pool_t *pool, fetch_carrier_t *carrier,
    fetch_status_t *status)
{
    fetch_status_from_t  from;

    memset(status, 0, sizeof(fetch_status_t));

    status->carrier = carrier;
    status->oldest = FETCH_NEVER;
    status->quota.carrier = &carrier->name;

    if (carrier->adapter) {
        status->asked = fetch_adapter_can_poll(carrier->adapter);
        fetch_quota_init(&status->quota, &carrier->name, carrier->adapter);
    }

    from.redis = &d->redis;
    from.pool = pool;
    from.now = fetch_redis_time(&d->redis);
    from.hours = DOCTOR_HOURS;

    return fetch_status_read(&from, status) == WISMO_OK;
}


void
doctor_calls(doctor_t *d)
{
    unsigned         i;
    wismo_pool_t     pool;
    fetch_status_t   status;
    fetch_carrier_t  *carrier;

    for (i = 0; i < d->conf.ncarriers; i++) {
        carrier = &d->conf.carriers[i];

        wismo_pool_init(&pool, DOCTOR_STATUS_POOL, NULL, NULL);

        if (!doctor_counts(d, &pool, carrier, &status)) {
            doctor_say(d, DOCTOR_WARN, "calls",
                       "allow the fetcher's Redis user what docs/redis.md "
                       "says", "%.*s: cannot be told: %s",
                       (int) carrier->name.len, (char *) carrier->name.data,
                       d->redis.error);

        } else {
            doctor_hook(d, &carrier->name, &status);

            if (carrier->adapter && status.asked) {
                doctor_call(d, &status, fetch_redis_time(&d->redis));
            }
        }

        wismo_pool_done(&pool);
    }
}


static void
doctor_call(doctor_t *d, const fetch_status_t *s, int64_t now)
{
    int                 len;
    char               *name;
    uint64_t            good, bad;
    const char         *fix;
    const uint64_t     *n;

    n = s->n;
    name = (char *) s->carrier->name.data;
    len = (int) s->carrier->name.len;

    good = n[FETCH_OK] + n[FETCH_NOT_FOUND];
    bad = n[FETCH_RETRY] + n[FETCH_THROTTLED] + n[FETCH_AUTH]
          + n[FETCH_REFUSE];

    if (s->state.refused || (good == 0 && n[FETCH_AUTH])) {
        doctor_say(d, DOCTOR_FAIL, "calls",
                   "compare the \"wismo_carrier\" block and the secret's file "
                   "with what the carrier has issued, and reload nginx",
                   "%.*s refuses our credentials: of the last two hours' "
                   "parcels %llu came to nothing, %llu were answered", len,
                   name, (unsigned long long) bad, (unsigned long long) good);
        return;
    }

    fix = n[FETCH_THROTTLED] * 2 > bad
          ? "ask the carrier what the account may, and lower \"limits\" in "
            "its adapter"
          : n[FETCH_COUNT_REJECTS]
          ? "\"wismo carrier status --sample NAME\" shows a reply that could "
            "not be read"
          : "see \"wismo carrier status\" and the fetcher's log; is the "
            "carrier's host reached from here, is \"base_url\" right?";

    if (good == 0 && (bad || s->state.paused)) {
        doctor_say(d, DOCTOR_FAIL, "calls", fix,
                   "%.*s: no parcel was answered in the last two hours, %llu "
                   "came to nothing%s%s", len, name, (unsigned long long) bad,
                   s->state.paused ? "; paused: " : "",
                   s->state.paused ? s->state.why : "");
        return;
    }

    if (s->state.paused || bad > good) {
        doctor_say(d, DOCTOR_WARN, "calls", fix,
                   "%.*s: of the last two hours' parcels %llu came to "
                   "nothing, %llu were answered%s%s", len, name,
                   (unsigned long long) bad, (unsigned long long) good,
                   s->state.paused ? "; paused: " : "",
                   s->state.paused ? s->state.why : "");
        return;
    }

    if (s->oldest < now - DOCTOR_LATE * 1000) {
        doctor_say(d, DOCTOR_WARN, "calls",
                   "see \"wismo carrier status\": if its limit is used up, "
                   "ask the carrier for more, or use pushes",
                   "%.*s: a parcel has waited for %lld minutes to be asked "
                   "about", len, name,
                   (long long) (now - s->oldest) / 60000);
        return;
    }

    doctor_say(d, DOCTOR_OK, "calls", NULL,
               "%.*s: %llu parcels answered in the last two hours, %llu came "
               "to nothing", len, name, (unsigned long long) good,
               (unsigned long long) bad);
}


/* Those of shops, and of services that messages go through. */

void
doctor_hooks(doctor_t *d)
{
    unsigned         i, n;
    wismo_pool_t     pool;
    fetch_status_t   status;
    fetch_carrier_t  hook;

    n = d->conf.nshops + d->conf.nhooks;

    for (i = 0; i < n; i++) {
        memset(&hook, 0, sizeof(fetch_carrier_t));

        hook.name = i < d->conf.nshops
                    ? d->conf.shops[i].name
                    : d->conf.hooks[i - d->conf.nshops].name;

        wismo_pool_init(&pool, DOCTOR_STATUS_POOL, NULL, NULL);

        if (doctor_counts(d, &pool, &hook, &status)) {
            doctor_hook(d, &hook.name, &status);
        }

        wismo_pool_done(&pool);
    }
}


/* Nothing is said of a hook where nothing has come. */

static void
doctor_hook(doctor_t *d, const wismo_str_t *name, const fetch_status_t *s)
{
    uint64_t  taken, refused, unread;

    taken = s->n[FETCH_COUNT_PUSHES];
    refused = s->n[FETCH_COUNT_UNSIGNED];
    unread = s->carrier->adapter ? 0 : s->n[FETCH_COUNT_REJECTS];

    if (refused && taken == 0) {
        doctor_say(d, DOCTOR_FAIL, "hook",
                   "put the secret that the sender signs with into the file "
                   "of \"wismo_hook_secret_file\", and reload nginx; what is "
                   "wrong with a signature is in the error log, at level info",
                   "%.*s has refused all that came in the last two hours: of "
                   "%llu signatures none matches", (int) name->len,
                   (char *) name->data, (unsigned long long) refused);

    } else if (unread && unread == taken) {
        doctor_say(d, DOCTOR_FAIL, "hook",
                   "see \"wismo shop status\", which keeps some; mend the "
                   "shop's file, reload nginx, then \"wismo replay\"",
                   "%.*s: none of the last two hours' %llu webhooks could be "
                   "read", (int) name->len, (char *) name->data,
                   (unsigned long long) taken);

    } else if (taken) {
        doctor_say(d, DOCTOR_OK, "hook", NULL,
                   "%.*s: %llu taken in the last two hours, %llu with a wrong "
                   "signature", (int) name->len, (char *) name->data,
                   (unsigned long long) taken, (unsigned long long) refused);
    }
}
