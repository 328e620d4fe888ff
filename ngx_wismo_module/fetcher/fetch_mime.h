
/*
 * Copyright (C) The Wismo authors
 *
 * Messages as mail servers take them (RFC 5322, 2045 to 2047, 8058): headers,
 * the same news as text and as HTML, a calendar where there is a date.
 */


#ifndef _FETCH_MIME_H_INCLUDED_
#define _FETCH_MIME_H_INCLUDED_


#include "wismo_core.h"


typedef struct {
    wismo_str_t               name;       /* to be shown, or empty */
    wismo_str_t               addr;       /* ASCII, as SMTP takes it */
} fetch_mailbox_t;


typedef struct {
    fetch_mailbox_t           from;
    fetch_mailbox_t           to;
    fetch_mailbox_t           reply_to;   /* empty: none */
    wismo_str_t               subject;
    wismo_str_t               id;         /* what the message is known by: the
                                             same when it is sent again */
    wismo_str_t               ref;        /* what reports name it by; empty:
                                             by a hash of its id */
    wismo_str_t               lang;
    wismo_str_t               unsubscribe;    /* address that takes RFC 8058's
                                                 POST, or empty */
    wismo_str_t               text;
    wismo_str_t               html;
    wismo_str_t               calendar;   /* empty: none */
    int64_t                   date;
} fetch_mail_t;


/*
 * An address, "jo@shop.example", whose domain may be written in any script:
 * it becomes Punycode.  WISMO_DECLINED, with a sentence that does not repeat
 * it, if no mail can be sent there; a name before the @ that is not ASCII
 * would need SMTPUTF8, which half of the world's servers don't have.
 */
int fetch_mime_addr(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *addr, wismo_error_t *err);

/* "Name <jo@shop.example>", or the address alone. */
int fetch_mime_mailbox(wismo_pool_t *pool, const wismo_str_t *text,
    fetch_mailbox_t *box, wismo_error_t *err);

/*
 * Appends the message: ASCII, no line of more than 76 bytes but addresses,
 * CRLF at the end of each.  Whatever a field holds, it adds no header: control
 * characters become spaces.  WISMO_ERROR if memory is out.
 */
int fetch_mime_write(wismo_out_t *out, const fetch_mail_t *mail);


#endif /* _FETCH_MIME_H_INCLUDED_ */
