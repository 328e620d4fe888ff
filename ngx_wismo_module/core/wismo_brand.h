
/*
 * Copyright (C) The Wismo authors
 *
 * Brands: what a brand's file (docs/brands.md, docs/brand.schema.json) says,
 * checked, and its colours as a style sheet.  And themes: the pages of one
 * brand in one language, compiled.
 */


#ifndef _WISMO_BRAND_H_INCLUDED_
#define _WISMO_BRAND_H_INCLUDED_


#include "wismo_view.h"


#define WISMO_BRAND_WARNINGS  8

#define WISMO_LOOKUP_EMAIL     0x01
#define WISMO_LOOKUP_POSTCODE  0x02
#define WISMO_LOOKUP_PHONE     0x04


/* All texts are in the file's bytes or the pool; what is not said is empty. */

typedef struct {
    wismo_str_t               id;         /* the file's name */
    wismo_str_t               name;
    const wismo_json_t       *hosts;      /* an array, or NULL */
    wismo_str_t               shop;
    wismo_str_t               privacy;
    wismo_str_t               contact;    /* {order} stands for the number */
    wismo_str_t               email;
    wismo_str_t               phone;
    wismo_str_t               logo;
    wismo_str_t               logo_dark;
    wismo_str_t               logo_alt;
    int64_t                   logo_width;
    int64_t                   logo_height;
    const wismo_json_t       *locales;    /* an array, or NULL: all */
    wismo_str_t               locale;     /* the first of them, if not said */
    unsigned                  lookup;     /* bits; 0: not said */
    const wismo_json_t       *light;      /* tokens, or NULL */
    const wismo_json_t       *dark;
    wismo_str_t               css;        /* of its tokens */
    wismo_str_t               css_file;
    wismo_str_t               blocks_file;
    wismo_str_t               images;     /* " https://cdn.example", ... */
    wismo_error_t             warnings[WISMO_BRAND_WARNINGS];
    unsigned                  nwarnings;
} wismo_brand_t;


/*
 * Reads a brand's file.  WISMO_DECLINED tells line, column and JSON pointer
 * of the first fault; warnings, which are colours that cannot be read on each
 * other, are in the brand.
 */
int wismo_brand_read(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_brand_t *brand, wismo_error_t *err);

/* Whether a name may be a brand's: a-z, 0-9, "_" and "-", up to 64. */
bool wismo_brand_name_ok(const wismo_str_t *name);


/* The other forms of an order: order.text and so on, and what stands in a
 * fragment's place when there is no order to tell of. */

typedef enum {
    WISMO_FORM_TEXT = 0,
    WISMO_FORM_CALENDAR,
    WISMO_FORM_FEED,
    WISMO_FORM_FRAGMENT,
    WISMO_FORM_FRAGMENT_MESSAGE
} wismo_form_e;

#define WISMO_FORMS  5


/*
 * A theme.  "constants" are members of every model; "style" is the source
 * expression of the style sheet of both templates, empty if they have none.
 */

typedef struct {
    const wismo_words_t      *words;
    const wismo_json_t       *constants;
    wismo_template_t         *order;
    wismo_template_t         *message;
    wismo_template_t         *forms[WISMO_FORMS];
    char                      order_style[WISMO_STYLE_SOURCE_LEN + 1];
    char                      message_style[WISMO_STYLE_SOURCE_LEN + 1];
} wismo_theme_t;


/*
 * "languages" are those to choose from, of which "words" is one.  "file"
 * finds templates, partials and style sheets by their names, the brand's own
 * first; "css" is the text of the brand's own style sheet, after its colours.
 * Errors name the file in err->at.
 */

typedef struct {
    const wismo_brand_t        *brand;
    const wismo_words_t        *words;
    const wismo_words_t *const *languages;
    unsigned                    nlanguages;
    wismo_str_t                 css;
    wismo_partial_pt            file;
    void                       *data;
} wismo_theme_opts_t;

int wismo_theme_make(wismo_pool_t *pool, const wismo_theme_opts_t *opts,
    wismo_theme_t *theme, wismo_error_t *err);


/* What notices of one brand are written with in one language. */

typedef enum {
    WISMO_LETTER_SUBJECT = 0,
    WISMO_LETTER_TEXT,
    WISMO_LETTER_HTML,
    WISMO_LETTER_SMS,
    WISMO_LETTER_CALENDAR
} wismo_letter_e;

#define WISMO_LETTERS  5

typedef struct {
    const wismo_words_t      *words;
    const wismo_json_t       *constants;
    wismo_template_t         *templates[WISMO_LETTERS];
    wismo_template_t         *asked[WISMO_LETTERS];  /* of what is no news, or
                                                        NULL */
} wismo_letters_t;

int wismo_theme_letters(wismo_pool_t *pool, const wismo_theme_opts_t *opts,
    wismo_letters_t *letters, wismo_error_t *err);

/* Adds "colors" to a model: light and dark, each token with its value. */
int wismo_brand_colours_add(wismo_pool_t *pool, const wismo_brand_t *brand,
    wismo_json_t *model);


#endif /* _WISMO_BRAND_H_INCLUDED_ */
