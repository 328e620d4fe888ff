
/*
 * Copyright (C) The Wismo authors
 *
 * Places by name, "BR-SP-01310": what levels of lanes are made of, and how an
 * order's address becomes one.  Called by wismo_edd.c, and when an order's
 * body or document is read.
 *
 * A place must never hold more of an address than country, region and
 * postcode.
 */


#include "wismo_edd_int.h"


static size_t wismo_edd_place_add(unsigned char *data, size_t n,
    const wismo_str_t *s, size_t max);


bool
wismo_edd_place_ok(const wismo_str_t *s)
{
    wismo_edd_place_t  place;

    return wismo_edd_place(s, &place) == WISMO_OK;
}


/*
 * "BR-SP-01310" has the region "BR-SP-" and a postcode.  No region is longer
 * than three (ISO 3166-2), so that "PT-1000-205" has none; then the first two
 * of the postcode are one.  Spaces do not count, nor does case.
 */

int
wismo_edd_place(const wismo_str_t *s, wismo_edd_place_t *place)
{
    size_t         i, n, part[2];
    unsigned       parts;
    unsigned char  c, text[WISMO_EDD_PLACE_MAX + 2];

    place->region = 0;
    place->post = 0;
    place->len = 0;

    if (s->len > WISMO_EDD_PLACE_MAX + 2) {
        return WISMO_DECLINED;
    }

    n = 0;
    parts = 0;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) {
            text[n++] = c;
            continue;
        }

        if (c == ' ') {
            continue;
        }

        if (c == '-') {
            if (parts < 2) {
                part[parts++] = n;
            }

            continue;
        }

        if (c < 'a' || c > 'z') {
            return WISMO_DECLINED;
        }

        text[n++] = (unsigned char) (c - 'a' + 'A');
    }

    if (n == 0 && parts == 0) {
        return WISMO_OK;
    }

    if (n > WISMO_EDD_PLACE_MAX) {
        return WISMO_DECLINED;
    }

    if ((parts ? part[0] : n) != 2 || text[0] < 'A' || text[1] < 'A') {
        return WISMO_DECLINED;
    }

    if (parts == 1) {
        part[1] = (n - 2 > 3) ? 2 : n;

    } else if (parts == 0 || part[1] - 2 > 3) {
        part[1] = 2;
    }

    memcpy(place->data, text, 2);
    memcpy(place->data + 3, text + 2, part[1] - 2);
    memcpy(place->data + part[1] + 2, text + part[1], n - part[1]);

    place->data[2] = '-';
    place->data[part[1] + 1] = '-';

    place->len = n + 2;
    place->region = part[1] + 2;

    if (part[1] < n) {
        place->post = place->region;

        if (part[1] == 2) {
            place->region += (n - 2 < 2) ? n - 2 : 2;
        }
    }

    return WISMO_OK;
}


size_t
wismo_edd_place_name(char buf[WISMO_EDD_PLACE_MAX + 2], const wismo_str_t *s)
{
    wismo_edd_place_t  place;

    if (wismo_edd_place(s, &place) != WISMO_OK) {
        return 0;
    }

    memcpy(buf, place.data, place.len);

    return place.len;
}


int
wismo_edd_place_make(wismo_pool_t *pool, const wismo_str_t *country,
    const wismo_str_t *region, const wismo_str_t *postcode, size_t max,
    wismo_str_t *place)
{
    size_t         n;
    unsigned char  data[WISMO_EDD_PLACE_MAX];

    wismo_str_null(place);

    if (country->len != 2) {
        return WISMO_OK;
    }

    n = wismo_edd_place_add(data, 0, country, 2);
    data[n++] = '-';

    /* a name in full is no code */

    n = wismo_edd_place_add(data, n, region, (region->len > 3) ? 0 : 3);
    data[n++] = '-';

    n = wismo_edd_place_add(data, n, postcode, max);

    place->data = data;
    place->len = n;

    if (!wismo_edd_place_ok(place)) {
        wismo_str_null(place);
        return WISMO_OK;
    }

    return wismo_pstrdup(pool, place, place);
}


static size_t
wismo_edd_place_add(unsigned char *data, size_t n, const wismo_str_t *s,
    size_t max)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < s->len && max && n < WISMO_EDD_PLACE_MAX - 2; i++) {
        c = s->data[i];

        if (c >= 'a' && c <= 'z') {
            c = (unsigned char) (c - 'a' + 'A');
        }

        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            data[n++] = c;
            max--;
        }
    }

    return n;
}
