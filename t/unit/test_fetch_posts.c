
/*
 * Copyright (C) The Wismo authors
 *
 * What the adapters of posts and parcel services ask: numbers joined in a
 * path, repeated in a query, inside XML inside a query; keys and passwords
 * where each carrier wants them.
 */


#include "test.h"

#include "fetch_adapter.h"


typedef struct {
    const char       *carrier;
    const char       *url;            /* two numbers, or one */
    const char       *header;         /* NULL: none is looked for */
    const char       *value;
} asked_t;


static void
test_questions(void **state)
{
    size_t            i;
    unsigned          k, n;
    wismo_str_t       numbers[2], token;
    wismo_pool_t      pool;
    wismo_error_t     err;
    fetch_adapter_t  *a;
    fetch_account_t   account;
    fetch_request_t   req;
    char              path[128];

    static const asked_t  cases[] = {
        { "australiapost", "https://digitalapi.auspost.com.au/shipping/v1/"
          "track?tracking_ids=A%26%22%3B1,BB2", "Account-Number", "no7" },
        { "canadapost", "https://soa-gw.canadapost.ca/vis/track/pin/"
          "A%26%22%3B1/detail", "Accept",
          "application/vnd.cpc.track-v2+xml" },
        { "dhl_express", "https://express.api.dhl.com/mydhlapi/tracking?"
          "shipmentTrackingNumber=A%26%22%3B1&shipmentTrackingNumber=BB2&"
          "trackingView=all-checkpoints&levelOfDetail=all&"
          "requestGMTOffsetPerEvent=true", "Authorization",
          "Basic dXM6cyY8MT4=" },
        { "dhl_parcel_de", "https://api-eu.dhl.com/parcel/de/tracking/v0/"
          "shipments?xml=%3C%3Fxml%20version%3D%221.0%22%20encoding%3D%22"
          "UTF-8%22%20standalone%3D%22no%22%3F%3E%3Cdata%20appname%3D%22"
          "app%22%20language-code%3D%22en%22%20password%3D%22p%26lt%3B%22"
          "%20piece-code%3D%22A%26amp%3B%26quot%3B%3B1%3BBB2%22%20request"
          "%3D%22d-get-piece-detail%22%2F%3E", "Authorization",
          "Basic aWQ6cyY8MT4=" },
        { "dhl_unified", "https://api-eu.dhl.com/track/shipments?"
          "trackingNumber=A%26%22%3B1&language=en", "DHL-API-Key",
          "s&<1>" },
        { "gls", "https://api.gls-group.net/track-and-trace-v1/tracking/"
          "simple/trackids/A%26%22%3B1,BB2?showEvents=true",
          "Authorization", "Bearer t0" },
        { "hermes", "https://de-api.hermesworld.com/services/hsi/"
          "shipmentinfo?shipmentID=A%26%22%3B1&shipmentID=BB2",
          "Authorization", "Bearer t0" },
        { "laposte", "https://api.laposte.fr/suivi/v2/idships/"
          "A%26%22%3B1,BB2?lang=fr_FR", "X-Okapi-Key", "s&<1>" },
        { "postnl", "https://api.postnl.nl/shipment/v2/status/barcode/"
          "A%26%22%3B1?detail=true", "apikey", "s&<1>" },
        { "postnord", "https://api2.postnord.com/rest/shipment/v5/"
          "trackandtrace/findByIdentifier.json?id=A%26%22%3B1&locale=en&"
          "apikey=s%26%3C1%3E", NULL, NULL },
        { "royalmail", "https://api.royalmail.net/mailpieces/v2/"
          "A%26%22%3B1/events", "X-IBM-Client-Id", "id" },
        { "usps", "https://apis.usps.com/tracking/v3/tracking/"
          "A%26%22%3B1?expand=DETAIL", "Authorization", "Bearer t0" }
    };

    (void) state;

    numbers[0] = str("A&\";1");
    numbers[1] = str("BB2");
    token = str("t0");

    memset(&account, 0, sizeof(fetch_account_t));
    account.values = json_pack("{s:s, s:s, s:s, s:s}", "client_id", "id",
                               "username", "us", "account", "no7",
                               "appname", "app");
    account.secrets = json_pack("{s:s, s:s}", "secret", "s&<1>",
                                "password", "p<");

    for (i = 0; i < countof(cases); i++) {
        wismo_pool_init(&pool, 64 * 1024 * 1024, NULL, NULL);

        snprintf(path, sizeof(path), "ngx_wismo_module/carriers/%s.json",
                 cases[i].carrier);
        assert_int_equal(fetch_adapter_load(path, &a, &err, 1), 0);
        assert_int_equal(fetch_adapter_account_ok(a, &account, &err),
                         WISMO_OK);

        n = fetch_adapter_batch(a) > 1 ? 2 : 1;

        assert_int_equal(fetch_adapter_request(a, &pool, &account, &token,
                                               numbers, n, &req), WISMO_OK);

        if (!wismo_str_is(&req.url, cases[i].url)) {
            fail_msg("%.*s", (int) req.url.len, (char *) req.url.data);
        }

        for (k = 0; cases[i].header && k < req.nheaders; k++) {
            if (wismo_str_is(&req.headers[k].name, cases[i].header)) {
                assert_true(wismo_str_is(&req.headers[k].value,
                                         cases[i].value));
                break;
            }
        }

        assert_true(cases[i].header == NULL || k < req.nheaders);

        fetch_adapter_free(a);
        wismo_pool_done(&pool);
    }

    json_decref(account.values);
    json_decref(account.secrets);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_questions),
    };

    return test_run("posts", tests, countof(tests));
}
