
/*
 * Copyright (C) The Wismo authors
 *
 * A reply as JSON, for "wismo carrier parse".
 */


#ifndef _FETCH_ADAPTER_PRINT_H_INCLUDED_
#define _FETCH_ADAPTER_PRINT_H_INCLUDED_


#include "fetch_adapter.h"


/* NULL if memory is out; the caller's to json_decref(). */
json_t *fetch_adapter_print(wismo_pool_t *pool, const fetch_reply_t *reply);


#endif /* _FETCH_ADAPTER_PRINT_H_INCLUDED_ */
