
/*
 * Copyright (C) The Wismo authors
 *
 * What nginx.conf says, as the program sees it: one JSON object that the
 * module writes to the fetcher's stdin and to <state>/wismo.json.  Holds
 * paths of secrets; reads the secrets themselves only when asked.
 */


#ifndef _FETCH_CONFIG_H_INCLUDED_
#define _FETCH_CONFIG_H_INCLUDED_


#include "fetch_adapter.h"
#include "fetch_calendar.h"
#include "fetch_channel.h"
#include "fetch_shop.h"
#include "wismo_box.h"
#include "wismo_clock.h"
#include "wismo_seal.h"


#define FETCH_CONFIG_FILE    "/var/lib/nginx/wismo/wismo.json"
#define FETCH_CONFIG_MAX     (1024 * 1024)
#define FETCH_CARRIERS_MAX   64


typedef struct {
    wismo_str_t               name;           /* as orders name it */
    const char               *adapter_file;
    fetch_adapter_t          *adapter;        /* NULL until loaded */
    fetch_account_t           account;
    json_t                   *secret_files;   /* name: path */
} fetch_carrier_t;


/* How long orders are kept, in seconds: after the last event of those that
 * have arrived, after the last change of the others. */

typedef struct {
    wismo_str_t               brand;          /* empty: all others */
    int64_t                   final;
    int64_t                   open;
} fetch_kept_t;

#define FETCH_KEPT_MAX       64
#define FETCH_KEPT_FINAL     (90 * 86400)
#define FETCH_KEPT_OPEN      (400 * 86400)


/* What letters are opened with, and sealed with by ourselves. */

typedef struct {
    wismo_box_opener_t        opener;
    wismo_box_key_t           key;
    wismo_box_t               box;
    int64_t                   read_at;        /* s: the file, by a letter
                                                 with an unknown key */
} fetch_letter_keys_t;


/* "wismo_hook NAME channel=..." */

typedef struct {
    wismo_str_t               name;
    wismo_str_t               channel;        /* or the path of its file */
} fetch_hook_t;

#define FETCH_HOOKS_MAX      64


typedef struct fetch_config_s {
    const char               *file;           /* where it was read */
    const char               *state;
    const char               *redis_url;
    const char               *redis_user;
    const char               *redis_password_file;
    int                       redis_db;
    fetch_carrier_t          *carriers;
    unsigned                  ncarriers;
    fetch_shop_t             *shops;
    unsigned                  nshops;
    fetch_hook_t             *hooks;          /* for messages */
    unsigned                  nhooks;
    fetch_names_t            *names;          /* NULL until loaded */
    fetch_channels_t          channels;
    wismo_clock_t            *clock;          /* NULL: it says nothing */
    fetch_calendars_t        *calendars;
    fetch_kept_t              kept[FETCH_KEPT_MAX];
    unsigned                  nkept;
    const char               *secret_file;    /* of signed links, or "" */
    wismo_peppers_t           peppers;        /* of that file, when asked */
    const char               *contact_key_file;       /* or "" */
    wismo_keys_t              contact;        /* of that file, when asked:
                                                 seal what reaches people */
    wismo_contact_keys_t      index;          /* ... and find it again */
    fetch_letter_keys_t      *letters;        /* NULL: none, or not asked */
    bool                      sealed;         /* nothing may be written
                                                 without them */
    const char               *track;          /* "/track/" */
    const char               *brands;         /* directory, or "" */
    unsigned                  scale;          /* divides all intervals */

    json_t                   *json;
    wismo_pool_t              pool;
} fetch_config_t;


/*
 * Reads the configuration's text; "name" tells where it came from.
 * WISMO_DECLINED: err->at is a JSON pointer, err->text says what was expected.
 */
int fetch_config_parse(fetch_config_t *conf, const char *name,
    const char *text, size_t len, wismo_error_t *err);

/* The file of --config, or if "path" is NULL of $WISMO_CONFIG, or the
 * installed one. */
int fetch_config_open(fetch_config_t *conf, const char *path,
    wismo_error_t *err);

/* Loads the adapters and reads the carriers' secrets.  Faults of one carrier
 * are told to "tell" and leave its adapter NULL; returns how many. */
unsigned fetch_config_carriers(fetch_config_t *conf,
    void (*tell)(void *data, const fetch_carrier_t *carrier,
    const char *text), void *data);

/* Of fetch_config_parse(): "shops". */
int fetch_config_shop_list(fetch_config_t *conf, wismo_error_t *err);

/* ... and "hooks". */
int fetch_config_hook_list(fetch_config_t *conf, wismo_error_t *err);

/* Loads the shops' files, and what carriers are called; faults go to the log
 * and leave a shop's adapter NULL; returns how many. */
unsigned fetch_config_shops(fetch_config_t *conf);

/* What carriers are called alone; WISMO_ERROR: memory. */
int fetch_config_names(fetch_config_t *conf);

/* The keys of signed links; WISMO_DECLINED, with a whole sentence in
 * err->text, if there are none. */
int fetch_config_keys(const fetch_config_t *conf, wismo_pool_t *pool,
    wismo_keys_t *keys, wismo_error_t *err);

/* What the look-up form's proofs are made with: conf->peppers.  WISMO_OK if
 * no file is configured, too: then there are no proofs. */
int fetch_config_peppers(fetch_config_t *conf, wismo_error_t *err);

/*
 * What contact data is sealed and found with: conf->contact and conf->index.
 * Without "wismo_contact_key_file" it is stored as it comes, and found by keys
 * made of the links' ones; without those, by reading all of it.  Who has not
 * asked, or was refused, can't write contact data that ought to be sealed.
 */
int fetch_config_contact(fetch_config_t *conf, wismo_error_t *err);

/* The keys of "wismo_contact_key_file" alone, which is configured. */
int fetch_config_contact_keys(const fetch_config_t *conf, wismo_pool_t *pool,
    wismo_keys_t *keys, wismo_error_t *err);

fetch_carrier_t *fetch_config_carrier(fetch_config_t *conf,
    const wismo_str_t *name);

fetch_shop_t *fetch_config_shop(fetch_config_t *conf,
    const wismo_str_t *name);

/* For wismo_body_rules_t: data is the fetch_config_t. */
bool fetch_config_carrier_ok(void *data, const wismo_str_t *name);

void fetch_config_done(fetch_config_t *conf);


#endif /* _FETCH_CONFIG_H_INCLUDED_ */
