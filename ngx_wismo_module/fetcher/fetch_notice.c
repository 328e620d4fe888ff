
/*
 * Copyright (C) The Wismo authors
 *
 * Notices in the ledger.  The commit calls here to learn what its change gives
 * to tell, so that a notice exists exactly if its cause does, and exists once:
 * a field that is there already is left alone by the script.  What becomes of
 * it is fetch_tell.c's matter.
 *
 * It must never decide whether a notice goes out.
 */


#include "fetch_notice.h"

#include <stdio.h>


const wismo_str_t  fetch_notices = wismo_string(WISMO_DUE_NOTICES);


int
fetch_notice_find(wismo_pool_t *pool, const fetch_config_t *conf,
    fetch_change_t *change)
{
    char                    id[WISMO_NOTICE_ID_MAX];
    unsigned                i, k, n;
    wismo_str_t             text;
    fetch_field_t          *field;
    wismo_notice_t         *notices;
    wismo_notice_entry_t    entry;
    const fetch_channel_t  *channel;

    change->nnotices = 0;

    if (conf == NULL || conf->channels.n == 0) {
        return WISMO_OK;
    }

    if (wismo_notice_find(pool, change->before, change->order, change->now,
                          &notices, &n)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (n == 0) {
        return WISMO_OK;
    }

    field = wismo_palloc(pool, n * conf->channels.n * sizeof(fetch_field_t));

    if (field == NULL) {
        return WISMO_ERROR;
    }

    change->notices = field;

    for (i = 0; i < n; i++) {

        text.data = (unsigned char *) id;
        text.len = wismo_notice_id(id, &notices[i]);

        memset(&entry, 0, sizeof(wismo_notice_entry_t));

        entry.state = WISMO_NOTICE_PENDING;
        entry.at = notices[i].at;

        for (k = 0; k < conf->channels.n; k++) {
            channel = &conf->channels.channel[k];

            if (!fetch_channel_wants(channel, notices[i].kind,
                                     &change->order->brand))
            {
                continue;
            }

            if (fetch_notice_name(pool, &channel->name, &text, &field->name)
                != WISMO_OK
                || fetch_notice_value(pool, &entry, &field->value)
                   != WISMO_OK)
            {
                return WISMO_ERROR;
            }

            field++;
            change->nnotices++;
        }
    }

    return WISMO_OK;
}


int
fetch_notice_args(wismo_pool_t *pool, const fetch_change_t *change,
    fetch_args_t *args, int nkeys)
{
    char         *due;
    unsigned      i;
    wismo_str_t   member;

    static const wismo_str_t  none = { 0, (unsigned char *) "" };

    if (change->nnotices == 0) {
        return WISMO_OK;
    }

    due = wismo_palloc(pool, 24);

    if (due == NULL
        || fetch_member(pool, &change->order->number, &none, &member)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    for (i = 0; i < change->nnotices; i++) {
        fetch_args_number(args, 0);
        fetch_args_add(args, change->notices[i].name.data,
                       change->notices[i].name.len);
        fetch_args_add(args, change->notices[i].value.data,
                       change->notices[i].value.len);
    }

    fetch_args_number(args, nkeys);
    fetch_args_add(args, member.data, member.len);
    fetch_args_add(args, due, (size_t) snprintf(due, 24, "!%lld",
                                                (long long) change->now
                                                * 1000));

    return WISMO_OK;
}


bool
fetch_notice_field(const wismo_str_t *field, const wismo_str_t *value,
    wismo_str_t *channel, wismo_notice_entry_t *entry)
{
    size_t                len;
    wismo_str_t           id;
    const unsigned char  *colon;

    len = sizeof(WISMO_LEDGER_NOTICE) - 1;

    if (field->len <= len
        || memcmp(field->data, WISMO_LEDGER_NOTICE, len) != 0)
    {
        return false;
    }

    channel->data = field->data + len;
    channel->len = field->len - len;

    colon = memchr(channel->data, ':', channel->len);

    if (colon == NULL) {
        return false;
    }

    id.data = (unsigned char *) colon + 1;
    id.len = channel->len - (size_t) (id.data - channel->data);
    channel->len = (size_t) (colon - channel->data);

    return wismo_notice_read(&id, value, entry) == WISMO_OK;
}


int
fetch_notice_name(wismo_pool_t *pool, const wismo_str_t *channel,
    const wismo_str_t *id, wismo_str_t *field)
{
    wismo_out_t  out;

    wismo_out_init(&out, pool, sizeof(WISMO_LEDGER_NOTICE) + channel->len
                               + id->len + 1);

    wismo_out_text(&out, WISMO_LEDGER_NOTICE);
    wismo_out_str(&out, channel);
    wismo_out_text(&out, ":");
    wismo_out_str(&out, id);

    field->data = out.start;
    field->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}


int
fetch_notice_value(wismo_pool_t *pool, const wismo_notice_entry_t *entry,
    wismo_str_t *value)
{
    value->data = wismo_palloc(pool, WISMO_NOTICE_VALUE_MAX);

    if (value->data == NULL) {
        return WISMO_ERROR;
    }

    value->len = wismo_notice_write((char *) value->data, entry);

    return WISMO_OK;
}
