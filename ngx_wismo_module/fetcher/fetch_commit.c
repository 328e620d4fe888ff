
/*
 * Copyright (C) The Wismo authors
 *
 * Reading an order and writing it.  An order's document, private
 * data, ledger and schedule share one slot and change in one script, so a
 * fetcher that dies leaves either the old order or the new one.  The index of
 * tracking numbers lives in other slots: it is extended before a commit and
 * trimmed after it, so that at worst it names an order too many, which whoever
 * follows it finds out.
 */


#include "fetch_clock.h"
#include "fetch_commit_int.h"
#include "fetch_crash.h"
#include "fetch_edd.h"
#include "fetch_log.h"
#include "fetch_notice.h"
#include "fetch_private.h"
#include "fetch_qr.h"
#include "fetch_retention.h"
#include "wismo_sign.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_LOAD_LAST      "131071"         /* WISMO_DOC_MAX - 1 */
#define FETCH_WRITTEN        1024
#define FETCH_STAGED         60               /* s, until nobody wants it */
#define FETCH_VERSION_DIGITS  10              /* as in a document's header */
#define FETCH_LEASE_DIGITS   15               /* what a score holds exactly */
#define FETCH_COMMIT_EVENT   (WISMO_ORDER_NUMBER_MAX + 40)


/* What was written last, by a hash of the order: a parcel may be under way
 * while another one of its order is committed. */

static struct {
    uint64_t                  order;
    uint64_t                  version;
} fetch_written[FETCH_WRITTEN];


/* A parcel the order had, and what becomes of it in its schedule. */

typedef struct {
    const wismo_parcel_t     *parcel;
    const char               *score;
} fetch_other_t;


/* The lease's own date, which goes with it. */

typedef struct {
    bool                      moves;
    int64_t                   move;           /* ms */
    unsigned                  due;            /* which of the change's dates,
                                                 or their number */
    bool                      clock;          /* it is the clock's */
} fetch_lease_t;


static void fetch_commit_lease(const fetch_change_t *change,
    fetch_lease_t *lease);
static int fetch_commit_due(wismo_pool_t *pool, const wismo_order_t *order,
    const fetch_due_t *due, fetch_args_t *args, unsigned key);
static unsigned fetch_commit_others(const fetch_change_t *change,
    fetch_other_t *others);
static fetch_commit_e fetch_commit_begin(fetch_redis_t *r,
    wismo_pool_t *pool, fetch_change_t *change, fetch_args_t *args,
    int *nkeys);


static void
fetch_wrote(const wismo_str_t *order, uint64_t version)
{
    uint64_t  hash;

    hash = wismo_hash64(order->data, order->len, 0);

    fetch_written[hash % FETCH_WRITTEN].order = hash;
    fetch_written[hash % FETCH_WRITTEN].version = version;
}


bool
fetch_overtaken(const wismo_str_t *order, uint64_t version)
{
    uint64_t  hash;

    hash = wismo_hash64(order->data, order->len, 0);

    return fetch_written[hash % FETCH_WRITTEN].order == hash
           && fetch_written[hash % FETCH_WRITTEN].version != version;
}


int
fetch_member(wismo_pool_t *pool, const wismo_str_t *order,
    const wismo_str_t *parcel, wismo_str_t *member)
{
    member->len = order->len + 1 + parcel->len;
    member->data = wismo_palloc(pool, member->len);

    if (member->data == NULL) {
        return WISMO_ERROR;
    }

    memcpy(member->data, order->data, order->len);
    member->data[order->len] = '#';

    if (parcel->len) {
        memcpy(member->data + order->len + 1, parcel->data, parcel->len);
    }

    return WISMO_OK;
}


int
fetch_load(fetch_redis_t *r, wismo_pool_t *pool, const wismo_str_t *number,
    fetch_stored_t *stored)
{
    if (fetch_load_append(r, pool, number) != WISMO_OK) {
        return WISMO_ERROR;
    }

    return fetch_load_reply(r, pool, number, stored);
}


