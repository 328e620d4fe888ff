
/*
 * Copyright (C) The Wismo authors
 *
 * Reading what a form sends, for the look-up and the feedback.  A sequence
 * that is no escape stands for itself, as browsers have it.
 *
 * It must never write beyond the caller's buffer, or give a value that was
 * cut.
 */


#include "wismo_form.h"

#include <jansson.h>


static size_t wismo_form_char(const unsigned char *p,
    const unsigned char *end, unsigned char *c);


int
wismo_form_value(const wismo_str_t *form, const char *name, char *buf,
    size_t size, wismo_str_t *value)
{
    size_t                n, len, i;
    unsigned char         c;
    const unsigned char  *p, *end, *last;

    value->data = (unsigned char *) buf;
    value->len = 0;

    len = strlen(name);
    p = form->data;
    last = p + form->len;

    while (p < last) {

        end = memchr(p, '&', (size_t) (last - p));

        if (end == NULL) {
            end = last;
        }

        /* the name may be escaped, too */

        for (i = 0; p < end && *p != '='; i++) {
            p += wismo_form_char(p, end, &c);

            if (i < len && c != (unsigned char) name[i]) {
                i = len;
            }
        }

        if (i != len) {
            p = (end == last) ? last : end + 1;
            continue;
        }

        if (p < end) {
            p++;
        }

        for (n = 0; p < end; n++) {
            p += wismo_form_char(p, end, &c);

            if (n == size || c == '\0') {
                return WISMO_DECLINED;
            }

            buf[n] = (char) c;
        }

        value->len = n;

        return WISMO_OK;
    }

    return WISMO_DECLINED;
}


bool
wismo_form_next(wismo_str_t *form, char *buf, wismo_str_t *name,
    wismo_str_t *value)
{
    unsigned char        *out, c;
    const unsigned char  *p, *end, *last;

    if (form->len == 0) {
        return false;
    }

    p = form->data;
    last = p + form->len;
    end = memchr(p, '&', form->len);

    if (end == NULL) {
        end = last;
    }

    out = (unsigned char *) buf;
    name->data = out;

    while (p < end && *p != '=') {
        p += wismo_form_char(p, end, &c);
        *out++ = c;
    }

    name->len = (size_t) (out - name->data);
    value->data = out;

    if (p < end) {
        p++;
    }

    while (p < end) {
        p += wismo_form_char(p, end, &c);
        *out++ = c;
    }

    value->len = (size_t) (out - value->data);

    if (end < last) {
        end++;
    }

    form->data += end - form->data;
    form->len = (size_t) (last - end);

    return true;
}


int
wismo_form_json(wismo_pool_t *pool, const wismo_str_t *json,
    wismo_str_t *form)
{
    json_t       *object, *value;
    const char   *name;
    wismo_out_t   out;
    wismo_str_t   s;

    object = json_loadb((char *) json->data, json->len,
                        JSON_REJECT_DUPLICATES, NULL);

    wismo_out_init(&out, pool, json->len + 64);

    json_object_foreach(object, name, value) {

        if (!json_is_string(value) && !json_is_integer(value)) {
            json_decref(object);
            return WISMO_DECLINED;
        }

        if (out.pos != out.start) {
            wismo_out_text(&out, "&");
        }

        s = wismo_str_of(name);
        wismo_out_uri(&out, &s);
        wismo_out_text(&out, "=");

        if (json_is_integer(value)) {
            wismo_out_int(&out, json_integer_value(value));
            continue;
        }

        s.data = (unsigned char *) json_string_value(value);
        s.len = json_string_length(value);
        wismo_out_uri(&out, &s);
    }

    form->data = out.start;
    form->len = (size_t) (out.pos - out.start);

    if (!json_is_object(object)) {
        json_decref(object);
        return WISMO_DECLINED;
    }

    json_decref(object);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}


/* One character; returns how many bytes it takes. */

static size_t
wismo_form_char(const unsigned char *p, const unsigned char *end,
    unsigned char *c)
{
    int  high, low;

    *c = *p;

    if (*p == '+') {
        *c = ' ';
        return 1;
    }

    if (*p != '%' || end - p < 3) {
        return 1;
    }

    high = wismo_xdigit(p[1]);
    low = wismo_xdigit(p[2]);

    if (high < 0 || low < 0) {
        return 1;
    }

    *c = (unsigned char) (high * 16 + low);

    return 3;
}
