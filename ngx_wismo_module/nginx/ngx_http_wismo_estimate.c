
/*
 * Copyright (C) The Wismo authors
 *
 * GET v1/estimate of the API: the days in which a parcel would arrive, for a
 * product page (docs/api.md).  Called by ngx_http_wismo_api.c, which has
 * checked the key.
 *
 * The ranges are ready in a table that the fetcher writes: one read asks for
 * the lane and for all coarser ones it belongs to, and the finest that is
 * there is added to the date.  Nothing is predicted here.
 */


#include "ngx_http_wismo_estimate.h"
#include "ngx_http_wismo_reply.h"
#include "ngx_http_wismo_wait.h"

#include "wismo_edd_days.h"
#include "wismo_edd_lane.h"
#include "wismo_edd_zone.h"


#define NGX_HTTP_WISMO_ESTIMATE_PATH     "v1/estimate"
#define NGX_HTTP_WISMO_ESTIMATE_NAME     64
#define NGX_HTTP_WISMO_ESTIMATE_ZONES    2

/* all that is fixed, dates and numbers, mostly names and places, too; and
 * more than all of them at their longest */
#define NGX_HTTP_WISMO_ESTIMATE_HINT     384
#define NGX_HTTP_WISMO_ESTIMATE_BODY     2048


typedef enum {
    NGX_HTTP_WISMO_ESTIMATE_AT = 0,
    NGX_HTTP_WISMO_ESTIMATE_CARRIER,
    NGX_HTTP_WISMO_ESTIMATE_DESTINATION,
    NGX_HTTP_WISMO_ESTIMATE_ORIGIN,
    NGX_HTTP_WISMO_ESTIMATE_SERVICE,
    NGX_HTTP_WISMO_ESTIMATE_ARGS
} ngx_http_wismo_estimate_arg_e;


typedef struct {
    wismo_edd_parcel_t   lane;
    unsigned             ways[WISMO_EDD_LANE_WAYS];
    ngx_uint_t           nways;
    wismo_days_e         kinds[WISMO_DAYS_KINDS];      /* calendars that are */
    ngx_uint_t           nkinds;                       /* asked for */
    ngx_uint_t           nzones;                       /* clocks that are */
} ngx_http_wismo_estimate_t;


static const char *ngx_http_wismo_estimate_args(ngx_http_request_t *r,
    ngx_str_t *args, ngx_uint_t *which);
static const char *ngx_http_wismo_estimate_lane(ngx_http_request_t *r,
    ngx_http_wismo_estimate_t *e, ngx_str_t *args, ngx_uint_t *which);
static ngx_uint_t ngx_http_wismo_estimate_name_ok(ngx_str_t *name);
static ngx_int_t ngx_http_wismo_estimate_ask(ngx_http_request_t *r,
    ngx_http_wismo_estimate_t *e);
static ngx_uint_t ngx_http_wismo_estimate_calendars(ngx_http_request_t *r,
    ngx_http_wismo_estimate_t *e, ngx_str_t *argv,
    char (*buf)[WISMO_EDD_DAYS_NAME + 3]);
static ngx_uint_t ngx_http_wismo_estimate_zones(ngx_http_request_t *r,
    ngx_http_wismo_estimate_t *e, ngx_str_t *argv,
    char (*buf)[WISMO_EDD_DAYS_NAME + 3]);
static void ngx_http_wismo_estimate_now(ngx_http_wismo_estimate_t *e,
    ngx_http_wismo_value_t *values);
static void ngx_http_wismo_estimate_days(ngx_http_wismo_estimate_t *e,
    ngx_http_wismo_value_t *values, wismo_edd_range_t *table,
    wismo_edd_range_t *range);
static ngx_int_t ngx_http_wismo_estimate_answer(ngx_http_request_t *r,
    void *data, ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value);
static void ngx_http_wismo_estimate_date(wismo_out_t *out, int64_t day);
static void ngx_http_wismo_estimate_two(u_char *p, ngx_uint_t n);


static ngx_str_t  ngx_http_wismo_estimate_names[] = {
    ngx_string("at"),
    ngx_string("carrier"),
    ngx_string("destination"),
    ngx_string("origin"),
    ngx_string("service")
};


