
/*
 * Copyright (C) The Wismo authors
 *
 * What a message about an order needs besides the order's model: its news, in
 * a line and in one more, and where its links lead.  Called by the fetcher for
 * each message.
 *
 * It must never say more than the page would.
 */


#include "wismo_view.h"
#include "wismo_words.h"


static const wismo_json_t *wismo_view_notice_parcel(const wismo_json_t *order,
    const wismo_json_t *model, const wismo_str_t *id, bool *back);


int
wismo_view_notice(wismo_pool_t *pool, const wismo_words_t *words,
    const wismo_json_t *order, const wismo_view_notice_t *what,
    wismo_json_t *model)
{
    bool                 several, back;
    wismo_str_t          headline, next, sentence, parcel, kind, date, until;
    wismo_json_t        *notice, *last;
    wismo_speech_t       speech;
    const wismo_json_t  *hero, *card;

    hero = wismo_json_get(model, "hero");
    several = wismo_json_bool(model, "has_several");

    sentence = wismo_json_str(hero, "headline");
    next = wismo_json_str(hero, "next");
    headline = wismo_json_str(words->notices, what->kind->name);

    wismo_str_null(&parcel);

    card = wismo_view_notice_parcel(order, model, &what->parcel, &back);

    if (card && (several || back)) {
        parcel = wismo_json_str(card, "title");
        headline = wismo_json_str(card, "headline");
        next = wismo_json_str(card, "next");

        wismo_str_null(&sentence);

    } else if (headline.len == 0) {
        headline = sentence;
        wismo_str_null(&sentence);

    } else if (wismo_str_eq(&headline, &sentence)) {
        wismo_str_null(&sentence);
    }

    wismo_str_null(&until);

    if (what->until) {
        wismo_speech_init(&speech, pool, words, what->now);
        wismo_say_date_long(&speech, what->until, &date);
        wismo_say(&speech, WISMO_SAY_LINK_UNTIL, &date, &until);

        if (speech.failed) {
            return WISMO_ERROR;
        }
    }

    kind.data = (unsigned char *) what->kind->name;
    kind.len = strlen(what->kind->name);

    notice = wismo_json_add(pool, model, "notice", WISMO_JSON_OBJECT);

    (void) wismo_json_add_str(pool, notice, "kind", &kind);
    (void) wismo_json_add_str(pool, notice, "headline", &headline);
    (void) wismo_json_add_str(pool, notice, "status_text", &sentence);
    (void) wismo_json_add_str(pool, notice, "next", &next);
    (void) wismo_json_add_str(pool, notice, "parcel", &parcel);
    (void) wismo_json_add_str(pool, notice, "url", &what->url);
    (void) wismo_json_add_str(pool, notice, "stop_url", &what->stop_url);
    (void) wismo_json_add_str(pool, notice, "until_text", &until);
    (void) wismo_json_add_bool(pool, notice, "is_return", card && back);
    last = wismo_json_add_bool(pool, notice, "is_urgent", what->kind->urgent);

    return last ? WISMO_OK : WISMO_ERROR;
}


/*
 * The model's parcels, and its returns, are in the order of the document's.
 */

static const wismo_json_t *
wismo_view_notice_parcel(const wismo_json_t *order, const wismo_json_t *model,
    const wismo_str_t *id, bool *back)
{
    wismo_str_t           text;
    const wismo_json_t   *parcels, *parcel, *cards[2], **card;

    *back = false;

    if (id->len == 0) {
        return NULL;
    }

    cards[0] = wismo_json_get(model, "parcels");
    cards[1] = wismo_json_get(model, "returns");

    cards[0] = cards[0] ? cards[0]->first : NULL;
    cards[1] = cards[1] ? cards[1]->first : NULL;

    parcels = wismo_json_get(order, "parcels");

    for (parcel = parcels ? parcels->first : NULL; parcel;
         parcel = parcel->next)
    {
        text = wismo_json_str(parcel, "leg");
        *back = wismo_str_is(&text, "return");

        card = &cards[*back];
        text = wismo_json_str(parcel, "id");

        if (*card == NULL || wismo_str_eq(&text, id)) {
            return *card;
        }

        *card = (*card)->next;
    }

    return NULL;
}
