
/*
 * Copyright (C) The Wismo authors
 *
 * Reading a file of RFC 5545: which days its events are on.  Lines are ours,
 * so that a fault has one; values and recurrences are libical's.  Called by
 * fetch_calendar.c.
 *
 * Files are written by hand or by other people's programs: an event that
 * can't be read must never take the others along, nor one that recurs for
 * ever the process.
 */


#define _GNU_SOURCE

#include "fetch_calendar.h"
#include "wismo_order.h"

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>


#define FETCH_ICAL_LINE      8192             /* unfolded */
#define FETCH_ICAL_RULES     16               /* of one event */
#define FETCH_ICAL_DAYS      200000           /* of all */
#define FETCH_ICAL_STEPS     100000           /* of a recurrence */
#define FETCH_ICAL_LONG      1500             /* days of one event */


/* A line of the file, unfolded. */

typedef struct {
    char                      text[FETCH_ICAL_LINE];
    unsigned                  number;
} fetch_ical_line_t;


typedef struct {
    unsigned                  line;           /* of BEGIN */
    struct icaltimetype       start;
    struct icaltimetype       end;
    struct icaldurationtype   duration;
    unsigned                  at;             /* line of the start, or 0 */
    bool                      ends;
    bool                      lasts;
    bool                      bad;
    bool                      cancelled;
    fetch_day_e               what;
    wismo_str_t               name;
    struct icalrecurrencetype rules[FETCH_ICAL_RULES];
    unsigned                  lines[FETCH_ICAL_RULES];
    unsigned                  nrules;
    int64_t                  *except;
    unsigned                  nexcept;
    unsigned                  rexcept;
    int64_t                  *more;
    unsigned                  nmore;
    unsigned                  rmore;
} fetch_ical_event_t;


typedef struct {
    wismo_pool_t             *pool;
    const unsigned char      *pos;
    const unsigned char      *end;
    unsigned                  number;
    int64_t                   first;
    unsigned                  n;
    fetch_calendar_file_t    *file;
    unsigned                  room;
    fetch_calendar_fault_pt   fault;
    void                     *data;
    unsigned                  faults;
    bool                      failed;         /* no memory */
    fetch_ical_line_t         line;
    fetch_ical_event_t        event;
} fetch_ical_t;


static bool fetch_ical_next(fetch_ical_t *ical);
static void fetch_ical_property(fetch_ical_t *ical);
static icalproperty *fetch_ical_parse(fetch_ical_t *ical, const char *text,
    icalproperty_kind kind);
static void fetch_ical_days(fetch_ical_t *ical, int64_t **list, unsigned *n,
    unsigned *room);
static void fetch_ical_rule(fetch_ical_t *ical);
static void fetch_ical_event(fetch_ical_t *ical);
static void fetch_ical_add(fetch_ical_t *ical, int64_t day, int64_t length);
static int64_t fetch_ical_length(fetch_ical_t *ical);
static int64_t fetch_ical_day(struct icaltimetype t);
static void fetch_ical_fault(fetch_ical_t *ical, unsigned line,
    const char *text);


int
fetch_ical_read(wismo_pool_t *pool, const wismo_str_t *text, int64_t first,
    unsigned n, fetch_calendar_file_t *file, fetch_calendar_fault_pt fault,
    void *data)
{
    int            depth;
    bool           inside, any;
    fetch_ical_t  *ical;

    memset(file, 0, sizeof(fetch_calendar_file_t));

    ical = calloc(1, sizeof(fetch_ical_t));

    if (ical == NULL) {
        return WISMO_ERROR;
    }

    ical->pool = pool;
    ical->pos = text->data;
    ical->end = text->data + text->len;
    ical->first = first;
    ical->n = n;
    ical->file = file;
    ical->fault = fault;
    ical->data = data;

    any = false;
    inside = false;
    depth = 0;                /* of what is within an event, or beside it */

    while (!ical->failed && fetch_ical_next(ical)) {

        if (!any) {
            any = true;

            if (strcasecmp(ical->line.text, "BEGIN:VCALENDAR") != 0) {
                fetch_ical_fault(ical, ical->line.number,
                                 "expected \"BEGIN:VCALENDAR\": this is no "
                                 "iCalendar file");
                break;
            }

            continue;
        }

        if (strncasecmp(ical->line.text, "BEGIN:", 6) == 0) {

            if (!inside && depth == 0
                && strcasecmp(ical->line.text + 6, "VEVENT") == 0)
            {
                inside = true;
                memset(&ical->event, 0, sizeof(fetch_ical_event_t));
                ical->event.line = ical->line.number;

            } else {
                depth++;
            }

            continue;
        }

        if (strncasecmp(ical->line.text, "END:", 4) == 0) {

            if (depth) {
                depth--;

            } else if (inside) {
                inside = false;

                if (strcasecmp(ical->line.text + 4, "VEVENT") != 0) {
                    fetch_ical_fault(ical, ical->line.number,
                                     "expected \"END:VEVENT\"");

                } else {
                    fetch_ical_event(ical);
                }
            }

            continue;
        }

        if (depth == 1 && !inside && file->zone[0] == '\0'
            && strncasecmp(ical->line.text, "TZID:", 5) == 0)
        {
            snprintf(file->zone, sizeof(file->zone), "%s",
                     ical->line.text + 5);

        } else if (!inside && depth == 0
                   && strncasecmp(ical->line.text, "X-WR-TIMEZONE:", 14) == 0)
        {
            snprintf(file->zone, sizeof(file->zone), "%s",
                     ical->line.text + 14);

        } else if (inside && depth == 0) {
            fetch_ical_property(ical);
        }
    }

    if (!any) {
        fetch_ical_fault(ical, 1, "expected \"BEGIN:VCALENDAR\": the file is "
                                  "empty");

    } else if (inside) {
        fetch_ical_fault(ical, ical->event.line, "an event that begins here "
                                                 "has no \"END:VEVENT\"");
    }

    n = ical->faults;
    depth = ical->failed;

    free(ical);

    return depth ? WISMO_ERROR : n ? WISMO_DECLINED : WISMO_OK;
}


