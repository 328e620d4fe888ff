
/*
 * Copyright (C) The Wismo authors
 *
 * Whether a letter or a reply is about an order or a person.  A letter that
 * says whose order it is about is believed; in what carriers and shops have
 * sent, an order's number, a parcel's, an address or a telephone number is
 * looked for, however it is written.  Called by fetch_trace.c.
 *
 * A letter that is about another order must not go because of a number that
 * happens to be in it.
 */


#include "fetch_trace_int.h"

#include <stdlib.h>


#define FETCH_TRACE_DEPTH    64


static bool fetch_trace_whose(const fetch_trace_t *trace, const json_t *body);
static bool fetch_trace_value(const fetch_trace_t *trace, const json_t *json,
    unsigned depth);
static bool fetch_trace_text(const fetch_trace_t *trace,
    const wismo_str_t *text);
static bool fetch_trace_form(const fetch_trace_t *trace,
    const wismo_str_t *body);
static bool fetch_trace_word(const wismo_str_t *text,
    const wismo_str_t *word);
static bool fetch_trace_digits(const wismo_str_t *text,
    const wismo_str_t *phone);


bool
fetch_trace_match(const fetch_trace_t *trace,
    const fetch_trace_found_t *found)
{
    bool                   is;
    json_t                *json;
    unsigned               i;
    const fetch_letter_t  *letter;

    letter = &found->letter;

    if (found->place == FETCH_TRACE_INBOX && letter->order.len == 0) {
        return false;
    }

    for (i = 0; letter->order.len && i < trace->norders; i++) {
        if (wismo_str_eq(&trace->orders[i], &letter->order)) {
            return true;
        }
    }

    if (letter->body.len == 0) {
        return false;
    }

    json = json_loadb((char *) letter->body.data, letter->body.len,
                      JSON_DECODE_ANY, NULL);

    /* what is about another order is a person's only if it says so */

    if (letter->order.len) {
        is = json && fetch_trace_whose(trace, json);

    } else if (json) {
        is = fetch_trace_value(trace, json, 0);

    } else {
        is = fetch_trace_text(trace, &letter->body)
             || fetch_trace_form(trace, &letter->body);
    }

    json_decref(json);

    return is;
}


static bool
fetch_trace_whose(const fetch_trace_t *trace, const json_t *body)
{
    char         form[WISMO_FACTOR_MAX];
    wismo_str_t  text, typed;

    text.data = (unsigned char *) form;

    typed = wismo_contact_said(body, WISMO_FACTOR_EMAIL);
    text.len = typed.len ? wismo_factor_form(WISMO_FACTOR_EMAIL, &typed, form)
                         : 0;

    if (text.len && wismo_str_eq(&text, &trace->email)) {
        return true;
    }

    typed = wismo_contact_said(body, WISMO_FACTOR_PHONE);
    text.len = typed.len ? wismo_factor_form(WISMO_FACTOR_PHONE, &typed, form)
                         : 0;

    return text.len && wismo_str_eq(&text, &trace->phone);
}


/* Any text in it; one that is an order's number and nothing else counts, too,
 * as "#1001" does, which is what shops call it. */

static bool
fetch_trace_value(const fetch_trace_t *trace, const json_t *json,
    unsigned depth)
{
    size_t        i;
    void         *iter;
    json_t       *value;
    unsigned      k;
    wismo_str_t   text;

    if (depth > FETCH_TRACE_DEPTH) {
        return false;
    }

    if (json_is_string(json)) {
        text.data = (unsigned char *) json_string_value(json);
        text.len = json_string_length(json);

        if (fetch_trace_text(trace, &text)) {
            return true;
        }

        if (text.len && text.data[0] == '#') {
            text.data++;
            text.len--;
        }

        for (k = 0; k < trace->norders; k++) {
            if (trace->orders[k].len >= FETCH_TRACE_SHORTEST
                && wismo_str_eq(&trace->orders[k], &text))
            {
                return true;
            }
        }

        return false;
    }

    json_array_foreach(json, i, value) {
        if (fetch_trace_value(trace, value, depth + 1)) {
            return true;
        }
    }

    if (!json_is_object(json)) {
        return false;
    }

    for (iter = json_object_iter((json_t *) json); iter;
         iter = json_object_iter_next((json_t *) json, iter))
    {
        if (fetch_trace_value(trace, json_object_iter_value(iter),
                              depth + 1))
        {
            return true;
        }
    }

    return false;
}


static bool
fetch_trace_text(const fetch_trace_t *trace, const wismo_str_t *text)
{
    unsigned  i;

    for (i = 0; i < trace->nnumbers; i++) {
        if (fetch_trace_word(text, &trace->numbers[i])) {
            return true;
        }
    }

    return fetch_trace_word(text, &trace->email)
           || fetch_trace_digits(text, &trace->phone);
}


/* As a form encodes it. */

static bool
fetch_trace_form(const fetch_trace_t *trace, const wismo_str_t *body)
{
    int             c;
    bool            found;
    size_t          i;
    wismo_str_t     text, digits;
    unsigned char   byte;

    if (memchr(body->data, '%', body->len) == NULL) {
        return false;
    }

    text.len = 0;
    text.data = malloc(body->len);

    if (text.data == NULL) {
        return false;
    }

    for (i = 0; i < body->len; i++) {
        c = body->data[i];

        digits.data = body->data + i + 1;
        digits.len = 2;

        if (c == '%' && body->len - i > 2
            && wismo_unhex(&digits, &byte, 1) == 1)
        {
            c = byte;
            i += 2;
        }

        text.data[text.len++] = (unsigned char) c;
    }

    found = fetch_trace_text(trace, &text);

    free(text.data);

    return found;
}


static inline int
fetch_trace_lower(int c)
{
    return (c >= 'A' && c <= 'Z') ? c | 0x20 : c;
}


static inline bool
fetch_trace_part(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z') || c >= 0x80;
}


/* Whole, in either case: no longer word has it in it. */

static bool
fetch_trace_word(const wismo_str_t *text, const wismo_str_t *word)
{
    size_t  i, k;

    if (word->len < FETCH_TRACE_SHORTEST || text->len < word->len) {
        return false;
    }

    for (i = 0; i <= text->len - word->len; i++) {

        for (k = 0; k < word->len; k++) {
            if (fetch_trace_lower(text->data[i + k])
                != fetch_trace_lower(word->data[k]))
            {
                break;
            }
        }

        if (k == word->len
            && (i == 0 || !fetch_trace_part(text->data[i - 1]))
            && (i + k == text->len || !fetch_trace_part(text->data[i + k])))
        {
            return true;
        }
    }

    return false;
}


/* A telephone number's last digits at the end of a row of digits, whatever
 * stands between them. */

static bool
fetch_trace_digits(const wismo_str_t *text, const wismo_str_t *phone)
{
    char     row[32];
    size_t   i, n;
    int      c;

    if (phone->len < FETCH_TRACE_SHORTEST) {
        return false;
    }

    n = 0;

    for (i = 0; i <= text->len; i++) {
        c = (i < text->len) ? text->data[i] : 0;

        if (c >= '0' && c <= '9') {

            if (n == sizeof(row)) {
                memmove(row, row + 1, --n);
            }

            row[n++] = (char) c;
            continue;
        }

        if (n >= phone->len
            && memcmp(row + n - phone->len, phone->data, phone->len) == 0)
        {
            return true;
        }

        if (c != ' ' && c != '-' && c != '.' && c != '(' && c != ')'
            && c != '/')
        {
            n = 0;
        }
    }

    return false;
}
