
/*
 * Copyright (C) The Wismo authors
 *
 * The loading of pages: what ngx_http_wismo_page_conf.c (words, templates)
 * and ngx_http_wismo_brand_conf.c (brands) share while the configuration is
 * read.
 */


#ifndef _NGX_HTTP_WISMO_PAGE_CONF_H_INCLUDED_
#define _NGX_HTTP_WISMO_PAGE_CONF_H_INCLUDED_


#include "ngx_http_wismo_page.h"


typedef struct {
    ngx_str_t                    path;
    wismo_str_t                  text;
} ngx_http_wismo_page_file_t;


typedef struct {
    ngx_conf_t                  *cf;
    ngx_http_wismo_main_conf_t  *wmcf;
    ngx_http_wismo_pages_t      *pages;
    wismo_pool_t                *pool;
    ngx_array_t                  files;    /* ngx_http_wismo_page_file_t */
    ngx_array_t                  words;    /* of wismo_words_t * */
    wismo_json_t                *english;
    ngx_str_t                    own;      /* directory of a brand's own */
    ngx_hash_keys_arrays_t       hosts;
    uint32_t                     crc;
    ngx_uint_t                   logged;
} ngx_http_wismo_page_load_t;


/* The brands of "wismo_brands", the default one first. */
ngx_int_t ngx_http_wismo_brands_load(ngx_http_wismo_page_load_t *load);

/* How they are found: by host, and by "wismo_brand". */
ngx_int_t ngx_http_wismo_brands_hosts(ngx_http_wismo_page_load_t *load);
ngx_int_t ngx_http_wismo_brands_chosen(ngx_http_wismo_page_load_t *load);

/* The script of live pages (ngx_http_wismo_script.c). */
ngx_int_t ngx_http_wismo_script_load(ngx_http_wismo_page_load_t *load);

/* A whole file; what is wrong with it is told. */
ngx_int_t ngx_http_wismo_page_read(ngx_http_wismo_page_load_t *load,
    ngx_str_t *path, wismo_str_t *text);
ngx_int_t ngx_http_wismo_page_join(ngx_conf_t *cf, ngx_str_t *path,
    ngx_str_t *dir, const char *sub, const wismo_str_t *name,
    const char *ext);


#endif /* _NGX_HTTP_WISMO_PAGE_CONF_H_INCLUDED_ */
