
/*
 * Copyright (C) The Wismo authors
 *
 * Loads an adapter file: who the carrier is, how it wants to be asked and
 * authorised, how often, and how its pushes are verified.  How replies are
 * read is compiled by fetch_adapter_mapping.c.  The file is trusted like the
 * configuration, but people write it: every fault is told, with its place.
 *
 * fetch_poll.c, the module's configuration check and "wismo carrier" call it.
 * It holds no secret: requests only name them.
 */


#include "fetch_adapter_int.h"
#include "wismo_carriers.h"

#include <stdlib.h>


#define FETCH_POOL_MAX       (16 * 1024 * 1024)


static void fetch_load_adapter(fetch_load_t *load, fetch_adapter_t *a);
static void fetch_load_auth(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_adapter_t *a);
static void fetch_load_token(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_auth_t *auth);
static void fetch_load_basic(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_template_t *basic);
static void fetch_load_ask(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const char *const *names, fetch_ask_t *ask);
static void fetch_load_limits(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_adapter_t *a);
static void fetch_load_register(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_adapter_t *a);
static void fetch_load_push(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_adapter_t *a);
static int64_t fetch_load_int(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, int64_t min, int64_t max, int64_t otherwise);


static const char *const  fetch_adapter_names[] = {
    "adapter", "title", "aka", "tracking_url", "format", "base_url", "lang",
    "auth", "ask", "register", "limits", "push", "note",

    /* the mapping's own */

    "absent", "markup", "outcomes", "error", "items", "number",
    "item_outcomes", "item_error", "choose", "pieces", "pieces_total",
    "status", "events", "codes", "transforms", "delivered_to", "edd",
    "signed_by", "weight", "pickup_by", "partner", "pickup", NULL
};

static const char *const  fetch_format_names[] = { "json", "xml", NULL };

static const char *const  fetch_auth_names[] = {
    "kind", "name", "value", "basic", "request", "token_at", "ttl_at",
    "ttl", "unit", NULL
};

static const char *const  fetch_auth_kinds[] = {
    "none", "header", "query", "basic", "token", NULL
};

static const char *const  fetch_unit_names[] = { "s", "ms", NULL };

static const char *const  fetch_ask_names[] = {
    "method", "url", "headers", "basic", "body", "escape", "batch", NULL
};

static const char *const  fetch_batch_names[] = {
    "size", "join", "each", NULL
};

static const char *const  fetch_limit_names[] = { "n", "per", NULL };

static const char *const  fetch_per_names[] = {
    "second", "minute", "hour", "day", NULL
};

static const char *const  fetch_register_names[] = {
    "method", "url", "headers", "basic", "body", "escape", "batch",
    "outcomes", "items", "number", "handle", NULL
};

static const char *const  fetch_push_names[] = {
    "note", "verify", "id", "version", "mode", "hint", "sample",

    "absent", "markup", "outcomes", "error", "items", "number",
    "item_outcomes", "item_error", "choose", "pieces", "pieces_total",
    "status", "events", "codes", "transforms", "delivered_to", "edd",
    "signed_by", "weight", "pickup_by", "partner", "pickup", NULL
};

static const char *const  fetch_mode_names[] = {
    "full", "new-events", "event", NULL
};


int
fetch_adapter_load(const char *path, fetch_adapter_t **adapter,
    wismo_error_t *errors, int max)
{
    fetch_load_t      load;
    fetch_adapter_t  *a;

    *adapter = NULL;

    memset(&load, 0, sizeof(fetch_load_t));
    load.errors = errors;
    load.max = max;

    a = calloc(1, sizeof(fetch_adapter_t));

    if (a == NULL) {
        fetch_fault(&load, NULL, "out of memory");
        return load.n;
    }

    wismo_pool_init(&a->pool, FETCH_POOL_MAX, NULL, NULL);
    load.pool = &a->pool;

    a->json = fetch_load_json(&load, path, &a->hash);

    if (a->json && fetch_load_object(&load, NULL, a->json)) {
        fetch_load_adapter(&load, a);
    }

    if (load.nomem) {
        fetch_fault(&load, NULL, "out of memory");
    }

    if (load.n) {
        fetch_adapter_free(a);
        return load.n;
    }

    *adapter = a;

    return 0;
}


void
fetch_adapter_free(fetch_adapter_t *a)
{
    if (a == NULL) {
        return;
    }

    json_decref(a->json);
    wismo_pool_done(&a->pool);
    free(a);
}


