
/*
 * Copyright (C) The Wismo authors
 *
 * The JSON reader, called for every page view whose order was not read
 * before.  What is done with its tree is in wismo_json_tree.c.
 *
 * It must never recurse, look beyond the input, follow more nesting or make
 * more nodes than allowed, or hand out text that is not valid UTF-8.
 */


#include "wismo_json.h"
#include "wismo_json_plain.h"


#define WISMO_JSON_BATCH     32


typedef struct {
    const unsigned char  *p;
    const unsigned char  *end;
    const char           *wrong;
    wismo_pool_t         *pool;
    wismo_json_t         *free;
    wismo_json_t         *last;       /* behind those that are free */
    unsigned              left;
    bool                  lean;       /* without members that are null */
} wismo_json_reader_t;


static int wismo_json_all(wismo_json_reader_t *r, wismo_pool_t *pool,
    const wismo_str_t *in, unsigned max_nodes, wismo_json_t **value,
    wismo_error_t *err);
static int wismo_json_value(wismo_json_reader_t *r, wismo_json_t **root);
static int wismo_json_scalar(wismo_json_reader_t *r, wismo_json_t *v);
static int wismo_json_number(wismo_json_reader_t *r, wismo_json_t *v);
wismo_rare static int wismo_json_unusual(wismo_json_reader_t *r,
    wismo_str_t *s);
static int wismo_json_escaped(wismo_json_reader_t *r,
    const unsigned char *start, wismo_str_t *s);
static int wismo_json_escape(wismo_json_reader_t *r, unsigned char **dst);
static int wismo_json_hex4(wismo_json_reader_t *r, unsigned *code);
wismo_rare static const unsigned char *wismo_json_space(
    const unsigned char *p, const unsigned char *end);
wismo_rare static int wismo_json_more(wismo_json_reader_t *r);
static void wismo_json_where(const wismo_str_t *in, const unsigned char *p,
    wismo_error_t *err);


/* Where the next byte is that is not space: in our own documents, here. */

static inline const unsigned char *
wismo_json_next(const unsigned char *p, const unsigned char *end)
{
    return p < end && *p > ' ' ? p : wismo_json_space(p, end);
}


static inline int
wismo_json_wrong(wismo_json_reader_t *r, const char *text)
{
    r->wrong = text;

    return WISMO_DECLINED;
}


static inline int
wismo_json_stop(wismo_json_reader_t *r, const unsigned char *p,
    const char *text)
{
    r->p = p;

    return wismo_json_wrong(r, text);
}


/* *pos is at the opening quote. */

static inline int
wismo_json_string(wismo_json_reader_t *r, const unsigned char **pos,
    wismo_str_t *s)
{
    int                   rc;
    const unsigned char  *p, *start;

    start = *pos + 1;
    p = wismo_json_plain(start, r->end);

    if (p == r->end || *p != '"') {
        r->p = *pos;
        rc = wismo_json_unusual(r, s);
        *pos = r->p;

        return rc;
    }

    s->data = (unsigned char *) start;
    s->len = (size_t) (p - start);
    *pos = p + 1;

    return WISMO_OK;
}


/*
 * The head of a name behind which the input goes on at "after".  If it stands
 * there as it is, a word can mostly be read at once, longer than it or not.
 */

static inline uint64_t
wismo_json_head(const wismo_str_t *key, const unsigned char *after,
    const unsigned char *end)
{
    if (key->data + key->len + 1 == after
        && (size_t) (end - key->data) >= WISMO_WORD)
    {
        return wismo_word_cut(wismo_word(key->data), key->len);
    }

    return wismo_word_head(key->data, key->len);
}


static inline int
wismo_json_word(wismo_json_reader_t *r, wismo_json_t *v,
    wismo_json_type_e type, const char *word)
{
    size_t  len = strlen(word);

    if ((size_t) (r->end - r->p) < len || memcmp(r->p, word, len) != 0) {
        return wismo_json_wrong(r, "a value is expected");
    }

    v->type = type;
    wismo_str_null(&v->text);
    r->p += len;

    return WISMO_OK;
}


static inline bool
wismo_json_digit(const wismo_json_reader_t *r)
{
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}


int
wismo_json_read(wismo_pool_t *pool, const wismo_str_t *in, unsigned max_nodes,
    wismo_json_t **value, wismo_error_t *err)
{
    wismo_json_reader_t  r;

    r.lean = false;

    return wismo_json_all(&r, pool, in, max_nodes, value, err);
}


