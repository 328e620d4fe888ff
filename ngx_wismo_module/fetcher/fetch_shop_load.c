
/*
 * Copyright (C) The Wismo authors
 *
 * Loads a shop's file: how its webhooks are signed, its topics, and for each
 * of our members the paths that lead to it.  Which members there are is a
 * table here, so that an unknown one is told with its place.  The file is
 * trusted like the configuration, but people write it.
 *
 * fetch_config.c and "wismo shop" call it.  It must not know any shop.
 */


#include "fetch_shop_int.h"

#include <stdlib.h>


#define FETCH_SHOP_POOL      (8 * 1024 * 1024)


static void fetch_shop_file(fetch_load_t *load, fetch_shop_adapter_t *a);
static void fetch_shop_verify(fetch_load_t *load, const json_t *value,
    fetch_shop_adapter_t *a);
static void fetch_shop_topics(fetch_load_t *load, const json_t *value,
    fetch_shop_adapter_t *a);
static bool fetch_shop_header(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, wismo_str_t *header);
static void fetch_shop_spec(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const fetch_shop_field_t *field,
    fetch_shop_spec_t *spec);
static void fetch_shop_members(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_shop_spec_t *spec);
static void fetch_shop_value(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_shop_spec_t *spec);


const char *const  fetch_shop_kinds[] = {
    "none", "order", "shipment", "event", "removed", "redact", "redact_shop",
    "data_request", "return", "return_of", NULL
};

static const char *const  fetch_shop_names[] = {
    "shop", "title", "verify", "ping", "topic", "sent_at", "topics",
    "samples", "codes", "note", "order", "shipment", "event", "removed",
    "redact", "redact_shop", "data_request", "return", "return_of", NULL
};

static const char *const  fetch_value_names[] = {
    "at", "join", "cut", "until", "const", "equals", "note", NULL
};

static const char *const  fetch_topic_names[] = { "header", "at", NULL };


#define text(name, max)      { name, FETCH_FIELD_TEXT, max, NULL }
#define texts(name, max)     { name, FETCH_FIELD_TEXTS, max, NULL }
#define integer(name)        { name, FETCH_FIELD_INT, 0, NULL }
#define flag(name)           { name, FETCH_FIELD_FLAG, 0, NULL }
#define when(name)           { name, FETCH_FIELD_TIME, 0, NULL }
#define instant(name)        { name, FETCH_FIELD_INSTANT, 0, NULL }
#define object(name, of)     { name, FETCH_FIELD_OBJECT, 0, of }
#define list(name, max, of)  { name, FETCH_FIELD_LIST, max, of }
#define none                 { NULL, FETCH_FIELD_TEXT, 0, NULL }

static const fetch_shop_field_t  fetch_of_customer[] = {
    text("name", 200), text("email", 254), text("phone", 40), none
};

static const fetch_shop_field_t  fetch_of_place[] = {
    text("name", 200), text("line1", 200), text("line2", 200),
    text("city", 200), text("region", 200), text("postal_code", 20),
    text("country", 2), none
};

static const fetch_shop_field_t  fetch_of_origin[] = {
    text("region", 200), text("postal_code", 20), text("country", 2), none
};

static const fetch_shop_field_t  fetch_of_item[] = {
    flag("skip"), text("id", 64), text("sku", 100), text("name", 300),
    integer("quantity"), text("image_url", 1024), text("url", 1024), none
};

static const fetch_shop_field_t  fetch_of_part[] = {
    flag("skip"), text("id", 64), integer("quantity"), none
};

static const fetch_shop_field_t  fetch_of_promised[] = {
    when("from"), when("until"), none
};

static const fetch_shop_field_t  fetch_of_pickup[] = {
    text("name", 100), text("address", 200), text("hours", 200),
    text("code", WISMO_PICKUP_CODE_MAX), none
};

static const fetch_shop_field_t  fetch_of_partner[] = {
    text("carrier", 100), text("tracking_number", 100), none
};

#define fetch_event_fields                                                    \
    flag("skip"), text("id", FETCH_SHOP_ID_MAX), instant("at"),               \
    when("time"), text("code", 100), text("status", 32),                      \
    text("substatus", 32), text("description", 1024), text("place", 200),     \
    text("delivered_to", 32)

static const fetch_shop_field_t  fetch_of_event[] = {
    fetch_event_fields, none
};

#define fetch_shipment_fields                                                 \
    flag("skip"), flag("leg"), text("id", FETCH_SHOP_ID_MAX), instant("at"),  \
    text("carrier", 100), text("service", 100),                               \
    texts("tracking_number", 100), texts("tracking_url", 1024),               \
    when("shipped_at"), object("pickup", fetch_of_pickup),                    \
    object("drop_off", fetch_of_pickup),                                      \
    object("partner", fetch_of_partner),                                      \
    list("items", WISMO_ITEMS_MAX, fetch_of_part),                            \
    list("events", WISMO_EVENTS_MAX, fetch_of_event)