ngx_uint_t
ngx_http_wismo_estimate_is(ngx_http_request_t *r)
{
    u_char                    *p;
    size_t                     len;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (r->uri.len <= clcf->name.len || clcf->name.len == 0
        || ngx_memcmp(r->uri.data, clcf->name.data, clcf->name.len) != 0)
    {
        return 0;
    }

    p = r->uri.data + clcf->name.len;
    len = r->uri.len - clcf->name.len;

    if (clcf->name.data[clcf->name.len - 1] != '/') {

        if (*p++ != '/') {
            return 0;
        }

        len--;
    }

    return len == sizeof(NGX_HTTP_WISMO_ESTIMATE_PATH) - 1
           && ngx_memcmp(p, NGX_HTTP_WISMO_ESTIMATE_PATH, len) == 0;
}


ngx_int_t
ngx_http_wismo_estimate(ngx_http_request_t *r)
{
    ngx_int_t                   rc;
    ngx_str_t                   args[NGX_HTTP_WISMO_ESTIMATE_ARGS];
    ngx_uint_t                  which;
    const char                 *text, *name;
    wismo_error_t               err;
    ngx_http_wismo_response_t   rs;
    ngx_http_wismo_estimate_t  *e;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        ngx_http_wismo_response_init(&rs, NGX_HTTP_NOT_ALLOWED,
                                     NGX_HTTP_WISMO_PROBLEM);
        ngx_str_set(&rs.allow, "GET, HEAD");

        return ngx_http_wismo_problem(r, &rs, "An estimate can be read.",
                                      NULL, 0);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    e = ngx_pcalloc(r->pool, sizeof(ngx_http_wismo_estimate_t));
    if (e == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    which = NGX_HTTP_WISMO_ESTIMATE_ARGS;
    text = ngx_http_wismo_estimate_args(r, args, &which);

    if (text == NULL) {
        text = ngx_http_wismo_estimate_lane(r, e, args, &which);
    }

    if (text) {
        name = "";

        if (which < NGX_HTTP_WISMO_ESTIMATE_ARGS) {
            name = (char *) ngx_http_wismo_estimate_names[which].data;
        }

        ngx_memzero(&err, sizeof(wismo_error_t));
        wismo_error_set(&err, name, "%s", text);

        return ngx_http_wismo_reply_problem(r, NGX_HTTP_BAD_REQUEST,
                                            "The question cannot be "
                                            "understood.", &err, 1, -1);
    }

    return ngx_http_wismo_estimate_ask(r, e);
}


/* What is wrong with the query string, or NULL. */

static const char *
ngx_http_wismo_estimate_args(ngx_http_request_t *r, ngx_str_t *args,
    ngx_uint_t *which)
{
    u_char      *p, *last, *end, *eq, *dst, *src;
    ngx_str_t   *name;
    ngx_uint_t   i;

    ngx_memzero(args, NGX_HTTP_WISMO_ESTIMATE_ARGS * sizeof(ngx_str_t));

    p = r->args.data;
    last = p + r->args.len;

    for ( /* void */ ; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '&');

        if (end == NULL) {
            end = last;
        }

        eq = ngx_strlchr(p, end, '=');

        if (eq == NULL) {
            return "expected NAME=VALUE, divided by \"&\"";
        }

        for (i = 0; i < NGX_HTTP_WISMO_ESTIMATE_ARGS; i++) {
            name = &ngx_http_wismo_estimate_names[i];

            if (name->len == (size_t) (eq - p)
                && ngx_memcmp(name->data, p, name->len) == 0)
            {
                break;
            }
        }

        if (i == NGX_HTTP_WISMO_ESTIMATE_ARGS) {
            return "expected origin, destination, service, carrier and at, "
                   "and nothing else";
        }

        *which = i;

        if (args[i].data) {
            return "is there twice";
        }

        src = eq + 1;

        args[i].data = ngx_pnalloc(r->pool, end - src + 1);
        if (args[i].data == NULL) {
            return "cannot be read: there is no memory";
        }

        dst = args[i].data;

        ngx_unescape_uri(&dst, &src, end - src, 0);

        args[i].len = dst - args[i].data;
    }

    *which = NGX_HTTP_WISMO_ESTIMATE_ARGS;

    return NULL;
}


