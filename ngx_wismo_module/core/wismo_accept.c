
/*
 * Copyright (C) The Wismo authors
 *
 * Reads the lists with qualities of Accept and its siblings.  Called by the
 * module for each request that has such a header, so nothing is allocated
 * and the work is bounded, whatever a client sends; what is garbled is passed
 * over.  Must never decide what there is to choose from: that is the caller's.
 */


#include "wismo_accept.h"


typedef struct {
    int                   quality;    /* thousandths */
    unsigned              exact;      /* 0 none, 1 "*", 2 "text/" *, 3 named */
} wismo_accept_t;


typedef struct {
    const unsigned char  *pos;
    const unsigned char  *last;
    const unsigned char  *item;
    size_t                len;
    int                   quality;
} wismo_accept_list_t;


static void wismo_accept_begin(wismo_accept_list_t *list,
    const wismo_str_t *header);
static bool wismo_accept_next(wismo_accept_list_t *list);
static unsigned wismo_accept_match(const unsigned char *p, size_t len,
    const char *name);
static int wismo_accept_quality(const unsigned char *p,
    const unsigned char *last);
static int wismo_accept_range(const unsigned char *range, size_t len,
    const wismo_str_t *tags, unsigned n);
static size_t wismo_accept_same(const unsigned char *range, size_t len,
    const wismo_str_t *tag);
static bool wismo_accept_script(const unsigned char *p, size_t len);
static unsigned char wismo_accept_lower(unsigned char ch);


int
wismo_accept_choose(const wismo_str_t *header, const char *const *names,
    unsigned n)
{
    int                   best;
    size_t                len;
    unsigned              i, exact;
    wismo_accept_t        found[WISMO_ACCEPT_NAMES];
    wismo_accept_list_t   list;

    if (n > WISMO_ACCEPT_NAMES) {
        n = WISMO_ACCEPT_NAMES;
    }

    /* what browsers send: the first is the best, and nothing can beat it */

    if (n) {
        len = strlen(names[0]);

        if (header->len >= len
            && memcmp(header->data, names[0], len) == 0
            && (header->len == len || header->data[len] == ','))
        {
            return 0;
        }
    }

    memset(found, 0, sizeof(found));

    wismo_accept_begin(&list, header);

    while (wismo_accept_next(&list)) {

        for (i = 0; i < n; i++) {
            exact = wismo_accept_match(list.item, list.len, names[i]);

            if (exact && exact >= found[i].exact) {
                found[i].exact = exact;
                found[i].quality = list.quality;
            }
        }
    }

    best = WISMO_DECLINED;

    for (i = 0; i < n; i++) {

        if (found[i].quality == 0) {
            continue;
        }

        if (best < 0
            || found[i].quality > found[best].quality
            || (found[i].quality == found[best].quality
                && found[i].exact == 3 && found[best].exact != 3))
        {
            best = (int) i;
        }
    }

    return best;
}


static void
wismo_accept_begin(wismo_accept_list_t *list, const wismo_str_t *header)
{
    list->pos = header->data;
    list->last = list->pos + (header->len < WISMO_ACCEPT_MAX
                              ? header->len : WISMO_ACCEPT_MAX);
}


/* The next item and its quality; false at the end. */

static bool
wismo_accept_next(wismo_accept_list_t *list)
{
    const unsigned char  *p, *end, *last;

    p = list->pos;
    last = list->last;

    while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
        p++;
    }

    if (p == last) {
        return false;
    }

    list->item = p;

    while (p < last && *p != ',' && *p != ';' && *p != ' ' && *p != '\t') {
        p++;
    }

    list->len = (size_t) (p - list->item);

    end = memchr(p, ',', (size_t) (last - p));

    if (end == NULL) {
        end = last;
    }

    list->quality = wismo_accept_quality(p, end);
    list->pos = end;

    return true;
}


