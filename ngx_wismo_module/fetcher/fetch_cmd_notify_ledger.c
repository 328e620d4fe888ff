
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo notify list": what became of notices, over all ledgers or of one
 * order.  "wismo notify retry": those that failed, or of which nobody knows,
 * once more; the fetcher sends them.
 *
 * What was sent to people must never be sent again from here, and a notice
 * changes only if the ledger still says of it what was looked at.
 */


#include "fetch_cmd.h"
#include "fetch_args.h"
#include "fetch_ledger.h"
#include "fetch_notice.h"
#include "fetch_progress.h"
#include "fetch_walk.h"

#include <argp.h>
#include <stdio.h>
#include <unistd.h>


#define LEDGER_POOL          (256 * 1024 * 1024)
#define LEDGER_MOST          100000           /* sent again in one go */

#define LEDGER_BIT(state)    (1u << (state))
#define LEDGER_FAILED                                                         \
    (LEDGER_BIT(WISMO_NOTICE_DEAD) | LEDGER_BIT(WISMO_NOTICE_UNKNOWN))
#define LEDGER_AGAIN                                                          \
    (LEDGER_FAILED | LEDGER_BIT(WISMO_NOTICE_SKIPPED)                         \
     | LEDGER_BIT(WISMO_NOTICE_RETRY))
#define LEDGER_ARRIVED                                                        \
    (LEDGER_BIT(WISMO_NOTICE_SENT) | LEDGER_BIT(WISMO_NOTICE_DELIVERED))


typedef struct {
    wismo_str_t               order;
    wismo_str_t               field;
    wismo_str_t               value;
    wismo_notice_entry_t      entry;
} ledger_one_t;


typedef struct {
    const char               *call;
    const char               *order;
    const char               *notice;
    const char               *channel;
    const char               *event;
    const char               *since;
    const char               *config;
    unsigned                  states;
    bool                      all;
    bool                      json;
    bool                      quiet;
    bool                      yes;
    bool                      dry_run;
} ledger_options_t;


typedef struct {
    ledger_options_t          options;
    fetch_config_t            conf;
    fetch_redis_t             redis;
    wismo_pool_t              pool;
    fetch_progress_t          progress;
    bool                      retry;
    int64_t                   since;
    int64_t                   now;
    uint64_t                  looked;
    uint64_t                  n;              /* printed, or to be sent */
    uint64_t                  stale;
    uint64_t                  gone;           /* their channel is */
    uint64_t                  people;         /* who have got them */
    uint64_t                  unsure;         /* may have arrived */
    ledger_one_t             *list;           /* of retry */
} ledger_t;


static error_t ledger_option(int key, char *arg, struct argp_state *state);
static bool ledger_state(const char *name, unsigned *states);
static int ledger_run(ledger_t *l);
static int ledger_scan(ledger_t *l);
static int ledger_part(fetch_walk_t *walk, const redisReply *keys);
static int ledger_record(fetch_walk_t *walk, const wismo_str_t *key,
    const redisReply *reply);
static int ledger_order(ledger_t *l, const wismo_str_t *order,
    const redisReply *reply);
static bool ledger_wanted(ledger_t *l, const wismo_str_t *channel,
    const wismo_notice_entry_t *entry);
static int ledger_take(ledger_t *l, const wismo_str_t *order,
    const wismo_str_t *field, const wismo_str_t *value,
    const wismo_str_t *channel, const wismo_notice_entry_t *entry);
static int ledger_print(ledger_t *l, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *channel,
    const wismo_notice_entry_t *entry);
static int ledger_retry(ledger_t *l);
static int ledger_again(ledger_t *l, uint64_t *sent);