static const char *
ngx_http_wismo_estimate_lane(ngx_http_request_t *r,
    ngx_http_wismo_estimate_t *e, ngx_str_t *args, ngx_uint_t *which)
{
    ngx_str_t     *arg;
    ngx_uint_t     i;
    wismo_str_t    text, *part;
    wismo_when_t   when;

    static const ngx_uint_t  places[] = {
        NGX_HTTP_WISMO_ESTIMATE_DESTINATION, NGX_HTTP_WISMO_ESTIMATE_ORIGIN
    };

    static const ngx_uint_t  names[] = {
        NGX_HTTP_WISMO_ESTIMATE_CARRIER, NGX_HTTP_WISMO_ESTIMATE_SERVICE
    };

    for (i = 0; i < 2; i++) {
        *which = places[i];
        arg = &args[places[i]];

        text.data = arg->data;
        text.len = arg->len;

        if (!wismo_edd_place_ok(&text) || (i == 0 && text.len == 0)) {
            return "expected a place as COUNTRY-REGION-POSTCODE, such as "
                   "\"DE-BE-10115\", \"DE--10115\" or \"DE\"";
        }

        part = i ? &e->lane.origin : &e->lane.destination;

        part->data = ngx_pnalloc(r->pool, WISMO_EDD_PLACE_MAX + 2);
        if (part->data == NULL) {
            return "cannot be read: there is no memory";
        }

        part->len = wismo_edd_place_name((char *) part->data, &text);
    }

    for (i = 0; i < 2; i++) {
        *which = names[i];
        arg = &args[names[i]];

        if (!ngx_http_wismo_estimate_name_ok(arg)) {
            return "expected a name of at most 64 bytes, without quotes";
        }

        part = i ? &e->lane.service : &e->lane.carrier;
        part->data = arg->data;
        part->len = arg->len;
    }

    *which = NGX_HTTP_WISMO_ESTIMATE_AT;
    arg = &args[NGX_HTTP_WISMO_ESTIMATE_AT];

    e->lane.purchased = WISMO_TIME_NONE;

    if (arg->data) {
        text.data = arg->data;
        text.len = arg->len;

        if (wismo_time_iso(&text, &when) != WISMO_OK || when.wall < 0) {
            return "expected a time such as \"2026-12-01T16:30:00\", on the "
                   "clock of the warehouse";
        }

        e->lane.purchased = when.wall;
    }

    return NULL;
}


/* Whatever needs no escape in JSON. */

static ngx_uint_t
ngx_http_wismo_estimate_name_ok(ngx_str_t *name)
{
    u_char  *p, *last;
    size_t   n;

    if (name->len > NGX_HTTP_WISMO_ESTIMATE_NAME) {
        return 0;
    }

    last = name->data + name->len;

    for (p = name->data; p < last; p += n) {

        n = wismo_utf8(p, last);

        if (n == 0 || *p < 0x20 || *p == 0x7f || *p == '"' || *p == '\\'
            || *p == '<' || *p == '>' || *p == '&')
        {
            return 0;
        }
    }

    return 1;
}


static ngx_int_t
ngx_http_wismo_estimate_ask(ngx_http_request_t *r,
    ngx_http_wismo_estimate_t *e)
{
    char                       buf[WISMO_EDD_LANE_WAYS][WISMO_EDD_FIELD_MAX];
    char                       days[WISMO_DAYS_KINDS][WISMO_EDD_DAYS_NAME + 3];
    char                       zones[NGX_HTTP_WISMO_ESTIMATE_ZONES]
                                    [WISMO_EDD_DAYS_NAME + 3];
    unsigned                   way;
    ngx_str_t                  argv[2 + WISMO_EDD_LANE_WAYS
                                    + WISMO_DAYS_KINDS
                                    + NGX_HTTP_WISMO_ESTIMATE_ZONES];
    ngx_uint_t                 argc;
    wismo_edd_parcel_t         asked;
    ngx_http_wismo_redis_rc_e  redis;

    ngx_str_set(&argv[0], "HMGET");
    ngx_str_set(&argv[1], WISMO_KEY_EDD_LANES);
    argc = 2;

    for (way = 0; way < WISMO_EDD_LANE_WAYS; way++) {

        if (!wismo_edd_lane(&e->lane, way, &asked)) {
            continue;
        }

        argv[argc].data = (u_char *) buf[way];
        argv[argc].len = wismo_edd_lane_field(buf[way], &asked);

        if (argv[argc].len) {
            e->ways[e->nways++] = way;
            argc++;
        }
    }

    argc += ngx_http_wismo_estimate_calendars(r, e, &argv[argc], days);

    if (e->lane.purchased == WISMO_TIME_NONE) {
        argc += ngx_http_wismo_estimate_zones(r, e, &argv[argc], zones);
    }

    redis = ngx_http_wismo_ask(r, argc, argv, ngx_http_wismo_estimate_answer,
                               e);

    if (redis != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_estimate_answer(r, e, redis, NULL);
    }

    r->main->count++;

    return NGX_DONE;
}


/* The calendars that go for this lane, if there are any at all. */

