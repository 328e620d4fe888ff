
/*
 * Copyright (C) The Wismo authors
 *
 * The checks of an order's body, one per kind of member: each reads a value
 * or reports a fault with the place's JSON pointer (RFC 6901) and a sentence
 * that says what was expected.  Called by wismo_body.c and
 * wismo_body_shipment.c.
 *
 * A fault never ends the reading: whoever sent the body learns of all of them
 * at once.
 */


#include "wismo_body_int.h"

#include <stdarg.h>
#include <stdio.h>


#define WISMO_BODY_QUANTITY_MAX   1000000


static size_t wismo_body_pointer(const wismo_body_at_t *at, char *buf,
    size_t size);
static size_t wismo_body_step(const char *name, char *buf, size_t size);
static const char *wismo_body_text_wrong(const wismo_str_t *s);
static bool wismo_body_url_ok(const wismo_str_t *s);
static bool wismo_body_id_ok(const wismo_str_t *s);


static inline const json_t *
wismo_body_get(const json_t *object, const char *name)
{
    const json_t  *v;

    v = json_object_get(object, name);

    return v && json_is_null(v) ? NULL : v;
}


void
wismo_body_fault(wismo_body_t *b, const wismo_body_at_t *at, const char *name,
    const char *fmt, ...)
{
    char              text[sizeof(b->errors->text)];
    char              pointer[sizeof(b->errors->at)];
    va_list           args;
    wismo_body_at_t   member;

    if (b->n == b->max) {
        return;
    }

    member.in = at;
    member.name = name;
    member.index = 0;

    pointer[wismo_body_pointer(name ? &member : at, pointer,
                               sizeof(pointer) - 1)]
        = '\0';

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    wismo_error_set(&b->errors[b->n++], pointer, "%s", text);
}


/* What does not fit goes, step by step, so that a pointer remains. */

static size_t
wismo_body_pointer(const wismo_body_at_t *at, char *buf, size_t size)
{
    int     rc;
    char    digits[24];
    size_t  len;

    if (at == NULL) {
        return 0;
    }

    len = wismo_body_pointer(at->in, buf, size);

    if (at->name) {
        return len + wismo_body_step(at->name, buf + len, size - len);
    }

    rc = snprintf(digits, sizeof(digits), "%zu", at->index);

    return rc < 0 ? len
                  : len + wismo_body_step(digits, buf + len, size - len);
}


static size_t
wismo_body_step(const char *name, char *buf, size_t size)
{
    size_t                n, len;
    const char           *escaped;
    const unsigned char  *p, *end;

    if (size == 0) {
        return 0;
    }

    buf[0] = '/';
    len = 1;

    p = (const unsigned char *) name;
    end = p + strlen(name);

    while (p < end) {

        escaped = *p == '~' ? "~0" : *p == '/' ? "~1" : NULL;

        /* jansson lets no invalid UTF-8 pass */

        n = escaped ? 2 : wismo_utf8(p, end);

        if (n == 0 || size - len < n) {
            break;
        }

        memcpy(buf + len, escaped ? escaped : (const char *) p, n);
        len += n;
        p += escaped ? 1 : n;
    }

    return len;
}


void
wismo_body_known(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *const *names)
{
    void        *iter;
    char         list[200];
    size_t       len, i, n;
    const char  *key;

    len = 0;
    list[0] = '\0';

    /* jansson's iterators want a json_t that may be changed; none is */

    iter = json_object_iter((json_t *) object);

    while (iter) {
        key = json_object_iter_key(iter);

        for (i = 0; names[i]; i++) {
            if (strcmp(names[i], key) == 0) {
                break;
            }
        }

        if (names[i] == NULL) {

            /* the list is made once */

            n = i;

            for (i = len ? n : 0; names[i]; i++) {

                if (sizeof(list) - len < strlen(names[i]) + 3) {
                    break;
                }

                len += (size_t) snprintf(list + len, sizeof(list) - len,
                                         "%s%s", i ? ", " : "", names[i]);
            }

            wismo_body_fault(b, at, key,
                             "unknown member, expected one of %s", list);
        }

        iter = json_object_iter_next((json_t *) object, iter);
    }
}


const json_t *
wismo_body_object(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name)
{
    const json_t  *v;

    v = wismo_body_get(object, name);

    if (v && !json_is_object(v)) {
        wismo_body_fault(b, at, name, "expected an object");
        return NULL;
    }

    return v;
}


const json_t *
wismo_body_array(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, size_t max)
{
    const json_t  *v;

    v = wismo_body_get(object, name);

    if (v == NULL) {
        return NULL;
    }

    if (!json_is_array(v)) {
        wismo_body_fault(b, at, name, "expected an array");
        return NULL;
    }

    if (json_array_size(v) > max) {
        wismo_body_fault(b, at, name, "expected at most %zu elements, not "
                         "%zu", max, json_array_size(v));
        return NULL;
    }

    return v;
}