static const struct argp_option  ledger_opts[] = {

    { "channel", 'C', "NAME", 0, "of this channel", 0 },
    { "state", 's', "STATE", 0, "in this state; can be repeated", 0 },
    { "event", 'e', "NAME", 0, "of this kind, such as delivered", 0 },

    { "since", 'S', "TIME", 0,
      "that came to this state since then: 2026-11-30T08:00Z, 2h, 3d", 0 },

    { "all", 'a', 0, 0, "retry: all that have failed", 0 },
    { "dry-run", 'n', 0, 0, "retry: only tell what would be sent", 0 },
    { "yes", 'y', 0, 0, "retry: don't ask", 0 },
    { "json", 'j', 0, 0, "print JSON", 0 },
    { "quiet", 'q', 0, 0, "no progress", 0 },
    { "config", 'c', "FILE", 0, "wismo.json, as nginx writes it", 0 },
    { 0 }
};


static const struct argp  ledger_argp = {
    ledger_opts, ledger_option, "[ORDER [NOTICE]]",
    "list: tell what became of notices.  retry: send those once more that "
    "were given up (dead), or of which nobody knows whether they arrived "
    "(unknown); with --state also what was skipped, or waits for its retry, "
    "and what programs have got.  What people have got is never sent again.\v"
    "States: pending, sending, retry, sent, delivered, dead, skipped, "
    "unknown.  A notice "
    "is called as list shows it, as delivered.p1.\n"
    "\n"
    "What goes out is shown, and asked for.  What is too old to be news stays "
    "as it is; consent, quiet hours, gap, daily and brake hold for the rest, "
    "too.\n"
    "\n"
    "Exit status: 0 done; 1 not, or nothing to send again; 2 unusable "
    "arguments.",
    NULL, NULL, NULL
};


static error_t
ledger_option(int key, char *arg, struct argp_state *state)
{
    int64_t            t;
    wismo_str_t        name;
    ledger_options_t  *o = state->input;

    switch (key) {

    case 'C':
        o->channel = arg;
        return 0;

    case 's':

        if (!ledger_state(arg, &o->states)) {
            argp_error(state, "\"%s\" is no state: expected pending, sending, "
                              "retry, sent, delivered, dead, skipped or "
                              "unknown", arg);
        }

        return 0;

    case 'e':
        o->event = arg;
        name = wismo_str_of(arg);

        if (wismo_notice_kind(&name) == NULL) {
            argp_error(state, "there is no notice \"%s\"", arg);
        }

        return 0;

    case 'S':
        o->since = arg;

        if (!fetch_cmd_since(arg, &t)) {
            argp_error(state, "\"%s\" is no time: expected one such as "
                              "2026-11-30T08:00Z, 2h or 3d", arg);
        }

        return 0;

    case 'a':
        o->all = true;
        return 0;

    case 'n':
        o->dry_run = true;
        return 0;

    case 'y':
        o->yes = true;
        return 0;

    case 'j':
        o->json = true;
        return 0;

    case 'q':
        o->quiet = true;
        return 0;

    case 'c':
        o->config = arg;
        return 0;

    case ARGP_KEY_ARG:

        if (o->order == NULL) {
            o->order = arg;

        } else if (o->notice == NULL) {
            o->notice = arg;

        } else {
            argp_error(state, "unexpected argument \"%s\"", arg);
        }

        return 0;

    case ARGP_KEY_END:

        name.data = (unsigned char *) o->order;
        name.len = o->order ? strlen(o->order) : 0;

        if (o->order && !wismo_order_number_ok(&name)) {
            argp_error(state, "\"%s\" is no order's number", o->order);
        }

        if (strcmp(o->call, "list") == 0) {
            return 0;
        }

        if (o->order == NULL && o->channel == NULL && o->event == NULL
            && o->since == NULL && !o->all)
        {
            argp_error(state, "expected what to send again: an order's "
                              "number, --channel, --event, --since or --all");
        }

        if (o->states & ~(LEDGER_AGAIN | LEDGER_ARRIVED)) {
            argp_error(state, "only what is dead, unknown, skipped, retry or, "
                              "of programs, sent can be sent again");
        }

        return 0;

    default:
        return ARGP_ERR_UNKNOWN;
    }
}


static bool
ledger_state(const char *name, unsigned *states)
{
    wismo_notice_state_e  s;

    for (s = WISMO_NOTICE_PENDING; s <= WISMO_NOTICE_DELIVERED; s++) {
        if (strcmp(wismo_notice_state(s), name) == 0) {
            *states |= LEDGER_BIT(s);
            return true;
        }
    }

    return false;
}


