
/*
 * Copyright (C) The Wismo authors
 *
 * History as a CSV file: a header that names the columns, then a row for each
 * parcel (docs/prediction.md).  Called by "wismo edd".
 *
 * A row that cannot be used is refused alone, with its line and column, and
 * never read as something else.
 */


#include "fetch_history.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>


#define FETCH_HISTORY_FIELD  65536    /* bytes of an open quote */
#define FETCH_HISTORY_TOLD   20       /* faults, one by one */
#define FETCH_HISTORY_ID     128
#define FETCH_HISTORY_MAX    20000000 /* rows */


enum {
    FETCH_COL_ID = 0,
    FETCH_COL_CARRIER,
    FETCH_COL_SERVICE,
    FETCH_COL_ORIGIN,
    FETCH_COL_DESTINATION,
    FETCH_COL_PURCHASED,
    FETCH_COL_SHIPPED,
    FETCH_COL_DELIVERED,
    FETCH_COL_PROMISED,
    FETCH_COLS
};


static const char  *const fetch_history_names[] = {
    [FETCH_COL_ID] = "order_id",
    [FETCH_COL_CARRIER] = "carrier",
    [FETCH_COL_SERVICE] = "service",
    [FETCH_COL_ORIGIN] = "origin",
    [FETCH_COL_DESTINATION] = "destination",
    [FETCH_COL_PURCHASED] = "purchased_at",
    [FETCH_COL_SHIPPED] = "shipped_at",
    [FETCH_COL_DELIVERED] = "delivered_at",
    [FETCH_COL_PROMISED] = "promised_at"
};


typedef struct {
    fetch_history_t      *history;
    const char           *file;
    uint64_t              line;       /* the one that is being read */
    uint64_t              row;        /* where its row began, 0: no row */
    int                   column[FETCH_COLS];     /* -1: there is none */
    int                   columns;    /* of the header */
    int                   field;      /* of the row, counts from 0 */
    bool                  header;
    bool                  failed;     /* the file, or memory */
    wismo_str_t           fields[FETCH_COLS];
} fetch_history_in_t;


static void fetch_history_field(void *s, size_t len, void *data);
static void fetch_history_row(int c, void *data);
static int fetch_history_header(fetch_history_in_t *in);
static int fetch_history_parcel(fetch_history_in_t *in,
    wismo_edd_parcel_t *parcel);
static int fetch_history_time(fetch_history_in_t *in, int col, int64_t *t);
static void fetch_history_fault(fetch_history_in_t *in, int col,
    const char *text);


int
fetch_history_read(fetch_history_t *history, wismo_pool_t *pool,
    const char *file)
{
    int                  col;
    char                *line;
    FILE                *f;
    size_t               room, from;
    ssize_t              n;
    struct csv_parser    csv;
    fetch_history_in_t   in;

    memset(history, 0, sizeof(fetch_history_t));
    memset(&in, 0, sizeof(fetch_history_in_t));

    history->pool = pool;
    in.history = history;
    in.file = file;
    in.header = true;

    for (col = 0; col < FETCH_COLS; col++) {
        in.column[col] = -1;
    }

    f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");

    if (f == NULL) {
        fprintf(stderr, "wismo: cannot open \"%s\": %s\n", file,
                strerror(errno));
        return WISMO_DECLINED;
    }

    if (csv_init(&csv, CSV_STRICT|CSV_STRICT_FINI|CSV_APPEND_NULL) != 0) {
        in.failed = true;
    }

    line = NULL;
    room = 0;

    while (!in.failed && (n = getline(&line, &room, f)) > 0) {
        in.line++;
        from = 0;

        if (in.line == 1) {

            if (n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
                from = 3;
            }

            if (memchr(line, ',', (size_t) n) == NULL
                && memchr(line, ';', (size_t) n))
            {
                csv_set_delim(&csv, ';');
            }
        }

        if (in.row == 0) {

            if (strspn(line + from, "\r\n") == (size_t) n - from) {
                continue;
            }

            in.row = in.line;
        }

        if (csv_parse(&csv, line + from, (size_t) n - from,
                      fetch_history_field, fetch_history_row, &in)
            != (size_t) n - from)
        {
            fetch_history_fault(&in, -1, csv_error(&csv) == CSV_EPARSE
                                ? "a quote where none may be: expected a "
                                  "comma, or the quote doubled"
                                : "there is no memory");

            /* where a broken row ends cannot be known: at its line's end */

            csv_free(&csv);

            if (csv_init(&csv, CSV_STRICT|CSV_STRICT_FINI|CSV_APPEND_NULL)) {
                in.failed = true;
            }

            if (in.header) {
                in.failed = true;

            } else {
                history->rows++;
            }

            in.row = 0;
            in.field = 0;
            memset(in.fields, 0, sizeof(in.fields));
            continue;
        }

        if (csv.entry_pos > FETCH_HISTORY_FIELD) {
            fetch_history_fault(&in, -1, "a quote that opens here and does "
                                         "not close");
            in.failed = true;
        }
    }

    if (!in.failed && ferror(f)) {
        fprintf(stderr, "wismo: reading \"%s\": %s\n", file, strerror(errno));
        in.failed = true;
    }

    if (!in.failed
        && csv_fini(&csv, fetch_history_field, fetch_history_row, &in) != 0)
    {
        fetch_history_fault(&in, -1, "a quote that opens here and does not "
                                     "close");
    }

    if (!in.failed && in.header) {
        fprintf(stderr, "wismo: \"%s\" is empty: expected a header that "
                        "names the columns\n", file);
        in.failed = true;
    }

    if (history->refused > FETCH_HISTORY_TOLD) {
        fprintf(stderr, "%s: %llu more rows are refused\n", file,
                (unsigned long long) history->refused - FETCH_HISTORY_TOLD);
    }

    csv_free(&csv);
    free(line);

    if (f != stdin) {
        fclose(f);
    }

    return in.failed ? WISMO_DECLINED : WISMO_OK;
}


