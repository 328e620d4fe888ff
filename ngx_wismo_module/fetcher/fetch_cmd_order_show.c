
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo order show": an order as text or as JSON, with what shoppers have
 * said and what people were told.  Called by fetch_cmd_order.c.  Only reads.
 */


#include "fetch_cmd_order.h"
#include "fetch_ledger.h"
#include "wismo_feedback.h"

#include <stdio.h>
#include <stdlib.h>


static int order_show_notices(order_t *o);
static int order_feedback(order_t *o, wismo_str_t *json);
static void order_show_feedback(order_t *o, const wismo_str_t *json);
static void order_show_parcel(order_t *o, const wismo_parcel_t *parcel);
static void order_show_raised(order_t *o, const wismo_raised_t *raised,
    const wismo_substatus_t *status, const wismo_substatus_t *reported);
static void order_show_event(order_t *o, const wismo_event_t *event);
static void order_show_time(order_t *o, const char *label, int64_t t);
static const char *order_when(order_t *o, const wismo_when_t *when);


int
order_show(order_t *o)
{
    unsigned        i, returns;
    wismo_str_t     feedback;
    wismo_order_t  *order;

    if (order_load(o) != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (order_feedback(o, &feedback) != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    if (o->options.json) {

        /* one member more than a page may have */

        fwrite(o->stored.doc.full.data, 1, o->stored.doc.full.len - 1,
               stdout);

        if (feedback.len) {
            printf(",\"feedback\":%.*s", (int) feedback.len,
                   (char *) feedback.data);
        }

        if (o->options.notices && order_show_notices(o) != WISMO_OK) {
            return FETCH_EXIT_FAILED;
        }

        puts("}");
        return FETCH_EXIT_OK;
    }

    order = &o->stored.order;

    printf("order      %s\n", o->options.number);
    printf("status     %s.%s\n", order->status->name, order->status->sub);
    order_show_raised(o, &order->raised, order->status, NULL);

    if (order->outlook != WISMO_OUTLOOK_NONE) {
        printf("outlook    %s\n", wismo_outlook_name(order->outlook));
    }

    printf("version    %llu\n", (unsigned long long) order->version);
    order_show_time(o, "placed", order->placed_at);
    order_show_time(o, "promised", order->promised_until);
    order_show_time(o, "updated", order->updated_at);

    for (i = 0, returns = 0; i < order->nparcels; i++) {
        returns += (order->parcels[i].leg == WISMO_LEG_RETURN);
    }

    printf("parcels    %u, %u delivered\n", order->nparcels - returns,
           order->ndelivered);

    if (returns) {
        printf("returns    %u\n", returns);
    }

    order_show_feedback(o, &feedback);

    for (i = 0; i < order->nparcels; i++) {
        order_show_parcel(o, &order->parcels[i]);
    }

    if (o->options.notices && order_show_notices(o) != WISMO_OK) {
        return FETCH_EXIT_FAILED;
    }

    return FETCH_EXIT_OK;
}


/* In JSON as a member of an object that is open. */

static int
order_show_notices(order_t *o)
{
    char        *text;
    size_t       i;
    json_t      *ledger, *notices, *one;
    const char  *said;

    ledger = fetch_ledger(&o->redis, &o->pool, &o->number);

    if (ledger == NULL) {
        fprintf(stderr, "wismo: redis: %s\n", o->redis.error);
        return WISMO_ERROR;
    }

    notices = json_object_get(ledger, "notices");

    if (o->options.json) {
        text = json_dumps(notices, JSON_COMPACT);
        printf(",\"notices\":%s", text ? text : "[]");
        free(text);
        json_decref(ledger);
        return WISMO_OK;
    }

    printf("\nnotices    %zu\n", json_array_size(notices));

    json_array_foreach(notices, i, one) {
        said = json_string_value(json_object_get(one, "when"));

        printf("  %-20s %-8s %-12s %s %s\n", said ? said : "-",
               json_string_value(json_object_get(one, "state")),
               json_string_value(json_object_get(one, "channel")),
               json_string_value(json_object_get(one, "notice")),
               json_string_value(json_object_get(one, "text")));
    }

    json_decref(ledger);

    return WISMO_OK;
}


/* As the ledger has it; empty if nobody has said anything. */

static int
order_feedback(order_t *o, wismo_str_t *json)
{
    char  key[WISMO_KEY_MAX];

    if (fetch_redis_field(&o->redis, &o->pool, key,
                          wismo_key_ledger(key, &o->number), "feedback", json)
        != WISMO_OK)
    {
        fprintf(stderr, "wismo: redis: %s\n", o->redis.error);
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static void
order_show_feedback(order_t *o, const wismo_str_t *json)
{
    wismo_feedback_t  feedback;

    if (json->len == 0
        || wismo_feedback_read(&o->pool, json, &feedback) != WISMO_OK)
    {
        return;
    }

    order_show_time(o, "feedback", feedback.at);

    if (feedback.arrived != WISMO_ARRIVED_UNSAID) {
        printf("  arrived  %s\n",
               feedback.arrived == WISMO_ARRIVED_YES ? "yes" : "no");
    }

    if (feedback.rating) {
        printf("  rating   %d of %d\n", feedback.rating, WISMO_RATING_MAX);
    }

    if (feedback.comment.len) {
        printf("  words    %s\n", order_text(o, &feedback.comment));
    }
}


static void
order_show_parcel(order_t *o, const wismo_parcel_t *parcel)
{
    unsigned  i;

    printf("\n%s     %s\n", parcel->leg == WISMO_LEG_RETURN ? "return"
                                                             : "parcel",
           order_text(o, &parcel->id));
    printf("carrier    %s %s\n", order_text(o, &parcel->carrier),
           order_text(o, &parcel->tracking_number));
    printf("status     %s.%s\n", parcel->status->name, parcel->status->sub);
    order_show_raised(o, &parcel->raised, parcel->status, parcel->reported);

    if (parcel->delivered_to != WISMO_TO_NONE) {
        printf("handed to  %s\n", wismo_to_name(parcel->delivered_to));
    }

    order_show_time(o, "checked", parcel->checked_at);
    order_show_time(o, "next", parcel->next_check_at);

    if (parcel->source.len) {
        printf("source     %s\n", order_text(o, &parcel->source));
    }

    for (i = 0; i < parcel->nevents; i++) {
        order_show_event(o, &parcel->events[i]);
    }
}


/* What the clock says, since when and whose matter it is. */

static void
order_show_raised(order_t *o, const wismo_raised_t *raised,
    const wismo_substatus_t *status, const wismo_substatus_t *reported)
{
    if (raised->level == 0) {
        return;
    }

    order_show_time(o, "  since", raised->since);
    printf("  severity %s\n", wismo_severity_name(status->severity));
    printf("  act      %s\n", wismo_act_name(status->act));

    if (reported && reported != status) {
        printf("  reported %s.%s\n", reported->name, reported->sub);
    }
}


static void
order_show_event(order_t *o, const wismo_event_t *event)
{
    printf("  %-26s %s.%s", order_when(o, &event->when), event->status->name,
           event->status->sub);

    if (event->code.len) {
        printf(" [%s]", order_text(o, &event->code));
    }

    if (event->text.len) {
        printf("  %s", order_text(o, &event->text));
    }

    if (event->place.len) {
        printf("  (%s)", order_text(o, &event->place));
    }

    putchar('\n');
}


static void
order_show_time(order_t *o, const char *label, int64_t t)
{
    wismo_out_t  out;

    if (t == WISMO_TIME_NONE) {
        return;
    }

    wismo_out_init(&out, &o->pool, WISMO_TIME_UTC_LEN);
    wismo_time_out_utc(&out, t);

    printf("%-10s %.*s\n", label, (int) (out.pos - out.start),
           (char *) out.start);
}


static const char *
order_when(order_t *o, const wismo_when_t *when)
{
    int          minutes;
    wismo_out_t  out;

    wismo_out_init(&out, &o->pool, 40);

    if (when->wall == WISMO_TIME_NONE) {
        return "-";
    }

    if (when->basis == WISMO_BASIS_DATE) {
        wismo_time_out_date(&out, when->wall);

    } else {
        wismo_time_out_wall(&out, when->wall);
    }

    if (when->basis == WISMO_BASIS_UTC) {
        wismo_out_text(&out, "Z");

    } else if (when->offset != WISMO_OFFSET_NONE) {
        minutes = when->offset < 0 ? -when->offset : when->offset;
        wismo_out_printf(&out, "%c%02d:%02d", when->offset < 0 ? '-' : '+',
                         minutes / 60, minutes % 60);
    }

    wismo_out_bytes(&out, "", 1);

    return out.failed ? "-" : (char *) out.start;
}
