
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo calendar check": reads calendars as the fetcher does, tells what is
 * wrong with them, line by line, and which days they make free.  Called by
 * wismo.c; touches neither Redis nor the configuration.
 */


#include "fetch_calendar.h"
#include "fetch_cmd.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#define CALENDAR_POOL        ((size_t) 128 * 1024 * 1024)
#define CALENDAR_FREE        10               /* days that are shown */
#define CALENDAR_AHEAD       366


typedef struct {
    fetch_calendar_t      calendar;
    int64_t               from;
    bool                  json;
    unsigned              files;
    unsigned              faults;             /* of one file */
    bool                  failed;
    json_t               *list;
    json_t               *errors;
} calendar_options_t;


static error_t calendar_option(int key, char *arg, struct argp_state *state);
static void calendar_check(calendar_options_t *o, const char *file);
static void calendar_fault(void *data, unsigned line, const char *text);
static json_t *calendar_free(const calendar_options_t *o,
    const wismo_days_t *days, const fetch_calendar_file_t *file);
static void calendar_print(const calendar_options_t *o, const char *name,
    const char *zone, const fetch_calendar_file_t *file, json_t *list);


static const struct argp_option  calendar_opts[] = {

    { "days", 'd', "DAYS", 0,
      "weekdays that are worked (mon-fri)", 0 },

    { "from", 'f', "DATE", 0,
      "show free days from this one on, instead of today", 0 },

    { "json", 'j', NULL, 0,
      "print JSON", 0 },

    { "zone", 'z', "ZONE", 0,
      "the zone it is in, as Europe/Berlin, instead of the file's own", 0 },

    { 0 }
};


static const struct argp  calendar_argp = {
    calendar_opts, calendar_option, "FILE...",
    "Check calendars (RFC 5545) and print the next days on which nobody "
    "works.\v"
    "Exit status 1 if anything is wrong in one of them.",
    NULL, NULL, NULL
};


static const char  *const calendar_weekdays[] = {
    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
};


