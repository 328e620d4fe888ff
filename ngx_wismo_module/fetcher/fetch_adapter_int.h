
/*
 * Copyright (C) The Wismo authors
 *
 * What the files of the adapter engine share: the compiled form of an
 * adapter and the calls between fetch_adapter_*.c.  Nobody else includes it.
 *
 *   fetch_adapter.c          what an adapter is asked about itself
 *   fetch_adapter_load.c     the file: who, how to authorise, push
 *   fetch_adapter_question.c the file: requests
 *   fetch_adapter_mapping.c  the file: how a reply is read
 *   fetch_adapter_load_time.c   ... its times
 *   fetch_adapter_load_code.c   ... its code tables
 *   fetch_adapter_fault.c    faults and members, for all of these
 *   fetch_adapter_tree.c     bytes of a reply to a tree
 *   fetch_adapter_path.c     paths into a tree
 *   fetch_adapter_text.c     a tree's leaves as clean text, weights
 *   fetch_adapter_time.c     sources of times, zones
 *   fetch_adapter_clock.c    printed times
 *   fetch_adapter_code.c     code tables
 *   fetch_adapter_request.c  questions
 *   fetch_adapter_reply.c    numbers to their parts
 *   fetch_adapter_outcome.c  rules of outcomes
 *   fetch_adapter_report.c   one parcel out of a reply
 *   fetch_adapter_partner.c  ... who does its last stretch
 *   fetch_adapter_place.c    ... where it is to be collected
 *   fetch_adapter_event.c    its events and headline
 */


#ifndef _FETCH_ADAPTER_INT_H_INCLUDED_
#define _FETCH_ADAPTER_INT_H_INCLUDED_


#include "fetch_adapter.h"
#include "wismo_json.h"


#define FETCH_NODES_MAX      4096     /* a path may find */
#define FETCH_KEYS_MAX       8        /* named parts of a code */
#define FETCH_BY_MAX         3        /* parts of one table's key */
#define FETCH_PARTS_MAX      4        /* parts of a time or a place */
#define FETCH_UNMAPPED_MAX   32
#define FETCH_BATCH_MAX      1000


/* Paths. */

typedef enum {
    FETCH_STEP_NAME = 0,
    FETCH_STEP_INDEX,
    FETCH_STEP_EACH,
    FETCH_STEP_FILTER
} fetch_step_e;


typedef struct {
    fetch_step_e              kind;
    unsigned                  index;
    const char               *name;
    size_t                    len;            /* of the name */
    uint64_t                  head;
    wismo_str_t               value;          /* of a filter */
} fetch_step_t;


typedef enum {
    FETCH_FROM_HERE = 0,
    FETCH_FROM_ROOT,                          /* "/a": the document */
    FETCH_FROM_ITEM                           /* "^a": the item */
} fetch_from_e;


typedef struct {
    fetch_from_e              from;
    fetch_step_t             *steps;
    unsigned                  nsteps;
    bool                      joined;         /* with the one before it */
    wismo_str_t               text;
} fetch_route_t;


typedef struct {
    fetch_route_t            *routes;         /* alternatives, in order */
    unsigned                  nroutes;
} fetch_path_t;


typedef struct {
    fetch_path_t             *paths;
    unsigned                  n;
} fetch_paths_t;


typedef struct {
    const wismo_json_t      **nodes;
    unsigned                  n;
    unsigned                  max;
} fetch_nodes_t;


/* Where a path starts, and what counts as nothing. */

typedef struct {
    wismo_pool_t             *pool;
    const wismo_json_t       *root;
    const wismo_json_t       *item;
    const wismo_json_t       *here;
    const wismo_str_t        *absent;
    unsigned                  nabsent;
    bool                      markup;         /* texts hold tags, entities */
    json_t                   *explain;        /* array, or NULL */
    const char               *prefix;         /* of explained fields */
    int64_t                   now;
} fetch_scope_t;


/* Outcome rules: all that is said in one must hold. */

typedef struct {
    int                       http_from;
    int                       http_to;
} fetch_http_t;


typedef struct {
    fetch_http_t             *http;
    unsigned                  nhttp;
    fetch_path_t             *at;
    fetch_path_t             *without;
    wismo_str_t              *equals;
    unsigned                  nequals;
    wismo_str_t              *prefixes;
    unsigned                  nprefixes;
    fetch_outcome_e           outcome;
} fetch_rule_t;


