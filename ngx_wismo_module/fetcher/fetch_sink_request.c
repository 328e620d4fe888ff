
/*
 * Copyright (C) The Wismo authors
 *
 * A request out of a descriptor and a few facts: each of its texts is a
 * template.  Called by fetch_sink.c.
 *
 * What a fact becomes is encoded here as its place needs it, so no fact can
 * add a field, a header or a part of an address.
 */


#include "fetch_sink.h"
#include "wismo_template.h"

#include <stdlib.h>


#define FETCH_SINK_DEPTH     16


static int fetch_sink_url(const fetch_sink_own_t *own, wismo_pool_t *pool,
    const wismo_json_t *model, wismo_str_t *url, wismo_error_t *err);
static int fetch_sink_form(const json_t *form, wismo_pool_t *pool,
    const wismo_json_t *model, wismo_str_t *body, wismo_error_t *err);
static json_t *fetch_sink_json(const json_t *json, wismo_pool_t *pool,
    const wismo_json_t *model, unsigned depth, wismo_error_t *err);
static bool fetch_sink_none(const char *source, const wismo_str_t *text);
static int fetch_sink_fill(const char *source, wismo_escape_e escape,
    wismo_pool_t *pool, const wismo_json_t *model, wismo_str_t *text,
    wismo_error_t *err);


int
fetch_sink_request(const fetch_channel_t *channel, wismo_pool_t *pool,
    const wismo_json_t *model, fetch_request_t *req, wismo_error_t *err)
{
    int                rc;
    char              *dump;
    json_t            *form, *json, *filled, *value;
    const char        *name;
    wismo_str_t        text;
    fetch_header_t    *h;
    fetch_sink_own_t  *own;

    own = channel->own;

    wismo_str_set(&req->method, "POST");

    form = json_object_get(own->descriptor, "form");
    json = json_object_get(own->descriptor, "json");

    h = &req->headers[req->nheaders++];
    wismo_str_set(&h->name, "content-type");

    name = json_string_value(json_object_get(own->descriptor,
                                             "content_type"));
    name = name ? name : form ? "application/x-www-form-urlencoded"
                              : "application/json";
    h->value = wismo_str_of(name);

    json_object_foreach(json_object_get(own->descriptor, "headers"), name,
                        value)
    {
        if (req->nheaders == FETCH_SINK_HEADERS
            || !json_is_string(value))
        {
            wismo_error_set(err, "/headers", "expected at most %d, each a "
                                             "string", FETCH_SINK_HEADERS);
            return WISMO_DECLINED;
        }

        rc = fetch_sink_fill(json_string_value(value), WISMO_ESCAPE_NONE,
                             pool, model, &text, err);

        if (rc != WISMO_OK) {
            return rc;
        }

        h = &req->headers[req->nheaders++];
        h->name = wismo_str_of(name);
        h->value = text;
    }

    if (form) {
        rc = fetch_sink_form(form, pool, model, &req->body, err);

    } else {
        filled = fetch_sink_json(json, pool, model, 0, err);
        dump = filled ? json_dumps(filled, JSON_COMPACT | JSON_ENCODE_ANY)
                      : NULL;
        rc = filled ? WISMO_ERROR : WISMO_DECLINED;

        if (dump) {
            text = wismo_str_of(dump);
            rc = wismo_pstrdup(pool, &req->body, &text);
        }

        free(dump);
        json_decref(filled);
    }

    return rc == WISMO_OK ? fetch_sink_url(own, pool, model, &req->url, err)
                          : rc;
}


/* With "base_url" another host takes it: a gateway, or a test. */

static int
fetch_sink_url(const fetch_sink_own_t *own, wismo_pool_t *pool,
    const wismo_json_t *model, wismo_str_t *url, wismo_error_t *err)
{
    int           rc;
    size_t        i;
    wismo_out_t   out;
    const char   *source;

    source = json_string_value(json_object_get(own->descriptor, "url"));
    source = source ? source : "";

    rc = fetch_sink_fill(source, source[0] == '{' ? WISMO_ESCAPE_NONE
                                                  : WISMO_ESCAPE_FORM,
                         pool, model, url, err);

    if (rc != WISMO_OK) {
        return rc;
    }

    if ((url->len < 9 || memcmp(url->data, "https://", 8) != 0)
        && !(own->here && url->len > 8
             && memcmp(url->data, "http://", 7) == 0))
    {
        wismo_error_set(err, "/url", "expected https://");
        return WISMO_DECLINED;
    }

    if (own->base_url == NULL) {
        return WISMO_OK;
    }

    for (i = 8; i < url->len && url->data[i] != '/'; i++) { /* void */ }

    wismo_out_init(&out, pool, 512);
    wismo_out_bytes(&out, own->base_url, strlen(own->base_url));
    wismo_out_bytes(&out, url->data + i, url->len - i);

    url->data = out.start;
    url->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}


