
/*
 * Copyright (C) The Wismo authors
 *
 * The template compiler: Mustache sources become arrays of operations.  The
 * module compiles its pages when the configuration is loaded; "wismo
 * template" does at every call.
 *
 * All that templates can say is settled here: names are split, lines judged,
 * partials found, so that rendering never looks at syntax.  Raw output must
 * never get through unless the options allow it, and no source may make the
 * compiler recurse or ask for a partial outside of its directory.
 */


#include "wismo_template_op.h"

#include <stdarg.h>
#include <stdio.h>


#define WISMO_TEMPLATE_DELIMITER  16


typedef struct {
    wismo_pool_t                 *pool;
    const wismo_template_opts_t  *opts;
    wismo_error_t                *err;
    wismo_unit_t                 *units;
    wismo_unit_t                **last;
    unsigned                      nunits;

    wismo_unit_t                 *unit;
    const unsigned char          *start;
    const unsigned char          *end;
    const unsigned char          *text;   /* first byte not yet compiled */
    bool                          bol;    /* nothing on this line yet */
    wismo_str_t                   open;
    wismo_str_t                   close;
    unsigned                      nested;
    unsigned                      sections[WISMO_TEMPLATE_DEPTH];
    wismo_str_t                   names[WISMO_TEMPLATE_DEPTH];
    const unsigned char          *opened[WISMO_TEMPLATE_DEPTH];
} wismo_compiler_t;


typedef struct {
    const unsigned char  *start;      /* of the opening delimiter */
    const unsigned char  *end;        /* behind the closing one */
    unsigned char         sigil;      /* 0 for a plain name */
    wismo_str_t           name;       /* without the space around it */
} wismo_tag_t;


static int wismo_template_unit(wismo_compiler_t *c, wismo_unit_t *unit);
static int wismo_template_tag(wismo_compiler_t *c, const unsigned char *p,
    wismo_tag_t *tag);
static int wismo_template_op(wismo_compiler_t *c, const wismo_tag_t *tag,
    bool standalone, const wismo_str_t *indent);
static int wismo_template_open(wismo_compiler_t *c, const wismo_tag_t *tag);
static int wismo_template_close(wismo_compiler_t *c, const wismo_tag_t *tag);
static int wismo_template_name(wismo_compiler_t *c, const wismo_tag_t *tag,
    wismo_op_t *op);
static int wismo_template_delimiters(wismo_compiler_t *c,
    const wismo_tag_t *tag);
static int wismo_template_partial(wismo_compiler_t *c, const wismo_tag_t *tag,
    bool indented, const wismo_unit_t **unit);
static bool wismo_template_partial_name(const wismo_str_t *name);
static bool wismo_template_standalone(const wismo_compiler_t *c,
    const wismo_tag_t *tag, const unsigned char **before,
    const unsigned char **after);
