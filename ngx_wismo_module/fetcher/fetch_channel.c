
/*
 * Copyright (C) The Wismo authors
 *
 * The channels of the configuration: which there are, what each wants to hear
 * of, and the rules that hold for those it tells.  How a message is sent is
 * its type's matter.
 *
 * Every program that commits reads them, to know what is to be told; only the
 * fetcher reads their secrets.
 */


#include "fetch_config.h"
#include "fetch_read.h"
#include "wismo_channel.h"

#include <stdio.h>


#define FETCH_CHANNEL_GAP    "2h"
#define FETCH_CHANNEL_DAILY  "4"

/* Who has deleted one letter wants another one soon, but not many. */
#define FETCH_CHANNEL_LINKS  "gap=15m daily=3 hourly=200"


static const fetch_channel_type_t *fetch_channel_type(const char *name);
static int fetch_channel_read(fetch_channel_t *channel, json_t *object,
    unsigned i, wismo_error_t *err);
static int fetch_channel_kinds(fetch_channel_t *channel, const char *at,
    wismo_error_t *err);
static int fetch_channel_rules(fetch_channel_t *channel, const char *at,
    wismo_error_t *err);
static int fetch_channel_wording(fetch_channels_t *channels,
    fetch_channel_t *channel, wismo_error_t *err);


static const fetch_channel_type_t *const  fetch_channel_types[] = {
    &fetch_webhook_type,
    &fetch_mail_type,
    &fetch_sms_type,
    &fetch_http_type,
    NULL
};


static const fetch_channel_type_t *
fetch_channel_type(const char *name)
{
    unsigned  i;

    for (i = 0; fetch_channel_types[i]; i++) {
        if (strcmp(fetch_channel_types[i]->name, name) == 0) {
            return fetch_channel_types[i];
        }
    }

    return NULL;
}


const char *
fetch_channel_value(const fetch_channel_t *channel, const char *name,
    const char *otherwise)
{
    const char  *value;

    value = json_string_value(json_object_get(channel->values, name));

    return value ? value : otherwise;
}


wismo_str_t
fetch_channel_secret(const fetch_channel_t *channel, const char *name)
{
    json_t       *json;
    wismo_str_t   text;

    json = json_object_get(channel->secrets, name);

    text.data = (unsigned char *) json_string_value(json);
    text.len = json_string_length(json);

    return text;
}


int
fetch_channel_site(const fetch_channel_t *channel, wismo_str_t *site,
    wismo_error_t *err)
{
    size_t       i, start;
    const char  *text;

    text = fetch_channel_value(channel, "site", "");
    start = (strncmp(text, "https://", 8) == 0) ? 8
            : (strncmp(text, "http://", 7) == 0) ? 7 : 0;

    for (i = start; start && text[i]; i++) {
        if (!((text[i] >= 'a' && text[i] <= 'z')
              || (text[i] >= 'A' && text[i] <= 'Z')
              || (text[i] >= '0' && text[i] <= '9')
              || strchr(".-:[]", text[i])))
        {
            break;
        }
    }

    if (i == start || (text[i] && strcmp(text + i, "/") != 0)) {
        wismo_error_set(err, "site", "expected the address of your pages' "
                                     "host, as in https://shop.example");
        return WISMO_DECLINED;
    }

    site->data = (unsigned char *) text;
    site->len = i;

    return WISMO_OK;
}


bool
fetch_channel_wants(const fetch_channel_t *channel,
    const wismo_notice_kind_t *kind, const wismo_str_t *brand)
{
    return channel->kinds[kind - wismo_notice_kinds()]
           && fetch_channel_serves(channel, brand);
}


bool
fetch_channel_serves(const fetch_channel_t *channel, const wismo_str_t *brand)
{
    size_t       len;
    const char  *p;

    p = fetch_channel_value(channel, "brand", NULL);

    if (p == NULL) {
        return true;
    }

    for ( /* void */ ; *p; p += len + (p[len] == ' ')) {
        len = strcspn(p, " ");

        if (len == brand->len && memcmp(p, brand->data, len) == 0) {
            return true;
        }
    }

    return false;
}


