
/*
 * Copyright (C) The Wismo authors
 *
 * Looking through the streams of letters and the samples of replies.  A letter
 * that says whose order it is about is believed; in what carriers and shops
 * have sent, an order's number, a parcel's, an address or a telephone number
 * is looked for, however it is written.  Called where an order or a person is
 * erased, and where a person's data is handed out.
 *
 * A letter that is about another order must not go because of a number that
 * happens to be in it.
 */


#include "fetch_trace.h"
#include "fetch_args.h"
#include "fetch_envelope.h"
#include "wismo_seal.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_TRACE_COUNT    "64"             /* letters of a stream at once */
#define FETCH_TRACE_POOL     (16 * 1024 * 1024)
#define FETCH_TRACE_DEPTH    64
#define FETCH_TRACE_IDS      512              /* letters taken out at once */
#define FETCH_TRACE_ID       48
#define FETCH_TRACE_SHORTEST 5                /* digits, letters: of what is
                                                 looked for in any text */


typedef struct {
    fetch_redis_t            *redis;
    const fetch_trace_t      *trace;
    bool                      remove;
    fetch_trace_pt            found;
    void                     *data;
    unsigned                  n;
    char                      ids[FETCH_TRACE_IDS][FETCH_TRACE_ID];
    unsigned                  nids;           /* to be taken out */
} fetch_trace_walk_t;


static int fetch_trace_stream(fetch_trace_walk_t *w,
    fetch_trace_place_e place, const char *key, size_t len);
static int fetch_trace_letter(fetch_trace_walk_t *w,
    fetch_trace_place_e place, const char *key, size_t len,
    const redisReply *entry);
static int fetch_trace_remove(fetch_trace_walk_t *w,
    fetch_trace_place_e place, const char *key, size_t len);
static int fetch_trace_samples(fetch_trace_walk_t *w,
    const wismo_str_t *name);
static int fetch_trace_count(fetch_trace_walk_t *w,
    size_t (*key)(char *buf, unsigned inbox), unsigned n[WISMO_INBOXES]);
static int fetch_trace_open(fetch_trace_walk_t *w, wismo_pool_t *pool,
    fetch_trace_found_t *letter);
static bool fetch_trace_match(const fetch_trace_t *trace,
    const fetch_trace_found_t *letter);
static bool fetch_trace_whose(const fetch_trace_t *trace, const json_t *body);
static bool fetch_trace_value(const fetch_trace_t *trace, const json_t *json,
    unsigned depth);
static bool fetch_trace_text(const fetch_trace_t *trace,
    const wismo_str_t *text);
static bool fetch_trace_form(const fetch_trace_t *trace,
    const wismo_str_t *body);
static bool fetch_trace_word(const wismo_str_t *text,
    const wismo_str_t *word);
static bool fetch_trace_digits(const wismo_str_t *text,
    const wismo_str_t *phone);


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
    char                   key[WISMO_KEY_MAX];
    size_t                 len;
    unsigned               i, n[WISMO_INBOXES];
    fetch_trace_walk_t     w;
    const fetch_config_t  *conf;

    w.redis = r;
    w.trace = trace;
    w.remove = remove;
    w.found = found;
    w.data = data;
    w.n = 0;
    w.nids = 0;

    conf = r->conf;

    if (places & (1U << FETCH_TRACE_INBOX)) {

        if (fetch_trace_count(&w, wismo_key_inbox, n) != WISMO_OK) {
            return WISMO_ERROR;
        }

        for (i = 0; i < WISMO_INBOXES; i++) {
            len = wismo_key_inbox(key, i);

            if (n[i] && fetch_trace_stream(&w, FETCH_TRACE_INBOX, key, len)
                        != WISMO_OK)
            {
                return WISMO_ERROR;
            }
        }
    }

    if (places & (1U << FETCH_TRACE_DEAD)) {

        if (fetch_trace_count(&w, wismo_key_dead, n) != WISMO_OK) {
            return WISMO_ERROR;
        }

        for (i = 0; i < WISMO_INBOXES; i++) {
            len = wismo_key_dead(key, i);

            if (n[i] && fetch_trace_stream(&w, FETCH_TRACE_DEAD, key, len)
                        != WISMO_OK)
            {
                return WISMO_ERROR;
            }
        }
    }

    if (places & (1U << FETCH_TRACE_SAMPLE)) {

        for (i = 0; i < conf->ncarriers; i++) {
            if (fetch_trace_samples(&w, &conf->carriers[i].name)
                != WISMO_OK)
            {
                return WISMO_ERROR;
            }
        }

        for (i = 0; i < conf->nshops; i++) {
            if (fetch_trace_samples(&w, &conf->shops[i].name) != WISMO_OK) {
                return WISMO_ERROR;
            }
        }
    }

    return (int) w.n;
}


