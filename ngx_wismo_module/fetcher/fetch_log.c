
/*
 * Copyright (C) The Wismo authors
 *
 * The program's log.  Each line is one write(2), so that lines of several
 * processes on one pipe don't mix.
 */


#include "fetch_log.h"
#include "wismo_core.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>


#define FETCH_LOG_TEXT       1024
#define FETCH_LOG_LINE       (6 * FETCH_LOG_TEXT + 256)


static const char  *const fetch_log_names[] = {
    "emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"
};

static fetch_log_form_e  fetch_log_as = FETCH_LOG_PLAIN;

/* the operator's calls say themselves what went wrong */
static fetch_level_e     fetch_log_to = FETCH_CRIT;


void
fetch_log_form(fetch_log_form_e form, fetch_level_e level)
{
    fetch_log_as = form;
    fetch_log_to = level;
}


static void
fetch_log_json(wismo_out_t *out, fetch_level_e level, const wismo_str_t *text)
{
    char             stamp[40];
    size_t           len;
    struct tm        tm;
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    len = strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);

    wismo_out_text(out, "{\"ts\":\"");
    wismo_out_bytes(out, stamp, len);
    wismo_out_printf(out, ".%03ldZ\",\"level\":\"%s\",\"msg\":",
                     ts.tv_nsec / 1000000, fetch_log_names[level]);
    wismo_out_json_str(out, text);
}


/* The text, then what is for programs, if anything is. */

static void
fetch_log_line(fetch_level_e level, const wismo_str_t *text,
    const wismo_str_t *fields)
{
    ssize_t       written;
    wismo_out_t   out;
    wismo_pool_t  pool;

    wismo_pool_init(&pool, 2 * FETCH_LOG_LINE, NULL, NULL);
    wismo_out_init(&out, &pool, FETCH_LOG_LINE);

    switch (fetch_log_as) {

    case FETCH_LOG_JSON:
        fetch_log_json(&out, level, text);

        if (fields->len) {
            wismo_out_text(&out, ",");
            wismo_out_str(&out, fields);
        }

        wismo_out_text(&out, "}\n");
        break;

    case FETCH_LOG_NGINX:
        wismo_out_printf(&out, "%s|", fetch_log_names[level]);
        break;

    default:
        wismo_out_text(&out, "wismo: ");
        break;
    }

    if (fetch_log_as != FETCH_LOG_JSON) {
        wismo_out_str(&out, text);

        if (fields->len) {
            wismo_out_text(&out, " {");
            wismo_out_str(&out, fields);
            wismo_out_text(&out, "}");
        }

        wismo_out_text(&out, "\n");
    }

    if (!out.failed) {
        written = write(STDERR_FILENO, out.start,
                        (size_t) (out.pos - out.start));
        (void) written;
    }

    wismo_pool_done(&pool);
}


void
fetch_log(fetch_level_e level, const char *fmt, ...)
{
    int             n;
    char            text[FETCH_LOG_TEXT];
    va_list         args;
    wismo_str_t     line, none;
    unsigned char  *p;

    if (level > fetch_log_to) {
        return;
    }

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (n < 0) {
        return;
    }

    line.data = (unsigned char *) text;
    line.len = ((size_t) n < sizeof(text)) ? (size_t) n : sizeof(text) - 1;

    /* a line is a line, whatever a carrier's text held */

    for (p = line.data; p < line.data + line.len; p++) {
        if (*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }

    wismo_str_null(&none);
    fetch_log_line(level, &line, &none);
}


void
fetch_log_fields(fetch_level_e level, const char *what,
    const unsigned char *fields, size_t len)
{
    wismo_str_t  text, members;

    if (level > fetch_log_to || len > FETCH_LOG_FIELDS) {
        return;
    }

    text = wismo_str_of(what);
    members.data = (unsigned char *) fields;
    members.len = len;

    fetch_log_line(level, &text, &members);
}
