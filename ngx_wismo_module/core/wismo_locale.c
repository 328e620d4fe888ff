
/*
 * Copyright (C) The Wismo authors
 *
 * Locales: asks ICU how a language writes days, hours and numbers and puts
 * the answers into tables.  Called when words are loaded, in the master or at
 * the program's start, never for a page: what speaks, looks up.  The only
 * file that knows ICU.
 *
 * It must never do arithmetic with ICU's time zones, whose data is old: a
 * clock is formatted as it was printed, in UTC.
 */


#include "wismo_locale.h"

#include <stdio.h>

#include <unicode/ucal.h>
#include <unicode/udat.h>
#include <unicode/uidna.h>
#include <unicode/udatpg.h>
#include <unicode/uldnames.h>
#include <unicode/uloc.h>
#include <unicode/unum.h>
#include <unicode/upluralrules.h>
#include <unicode/ustring.h>


#define WISMO_LOCALE_TAG     64
#define WISMO_LOCALE_TEXT    128

#define WISMO_LOCALE_DAY     86400000.0

/* 1972-01-01, of a leap year */
#define WISMO_LOCALE_LEAP    INT64_C(63072000)


typedef struct {
    wismo_pool_t             *pool;
    wismo_locale_t           *locale;
    const wismo_json_t       *formats;
    wismo_error_t            *err;
    UDateTimePatternGenerator
                             *patterns;
    char                      tag[WISMO_LOCALE_TAG];
    char                      gregorian[WISMO_LOCALE_TAG + 32];
} wismo_locale_maker_t;


/* The letters of a phrase's arguments, and their fields as they stand. */

typedef struct {
    const char               *letters[WISMO_SAY_ARGS];
    UChar                     fields[WISMO_SAY_ARGS][8];
} wismo_locale_fields_t;


static int wismo_locale_calendar(wismo_locale_maker_t *m, const char *name,
    const char *skeleton, wismo_date_words_t *calendar);
static int wismo_locale_dates(wismo_locale_maker_t *m,
    const wismo_date_words_t *calendar, wismo_str_t **dates);
static int wismo_locale_clock(wismo_locale_maker_t *m);
static int wismo_locale_numbers(wismo_locale_maker_t *m);
static int wismo_locale_plurals(wismo_locale_maker_t *m);
static int wismo_locale_title(wismo_locale_maker_t *m);
static int wismo_locale_phrase(wismo_locale_maker_t *m, const char *name,
    const char *skeleton, wismo_locale_fields_t *f, wismo_phrase_t *phrase);
static int wismo_locale_table(wismo_locale_maker_t *m, const UChar *field,
    double first, double step, unsigned n, wismo_str_t *texts);
static int wismo_locale_text(wismo_locale_maker_t *m, const UChar *s,
    int32_t len, wismo_str_t *text);
static int wismo_locale_failed(wismo_locale_maker_t *m, const char *what,
    UErrorCode status);


static const char *const  wismo_plural_names[WISMO_PLURALS] = {
    "zero", "one", "two", "few", "many", "other"
};


const char *
wismo_plural_name(wismo_plural_e plural)
{
    return wismo_plural_names[plural];
}


