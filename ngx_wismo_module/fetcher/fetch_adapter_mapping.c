
/*
 * Copyright (C) The Wismo authors
 *
 * Compiles the part of an adapter that says how a reply is read: outcomes,
 * where parcels and events are, their times, codes and other facts.  A push
 * has a mapping of its own, made from the same members.
 *
 * fetch_adapter_load.c calls it, once for replies and once for pushes.
 */


#include "fetch_adapter_int.h"


static void fetch_load_pair(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_path_t **code, fetch_path_t **text);
static void fetch_load_status(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m);
static void fetch_load_events(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m);
static void fetch_load_keys(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const fetch_codes_t *codes, fetch_keys_t *keys);
static void fetch_load_transforms(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m);
static void fetch_load_transform(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_transform_t *t);
static void fetch_load_delivered_to(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m);
static void fetch_load_edd(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m);
static void fetch_load_weight(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m);


const char *const  fetch_mapping_names[] = {
    "absent", "markup", "outcomes", "error", "items", "number",
    "item_outcomes", "item_error", "choose", "pieces", "pieces_total",
    "status", "events", "codes", "transforms", "delivered_to", "edd",
    "signed_by", "weight", "pickup_by", "partner", "pickup", NULL
};

static const char *const  fetch_pair_names[] = { "code", "text", NULL };

static const char *const  fetch_status_names[] = {
    "policy", "at", "keys", NULL
};

static const char *const  fetch_policy_names[] = {
    "event", "field", "field-unless-event", NULL
};

static const char *const  fetch_events_names[] = {
    "at", "order", "keys", "code", "text", "place", "time", NULL
};

static const char *const  fetch_order_names[] = { "newest", "oldest", NULL };

static const char *const  fetch_transform_names[] = {
    "at", "equals", "map", NULL
};

static const char *const  fetch_to_names[] = { "at", "texts", NULL };

static const char *const  fetch_edd_names[] = { "from", "to", "date", NULL };

static const char *const  fetch_weight_names[] = {
    "value", "unit", "unit_is", NULL
};


void
fetch_load_mapping(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m)
{
    fetch_at_t  here;

#define member(text)                                                          \
    (here = (fetch_at_t) { at, text, 0 }, json_object_get(value, text))
#define path(text)                                                            \
    (here = (fetch_at_t) { at, text, 0 },                                     \
     fetch_load_path(load, &here, json_object_get(value, text)))

    (void) fetch_load_strs(load, &here, member("absent"), &m->absent,
                           &m->nabsent);
    m->markup = fetch_load_bool(load, &here, member("markup"));

    fetch_load_rules(load, &here, member("outcomes"), &m->outcomes);
    fetch_load_pair(load, &here, member("error"), &m->error_code,
                    &m->error_text);

    m->items = path("items");

    if (m->items == NULL) {
        fetch_fault(load, &here, "the path of the parcels is missing");
    }

    fetch_load_paths(load, &here, member("number"), FETCH_PARTS_MAX,
                     &m->number);
    fetch_load_rules(load, &here, member("item_outcomes"),
                     &m->item_outcomes);
    fetch_load_pair(load, &here, member("item_error"), &m->item_error_code,
                    &m->item_error_text);

    m->choose = path("choose");
    m->pieces = path("pieces");
    m->pieces_total = path("pieces_total");

    if (m->choose && m->pieces) {
        here.name = "pieces";
        fetch_fault(load, &here, "an item with \"choose\" has no pieces");
    }

    fetch_load_codes(load, &here, member("codes"), &m->codes);

    if (m->codes.n == 0) {
        fetch_fault(load, &here, "the code tables are missing");
    }

    fetch_load_status(load, &here, member("status"), m);
    fetch_load_events(load, &here, member("events"), m);

    if (m->events == NULL && m->status_at == NULL) {
        here.name = "events";
        fetch_fault(load, &here, "neither \"events\" nor \"status\" is "
                    "there: nothing would be known of a parcel");
    }

    fetch_load_transforms(load, &here, member("transforms"), m);
    fetch_load_delivered_to(load, &here, member("delivered_to"), m);
    fetch_load_edd(load, &here, member("edd"), m);

    m->signed_by = path("signed_by");

    fetch_load_weight(load, &here, member("weight"), m);
    fetch_load_times(load, &here, member("pickup_by"), &m->pickup_by);
    fetch_load_partner(load, &here, member("partner"), &m->partner);
    fetch_load_place(load, &here, member("pickup"), &m->pickup);

#undef member
#undef path
}


