
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo incident": declares what many orders have in common for a while, a
 * strike or a flood, changes what is said of it, and ends it.  Workers hear of
 * it and show it; no order is written.  Called by wismo.c.
 */


#include "fetch_args.h"
#include "fetch_cmd.h"
#include "fetch_redis.h"
#include "wismo_days.h"
#include "wismo_edd.h"
#include "wismo_incident.h"

#include <argp.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>


#define INCIDENT_POOL        (4 * 1024 * 1024)
#define INCIDENT_TRIES       8
#define INCIDENT_DAYS        7                /* unless said */
#define INCIDENT_DAYS_MAX    366


typedef struct {
    const char               *call;
    const char               *id;
    const char               *config;
    const char               *carrier;
    const char               *to;
    char                     *text[WISMO_INCIDENT_LANGS_MAX];
    unsigned                  ntext;
    int64_t                   from;
    int64_t                   until;
    bool                      all;
    bool                      json;
} incident_options_t;


typedef struct {
    incident_options_t        options;
    fetch_config_t            conf;
    fetch_redis_t             redis;
    wismo_pool_t              pool;
    wismo_str_t               bytes;          /* as stored */
    wismo_incidents_t         incidents;
    int64_t                   now;            /* Redis's */
} incident_t;


static error_t incident_option(int key, char *arg, struct argp_state *state);
static void incident_checked(const incident_options_t *o,
    struct argp_state *state);
static int64_t incident_time(const char *name, const char *text,
    struct argp_state *state);
static int incident_load(incident_t *in);
static int incident_store(incident_t *in);
static int incident_add(incident_t *in);
static int incident_list(incident_t *in);
static int incident_end(incident_t *in);
static int incident_change(incident_t *in);
static wismo_incident_t *incident_find(incident_t *in);
static int incident_new(incident_t *in, wismo_incident_t *incident);
static int incident_kept(incident_t *in, wismo_incident_t *incident);
static int incident_said(incident_t *in, wismo_incident_t *incident,
    wismo_json_t *texts);
static bool incident_lang(const char *option, wismo_str_t *lang);
static void incident_print(incident_t *in, const wismo_incident_t *incident);


static const struct argp_option  incident_opts[] = {

    { "all", 'a', NULL, 0,
      "add, change: touches all orders, of whatever carrier and place", 0 },

    { "carrier", 'C', "NAME", 0,
      "add, change: touches parcels of this carrier", 0 },

    { "config", 'c', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "from", 'f', "TIME", 0,
      "add, change: from when on (now)", 0 },

    { "json", 'j', NULL, 0,
      "print JSON", 0 },

    { "text", 't', "LANG=TEXT", 0,
      "add, change: what the page says in this language; for each one", 0 },

    { "to", 'p', "PLACE", 0,
      "add, change: touches orders that go there, as FR or DE-BE", 0 },

    { "until", 'u', "TIME", 0,
      "add, change: until when (seven days later)", 0 },

    { 0 }
};


static const struct argp  incident_argp = {
    incident_opts, incident_option, "add|list|change|end [ID]",
    "Tell every page it touches what has happened: a strike, a flood, a "
    "customs system that is down.  It shows until its time is over, or "
    "\"end\" ends it; \"change\" says anew what the options name, and leaves "
    "the rest.\v"
    "TIME is as 2026-12-01 or 2026-12-01T06:00+01:00.  Exit status 1 if it "
    "could not be done.",
    NULL, NULL, NULL
};


