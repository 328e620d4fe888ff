
/*
 * Copyright (C) The Wismo authors
 *
 * The streams.  A connection of its own waits for new letters, so that they
 * are applied as they come and nothing is asked in vain; all else goes over
 * the common one.  What was delivered and not acknowledged, by a fetcher that
 * died or when a commit failed, is taken up again; what failed too often, or
 * can't be read, goes to the dead letters and holds up nobody.
 */


#include "fetch_inbox.h"
#include "fetch_args.h"
#include "fetch_crash.h"
#include "fetch_dead.h"
#include "fetch_envelope.h"
#include "fetch_log.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>


#define FETCH_INBOX_COUNT    "32"             /* letters of a stream at once */
#define FETCH_INBOX_BLOCK    "5000"           /* ms */
#define FETCH_INBOX_AGAIN    2000             /* ms after a failure */
#define FETCH_INBOX_STALE    30000            /* ms between looks */
#define FETCH_INBOX_IDLE     "60000"          /* ms: its fetcher is dead */
#define FETCH_INBOX_TRIES    5
#define FETCH_INBOX_MARK     1000000          /* tries that mark a chance */
#define FETCH_INBOX_CHANCES  5
#define FETCH_INBOX_POOL     (64 * 1024 * 1024)
#define FETCH_INBOX_WHY      256


static bool fetch_inbox_make(fetch_inbox_t *inbox);
static bool fetch_inbox_ask(fetch_inbox_t *inbox);
static void fetch_inbox_new(fetch_inbox_t *inbox, int64_t now);
static void fetch_inbox_stale(fetch_inbox_t *inbox, int64_t now);
static void fetch_inbox_old(fetch_inbox_t *inbox, int64_t now);
static bool fetch_inbox_old_one(fetch_inbox_t *inbox, unsigned stream,
    int64_t now);
static bool fetch_inbox_apply(fetch_inbox_t *inbox, unsigned stream,
    const redisReply *entry, bool again, int64_t now);
static fetch_letter_e fetch_inbox_letter(fetch_inbox_t *inbox,
    wismo_pool_t *pool, unsigned stream, const wismo_str_t *id,
    const fetch_letter_t *letter, char *why);
static fetch_letter_e fetch_inbox_open(fetch_inbox_t *inbox,
    wismo_pool_t *pool, const fetch_letter_t *letter, char *why);
static int fetch_inbox_count(fetch_inbox_t *inbox, wismo_pool_t *pool,
    unsigned stream, const wismo_str_t *id, int tries);
static void fetch_inbox_spare(fetch_inbox_t *inbox);
static int fetch_inbox_tries(fetch_inbox_t *inbox, wismo_pool_t *pool,
    unsigned stream, const wismo_str_t *id);
static int64_t fetch_inbox_time(const wismo_str_t *id, int64_t now);
static int fetch_inbox_forget(fetch_inbox_t *inbox, wismo_pool_t *pool,
    unsigned stream, const wismo_str_t *id);
static bool fetch_inbox_before(const wismo_str_t *first,
    const wismo_str_t *id);


void
fetch_inbox_init(fetch_inbox_t *inbox, fetch_lanes_t *lanes,
    const char *consumer)
{
    memset(inbox, 0, sizeof(fetch_inbox_t));

    inbox->lanes = lanes;

    /* what shops' letters are read by */

    (void) fetch_config_shops(lanes->conf);

    fetch_redis_init(&inbox->ear, lanes->conf);
    inbox->ear.quiet = true;

    snprintf(inbox->consumer, sizeof(inbox->consumer), "%s", consumer);
}


void
fetch_inbox_done(fetch_inbox_t *inbox)
{
    fetch_redis_close(&inbox->ear);
}


int
fetch_inbox_fd(const fetch_inbox_t *inbox)
{
    return fetch_redis_fd(&inbox->ear);
}


