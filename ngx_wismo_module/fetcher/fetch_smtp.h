
/*
 * Copyright (C) The Wismo authors
 *
 * Handing a message to a mail relay, beside all other calls of the fetcher.
 */


#ifndef _FETCH_SMTP_H_INCLUDED_
#define _FETCH_SMTP_H_INCLUDED_


#include "fetch_http.h"


/* All texts stay as long as the relay is used; NULL is none. */

typedef struct {
    const char               *url;            /* smtp:// or smtps:// */
    bool                      starttls;       /* not without it */
    const char               *user;
    const char               *password;
    const char               *ca_file;
    long                      timeout;        /* ms, of the whole */
} fetch_smtp_relay_t;


/* What the code answers: before the recipient it is about the relay. */

typedef enum {
    FETCH_SMTP_RELAY = 0,
    FETCH_SMTP_RECIPIENT,
    FETCH_SMTP_BODY,                          /* begun */
    FETCH_SMTP_HANDED                         /* all of it was handed over */
} fetch_smtp_phase_e;

typedef struct {
    fetch_smtp_phase_e        phase;
    int                       code;           /* the last one that it was
                                                 answered with, 0: none */
    int                       subject;        /* of the enhanced code that
                                                 went with it (RFC 3463), */
    int                       detail;         /* as 1 and 7 of "5.1.7", or 0 */
    const char               *error;          /* NULL: it was taken */
} fetch_smtp_reply_t;


/* The reply lives until the function returns. */
typedef void (*fetch_smtp_done_pt)(void *data,
    const fetch_smtp_reply_t *reply);


/*
 * Sends a message to one recipient.  "message" must stay until "done" is
 * called; the addresses end in a zero.  WISMO_ERROR: not begun, nobody will
 * be called.
 */
int fetch_smtp_send(fetch_http_t *http, const fetch_smtp_relay_t *relay,
    const char *from, const char *to, const wismo_str_t *message,
    fetch_smtp_done_pt done, void *data);


#endif /* _FETCH_SMTP_H_INCLUDED_ */
