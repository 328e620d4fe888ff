
/*
 * Copyright (C) The Wismo authors
 *
 * What the adapters in carriers/ ask: aggregators that want to hear of a
 * number first, envelopes of SOAP, tokens that come from another host.
 */


#include "test.h"

#include "fetch_adapter.h"


#define NOW    INT64_C(1772798400)    /* 2026-03-06T12:00:00Z */


typedef struct {
    wismo_pool_t      pool;
    fetch_adapter_t  *adapter;
    fetch_account_t   account;
} carrier_t;


typedef struct {
    int               http;
    const char       *body;
    fetch_outcome_e   outcome;
    const char       *handles[2];    /* NULL: not registered */
} registered_t;


static void
carrier_load(carrier_t *c, const char *name)
{
    char           path[128];
    wismo_error_t  err;

    memset(c, 0, sizeof(carrier_t));
    wismo_pool_init(&c->pool, 64 * 1024 * 1024, NULL, NULL);

    snprintf(path, sizeof(path), "ngx_wismo_module/carriers/%s.json", name);
    assert_int_equal(fetch_adapter_load(path, &c->adapter, &err, 1), 0);

    c->account.values = json_object();
    c->account.secrets = json_pack("{s:s}", "secret", "s&<1>");
}


static void
carrier_done(carrier_t *c)
{
    json_decref(c->account.values);
    json_decref(c->account.secrets);
    fetch_adapter_free(c->adapter);
    wismo_pool_done(&c->pool);
}


static void
carrier_set(carrier_t *c, const char *name, const char *value)
{
    json_object_set_new(c->account.values, name, json_string(value));
}


static const wismo_str_t *
header(const fetch_request_t *req, const char *name)
{
    unsigned  i;

    for (i = 0; i < req->nheaders; i++) {
        if (wismo_str_is(&req->headers[i].name, name)) {
            return &req->headers[i].value;
        }
    }

    fail_msg("there is no header %s", name);

    return NULL;
}


static void
contains(const wismo_str_t *text, const char *part)
{
    char  *copy;

    copy = strndup((char *) text->data, text->len);
    assert_non_null(copy);

    if (strstr(copy, part) == NULL) {
        print_message("%s\n", copy);
        fail_msg("there is no %s", part);
    }

    free(copy);
}


static void
register_all(carrier_t *c, const registered_t *cases, size_t n)
{
    size_t          i;
    unsigned        k;
    wismo_str_t     numbers[2], handles[2];
    fetch_reply_t   reply;
    fetch_answer_t  answer;

    numbers[0] = str("AA1");
    numbers[1] = str("BB2");

    for (i = 0; i < n; i++) {
        memset(&answer, 0, sizeof(fetch_answer_t));

        answer.http = cases[i].http;
        answer.body = heap_str(cases[i].body);
        answer.now = NOW;
        answer.numbers = numbers;
        answer.nnumbers = cases[i].handles[1] ? 2 : 1;

        assert_int_equal(fetch_adapter_register_reply(c->adapter, &c->pool,
                                                      &answer, &reply,
                                                      handles), WISMO_OK);
        assert_int_equal(reply.outcome, cases[i].outcome);

        for (k = 0; k < answer.nnumbers; k++) {

            if (cases[i].handles[k] == NULL || *cases[i].handles[k] == '\0') {
                assert_int_equal(handles[k].len, 0);
                continue;
            }

            assert_int_equal(reply.parts[k].outcome, FETCH_OK);
            assert_true(wismo_str_is(&handles[k], cases[i].handles[k]));
        }

        free(answer.body.data);
    }
}


