
/*
 * Copyright (C) The Wismo authors
 *
 * Catalogues of words: takes html/locales/xx.json, checks that nothing is
 * missing, and cuts phrases with {places} into pieces, so that a page view
 * only copies bytes.  Called when the configuration is loaded; the view model
 * then speaks with wismo_say.c.
 *
 * It must never let an incomplete catalogue through: a page has no fallback
 * for a word that is not there.
 */


#include "wismo_words_int.h"

#include <stdio.h>


typedef struct {
    const char  *path;
    const char  *args;
} wismo_say_def_t;


static const wismo_json_t *wismo_words_find(wismo_catalogue_t *c,
    const char *path, wismo_json_type_e type);
static int wismo_words_list(wismo_catalogue_t *c, const char *path,
    unsigned n, wismo_str_t *list);
static int wismo_words_phrase(wismo_catalogue_t *c,
    const wismo_say_def_t *def, wismo_phrase_t *phrase,
    const wismo_phrase_t **plurals);
static int wismo_words_cut(wismo_catalogue_t *c, const wismo_say_def_t *def,
    const wismo_str_t *text, bool spare, wismo_phrase_t *phrase);
static int wismo_words_wrong(wismo_catalogue_t *c, const wismo_json_t *json,
    const char *path, wismo_json_type_e type);
static int wismo_words_arg(const char *args, const void *name, size_t len);
static int wismo_words_locale(wismo_catalogue_t *c, wismo_words_t *words);
static int wismo_words_statuses(wismo_catalogue_t *c, wismo_words_t *words);
static int wismo_words_returns(wismo_catalogue_t *c, wismo_words_t *words);
static int wismo_words_others(wismo_catalogue_t *c, wismo_words_t *words);
static int wismo_words_model(wismo_catalogue_t *c, wismo_words_t *words);
static void wismo_words_event(wismo_words_t *words);
static bool wismo_words_plain(const wismo_words_t *words);
static bool wismo_words_all_plain(const wismo_str_t *texts, unsigned n);
static bool wismo_words_phrase_plain(const wismo_phrase_t *phrase);


/* In the order of wismo_say_e, with the arguments in theirs. */

static const wismo_say_def_t  wismo_say_defs[WISMO_SAY_MAX] = {
    { "phrases.date_time", "date time" },
    { "phrases.utc", "time" },
    { "phrases.local", "time" },
    { "phrases.days", "from until" },
    { "phrases.hours", "date from until" },
    { "phrases.not_before", "time" },
    { "phrases.not_after", "time" },
    { "phrases.arriving", "date" },
    { "phrases.arriving_between", "dates" },
    { "phrases.arriving_by", "date" },
    { "phrases.delayed_to", "date" },
    { "phrases.delivered_on", "date" },
    { "phrases.window", "from until" },
    { "phrases.later", "date" },
    { "phrases.earlier", "date" },
    { "phrases.order", "order" },
    { "phrases.placed", "date" },
    { "phrases.promise", "date" },
    { "phrases.parcel", "n total" },
    { "phrases.return", "n total" },
    { "phrases.parcel_task", "parcel task" },
    { "phrases.step", "n total step" },
    { "phrases.parcels_delivered", "n total" },
    { "phrases.pieces_delivered", "n total" },
    { "phrases.unshipped", "n" },
    { "phrases.quantity", "n" },
    { "phrases.scans", "n" },
    { "phrases.pickup_by", "time" },
    { "phrases.pickup_at", "place" },
    { "phrases.destination", "place" },
    { "phrases.carrier_link", "carrier" },
    { "phrases.partner", "carrier" },
    { "phrases.stars", "n total" },
    { "phrases.stale", "time" },
    { "phrases.late", "time" },
    { "phrases.late_carrier", "carrier time" },
    { "phrases.link_until", "date" },
    { "sources.poll", "carrier" },
    { "sources.push", "carrier" },
    { "sources.import", "" },
    { "sources.api", "" }
};


/* In the order of wismo_word_e. */

