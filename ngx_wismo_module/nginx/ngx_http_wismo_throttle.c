
/*
 * Copyright (C) The Wismo authors
 *
 * The table of failed look-ups.  It has a fixed size, and three regions: who
 * sends many guesses about one thing must not push out what is remembered of
 * the others.  An entry is one word, changed by compare and swap: there is no
 * lock that a worker could die with.
 *
 * An entry holds when counting began, in minutes, how many failed since, and
 * some bits of a keyed hash; no address, number or e-mail is here.  It stands
 * in one of the places of its row.  When all are taken, the one that is over
 * goes, or else the one with the fewest failures, of those the oldest.
 *
 * What must never be here: a verdict on a signed link.  Whoever has one can
 * not be locked out by others' failures.
 */


#include "ngx_http_wismo_throttle.h"


#define NGX_HTTP_WISMO_THROTTLE_ROW    8       /* a cache line */
#define NGX_HTTP_WISMO_THROTTLE_MIN    4096
#define NGX_HTTP_WISMO_THROTTLE_MAX    4194304
#define NGX_HTTP_WISMO_THROTTLE_SHARE  8       /* an eighth of the zone */
#define NGX_HTTP_WISMO_THROTTLE_TRIES  8

/* of a minute, for all clients together: then somebody is guessing */
#define NGX_HTTP_WISMO_THROTTLE_ALARM  100

#define ngx_http_wismo_entry(tag, minute, count)                              \
    ((uint64_t) (tag) << 40 | (uint64_t) ((minute) & 0xffffff) << 16 | (count))
#define ngx_http_wismo_entry_tag(e)     ((e) >> 40)
#define ngx_http_wismo_entry_minute(e)  ((ngx_uint_t) ((e) >> 16) & 0xffffff)
#define ngx_http_wismo_entry_count(e)   ((ngx_uint_t) (e) & 0xffff)


struct ngx_http_wismo_failures_s {
    uint64_t                    *entries;
    ngx_uint_t                   first[NGX_HTTP_WISMO_LIMITS];
    ngx_uint_t                   rows[NGX_HTTP_WISMO_LIMITS];
    ngx_atomic_t                 minute;       /* the last one, and how many */
    ngx_atomic_t                 count;        /* failed in it */
};


static uint64_t *ngx_http_wismo_throttle_row(ngx_http_wismo_failures_t *f,
    ngx_uint_t axis, uint64_t key);
static ngx_uint_t ngx_http_wismo_throttle_over(uint64_t entry,
    ngx_uint_t minute, ngx_http_wismo_limit_t *limit);
static void ngx_http_wismo_throttle_add(uint64_t *row, uint64_t key,
    ngx_uint_t minute, ngx_http_wismo_limit_t *limit);
static void ngx_http_wismo_throttle_alarm(ngx_http_request_t *r,
    ngx_http_wismo_failures_t *f, ngx_uint_t minute);


/* orders are what is guessed at: they have half of the table */
static ngx_uint_t  ngx_http_wismo_throttle_parts[] = { 4, 2, 4 };


ngx_int_t
ngx_http_wismo_throttle_init(ngx_slab_pool_t *shpool, ngx_http_wismo_shm_t *sh,
    size_t size)
{
    ngx_uint_t                  i, n, rows;
    ngx_http_wismo_failures_t  *f;

    size /= NGX_HTTP_WISMO_THROTTLE_SHARE;
    size = ngx_max(size, NGX_HTTP_WISMO_THROTTLE_MIN);
    size = ngx_min(size, NGX_HTTP_WISMO_THROTTLE_MAX);

    f = ngx_slab_calloc(shpool, sizeof(ngx_http_wismo_failures_t));
    if (f == NULL) {
        return NGX_ERROR;
    }

    rows = size / (NGX_HTTP_WISMO_THROTTLE_ROW * sizeof(uint64_t));

    f->entries = ngx_slab_calloc(shpool, rows * NGX_HTTP_WISMO_THROTTLE_ROW
                                         * sizeof(uint64_t));
    if (f->entries == NULL) {
        return NGX_ERROR;
    }

    n = 0;

    for (i = 0; i < NGX_HTTP_WISMO_LIMITS; i++) {
        f->first[i] = n;
        f->rows[i] = rows / ngx_http_wismo_throttle_parts[i];
        n += f->rows[i];
    }

    sh->failures = f;

    return NGX_OK;
}


