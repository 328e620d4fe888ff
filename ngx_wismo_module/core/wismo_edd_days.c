
/*
 * Copyright (C) The Wismo authors
 *
 * Prediction by the calendar.  The model learns and tells days on which
 * things move: what is bought after the cut-off, or on a day off, begins on
 * the day on which it is worked on, holidays of the carrier or at the
 * destination do not count, and nothing arrives on a day on which nobody
 * delivers.  Weekends need no calendar: the model has a weight for each
 * weekday.
 *
 * Called wherever days are predicted or learnt; without calendars nothing
 * may be different from the model's own days.
 */


#include "wismo_edd_int.h"
#include "wismo_edd_days.h"


typedef struct {
    const wismo_days_t       *warehouse;
    const wismo_days_t       *carrier;
    const wismo_days_t       *destination;
} wismo_edd_offices_t;


static bool wismo_edd_offices(const wismo_calendars_t *calendars,
    const wismo_edd_parcel_t *parcel, wismo_edd_offices_t *o);
static void wismo_edd_taken(const wismo_edd_offices_t *o,
    const wismo_edd_parcel_t *parcel, wismo_edd_parcel_t *worked);
static int wismo_edd_rest(const wismo_edd_offices_t *o, int64_t from,
    int64_t to);
static int wismo_edd_stretch(const wismo_edd_offices_t *o, int64_t moment,
    int64_t begin, int days);
static bool wismo_edd_days_number(const unsigned char **p,
    const unsigned char *end, char after, int64_t *n);


static inline int64_t
wismo_edd_moment(const wismo_edd_parcel_t *parcel, unsigned stage)
{
    return stage == WISMO_EDD_PURCHASE ? parcel->purchased : parcel->shipped;
}


int
wismo_edd_expect(const wismo_edd_model_t *model,
    const wismo_calendars_t *calendars, const wismo_edd_parcel_t *parcel,
    wismo_edd_stage_e stage, int64_t now, wismo_edd_range_t *range)
{
    int                   rc;
    int64_t               moment, begin;
    wismo_edd_parcel_t    worked;
    wismo_edd_offices_t   o;

    if (!wismo_edd_offices(calendars, parcel, &o)) {
        return wismo_edd_predict(model, parcel, stage, now, range);
    }

    moment = wismo_edd_moment(parcel, stage);

    if (moment == WISMO_TIME_NONE) {
        return WISMO_DECLINED;
    }

    wismo_edd_taken(&o, parcel, &worked);
    begin = wismo_day(wismo_edd_moment(&worked, stage));

    now -= wismo_edd_rest(&o, begin, wismo_day(now)) * WISMO_DAY_SECONDS;

    rc = wismo_edd_predict(model, &worked, stage, now, range);

    if (rc != WISMO_OK) {
        return rc;
    }

    moment = wismo_day(moment);

    range->from = wismo_edd_stretch(&o, moment, begin, range->from);
    range->middle = wismo_edd_stretch(&o, moment, begin, range->middle);
    range->to = wismo_edd_stretch(&o, moment, begin, range->to);

    return WISMO_OK;
}


int
wismo_edd_remember(wismo_edd_model_t *model,
    const wismo_calendars_t *calendars, const wismo_edd_parcel_t *parcel,
    const wismo_edd_range_t *stated[WISMO_EDD_STAGES])
{
    int                       late;
    int64_t                   moment, begin;
    unsigned                  stage;
    wismo_edd_parcel_t        worked;
    wismo_edd_range_t         range[WISMO_EDD_STAGES];
    wismo_edd_offices_t       o;
    const wismo_edd_range_t  *said[WISMO_EDD_STAGES];

    if (parcel->delivered == WISMO_TIME_NONE
        || !wismo_edd_offices(calendars, parcel, &o))
    {
        return wismo_edd_learn(model, parcel, stated);
    }

    wismo_edd_taken(&o, parcel, &worked);

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {

        said[stage] = NULL;

        moment = wismo_edd_moment(parcel, stage);

        if (moment == WISMO_TIME_NONE) {
            continue;
        }

        moment = wismo_day(moment);
        begin = wismo_day(wismo_edd_moment(&worked, stage));

        worked.rest[stage] = wismo_edd_rest(&o, begin,
                                            wismo_day(parcel->delivered));

        if (stated == NULL || stated[stage] == NULL) {
            continue;
        }

        /* what was stated, in days that count */

        late = (int) (begin - moment);

        range[stage] = *stated[stage];
        range[stage].from -= late + wismo_edd_rest(&o, begin,
                                                   moment
                                                   + stated[stage]->from);
        range[stage].to -= late + wismo_edd_rest(&o, begin,
                                                 moment + stated[stage]->to);
        said[stage] = &range[stage];
    }

    return wismo_edd_learn(model, &worked, said);
}


