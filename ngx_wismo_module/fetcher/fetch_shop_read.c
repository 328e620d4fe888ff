
/*
 * Copyright (C) The Wismo authors
 *
 * Reads a shop's webhook: its topic, which order it is about, how new it is,
 * and the members that the shop's file leads to, as an object of our own.
 *
 * fetch_shop_letter.c and "wismo shop parse" call it, after the signature was
 * checked.  Still every byte is hostile: a signed order holds what a shopper
 * has typed.
 */


#include "fetch_shop_int.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_SHOP_SENT      40               /* bytes of when it was sent */


static json_t *fetch_shop_object(const fetch_scope_t *scope,
    const fetch_shop_spec_t *spec);
static json_t *fetch_shop_member(const fetch_scope_t *scope,
    const fetch_shop_spec_t *spec);
static json_t *fetch_shop_list(const fetch_scope_t *scope,
    const fetch_shop_spec_t *spec);
static json_t *fetch_shop_text(const fetch_scope_t *scope,
    const fetch_shop_spec_t *spec);
static json_t *fetch_shop_texts(const fetch_scope_t *scope,
    const fetch_shop_spec_t *spec);
static json_t *fetch_shop_flag(const fetch_scope_t *scope,
    const fetch_shop_spec_t *spec);
static json_t *fetch_shop_time(const fetch_scope_t *scope,
    const fetch_shop_spec_t *spec);
static json_t *fetch_shop_string(wismo_str_t *text, size_t max);
static bool fetch_shop_topic_of(const fetch_shop_adapter_t *a,
    const fetch_scope_t *scope, wismo_header_pt header, void *data,
    wismo_str_t *topic);
static int fetch_shop_back(json_t *fact);
static int fetch_shop_which(const fetch_shop_t *shop,
    fetch_shop_message_t *message, wismo_error_t *err);
static void fetch_shop_word(char *buf, size_t size, const char *prefix,
    const char *text);
static int fetch_shop_at(const fetch_shop_t *shop,
    fetch_shop_message_t *message, wismo_header_pt header, void *data,
    int64_t at, int rank);


int
fetch_shop_read(const fetch_shop_t *shop, wismo_pool_t *pool,
    const wismo_str_t *body, wismo_header_pt header, void *data, int64_t at,
    fetch_shop_message_t *message, bool *known, wismo_error_t *err)
{
    int                          rc, rank;
    fetch_scope_t                scope;
    const wismo_json_t          *root;
    const fetch_shop_adapter_t  *a;

    a = shop->adapter;
    *known = true;

    memset(message, 0, sizeof(fetch_shop_message_t));

    root = fetch_tree(pool, body, false);

    fetch_scope(NULL, pool, root, at, &scope);

    if (!fetch_shop_topic_of(a, &scope, header, data, &message->topic)) {
        *known = false;
        return WISMO_OK;
    }

    rank = fetch_shop_topic(a, &message->topic, &message->kind);

    if (rank < 0) {
        *known = false;
        return WISMO_OK;
    }

    if (message->kind == FETCH_SHOP_NONE
        || message->kind == FETCH_SHOP_REDACT_SHOP)
    {
        return WISMO_OK;
    }

    if (root == NULL) {
        wismo_error_set(err, "", "expected a JSON object");
        return WISMO_DECLINED;
    }

    message->fact = fetch_shop_object(&scope, &a->sections[message->kind]);

    if (message->fact == NULL) {
        return WISMO_ERROR;
    }

    if (message->kind == FETCH_SHOP_REDACT
        || message->kind == FETCH_SHOP_DATA_REQUEST)
    {
        rc = fetch_shop_at(shop, message, header, data, at, rank);

        if (rc != WISMO_OK) {
            json_decref(message->fact);
            message->fact = NULL;
        }

        return rc;
    }

    if (json_is_true(json_object_get(message->fact, "skip"))
        && message->kind == FETCH_SHOP_ORDER)
    {
        message->kind = FETCH_SHOP_NONE;
        rc = WISMO_OK;

    } else {
        rc = fetch_shop_which(shop, message, err);

        /* from here on a return is a shipment of its leg */

        if (message->kind == FETCH_SHOP_RETURN) {
            message->kind = FETCH_SHOP_SHIPMENT;

            if (json_object_set_new(message->fact, "leg", json_true()) != 0) {
                rc = WISMO_ERROR;
            }
        }

        if (rc == WISMO_OK && message->kind == FETCH_SHOP_ORDER) {
            rc = fetch_shop_back(message->fact);
        }

        if (rc == WISMO_OK) {
            rc = fetch_shop_at(shop, message, header, data, at, rank);
        }
    }

    if (rc != WISMO_OK || message->kind == FETCH_SHOP_NONE) {
        json_decref(message->fact);
        message->fact = NULL;
    }

    return rc;
}


