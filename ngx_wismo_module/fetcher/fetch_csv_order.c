
/*
 * Copyright (C) The Wismo authors
 *
 * Rows of a spreadsheet become an order, as PUT takes it: which column is what
 * stands in a preset.  Nothing is judged here: the checks of PUT do that, and
 * say what was expected.
 *
 * fetch_csv.c calls it.
 */


#include "fetch_csv_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>


static void fetch_csv_item(fetch_csv_t *csv, const fetch_csv_row_t *row);
static void fetch_csv_shipments(fetch_csv_t *csv, const fetch_csv_row_t *row,
    bool back);
static bool fetch_csv_flag(const fetch_csv_t *csv, const char *member,
    const char *text);
static void fetch_csv_set(json_t *object, const char *name,
    const char *value);
static void fetch_csv_time(fetch_csv_t *csv, json_t *object,
    const char *name, const char *value);


const char *
fetch_csv_value(const fetch_csv_t *csv, const fetch_csv_row_t *row,
    const char *member)
{
    size_t                     n;
    unsigned                   i, k;
    const char                *text;
    const fetch_csv_column_t  *column;

    for (i = 0; i < csv->preset.n; i++) {
        column = &csv->preset.columns[i];

        if (strcmp(column->member, member) != 0) {
            continue;
        }

        for (k = 0; k < column->n; k++) {

            if (column->column[k] >= (int) row->n) {
                continue;
            }

            text = row->cell[column->column[k]];
            n = column->cut ? strlen(column->cut) : 0;

            while (*text == ' ' || (n && strncmp(text, column->cut, n) == 0))
            {
                text += (*text == ' ') ? 1 : n;
            }

            if (*text) {
                return text;
            }
        }
    }

    return NULL;
}


void
fetch_csv_order(fetch_csv_t *csv, const fetch_csv_row_t *row)
{
    json_t                    *group;
    size_t                     len;
    unsigned                   k;
    const char                *text, *dot, *member;
    const fetch_csv_column_t  *column;

    csv->order = json_object();
    (void) json_object_set_new(csv->order, "items", json_array());
    (void) json_object_set_new(csv->order, "shipments", json_array());

    for (k = 0; k < csv->preset.n; k++) {
        column = &csv->preset.columns[k];
        member = column->member;
        text = fetch_csv_value(csv, row, member);

        if (text == NULL || strncmp(member, "items.", 6) == 0
            || strncmp(member, "shipments.", 10) == 0
            || strncmp(member, "returns.", 8) == 0)
        {
            continue;
        }

        if (strcmp(member, "cancelled") == 0) {

            if (fetch_csv_flag(csv, member, text)) {
                (void) json_object_set_new(csv->order, member, json_true());
            }

            continue;
        }

        if (strcmp(member, "placed_at") == 0) {
            fetch_csv_time(csv, csv->order, member, text);
            continue;
        }

        dot = strchr(member, '.');

        if (dot == NULL) {
            fetch_csv_set(csv->order, member, text);
            continue;
        }

        /* a country's name, or three letters, is no reason to refuse it */

        if (strcmp(dot, ".country") == 0 && strlen(text) != 2) {
            continue;
        }

        len = (size_t) (dot - member);
        group = json_object_getn(csv->order, member, len);

        if (group == NULL) {
            group = json_object();
            (void) json_object_setn_new(csv->order, member, len, group);
        }

        if (strncmp(member, "promised.", 9) == 0) {
            fetch_csv_time(csv, group, dot + 1, text);

        } else {
            fetch_csv_set(group, dot + 1, text);
        }
    }
}


void
fetch_csv_row(fetch_csv_t *csv, const fetch_csv_row_t *row)
{
    fetch_csv_item(csv, row);
    fetch_csv_shipments(csv, row, false);
    fetch_csv_shipments(csv, row, true);
}


static void
fetch_csv_item(fetch_csv_t *csv, const fetch_csv_row_t *row)
{
    char          *end;
    long           quantity;
    json_t        *item;
    unsigned       i;
    const char    *text;

    static const char *const  names[] = {
        "items.id", "items.sku", "items.name", "items.image_url",
        "items.url", NULL
    };

    if (fetch_csv_value(csv, row, "items.name") == NULL
        && fetch_csv_value(csv, row, "items.sku") == NULL
        && fetch_csv_value(csv, row, "items.id") == NULL)
    {
        return;
    }

    item = json_object();

    for (i = 0; names[i]; i++) {
        text = fetch_csv_value(csv, row, names[i]);

        if (text) {
            fetch_csv_set(item, names[i] + 6, text);
        }
    }

    text = fetch_csv_value(csv, row, "items.quantity");

    if (text) {
        quantity = strtol(text, &end, 10);

        if (end != text && (*end == '\0' || *end == '.')) {
            (void) json_object_set_new(item, "quantity",
                                       json_integer(quantity));

        } else {
            fetch_csv_set(item, "quantity", text);
        }
    }

    (void) json_array_append_new(json_object_get(csv->order, "items"), item);
}


/* Whether a cell says yes: any word, or one of those that the preset names. */

