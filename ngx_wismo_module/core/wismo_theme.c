
/*
 * Copyright (C) The Wismo authors
 *
 * Themes: the templates of one brand compiled for one language, with all that
 * is the same in each of its pages put in.  Called when the configuration is
 * loaded, and by "wismo preview".
 *
 * Files are found by the caller.  It must never let the style sheet depend on
 * anything but the brand, as its hash stands in the policy.
 */


#include "wismo_brand.h"


#define WISMO_THEME_MEMORY   (64 << 20)


static int wismo_theme_constants(wismo_pool_t *pool,
    const wismo_theme_opts_t *opts, const wismo_json_t **constants);
static int wismo_theme_shop(wismo_pool_t *pool, const wismo_brand_t *brand,
    wismo_json_t *model);
static int wismo_theme_languages(wismo_pool_t *pool,
    const wismo_theme_opts_t *opts, wismo_json_t *model);
static int wismo_theme_template(wismo_pool_t *pool,
    const wismo_theme_opts_t *opts, const wismo_json_t *constants,
    const char *name, wismo_escape_e escape, wismo_template_t **template,
    char *style, wismo_error_t *err);
static int wismo_theme_compile(wismo_pool_t *pool,
    const wismo_theme_opts_t *opts, const wismo_json_t *constants,
    const char *name, wismo_escape_e escape, wismo_template_t **template,
    wismo_error_t *err);
static int wismo_theme_file(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);


int
wismo_theme_make(wismo_pool_t *pool, const wismo_theme_opts_t *opts,
    wismo_theme_t *theme, wismo_error_t *err)
{
    int       rc;
    unsigned  i;

    static const struct {
        const char      *name;
        wismo_escape_e   escape;
    } forms[WISMO_FORMS] = {
        { "order.text", WISMO_ESCAPE_NONE },
        { "order.ics", WISMO_ESCAPE_ICAL },
        { "order.atom", WISMO_ESCAPE_XML },
        { "order.fragment", WISMO_ESCAPE_HTML },
        { "message.fragment", WISMO_ESCAPE_HTML }
    };

    memset(theme, 0, sizeof(wismo_theme_t));
    memset(err, 0, sizeof(wismo_error_t));

    theme->words = opts->words;

    rc = wismo_theme_constants(pool, opts, &theme->constants);

    if (rc != WISMO_OK) {
        wismo_error_set(err, "", "out of memory");
        return rc;
    }

    rc = wismo_theme_template(pool, opts, theme->constants, "order",
                              WISMO_ESCAPE_HTML, &theme->order,
                              theme->order_style, err);

    if (rc == WISMO_OK) {
        rc = wismo_theme_template(pool, opts, theme->constants, "message",
                                  WISMO_ESCAPE_HTML, &theme->message,
                                  theme->message_style, err);
    }

    for (i = 0; rc == WISMO_OK && i < WISMO_FORMS; i++) {
        rc = wismo_theme_template(pool, opts, theme->constants,
                                  forms[i].name, forms[i].escape,
                                  &theme->forms[i], NULL, err);
    }

    return rc;
}


int
wismo_theme_letters(wismo_pool_t *pool, const wismo_theme_opts_t *opts,
    wismo_letters_t *letters, wismo_error_t *err)
{
    int           rc;
    unsigned      i;

    static const struct {
        const char      *name;
        wismo_escape_e   escape;
    } names[WISMO_LETTERS] = {
        { "mail/subject", WISMO_ESCAPE_NONE },
        { "mail/text", WISMO_ESCAPE_NONE },
        { "mail/html", WISMO_ESCAPE_HTML },
        { "mail/sms", WISMO_ESCAPE_NONE },
        { "order.ics", WISMO_ESCAPE_ICAL }
    };

    static const char *const  asked[WISMO_LETTERS] = {
        "mail/link.subject", "mail/link.text", "mail/link.html", NULL, NULL
    };

    memset(letters, 0, sizeof(wismo_letters_t));
    memset(err, 0, sizeof(wismo_error_t));

    letters->words = opts->words;

    rc = wismo_theme_constants(pool, opts, &letters->constants);

    if (rc == WISMO_OK) {
        rc = wismo_brand_colours_add(pool, opts->brand,
                                     (wismo_json_t *) letters->constants);
    }

    if (rc != WISMO_OK) {
        wismo_error_set(err, "", "out of memory");
        return rc;
    }

    for (i = 0; rc == WISMO_OK && i < WISMO_LETTERS; i++) {
        rc = wismo_theme_template(pool, opts, letters->constants,
                                  names[i].name, names[i].escape,
                                  &letters->templates[i], NULL, err);

        if (rc == WISMO_OK && asked[i]) {
            rc = wismo_theme_template(pool, opts, letters->constants, asked[i],
                                      names[i].escape, &letters->asked[i],
                                      NULL, err);
        }
    }

    return rc;
}


