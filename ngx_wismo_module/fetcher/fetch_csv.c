
/*
 * Copyright (C) The Wismo authors
 *
 * Orders out of a spreadsheet.  Where a row ends is found here, so that what
 * is refused can be given back as it came, with its line; what is in it is
 * libcsv's matter.
 *
 * "wismo import" calls it.  Spreadsheets come from anywhere: no row may end
 * the others, and none is guessed at.
 */


#include "fetch_csv_int.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


typedef struct {
    int                       fd;
    bool                      eof;
    unsigned char            *data;
    size_t                    len;
    size_t                    pos;            /* the next row's */
    uint64_t                  base;           /* where data begins in it */
    uint64_t                  line;           /* the next row's */
} fetch_csv_file_t;


typedef struct {
    wismo_str_t               text;
    unsigned                  lines;
    bool                      open;           /* a quote has no end */
} fetch_csv_raw_t;


static int fetch_csv_next(const fetch_csv_t *csv, fetch_csv_file_t *file,
    fetch_csv_raw_t *raw, wismo_error_t *err);
static int fetch_csv_fill(fetch_csv_file_t *file, wismo_error_t *err);
static void fetch_csv_pass(fetch_csv_t *csv, fetch_csv_file_t *file,
    const fetch_csv_raw_t *raw);
static int fetch_csv_resume(fetch_csv_t *csv, fetch_csv_file_t *file,
    const fetch_csv_place_t *from, wismo_error_t *err);
static int fetch_csv_take(fetch_csv_t *csv, const fetch_csv_file_t *file,
    const fetch_csv_raw_t *raw, fetch_csv_order_pt order, void *data);
static void fetch_csv_open(fetch_csv_t *csv, const fetch_csv_raw_t *raw,
    fetch_csv_row_t *row, wismo_error_t *fault);
static size_t fetch_csv_end(const unsigned char *p, size_t len, char delim,
    bool last, unsigned *lines, bool *open);
static void fetch_csv_cell(void *s, size_t len, void *data);
static int fetch_csv_emit(fetch_csv_t *csv, const fetch_csv_file_t *file,
    fetch_csv_order_pt order, void *data);
static bool fetch_csv_again(fetch_csv_t *csv, const char *number);


fetch_csv_t *
fetch_csv_create(const char *share, const char *preset,
    const fetch_names_t *names, wismo_error_t *err)
{
    fetch_csv_t  *csv;

    csv = calloc(1, sizeof(fetch_csv_t));

    if (csv == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return NULL;
    }

    csv->names = names;
    wismo_pool_init(&csv->pool, FETCH_CSV_POOL, NULL, NULL);
    wismo_pool_init(&csv->rows, 4 * FETCH_CSV_GROUP, NULL, NULL);

    if (fetch_csv_presets(csv, share, preset, err) != WISMO_OK) {
        fetch_csv_free(csv);
        return NULL;
    }

    return csv;
}


void
fetch_csv_free(fetch_csv_t *csv)
{
    unsigned  i;

    if (csv == NULL) {
        return;
    }

    for (i = 0; i < csv->npresets; i++) {
        json_decref(csv->presets[i]);
    }

    json_decref(csv->order);
    wismo_pool_done(&csv->pool);
    wismo_pool_done(&csv->rows);
    free(csv->presets);
    free(csv->seen);
    free(csv);
}


