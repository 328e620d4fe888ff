
/*
 * Copyright (C) The Wismo authors
 *
 * The order out of what a shop has said of it, in the form of PUT /orders:
 * carriers get the names that orders have, events their statuses.  A pure
 * function of what is kept, so that a better table or another carrier in
 * nginx.conf makes a better order of it at any time ("wismo replay").
 *
 * A shop is no client of ours that could mend its request: a member that the
 * checks of PUT would refuse is left out, and told, and the rest goes in.
 */


#include "fetch_shop_int.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_SHOP_LEFT      1000


typedef struct {
    wismo_pool_t             *pool;
    const fetch_shop_t       *shop;
    const json_t             *known;
    fetch_shop_rules_t       *rules;
    json_t                   *shipments;      /* made */
} fetch_shop_make_t;


typedef struct {
    const char               *id;
    const json_t             *fact;
} fetch_shop_part_t;


static json_t *fetch_shop_body(fetch_shop_make_t *make, const json_t *body);
static int fetch_shop_parts(fetch_shop_make_t *make);
static fetch_shop_part_t *fetch_shop_sorted(fetch_shop_make_t *make,
    const json_t *object, size_t *n);
static int fetch_shop_part_cmp(const void *one, const void *two);
static int fetch_shop_shipment(fetch_shop_make_t *make, const char *id,
    const char *key, const json_t *fact);
static bool fetch_shop_same(const fetch_shop_make_t *make,
    const char *carrier, const char *number);
static json_t *fetch_shop_events(fetch_shop_make_t *make, const char *id,
    const json_t *fact);
static json_t *fetch_shop_event(fetch_shop_make_t *make, const json_t *fact);
static void fetch_shop_meaning(fetch_shop_make_t *make, const json_t *fact,
    json_t *event);
static void fetch_shop_unmapped(fetch_shop_make_t *make, const char *code);
static bool fetch_shop_leave(json_t *body, const wismo_error_t *err);
static bool fetch_shop_slim(json_t *body);


json_t *
fetch_shop_order(wismo_pool_t *pool, const fetch_shop_t *shop,
    const json_t *body, fetch_shop_rules_t *rules, wismo_order_t *order)
{
    int                  n;
    json_t              *made;
    unsigned             i;
    wismo_error_t        err;
    fetch_shop_make_t    make;
    wismo_body_rules_t   checks;

    memset(&make, 0, sizeof(fetch_shop_make_t));

    make.pool = pool;
    make.shop = shop;
    make.known = json_object_get(body, "shop");
    make.rules = rules;

    rules->nleft = 0;

    made = fetch_shop_body(&make, body);

    if (made == NULL) {
        return NULL;
    }

    memset(&checks, 0, sizeof(wismo_body_rules_t));

    checks.events = true;
    checks.now = rules->now;

    for (i = 0; i < FETCH_SHOP_LEFT; i++) {
        memset(&err, 0, sizeof(wismo_error_t));

        n = wismo_order_body(pool, made, &checks, order, &err, 1);

        if (n == 0) {
            return made;
        }

        if (n < 0 || !fetch_shop_leave(made, &err)) {
            break;
        }

        if (rules->nleft < rules->max) {
            rules->left[rules->nleft] = err;
        }

        rules->nleft++;
    }

    json_decref(made);

    return NULL;
}


static json_t *
fetch_shop_body(fetch_shop_make_t *make, const json_t *body)
{
    json_t      *made, *value;
    const char  *name, *removed, *order;

    made = json_object();
    make->shipments = json_array();

    if (made == NULL || make->shipments == NULL
        || json_object_set(made, "shipments", make->shipments) != 0)
    {
        goto failed;
    }

    json_object_foreach((json_t *) body, name, value) {

        if (strcmp(name, "shop") != 0 && strcmp(name, "shipments") != 0
            && strcmp(name, "cancelled") != 0
            && json_object_set_new(made, name, json_deep_copy(value)) != 0)
        {
            goto failed;
        }
    }

    if (*make->shop->brand && json_object_get(made, "brand") == NULL
        && json_object_set_new(made, "brand",
                               json_string(make->shop->brand)) != 0)
    {
        goto failed;
    }

    removed = json_string_value(json_object_get(make->known, "removed"));
    order = json_string_value(json_object_get(make->known, "order"));

    if ((json_is_true(json_object_get(make->known, "cancelled"))
         || (removed && (order == NULL || strcmp(removed, order) > 0)))
        && json_object_set_new(made, "cancelled", json_true()) != 0)
    {
        goto failed;
    }

    if (fetch_shop_parts(make) != WISMO_OK) {
        goto failed;
    }

    json_decref(make->shipments);

    return made;

failed:

    json_decref(made);
    json_decref(make->shipments);

    return NULL;
}


