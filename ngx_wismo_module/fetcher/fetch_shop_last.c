
/*
 * Copyright (C) The Wismo authors
 *
 * The webhook that a shop's order is made of, kept as it came: the member
 * "last" of what is known of the order (fetch_shop_add.c), so that a mended
 * file reads what the old one passed over.
 *
 *   at, headers   of the letter
 *   body          deflated, in base64url; "size" are its bytes before
 *
 * It is in the private body, which is sealed, lives and goes with the order,
 * and is given to whom it is about; without a key to seal it nothing is kept.
 *
 * fetch_shop_letter.c keeps, "wismo replay" reads it again.
 */


#include "fetch_shop_letter.h"
#include "wismo_sign.h"

#include <stdlib.h>
#include <strings.h>
#include <zlib.h>


#define FETCH_SHOP_LAST          "last"
#define FETCH_SHOP_LAST_SIZE     (1024 * 1024)
#define FETCH_SHOP_LAST_DEFLATED (24 * 1024)


static bool fetch_shop_last_body(wismo_pool_t *pool, const json_t *last,
    wismo_str_t *body);


bool
fetch_shop_header(void *data, const char *name, wismo_str_t *value)
{
    size_t              len;
    const char         *p, *end, *line;
    const wismo_str_t  *headers = data;

    len = strlen(name);

    line = (char *) headers->data;
    end = line + headers->len;

    while (line && line < end) {
        p = memchr(line, '\n', (size_t) (end - line));
        p = p ? p : end;

        if ((size_t) (p - line) >= len + 2
            && strncasecmp(line, name, len) == 0 && line[len] == ':'
            && line[len + 1] == ' ')
        {
            value->data = (unsigned char *) line + len + 2;
            value->len = (size_t) (p - line) - len - 2;
            return true;
        }

        line = p + 1;
    }

    return false;
}


void
fetch_shop_last_keep(json_t *body, const fetch_letter_t *letter,
    const fetch_shop_message_t *message, bool keep)
{
    char           *text;
    uLongf          len;
    json_t         *known, *last;
    const char     *order;
    unsigned char  *deflated;

    known = json_object_get(body, "shop");
    order = json_string_value(json_object_get(known, "order"));

    /* an older word than that which holds */

    if (message->kind != FETCH_SHOP_ORDER || order == NULL
        || strcmp(order, message->at) != 0)
    {
        return;
    }

    (void) json_object_del(known, FETCH_SHOP_LAST);

    if (!keep || letter->body.len > FETCH_SHOP_LAST_SIZE) {
        return;
    }

    len = compressBound((uLong) letter->body.len);
    deflated = malloc(len);
    text = malloc(len * 4 / 3 + 4);

    /* headers may be no UTF-8: then it is not kept, either */

    if (deflated && text
        && compress2(deflated, &len, letter->body.data,
                     (uLong) letter->body.len, Z_DEFAULT_COMPRESSION) == Z_OK
        && len <= FETCH_SHOP_LAST_DEFLATED)
    {
        len = wismo_base64url(deflated, len, text);

        last = json_pack("{s:I, s:s%, s:I, s:s%}",
                         "at", (json_int_t) letter->at,
                         "headers", letter->headers.len
                                    ? (char *) letter->headers.data : "",
                         letter->headers.len,
                         "size", (json_int_t) letter->body.len,
                         "body", text, (size_t) len);

        (void) json_object_set_new(known, FETCH_SHOP_LAST, last);
    }

    free(deflated);
    free(text);
}


int
fetch_shop_last_read(const fetch_shop_t *shop, wismo_pool_t *pool,
    const wismo_str_t *number, json_t *body)
{
    int                    rc;
    bool                   known, changed;
    json_t                *last;
    wismo_str_t            headers, text, said;
    wismo_error_t          err;
    fetch_shop_message_t   message;

    last = json_object_get(json_object_get(body, "shop"), FETCH_SHOP_LAST);

    if (!fetch_shop_last_body(pool, last, &text)) {
        return WISMO_OK;
    }

    headers.data = (unsigned char *) json_string_value(
                                           json_object_get(last, "headers"));
    headers.len = json_string_length(json_object_get(last, "headers"));

    memset(&err, 0, sizeof(wismo_error_t));

    rc = fetch_shop_read(shop, pool, &text, fetch_shop_header, &headers,
                         json_integer_value(json_object_get(last, "at")),
                         &message, &known, &err);

    if (rc != WISMO_OK) {
        return rc == WISMO_ERROR ? rc : WISMO_OK;
    }

    /* what is another order by the new file, or none, stays what it is */

    said = wismo_str_of(message.number);

    if (known && message.kind == FETCH_SHOP_ORDER
        && wismo_str_eq(&said, number))
    {
        message.again = true;
        rc = fetch_shop_add(body, shop, &message, &changed);
    }

    json_decref(message.fact);

    return rc;
}


void
fetch_shop_last_show(wismo_pool_t *pool, json_t *body)
{
    json_t       *last, *value;
    wismo_str_t   text;

    last = json_object_get(json_object_get(body, "shop"), FETCH_SHOP_LAST);

    if (!fetch_shop_last_body(pool, last, &text)) {
        return;
    }

    value = json_loadb((char *) text.data, text.len, 0, NULL);

    if (value && json_object_set_new(last, "body", value) == 0) {
        (void) json_object_del(last, "size");
    }
}


/* False if there is none, or what there is is none. */

static bool
fetch_shop_last_body(wismo_pool_t *pool, const json_t *last, wismo_str_t *body)
{
    int             n;
    uLongf          len;
    json_int_t      size;
    wismo_str_t     text;
    unsigned char  *deflated;

    size = json_integer_value(json_object_get(last, "size"));
    text.data = (unsigned char *) json_string_value(
                                              json_object_get(last, "body"));
    text.len = json_string_length(json_object_get(last, "body"));

    if (text.len == 0 || size < 1 || size > FETCH_SHOP_LAST_SIZE) {
        return false;
    }

    deflated = wismo_palloc(pool, text.len);
    body->data = wismo_palloc(pool, (size_t) size);

    if (deflated == NULL || body->data == NULL) {
        return false;
    }

    n = wismo_unbase64(&text, deflated, text.len);
    len = (uLongf) size;

    if (n < 1
        || uncompress(body->data, &len, deflated, (uLong) n) != Z_OK
        || len != (uLongf) size)
    {
        return false;
    }

    body->len = len;

    return true;
}