static error_t
incident_option(int key, char *arg, struct argp_state *state)
{
    incident_options_t  *o = state->input;

    switch (key) {

    case 'a':
        o->all = true;
        break;

    case 'C':
        o->carrier = arg;
        break;

    case 'c':
        o->config = arg;
        break;

    case 'f':
        o->from = incident_time("from", arg, state);
        break;

    case 'j':
        o->json = true;
        break;

    case 'p':
        o->to = arg;
        break;

    case 't':

        if (o->ntext == WISMO_INCIDENT_LANGS_MAX) {
            argp_error(state, "more than %d languages",
                       WISMO_INCIDENT_LANGS_MAX);
        }

        o->text[o->ntext++] = arg;
        break;

    case 'u':
        o->until = incident_time("until", arg, state);
        break;

    case ARGP_KEY_ARG:

        if (state->arg_num == 0) {
            o->call = arg;

        } else if (state->arg_num == 1 && (strcmp(o->call, "end") == 0
                                          || strcmp(o->call, "change") == 0))
        {
            o->id = arg;

        } else {
            argp_error(state, "unexpected argument \"%s\"", arg);
        }

        break;

    case ARGP_KEY_END:
        incident_checked(o, state);
        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


static void
incident_checked(const incident_options_t *o, struct argp_state *state)
{
    bool         change;
    wismo_str_t  place;

    if (o->call == NULL
        || (strcmp(o->call, "add") != 0 && strcmp(o->call, "list") != 0
            && strcmp(o->call, "change") != 0 && strcmp(o->call, "end") != 0))
    {
        argp_error(state, "expected add, list, change or end");
    }

    change = (strcmp(o->call, "change") == 0);

    if ((change || strcmp(o->call, "end") == 0) && o->id == NULL) {
        argp_error(state, "expected the ID of an incident, as \"wismo "
                          "incident list\" prints it");
    }

    if (!change && strcmp(o->call, "add") != 0) {
        return;
    }

    if (change) {

        if (o->ntext == 0 && !o->all && o->carrier == NULL && o->to == NULL
            && o->from == 0 && o->until == 0)
        {
            argp_error(state, "expected what is to be different: --until, "
                              "--text, --from, --carrier, --to or --all");
        }

    } else if (o->ntext == 0) {
        argp_error(state, "expected --text LANG=TEXT, as --text "
                          "\"en=Strike in France\"");
    }

    if (!change && !o->all && o->carrier == NULL && o->to == NULL) {
        argp_error(state, "expected --carrier, --to, or --all to touch every "
                          "order");
    }

    if (o->to) {
        place = wismo_str_of(o->to);

        if (place.len == 0 || !wismo_edd_place_ok(&place)) {
            argp_error(state, "--to \"%s\": expected a place as FR, DE-BE or "
                              "DE--10", o->to);
        }
    }
}


static int64_t
incident_time(const char *name, const char *text, struct argp_state *state)
{
    wismo_str_t   s;
    wismo_when_t  when;

    s = wismo_str_of(text);

    if (wismo_time_iso(&s, &when) != WISMO_OK) {
        argp_error(state, "--%s \"%s\": expected a time as 2026-12-01 or "
                          "2026-12-01T06:00+01:00", name, text);
    }

    return when.utc != WISMO_TIME_NONE ? when.utc : when.wall;
}


int
fetch_cmd_incident(int argc, char **argv)
{
    int         rc;
    incident_t  in;

    memset(&in, 0, sizeof(incident_t));

    argp_parse(&incident_argp, argc, argv, 0, NULL, &in.options);

    if (fetch_cmd_open(in.options.config, &in.conf, &in.redis)
        != FETCH_EXIT_OK)
    {
        return FETCH_EXIT_FAILED;
    }

    wismo_pool_init(&in.pool, INCIDENT_POOL, NULL, NULL);

    rc = strcmp(in.options.call, "add") == 0 ? incident_add(&in)
         : strcmp(in.options.call, "change") == 0 ? incident_change(&in)
         : strcmp(in.options.call, "end") == 0 ? incident_end(&in)
         : incident_list(&in);

    wismo_pool_done(&in.pool);

    return fetch_cmd_close(&in.conf, &in.redis, rc);
}


/* What is spoilt is told, and as good as none. */

static int
incident_load(incident_t *in)
{
    int            rc;
    redisReply    *reply;
    wismo_str_t    text;
    wismo_error_t  err;
    fetch_args_t   args;

    reply = NULL;

    if (fetch_redis_up(&in->redis)) {
        fetch_args_init(&args, &in->pool, 2);
        fetch_args_text(&args, "GET");
        fetch_args_text(&args, WISMO_KEY_INCIDENTS);

        if (!args.failed) {
            reply = fetch_redis_call(&in->redis, 2, args.argv);
        }
    }

    if (reply == NULL) {
        fprintf(stderr, "wismo: redis: %s\n", in->redis.error);
        return WISMO_ERROR;
    }

    wismo_str_null(&in->bytes);
    rc = WISMO_OK;

    if (reply->type == REDIS_REPLY_STRING) {
        text = fetch_redis_str(reply);

        rc = wismo_pstrdup(&in->pool, &in->bytes, &text);
    }

    freeReplyObject(reply);

    memset(&err, 0, sizeof(wismo_error_t));

    if (rc == WISMO_OK) {
        rc = wismo_incidents_read(&in->pool, &in->bytes, &in->incidents,
                                  &err);
    }

    if (rc == WISMO_DECLINED) {
        fprintf(stderr, "wismo: what is stored of incidents is unusable, and "
                        "replaced by the next one: %s\n", err.text);
        rc = WISMO_OK;
    }

    in->now = fetch_redis_time(&in->redis) / 1000;

    return rc;
}


/* Those that are over go.  WISMO_DECLINED: somebody else was faster. */

static int
incident_store(incident_t *in)
{
    int                rc;
    int64_t            end;
    unsigned           i;
    wismo_out_t        out;
    redisReply        *reply;
    fetch_args_t       args;
    wismo_incident_t  *one;

    wismo_out_init(&out, &in->pool, 4096);
    end = 0;

    for (i = 0; i < in->incidents.n; i++) {
        one = &in->incidents.incident[i];

        if (one->until <= in->now) {
            continue;
        }

        if (end) {
            wismo_out_text(&out, ",");

        } else {
            wismo_out_text(&out, "[");
        }

        wismo_incident_out(&out, one);
        end = one->until > end ? one->until : end;
    }

    if (end) {
        wismo_out_text(&out, "]");
    }

    if (out.failed || out.pos - out.start > WISMO_INCIDENTS_BYTES) {
        fprintf(stderr, "wismo: incidents take more than %d bytes: end some\n",
                WISMO_INCIDENTS_BYTES);
        return WISMO_ERROR;
    }

    fetch_args_init(&args, &in->pool, 4);
    fetch_args_text(&args, WISMO_KEY_INCIDENTS);
    fetch_args_add(&args, in->bytes.data, in->bytes.len);
    fetch_args_add(&args, out.start, (size_t) (out.pos - out.start));
    fetch_args_number(&args, end);

    reply = args.failed ? NULL
            : fetch_redis_script(&in->redis, FETCH_SCRIPT_INCIDENTS, 1,
                                 (int) args.n, args.argv);

    if (reply == NULL || reply->type != REDIS_REPLY_INTEGER) {
        fprintf(stderr, "wismo: redis: %s\n",
                reply && reply->type == REDIS_REPLY_ERROR ? reply->str
                                                          : in->redis.error);
        rc = WISMO_ERROR;

    } else {
        rc = reply->integer == 1 ? WISMO_OK : WISMO_DECLINED;
    }

    if (reply) {
        freeReplyObject(reply);
    }

    return rc;
}


static int
incident_add(incident_t *in)
{
    int                rc, tries;
    wismo_incident_t  *one;

    rc = WISMO_DECLINED;
    one = NULL;

    for (tries = 0; rc == WISMO_DECLINED && tries < INCIDENT_TRIES; tries++) {

        if (incident_load(in) != WISMO_OK) {
            return FETCH_EXIT_FAILED;
        }

        if (in->incidents.n == WISMO_INCIDENTS_MAX) {
            fprintf(stderr, "wismo: there are %d incidents already: end "
                            "some\n", WISMO_INCIDENTS_MAX);
            return FETCH_EXIT_FAILED;
        }

        one = &in->incidents.incident[in->incidents.n];

        if (incident_new(in, one) != WISMO_OK) {
            return FETCH_EXIT_USAGE;
        }

        in->incidents.n++;
        rc = incident_store(in);
    }

    if (rc != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (in->options.json) {
        incident_print(in, one);

    } else {
        printf("%.*s\n", (int) one->id.len, (char *) one->id.data);
    }

    return FETCH_EXIT_OK;
}


static int
incident_new(incident_t *in, wismo_incident_t *one)
{
    wismo_out_t  id;

    memset(one, 0, sizeof(wismo_incident_t));

    wismo_out_init(&id, &in->pool, 32);
    wismo_out_printf(&id, "i%llx",
                     (unsigned long long) fetch_redis_time(&in->redis));

    one->id.data = id.start;
    one->id.len = (size_t) (id.pos - id.start);

    return incident_said(in, one, wismo_json_new(&in->pool,
                                                 WISMO_JSON_OBJECT));
}


/* What is said of one that is there already, but for what is said anew. */

static int
incident_kept(incident_t *in, wismo_incident_t *one)
{
    unsigned             i;
    wismo_str_t          lang;
    wismo_json_t        *texts, *node;
    const wismo_json_t  *text;

    texts = wismo_json_new(&in->pool, WISMO_JSON_OBJECT);

    for (text = one->text->first; texts && text; text = text->next) {

        for (i = 0; i < in->options.ntext; i++) {
            if (incident_lang(in->options.text[i], &lang)
                && wismo_str_eq(&lang, &text->key))
            {
                break;
            }
        }

        if (i < in->options.ntext) {
            continue;
        }

        node = wismo_json_new(&in->pool, WISMO_JSON_STRING);

        if (node == NULL) {
            return WISMO_ERROR;
        }

        node->key = text->key;
        node->text = text->text;
        wismo_json_attach(node, texts);
    }

    if (in->options.all) {
        wismo_str_null(&one->carrier);
        wismo_str_null(&one->to);
    }

    return incident_said(in, one, texts);
}


/* What the options say, over what "one" has, and "texts". */

static int
incident_said(incident_t *in, wismo_incident_t *one, wismo_json_t *texts)
{
    unsigned             k;
    wismo_str_t          lang, text;
    wismo_json_t        *node;
    incident_options_t  *o;

    o = &in->options;

    if (texts == NULL) {
        return WISMO_ERROR;
    }

    if (o->carrier) {
        one->carrier = wismo_str_of(o->carrier);

        if (fetch_config_carrier(&in->conf, &one->carrier) == NULL) {
            fprintf(stderr, "wismo: there is no carrier \"%s\" in the "
                            "configuration\n", o->carrier);
            return WISMO_DECLINED;
        }
    }

    if (o->to) {
        one->to = wismo_str_of(o->to);
    }

    one->from = o->from ? o->from : one->from ? one->from : in->now;
    one->until = o->until ? o->until
                 : one->until ? one->until
                 : one->from + INCIDENT_DAYS * WISMO_DAY_SECONDS;

    if (one->until <= one->from || one->until <= in->now
        || one->until > in->now + INCIDENT_DAYS_MAX * WISMO_DAY_SECONDS)
    {
        fprintf(stderr, "wismo: --until: expected a time that is to come, "
                        "within %d days and after --from\n",
                INCIDENT_DAYS_MAX);
        return WISMO_DECLINED;
    }

    for (k = 0; k < o->ntext; k++) {

        if (!incident_lang(o->text[k], &lang)) {
            fprintf(stderr, "wismo: --text \"%s\": expected LANG=TEXT, as "
                            "\"en=Strike in France\"\n", o->text[k]);
            return WISMO_DECLINED;
        }

        text.data = (unsigned char *) o->text[k] + lang.len + 1;
        text.len = strlen((char *) text.data);

        if (wismo_clean_text(&in->pool, &text) != WISMO_OK) {
            return WISMO_ERROR;
        }

        if (text.len == 0 || text.len > WISMO_INCIDENT_TEXT_MAX) {
            fprintf(stderr, "wismo: --text of \"%.*s\": expected 1 to %d "
                            "bytes\n", (int) lang.len, (char *) lang.data,
                    WISMO_INCIDENT_TEXT_MAX);
            return WISMO_DECLINED;
        }

        node = wismo_json_new(&in->pool, WISMO_JSON_STRING);

        if (node == NULL) {
            return WISMO_ERROR;
        }

        node->key = lang;
        node->text = text;
        wismo_json_attach(node, texts);
    }

    if (texts->count > WISMO_INCIDENT_LANGS_MAX) {
        fprintf(stderr, "wismo: more than %d languages\n",
                WISMO_INCIDENT_LANGS_MAX);
        return WISMO_DECLINED;
    }

    one->text = texts;

    return WISMO_OK;
}


static bool
incident_lang(const char *option, wismo_str_t *lang)
{
    size_t       i;
    const char  *equals;

    equals = strchr(option, '=');

    lang->data = (unsigned char *) option;
    lang->len = equals ? (size_t) (equals - option) : 0;

    for (i = 0; i < lang->len; i++) {
        if (!isalnum(lang->data[i]) && lang->data[i] != '-') {
            return false;
        }
    }

    return lang->len >= 2 && lang->len <= 16;
}


static int
incident_list(incident_t *in)
{
    unsigned  i;

    if (incident_load(in) != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    for (i = 0; i < in->incidents.n; i++) {
        incident_print(in, &in->incidents.incident[i]);
    }

    return FETCH_EXIT_OK;
}


static int
incident_change(incident_t *in)
{
    int                rc, tries;
    wismo_incident_t  *one;

    rc = WISMO_DECLINED;
    one = NULL;

    for (tries = 0; rc == WISMO_DECLINED && tries < INCIDENT_TRIES; tries++) {

        one = incident_find(in);

        if (one == NULL) {
            return FETCH_EXIT_FAILED;
        }

        rc = incident_kept(in, one);

        if (rc != WISMO_OK) {
            return rc == WISMO_DECLINED ? FETCH_EXIT_USAGE
                                        : FETCH_EXIT_FAILED;
        }

        rc = incident_store(in);
    }

    if (rc != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (in->options.json) {
        incident_print(in, one);
    }

    return FETCH_EXIT_OK;
}


static int
incident_end(incident_t *in)
{
    int                 rc, tries;
    wismo_incident_t   *one;
    wismo_incidents_t  *all;

    all = &in->incidents;
    rc = WISMO_DECLINED;

    for (tries = 0; rc == WISMO_DECLINED && tries < INCIDENT_TRIES; tries++) {

        one = incident_find(in);

        if (one == NULL) {
            return FETCH_EXIT_FAILED;
        }

        memmove(one, one + 1, (size_t) (&all->incident[all->n] - one - 1)
                              * sizeof(wismo_incident_t));
        all->n--;

        rc = incident_store(in);
    }

    return rc == WISMO_OK ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


/* Of those that are stored now; NULL: that there is none is told. */

static wismo_incident_t *
incident_find(incident_t *in)
{
    unsigned     i;
    wismo_str_t  id;

    if (incident_load(in) != WISMO_OK) {
        return NULL;
    }

    id = wismo_str_of(in->options.id);

    for (i = 0; i < in->incidents.n; i++) {
        if (wismo_str_eq(&in->incidents.incident[i].id, &id)) {
            return &in->incidents.incident[i];
        }
    }

    fprintf(stderr, "wismo: there is no incident \"%s\"\n", in->options.id);

    return NULL;
}


static void
incident_print(incident_t *in, const wismo_incident_t *one)
{
    wismo_out_t          out;
    const char          *state;
    const wismo_json_t  *text;

    wismo_out_init(&out, &in->pool, 512);

    if (in->options.json) {
        wismo_incident_out(&out, one);

    } else {
        state = wismo_incident_is_active(one, in->now) ? "active"
                : one->until <= in->now ? "over" : "to come";

        wismo_out_str(&out, &one->id);
        wismo_out_printf(&out, "  %s  ", state);
        wismo_time_out_utc(&out, one->from);
        wismo_out_text(&out, " to ");
        wismo_time_out_utc(&out, one->until);
        wismo_out_text(&out, "  ");

        if (one->carrier.len) {
            wismo_out_str(&out, &one->carrier);
        }

        if (one->to.len) {
            wismo_out_text(&out, " to ");
            wismo_out_str(&out, &one->to);
        }

        if (one->carrier.len + one->to.len == 0) {
            wismo_out_text(&out, "all orders");
        }

        for (text = one->text->first; text; text = text->next) {
            wismo_out_text(&out, "\n  ");
            wismo_out_str(&out, &text->key);
            wismo_out_text(&out, ": ");
            wismo_out_str(&out, &text->text);
        }
    }

    if (!out.failed) {
        printf("%.*s\n", (int) (out.pos - out.start), (char *) out.start);
    }
}
