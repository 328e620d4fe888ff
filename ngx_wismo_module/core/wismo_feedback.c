
/*
 * Copyright (C) The Wismo authors
 *
 * Feedback: what the form sends, and what is kept of it.  Called by the
 * fetcher when it takes a letter, and by "wismo order show".
 *
 * Words are a stranger's: they are cut, cleaned and escaped before they get
 * anywhere.
 */


#include "wismo_feedback.h"
#include "wismo_form.h"
#include "wismo_order.h"


#define WISMO_FEEDBACK_NODES  16


int
wismo_feedback_form(wismo_pool_t *pool, const wismo_str_t *form,
    wismo_feedback_t *feedback)
{
    char         *buf;
    wismo_str_t   value;

    memset(feedback, 0, sizeof(wismo_feedback_t));

    buf = wismo_palloc(pool, WISMO_COMMENT_MAX);

    if (buf == NULL) {
        return WISMO_ERROR;
    }

    if (wismo_form_value(form, "arrived", buf, 8, &value) == WISMO_OK) {

        if (wismo_str_is(&value, "yes")) {
            feedback->arrived = WISMO_ARRIVED_YES;

        } else if (wismo_str_is(&value, "no")) {
            feedback->arrived = WISMO_ARRIVED_NO;
        }
    }

    if (wismo_form_value(form, "rating", buf, 1, &value) == WISMO_OK
        && value.len == 1 && buf[0] >= '1' && buf[0] <= '0' + WISMO_RATING_MAX)
    {
        feedback->rating = buf[0] - '0';
    }

    if (wismo_form_value(form, "comment", buf, WISMO_COMMENT_MAX, &value)
        == WISMO_OK)
    {
        if (wismo_clean_words(pool, &value, WISMO_COMMENT_MAX) != WISMO_OK) {
            return WISMO_ERROR;
        }

        feedback->comment = value;
    }

    return (feedback->arrived || feedback->rating || feedback->comment.len)
           ? WISMO_OK : WISMO_DECLINED;
}


void
wismo_feedback_write(wismo_out_t *out, const wismo_feedback_t *feedback)
{
    wismo_out_text(out, "{\"at\":\"");
    wismo_time_out_utc(out, feedback->at);
    wismo_out_text(out, "\",\"arrived\":");

    switch (feedback->arrived) {

    case WISMO_ARRIVED_YES:
        wismo_out_text(out, "true");
        break;

    case WISMO_ARRIVED_NO:
        wismo_out_text(out, "false");
        break;

    default:
        wismo_out_text(out, "null");
    }

    wismo_out_text(out, ",\"rating\":");

    if (feedback->rating) {
        wismo_out_int(out, feedback->rating);

    } else {
        wismo_out_text(out, "null");
    }

    wismo_out_text(out, ",\"comment\":");

    if (feedback->comment.len) {
        wismo_out_json_str(out, &feedback->comment);

    } else {
        wismo_out_text(out, "null");
    }

    wismo_out_text(out, "}");
}


int
wismo_feedback_read(wismo_pool_t *pool, const wismo_str_t *json,
    wismo_feedback_t *feedback)
{
    int                  rc;
    wismo_str_t          text;
    wismo_when_t         when;
    wismo_json_t        *object;
    wismo_error_t        err;
    const wismo_json_t  *value;

    memset(feedback, 0, sizeof(wismo_feedback_t));

    rc = wismo_json_read(pool, json, WISMO_FEEDBACK_NODES, &object, &err);

    if (rc != WISMO_OK) {
        return rc;
    }

    text = wismo_json_str(object, "at");
    feedback->at = (wismo_time_iso(&text, &when) == WISMO_OK)
                   ? when.utc : WISMO_TIME_NONE;

    feedback->comment = wismo_json_str(object, "comment");

    value = wismo_json_get(object, "arrived");

    if (value && value->type == WISMO_JSON_TRUE) {
        feedback->arrived = WISMO_ARRIVED_YES;

    } else if (value && value->type == WISMO_JSON_FALSE) {
        feedback->arrived = WISMO_ARRIVED_NO;
    }

    value = wismo_json_get(object, "rating");

    if (value && value->type == WISMO_JSON_NUMBER && value->text.len == 1) {
        feedback->rating = value->text.data[0] - '0';
    }

    return WISMO_OK;
}
