
/*
 * Copyright (C) The Wismo authors
 *
 * A compiled template: what the compiler leaves to the joiner and both to
 * the renderer.  Only wismo_template*.c look inside.
 */


#ifndef _WISMO_TEMPLATE_OP_H_INCLUDED_
#define _WISMO_TEMPLATE_OP_H_INCLUDED_


#include "wismo_template.h"


typedef enum {
    WISMO_OP_TEXT = 0,                /* nothing but its text */
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
    wismo_str_t           text;
    uint64_t              head;
} wismo_name_t;


/* A line of the processor's cache, as a page runs through hundreds of them. */

typedef struct {
    uint8_t               type;       /* wismo_op_e */
    bool                  standalone;
    bool                  bare;       /* section: asks for no item */
    bool                  own;        /* value: has its section's name */
    unsigned              jump;       /* section: behind it; close: its body;
                                         own value: its section */
    wismo_str_t           text;       /* printed before all else */

    union {
        wismo_name_t      name;       /* if empty, the item itself */
        wismo_str_t       indent;     /* of a partial */
    };

    union {
        wismo_name_t     *rest;       /* of a dotted name */
        const wismo_unit_t
                         *unit;       /* a partial's */
    };

    unsigned              nrest;
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
    wismo_escape_e        escape;
    wismo_str_t           head;       /* printed before what is joined */
    wismo_unit_t         *units;      /* the first is the template itself */
    const wismo_unit_t   *joined;     /* what is rendered; calls the others */
};


static inline const wismo_json_t *
wismo_template_member(const wismo_json_t *object, const wismo_name_t *name)
{
    return wismo_json_find(object, name->head, name->text.data,
                           name->text.len);
}


#define WISMO_OP_ALIGNMENT   64


wismo_op_t *wismo_template_add(wismo_pool_t *pool, wismo_unit_t *unit,
    wismo_op_e type);
int wismo_template_join(wismo_pool_t *pool, const wismo_json_t *constants,
    wismo_template_t *template);
bool wismo_template_true(const wismo_json_t *v);
void wismo_template_value(wismo_out_t *out, const wismo_json_t *v,
    wismo_escape_e escape);


#endif /* _WISMO_TEMPLATE_OP_H_INCLUDED_ */
