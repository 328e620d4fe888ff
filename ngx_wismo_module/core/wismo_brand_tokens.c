
/*
 * Copyright (C) The Wismo authors
 *
 * What a brand looks like: its tokens become custom properties of the style
 * sheet, light and dark, and colours that are read on each other are
 * measured.  Called by wismo_brand.c.
 *
 * It must never let anything into the style sheet but what it knows.
 */


#include "wismo_brand_int.h"

#include <math.h>


#define WISMO_BRAND_CONTRAST  450


/* A colour: what it is called, what it becomes, and what it is without. */

typedef struct {
    const char               *name;
    const char               *selector;
    const char               *property;
    const char               *defaults[2];         /* light, dark */
} wismo_brand_token_t;


static int wismo_brand_contrast(const wismo_str_t *a, const wismo_str_t *b);
static int wismo_brand_colours(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at, unsigned dark, wismo_out_t *out);
static void wismo_brand_contrasts(wismo_brand_reader_t *b,
    const wismo_json_t *v, const char *at, unsigned dark);
static bool wismo_brand_quoted(const wismo_str_t *s);
static bool wismo_brand_colour(const wismo_str_t *s, double *luminance);


/* The defaults are those of html/track/style.css; t/brand.t compares them. */

static const wismo_brand_token_t  wismo_brand_token_table[] = {
    { "background", ":root", "--bg", { "#f4f3f0", "#111215" } },
    { "card", ":root", "--card", { "#fff", "#1b1c21" } },
    { "text", ":root", "--ink", { "#1a1b1f", "#ececf0" } },
    { "muted", ":root", "--soft", { "#5d6068", "#a3a6b0" } },
    { "line", ":root", "--line", { "#e2e0da", "#2d2f37" } },
    { "track", ":root", "--track", { "#d9d7d0", "#3b3d47" } },
    { "accent", ".info", "--tone", { "#1a56b0", "#8fb8ff" } },
    { "accent_tint", ".info", "--tint", { "#e8effb", "#1c2b47" } },
    { "success", ".ok", "--tone", { "#146c3a", "#74d597" } },
    { "success_tint", ".ok", "--tint", { "#e3f3e8", "#163323" } },
    { "warning", ".warn", "--tone", { "#855100", "#f3c25b" } },
    { "warning_tint", ".warn", "--tint", { "#fdf0d8", "#3a2c0d" } },
    { "danger", ".bad", "--tone", { "#ab2118", "#ff9389" } },
    { "danger_tint", ".bad", "--tint", { "#fce8e6", "#43201d" } },
    { NULL, NULL, NULL, { NULL, NULL } }
};


/* What is read on what: text, and what it stands on. */

static const char *const  wismo_brand_pairs[][2] = {
    { "text", "background" },
    { "text", "card" },
    { "muted", "background" },
    { "muted", "card" },
    { "accent", "card" },
    { "accent", "accent_tint" },
    { "success", "card" },
    { "success", "success_tint" },
    { "warning", "card" },
    { "warning", "warning_tint" },
    { "danger", "card" },
    { "danger", "danger_tint" },
    { NULL, NULL }
};