int
fetch_load_append(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number)
{
    fetch_args_t  args;

    fetch_args_init(&args, pool, 4);
    fetch_args_text(&args, "GETRANGE");
    fetch_args_key(&args, wismo_key_document, number);
    fetch_args_text(&args, "0");
    fetch_args_text(&args, FETCH_LOAD_LAST);

    if (args.failed) {
        return WISMO_ERROR;
    }

    return fetch_redis_append(r, (int) args.n, args.argv);
}


int
fetch_load_reply(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, fetch_stored_t *stored)
{
    int           rc;
    redisReply   *reply;
    wismo_str_t   bytes;

    memset(stored, 0, sizeof(fetch_stored_t));

    reply = fetch_redis_reply(r);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    if (reply->type != REDIS_REPLY_STRING) {
        wismo_error_set(&stored->error, "", "the document's key holds no "
                                            "string");
        freeReplyObject(reply);
        stored->found = true;
        return WISMO_DECLINED;
    }

    bytes.data = (unsigned char *) reply->str;
    bytes.len = (size_t) reply->len;

    if (bytes.len == 0) {
        freeReplyObject(reply);
        return WISMO_OK;
    }

    rc = wismo_pstrdup(pool, &stored->bytes, &bytes);
    freeReplyObject(reply);

    if (rc != WISMO_OK) {
        return WISMO_ERROR;
    }

    stored->found = true;

    rc = wismo_document_open(&stored->bytes, &stored->doc, &stored->error);

    if (rc == WISMO_OK) {
        rc = fetch_stored_read(pool, stored);
    }

    if (rc == WISMO_OK && !wismo_str_eq(&stored->order.number, number)) {
        wismo_error_set(&stored->error, "/order", "the document is another "
                                                  "order's");
        rc = WISMO_DECLINED;
    }

    return rc;
}


/* Merging makes new lists of events, but works on the parcels in place. */

int
fetch_stored_read(wismo_pool_t *pool, fetch_stored_t *stored)
{
    int     rc;
    size_t  size;

    rc = wismo_document_read(pool, &stored->doc, &stored->order,
                             &stored->error);

    if (rc != WISMO_OK) {
        return rc;
    }

    stored->before = stored->order;

    size = stored->order.nparcels * sizeof(wismo_parcel_t);

    if (size == 0) {
        return WISMO_OK;
    }

    stored->before.parcels = wismo_palloc(pool, size);

    if (stored->before.parcels == NULL) {
        return WISMO_ERROR;
    }

    memcpy(stored->before.parcels, stored->order.parcels, size);

    return WISMO_OK;
}


fetch_commit_e
fetch_commit(fetch_redis_t *r, wismo_pool_t *pool, fetch_change_t *change)
{
    int             nkeys;
    unsigned        appended;
    uint64_t        version;
    redisReply     *reply;
    fetch_args_t    args;
    fetch_commit_e  rc;

    version = change->order->version;

    rc = fetch_commit_begin(r, pool, change, &args, &nkeys);

    if (rc == FETCH_COMMIT_DONE) {
        reply = fetch_redis_script(r, FETCH_SCRIPT_COMMIT, nkeys,
                                   (int) args.n, args.argv);
        rc = fetch_commit_done(change, reply);

        if (reply) {
            freeReplyObject(reply);
        }
    }

    if (rc != FETCH_COMMIT_DONE) {
        change->order->version = version;
        return rc;
    }

    fetch_wrote(&change->order->number, change->order->version);

    /* what follows only spares others work: its failure loses nothing */

    appended = 0;

    if (fetch_commit_unindex(r, pool, change, &appended) == WISMO_OK
        && fetch_commit_wake(r, pool, change, &appended) == WISMO_OK
        && fetch_edd_log(r, pool, change, &appended) == WISMO_OK)
    {
        (void) fetch_drain(r, appended);
    }

    return FETCH_COMMIT_DONE;
}


