
/*
 * Copyright (C) The Wismo authors
 *
 * Letters of the kind "message".  Where sender and text are in them stands in
 * the service's file of channels/, which words mean what in channels/words/.
 * Called by fetch_letter.c.
 *
 * A message says what it says however often it comes.  Neither its text nor
 * its sender may get into a log, or into Redis but as a MAC.
 */


#include "fetch_message.h"
#include "fetch_log.h"
#include "fetch_reach.h"
#include "fetch_share.h"
#include "wismo_form.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_MESSAGE_FILE   65536
#define FETCH_MESSAGE_WORD   64


static json_t *fetch_message_load(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const wismo_str_t *channel);
static json_t *fetch_message_read(wismo_pool_t *pool, const char *path);
static int fetch_message_value(const json_t *inbound, const char *name,
    const wismo_str_t *body, json_t *json, char *buf, size_t size,
    wismo_str_t *value);
static const json_t *fetch_message_at(const json_t *json,
    const char *pointer);
static const char *fetch_message_means(wismo_pool_t *pool,
    const wismo_str_t *text);
static fetch_letter_e fetch_message_apply(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const wismo_str_t *from, const char *means, char *why,
    size_t size);


fetch_letter_e
fetch_message(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, char *why, size_t size)
{
    char             from[32], text[1024];
    json_t          *file, *json, *inbound;
    wismo_str_t      sender, said;
    const char      *means;
    fetch_letter_e   rc;

    file = fetch_message_load(lanes, pool, &letter->carrier);
    inbound = json_object_get(file, "inbound");

    if (inbound == NULL) {
        snprintf(why, size, "there is no channel of its name that takes "
                            "messages");
        json_decref(file);
        return FETCH_LETTER_DEAD;
    }

    json = json_is_true(json_object_get(inbound, "form"))
           ? NULL : json_loadb((char *) letter->body.data, letter->body.len,
                               0, NULL);
    rc = FETCH_LETTER_DONE;

    if (fetch_message_value(inbound, "from", &letter->body, json, from + 1,
                            sizeof(from) - 1, &sender)
        == WISMO_OK
        && fetch_message_value(inbound, "text", &letter->body, json, text,
                               sizeof(text), &said)
           == WISMO_OK)
    {
        means = fetch_message_means(pool, &said);

        /* some leave the plus out of what always is international */

        if (sender.len && sender.data[0] != '+') {
            from[0] = '+';
            sender.data = (unsigned char *) from;
            sender.len++;
        }

        if (means) {
            rc = fetch_message_apply(lanes, pool, &sender, means, why, size);
        }
    }

    json_decref(json);
    json_decref(file);

    return rc;
}


/* A name, or a file that a channel has as its own. */

