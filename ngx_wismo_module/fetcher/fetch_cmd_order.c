
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo order": what an operator or a script asks of one order.  Reads and
 * changes orders through fetch_commit.c like everyone else.
 */


#include "fetch_cmd.h"
#include "fetch_args.h"
#include "fetch_customer.h"
#include "fetch_ledger.h"
#include "wismo_feedback.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define ORDER_POOL           (16 * 1024 * 1024)
#define ORDER_TRIES          8


typedef struct {
    const char           *call;
    const char           *number;
    const char           *config;
    const char           *base;
    long                  days;
    bool                  minimal;
    bool                  notices;
    bool                  revoke;
    bool                  json;
    bool                  yes;
} order_options_t;


typedef struct {
    order_options_t       options;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    wismo_pool_t          pool;
    wismo_str_t           number;
    fetch_stored_t        stored;
} order_t;


static error_t order_option(int key, char *arg, struct argp_state *state);
static int order_load(order_t *o);
static int order_show(order_t *o);
static int order_feedback(order_t *o, wismo_str_t *json);
static int order_show_notices(order_t *o);
static void order_show_feedback(order_t *o, const wismo_str_t *json);
static void order_show_parcel(order_t *o, const wismo_parcel_t *parcel);
static void order_show_raised(order_t *o, const wismo_raised_t *raised,
    const wismo_substatus_t *status, const wismo_substatus_t *reported);
static void order_show_event(order_t *o, const wismo_event_t *event);
static void order_show_time(order_t *o, const char *label, int64_t t);
static int order_link(order_t *o);
static int order_revoke(order_t *o);
static int order_recheck(order_t *o);
static int order_erase(order_t *o);
static const char *order_text(order_t *o, const wismo_str_t *s);
static const char *order_when(order_t *o, const wismo_when_t *when);
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

    o.number.data = (unsigned char *) o.options.number;
    o.number.len = strlen(o.options.number);

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


/* Says what is wrong, if it is. */

static int
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


