
/*
 * Copyright (C) The Wismo authors
 *
 * The thresholds of what the clock notices: defaults, and what a shop has set
 * for a brand, a carrier or a lane.  Checked by nginx -t and read by the
 * fetcher; what is made of them is wismo_clock_raise.c's.
 *
 * Of all rules that fit, the last one that has a value decides.  An order must
 * never be without a threshold: what no rule says is as usual.
 */


#include "wismo_clock_int.h"


#define WISMO_HOUR            INT64_C(3600)
#define WISMO_DAY             WISMO_DAY_SECONDS


static int wismo_clock_rule(const json_t *json, unsigned n,
    wismo_clock_rule_t *rule, wismo_error_t *err);
static int wismo_clock_limit(const json_t *value, const char *at,
    int64_t *limit, wismo_error_t *err);
static bool wismo_clock_fits(const wismo_clock_rule_t *rule,
    const wismo_order_t *order, const wismo_parcel_t *parcel);


static const char *const  wismo_clock_names[] = {
    "not_dispatched",
    "no_first_scan",
    "no_first_scan_again",
    "stalled",
    "out_for_delivery",
    "customs",
    "awaiting",
    "past_promise",
    "pickup_kept",
    "pickup_reminder",
    "pickup_last_call",
    "expired"
};


/* What is usual, docs/exceptions.md tells why. */

static const int64_t  wismo_clock_defaults[] = {
    3 * WISMO_DAY,
    2 * WISMO_DAY,
    5 * WISMO_DAY,
    3 * WISMO_DAY,
    1 * WISMO_DAY,
    5 * WISMO_DAY,
    2 * WISMO_DAY,
    0,
    7 * WISMO_DAY,
    3 * WISMO_DAY,
    1 * WISMO_DAY,
    45 * WISMO_DAY
};

#define WISMO_CLOCK_STALLED_ABROAD  (7 * WISMO_DAY)


int
wismo_clock_create(wismo_pool_t *pool, const json_t *json,
    wismo_clock_t **clock, wismo_error_t *err)
{
    size_t               i, n;
    const char          *key;
    const json_t        *list, *value;
    wismo_clock_t       *c;
    wismo_clock_rule_t  *rule;

    list = NULL;
    n = 0;

    if (json && !json_is_object(json)) {
        wismo_error_set(err, "", "expected an object with \"thresholds\"");
        return WISMO_DECLINED;
    }

    json_object_foreach((json_t *) json, key, value) {

        if (strcmp(key, "thresholds") != 0) {
            wismo_error_set(err, "", "unknown member \"%.40s\": expected "
                                     "\"thresholds\"", key);
            return WISMO_DECLINED;
        }

        list = value;
    }

    if (list) {
        n = json_array_size(list);

        if (!json_is_array(list) || n > WISMO_CLOCK_RULES_MAX) {
            wismo_error_set(err, "/thresholds", "expected an array of at "
                            "most %d objects", WISMO_CLOCK_RULES_MAX);
            return WISMO_DECLINED;
        }
    }

    c = wismo_pcalloc(pool, sizeof(wismo_clock_t));
    rule = wismo_pcalloc(pool, (n + 2) * sizeof(wismo_clock_rule_t));

    if (c == NULL || rule == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return WISMO_ERROR;
    }

    c->rules = rule;
    c->n = (unsigned) n + 2;

    for (i = 0; i < WISMO_CLOCK_LIMITS; i++) {
        rule[0].limits[i] = wismo_clock_defaults[i];
        rule[1].limits[i] = WISMO_CLOCK_UNSAID;
    }

    rule[0].abroad = WISMO_CLOCK_ANY;
    rule[1].abroad = WISMO_CLOCK_ABROAD;
    rule[1].limits[WISMO_CLOCK_STALLED] = WISMO_CLOCK_STALLED_ABROAD;

    for (i = 0; i < n; i++) {
        if (wismo_clock_rule(json_array_get(list, i), (unsigned) i,
                             &rule[i + 2], err)
            != WISMO_OK)
        {
            return WISMO_DECLINED;
        }
    }

    *clock = c;

    return WISMO_OK;
}


int
wismo_clock_check(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_error_t *err)
{
    int             rc;
    json_t         *json;
    json_error_t    error;
    wismo_clock_t  *clock;

    json = json_loadb((char *) text->data, text->len, JSON_REJECT_DUPLICATES,
                      &error);

    if (json == NULL) {
        wismo_error_set(err, "", "%s", error.text);
        err->line = error.line > 0 ? (unsigned) error.line : 1;
        err->column = error.column > 0 ? (unsigned) error.column : 1;
        return WISMO_DECLINED;
    }

    rc = wismo_clock_create(pool, json, &clock, err);

    json_decref(json);

    return rc;
}


