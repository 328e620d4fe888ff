
/*
 * Copyright (C) The Wismo authors
 *
 * The body of PUT /orders/<number> (docs/openapi.yaml), and a line of an
 * import: checked and read into an order.  The module calls it before it
 * accepts a body, the fetcher again when it takes the body from the inbox.
 *
 * What names or reaches a person is checked like all else, but never gets
 * into the order: it stays in the body, which has a key of its own.
 */


#include "wismo_body_int.h"
#include "wismo_edd.h"
#include "wismo_merge_int.h"


/* texts of an order, as JSON: leaves room for the rest of a document */
#define WISMO_BODY_BYTES_MAX      73728

#define WISMO_BODY_PAIRS_MAX      20

/* of a postcode that a lane is called after: a buyer's is no address */
#define WISMO_BODY_POSTCODE       3
#define WISMO_BODY_POSTCODE_FROM  12


static void wismo_body_head(wismo_body_t *b, const json_t *body,
    wismo_order_t *order);
static void wismo_body_cancelled(wismo_body_t *b, const json_t *body,
    wismo_order_t *order);
static void wismo_body_promised(wismo_body_t *b, const json_t *body,
    wismo_order_t *order);
static void wismo_body_customer(wismo_body_t *b, const json_t *body);
static void wismo_body_consent(wismo_body_t *b, const json_t *body);
static void wismo_body_ship_to(wismo_body_t *b, const json_t *body,
    wismo_order_t *order);
static void wismo_body_ship_from(wismo_body_t *b, const json_t *body,
    wismo_order_t *order);
static void wismo_body_items(wismo_body_t *b, const json_t *body,
    wismo_order_t *order);
static void wismo_body_metadata(wismo_body_t *b, const json_t *body);
static bool wismo_body_locale_ok(const wismo_str_t *s);
static bool wismo_body_email_ok(const wismo_str_t *s);
static bool wismo_body_phone_ok(const wismo_str_t *s);
static bool wismo_body_upper(wismo_str_t *s, size_t len);


static const char *const  wismo_body_names[] = {
    "brand", "placed_at", "locale", "currency", "customer", "ship_to",
    "ship_from", "items", "promised", "shipments", "metadata", "status",
    "cancelled", "consent", NULL
};

static const char *const  wismo_body_import_names[] = {
    "number", "brand", "placed_at", "locale", "currency", "customer",
    "ship_to", "ship_from", "items", "promised", "shipments", "metadata",
    "status", "cancelled", "consent", NULL
};


int
wismo_order_body(wismo_pool_t *pool, const json_t *body,
    const wismo_body_rules_t *rules, wismo_order_t *order,
    wismo_error_t *errors, int max)
{
    wismo_body_t   b;
    wismo_order_t  unused;

    if (order == NULL) {
        order = &unused;
    }

    memset(order, 0, sizeof(wismo_order_t));

    b.pool = pool;
    b.rules = rules;
    b.errors = errors;
    b.max = max;
    b.n = 0;
    b.bytes = 0;
    b.failed = false;

    order->placed_at = WISMO_TIME_NONE;
    order->promised_from = WISMO_TIME_NONE;
    order->promised_until = WISMO_TIME_NONE;
    order->updated_at = WISMO_TIME_NONE;
    order->revoked_at = WISMO_TIME_NONE;

    if (!json_is_object(body)) {
        wismo_body_fault(&b, NULL, NULL, "expected an object");
        return b.n;
    }

    wismo_body_known(&b, NULL, body, rules->events ? wismo_body_import_names
                                                   : wismo_body_names);

    wismo_body_head(&b, body, order);
    wismo_body_cancelled(&b, body, order);
    wismo_body_promised(&b, body, order);
    wismo_body_customer(&b, body);
    wismo_body_consent(&b, body);
    wismo_body_ship_to(&b, body, order);
    wismo_body_ship_from(&b, body, order);
    wismo_body_items(&b, body, order);
    wismo_body_shipments(&b, NULL, body, order);
    wismo_body_metadata(&b, body);

    if (b.bytes > WISMO_BODY_BYTES_MAX) {
        wismo_body_fault(&b, NULL, NULL, "expected at most %d bytes in all "
                         "texts together, not %zu", WISMO_BODY_BYTES_MAX,
                         b.bytes);
    }

    if (!b.failed && b.n == 0
        && wismo_merge_ids(pool, order, NULL) != WISMO_OK)
    {
        b.failed = true;
    }

    return b.failed ? WISMO_ERROR : b.n;
}


