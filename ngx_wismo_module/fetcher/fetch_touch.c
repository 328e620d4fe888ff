
/*
 * Copyright (C) The Wismo authors
 *
 * Most polls end here: nothing new.  fetch_ask.c gathers them while replies
 * are handled, fetch_poll.c has them sent in the next turn of the loop.  What
 * holds the lease is written, whatever version the document has by then; all
 * that would make its place in it another one ends the lease
 * (fetch_commit.c).
 */


#include "fetch_touch.h"
#include "fetch_args.h"

#include <stdlib.h>


#define FETCH_TOUCH_POOL     (4 * 1024 * 1024)
#define FETCH_TOUCH_MAX      64               /* in one script */


struct fetch_touched_s {
    unsigned                  bucket;
    const wismo_str_t        *carrier;
    wismo_str_t               order;
    wismo_str_t               member;
    wismo_str_t               lease;
    int64_t                   next;
    bool                      hold;
    bool                      fresh;
    wismo_document_patch_t    patch;
    fetch_field_t             field;
    fetch_touched_t          *following;
};


static int fetch_touches_one(fetch_touches_t *touches);
static bool fetch_touched_with(const fetch_touched_t *a,
    const fetch_touched_t *b);
static int fetch_touches_script(fetch_touches_t *touches,
    fetch_touched_t **list, unsigned n);
static int fetch_touched_order(const void *one, const void *two);
static bool fetch_touched_place(const fetch_touched_t *a,
    const fetch_touched_t *b);
static unsigned fetch_touches_places(fetch_touched_t **list, unsigned n);
static void fetch_touches_group(fetch_args_t *args, fetch_touched_t **list,
    unsigned n);


void
fetch_touches_init(fetch_touches_t *touches, fetch_redis_t *r)
{
    touches->redis = r;
    touches->first = NULL;
    touches->last = &touches->first;

    wismo_pool_init(&touches->pool, FETCH_TOUCH_POOL, NULL, NULL);
}


void
fetch_touches_done(fetch_touches_t *touches)
{
    wismo_pool_done(&touches->pool);
}


