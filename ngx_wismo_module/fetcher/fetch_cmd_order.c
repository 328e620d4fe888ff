
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo order": what an operator or a script asks of one order.  Reads and
 * changes orders through fetch_commit.c like everyone else; how one is shown
 * is in fetch_cmd_order_show.c.
 */


#include "fetch_cmd_order.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define ORDER_POOL           (16 * 1024 * 1024)
#define ORDER_TRIES          8


static error_t order_option(int key, char *arg, struct argp_state *state);
static int order_link(order_t *o);
static int order_revoke(order_t *o);
static int order_recheck(order_t *o);
static int order_erase(order_t *o);
static const char *order_failure(fetch_commit_e rc, const fetch_redis_t *r);


typedef struct {
    const char  *name;
    int          (*run)(order_t *o);
} order_call_t;


static const order_call_t  order_calls[] = {
    { "show", order_show },
    { "link", order_link },
    { "recheck", order_recheck },
    { "erase", order_erase },
    { NULL, NULL }
};


static const struct argp_option  order_opts[] = {

    { "base", 'b', "URL", 0,
      "link: the site, \"https://shop.example\"", 0 },

    { "config", 'c', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "days", 'd', "N", 0,
      "link: how long it serves (90)", 0 },

    { "json", 'j', 0, 0,
      "print JSON", 0 },

    { "notices", 'n', 0, 0,
      "show: what was told of it, to whom, and what became of it", 0 },

    { "revoke", 'r', 0, 0,
      "link: end all links and sessions made until now", 0 },

    { "scope", 's', "full|minimal", 0,
      "link: what it shows (full)", 0 },

    { "yes", 'y', 0, 0,
      "erase: without asking", 0 },

    { 0 }
};


static const struct argp  order_argp = {
    order_opts, order_option, "show|link|recheck|erase NUMBER",
    "Show an order, make its signed link, ask its carriers at once, or remove "
    "all that is known of it.\v"
    "Exit status 1 if there is no such order.",
    NULL, NULL, NULL
};


