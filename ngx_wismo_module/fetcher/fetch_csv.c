
/*
 * Copyright (C) The Wismo authors
 *
 * Orders out of a spreadsheet.  Where a row ends is found here, so that what
 * is refused can be given back as it came, with its line; what is in it is
 * libcsv's matter.  Which column is what stands in a preset.
 *
 * "wismo import" calls it.  Spreadsheets come from anywhere: no row may end
 * the others, and none is guessed at.
 */


#include "fetch_csv_int.h"

#include <csv.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>


static int fetch_csv_presets(fetch_csv_t *csv, const char *share,
    const char *preset, wismo_error_t *err);
static int fetch_csv_begin(fetch_csv_t *csv, const wismo_str_t *row,
    wismo_error_t *err);
static void fetch_csv_match(fetch_csv_preset_t *preset, json_t *json,
    const fetch_csv_row_t *row);
static bool fetch_csv_same(const char *a, const char *b);
static size_t fetch_csv_end(const unsigned char *p, size_t len, char delim,
    bool last, unsigned *lines, bool *open);
static int fetch_csv_split(fetch_csv_t *csv, const wismo_str_t *raw,
    fetch_csv_row_t *row);
static void fetch_csv_cell(void *s, size_t len, void *data);
static int fetch_csv_emit(fetch_csv_t *csv, fetch_csv_order_pt order,
    void *data);
static bool fetch_csv_again(fetch_csv_t *csv, const char *number);


static const char *const  fetch_csv_members[] = {
    "number", "brand", "placed_at", "locale", "currency", "cancelled",
    "customer.name", "customer.email", "customer.phone", "ship_to.name",
    "ship_to.line1", "ship_to.line2", "ship_to.city", "ship_to.region",
    "ship_to.postal_code", "ship_to.country", "ship_from.region",
    "ship_from.postal_code", "ship_from.country", "promised.from",
    "promised.until", "items.id", "items.sku", "items.name",
    "items.quantity", "items.image_url", "items.url", "shipments.carrier",
    "shipments.service", "shipments.tracking_number",
    "shipments.tracking_url", "shipments.shipped_at", "shipments.leg",
    "shipments.drop_off_code", "returns.carrier", "returns.tracking_number",
    "returns.tracking_url", "returns.drop_off_code", NULL
};


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


static int
fetch_csv_presets(fetch_csv_t *csv, const char *share, const char *preset,
    wismo_error_t *err)
{
    glob_t               found;
    json_t              *json, *value;
    size_t               i;
    const char          *name;
    wismo_out_t          pattern;
    json_error_t         error;
    const char *const   *member;

    wismo_out_init(&pattern, &csv->pool, 256);

    if (preset && strchr(preset, '/')) {
        wismo_out_printf(&pattern, "%s", preset);

    } else {
        wismo_out_printf(&pattern, "%s/shops/csv/%s.json", share,
                         preset ? preset : "*");
    }

    wismo_out_bytes(&pattern, "", 1);

    if (pattern.failed
        || glob((char *) pattern.start, 0, NULL, &found) != 0)
    {
        wismo_error_set(err, "", "there is no preset %s: expected shopify, "
                        "woocommerce, shipstation, aftership, wismo or a "
                        "file such as ./mine.json",
                        pattern.failed ? "" : (char *) pattern.start);
        return WISMO_DECLINED;
    }

    csv->presets = calloc(found.gl_pathc, sizeof(json_t *));

    for (i = 0; csv->presets && i < found.gl_pathc; i++) {
        json = json_load_file(found.gl_pathv[i], JSON_REJECT_DUPLICATES,
                              &error);

        if (json == NULL) {
            wismo_error_set(err, "", "%s:%d:%d: %s", found.gl_pathv[i],
                            error.line, error.column, error.text);
            globfree(&found);
            return WISMO_DECLINED;
        }

        csv->presets[csv->npresets++] = json;

        json_object_foreach(json_object_get(json, "columns"), name, value) {

            for (member = fetch_csv_members; *member; member++) {
                if (strcmp(*member, name) == 0) {
                    break;
                }
            }

            if (*member == NULL) {
                wismo_error_set(err, "", "%s: /columns/%s: unknown member",
                                found.gl_pathv[i], name);
                globfree(&found);
                return WISMO_DECLINED;
            }
        }

        if (!json_is_object(json_object_get(json, "columns"))
            || json_string_value(json_object_get(json, "csv")) == NULL)
        {
            wismo_error_set(err, "", "%s: expected \"csv\", its name, and "
                            "\"columns\", an object", found.gl_pathv[i]);
            globfree(&found);
            return WISMO_DECLINED;
        }
    }

    globfree(&found);

    return WISMO_OK;
}


