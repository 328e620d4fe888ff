
/*
 * Copyright (C) The Wismo authors
 *
 * Reading the rules of channels: times, numbers, hours, events.  Called when
 * nginx.conf is read, and when the fetcher reads what the module has made of
 * it.
 *
 * It must never take half of a value: "2h30m" is not two hours.
 */


#include "wismo_channel.h"

#include <stdlib.h>


#define WISMO_CHANNEL_NUMBER     1000000
#define WISMO_CHANNEL_DAILY      1000
#define WISMO_CHANNEL_BRAKE      100000000

/* One letter would be sent again before it can have been read. */
#define WISMO_CHANNEL_LINK_GAP   60
#define WISMO_CHANNEL_LINK_DAY   86400
#define WISMO_CHANNEL_LINK_DAILY 24
#define WISMO_CHANNEL_WORD       32


static int wismo_channel_set(wismo_channel_rules_t *rules, const char *name,
    const char *value, wismo_error_t *err);
static int wismo_channel_number(const char *text, long max, long *n);
static int wismo_channel_gap(const char *text, int64_t *seconds);
static int wismo_channel_hours(const char *text, int *from, int *until);
static int wismo_channel_minutes(const char **text, int *minutes);
static int wismo_channel_links(wismo_channel_rules_t *rules,
    const char *text);
static int wismo_channel_events(const char *text, wismo_error_t *err);


int
wismo_channel_rule(wismo_channel_rules_t *rules, const char *name,
    const char *value, wismo_error_t *err)
{
    int                    rc;
    wismo_channel_rules_t  set;

    if (strcmp(name, "events") == 0) {
        return wismo_channel_events(value, err);
    }

    set = *rules;

    rc = wismo_channel_set(&set, name, value, err);

    if (rc == WISMO_OK) {
        *rules = set;
    }

    return rc;
}


static int
wismo_channel_set(wismo_channel_rules_t *rules, const char *name,
    const char *value, wismo_error_t *err)
{
    int          rc;
    long         n;
    const char  *expected;

    rc = WISMO_OK;
    expected = "";

    if (strcmp(name, "gap") == 0) {
        rc = wismo_channel_gap(value, &rules->gap);
        expected = "a time such as 2h";

    } else if (strcmp(name, "daily") == 0) {
        rc = wismo_channel_number(value, WISMO_CHANNEL_DAILY, &n);
        expected = "a number, 0 for no limit";

        if (rc == WISMO_OK) {
            rules->daily = (unsigned) n;
        }

    } else if (strcmp(name, "brake") == 0) {
        expected = "the most notices in an hour, 0 for five times what is "
                   "usual, or off";

        if (strcmp(value, "off") == 0) {
            rules->brake = -1;

        } else {
            rc = wismo_channel_number(value, WISMO_CHANNEL_BRAKE,
                                      &rules->brake);
        }

    } else if (strcmp(name, "quiet") == 0) {
        rc = wismo_channel_hours(value, &rules->quiet_from,
                                 &rules->quiet_until);
        expected = "hours such as 20:00-09:00, or off";

    } else if (strcmp(name, "links") == 0) {
        rc = wismo_channel_links(rules, value);
        expected = "off, or gap= with a time of 1m to 1d, daily= with 1 to "
                   "24, hourly= with 1 to 1000000";
    }

    if (rc != WISMO_OK) {
        wismo_error_set(err, "", "\"%.32s %.40s\": expected %s", name, value,
                        expected);
    }

    return rc;
}


static int
wismo_channel_number(const char *text, long max, long *n)
{
    char  *end;

    if (*text < '0' || *text > '9') {
        return WISMO_DECLINED;
    }

    *n = strtol(text, &end, 10);

    return (*end || *n > max) ? WISMO_DECLINED : WISMO_OK;
}


