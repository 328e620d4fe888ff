
/*
 * Copyright (C) The Wismo authors
 *
 * Writes notices with what writes pages: brands, catalogues and templates are
 * read as the module reads them, the model is the page's.  Called by the
 * channels that tell people, and by "wismo notify".
 *
 * It must never put an address of a person into a text, nor load anything
 * into a mail from elsewhere.
 */


#include "fetch_wording.h"
#include "fetch_config.h"
#include "fetch_pages.h"
#include "fetch_share.h"
#include "wismo_accept.h"
#include "wismo_sign.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


#define FETCH_WORDING_MEMORY  ((size_t) 256 << 20)
#define FETCH_WORDING_BRANDS  256
#define FETCH_WORDING_NODES   32768
#define FETCH_WORDING_STOP    (400 * 86400)   /* as long as an order is kept */

/* Stops are for whoever got the mail, so the key is in it. */
#define FETCH_WORDING_STOPS   "/stop?t="


typedef struct fetch_wording_brand_s  fetch_wording_brand_t;

struct fetch_wording_brand_s {
    char                      name[72];
    char                      file[FETCH_PAGES_PATH];
    fetch_pages_t             pages;
    wismo_letters_t           letters[FETCH_PAGES_LANGUAGES];
    bool                      faulty;
    fetch_wording_brand_t    *next;
};


struct fetch_wording_s {
    const fetch_config_t     *conf;
    wismo_pool_t              pool;
    wismo_keys_t              keys;           /* none: links are not signed */
    wismo_carriers_t          carriers;
    fetch_pages_t             common;
    fetch_wording_brand_t    *brands;
    unsigned                  nbrands;
};


static int fetch_wording_carriers(fetch_wording_t *w);
static int fetch_wording_carrier(fetch_wording_t *w, const char *path);
static fetch_wording_brand_t *fetch_wording_brand(fetch_wording_t *w,
    const wismo_str_t *name, wismo_error_t *err);
static bool fetch_wording_file(fetch_wording_t *w, const wismo_str_t *name,
    char *path, size_t size);
static unsigned fetch_wording_language(const fetch_wording_brand_t *brand,
    const wismo_str_t *locale);
static int fetch_wording_model(fetch_wording_t *w, wismo_pool_t *pool,
    const fetch_news_t *news, const fetch_wording_brand_t *brand,
    const wismo_letters_t *letters, fetch_said_t *said, wismo_json_t **model,
    wismo_error_t *err);
static int fetch_wording_urls(fetch_wording_t *w, wismo_pool_t *pool,
    const fetch_news_t *news, wismo_str_t *url, wismo_str_t *stop);
static int fetch_wording_url(fetch_wording_t *w, wismo_out_t *out,
    const fetch_news_t *news, const char *purpose, const char *query,
    int64_t ttl, wismo_str_t *url);
static int fetch_wording_render(wismo_pool_t *pool,
    const wismo_template_t *template, const wismo_json_t *model,
    wismo_letter_e letter, wismo_str_t *text);


fetch_wording_t *
fetch_wording_create(const fetch_config_t *conf, wismo_error_t *err)
{
    fetch_wording_t  *w;

    w = calloc(1, sizeof(fetch_wording_t));

    if (w == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return NULL;
    }

    w->conf = conf;

    wismo_pool_init(&w->pool, FETCH_WORDING_MEMORY, NULL, NULL);

    if (*conf->secret_file
        && fetch_config_keys(conf, &w->pool, &w->keys, err) != WISMO_OK)
    {
        fetch_wording_free(w);
        return NULL;
    }

    if (fetch_pages_load(&w->common, &w->pool, NULL, NULL, true) != WISMO_OK) {
        wismo_error_set(err, "", "%.200s", w->common.fault);
        fetch_wording_free(w);
        return NULL;
    }

    if (fetch_wording_carriers(w) != WISMO_OK) {
        wismo_error_set(err, "", "there is no memory");
        fetch_wording_free(w);
        return NULL;
    }

    return w;
}


void
fetch_wording_free(fetch_wording_t *w)
{
    fetch_wording_brand_t  *brand;

    if (w == NULL) {
        return;
    }

    while (w->brands) {
        brand = w->brands;
        w->brands = brand->next;
        free(brand);
    }

    wismo_pool_done(&w->pool);
    free(w);
}


