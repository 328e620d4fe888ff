
/*
 * Copyright (C) The Wismo authors
 *
 * Compiles code tables, and finds what is wrong in them: statuses that do not
 * exist, codes that stand twice, rows that an earlier table answers for.
 *
 * fetch_adapter_mapping.c calls it; fetch_adapter_code.c tells how a table
 * is asked.
 */


#include "fetch_adapter_int.h"

#include <strings.h>


#define FETCH_ROWS_MAX       4096


static void fetch_load_table(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_codes_t *codes, fetch_table_t *table);
static void fetch_load_fallback(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const fetch_codes_t *codes, fetch_table_t *table);
static void fetch_load_rows(fetch_load_t *load, const fetch_at_t *at,
    const json_t *rows, bool to, fetch_table_t *table);
static void fetch_load_reach(fetch_load_t *load, const fetch_at_t *at,
    const fetch_codes_t *codes, const fetch_table_t *table);
static bool fetch_row_key(fetch_load_t *load, const fetch_at_t *at,
    const char *text, fetch_table_t *table, wismo_str_t *key);


static const char *const  fetch_codes_names[] = {
    "keys", "tables", NULL
};

static const char *const  fetch_table_names[] = {
    "by", "compare", "fallback", "rows", "note", NULL
};

static const char *const  fetch_compare_names[] = {
    "word", "exact", "int", "prefix", NULL
};


void
fetch_load_codes(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_codes_t *codes)
{
    size_t         i, n;
    fetch_at_t     tables, here;
    wismo_str_t   *keys;
    const json_t  *list;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_codes_names);

    here = (fetch_at_t) { at, "keys", 0 };

    if (!fetch_load_strs(load, &here, json_object_get(value, "keys"), &keys,
                         &codes->nnames)
        || codes->nnames == 0 || codes->nnames > FETCH_KEYS_MAX)
    {
        codes->nnames = 0;
        fetch_fault(load, &here, "1 to %d names of parts are expected",
                    FETCH_KEYS_MAX);
        return;
    }

    for (i = 0; i < codes->nnames; i++) {
        codes->names[i] = (char *) keys[i].data;
    }

    tables = (fetch_at_t) { at, "tables", 0 };
    list = json_object_get(value, "tables");
    n = json_array_size(list);

    if (n == 0) {
        fetch_fault(load, &tables, "a list of tables is expected");
        return;
    }

    codes->tables = fetch_load_alloc(load, n * sizeof(fetch_table_t));
    if (codes->tables == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        here = (fetch_at_t) { &tables, NULL, (unsigned) i };

        fetch_load_table(load, &here, json_array_get(list, i), codes,
                         &codes->tables[i]);
        fetch_load_reach(load, &here, codes, &codes->tables[i]);
        codes->n++;
    }
}


static void
fetch_load_table(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_codes_t *codes, fetch_table_t *table)
{
    unsigned       i, j, n;
    fetch_at_t     here;
    wismo_str_t   *by;

    if (!fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_table_names);

    here = (fetch_at_t) { at, "compare", 0 };
    table->compare = (fetch_compare_e)
                     fetch_load_enum(load, &here,
                                     json_object_get(value, "compare"),
                                     fetch_compare_names);

    here.name = "fallback";
    fetch_load_fallback(load, &here, json_object_get(value, "fallback"),
                        codes, table);

    here.name = "by";

    if (!fetch_load_strs(load, &here, json_object_get(value, "by"), &by, &n)
        || n == 0 || n > FETCH_BY_MAX)
    {
        fetch_fault(load, &here, "1 to %d of the names in \"keys\" are "
                    "expected", FETCH_BY_MAX);
        return;
    }

    for (i = 0; i < n; i++) {
        for (j = 0; j < codes->nnames; j++) {
            if (wismo_str_is(&by[i], codes->names[j])) {
                table->by[table->nby++] = j;
                break;
            }
        }

        if (j == codes->nnames) {
            fetch_fault(load, &here, "\"%s\" is not among \"keys\"",
                        (char *) by[i].data);
            return;
        }
    }

    here.name = "rows";
    fetch_load_rows(load, &here, json_object_get(value, "rows"), false,
                    table);
}


/* "fallback" is true, or the part whose presence makes it one. */

