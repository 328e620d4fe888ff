
/*
 * Copyright (C) The Wismo authors
 *
 * The counts of each carrier.  Counting is an increment; whatever costs more
 * is done once in a while, so that no poll gets dearer.  What can't be written
 * stays and is written the next time.
 *
 * Samples may hold names and addresses: they go into a key that only the
 * fetcher's user can read, and never into a log.
 */


#include "fetch_count.h"
#include "fetch_args.h"
#include "fetch_envelope.h"
#include "fetch_log.h"
#include "fetch_told.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_COUNT_TTL      ((FETCH_COUNT_HOURS + 2) * 3600)
#define FETCH_COUNT_KEEP     (7 * 86400)      /* s: codes, samples */
#define FETCH_COUNT_APART    10000            /* ms, between samples */
#define FETCH_COUNT_TOLD     8                /* codes, in a log line */
#define FETCH_COUNT_WHY      200              /* bytes */
#define FETCH_COUNT_POOL     65536
#define FETCH_COUNT_HOUR     3600000


static fetch_code_t *fetch_count_code(fetch_count_t *count,
    const wismo_str_t *code);
static bool fetch_count_pending(const fetch_count_t *count, unsigned *n,
    unsigned *ncodes);
static void fetch_count_write(fetch_counts_t *counts, fetch_count_t *count,
    int64_t now);


static const char  *const fetch_count_names[FETCH_COUNTS] = {
    "ok", "not_found", "retry", "throttled", "auth", "refuse", "calls",
    "changed", "unchanged", "same", "gone", "pushes", "hints", "strangers",
    "passed", "views", "rejects", "doubts", "unsigned"
};


int
fetch_counts_init(fetch_counts_t *counts, fetch_config_t *conf,
    fetch_redis_t *redis)
{
    unsigned        i;
    fetch_count_t  *count;

    memset(counts, 0, sizeof(fetch_counts_t));

    counts->conf = conf;
    counts->redis = redis;
    counts->n = conf->ncarriers + conf->nshops + conf->nhooks;
    counts->carriers = calloc(counts->n + 1, sizeof(fetch_count_t));

    if (counts->carriers == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; i < conf->ncarriers; i++) {
        counts->carriers[i].name = &conf->carriers[i].name;
    }

    for (i = 0; i < conf->nshops; i++) {
        counts->carriers[conf->ncarriers + i].name = &conf->shops[i].name;
        counts->carriers[conf->ncarriers + i].shop = true;
    }

    for (i = 0; i < conf->nhooks; i++) {
        count = &counts->carriers[conf->ncarriers + conf->nshops + i];
        count->name = &conf->hooks[i].name;
        count->hook = true;
    }

    return WISMO_OK;
}


void
fetch_counts_done(fetch_counts_t *counts)
{
    unsigned  i;

    for (i = 0; counts->carriers && i < counts->n; i++) {
        free(counts->carriers[i].codes);
    }

    free(counts->carriers);
    counts->carriers = NULL;
}


fetch_count_t *
fetch_counts_of(const fetch_counts_t *counts, const fetch_carrier_t *carrier)
{
    return &counts->carriers[carrier - counts->conf->carriers];
}


fetch_count_t *
fetch_counts_shop(const fetch_counts_t *counts, const fetch_shop_t *shop)
{
    return &counts->carriers[counts->conf->ncarriers
                             + (shop - counts->conf->shops)];
}


fetch_count_t *
fetch_counts_hook(const fetch_counts_t *counts, const wismo_str_t *name)
{
    unsigned  i;

    for (i = 0; i < counts->n; i++) {
        if (wismo_str_eq(counts->carriers[i].name, name)) {
            return &counts->carriers[i];
        }
    }

    return NULL;
}


void
fetch_counts_message(fetch_counts_t *counts, const wismo_str_t *channel)
{
    unsigned               i;
    const fetch_config_t  *conf;

    conf = counts->conf;

    for (i = 0; i < conf->nhooks; i++) {
        if (wismo_str_eq(&conf->hooks[i].channel, channel)) {
            fetch_count(&counts->carriers[conf->ncarriers + conf->nshops + i],
                        FETCH_COUNT_PUSHES);
        }
    }
}


