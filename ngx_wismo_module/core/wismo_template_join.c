
/*
 * Copyright (C) The Wismo authors
 *
 * The template joiner, the compiler's last step: makes one list of operations
 * out of a template and its partials.  What is the same in every rendering,
 * indentation, constants and sections of constants included, becomes text,
 * and text that stands together one text.
 *
 * It must never go on without a bound, however partials include each other: a
 * partial inside of itself, or one too many, is left to the renderer to call.
 */


#include "wismo_template_op.h"


/* Partials inside each other, and the bytes that may come of them. */
#define WISMO_JOIN_DEPTH     16
#define WISMO_JOIN_SIZE      262144

/* Beside WISMO_OK and errors: it is for the data to say. */
#define WISMO_JOIN_DATA      1


typedef struct {
    const wismo_unit_t   *unit;
    unsigned              next;
    wismo_str_t           indent;
} wismo_join_source_t;


typedef struct {
    unsigned              op;         /* of the joined ones */
    unsigned              end;        /* where it ends in its source, */
    unsigned              source;     /* and which that is */
    unsigned              body;       /* where it begins there */
    bool                  inverted;
    bool                  list;       /* the constant is the item of a list */
    const wismo_json_t   *v;          /* a constant's: what it is about */
} wismo_join_section_t;


typedef struct {
    wismo_pool_t         *pool;
    const wismo_json_t   *constants;
    wismo_escape_e        escape;
    wismo_unit_t         *unit;
    wismo_out_t           text;       /* not yet part of an operation */
    size_t                size;
    bool                  fold;       /* sections of constants are text */
    unsigned              nsources;
    unsigned              nsections;
    wismo_join_source_t   sources[WISMO_JOIN_DEPTH];
    wismo_join_section_t  sections[WISMO_JOIN_DEPTH * WISMO_TEMPLATE_DEPTH];
} wismo_joiner_t;


static int wismo_join_all(wismo_joiner_t *j, const wismo_unit_t *unit);
static int wismo_join_run(wismo_joiner_t *j);
static int wismo_join_section(wismo_joiner_t *j, const wismo_op_t *op);
static int wismo_join_end(wismo_joiner_t *j);
static int wismo_join_partial(wismo_joiner_t *j, const wismo_op_t *op);
static bool wismo_join_fits(const wismo_joiner_t *j, const wismo_unit_t *unit,
    size_t size);
static int wismo_join_value(wismo_joiner_t *j, const wismo_op_t *op);
static int wismo_join_constant(wismo_joiner_t *j, const wismo_op_t *op,
    const wismo_json_t **v);
static wismo_op_t *wismo_join_add(wismo_joiner_t *j, const wismo_op_t *op);
static void wismo_join_look(wismo_joiner_t *j);
static bool wismo_join_same(const wismo_op_t *a, const wismo_op_t *b);


int
wismo_template_join(wismo_pool_t *pool, const wismo_json_t *constants,
    wismo_template_t *template)
{
    int              rc;
    wismo_joiner_t  *j;

    j = wismo_palloc(pool, sizeof(wismo_joiner_t));

    if (j == NULL) {
        return WISMO_ERROR;
    }

    j->pool = pool;
    j->constants = constants;
    j->escape = template->escape;
    j->fold = (constants != NULL);

    rc = wismo_join_all(j, template->units);

    if (rc == WISMO_DECLINED) {
        j->fold = false;
        rc = wismo_join_all(j, template->units);
    }

    if (rc != WISMO_OK || j->text.failed) {
        return WISMO_ERROR;
    }

    wismo_join_look(j);

    template->joined = j->unit;

    /* nothing jumps to the first operation */

    template->head = j->unit->ops[0].text;
    wismo_str_null(&j->unit->ops[0].text);

    return WISMO_OK;
}


/* WISMO_DECLINED: sections of constants can't be text in this one. */

static int
wismo_join_all(wismo_joiner_t *j, const wismo_unit_t *unit)
{
    j->size = 0;
    j->nsections = 0;

    wismo_out_init(&j->text, j->pool, 4096);

    j->sources[0].unit = unit;
    j->sources[0].next = 0;
    wismo_str_null(&j->sources[0].indent);
    j->nsources = 1;

    j->unit = wismo_pcalloc(j->pool, sizeof(wismo_unit_t));

    return j->unit ? wismo_join_run(j) : WISMO_ERROR;
}