int
wismo_json_read_lean(wismo_pool_t *pool, const wismo_str_t *in,
    unsigned max_nodes, wismo_json_t **value, wismo_error_t *err)
{
    wismo_json_reader_t  r;

    r.lean = true;

    return wismo_json_all(&r, pool, in, max_nodes, value, err);
}


static int
wismo_json_all(wismo_json_reader_t *r, wismo_pool_t *pool,
    const wismo_str_t *in, unsigned max_nodes, wismo_json_t **value,
    wismo_error_t *err)
{
    int  rc;

    *value = NULL;

    r->p = in->data;
    r->end = in->data + in->len;
    r->wrong = NULL;
    r->pool = pool;
    r->free = NULL;
    r->last = NULL;
    r->left = max_nodes;

    rc = wismo_json_value(r, value);

    if (rc == WISMO_OK) {
        r->p = wismo_json_next(r->p, r->end);

        if (r->p == r->end) {
            return WISMO_OK;
        }

        rc = wismo_json_wrong(r, "nothing may follow the value");
    }

    *value = NULL;

    if (rc == WISMO_DECLINED) {
        wismo_error_set(err, "", "%s", r->wrong);
        wismo_json_where(in, r->p, err);

    } else {
        wismo_error_set(err, "", "out of memory");
    }

    return rc;
}


static int
wismo_json_value(wismo_json_reader_t *r, wismo_json_t **root)
{
    int                   rc;
    bool                  object;
    unsigned              depth;
    wismo_str_t           key;
    wismo_json_t         *v, *parent, *parents[WISMO_JSON_DEPTH];
    const unsigned char  *p, *end, *after;

    p = r->p;
    end = r->end;
    depth = 0;
    parent = NULL;
    object = false;
    after = NULL;
    wismo_str_null(&key);

    for ( ;; ) {

        /* here a value begins, after the key if in an object */

        p = wismo_json_next(p, end);

        if (p == end) {
            return wismo_json_stop(r, p, "a value is expected");
        }

        if (*p == 'n' && r->lean && object
            && end - p >= 4 && memcmp(p, "null", 4) == 0)
        {
            p += 4;
            goto next;
        }

        if (r->free == r->last) {
            rc = wismo_json_more(r);

            if (rc != WISMO_OK) {
                r->p = p;
                return rc;
            }
        }

        v = r->free++;

        v->count = 0;
        v->key = key;
        v->head = object ? wismo_json_head(&key, after, end) : 0;
        v->first = NULL;
        v->last = NULL;
        v->next = NULL;

        if (parent == NULL) {
            *root = v;

        } else {
            wismo_json_attach(v, parent);
        }

        if (*p == '"') {
            v->type = WISMO_JSON_STRING;
            rc = wismo_json_string(r, &p, &v->text);

        } else if (*p == '{' || *p == '[') {
            object = (*p == '{');
            v->type = object ? WISMO_JSON_OBJECT : WISMO_JSON_ARRAY;
            wismo_str_null(&v->text);

            if (depth == WISMO_JSON_DEPTH) {
                return wismo_json_stop(r, p, "nested too deep");
            }

            parents[depth++] = v;
            parent = v;

            p = wismo_json_next(p + 1, end);

            if (p < end && *p == (object ? '}' : ']')) {
                goto close;
            }

            goto member;

        } else {
            r->p = p;
            rc = wismo_json_scalar(r, v);
            p = r->p;
        }

        if (rc != WISMO_OK) {
            return rc;
        }

    next:

        if (parent == NULL) {
            r->p = p;
            return WISMO_OK;
        }

        p = wismo_json_next(p, end);

        if (p == end) {
            return wismo_json_stop(r, p, "the text ends inside a value");
        }

        if (*p == ',') {
            p++;
            goto member;
        }

        if (*p != (object ? '}' : ']')) {
            return wismo_json_stop(r, p, object
                                         ? "\",\" or \"}\" is expected"
                                         : "\",\" or \"]\" is expected");
        }

    close:

        p++;
        depth--;
        parent = depth ? parents[depth - 1] : NULL;
        object = parent && parent->type == WISMO_JSON_OBJECT;
        goto next;

    member:

        if (!object) {
            wismo_str_null(&key);
            continue;
        }

        p = wismo_json_next(p, end);

        if (p == end || *p != '"') {
            return wismo_json_stop(r, p, "a name in quotes is expected");
        }

        rc = wismo_json_string(r, &p, &key);

        if (rc != WISMO_OK) {
            return rc;
        }

        after = p;
        p = wismo_json_next(p, end);

        if (p == end || *p != ':') {
            return wismo_json_stop(r, p, "\":\" is expected");
        }

        p++;
    }
}


