
/*
 * Copyright (C) The Wismo authors
 *
 * Looking through the streams of letters and the samples of replies for what
 * is about an order or a person, and taking it away.  Called where one is
 * erased, and where a person's data is handed out.
 *
 * What does not open is counted, and must stay: its key may come back.
 */


#include "fetch_trace_int.h"
#include "fetch_envelope.h"
#include "fetch_walk.h"
#include "wismo_seal.h"

#include <stdio.h>


#define FETCH_TRACE_POOL     (16 * 1024 * 1024)
#define FETCH_TRACE_IDS      512              /* letters taken out at once */


typedef struct {
    fetch_redis_t            *redis;
    const fetch_trace_t      *trace;
    bool                      remove;
    fetch_trace_pt            found;
    void                     *data;
    unsigned                  n;
    fetch_trace_place_e       place;
    const char               *key;            /* of the stream */
    size_t                    len;
    char                      ids[FETCH_TRACE_IDS][FETCH_WALK_ID];
    unsigned                  nids;           /* to be taken out */
} fetch_trace_walk_t;


static int fetch_trace_streams(fetch_trace_walk_t *w,
    fetch_trace_place_e place, size_t (*key)(char *buf, unsigned inbox));
static int fetch_trace_count(fetch_trace_walk_t *w,
    size_t (*key)(char *buf, unsigned inbox), bool any[WISMO_INBOXES]);
static int fetch_trace_letters(fetch_walk_t *walk, const redisReply *entries);
static int fetch_trace_letter(fetch_trace_walk_t *w,
    const redisReply *entry);
static int fetch_trace_samples(fetch_walk_t *walk, const redisReply *list);
static int fetch_trace_sample(fetch_trace_walk_t *w, const wismo_str_t *name,
    const wismo_str_t *record);
static int fetch_trace_look(fetch_trace_walk_t *w,
    fetch_trace_found_t *found);
static int fetch_trace_open(fetch_trace_walk_t *w, wismo_pool_t *pool,
    fetch_trace_found_t *found);
static int fetch_trace_remove(fetch_trace_walk_t *w);


int
fetch_trace_init(fetch_trace_t *trace, wismo_pool_t *pool)
{
    memset(trace, 0, sizeof(fetch_trace_t));

    trace->orders = wismo_palloc(pool, FETCH_TRACE_ORDERS
                                       * sizeof(wismo_str_t));
    trace->numbers = wismo_palloc(pool, FETCH_TRACE_NUMBERS
                                        * sizeof(wismo_str_t));

    return (trace->orders && trace->numbers) ? WISMO_OK : WISMO_ERROR;
}


