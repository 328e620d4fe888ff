
/*
 * Copyright (C) The Wismo authors
 *
 * Catalogues: the tasks of the action slot, the questions below a page and
 * the stars of a rating.  Called by wismo_words.c when words are loaded;
 * what is made here is hung into models as it is.
 */


#include "wismo_words_int.h"

#include <stdio.h>


typedef struct {
    const char  *state;
    const char  *questions[3];
} wismo_words_help_t;


static int wismo_words_actions(wismo_catalogue_t *c, wismo_words_t *words);
static int wismo_words_faq(wismo_catalogue_t *c, wismo_words_t *words);
static int wismo_words_question(wismo_catalogue_t *c, wismo_json_t *faq,
    const char *question, const char *answer);
static int wismo_words_stars(wismo_catalogue_t *c, wismo_words_t *words);


static const char *const  wismo_word_actions[WISMO_ACTION_MAX] = {
    NULL, "pickup", "pay_order", "pay_customs", "documents", "address",
    "missed", "identity", "answer", "not_received"
};


/* In the order of wismo_help_e.  Each state has the question "where" first. */

static const wismo_words_help_t  wismo_word_help[WISMO_HELP_MAX] = {
    { "early", { "ships", "change", NULL } },
    { "moving", { "quiet", "moved", "away" } },
    { "out", { "hour", "away", NULL } },
    { "pickup", { "other", "kept", NULL } },
    { "missed", { "again", "other", NULL } },
    { "late", { "quiet", "lost", NULL } },
    { "trouble", { "solve", "refund", NULL } },
    { "back", { "refund", NULL, NULL } },
    { "done", { "broken", "return", NULL } },
    { "over", { "refund", NULL, NULL } }
};


int
wismo_words_help(wismo_catalogue_t *c, wismo_words_t *words)
{
    int  rc;

    rc = wismo_words_actions(c, words);

    if (rc == WISMO_OK) {
        rc = wismo_words_faq(c, words);
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_stars(c, words);
    }

    return rc;
}


static int
wismo_words_actions(wismo_catalogue_t *c, wismo_words_t *words)
{
    char                   path[64];
    unsigned               i, j;
    wismo_str_t           *texts[3];
    wismo_action_words_t  *action;

    static const char *const  names[] = { "title", "body", "link" };

    for (i = WISMO_ACTION_NONE + 1; i < WISMO_ACTION_MAX; i++) {
        action = &words->actions[i];
        action->kind = wismo_word_actions[i];

        texts[0] = &action->title;
        texts[1] = &action->body;
        texts[2] = &action->link;

        for (j = 0; j < 3; j++) {
            (void) snprintf(path, sizeof(path), "actions.%s.%s",
                            action->kind, names[j]);

            if (wismo_words_text(c, path, texts[j]) != WISMO_OK) {
                return WISMO_DECLINED;
            }
        }
    }

    return WISMO_OK;
}


/* The questions of each state are ready to be hung into a model. */

static int
wismo_words_faq(wismo_catalogue_t *c, wismo_words_t *words)
{
    int            rc;
    char           question[64], answer[64];
    unsigned       i, j;
    wismo_json_t  *faq;

    for (i = 0; i < WISMO_HELP_MAX; i++) {
        faq = wismo_json_new(c->pool, WISMO_JSON_ARRAY);

        words->faq[i] = faq;

        (void) snprintf(answer, sizeof(answer), "help.where_%s",
                        wismo_word_help[i].state);

        rc = wismo_words_question(c, faq, "help.where", answer);

        for (j = 0; rc == WISMO_OK && j < 3; j++) {

            if (wismo_word_help[i].questions[j] == NULL) {
                break;
            }

            (void) snprintf(question, sizeof(question),
                            "help.faq.%s.question",
                            wismo_word_help[i].questions[j]);
            (void) snprintf(answer, sizeof(answer), "help.faq.%s.answer",
                            wismo_word_help[i].questions[j]);

            rc = wismo_words_question(c, faq, question, answer);
        }

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    return WISMO_OK;
}


static int
wismo_words_question(wismo_catalogue_t *c, wismo_json_t *faq,
    const char *question, const char *answer)
{
    wismo_str_t    text;
    wismo_json_t  *item, *node;

    item = wismo_json_add(c->pool, faq, NULL, WISMO_JSON_OBJECT);

    if (wismo_words_text(c, question, &text) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    node = wismo_json_add_str(c->pool, item, "question", &text);

    if (node) {
        node->count = wismo_escape_plain(&text);
    }

    if (wismo_words_text(c, answer, &text) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    node = wismo_json_add_str(c->pool, item, "answer", &text);

    if (node == NULL) {
        wismo_error_set(c->err, "", "out of memory");
        return WISMO_ERROR;
    }

    node->count = wismo_escape_plain(&text);

    return WISMO_OK;
}


static int
wismo_words_stars(wismo_catalogue_t *c, wismo_words_t *words)
{
    int             i;
    char            n[WISMO_LOCALE_DIGITS], total[WISMO_LOCALE_DIGITS];
    wismo_str_t     text, args[2];
    wismo_json_t   *stars, *star;
    wismo_speech_t  s;

    wismo_speech_init(&s, c->pool, words, 0);
    wismo_locale_number(words->locale, WISMO_STARS, total, &args[1]);

    stars = wismo_json_new(c->pool, WISMO_JSON_ARRAY);

    words->stars = stars;

    for (i = 1; i <= WISMO_STARS; i++) {
        wismo_locale_number(words->locale, i, n, &args[0]);
        wismo_say(&s, WISMO_SAY_STARS, args, &text);

        star = wismo_json_add(c->pool, stars, NULL, WISMO_JSON_OBJECT);
        (void) wismo_json_add_int(c->pool, star, "n", i);

        if (wismo_json_add_str(c->pool, star, "text", &text) == NULL
            || s.failed)
        {
            wismo_error_set(c->err, "", "out of memory");
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}
