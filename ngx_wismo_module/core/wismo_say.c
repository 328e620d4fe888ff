
/*
 * Copyright (C) The Wismo authors
 *
 * Speaking: phrases filled in, numbers counted, dates and clocks told, in the
 * language of a catalogue.  Called by the view model for each page and mail,
 * so all of it is looking up and copying.
 *
 * It must never tell a time by another clock than the one it was printed by.
 */


#include "wismo_words.h"


/* 29 February, from 1 January */
#define WISMO_SAY_LEAP_DAY   59


static void wismo_say_phrase(wismo_speech_t *s, const wismo_phrase_t *phrase,
    const wismo_str_t *args, wismo_str_t *text);
static void wismo_say_calendar(wismo_speech_t *s,
    const wismo_date_words_t calendars[2], const wismo_civil_t *civil,
    wismo_str_t *text);
static void wismo_say_year(wismo_speech_t *s, int year, char *buf,
    wismo_str_t *text);


static inline int64_t
wismo_say_day(int64_t wall)
{
    return wall / 86400 - (wall % 86400 < 0);
}


/* 1970-01-01 was a Thursday. */

static inline unsigned
wismo_say_weekday(int64_t day)
{
    return (unsigned) ((day % 7 + 11) % 7);
}


/* Of most times the day was told just before. */

static inline bool
wismo_say_same_day(const wismo_speech_t *s, int64_t wall)
{
    return wismo_say_day(wall) == s->day;
}


/* A day of this year, of a table; in other years there is no 29 February. */

static inline const wismo_str_t *
wismo_say_table(const wismo_speech_t *s, const wismo_str_t *dates,
    int64_t wall)
{
    int64_t   day;
    unsigned  n;

    day = wismo_say_day(wall);

    if (day < s->new_year || day >= s->new_year + s->ndays) {
        return NULL;
    }

    n = (unsigned) (day - s->new_year);

    if (s->ndays == 365 && n >= WISMO_SAY_LEAP_DAY) {
        n++;
    }

    return &dates[n * 7 + wismo_say_weekday(day)];
}


void
wismo_speech_init(wismo_speech_t *s, wismo_pool_t *pool,
    const wismo_words_t *words, int64_t now)
{
    wismo_civil_t  civil;

    wismo_time_civil(now, &civil);

    s->pool = pool;
    s->words = words;
    s->year = civil.year;

    civil.month = 1;
    civil.day = 1;
    s->new_year = wismo_say_day(wismo_time_from_civil(&civil));

    civil.month = 12;
    civil.day = 31;
    s->ndays = (unsigned) (wismo_say_day(wismo_time_from_civil(&civil))
                           - s->new_year + 1);

    s->day = WISMO_TIME_NONE;
    wismo_str_null(&s->date);
    s->failed = false;
}


void
wismo_say(wismo_speech_t *s, wismo_say_e say, const wismo_str_t *args,
    wismo_str_t *text)
{
    wismo_say_phrase(s, &s->words->phrases[say], args, text);
}


void
wismo_say_count(wismo_speech_t *s, wismo_say_e say, int64_t n, int64_t total,
    wismo_str_t *text)
{
    char                   first[WISMO_LOCALE_DIGITS];
    char                   second[WISMO_LOCALE_DIGITS];
    wismo_str_t            args[2];
    const wismo_locale_t  *locale;
    const wismo_phrase_t  *phrase;

    locale = s->words->locale;
    phrase = &s->words->phrases[say];

    if (s->words->plurals[say]) {
        phrase = &s->words->plurals[say]
                      [wismo_locale_plural(locale, wismo_words_has_total(say)
                                                   ? total : n)];
    }

    wismo_locale_number(locale, n, first, &args[0]);
    wismo_locale_number(locale, total, second, &args[1]);

    wismo_say_phrase(s, phrase, args, text);
}


static void
wismo_say_phrase(wismo_speech_t *s, const wismo_phrase_t *phrase,
    const wismo_str_t *args, wismo_str_t *text)
{
    if (wismo_phrase_fill(s->pool, phrase, args, text) != WISMO_OK) {
        wismo_str_set(text, "");
        s->failed = true;
    }
}


