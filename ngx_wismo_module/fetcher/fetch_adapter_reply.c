
/*
 * Copyright (C) The Wismo authors
 *
 * Outcomes: what became of a question, as a whole and for each number in it.
 * Carriers say failure in many ways: with a status of HTTP, inside an item,
 * with a warning and no data, by leaving the number out, or with a page of
 * HTML.  Whatever the bytes, there is an outcome; only an item that says
 * something of a parcel makes a report.
 *
 * fetch_poll.c, the inbox and "wismo carrier parse" call it.
 */


#include "fetch_adapter_int.h"

#include <stdio.h>


#define FETCH_ITEMS_MAX      1000


static int fetch_reply(const fetch_adapter_t *a, const fetch_mapping_t *m,
    wismo_pool_t *pool, const fetch_answer_t *answer,
    const wismo_json_t *root, fetch_reply_t *reply);
static int fetch_reply_whole(const fetch_mapping_t *m,
    const fetch_scope_t *scope, const fetch_answer_t *answer,
    fetch_reply_t *reply);
static int fetch_reply_item(const fetch_mapping_t *m, fetch_scope_t *scope,
    const fetch_answer_t *answer, fetch_part_t *part);
static fetch_part_t *fetch_reply_part(const fetch_adapter_t *a,
    const fetch_mapping_t *m, const fetch_scope_t *scope,
    const fetch_answer_t *answer, fetch_reply_t *reply, unsigned nitems,
    wismo_str_t *number);
static void fetch_reply_sum(fetch_reply_t *reply);
static bool fetch_number_same(const wismo_str_t *a, const wismo_str_t *b);


int
fetch_adapter_reply(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_answer_t *answer, fetch_reply_t *reply)
{
    memset(reply, 0, sizeof(fetch_reply_t));

    return fetch_reply(a, &a->mapping, pool, answer,
                       fetch_tree(pool, &answer->body, a->xml), reply);
}


int
fetch_adapter_push(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_answer_t *push, fetch_reply_t *reply)
{
    int                  rc;
    fetch_scope_t        scope;
    fetch_answer_t       answer;
    const wismo_json_t  *root;

    memset(reply, 0, sizeof(fetch_reply_t));

    answer = *push;
    answer.http = 200;
    answer.numbers = NULL;
    answer.nnumbers = 0;
    answer.nheaders = 0;

    root = fetch_tree(pool, &answer.body, a->xml);
    rc = fetch_reply(a, &a->push, pool, &answer, root, reply);

    /* what a rule says of a push that can't be read, it says of nothing */

    if (root == NULL) {
        reply->outcome = FETCH_RETRY;
        wismo_str_set(&reply->text, "the push cannot be read");
    }

    if (rc == WISMO_OK && root) {
        fetch_scope(&a->push, pool, root, answer.now, &scope);
        rc = fetch_path_clean(&scope, a->push_id, NULL, &reply->id);
    }

    if (rc == WISMO_OK && root) {
        rc = fetch_path_clean(&scope, a->push_version, NULL, &reply->version);
    }

    return rc;
}