void
fetch_inbox_turn(fetch_inbox_t *inbox, bool readable, int64_t now)
{
    fetch_redis_t  *ear;

    ear = &inbox->ear;

    if (ear->c == NULL) {
        inbox->asked = false;

        if (!fetch_redis_up(ear)) {
            return;
        }

        /* nobody knows what became of the letters of the last reply */

        inbox->made = false;
        readable = false;
    }

    if (!inbox->made) {
        if (!fetch_inbox_make(inbox)) {
            return;
        }

        inbox->made = true;
        inbox->again_at = now;
    }

    if (inbox->spared[0]) {
        fetch_inbox_spare(inbox);
    }

    if (inbox->again_at <= now) {
        fetch_inbox_old(inbox, now);
    }

    if (inbox->stale_at <= now) {
        fetch_inbox_stale(inbox, now);
    }

    if (readable && fetch_redis_fill(ear) == WISMO_OK) {
        fetch_inbox_new(inbox, now);
    }

    if (ear->c && inbox->made && !inbox->asked) {
        inbox->asked = fetch_inbox_ask(inbox);
    }
}


static bool
fetch_inbox_make(fetch_inbox_t *inbox)
{
    bool            ok;
    char            key[WISMO_KEY_MAX];
    unsigned        i;
    redisReply     *reply;
    wismo_pool_t    pool;
    fetch_args_t    args;
    fetch_redis_t  *r;

    r = inbox->lanes->redis;
    ok = true;

    for (i = 0; i < WISMO_INBOXES && ok; i++) {

        wismo_pool_init(&pool, 8192, NULL, NULL);

        fetch_args_init(&args, &pool, 6);
        fetch_args_text(&args, "XGROUP");
        fetch_args_text(&args, "CREATE");
        fetch_args_add(&args, key, wismo_key_inbox(key, i));
        fetch_args_text(&args, WISMO_INBOX_GROUP);
        fetch_args_text(&args, "0");
        fetch_args_text(&args, "MKSTREAM");

        reply = args.failed ? NULL : fetch_redis_call(r, 6, args.argv);

        ok = (reply != NULL);

        if (reply && reply->type == REDIS_REPLY_ERROR
            && strncmp(reply->str, "BUSYGROUP", 9) != 0)
        {
            fetch_redis_lost(r, reply->str);
            ok = false;
        }

        if (reply) {
            freeReplyObject(reply);
        }

        wismo_pool_done(&pool);
    }

    return ok;
}


static bool
fetch_inbox_ask(fetch_inbox_t *inbox)
{
    bool          ok;
    char          keys[WISMO_INBOXES][WISMO_KEY_MAX];
    unsigned      i;
    wismo_pool_t  pool;
    fetch_args_t  args;

    wismo_pool_init(&pool, 8192, NULL, NULL);

    fetch_args_init(&args, &pool, 9 + 2 * WISMO_INBOXES);
    fetch_args_text(&args, "XREADGROUP");
    fetch_args_text(&args, "GROUP");
    fetch_args_text(&args, WISMO_INBOX_GROUP);
    fetch_args_text(&args, inbox->consumer);
    fetch_args_text(&args, "COUNT");
    fetch_args_text(&args, FETCH_INBOX_COUNT);
    fetch_args_text(&args, "BLOCK");
    fetch_args_text(&args, FETCH_INBOX_BLOCK);
    fetch_args_text(&args, "STREAMS");

    for (i = 0; i < WISMO_INBOXES; i++) {
        fetch_args_add(&args, keys[i], wismo_key_inbox(keys[i], i));
    }

    for (i = 0; i < WISMO_INBOXES; i++) {
        fetch_args_text(&args, ">");
    }

    ok = !args.failed
         && fetch_redis_append(&inbox->ear, (int) args.n, args.argv)
            == WISMO_OK
         && fetch_redis_write(&inbox->ear) == WISMO_OK;

    wismo_pool_done(&pool);

    return ok;
}


