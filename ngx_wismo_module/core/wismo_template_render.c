
/*
 * Copyright (C) The Wismo authors
 *
 * The template renderer: runs the operations of a compiled template over a
 * tree of data.  Called once per page that is not in a cache.
 *
 * It must never recurse, run or nest without a bound, whatever template and
 * data are, nor write text of the data unescaped where the template did not
 * ask for it.
 */


#include "wismo_template_op.h"

#if (defined(__SSE2__) && defined(__GNUC__))
#include <emmintrin.h>
#endif


/* Of the data's own members, twice as many as a page has; a power of 2. */
#define WISMO_RENDER_TABLE   128
#define WISMO_RENDER_SHIFT   57


typedef struct wismo_indent_s  wismo_indent_t;

struct wismo_indent_s {
    const wismo_str_t    *text;
    const wismo_indent_t *outer;
};


typedef struct {
    const wismo_json_t   *item;       /* section: the item of an array */
    unsigned              nscopes;    /* around it */
    const wismo_op_t     *section;    /* likewise */
    const wismo_unit_t   *unit;       /* partial: where to go on */
    const wismo_op_t     *op;
    const wismo_indent_t *indent;
    wismo_indent_t        own;
} wismo_frame_t;


/* An object whose members can be named, and the one that was named last. */

typedef struct {
    const wismo_json_t   *object;
    const wismo_json_t   *near;
} wismo_scope_t;


typedef struct {
    wismo_out_t          *out;
    wismo_escape_e        escape;
    unsigned              nframes;
    unsigned              ncontexts;
    unsigned              nscopes;    /* the outermost is none of them */
    bool                  hashed;     /* the table has the first context */
    const wismo_json_t   *table[WISMO_RENDER_TABLE];
    const wismo_json_t   *contexts[WISMO_TEMPLATE_FRAMES + 1];
    wismo_scope_t         scopes[WISMO_TEMPLATE_FRAMES];
    wismo_frame_t         frames[WISMO_TEMPLATE_FRAMES];
} wismo_renderer_t;


static void wismo_template_hash(wismo_renderer_t *r, const wismo_json_t *data);
static int wismo_template_run(wismo_renderer_t *r, const wismo_unit_t *unit);
static void wismo_template_indent(wismo_out_t *out,
    const wismo_indent_t *indent);
wismo_apart static const wismo_json_t *wismo_template_seek(
    wismo_renderer_t *r, const wismo_op_t *op);
wismo_apart static const wismo_json_t *wismo_template_outermost(
    wismo_renderer_t *r, const wismo_op_t *op);
wismo_apart static const wismo_json_t *wismo_template_inside(
    const wismo_json_t *v, const wismo_op_t *op);
wismo_apart static void wismo_template_escape(wismo_out_t *out,
    const wismo_str_t *s);
wismo_rare static void wismo_template_entity(wismo_out_t *out,
    unsigned char c);
wismo_rare static void wismo_template_more(wismo_out_t *out,
    const unsigned char *data, size_t len);


int
wismo_template_render(const wismo_template_t *template,
    const wismo_json_t *data, wismo_out_t *out)
{
    wismo_out_str(out, &template->head);

    return wismo_template_render_rest(template, data, out);
}


const wismo_str_t *
wismo_template_head(const wismo_template_t *template)
{
    return &template->head;
}


int
wismo_template_render_rest(const wismo_template_t *template,
    const wismo_json_t *data, wismo_out_t *out)
{
    int               rc;
    wismo_renderer_t  r;

    r.out = out;
    r.escape = template->escape;
    r.nframes = 0;
    r.ncontexts = 1;
    r.contexts[0] = data;
    r.nscopes = 0;

    wismo_template_hash(&r, data);

    rc = wismo_template_run(&r, template->joined);

    return out->failed ? WISMO_ERROR : rc;
}


static inline unsigned
wismo_template_slot(uint64_t head)
{
    return (unsigned) (head * UINT64_C(0x9e3779b97f4a7c15)
                       >> WISMO_RENDER_SHIFT);
}


/* The outermost names are sought from everywhere, and there are the most. */