void
fetch_history_done(fetch_history_t *history)
{
    free(history->parcels);
    history->parcels = NULL;
}


static void
fetch_history_field(void *s, size_t len, void *data)
{
    int                  col;
    wismo_str_t          text;
    fetch_history_in_t  *in;

    in = data;

    text.data = s;
    text.len = len;

    for (col = 0; col < FETCH_COLS && !in->failed; col++) {

        if (in->header) {

            if (!wismo_str_is(&text, fetch_history_names[col])) {
                continue;
            }

            if (in->column[col] != -1) {
                fprintf(stderr, "%s:1: the column \"%s\" is there twice\n",
                        in->file, fetch_history_names[col]);
                in->failed = true;
            }

            in->column[col] = in->field;

        } else if (in->column[col] == in->field && len) {

            if (wismo_pstrdup(in->history->pool, &in->fields[col], &text)
                != WISMO_OK)
            {
                fprintf(stderr, "%s:%llu: there is no memory for so many "
                                "rows: split the file\n", in->file,
                        (unsigned long long) in->row);
                in->failed = true;
            }
        }
    }

    in->field++;
}


static void
fetch_history_row(int c, void *data)
{
    char                 text[96];
    fetch_history_in_t  *in;
    wismo_edd_parcel_t   parcel;

    (void) c;

    in = data;

    if (in->failed) {
        return;
    }

    if (in->header) {
        in->header = false;
        in->columns = in->field;

        if (fetch_history_header(in) != WISMO_OK) {
            in->failed = true;
        }

    } else if (in->field != in->columns) {
        snprintf(text, sizeof(text), "expected %d fields as in the header, "
                 "got %d", in->columns, in->field);
        in->history->rows++;
        fetch_history_fault(in, -1, text);

    } else {
        in->history->rows++;

        memset(&parcel, 0, sizeof(wismo_edd_parcel_t));

        if (fetch_history_parcel(in, &parcel) == WISMO_OK
            && fetch_history_push(in->history, &parcel) != WISMO_OK)
        {
            fprintf(stderr, "%s:%llu: there is no memory for so many rows: "
                            "split the file\n", in->file,
                    (unsigned long long) in->row);
            in->failed = true;
        }
    }

    in->row = 0;
    in->field = 0;
    memset(in->fields, 0, sizeof(in->fields));
}