/* The next line that is not empty, with those that go on with it. */

static bool
fetch_ical_next(fetch_ical_t *ical)
{
    size_t                len;
    const unsigned char  *end, *p;

    len = 0;

    while (ical->pos < ical->end) {
        p = ical->pos;
        end = memchr(p, '\n', (size_t) (ical->end - p));
        end = end ? end : ical->end;

        if (len && *p != ' ' && *p != '\t') {
            break;
        }

        ical->number++;
        ical->pos = end < ical->end ? end + 1 : end;

        if (len == 0) {
            ical->line.number = ical->number;

        } else {
            p++;
        }

        while (end > p && end[-1] == '\r') {
            end--;
        }

        /* what doesn't fit is a text we have no use for */

        while (p < end && len < FETCH_ICAL_LINE - 1) {

            if (*p) {
                ical->line.text[len++] = (char) *p;
            }

            p++;
        }
    }

    ical->line.text[len] = '\0';

    return len != 0;
}


static void
fetch_ical_property(fetch_ical_t *ical)
{
    char                *colon;
    size_t               len;
    const char          *text;
    wismo_str_t          name;
    icalproperty        *p;
    fetch_ical_event_t  *e;

    e = &ical->event;
    text = ical->line.text;
    len = strcspn(text, ":;");
    colon = strchr(text, ':');

#define is(word)                                                              \
    (len == sizeof(word) - 1 && strncasecmp(text, word, len) == 0)

    if (is("DTSTART")) {
        p = fetch_ical_parse(ical, text, ICAL_DTSTART_PROPERTY);

        if (p) {
            e->start = icalproperty_get_dtstart(p);
            e->at = ical->line.number;
            icalproperty_free(p);
        }

    } else if (is("DTEND")) {
        p = fetch_ical_parse(ical, text, ICAL_DTEND_PROPERTY);

        if (p) {
            e->end = icalproperty_get_dtend(p);
            e->ends = true;
            icalproperty_free(p);
        }

    } else if (is("DURATION")) {
        p = fetch_ical_parse(ical, text, ICAL_DURATION_PROPERTY);

        if (p) {
            e->duration = icalproperty_get_duration(p);
            e->lasts = true;
            icalproperty_free(p);
        }

    } else if (is("RRULE")) {
        fetch_ical_rule(ical);

    } else if (is("EXDATE")) {
        fetch_ical_days(ical, &e->except, &e->nexcept, &e->rexcept);

    } else if (is("RDATE")) {
        fetch_ical_days(ical, &e->more, &e->nmore, &e->rmore);

    } else if (is("STATUS")) {
        e->cancelled = colon && strcasecmp(colon + 1, "CANCELLED") == 0;

    } else if (is("CATEGORIES") && colon) {

        for (text = colon + 1; *text; text += strspn(text, ", ")) {
            len = strcspn(text, ",");

            if (is("CUT-OFF")) {
                e->what = FETCH_DAY_CUTOFF;

            } else if (is("WORKING-DAY")) {
                e->what = FETCH_DAY_WORKED;
            }

            text += len;
        }

    } else if (is("SUMMARY") && colon) {
        name = wismo_str_of(colon + 1);

        if (wismo_pstrdup(ical->pool, &e->name, &name) != WISMO_OK
            || wismo_clean_text(ical->pool, &e->name) != WISMO_OK)
        {
            ical->failed = true;
        }
    }

#undef is
}