void
ngx_http_wismo_throttle_keys(ngx_http_request_t *r,
    ngx_http_wismo_throttle_t *th, const wismo_str_t *order,
    const wismo_str_t *claim)
{
    u_char                      *p;
    size_t                       len;
    uint64_t                     seed;
    struct sockaddr_in          *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6         *sin6;
#endif
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    /* nobody outside can tell what falls into one row */

    ngx_memcpy(&seed, wmcf->peppers.key[0], sizeof(uint64_t));

    p = NULL;
    len = 0;

    switch (r->connection->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        p = (u_char *) &sin->sin_addr;
        len = 4;
        break;

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;
        p = sin6->sin6_addr.s6_addr;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            p += 12;
            len = 4;

        } else {
            len = 8;
        }

        break;

#endif

    default:
        /* a socket of this host: a proxy's, which all clients share */
        break;
    }

    th->keys[NGX_HTTP_WISMO_LIMIT_CLIENT] = p ? wismo_hash64(p, len, seed) : 0;
    th->keys[NGX_HTTP_WISMO_LIMIT_ORDER] = wismo_hash64(order->data,
                                                        order->len, seed);
    th->keys[NGX_HTTP_WISMO_LIMIT_FACTOR] = wismo_hash64(claim->data,
                                                         claim->len, seed);
}


ngx_uint_t
ngx_http_wismo_throttled(ngx_http_request_t *r, ngx_http_wismo_throttle_t *th)
{
    uint64_t                    *row;
    ngx_uint_t                   i, k, minute, over;
    ngx_http_wismo_shm_t        *sh;
    ngx_http_wismo_limit_t      *limit;
    ngx_http_wismo_loc_conf_t   *wlcf;

    sh = ngx_http_wismo_shm();
    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    minute = (ngx_time() / 60) & 0xffffff;
    over = 0;

    /* all of it, whatever is found: it takes the same time */

    for (i = 0; i < NGX_HTTP_WISMO_LIMITS; i++) {
        limit = &wlcf->limits[i];
        row = ngx_http_wismo_throttle_row(sh->failures, i, th->keys[i]);

        for (k = 0; k < NGX_HTTP_WISMO_THROTTLE_ROW; k++) {

            over |= (ngx_http_wismo_entry_tag(row[k]) == th->keys[i] >> 40)
                    & (th->keys[i] != 0)
                    & (limit->failures != 0)
                    & (ngx_http_wismo_entry_count(row[k]) >= limit->failures)
                    & !ngx_http_wismo_throttle_over(row[k], minute, limit);
        }
    }

    return over;
}


void
ngx_http_wismo_throttle_failed(ngx_http_request_t *r,
    ngx_http_wismo_throttle_t *th)
{
    ngx_http_wismo_throttle_count(r, th);
    ngx_http_wismo_throttle_alarm(r, ngx_http_wismo_shm()->failures,
                                  (ngx_time() / 60) & 0xffffff);
}


void
ngx_http_wismo_throttle_count(ngx_http_request_t *r,
    ngx_http_wismo_throttle_t *th)
{
    ngx_uint_t                  i, minute;
    ngx_http_wismo_shm_t       *sh;
    ngx_http_wismo_loc_conf_t  *wlcf;

    sh = ngx_http_wismo_shm();
    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    minute = (ngx_time() / 60) & 0xffffff;

    for (i = 0; i < NGX_HTTP_WISMO_LIMITS; i++) {

        if (th->keys[i] == 0) {
            continue;
        }

        ngx_http_wismo_throttle_add(
            ngx_http_wismo_throttle_row(sh->failures, i, th->keys[i]),
            th->keys[i], minute, &wlcf->limits[i]);
    }
}


