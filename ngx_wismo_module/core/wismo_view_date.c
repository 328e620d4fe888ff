
/*
 * Copyright (C) The Wismo authors
 *
 * The delivery date of a view model, of the order and of each parcel: when it
 * comes or came, how sure that is and what has changed, and for the order the
 * sentence that says so.  Called by the other files of the view.
 *
 * A date that is not known is explained, never guessed, and one that has
 * passed is not promised again.
 */


#include "wismo_view_make.h"


/* A day's grace: a clock may be local to anywhere on earth. */
#define WISMO_VIEW_GRACE     86400


typedef struct {
    const wismo_str_t        *label;
    wismo_str_t               text;
    wismo_str_t               sentence;
    wismo_str_t               window;
    wismo_str_t               sure;
    wismo_str_t               changed;
    wismo_str_t               promise;
    wismo_str_t               reason;
    bool                      known;
    bool                      ahead;
} wismo_view_date_t;


static void wismo_view_delivered(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_substatus_t *row, const wismo_when_t *delivered);
static void wismo_view_expected(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_json_t *json, const wismo_substatus_t *row, bool hero);
static void wismo_view_span_days(wismo_view_span_t *span, unsigned basis);
static void wismo_view_span_text(wismo_viewer_t *v,
    const wismo_view_span_t *span, wismo_str_t *text);
static void wismo_view_span_hours(wismo_viewer_t *v,
    const wismo_view_span_t *span, wismo_str_t *text);
static void wismo_view_sentence(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_view_span_t *span, const wismo_substatus_t *row);
static void wismo_view_sure(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_json_t *estimate, const wismo_view_span_t *span);
static void wismo_view_changed(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_json_t *first, const wismo_view_span_t *span);
static bool wismo_view_promise(wismo_viewer_t *v, wismo_str_t *text,
    int64_t *last);
static void wismo_view_by_clock(wismo_viewer_t *v, unsigned basis,
    wismo_str_t *text);


static const wismo_str_t  wismo_view_none;


static inline int64_t
wismo_view_day(int64_t wall)
{
    return wall / 86400 - (wall % 86400 < 0);
}


static inline bool
wismo_view_is_over(const wismo_substatus_t *row)
{
    return row->status == WISMO_CANCELLED || row->status == WISMO_FAILED
           || row->status == WISMO_RETURNING || row->status == WISMO_RETURNED;
}


void
wismo_view_date(wismo_viewer_t *v, wismo_json_t *parent,
    const wismo_json_t *json, const wismo_substatus_t *row,
    const wismo_when_t *delivered, wismo_str_t *sentence)
{
    wismo_json_t       *date;
    wismo_view_date_t   d;

    memset(&d, 0, sizeof(wismo_view_date_t));

    d.label = wismo_view_word(v, NO_DATE);

    if (wismo_view_is_return(json)
        || (sentence && v->returns && v->parcels == 0))
    {
        /* nobody waits for the day on which it is back */

        d.label = &wismo_view_none;

    } else if (row->status == WISMO_DELIVERED && row->milestone == 4) {
        wismo_view_delivered(v, &d, row, delivered);

    } else if (row->status == WISMO_READY_FOR_PICKUP) {

        /* it is there; until when is told where to collect it */

        d.label = &wismo_view_none;

    } else if (wismo_view_is_over(row)
               && (sentence == NULL || v->parcels < 2
                   || wismo_json_get(wismo_json_get(json, "estimate"),
                                     "basis") == NULL))
    {
        /* an order still has a date while another parcel has one */

        d.label = wismo_view_word(v, NO_DATE_TITLE);
        d.reason = *wismo_view_word(v, NO_DATE_OVER);

    } else {
        wismo_view_expected(v, &d, json, row, sentence && v->worst == 0);
    }

    date = wismo_view_add(v, parent, "date", WISMO_JSON_OBJECT);
    wismo_view_bool(v, date, "is_shown",
                    (d.label->len && d.sentence.len == 0) || d.changed.len
                    || d.sure.len || d.promise.len || d.reason.len);

    if (sentence) {
        *sentence = d.sentence;
        wismo_view_bool(v, date, "in_headline", d.sentence.len != 0);
    }

    wismo_view_str(v, date, "window_text", &d.window);
    wismo_view_str(v, date, "label", d.label);
    wismo_view_bool(v, date, "is_known", d.known);
    wismo_view_bool(v, date, "is_ahead", d.ahead);
    wismo_view_str(v, date, "text", &d.text);
    wismo_view_str(v, date, "changed_text", &d.changed);
    wismo_view_str(v, date, "sure_text", &d.sure);
    wismo_view_str(v, date, "promise_text", &d.promise);
    wismo_view_str(v, date, "reason", &d.reason);
}


