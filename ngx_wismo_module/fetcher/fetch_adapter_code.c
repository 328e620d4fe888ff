
/*
 * Copyright (C) The Wismo authors
 *
 * Code tables: what a carrier's codes mean in our words.  A table's key is
 * one to three named parts, compared as words in any case of their letters,
 * exactly, as integers ("0174" is "174"), or as the beginning of a text, the
 * longest first.  "*" stands for any part.  Tables are asked in the adapter's
 * order; the first row that fits wins.
 *
 * fetch_adapter_event.c asks.  A code means nothing alone: no table here is
 * shared between carriers.
 */


#include "fetch_adapter_int.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>


static size_t fetch_key_join(const fetch_table_t *table,
    const fetch_key_t *key, unsigned mask, unsigned char *buf, size_t size);
static const fetch_row_t *fetch_prefix_find(const fetch_table_t *table,
    const fetch_key_t *key);
static int fetch_row_cmp(const void *one, const void *two);
static int fetch_row_word_cmp(const void *one, const void *two);


/* Few wildcards before many, and the last part's before the first's. */

static const unsigned  fetch_masks[] = { 0, 4, 2, 1, 6, 5, 3, 7 };


int
fetch_code_find(const fetch_codes_t *codes, const fetch_key_t *key,
    fetch_meaning_t *meaning)
{
    unsigned              i;
    const fetch_table_t  *table;

    for (i = 0; i < codes->n; i++) {
        table = &codes->tables[i];

        if (!fetch_table_find(table, key, meaning)) {
            continue;
        }

        if (!table->fallback) {
            return 1;
        }

        return table->beside && key->values[table->beside - 1].len == 0;
    }

    return -1;
}


bool
fetch_table_find(const fetch_table_t *table, const fetch_key_t *key,
    fetch_meaning_t *meaning)
{
    unsigned            i, mask;
    wismo_str_t         text;
    unsigned char       buf[256];
    const fetch_row_t  *row;

    if (table->nby == 0) {
        return false;
    }

    if (table->compare == FETCH_COMPARE_PREFIX) {
        row = fetch_prefix_find(table, key);

        if (row) {
            *meaning = row->meaning;
        }

        return row != NULL;
    }

    for (i = 0; i < sizeof(fetch_masks) / sizeof(fetch_masks[0]); i++) {
        mask = fetch_masks[i];

        if ((table->masks & (1U << mask)) == 0) {
            continue;
        }

        text.data = buf;
        text.len = fetch_key_join(table, key, mask, buf, sizeof(buf));

        if (text.len == 0) {
            continue;
        }

        row = fetch_row_find(table, &text);

        if (row) {
            *meaning = row->meaning;
            return true;
        }
    }

    return false;
}


/* 0 if a part that is needed is not there, or all is too long */

static size_t
fetch_key_join(const fetch_table_t *table, const fetch_key_t *key,
    unsigned mask, unsigned char *buf, size_t size)
{
    size_t        len;
    unsigned      i;
    wismo_str_t   part;

    len = 0;

    for (i = 0; i < table->nby; i++) {

        if (mask & (1U << i)) {
            wismo_str_set(&part, "*");

        } else {
            part = key->values[table->by[i]];

            if (table->compare == FETCH_COMPARE_INT) {
                part = fetch_number(&part);
            }

            if (part.len == 0) {
                return 0;
            }
        }

        if (len + part.len + 1 > size) {
            return 0;
        }

        if (i) {
            buf[len++] = '/';
        }

        memcpy(buf + len, part.data, part.len);
        len += part.len;
    }

    return len;
}


const fetch_row_t *
fetch_row_find(const fetch_table_t *table, const wismo_str_t *key)
{
    fetch_row_t  row;

    row.key = *key;

    return bsearch(&row, table->rows, table->nrows, sizeof(fetch_row_t),
                   table->compare == FETCH_COMPARE_WORD ? fetch_row_word_cmp
                                                        : fetch_row_cmp);
}


void
fetch_rows_sort(fetch_table_t *table)
{
    unsigned              i, j;
    fetch_row_t          *row;
    const unsigned char  *p;

    qsort(table->rows, table->nrows, sizeof(fetch_row_t),
          table->compare == FETCH_COMPARE_WORD ? fetch_row_word_cmp
                                               : fetch_row_cmp);

    if (table->compare != FETCH_COMPARE_PREFIX) {
        return;
    }

    for (i = 0; i < table->nrows; i++) {
        row = &table->rows[i];
        row->skip = 0;

        for (j = 0; j + 1 < table->nby; j++) {
            p = memchr(row->key.data + row->skip, '/',
                       row->key.len - row->skip);

            row->skip = (size_t) (p - row->key.data) + 1;
        }
    }
}


/*
 * The last part of the key is compared as a beginning, the parts before it as
 * words: all in any case of their letters.
 */

static const fetch_row_t *
fetch_prefix_find(const fetch_table_t *table, const fetch_key_t *key)
{
    int                   first;
    size_t                len;
    unsigned              i, j;
    wismo_str_t           part, text;
    const fetch_row_t    *row, *best;
    const unsigned char  *p;

    best = NULL;
    text = key->values[table->by[table->nby - 1]];
    first = text.len ? tolower(*text.data) : 0;

    for (i = 0; i < table->nrows; i++) {
        row = &table->rows[i];
        p = row->key.data + row->skip;
        len = row->key.len - row->skip;

        /* most are passed by at their first letter */

        if (len > text.len || (len && tolower(*p) != first)
            || strncasecmp((const char *) p, (char *) text.data, len) != 0
            || (best && row->key.len <= best->key.len))
        {
            continue;
        }

        p = row->key.data;

        for (j = 0; j + 1 < table->nby; j++) {
            part = key->values[table->by[j]];
            len = (size_t) ((unsigned char *)
                            memchr(p, '/', row->key.len) - p);

            if ((len != 1 || *p != '*')
                && (len != part.len
                    || strncasecmp((const char *) p, (char *) part.data, len)
                       != 0))
            {
                break;
            }

            p += len + 1;
        }

        if (j + 1 == table->nby) {
            best = row;
        }
    }

    return best;
}


/* Digits without the zeros before them; anything else as it is. */

wismo_str_t
fetch_number(const wismo_str_t *part)
{
    size_t       i;
    wismo_str_t  number;

    number = *part;

    for (i = 0; i < number.len; i++) {
        if (number.data[i] < '0' || number.data[i] > '9') {
            return number;
        }
    }

    while (number.len > 1 && *number.data == '0') {
        number.data++;
        number.len--;
    }

    return number;
}


static int
fetch_row_cmp(const void *one, const void *two)
{
    int                 rc;
    size_t              n;
    const fetch_row_t  *a, *b;

    a = one;
    b = two;
    n = a->key.len < b->key.len ? a->key.len : b->key.len;

    rc = n ? memcmp(a->key.data, b->key.data, n) : 0;

    if (rc) {
        return rc;
    }

    return (a->key.len > b->key.len) - (a->key.len < b->key.len);
}


static int
fetch_row_word_cmp(const void *one, const void *two)
{
    int                 rc;
    size_t              n;
    const fetch_row_t  *a, *b;

    a = one;
    b = two;
    n = a->key.len < b->key.len ? a->key.len : b->key.len;

    rc = n ? strncasecmp((char *) a->key.data, (char *) b->key.data, n) : 0;

    if (rc) {
        return rc;
    }

    return (a->key.len > b->key.len) - (a->key.len < b->key.len);
}