static void
test_aftership(void **state)
{
    carrier_t        c;
    wismo_str_t      number, handle;
    fetch_request_t  req;

    static const registered_t  cases[] = {
        { 201, "{\"meta\":{\"code\":201},\"data\":{\"id\":\"h1\","
          "\"tracking_number\":\"AA1\"}}", FETCH_OK, { "h1", NULL } },
        { 400, "{\"meta\":{\"code\":4003,\"message\":\"exists\"},\"data\":"
          "{\"id\":\"h2\",\"tracking_number\":\"AA1\"}}",
          FETCH_OK, { "h2", NULL } },
        { 201, "{\"meta\":{\"code\":201},\"data\":{\"tracking\":{\"id\":"
          "\"h3\",\"tracking_number\":\"AA1\"}}}",
          FETCH_OK, { "h3", NULL } },
        { 400, "{\"meta\":{\"code\":4005},\"data\":{}}",
          FETCH_REFUSE, { NULL, NULL } },
        { 401, "{\"meta\":{\"code\":401},\"data\":{}}",
          FETCH_AUTH, { NULL, NULL } },
        { 429, "{\"meta\":{\"code\":429},\"data\":{}}",
          FETCH_THROTTLED, { NULL, NULL } },
        { 500, "", FETCH_RETRY, { NULL, NULL } }
    };

    (void) state;

    carrier_load(&c, "aftership");

    number = str("AA1");
    handle = str("h1");

    assert_int_equal(fetch_adapter_register_request(c.adapter, &c.pool,
                                                    &c.account, NULL, &number,
                                                    1, &req), WISMO_OK);
    assert_str(req.method, "POST");
    assert_str(req.body, "{\"tracking_number\":\"AA1\"}");
    assert_str(*header(&req, "as-api-key"), "s&<1>");

    carrier_set(&c, "slug", "ups");

    assert_int_equal(fetch_adapter_register_request(c.adapter, &c.pool,
                                                    &c.account, NULL, &number,
                                                    1, &req), WISMO_OK);
    assert_str(req.body, "{\"tracking_number\":\"AA1\",\"slug\":\"ups\"}");

    assert_int_equal(fetch_adapter_read_request(c.adapter, &c.pool,
                                                &c.account, NULL, &number,
                                                &handle, 1, &req), WISMO_OK);
    assert_str(req.url,
               "https://api.aftership.com/tracking/2025-01/trackings/h1");

    register_all(&c, cases, countof(cases));

    carrier_done(&c);
}


static void
test_17track(void **state)
{
    carrier_t        c;
    wismo_str_t      numbers[2];
    fetch_request_t  req;

    static const registered_t  cases[] = {
        { 200, "{\"code\":0,\"data\":{\"accepted\":[{\"number\":\"AA1\"},"
          "{\"number\":\"BB2\"}],\"rejected\":[]}}",
          FETCH_OK, { "AA1", "BB2" } },
        { 200, "{\"code\":0,\"data\":{\"accepted\":[{\"number\":\"AA1\"}],"
          "\"rejected\":[{\"number\":\"BB2\",\"error\":"
          "{\"code\":-18019901}}]}}", FETCH_OK, { "AA1", "BB2" } },
        { 200, "{\"code\":0,\"data\":{\"accepted\":[],\"rejected\":["
          "{\"number\":\"AA1\",\"error\":{\"code\":-18019901}}]}}",
          FETCH_OK, { "AA1", NULL } },
        { 200, "{\"code\":0,\"data\":{\"accepted\":[],\"rejected\":["
          "{\"number\":\"AA1\",\"error\":{\"code\":-18019908}}]}}",
          FETCH_THROTTLED, { NULL, NULL } },
        { 200, "{\"code\":-18010002,\"data\":{}}",
          FETCH_AUTH, { NULL, NULL } },
        { 200, "{\"code\":0,\"data\":{\"errors\":[{\"code\":-18010013}]}}",
          FETCH_REFUSE, { NULL, NULL } },
        { 200, "<html>", FETCH_RETRY, { NULL, NULL } }
    };

    (void) state;

    carrier_load(&c, "17track");
    assert_int_equal(fetch_adapter_batch(c.adapter), 40);

    numbers[0] = str("AA1");
    numbers[1] = str("BB2");

    assert_int_equal(fetch_adapter_register_request(c.adapter, &c.pool,
                                                    &c.account, NULL, numbers,
                                                    2, &req), WISMO_OK);
    assert_str(req.url, "https://api.17track.net/track/v2.2/register");
    assert_str(req.body, "[{\"number\":\"AA1\"},{\"number\":\"BB2\"}]");
    assert_str(*header(&req, "17token"), "s&<1>");

    assert_int_equal(fetch_adapter_read_request(c.adapter, &c.pool,
                                                &c.account, NULL, numbers,
                                                numbers, 2, &req), WISMO_OK);
    assert_str(req.url, "https://api.17track.net/track/v2.2/gettrackinfo");
    assert_str(req.body, "[{\"number\":\"AA1\"},{\"number\":\"BB2\"}]");

    register_all(&c, cases, countof(cases));

    carrier_done(&c);
}


