
/*
 * Copyright (C) The Wismo authors
 *
 * Letters that can't be applied are kept for somebody who can mend what is
 * wrong ("wismo replay"), sealed as contact data is.  Called by fetch_inbox.c.
 *
 * Nothing of a letter's contents may get into a log.
 */


#include "fetch_dead.h"
#include "fetch_args.h"
#include "fetch_envelope.h"
#include "fetch_log.h"


#define FETCH_DEAD_KEPT      "1000"           /* of a stream */


fetch_letter_e
fetch_dead_bury(fetch_lanes_t *lanes, wismo_pool_t *pool, unsigned stream,
    const fetch_letter_t *letter, const char *why)
{
    bool               failed;
    char               key[WISMO_KEY_MAX];
    size_t             len;
    redisReply        *reply;
    wismo_str_t        body, kid;
    fetch_args_t       args;
    wismo_box_name_t   name;

    len = wismo_key_dead(key, stream);
    name = fetch_envelope_name(letter);

    if (fetch_envelope_seal(lanes->conf, pool, &name, &letter->body,
                            &body)
        != WISMO_OK)
    {
        return FETCH_LETTER_AGAIN;
    }

    fetch_args_init(&args, pool, 22);
    fetch_args_text(&args, "XADD");
    fetch_args_add(&args, key, len);
    fetch_args_text(&args, "MAXLEN");
    fetch_args_text(&args, "~");
    fetch_args_text(&args, FETCH_DEAD_KEPT);
    fetch_args_text(&args, "*");
    fetch_args_text(&args, WISMO_DEAD_ID);
    fetch_args_add(&args, letter->id.data, letter->id.len);
    fetch_args_text(&args, WISMO_DEAD_WHY);
    fetch_args_text(&args, why);

    if (fetch_envelope_lacks(lanes->conf, &body, &kid)) {
        fetch_args_text(&args, WISMO_DEAD_KID);
        fetch_args_add(&args, kid.data, kid.len);
    }

    fetch_args_text(&args, WISMO_INBOX_KIND);
    fetch_args_add(&args, letter->kind.data, letter->kind.len);
    fetch_args_text(&args, WISMO_INBOX_ORDER);
    fetch_args_add(&args, letter->order.data, letter->order.len);
    fetch_args_text(&args, WISMO_INBOX_CARRIER);
    fetch_args_add(&args, letter->carrier.data, letter->carrier.len);
    fetch_args_text(&args, WISMO_INBOX_HEADERS);
    fetch_args_add(&args, letter->headers.data, letter->headers.len);
    fetch_args_text(&args, WISMO_INBOX_BODY);
    fetch_args_add(&args, body.data, body.len);

    reply = args.failed ? NULL
            : fetch_redis_call(lanes->redis, (int) args.n, args.argv);

    if (reply == NULL) {
        return FETCH_LETTER_DOWN;
    }

    failed = (reply->type == REDIS_REPLY_ERROR);
    freeReplyObject(reply);

    if (failed) {
        return FETCH_LETTER_AGAIN;
    }

    lanes->counts.dead++;

    fetch_log(FETCH_WARN, "a letter of inbox %u can't be applied and is kept "
                          "with the dead ones as of %.*s", stream,
              (int) letter->id.len, (char *) letter->id.data);

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "EXPIRE");
    fetch_args_add(&args, key, len);
    fetch_args_number(&args, FETCH_DEAD_TTL);

    if (!args.failed) {
        (void) fetch_redis_defer(lanes->redis, 3, args.argv);
    }

    return FETCH_LETTER_DEAD;
}