static fetch_commit_e
fetch_commit_begin(fetch_redis_t *r, wismo_pool_t *pool,
    fetch_change_t *change, fetch_args_t *args, int *nkeys)
{
    unsigned        appended;
    fetch_args_t    stage;
    fetch_commit_e  rc;

    appended = 0;

    rc = fetch_commit_settle(r, pool, change);

    if (rc != FETCH_COMMIT_DONE) {
        return rc;
    }

    if (fetch_notice_find(pool, r->conf, change) != WISMO_OK) {
        return FETCH_COMMIT_FAILED;
    }

    if (fetch_commit_index(r, pool, change, &appended) != WISMO_OK
        || fetch_drain(r, appended) != WISMO_OK)
    {
        return FETCH_COMMIT_DOWN;
    }

    rc = fetch_commit_prepare(r, pool, change, &stage, args, nkeys);

    if (rc == FETCH_COMMIT_DONE
        && fetch_redis_defer(r, (int) stage.n, stage.argv) != WISMO_OK)
    {
        rc = FETCH_COMMIT_DOWN;
    }

    fetch_crash("indexed");

    return rc;
}


fetch_commit_e
fetch_commit_defer(fetch_redis_t *r, wismo_pool_t *pool,
    fetch_change_t *change, fetch_redis_done_pt done, void *data)
{
    int             nkeys;
    uint64_t        version;
    fetch_args_t    args;
    fetch_commit_e  rc;

    version = change->order->version;

    rc = fetch_commit_begin(r, pool, change, &args, &nkeys);

    if (rc == FETCH_COMMIT_DONE
        && fetch_redis_defer_call(r, FETCH_SCRIPT_COMMIT, nkeys,
                                  (int) args.n, args.argv, done, data)
           != WISMO_OK)
    {
        rc = FETCH_COMMIT_DOWN;
    }

    if (rc != FETCH_COMMIT_DONE) {
        change->order->version = version;
        return rc;
    }

    /* if that comes true or not: what was read before is to be read again */

    fetch_wrote(&change->order->number, change->order->version);

    return FETCH_COMMIT_DONE;
}


fetch_commit_e
fetch_commit_done(const fetch_change_t *change, const redisReply *reply)
{
    fetch_commit_e  rc;

    if (reply == NULL) {
        return FETCH_COMMIT_DOWN;
    }

    if (fetch_redis_noscript(reply)) {
        return FETCH_COMMIT_CONFLICT;
    }

    rc = fetch_commit_result(reply, &change->order->number);

    if (rc == FETCH_COMMIT_DONE) {
        fetch_crash("committed");
    }

    return rc;
}


fetch_commit_e
fetch_commit_settle(const fetch_redis_t *r, wismo_pool_t *pool,
    fetch_change_t *change)
{
    int64_t                   outlook;
    wismo_str_t               document;
    wismo_clock_t            *clock;
    wismo_order_t            *order;
    const wismo_calendars_t  *calendars;

    order = change->order;
    clock = r->conf->clock;
    calendars = fetch_calendars(r->conf->calendars, change->now);

    if (clock) {
        wismo_clock_calendars(clock, calendars);
    }

    if (fetch_qr_order(pool, order) != WISMO_OK) {
        return FETCH_COMMIT_FAILED;
    }

    fetch_edd_clocks(order, calendars);

    change->clock = wismo_clock_order(clock, order, change->now);

    if (change->again) {
        fetch_edd_estimate(order, calendars, change->now);
    }

    outlook = wismo_clock_outlook(clock, order, change->now);

    change->same = order->version && change->bytes.len
                   && wismo_document_write(pool, order, &document) == WISMO_OK
                   && wismo_str_eq(&document, &change->bytes);

    if (!change->same) {
        fetch_edd_estimate(order, calendars, change->now);
        outlook = wismo_clock_outlook(clock, order, change->now);

        order->version++;
        order->updated_at = change->now;
    }

    change->clock = wismo_clock_sooner(change->clock, outlook);

    return FETCH_COMMIT_DONE;
}


