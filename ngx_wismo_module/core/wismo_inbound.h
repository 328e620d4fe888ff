
/*
 * Copyright (C) The Wismo authors
 *
 * What a file of channels/ may say of what its service sends to us: "inbound",
 * messages of people, and "receipts", what became of ours.
 */


#ifndef _WISMO_INBOUND_H_INCLUDED_
#define _WISMO_INBOUND_H_INCLUDED_


#include "wismo_core.h"

#include <jansson.h>


/*
 * WISMO_DECLINED: the first fault, with its JSON pointer in err->at.  How it
 * is signed, "verify", is wismo_verifier.c's to judge.
 */
int wismo_inbound_check(const json_t *file, wismo_error_t *err);


#endif /* _WISMO_INBOUND_H_INCLUDED_ */