int
wismo_locale_make(wismo_pool_t *pool, const wismo_str_t *tag,
    const wismo_json_t *formats, wismo_locale_t **locale, wismo_error_t *err)
{
    int                    rc;
    UErrorCode             status;
    wismo_locale_maker_t   m;

    *locale = NULL;

    memset(&m, 0, sizeof(wismo_locale_maker_t));

    m.pool = pool;
    m.formats = formats;
    m.err = err;

    m.locale = wismo_pcalloc(pool, sizeof(wismo_locale_t));

    if (m.locale == NULL) {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    if (tag->len == 0 || tag->len >= WISMO_LOCALE_TAG) {
        wismo_error_set(err, "lang", "a language tag is expected, such as "
                        "\"pt-BR\"");
        return WISMO_DECLINED;
    }

    memcpy(m.tag, tag->data, tag->len);

    (void) snprintf(m.gregorian, sizeof(m.gregorian), "%s@calendar=gregorian",
                    m.tag);

    rc = wismo_locale_numbers(&m);

    if (rc != WISMO_OK) {
        return rc;
    }

    status = U_ZERO_ERROR;
    m.patterns = udatpg_open(m.gregorian, &status);

    if (U_FAILURE(status)) {
        return wismo_locale_failed(&m, "patterns", status);
    }

    rc = wismo_locale_calendar(&m, "date", "MMMEd", &m.locale->brief[0]);

    if (rc == WISMO_OK) {
        rc = wismo_locale_calendar(&m, "date_year", "yMMMEd",
                                   &m.locale->brief[1]);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_calendar(&m, "date_long", "MMMMEEEEd",
                                   &m.locale->full[0]);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_calendar(&m, "date_long_year", "yMMMMEEEEd",
                                   &m.locale->full[1]);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_dates(&m, &m.locale->brief[0],
                                &m.locale->brief_dates);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_dates(&m, &m.locale->full[0],
                                &m.locale->full_dates);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_clock(&m);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_plurals(&m);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_title(&m);
    }

    udatpg_close(m.patterns);

    if (rc == WISMO_OK) {
        *locale = m.locale;
    }

    return rc;
}


static int
wismo_locale_calendar(wismo_locale_maker_t *m, const char *name,
    const char *skeleton, wismo_date_words_t *calendar)
{
    int                    rc;
    unsigned               i;
    wismo_locale_fields_t  f;

    /* the days before each month of 1970 */

    static const double  months[] = {
        0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334
    };

    memset(&f, 0, sizeof(wismo_locale_fields_t));

    f.letters[0] = "Eec";
    f.letters[1] = "d";
    f.letters[2] = "ML";
    f.letters[3] = strstr(name, "year") ? "y" : "";

    rc = wismo_locale_phrase(m, name, skeleton, &f, &calendar->phrase);

    /* 4 January 1970 was a Sunday */

    if (rc == WISMO_OK) {
        rc = wismo_locale_table(m, f.fields[0], 3 * WISMO_LOCALE_DAY,
                                WISMO_LOCALE_DAY, 7, calendar->weekdays);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_table(m, f.fields[1], 0, WISMO_LOCALE_DAY, 31,
                                calendar->days + 1);
    }

    for (i = 0; rc == WISMO_OK && i < 12; i++) {
        rc = wismo_locale_table(m, f.fields[2], months[i] * WISMO_LOCALE_DAY,
                                0, 1, &calendar->months[i]);
    }

    return rc;
}


/* A date that goes without its year: all there are. */

static int
wismo_locale_dates(wismo_locale_maker_t *m,
    const wismo_date_words_t *calendar, wismo_str_t **dates)
{
    int             rc;
    unsigned        i;
    wismo_str_t     args[WISMO_SAY_ARGS];
    wismo_civil_t   day;

    *dates = wismo_palloc(m->pool, WISMO_LOCALE_DATES * sizeof(wismo_str_t));

    if (*dates == NULL) {
        wismo_error_set(m->err, "", "out of memory");
        return WISMO_ERROR;
    }

    memset(args, 0, sizeof(args));

    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && i < WISMO_LOCALE_DATES; i++) {

        if (i % 7 == 0) {
            wismo_time_civil(WISMO_LOCALE_LEAP + i / 7 * INT64_C(86400),
                             &day);
            args[1] = calendar->days[day.day];
            args[2] = calendar->months[day.month - 1];
        }

        args[0] = calendar->weekdays[i % 7];

        rc = wismo_phrase_fill(m->pool, &calendar->phrase, args,
                               &(*dates)[i]);
    }

    return rc;
}


/* A clock is a phrase of hour, minute and half of the day: all there are. */

