
/*
 * Copyright (C) The Wismo authors
 *
 * Receivers of notices as a retailer may describe them.  The first byte is
 * the channel's type, the rest its file.  One that is taken makes requests
 * whose bodies stay what they are, whatever the facts hold, or tells why not.
 */


#define _GNU_SOURCE

#include "fuzz.h"

#include "fetch_sink.h"

#include <sys/mman.h>
#include <unistd.h>


static void fuzz_request(const fetch_channel_t *channel, wismo_pool_t *pool);

static int  fd = -1;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char              path[64];
    wismo_pool_t      pool;
    wismo_error_t     err;
    fetch_channel_t   channel;

    if (size < 1) {
        return 0;
    }

    if (fd == -1) {
        fd = memfd_create("fuzz", 0);
        fuzz_check(fd != -1);
    }

    fuzz_check(ftruncate(fd, 0) == 0);
    fuzz_check(pwrite(fd, data + 1, size - 1, 0) == (ssize_t) size - 1);
    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

    memset(&channel, 0, sizeof(fetch_channel_t));
    memset(&err, 0, sizeof(wismo_error_t));
    wismo_str_set(&channel.name, "fuzz");
    channel.type = (data[0] == 's') ? &fetch_sms_type : &fetch_http_type;
    channel.values = json_pack("{s:s, s:s, s:s, s:s, s:s}", "preset", path,
                               "site", "https://shop.example", "account",
                               "AC1", "sender", "Shop", "base_url",
                               "https://api.example");
    channel.secrets = json_pack("{s:s}", "secret", "a-secret");
    fuzz_check(channel.values && channel.secrets);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    if (channel.type->init(&channel, &pool, &err) == WISMO_OK) {
        fuzz_request(&channel, &pool);

    } else {
        fuzz_check(err.text[0] != '\0');
    }

    channel.type->done(&channel);

    json_decref(channel.values);
    json_decref(channel.secrets);
    wismo_pool_done(&pool);

    return 0;
}


static void
fuzz_request(const fetch_channel_t *channel, wismo_pool_t *pool)
{
    size_t             i;
    json_t            *body;
    wismo_str_t        value;
    wismo_json_t      *model;
    wismo_error_t      err;
    fetch_header_t     headers[FETCH_SINK_HEADERS];
    fetch_request_t    req;
    fetch_sink_own_t  *own;

    static const char *const  names[] = {
        "account", "sender", "secret", "basic", "id", "order", "brand",
        "lang", "url", "text", "subject", "kind", "status", "type", "to",
        "number", "email"
    };

    model = wismo_json_new(pool, WISMO_JSON_OBJECT);
    fuzz_check(model != NULL);

    wismo_str_set(&value, "a\"<&>\\ \xc3\xa9 x\r\nX-Evil: 1");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void) wismo_json_add_str(pool, model, names[i], &value);
    }

    memset(&req, 0, sizeof(fetch_request_t));
    memset(&err, 0, sizeof(wismo_error_t));
    req.headers = headers;

    if (fetch_sink_request(channel, pool, model, &req, &err) != WISMO_OK) {
        fuzz_check(err.text[0] != '\0');
        return;
    }

    fuzz_check(req.nheaders <= FETCH_SINK_HEADERS);

    own = channel->own;

    if (json_object_get(own->descriptor, "form")) {

        for (i = 0; i < req.body.len; i++) {
            fuzz_check(req.body.data[i] != '\r' && req.body.data[i] != '\n');
        }

        return;
    }

    body = json_loadb((char *) req.body.data, req.body.len, JSON_DECODE_ANY,
                      NULL);
    fuzz_check(body != NULL);
    json_decref(body);
}
