
/*
 * Copyright (C) The Wismo authors
 *
 * What the module's files share: configurations and the calls between them.
 * The command table, the configurations' life and the workers' life are in
 * ngx_http_wismo_module.c; each location's handler has a file of its own.
 */


#ifndef _NGX_HTTP_WISMO_MODULE_H_INCLUDED_
#define _NGX_HTTP_WISMO_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "wismo_box.h"
#include "wismo_carriers.h"
#include "wismo_core.h"
#include "wismo_days.h"
#include "wismo_document.h"
#include "wismo_lookup.h"
#include "wismo_schema.h"
#include "wismo_sign.h"
#include "wismo_template.h"
#include "wismo_view.h"

#include "ngx_http_wismo_compat.h"


#define NGX_HTTP_WISMO_ORDER_ONLY_NONE     0
#define NGX_HTTP_WISMO_ORDER_ONLY_MINIMAL  1
#define NGX_HTTP_WISMO_ORDER_ONLY_FULL     2


/* The look-up form in its kinds: bits of the factors it asks for, whether it
 * takes nothing without one, and whether it sends links by mail: always, or
 * for brands that a channel is for. */

#define NGX_HTTP_WISMO_FORM_FACTORS        0x07
#define NGX_HTTP_WISMO_FORM_PROOF          0x08
#define NGX_HTTP_WISMO_FORM_MAIL           0x10
#define NGX_HTTP_WISMO_FORM_MAIL_BRAND     0x20


/* How many failed look-ups are borne, and for how long one is remembered. */

typedef enum {
    NGX_HTTP_WISMO_LIMIT_CLIENT = 0,
    NGX_HTTP_WISMO_LIMIT_ORDER,
    NGX_HTTP_WISMO_LIMIT_FACTOR
} ngx_http_wismo_limit_e;

#define NGX_HTTP_WISMO_LIMITS              3

typedef struct {
    ngx_uint_t                   failures;     /* 0: no limit */
    ngx_uint_t                   minutes;
} ngx_http_wismo_limit_t;


/*
 * wismo_zone: what the workers of one nginx share.  The values are atomic,
 * there is no lock but the cache's; times are of the monotonic clock, and 0
 * is never.
 */

typedef struct ngx_http_wismo_cache_s  ngx_http_wismo_cache_t;

#define NGX_HTTP_WISMO_FAULTS  32


/* What the page cache did for a request. */

typedef enum {
    NGX_HTTP_WISMO_CACHE_NONE = 0,         /* it was not asked */
    NGX_HTTP_WISMO_CACHE_HIT,              /* the answer was there */
    NGX_HTTP_WISMO_CACHE_MISS,             /* it is now */
    NGX_HTTP_WISMO_CACHE_STALE,            /* Redis does not answer */
    NGX_HTTP_WISMO_CACHE_BYPASS            /* it could not be kept */
} ngx_http_wismo_cache_e;

#define NGX_HTTP_WISMO_CACHE_RESULTS  5

typedef struct ngx_http_wismo_failures_s  ngx_http_wismo_failures_t;

typedef struct {
    ngx_atomic_t                 epoch;        /* moves when invalidations may
                                                  have been missed */
    ngx_atomic_t                 canary;       /* ms, + 1 */
    ngx_atomic_t                 invalidations;
    ngx_atomic_t                 events;       /* commits told by a fetcher */
    ngx_atomic_t                 live_clients;
    ngx_atomic_t                 live_frames;
    ngx_atomic_t                 redis_commands;
    ngx_atomic_t                 redis_timeouts;
    ngx_atomic_t                 redis_errors[NGX_HTTP_WISMO_FAULTS];
    ngx_atomic_t                 redis_noted[NGX_HTTP_WISMO_FAULTS];
                                              /* s, + 1 */
    ngx_atomic_t                 cache_results[NGX_HTTP_WISMO_CACHE_RESULTS];
    ngx_atomic_t                 cache_evictions;
    ngx_atomic_t                 cache_resets;
    ngx_http_wismo_cache_t      *cache;        /* NULL: the zone is small */
    ngx_http_wismo_failures_t   *failures;     /* of look-ups */
    ngx_atomic_t                *views;        /* that were told of */
    ngx_uint_t                   nviews;
} ngx_http_wismo_shm_t;