static int
wismo_join_run(wismo_joiner_t *j)
{
    int                    rc;
    wismo_op_t            *added;
    const wismo_op_t      *op;
    wismo_join_source_t   *s;
    wismo_join_section_t  *section;

    for ( ;; ) {
        s = &j->sources[j->nsources - 1];

        section = j->nsections ? &j->sections[j->nsections - 1] : NULL;

        if (section && section->source == j->nsources
            && section->end == s->next)
        {
            rc = wismo_join_end(j);

            if (rc != WISMO_OK) {
                return rc;
            }

            continue;
        }

        op = &s->unit->ops[s->next++];
        rc = WISMO_OK;

        switch ((wismo_op_e) op->type) {

        case WISMO_OP_TEXT:
            wismo_out_str(&j->text, &op->text);
            break;

        case WISMO_OP_LINE:
            wismo_out_str(&j->text, &s->indent);
            break;

        case WISMO_OP_VALUE:
        case WISMO_OP_RAW:
            rc = wismo_join_value(j, op);
            break;

        case WISMO_OP_SECTION:
        case WISMO_OP_INVERTED:
            rc = wismo_join_section(j, op);
            break;

        case WISMO_OP_CLOSE:

            if (section->v) {
                break;
            }

            added = wismo_join_add(j, op);

            if (added == NULL) {
                return WISMO_ERROR;
            }

            added->jump = section->op + 1;
            break;

        case WISMO_OP_PARTIAL:
            rc = wismo_join_partial(j, op);
            break;

        case WISMO_OP_END:

            if (--j->nsources == 0) {
                return wismo_join_add(j, op) ? WISMO_OK : WISMO_ERROR;
            }

            break;
        }

        if (rc != WISMO_OK) {
            return rc;
        }
    }
}


/* A section of a constant is left out, or its body is put in, once or more. */

static int
wismo_join_section(wismo_joiner_t *j, const wismo_op_t *op)
{
    int                    rc;
    bool                   inverted;
    const wismo_json_t    *v;
    wismo_join_source_t   *s;
    wismo_join_section_t  *section;

    rc = j->fold ? wismo_join_constant(j, op, &v) : WISMO_JOIN_DATA;

    if (rc != WISMO_OK && rc != WISMO_JOIN_DATA) {
        return rc;
    }

    s = &j->sources[j->nsources - 1];
    inverted = (op->type == WISMO_OP_INVERTED);

    if (rc == WISMO_OK && wismo_template_true(v) == inverted) {
        s->next = op->jump;
        return WISMO_OK;
    }

    if (rc == WISMO_OK && inverted) {
        return WISMO_OK;
    }

    section = &j->sections[j->nsections++];

    section->op = j->unit->nops;
    section->end = op->jump;
    section->source = j->nsources;
    section->body = s->next;
    section->inverted = inverted;
    section->list = false;
    section->v = NULL;

    if (rc == WISMO_JOIN_DATA) {
        return wismo_join_add(j, op) ? WISMO_OK : WISMO_ERROR;
    }

    section->list = (v->type == WISMO_JSON_ARRAY);
    section->v = section->list ? v->first : v;

    return WISMO_OK;
}


/* The innermost section ends here, or its next item begins. */

static int
wismo_join_end(wismo_joiner_t *j)
{
    size_t                 size;
    wismo_op_t             text;
    wismo_join_section_t  *section;

    section = &j->sections[j->nsections - 1];

    if (section->v) {

        if (!section->list || section->v->next == NULL) {
            j->nsections--;
            return WISMO_OK;
        }

        size = (section->end - section->body) * sizeof(wismo_op_t);

        if (size > WISMO_JOIN_SIZE - j->size) {
            return WISMO_DECLINED;
        }

        j->size += size;

        section->v = section->v->next;
        j->sources[j->nsources - 1].next = section->body;

        return WISMO_OK;
    }

    /* text up to here is the section's, and what follows is not */

    if (j->text.pos != j->text.start) {
        memset(&text, 0, sizeof(wismo_op_t));
        text.type = WISMO_OP_TEXT;

        if (wismo_join_add(j, &text) == NULL) {
            return WISMO_ERROR;
        }
    }

    j->nsections--;
    j->unit->ops[section->op].jump = j->unit->nops;

    return WISMO_OK;
}


