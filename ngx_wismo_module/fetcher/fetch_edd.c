
/*
 * Copyright (C) The Wismo authors
 *
 * The life of the model of delivery times.  A commit that delivers a parcel
 * leaves an entry in the log; a fetcher's loop takes entries out, teaches them
 * to the model and writes it back, with the place in the log it has come to,
 * under the version it was made of: whoever is slower drops his and reads the
 * other one.  So each delivery is learnt once, whoever dies.
 *
 * It must never stop a commit or the loop: without a model there is no
 * estimate, and that is all.
 */


#include "fetch_args.h"
#include "fetch_edd.h"
#include "fetch_log.h"
#include "wismo_edd_days.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_EDD_LOOK       15000    /* ms between looks at the log */
#define FETCH_EDD_BATCH      500      /* deliveries, of one look */
#define FETCH_EDD_POOL       (64 * 1024 * 1024)


static struct {
    wismo_edd_model_t    *model;
    fetch_edd_stored_t    stored;
    int64_t               look_at;
    bool                  told;       /* that Redis refuses */
} fetch_edd;


static int fetch_edd_learn(fetch_redis_t *r, int64_t now, uint64_t *learnt);
static int fetch_edd_version(fetch_redis_t *r, wismo_pool_t *pool,
    uint64_t *version);
static int fetch_edd_read(fetch_redis_t *r, wismo_pool_t *pool);
static int fetch_edd_write(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_edd_model_t *model, uint64_t made_of, const char *upto,
    int64_t now, uint64_t *version);
static redisReply *fetch_edd_call(fetch_redis_t *r, fetch_args_t *args);
static uint64_t fetch_edd_number(const redisReply *reply);
static bool fetch_edd_entry(wismo_pool_t *pool, const redisReply *entry,
    fetch_edd_delivery_t *d);


const wismo_edd_model_t *
fetch_edd_model(fetch_edd_stored_t *stored)
{
    if (stored) {
        *stored = fetch_edd.stored;
    }

    return fetch_edd.model;
}


int
fetch_edd_load(fetch_redis_t *r)
{
    int           rc;
    uint64_t      version;
    wismo_pool_t  pool;

    wismo_pool_init(&pool, FETCH_EDD_POOL, NULL, NULL);

    rc = fetch_edd_version(r, &pool, &version);

    if (rc == WISMO_OK
        && (fetch_edd.model == NULL || version != fetch_edd.stored.version))
    {
        rc = fetch_edd_read(r, &pool);
    }

    wismo_pool_done(&pool);

    return rc;
}


void
fetch_edd_turn(fetch_redis_t *r, int64_t now)
{
    uint64_t  learnt;

    if (now < fetch_edd.look_at
        && fetch_edd.look_at <= now + FETCH_EDD_LOOK)
    {
        return;
    }

    fetch_edd.look_at = now + FETCH_EDD_LOOK;

    if (fetch_redis_flush(r) != WISMO_OK || fetch_edd_load(r) != WISMO_OK
        || fetch_edd.model == NULL)
    {
        return;
    }

    if (fetch_edd_learn(r, now, &learnt) == WISMO_OK
        && learnt == FETCH_EDD_BATCH)
    {
        fetch_edd.look_at = now;
    }
}


/* Teaches all of the log that is newer and writes the model: WISMO_DECLINED
 * when another process was faster, whose model is then read. */

static int
fetch_edd_learn(fetch_redis_t *r, int64_t now, uint64_t *learnt)
{
    int                       rc, i, n;
    char                      upto[48];
    unsigned                  stage;
    uint64_t                  version;
    wismo_pool_t              pool;
    wismo_edd_parcel_t       *parcels;
    fetch_edd_delivery_t     *d;
    const wismo_calendars_t  *calendars;
    const wismo_edd_range_t  *stated[WISMO_EDD_STAGES];

    *learnt = 0;
    calendars = fetch_calendars(r->conf->calendars, now / 1000);
    wismo_pool_init(&pool, FETCH_EDD_POOL, NULL, NULL);

    d = wismo_palloc(&pool, FETCH_EDD_BATCH * sizeof(fetch_edd_delivery_t));
    parcels = wismo_palloc(&pool,
                           FETCH_EDD_BATCH * sizeof(wismo_edd_parcel_t));
    memcpy(upto, fetch_edd.stored.upto, sizeof(upto));

    n = (d && parcels) ? fetch_edd_read_log(r, &pool, upto, d,
                                            FETCH_EDD_BATCH)
                       : WISMO_ERROR;
    rc = (n < 0) ? WISMO_ERROR : WISMO_OK;

    if (n <= 0) {
        goto done;
    }

    for (i = 0; i < n; i++) {

        for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
            stated[stage] = d[i].stated[stage] ? &d[i].range[stage] : NULL;
        }

        (void) wismo_edd_remember(fetch_edd.model, calendars, &d[i].parcel,
                                  stated);
        parcels[i] = d[i].parcel;
    }

    rc = fetch_edd_write(r, &pool, fetch_edd.model, fetch_edd.stored.version,
                         upto, now, &version);

    if (rc != WISMO_OK) {

        /* what is in memory is nobody's */

        fetch_edd.stored.version = UINT64_MAX;
        goto done;
    }

    fetch_edd.stored.version = version;
    fetch_edd.stored.at = now;
    memcpy(fetch_edd.stored.upto, upto, sizeof(upto));
    *learnt = (uint64_t) n;

    (void) fetch_edd_lanes(r, fetch_edd.model, parcels, (size_t) n, false,
                           now);