int
fetch_channels_read(fetch_channels_t *channels, json_t *json,
    wismo_error_t *err)
{
    size_t  i, n;

    channels->n = 0;

    if (json == NULL) {
        return WISMO_OK;
    }

    n = json_array_size(json);

    if (!json_is_array(json) || n > FETCH_CHANNELS_MAX) {
        wismo_error_set(err, "/channels", "expected an array of at most %d",
                        FETCH_CHANNELS_MAX);
        return WISMO_DECLINED;
    }

    for (i = 0; i < n; i++) {
        if (fetch_channel_read(&channels->channel[i], json_array_get(json, i),
                               (unsigned) i, err)
            != WISMO_OK)
        {
            return WISMO_DECLINED;
        }

        channels->n++;
    }

    return WISMO_OK;
}


static int
fetch_channel_read(fetch_channel_t *channel, json_t *object, unsigned i,
    wismo_error_t *err)
{
    char         at[40];
    json_t      *name;
    const char  *type;

    memset(channel, 0, sizeof(fetch_channel_t));

    snprintf(at, sizeof(at), "/channels/%u", i);

    name = json_object_get(object, "name");
    type = json_string_value(json_object_get(object, "type"));

    channel->values = json_object_get(object, "values");
    channel->secret_files = json_object_get(object, "secret_files");

    if (json_string_length(name) == 0 || type == NULL
        || (channel->values && !json_is_object(channel->values))
        || (channel->secret_files && !json_is_object(channel->secret_files)))
    {
        wismo_error_set(err, at, "expected an object with \"name\", \"type\" "
                                 "and the objects \"values\" and "
                                 "\"secret_files\"");
        return WISMO_DECLINED;
    }

    channel->name.data = (unsigned char *) json_string_value(name);
    channel->name.len = json_string_length(name);
    channel->type = fetch_channel_type(type);

    if (channel->type == NULL) {
        wismo_error_set(err, at, "\"%.40s\" is no type of channel", type);
        return WISMO_DECLINED;
    }

    if (fetch_channel_kinds(channel, at, err) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    return fetch_channel_rules(channel, at, err);
}


/* "events a b c": these; "events all"; without it those of the type. */

static int
fetch_channel_kinds(fetch_channel_t *channel, const char *at,
    wismo_error_t *err)
{
    unsigned                    i, wanted;
    const char                 *p;
    wismo_str_t                 name;
    wismo_error_t               fault;
    const wismo_notice_kind_t  *k, *table;

    table = wismo_notice_kinds();

    p = fetch_channel_value(channel, "events", "");
    wanted = (strcmp(channel->type->name, "sms") == 0) ? WISMO_NOTICE_SMS
                                                       : WISMO_NOTICE_MAIL;

    for (i = 0; table[i].name && i < FETCH_KINDS_MAX; i++) {
        channel->kinds[i] = strcmp(p, "all") == 0
                            || (*p == '\0' && (!channel->type->people
                                               || (table[i].defaults
                                                   & wanted)));
    }

    if (strcmp(p, "all") == 0) {
        return WISMO_OK;
    }

    if (wismo_channel_rule(NULL, "events", p, &fault) != WISMO_OK) {
        wismo_error_set(err, at, "%s", fault.text);
        return WISMO_DECLINED;
    }

    while (*p) {
        name.data = (unsigned char *) p;
        name.len = strcspn(p, " ");

        k = wismo_notice_kind(&name);
        channel->kinds[k - table] = true;

        p += name.len;
        p += strspn(p, " ");
    }

    return WISMO_OK;
}


static int
fetch_channel_rules(fetch_channel_t *channel, const char *at,
    wismo_error_t *err)
{
    bool                    people, sms;
    unsigned                i;
    const char             *zone;
    wismo_error_t           fault;
    wismo_channel_rules_t   rules;

    people = channel->type->people;
    sms = (strcmp(channel->type->name, "sms") == 0);

    /* text messages wake people, mails don't; programs are told as fast as
     * things happen */

    const struct {
        const char  *name;
        const char  *otherwise;
    } values[] = {
        { "gap", FETCH_CHANNEL_GAP },
        { "daily", FETCH_CHANNEL_DAILY },
        { "quiet", sms ? "20:00-09:00" : "off" },
        { "brake", people ? "0" : "off" },
        { "links", FETCH_CHANNEL_LINKS },
    };

    /* what "links" does not name is as usual */

    memset(&rules, 0, sizeof(wismo_channel_rules_t));
    (void) wismo_channel_rule(&rules, "links", FETCH_CHANNEL_LINKS, &fault);

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (wismo_channel_rule(&rules, values[i].name,
                               fetch_channel_value(channel, values[i].name,
                                                   values[i].otherwise),
                               &fault)
            != WISMO_OK)
        {
            wismo_error_set(err, at, "%s", fault.text);
            return WISMO_DECLINED;
        }
    }

    zone = fetch_channel_value(channel, "zone", "UTC");

    if (!fetch_calendar_zone_ok(zone)) {
        wismo_error_set(err, at, "\"zone %.40s\": expected the name of a time "
                                 "zone such as Europe/Berlin", zone);
        return WISMO_DECLINED;
    }

    channel->gap = rules.gap;
    channel->daily = rules.daily;
    channel->brake = rules.brake;
    channel->links.on = rules.links && channel->type == &fetch_mail_type;
    channel->links.gap = rules.link_gap;
    channel->links.daily = rules.link_daily;
    channel->links.hourly = rules.link_hourly;
    channel->rules.people = people;
    channel->rules.quiet_from = rules.quiet_from;
    channel->rules.quiet_until = rules.quiet_until;

    return WISMO_OK;
}