static void
fetch_inbox_new(fetch_inbox_t *inbox, int64_t now)
{
    bool         ok;
    char         key[WISMO_KEY_MAX];
    size_t       i, k, len;
    unsigned     s;
    redisReply  *reply, *stream, *entries;

    while ((reply = fetch_redis_have(&inbox->ear)) != NULL) {

        inbox->asked = false;
        ok = true;

        if (reply->type == REDIS_REPLY_ERROR) {

            if (strncmp(reply->str, "NOGROUP", 7) == 0
                || strncmp(reply->str, "UNBLOCKED", 9) == 0)
            {
                fetch_log(FETCH_ERR, "the inbox is gone: this Redis was "
                                     "emptied, or is another one");
                inbox->made = false;
                inbox->gone = true;

            } else {
                fetch_redis_lost(&inbox->ear, reply->str);
            }
        }

        for (i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements;
             i++)
        {
            stream = reply->element[i];

            if (stream->type != REDIS_REPLY_ARRAY || stream->elements != 2
                || stream->element[0]->type != REDIS_REPLY_STRING
                || stream->element[1]->type != REDIS_REPLY_ARRAY)
            {
                continue;
            }

            for (s = 0; s < WISMO_INBOXES; s++) {
                len = wismo_key_inbox(key, s);

                if (len == (size_t) stream->element[0]->len
                    && memcmp(key, stream->element[0]->str, len) == 0)
                {
                    break;
                }
            }

            entries = stream->element[1];

            for (k = 0; ok && s < WISMO_INBOXES && k < entries->elements; k++)
            {
                ok = fetch_inbox_apply(inbox, s, entries->element[k], false,
                                       now);
            }
        }

        freeReplyObject(reply);
    }
}


/* Letters of fetchers that are no more become ours. */

static void
fetch_inbox_stale(fetch_inbox_t *inbox, int64_t now)
{
    char          key[WISMO_KEY_MAX];
    unsigned      i;
    redisReply   *reply;
    wismo_pool_t  pool;
    fetch_args_t  args;

    for (i = 0; i < WISMO_INBOXES; i++) {

        wismo_pool_init(&pool, 8192, NULL, NULL);

        fetch_args_init(&args, &pool, 9);
        fetch_args_text(&args, "XAUTOCLAIM");
        fetch_args_add(&args, key, wismo_key_inbox(key, i));
        fetch_args_text(&args, WISMO_INBOX_GROUP);
        fetch_args_text(&args, inbox->consumer);
        fetch_args_text(&args, FETCH_INBOX_IDLE);
        fetch_args_text(&args, "0-0");
        fetch_args_text(&args, "COUNT");
        fetch_args_text(&args, FETCH_INBOX_COUNT);
        fetch_args_text(&args, "JUSTID");

        reply = args.failed ? NULL
                : fetch_redis_call(inbox->lanes->redis, (int) args.n,
                                   args.argv);

        if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements > 1
            && reply->element[1]->type == REDIS_REPLY_ARRAY
            && reply->element[1]->elements)
        {
            inbox->again_at = now;
        }

        wismo_pool_done(&pool);

        if (reply == NULL) {
            return;
        }

        freeReplyObject(reply);
    }

    inbox->stale_at = now + FETCH_INBOX_STALE;
}


static void
fetch_inbox_old(fetch_inbox_t *inbox, int64_t now)
{
    unsigned  i;

    inbox->again_at = FETCH_NEVER;

    for (i = 0; i < WISMO_INBOXES; i++) {
        if (!fetch_inbox_old_one(inbox, i, now)) {
            inbox->again_at = now + FETCH_INBOX_AGAIN;
            return;
        }
    }
}


/* False when Redis is down. */

