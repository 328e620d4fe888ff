
/*
 * Copyright (C) The Wismo authors
 *
 * What a shop has said of an order, kept so that it does not matter in which
 * order, or how often, it was said.  It is the member "shop" of the order's
 * private body:
 *
 *   name, id    of the hook, and of the order at the shop
 *   order       how new the rest of the body is
 *   cancelled   by that
 *   removed     when the shop deleted it
 *   own         shipments that come with each order, as a whole; "key" is
 *               what their events are kept under
 *   parts       shipments that have a time of their own, by their ids
 *   events      of shipments, by the shipment's id and their own
 *   last        the message that "order" is of (fetch_shop_last.c)
 *
 * "v" of each tells how new it is; the greater text wins.  Where there are too
 * many, the oldest go: the newest of a set do not depend on its order either.
 *
 * fetch_shop_letter.c calls it.  Nothing here may look at a clock.
 */


#include "fetch_shop_int.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_SHOP_PARTS     100
#define FETCH_SHOP_EVENTS    100              /* of a shipment */


static int fetch_shop_add_order(json_t *body, json_t *known,
    const fetch_shop_message_t *message, bool *changed);
static int fetch_shop_add_part(json_t *known, const char *id,
    json_t *fact, const char *v, bool *changed);
static int fetch_shop_add_event(json_t *known,
    const fetch_shop_message_t *message, bool *changed);
static void fetch_shop_yield(json_t *object, const char *name, const char *v);
static int fetch_shop_newest(json_t *known, const char *name,
    const char *v, bool *changed);
static json_t *fetch_shop_under(json_t *object, const char *name);
static void fetch_shop_real(json_t *holder);
static void fetch_shop_bound(json_t *object, size_t max);
static bool fetch_shop_later(const json_t *object, const char *name,
    const char *v);
static bool fetch_shop_id(const json_t *fact, const char *name, char *id);
static void fetch_shop_part_at(const json_t *fact,
    const fetch_shop_message_t *message, char *v, size_t size);
static void fetch_shop_adopt(json_t *body, json_t *known);


static const char *const  fetch_shop_control[] = {
    "skip", "id", "number", "at", "order_id", "shipment_id", "return_id",
    "cancelled", "shipments", "shop", NULL
};


int
fetch_shop_add(json_t *body, const fetch_shop_t *shop,
    const fetch_shop_message_t *message, bool *changed)
{
    int      rc;
    char     id[FETCH_SHOP_ID_MAX + 1];
    json_t  *known, *fact;

    *changed = false;

    known = json_object_get(body, "shop");

    if (known == NULL) {
        known = fetch_shop_under(body, "shop");

        if (known == NULL
            || json_object_set_new(known, "name",
                                   json_stringn((char *) shop->name.data,
                                                shop->name.len)) != 0
            || json_object_set_new(known, "id", json_string(message->id))
               != 0)
        {
            return WISMO_ERROR;
        }

        fetch_shop_adopt(body, known);
    }

    switch (message->kind) {

    case FETCH_SHOP_ORDER:
        return fetch_shop_add_order(body, known, message, changed);

    case FETCH_SHOP_SHIPMENT:

        if (!fetch_shop_id(message->fact, "id", id)) {
            return WISMO_OK;
        }

        fact = json_deep_copy(message->fact);

        if (fact == NULL) {
            return WISMO_ERROR;
        }

        rc = fetch_shop_add_part(known, id, fact, message->at, changed);

        json_decref(fact);

        return rc;

    case FETCH_SHOP_EVENT:
        return fetch_shop_add_event(known, message, changed);

    case FETCH_SHOP_REMOVED:
        return fetch_shop_newest(known, "removed", message->at, changed);

    default:
        return WISMO_OK;
    }
}


/* Parcels that another source has told of stay until the shop tells of its
 * own. */

static void
fetch_shop_adopt(json_t *body, json_t *known)
{
    size_t   i;
    json_t  *own, *one, *number, *url;

    own = json_object_get(body, "shipments");

    if (json_array_size(own) == 0) {
        return;
    }

    json_array_foreach(own, i, one) {
        number = json_object_get(one, "tracking_number");
        url = json_object_get(one, "tracking_url");

        if (json_is_string(number)) {
            (void) json_object_set_new(one, "tracking_number",
                                       json_pack("[O]", number));
        }

        if (json_is_string(url)) {
            (void) json_object_set_new(one, "tracking_url",
                                       json_pack("[O]", url));
        }
    }

    (void) json_object_set(known, "own", own);
    (void) json_object_set_new(known, "cancelled",
                               json_boolean(json_is_true(
                                   json_object_get(body, "cancelled"))));
}