typedef struct {
    ngx_http_wismo_shm_t        *sh;
    ngx_slab_pool_t             *shpool;
} ngx_http_wismo_zone_t;


/* wismo_redis: where Redis is and how long it may take. */

typedef struct {
    ngx_str_t                    url;          /* as written */
    ngx_str_t                    host;
    ngx_url_t                   *parsed;       /* addresses, port */
    ngx_str_t                    user;
    ngx_str_t                    password_file;
    ngx_str_t                    password;
    ngx_uint_t                   db;
    ngx_msec_t                   connect_timeout;
    ngx_msec_t                   timeout;
    ngx_flag_t                   resolve;      /* the host is a name */
    ngx_flag_t                   tls;
    ngx_flag_t                   tls_verify;
    ngx_str_t                    tls_ca;
    ngx_str_t                    tls_name;
#if (NGX_SSL)
    ngx_ssl_t                   *ssl;
#endif
    ngx_http_core_loc_conf_t    *clcf;         /* resolver, its timeout */
    ngx_str_t                    file;         /* where the directive stands */
    ngx_uint_t                   line;
} ngx_http_wismo_redis_conf_t;


/* wismo_carrier NAME { ... } */

typedef struct {
    ngx_str_t                    name;
    ngx_str_t                    adapter;      /* name or path */
    ngx_str_t                    base_url;
    ngx_array_t                  values;       /* of ngx_keyval_t */
    ngx_array_t                  secret_files; /* of ngx_keyval_t */
    ngx_str_t                    hook_secret_file; /* of its first hook */
    ngx_str_t                    file;         /* where the block stands */
    ngx_uint_t                   line;
} ngx_http_wismo_carrier_t;


/* wismo_hook NAME [shop=] [brand=] [prefix=], of a shop; or of whoever sends
 * text messages, or reports on ours: NAME channel= [url=] */

#define NGX_HTTP_WISMO_SHOP_HEADERS        2
#define NGX_HTTP_WISMO_HOOK_VERIFIERS      2

typedef struct {
    ngx_str_t                    name;         /* of the hook */
    ngx_str_t                    adapter;      /* name or path */
    ngx_str_t                    path;         /* of the shop's file */
    ngx_str_t                    brand;        /* of its orders, or "" */
    ngx_str_t                    prefix;       /* of their numbers, or "" */
    ngx_str_t                    keep;         /* "on", "off", or "" */
    ngx_str_t                    ping;         /* its unsigned word, or "" */
    ngx_str_t                    channel;      /* name or path; or "" */
    ngx_str_t                    url;          /* as the sender knows it */
    ngx_str_t                    answer;       /* the body that it wants */
    ngx_uint_t                   xml;          /* ... is XML, else JSON */
    ngx_uint_t                   get;          /* it may come in a query */
    ngx_str_t                    headers[NGX_HTTP_WISMO_SHOP_HEADERS];
                                               /* topic, time; or "" */
    ngx_uint_t                   said;         /* it has parameters */
} ngx_http_wismo_shop_t;


/* wismo_notify NAME { ... } */

typedef struct {
    ngx_str_t                    name;
    ngx_str_t                    type;
    ngx_uint_t                   types;        /* its bit */
    ngx_array_t                  values;       /* of ngx_keyval_t */
    ngx_array_t                  secret_files; /* of ngx_keyval_t */
    ngx_str_t                    file;         /* where the block stands */
    ngx_uint_t                   line;
} ngx_http_wismo_channel_t;


