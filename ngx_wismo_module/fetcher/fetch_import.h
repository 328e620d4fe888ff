
/*
 * Copyright (C) The Wismo authors
 *
 * What the files of "wismo import" share.
 */


#ifndef _FETCH_IMPORT_H_INCLUDED_
#define _FETCH_IMPORT_H_INCLUDED_


#include "fetch_commit.h"
#include "fetch_csv.h"
#include "fetch_progress.h"

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>


typedef struct {
    const char           *file;
    const char           *config;
    const char           *rejects;
    const char           *preset;
    bool                  csv;
    bool                  said;       /* which format it is */
    bool                  resume;
    bool                  dry_run;
    bool                  any_carrier;
    bool                  json;
    bool                  quiet;
} import_options_t;


typedef struct {
    wismo_str_t           line;       /* in the pool */
    wismo_str_t           raw;        /* the rows it is of, or empty */
    uint64_t              number;     /* counts from 1 */
} import_line_t;


typedef struct {
    import_options_t      options;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    wismo_body_rules_t    rules;
    wismo_pool_t          pool;       /* of the lines collected */
    import_line_t         lines[FETCH_BULK];
    fetch_bulk_t          orders[FETCH_BULK];
    unsigned              n;
    FILE                 *rejects;
    fetch_csv_t          *csv;        /* NULL: a JSON object a line */
    fetch_csv_place_t     at;         /* all before it is collected */
    off_t                 size;       /* of the file */
    char                  place[PATH_MAX];    /* kept there for --resume */
    fetch_progress_t      progress;
    uint64_t              read;       /* bytes */
    uint64_t              line;
    uint64_t              loaded;
    uint64_t              unchanged;
    uint64_t              refused;
} import_t;


/* Checks the line at im->n and collects it, or refuses it. */
int import_add(import_t *im);
int import_flush(import_t *im);
void import_refuse(import_t *im, const import_line_t *line,
    const wismo_error_t *err);

/* Writes a refused line where --rejects says, as it came. */
void import_keep(import_t *im, const import_line_t *line);


/* fetch_import_csv.c */

int import_csv(import_t *im, int fd);

/* Finds out how far the last one came, and writes it down. */
int import_resume(import_t *im, int fd, off_t size);
void import_place(import_t *im);


#endif /* _FETCH_IMPORT_H_INCLUDED_ */
