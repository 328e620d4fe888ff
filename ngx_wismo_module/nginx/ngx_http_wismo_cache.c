
/*
 * Copyright (C) The Wismo authors
 *
 * The page cache, and the only file that touches what is shared by more than
 * an atomic counter.  It has a piece of the zone to itself, cut into heads of
 * orders and of answers, and into blocks, some of which hold the text: an
 * order's document, an answer's body.  Heads lie together, so that whoever
 * needs no text, as for a 304, looks at few pages of memory.  Orders are found
 * by a hash of their number and leave when they have not been used for
 * longest.
 *
 * A reply of Redis may be older than a change that was heard of before it
 * came.  So each lookup notes the epoch and the last change among the orders
 * that share its hash, and what comes back is kept only if both are the same.
 *
 * A worker may be killed at any place.  The master then unlocks, and the next
 * one that finds the cache marked as being changed begins it anew.
 *
 * What must never happen under the lock: an allocation, a log line, a parse,
 * or work without a bound.
 */


#include "ngx_http_wismo_cache.h"
#include "ngx_http_wismo_blocks.h"
#include "ngx_http_wismo_redis.h"


#define NGX_HTTP_WISMO_CACHE_MIN        32          /* blocks of text */
#define NGX_HTTP_WISMO_CACHE_BLOCK      4096
#define NGX_HTTP_WISMO_CACHE_ALIGN      64

/* of the zone's pages, what others may need: this many, or an eighth */
#define NGX_HTTP_WISMO_CACHE_OTHERS     8

#define NGX_HTTP_WISMO_CACHE_CHANGES    1024

/* how much one order may bring into the cache, and drive out of it */
#define NGX_HTTP_WISMO_CACHE_ANSWERS    16
#define NGX_HTTP_WISMO_CACHE_EVICTIONS  16

/* seconds without a canary, milliseconds of trust with and without one */
#define NGX_HTTP_WISMO_CACHE_CANARY     3
#define NGX_HTTP_WISMO_CACHE_HEARD      60000
#define NGX_HTTP_WISMO_CACHE_UNHEARD    2000
#define NGX_HTTP_WISMO_CACHE_STALE      86400000


typedef struct ngx_http_wismo_answer_s  ngx_http_wismo_answer_t;
typedef struct ngx_http_wismo_order_s   ngx_http_wismo_order_t;


struct ngx_http_wismo_answer_s {
    ngx_http_wismo_chain_t       chain;
    ngx_http_wismo_answer_t     *next;
    uint64_t                     serial;
    ngx_http_wismo_variant_t     variant;
    uint16_t                     theme;
    uint8_t                      gzipped;
    uint8_t                      etag_len;
    u_char                       etag[NGX_HTTP_WISMO_ETAG_MAX];
};


struct ngx_http_wismo_order_s {
    ngx_http_wismo_chain_t       chain;
    ngx_queue_t                  queue;
    ngx_http_wismo_order_t      *next;         /* of the same bucket */
    uint64_t                     hash;
    uint64_t                     serial;
    ngx_msec_t                   asked;
    ngx_atomic_uint_t            epoch;
    time_t                       used;
    ngx_http_wismo_answer_t     *answers;      /* the newest first */
    ngx_uint_t                   nanswers;
    wismo_document_t             head;
    size_t                       len;
    u_char                       number[WISMO_ORDER_NUMBER_MAX];
};


/* Outsiders find it by its first bytes: who looks into memory, and a test. */

#define NGX_HTTP_WISMO_CACHE_MARK       "wismo-c2"

struct ngx_http_wismo_cache_s {
    u_char                       mark[8];
    ngx_uint_t                   changing;     /* set while it is not whole */
    uint64_t                     serial;
    ngx_http_wismo_order_t     **buckets;
    ngx_uint_t                   nbuckets;     /* a power of 2 */
    ngx_queue_t                  used;         /* orders, the latest first */
    ngx_http_wismo_blocks_t      orders;
    ngx_http_wismo_blocks_t      answers;
    ngx_http_wismo_blocks_t      texts;        /* of both */
    uint64_t                     changes[NGX_HTTP_WISMO_CACHE_CHANGES];
};


