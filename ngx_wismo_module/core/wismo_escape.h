
/*
 * Copyright (C) The Wismo authors
 *
 * What a text becomes where it is put: the same template engine writes pages,
 * plain text, calendars, JSON and forms.
 */


#ifndef _WISMO_ESCAPE_H_INCLUDED_
#define _WISMO_ESCAPE_H_INCLUDED_


#include "wismo_core.h"


typedef enum {
    WISMO_ESCAPE_HTML = 0,            /* quoted attributes too */
    WISMO_ESCAPE_NONE,                /* plain text, no control characters */
    WISMO_ESCAPE_JSON,                /* a whole value, with its quotes */
    WISMO_ESCAPE_FORM,                /* percent-encoded, RFC 3986 */
    WISMO_ESCAPE_ICAL,                /* TEXT of RFC 5545, 3.3.11 */
    WISMO_ESCAPE_XML                  /* 1.0, quoted attributes too */
} wismo_escape_e;


/* Any but HTML, which is the template renderer's own. */
void wismo_escape(wismo_out_t *out, const wismo_str_t *s,
    wismo_escape_e escape);

/* By its name, "html" and so on; WISMO_DECLINED for another one. */
int wismo_escape_of(const char *name, wismo_escape_e *escape);

/*
 * Content lines as RFC 5545, 3.1 wants them: ended by CRLF, none longer than
 * 75 bytes, folded between characters; empty lines are left out.
 */
void wismo_ical_lines(wismo_out_t *out, const wismo_str_t *text);

/* Is there nothing in a text that HTML escapes? */
bool wismo_escape_plain(const wismo_str_t *s);


#endif /* _WISMO_ESCAPE_H_INCLUDED_ */