static icalproperty *
fetch_ical_parse(fetch_ical_t *ical, const char *text,
    icalproperty_kind kind)
{
    icalproperty         *p;
    struct icaltimetype   t;

    p = icalproperty_new_from_string(text);

    if (p && icalproperty_isa(p) == kind) {

        t = icaltime_null_time();

        if (kind == ICAL_DTSTART_PROPERTY) {
            t = icalproperty_get_dtstart(p);

        } else if (kind == ICAL_DTEND_PROPERTY) {
            t = icalproperty_get_dtend(p);

        } else if (kind == ICAL_EXDATE_PROPERTY) {
            t = icalproperty_get_exdate(p);

        } else if (kind == ICAL_RDATE_PROPERTY) {
            t = icalproperty_get_rdate(p).time;

        } else {
            return p;
        }

        if (!icaltime_is_null_time(t) && icaltime_is_valid_time(t)
            && t.year > 0 && t.year < 10000 && t.month >= 1 && t.month <= 12
            && t.day >= 1 && t.day <= icaltime_days_in_month(t.month, t.year))
        {
            return p;
        }
    }

    if (p) {
        icalproperty_free(p);
    }

    ical->event.bad = true;

    fetch_ical_fault(ical, ical->line.number,
                     kind == ICAL_DURATION_PROPERTY
                     ? "expected a duration, as \"DURATION:P1D\""
                     : "expected a day that exists, as "
                       "\"DTSTART;VALUE=DATE:20261225\"");

    return NULL;
}


/* EXDATE and RDATE: a list, of which libical takes one at a time. */

static void
fetch_ical_days(fetch_ical_t *ical, int64_t **list, unsigned *n,
    unsigned *room)
{
    bool                  ex;
    char                  one[256], *colon, *p, *comma;
    int64_t               day, *more;
    icalproperty         *property;
    struct icaltimetype   t;

    ex = strncasecmp(ical->line.text, "EX", 2) == 0;
    colon = strchr(ical->line.text, ':');

    if (colon == NULL || colon - ical->line.text > 128) {
        ical->event.bad = true;
        fetch_ical_fault(ical, ical->line.number, "expected days after a "
                                                  "colon");
        return;
    }

    for (p = colon + 1; p; p = comma) {

        comma = strchr(p, ',');

        if (comma) {
            *comma++ = '\0';
        }

        snprintf(one, sizeof(one), "%.*s:%s", (int) (colon - ical->line.text),
                 ical->line.text, p);

        property = fetch_ical_parse(ical, one, ex ? ICAL_EXDATE_PROPERTY
                                                  : ICAL_RDATE_PROPERTY);

        if (property == NULL) {
            return;
        }

        t = ex ? icalproperty_get_exdate(property)
               : icalproperty_get_rdate(property).time;

        day = fetch_ical_day(t);
        icalproperty_free(property);

        if (*n == *room) {

            if (*room > FETCH_ICAL_LINE) {
                fetch_ical_fault(ical, ical->line.number, "too many days");
                return;
            }

            *room = *room ? 2 * *room : 16;
            more = wismo_palloc(ical->pool, *room * sizeof(int64_t));

            if (more == NULL) {
                ical->failed = true;
                return;
            }

            if (*n) {
                memcpy(more, *list, *n * sizeof(int64_t));
            }

            *list = more;
        }

        (*list)[(*n)++] = day;
    }
}


static void
fetch_ical_rule(fetch_ical_t *ical)
{
    icalproperty               *p;
    fetch_ical_event_t         *e;
    struct icalrecurrencetype   rule;

    e = &ical->event;
    p = icalproperty_new_from_string(ical->line.text);

    if (p && icalproperty_isa(p) == ICAL_RRULE_PROPERTY) {
        rule = icalproperty_get_rrule(p);

        if (rule.freq != ICAL_NO_RECURRENCE && e->nrules < FETCH_ICAL_RULES) {
            e->rules[e->nrules] = rule;
            e->lines[e->nrules] = ical->line.number;
            e->nrules++;
            icalproperty_free(p);
            return;
        }
    }

    if (p) {
        icalproperty_free(p);
    }

    e->bad = true;
    fetch_ical_fault(ical, ical->line.number,
                     "expected a recurrence, as \"RRULE:FREQ=YEARLY\"");
}


/* An event is over: its days. */