int
wismo_brand_tokens(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    int                  rc;
    char                 path[WISMO_BRAND_PATH];
    size_t               i;
    wismo_str_t          text;
    wismo_out_t          out;
    unsigned char        ch;
    const wismo_json_t  *member;

    wismo_out_init(&out, b->pool, 1024);

    for (member = v->first; member; member = member->next) {

        wismo_brand_path(path, at, &member->key);

        text = member->text;

        if (wismo_str_is(&member->key, "light")
            || wismo_str_is(&member->key, "dark"))
        {
            if (member->type != WISMO_JSON_OBJECT) {
                return wismo_brand_wrong(b, member, path, "an object");
            }

            rc = wismo_brand_colours(b, member, path,
                                     member->key.data[0] == 'd', &out);

            if (rc != WISMO_OK) {
                return rc;
            }

            if (member->key.data[0] == 'd') {
                b->brand->dark = member;

            } else {
                b->brand->light = member;
            }

        } else if (wismo_str_is(&member->key, "font")) {

            if (member->type != WISMO_JSON_STRING || text.len == 0
                || text.len > WISMO_BRAND_TEXT
                || !wismo_brand_chars(&text, " ,-_\"'")
                || !wismo_brand_quoted(&text))
            {
                return wismo_brand_wrong(b, member, path, "names of font "
                                         "families, with commas between");
            }

            wismo_out_text(&out, "body,input,button{font-family:");
            wismo_out_str(&out, &text);
            wismo_out_text(&out, "}\n");

        } else if (wismo_str_is(&member->key, "radius")) {

            for (i = 0; i < text.len; i++) {
                ch = text.data[i];

                if (!(ch >= '0' && ch <= '9') && ch != '.') {
                    break;
                }
            }

            if (member->type != WISMO_JSON_STRING || i == 0 || i > 8
                || !((text.len - i == 2 && memcmp(text.data + i, "px", 2) == 0)
                     || (text.len - i == 3
                         && memcmp(text.data + i, "rem", 3) == 0)))
            {
                return wismo_brand_wrong(b, member, path, "a length, such as "
                                         "\"8px\" or \"0.5rem\"");
            }

            wismo_out_text(&out, ".hero,.card,.note,input,button"
                                 "{border-radius:");
            wismo_out_str(&out, &text);
            wismo_out_text(&out, "}\n");

        } else {
            return wismo_brand_wrong(b, member, path, "one of light, dark, "
                                     "font, radius");
        }
    }

    if (out.failed) {
        wismo_error_set(b->err, "", "out of memory");
        return WISMO_ERROR;
    }

    b->brand->css.data = out.start;
    b->brand->css.len = (size_t) (out.pos - out.start);

    return WISMO_OK;
}


/* A quote without its other one would take the rest of the style sheet. */

static bool
wismo_brand_quoted(const wismo_str_t *s)
{
    size_t         i;
    unsigned char  ch, quote;

    quote = 0;

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        if (quote ? ch == quote : (ch == '"' || ch == '\'')) {
            quote = quote ? 0 : ch;
        }
    }

    return quote == 0;
}


/* Where there are no custom properties: mail programs. */

int
wismo_brand_colours_add(wismo_pool_t *pool, const wismo_brand_t *brand,
    wismo_json_t *model)
{
    unsigned                    dark;
    wismo_str_t                 text;
    wismo_json_t               *colors, *scheme, *node;
    const wismo_json_t         *own;
    const wismo_brand_token_t  *token;

    colors = wismo_json_add(pool, model, "colors", WISMO_JSON_OBJECT);
    node = colors;

    for (dark = 0; dark < 2; dark++) {
        own = brand ? (dark ? brand->dark : brand->light) : NULL;

        scheme = wismo_json_add(pool, colors, dark ? "dark" : "light",
                                WISMO_JSON_OBJECT);

        for (token = wismo_brand_token_table; token->name; token++) {
            text = wismo_json_str(own, token->name);

            if (text.len == 0) {
                text = wismo_str_of(token->defaults[dark]);
            }

            node = wismo_json_add_str(pool, scheme, token->name, &text);
        }
    }

    return node ? WISMO_OK : WISMO_ERROR;
}


static int
wismo_brand_colours(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at, unsigned dark, wismo_out_t *out)
{
    char                        path[WISMO_BRAND_PATH];
    double                      luminance;
    wismo_out_t                 known;
    const wismo_json_t         *member;
    const wismo_brand_token_t  *token;

    wismo_out_printf(out, "@media (prefers-color-scheme:%s){\n",
                     dark ? "dark" : "light");

    for (member = v->first; member; member = member->next) {

        wismo_brand_path(path, at, &member->key);

        for (token = wismo_brand_token_table; token->name; token++) {
            if (wismo_str_is(&member->key, token->name)) {
                break;
            }
        }

        if (token->name == NULL) {
            wismo_out_init(&known, b->pool, 256);
            wismo_out_text(&known, "one of");

            for (token = wismo_brand_token_table; token->name; token++) {
                wismo_out_printf(&known, " %s", token->name);
            }

            wismo_out_bytes(&known, "", 1);

            return wismo_brand_wrong(b, member, path, known.failed
                                                      ? "another token"
                                                      : (char *) known.start);
        }

        if (member->type != WISMO_JSON_STRING
            || !wismo_brand_colour(&member->text, &luminance))
        {
            return wismo_brand_wrong(b, member, path, "a colour, such as "
                                     "\"#1a56b0\"");
        }

        wismo_out_printf(out, "%s{%s:%.*s}\n", token->selector,
                         token->property, (int) member->text.len,
                         (char *) member->text.data);
    }

    wismo_out_text(out, "}\n");

    wismo_brand_contrasts(b, v, at, dark);

    return WISMO_OK;
}


