
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo doctor": looks at an installation the way its parts depend on each
 * other, and gives the fix with each fault.  Changes nothing.
 */


#include "fetch_cmd.h"
#include "fetch_doctor.h"
#include "fetch_meta.h"
#include "fetch_read.h"
#include "fetch_reletter.h"
#include "fetch_share.h"

#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define DOCTOR_POOL          (8 * 1024 * 1024)
#define DOCTOR_SECRET_MAX    65536
#define DOCTOR_SKEW          5        /* seconds */
#define DOCTOR_BACKLOG       1000     /* entries of the inbox */
#define DOCTOR_LOOK          20000    /* keys, for contact data */


/* Whose faults they are. */

typedef struct {
    doctor_t                 *doctor;
    const fetch_calendar_t   *calendar;
    bool                      failed;
} doctor_calendar_t;


static error_t doctor_option(int key, char *arg, struct argp_state *state);
static void doctor_share(doctor_t *d);
static void doctor_secret(doctor_t *d);
static void doctor_contact_key(doctor_t *d);
static void doctor_contact(doctor_t *d);
static void doctor_letters(doctor_t *d);
static void doctor_channels(doctor_t *d);
static void doctor_channel_fault(void *data, const fetch_channel_t *channel,
    const char *text);
static void doctor_calendars(doctor_t *d);
static void doctor_calendar_fault(void *data, unsigned line,
    const char *text);
static void doctor_redis(doctor_t *d);
static void doctor_redis_info(doctor_t *d);
static void doctor_clock(doctor_t *d);
static void doctor_fetcher(doctor_t *d);
static void doctor_inbox(doctor_t *d);
static int64_t doctor_streams(doctor_t *d,
    size_t (*key)(char *buf, unsigned inbox));
static const char *doctor_info(const char *info, const char *name, char *buf,
    size_t size);


static const struct argp_option  doctor_opts[] = {

    { "config", 'c', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "json", 'j', 0, 0,
      "print one JSON object", 0 },

    { 0 }
};


static const struct argp  doctor_argp = {
    doctor_opts, doctor_option, NULL,
    "Check configuration, files, carriers, Redis and the fetcher; each fault "
    "comes with its fix.\vExit status 1 if a check failed.",
    NULL, NULL, NULL
};


static error_t
doctor_option(int key, char *arg, struct argp_state *state)
{
    doctor_t  *d = state->input;

    switch (key) {

    case 'c':
        d->config = arg;
        break;

    case 'j':
        d->json = true;
        break;

    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument \"%s\"", arg);
        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_doctor(int argc, char **argv)
{
    doctor_t       d;
    wismo_error_t  err;

    memset(&d, 0, sizeof(doctor_t));

    argp_parse(&doctor_argp, argc, argv, 0, NULL, &d);

    wismo_pool_init(&d.pool, DOCTOR_POOL, NULL, NULL);
    wismo_out_init(&d.out, &d.pool, 4096);

    if (fetch_config_open(&d.conf, d.config, &err) != WISMO_OK) {
        doctor_say(&d, DOCTOR_FAIL, "configuration",
                   "start nginx with \"wismo_fetcher\", which writes this "
                   "file, or name another with --config",
                   "%s:%s %s", d.conf.file, err.at, err.text);

    } else {
        doctor_say(&d, DOCTOR_OK, "configuration", NULL, "%s", d.conf.file);

        doctor_share(&d);
        doctor_secret(&d);
        doctor_contact_key(&d);
        doctor_carriers(&d);
        doctor_shops(&d);
        doctor_calendars(&d);
        doctor_channels(&d);
        doctor_redis(&d);
    }

    if (d.json) {
        printf("{\"ok\":%s,\"warnings\":%u,\"failures\":%u,\"checks\":[%.*s]}"
               "\n", d.failures ? "false" : "true", d.warnings, d.failures,
               (int) (d.out.pos - d.out.start), (char *) d.out.start);

    } else {
        printf("%u checks, %u warnings, %u failures\n", d.checks, d.warnings,
               d.failures);
    }

    fetch_redis_close(&d.redis);
    fetch_config_done(&d.conf);
    wismo_pool_done(&d.pool);

    return d.failures ? FETCH_EXIT_FAILED : FETCH_EXIT_OK;
}


void
doctor_say(doctor_t *d, doctor_result_e result, const char *check,
    const char *fix, const char *fmt, ...)
{
    int                n;
    char               text[768];
    va_list            args;
    wismo_str_t        s;
    static const char  *const names[] = { "ok", "warn", "fail" };

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (n < 0) {
        text[0] = '\0';
    }

    d->checks++;
    d->warnings += (result == DOCTOR_WARN);
    d->failures += (result == DOCTOR_FAIL);

    if (!d->json) {
        printf("%-5s %-14s %s\n", names[result], check, text);

        if (fix) {
            printf("%-5s %-14s fix: %s\n", "", "", fix);
        }

        return;
    }

    if (d->checks > 1) {
        wismo_out_text(&d->out, ",");
    }

    wismo_out_printf(&d->out, "{\"check\":\"%s\",\"result\":\"%s\",\"text\":",
                     check, names[result]);
    s = wismo_str_of(text);
    wismo_out_json_str(&d->out, &s);
    wismo_out_text(&d->out, ",\"fix\":");

    if (fix) {
        s = wismo_str_of(fix);
        wismo_out_json_str(&d->out, &s);

    } else {
        wismo_out_text(&d->out, "null");
    }

    wismo_out_text(&d->out, "}");
}


static void
doctor_share(doctor_t *d)
{
    char                     path[512];
    unsigned                 i;
    static const char *const files[] = { "html/track/order.mustache",
                                         "html/locales/en.json", "carriers" };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", fetch_share(), files[i]);

        if (access(path, R_OK) != 0) {
            doctor_say(d, DOCTOR_FAIL, "pages",
                       "install Wismo completely, or name the directory with "
                       "\"wismo_share\" in nginx.conf",
                       "cannot read %s", path);
            return;
        }
    }

    doctor_say(d, DOCTOR_OK, "pages", NULL, "%s", fetch_share());
}