static unsigned
wismo_accept_match(const unsigned char *p, size_t len, const char *name)
{
    size_t         i;
    unsigned char  ch;

    if (len == 0) {
        return 0;
    }

    if (p[0] == '*') {
        return (len == 1 || (len == 3 && p[1] == '/' && p[2] == '*'));
    }

    for (i = 0; i < len; i++) {

        if (p[i] == '*' && i + 1 == len && i && p[i - 1] == '/') {
            return 2;
        }

        ch = wismo_accept_lower(p[i]);

        /* a NUL ends the name, too */

        if (ch != (unsigned char) name[i] || ch == '\0') {
            return 0;
        }
    }

    return name[len] == '\0' ? 3 : 0;
}


/* The "q" among the parameters: "0", "1" or with up to three decimals. */

static int
wismo_accept_quality(const unsigned char *p, const unsigned char *last)
{
    int       q;
    unsigned  i;

    while (p < last) {

        if (*p++ != ';') {
            continue;
        }

        while (p < last && (*p == ' ' || *p == '\t')) {
            p++;
        }

        if (last - p < 3 || (p[0] | 0x20) != 'q' || p[1] != '=') {
            continue;
        }

        p += 2;

        if (*p == '1') {
            return 1000;
        }

        if (*p != '0') {
            return 0;
        }

        q = 0;
        p++;

        if (p < last && *p == '.') {
            p++;
        }

        for (i = 0; i < 3; i++) {
            q *= 10;

            if (p < last && *p >= '0' && *p <= '9') {
                q += *p++ - '0';
            }
        }

        return q;
    }

    return 1000;
}


int
wismo_accept_language(const wismo_str_t *header, const wismo_str_t *tags,
    unsigned n)
{
    int                   best, quality, found;
    wismo_accept_list_t   list;

    best = WISMO_DECLINED;
    quality = 0;

    wismo_accept_begin(&list, header);

    while (wismo_accept_next(&list)) {

        if (list.quality > quality) {
            found = wismo_accept_range(list.item, list.len, tags, n);

            if (found >= 0) {
                best = found;
                quality = list.quality;
            }
        }
    }

    return best;
}


static int
wismo_accept_range(const unsigned char *range, size_t len,
    const wismo_str_t *tags, unsigned n)
{
    int                 best;
    size_t              same, longest;
    unsigned            i;
    const wismo_str_t  *tag;

    best = WISMO_DECLINED;
    longest = 0;

    for (i = 0; i < n; i++) {
        tag = &tags[i];

        same = wismo_accept_same(range, len, tag);

        if (same == tag->len) {

            /* more than any tag that only shares a beginning */

            same += WISMO_ACCEPT_MAX;

        } else if (same == 0
                   || wismo_accept_script(range + same, len - same)
                   || (same < len
                       && wismo_accept_script(tag->data + same,
                                              tag->len - same)))
        {
            continue;
        }

        if (same > longest) {
            longest = same;
            best = (int) i;
        }
    }

    return best;
}


/* How much the two have in common, in whole subtags. */

static size_t
wismo_accept_same(const unsigned char *range, size_t len,
    const wismo_str_t *tag)
{
    size_t  i, same;
    bool    a, b;

    same = 0;

    for (i = 0; /* void */ ; i++) {
        a = (i == len || range[i] == '-' || range[i] == '_');
        b = (i == tag->len || tag->data[i] == '-');

        if (a && b) {
            same = i;
        }

        if (i == len || i == tag->len) {
            return same;
        }

        if (a != b
            || (!a && wismo_accept_lower(range[i])
                      != wismo_accept_lower(tag->data[i])))
        {
            return same;
        }
    }
}


/* Does a script come next, as in "-Hant-TW"? */

static bool
wismo_accept_script(const unsigned char *p, size_t len)
{
    size_t         i;
    unsigned char  ch;

    if (len < 5 || (len > 5 && p[5] != '-' && p[5] != '_')) {
        return false;
    }

    for (i = 1; i < 5; i++) {
        ch = wismo_accept_lower(p[i]);

        if (ch < 'a' || ch > 'z') {
            return false;
        }
    }

    return true;
}


static unsigned char
wismo_accept_lower(unsigned char ch)
{
    return (ch >= 'A' && ch <= 'Z') ? (unsigned char) (ch | 0x20) : ch;
}