static int
wismo_theme_constants(wismo_pool_t *pool, const wismo_theme_opts_t *opts,
    const wismo_json_t **constants)
{
    wismo_json_t        *model, *v;
    const wismo_json_t  *word;

    model = wismo_json_new(pool, WISMO_JSON_OBJECT);

    if (model == NULL) {
        return WISMO_ERROR;
    }

    *constants = model;

    /* the nodes are those of the words: only their place is new */

    for (word = wismo_words_constants(opts->words)->first;
         word;
         word = word->next)
    {
        v = wismo_palloc(pool, sizeof(wismo_json_t));

        if (v == NULL) {
            return WISMO_ERROR;
        }

        *v = *word;
        v->next = NULL;

        wismo_json_attach(v, model);
    }

    if (wismo_theme_languages(pool, opts, model) != WISMO_OK) {
        return WISMO_ERROR;
    }

    return wismo_theme_shop(pool, opts->brand, model);
}


static int
wismo_theme_shop(wismo_pool_t *pool, const wismo_brand_t *brand,
    wismo_json_t *model)
{
    wismo_json_t          *shop, *logo;
    static wismo_brand_t   none;

    if (brand == NULL) {
        brand = &none;
    }

    shop = wismo_json_add(pool, model, "shop", WISMO_JSON_OBJECT);

    (void) wismo_json_add_str(pool, shop, "name", &brand->name);
    (void) wismo_json_add_str(pool, shop, "url", &brand->shop);
    (void) wismo_json_add_str(pool, shop, "privacy_url", &brand->privacy);
    (void) wismo_json_add_str(pool, shop, "email", &brand->email);
    (void) wismo_json_add_str(pool, shop, "phone", &brand->phone);

    logo = wismo_json_add(pool, shop, "logo", WISMO_JSON_OBJECT);

    (void) wismo_json_add_str(pool, logo, "src", &brand->logo);
    (void) wismo_json_add_str(pool, logo, "dark", &brand->logo_dark);
    (void) wismo_json_add_str(pool, logo, "alt", brand->logo_alt.len
                                                 ? &brand->logo_alt
                                                 : &brand->name);
    (void) wismo_json_add_int(pool, logo, "width", brand->logo_width);

    return wismo_json_add_int(pool, logo, "height", brand->logo_height)
           ? WISMO_OK : WISMO_ERROR;
}


/* The address of a page in another language is the same, with a choice. */

static int
wismo_theme_languages(wismo_pool_t *pool, const wismo_theme_opts_t *opts,
    wismo_json_t *model)
{
    unsigned             i;
    wismo_out_t          out;
    wismo_str_t          url;
    wismo_json_t        *list, *item;
    const wismo_str_t   *lang;

    (void) wismo_json_add_bool(pool, model, "has_languages",
                               opts->nlanguages > 1);

    list = wismo_json_add(pool, model, "languages", WISMO_JSON_ARRAY);

    for (i = 0; i < opts->nlanguages; i++) {
        lang = wismo_words_lang(opts->languages[i]);

        wismo_out_init(&out, pool, lang->len + 8);
        wismo_out_text(&out, "?lang=");
        wismo_out_str(&out, lang);

        url.data = out.start;
        url.len = (size_t) (out.pos - out.start);

        item = wismo_json_add(pool, list, NULL, WISMO_JSON_OBJECT);

        (void) wismo_json_add_str(pool, item, "tag", lang);
        (void) wismo_json_add_str(pool, item, "name",
                                  wismo_words_name(opts->languages[i]));
        (void) wismo_json_add_str(pool, item, "url", &url);

        if (out.failed
            || wismo_json_add_bool(pool, item, "is_current",
                                   opts->languages[i] == opts->words)
               == NULL)
        {
            return WISMO_ERROR;
        }
    }

    return list ? WISMO_OK : WISMO_ERROR;
}


