
/*
 * Copyright (C) The Wismo authors
 *
 * Which addresses carriers may have.
 */


#ifndef _FETCH_ADDRESS_H_INCLUDED_
#define _FETCH_ADDRESS_H_INCLUDED_


#include <stdbool.h>
#include <sys/socket.h>


/* An address that is routed in the Internet. */
bool fetch_address_public(const struct sockaddr *sa);


#endif /* _FETCH_ADDRESS_H_INCLUDED_ */
