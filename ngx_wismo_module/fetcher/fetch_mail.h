
/*
 * Copyright (C) The Wismo authors
 *
 * The message of a notice as the channel "mail" sends it.
 */


#ifndef _FETCH_MAIL_H_INCLUDED_
#define _FETCH_MAIL_H_INCLUDED_


#include "fetch_channel.h"


#define FETCH_MAIL_LETTERS                                                    \
    ((1u << WISMO_LETTER_SUBJECT) | (1u << WISMO_LETTER_TEXT)                 \
     | (1u << WISMO_LETTER_HTML) | (1u << WISMO_LETTER_CALENDAR))


/*
 * Writes the message, into its pool; "copy", if not NULL, gets the letters it
 * was made of.  WISMO_DECLINED with a sentence: brand or order can't be used.
 */
int fetch_mail_write(const fetch_message_t *m, const wismo_str_t *to,
    wismo_str_t *message, fetch_said_t *copy, wismo_error_t *err);


#endif /* _FETCH_MAIL_H_INCLUDED_ */
