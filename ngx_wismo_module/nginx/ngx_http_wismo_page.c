
/*
 * Copyright (C) The Wismo authors
 *
 * The pages.  At configuration time the templates, their style sheet and the
 * words are read and compiled, and whatever is wrong in them is told with
 * file, line and column, so that "nginx -t" finds it.  At request time a
 * document's view becomes HTML here, with no parsing but the view's own.
 *
 * A message has no order in it, so it is rendered at configuration time, too;
 * the path of the location, which a form needs, is set in later.
 *
 * What must never be here: file access while requests are served, or a
 * decision who may see which view.
 */


#include "ngx_http_wismo_track.h"


#define NGX_HTTP_WISMO_PAGE_FILE     262144
#define NGX_HTTP_WISMO_PAGE_LOAD     (32 * 1024 * 1024)
#define NGX_HTTP_WISMO_PAGE_MEMORY   (8 * 1024 * 1024)
#define NGX_HTTP_WISMO_PAGE_NODES    32768
#define NGX_HTTP_WISMO_PAGE_HINT     12288

/* stands for the location's path until that is known: U+E000 is private */
#define NGX_HTTP_WISMO_PAGE_BASE     "/\xee\x80\x80/"

#define NGX_HTTP_WISMO_PAGE_POLICY                                            \
    "default-src 'none'; img-src 'self' data:; form-action 'self'; "          \
    "base-uri 'none'; style-src "


typedef struct {
    ngx_array_t                  parts;    /* of ngx_str_t, between bases */
    size_t                       len;
} ngx_http_wismo_text_t;


struct ngx_http_wismo_pages_s {
    wismo_words_t               *words;
    wismo_template_t            *order;
    wismo_template_t            *message;
    ngx_str_t                    order_csp;
    ngx_str_t                    message_csp;
    ngx_http_wismo_text_t        messages[NGX_HTTP_WISMO_FORMS]
                                         [NGX_HTTP_WISMO_MESSAGES];
};


typedef struct {
    ngx_conf_t                  *cf;
    wismo_pool_t                *pool;
    ngx_str_t                    dir;
    uint32_t                     crc;
    ngx_uint_t                   logged;
} ngx_http_wismo_page_load_t;


static ngx_int_t ngx_http_wismo_page_words(ngx_http_wismo_page_load_t *load,
    wismo_words_t **words);
static ngx_int_t ngx_http_wismo_page_template(
    ngx_http_wismo_page_load_t *load, const char *name,
    const wismo_words_t *words, wismo_template_t **template, ngx_str_t *csp);
static ngx_int_t ngx_http_wismo_page_messages(
    ngx_http_wismo_page_load_t *load, ngx_http_wismo_pages_t *pages);
static ngx_int_t ngx_http_wismo_page_form(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_pages_t *pages, ngx_uint_t form);
static ngx_int_t ngx_http_wismo_page_split(ngx_conf_t *cf, wismo_out_t *out,
    ngx_http_wismo_text_t *text);
static int ngx_http_wismo_page_partial(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);
static ngx_int_t ngx_http_wismo_page_read(ngx_http_wismo_page_load_t *load,
    ngx_str_t *path, wismo_str_t *text);
static ngx_int_t ngx_http_wismo_page_file(ngx_http_wismo_page_load_t *load,
    u_char *name, size_t len, ngx_str_t *path);
static ngx_int_t ngx_http_wismo_page_path(ngx_http_wismo_page_load_t *load,
    const char *sub, u_char *name, size_t len, const char *ext,
    ngx_str_t *path);


static const char  *ngx_http_wismo_page_kinds[] = {
    "form",
    "not_found",
    "bad_link",
    "unavailable",
    "order_missing",
    "proof_missing",
    "no_match"
};


