
/*
 * Copyright (C) The Wismo authors
 *
 * A brand's file in the reading: what wismo_brand.c and wismo_brand_tokens.c
 * share.
 */


#ifndef _WISMO_BRAND_INT_H_INCLUDED_
#define _WISMO_BRAND_INT_H_INCLUDED_


#include "wismo_brand.h"


#define WISMO_BRAND_TEXT     1024
#define WISMO_BRAND_PATH     192


typedef struct {
    wismo_pool_t             *pool;
    const wismo_str_t        *text;
    wismo_brand_t            *brand;
    wismo_error_t            *err;
} wismo_brand_reader_t;


/* "/tokens/light": what looks like something, as style sheet and warnings. */
int wismo_brand_tokens(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);

/* Sets the error: "at" is a JSON pointer, "v" is where.  WISMO_DECLINED. */
int wismo_brand_wrong(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at, const char *expected);
void wismo_brand_where(const wismo_str_t *text, const wismo_json_t *v,
    wismo_error_t *err);
void wismo_brand_path(char *path, const char *at, const wismo_str_t *key);

/* Letters and digits, and no other bytes than these? */
bool wismo_brand_chars(const wismo_str_t *s, const char *others);


#endif /* _WISMO_BRAND_INT_H_INCLUDED_ */