ngx_uint_t
ngx_http_wismo_throttle_kind(ngx_http_request_t *r, const char *kind,
    const wismo_str_t *order, ngx_uint_t clients)
{
    u_char                     *p, buf[WISMO_ORDER_NUMBER_MAX + 16];
    wismo_str_t                 name, own;
    ngx_http_wismo_throttle_t   th;

    own.data = (u_char *) kind;
    own.len = ngx_strlen(kind);

    p = ngx_cpymem(buf, own.data, own.len);
    p = ngx_cpymem(p, order->data, order->len);

    name.data = buf;
    name.len = p - buf;

    ngx_http_wismo_throttle_keys(r, &th, &name, &own);

    /* of this kind a client has other numbers than of failed look-ups */

    if (clients && th.keys[NGX_HTTP_WISMO_LIMIT_CLIENT]) {
        th.keys[NGX_HTTP_WISMO_LIMIT_CLIENT] ^=
                                         th.keys[NGX_HTTP_WISMO_LIMIT_FACTOR];

    } else {
        th.keys[NGX_HTTP_WISMO_LIMIT_CLIENT] = 0;
    }

    th.keys[NGX_HTTP_WISMO_LIMIT_FACTOR] = 0;

    if (ngx_http_wismo_throttled(r, &th)) {
        return 1;
    }

    ngx_http_wismo_throttle_count(r, &th);

    return 0;
}


static uint64_t *
ngx_http_wismo_throttle_row(ngx_http_wismo_failures_t *f, ngx_uint_t axis,
    uint64_t key)
{
    ngx_uint_t  row;

    row = f->first[axis] + (uint32_t) key % f->rows[axis];

    return f->entries + row * NGX_HTTP_WISMO_THROTTLE_ROW;
}


/* It began too long ago; or later than now, when clocks were set back. */

static ngx_uint_t
ngx_http_wismo_throttle_over(uint64_t entry, ngx_uint_t minute,
    ngx_http_wismo_limit_t *limit)
{
    return ((minute - ngx_http_wismo_entry_minute(entry)) & 0xffffff)
           >= limit->minutes;
}


static void
ngx_http_wismo_throttle_add(uint64_t *row, uint64_t key, ngx_uint_t minute,
    ngx_http_wismo_limit_t *limit)
{
    uint64_t    old, new, tag;
    ngx_uint_t  i, k, place, age, count, worth, least, try;

    tag = key >> 40;

    for (try = 0; try < NGX_HTTP_WISMO_THROTTLE_TRIES; try++) {

        place = 0;
        old = 0;
        least = NGX_MAX_UINT32_VALUE;

        for (i = 0; i < NGX_HTTP_WISMO_THROTTLE_ROW; i++) {

            new = row[i];
            count = ngx_http_wismo_entry_count(new);

            if (count && ngx_http_wismo_entry_tag(new) == tag) {
                place = i;
                old = new;
                break;
            }

            k = (minute - ngx_http_wismo_entry_minute(new)) & 0xffffff;
            age = ngx_min(k, 0xffff);

            worth = (count == 0 || k >= limit->minutes)
                    ? 0 : count << 16 | (0xffff - age);

            if (worth < least) {
                least = worth;
                place = i;
                old = new;
            }
        }

        count = ngx_http_wismo_entry_count(old);

        if (i < NGX_HTTP_WISMO_THROTTLE_ROW
            && !ngx_http_wismo_throttle_over(old, minute, limit))
        {
            new = ngx_http_wismo_entry(tag, ngx_http_wismo_entry_minute(old),
                                       count < 0xffff ? count + 1 : count);

        } else {
            new = ngx_http_wismo_entry(tag, minute, 1);
        }

        if (__sync_bool_compare_and_swap(&row[place], old, new)) {
            return;
        }
    }
}


/* Somebody should look, once a minute. */

static void
ngx_http_wismo_throttle_alarm(ngx_http_request_t *r,
    ngx_http_wismo_failures_t *f, ngx_uint_t minute)
{
    ngx_atomic_uint_t  last, n;

    last = f->minute;

    if (last != minute && ngx_atomic_cmp_set(&f->minute, last, minute)) {
        f->count = 0;
    }

    n = ngx_atomic_fetch_add(&f->count, 1);

    if (n + 1 == NGX_HTTP_WISMO_THROTTLE_ALARM) {
        ngx_log_error(NGX_LOG_WARN, r->connection->log, 0,
                      "wismo: %d look-ups failed within a minute: somebody "
                      "may be guessing", NGX_HTTP_WISMO_THROTTLE_ALARM);
    }
}