static int
wismo_locale_clock(wismo_locale_maker_t *m)
{
    int                    rc;
    unsigned               i;
    wismo_str_t            args[WISMO_SAY_ARGS];
    wismo_str_t            hours[24], minutes[60], halves[24];
    wismo_phrase_t         clock;
    wismo_locale_fields_t  f;

    memset(&f, 0, sizeof(wismo_locale_fields_t));
    memset(&clock, 0, sizeof(wismo_phrase_t));
    memset(args, 0, sizeof(args));
    memset(halves, 0, sizeof(halves));

    f.letters[0] = "HhKk";
    f.letters[1] = "m";
    f.letters[2] = "abB";
    f.letters[3] = "";

    rc = wismo_locale_phrase(m, "time", "jm", &f, &clock);

    if (rc == WISMO_OK) {
        rc = wismo_locale_table(m, f.fields[0], 0, 3600000, 24, hours);
    }

    if (rc == WISMO_OK) {
        rc = wismo_locale_table(m, f.fields[1], 0, 60000, 60, minutes);
    }

    if (rc == WISMO_OK && f.fields[2][0]) {
        rc = wismo_locale_table(m, f.fields[2], 0, 3600000, 24, halves);
    }

    for (i = 0; rc == WISMO_OK && i < WISMO_LOCALE_MINUTES; i++) {
        args[0] = hours[i / 60];
        args[1] = minutes[i % 60];
        args[2] = halves[i / 60];

        rc = wismo_phrase_fill(m->pool, &clock, args, &m->locale->clocks[i]);
    }

    return rc;
}


static int
wismo_locale_numbers(wismo_locale_maker_t *m)
{
    int               rc;
    UChar             buf[WISMO_LOCALE_TEXT];
    int32_t           i, len;
    char              has[16], wants[16];
    UErrorCode        status;
    const char       *known;
    UNumberFormat    *format;
    wismo_locale_t   *l;

    l = m->locale;

    status = U_ZERO_ERROR;
    format = unum_open(UNUM_DECIMAL, NULL, 0, m->tag, NULL, &status);

    if (U_FAILURE(status)) {
        return wismo_locale_failed(m, "numbers", status);
    }

    rc = WISMO_OK;

    status = U_ZERO_ERROR;
    known = unum_getLocaleByType(format, ULOC_VALID_LOCALE, &status);

    /* what ICU does not know is answered for the process's own locale */

    if (U_FAILURE(status) || known == NULL
        || uloc_getLanguage(known, has, sizeof(has), &status) < 1
        || uloc_getLanguage(m->tag, wants, sizeof(wants), &status) < 1
        || U_FAILURE(status) || strcmp(has, wants) != 0)
    {
        wismo_error_set(m->err, "lang", "nothing is known of how the language "
                        "\"%s\" writes dates and numbers", m->tag);
        rc = WISMO_DECLINED;
    }

    unum_setAttribute(format, UNUM_GROUPING_USED, 0);

    l->ascii = true;

    for (i = 0; rc == WISMO_OK && i < 10; i++) {
        status = U_ZERO_ERROR;
        len = unum_format(format, i, buf, WISMO_LOCALE_TEXT, NULL, &status);
        rc = U_FAILURE(status) ? wismo_locale_failed(m, "digits", status)
                               : wismo_locale_text(m, buf, len,
                                                   &l->digits[i]);

        if (rc == WISMO_OK && (l->digits[i].len != 1
                               || l->digits[i].data[0] != '0' + i))
        {
            l->ascii = false;
        }
    }

    if (rc == WISMO_OK) {
        status = U_ZERO_ERROR;
        len = unum_getSymbol(format, UNUM_GROUPING_SEPARATOR_SYMBOL, buf,
                             WISMO_LOCALE_TEXT, &status);
        rc = U_FAILURE(status) ? wismo_locale_failed(m, "digits", status)
                               : wismo_locale_text(m, buf, len, &l->group);
    }

    l->rtl = uloc_isRightToLeft(m->tag);

    unum_close(format);

    return rc;
}