static int
wismo_join_partial(wismo_joiner_t *j, const wismo_op_t *op)
{
    size_t                size;
    unsigned              i;
    wismo_op_t           *added;
    wismo_out_t           out;
    wismo_str_t           indent;
    wismo_join_source_t  *s;

    s = &j->sources[j->nsources - 1];

    wismo_str_null(&indent);

    if (op->standalone && s->indent.len + op->indent.len) {
        wismo_out_init(&out, j->pool, s->indent.len + op->indent.len);
        wismo_out_str(&out, &s->indent);
        wismo_out_str(&out, &op->indent);

        if (out.failed) {
            return WISMO_ERROR;
        }

        indent.data = out.start;
        indent.len = (size_t) (out.pos - out.start);
    }

    size = op->unit->source.len
           + op->unit->nops * (sizeof(wismo_op_t) + indent.len);

    if (wismo_join_fits(j, op->unit, size)) {
        s = &j->sources[j->nsources++];

        s->unit = op->unit;
        s->next = 0;
        s->indent = indent;

        j->size += size;

        return WISMO_OK;
    }

    /* what is called by the renderer can't know of sections that are gone */

    for (i = 0; i < j->nsections; i++) {
        if (j->sections[i].v) {
            return WISMO_DECLINED;
        }
    }

    added = wismo_join_add(j, op);

    if (added == NULL) {
        return WISMO_ERROR;
    }

    added->indent = indent;

    return WISMO_OK;
}


static bool
wismo_join_fits(const wismo_joiner_t *j, const wismo_unit_t *unit,
    size_t size)
{
    unsigned  i;

    if (j->nsources == WISMO_JOIN_DEPTH || size > WISMO_JOIN_SIZE - j->size) {
        return false;
    }

    for (i = 0; i < j->nsources; i++) {
        if (j->sources[i].unit == unit) {
            return false;
        }
    }

    return true;
}


static int
wismo_join_value(wismo_joiner_t *j, const wismo_op_t *op)
{
    int                  rc;
    const wismo_json_t  *v;

    rc = wismo_join_constant(j, op, &v);

    if (rc == WISMO_JOIN_DATA) {
        return wismo_join_add(j, op) ? WISMO_OK : WISMO_ERROR;
    }

    if (rc == WISMO_OK) {
        wismo_template_value(&j->text, v, op->type == WISMO_OP_RAW
                                          ? WISMO_ESCAPE_NONE : j->escape);
    }

    return rc;
}


/*
 * WISMO_OK if the data has no say in what a name means: it may be missing,
 * too.  WISMO_JOIN_DATA if it has.  WISMO_DECLINED if it only may have, as in
 * a section of the data within one of constants that knows the name.
 */

static int
wismo_join_constant(wismo_joiner_t *j, const wismo_op_t *op,
    const wismo_json_t **v)
{
    bool                         data;
    unsigned                     i;
    const wismo_json_t          *found;
    const wismo_join_section_t  *section;

    data = false;
    found = NULL;

    for (i = j->nsections; found == NULL && i; i--) {
        section = &j->sections[i - 1];

        if (section->v == NULL) {

            if (!section->inverted && op->name.text.len == 0) {
                return WISMO_JOIN_DATA;
            }

            data = data || !section->inverted;
            continue;
        }

        found = op->name.text.len ? wismo_template_member(section->v,
                                                          &op->name)
                                  : section->v;

        if (found && data) {
            return WISMO_DECLINED;
        }
    }

    if (found == NULL) {
        found = wismo_template_member(j->constants, &op->name);
    }

    if (found == NULL) {
        return WISMO_JOIN_DATA;
    }

    for (i = 0; found && i < op->nrest; i++) {
        found = wismo_template_member(found, &op->rest[i]);
    }

    *v = found;

    return WISMO_OK;
}


static wismo_op_t *
wismo_join_add(wismo_joiner_t *j, const wismo_op_t *op)
{
    wismo_op_t   *added;
    wismo_str_t   text;

    added = wismo_template_add(j->pool, j->unit, (wismo_op_e) op->type);

    if (added == NULL) {
        return NULL;
    }

    *added = *op;

    text.data = j->text.start;
    text.len = (size_t) (j->text.pos - j->text.start);

    if (wismo_pstrdup(j->pool, &added->text, &text) != WISMO_OK) {
        return NULL;
    }

    j->text.pos = j->text.start;

    return added;
}


