
/*
 * Copyright (C) The Wismo authors
 *
 * What the retailer adds to pages: notices, promotions, recommendations and
 * other content, each for orders of some statuses, carriers, countries and
 * languages (docs/templates.md).  Read once with the configuration; a page
 * only chooses.
 */


#ifndef _WISMO_BLOCKS_H_INCLUDED_
#define _WISMO_BLOCKS_H_INCLUDED_


#include "wismo_json.h"
#include "wismo_status.h"


#define WISMO_BLOCKS_MAX     100      /* in a file */
#define WISMO_BLOCKS_SHOWN   4        /* on a page; the first ones */


typedef struct wismo_blocks_s  wismo_blocks_t;


/*
 * Checks a file of blocks, already read, which must outlive the result.
 * WISMO_DECLINED names the place (a JSON pointer) and what was expected.
 */
int wismo_blocks_compile(wismo_pool_t *pool, const wismo_json_t *json,
    wismo_blocks_t **blocks, wismo_error_t *err);


/* What blocks are chosen by; what is not known is empty. */

typedef struct {
    const wismo_substatus_t  *status;
    bool                      trouble;    /* something is wrong */
    wismo_str_t               lang;       /* of the page: "pt-BR" */
    wismo_str_t               country;    /* of the destination: "DE" */
    const wismo_json_t       *parcels;    /* with a "carrier" each, or NULL */
} wismo_blocks_case_t;


/*
 * Puts the nodes of models, which are shared, into "chosen" and returns how
 * many.  While something is wrong, there is no block but notices.
 */
unsigned wismo_blocks_choose(const wismo_blocks_t *blocks,
    const wismo_blocks_case_t *c,
    const wismo_json_t *chosen[WISMO_BLOCKS_SHOWN]);


#endif /* _WISMO_BLOCKS_H_INCLUDED_ */