static int
wismo_locale_plurals(wismo_locale_maker_t *m)
{
    char           name[16];
    UChar          buf[16];
    double         n;
    int32_t        len;
    unsigned       i, plural;
    UErrorCode     status;
    UPluralRules  *rules;

    status = U_ZERO_ERROR;
    rules = uplrules_open(m->tag, &status);

    for (i = 0; i <= 200 && U_SUCCESS(status); i++) {
        n = (i == 200) ? 1000000 : i;

        len = uplrules_select(rules, n, buf, 16, &status);

        if (U_FAILURE(status) || len <= 0 || len >= 16) {
            break;
        }

        u_UCharsToChars(buf, name, len);
        name[len] = '\0';

        for (plural = 0; plural < WISMO_PLURAL_OTHER; plural++) {
            if (strcmp(name, wismo_plural_names[plural]) == 0) {
                break;
            }
        }

        if (i == 200) {
            m->locale->million = (unsigned char) plural;
            break;
        }

        m->locale->plurals[i] = (unsigned char) plural;
        m->locale->used |= 1u << plural;
    }

    uplrules_close(rules);

    return U_FAILURE(status) ? wismo_locale_failed(m, "plurals", status)
                             : WISMO_OK;
}


/* The language's own name, with a capital as in a menu. */

static int
wismo_locale_title(wismo_locale_maker_t *m)
{
    UChar                  buf[WISMO_LOCALE_TEXT];
    int32_t                len;
    UErrorCode             status;
    ULocaleDisplayNames   *names;

    static UDisplayContext  context[] = {
        UDISPCTX_CAPITALIZATION_FOR_UI_LIST_OR_MENU
    };

    status = U_ZERO_ERROR;

    names = uldn_openForContext(m->tag, context, 1, &status);

    len = uldn_localeDisplayName(names, m->tag, buf, WISMO_LOCALE_TEXT,
                                 &status);

    uldn_close(names);

    return U_FAILURE(status) ? wismo_locale_failed(m, "names", status)
                             : wismo_locale_text(m, buf, len,
                                                 &m->locale->name);
}


/* A pattern, "EEE d MMM" with texts in quotes between, becomes a phrase. */

static int
wismo_locale_phrase(wismo_locale_maker_t *m, const char *name,
    const char *skeleton, wismo_locale_fields_t *f, wismo_phrase_t *phrase)
{
    int             rc;
    UChar           pattern[WISMO_LOCALE_TEXT], text[WISMO_LOCALE_TEXT], c;
    UChar           key[16];
    int32_t         i, n, run, len;
    unsigned        arg, seen;
    UErrorCode      status;
    wismo_str_t     own;
    wismo_piece_t  *piece;
    char            at[64];

    status = U_ZERO_ERROR;
    own = wismo_json_str(m->formats, name);

    (void) snprintf(at, sizeof(at), "formats.%s", name);

    if (own.len) {
        u_strFromUTF8(pattern, WISMO_LOCALE_TEXT - 1, &n,
                      (const char *) own.data, (int32_t) own.len, &status);

    } else {
        u_charsToUChars(skeleton, key, (int32_t) strlen(skeleton));
        n = udatpg_getBestPattern(m->patterns, key,
                                  (int32_t) strlen(skeleton), pattern,
                                  WISMO_LOCALE_TEXT - 1, &status);
    }

    if (U_FAILURE(status) && own.len) {
        goto wrong;
    }

    if (U_FAILURE(status)) {
        return wismo_locale_failed(m, "patterns", status);
    }

    pattern[n] = 0;
    len = 0;
    seen = 0;

    for (i = 0; i < n; i += run) {
        c = pattern[i];
        run = 1;

        if (c == '\'') {

            if (i + 1 < n && pattern[i + 1] == '\'') {
                text[len++] = c;
                run = 2;
                continue;
            }

            while (i + run < n && pattern[i + run] != '\'') {
                text[len++] = pattern[i + run++];
            }

            run++;
            continue;
        }

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
            text[len++] = c;
            continue;
        }

        while (i + run < n && pattern[i + run] == c) {
            run++;
        }

        for (arg = 0; arg < WISMO_SAY_ARGS; arg++) {
            if (strchr(f->letters[arg], c)) {
                break;
            }
        }

        if (arg == WISMO_SAY_ARGS || run > 7 || (seen & (1u << arg))) {
            goto wrong;
        }

        seen |= 1u << arg;

        u_memcpy(f->fields[arg], pattern + i, run);
        f->fields[arg][run] = 0;

        piece = &phrase->pieces[phrase->n++];
        piece->arg = (int) arg;

        rc = wismo_locale_text(m, text, len, &piece->text);

        if (rc != WISMO_OK) {
            return rc;
        }

        len = 0;
    }

    piece = &phrase->pieces[phrase->n++];
    piece->arg = -1;

    rc = wismo_locale_text(m, text, len, &piece->text);

    if (rc != WISMO_OK) {
        return rc;
    }

    /* the weekday and the half of the day are not always wanted */

    for (arg = 0; arg < WISMO_SAY_ARGS; arg++) {
        if (!(seen & (1u << arg)) && f->letters[arg][0]
            && strchr("Ea", f->letters[arg][0]) == NULL)
        {
            goto wrong;
        }
    }

    return WISMO_OK;

