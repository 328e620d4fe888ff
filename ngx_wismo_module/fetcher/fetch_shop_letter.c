
/*
 * Copyright (C) The Wismo authors
 *
 * A shop's webhook, applied: which order it is about, what is known of it,
 * what it says anew, and the commit.  Each may come twice, late, or before the
 * order that it is about: then it waits beside the order's id for the message
 * that tells the number.
 *
 * Nothing of a webhook's contents but order numbers may get into a log.
 */


#include "fetch_shop_letter.h"
#include "fetch_args.h"
#include "fetch_log.h"
#include "fetch_private.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_SHOP_TRIES     8
#define FETCH_SHOP_WAIT      (7 * 86400)      /* s, for the order */
#define FETCH_SHOP_EARLY     "e:"


typedef struct {
    fetch_lanes_t            *lanes;
    wismo_pool_t             *pool;
    const fetch_letter_t     *letter;
    const fetch_shop_t       *shop;
    fetch_count_t            *count;
    fetch_shop_message_t     *message;
    char                      key[WISMO_KEY_MAX];
    size_t                    len;
    wismo_str_t               number;
    json_t                   *early;          /* field: message */
    bool                      absent;         /* the order, still */
    bool                      redacted;       /* its customer, since then */
} fetch_shop_work_t;


static fetch_letter_e fetch_shop_apply(fetch_shop_work_t *work);
static fetch_letter_e fetch_shop_settle(fetch_shop_work_t *work, bool links);
static fetch_letter_e fetch_shop_links(fetch_shop_work_t *work);
static fetch_letter_e fetch_shop_link(fetch_shop_work_t *work,
    const json_t *fact);
static fetch_letter_e fetch_shop_find(fetch_shop_work_t *work);
static int fetch_shop_redacted(fetch_shop_work_t *work);
static int fetch_shop_wait(fetch_shop_work_t *work);
static int fetch_shop_index(fetch_shop_work_t *work);
static int fetch_shop_known(fetch_shop_work_t *work);
static fetch_letter_e fetch_shop_try(fetch_shop_work_t *work);
static int fetch_shop_add_all(fetch_shop_work_t *work, json_t *body,
    bool *changed);
static fetch_letter_e fetch_shop_commit(fetch_shop_work_t *work,
    fetch_stored_t *stored, json_t *body);
static fetch_letter_e fetch_shop_fenced(fetch_shop_work_t *work,
    const wismo_str_t *number);
static int fetch_shop_private(wismo_pool_t *pool, json_t *made,
    const json_t *body, wismo_str_t *text);
static void fetch_shop_forget_early(fetch_shop_work_t *work);


fetch_letter_e
fetch_shop_letter(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop, char *why,
    size_t size)
{
    int                    rc;
    bool                   known;
    wismo_str_t            text;
    wismo_error_t          err;
    wismo_report_t         report;
    fetch_letter_e         result;
    fetch_shop_work_t      work;
    fetch_shop_message_t   message;

    memset(&work, 0, sizeof(fetch_shop_work_t));
    memset(&err, 0, sizeof(wismo_error_t));

    work.lanes = lanes;
    work.pool = pool;
    work.letter = letter;
    work.shop = shop;
    work.message = &message;
    work.count = fetch_counts_shop(&lanes->counts, shop);

    rc = fetch_shop_read(shop, pool, &letter->body, fetch_shop_header,
                         (void *) &letter->headers, letter->at, &message,
                         &known, &err);

    if (rc == WISMO_ERROR) {
        return FETCH_LETTER_AGAIN;
    }

    fetch_count(work.count, FETCH_COUNT_PUSHES);

    if (rc == WISMO_DECLINED) {
        text = wismo_str_of(err.text);

        fetch_count_reject(&lanes->counts, work.count, FETCH_COUNT_REJECTS, 0,
                           &letter->body, &text,
                           fetch_redis_time(lanes->redis));
        snprintf(why, size, "topic %.*s: %s%s%s", (int) message.topic.len,
                 (char *) message.topic.data, err.at, err.at[0] ? ": " : "",
                 err.text);

        return FETCH_LETTER_DEAD;
    }

    if (!known) {
        memset(&report, 0, sizeof(wismo_report_t));

        if (message.topic.len == 0) {
            wismo_str_set(&message.topic, "(no topic)");
        }

        report.unmapped = &message.topic;
        report.nunmapped = 1;

        fetch_count_unmapped(work.count, &report);
        fetch_count(work.count, FETCH_COUNT_PASSED);

        return FETCH_LETTER_DONE;
    }

    switch (message.kind) {

    case FETCH_SHOP_NONE:
        fetch_count(work.count, FETCH_COUNT_PASSED);
        return FETCH_LETTER_DONE;

    case FETCH_SHOP_REDACT:
    case FETCH_SHOP_REDACT_SHOP:
    case FETCH_SHOP_DATA_REQUEST:
        result = fetch_shop_redact(lanes, pool, letter, shop, &message);
        break;

    default:
        result = fetch_shop_apply(&work);
        break;
    }

    json_decref(message.fact);
    json_decref(work.early);

    return result;
}


