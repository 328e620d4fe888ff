
/*
 * Copyright (C) The Wismo authors
 *
 * The items of a document: what was ordered, and how much of it no parcel
 * holds yet.  Called by wismo_document_write.c.
 *
 * That is worked out here, once for a version, as each item has to be sought
 * in each parcel: a page must only read it.
 */


#include "wismo_document_int.h"


static bool wismo_document_contents(const wismo_order_t *order);
static int64_t wismo_document_left(const wismo_order_t *order,
    const wismo_item_t *item);
static void wismo_document_item(wismo_out_t *out, const wismo_item_t *item,
    int64_t left);


void
wismo_document_items(wismo_out_t *out, const wismo_order_t *order)
{
    bool                 contents;
    unsigned             i;
    const wismo_item_t  *item;

    contents = wismo_document_contents(order);

    for (i = 0; i < order->nitems; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        item = &order->items[i];

        wismo_document_item(out, item,
                            contents ? wismo_document_left(order, item) : 0);
    }
}


int64_t
wismo_document_unshipped(const wismo_order_t *order)
{
    int64_t   n;
    unsigned  i;

    if (!wismo_document_contents(order)) {
        return 0;
    }

    n = 0;

    for (i = 0; i < order->nitems; i++) {
        n += wismo_document_left(order, &order->items[i]);
    }

    return n;
}


/* Does each parcel name what is in it?  What is sent back was sent. */

static bool
wismo_document_contents(const wismo_order_t *order)
{
    unsigned  i, sent;

    sent = 0;

    for (i = 0; i < order->nparcels; i++) {

        if (order->parcels[i].leg != WISMO_LEG_OUTBOUND) {
            continue;
        }

        if (order->parcels[i].nitems == 0) {
            return false;
        }

        sent++;
    }

    return sent || order->nparcels == 0;
}


static int64_t
wismo_document_left(const wismo_order_t *order, const wismo_item_t *item)
{
    int64_t                left;
    unsigned               i, k;
    const wismo_parcel_t  *p;

    left = item->quantity;

    for (i = 0; i < order->nparcels; i++) {
        p = &order->parcels[i];

        if (p->leg == WISMO_LEG_RETURN) {
            continue;
        }

        for (k = 0; k < p->nitems; k++) {
            if (wismo_str_eq(&p->items[k].id, &item->id)) {
                left -= p->items[k].quantity;
            }
        }
    }

    return left > 0 ? left : 0;
}


static void
wismo_document_item(wismo_out_t *out, const wismo_item_t *item, int64_t left)
{
    wismo_out_text(out, "{\"id\":");
    wismo_document_str(out, &item->id);
    wismo_out_text(out, ",\"sku\":");
    wismo_document_str(out, &item->sku);
    wismo_out_text(out, ",\"name\":");
    wismo_document_str(out, &item->name);
    wismo_out_text(out, ",\"quantity\":");
    wismo_out_int(out, item->quantity);

    if (left) {
        wismo_out_text(out, ",\"unshipped\":");
        wismo_out_int(out, left);
    }

    wismo_out_text(out, ",\"image_url\":");
    wismo_document_str(out, &item->image_url);
    wismo_out_text(out, ",\"url\":");
    wismo_document_str(out, &item->url);
    wismo_out_text(out, "}");
}
