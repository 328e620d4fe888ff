
/*
 * Copyright (C) The Wismo authors
 *
 * The template engine: compiles Mustache into operations and runs them.  The
 * module compiles its pages when the configuration is loaded and renders one
 * per request; "wismo template" does both at once.
 *
 * Each source becomes one array of operations that holds no name unsplit and
 * no line unjudged: rendering must never look at template syntax.  It must
 * never recurse either, nor run without a bound, whatever template and data
 * are; text of the data must never reach the output unescaped, unless the
 * options say so.
 */


#include "wismo_template.h"

#include <stdarg.h>
#include <stdio.h>


#define WISMO_TEMPLATE_DELIMITER  16


typedef enum {
    WISMO_OP_TEXT = 0,
    WISMO_OP_LINE,                    /* the indentation of a partial */
    WISMO_OP_VALUE,
    WISMO_OP_RAW,
    WISMO_OP_SECTION,
    WISMO_OP_INVERTED,
    WISMO_OP_CLOSE,
    WISMO_OP_PARTIAL,
    WISMO_OP_END
} wismo_op_e;


typedef struct wismo_unit_s  wismo_unit_t;

typedef struct {
    wismo_op_e            type;
    bool                  standalone;
    unsigned              jump;       /* section: behind it; close: its body */
    unsigned              nrest;
    wismo_str_t           text;       /* literal, indentation or first name;
                                         an empty name is the item itself */
    wismo_str_t          *rest;       /* of a dotted name */
    const wismo_unit_t   *unit;
} wismo_op_t;


/*
 * A source, compiled.  One that is also used with indentation is compiled
 * twice: the ordinary one has no operation per line.
 */

struct wismo_unit_s {
    wismo_str_t           name;
    wismo_str_t           source;
    wismo_op_t           *ops;
    unsigned              nops;
    unsigned              size;
    bool                  indented;
    wismo_unit_t         *next;
};


struct wismo_template_s {
    wismo_unit_t         *units;      /* the first is the template itself */
};


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


typedef struct wismo_indent_s  wismo_indent_t;

struct wismo_indent_s {
    const wismo_str_t    *text;
    const wismo_indent_t *outer;
};


typedef struct {
    const wismo_json_t   *item;       /* section: the item of an array */
    const wismo_unit_t   *unit;       /* partial: where to go on */
    const wismo_op_t     *op;
    const wismo_indent_t *indent;
    wismo_indent_t        own;
} wismo_frame_t;