typedef struct {
    fetch_rule_t             *rules;
    unsigned                  n;
} fetch_rules_t;


/* Times. */

typedef enum {
    FETCH_FORM_ISO = 0,
    FETCH_FORM_YMD,
    FETCH_FORM_DMY,
    FETCH_FORM_MDY,
    FETCH_FORM_MONTH,
    FETCH_FORM_EPOCH,
    FETCH_FORM_EPOCH_MS,
    FETCH_FORM_DOTNET
} fetch_form_e;


typedef enum {
    FETCH_ZONE_TEXT = 0,
    FETCH_ZONE_LOCAL,
    FETCH_ZONE_UTC,
    FETCH_ZONE_NAMED,
    FETCH_ZONE_FIXED,
    FETCH_ZONE_AT
} fetch_zone_e;


typedef struct fetch_zone_s  fetch_zone_t;

typedef struct {
    wismo_str_t               name;
    fetch_zone_t             *zone;
} fetch_zone_name_t;


struct fetch_zone_s {
    fetch_zone_e              kind;
    int16_t                   offset;         /* FIXED */
    void                     *tz;             /* NAMED */
    fetch_path_t             *at;             /* AT */
    fetch_zone_name_t        *names;
    unsigned                  nnames;
    fetch_zone_t             *otherwise;
};


typedef struct {
    fetch_paths_t             parts;
    fetch_form_e              form;
    fetch_zone_t              zone;
    fetch_paths_t             wall;           /* the printed clock, if it
                                                 stands elsewhere */
    fetch_path_t             *offset;         /* ... or its offset does */
    bool                      midnight;       /* means: a day only */
} fetch_time_t;


typedef struct {
    fetch_time_t             *sources;
    unsigned                  n;
} fetch_times_t;


typedef struct {
    fetch_time_t             *from;
    fetch_time_t             *to;
    fetch_time_t             *date;
} fetch_edd_t;


/* Codes. */

typedef enum {
    FETCH_COMPARE_WORD = 0,                   /* in any case of its letters */
    FETCH_COMPARE_EXACT,
    FETCH_COMPARE_INT,
    FETCH_COMPARE_PREFIX
} fetch_compare_e;


typedef struct {
    const wismo_substatus_t  *status;
    wismo_to_e                to;
    bool                      retract;        /* the event before this one */
    unsigned                  transform;      /* so it became, from 1 on */
} fetch_meaning_t;


typedef struct {
    wismo_str_t               key;
    size_t                    skip;           /* of a beginning: where its
                                                 last part stands */
    fetch_meaning_t           meaning;
} fetch_row_t;


typedef struct {
    unsigned                  by[FETCH_BY_MAX];       /* key slots */
    unsigned                  nby;
    fetch_compare_e           compare;
    bool                      fallback;       /* a match here still lists
                                                 the code as unmapped */
    unsigned                  beside;         /* it lists them only if this
                                                 key, from 1 on, is there */
    fetch_row_t              *rows;           /* sorted by key */
    unsigned                  nrows;
    unsigned                  masks;          /* bit m: rows with wildcards
                                                 in the parts of m exist */
} fetch_table_t;


typedef struct {
    const char               *names[FETCH_KEYS_MAX];
    unsigned                  nnames;
    fetch_table_t            *tables;
    unsigned                  n;
} fetch_codes_t;


typedef struct {
    wismo_str_t               values[FETCH_KEYS_MAX];
} fetch_key_t;


/* How a status node is read: paths of the key's named parts. */

typedef struct {
    fetch_path_t             *paths[FETCH_KEYS_MAX];
} fetch_keys_t;


typedef struct {
    fetch_path_t             *at;
    wismo_str_t              *equals;
    unsigned                  nequals;
    fetch_meaning_t           map[WISMO_EXPIRED + 1];
    unsigned                  mapped;         /* bit s: status s changes */
} fetch_transform_t;


typedef enum {
    FETCH_POLICY_EVENT = 0,
    FETCH_POLICY_FIELD,
    FETCH_POLICY_FIELD_UNLESS_EVENT
} fetch_policy_e;


/* Another carrier, of the last stretch: beginnings of texts to its name. */

typedef struct {
    wismo_str_t               text;
    wismo_str_t               carrier;        /* empty: nobody else */
} fetch_partner_name_t;


typedef struct {
    fetch_path_t             *carrier;
    fetch_path_t             *number;
    fetch_path_t             *self;           /* the first one's; is either
                                                 of them, there is no other */
    fetch_partner_name_t     *names;
    unsigned                  nnames;
} fetch_partner_t;


