
/*
 * Copyright (C) The Wismo authors
 *
 * Orders out of a spreadsheet: rows of CSV become bodies of PUT /orders, by a
 * preset that says which column is what (shops/csv/, docs/shops.md).  Rows of
 * one order stand together and are one order.
 */


#ifndef _FETCH_CSV_H_INCLUDED_
#define _FETCH_CSV_H_INCLUDED_


#include "fetch_shop.h"


#define FETCH_CSV_ROW        (1024 * 1024)


typedef struct fetch_csv_s  fetch_csv_t;


/* Where in the file something is: the line, from 1 on, and the bytes; "to" is
 * where the next one begins. */

typedef struct {
    uint64_t                  line;
    uint64_t                  to;
    uint64_t                  next;           /* its line */
    wismo_str_t               raw;
} fetch_csv_place_t;

/* An order, whose JSON is the callee's; or what is wrong with rows, if "order"
 * is NULL.  Anything but WISMO_OK ends the reading. */
typedef int (*fetch_csv_order_pt)(void *data, json_t *order,
    const fetch_csv_place_t *place, const wismo_error_t *err);


/*
 * "preset" is a name, a file's path, or NULL: the one that knows most of the
 * columns.  "share" is where presets and adapters are.  NULL: err->text says
 * why.
 */
fetch_csv_t *fetch_csv_create(const char *share, const char *preset,
    const fetch_names_t *names, wismo_error_t *err);
void fetch_csv_free(fetch_csv_t *csv);

/*
 * Reads a file from its header on; after that, if "from" is not 0, goes on at
 * that place.  WISMO_DECLINED: it is no such file, err tells; WISMO_ERROR: it
 * can't be read, or the callee ended it.  Of "from" only "to" and "next"
 * count.
 */
int fetch_csv_read(fetch_csv_t *csv, int fd, const fetch_csv_place_t *from,
    fetch_csv_order_pt order, void *data, wismo_error_t *err);

/* The header's row; after reading has begun. */
const wismo_str_t *fetch_csv_header(const fetch_csv_t *csv);

/* What the file calls the column that a member of an order comes from, by its
 * JSON pointer; NULL if none. */
const char *fetch_csv_column(const fetch_csv_t *csv, const char *at);


#endif /* _FETCH_CSV_H_INCLUDED_ */