static const fetch_shop_field_t  fetch_of_shipment[] = {
    fetch_shipment_fields, none
};

static const fetch_shop_field_t  fetch_of_order[] = {
    flag("skip"), text("id", FETCH_SHOP_ID_MAX), text("number", 100),
    instant("at"), text("brand", 64), when("placed_at"), text("locale", 35),
    text("currency", 3), flag("cancelled"),
    object("customer", fetch_of_customer), object("ship_to", fetch_of_place),
    object("ship_from", fetch_of_origin),
    object("promised", fetch_of_promised),
    list("items", WISMO_ITEMS_MAX, fetch_of_item),
    list("shipments", WISMO_PARCELS_MAX, fetch_of_shipment),
    list("returns", WISMO_PARCELS_MAX, fetch_of_shipment), none
};

static const fetch_shop_field_t  fetch_of_shipment_alone[] = {
    text("order_id", FETCH_SHOP_ID_MAX), text("number", 100),
    fetch_shipment_fields, none
};

static const fetch_shop_field_t  fetch_of_return[] = {
    text("order_id", FETCH_SHOP_ID_MAX), text("number", 100),
    text("return_id", 40), fetch_shipment_fields, none
};

static const fetch_shop_field_t  fetch_of_return_of[] = {
    text("order_id", FETCH_SHOP_ID_MAX), text("number", 100),
    text("return_id", 40), instant("at"), none
};

static const fetch_shop_field_t  fetch_of_event_alone[] = {
    text("order_id", FETCH_SHOP_ID_MAX), text("number", 100),
    text("shipment_id", FETCH_SHOP_ID_MAX), fetch_event_fields, none
};

static const fetch_shop_field_t  fetch_of_removed[] = {
    text("order_id", FETCH_SHOP_ID_MAX), text("number", 100), instant("at"),
    none
};

static const fetch_shop_field_t  fetch_of_request[] = {
    text("request", FETCH_SHOP_ID_MAX), texts("orders", FETCH_SHOP_ID_MAX),
    text("email", 254), text("phone", 40), instant("at"), none
};

static const fetch_shop_field_t  fetch_of_nothing[] = { none };

static const fetch_shop_field_t  fetch_sections[FETCH_SHOP_KINDS] = {
    object("none", fetch_of_nothing),
    object("order", fetch_of_order),
    object("shipment", fetch_of_shipment_alone),
    object("event", fetch_of_event_alone),
    object("removed", fetch_of_removed),
    object("redact", fetch_of_request),
    object("redact_shop", fetch_of_nothing),
    object("data_request", fetch_of_request),
    object("return", fetch_of_return),
    object("return_of", fetch_of_return_of)
};

#undef text
#undef texts
#undef integer
#undef flag
#undef when
#undef instant
#undef object
#undef list
#undef none


int
fetch_shop_load(const char *path, fetch_shop_adapter_t **adapter,
    wismo_error_t *errors, int max)
{
    fetch_load_t           load;
    fetch_shop_adapter_t  *a;

    *adapter = NULL;

    memset(&load, 0, sizeof(fetch_load_t));
    load.errors = errors;
    load.max = max;

    a = calloc(1, sizeof(fetch_shop_adapter_t));

    if (a == NULL) {
        fetch_fault(&load, NULL, "out of memory");
        return load.n;
    }

    wismo_pool_init(&a->pool, FETCH_SHOP_POOL, NULL, NULL);
    load.pool = &a->pool;

    a->json = fetch_load_json(&load, path, NULL);

    if (a->json && fetch_load_object(&load, NULL, a->json)) {
        fetch_shop_file(&load, a);
    }

    if (load.nomem) {
        fetch_fault(&load, NULL, "out of memory");
    }

    if (load.n) {
        fetch_shop_free(a);
        return load.n;
    }

    *adapter = a;

    return 0;
}


void
fetch_shop_free(fetch_shop_adapter_t *a)
{
    if (a == NULL) {
        return;
    }

    json_decref(a->json);
    wismo_pool_done(&a->pool);
    free(a);
}