static int
fetch_shop_add_order(json_t *body, json_t *known,
    const fetch_shop_message_t *message, bool *changed)
{
    int                 rc;
    char                id[FETCH_SHOP_ID_MAX + 1], v[128];
    bool                newer;
    void               *tmp;
    size_t              i;
    json_t             *one, *own, *fact, *value;
    const char         *name;
    const char *const  *control;

    fact = json_deep_copy(message->fact);
    own = json_array();

    if (fact == NULL || own == NULL) {
        rc = WISMO_ERROR;
        goto done;
    }

    rc = WISMO_OK;

    json_array_foreach(json_object_get(fact, "shipments"), i, one) {

        if (json_object_get(one, "at") && fetch_shop_id(one, "id", id)) {
            fetch_shop_part_at(one, message, v, sizeof(v));

            if (message->again) {
                fetch_shop_yield(json_object_get(json_object_get(known,
                                                                 "parts"),
                                                 id),
                                 "v", v);
            }

            rc = fetch_shop_add_part(known, id, one, v, changed);

            if (rc != WISMO_OK) {
                goto done;
            }

        } else if (!json_is_true(json_object_get(one, "skip"))) {
            fetch_shop_real(one);

            /* what its events call it */

            if (fetch_shop_id(one, "id", id)) {
                (void) json_object_set_new(one, "key", json_string(id));
            }

            (void) json_array_append(own, one);
        }
    }

    if (message->again) {
        fetch_shop_yield(known, "order", message->at);
    }

    newer = fetch_shop_later(known, "order", message->at);

    if (!newer) {
        goto done;
    }

    *changed = true;

    json_object_foreach_safe(body, tmp, name, value) {
        if (strcmp(name, "shop") != 0) {
            (void) json_object_del(body, name);
        }
    }

    (void) json_object_set_new(known, "order", json_string(message->at));
    (void) json_object_set_new(known, "cancelled",
                               json_boolean(json_is_true(
                                   json_object_get(fact, "cancelled"))));
    (void) json_object_set(known, "own", own);

    fetch_shop_real(fact);

    json_object_foreach(fact, name, value) {

        for (control = fetch_shop_control; *control; control++) {
            if (strcmp(*control, name) == 0) {
                break;
            }
        }

        if (*control == NULL && json_object_set(body, name, value) != 0) {
            rc = WISMO_ERROR;
            break;
        }
    }

done:

    json_decref(fact);
    json_decref(own);

    return rc;
}


/* How new a shipment inside of an order is: by its own time, and else as the
 * message that it came in. */

static void
fetch_shop_part_at(const json_t *fact, const fetch_shop_message_t *message,
    char *v, size_t size)
{
    char        *dump;
    size_t       len;
    uint64_t     hash;
    const char  *from, *to;

    dump = json_dumps(fact, JSON_COMPACT|JSON_SORT_KEYS);
    hash = dump ? wismo_hash64(dump, strlen(dump), 0) : 0;

    free(dump);

    from = strchr(message->at, '|');
    to = strrchr(message->at, '|');
    len = (from && to > from) ? (size_t) (to - from) : 0;

    snprintf(v, size, "%.20s%.*s|%016llx",
             json_string_value(json_object_get(fact, "at")), (int) len,
             len ? from : "", (unsigned long long) hash);
}


static int
fetch_shop_add_part(json_t *known, const char *id, json_t *fact,
    const char *v, bool *changed)
{
    json_t              *parts, *part;
    const char *const   *control;

    parts = fetch_shop_under(known, "parts");

    if (parts == NULL) {
        return WISMO_ERROR;
    }

    if (!fetch_shop_later(json_object_get(parts, id), "v", v)) {
        return WISMO_OK;
    }

    if (json_is_true(json_object_get(fact, "skip"))) {
        part = json_pack("{s:b}", "skip", 1);

    } else {
        part = json_copy(fact);

        for (control = fetch_shop_control; part && *control; control++) {
            (void) json_object_del(part, *control);
        }

        fetch_shop_real(part);
    }

    if (part == NULL
        || json_object_set_new(part, "v", json_string(v)) != 0
        || json_object_set_new(parts, id, part) != 0)
    {
        return WISMO_ERROR;
    }

    fetch_shop_bound(parts, FETCH_SHOP_PARTS);

    *changed = true;

    return WISMO_OK;
}


