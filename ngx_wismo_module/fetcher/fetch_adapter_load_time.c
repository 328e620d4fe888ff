
/*
 * Copyright (C) The Wismo authors
 *
 * Compiles the sources of a time: the paths of its parts, its form, and the
 * rule that tells its zone.  fetch_adapter_mapping.c calls it.
 */


#include "fetch_adapter_int.h"


static void fetch_load_time_to(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_time_t *time);
static void fetch_load_zone(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_zone_t *zone);
static void fetch_load_zone_at(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_zone_t *zone);


static const char *const  fetch_time_names[] = {
    "parts", "form", "zone", "wall", "offset", "midnight", NULL
};

static const char *const  fetch_form_names[] = {
    "iso", "ymd", "dmy", "mdy", "month", "epoch", "epoch-ms", "dotnet", NULL
};

static const char *const  fetch_midnight_names[] = { "clock", "date", NULL };

static const char *const  fetch_zone_names[] = {
    "at", "names", "else", NULL
};


void
fetch_load_times(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_times_t *times)
{
    size_t      i, n;
    fetch_at_t  here;

    if (value == NULL) {
        return;
    }

    n = json_array_size(value);

    if (n == 0) {
        fetch_fault(load, at, "a list of times is expected");
        return;
    }

    times->sources = fetch_load_alloc(load, n * sizeof(fetch_time_t));
    if (times->sources == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        here = (fetch_at_t) { at, NULL, (unsigned) i };
        fetch_load_time_to(load, &here, json_array_get(value, i),
                           &times->sources[i]);
    }

    times->n = (unsigned) n;
}


fetch_time_t *
fetch_load_time(fetch_load_t *load, const fetch_at_t *at, const json_t *value)
{
    fetch_time_t  *time;

    if (value == NULL) {
        return NULL;
    }

    time = fetch_load_alloc(load, sizeof(fetch_time_t));

    if (time) {
        fetch_load_time_to(load, at, value, time);
    }

    return time;
}


static void
fetch_load_time_to(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_time_t *time)
{
    fetch_at_t  here;

    if (!fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_time_names);

    here = (fetch_at_t) { at, "parts", 0 };
    fetch_load_paths(load, &here, json_object_get(value, "parts"),
                     FETCH_PARTS_MAX, &time->parts);

    if (time->parts.n == 0) {
        fetch_fault(load, &here, "the paths of the time's parts are missing");
    }

    here.name = "form";
    time->form = (fetch_form_e)
                 fetch_load_enum(load, &here, json_object_get(value, "form"),
                                 fetch_form_names);

    here.name = "zone";
    fetch_load_zone(load, &here, json_object_get(value, "zone"),
                    &time->zone);

    here.name = "wall";
    fetch_load_paths(load, &here, json_object_get(value, "wall"),
                     FETCH_PARTS_MAX, &time->wall);

    here.name = "offset";
    time->offset = fetch_load_path(load, &here,
                                   json_object_get(value, "offset"));

    if ((time->wall.n || time->offset)
        && time->zone.kind != FETCH_ZONE_UTC)
    {
        fetch_fault(load, at, "\"wall\" and \"offset\" are for times in "
                    "the zone \"utc\"");
    }

    here.name = "midnight";
    time->midnight = fetch_load_enum(load, &here,
                                     json_object_get(value, "midnight"),
                                     fetch_midnight_names) == 1;
}


/* "text", "local", "utc", a zone's name, an offset, or where it stands */

static void
fetch_load_zone(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_zone_t *zone)
{
    wismo_str_t  name;

    zone->kind = FETCH_ZONE_TEXT;

    if (value == NULL) {
        return;
    }

    if (json_is_object(value)) {
        fetch_load_zone_at(load, at, value, zone);
        return;
    }

    if (!fetch_load_str(load, at, value, &name)) {
        return;
    }

    if (wismo_str_is(&name, "text")) {
        return;
    }

    if (wismo_str_is(&name, "local")) {
        zone->kind = FETCH_ZONE_LOCAL;
        return;
    }

    if (wismo_str_is(&name, "utc")) {
        zone->kind = FETCH_ZONE_UTC;
        return;
    }

    if (!fetch_zone_find(&name, zone)) {
        fetch_fault(load, at, "\"%s\" is none of text, local, utc, an "
                    "offset or the name of a zone, as in Europe/Berlin",
                    (char *) name.data);
    }
}


static void
fetch_load_zone_at(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_zone_t *zone)
{
    json_t             *element, *names;
    fetch_at_t          here, row;
    const char         *name;
    fetch_zone_name_t  *entry;

    fetch_load_known(load, at, value, fetch_zone_names);

    zone->kind = FETCH_ZONE_AT;

    here = (fetch_at_t) { at, "at", 0 };
    zone->at = fetch_load_path(load, &here, json_object_get(value, "at"));

    if (zone->at == NULL) {
        fetch_fault(load, &here, "a path is expected");
    }

    here.name = "else";

    if (json_object_get(value, "else")) {
        zone->otherwise = fetch_load_alloc(load, sizeof(fetch_zone_t));

        if (zone->otherwise) {
            fetch_load_zone(load, &here, json_object_get(value, "else"),
                            zone->otherwise);
        }
    }

    names = json_object_get(value, "names");

    if (names == NULL) {
        return;
    }

    here.name = "names";

    if (!fetch_load_object(load, &here, names)) {
        return;
    }

    zone->names = fetch_load_alloc(load, (json_object_size(names) + 1)
                                         * sizeof(fetch_zone_name_t));
    if (zone->names == NULL) {
        return;
    }

    json_object_foreach(names, name, element) {
        row = (fetch_at_t) { &here, name, 0 };
        entry = &zone->names[zone->nnames];

        entry->name = wismo_str_of(name);
        entry->zone = fetch_load_alloc(load, sizeof(fetch_zone_t));

        if (entry->zone == NULL) {
            return;
        }

        fetch_load_zone(load, &row, element, entry->zone);
        zone->nnames++;
    }
}