static ngx_http_wismo_cache_t *ngx_http_wismo_cache_lock(void);
static void ngx_http_wismo_cache_unlock(void);
static void ngx_http_wismo_cache_change(ngx_http_wismo_cache_t *cache);
static void ngx_http_wismo_cache_changed(ngx_http_wismo_cache_t *cache);
static void ngx_http_wismo_cache_reset(ngx_http_wismo_cache_t *cache);
static ngx_http_wismo_order_t *ngx_http_wismo_cache_order(
    ngx_http_wismo_cache_t *cache, const wismo_str_t *number, uint64_t hash);
static ngx_uint_t ngx_http_wismo_cache_good(ngx_http_wismo_order_t *order,
    ngx_http_wismo_lookup_t *look);
static ngx_int_t ngx_http_wismo_cache_take(ngx_http_wismo_cache_t *cache,
    ngx_http_wismo_order_t *order, ngx_http_wismo_lookup_t *look);
static ngx_http_wismo_answer_t *ngx_http_wismo_cache_variant(
    ngx_http_wismo_order_t *order, ngx_http_wismo_variant_t *variant);
static void ngx_http_wismo_cache_remove(ngx_http_wismo_cache_t *cache,
    ngx_http_wismo_order_t *order);
static void ngx_http_wismo_cache_remove_answer(ngx_http_wismo_cache_t *cache,
    ngx_http_wismo_order_t *order, ngx_http_wismo_answer_t *answer);
static void *ngx_http_wismo_cache_alloc(ngx_http_wismo_cache_t *cache,
    ngx_http_wismo_blocks_t *heads, size_t len, ngx_http_wismo_order_t *order);


/* What this process has opened; NULL without a cache. */

static ngx_slab_pool_t         *ngx_http_wismo_cache_pool;
static ngx_http_wismo_shm_t    *ngx_http_wismo_cache_sh;
static ngx_http_wismo_cache_t  *ngx_http_wismo_cache;


