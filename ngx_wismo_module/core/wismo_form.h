
/*
 * Copyright (C) The Wismo authors
 *
 * What a form sends: application/x-www-form-urlencoded, in a body or in a
 * query.
 */


#ifndef _WISMO_FORM_H_INCLUDED_
#define _WISMO_FORM_H_INCLUDED_


#include "wismo_core.h"


/*
 * The first field of this name, decoded into "buf" of "size" bytes.
 * WISMO_DECLINED if there is none, if it is longer, or holds a NUL; the value
 * is empty then.
 */
int wismo_form_value(const wismo_str_t *form, const char *name, char *buf,
    size_t size, wismo_str_t *value);


/*
 * The members of an object of JSON as the fields of a form, in the pool.
 * WISMO_DECLINED: it is none, or has others than texts and whole numbers.
 */
int wismo_form_json(wismo_pool_t *pool, const wismo_str_t *json,
    wismo_str_t *form);


/*
 * The next field, decoded into "buf", which has room for as many bytes as are
 * left of the form; *form is what follows it.  False at the end.
 */
bool wismo_form_next(wismo_str_t *form, char *buf, wismo_str_t *name,
    wismo_str_t *value);


#endif /* _WISMO_FORM_H_INCLUDED_ */