static void
fetch_load_pair(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_path_t **code, fetch_path_t **text)
{
    fetch_at_t  here;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_pair_names);

    here = (fetch_at_t) { at, "code", 0 };
    *code = fetch_load_path(load, &here, json_object_get(value, "code"));

    here.name = "text";
    *text = fetch_load_path(load, &here, json_object_get(value, "text"));
}


static void
fetch_load_status(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m)
{
    fetch_at_t  here;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_status_names);

    here = (fetch_at_t) { at, "policy", 0 };
    m->policy = (fetch_policy_e)
                fetch_load_enum(load, &here, json_object_get(value, "policy"),
                                fetch_policy_names);

    here.name = "at";
    m->status_at = fetch_load_path(load, &here, json_object_get(value, "at"));

    if (m->policy != FETCH_POLICY_EVENT && m->status_at == NULL) {
        fetch_fault(load, &here, "the policy needs the path of the "
                    "carrier's own status");
    }

    if (m->status_at) {
        here.name = "keys";
        fetch_load_keys(load, &here, json_object_get(value, "keys"),
                        &m->codes, &m->status_keys);
    }
}


static void
fetch_load_events(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m)
{
    fetch_at_t  here;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_events_names);

    here = (fetch_at_t) { at, "at", 0 };
    m->events = fetch_load_path(load, &here, json_object_get(value, "at"));

    if (m->events == NULL) {
        fetch_fault(load, &here, "the path of the events is missing");
    }

    here.name = "order";
    m->oldest_first = fetch_load_enum(load, &here,
                                      json_object_get(value, "order"),
                                      fetch_order_names) == 1;

    here.name = "keys";
    fetch_load_keys(load, &here, json_object_get(value, "keys"), &m->codes,
                    &m->event_keys);

    here.name = "code";
    fetch_load_paths(load, &here, json_object_get(value, "code"),
                     FETCH_PARTS_MAX, &m->event_code);

    here.name = "text";
    fetch_load_paths(load, &here, json_object_get(value, "text"),
                     FETCH_PARTS_MAX, &m->event_text);

    here.name = "place";
    fetch_load_paths(load, &here, json_object_get(value, "place"),
                     FETCH_PARTS_MAX, &m->event_place);

    here.name = "time";
    fetch_load_times(load, &here, json_object_get(value, "time"),
                     &m->event_time);

    if (m->event_time.n == 0) {
        fetch_fault(load, &here, "the sources of the events' time are "
                    "missing");
    }
}


static void
fetch_load_keys(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const fetch_codes_t *codes, fetch_keys_t *keys)
{
    unsigned     i;
    fetch_at_t   here;
    const char  *name;
    json_t      *element;

    if (!fetch_load_object(load, at, value)) {
        return;
    }

    json_object_foreach((json_t *) value, name, element) {
        here = (fetch_at_t) { at, name, 0 };

        for (i = 0; i < codes->nnames; i++) {
            if (strcmp(codes->names[i], name) == 0) {
                keys->paths[i] = fetch_load_path(load, &here, element);
                break;
            }
        }

        if (i == codes->nnames) {
            fetch_fault(load, &here, "unknown key: it is not among the "
                        "\"keys\" of \"codes\"");
        }
    }
}


static void
fetch_load_transforms(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m)
{
    size_t      i, n;
    fetch_at_t  here;

    if (value == NULL) {
        return;
    }

    n = json_array_size(value);

    if (n == 0) {
        fetch_fault(load, at, "a list of transforms is expected");
        return;
    }

    m->transforms = fetch_load_alloc(load, n * sizeof(fetch_transform_t));
    if (m->transforms == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        here = (fetch_at_t) { at, NULL, (unsigned) i };
        fetch_load_transform(load, &here, json_array_get(value, i),
                             &m->transforms[i]);
    }

    m->ntransforms = (unsigned) n;
}


