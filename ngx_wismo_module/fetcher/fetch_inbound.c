
/*
 * Copyright (C) The Wismo authors
 *
 * Files of channels/ read for what services send, and the values that are
 * found by them.  Called by fetch_message.c, fetch_receipt.c and fetch_sink.c.
 *
 * It must never open a file that the configuration does not name, nor give
 * part of a value.
 */


#include "fetch_inbound.h"
#include "fetch_log.h"
#include "fetch_read.h"
#include "fetch_share.h"
#include "wismo_form.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_INBOUND_FILE   65536
#define FETCH_INBOUND_NAME   64
#define FETCH_INBOUND_QUERY  "query: "


static bool fetch_inbound_known(const fetch_config_t *conf,
    const wismo_str_t *path);
static int fetch_inbound_one(const fetch_inbound_t *in, const char *at,
    char *buf, size_t size, wismo_str_t *value);


json_t *
fetch_inbound_load(const fetch_config_t *conf, const wismo_str_t *channel)
{
    char    path[4096];
    size_t  i;

    if (channel->len && channel->data[0] == '/') {

        if (!fetch_inbound_known(conf, channel)) {
            return NULL;
        }

        (void) snprintf(path, sizeof(path), "%.*s", (int) channel->len,
                        (char *) channel->data);

        return fetch_inbound_file(path);
    }

    for (i = 0; i < channel->len; i++) {
        if (!((channel->data[i] >= 'a' && channel->data[i] <= 'z')
              || (channel->data[i] >= '0' && channel->data[i] <= '9')
              || channel->data[i] == '_' || channel->data[i] == '-'))
        {
            return NULL;
        }
    }

    (void) snprintf(path, sizeof(path), "%s/channels/%.*s.json",
                    fetch_share(), (int) channel->len,
                    (char *) channel->data);

    return fetch_inbound_file(path);
}


/* A file of their own that a hook or a channel has. */

static bool
fetch_inbound_known(const fetch_config_t *conf, const wismo_str_t *path)
{
    size_t       i;
    json_t      *file;
    unsigned     k;
    const char  *name;

    json_array_foreach(json_object_get(conf->json, "inbound"), i, file) {
        name = json_string_value(file);

        if (name && wismo_str_is(path, name)) {
            return true;
        }
    }

    for (k = 0; k < conf->channels.n; k++) {
        name = fetch_channel_value(&conf->channels.channel[k], "preset", "");

        if (wismo_str_is(path, name)) {
            return true;
        }
    }

    return false;
}


json_t *
fetch_inbound_file(const char *path)
{
    char            text[FETCH_FAULT];
    json_t         *json;
    wismo_error_t   err;

    json = fetch_read_json(path, FETCH_INBOUND_FILE, NULL, &err);

    if (json == NULL) {
        fetch_read_fault(path, &err, text, sizeof(text));
        fetch_log(FETCH_ERR, "%s", text);
    }

    return json;
}


void
fetch_inbound_open(fetch_inbound_t *in, const wismo_str_t *body,
    const wismo_str_t *headers)
{
    size_t  len;

    in->body = body;
    in->json = NULL;
    in->query = *headers;

    len = sizeof(FETCH_INBOUND_QUERY) - 1;

    if (headers->len > len
        && memcmp(headers->data, FETCH_INBOUND_QUERY, len) == 0)
    {
        in->query.data += len;
        in->query.len -= len;

        if (in->query.data[in->query.len - 1] == '\n') {
            in->query.len--;
        }

    } else {
        in->query.len = 0;
    }

    if (body->len && (body->data[0] == '{' || body->data[0] == '[')) {
        in->json = json_loadb((char *) body->data, body->len, 0, NULL);
    }
}


void
fetch_inbound_close(fetch_inbound_t *in)
{
    json_decref(in->json);
}


int
fetch_inbound_value(const fetch_inbound_t *in, const json_t *at,
    char *buf, size_t size, wismo_str_t *value)
{
    size_t        i;
    const json_t  *one;

    if (!json_is_array(at)) {
        return json_is_string(at)
               ? fetch_inbound_one(in, json_string_value(at), buf, size,
                                   value)
               : WISMO_DECLINED;
    }

    for (i = 0; i < json_array_size(at); i++) {
        one = json_array_get(at, i);

        if (json_is_string(one)
            && fetch_inbound_one(in, json_string_value(one), buf, size, value)
               == WISMO_OK)
        {
            return WISMO_OK;
        }
    }

    return WISMO_DECLINED;
}


static int
fetch_inbound_one(const fetch_inbound_t *in, const char *at, char *buf,
    size_t size, wismo_str_t *value)
{
    int            n;
    const json_t  *found;

    if (*at == '?') {
        return wismo_form_value(&in->query, at + 1, buf, size, value);
    }

    if (in->json == NULL) {
        return *at != '/' ? wismo_form_value(in->body, at, buf, size, value)
                          : WISMO_DECLINED;
    }

    found = (*at == '/') ? fetch_inbound_at(in->json, at)
                         : json_object_get(in->json, at);

    value->data = (unsigned char *) buf;

    if (json_is_integer(found)) {
        n = snprintf(buf, size, "%lld",
                     (long long) json_integer_value(found));
        value->len = (size_t) n;

        return value->len < size ? WISMO_OK : WISMO_DECLINED;
    }

    value->len = json_string_length(found);

    if (!json_is_string(found) || value->len >= size) {
        return WISMO_DECLINED;
    }

    memcpy(buf, json_string_value(found), value->len);

    return WISMO_OK;
}


const json_t *
fetch_inbound_at(const json_t *json, const char *pointer)
{
    char         name[FETCH_INBOUND_NAME];
    size_t       len;
    const char  *p;

    for (p = pointer; json && *p == '/'; p += len) {
        p++;
        len = strcspn(p, "/");

        if (len >= sizeof(name)) {
            return NULL;
        }

        memcpy(name, p, len);
        name[len] = '\0';

        json = json_is_array(json)
               ? json_array_get(json, strtoul(name, NULL, 10))
               : json_object_get(json, name);
    }

    return json;
}