/* As the module does: a carrier without a title is called by its name. */

static int
fetch_wording_carriers(fetch_wording_t *w)
{
    int      rc;
    char     pattern[FETCH_PAGES_PATH];
    size_t   i;
    glob_t   g;

    (void) snprintf(pattern, sizeof(pattern), "%s/carriers/*.json",
                    fetch_share());

    if (glob(pattern, 0, NULL, &g) != 0) {
        return WISMO_OK;
    }

    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && i < g.gl_pathc; i++) {
        rc = fetch_wording_carrier(w, g.gl_pathv[i]);
    }

    globfree(&g);

    return rc;
}


static int
fetch_wording_carrier(fetch_wording_t *w, const char *path)
{
    int             rc;
    json_t         *adapter, *v;
    wismo_str_t     id, title, link;
    wismo_error_t   err;

    adapter = json_load_file(path, 0, NULL);

    v = json_object_get(adapter, "title");
    title.data = (unsigned char *) json_string_value(v);
    title.len = json_string_length(v);

    v = json_object_get(adapter, "tracking_url");
    link.data = (unsigned char *) json_string_value(v);
    link.len = json_string_length(v);

    id.data = (unsigned char *) strrchr(path, '/') + 1;
    id.len = strlen((char *) id.data) - (sizeof(".json") - 1);

    rc = WISMO_OK;

    if (title.len) {
        rc = wismo_carriers_add(&w->pool, &w->carriers, &id, &title, &link,
                                &err);
    }

    if (rc == WISMO_DECLINED) {
        wismo_str_null(&link);
        rc = wismo_carriers_add(&w->pool, &w->carriers, &id, &title, &link,
                                &err);
    }

    json_decref(adapter);

    return rc;
}


/* Read once; one that is faulty is told of each time it would be used. */

static fetch_wording_brand_t *
fetch_wording_brand(fetch_wording_t *w, const wismo_str_t *name,
    wismo_error_t *err)
{
    fetch_wording_brand_t  *brand;

    if (name->len >= sizeof(brand->name)) {
        wismo_error_set(err, "", "the brand's name is too long");
        return NULL;
    }

    for (brand = w->brands; brand; brand = brand->next) {
        if (wismo_str_is(name, brand->name)) {
            break;
        }
    }

    if (brand == NULL) {

        if (w->nbrands == FETCH_WORDING_BRANDS) {
            wismo_error_set(err, "", "there are more than %d brands",
                            FETCH_WORDING_BRANDS);
            return NULL;
        }

        brand = calloc(1, sizeof(fetch_wording_brand_t));

        if (brand == NULL) {
            wismo_error_set(err, "", "there is no memory");
            return NULL;
        }

        if (name->len) {
            memcpy(brand->name, name->data, name->len);
        }

        brand->next = w->brands;
        w->brands = brand;
        w->nbrands++;

        brand->faulty = fetch_pages_load(&brand->pages, &w->pool,
                                         fetch_wording_file(w, name,
                                                        brand->file,
                                                        sizeof(brand->file))
                                         ? brand->file : NULL,
                                         &w->common, true)
                        != WISMO_OK;
    }

    if (brand->faulty) {
        wismo_error_set(err, "", "%.200s", brand->pages.fault[0]
                                           ? brand->pages.fault
                                           : "the brand cannot be read");
        return NULL;
    }

    return brand;
}


/* The order's brand, else the default one, else none. */

static bool
fetch_wording_file(fetch_wording_t *w, const wismo_str_t *name, char *path,
    size_t size)
{
    int  n;

    if (*w->conf->brands == '\0') {
        return false;
    }

    if (wismo_brand_name_ok(name)) {
        n = snprintf(path, size, "%s/%.*s.json", w->conf->brands,
                     (int) name->len, (char *) name->data);

        if (n > 0 && (size_t) n < size && access(path, F_OK) == 0) {
            return true;
        }
    }

    n = snprintf(path, size, "%s/default.json", w->conf->brands);

    return n > 0 && (size_t) n < size && access(path, F_OK) == 0;
}