static void
fetch_shop_file(fetch_load_t *load, fetch_shop_adapter_t *a)
{
    unsigned       i;
    fetch_at_t     here;
    wismo_str_t    unused;
    const json_t  *json, *value;

    json = a->json;

    fetch_load_known(load, NULL, json, fetch_shop_names);

    here = (fetch_at_t) { NULL, "shop", 0 };

    if (fetch_load_str(load, &here, json_object_get(json, "shop"), &a->name)
        && strspn((char *) a->name.data,
                  "abcdefghijklmnopqrstuvwxyz0123456789_-") != a->name.len)
    {
        fetch_fault(load, &here, "a name of a-z, 0-9, \"_\" and \"-\" is "
                    "expected");
    }

    here.name = "title";
    (void) fetch_load_str(load, &here, json_object_get(json, "title"),
                          &unused);

    here.name = "ping";

    if (json_object_get(json, "ping")) {
        (void) fetch_load_str(load, &here, json_object_get(json, "ping"),
                              &unused);
    }

    here.name = "sent_at";
    value = json_object_get(json, "sent_at");

    if (value) {
        (void) fetch_shop_header(load, &here, value, &a->sent_header);
    }

    fetch_shop_verify(load, json_object_get(json, "verify"), a);

    here.name = "codes";
    fetch_load_codes(load, &here, json_object_get(json, "codes"), &a->codes);

    for (i = FETCH_SHOP_ORDER; i < FETCH_SHOP_KINDS; i++) {
        here.name = fetch_shop_kinds[i];
        a->sections[i].field = &fetch_sections[i];
        value = json_object_get(json, here.name);

        if (value) {
            fetch_shop_members(load, &here, value, &a->sections[i]);
        }
    }

    fetch_shop_topics(load, json, a);

    here.name = "samples";
    a->samples = json_object_get(json, "samples");

    if (a->samples) {
        (void) fetch_load_object(load, &here, a->samples);
    }
}


static void
fetch_shop_verify(fetch_load_t *load, const json_t *value,
    fetch_shop_adapter_t *a)
{
    fetch_at_t     here, inner;
    wismo_error_t  err;

    here = (fetch_at_t) { NULL, "verify", 0 };

    if (!fetch_load_object(load, &here, value)) {
        return;
    }

    memset(&err, 0, sizeof(wismo_error_t));

    if (wismo_verifier_compile(load->pool, value, &a->verifier, &err)
        != WISMO_OK)
    {
        inner = (fetch_at_t) { &here, err.at + 1, 0 };
        fetch_fault(load, err.at[0] == '/' ? &inner : &here, "%s", err.text);

    } else if (!wismo_verifier_signs(a->verifier)) {
        inner = (fetch_at_t) { &here, "kind", 0 };
        fetch_fault(load, &inner, "orders are believed only if they are "
                    "signed: \"hmac\" or \"digest\" is expected");
    }
}


static void
fetch_shop_topics(fetch_load_t *load, const json_t *json,
    fetch_shop_adapter_t *a)
{
    json_t       *element;
    fetch_at_t    at, here;
    const char   *name;
    const json_t *topic;
    unsigned      kind;

    at = (fetch_at_t) { NULL, "topic", 0 };
    topic = json_object_get(json, "topic");

    if (fetch_load_object(load, &at, topic)) {
        fetch_load_known(load, &at, topic, fetch_topic_names);

        if (json_object_get(topic, "at")) {
            here = (fetch_at_t) { &at, "at", 0 };
            a->topic_at = fetch_load_path(load, &here,
                                          json_object_get(topic, "at"));

        } else {
            (void) fetch_shop_header(load, &at, topic, &a->topic_header);
        }
    }

    at.name = "topics";
    a->topics = json_object_get(json, "topics");

    if (!fetch_load_object(load, &at, a->topics)) {
        return;
    }

    json_object_foreach((json_t *) a->topics, name, element) {
        here = (fetch_at_t) { &at, name, 0 };
        kind = (unsigned) fetch_load_enum(load, &here, element,
                                          fetch_shop_kinds);

        if (kind != FETCH_SHOP_NONE && kind != FETCH_SHOP_REDACT_SHOP
            && json_object_get(json, fetch_shop_kinds[kind]) == NULL)
        {
            fetch_fault(load, &here, "there is no \"%s\" that says how it is "
                        "read", fetch_shop_kinds[kind]);
        }
    }
}


static bool
fetch_shop_header(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, wismo_str_t *header)
{
    fetch_at_t  here;

    here = (fetch_at_t) { at, "header", 0 };

    if (!fetch_load_object(load, at, value)
        || !fetch_load_str(load, &here, json_object_get(value, "header"),
                           header))
    {
        return false;
    }

    if (header->len > 64
        || strspn((char *) header->data,
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                  "0123456789-") != header->len)
    {
        fetch_fault(load, &here, "a header's name has at most 64 letters, "
                    "digits or \"-\"");
        return false;
    }

    return true;
}


/* A section, an object or an element of a list: a spec for each member. */

