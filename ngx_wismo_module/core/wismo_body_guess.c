
/*
 * Copyright (C) The Wismo authors
 *
 * Carriers for the shipments of an order's body that name none.  Called
 * before the body is checked, where the configuration is known: what is
 * stored then names a carrier, and nobody has to guess again.
 *
 * It must never touch a carrier that the merchant named.
 */


#include "wismo_number.h"
#include "wismo_order.h"


int
wismo_order_carriers(json_t *body, const wismo_body_rules_t *rules)
{
    int              guessed;
    size_t           i;
    json_t          *shipments, *shipment, *v;
    wismo_str_t      text, number, adapter;
    unsigned char    buf[WISMO_NUMBER_MAX];

    guessed = 0;
    shipments = json_object_get(body, "shipments");

    if (rules->carrier_ok == NULL
        || json_array_size(shipments) > WISMO_PARCELS_MAX)
    {
        return 0;
    }

    json_array_foreach(shipments, i, shipment) {

        v = json_object_get(shipment, "carrier");

        if (v && !json_is_null(v)) {
            continue;
        }

        v = json_object_get(shipment, "tracking_number");

        if (!json_is_string(v)) {
            continue;
        }

        text.len = json_string_length(v);
        text.data = (unsigned char *) json_string_value(v);

        number.data = buf;
        number.len = wismo_number_normalise(&text, buf);

        if (wismo_number_adapter(&number, rules->carrier_ok, rules->data,
                                 &adapter)
            != WISMO_OK)
        {
            continue;
        }

        if (json_object_set_new(shipment, "carrier",
                                json_stringn((char *) adapter.data,
                                             adapter.len))
            != 0)
        {
            return WISMO_ERROR;
        }

        guessed++;
    }

    return guessed;
}
