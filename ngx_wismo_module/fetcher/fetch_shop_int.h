
/*
 * Copyright (C) The Wismo authors
 *
 * A compiled shop adapter: fetch_shop_load.c makes it, fetch_shop_read.c runs
 * it.  No other file looks inside.
 */


#ifndef _FETCH_SHOP_INT_H_INCLUDED_
#define _FETCH_SHOP_INT_H_INCLUDED_


#include "fetch_adapter_int.h"
#include "fetch_shop.h"


typedef enum {
    FETCH_FIELD_TEXT = 0,
    FETCH_FIELD_TEXTS,                        /* all that are there */
    FETCH_FIELD_INT,
    FETCH_FIELD_FLAG,
    FETCH_FIELD_TIME,                         /* as it was printed */
    FETCH_FIELD_INSTANT,                      /* UTC, for comparison */
    FETCH_FIELD_OBJECT,
    FETCH_FIELD_LIST
} fetch_field_e;


/* A member that may be mapped. */

typedef struct fetch_shop_field_s  fetch_shop_field_t;

struct fetch_shop_field_s {
    const char               *name;
    fetch_field_e             type;
    unsigned                  max;            /* bytes, or elements */
    const fetch_shop_field_t *members;
};


/* How it is mapped. */

typedef struct fetch_shop_spec_s  fetch_shop_spec_t;

struct fetch_shop_spec_s {
    const fetch_shop_field_t *field;
    fetch_paths_t             paths;
    wismo_str_t               join;
    wismo_str_t               cut;            /* off its beginning */
    wismo_str_t               until;          /* and from the last of these */
    wismo_str_t               constant;
    wismo_str_t              *equals;
    unsigned                  nequals;
    fetch_times_t             times;
    fetch_path_t             *each;
    fetch_shop_spec_t        *members;
    unsigned                  n;
};


struct fetch_shop_adapter_s {
    wismo_pool_t              pool;
    json_t                   *json;
    wismo_str_t               name;
    wismo_verifier_t         *verifier;
    wismo_str_t               topic_header;
    fetch_path_t             *topic_at;
    wismo_str_t               sent_header;
    const json_t             *topics;
    const json_t             *samples;
    fetch_shop_spec_t         sections[FETCH_SHOP_KINDS];
    fetch_codes_t             codes;
};


extern const char *const  fetch_shop_kinds[];

/* The index of a topic in the file's list, or -1; its kind. */
int fetch_shop_topic(const fetch_shop_adapter_t *a, const wismo_str_t *topic,
    fetch_shop_kind_e *kind);


#endif /* _FETCH_SHOP_INT_H_INCLUDED_ */
