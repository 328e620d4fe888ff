
/*
 * Copyright (C) The Wismo authors
 *
 * Catalogues of words beside each other: whether one has the keys of another,
 * and the pseudo-language, which is English made longer and accented by rule,
 * so that a page shows what of it is not translated and what does not fit.
 * Called when words are loaded.
 *
 * It must never judge a catalogue by itself: that is wismo_words.c's.
 */


#include "wismo_words.h"

#include <stdio.h>


#define WISMO_WORDS_PATH     128


typedef struct {
    wismo_error_t             *err;
    char                       path[WISMO_WORDS_PATH];
} wismo_words_compare_t;


static int wismo_words_compare(wismo_words_compare_t *c, size_t len,
    const wismo_json_t *english, const wismo_json_t *other);
static int wismo_words_members(wismo_words_compare_t *c, size_t len,
    const wismo_json_t *english, const wismo_json_t *other);
static size_t wismo_words_key(wismo_words_compare_t *c, size_t len,
    const wismo_str_t *key);
static const wismo_json_t *wismo_words_member(const wismo_json_t *object,
    const wismo_str_t *key);
static int wismo_words_places(wismo_words_compare_t *c,
    const wismo_str_t *english, const wismo_str_t *other);
static bool wismo_words_place(const wismo_str_t *text, size_t *pos,
    wismo_str_t *place);
static bool wismo_words_has_place(const wismo_str_t *text,
    const wismo_str_t *place);
static wismo_json_t *wismo_words_copy(wismo_pool_t *pool,
    const wismo_json_t *json, bool words);
static int wismo_words_stretch(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *to);


/* Members of a catalogue that are its own affair. */

static const char *const  wismo_words_own[] = {
    "lang", "dir", "formats", "carriers", NULL
};


/* What Latin letters look like in the pseudo-language, from a and from A. */

static const char *const  wismo_words_accents[] = {
    "á", "ƀ", "ç", "ð", "é", "ƒ", "ĝ", "ĥ", "î", "ĵ", "ķ", "ļ", "ɱ",
    "ñ", "ö", "þ", "ǫ", "ŕ", "š", "ţ", "û", "ṽ", "ŵ", "ẋ", "ý", "ž",
    "Å", "Ɓ", "Ç", "Ð", "É", "Ƒ", "Ĝ", "Ĥ", "Î", "Ĵ", "Ķ", "Ļ", "Ṁ",
    "Ñ", "Ö", "Þ", "Ǫ", "Ŕ", "Š", "Ţ", "Û", "Ṽ", "Ŵ", "Ẋ", "Ý", "Ž"
};


int
wismo_words_same(const wismo_json_t *english, const wismo_json_t *other,
    wismo_error_t *err)
{
    wismo_words_compare_t  c;

    c.err = err;
    c.path[0] = '\0';

    if (other->type != WISMO_JSON_OBJECT) {
        wismo_error_set(err, "", "an object is expected");
        return WISMO_DECLINED;
    }

    return wismo_words_members(&c, 0, english, other);
}