static bool
fetch_inbox_old_one(fetch_inbox_t *inbox, unsigned stream, int64_t now)
{
    bool          ok;
    char          key[WISMO_KEY_MAX], after[48];
    size_t        i;
    redisReply   *reply, *entries;
    wismo_pool_t  pool;
    fetch_args_t  args;

    snprintf(after, sizeof(after), "0");
    ok = true;

    while (ok) {

        wismo_pool_init(&pool, 8192, NULL, NULL);

        fetch_args_init(&args, &pool, 9);
        fetch_args_text(&args, "XREADGROUP");
        fetch_args_text(&args, "GROUP");
        fetch_args_text(&args, WISMO_INBOX_GROUP);
        fetch_args_text(&args, inbox->consumer);
        fetch_args_text(&args, "COUNT");
        fetch_args_text(&args, FETCH_INBOX_COUNT);
        fetch_args_text(&args, "STREAMS");
        fetch_args_add(&args, key, wismo_key_inbox(key, stream));
        fetch_args_text(&args, after);

        reply = args.failed ? NULL
                : fetch_redis_call(inbox->lanes->redis, (int) args.n,
                                   args.argv);

        wismo_pool_done(&pool);

        if (reply == NULL) {
            return false;
        }

        entries = NULL;

        if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1
            && reply->element[0]->type == REDIS_REPLY_ARRAY
            && reply->element[0]->elements == 2
            && reply->element[0]->element[1]->type == REDIS_REPLY_ARRAY)
        {
            entries = reply->element[0]->element[1];
        }

        if (entries == NULL || entries->elements == 0) {
            freeReplyObject(reply);
            return true;
        }

        for (i = 0; ok && i < entries->elements; i++) {
            ok = fetch_inbox_apply(inbox, stream, entries->element[i], true,
                                   now);

            if (entries->element[i]->type == REDIS_REPLY_ARRAY
                && entries->element[i]->elements
                && entries->element[i]->element[0]->type
                   == REDIS_REPLY_STRING)
            {
                snprintf(after, sizeof(after), "%s",
                         entries->element[i]->element[0]->str);
            }
        }

        freeReplyObject(reply);
    }

    return false;
}


/* False when Redis is down: the letter waits as it is. */

static bool
fetch_inbox_apply(fetch_inbox_t *inbox, unsigned stream,
    const redisReply *entry, bool again, int64_t now)
{
    char             why[FETCH_INBOX_WHY];
    wismo_str_t      id, first;
    wismo_pool_t     pool;
    fetch_letter_t   letter;
    fetch_letter_e   rc;

    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
        || entry->element[0]->type != REDIS_REPLY_STRING)
    {
        return true;
    }

    memset(&letter, 0, sizeof(fetch_letter_t));

    id = fetch_redis_str(entry->element[0]);
    letter.id = id;

    wismo_pool_init(&pool, FETCH_INBOX_POOL, NULL, NULL);

    why[0] = '\0';
    rc = FETCH_LETTER_DONE;

    /* deleted but not acknowledged: there is nothing to apply */

    if (entry->element[1]->type == REDIS_REPLY_ARRAY) {

        fetch_envelope_fields(entry->element[1], &letter, &first);

        if (fetch_inbox_before(&first, &id)) {
            letter.id = first;
        }

        letter.at = fetch_inbox_time(&letter.id, now);

        rc = again ? fetch_inbox_letter(inbox, &pool, stream, &id, &letter,
                                        why)
                   : fetch_inbox_open(inbox, &pool, &letter, why);
    }

    if (rc == FETCH_LETTER_DEAD) {
        rc = fetch_dead_bury(inbox->lanes, &pool, stream, &letter, why);
    }

    switch (rc) {

    case FETCH_LETTER_DONE:
    case FETCH_LETTER_DEAD:
        inbox->lanes->counts.letters++;

        if (fetch_inbox_forget(inbox, &pool, stream, &id) != WISMO_OK) {
            rc = FETCH_LETTER_DOWN;
        }

        break;

    default:
        if (inbox->again_at > now + FETCH_INBOX_AGAIN) {
            inbox->again_at = now + FETCH_INBOX_AGAIN;
        }

        break;
    }

    wismo_pool_done(&pool);

    return rc != FETCH_LETTER_DOWN;
}