int
fetch_touch(fetch_touches_t *touches, const fetch_touch_t *touch)
{
    wismo_pool_t     *pool;
    fetch_touched_t  *t;

    pool = &touches->pool;
    t = wismo_pcalloc(pool, sizeof(fetch_touched_t));

    if (t == NULL
        || fetch_member(pool, touch->order, touch->parcel, &t->member)
           != WISMO_OK
        || wismo_pstrdup(pool, &t->lease, &touch->lease) != WISMO_OK
        || wismo_pstrdup(pool, &t->field.name, &touch->field.name) != WISMO_OK
        || wismo_pstrdup(pool, &t->field.value, &touch->field.value)
           != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    t->order.data = t->member.data;
    t->order.len = touch->order->len;
    t->bucket = wismo_bucket(touch->order);
    t->carrier = touch->carrier;
    t->next = touch->next;
    t->hold = touch->hold;
    t->fresh = touch->fresh;

    if (t->fresh
        && wismo_document_patch(pool, touch->index, touch->checked_at,
                                (touch->next < 0) ? WISMO_TIME_NONE
                                                  : touch->next / 1000,
                                &t->patch) != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    *touches->last = t;
    touches->last = &t->following;

    return WISMO_OK;
}


int
fetch_touches_send(fetch_touches_t *touches)
{
    int  rc;

    if (touches->first == NULL) {
        return WISMO_OK;
    }

    rc = WISMO_OK;

    while (touches->first && rc == WISMO_OK) {
        rc = fetch_touches_one(touches);
    }

    touches->first = NULL;
    touches->last = &touches->first;

    wismo_pool_reset(&touches->pool);

    return rc;
}


/* The first one, and all that go with it. */

static int
fetch_touches_one(fetch_touches_t *touches)
{
    unsigned           n;
    fetch_touched_t   *t, **place, *list[FETCH_TOUCH_MAX];

    list[0] = touches->first;
    touches->first = list[0]->following;

    n = 1;
    place = &touches->first;

    while ((t = *place) != NULL && n < FETCH_TOUCH_MAX) {

        if (fetch_touched_with(list[0], t)) {
            list[n++] = t;
            *place = t->following;
            continue;
        }

        place = &t->following;
    }

    return fetch_touches_script(touches, list, n);
}


static bool
fetch_touched_with(const fetch_touched_t *a, const fetch_touched_t *b)
{
    return a->bucket == b->bucket && a->carrier == b->carrier
           && wismo_str_eq(&a->lease, &b->lease);
}


static int
fetch_touches_script(fetch_touches_t *touches, fetch_touched_t **list,
    unsigned n)
{
    unsigned          i, k, nfields, nkeys;
    fetch_args_t      args;
    fetch_touched_t  *t;

    nfields = 0;

    for (i = 0; i < n; i++) {
        nfields += (list[i]->field.name.len != 0);
    }

    qsort(list, n, sizeof(fetch_touched_t *), fetch_touched_order);

    fetch_args_init(&args, &touches->pool, 4 + n * (1 + 5) + nfields * 4);
    fetch_args_due(&args, list[0]->bucket, list[0]->carrier);

    for (i = 0; i < n; i++) {
        fetch_args_key(&args, wismo_key_document, &list[i]->order);
    }

    for (i = 0; i < n; i++) {
        if (list[i]->field.name.len) {
            fetch_args_key(&args, wismo_key_ledger, &list[i]->order);
        }
    }

    nkeys = args.n;

    fetch_args_add(&args, list[0]->lease.data, list[0]->lease.len);
    fetch_args_number(&args, FETCH_TTL);
    fetch_args_number(&args, 4 + 3 * n + 2 * fetch_touches_places(list, n));

    for (i = 0; i < n; i += k) {

        for (k = 1; i + k < n; k++) {
            if (!fetch_touched_place(list[i], list[i + k])) {
                break;
            }
        }

        if (list[i]->fresh) {
            fetch_args_number(&args, (int64_t) list[i]->patch.offset);

        } else {
            fetch_args_text(&args, "");
        }

        fetch_args_number(&args, k);

        fetch_touches_group(&args, list + i, k);
    }

    for (i = 0; i < n; i++) {
        t = list[i];

        if (t->field.name.len) {
            fetch_args_add(&args, t->member.data, t->member.len);
            fetch_args_add(&args, t->field.name.data, t->field.name.len);
            fetch_args_add(&args, t->field.value.data, t->field.value.len);
        }
    }

    if (args.failed) {
        return WISMO_ERROR;
    }

    return fetch_redis_defer_script(touches->redis, FETCH_SCRIPT_UNCHANGED,
                                    (int) nkeys, (int) args.n, args.argv);
}


/* Those with one place together, and the latest dates first. */

static int
fetch_touched_order(const void *one, const void *two)
{
    const fetch_touched_t  *a, *b;

    a = *(fetch_touched_t *const *) one;
    b = *(fetch_touched_t *const *) two;

    if (a->patch.offset != b->patch.offset) {
        return (a->patch.offset < b->patch.offset) ? -1 : 1;
    }

    return (a->next < b->next) - (a->next > b->next);
}


/* Without a patch the offset is 0, which is the header's. */

static bool
fetch_touched_place(const fetch_touched_t *a, const fetch_touched_t *b)
{
    return a->patch.offset == b->patch.offset;
}


static unsigned
fetch_touches_places(fetch_touched_t **list, unsigned n)
{
    unsigned  i, places;

    places = 1;

    for (i = 1; i < n; i++) {
        places += !fetch_touched_place(list[i - 1], list[i]);
    }

    return places;
}


static void
fetch_touches_group(fetch_args_t *args, fetch_touched_t **list, unsigned n)
{
    unsigned          i;
    fetch_touched_t  *t;

    for (i = 0; i < n; i++) {
        t = list[i];

        fetch_args_add(args, t->member.data, t->member.len);

        if (t->hold) {
            fetch_args_text(args, "");

        } else if (t->next < 0) {
            fetch_args_text(args, "-");

        } else {
            fetch_args_number(args, t->next);
        }

        fetch_args_add(args, t->patch.bytes.data, t->patch.bytes.len);
    }
}