/* WCAG 2.2, 1.4.3: what is read must stand out 4.5 times. */

static void
wismo_brand_contrasts(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at, unsigned dark)
{
    int                         contrast;
    char                        path[WISMO_BRAND_PATH];
    unsigned                    i, j;
    wismo_str_t                 colours[2];
    wismo_error_t              *w;
    const wismo_json_t         *given[2], *where;
    const wismo_brand_token_t  *token;

    for (i = 0; wismo_brand_pairs[i][0]; i++) {

        for (j = 0; j < 2; j++) {
            given[j] = wismo_json_get(v, wismo_brand_pairs[i][j]);

            for (token = wismo_brand_token_table;
                 strcmp(token->name, wismo_brand_pairs[i][j]) != 0;
                 token++)
            { /* void */ }

            colours[j] = wismo_str_of(token->defaults[dark]);

            if (given[j]) {
                colours[j] = given[j]->text;
            }
        }

        where = given[0] ? given[0] : given[1];

        if (where == NULL
            || b->brand->nwarnings == WISMO_BRAND_WARNINGS)
        {
            continue;
        }

        contrast = wismo_brand_contrast(&colours[0], &colours[1]);

        if (contrast >= WISMO_BRAND_CONTRAST) {
            continue;
        }

        w = &b->brand->warnings[b->brand->nwarnings++];

        wismo_brand_path(path, at, &where->key);

        wismo_error_set(w, path, "%s: %s %.*s on %s %.*s has a contrast of "
                        "%d.%02d: 4.50 or more can be read by most people",
                        path, wismo_brand_pairs[i][0], (int) colours[0].len,
                        (char *) colours[0].data, wismo_brand_pairs[i][1],
                        (int) colours[1].len, (char *) colours[1].data,
                        contrast / 100, contrast % 100);

        wismo_brand_where(b->text, where, w);
    }
}


/*
 * The contrast of two colours, "#rgb" or "#rrggbb", as WCAG 2.2 measures it,
 * in hundredths: 100 to 2100.
 */

static int
wismo_brand_contrast(const wismo_str_t *a, const wismo_str_t *b)
{
    double  first, second, swap;

    if (!wismo_brand_colour(a, &first) || !wismo_brand_colour(b, &second)) {
        return 0;
    }

    if (first < second) {
        swap = first;
        first = second;
        second = swap;
    }

    /* rounded down: 4.4999 is not 4.50 */

    return (int) ((first + 0.05) / (second + 0.05) * 100.0);
}


/* "#rgb" or "#rrggbb", and its relative luminance. */

static bool
wismo_brand_colour(const wismo_str_t *s, double *luminance)
{
    int       digit;
    double    value, weights[3] = { 0.2126, 0.7152, 0.0722 };
    unsigned  i, n, digits[6];

    if ((s->len != 4 && s->len != 7) || s->data[0] != '#') {
        return false;
    }

    for (i = 1; i < s->len; i++) {
        digit = wismo_xdigit(s->data[i]);

        if (digit < 0) {
            return false;
        }

        digits[i - 1] = (unsigned) digit;
    }

    *luminance = 0;

    for (i = 0; i < 3; i++) {
        n = (s->len == 4) ? digits[i] * 17
                          : digits[2 * i] * 16 + digits[2 * i + 1];

        value = n / 255.0;

        value = (value <= 0.04045) ? value / 12.92
                                   : pow((value + 0.055) / 1.055, 2.4);

        *luminance += weights[i] * value;
    }

    return true;
}
