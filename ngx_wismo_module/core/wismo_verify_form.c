
/*
 * Copyright (C) The Wismo authors
 *
 * What senders sign of a form: not its bytes, but its fields, in the order of
 * their names.  Called by wismo_verify.c for the senders of text messages.
 *
 * Where two forms give one text the signature is good for both: so it has to
 * be as their documents have it, to the byte.
 */


#include "wismo_verify.h"
#include "wismo_form.h"

#include <openssl/crypto.h>
#include <stdlib.h>


#define WISMO_VERIFY_FIELDS      128


typedef struct {
    wismo_str_t               name;
    wismo_str_t               value;
} wismo_verify_field_t;


static int wismo_verify_order(const void *a, const void *b);
static int wismo_verify_compare(const wismo_str_t *a, const wismo_str_t *b);
static unsigned char *wismo_verify_copy(unsigned char *p,
    const wismo_str_t *s);


int
wismo_verify_fields(const wismo_str_t *form, const wismo_str_t *but,
    bool pairs, wismo_str_t *text)
{
    char                  *buf, *room;
    size_t                 i, k, n;
    wismo_str_t            rest;
    unsigned char         *p;
    wismo_verify_field_t   fields[WISMO_VERIFY_FIELDS];

    wismo_str_null(text);

    buf = OPENSSL_malloc(form->len + 1);
    text->data = OPENSSL_malloc(form->len + 2 * WISMO_VERIFY_FIELDS + 1);

    if (buf == NULL || text->data == NULL) {
        OPENSSL_free(buf);
        OPENSSL_free(text->data);
        text->data = NULL;
        return WISMO_ERROR;
    }

    rest = *form;
    room = buf;
    n = 0;

    while (n < WISMO_VERIFY_FIELDS
           && wismo_form_next(&rest, room, &fields[n].name,
                              &fields[n].value))
    {
        room += fields[n].name.len + fields[n].value.len;

        if (but->len == 0 || !wismo_str_eq(&fields[n].name, but)) {
            n++;
        }
    }

    p = text->data;

    if (n < WISMO_VERIFY_FIELDS) {
        qsort(fields, n, sizeof(wismo_verify_field_t), wismo_verify_order);

        for (i = 0; i < n; i++) {

            if (pairs) {
                *p++ = '&';
            }

            p = wismo_verify_copy(p, &fields[i].name);

            if (pairs) {
                *p++ = '=';
            }

            for (k = 0; k < fields[i].value.len; k++) {
                *p = fields[i].value.data[k];

                if (pairs && (*p == '&' || *p == '=')) {
                    *p = '_';
                }

                p++;
            }
        }

        text->len = (size_t) (p - text->data);
    }

    OPENSSL_free(buf);

    return n < WISMO_VERIFY_FIELDS ? WISMO_OK : WISMO_DECLINED;
}


static int
wismo_verify_order(const void *a, const void *b)
{
    int                          rc;
    const wismo_verify_field_t  *x, *y;

    x = a;
    y = b;
    rc = wismo_verify_compare(&x->name, &y->name);

    return rc ? rc : wismo_verify_compare(&x->value, &y->value);
}


static int
wismo_verify_compare(const wismo_str_t *a, const wismo_str_t *b)
{
    int     rc;
    size_t  len;

    len = a->len < b->len ? a->len : b->len;
    rc = len ? memcmp(a->data, b->data, len) : 0;

    return rc ? rc : (a->len > b->len) - (a->len < b->len);
}


static unsigned char *
wismo_verify_copy(unsigned char *p, const wismo_str_t *s)
{
    if (s->len) {
        memcpy(p, s->data, s->len);
    }

    return p + s->len;
}
