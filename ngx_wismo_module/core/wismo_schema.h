
/*
 * Copyright (C) The Wismo authors
 *
 * Every Redis key and script, and no other file's business (docs/redis.md).
 * Names and texts only: nothing here talks to Redis.
 *
 *   w:meta                     HASH    schema, buckets, install id
 *   wo:{b}:<order>             STRING  the document (wismo_document.h)
 *   wp:{b}:<order>             STRING  what the shop sent, contact data too,
 *                                      sealed (wismo_seal.h); never readable
 *                                      by the web tier
 *   wc:{b}                     ZSET    <mac>:<order>, scored 0: whose orders
 *                                      are in this bucket
 *   wn:{b}:<order>             HASH    ledger: "body" (inbox id last applied),
 *                                      "contact" (its MACs in wc:),
 *                                      "seen:<parcel>" (the last reply),
 *                                      "reg:<parcel>" ("<carrier> <number>
 *                                      <handle>", what registering gave),
 *                                      "feedback" (JSON, the last one),
 *                                      "shop" ("<hook> <id>"), "erased"
 *   wd:{b}:<carrier>           ZSET    <order>#<parcel>, score = due time, ms
 *   wi:{s}                     STREAM  inbox, 16 of them, by bucket mod 16
 *   wx:{s}                     STREAM  dead letters
 *   wt:{h}:<number>            SET     tracking number -> "<carrier> <order>"
 *   wk:{h}:<hook>:<id>         HASH    an order's id at a shop: "number", and
 *                                      "e:..." what came before it was known
 *   wq:<carrier>               HASH    quota and breaker, shared by fetchers
 *   wq:{<carrier>}:n:<hour>    HASH    what was done in that hour
 *   wq:{<carrier>}:u           HASH    codes no table knows: "<n> <ms>"
 *   wq:{<carrier>}:r           LIST    samples of replies of no use
 *   wb:{<channel>}[:n:<hour>]  HASH    its brake; what it told in that hour
 *   wr:{b}:<mac>               ZSET    what this address got lately
 *   wu:{b}                     HASH    <mac> of addresses that get nothing
 *   wh:f:<id>                  STRING  heartbeat of a fetcher, EX 15
 *   we:model                   HASH    prediction: "bytes", "version", "upto"
 *                                      (the last of we:log it has learnt),
 *                                      "at", "learnt"
 *   we:log                     STREAM  deliveries, the last 50,000
 *   we:lanes                   HASH    <carrier>/<service>|<from>|<to> ->
 *                                      what /api/v1/estimate answers
 *   wo:{0}:!hb                 STRING  canary the watch connections wait for
 *   wo:{0}:!incidents          STRING  JSON: what touches many orders
 *   channel w:ev               "<order>[ <version>[ revoked]]" of each commit
 *   channel w:due              commit publishes "<bucket> <carrier> <ms>"
 */


#ifndef _WISMO_SCHEMA_H_INCLUDED_
#define _WISMO_SCHEMA_H_INCLUDED_


#include "wismo_core.h"


#define WISMO_SCHEMA              1
#define WISMO_BUCKETS             1024
#define WISMO_INBOXES             16
#define WISMO_INBOX_MAX           100000      /* entries of one stream */

#define WISMO_KEY_META            "w:meta"
#define WISMO_KEY_EDD_MODEL       "we:model"
#define WISMO_KEY_EDD_LOG         "we:log"
#define WISMO_KEY_EDD_LANES       "we:lanes"
#define WISMO_EDD_LOG_MAX         50000       /* entries */
#define WISMO_EDD_LANES_MAX       20000       /* fields */
#define WISMO_KEY_CANARY          "wo:{0}:!hb"
#define WISMO_KEY_INCIDENTS       "wo:{0}:!incidents"
#define WISMO_PREFIX_DOCUMENT     "wo:"
#define WISMO_MATCH_DOCUMENT      "wo:{*"
#define WISMO_MATCH_PRIVATE       "wp:{*"
#define WISMO_MATCH_LEDGER        "wn:{*"
#define WISMO_META_INDEXED        "contacts"    /* wc: has all orders */
#define WISMO_META_WRITER         "contacts:"   /* ... by this key, too */
#define WISMO_CHANNEL_EVENT       "w:ev"
#define WISMO_CHANNEL_DUE         "w:due"
#define WISMO_EVENT_INCIDENTS     "!incidents"  /* on the event channel */
#define WISMO_DUE_NOTICES         "!notices"    /* stands for a carrier */
#define WISMO_DUE_CLOCK           "!clock"      /* likewise */
#define WISMO_DUE_RETENTION       "!retention"  /* ... when it is erased */
#define WISMO_LEDGER_NOTICE       "n:"          /* n:<channel>:<notice> */
#define WISMO_LEDGER_CONTACT      "contact"
#define WISMO_INBOX_GROUP         "fetch"

#define WISMO_KEY_MAX             192

