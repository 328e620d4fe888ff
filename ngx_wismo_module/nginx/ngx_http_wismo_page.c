
/*
 * Copyright (C) The Wismo authors
 *
 * The pages: at request time a document's view becomes HTML here, and so does
 * a message, in the brand and the language that were chosen, with no parsing
 * but the view's own.  What that needs was compiled when the configuration
 * was read (ngx_http_wismo_page_conf.c).
 *
 * What must never be here: file access, or a decision who may see which view.
 */


#include "ngx_http_wismo_track.h"
#include "ngx_http_wismo_incident.h"

#include "wismo_accept.h"
#include "wismo_escape.h"


#define NGX_HTTP_WISMO_PAGE_MEMORY   (8 * 1024 * 1024)
#define NGX_HTTP_WISMO_PAGE_NODES    32768
#define NGX_HTTP_WISMO_PAGE_SIZE     20480
#define NGX_HTTP_WISMO_PAGE_HINT     4096
#define NGX_HTTP_WISMO_MESSAGE_HINT  16384


static ngx_http_wismo_brand_t *ngx_http_wismo_page_brand(
    ngx_http_request_t *r, ngx_http_wismo_track_t *t);
static ngx_int_t ngx_http_wismo_page_id(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, wismo_pool_t *wp, wismo_str_t *id);
static void ngx_http_wismo_page_ctx(ngx_http_request_t *r,
    ngx_http_wismo_track_t *t, ngx_http_wismo_brand_t *brand,
    wismo_theme_t *theme, wismo_view_ctx_t *ctx);


static const char  *ngx_http_wismo_page_kinds[] = {
    "form",
    "not_found",
    "bad_link",
    "unavailable",
    "order_missing",
    "proof_missing",
    "no_match",
    "stop",
    "stopped",
    "mailed"
};


ngx_int_t
ngx_http_wismo_page_order(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    const wismo_document_t *doc, ngx_http_wismo_response_t *rs)
{
    int                         rc;
    u_char                      key[WISMO_TOKEN_MAX];
    ngx_uint_t                  lang;
    wismo_out_t                 out;
    wismo_str_t                 text, locale;
    wismo_json_t               *json, *model;
    wismo_pool_t                wp;
    wismo_error_t               err;
    wismo_theme_t              *theme;
    wismo_view_ctx_t            ctx;
    wismo_template_t           *template;
    ngx_http_wismo_brand_t     *brand;
    ngx_http_wismo_loc_conf_t  *wlcf;

    text = (t->view == WISMO_VIEW_FULL) ? doc->full : doc->minimal;

    ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_PAGE_MEMORY);

    /*
     * Both trees and the page fit into one block.  A second one would be much
     * larger, and malloc() would ask the kernel for it, each time.
     */

    wp.size = NGX_HTTP_WISMO_PAGE_SIZE + 9 * text.len;

    /* calendars and feeds tell events apart by what no page shows */

    rc = (t->view == WISMO_VIEW_FULL && t->type != NGX_HTTP_WISMO_CALENDAR
          && t->type != NGX_HTTP_WISMO_FEED)
         ? wismo_document_json(&wp, doc, NGX_HTTP_WISMO_PAGE_NODES, &json,
                               &err)
         : wismo_json_read_lean(&wp, &text, NGX_HTTP_WISMO_PAGE_NODES, &json,
                                &err);

    if (rc != WISMO_OK) {
        return (rc == WISMO_DECLINED) ? NGX_DECLINED : NGX_ERROR;
    }

    brand = ngx_http_wismo_page_brand(r, t);
    lang = t->lang;

    /* the language of the order goes before what only the browser likes */

    if (!t->lang_chosen) {
        locale = wismo_json_str(json, "locale");

        if (locale.len) {
            rc = wismo_accept_language(&locale, brand->tags, brand->n);

            if (rc >= 0) {
                lang = rc;
            }
        }
    }

    theme = &brand->themes[lang];

    ngx_http_wismo_page_ctx(r, t, brand, theme, &ctx);

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    ctx.parcel = (t->parcel.len != 0);

    /* nothing else has the form */

    if (wlcf->feedback && t->view == WISMO_VIEW_FULL && !ctx.parcel
        && doc->status == WISMO_DELIVERED)
    {
        ctx.feedback.data = key;
        ctx.feedback.len = ngx_http_wismo_feedback_key(r, t, key);
    }

    if ((t->type == NGX_HTTP_WISMO_CALENDAR || t->type == NGX_HTTP_WISMO_FEED)
        && ngx_http_wismo_page_id(r, t, &wp, &ctx.id) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = wismo_view_make(&wp, doc, json, t->view, theme->words, &ctx, &model);

    if (rc != WISMO_OK) {
        return (rc == WISMO_DECLINED) ? NGX_DECLINED : NGX_ERROR;
    }

    wismo_out_init(&out, &wp, NGX_HTTP_WISMO_PAGE_HINT + 2 * text.len);

    template = (t->type == NGX_HTTP_WISMO_HTML)
               ? theme->order : theme->forms[t->type - NGX_HTTP_WISMO_TEXT];

    if (t->type == NGX_HTTP_WISMO_HTML) {
        rc = wismo_template_render_rest(template, model, &out);

    } else {
        rc = wismo_template_render(template, model, &out);
    }

    if (rc != WISMO_OK || out.failed) {
        return NGX_ERROR;
    }

    if (t->type == NGX_HTTP_WISMO_CALENDAR) {
        text.data = out.start;
        text.len = out.pos - out.start;

        wismo_out_init(&out, &wp, text.len + text.len / 8);
        wismo_ical_lines(&out, &text);

        if (out.failed) {
            return NGX_ERROR;
        }
    }

    if (t->type == NGX_HTTP_WISMO_HTML) {
        t->look.theme = lang;
        ngx_http_wismo_page_kept(r, t, rs);
    }

    rs->body.data = out.start;
    rs->body.len = out.pos - out.start;

    return NGX_OK;
}


