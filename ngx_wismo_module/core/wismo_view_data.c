
/*
 * Copyright (C) The Wismo authors
 *
 * The page's facts for machines: JSON-LD of schema.org, an Order and a
 * ParcelDelivery for each parcel.  Called by the other files of the view,
 * parcel by parcel.
 *
 * It stands in the page's source, so it may say nothing that the view itself
 * does not show: the minimal one has no tracking number.
 */


#include "wismo_view_make.h"


static const char *wismo_view_data_status(const wismo_substatus_t *row);
static void wismo_view_data_time(wismo_out_t *out, const char *name,
    const wismo_str_t *text);


/* Longer than any of the texts it is for needs to be. */

#define WISMO_VIEW_DATA_HINT   1024


void
wismo_view_data_order(wismo_viewer_t *v, const wismo_str_t *number,
    const wismo_substatus_t *row)
{
    const char   *status;
    wismo_out_t  *out;

    out = &v->data;

    wismo_out_init(out, v->pool, WISMO_VIEW_DATA_HINT);

    wismo_out_text(out, "{\"@context\":\"https://schema.org\",\"@graph\":["
                        "{\"@type\":\"Order\",\"@id\":\"#order\"");

    if (!v->ctx->parcel) {
        wismo_out_text(out, ",\"orderNumber\":");
        wismo_out_json_str(out, number);
    }

    status = wismo_view_data_status(row);

    if (status) {
        wismo_out_text(out, ",\"orderStatus\":\"https://schema.org/Order");
        wismo_out_bytes(out, status, strlen(status));
        wismo_out_text(out, "\"");
    }

    if (v->ctx->brand.len) {
        wismo_out_text(out, ",\"seller\":{\"@type\":\"Organization\","
                            "\"name\":");
        wismo_out_json_str(out, &v->ctx->brand);
        wismo_out_text(out, "}");
    }

    wismo_out_text(out, "}");
}


void
wismo_view_data_parcel(wismo_viewer_t *v, const wismo_view_card_t *card)
{
    wismo_out_t         *out;
    wismo_str_t          from, until, date;
    const wismo_json_t  *estimate;

    out = &v->data;

    wismo_out_text(out, ",{\"@type\":\"ParcelDelivery\",\"partOfOrder\":"
                        "{\"@id\":\"#order\"}");

    if (card->back) {
        wismo_out_text(out, ",\"name\":");
        wismo_out_json_str(out, &card->title);
    }

    if (card->number.len) {
        wismo_out_text(out, ",\"trackingNumber\":");
        wismo_out_json_str(out, &card->number);
    }

    if (card->link.len) {
        wismo_out_text(out, ",\"trackingUrl\":");
        wismo_out_json_str(out, &card->link);
    }

    if (card->carrier.len) {
        wismo_out_text(out, ",\"carrier\":{\"@type\":\"Organization\","
                            "\"name\":");
        wismo_out_json_str(out, &card->carrier);
        wismo_out_text(out, "}");
    }

    /* a return arrives elsewhere */

    if (card->back) {
        wismo_out_text(out, "}");
        return;
    }

    /* the minimal view has one for the whole order */

    estimate = wismo_json_get(v->view == WISMO_VIEW_FULL ? card->json
                                                         : v->order,
                              "estimate");

    from = wismo_json_str(estimate, "from");
    until = wismo_json_str(estimate, "to");
    date = wismo_json_str(estimate, "date");

    wismo_view_data_time(out, ",\"expectedArrivalFrom\":",
                         from.len ? &from : &date);
    wismo_view_data_time(out, ",\"expectedArrivalUntil\":",
                         until.len ? &until : &date);

    wismo_out_text(out, "}");
}


void
wismo_view_data_done(wismo_viewer_t *v, wismo_json_t *model)
{
    wismo_json_t  *node;

    wismo_out_text(&v->data, "]}");

    v->speech.failed |= v->data.failed;

    node = wismo_view_add(v, model, "jsonld", WISMO_JSON_MARKUP);

    if (node) {
        node->text.data = v->data.start;
        node->text.len = (size_t) (v->data.pos - v->data.start);
    }
}


static const char *
wismo_view_data_status(const wismo_substatus_t *row)
{
    switch (row->status) {

    case WISMO_ORDERED:
    case WISMO_LABEL_CREATED:
        return row == wismo_substatus_of(row->status)
               || row->act != WISMO_ACT_RECIPIENT ? "Processing"
                                                  : "PaymentDue";

    case WISMO_PICKED_UP:
    case WISMO_IN_TRANSIT:
    case WISMO_OUT_FOR_DELIVERY:
    case WISMO_DELAYED:
    case WISMO_RETURNING:
        return "InTransit";

    case WISMO_READY_FOR_PICKUP:
        return "PickupAvailable";

    case WISMO_ATTEMPT_FAILED:
    case WISMO_ON_HOLD:
    case WISMO_FAILED:
    case WISMO_EXPIRED:
        return "Problem";

    case WISMO_RETURNED:
        return "Returned";

    case WISMO_DELIVERED:
        return "Delivered";

    case WISMO_CANCELLED:
        return "Cancelled";

    default:
        return NULL;
    }
}


static void
wismo_view_data_time(wismo_out_t *out, const char *name,
    const wismo_str_t *text)
{
    if (text->len) {
        wismo_out_bytes(out, name, strlen(name));
        wismo_out_json_str(out, text);
    }
}
