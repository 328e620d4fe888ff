
/*
 * Copyright (C) The Wismo authors
 *
 * Links that were asked for by mail.  Whoever knows an order's number may ask,
 * so this is where it is decided how often a mailbox is written to: once in
 * each gap, and so many times a day, whatever the nodes in front have let
 * through.  What is to be sent becomes a notice in the order's ledger, and
 * goes the way of all others (fetch_tell.c); the link is made only then.
 *
 * What must never be here: the address, or a word to whoever has asked.
 */


#include "fetch_link.h"
#include "fetch_args.h"
#include "fetch_notice.h"


#define FETCH_LINK_KEPT      (30 * 86400)     /* seconds, in the ledger */


static const fetch_channel_t *fetch_link_channel(const fetch_config_t *conf,
    const wismo_str_t *brand);


fetch_letter_e
fetch_link(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter)
{
    int                     rc;
    int64_t                 now;
    redisReply             *reply;
    wismo_str_t             field, member;
    fetch_args_t            args;
    fetch_stored_t          stored;
    const fetch_channel_t  *channel;

    static const wismo_str_t  none = wismo_string("");
    static const wismo_str_t  kind = wismo_string(WISMO_NOTICE_LINK);
    static const wismo_str_t  prefix = wismo_string(WISMO_NOTICE_LINK ".");

    now = fetch_redis_time(lanes->redis) / 1000;

    /* nobody waits for it any more */

    if (now - letter->at > wismo_notice_kind(&kind)->max_age) {
        return FETCH_LETTER_DONE;
    }

    rc = fetch_load(lanes->redis, pool, &letter->order, &stored);

    if (rc == WISMO_ERROR) {
        return lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    if (rc == WISMO_DECLINED || !stored.found) {
        return FETCH_LETTER_DONE;
    }

    channel = fetch_link_channel(lanes->conf, &stored.order.brand);

    if (channel == NULL) {
        return FETCH_LETTER_DONE;
    }

    if (fetch_notice_name(pool, &channel->name, &prefix, &field) != WISMO_OK
        || fetch_member(pool, &letter->order, &none, &member) != WISMO_OK)
    {
        return FETCH_LETTER_AGAIN;
    }

    fetch_args_init(&args, pool, 8);
    fetch_args_key(&args, wismo_key_document, &letter->order);
    fetch_args_key(&args, wismo_key_ledger, &letter->order);
    fetch_args_due(&args, wismo_bucket(&letter->order), &fetch_notices);
    fetch_args_add(&args, field.data, field.len);
    fetch_args_add(&args, member.data, member.len);
    fetch_args_number(&args, channel->links.gap);
    fetch_args_number(&args, channel->links.daily);
    fetch_args_number(&args, FETCH_LINK_KEPT);

    if (args.failed) {
        return FETCH_LETTER_AGAIN;
    }

    reply = fetch_redis_script(lanes->redis, FETCH_SCRIPT_LINK, 3,
                               (int) args.n, args.argv);

    if (reply == NULL) {
        return FETCH_LETTER_DOWN;
    }

    rc = reply->type;
    freeReplyObject(reply);

    return rc == REDIS_REPLY_INTEGER ? FETCH_LETTER_DONE : FETCH_LETTER_AGAIN;
}


/* One letter, and by one channel: the first that is for this brand. */

static const fetch_channel_t *
fetch_link_channel(const fetch_config_t *conf, const wismo_str_t *brand)
{
    unsigned                i;
    const fetch_channel_t  *channel;

    for (i = 0; i < conf->channels.n; i++) {
        channel = &conf->channels.channel[i];

        if (channel->links.on && fetch_channel_serves(channel, brand)) {
            return channel;
        }
    }

    return NULL;
}