/* Where a parcel is to be collected. */

typedef struct {
    fetch_paths_t             name;
    fetch_paths_t             address;
    fetch_paths_t             hours;
} fetch_place_t;


/* How a reply, or a push, is read: P6 to P13. */

typedef struct {
    wismo_str_t              *absent;
    unsigned                  nabsent;
    bool                      markup;

    fetch_rules_t             outcomes;
    fetch_path_t             *error_code;
    fetch_path_t             *error_text;

    fetch_path_t             *items;
    fetch_paths_t             number;
    fetch_rules_t             item_outcomes;
    fetch_path_t             *item_error_code;
    fetch_path_t             *item_error_text;
    fetch_path_t             *choose;         /* duplicates in an item */
    fetch_path_t             *pieces;
    fetch_path_t             *pieces_total;

    fetch_policy_e            policy;
    fetch_path_t             *status_at;
    fetch_keys_t              status_keys;

    fetch_path_t             *events;
    bool                      oldest_first;
    fetch_keys_t              event_keys;
    fetch_paths_t             event_code;
    fetch_paths_t             event_text;
    fetch_paths_t             event_place;
    fetch_times_t             event_time;

    fetch_codes_t             codes;
    bool                      push_codes;     /* a push's, of its own */
    fetch_transform_t        *transforms;
    unsigned                  ntransforms;
    fetch_path_t             *to_at;
    fetch_table_t             to;             /* text to delivered_to */

    fetch_edd_t              *edd;
    unsigned                  nedd;
    fetch_path_t             *signed_by;
    fetch_path_t             *weight;
    fetch_path_t             *weight_unit;
    wismo_str_t               weight_unit_name;
    fetch_times_t             pickup_by;
    fetch_partner_t           partner;
    fetch_place_t             pickup;
} fetch_mapping_t;


/* Questions. */

typedef enum {
    FETCH_ESCAPE_NONE = 0,
    FETCH_ESCAPE_URL,
    FETCH_ESCAPE_JSON,
    FETCH_ESCAPE_XML,
    FETCH_ESCAPE_XML_URL
} fetch_escape_e;


typedef enum {
    FETCH_SLOT_TEXT = 0,
    FETCH_SLOT_BASE,
    FETCH_SLOT_NUMBER,
    FETCH_SLOT_NUMBERS,
    FETCH_SLOT_HANDLE,
    FETCH_SLOT_LANG,
    FETCH_SLOT_ACCOUNT,
    FETCH_SLOT_SECRET,
    FETCH_SLOT_TOKEN,
    FETCH_SLOT_UUID
} fetch_slot_e;


typedef struct {
    fetch_slot_e              kind;
    bool                      optional;
    wismo_str_t               text;           /* literal, or a name */
    const char               *name;
} fetch_piece_t;


typedef struct {
    fetch_piece_t            *pieces;
    unsigned                  n;
    fetch_escape_e            escape;
} fetch_template_t;


typedef struct {
    wismo_str_t               name;
    fetch_template_t          value;
} fetch_header_template_t;


/* A body is text with slots, or a JSON value whose strings have them. */

typedef struct fetch_body_s  fetch_body_t;

struct fetch_body_s {
    json_type                 type;
    wismo_str_t               name;           /* of a member */
    fetch_template_t          text;
    fetch_body_t             *members;
    unsigned                  n;
    bool                      each;           /* once per number */
    json_t                   *literal;
};


typedef struct {
    wismo_str_t               method;
    fetch_template_t          url;
    fetch_header_template_t  *headers;
    unsigned                  nheaders;
    fetch_template_t          basic[2];
    bool                      has_basic;
    fetch_body_t             *json;
    fetch_template_t          body;
    bool                      has_body;
} fetch_question_t;


typedef enum {
    FETCH_AUTH_NONE = 0,
    FETCH_AUTH_HEADER,
    FETCH_AUTH_QUERY,
    FETCH_AUTH_BASIC,
    FETCH_AUTH_TOKEN
} fetch_auth_e;


typedef struct {
    fetch_auth_e              kind;
    wismo_str_t               name;           /* of the header or argument */
    fetch_template_t          value;
    fetch_template_t          basic[2];
    fetch_question_t          request;        /* TOKEN */
    fetch_path_t             *token_at;
    fetch_path_t             *ttl_at;
    int64_t                   ttl;
    bool                      ttl_ms;
} fetch_auth_t;


