
/*
 * Copyright (C) The Wismo authors
 *
 * Leaves of a reply's tree as texts and numbers: scalars of any type printed
 * alike, joined places, cleaned sentences, weights in grams.
 *
 * fetch_adapter_report.c and fetch_adapter_reply.c call it.  What it returns
 * as clean is copied into the pool: it outlives the tree, holds no control
 * character, no tag and no mark that turns the writing's direction.
 */


#include "fetch_adapter_int.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>


static bool fetch_node_number(wismo_pool_t *pool, const wismo_str_t *number,
    wismo_str_t *text);
static size_t fetch_entity(const unsigned char *p, const unsigned char *end,
    unsigned char *dst, size_t *written);
static size_t fetch_utf8_put(unsigned char *dst, unsigned long c);
static bool fetch_text_by(const wismo_str_t *text);


bool
fetch_node_text(wismo_pool_t *pool, const wismo_json_t *node,
    wismo_str_t *text)
{
    switch (node->type) {

    case WISMO_JSON_STRING:
        *text = node->text;
        return true;

    case WISMO_JSON_NUMBER:
        return fetch_node_number(pool, &node->text, text);

    case WISMO_JSON_TRUE:
        wismo_str_set(text, "true");
        return true;

    case WISMO_JSON_FALSE:
        wismo_str_set(text, "false");
        return true;

    case WISMO_JSON_OBJECT:

        /* an XML element with attributes */

        node = wismo_json_get(node, "#");

        if (node == NULL || node->type != WISMO_JSON_STRING) {
            return false;
        }

        *text = node->text;
        return true;

    default:
        return false;
    }
}


/* Whole numbers as they are written, others in one form. */

static bool
fetch_node_number(wismo_pool_t *pool, const wismo_str_t *number,
    wismo_str_t *text)
{
    int     n;
    char    buf[64];
    size_t  i;

    *text = *number;

    for (i = 0; i < number->len; i++) {
        if (number->data[i] == '.' || (number->data[i] | 0x20) == 'e') {
            break;
        }
    }

    if (i == number->len) {
        return true;
    }

    if (number->len >= sizeof(buf)) {
        return false;
    }

    memcpy(buf, number->data, number->len);
    buf[number->len] = '\0';

    n = snprintf(buf, sizeof(buf), "%.15g", strtod(buf, NULL));

    text->data = wismo_palloc(pool, (size_t) n);
    if (text->data == NULL) {
        return false;
    }

    memcpy(text->data, buf, (size_t) n);
    text->len = (size_t) n;

    return true;
}


/* Raw, without the spaces around it; points into the tree. */

bool
fetch_path_text(const fetch_scope_t *scope, const fetch_path_t *path,
    wismo_str_t *text, const wismo_str_t **route)
{
    const wismo_json_t  *node;

    wismo_str_null(text);

    node = fetch_path_first(scope, path, route);

    if (node == NULL || !fetch_node_text(scope->pool, node, text)) {
        return false;
    }

    while (text->len && text->data[text->len - 1] <= ' ') {
        text->len--;
    }

    while (text->len && *text->data <= ' ') {
        text->data++;
        text->len--;
    }

    return text->len != 0;
}


/* The same word: in any case of its letters, whatever spaces are around. */

bool
fetch_text_is(const wismo_str_t *text, const wismo_str_t *word)
{
    size_t                len;
    const unsigned char  *p;

    p = text->data;
    len = text->len;

    while (len && p[len - 1] <= ' ') {
        len--;
    }

    while (len && *p <= ' ') {
        p++;
        len--;
    }

    return len == word->len
           && (len == 0
               || strncasecmp((const char *) p, (char *) word->data, len)
                  == 0);
}


