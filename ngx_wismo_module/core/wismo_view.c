
/*
 * Copyright (C) The Wismo authors
 *
 * The view model: from a document's JSON and a catalogue to the tree that a
 * template walks.  The module calls it for each page it has to render, the
 * fetcher for each mail.
 *
 * The JSON came out of Redis: a member may be missing or of another type, and
 * then is treated as not said.  An object of the model has all the members
 * that docs/templates.md names, empty or not, since a template would find a
 * missing one in the object around it.  No time may be told without the clock
 * it is told by, and no link may be other than https.
 */


#include "wismo_view_make.h"
#include "wismo_sign.h"

#include <openssl/evp.h>


/* Nodes of a model are made so many at once. */
#define WISMO_VIEW_NODES     32

/* Addresses of an order, and the length of what they end in. */
#define WISMO_VIEW_PATHS     6
#define WISMO_VIEW_ENDINGS   32


static void wismo_view_init(wismo_viewer_t *v, wismo_pool_t *pool,
    const wismo_words_t *words, const wismo_view_ctx_t *ctx);
static wismo_json_t *wismo_view_page(wismo_viewer_t *v,
    const wismo_str_t *number);
static void wismo_view_order(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_str_t *number, const wismo_substatus_t *row);
static void wismo_view_parcels(wismo_viewer_t *v, wismo_json_t *model);
static void wismo_view_fresh(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_document_t *doc);
static void wismo_view_form(wismo_viewer_t *v, wismo_json_t *model,
    const char *kind);
static void wismo_view_constants(wismo_viewer_t *v, wismo_json_t *model);
wismo_rare static wismo_json_t *wismo_view_more(wismo_viewer_t *v,
    wismo_json_t *parent, uint64_t head, const char *name, size_t len,
    wismo_json_type_e type);


int
wismo_view_make(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_json_t *json, wismo_view_e view, const wismo_words_t *words,
    const wismo_view_ctx_t *ctx, wismo_json_t **model)
{
    bool                  full;
    wismo_str_t           number, sentence;
    wismo_json_t         *m, *hero;
    wismo_viewer_t        v;
    wismo_view_card_t     card;
    wismo_view_status_t   status, worst;

    wismo_view_init(&v, pool, words, ctx);

    v.view = view;
    v.order = json;
    v.updated = doc->updated_at;

    full = (view == WISMO_VIEW_FULL);

    number = wismo_json_str(json, "order");

    m = wismo_view_page(&v, &number);

    wismo_view_status(&v, json, &status);
    wismo_view_order(&v, m, &number, status.row);
    wismo_view_legs(&v);

    v.arrived = status.row->status == WISMO_DELIVERED
                && status.row->milestone == 4;

    worst = status;
    v.worst = wismo_view_worst(&v, &worst);
    wismo_view_return_alone(&v, &worst);

    wismo_view_contact(&v, &number, worst.row);
    wismo_view_data_order(&v, &number, status.row);

    hero = wismo_view_hero(&v, m, &worst);

    v.actions = wismo_view_add(&v, m, "actions", WISMO_JSON_ARRAY);

    /* what was sent back has arrived: this comes before who has not got it */

    wismo_view_returns(&v, m);
    wismo_view_parcels(&v, m);

    if (v.parcels + v.returns == 0) {
        memset(&card, 0, sizeof(wismo_view_card_t));
        card.json = json;
        card.row = status.row;
        wismo_view_action(&v, &card);
    }

    wismo_view_steps(&v, m, &status);
    wismo_view_date(&v, m, json, status.row, &v.delivered, &sentence);
    wismo_view_headline(&v, hero, &worst, &sentence);
    wismo_view_items(&v, m, full ? wismo_json_get(json, "items") : NULL,
                     NULL);
    wismo_view_bool(&v, m, "mail_stopped",
                    full && wismo_json_str(json, "mail_stopped_at").len != 0);
    wismo_view_blocks(&v, m, status.row,
                      status.row->severity != WISMO_GREEN
                      || worst.row->severity != WISMO_GREEN);
    wismo_view_help(&v, m, v.parcels ? worst.row : status.row);
    wismo_view_fresh(&v, m, doc);
    wismo_view_live(&v, m, doc, status.row);

    if (ctx->id.len) {
        wismo_view_feed(&v, m, doc, status.row);
    }

    wismo_view_data_done(&v, m);
    wismo_view_constants(&v, m);

    *model = v.speech.failed ? NULL : m;

    return v.speech.failed ? WISMO_ERROR : WISMO_OK;
}


