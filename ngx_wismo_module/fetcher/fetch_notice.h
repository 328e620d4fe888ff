
/*
 * Copyright (C) The Wismo authors
 *
 * What a commit leaves to be told: its notices, written into the order's
 * ledger together with the change they come from.
 */


#ifndef _FETCH_NOTICE_H_INCLUDED_
#define _FETCH_NOTICE_H_INCLUDED_


#include "fetch_args.h"
#include "fetch_commit.h"


/* The schedule of what is to be told, in the place of a carrier. */
extern const wismo_str_t  fetch_notices;


/* Sets change->notices: what the change gives each channel to tell. */
int fetch_notice_find(wismo_pool_t *pool, const fetch_config_t *conf,
    fetch_change_t *change);

/* Adds them to the arguments of the commit, whose last key is their
 * schedule. */
int fetch_notice_args(wismo_pool_t *pool, const fetch_change_t *change,
    fetch_args_t *args, int nkeys);


/*
 * A field of the ledger, if it is a notice's: the channel's name, and the
 * entry, which points into both.
 */
bool fetch_notice_field(const wismo_str_t *field, const wismo_str_t *value,
    wismo_str_t *channel, wismo_notice_entry_t *entry);

/* "n:<channel>:<notice>" and its value, in the pool. */
int fetch_notice_name(wismo_pool_t *pool, const wismo_str_t *channel,
    const wismo_str_t *id, wismo_str_t *field);
int fetch_notice_value(wismo_pool_t *pool, const wismo_notice_entry_t *entry,
    wismo_str_t *value);


#endif /* _FETCH_NOTICE_H_INCLUDED_ */
