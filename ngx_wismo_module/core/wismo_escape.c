
/*
 * Copyright (C) The Wismo authors
 *
 * Escaping for whatever is not a page, and the lines of a calendar.  Called
 * by the template engine and by those who send what it has made.
 *
 * It must never let a value end the text it stands in: neither a string of
 * JSON, nor a field of a form, nor a line of a calendar.
 */


#include "wismo_escape.h"


#define WISMO_ICAL_LINE      75


static void wismo_escape_text(wismo_out_t *out, const wismo_str_t *s);
static void wismo_escape_form(wismo_out_t *out, const wismo_str_t *s);
static void wismo_escape_xml(wismo_out_t *out, const wismo_str_t *s);
static void wismo_escape_ical(wismo_out_t *out, const wismo_str_t *s);
static void wismo_ical_fold(wismo_out_t *out, const unsigned char *p,
    const unsigned char *end);


static const char *const  wismo_escape_names[] = {
    "html",
    "text",
    "json",
    "form",
    "ical",
    "xml"
};


void
wismo_escape(wismo_out_t *out, const wismo_str_t *s, wismo_escape_e escape)
{
    switch (escape) {

    case WISMO_ESCAPE_JSON:
        wismo_out_json_str(out, s);
        break;

    case WISMO_ESCAPE_FORM:
        wismo_escape_form(out, s);
        break;

    case WISMO_ESCAPE_ICAL:
        wismo_escape_ical(out, s);
        break;

    case WISMO_ESCAPE_XML:
        wismo_escape_xml(out, s);
        break;

    default:
        wismo_escape_text(out, s);
    }
}


int
wismo_escape_of(const char *name, wismo_escape_e *escape)
{
    unsigned  i;

    for (i = 0;
         i < sizeof(wismo_escape_names) / sizeof(wismo_escape_names[0]);
         i++)
    {
        if (strcmp(name, wismo_escape_names[i]) == 0) {
            *escape = (wismo_escape_e) i;
            return WISMO_OK;
        }
    }

    return WISMO_DECLINED;
}


bool
wismo_escape_plain(const wismo_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {

        switch (s->data[i]) {

        case '&':
        case '<':
        case '>':
        case '"':
        case '\'':
            return false;
        }
    }

    return true;
}


/* A terminal obeys what begins with an escape character. */

static void
wismo_escape_text(wismo_out_t *out, const wismo_str_t *s)
{
    const unsigned char  *p, *end, *start;

    start = s->data;
    end = start + s->len;

    for (p = start; p < end; p++) {

        if ((*p >= ' ' && *p != 0x7f) || *p == '\n' || *p == '\t') {
            continue;
        }

        wismo_out_bytes(out, start, (size_t) (p - start));
        start = p + 1;
    }

    wismo_out_bytes(out, start, (size_t) (end - start));
}


/* What XML 1.0 has no characters for would make the whole text unreadable. */

static void
wismo_escape_xml(wismo_out_t *out, const wismo_str_t *s)
{
    size_t                n;
    const unsigned char  *p, *end;

    end = s->data + s->len;

    for (p = s->data; p < end; p += n) {

        n = wismo_utf8(p, end);

        switch (n) {

        case 0:
            n = 1;
            break;

        case 1:

            if (*p == '&') {
                wismo_out_text(out, "&amp;");

            } else if (*p == '<') {
                wismo_out_text(out, "&lt;");

            } else if (*p == '>') {
                wismo_out_text(out, "&gt;");

            } else if (*p == '"') {
                wismo_out_text(out, "&quot;");

            } else if (*p == '\'') {
                wismo_out_text(out, "&#39;");

            } else if (*p >= ' ' || *p == '\n' || *p == '\t') {
                wismo_out_bytes(out, p, 1);
            }

            break;

        case 3:

            /* U+FFFE and U+FFFF */

            if (p[0] == 0xef && p[1] == 0xbf && p[2] >= 0xbe) {
                break;
            }

            /* fall through */

        default:
            wismo_out_bytes(out, p, n);
        }
    }
}


static void
wismo_escape_form(wismo_out_t *out, const wismo_str_t *s)
{
    size_t         i;
    char           hex[3];
    unsigned char  ch;

    static const char  digits[] = "0123456789ABCDEF";

    hex[0] = '%';

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        if ((ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z')
            || (ch >= 'a' && ch <= 'z') || ch == '-' || ch == '.'
            || ch == '_' || ch == '~')
        {
            wismo_out_bytes(out, &ch, 1);
            continue;
        }

        hex[1] = digits[ch >> 4];
        hex[2] = digits[ch & 0xf];

        wismo_out_bytes(out, hex, 3);
    }
}


static void
wismo_escape_ical(wismo_out_t *out, const wismo_str_t *s)
{
    size_t         i;
    unsigned char  ch;

    for (i = 0; i < s->len; i++) {
        ch = s->data[i];

        switch (ch) {

        case '\\':
        case ';':
        case ',':
            wismo_out_text(out, "\\");
            wismo_out_bytes(out, &ch, 1);
            break;

        case '\n':
            wismo_out_text(out, "\\n");
            break;

        default:

            if (ch >= ' ' && ch != 0x7f) {
                wismo_out_bytes(out, &ch, 1);
            }
        }
    }
}


void
wismo_ical_lines(wismo_out_t *out, const wismo_str_t *text)
{
    const unsigned char  *p, *end, *line;

    p = text->data;
    end = p + text->len;

    while (p < end) {
        line = p;

        p = memchr(p, '\n', (size_t) (end - p));

        if (p == NULL) {
            p = end;
        }

        if (p > line) {
            wismo_ical_fold(out, line, p);
        }

        if (p < end) {
            p++;
        }
    }
}


static void
wismo_ical_fold(wismo_out_t *out, const unsigned char *p,
    const unsigned char *end)
{
    size_t  n, room;

    room = WISMO_ICAL_LINE;

    while ((size_t) (end - p) > room) {
        n = room;

        /* not within a character, unless it is none */

        while (n > room - 4 && (p[n] & 0xc0) == 0x80) {
            n--;
        }

        wismo_out_bytes(out, p, n);
        wismo_out_text(out, "\r\n ");

        p += n;
        room = WISMO_ICAL_LINE - 1;
    }

    wismo_out_bytes(out, p, (size_t) (end - p));
    wismo_out_text(out, "\r\n");
}