static void
fetch_load_fallback(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const fetch_codes_t *codes, fetch_table_t *table)
{
    unsigned     i;
    wismo_str_t  name;

    if (!json_is_string(value)) {
        table->fallback = fetch_load_bool(load, at, value);
        return;
    }

    if (!fetch_load_str(load, at, value, &name)) {
        return;
    }

    for (i = 0; i < codes->nnames; i++) {
        if (wismo_str_is(&name, codes->names[i])) {
            table->fallback = true;
            table->beside = i + 1;
            return;
        }
    }

    fetch_fault(load, at, "\"%s\" is not among \"keys\"",
                (char *) name.data);
}


/* The table of delivered_to.texts: beginnings of a text to who has it. */

void
fetch_load_to(fetch_load_t *load, const fetch_at_t *at, const json_t *value,
    fetch_table_t *table)
{
    table->nby = 1;
    table->compare = FETCH_COMPARE_PREFIX;

    fetch_load_rows(load, at, value, true, table);
}


static void
fetch_load_rows(fetch_load_t *load, const fetch_at_t *at, const json_t *rows,
    bool to, fetch_table_t *table)
{
    size_t        n;
    json_t       *value;
    unsigned      i, j;
    fetch_at_t    here;
    const char   *text;
    fetch_row_t  *row, *other;
    wismo_str_t   name;

    if (!fetch_load_object(load, at, rows)) {
        return;
    }

    n = json_object_size(rows);

    if (n == 0 || n > FETCH_ROWS_MAX) {
        fetch_fault(load, at, "1 to %d rows are expected", FETCH_ROWS_MAX);
        return;
    }

    table->rows = fetch_load_alloc(load, n * sizeof(fetch_row_t));
    if (table->rows == NULL) {
        return;
    }

    json_object_foreach((json_t *) rows, text, value) {
        here = (fetch_at_t) { at, text, 0 };
        row = &table->rows[table->nrows];

        if (!fetch_row_key(load, &here, text, table, &row->key)) {
            continue;
        }

        if (to) {
            if (!fetch_load_str(load, &here, value, &name)) {
                continue;
            }

            row->meaning.to = wismo_to_of(&name);

            if (row->meaning.to == WISMO_TO_NONE) {
                fetch_fault(load, &here, "\"%s\" is nobody a parcel can be "
                            "delivered to", (char *) name.data);
                continue;
            }

        } else if (!fetch_load_meaning(load, &here, value, &row->meaning)) {
            continue;
        }

        table->nrows++;
    }

    fetch_rows_sort(table);

    for (i = 1; i < table->nrows; i++) {
        row = &table->rows[i];

        /* beginnings are compared in any case, which the order is not */

        for (j = table->compare == FETCH_COMPARE_PREFIX ? 0 : i - 1;
             j < i;
             j++)
        {
            other = &table->rows[j];

            if (other->key.len != row->key.len) {
                continue;
            }

            if (table->compare == FETCH_COMPARE_PREFIX
                || table->compare == FETCH_COMPARE_WORD
                ? strncasecmp((char *) other->key.data,
                              (char *) row->key.data, row->key.len) == 0
                : wismo_str_eq(&other->key, &row->key))
            {
                here = (fetch_at_t) { at, (char *) row->key.data, 0 };
                fetch_fault(load, &here, "the code stands twice in this "
                            "table");
                break;
            }
        }
    }
}


/*
 * The row's key as it is compared.  It is followed by a NUL, for messages.
 */

static bool
fetch_row_key(fetch_load_t *load, const fetch_at_t *at, const char *text,
    fetch_table_t *table, wismo_str_t *key)
{
    unsigned        i, mask;
    const char     *p, *slash;
    wismo_str_t     part;
    unsigned char  *dst;

    dst = fetch_load_alloc(load, strlen(text) + 1);
    if (dst == NULL) {
        return false;
    }

    key->data = dst;
    mask = 0;
    p = text;

    for (i = 0; i < table->nby; i++) {

        slash = i + 1 < table->nby ? strchr(p, '/') : p + strlen(p);

        if (slash == NULL) {
            fetch_fault(load, at, "the key has fewer than %u parts",
                        table->nby);
            return false;
        }

        part.data = (unsigned char *) p;
        part.len = (size_t) (slash - p);

        if (part.len == 0) {
            fetch_fault(load, at, "a part of the key is empty");
            return false;
        }

        if (part.len == 1 && *p == '*') {
            mask |= 1U << i;

        } else if (table->compare == FETCH_COMPARE_INT) {
            part = fetch_number(&part);
        }

        if (i) {
            *dst++ = '/';
        }

        memcpy(dst, part.data, part.len);
        dst += part.len;
        p = slash + 1;
    }

    key->len = (size_t) (dst - key->data);
    table->masks |= 1U << mask;

    return true;
}