static void
fetch_load_adapter(fetch_load_t *load, fetch_adapter_t *a)
{
    unsigned        naka;
    fetch_at_t      here;
    wismo_str_t     link, *aka;
    const json_t   *json;
    wismo_error_t   err;

    json = a->json;

    fetch_load_known(load, NULL, json, fetch_adapter_names);

    here = (fetch_at_t) { NULL, "adapter", 0 };

    if (fetch_load_str(load, &here, json_object_get(json, "adapter"),
                       &a->name)
        && strspn((char *) a->name.data,
                  "abcdefghijklmnopqrstuvwxyz0123456789_-") != a->name.len)
    {
        fetch_fault(load, &here, "a name of a-z, 0-9, \"_\" and \"-\" is "
                    "expected");
    }

    here.name = "title";
    (void) fetch_load_str(load, &here, json_object_get(json, "title"),
                          &a->title);

    here.name = "aka";
    (void) fetch_load_strs(load, &here, json_object_get(json, "aka"), &aka,
                           &naka);

    here.name = "tracking_url";

    if (json_object_get(json, "tracking_url")
        && fetch_load_str(load, &here, json_object_get(json, "tracking_url"),
                          &link)
        && wismo_carriers_link_ok(&link, &err) != WISMO_OK)
    {
        fetch_fault(load, &here, "%s", err.text);
    }

    here.name = "format";
    a->xml = fetch_load_enum(load, &here, json_object_get(json, "format"),
                             fetch_format_names) == 1;

    here.name = "base_url";

    if (json_object_get(json, "base_url")
        && fetch_load_str(load, &here, json_object_get(json, "base_url"),
                          &a->base_url)
        && (strncmp((char *) a->base_url.data, "https://", 8) != 0
            || a->base_url.data[a->base_url.len - 1] == '/'))
    {
        fetch_fault(load, &here, "an https:// address without \"/\" at its "
                    "end is expected");
    }

    here.name = "lang";
    wismo_str_set(&a->lang, "en_US");

    if (json_object_get(json, "lang")) {
        (void) fetch_load_str(load, &here, json_object_get(json, "lang"),
                              &a->lang);
    }

    here.name = "auth";
    fetch_load_auth(load, &here, json_object_get(json, "auth"), a);

    if (json_object_get(json, "ask")) {
        here.name = "ask";
        a->has_ask = true;
        fetch_load_ask(load, &here, json_object_get(json, "ask"),
                       fetch_ask_names, &a->ask);
    }

    if (json_object_get(json, "register")) {
        here.name = "register";
        a->has_register = true;
        fetch_load_register(load, &here, json_object_get(json, "register"),
                            a);
    }

    here.name = "limits";
    fetch_load_limits(load, &here, json_object_get(json, "limits"), a);

    if (a->has_ask || json_object_get(json, "items")) {
        a->has_mapping = true;
        fetch_load_mapping(load, NULL, json, &a->mapping);
    }

    if (json_object_get(json, "push")) {
        here.name = "push";
        a->has_push = true;
        fetch_load_push(load, &here, json_object_get(json, "push"), a);
    }

    if (!a->has_ask && !a->has_push) {
        fetch_fault(load, NULL, "neither \"ask\" nor \"push\" is there: "
                    "nothing would ever come in");
    }
}


static void
fetch_load_auth(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_adapter_t *a)
{
    fetch_at_t     here;
    fetch_auth_t  *auth;

    auth = &a->auth;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_auth_names);

    here = (fetch_at_t) { at, "kind", 0 };
    auth->kind = (fetch_auth_e)
                 fetch_load_enum(load, &here, json_object_get(value, "kind"),
                                 fetch_auth_kinds);

    if (auth->kind == FETCH_AUTH_TOKEN) {
        fetch_load_token(load, at, value, auth);
    }

    if (auth->kind == FETCH_AUTH_HEADER || auth->kind == FETCH_AUTH_QUERY
        || json_object_get(value, "value"))
    {
        here.name = "name";
        (void) fetch_load_str(load, &here, json_object_get(value, "name"),
                              &auth->name);

        here.name = "value";
        fetch_load_template(load, &here, json_object_get(value, "value"),
                            auth->kind == FETCH_AUTH_QUERY
                            ? FETCH_ESCAPE_URL : FETCH_ESCAPE_NONE,
                            &auth->value);
    }

    if (auth->kind == FETCH_AUTH_BASIC) {
        here.name = "basic";
        fetch_load_basic(load, &here, json_object_get(value, "basic"),
                         auth->basic);
    }
}


