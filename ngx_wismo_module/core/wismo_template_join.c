
/*
 * Copyright (C) The Wismo authors
 *
 * The template joiner, the compiler's last step: makes one list of operations
 * out of a template and its partials.  What is the same in every rendering,
 * indentation and constants included, becomes text, and text that stands
 * together one text.
 *
 * It must never go on without a bound, however partials include each other: a
 * partial inside of itself, or one too many, is left to the renderer to call.
 */


#include "wismo_template_op.h"


/* Partials inside each other, and the bytes that may come of them. */
#define WISMO_JOIN_DEPTH     16
#define WISMO_JOIN_SIZE      262144


typedef struct {
    const wismo_unit_t   *unit;
    unsigned              next;
    wismo_str_t           indent;
} wismo_join_source_t;


typedef struct {
    unsigned              op;         /* of the joined ones */
    unsigned              end;        /* where it ends in its source, */
    unsigned              source;     /* and which that is */
} wismo_join_section_t;


typedef struct {
    wismo_pool_t         *pool;
    const wismo_json_t   *constants;
    wismo_escape_e        escape;
    wismo_unit_t         *unit;
    wismo_out_t           text;       /* not yet part of an operation */
    size_t                size;
    unsigned              nsources;
    unsigned              nsections;
    wismo_join_source_t   sources[WISMO_JOIN_DEPTH];
    wismo_join_section_t  sections[WISMO_JOIN_DEPTH * WISMO_TEMPLATE_DEPTH];
} wismo_joiner_t;


static int wismo_join_run(wismo_joiner_t *j);
static int wismo_join_section(wismo_joiner_t *j, const wismo_op_t *op);
static int wismo_join_partial(wismo_joiner_t *j, const wismo_op_t *op);
static bool wismo_join_fits(const wismo_joiner_t *j, const wismo_unit_t *unit,
    size_t size);
static bool wismo_join_constant(wismo_joiner_t *j, const wismo_op_t *op);
static wismo_op_t *wismo_join_add(wismo_joiner_t *j, const wismo_op_t *op);


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
    j->size = 0;
    j->nsections = 0;

    wismo_out_init(&j->text, pool, 4096);

    j->sources[0].unit = template->units;
    j->sources[0].next = 0;
    wismo_str_null(&j->sources[0].indent);
    j->nsources = 1;

    j->unit = wismo_pcalloc(pool, sizeof(wismo_unit_t));

    if (j->unit == NULL) {
        return WISMO_ERROR;
    }

    rc = wismo_join_run(j);

    template->joined = j->unit;

    if (rc != WISMO_OK || j->text.failed) {
        return WISMO_ERROR;
    }

    /* nothing jumps to the first operation */

    template->head = j->unit->ops[0].text;
    wismo_str_null(&j->unit->ops[0].text);

    return WISMO_OK;
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
            rc = wismo_join_section(j, NULL);

            if (rc != WISMO_OK) {
                return rc;
            }

            continue;
        }

        op = &s->unit->ops[s->next++];
        rc = WISMO_OK;

        switch (op->type) {

        case WISMO_OP_TEXT:
            wismo_out_str(&j->text, &op->text);
            break;

        case WISMO_OP_LINE:
            wismo_out_str(&j->text, &s->indent);
            break;

        case WISMO_OP_VALUE:
        case WISMO_OP_RAW:

            if (!wismo_join_constant(j, op) && wismo_join_add(j, op) == NULL) {
                return WISMO_ERROR;
            }

            break;

        case WISMO_OP_SECTION:
        case WISMO_OP_INVERTED:
            rc = wismo_join_section(j, op);
            break;

        case WISMO_OP_CLOSE:
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


/* Opens a section, or closes the innermost one if there is no "op". */

static int
wismo_join_section(wismo_joiner_t *j, const wismo_op_t *op)
{
    wismo_op_t             text;
    wismo_join_section_t  *section;

    if (op) {
        section = &j->sections[j->nsections++];

        section->op = j->unit->nops;
        section->end = op->jump;
        section->source = j->nsources;

        return wismo_join_add(j, op) ? WISMO_OK : WISMO_ERROR;
    }

    /* text up to here is the section's, and what follows is not */

    if (j->text.pos != j->text.start) {
        memset(&text, 0, sizeof(wismo_op_t));
        text.type = WISMO_OP_TEXT;

        if (wismo_join_add(j, &text) == NULL) {
            return WISMO_ERROR;
        }
    }

    section = &j->sections[--j->nsections];
    j->unit->ops[section->op].jump = j->unit->nops;

    return WISMO_OK;
}


static int
wismo_join_partial(wismo_joiner_t *j, const wismo_op_t *op)
{
    size_t                size;
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


static bool
wismo_join_constant(wismo_joiner_t *j, const wismo_op_t *op)
{
    unsigned             i;
    const wismo_json_t  *v;

    v = wismo_template_member(j->constants, &op->name);

    if (v == NULL) {
        return false;
    }

    for (i = 0; v && i < op->nrest; i++) {
        v = wismo_template_member(v, &op->rest[i]);
    }

    wismo_template_value(&j->text, v, op->type == WISMO_OP_RAW
                                      ? WISMO_ESCAPE_NONE : j->escape);

    return true;
}


static wismo_op_t *
wismo_join_add(wismo_joiner_t *j, const wismo_op_t *op)
{
    wismo_op_t   *added;
    wismo_str_t   text;

    added = wismo_template_add(j->pool, j->unit, op->type);

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
    op = wismo_palloc(pool, joined->nops * sizeof(wismo_op_t));

    if (*copy == NULL || unit == NULL || op == NULL) {
        return WISMO_ERROR;
    }

    if (wismo_pstrdup(pool, &(*copy)->head, &template->head) != WISMO_OK) {
        return WISMO_ERROR;
    }

    (*copy)->escape = template->escape;
    (*copy)->joined = unit;

    unit->ops = op;
    unit->nops = joined->nops;
    unit->size = joined->nops;

    memcpy(op, joined->ops, joined->nops * sizeof(wismo_op_t));

    for (i = 0; i < joined->nops; i++, op++) {

        wismo_str_null(&op->indent);
        op->unit = NULL;

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
