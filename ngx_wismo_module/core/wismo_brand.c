
/*
 * Copyright (C) The Wismo authors
 *
 * A brand's file: read and checked member by member; what it looks like is
 * in wismo_brand_tokens.c.  Called when the configuration is loaded, and by
 * "wismo brand check".
 *
 * What comes out of here stands in pages and headers unescaped: in the style
 * sheet and in the policy.  So no text may pass that was not checked to the
 * last byte.
 */


#include "wismo_brand_int.h"

#include <stdio.h>


#define WISMO_BRAND_NODES     4096


typedef int (*wismo_brand_check_pt)(wismo_brand_reader_t *b,
    const wismo_json_t *v, const char *at);


/* A member, its type, and where it goes unless "check" does that. */

typedef struct {
    const char               *name;
    wismo_json_type_e         type;
    size_t                    offset;
    wismo_brand_check_pt      check;
} wismo_brand_member_t;


static int wismo_brand_object(wismo_brand_reader_t *b,
    const wismo_json_t *object, const char *at,
    const wismo_brand_member_t *members);
static int wismo_brand_names(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_urls(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_url(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_contact(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_logo(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_image(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_size(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_support(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_email(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_phone(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_locales(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_lookup(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);
static int wismo_brand_file(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at);


#define wismo_brand_at(field)  offsetof(wismo_brand_t, field)
#define WISMO_BRAND_NOWHERE    ((size_t) -1)


static const wismo_brand_member_t  wismo_brand_members[] = {
    { "$schema", WISMO_JSON_STRING, WISMO_BRAND_NOWHERE, NULL },
    { "name", WISMO_JSON_STRING, wismo_brand_at(name), NULL },
    { "server_names", WISMO_JSON_ARRAY, WISMO_BRAND_NOWHERE,
      wismo_brand_names },
    { "urls", WISMO_JSON_OBJECT, WISMO_BRAND_NOWHERE, wismo_brand_urls },
    { "logo", WISMO_JSON_OBJECT, WISMO_BRAND_NOWHERE, wismo_brand_logo },
    { "support", WISMO_JSON_OBJECT, WISMO_BRAND_NOWHERE,
      wismo_brand_support },
    { "locales", WISMO_JSON_ARRAY, WISMO_BRAND_NOWHERE, wismo_brand_locales },
    { "locale", WISMO_JSON_STRING, wismo_brand_at(locale), NULL },
    { "lookup", WISMO_JSON_ARRAY, WISMO_BRAND_NOWHERE, wismo_brand_lookup },
    { "css", WISMO_JSON_STRING, wismo_brand_at(css_file), wismo_brand_file },
    { "blocks", WISMO_JSON_STRING, wismo_brand_at(blocks_file),
      wismo_brand_file },
    { "tokens", WISMO_JSON_OBJECT, WISMO_BRAND_NOWHERE, wismo_brand_tokens },
    { NULL, WISMO_JSON_NULL, 0, NULL }
};


static const wismo_brand_member_t  wismo_brand_url_members[] = {
    { "shop", WISMO_JSON_STRING, wismo_brand_at(shop), wismo_brand_url },
    { "privacy", WISMO_JSON_STRING, wismo_brand_at(privacy),
      wismo_brand_url },
    { "contact", WISMO_JSON_STRING, wismo_brand_at(contact),
      wismo_brand_contact },
    { NULL, WISMO_JSON_NULL, 0, NULL }
};


static const wismo_brand_member_t  wismo_brand_logo_members[] = {
    { "src", WISMO_JSON_STRING, wismo_brand_at(logo), wismo_brand_image },
    { "dark", WISMO_JSON_STRING, wismo_brand_at(logo_dark),
      wismo_brand_image },
    { "alt", WISMO_JSON_STRING, wismo_brand_at(logo_alt), NULL },
    { "width", WISMO_JSON_NUMBER, wismo_brand_at(logo_width),
      wismo_brand_size },
    { "height", WISMO_JSON_NUMBER, wismo_brand_at(logo_height),
      wismo_brand_size },
    { NULL, WISMO_JSON_NULL, 0, NULL }
};


static const wismo_brand_member_t  wismo_brand_support_members[] = {
    { "email", WISMO_JSON_STRING, wismo_brand_at(email), wismo_brand_email },
    { "phone", WISMO_JSON_STRING, wismo_brand_at(phone), wismo_brand_phone },
    { NULL, WISMO_JSON_NULL, 0, NULL }
};


int
wismo_brand_read(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_brand_t *brand, wismo_error_t *err)
{
    int                   rc;
    bool                  known;
    wismo_str_t           first;
    wismo_json_t         *json, *v;
    wismo_brand_reader_t  b;

    memset(brand, 0, sizeof(wismo_brand_t));
    memset(err, 0, sizeof(wismo_error_t));

    rc = wismo_json_read(pool, text, WISMO_BRAND_NODES, &json, err);

    if (rc != WISMO_OK) {
        return rc;
    }

    b.pool = pool;
    b.text = text;
    b.brand = brand;
    b.err = err;

    if (json->type != WISMO_JSON_OBJECT) {
        return wismo_brand_wrong(&b, json, "", "an object");
    }

    rc = wismo_brand_object(&b, json, "", wismo_brand_members);

    if (rc != WISMO_OK) {
        return rc;
    }

    if (brand->name.len == 0) {
        return wismo_brand_wrong(&b, json->first, "/name",
                                 "the brand's name, which is missing");
    }

    if (brand->logo_dark.len && brand->logo.len == 0) {
        return wismo_brand_wrong(&b, wismo_json_get(json, "logo"),
                                 "/logo/src", "an image for light pages too");
    }

    if (brand->locales == NULL) {
        return WISMO_OK;
    }

    first = brand->locales->first->text;

    if (brand->locale.len == 0) {
        brand->locale = first;
        return WISMO_OK;
    }

    known = false;

    for (v = brand->locales->first; v; v = v->next) {
        known |= wismo_str_eq(&v->text, &brand->locale);
    }

    return known ? WISMO_OK
                 : wismo_brand_wrong(&b, wismo_json_get(json, "locale"),
                                     "/locale", "one of \"locales\"");
}


static int
wismo_brand_object(wismo_brand_reader_t *b, const wismo_json_t *object,
    const char *at, const wismo_brand_member_t *members)
{
    int                          rc;
    char                         path[WISMO_BRAND_PATH];
    wismo_out_t                  known;
    wismo_str_t                 *text;
    const wismo_json_t          *v, *other;
    const wismo_brand_member_t  *m;

    for (v = object->first; v; v = v->next) {

        wismo_brand_path(path, at, &v->key);

        for (m = members; m->name; m++) {
            if (wismo_str_is(&v->key, m->name)) {
                break;
            }
        }

        if (m->name == NULL) {
            wismo_out_init(&known, b->pool, 256);

            for (m = members; m->name; m++) {
                wismo_out_printf(&known, "%s%s", m == members ? "one of "
                                                              : ", ",
                                 m->name);
            }

            wismo_out_bytes(&known, "", 1);

            return wismo_brand_wrong(b, v, path, known.failed
                                                 ? "another member"
                                                 : (char *) known.start);
        }

        for (other = object->first; other != v; other = other->next) {
            if (wismo_str_eq(&other->key, &v->key)) {
                return wismo_brand_wrong(b, v, path, "it once");
            }
        }

        if (v->type != m->type) {
            return wismo_brand_wrong(b, v, path,
                                     m->type == WISMO_JSON_STRING ? "a string"
                                     : m->type == WISMO_JSON_ARRAY ? "an array"
                                     : m->type == WISMO_JSON_NUMBER
                                       ? "a number" : "an object");
        }

        if (v->type == WISMO_JSON_STRING
            && (v->text.len == 0 || v->text.len > WISMO_BRAND_TEXT))
        {
            return wismo_brand_wrong(b, v, path, "1 to 1024 bytes");
        }

        if (m->check) {
            rc = m->check(b, v, path);

            if (rc != WISMO_OK) {
                return rc;
            }
        }

        if (m->offset == WISMO_BRAND_NOWHERE) {
            continue;
        }

        if (m->type == WISMO_JSON_NUMBER) {
            *(int64_t *) (void *) ((char *) b->brand + m->offset) =
                                                   wismo_json_integer(v, 0);
            continue;
        }

        text = (wismo_str_t *) (void *) ((char *) b->brand + m->offset);
        *text = v->text;
    }

    return WISMO_OK;
}


int
wismo_brand_wrong(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at, const char *expected)
{
    wismo_error_set(b->err, at, "%s: expected %s", at[0] ? at : "/",
                    expected);
    wismo_brand_where(b->text, v, b->err);

    return WISMO_DECLINED;
}


void
wismo_brand_path(char *path, const char *at, const wismo_str_t *key)
{
    int  len;

    len = key->len < 64 ? (int) key->len : 64;

    if (snprintf(path, WISMO_BRAND_PATH, "%s/%.*s", at, len,
                 (char *) key->data) < 0)
    {
        path[0] = '\0';
    }
}


/* What was read in place tells where it was. */

void
wismo_brand_where(const wismo_str_t *text, const wismo_json_t *v,
    wismo_error_t *err)
{
    const unsigned char  *p, *pos;

    err->line = 1;
    err->column = 1;

    if (v == NULL) {
        return;
    }

    pos = v->key.data ? v->key.data : v->text.data;

    if (pos < text->data || pos > text->data + text->len) {
        return;
    }

    for (p = text->data; p < pos; p++) {
        err->column++;

        if (*p == '\n') {
            err->line++;
            err->column = 1;
        }
    }
}


static int
wismo_brand_names(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    size_t               i;
    unsigned char        ch;
    const wismo_json_t  *name;

    for (name = v->first; name; name = name->next) {

        if (name->type != WISMO_JSON_STRING || name->text.len == 0
            || name->text.len > 255)
        {
            return wismo_brand_wrong(b, name, at, "names of servers");
        }

        for (i = 0; i < name->text.len; i++) {
            ch = name->text.data[i];

            if (ch == '*' && i == 0 && name->text.len > 2
                && name->text.data[1] == '.')
            {
                continue;
            }

            if (!((ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9')
                  || ch == '-' || ch == '.' || ch == '_' || ch == ':'
                  || ch == '[' || ch == ']'))
            {
                return wismo_brand_wrong(b, name, at, "names of servers in "
                                         "small letters, such as "
                                         "\"shop.example\" or "
                                         "\"*.shop.example\"");
            }
        }
    }

    b->brand->hosts = v;

    return WISMO_OK;
}


static int
wismo_brand_urls(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    return wismo_brand_object(b, v, at, wismo_brand_url_members);
}


static int
wismo_brand_url(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    if (v->text.len < 9 || memcmp(v->text.data, "https://", 8) != 0
        || !wismo_brand_chars(&v->text, "-._~:/?#@!$&'()*+,;=%"))
    {
        return wismo_brand_wrong(b, v, at, "an address that begins with "
                                 "https://");
    }

    return WISMO_OK;
}


static int
wismo_brand_contact(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    bool          wrong;
    size_t        i, n;
    wismo_str_t   s;

    s = v->text;

    wrong = !((s.data[0] == '/' && (s.len == 1 || s.data[1] != '/'))
              || (s.len > 8 && memcmp(s.data, "https://", 8) == 0)
              || (s.len > 7 && memcmp(s.data, "mailto:", 7) == 0))
            || !wismo_brand_chars(&s, "-._~:/?#@!$&'()*+,;=%{}");

    for (i = 0; i < s.len; i += n) {
        n = 1;

        if (s.len - i >= 7 && memcmp(s.data + i, "{order}", 7) == 0) {
            n = 7;

        } else if (s.len - i >= 8 && memcmp(s.data + i, "{status}", 8) == 0) {
            n = 8;

        } else if (s.data[i] == '{' || s.data[i] == '}') {
            wrong = true;
        }
    }

    return wrong ? wismo_brand_wrong(b, v, at, "an address that begins with "
                                     "https://, mailto: or /, with {order} "
                                     "and {status} where these are to stand")
                 : WISMO_OK;
}


static int
wismo_brand_logo(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    return wismo_brand_object(b, v, at, wismo_brand_logo_members);
}


/* An image of another host has that host in the policy. */

static int
wismo_brand_image(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    size_t       i;
    wismo_str_t  s, host, origin;
    wismo_out_t  out;

    s = v->text;

    if (s.len > 1 && s.data[0] == '/' && s.data[1] != '/'
        && wismo_brand_chars(&s, "-._~/?&=%+,@"))
    {
        return WISMO_OK;
    }

    i = 8;

    if (s.len > 8 && memcmp(s.data, "https://", 8) == 0) {

        for ( /* void */ ; i < s.len && s.data[i] != '/'; i++) {
            if (s.data[i] == '@' || s.data[i] == '?') {
                break;
            }
        }
    }

    origin.data = s.data;
    origin.len = i;

    host.data = s.data + (i > 8 ? 8 : 0);
    host.len = i > 8 ? i - 8 : 0;

    /* a "," would begin another policy */

    if (host.len == 0 || i >= s.len || s.data[i] != '/'
        || !wismo_brand_chars(&host, "-._:")
        || !wismo_brand_chars(&s, "-._~:/?&=%+,@"))
    {
        return wismo_brand_wrong(b, v, at, "the path of an image on the "
                                 "brand's own host, such as \"/logo.svg\", or "
                                 "an address that begins with https://");
    }

    wismo_out_init(&out, b->pool, b->brand->images.len + origin.len + 1);
    wismo_out_str(&out, &b->brand->images);
    wismo_out_text(&out, " ");
    wismo_out_str(&out, &origin);

    if (out.failed) {
        wismo_error_set(b->err, "", "out of memory");
        return WISMO_ERROR;
    }

    b->brand->images.data = out.start;
    b->brand->images.len = (size_t) (out.pos - out.start);

    return WISMO_OK;
}


static int
wismo_brand_size(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    int64_t  n;

    n = wismo_json_integer(v, 0);

    return (n >= 1 && n <= 4096)
           ? WISMO_OK : wismo_brand_wrong(b, v, at, "pixels, 1 to 4096");
}


static int
wismo_brand_support(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    return wismo_brand_object(b, v, at, wismo_brand_support_members);
}


static int
wismo_brand_email(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    const unsigned char  *p;

    p = memchr(v->text.data, '@', v->text.len);

    if (p == NULL || p == v->text.data
        || p == v->text.data + v->text.len - 1
        || !wismo_brand_chars(&v->text, "-._+@!#$%&'*/=?^`{|}~"))
    {
        return wismo_brand_wrong(b, v, at, "an e-mail address");
    }

    return WISMO_OK;
}


static int
wismo_brand_phone(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    size_t         i;
    unsigned char  ch;

    for (i = 0; i < v->text.len; i++) {
        ch = v->text.data[i];

        if (!(ch >= '0' && ch <= '9')
            && (ch == '\0' || strchr("+ -()/.", ch) == NULL))
        {
            return wismo_brand_wrong(b, v, at, "a phone number");
        }
    }

    return WISMO_OK;
}


static int
wismo_brand_locales(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    const wismo_json_t  *locale, *other;

    for (locale = v->first; locale; locale = locale->next) {

        if (locale->type != WISMO_JSON_STRING || locale->text.len < 2
            || locale->text.len > 35 || !wismo_brand_chars(&locale->text, "-"))
        {
            return wismo_brand_wrong(b, locale, at, "language tags, such as "
                                     "\"pt-BR\"");
        }

        for (other = v->first; other != locale; other = other->next) {
            if (wismo_str_eq(&other->text, &locale->text)) {
                return wismo_brand_wrong(b, locale, at, "each language once");
            }
        }
    }

    if (v->first == NULL) {
        return wismo_brand_wrong(b, v, at, "one language at least");
    }

    b->brand->locales = v;

    return WISMO_OK;
}


static int
wismo_brand_lookup(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    unsigned             i;
    const wismo_json_t  *factor;

    static const char *const  names[] = { "email", "postcode", "phone", NULL };

    for (factor = v->first; factor; factor = factor->next) {

        for (i = 0; names[i]; i++) {
            if (factor->type == WISMO_JSON_STRING
                && wismo_str_is(&factor->text, names[i]))
            {
                break;
            }
        }

        if (names[i] == NULL) {
            return wismo_brand_wrong(b, factor, at, "\"email\", \"postcode\" "
                                     "and \"phone\", or some of them");
        }

        b->brand->lookup |= 1u << i;
    }

    if (b->brand->lookup == 0) {
        return wismo_brand_wrong(b, v, at, "one factor at least");
    }

    return WISMO_OK;
}


/* A file beside the brand's own. */

static int
wismo_brand_file(wismo_brand_reader_t *b, const wismo_json_t *v,
    const char *at)
{
    if (v->text.data[0] == '.' || v->text.data[0] == '/'
        || v->text.len > 255 || !wismo_brand_chars(&v->text, "-._"))
    {
        return wismo_brand_wrong(b, v, at, "the name of a file beside this "
                                 "one");
    }

    return WISMO_OK;
}


/* Letters, digits, and what else may be. */

bool
wismo_brand_chars(const wismo_str_t *s, const char *others)
{
    size_t         i;
    unsigned char  ch;

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        if (!(ch >= 'a' && ch <= 'z') && !(ch >= 'A' && ch <= 'Z')
            && !(ch >= '0' && ch <= '9')
            && (ch == '\0' || strchr(others, ch) == NULL))
        {
            return false;
        }
    }

    return true;
}


bool
wismo_brand_name_ok(const wismo_str_t *name)
{
    size_t         i;
    unsigned char  ch;

    if (name->len == 0 || name->len > 64) {
        return false;
    }

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (!(ch >= 'a' && ch <= 'z') && !(ch >= '0' && ch <= '9')
            && ch != '_' && ch != '-')
        {
            return false;
        }
    }

    return true;
}