static void
fetch_load_token(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_auth_t *auth)
{
    fetch_at_t     here;
    const json_t  *request;

    here = (fetch_at_t) { at, "request", 0 };
    request = json_object_get(value, "request");

    if (fetch_load_object(load, &here, request)) {
        fetch_load_known(load, &here, request, fetch_ask_names);
        fetch_load_question(load, &here, request, NULL, &auth->request);
    }

    here.name = "token_at";
    auth->token_at = fetch_load_path(load, &here,
                                     json_object_get(value, "token_at"));

    if (auth->token_at == NULL) {
        fetch_fault(load, &here, "the path of the token is missing");
    }

    here.name = "ttl_at";
    auth->ttl_at = fetch_load_path(load, &here,
                                   json_object_get(value, "ttl_at"));

    here.name = "ttl";
    auth->ttl = fetch_load_int(load, &here, json_object_get(value, "ttl"),
                               1, 10 * 365 * 86400, 600);

    here.name = "unit";
    auth->ttl_ms = fetch_load_enum(load, &here,
                                   json_object_get(value, "unit"),
                                   fetch_unit_names) == 1;
}


/* Name and password, each a text with slots. */

static void
fetch_load_basic(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_template_t *basic)
{
    unsigned    i;
    fetch_at_t  here;

    if (!json_is_array(value) || json_array_size(value) != 2) {
        fetch_fault(load, at, "a list of name and password is expected");
        return;
    }

    for (i = 0; i < 2; i++) {
        here = (fetch_at_t) { at, NULL, i };
        fetch_load_template(load, &here, json_array_get(value, i),
                            FETCH_ESCAPE_NONE, &basic[i]);
    }
}


static void
fetch_load_ask(fetch_load_t *load, const fetch_at_t *at, const json_t *value,
    const char *const *names, fetch_ask_t *ask)
{
    fetch_at_t      here, batches;
    fetch_escape_e  escape;
    const json_t   *batch, *each;

    ask->batch = 1;

    if (!fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, names);
    fetch_load_question(load, at, value, value, &ask->request);

    batch = json_object_get(value, "batch");
    batches = (fetch_at_t) { at, "batch", 0 };

    if (batch == NULL || !fetch_load_object(load, &batches, batch)) {
        return;
    }

    fetch_load_known(load, &batches, batch, fetch_batch_names);

    here = (fetch_at_t) { &batches, "size", 0 };
    ask->batch = (unsigned) fetch_load_int(load, &here,
                                           json_object_get(batch, "size"),
                                           1, FETCH_BATCH_MAX, 1);

    here.name = "join";

    if (json_object_get(batch, "join")) {
        (void) fetch_load_str(load, &here, json_object_get(batch, "join"),
                              &ask->join);
    }

    here.name = "each";
    each = json_object_get(batch, "each");

    if (ask->request.json) {
        if (each) {
            ask->each_json = fetch_load_body(load, &here, each);
        }

        return;
    }

    escape = ask->request.has_body ? ask->request.body.escape
                                   : FETCH_ESCAPE_URL;

    if (each) {
        fetch_load_template(load, &here, each, escape, &ask->each);
    }
}


static void
fetch_load_limits(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_adapter_t *a)
{
    size_t          i, n;
    fetch_at_t      here, row;
    const json_t   *element;
    fetch_limit_t  *limit;

    static const unsigned  seconds[] = { 1, 60, 3600, 86400 };

    if (value == NULL) {
        return;
    }

    n = json_array_size(value);

    if (n == 0) {
        fetch_fault(load, at, "a list of limits is expected");
        return;
    }

    a->limits = fetch_load_alloc(load, n * sizeof(fetch_limit_t));
    if (a->limits == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        row = (fetch_at_t) { at, NULL, (unsigned) i };
        element = json_array_get(value, i);
        limit = &a->limits[i];

        if (!fetch_load_object(load, &row, element)) {
            continue;
        }

        fetch_load_known(load, &row, element, fetch_limit_names);

        here = (fetch_at_t) { &row, "n", 0 };
        limit->n = (unsigned) fetch_load_int(load, &here,
                                             json_object_get(element, "n"),
                                             1, 100000000, 0);

        here.name = "per";

        if (json_is_integer(json_object_get(element, "per"))) {
            limit->seconds = (unsigned)
                             fetch_load_int(load, &here,
                                            json_object_get(element, "per"),
                                            1, 86400, 1);
            continue;
        }

        limit->seconds = seconds[fetch_load_enum(load, &here,
                                             json_object_get(element, "per"),
                                             fetch_per_names)];
    }

    a->nlimits = (unsigned) n;
}


