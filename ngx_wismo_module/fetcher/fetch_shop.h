
/*
 * Copyright (C) The Wismo authors
 *
 * Shop platforms as data: one JSON file each (shops/, docs/shops.md) says how
 * a platform's webhooks are signed, which topics there are, and where in them
 * an order, a shipment or an event is.  fetch_letter.c and "wismo shop" call.
 * No I/O but reading the file, and no clock.
 */


#ifndef _FETCH_SHOP_H_INCLUDED_
#define _FETCH_SHOP_H_INCLUDED_


#include "fetch_adapter.h"


#define FETCH_SHOPS_MAX      32
#define FETCH_SHOP_ID_MAX    64               /* of an order, a shipment */


typedef struct fetch_shop_adapter_s  fetch_shop_adapter_t;


/* What a webhook is about; the names are those of the file's sections. */

typedef enum {
    FETCH_SHOP_NONE = 0,                      /* known, and of no concern */
    FETCH_SHOP_ORDER,
    FETCH_SHOP_SHIPMENT,
    FETCH_SHOP_EVENT,
    FETCH_SHOP_REMOVED,
    FETCH_SHOP_REDACT,                        /* a customer is to be erased */
    FETCH_SHOP_REDACT_SHOP,
    FETCH_SHOP_DATA_REQUEST,
    FETCH_SHOP_RETURN,                        /* read as a shipment */
    FETCH_SHOP_RETURN_OF,                     /* which order it belongs to */
    FETCH_SHOP_KINDS
} fetch_shop_kind_e;


/* A hook that a shop's webhooks come in by. */

typedef struct {
    wismo_str_t               name;           /* of the hook */
    const char               *file;           /* of the adapter */
    const char               *brand;          /* of its orders, or "" */
    const char               *prefix;         /* of their numbers, or "" */
    bool                      keep;           /* what it said last */
    fetch_shop_adapter_t     *adapter;        /* NULL until loaded */
} fetch_shop_t;


/* What carriers are called: whatever a shop may write, and whose name that
 * is in orders. */

typedef struct fetch_names_s  fetch_names_t;


/*
 * Loads and validates a shop's file; all faults are collected, as those of a
 * carrier's adapter are.  Returns their number; the adapter is set when it is
 * 0, immutable, and freed by fetch_shop_free().
 */
int fetch_shop_load(const char *path, fetch_shop_adapter_t **adapter,
    wismo_error_t *errors, int max);
void fetch_shop_free(fetch_shop_adapter_t *a);

const wismo_verifier_t *fetch_shop_verifier(const fetch_shop_adapter_t *a);

/* The header that names the topic, and the one that says when it was sent;
 * empty if there is none. */
const wismo_str_t *fetch_shop_topic_header(const fetch_shop_adapter_t *a);
const wismo_str_t *fetch_shop_sent_header(const fetch_shop_adapter_t *a);

/* A body for trying a hook, and its topic: the first if "topic" is NULL.
 * NULL if there is none. */
const json_t *fetch_shop_sample(const fetch_shop_adapter_t *a,
    const char **topic);


/*
 * One webhook, read.  "fact" is an object made of our own members (those of
 * PUT /orders, docs/shops.md), freed by the caller.  "at" orders what is said
 * of one thing: the text that is greater is the newer one.
 */

typedef struct {
    fetch_shop_kind_e         kind;
    wismo_str_t               topic;
    char                      id[FETCH_SHOP_ID_MAX + 1];  /* of the order, at
                                                             the shop's */
    char                      number[WISMO_ORDER_NUMBER_MAX + 1];
    char                      at[128];
    bool                      again;          /* read before, otherwise */
    json_t                   *fact;
} fetch_shop_message_t;

/*
 * Reads a webhook: "header" gives those it came with, "at" is when that was.
 * WISMO_DECLINED: it can't be understood, err tells why; a topic that the file
 * does not know is FETCH_SHOP_NONE with "known" false.  WISMO_ERROR: memory.
 */
int fetch_shop_read(const fetch_shop_t *shop, wismo_pool_t *pool,
    const wismo_str_t *body, wismo_header_pt header, void *data, int64_t at,
    fetch_shop_message_t *message, bool *known, wismo_error_t *err);


/*
 * What is known of a shop's order: the member "shop" of its private body, and
 * the rest of that body (docs/shops.md).  Adding is idempotent and may happen
 * in any order: whatever two messages disagree about is settled by their "at".
 * One that is read "again" takes the place of how it was read before.
 * "changed" tells whether anything is different now.
 */
int fetch_shop_add(json_t *body, const fetch_shop_t *shop,
    const fetch_shop_message_t *message, bool *changed);

/*
 * Makes the order out of it, as PUT /orders takes it, with events.  Members
 * that would not be taken are left out; "left" (at most "max", may be NULL)
 * gets why, *nleft how many.  Codes that no table knows go to "unmapped".
 * NULL: memory.
 */

typedef struct {
    const fetch_names_t      *names;
    bool                    (*carrier_ok)(void *data, const wismo_str_t *name);
    void                     *data;
    int64_t                   now;
    wismo_error_t            *left;
    unsigned                  max;
    unsigned                  nleft;
    wismo_report_t            unmapped;       /* of its members only these */
} fetch_shop_rules_t;

json_t *fetch_shop_order(wismo_pool_t *pool, const fetch_shop_t *shop,
    const json_t *body, fetch_shop_rules_t *rules, wismo_order_t *order);


/* Reads the names of all carriers in "share"; NULL: memory. */
fetch_names_t *fetch_names_read(wismo_pool_t *pool, const char *share);

/* An account of nginx.conf: "name" asks with the adapter "adapter". */
void fetch_names_account(fetch_names_t *names, const wismo_str_t *name,
    const char *adapter);

/*
 * The carrier that a shop calls "text", as orders name it: one that is
 * configured if any fits, by its name or else by the looks of the number; else
 * one that is only known; else the text itself, made fit to be a name.
 */
int fetch_names_find(const fetch_names_t *names, wismo_pool_t *pool,
    const wismo_str_t *text, const wismo_str_t *number, wismo_str_t *carrier);


#endif /* _FETCH_SHOP_H_INCLUDED_ */
