
/*
 * Copyright (C) The Wismo authors
 *
 * The template engine: Mustache (variables, sections, inverted sections,
 * comments, partials, set delimiters, dotted names, implicit iterator;
 * standalone lines and partial indentation as the public specification
 * wants), compiled once and rendered without parsing.  Text is escaped for
 * HTML; {{{raw}}} and {{&raw}} are refused at compile time unless allowed.
 * No lambdas, no helpers.  Partials are compiled in; recursion is allowed
 * and bounded at render time.
 */


#ifndef _WISMO_TEMPLATE_H_INCLUDED_
#define _WISMO_TEMPLATE_H_INCLUDED_


#include "wismo_json.h"


#define WISMO_TEMPLATE_DEPTH     64


typedef struct wismo_template_s  wismo_template_t;


/*
 * Finds a partial: WISMO_OK with its source (in the pool), WISMO_DECLINED
 * when there is none: then the partial renders as nothing if "missing_ok",
 * else compilation fails.
 */
typedef int (*wismo_partial_pt)(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);

typedef struct {
    wismo_partial_pt          partial;
    void                     *data;
    bool                      missing_ok;
    bool                      allow_raw;
} wismo_template_opts_t;


/* Errors carry line and column; err->at names the partial, if in one. */
int wismo_template_compile(wismo_pool_t *pool, const wismo_str_t *source,
    const wismo_template_opts_t *opts, wismo_template_t **template,
    wismo_error_t *err);

/* Appends the rendering of "data".  WISMO_ERROR only for memory or depth. */
int wismo_template_render(const wismo_template_t *template,
    const wismo_json_t *data, wismo_out_t *out);


#endif /* _WISMO_TEMPLATE_H_INCLUDED_ */