fetch_commit_e
fetch_commit_prepare(const fetch_redis_t *r, wismo_pool_t *pool,
    fetch_change_t *change, fetch_args_t *stage, fetch_args_t *args,
    int *nkeys)
{
    bool                   stays, revoked;
    char                  *event;
    int64_t                ttl, kept;
    unsigned               i, nothers, bucket, due, clock, keeper;
    wismo_str_t            document, member, record, macs;
    wismo_order_t         *order;
    fetch_other_t          others[WISMO_PARCELS_MAX];
    fetch_lease_t          lease;

    static const wismo_str_t  none = { 0, (unsigned char *) "" };

    order = change->order;
    bucket = wismo_bucket(&order->number);

    if (change->same) {
        document = change->bytes;

    } else if (wismo_document_write(pool, order, &document) != WISMO_OK) {
        fetch_log(FETCH_ERR, "an order does not fit into a document of "
                             "%d bytes", WISMO_DOC_MAX);
        return FETCH_COMMIT_FAILED;
    }

    kept = fetch_retention_from(r->conf, order, change->now);
    ttl = kept - change->now + FETCH_RETENTION_GRACE;

    nothers = fetch_commit_others(change, others);

    switch (fetch_private_seal(r->conf, pool, &order->number, &change->body,
                               &record, &macs))
    {
    case WISMO_OK:
        break;

    case WISMO_DECLINED:
        return FETCH_COMMIT_DOWN;

    default:
        return FETCH_COMMIT_FAILED;
    }

    stays = record.len == 0
            && fetch_retention_stays(r->conf, change->before, order,
                                     change->now);

    /* no link may open what was made of the document before */

    revoked = change->before
              && change->before->revoked_at != order->revoked_at;

    fetch_commit_lease(change, &lease);

    fetch_args_init(args, pool, 25 + 2 * change->nledger
                                + 4 * (change->ndue + nothers)
                                + 3 * change->nnotices);

    event = wismo_palloc(pool, FETCH_COMMIT_EVENT);

    if (args->failed || event == NULL) {
        return FETCH_COMMIT_FAILED;
    }

    fetch_args_key(args, wismo_key_document, &order->number);
    fetch_args_key(args, wismo_key_ledger, &order->number);
    fetch_args_staged(args, bucket, r->writer);

    fetch_args_init(stage, pool, 5);
    fetch_args_text(stage, "SET");
    fetch_args_staged(stage, bucket, r->writer);
    fetch_args_add(stage, document.data, document.len);
    fetch_args_text(stage, "EX");
    fetch_args_number(stage, FETCH_STAGED);

    if (change->lease_carrier) {
        fetch_args_due(args, bucket, change->lease_carrier);
    }

    due = args->n + 1;

    for (i = 0; i < change->ndue; i++) {
        if (i != lease.due) {
            fetch_args_due(args, bucket, change->due[i].carrier);
        }
    }

    for (i = 0; i < nothers; i++) {
        fetch_args_due(args, bucket, &others[i].parcel->carrier);
    }

    if (!lease.clock) {
        fetch_args_due(args, bucket, &fetch_clock_name);
    }

    clock = args->n;

    if (!stays) {
        fetch_args_due(args, bucket, &fetch_retention_name);
    }

    keeper = args->n;

    if (change->nnotices) {
        fetch_args_due(args, bucket, &fetch_notices);
    }

    *nkeys = (int) args->n;

    fetch_commit_version(args, order->version - !change->same);
    fetch_args_text(args, record.len ? "3" : stays ? "1" : "2");
    fetch_args_number(args, ttl);

    fetch_args_add(args, event,
                   change->same ? 0
                   : (size_t) snprintf(event, FETCH_COMMIT_EVENT,
                                       "%.*s %llu%s", (int) order->number.len,
                                       (char *) order->number.data,
                                       (unsigned long long) order->version,
                                       revoked ? " revoked" : ""));

    if (record.len) {
        fetch_args_add(args, record.data, record.len);
    }

    if (change->lease_carrier) {

        if (fetch_member(pool, &order->number, change->lease_parcel, &member)
            != WISMO_OK)
        {
            return FETCH_COMMIT_FAILED;
        }

        fetch_args_add(args, change->lease.data, change->lease.len);

        if (lease.moves) {
            fetch_args_number(args, lease.move);

        } else {
            fetch_args_text(args, "");
        }

        fetch_args_add(args, member.data, member.len);

    } else {
        fetch_args_text(args, "");
    }

    fetch_args_number(args, change->nledger + (record.len != 0));

    if (record.len) {
        fetch_args_text(args, WISMO_LEDGER_CONTACT);
        fetch_args_add(args, macs.data, macs.len);
    }

    for (i = 0; i < change->nledger; i++) {
        fetch_args_add(args, change->ledger[i].name.data,
                       change->ledger[i].name.len);
        fetch_args_add(args, change->ledger[i].value.data,
                       change->ledger[i].value.len);
    }

    for (i = 0; i < change->ndue; i++) {
        if (i != lease.due
            && fetch_commit_due(pool, order, &change->due[i], args, due++)
               != WISMO_OK)
        {
            return FETCH_COMMIT_FAILED;
        }
    }

    for (i = 0; i < nothers; i++) {

        if (fetch_member(pool, &order->number, &others[i].parcel->id, &member)
            != WISMO_OK)
        {
            return FETCH_COMMIT_FAILED;
        }

        fetch_args_number(args, due++);
        fetch_args_add(args, member.data, member.len);
        fetch_args_text(args, others[i].score);
    }

    if (!stays) {

        if (fetch_member(pool, &order->number, &none, &member) != WISMO_OK) {
            return FETCH_COMMIT_FAILED;
        }

        fetch_args_number(args, keeper);
        fetch_args_add(args, member.data, member.len);
        fetch_args_number(args, kept * 1000);
    }

    if ((!lease.clock
         && fetch_clock_args(pool, change, args, clock) != WISMO_OK)
        || fetch_notice_args(pool, change, args, *nkeys) != WISMO_OK)
    {
        return FETCH_COMMIT_FAILED;
    }

    return (args->failed || stage->failed) ? FETCH_COMMIT_FAILED
                                           : FETCH_COMMIT_DONE;
}