int
fetch_csv_read(fetch_csv_t *csv, int fd, const fetch_csv_place_t *from,
    fetch_csv_order_pt order, void *data, wismo_error_t *err)
{
    int                rc;
    fetch_csv_raw_t    raw;
    fetch_csv_file_t   file;

    memset(&file, 0, sizeof(fetch_csv_file_t));

    file.fd = fd;
    file.line = 1;
    file.data = malloc(FETCH_CSV_BUFFER);

    if (file.data == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return WISMO_ERROR;
    }

    for ( ;; ) {
        rc = fetch_csv_next(csv, &file, &raw, err);

        if (rc != WISMO_OK || raw.text.len == 0) {
            break;
        }

        if (csv->header.len == 0) {
            rc = fetch_csv_begin(csv, &raw.text, err);
            fetch_csv_pass(csv, &file, &raw);

            if (rc == WISMO_OK && from) {
                rc = fetch_csv_resume(csv, &file, from, err);
            }

        } else {
            rc = fetch_csv_take(csv, &file, &raw, order, data);
            fetch_csv_pass(csv, &file, &raw);
        }

        if (rc != WISMO_OK) {
            break;
        }
    }

    if (rc == WISMO_OK && csv->header.len == 0) {
        wismo_error_set(err, "", "is empty: expected a row with the columns' "
                        "names");
        rc = WISMO_DECLINED;
    }

    if (rc == WISMO_OK) {
        rc = fetch_csv_emit(csv, &file, order, data);
    }

    free(file.data);

    return rc;
}


/* The next row; an empty one at the end. */