static int wismo_template_text(wismo_compiler_t *c, const unsigned char *end);
static int wismo_template_wrong(wismo_compiler_t *c, const unsigned char *at,
    const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int wismo_template_utf8(wismo_compiler_t *c);
static const unsigned char *wismo_template_find(const unsigned char *p,
    const unsigned char *end, const wismo_str_t *what);


static inline bool
wismo_template_space(unsigned char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}


int
wismo_template_compile(wismo_pool_t *pool, const wismo_str_t *source,
    const wismo_template_opts_t *opts, wismo_template_t **template,
    wismo_error_t *err)
{
    int                rc;
    wismo_unit_t      *unit;
    wismo_template_t  *t;
    wismo_compiler_t   c;

    *template = NULL;

    memset(&c, 0, sizeof(wismo_compiler_t));

    c.pool = pool;
    c.opts = opts;
    c.err = err;
    c.last = &c.units;

    t = wismo_palloc(pool, sizeof(wismo_template_t));
    unit = wismo_pcalloc(pool, sizeof(wismo_unit_t));

    if (t == NULL || unit == NULL) {
        goto memory;
    }

    unit->source = *source;

    if (source->len == 0) {
        wismo_str_set(&unit->source, "");
    }

    *c.last = unit;
    c.last = &unit->next;

    /* partials join the list while it is worked off */

    for (unit = c.units; unit; unit = unit->next) {
        rc = wismo_template_unit(&c, unit);

        if (rc == WISMO_ERROR) {
            goto memory;
        }

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    t->escape = opts->escape;
    t->units = c.units;

    if (wismo_template_join(pool, opts->constants, t) != WISMO_OK) {
        goto memory;
    }

    *template = t;

    return WISMO_OK;

memory:

    wismo_error_set(err, "", "out of memory");

    return WISMO_ERROR;
}


static int
wismo_template_unit(wismo_compiler_t *c, wismo_unit_t *unit)
{
    int                   rc;
    bool                  standalone;
    wismo_tag_t           tag;
    wismo_str_t           indent;
    const unsigned char  *p, *before, *after;

    c->unit = unit;
    c->start = unit->source.data;
    c->end = c->start + unit->source.len;
    c->text = c->start;
    c->bol = true;
    c->nested = 0;
    wismo_str_set(&c->open, "{{");
    wismo_str_set(&c->close, "}}");

    rc = wismo_template_utf8(c);

    if (rc != WISMO_OK) {
        return rc;
    }

    for ( ;; ) {
        p = wismo_template_find(c->text, c->end, &c->open);

        if (p == NULL) {
            break;
        }

        rc = wismo_template_tag(c, p, &tag);

        if (rc != WISMO_OK) {
            return rc;
        }

        standalone = wismo_template_standalone(c, &tag, &before, &after);

        if (!standalone) {
            before = tag.start;
            after = tag.end;
        }

        indent.data = (unsigned char *) before;
        indent.len = (size_t) (tag.start - before);

        if (wismo_template_text(c, before) != WISMO_OK) {
            return WISMO_ERROR;
        }

        if (!standalone && c->bol && unit->indented) {

            if (wismo_template_add(c->pool, c->unit, WISMO_OP_LINE) == NULL) {
                return WISMO_ERROR;
            }

            c->bol = false;
        }

        rc = wismo_template_op(c, &tag, standalone, &indent);

        if (rc != WISMO_OK) {
            return rc;
        }

        c->text = after;
    }

    if (c->nested) {
        c->nested--;
        return wismo_template_wrong(c, c->opened[c->nested],
                                    "section \"%.*s\" is never closed",
                                    (int) c->names[c->nested].len,
                                    c->names[c->nested].data);
    }

    if (wismo_template_text(c, c->end) != WISMO_OK
        || wismo_template_add(c->pool, c->unit, WISMO_OP_END) == NULL)
    {
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static int
wismo_template_tag(wismo_compiler_t *c, const unsigned char *p,
    wismo_tag_t *tag)
{
    unsigned char         buf[WISMO_TEMPLATE_DELIMITER + 1];
    wismo_str_t           close;
    const unsigned char  *name, *end;

    tag->start = p;
    tag->sigil = 0;

    p += c->open.len;

    close = c->close;

    if (p < c->end && memchr("#^/>&!{=<$*", *p, 11)) {
        tag->sigil = *p++;

        if (tag->sigil == '{' || tag->sigil == '=') {
            buf[0] = tag->sigil == '{' ? '}' : '=';
            memcpy(buf + 1, c->close.data, c->close.len);

            close.data = buf;
            close.len = c->close.len + 1;
        }
    }

    end = wismo_template_find(p, c->end, &close);

    if (end == NULL) {
        return wismo_template_wrong(c, tag->start,
                                    "the tag is not closed: \"%.*s\" is "
                                    "expected", (int) close.len, close.data);
    }

    tag->end = end + close.len;
    name = p;

    while (name < end && wismo_template_space(*name)) {
        name++;
    }

    while (name < end && wismo_template_space(end[-1])) {
        end--;
    }

    tag->name.data = (unsigned char *) name;
    tag->name.len = (size_t) (end - name);

    return WISMO_OK;
}


static int
wismo_template_op(wismo_compiler_t *c, const wismo_tag_t *tag,
    bool standalone, const wismo_str_t *indent)
{
    int                  rc;
    wismo_op_t          *op;
    wismo_op_e           type;
    const wismo_unit_t  *unit;

    switch (tag->sigil) {

    case '!':
        return WISMO_OK;

    case '=':
        return wismo_template_delimiters(c, tag);

    case '#':
    case '^':
        return wismo_template_open(c, tag);

    case '/':
        return wismo_template_close(c, tag);

    case '>':
        rc = wismo_template_partial(c, tag,
                                    standalone
                                    && (indent->len || c->unit->indented),
                                    &unit);
        if (rc != WISMO_OK) {
            return rc;
        }

        op = wismo_template_add(c->pool, c->unit, WISMO_OP_PARTIAL);

        if (op == NULL) {
            return WISMO_ERROR;
        }

        op->standalone = standalone;
        op->indent = *indent;
        op->unit = unit;

        return WISMO_OK;

    case '<':
    case '$':
    case '*':
        return wismo_template_wrong(c, tag->start, "\"%c\" tags are not "
                                    "supported", tag->sigil);

    case '{':
    case '&':

        if (!c->opts->allow_raw) {
            return wismo_template_wrong(c, tag->start, "raw output is not "
                                        "allowed here: write {{name}}, which "
                                        "is escaped");
        }

        type = WISMO_OP_RAW;
        break;

    default:
        type = WISMO_OP_VALUE;
    }

    op = wismo_template_add(c->pool, c->unit, type);

    if (op == NULL) {
        return WISMO_ERROR;
    }

    return wismo_template_name(c, tag, op);
}


static int
wismo_template_open(wismo_compiler_t *c, const wismo_tag_t *tag)
{
    int          rc;
    wismo_op_t  *op;

    if (c->nested == WISMO_TEMPLATE_DEPTH) {
        return wismo_template_wrong(c, tag->start, "more than %d sections "
                                    "are open", WISMO_TEMPLATE_DEPTH);
    }

    op = wismo_template_add(c->pool, c->unit,
                            tag->sigil == '#' ? WISMO_OP_SECTION
                                              : WISMO_OP_INVERTED);
    if (op == NULL) {
        return WISMO_ERROR;
    }

    rc = wismo_template_name(c, tag, op);

    if (rc != WISMO_OK) {
        return rc;
    }

    c->sections[c->nested] = c->unit->nops - 1;
    c->names[c->nested] = tag->name;
    c->opened[c->nested] = tag->start;
    c->nested++;

    return WISMO_OK;
}


static int
wismo_template_close(wismo_compiler_t *c, const wismo_tag_t *tag)
{
    unsigned      open;
    wismo_op_t   *op;
    wismo_str_t  *name;

    if (c->nested == 0) {
        return wismo_template_wrong(c, tag->start, "no section is open that "
                                    "this tag could close");
    }

    name = &c->names[c->nested - 1];

    if (!wismo_str_eq(name, &tag->name)) {
        return wismo_template_wrong(c, tag->start, "section \"%.*s\" is to "
                                    "be closed first", (int) name->len,
                                    name->data);
    }

    open = c->sections[--c->nested];

    if (c->unit->ops[open].type == WISMO_OP_SECTION) {
        op = wismo_template_add(c->pool, c->unit, WISMO_OP_CLOSE);

        if (op == NULL) {
            return WISMO_ERROR;
        }

        op->jump = open + 1;
    }

    c->unit->ops[open].jump = c->unit->nops;

    return WISMO_OK;
}


static int
wismo_template_name(wismo_compiler_t *c, const wismo_tag_t *tag,
    wismo_op_t *op)
{
    size_t                left;
    unsigned              n, rest;
    wismo_name_t          part;
    const unsigned char  *p, *dot;

    if (tag->name.len == 0) {
        return wismo_template_wrong(c, tag->start, "the tag has no name");
    }

    p = tag->name.data;

    if (tag->name.len == 1 && *p == '.') {
        return WISMO_OK;
    }

    n = 0;
    rest = 0;

    for (left = 0; left < tag->name.len; left++) {

        if (p[left] <= ' ' || p[left] == 0x7f) {
            return wismo_template_wrong(c, tag->start, "a name has no space "
                                        "in it");
        }

        if (p[left] == '.') {
            rest++;
        }
    }

    if (rest) {
        op->rest = wismo_palloc(c->pool, rest * sizeof(wismo_name_t));

        if (op->rest == NULL) {
            return WISMO_ERROR;
        }
    }

    left = tag->name.len;

    for ( ;; ) {
        dot = memchr(p, '.', left);

        part.text.data = (unsigned char *) p;
        part.text.len = dot ? (size_t) (dot - p) : left;
        part.head = wismo_word_head(p, part.text.len);

        if (part.text.len == 0) {
            return wismo_template_wrong(c, tag->start, "a dot stands between "
                                        "two names");
        }

        if (n == 0) {
            op->name = part;

        } else {
            op->rest[n - 1] = part;
        }

        n++;

        if (dot == NULL) {
            break;
        }

        left -= part.text.len + 1;
        p = dot + 1;
    }

    op->nrest = n - 1;

    return WISMO_OK;
}


static int
wismo_template_delimiters(wismo_compiler_t *c, const wismo_tag_t *tag)
{
    size_t                i;
    wismo_str_t           open, close;
    const unsigned char  *p, *end;

    p = tag->name.data;
    end = p + tag->name.len;

    open.data = (unsigned char *) p;

    while (p < end && !wismo_template_space(*p)) {
        p++;
    }

    open.len = (size_t) (p - open.data);

    while (p < end && wismo_template_space(*p)) {
        p++;
    }

    close.data = (unsigned char *) p;
    close.len = (size_t) (end - p);

    for (i = 0; i < close.len; i++) {
        if (wismo_template_space(close.data[i])) {
            close.len = 0;
        }
    }

    if (open.len == 0 || close.len == 0
        || open.len > WISMO_TEMPLATE_DELIMITER
        || close.len > WISMO_TEMPLATE_DELIMITER
        || memchr(open.data, '=', open.len)
        || memchr(close.data, '=', close.len))
    {
        return wismo_template_wrong(c, tag->start, "two delimiters are "
                                    "expected, with a space between, of at "
                                    "most %d bytes and without \"=\"",
                                    WISMO_TEMPLATE_DELIMITER);
    }

    c->open = open;
    c->close = close;

    return WISMO_OK;
}


static int
wismo_template_partial(wismo_compiler_t *c, const wismo_tag_t *tag,
    bool indented, const wismo_unit_t **unit)
{
    int            rc;
    wismo_str_t    source;
    wismo_unit_t  *u, *same;

    *unit = NULL;

    if (!wismo_template_partial_name(&tag->name)) {
        return wismo_template_wrong(c, tag->start, "the name of a partial is "
                                    "a relative path of letters, digits, "
                                    "\".\", \"_\", \"-\" and \"/\"");
    }

    same = NULL;

    for (u = c->units->next; u; u = u->next) {

        if (!wismo_str_eq(&u->name, &tag->name)) {
            continue;
        }

        if (u->indented == indented) {
            *unit = u;
            return WISMO_OK;
        }

        same = u;
    }

    if (same) {
        source = same->source;

    } else {
        if (c->nunits == WISMO_TEMPLATE_PARTIALS) {
            return wismo_template_wrong(c, tag->start, "more than %d partials",
                                        WISMO_TEMPLATE_PARTIALS);
        }

        c->nunits++;

        rc = WISMO_DECLINED;

        if (c->opts->partial) {
            rc = c->opts->partial(c->opts->data, c->pool, &tag->name, &source);

            if (rc == WISMO_ERROR) {
                return WISMO_ERROR;
            }
        }

        if (rc != WISMO_OK) {

            if (!c->opts->missing_ok) {
                return wismo_template_wrong(c, tag->start,
                                            "there is no partial \"%.*s\"",
                                            (int) tag->name.len,
                                            tag->name.data);
            }

            wismo_str_set(&source, "");
        }
    }

    u = wismo_pcalloc(c->pool, sizeof(wismo_unit_t));

    if (u == NULL) {
        return WISMO_ERROR;
    }

    u->name = tag->name;
    u->source = source;
    u->indented = indented;

    *c->last = u;
    c->last = &u->next;

    *unit = u;

    return WISMO_OK;
}


static bool
wismo_template_partial_name(const wismo_str_t *name)
{
    size_t         i;
    unsigned char  ch, previous;

    if (name->len == 0 || name->len > 127) {
        return false;
    }

    previous = '/';

    for (i = 0; i < name->len; i++) {
        ch = name->data[i];

        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')
              || (ch >= '0' && ch <= '9') || ch == '_' || ch == '-'
              || ((ch == '.' || ch == '/') && previous != '/')))
        {
            return false;
        }

        previous = ch;
    }

    return previous != '/';
}


/*
 * A tag that renders nothing itself and is alone on its line takes the line
 * with it.  *before is where the line begins, *after where the next one does.
 */

static bool
wismo_template_standalone(const wismo_compiler_t *c, const wismo_tag_t *tag,
    const unsigned char **before, const unsigned char **after)
{
    const unsigned char  *p;

    if (tag->sigil == 0 || memchr("#^/>!=", tag->sigil, 6) == NULL) {
        return false;
    }

    p = tag->start;

    while (p > c->text && (p[-1] == ' ' || p[-1] == '\t')) {
        p--;
    }

    if (p != c->start && p[-1] != '\n') {
        return false;
    }

    *before = p;
    p = tag->end;

    while (p < c->end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    if (p < c->end && *p == '\r') {
        p++;

        if (p == c->end) {
            return false;
        }
    }

    if (p < c->end) {

        if (*p != '\n') {
            return false;
        }

        p++;
    }

    *after = p;

    return true;
}


static int
wismo_template_text(wismo_compiler_t *c, const unsigned char *end)
{
    wismo_op_t           *op;
    const unsigned char  *p;

    while (c->text < end) {
        p = end;

        if (c->unit->indented) {

            if (c->bol
                && wismo_template_add(c->pool, c->unit, WISMO_OP_LINE) == NULL)
            {
                return WISMO_ERROR;
            }

            p = memchr(c->text, '\n', (size_t) (end - c->text));
            p = p ? p + 1 : end;
        }

        op = wismo_template_add(c->pool, c->unit, WISMO_OP_TEXT);

        if (op == NULL) {
            return WISMO_ERROR;
        }

        op->text.data = (unsigned char *) c->text;
        op->text.len = (size_t) (p - c->text);

        c->bol = p[-1] == '\n';
        c->text = p;
    }

    return WISMO_OK;
}


wismo_op_t *
wismo_template_add(wismo_pool_t *pool, wismo_unit_t *unit, wismo_op_e type)
{
    unsigned     size;
    wismo_op_t  *op;

    if (unit->nops == unit->size) {
        size = unit->size ? 2 * unit->size : 16;
        op = wismo_palloc(pool, size * sizeof(wismo_op_t));

        if (op == NULL) {
            return NULL;
        }

        if (unit->nops) {
            memcpy(op, unit->ops, unit->nops * sizeof(wismo_op_t));
        }

        unit->ops = op;
        unit->size = size;
    }

    op = &unit->ops[unit->nops++];

    memset(op, 0, sizeof(wismo_op_t));
    op->type = (uint8_t) type;

    return op;
}


static int
wismo_template_wrong(wismo_compiler_t *c, const unsigned char *at,
    const char *fmt, ...)
{
    char                  text[sizeof(c->err->text)], name[128];
    va_list               args;
    unsigned              line, column;
    const unsigned char  *p;

    if (c->err == NULL) {
        return WISMO_DECLINED;
    }

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    (void) snprintf(name, sizeof(name), "%.*s", (int) c->unit->name.len,
                    c->unit->name.data ? (char *) c->unit->name.data : "");

    wismo_error_set(c->err, name, "%s", text);

    line = 1;
    column = 1;

    for (p = c->start; p < at; p++) {

        if (*p == '\n') {
            line++;
            column = 1;

        } else if ((*p & 0xc0) != 0x80) {
            column++;
        }
    }

    c->err->line = line;
    c->err->column = column;

    return WISMO_DECLINED;
}


static int
wismo_template_utf8(wismo_compiler_t *c)
{
    size_t                n;
    const unsigned char  *p;

    for (p = c->start; p < c->end; p += n) {
        n = wismo_utf8(p, c->end);

        if (n == 0) {
            return wismo_template_wrong(c, p, "this is not UTF-8");
        }
    }

    return WISMO_OK;
}


static const unsigned char *
wismo_template_find(const unsigned char *p, const unsigned char *end,
    const wismo_str_t *what)
{
    while ((size_t) (end - p) >= what->len) {
        p = memchr(p, what->data[0], (size_t) (end - p) - what->len + 1);

        if (p == NULL) {
            return NULL;
        }

        if (memcmp(p, what->data, what->len) == 0) {
            return p;
        }

        p++;
    }

    return NULL;
}