static error_t
order_option(int key, char *arg, struct argp_state *state)
{
    char             *end;
    order_options_t  *o = state->input;

    switch (key) {

    case 'b':
        o->base = arg;
        break;

    case 'c':
        o->config = arg;
        break;

    case 'd':
        o->days = strtol(arg, &end, 10);

        if (*end || end == arg || o->days < 1
            || o->days > WISMO_LINK_MAX / 86400)
        {
            argp_error(state, "invalid number of days \"%s\": expected 1 to "
                              "%d", arg, WISMO_LINK_MAX / 86400);
        }

        break;

    case 'j':
        o->json = true;
        break;

    case 'n':
        o->notices = true;
        break;

    case 'r':
        o->revoke = true;
        break;

    case 's':
        o->minimal = (strcmp(arg, "minimal") == 0);

        if (!o->minimal && strcmp(arg, "full") != 0) {
            argp_error(state, "invalid scope \"%s\": expected \"full\" or "
                              "\"minimal\"", arg);
        }

        break;

    case 'y':
        o->yes = true;
        break;

    case ARGP_KEY_ARG:

        if (state->arg_num == 0) {
            o->call = arg;

        } else if (state->arg_num == 1) {
            o->number = arg;

        } else {
            argp_error(state, "one NUMBER at a time");
        }

        break;

    case ARGP_KEY_END:

        if (state->arg_num < 2) {
            argp_error(state, "expected show, link, recheck or erase, and a "
                              "NUMBER");
        }

        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_order(int argc, char **argv)
{
    int                  rc;
    order_t              o;
    const order_call_t  *call;

    memset(&o, 0, sizeof(order_t));
    o.options.days = WISMO_LINK_TTL / 86400;

    argp_parse(&order_argp, argc, argv, 0, NULL, &o.options);

    for (call = order_calls; call->name; call++) {
        if (strcmp(call->name, o.options.call) == 0) {
            break;
        }
    }

    if (call->name == NULL) {
        fprintf(stderr, "wismo: unknown call \"order %s\": expected show, "
                        "link, recheck or erase\n", o.options.call);
        return FETCH_EXIT_USAGE;
    }

    o.number = wismo_str_of(o.options.number);

    if (!wismo_order_number_ok(&o.number)) {
        fprintf(stderr, "wismo: invalid order number \"%s\": expected 1 to "
                        "%d of A-Z a-z 0-9 . _ -, not starting with a dot\n",
                o.options.number, WISMO_ORDER_NUMBER_MAX);
        return FETCH_EXIT_USAGE;
    }

    if (fetch_cmd_open(o.options.config, &o.conf, &o.redis)
        != FETCH_EXIT_OK)
    {
        return FETCH_EXIT_FAILED;
    }

    wismo_pool_init(&o.pool, ORDER_POOL, NULL, NULL);

    rc = call->run(&o);

    wismo_pool_done(&o.pool);

    return fetch_cmd_close(&o.conf, &o.redis, rc);
}


int
order_load(order_t *o)
{
    int  rc;

    rc = WISMO_ERROR;

    if (fetch_redis_up(&o->redis)) {
        rc = fetch_load(&o->redis, &o->pool, &o->number, &o->stored);
    }

    if (rc == WISMO_ERROR) {
        fprintf(stderr, "wismo: redis: %s\n", o->redis.error);
        return WISMO_ERROR;
    }

    if (!o->stored.found) {
        fprintf(stderr, "wismo: there is no order \"%s\"\n",
                o->options.number);
        return WISMO_DECLINED;
    }

    if (rc == WISMO_DECLINED) {
        fprintf(stderr, "wismo: the stored document of \"%s\" is damaged: "
                        "%s; send the order again, or erase it\n",
                o->options.number, o->stored.error.text);
    }

    return rc;
}


const char *
order_text(order_t *o, const wismo_str_t *s)
{
    char  *text;

    text = wismo_palloc(&o->pool, s->len + 1);

    if (text == NULL) {
        return "";
    }

    if (s->len) {
        memcpy(text, s->data, s->len);
    }

    text[s->len] = '\0';

    return text;
}


static int
order_link(order_t *o)
{
    char           token[WISMO_TOKEN_MAX + 1];
    size_t         len, base;
    wismo_keys_t   keys;
    wismo_token_t  says;
    wismo_error_t  err;

    if (o->options.revoke) {
        return order_revoke(o);
    }

    if (fetch_config_keys(&o->conf, &o->pool, &keys, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: %s\n", err.text);
        return FETCH_EXIT_FAILED;
    }

    says.full = !o->options.minimal;
    says.issued = (int64_t) time(NULL);
    says.expires = says.issued + o->options.days * 86400;

    len = wismo_token_make(&keys, WISMO_TOKEN_LINK, &o->number, &says, token);

    if (len == 0) {
        fprintf(stderr, "wismo: %s holds no key\n", o->conf.secret_file);
        return FETCH_EXIT_FAILED;
    }

    token[len] = '\0';

    /* the track location's prefix begins and ends with a slash */

    base = o->options.base ? strlen(o->options.base) : 0;

    while (base && o->options.base[base - 1] == '/') {
        base--;
    }

    if (o->options.json) {
        printf("{\"order\":\"%s\",\"url\":\"%.*s%s%s?t=%s\",\"scope\":\"%s\","
               "\"expires\":%lld}\n", o->options.number, (int) base,
               base ? o->options.base : "", o->conf.track,
               o->options.number, token, says.full ? "full" : "minimal",
               (long long) says.expires);

    } else {
        printf("%.*s%s%s?t=%s\n", (int) base, base ? o->options.base : "",
               o->conf.track, o->options.number, token);
    }

    return FETCH_EXIT_OK;
}


/*
 * What was issued in this second is void as well: links that are made when
 * this has returned are of the next one.
 */

static int
order_revoke(order_t *o)
{
    int              tries;
    time_t           now;
    fetch_change_t   change;
    fetch_commit_e   rc;

    const struct timespec  pause = { 0, 20 * 1000 * 1000 };

    now = time(NULL);
    rc = FETCH_COMMIT_CONFLICT;

    for (tries = 0; rc == FETCH_COMMIT_CONFLICT && tries < ORDER_TRIES;
         tries++)
    {
        if (order_load(o) != WISMO_OK) {
            return FETCH_EXIT_FAILED;
        }

        now = time(NULL);
        o->stored.order.revoked_at = now + 1;

        memset(&change, 0, sizeof(fetch_change_t));
        change.order = &o->stored.order;
        change.before = &o->stored.before;
        change.now = now;

        rc = fetch_commit(&o->redis, &o->pool, &change);
    }

    if (rc != FETCH_COMMIT_DONE) {
        fprintf(stderr, "wismo: %s\n", order_failure(rc, &o->redis));
        return FETCH_EXIT_FAILED;
    }

    while (time(NULL) <= now) {
        nanosleep(&pause, NULL);
    }

    if (o->options.json) {
        printf("{\"order\":\"%s\",\"revoked_at\":%lld}\n", o->options.number,
               (long long) now + 1);

    } else {
        printf("no link or session of order %s until now is valid any "
               "more\n", o->options.number);
    }

    return FETCH_EXIT_OK;
}


static int
order_recheck(order_t *o)
{
    int              tries;
    unsigned         i, n;
    time_t           now;
    fetch_due_t     *due;
    fetch_change_t   change;
    wismo_parcel_t  *parcel;
    fetch_commit_e   rc;

    n = 0;
    rc = FETCH_COMMIT_CONFLICT;

    for (tries = 0; rc == FETCH_COMMIT_CONFLICT && tries < ORDER_TRIES;
         tries++)
    {
        if (order_load(o) != WISMO_OK) {
            return FETCH_EXIT_FAILED;
        }

        due = wismo_palloc(&o->pool, WISMO_PARCELS_MAX * sizeof(fetch_due_t));

        if (due == NULL) {
            return FETCH_EXIT_FAILED;
        }

        now = time(NULL);
        n = 0;

        for (i = 0; i < o->stored.order.nparcels; i++) {
            parcel = &o->stored.order.parcels[i];

            if (fetch_config_carrier(&o->conf, &parcel->carrier) == NULL) {
                fprintf(stderr, "wismo: parcel %s: nginx.conf has no "
                                "\"wismo_carrier %s\", it is not asked\n",
                        order_text(o, &parcel->id),
                        order_text(o, &parcel->carrier));
                continue;
            }

            parcel->next_check_at = now;

            due[n].carrier = &parcel->carrier;
            due[n].parcel = &parcel->id;
            due[n].at = (int64_t) now * 1000;
            due[n].sooner = true;
            due[n].absent = false;
            n++;
        }

        if (n == 0) {
            fprintf(stderr, "wismo: order \"%s\" has no parcel to ask "
                            "about\n", o->options.number);
            return FETCH_EXIT_FAILED;
        }

        memset(&change, 0, sizeof(fetch_change_t));
        change.order = &o->stored.order;
        change.before = &o->stored.before;
        change.due = due;
        change.ndue = n;
        change.now = now;

        rc = fetch_commit(&o->redis, &o->pool, &change);
    }

    if (rc != FETCH_COMMIT_DONE) {
        fprintf(stderr, "wismo: %s\n", order_failure(rc, &o->redis));
        return FETCH_EXIT_FAILED;
    }

    if (o->options.json) {
        printf("{\"order\":\"%s\",\"rechecked\":%u}\n", o->options.number, n);

    } else {
        printf("%u parcel%s will be asked about now\n", n, n == 1 ? "" : "s");
    }

    return FETCH_EXIT_OK;
}


static int
order_erase(order_t *o)
{
    int             answer;
    bool            found;
    wismo_error_t   err;
    fetch_commit_e  rc;
    fetch_erased_t  erased;

    if (!o->options.yes) {

        if (!isatty(STDIN_FILENO)) {
            fprintf(stderr, "wismo: erasing can't be undone: say --yes\n");
            return FETCH_EXIT_USAGE;
        }

        fprintf(stderr, "Erase all that is known of order %s? [y/N] ",
                o->options.number);
        answer = getchar();

        if (answer != 'y' && answer != 'Y') {
            fprintf(stderr, "wismo: nothing was erased\n");
            return FETCH_EXIT_FAILED;
        }
    }

    found = false;
    rc = FETCH_COMMIT_DOWN;

    /* without the keys letters that are sealed are counted, and told */

    (void) fetch_config_contact(&o->conf, &err);

    if (fetch_redis_up(&o->redis)) {
        rc = fetch_erase_traces(&o->redis, &o->pool, &o->number, NULL, &found,
                                &erased);
    }

    if (rc != FETCH_COMMIT_DONE) {
        fprintf(stderr, "wismo: %s\n", order_failure(rc, &o->redis));
        return FETCH_EXIT_FAILED;
    }

    if (!found) {
        fprintf(stderr, "wismo: there was no order \"%s\"\n",
                o->options.number);
        return FETCH_EXIT_FAILED;
    }

    if (o->options.json) {
        printf("{\"order\":\"%s\",\"erased\":true}\n", o->options.number);

    } else {
        printf("order %s is erased; Redis's append-only file forgets it at "
               "its next rewrite\n", o->options.number);
    }

    fetch_customer_closed(erased.closed);

    return erased.closed ? FETCH_EXIT_FAILED : FETCH_EXIT_OK;
}


static const char *
order_failure(fetch_commit_e rc, const fetch_redis_t *r)
{
    switch (rc) {

    case FETCH_COMMIT_DOWN:
        return r->error;

    case FETCH_COMMIT_CONFLICT:
        return "the order keeps changing, try again";

    default:
        return "the order could not be written";
    }
}
