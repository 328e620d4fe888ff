
/*
 * Copyright (C) The Wismo authors
 *
 * One line of log, in one of three dresses: "level|text" for nginx, which
 * relays it into its error log; a JSON object a line, for whoever collects
 * logs; plain text for a person at a terminal.  Never holds personal data,
 * tokens or whole tracking numbers.
 */


#ifndef _FETCH_LOG_H_INCLUDED_
#define _FETCH_LOG_H_INCLUDED_


#include <stddef.h>


typedef enum {
    FETCH_LOG_PLAIN = 0,
    FETCH_LOG_JSON,
    FETCH_LOG_NGINX
} fetch_log_form_e;


typedef enum {
    FETCH_EMERG = 0,
    FETCH_ALERT,
    FETCH_CRIT,
    FETCH_ERR,
    FETCH_WARN,
    FETCH_NOTICE,
    FETCH_INFO,
    FETCH_DEBUG
} fetch_level_e;


void fetch_log_form(fetch_log_form_e form, fetch_level_e level);

void fetch_log(fetch_level_e level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A line for programs: members of a JSON object, without its braces, of at
 * most FETCH_LOG_FIELDS bytes. */

#define FETCH_LOG_FIELDS     1500

void fetch_log_fields(fetch_level_e level, const char *what,
    const unsigned char *fields, size_t len);


#endif /* _FETCH_LOG_H_INCLUDED_ */