static void
wismo_body_head(wismo_body_t *b, const json_t *body, wismo_order_t *order)
{
    bool  day;

    if (b->rules->events
        && wismo_body_string(b, NULL, body, "number", WISMO_ORDER_NUMBER_MAX,
                             0, &order->number)
        && !wismo_order_number_ok(&order->number))
    {
        wismo_body_fault(b, NULL, "number", "expected 1 to %d letters, "
                         "digits, \".\", \"_\" and \"-\", not beginning with "
                         "\".\" nor ending in \".json\", \".ics\", "
                         "\".atom\" or \".txt\"",
                         WISMO_ORDER_NUMBER_MAX);
    }

    (void) wismo_body_string(b, NULL, body, "brand", 64, WISMO_BODY_ID,
                             &order->brand);

    if (wismo_body_string(b, NULL, body, "locale", 35, 0, &order->locale)
        && !wismo_body_locale_ok(&order->locale))
    {
        wismo_body_fault(b, NULL, "locale", "expected a language tag such as "
                         "\"en\" or \"pt-BR\"");
    }

    if (wismo_body_string(b, NULL, body, "currency", 16, 0, &order->currency)
        && !wismo_body_upper(&order->currency, 3))
    {
        wismo_body_fault(b, NULL, "currency", "expected three letters (ISO "
                         "4217) such as \"EUR\"");
    }

    order->placed_at = wismo_body_time(b, NULL, body, "placed_at", &day,
                                       &order->placed_offset);
}


static void
wismo_body_cancelled(wismo_body_t *b, const json_t *body,
    wismo_order_t *order)
{
    wismo_str_t    text;
    const json_t  *v;

    v = json_object_get(body, "cancelled");

    if (v && !json_is_boolean(v) && !json_is_null(v)) {
        wismo_body_fault(b, NULL, "cancelled", "expected true or false");
    }

    order->cancelled = v && json_is_true(v);

    if (wismo_body_word(b, NULL, body, "status", 0, &text)) {

        if (wismo_str_is(&text, "cancelled")) {
            order->cancelled = true;

        } else {
            wismo_body_fault(b, NULL, "status", "expected \"cancelled\" or "
                             "nothing: any other status comes from the "
                             "carrier");
        }
    }
}


static void
wismo_body_promised(wismo_body_t *b, const json_t *body,
    wismo_order_t *order)
{
    bool              from_day, until_day;
    int64_t           from, until;
    const json_t     *promised;
    wismo_body_at_t   at;

    static const char *const  names[] = { "from", "until", NULL };

    promised = wismo_body_object(b, NULL, body, "promised");

    if (promised == NULL) {
        return;
    }

    at.in = NULL;
    at.name = "promised";
    at.index = 0;

    wismo_body_known(b, &at, promised, names);

    from = wismo_body_time(b, &at, promised, "from", &from_day,
                           &order->from_offset);
    until = wismo_body_time(b, &at, promised, "until", &until_day,
                            &order->until_offset);

    order->promised_days = (from_day || from == WISMO_TIME_NONE)
                           && (until_day || until == WISMO_TIME_NONE)
                           && (from_day || until_day);

    /* a day beside a clock: until its last second */

    if (until_day && !order->promised_days) {
        until += 86399;
    }

    if (from != WISMO_TIME_NONE && until != WISMO_TIME_NONE && until < from) {
        wismo_body_fault(b, &at, "until", "expected a time that is not "
                         "before \"from\"");
    }

    order->promised_from = from;
    order->promised_until = until;
}


static void
wismo_body_customer(wismo_body_t *b, const json_t *body)
{
    size_t            kept;
    wismo_str_t       text;
    const json_t     *customer;
    wismo_body_at_t   at;

    static const char *const  names[] = { "name", "email", "phone", NULL };

    customer = wismo_body_object(b, NULL, body, "customer");

    if (customer == NULL) {
        return;
    }

    at.in = NULL;
    at.name = "customer";
    at.index = 0;

    kept = b->bytes;

    wismo_body_known(b, &at, customer, names);

    (void) wismo_body_string(b, &at, customer, "name", 200, 0, &text);

    if (wismo_body_string(b, &at, customer, "email", 254, 0, &text)
        && !wismo_body_email_ok(&text))
    {
        wismo_body_fault(b, &at, "email", "expected one e-mail address such "
                         "as name@example.com");
    }

    if (wismo_body_string(b, &at, customer, "phone", 40, 0, &text)
        && !wismo_body_phone_ok(&text))
    {
        wismo_body_fault(b, &at, "phone", "expected a phone number such as "
                         "+442079460000");
    }

    b->bytes = kept;
}