/* wismo_fetcher */

typedef struct {
    ngx_flag_t                   enable;
    ngx_str_t                    program;
    ngx_path_t                  *path;         /* the state directory */
    ngx_uint_t                   scale;
    ngx_str_t                    json;         /* what it is started with */
    ngx_str_t                    file;         /* where the directive stands */
    ngx_uint_t                   line;
} ngx_http_wismo_fetcher_conf_t;


/* wismo_live_limit: streams in one worker; total is 0: half of all there may
 * be of connections */

typedef struct {
    ngx_uint_t                   order;
    ngx_uint_t                   client;
    ngx_uint_t                   total;
} ngx_http_wismo_live_conf_t;


/* A wismo_calendar directive; "file" may be empty, as may what is below. */

typedef struct {
    ngx_str_t                      kind;
    ngx_str_t                      name;
    ngx_str_t                      file;
    ngx_str_t                      zone;
    ngx_str_t                      days;
    ngx_str_t                      cutoff;
} ngx_http_wismo_calendar_t;


/* Everything a page needs, compiled once per configuration. */

typedef struct ngx_http_wismo_pages_s  ngx_http_wismo_pages_t;


typedef struct {
    ngx_str_t                    brand;        /* empty: of all others */
    time_t                       final;        /* seconds */
    time_t                       open;
} ngx_http_wismo_retention_t;


typedef struct {
    ngx_http_wismo_redis_conf_t    redis;      /* url.len is 0: not set */
    ngx_http_wismo_fetcher_conf_t  fetcher;
    ngx_http_wismo_live_conf_t     live;
    ngx_array_t                    carriers;   /* ngx_http_wismo_carrier_t */
    ngx_array_t                    shops;      /* ngx_http_wismo_shop_t * */
    ngx_array_t                    channels;   /* ngx_http_wismo_channel_t */
    ngx_array_t                    messages;   /* ngx_http_wismo_shop_t *:
                                                  hooks with channel= */
    ngx_array_t                    inbound;    /* ngx_str_t: files of hooks
                                                  with channel= */
    ngx_str_t                      exceptions; /* JSON of wismo_exceptions; "":
                                                  not set */
    ngx_array_t                    calendars;  /* ngx_http_wismo_calendar_t */
    wismo_calendars_t              calendar_names;     /* of them, no days */
    ngx_shm_zone_t                *zone;       /* NULL: no wismo_redis */
    ngx_str_t                      share;      /* adapters and pages */
    ngx_str_t                      secret_file;    /* at http level */
    ngx_str_t                      contact_key_file;   /* the fetcher's */
    wismo_box_key_t                letters;    /* seals them; len 0: none */
    ngx_array_t                    retention;  /* ngx_http_wismo_retention_t */
    wismo_peppers_t                peppers;    /* of that file */
    u_char                         log_key[32];    /* ... and of pseudonyms */
    ngx_str_t                      track;      /* first wismo_track, "" */
    ngx_str_t                      api_keys_file;  /* of the first wismo_api */
    ngx_http_wismo_pages_t        *pages;      /* NULL: no location needs it */
    ngx_str_t                      brands;     /* directory; empty: none */
    ngx_array_t                    branded;    /* ngx_http_wismo_loc_conf_t *,
                                                  which name a brand */
    wismo_carriers_t               directory;  /* names and links of all */
    uint32_t                       generation; /* hash of words and templates;
                                                  part of every page's ETag */
    ngx_uint_t                     lookups;    /* wismo_lookup directives */
    ngx_uint_t                     used;       /* any handler configured */
} ngx_http_wismo_main_conf_t;


