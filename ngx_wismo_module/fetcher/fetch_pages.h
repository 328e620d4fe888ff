
/*
 * Copyright (C) The Wismo authors
 *
 * The pages as the module loads them, for those who make brands: a brand's
 * file, the catalogues, and themes made of both.  Faults are printed as
 * file:line:column: text.  And the letterheads of notices, made likewise.
 */


#ifndef _FETCH_PAGES_H_INCLUDED_
#define _FETCH_PAGES_H_INCLUDED_


#include "wismo_brand.h"


#define FETCH_PAGES_LANGUAGES  64
#define FETCH_PAGES_PATH       4096
#define FETCH_PAGES_FAULT      512


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
    bool                      quiet;      /* faults are kept, not printed */
    char                      fault[FETCH_PAGES_FAULT];
} fetch_pages_t;


/*
 * Reads a brand, or none if "file" is NULL, and the catalogues of the
 * languages it speaks; they are those of "common", if it is not NULL, which
 * read none and must outlive this.  WISMO_DECLINED after a fault was printed
 * to stderr or, if "quiet", left in p->fault.
 */
int fetch_pages_load(fetch_pages_t *p, wismo_pool_t *pool, const char *file,
    const fetch_pages_t *common, bool quiet);

/* The theme of one of the languages, and what notices are written with. */
int fetch_pages_theme(fetch_pages_t *p, unsigned language,
    wismo_theme_t *theme);
int fetch_pages_letters(fetch_pages_t *p, unsigned language,
    wismo_letters_t *letters);


#endif /* _FETCH_PAGES_H_INCLUDED_ */
