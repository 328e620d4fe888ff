
/*
 * Copyright (C) The Wismo authors
 *
 * A spreadsheet being read: fetch_csv.c cuts it into rows, fetch_csv_preset.c
 * knows its columns, fetch_csv_order.c makes orders of them.  No other file
 * looks inside.
 */


#ifndef _FETCH_CSV_INT_H_INCLUDED_
#define _FETCH_CSV_INT_H_INCLUDED_


#include "fetch_adapter_int.h"
#include "fetch_csv.h"


#define FETCH_CSV_COLUMNS    256
#define FETCH_CSV_GROUP      (4 * 1024 * 1024)
#define FETCH_CSV_MEMBERS    40
#define FETCH_CSV_POOL       (4 * 1024 * 1024)
#define FETCH_CSV_CELL       4096             /* bytes of one that is used */
#define FETCH_CSV_BUFFER     (FETCH_CSV_GROUP + 2 * FETCH_CSV_ROW)


typedef struct {
    const char               *member;         /* "ship_to.city" */
    const char               *title;          /* of the first, in the file */
    const json_t             *equals;
    const char               *cut;
    int                       column[8];      /* those that are there */
    unsigned                  n;
} fetch_csv_column_t;


typedef struct {
    json_t                   *json;
    fetch_csv_column_t        columns[FETCH_CSV_MEMBERS];
    unsigned                  n;
    unsigned                  known;          /* columns of the file */
} fetch_csv_preset_t;


typedef struct {
    char                     *cell[FETCH_CSV_COLUMNS];
    size_t                    len[FETCH_CSV_COLUMNS];
    unsigned                  n;
    bool                      more;           /* than there may be */
    wismo_pool_t             *pool;
} fetch_csv_row_t;


struct fetch_csv_s {
    const fetch_names_t      *names;
    json_t                  **presets;
    unsigned                  npresets;
    fetch_csv_preset_t        preset;
    char                      delim;
    wismo_str_t               header;
    unsigned                  ncolumns;
    wismo_pool_t              pool;           /* the header's */
    wismo_pool_t              rows;           /* the order's */

    json_t                   *order;          /* being made of its rows */
    char                      number[256];
    fetch_csv_place_t         place;
    size_t                    start;          /* of its rows */
    uint64_t                 *seen;           /* numbers, hashed */
    size_t                    nseen;
    size_t                    sseen;
};


/* Reads the presets that may fit, and takes the one that the header does. */
int fetch_csv_presets(fetch_csv_t *csv, const char *share,
    const char *preset, wismo_error_t *err);
int fetch_csv_begin(fetch_csv_t *csv, const wismo_str_t *header,
    wismo_error_t *err);

/* The cells of a row, in row->pool. */
int fetch_csv_split(fetch_csv_t *csv, const wismo_str_t *raw,
    fetch_csv_row_t *row);

/* The first cell of a member that is not empty; NULL if there is none. */
const char *fetch_csv_value(const fetch_csv_t *csv,
    const fetch_csv_row_t *row, const char *member);

/* csv->order, with what its first row says of all of it. */
void fetch_csv_order(fetch_csv_t *csv, const fetch_csv_row_t *row);

/* What each row of an order may add: an item, parcels. */
void fetch_csv_row(fetch_csv_t *csv, const fetch_csv_row_t *row);


#endif /* _FETCH_CSV_INT_H_INCLUDED_ */