static int
wismo_clock_rule(const json_t *json, unsigned n, wismo_clock_rule_t *rule,
    wismo_error_t *err)
{
    char           at[64], *p;
    size_t         i, len;
    unsigned       d;
    const char    *key;
    const json_t  *value;
    wismo_str_t   *text;

    static const char  start[] = "/thresholds/";

    memcpy(at, start, sizeof(start));
    p = at + sizeof(start) - 1;

    for (d = n > 99 ? 100 : n > 9 ? 10 : 1; d; d /= 10) {
        *p++ = (char) ('0' + n / d % 10);
    }

    *p = '\0';

    if (!json_is_object(json)) {
        wismo_error_set(err, at, "expected an object");
        return WISMO_DECLINED;
    }

    rule->abroad = WISMO_CLOCK_ANY;

    for (i = 0; i < WISMO_CLOCK_LIMITS; i++) {
        rule->limits[i] = WISMO_CLOCK_UNSAID;
    }

    json_object_foreach((json_t *) json, key, value) {

        *p = '\0';

        for (i = 0; i < WISMO_CLOCK_LIMITS; i++) {
            if (strcmp(key, wismo_clock_names[i]) == 0) {
                break;
            }
        }

        text = strcmp(key, "brand") == 0 ? &rule->brand
               : strcmp(key, "carrier") == 0 ? &rule->carrier
               : strcmp(key, "service") == 0 ? &rule->service
               : strcmp(key, "from") == 0 ? &rule->from
               : strcmp(key, "to") == 0 ? &rule->to : NULL;

        len = strlen(key);

        if (i == WISMO_CLOCK_LIMITS && text == NULL
            && strcmp(key, "abroad") != 0)
        {
            wismo_error_set(err, at, "unknown member \"%.40s\": expected "
                            "brand, carrier, service, from, to or abroad, and "
                            "a threshold as \"stalled\": \"4d\"", key);
            return WISMO_DECLINED;
        }

        p[0] = '/';
        memcpy(p + 1, key, len + 1);

        if (text) {

            if (!json_is_string(value) || json_string_length(value) == 0) {
                wismo_error_set(err, at, "expected a string");
                return WISMO_DECLINED;
            }

            text->data = (unsigned char *) json_string_value(value);
            text->len = json_string_length(value);
            continue;
        }

        if (i == WISMO_CLOCK_LIMITS) {

            if (!json_is_boolean(value)) {
                wismo_error_set(err, at, "expected true or false");
                return WISMO_DECLINED;
            }

            rule->abroad = json_is_true(value) ? WISMO_CLOCK_ABROAD
                                               : WISMO_CLOCK_AT_HOME;
            continue;
        }

        if (wismo_clock_limit(value, at, &rule->limits[i], err) != WISMO_OK) {
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


/* "90s", "30m", "36h", "2d", or "off". */

static int
wismo_clock_limit(const json_t *value, const char *at, int64_t *limit,
    wismo_error_t *err)
{
    int64_t      n, unit;
    const char  *p, *text;

    text = json_is_string(value) ? json_string_value(value) : "";

    if (strcmp(text, "off") == 0) {
        *limit = WISMO_CLOCK_NEVER;
        return WISMO_OK;
    }

    n = 0;

    for (p = text; *p >= '0' && *p <= '9' && p - text < 9; p++) {
        n = n * 10 + (*p - '0');
    }

    unit = *p == 's' ? 1 : *p == 'm' ? 60 : *p == 'h' ? WISMO_HOUR
           : *p == 'd' ? WISMO_DAY : 0;

    if (p == text || unit == 0 || p[1] != '\0'
        || n * unit > WISMO_CLOCK_LIMIT_MAX)
    {
        wismo_error_set(err, at, "expected a time of at most 366 days, as "
                                 "\"36h\" or \"2d\", or \"off\"");
        return WISMO_DECLINED;
    }

    *limit = n * unit;

    return WISMO_OK;
}


void
wismo_clock_calendars(wismo_clock_t *clock,
    const wismo_calendars_t *calendars)
{
    clock->calendars = calendars;
}


void
wismo_clock_limits(const wismo_clock_t *clock, const wismo_order_t *order,
    const wismo_parcel_t *parcel, int64_t limits[WISMO_CLOCK_LIMITS])
{
    unsigned  i, k;

    for (i = 0; i < clock->n; i++) {

        if (!wismo_clock_fits(&clock->rules[i], order, parcel)) {
            continue;
        }

        for (k = 0; k < WISMO_CLOCK_LIMITS; k++) {
            if (clock->rules[i].limits[k] != WISMO_CLOCK_UNSAID) {
                limits[k] = clock->rules[i].limits[k];
            }
        }
    }
}


static bool
wismo_clock_fits(const wismo_clock_rule_t *rule, const wismo_order_t *order,
    const wismo_parcel_t *parcel)
{
    bool         abroad;
    size_t       i;
    wismo_str_t  from, to;

    from = order->lane_from;
    to = order->lane_to.len ? order->lane_to : order->country;

    if ((rule->brand.len && !wismo_str_eq(&rule->brand, &order->brand))
        || (rule->from.len && !wismo_days_place_in(&from, &rule->from))
        || (rule->to.len && !wismo_days_place_in(&to, &rule->to)))
    {
        return false;
    }

    if (rule->carrier.len || rule->service.len) {

        if (parcel == NULL
            || (rule->carrier.len
                && !wismo_str_eq(&rule->carrier, &parcel->carrier))
            || (rule->service.len
                && !wismo_str_eq(&rule->service, &parcel->service)))
        {
            return false;
        }
    }

    if (rule->abroad == WISMO_CLOCK_ANY) {
        return true;
    }

    /* the countries, where both are known */

    abroad = false;

    if (from.len && to.len) {
        for (i = 0; i < from.len && i < to.len && from.data[i] != '-'; i++) {
            if (from.data[i] != to.data[i]) {
                break;
            }
        }

        abroad = (i < from.len && from.data[i] != '-')
                 || (i < to.len && to.data[i] != '-');
    }

    return abroad == (rule->abroad == WISMO_CLOCK_ABROAD);
}