typedef struct {
    fetch_question_t          request;
    unsigned                  batch;
    wismo_str_t               join;
    fetch_template_t          each;
    fetch_body_t             *each_json;
} fetch_ask_t;


struct fetch_adapter_s {
    wismo_pool_t              pool;
    json_t                   *json;
    wismo_str_t               name;
    wismo_str_t               title;
    wismo_str_t               base_url;
    wismo_str_t               lang;
    uint64_t                  hash;
    bool                      xml;

    fetch_auth_t              auth;
    fetch_ask_t               ask;
    bool                      has_ask;
    fetch_ask_t               reg;
    bool                      has_register;
    fetch_rules_t             reg_outcomes;
    fetch_path_t             *reg_items;
    fetch_paths_t             reg_number;
    fetch_path_t             *reg_handle;

    fetch_limit_t            *limits;
    unsigned                  nlimits;

    fetch_mapping_t           mapping;
    bool                      has_mapping;

    fetch_mapping_t           push;
    bool                      has_push;
    bool                      push_hints;
    const json_t             *push_sample;
    wismo_verifier_t         *verifier;
    fetch_path_t             *push_id;
    fetch_path_t             *push_version;
};


/* Loading: where we are in the file, and the faults found so far. */

typedef struct fetch_at_s  fetch_at_t;

struct fetch_at_s {
    const fetch_at_t         *up;
    const char               *name;
    unsigned                  index;          /* if there is no name */
};


typedef struct {
    wismo_pool_t             *pool;
    wismo_error_t            *errors;
    int                       max;
    int                       n;
    bool                      nomem;
} fetch_load_t;