/*
 * "in_transit.moving", "delivered to locker", "delivered.neighbour to
 * neighbour"; "keep" is a note that changes no status, "retract" one that
 * takes back the event before it.
 */

bool
fetch_load_meaning(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_meaning_t *meaning)
{
    char          *to, *dot;
    wismo_str_t    text, status, sub, name;

    if (!fetch_load_str(load, at, value, &text)) {
        return false;
    }

    meaning->to = WISMO_TO_NONE;
    meaning->retract = wismo_str_is(&text, "retract");

    if (meaning->retract || wismo_str_is(&text, "keep")) {
        meaning->status = wismo_substatus_note();
        return true;
    }

    status = text;
    to = strstr((char *) text.data, " to ");

    if (to) {
        status.len = (size_t) (to - (char *) text.data);
        name.data = (unsigned char *) to + 4;
        name.len = text.len - status.len - 4;
        meaning->to = wismo_to_of(&name);

        if (meaning->to == WISMO_TO_NONE) {
            fetch_fault(load, at, "\"%s\" is nobody a parcel can be "
                        "delivered to", to + 4);
            return false;
        }
    }

    wismo_str_null(&sub);
    dot = memchr(status.data, '.', status.len);

    if (dot) {
        sub.data = (unsigned char *) dot + 1;
        sub.len = status.len - (size_t) (dot - (char *) status.data) - 1;
        status.len = (size_t) (dot - (char *) status.data);
    }

    meaning->status = wismo_substatus(&status, &sub);

    if (meaning->status == NULL
        || meaning->status->status == WISMO_STATUS_NONE
        || (dot && !wismo_str_is(&sub, meaning->status->sub)))
    {
        fetch_fault(load, at, "there is no status \"%s\"",
                    (char *) text.data);
        return false;
    }

    if (meaning->status->calc) {
        fetch_fault(load, at, "\"%s\" is raised by our own clock only",
                    (char *) text.data);
        return false;
    }

    return true;
}


/* Rows that an earlier table answers for are never reached. */

static void
fetch_load_reach(fetch_load_t *load, const fetch_at_t *at,
    const fetch_codes_t *codes, const fetch_table_t *table)
{
    unsigned              i, j, k, start;
    fetch_at_t            here, rows;
    fetch_key_t           key;
    fetch_meaning_t       meaning;
    unsigned char        *p, *slash, *end;
    const fetch_table_t  *other;

    rows = (fetch_at_t) { at, "rows", 0 };

    for (i = 0; i < codes->n; i++) {
        other = &codes->tables[i];

        if (other->nby != table->nby || other->nrows == 0
            || memcmp(other->by, table->by, sizeof(unsigned) * table->nby)
            || (other->compare == FETCH_COMPARE_PREFIX
                && table->compare != FETCH_COMPARE_PREFIX))
        {
            continue;
        }

        for (j = 0; j < table->nrows; j++) {
            memset(&key, 0, sizeof(fetch_key_t));

            p = table->rows[j].key.data;
            end = p + table->rows[j].key.len;

            for (k = 0, start = 0; k < table->nby; k++) {
                slash = k + 1 < table->nby
                        ? memchr(p, '/', (size_t) (end - p)) : end;

                key.values[table->by[k]].data = p;
                key.values[table->by[k]].len = (size_t) (slash - p);

                if (slash - p == 1 && *p == '*') {
                    start = 1;
                }

                p = slash + 1;
            }

            /*
             * A wildcard row is hidden only by the same row; as a key it
             * would find just that.
             */

            if (fetch_table_find(other, &key, &meaning)
                && (start == 0 || fetch_row_find(other, &table->rows[j].key)))
            {
                here = (fetch_at_t) { &rows, (char *) table->rows[j].key.data,
                                      0 };
                fetch_fault(load, &here, "the row is never reached: table %u "
                            "has an answer before", i);
            }
        }
    }
}