int
wismo_view_message(wismo_pool_t *pool, const wismo_words_t *words,
    const char *kind, const wismo_view_ctx_t *ctx, wismo_json_t **model)
{
    unsigned                i;
    wismo_json_t           *m, *message;
    wismo_viewer_t          v;
    const wismo_message_t  *text;

    *model = NULL;

    for (i = 0; strcmp(words->messages[i].kind, kind) != 0; i++) {
        if (i == WISMO_MESSAGES - 1) {
            return WISMO_DECLINED;
        }
    }

    text = &words->messages[i];

    wismo_view_init(&v, pool, words, ctx);

    m = wismo_view_page(&v, NULL);

    message = wismo_view_add(&v, m, "message", WISMO_JSON_OBJECT);
    wismo_view_text(&v, message, "kind", text->kind);
    wismo_view_str(&v, message, "headline", &text->headline);
    wismo_view_str(&v, message, "body", &text->body);
    wismo_view_bool(&v, message, "is_stop", strcmp(kind, "stop") == 0);
    wismo_view_bool(&v, message, "is_stopped", strcmp(kind, "stopped") == 0);
    wismo_view_bool(&v, message, "is_mailed", strcmp(kind, "mailed") == 0);

    wismo_view_form(&v, m, text->kind);
    wismo_view_constants(&v, m);

    if (v.speech.failed) {
        return WISMO_ERROR;
    }

    *model = m;

    return WISMO_OK;
}


/* The look-up form: what it asks for besides the number, and its faults. */

static void
wismo_view_form(wismo_viewer_t *v, wismo_json_t *model, const char *kind)
{
    unsigned            i;
    wismo_out_t         label;
    wismo_str_t         text;
    wismo_json_t       *form, *field;
    const char         *autocomplete;
    const wismo_str_t  *error;

    /* what a browser fills in where one thing is asked for */

    static const char *const  names[WISMO_FACTORS] = {
        "email", "postal-code", "tel"
    };

    form = wismo_view_add(v, model, "form", WISMO_JSON_OBJECT);
    wismo_view_bool(v, form, "mail", v->ctx->mail);

    field = wismo_view_add(v, form, "order", WISMO_JSON_OBJECT);

    error = NULL;

    if (strcmp(kind, "no_match") == 0) {
        error = wismo_view_word(v, NO_MATCH);

    } else if (strcmp(kind, "order_missing") == 0) {
        error = wismo_view_word(v, ORDER_MISSING);
    }

    if (error) {
        wismo_view_str(v, field, "error", error);
    }

    if (v->ctx->factors == 0) {
        return;
    }

    wismo_out_init(&label, v->pool, 64);
    autocomplete = NULL;

    for (i = 0; i < WISMO_FACTORS; i++) {

        if (!(v->ctx->factors & (1U << i))) {
            continue;
        }

        if (label.pos != label.start) {
            wismo_out_text(&label, " / ");
        }

        autocomplete = autocomplete ? "on" : names[i];

        wismo_out_str(&label, &v->words->words[WISMO_WORD_FACTOR_EMAIL + i]);
    }

    if (label.failed) {
        v->speech.failed = true;
        return;
    }

    text.data = label.start;
    text.len = (size_t) (label.pos - label.start);

    field = wismo_view_add(v, form, "proof", WISMO_JSON_OBJECT);
    wismo_view_str(v, field, "label", &text);
    wismo_view_text(v, field, "autocomplete", autocomplete);
    wismo_view_str(v, field, "hint", v->ctx->proof
                                     ? wismo_view_word(v, PROOF)
                                     : wismo_view_word(v, PROOF_OPTIONAL));
    wismo_view_bool(v, field, "required", v->ctx->proof);

    if (strcmp(kind, "proof_missing") == 0) {
        error = wismo_view_word(v, PROOF_MISSING);

    } else if (strcmp(kind, "no_match") != 0) {
        error = NULL;
    }

    if (error) {
        wismo_view_str(v, field, "error", error);
    }
}