static int
fetch_shop_add_event(json_t *known, const fetch_shop_message_t *message,
    bool *changed)
{
    char                id[FETCH_SHOP_ID_MAX + 1];
    char                of[FETCH_SHOP_ID_MAX + 1];
    json_t             *events, *event;
    const char *const  *control;

    if (!fetch_shop_id(message->fact, "shipment_id", of)) {
        return WISMO_OK;
    }

    if (!fetch_shop_id(message->fact, "id", id)) {
        snprintf(id, sizeof(id), "%s", strrchr(message->at, '|') + 1);
    }

    events = fetch_shop_under(fetch_shop_under(known, "events"), of);

    if (events == NULL) {
        return WISMO_ERROR;
    }

    if (!fetch_shop_later(json_object_get(events, id), "v", message->at)) {
        return WISMO_OK;
    }

    event = json_copy(message->fact);

    if (json_is_true(json_object_get(event, "skip"))) {
        (void) json_object_clear(event);
        (void) json_object_set_new(event, "gone", json_true());
    }

    for (control = fetch_shop_control; event && *control; control++) {
        (void) json_object_del(event, *control);
    }

    if (event == NULL
        || json_object_set_new(event, "v", json_string(message->at)) != 0
        || json_object_set_new(events, id, event) != 0)
    {
        return WISMO_ERROR;
    }

    fetch_shop_bound(events, FETCH_SHOP_EVENTS);
    fetch_shop_bound(json_object_get(known, "events"), FETCH_SHOP_PARTS);

    *changed = true;

    return WISMO_OK;
}


/* What differs from "v" by what was read alone becomes older than that. */

static void
fetch_shop_yield(json_t *object, const char *name, const char *v)
{
    size_t       len;
    const char  *was;

    was = json_string_value(json_object_get(object, name));
    len = (size_t) (strrchr(v, '|') - v);

    if (was && strncmp(was, v, len) == 0 && was[len] == '|') {
        (void) json_object_set_new(object, name, json_stringn(v, len));
    }
}


static int
fetch_shop_newest(json_t *known, const char *name, const char *v,
    bool *changed)
{
    if (!fetch_shop_later(known, name, v)) {
        return WISMO_OK;
    }

    *changed = true;

    return json_object_set_new(known, name, json_string(v)) ? WISMO_ERROR
                                                            : WISMO_OK;
}


/* The object that is a member; made if there is none. */

static json_t *
fetch_shop_under(json_t *object, const char *name)
{
    json_t  *inner;

    if (object == NULL) {
        return NULL;
    }

    inner = json_object_get(object, name);

    if (json_is_object(inner)) {
        return inner;
    }

    inner = json_object();

    return json_object_set_new(object, name, inner) == 0 ? inner : NULL;
}


/* Without items that are none: those to be skipped, and none of something. */

static void
fetch_shop_real(json_t *holder)
{
    size_t   i;
    json_t  *items, *item, *quantity;

    items = json_object_get(holder, "items");
    i = 0;

    while (i < json_array_size(items)) {
        item = json_array_get(items, i);
        quantity = json_object_get(item, "quantity");

        if (json_is_true(json_object_get(item, "skip"))
            || (quantity && json_integer_value(quantity) < 1))
        {
            (void) json_array_remove(items, i);
            continue;
        }

        i++;
    }
}


static void
fetch_shop_bound(json_t *object, size_t max)
{
    json_t      *value;
    const char  *name, *v, *oldest, *oldest_v;

    while (json_object_size(object) > max) {

        oldest = NULL;
        oldest_v = NULL;

        json_object_foreach(object, name, value) {
            v = json_string_value(json_object_get(value, "v"));

            if (v == NULL) {
                v = name;
            }

            if (oldest == NULL || strcmp(v, oldest_v) < 0) {
                oldest = name;
                oldest_v = v;
            }
        }

        (void) json_object_del(object, oldest);
    }
}


static bool
fetch_shop_later(const json_t *object, const char *name, const char *v)
{
    const char  *was;

    was = json_string_value(json_object_get(object, name));

    return was == NULL || strcmp(v, was) > 0;
}


/* An id as it may be in a shipment; if there is none, its number. */

static bool
fetch_shop_id(const json_t *fact, const char *name, char *id)
{
    size_t       i;
    const char  *p;

    p = json_string_value(json_object_get(fact, name));

    if (p == NULL) {
        p = json_string_value(json_array_get(json_object_get(fact,
                                                 "tracking_number"), 0));
    }

    for (i = 0; p && *p && i < FETCH_SHOP_ID_MAX - 4; p++) {

        if ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z')
            || (*p >= 'a' && *p <= 'z') || *p == '.' || *p == '-')
        {
            id[i++] = *p;

        } else {
            id[i++] = '_';
        }
    }

    id[i] = '\0';

    return i != 0;
}
