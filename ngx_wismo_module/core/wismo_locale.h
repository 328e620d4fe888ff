
/*
 * Copyright (C) The Wismo authors
 *
 * How a language writes numbers, days and hours, and which plurals it has:
 * tables made once, when words are loaded, out of what ICU knows of the
 * locale (CLDR).  Whoever speaks afterwards only looks up.
 */


#ifndef _WISMO_LOCALE_H_INCLUDED_
#define _WISMO_LOCALE_H_INCLUDED_


#include "wismo_json.h"
#include "wismo_time.h"


#define WISMO_SAY_ARGS       4


/* A literal, then argument "arg" unless that is negative. */

typedef struct {
    wismo_str_t               text;
    int                       arg;
} wismo_piece_t;


typedef struct {
    wismo_piece_t             pieces[WISMO_SAY_ARGS + 1];
    unsigned                  n;
} wismo_phrase_t;


/* The categories of CLDR, in the order of their names' table. */

typedef enum {
    WISMO_PLURAL_ZERO = 0,
    WISMO_PLURAL_ONE,
    WISMO_PLURAL_TWO,
    WISMO_PLURAL_FEW,
    WISMO_PLURAL_MANY,
    WISMO_PLURAL_OTHER,
    WISMO_PLURALS
} wismo_plural_e;

const char *wismo_plural_name(wismo_plural_e plural);


/* A date is a phrase of weekday, day, month and year, with their tables. */

typedef struct {
    wismo_phrase_t            phrase;
    wismo_str_t               weekdays[7];         /* from Sunday */
    wismo_str_t               days[32];            /* of a month, from 1 */
    wismo_str_t               months[12];
} wismo_date_words_t;


/*
 * A phrase with its places filled in, in the pool; "text" may be one of the
 * arguments.
 */
int wismo_phrase_fill(wismo_pool_t *pool, const wismo_phrase_t *phrase,
    const wismo_str_t *args, wismo_str_t *text);


#define WISMO_LOCALE_MINUTES 1440

/* The days of a leap year, each on every day of the week. */
#define WISMO_LOCALE_DATES   (366 * 7)


typedef struct {
    wismo_date_words_t        brief[2];            /* Thu 26 Nov, ... 2026 */
    wismo_date_words_t        full[2];             /* Thursday, 26 November */
    wismo_str_t              *brief_dates;         /* without their year, */
    wismo_str_t              *full_dates;          /* WISMO_LOCALE_DATES */
    wismo_str_t               clocks[WISMO_LOCALE_MINUTES];
    wismo_str_t               digits[10];
    wismo_str_t               group;               /* between thousands */
    bool                      ascii;               /* the digits are */
    unsigned char             plurals[200];        /* of 0 to 199 */
    unsigned char             million;             /* of whole millions */
    unsigned                  used;                /* bits: of 0 to 199 */
    bool                      rtl;
    wismo_str_t               name;                /* the language's own */
} wismo_locale_t;


/*
 * Makes the tables of a locale, such as "pt-BR".  "formats", if it is not
 * NULL, is an object with patterns in CLDR's letters that replace those of
 * the locale: "date", "date_year", "date_long", "date_long_year", "time".
 * WISMO_DECLINED names what cannot be used.  Slow, and remembers what it has
 * read: for the loading of words only.
 */
int wismo_locale_make(wismo_pool_t *pool, const wismo_str_t *tag,
    const wismo_json_t *formats, wismo_locale_t **locale, wismo_error_t *err);

/* The plural that goes with a number; negative ones are like positive. */
wismo_plural_e wismo_locale_plural(const wismo_locale_t *locale, int64_t n);

/* A number in the locale's digits, in "buf" unless it is a table's. */

#define WISMO_LOCALE_DIGITS  128

void wismo_locale_number(const wismo_locale_t *locale, int64_t n, char *buf,
    wismo_str_t *text);


/*
 * A host's name in any script as DNS has it, "xn--bcher-kva.example": at most
 * "size" bytes of lower case.  Returns how many, or WISMO_DECLINED if it is
 * none (UTS 46).
 */
int wismo_locale_host(const wismo_str_t *name, char *buf, size_t size);


/*
 * The days on which people work in a country (ISO 3166, "DE"): bit n is
 * weekday n, Sunday is 0.  Monday to Friday where none such is known.
 */
#define WISMO_LOCALE_WEEK    0x3eu

unsigned wismo_locale_week(const wismo_str_t *country);


#endif /* _WISMO_LOCALE_H_INCLUDED_ */