static unsigned
fetch_wording_language(const fetch_wording_brand_t *brand,
    const wismo_str_t *locale)
{
    int                n;
    unsigned           i, k;
    wismo_str_t        tags[FETCH_PAGES_LANGUAGES];
    const wismo_str_t  *wishes[2];

    for (i = 0; i < brand->pages.nwords; i++) {
        tags[i] = *wismo_words_lang(brand->pages.words[i]);
    }

    wishes[0] = locale;
    wishes[1] = &brand->pages.brand.locale;

    for (k = 0; k < 2; k++) {

        if (wishes[k]->len == 0) {
            continue;
        }

        n = wismo_accept_language(wishes[k], tags, brand->pages.nwords);

        if (n >= 0) {
            return (unsigned) n;
        }
    }

    /* the first that it names, and English where it names none */

    return 0;
}


unsigned
fetch_wording_languages(fetch_wording_t *w, const wismo_str_t *name,
    const wismo_str_t **tags, unsigned max)
{
    unsigned                i;
    wismo_error_t           err;
    fetch_wording_brand_t  *brand;

    brand = fetch_wording_brand(w, name, &err);

    if (brand == NULL) {
        return 0;
    }

    for (i = 0; i < brand->pages.nwords && i < max; i++) {
        tags[i] = wismo_words_lang(brand->pages.words[i]);
    }

    return i;
}


int
fetch_wording_write(fetch_wording_t *w, wismo_pool_t *pool,
    const fetch_news_t *news, unsigned letters, fetch_said_t *said,
    wismo_error_t *err)
{
    int                      rc;
    unsigned                 i, lang;
    wismo_json_t            *model;
    wismo_letters_t         *own;
    fetch_wording_brand_t   *brand;
    wismo_template_t *const *templates;

    memset(said, 0, sizeof(fetch_said_t));

    brand = fetch_wording_brand(w, &news->brand, err);

    if (brand == NULL) {
        return WISMO_DECLINED;
    }

    lang = fetch_wording_language(brand, &news->locale);
    own = &brand->letters[lang];

    if (own->words == NULL) {
        rc = fetch_pages_letters(&brand->pages, lang, own);

        if (rc != WISMO_OK) {
            own->words = NULL;
            wismo_error_set(err, "", "%.200s", brand->pages.fault);
            return WISMO_DECLINED;
        }
    }

    said->brand = brand->pages.brand.name;
    said->support = brand->pages.brand.email;
    said->lang = *wismo_words_lang(own->words);

    rc = fetch_wording_model(w, pool, news, brand, own, said, &model, err);

    templates = wismo_notice_asked(news->kind) ? own->asked : own->templates;

    for (i = 0; rc == WISMO_OK && i < WISMO_LETTERS; i++) {

        if (!(letters & (1u << i)) || templates[i] == NULL) {
            continue;
        }

        /* a calendar needs a day, and a name for it; that of the delivery is
         * none of a return's */

        if (i == WISMO_LETTER_CALENDAR
            && (!wismo_json_bool(wismo_json_get(model, "calendar"),
                                 "is_event")
                || wismo_json_bool(wismo_json_get(model, "notice"),
                                   "is_return")))
        {
            continue;
        }

        rc = fetch_wording_render(pool, templates[i], model,
                                  (wismo_letter_e) i, &said->texts[i]);
    }

    return rc;
}