int
wismo_view_style_source(wismo_pool_t *pool, const wismo_template_t *template,
    char *buf)
{
    int             rc;
    wismo_out_t     out;
    wismo_str_t     style;
    unsigned char   digest[32], *p, *end, base64[45];

    static const char  open[] = "<style>", close[] = "</style>";

    wismo_out_init(&out, pool, 16384);

    rc = wismo_template_render(template, NULL, &out);

    if (rc != WISMO_OK) {
        return rc;
    }

    if ((size_t) (out.pos - out.start) < sizeof(close) - 1) {
        return WISMO_DECLINED;
    }

    style.data = NULL;
    end = out.pos - (sizeof(close) - 1);

    for (p = out.start; p <= end; p++) {

        if (style.data == NULL) {

            if (memcmp(p, open, sizeof(open) - 1) == 0) {
                style.data = p + sizeof(open) - 1;
            }

        } else if (memcmp(p, close, sizeof(close) - 1) == 0) {
            break;
        }
    }

    if (style.data == NULL || p > end) {
        return WISMO_DECLINED;
    }

    style.len = (size_t) (p - style.data);

    wismo_sha256(&style, digest);
    EVP_EncodeBlock(base64, digest, sizeof(digest));

    memcpy(buf, "'sha256-", 8);
    memcpy(buf + 8, base64, 44);
    buf[52] = '\'';

    return WISMO_OK;
}


static void
wismo_view_init(wismo_viewer_t *v, wismo_pool_t *pool,
    const wismo_words_t *words, const wismo_view_ctx_t *ctx)
{
    memset(v, 0, sizeof(wismo_viewer_t));

    wismo_speech_init(&v->speech, pool, words, ctx->now);

    v->pool = pool;
    v->words = words;
    v->ctx = ctx;
    v->checked = WISMO_TIME_NONE;
    v->scanned.wall = WISMO_TIME_NONE;
    v->delivered.wall = WISMO_TIME_NONE;
}


static wismo_json_t *
wismo_view_page(wismo_viewer_t *v, const wismo_str_t *number)
{
    size_t         n;
    unsigned       i;
    wismo_out_t    path;
    wismo_str_t    text;
    wismo_json_t  *m, *node;

    static const struct {
        const char  *name;
        const char  *ending;
    } paths[WISMO_VIEW_PATHS] = {
        { "page", "" },
        { "json", ".json" },
        { "calendar", ".ics" },
        { "feed", ".atom" },
        { "text", ".txt" },
        { "feedback", "/feedback" }
    };

    m = wismo_json_new(v->pool, WISMO_JSON_OBJECT);

    wismo_view_str(v, m, "brand", &v->ctx->brand);

    node = wismo_view_add(v, m, "urls", WISMO_JSON_OBJECT);
    wismo_view_str(v, node, "form", &v->ctx->base);

    if (number == NULL) {
        return m;
    }

    /* one text after another, each of them the page's path and an ending */

    n = v->ctx->base.len + number->len;

    wismo_out_init(&path, v->pool,
                   WISMO_VIEW_PATHS * n + WISMO_VIEW_ENDINGS);

    for (i = 0; i < WISMO_VIEW_PATHS; i++) {
        text.data = path.pos;

        wismo_out_str(&path, &v->ctx->base);
        wismo_out_str(&path, number);
        wismo_out_bytes(&path, paths[i].ending, strlen(paths[i].ending));

        if (path.failed) {
            v->speech.failed = true;
            return m;
        }

        text.len = (size_t) (path.pos - text.data);

        wismo_view_str(v, node, paths[i].name, &text);
    }

    return m;
}


