
/*
 * Copyright (C) The Wismo authors
 *
 * Where a parcel waits to be collected, where the carrier says so: the name,
 * address and hours of a shop, a post office, a locker.  Never an address of
 * the recipient's; adapters name members that can be nothing else.
 *
 * fetch_adapter_mapping.c has it compiled, fetch_adapter_report.c read.
 */


#include "fetch_adapter_int.h"


#define FETCH_PLACE_NAME_MAX     100          /* as in an order */
#define FETCH_PLACE_TEXT_MAX     200


static int fetch_place_text(const fetch_scope_t *scope,
    const fetch_paths_t *paths, size_t max, const char *field,
    wismo_str_t *text);


static const char *const  fetch_place_names[] = {
    "name", "address", "hours", NULL
};


void
fetch_load_place(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_place_t *place)
{
    fetch_at_t  here;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_place_names);

    here = (fetch_at_t) { at, "name", 0 };
    fetch_load_paths(load, &here, json_object_get(value, "name"),
                     FETCH_PARTS_MAX, &place->name);

    here.name = "address";
    fetch_load_paths(load, &here, json_object_get(value, "address"),
                     FETCH_PARTS_MAX, &place->address);

    here.name = "hours";
    fetch_load_paths(load, &here, json_object_get(value, "hours"),
                     FETCH_PARTS_MAX, &place->hours);

    if (place->name.n == 0) {
        here.name = "name";
        fetch_fault(load, &here, "the path of the place's name is missing");
    }
}


int
fetch_place(const fetch_place_t *place, const fetch_scope_t *scope,
    wismo_pickup_t *pickup)
{
    if (fetch_place_text(scope, &place->name, FETCH_PLACE_NAME_MAX,
                         "pickup/name", &pickup->name)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    /* the street of nobody knows what leads nobody there */

    if (pickup->name.len == 0) {
        return WISMO_OK;
    }

    if (fetch_place_text(scope, &place->address, FETCH_PLACE_TEXT_MAX,
                         "pickup/address", &pickup->address)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    return fetch_place_text(scope, &place->hours, FETCH_PLACE_TEXT_MAX,
                            "pickup/hours", &pickup->hours);
}


static int
fetch_place_text(const fetch_scope_t *scope, const fetch_paths_t *paths,
    size_t max, const char *field, wismo_str_t *text)
{
    if (fetch_paths_join(scope, paths, ", ", field, text) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (text->len > max) {
        wismo_str_null(text);
    }

    return WISMO_OK;
}
