
/*
 * Copyright (C) The Wismo authors
 *
 * The adapter engine: one JSON file per carrier, compiled into a closed list
 * of primitives (docs/adapters.md), turns numbers into requests and replies
 * into reports.  No I/O and no clock: fetch_http.c talks, fetch_poll.c and
 * "wismo carrier parse" call.  Every byte of a reply is hostile.
 */


#ifndef _FETCH_ADAPTER_H_INCLUDED_
#define _FETCH_ADAPTER_H_INCLUDED_


#include "wismo_order.h"
#include "wismo_sign.h"


#define FETCH_REPLY_MAX      (256 * 1024)     /* bytes, decompressed */


typedef struct fetch_adapter_s  fetch_adapter_t;


/* What became of a question, for a whole reply or for one number in it. */

typedef enum {
    FETCH_OK = 0,
    FETCH_NOT_FOUND,          /* not known yet: ask again, slowly */
    FETCH_RETRY,              /* passing fault, or an unusable reply */
    FETCH_THROTTLED,          /* quota: nobody's fault, honour Retry-After */
    FETCH_AUTH,               /* our credentials are refused */
    FETCH_REFUSE              /* this question will never be answered */
} fetch_outcome_e;


/* An account at a carrier: from the wismo_carrier block. */

typedef struct {
    wismo_str_t               base_url;       /* empty: the adapter's own */
    json_t                   *values;         /* client_id, account, ... */
    json_t                   *secrets;        /* "secret": text of the file */
} fetch_account_t;


typedef struct {
    wismo_str_t               name;
    wismo_str_t               value;
} fetch_header_t;


typedef struct {
    wismo_str_t               method;
    wismo_str_t               url;
    fetch_header_t           *headers;
    unsigned                  nheaders;
    wismo_str_t               body;
} fetch_request_t;


/* What Retry-After says, in seconds or as a date, a week at most; -1 if it
 * says nothing. */
int fetch_retry_after(const fetch_header_t *headers, unsigned nheaders,
    int64_t now);


typedef struct {
    int                       http;           /* status code */
    wismo_str_t               body;
    fetch_header_t           *headers;
    unsigned                  nheaders;
    const wismo_str_t        *numbers;        /* asked for */
    unsigned                  nnumbers;
    int64_t                   now;
    bool                      explain;        /* fill reply->explain */
} fetch_answer_t;


/* One number's part of a reply. */

typedef struct {
    wismo_str_t               number;
    fetch_outcome_e           outcome;
    wismo_report_t           *report;         /* set if outcome is OK */
    wismo_str_t               code;           /* the carrier's own error */
    wismo_str_t               text;
} fetch_part_t;


typedef struct {
    fetch_outcome_e           outcome;        /* OK if that of any part is;
                                                 else what most concerns all */
    int                       retry_after;    /* seconds, -1: not said */
    fetch_part_t             *parts;          /* one per number asked for, a
                                                 number missing in the reply
                                                 is RETRY */
    unsigned                  nparts;
    wismo_str_t               code;
    wismo_str_t               text;
    wismo_str_t               id;             /* of a push, and how new it */
    wismo_str_t               version;        /* is, if it says so */
    json_t                   *explain;        /* path behind each field;
                                                 the caller's to json_decref */
} fetch_reply_t;


typedef struct {
    unsigned                  n;
    unsigned                  seconds;
} fetch_limit_t;


/*
 * Loads and validates an adapter.  All faults are collected: unknown keys,
 * unreachable rows, duplicate codes, statuses that do not exist.  Returns
 * the number of faults; the adapter is set when it is 0.  The adapter is
 * immutable, and freed by fetch_adapter_free().
 */
int fetch_adapter_load(const char *path, fetch_adapter_t **adapter,
    wismo_error_t *errors, int max);
void fetch_adapter_free(fetch_adapter_t *adapter);

const wismo_str_t *fetch_adapter_name(const fetch_adapter_t *a);
uint64_t fetch_adapter_hash(const fetch_adapter_t *a);   /* of the file */
unsigned fetch_adapter_batch(const fetch_adapter_t *a);
unsigned fetch_adapter_limits(const fetch_adapter_t *a,
    const fetch_limit_t **limits);
bool fetch_adapter_can_poll(const fetch_adapter_t *a);
bool fetch_adapter_has_token(const fetch_adapter_t *a);
bool fetch_adapter_has_push(const fetch_adapter_t *a);

/* Its pushes are not believed: they only tell that asking is worth while. */
bool fetch_adapter_push_hints(const fetch_adapter_t *a);

/* The body of a push, for trying a hook, or NULL. */
const json_t *fetch_adapter_push_sample(const fetch_adapter_t *a);
bool fetch_adapter_has_register(const fetch_adapter_t *a);

/* The account lacks something the adapter's requests name. */
int fetch_adapter_account_ok(const fetch_adapter_t *a,
    const fetch_account_t *account, wismo_error_t *err);

/* Token: the request that gets one, and what its reply holds. */
int fetch_adapter_token_request(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_account_t *account, fetch_request_t *req);
fetch_outcome_e fetch_adapter_token_reply(const fetch_adapter_t *a,
    wismo_pool_t *pool, const fetch_answer_t *answer, wismo_str_t *token,
    int64_t *expires_at, wismo_error_t *err);

/* The question for up to fetch_adapter_batch() numbers. */
int fetch_adapter_request(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_account_t *account, const wismo_str_t *token,
    const wismo_str_t *numbers, unsigned n, fetch_request_t *req);

/*
 * Aggregators want to hear of a number before they are asked about it.  The
 * reply gives a handle for each number (the number itself where they have
 * none), which the later question names; "already registered" is success.
 * The handles are those of answer->numbers; an empty one was not registered
 * and has its outcome in the part of the same place.
 */
int fetch_adapter_register_request(const fetch_adapter_t *a,
    wismo_pool_t *pool, const fetch_account_t *account,
    const wismo_str_t *token, const wismo_str_t *numbers, unsigned n,
    fetch_request_t *req);
int fetch_adapter_register_reply(const fetch_adapter_t *a,
    wismo_pool_t *pool, const fetch_answer_t *answer, fetch_reply_t *reply,
    wismo_str_t *handles);
int fetch_adapter_read_request(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_account_t *account, const wismo_str_t *token,
    const wismo_str_t *numbers, const wismo_str_t *handles, unsigned n,
    fetch_request_t *req);

/* Never fails but for memory: whatever the bytes, there is an outcome. */
int fetch_adapter_reply(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_answer_t *answer, fetch_reply_t *reply);

/* A verified push: its parts name their own numbers; retry_after is -1. */
int fetch_adapter_push(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_answer_t *push, fetch_reply_t *reply);
const wismo_verifier_t *fetch_adapter_verifier(const fetch_adapter_t *a);

/*
 * Asks the tables again about all that they have said of a parcel, and derives
 * it anew if they say otherwise now; what they do not know stays as it is.
 * "told" hears of each change.  WISMO_ERROR: memory.
 */
typedef void (*fetch_again_pt)(void *data, const wismo_parcel_t *parcel,
    const wismo_str_t *code, const wismo_substatus_t *was,
    const wismo_substatus_t *is);

int fetch_adapter_again(const fetch_adapter_t *a, wismo_pool_t *pool,
    wismo_parcel_t *parcel, fetch_again_pt told, void *data, bool *changed);

const char *fetch_outcome_name(fetch_outcome_e outcome);


#endif /* _FETCH_ADAPTER_H_INCLUDED_ */