static void
wismo_template_hash(wismo_renderer_t *r, const wismo_json_t *data)
{
    unsigned             i;
    const wismo_json_t  *v;

    r->hashed = data && data->type == WISMO_JSON_OBJECT
                && data->count <= WISMO_RENDER_TABLE / 2;

    if (!r->hashed) {
        return;
    }

    memset(r->table, 0, sizeof(r->table));

    for (v = data->first; v; v = v->next) {

        i = wismo_template_slot(v->head);

        while (r->table[i]) {
            i = (i + 1) % WISMO_RENDER_TABLE;
        }

        r->table[i] = v;
    }
}


static wismo_inline bool
wismo_template_named(const wismo_json_t *v, const wismo_name_t *name)
{
    return wismo_json_is(v, name->head, name->text.data, name->text.len);
}


/*
 * A template asks for members about in the order in which they were made, so
 * the one that is wanted is mostly just behind the one that was named last.
 */

static wismo_inline const wismo_json_t *
wismo_template_resolve(wismo_renderer_t *r, const wismo_op_t *op)
{
    wismo_scope_t       *scope;
    const wismo_json_t  *v;

    if (r->nscopes == 0 || op->name.text.len == 0) {
        return wismo_template_outermost(r, op);
    }

    scope = &r->scopes[r->nscopes - 1];

    for (v = scope->near; v; v = v->next) {

        if (wismo_template_named(v, &op->name)) {
            scope->near = v;
            return op->nrest ? wismo_template_inside(v, op) : v;
        }
    }

    return wismo_template_seek(r, op);
}


/* Most of what sections are about are texts and flags. */

static wismo_inline bool
wismo_template_opens(const wismo_json_t *v)
{
    if (v == NULL || v->type == WISMO_JSON_FALSE) {
        return false;
    }

    return v->type == WISMO_JSON_STRING ? v->text.len != 0
                                        : wismo_template_true(v);
}


/* A section's names are its own if it is an object's, else those around. */

static wismo_inline void
wismo_template_scope(wismo_renderer_t *r, const wismo_frame_t *frame,
    const wismo_json_t *v)
{
    r->contexts[r->ncontexts - 1] = v;
    r->nscopes = frame->nscopes;

    if (v->type == WISMO_JSON_OBJECT && v->first) {
        r->scopes[r->nscopes].object = v;
        r->scopes[r->nscopes++].near = v->first;
    }
}


static wismo_inline void
wismo_template_put(wismo_out_t *out, const unsigned char *data, size_t len)
{
    if ((size_t) (out->end - out->pos) < len) {
        wismo_template_more(out, data, len);
        return;
    }

    out->pos = wismo_word_copy(out->pos, data, len);
}


static void
wismo_template_more(wismo_out_t *out, const unsigned char *data, size_t len)
{
    wismo_out_bytes(out, data, len);
}


