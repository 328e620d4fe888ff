
/*
 * Copyright (C) The Wismo authors
 *
 * Rules of outcomes, and what holds where an adapter has no rule: statuses of
 * HTTP and the Retry-After header.
 *
 * fetch_adapter_reply.c asks it for whole replies and for items in them.
 */


#include "fetch_adapter_int.h"

#include <strings.h>


#define FETCH_RETRY_MAX      (7 * 86400)


static bool fetch_rule_match(const fetch_scope_t *scope,
    const fetch_rule_t *rule, int http);


bool
fetch_rules_match(const fetch_scope_t *scope, const fetch_rules_t *rules,
    int http, fetch_outcome_e *outcome)
{
    unsigned  i;

    for (i = 0; i < rules->n; i++) {
        if (fetch_rule_match(scope, &rules->rules[i], http)) {
            *outcome = rules->rules[i].outcome;
            return true;
        }
    }

    return false;
}


static bool
fetch_rule_match(const fetch_scope_t *scope, const fetch_rule_t *rule,
    int http)
{
    unsigned            i, j;
    wismo_str_t         text;
    fetch_nodes_t       nodes;
    const wismo_str_t  *prefix;

    if (rule->nhttp) {
        for (i = 0; i < rule->nhttp; i++) {
            if (http >= rule->http[i].http_from
                && http <= rule->http[i].http_to)
            {
                break;
            }
        }

        if (i == rule->nhttp) {
            return false;
        }
    }

    if (rule->without && fetch_path_first(scope, rule->without, NULL)) {
        return false;
    }

    if (rule->at == NULL) {
        return true;
    }

    if (rule->nequals == 0 && rule->nprefixes == 0) {
        return fetch_path_first(scope, rule->at, NULL) != NULL;
    }

    if (fetch_path_all(scope, rule->at, &nodes) != WISMO_OK) {
        return false;
    }

    for (i = 0; i < nodes.n; i++) {

        if (!fetch_node_text(scope->pool, nodes.nodes[i], &text)) {
            continue;
        }

        for (j = 0; j < rule->nprefixes; j++) {
            prefix = &rule->prefixes[j];

            if (text.len >= prefix->len
                && strncasecmp((char *) text.data, (char *) prefix->data,
                               prefix->len) == 0)
            {
                return true;
            }
        }

        for (j = 0; j < rule->nequals; j++) {
            if (fetch_text_is(&text, &rule->equals[j])) {
                return true;
            }
        }
    }

    return false;
}


/* What a status of HTTP means where the adapter has no rule for it. */

fetch_outcome_e
fetch_http_outcome(int http)
{
    if (http >= 200 && http <= 299) {
        return FETCH_OK;
    }

    switch (http) {

    case 401:
    case 403:
    case 407:
        return FETCH_AUTH;

    case 429:
        return FETCH_THROTTLED;

    case 404:
    case 408:
    case 409:
    case 421:
    case 423:
    case 425:
        return FETCH_RETRY;

    default:
        return http >= 400 && http <= 499 ? FETCH_REFUSE : FETCH_RETRY;
    }
}


int
fetch_retry_after(const fetch_header_t *headers, unsigned nheaders,
    int64_t now)
{
    int64_t             n;
    unsigned            i;
    wismo_when_t        when;
    const wismo_str_t  *value;

    static const char   name[] = "Retry-After";

    value = NULL;

    for (i = 0; i < nheaders && value == NULL; i++) {
        if (headers[i].name.len == sizeof(name) - 1
            && strncasecmp((char *) headers[i].name.data, name,
                           sizeof(name) - 1) == 0)
        {
            value = &headers[i].value;
        }
    }

    if (value == NULL || value->len == 0) {
        return -1;
    }

    n = fetch_int(value, -1);

    if (n < 0) {

        if (!fetch_time_text(FETCH_FORM_MONTH, value, &when)
            || when.utc == WISMO_TIME_NONE)
        {
            return -1;
        }

        n = when.utc - now;
    }

    return n < 0 ? 0 : n > FETCH_RETRY_MAX ? FETCH_RETRY_MAX : (int) n;
}
