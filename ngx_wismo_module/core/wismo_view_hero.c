
/*
 * Copyright (C) The Wismo authors
 *
 * The head of a view model: the sentence that answers, who acts, what happens
 * next, and the steps so far.  Called by wismo_view.c only.
 *
 * Bad news are never hidden behind good ones, and a step is not taken before
 * every parcel has taken it.
 */


#include "wismo_view_make.h"


/*
 * Bad news come first, and with the parcel they are about: "status" becomes
 * that of the first one that has the worst.  Returns its number, 0 where
 * nothing is wrong, or with all of them the same, as when all are cancelled.
 */

unsigned
wismo_view_worst(wismo_viewer_t *v, wismo_view_status_t *status)
{
    unsigned                  n, first, same;
    wismo_str_t               severity;
    wismo_severity_e          worst;
    const wismo_json_t       *list, *json;
    wismo_view_status_t       other;
    const wismo_substatus_t  *row;

    severity = wismo_json_str(v->order, "severity");

    worst = wismo_str_is(&severity, "red") ? WISMO_RED
            : wismo_str_is(&severity, "amber") ? WISMO_AMBER : WISMO_GREEN;

    list = wismo_json_get(v->order, "parcels");

    if (worst == WISMO_GREEN || v->parcels < 2
        || status->row->status == WISMO_CANCELLED)
    {
        return 0;
    }

    n = 0;
    first = 0;
    same = 0;
    row = status->row;

    for (json = list->first; json; json = json->next) {

        if (wismo_view_is_return(json)) {
            continue;
        }

        n++;

        wismo_view_status(v, json, &other);

        if (first == 0 && other.row->severity == worst) {
            *status = other;
            first = n;
        }

        if (other.row == row) {
            same++;
        }
    }

    return same == n ? 0 : first;
}


wismo_json_t *
wismo_view_hero(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_view_status_t *status)
{
    wismo_act_e    turn;
    wismo_leg_e    leg;
    wismo_str_t    severity, act;
    wismo_json_t  *hero;

    leg = (v->returns && v->parcels == 0) ? WISMO_LEG_RETURN
                                          : WISMO_LEG_OUTBOUND;
    turn = wismo_leg_act(leg, status->row);

    hero = wismo_view_add(v, model, "hero", WISMO_JSON_OBJECT);

    severity = wismo_json_str(v->order, "severity");

    wismo_view_text(v, hero, "status", status->row->name);
    wismo_view_text(v, hero, "substatus", status->row->sub);
    wismo_view_text(v, hero, "tone", leg == WISMO_LEG_RETURN
                                     ? wismo_view_return_tone(status->row)
                                     : wismo_view_tone(&severity,
                                                       status->row));
    wismo_view_str(v, hero, "next", &status->words.next);

    wismo_str_null(&act);

    switch (turn) {

    case WISMO_ACT_RECIPIENT:
        act = *wismo_view_word(v, ACT_RECIPIENT);
        break;

    case WISMO_ACT_MERCHANT:
        act = *wismo_view_word(v, ACT_MERCHANT);
        break;

    case WISMO_ACT_CARRIER:
        act = *wismo_view_word(v, ACT_CARRIER);
        break;

    default:
        break;
    }

    wismo_view_bool(v, hero, "is_your_turn", turn == WISMO_ACT_RECIPIENT);
    wismo_view_str(v, hero, "act_text", &act);

    return hero;
}


/* The sentence that answers, with the status beside it if it says another. */

void
wismo_view_headline(wismo_viewer_t *v, wismo_json_t *hero,
    const wismo_view_status_t *status, const wismo_str_t *sentence)
{
    wismo_str_t  headline, none, args[2];

    wismo_str_null(&none);

    headline = status->words.headline;

    if (v->worst) {
        wismo_say_count(&v->speech, WISMO_SAY_PARCEL, v->worst, v->parcels,
                        &args[0]);
        args[1] = headline;
        wismo_say(&v->speech, WISMO_SAY_PARCEL_TASK, args, &headline);

    } else if (sentence->len) {
        wismo_view_str(v, hero, "headline", sentence);
        wismo_view_str(v, hero, "status_text",
                       status->row->status == WISMO_DELIVERED ? &none
                                                              : &headline);
        return;
    }

    wismo_view_str(v, hero, "headline", &headline);
    wismo_view_str(v, hero, "status_text", &none);
}


void
wismo_view_steps(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_view_status_t *status)
{
    char                      digits[2][WISMO_LOCALE_DIGITS];
    bool                      known, done, current;
    int64_t                   i, milestone;
    wismo_str_t               date, text, args[3];
    wismo_when_t              placed;
    wismo_json_t             *steps;
    const wismo_str_t        *label;
    const wismo_substatus_t  *row;

    row = status->row;

    milestone = wismo_json_int(v->order, "milestone", 0);

    /*
     * What has ended elsewhere stands at no step, unless others go on; those
     * of a return alone are on its card.
     */

    known = row->status != WISMO_CANCELLED
            && (!row->final || row->status == WISMO_DELIVERED
                || v->parcels > 1)
            && (v->parcels || v->returns == 0);

    steps = wismo_view_add(v, model, "steps", WISMO_JSON_ARRAY);
    wismo_view_bool(v, model, "has_steps", known);

    wismo_str_null(&text);

    if (!known) {
        wismo_view_str(v, model, "step_text", &text);
        return;
    }

    for (i = 0; i < WISMO_MILESTONES; i++) {
        label = &v->words->steps[i];

        if (i == WISMO_MILESTONES - 2
            && (row->status == WISMO_READY_FOR_PICKUP
                || strcmp(row->sub, "collected") == 0))
        {
            label = wismo_view_word(v, STEP_COLLECT);
        }

        /* the last step, once reached, is not where things stand but done */

        done = i < milestone || (i == milestone && i == WISMO_MILESTONES - 1);
        current = i == milestone && !done;

        wismo_str_null(&date);

        if (i == 0 && wismo_view_time(v->order, "placed_at", &placed)) {
            wismo_say_date(&v->speech, placed.wall, &date);

        } else if (i <= milestone && v->nsteps[i]
                   && v->nsteps[i] == v->parcels)
        {
            wismo_say_date(&v->speech, v->steps[i], &date);
        }

        if (i == milestone) {
            wismo_locale_number(v->words->locale, i + 1, digits[0], &args[0]);
            wismo_locale_number(v->words->locale, WISMO_MILESTONES, digits[1],
                                &args[1]);
            args[2] = *label;
            wismo_say(&v->speech, WISMO_SAY_STEP, args, &text);
        }

        wismo_view_step(v, steps, label, &date, done, current);
    }

    wismo_view_str(v, model, "step_text", &text);
}


void
wismo_view_step(wismo_viewer_t *v, wismo_json_t *steps,
    const wismo_str_t *label, const wismo_str_t *date, bool done,
    bool current)
{
    wismo_json_t  *step;

    step = wismo_view_add(v, steps, NULL, WISMO_JSON_OBJECT);
    wismo_view_bool(v, step, "is_done", done);
    wismo_view_bool(v, step, "is_current", current);
    wismo_view_said(v, step, "label", label);
    wismo_view_said(v, step, "state_text",
                    done ? wismo_view_word(v, STEP_DONE)
                    : current ? wismo_view_word(v, STEP_CURRENT)
                    : wismo_view_word(v, STEP_TODO));
    wismo_view_said(v, step, "date_text", date);
}
