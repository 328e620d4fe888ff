
/*
 * Copyright (C) The Wismo authors
 *
 * QR codes, by libqrcodegen.  Called before each commit.
 *
 * What is stored is the side of the square in modules, quiet zone included, a
 * space, and an SVG path of strokes one module wide; nothing but digits, "M",
 * "m", "h", "." and blanks, which is what a page checks.
 */


#include "fetch_qr.h"

#include <qrcodegen/qrcodegen.h>

#include <string.h>


#define FETCH_QR_VERSION     6            /* 108 bytes at level M */
#define FETCH_QR_QUIET       4


static int fetch_qr_draw(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *path);


int
fetch_qr_order(wismo_pool_t *pool, wismo_order_t *order)
{
    unsigned         i;
    wismo_pickup_t  *pickup;

    for (i = 0; i < order->nparcels; i++) {
        pickup = &order->parcels[i].pickup;

        if (pickup->code.len && pickup->qr.len == 0
            && fetch_qr_draw(pool, &pickup->code, &pickup->qr) != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static int
fetch_qr_draw(wismo_pool_t *pool, const wismo_str_t *text, wismo_str_t *path)
{
    int          x, y, end, from, size;
    wismo_out_t  out;
    uint8_t      qr[qrcodegen_BUFFER_LEN_FOR_VERSION(FETCH_QR_VERSION)];
    uint8_t      data[qrcodegen_BUFFER_LEN_FOR_VERSION(FETCH_QR_VERSION)];

    if (text->len > WISMO_PICKUP_CODE_MAX) {
        return WISMO_OK;
    }

    memcpy(data, text->data, text->len);

    if (!qrcodegen_encodeBinary(data, text->len, qr, qrcodegen_Ecc_MEDIUM, 1,
                                FETCH_QR_VERSION, qrcodegen_Mask_AUTO, true))
    {
        return WISMO_OK;
    }

    size = qrcodegen_getSize(qr);

    wismo_out_init(&out, pool, 4096);
    wismo_out_int(&out, size + 2 * FETCH_QR_QUIET);
    wismo_out_text(&out, " ");

    for (y = 0; y < size; y++) {
        from = -1;

        for (x = 0; x < size; x = end) {
            end = x + 1;

            if (!qrcodegen_getModule(qr, x, y)) {
                continue;
            }

            while (end < size && qrcodegen_getModule(qr, end, y)) {
                end++;
            }

            if (from < 0) {
                wismo_out_text(&out, "M");
                wismo_out_int(&out, x + FETCH_QR_QUIET);
                wismo_out_text(&out, " ");
                wismo_out_int(&out, y + FETCH_QR_QUIET);
                wismo_out_text(&out, ".5");

            } else {
                wismo_out_text(&out, "m");
                wismo_out_int(&out, x - from);
                wismo_out_text(&out, " 0");
            }

            wismo_out_text(&out, "h");
            wismo_out_int(&out, end - x);

            from = end;
        }
    }

    if (out.failed) {
        return WISMO_ERROR;
    }

    path->data = out.start;
    path->len = (size_t) (out.pos - out.start);

    return WISMO_OK;
}
