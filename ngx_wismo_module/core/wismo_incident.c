
/*
 * Copyright (C) The Wismo authors
 *
 * Reading incidents, and which of them touch an order.  Called by the workers
 * when what is stored has changed and when a page is made, and by "wismo
 * incident".
 *
 * What is stored may be anything: whatever is not whole shows on no page.
 */


#include "wismo_incident.h"
#include "wismo_days.h"
#include "wismo_edd.h"
#include "wismo_sign.h"


#define WISMO_INCIDENTS_NODES     8192


static int wismo_incident_read(const wismo_json_t *json,
    wismo_incident_t *incident);
static bool wismo_incident_when(const wismo_json_t *json, const char *name,
    int64_t *t);
static uint64_t wismo_incident_hash(const wismo_incident_t *incident,
    uint64_t hash);
static uint32_t wismo_incident_fold(uint64_t hash);
static void wismo_incident_time(wismo_out_t *out, const char *name,
    int64_t t);
static bool wismo_incident_is_open(const wismo_json_t *json);


int
wismo_incidents_read(wismo_pool_t *pool, const wismo_str_t *bytes,
    wismo_incidents_t *incidents, wismo_error_t *err)
{
    int            rc;
    wismo_json_t  *list, *json;

    incidents->n = 0;

    if (bytes->len == 0) {
        return WISMO_OK;
    }

    rc = wismo_json_read(pool, bytes, WISMO_INCIDENTS_NODES, &list, err);

    if (rc != WISMO_OK) {
        return rc;
    }

    if (list->type != WISMO_JSON_ARRAY || list->count > WISMO_INCIDENTS_MAX) {
        wismo_error_set(err, "", "expected an array of at most %d incidents",
                        WISMO_INCIDENTS_MAX);
        return WISMO_DECLINED;
    }

    for (json = list->first; json; json = json->next) {

        if (wismo_incident_read(json, &incidents->incident[incidents->n])
            != WISMO_OK)
        {
            incidents->n = 0;
            wismo_error_set(err, "", "expected incidents as \"wismo "
                                     "incident add\" stores them");
            return WISMO_DECLINED;
        }

        incidents->n++;
    }

    return WISMO_OK;
}


