
/*
 * Copyright (C) The Wismo authors
 *
 * What an account at a carrier must have, as the carrier's adapter says: the
 * values and secrets that its requests name in slots, "{account.client_id}",
 * "{secret.secret}".  A slot with "?" before the brace asks for nothing.
 */


#ifndef _WISMO_ACCOUNT_H_INCLUDED_
#define _WISMO_ACCOUNT_H_INCLUDED_


#include "wismo_core.h"

#include <jansson.h>


typedef struct {
    wismo_str_t               name;       /* as in nginx.conf: "client_id",
                                             "secret_file" */
    wismo_str_t               slot;       /* in the adapter: "client_id",
                                             "secret" */
    bool                      secret;
} wismo_need_t;


/*
 * Each once, as they come in the adapter's "auth", "ask" and "register"; a
 * carrier that has no address of its own needs a "base_url".  The texts are in
 * the pool.  WISMO_ERROR: memory, or a file that is nested without an end.
 */
int wismo_account_needs(wismo_pool_t *pool, const json_t *adapter,
    wismo_need_t **needs, unsigned *n);


#endif /* _WISMO_ACCOUNT_H_INCLUDED_ */
