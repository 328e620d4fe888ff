
/*
 * Copyright (C) The Wismo authors
 *
 * What loading an adapter has in common: faults with the JSON pointer of
 * their place, and members of a wanted type.  A fault never ends the loading:
 * whoever writes an adapter wants to hear of all of them at once.
 *
 * fetch_adapter_load.c, _mapping.c, _code.c and _path.c call it.
 */


#include "fetch_adapter_int.h"
#include "fetch_read.h"

#include <stdarg.h>
#include <stdio.h>


#define FETCH_FILE_MAX       (1024 * 1024)


static size_t fetch_at_print(const fetch_at_t *at, char *buf, size_t size);
static bool fetch_outcome_of(const wismo_str_t *name,
    fetch_outcome_e *outcome);
static void fetch_load_rule(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_rule_t *rule);
static void fetch_load_http(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_rule_t *rule);


static const char *const  fetch_rule_names[] = {
    "http", "at", "equals", "prefix", "without", "is", "note", NULL
};


void
fetch_fault(fetch_load_t *load, const fetch_at_t *at, const char *fmt, ...)
{
    char           pointer[sizeof(((wismo_error_t *) 0)->at)];
    char           text[sizeof(((wismo_error_t *) 0)->text)];
    va_list        args;

    if (load->n < load->max) {
        (void) fetch_at_print(at, pointer, sizeof(pointer));

        va_start(args, fmt);
        (void) vsnprintf(text, sizeof(text), fmt, args);
        va_end(args);

        wismo_error_set(&load->errors[load->n], pointer, "%s", text);
    }

    load->n++;
}


json_t *
fetch_load_json(fetch_load_t *load, const char *path, uint64_t *hash)
{
    json_t         *json;
    wismo_error_t   err;

    json = fetch_read_json(path, FETCH_FILE_MAX, hash, &err);

    if (json == NULL) {

        if (load->n < load->max) {
            load->errors[load->n] = err;
        }

        load->n++;
    }

    return json;
}


/* Ends the text early, at a whole name, if it is too long. */

static size_t
fetch_at_print(const fetch_at_t *at, char *buf, size_t size)
{
    char         number[16];
    size_t       len;
    const char  *p;

    if (at == NULL) {
        buf[0] = '\0';
        return 0;
    }

    len = fetch_at_print(at->up, buf, size);

    if (at->name) {
        p = at->name;

    } else {
        (void) snprintf(number, sizeof(number), "%u", at->index);
        p = number;
    }

    if (len + 2 * strlen(p) + 2 > size) {
        return size;
    }

    for (buf[len++] = '/'; *p; p++) {

        if (*p == '~' || *p == '/') {
            buf[len++] = '~';
            buf[len++] = *p == '~' ? '0' : '1';
            continue;
        }

        buf[len++] = *p;
    }

    buf[len] = '\0';

    return len;
}


void *
fetch_load_alloc(fetch_load_t *load, size_t size)
{
    void  *p;

    p = wismo_pcalloc(load->pool, size);

    if (p == NULL) {
        load->nomem = true;
    }

    return p;
}


void
fetch_load_known(fetch_load_t *load, const fetch_at_t *at,
    const json_t *object, const char *const *names)
{
    json_t             *value;
    fetch_at_t          here;
    const char         *name;
    const char *const  *known;

    json_object_foreach((json_t *) object, name, value) {

        for (known = names; *known; known++) {
            if (strcmp(*known, name) == 0) {
                break;
            }
        }

        if (*known == NULL) {
            here = (fetch_at_t) { at, name, 0 };
            fetch_fault(load, &here, "unknown key");
        }
    }
}


bool
fetch_load_object(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value)
{
    if (json_is_object(value)) {
        return true;
    }

    fetch_fault(load, at, "an object is expected");

    return false;
}


/* The text stays in the adapter's JSON, where a NUL follows it. */

bool
fetch_load_str(fetch_load_t *load, const fetch_at_t *at, const json_t *value,
    wismo_str_t *str)
{
    if (!json_is_string(value) || json_string_length(value) == 0) {
        fetch_fault(load, at, "a text is expected");
        return false;
    }

    str->data = (unsigned char *) json_string_value(value);
    str->len = json_string_length(value);

    return true;
}


/* A text or a list of texts. */

bool
fetch_load_strs(fetch_load_t *load, const fetch_at_t *at, const json_t *value,
    wismo_str_t **list, unsigned *n)
{
    size_t      i, count;
    fetch_at_t  here;

    *n = 0;
    *list = NULL;

    if (value == NULL) {
        return true;
    }

    count = json_is_array(value) ? json_array_size(value) : 1;

    *list = fetch_load_alloc(load, (count ? count : 1) * sizeof(wismo_str_t));
    if (*list == NULL) {
        return false;
    }

    if (!json_is_array(value)) {
        *n = 1;
        return fetch_load_str(load, at, value, *list);
    }

    for (i = 0; i < count; i++) {
        here = (fetch_at_t) { at, NULL, (unsigned) i };

        if (!fetch_load_str(load, &here, json_array_get(value, i),
                            &(*list)[i]))
        {
            return false;
        }
    }

    *n = (unsigned) count;

    return true;
}


