
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo replay": after an adapter or a shop's file was mended, what was read
 * by the old one is read anew.  Pushes and webhooks that could not be read are
 * kept with the dead letters and go back into the inbox; orders are asked
 * about the codes that are kept with them (fetch_replay.c).
 *
 * Orders and erasures that could be read never go back: what came after them
 * would be undone.  What nobody could open, as its key was missing, does when
 * the key is back, with the time that it came at.
 */


#include "fetch_args.h"
#include "fetch_cmd.h"
#include "fetch_customer.h"
#include "fetch_edd.h"
#include "fetch_meta.h"
#include "fetch_progress.h"
#include "fetch_replay.h"
#include "fetch_walk.h"

#include <argp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>


#define REPLAY_POOL          (64 * 1024 * 1024)
#define REPLAY_FIELDS        6


typedef struct {
    const char           *config;
    const char           *since;
    const char           *name;
    const char           *from;               /* a cursor */
    bool                  letters;            /* these only */
    bool                  orders;
    bool                  dry_run;
    bool                  json;
    bool                  quiet;
} replay_options_t;


typedef struct {
    uint64_t              size;               /* keys in Redis */
    uint64_t              counts[FETCH_REPLAY_DOWN + 1];
} replay_orders_t;


typedef struct {
    replay_options_t      options;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    fetch_progress_t      progress;
    int64_t               since;              /* s */
    uint64_t              seen;
    uint64_t              replayed;
    uint64_t              passed;             /* others' */
    unsigned              stream;             /* whose letters are read */
    fetch_walk_t          walk;               /* of the orders */
    wismo_pool_t          pool;
    replay_orders_t       orders;
    fetch_lanes_t         lanes;
    fetch_replay_t        replay;
} replay_t;


static volatile sig_atomic_t  replay_stopped;


static error_t replay_option(int key, char *arg, struct argp_state *state);
static int replay_ready(replay_t *rp);
static void replay_fault(void *data, const fetch_carrier_t *carrier,
    const char *text);
static void replay_stop(int signo);
static int replay_letters(replay_t *rp);
static int replay_orders(replay_t *rp);
static int replay_part(fetch_walk_t *walk, const redisReply *keys);
static int replay_show(replay_t *rp, int rc);
static int replay_json(const replay_t *rp);
static void replay_codes(const replay_t *rp);
static int replay_stream(replay_t *rp, unsigned stream);
static int replay_entries(fetch_walk_t *walk, const redisReply *entries);
static int replay_letter(replay_t *rp, const redisReply *entry);
static bool replay_opens(const replay_t *rp, const redisReply *kid);
static const redisReply *replay_field(const redisReply *fields,
    const char *name);
static int replay_call(replay_t *rp, fetch_args_t *args);


static const struct argp_option  replay_opts[] = {

    { "carrier", 'c', "NAME", 0,
      "only this carrier's pushes and parcels", 0 },

    { "config", 'C', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "dry-run", 'n', 0, 0,
      "tell what would change, change nothing", 0 },

    { "from", 'f', "CURSOR", 0,
      "go on with the orders where a call that was stopped has told", 0 },

    { "json", 'j', 0, 0,
      "print JSON", 0 },

    { "letters", 'l', 0, 0,
      "only dead letters", 0 },

    { "orders", 'o', 0, 0,
      "only orders", 0 },

    { "quiet", 'q', 0, 0,
      "no progress", 0 },

    { "shop", 's', "NAME", 0,
      "only this shop's webhooks and orders, by the name of its hook", 0 },

    { "since", 'S', "TIME", 0,
      "letters of that time and later, orders that have changed since: "
      "2026-11-30, 2026-11-30T09:00:00Z, or so long ago: 90m, 12h, 7d", 0 },

    { 0 }
};


static const struct argp  replay_argp = {
    replay_opts, replay_option, NULL,
    "Reads anew, after an adapter or a shop's file was mended and nginx "
    "reloaded: pushes and webhooks that could not be read, and orders, whose "
    "codes are kept with them.\v"
    "Letters come from the dead letters, which are kept for 30 days; what "
    "still can't be read returns there.  A code that is not known now either "
    "leaves its event as it is.  May run beside fetchers, and again: what was "
    "done is done.  Exit status: 0 done, 1 it could not be done, or not all "
    "of it, 2 unusable arguments.",
    NULL, NULL, NULL
};