/* Compiling takes five times what is kept of it. */

static int
wismo_theme_template(wismo_pool_t *pool, const wismo_theme_opts_t *opts,
    const wismo_json_t *constants, const char *name, wismo_escape_e escape,
    wismo_template_t **template, char *style, wismo_error_t *err)
{
    int                rc;
    wismo_pool_t       scratch;
    wismo_template_t  *compiled;

    wismo_pool_init(&scratch, WISMO_THEME_MEMORY, NULL, NULL);

    rc = wismo_theme_compile(&scratch, opts, constants, name, escape,
                             &compiled, err);

    if (rc == WISMO_OK && style) {
        rc = wismo_view_style_source(&scratch, compiled, style);
        rc = (rc == WISMO_ERROR) ? rc : WISMO_OK;
    }

    if (rc == WISMO_OK) {
        rc = wismo_template_copy(pool, compiled, template);

        if (rc == WISMO_DECLINED) {
            rc = wismo_theme_compile(pool, opts, constants, name, escape,
                                     template, err);
        }
    }

    if (rc == WISMO_ERROR && err->text[0] == '\0') {
        wismo_error_set(err, "", "out of memory");
    }

    wismo_pool_done(&scratch);

    return rc;
}


static int
wismo_theme_compile(wismo_pool_t *pool, const wismo_theme_opts_t *opts,
    const wismo_json_t *constants, const char *name, wismo_escape_e escape,
    wismo_template_t **template, wismo_error_t *err)
{
    int                     rc;
    wismo_str_t             file, source;
    wismo_template_opts_t   options;

    file = wismo_str_of(name);

    rc = opts->file(opts->data, pool, &file, &source);

    if (rc == WISMO_DECLINED) {
        wismo_error_set(err, name, "there is no template \"%s\"", name);
    }

    if (rc != WISMO_OK) {
        return rc;
    }

    memset(&options, 0, sizeof(wismo_template_opts_t));

    options.partial = wismo_theme_file;
    options.data = (void *) opts;
    options.constants = constants;
    options.escape = escape;

    rc = wismo_template_compile(pool, &source, &options, template, err);

    if (rc != WISMO_OK && err->at[0] == '\0') {
        memcpy(err->at, name, strlen(name) + 1);
    }

    return rc;
}


/* The brand's colours and its own style sheet stand behind the common one. */

static int
wismo_theme_file(void *data, wismo_pool_t *pool, const wismo_str_t *name,
    wismo_str_t *source)
{
    int                        rc;
    wismo_out_t                out;
    wismo_str_t                css;
    const wismo_theme_opts_t  *opts;

    opts = data;

    rc = opts->file(opts->data, pool, name, source);

    if (rc != WISMO_OK || !wismo_str_is(name, "style.css")) {
        return rc;
    }

    wismo_str_null(&css);

    if (opts->brand) {
        css = opts->brand->css;
    }

    if (css.len + opts->css.len == 0) {
        return WISMO_OK;
    }

    wismo_out_init(&out, pool, source->len + css.len + opts->css.len + 1);
    wismo_out_str(&out, source);

    if (out.pos != out.start && out.pos[-1] != '\n') {
        wismo_out_text(&out, "\n");
    }

    wismo_out_str(&out, &css);
    wismo_out_str(&out, &opts->css);

    source->data = out.start;
    source->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}
