
/*
 * Copyright (C) The Wismo authors
 *
 * Reports of services on messages that they took: SMS receipts, bounces,
 * complaints.  A report names the notice by the reference that went out with
 * it, or whom it was for.  It goes into the order's ledger, as far as that
 * still speaks of the same message; and whoever cannot be reached, or has
 * complained, gets no more.  Called by fetch_message.c.
 *
 * A report says what it says however often it comes, and in whatever order.
 * Nothing may be done for one that names a notice which there is not, and no
 * address may get into a log, or into Redis but as a MAC.
 */


#include "fetch_receipt.h"
#include "fetch_args.h"
#include "fetch_log.h"
#include "fetch_notice.h"
#include "fetch_reach.h"
#include "fetch_told.h"


#define FETCH_RECEIPT_MOST   1000             /* in one letter */
#define FETCH_RECEIPT_TRIES  8
#define FETCH_RECEIPT_WORD   48               /* bytes of a code, an id */

#define FETCH_RECEIPT_FAILED      " failed"
#define FETCH_RECEIPT_COMPLAINT   " complaint"
#define FETCH_RECEIPT_SUPPRESSED  " suppressed"


typedef enum {
    FETCH_RECEIPT_NOTHING = 0,                /* on its way, and the like */
    FETCH_RECEIPT_ARRIVED,
    FETCH_RECEIPT_BACK,
    FETCH_RECEIPT_SPAM
} fetch_receipt_e;


typedef struct {
    fetch_receipt_e           what;
    bool                      invalid;        /* by the address */
    bool                      named;          /* it has a reference: */
    bool                      ours;           /* ... one of ours */
    wismo_str_t               order;
    wismo_str_t               channel;
    wismo_str_t               notice;
    wismo_str_t               id;             /* the service's own, or empty */
    wismo_str_t               error;          /* a code, or empty */
    wismo_str_t               to;
    int64_t                   at;
    int64_t                   came;           /* ms */
    char                      ref[WISMO_NOTICE_REF_MAX];
    char                      texts[3][WISMO_FACTOR_MAX];
} fetch_receipt_t;


static bool fetch_receipt_read(const json_t *receipts,
    const fetch_inbound_t *in, fetch_receipt_t *receipt);
static void fetch_receipt_named(const json_t *receipts,
    const fetch_inbound_t *in, fetch_receipt_t *receipt);
static bool fetch_receipt_lists(const json_t *receipts, const char *name,
    const wismo_str_t *value);
static void fetch_receipt_word(const json_t *receipts, const char *name,
    const fetch_inbound_t *in, char *buf, wismo_str_t *word);
static fetch_letter_e fetch_receipt_apply(fetch_lanes_t *lanes,
    wismo_pool_t *pool, const fetch_receipt_t *receipt);
static int fetch_receipt_suppress(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_receipt_t *receipt);
static int fetch_receipt_ledger(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_receipt_t *receipt);
static int fetch_receipt_field(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *field, wismo_str_t *value);
static int fetch_receipt_entry(wismo_pool_t *pool,
    const fetch_receipt_t *receipt, wismo_notice_entry_t *entry);
static bool fetch_receipt_of(const wismo_notice_entry_t *entry,
    const wismo_str_t *id);
static bool fetch_receipt_says(const wismo_notice_entry_t *entry,
    const char *word);
static int fetch_receipt_write(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *field,
    const wismo_str_t *old, const wismo_str_t *value);
static void fetch_receipt_count(fetch_lanes_t *lanes,
    const fetch_receipt_t *receipt, const wismo_notice_entry_t *entry);


bool
fetch_receipt(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const json_t *receipts,
    const fetch_inbound_t *in, fetch_letter_e *rc)
{
    bool              any;
    size_t            i, n;
    const char       *each;
    const json_t     *list;
    fetch_inbound_t   one;
    fetch_receipt_t   receipt;

    *rc = FETCH_LETTER_DONE;
    any = false;

    each = json_string_value(json_object_get(receipts, "each"));
    list = each ? fetch_inbound_at(in->json, each) : NULL;
    n = each ? json_array_size(list) : 1;

    if (receipts == NULL) {
        return false;
    }

    for (i = 0; i < n && i < FETCH_RECEIPT_MOST; i++) {
        one = *in;

        if (each) {
            one.json = json_array_get(list, i);
        }

        if ((each && one.json == NULL)
            || !fetch_receipt_read(receipts, &one, &receipt))
        {
            continue;
        }

        any = true;
        receipt.at = letter->at;
        receipt.came = fetch_letter_came(letter);

        *rc = fetch_receipt_apply(lanes, pool, &receipt);

        if (*rc != FETCH_LETTER_DONE) {
            break;
        }
    }

    return any;
}