const char *
fetch_count_name(unsigned i)
{
    return fetch_count_names[i];
}


void
fetch_count_unmapped(fetch_count_t *count, const wismo_report_t *report)
{
    unsigned       i;
    wismo_str_t    code;
    fetch_code_t  *known;

    for (i = 0; i < report->nunmapped; i++) {
        code = report->unmapped[i];

        if (code.len > FETCH_COUNT_CODE) {
            code.len = FETCH_COUNT_CODE;

            while (code.len && (code.data[code.len] & 0xc0) == 0x80) {
                code.len--;
            }
        }

        known = fetch_count_code(count, &code);

        if (known == NULL || known->n++) {
            continue;
        }

        if (count->shop) {
            fetch_log(FETCH_NOTICE, "shop %.*s sent \"%.*s\", which its file "
                      "does not know: it is counted and changes nothing",
                      (int) count->name->len, (char *) count->name->data,
                      (int) code.len, (char *) code.data);
            continue;
        }

        fetch_log(FETCH_NOTICE, "carrier %.*s sent the code \"%.*s\", which "
                  "its adapter does not know: it is shown but changes no "
                  "status", (int) count->name->len,
                  (char *) count->name->data, (int) code.len,
                  (char *) code.data);
    }
}


/* NULL if there is no room. */

static fetch_code_t *
fetch_count_code(fetch_count_t *count, const wismo_str_t *code)
{
    unsigned       i;
    fetch_code_t  *known;

    if (count->codes == NULL) {
        count->codes = calloc(FETCH_COUNT_CODES, sizeof(fetch_code_t));

        if (count->codes == NULL) {
            return NULL;
        }
    }

    for (i = 0; i < count->ncodes; i++) {
        known = &count->codes[i];

        if (known->len == code->len
            && memcmp(known->text, code->data, code->len) == 0)
        {
            return known;
        }
    }

    if (code->len == 0 || count->ncodes == FETCH_COUNT_CODES) {
        return NULL;
    }

    known = &count->codes[count->ncodes++];

    memcpy(known->text, code->data, code->len);
    known->len = (unsigned) code->len;

    return known;
}


void
fetch_count_reject(fetch_counts_t *counts, fetch_count_t *count,
    fetch_count_e what, int http, const wismo_str_t *body,
    const wismo_str_t *why, int64_t now)
{
    char           key[WISMO_KEY_MAX];
    size_t         len;
    wismo_out_t    out;
    wismo_str_t    text, record;
    wismo_pool_t   pool;
    fetch_args_t   args;

    count->n[what]++;

    if (count->sampled_at && now >= count->sampled_at
        && now - count->sampled_at < FETCH_COUNT_APART)
    {
        return;
    }

    count->sampled_at = now;

    len = (body->len < FETCH_SAMPLE_MAX) ? body->len : FETCH_SAMPLE_MAX;

    wismo_pool_init(&pool, 4 * FETCH_SAMPLE_MAX, NULL, NULL);
    wismo_out_init(&out, &pool, len + 256);

    /* a line about it, then the bytes as they came */

    wismo_out_printf(&out, "%lld %d %zu ", (long long) (now / 1000), http,
                     body->len);
    wismo_out_bytes(&out, why->data,
                    why->len < FETCH_COUNT_WHY ? why->len : FETCH_COUNT_WHY);
    wismo_out_text(&out, "\n");
    wismo_out_bytes(&out, body->data, len);

    text.data = out.start;
    text.len = (size_t) (out.pos - out.start);

    if (out.failed
        || fetch_envelope_sample(counts->conf, &pool, count->name, &text,
                                 &record)
           != WISMO_OK)
    {
        wismo_pool_done(&pool);
        return;
    }

    fetch_args_init(&args, &pool, 4);
    fetch_args_add(&args, key,
                   wismo_key_rejects(key, count->name));
    fetch_args_add(&args, record.data, record.len);
    fetch_args_number(&args, FETCH_SAMPLES);
    fetch_args_number(&args, FETCH_COUNT_KEEP);

    if (!args.failed) {
        (void) fetch_redis_defer_script(counts->redis, FETCH_SCRIPT_SAMPLE, 1,
                                        (int) args.n, args.argv);
    }

    wismo_pool_done(&pool);
}


