
/*
 * Copyright (C) The Wismo authors
 *
 * What a shopper can do: the action slot, one for each parcel that waits for
 * them, the help below the page, contact, feedback and the retailer's blocks.
 * Called by the other files of the view.
 *
 * The minimal view has neither codes nor places nor links to a parcel.
 */


#include "wismo_view_make.h"


static wismo_action_e wismo_view_action_of(const wismo_substatus_t *row);
static bool wismo_view_qr(const wismo_str_t *qr, wismo_str_t *size,
    wismo_str_t *path);
static wismo_help_e wismo_view_help_of(const wismo_substatus_t *row);
static void wismo_view_incidents(wismo_viewer_t *v, wismo_json_t *notices);
static void wismo_view_shared(wismo_viewer_t *v, wismo_json_t *parent,
    const char *name, const wismo_json_t *array);


/* The address to write to, with the order filled in: once a page. */

void
wismo_view_contact(wismo_viewer_t *v, const wismo_str_t *number,
    const wismo_substatus_t *row)
{
    size_t                len;
    wismo_out_t           out;
    wismo_str_t           status;
    const unsigned char  *p, *end;

    static const char  order[] = "{order}", place[] = "{status}";

    p = v->ctx->contact.data;
    len = v->ctx->contact.len;

    if (!((len > 8 && memcmp(p, "https://", 8) == 0)
          || (len > 7 && memcmp(p, "mailto:", 7) == 0)
          || (len > 1 && p[0] == '/' && p[1] != '/' && p[1] != '\\')))
    {
        return;
    }

    end = p + len;

    wismo_out_init(&out, v->pool, len + 3 * number->len + 32);

    while (p < end) {
        len = (size_t) (end - p);

        if (len >= sizeof(order) - 1
            && memcmp(p, order, sizeof(order) - 1) == 0)
        {
            wismo_out_uri(&out, number);
            p += sizeof(order) - 1;

        } else if (len >= sizeof(place) - 1
                   && memcmp(p, place, sizeof(place) - 1) == 0)
        {
            status.data = (unsigned char *) row->name;
            status.len = strlen(row->name);
            wismo_out_uri(&out, &status);
            p += sizeof(place) - 1;

        } else {
            wismo_out_bytes(&out, p++, 1);
        }
    }

    v->speech.failed |= out.failed;

    v->contact.data = out.start;
    v->contact.len = (size_t) (out.pos - out.start);
}


void
wismo_view_action(wismo_viewer_t *v, const wismo_view_card_t *card)
{
    wismo_str_t                  url, link, by, args[2];
    wismo_when_t                 when;
    wismo_json_t                *action;
    wismo_action_e               kind;
    const wismo_action_words_t  *words;

    kind = wismo_view_action_of(card->row);

    /* one is enough when all have been delivered, and none is needed where
     * some of it has been sent back */

    if (kind == WISMO_ACTION_NONE
        || (kind == WISMO_ACTION_NOT_RECEIVED
            && (v->view != WISMO_VIEW_FULL || !v->arrived || v->sent_back
                || v->actions->count)))
    {
        return;
    }

    words = &v->words->actions[kind];

    wismo_str_null(&by);
    wismo_str_null(&link);

    url = card->link;

    if (kind == WISMO_ACTION_PAY_ORDER) {
        wismo_str_null(&url);
    }

    if (url.len) {
        link = words->link;
    }

    args[0] = card->title;
    args[1] = words->title;

    if (v->parcels > 1 && kind != WISMO_ACTION_NOT_RECEIVED) {
        wismo_say(&v->speech, WISMO_SAY_PARCEL_TASK, args, &args[1]);
    }

    action = wismo_view_add(v, v->actions, NULL, WISMO_JSON_OBJECT);

    wismo_view_text(v, action, "kind", words->kind);
    wismo_view_str(v, action, "title", &args[1]);
    wismo_view_str(v, action, "body", &words->body);
    wismo_view_bool(v, action, "is_quiet", kind == WISMO_ACTION_NOT_RECEIVED);
    wismo_view_str(v, action, "url", &url);
    wismo_view_str(v, action, "url_text", &link);

    if (v->view == WISMO_VIEW_FULL
        && wismo_view_time(card->json, "pickup_by", &when))
    {
        wismo_say_when(&v->speech, &when, &by);
        wismo_say(&v->speech, WISMO_SAY_PICKUP_BY, &by, &by);
    }

    wismo_view_str(v, action, "by_text", &by);
    wismo_view_pickup(v, action, v->view == WISMO_VIEW_FULL
                                 && kind == WISMO_ACTION_PICKUP
                                 ? wismo_json_get(card->json, "pickup")
                                 : NULL);
}


