
/*
 * Copyright (C) The Wismo authors
 *
 * Files that people write, read whole: JSON, secrets, texts.
 */


#ifndef _FETCH_READ_H_INCLUDED_
#define _FETCH_READ_H_INCLUDED_


#include "wismo_core.h"

#include <jansson.h>


#define FETCH_SECRET_MAX     (64 * 1024)      /* a secret's file */
#define FETCH_FAULT          1024             /* what is wrong with a file */


/* A whole file of at most "max" bytes, in the pool, zero-terminated. */
int fetch_read_file(wismo_pool_t *pool, const char *path, size_t max,
    wismo_str_t *text, wismo_error_t *err);

/* The JSON in a file of at most "max" bytes, and the hash of these, unless
 * "hash" is NULL.  NULL: err has the line, if it is no JSON. */
json_t *fetch_read_json(const char *path, size_t max, uint64_t *hash,
    wismo_error_t *err);

/* "a.json:3:7: ...", "a.json:/member: ..." or "a.json: ..." */
void fetch_read_fault(const char *path, const wismo_error_t *err, char *buf,
    size_t size);

/* The texts of secret files: of the entry "x_file" in "x".  "secrets" is
 * replaced; err->at names the entry. */
int fetch_read_secrets(wismo_pool_t *pool, json_t *files, json_t **secrets,
    wismo_error_t *err);


#endif /* _FETCH_READ_H_INCLUDED_ */
