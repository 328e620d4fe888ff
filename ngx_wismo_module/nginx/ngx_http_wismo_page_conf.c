
/*
 * Copyright (C) The Wismo authors
 *
 * What the pages are made of: catalogues of words, and for each brand and
 * language its templates, read and compiled when the configuration is read.
 * Whatever is wrong in them is told with file, line and column, so that
 * "nginx -t" finds it.
 *
 * What must never be here: anything that runs in a worker.
 */


#include "ngx_http_wismo_page_conf.h"


#define NGX_HTTP_WISMO_PAGE_FILE     262144
#define NGX_HTTP_WISMO_PAGE_LOAD     (1024 * 1024 * 1024)
#define NGX_HTTP_WISMO_PAGE_NODES    32768

#define NGX_HTTP_WISMO_PAGE_POLICY                                            \
    "default-src 'none'; img-src 'self' data:%*s; form-action 'self'; "       \
    "base-uri 'none'; style-src %s%s" NGX_HTTP_WISMO_CSP_FRAMES

/* the page's own script, and what that may ask */
#define NGX_HTTP_WISMO_PAGE_LIVE                                              \
    "; script-src 'self'; connect-src 'self'"


static ngx_int_t ngx_http_wismo_page_languages(
    ngx_http_wismo_page_load_t *load);
static ngx_int_t ngx_http_wismo_page_words(ngx_http_wismo_page_load_t *load,
    ngx_str_t *path, ngx_str_t *tag);
static ngx_int_t ngx_http_wismo_page_pseudo(ngx_http_wismo_page_load_t *load);
static ngx_int_t ngx_http_wismo_page_compile(ngx_http_wismo_page_load_t *load,
    ngx_str_t *path, wismo_json_t *json);
static ngx_int_t ngx_http_wismo_page_choices(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand);
static ngx_int_t ngx_http_wismo_page_language(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand, const wismo_str_t *tag,
    wismo_words_t **words);
static ngx_int_t ngx_http_wismo_page_themes(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand);
static ngx_int_t ngx_http_wismo_page_theme(ngx_http_wismo_page_load_t *load,
    wismo_theme_opts_t *opts, wismo_theme_t *theme);
static ngx_int_t ngx_http_wismo_page_css(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand, wismo_str_t *css);
static ngx_int_t ngx_http_wismo_page_blocks(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand);
static void ngx_http_wismo_page_links(ngx_http_wismo_page_load_t *load);
static ngx_int_t ngx_http_wismo_page_csp(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand, const char *style, const char *more,
    ngx_str_t *csp);
static int ngx_http_wismo_page_find(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);
static ngx_int_t ngx_http_wismo_page_path(ngx_http_wismo_page_load_t *load,
    const wismo_str_t *name, ngx_str_t *path);