/* False: it says nothing of a message. */

static bool
fetch_receipt_read(const json_t *receipts, const fetch_inbound_t *in,
    fetch_receipt_t *receipt)
{
    char         buf[64];
    wismo_str_t  status;

    memset(receipt, 0, sizeof(fetch_receipt_t));

    if (fetch_inbound_value(in, json_object_get(receipts, "status"), buf,
                            sizeof(buf), &status)
        != WISMO_OK)
    {
        return false;
    }

    fetch_receipt_word(receipts, "error", in, receipt->texts[0],
                       &receipt->error);

    if (fetch_receipt_lists(receipts, "delivered", &status)) {
        receipt->what = FETCH_RECEIPT_ARRIVED;

    } else if (fetch_receipt_lists(receipts, "complaint", &status)) {
        receipt->what = FETCH_RECEIPT_SPAM;

    } else if (fetch_receipt_lists(receipts, "failed", &status)
               && !fetch_receipt_lists(receipts, "later", &receipt->error))
    {
        receipt->what = FETCH_RECEIPT_BACK;
        receipt->invalid = (fetch_receipt_lists(receipts, "invalid", &status)
                            || fetch_receipt_lists(receipts, "invalid",
                                                   &receipt->error))
                           && !fetch_receipt_lists(receipts, "temporary",
                                                   &receipt->error);
    }

    fetch_receipt_word(receipts, "id", in, receipt->texts[1], &receipt->id);

    if (fetch_inbound_value(in, json_object_get(receipts, "to"),
                            receipt->texts[2], sizeof(receipt->texts[2]),
                            &receipt->to)
        != WISMO_OK)
    {
        wismo_str_null(&receipt->to);
    }

    fetch_receipt_named(receipts, in, receipt);

    return true;
}


static void
fetch_receipt_named(const json_t *receipts, const fetch_inbound_t *in,
    fetch_receipt_t *receipt)
{
    char           buf[WISMO_NOTICE_REF_MAX + 256];
    wismo_str_t    ref;
    const json_t  *at;

    at = json_object_get(receipts, "ref");

    if (at == NULL
        || fetch_inbound_value(in, at, buf, sizeof(buf), &ref) != WISMO_OK
        || ref.len == 0)
    {
        return;
    }

    receipt->named = true;
    receipt->ours = wismo_notice_ref_read(&ref, receipt->ref,
                                          &receipt->order, &receipt->channel,
                                          &receipt->notice)
                    == WISMO_OK;
}


static bool
fetch_receipt_lists(const json_t *receipts, const char *name,
    const wismo_str_t *value)
{
    size_t         i;
    const char    *text;
    const json_t  *list;

    list = json_object_get(receipts, name);

    for (i = 0; value->len && i < json_array_size(list); i++) {
        text = json_string_value(json_array_get(list, i));

        if (text && wismo_str_is(value, text)) {
            return true;
        }
    }

    return false;
}


/* What the ledger may keep: one word, and no address. */

static void
fetch_receipt_word(const json_t *receipts, const char *name,
    const fetch_inbound_t *in, char *buf, wismo_str_t *word)
{
    size_t         i;
    unsigned char  c;

    if (fetch_inbound_value(in, json_object_get(receipts, name), buf,
                            FETCH_RECEIPT_WORD, word)
        != WISMO_OK)
    {
        wismo_str_null(word);
        return;
    }

    for (i = 0; i < word->len; i++) {
        c = word->data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.'))
        {
            wismo_str_null(word);
            return;
        }
    }
}


static fetch_letter_e
fetch_receipt_apply(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_receipt_t *receipt)
{
    int  rc;

    if (receipt->what == FETCH_RECEIPT_NOTHING
        || (receipt->named && !receipt->ours))
    {
        return FETCH_LETTER_DONE;
    }

    rc = receipt->named ? fetch_receipt_ledger(lanes, pool, receipt)
                        : fetch_receipt_suppress(lanes, pool, receipt);

    if (rc != WISMO_OK) {
        return lanes->redis->c ? FETCH_LETTER_AGAIN : FETCH_LETTER_DOWN;
    }

    return FETCH_LETTER_DONE;
}


