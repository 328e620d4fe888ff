
/*
 * Copyright (C) The Wismo authors
 *
 * What the ledger says of a notice after each step: marks are made of what
 * became of it, and written together.  Called by fetch_tell.c alone.
 *
 * A mark must never be set over one that was not read.
 */


#include "fetch_tell_int.h"

#include "fetch_args.h"
#include "fetch_log.h"
#include "fetch_notice.h"


/* What the ledger says of a message that may have arrived already. */
#define FETCH_TELL_DOUBT     "unsure "

/* ... and of one after which its recipient gets no other one. */
#define FETCH_TELL_SUPPRESSED  " suppressed"


static void fetch_tell_person(fetch_tell_t *tell, fetch_tell_entry_t *e,
    const fetch_sent_t *sent, wismo_out_t *text);


int
fetch_tell_outcome(fetch_tell_t *tell, fetch_tell_entry_t *e,
    const fetch_sent_t *sent, int64_t now)
{
    int64_t      pause;
    wismo_out_t  text;

    e->entry.when = now;

    wismo_out_init(&text, &tell->pool, sizeof(FETCH_TELL_DOUBT)
                                       + sizeof(FETCH_TELL_SUPPRESSED)
                                       + sent->text.len);

    if (fetch_tell_doubted(&e->entry) && sent->outcome == FETCH_SENT_LATER) {
        wismo_out_text(&text, FETCH_TELL_DOUBT);
    }

    wismo_out_str(&text, &sent->text);

    /* what is left of the last time decides about a second one */

    if (sent->outcome == FETCH_SENT_UNKNOWN) {
        fetch_tell_unsure(e, now);
        return fetch_tell_mark(tell, e);
    }

    fetch_tell_person(tell, e, sent, &text);

    if (text.failed) {
        return WISMO_ERROR;
    }

    e->entry.text.data = text.start;
    e->entry.text.len = (size_t) (text.pos - text.start);

    switch (sent->outcome) {

    case FETCH_SENT:
        e->entry.state = WISMO_NOTICE_SENT;
        fetch_told(e->channel, FETCH_TOLD_SENT);

        if (wismo_notice_asked(e->entry.kind)) {
            fetch_told(e->channel, FETCH_TOLD_LINKS);
        }

        break;

    case FETCH_SENT_LATER:
        pause = e->channel->type->pause(e->entry.attempts);

        if (pause == 0) {
            e->entry.state = WISMO_NOTICE_DEAD;
            fetch_told(e->channel, FETCH_TOLD_DEAD);
            break;
        }

        pause = pause * (int64_t) (90 + fetch_random(21)) / 100;
        pause /= tell->teller->conf->scale;

        if (pause < sent->retry_after) {
            pause = sent->retry_after;
        }

        e->entry.state = WISMO_NOTICE_RETRY;
        e->entry.when = now + (pause ? pause : 1);
        fetch_told(e->channel, FETCH_TOLD_RETRIED);
        break;

    case FETCH_SENT_SKIPPED:
        e->entry.state = WISMO_NOTICE_SKIPPED;
        fetch_told(e->channel, FETCH_TOLD_SKIPPED);
        break;

    default:
        e->entry.state = WISMO_NOTICE_DEAD;
        fetch_told(e->channel, FETCH_TOLD_DEAD);
    }

    if (e->entry.state == WISMO_NOTICE_DEAD) {
        fetch_log(FETCH_WARN, "channel %.*s: \"%s\" of an order of bucket %u "
                  "is given up: %.*s", (int) e->channel->name.len,
                  (char *) e->channel->name.data, e->entry.kind->name,
                  wismo_bucket(&tell->claim.order), (int) sent->text.len,
                  (char *) sent->text.data);
    }

    return fetch_tell_mark(tell, e);
}


/*
 * A message that nobody got is none of theirs; an address that there is not
 * gets no other one.  Before the ledger is written: whoever dies in between
 * leaves it to the next one, who finds it suppressed.
 */

