
/*
 * Copyright (C) The Wismo authors
 *
 * The pages as the module loads them, for those who make brands: a brand's
 * file, the catalogues, and themes made of both.  Faults are printed as
 * file:line:column: text.
 */


#ifndef _FETCH_PAGES_H_INCLUDED_
#define _FETCH_PAGES_H_INCLUDED_


#include "wismo_brand.h"


#define FETCH_PAGES_LANGUAGES  64
#define FETCH_PAGES_PATH       4096


typedef struct {
    wismo_pool_t             *pool;
    const char               *file;       /* the brand's, or NULL */
    char                      dir[FETCH_PAGES_PATH];     /* it stands in */
    char                      path[FETCH_PAGES_PATH];    /* the last read */
    wismo_brand_t             brand;
    wismo_str_t               css;
    wismo_blocks_t           *blocks;
    wismo_json_t             *english;
    wismo_words_t            *words[FETCH_PAGES_LANGUAGES];
    unsigned                  nwords;
    unsigned                  warnings;
} fetch_pages_t;


/*
 * Reads a brand, or none if "file" is NULL, and the catalogues of the
 * languages it speaks.  WISMO_DECLINED after a fault was printed.
 */
int fetch_pages_load(fetch_pages_t *p, wismo_pool_t *pool, const char *file);

/* The theme of one of the languages. */
int fetch_pages_theme(fetch_pages_t *p, unsigned language,
    wismo_theme_t *theme);


#endif /* _FETCH_PAGES_H_INCLUDED_ */
