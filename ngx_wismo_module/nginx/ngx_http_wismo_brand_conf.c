
/*
 * Copyright (C) The Wismo authors
 *
 * Brands as they are configured: "wismo_brands", the directory of their
 * files, and "wismo_brand", which names one; and how they are found by the
 * host's name.  What a brand's file means is known to wismo_brand.c.
 *
 * What must never be here: anything that runs in a worker.
 */


#include "ngx_http_wismo_page_conf.h"


static ngx_int_t ngx_http_wismo_brands_add(ngx_http_wismo_page_load_t *load,
    ngx_str_t *path, ngx_str_t *id);
static ngx_int_t ngx_http_wismo_brands_hash(ngx_http_wismo_page_load_t *load,
    ngx_hash_init_t *hash, ngx_array_t *keys, ngx_hash_wildcard_t **wc);
static int ngx_libc_cdecl ngx_http_wismo_brands_cmp(const void *one,
    const void *two);


char *
ngx_http_wismo_brands_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    ngx_str_t        *value;
    ngx_file_info_t   fi;

    if (wmcf->brands.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    wmcf->brands = value[1];

    if (ngx_conf_full_name(cf->cycle, &wmcf->brands, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (wmcf->brands.len > 1
           && wmcf->brands.data[wmcf->brands.len - 1] == '/')
    {
        wmcf->brands.data[--wmcf->brands.len] = '\0';
    }

    if (ngx_file_info(wmcf->brands.data, &fi) == NGX_FILE_ERROR
        || !ngx_is_dir(&fi))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no directory \"%V\" of \"wismo_brands\" "
                           "directive: expected the one that holds brands, "
                           "NAME.json each", &wmcf->brands);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_http_wismo_brand_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    wlcf->brand_file = cf->conf_file->file.name;
    wlcf->brand_line = cf->conf_file->line;

    return ngx_http_set_complex_value_slot(cf, cmd, conf);
}


/* Called when directives are merged: what is said of a location's brand. */

char *
ngx_http_wismo_brand_check(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf,
    ngx_http_wismo_loc_conf_t *conf)
{
    ngx_http_wismo_loc_conf_t  **branded;

    if (conf->brand == NULL) {
        return NGX_CONF_OK;
    }

    if (wmcf->brands.len == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"wismo_brand\" without \"wismo_brands\": expected in "
                      "http{} \"wismo_brands /etc/wismo/brands;\", in %V:%ui",
                      &conf->brand_file, conf->brand_line);
        return NGX_CONF_ERROR;
    }

    if (conf->brand->lengths) {
        return NGX_CONF_OK;
    }

    if (wmcf->branded.elts == NULL
        && ngx_array_init(&wmcf->branded, cf->pool, 4,
                          sizeof(ngx_http_wismo_loc_conf_t *))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    branded = ngx_array_push(&wmcf->branded);
    if (branded == NULL) {
        return NGX_CONF_ERROR;
    }

    *branded = conf;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_wismo_brands_load(ngx_http_wismo_page_load_t *load)
{
    ngx_int_t                rc;
    ngx_str_t                path, id, *dir;
    ngx_glob_t               gl;
    wismo_str_t              name;
    ngx_http_wismo_brand_t  *brand;

    /* the first is there always; it may be said what it is */

    brand = ngx_array_push(&load->pages->brands);
    if (brand == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(brand, sizeof(ngx_http_wismo_brand_t));
    wismo_str_set(&brand->brand.id, NGX_HTTP_WISMO_BRAND_DEFAULT);

    dir = &load->wmcf->brands;

    if (dir->len == 0) {
        return NGX_OK;
    }

    wismo_str_set(&name, "*");

    if (ngx_http_wismo_page_join(load->cf, &path, dir, "/", &name, ".json")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&gl, sizeof(ngx_glob_t));

    gl.pattern = path.data;
    gl.log = load->cf->log;
    gl.test = 1;

    if (ngx_open_glob(&gl) != NGX_OK) {
        return NGX_OK;
    }

    rc = NGX_OK;

    while (rc == NGX_OK && ngx_read_glob(&gl, &path) == NGX_OK) {

        id.data = path.data + dir->len + 1;
        id.len = path.data + path.len - id.data - (sizeof(".json") - 1);

        rc = ngx_http_wismo_brands_add(load, &path, &id);
    }

    ngx_close_glob(&gl);

    return rc;
}


static ngx_int_t
ngx_http_wismo_brands_add(ngx_http_wismo_page_load_t *load, ngx_str_t *path,
    ngx_str_t *id)
{
    int                      rc;
    u_char                  *p;
    unsigned                 i;
    wismo_str_t              text, name;
    wismo_error_t            err;
    ngx_http_wismo_brand_t  *brand;

    name.len = id->len;
    name.data = id->data;

    if (!wismo_brand_name_ok(&name)) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V: a brand's name is made of a-z, 0-9, \"_\" and "
                      "\"-\", used by \"wismo_brands\"", path);
        return NGX_ERROR;
    }

    brand = load->pages->brands.elts;

    if (!wismo_str_is(&name, NGX_HTTP_WISMO_BRAND_DEFAULT)) {
        brand = ngx_array_push(&load->pages->brands);
        if (brand == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(brand, sizeof(ngx_http_wismo_brand_t));
    }

    p = ngx_pnalloc(load->cf->pool, path->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_cpystrn(p, path->data, path->len + 1);

    brand->path.data = p;
    brand->path.len = path->len;

    if (ngx_http_wismo_page_read(load, &brand->path, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = wismo_brand_read(load->pool, &text, &brand->brand, &err);

    if (rc == WISMO_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V:%ud:%ud: %s, used by \"wismo_brands\"",
                      &brand->path, err.line, err.column, err.text);
    }

    if (rc != WISMO_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < brand->brand.nwarnings; i++) {
        ngx_log_error(NGX_LOG_WARN, load->cf->log, 0, "%V:%ud:%ud: %s",
                      &brand->path, brand->brand.warnings[i].line,
                      brand->brand.warnings[i].column,
                      brand->brand.warnings[i].text);
    }

    brand->brand.id.data = p + (id->data - path->data);
    brand->brand.id.len = id->len;

    return NGX_OK;
}


/* By the host's name, as servers are found. */

ngx_int_t
ngx_http_wismo_brands_hosts(ngx_http_wismo_page_load_t *load)
{
    ngx_int_t                rc;
    ngx_str_t                name;
    ngx_uint_t               i;
    ngx_hash_init_t          hash;
    const wismo_json_t      *host;
    ngx_http_wismo_brand_t  *brand;

    brand = load->pages->brands.elts;

    for (i = 0; i < load->pages->brands.nelts; i++) {

        host = brand[i].brand.hosts ? brand[i].brand.hosts->first : NULL;

        for ( /* void */ ; host; host = host->next) {

            name.len = host->text.len;
            name.data = ngx_pnalloc(load->cf->pool, name.len);
            if (name.data == NULL) {
                return NGX_ERROR;
            }

            ngx_memcpy(name.data, host->text.data, name.len);

            rc = ngx_hash_add_key(&load->hosts, &name, &brand[i],
                                  NGX_HASH_WILDCARD_KEY);

            if (rc == NGX_ERROR) {
                return NGX_ERROR;
            }

            if (rc != NGX_OK) {
                name.data = host->text.data;

                ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                              "%V: server name \"%V\" %s, used by "
                              "\"wismo_brands\"", &brand[i].path, &name,
                              rc == NGX_BUSY ? "is another brand's already"
                                             : "is not valid");
                return NGX_ERROR;
            }
        }
    }

    hash.key = ngx_hash_key_lc;
    hash.max_size = 512;
    hash.bucket_size = ngx_align(128, ngx_cacheline_size);
    hash.name = "wismo_brands_hash";
    hash.pool = load->cf->pool;

    if (load->hosts.keys.nelts) {
        hash.hash = &load->pages->hosts.hash;
        hash.temp_pool = NULL;

        if (ngx_hash_init(&hash, load->hosts.keys.elts,
                          load->hosts.keys.nelts)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (ngx_http_wismo_brands_hash(load, &hash, &load->hosts.dns_wc_head,
                                   &load->pages->hosts.wc_head)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    load->pages->named = load->hosts.keys.nelts
                         + load->hosts.dns_wc_head.nelts;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_brands_hash(ngx_http_wismo_page_load_t *load,
    ngx_hash_init_t *hash, ngx_array_t *keys, ngx_hash_wildcard_t **wc)
{
    if (keys->nelts == 0) {
        return NGX_OK;
    }

    ngx_qsort(keys->elts, (size_t) keys->nelts, sizeof(ngx_hash_key_t),
              ngx_http_wismo_brands_cmp);

    hash->hash = NULL;
    hash->temp_pool = load->cf->temp_pool;

    if (ngx_hash_wildcard_init(hash, keys->elts, keys->nelts) != NGX_OK) {
        return NGX_ERROR;
    }

    *wc = (ngx_hash_wildcard_t *) hash->hash;

    return NGX_OK;
}


static int ngx_libc_cdecl
ngx_http_wismo_brands_cmp(const void *one, const void *two)
{
    ngx_hash_key_t  *first, *second;

    first = (ngx_hash_key_t *) one;
    second = (ngx_hash_key_t *) two;

    return ngx_dns_strcmp(first->key.data, second->key.data);
}


/* Where "wismo_brand" says a name and no variable, that is looked up here. */

ngx_int_t
ngx_http_wismo_brands_chosen(ngx_http_wismo_page_load_t *load)
{
    ngx_uint_t                   i, j;
    ngx_http_wismo_brand_t      *brand;
    ngx_http_wismo_loc_conf_t  **wlcf;

    brand = load->pages->brands.elts;
    wlcf = load->wmcf->branded.elts;

    for (i = 0; i < load->wmcf->branded.nelts; i++) {

        for (j = 0; j < load->pages->brands.nelts; j++) {
            if (brand[j].brand.id.len == wlcf[i]->brand->value.len
                && ngx_memcmp(brand[j].brand.id.data,
                              wlcf[i]->brand->value.data,
                              brand[j].brand.id.len)
                   == 0)
            {
                break;
            }
        }

        if (j == load->pages->brands.nelts) {
            ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                          "no brand \"%V\" for \"wismo_brand\": expected "
                          "\"%V/%V.json\", in %V:%ui",
                          &wlcf[i]->brand->value, &load->wmcf->brands,
                          &wlcf[i]->brand->value, &wlcf[i]->brand_file,
                          wlcf[i]->brand_line);
            return NGX_ERROR;
        }

        wlcf[i]->brand_index = j;
    }

    return NGX_OK;
}