void
fetch_counts_write(fetch_counts_t *counts, int64_t now)
{
    unsigned  i;

    for (i = 0; i < counts->n; i++) {
        fetch_count_write(counts, &counts->carriers[i], now);
    }

    fetch_told_write(counts->redis, &counts->conf->channels, now);
}


static bool
fetch_count_pending(const fetch_count_t *count, unsigned *n, unsigned *ncodes)
{
    unsigned  i;

    *n = 0;
    *ncodes = 0;

    for (i = 0; i < FETCH_COUNTS; i++) {
        *n += (count->n[i] != count->written[i]);
    }

    for (i = 0; i < count->ncodes; i++) {
        *ncodes += (count->codes[i].n != count->codes[i].written);
    }

    return *n || *ncodes;
}


static void
fetch_count_write(fetch_counts_t *counts, fetch_count_t *count, int64_t now)
{
    char           keys[2][WISMO_KEY_MAX];
    unsigned       i, n, ncodes;
    fetch_code_t  *code;
    wismo_pool_t   pool;
    fetch_args_t   args;

    if (!fetch_count_pending(count, &n, &ncodes)) {
        return;
    }

    wismo_pool_init(&pool, FETCH_COUNT_POOL, NULL, NULL);

    fetch_args_init(&args, &pool, 5 + 2 * (n + ncodes));
    fetch_args_add(&args, keys[0],
                   wismo_key_counts(keys[0], count->name,
                                    now / FETCH_COUNT_HOUR));
    fetch_args_add(&args, keys[1],
                   wismo_key_unmapped(keys[1], count->name));
    fetch_args_number(&args, FETCH_COUNT_TTL);
    fetch_args_number(&args, FETCH_COUNT_KEEP);
    fetch_args_number(&args, n);

    for (i = 0; i < FETCH_COUNTS; i++) {

        if (count->n[i] != count->written[i]) {
            fetch_args_text(&args, fetch_count_names[i]);
            fetch_args_number(&args,
                              (int64_t) (count->n[i] - count->written[i]));
        }
    }

    for (i = 0; i < count->ncodes; i++) {
        code = &count->codes[i];

        if (code->n != code->written) {
            fetch_args_add(&args, code->text, code->len);
            fetch_args_number(&args, (int64_t) (code->n - code->written));
        }
    }

    if (!args.failed
        && fetch_redis_defer_script(counts->redis, FETCH_SCRIPT_COUNT, 2,
                                    (int) args.n, args.argv) == WISMO_OK)
    {
        memcpy(count->written, count->n, sizeof(count->n));

        for (i = 0; i < count->ncodes; i++) {
            count->codes[i].written = count->codes[i].n;
        }
    }

    wismo_pool_done(&pool);
}


bool
fetch_count_tell(fetch_count_t *count, wismo_out_t *out)
{
    bool           any;
    unsigned       i, k;
    wismo_str_t    text;
    fetch_code_t  *code;

    any = false;

    wismo_out_printf(out, "\"%s\":", count->shop ? "shop"
                     : count->hook ? "hook" : "carrier");
    wismo_out_json_str(out, count->name);

    for (i = 0; i < FETCH_COUNTS; i++) {

        if (count->n[i] != count->told[i]) {
            any = true;
            wismo_out_printf(out, ",\"%s\":", fetch_count_names[i]);
            wismo_out_int(out, (int64_t) (count->n[i] - count->told[i]));
        }
    }

    memcpy(count->told, count->n, sizeof(count->n));

    k = 0;

    for (i = 0; i < count->ncodes; i++) {
        code = &count->codes[i];

        if (code->n == code->told) {
            continue;
        }

        if (k < FETCH_COUNT_TOLD) {
            text.data = (unsigned char *) code->text;
            text.len = code->len;

            wismo_out_printf(out, "%s", k ? "," : ",\"unmapped\":{");
            wismo_out_json_str(out, &text);
            wismo_out_text(out, ":");
            wismo_out_int(out, (int64_t) (code->n - code->told));
            k++;
        }

        code->told = code->n;
    }

    if (k) {
        wismo_out_text(out, "}");
    }

    return any;
}
