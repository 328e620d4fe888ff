
/*
 * Copyright (C) The Wismo authors
 *
 * Letters of the kind "message": reports on messages of ours, which are
 * fetch_receipt.c's matter, and messages that people send.  Where sender and
 * text are in them stands in the service's file of channels/, which words mean
 * what in channels/words/.  Called by fetch_letter.c.
 *
 * A message says what it says however often it comes, and however late: of
 * STOP and START the one that was said last holds.  Neither its text nor
 * its sender may get into a log, or into Redis but as a MAC.
 */


#include "fetch_message.h"
#include "fetch_inbound.h"
#include "fetch_reach.h"
#include "fetch_receipt.h"
#include "fetch_share.h"

#include <stdio.h>


#define FETCH_MESSAGE_WORD    64


static fetch_letter_e fetch_message_read(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_letter_t *letter, const json_t *inbound,
    const fetch_inbound_t *in, char *why, size_t size);
static int64_t fetch_message_time(const fetch_letter_t *letter,
    const json_t *inbound, const fetch_inbound_t *in);
static const char *fetch_message_means(const wismo_str_t *text);
static fetch_letter_e fetch_message_apply(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const wismo_str_t *from, const char *means,
    int64_t at, char *why, size_t size);


fetch_letter_e
fetch_message(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, char *why, size_t size)
{
    json_t           *file, *inbound;
    fetch_letter_e    rc;
    fetch_inbound_t   in;

    file = fetch_inbound_load(lanes->conf, &letter->carrier);
    inbound = json_object_get(file, "inbound");

    if (inbound == NULL) {
        snprintf(why, size, "there is no channel of its name that takes "
                            "messages");
        json_decref(file);
        return FETCH_LETTER_DEAD;
    }

    fetch_counts_message(&lanes->counts, &letter->carrier);

    fetch_inbound_open(&in, &letter->body, &letter->headers);

    if (!fetch_receipt(lanes, pool, letter, json_object_get(file, "receipts"),
                       &in, &rc))
    {
        rc = fetch_message_read(lanes, pool, letter, inbound, &in, why, size);
    }

    fetch_inbound_close(&in);
    json_decref(file);

    return rc;
}


static fetch_letter_e
fetch_message_read(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const json_t *inbound,
    const fetch_inbound_t *in, char *why, size_t size)
{
    char          from[32], text[1024];
    wismo_str_t   sender, said;
    const char   *means;

    if (fetch_inbound_value(in, json_object_get(inbound, "from"), from + 1,
                            sizeof(from) - 1, &sender)
        != WISMO_OK
        || fetch_inbound_value(in, json_object_get(inbound, "text"), text,
                               sizeof(text), &said)
           != WISMO_OK)
    {
        return FETCH_LETTER_DONE;
    }

    means = fetch_message_means(&said);

    if (means == NULL) {
        return FETCH_LETTER_DONE;
    }

    /* some leave the plus out of what always is international */

    if (sender.len && sender.data[0] != '+') {
        from[0] = '+';
        sender.data = (unsigned char *) from;
        sender.len++;
    }

    return fetch_message_apply(lanes, pool, &sender, means,
                               fetch_message_time(letter, inbound, in), why,
                               size);
}


/*
 * When it was said, in ms: by the service, if it tells that, and never later
 * than it came here.  A letter that is read again still counts as of then.
 */

static int64_t
fetch_message_time(const fetch_letter_t *letter, const json_t *inbound,
    const fetch_inbound_t *in)
{
    char           buf[64];
    int64_t        came, said;
    wismo_str_t    text;
    wismo_when_t   when;

    came = fetch_letter_came(letter);

    if (fetch_inbound_value(in, json_object_get(inbound, "at"), buf,
                            sizeof(buf), &text)
        != WISMO_OK
        || wismo_time_iso(&text, &when) != WISMO_OK)
    {
        return came;
    }

    /* a clock without a zone is UTC, as services write it */

    said = (when.utc != WISMO_TIME_NONE) ? when.utc : when.wall;

    return (said != WISMO_TIME_NONE && said < came / 1000) ? said * 1000
                                                           : came;
}


/*
 * "stop", "start" or NULL.  The word has to be all of the message: "Stop by
 * the shop" is none.
 */

static const char *
fetch_message_means(const wismo_str_t *text)
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

    words = fetch_inbound_file(path);
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
    const wismo_str_t *from, const char *means, int64_t at, char *why,
    size_t size)
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
        rc = fetch_reach_allow(r, pool, &reach, at, &was);

    } else {
        wismo_str_set(&reason, FETCH_REACH_STOP);
        rc = fetch_reach_suppress(r, pool, &reach, &reason, at);
    }

    if (rc != WISMO_OK) {
        return r->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    return FETCH_LETTER_DONE;
}