/* By which channels the customer may be told; who says nothing may be. */

static void
wismo_body_consent(wismo_body_t *b, const json_t *body)
{
    unsigned          i;
    const json_t     *consent, *said;
    wismo_body_at_t   at;

    static const char *const  names[] = { "email", "sms", NULL };

    consent = wismo_body_object(b, NULL, body, "consent");

    if (consent == NULL) {
        return;
    }

    at.in = NULL;
    at.name = "consent";
    at.index = 0;

    wismo_body_known(b, &at, consent, names);

    for (i = 0; names[i]; i++) {
        said = json_object_get(consent, names[i]);

        if (said && !json_is_boolean(said) && !json_is_null(said)) {
            wismo_body_fault(b, &at, names[i], "expected true or false");
        }
    }
}


static void
wismo_body_ship_to(wismo_body_t *b, const json_t *body, wismo_order_t *order)
{
    size_t            kept;
    wismo_str_t       text, region, postcode;
    const json_t     *to;
    wismo_body_at_t   at;

    static const char *const  names[] = {
        "name", "line1", "line2", "city", "region", "postal_code", "country",
        NULL
    };

    to = wismo_body_object(b, NULL, body, "ship_to");

    if (to == NULL) {
        return;
    }

    at.in = NULL;
    at.name = "ship_to";
    at.index = 0;

    wismo_body_known(b, &at, to, names);

    kept = b->bytes;

    (void) wismo_body_string(b, &at, to, "name", 200, 0, &text);
    (void) wismo_body_string(b, &at, to, "line1", 200, 0, &text);
    (void) wismo_body_string(b, &at, to, "line2", 200, 0, &text);
    (void) wismo_body_string(b, &at, to, "region", 200, 0, &region);
    (void) wismo_body_string(b, &at, to, "postal_code", 20, 0, &postcode);

    b->bytes = kept;

    (void) wismo_body_string(b, &at, to, "city", 200, 0, &order->city);

    if (wismo_body_string(b, &at, to, "country", 16, 0, &order->country)
        && !wismo_body_upper(&order->country, 2))
    {
        wismo_body_fault(b, &at, "country", "expected two letters (ISO "
                         "3166-1) such as \"DE\"");

    } else if (wismo_edd_place_make(b->pool, &order->country, &region,
                                    &postcode, WISMO_BODY_POSTCODE,
                                    &order->lane_to)
               != WISMO_OK)
    {
        b->failed = true;
    }
}


/* The warehouse: what delivery times are learnt by. */

static void
wismo_body_ship_from(wismo_body_t *b, const json_t *body,
    wismo_order_t *order)
{
    wismo_str_t       country, region, postcode;
    const json_t     *from;
    wismo_body_at_t   at;

    static const char *const  names[] = {
        "country", "region", "postal_code", NULL
    };

    from = wismo_body_object(b, NULL, body, "ship_from");

    if (from == NULL) {
        return;
    }

    at.in = NULL;
    at.name = "ship_from";
    at.index = 0;

    wismo_body_known(b, &at, from, names);

    (void) wismo_body_string(b, &at, from, "region", 200, 0, &region);
    (void) wismo_body_string(b, &at, from, "postal_code", 20, 0, &postcode);

    if (!wismo_body_string(b, &at, from, "country", 16, 0, &country)
        || !wismo_body_upper(&country, 2))
    {
        wismo_body_fault(b, &at, "country", "expected two letters (ISO "
                         "3166-1) such as \"DE\"");

    } else if (wismo_edd_place_make(b->pool, &country, &region, &postcode,
                                    WISMO_BODY_POSTCODE_FROM,
                                    &order->lane_from)
               != WISMO_OK)
    {
        b->failed = true;
    }
}