static int
fetch_receipt_suppress(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_receipt_t *receipt)
{
    int             rc;
    wismo_out_t     out;
    wismo_str_t     to, why;
    fetch_reach_t   reach;
    wismo_factor_e  factor;

    if (!receipt->invalid && receipt->what != FETCH_RECEIPT_SPAM) {
        return WISMO_OK;
    }

    factor = memchr(receipt->to.len ? receipt->to.data
                                    : (unsigned char *) "", '@',
                    receipt->to.len)
             ? WISMO_FACTOR_EMAIL : WISMO_FACTOR_PHONE;

    wismo_out_init(&out, pool, 64 + receipt->to.len);

    /* some leave the plus out of what always is international */

    if (factor == WISMO_FACTOR_PHONE && receipt->to.len
        && receipt->to.data[0] != '+')
    {
        wismo_out_text(&out, "+");
    }

    wismo_out_str(&out, &receipt->to);

    to.data = out.start;
    to.len = (size_t) (out.pos - out.start);

    if (out.failed
        || fetch_reach(lanes->conf, pool, factor, &to, &reach) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    wismo_out_init(&out, pool, 64);

    if (receipt->what == FETCH_RECEIPT_SPAM) {
        wismo_out_text(&out, FETCH_REACH_COMPLAINT);

    } else {
        wismo_out_text(&out, "receipt ");
        wismo_out_str(&out, &receipt->error);
    }

    why.data = out.start;
    why.len = (size_t) (out.pos - out.start);

    rc = out.failed ? WISMO_ERROR
                    : fetch_reach_suppress(lanes->redis, pool, &reach, &why,
                                           receipt->came);

    /* without a key there is nothing to keep an address by */

    return rc == WISMO_DECLINED ? WISMO_OK : rc;
}


/*
 * The address before the ledger: whoever dies in between leaves the letter to
 * the next one, who does both.  What the ledger says already has been done,
 * and may have been taken back since.
 */

static int
fetch_receipt_ledger(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_receipt_t *receipt)
{
    int                    rc;
    unsigned               tries;
    wismo_str_t            field, old, value;
    wismo_notice_entry_t   entry;

    if (fetch_notice_name(pool, &receipt->channel, &receipt->notice, &field)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    for (tries = 0; tries < FETCH_RECEIPT_TRIES; tries++) {

        rc = fetch_receipt_field(lanes->redis, pool, &receipt->order, &field,
                                 &old);

        if (rc != WISMO_OK
            || wismo_notice_read(&receipt->notice, &old, &entry) != WISMO_OK)
        {
            return rc == WISMO_ERROR ? rc : WISMO_OK;
        }

        rc = fetch_receipt_entry(pool, receipt, &entry);

        if (rc != WISMO_OK) {
            return rc == WISMO_ERROR ? rc : WISMO_OK;
        }

        if (fetch_receipt_suppress(lanes, pool, receipt) != WISMO_OK
            || fetch_notice_value(pool, &entry, &value) != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        rc = fetch_receipt_write(lanes->redis, pool, &receipt->order, &field,
                                 &old, &value);

        if (rc == WISMO_OK) {
            fetch_receipt_count(lanes, receipt, &entry);
        }

        if (rc != WISMO_DECLINED) {
            return rc;
        }
    }

    return WISMO_ERROR;
}


/* WISMO_DECLINED: there is none. */

static int
fetch_receipt_field(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *field, wismo_str_t *value)
{
    int            rc;
    redisReply    *reply;
    wismo_str_t    text;
    fetch_args_t   args;

    fetch_args_init(&args, pool, 3);
    fetch_args_text(&args, "HGET");
    fetch_args_key(&args, wismo_key_ledger, order);
    fetch_args_add(&args, field->data, field->len);

    reply = args.failed ? NULL : fetch_redis_call(r, 3, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_DECLINED;

    if (reply->type == REDIS_REPLY_STRING) {
        text = fetch_redis_str(reply);
        rc = wismo_pstrdup(pool, value, &text);
    }

    freeReplyObject(reply);

    return rc;
}


/* WISMO_DECLINED: the ledger stays as it is. */

static int
fetch_receipt_entry(wismo_pool_t *pool, const fetch_receipt_t *receipt,
    wismo_notice_entry_t *entry)
{
    wismo_out_t  out;

    /* what never went out, or is to go out again, has no receipt */

    if (entry->state == WISMO_NOTICE_SKIPPED || entry->attempts == 0
        || !fetch_receipt_of(entry, &receipt->id))
    {
        return WISMO_DECLINED;
    }

    wismo_out_init(&out, pool, WISMO_NOTICE_VALUE_MAX);

    if (entry->text.len) {
        wismo_out_str(&out, &entry->text);

    } else {
        wismo_out_str(&out, &receipt->id);
    }

    switch (receipt->what) {

    case FETCH_RECEIPT_ARRIVED:

        if (entry->state == WISMO_NOTICE_DELIVERED
            || fetch_receipt_says(entry, FETCH_RECEIPT_FAILED))
        {
            return WISMO_DECLINED;
        }

        entry->state = WISMO_NOTICE_DELIVERED;
        break;

    case FETCH_RECEIPT_SPAM:

        if (fetch_receipt_says(entry, FETCH_RECEIPT_COMPLAINT)) {
            return WISMO_DECLINED;
        }

        wismo_out_text(&out, FETCH_RECEIPT_COMPLAINT
                             FETCH_RECEIPT_SUPPRESSED);
        entry->state = WISMO_NOTICE_DELIVERED;
        break;

    default:

        if (entry->state == WISMO_NOTICE_RETRY
            || fetch_receipt_says(entry, FETCH_RECEIPT_FAILED))
        {
            return WISMO_DECLINED;
        }

        wismo_out_text(&out, FETCH_RECEIPT_FAILED);

        if (receipt->error.len) {
            wismo_out_text(&out, " ");
            wismo_out_str(&out, &receipt->error);
        }

        if (receipt->invalid) {
            wismo_out_text(&out, FETCH_RECEIPT_SUPPRESSED);
        }

        entry->state = WISMO_NOTICE_DEAD;
    }

    if (out.failed) {
        return WISMO_ERROR;
    }

    entry->when = receipt->at;
    entry->text.data = out.start;
    entry->text.len = (size_t) (out.pos - out.start);

    return WISMO_OK;
}


/* "HTTP 201 SM0123": a message that was sent after that one has another id. */

static bool
fetch_receipt_of(const wismo_notice_entry_t *entry, const wismo_str_t *id)
{
    size_t       i, start;
    unsigned     words;
    wismo_str_t  word;

    start = 0;
    words = 0;

    for (i = 0; id->len && i <= entry->text.len; i++) {

        if (i < entry->text.len && entry->text.data[i] != ' ') {
            continue;
        }

        word.data = entry->text.data + start;
        word.len = i - start;
        start = i + 1;
        words++;

        if (words == 1 && !wismo_str_is(&word, "HTTP")) {
            return true;
        }

        if (words == 3) {
            return wismo_str_eq(&word, id);
        }
    }

    return true;
}


static bool
fetch_receipt_says(const wismo_notice_entry_t *entry, const char *word)
{
    size_t  i, len;

    len = strlen(word);

    for (i = 0; i + len <= entry->text.len; i++) {
        if (memcmp(entry->text.data + i, word, len) == 0) {
            return true;
        }
    }

    return false;
}


/* WISMO_DECLINED: it is not what it was. */

static int
fetch_receipt_write(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *order, const wismo_str_t *field,
    const wismo_str_t *old, const wismo_str_t *value)
{
    int            rc;
    redisReply    *reply;
    fetch_args_t   args;

    fetch_args_init(&args, pool, 8);
    fetch_args_due(&args, wismo_bucket(order), &fetch_notices);
    fetch_args_key(&args, wismo_key_ledger, order);
    fetch_args_text(&args, "");
    fetch_args_text(&args, "");
    fetch_args_text(&args, "");
    fetch_args_add(&args, field->data, field->len);
    fetch_args_add(&args, old->data, old->len);
    fetch_args_add(&args, value->data, value->len);

    reply = args.failed ? NULL : fetch_redis_script(r, FETCH_SCRIPT_TOLD, 2,
                                                    (int) args.n, args.argv);

    if (reply == NULL) {
        return WISMO_ERROR;
    }

    rc = WISMO_ERROR;

    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1) {
        rc = reply->element[0]->integer == 1 ? WISMO_OK : WISMO_DECLINED;
    }

    freeReplyObject(reply);

    return rc;
}


static void
fetch_receipt_count(fetch_lanes_t *lanes, const fetch_receipt_t *receipt,
    const wismo_notice_entry_t *entry)
{
    unsigned           k;
    fetch_told_e       what;
    fetch_channels_t  *channels;

    channels = &lanes->conf->channels;

    what = (receipt->what == FETCH_RECEIPT_ARRIVED) ? FETCH_TOLD_DELIVERED
           : (receipt->what == FETCH_RECEIPT_SPAM) ? FETCH_TOLD_COMPLAINTS
           : FETCH_TOLD_FAILED;

    for (k = 0; k < channels->n; k++) {
        if (wismo_str_eq(&channels->channel[k].name, &receipt->channel)) {
            fetch_told(&channels->channel[k], what);
        }
    }

    if (what != FETCH_TOLD_DELIVERED) {
        fetch_log(FETCH_WARN, "channel %.*s: \"%s\" of an order of bucket %u "
                  "%s %.*s", (int) receipt->channel.len,
                  (char *) receipt->channel.data,
                  entry->kind ? entry->kind->name : "",
                  wismo_bucket(&receipt->order),
                  what == FETCH_TOLD_FAILED ? "came back:"
                                            : "was complained of",
                  (int) receipt->error.len, (char *) receipt->error.data);
    }
}