/* Whoever holds a lease mostly has a date for what it is about: that is how
 * far its score moves. */

static void
fetch_commit_lease(const fetch_change_t *change, fetch_lease_t *lease)
{
    size_t              i;
    int64_t             held, next;
    const fetch_due_t  *due;

    lease->moves = false;
    lease->move = 0;
    lease->clock = false;
    lease->due = change->ndue;

    if (change->lease_carrier == NULL || change->lease.len == 0
        || change->lease.len > FETCH_LEASE_DIGITS)
    {
        return;
    }

    held = 0;

    for (i = 0; i < change->lease.len; i++) {

        if (change->lease.data[i] < '0' || change->lease.data[i] > '9') {
            return;
        }

        held = held * 10 + (change->lease.data[i] - '0');
    }

    if (change->lease_carrier == &fetch_clock_name) {

        if (change->clock == WISMO_TIME_NONE) {
            return;
        }

        lease->clock = true;
        next = change->clock * 1000;

    } else {

        for (i = 0; i < change->ndue; i++) {
            due = &change->due[i];

            if (due->at >= 0 && !due->sooner && !due->absent
                && wismo_str_eq(due->parcel, change->lease_parcel)
                && wismo_str_eq(due->carrier, change->lease_carrier))
            {
                break;
            }
        }

        if (i == change->ndue) {
            return;
        }

        lease->due = (unsigned) i;
        next = change->due[i].at;
    }

    lease->moves = true;
    lease->move = next - held;
}


