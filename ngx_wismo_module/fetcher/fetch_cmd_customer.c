
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo customer": what a person has a right to.  "export" hands out all that
 * is kept of somebody, "erase" forgets it, "reencrypt" brings contact data
 * under the first key.
 *
 * An address must not get into an error's text: it may be "-", so that it is
 * in no list of processes and in no shell's history either.
 */


#include "fetch_cmd.h"
#include "fetch_args.h"
#include "fetch_customer.h"
#include "fetch_ledger.h"
#include "fetch_meta.h"
#include "fetch_private.h"
#include "fetch_progress.h"
#include "fetch_reletter.h"
#include "fetch_walk.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


#define CUSTOMER_POOL        (256 * 1024 * 1024)
#define CUSTOMER_TYPED       512
#define CUSTOMER_ROUNDS      1000


typedef struct {
    const char           *call;
    const char           *address;
    const char           *config;
    const char           *country;
    const char           *code;                /* its calling code */
    bool                  phone;
    bool                  scan;
    bool                  dry_run;
    bool                  json;
    bool                  quiet;
    bool                  yes;
} customer_options_t;


typedef struct {
    customer_options_t    options;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    wismo_pool_t          pool;
    fetch_progress_t      progress;
    char                  typed[CUSTOMER_TYPED];
    fetch_person_t        person;
    fetch_customer_t      customer;
} customer_t;


static error_t customer_option(int key, char *arg, struct argp_state *state);
static void customer_quiet(void *data, const fetch_carrier_t *carrier,
    const char *text);
static int customer_person(customer_t *c);
static int customer_find(customer_t *c);
static void customer_begin(customer_t *c, const char *what);
static void customer_scanned(void *data, uint64_t keys, uint64_t records);
static int customer_export(customer_t *c);
static void customer_show(const json_t *all);
static int customer_erase(customer_t *c);
static void customer_warn(const customer_t *c);
static int customer_confirmed(customer_t *c);
static int customer_reencrypt(customer_t *c);
static void customer_resealed(void *data, uint64_t keys,
    const fetch_reseal_t *counts);
static int customer_down(customer_t *c);


typedef struct {
    const char  *name;
    bool         person;
    int          (*run)(customer_t *c);
} customer_call_t;


static const customer_call_t  customer_calls[] = {
    { "export", true, customer_export },
    { "erase", true, customer_erase },
    { "reencrypt", false, customer_reencrypt },
    { NULL, false, NULL }
};


static const struct argp_option  customer_opts[] = {

    { "config", 'c', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "country", 'C', "CC", 0,
      "of a telephone number that is written without one", 0 },

    { "dry-run", 'n', 0, 0,
      "erase, reencrypt: only tell what there is to do", 0 },

    { "json", 'j', 0, 0,
      "print one JSON object", 0 },

    { "phone", 'p', 0, 0,
      "ADDRESS is a telephone number, which is seen where it has no \"@\"",
      0 },

    { "quiet", 'q', 0, 0,
      "no progress", 0 },

    { "scan", 's', 0, 0,
      "read all orders instead of the index", 0 },

    { "yes", 'y', 0, 0,
      "erase: without asking", 0 },

    { 0 }
};


static const struct argp  customer_argp = {
    customer_opts, customer_option,
    "export ADDRESS\nerase ADDRESS\nreencrypt",
    "Hand out or erase all that is known of a person, by e-mail address or "
    "telephone number (\"-\" reads it from standard input), or bring all "
    "contact data under the first key of \"wismo_contact_key_file\".\v"
    "Exit status: 0 done, also if nothing is known of the person; 1 it could "
    "not be done, or not all of it; 2 unusable arguments.",
    NULL, NULL, NULL
};