static wismo_action_e
wismo_view_action_of(const wismo_substatus_t *row)
{
    const char  *sub;

    sub = row->sub;

    switch (row->status) {

    case WISMO_ORDERED:
        return strcmp(sub, "payment_due") == 0 ? WISMO_ACTION_PAY_ORDER
                                               : WISMO_ACTION_NONE;

    case WISMO_OUT_FOR_DELIVERY:
        return strcmp(sub, "contacted") == 0 ? WISMO_ACTION_ANSWER
                                             : WISMO_ACTION_NONE;

    case WISMO_READY_FOR_PICKUP:
        return WISMO_ACTION_PICKUP;

    case WISMO_ATTEMPT_FAILED:

        if (strcmp(sub, "verification") == 0) {
            return WISMO_ACTION_IDENTITY;
        }

        return row->act == WISMO_ACT_RECIPIENT
               && strcmp(sub, "exchange") != 0 ? WISMO_ACTION_MISSED
                                               : WISMO_ACTION_NONE;

    case WISMO_ON_HOLD:

        if (row->act != WISMO_ACT_RECIPIENT) {
            return WISMO_ACTION_NONE;
        }

        return strcmp(sub, "payment_due") == 0 ? WISMO_ACTION_PAY_CUSTOMS
               : strcmp(sub, "documents") == 0 ? WISMO_ACTION_DOCUMENTS
               : strcmp(sub, "address") == 0 ? WISMO_ACTION_ADDRESS
               : WISMO_ACTION_ANSWER;

    case WISMO_DELIVERED:

        return row == wismo_substatus_of(WISMO_DELIVERED)
               || strcmp(sub, "neighbour") == 0
               || strcmp(sub, "reception") == 0
               || strcmp(sub, "safe_place") == 0 ? WISMO_ACTION_NOT_RECEIVED
                                                 : WISMO_ACTION_NONE;

    default:
        return WISMO_ACTION_NONE;
    }
}


/* Where it waits, or is handed in; nothing if "json" is NULL. */

void
wismo_view_pickup(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_json_t *json)
{
    wismo_str_t  name, address, hours, code, qr, size, path;

    name = wismo_json_str(json, "name");
    address = wismo_json_str(json, "address");
    hours = wismo_json_str(json, "hours");
    code = wismo_json_str(json, "code");
    qr = wismo_json_str(json, "qr");

    if (code.len == 0 || !wismo_view_qr(&qr, &size, &path)) {
        wismo_str_null(&size);
        wismo_str_null(&path);
    }

    if (name.len) {
        wismo_say(&v->speech, WISMO_SAY_PICKUP_AT, &name, &name);
    }

    wismo_view_str(v, model, "place_text", &name);
    wismo_view_str(v, model, "address", &address);
    wismo_view_str(v, model, "hours", &hours);
    wismo_view_str(v, model, "code", &code);
    wismo_view_str(v, model, "qr_size", &size);
    wismo_view_str(v, model, "qr_path", &path);
}


/* "29 M4 4.5h7m1 0h2": the side, and a path of nothing but strokes. */

static bool
wismo_view_qr(const wismo_str_t *qr, wismo_str_t *size, wismo_str_t *path)
{
    size_t  i;

    for (i = 0; i < qr->len && qr->data[i] >= '0' && qr->data[i] <= '9'; i++) {
        /* void */
    }

    if (i < 2 || i > 3 || qr->len < i + 2 || qr->data[i] != ' ') {
        return false;
    }

    size->data = qr->data;
    size->len = i;

    path->data = qr->data + i + 1;
    path->len = qr->len - i - 1;

    for (i = 0; i < path->len; i++) {
        if (memchr("0123456789 .hmM", path->data[i], 15) == NULL) {
            return false;
        }
    }

    return true;
}


void
wismo_view_help(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_substatus_t *row)
{
    bool           feedback;
    wismo_json_t  *help;

    help = wismo_view_add(v, model, "help", WISMO_JSON_OBJECT);

    wismo_view_shared(v, help, "faq", v->words->faq[wismo_view_help_of(row)]);
    wismo_view_str(v, help, "contact_url", &v->contact);

    feedback = v->view == WISMO_VIEW_FULL && v->ctx->feedback.len
               && v->arrived;

    wismo_view_bool(v, model, "has_feedback", feedback);

    wismo_view_str(v, model, "feedback_key", &v->ctx->feedback);

    if (feedback) {
        wismo_view_shared(v, model, "stars", v->words->stars);
    }
}