static void
doctor_secret(doctor_t *d)
{
    struct stat    st;
    wismo_str_t    text;
    wismo_keys_t   keys;
    wismo_error_t  err;

    if (*d->conf.secret_file == '\0') {
        doctor_say(d, DOCTOR_WARN, "links",
                   "add \"wismo_secret_file\" to nginx.conf",
                   "no secret: no signed links, shoppers see the minimal "
                   "view only");
        return;
    }

    if (fetch_read_file(&d->pool, d->conf.secret_file, DOCTOR_SECRET_MAX,
                        &text, &err) != WISMO_OK)
    {
        doctor_say(d, DOCTOR_FAIL, "links",
                   "run the doctor as root or as nginx's user; the file "
                   "wants mode 0640 and nginx's group",
                   "%s", err.text);
        return;
    }

    if (wismo_keys_read(&d->pool, &text, &keys, &err) != WISMO_OK) {
        doctor_say(d, DOCTOR_FAIL, "links",
                   "openssl rand -hex 32 > FILE",
                   "%s:%u: %s", d->conf.secret_file, err.line, err.text);
        return;
    }

    if (stat(d->conf.secret_file, &st) == 0 && (st.st_mode & 0137)) {
        doctor_say(d, DOCTOR_WARN, "links", "chmod 0640 FILE",
                   "%s has mode %04o", d->conf.secret_file,
                   (unsigned) st.st_mode & 07777);
        return;
    }

    doctor_say(d, DOCTOR_OK, "links", NULL, "%u key%s in %s", keys.n,
               keys.n == 1 ? "" : "s", d->conf.secret_file);
}


static void
doctor_contact_key(doctor_t *d)
{
    wismo_error_t  err;

    if (*d->conf.contact_key_file == '\0') {
        doctor_say(d, DOCTOR_WARN, "contact key",
                   "add \"wismo_contact_key_file\" to nginx.conf, reload, "
                   "then \"wismo customer reencrypt\"",
                   "none: names, addresses and telephone numbers are stored "
                   "as they come");
        return;
    }

    if (fetch_config_contact(&d->conf, &err) != WISMO_OK) {
        doctor_say(d, DOCTOR_FAIL, "contact key",
                   "run the doctor as root or as the fetcher's user; without "
                   "the key new orders wait in the inbox",
                   "%s", err.text);
        return;
    }

    doctor_say(d, DOCTOR_OK, "contact key", NULL, "%u key%s in %s",
               d->conf.contact.n, d->conf.contact.n == 1 ? "" : "s",
               d->conf.contact_key_file);
}


/* A part of them, of all buckets. */