static int
fetch_csv_next(const fetch_csv_t *csv, fetch_csv_file_t *file,
    fetch_csv_raw_t *raw, wismo_error_t *err)
{
    memset(raw, 0, sizeof(fetch_csv_raw_t));

    if (fetch_csv_fill(file, err) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (file->base == 0 && file->len >= 2
        && (memcmp(file->data, "\xFF\xFE", 2) == 0
            || memcmp(file->data, "\xFE\xFF", 2) == 0))
    {
        wismo_error_set(err, "", "is UTF-16: expected UTF-8, save it as "
                        "\"CSV UTF-8\"");
        return WISMO_DECLINED;
    }

    if (file->base == 0 && file->pos == 0 && file->len >= 3
        && memcmp(file->data, "\xEF\xBB\xBF", 3) == 0)
    {
        file->pos = 3;
    }

    if (file->pos == file->len && file->eof) {
        return WISMO_OK;
    }

    raw->text.data = file->data + file->pos;
    raw->text.len = fetch_csv_end(raw->text.data, file->len - file->pos,
                                  csv->delim, file->eof, &raw->lines,
                                  &raw->open);

    if (raw->text.len == 0 || raw->text.len > FETCH_CSV_ROW) {
        wismo_error_set(err, "", "line %llu: a row of more than %d bytes: "
                        "is a quote missing?",
                        (unsigned long long) file->line, FETCH_CSV_ROW);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


/* At least the longest row there may be. */

static int
fetch_csv_fill(fetch_csv_file_t *file, wismo_error_t *err)
{
    ssize_t  n;

    while (!file->eof && file->len < FETCH_CSV_BUFFER
           && file->len - file->pos <= FETCH_CSV_ROW)
    {
        n = read(file->fd, file->data + file->len,
                 FETCH_CSV_BUFFER - file->len);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            wismo_error_set(err, "", "%s", strerror(errno));
            return WISMO_ERROR;
        }

        file->eof = (n == 0);
        file->len += (size_t) n;
    }

    return WISMO_OK;
}


/* The row is done; what is kept begins with the order that is still open. */

static void
fetch_csv_pass(fetch_csv_t *csv, fetch_csv_file_t *file,
    const fetch_csv_raw_t *raw)
{
    size_t  done;

    file->pos += raw->text.len;
    file->line += raw->lines;

    if (csv->order == NULL) {
        csv->start = file->pos;
    }

    done = csv->start;

    if (done > FETCH_CSV_ROW) {
        memmove(file->data, file->data + done, file->len - done);
        file->base += done;
        file->len -= done;
        file->pos -= done;
        csv->start = 0;
    }
}


static int
fetch_csv_resume(fetch_csv_t *csv, fetch_csv_file_t *file,
    const fetch_csv_place_t *from, wismo_error_t *err)
{
    if (from->to <= file->base + file->pos) {
        return WISMO_OK;
    }

    if (lseek(file->fd, (off_t) from->to, SEEK_SET) == -1) {
        wismo_error_set(err, "", "%s", strerror(errno));
        return WISMO_ERROR;
    }

    file->base = from->to;
    file->line = from->next;
    file->len = 0;
    file->pos = 0;
    file->eof = false;
    csv->start = 0;

    return WISMO_OK;
}


/* A row: more of the order before it, the beginning of another one, or what
 * is refused. */

static int
fetch_csv_take(fetch_csv_t *csv, const fetch_csv_file_t *file,
    const fetch_csv_raw_t *raw, fetch_csv_order_pt order, void *data)
{
    const char         *number;
    wismo_error_t       fault;
    fetch_csv_row_t     row;
    fetch_csv_place_t   place;

    memset(&row, 0, sizeof(fetch_csv_row_t));
    memset(&fault, 0, sizeof(wismo_error_t));
    row.pool = &csv->rows;

    if (raw->open) {
        wismo_error_set(&fault, "", "a cell of this row begins with a quote "
                        "that has no end, so that all to the end of the file "
                        "would be in it");

    } else if (fetch_csv_split(csv, &raw->text, &row) != WISMO_OK) {
        wismo_error_set(&fault, "", "expected rows of at most %d cells in "
                        "UTF-8", FETCH_CSV_COLUMNS);

    } else if (row.n > 1 || (row.n == 1 && row.len[0])) {
        number = fetch_csv_value(csv, &row, "number");

        /* the same order goes on; exports leave repeated cells empty */

        if (csv->order
            && (number == NULL || strcmp(number, csv->number) == 0)
            && file->pos - csv->start < FETCH_CSV_GROUP)
        {
            fetch_csv_row(csv, &row);
            return WISMO_OK;
        }

        if (fetch_csv_emit(csv, file, order, data) != WISMO_OK) {
            return WISMO_ERROR;
        }

        csv->start = file->pos;
        csv->place.line = file->line;

        fetch_csv_open(csv, raw, &row, &fault);
    }

    if (fault.text[0] == '\0') {
        return WISMO_OK;
    }

    place.line = file->line;
    place.raw = raw->text;
    place.to = file->base + (csv->order ? csv->start
                                        : file->pos + raw->text.len);
    place.next = csv->order ? csv->place.line : file->line + raw->lines;

    return order(data, NULL, &place, &fault);
}


/* The row has to be split again: its cells were with the order before. */

static void
fetch_csv_open(fetch_csv_t *csv, const fetch_csv_raw_t *raw,
    fetch_csv_row_t *row, wismo_error_t *fault)
{
    const char  *number;

    row->n = 0;
    (void) fetch_csv_split(csv, &raw->text, row);
    number = fetch_csv_value(csv, row, "number");

    if (number == NULL) {
        wismo_error_set(fault, "/number", "expected the order's number: the "
                        "column is empty");

    } else if (strlen(number) >= sizeof(csv->number)) {
        wismo_error_set(fault, "/number", "expected a shorter one");

    } else if (fetch_csv_again(csv, number)) {
        wismo_error_set(fault, "/number", "expected the rows of an order to "
                        "stand together: sort the file by its order numbers");

    } else {
        snprintf(csv->number, sizeof(csv->number), "%s", number);
        fetch_csv_order(csv, row);
        fetch_csv_row(csv, row);
    }
}


/* The bytes of a row, its end included; 0 if it does not end here.  "open": a
 * quote of it has no end. */

static size_t
fetch_csv_end(const unsigned char *p, size_t len, char delim, bool last,
    unsigned *lines, bool *open)
{
    bool    quoted, begins;
    size_t  i;

    quoted = false;
    begins = true;
    *lines = 0;
    *open = false;

    for (i = 0; i < len; i++) {

        if (p[i] == '\n') {
            (*lines)++;

            if (!quoted) {
                return i + 1;
            }
        }

        if (quoted) {

            if (p[i] == '"') {

                if (i + 1 < len && p[i + 1] == '"') {
                    i++;

                } else {
                    quoted = false;
                }
            }

            continue;
        }

        /* a quote inside of a cell is a letter */

        quoted = (p[i] == '"' && begins);
        begins = ((char) p[i] == delim
                  || (delim == '\0' && strchr(",;\t|", p[i]) && p[i]));
    }

    *open = quoted;

    return last ? len : 0;
}


int
fetch_csv_split(fetch_csv_t *csv, const wismo_str_t *raw,
    fetch_csv_row_t *row)
{
    size_t             i, n;
    struct csv_parser  parser;

    for (i = 0; i < raw->len; i += n) {
        n = raw->data[i] < 0x80
            ? 1 : wismo_utf8(raw->data + i, raw->data + raw->len);

        if (n == 0) {
            return WISMO_DECLINED;
        }
    }

    if (csv_init(&parser, CSV_APPEND_NULL) != 0) {
        return WISMO_ERROR;
    }

    csv_set_delim(&parser, (unsigned char) csv->delim);

    n = csv_parse(&parser, raw->data, raw->len, fetch_csv_cell, NULL, row);

    (void) csv_fini(&parser, fetch_csv_cell, NULL, row);
    csv_free(&parser);

    return n == raw->len && !row->more ? WISMO_OK : WISMO_DECLINED;
}


static void
fetch_csv_cell(void *s, size_t len, void *data)
{
    fetch_csv_row_t *row = data;

    char    *p;
    size_t   i;

    if (row->n == FETCH_CSV_COLUMNS) {
        row->more = true;
        return;
    }

    if (len > FETCH_CSV_CELL) {
        len = FETCH_CSV_CELL;
    }

    p = wismo_palloc(row->pool, len + 1);

    if (p == NULL) {
        row->more = true;
        return;
    }

    if (len) {
        memcpy(p, s, len);
    }

    /* cut where a character ends; line ends are spaces */

    while (len && ((unsigned char) p[len - 1] & 0xc0) == 0x80
           && len == FETCH_CSV_CELL)
    {
        len--;
    }

    for (i = 0; i < len; i++) {
        if ((unsigned char) p[i] < 0x20 || p[i] == 0x7f) {
            p[i] = ' ';
        }
    }

    while (len && p[len - 1] == ' ') {
        len--;
    }

    p[len] = '\0';

    row->cell[row->n] = p;
    row->len[row->n++] = len;
}


/* The order whose rows end here. */

static int
fetch_csv_emit(fetch_csv_t *csv, const fetch_csv_file_t *file,
    fetch_csv_order_pt order, void *data)
{
    int      rc;
    json_t  *json;

    csv->place.raw.data = file->data + csv->start;
    csv->place.raw.len = file->pos - csv->start;
    csv->place.to = file->base + file->pos;
    csv->place.next = file->line;

    json = csv->order;

    if (json == NULL) {
        wismo_pool_reset(&csv->rows);
        return WISMO_OK;
    }

    csv->order = NULL;
    rc = order(data, json, &csv->place, NULL);

    wismo_pool_reset(&csv->rows);

    return rc == WISMO_OK ? WISMO_OK : WISMO_ERROR;
}


/* Hashes of all numbers so far: an order that goes on elsewhere would lose
 * what it had.  Without memory nothing is noticed. */

static bool
fetch_csv_again(fetch_csv_t *csv, const char *number)
{
    size_t     i, at, size;
    uint64_t   hash, *seen;

    hash = wismo_hash64(number, strlen(number), 0) | 1;

    if (2 * csv->nseen >= csv->sseen) {
        size = csv->sseen ? 2 * csv->sseen : 4096;
        seen = calloc(size, sizeof(uint64_t));

        if (seen == NULL) {
            return false;
        }

        for (i = 0; i < csv->sseen; i++) {

            if (csv->seen[i]) {
                for (at = csv->seen[i] % size; seen[at]; at = (at + 1) % size)
                {
                    /* void */
                }

                seen[at] = csv->seen[i];
            }
        }

        free(csv->seen);
        csv->seen = seen;
        csv->sseen = size;
    }

    for (at = hash % csv->sseen; csv->seen[at]; at = (at + 1) % csv->sseen) {
        if (csv->seen[at] == hash) {
            return true;
        }
    }

    csv->seen[at] = hash;
    csv->nseen++;

    return false;
}


const wismo_str_t *
fetch_csv_header(const fetch_csv_t *csv)
{
    return &csv->header;
}
