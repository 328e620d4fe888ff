
/*
 * Copyright (C) The Wismo authors
 *
 * What services send: a line with where a value is, a line of headers, and
 * the body.  A value fits its room; a reference that is read is written as it
 * was; an object of JSON that is a form has as many fields.
 */


#include "fuzz.h"

#include "fetch_inbound.h"
#include "wismo_form.h"


static void fuzz_ref(const wismo_str_t *text, wismo_pool_t *pool);
static void fuzz_form(const wismo_str_t *body, wismo_pool_t *pool);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              buf[64];
    json_t           *at;
    wismo_str_t       rest, line, headers, body, value;
    wismo_pool_t      pool;
    fetch_inbound_t   in;

    rest.data = (unsigned char *) data;
    rest.len = size;

    line = fuzz_line(&rest);
    headers = fuzz_line(&rest);

    at = json_loadb((char *) line.data, line.len, JSON_DECODE_ANY, NULL);

    if (at == NULL) {
        return 0;
    }

    headers = fuzz_copy(&headers);
    body = fuzz_copy(&rest);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);
    fetch_inbound_open(&in, &body, &headers);

    if (fetch_inbound_value(&in, at, buf, sizeof(buf), &value) == WISMO_OK) {
        fuzz_check(value.len <= sizeof(buf));
        fuzz_ref(&value, &pool);
    }

    fuzz_form(&body, &pool);

    fetch_inbound_close(&in);
    wismo_pool_done(&pool);
    free(headers.data);
    free(body.data);
    json_decref(at);

    return 0;
}


static void
fuzz_ref(const wismo_str_t *text, wismo_pool_t *pool)
{
    char         buf[WISMO_NOTICE_REF_MAX];
    size_t       skip;
    wismo_out_t  out;
    wismo_str_t  copy, order, channel, id;

    copy = fuzz_copy(text);

    if (wismo_notice_ref_read(&copy, buf, &order, &channel, &id) == WISMO_OK)
    {
        wismo_out_init(&out, pool, 16);
        wismo_notice_ref(&out, &order, &channel, &id);

        skip = (copy.data[0] == '<');

        /* what is of other letters is none of ours, and none is written */

        fuzz_check(out.pos == out.start
                   || ((size_t) (out.pos - out.start) + skip <= copy.len
                       && order.len + channel.len + id.len + 2
                          == (size_t) (out.pos - out.start)));
    }

    free(copy.data);
}


static void
fuzz_form(const wismo_str_t *body, wismo_pool_t *pool)
{
    char         *buf;
    size_t        n;
    json_t       *json;
    wismo_str_t   form, name, value;

    if (wismo_form_json(pool, body, &form) != WISMO_OK) {
        return;
    }

    json = json_loadb((char *) body->data, body->len, 0, NULL);
    fuzz_check(json != NULL);

    buf = malloc(form.len + 1);
    fuzz_check(buf != NULL);

    for (n = 0; wismo_form_next(&form, buf, &name, &value); n++) {
        fuzz_check(name.len + value.len <= body->len);
    }

    fuzz_check(n == json_object_size(json));

    free(buf);
    json_decref(json);
}