/*
 * What a section is about need not be kept for those that are bare, unless it
 * is an object or a list.  Its own name is mostly among what it says.
 */

static void
wismo_join_look(wismo_joiner_t *j)
{
    unsigned           i, k, n;
    wismo_op_t        *op, *ops, *section;

    n = 0;
    ops = j->unit->ops;

    for (i = 0; i < j->unit->nops; i++) {
        op = &ops[i];
        op->own = false;

        switch (op->type) {

        case WISMO_OP_CLOSE:
            n--;
            continue;

        case WISMO_OP_VALUE:
        case WISMO_OP_RAW:

            if (n) {
                section = &ops[j->sections[n - 1].op];

                op->own = wismo_join_same(op, section);
                op->jump = j->sections[n - 1].op;
            }

            break;

        case WISMO_OP_SECTION:
        case WISMO_OP_INVERTED:
        case WISMO_OP_PARTIAL:
            break;

        default:
            continue;
        }

        if (op->type == WISMO_OP_PARTIAL || op->name.text.len == 0) {
            for (k = n; k; k--) {
                ops[j->sections[k - 1].op].bare = false;
            }
        }

        if (op->type == WISMO_OP_SECTION) {
            op->bare = true;
            j->sections[n++].op = i;
        }
    }
}


static bool
wismo_join_same(const wismo_op_t *a, const wismo_op_t *b)
{
    unsigned  i;

    if (a->nrest != b->nrest || !wismo_str_eq(&a->name.text, &b->name.text)) {
        return false;
    }

    for (i = 0; i < a->nrest; i++) {
        if (!wismo_str_eq(&a->rest[i].text, &b->rest[i].text)) {
            return false;
        }
    }

    return true;
}


int
wismo_template_copy(wismo_pool_t *pool, const wismo_template_t *template,
    wismo_template_t **copy)
{
    unsigned             i, k;
    wismo_op_t          *op;
    wismo_name_t        *rest;
    wismo_unit_t        *unit;
    const wismo_unit_t  *joined;

    joined = template->joined;

    for (i = 0; i < joined->nops; i++) {
        if (joined->ops[i].type == WISMO_OP_PARTIAL) {
            return WISMO_DECLINED;
        }
    }

    *copy = wismo_pcalloc(pool, sizeof(wismo_template_t));
    unit = wismo_pcalloc(pool, sizeof(wismo_unit_t));
    op = wismo_palloc(pool, joined->nops * sizeof(wismo_op_t)
                            + WISMO_OP_ALIGNMENT);

    if (*copy == NULL || unit == NULL || op == NULL) {
        return WISMO_ERROR;
    }

    if (wismo_pstrdup(pool, &(*copy)->head, &template->head) != WISMO_OK) {
        return WISMO_ERROR;
    }

    op = (wismo_op_t *) (((uintptr_t) op + WISMO_OP_ALIGNMENT - 1)
                         & ~(uintptr_t) (WISMO_OP_ALIGNMENT - 1));

    (*copy)->escape = template->escape;
    (*copy)->joined = unit;

    unit->ops = op;
    unit->nops = joined->nops;
    unit->size = joined->nops;

    memcpy(op, joined->ops, joined->nops * sizeof(wismo_op_t));

    for (i = 0; i < joined->nops; i++, op++) {

        if (wismo_pstrdup(pool, &op->text, &joined->ops[i].text) != WISMO_OK
            || wismo_pstrdup(pool, &op->name.text, &joined->ops[i].name.text)
               != WISMO_OK)
        {
            return WISMO_ERROR;
        }

        if (op->nrest == 0) {
            continue;
        }

        rest = wismo_palloc(pool, op->nrest * sizeof(wismo_name_t));

        if (rest == NULL) {
            return WISMO_ERROR;
        }

        for (k = 0; k < op->nrest; k++) {
            rest[k].head = op->rest[k].head;

            if (wismo_pstrdup(pool, &rest[k].text, &op->rest[k].text)
                != WISMO_OK)
            {
                return WISMO_ERROR;
            }
        }

        op->rest = rest;
    }

    return WISMO_OK;
}