/* crc32("default/" order) mod 1024 */
unsigned wismo_bucket(const wismo_str_t *order);

/*
 * Each writes a key of at most WISMO_KEY_MAX bytes into "buf" and returns
 * its length; the parts must have passed their own checks before.
 */
size_t wismo_key_document(char *buf, const wismo_str_t *order);
size_t wismo_key_private(char *buf, const wismo_str_t *order);
size_t wismo_key_ledger(char *buf, const wismo_str_t *order);
size_t wismo_key_contacts(char *buf, unsigned bucket);
size_t wismo_key_staged(char *buf, unsigned bucket,
    const wismo_str_t *writer);
size_t wismo_key_due(char *buf, unsigned bucket, const wismo_str_t *carrier);
size_t wismo_key_inbox(char *buf, unsigned inbox);
size_t wismo_key_dead(char *buf, unsigned inbox);
size_t wismo_key_tracking(char *buf, const wismo_str_t *number);

/* A member of that: the parts point into it.  WISMO_DECLINED if it is none. */
int wismo_tracking_member(const wismo_str_t *member, wismo_str_t *carrier,
    wismo_str_t *order);

size_t wismo_key_shop(char *buf, const wismo_str_t *hook,
    const wismo_str_t *id);

/* A pattern that fits those of one hook. */
size_t wismo_key_shops(char *buf, const wismo_str_t *hook);
size_t wismo_key_quota(char *buf, const wismo_str_t *carrier);
size_t wismo_key_counts(char *buf, const wismo_str_t *carrier, int64_t hour);
size_t wismo_key_unmapped(char *buf, const wismo_str_t *carrier);
size_t wismo_key_rejects(char *buf, const wismo_str_t *carrier);
size_t wismo_key_told(char *buf, const wismo_str_t *channel, int64_t hour);
size_t wismo_key_brake(char *buf, const wismo_str_t *channel);

/* Of a person, by the MAC of an address: both are in one slot. */
size_t wismo_key_reached(char *buf, const wismo_str_t *mac);
size_t wismo_key_suppressed(char *buf, unsigned bucket);

size_t wismo_key_heartbeat(char *buf, const wismo_str_t *fetcher);

/*
 * What follows "wo:{b}:" in a key, not checked to be an order's number;
 * WISMO_DECLINED if it is another key.
 */
int wismo_key_order(const wismo_str_t *key, wismo_str_t *order);

/* The same of "wp:{b}:" and "wn:{b}:". */
int wismo_key_private_order(const wismo_str_t *key, wismo_str_t *order);
int wismo_key_ledger_order(const wismo_str_t *key, wismo_str_t *order);


/*
 * Fields of an inbox entry, written by the module, taken by the fetcher:
 *   kind      put | delete | hook | view | feedback | stop | link |
 *             message
 *   order     the order's number (all but hook and message)
 *   carrier   the carrier or the shop of the hook location (hook), the
 *             channel (message)
 *   at        seconds since 1970, the receiving node's clock
 *   headers   those the shop's file names, one per line (hook)
 *   body      the bytes as received, sealed where contact data is
 *             (wismo_box.h); of all but view, delete and link
 *   first     of one that was read again: the id it had at first
 *
 * A dead letter has its id, why it is dead, the kid of the key that was
 * missing, if one was, and the fields of the letter.
 */
#define WISMO_INBOX_KIND          "kind"
#define WISMO_INBOX_ORDER         "order"
#define WISMO_INBOX_CARRIER       "carrier"
#define WISMO_INBOX_AT            "at"
#define WISMO_INBOX_HEADERS       "headers"
#define WISMO_INBOX_BODY          "body"
#define WISMO_INBOX_FIRST         "first"
#define WISMO_DEAD_ID             "id"
#define WISMO_DEAD_WHY            "why"
#define WISMO_DEAD_KID            "kid"


/* Lua texts; the fetcher loads them and calls by SHA-1.  See the comments in
 * wismo_schema.c for their keys and arguments. */
extern const char  wismo_script_commit[];
extern const char  wismo_script_unchanged[];
extern const char  wismo_script_claim[];
extern const char  wismo_script_quota[];
extern const char  wismo_script_pause[];
extern const char  wismo_script_sooner[];
extern const char  wismo_script_count[];
extern const char  wismo_script_sample[];
extern const char  wismo_script_reletter[];
extern const char  wismo_script_resample[];
extern const char  wismo_script_model[];
extern const char  wismo_script_told[];
extern const char  wismo_script_reseal[];
extern const char  wismo_script_winnow[];
extern const char  wismo_script_brake[];
extern const char  wismo_script_incidents[];
/* What is known of an address, behind its kind and the time. */
#define WISMO_REACH_ALLOWED  "allowed"
#define WISMO_REACH_STOP     "stop"

extern const char  wismo_script_reach[];
extern const char  wismo_script_suppress[];
extern const char  wismo_script_again[];
extern const char  wismo_script_link[];


#endif /* _WISMO_SCHEMA_H_INCLUDED_ */
