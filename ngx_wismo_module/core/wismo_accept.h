
/*
 * Copyright (C) The Wismo authors
 *
 * What a client would like best: the lists with qualities that Accept,
 * Accept-Encoding and Accept-Language are (RFC 9110, 12.4 and 12.5).
 */


#ifndef _WISMO_ACCEPT_H_INCLUDED_
#define _WISMO_ACCEPT_H_INCLUDED_


#include "wismo_core.h"


/* The most that is read of one header: what comes after is passed over. */
#define WISMO_ACCEPT_MAX     1024

#define WISMO_ACCEPT_NAMES   16


/*
 * The index of the name, of "n" and at most WISMO_ACCEPT_NAMES, that has the
 * highest quality.  Of equal ones the first that is named beats one that is
 * only meant by a wildcard ("*", "text/" and a star), and then the earlier in
 * "names" wins.  WISMO_DECLINED if none is accepted, or the header is empty.
 */
int wismo_accept_choose(const wismo_str_t *header, const char *const *names,
    unsigned n);


#endif /* _WISMO_ACCEPT_H_INCLUDED_ */