/*
 * A letter that was delivered before.  Redis counts how often, but not why it
 * was in vain: when that was often, the letter gets its last chances, each of
 * which is written down, as so many tries, before it is taken.  Who finds all
 * of them written down knows that it is the letter that ends fetchers.
 */

static fetch_letter_e
fetch_inbox_letter(fetch_inbox_t *inbox, wismo_pool_t *pool, unsigned stream,
    const wismo_str_t *id, const fetch_letter_t *letter, char *why)
{
    int             tries;
    fetch_letter_e  rc;

    tries = fetch_inbox_tries(inbox, pool, stream, id);

    if (tries < 0) {
        return FETCH_LETTER_DOWN;
    }

    if (tries >= FETCH_INBOX_MARK * FETCH_INBOX_CHANCES) {
        snprintf(why, FETCH_INBOX_WHY, "fetchers end of it");
        return FETCH_LETTER_DEAD;
    }

    if (tries <= FETCH_INBOX_TRIES) {
        return fetch_inbox_open(inbox, pool, letter, why);
    }

    if (fetch_inbox_count(inbox, pool, stream, id,
                          (tries / FETCH_INBOX_MARK + 1) * FETCH_INBOX_MARK)
        != WISMO_OK)
    {
        return FETCH_LETTER_DOWN;
    }

    rc = fetch_inbox_open(inbox, pool, letter, why);

    if (rc == FETCH_LETTER_AGAIN) {

        if (why[0] == '\0') {
            snprintf(why, FETCH_INBOX_WHY, "failed time and again");
        }

        rc = FETCH_LETTER_DEAD;
    }

    if (rc == FETCH_LETTER_DOWN) {
        inbox->stream = stream;
        snprintf(inbox->spared, sizeof(inbox->spared), "%.*s",
                 (int) id->len, (char *) id->data);
    }

    return rc;
}


/* What is buried stays sealed as it came. */

static fetch_letter_e
fetch_inbox_open(fetch_inbox_t *inbox, wismo_pool_t *pool,
    const fetch_letter_t *letter, char *why)
{
    fetch_letter_e  rc;
    fetch_letter_t  opened;

    rc = fetch_envelope_letter(inbox->lanes->conf, pool, letter, &opened, why,
                               FETCH_INBOX_WHY);

    return (rc == FETCH_LETTER_DONE)
           ? fetch_letter(inbox->lanes, pool, &opened, why, FETCH_INBOX_WHY)
           : rc;
}


/* Redis was down just then: it was no chance. */

static void
fetch_inbox_spare(fetch_inbox_t *inbox)
{
    wismo_str_t   id;
    wismo_pool_t  pool;

    id = wismo_str_of(inbox->spared);

    wismo_pool_init(&pool, 8192, NULL, NULL);

    if (fetch_inbox_count(inbox, &pool, inbox->stream, &id, 1) == WISMO_OK) {
        inbox->spared[0] = '\0';
    }

    wismo_pool_done(&pool);
}