static void
wismo_view_order(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_str_t *number, const wismo_substatus_t *row)
{
    wismo_str_t    text, place, city;
    wismo_out_t    out;
    wismo_when_t   when;
    wismo_json_t  *order;

    order = wismo_view_add(v, model, "order", WISMO_JSON_OBJECT);
    wismo_view_str(v, order, "number", number);

    if (v->ctx->parcel) {
        wismo_out_init(&out, v->pool, 64 + number->len);
        wismo_out_str(&out, wismo_view_word(v, PARCEL_ONLY));
        wismo_out_text(&out, " ");
        wismo_out_str(&out, number);

        v->speech.failed |= out.failed;

        text.data = out.start;
        text.len = (size_t) (out.pos - out.start);

    } else {
        wismo_say(&v->speech, WISMO_SAY_ORDER, number, &text);
    }

    wismo_view_str(v, order, "title", &text);

    wismo_str_null(&text);

    if (wismo_view_time(v->order, "placed_at", &when)) {
        wismo_say_date(&v->speech, when.wall, &text);
        wismo_say(&v->speech, WISMO_SAY_PLACED, &text, &text);
    }

    wismo_view_str(v, order, "placed_text", &text);

    wismo_str_null(&text);

    city = wismo_json_str(v->order, "city");
    place = wismo_json_str(v->order, "country");

    if (v->view == WISMO_VIEW_FULL && (city.len || place.len)) {
        wismo_out_init(&out, v->pool, city.len + place.len + 2);
        wismo_out_str(&out, &city);

        if (city.len && place.len) {
            wismo_out_text(&out, ", ");
        }

        wismo_out_str(&out, &place);

        v->speech.failed |= out.failed;

        text.data = out.start;
        text.len = (size_t) (out.pos - out.start);

        v->destination = text;

        if (row->final || row->status == WISMO_FAILED
            || row->status == WISMO_RETURNING)
        {
            wismo_str_null(&text);

        } else {
            wismo_say(&v->speech, WISMO_SAY_DESTINATION, &text, &text);
        }
    }

    wismo_view_str(v, order, "destination_text", &text);

    wismo_view_bool(v, model, "full", v->view == WISMO_VIEW_FULL);
    wismo_view_bool(v, model, "minimal", v->view == WISMO_VIEW_MINIMAL);

    /* a parcel's number is not to tell that there is an order */

    wismo_view_bool(v, model, "can_mail",
                    v->ctx->mail && v->view == WISMO_VIEW_MINIMAL
                    && !v->ctx->parcel);
}


static void
wismo_view_parcels(wismo_viewer_t *v, wismo_json_t *model)
{
    int64_t              total, unshipped;
    unsigned             n;
    wismo_str_t          text;
    wismo_json_t        *parcels;
    const wismo_json_t  *json, *p;

    json = wismo_json_get(v->order, "parcels");

    parcels = wismo_view_add(v, model, "parcels", WISMO_JSON_ARRAY);
    wismo_view_bool(v, model, "has_parcels", v->parcels != 0);
    wismo_view_bool(v, model, "has_several", v->parcels > 1);

    wismo_str_null(&text);

    total = wismo_json_int(v->order, "parcels_total", v->parcels);

    /* of those that are still to come: not the cancelled ones */

    if (v->parcels > 1 && total > 1) {
        wismo_say_count(&v->speech, WISMO_SAY_PARCELS_DELIVERED,
                        wismo_json_int(v->order, "parcels_delivered", 0),
                        total, &text);
    }

    wismo_view_str(v, model, "parcels_text", &text);

    wismo_str_null(&text);

    unshipped = wismo_json_int(v->order, "items_unshipped", 0);

    if (v->parcels && unshipped > 0) {
        wismo_say_count(&v->speech, WISMO_SAY_UNSHIPPED, unshipped, 0, &text);
    }

    wismo_view_str(v, model, "unshipped_text", &text);

    if (v->parcels == 0) {
        return;
    }

    n = 0;

    for (p = json->first; p; p = p->next) {
        if (!wismo_view_is_return(p)) {
            wismo_view_parcel(v, parcels, p, ++n);
        }
    }
}


