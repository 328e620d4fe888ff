
/*
 * Copyright (C) The Wismo authors
 *
 * Time as carriers print it and as we keep it: an instant only if there is
 * one, the printed wall clock, and the basis that tells which of them to
 * trust.  Pure arithmetic on the proleptic Gregorian calendar; no libc time
 * function, no locale, no zone database (zones are the fetcher's).
 */


#ifndef _WISMO_TIME_H_INCLUDED_
#define _WISMO_TIME_H_INCLUDED_


#include "wismo_core.h"


#define WISMO_TIME_NONE      INT64_MIN
#define WISMO_OFFSET_NONE    INT16_MIN


typedef enum {
    WISMO_BASIS_UNKNOWN = 0,          /* no time could be read */
    WISMO_BASIS_UTC,                  /* printed in UTC, or with Z */
    WISMO_BASIS_OFFSET,               /* printed with its offset */
    WISMO_BASIS_ZONE,                 /* local, in a zone we know by name */
    WISMO_BASIS_LOCAL,                /* local, zone unknown: no instant */
    WISMO_BASIS_DATE                  /* a day only: no instant */
} wismo_basis_e;


typedef struct {
    int64_t               utc;        /* seconds since 1970, or NONE */
    int64_t               wall;       /* the printed clock as if it were UTC,
                                         or NONE; a DATE's is its midnight */
    int16_t               offset;     /* minutes east of UTC, or NONE */
    uint8_t               basis;      /* wismo_basis_e */
} wismo_when_t;


typedef struct {
    int                   year;
    int                   month;      /* 1 to 12 */
    int                   day;        /* 1 to 31 */
    int                   hour;
    int                   minute;
    int                   second;
    int                   weekday;    /* 0 is Sunday */
} wismo_civil_t;


/* The years 0 to 9999; what lies beyond becomes their first or last second. */
void wismo_time_civil(int64_t t, wismo_civil_t *civil);

/*
 * WISMO_TIME_NONE for a date or clock that does not exist (30 February).
 * 24:00:00 is the next midnight, a leap second is the one before it.
 */
int64_t wismo_time_from_civil(const wismo_civil_t *civil);

/*
 * ISO 8601 as carriers and shops write it: a date, or date and clock with
 * "T" or a space, fractions ignored, then nothing, "Z", "+02:00", "+0200" or
 * "+02".  Seconds may be left out.  The basis tells what was found.
 * WISMO_DECLINED for anything else, including trailing bytes.
 */
int wismo_time_iso(const wismo_str_t *s, wismo_when_t *when);

/*
 * "2026-03-02T14:05:00" and "2026-03-02", as we write them, at "p": false for
 * whatever would be written otherwise.  As many bytes must be there.
 */
bool wismo_time_wall_of(const unsigned char *p, int64_t *wall);
bool wismo_time_date_of(const unsigned char *p, int64_t *wall);

/*
 * The times of an event from its printed parts: a known offset gives the
 * instant, with WISMO_OFFSET_NONE an OFFSET or ZONE becomes LOCAL.  LOCAL and
 * DATE never have an instant.
 */
void wismo_time_local(wismo_when_t *when, int64_t wall, int16_t offset,
    wismo_basis_e basis);

/* A time outside [2000, now + 1 year] becomes unknown. */
void wismo_time_sane(wismo_when_t *when, int64_t now);

const char *wismo_time_basis(wismo_basis_e basis);
wismo_basis_e wismo_time_basis_of(const wismo_str_t *name);

/* Appends "2026-03-02T14:05:00Z", exactly 20 bytes. */
#define WISMO_TIME_UTC_LEN   20
void wismo_time_out_utc(wismo_out_t *out, int64_t t);

/* Appends "2026-03-02T09:05:00", and "2026-03-02", which is how it begins. */
#define WISMO_TIME_WALL_LEN  19
#define WISMO_TIME_DATE_LEN  10
void wismo_time_out_wall(wismo_out_t *out, int64_t wall);
void wismo_time_out_date(wismo_out_t *out, int64_t wall);

/* The first of the two, into WISMO_TIME_WALL_LEN bytes. */
void wismo_time_wall(unsigned char *buf, int64_t wall);


#endif /* _WISMO_TIME_H_INCLUDED_ */