static ngx_uint_t
ngx_http_wismo_estimate_calendars(ngx_http_request_t *r,
    ngx_http_wismo_estimate_t *e, ngx_str_t *argv,
    char (*buf)[WISMO_EDD_DAYS_NAME + 3])
{
    ngx_uint_t                   i;
    wismo_str_t                 *name;
    const wismo_calendar_t      *calendar;
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    for (i = 0; wmcf->calendar_names.n && i < WISMO_DAYS_KINDS; i++) {

        name = (i == WISMO_DAYS_WAREHOUSE) ? &e->lane.origin
               : (i == WISMO_DAYS_CARRIER) ? &e->lane.carrier
               : &e->lane.destination;

        calendar = wismo_calendars_best(&wmcf->calendar_names,
                                        (wismo_days_e) i, name);

        if (calendar == NULL) {
            continue;
        }

        argv[e->nkinds].data = (u_char *) buf[e->nkinds];
        argv[e->nkinds].len = wismo_edd_days_field(buf[e->nkinds],
                                                   (wismo_days_e) i,
                                                   &calendar->name);

        e->kinds[e->nkinds++] = (wismo_days_e) i;
    }

    return e->nkinds;
}


/*
 * Clocks that may be the warehouse's: of its calendar, or of the place and its
 * country.
 */

static ngx_uint_t
ngx_http_wismo_estimate_zones(ngx_http_request_t *r,
    ngx_http_wismo_estimate_t *e, ngx_str_t *argv,
    char (*buf)[WISMO_EDD_DAYS_NAME + 3])
{
    ngx_uint_t                   i, n;
    wismo_str_t                  places[NGX_HTTP_WISMO_ESTIMATE_ZONES];
    const wismo_calendar_t      *calendar;
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    n = 0;

    if (e->lane.origin.len) {
        places[n++] = e->lane.origin;
    }

    calendar = wismo_calendars_best(&wmcf->calendar_names,
                                    WISMO_DAYS_WAREHOUSE, &e->lane.origin);

    if (calendar) {
        places[n++] = calendar->name;

    } else if (n && e->lane.origin.len > 2) {
        places[n] = e->lane.origin;
        places[n++].len = 2;
    }

    for (i = 0; i < n; i++) {
        argv[i].data = (u_char *) buf[i];
        argv[i].len = wismo_edd_zone_field(buf[i], &places[i]);
    }

    e->nzones = n;

    return n;
}


/* The first that is known; else UTC. */

static void
ngx_http_wismo_estimate_now(ngx_http_wismo_estimate_t *e,
    ngx_http_wismo_value_t *values)
{
    ngx_uint_t   i;
    wismo_str_t  bytes;

    if (e->lane.purchased != WISMO_TIME_NONE) {
        return;
    }

    for (i = 0; i < e->nzones; i++) {
        bytes.data = values[i].str.data;
        bytes.len = values[i].str.len;

        if (values[i].type == NGX_HTTP_WISMO_REDIS_STRING
            && wismo_edd_zone_wall(&bytes, ngx_time(), &e->lane.purchased)
               == WISMO_OK)
        {
            return;
        }
    }

    e->lane.purchased = ngx_time();
}


/* The table's days, as days of those calendars. */

static void
ngx_http_wismo_estimate_days(ngx_http_wismo_estimate_t *e,
    ngx_http_wismo_value_t *values, wismo_edd_range_t *table,
    wismo_edd_range_t *range)
{
    ngx_uint_t           i;
    wismo_str_t          bytes;
    wismo_days_t         days[WISMO_DAYS_KINDS];
    const wismo_days_t  *known[WISMO_DAYS_KINDS];

    ngx_memzero(known, sizeof(known));

    for (i = 0; i < e->nkinds; i++) {
        bytes.data = values[i].str.data;
        bytes.len = values[i].str.len;

        if (values[i].type == NGX_HTTP_WISMO_REDIS_STRING
            && wismo_edd_days_read(&bytes, wismo_day(e->lane.purchased),
                                   &days[i])
               == WISMO_OK)
        {
            known[e->kinds[i]] = &days[i];
        }
    }

    wismo_edd_table(known[WISMO_DAYS_WAREHOUSE], known[WISMO_DAYS_CARRIER],
                    known[WISMO_DAYS_DESTINATION], table, e->lane.purchased,
                    range);
}


