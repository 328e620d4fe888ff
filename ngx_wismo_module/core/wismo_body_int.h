
/*
 * Copyright (C) The Wismo authors
 *
 * The checks that the files reading an order's body share; all others see
 * wismo_order_body() in wismo_order.h.
 */


#ifndef _WISMO_BODY_INT_H_INCLUDED_
#define _WISMO_BODY_INT_H_INCLUDED_


#include "wismo_order.h"


#define WISMO_BODY_REQUIRED  0x01
#define WISMO_BODY_URL       0x02     /* https, no user, plain ASCII */
#define WISMO_BODY_ID        0x04     /* A-Z a-z 0-9 . _ - */


/* A place in the body: a chain from the innermost out, for its pointer. */

typedef struct wismo_body_at_s  wismo_body_at_t;

struct wismo_body_at_s {
    const wismo_body_at_t    *in;
    const char               *name;       /* NULL: an index */
    size_t                    index;
};


typedef struct {
    wismo_pool_t             *pool;
    const wismo_body_rules_t *rules;
    wismo_error_t            *errors;
    int                       max;
    int                       n;
    size_t                    bytes;      /* of texts kept, as JSON */
    bool                      failed;     /* no memory */
} wismo_body_t;


/* "name" is a member at "at", or NULL for the place itself. */
void wismo_body_fault(wismo_body_t *b, const wismo_body_at_t *at,
    const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Faults for all members that "names", ended by NULL, does not have. */
void wismo_body_known(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *const *names);

/*
 * Members by type.  null counts as absent; what is absent or faulty gives
 * NULL, false, an empty string or "otherwise".
 */
const json_t *wismo_body_object(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name);
const json_t *wismo_body_array(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, size_t max);
bool wismo_body_string(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, size_t max, unsigned flags,
    wismo_str_t *s);
bool wismo_body_word(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, unsigned flags, wismo_str_t *s);
int wismo_body_quantity(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object);
bool wismo_body_when(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, unsigned flags,
    wismo_when_t *when);

/* An instant, or a day, which then is its midnight in UTC; the offset is 0
 * unless one is written after the time. */
int64_t wismo_body_time(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *object, const char *name, bool *day, int16_t *offset);

/* shipments[], with "items" of the order already read. */
void wismo_body_shipments(wismo_body_t *b, const wismo_body_at_t *at,
    const json_t *body, wismo_order_t *order);


#endif /* _WISMO_BODY_INT_H_INCLUDED_ */