static bool
fetch_shop_topic_of(const fetch_shop_adapter_t *a, const fetch_scope_t *scope,
    wismo_header_pt header, void *data, wismo_str_t *topic)
{
    if (a->topic_header.len) {
        return header(data, (char *) a->topic_header.data, topic)
               && topic->len;
    }

    return scope->root && fetch_path_text(scope, a->topic_at, topic, NULL)
           && topic->len;
}


/* Members that lead to nothing are not there. */

static json_t *
fetch_shop_object(const fetch_scope_t *scope, const fetch_shop_spec_t *spec)
{
    json_t    *object, *value;
    unsigned   i;

    object = json_object();

    for (i = 0; object && i < spec->n; i++) {
        value = fetch_shop_member(scope, &spec->members[i]);

        if (value
            && json_object_set_new(object, spec->members[i].field->name,
                                   value) != 0)
        {
            json_decref(object);
            return NULL;
        }
    }

    return object;
}


static json_t *
fetch_shop_member(const fetch_scope_t *scope, const fetch_shop_spec_t *spec)
{
    json_t       *value;
    wismo_str_t   text;

    switch (spec->field->type) {

    case FETCH_FIELD_OBJECT:
        value = fetch_shop_object(scope, spec);

        if (json_object_size(value) == 0) {
            json_decref(value);
            return NULL;
        }

        return value;

    case FETCH_FIELD_LIST:
        return fetch_shop_list(scope, spec);

    case FETCH_FIELD_TEXTS:
        return fetch_shop_texts(scope, spec);

    case FETCH_FIELD_INT:

        if (spec->paths.n == 0
            || !fetch_path_text(scope, &spec->paths.paths[0], &text, NULL))
        {
            return NULL;
        }

        return json_integer(fetch_int(&text, 0));

    case FETCH_FIELD_FLAG:
        return fetch_shop_flag(scope, spec);

    case FETCH_FIELD_TIME:
    case FETCH_FIELD_INSTANT:
        return fetch_shop_time(scope, spec);

    default:
        return fetch_shop_text(scope, spec);
    }
}