static void
wismo_view_delivered(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_substatus_t *row, const wismo_when_t *delivered)
{
    d->label = wismo_view_word(v, DELIVERED_ON);
    d->known = true;

    if (delivered->wall == WISMO_TIME_NONE) {
        d->text = *wismo_view_word(v, TIME_UNKNOWN);
        return;
    }

    wismo_say_when(&v->speech, delivered, &d->text);

    if (row != wismo_substatus_of(WISMO_DELIVERED)) {
        return;
    }

    wismo_say_date_long(&v->speech, delivered->wall, &d->sentence);
    wismo_say(&v->speech, WISMO_SAY_DELIVERED_ON, &d->sentence, &d->sentence);

    if (delivered->basis != WISMO_BASIS_DATE) {
        wismo_say_clock(&v->speech, delivered->wall, &d->window);
        wismo_view_by_clock(v, delivered->basis, &d->window);
    }
}


static void
wismo_view_expected(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_json_t *json, const wismo_substatus_t *row, bool hero)
{
    bool                 promised;
    int64_t              last;
    const wismo_json_t  *estimate, *first;
    wismo_view_span_t    span;

    last = WISMO_TIME_NONE;

    estimate = wismo_json_get(json, "estimate");
    first = wismo_json_get(json, "first_estimate");

    d->known = wismo_view_span(estimate, &span);

    /* ours, when the carrier says nothing */

    if (!d->known) {
        estimate = wismo_json_get(json, "own_estimate");
        first = wismo_json_get(json, "first_own_estimate");

        d->known = wismo_view_span(estimate, &span);
    }

    if (d->known) {
        d->label = wismo_view_word(v, ESTIMATE);
        last = span.last;
        wismo_view_span_text(v, &span, &d->text);
    }

    promised = wismo_view_promise(v, &d->promise, d->known ? NULL : &last);

    if (!d->known && !promised
        && (row->status == WISMO_OUT_FOR_DELIVERY
            || (row->status == WISMO_IN_TRANSIT
                && strncmp(row->sub, "delivery_", 9) == 0)))
    {
        /* it comes by the evening, or on the day that was agreed on, which
         * the status says */

        d->label = &wismo_view_none;
        return;
    }

    if (!d->known && !promised
        && (row->status == WISMO_EXPIRED
            || strcmp(row->sub, "untrackable") == 0))
    {
        /* nobody is going to tell one */

        d->label = wismo_view_word(v, NO_DATE_TITLE);
        return;
    }

    if (!d->known && !promised) {
        d->reason = wismo_json_int(json, "milestone", 0) > 0
                    ? *wismo_view_word(v, NO_DATE_CARRIER)
                    : *wismo_view_word(v, NO_DATE_ORDERED);
        return;
    }

    if (d->known) {
        if (promised) {
            wismo_say(&v->speech, WISMO_SAY_PROMISE, &d->promise,
                      &d->promise);
        }

        wismo_view_changed(v, d, first, &span);

    } else {
        d->label = wismo_view_word(v, PROMISED);
        d->text = d->promise;
        wismo_str_null(&d->promise);
    }

    d->ahead = last >= v->ctx->now - WISMO_VIEW_GRACE;

    if (!d->ahead) {
        d->label = wismo_view_word(v, WAS_EXPECTED);

    } else if (d->known) {
        wismo_view_sure(v, d, estimate, &span);

        if (hero) {
            wismo_view_sentence(v, d, &span, row);
        }

    } else {
        d->sure = *wismo_view_word(v, SURE_SHOP);
    }

    d->known = true;
}


