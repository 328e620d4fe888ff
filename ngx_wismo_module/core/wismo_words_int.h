
/*
 * Copyright (C) The Wismo authors
 *
 * What the files that read catalogues share; all others see wismo_words.h.
 */


#ifndef _WISMO_WORDS_INT_H_INCLUDED_
#define _WISMO_WORDS_INT_H_INCLUDED_


#include "wismo_words.h"


typedef struct {
    wismo_pool_t        *pool;
    const wismo_json_t  *json;
    wismo_locale_t      *locale;
    wismo_error_t       *err;
} wismo_catalogue_t;


/* A text that must be there and not empty; else WISMO_DECLINED names it. */
int wismo_words_text(wismo_catalogue_t *c, const char *path,
    wismo_str_t *text);

/* Tasks, questions and the stars of a rating, ready for models. */
int wismo_words_help(wismo_catalogue_t *c, wismo_words_t *words);

/* What notices are headed with. */
int wismo_words_notices(wismo_catalogue_t *c, wismo_words_t *words);


#endif /* _WISMO_WORDS_INT_H_INCLUDED_ */