wrong:

    wismo_error_set(m->err, at, "\"%s\" is to be a pattern with %s", at,
                    strcmp(name, "time") == 0
                    ? "hour and minute once each, such as \"HH:mm\""
                    : strstr(name, "year")
                      ? "weekday, day, month and year once each, such as "
                        "\"EEE d MMM y\""
                      : "weekday, day and month once each, such as "
                        "\"EEE d MMM\"");

    return WISMO_DECLINED;
}


/* What a field says at "n" moments, in milliseconds. */

static int
wismo_locale_table(wismo_locale_maker_t *m, const UChar *field, double first,
    double step, unsigned n, wismo_str_t *texts)
{
    int           rc;
    UChar         buf[WISMO_LOCALE_TEXT];
    int32_t       len;
    unsigned      i;
    UErrorCode    status;
    UDateFormat  *format;

    static const UChar  utc[] = { 'E', 't', 'c', '/', 'U', 'T', 'C', 0 };

    if (field[0] == 0) {
        return WISMO_OK;
    }

    status = U_ZERO_ERROR;
    format = udat_open(UDAT_PATTERN, UDAT_PATTERN, m->gregorian, utc, -1,
                       field, -1, &status);

    if (U_FAILURE(status)) {
        return wismo_locale_failed(m, "dates", status);
    }

    rc = WISMO_OK;

    for (i = 0; rc == WISMO_OK && i < n; i++) {
        len = udat_format(format, first + i * step, buf, WISMO_LOCALE_TEXT,
                          NULL, &status);
        rc = U_FAILURE(status) ? wismo_locale_failed(m, "dates", status)
                               : wismo_locale_text(m, buf, len, &texts[i]);
    }

    udat_close(format);

    return rc;
}