int
fetch_cmd_calendar(int argc, char **argv)
{
    calendar_options_t  o;

    static const char  usage[] = "Usage: wismo calendar check FILE...\n";

    if (argc > 1
        && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
    {
        fputs(usage, stdout);
        return FETCH_EXIT_OK;
    }

    if (argc < 2 || strcmp(argv[1], "check") != 0) {
        fputs(usage, stderr);
        return FETCH_EXIT_USAGE;
    }

    memset(&o, 0, sizeof(calendar_options_t));

    o.calendar.week = WISMO_DAYS_WEEK;
    o.calendar.zone = "";
    o.from = time(NULL);
    o.list = json_array();

    argv[1] = "wismo calendar check";
    argp_parse(&calendar_argp, argc - 1, argv + 1, 0, NULL, &o);

    if (o.json) {
        json_dumpf(o.list, stdout, JSON_COMPACT);
        putchar('\n');
    }

    json_decref(o.list);

    return o.failed ? FETCH_EXIT_FAILED : FETCH_EXIT_OK;
}


static error_t
calendar_option(int key, char *arg, struct argp_state *state)
{
    wismo_str_t          text;
    wismo_when_t         when;
    calendar_options_t  *o = state->input;

    switch (key) {

    case 'd':
        o->calendar.week = fetch_calendar_week(arg);

        if (o->calendar.week == 0) {
            argp_error(state, "--days \"%s\": expected weekdays, as mon-fri "
                              "or mon,wed,sat", arg);
        }

        break;

    case 'f':
        text = wismo_str_of(arg);

        if (wismo_time_iso(&text, &when) != WISMO_OK) {
            argp_error(state, "--from \"%s\": expected a day as 2026-12-01",
                       arg);
        }

        o->from = when.wall;
        break;

    case 'j':
        o->json = true;
        break;

    case 'z':

        if (!fetch_calendar_zone_ok(arg)) {
            argp_error(state, "--zone \"%s\": expected a zone of this "
                              "system, as Europe/Berlin", arg);
        }

        o->calendar.zone = arg;
        break;

    case ARGP_KEY_ARG:

        /* with all options, wherever they stand */

        return ARGP_ERR_UNKNOWN;

    case ARGP_KEY_ARGS:

        while (state->next < state->argc) {
            calendar_check(o, state->argv[state->next++]);
        }

        break;

    case ARGP_KEY_NO_ARGS:
        argp_error(state, "FILE is missing");
        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


static void
calendar_check(calendar_options_t *o, const char *name)
{
    json_t                 *list, *one;
    const char             *zone;
    wismo_days_t            days;
    wismo_pool_t            pool;
    fetch_calendar_file_t   file;

    wismo_pool_init(&pool, CALENDAR_POOL, NULL, NULL);

    o->calendar.file = name;
    o->faults = 0;
    o->errors = json_array();

    if (fetch_calendar_compile(&pool, &o->calendar, o->from, o->from, &days,
                               &file, calendar_fault, o)
        == WISMO_ERROR)
    {
        calendar_fault(o, 0, "there is no memory");
        memset(&days, 0, sizeof(wismo_days_t));
        memset(&file, 0, sizeof(fetch_calendar_file_t));
        days.week = o->calendar.week;
    }

    list = calendar_free(o, &days, &file);

    zone = *o->calendar.zone ? o->calendar.zone
           : *file.zone ? file.zone : "UTC";

    if (o->json) {
        one = json_object();
        json_object_set_new(one, "file", json_string(name));
        json_object_set_new(one, "zone", json_string(zone));
        json_object_set_new(one, "events", json_integer(file.events));
        json_object_set(one, "errors", o->errors);
        json_object_set(one, "free", list);
        json_array_append_new(o->list, one);

    } else {
        calendar_print(o, name, zone, &file, list);
    }

    json_decref(list);
    json_decref(o->errors);
    wismo_pool_done(&pool);

    o->failed = o->failed || o->faults;
}


static void
calendar_fault(void *data, unsigned line, const char *text)
{
    json_t              *one;
    calendar_options_t  *o = data;

    o->faults++;

    if (o->json) {
        one = json_object();
        json_object_set_new(one, "line", line ? json_integer(line)
                                              : json_null());
        json_object_set_new(one, "text", json_string(text));
        json_array_append_new(o->errors, one);
        return;
    }

    if (line) {
        fprintf(stderr, "%s:%u: %s\n", o->calendar.file, line, text);

    } else {
        fprintf(stderr, "%s: %s\n", o->calendar.file, text);
    }
}


/* The next days that are free though their weekday is worked, by name. */

static json_t *
calendar_free(const calendar_options_t *o, const wismo_days_t *days,
    const fetch_calendar_file_t *file)
{
    char            text[16];
    json_t         *list, *one;
    int64_t         day;
    unsigned        i, k;
    wismo_civil_t   civil;

    list = json_array();
    day = wismo_day(o->from);

    for (i = 0; i < CALENDAR_AHEAD && json_array_size(list) < CALENDAR_FREE;
         i++, day++)
    {
        if (!wismo_days_holiday(days, day)) {
            continue;
        }

        wismo_time_civil(day * WISMO_DAY_SECONDS, &civil);
        snprintf(text, sizeof(text), "%04d-%02d-%02d", civil.year % 10000,
                 civil.month, civil.day);

        one = json_object();
        json_object_set_new(one, "date", json_string(text));
        json_object_set_new(one, "weekday",
                            json_string(calendar_weekdays[civil.weekday]));

        for (k = 0; k < file->n; k++) {
            if (file->days[k].day == day && file->days[k].what == FETCH_DAY_OFF
                && file->days[k].name.len)
            {
                json_object_set_new(one, "name",
                                    json_stringn(
                                        (char *) file->days[k].name.data,
                                        file->days[k].name.len));
                break;
            }
        }

        json_array_append_new(list, one);
    }

    return list;
}


static void
calendar_print(const calendar_options_t *o, const char *name,
    const char *zone, const fetch_calendar_file_t *file, json_t *list)
{
    size_t       i;
    json_t      *one;
    const char  *summary;

    printf("%s: %u events, %s%s\n", name, file->events, zone,
           o->faults ? ", with faults" : "");

    json_array_foreach(list, i, one) {
        summary = json_string_value(json_object_get(one, "name"));

        printf("  %s %s%s%s\n",
               json_string_value(json_object_get(one, "date")),
               json_string_value(json_object_get(one, "weekday")),
               summary ? "  " : "", summary ? summary : "");
    }
}
