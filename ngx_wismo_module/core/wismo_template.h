
/*
 * Copyright (C) The Wismo authors
 *
 * The template engine: Mustache (variables, sections, inverted sections,
 * comments, partials, set delimiters, dotted names, implicit iterator;
 * standalone lines and partial indentation as the public specification
 * wants), compiled once and rendered without parsing.  Text is escaped for
 * HTML, or for what else is rendered; {{{raw}}} and {{&raw}} are refused at
 * compile time unless allowed.  No lambdas, no helpers.  Partials are
 * compiled in; recursion is allowed and bounded at render time.
 */


#ifndef _WISMO_TEMPLATE_H_INCLUDED_
#define _WISMO_TEMPLATE_H_INCLUDED_


#include "wismo_escape.h"
#include "wismo_json.h"


/*
 * Bounds: open sections in one source, sections and partials open at once in
 * a rendering, operations of a rendering, and different partials.
 */
#define WISMO_TEMPLATE_DEPTH     64
#define WISMO_TEMPLATE_FRAMES    256
#define WISMO_TEMPLATE_STEPS     10000000
#define WISMO_TEMPLATE_PARTIALS  256


typedef struct wismo_template_s  wismo_template_t;


/*
 * Finds a partial: WISMO_OK with its source (in the pool), WISMO_DECLINED
 * when there is none: then the partial renders as nothing if "missing_ok",
 * else compilation fails.  Names are made of A-Z a-z 0-9 . _ - / only, never
 * absolute and without a part that starts with a dot, so that they may serve
 * as file names.
 */
typedef int (*wismo_partial_pt)(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);

typedef struct {
    wismo_partial_pt          partial;
    void                     *data;
    const wismo_json_t       *constants;
    wismo_escape_e            escape;     /* of what stands in {{}} */
    bool                      missing_ok;
    bool                      allow_raw;
} wismo_template_opts_t;


/*
 * "constants", if there are any, is an object of which the data of every
 * rendering has the same members, at its top and nowhere else: their values
 * are put in at once.
 *
 * Errors carry line and column; err->at names the partial, if in one.  The
 * template points into the sources, which must outlive it.
 */
int wismo_template_compile(wismo_pool_t *pool, const wismo_str_t *source,
    const wismo_template_opts_t *opts, wismo_template_t **template,
    wismo_error_t *err);

/*
 * A copy that needs neither the sources nor the pool of the original: what is
 * left when all that is only for compiling is gone, about a fifth.
 * WISMO_DECLINED if a partial is inside of itself, or is one too many: then
 * the original is to be kept.
 */
int wismo_template_copy(wismo_pool_t *pool, const wismo_template_t *template,
    wismo_template_t **copy);

/*
 * Appends the rendering of "data".  A missing name renders as nothing; null,
 * false, zero, the empty string and the empty array open no section.
 * WISMO_ERROR if memory is out, WISMO_DECLINED if a bound is exceeded.
 */
int wismo_template_render(const wismo_template_t *template,
    const wismo_json_t *data, wismo_out_t *out);

/*
 * What every rendering begins with, whatever its data: the text before the
 * first tag that is no constant.  It may be empty.  The other renders what
 * comes behind it.
 */
const wismo_str_t *wismo_template_head(const wismo_template_t *template);
int wismo_template_render_rest(const wismo_template_t *template,
    const wismo_json_t *data, wismo_out_t *out);


#endif /* _WISMO_TEMPLATE_H_INCLUDED_ */
