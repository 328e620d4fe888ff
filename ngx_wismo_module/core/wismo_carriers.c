
/*
 * Copyright (C) The Wismo authors
 *
 * The directory of carriers: names, and links to their own pages.  Filled by
 * the module when its configuration is loaded, asked for each parcel of a
 * page.
 *
 * A link is https and comes from the adapter alone; of a parcel it has its
 * number, percent-encoded, and nothing else.
 */


#include "wismo_carriers.h"


static const char  wismo_carriers_place[] = "{number}";


int
wismo_carriers_add(wismo_pool_t *pool, wismo_carriers_t *carriers,
    const wismo_str_t *id, const wismo_str_t *title, const wismo_str_t *link,
    wismo_error_t *err)
{
    int               rc;
    size_t            len;
    unsigned          i, size;
    wismo_str_t       text;
    unsigned char    *p;
    wismo_carrier_t  *carrier, *list;

    wismo_str_null(&text);
    p = NULL;

    if (link->len) {
        rc = wismo_carriers_link_ok(link, err);

        if (rc != WISMO_OK) {
            return rc;
        }

        if (wismo_pstrdup(pool, &text, link) != WISMO_OK) {
            goto failed;
        }

        len = sizeof(wismo_carriers_place) - 1;

        for (p = text.data; memcmp(p, wismo_carriers_place, len) != 0; p++) {
            /* void */
        }
    }

    for (i = 0; i < carriers->n; i++) {
        if (wismo_str_eq(&carriers->list[i].id, id)) {
            break;
        }
    }

    if (i == carriers->size) {
        size = carriers->size ? 2 * carriers->size : 32;
        list = wismo_pcalloc(pool, size * sizeof(wismo_carrier_t));

        if (list == NULL) {
            goto failed;
        }

        if (carriers->n) {
            memcpy(list, carriers->list,
                   carriers->n * sizeof(wismo_carrier_t));
        }

        carriers->list = list;
        carriers->size = size;
    }

    carrier = &carriers->list[i];

    memset(carrier, 0, sizeof(wismo_carrier_t));

    if (wismo_pstrdup(pool, &carrier->id, id) != WISMO_OK
        || wismo_pstrdup(pool, &carrier->title, title) != WISMO_OK)
    {
        goto failed;
    }

    if (p) {
        carrier->before.data = text.data;
        carrier->before.len = (size_t) (p - text.data);
        carrier->after.data = p + sizeof(wismo_carriers_place) - 1;
        carrier->after.len = text.len - carrier->before.len
                             - (sizeof(wismo_carriers_place) - 1);
    }

    if (i == carriers->n) {
        carriers->n++;
    }

    return WISMO_OK;

failed:

    wismo_error_set(err, "", "out of memory");

    return WISMO_ERROR;
}


int
wismo_carriers_link_ok(const wismo_str_t *link, wismo_error_t *err)
{
    size_t                i, len;
    unsigned              n;
    const unsigned char  *p;

    p = link->data;
    len = sizeof(wismo_carriers_place) - 1;

    if (link->len < 9 || memcmp(p, "https://", 8) != 0) {
        wismo_error_set(err, "", "an https:// address is expected");
        return WISMO_DECLINED;
    }

    n = 0;

    for (i = 0; i < link->len; i++) {

        if (link->len - i >= len
            && memcmp(p + i, wismo_carriers_place, len) == 0)
        {
            n++;
            i += len - 1;
            continue;
        }

        if (p[i] <= ' ' || p[i] >= 0x7f || strchr("\"'<>\\^`{|}", p[i])) {
            wismo_error_set(err, "", "an address of printable ASCII is "
                            "expected, with \"{number}\" for the number");
            return WISMO_DECLINED;
        }

        /* the host is the adapter's, whatever the number */

        if (n == 1 && memchr(p + 8, '/', i - 8) == NULL) {
            wismo_error_set(err, "", "\"{number}\" is expected behind the "
                            "host");
            return WISMO_DECLINED;
        }
    }

    if (n != 1 || memchr(p + 8, '/', link->len - 8) == NULL) {
        wismo_error_set(err, "", "\"{number}\" is expected once, behind the "
                        "host");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


const wismo_carrier_t *
wismo_carriers_find(const wismo_carriers_t *carriers, const wismo_str_t *id)
{
    unsigned  i;

    if (carriers) {
        for (i = 0; i < carriers->n; i++) {
            if (wismo_str_eq(&carriers->list[i].id, id)) {
                return &carriers->list[i];
            }
        }
    }

    return NULL;
}


int
wismo_carrier_link(wismo_pool_t *pool, const wismo_carrier_t *carrier,
    const wismo_str_t *number, wismo_str_t *link)
{
    wismo_out_t  out;

    wismo_str_null(link);

    if (carrier->before.len == 0 || number->len == 0) {
        return WISMO_OK;
    }

    wismo_out_init(&out, pool,
                   carrier->before.len + 3 * number->len + carrier->after.len);

    wismo_out_str(&out, &carrier->before);
    wismo_out_uri(&out, number);
    wismo_out_str(&out, &carrier->after);

    if (out.failed) {
        return WISMO_ERROR;
    }

    link->data = out.start;
    link->len = (size_t) (out.pos - out.start);

    return WISMO_OK;
}