typedef struct {
    ngx_str_t                    secret_file;
    wismo_keys_t                *keys;         /* of secret_file, or NULL */
    ngx_uint_t                   order_only;
    ngx_flag_t                   tracking;     /* a tracking number alone */
    ngx_flag_t                   live;
    ngx_flag_t                   feedback;
    ngx_flag_t                   mail;         /* links, to who asks */
    ngx_str_t                    base;         /* the prefix, "/track/" */
    ngx_str_t                    escaped;      /* ... as in a URL */
    uint64_t                     base_hash;
    ngx_str_t                    frame_ancestors; /* the whole policy, or "" */

    ngx_uint_t                   factors;      /* bits of wismo_factor_e */
    ngx_uint_t                   factors_full; /* ... that open everything */
    ngx_uint_t                   form;         /* what they make of the form */
    ngx_uint_t                   lookup_case;  /* wismo_lookup_case_e */
    wismo_str_t                  lookup_prefix;
    ngx_http_wismo_limit_t       limits[NGX_HTTP_WISMO_LIMITS];

    ngx_str_t                    api_keys_file;
    wismo_api_key_t             *api_keys;
    ngx_uint_t                   api_nkeys;

    ngx_http_wismo_carrier_t    *hook;         /* NULL: a shop's */
    ngx_http_wismo_shop_t       *hook_shop;
    ngx_str_t                    hook_name;
    ngx_str_t                    hook_secret_file;
    wismo_keys_t                *hook_keys;
    wismo_verifier_t            *hook_verifier[NGX_HTTP_WISMO_HOOK_VERIFIERS];
    ngx_uint_t                   hook_nverifiers;
    size_t                       hook_body_max;
    ngx_uint_t                   hook_refused; /* that were not told yet, by
                                                  this worker */
    time_t                       hook_told;

    ngx_http_complex_value_t    *brand;        /* NULL: that of the host */
    ngx_uint_t                   brand_index;  /* if it is no variable */
    ngx_str_t                    brand_file;   /* where the directive stands */
    ngx_uint_t                   brand_line;

    ngx_array_t                 *embed_origins; /* of ngx_str_t, or NULL */

    ngx_http_complex_value_t    *lookup;       /* an order's number */
    ngx_str_t                    lookup_file;
    ngx_uint_t                   lookup_line;

    ngx_uint_t                   health;       /* live or ready */

    ngx_http_handler_pt          handler;      /* NULL: none of ours here */
    ngx_str_t                    directive;    /* that set it */
    ngx_str_t                    file;         /* where that stands */
    ngx_uint_t                   line;
} ngx_http_wismo_loc_conf_t;


#define NGX_HTTP_WISMO_HEALTH_LIVE         1
#define NGX_HTTP_WISMO_HEALTH_READY        2


typedef struct ngx_http_wismo_track_s  ngx_http_wismo_track_t;


/* What a request has of this module; each file keeps to its own part. */

typedef struct {
    ngx_http_wismo_track_t      *track;        /* NULL: another location */
    void                        *body;         /* while it is being read */
    void                        *live;         /* its stream */
} ngx_http_wismo_ctx_t;


extern ngx_module_t  ngx_http_wismo_module;


/* The configuration's parts that have a file of their own. */

char *ngx_http_wismo_redis_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_wismo_redis_conf_init(ngx_conf_t *cf,
    ngx_http_wismo_redis_conf_t *conf);

char *ngx_http_wismo_carrier_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_wismo_carriers_init(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);
ngx_http_wismo_carrier_t *ngx_http_wismo_carrier_find(
    ngx_http_wismo_main_conf_t *wmcf, ngx_str_t *name);

/* Has the block all that the adapter, whose file is "path", asks with? */
ngx_int_t ngx_http_wismo_account_check(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_carrier_t *carrier,
    ngx_str_t *path);

/* The adapter's file, in the pool: share/carriers/NAME.json or a path. */
ngx_int_t ngx_http_wismo_carrier_adapter(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_carrier_t *carrier,
    ngx_str_t *path);

/* What carriers are called, out of all adapters, into wmcf->directory. */
ngx_int_t ngx_http_wismo_directory_load(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);