static void
wismo_view_fresh(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_document_t *doc)
{
    bool           late;
    wismo_str_t    text, args[2];
    wismo_json_t  *fresh;

    fresh = wismo_view_add(v, model, "fresh", WISMO_JSON_OBJECT);

    text = *wismo_view_word(v, NEVER_SCANNED);

    if (v->scanned.wall != WISMO_TIME_NONE) {
        wismo_say_when(&v->speech, &v->scanned, &text);
    }

    wismo_view_str(v, fresh, "scan_text", &text);

    text = *wismo_view_word(v, NEVER_CHECKED);

    if (doc->checked_at != WISMO_TIME_NONE) {
        wismo_say_utc(&v->speech, doc->checked_at, &text);
    }

    wismo_view_str(v, fresh, "check_text", &text);

    text = *wismo_view_word(v, NO_NEXT_CHECK);

    if (doc->next_check_at != WISMO_TIME_NONE) {
        wismo_say_utc(&v->speech, doc->next_check_at, &text);
    }

    wismo_view_str(v, fresh, "next_text", &text);

    if (v->source.len == 0) {
        v->source = *wismo_view_word(v, NO_SOURCE);
    }

    wismo_view_str(v, fresh, "source_text", &v->source);

    late = !v->ctx->stale && doc->next_check_at != WISMO_TIME_NONE
           && v->ctx->now - WISMO_VIEW_LATE > doc->next_check_at;

    if (late && v->silent.len) {
        args[0] = v->silent;
        wismo_say_utc(&v->speech, v->since, &args[1]);
        wismo_say(&v->speech, WISMO_SAY_LATE_CARRIER, args, &text);

    } else if (late) {
        wismo_say(&v->speech, WISMO_SAY_LATE, &text, &text);

    } else if (v->ctx->stale) {
        wismo_say_utc(&v->speech,
                      doc->checked_at > doc->updated_at ? doc->checked_at
                                                        : doc->updated_at,
                      &text);
        wismo_say(&v->speech, WISMO_SAY_STALE, &text, &text);

    } else {
        wismo_str_null(&text);
    }

    wismo_view_bool(v, model, "stale", v->ctx->stale);
    wismo_view_bool(v, model, "late", late);
    wismo_view_str(v, model, "age_text", &text);
}


void
wismo_view_number(wismo_viewer_t *v, wismo_json_t *parent, const char *name,
    int64_t n)
{
    char          *buf;
    wismo_json_t  *node;

    buf = wismo_palloc(v->pool, WISMO_DIGITS);

    node = wismo_view_add(v, parent, name, WISMO_JSON_NUMBER);

    if (buf == NULL || node == NULL) {
        v->speech.failed = true;
        return;
    }

    wismo_digits(buf, n, &node->text);
}


/* The nodes are those of all models: they stand last, nothing follows. */

static void
wismo_view_constants(wismo_viewer_t *v, wismo_json_t *model)
{
    const wismo_json_t  *constants;

    constants = v->ctx->constants ? v->ctx->constants : v->words->model;

    if (model == NULL || model->last == NULL) {
        v->speech.failed = true;
        return;
    }

    model->last->next = constants->first;
    model->last = constants->last;
    model->count += constants->count;
}


/* Called for everything a page says: what is rare is elsewhere. */

wismo_json_t *
wismo_view_node(wismo_viewer_t *v, wismo_json_t *parent, uint64_t head,
    const char *name, size_t len, wismo_json_type_e type)
{
    wismo_json_t  *node;

    if (v->nnodes == 0 || parent == NULL) {
        return wismo_view_more(v, parent, head, name, len, type);
    }

    node = v->nodes++;
    v->nnodes--;

    node->type = type;
    node->count = 0;
    node->head = head;
    node->key.len = len;
    node->key.data = (unsigned char *) name;
    wismo_str_null(&node->text);
    node->first = NULL;
    node->last = NULL;
    node->next = NULL;

    wismo_json_attach(node, parent);

    return node;
}


static wismo_json_t *
wismo_view_more(wismo_viewer_t *v, wismo_json_t *parent, uint64_t head,
    const char *name, size_t len, wismo_json_type_e type)
{
    wismo_json_t  *nodes;

    nodes = parent ? wismo_palloc(v->pool,
                                  WISMO_VIEW_NODES * sizeof(wismo_json_t))
                   : NULL;

    if (nodes == NULL) {
        v->speech.failed = true;
        return NULL;
    }

    v->nodes = nodes;
    v->nnodes = WISMO_VIEW_NODES;

    return wismo_view_node(v, parent, head, name, len, type);
}