typedef struct {
    wismo_out_t          *out;
    unsigned              nframes;
    unsigned              ncontexts;
    const wismo_json_t   *contexts[WISMO_TEMPLATE_FRAMES + 1];
    wismo_frame_t         frames[WISMO_TEMPLATE_FRAMES];
} wismo_renderer_t;


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
static wismo_op_t *wismo_template_add(wismo_compiler_t *c, wismo_op_e type);
static int wismo_template_wrong(wismo_compiler_t *c, const unsigned char *at,
    const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int wismo_template_utf8(wismo_compiler_t *c);
static const unsigned char *wismo_template_find(const unsigned char *p,
    const unsigned char *end, const wismo_str_t *what);

static int wismo_template_run(wismo_renderer_t *r, const wismo_unit_t *unit);
static void wismo_template_indent(wismo_out_t *out,
    const wismo_indent_t *indent);
static const wismo_json_t *wismo_template_resolve(const wismo_renderer_t *r,
    const wismo_op_t *op);
static const wismo_json_t *wismo_template_member(const wismo_json_t *object,
    const wismo_str_t *name);
static bool wismo_template_true(const wismo_json_t *v);
static void wismo_template_value(wismo_out_t *out, const wismo_json_t *v,
    bool raw);
static void wismo_template_escape(wismo_out_t *out, const wismo_str_t *s);


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

    t->units = c.units;
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

            if (wismo_template_add(c, WISMO_OP_LINE) == NULL) {
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
        || wismo_template_add(c, WISMO_OP_END) == NULL)
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

        op = wismo_template_add(c, WISMO_OP_PARTIAL);

        if (op == NULL) {
            return WISMO_ERROR;
        }

        op->standalone = standalone;
        op->text = *indent;
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

    op = wismo_template_add(c, type);

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

    op = wismo_template_add(c, tag->sigil == '#' ? WISMO_OP_SECTION
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
        op = wismo_template_add(c, WISMO_OP_CLOSE);

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
    wismo_str_t           part;
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
        op->rest = wismo_palloc(c->pool, rest * sizeof(wismo_str_t));

        if (op->rest == NULL) {
            return WISMO_ERROR;
        }
    }

    left = tag->name.len;

    for ( ;; ) {
        dot = memchr(p, '.', left);

        part.data = (unsigned char *) p;
        part.len = dot ? (size_t) (dot - p) : left;

        if (part.len == 0) {
            return wismo_template_wrong(c, tag->start, "a dot stands between "
                                        "two names");
        }

        if (n == 0) {
            op->text = part;

        } else {
            op->rest[n - 1] = part;
        }

        n++;

        if (dot == NULL) {
            break;
        }

        left -= part.len + 1;
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

            if (c->bol && wismo_template_add(c, WISMO_OP_LINE) == NULL) {
                return WISMO_ERROR;
            }

            p = memchr(c->text, '\n', (size_t) (end - c->text));
            p = p ? p + 1 : end;
        }

        op = wismo_template_add(c, WISMO_OP_TEXT);

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


static wismo_op_t *
wismo_template_add(wismo_compiler_t *c, wismo_op_e type)
{
    unsigned       size;
    wismo_op_t    *op;
    wismo_unit_t  *unit;

    unit = c->unit;

    if (unit->nops == unit->size) {
        size = unit->size ? 2 * unit->size : 16;
        op = wismo_palloc(c->pool, size * sizeof(wismo_op_t));

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
    op->type = type;

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


int
wismo_template_render(const wismo_template_t *template,
    const wismo_json_t *data, wismo_out_t *out)
{
    int               rc;
    wismo_renderer_t  r;

    r.out = out;
    r.nframes = 0;
    r.ncontexts = 1;
    r.contexts[0] = data;

    rc = wismo_template_run(&r, template->units);

    return out->failed ? WISMO_ERROR : rc;
}


static int
wismo_template_run(wismo_renderer_t *r, const wismo_unit_t *unit)
{
    unsigned               steps;
    const wismo_op_t      *op;
    wismo_frame_t         *frame;
    const wismo_json_t    *v;
    const wismo_indent_t  *indent;

    op = unit->ops;
    indent = NULL;

    for (steps = 0; steps < WISMO_TEMPLATE_STEPS; steps++) {

        switch (op->type) {

        case WISMO_OP_TEXT:
            wismo_out_str(r->out, &op->text);
            break;

        case WISMO_OP_LINE:
            wismo_template_indent(r->out, indent);
            break;

        case WISMO_OP_VALUE:
        case WISMO_OP_RAW:
            wismo_template_value(r->out, wismo_template_resolve(r, op),
                                 op->type == WISMO_OP_RAW);
            break;

        case WISMO_OP_INVERTED:

            if (wismo_template_true(wismo_template_resolve(r, op))) {
                op = unit->ops + op->jump;
                continue;
            }

            break;

        case WISMO_OP_SECTION:
            v = wismo_template_resolve(r, op);

            if (!wismo_template_true(v)) {
                op = unit->ops + op->jump;
                continue;
            }

            if (r->nframes == WISMO_TEMPLATE_FRAMES) {
                return WISMO_DECLINED;
            }

            frame = &r->frames[r->nframes++];
            frame->item = NULL;

            if (v->type == WISMO_JSON_ARRAY) {
                v = v->first;
                frame->item = v;
            }

            r->contexts[r->ncontexts++] = v;
            break;

        case WISMO_OP_CLOSE:
            frame = &r->frames[r->nframes - 1];

            if (frame->item && frame->item->next) {
                frame->item = frame->item->next;
                r->contexts[r->ncontexts - 1] = frame->item;
                op = unit->ops + op->jump;
                continue;
            }

            r->nframes--;
            r->ncontexts--;
            break;

        case WISMO_OP_PARTIAL:

            if (r->nframes == WISMO_TEMPLATE_FRAMES) {
                return WISMO_DECLINED;
            }

            frame = &r->frames[r->nframes++];
            frame->unit = unit;
            frame->op = op + 1;
            frame->indent = indent;

            if (!op->standalone) {
                indent = NULL;

            } else if (op->text.len) {
                frame->own.text = &op->text;
                frame->own.outer = indent;
                indent = &frame->own;
            }

            unit = op->unit;
            op = unit->ops;
            continue;

        case WISMO_OP_END:

            if (r->nframes == 0) {
                return WISMO_OK;
            }

            frame = &r->frames[--r->nframes];
            unit = frame->unit;
            op = frame->op;
            indent = frame->indent;
            continue;
        }

        op++;
    }

    return WISMO_DECLINED;
}


/* The outermost indentation stands leftmost. */

static void
wismo_template_indent(wismo_out_t *out, const wismo_indent_t *indent)
{
    unsigned            n;
    const wismo_str_t  *texts[WISMO_TEMPLATE_FRAMES];

    for (n = 0; indent; indent = indent->outer) {
        texts[n++] = indent->text;
    }

    while (n) {
        wismo_out_str(out, texts[--n]);
    }
}


static const wismo_json_t *
wismo_template_resolve(const wismo_renderer_t *r, const wismo_op_t *op)
{
    unsigned             i;
    const wismo_json_t  *v;

    i = r->ncontexts;

    if (op->text.len == 0) {
        return r->contexts[i - 1];
    }

    do {
        v = wismo_template_member(r->contexts[--i], &op->text);
    } while (v == NULL && i);

    for (i = 0; v && i < op->nrest; i++) {
        v = wismo_template_member(v, &op->rest[i]);
    }

    return v;
}


static const wismo_json_t *
wismo_template_member(const wismo_json_t *object, const wismo_str_t *name)
{
    const wismo_json_t  *v;

    if (object == NULL || object->type != WISMO_JSON_OBJECT) {
        return NULL;
    }

    for (v = object->first; v; v = v->next) {

        if (v->key.len == name->len
            && memcmp(v->key.data, name->data, name->len) == 0)
        {
            return v;
        }
    }

    return NULL;
}


static bool
wismo_template_true(const wismo_json_t *v)
{
    size_t  i;

    if (v == NULL) {
        return false;
    }

    switch (v->type) {

    case WISMO_JSON_NULL:
    case WISMO_JSON_FALSE:
        return false;

    case WISMO_JSON_STRING:
        return v->text.len != 0;

    case WISMO_JSON_ARRAY:
        return v->first != NULL;

    case WISMO_JSON_NUMBER:

        for (i = 0; i < v->text.len; i++) {

            if (v->text.data[i] >= '1' && v->text.data[i] <= '9') {
                return true;
            }

            if (v->text.data[i] == 'e' || v->text.data[i] == 'E') {
                break;
            }
        }

        return false;

    default:
        return true;
    }
}


static void
wismo_template_value(wismo_out_t *out, const wismo_json_t *v, bool raw)
{
    if (v == NULL) {
        return;
    }

    switch (v->type) {

    case WISMO_JSON_FALSE:
        wismo_out_text(out, "false");
        break;

    case WISMO_JSON_TRUE:
        wismo_out_text(out, "true");
        break;

    case WISMO_JSON_NUMBER:
        wismo_out_str(out, &v->text);
        break;

    case WISMO_JSON_STRING:

        if (raw) {
            wismo_out_str(out, &v->text);

        } else {
            wismo_template_escape(out, &v->text);
        }

        break;

    default:
        break;
    }
}


static void
wismo_template_escape(wismo_out_t *out, const wismo_str_t *s)
{
    const unsigned char  *p, *end, *run;

    static const bool  special[256] = {
        ['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true
    };

    p = s->data;
    end = p + s->len;
    run = p;

    for ( /* void */ ; p < end; p++) {

        if (!special[*p]) {
            continue;
        }

        wismo_out_bytes(out, run, (size_t) (p - run));
        run = p + 1;

        switch (*p) {

        case '&':
            wismo_out_text(out, "&amp;");
            break;

        case '<':
            wismo_out_text(out, "&lt;");
            break;

        case '>':
            wismo_out_text(out, "&gt;");
            break;

        case '"':
            wismo_out_text(out, "&quot;");
            break;

        default:
            wismo_out_text(out, "&#39;");
        }
    }

    wismo_out_bytes(out, run, (size_t) (p - run));
}