char *ngx_http_wismo_order_only_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wismo_lookup_factors_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_wismo_lookup_number_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_wismo_lookup_limit_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_wismo_frame_ancestors_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
void ngx_http_wismo_lookup_merge(ngx_http_wismo_loc_conf_t *prev,
    ngx_http_wismo_loc_conf_t *conf);

char *ngx_http_wismo_brands_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wismo_brand_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wismo_brand_check(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_loc_conf_t *conf);

char *ngx_http_wismo_exceptions_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wismo_calendar_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* The array of what calendars there are, for the fetcher. */
void ngx_http_wismo_calendars(wismo_out_t *out,
    ngx_http_wismo_main_conf_t *wmcf);

char *ngx_http_wismo_notify_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_uint_t ngx_http_wismo_notify_links(ngx_http_wismo_main_conf_t *wmcf,
    const wismo_str_t *brand);
ngx_int_t ngx_http_wismo_notify_init(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);

char *ngx_http_wismo_zone_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_wismo_zone_init(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);
void ngx_http_wismo_zone_open(ngx_http_wismo_main_conf_t *wmcf);

char *ngx_http_wismo_secret_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wismo_share_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wismo_contact_key_directive(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
char *ngx_http_wismo_retention_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_wismo_retention_out(wismo_out_t *out,
    ngx_http_wismo_main_conf_t *wmcf);

ngx_int_t ngx_http_wismo_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_wismo_init_process(ngx_cycle_t *cycle);
void ngx_http_wismo_exit_process(ngx_cycle_t *cycle);

/* Directories and programs that are installed beside this module. */
ngx_int_t ngx_http_wismo_share_init(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);

/* If not, it has said why: the fetcher, as nginx's user, can't read it. */
ngx_int_t ngx_http_wismo_check_readable(ngx_conf_t *cf, ngx_str_t *path,
    const char *directive, ngx_str_t *file, ngx_uint_t line);


/* Parses the block of a directive: "handler" gets each of its lines, and keeps
 * what they say in one of two lists, of ngx_keyval_t. */
char *ngx_http_wismo_block(ngx_conf_t *cf, ngx_conf_handler_pt handler,
    void *conf, ngx_array_t *values, ngx_array_t *secret_files);

/* Reads a whole file at configuration time, at most "max" bytes; logs
 * [emerg] with the directive's name on failure.  Secrets: refuses modes wider
 * than 0640. */
ngx_int_t ngx_http_wismo_read_file(ngx_conf_t *cf, ngx_str_t *path,
    size_t max, ngx_uint_t secret, const char *directive, ngx_str_t *text);

/* The zone of the running configuration, or NULL without wismo_redis. */
ngx_http_wismo_shm_t *ngx_http_wismo_shm(void);

/* A page of this order is served: if it was last checked long ago, the fetcher
 * hears of it.  Nobody waits for that, and it may get lost. */
void ngx_http_wismo_attention(ngx_http_request_t *r, wismo_str_t *number,
    int64_t checked_at, int64_t next_check_at);
ngx_int_t ngx_http_wismo_attention_init(ngx_slab_pool_t *shpool,
    ngx_http_wismo_shm_t *sh, size_t size);

/* A wismo_pool_t whose chunks come from an nginx pool. */
void ngx_http_wismo_pool(wismo_pool_t *wp, ngx_pool_t *pool, size_t limit);


/* The handlers, one file each. */

ngx_int_t ngx_http_wismo_track_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_wismo_api_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_wismo_hook_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_wismo_health_handler(ngx_http_request_t *r);


/* Of a hook: a header by its name; "data" is the request. */
bool ngx_http_wismo_hook_header(void *data, const char *name,
    wismo_str_t *value);

/* Of a shop's: an unsigned word that wants an answer; the headers that go to
 * the fetcher, a line each. */
ngx_uint_t ngx_http_wismo_shop_is_ping(ngx_http_wismo_shop_t *shop,
    ngx_str_t *body);
ngx_int_t ngx_http_wismo_shop_headers(ngx_http_request_t *r,
    ngx_http_wismo_shop_t *shop, ngx_str_t *lines);


/* Configuration of what those files own; called when directives are merged
 * (per location) or when all is merged (pages). */

char *ngx_http_wismo_api_load(ngx_conf_t *cf, ngx_http_wismo_loc_conf_t *conf);
char *ngx_http_wismo_hook_body_max(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wismo_hook_load(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_loc_conf_t *conf);
char *ngx_http_wismo_shop_parse(ngx_conf_t *cf,
    ngx_http_wismo_loc_conf_t *wlcf);
ngx_int_t ngx_http_wismo_shop_load(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_shop_t *shop);
ngx_int_t ngx_http_wismo_message_file(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf, ngx_http_wismo_shop_t *hook);
ngx_int_t ngx_http_wismo_message_read(ngx_conf_t *cf,
    ngx_http_wismo_shop_t *hook, struct json_t *file);
ngx_int_t ngx_http_wismo_shop_read(ngx_conf_t *cf,
    ngx_http_wismo_shop_t *shop, struct json_t *file);
char *ngx_http_wismo_page_load(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);


/* Live pages (ngx_http_wismo_live.c). */

#define NGX_HTTP_WISMO_LIVE_ORDER          1000
#define NGX_HTTP_WISMO_LIVE_CLIENT         64

char *ngx_http_wismo_live_limit(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_wismo_live_init(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf);
void ngx_http_wismo_live_exit(ngx_cycle_t *cycle);

/* An order has changed; the version is 0 if it is not known. */
void ngx_http_wismo_live_changed(const wismo_str_t *number, uint64_t version);

/* Changes may have been missed, of whatever orders. */
void ngx_http_wismo_live_missed(void);


/* What logs may know (ngx_http_wismo_variables.c). */

ngx_int_t ngx_http_wismo_variables_add(ngx_conf_t *cf);
ngx_int_t ngx_http_wismo_variables_table(ngx_conf_t *cf,
    ngx_http_variable_t *v);
ngx_int_t ngx_http_wismo_variables_init(ngx_conf_t *cf);
ngx_int_t ngx_http_wismo_log_key(const wismo_keys_t *keys, u_char *key);


/* Which sites may embed the element <wismo-track> (ngx_http_wismo_embed.c). */

char *ngx_http_wismo_embed_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_wismo_embed_merge(ngx_http_wismo_loc_conf_t *prev,
    ngx_http_wismo_loc_conf_t *conf);

/* The site that asks, if it is one of them, or NULL. */
ngx_str_t *ngx_http_wismo_embed_origin(ngx_http_request_t *r);


/* The status of an order, for other locations (ngx_http_wismo_status.c). */

char *ngx_http_wismo_status_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_wismo_status_merge(ngx_conf_t *cf,
    ngx_http_wismo_loc_conf_t *prev, ngx_http_wismo_loc_conf_t *conf);
ngx_int_t ngx_http_wismo_status_variables_add(ngx_conf_t *cf);
ngx_int_t ngx_http_wismo_status_init(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);


/* The fetcher's life (ngx_http_wismo_fetcher.c). */

char *ngx_http_wismo_fetcher_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_wismo_fetcher_path(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);
ngx_int_t ngx_http_wismo_fetcher_conf_init(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf);
void ngx_http_wismo_fetcher_string(wismo_out_t *out, const char *name,
    ngx_str_t *value);
void ngx_http_wismo_fetcher_publish(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf);
ngx_msec_t ngx_http_wismo_fetcher_manager(void *data);
ngx_int_t ngx_http_wismo_fetcher_init(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf);
void ngx_http_wismo_fetcher_exit(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_WISMO_MODULE_H_INCLUDED_ */