done:

    wismo_pool_done(&pool);

    return rc;
}


int
fetch_edd_replace(fetch_redis_t *r, wismo_edd_model_t *model,
    const char *upto, int64_t now)
{
    int           rc, tries;
    uint64_t      version, made;
    wismo_pool_t  pool;

    wismo_pool_init(&pool, FETCH_EDD_POOL, NULL, NULL);
    rc = WISMO_ERROR;

    for (tries = 0; tries < 8; tries++) {
        rc = fetch_edd_version(r, &pool, &version);

        if (rc == WISMO_OK) {
            rc = fetch_edd_write(r, &pool, model, version, upto, now, &made);
        }

        if (rc != WISMO_DECLINED) {
            break;
        }
    }

    wismo_pool_done(&pool);

    if (rc == WISMO_OK) {
        wismo_edd_free(fetch_edd.model);
        fetch_edd.model = model;
        fetch_edd.stored.version = made;
        fetch_edd.stored.at = now;
        snprintf(fetch_edd.stored.upto, sizeof(fetch_edd.stored.upto), "%s",
                 upto);
    }

    return rc;
}


int
fetch_edd_read_log(fetch_redis_t *r, wismo_pool_t *pool, char upto[48],
    fetch_edd_delivery_t *deliveries, unsigned max)
{
    int                n;
    char               from[50];
    size_t             i;
    redisReply        *reply;
    fetch_args_t       args;
    const redisReply  *id;

    snprintf(from, sizeof(from), "(%s", upto);

    fetch_args_init(&args, pool, 6);
    fetch_args_text(&args, "XRANGE");
    fetch_args_text(&args, WISMO_KEY_EDD_LOG);
    fetch_args_text(&args, from);
    fetch_args_text(&args, "+");
    fetch_args_text(&args, "COUNT");
    fetch_args_number(&args, max);

    reply = fetch_edd_call(r, &args);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    n = 0;

    for (i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements
                && (unsigned) n < max; i++)
    {
        const redisReply  *entry = reply->element[i];

        if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
            || entry->element[0]->type != REDIS_REPLY_STRING)
        {
            continue;
        }

        id = entry->element[0];

        if (id->len < 48) {
            memcpy(upto, id->str, (size_t) id->len + 1);
        }

        /* an entry that is none is passed over for ever */

        if (fetch_edd_entry(pool, entry->element[1], &deliveries[n])) {
            n++;
        }
    }

    freeReplyObject(reply);

    return n;
}


/* "d": twelve texts divided by tabs, as fetch_edd_log() writes them. */

static bool
fetch_edd_entry(wismo_pool_t *pool, const redisReply *entry,
    fetch_edd_delivery_t *d)
{
    char          *end, *p;
    int64_t        n[8];
    unsigned       i;
    wismo_str_t    text, part[12];

    if (entry->type != REDIS_REPLY_ARRAY || entry->elements < 2
        || entry->element[1]->type != REDIS_REPLY_STRING
        || entry->element[1]->len > 1024)
    {
        return false;
    }

    text.data = (unsigned char *) entry->element[1]->str;
    text.len = (size_t) entry->element[1]->len + 1;

    if (wismo_pstrdup(pool, &text, &text) != WISMO_OK) {
        return false;
    }

    p = (char *) text.data;

    for (i = 0; i < 12; i++) {
        end = p + strcspn(p, "\t");

        if ((*end == '\t') != (i < 11)) {
            return false;
        }

        part[i].data = (unsigned char *) p;
        part[i].len = (size_t) (end - p);

        if (i >= 4) {
            n[i - 4] = WISMO_TIME_NONE;

            if (part[i].len) {
                n[i - 4] = strtoll(p, &p, 10);

                if (p != end || n[i - 4] < -100000
                    || n[i - 4] > INT64_C(7258118400))
                {
                    return false;
                }
            }
        }

        p = end + 1;
    }

    memset(d, 0, sizeof(fetch_edd_delivery_t));

    d->parcel.carrier = part[0];
    d->parcel.service = part[1];
    d->parcel.origin = part[2];
    d->parcel.destination = part[3];
    d->parcel.purchased = n[0];
    d->parcel.shipped = n[1];
    d->parcel.delivered = n[2];
    d->parcel.promised = n[3];

    for (i = 0; i < WISMO_EDD_STAGES; i++) {
        d->stated[i] = n[4 + 2 * i] >= 0 && n[5 + 2 * i] >= n[4 + 2 * i]
                       && n[5 + 2 * i] <= WISMO_EDD_DAYS;
        d->range[i].from = d->stated[i] ? (int) n[4 + 2 * i] : 0;
        d->range[i].to = d->stated[i] ? (int) n[5 + 2 * i] : 0;
    }

    return wismo_edd_place_ok(&d->parcel.origin)
           && wismo_edd_place_ok(&d->parcel.destination)
           && d->parcel.delivered > 0;
}