static int
wismo_words_members(wismo_words_compare_t *c, size_t len,
    const wismo_json_t *english, const wismo_json_t *other)
{
    int                  rc;
    size_t               end;
    unsigned             i;
    const wismo_json_t  *v, *w;

    for (v = english->first; v; v = v->next) {

        for (i = 0; len == 0 && wismo_words_own[i]; i++) {
            if (wismo_str_is(&v->key, wismo_words_own[i])) {
                break;
            }
        }

        if (len == 0 && wismo_words_own[i]) {
            continue;
        }

        end = wismo_words_key(c, len, &v->key);
        w = wismo_words_member(other, &v->key);

        if (w == NULL) {
            wismo_error_set(c->err, c->path, "the catalogue lacks \"%s\"",
                            c->path);
            return WISMO_DECLINED;
        }

        rc = wismo_words_compare(c, end, v, w);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    for (w = other->first; w; w = w->next) {

        for (i = 0; len == 0 && wismo_words_own[i]; i++) {
            if (wismo_str_is(&w->key, wismo_words_own[i])) {
                break;
            }
        }

        /* a scan that is told otherwise than in the headline */

        if ((len == 0 && wismo_words_own[i]) || wismo_str_is(&w->key, "scan")
            || wismo_words_member(english, &w->key))
        {
            continue;
        }

        (void) wismo_words_key(c, len, &w->key);

        wismo_error_set(c->err, c->path, "\"%s\" is not a key of the English "
                        "catalogue", c->path);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static int
wismo_words_compare(wismo_words_compare_t *c, size_t len,
    const wismo_json_t *english, const wismo_json_t *other)
{
    int                  rc;
    char                 number[16];
    unsigned             i;
    wismo_str_t          key;
    const wismo_json_t  *v, *w;

    v = wismo_words_plural(english);
    w = wismo_words_plural(other);

    if (v || w) {
        v = v ? v : english;
        w = w ? w : other;

        if (v->type == WISMO_JSON_STRING && w->type == WISMO_JSON_STRING) {
            return wismo_words_places(c, &v->text, &w->text);
        }
    }

    if (english->type != other->type) {
        wismo_error_set(c->err, c->path, "\"%s\" is to be %s", c->path,
                        english->type == WISMO_JSON_STRING ? "a string"
                        : english->type == WISMO_JSON_ARRAY ? "an array"
                        : "an object");
        return WISMO_DECLINED;
    }

    switch (english->type) {

    case WISMO_JSON_STRING:

        if (other->text.len == 0) {
            wismo_error_set(c->err, c->path, "\"%s\" is empty", c->path);
            return WISMO_DECLINED;
        }

        return wismo_words_places(c, &english->text, &other->text);

    case WISMO_JSON_OBJECT:
        return wismo_words_members(c, len, english, other);

    case WISMO_JSON_ARRAY:

        if (english->count != other->count) {
            wismo_error_set(c->err, c->path, "\"%s\" is to have %u elements",
                            c->path, english->count);
            return WISMO_DECLINED;
        }

        i = 0;
        v = english->first;

        for (w = other->first; w; w = w->next) {
            (void) snprintf(number, sizeof(number), "%u", i++);

            key = wismo_str_of(number);

            rc = wismo_words_compare(c, wismo_words_key(c, len, &key), v, w);

            if (rc != WISMO_OK) {
                return rc;
            }

            v = v->next;
        }

        return WISMO_OK;

    default:
        return WISMO_OK;
    }
}


const wismo_json_t *
wismo_words_plural(const wismo_json_t *json)
{
    unsigned             i;
    const wismo_json_t  *v;

    if (json->type != WISMO_JSON_OBJECT || json->first == NULL) {
        return NULL;
    }

    for (v = json->first; v; v = v->next) {

        for (i = 0; i < WISMO_PLURALS; i++) {
            if (wismo_str_is(&v->key, wismo_plural_name((wismo_plural_e) i))) {
                break;
            }
        }

        if (i == WISMO_PLURALS || v->type != WISMO_JSON_STRING) {
            return NULL;
        }
    }

    return wismo_json_get(json, "other");
}


static size_t
wismo_words_key(wismo_words_compare_t *c, size_t len, const wismo_str_t *key)
{
    int  n;

    n = snprintf(c->path + len, WISMO_WORDS_PATH - len, "%s%.*s",
                 len ? "." : "", (int) key->len, (char *) key->data);

    if (n < 0 || (size_t) n >= WISMO_WORDS_PATH - len) {
        return WISMO_WORDS_PATH - 1;
    }

    return len + (size_t) n;
}


static const wismo_json_t *
wismo_words_member(const wismo_json_t *object, const wismo_str_t *key)
{
    return wismo_json_member(object, wismo_word_head(key->data, key->len),
                             key->data, key->len);
}


static int
wismo_words_places(wismo_words_compare_t *c, const wismo_str_t *english,
    const wismo_str_t *other)
{
    size_t              pos;
    unsigned            i;
    wismo_str_t         place;
    const wismo_str_t  *texts[2];

    texts[0] = english;
    texts[1] = other;

    for (i = 0; i < 2; i++) {
        pos = 0;

        while (wismo_words_place(texts[i], &pos, &place)) {

            if (wismo_words_has_place(texts[1 - i], &place)) {
                continue;
            }

            wismo_error_set(c->err, c->path, "\"%s\" %s {%.*s}, the English "
                            "text %s", c->path, i ? "has" : "lacks",
                            (int) place.len, (char *) place.data,
                            i ? "does not" : "has it");
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


static bool
wismo_words_place(const wismo_str_t *text, size_t *pos, wismo_str_t *place)
{
    const unsigned char  *open, *close, *end;

    end = text->data + text->len;

    open = memchr(text->data + *pos, '{', text->len - *pos);
    close = open ? memchr(open, '}', (size_t) (end - open)) : NULL;

    if (close == NULL) {
        return false;
    }

    place->data = (unsigned char *) open + 1;
    place->len = (size_t) (close - open - 1);

    *pos = (size_t) (close + 1 - text->data);

    return true;
}


static bool
wismo_words_has_place(const wismo_str_t *text, const wismo_str_t *place)
{
    size_t       pos;
    wismo_str_t  other;

    pos = 0;

    while (wismo_words_place(text, &pos, &other)) {
        if (wismo_str_eq(&other, place)) {
            return true;
        }
    }

    return false;
}


int
wismo_words_pseudo(wismo_pool_t *pool, const wismo_json_t *english,
    wismo_json_t **pseudo)
{
    *pseudo = wismo_words_copy(pool, english, false);

    return *pseudo ? WISMO_OK : WISMO_ERROR;
}


/* "words" is whether texts are, or what only programs read. */

static wismo_json_t *
wismo_words_copy(wismo_pool_t *pool, const wismo_json_t *json, bool words)
{
    bool                 top;
    unsigned             i;
    wismo_json_t        *copy, *child;
    const wismo_json_t  *v;

    copy = wismo_palloc(pool, sizeof(wismo_json_t));

    if (copy == NULL) {
        return NULL;
    }

    *copy = *json;

    copy->first = NULL;
    copy->last = NULL;
    copy->next = NULL;
    copy->count = 0;

    if (json->type == WISMO_JSON_STRING && words
        && wismo_words_stretch(pool, &json->text, &copy->text) != WISMO_OK)
    {
        return NULL;
    }

    top = (json->key.len == 0 && json->type == WISMO_JSON_OBJECT);

    for (v = json->first; v; v = v->next) {

        for (i = 0; top && wismo_words_own[i]; i++) {
            if (wismo_str_is(&v->key, wismo_words_own[i])) {
                break;
            }
        }

        child = wismo_words_copy(pool, v, top ? wismo_words_own[i] == NULL
                                               : words);

        if (child == NULL) {
            return NULL;
        }

        if (top && wismo_str_is(&v->key, "lang")) {
            wismo_str_set(&child->text, WISMO_WORDS_PSEUDO);
        }

        wismo_json_attach(child, copy);
    }

    return copy;
}


/* Accented, in brackets, and four tenths longer; places stay as they are. */

static int
wismo_words_stretch(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *to)
{
    bool            place;
    size_t          i, n, letters;
    wismo_out_t     out;
    unsigned char   ch;

    static const char  more[] = " one two three four five six seven eight "
                                "nine ten eleven twelve thirteen fourteen";

    wismo_out_init(&out, pool, 3 * text->len + 16);
    wismo_out_text(&out, "[");

    place = false;
    letters = 0;

    for (i = 0; i < text->len; i++) {
        ch = text->data[i];

        if (ch == '{' || ch == '}') {
            place = (ch == '{');
        }

        if (!place && ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z')) {
            n = (ch >= 'a') ? (size_t) ch - 'a' : 26 + (size_t) ch - 'A';
            wismo_out_bytes(&out, wismo_words_accents[n],
                            strlen(wismo_words_accents[n]));
            letters++;

        } else {
            wismo_out_bytes(&out, &ch, 1);
        }
    }

    for (n = letters * 2 / 5; n; n -= i) {
        i = (n < sizeof(more) - 1) ? n : sizeof(more) - 1;
        wismo_out_bytes(&out, more, i);
    }

    wismo_out_text(&out, "]");

    to->data = out.start;
    to->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;
}