/* None has a calendar: false. */

static bool
wismo_edd_offices(const wismo_calendars_t *calendars,
    const wismo_edd_parcel_t *parcel, wismo_edd_offices_t *o)
{
    if (calendars == NULL || calendars->n == 0) {
        return false;
    }

    o->warehouse = wismo_calendars_find(calendars, WISMO_DAYS_WAREHOUSE,
                                        &parcel->origin);
    o->carrier = wismo_calendars_find(calendars, WISMO_DAYS_CARRIER,
                                      &parcel->carrier);
    o->destination = wismo_calendars_find(calendars, WISMO_DAYS_DESTINATION,
                                          &parcel->destination);

    return o->warehouse || o->carrier || o->destination;
}


/*
 * The parcel as the model is to see it: bought on the day on which it was
 * worked on.  What was shipped or delivered before its turn did not wait.
 */

static void
wismo_edd_taken(const wismo_edd_offices_t *o,
    const wismo_edd_parcel_t *parcel, wismo_edd_parcel_t *worked)
{
    int64_t  taken;

    *worked = *parcel;

    if (o->warehouse && parcel->purchased != WISMO_TIME_NONE) {
        taken = wismo_days_taken(o->warehouse, parcel->purchased);

        if (taken > wismo_day(parcel->purchased)
            && (parcel->shipped == WISMO_TIME_NONE
                || taken <= wismo_day(parcel->shipped))
            && (parcel->delivered == WISMO_TIME_NONE
                || taken <= wismo_day(parcel->delivered)))
        {
            worked->purchased = taken * WISMO_DAY_SECONDS;
        }
    }
}


/* Holidays after "from", up to and with "to": nothing moves. */

static int
wismo_edd_rest(const wismo_edd_offices_t *o, int64_t from, int64_t to)
{
    int      n;
    int64_t  day;

    n = 0;

    if (to > from + 2 * WISMO_EDD_DAYS) {
        to = from + 2 * WISMO_EDD_DAYS;
    }

    for (day = from + 1; day <= to; day++) {
        n += wismo_days_holiday(o->carrier, day)
             || wismo_days_holiday(o->destination, day);
    }

    return n;
}


/* Days that count, as days of the calendar after the moment. */

static int
wismo_edd_stretch(const wismo_edd_offices_t *o, int64_t moment,
    int64_t begin, int days)
{
    int64_t   day;
    unsigned  i;

    day = begin;

    for (i = 0; days > 0 && i < 4 * WISMO_EDD_DAYS; i++) {
        day++;

        if (!wismo_days_holiday(o->carrier, day)
            && !wismo_days_holiday(o->destination, day))
        {
            days--;
        }
    }

    if (o->destination) {
        day = wismo_days_next(o->destination, day);
    }

    return (int) (day - moment);
}


void
wismo_edd_table(const wismo_days_t *warehouse, const wismo_days_t *carrier,
    const wismo_days_t *destination, const wismo_edd_range_t table[7],
    int64_t purchased, wismo_edd_range_t *range)
{
    int64_t              day, begin;
    wismo_edd_offices_t  o;

    o.warehouse = warehouse;
    o.carrier = carrier;
    o.destination = destination;

    day = wismo_day(purchased);
    begin = warehouse ? wismo_days_taken(warehouse, purchased) : day;

    /* 1970 began on a Thursday */

    *range = table[((begin + 4) % 7 + 7) % 7];

    if (warehouse == NULL && carrier == NULL && destination == NULL) {
        return;
    }

    range->from = wismo_edd_stretch(&o, day, begin, range->from);
    range->middle = wismo_edd_stretch(&o, day, begin, range->middle);
    range->to = wismo_edd_stretch(&o, day, begin, range->to);
}