/* How many there are in each stream, in one round trip. */

static int
fetch_trace_count(fetch_trace_walk_t *w,
    size_t (*key)(char *buf, unsigned inbox), unsigned n[WISMO_INBOXES])
{
    int           rc;
    char          buf[WISMO_KEY_MAX];
    unsigned      i;
    redisReply   *reply;
    wismo_str_t   argv[2];

    rc = WISMO_OK;

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

        n[i] = (reply->type == REDIS_REPLY_INTEGER
                && reply->integer > 0);

        freeReplyObject(reply);
    }

    return rc;
}


static int
fetch_trace_stream(fetch_trace_walk_t *w, fetch_trace_place_e place,
    const char *key, size_t len)
{
    int           rc;
    char          after[FETCH_TRACE_ID + 1], until[24];
    size_t        i, n;
    redisReply   *reply, *id;
    wismo_str_t   argv[6];

    wismo_str_set(&argv[0], "XRANGE");
    argv[1].data = (unsigned char *) key;
    argv[1].len = len;
    wismo_str_set(&argv[2], "-");
    wismo_str_set(&argv[3], "+");

    if (place == FETCH_TRACE_INBOX) {
        argv[3].data = (unsigned char *) until;
        argv[3].len = (size_t) snprintf(until, sizeof(until), "%lld",
                                        (long long) w->trace->until);
    }

    wismo_str_set(&argv[4], "COUNT");
    wismo_str_set(&argv[5], FETCH_TRACE_COUNT);

    do {
        reply = fetch_redis_call(w->redis, 6, argv);

        if (reply == NULL) {
            return WISMO_ERROR;
        }

        rc = WISMO_OK;
        n = (reply->type == REDIS_REPLY_ARRAY) ? reply->elements : 0;

        for (i = 0; rc == WISMO_OK && i < n; i++) {
            rc = fetch_trace_letter(w, place, key, len, reply->element[i]);
        }

        if (rc == WISMO_OK && n) {
            id = reply->element[n - 1]->element[0];

            after[0] = '(';
            argv[2].data = (unsigned char *) after;
            argv[2].len = 1 + ((size_t) id->len < sizeof(after) - 1
                               ? (size_t) id->len : sizeof(after) - 1);
            memcpy(after + 1, id->str, argv[2].len - 1);
        }

        freeReplyObject(reply);

    } while (rc == WISMO_OK && n);

    return rc == WISMO_OK ? fetch_trace_remove(w, place, key, len) : rc;
}


/* One that waits is forgotten by whoever comes to take it, as it is gone. */