/*
 * Whoever comes without a number writes itself down before it looks for the
 * number, and for the order; whoever makes the order looks for those who wait
 * after it was committed, and as long as there are any: one of them sees the
 * other.
 */

static fetch_letter_e
fetch_shop_apply(fetch_shop_work_t *work)
{
    fetch_letter_e  rc;

    rc = fetch_shop_find(work);

    if (rc == FETCH_LETTER_DONE && work->redacted) {
        fetch_count(work->count, FETCH_COUNT_PASSED);
        return rc;
    }

    if (rc != FETCH_LETTER_DONE || work->number.len == 0) {
        return rc;
    }

    return fetch_shop_settle(work, true);
}


static fetch_letter_e
fetch_shop_settle(fetch_shop_work_t *work, bool links)
{
    unsigned         tries;
    fetch_letter_e   rc;

    rc = FETCH_LETTER_AGAIN;

    for (tries = 0; tries < FETCH_SHOP_TRIES; tries++) {

        rc = fetch_shop_try(work);

        if (rc == FETCH_LETTER_AGAIN) {
            continue;
        }

        if (rc != FETCH_LETTER_DONE || work->absent) {
            return rc;
        }

        rc = links ? fetch_shop_links(work) : FETCH_LETTER_DONE;

        if (rc != FETCH_LETTER_DONE) {
            return rc;
        }

        fetch_shop_forget_early(work);

        if (fetch_shop_known(work) != WISMO_OK) {
            return work->lanes->redis->c ? FETCH_LETTER_AGAIN
                                         : FETCH_LETTER_DOWN;
        }

        if (json_object_size(work->early) == 0) {
            return FETCH_LETTER_DONE;
        }
    }

    return rc;
}


/*
 * A parcel that goes back may be told of by its return's id alone.  That waits
 * beside this id, as others do beside the order's, for whoever says which
 * order the return is of: this, or one of those that came before the order.
 */

static fetch_letter_e
fetch_shop_links(fetch_shop_work_t *work)
{
    json_t          *entry;
    const char      *name;
    fetch_letter_e   rc;

    rc = (work->message->kind == FETCH_SHOP_RETURN_OF)
         ? fetch_shop_link(work, work->message->fact) : FETCH_LETTER_DONE;

    json_object_foreach(work->early, name, entry) {

        if (rc == FETCH_LETTER_DONE
            && json_integer_value(json_object_get(entry, "kind"))
               == FETCH_SHOP_RETURN_OF)
        {
            rc = fetch_shop_link(work, json_object_get(entry, "fact"));
        }
    }

    return rc;
}