int
fetch_path_clean(const fetch_scope_t *scope, const fetch_path_t *path,
    const char *field, wismo_str_t *text)
{
    wismo_str_t         raw;
    const wismo_str_t  *route;

    wismo_str_null(text);

    if (!fetch_path_text(scope, path, &raw, &route)) {
        return WISMO_OK;
    }

    if (fetch_clean(scope, &raw, text) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (field) {
        fetch_explain(scope, field, route, text);
    }

    return WISMO_OK;
}


int
fetch_clean(const fetch_scope_t *scope, const wismo_str_t *raw,
    wismo_str_t *text)
{
    size_t                n, w;
    wismo_str_t           cut;
    unsigned char        *dst;
    const unsigned char  *p, *end, *close;

    wismo_str_null(text);

    if (raw->len == 0) {
        return WISMO_OK;
    }

    /* what is cut off here would be cut off there */

    cut = *raw;

    if (cut.len > 8 * WISMO_TEXT_MAX) {
        cut.len = 8 * WISMO_TEXT_MAX;
    }

    if (wismo_pstrdup(scope->pool, text, &cut) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (!scope->markup) {
        return wismo_clean_text(scope->pool, text);
    }

    /* neither a tag nor an entity becomes longer */

    dst = text->data;
    p = cut.data;
    end = p + cut.len;

    while (p < end) {

        if (*p == '<') {
            close = memchr(p, '>', (size_t) (end - p));

            if (close) {
                p = close + 1;
                continue;
            }
        }

        if (*p == '&') {
            n = fetch_entity(p, end, dst, &w);

            if (n) {
                dst += w;
                p += n;
                continue;
            }
        }

        *dst++ = *p++;
    }

    text->len = (size_t) (dst - text->data);

    return wismo_clean_text(scope->pool, text);
}


/* The bytes of the entity at p, 0 if it is none that we know. */

static size_t
fetch_entity(const unsigned char *p, const unsigned char *end,
    unsigned char *dst, size_t *written)
{
    char                 *stop, number[12];
    size_t                len, i;
    unsigned long         c;
    const unsigned char  *semicolon;

    static const struct {
        const char  *name;
        unsigned     c;
    } names[] = {
        { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
        { "apos", '\'' }, { "nbsp", ' ' }, { "reg", 0xAE },
        { "trade", 0x2122 }, { "copy", 0xA9 }
    };

    len = (size_t) (end - p);
    semicolon = memchr(p, ';', len < 10 ? len : 10);

    if (semicolon == NULL || semicolon - p < 3) {
        return 0;
    }

    len = (size_t) (semicolon - p) - 1;
    c = 0;

    if (p[1] == '#') {
        memcpy(number, p + 2, len - 1);
        number[len - 1] = '\0';

        c = number[0] == 'x' || number[0] == 'X'
            ? strtoul(number + 1, &stop, 16) : strtoul(number, &stop, 10);

        if (*stop || c < ' ' || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        {
            return 0;
        }

        /* what Windows meant by it */

        if (c == 153) {
            c = 0x2122;
        }

    } else {

        for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (strlen(names[i].name) == len
                && memcmp(names[i].name, p + 1, len) == 0)
            {
                c = names[i].c;
                break;
            }
        }

        if (c == 0) {
            return 0;
        }
    }

    *written = fetch_utf8_put(dst, c);

    return len + 2;
}


static size_t
fetch_utf8_put(unsigned char *dst, unsigned long c)
{
    if (c < 0x80) {
        dst[0] = (unsigned char) c;
        return 1;
    }

    if (c < 0x800) {
        dst[0] = (unsigned char) (0xC0 | (c >> 6));
        dst[1] = (unsigned char) (0x80 | (c & 0x3F));
        return 2;
    }

    if (c < 0x10000) {
        dst[0] = (unsigned char) (0xE0 | (c >> 12));
        dst[1] = (unsigned char) (0x80 | ((c >> 6) & 0x3F));
        dst[2] = (unsigned char) (0x80 | (c & 0x3F));
        return 3;
    }

    dst[0] = (unsigned char) (0xF0 | (c >> 18));
    dst[1] = (unsigned char) (0x80 | ((c >> 12) & 0x3F));
    dst[2] = (unsigned char) (0x80 | ((c >> 6) & 0x3F));
    dst[3] = (unsigned char) (0x80 | (c & 0x3F));

    return 4;
}


/* Those parts that are there, cleaned, with the separator between them. */

int
fetch_paths_join(const fetch_scope_t *scope, const fetch_paths_t *paths,
    const char *separator, const char *field, wismo_str_t *text)
{
    size_t              len;
    unsigned            i, n;
    wismo_out_t         out;
    wismo_str_t         raw, clean, last;
    const wismo_str_t  *route;

    wismo_str_null(text);
    wismo_str_null(&last);

    len = strlen(separator);
    wismo_out_init(&out, scope->pool, 64);

    for (i = 0, n = 0; i < paths->n; i++) {

        if (!fetch_path_text(scope, &paths->paths[i], &raw, &route)) {
            continue;
        }

        if (fetch_clean(scope, &raw, &clean) != WISMO_OK) {
            return WISMO_ERROR;
        }

        if (clean.len == 0) {
            continue;
        }

        if (n++) {
            wismo_out_bytes(&out, separator, len);
        }

        wismo_out_str(&out, &clean);
        fetch_explain(scope, field, route, &clean);
    }

    if (out.failed) {
        return WISMO_ERROR;
    }

    text->data = out.start;
    text->len = (size_t) (out.pos - out.start);

    return WISMO_OK;
}


/*
 * Who signed is a name, and often stands in an event's sentence, too: such a
 * text ends before it.  "Received by" names a carrier as often as a person,
 * but not at a delivery.  Tables know the words before a name, people need
 * them not.
 */

void
fetch_text_nameless(wismo_str_t *text, bool delivered, bool words)
{
    size_t    at, len, end;
    unsigned  i;

    static const struct {
        const char  *words;
        size_t       keep;
        bool         delivered;
    } phrases[] = {
        { "signed for by", 10, false },
        { "signed by", 6, false },
        { "received by", 8, true },
        { "unterschrieben von", 14, false },
        { "empfangen von", 9, true },
        { "sign\xc3\xa9 par", 6, false },
        { "getekend door", 8, false },
        { "ontvangen door", 9, true }
    };

    if (!fetch_text_by(text)) {
        return;
    }

    for (i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {

        if (phrases[i].delivered && !delivered) {
            continue;
        }

        len = strlen(phrases[i].words);

        for (at = 0; at + len < text->len; at++) {

            if ((at && isalnum(text->data[at - 1]))
                || strncasecmp((char *) text->data + at, phrases[i].words,
                               len) != 0)
            {
                continue;
            }

            for (end = at + len;
                 end < text->len && strchr(" :.-,", text->data[end]);
                 end++)
            { /* void */ }

            /* a longer word, or nobody */

            if (end > at + len && end < text->len) {
                text->len = at + (words ? len : phrases[i].keep);
                return;
            }
        }
    }
}


/* One of the words with which all of these phrases end: few texts have it. */

static bool
fetch_text_by(const wismo_str_t *text)
{
    unsigned              i;
    const unsigned char  *p, *end;

    static const wismo_str_t  words[] = {
        wismo_string("by"), wismo_string("von"), wismo_string("par"),
        wismo_string("door")
    };

    end = text->data + text->len;

    for (p = text->data; p < end; p++) {

        if (*p != ' ') {
            continue;
        }

        for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if ((size_t) (end - p) > words[i].len
                && (p[1] | 0x20) == *words[i].data
                && strncasecmp((const char *) p + 1, (char *) words[i].data,
                               words[i].len) == 0)
            {
                return true;
            }
        }
    }

    return false;
}


/* Grams, or -1 when it is not said: carriers write 0 for that. */

int64_t
fetch_weight(const wismo_str_t *value, const wismo_str_t *unit)
{
    char      buf[32], *end;
    double    n;
    unsigned  i;

    static const struct {
        const char  *name;
        double       grams;
    } units[] = {
        { "g", 1 }, { "gr", 1 }, { "gram", 1 }, { "grams", 1 },
        { "kg", 1000 }, { "kgs", 1000 }, { "kilogram", 1000 },
        { "kilograms", 1000 },
        { "lb", 453.59237 }, { "lbs", 453.59237 }, { "pound", 453.59237 },
        { "pounds", 453.59237 },
        { "oz", 28.349523125 }, { "ozs", 28.349523125 },
        { "ounce", 28.349523125 }, { "ounces", 28.349523125 },
        { "metric", 1000 }, { "imperial", 453.59237 }
    };

    if (value->len == 0 || value->len >= sizeof(buf)) {
        return -1;
    }

    memcpy(buf, value->data, value->len);
    buf[value->len] = '\0';

    n = strtod(buf, &end);

    if (*end || !isfinite(n) || n <= 0 || n > 1e9) {
        return -1;
    }

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strlen(units[i].name) == unit->len
            && strncasecmp(units[i].name, (char *) unit->data, unit->len)
               == 0)
        {
            return (int64_t) llround(n * units[i].grams);
        }
    }

    return -1;
}


int64_t
fetch_int(const wismo_str_t *text, int64_t otherwise)
{
    char       buf[24], *end;
    long long  n;

    if (text->len == 0 || text->len >= sizeof(buf)) {
        return otherwise;
    }

    memcpy(buf, text->data, text->len);
    buf[text->len] = '\0';

    n = strtoll(buf, &end, 10);

    return *end ? otherwise : n;
}


void
fetch_explain(const fetch_scope_t *scope, const char *field,
    const wismo_str_t *route, const wismo_str_t *value)
{
    json_t  *row;
    char     name[128];

    if (scope->explain == NULL || field == NULL) {
        return;
    }

    (void) snprintf(name, sizeof(name), "%s%s",
                    scope->prefix ? scope->prefix : "", field);

    row = json_object();

    (void) json_object_set_new(row, "field", json_string(name));
    (void) json_object_set_new(row, "path",
                               json_stringn((char *) route->data,
                                            route->len));
    (void) json_object_set_new(row, "value",
                               json_stringn((char *) value->data,
                                            value->len));
    (void) json_array_append_new(scope->explain, row);
}