size_t
wismo_edd_days_field(char *buf, wismo_days_e kind, const wismo_str_t *name)
{
    size_t  len;

    static const char  kinds[] = "wcd";

    len = name->len < WISMO_EDD_DAYS_NAME ? name->len : WISMO_EDD_DAYS_NAME;

    /* no lane has a carrier of that name */

    buf[0] = '=';
    buf[1] = kinds[kind];
    buf[2] = '|';

    if (len) {
        memcpy(buf + 3, name->data, len);
    }

    return len + 3;
}


/* "<first> <week> <cut-off> <flags>", then " <day>:<cut-off>" of those that
 * have another one, counted from the first. */

void
wismo_edd_days_write(wismo_out_t *out, const wismo_days_t *days,
    int64_t from)
{
    char      ch;
    int16_t   usual;
    int64_t   i, at, n;

    at = from - days->first;
    n = (int64_t) days->n - at;

    if (at < 0 || n <= 0) {
        return;
    }

    n = n < WISMO_EDD_DAYS_MAX ? n : WISMO_EDD_DAYS_MAX;
    usual = days->cutoff[at];

    wismo_out_int(out, from);
    wismo_out_text(out, " ");
    wismo_out_int(out, days->week);
    wismo_out_text(out, " ");
    wismo_out_int(out, usual);
    wismo_out_text(out, " ");

    for (i = 0; i < n; i++) {
        ch = (char) ('0' + (days->flags[at + i] & 3));
        wismo_out_bytes(out, &ch, 1);
    }

    for (i = 0; i < n; i++) {
        if (days->cutoff[at + i] != usual) {
            wismo_out_text(out, " ");
            wismo_out_int(out, i);
            wismo_out_text(out, ":");
            wismo_out_int(out, days->cutoff[at + i]);
        }
    }
}


static bool
wismo_edd_days_number(const unsigned char **p, const unsigned char *end,
    char after, int64_t *n)
{
    const unsigned char  *start;

    *n = 0;

    for (start = *p; *p < end && **p >= '0' && **p <= '9'; (*p)++) {

        if (*p - start == 7) {
            return false;
        }

        *n = *n * 10 + (**p - '0');
    }

    if (*p == start) {
        return false;
    }

    if (*p == end) {
        return after == ' ';
    }

    return *(*p)++ == (unsigned char) after;
}


int
wismo_edd_days_read(const wismo_str_t *bytes, int64_t day,
    wismo_days_t *days)
{
    int64_t               first, week, cutoff, i;
    const unsigned char  *p, *end, *flags;

    memset(days, 0, sizeof(wismo_days_t));

    p = bytes->data;
    end = p + bytes->len;

    if (!wismo_edd_days_number(&p, end, ' ', &first)
        || !wismo_edd_days_number(&p, end, ' ', &week)
        || !wismo_edd_days_number(&p, end, ' ', &cutoff)
        || week > 0x7f || cutoff >= 24 * 60)
    {
        return WISMO_DECLINED;
    }

    for (flags = p; p < end && *p >= '0' && *p <= '3'; p++) { /* void */ }

    if (p == flags || p - flags > WISMO_EDD_DAYS_MAX) {
        return WISMO_DECLINED;
    }

    days->first = first;
    days->n = (unsigned) (p - flags);
    days->flags = flags;          /* as digits they have the same two bits */
    days->week = (unsigned) week;
    days->usual = (int) cutoff;

    while (p < end) {

        if (*p++ != ' ' || !wismo_edd_days_number(&p, end, ':', &i)
            || !wismo_edd_days_number(&p, end, ' ', &cutoff)
            || cutoff >= 24 * 60)
        {
            return WISMO_DECLINED;
        }

        /* the blank belongs to the next one */

        if (p < end) {
            p--;
        }

        if (first + i == day) {
            days->usual = (int) cutoff;
        }
    }

    return WISMO_OK;
}
