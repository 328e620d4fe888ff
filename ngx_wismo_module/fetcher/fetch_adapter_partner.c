
/*
 * Copyright (C) The Wismo authors
 *
 * Who does the last stretch of a parcel, where the carrier says that another
 * one does, and its number there.  Carriers name each other in words, codes
 * or not at all; orders name a carrier as the API does: "usps".
 *
 * fetch_adapter_mapping.c has it compiled, fetch_adapter_report.c read.  It
 * never asks that carrier anything: a partner is shown, not polled.
 */


#include "fetch_adapter_int.h"
#include "wismo_number.h"

#include <strings.h>


#define FETCH_PARTNER_MAX    32               /* as an order's carrier */


static void fetch_load_partner_names(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_partner_t *partner);
static int fetch_partner_carrier(const fetch_partner_t *partner,
    const fetch_scope_t *scope, wismo_str_t *carrier);
static int fetch_partner_id(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *id);
static void fetch_partner_guess(const wismo_str_t *number,
    wismo_str_t *carrier);


static const char *const  fetch_partner_members[] = {
    "carrier", "number", "self", "names", NULL
};


void
fetch_load_partner(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_partner_t *partner)
{
    fetch_at_t  here;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_partner_members);

    here = (fetch_at_t) { at, "carrier", 0 };
    partner->carrier = fetch_load_path(load, &here,
                                       json_object_get(value, "carrier"));

    here.name = "number";
    partner->number = fetch_load_path(load, &here,
                                      json_object_get(value, "number"));

    if (partner->carrier == NULL && partner->number == NULL) {
        fetch_fault(load, at, "\"carrier\" or \"number\" is expected");
    }

    here.name = "self";
    partner->self = fetch_load_path(load, &here,
                                    json_object_get(value, "self"));

    here.name = "names";
    fetch_load_partner_names(load, &here, json_object_get(value, "names"),
                             partner);
}


static void
fetch_load_partner_names(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_partner_t *partner)
{
    json_t                *element;
    fetch_at_t             here;
    const char            *text;
    wismo_str_t            id;
    fetch_partner_name_t  *name;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    partner->names = fetch_load_alloc(load, json_object_size(value)
                                            * sizeof(fetch_partner_name_t));
    if (partner->names == NULL) {
        return;
    }

    json_object_foreach((json_t *) value, text, element) {
        here = (fetch_at_t) { at, text, 0 };

        wismo_str_null(&id);

        if (!json_is_null(element)
            && !fetch_load_str(load, &here, element, &id))
        {
            continue;
        }

        if (id.len > FETCH_PARTNER_MAX
            || (id.len
                && strspn((char *) id.data, "abcdefghijklmnopqrstuvwxyz"
                                            "0123456789_-") != id.len))
        {
            fetch_fault(load, &here, "a carrier such as \"usps\" is "
                        "expected (at most %d of a-z 0-9 _ -), or null",
                        FETCH_PARTNER_MAX);
            continue;
        }

        name = &partner->names[partner->nnames++];

        name->carrier = id;
        name->text.len = strlen(text);
        name->text.data = fetch_load_alloc(load, name->text.len + 1);

        if (name->text.data) {
            memcpy(name->text.data, text, name->text.len);

        } else {
            name->text.len = 0;
        }
    }
}


int
fetch_partner(const fetch_partner_t *partner, const fetch_scope_t *scope,
    wismo_report_t *report)
{
    int                 rc;
    wismo_str_t         self, carrier, number;
    const wismo_str_t  *route, *other;

    (void) fetch_path_text(scope, partner->self, &self, &other);
    (void) fetch_path_text(scope, partner->carrier, &carrier, &other);

    if (!fetch_path_text(scope, partner->number, &number, &route)) {
        wismo_str_null(&number);
    }

    if (self.len && (wismo_str_eq(&self, &carrier)
                     || wismo_str_eq(&self, &number)))
    {
        return WISMO_OK;
    }

    if (fetch_partner_carrier(partner, scope, &report->partner) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (number.len == 0 || (carrier.len && report->partner.len == 0)) {
        return WISMO_OK;
    }

    rc = wismo_clean_number(scope->pool, &number);

    if (rc != WISMO_OK) {
        return rc == WISMO_ERROR ? WISMO_ERROR : WISMO_OK;
    }

    if (report->partner.len == 0) {
        fetch_partner_guess(&number, &report->partner);
    }

    /* a number of nobody knows whom is of no use to anybody */

    if (report->partner.len) {
        report->partner_number = number;
        fetch_explain(scope, "partner/tracking_number", route, &number);
    }

    return WISMO_OK;
}


static int
fetch_partner_carrier(const fetch_partner_t *partner,
    const fetch_scope_t *scope, wismo_str_t *carrier)
{
    size_t                       best;
    unsigned                     i;
    wismo_str_t                  text;
    const wismo_str_t           *route;
    const fetch_partner_name_t  *name;

    if (!fetch_path_text(scope, partner->carrier, &text, &route)) {
        return WISMO_OK;
    }

    best = 0;

    for (i = 0; i < partner->nnames; i++) {
        name = &partner->names[i];

        if (name->text.len > best && name->text.len <= text.len
            && strncasecmp((char *) name->text.data, (char *) text.data,
                           name->text.len) == 0)
        {
            best = name->text.len;
            *carrier = name->carrier;
        }
    }

    if (best == 0 && fetch_partner_id(scope->pool, &text, carrier) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (carrier->len) {
        fetch_explain(scope, "partner/carrier", route, &text);
    }

    return WISMO_OK;
}


/*
 * "Posti Group" is posti_group, which a page shows as POSTI GROUP.  Nothing
 * is made of a name in other letters, or of a number, which is some list's.
 */

static int
fetch_partner_id(wismo_pool_t *pool, const wismo_str_t *text, wismo_str_t *id)
{
    size_t          i;
    bool            letters;
    unsigned char   c, *dst;

    wismo_str_null(id);

    if (text->len > FETCH_PARTNER_MAX) {
        return WISMO_OK;
    }

    dst = wismo_palloc(pool, text->len + 1);
    if (dst == NULL) {
        return WISMO_ERROR;
    }

    letters = false;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (c >= 'A' && c <= 'Z') {
            c = (unsigned char) (c - 'A' + 'a');
        }

        if (c >= 'a' && c <= 'z') {
            letters = true;

        } else if (c >= 0x80) {
            return WISMO_OK;

        } else if ((c < '0' || c > '9') && c != '-') {
            c = '_';
        }

        dst[i] = c;
    }

    if (letters) {
        id->data = dst;
        id->len = text->len;
    }

    return WISMO_OK;
}


/* Whose number it is, if it can be one family's only. */

static void
fetch_partner_guess(const wismo_str_t *number, wismo_str_t *carrier)
{
    unsigned           i, n;
    wismo_candidate_t  fits[WISMO_NUMBER_CANDIDATES];

    n = wismo_number_detect(number, fits);

    for (i = 0; i < n; i++) {
        if (strcmp(fits[i].carrier, fits[0].carrier) != 0) {
            return;
        }
    }

    if (n && strcmp(fits[0].carrier, "s10") != 0) {
        carrier->data = (unsigned char *) fits[0].carrier;
        carrier->len = strlen(fits[0].carrier);
    }
}