bool
fetch_load_bool(fetch_load_t *load, const fetch_at_t *at, const json_t *value)
{
    if (value && !json_is_boolean(value)) {
        fetch_fault(load, at, "true or false is expected");
    }

    return json_is_true(value);
}


/* The place of the name in the list; 0 if it is not said, or wrong. */

int
fetch_load_enum(fetch_load_t *load, const fetch_at_t *at, const json_t *value,
    const char *const *names)
{
    int           i;
    char          list[128];
    size_t        len;
    wismo_str_t   text;

    if (value == NULL || !fetch_load_str(load, at, value, &text)) {
        return 0;
    }

    for (i = 0, len = 0; names[i]; i++) {

        if (wismo_str_is(&text, names[i])) {
            return i;
        }

        if (len < sizeof(list)) {
            len += (size_t) snprintf(list + len, sizeof(list) - len, "%s%s",
                                     i ? ", " : "", names[i]);
        }
    }

    fetch_fault(load, at, "\"%s\" is none of %s", (char *) text.data, list);

    return 0;
}


void
fetch_load_rules(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_rules_t *rules)
{
    size_t      i, n;
    fetch_at_t  here;

    if (value == NULL) {
        return;
    }

    n = json_array_size(value);

    if (!json_is_array(value)) {
        fetch_fault(load, at, "a list of rules is expected");
        return;
    }

    if (n == 0) {
        return;
    }

    rules->rules = fetch_load_alloc(load, n * sizeof(fetch_rule_t));
    if (rules->rules == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        here = (fetch_at_t) { at, NULL, (unsigned) i };

        if (i && rules->rules[i - 1].at == NULL
            && rules->rules[i - 1].nhttp == 0
            && rules->rules[i - 1].without == NULL)
        {
            fetch_fault(load, &here, "the rule is never reached: the one "
                        "before it fits everything");
        }

        fetch_load_rule(load, &here, json_array_get(value, i),
                        &rules->rules[i]);
    }

    rules->n = (unsigned) n;
}


static void
fetch_load_rule(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_rule_t *rule)
{
    fetch_at_t   here;
    wismo_str_t  name;

    if (!fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_rule_names);

    here = (fetch_at_t) { at, "http", 0 };
    fetch_load_http(load, &here, json_object_get(value, "http"), rule);

    here.name = "at";
    rule->at = fetch_load_path(load, &here, json_object_get(value, "at"));

    here.name = "without";
    rule->without = fetch_load_path(load, &here,
                                    json_object_get(value, "without"));

    here.name = "equals";
    (void) fetch_load_strs(load, &here, json_object_get(value, "equals"),
                           &rule->equals, &rule->nequals);

    here.name = "prefix";
    (void) fetch_load_strs(load, &here, json_object_get(value, "prefix"),
                           &rule->prefixes, &rule->nprefixes);

    if ((rule->nequals || rule->nprefixes) && rule->at == NULL) {
        here.name = "at";
        fetch_fault(load, &here, "the rule compares, but does not say what");
    }

    if (rule->nequals && rule->nprefixes) {
        fetch_fault(load, &here, "the rule has \"equals\" already");
    }

    here.name = "is";

    if (fetch_load_str(load, &here, json_object_get(value, "is"), &name)
        && !fetch_outcome_of(&name, &rule->outcome))
    {
        fetch_fault(load, &here, "\"%s\" is none of ok, not_found, retry, "
                    "throttled, auth, refuse", (char *) name.data);
    }
}


/* 404, "5xx", "400-499" or a list of these */

static void
fetch_load_http(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_rule_t *rule)
{
    int            from, to;
    char           x;
    size_t         i, n;
    fetch_at_t     here;
    const json_t  *element;

    if (value == NULL) {
        return;
    }

    n = json_is_array(value) ? json_array_size(value) : 1;

    rule->http = fetch_load_alloc(load, (n ? n : 1) * sizeof(fetch_http_t));
    if (rule->http == NULL) {
        return;
    }

    if (n == 0) {
        fetch_fault(load, at, "a status is expected, as in 404 or \"5xx\"");
    }

    for (i = 0; i < n; i++) {
        here = (fetch_at_t) { at, NULL, (unsigned) i };
        element = json_is_array(value) ? json_array_get(value, i) : value;
        from = 0;
        to = 0;

        if (json_is_integer(element)) {
            from = (int) json_integer_value(element);
            to = from;

        } else if (json_is_string(element)) {

            if (sscanf(json_string_value(element), "%1dx%c", &from, &x) == 2
                && x == 'x')
            {
                from *= 100;
                to = from + 99;

            } else {
                (void) sscanf(json_string_value(element), "%3d-%3d", &from,
                              &to);
            }
        }

        if (from < 100 || to > 599 || from > to) {
            fetch_fault(load, json_is_array(value) ? &here : at,
                        "a status is expected, as in 404 or \"5xx\"");
            continue;
        }

        rule->http[rule->nhttp].http_from = from;
        rule->http[rule->nhttp].http_to = to;
        rule->nhttp++;
    }
}


static bool
fetch_outcome_of(const wismo_str_t *name, fetch_outcome_e *outcome)
{
    int  i;

    for (i = FETCH_OK; i <= FETCH_REFUSE; i++) {
        if (wismo_str_is(name, fetch_outcome_name((fetch_outcome_e) i))) {
            *outcome = (fetch_outcome_e) i;
            return true;
        }
    }

    return false;
}