int
fetch_csv_read(fetch_csv_t *csv, int fd, const fetch_csv_place_t *from,
    fetch_csv_order_pt order, void *data, wismo_error_t *err)
{
    int               rc;
    bool              eof, open;
    size_t            len, pos, n, keep;
    ssize_t           got;
    uint64_t          base, line;
    unsigned          lines;
    wismo_str_t       raw;
    wismo_error_t     fault;
    unsigned char    *buffer;
    fetch_csv_row_t   row;
    fetch_csv_place_t place;

    buffer = malloc(FETCH_CSV_BUFFER);

    if (buffer == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return WISMO_ERROR;
    }

    rc = WISMO_OK;
    eof = false;
    len = 0;
    pos = 0;
    base = 0;
    line = 1;

    for ( ;; ) {

        while (!eof && len < FETCH_CSV_BUFFER && len - pos <= FETCH_CSV_ROW) {
            got = read(fd, buffer + len, FETCH_CSV_BUFFER - len);

            if (got == -1 && errno == EINTR) {
                continue;
            }

            if (got == -1) {
                wismo_error_set(err, "", "%s", strerror(errno));
                rc = WISMO_ERROR;
                goto done;
            }

            eof = (got == 0);
            len += (size_t) got;
        }

        if (base == 0 && pos == 0 && len >= 3
            && memcmp(buffer, "\xEF\xBB\xBF", 3) == 0)
        {
            pos = 3;
        }

        if (base == 0 && len >= 2
            && (memcmp(buffer, "\xFF\xFE", 2) == 0
                || memcmp(buffer, "\xFE\xFF", 2) == 0))
        {
            wismo_error_set(err, "", "is UTF-16: expected UTF-8, save it as "
                            "\"CSV UTF-8\"");
            rc = WISMO_DECLINED;
            goto done;
        }

        if (pos == len && eof) {
            break;
        }

        n = fetch_csv_end(buffer + pos, len - pos, csv->delim, eof, &lines,
                          &open);

        if (n == 0 || n > FETCH_CSV_ROW) {
            wismo_error_set(err, "", "line %llu: a row of more than %d bytes: "
                            "is a quote missing?", (unsigned long long) line,
                            FETCH_CSV_ROW);
            rc = WISMO_DECLINED;
            goto done;
        }

        raw.data = buffer + pos;
        raw.len = n;

        if (csv->header.len == 0) {
            rc = fetch_csv_begin(csv, &raw, err);

            if (rc != WISMO_OK) {
                goto done;
            }

            pos += n;
            line += lines;
            csv->start = pos;

            if (from && from->to > base + pos) {

                if (lseek(fd, (off_t) from->to, SEEK_SET) == -1) {
                    wismo_error_set(err, "", "%s", strerror(errno));
                    rc = WISMO_ERROR;
                    goto done;
                }

                base = from->to;
                line = from->next;
                len = 0;
                pos = 0;
                eof = false;
                csv->start = 0;
            }

            continue;
        }

        memset(&row, 0, sizeof(fetch_csv_row_t));
        memset(&fault, 0, sizeof(wismo_error_t));
        row.pool = &csv->rows;

        if (open) {
            wismo_error_set(&fault, "", "a cell of this row begins with a "
                            "quote that has no end, so that all to the end of "
                            "the file would be in it");

        } else if (fetch_csv_split(csv, &raw, &row) != WISMO_OK) {
            wismo_error_set(&fault, "", "expected rows of at most %d cells in "
                            "UTF-8", FETCH_CSV_COLUMNS);

        } else if (row.n > 1 || (row.n == 1 && row.len[0])) {

            const char  *number = fetch_csv_value(csv, &row, "number");

            /* the same order goes on; exports leave repeated cells empty */

            if (csv->order
                && (number == NULL || strcmp(number, csv->number) == 0)
                && pos - csv->start < FETCH_CSV_GROUP)
            {
                fetch_csv_row(csv, &row);
                goto next;
            }

            csv->place.raw.data = buffer + csv->start;
            csv->place.raw.len = pos - csv->start;
            csv->place.to = base + pos;
            csv->place.next = line;

            if (fetch_csv_emit(csv, order, data) != WISMO_OK) {
                rc = WISMO_ERROR;
                goto done;
            }

            /* the row has to be split again: its cells were with the order */

            row.n = 0;
            (void) fetch_csv_split(csv, &raw, &row);
            number = fetch_csv_value(csv, &row, "number");

            csv->start = pos;
            csv->place.line = line;

            if (number == NULL) {
                wismo_error_set(&fault, "/number", "expected the order's "
                                "number: the column is empty");

            } else if (strlen(number) >= sizeof(csv->number)) {
                wismo_error_set(&fault, "/number", "expected a shorter one");

            } else if (fetch_csv_again(csv, number)) {
                wismo_error_set(&fault, "/number", "expected the rows of an "
                                "order to stand together: sort the file by "
                                "its order numbers");

            } else {
                snprintf(csv->number, sizeof(csv->number), "%s", number);
                fetch_csv_order(csv, &row);
                fetch_csv_row(csv, &row);
            }
        }

        if (fault.text[0]) {
            place.line = line;
            place.raw = raw;
            place.to = base + (csv->order ? csv->start : pos + n);
            place.next = csv->order ? csv->place.line : line + lines;

            rc = order(data, NULL, &place, &fault);
        }

    next:

        if (rc != WISMO_OK) {
            goto done;
        }

        pos += n;
        line += lines;

        if (csv->order == NULL) {
            csv->start = pos;
        }

        keep = csv->start;

        if (keep > FETCH_CSV_ROW) {
            memmove(buffer, buffer + keep, len - keep);
            base += keep;
            len -= keep;
            pos -= keep;
            csv->start = 0;
        }
    }

    if (csv->header.len == 0) {
        wismo_error_set(err, "", "is empty: expected a row with the columns' "
                        "names");
        rc = WISMO_DECLINED;
        goto done;
    }

    csv->place.raw.data = buffer + csv->start;
    csv->place.raw.len = pos - csv->start;
    csv->place.to = base + pos;
    csv->place.next = line;

    if (fetch_csv_emit(csv, order, data) != WISMO_OK) {
        rc = WISMO_ERROR;
    }

done:

    free(buffer);

    return rc;
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


/* The header: which sign is between the columns, and which preset knows most
 * of them. */

static int
fetch_csv_begin(fetch_csv_t *csv, const wismo_str_t *raw, wismo_error_t *err)
{
    size_t               i, n, most;
    unsigned             k, best;
    fetch_csv_row_t      row;
    fetch_csv_preset_t   preset;

    static const char  delims[] = ",;\t|";

    most = 0;
    csv->delim = ',';

    for (k = 0; delims[k]; k++) {

        for (i = 0, n = 0; i < raw->len; i++) {
            n += ((char) raw->data[i] == delims[k]);
        }

        if (n > most) {
            most = n;
            csv->delim = delims[k];
        }
    }

    memset(&row, 0, sizeof(fetch_csv_row_t));
    row.pool = &csv->pool;

    if (fetch_csv_split(csv, raw, &row) != WISMO_OK) {
        wismo_error_set(err, "", "line 1: expected a row with at most %d "
                        "columns' names in UTF-8", FETCH_CSV_COLUMNS);
        return WISMO_DECLINED;
    }

    csv->ncolumns = row.n;
    best = 0;

    for (k = 0; k < csv->npresets; k++) {
        fetch_csv_match(&preset, csv->presets[k], &row);

        if (preset.known > best) {
            best = preset.known;
            csv->preset = preset;
        }
    }

    for (k = 0; k < csv->preset.n; k++) {
        if (strcmp(csv->preset.columns[k].member, "number") == 0) {
            break;
        }
    }

    if (best == 0 || k == csv->preset.n) {
        wismo_error_set(err, "", "line 1: no column is known to hold the "
                        "order's number: expected --preset shopify, "
                        "woocommerce, shipstation, aftership, wismo or a file "
                        "that says which columns are what");
        return WISMO_DECLINED;
    }

    return wismo_pstrdup(&csv->pool, &csv->header, raw);
}


static void
fetch_csv_match(fetch_csv_preset_t *preset, json_t *json,
    const fetch_csv_row_t *row)
{
    int                  c;
    json_t              *value, *from, *name;
    size_t               i;
    const char          *member;
    fetch_csv_column_t  *column;

    memset(preset, 0, sizeof(fetch_csv_preset_t));
    preset->json = json;

    json_object_foreach(json_object_get(json, "columns"), member, value) {

        if (preset->n == FETCH_CSV_MEMBERS) {
            break;
        }

        column = &preset->columns[preset->n];

        memset(column, 0, sizeof(fetch_csv_column_t));
        column->member = member;

        from = json_is_object(value) ? json_object_get(value, "from") : value;
        column->equals = json_object_get(value, "equals");
        column->cut = json_string_value(json_object_get(value, "cut"));

        json_array_foreach(from, i, name) {

            for (c = 0; c < (int) row->n && column->n < 8; c++) {

                if (json_is_string(name)
                    && fetch_csv_same(row->cell[c], json_string_value(name)))
                {
                    column->column[column->n++] = c;
                    column->title = column->title ? column->title
                                                  : row->cell[c];
                }
            }
        }

        if (column->n) {
            preset->known += column->n;
            preset->n++;
        }
    }
}


/* Case, spaces and underscores don't count. */

static bool
fetch_csv_same(const char *a, const char *b)
{
    for ( ;; ) {

        while (*a == ' ' || *a == '_') {
            a++;
        }

        while (*b == ' ' || *b == '_') {
            b++;
        }

        if (*a == '\0' || *b == '\0') {
            return *a == *b;
        }

        if (strncasecmp(a, b, 1) != 0) {
            return false;
        }

        a++;
        b++;
    }
}


static int
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


static int
fetch_csv_emit(fetch_csv_t *csv, fetch_csv_order_pt order, void *data)
{
    int      rc;
    json_t  *json;

    json = csv->order;

    if (json == NULL) {
        wismo_pool_reset(&csv->rows);
        return WISMO_OK;
    }

    csv->order = NULL;
    rc = order(data, json, &csv->place, NULL);

    wismo_pool_reset(&csv->rows);

    return rc;
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


const char *
fetch_csv_column(const fetch_csv_t *csv, const char *at)
{
    size_t       n;
    unsigned     i;
    const char  *p, *member;

    for (i = 0; i < csv->preset.n; i++) {
        member = csv->preset.columns[i].member;

        /* "/items/0/name" is "items.name" */

        for (p = at; *p == '/'; /* void */ ) {
            n = strcspn(p + 1, "/");

            if (strspn(p + 1, "0123456789") == n) {
                p += 1 + n;
                continue;
            }

            if (strncmp(member, p + 1, n) != 0
                || (member[n] != '.' && member[n] != '\0'))
            {
                break;
            }

            p += 1 + n;
            member += n + (member[n] == '.');
        }

        if (*p == '\0' && *at && *member == '\0') {
            return csv->preset.columns[i].title;
        }
    }

    return NULL;
}