void
fetch_channels_init(fetch_channels_t *channels, wismo_pool_t *pool,
    void (*tell)(void *data, const fetch_channel_t *channel,
    const char *text), void *data)
{
    char              text[512];
    unsigned          i;
    wismo_error_t     err;
    fetch_channel_t  *channel;

    for (i = 0; i < channels->n; i++) {
        channel = &channels->channel[i];

        memset(&err, 0, sizeof(wismo_error_t));

        if (fetch_read_secrets(pool, channel->secret_files,
                               &channel->secrets, &err) == WISMO_OK
            && channel->type->init(channel, pool, &err) == WISMO_OK
            && fetch_channel_wording(channels, channel, &err) == WISMO_OK)
        {
            channel->ready = true;
            continue;
        }

        snprintf(text, sizeof(text), "%s%s%s", err.at, err.at[0] ? ": " : "",
                 err.text);

        tell(data, channel, text);
    }
}


/* Words and brands are read once, for all that tell people. */

static int
fetch_channel_wording(fetch_channels_t *channels, fetch_channel_t *channel,
    wismo_error_t *err)
{
    if (channel->type->letters == 0) {
        return WISMO_OK;
    }

    if (channels->wording == NULL) {
        channels->wording = fetch_wording_create(channels->conf, err);
    }

    channel->wording = channels->wording;

    return channel->wording ? WISMO_OK : WISMO_DECLINED;
}


void
fetch_channels_done(fetch_channels_t *channels)
{
    unsigned  i;

    fetch_wording_free(channels->wording);
    channels->wording = NULL;

    for (i = 0; i < channels->n; i++) {
        if (channels->channel[i].type->done) {
            channels->channel[i].type->done(&channels->channel[i]);
        }

        json_decref(channels->channel[i].secrets);
    }

    channels->n = 0;
}
