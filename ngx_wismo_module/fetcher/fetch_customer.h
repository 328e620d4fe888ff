
/*
 * Copyright (C) The Wismo authors
 *
 * A person, known by an e-mail address or a telephone number: the orders that
 * name it, and erasing all of them.
 */


#ifndef _FETCH_CUSTOMER_H_INCLUDED_
#define _FETCH_CUSTOMER_H_INCLUDED_


#include "fetch_commit.h"
#include "fetch_trace.h"


typedef struct {
    wismo_factor_e            factor;         /* EMAIL or PHONE */
    wismo_str_t               typed;
    wismo_str_t               form;           /* the one form of it */
    const char               *code;           /* of a number that has none:
                                                 its country's; NULL: of any */
    wismo_str_t               email;          /* of a number: orders with
                                                 another address are others';
                                                 empty: whoever's */
} fetch_person_t;

/* WISMO_DECLINED if the text is no such thing; the form is in the pool. */
int fetch_person(fetch_person_t *person, wismo_pool_t *pool,
    wismo_factor_e factor, const wismo_str_t *typed);

/* Whether an order's body names this person; or a number that ends alike, of
 * another country. */

typedef enum {
    FETCH_PERSON_OTHER = 0,
    FETCH_PERSON_ELSEWHERE,
    FETCH_PERSON_IS
} fetch_person_e;

fetch_person_e fetch_person_match(const fetch_person_t *person,
    const json_t *body);


#define FETCH_CUSTOMER_ADDRESSES  64          /* that are counted */

typedef struct {
    wismo_str_t              *orders;         /* their numbers, each once */
    unsigned                  n;
    unsigned                  elsewhere;      /* that end alike, and are of
                                                 another country */
    unsigned                  addresses;      /* e-mail, of the orders */
    uint64_t                  address[FETCH_CUSTOMER_ADDRESSES];
    unsigned                  closed;         /* records that don't open: whose
                                                 they are can't be known */
    uint64_t                  looked;         /* records that were read */
} fetch_customer_t;


/*
 * By the index, with each key there is: a round trip.  conf->index must be
 * there (fetch_config_contact()).  At most FETCH_TRACE_ORDERS; the others are
 * found when these are erased.
 */
int fetch_customer_find(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, fetch_customer_t *customer);

/*
 * By reading all there is, which takes its time: for orders that came before
 * there was an index, or a key.  "at" is told how far it is, of the keys in
 * Redis.
 */
int fetch_customer_scan(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, fetch_customer_t *customer,
    void (*at)(void *data, uint64_t keys, uint64_t records), void *data);


/*
 * Erases what fetch_customer_find() has found, with each order's traces and
 * the person's; counts, so that a part that is done is told if Redis goes.
 * The same again goes on from there.
 */

typedef struct {
    unsigned                  orders;
    unsigned                  traces;
    unsigned                  closed;         /* letters that can't be opened:
                                                 nobody knows whose they are */
} fetch_erased_t;

/* Tells people of these, with what to do. */
void fetch_customer_closed(unsigned closed);

/* What to look for elsewhere: for handing it out, too. */
int fetch_customer_trace(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, const fetch_customer_t *customer,
    fetch_trace_t *trace);

/* With a letter's "id" nothing that came after it is erased; "person" may be
 * NULL: then orders alone are known. */
int fetch_customer_erase(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, const fetch_customer_t *customer,
    const wismo_str_t *id, fetch_erased_t *erased);

/* All that is kept of the person and of these orders, to be freed by the
 * caller; NULL: Redis is down, r->error tells.  Likewise without "person". */
json_t *fetch_customer_export(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_person_t *person, const fetch_customer_t *customer,
    bool complete);

/* One order and its traces: as fetch_erase(), or with a letter's "id" as
 * fetch_erase_as(). */
fetch_commit_e fetch_erase_traces(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, const wismo_str_t *id, bool *found,
    fetch_erased_t *erased);


#endif /* _FETCH_CUSTOMER_H_INCLUDED_ */