static int
fetch_sink_form(const json_t *form, wismo_pool_t *pool,
    const wismo_json_t *model, wismo_str_t *body, wismo_error_t *err)
{
    int           rc;
    json_t       *value;
    const char   *name;
    wismo_out_t   out;
    wismo_str_t   text;

    wismo_out_init(&out, pool, 1024);

    json_object_foreach((json_t *) form, name, value) {

        rc = fetch_sink_fill(json_is_string(value) ? json_string_value(value)
                                                   : "",
                             WISMO_ESCAPE_NONE, pool, model, &text, err);

        if (rc != WISMO_OK) {
            return rc;
        }

        if (fetch_sink_none(json_string_value(value), &text)) {
            continue;
        }

        wismo_out_printf(&out, "%s%s=", out.pos == out.start ? "" : "&",
                         name);
        wismo_out_uri(&out, &text);
    }

    body->data = out.start;
    body->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}


/* A copy in which each text is filled in; NULL with the error set. */

static json_t *
fetch_sink_json(const json_t *json, wismo_pool_t *pool,
    const wismo_json_t *model, unsigned depth, wismo_error_t *err)
{
    size_t        i;
    json_t       *copy, *value, *filled;
    const char   *name;
    wismo_str_t   text;

    if (json == NULL || depth == FETCH_SINK_DEPTH) {
        wismo_error_set(err, "/json", "expected \"form\" or \"json\", of at "
                                      "most %d levels", FETCH_SINK_DEPTH);
        return NULL;
    }

    if (json_is_string(json)) {

        if (fetch_sink_fill(json_string_value(json), WISMO_ESCAPE_NONE, pool,
                            model, &text, err)
            != WISMO_OK)
        {
            return NULL;
        }

        copy = json_stringn(text.len ? (char *) text.data : "", text.len);

        if (copy == NULL) {
            wismo_error_set(err, "/json", "expected texts in UTF-8");
        }

        return copy;
    }

    if (json_is_array(json)) {
        copy = json_array();

        json_array_foreach((json_t *) json, i, value) {
            filled = fetch_sink_json(value, pool, model, depth + 1, err);

            if (filled == NULL || json_array_append_new(copy, filled) != 0) {
                json_decref(copy);
                return NULL;
            }
        }

        return copy;
    }

    if (json_is_object(json)) {
        copy = json_object();

        json_object_foreach((json_t *) json, name, value) {
            filled = fetch_sink_json(value, pool, model, depth + 1, err);

            text.data = (unsigned char *) json_string_value(filled);
            text.len = json_string_length(filled);

            if (json_is_string(filled)
                && fetch_sink_none(json_string_value(value), &text))
            {
                json_decref(filled);
                continue;
            }

            if (filled == NULL
                || json_object_set_new(copy, name, filled) != 0)
            {
                json_decref(copy);
                return NULL;
            }
        }

        return copy;
    }

    return json_deep_copy(json);
}


/* What nothing is known of is left out, as services refuse what is empty. */

static bool
fetch_sink_none(const char *source, const wismo_str_t *text)
{
    return source && text->len == 0 && strstr(source, "{{") != NULL;
}


static int
fetch_sink_fill(const char *source, wismo_escape_e escape,
    wismo_pool_t *pool, const wismo_json_t *model, wismo_str_t *text,
    wismo_error_t *err)
{
    int                     rc;
    wismo_out_t             out;
    wismo_str_t             s;
    wismo_template_t       *template;
    wismo_template_opts_t   opts;

    memset(&opts, 0, sizeof(wismo_template_opts_t));
    opts.escape = escape;

    s = wismo_str_of(source);

    rc = wismo_template_compile(pool, &s, &opts, &template, err);

    if (rc != WISMO_OK) {
        return rc;
    }

    wismo_out_init(&out, pool, 256);

    rc = wismo_template_render(template, model, &out);

    text->data = out.start;
    text->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : rc;
}