static fetch_letter_e
fetch_shop_link(fetch_shop_work_t *work, const json_t *fact)
{
    wismo_str_t            id;
    fetch_letter_e         rc;
    fetch_shop_work_t      link;
    fetch_shop_message_t   message;

    id.data = (unsigned char *) json_string_value(
                                         json_object_get(fact, "return_id"));
    id.len = json_string_length(json_object_get(fact, "return_id"));

    if (id.len == 0) {
        return FETCH_LETTER_DONE;
    }

    message = *work->message;
    message.kind = FETCH_SHOP_RETURN_OF;
    snprintf(message.number, sizeof(message.number), "%.*s",
             (int) work->number.len, (char *) work->number.data);

    link = *work;
    link.message = &message;
    link.early = NULL;
    link.len = wismo_key_shop(link.key, &work->shop->name, &id);

    if (fetch_shop_index(&link) != WISMO_OK
        || fetch_shop_known(&link) != WISMO_OK)
    {
        rc = work->lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;

    } else {
        rc = json_object_size(link.early) ? fetch_shop_settle(&link, false)
                                          : FETCH_LETTER_DONE;
    }

    json_decref(link.early);

    return rc;
}


/* The order's number: said, or known by the id. */

static fetch_letter_e
fetch_shop_find(fetch_shop_work_t *work)
{
    int           rc;
    wismo_str_t   id;

    id = wismo_str_of(work->message->id);

    work->len = wismo_key_shop(work->key, &work->shop->name, &id);

    /* what was said before the customer was to be forgotten */

    rc = fetch_shop_redacted(work);

    if (rc == WISMO_OK && work->redacted) {
        return FETCH_LETTER_DONE;
    }

    if (rc == WISMO_OK) {
        rc = work->message->number[0] ? fetch_shop_index(work)
                                      : fetch_shop_wait(work);
    }

    if (rc == WISMO_OK) {
        rc = fetch_shop_known(work);
    }

    return (rc == WISMO_OK) ? FETCH_LETTER_DONE
           : work->lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
}