int
fetch_trace_add(fetch_trace_t *trace, wismo_pool_t *pool,
    const wismo_str_t *number, const wismo_order_t *order)
{
    unsigned  i;

    if (trace->norders == FETCH_TRACE_ORDERS) {
        return WISMO_ERROR;
    }

    if (wismo_pstrdup(pool, &trace->orders[trace->norders], number)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    trace->norders++;

    for (i = 0; order && i < order->nparcels; i++) {

        if (order->parcels[i].tracking_number.len < FETCH_TRACE_SHORTEST) {
            continue;
        }

        if (trace->nnumbers == FETCH_TRACE_NUMBERS
            || wismo_pstrdup(pool, &trace->numbers[trace->nnumbers],
                             &order->parcels[i].tracking_number)
               != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        trace->nnumbers++;
    }

    return WISMO_OK;
}


int
fetch_trace_walk(fetch_redis_t *r, const fetch_trace_t *trace,
    unsigned places, bool remove, fetch_trace_pt found, void *data)
{
    fetch_walk_t         walk;
    fetch_trace_walk_t   w;

    w.redis = r;
    w.trace = trace;
    w.remove = remove;
    w.found = found;
    w.data = data;
    w.n = 0;
    w.nids = 0;

    if ((places & (1U << FETCH_TRACE_INBOX))
        && fetch_trace_streams(&w, FETCH_TRACE_INBOX, wismo_key_inbox)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if ((places & (1U << FETCH_TRACE_DEAD))
        && fetch_trace_streams(&w, FETCH_TRACE_DEAD, wismo_key_dead)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (places & (1U << FETCH_TRACE_SAMPLE)) {
        fetch_walk_init(&walk, r, fetch_trace_samples, &w);

        if (fetch_walk_samples(&walk) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    return (int) w.n;
}


static int
fetch_trace_streams(fetch_trace_walk_t *w, fetch_trace_place_e place,
    size_t (*key)(char *buf, unsigned inbox))
{
    bool           any[WISMO_INBOXES];
    char           buf[WISMO_KEY_MAX], until[24];
    unsigned       i;
    fetch_walk_t   walk;

    if (fetch_trace_count(w, key, any) != WISMO_OK) {
        return WISMO_ERROR;
    }

    snprintf(until, sizeof(until), "%lld", (long long) w->trace->until);

    w->place = place;
    w->key = buf;

    fetch_walk_init(&walk, w->redis, fetch_trace_letters, w);

    for (i = 0; i < WISMO_INBOXES; i++) {

        if (!any[i]) {
            continue;
        }

        w->len = key(buf, i);

        if (fetch_walk_stream(&walk, buf, w->len, "-",
                              place == FETCH_TRACE_INBOX ? until : "+")
            != WISMO_OK
            || fetch_trace_remove(w) != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


/* Which streams have anything, in one round trip. */

static int
fetch_trace_count(fetch_trace_walk_t *w,
    size_t (*key)(char *buf, unsigned inbox), bool any[WISMO_INBOXES])
{
    char          buf[WISMO_KEY_MAX];
    unsigned      i;
    redisReply   *reply;
    wismo_str_t   argv[2];

    wismo_str_set(&argv[0], "XLEN");
    argv[1].data = (unsigned char *) buf;

    for (i = 0; i < WISMO_INBOXES; i++) {
        argv[1].len = key(buf, i);

        if (fetch_redis_append(w->redis, 2, argv) != WISMO_OK) {
            return WISMO_ERROR;
        }
    }

    for (i = 0; i < WISMO_INBOXES; i++) {
        reply = fetch_redis_reply(w->redis);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        any[i] = (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0);

        freeReplyObject(reply);
    }

    return WISMO_OK;
}


static int
fetch_trace_letters(fetch_walk_t *walk, const redisReply *entries)
{
    int      rc;
    size_t   i;

    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && i < entries->elements; i++) {
        rc = fetch_trace_letter(walk->data, entries->element[i]);
    }

    return rc;
}


/* One that waits is forgotten by whoever comes to take it, as it is gone. */

static int
fetch_trace_letter(fetch_trace_walk_t *w, const redisReply *entry)
{
    int                   rc;
    wismo_str_t           first;
    fetch_trace_found_t   found;

    memset(&found, 0, sizeof(fetch_trace_found_t));

    found.place = w->place;
    found.letter.id = fetch_redis_str(entry->element[0]);

    fetch_envelope_fields(entry->element[1], &found.letter, &first);

    rc = fetch_trace_look(w, &found);

    if (rc != WISMO_OK || !w->remove) {
        return rc == WISMO_DECLINED ? WISMO_OK : rc;
    }

    snprintf(w->ids[w->nids++], FETCH_WALK_ID, "%s", entry->element[0]->str);

    return (w->nids == FETCH_TRACE_IDS) ? fetch_trace_remove(w) : WISMO_OK;
}


static int
fetch_trace_samples(fetch_walk_t *walk, const redisReply *list)
{
    int           rc;
    size_t        i;
    wismo_str_t   record;

    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && i < list->elements; i++) {
        record = fetch_redis_str(list->element[i]);

        rc = fetch_trace_sample(walk->data, walk->name, &record);
    }

    return rc;
}


static int
fetch_trace_sample(fetch_trace_walk_t *w, const wismo_str_t *name,
    const wismo_str_t *record)
{
    int                   rc;
    char                  key[WISMO_KEY_MAX];
    wismo_str_t           argv[4];
    fetch_trace_found_t   found;

    memset(&found, 0, sizeof(fetch_trace_found_t));

    found.place = FETCH_TRACE_SAMPLE;
    found.letter.carrier = *name;
    found.letter.body = *record;

    rc = fetch_trace_look(w, &found);

    if (rc != WISMO_OK || !w->remove) {
        return rc == WISMO_DECLINED ? WISMO_OK : rc;
    }

    wismo_str_set(&argv[0], "LREM");
    argv[1].data = (unsigned char *) key;
    argv[1].len = wismo_key_rejects(key, name);
    wismo_str_set(&argv[2], "0");
    argv[3] = *record;

    return fetch_redis_taken(w->redis, fetch_redis_call(w->redis, 4, argv));
}


/* Counts and tells what is about them; WISMO_DECLINED: this is not. */

static int
fetch_trace_look(fetch_trace_walk_t *w, fetch_trace_found_t *found)
{
    int            rc;
    wismo_pool_t   pool;

    wismo_pool_init(&pool, FETCH_TRACE_POOL, NULL, NULL);

    rc = fetch_trace_open(w, &pool, found);

    if (rc == WISMO_OK) {

        if (!fetch_trace_match(w->trace, found)) {
            rc = WISMO_DECLINED;

        } else {
            w->n++;
            rc = w->found ? w->found(w->data, found) : WISMO_OK;
        }
    }

    wismo_pool_done(&pool);

    return rc;
}


/*
 * Opens what is sealed, unless what it says in the open is all that counts.
 * What does not open is without a body, so that its order is found by its
 * number, and nothing else of it.  A sample is a line of its own, then what
 * came (fetch_count.c).
 */

static int
fetch_trace_open(fetch_trace_walk_t *w, wismo_pool_t *pool,
    fetch_trace_found_t *found)
{
    int                    rc;
    wismo_str_t            kid, text;
    wismo_error_t          err;
    fetch_letter_t        *letter;
    wismo_box_name_t       name;
    const unsigned char   *lf;

    letter = &found->letter;

    if (found->place == FETCH_TRACE_SAMPLE) {
        rc = fetch_envelope_sample_open(w->redis->conf, pool,
                                        &letter->carrier, &letter->body,
                                        &text, &err);

    } else {

        if (!wismo_box_kid(&letter->body, &kid)
            || (found->place == FETCH_TRACE_INBOX && letter->order.len == 0)
            || (letter->order.len && w->found == NULL
                && w->trace->email.len == 0 && w->trace->phone.len == 0))
        {
            return WISMO_OK;
        }

        name = fetch_envelope_name(letter);
        rc = fetch_envelope_open(w->redis->conf, pool, &name, &letter->body,
                                 &text, &err);
    }

    if (rc == WISMO_ERROR) {
        return WISMO_ERROR;
    }

    if (rc == WISMO_DECLINED) {
        wismo_str_null(&text);

        if (w->trace->closed) {
            (*w->trace->closed)++;
        }
    }

    lf = (found->place == FETCH_TRACE_SAMPLE && text.len)
         ? memchr(text.data, '\n', text.len) : NULL;

    if (lf) {
        text.len -= (size_t) (lf + 1 - text.data);
        text.data = (unsigned char *) lf + 1;
    }

    letter->body = text;

    return WISMO_OK;
}


/* A stream that letters wait in is soon empty, and then all of it is gone. */

static int
fetch_trace_remove(fetch_trace_walk_t *w)
{
    int           argc;
    unsigned      i;
    redisReply   *reply;
    wismo_str_t   argv[FETCH_TRACE_IDS + 2];

    if (w->nids == 0) {
        return WISMO_OK;
    }

    wismo_str_set(&argv[0], "XDEL");
    argv[1].data = (unsigned char *) w->key;
    argv[1].len = w->len;

    for (i = 0; i < w->nids; i++) {
        argv[2 + i].data = (unsigned char *) w->ids[i];
        argv[2 + i].len = strlen(w->ids[i]);
    }

    argc = (int) w->nids + 2;
    w->nids = 0;

    reply = (w->place == FETCH_TRACE_DEAD)
            ? fetch_redis_script(w->redis, FETCH_SCRIPT_WINNOW, 1, argc - 1,
                                 argv + 1)
            : fetch_redis_call(w->redis, argc, argv);

    return fetch_redis_taken(w->redis, reply);
}