static wismo_help_e
wismo_view_help_of(const wismo_substatus_t *row)
{
    static const wismo_help_e  help[] = {
        WISMO_HELP_EARLY,             /* a note: no status at all */
        WISMO_HELP_EARLY,
        WISMO_HELP_EARLY,
        WISMO_HELP_EARLY,
        WISMO_HELP_MOVING,
        WISMO_HELP_MOVING,
        WISMO_HELP_OUT,
        WISMO_HELP_PICKUP,
        WISMO_HELP_MISSED,
        WISMO_HELP_LATE,
        WISMO_HELP_TROUBLE,
        WISMO_HELP_TROUBLE,
        WISMO_HELP_BACK,
        WISMO_HELP_BACK,
        WISMO_HELP_DONE,
        WISMO_HELP_OVER,
        WISMO_HELP_LATE
    };

    if (row->status == WISMO_DELIVERED && row->milestone < 4) {
        return WISMO_HELP_MOVING;
    }

    /* what is on its way back, and what will never move again */

    if (row->status == WISMO_FAILED) {
        return (strcmp(row->sub, "refused") == 0
                || strcmp(row->sub, "unclaimed") == 0)
               ? WISMO_HELP_BACK : WISMO_HELP_OVER;
    }

    return help[row->status];
}


void
wismo_view_blocks(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_substatus_t *row, bool trouble)
{
    unsigned              i, n;
    wismo_json_t         *blocks, *notices, *node;
    const wismo_json_t   *chosen[WISMO_BLOCKS_SHOWN];
    wismo_blocks_case_t   c;

    notices = wismo_view_add(v, model, "notices", WISMO_JSON_ARRAY);
    blocks = wismo_view_add(v, model, "blocks", WISMO_JSON_ARRAY);

    if (v->ctx->incidents) {
        wismo_view_incidents(v, notices);
    }

    if (v->ctx->blocks == NULL) {
        return;
    }

    c.status = row;
    c.trouble = trouble;
    c.lang = *wismo_view_word(v, LANG);
    c.country = wismo_json_str(v->order, "country");
    c.parcels = wismo_json_get(v->order, "parcels");

    n = wismo_blocks_choose(v->ctx->blocks, &c, chosen);

    /* the members are the blocks' own nodes: only their parent is new */

    for (i = 0; i < n; i++) {
        node = wismo_view_add(v, wismo_json_bool(chosen[i], "is_notice")
                                 ? notices : blocks,
                              NULL, WISMO_JSON_OBJECT);

        if (node) {
            node->first = chosen[i]->first;
            node->last = chosen[i]->last;
            node->count = chosen[i]->count;
        }
    }
}


/* What everybody with such a parcel should know, before what the shop says:
 * a notice like one of its own. */

static void
wismo_view_incidents(wismo_viewer_t *v, wismo_json_t *notices)
{
    unsigned                 i, k;
    wismo_str_t              text, none;
    wismo_json_t            *node;
    const wismo_incident_t  *in;

    static const char *const  empty[] = {
        "body", "url", "url_text", "image_url", "image_alt", "image_width",
        "image_height"
    };

    wismo_str_null(&none);

    for (i = 0; i < v->ctx->incidents->n; i++) {
        in = &v->ctx->incidents->incident[i];

        if (!wismo_incident_is_active(in, v->ctx->now)
            || !wismo_incident_touches(in, v->order,
                                       v->view == WISMO_VIEW_FULL))
        {
            continue;
        }

        text = wismo_incident_text(in, wismo_view_word(v, LANG));

        node = wismo_view_add(v, notices, NULL, WISMO_JSON_OBJECT);

        wismo_view_text(v, node, "kind", "notice");
        wismo_view_bool(v, node, "is_notice", true);
        wismo_view_bool(v, node, "is_promotion", false);
        wismo_view_bool(v, node, "is_recommendation", false);
        wismo_view_bool(v, node, "is_content", false);
        wismo_view_str(v, node, "title", &text);

        for (k = 0; k < sizeof(empty) / sizeof(empty[0]); k++) {
            wismo_view_str(v, node, empty[k], &none);
        }

        (void) wismo_view_add(v, node, "items", WISMO_JSON_ARRAY);
        wismo_view_bool(v, node, "has_items", false);
    }
}


static void
wismo_view_shared(wismo_viewer_t *v, wismo_json_t *parent, const char *name,
    const wismo_json_t *array)
{
    wismo_json_t  *node;

    node = wismo_view_add(v, parent, name, WISMO_JSON_ARRAY);

    if (node) {
        node->first = array->first;
        node->last = array->last;
        node->count = array->count;
    }
}