bool
wismo_view_span(const wismo_json_t *estimate, wismo_view_span_t *span)
{
    unsigned      basis;
    wismo_str_t   text;
    wismo_when_t  *first, *second;

    first = &span->first;
    second = &span->second;

    span->from = wismo_view_time(estimate, "from", first);
    span->until = wismo_view_time(estimate, "to", second);
    span->hours = false;

    if (!span->from && !span->until) {

        if (!wismo_view_time(estimate, "date", first)) {
            return false;
        }

        span->from = true;
        span->until = true;
        first->basis = WISMO_BASIS_DATE;
        *second = *first;
        span->last = first->wall + 86399;

        return true;
    }

    text = wismo_json_str(estimate, "basis");
    basis = wismo_time_basis_of(&text);

    if (!span->from) {
        *first = *second;
    }

    if (!span->until) {
        *second = *first;
    }

    wismo_view_span_days(span, basis);

    return true;
}


/*
 * Hours, or days?  Midnight, the last minute of a day, and midnight to
 * midnight are how systems write a day.
 */

static void
wismo_view_span_days(wismo_view_span_t *span, unsigned basis)
{
    bool           same;
    wismo_when_t  *first, *second;

    first = &span->first;
    second = &span->second;

    same = wismo_view_day(first->wall) == wismo_view_day(second->wall);

    first->basis = (uint8_t) basis;
    second->basis = (uint8_t) basis;

    span->hours = same && basis != WISMO_BASIS_DATE
                  && (first->wall == second->wall
                      ? first->wall % 86400 != 0
                        && first->wall % 86400 < 86340
                      : first->wall % 86400 != 0
                        || second->wall % 86400 < 86340);

    if (span->hours) {
        span->last = second->wall;

    } else if (same) {
        span->last = first->wall - first->wall % 86400 + 86399;

    } else if (basis == WISMO_BASIS_DATE) {
        span->last = second->wall + 86399;

    } else {
        span->last = second->wall;
    }
}


static void
wismo_view_span_text(wismo_viewer_t *v, const wismo_view_span_t *span,
    wismo_str_t *text)
{
    wismo_str_t      args[3];
    wismo_speech_t  *s;

    s = &v->speech;

    if (span->hours && span->first.wall == span->second.wall) {
        wismo_say_when(s, &span->first, text);
        wismo_say(s, span->until ? WISMO_SAY_NOT_AFTER : WISMO_SAY_NOT_BEFORE,
                  text, text);
        return;
    }

    wismo_say_date(s, span->first.wall, &args[0]);

    if (span->hours) {
        wismo_say_clock(s, span->first.wall, &args[1]);
        wismo_say_clock(s, span->second.wall, &args[2]);
        wismo_say(s, WISMO_SAY_HOURS, args, text);

        if (span->first.basis == WISMO_BASIS_UTC) {
            wismo_say(s, WISMO_SAY_UTC, text, text);
        }

        return;
    }

    if (wismo_view_day(span->first.wall) != wismo_view_day(span->second.wall))
    {
        wismo_say_date(s, span->second.wall, &args[1]);
        wismo_say(s, WISMO_SAY_DAYS, args, text);
        return;
    }

    *text = args[0];
}


/* The hours alone, for where the day is said already. */

static void
wismo_view_span_hours(wismo_viewer_t *v, const wismo_view_span_t *span,
    wismo_str_t *text)
{
    wismo_str_t  args[2];

    wismo_say_clock(&v->speech, span->second.wall, &args[1]);

    if (span->first.wall == span->second.wall) {
        wismo_say(&v->speech, WISMO_SAY_NOT_AFTER, &args[1], text);

    } else {
        wismo_say_clock(&v->speech, span->first.wall, &args[0]);
        wismo_say(&v->speech, WISMO_SAY_WINDOW, args, text);
    }

    wismo_view_by_clock(v, span->first.basis, text);
}


