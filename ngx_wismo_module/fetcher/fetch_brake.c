
/*
 * Copyright (C) The Wismo authors
 *
 * Asking for leave to tell, and letting go.  The counts are in Redis, by hour,
 * for a week; the limit is the channel's, or made of what was usual.  Called
 * by fetch_tell.c before a notice is marked as begun, and by "wismo notify".
 *
 * What is held stays as it is in the ledgers: nothing is lost but what grows
 * too old to be told.
 */


#include "fetch_brake.h"
#include "fetch_log.h"

#include <stdio.h>


#define FETCH_BRAKE_SAID     6


static bool fetch_brake_link(fetch_redis_t *r, fetch_channel_t *channel,
    const wismo_notice_entry_t *entry, int64_t now);
static int fetch_brake_call(fetch_redis_t *r, const fetch_channel_t *channel,
    const char *what, long limit, int64_t said[FETCH_BRAKE_SAID]);


bool
fetch_brake_leave(fetch_redis_t *r, fetch_channel_t *channel,
    const wismo_notice_entry_t *entry, int64_t now)
{
    int64_t  said[FETCH_BRAKE_SAID];

    if (wismo_notice_asked(entry->kind)) {
        return fetch_brake_link(r, channel, entry, now);
    }

    if (channel->brake < 0 || entry->attempts) {
        return true;
    }

    if (fetch_brake_call(r, channel, "ask", channel->brake, said)
        != WISMO_OK)
    {
        channel->held_until = now + FETCH_BRAKE_WAIT;
        return false;
    }

    channel->discarded = said[4];

    if (said[0] == 1) {
        return entry->at > channel->discarded;
    }

    channel->held_until = now + FETCH_BRAKE_WAIT;

    if (said[0] < 0) {
        fetch_log(FETCH_CRIT, "channel %.*s is held: %lld notices in this "
                  "hour, its brake is at %lld; nothing is lost: \"wismo "
                  "notify status\", then \"wismo notify release %.*s\", or "
                  "\"discard\" if they are wrong",
                  (int) channel->name.len, (char *) channel->name.data,
                  (long long) said[2], (long long) said[3],
                  (int) channel->name.len, (char *) channel->name.data);
    }

    return false;
}


/*
 * Strangers make these: they are counted by themselves, and what is too much
 * waits for the next hour instead of an operator.
 */

static bool
fetch_brake_link(fetch_redis_t *r, fetch_channel_t *channel,
    const wismo_notice_entry_t *entry, int64_t now)
{
    int64_t  said[FETCH_BRAKE_SAID];

    if (entry->attempts) {
        return true;
    }

    if (fetch_brake_call(r, channel, "link", channel->links.hourly, said)
        != WISMO_OK)
    {
        channel->held_until = now + FETCH_BRAKE_WAIT;
        return false;
    }

    channel->discarded = said[4];

    if (said[0] == 1) {
        return entry->at > channel->discarded;
    }

    if (said[1]) {
        channel->held_until = now + FETCH_BRAKE_WAIT;
        return false;
    }

    channel->links.full_until = now - now % 3600 + 3600;

    fetch_log(FETCH_WARN, "channel %.*s: %lld links were asked for in this "
              "hour, as many as \"links hourly=%u\" allows; the next ones "
              "wait for the next hour", (int) channel->name.len,
              (char *) channel->name.data, (long long) said[2],
              channel->links.hourly);

    return false;
}


int
fetch_brake_look(fetch_redis_t *r, const fetch_channel_t *channel,
    fetch_brake_t *brake)
{
    int64_t  said[FETCH_BRAKE_SAID];

    if (fetch_brake_call(r, channel, "look", channel->brake, said)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    brake->held = said[1];
    brake->n = said[2];
    brake->limit = said[3];
    brake->discarded = said[4];
    brake->links = said[5];

    return WISMO_OK;
}


int
fetch_brake_release(fetch_redis_t *r, const fetch_channel_t *channel,
    bool discard)
{
    int64_t  said[FETCH_BRAKE_SAID];

    return fetch_brake_call(r, channel, discard ? "discard" : "release",
                            channel->brake, said);
}


static int
fetch_brake_call(fetch_redis_t *r, const fetch_channel_t *channel,
    const char *what, long limit, int64_t said[FETCH_BRAKE_SAID])
{
    int           rc;
    char          key[WISMO_KEY_MAX], numbers[3][24];
    unsigned      i;
    redisReply   *reply;
    wismo_str_t   argv[5];

    argv[0].data = (unsigned char *) key;
    argv[0].len = wismo_key_brake(key, &channel->name);
    argv[1] = wismo_str_of(what);

    snprintf(numbers[0], 24, "%ld", limit);
    snprintf(numbers[1], 24, "%d", FETCH_BRAKE_FACTOR);
    snprintf(numbers[2], 24, "%d", FETCH_BRAKE_FLOOR);

    for (i = 0; i < 3; i++) {
        argv[2 + i].data = (unsigned char *) numbers[i];
        argv[2 + i].len = strlen(numbers[i]);
    }

    reply = fetch_redis_script(r, FETCH_SCRIPT_BRAKE, 1, 5, argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_ERROR;

    if (reply->type == REDIS_REPLY_ARRAY
        && reply->elements == FETCH_BRAKE_SAID)
    {
        rc = WISMO_OK;

        for (i = 0; i < FETCH_BRAKE_SAID; i++) {
            said[i] = reply->element[i]->integer;
        }

    } else if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(r->error, sizeof(r->error), "%.200s", reply->str);
    }

    freeReplyObject(reply);

    return rc;
}
