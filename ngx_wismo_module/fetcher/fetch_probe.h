
/*
 * Copyright (C) The Wismo authors
 *
 * Trying the way to a receiver of notices without sending one, for the
 * doctor.
 */


#ifndef _FETCH_PROBE_H_INCLUDED_
#define _FETCH_PROBE_H_INCLUDED_


#include "fetch_smtp.h"


/* What was found; never a secret. */

typedef struct {
    char                      text[256];
    const char               *fix;            /* NULL: all is well */
} fetch_probe_t;


/* To a relay up to a sender that it takes, and back. */
void fetch_probe_smtp(const fetch_smtp_relay_t *relay, const char *from,
    fetch_probe_t *probe);

/* To the host of an address, through TLS if it is https.  "here" as in
 * fetch_http_send(). */
void fetch_probe_http(const char *url, bool here, fetch_probe_t *probe);


#endif /* _FETCH_PROBE_H_INCLUDED_ */