ngx_int_t
ngx_http_wismo_page_order(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    const wismo_document_t *doc, ngx_http_wismo_response_t *rs)
{
    int                          rc;
    wismo_out_t                  out;
    wismo_str_t                  text;
    wismo_json_t                *json, *model;
    wismo_pool_t                 wp;
    wismo_error_t                err;
    wismo_view_ctx_t             ctx;
    ngx_http_wismo_pages_t      *pages;
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);
    pages = wmcf->pages;

    text = (t->view == WISMO_VIEW_FULL) ? doc->full : doc->minimal;

    ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_PAGE_MEMORY);

    /* both trees and the page fit into one block, which malloc() has ready */

    wp.size = 2 * NGX_HTTP_WISMO_PAGE_HINT + 9 * text.len;

    rc = wismo_json_read(&wp, &text, NGX_HTTP_WISMO_PAGE_NODES, &json, &err);

    if (rc != WISMO_OK) {
        return (rc == WISMO_DECLINED) ? NGX_DECLINED : NGX_ERROR;
    }

    ngx_memzero(&ctx, sizeof(wismo_view_ctx_t));

    ctx.now = ngx_time();
    ctx.base.len = t->base.len;
    ctx.base.data = t->base.data;
    ctx.stale = t->stale;
    ctx.carriers = &wmcf->directory;

    rc = wismo_view_make(&wp, doc, json, t->view, pages->words, &ctx, &model);

    if (rc != WISMO_OK) {
        return (rc == WISMO_DECLINED) ? NGX_DECLINED : NGX_ERROR;
    }

    wismo_out_init(&out, &wp, NGX_HTTP_WISMO_PAGE_HINT + 2 * text.len);

    if (wismo_template_render(pages->order, model, &out) != WISMO_OK
        || out.failed)
    {
        return NGX_ERROR;
    }

    rs->csp = *ngx_http_wismo_page_policy(r, t);
    rs->body.data = out.start;
    rs->body.len = out.pos - out.start;

    return NGX_OK;
}


ngx_str_t *
ngx_http_wismo_page_policy(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    return &wmcf->pages->order_csp;
}