static const unsigned char *
wismo_json_space(const unsigned char *p, const unsigned char *end)
{
    while (p < end
           && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
    {
        p++;
    }

    return p;
}


static int
wismo_json_scalar(wismo_json_reader_t *r, wismo_json_t *v)
{
    switch (*r->p) {

    case 't':
        return wismo_json_word(r, v, WISMO_JSON_TRUE, "true");

    case 'f':
        return wismo_json_word(r, v, WISMO_JSON_FALSE, "false");

    case 'n':
        return wismo_json_word(r, v, WISMO_JSON_NULL, "null");

    case '-':
    case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        return wismo_json_number(r, v);

    default:
        return wismo_json_wrong(r, "a value is expected");
    }
}


static int
wismo_json_number(wismo_json_reader_t *r, wismo_json_t *v)
{
    const unsigned char  *start;

    start = r->p;

    if (*r->p == '-') {
        r->p++;
    }

    if (!wismo_json_digit(r)) {
        return wismo_json_wrong(r, "a digit is expected");
    }

    if (*r->p == '0') {
        r->p++;

        if (wismo_json_digit(r)) {
            return wismo_json_wrong(r, "a number has no leading zero");
        }

    } else {
        while (wismo_json_digit(r)) {
            r->p++;
        }
    }

    if (r->p < r->end && *r->p == '.') {
        r->p++;

        if (!wismo_json_digit(r)) {
            return wismo_json_wrong(r, "a digit is expected");
        }

        while (wismo_json_digit(r)) {
            r->p++;
        }
    }

    if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
        r->p++;

        if (r->p < r->end && (*r->p == '+' || *r->p == '-')) {
            r->p++;
        }

        if (!wismo_json_digit(r)) {
            return wismo_json_wrong(r, "a digit is expected");
        }

        while (wismo_json_digit(r)) {
            r->p++;
        }
    }

    v->type = WISMO_JSON_NUMBER;
    v->text.data = (unsigned char *) start;
    v->text.len = (size_t) (r->p - start);

    return WISMO_OK;
}


static int
wismo_json_unusual(wismo_json_reader_t *r, wismo_str_t *s)
{
    size_t                n;
    const unsigned char  *p, *start;

    p = r->p + 1;
    start = p;

    for ( ;; ) {

        p = wismo_json_plain(p, r->end);

        while (p < r->end && *p >= 0x20 && *p < 0x80 && *p != '"'
               && *p != '\\')
        {
            p++;
        }

        if (p == r->end) {
            r->p = p;
            return wismo_json_wrong(r, "the text ends inside a string");
        }

        if (*p == '"') {
            s->data = (unsigned char *) start;
            s->len = (size_t) (p - start);
            r->p = p + 1;

            return WISMO_OK;
        }

        if (*p == '\\') {
            r->p = p;
            return wismo_json_escaped(r, start, s);
        }

        n = *p < 0x20 ? 0 : wismo_utf8(p, r->end);

        if (n == 0) {
            r->p = p;
            return wismo_json_wrong(r, *p < 0x20
                                       ? "a control character in a string"
                                       : "invalid UTF-8");
        }

        p += n;
    }
}


/* r->p is at the first backslash of the string that begins at "start". */

static int
wismo_json_escaped(wismo_json_reader_t *r, const unsigned char *start,
    wismo_str_t *s)
{
    int                   rc;
    size_t                n;
    unsigned char        *dst;
    const unsigned char  *p;

    /* an escape is never shorter than what it stands for */

    for (p = r->p; p < r->end && *p != '"'; p++) {
        if (*p == '\\' && p + 1 < r->end) {
            p++;
        }
    }

    dst = wismo_palloc(r->pool, (size_t) (p - start));

    if (dst == NULL) {
        return WISMO_ERROR;
    }

    s->data = dst;

    n = (size_t) (r->p - start);
    memcpy(dst, start, n);
    dst += n;

    for ( ;; ) {

        if (r->p == r->end) {
            return wismo_json_wrong(r, "the text ends inside a string");
        }

        if (*r->p == '"') {
            s->len = (size_t) (dst - s->data);
            r->p++;

            return WISMO_OK;
        }

        if (*r->p == '\\') {
            rc = wismo_json_escape(r, &dst);

            if (rc != WISMO_OK) {
                return rc;
            }

            continue;
        }

        if (*r->p < 0x20) {
            return wismo_json_wrong(r, "a control character in a string");
        }

        n = wismo_utf8(r->p, r->end);

        if (n == 0) {
            return wismo_json_wrong(r, "invalid UTF-8");
        }

        memcpy(dst, r->p, n);
        dst += n;
        r->p += n;
    }
}