ngx_int_t
ngx_http_wismo_cache_init(ngx_slab_pool_t *shpool, ngx_http_wismo_shm_t *sh)
{
    size_t                   size, table;
    u_char                  *p;
    ngx_uint_t               pages, n;
    ngx_http_wismo_cache_t  *cache;

    pages = shpool->pfree;
    n = ngx_max(NGX_HTTP_WISMO_CACHE_OTHERS, pages / 8);

    if (pages <= n) {
        return NGX_OK;
    }

    size = (pages - n) << ngx_pagesize_shift;

    /* a bucket for four blocks: an order has at least two or three */

    for (n = 64; n * 4 * NGX_HTTP_WISMO_CACHE_BLOCK < size; n <<= 1) {
        /* void */
    }

    table = n * sizeof(ngx_http_wismo_order_t *);

    if (size < sizeof(ngx_http_wismo_cache_t) + table
               + (NGX_HTTP_WISMO_CACHE_MIN + 1) * NGX_HTTP_WISMO_CACHE_BLOCK)
    {
        return NGX_OK;
    }

    /* all free pages of a new zone are in one piece */

    cache = ngx_slab_calloc(shpool, sizeof(ngx_http_wismo_cache_t));
    if (cache == NULL) {
        return NGX_ERROR;
    }

    size -= ngx_align(sizeof(ngx_http_wismo_cache_t), ngx_pagesize);

    p = ngx_slab_alloc(shpool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(cache->mark, NGX_HTTP_WISMO_CACHE_MARK, sizeof(cache->mark));

    cache->buckets = (ngx_http_wismo_order_t **) p;
    cache->nbuckets = n;

    /* an order has a block at least, and so has an answer */

    cache->orders.size = ngx_align(sizeof(ngx_http_wismo_order_t),
                                   NGX_HTTP_WISMO_CACHE_ALIGN);
    cache->answers.size = ngx_align(sizeof(ngx_http_wismo_answer_t),
                                    NGX_HTTP_WISMO_CACHE_ALIGN);
    cache->texts.size = NGX_HTTP_WISMO_CACHE_BLOCK;

    n = (size - table - NGX_HTTP_WISMO_CACHE_ALIGN)
        / (2 * cache->texts.size + cache->orders.size + cache->answers.size);

    cache->orders.n = n;
    cache->answers.n = n;
    cache->texts.n = 2 * n;

    cache->orders.start = ngx_align_ptr(p + table, NGX_HTTP_WISMO_CACHE_ALIGN);
    cache->answers.start = cache->orders.start + n * cache->orders.size;
    cache->texts.start = cache->answers.start + n * cache->answers.size;

    ngx_http_wismo_cache_reset(cache);

    sh->cache = cache;

    return NGX_OK;
}


void
ngx_http_wismo_cache_open(ngx_slab_pool_t *shpool, ngx_http_wismo_shm_t *sh)
{
    ngx_http_wismo_cache_pool = shpool;
    ngx_http_wismo_cache_sh = sh;
    ngx_http_wismo_cache = sh->cache;
}


ngx_int_t
ngx_http_wismo_cache_find(ngx_http_wismo_lookup_t *look)
{
    ngx_int_t                rc;
    ngx_http_wismo_cache_t  *cache;
    ngx_http_wismo_order_t  *order;

    look->document = 0;
    look->answer = 0;

    if (ngx_http_wismo_cache == NULL) {
        return NGX_DECLINED;
    }

    look->hash = wismo_hash64(look->number.data, look->number.len, 0);
    look->asked = ngx_current_msec;

    rc = NGX_DECLINED;

    cache = ngx_http_wismo_cache_lock();

    look->epoch = ngx_http_wismo_cache_sh->epoch;
    look->change = cache->changes[look->hash % NGX_HTTP_WISMO_CACHE_CHANGES];

    order = ngx_http_wismo_cache_order(cache, &look->number, look->hash);

    if (order && ngx_http_wismo_cache_good(order, look)) {
        rc = ngx_http_wismo_cache_take(cache, order, look);
    }

    ngx_http_wismo_cache_unlock();

    return rc;
}


ngx_int_t
ngx_http_wismo_cache_answer(ngx_http_wismo_lookup_t *look, u_char *dst)
{
    ngx_int_t                 rc;
    ngx_http_wismo_cache_t   *cache;
    ngx_http_wismo_order_t   *order;
    ngx_http_wismo_answer_t  *answer;

    rc = NGX_DECLINED;

    cache = ngx_http_wismo_cache_lock();

    order = ngx_http_wismo_cache_order(cache, &look->number, look->hash);

    if (order) {
        answer = ngx_http_wismo_cache_variant(order, &look->variant);

        if (answer && answer->serial == look->answer) {
            ngx_http_wismo_blocks_read(&cache->texts, &answer->chain, dst);
            rc = NGX_OK;
        }
    }

    ngx_http_wismo_cache_unlock();

    return rc;
}


ngx_int_t
ngx_http_wismo_cache_document(ngx_http_wismo_lookup_t *look, u_char *dst)
{
    ngx_int_t                rc;
    ngx_http_wismo_cache_t  *cache;
    ngx_http_wismo_order_t  *order;

    rc = NGX_DECLINED;

    cache = ngx_http_wismo_cache_lock();

    order = ngx_http_wismo_cache_order(cache, &look->number, look->hash);

    if (order && order->serial == look->document) {
        ngx_http_wismo_blocks_read(&cache->texts, &order->chain, dst);
        rc = NGX_OK;
    }

    ngx_http_wismo_cache_unlock();

    return rc;
}


ngx_int_t
ngx_http_wismo_cache_keep(ngx_http_wismo_lookup_t *look,
    const wismo_str_t *bytes, const wismo_document_t *doc)
{
    ngx_int_t                 rc;
    ngx_http_wismo_cache_t   *cache;
    ngx_http_wismo_order_t   *order, **bucket;

    if (ngx_http_wismo_cache == NULL) {
        return NGX_AGAIN;
    }

    rc = NGX_AGAIN;

    cache = ngx_http_wismo_cache_lock();

    if (look->epoch != ngx_http_wismo_cache_sh->epoch
        || look->change
           != cache->changes[look->hash % NGX_HTTP_WISMO_CACHE_CHANGES])
    {
        goto done;
    }

    order = ngx_http_wismo_cache_order(cache, &look->number, look->hash);

    if (order
        && ngx_http_wismo_blocks_same(&cache->texts, &order->chain,
                                      bytes->data, bytes->len))
    {
        /* another worker may have asked later and be answered before */

        if ((ngx_msec_int_t) (look->asked - order->asked) > 0) {
            order->asked = look->asked;
        }

        order->epoch = look->epoch;

        rc = ngx_http_wismo_cache_take(cache, order, look);

        goto done;
    }

    ngx_http_wismo_cache_change(cache);

    if (order) {
        ngx_http_wismo_cache_remove(cache, order);
    }

    order = ngx_http_wismo_cache_alloc(cache, &cache->orders, bytes->len,
                                       NULL);

    if (order) {
        order->hash = look->hash;
        order->serial = ++cache->serial;
        order->asked = look->asked;
        order->epoch = look->epoch;
        order->used = ngx_time();
        order->answers = NULL;
        order->nanswers = 0;
        order->head = *doc;
        wismo_str_null(&order->head.minimal);
        wismo_str_null(&order->head.full);
        wismo_str_null(&order->head.index);
        order->len = look->number.len;
        ngx_memcpy(order->number, look->number.data, look->number.len);

        ngx_http_wismo_blocks_write(&cache->texts, &order->chain,
                                    bytes->data);

        bucket = &cache->buckets[order->hash & (cache->nbuckets - 1)];

        order->next = *bucket;
        *bucket = order;

        ngx_queue_insert_head(&cache->used, &order->queue);

        look->document = order->serial;
    }

    ngx_http_wismo_cache_changed(cache);

done:

    ngx_http_wismo_cache_unlock();

    return rc;
}


void
ngx_http_wismo_cache_forget(ngx_http_wismo_lookup_t *look)
{
    ngx_http_wismo_cache_t  *cache;
    ngx_http_wismo_order_t  *order;

    if (ngx_http_wismo_cache == NULL) {
        return;
    }

    cache = ngx_http_wismo_cache_lock();

    order = ngx_http_wismo_cache_order(cache, &look->number, look->hash);

    if (order) {
        ngx_http_wismo_cache_change(cache);
        ngx_http_wismo_cache_remove(cache, order);
        ngx_http_wismo_cache_changed(cache);
    }

    ngx_http_wismo_cache_unlock();
}


ngx_int_t
ngx_http_wismo_cache_store(ngx_http_wismo_lookup_t *look, ngx_str_t *etag,
    ngx_str_t *body, ngx_uint_t gzipped)
{
    ngx_int_t                  rc;
    ngx_http_wismo_cache_t    *cache;
    ngx_http_wismo_order_t    *order;
    ngx_http_wismo_answer_t   *answer, *next;

    if (look->document == 0 || etag->len > NGX_HTTP_WISMO_ETAG_MAX) {
        return NGX_DECLINED;
    }

    rc = NGX_DECLINED;

    cache = ngx_http_wismo_cache_lock();

    order = ngx_http_wismo_cache_order(cache, &look->number, look->hash);

    if (order == NULL || order->serial != look->document) {
        goto done;
    }

    ngx_http_wismo_cache_change(cache);

    /* what the same client was told before the clock moved on, and the rest */

    for (answer = order->answers; answer; answer = next) {
        next = answer->next;

        if (answer->variant.moment != look->variant.moment
            && answer->variant.moment && look->variant.moment)
        {
            ngx_http_wismo_cache_remove_answer(cache, order, answer);
        }
    }

    answer = ngx_http_wismo_cache_variant(order, &look->variant);

    if (answer) {
        ngx_http_wismo_cache_remove_answer(cache, order, answer);

    } else if (order->nanswers == NGX_HTTP_WISMO_CACHE_ANSWERS) {

        for (answer = order->answers; answer->next; answer = answer->next) {
            /* void */
        }

        ngx_http_wismo_cache_remove_answer(cache, order, answer);
    }

    answer = ngx_http_wismo_cache_alloc(cache, &cache->answers, body->len,
                                        order);

    if (answer) {
        answer->serial = ++cache->serial;
        answer->variant = look->variant;
        answer->theme = (uint16_t) look->theme;
        answer->gzipped = (uint8_t) gzipped;
        answer->etag_len = (uint8_t) etag->len;
        ngx_memcpy(answer->etag, etag->data, etag->len);

        ngx_http_wismo_blocks_write(&cache->texts, &answer->chain,
                                    body->data);

        answer->next = order->answers;
        order->answers = answer;
        order->nanswers++;

        rc = NGX_OK;
    }

    ngx_http_wismo_cache_changed(cache);

done:

    ngx_http_wismo_cache_unlock();

    return rc;
}


void
ngx_http_wismo_cache_drop(const wismo_str_t *number, ngx_uint_t gone)
{
    uint64_t                 hash;
    ngx_http_wismo_cache_t  *cache;
    ngx_http_wismo_order_t  *order;

    if (ngx_http_wismo_cache == NULL) {
        return;
    }

    hash = wismo_hash64(number->data, number->len, 0);

    cache = ngx_http_wismo_cache_lock();

    cache->changes[hash % NGX_HTTP_WISMO_CACHE_CHANGES]++;

    order = ngx_http_wismo_cache_order(cache, number, hash);

    if (order && gone) {
        ngx_http_wismo_cache_change(cache);
        ngx_http_wismo_cache_remove(cache, order);
        ngx_http_wismo_cache_changed(cache);

    } else if (order) {

        /* none that will come: epochs only go up */

        order->epoch = ngx_http_wismo_cache_sh->epoch - 1;
    }

    ngx_http_wismo_cache_unlock();
}


void
ngx_http_wismo_cache_flush(void)
{
    ngx_http_wismo_cache_t  *cache;

    if (ngx_http_wismo_cache == NULL) {
        return;
    }

    cache = ngx_http_wismo_cache_lock();

    ngx_http_wismo_cache_change(cache);
    ngx_http_wismo_cache_reset(cache);
    ngx_http_wismo_cache_changed(cache);

    ngx_http_wismo_cache_unlock();
}


static ngx_http_wismo_cache_t *
ngx_http_wismo_cache_lock(void)
{
    ngx_http_wismo_cache_t  *cache;

    cache = ngx_http_wismo_cache;

    ngx_shmtx_lock(&ngx_http_wismo_cache_pool->mutex);

    if (cache->changing) {

        /* who changed it has died: it may be torn */

        ngx_http_wismo_cache_reset(cache);
        ngx_http_wismo_cache_changed(cache);

        (void) ngx_atomic_fetch_add(&ngx_http_wismo_cache_sh->cache_resets, 1);
    }

    return cache;
}


static void
ngx_http_wismo_cache_unlock(void)
{
    ngx_shmtx_unlock(&ngx_http_wismo_cache_pool->mutex);
}


/* Compilers may not move a change out of these two. */

static void
ngx_http_wismo_cache_change(ngx_http_wismo_cache_t *cache)
{
    cache->changing = 1;
    ngx_memory_barrier();
}


static void
ngx_http_wismo_cache_changed(ngx_http_wismo_cache_t *cache)
{
    ngx_memory_barrier();
    cache->changing = 0;
}


static void
ngx_http_wismo_cache_reset(ngx_http_wismo_cache_t *cache)
{
    ngx_memzero(cache->buckets,
                cache->nbuckets * sizeof(ngx_http_wismo_order_t *));

    ngx_queue_init(&cache->used);

    ngx_http_wismo_blocks_reset(&cache->orders);
    ngx_http_wismo_blocks_reset(&cache->answers);
    ngx_http_wismo_blocks_reset(&cache->texts);
}


static ngx_http_wismo_order_t *
ngx_http_wismo_cache_order(ngx_http_wismo_cache_t *cache,
    const wismo_str_t *number, uint64_t hash)
{
    ngx_http_wismo_order_t  *order;

    order = cache->buckets[hash & (cache->nbuckets - 1)];

    while (order) {

        if (order->hash == hash
            && order->len == number->len
            && ngx_memcmp(order->number, number->data, number->len) == 0)
        {
            return order;
        }

        order = order->next;
    }

    return NULL;
}


/*
 * While a fetcher's canary is heard, every change is.  Without it a change
 * may be missed, and what was read is soon asked for again.
 */

static ngx_uint_t
ngx_http_wismo_cache_good(ngx_http_wismo_order_t *order,
    ngx_http_wismo_lookup_t *look)
{
    time_t          canary;
    ngx_msec_t      limit;
    ngx_msec_int_t  age;

    /* another worker's clock may be a moment ahead */

    age = (ngx_msec_int_t) (ngx_current_msec - order->asked);

    look->age = (age < 0) ? 0 : (ngx_msec_t) age;

    if (look->variant.stale) {
        return look->age < NGX_HTTP_WISMO_CACHE_STALE;
    }

    if (order->epoch != look->epoch) {
        return 0;
    }

    canary = ngx_http_wismo_watch_canary_age();

    limit = (canary >= 0 && canary < NGX_HTTP_WISMO_CACHE_CANARY)
            ? NGX_HTTP_WISMO_CACHE_HEARD : NGX_HTTP_WISMO_CACHE_UNHEARD;

    return look->age < limit;
}


static ngx_int_t
ngx_http_wismo_cache_take(ngx_http_wismo_cache_t *cache,
    ngx_http_wismo_order_t *order, ngx_http_wismo_lookup_t *look)
{
    ngx_http_wismo_answer_t  *answer;

    /* once a second is often enough to tell what is in use */

    if (order->used != ngx_time()) {
        ngx_http_wismo_cache_change(cache);

        order->used = ngx_time();
        ngx_queue_remove(&order->queue);
        ngx_queue_insert_head(&cache->used, &order->queue);

        ngx_http_wismo_cache_changed(cache);
    }

    look->document = order->serial;
    look->size = order->chain.len;
    look->head = order->head;

    answer = ngx_http_wismo_cache_variant(order, &look->variant);

    if (answer == NULL) {
        return NGX_AGAIN;
    }

    look->answer = answer->serial;
    look->len = answer->chain.len;
    look->theme = answer->theme;
    look->gzipped = answer->gzipped;
    look->etag.len = answer->etag_len;
    look->etag.data = look->buf;
    ngx_memcpy(look->buf, answer->etag, answer->etag_len);

    return NGX_OK;
}


static ngx_http_wismo_answer_t *
ngx_http_wismo_cache_variant(ngx_http_wismo_order_t *order,
    ngx_http_wismo_variant_t *variant)
{
    ngx_http_wismo_answer_t  *answer;

    for (answer = order->answers; answer; answer = answer->next) {
        if (ngx_memcmp(&answer->variant, variant,
                       sizeof(ngx_http_wismo_variant_t))
            == 0)
        {
            return answer;
        }
    }

    return NULL;
}


static void
ngx_http_wismo_cache_remove(ngx_http_wismo_cache_t *cache,
    ngx_http_wismo_order_t *order)
{
    ngx_http_wismo_order_t  **p;

    p = &cache->buckets[order->hash & (cache->nbuckets - 1)];

    while (*p != order) {
        p = &(*p)->next;
    }

    *p = order->next;

    ngx_queue_remove(&order->queue);

    while (order->answers) {
        ngx_http_wismo_cache_remove_answer(cache, order, order->answers);
    }

    ngx_http_wismo_blocks_free(&cache->texts, &order->chain);
    ngx_http_wismo_blocks_put(&cache->orders, order);
}


static void
ngx_http_wismo_cache_remove_answer(ngx_http_wismo_cache_t *cache,
    ngx_http_wismo_order_t *order, ngx_http_wismo_answer_t *answer)
{
    ngx_http_wismo_answer_t  **p;

    p = &order->answers;

    while (*p != answer) {
        p = &(*p)->next;
    }

    *p = answer->next;
    order->nanswers--;

    ngx_http_wismo_blocks_free(&cache->texts, &answer->chain);
    ngx_http_wismo_blocks_put(&cache->answers, answer);
}


/*
 * A head and blocks for its text, if need be those of orders that were used
 * least recently, but never those of "order".
 */

static void *
ngx_http_wismo_cache_alloc(ngx_http_wismo_cache_t *cache,
    ngx_http_wismo_blocks_t *heads, size_t len, ngx_http_wismo_order_t *order)
{
    ngx_uint_t               i, n;
    ngx_queue_t             *q;
    ngx_http_wismo_chain_t  *chain;
    ngx_http_wismo_order_t  *old;

    n = ngx_http_wismo_blocks_needed(&cache->texts, len);

    if (n > cache->texts.n / 4) {
        return NULL;
    }

    for (i = 0; cache->texts.nfree < n || heads->nfree == 0; i++) {

        q = ngx_queue_last(&cache->used);

        if (i == NGX_HTTP_WISMO_CACHE_EVICTIONS
            || q == ngx_queue_sentinel(&cache->used))
        {
            return NULL;
        }

        old = ngx_queue_data(q, ngx_http_wismo_order_t, queue);

        if (old == order) {
            return NULL;
        }

        ngx_http_wismo_cache_remove(cache, old);

        (void) ngx_atomic_fetch_add(&ngx_http_wismo_cache_sh->cache_evictions,
                                    1);
    }

    /* which is what a head begins with */

    chain = ngx_http_wismo_blocks_take(heads);

    ngx_http_wismo_blocks_chain(&cache->texts, chain, len);

    return chain;
}