void fetch_fault(fetch_load_t *load, const fetch_at_t *at, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* A whole file, and the hash of its bytes, unless "hash" is NULL. */
json_t *fetch_load_json(fetch_load_t *load, const char *path, uint64_t *hash);

void *fetch_load_alloc(fetch_load_t *load, size_t size);
void fetch_load_known(fetch_load_t *load, const fetch_at_t *at,
    const json_t *object, const char *const *names);
bool fetch_load_object(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value);
bool fetch_load_str(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, wismo_str_t *str);
bool fetch_load_strs(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, wismo_str_t **list, unsigned *n);
bool fetch_load_bool(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value);
int fetch_load_enum(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const char *const *names);
fetch_path_t *fetch_load_path(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value);
void fetch_load_paths(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, unsigned max, fetch_paths_t *paths);
void fetch_load_rules(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_rules_t *rules);
void fetch_load_times(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_times_t *times);
fetch_time_t *fetch_load_time(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value);
void fetch_load_mapping(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_mapping_t *m);
void fetch_load_codes(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_codes_t *codes);
bool fetch_load_meaning(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_meaning_t *meaning);
void fetch_load_to(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_table_t *table);
void fetch_load_partner(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_partner_t *partner);
void fetch_load_place(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_place_t *place);
void fetch_load_question(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const json_t *object, fetch_question_t *q);
void fetch_load_template(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_escape_e escape, fetch_template_t *t);
fetch_body_t *fetch_load_body(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value);

extern const char *const  fetch_mapping_names[];


/* Trees and paths. */

const wismo_json_t *fetch_tree(wismo_pool_t *pool, const wismo_str_t *body,
    bool xml);

void fetch_scope(const fetch_mapping_t *m, wismo_pool_t *pool,
    const wismo_json_t *root, int64_t now, fetch_scope_t *scope);
const wismo_json_t *fetch_path_first(const fetch_scope_t *scope,
    const fetch_path_t *path, const wismo_str_t **route);
int fetch_path_all(const fetch_scope_t *scope, const fetch_path_t *path,
    fetch_nodes_t *nodes);

/* The text of a scalar, raw; false for anything else. */
bool fetch_node_text(wismo_pool_t *pool, const wismo_json_t *node,
    wismo_str_t *text);
bool fetch_path_text(const fetch_scope_t *scope, const fetch_path_t *path,
    wismo_str_t *text, const wismo_str_t **route);
int fetch_path_clean(const fetch_scope_t *scope, const fetch_path_t *path,
    const char *field, wismo_str_t *text);
int fetch_clean(const fetch_scope_t *scope, const wismo_str_t *raw,
    wismo_str_t *text);
int fetch_paths_join(const fetch_scope_t *scope, const fetch_paths_t *paths,
    const char *separator, const char *field, wismo_str_t *text);
bool fetch_text_is(const wismo_str_t *text, const wismo_str_t *word);
void fetch_text_nameless(wismo_str_t *text, bool delivered, bool words);
int64_t fetch_weight(const wismo_str_t *value, const wismo_str_t *unit);
int64_t fetch_int(const wismo_str_t *text, int64_t otherwise);
void fetch_explain(const fetch_scope_t *scope, const char *field,
    const wismo_str_t *route, const wismo_str_t *value);


/* Times and codes. */

#define FETCH_OFFSET_MAX     (14 * 60)        /* minutes */

typedef struct {
    wismo_civil_t             civil;
    bool                      clock;
    int16_t                   offset;
} fetch_printed_t;


bool fetch_time_printed(fetch_form_e form, const wismo_str_t *text,
    fetch_printed_t *printed);
bool fetch_time_epoch(fetch_form_e form, const wismo_str_t *text,
    wismo_when_t *when);

bool fetch_time_read(const fetch_scope_t *scope, const fetch_time_t *source,
    const char *field, wismo_when_t *when);
bool fetch_times_read(const fetch_scope_t *scope, const fetch_times_t *times,
    const char *field, wismo_when_t *when);
bool fetch_time_text(fetch_form_e form, const wismo_str_t *text,
    wismo_when_t *when);
bool fetch_offset(const wismo_str_t *text, int16_t *offset);
bool fetch_zone_find(const wismo_str_t *name, fetch_zone_t *zone);

/* 1: found; 0: found by a fallback; -1: not found */
int fetch_code_find(const fetch_codes_t *codes, const fetch_key_t *key,
    fetch_meaning_t *meaning);
wismo_str_t fetch_number(const wismo_str_t *part);
void fetch_rows_sort(fetch_table_t *table);
const fetch_row_t *fetch_row_find(const fetch_table_t *table,
    const wismo_str_t *key);
bool fetch_table_find(const fetch_table_t *table, const fetch_key_t *key,
    fetch_meaning_t *meaning);


void fetch_meaning_return(fetch_meaning_t *meaning);
const wismo_substatus_t *fetch_meaning_refine(
    const wismo_substatus_t *status, wismo_to_e to);

/* What is kept of a question to the tables; of a headline's if "event" is
 * NULL. */
int fetch_raw(const fetch_mapping_t *m, wismo_pool_t *pool,
    const fetch_key_t *key, const fetch_meaning_t *meaning,
    const wismo_event_t *event, wismo_str_t *raw);

/* Sets partner and partner_number of the report, if they are told. */
int fetch_partner(const fetch_partner_t *partner, const fetch_scope_t *scope,
    wismo_report_t *report);

/* Sets name, address and hours of the pickup, if there is a name. */
int fetch_place(const fetch_place_t *place, const fetch_scope_t *scope,
    wismo_pickup_t *pickup);

/* It is on its way back, whatever the tables say. */
void fetch_raw_returns(wismo_str_t *raw);


/* Replies. */

bool fetch_rules_match(const fetch_scope_t *scope, const fetch_rules_t *rules,
    int http, fetch_outcome_e *outcome);
fetch_outcome_e fetch_http_outcome(int http);

/*
 * A piece of a parcel.  "found" has its events as the carrier has them, with
 * the raw value of their key's first part; "events" are newest first.
 */

typedef struct {
    wismo_event_t             event;
    wismo_str_t               first;
    int64_t                   key;
    bool                      retract;
    bool                      unknown;        /* its code, to all tables */
} fetch_found_t;


typedef struct {
    fetch_found_t            *found;
    wismo_event_t            *events;
    unsigned                  nevents;
    wismo_str_t               first;          /* of the newest */
    const wismo_substatus_t  *headline;
    wismo_str_t               headline_raw;
    wismo_to_e                to;
    const wismo_substatus_t  *status;         /* of the piece */
    int                       rank;
} fetch_piece_report_t;


int fetch_report_piece(const fetch_mapping_t *m, fetch_scope_t *scope,
    wismo_report_t *report, fetch_piece_report_t *piece);

/* WISMO_DECLINED if the node says nothing of a parcel. */
int fetch_report(const fetch_mapping_t *m, const fetch_scope_t *scope,
    wismo_report_t **report);
int64_t fetch_report_newest(const wismo_report_t *report);


#endif /* _FETCH_ADAPTER_INT_H_INCLUDED_ */