static ngx_int_t
ngx_http_wismo_estimate_answer(ngx_http_request_t *r, void *data,
    ngx_http_wismo_redis_rc_e rc, ngx_http_wismo_value_t *value)
{
    ngx_http_wismo_estimate_t *e = data;

    int64_t                     day;
    ngx_uint_t                  i;
    wismo_out_t                 out;
    wismo_str_t                 bytes;
    wismo_pool_t                wp;
    wismo_edd_range_t           range[7], days;
    wismo_edd_parcel_t          lane;
    ngx_http_wismo_response_t   rs;

    if (rc != NGX_HTTP_WISMO_REDIS_OK) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            "The store does not answer now.",
                                            NULL, 0,
                                            NGX_HTTP_WISMO_RETRY_AFTER);
    }

    if (value->type != NGX_HTTP_WISMO_REDIS_ARRAY
        || value->nelts != e->nways + e->nkinds + e->nzones)
    {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE,
                                            "What is stored of delivery times "
                                            "cannot be used.", NULL, 0,
                                            NGX_HTTP_WISMO_RETRY_AFTER);
    }

    for (i = 0; i < e->nways; i++) {
        bytes.data = value->elts[i].str.data;
        bytes.len = value->elts[i].str.len;

        if (value->elts[i].type == NGX_HTTP_WISMO_REDIS_STRING
            && wismo_edd_lane_read(&bytes, range) == WISMO_OK)
        {
            break;
        }
    }

    if (i == e->nways) {
        return ngx_http_wismo_reply_problem(r, NGX_HTTP_NOT_FOUND,
                                            "Nothing is known of this lane "
                                            "yet.", NULL, 0, -1);
    }

    (void) wismo_edd_lane(&e->lane, e->ways[i], &lane);

    ngx_http_wismo_pool(&wp, r->pool, 2 * NGX_HTTP_WISMO_ESTIMATE_BODY);

    wp.size = NGX_HTTP_WISMO_ESTIMATE_BODY;

    wismo_out_init(&out, &wp, NGX_HTTP_WISMO_ESTIMATE_HINT);

    ngx_http_wismo_estimate_now(e, &value->elts[e->nways + e->nkinds]);

    day = e->lane.purchased / 86400;

    ngx_http_wismo_estimate_days(e, &value->elts[e->nways], range, &days);

    wismo_out_text(&out, "{\"from\":\"");
    ngx_http_wismo_estimate_date(&out, day + days.from);
    wismo_out_text(&out, "\",\"middle\":\"");
    ngx_http_wismo_estimate_date(&out, day + days.middle);
    wismo_out_text(&out, "\",\"to\":\"");
    ngx_http_wismo_estimate_date(&out, day + days.to);
    wismo_out_text(&out, "\",\"basis\":\"date\",\"source\":\"predicted\","
                         "\"coverage\":");
    wismo_out_int(&out, (int64_t) (WISMO_EDD_COVERAGE * 100 + 0.5));
    wismo_out_text(&out, ",\"days\":{\"from\":");
    wismo_out_int(&out, days.from);
    wismo_out_text(&out, ",\"middle\":");
    wismo_out_int(&out, days.middle);
    wismo_out_text(&out, ",\"to\":");
    wismo_out_int(&out, days.to);
    wismo_out_text(&out, "},\"at\":\"");
    wismo_time_out_wall(&out, e->lane.purchased);
    wismo_out_text(&out, "\",\"lane\":{\"carrier\":\"");
    wismo_out_str(&out, &lane.carrier);
    wismo_out_text(&out, "\",\"service\":\"");
    wismo_out_str(&out, &lane.service);
    wismo_out_text(&out, "\",\"origin\":\"");
    wismo_out_str(&out, &lane.origin);
    wismo_out_text(&out, "\",\"destination\":\"");
    wismo_out_str(&out, &lane.destination);
    wismo_out_text(&out, "\"}}");

    if (out.failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_wismo_response_init(&rs, NGX_HTTP_OK, NGX_HTTP_WISMO_JSON);

    rs.body.data = out.start;
    rs.body.len = out.pos - out.start;

    return ngx_http_wismo_reply(r, &rs);
}


static void
ngx_http_wismo_estimate_date(wismo_out_t *out, int64_t day)
{
    u_char         text[sizeof("2026-12-01") - 1];
    wismo_civil_t  civil;

    wismo_time_civil(day * 86400, &civil);

    ngx_http_wismo_estimate_two(&text[0], civil.year / 100);
    ngx_http_wismo_estimate_two(&text[2], civil.year);
    text[4] = '-';
    ngx_http_wismo_estimate_two(&text[5], civil.month);
    text[7] = '-';
    ngx_http_wismo_estimate_two(&text[8], civil.day);

    wismo_out_bytes(out, text, sizeof(text));
}


static void
ngx_http_wismo_estimate_two(u_char *p, ngx_uint_t n)
{
    p[0] = (u_char) ('0' + n / 10 % 10);
    p[1] = (u_char) ('0' + n % 10);
}
