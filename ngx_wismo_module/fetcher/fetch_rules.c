
/*
 * Copyright (C) The Wismo authors
 *
 * The rules that need more than the ledger: a channel that can't serve, a
 * recipient who wants no more, contact data that can't be opened, quiet hours
 * where the parcel goes.  Called by fetch_tell.c for each entry.
 *
 * What is put off is judged anew, so nothing here may remember a verdict.
 */


#include "fetch_rules.h"


#define FETCH_RULES_CHANNEL  60               /* s, until it may serve again */
#define FETCH_RULES_CLOSED   600              /* s, until a key may be back */


static wismo_notice_verdict_e fetch_rules_brake(
    const fetch_channel_t *channel, wismo_notice_verdict_e verdict,
    int64_t now, int64_t *until, const char **why);
static void fetch_rules_read(fetch_rules_t *rules);


wismo_notice_verdict_e
fetch_rules_judge(fetch_rules_t *rules, const fetch_channel_t *channel,
    const wismo_notice_entry_t *entries, unsigned n, unsigned i, int64_t now,
    int64_t *until, const char **why)
{
    bool                     mail, sms, asked;
    fetch_zones_t            zones;
    wismo_notice_rules_t     own;
    wismo_notice_verdict_e   verdict;

    if (!channel->ready) {
        *until = now + FETCH_RULES_CHANNEL;
        *why = "channel";
        return WISMO_NOTICE_LATER;
    }

    if (entries[i].at <= channel->discarded) {
        *why = "discarded";
        return WISMO_NOTICE_SKIP;
    }

    if (!channel->type->people) {
        verdict = wismo_notice_judge(entries, n, i, &channel->rules, now,
                                     until, why);
        return fetch_rules_brake(channel, verdict, now, until, why);
    }

    mail = (channel->type == &fetch_mail_type);
    sms = (strcmp(channel->type->name, "sms") == 0);

    /* who asks for something has it, whatever news he does not want */

    asked = wismo_notice_asked(entries[i].kind);

    if (mail && !asked && rules->order->mail_stopped_at) {
        *why = "stopped";
        return WISMO_NOTICE_SKIP;
    }

    if (rules->closed) {
        *until = now + FETCH_RULES_CLOSED;
        *why = "key";
        return WISMO_NOTICE_LATER;
    }

    fetch_rules_read(rules);

    if (!asked && ((mail && rules->refused_email)
                   || (sms && rules->refused_sms)))
    {
        *why = "consent";
        return WISMO_NOTICE_SKIP;
    }

    /* the hours are those of the recipient, wherever that is */

    own = channel->rules;
    own.quiet_from = 0;
    own.quiet_until = 0;

    verdict = wismo_notice_judge(entries, n, i, &own, now, until, why);

    if (verdict != WISMO_NOTICE_SEND) {
        return verdict;
    }

    if (asked) {

        if (channel->links.full_until > now) {
            *until = channel->links.full_until;
            *why = "links";
            return WISMO_NOTICE_LATER;
        }

        return fetch_rules_brake(channel, verdict, now, until, why);
    }

    fetch_zones_of(&rules->order->country, &rules->region, &rules->postcode,
                   fetch_channel_value(channel, "zone", "UTC"), &zones);

    *until = fetch_zones_quiet(&zones, &channel->rules, now);

    if (*until > now) {
        *why = "quiet";
        return WISMO_NOTICE_LATER;
    }

    return fetch_rules_brake(channel, WISMO_NOTICE_SEND, now, until, why);
}


static wismo_notice_verdict_e
fetch_rules_brake(const fetch_channel_t *channel,
    wismo_notice_verdict_e verdict, int64_t now, int64_t *until,
    const char **why)
{
    if (verdict == WISMO_NOTICE_SEND && channel->held_until > now) {
        *until = channel->held_until;
        *why = "brake";
        return WISMO_NOTICE_LATER;
    }

    return verdict;
}


/* What the body says of whom it may be told, and where. */

static void
fetch_rules_read(fetch_rules_t *rules)
{
    const json_t  *consent, *address, *text;

    if (rules->known) {
        return;
    }

    rules->known = true;

    if (rules->body->len) {
        rules->json = json_loadb((char *) rules->body->data, rules->body->len,
                                 0, NULL);
    }

    consent = json_object_get(rules->json, "consent");

    rules->refused_email = json_is_false(json_object_get(consent, "email"));
    rules->refused_sms = json_is_false(json_object_get(consent, "sms"));

    address = json_object_get(rules->json, "ship_to");

    text = json_object_get(address, "region");
    rules->region.data = (unsigned char *) json_string_value(text);
    rules->region.len = json_string_length(text);

    text = json_object_get(address, "postal_code");
    rules->postcode.data = (unsigned char *) json_string_value(text);
    rules->postcode.len = json_string_length(text);
}


void
fetch_rules_done(fetch_rules_t *rules)
{
    json_decref(rules->json);
    rules->json = NULL;
}