void
wismo_view_status(const wismo_viewer_t *v, const wismo_json_t *json,
    wismo_view_status_t *status)
{
    wismo_str_t               name, sub;
    const wismo_substatus_t  *row;

    name = wismo_json_str(json, "status");
    sub = wismo_json_str(json, "substatus");

    row = name.len ? wismo_substatus(&name, &sub) : NULL;

    if (row == NULL || row->status == WISMO_STATUS_NONE) {
        row = wismo_substatus_of(WISMO_UNKNOWN);
    }

    status->row = row;
    status->words = v->words->statuses[row - wismo_substatus_table()];
}


const char *
wismo_view_tone(const wismo_str_t *severity, const wismo_substatus_t *row)
{
    wismo_severity_e  worst;

    worst = row->severity;

    if (wismo_str_is(severity, wismo_severity_name(WISMO_RED))) {
        worst = WISMO_RED;

    } else if (worst == WISMO_GREEN
               && wismo_str_is(severity, wismo_severity_name(WISMO_AMBER)))
    {
        worst = WISMO_AMBER;
    }

    switch (worst) {

    case WISMO_RED:
        return "bad";

    case WISMO_AMBER:
        return "warn";

    default:
        return row->status == WISMO_DELIVERED ? "ok" : "info";
    }
}


void
wismo_view_carrier(wismo_viewer_t *v, const wismo_str_t *id,
    wismo_str_t *title)
{
    size_t                  i;
    const wismo_json_t     *name;
    const wismo_carrier_t  *carrier;

    name = v->words->carriers ? v->words->carriers->first : NULL;

    for ( /* void */ ; name; name = name->next) {
        if (wismo_str_eq(&name->key, id) && name->type == WISMO_JSON_STRING) {
            *title = name->text;
            return;
        }
    }

    carrier = wismo_carriers_find(v->ctx->carriers, id);

    if (carrier) {
        *title = carrier->title;
        return;
    }

    if (wismo_pstrdup(v->pool, title, id) != WISMO_OK) {
        wismo_str_null(title);
        v->speech.failed = true;
        return;
    }

    for (i = 0; i < title->len; i++) {

        if (title->data[i] >= 'a' && title->data[i] <= 'z') {
            title->data[i] = (unsigned char) (title->data[i] - 'a' + 'A');

        } else if (title->data[i] == '_') {
            title->data[i] = ' ';
        }
    }
}


void
wismo_view_source(wismo_viewer_t *v, const wismo_str_t *source,
    const wismo_str_t *carrier, wismo_str_t *text)
{
    wismo_say_e  say;

    if (wismo_str_is(source, "poll")) {
        say = WISMO_SAY_SOURCE_POLL;

    } else if (wismo_str_is(source, "push")) {
        say = WISMO_SAY_SOURCE_PUSH;

    } else if (wismo_str_is(source, "import")) {
        say = WISMO_SAY_SOURCE_IMPORT;

    } else if (wismo_str_is(source, "api")) {
        say = WISMO_SAY_SOURCE_API;

    } else {
        *text = *wismo_view_word(v, NO_SOURCE);
        return;
    }

    wismo_say(&v->speech, say, carrier, text);
}


void
wismo_view_to(wismo_viewer_t *v, wismo_json_t *parent,
    const wismo_json_t *json, const wismo_str_t *headline)
{
    wismo_to_e   to;
    wismo_str_t  text;

    text = wismo_json_str(json, "delivered_to");
    to = wismo_to_of(&text);

    wismo_str_null(&text);

    if (to != WISMO_TO_NONE) {
        text = v->words->to[to];

        if (wismo_str_eq(&text, headline)) {
            wismo_str_null(&text);
        }
    }

    wismo_view_str(v, parent, "delivered_to_text", &text);
}


/* Links go nowhere else. */

wismo_str_t
wismo_view_https(wismo_str_t link)
{
    if (link.len < 9 || memcmp(link.data, "https://", 8) != 0) {
        wismo_str_null(&link);
    }

    return link;
}


bool
wismo_view_when(const wismo_str_t *text, wismo_when_t *when)
{
    return text->len && wismo_time_iso(text, when) == WISMO_OK
           && when->basis != WISMO_BASIS_UNKNOWN
           && when->wall != WISMO_TIME_NONE;
}