static error_t
customer_option(int key, char *arg, struct argp_state *state)
{
    wismo_str_t          country;
    customer_options_t  *o = state->input;

    switch (key) {

    case 'C':
        country = wismo_str_of(arg);

        o->country = arg;
        o->code = wismo_calling_code(&country);

        if (o->code == NULL) {
            argp_error(state, "expected --country as in ISO 3166, such as "
                              "\"GB\"");
        }

        break;

    case 'c':
        o->config = arg;
        break;

    case 'n':
        o->dry_run = true;
        break;

    case 'j':
        o->json = true;
        break;

    case 'p':
        o->phone = true;
        break;

    case 'q':
        o->quiet = true;
        break;

    case 's':
        o->scan = true;
        break;

    case 'y':
        o->yes = true;
        break;

    case ARGP_KEY_ARG:

        if (state->arg_num == 0) {
            o->call = arg;

        } else if (state->arg_num == 1) {
            o->address = arg;

        } else {
            argp_error(state, "one ADDRESS at a time");
        }

        break;

    case ARGP_KEY_NO_ARGS:
        argp_error(state, "expected export, erase or reencrypt");
        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_customer(int argc, char **argv)
{
    int                     rc;
    customer_t             *c;
    wismo_error_t           err;
    const customer_call_t  *call;

    c = calloc(1, sizeof(customer_t));

    if (c == NULL) {
        fputs("wismo: there is no memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    argp_parse(&customer_argp, argc, argv, 0, NULL, &c->options);

    for (call = customer_calls; call->name; call++) {
        if (strcmp(call->name, c->options.call) == 0) {
            break;
        }
    }

    if (call->name == NULL) {
        fprintf(stderr, "wismo: unknown call \"customer %s\": expected "
                        "export, erase or reencrypt\n", c->options.call);
        free(c);
        return FETCH_EXIT_USAGE;
    }

    if (call->person != (c->options.address != NULL)) {
        fprintf(stderr, "wismo: \"customer %s\" %s\n", call->name,
                call->person ? "wants an ADDRESS, or - for standard input"
                             : "takes no ADDRESS");
        free(c);
        return FETCH_EXIT_USAGE;
    }

    wismo_pool_init(&c->pool, CUSTOMER_POOL, NULL, NULL);

    rc = call->person ? customer_person(c) : FETCH_EXIT_OK;

    if (rc != FETCH_EXIT_OK) {
        goto done;
    }

    rc = FETCH_EXIT_FAILED;

    if (fetch_config_open(&c->conf, c->options.config, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: %s:%s %s\n", c->conf.file, err.at, err.text);
        goto done;
    }

    if (fetch_config_contact(&c->conf, &err) != WISMO_OK) {
        fprintf(stderr, "wismo: contact data can't be read or found: %s\n",
                err.text);
        goto done;
    }

    (void) fetch_config_carriers(&c->conf, customer_quiet, NULL);

    fetch_redis_init(&c->redis, &c->conf);

    if (!fetch_redis_up(&c->redis)
        || fetch_meta(&c->redis, false) != WISMO_OK)
    {
        rc = customer_down(c);

    } else {
        rc = call->run(c);
    }

    fetch_redis_close(&c->redis);

done:

    fetch_config_done(&c->conf);
    wismo_pool_done(&c->pool);
    free(c);

    return rc;
}


static void
customer_quiet(void *data, const fetch_carrier_t *carrier, const char *text)
{
    (void) data;
    (void) carrier;
    (void) text;
}


static int
customer_down(customer_t *c)
{
    fprintf(stderr, "wismo: redis: %s\n", c->redis.error);

    return FETCH_EXIT_FAILED;
}


static int
customer_person(customer_t *c)
{
    size_t       len;
    wismo_str_t  typed;

    if (strcmp(c->options.address, "-") == 0) {

        if (fgets(c->typed, sizeof(c->typed), stdin) == NULL) {
            fputs("wismo: standard input has no address\n", stderr);
            return FETCH_EXIT_USAGE;
        }

    } else {
        snprintf(c->typed, sizeof(c->typed), "%s", c->options.address);
    }

    len = strcspn(c->typed, "\r\n");
    c->typed[len] = '\0';

    typed.data = (unsigned char *) c->typed;
    typed.len = len;

    c->options.phone |= (strchr(c->typed, '@') == NULL);

    if (c->options.country && !c->options.phone) {
        fputs("wismo: --country is for telephone numbers\n", stderr);
        return FETCH_EXIT_USAGE;
    }

    switch (fetch_person(&c->person, &c->pool,
                         c->options.phone ? WISMO_FACTOR_PHONE
                                          : WISMO_FACTOR_EMAIL, &typed))
    {
    case WISMO_OK:
        c->person.code = c->options.code;
        return FETCH_EXIT_OK;

    case WISMO_DECLINED:
        fputs("wismo: expected an e-mail address, such as jo@example.com, or "
              "a telephone number, such as \"+44 20 7946 0000\"\n", stderr);
        return FETCH_EXIT_USAGE;

    default:
        fputs("wismo: there is no memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }
}


static void
customer_begin(customer_t *c, const char *what)
{
    uint64_t  size;

    if (fetch_walk_size(&c->redis, &size) != WISMO_OK) {
        size = 0;
    }

    fetch_progress_begin(&c->progress, what, size,
                         c->options.quiet || size == 0);
}


static void
customer_scanned(void *data, uint64_t keys, uint64_t records)
{
    customer_t *c = data;

    fetch_progress_at(&c->progress,
                      keys < c->progress.size ? keys : c->progress.size,
                      records, c->customer.closed);
}


/* By the index if it has all orders, else by looking at all of them. */

static int
customer_find(customer_t *c)
{
    int       rc;
    bool      complete;
    unsigned  closed;

    if (fetch_meta_indexed(&c->redis, &complete) != WISMO_OK
        || fetch_customer_find(&c->redis, &c->pool, &c->person, &c->customer)
           != WISMO_OK)
    {
        return customer_down(c);
    }

    if (complete && !c->options.scan) {
        return FETCH_EXIT_OK;
    }

    if (!complete && !c->options.quiet) {
        fputs("wismo: some orders came without the present keys: all are "
              "read; \"wismo customer reencrypt\" spares that the next "
              "time\n", stderr);
    }

    closed = c->customer.closed;
    c->customer.closed = 0;
    c->customer.elsewhere = 0;

    customer_begin(c, "orders");

    rc = fetch_customer_scan(&c->redis, &c->pool, &c->person, &c->customer,
                             customer_scanned, c);

    (void) fetch_progress_end(&c->progress);

    if (rc != WISMO_OK) {
        return customer_down(c);
    }

    if (c->customer.closed > closed) {
        fprintf(stderr, "wismo: the contact data of %u orders can't be "
                        "opened: it is not known whose they are; \"wismo "
                        "doctor\" tells why\n", c->customer.closed - closed);
        return FETCH_EXIT_FAILED;
    }

    return FETCH_EXIT_OK;
}


static int
customer_export(customer_t *c)
{
    int          rc;
    json_t      *all, *order;
    size_t       i;
    const char  *why;
    json_int_t   closed;

    rc = customer_find(c);

    if (c->redis.c == NULL) {
        return FETCH_EXIT_FAILED;
    }

    customer_warn(c);

    all = fetch_customer_export(&c->redis, &c->pool, &c->person, &c->customer,
                                rc == FETCH_EXIT_OK);

    if (all == NULL) {
        return customer_down(c);
    }

    json_array_foreach(json_object_get(all, "orders"), i, order) {
        why = json_string_value(json_object_get(order, "unreadable"));

        if (why) {
            fprintf(stderr, "wismo: order %s: %s\n",
                    json_string_value(json_object_get(order, "order")), why);
        }
    }

    closed = json_integer_value(json_object_get(all, "unopened"));

    if (closed) {
        fetch_customer_closed((unsigned) closed);
        rc = FETCH_EXIT_FAILED;
    }

    if (c->options.json) {
        (void) json_dumpf(all, stdout, JSON_INDENT(2));
        (void) putchar('\n');

    } else {
        customer_show(all);
    }

    json_decref(all);

    return rc;
}


static void
customer_show(const json_t *all)
{
    size_t         i;
    json_t        *order, *letter;
    const json_t  *shown, *sent, *customer;

    json_array_foreach(json_object_get(all, "orders"), i, order) {
        shown = json_object_get(order, "shown");
        sent = json_object_get(order, "sent");
        customer = json_object_get(sent, "customer");

        printf("order      %s\n",
               json_string_value(json_object_get(order, "order")));

        if (json_is_string(json_object_get(shown, "status"))) {
            printf("status     %s\n",
                   json_string_value(json_object_get(shown, "status")));
        }

        printf("parcels    %zu\n",
               json_array_size(json_object_get(shown, "shipments")));
        printf("contact    %s%s%s\n",
               json_object_get(customer, "name") ? "name " : "",
               json_object_get(customer, "email") ? "e-mail " : "",
               json_object_get(customer, "phone") ? "phone" : "");
        printf("address    %s\n",
               json_object_get(sent, "ship_to") ? "yes" : "no");
        printf("notices    %zu\n",
               json_array_size(json_object_get(order, "notices")));
        printf("feedback   %s\n\n",
               json_object_get(order, "feedback") ? "yes" : "no");
    }

    json_array_foreach(json_object_get(all, "letters"), i, letter) {
        printf("letter     %s, %zu bytes\n",
               json_string_value(json_object_get(letter, "place")),
               json_string_length(json_object_get(letter, "body")));
    }

    printf("%zu orders, %zu letters; --json prints all of it\n",
           json_array_size(json_object_get(all, "orders")),
           json_array_size(json_object_get(all, "letters")));
}


/* A telephone may be several people's, and a number may be like another. */

static void
customer_warn(const customer_t *c)
{
    if (!c->options.phone) {
        return;
    }

    if (c->customer.addresses > 1) {
        fprintf(stderr, "wismo: these orders have %u different e-mail "
                        "addresses: several people may share the number\n",
                c->customer.addresses);
    }

    if (c->customer.elsewhere) {
        fprintf(stderr, "wismo: %u more orders have a number that ends alike, "
                        "of another country or town: they are left out%s\n",
                c->customer.elsewhere,
                c->options.code ? "; is --country right?" : "");
    }
}


static int
customer_confirmed(customer_t *c)
{
    int  answer;

    if (c->options.yes || c->customer.n == 0) {
        return FETCH_EXIT_OK;
    }

    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "wismo: erasing can't be undone: say --yes\n");
        return FETCH_EXIT_USAGE;
    }

    fprintf(stderr, "Erase %u order%s and all that is known of the person? "
                    "[y/N] ", c->customer.n, c->customer.n == 1 ? "" : "s");
    answer = getchar();

    if (answer != 'y' && answer != 'Y') {
        fprintf(stderr, "wismo: nothing was erased\n");
        return FETCH_EXIT_FAILED;
    }

    return FETCH_EXIT_OK;
}


/* In rounds, as the index gives a part at a time. */

static int
customer_erase(customer_t *c)
{
    int             rc, found, n;
    unsigned        round, addresses;
    fetch_trace_t   trace;
    fetch_erased_t  erased, sum;

    memset(&sum, 0, sizeof(fetch_erased_t));

    found = customer_find(c);

    if (c->redis.c == NULL) {
        return FETCH_EXIT_FAILED;
    }

    addresses = c->customer.addresses;
    customer_warn(c);

    if (c->options.dry_run) {

        if (fetch_customer_trace(&c->redis, &c->pool, &c->person,
                                 &c->customer, &trace)
            != WISMO_OK)
        {
            return customer_down(c);
        }

        trace.closed = &sum.closed;

        n = fetch_trace_walk(&c->redis, &trace, FETCH_TRACE_ALL, false, NULL,
                             NULL);

        if (n < 0) {
            return customer_down(c);
        }

        sum.orders = c->customer.n;
        sum.traces = (unsigned) n;

        goto done;
    }

    rc = customer_confirmed(c);

    if (rc != FETCH_EXIT_OK) {
        return rc;
    }

    for (round = 0; round < CUSTOMER_ROUNDS; round++) {

        rc = fetch_customer_erase(&c->redis, &c->pool, &c->person,
                                  &c->customer, NULL, &erased);

        sum.orders += erased.orders;
        sum.traces += erased.traces;
        sum.closed = erased.closed;

        if (rc != WISMO_OK) {
            fprintf(stderr, "wismo: stopped after %u orders, the same call "
                            "goes on from there\n", sum.orders);
            return customer_down(c);
        }

        if (c->customer.n < FETCH_TRACE_ORDERS) {
            break;
        }

        found = customer_find(c);

        if (c->redis.c == NULL) {
            return FETCH_EXIT_FAILED;
        }
    }

done:

    if (sum.closed) {
        fetch_customer_closed(sum.closed);
        found = FETCH_EXIT_FAILED;
    }

    if (c->options.json) {
        printf("{\"orders\":%u,\"letters\":%u,\"addresses\":%u,"
               "\"complete\":%s,\"dry_run\":%s}\n", sum.orders, sum.traces,
               addresses,
               found == FETCH_EXIT_OK ? "true" : "false",
               c->options.dry_run ? "true" : "false");

    } else if (c->options.dry_run) {
        printf("%u orders and %u letters would be erased\n", sum.orders,
               sum.traces);

    } else if (sum.orders + sum.traces == 0) {
        printf("nothing is known of this person\n");

    } else {
        printf("%u orders and %u letters are erased; Redis's append-only "
               "file forgets them at its next rewrite\n", sum.orders,
               sum.traces);
    }

    return found;
}


static int
customer_reencrypt(customer_t *c)
{
    int             rc;
    fetch_reseal_t  counts;

    if (!c->conf.sealed && !c->options.quiet) {
        fputs("wismo: nginx.conf has no \"wismo_contact_key_file\": contact "
              "data stays as it is, only the index is made\n", stderr);
    }

    customer_begin(c, "orders");

    rc = fetch_reseal(&c->redis, &counts,
                      c->options.dry_run ? UINT64_MAX : 0,
                      customer_resealed, c);

    (void) fetch_progress_end(&c->progress);

    if (rc == WISMO_OK) {
        rc = fetch_reletter(&c->redis, &counts, c->options.dry_run);
    }

    if (rc != WISMO_OK) {
        fprintf(stderr, "wismo: stopped after %llu records, the same call "
                        "goes on from there\n",
                (unsigned long long) counts.looked);
        return customer_down(c);
    }

    if (c->options.json) {
        printf("{\"records\":%llu,\"changed\":%llu,\"plain\":%llu,"
               "\"old_key\":%llu,\"closed\":%llu,\"waiting\":%s,"
               "\"dry_run\":%s}\n",
               (unsigned long long) counts.looked,
               (unsigned long long) counts.changed,
               (unsigned long long) counts.plain,
               (unsigned long long) counts.old,
               (unsigned long long) counts.closed,
               counts.waiting ? "true" : "false",
               c->options.dry_run ? "true" : "false");

    } else {
        printf("%llu records, %llu %s (%llu were not encrypted, %llu had an "
               "older key), %llu can't be opened\n",
               (unsigned long long) counts.looked,
               (unsigned long long) counts.changed,
               c->options.dry_run ? "to be written" : "written anew",
               (unsigned long long) counts.plain,
               (unsigned long long) counts.old,
               (unsigned long long) counts.closed);
    }

    if (counts.closed) {
        fprintf(stderr, "wismo: %s\n", counts.why);
    }

    if (counts.waiting) {
        fputs("wismo: letters wait that are sealed with an older key: call "
              "again when the fetcher has applied them\n", stderr);
    }

    return (counts.closed || counts.waiting) ? FETCH_EXIT_FAILED
                                             : FETCH_EXIT_OK;
}


static void
customer_resealed(void *data, uint64_t keys, const fetch_reseal_t *counts)
{
    customer_t *c = data;

    fetch_progress_at(&c->progress,
                      keys < c->progress.size ? keys : c->progress.size,
                      counts->looked, counts->closed);
}
