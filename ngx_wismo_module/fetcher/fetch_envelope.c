
/*
 * Copyright (C) The Wismo authors
 *
 * Between the bytes of a letter and those that Redis has of it.  nginx seals
 * what it puts into the inbox; it is opened here to be applied, searched or
 * sealed anew, and what the fetcher itself keeps of letters and replies is
 * sealed here.  Called by fetch_inbox.c, fetch_trace.c, fetch_reletter.c and
 * whoever keeps or shows samples.
 *
 * What can't be opened must not get lost: its key may come back.  No word of
 * a letter may get into a log.
 */


#include "fetch_envelope.h"

#include <stdio.h>
#include <time.h>


#define FETCH_ENVELOPE_AGAIN  2               /* s between looks at the file */
#define FETCH_ENVELOPE_POOL   (256 * 1024)


static void fetch_envelope_keys(const fetch_config_t *conf,
    const wismo_str_t *kid);


void
fetch_envelope_fields(const redisReply *fields, fetch_letter_t *letter,
    wismo_str_t *first)
{
    size_t        i;
    wismo_str_t   name, value;

    wismo_str_null(first);

    for (i = 0; i + 1 < fields->elements; i += 2) {

        if (fields->element[i]->type != REDIS_REPLY_STRING
            || fields->element[i + 1]->type != REDIS_REPLY_STRING)
        {
            continue;
        }

        name = fetch_redis_str(fields->element[i]);
        value = fetch_redis_str(fields->element[i + 1]);

        if (wismo_str_is(&name, WISMO_INBOX_KIND)) {
            letter->kind = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_ORDER)) {
            letter->order = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_CARRIER)) {
            letter->carrier = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_HEADERS)) {
            letter->headers = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_BODY)) {
            letter->body = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_FIRST)) {
            *first = value;
        }
    }
}


int
fetch_envelope_open(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_box_name_t *name, const wismo_str_t *body, wismo_str_t *text,
    wismo_error_t *err)
{
    wismo_str_t         kid;
    wismo_box_opener_t  none;

    if (fetch_envelope_lacks(conf, body, &kid)) {
        fetch_envelope_keys(conf, &kid);
    }

    if (conf->letters) {
        return wismo_box_open(pool, &conf->letters->opener, name, body, text,
                              err);
    }

    memset(&none, 0, sizeof(wismo_box_opener_t));

    return wismo_box_open(pool, &none, name, body, text, err);
}


bool
fetch_envelope_lacks(const fetch_config_t *conf, const wismo_str_t *body,
    wismo_str_t *kid)
{
    return wismo_box_kid(body, kid) && kid->len
           && (conf->letters == NULL
               || !wismo_box_has(&conf->letters->opener, kid));
}


/*
 * nginx has read a file that has changed since we did: while it is reloaded,
 * or where the fetcher is started by somebody else.  What we write goes on
 * under the keys that we have told others of.
 */

static void
fetch_envelope_keys(const fetch_config_t *conf, const wismo_str_t *kid)
{
    int64_t               now;
    wismo_keys_t          keys;
    wismo_pool_t          pool;
    wismo_error_t         err;
    wismo_box_opener_t    opener;
    fetch_letter_keys_t  *letters;

    letters = conf->letters;

    if (letters == NULL) {
        return;
    }

    now = (int64_t) time(NULL);

    if (now >= letters->read_at
        && now - letters->read_at < FETCH_ENVELOPE_AGAIN)
    {
        return;
    }

    letters->read_at = now;

    wismo_pool_init(&pool, FETCH_ENVELOPE_POOL, NULL, NULL);

    if (fetch_config_contact_keys(conf, &pool, &keys, &err) == WISMO_OK
        && wismo_box_opener(&opener, &keys) == WISMO_OK)
    {
        if (wismo_box_has(&opener, kid)) {
            letters->opener = opener;
        }

        wismo_box_opener_done(&opener);
    }

    wismo_pool_done(&pool);
}


int
fetch_envelope_seal(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_box_name_t *name, const wismo_str_t *text, wismo_str_t *body)
{
    wismo_str_t           kid;
    fetch_letter_keys_t  *letters;

    *body = *text;

    if (!conf->sealed || text->len == 0 || wismo_box_kid(text, &kid)) {
        return WISMO_OK;
    }

    letters = conf->letters;

    if (letters == NULL) {
        return WISMO_DECLINED;
    }

    if (wismo_box_ready(&letters->box, &letters->key, (int64_t) time(NULL))
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    return wismo_box_seal(pool, &letters->box, name, text, body);
}


/*
 * A key that is missing may be on its way to this host: the letter waits for
 * some seconds, as one does that fails.  While the file can't be read at all
 * everything waits, as no order could be stored.
 */

fetch_letter_e
fetch_envelope_letter(const fetch_config_t *conf, wismo_pool_t *pool,
    const fetch_letter_t *letter, fetch_letter_t *opened, char *why,
    size_t size)
{
    wismo_str_t       kid;
    wismo_error_t     err;
    wismo_box_name_t  name;

    *opened = *letter;

    if (!wismo_box_kid(&letter->body, &kid)) {
        return FETCH_LETTER_DONE;
    }

    if (conf->sealed && conf->letters == NULL) {
        return FETCH_LETTER_DOWN;
    }

    name = fetch_envelope_name(letter);

    switch (fetch_envelope_open(conf, pool, &name, &letter->body,
                                &opened->body, &err))
    {
    case WISMO_OK:
        return FETCH_LETTER_DONE;

    case WISMO_DECLINED:
        snprintf(why, size, "%s", err.text);

        return fetch_envelope_lacks(conf, &letter->body, &kid)
               ? FETCH_LETTER_AGAIN : FETCH_LETTER_DEAD;

    default:
        return FETCH_LETTER_AGAIN;
    }
}


wismo_box_name_t
fetch_envelope_name(const fetch_letter_t *letter)
{
    wismo_box_name_t  name;

    name.kind = letter->kind;
    name.order = letter->order;
    name.carrier = letter->carrier;
    name.headers = letter->headers;

    return name;
}


int
fetch_envelope_sample(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *carrier, const wismo_str_t *text, wismo_str_t *record)
{
    char         key[WISMO_KEY_MAX];
    wismo_str_t  name;

    *record = *text;

    if (!conf->sealed) {
        return WISMO_OK;
    }

    if (conf->contact.n == 0) {
        return WISMO_DECLINED;
    }

    name.data = (unsigned char *) key;
    name.len = wismo_key_rejects(key, carrier);

    return wismo_seal(pool, &conf->contact, &name, text, record);
}


int
fetch_envelope_sample_open(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *carrier, const wismo_str_t *record, wismo_str_t *text,
    wismo_error_t *err)
{
    char         key[WISMO_KEY_MAX];
    wismo_str_t  name;

    name.data = (unsigned char *) key;
    name.len = wismo_key_rejects(key, carrier);

    return wismo_unseal(pool, &conf->contact, &name, record, text, err);
}