static error_t
replay_option(int key, char *arg, struct argp_state *state)
{
    int64_t            t;
    replay_options_t  *o = state->input;

    switch (key) {

    case 'c':
    case 's':

        if (o->name) {
            argp_error(state, "one --carrier or --shop at a time");
        }

        o->name = arg;
        break;

    case 'C':
        o->config = arg;
        break;

    case 'f':

        if (*arg == '\0' || strspn(arg, "0123456789") != strlen(arg)
            || strlen(arg) > 20)
        {
            argp_error(state, "invalid cursor \"%s\"", arg);
        }

        o->from = arg;
        break;

    case 'l':
        o->letters = true;
        break;

    case 'o':
        o->orders = true;
        break;

    case 'n':
        o->dry_run = true;
        break;

    case 'j':
        o->json = true;
        break;

    case 'q':
        o->quiet = true;
        break;

    case 'S':
        o->since = arg;

        if (!fetch_cmd_since(arg, &t)) {
            argp_error(state, "invalid time \"%s\": expected 2026-11-30, "
                              "2026-11-30T09:00:00Z, 90m, 12h or 7d", arg);
        }

        break;

    case ARGP_KEY_ARG:
        argp_error(state, "unexpected \"%s\"", arg);
        break;

    case ARGP_KEY_END:

        if (o->since == NULL) {
            argp_error(state, "expected --since TIME");
        }

        if (o->letters && (o->orders || o->from)) {
            argp_error(state, "--letters leaves nothing for --orders and "
                              "--from");
        }

        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_replay(int argc, char **argv)
{
    int                rc;
    replay_t          *rp;
    struct sigaction   sa;

    rp = calloc(1, sizeof(replay_t));

    if (rp == NULL) {
        fputs("wismo: there is no memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    argp_parse(&replay_argp, argc, argv, 0, NULL, &rp->options);
    (void) fetch_cmd_since(rp->options.since, &rp->since);

    if (fetch_cmd_open(rp->options.config, &rp->conf, &rp->redis)
        != FETCH_EXIT_OK)
    {
        free(rp);
        return FETCH_EXIT_FAILED;
    }

    memset(&sa, 0, sizeof(struct sigaction));
    sa.sa_handler = replay_stop;
    (void) sigaction(SIGINT, &sa, NULL);
    (void) sigaction(SIGTERM, &sa, NULL);

    rc = replay_ready(rp);

    if (rc == FETCH_EXIT_OK) {
        rc = WISMO_OK;

        if (!rp->options.orders && rp->options.from == NULL) {
            rc = replay_letters(rp);
        }

        if (rc == WISMO_OK && !rp->options.letters && !replay_stopped) {
            rc = replay_orders(rp);
        }

        rc = replay_show(rp, rc);
    }

    if (rp->lanes.lane) {
        fetch_lanes_done(&rp->lanes);
    }

    json_decref(rp->replay.codes);
    rc = fetch_cmd_close(&rp->conf, &rp->redis, rc);
    free(rp);

    return rc;
}


/* All that a commit needs, as the fetcher has it. */

static int
replay_ready(replay_t *rp)
{
    wismo_str_t    name;
    wismo_error_t  err;

    if (rp->options.name) {
        name = wismo_str_of(rp->options.name);

        if (fetch_config_carrier(&rp->conf, &name) == NULL
            && fetch_config_shop(&rp->conf, &name) == NULL)
        {
            fprintf(stderr, "wismo replay: nginx.conf has no carrier and no "
                            "shop \"%s\"\n", rp->options.name);
            return FETCH_EXIT_USAGE;
        }
    }

    if (rp->options.letters) {
        (void) fetch_config_contact(&rp->conf, &err);

    } else {
        (void) fetch_config_carriers(&rp->conf, replay_fault, NULL);
        (void) fetch_config_shops(&rp->conf);

        if (fetch_config_peppers(&rp->conf, &err) != WISMO_OK
            || fetch_config_contact(&rp->conf, &err) != WISMO_OK)
        {
            fprintf(stderr, "wismo: orders could not be written: %s\n",
                    err.text);
            return FETCH_EXIT_FAILED;
        }
    }

    if (!fetch_redis_up(&rp->redis)
        || fetch_meta(&rp->redis, false) != WISMO_OK
        || (!rp->options.letters && !rp->options.dry_run
            && fetch_meta_writer(&rp->redis) != WISMO_OK))
    {
        fprintf(stderr, "wismo: redis: %s\n", rp->redis.error);
        return FETCH_EXIT_FAILED;
    }

    if (rp->options.letters) {
        return FETCH_EXIT_OK;
    }

    (void) fetch_edd_load(&rp->redis);

    rp->replay.lanes = &rp->lanes;
    rp->replay.since = rp->since;
    rp->replay.only = rp->options.name;
    rp->replay.dry_run = rp->options.dry_run;
    rp->replay.codes = json_object();

    if (rp->replay.codes == NULL
        || fetch_lanes_init(&rp->lanes, &rp->conf, &rp->redis, NULL)
           != WISMO_OK)
    {
        fputs("wismo: there is no memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    return FETCH_EXIT_OK;
}


static void
replay_fault(void *data, const fetch_carrier_t *carrier, const char *text)
{
    (void) data;

    fprintf(stderr, "wismo: parcels of \"%.*s\" stay as they are: %s\n",
            (int) carrier->name.len, (char *) carrier->name.data, text);
}


static void
replay_stop(int signo)
{
    (void) signo;

    replay_stopped = 1;
}


static int
replay_letters(replay_t *rp)
{
    int       rc;
    unsigned  i;

    rc = WISMO_OK;

    fetch_progress_begin(&rp->progress, "letters", WISMO_INBOXES,
                         rp->options.quiet);

    for (i = 0; rc == WISMO_OK && !replay_stopped && i < WISMO_INBOXES; i++) {
        rc = replay_stream(rp, i);
        fetch_progress_at(&rp->progress, i + 1, rp->replayed, 0);
    }

    (void) fetch_progress_end(&rp->progress);

    return rc;
}


/* All documents: which orders have such events is not known. */

static int
replay_orders(replay_t *rp)
{
    int  rc;

    rc = fetch_walk_size(&rp->redis, &rp->orders.size);

    fetch_walk_init(&rp->walk, &rp->redis, replay_part, rp);
    snprintf(rp->walk.cursor, sizeof(rp->walk.cursor), "%s",
             rp->options.from ? rp->options.from : "0");

    if (rc != WISMO_OK) {
        return rc;
    }

    fetch_progress_begin(&rp->progress, "orders", rp->orders.size,
                         rp->options.quiet);
    wismo_pool_init(&rp->pool, REPLAY_POOL, NULL, NULL);

    rc = fetch_walk_keys(&rp->walk, WISMO_MATCH_DOCUMENT);

    wismo_pool_done(&rp->pool);
    (void) fetch_progress_end(&rp->progress);

    return rc;
}


static int
replay_part(fetch_walk_t *walk, const redisReply *keys)
{
    size_t            i;
    replay_t         *rp = walk->data;
    wismo_str_t       key, number;
    fetch_replay_e    rc;
    replay_orders_t  *o;

    o = &rp->orders;

    for (i = 0; i < keys->elements && !replay_stopped; i++) {
        key = fetch_redis_str(keys->element[i]);

        if (wismo_key_order(&key, &number) != WISMO_OK
            || !wismo_order_number_ok(&number))
        {
            continue;
        }

        rc = fetch_replay_order(&rp->replay, &rp->pool, &number);
        wismo_pool_reset(&rp->pool);

        if (rc == FETCH_REPLAY_DOWN) {
            return WISMO_ERROR;
        }

        o->counts[rc]++;
    }

    fetch_progress_at(&rp->progress,
                      walk->keys < o->size ? walk->keys : o->size,
                      o->counts[FETCH_REPLAY_CHANGED]
                      + o->counts[FETCH_REPLAY_SAME],
                      o->counts[FETCH_REPLAY_UNREAD]);

    return replay_stopped ? WISMO_DECLINED : WISMO_OK;
}


static int
replay_show(replay_t *rp, int rc)
{
    const replay_orders_t  *o;

    o = &rp->orders;

    if (rc != WISMO_OK) {
        fprintf(stderr, "wismo: redis: %s\n", rp->redis.error);
    }

    if (rc != WISMO_OK || replay_stopped) {

        if (rp->walk.cursor[0]) {
            fprintf(stderr, "wismo: not all orders were read: go on with "
                            "--orders --from %s\n", rp->walk.cursor);

        } else {
            fputs("wismo: not all dead letters were read: say the same "
                  "again\n", stderr);
        }
    }

    if (rc != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (rp->options.json) {
        return replay_json(rp);
    }

    if (!rp->options.orders && rp->options.from == NULL) {
        printf("%llu of %llu dead letters %s\n",
               (unsigned long long) rp->replayed,
               (unsigned long long) rp->seen,
               rp->options.dry_run ? "would be read again"
                                   : "go back into the inbox");
    }

    if (!rp->options.letters) {
        printf("%llu of %llu orders %s, %llu events\n",
               (unsigned long long) o->counts[FETCH_REPLAY_CHANGED],
               (unsigned long long) (o->counts[FETCH_REPLAY_CHANGED]
                                     + o->counts[FETCH_REPLAY_SAME]),
               rp->options.dry_run ? "would be different" : "are different",
               (unsigned long long) rp->replay.events);
        replay_codes(rp);
    }

    if (o->counts[FETCH_REPLAY_UNREAD]) {
        fprintf(stderr, "wismo: %llu orders can't be read or written; they "
                        "stay as they are\n",
                (unsigned long long) o->counts[FETCH_REPLAY_UNREAD]);
    }

    return (o->counts[FETCH_REPLAY_UNREAD] || replay_stopped)
           ? FETCH_EXIT_FAILED : FETCH_EXIT_OK;
}


static int
replay_json(const replay_t *rp)
{
    int                     rc;
    json_t                 *all, *orders;
    const replay_orders_t  *o;

    o = &rp->orders;

    all = json_pack("{s:I, s:I, s:I, s:b}", "seen", (json_int_t) rp->seen,
                    "replayed", (json_int_t) rp->replayed,
                    "passed", (json_int_t) rp->passed,
                    "dry_run", rp->options.dry_run);

    if (all && !rp->options.letters) {
        orders = json_pack("{s:I, s:I, s:I, s:I, s:I, s:s, s:O}",
            "read", (json_int_t) (o->counts[FETCH_REPLAY_CHANGED]
                                  + o->counts[FETCH_REPLAY_SAME]),
            "changed", (json_int_t) o->counts[FETCH_REPLAY_CHANGED],
            "older", (json_int_t) o->counts[FETCH_REPLAY_OLD],
            "unreadable", (json_int_t) o->counts[FETCH_REPLAY_UNREAD],
            "events", (json_int_t) rp->replay.events,
            "cursor", rp->walk.cursor, "codes", rp->replay.codes);

        if (json_object_set_new(all, "orders", orders) != 0) {
            json_decref(all);
            all = NULL;
        }
    }

    if (all == NULL) {
        fputs("wismo: there is no memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    rc = json_dumpf(all, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(all);

    return (rc != 0 || o->counts[FETCH_REPLAY_UNREAD] || replay_stopped)
           ? FETCH_EXIT_FAILED : FETCH_EXIT_OK;
}


static void
replay_codes(const replay_t *rp)
{
    json_t      *codes, *changes, *n;
    const char  *name, *code, *change;

    json_object_foreach(rp->replay.codes, name, codes) {
        json_object_foreach(codes, code, changes) {
            json_object_foreach(changes, change, n) {
                printf("  %s %s: %s: %lld\n", name, code, change,
                       (long long) json_integer_value(n));
            }
        }
    }
}


/* Those that return meanwhile are behind the last one there is now. */

static int
replay_stream(replay_t *rp, unsigned stream)
{
    char          key[WISMO_KEY_MAX], from[24], to[24];
    fetch_walk_t  walk;

    snprintf(from, sizeof(from), "%lld", (long long) rp->since * 1000);
    snprintf(to, sizeof(to), "%lld",
             (long long) fetch_redis_time(&rp->redis));

    rp->stream = stream;
    fetch_walk_init(&walk, &rp->redis, replay_entries, rp);

    return fetch_walk_stream(&walk, key, wismo_key_dead(key, rp->stream), from,
                             to);
}


static int
replay_entries(fetch_walk_t *walk, const redisReply *entries)
{
    int        rc;
    size_t     i;
    replay_t  *rp = walk->data;

    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && i < entries->elements; i++) {
        rc = replay_stopped ? WISMO_DECLINED
                            : replay_letter(rp, entries->element[i]);
    }

    return rc;
}


/* First it is in the inbox, then it is no longer here: in between it is in
 * both, and what comes twice changes nothing. */

static int
replay_letter(replay_t *rp, const redisReply *entry)
{
    int                 rc;
    char                key[WISMO_KEY_MAX];
    unsigned            i;
    wismo_pool_t        pool;
    fetch_args_t        args;
    const redisReply   *kind, *carrier, *kid, *value, *fields;

    static const char *const  names[] = {
        WISMO_INBOX_KIND, WISMO_INBOX_ORDER, WISMO_INBOX_CARRIER,
        WISMO_INBOX_HEADERS, WISMO_INBOX_BODY, NULL
    };

    rp->seen++;

    fields = entry->element[1];
    kind = replay_field(fields, WISMO_INBOX_KIND);
    carrier = replay_field(fields, WISMO_INBOX_CARRIER);

    kid = replay_field(fields, WISMO_DEAD_KID);

    if (kind == NULL || carrier == NULL
        || (kid ? !replay_opens(rp, kid) : strcmp(kind->str, "hook") != 0)
        || (rp->options.name && strcmp(carrier->str, rp->options.name) != 0))
    {
        rp->passed++;
        return WISMO_OK;
    }

    rp->replayed++;

    if (rp->options.dry_run) {
        return WISMO_OK;
    }

    wismo_pool_init(&pool, REPLAY_POOL, NULL, NULL);

    fetch_args_init(&args, &pool, 3 + 2 * REPLAY_FIELDS);
    fetch_args_text(&args, "XADD");
    fetch_args_add(&args, key, wismo_key_inbox(key, rp->stream));
    fetch_args_text(&args, "*");

    for (i = 0; names[i]; i++) {
        value = replay_field(fields, names[i]);

        if (value && value->len) {
            fetch_args_text(&args, names[i]);
            fetch_args_add(&args, value->str, (size_t) value->len);
        }
    }

    value = replay_field(fields, WISMO_DEAD_ID);

    if (kid && value) {
        fetch_args_text(&args, WISMO_INBOX_FIRST);
        fetch_args_add(&args, value->str, (size_t) value->len);
    }

    rc = replay_call(rp, &args);

    if (rc == WISMO_OK) {
        fetch_args_init(&args, &pool, 3);
        fetch_args_text(&args, "XDEL");
        fetch_args_add(&args, key, wismo_key_dead(key, rp->stream));
        fetch_args_add(&args, entry->element[0]->str,
                       (size_t) entry->element[0]->len);

        rc = replay_call(rp, &args);
    }

    wismo_pool_done(&pool);

    return rc;
}


/* Nobody could: the key was missing.  It waits until that is back. */

static bool
replay_opens(const replay_t *rp, const redisReply *kid)
{
    wismo_str_t  s;

    s = fetch_redis_str(kid);

    return rp->conf.letters
           && wismo_box_has(&rp->conf.letters->opener, &s);
}


static const redisReply *
replay_field(const redisReply *fields, const char *name)
{
    size_t  i;

    for (i = 0; i + 1 < fields->elements; i += 2) {

        if (fields->element[i]->type == REDIS_REPLY_STRING
            && fields->element[i + 1]->type == REDIS_REPLY_STRING
            && strcmp(fields->element[i]->str, name) == 0)
        {
            return fields->element[i + 1];
        }
    }

    return NULL;
}


static int
replay_call(replay_t *rp, fetch_args_t *args)
{
    return args->failed ? WISMO_ERROR
           : fetch_redis_taken(&rp->redis,
                               fetch_redis_call(&rp->redis, (int) args->n,
                                                args->argv));
}