static int
wismo_json_escape(wismo_json_reader_t *r, unsigned char **dst)
{
    int             rc;
    unsigned        code, low;
    unsigned char  *d;

    r->p++;

    if (r->p == r->end) {
        return wismo_json_wrong(r, "the text ends inside a string");
    }

    d = *dst;

    switch (*r->p++) {

    case '"':
        *d++ = '"';
        break;

    case '\\':
        *d++ = '\\';
        break;

    case '/':
        *d++ = '/';
        break;

    case 'b':
        *d++ = '\b';
        break;

    case 'f':
        *d++ = '\f';
        break;

    case 'n':
        *d++ = '\n';
        break;

    case 'r':
        *d++ = '\r';
        break;

    case 't':
        *d++ = '\t';
        break;

    case 'u':
        rc = wismo_json_hex4(r, &code);

        if (rc != WISMO_OK) {
            return rc;
        }

        if (code >= 0xd800 && code <= 0xdfff) {

            if (code > 0xdbff || r->end - r->p < 2 || r->p[0] != '\\'
                || r->p[1] != 'u')
            {
                return wismo_json_wrong(r, "half of a surrogate pair");
            }

            r->p += 2;
            rc = wismo_json_hex4(r, &low);

            if (rc != WISMO_OK) {
                return rc;
            }

            if (low < 0xdc00 || low > 0xdfff) {
                return wismo_json_wrong(r, "half of a surrogate pair");
            }

            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        }

        if (code == 0) {
            return wismo_json_wrong(r, "\\u0000 is not accepted");
        }

        if (code < 0x80) {
            *d++ = (unsigned char) code;

        } else if (code < 0x800) {
            *d++ = (unsigned char) (0xc0 | (code >> 6));
            *d++ = (unsigned char) (0x80 | (code & 0x3f));

        } else if (code < 0x10000) {
            *d++ = (unsigned char) (0xe0 | (code >> 12));
            *d++ = (unsigned char) (0x80 | ((code >> 6) & 0x3f));
            *d++ = (unsigned char) (0x80 | (code & 0x3f));

        } else {
            *d++ = (unsigned char) (0xf0 | (code >> 18));
            *d++ = (unsigned char) (0x80 | ((code >> 12) & 0x3f));
            *d++ = (unsigned char) (0x80 | ((code >> 6) & 0x3f));
            *d++ = (unsigned char) (0x80 | (code & 0x3f));
        }

        break;

    default:
        r->p--;
        return wismo_json_wrong(r, "unknown escape");
    }

    *dst = d;

    return WISMO_OK;
}


static int
wismo_json_hex4(wismo_json_reader_t *r, unsigned *code)
{
    int       c;
    unsigned  i, n;

    n = 0;

    for (i = 0; i < 4; i++) {

        if (r->p == r->end) {
            return wismo_json_wrong(r, "the text ends inside a string");
        }

        c = wismo_xdigit(*r->p);

        if (c < 0) {
            return wismo_json_wrong(r, "four hexadecimal digits expected");
        }

        n = n << 4 | (unsigned) c;
        r->p++;
    }

    *code = n;

    return WISMO_OK;
}


static int
wismo_json_more(wismo_json_reader_t *r)
{
    unsigned  n;

    if (r->left == 0) {
        return wismo_json_wrong(r, "too many values");
    }

    n = r->left < WISMO_JSON_BATCH ? r->left : WISMO_JSON_BATCH;

    r->free = wismo_palloc(r->pool, n * sizeof(wismo_json_t));

    if (r->free == NULL) {
        r->last = NULL;
        return WISMO_ERROR;
    }

    r->last = r->free + n;
    r->left -= n;

    return WISMO_OK;
}


static void
wismo_json_where(const wismo_str_t *in, const unsigned char *p,
    wismo_error_t *err)
{
    const unsigned char  *s;

    if (err == NULL) {
        return;
    }

    err->line = 1;
    err->column = 1;

    for (s = in->data; s < p; s++) {

        if (*s == '\n') {
            err->line++;
            err->column = 1;

        } else if ((*s & 0xc0) != 0x80) {
            err->column++;
        }
    }
}
