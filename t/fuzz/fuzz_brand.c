
/*
 * Copyright (C) The Wismo authors
 *
 * A brand's file.  A fault has a place in it and a reason; what is taken may
 * stand where it will: addresses in links, a style sheet in <style>, hosts
 * of images in the policy, names of files in a directory.
 */


#define _GNU_SOURCE

#include "fuzz.h"

#include "wismo_brand.h"


static void fuzz_address(const wismo_str_t *url);
static void fuzz_style(const wismo_str_t *css);
static void fuzz_policy(const wismo_str_t *images);
static void fuzz_name(const wismo_str_t *name);
static void fuzz_line_text(const wismo_str_t *s);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned        i;
    wismo_str_t     text;
    wismo_pool_t    pool;
    wismo_brand_t   brand;
    wismo_error_t   err;

    text.data = (unsigned char *) data;
    text.len = size;
    text = fuzz_copy(&text);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);
    memset(&err, 0, sizeof(wismo_error_t));
    memset(&brand, 0, sizeof(wismo_brand_t));

    if (wismo_brand_read(&pool, &text, &brand, &err) != WISMO_OK) {
        fuzz_check(err.text[0] != '\0');
        fuzz_check(err.line >= 1 && err.column >= 1);
        fuzz_check(err.line <= text.len + 1 && err.column <= text.len + 1);

    } else {
        fuzz_address(&brand.shop);
        fuzz_address(&brand.privacy);
        fuzz_address(&brand.contact);
        fuzz_address(&brand.logo);
        fuzz_address(&brand.logo_dark);
        fuzz_style(&brand.css);
        fuzz_policy(&brand.images);
        fuzz_name(&brand.css_file);
        fuzz_name(&brand.blocks_file);
        fuzz_line_text(&brand.email);
        fuzz_line_text(&brand.phone);

        fuzz_check(brand.logo_width >= 0 && brand.logo_width <= 4096);
        fuzz_check(brand.logo_height >= 0 && brand.logo_height <= 4096);
        fuzz_check(brand.lookup <= (WISMO_LOOKUP_EMAIL | WISMO_LOOKUP_POSTCODE
                                    | WISMO_LOOKUP_PHONE));
        fuzz_check(brand.nwarnings <= WISMO_BRAND_WARNINGS);

        for (i = 0; i < brand.nwarnings; i++) {
            fuzz_check(brand.warnings[i].text[0] != '\0');
        }
    }

    free(text.data);
    wismo_pool_done(&pool);

    return 0;
}


static void
fuzz_address(const wismo_str_t *url)
{
    size_t  i;

    if (url->len == 0) {
        return;
    }

    fuzz_check((url->len > 8 && memcmp(url->data, "https://", 8) == 0)
               || (url->len > 7 && memcmp(url->data, "mailto:", 7) == 0)
               || (url->data[0] == '/'
                   && (url->len == 1 || url->data[1] != '/')));

    for (i = 0; i < url->len; i++) {
        fuzz_check(url->data[i] > ' ' && url->data[i] < 0x7f
                   && url->data[i] != '"' && url->data[i] != '<'
                   && url->data[i] != '\\');
    }
}


/* It ends as it began, rules and strings in them, and fetches nothing. */

static void
fuzz_style(const wismo_str_t *css)
{
    int            depth;
    size_t         i;
    unsigned char  ch, quote;

    depth = 0;
    quote = 0;

    for (i = 0; i < css->len; i++) {
        ch = css->data[i];

        fuzz_check(ch != '<' && ch != '\\' && ch < 0x7f
                   && (ch >= ' ' || (ch == '\n' && !quote)));

        if (quote) {
            quote = (ch == quote) ? 0 : quote;

        } else if (ch == '"' || ch == '\'') {
            quote = ch;

        } else {
            depth += (ch == '{') - (ch == '}');
            fuzz_check(depth >= 0);
        }
    }

    fuzz_check(depth == 0 && !quote);
    fuzz_check(css->len == 0 || !memmem(css->data, css->len, "url(", 4));
    fuzz_check(css->len == 0 || !memmem(css->data, css->len, "/*", 2));
    fuzz_check(css->len == 0 || !memmem(css->data, css->len, "@import", 7));
}


/* A list of origins: what would end the directive is not in it. */

static void
fuzz_policy(const wismo_str_t *images)
{
    size_t         i;
    unsigned char  ch;

    for (i = 0; i < images->len; i++) {
        ch = images->data[i];

        if (ch == ' ') {
            fuzz_check(images->len - i > 9
                       && memcmp(images->data + i, " https://", 9) == 0);
            i += 8;
            continue;
        }

        fuzz_check((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
                   || (ch >= '0' && ch <= '9') || ch == '-' || ch == '.'
                   || ch == '_' || ch == ':');
    }
}


static void
fuzz_name(const wismo_str_t *name)
{
    if (name->len) {
        fuzz_check(name->data[0] != '.'
                   && !memchr(name->data, '/', name->len)
                   && !memchr(name->data, '\0', name->len));
    }
}


static void
fuzz_line_text(const wismo_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        fuzz_check(s->data[i] >= ' ' && s->data[i] < 0x7f
                   && s->data[i] != '<' && s->data[i] != '"');
    }
}