static void
fetch_ical_event(fetch_ical_t *ical)
{
    int64_t                day, length, last;
    unsigned               i, steps;
    icalrecur_iterator    *it;
    fetch_ical_event_t    *e;
    struct icaltimetype    t;

    e = &ical->event;

    if (e->bad || e->cancelled || ical->failed) {
        return;
    }

    if (e->at == 0) {
        fetch_ical_fault(ical, e->line, "an event that begins here has no "
                                        "\"DTSTART\"");
        return;
    }

    length = fetch_ical_length(ical);

    if (length < 1) {
        return;
    }

    ical->file->events++;
    last = ical->first + ical->n;

    for (i = 0; i < e->nmore; i++) {
        fetch_ical_add(ical, e->more[i], length);
    }

    if (e->nrules == 0) {
        fetch_ical_add(ical, fetch_ical_day(e->start), length);
        return;
    }

    for (i = 0; i < e->nrules; i++) {
        it = icalrecur_iterator_new(e->rules[i], e->start);
        steps = 0;

        while (it) {
            t = icalrecur_iterator_next(it);

            if (icaltime_is_null_time(t)) {
                break;
            }

            day = fetch_ical_day(t);

            if (day >= last) {
                break;
            }

            if (++steps == FETCH_ICAL_STEPS) {
                fetch_ical_fault(ical, e->lines[i],
                                 "it recurs too often to be followed");
                break;
            }

            fetch_ical_add(ical, day, length);
        }

        if (it) {
            icalrecur_iterator_free(it);

        } else {
            fetch_ical_fault(ical, e->lines[i], "expected a recurrence that "
                                                "can happen");
        }
    }
}


static void
fetch_ical_add(fetch_ical_t *ical, int64_t day, int64_t length)
{
    unsigned             i, room;
    fetch_day_t         *d;
    fetch_ical_event_t  *e;

    e = &ical->event;

    for (i = 0; i < e->nexcept; i++) {
        if (e->except[i] == day) {
            return;
        }
    }

    for ( /* void */ ; length; length--, day++) {

        if (day < ical->first || day >= ical->first + ical->n) {
            continue;
        }

        if (ical->file->n == ical->room) {
            room = ical->room ? 2 * ical->room : 64;

            if (room > FETCH_ICAL_DAYS) {
                return;
            }

            d = wismo_palloc(ical->pool, room * sizeof(fetch_day_t));

            if (d == NULL) {
                ical->failed = true;
                return;
            }

            if (ical->room) {
                memcpy(d, ical->file->days, ical->room * sizeof(fetch_day_t));
            }

            ical->file->days = d;
            ical->room = room;
        }

        d = &ical->file->days[ical->file->n++];

        d->day = day;
        d->what = e->what;
        d->name = e->name;
        d->minute = e->start.hour * 60 + e->start.minute;
    }
}


/* Days of the event; 0: it is none of ours, as a meeting. */

static int64_t
fetch_ical_length(fetch_ical_t *ical)
{
    int64_t              n, seconds;
    fetch_ical_event_t  *e;

    e = &ical->event;

    if (e->what == FETCH_DAY_CUTOFF) {

        if (e->start.is_date) {
            fetch_ical_fault(ical, e->at, "a cut-off needs a time, as "
                                          "\"DTSTART:20260105T140000\"");
            return 0;
        }

        return 1;
    }

    n = 1;

    if (e->ends) {
        n = fetch_ical_day(e->end) - fetch_ical_day(e->start);

        if (n < 0 || (!e->end.is_date && !e->start.is_date
                      && icaltime_compare(e->end, e->start) < 0))
        {
            fetch_ical_fault(ical, e->at, "the event ends before it begins");
            return 0;
        }

        if (e->start.is_date && n == 0) {
            n = 1;
        }

    } else if (e->lasts) {
        seconds = icaldurationtype_as_int(e->duration);
        n = seconds / WISMO_DAY_SECONDS;
    }

    /* a part of a day is no day off */

    if (!e->start.is_date
        && (e->start.hour || e->start.minute || (!e->ends && !e->lasts)))
    {
        return 0;
    }

    if (n > FETCH_ICAL_LONG) {
        fetch_ical_fault(ical, e->at, "the event takes more than 1500 days");
        return 0;
    }

    return n;
}


static int64_t
fetch_ical_day(struct icaltimetype t)
{
    wismo_civil_t  civil;

    memset(&civil, 0, sizeof(wismo_civil_t));

    civil.year = t.year;
    civil.month = t.month;
    civil.day = t.day;

    return wismo_day(wismo_time_from_civil(&civil));
}


static void
fetch_ical_fault(fetch_ical_t *ical, unsigned line, const char *text)
{
    ical->faults++;

    if (ical->fault) {
        ical->fault(ical->data, line, text);
    }
}