static int
fetch_wording_model(fetch_wording_t *w, wismo_pool_t *pool,
    const fetch_news_t *news, const fetch_wording_brand_t *brand,
    const wismo_letters_t *letters, fetch_said_t *said, wismo_json_t **model,
    wismo_error_t *err)
{
    int                   rc;
    wismo_out_t           out;
    wismo_json_t         *json;
    unsigned char         id[32];
    wismo_view_ctx_t      ctx;
    wismo_view_notice_t   notice;

    rc = wismo_json_read(pool, &news->doc->full, FETCH_WORDING_NODES, &json,
                         err);

    if (rc != WISMO_OK) {
        wismo_error_set(err, "", "the stored order cannot be read");
        return rc;
    }

    memset(&ctx, 0, sizeof(wismo_view_ctx_t));

    ctx.now = news->now;
    ctx.brand = brand->pages.brand.name;
    ctx.contact = brand->pages.brand.contact;
    ctx.carriers = &w->carriers;
    ctx.constants = letters->constants;

    wismo_out_init(&out, pool, 512);
    wismo_out_str(&out, &news->site);
    wismo_out_bytes(&out, w->conf->track, strlen(w->conf->track));

    ctx.base.data = out.start;
    ctx.base.len = (size_t) (out.pos - out.start);

    /* a path is one of the site that the page is on */

    if (ctx.contact.len && ctx.contact.data[0] == '/') {
        wismo_out_init(&out, pool, 512);
        wismo_out_str(&out, &news->site);
        wismo_out_str(&out, &ctx.contact);

        ctx.contact.data = out.start;
        ctx.contact.len = (size_t) (out.pos - out.start);
    }

    if (w->keys.n) {
        rc = wismo_view_id(pool, &w->keys.keys[0].secret, &news->number, id);

        if (rc != WISMO_OK) {
            return rc;
        }

        ctx.id.data = id;
        ctx.id.len = WISMO_VIEW_ID;
    }

    if (out.failed) {
        return WISMO_ERROR;
    }

    rc = wismo_view_make(pool, news->doc, json, WISMO_VIEW_FULL,
                         letters->words, &ctx, model);

    if (rc != WISMO_OK) {
        return rc;
    }

    notice.kind = news->kind;
    notice.parcel = news->parcel;
    notice.until = w->keys.n ? news->now + WISMO_LINK_TTL : 0;
    notice.now = news->now;

    if (fetch_wording_urls(w, pool, news, &notice.url, &notice.stop_url)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    said->url = notice.url;
    said->stop_url = notice.stop_url;

    return wismo_view_notice(pool, letters->words, json, &notice, *model);
}


static int
fetch_wording_urls(fetch_wording_t *w, wismo_pool_t *pool,
    const fetch_news_t *news, wismo_str_t *url, wismo_str_t *stop)
{
    wismo_out_t  out;

    wismo_str_null(stop);

    wismo_out_init(&out, pool, 512);

    if (fetch_wording_url(w, &out, news, WISMO_TOKEN_LINK, "?t=",
                          WISMO_LINK_TTL, url)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    if (!news->stop || w->keys.n == 0) {
        return WISMO_OK;
    }

    wismo_out_init(&out, pool, 512);

    return fetch_wording_url(w, &out, news, WISMO_TOKEN_STOP,
                             FETCH_WORDING_STOPS, FETCH_WORDING_STOP, stop);
}


static int
fetch_wording_url(fetch_wording_t *w, wismo_out_t *out,
    const fetch_news_t *news, const char *purpose, const char *query,
    int64_t ttl, wismo_str_t *url)
{
    char           token[WISMO_TOKEN_MAX];
    size_t         len;
    wismo_token_t  says;

    wismo_out_str(out, &news->site);
    wismo_out_bytes(out, w->conf->track, strlen(w->conf->track));
    wismo_out_uri(out, &news->number);

    if (w->keys.n) {
        says.full = true;
        says.issued = news->now;
        says.expires = news->now + ttl;

        len = wismo_token_make(&w->keys, purpose, &news->number, &says,
                               token);

        wismo_out_bytes(out, query, strlen(query));
        wismo_out_bytes(out, token, len);
    }

    url->data = out->start;
    url->len = (size_t) (out->pos - out->start);

    return out->failed ? WISMO_ERROR : WISMO_OK;
}


static int
fetch_wording_render(wismo_pool_t *pool, const wismo_template_t *template,
    const wismo_json_t *model, wismo_letter_e letter, wismo_str_t *text)
{
    int           rc;
    wismo_out_t   out, lines;
    wismo_str_t   raw;

    wismo_out_init(&out, pool, 4096);

    rc = wismo_template_render(template, model, &out);

    if (rc != WISMO_OK || out.failed) {
        return rc == WISMO_DECLINED ? rc : WISMO_ERROR;
    }

    text->data = out.start;
    text->len = (size_t) (out.pos - out.start);

    if (letter != WISMO_LETTER_CALENDAR) {
        return WISMO_OK;
    }

    raw = *text;

    wismo_out_init(&lines, pool, raw.len + 512);
    wismo_ical_lines(&lines, &raw);

    text->data = lines.start;
    text->len = (size_t) (lines.pos - lines.start);

    return lines.failed ? WISMO_ERROR : WISMO_OK;
}