static int
wismo_locale_text(wismo_locale_maker_t *m, const UChar *s, int32_t len,
    wismo_str_t *text)
{
    int32_t      n;
    UErrorCode   status;
    wismo_str_t  utf8;
    char         buf[4 * WISMO_LOCALE_TEXT];

    status = U_ZERO_ERROR;

    u_strToUTF8(buf, sizeof(buf), &n, s, len, &status);

    if (U_FAILURE(status)) {
        return wismo_locale_failed(m, "texts", status);
    }

    utf8.len = (size_t) n;
    utf8.data = (unsigned char *) buf;

    if (wismo_pstrdup(m->pool, text, &utf8) != WISMO_OK) {
        wismo_error_set(m->err, "", "out of memory");
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static int
wismo_locale_failed(wismo_locale_maker_t *m, const char *what,
    UErrorCode status)
{
    if (status == U_MEMORY_ALLOCATION_ERROR) {
        wismo_error_set(m->err, "", "out of memory");
        return WISMO_ERROR;
    }

    wismo_error_set(m->err, "lang", "ICU cannot tell the %s of the language "
                    "\"%s\": %s", what, m->tag, u_errorName(status));

    return WISMO_DECLINED;
}


wismo_plural_e
wismo_locale_plural(const wismo_locale_t *locale, int64_t n)
{
    uint64_t  u;

    u = (n < 0) ? 0 - (uint64_t) n : (uint64_t) n;

    if (u >= 200) {

        if (u % 1000000 == 0) {
            return locale->million;
        }

        /* no rule of CLDR looks further than the last two digits */

        u = 100 + u % 100;
    }

    return locale->plurals[u];
}


void
wismo_locale_number(const wismo_locale_t *locale, int64_t n, char *buf,
    wismo_str_t *text)
{
    char          ascii[WISMO_DIGITS];
    size_t        i, left;
    wismo_str_t   number, *digit;
    unsigned char *p;

    if (n >= 0 && n < 10) {
        *text = locale->digits[n];
        return;
    }

    wismo_digits(ascii, n, &number);

    p = (unsigned char *) buf;
    text->data = p;

    for (i = 0; i < number.len; i++) {

        if (number.data[i] == '-') {
            *p++ = '-';
            continue;
        }

        left = number.len - i;

        if (i && left % 3 == 0 && number.data[i - 1] != '-'
            && locale->group.len <= 4)
        {
            memcpy(p, locale->group.data, locale->group.len);
            p += locale->group.len;
        }

        digit = (wismo_str_t *) &locale->digits[number.data[i] - '0'];

        if (digit->len > 4) {
            break;
        }

        memcpy(p, digit->data, digit->len);
        p += digit->len;
    }

    text->len = (size_t) (p - text->data);
}


unsigned
wismo_locale_week(const wismo_str_t *country)
{
    int          day;
    char         tag[8];
    unsigned     week;
    UCalendar   *calendar;
    UErrorCode   status;

    if (country->len != 2) {
        return WISMO_LOCALE_WEEK;
    }

    snprintf(tag, sizeof(tag), "und_%.2s", (const char *) country->data);

    status = U_ZERO_ERROR;
    calendar = ucal_open(NULL, 0, tag, UCAL_GREGORIAN, &status);

    if (U_FAILURE(status)) {
        return WISMO_LOCALE_WEEK;
    }

    week = 0;

    for (day = UCAL_SUNDAY; day <= UCAL_SATURDAY; day++) {
        if (ucal_getDayOfWeekType(calendar, (UCalendarDaysOfWeek) day,
                                  &status)
            == UCAL_WEEKDAY)
        {
            week |= 1u << (day - UCAL_SUNDAY);
        }
    }

    ucal_close(calendar);

    return U_SUCCESS(status) && week ? week : WISMO_LOCALE_WEEK;
}


int
wismo_locale_host(const wismo_str_t *name, char *buf, size_t size)
{
    int32_t     n;
    UIDNA      *idna;
    UErrorCode  status;
    UIDNAInfo   info = UIDNA_INFO_INITIALIZER;

    status = U_ZERO_ERROR;

    idna = uidna_openUTS46(UIDNA_USE_STD3_RULES|UIDNA_CHECK_BIDI
                           |UIDNA_CHECK_CONTEXTJ
                           |UIDNA_NONTRANSITIONAL_TO_ASCII, &status);

    if (U_FAILURE(status)) {
        return WISMO_ERROR;
    }

    n = uidna_nameToASCII_UTF8(idna, (const char *) name->data,
                               (int32_t) name->len, buf, (int32_t) size,
                               &info, &status);
    uidna_close(idna);

    return (U_FAILURE(status) || info.errors || n <= 0 || (size_t) n > size)
           ? WISMO_DECLINED : n;
}
