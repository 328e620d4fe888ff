
/*
 * Copyright (C) The Wismo authors
 *
 * What a client would like best: the lists with qualities that Accept,
 * Accept-Encoding and Accept-Language are (RFC 9110, 12.4 and 12.5).  A
 * language is also chosen by a cookie, an argument or an order in this way.
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

/*
 * The index of the language, of "n", that the client would like best: a range
 * finds its own tag or, shortened from its end, a wider one, as in RFC 4647,
 * 3.4 (Lookup); failing that, its language as it is spoken elsewhere, so that
 * "pt-PT" finds "pt-BR", but no other script.  Of ranges of equal quality the
 * first wins; "*" finds nothing, as anything may be chosen then.  A single
 * tag is a list of one, and may have underscores.  WISMO_DECLINED if none is
 * found.
 */
int wismo_accept_language(const wismo_str_t *header, const wismo_str_t *tags,
    unsigned n);


#endif /* _WISMO_ACCEPT_H_INCLUDED_ */