static int
wismo_channel_gap(const char *text, int64_t *seconds)
{
    char     *end;
    int64_t   n;

    n = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || n > WISMO_CHANNEL_NUMBER) {
        return WISMO_DECLINED;
    }

    switch (*end) {

    case 'd':
        n *= 24;

        /* fall through */

    case 'h':
        n *= 60;

        /* fall through */

    case 'm':
        n *= 60;

        /* fall through */

    case 's':
        end++;
    }

    *seconds = n;

    return *end ? WISMO_DECLINED : WISMO_OK;
}


static int
wismo_channel_hours(const char *text, int *from, int *until)
{
    if (strcmp(text, "off") == 0) {
        *from = 0;
        *until = 0;
        return WISMO_OK;
    }

    if (wismo_channel_minutes(&text, from) != WISMO_OK || *text++ != '-'
        || wismo_channel_minutes(&text, until) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    return *text ? WISMO_DECLINED : WISMO_OK;
}


/* "9:00", "09:00" */

static int
wismo_channel_minutes(const char **text, int *minutes)
{
    int          part[2];
    unsigned     i, digits;
    const char  *p;

    p = *text;

    for (i = 0; i < 2; i++) {
        part[i] = 0;

        for (digits = 0; *p >= '0' && *p <= '9' && digits < 2; digits++) {
            part[i] = part[i] * 10 + (*p++ - '0');
        }

        if (digits == 0 || (i == 0 && *p++ != ':')) {
            return WISMO_DECLINED;
        }
    }

    if (part[0] > 23 || part[1] > 59) {
        return WISMO_DECLINED;
    }

    *minutes = part[0] * 60 + part[1];
    *text = p;

    return WISMO_OK;
}


/* "off", or "gap=15m daily=3 hourly=200"; what is not named stays. */

static int
wismo_channel_links(wismo_channel_rules_t *rules, const char *text)
{
    char     word[WISMO_CHANNEL_WORD];
    long     n;
    size_t   len;
    int64_t  gap;

    rules->links = (strcmp(text, "off") != 0);

    if (!rules->links) {
        return WISMO_OK;
    }

    for ( /* void */ ; *text; text += len + (text[len] == ' ')) {

        len = strcspn(text, " ");

        if (len == 0 || len >= sizeof(word)) {
            return WISMO_DECLINED;
        }

        memcpy(word, text, len);
        word[len] = '\0';

        if (strncmp(word, "gap=", 4) == 0) {

            if (wismo_channel_gap(word + 4, &gap) != WISMO_OK
                || gap < WISMO_CHANNEL_LINK_GAP
                || gap > WISMO_CHANNEL_LINK_DAY)
            {
                return WISMO_DECLINED;
            }

            rules->link_gap = gap;

        } else if (strncmp(word, "daily=", 6) == 0) {

            if (wismo_channel_number(word + 6, WISMO_CHANNEL_LINK_DAILY, &n)
                != WISMO_OK
                || n == 0)
            {
                return WISMO_DECLINED;
            }

            rules->link_daily = (unsigned) n;

        } else if (strncmp(word, "hourly=", 7) == 0) {

            if (wismo_channel_number(word + 7, WISMO_CHANNEL_NUMBER, &n)
                != WISMO_OK
                || n == 0)
            {
                return WISMO_DECLINED;
            }

            rules->link_hourly = (unsigned) n;

        } else {
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


static int
wismo_channel_events(const char *text, wismo_error_t *err)
{
    wismo_str_t                 name;
    const wismo_notice_kind_t  *kind;

    if (strcmp(text, "all") == 0) {
        return WISMO_OK;
    }

    while (*text) {
        name.data = (unsigned char *) text;
        name.len = strcspn(text, " ");

        kind = wismo_notice_kind(&name);

        if (kind == NULL || wismo_notice_asked(kind)) {
            wismo_error_set(err, "", "\"%.*s\" is no event; docs/notices.md "
                            "lists them", name.len < 40 ? (int) name.len : 40,
                            text);
            return WISMO_DECLINED;
        }

        text += name.len;
        text += strspn(text, " ");
    }

    return WISMO_OK;
}
