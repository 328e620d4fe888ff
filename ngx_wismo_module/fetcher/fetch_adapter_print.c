
/*
 * Copyright (C) The Wismo authors
 *
 * A reply as "wismo carrier parse" prints it: what the engine made of it, in
 * the words of the order model.  Whoever writes an adapter reads this, and so
 * do the adapters' tests.
 */


#include "fetch_adapter_print.h"
#include "wismo_merge.h"

#include <stdlib.h>


static int fetch_print_parcel(wismo_pool_t *pool, const fetch_part_t *part,
    json_t *parcels);
static json_t *fetch_print_event(const wismo_event_t *event);
static json_t *fetch_print_partner(const wismo_report_t *report);
static json_t *fetch_print_pickup(const wismo_pickup_t *pickup);
static json_t *fetch_print_edd(const wismo_edd_t *edd);
static json_t *fetch_print_edd_end(const wismo_edd_t *edd, int64_t t);
static json_t *fetch_print_error(const wismo_str_t *number,
    fetch_outcome_e outcome, const wismo_str_t *code,
    const wismo_str_t *text);
static void fetch_print_set(json_t *object, const char *name,
    const wismo_str_t *text);
static json_t *fetch_print_text(const wismo_str_t *text);
static json_t *fetch_print_utc(int64_t t);
static json_t *fetch_print_wall(int64_t wall);
static json_t *fetch_print_date(int64_t wall);
static json_t *fetch_print_time(int64_t t,
    void (*print)(wismo_out_t *out, int64_t t));
static json_t *fetch_print_when(const wismo_when_t *when);
static json_t *fetch_print_out(wismo_out_t *out);


json_t *
fetch_adapter_print(wismo_pool_t *pool, const fetch_reply_t *reply)
{
    json_t              *top, *parcels, *errors;
    unsigned             i;
    const fetch_part_t  *part;

    top = json_object();
    parcels = json_array();
    errors = json_array();

    (void) json_object_set_new(top, "outcome",
                         json_string(fetch_outcome_name(reply->outcome)));
    (void) json_object_set_new(top, "retry_after_s",
                               reply->retry_after < 0 ? json_null()
                               : json_integer(reply->retry_after));
    (void) json_object_set_new(top, "parcels", parcels);
    (void) json_object_set_new(top, "errors", errors);

    for (i = 0; i < reply->nparts; i++) {
        part = &reply->parts[i];

        if (part->outcome == FETCH_OK && part->report) {
            if (fetch_print_parcel(pool, part, parcels) != WISMO_OK) {
                json_decref(top);
                return NULL;
            }

            continue;
        }

        (void) json_array_append_new(errors,
                            fetch_print_error(&part->number, part->outcome,
                                              &part->code, &part->text));
    }

    if (reply->outcome != FETCH_OK && reply->nparts == 0) {
        (void) json_array_append_new(errors,
                            fetch_print_error(NULL, reply->outcome,
                                              &reply->code, &reply->text));
    }

    return top;
}


