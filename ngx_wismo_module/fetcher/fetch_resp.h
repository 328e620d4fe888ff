
/*
 * Copyright (C) The Wismo authors
 *
 * A command as Redis reads it.
 */


#ifndef _FETCH_RESP_H_INCLUDED_
#define _FETCH_RESP_H_INCLUDED_


#include "wismo_core.h"


/* Bytes that these arguments take at most, and the command's beginning. */
size_t fetch_resp_size(const wismo_str_t *argv, size_t n);

/* Both return the end of what they wrote.  "n" of the first is how many
 * arguments there will be, the command's name included. */
char *fetch_resp_begin(char *p, size_t n);
char *fetch_resp_args(char *p, const wismo_str_t *argv, size_t n);


#endif /* _FETCH_RESP_H_INCLUDED_ */