static int
fetch_reply(const fetch_adapter_t *a, const fetch_mapping_t *m,
    wismo_pool_t *pool, const fetch_answer_t *answer,
    const wismo_json_t *root, fetch_reply_t *reply)
{
    char            prefix[32];
    unsigned        i, n;
    wismo_str_t     number;
    fetch_part_t   *part, found;
    fetch_nodes_t   items;
    fetch_scope_t   scope;

    fetch_scope(m, pool, root, answer->now, &scope);

    if (answer->explain) {
        reply->explain = json_array();
        scope.explain = reply->explain;
    }

    reply->retry_after = fetch_retry_after(answer->headers, answer->nheaders,
                                           answer->now);

    if (fetch_path_all(&scope, m->items, &items) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (items.n > FETCH_ITEMS_MAX) {
        items.n = FETCH_ITEMS_MAX;
    }

    n = answer->nnumbers ? answer->nnumbers : items.n;

    reply->parts = wismo_pcalloc(pool, (n + 1) * sizeof(fetch_part_t));
    if (reply->parts == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; i < answer->nnumbers; i++) {
        reply->parts[i].number = answer->numbers[i];
        reply->parts[i].outcome = FETCH_RETRY;
        wismo_str_set(&reply->parts[i].text,
                      "the reply says nothing of this number");
    }

    reply->nparts = answer->nnumbers;

    if (fetch_reply_whole(m, &scope, answer, reply) != WISMO_OK) {
        return WISMO_ERROR;
    }

    if (reply->outcome == FETCH_OK && items.n == 0) {
        reply->outcome = FETCH_RETRY;

        if (root == NULL) {
            wismo_str_set(&reply->text, "the reply cannot be read");

        } else {
            wismo_str_set(&reply->text, "the reply holds no parcel");
        }
    }

    if (reply->outcome != FETCH_OK) {
        for (i = 0; i < reply->nparts; i++) {
            reply->parts[i].outcome = reply->outcome;
            reply->parts[i].code = reply->code;
            reply->parts[i].text = reply->text;
        }

        return WISMO_OK;
    }

    for (i = 0; i < items.n; i++) {
        scope.item = items.nodes[i];
        scope.here = items.nodes[i];

        if (items.n > 1 && scope.explain) {
            (void) snprintf(prefix, sizeof(prefix), "item %u: ", i);
            scope.prefix = prefix;
        }

        part = fetch_reply_part(a, m, &scope, answer, reply, items.n,
                                &number);
        if (part == NULL) {
            continue;
        }

        memset(&found, 0, sizeof(fetch_part_t));
        found.number = part->number;

        if (fetch_reply_item(m, &scope, answer, &found) != WISMO_OK) {
            return WISMO_ERROR;
        }

        if (found.report) {
            found.report->tracking_number = part->number;
        }

        /* a number that comes twice was given out again: the newer one */

        if (part->report == NULL
            || (found.report && fetch_report_newest(found.report)
                                > fetch_report_newest(part->report)))
        {
            *part = found;
        }
    }

    fetch_reply_sum(reply);

    return WISMO_OK;
}


static int
fetch_reply_whole(const fetch_mapping_t *m, const fetch_scope_t *scope,
    const fetch_answer_t *answer, fetch_reply_t *reply)
{
    if (!fetch_rules_match(scope, &m->outcomes, answer->http,
                           &reply->outcome))
    {
        reply->outcome = fetch_http_outcome(answer->http);
    }

    if (reply->outcome == FETCH_OK || scope->root == NULL) {
        return WISMO_OK;
    }

    if (fetch_path_clean(scope, m->error_code, "errors/code", &reply->code)
        != WISMO_OK)
    {
        return WISMO_ERROR;
    }

    return fetch_path_clean(scope, m->error_text, "errors/text",
                            &reply->text);
}


/*
 * The part an item belongs to: that of the number it names.  Where only one
 * number may be asked for, what comes back is about it, whatever it is called
 * there.
 */

static fetch_part_t *
fetch_reply_part(const fetch_adapter_t *a, const fetch_mapping_t *m,
    const fetch_scope_t *scope, const fetch_answer_t *answer,
    fetch_reply_t *reply, unsigned nitems, wismo_str_t *number)
{
    unsigned            i, j;
    wismo_str_t         text;
    fetch_part_t       *part;
    const wismo_str_t  *route;

    wismo_str_null(number);

    for (i = 0; i < m->number.n; i++) {

        if (!fetch_path_text(scope, &m->number.paths[i], &text, &route)) {
            continue;
        }

        fetch_explain(scope, "tracking_number", route, &text);

        for (j = 0; j < reply->nparts; j++) {
            if (fetch_number_same(&reply->parts[j].number, &text)) {
                return &reply->parts[j];
            }
        }

        if (number->len == 0) {
            *number = text;
        }
    }

    if (answer->nnumbers) {

        if (answer->nnumbers == 1 && nitems == 1
            && (number->len == 0 || a->ask.batch <= 1))
        {
            return &reply->parts[0];
        }

        return NULL;
    }

    part = &reply->parts[reply->nparts];

    if (fetch_clean(scope, number, &part->number) != WISMO_OK) {
        return NULL;
    }

    reply->nparts++;

    return part;
}


static int
fetch_reply_item(const fetch_mapping_t *m, fetch_scope_t *scope,
    const fetch_answer_t *answer, fetch_part_t *part)
{
    int               rc;
    char              prefix[64];
    unsigned          i, n;
    const char       *outer;
    fetch_part_t      one;
    fetch_nodes_t     choices;
    wismo_report_t   *report;

    if (m->choose) {
        if (fetch_path_all(scope, m->choose, &choices) != WISMO_OK) {
            return WISMO_ERROR;
        }

    } else {
        choices.nodes = &scope->item;
        choices.n = 1;
    }

    part->outcome = FETCH_RETRY;
    wismo_str_set(&part->text, "the reply says nothing of this number");

    n = choices.n < FETCH_ITEMS_MAX ? choices.n : FETCH_ITEMS_MAX;
    outer = scope->prefix;

    for (i = 0; i < n; i++) {
        memset(&one, 0, sizeof(fetch_part_t));

        scope->here = choices.nodes[i];

        if (n > 1) {
            (void) snprintf(prefix, sizeof(prefix), "%schoice %u: ",
                            outer ? outer : "", i);
            scope->prefix = prefix;
        }

        if (!fetch_rules_match(scope, &m->item_outcomes, answer->http,
                               &one.outcome))
        {
            one.outcome = FETCH_OK;
        }

        if (one.outcome != FETCH_OK) {

            if (fetch_path_clean(scope, m->item_error_code, "errors/code",
                                 &one.code) != WISMO_OK
                || fetch_path_clean(scope, m->item_error_text, "errors/text",
                                    &one.text) != WISMO_OK)
            {
                return WISMO_ERROR;
            }

            if (i == 0) {
                part->outcome = one.outcome;
                part->code = one.code;
                part->text = one.text;
            }

            continue;
        }

        rc = fetch_report(m, scope, &report);

        if (rc == WISMO_ERROR) {
            return WISMO_ERROR;
        }

        if (rc == WISMO_OK
            && (part->report == NULL || fetch_report_newest(report)
                                        > fetch_report_newest(part->report)))
        {
            part->outcome = FETCH_OK;
            part->report = report;
            wismo_str_null(&part->code);
            wismo_str_null(&part->text);
        }
    }

    scope->prefix = outer;
    scope->here = scope->item;

    return WISMO_OK;
}


/*
 * One good part makes the reply good.  When all are bad, the reply is what
 * concerns the account before what concerns a number.
 */

static void
fetch_reply_sum(fetch_reply_t *reply)
{
    unsigned             i, j;
    const fetch_part_t  *part, *worst;

    static const fetch_outcome_e  order[] = {
        FETCH_AUTH, FETCH_THROTTLED, FETCH_RETRY, FETCH_NOT_FOUND,
        FETCH_REFUSE
    };

    worst = NULL;

    for (i = 0; i < reply->nparts; i++) {
        if (reply->parts[i].outcome == FETCH_OK) {
            return;
        }
    }

    for (j = 0; j < sizeof(order) / sizeof(order[0]) && !worst; j++) {
        for (i = 0; i < reply->nparts; i++) {
            part = &reply->parts[i];

            if (part->outcome == order[j]) {
                worst = part;
                break;
            }
        }
    }

    if (worst) {
        reply->outcome = worst->outcome;
        reply->code = worst->code;
        reply->text = worst->text;
    }
}


/* Case, spaces, dashes and dots are how people write a number. */

static bool
fetch_number_same(const wismo_str_t *a, const wismo_str_t *b)
{
    size_t         i, j;
    unsigned char  c, d;

    i = 0;
    j = 0;

    for ( ;; ) {

        while (i < a->len && strchr(" -.", a->data[i]) && a->data[i]) {
            i++;
        }

        while (j < b->len && strchr(" -.", b->data[j]) && b->data[j]) {
            j++;
        }

        if (i == a->len || j == b->len) {
            return i == a->len && j == b->len;
        }

        c = a->data[i++];
        d = b->data[j++];

        if (c >= 'a' && c <= 'z') {
            c = (unsigned char) (c - 32);
        }

        if (d >= 'a' && d <= 'z') {
            d = (unsigned char) (d - 32);
        }

        if (c != d) {
            return false;
        }
    }
}


fetch_outcome_e
fetch_adapter_token_reply(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_answer_t *answer, wismo_str_t *token, int64_t *expires_at,
    wismo_error_t *err)
{
    int64_t              ttl;
    wismo_str_t          text;
    fetch_scope_t        scope;
    fetch_outcome_e      outcome;
    const wismo_str_t   *route;
    const wismo_json_t  *root;

    wismo_str_null(token);
    *expires_at = 0;

    root = fetch_tree(pool, &answer->body, a->xml);
    fetch_scope(NULL, pool, root, answer->now, &scope);

    outcome = fetch_http_outcome(answer->http);

    /* a carrier that finds our question bad finds our credentials bad */

    if (outcome == FETCH_REFUSE) {
        outcome = FETCH_AUTH;
    }

    if (outcome != FETCH_OK) {
        wismo_error_set(err, "", "the token was refused with status %d",
                        answer->http);

    } else if (!fetch_path_text(&scope, a->auth.token_at, &text, &route)
               || wismo_pstrdup(pool, token, &text) != WISMO_OK)
    {
        outcome = FETCH_RETRY;
        wismo_error_set(err, "", "the reply holds no token");

    } else {
        ttl = a->auth.ttl;

        if (fetch_path_text(&scope, a->auth.ttl_at, &text, &route)) {
            ttl = fetch_int(&text, -1);

            if (a->auth.ttl_ms && ttl > 0) {
                ttl /= 1000;
            }

            if (ttl <= 0 || ttl > 10 * 365 * 86400LL) {
                ttl = a->auth.ttl;
            }
        }

        *expires_at = answer->now + ttl;
    }

    return outcome;
}


int
fetch_adapter_register_reply(const fetch_adapter_t *a, wismo_pool_t *pool,
    const fetch_answer_t *answer, fetch_reply_t *reply, wismo_str_t *handles)
{
    unsigned             i;
    wismo_str_t          text;
    fetch_part_t        *part;
    fetch_nodes_t        items;
    fetch_scope_t        scope;
    fetch_mapping_t      m;
    const wismo_str_t   *route;
    const wismo_json_t  *root;

    memset(reply, 0, sizeof(fetch_reply_t));
    memset(handles, 0, answer->nnumbers * sizeof(wismo_str_t));

    m = a->mapping;
    m.number = a->reg_number;

    root = fetch_tree(pool, &answer->body, a->xml);
    fetch_scope(&m, pool, root, answer->now, &scope);

    reply->retry_after = fetch_retry_after(answer->headers, answer->nheaders,
                                           answer->now);
    reply->nparts = answer->nnumbers;
    reply->parts = wismo_pcalloc(pool, (answer->nnumbers + 1)
                                       * sizeof(fetch_part_t));
    if (reply->parts == NULL) {
        return WISMO_ERROR;
    }

    m.outcomes = a->reg_outcomes;

    if (fetch_reply_whole(&m, &scope, answer, reply) != WISMO_OK) {
        return WISMO_ERROR;
    }

    for (i = 0; i < answer->nnumbers; i++) {
        reply->parts[i].number = answer->numbers[i];
        reply->parts[i].outcome = reply->outcome;

        if (reply->outcome == FETCH_OK && a->reg_handle == NULL) {
            handles[i] = answer->numbers[i];
        }
    }

    if (reply->outcome != FETCH_OK || a->reg_handle == NULL) {
        return WISMO_OK;
    }

    for (i = 0; i < answer->nnumbers; i++) {
        reply->parts[i].outcome = FETCH_RETRY;
    }

    if (fetch_path_all(&scope, a->reg_items, &items) != WISMO_OK) {
        return WISMO_ERROR;
    }

    for (i = 0; i < items.n; i++) {
        scope.item = items.nodes[i];
        scope.here = items.nodes[i];

        part = fetch_reply_part(a, &m, &scope, answer, reply, items.n, &text);

        if (part == NULL
            || !fetch_path_text(&scope, a->reg_handle, &text, &route))
        {
            continue;
        }

        part->outcome = FETCH_OK;

        if (wismo_pstrdup(pool, &handles[part - reply->parts], &text)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}
