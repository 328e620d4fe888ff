
/*
 * Copyright (C) The Wismo authors
 *
 * What the shopper sends back, in a view model: the words, tone and steps of
 * a return's card, and the line that says at the top of the page how it
 * stands.  Called by the other files of the view.
 *
 * A return never changes what is said of the parcels that went out: they have
 * arrived all the same.
 */


#include "wismo_view_make.h"


static const wismo_json_t *wismo_view_return_least(
    const wismo_viewer_t *v, const wismo_substatus_t **row);


/* How many parcels go which way. */

void
wismo_view_legs(wismo_viewer_t *v)
{
    const wismo_json_t  *list, *json;

    list = wismo_json_get(v->order, "parcels");

    if (list == NULL || list->type != WISMO_JSON_ARRAY) {
        return;
    }

    for (json = list->first; json; json = json->next) {

        if (wismo_view_is_return(json)) {
            v->returns++;

        } else {
            v->parcels++;
        }
    }
}


/*
 * The first of the returns that are not back.  Rows are as a parcel's status
 * says, so that a view depends on no other member.
 */

static const wismo_json_t *
wismo_view_return_least(const wismo_viewer_t *v,
    const wismo_substatus_t **row)
{
    const wismo_json_t        *list, *json, *first;
    wismo_view_status_t        status;
    const wismo_substatus_t   *other;

    first = NULL;
    list = wismo_json_get(v->order, "parcels");

    for (json = list ? list->first : NULL; json; json = json->next) {

        if (!wismo_view_is_return(json)) {
            continue;
        }

        wismo_view_status(v, json, &status);
        other = status.row;

        if (first == NULL
            || (((*row)->final) && !other->final))
        {
            first = json;
            *row = other;
        }
    }

    return first;
}


void
wismo_view_return_words(const wismo_viewer_t *v,
    const wismo_substatus_t *row, wismo_status_words_t *words)
{
    *words = v->words->returns[wismo_return_of(row)];
}


const char *
wismo_view_return_tone(const wismo_substatus_t *row)
{
    switch (wismo_leg_severity(WISMO_LEG_RETURN, row)) {

    case WISMO_RED:
        return "bad";

    case WISMO_AMBER:
        return "warn";

    default:
        return row->status == WISMO_RETURNED ? "ok" : "info";
    }
}


/* "Your return", or "Return 1 of 2". */

void
wismo_view_return_title(wismo_viewer_t *v, unsigned n, wismo_str_t *title)
{
    *title = *wismo_view_word(v, RETURN_ONLY);

    if (v->returns > 1) {
        wismo_say_count(&v->speech, WISMO_SAY_RETURN, n, v->returns, title);
    }
}


/* Where nothing went out that is known of, the return is what it is about. */

void
wismo_view_return_alone(const wismo_viewer_t *v, wismo_view_status_t *status)
{
    if (v->parcels || v->returns == 0) {
        return;
    }

    (void) wismo_view_return_least(v, &status->row);
    wismo_view_return_words(v, status->row, &status->words);
}


void
wismo_view_returns(wismo_viewer_t *v, wismo_json_t *model)
{
    unsigned                  n;
    wismo_str_t               text, args[2];
    wismo_json_t             *returns;
    const wismo_json_t       *list, *json;
    wismo_status_words_t      words;
    const wismo_substatus_t  *row;

    returns = wismo_view_add(v, model, "returns", WISMO_JSON_ARRAY);
    wismo_view_bool(v, model, "has_returns", v->returns != 0);
    wismo_view_bool(v, model, "has_several_returns", v->returns > 1);

    wismo_str_null(&text);

    /* the headline says it if there is nothing else */

    if (v->returns && v->parcels) {
        row = NULL;
        (void) wismo_view_return_least(v, &row);
        wismo_view_return_words(v, row, &words);

        args[0] = *wismo_view_word(v, RETURN_ONLY);
        args[1] = words.headline;
        wismo_say(&v->speech, WISMO_SAY_PARCEL_TASK, args, &text);
    }

    wismo_view_str(v, model, "returns_text", &text);

    if (v->returns == 0) {
        return;
    }

    n = 0;
    list = wismo_json_get(v->order, "parcels");

    for (json = list->first; json; json = json->next) {
        if (wismo_view_is_return(json)) {
            wismo_view_parcel(v, returns, json, ++n);
        }
    }
}


void
wismo_view_return_steps(wismo_viewer_t *v, wismo_json_t *card,
    const wismo_json_t *json, const wismo_substatus_t *row,
    const int64_t *when)
{
    bool           done, current;
    int64_t        i, milestone;
    wismo_str_t    date;
    wismo_json_t  *steps;

    milestone = wismo_json_int(json, "milestone", 0);

    steps = wismo_view_add(v, card, "steps", WISMO_JSON_ARRAY);
    wismo_view_bool(v, card, "has_steps", row->status != WISMO_CANCELLED);

    if (row->status == WISMO_CANCELLED) {
        return;
    }

    for (i = 0; i < WISMO_RETURN_STEPS; i++) {
        done = i + 1 < milestone || milestone == WISMO_RETURN_STEPS;
        current = i + 1 == milestone && !done;

        wismo_str_null(&date);

        if ((done || current) && when[i] != WISMO_TIME_NONE) {
            wismo_say_date(&v->speech, when[i], &date);
        }

        wismo_view_step(v, steps, &v->words->return_steps[i], &date, done,
                        current);
    }
}