static void
doctor_contact(doctor_t *d)
{
    wismo_error_t   err;
    fetch_reseal_t  counts;

    if (d->conf.sealed && d->conf.contact.n == 0) {
        return;
    }

    if (!d->conf.sealed) {
        (void) fetch_config_contact(&d->conf, &err);
    }

    if (fetch_reseal(&d->redis, &counts, DOCTOR_LOOK, NULL, NULL)
        != WISMO_OK)
    {
        doctor_say(d, DOCTOR_WARN, "contact data",
                   "allow SCAN to the fetcher's Redis user",
                   "cannot be told: %s", d->redis.error);
        return;
    }

    if (counts.closed) {
        doctor_say(d, DOCTOR_FAIL, "contact data",
                   "put the key back, or send these orders again",
                   "%llu of %llu records can't be opened: %s",
                   (unsigned long long) counts.closed,
                   (unsigned long long) counts.looked, counts.why);
        return;
    }

    if (counts.changed) {
        doctor_say(d, DOCTOR_WARN, "contact data",
                   "\"wismo customer reencrypt\"",
                   "of %llu records %llu are not encrypted, %llu have an "
                   "older key, %llu are not as they would be written now",
                   (unsigned long long) counts.looked,
                   (unsigned long long) (d->conf.sealed ? counts.plain : 0),
                   (unsigned long long) counts.old,
                   (unsigned long long) counts.changed);
        return;
    }

    doctor_say(d, DOCTOR_OK, "contact data", NULL, "%llu records looked at",
               (unsigned long long) counts.looked);
}


/* Those that are dead, and what is kept of replies. */

static void
doctor_letters(doctor_t *d)
{
    fetch_reseal_t  counts;

    if (d->conf.letters == NULL) {
        return;
    }

    memset(&counts, 0, sizeof(fetch_reseal_t));

    if (fetch_reletter(&d->redis, &counts, true) != WISMO_OK) {
        doctor_say(d, DOCTOR_WARN, "letters sealed",
                   "allow XRANGE to the fetcher's Redis user",
                   "cannot be told: %s", d->redis.error);
        return;
    }

    if (counts.closed) {
        doctor_say(d, DOCTOR_FAIL, "letters sealed",
                   "put the key back, then \"wismo replay\"",
                   "%llu of %llu dead letters and samples can't be opened: "
                   "%s", (unsigned long long) counts.closed,
                   (unsigned long long) counts.looked, counts.why);
        return;
    }

    if (counts.changed || counts.waiting) {
        doctor_say(d, DOCTOR_WARN, "letters sealed",
                   "\"wismo customer reencrypt\"",
                   "of %llu dead letters and samples %llu are not sealed, "
                   "%llu have an older key%s",
                   (unsigned long long) counts.looked,
                   (unsigned long long) counts.plain,
                   (unsigned long long) counts.old,
                   counts.waiting ? ", as have letters that wait" : "");
        return;
    }

    doctor_say(d, DOCTOR_OK, "letters sealed", NULL,
               "with the key \"%.*s\"; %llu dead letters and samples looked "
               "at", (int) d->conf.letters->key.len, d->conf.letters->key.kid,
               (unsigned long long) counts.looked);
}


/* Only where there are any; as the fetcher reads them. */

static void
doctor_calendars(doctor_t *d)
{
    unsigned                i;
    wismo_pool_t            pool;
    wismo_days_t            days;
    doctor_calendar_t       fault;
    fetch_calendar_file_t   file;

    for (i = 0; i < d->conf.calendars->n; i++) {
        fault.doctor = d;
        fault.calendar = &d->conf.calendars->calendar[i];
        fault.failed = false;

        wismo_pool_init(&pool, DOCTOR_POOL, NULL, NULL);

        if (fetch_calendar_compile(&pool, fault.calendar, time(NULL),
                                   time(NULL), &days, &file,
                                   doctor_calendar_fault, &fault)
            == WISMO_OK
            && !fault.failed)
        {
            doctor_say(d, DOCTOR_OK, "calendar", NULL, "%.*s: %u events of %s",
                       (int) fault.calendar->name.len,
                       (char *) fault.calendar->name.data, file.events,
                       *fault.calendar->file ? fault.calendar->file
                                             : "no file");
        }

        wismo_pool_done(&pool);
    }
}


static void
doctor_calendar_fault(void *data, unsigned line, const char *text)
{
    doctor_calendar_t *fault = data;

    char  where[32];

    fault->failed = true;

    snprintf(where, sizeof(where), line ? ", line %u" : "", line);

    doctor_say(fault->doctor, DOCTOR_FAIL, "calendar",
               line ? "mend the file, \"wismo calendar check\" tells more"
                    : "mend \"wismo_calendar\" in nginx.conf",
               "%.*s: %s%s: %s", (int) fault->calendar->name.len,
               (char *) fault->calendar->name.data,
               *fault->calendar->file ? fault->calendar->file : "no file",
               where, text);
}


/* Nobody is sent anything. */