static const char *const  wismo_word_paths[WISMO_WORD_MAX] = {
    "lang",
    "dir",
    "words.estimate",
    "words.promised",
    "words.was_expected",
    "words.delivered_on",
    "words.no_date",
    "words.no_date_title",
    "words.no_date_ordered",
    "words.no_date_carrier",
    "words.no_date_over",
    "words.sure_carrier",
    "words.sure_window",
    "words.sure_shop",
    "words.sure_predicted",
    "words.sure_late",
    "words.never_scanned",
    "words.never_checked",
    "words.no_next_check",
    "words.no_source",
    "words.time_unknown",
    "words.note_utc",
    "words.note_local",
    "words.carrier_update",
    "words.parcel_only",
    "words.return_only",
    "steps.collect",
    "steps.done",
    "steps.current",
    "steps.todo",
    "acts.recipient",
    "acts.merchant",
    "acts.carrier",
    "lookup.email",
    "lookup.postcode",
    "lookup.phone",
    "lookup.proof",
    "lookup.proof_optional",
    "lookup.order_missing",
    "lookup.proof_missing",
    "lookup.no_match"
};


/* What our own templates take from "t". */

static const char *const  wismo_word_labels[] = {
    "skip", "track_another", "calendar", "details", "progress", "next",
    "parcels", "no_parcels", "returns", "items", "items_parcel",
    "items_return", "carrier", "service",
    "tracking_number", "copy", "copied", "carrier_page", "route", "route_from",
    "route_here", "route_to", "history", "no_history", "carrier_words",
    "signed_for", "returning", "pickup_code", "qr", "pickup_hours",
    "freshness", "last_scan", "last_check", "next_check", "source", "help",
    "contact", "contact_hint", "feedback", "arrived", "yes", "no", "rating",
    "rating_low", "rating_high", "comment", "send", "thanks", "minimal",
    "minimal_body", "order_number", "order_hint", "track", "share_title",
    "share_body", "language", "privacy", "footer", "mail_open", "mail_why",
    "mail_stop", "mail_link", "mail_link_stranger", "stop", "start", "stopped",
    "link_ask", "link_hint", NULL
};


static const char *const  wismo_words_events[WISMO_EVENT_MAX] = {
    "is_new_day",
    "day_text",
    "label",
    "is_return",
    "text",
    "time_text",
    "iso",
    "zone_text",
    "place",
    "is_day_end",
    "is_latest",
    "date_text"
};

static const char *const  wismo_word_messages[WISMO_MESSAGES] = {
    "form", "not_found", "bad_link", "unavailable", "order_missing",
    "proof_missing", "no_match", "stop", "stopped", "mailed"
};


