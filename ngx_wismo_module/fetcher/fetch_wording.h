
/*
 * Copyright (C) The Wismo authors
 *
 * What a notice says: in the recipient's language, with the brand's name and
 * looks, as a mail, its text and its calendar, or as a text message.
 */


#ifndef _FETCH_WORDING_H_INCLUDED_
#define _FETCH_WORDING_H_INCLUDED_


#include "wismo_brand.h"


struct fetch_config_s;

typedef struct fetch_wording_s  fetch_wording_t;


/* The news, and who it is for.  "brand" and "locale" are the order's. */

typedef struct {
    const wismo_document_t     *doc;
    const wismo_notice_kind_t  *kind;
    wismo_str_t               number;
    wismo_str_t               parcel;         /* its id, or empty */
    wismo_str_t               brand;
    wismo_str_t               locale;
    wismo_str_t               site;           /* "https://shop.example" */
    bool                      stop;           /* there is a way to stop it */
    int64_t                   now;
} fetch_news_t;


typedef struct {
    wismo_str_t               brand;          /* the shop's name, or empty */
    wismo_str_t               support;        /* its address, or empty */
    wismo_str_t               lang;
    wismo_str_t               url;            /* of the page, signed */
    wismo_str_t               stop_url;       /* empty: no way to stop it */
    wismo_str_t               texts[WISMO_LETTERS];
} fetch_said_t;


/*
 * Reads catalogues and carriers' names; brands are read when the first order
 * of theirs comes.  NULL after err->text was set.
 */
fetch_wording_t *fetch_wording_create(const struct fetch_config_s *conf,
    wismo_error_t *err);
void fetch_wording_free(fetch_wording_t *w);

/* Tags of the languages of a brand, or of all if it is empty; how many. */
unsigned fetch_wording_languages(fetch_wording_t *w, const wismo_str_t *brand,
    const wismo_str_t **tags, unsigned max);

/*
 * Writes the letters whose bits (1 << wismo_letter_e) are set, into the pool.
 * WISMO_DECLINED with a sentence: the brand's files or the document cannot be
 * used.  WISMO_ERROR: memory is out.
 */
int fetch_wording_write(fetch_wording_t *w, wismo_pool_t *pool,
    const fetch_news_t *news, unsigned letters, fetch_said_t *said,
    wismo_error_t *err);


#endif /* _FETCH_WORDING_H_INCLUDED_ */