static json_t *
fetch_message_load(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const wismo_str_t *channel)
{
    char                     path[4096];
    size_t                   i;
    unsigned                 k;
    const char              *preset;
    const fetch_channels_t  *channels;

    channels = &lanes->conf->channels;

    for (k = 0; k < channels->n; k++) {
        preset = fetch_channel_value(&channels->channel[k], "preset", "");

        if (strchr(preset, '/') && wismo_str_is(channel, preset)) {
            return fetch_message_read(pool, preset);
        }
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

    return fetch_message_read(pool, path);
}


static json_t *
fetch_message_read(wismo_pool_t *pool, const char *path)
{
    json_t         *json;
    wismo_str_t     text;
    json_error_t    error;
    wismo_error_t   err;

    if (fetch_read_file(pool, path, FETCH_MESSAGE_FILE, &text, &err)
        != WISMO_OK)
    {
        fetch_log(FETCH_ERR, "%s can't be read: %s", path, err.text);
        return NULL;
    }

    json = json_loadb((char *) text.data, text.len, JSON_REJECT_DUPLICATES,
                      &error);

    if (json == NULL) {
        fetch_log(FETCH_ERR, "%s:%d:%d: %s", path, error.line, error.column,
                  error.text);
    }

    return json;
}


static int
fetch_message_value(const json_t *inbound, const char *name,
    const wismo_str_t *body, json_t *json, char *buf, size_t size,
    wismo_str_t *value)
{
    const char    *at;
    const json_t  *found;

    at = json_string_value(json_object_get(inbound, name));

    if (at == NULL) {
        return WISMO_DECLINED;
    }

    if (json == NULL) {
        return wismo_form_value(body, at, buf, size, value);
    }

    found = fetch_message_at(json, at);

    if (json_is_integer(found)) {
        value->len = (size_t) snprintf(buf, size, "%lld",
                                       (long long) json_integer_value(found));

    } else {
        value->len = json_string_length(found);

        if (!json_is_string(found) || value->len >= size) {
            return WISMO_DECLINED;
        }

        memcpy(buf, json_string_value(found), value->len);
    }

    value->data = (unsigned char *) buf;

    return WISMO_OK;
}


/* Names of objects, one after the other: "/message/text". */

static const json_t *
fetch_message_at(const json_t *json, const char *pointer)
{
    char    name[FETCH_MESSAGE_WORD];
    size_t  len;

    while (*pointer == '/') {
        pointer++;
        len = strcspn(pointer, "/");

        if (len >= sizeof(name)) {
            return NULL;
        }

        memcpy(name, pointer, len);
        name[len] = '\0';
        pointer += len;

        json = json_object_get(json, name);
    }

    return json;
}


/*
 * "stop", "start" or NULL.  The word has to be all of the message: "Stop by
 * the shop" is none.
 */

static const char *
fetch_message_means(wismo_pool_t *pool, const wismo_str_t *text)
{
    char          path[4096], word[FETCH_MESSAGE_WORD];
    size_t        i, n, from, end;
    json_t       *words, *list, *value;
    const char   *means, *lang;
    unsigned      k;

    static const char *const  meanings[] = { "stop", "start" };

    for (from = 0; from < text->len && strchr(" \t\r\n\"'.!",
                                              text->data[from]); from++)
    {
        /* void */
    }

    for (end = text->len; end > from && strchr(" \t\r\n\"'.!",
                                               text->data[end - 1]); end--)
    {
        /* void */
    }

    if (end == from || end - from >= sizeof(word)) {
        return NULL;
    }

    for (n = 0; from < end; from++, n++) {
        word[n] = (char) text->data[from];

        if (word[n] >= 'A' && word[n] <= 'Z') {
            word[n] = (char) (word[n] | 0x20);
        }
    }

    word[n] = '\0';

    (void) snprintf(path, sizeof(path), "%s/channels/words/message.json",
                    fetch_share());

    words = fetch_message_read(pool, path);
    means = NULL;

    for (k = 0; k < 2 && means == NULL; k++) {
        json_object_foreach(json_object_get(words, meanings[k]), lang, list) {
            json_array_foreach(list, i, value) {
                if (json_is_string(value)
                    && strcmp(json_string_value(value), word) == 0)
                {
                    means = meanings[k];
                }
            }
        }
    }

    json_decref(words);

    return means;
}


static fetch_letter_e
fetch_message_apply(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const wismo_str_t *from, const char *means, char *why, size_t size)
{
    int             rc;
    bool            was;
    wismo_str_t     reason;
    fetch_reach_t   reach;
    fetch_redis_t  *r;

    r = lanes->redis;

    if (lanes->conf->index.n == 0) {
        snprintf(why, size, "there is no key to keep a number by: add "
                            "\"wismo_secret_file\" to nginx.conf");
        return FETCH_LETTER_DEAD;
    }

    if (fetch_reach(lanes->conf, pool, WISMO_FACTOR_PHONE, from, &reach)
        != WISMO_OK)
    {
        return FETCH_LETTER_AGAIN;
    }

    /* a sender that is no number gets no messages, either */

    if (reach.n == 0) {
        return FETCH_LETTER_DONE;
    }

    if (strcmp(means, "start") == 0) {
        rc = fetch_reach_allow(r, pool, &reach, &was);

    } else {
        wismo_str_set(&reason, FETCH_REACH_STOP);
        rc = fetch_reach_suppress(r, pool, &reach, &reason,
                                  fetch_redis_time(r) / 1000);
    }

    if (rc != WISMO_OK) {
        return r->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    return FETCH_LETTER_DONE;
}