static int
fetch_history_header(fetch_history_in_t *in)
{
    unsigned          i;
    static const int  needed[] = {
        FETCH_COL_DESTINATION, FETCH_COL_PURCHASED, FETCH_COL_DELIVERED
    };

    for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {

        if (in->column[needed[i]] == -1) {
            fprintf(stderr, "%s:1: expected a header with the columns "
                            "destination, purchased_at and delivered_at; "
                            "\"%s\" is missing\n", in->file,
                    fetch_history_names[needed[i]]);
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


/* WISMO_DECLINED: nothing to learn, or refused, which is counted. */

static int
fetch_history_parcel(fetch_history_in_t *in, wismo_edd_parcel_t *parcel)
{
    char              buf[WISMO_EDD_PLACE_MAX + 2];
    unsigned          i;
    wismo_str_t       name;
    static const int  places[] = { FETCH_COL_ORIGIN, FETCH_COL_DESTINATION };

    if (in->fields[FETCH_COL_DELIVERED].len == 0) {
        in->history->open++;
        return WISMO_DECLINED;
    }

    parcel->id = in->fields[FETCH_COL_ID];
    parcel->carrier = in->fields[FETCH_COL_CARRIER];
    parcel->service = in->fields[FETCH_COL_SERVICE];
    parcel->origin = in->fields[FETCH_COL_ORIGIN];
    parcel->destination = in->fields[FETCH_COL_DESTINATION];

    for (i = 0; i < 2; i++) {
        name.data = (unsigned char *) buf;
        name.len = wismo_edd_place_name(buf, &in->fields[places[i]]);

        if (name.len
            && wismo_pstrdup(in->history->pool,
                             i ? &parcel->destination : &parcel->origin,
                             &name) != WISMO_OK)
        {
            in->failed = true;
            return WISMO_DECLINED;
        }

        if (!wismo_edd_place_ok(&in->fields[places[i]])) {
            fetch_history_fault(in, places[i],
                                "expected a place as COUNTRY-REGION-POSTCODE");
            return WISMO_DECLINED;
        }
    }

    if (parcel->id.len > FETCH_HISTORY_ID) {
        parcel->id.len = FETCH_HISTORY_ID;
    }

    if (fetch_history_time(in, FETCH_COL_PURCHASED, &parcel->purchased)
        != WISMO_OK
        || fetch_history_time(in, FETCH_COL_SHIPPED, &parcel->shipped)
           != WISMO_OK
        || fetch_history_time(in, FETCH_COL_DELIVERED, &parcel->delivered)
           != WISMO_OK
        || fetch_history_time(in, FETCH_COL_PROMISED, &parcel->promised)
           != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (parcel->purchased == WISMO_TIME_NONE) {
        fetch_history_fault(in, FETCH_COL_PURCHASED, "expected a time");
        return WISMO_DECLINED;
    }

    if (parcel->delivered < parcel->purchased) {
        fetch_history_fault(in, FETCH_COL_DELIVERED,
                            "is before purchased_at");
        return WISMO_DECLINED;
    }

    if (parcel->shipped != WISMO_TIME_NONE
        && (parcel->shipped < parcel->purchased
            || parcel->shipped > parcel->delivered))
    {
        parcel->shipped = WISMO_TIME_NONE;
        in->history->odd++;
    }

    return WISMO_OK;
}


/* The wall clock: a day is the day people have there. */

static int
fetch_history_time(fetch_history_in_t *in, int col, int64_t *t)
{
    wismo_when_t  when;

    *t = WISMO_TIME_NONE;

    if (in->fields[col].len == 0) {
        return WISMO_OK;
    }

    if (wismo_time_iso(&in->fields[col], &when) != WISMO_OK
        || when.wall < 0 || when.wall > INT64_C(7258118400))
    {
        fetch_history_fault(in, col, "expected a time between 1970 and 2200 "
                                     "as 2018-01-31T14:05:00");
        return WISMO_DECLINED;
    }

    *t = when.wall;

    return WISMO_OK;
}


int
fetch_history_push(fetch_history_t *history,
    const wismo_edd_parcel_t *parcel)
{
    size_t               room;
    wismo_edd_parcel_t  *parcels;

    if (history->n == history->room) {
        room = history->room ? history->room * 2 : 4096;

        if (history->n >= FETCH_HISTORY_MAX) {
            return WISMO_ERROR;
        }

        parcels = realloc(history->parcels,
                          room * sizeof(wismo_edd_parcel_t));

        if (parcels == NULL) {
            return WISMO_ERROR;
        }

        history->parcels = parcels;
        history->room = room;
    }

    history->parcels[history->n++] = *parcel;

    return WISMO_OK;
}


static void
fetch_history_fault(fetch_history_in_t *in, int col, const char *text)
{
    if (++in->history->refused > FETCH_HISTORY_TOLD) {
        return;
    }

    fprintf(stderr, "%s:%llu: ", in->file, (unsigned long long) in->row);

    if (col >= 0) {
        fprintf(stderr, "%s", fetch_history_names[col]);

        if (in->fields[col].len) {
            fprintf(stderr, " \"%.*s\"",
                    (int) (in->fields[col].len < 40 ? in->fields[col].len
                                                    : 40),
                    (char *) in->fields[col].data);
        }

        fputs(": ", stderr);
    }

    fprintf(stderr, "%s\n", text);
}