ngx_int_t
ngx_http_wismo_page_message(ngx_http_request_t *r, ngx_str_t *base,
    ngx_http_wismo_message_e message, ngx_http_wismo_response_t *rs)
{
    u_char                      *p;
    ngx_str_t                   *part, path;
    ngx_uint_t                   i;
    ngx_http_wismo_text_t       *text;
    ngx_http_wismo_loc_conf_t   *wlcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    text = &wmcf->pages->messages[wlcf->form][message];
    part = text->parts.elts;

    path = *base;
    path.len += ngx_escape_html(NULL, base->data, base->len);

    if (path.len != base->len) {
        path.data = ngx_pnalloc(r->pool, path.len);
        if (path.data == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_escape_html(path.data, base->data, base->len);
    }

    p = ngx_pnalloc(r->pool, text->len + text->parts.nelts * path.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    rs->csp = wmcf->pages->message_csp;
    rs->body.data = p;

    for (i = 0; i < text->parts.nelts; i++) {

        if (i) {
            p = ngx_cpymem(p, path.data, path.len);
        }

        p = ngx_cpymem(p, part[i].data, part[i].len);
    }

    rs->body.len = p - rs->body.data;

    return NGX_OK;
}


char *
ngx_http_wismo_page_load(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf)
{
    wismo_pool_t                 wp;
    ngx_http_wismo_pages_t      *pages;
    ngx_http_wismo_page_load_t   load;

    pages = ngx_pcalloc(cf->pool, sizeof(ngx_http_wismo_pages_t));
    if (pages == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_wismo_pool(&wp, cf->pool, NGX_HTTP_WISMO_PAGE_LOAD);

    load.cf = cf;
    load.pool = &wp;
    load.crc = 0;
    load.logged = 0;

    load.dir.len = wmcf->share.len + sizeof("/html/") - 1;

    load.dir.data = ngx_pnalloc(cf->pool, load.dir.len);
    if (load.dir.data == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_sprintf(load.dir.data, "%V/html/", &wmcf->share);

    ngx_crc32_init(load.crc);

    if (ngx_http_wismo_page_words(&load, &pages->words) != NGX_OK
        || ngx_http_wismo_page_template(&load, "order", pages->words,
                                        &pages->order, &pages->order_csp)
           != NGX_OK
        || ngx_http_wismo_page_template(&load, "message", pages->words,
                                        &pages->message, &pages->message_csp)
           != NGX_OK
        || ngx_http_wismo_page_messages(&load, pages) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_crc32_final(load.crc);

    wmcf->generation = load.crc;
    wmcf->pages = pages;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_wismo_page_words(ngx_http_wismo_page_load_t *load,
    wismo_words_t **words)
{
    int             rc;
    ngx_str_t       path;
    wismo_str_t     text;
    wismo_json_t   *json;
    wismo_error_t   err;

    if (ngx_http_wismo_page_path(load, "locales/", (u_char *) "en", 2, ".json",
                                 &path)
        != NGX_OK
        || ngx_http_wismo_page_read(load, &path, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&err, sizeof(wismo_error_t));

    rc = wismo_json_read(load->pool, &text, NGX_HTTP_WISMO_PAGE_NODES, &json,
                         &err);

    if (rc == WISMO_OK) {
        rc = wismo_words_compile(load->pool, json, words, &err);
    }

    if (rc == WISMO_DECLINED && err.line) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V:%ud:%ud: %s, used by \"wismo_track\"",
                      &path, err.line, err.column, err.text);

    } else if (rc == WISMO_DECLINED) {
        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V: %s, used by \"wismo_track\"", &path, err.text);
    }

    return (rc == WISMO_OK) ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_wismo_page_template(ngx_http_wismo_page_load_t *load,
    const char *name, const wismo_words_t *words,
    wismo_template_t **template, ngx_str_t *csp)
{
    int                     rc;
    u_char                 *p;
    ngx_str_t               path;
    wismo_str_t             text;
    wismo_error_t           err;
    wismo_template_opts_t   opts;

    if (ngx_http_wismo_page_file(load, (u_char *) name, ngx_strlen(name),
                                 &path)
        != NGX_OK
        || ngx_http_wismo_page_read(load, &path, &text) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_memzero(&opts, sizeof(wismo_template_opts_t));
    ngx_memzero(&err, sizeof(wismo_error_t));

    opts.partial = ngx_http_wismo_page_partial;
    opts.data = load;
    opts.constants = wismo_words_constants(words);

    rc = wismo_template_compile(load->pool, &text, &opts, template, &err);

    if (rc == WISMO_DECLINED && !load->logged) {

        if (err.at[0]
            && ngx_http_wismo_page_file(load, (u_char *) err.at,
                                        ngx_strlen(err.at), &path)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                      "%V:%ud:%ud: %s, used by \"wismo_track\"",
                      &path, err.line, err.column, err.text);
    }

    if (rc != WISMO_OK) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(load->cf->pool, sizeof(NGX_HTTP_WISMO_PAGE_POLICY)
                                    + WISMO_STYLE_SOURCE_LEN
                                    + sizeof(NGX_HTTP_WISMO_CSP_FRAMES));
    if (p == NULL) {
        return NGX_ERROR;
    }

    csp->data = p;

    p = ngx_cpymem(p, NGX_HTTP_WISMO_PAGE_POLICY,
                   sizeof(NGX_HTTP_WISMO_PAGE_POLICY) - 1);

    rc = wismo_view_style_source(load->pool, *template, (char *) p);

    if (rc == WISMO_ERROR) {
        return NGX_ERROR;
    }

    if (rc == WISMO_DECLINED) {
        p = ngx_cpymem(p, "'none'", sizeof("'none'") - 1);

    } else {
        p += WISMO_STYLE_SOURCE_LEN;
    }

    p = ngx_cpymem(p, NGX_HTTP_WISMO_CSP_FRAMES,
                   sizeof(NGX_HTTP_WISMO_CSP_FRAMES) - 1);

    csp->len = p - csp->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_page_messages(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_pages_t *pages)
{
    ngx_uint_t                   form;
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_conf_get_module_main_conf(load->cf,
                                              ngx_http_wismo_module);

    for (form = 0; form < NGX_HTTP_WISMO_FORMS; form++) {

        if ((wmcf->forms & (1 << form))
            && ngx_http_wismo_page_form(load, pages, form) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_page_form(ngx_http_wismo_page_load_t *load,
    ngx_http_wismo_pages_t *pages, ngx_uint_t form)
{
    ngx_uint_t         i;
    wismo_out_t        out;
    wismo_json_t      *model;
    wismo_view_ctx_t   ctx;

    ngx_memzero(&ctx, sizeof(wismo_view_ctx_t));

    ctx.now = ngx_time();
    ctx.factors = form & NGX_HTTP_WISMO_FORM_FACTORS;
    ctx.proof = (form & NGX_HTTP_WISMO_FORM_PROOF) != 0;
    wismo_str_set(&ctx.base, NGX_HTTP_WISMO_PAGE_BASE);

    for (i = 0; i < NGX_HTTP_WISMO_MESSAGES; i++) {

        if (wismo_view_message(load->pool, pages->words,
                               ngx_http_wismo_page_kinds[i], &ctx, &model)
            != WISMO_OK)
        {
            return NGX_ERROR;
        }

        wismo_out_init(&out, load->pool, NGX_HTTP_WISMO_PAGE_HINT);

        if (wismo_template_render(pages->message, model, &out) != WISMO_OK
            || out.failed)
        {
            ngx_log_error(NGX_LOG_EMERG, load->cf->log, 0,
                          "%Vtrack/message.mustache cannot be rendered, used "
                          "by \"wismo_track\"", &load->dir);
            return NGX_ERROR;
        }

        if (ngx_http_wismo_page_split(load->cf, &out,
                                      &pages->messages[form][i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_page_split(ngx_conf_t *cf, wismo_out_t *out,
    ngx_http_wismo_text_t *text)
{
    u_char     *p, *next;
    size_t      n;
    ngx_str_t  *part;

    n = sizeof(NGX_HTTP_WISMO_PAGE_BASE) - 1;

    if (ngx_array_init(&text->parts, cf->pool, 4, sizeof(ngx_str_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    p = out->start;

    for ( ;; ) {
        next = p;

        while ((size_t) (out->pos - next) >= n
               && ngx_memcmp(next, NGX_HTTP_WISMO_PAGE_BASE, n) != 0)
        {
            next++;
        }

        part = ngx_array_push(&text->parts);
        if (part == NULL) {
            return NGX_ERROR;
        }

        part->data = p;

        if ((size_t) (out->pos - next) < n) {
            part->len = out->pos - p;
            text->len += part->len;

            return NGX_OK;
        }

        part->len = next - p;
        text->len += part->len;

        p = next + n;
    }
}


static int
ngx_http_wismo_page_partial(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source)
{
    ngx_http_wismo_page_load_t *load = data;

    ngx_str_t        path;
    ngx_file_info_t  fi;

    if (ngx_http_wismo_page_file(load, name->data, name->len, &path)
        != NGX_OK)
    {
        return WISMO_ERROR;
    }

    if (ngx_file_info(path.data, &fi) == NGX_FILE_ERROR) {
        return WISMO_DECLINED;
    }

    if (ngx_http_wismo_page_read(load, &path, source) != NGX_OK) {
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static ngx_int_t
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
ngx_http_wismo_page_file(ngx_http_wismo_page_load_t *load, u_char *name,
    size_t len, ngx_str_t *path)
{
    if (len > 4 && ngx_memcmp(name + len - 4, ".css", 4) == 0) {
        return ngx_http_wismo_page_path(load, "track/", name, len, "", path);
    }

    return ngx_http_wismo_page_path(load, "track/", name, len, ".mustache",
                                    path);
}


static ngx_int_t
ngx_http_wismo_page_path(ngx_http_wismo_page_load_t *load, const char *sub,
    u_char *name, size_t len, const char *ext, ngx_str_t *path)
{
    u_char  *p;

    path->len = load->dir.len + ngx_strlen(sub) + len + ngx_strlen(ext);

    path->data = ngx_pnalloc(load->cf->pool, path->len + 1);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(path->data, load->dir.data, load->dir.len);
    p = ngx_cpymem(p, sub, ngx_strlen(sub));
    p = ngx_cpymem(p, name, len);
    p = ngx_cpymem(p, ext, ngx_strlen(ext));
    *p = '\0';

    return NGX_OK;
}