static json_t *
fetch_shop_list(const fetch_scope_t *scope, const fetch_shop_spec_t *spec)
{
    json_t         *list, *value;
    unsigned        i;
    fetch_nodes_t   nodes;
    fetch_scope_t   inner;

    if (fetch_path_all(scope, spec->each, &nodes) != WISMO_OK
        || nodes.n == 0)
    {
        return NULL;
    }

    list = json_array();

    for (i = 0; i < nodes.n && json_array_size(list) < spec->field->max; i++)
    {
        inner = *scope;
        inner.item = scope->here;
        inner.here = nodes.nodes[i];

        value = fetch_shop_object(&inner, spec);

        if (value && json_array_append_new(list, value) != 0) {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


static json_t *
fetch_shop_text(const fetch_scope_t *scope, const fetch_shop_spec_t *spec)
{
    size_t        i;
    wismo_str_t   text;

    wismo_str_null(&text);

    if (spec->paths.n
        && fetch_paths_join(scope, &spec->paths, (char *) spec->join.data,
                            spec->field->name, &text) != WISMO_OK)
    {
        return NULL;
    }

    if (text.len == 0) {
        text = spec->constant;
    }

    while (spec->cut.len && text.len >= spec->cut.len
           && memcmp(text.data, spec->cut.data, spec->cut.len) == 0)
    {
        text.data += spec->cut.len;
        text.len -= spec->cut.len;
    }

    for (i = text.len; spec->until.len && i > 0; i--) {

        if (text.len - i >= spec->until.len
            && memcmp(text.data + i, spec->until.data, spec->until.len) == 0)
        {
            text.len = i;
            break;
        }
    }

    return fetch_shop_string(&text, spec->field->max);
}


static json_t *
fetch_shop_texts(const fetch_scope_t *scope, const fetch_shop_spec_t *spec)
{
    json_t         *list, *value;
    unsigned        i;
    wismo_str_t     raw, text;
    fetch_nodes_t   nodes;

    if (spec->paths.n == 0
        || fetch_path_all(scope, &spec->paths.paths[0], &nodes) != WISMO_OK
        || nodes.n == 0)
    {
        return NULL;
    }

    list = json_array();

    for (i = 0; i < nodes.n && i < WISMO_ITEMS_MAX; i++) {

        if (!fetch_node_text(scope->pool, nodes.nodes[i], &raw)
            || fetch_clean(scope, &raw, &text) != WISMO_OK)
        {
            continue;
        }

        value = fetch_shop_string(&text, spec->field->max);

        if (value) {
            (void) json_array_append_new(list, value);
        }
    }

    return list;
}


/* Cut where a character ends; NULL if nothing is left. */

static json_t *
fetch_shop_string(wismo_str_t *text, size_t max)
{
    size_t  len;

    len = text->len;

    if (len > max) {

        for (len = max; len && (text->data[len] & 0xc0) == 0x80; len--) {
            /* void */
        }
    }

    return len ? json_stringn((char *) text->data, len) : NULL;
}


static json_t *
fetch_shop_flag(const fetch_scope_t *scope, const fetch_shop_spec_t *spec)
{
    bool                  set;
    unsigned              i;
    wismo_str_t           text;
    const wismo_json_t   *node;

    node = spec->paths.n ? fetch_path_first(scope, &spec->paths.paths[0],
                                            NULL)
                         : NULL;

    if (node == NULL) {
        return NULL;
    }

    if (!fetch_node_text(scope->pool, node, &text)) {
        wismo_str_set(&text, "true");
    }

    set = !wismo_str_is(&text, "false") && !wismo_str_is(&text, "0");

    for (i = 0; i < spec->nequals; i++) {
        set = wismo_str_eq(&text, &spec->equals[i]);

        if (set) {
            break;
        }
    }

    return set ? json_true() : NULL;
}


static json_t *
fetch_shop_time(const fetch_scope_t *scope, const fetch_shop_spec_t *spec)
{
    char           zone[16];
    json_t        *value;
    wismo_out_t    out;
    wismo_when_t   when;

    if (!fetch_times_read(scope, &spec->times, spec->field->name, &when)) {
        return NULL;
    }

    wismo_out_init(&out, scope->pool, 32);

    if (spec->field->type == FETCH_FIELD_INSTANT) {
        wismo_time_out_utc(&out, when.utc == WISMO_TIME_NONE ? when.wall
                                                             : when.utc);

    } else if (when.basis == WISMO_BASIS_DATE) {
        wismo_time_out_date(&out, when.wall);

    } else if (when.utc == WISMO_TIME_NONE) {
        wismo_time_out_wall(&out, when.wall);

    } else if (when.offset == WISMO_OFFSET_NONE || when.offset == 0) {
        wismo_time_out_utc(&out, when.utc);

    } else {
        wismo_time_out_wall(&out, when.utc + when.offset * 60);
        (void) snprintf(zone, sizeof(zone), "%c%02d:%02d",
                        when.offset < 0 ? '-' : '+',
                        (when.offset < 0 ? -when.offset : when.offset) / 60,
                        (when.offset < 0 ? -when.offset : when.offset) % 60);
        wismo_out_bytes(&out, zone, strlen(zone));
    }

    if (out.failed) {
        return NULL;
    }

    value = json_stringn((char *) out.start, (size_t) (out.pos - out.start));

    return value;
}


/* An order's returns are shipments of their leg, after the others. */

static int
fetch_shop_back(json_t *fact)
{
    int      rc;
    size_t   i;
    json_t  *returns, *shipments, *one;

    returns = json_object_get(fact, "returns");

    if (returns == NULL) {
        return WISMO_OK;
    }

    shipments = json_object_get(fact, "shipments");

    if (shipments == NULL) {
        shipments = json_array();

        if (json_object_set_new(fact, "shipments", shipments) != 0) {
            return WISMO_ERROR;
        }
    }

    rc = 0;

    json_array_foreach(returns, i, one) {
        rc |= json_object_set_new(one, "leg", json_true());
        rc |= json_array_append(shipments, one);
    }

    rc |= json_object_del(fact, "returns");

    return rc ? WISMO_ERROR : WISMO_OK;
}


/* The order it is about: its id at the shop, and its number if that is said.
 * Where a shop gives no ids, the number is one; a return may have one that
 * only a return_of leads on from. */

static int
fetch_shop_which(const fetch_shop_t *shop, fetch_shop_message_t *message,
    wismo_error_t *err)
{
    char          back[FETCH_SHOP_ID_MAX + 1];
    const char   *id, *number, *said;
    wismo_str_t   text;

    id = json_string_value(json_object_get(message->fact,
                               message->kind == FETCH_SHOP_ORDER
                               ? "id" : "order_id"));
    number = json_string_value(json_object_get(message->fact, "number"));

    if (number) {
        fetch_shop_word(message->number, sizeof(message->number),
                        shop->prefix, number);

        text = wismo_str_of(message->number);

        if (!wismo_order_number_ok(&text)) {
            wismo_error_set(err, "/number", "expected an order's number of 1 "
                            "to %d characters", WISMO_ORDER_NUMBER_MAX);
            return WISMO_DECLINED;
        }

        if (id == NULL) {
            id = number;
        }
    }

    said = json_string_value(json_object_get(message->fact, "return_id"));
    back[0] = '\0';

    if (said) {
        fetch_shop_word(back, sizeof(back), "return-", said);
    }

    if (message->kind == FETCH_SHOP_RETURN && id == NULL && back[0]) {
        snprintf(message->id, sizeof(message->id), "%s", back);
        return WISMO_OK;
    }

    if (message->kind == FETCH_SHOP_RETURN_OF
        && (back[0] == '\0'
            || json_object_set_new(message->fact, "return_id",
                                   json_string(back)) != 0))
    {
        wismo_error_set(err, "/return_id", "expected the return's id: nothing "
                        "is where the shop's file says");
        return WISMO_DECLINED;
    }

    if (id == NULL || (number == NULL && message->kind == FETCH_SHOP_ORDER))
    {
        wismo_error_set(err, id ? "/number" : "/id", "expected the order's "
                        "%s: nothing is where the shop's file says",
                        id ? "number" : "id or number");
        return WISMO_DECLINED;
    }

    fetch_shop_word(message->id, sizeof(message->id), "", id);

    return WISMO_OK;
}


/* Shops write "#1001" and "EN 1001/2": all that can't be in an order's number
 * becomes a dash, but not at its beginning. */

static void
fetch_shop_word(char *buf, size_t size, const char *prefix, const char *text)
{
    size_t       i;
    const char  *p;

    i = 0;

    for (p = prefix; *p && i < size - 1; p++) {
        buf[i++] = *p;
    }

    for (p = text; *p && i < size - 1; p++) {

        if ((*p >= '0' && *p <= '9') || (*p >= 'A' && *p <= 'Z')
            || (*p >= 'a' && *p <= 'z') || *p == '_'
            || (*p == '.' && i))
        {
            buf[i++] = *p;

        } else if (i && buf[i - 1] != '-' && (signed char) *p >= ' ') {
            buf[i++] = '-';
        }
    }

    while (i && buf[i - 1] == '-') {
        i--;
    }

    /* half a number would be another order's */

    buf[*p ? 0 : i] = '\0';
}


/*
 * What orders messages: the platform's own time of the change, then when it
 * was sent, then the topic's place in the file's list, then what it says, so
 * that any two that differ have an order.
 */

static int
fetch_shop_at(const fetch_shop_t *shop, fetch_shop_message_t *message,
    wismo_header_pt header, void *data, int64_t at, int rank)
{
    char          *dump, utc[32];
    size_t         i, n;
    uint64_t       hash;
    const char    *said;
    wismo_out_t    out;
    wismo_str_t    sent;
    wismo_when_t   when;
    wismo_pool_t   pool;

    const fetch_shop_adapter_t  *a = shop->adapter;

    wismo_str_null(&sent);

    if (a->sent_header.len
        && !header(data, (char *) a->sent_header.data, &sent))
    {
        wismo_str_null(&sent);
    }

    said = json_string_value(json_object_get(message->fact, "at"));

    if (said == NULL) {

        if (sent.len && wismo_time_iso(&sent, &when) == WISMO_OK
            && when.utc != WISMO_TIME_NONE)
        {
            at = when.utc;
        }

        wismo_pool_init(&pool, 4096, NULL, NULL);
        wismo_out_init(&out, &pool, 32);
        wismo_time_out_utc(&out, at);

        n = (size_t) (out.pos - out.start);

        if (!out.failed && n < sizeof(utc)) {
            memcpy(utc, out.start, n);
            utc[n] = '\0';

        } else {
            utc[0] = '\0';
        }

        wismo_pool_done(&pool);

        said = utc;
    }

    dump = json_dumps(message->fact, JSON_COMPACT|JSON_SORT_KEYS);

    if (dump == NULL) {
        return WISMO_ERROR;
    }

    hash = wismo_hash64((unsigned char *) dump, strlen(dump), 0);

    free(dump);

    n = (size_t) snprintf(message->at, sizeof(message->at), "%.20s|", said);

    for (i = 0; i < sent.len && i < FETCH_SHOP_SENT; i++) {
        message->at[n++] = (sent.data[i] > ' ' && sent.data[i] < 0x7f)
                           ? (char) sent.data[i] : '.';
    }

    snprintf(message->at + n, sizeof(message->at) - n, "|%03d|%016llx",
             rank < 999 ? rank : 999, (unsigned long long) hash);

    return WISMO_OK;
}