/*
 * The answer in one sentence, while all goes well or late but surely; who has
 * to act, and what went wrong, is said by the status.
 */

static void
wismo_view_sentence(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_view_span_t *span, const wismo_substatus_t *row)
{
    bool         several;
    wismo_say_e  say;
    wismo_str_t  text;

    several = wismo_view_day(span->first.wall)
              != wismo_view_day(span->second.wall);

    if (row->status == WISMO_DELAYED) {
        say = WISMO_SAY_DELAYED_TO;

    } else if (row->severity == WISMO_GREEN
               && row->status <= WISMO_IN_TRANSIT)
    {
        say = several ? WISMO_SAY_ARRIVING_BETWEEN
              : span->from ? WISMO_SAY_ARRIVING
              : WISMO_SAY_ARRIVING_BY;

    } else {
        return;
    }

    if (!span->until) {
        return;
    }

    if (several) {
        text = d->text;

    } else {
        wismo_say_date_long(&v->speech, span->first.wall, &text);
    }

    wismo_say(&v->speech, say, &text, &d->sentence);

    if (span->hours) {
        wismo_view_span_hours(v, span, &d->window);
    }
}


static void
wismo_view_sure(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_json_t *estimate, const wismo_view_span_t *span)
{
    wismo_str_t  source, outlook;

    source = wismo_json_str(estimate, "source");
    outlook = wismo_json_str(v->order, "outlook");

    if (wismo_str_is(&outlook, "predicted_late")) {
        d->sure = *wismo_view_word(v, SURE_LATE);
        return;
    }

    if (wismo_str_is(&source, "predicted")) {
        d->sure = *wismo_view_word(v, SURE_PREDICTED);

    } else if (span->hours && span->first.wall != span->second.wall) {
        d->sure = *wismo_view_word(v, SURE_WINDOW);

    } else {
        d->sure = *wismo_view_word(v, SURE_CARRIER);
    }
}


static void
wismo_view_changed(wismo_viewer_t *v, wismo_view_date_t *d,
    const wismo_json_t *first, const wismo_view_span_t *span)
{
    int64_t            was, is;
    wismo_view_span_t  former;

    if (!wismo_view_span(first, &former)) {
        return;
    }

    was = wismo_view_day(former.second.wall);
    is = wismo_view_day(span->second.wall);

    if (was == is) {
        return;
    }

    wismo_view_span_text(v, &former, &d->changed);
    wismo_say(&v->speech, is > was ? WISMO_SAY_LATER : WISMO_SAY_EARLIER,
              &d->changed, &d->changed);
}


/*
 * What a shop promised, by the clock of who it was promised to: where nobody
 * knows that, days are told and no hours.
 */

static bool
wismo_view_promise(wismo_viewer_t *v, wismo_str_t *text, int64_t *last)
{
    const wismo_json_t  *promised;
    wismo_view_span_t    span;

    promised = wismo_json_get(v->order, "promised");

    span.from = wismo_view_time(promised, "from", &span.first);
    span.until = wismo_view_time(promised, "until", &span.second);

    if (!span.from && !span.until) {
        return false;
    }

    if (!span.from) {
        span.first = span.second;
    }

    if (!span.until) {
        span.second = span.first;
    }

    wismo_view_span_days(&span, span.second.basis);

    if (span.second.basis == WISMO_BASIS_UTC) {
        span.hours = false;
    }

    if (last) {
        *last = span.last;
    }

    wismo_view_span_text(v, &span, text);

    return true;
}


static void
wismo_view_by_clock(wismo_viewer_t *v, unsigned basis, wismo_str_t *text)
{
    wismo_say(&v->speech, basis == WISMO_BASIS_UTC ? WISMO_SAY_UTC
                                                   : WISMO_SAY_LOCAL,
              text, text);
}