static void
fetch_load_transform(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_transform_t *t)
{
    json_t                   *element;
    fetch_at_t                here, row;
    const char               *text;
    wismo_str_t               name, none;
    fetch_meaning_t           meaning;
    const wismo_substatus_t  *status;

    if (!fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_transform_names);

    here = (fetch_at_t) { at, "at", 0 };
    t->at = fetch_load_path(load, &here, json_object_get(value, "at"));

    if (t->at == NULL) {
        fetch_fault(load, &here, "a path is expected");
    }

    here.name = "equals";
    (void) fetch_load_strs(load, &here, json_object_get(value, "equals"),
                           &t->equals, &t->nequals);

    here.name = "map";
    value = json_object_get(value, "map");

    if (!fetch_load_object(load, &here, value)) {
        return;
    }

    wismo_str_null(&none);

    json_object_foreach((json_t *) value, text, element) {
        row = (fetch_at_t) { &here, text, 0 };

        name = wismo_str_of(text);

        status = wismo_substatus(&name, &none);

        if (status == NULL || status->status == WISMO_STATUS_NONE) {
            fetch_fault(load, &row, "there is no status \"%s\"", text);
            continue;
        }

        if (fetch_load_meaning(load, &row, element, &meaning)) {
            t->map[status->status] = meaning;
            t->mapped |= 1U << status->status;
        }
    }
}


static void
fetch_load_delivered_to(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m)
{
    fetch_at_t  here;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_to_names);

    here = (fetch_at_t) { at, "at", 0 };
    m->to_at = fetch_load_path(load, &here, json_object_get(value, "at"));

    if (m->to_at == NULL) {
        fetch_fault(load, &here, "a path is expected");
    }

    here.name = "texts";
    fetch_load_to(load, &here, json_object_get(value, "texts"), &m->to);
}


static void
fetch_load_edd(fetch_load_t *load, const fetch_at_t *at, const json_t *value,
    fetch_mapping_t *m)
{
    size_t        i, n;
    json_t       *element;
    fetch_at_t    here, row;
    fetch_edd_t  *edd;

    if (value == NULL) {
        return;
    }

    n = json_array_size(value);

    if (n == 0) {
        fetch_fault(load, at, "a list of estimates is expected");
        return;
    }

    m->edd = fetch_load_alloc(load, n * sizeof(fetch_edd_t));
    if (m->edd == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        row = (fetch_at_t) { at, NULL, (unsigned) i };
        edd = &m->edd[i];
        element = json_array_get(value, i);

        if (!fetch_load_object(load, &row, element)) {
            continue;
        }

        fetch_load_known(load, &row, element, fetch_edd_names);

        here = (fetch_at_t) { &row, "from", 0 };
        edd->from = fetch_load_time(load, &here,
                                    json_object_get(element, "from"));
        here.name = "to";
        edd->to = fetch_load_time(load, &here,
                                  json_object_get(element, "to"));
        here.name = "date";
        edd->date = fetch_load_time(load, &here,
                                    json_object_get(element, "date"));

        if (edd->from == NULL && edd->to == NULL && edd->date == NULL) {
            fetch_fault(load, &row, "\"from\", \"to\" or \"date\" is "
                        "expected");
        }
    }

    m->nedd = (unsigned) n;
}


static void
fetch_load_weight(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m)
{
    fetch_at_t   here;
    wismo_str_t  one;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_weight_names);

    here = (fetch_at_t) { at, "value", 0 };
    m->weight = fetch_load_path(load, &here, json_object_get(value, "value"));

    if (m->weight == NULL) {
        fetch_fault(load, &here, "a path is expected");
    }

    here.name = "unit";
    m->weight_unit = fetch_load_path(load, &here,
                                     json_object_get(value, "unit"));

    here.name = "unit_is";

    if (json_object_get(value, "unit_is")
        && fetch_load_str(load, &here, json_object_get(value, "unit_is"),
                          &m->weight_unit_name))
    {
        wismo_str_set(&one, "1");

        if (fetch_weight(&one, &m->weight_unit_name) < 0) {
            fetch_fault(load, &here, "\"%s\" is none of g, kg, lb, oz",
                        (char *) m->weight_unit_name.data);
        }
    }

    if (m->weight_unit == NULL && m->weight_unit_name.len == 0) {
        fetch_fault(load, at, "\"unit\" or \"unit_is\" is expected");
    }
}