void
ngx_http_wismo_page_kept(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_http_wismo_response_t *rs)
{
    ngx_http_wismo_brand_t     *brand;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    brand = ngx_http_wismo_page_brand(r, t);

    rs->head = &brand->heads[t->look.theme];
    rs->csp = brand->order_csp[wlcf->live];
}


ngx_int_t
ngx_http_wismo_page_message(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_http_wismo_message_e message, ngx_http_wismo_response_t *rs)
{
    wismo_out_t              out;
    wismo_json_t            *model;
    wismo_pool_t             wp;
    wismo_theme_t           *theme;
    wismo_view_ctx_t         ctx;
    wismo_template_t        *template;
    ngx_http_wismo_brand_t  *brand;

    brand = ngx_http_wismo_page_brand(r, t);
    theme = &brand->themes[t->lang];

    ngx_http_wismo_pool(&wp, r->pool, NGX_HTTP_WISMO_PAGE_MEMORY);

    wp.size = 2 * NGX_HTTP_WISMO_MESSAGE_HINT;

    ngx_http_wismo_page_ctx(r, t, brand, theme, &ctx);

    if (wismo_view_message(&wp, theme->words,
                           ngx_http_wismo_page_kinds[message], &ctx, &model)
        != WISMO_OK)
    {
        return NGX_ERROR;
    }

    wismo_out_init(&out, &wp, NGX_HTTP_WISMO_MESSAGE_HINT);

    template = (t->type == NGX_HTTP_WISMO_FRAGMENT)
               ? theme->forms[WISMO_FORM_FRAGMENT_MESSAGE] : theme->message;

    if (wismo_template_render(template, model, &out) != WISMO_OK
        || out.failed)
    {
        return NGX_ERROR;
    }

    if (t->type != NGX_HTTP_WISMO_FRAGMENT) {
        rs->csp = brand->message_csp;
    }

    rs->body.data = out.start;
    rs->body.len = out.pos - out.start;

    return NGX_OK;
}


static ngx_http_wismo_brand_t *
ngx_http_wismo_page_brand(ngx_http_request_t *r, ngx_http_wismo_track_t *t)
{
    ngx_http_wismo_brand_t      *brand;
    ngx_http_wismo_main_conf_t  *wmcf;

    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    brand = wmcf->pages->brands.elts;

    return &brand[t->brand];
}


/* What calendars and feeds know an order by: a MAC of its number. */

static ngx_int_t
ngx_http_wismo_page_id(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    wismo_pool_t *wp, wismo_str_t *id)
{
    u_char                     *mac;
    ngx_http_wismo_loc_conf_t  *wlcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);

    mac = wismo_palloc(wp, 32);
    if (mac == NULL) {
        return NGX_ERROR;
    }

    id->data = mac;
    id->len = WISMO_VIEW_ID;

    return wismo_view_id(wp, &wlcf->keys->keys[0].secret, &t->number, mac)
           == WISMO_OK ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_wismo_page_ctx(ngx_http_request_t *r, ngx_http_wismo_track_t *t,
    ngx_http_wismo_brand_t *brand, wismo_theme_t *theme,
    wismo_view_ctx_t *ctx)
{
    uint32_t                     hash;
    ngx_http_wismo_script_t     *script;
    ngx_http_wismo_loc_conf_t   *wlcf;
    ngx_http_wismo_main_conf_t  *wmcf;

    wlcf = ngx_http_get_module_loc_conf(r, ngx_http_wismo_module);
    wmcf = ngx_http_get_module_main_conf(r, ngx_http_wismo_module);

    ngx_memzero(ctx, sizeof(wismo_view_ctx_t));

    ctx->now = ngx_time();
    ctx->base.len = t->base.len;
    ctx->base.data = t->base.data;
    ctx->brand = brand->brand.name;
    ctx->contact = brand->brand.contact;
    ctx->carriers = &wmcf->directory;
    ctx->blocks = brand->blocks;
    ctx->incidents = ngx_http_wismo_incidents(&hash);
    ctx->constants = theme->constants;
    ctx->factors = wlcf->form & ngx_http_wismo_brand_factors(r, t);
    ctx->proof = (wlcf->form & NGX_HTTP_WISMO_FORM_PROOF) != 0;
    ctx->mail = ngx_http_wismo_brand_mail(r, t);
    ctx->stale = t->stale;

    if (wlcf->live) {
        script = &wmcf->pages->scripts[NGX_HTTP_WISMO_SCRIPT_LIVE];

        ctx->script.len = script->name.len;
        ctx->script.data = script->name.data;
    }
}