static int
fetch_trace_letter(fetch_trace_walk_t *w, fetch_trace_place_e place,
    const char *key, size_t len, const redisReply *entry)
{
    int                   rc;
    size_t                i;
    wismo_str_t           name, value;
    wismo_pool_t          pool;
    const redisReply     *fields;
    fetch_trace_found_t   letter;

    if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2
        || entry->element[0]->type != REDIS_REPLY_STRING)
    {
        return WISMO_ERROR;
    }

    if (entry->element[1]->type != REDIS_REPLY_ARRAY) {
        return WISMO_OK;
    }

    memset(&letter, 0, sizeof(fetch_trace_found_t));

    letter.place = place;
    letter.id.data = (unsigned char *) entry->element[0]->str;
    letter.id.len = (size_t) entry->element[0]->len;

    fields = entry->element[1];

    for (i = 0; i + 1 < fields->elements; i += 2) {
        name.data = (unsigned char *) fields->element[i]->str;
        name.len = (size_t) fields->element[i]->len;
        value.data = (unsigned char *) fields->element[i + 1]->str;
        value.len = (size_t) fields->element[i + 1]->len;

        if (wismo_str_is(&name, WISMO_INBOX_KIND)) {
            letter.kind = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_ORDER)) {
            letter.order = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_CARRIER)) {
            letter.carrier = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_HEADERS)) {
            letter.headers = value;

        } else if (wismo_str_is(&name, WISMO_INBOX_BODY)) {
            letter.body = value;
        }
    }

    wismo_pool_init(&pool, FETCH_TRACE_POOL, NULL, NULL);

    rc = fetch_trace_open(w, &pool, &letter);

    if (rc == WISMO_OK) {

        if (fetch_trace_match(w->trace, &letter)) {
            w->n++;

            if (w->found) {
                rc = w->found(w->data, &letter);
            }

        } else {
            rc = WISMO_DECLINED;
        }
    }

    wismo_pool_done(&pool);

    if (rc == WISMO_ERROR) {
        return WISMO_ERROR;
    }

    if (rc == WISMO_DECLINED || !w->remove || letter.id.len >= FETCH_TRACE_ID)
    {
        return WISMO_OK;
    }

    snprintf(w->ids[w->nids++], FETCH_TRACE_ID, "%.*s", (int) letter.id.len,
             (char *) letter.id.data);

    return (w->nids == FETCH_TRACE_IDS) ? fetch_trace_remove(w, place, key,
                                                             len)
                                        : WISMO_OK;
}


static int
fetch_trace_remove(fetch_trace_walk_t *w, fetch_trace_place_e place,
    const char *key, size_t len)
{
    int           rc;
    unsigned      i;
    redisReply   *reply;
    wismo_str_t   argv[FETCH_TRACE_IDS + 2];

    if (w->nids == 0) {
        return WISMO_OK;
    }

    wismo_str_set(&argv[0], "XDEL");
    argv[1].data = (unsigned char *) key;
    argv[1].len = len;

    for (i = 0; i < w->nids; i++) {
        argv[2 + i].data = (unsigned char *) w->ids[i];
        argv[2 + i].len = strlen(w->ids[i]);
    }

    /* a stream that letters wait in is soon empty, and then all is gone */

    reply = (place == FETCH_TRACE_DEAD)
            ? fetch_redis_script(w->redis, FETCH_SCRIPT_WINNOW, 1,
                                 (int) w->nids + 1, argv + 1)
            : fetch_redis_call(w->redis, (int) w->nids + 2, argv);

    w->nids = 0;

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_OK;

    if (reply->type == REDIS_REPLY_ERROR) {
        snprintf(w->redis->error, sizeof(w->redis->error), "%.200s",
                 reply->str);
        rc = WISMO_ERROR;
    }

    freeReplyObject(reply);

    return rc;
}


/*
 * Opens what is sealed, unless what it says in the open is all that counts.
 * What does not open is without a body, so that its order is found by its
 * number, and nothing else of it.
 */