static void
fetch_shop_members(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_shop_spec_t *spec)
{
    bool                       list;
    size_t                     n;
    json_t                    *element;
    fetch_at_t                 here;
    const char                *name;
    const fetch_shop_field_t  *field;

    if (!fetch_load_object(load, at, value)) {
        return;
    }

    list = (spec->field->type == FETCH_FIELD_LIST);
    n = json_object_size(value);

    spec->members = fetch_load_alloc(load, (n + 1)
                                           * sizeof(fetch_shop_spec_t));
    if (spec->members == NULL) {
        return;
    }

    json_object_foreach((json_t *) value, name, element) {
        here = (fetch_at_t) { at, name, 0 };

        if (strcmp(name, "note") == 0) {
            continue;
        }

        if (list && strcmp(name, "each") == 0) {
            spec->each = fetch_load_path(load, &here, element);
            continue;
        }

        for (field = spec->field->members; field->name; field++) {
            if (strcmp(field->name, name) == 0) {
                break;
            }
        }

        if (field->name == NULL) {
            fetch_fault(load, &here, "unknown member: it is none of \"%s\"",
                        spec->field->name);
            continue;
        }

        fetch_shop_spec(load, &here, element, field,
                        &spec->members[spec->n++]);
    }

    if (list && spec->each == NULL) {
        here = (fetch_at_t) { at, "each", 0 };
        fetch_fault(load, &here, "the path of the elements is missing");
    }
}


static void
fetch_shop_spec(fetch_load_t *load, const fetch_at_t *at, const json_t *value,
    const fetch_shop_field_t *field, fetch_shop_spec_t *spec)
{
    spec->field = field;

    switch (field->type) {

    case FETCH_FIELD_OBJECT:
    case FETCH_FIELD_LIST:
        fetch_shop_members(load, at, value, spec);
        break;

    case FETCH_FIELD_TIME:
    case FETCH_FIELD_INSTANT:
        fetch_load_times(load, at, value, &spec->times);
        break;

    default:
        fetch_shop_value(load, at, value, spec);
        break;
    }
}


/* A path, several whose texts are joined, or an object that says more. */

static void
fetch_shop_value(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_shop_spec_t *spec)
{
    fetch_at_t     here;
    const json_t  *v;

    wismo_str_set(&spec->join, " ");

    if (!json_is_object(value)) {
        fetch_load_paths(load, at, value, FETCH_PARTS_MAX, &spec->paths);
        return;
    }

    fetch_load_known(load, at, value, fetch_value_names);

    here = (fetch_at_t) { at, "at", 0 };
    fetch_load_paths(load, &here, json_object_get(value, "at"),
                     FETCH_PARTS_MAX, &spec->paths);

#define string(member, into)                                                  \
    here.name = member;                                                       \
    v = json_object_get(value, member);                                       \
    if (v) {                                                                  \
        (void) fetch_load_str(load, &here, v, into);                          \
    }

    string("join", &spec->join);
    string("cut", &spec->cut);
    string("until", &spec->until);
    string("const", &spec->constant);

#undef string

    here.name = "equals";
    (void) fetch_load_strs(load, &here, json_object_get(value, "equals"),
                           &spec->equals, &spec->nequals);

    if (spec->nequals && spec->field->type != FETCH_FIELD_FLAG) {
        fetch_fault(load, &here, "means nothing for \"%s\"",
                    spec->field->name);
    }

    if (spec->paths.n == 0 && spec->constant.len == 0) {
        fetch_fault(load, at, "\"at\" or \"const\" is expected");
    }
}


int
fetch_shop_topic(const fetch_shop_adapter_t *a, const wismo_str_t *topic,
    fetch_shop_kind_e *kind)
{
    int           i, k;
    json_t       *element;
    const char   *name, *text;

    i = 0;

    json_object_foreach((json_t *) a->topics, name, element) {

        if (wismo_str_is(topic, name) || strcmp(name, "*") == 0) {
            text = json_string_value(element);

            for (k = 0; strcmp(fetch_shop_kinds[k], text) != 0; k++) {
                /* void */
            }

            *kind = (fetch_shop_kind_e) k;

            return i;
        }

        i++;
    }

    return -1;
}


const wismo_verifier_t *
fetch_shop_verifier(const fetch_shop_adapter_t *a)
{
    return a->verifier;
}


const wismo_str_t *
fetch_shop_topic_header(const fetch_shop_adapter_t *a)
{
    return &a->topic_header;
}


const wismo_str_t *
fetch_shop_sent_header(const fetch_shop_adapter_t *a)
{
    return &a->sent_header;
}


const json_t *
fetch_shop_sample(const fetch_shop_adapter_t *a, const char **topic)
{
    void  *iter;

    if (*topic) {
        return json_object_get(a->samples, *topic);
    }

    iter = json_object_iter((json_t *) a->samples);

    if (iter == NULL) {
        return NULL;
    }

    *topic = json_object_iter_key(iter);

    return json_object_iter_value(iter);
}