static int
wismo_template_run(wismo_renderer_t *r, const wismo_unit_t *unit)
{
    unsigned               steps;
    wismo_escape_e         escape;
    const wismo_op_t      *op, *section, *bare;
    wismo_frame_t         *frame;
    const wismo_json_t    *v, *said;
    const wismo_indent_t  *indent;

    op = unit->ops;
    section = NULL;
    bare = NULL;
    said = NULL;
    indent = NULL;

    for (steps = 0; steps < WISMO_TEMPLATE_STEPS; steps++) {

        if (op->text.len) {
            wismo_template_put(r->out, op->text.data, op->text.len);
        }

        switch ((wismo_op_e) op->type) {

        case WISMO_OP_TEXT:
            break;

        case WISMO_OP_LINE:
            wismo_template_indent(r->out, indent);
            break;

        case WISMO_OP_VALUE:
        case WISMO_OP_RAW:

            /* {{#name}}{{name}}{{/name}} has just been looked up */

            v = (op->own && bare == unit->ops + op->jump)
                ? said : wismo_template_resolve(r, op);

            escape = op->type == WISMO_OP_RAW ? WISMO_ESCAPE_NONE : r->escape;

            if (v && v->type == WISMO_JSON_STRING
                && escape == WISMO_ESCAPE_HTML)
            {
                if (v->count) {
                    wismo_template_put(r->out, v->text.data, v->text.len);

                } else {
                    wismo_template_escape(r->out, &v->text);
                }

            } else {
                wismo_template_value(r->out, v, escape);
            }

            break;

        case WISMO_OP_INVERTED:

            if (wismo_template_opens(wismo_template_resolve(r, op))) {
                op = unit->ops + op->jump;
                continue;
            }

            break;

        case WISMO_OP_SECTION:
            v = wismo_template_resolve(r, op);

            if (!wismo_template_opens(v)) {
                op = unit->ops + op->jump;
                continue;
            }

            bare = NULL;

            if (op->bare && v->type != WISMO_JSON_OBJECT
                && v->type != WISMO_JSON_ARRAY)
            {
                bare = op;
                said = v;
                break;
            }

            if (r->nframes == WISMO_TEMPLATE_FRAMES) {
                return WISMO_DECLINED;
            }

            frame = &r->frames[r->nframes++];
            frame->item = NULL;
            frame->nscopes = r->nscopes;
            frame->section = section;
            section = op;

            if (v->type == WISMO_JSON_ARRAY) {
                v = v->first;
                frame->item = v;
            }

            r->ncontexts++;
            wismo_template_scope(r, frame, v);
            break;

        case WISMO_OP_CLOSE:

            if (section != unit->ops + op->jump - 1) {
                break;
            }

            frame = &r->frames[r->nframes - 1];

            if (frame->item && frame->item->next) {
                frame->item = frame->item->next;
                wismo_template_scope(r, frame, frame->item);
                op = unit->ops + op->jump;
                continue;
            }

            r->nframes--;
            r->ncontexts--;
            r->nscopes = frame->nscopes;
            section = frame->section;
            break;

        case WISMO_OP_PARTIAL:

            if (r->nframes == WISMO_TEMPLATE_FRAMES) {
                return WISMO_DECLINED;
            }

            frame = &r->frames[r->nframes++];
            frame->unit = unit;
            frame->op = op + 1;
            frame->section = section;
            frame->indent = indent;

            section = NULL;

            if (!op->standalone) {
                indent = NULL;

            } else if (op->indent.len) {
                frame->own.text = &op->indent;
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
            section = frame->section;
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


/* What is not between the member that was named last and the end. */

static const wismo_json_t *
wismo_template_seek(wismo_renderer_t *r, const wismo_op_t *op)
{
    unsigned             i;
    wismo_scope_t       *scope;
    const wismo_json_t  *v;

    for (i = r->nscopes; i; i--) {
        scope = &r->scopes[i - 1];

        for (v = scope->object->first; v; v = v->next) {

            if (v == scope->near && i == r->nscopes) {
                break;
            }

            if (wismo_template_named(v, &op->name)) {
                scope->near = v;
                return wismo_template_inside(v, op);
            }
        }
    }

    return wismo_template_outermost(r, op);
}


static const wismo_json_t *
wismo_template_outermost(wismo_renderer_t *r, const wismo_op_t *op)
{
    unsigned             i;
    const wismo_json_t  *v;

    if (op->name.text.len == 0) {
        return r->contexts[r->ncontexts - 1];
    }

    if (!r->hashed) {
        return wismo_template_inside(wismo_template_member(r->contexts[0],
                                                           &op->name),
                                     op);
    }

    i = wismo_template_slot(op->name.head);

    for (v = r->table[i]; v; v = r->table[i]) {

        if (wismo_template_named(v, &op->name)) {
            break;
        }

        i = (i + 1) % WISMO_RENDER_TABLE;
    }

    return op->nrest ? wismo_template_inside(v, op) : v;
}


static const wismo_json_t *
wismo_template_inside(const wismo_json_t *v, const wismo_op_t *op)
{
    unsigned  i;

    for (i = 0; v && i < op->nrest; i++) {
        v = wismo_template_member(v, &op->rest[i]);
    }

    return v;
}


bool
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
    case WISMO_JSON_MARKUP:
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


void
wismo_template_value(wismo_out_t *out, const wismo_json_t *v,
    wismo_escape_e escape)
{
    if (v == NULL || v->type == WISMO_JSON_NULL) {

        if (escape == WISMO_ESCAPE_JSON) {
            wismo_out_text(out, "null");
        }

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
    case WISMO_JSON_MARKUP:
        wismo_out_str(out, &v->text);
        break;

    case WISMO_JSON_STRING:

        if (escape == WISMO_ESCAPE_HTML) {
            wismo_template_escape(out, &v->text);

        } else {
            wismo_escape(out, &v->text, escape);
        }

        break;

    default:
        break;
    }
}


/*
 * Which bytes are to be escaped, as bits, many at once.  With one bit set "&"
 * is the apostrophe, and "<" is ">".
 */

#if (defined(__SSE2__) && defined(__GNUC__))

#define WISMO_RENDER_BLOCK   16

typedef __m128i  wismo_block_t;


static wismo_inline wismo_block_t
wismo_template_block(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *) (const void *) p);
}


static wismo_inline void
wismo_template_store(unsigned char *p, wismo_block_t block)
{
    _mm_storeu_si128((__m128i *) (void *) p, block);
}


/* The bytes of a text that is shorter than a block, and zeroes. */

static wismo_inline wismo_block_t
wismo_template_short(const unsigned char *p, size_t n)
{
    uint64_t  low, high;

    if (n < WISMO_WORD) {
        return _mm_cvtsi64_si128((int64_t) wismo_word_head(p, n));
    }

    low = wismo_word(p);
    high = n > WISMO_WORD ? wismo_word(p + n - WISMO_WORD)
                            >> 8 * (2 * WISMO_WORD - n)
                          : 0;

    return _mm_set_epi64x((int64_t) high, (int64_t) low);
}


static wismo_inline unsigned
wismo_template_specials(wismo_block_t bytes)
{
    __m128i  amp, less, quot;

    amp = _mm_cmpeq_epi8(_mm_or_si128(bytes, _mm_set1_epi8(1)),
                         _mm_set1_epi8('\''));
    less = _mm_cmpeq_epi8(_mm_or_si128(bytes, _mm_set1_epi8(2)),
                          _mm_set1_epi8('>'));
    quot = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));

    return (unsigned) _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(amp, less),
                                                     quot));
}

