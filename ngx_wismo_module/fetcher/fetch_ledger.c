
/*
 * Copyright (C) The Wismo authors
 *
 * Reading a ledger for whoever is to see it: "wismo order show --notices" and
 * "wismo customer export".  Changes nothing.
 */


#include "fetch_ledger.h"
#include "fetch_args.h"
#include "fetch_notice.h"

#include <stdlib.h>


static json_t *fetch_ledger_time(wismo_pool_t *pool, int64_t t);
static int fetch_ledger_order(const void *a, const void *b);


typedef struct {
    int64_t                   at;
    json_t                   *json;
} fetch_ledger_one_t;


json_t *
fetch_ledger(fetch_redis_t *r, wismo_pool_t *pool, const wismo_str_t *order)
{
    size_t                 i, n;
    json_t                *ledger, *notices, *feedback;
    redisReply            *reply;
    wismo_str_t            field, value, channel;
    fetch_args_t           args;
    fetch_ledger_one_t    *list;
    wismo_notice_entry_t   entry;

    fetch_args_init(&args, pool, 2);
    fetch_args_text(&args, "HGETALL");
    fetch_args_key(&args, wismo_key_ledger, order);

    reply = args.failed ? NULL : fetch_redis_call(r, 2, args.argv);

    if (reply == NULL) {
        return NULL;
    }

    ledger = json_object();
    notices = json_array();
    list = wismo_palloc(pool, (reply->elements / 2 + 1)
                              * sizeof(fetch_ledger_one_t));
    n = 0;

    for (i = 0; list && reply->type == REDIS_REPLY_ARRAY
                && i + 1 < reply->elements; i += 2)
    {
        field = fetch_redis_str(reply->element[i]);
        value = fetch_redis_str(reply->element[i + 1]);

        if (wismo_str_is(&field, "feedback")) {
            feedback = json_loadb((char *) value.data, value.len, 0, NULL);

            if (feedback) {
                (void) json_object_set_new(ledger, "feedback", feedback);
            }

            continue;
        }

        if (!fetch_notice_field(&field, &value, &channel, &entry)) {
            continue;
        }

        list[n].json = fetch_ledger_notice(&channel, &entry, pool);
        list[n].at = entry.at;
        n += (list[n].json != NULL);
    }

    if (n) {
        qsort(list, n, sizeof(fetch_ledger_one_t), fetch_ledger_order);
    }

    for (i = 0; i < n; i++) {
        (void) json_array_append_new(notices, list[i].json);
    }

    (void) json_object_set_new(ledger, "notices", notices);

    freeReplyObject(reply);

    return ledger;
}


json_t *
fetch_ledger_notice(const wismo_str_t *channel,
    const wismo_notice_entry_t *entry, wismo_pool_t *pool)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:i, s:o}",
                     "channel", json_stringn((char *) channel->data,
                                             channel->len),
                     "notice", json_stringn((char *) entry->id.data,
                                            entry->id.len),
                     "state", wismo_notice_state(entry->state),
                     "at", fetch_ledger_time(pool, entry->at),
                     "when", fetch_ledger_time(pool, entry->when),
                     "attempts", (int) entry->attempts,
                     "text", json_stringn((char *) entry->text.data,
                                          entry->text.len));
}


static json_t *
fetch_ledger_time(wismo_pool_t *pool, int64_t t)
{
    wismo_out_t  out;

    if (t == 0) {
        return json_null();
    }

    wismo_out_init(&out, pool, WISMO_TIME_UTC_LEN);
    wismo_time_out_utc(&out, t);

    return out.failed ? json_null()
                      : json_stringn((char *) out.start,
                                     (size_t) (out.pos - out.start));
}


static int
fetch_ledger_order(const void *a, const void *b)
{
    const fetch_ledger_one_t  *x, *y;

    x = a;
    y = b;

    return (x->at > y->at) - (x->at < y->at);
}