int
fetch_cmd_notify_ledger(int argc, char **argv)
{
    int       rc;
    ledger_t  l;

    memset(&l, 0, sizeof(ledger_t));

    l.options.call = fetch_cmd_word(argv[0]);
    l.retry = (strcmp(l.options.call, "retry") == 0);

    argp_parse(&ledger_argp, argc, argv, 0, NULL, &l.options);

    if (l.options.states == 0) {
        l.options.states = l.retry ? LEDGER_FAILED : ~0u;
    }

    if (l.options.since) {
        (void) fetch_cmd_since(l.options.since, &l.since);
    }

    if (fetch_cmd_open(l.options.config, &l.conf, &l.redis)
        != FETCH_EXIT_OK)
    {
        return FETCH_EXIT_FAILED;
    }

    wismo_pool_init(&l.pool, LEDGER_POOL, NULL, NULL);

    rc = fetch_redis_up(&l.redis) ? ledger_run(&l) : WISMO_ERROR;

    wismo_pool_done(&l.pool);

    return fetch_cmd_close(&l.conf, &l.redis, rc);
}


static int
ledger_run(ledger_t *l)
{
    int            rc;
    redisReply    *reply;
    wismo_str_t    order;
    fetch_args_t   args;

    l->now = fetch_redis_time(&l->redis) / 1000;

    if (l->retry) {
        l->list = wismo_palloc(&l->pool, LEDGER_MOST * sizeof(ledger_one_t));

        if (l->list == NULL) {
            return WISMO_ERROR;
        }
    }

    if (l->options.json) {
        printf("{\"notices\":[");
    }

    if (l->options.order) {
        order = wismo_str_of(l->options.order);

        fetch_args_init(&args, &l->pool, 2);
        fetch_args_text(&args, "HGETALL");
        fetch_args_key(&args, wismo_key_ledger, &order);

        reply = args.failed ? NULL : fetch_redis_call(&l->redis, 2,
                                                      args.argv);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        rc = ledger_order(l, &order, reply);
        freeReplyObject(reply);

    } else {
        rc = ledger_scan(l);
    }

    if (rc != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (l->retry) {
        return ledger_retry(l);
    }

    if (l->options.json) {
        puts("]}");
    }

    return FETCH_EXIT_OK;
}


static int
ledger_scan(ledger_t *l)
{
    int           rc;
    uint64_t      size;
    fetch_walk_t  walk;

    if (fetch_walk_size(&l->redis, &size) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_progress_begin(&l->progress, "ledgers", size,
                         l->options.quiet
                         || (!l->retry && isatty(STDOUT_FILENO)));

    fetch_walk_init(&walk, &l->redis, ledger_part, l);
    rc = fetch_walk_keys(&walk, WISMO_MATCH_LEDGER);

    (void) fetch_progress_end(&l->progress);

    return rc;
}


static int
ledger_part(fetch_walk_t *walk, const redisReply *keys)
{
    int        rc;
    ledger_t  *l = walk->data;

    rc = fetch_walk_read(walk, keys, "HGETALL", ledger_record);
    fetch_progress_at(&l->progress, walk->keys, l->looked, 0);

    return rc;
}


static int
ledger_record(fetch_walk_t *walk, const wismo_str_t *key,
    const redisReply *reply)
{
    ledger_t     *l = walk->data;
    wismo_str_t   order;

    if (wismo_key_ledger_order(key, &order) != WISMO_OK
        || !wismo_order_number_ok(&order))
    {
        return WISMO_OK;
    }

    l->looked++;

    return ledger_order(l, &order, reply);
}


static int
ledger_order(ledger_t *l, const wismo_str_t *order, const redisReply *reply)
{
    int                    rc;
    size_t                 i;
    wismo_str_t            field, value, channel;
    wismo_pool_t           pool;
    wismo_notice_entry_t   entry;

    wismo_pool_init(&pool, LEDGER_POOL, NULL, NULL);
    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && reply->type == REDIS_REPLY_ARRAY
                && i + 1 < reply->elements; i += 2)
    {
        field = fetch_redis_str(reply->element[i]);
        value = fetch_redis_str(reply->element[i + 1]);

        if (!fetch_notice_field(&field, &value, &channel, &entry)
            || !ledger_wanted(l, &channel, &entry))
        {
            continue;
        }

        rc = l->retry ? ledger_take(l, order, &field, &value, &channel,
                                    &entry)
                      : ledger_print(l, &pool, order, &channel, &entry);
    }

    wismo_pool_done(&pool);

    return rc;
}


static bool
ledger_wanted(ledger_t *l, const wismo_str_t *channel,
    const wismo_notice_entry_t *entry)
{
    const ledger_options_t  *o;

    o = &l->options;

    return (o->states & LEDGER_BIT(entry->state))
           && (o->channel == NULL || wismo_str_is(channel, o->channel))
           && (o->notice == NULL || wismo_str_is(&entry->id, o->notice))
           && (o->event == NULL
               || (entry->kind && strcmp(entry->kind->name, o->event) == 0))
           && (entry->when ? entry->when : entry->at) >= l->since;
}


/* For retry: nothing is changed before all of it was shown. */

static int
ledger_take(ledger_t *l, const wismo_str_t *order, const wismo_str_t *field,
    const wismo_str_t *value, const wismo_str_t *channel,
    const wismo_notice_entry_t *entry)
{
    unsigned       k;
    wismo_str_t    name;
    ledger_one_t  *one;

    if (entry->kind == NULL || l->now - entry->at > entry->kind->max_age) {
        l->stale++;
        return WISMO_OK;
    }

    for (k = 0; k < l->conf.channels.n; k++) {
        if (wismo_str_eq(&l->conf.channels.channel[k].name, channel)) {
            break;
        }
    }

    if (k == l->conf.channels.n) {
        l->gone++;
        return WISMO_OK;
    }

    if ((LEDGER_BIT(entry->state) & LEDGER_ARRIVED)
        && l->conf.channels.channel[k].type->people)
    {
        l->people++;
        return WISMO_OK;
    }

    if (l->n == LEDGER_MOST) {
        snprintf(l->redis.error, sizeof(l->redis.error), "more than %d "
                 "notices: choose fewer, by --channel, --event or --since",
                 LEDGER_MOST);
        return WISMO_ERROR;
    }

    one = &l->list[l->n];

    if (wismo_pstrdup(&l->pool, &one->order, order) != WISMO_OK
        || wismo_pstrdup(&l->pool, &one->field, field) != WISMO_OK
        || wismo_pstrdup(&l->pool, &one->value, value) != WISMO_OK
        || !fetch_notice_field(&one->field, &one->value, &name, &one->entry)
        || ledger_print(l, &l->pool, &one->order, &name, &one->entry)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    l->unsure += (entry->state == WISMO_NOTICE_UNKNOWN);

    return WISMO_OK;
}


static int
ledger_print(ledger_t *l, wismo_pool_t *pool, const wismo_str_t *order,
    const wismo_str_t *channel, const wismo_notice_entry_t *entry)
{
    char         *text;
    json_t       *json;
    wismo_out_t   when;

    if (l->options.json) {
        json = fetch_ledger_notice(channel, entry, pool);

        if (json == NULL
            || json_object_set_new(json, "order",
                                   json_stringn((char *) order->data,
                                                order->len))
               != 0)
        {
            json_decref(json);
            return WISMO_ERROR;
        }

        text = json_dumps(json, JSON_COMPACT);
        printf("%s%s", l->n ? "," : "", text ? text : "{}");
        free(text);
        json_decref(json);

    } else {
        wismo_out_init(&when, pool, WISMO_TIME_UTC_LEN);
        wismo_time_out_utc(&when, entry->when ? entry->when : entry->at);

        if (when.failed) {
            return WISMO_ERROR;
        }

        printf("%-20.*s %-12.*s %-32.*s %-8s %.*s %.*s\n",
               (int) order->len, (char *) order->data, (int) channel->len,
               (char *) channel->data, (int) entry->id.len,
               (char *) entry->id.data, wismo_notice_state(entry->state),
               (int) (when.pos - when.start), (char *) when.start,
               (int) entry->text.len, (char *) entry->text.data);
    }

    l->n++;

    return WISMO_OK;
}


static int
ledger_retry(ledger_t *l)
{
    int        answer;
    uint64_t   sent;

    sent = 0;

    if (l->n && !l->options.dry_run && !l->options.yes) {

        if (!isatty(STDIN_FILENO)) {
            fprintf(stderr, "wismo: nothing is sent without being asked: say "
                            "--yes, or --dry-run\n");

            if (l->options.json) {
                puts("]}");
            }

            return FETCH_EXIT_USAGE;
        }

        fflush(stdout);

        if (l->unsure) {
            fprintf(stderr, "%llu of them may arrive a second time.\n",
                    (unsigned long long) l->unsure);
        }

        fprintf(stderr, "Send these %llu once more? [y/N] ",
                (unsigned long long) l->n);
        answer = getchar();

        if (answer != 'y' && answer != 'Y') {
            fprintf(stderr, "wismo: nothing is sent again\n");
            return FETCH_EXIT_FAILED;
        }
    }

    if (!l->options.dry_run && ledger_again(l, &sent) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (l->options.json) {
        printf("],\"again\":%llu,\"too_old\":%llu,\"no_channel\":%llu,"
               "\"people\":%llu,\"dry_run\":%s}\n",
               (unsigned long long) sent, (unsigned long long) l->stale,
               (unsigned long long) l->gone, (unsigned long long) l->people,
               l->options.dry_run ? "true" : "false");

    } else {
        printf("%llu %s", (unsigned long long) (l->options.dry_run ? l->n
                                                                   : sent),
               l->options.dry_run ? "would be sent again" : "sent again");

        if (l->stale) {
            printf(", %llu too old to be news", (unsigned long long) l->stale);
        }

        if (l->gone) {
            printf(", %llu of channels that are no more",
                   (unsigned long long) l->gone);
        }

        if (l->people) {
            printf(", %llu that people have got",
                   (unsigned long long) l->people);
        }

        puts("");
    }

    return l->n ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


static int
ledger_again(ledger_t *l, uint64_t *sent)
{
    uint64_t              i;
    redisReply           *reply;
    wismo_str_t           member, value;
    fetch_args_t          args;
    ledger_one_t         *one;
    wismo_pool_t          pool;
    wismo_notice_entry_t  entry;

    static const wismo_str_t  none = { 0, (unsigned char *) "" };

    for (i = 0; i < l->n; i++) {
        one = &l->list[i];

        wismo_pool_init(&pool, 65536, NULL, NULL);

        /* from the beginning, as if it had never been tried */

        entry = one->entry;
        entry.state = WISMO_NOTICE_RETRY;
        entry.attempts = 0;
        entry.when = l->now;
        wismo_str_null(&entry.text);

        reply = NULL;

        if (fetch_member(&pool, &one->order, &none, &member) == WISMO_OK
            && fetch_notice_value(&pool, &entry, &value) == WISMO_OK)
        {
            fetch_args_init(&args, &pool, 7);
            fetch_args_due(&args, wismo_bucket(&one->order), &fetch_notices);
            fetch_args_key(&args, wismo_key_ledger, &one->order);
            fetch_args_add(&args, member.data, member.len);
            fetch_args_number(&args, l->now * 1000);
            fetch_args_add(&args, one->field.data, one->field.len);
            fetch_args_add(&args, one->value.data, one->value.len);
            fetch_args_add(&args, value.data, value.len);

            if (!args.failed) {
                reply = fetch_redis_script(&l->redis, FETCH_SCRIPT_AGAIN, 2,
                                           7, args.argv);
            }
        }

        wismo_pool_done(&pool);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        if (reply->type == REDIS_REPLY_INTEGER) {
            *sent += (reply->integer == 1);
        }

        freeReplyObject(reply);
    }

    return WISMO_OK;
}