static int
fetch_inbox_count(fetch_inbox_t *inbox, wismo_pool_t *pool, unsigned stream,
    const wismo_str_t *id, int tries)
{
    char          key[WISMO_KEY_MAX];
    redisReply   *reply;
    fetch_args_t  args;

    fetch_args_init(&args, pool, 9);
    fetch_args_text(&args, "XCLAIM");
    fetch_args_add(&args, key, wismo_key_inbox(key, stream));
    fetch_args_text(&args, WISMO_INBOX_GROUP);
    fetch_args_text(&args, inbox->consumer);
    fetch_args_text(&args, "0");
    fetch_args_add(&args, id->data, id->len);
    fetch_args_text(&args, "RETRYCOUNT");
    fetch_args_number(&args, tries);
    fetch_args_text(&args, "JUSTID");

    reply = args.failed ? NULL
            : fetch_redis_call(inbox->lanes->redis, (int) args.n, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    freeReplyObject(reply);

    return WISMO_OK;
}


/* How often it was delivered; -1: Redis is down. */

static int
fetch_inbox_tries(fetch_inbox_t *inbox, wismo_pool_t *pool, unsigned stream,
    const wismo_str_t *id)
{
    int           n;
    char          key[WISMO_KEY_MAX];
    redisReply   *reply, *one;
    fetch_args_t  args;

    fetch_args_init(&args, pool, 6);
    fetch_args_text(&args, "XPENDING");
    fetch_args_add(&args, key, wismo_key_inbox(key, stream));
    fetch_args_text(&args, WISMO_INBOX_GROUP);
    fetch_args_add(&args, id->data, id->len);
    fetch_args_add(&args, id->data, id->len);
    fetch_args_text(&args, "1");

    reply = args.failed ? NULL
            : fetch_redis_call(inbox->lanes->redis, 6, args.argv);

    if (reply == NULL) {
        return -1;
    }

    n = 1;

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1) {
        one = reply->element[0];

        if (one->type == REDIS_REPLY_ARRAY && one->elements == 4
            && one->element[3]->type == REDIS_REPLY_INTEGER
            && one->element[3]->integer >= 0)
        {
            n = (one->element[3]->integer < INT_MAX)
                ? (int) one->element[3]->integer : INT_MAX;
        }
    }

    freeReplyObject(reply);

    return n;
}


static int
fetch_inbox_forget(fetch_inbox_t *inbox, wismo_pool_t *pool, unsigned stream,
    const wismo_str_t *id)
{
    char          key[WISMO_KEY_MAX];
    size_t        len;
    fetch_args_t  args;

    len = wismo_key_inbox(key, stream);

    fetch_args_init(&args, pool, 4);
    fetch_args_text(&args, "XACK");
    fetch_args_add(&args, key, len);
    fetch_args_text(&args, WISMO_INBOX_GROUP);
    fetch_args_add(&args, id->data, id->len);

    if (args.failed
        || fetch_redis_defer(inbox->lanes->redis, 4, args.argv) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "XDEL");
    fetch_args_add(&args, key, len);
    fetch_args_add(&args, id->data, id->len);

    if (args.failed) {
        return WISMO_ERROR;
    }

    return fetch_redis_defer(inbox->lanes->redis, 3, args.argv);
}


/* When it was appended, by Redis's clock, which polls go by, too; not by that
 * of the node that took it. */

static int64_t
fetch_inbox_time(const wismo_str_t *id, int64_t now)
{
    size_t   i;
    int64_t  at;

    at = 0;

    for (i = 0; i < id->len && i < 18 && id->data[i] >= '0'
                && id->data[i] <= '9'; i++)
    {
        at = at * 10 + (id->data[i] - '0');
    }

    return ((at > 0 && at < now) ? at : now) / 1000;
}


/* A letter that is read again counts as of when it came, never later. */

static bool
fetch_inbox_before(const wismo_str_t *first, const wismo_str_t *id)
{
    int       n;
    char      buf[2][48];
    uint64_t  ms[2], seq[2];

    if (first->len == 0 || first->len >= sizeof(buf[0])
        || id->len >= sizeof(buf[0]))
    {
        return false;
    }

    memset(buf, 0, sizeof(buf));
    memcpy(buf[0], first->data, first->len);
    memcpy(buf[1], id->data, id->len);

    for (n = 0; n < 2; n++) {
        if (strspn(buf[n], "0123456789-") != strlen(buf[n])
            || sscanf(buf[n], "%20" SCNu64 "-%20" SCNu64, &ms[n], &seq[n])
               != 2)
        {
            return false;
        }
    }

    return ms[0] < ms[1] || (ms[0] == ms[1] && seq[0] < seq[1]);
}