static int
fetch_commit_due(wismo_pool_t *pool, const wismo_order_t *order,
    const fetch_due_t *due, fetch_args_t *args, unsigned key)
{
    char         *score;
    wismo_str_t   member;

    if (fetch_member(pool, &order->number, due->parcel, &member) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_args_number(args, key);
    fetch_args_add(args, member.data, member.len);

    if (due->at < 0) {
        fetch_args_text(args, "-");

    } else if (due->sooner || due->absent) {
        score = wismo_palloc(pool, 24);

        if (score == NULL) {
            return WISMO_ERROR;
        }

        fetch_args_add(args, score,
                       (size_t) snprintf(score, 24, "%c%lld",
                                         due->absent ? '+' : '<',
                                         (long long) due->at));

    } else {
        fetch_args_number(args, due->at);
    }

    return WISMO_OK;
}


void
fetch_commit_version(fetch_args_t *args, uint64_t version)
{
    char      *text;
    unsigned   i;

    text = wismo_palloc(args->pool, FETCH_VERSION_DIGITS);

    if (text == NULL) {
        args->failed = true;
        return;
    }

    for (i = FETCH_VERSION_DIGITS; i > 0; i--) {
        text[i - 1] = (char) ('0' + version % 10);
        version /= 10;
    }

    fetch_args_add(args, text, FETCH_VERSION_DIGITS);
}


/*
 * Parcels the shop took out are not asked about any more.  One that has
 * another place in the document, or another number, keeps its date, but not
 * its lease: what a reply that is on its way says would be written to where
 * it was.
 */

static unsigned
fetch_commit_others(const fetch_change_t *change, fetch_other_t *others)
{
    unsigned               i, k, n;
    const wismo_order_t   *order;
    const wismo_parcel_t  *p, *now;

    n = 0;
    order = change->order;

    for (i = 0; change->before && i < change->before->nparcels
                && i < WISMO_PARCELS_MAX; i++)
    {
        p = &change->before->parcels[i];
        now = NULL;

        for (k = 0; k < order->nparcels; k++) {
            if (wismo_str_eq(&order->parcels[k].carrier, &p->carrier)
                && wismo_str_eq(&order->parcels[k].id, &p->id))
            {
                now = &order->parcels[k];
                break;
            }
        }

        if (now && k == i
            && wismo_str_eq(&now->tracking_number, &p->tracking_number))
        {
            continue;
        }

        others[n].parcel = p;
        others[n].score = now ? "~" : "-";
        n++;
    }

    return n;
}


fetch_commit_e
fetch_commit_result(const redisReply *reply, const wismo_str_t *number)
{
    if (reply->type == REDIS_REPLY_INTEGER) {

        switch (reply->integer) {

        case 1:
            return FETCH_COMMIT_DONE;

        case 0:
            return FETCH_COMMIT_CONFLICT;

        default:
            return FETCH_COMMIT_FENCED;
        }
    }

    fetch_log(FETCH_ERR, "order of bucket %u could not be written: %s",
              wismo_bucket(number),
              (reply->type == REDIS_REPLY_ERROR) ? reply->str
                                                 : "unexpected reply");

    return FETCH_COMMIT_FAILED;
}


const wismo_parcel_t *
fetch_commit_find(const wismo_order_t *order, const wismo_parcel_t *parcel)
{
    unsigned  i;

    for (i = 0; order && i < order->nparcels; i++) {
        if (wismo_str_eq(&order->parcels[i].carrier, &parcel->carrier)
            && wismo_str_eq(&order->parcels[i].tracking_number,
                            &parcel->tracking_number))
        {
            return &order->parcels[i];
        }
    }

    return NULL;
}