static void
test_ship24(void **state)
{
    carrier_t        c;
    wismo_str_t      number, handle;
    fetch_request_t  req;

    static const registered_t  cases[] = {
        { 201, "{\"status\":\"success\",\"data\":[{\"itemStatus\":"
          "\"created\",\"inputData\":{\"trackingNumber\":\"AA1\"},"
          "\"tracker\":{\"trackerId\":\"t1\"}}]}", FETCH_OK, { "t1", NULL } },
        { 201, "{\"status\":\"success\",\"data\":[{\"itemStatus\":"
          "\"existing\",\"inputData\":{\"trackingNumber\":\"AA1\"},"
          "\"tracker\":{\"trackerId\":\"t2\"}}]}", FETCH_OK, { "t2", NULL } },
        { 207, "{\"status\":\"partial\",\"data\":[{\"itemStatus\":\"error\","
          "\"inputData\":{\"trackingNumber\":\"AA1\"},\"tracker\":null,"
          "\"errors\":[{\"code\":\"validation_error\"}]},{\"itemStatus\":"
          "\"created\",\"inputData\":{\"trackingNumber\":\"BB2\"},"
          "\"tracker\":{\"trackerId\":\"t3\"}}]}", FETCH_OK, { "", "t3" } },
        { 400, "{\"status\":\"error\",\"data\":[{\"itemStatus\":\"error\","
          "\"inputData\":{\"trackingNumber\":\"AA1\"},\"tracker\":null,"
          "\"errors\":[{\"code\":\"validation_error\"}]}]}",
          FETCH_REFUSE, { NULL, NULL } },
        { 403, "{\"status\":\"error\",\"data\":null,\"error\":"
          "{\"code\":\"quota_limit_reached\"}}",
          FETCH_THROTTLED, { NULL, NULL } },
        { 401, "{\"errors\":[{\"code\":\"x\"}],\"data\":null}",
          FETCH_AUTH, { NULL, NULL } }
    };

    (void) state;

    carrier_load(&c, "ship24");

    number = str("AA1");
    handle = str("t1");

    assert_int_equal(fetch_adapter_register_request(c.adapter, &c.pool,
                                                    &c.account, NULL, &number,
                                                    1, &req), WISMO_OK);
    assert_str(req.url, "https://api.ship24.com/public/v1/trackers/bulk");
    assert_str(req.body, "[{\"trackingNumber\":\"AA1\"}]");
    assert_str(*header(&req, "Authorization"), "Bearer s&<1>");

    assert_int_equal(fetch_adapter_read_request(c.adapter, &c.pool,
                                                &c.account, NULL, &number,
                                                &handle, 1, &req), WISMO_OK);
    assert_str(req.url,
               "https://api.ship24.com/public/v1/trackers/t1/results");

    register_all(&c, cases, countof(cases));

    carrier_done(&c);
}


static void
test_shippo(void **state)
{
    carrier_t        c;
    wismo_str_t      number;
    fetch_request_t  req;

    static const registered_t  cases[] = {
        { 201, "{\"tracking_number\":\"AA1\"}", FETCH_OK, { "AA1", NULL } },
        { 200, "{\"tracking_number\":\"AA1\"}", FETCH_OK, { "AA1", NULL } },
        { 400, "{\"carrier\":[\"x\"]}", FETCH_REFUSE, { NULL, NULL } },
        { 401, "{\"detail\":\"x\"}", FETCH_AUTH, { NULL, NULL } }
    };

    (void) state;

    carrier_load(&c, "shippo");
    carrier_set(&c, "carrier", "usps");

    number = str("AA1");

    assert_int_equal(fetch_adapter_register_request(c.adapter, &c.pool,
                                                    &c.account, NULL, &number,
                                                    1, &req), WISMO_OK);
    assert_str(req.url, "https://api.goshippo.com/tracks/");
    assert_str(req.body,
               "{\"carrier\":\"usps\",\"tracking_number\":\"AA1\"}");
    assert_str(*header(&req, "Authorization"), "ShippoToken s&<1>");

    assert_int_equal(fetch_adapter_read_request(c.adapter, &c.pool,
                                                &c.account, NULL, &number,
                                                &number, 1, &req), WISMO_OK);
    assert_str(req.url, "https://api.goshippo.com/tracks/usps/AA1");

    register_all(&c, cases, countof(cases));

    carrier_done(&c);
}


/* Credentials and numbers are no markup, whatever is in them. */