/* Those that come with the order, then the others, by their ids. */

static int
fetch_shop_parts(fetch_shop_make_t *make)
{
    int                 rc;
    size_t              i, n;
    json_t             *part, *own;
    const char         *id, *key;
    fetch_shop_part_t  *list;

    own = json_object_get(make->known, "own");

    json_array_foreach(own, i, part) {
        id = json_string_value(json_object_get(part, "id"));

        key = json_string_value(json_object_get(part, "key"));

        rc = fetch_shop_shipment(make, id, key, part);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    list = fetch_shop_sorted(make, json_object_get(make->known, "parts"), &n);

    if (list == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; i < n; i++) {
        rc = fetch_shop_shipment(make, list[i].id, list[i].id, list[i].fact);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    return WISMO_OK;
}


/* Members that count, by their names: in which order they came must not be
 * seen.  Shops count upwards. */

static fetch_shop_part_t *
fetch_shop_sorted(fetch_shop_make_t *make, const json_t *object, size_t *n)
{
    json_t             *value;
    const char         *name;
    fetch_shop_part_t  *list;

    *n = 0;

    list = wismo_palloc(make->pool, (json_object_size(object) + 1)
                                    * sizeof(fetch_shop_part_t));

    if (list == NULL) {
        return NULL;
    }

    json_object_foreach((json_t *) object, name, value) {

        if (!json_is_true(json_object_get(value, "skip"))) {
            list[*n].id = name;
            list[(*n)++].fact = value;
        }
    }

    qsort(list, *n, sizeof(fetch_shop_part_t), fetch_shop_part_cmp);

    return list;
}


static int
fetch_shop_part_cmp(const void *one, const void *two)
{
    size_t                    la, lb;
    const fetch_shop_part_t  *a, *b;

    a = one;
    b = two;
    la = strlen(a->id);
    lb = strlen(b->id);

    if (la != lb) {
        return la < lb ? -1 : 1;
    }

    return strcmp(a->id, b->id);
}


/* A parcel for each number that it has; without one there is nothing to ask
 * about, nor to show. */

static int
fetch_shop_shipment(fetch_shop_make_t *make, const char *id,
    const char *key, const json_t *fact)
{
    char          name[FETCH_SHOP_ID_MAX + 16];
    json_t       *one, *numbers, *urls, *number, *value;
    size_t        i;
    const char   *member;
    wismo_str_t   text, tracking, carrier;

    numbers = json_object_get(fact, "tracking_number");
    urls = json_object_get(fact, "tracking_url");

    value = json_object_get(fact, "carrier");
    text.data = (unsigned char *) json_string_value(value);
    text.len = json_string_length(value);

    json_array_foreach(numbers, i, number) {

        if (!json_is_string(number)
            || json_array_size(make->shipments) == WISMO_PARCELS_MAX)
        {
            continue;
        }

        tracking.data = (unsigned char *) json_string_value(number);
        tracking.len = json_string_length(number);

        if (fetch_names_find(make->rules->names, make->pool, &text,
                             &tracking, &carrier) != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        one = json_object();

        if (one == NULL
            || json_object_set_new(one, "carrier",
                                   json_stringn((char *) carrier.data,
                                                carrier.len)) != 0
            || json_object_set(one, "tracking_number", number) != 0)
        {
            json_decref(one);
            return WISMO_ERROR;
        }

        /* a number that stands twice is one parcel */

        if (fetch_shop_same(make, json_string_value(
                                      json_object_get(one, "carrier")),
                            json_string_value(number)))
        {
            json_decref(one);
            continue;
        }

        if (json_array_append_new(make->shipments, one) != 0) {
            return WISMO_ERROR;
        }

        if (id) {
            snprintf(name, sizeof(name), i ? "%s-%zu" : "%s", id, i + 1);
            (void) json_object_set_new(one, "id", json_string(name));
        }

        value = json_array_get(urls, i);

        if (value) {
            (void) json_object_set(one, "tracking_url", value);
        }

        (void) json_object_set_new(one, "events",
                                   fetch_shop_events(make, key, fact));

        /* as the shop's file flags it, or as a PUT has said it */

        value = json_object_get(fact, "leg");

        if (value) {
            (void) json_object_set_new(one, "leg", json_is_true(value)
                                                   ? json_string("return")
                                                   : json_copy(value));
        }

        json_object_foreach((json_t *) fact, member, value) {

            if (strcmp(member, "service") == 0
                || strcmp(member, "shipped_at") == 0
                || strcmp(member, "pickup") == 0
                || strcmp(member, "drop_off") == 0
                || strcmp(member, "partner") == 0
                || (strcmp(member, "items") == 0 && i == 0))
            {
                (void) json_object_set_new(one, member,
                                           json_deep_copy(value));
            }
        }
    }

    return WISMO_OK;
}


static bool
fetch_shop_same(const fetch_shop_make_t *make, const char *carrier,
    const char *number)
{
    size_t        i;
    json_t       *one;
    wismo_str_t   a, b;

    json_array_foreach(make->shipments, i, one) {

        if (strcmp(json_string_value(json_object_get(one, "carrier")),
                   carrier) != 0)
        {
            continue;
        }

        a = wismo_str_of(number);
        b.data = (unsigned char *) json_string_value(
                     json_object_get(one, "tracking_number"));
        b.len = strlen((char *) b.data);

        if (wismo_str_eq(&a, &b)
            || (wismo_clean_number(make->pool, &a) == WISMO_OK
                && wismo_clean_number(make->pool, &b) == WISMO_OK
                && wismo_str_eq(&a, &b)))
        {
            return true;
        }
    }

    return false;
}


static json_t *
fetch_shop_events(fetch_shop_make_t *make, const char *id, const json_t *fact)
{
    size_t              i, n;
    json_t             *list, *event, *value;
    fetch_shop_part_t  *known;

    list = json_array();

    json_array_foreach(json_object_get(fact, "events"), i, value) {
        event = fetch_shop_event(make, value);

        if (event) {
            (void) json_array_append_new(list, event);
        }
    }

    value = id ? json_object_get(json_object_get(make->known, "events"), id)
               : NULL;
    known = fetch_shop_sorted(make, value, &n);

    for (i = 0; known && i < n; i++) {
        event = fetch_shop_event(make, known[i].fact);

        if (event) {
            (void) json_array_append_new(list, event);
        }
    }

    return list;
}


static json_t *
fetch_shop_event(fetch_shop_make_t *make, const json_t *fact)
{
    json_t      *event, *value;
    unsigned     i;

    static const char *const  names[] = {
        "time", "code", "description", "place", "delivered_to", NULL
    };

    if (json_is_true(json_object_get(fact, "gone"))
        || json_is_true(json_object_get(fact, "skip"))
        || json_object_get(fact, "time") == NULL)
    {
        return NULL;
    }

    event = json_object();

    for (i = 0; names[i]; i++) {
        value = json_object_get(fact, names[i]);

        if (value) {
            (void) json_object_set_new(event, names[i],
                                       json_deep_copy(value));
        }
    }

    fetch_shop_meaning(make, fact, event);

    return event;
}


/* A shop that knows our words says them; else its code means what the table
 * says, and one that no table knows is shown and changes nothing. */

static void
fetch_shop_meaning(fetch_shop_make_t *make, const json_t *fact, json_t *event)
{
    int                       found;
    fetch_key_t               key;
    wismo_str_t               status, sub;
    const char               *to, *code;
    fetch_meaning_t           meaning;
    const wismo_substatus_t  *row;

    status.data = (unsigned char *) json_string_value(
                      json_object_get(fact, "status"));
    status.len = json_string_length(json_object_get(fact, "status"));
    sub.data = (unsigned char *) json_string_value(
                   json_object_get(fact, "substatus"));
    sub.len = json_string_length(json_object_get(fact, "substatus"));

    row = status.len ? wismo_substatus(&status, &sub) : NULL;
    to = NULL;

    if (row == NULL || row->calc) {
        row = wismo_substatus_note();
        code = json_string_value(json_object_get(fact, "code"));
        code = code ? code : (char *) status.data;

        memset(&key, 0, sizeof(fetch_key_t));
        memset(&meaning, 0, sizeof(fetch_meaning_t));

        if (code) {
            key.values[0] = wismo_str_of(code);

            found = fetch_code_find(&make->shop->adapter->codes, &key,
                                    &meaning);

            if (found != -1 && meaning.status) {
                row = meaning.status;
                to = wismo_to_name(meaning.to);
            }

            if (found != 1) {
                fetch_shop_unmapped(make, code);
            }
        }
    }

    (void) json_object_set_new(event, "status", json_string(row->name));

    if (*row->sub) {
        (void) json_object_set_new(event, "substatus",
                                   json_string(row->sub));
    }

    if (to && json_object_get(event, "delivered_to") == NULL) {
        (void) json_object_set_new(event, "delivered_to", json_string(to));
    }
}


static void
fetch_shop_unmapped(fetch_shop_make_t *make, const char *code)
{
    unsigned         i;
    wismo_str_t      text;
    wismo_report_t  *report;

    report = &make->rules->unmapped;

    text = wismo_str_of(code);

    for (i = 0; i < report->nunmapped; i++) {
        if (wismo_str_eq(&report->unmapped[i], &text)) {
            return;
        }
    }

    if (report->unmapped == NULL) {
        report->unmapped = wismo_palloc(make->pool, FETCH_UNMAPPED_MAX
                                                    * sizeof(wismo_str_t));
    }

    if (report->unmapped == NULL || report->nunmapped == FETCH_UNMAPPED_MAX
        || wismo_pstrdup(make->pool, &report->unmapped[report->nunmapped],
                         &text) != WISMO_OK)
    {
        return;
    }

    report->nunmapped++;
}


/*
 * Takes out what is at a fault's place; of an element that cannot be without
 * it, the element.
 */

static bool
fetch_shop_leave(json_t *body, const wismo_error_t *err)
{
    char        *p, *end, *next, path[sizeof(err->at)];
    bool         part;
    size_t       index, at;
    json_t      *node, *holder, *list;
    const char  *last;

    if (err->at[0] == '\0') {
        return fetch_shop_slim(body);
    }

    snprintf(path, sizeof(path), "%s", err->at + 1);

    node = body;
    holder = NULL;
    list = NULL;
    last = "";
    index = 0;
    part = strncmp(path, "shipments/", 10) == 0;

    for (p = path; p; p = next) {
        end = strchr(p, '/');
        next = end ? end + 1 : NULL;

        if (end) {
            *end = '\0';
        }

        holder = node;
        last = p;

        if (json_is_array(node)) {
            at = strtoul(p, NULL, 10);

            /* where the element itself is at fault, as well as its insides */

            list = node;
            index = at;
            node = json_array_get(node, at);

        } else {
            node = json_object_get(node, p);
        }
    }

    if (json_is_array(holder)) {
        return json_array_remove(holder, index) == 0;
    }

    if (list && part
        && (strcmp(last, "tracking_number") == 0
            || strcmp(last, "carrier") == 0 || strcmp(last, "time") == 0
            || strcmp(last, "status") == 0
            || (strcmp(last, "id") == 0
                && json_object_get(holder, "tracking_number") == NULL)))
    {
        return json_array_remove(list, index) == 0;
    }

    return json_object_del(holder, last) == 0;
}


/* More text than a document has room for: first what is least missed. */

static bool
fetch_shop_slim(json_t *body)
{
    bool      any;
    size_t    i;
    json_t   *item, *items;

    any = false;
    items = json_object_get(body, "items");

    json_array_foreach(items, i, item) {
        any |= (json_object_del(item, "image_url") == 0);
        any |= (json_object_del(item, "url") == 0);
    }

    if (any) {
        return true;
    }

    if (json_array_size(items)) {
        return json_array_remove(items, json_array_size(items) - 1) == 0;
    }

    return false;
}