static void
doctor_channels(doctor_t *d)
{
    unsigned          i;
    wismo_pool_t      pool;
    fetch_probe_t     probe;
    fetch_channel_t  *channel;

    fetch_channels_init(&d->conf.channels, &d->conf.pool,
                        doctor_channel_fault, d);

    for (i = 0; i < d->conf.channels.n; i++) {
        channel = &d->conf.channels.channel[i];

        if (!channel->ready) {
            continue;
        }

        wismo_pool_init(&pool, DOCTOR_POOL, NULL, NULL);

        channel->type->probe(channel, &pool, &probe);

        doctor_say(d, probe.fix == NULL ? DOCTOR_OK : DOCTOR_FAIL, "channel",
                   probe.fix, "%.*s: %s", (int) channel->name.len,
                   (char *) channel->name.data, probe.text);

        wismo_pool_done(&pool);
    }
}


static void
doctor_channel_fault(void *data, const fetch_channel_t *channel,
    const char *text)
{
    doctor_say(data, DOCTOR_FAIL, "channel",
               "mend its \"wismo_notify\" in nginx.conf, and run the doctor "
               "as root or as the fetcher's user",
               "%.*s tells nobody: %s", (int) channel->name.len,
               (char *) channel->name.data, text);
}


static void
doctor_redis(doctor_t *d)
{
    int  rc;

    fetch_redis_init(&d->redis, &d->conf);

    if (!fetch_redis_up(&d->redis)) {
        doctor_say(d, DOCTOR_FAIL, "redis",
                   "start Redis, or mend \"wismo_redis\" in nginx.conf",
                   "%s: %s", d->conf.redis_url, d->redis.error);
        return;
    }

    doctor_say(d, DOCTOR_OK, "redis", NULL, "%s answers", d->conf.redis_url);

    doctor_redis_info(d);
    doctor_clock(d);

    rc = fetch_meta(&d->redis, false);

    if (rc == WISMO_OK) {
        doctor_say(d, DOCTOR_OK, "schema", NULL, "%d", WISMO_SCHEMA);

    } else {
        doctor_say(d, DOCTOR_FAIL, "schema",
                   "start the fetcher (\"wismo_fetcher on\" or \"wismo "
                   "fetch\"); if it runs, use a database of its own",
                   "%s", d->redis.error);
    }

    doctor_fetcher(d);
    doctor_inbox(d);
    doctor_calls(d);
    doctor_hooks(d);

    if (rc == WISMO_OK) {
        doctor_contact(d);
        doctor_letters(d);
    }
}


static void
doctor_redis_info(doctor_t *d)
{
    int           major, minor;
    char          version[32], value[64];
    redisReply   *reply;
    wismo_str_t   argv[1];

    wismo_str_set(&argv[0], "INFO");

    reply = fetch_redis_call(&d->redis, 1, argv);

    if (reply == NULL || reply->type != REDIS_REPLY_STRING) {
        doctor_say(d, DOCTOR_WARN, "persistence",
                   "allow INFO to the fetcher's Redis user",
                   "cannot be told: %s",
                   reply && reply->type == REDIS_REPLY_ERROR
                   ? reply->str : d->redis.error);

        if (reply) {
            freeReplyObject(reply);
        }

        return;
    }

    doctor_info(reply->str, "redis_version", version, sizeof(version));
    major = minor = 0;

    if (sscanf(version, "%d.%d", &major, &minor) == 2
        && (major > 6 || (major == 6 && minor >= 2)))
    {
        doctor_say(d, DOCTOR_OK, "version", NULL, "Redis %s", version);

    } else {
        doctor_say(d, DOCTOR_FAIL, "version", "use Redis 6.2 or newer",
                   "Redis %s", version);
    }

    doctor_info(reply->str, "aof_enabled", value, sizeof(value));

    if (strcmp(value, "1") == 0) {
        doctor_info(reply->str, "aof_last_write_status", value,
                    sizeof(value));

        if (strcmp(value, "ok") == 0) {
            doctor_say(d, DOCTOR_OK, "persistence", NULL, "append-only file");

        } else {
            doctor_say(d, DOCTOR_FAIL, "persistence",
                       "make room on Redis's disk",
                       "the append-only file can't be written");
        }

    } else {
        doctor_say(d, DOCTOR_WARN, "persistence",
                   "redis-cli CONFIG SET appendonly yes, and in redis.conf",
                   "no append-only file: a crash loses orders");
    }

    doctor_info(reply->str, "maxmemory_policy", value, sizeof(value));

    if (strcmp(value, "noeviction") == 0) {
        doctor_say(d, DOCTOR_OK, "eviction", NULL, "noeviction");

    } else {
        doctor_say(d, DOCTOR_FAIL, "eviction",
                   "redis-cli CONFIG SET maxmemory-policy noeviction, and in "
                   "redis.conf",
                   "policy %s drops orders when memory is short", value);
    }

    freeReplyObject(reply);
}