int
wismo_phrase_fill(wismo_pool_t *pool, const wismo_phrase_t *phrase,
    const wismo_str_t *args, wismo_str_t *text)
{
    size_t                len;
    unsigned char        *p, *start;
    const wismo_str_t    *arg;
    const wismo_piece_t  *piece, *end;

    len = 0;
    end = phrase->pieces + phrase->n;

    for (piece = phrase->pieces; piece < end; piece++) {
        len += piece->text.len;

        if (piece->arg >= 0) {
            len += args[piece->arg].len;
        }
    }

    start = wismo_palloc(pool, len);

    if (start == NULL) {
        return WISMO_ERROR;
    }

    p = start;

    for (piece = phrase->pieces; piece < end; piece++) {

        if (piece->text.len) {
            p = wismo_word_copy(p, piece->text.data, piece->text.len);
        }

        if (piece->arg >= 0) {
            arg = &args[piece->arg];
            p = wismo_word_copy(p, arg->data, arg->len);
        }
    }

    /* "text" may be one of the arguments */

    text->data = start;
    text->len = len;

    return WISMO_OK;
}


void
wismo_say_date(wismo_speech_t *s, int64_t wall, wismo_str_t *text)
{
    const wismo_str_t  *date;

    date = wismo_say_table(s, s->words->locale->brief_dates, wall);

    if (date) {
        *text = *date;
        return;
    }

    if (wismo_say_same_day(s, wall)) {
        *text = s->date;
        return;
    }

    s->day = wismo_say_day(wall);
    wismo_time_civil(wall, &s->civil);

    wismo_say_calendar(s, s->words->locale->brief, &s->civil, text);

    s->date = *text;
}


/* With whole names, for the sentence that answers. */

void
wismo_say_date_long(wismo_speech_t *s, int64_t wall, wismo_str_t *text)
{
    wismo_civil_t       civil;
    const wismo_str_t  *date;

    date = wismo_say_table(s, s->words->locale->full_dates, wall);

    if (date) {
        *text = *date;
        return;
    }

    if (wismo_say_same_day(s, wall)) {
        civil = s->civil;

    } else {
        wismo_time_civil(wall, &civil);
    }

    wismo_say_calendar(s, s->words->locale->full, &civil, text);
}


static void
wismo_say_calendar(wismo_speech_t *s, const wismo_date_words_t calendars[2],
    const wismo_civil_t *civil, wismo_str_t *text)
{
    char                       year[4 * WISMO_DIGITS];
    wismo_str_t                args[WISMO_SAY_ARGS];
    const wismo_date_words_t  *calendar;

    calendar = &calendars[civil->year != s->year];

    args[0] = calendar->weekdays[civil->weekday];
    args[1] = calendar->days[civil->day];
    args[2] = calendar->months[civil->month - 1];

    if (civil->year != s->year) {
        wismo_say_year(s, civil->year, year, &args[3]);
    }

    wismo_say_phrase(s, &calendar->phrase, args, text);
}


/* The digits of a year, which are not grouped. */

static void
wismo_say_year(wismo_speech_t *s, int year, char *buf, wismo_str_t *text)
{
    char                ascii[WISMO_DIGITS];
    size_t              i;
    wismo_str_t         number;
    unsigned char      *p;
    const wismo_str_t  *digit;

    wismo_digits(ascii, year, &number);

    p = (unsigned char *) buf;
    text->data = p;

    for (i = 0; i < number.len; i++) {

        if (number.data[i] == '-') {
            *p++ = '-';
            continue;
        }

        digit = &s->words->locale->digits[number.data[i] - '0'];

        memcpy(p, digit->data, digit->len);
        p += digit->len;
    }

    text->len = (size_t) (p - text->data);
}


void
wismo_say_clock(wismo_speech_t *s, int64_t wall, wismo_str_t *text)
{
    *text = s->words->locale->clocks[(wall % 86400 + 86400) % 86400 / 60];
}


void
wismo_say_when(wismo_speech_t *s, const wismo_when_t *when, wismo_str_t *text)
{
    wismo_str_t  args[2];

    if (when->basis == WISMO_BASIS_UNKNOWN || when->wall == WISMO_TIME_NONE) {
        *text = s->words->words[WISMO_WORD_TIME_UNKNOWN];
        return;
    }

    wismo_say_date(s, when->wall, &args[0]);

    if (when->basis == WISMO_BASIS_DATE) {
        *text = args[0];
        return;
    }

    wismo_say_clock(s, when->wall, &args[1]);
    wismo_say(s, WISMO_SAY_DATE_TIME, args, &args[0]);
    wismo_say(s, when->basis == WISMO_BASIS_UTC ? WISMO_SAY_UTC
                                                : WISMO_SAY_LOCAL,
              args, text);
}


void
wismo_say_utc(wismo_speech_t *s, int64_t utc, wismo_str_t *text)
{
    wismo_when_t  when;

    when.utc = utc;
    when.wall = utc;
    when.offset = 0;
    when.basis = WISMO_BASIS_UTC;

    wismo_say_when(s, &when, text);
}