static int
fetch_print_parcel(wismo_pool_t *pool, const fetch_part_t *part,
    json_t *parcels)
{
    int                     delivered;
    bool                    changed;
    json_t                 *object, *list;
    unsigned                i;
    const char             *to;
    wismo_parcel_t          parcel;
    const wismo_report_t   *r;

    r = part->report;

    memset(&parcel, 0, sizeof(wismo_parcel_t));
    parcel.tracking_number = part->number;
    parcel.weight_g = -1;
    wismo_time_local(&parcel.pickup_by, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);

    if (wismo_merge_report(pool, &parcel, r, &changed) != WISMO_OK) {
        return WISMO_ERROR;
    }

    object = json_object();
    (void) json_array_append_new(parcels, object);

    fetch_print_set(object, "tracking_number", &part->number);
    (void) json_object_set_new(object, "status",
                               json_string(parcel.status->name));
    (void) json_object_set_new(object, "substatus",
                               json_string(parcel.status->sub));
    (void) json_object_set_new(object, "delivered",
                               json_boolean(parcel.delivered));

    to = wismo_to_name(parcel.delivered_to);
    (void) json_object_set_new(object, "delivered_to",
                               to ? json_string(to) : json_null());

    list = json_array();
    (void) json_object_set_new(object, "events", list);

    for (i = 0; i < parcel.nevents; i++) {
        (void) json_array_append_new(list,
                                     fetch_print_event(&parcel.events[i]));
    }

    (void) json_object_set_new(object, "edd", fetch_print_edd(&parcel.edd));

    /* a number that was delivered is one piece at least */

    delivered = r->pieces_delivered == 0 && parcel.delivered
                ? 1 : r->pieces_delivered;

    (void) json_object_set_new(object, "pieces_total",
                               r->pieces_total == 0 ? json_null()
                               : json_integer(r->pieces_total));
    (void) json_object_set_new(object, "pieces_delivered",
                               r->pieces_total == 0 ? json_null()
                               : json_integer(delivered));

    fetch_print_set(object, "signed_by", &r->signed_by);
    (void) json_object_set_new(object, "weight_g",
                               r->weight_g < 0 ? json_null()
                               : json_integer(r->weight_g));
    (void) json_object_set_new(object, "pickup_by",
                               fetch_print_when(&r->pickup_by));
    (void) json_object_set_new(object, "pickup",
                               fetch_print_pickup(&r->pickup));
    (void) json_object_set_new(object, "partner", fetch_print_partner(r));

    list = json_array();
    (void) json_object_set_new(object, "unmapped_codes", list);

    for (i = 0; i < r->nunmapped; i++) {
        (void) json_array_append_new(list, fetch_print_text(&r->unmapped[i]));
    }

    return WISMO_OK;
}


static json_t *
fetch_print_event(const wismo_event_t *event)
{
    json_t              *object;
    const char          *to;
    const wismo_when_t  *when;

    when = &event->when;
    object = json_object();

    (void) json_object_set_new(object, "utc", fetch_print_utc(when->utc));
    (void) json_object_set_new(object, "wallclock",
                               when->basis == WISMO_BASIS_DATE
                               || when->basis == WISMO_BASIS_UNKNOWN
                               ? json_null() : fetch_print_wall(when->wall));
    (void) json_object_set_new(object, "date",
                               when->basis == WISMO_BASIS_UNKNOWN
                               ? json_null() : fetch_print_date(when->wall));
    (void) json_object_set_new(object, "basis",
             json_string(wismo_time_basis((wismo_basis_e) when->basis)));

    if (event->status->status == WISMO_STATUS_NONE) {
        (void) json_object_set_new(object, "status", json_null());
        (void) json_object_set_new(object, "substatus", json_null());

    } else {
        (void) json_object_set_new(object, "status",
                                   json_string(event->status->name));
        (void) json_object_set_new(object, "substatus",
                                   json_string(event->status->sub));
    }

    fetch_print_set(object, "code", &event->code);
    fetch_print_set(object, "description", &event->text);
    fetch_print_set(object, "place", &event->place);

    to = wismo_to_name(event->delivered_to);

    if (to) {
        (void) json_object_set_new(object, "delivered_to", json_string(to));
    }

    return object;
}


static json_t *
fetch_print_partner(const wismo_report_t *report)
{
    json_t  *object;

    if (report->partner.len == 0) {
        return json_null();
    }

    object = json_object();

    fetch_print_set(object, "carrier", &report->partner);
    fetch_print_set(object, "tracking_number", &report->partner_number);

    return object;
}


static json_t *
fetch_print_pickup(const wismo_pickup_t *pickup)
{
    json_t  *object;

    if (pickup->name.len == 0) {
        return json_null();
    }

    object = json_object();

    fetch_print_set(object, "name", &pickup->name);
    fetch_print_set(object, "address", &pickup->address);
    fetch_print_set(object, "hours", &pickup->hours);

    return object;
}