static void
fetch_tell_person(fetch_tell_t *tell, fetch_tell_entry_t *e,
    const fetch_sent_t *sent, wismo_out_t *text)
{
    fetch_redis_t  *r;

    r = tell->teller->redis;

    if (e->reach.n == 0 || sent->outcome == FETCH_SENT) {
        return;
    }

    fetch_reach_return(r, &tell->pool, &e->reach, &e->name);

    if (sent->outcome == FETCH_SENT_NEVER && sent->invalid
        && fetch_reach_suppress(r, &tell->pool, &e->reach, &sent->text,
                                fetch_redis_time(r))
           == WISMO_OK)
    {
        wismo_out_text(text, FETCH_TELL_SUPPRESSED);
    }
}


void
fetch_tell_unsure(fetch_tell_entry_t *e, int64_t now)
{
    fetch_again_e  again;

    again = e->channel->type->again;

    if (again == FETCH_AGAIN
        || (again == FETCH_AGAIN_ONCE && !fetch_tell_doubted(&e->entry)))
    {
        e->entry.state = WISMO_NOTICE_RETRY;
        e->entry.when = now;

        if (again == FETCH_AGAIN_ONCE) {
            wismo_str_set(&e->entry.text, FETCH_TELL_DOUBT);
        }

        fetch_told(e->channel, FETCH_TOLD_RETRIED);
        return;
    }

    e->entry.state = WISMO_NOTICE_UNKNOWN;
    e->entry.when = now;
    fetch_told(e->channel, FETCH_TOLD_UNKNOWN);
}


bool
fetch_tell_doubted(const wismo_notice_entry_t *entry)
{
    return entry->text.len >= sizeof(FETCH_TELL_DOUBT) - 1
           && memcmp(entry->text.data, FETCH_TELL_DOUBT,
                     sizeof(FETCH_TELL_DOUBT) - 1)
              == 0;
}


int
fetch_tell_mark(fetch_tell_t *tell, fetch_tell_entry_t *e)
{
    fetch_tell_mark_t  *mark;

    mark = &tell->marks[tell->nmarks++];

    mark->field = e->field;
    mark->old = e->value;

    if (fetch_notice_value(&tell->pool, &e->entry, &mark->value) != WISMO_OK) {
        return WISMO_ERROR;
    }

    e->value = mark->value;

    return WISMO_OK;
}


int
fetch_tell_write(fetch_tell_t *tell, const char *next)
{
    int            rc;
    unsigned       i;
    redisReply    *reply;
    wismo_str_t    member;
    fetch_args_t   args;

    if (fetch_member(&tell->pool, &tell->claim.order, &tell->claim.parcel,
                     &member)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, &tell->pool, 5 + 3 * tell->nmarks);
    fetch_args_due(&args, wismo_bucket(&tell->claim.order), &fetch_notices);
    fetch_args_key(&args, wismo_key_ledger, &tell->claim.order);
    fetch_args_add(&args, member.data, member.len);
    fetch_args_add(&args, tell->claim.lease.data, tell->claim.lease.len);
    fetch_args_text(&args, next);

    for (i = 0; i < tell->nmarks; i++) {
        fetch_args_add(&args, tell->marks[i].field.data,
                       tell->marks[i].field.len);
        fetch_args_add(&args, tell->marks[i].old.data,
                       tell->marks[i].old.len);
        fetch_args_add(&args, tell->marks[i].value.data,
                       tell->marks[i].value.len);
    }

    if (args.failed) {
        return WISMO_ERROR;
    }

    reply = fetch_redis_script(tell->teller->redis, FETCH_SCRIPT_TOLD, 2,
                               (int) args.n, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_ERROR;

    if (reply->type == REDIS_REPLY_ARRAY
        && reply->elements == tell->nmarks)
    {
        rc = (tell->nmarks
              && reply->element[tell->nmarks - 1]->integer != 1)
             ? WISMO_DECLINED : WISMO_OK;
    }

    freeReplyObject(reply);

    tell->nmarks = 0;

    return rc;
}