static void
test_soap(void **state)
{
    carrier_t         c;
    wismo_str_t       token, numbers[2];
    const char       *name;
    fetch_request_t   req;

    (void) state;

    token = str("t<&>");
    numbers[0] = str("A<1");
    numbers[1] = str("B&2");

    carrier_load(&c, "dpd");
    carrier_set(&c, "delis_id", "KD<1>");

    assert_int_equal(fetch_adapter_token_request(c.adapter, &c.pool,
                                                 &c.account, &req), WISMO_OK);
    contains(&req.body, "<delisId>KD&lt;1&gt;</delisId>"
             "<password>s&amp;&lt;1&gt;</password>");

    assert_int_equal(fetch_adapter_request(c.adapter, &c.pool, &c.account,
                                           &token, numbers, 1, &req),
                     WISMO_OK);
    contains(&req.body, "<authToken>t&lt;&amp;&gt;</authToken>");
    contains(&req.body,
             "<parcelLabelNumber>A&lt;1</parcelLabelNumber>");

    carrier_done(&c);
    carrier_load(&c, "purolator");
    carrier_set(&c, "key", "k");
    carrier_set(&c, "user_token", "u");

    assert_int_equal(fetch_adapter_request(c.adapter, &c.pool, &c.account,
                                           NULL, numbers, 2, &req), WISMO_OK);
    contains(&req.body, "<v1:PINs><v1:PIN><v1:Value>A&lt;1</v1:Value>"
             "</v1:PIN><v1:PIN><v1:Value>B&amp;2</v1:Value></v1:PIN>"
             "</v1:PINs>");

    carrier_done(&c);

    for (name = "canpar"; name;
         name = strcmp(name, "canpar") == 0 ? "chronopost" : NULL)
    {
        carrier_load(&c, name);
        carrier_set(&c, "account", "1");

        assert_int_equal(fetch_adapter_request(c.adapter, &c.pool,
                                               &c.account, NULL, numbers, 1,
                                               &req), WISMO_OK);
        contains(&req.body, "A&lt;1");

        carrier_done(&c);
    }
}


static void
test_amazon(void **state)
{
    carrier_t        c;
    wismo_str_t      token, number;
    fetch_request_t  req;

    (void) state;

    carrier_load(&c, "amazon_shipping");
    carrier_set(&c, "client_id", "id");
    carrier_set(&c, "carrier_id", "AMZN_US");
    carrier_set(&c, "business_id", "AmazonShipping_US");
    json_object_set_new(c.account.secrets, "refresh_token",
                        json_string("r|1"));

    token = str("t");
    number = str("TBA1");

    assert_int_equal(fetch_adapter_token_request(c.adapter, &c.pool,
                                                 &c.account, &req), WISMO_OK);
    assert_str(req.url, "https://api.amazon.com/auth/o2/token");
    assert_str(req.body, "grant_type=refresh_token&refresh_token=r%7C1"
               "&client_id=id&client_secret=s%26%3C1%3E");

    assert_int_equal(fetch_adapter_request(c.adapter, &c.pool, &c.account,
                                           &token, &number, 1, &req),
                     WISMO_OK);
    assert_str(req.url, "https://sellingpartnerapi-na.amazon.com/shipping/v2/"
               "tracking?trackingId=TBA1&carrierId=AMZN_US");
    assert_str(*header(&req, "x-amz-access-token"), "t");
    assert_str(*header(&req, "x-amzn-shipping-business-id"),
               "AmazonShipping_US");

    /* another region has the same tokens, a test has its own */

    c.account.base_url = str("https://sellingpartnerapi-eu.amazon.com");

    assert_int_equal(fetch_adapter_token_request(c.adapter, &c.pool,
                                                 &c.account, &req), WISMO_OK);
    assert_str(req.url, "https://api.amazon.com/auth/o2/token");

    c.account.base_url = str("http://127.0.0.1:8080/x");

    assert_int_equal(fetch_adapter_token_request(c.adapter, &c.pool,
                                                 &c.account, &req), WISMO_OK);
    assert_str(req.url, "http://127.0.0.1:8080/x/auth/o2/token");

    carrier_done(&c);
}


static void
test_parse_only(void **state)
{
    carrier_t  c;

    (void) state;

    carrier_load(&c, "evri");
    assert_false(fetch_adapter_can_poll(c.adapter));
    assert_true(fetch_adapter_has_push(c.adapter));
    carrier_done(&c);

    carrier_load(&c, "generic");
    assert_true(fetch_adapter_can_poll(c.adapter));
    assert_str(*wismo_verifier_header(fetch_adapter_verifier(c.adapter)),
               "webhook-signature");
    carrier_done(&c);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_aftership),
        cmocka_unit_test(test_17track),
        cmocka_unit_test(test_ship24),
        cmocka_unit_test(test_shippo),
        cmocka_unit_test(test_soap),
        cmocka_unit_test(test_amazon),
        cmocka_unit_test(test_parse_only),
    };

    return test_run("carriers", tests, countof(tests));
}
