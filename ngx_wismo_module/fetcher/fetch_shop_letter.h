
/*
 * Copyright (C) The Wismo authors
 *
 * A shop's webhook out of the inbox, applied; and the same order made anew of
 * what is kept, after a table has changed.
 */


#ifndef _FETCH_SHOP_LETTER_H_INCLUDED_
#define _FETCH_SHOP_LETTER_H_INCLUDED_


#include "fetch_args.h"
#include "fetch_letter.h"


/* The field of a shop's index that leads to an order. */
#define FETCH_SHOP_NUMBER    "number"

/* When a customer's redaction was asked for, in the index of an order's id. */
#define FETCH_SHOP_REDACTED  "redacted"
#define FETCH_SHOP_AT        20               /* of message->at: UTC */


fetch_letter_e fetch_shop_letter(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop, char *why,
    size_t size);


/* The order of what is kept in "body", over "stored" (or NULL), and what is to
 * be its private body. */
fetch_commit_e fetch_shop_make(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_shop_t *shop, const wismo_str_t *number, const json_t *body,
    const wismo_order_t *stored, fetch_shop_rules_t *rules,
    wismo_order_t *order, wismo_str_t *private);


/*
 * Of the letter that the order is made of now: its body is kept as it came,
 * unless it is too large, or "keep" false; then none is.
 */
void fetch_shop_last_keep(json_t *body, const fetch_letter_t *letter,
    const fetch_shop_message_t *message, bool keep);

/* What was kept is read again, by the file as it is now, and takes the place
 * of what it said.  WISMO_ERROR: memory. */
int fetch_shop_last_read(const fetch_shop_t *shop, wismo_pool_t *pool,
    const wismo_str_t *number, json_t *body);

/* Shows it to whom it is about: as what it was. */
void fetch_shop_last_show(wismo_pool_t *pool, json_t *body);

/* A header among lines of name, colon, space and value, as the module writes
 * them; "data" is a wismo_str_t. */
bool fetch_shop_header(void *data, const char *name, wismo_str_t *value);


/* A customer's or the whole shop's orders are to go; fetch_shop_redact.c. */
fetch_letter_e fetch_shop_redact(fetch_lanes_t *lanes, wismo_pool_t *pool,
    const fetch_letter_t *letter, const fetch_shop_t *shop,
    const fetch_shop_message_t *message);

/* The number of the order that a shop calls "id"; empty if there is none.
 * WISMO_ERROR: Redis is down. */
int fetch_shop_number(fetch_redis_t *r, wismo_pool_t *pool,
    const fetch_shop_t *shop, const char *id, wismo_str_t *number);

/* A call whose reply says nothing but whether it was done. */
int fetch_shop_call(fetch_redis_t *r, fetch_args_t *args);

/* What was written down of an id goes, but for the mark of a redaction, if
 * "mark" is not empty. */
int fetch_shop_forget(fetch_redis_t *r, wismo_pool_t *pool, const char *key,
    size_t len, const wismo_str_t *mark);


/*
 * The order was erased, and the message is about the same one: placed until
 * then or, if it doesn't say, told until then.  "key" is what the shop's id of
 * it was written down under, which goes if so.
 */
int fetch_shop_gone(fetch_redis_t *r, wismo_pool_t *pool,
    const wismo_str_t *number, const fetch_shop_message_t *message,
    const char *key, size_t len, bool *gone);


#endif /* _FETCH_SHOP_LETTER_H_INCLUDED_ */
