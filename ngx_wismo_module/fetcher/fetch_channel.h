
/*
 * Copyright (C) The Wismo authors
 *
 * Channels: where notices go.  Each is a wismo_notify block of nginx.conf:
 * its type (fetch_webhook.c and its siblings) says how a message is sent, the
 * rest whom it tells of what, and when not.
 */


#ifndef _FETCH_CHANNEL_H_INCLUDED_
#define _FETCH_CHANNEL_H_INCLUDED_


#include "fetch_probe.h"
#include "fetch_wording.h"
#include "wismo_document.h"
#include "wismo_notice.h"


#define FETCH_CHANNELS_MAX   16
#define FETCH_KINDS_MAX      96


typedef struct fetch_channel_s       fetch_channel_t;
typedef struct fetch_channel_type_s  fetch_channel_type_t;


/* A message to be sent; lives until it is told what became of it. */

typedef struct {
    const fetch_channel_t    *channel;
    const wismo_order_t      *order;          /* as it is now */
    const wismo_document_t   *doc;
    const wismo_str_t        *body;           /* private, the shop's */
    const wismo_notice_entry_t  *entry;
    wismo_pool_t             *pool;
    wismo_str_t               id;             /* the same at each attempt */
    int64_t                   now;            /* seconds */
} fetch_message_t;


typedef enum {
    FETCH_SENT = 0,
    FETCH_SENT_LATER,         /* a passing fault: again, with the same id */
    FETCH_SENT_NEVER,         /* refused for good */
    FETCH_SENT_SKIPPED,       /* there is nobody to tell */
    FETCH_SENT_UNKNOWN        /* nobody can know */
} fetch_sent_e;

typedef struct {
    fetch_sent_e              outcome;
    bool                      invalid;        /* never: by the person's
                                                 address or number */
    int64_t                   retry_after;    /* seconds, 0: not said */
    wismo_str_t               text;           /* the receiver's id, or why;
                                                 never a person's address */
} fetch_sent_t;


/* Called once for each message begun, never from within its send(). */
typedef void (*fetch_sent_pt)(void *data, const fetch_sent_t *sent);


typedef enum {
    FETCH_AGAIN = 0,          /* the receiver tells repetitions by their id */
    FETCH_AGAIN_ONCE,         /* a second copy is better than none */
    FETCH_AGAIN_NEVER
} fetch_again_e;

struct fetch_channel_type_s {
    const char               *name;           /* "webhook" */
    bool                      people;         /* the rules for people hold */

    /* A fault of the block: err->at is the value's name. */
    int                     (*init)(fetch_channel_t *channel,
                                    wismo_pool_t *pool, wismo_error_t *err);

    /* WISMO_ERROR: not begun, nobody will be called; try again later.
     * WISMO_DECLINED: nobody to tell, sent->text says why. */
    int                     (*send)(const fetch_message_t *message,
                                    fetch_http_t *http, fetch_sent_pt done,
                                    void *data, fetch_sent_t *sent);

    /* What to do with a message of which nobody knows whether it arrived. */
    fetch_again_e             again;

    /* Seconds before attempt n, counted from 1; 0 gives up. */
    int64_t                 (*pause)(unsigned attempts);

    /* The bits of the letters it has to have written, 0: none. */
    unsigned                  letters;

    /* Frees what init() left in channel->own, or NULL. */
    void                    (*done)(fetch_channel_t *channel);

    /* Tries the way to the receiver, without a message; waits for it. */
    void                    (*probe)(const fetch_channel_t *channel,
                                     wismo_pool_t *pool,
                                     fetch_probe_t *probe);
};


/* Letters with a link that somebody has asked for, by mail. */

typedef struct {
    bool                      on;
    int64_t                   gap;            /* seconds between two of one */
    unsigned                  daily;          /* ... order, and in a day */
    unsigned                  hourly;         /* of the channel */
    int64_t                   full_until;     /* seconds: no more in this
                                                 hour */
} fetch_links_t;


/* What becomes of notices, for fetch_told.h. */

typedef enum {
    FETCH_TOLD_SENT = 0,
    FETCH_TOLD_LINKS,         /* of these what was asked for */
    FETCH_TOLD_RETRIED,
    FETCH_TOLD_DEAD,
    FETCH_TOLD_SKIPPED,
    FETCH_TOLD_UNKNOWN,       /* begun, and nobody knows */
    FETCH_TOLD_DELIVERED,     /* as a receipt has it */
    FETCH_TOLD_FAILED,
    FETCH_TOLD_COMPLAINTS,
    FETCH_TOLDS
} fetch_told_e;

typedef struct {
    uint64_t                  n[FETCH_TOLDS];     /* not in Redis yet */
} fetch_told_t;


struct fetch_channel_s {
    wismo_str_t               name;
    const fetch_channel_type_t  *type;
    json_t                   *values;
    json_t                   *secret_files;
    json_t                   *secrets;        /* texts of the files, or NULL */
    fetch_wording_t          *wording;        /* of all channels, or NULL */
    bool                      ready;          /* its init() succeeded */
    bool                      kinds[FETCH_KINDS_MAX];     /* by their place */
    wismo_notice_rules_t      rules;          /* but for the offset */
    int64_t                   gap;            /* s between two notices */
    unsigned                  daily;          /* most in 24 hours, 0: any */
    long                      brake;          /* most in an hour; 0: by what
                                                 is usual, -1: any */
    int64_t                   held_until;     /* of the brake, seconds */
    int64_t                   discarded;
    fetch_links_t             links;
    fetch_told_t              told;
    void                     *own;            /* of the type */
};


/* A value of the block, or "otherwise". */
const char *fetch_channel_value(const fetch_channel_t *channel,
    const char *name, const char *otherwise);
wismo_str_t fetch_channel_secret(const fetch_channel_t *channel,
    const char *name);

/* Where pages are, for links: "https://shop.example", without a slash. */
int fetch_channel_site(const fetch_channel_t *channel, wismo_str_t *site,
    wismo_error_t *err);

/* The channel wants to hear of this kind, about orders of this brand. */
bool fetch_channel_wants(const fetch_channel_t *channel,
    const wismo_notice_kind_t *kind, const wismo_str_t *brand);

/* It is for orders of this brand, if not for those of all. */
bool fetch_channel_serves(const fetch_channel_t *channel,
    const wismo_str_t *brand);


typedef struct {
    fetch_channel_t           channel[FETCH_CHANNELS_MAX];
    unsigned                  n;
    const struct fetch_config_s  *conf;       /* that they are part of */
    fetch_wording_t          *wording;
} fetch_channels_t;

/*
 * Reads "channels" of the configuration: an array of objects with "name",
 * "type", "values" and "secret_files".  WISMO_DECLINED: err->at is a JSON
 * pointer.  No secret is read.
 */
int fetch_channels_read(fetch_channels_t *channels, json_t *json,
    wismo_error_t *err);

/* Reads the secrets; a channel that cannot serve is told and not ready. */
void fetch_channels_init(fetch_channels_t *channels, wismo_pool_t *pool,
    void (*tell)(void *data, const fetch_channel_t *channel,
    const char *text), void *data);

void fetch_channels_done(fetch_channels_t *channels);


extern const fetch_channel_type_t  fetch_webhook_type;
extern const fetch_channel_type_t  fetch_mail_type;
extern const fetch_channel_type_t  fetch_sms_type;
extern const fetch_channel_type_t  fetch_http_type;


#endif /* _FETCH_CHANNEL_H_INCLUDED_ */