static int
fetch_shop_redacted(fetch_shop_work_t *work)
{
    wismo_str_t  mark;

    if (fetch_redis_field(work->lanes->redis, work->pool, work->key,
                          work->len, FETCH_SHOP_REDACTED, &mark)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    work->redacted = mark.len
                     && strncmp(work->message->at, (char *) mark.data,
                                FETCH_SHOP_AT)
                        <= 0;

    return WISMO_OK;
}


static int
fetch_shop_index(fetch_shop_work_t *work)
{
    fetch_args_t  args;

    work->number = wismo_str_of(work->message->number);

    fetch_args_init(&args, work->pool, 4);
    fetch_args_text(&args, "HSET");
    fetch_args_add(&args, work->key, work->len);
    fetch_args_text(&args, FETCH_SHOP_NUMBER);
    fetch_args_text(&args, work->message->number);

    if (fetch_shop_call(work->lanes->redis, &args) != WISMO_OK) {
        return WISMO_ERROR;
    }

    fetch_args_init(&args, work->pool, 3);
    fetch_args_text(&args, "EXPIRE");
    fetch_args_add(&args, work->key, work->len);
    fetch_args_number(&args, FETCH_TTL);

    return fetch_shop_call(work->lanes->redis, &args);
}


static int
fetch_shop_wait(fetch_shop_work_t *work)
{
    int            rc;
    char           name[32], *text;
    json_t        *entry;
    fetch_args_t   args;

    entry = json_pack("{s:i, s:s, s:O}", "kind", (int) work->message->kind,
                      "at", work->message->at, "fact", work->message->fact);
    text = entry ? json_dumps(entry, JSON_COMPACT) : NULL;

    json_decref(entry);

    if (text == NULL) {
        return WISMO_ERROR;
    }

    snprintf(name, sizeof(name), FETCH_SHOP_EARLY "%d:%s",
             (int) work->message->kind, strrchr(work->message->at, '|') + 1);

    fetch_args_init(&args, work->pool, 4);
    fetch_args_text(&args, "HSET");
    fetch_args_add(&args, work->key, work->len);
    fetch_args_text(&args, name);
    fetch_args_text(&args, text);

    rc = fetch_shop_call(work->lanes->redis, &args);

    free(text);

    if (rc != WISMO_OK) {
        return rc;
    }

    rc = fetch_shop_number(work->lanes->redis, work->pool, work->shop,
                           work->message->id, &work->number);

    if (rc != WISMO_OK || work->number.len) {
        return rc;
    }

    fetch_args_init(&args, work->pool, 3);
    fetch_args_text(&args, "EXPIRE");
    fetch_args_add(&args, work->key, work->len);
    fetch_args_number(&args, FETCH_SHOP_WAIT);

    return fetch_shop_call(work->lanes->redis, &args);
}


/* What is written down: the number, if somebody has brought it meanwhile, and
 * who waits. */

static int
fetch_shop_known(fetch_shop_work_t *work)
{
    size_t         i;
    json_t        *entry;
    redisReply    *reply, *name, *value;
    wismo_str_t    text;
    fetch_args_t   args;

    json_decref(work->early);
    work->early = json_object();

    fetch_args_init(&args, work->pool, 2);
    fetch_args_text(&args, "HGETALL");
    fetch_args_add(&args, work->key, work->len);

    reply = (args.failed || work->early == NULL) ? NULL
            : fetch_redis_call(work->lanes->redis, 2, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements;
         i += 2)
    {
        name = reply->element[i];
        value = reply->element[i + 1];

        if (name->type != REDIS_REPLY_STRING
            || value->type != REDIS_REPLY_STRING)
        {
            continue;
        }

        if (strcmp(name->str, FETCH_SHOP_NUMBER) == 0) {
            text = fetch_redis_str(value);

            if (work->number.len == 0 && wismo_order_number_ok(&text)
                && wismo_pstrdup(work->pool, &work->number, &text)
                   != WISMO_OK)
            {
                freeReplyObject(reply);
                return WISMO_ERROR;
            }

            continue;
        }

        entry = json_loadb(value->str, (size_t) value->len, 0, NULL);

        if (entry) {
            (void) json_object_set_new(work->early, name->str, entry);
        }
    }

    freeReplyObject(reply);

    /* the index lives as long as what it leads to */

    if (work->number.len && work->message->number[0] == '\0') {
        fetch_args_init(&args, work->pool, 3);
        fetch_args_text(&args, "EXPIRE");
        fetch_args_add(&args, work->key, work->len);
        fetch_args_number(&args, FETCH_TTL);

        return fetch_shop_call(work->lanes->redis, &args);
    }

    return WISMO_OK;
}


static fetch_letter_e
fetch_shop_try(fetch_shop_work_t *work)
{
    int              rc;
    bool             changed, gone;
    json_t          *body;
    wismo_str_t      text;
    fetch_redis_t   *r;
    wismo_error_t    err;
    fetch_letter_e   result;
    fetch_stored_t   stored;

    r = work->lanes->redis;

    /* the document first: a body that is older than its version would bring
     * back what somebody else has just replaced */

    rc = fetch_load(r, work->pool, &work->number, &stored);

    if (rc == WISMO_ERROR
        || fetch_private_load(r, work->pool, &work->number, &text, &err)
           != WISMO_OK)
    {
        return r->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    /* what can't be read is written anew */

    if (rc == WISMO_DECLINED) {
        stored.found = false;
    }

    gone = false;

    if (!stored.found
        && fetch_shop_gone(r, work->pool, &work->number, work->message,
                           work->key, work->len, &gone)
           != WISMO_OK)
    {
        return r->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    if (gone) {
        fetch_count(work->count, FETCH_COUNT_PASSED);
        work->absent = true;
        return FETCH_LETTER_DONE;
    }

    if (!stored.found && work->message->kind != FETCH_SHOP_ORDER
        && work->message->kind != FETCH_SHOP_SHIPMENT)
    {
        work->absent = true;
        return FETCH_LETTER_DONE;
    }

    body = text.len ? json_loadb((char *) text.data, text.len, 0, NULL)
                    : NULL;

    if (!json_is_object(body)) {
        json_decref(body);
        body = json_object();
    }

    changed = false;

    if (body == NULL || fetch_shop_add_all(work, body, &changed) != WISMO_OK)
    {
        json_decref(body);
        return FETCH_LETTER_AGAIN;
    }

    if (!changed && stored.found) {
        fetch_count(work->count, FETCH_COUNT_UNCHANGED);
        result = FETCH_LETTER_DONE;

    } else {
        fetch_shop_last_keep(body, work->letter, work->message,
                             work->shop->keep && r->conf->sealed);
        result = fetch_shop_commit(work, &stored, body);
    }

    json_decref(body);

    return result;
}


static int
fetch_shop_add_all(fetch_shop_work_t *work, json_t *body, bool *changed)
{
    bool                   any;
    json_t                *entry;
    const char            *name, *at;
    fetch_shop_message_t   early;

    if (fetch_shop_add(body, work->shop, work->message, changed) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    json_object_foreach(work->early, name, entry) {
        memset(&early, 0, sizeof(fetch_shop_message_t));

        early.kind = (fetch_shop_kind_e)
                     json_integer_value(json_object_get(entry, "kind"));
        early.fact = json_object_get(entry, "fact");

        at = json_string_value(json_object_get(entry, "at"));

        if (at == NULL || strchr(at, '|') == NULL
            || !json_is_object(early.fact))
        {
            continue;
        }

        snprintf(early.at, sizeof(early.at), "%s", at);
        snprintf(early.id, sizeof(early.id), "%s", work->message->id);

        if (fetch_shop_add(body, work->shop, &early, &any) != WISMO_OK) {
            return WISMO_ERROR;
        }

        *changed |= any;
    }

    return WISMO_OK;
}


static fetch_letter_e
fetch_shop_commit(fetch_shop_work_t *work, fetch_stored_t *stored,
    json_t *body)
{
    bool                 event;
    unsigned             i;
    wismo_str_t          shop, id;
    wismo_order_t        order;
    fetch_field_t        fields[2];
    fetch_commit_e       rc;
    fetch_letter_e       result;
    fetch_change_t       change;
    wismo_parcel_t      *parcel;
    fetch_shop_rules_t   rules;

    memset(&change, 0, sizeof(fetch_change_t));

    rc = fetch_shop_make(work->lanes, work->pool, work->shop, &work->number,
                         body, stored->found ? &stored->order : NULL, &rules,
                         &order, &change.body);

    fetch_count_unmapped(work->count, &rules.unmapped);

    if (rc != FETCH_COMMIT_DONE) {
        return FETCH_LETTER_AGAIN;
    }

    event = (work->message->kind == FETCH_SHOP_EVENT);

    id = wismo_str_of(work->message->id);

    shop.len = work->shop->name.len + 1 + id.len;
    shop.data = wismo_palloc(work->pool, shop.len);

    if (shop.data == NULL) {
        return FETCH_LETTER_AGAIN;
    }

    memcpy(shop.data, work->shop->name.data, work->shop->name.len);
    shop.data[work->shop->name.len] = ' ';
    memcpy(shop.data + work->shop->name.len + 1, id.data, id.len);

    /* who is asked by nobody is as fresh as what the shop told last */

    for (i = 0; i < order.nparcels; i++) {
        parcel = &order.parcels[i];

        if (parcel->nevents && parcel->checked_at < work->letter->at
            && (event || parcel->checked_at == WISMO_TIME_NONE)
            && fetch_lane(work->lanes, &parcel->carrier) == NULL)
        {
            parcel->checked_at = work->letter->at;
        }
    }

    change.order = &order;
    change.before = stored->found ? &stored->order : NULL;
    change.now = rules.now;

    order.version = stored->doc.version;
    order.revoked_at = stored->doc.revoked_at;

    change.due = wismo_palloc(work->pool, (order.nparcels + 1)
                                          * sizeof(fetch_due_t));
    if (change.due == NULL) {
        return FETCH_LETTER_AGAIN;
    }

    change.ndue = fetch_letter_due(work->lanes, &order,
                                   fetch_redis_time(work->lanes->redis),
                                   change.due);

    wismo_merge_rollup(&order);

    wismo_str_set(&fields[0].name, "shop");
    fields[0].value = shop;
    change.ledger = fields;
    change.nledger = 1;

    /* an order that was erased stays so for what was sent before that; one
     * that is there is guarded by its version */

    if (!stored->found) {
        wismo_str_set(&fields[1].name, "body");
        fields[1].value = work->letter->id;
        change.nledger = 2;
    }

    rc = fetch_commit(work->lanes->redis, work->pool, &change);

    /* what fences a new order is its erasure, or somebody who was faster with
     * a later letter: then there is an order now, which this one adds to */

    if (rc == FETCH_COMMIT_FENCED && !stored->found) {
        return fetch_shop_fenced(work, &order.number);
    }

    result = fetch_letter_result(rc);

    if (result == FETCH_LETTER_DONE) {
        fetch_count(work->count, FETCH_COUNT_CHANGED);
    }

    return result;
}


static fetch_letter_e
fetch_shop_fenced(fetch_shop_work_t *work, const wismo_str_t *number)
{
    fetch_stored_t  stored;

    switch (fetch_load(work->lanes->redis, work->pool, number, &stored)) {

    case WISMO_ERROR:
        return work->lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;

    case WISMO_OK:
        return stored.found ? FETCH_LETTER_AGAIN : FETCH_LETTER_DONE;

    default:  /* WISMO_DECLINED: it is there, and unusable */
        return FETCH_LETTER_AGAIN;
    }
}


fetch_commit_e
fetch_shop_make(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const wismo_str_t *number, const json_t *body,
    const wismo_order_t *stored, fetch_shop_rules_t *rules,
    wismo_order_t *order, wismo_str_t *private)
{
    json_t          *made;
    unsigned         i;
    fetch_commit_e   rc;

    memset(rules, 0, sizeof(fetch_shop_rules_t));

    rules->names = lanes->conf->names;
    rules->now = fetch_redis_time(lanes->redis) / 1000;

    made = fetch_shop_order(pool, shop, body, rules, order);

    if (made == NULL) {
        return FETCH_COMMIT_FAILED;
    }

    order->number = *number;

    for (i = 0; i < order->nparcels; i++) {
        wismo_str_set(&order->parcels[i].source, "api");
    }

    rc = FETCH_COMMIT_DONE;

    if (wismo_proofs_make(&lanes->conf->peppers, number, made,
                          &order->proofs) != WISMO_OK
        || wismo_merge_order(pool, order, stored) != WISMO_OK
        || fetch_shop_private(pool, made, body, private) != WISMO_OK)
    {
        rc = FETCH_COMMIT_FAILED;
    }

    json_decref(made);

    return rc;
}


/* The order as it was made, without the history, which is in the document,
 * and with all that it was made of. */

static int
fetch_shop_private(wismo_pool_t *pool, json_t *made, const json_t *body,
    wismo_str_t *text)
{
    size_t   i;
    json_t  *shipment;

    json_array_foreach(json_object_get(made, "shipments"), i, shipment) {
        json_object_del(shipment, "events");
    }

    if (json_object_set(made, "shop", json_object_get(body, "shop")) != 0) {
        return WISMO_ERROR;
    }

    text->len = json_dumpb(made, NULL, 0, JSON_COMPACT);
    text->data = text->len ? wismo_palloc(pool, text->len) : NULL;

    if (text->data == NULL) {
        return WISMO_ERROR;
    }

    json_dumpb(made, (char *) text->data, text->len, JSON_COMPACT);

    return WISMO_OK;
}


static void
fetch_shop_forget_early(fetch_shop_work_t *work)
{
    json_t        *entry;
    const char    *name;
    fetch_args_t   args;

    if (json_object_size(work->early) == 0) {
        return;
    }

    fetch_args_init(&args, work->pool,
                    2 + (unsigned) json_object_size(work->early));
    fetch_args_text(&args, "HDEL");
    fetch_args_add(&args, work->key, work->len);

    json_object_foreach(work->early, name, entry) {
        fetch_args_text(&args, name);
    }

    (void) fetch_shop_call(work->lanes->redis, &args);
}