static int
fetch_edd_version(fetch_redis_t *r, wismo_pool_t *pool, uint64_t *version)
{
    redisReply    *reply;
    fetch_args_t   args;

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "HGET");
    fetch_args_text(&args, WISMO_KEY_EDD_MODEL);
    fetch_args_text(&args, "version");

    reply = fetch_edd_call(r, &args);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    *version = fetch_edd_number(reply);
    freeReplyObject(reply);

    return WISMO_OK;
}


/* A model that can't be read is one that has learnt nothing; the log and
 * "wismo edd train" make another. */

static int
fetch_edd_read(fetch_redis_t *r, wismo_pool_t *pool)
{
    redisReply         *reply;
    wismo_str_t         bytes;
    fetch_args_t        args;
    wismo_error_t       err;
    wismo_edd_model_t  *model;

    fetch_args_init(&args, pool, 6);
    fetch_args_text(&args, "HMGET");
    fetch_args_text(&args, WISMO_KEY_EDD_MODEL);
    fetch_args_text(&args, "version");
    fetch_args_text(&args, "upto");
    fetch_args_text(&args, "at");
    fetch_args_text(&args, "bytes");

    reply = fetch_edd_call(r, &args);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    model = fetch_edd.model ? fetch_edd.model : wismo_edd_create();

    if (model == NULL || reply->type != REDIS_REPLY_ARRAY
        || reply->elements != 4)
    {
        freeReplyObject(reply);
        return WISMO_ERROR;
    }

    fetch_edd.model = model;
    fetch_edd.stored.version = fetch_edd_number(reply->element[0]);
    fetch_edd.stored.at = (int64_t) fetch_edd_number(reply->element[2]);

    snprintf(fetch_edd.stored.upto, sizeof(fetch_edd.stored.upto), "0-0");

    if (reply->element[1]->type == REDIS_REPLY_STRING
        && reply->element[1]->len
        && strspn(reply->element[1]->str, "0123456789-")
           == (size_t) reply->element[1]->len)
    {
        snprintf(fetch_edd.stored.upto, sizeof(fetch_edd.stored.upto), "%s",
                 reply->element[1]->str);
    }

    wismo_str_null(&bytes);

    if (reply->element[3]->type == REDIS_REPLY_STRING) {
        bytes = fetch_redis_str(reply->element[3]);
    }

    fetch_edd.stored.spoilt = wismo_edd_read(model, &bytes, &err) != WISMO_OK
                              && bytes.len;

    if (fetch_edd.stored.spoilt) {
        fetch_log(FETCH_ERR, "what is learnt of delivery times, %s: "
                             "\"wismo edd train\" makes it anew",
                  err.text);
    }

    freeReplyObject(reply);

    return WISMO_OK;
}


static int
fetch_edd_write(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_edd_model_t *model, uint64_t made_of, const char *upto,
    int64_t now, uint64_t *version)
{
    redisReply    *reply;
    wismo_out_t    out;
    fetch_args_t   args;

    wismo_out_init(&out, pool, wismo_edd_size());
    wismo_edd_write(model, &out);

    fetch_args_init(&args, pool, 6);
    fetch_args_text(&args, WISMO_KEY_EDD_MODEL);
    fetch_args_number(&args, (int64_t) made_of);
    fetch_args_add(&args, out.start, (size_t) (out.pos - out.start));
    fetch_args_text(&args, upto);
    fetch_args_number(&args, now);
    fetch_args_number(&args, (int64_t) wismo_edd_learnt(model));

    if (out.failed || args.failed) {
        return WISMO_ERROR;
    }

    reply = fetch_redis_script(r, FETCH_SCRIPT_MODEL, 1, (int) args.n,
                               args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    *version = fetch_edd_number(reply);
    freeReplyObject(reply);

    return *version ? WISMO_OK : WISMO_DECLINED;
}


static redisReply *
fetch_edd_call(fetch_redis_t *r, fetch_args_t *args)
{
    redisReply  *reply;

    if (args->failed) {
        return NULL;
    }

    reply = fetch_redis_call(r, (int) args->n, args->argv);

    if (reply && reply->type == REDIS_REPLY_ERROR) {

        if (!fetch_edd.told) {
            fetch_log(FETCH_ERR, "delivery times are not learnt: %s",
                      reply->str);
            fetch_edd.told = true;
        }

        freeReplyObject(reply);
        return NULL;
    }

    return reply;
}


static uint64_t
fetch_edd_number(const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER) {
        return (reply->integer > 0) ? (uint64_t) reply->integer : 0;
    }

    if (reply->type == REDIS_REPLY_STRING) {
        return strtoull(reply->str, NULL, 10);
    }

    return 0;
}
