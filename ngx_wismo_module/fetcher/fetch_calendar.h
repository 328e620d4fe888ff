
/*
 * Copyright (C) The Wismo authors
 *
 * Calendars: files of RFC 5545 with days off, days that are worked though
 * they are others' day off, and cut-off times, compiled into the tables that
 * the core reckons with (wismo_days.h).
 */


#ifndef _FETCH_CALENDAR_H_INCLUDED_
#define _FETCH_CALENDAR_H_INCLUDED_


#include "wismo_days.h"
#include "wismo_json.h"

#include <jansson.h>


#define FETCH_CALENDARS_MAX  256
#define FETCH_CALENDAR_MAX   (2 * 1024 * 1024)    /* bytes of a file */
#define FETCH_CALENDAR_DAYS  400                  /* before and after */


/* A wismo_calendar directive. */

typedef struct {
    wismo_days_e              kind;
    wismo_str_t               name;           /* "DE-BE", "ups", "*" */
    const char               *file;           /* "": the week alone */
    const char               *zone;           /* "": the file's, else the
                                                 place's own */
    unsigned                  week;
    int                       cutoff;         /* minutes, 0: none */
} fetch_calendar_t;


/* What a file says: what happens on which day. */

typedef enum {
    FETCH_DAY_OFF = 0,
    FETCH_DAY_WORKED,
    FETCH_DAY_CUTOFF
} fetch_day_e;

typedef struct {
    int64_t                   day;            /* since 1970 */
    fetch_day_e               what;
    int                       minute;         /* of a cut-off */
    wismo_str_t               name;
} fetch_day_t;

typedef struct {
    char                      zone[64];       /* "": it names none */
    fetch_day_t              *days;           /* as they stand in the file */
    unsigned                  n;
    unsigned                  events;
} fetch_calendar_file_t;

/* Called for each fault; what is wrong is left out, the rest counts. */
typedef void (*fetch_calendar_fault_pt)(void *data, unsigned line,
    const char *text);


/*
 * Reads a file's text for the days from "first" on, "n" of them.
 * WISMO_DECLINED: there were faults.  WISMO_ERROR: no memory.
 */
int fetch_ical_read(wismo_pool_t *pool, const wismo_str_t *text,
    int64_t first, unsigned n, fetch_calendar_file_t *file,
    fetch_calendar_fault_pt fault, void *data);

/*
 * A calendar's table for the days from "from" to "until", and some around
 * them.  Whatever is wrong with its
 * file, there is a table: of its zone and its week.  "file", if not NULL, gets
 * what the file says.
 */
int fetch_calendar_compile(wismo_pool_t *pool,
    const fetch_calendar_t *calendar, int64_t from, int64_t until,
    wismo_days_t *days, fetch_calendar_file_t *file,
    fetch_calendar_fault_pt fault, void *data);

/* "destination:DE=de.ics", on the command line: the text is changed. */
int fetch_calendar_of(char *text, fetch_calendar_t *calendar);

bool fetch_calendar_zone_ok(const char *zone);

/* "mon-fri", "mon,wed,sat": bits as in wismo_days_t; 0 if it is none. */
unsigned fetch_calendar_week(const char *text);

/* "14:00": minutes; -1 if it is none. */
int fetch_calendar_clock(const char *text);


/* Those of the configuration, and of places that have none. */

typedef struct fetch_local_s  fetch_local_t;

/* What was asked for last: an order asks for its places again and again. */

#define FETCH_PLACES         64
#define FETCH_PLACE_MAX      40           /* bytes of one that is kept */

typedef struct {
    const wismo_calendar_t   *calendar;
    const wismo_days_t       *days;
    size_t                    len;        /* 0: none */
    char                      place[FETCH_PLACE_MAX];
} fetch_place_days_t;


typedef struct {
    fetch_calendar_t         *calendar;
    unsigned                  n;
    int64_t                   at;             /* compiled, 0: not yet */
    wismo_pool_t              pool;
    wismo_calendars_t         compiled;
    fetch_local_t            *local;
    fetch_place_days_t        places[FETCH_PLACES];
} fetch_calendars_t;

/*
 * "calendars" of the configuration: an array of objects with "for", "name",
 * "file", "zone", "days" and "cutoff".  WISMO_DECLINED: err->at is a JSON
 * pointer.
 */
int fetch_calendars_read(fetch_calendars_t *all, wismo_pool_t *pool,
    const json_t *json, wismo_error_t *err);

/* Compiled, once a day; places' own when they are asked for.  Faults go to the
 * log.  NULL: there is no memory. */
const wismo_calendars_t *fetch_calendars(fetch_calendars_t *all,
    int64_t now);

void fetch_calendars_done(fetch_calendars_t *all);


#endif /* _FETCH_CALENDAR_H_INCLUDED_ */