static int
order_show(order_t *o)
{
    unsigned        i, returns;
    wismo_str_t     feedback;
    wismo_order_t  *order;

    if (order_load(o) != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (order_feedback(o, &feedback) != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (o->options.json) {

        /* one member more than a page may have */

        fwrite(o->stored.doc.full.data, 1, o->stored.doc.full.len - 1,
               stdout);

        if (feedback.len) {
            printf(",\"feedback\":%.*s", (int) feedback.len,
                   (char *) feedback.data);
        }

        if (o->options.notices && order_show_notices(o) != WISMO_OK) {
            return FETCH_EXIT_FAILED;
        }

        puts("}");
        return FETCH_EXIT_OK;
    }

    order = &o->stored.order;

    printf("order      %s\n", o->options.number);
    printf("status     %s.%s\n", order->status->name, order->status->sub);
    order_show_raised(o, &order->raised, order->status, NULL);

    if (order->outlook != WISMO_OUTLOOK_NONE) {
        printf("outlook    %s\n", wismo_outlook_name(order->outlook));
    }

    printf("version    %llu\n", (unsigned long long) order->version);
    order_show_time(o, "placed", order->placed_at);
    order_show_time(o, "promised", order->promised_until);
    order_show_time(o, "updated", order->updated_at);
    for (i = 0, returns = 0; i < order->nparcels; i++) {
        returns += (order->parcels[i].leg == WISMO_LEG_RETURN);
    }

    printf("parcels    %u, %u delivered\n", order->nparcels - returns,
           order->ndelivered);

    if (returns) {
        printf("returns    %u\n", returns);
    }

    order_show_feedback(o, &feedback);

    for (i = 0; i < order->nparcels; i++) {
        order_show_parcel(o, &order->parcels[i]);
    }

    if (o->options.notices && order_show_notices(o) != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    return FETCH_EXIT_OK;
}


/* In JSON as a member of an object that is open. */

static int
order_show_notices(order_t *o)
{
    char        *text;
    size_t       i;
    json_t      *ledger, *notices, *one;
    const char  *said;

    ledger = fetch_ledger(&o->redis, &o->pool, &o->number);

    if (ledger == NULL) {
        fprintf(stderr, "wismo: redis: %s\n", o->redis.error);
        return WISMO_ERROR;
    }

    notices = json_object_get(ledger, "notices");

    if (o->options.json) {
        text = json_dumps(notices, JSON_COMPACT);
        printf(",\"notices\":%s", text ? text : "[]");
        free(text);
        json_decref(ledger);
        return WISMO_OK;
    }

    printf("\nnotices    %zu\n", json_array_size(notices));

    json_array_foreach(notices, i, one) {
        said = json_string_value(json_object_get(one, "when"));

        printf("  %-20s %-8s %-12s %s %s\n", said ? said : "-",
               json_string_value(json_object_get(one, "state")),
               json_string_value(json_object_get(one, "channel")),
               json_string_value(json_object_get(one, "notice")),
               json_string_value(json_object_get(one, "text")));
    }

    json_decref(ledger);

    return WISMO_OK;
}


/* As the ledger has it; empty if nobody has said anything. */

static int
order_feedback(order_t *o, wismo_str_t *json)
{
    char  key[WISMO_KEY_MAX];

    if (fetch_redis_field(&o->redis, &o->pool, key,
                          wismo_key_ledger(key, &o->number), "feedback", json)
        != WISMO_OK)
    {
        fprintf(stderr, "wismo: redis: %s\n", o->redis.error);
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static void
order_show_feedback(order_t *o, const wismo_str_t *json)
{
    wismo_feedback_t  feedback;

    if (json->len == 0
        || wismo_feedback_read(&o->pool, json, &feedback) != WISMO_OK)
    {
        return;
    }

    order_show_time(o, "feedback", feedback.at);

    if (feedback.arrived != WISMO_ARRIVED_UNSAID) {
        printf("  arrived  %s\n",
               feedback.arrived == WISMO_ARRIVED_YES ? "yes" : "no");
    }

    if (feedback.rating) {
        printf("  rating   %d of %d\n", feedback.rating, WISMO_RATING_MAX);
    }

    if (feedback.comment.len) {
        printf("  words    %s\n", order_text(o, &feedback.comment));
    }
}


static void
order_show_parcel(order_t *o, const wismo_parcel_t *parcel)
{
    unsigned  i;

    printf("\n%s     %s\n", parcel->leg == WISMO_LEG_RETURN ? "return"
                                                             : "parcel",
           order_text(o, &parcel->id));
    printf("carrier    %s %s\n", order_text(o, &parcel->carrier),
           order_text(o, &parcel->tracking_number));
    printf("status     %s.%s\n", parcel->status->name, parcel->status->sub);
    order_show_raised(o, &parcel->raised, parcel->status, parcel->reported);

    if (parcel->delivered_to != WISMO_TO_NONE) {
        printf("handed to  %s\n", wismo_to_name(parcel->delivered_to));
    }

    order_show_time(o, "checked", parcel->checked_at);
    order_show_time(o, "next", parcel->next_check_at);

    if (parcel->source.len) {
        printf("source     %s\n", order_text(o, &parcel->source));
    }

    for (i = 0; i < parcel->nevents; i++) {
        order_show_event(o, &parcel->events[i]);
    }
}


/* What the clock says, since when and whose matter it is. */

static void
order_show_raised(order_t *o, const wismo_raised_t *raised,
    const wismo_substatus_t *status, const wismo_substatus_t *reported)
{
    if (raised->level == 0) {
        return;
    }

    order_show_time(o, "  since", raised->since);
    printf("  severity %s\n", wismo_severity_name(status->severity));
    printf("  act      %s\n", wismo_act_name(status->act));

    if (reported && reported != status) {
        printf("  reported %s.%s\n", reported->name, reported->sub);
    }
}


static void
order_show_event(order_t *o, const wismo_event_t *event)
{
    printf("  %-26s %s.%s", order_when(o, &event->when), event->status->name,
           event->status->sub);

    if (event->code.len) {
        printf(" [%s]", order_text(o, &event->code));
    }

    if (event->text.len) {
        printf("  %s", order_text(o, &event->text));
    }

    if (event->place.len) {
        printf("  (%s)", order_text(o, &event->place));
    }

    putchar('\n');
}


static void
order_show_time(order_t *o, const char *label, int64_t t)
{
    wismo_out_t  out;

    if (t == WISMO_TIME_NONE) {
        return;
    }

    wismo_out_init(&out, &o->pool, WISMO_TIME_UTC_LEN);
    wismo_time_out_utc(&out, t);

    printf("%-10s %.*s\n", label, (int) (out.pos - out.start),
           (char *) out.start);
}


static const char *
order_when(order_t *o, const wismo_when_t *when)
{
    int          minutes;
    wismo_out_t  out;

    wismo_out_init(&out, &o->pool, 40);

    if (when->wall == WISMO_TIME_NONE) {
        return "-";
    }

    if (when->basis == WISMO_BASIS_DATE) {
        wismo_time_out_date(&out, when->wall);

    } else {
        wismo_time_out_wall(&out, when->wall);
    }

    if (when->basis == WISMO_BASIS_UTC) {
        wismo_out_text(&out, "Z");

    } else if (when->offset != WISMO_OFFSET_NONE) {
        minutes = when->offset < 0 ? -when->offset : when->offset;
        wismo_out_printf(&out, "%c%02d:%02d", when->offset < 0 ? '-' : '+',
                         minutes / 60, minutes % 60);
    }

    wismo_out_bytes(&out, "", 1);

    return out.failed ? "-" : (char *) out.start;
}


/* For printf(); what is stored has been cleaned of control characters. */

static const char *
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