static json_t *
fetch_print_edd(const wismo_edd_t *edd)
{
    json_t  *object;

    if (edd->basis == WISMO_BASIS_UNKNOWN) {
        return json_null();
    }

    object = json_object();

    (void) json_object_set_new(object, "from",
                               fetch_print_edd_end(edd, edd->from));
    (void) json_object_set_new(object, "to",
                               fetch_print_edd_end(edd, edd->to));
    (void) json_object_set_new(object, "date",
                               edd->date != WISMO_TIME_NONE
                               ? fetch_print_date(edd->date) : json_null());
    (void) json_object_set_new(object, "basis",
                               json_string(wismo_time_basis(edd->basis)));

    return object;
}


/* An instant is shown on the clock it was promised by. */

static json_t *
fetch_print_edd_end(const wismo_edd_t *edd, int64_t t)
{
    int           offset;
    wismo_out_t   out;
    wismo_pool_t  pool;
    json_t       *text;

    if (t == WISMO_TIME_NONE) {
        return json_null();
    }

    if (edd->basis == WISMO_BASIS_DATE) {
        return fetch_print_date(t);
    }

    if (edd->basis == WISMO_BASIS_LOCAL) {
        return fetch_print_wall(t);
    }

    if (edd->basis == WISMO_BASIS_UTC || edd->offset == WISMO_OFFSET_NONE) {
        return fetch_print_utc(t);
    }

    offset = edd->offset;

    wismo_pool_init(&pool, 65536, NULL, NULL);
    wismo_out_init(&out, &pool, 32);
    wismo_time_out_wall(&out, t + offset * 60);
    wismo_out_printf(&out, "%c%02d:%02d", offset < 0 ? '-' : '+',
                     abs(offset) / 60, abs(offset) % 60);

    text = fetch_print_out(&out);
    wismo_pool_done(&pool);

    return text;
}


static json_t *
fetch_print_error(const wismo_str_t *number, fetch_outcome_e outcome,
    const wismo_str_t *code, const wismo_str_t *text)
{
    json_t  *object;

    object = json_object();

    (void) json_object_set_new(object, "number",
                               number ? fetch_print_text(number)
                                      : json_null());
    (void) json_object_set_new(object, "outcome",
                               json_string(fetch_outcome_name(outcome)));
    fetch_print_set(object, "code", code);
    fetch_print_set(object, "text", text);

    return object;
}


static void
fetch_print_set(json_t *object, const char *name, const wismo_str_t *text)
{
    (void) json_object_set_new(object, name, fetch_print_text(text));
}


/* Clean texts only; an empty one is null. */

static json_t *
fetch_print_text(const wismo_str_t *text)
{
    json_t  *value;

    if (text->len == 0) {
        return json_null();
    }

    value = json_stringn((char *) text->data, text->len);

    return value ? value : json_null();
}


static json_t *
fetch_print_utc(int64_t t)
{
    return fetch_print_time(t, wismo_time_out_utc);
}


static json_t *
fetch_print_wall(int64_t wall)
{
    return fetch_print_time(wall, wismo_time_out_wall);
}


static json_t *
fetch_print_date(int64_t wall)
{
    return fetch_print_time(wall, wismo_time_out_date);
}


static json_t *
fetch_print_time(int64_t t, void (*print)(wismo_out_t *out, int64_t t))
{
    json_t        *text;
    wismo_out_t    out;
    wismo_pool_t   pool;

    if (t == WISMO_TIME_NONE) {
        return json_null();
    }

    wismo_pool_init(&pool, 65536, NULL, NULL);
    wismo_out_init(&out, &pool, 32);
    print(&out, t);

    text = fetch_print_out(&out);
    wismo_pool_done(&pool);

    return text;
}


static json_t *
fetch_print_when(const wismo_when_t *when)
{
    switch (when->basis) {

    case WISMO_BASIS_UNKNOWN:
        return json_null();

    case WISMO_BASIS_DATE:
        return fetch_print_date(when->wall);

    case WISMO_BASIS_LOCAL:
        return fetch_print_wall(when->wall);

    default:
        return fetch_print_utc(when->utc);
    }
}


static json_t *
fetch_print_out(wismo_out_t *out)
{
    if (out->failed) {
        return json_null();
    }

    return json_stringn((char *) out->start,
                        (size_t) (out->pos - out->start));
}