static void
fetch_load_register(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_adapter_t *a)
{
    fetch_at_t  here;

    fetch_load_ask(load, at, value, fetch_register_names, &a->reg);

    here = (fetch_at_t) { at, "outcomes", 0 };
    fetch_load_rules(load, &here, json_object_get(value, "outcomes"),
                     &a->reg_outcomes);

    here.name = "items";
    a->reg_items = fetch_load_path(load, &here,
                                   json_object_get(value, "items"));

    here.name = "number";
    fetch_load_paths(load, &here, json_object_get(value, "number"),
                     FETCH_PARTS_MAX, &a->reg_number);

    here.name = "handle";
    a->reg_handle = fetch_load_path(load, &here,
                                    json_object_get(value, "handle"));
}


/*
 * What the push block says of reading replaces what the adapter says; the
 * rest is the same for both.
 */

static void
fetch_load_push(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_adapter_t *a)
{
    json_t         *merged, *element;
    fetch_at_t      here, inner;
    const char     *name;
    const json_t   *verify;
    wismo_error_t   err;

    if (!fetch_load_object(load, at, value)) {
        return;
    }

    fetch_load_known(load, at, value, fetch_push_names);

    here = (fetch_at_t) { at, "verify", 0 };
    verify = json_object_get(value, "verify");

    if (fetch_load_object(load, &here, verify)
        && wismo_verifier_compile(load->pool, verify, &a->verifier, &err)
           != WISMO_OK)
    {
        inner = (fetch_at_t) { &here, err.at + 1, 0 };
        fetch_fault(load, err.at[0] == '/' ? &inner : &here, "%s", err.text);
    }

    here.name = "id";
    a->push_id = fetch_load_path(load, &here, json_object_get(value, "id"));

    here.name = "version";
    a->push_version = fetch_load_path(load, &here,
                                      json_object_get(value, "version"));

    here.name = "mode";
    (void) fetch_load_enum(load, &here, json_object_get(value, "mode"),
                           fetch_mode_names);

    here.name = "hint";
    a->push_hints = fetch_load_bool(load, &here,
                                    json_object_get(value, "hint"));

    /* what nobody has signed is believed only where there is no asking */

    if (a->verifier && !wismo_verifier_signs(a->verifier)) {

        if (json_object_get(value, "hint") == NULL) {
            a->push_hints = a->has_ask;
        }

        if (wismo_verifier_header(a->verifier)->len == 0 && !a->push_hints) {
            fetch_fault(load, &here, "anybody could send them: pushes of the "
                        "kind \"none\" can only be hints");
        }
    }

    if (a->push_hints && !a->has_ask) {
        fetch_fault(load, &here, "means nothing without \"ask\"");
    }

    a->push_sample = json_object_get(value, "sample");

    merged = json_object();
    if (merged == NULL) {
        load->nomem = true;
        return;
    }

    json_object_foreach(a->json, name, element) {
        (void) json_object_set(merged, name, element);
    }

    json_object_foreach((json_t *) value, name, element) {
        (void) json_object_set(merged, name, element);
    }

    /* what is wrong in the adapter need not be told of the push again */

    if (load->n == 0) {
        fetch_load_mapping(load, at, merged, &a->push);
        a->push.push_codes = json_object_get(value, "codes") != NULL;
    }

    /* its strings belong to the adapter's own JSON */

    json_decref(merged);
}


static int64_t
fetch_load_int(fetch_load_t *load, const fetch_at_t *at, const json_t *value,
    int64_t min, int64_t max, int64_t otherwise)
{
    int64_t  n;

    if (value == NULL) {
        if (otherwise < min) {
            fetch_fault(load, at, "a number is expected");
        }

        return otherwise;
    }

    n = json_integer_value(value);

    if (!json_is_integer(value) || n < min || n > max) {
        fetch_fault(load, at, "a number from %lld to %lld is expected",
                    (long long) min, (long long) max);
        return min;
    }

    return n;
}