int
wismo_words_compile(wismo_pool_t *pool, const wismo_json_t *json,
    wismo_words_t **words, wismo_error_t *err)
{
    int                 rc;
    unsigned            i;
    wismo_words_t      *w;
    wismo_catalogue_t   c;

    *words = NULL;

    w = wismo_pcalloc(pool, sizeof(wismo_words_t));

    if (w == NULL) {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    c.pool = pool;
    c.json = json;
    c.err = err;

    for (i = 0; i < WISMO_WORD_MAX; i++) {
        if (wismo_words_text(&c, wismo_word_paths[i], &w->words[i])
            != WISMO_OK)
        {
            return WISMO_DECLINED;
        }
    }

    if (!wismo_str_is(&w->words[WISMO_WORD_DIR], "ltr")
        && !wismo_str_is(&w->words[WISMO_WORD_DIR], "rtl"))
    {
        wismo_error_set(err, "dir", "\"ltr\" or \"rtl\" is expected");
        return WISMO_DECLINED;
    }

    rc = wismo_words_locale(&c, w);

    for (i = 0; rc == WISMO_OK && i < WISMO_SAY_MAX; i++) {
        rc = wismo_words_phrase(&c, &wismo_say_defs[i], &w->phrases[i],
                                &w->plurals[i]);
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_list(&c, "steps.labels", WISMO_MILESTONES, w->steps);
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_statuses(&c, w);
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_returns(&c, w);
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_others(&c, w);
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_help(&c, w);
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_notices(&c, w);
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_model(&c, w);
    }

    if (rc == WISMO_OK) {
        w->plain = wismo_words_plain(w);
        wismo_words_event(w);
        *words = w;
    }

    return rc;
}


static void
wismo_words_event(wismo_words_t *words)
{
    size_t         len;
    unsigned       i;
    const char    *name;
    wismo_json_t  *member;

    for (i = 0; i < WISMO_EVENT_MAX; i++) {
        name = wismo_words_events[i];
        len = strlen(name);

        member = &words->event[i];

        member->type = WISMO_JSON_STRING;
        member->head = wismo_word_head(name, len);
        member->key = wismo_str_of(name);
    }

    words->event[WISMO_EVENT_DAY_TEXT].count = words->plain;
    words->event[WISMO_EVENT_DATE_TEXT].count = words->plain;
    words->event[WISMO_EVENT_TIME_TEXT].count = words->plain;
    words->event[WISMO_EVENT_ZONE_TEXT].count = words->plain;
}


static bool
wismo_words_plain(const wismo_words_t *words)
{
    unsigned                   i;
    const wismo_locale_t      *locale;
    const wismo_date_words_t  *calendar;

    locale = words->locale;

    for (i = 0; wismo_substatus_table()[i].name; i++) {
        if (!wismo_escape_plain(&words->statuses[i].scan)) {
            return false;
        }
    }

    for (i = 0; i < WISMO_RETURN_STATES; i++) {
        if (!wismo_escape_plain(&words->returns[i].headline)) {
            return false;
        }
    }

    /* dates of other years are put together as they come */

    for (i = 0; i < 4; i++) {
        calendar = i < 2 ? &locale->brief[i] : &locale->full[i - 2];

        if (!wismo_words_all_plain(calendar->weekdays, 7)
            || !wismo_words_all_plain(calendar->days, 32)
            || !wismo_words_all_plain(calendar->months, 12)
            || !wismo_words_phrase_plain(&calendar->phrase))
        {
            return false;
        }
    }

    return wismo_words_all_plain(words->words, WISMO_WORD_MAX)
           && wismo_words_all_plain(words->steps, WISMO_MILESTONES)
           && wismo_words_all_plain(words->return_steps, WISMO_RETURN_STEPS)
           && wismo_words_all_plain(locale->digits, 10)
           && wismo_words_all_plain(locale->clocks, WISMO_LOCALE_MINUTES);
}


static bool
wismo_words_all_plain(const wismo_str_t *texts, unsigned n)
{
    unsigned  i;

    for (i = 0; i < n; i++) {
        if (!wismo_escape_plain(&texts[i])) {
            return false;
        }
    }

    return true;
}


static bool
wismo_words_phrase_plain(const wismo_phrase_t *phrase)
{
    unsigned  i;

    for (i = 0; i < phrase->n; i++) {
        if (!wismo_escape_plain(&phrase->pieces[i].text)) {
            return false;
        }
    }

    return true;
}


/* How the language writes times and numbers, "formats" being ours to say. */

static int
wismo_words_locale(wismo_catalogue_t *c, wismo_words_t *words)
{
    int                  rc;
    wismo_str_t          tag;
    const wismo_json_t  *formats;

    formats = wismo_json_get(c->json, "formats");

    if (formats && formats->type != WISMO_JSON_OBJECT) {
        return wismo_words_wrong(c, formats, "formats", WISMO_JSON_OBJECT);
    }

    tag = words->words[WISMO_WORD_LANG];

    rc = wismo_locale_make(c->pool, &tag, formats, &words->locale, c->err);

    if (rc != WISMO_OK) {
        return rc;
    }

    c->locale = words->locale;

    if (words->locale->rtl != wismo_str_is(&words->words[WISMO_WORD_DIR],
                                           "rtl"))
    {
        wismo_error_set(c->err, "dir", "\"%.*s\" is written from %s",
                        (int) tag.len, (char *) tag.data,
                        words->locale->rtl ? "right to left: \"rtl\""
                                           : "left to right: \"ltr\"");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static int
wismo_words_statuses(wismo_catalogue_t *c, wismo_words_t *words)
{
    char                      path[128];
    unsigned                  i, n;
    const wismo_json_t       *status, *sub;
    wismo_status_words_t     *w;
    const wismo_substatus_t  *row;

    row = wismo_substatus_table();

    for (n = 0; row[n].name; n++) { /* void */ }

    words->statuses = wismo_pcalloc(c->pool,
                                    n * sizeof(wismo_status_words_t));

    if (words->statuses == NULL) {
        wismo_error_set(c->err, "", "out of memory");
        return WISMO_ERROR;
    }

    status = wismo_json_get(c->json, "status");

    for (i = 0; i < n; i++) {
        w = &words->statuses[i];

        (void) snprintf(path, sizeof(path), "status.%s.%s.headline",
                        row[i].name, row[i].sub);

        if (wismo_words_text(c, path, &w->headline) != WISMO_OK) {
            return WISMO_DECLINED;
        }

        (void) snprintf(path, sizeof(path), "status.%s.%s.next",
                        row[i].name, row[i].sub);

        if (wismo_words_text(c, path, &w->next) != WISMO_OK) {
            return WISMO_DECLINED;
        }

        sub = wismo_json_get(wismo_json_get(status, row[i].name), row[i].sub);
        w->scan = wismo_json_str(sub, "scan");

        if (w->scan.len == 0) {
            w->scan = w->headline;
        }
    }

    return WISMO_OK;
}


static int
wismo_words_returns(wismo_catalogue_t *c, wismo_words_t *words)
{
    char                   path[128];
    unsigned               i;
    wismo_status_words_t  *w;

    for (i = 0; i < WISMO_RETURN_STATES; i++) {
        w = &words->returns[i];

        (void) snprintf(path, sizeof(path), "returns.%s.headline",
                        wismo_return_name((wismo_return_e) i));

        if (wismo_words_text(c, path, &w->headline) != WISMO_OK) {
            return WISMO_DECLINED;
        }

        (void) snprintf(path, sizeof(path), "returns.%s.next",
                        wismo_return_name((wismo_return_e) i));

        if (wismo_words_text(c, path, &w->next) != WISMO_OK) {
            return WISMO_DECLINED;
        }

        w->scan = w->headline;
    }

    return wismo_words_list(c, "steps.returns", WISMO_RETURN_STEPS,
                            words->return_steps);
}


static int
wismo_words_others(wismo_catalogue_t *c, wismo_words_t *words)
{
    char         path[128];
    unsigned     i;
    wismo_str_t  text;

    for (i = WISMO_TO_NONE + 1; i <= WISMO_TO_RETURNED_TO_SENDER; i++) {
        (void) snprintf(path, sizeof(path), "delivered_to.%s",
                        wismo_to_name((wismo_to_e) i));

        if (wismo_words_text(c, path, &words->to[i]) != WISMO_OK) {
            return WISMO_DECLINED;
        }
    }

    for (i = 0; i < WISMO_MESSAGES; i++) {
        words->messages[i].kind = wismo_word_messages[i];

        (void) snprintf(path, sizeof(path), "messages.%s.headline",
                        wismo_word_messages[i]);

        if (wismo_words_text(c, path, &words->messages[i].headline)
            != WISMO_OK)
        {
            return WISMO_DECLINED;
        }

        (void) snprintf(path, sizeof(path), "messages.%s.body",
                        wismo_word_messages[i]);

        if (wismo_words_text(c, path, &words->messages[i].body) != WISMO_OK) {
            return WISMO_DECLINED;
        }
    }

    for (i = 0; wismo_word_labels[i]; i++) {
        (void) snprintf(path, sizeof(path), "t.%s", wismo_word_labels[i]);

        if (wismo_words_text(c, path, &text) != WISMO_OK) {
            return WISMO_DECLINED;
        }
    }

    if (wismo_json_get(c->json, "carriers") == NULL) {
        return WISMO_OK;
    }

    words->carriers = wismo_words_find(c, "carriers", WISMO_JSON_OBJECT);

    return words->carriers ? WISMO_OK : WISMO_DECLINED;
}


static int
wismo_words_model(wismo_catalogue_t *c, wismo_words_t *words)
{
    wismo_json_t        *model, *t;
    const wismo_json_t  *labels;

    labels = wismo_words_find(c, "t", WISMO_JSON_OBJECT);

    if (labels == NULL) {
        return WISMO_DECLINED;
    }

    model = wismo_json_new(c->pool, WISMO_JSON_OBJECT);

    (void) wismo_json_add_str(c->pool, model, "lang",
                              &words->words[WISMO_WORD_LANG]);
    (void) wismo_json_add_str(c->pool, model, "dir",
                              &words->words[WISMO_WORD_DIR]);

    t = wismo_json_add(c->pool, model, "t", WISMO_JSON_OBJECT);

    if (t == NULL || model->count != 3) {
        wismo_error_set(c->err, "", "out of memory");
        return WISMO_ERROR;
    }

    /* the labels are the catalogue's own nodes: only their parent is new */

    t->first = labels->first;
    t->last = labels->last;
    t->count = labels->count;

    words->model = model;

    return WISMO_OK;
}


const wismo_json_t *
wismo_words_constants(const wismo_words_t *words)
{
    return words->model;
}


const wismo_str_t *
wismo_words_lang(const wismo_words_t *words)
{
    return &words->words[WISMO_WORD_LANG];
}


const wismo_str_t *
wismo_words_name(const wismo_words_t *words)
{
    return &words->locale->name;
}


bool
wismo_words_has_total(wismo_say_e say)
{
    return wismo_words_arg(wismo_say_defs[say].args, "total", 5) >= 0;
}


static const wismo_json_t *
wismo_words_find(wismo_catalogue_t *c, const char *path,
    wismo_json_type_e type)
{
    char                 name[64];
    size_t               len;
    const char          *p;
    const wismo_json_t  *v;

    v = c->json;

    for (p = path; v && *p; p += len + (p[len] == '.')) {
        len = strcspn(p, ".");

        (void) snprintf(name, sizeof(name), "%.*s", (int) len, p);

        v = wismo_json_get(v, name);
    }

    if (v && (v->type == type || type == WISMO_JSON_NULL)) {
        return v;
    }

    (void) wismo_words_wrong(c, v, path, type);

    return NULL;
}


static int
wismo_words_wrong(wismo_catalogue_t *c, const wismo_json_t *json,
    const char *path, wismo_json_type_e type)
{
    if (json == NULL) {
        wismo_error_set(c->err, path, "the catalogue lacks \"%s\"", path);

    } else {
        wismo_error_set(c->err, path, "\"%s\" is to be %s", path,
                        type == WISMO_JSON_STRING ? "a string"
                        : type == WISMO_JSON_ARRAY ? "an array"
                        : "an object");
    }

    return WISMO_DECLINED;
}


int
wismo_words_text(wismo_catalogue_t *c, const char *path, wismo_str_t *text)
{
    const wismo_json_t  *v;

    v = wismo_words_find(c, path, WISMO_JSON_STRING);

    if (v == NULL) {
        return WISMO_DECLINED;
    }

    if (v->text.len == 0) {
        wismo_error_set(c->err, path, "\"%s\" is empty", path);
        return WISMO_DECLINED;
    }

    *text = v->text;

    return WISMO_OK;
}


static int
wismo_words_list(wismo_catalogue_t *c, const char *path, unsigned n,
    wismo_str_t *list)
{
    unsigned             i;
    const wismo_json_t  *v, *item;

    v = wismo_words_find(c, path, WISMO_JSON_ARRAY);

    if (v == NULL) {
        return WISMO_DECLINED;
    }

    i = 0;

    for (item = v->first; item && i < n; item = item->next) {

        if (item->type != WISMO_JSON_STRING || item->text.len == 0) {
            break;
        }

        list[i++] = item->text;
    }

    if (i != n || item) {
        wismo_error_set(c->err, path, "\"%s\" is to have %u strings", path, n);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


/*
 * A phrase, or one for each plural that the language has.  Large numbers may
 * have a plural of their own, which is not worth a translator's time: then it
 * is as the others are.
 */

static int
wismo_words_phrase(wismo_catalogue_t *c, const wismo_say_def_t *def,
    wismo_phrase_t *phrase, const wismo_phrase_t **plurals)
{
    int                  rc;
    char                 path[128];
    unsigned             i;
    const char          *name;
    const wismo_json_t  *v, *other;
    wismo_phrase_t      *forms;

    v = wismo_words_find(c, def->path, WISMO_JSON_NULL);

    if (v == NULL) {
        return WISMO_DECLINED;
    }

    if (v->type == WISMO_JSON_STRING && v->text.len) {
        return wismo_words_cut(c, def, &v->text, false, phrase);
    }

    other = wismo_words_plural(v);

    if (other == NULL || wismo_words_arg(def->args, "n", 1) < 0) {
        return wismo_words_wrong(c, v, def->path, WISMO_JSON_STRING);
    }

    rc = wismo_words_cut(c, def, &other->text, false, phrase);

    if (rc != WISMO_OK) {
        return rc;
    }

    forms = wismo_pcalloc(c->pool, WISMO_PLURALS * sizeof(wismo_phrase_t));

    if (forms == NULL) {
        wismo_error_set(c->err, "", "out of memory");
        return WISMO_ERROR;
    }

    *plurals = forms;

    for (i = 0; i < WISMO_PLURALS; i++) {
        forms[i] = *phrase;

        name = wismo_plural_name((wismo_plural_e) i);
        other = wismo_json_get(v, name);

        (void) snprintf(path, sizeof(path), "%s.%s", def->path, name);

        if (other == NULL && (c->locale->used & (1u << i))) {
            return wismo_words_wrong(c, NULL, path, WISMO_JSON_STRING);
        }

        if (other == NULL || i == WISMO_PLURAL_OTHER) {
            continue;
        }

        if (!(c->locale->used & (1u << i)) && i != c->locale->million) {
            wismo_error_set(c->err, path, "\"%s\": the language has no such "
                            "plural", path);
            return WISMO_DECLINED;
        }

        memset(&forms[i], 0, sizeof(wismo_phrase_t));

        rc = wismo_words_cut(c, def, &other->text, true, &forms[i]);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    return WISMO_OK;
}


/* "spare": the number may be left out, as in "one more parcel". */

static int
wismo_words_cut(wismo_catalogue_t *c, const wismo_say_def_t *def,
    const wismo_str_t *text, bool spare, wismo_phrase_t *phrase)
{
    int                   arg;
    unsigned              seen, all;
    const char           *p;
    wismo_piece_t        *piece;
    const unsigned char  *open, *close, *pos, *end;

    pos = text->data;
    end = pos + text->len;
    seen = 0;

    for ( ;; ) {
        piece = &phrase->pieces[phrase->n++];
        piece->arg = -1;
        piece->text.data = (unsigned char *) pos;

        open = memchr(pos, '{', (size_t) (end - pos));

        if (open == NULL) {
            piece->text.len = (size_t) (end - pos);
            break;
        }

        piece->text.len = (size_t) (open - pos);

        close = memchr(open, '}', (size_t) (end - open));

        arg = close ? wismo_words_arg(def->args, open + 1,
                                      (size_t) (close - open - 1))
                    : -1;

        if (arg < 0 || (seen & (1u << arg))) {
            goto wrong;
        }

        seen |= 1u << arg;
        piece->arg = arg;
        pos = close + 1;
    }

    arg = 0;

    for (p = def->args; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        arg++;
    }

    all = (1u << arg) - 1;

    if (spare) {
        arg = wismo_words_arg(def->args, "total", 5);
        seen |= 1u << (arg < 0 ? wismo_words_arg(def->args, "n", 1) : arg);
    }

    if (seen == all) {
        return WISMO_OK;
    }

wrong:

    wismo_error_set(c->err, def->path, "\"%s\" is to have each of these "
                    "places once, and no other: %s", def->path,
                    def->args[0] ? def->args : "(none)");

    return WISMO_DECLINED;
}


static int
wismo_words_arg(const char *args, const void *name, size_t len)
{
    int          i;
    size_t       n;
    const char  *p;

    i = 0;

    for (p = args; *p; p += n, p += strspn(p, " ")) {
        n = strcspn(p, " ");

        if (n == len && memcmp(p, name, len) == 0) {
            return i;
        }

        i++;
    }

    return -1;
}