char *
ngx_http_wismo_page_load(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_uint_t                   i;
    wismo_pool_t                 wp;
    ngx_http_wismo_brand_t      *brand;
    ngx_http_wismo_pages_t      *pages;
    ngx_http_wismo_page_load_t   load;

    pages = ngx_pcalloc(cf->pool, sizeof(ngx_http_wismo_pages_t));
    if (pages == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_wismo_pool(&wp, cf->pool, NGX_HTTP_WISMO_PAGE_LOAD);

    ngx_memzero(&load, sizeof(ngx_http_wismo_page_load_t));

    load.cf = cf;
    load.wmcf = wmcf;
    load.pages = pages;
    load.pool = &wp;

    load.hosts.pool = cf->pool;
    load.hosts.temp_pool = cf->temp_pool;

    if (ngx_array_init(&load.files, cf->temp_pool, 32,
                       sizeof(ngx_http_wismo_page_file_t))
        != NGX_OK
        || ngx_array_init(&load.words, cf->temp_pool, 16,
                          sizeof(wismo_words_t *))
           != NGX_OK
        || ngx_array_init(&pages->brands, cf->pool, 4,
                          sizeof(ngx_http_wismo_brand_t))
           != NGX_OK
        || ngx_hash_keys_array_init(&load.hosts, NGX_HASH_SMALL) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_crc32_init(load.crc);

    if (ngx_http_wismo_script_load(&load) != NGX_OK
        || ngx_http_wismo_page_languages(&load) != NGX_OK
        || ngx_http_wismo_brands_load(&load) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    brand = pages->brands.elts;

    for (i = 0; i < pages->brands.nelts; i++) {
        if (ngx_http_wismo_page_choices(&load, &brand[i]) != NGX_OK
            || ngx_http_wismo_page_themes(&load, &brand[i]) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_http_wismo_brands_hosts(&load) != NGX_OK
        || ngx_http_wismo_brands_chosen(&load) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_http_wismo_page_links(&load);

    ngx_crc32_final(load.crc);

    wmcf->generation = load.crc;
    wmcf->pages = pages;

    return NGX_CONF_OK;
}


/* Whether who knows only an order's number is offered the link by mail.  With
 * one brand that is where all orders are, whatever brand they have. */

static void
ngx_http_wismo_page_links(ngx_http_wismo_page_load_t *load)
{
    u_char                   ch;
    ngx_uint_t               i;
    ngx_http_wismo_brand_t  *brand;

    brand = load->pages->brands.elts;

    for (i = 0; i < load->pages->brands.nelts; i++) {

        brand[i].links = ngx_http_wismo_notify_links(load->wmcf,
                                             load->pages->brands.nelts > 1
                                             ? &brand[i].brand.id : NULL);

        /* pages that were made otherwise are others */

        ch = (u_char) brand[i].links;
        ngx_crc32_update(&load->crc, &ch, 1);
    }
}


/* The English catalogue is what the others are compared with. */

static ngx_int_t
ngx_http_wismo_page_languages(ngx_http_wismo_page_load_t *load)
{
    ngx_int_t     rc;
    ngx_str_t     path, tag, dir;
    ngx_glob_t    gl;
    wismo_str_t   name;

    wismo_str_set(&name, "en");

    dir = load->wmcf->share;

    if (ngx_http_wismo_page_join(load->cf, &path, &dir, "/html/locales/",
                                 &name, ".json")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_str_set(&tag, "en");

    rc = ngx_http_wismo_page_words(load, &path, &tag);

    if (rc != NGX_OK) {
        return rc;
    }

    wismo_str_set(&name, "*");

    if (ngx_http_wismo_page_join(load->cf, &path, &dir, "/html/locales/",
                                 &name, ".json")
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&gl, sizeof(ngx_glob_t));

    gl.pattern = path.data;
    gl.log = load->cf->log;
    gl.test = 1;

    if (ngx_open_glob(&gl) != NGX_OK) {
        return NGX_ERROR;
    }

    while (rc == NGX_OK && ngx_read_glob(&gl, &path) == NGX_OK) {

        tag.data = path.data + dir.len + sizeof("/html/locales/") - 1;
        tag.len = path.data + path.len - tag.data - (sizeof(".json") - 1);

        if (tag.len != 2 || ngx_strncmp(tag.data, "en", 2) != 0) {
            rc = ngx_http_wismo_page_words(load, &path, &tag);
        }
    }

    ngx_close_glob(&gl);

    return rc;
}


static ngx_int_t
ngx_http_wismo_page_words(ngx_http_wismo_page_load_t *load, ngx_str_t *path,
    ngx_str_t *tag)
{
    int             rc;
    ngx_str_t       copy;
    wismo_str_t     text, lang;
    wismo_json_t   *json;
    wismo_error_t   err;

    /* a glob's path is gone when that is closed */

    copy.len = path->len;
    copy.data = ngx_pnalloc(load->cf->pool, path->len + 1);
    if (copy.data == NULL) {
        return NGX_ERROR;
    }

    ngx_cpystrn(copy.data, path->data, path->len + 1);

    if (ngx_http_wismo_page_read(load, &copy, &text) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_memzero(&err, sizeof(wismo_error_t));

    rc = wismo_json_read(load->pool, &text, NGX_HTTP_WISMO_PAGE_NODES, &json,
                         &err);

    if (rc == WISMO_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V:%ud:%ud: %s, used by \"wismo_track\"",
                      &copy, err.line, err.column, err.text);
    }

    if (rc != WISMO_OK) {
        return NGX_ERROR;
    }

    lang = wismo_json_str(json, "lang");

    if (lang.len && (lang.len != tag->len
                     || ngx_memcmp(lang.data, tag->data, tag->len) != 0))
    {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V: \"lang\" is not \"%V\", as the file is called, "
                      "used by \"wismo_track\"", &copy, tag);
        return NGX_ERROR;
    }

    return ngx_http_wismo_page_compile(load, &copy, json);
}


/* Who wants to see how pages stretch has it among the locales of a brand. */

static ngx_int_t
ngx_http_wismo_page_pseudo(ngx_http_wismo_page_load_t *load)
{
    wismo_json_t  *json;

    static ngx_str_t  name = ngx_string(WISMO_WORDS_PSEUDO);

    if (wismo_words_pseudo(load->pool, load->english, &json) != WISMO_OK) {
        return NGX_ERROR;
    }

    return ngx_http_wismo_page_compile(load, &name, json);
}


static ngx_int_t
ngx_http_wismo_page_compile(ngx_http_wismo_page_load_t *load, ngx_str_t *path,
    wismo_json_t *json)
{
    int             rc;
    wismo_error_t   err;
    wismo_words_t  *words, **list;

    rc = WISMO_OK;

    if (load->english) {
        rc = wismo_words_same(load->english, json, &err);

    } else {
        load->english = json;
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_compile(load->pool, json, &words, &err);
    }

    if (rc == WISMO_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V: %s, used by \"wismo_track\"", path, err.text);
    }

    if (rc != WISMO_OK) {
        return NGX_ERROR;
    }

    list = ngx_array_push(&load->words);
    if (list == NULL) {
        return NGX_ERROR;
    }

    *list = words;

    return NGX_OK;
}


/* The languages a brand speaks: those it names, or all. */

static ngx_int_t
ngx_http_wismo_page_choices(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand)
{
    ngx_uint_t            i;
    wismo_words_t       **words;
    const wismo_json_t   *locale;

    brand->n = brand->brand.locales ? brand->brand.locales->count
                                    : load->words.nelts;

    brand->themes = ngx_pcalloc(load->cf->pool,
                                brand->n * sizeof(wismo_theme_t));
    brand->heads = ngx_pcalloc(load->cf->pool,
                               brand->n * sizeof(ngx_http_wismo_head_t));
    brand->tags = ngx_palloc(load->cf->pool, brand->n * sizeof(wismo_str_t));
    words = ngx_palloc(load->cf->pool, brand->n * sizeof(wismo_words_t *));

    if (brand->themes == NULL || brand->heads == NULL || brand->tags == NULL
        || words == NULL)
    {
        return NGX_ERROR;
    }

    brand->words = words;

    if (brand->brand.locales == NULL) {
        ngx_memcpy(words, load->words.elts,
                   brand->n * sizeof(wismo_words_t *));

    } else {
        i = 0;

        for (locale = brand->brand.locales->first;
             locale;
             locale = locale->next)
        {
            if (ngx_http_wismo_page_language(load, brand, &locale->text,
                                             &words[i++])
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    for (i = 0; i < brand->n; i++) {
        brand->tags[i] = *wismo_words_lang(words[i]);

        if (wismo_str_eq(&brand->tags[i], &brand->brand.locale)) {
            brand->lang = i;
        }
    }

    if (brand->brand.locales == NULL && brand->brand.locale.len
        && !wismo_str_eq(&brand->tags[brand->lang], &brand->brand.locale))
    {
        return ngx_http_wismo_page_language(load, brand, &brand->brand.locale,
                                            &words[0]);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_page_language(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand, const wismo_str_t *tag,
    wismo_words_t **words)
{
    ngx_str_t        name;
    ngx_uint_t       i;
    wismo_words_t  **list;

    for ( ;; ) {
        list = load->words.elts;

        for (i = 0; i < load->words.nelts; i++) {
            if (wismo_str_eq(wismo_words_lang(list[i]), tag)) {
                *words = list[i];
                return NGX_OK;
            }
        }

        if (!wismo_str_is(tag, WISMO_WORDS_PSEUDO)) {
            break;
        }

        if (ngx_http_wismo_page_pseudo(load) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    name.data = tag->data;
    name.len = tag->len;

    ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                  "%V: there is no catalogue for the language \"%V\": "
                  "expected \"%V/html/locales/%V.json\", used by "
                  "\"wismo_brands\"", &brand->path, &name,
                  &load->wmcf->share, &name);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_wismo_page_themes(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand)
{
    ngx_uint_t           i;
    wismo_theme_t       *theme;
    ngx_file_info_t      fi;
    const wismo_str_t   *head;
    wismo_theme_opts_t   opts;

    ngx_memzero(&opts, sizeof(wismo_theme_opts_t));

    ngx_str_null(&load->own);

    if (brand->path.len) {

        if (ngx_http_wismo_page_css(load, brand, &opts.css) != NGX_OK
            || ngx_http_wismo_page_blocks(load, brand) != NGX_OK
            || ngx_http_wismo_page_join(load->cf, &load->own,
                                        &load->wmcf->brands, "/templates/",
                                        &brand->brand.id, "/")
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_file_info(load->own.data, &fi) == NGX_FILE_ERROR) {
            ngx_str_null(&load->own);
        }
    }

    opts.brand = &brand->brand;
    opts.languages = (const wismo_words_t *const *) brand->words;
    opts.nlanguages = brand->n;
    opts.file = ngx_http_wismo_page_find;
    opts.data = load;

    theme = brand->themes;

    for (i = 0; i < brand->n; i++) {
        opts.words = brand->words[i];

        if (ngx_http_wismo_page_theme(load, &opts, &theme[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        head = wismo_template_head(theme[i].order);

        brand->heads[i].text.len = head->len;
        brand->heads[i].text.data = head->data;

        if (ngx_http_wismo_gzip_head(load->cf->pool, &brand->heads[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        /* the policy goes with a page before its language is known */

        if (ngx_strcmp(theme[i].order_style, theme[0].order_style) != 0
            || ngx_strcmp(theme[i].message_style, theme[0].message_style) != 0)
        {
            ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                          "the style sheet depends on the language: expected "
                          "no tags in what stands in <style>, used by "
                          "\"wismo_track\"");
            return NGX_ERROR;
        }
    }

    if (ngx_http_wismo_page_csp(load, brand, theme[0].order_style, "",
                                &brand->order_csp[0])
        != NGX_OK
        || ngx_http_wismo_page_csp(load, brand, theme[0].order_style,
                                   NGX_HTTP_WISMO_PAGE_LIVE,
                                   &brand->order_csp[1])
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_http_wismo_page_csp(load, brand, theme[0].message_style, "",
                                   &brand->message_csp);
}


static ngx_int_t
ngx_http_wismo_page_theme(ngx_http_wismo_page_load_t *load,
    wismo_theme_opts_t *opts, wismo_theme_t *theme)
{
    int             rc;
    ngx_str_t       path;
    wismo_str_t     name;
    wismo_error_t   err;

    rc = wismo_theme_make(load->pool, opts, theme, &err);

    if (rc == WISMO_DECLINED && !load->logged) {
        name.data = (u_char *) err.at;
        name.len = ngx_strlen(err.at);

        if (ngx_http_wismo_page_path(load, &name, &path) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V:%ud:%ud: %s, used by \"wismo_track\"",
                      &path, err.line, err.column, err.text);
    }

    return (rc == WISMO_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_wismo_page_css(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand, wismo_str_t *css)
{
    ngx_str_t  path;

    wismo_str_null(css);

    if (brand->brand.css_file.len == 0) {
        return NGX_OK;
    }

    if (ngx_http_wismo_page_join(load->cf, &path, &load->wmcf->brands, "/",
                                 &brand->brand.css_file, "")
        != NGX_OK
        || ngx_http_wismo_page_read(load, &path, css) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_strstr(css->data, "</") || ngx_strstr(css->data, "{{")) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V: a style sheet can't have \"</\" or \"{{\" in it, "
                      "used by \"wismo_brands\"", &path);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_page_blocks(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand)
{
    int             rc;
    ngx_str_t       path;
    wismo_str_t     text;
    wismo_json_t   *json;
    wismo_error_t   err;

    if (brand->brand.blocks_file.len == 0) {
        return NGX_OK;
    }

    if (ngx_http_wismo_page_join(load->cf, &path, &load->wmcf->brands, "/",
                                 &brand->brand.blocks_file, "")
        != NGX_OK
        || ngx_http_wismo_page_read(load, &path, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&err, sizeof(wismo_error_t));

    rc = wismo_json_read(load->pool, &text, NGX_HTTP_WISMO_PAGE_NODES, &json,
                         &err);

    if (rc == WISMO_OK) {
        rc = wismo_blocks_compile(load->pool, json, &brand->blocks, &err);
    }

    if (rc == WISMO_DECLINED && err.line) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V:%ud:%ud: %s, used by \"wismo_brands\"",
                      &path, err.line, err.column, err.text);

    } else if (rc == WISMO_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V: %s: %s, used by \"wismo_brands\"",
                      &path, err.at[0] ? err.at : "/", err.text);
    }

    return (rc == WISMO_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_wismo_page_csp(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_brand_t *brand, const char *style, const char *more,
    ngx_str_t *csp)
{
    size_t  len;

    len = sizeof(NGX_HTTP_WISMO_PAGE_POLICY) + brand->brand.images.len
          + WISMO_STYLE_SOURCE_LEN + sizeof("'none'") + ngx_strlen(more);

    csp->data = ngx_pnalloc(load->cf->pool, len);
    if (csp->data == NULL) {
        return NGX_ERROR;
    }

    csp->len = ngx_snprintf(csp->data, len, NGX_HTTP_WISMO_PAGE_POLICY,
                            brand->brand.images.len, brand->brand.images.data,
                            style[0] ? style : "'none'", more)
               - csp->data;

    return NGX_OK;
}


/* A brand's own templates and style sheets go before the common ones. */

static int
ngx_http_wismo_page_find(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source)
{
    ngx_http_wismo_page_load_t *load = data;

    ngx_str_t                    path;
    ngx_uint_t                   i;
    ngx_file_info_t              fi;
    ngx_http_wismo_page_file_t  *file;

    if (ngx_http_wismo_page_path(load, name, &path) != NGX_OK) {
        return WISMO_ERROR;
    }

    /* all languages and brands are made of the same files */

    file = load->files.elts;

    for (i = 0; i < load->files.nelts; i++) {
        if (file[i].path.len == path.len
            && ngx_memcmp(file[i].path.data, path.data, path.len) == 0)
        {
            *source = file[i].text;
            return WISMO_OK;
        }
    }

    if (ngx_file_info(path.data, &fi) == NGX_FILE_ERROR) {
        return WISMO_DECLINED;
    }

    if (ngx_http_wismo_page_read(load, &path, source) != NGX_OK) {
        return WISMO_ERROR;
    }

    file = ngx_array_push(&load->files);
    if (file == NULL) {
        return WISMO_ERROR;
    }

    file->path = path;
    file->text = *source;

    return WISMO_OK;
}


ngx_int_t
ngx_http_wismo_page_read(ngx_http_wismo_page_load_t *load, ngx_str_t *path,
    wismo_str_t *text)
{
    ngx_str_t  s;

    if (ngx_http_wismo_read_file(load->cf, path, NGX_HTTP_WISMO_PAGE_FILE, 0,
                                 "wismo_track", &s)
        != NGX_OK)
    {
        load->logged = 1;
        return NGX_ERROR;
    }

    ngx_crc32_update(&load->crc, s.data, s.len);

    text->data = s.data;
    text->len = s.len;

    return NGX_OK;
}


/* A template's file; a style sheet is named as it is. */

static ngx_int_t
ngx_http_wismo_page_path(ngx_http_wismo_page_load_t *load,
    const wismo_str_t *name, ngx_str_t *path)
{
    const char       *ext;
    ngx_file_info_t   fi;

    ext = ".mustache";

    if (name->len > 4
        && ngx_memcmp(name->data + name->len - 4, ".css", 4) == 0)
    {
        ext = "";
    }

    if (load->own.len) {

        if (ngx_http_wismo_page_join(load->cf, path, &load->own, "", name, ext)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_file_info(path->data, &fi) != NGX_FILE_ERROR) {
            return NGX_OK;
        }
    }

    return ngx_http_wismo_page_join(load->cf, path, &load->wmcf->share,
                                    "/html/track/", name, ext);
}


ngx_int_t
ngx_http_wismo_page_join(ngx_conf_t *cf, ngx_str_t *path, ngx_str_t *dir,
    const char *sub, const wismo_str_t *name, const char *ext)
{
    u_char  *p;

    path->len = dir->len + ngx_strlen(sub) + name->len + ngx_strlen(ext);

    path->data = ngx_pnalloc(cf->pool, path->len + 1);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(path->data, dir->data, dir->len);
    p = ngx_cpymem(p, sub, ngx_strlen(sub));
    p = ngx_cpymem(p, name->data, name->len);
    p = ngx_cpymem(p, ext, ngx_strlen(ext));
    *p = '\0';

    return NGX_OK;
}
