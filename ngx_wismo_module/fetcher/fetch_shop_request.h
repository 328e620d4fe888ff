
/*
 * Copyright (C) The Wismo authors
 *
 * Files with what a customer has asked for through a shop: in the fetcher's
 * state directory, for the operator to hand on.
 */


#ifndef _FETCH_SHOP_REQUEST_H_INCLUDED_
#define _FETCH_SHOP_REQUEST_H_INCLUDED_


#include "fetch_customer.h"


#define FETCH_REQUEST_KEPT   (30 * 86400)     /* s */


/*
 * Writes "all" into <state>/requests/<shop>-<request>.json, or <id> if the
 * shop gives the request no name, and tells the operator; the same request
 * again replaces it.  Files that are older than FETCH_REQUEST_KEPT go.
 */
int fetch_shop_request(const fetch_config_t *conf, const fetch_shop_t *shop,
    const char *request, const wismo_str_t *id, const json_t *all,
    unsigned orders);

/* Removes the files of a shop that are about this person or one of these
 * orders; all of its files if neither is said. */
void fetch_shop_request_forget(const fetch_config_t *conf, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_person_t *person,
    const fetch_customer_t *customer);


#endif /* _FETCH_SHOP_REQUEST_H_INCLUDED_ */