bool
wismo_body_string(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, size_t max, unsigned flags,
    wismo_str_t *s)
{
    size_t       i;
    wismo_str_t  text;

    if (!wismo_body_word(b, at, object, name, flags, &text)) {
        wismo_str_null(s);
        return false;
    }

    wismo_str_null(s);

    if (text.len > max) {
        wismo_body_fault(b, at, name, "expected at most %zu bytes, not %zu",
                         max, text.len);
        return false;
    }

    if ((flags & WISMO_BODY_URL) && !wismo_body_url_ok(&text)) {
        wismo_body_fault(b, at, name, "expected an absolute URL that begins "
                         "with https:// and a host");
        return false;
    }

    if ((flags & WISMO_BODY_ID) && !wismo_body_id_ok(&text)) {
        wismo_body_fault(b, at, name, "expected letters, digits, \".\", "
                         "\"_\" and \"-\" only");
        return false;
    }

    if (wismo_pstrdup(b->pool, s, &text) != WISMO_OK
        || wismo_clean_text(b->pool, s) != WISMO_OK)
    {
        b->failed = true;
        wismo_str_null(s);
        return false;
    }

    if (s->len == 0 && (flags & WISMO_BODY_REQUIRED)) {
        wismo_body_fault(b, at, name, "required, expected a text");
        return false;
    }

    for (i = 0; i < s->len; i++) {
        b->bytes += s->data[i] == '"' || s->data[i] == '\\' ? 2
                    : s->data[i] == '<' ? 6 : 1;
    }

    return s->len != 0;
}


/* A string left in the body, for those that are looked up or rewritten. */

bool
wismo_body_word(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, unsigned flags, wismo_str_t *s)
{
    const char    *wrong;
    const json_t  *v;

    wismo_str_null(s);

    v = wismo_body_get(object, name);

    if (v == NULL) {

        if (flags & WISMO_BODY_REQUIRED) {
            wismo_body_fault(b, at, name, "required, expected a string");
        }

        return false;
    }

    if (!json_is_string(v)) {
        wismo_body_fault(b, at, name, "expected a string");
        return false;
    }

    s->len = json_string_length(v);
    s->data = (unsigned char *) json_string_value(v);

    if (s->len == 0) {

        if (flags & WISMO_BODY_REQUIRED) {
            wismo_body_fault(b, at, name, "required, expected a string that "
                             "is not empty");
        }

        return false;
    }

    wrong = wismo_body_text_wrong(s);

    if (wrong) {
        wismo_body_fault(b, at, name, "%s", wrong);
        wismo_str_null(s);
        return false;
    }

    return true;
}


static const char *
wismo_body_text_wrong(const wismo_str_t *s)
{
    size_t                n;
    const unsigned char  *p, *end;

    p = s->data;
    end = p + s->len;

    while (p < end) {

        n = wismo_utf8(p, end);

        if (n == 0) {
            return "expected valid UTF-8";
        }

        if (n == 1 ? (*p < 0x20 || *p == 0x7f)
                   : (n == 2 && p[0] == 0xc2 && p[1] < 0xa0))
        {
            return "expected a text without control characters";
        }

        if (n == 3 && p[0] == 0xe2
            && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae)
                || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9)))
        {
            return "expected a text that does not override the direction of "
                   "writing";
        }

        p += n;
    }

    return NULL;
}


static bool
wismo_body_url_ok(const wismo_str_t *s)
{
    size_t         i;
    unsigned char  c;

    static const char  scheme[] = "https://";

    if (s->len <= sizeof(scheme) - 1
        || memcmp(s->data, scheme, sizeof(scheme) - 1) != 0)
    {
        return false;
    }

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c)) {
            return false;
        }
    }

    for (i = sizeof(scheme) - 1; i < s->len; i++) {
        c = s->data[i];

        if (c == '/' || c == '?' || c == '#') {
            break;
        }

        /* what stands before an "@" reads like the host, and is not */

        if (c == '@' || c == '%') {
            return false;
        }
    }

    return i > sizeof(scheme) - 1 && s->data[sizeof(scheme) - 1] != '.'
           && s->data[sizeof(scheme) - 1] != ':';
}


static bool
wismo_body_id_ok(const wismo_str_t *s)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
            && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
        {
            return false;
        }
    }

    return true;
}


int
wismo_body_quantity(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object)
{
    json_int_t     n;
    const json_t  *v;

    v = wismo_body_get(object, "quantity");

    if (v == NULL) {
        return 1;
    }

    n = json_is_integer(v) ? json_integer_value(v) : 0;

    if (n < 1 || n > WISMO_BODY_QUANTITY_MAX) {
        wismo_body_fault(b, at, "quantity", "expected a whole number from 1 "
                         "to %d", WISMO_BODY_QUANTITY_MAX);
        return 1;
    }

    return (int) n;
}


bool
wismo_body_when(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, unsigned flags,
    wismo_when_t *when)
{
    wismo_str_t  text;

    if (!wismo_body_word(b, at, object, name, flags, &text)) {
        return false;
    }

    if (wismo_time_iso(&text, when) != WISMO_OK) {
        wismo_body_fault(b, at, name, "expected a date that exists, with or "
                         "without time, such as 2026-11-24T09:30:00Z or "
                         "2026-11-24");
        return false;
    }

    wismo_time_sane(when, b->rules->now);

    if (when->basis == WISMO_BASIS_UNKNOWN) {
        wismo_body_fault(b, at, name, "expected a time from 2000 to a year "
                         "from now");
        return false;
    }

    return true;
}


int64_t
wismo_body_time(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, bool *day, int16_t *offset)
{
    wismo_when_t  when;

    *day = false;
    *offset = 0;

    if (!wismo_body_when(b, at, object, name, 0, &when)) {
        return WISMO_TIME_NONE;
    }

    if (when.basis == WISMO_BASIS_DATE) {
        *day = true;
        return when.wall;
    }

    if (when.utc == WISMO_TIME_NONE) {
        wismo_body_fault(b, at, name, "expected Z or an offset after the "
                         "time, such as 2026-11-24T09:30:00+01:00");
        return WISMO_TIME_NONE;
    }

    if (when.basis == WISMO_BASIS_OFFSET) {
        *offset = when.offset;
    }

    return when.utc;
}