static void
wismo_body_items(wismo_body_t *b, const json_t *body, wismo_order_t *order)
{
    size_t            i, j, n;
    wismo_item_t     *item;
    const json_t     *items, *v;
    wismo_body_at_t   list, at;

    static const char *const  names[] = {
        "id", "sku", "name", "quantity", "image_url", "url", NULL
    };

    items = wismo_body_array(b, NULL, body, "items", WISMO_ITEMS_MAX);

    if (items == NULL) {
        return;
    }

    n = json_array_size(items);

    order->items = wismo_pcalloc(b->pool, n * sizeof(wismo_item_t));

    if (order->items == NULL) {
        b->failed = true;
        return;
    }

    order->nitems = (unsigned) n;

    list.in = NULL;
    list.name = "items";
    list.index = 0;

    at.in = &list;
    at.name = NULL;

    for (i = 0; i < n; i++) {

        v = json_array_get(items, i);
        item = &order->items[i];
        at.index = i;

        if (!json_is_object(v)) {
            wismo_body_fault(b, &at, NULL, "expected an object");
            continue;
        }

        wismo_body_known(b, &at, v, names);

        (void) wismo_body_string(b, &at, v, "id", 64, 0, &item->id);
        (void) wismo_body_string(b, &at, v, "sku", 100, 0, &item->sku);
        (void) wismo_body_string(b, &at, v, "name", 300, 0, &item->name);
        (void) wismo_body_string(b, &at, v, "image_url", 1024,
                                 WISMO_BODY_URL, &item->image_url);
        (void) wismo_body_string(b, &at, v, "url", 1024, WISMO_BODY_URL,
                                 &item->url);

        item->quantity = wismo_body_quantity(b, &at, v);

        for (j = 0; item->id.len && j < i; j++) {

            if (wismo_str_eq(&item->id, &order->items[j].id)) {
                wismo_body_fault(b, &at, "id", "expected an id of its own: "
                                 "/items/%zu has this one", j);
                break;
            }
        }
    }
}


static void
wismo_body_metadata(wismo_body_t *b, const json_t *body)
{
    void             *iter;
    size_t            kept;
    wismo_str_t       text;
    const char       *key;
    const json_t     *pairs;
    wismo_body_at_t   at;

    pairs = wismo_body_object(b, NULL, body, "metadata");

    if (pairs == NULL) {
        return;
    }

    at.in = NULL;
    at.name = "metadata";
    at.index = 0;

    if (json_object_size(pairs) > WISMO_BODY_PAIRS_MAX) {
        wismo_body_fault(b, &at, NULL, "expected at most %d members, not "
                         "%zu", WISMO_BODY_PAIRS_MAX,
                         json_object_size(pairs));
        return;
    }

    kept = b->bytes;

    iter = json_object_iter((json_t *) pairs);

    while (iter) {
        key = json_object_iter_key(iter);

        if (key[0] == '\0' || strlen(key) > 64) {
            wismo_body_fault(b, &at, key, "expected a name of 1 to 64 bytes");
        }

        (void) wismo_body_string(b, &at, pairs, key, 500, 0, &text);

        iter = json_object_iter_next((json_t *) pairs, iter);
    }

    b->bytes = kept;
}


/* The shape of BCP 47, with the underscore that many shops write. */

static bool
wismo_body_locale_ok(const wismo_str_t *s)
{
    size_t         i, run;
    unsigned char  c;

    run = 0;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c == '-' || c == '_') {

            if (run == 0 || (run == i && run < 2)) {
                return false;
            }

            run = 0;
            continue;
        }

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')
            && !(c >= '0' && c <= '9' && run < i))
        {
            return false;
        }

        if (++run > 8) {
            return false;
        }
    }

    return run > 1 || (run == 1 && s->len > 2);
}


static bool
wismo_body_email_ok(const wismo_str_t *s)
{
    size_t  i, at;

    at = 0;

    for (i = 0; i < s->len; i++) {

        if (s->data[i] <= ' ' || s->data[i] == ',' || s->data[i] == ';'
            || s->data[i] == '<' || s->data[i] == '>')
        {
            return false;
        }

        if (s->data[i] == '@') {

            if (at || i == 0) {
                return false;
            }

            at = i;
        }
    }

    return at && at + 1 < s->len;
}


/* A plus stands before all digits, if not before all else: "(+44) 20 ...". */

static bool
wismo_body_phone_ok(const wismo_str_t *s)
{
    bool           plus;
    size_t         i, digits;
    unsigned char  c;

    digits = 0;
    plus = false;

    for (i = 0; i < s->len; i++) {
        c = s->data[i];

        if (c >= '0' && c <= '9') {
            digits++;

        } else if (c == '+' && !plus && digits == 0) {
            plus = true;

        } else if (!strchr(" -.()/", c)) {
            return false;
        }
    }

    return digits >= 4 && digits <= 20;
}


/* "len" letters, which become upper case. */

static bool
wismo_body_upper(wismo_str_t *s, size_t len)
{
    size_t          i;
    unsigned char  *p;

    if (s->len != len) {
        return false;
    }

    for (i = 0; i < len; i++) {
        p = &s->data[i];

        if (*p >= 'a' && *p <= 'z') {
            *p = (unsigned char) (*p - 'a' + 'A');

        } else if (*p < 'A' || *p > 'Z') {
            return false;
        }
    }

    return true;
}