static int
wismo_incident_read(const wismo_json_t *json, wismo_incident_t *incident)
{
    const wismo_json_t  *text;

    memset(incident, 0, sizeof(wismo_incident_t));

    incident->json = json;
    incident->id = wismo_json_str(json, "id");
    incident->carrier = wismo_json_str(json, "carrier");
    incident->to = wismo_json_str(json, "to");
    incident->text = wismo_json_get(json, "text");

    if (json->type != WISMO_JSON_OBJECT || incident->id.len == 0
        || incident->id.len > 32
        || !wismo_incident_when(json, "from", &incident->from)
        || !wismo_incident_when(json, "until", &incident->until)
        || (incident->to.len && !wismo_edd_place_ok(&incident->to))
        || incident->text == NULL || incident->text->type != WISMO_JSON_OBJECT
        || incident->text->count == 0
        || incident->text->count > WISMO_INCIDENT_LANGS_MAX)
    {
        return WISMO_DECLINED;
    }

    for (text = incident->text->first; text; text = text->next) {
        if (text->type != WISMO_JSON_STRING || text->text.len == 0
            || text->text.len > WISMO_INCIDENT_TEXT_MAX)
        {
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


static bool
wismo_incident_when(const wismo_json_t *json, const char *name, int64_t *t)
{
    wismo_str_t   text;
    wismo_when_t  when;

    text = wismo_json_str(json, name);

    if (wismo_time_iso(&text, &when) != WISMO_OK
        || when.utc == WISMO_TIME_NONE)
    {
        return false;
    }

    *t = when.utc;

    return true;
}


bool
wismo_incident_is_active(const wismo_incident_t *incident, int64_t now)
{
    return incident->from <= now && now < incident->until;
}


uint32_t
wismo_incidents_active(const wismo_incidents_t *incidents, int64_t now,
    int64_t *next)
{
    bool                     any;
    uint64_t                 hash;
    unsigned                 i;
    const wismo_incident_t  *in;

    any = false;
    hash = 0;
    *next = INT64_MAX;

    for (i = 0; i < incidents->n; i++) {
        in = &incidents->incident[i];

        if (now < in->from && in->from < *next) {
            *next = in->from;
        }

        if (!wismo_incident_is_active(in, now)) {
            continue;
        }

        if (in->until < *next) {
            *next = in->until;
        }

        /* its end is told by JSON alone */

        any = true;
        hash = wismo_hash64(&in->until, sizeof(int64_t), hash);
        hash = wismo_incident_hash(in, hash);
    }

    return any ? wismo_incident_fold(hash) : 0;
}


uint32_t
wismo_incidents_mark(const wismo_incidents_t *incidents, int64_t now,
    const wismo_json_t *order, bool full)
{
    bool                     any;
    uint64_t                 hash;
    unsigned                 i;
    const wismo_incident_t  *in;

    any = false;
    hash = 0;

    for (i = 0; i < incidents->n; i++) {
        in = &incidents->incident[i];

        if (wismo_incident_is_active(in, now)
            && wismo_incident_touches(in, order, full))
        {
            any = true;
            hash = wismo_incident_hash(in, hash);
        }
    }

    return any ? wismo_incident_fold(hash) : 0;
}


/* Of what a page shows, and of whom it touches. */

static uint64_t
wismo_incident_hash(const wismo_incident_t *in, uint64_t hash)
{
    const wismo_json_t  *text;

    hash = wismo_hash64(in->id.data, in->id.len, hash);
    hash = wismo_hash64(in->carrier.data, in->carrier.len, hash);
    hash = wismo_hash64(in->to.data, in->to.len, hash);

    for (text = in->text->first; text; text = text->next) {
        hash = wismo_hash64(text->key.data, text->key.len, hash);
        hash = wismo_hash64(text->text.data, text->text.len, hash);
    }

    return hash;
}


/* 0 is none. */

static uint32_t
wismo_incident_fold(uint64_t hash)
{
    uint32_t  fold;

    fold = (uint32_t) (hash ^ (hash >> 32));

    return fold ? fold : 1;
}


bool
wismo_incident_touches(const wismo_incident_t *incident,
    const wismo_json_t *order, bool full)
{
    wismo_str_t          place, carrier;
    const wismo_json_t  *list, *parcel;

    if (incident->to.len) {

        if (!full) {
            return false;
        }

        place = wismo_json_str(order, "ship_to");

        if (place.len == 0) {
            place = wismo_json_str(order, "country");
        }

        if (!wismo_days_place_in(&place, &incident->to)) {
            return false;
        }
    }

    list = wismo_json_get(order, "parcels");

    if (list == NULL || list->first == NULL) {
        return incident->carrier.len == 0 && wismo_incident_is_open(order);
    }

    for (parcel = list->first; parcel; parcel = parcel->next) {
        carrier = wismo_json_str(parcel, "carrier");

        if (wismo_incident_is_open(parcel)
            && (incident->carrier.len == 0
                || wismo_str_eq(&carrier, &incident->carrier)))
        {
            return true;
        }
    }

    return false;
}


/* What has an end is touched by nothing any more. */

static bool
wismo_incident_is_open(const wismo_json_t *json)
{
    wismo_str_t               status, sub;
    const wismo_substatus_t  *row;

    status = wismo_json_str(json, "status");
    sub = wismo_json_str(json, "substatus");
    row = wismo_substatus(&status, &sub);

    return row && !row->final;
}


wismo_str_t
wismo_incident_text(const wismo_incident_t *incident, const wismo_str_t *lang)
{
    size_t               i;
    wismo_str_t          tag;
    const wismo_json_t  *text, *primary, *english;

    primary = NULL;
    english = NULL;
    tag = *lang;

    for (i = 0; i < tag.len && tag.data[i] != '-'; i++) { /* void */ }

    tag.len = i;

    for (text = incident->text->first; text; text = text->next) {

        if (wismo_str_eq(&text->key, lang)) {
            return text->text;
        }

        if (wismo_str_eq(&text->key, &tag)) {
            primary = text;
        }

        if (wismo_str_is(&text->key, "en")) {
            english = text;
        }
    }

    text = primary ? primary : english ? english : incident->text->first;

    return text->text;
}


void
wismo_incidents_out(wismo_out_t *out, const wismo_incidents_t *incidents,
    int64_t now, const wismo_json_t *order, bool full)
{
    bool                     any;
    unsigned                 i;
    const wismo_incident_t  *in;

    any = false;

    for (i = 0; i < incidents->n; i++) {
        in = &incidents->incident[i];

        if (!wismo_incident_is_active(in, now)
            || !wismo_incident_touches(in, order, full))
        {
            continue;
        }

        if (any) {
            wismo_out_text(out, ",");

        } else {
            wismo_out_text(out, ",\"incidents\":[");
        }

        any = true;
        wismo_incident_out(out, in);
    }

    if (any) {
        wismo_out_text(out, "]");
    }
}


void
wismo_incident_out(wismo_out_t *out, const wismo_incident_t *in)
{
    const wismo_json_t  *text;

    wismo_out_text(out, "{\"id\":");
    wismo_out_json_str(out, &in->id);

    if (in->carrier.len) {
        wismo_out_text(out, ",\"carrier\":");
        wismo_out_json_str(out, &in->carrier);
    }

    if (in->to.len) {
        wismo_out_text(out, ",\"to\":");
        wismo_out_json_str(out, &in->to);
    }

    wismo_incident_time(out, "from", in->from);
    wismo_incident_time(out, "until", in->until);

    wismo_out_text(out, ",\"text\":{");

    for (text = in->text->first; text; text = text->next) {
        wismo_out_json_str(out, &text->key);
        wismo_out_text(out, ":");
        wismo_out_json_str(out, &text->text);

        if (text->next) {
            wismo_out_text(out, ",");
        }
    }

    wismo_out_text(out, "}}");
}


static void
wismo_incident_time(wismo_out_t *out, const char *name, int64_t t)
{
    wismo_out_text(out, ",\"");
    wismo_out_bytes(out, name, strlen(name));
    wismo_out_text(out, "\":\"");
    wismo_time_out_utc(out, t);
    wismo_out_text(out, "\"");
}