static const char *
doctor_info(const char *info, const char *name, char *buf, size_t size)
{
    size_t       len;
    const char  *p;

    len = strlen(name);
    buf[0] = '\0';

    for (p = strstr(info, name); p; p = strstr(p + len, name)) {

        if ((p == info || p[-1] == '\n') && p[len] == ':') {
            p += len + 1;
            len = strcspn(p, "\r\n");

            if (len >= size) {
                len = size - 1;
            }

            memcpy(buf, p, len);
            buf[len] = '\0';
            break;
        }
    }

    return buf;
}


static void
doctor_clock(doctor_t *d)
{
    long         skew;
    redisReply  *reply;
    wismo_str_t  argv[1];

    wismo_str_set(&argv[0], "TIME");

    reply = fetch_redis_call(&d->redis, 1, argv);

    if (reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
        && reply->element[0]->type == REDIS_REPLY_STRING)
    {
        skew = (long) (time(NULL) - atoll(reply->element[0]->str));

        if (labs(skew) <= DOCTOR_SKEW) {
            doctor_say(d, DOCTOR_OK, "clock", NULL, "agrees with Redis");

        } else {
            doctor_say(d, DOCTOR_WARN, "clock",
                       "let both hosts keep time by NTP",
                       "%ld seconds away from Redis's", skew);
        }
    }

    if (reply) {
        freeReplyObject(reply);
    }
}


/* The canary is rewritten each second and expires soon after the last. */

static void
doctor_fetcher(doctor_t *d)
{
    redisReply   *reply;
    wismo_str_t   argv[2];

    wismo_str_set(&argv[0], "EXISTS");
    wismo_str_set(&argv[1], WISMO_KEY_CANARY);

    reply = fetch_redis_call(&d->redis, 2, argv);

    if (reply && reply->type == REDIS_REPLY_INTEGER && reply->integer == 1) {
        doctor_say(d, DOCTOR_OK, "fetcher", NULL, "is at work");

    } else {
        doctor_say(d, DOCTOR_FAIL, "fetcher",
                   "\"wismo_fetcher on\" in nginx.conf, or run \"wismo "
                   "fetch\"; nginx's error log tells why it ended",
                   "no fetcher is at work: pages grow old");
    }

    if (reply) {
        freeReplyObject(reply);
    }
}


static void
doctor_inbox(doctor_t *d)
{
    int64_t  waiting, dead;

    waiting = doctor_streams(d, wismo_key_inbox);
    dead = doctor_streams(d, wismo_key_dead);

    if (waiting < 0 || dead < 0) {
        doctor_say(d, DOCTOR_WARN, "inbox",
                   "allow XLEN to the fetcher's Redis user",
                   "cannot be told");
        return;
    }

    if (waiting > DOCTOR_BACKLOG) {
        doctor_say(d, DOCTOR_WARN, "inbox",
                   "see the fetcher's log; more fetchers share the work",
                   "%lld entries wait", (long long) waiting);

    } else {
        doctor_say(d, DOCTOR_OK, "inbox", NULL, "%lld entries wait",
                   (long long) waiting);
    }

    if (dead) {
        doctor_say(d, DOCTOR_WARN, "dead letters",
                   "read them with XRANGE (docs/redis.md): each holds its "
                   "reason",
                   "%lld entries could not be used", (long long) dead);

    } else {
        doctor_say(d, DOCTOR_OK, "dead letters", NULL, "none");
    }
}


static int64_t
doctor_streams(doctor_t *d, size_t (*key)(char *buf, unsigned inbox))
{
    char          name[WISMO_KEY_MAX];
    int64_t       sum;
    unsigned      i;
    redisReply   *reply;
    wismo_str_t   argv[2];

    sum = 0;

    wismo_str_set(&argv[0], "XLEN");
    argv[1].data = (unsigned char *) name;

    for (i = 0; i < WISMO_INBOXES; i++) {
        argv[1].len = key(name, i);
        reply = fetch_redis_call(&d->redis, 2, argv);

        if (reply == NULL || reply->type != REDIS_REPLY_INTEGER) {

            if (reply) {
                freeReplyObject(reply);
            }

            return -1;
        }

        sum += reply->integer;
        freeReplyObject(reply);
    }

    return sum;
}
