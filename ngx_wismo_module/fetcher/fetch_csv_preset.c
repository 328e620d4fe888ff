
/*
 * Copyright (C) The Wismo authors
 *
 * Which column of a spreadsheet is what: presets say it, and the file's header
 * decides between them.  Called by fetch_csv.c.
 *
 * People write presets: an unknown member must be told with its place.
 */


#include "fetch_csv_int.h"
#include "fetch_read.h"

#include <glob.h>
#include <stdlib.h>
#include <strings.h>


#define FETCH_CSV_PRESET     (1024 * 1024)    /* its file */


static void fetch_csv_match(fetch_csv_preset_t *preset, json_t *json,
    const fetch_csv_row_t *row);
static bool fetch_csv_same(const char *a, const char *b);


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


int
fetch_csv_presets(fetch_csv_t *csv, const char *share, const char *preset,
    wismo_error_t *err)
{
    char                 text[FETCH_FAULT];
    glob_t               found;
    json_t              *json, *value;
    size_t               i;
    const char          *name;
    wismo_out_t          pattern;
    wismo_error_t        fault;
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
        json = fetch_read_json(found.gl_pathv[i], FETCH_CSV_PRESET, NULL,
                               &fault);

        if (json == NULL) {
            fetch_read_fault(found.gl_pathv[i], &fault, text, sizeof(text));
            wismo_error_set(err, "", "%s", text);
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


/* The header: which sign is between the columns, and which preset knows most
 * of them. */

int
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