static int
fetch_trace_open(fetch_trace_walk_t *w, wismo_pool_t *pool,
    fetch_trace_found_t *letter)
{
    int                rc;
    wismo_str_t        kid, text;
    wismo_error_t      err;
    wismo_box_name_t   name;

    if (letter->place == FETCH_TRACE_SAMPLE) {
        rc = fetch_envelope_sample_open(w->redis->conf, pool,
                                        &letter->carrier, &letter->body,
                                        &text, &err);

    } else {

        if (!wismo_box_kid(&letter->body, &kid)
            || (letter->place == FETCH_TRACE_INBOX && letter->order.len == 0)
            || (letter->order.len && w->found == NULL
                && w->trace->email.len == 0 && w->trace->phone.len == 0))
        {
            return WISMO_OK;
        }

        name.kind = letter->kind;
        name.order = letter->order;
        name.carrier = letter->carrier;
        name.headers = letter->headers;

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

    letter->body = text;

    return WISMO_OK;
}


/* A sample is a line of its own, then what came (fetch_count.c). */

static int
fetch_trace_samples(fetch_trace_walk_t *w, const wismo_str_t *name)
{
    bool                  same;
    char                  key[WISMO_KEY_MAX];
    size_t                i;
    redisReply           *list, *reply;
    wismo_str_t           argv[4];
    wismo_pool_t          pool;
    fetch_trace_found_t   sample;
    const unsigned char  *lf;

    wismo_str_set(&argv[0], "LRANGE");
    argv[1].data = (unsigned char *) key;
    argv[1].len = wismo_key_rejects(key, name);
    wismo_str_set(&argv[2], "0");
    wismo_str_set(&argv[3], "-1");

    list = fetch_redis_call(w->redis, 4, argv);

    if (list == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; list->type == REDIS_REPLY_ARRAY && i < list->elements; i++) {

        memset(&sample, 0, sizeof(fetch_trace_found_t));

        sample.place = FETCH_TRACE_SAMPLE;
        sample.carrier = *name;
        sample.body.data = (unsigned char *) list->element[i]->str;
        sample.body.len = (size_t) list->element[i]->len;

        argv[3] = sample.body;

        wismo_pool_init(&pool, FETCH_TRACE_POOL, NULL, NULL);

        if (fetch_trace_open(w, &pool, &sample) != WISMO_OK) {
            goto failed_one;
        }

        lf = sample.body.len ? memchr(sample.body.data, '\n', sample.body.len)
                             : NULL;

        if (lf) {
            sample.body.len -= (size_t) (lf + 1 - sample.body.data);
            sample.body.data = (unsigned char *) lf + 1;
        }

        same = fetch_trace_match(w->trace, &sample);

        if (same) {
            w->n++;

            if (w->found && w->found(w->data, &sample) != WISMO_OK) {
                goto failed_one;
            }
        }

        wismo_pool_done(&pool);

        if (!same || !w->remove) {
            continue;
        }

        wismo_str_set(&argv[0], "LREM");
        wismo_str_set(&argv[2], "0");

        reply = fetch_redis_call(w->redis, 4, argv);

        if (reply == NULL) {
            goto failed;
        }

        freeReplyObject(reply);
    }

    freeReplyObject(list);

    return WISMO_OK;

failed_one:

    wismo_pool_done(&pool);

failed:

    freeReplyObject(list);

    return WISMO_ERROR;
}


static bool
fetch_trace_match(const fetch_trace_t *trace,
    const fetch_trace_found_t *letter)
{
    bool       found;
    json_t    *json;
    unsigned   i;

    if (letter->place == FETCH_TRACE_INBOX && letter->order.len == 0) {
        return false;
    }

    for (i = 0; letter->order.len && i < trace->norders; i++) {
        if (wismo_str_eq(&trace->orders[i], &letter->order)) {
            return true;
        }
    }

    if (letter->body.len == 0) {
        return false;
    }

    json = json_loadb((char *) letter->body.data, letter->body.len,
                      JSON_DECODE_ANY, NULL);

    /* what is about another order is a person's only if it says so */

    if (letter->order.len) {
        found = json && fetch_trace_whose(trace, json);

    } else if (json) {
        found = fetch_trace_value(trace, json, 0);

    } else {
        found = fetch_trace_text(trace, &letter->body)
                || fetch_trace_form(trace, &letter->body);
    }

    json_decref(json);

    return found;
}


static bool
fetch_trace_whose(const fetch_trace_t *trace, const json_t *body)
{
    char         form[WISMO_FACTOR_MAX];
    wismo_str_t  text, typed;

    text.data = (unsigned char *) form;

    typed = wismo_contact_said(body, WISMO_FACTOR_EMAIL);
    text.len = typed.len ? wismo_factor_form(WISMO_FACTOR_EMAIL, &typed, form)
                         : 0;

    if (text.len && wismo_str_eq(&text, &trace->email)) {
        return true;
    }

    typed = wismo_contact_said(body, WISMO_FACTOR_PHONE);
    text.len = typed.len ? wismo_factor_form(WISMO_FACTOR_PHONE, &typed, form)
                         : 0;

    return text.len && wismo_str_eq(&text, &trace->phone);
}


/* Any text in it; one that is an order's number and nothing else counts, too,
 * as "#1001" does, which is what shops call it. */

static bool
fetch_trace_value(const fetch_trace_t *trace, const json_t *json,
    unsigned depth)
{
    size_t        i;
    void         *iter;
    json_t       *value;
    unsigned      k;
    wismo_str_t   text;

    if (depth > FETCH_TRACE_DEPTH) {
        return false;
    }

    if (json_is_string(json)) {
        text.data = (unsigned char *) json_string_value(json);
        text.len = json_string_length(json);

        if (fetch_trace_text(trace, &text)) {
            return true;
        }

        if (text.len && text.data[0] == '#') {
            text.data++;
            text.len--;
        }

        for (k = 0; k < trace->norders; k++) {
            if (trace->orders[k].len >= FETCH_TRACE_SHORTEST
                && wismo_str_eq(&trace->orders[k], &text))
            {
                return true;
            }
        }

        return false;
    }

    json_array_foreach(json, i, value) {
        if (fetch_trace_value(trace, value, depth + 1)) {
            return true;
        }
    }

    if (!json_is_object(json)) {
        return false;
    }

    for (iter = json_object_iter((json_t *) json); iter;
         iter = json_object_iter_next((json_t *) json, iter))
    {
        if (fetch_trace_value(trace, json_object_iter_value(iter),
                              depth + 1))
        {
            return true;
        }
    }

    return false;
}


static bool
fetch_trace_text(const fetch_trace_t *trace, const wismo_str_t *text)
{
    unsigned  i;

    for (i = 0; i < trace->nnumbers; i++) {
        if (fetch_trace_word(text, &trace->numbers[i])) {
            return true;
        }
    }

    return fetch_trace_word(text, &trace->email)
           || fetch_trace_digits(text, &trace->phone);
}


/* As a form encodes it. */

static bool
fetch_trace_form(const fetch_trace_t *trace, const wismo_str_t *body)
{
    int             c;
    bool            found;
    size_t          i;
    wismo_str_t     text, digits;
    unsigned char   byte;

    if (memchr(body->data, '%', body->len) == NULL) {
        return false;
    }

    text.len = 0;
    text.data = malloc(body->len);

    if (text.data == NULL) {
        return false;
    }

    for (i = 0; i < body->len; i++) {
        c = body->data[i];

        digits.data = body->data + i + 1;
        digits.len = 2;

        if (c == '%' && body->len - i > 2
            && wismo_unhex(&digits, &byte, 1) == 1)
        {
            c = byte;
            i += 2;
        }

        text.data[text.len++] = (unsigned char) c;
    }

    found = fetch_trace_text(trace, &text);

    free(text.data);

    return found;
}


static inline int
fetch_trace_lower(int c)
{
    return (c >= 'A' && c <= 'Z') ? c | 0x20 : c;
}


static inline bool
fetch_trace_part(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z') || c >= 0x80;
}


/* Whole, in either case: no longer word has it in it. */

static bool
fetch_trace_word(const wismo_str_t *text, const wismo_str_t *word)
{
    size_t  i, k;

    if (word->len < FETCH_TRACE_SHORTEST || text->len < word->len) {
        return false;
    }

    for (i = 0; i <= text->len - word->len; i++) {

        for (k = 0; k < word->len; k++) {
            if (fetch_trace_lower(text->data[i + k])
                != fetch_trace_lower(word->data[k]))
            {
                break;
            }
        }

        if (k == word->len
            && (i == 0 || !fetch_trace_part(text->data[i - 1]))
            && (i + k == text->len || !fetch_trace_part(text->data[i + k])))
        {
            return true;
        }
    }

    return false;
}


/* A telephone number's last digits at the end of a row of digits, whatever
 * stands between them. */

static bool
fetch_trace_digits(const wismo_str_t *text, const wismo_str_t *phone)
{
    char     row[32];
    size_t   i, n;
    int      c;

    if (phone->len < FETCH_TRACE_SHORTEST) {
        return false;
    }

    n = 0;

    for (i = 0; i <= text->len; i++) {
        c = (i < text->len) ? text->data[i] : 0;

        if (c >= '0' && c <= '9') {

            if (n == sizeof(row)) {
                memmove(row, row + 1, --n);
            }

            row[n++] = (char) c;
            continue;
        }

        if (n >= phone->len
            && memcmp(row + n - phone->len, phone->data, phone->len) == 0)
        {
            return true;
        }

        if (c != ' ' && c != '-' && c != '.' && c != '(' && c != ')'
            && c != '/')
        {
            n = 0;
        }
    }

    return false;
}