static bool
fetch_csv_flag(const fetch_csv_t *csv, const char *member, const char *text)
{
    size_t                     i;
    json_t                    *value;
    unsigned                   k;
    const fetch_csv_column_t  *column;

    for (k = 0; k < csv->preset.n; k++) {
        column = &csv->preset.columns[k];

        if (strcmp(column->member, member) != 0) {
            continue;
        }

        json_array_foreach(column->equals, i, value) {

            if (json_is_string(value)
                && strcasecmp(json_string_value(value), text) == 0)
            {
                return true;
            }
        }

        return column->equals == NULL;
    }

    return false;
}


/*
 * A cell may hold several numbers; one that was there already is no other
 * parcel.  What goes back has columns of its own beside, or is a row of its
 * own that says so.
 */

static void
fetch_csv_shipments(fetch_csv_t *csv, const fetch_csv_row_t *row, bool back)
{
    bool          leg;
    json_t       *list, *one;
    size_t        i, n;
    const char   *text, *word, *flag, *p;
    wismo_str_t   name, number, carrier;

    p = fetch_csv_value(csv, row, back ? "returns.tracking_number"
                                       : "shipments.tracking_number");
    word = fetch_csv_value(csv, row, back ? "returns.carrier"
                                          : "shipments.carrier");

    /* mostly it is the carrier that brought it */

    if (back && word == NULL) {
        word = fetch_csv_value(csv, row, "shipments.carrier");
    }

    flag = back ? NULL : fetch_csv_value(csv, row, "shipments.leg");
    leg = back || (flag && fetch_csv_flag(csv, "shipments.leg", flag));
    list = json_object_get(csv->order, "shipments");

    while (p && *p) {
        n = strcspn(p, ",;|");
        number.data = (unsigned char *) p;
        number.len = n;
        p += n;
        p += strspn(p, ",;|");

        while (number.len && *number.data == ' ') {
            number.data++;
            number.len--;
        }

        json_array_foreach(list, i, one) {
            text = json_string_value(json_object_get(one, "tracking_number"));

            if (strlen(text) == number.len
                && memcmp(text, number.data, number.len) == 0)
            {
                number.len = 0;
            }
        }

        if (number.len == 0) {
            continue;
        }

        one = json_object();
        (void) json_object_set_new(one, "tracking_number",
                                   json_stringn((char *) number.data,
                                                number.len));

        /* without a name it is guessed as for PUT, or told to be missing */

        if (word) {
            name = wismo_str_of(word);

            if (fetch_names_find(csv->names, &csv->rows, &name, &number,
                                 &carrier) == WISMO_OK)
            {
                (void) json_object_set_new(one, "carrier",
                                           json_stringn((char *) carrier.data,
                                                        carrier.len));
            }
        }

        if (leg) {
            fetch_csv_set(one, "leg", "return");
        }

        text = fetch_csv_value(csv, row, back ? "returns.drop_off_code"
                                              : "shipments.drop_off_code");

        if (text && leg) {
            (void) json_object_set_new(one, "drop_off",
                                       json_pack("{s:s}", "code", text));
        }

        text = back ? NULL : fetch_csv_value(csv, row, "shipments.service");

        if (text) {
            fetch_csv_set(one, "service", text);
        }

        text = fetch_csv_value(csv, row, back ? "returns.tracking_url"
                                              : "shipments.tracking_url");

        if (text && strncmp(text, "https://", 8) == 0
            && text[strcspn(text, ",; ")] == '\0')
        {
            fetch_csv_set(one, "tracking_url", text);
        }

        text = back ? NULL
                    : fetch_csv_value(csv, row, "shipments.shipped_at");

        if (text) {
            fetch_csv_time(csv, one, "shipped_at", text);
        }

        (void) json_array_append_new(list, one);
    }
}


static void
fetch_csv_set(json_t *object, const char *name, const char *value)
{
    (void) json_object_set_new(object, name, json_string(value));
}


/* A clock of nobody's zone says no more than its day. */

static void
fetch_csv_time(fetch_csv_t *csv, json_t *object, const char *name,
    const char *value)
{
    char           text[64];
    unsigned       i;
    wismo_out_t    out;
    wismo_str_t    s;
    wismo_when_t   when;

    static const fetch_form_e  forms[] = {
        FETCH_FORM_ISO, FETCH_FORM_YMD, FETCH_FORM_MDY, FETCH_FORM_MONTH
    };

    snprintf(text, sizeof(text), "%s", value);

    /* Shopify has a space before the offset */

    s = wismo_str_of(text);

    if (s.len > 6 && text[s.len - 6] == ' '
        && (text[s.len - 5] == '+' || text[s.len - 5] == '-'))
    {
        memmove(text + s.len - 6, text + s.len - 5, 6);
        s.len--;
    }

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {

        if (!fetch_time_text(forms[i], &s, &when)) {
            continue;
        }

        wismo_out_init(&out, &csv->rows, 32);

        if (when.utc != WISMO_TIME_NONE) {
            wismo_time_out_utc(&out, when.utc);

        } else {
            wismo_time_out_date(&out, when.wall);
        }

        if (!out.failed) {
            (void) json_object_set_new(object, name, json_stringn(
                (char *) out.start, (size_t) (out.pos - out.start)));
        }

        return;
    }

    /* the checks of PUT say what was expected */

    fetch_csv_set(object, name, value);
}