#else

#define WISMO_RENDER_BLOCK   WISMO_WORD

typedef uint64_t  wismo_block_t;


static wismo_inline wismo_block_t
wismo_template_block(const unsigned char *p)
{
    return wismo_word(p);
}


static wismo_inline void
wismo_template_store(unsigned char *p, wismo_block_t block)
{
#if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
    block = __builtin_bswap64(block);
#endif

    memcpy(p, &block, sizeof(block));
}


static wismo_inline wismo_block_t
wismo_template_short(const unsigned char *p, size_t n)
{
    return wismo_word_head(p, n);
}


/* Only a byte that is found borrows from those behind it: the first is one. */

static wismo_inline unsigned
wismo_template_specials(wismo_block_t w)
{
    uint64_t        found;

    const uint64_t  ones = WISMO_WORD_ONES;

    found = (w ^ ones * '"') - ones;
    found |= ((w | ones) ^ ones * '\'') - ones;
    found |= ((w | ones * 2) ^ ones * '>') - ones;
    found &= ~w & WISMO_WORD_TOPS;

    return found ? 1U << wismo_word_first(found) : 0;
}

#endif


/*
 * Blocks are written before it is known what is in them: the output has room
 * for one more than the text, and what is behind its end is written over.
 */

static void
wismo_template_escape(wismo_out_t *out, const wismo_str_t *s)
{
    size_t                n;
    unsigned              found;
    unsigned char        *dst;
    wismo_block_t         block;
    const unsigned char  *p;

    p = s->data;
    n = s->len;

    for ( ;; ) {

        if ((size_t) (out->end - out->pos) < n + WISMO_RENDER_BLOCK) {
            wismo_out_grow(out, n + WISMO_RENDER_BLOCK);

            if (out->failed) {
                return;
            }
        }

        dst = out->pos;
        found = 0;

        while (n >= WISMO_RENDER_BLOCK) {
            block = wismo_template_block(p);
            wismo_template_store(dst, block);
            found = wismo_template_specials(block);

            if (found) {
                break;
            }

            p += WISMO_RENDER_BLOCK;
            dst += WISMO_RENDER_BLOCK;
            n -= WISMO_RENDER_BLOCK;
        }

        if (n && found == 0) {
            block = wismo_template_short(p, n);
            wismo_template_store(dst, block);
            found = wismo_template_specials(block);
        }

        if (found == 0) {
            out->pos = dst + n;
            return;
        }

        out->pos = dst + __builtin_ctz(found);
        p += __builtin_ctz(found);
        n -= (size_t) __builtin_ctz(found) + 1;

        wismo_template_entity(out, *p++);
    }
}


static void
wismo_template_entity(wismo_out_t *out, unsigned char c)
{
    switch (c) {

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
