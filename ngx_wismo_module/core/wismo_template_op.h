
/*
 * Copyright (C) The Wismo authors
 *
 * A compiled template: what the compiler leaves to the renderer.  Only
 * wismo_template.c and wismo_template_render.c look inside.
 */


#ifndef _WISMO_TEMPLATE_OP_H_INCLUDED_
#define _WISMO_TEMPLATE_OP_H_INCLUDED_


#include "wismo_template.h"


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
    bool                  own;        /* value: its section has its name */
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


#endif /* _WISMO_TEMPLATE_OP_H_INCLUDED_ */
