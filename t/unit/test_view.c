
/*
 * Copyright (C) The Wismo authors
 *
 * The view model and the pages made from it, with the real catalogue and the
 * real templates: what a shopper reads in each state of an order, and that no
 * hostile document breaks out of the markup.  Runs at the root of the tree.
 */


#include "test_view.h"


static void
test_full(void **state)
{
    char          *html;
    wismo_pool_t   pool;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    html = page(*state, &pool,
        "{" MINIMAL "\"status\":\"in_transit\","
        "\"substatus\":\"arrived_facility\",\"severity\":\"green\","
        "\"milestone\":2,\"placed_at\":\"2025-12-31T08:00:00Z\","
        "\"promised\":{\"from\":\"2026-11-25T00:00:00Z\","
        "\"until\":\"2026-11-27T20:00:00Z\"},"
        "\"estimate\":{\"from\":\"2026-11-26T09:00:00\","
        "\"to\":\"2026-11-26T12:00:00\",\"date\":null,\"basis\":\"local\"},"
        "\"city\":\"Raleigh\",\"country\":\"US\","
        "\"parcels_total\":3,\"parcels_delivered\":2,\"items_unshipped\":4,"
        "\"items\":[{\"id\":\"a\",\"name\":\"Shoes\",\"quantity\":1,"
        "\"unshipped\":1},"
        "{\"id\":\"b\",\"name\":\"Socks\",\"quantity\":3,"
        "\"url\":\"https://shop.example/socks\"}],"
        "\"parcels\":["
        PARCEL "\"status\":\"in_transit\",\"substatus\":\"arrived_facility\","
        "\"milestone\":2,\"source\":\"poll\",\"last_event_at\":"
        "\"2026-11-24T09:41:00Z\",\"tracking_number\":\"1Z999AA1\","
        "\"service\":\"UPS Ground\","
        "\"tracking_url\":\"https://ups.example/1Z999AA1\","
        "\"items\":[{\"id\":\"b\",\"quantity\":2}],\"events\":["
        EVENT("\"2026-11-24T09:41:00Z\"", "\"2026-11-24T04:41:00\"", "offset",
              "in_transit", "arrived_facility", "Arrived", "Louisville")
        "," EVENT("null", "\"2026-11-23T15:02:00\"", "local", "note", "",
                  "Sorted by hand", "")
        "," EVENT("\"2026-11-22T22:03:00Z\"", "\"2026-11-22T22:03:00\"",
                  "utc", "label_created", "announced",
              "The carrier has the details", "")
        "," EVENT("null", "null", "date", "ordered", "confirmed", "", "")
        "]},"
        PARCEL "\"status\":\"delivered\",\"substatus\":\"neighbour\","
        "\"milestone\":4,\"source\":\"push\",\"delivered_to\":\"neighbour\","
        "\"signed_for\":true,\"pieces_total\":2,\"pieces_delivered\":2,"
        "\"last_event_at\":\"2026-11-24T12:00:00Z\",\"events\":[]},"
        "{\"checked_at\":null,\"next_check_at\":null,\"carrier\":\"my_van\","
        "\"status\":\"ready_for_pickup\",\"substatus\":\"waiting\","
        "\"pickup_by\":\"2026-11-30\",\"milestone\":3,\"source\":\"api\"}]}",
        WISMO_VIEW_FULL, false);

    sound(html);

    has(html, "<title>Arriving Thursday, 26 November \xc2\xb7 Order NW-1 "
              "\xc2\xb7 Northwind &amp; Sons</title>");
    has(html, "<body class=\"info\">");
    has(html, "Placed on Wed 31 Dec 2025");
    has(html, "<h1>Arriving Thursday, 26 November</h1>");
    has(html, "<p class=\"when\">Between 09:00 and 12:00 local time</p>");
    has(html, "<p class=\"tag\">On its way</p>");
    has(html, "The carrier has named these hours.");
    has(html, "sorted and sent on towards you");
    has_not(html, "Estimated delivery</p>");
    has(html, "Promised for Wed 25 Nov \xe2\x80\x93 Fri 27 Nov");
    has(html, "2 of 3 parcels delivered");
    has(html, "Still to be shipped: 4");
    has(html, "Going to Raleigh, US");
    has(html, "Last check: Tue 24 Nov, 19:00 UTC");

    /* steps: two behind, one now, two to come */

    assert_int_equal(count(html, "aria-current=\"step\""), 1);
    assert_int_equal(count(html, "(done)"), 2);
    assert_int_equal(count(html, "(now)"), 1);
    assert_int_equal(count(html, "(to come)"), 2);
    has(html, "aria-current=\"step\"><span>In transit</span>");

    /* parcels */

    has(html, "Parcel\xc2\xa0" "1\xc2\xa0of\xc2\xa0" "3");
    has(html, "<dd>UPS <span class=\"quiet\">Ground</span></dd>");
    has(html, "<bdi class=\"code\" dir=\"ltr\">1Z999AA1</bdi>");
    has(html, "<a class=\"link\" href=\"https://ups.example/1Z999AA1\" "
              "rel=\"noopener noreferrer\">");
    has(html, "<b>2 \xc3\x97</b> <a href=\"https://shop.example/socks\"");
    has(html, "<b>3 \xc3\x97</b>");
    has(html, "<li>Shoes <small>Still to be shipped: 1</small></li>");
    has(html, "<dd>UPS, which we asked</dd>");
    has(html, "<dd>UPS, which told us</dd>");
    has(html, "<dd>Reported by the shop</dd>");
    has(html, "<dd>MY VAN</dd>");
    has(html, "Collect by Mon 30 Nov");
    has(html, "2 of 2 pieces delivered");
    has(html, "Signed for");
    has(html, "<p class=\"tag\">Left with a neighbour</p>");
    has_not(html, "<p class=\"fact\">Left with a neighbour</p>");
    has(html, "<dd>Tue 24 Nov, 12:00 UTC</dd>");
    has(html, "Not asked yet");
    has(html, "Not scanned yet");
    has(html, "None needed");

    /* each scan by the clock it was printed by */

    has(html, "<b>Reached a sorting centre</b>");
    has(html, "<h4>Tuesday, 24 November</h4>");
    has(html, "<time datetime=\"2026-11-24T09:41:00Z\">04:41</time> "
              "<span>local time</span>");
    has(html, "<b>Sorted by hand</b>");
    assert_int_equal(count(html, "The carrier has the details"), 1);
    has(html, "<time datetime=\"2026-11-23T15:02:00\">15:02</time> "
              "<span>local time</span>");
    has(html, "<time datetime=\"2026-11-22T22:03:00Z\">22:03</time> "
              "<span>UTC</span>");
    assert_int_equal(count(html, "<h4>Monday, 23 November</h4>"), 2);
    has(html, "<dd>Tue 24 Nov, 04:41 local time</dd>");

    has_not(html, "This is the short view");

    wismo_pool_done(&pool);
}


/* The minimal view shows nothing it should not, even if it were there. */

static void
test_minimal(void **state)
{
    char          *html;
    wismo_pool_t   pool;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    html = page(*state, &pool,
        "{" MINIMAL "\"status\":\"delivered\",\"substatus\":\"collected\","
        "\"severity\":\"green\",\"milestone\":4,\"city\":\"Raleigh\","
        "\"items\":[{\"id\":\"a\",\"name\":\"Shoes\"}],\"parcels\":["
        PARCEL "\"status\":\"delivered\",\"substatus\":\"collected\","
        "\"tracking_number\":\"1Z999AA1\",\"signed_for\":true,"
        "\"items\":[{\"id\":\"a\"}],\"service\":\"Ground\","
        "\"tracking_url\":\"https://ups.example/1Z999AA1\","
        "\"last_event_at\":\"2026-11-24T12:00:00Z\",\"events\":["
        EVENT("null", "null", "date", "delivered", "generic", "Scan", "Here")
        "]}]}",
        WISMO_VIEW_MINIMAL, false);

    sound(html);

    has(html, "<h1>Collected</h1>");
    has(html, "<body class=\"ok\">");
    has(html, "Tue 24 Nov, 12:00 UTC");
    has(html, "<span>Ready to collect</span>");
    assert_int_equal(count(html, "(done)"), 5);
    has(html, "This is the short view");
    has_not(html, "Raleigh");
    has_not(html, "Shoes");
    has_not(html, "1Z999AA1");
    has_not(html, "Ground");
    has_not(html, "Scan");
    has_not(html, "Here");
    has_not(html, "Signed for");

    wismo_pool_done(&pool);
}


/* A date, or why there is none. */

static void
test_dates(void **state)
{
    char          *html, text[1024];
    size_t         i;
    wismo_pool_t   pool;

    static const struct {
        const char  *json;
        const char  *want;
    } dates[] = {
        { "\"status\":\"ordered\",\"milestone\":0",
          "There will be one once the order is with a carrier." },
        { "\"status\":\"in_transit\",\"milestone\":2,\"estimate\":null,"
          "\"promised\":null",
          "The carrier has not given a date." },
        { "\"status\":\"returning\",\"milestone\":2,"
          "\"estimate\":{\"date\":\"2026-11-26\",\"basis\":\"date\"}",
          "no longer on its way to you" },
        { "\"status\":\"out_for_delivery\",\"milestone\":3,"
          "\"estimate\":{\"date\":\"2026-11-26\",\"basis\":\"date\"}",
          "<p class=\"when\">Thu 26 Nov</p>" },
        { "\"status\":\"out_for_delivery\",\"milestone\":3,"
          "\"estimate\":{\"to\":\"2026-11-26T18:00:00\",\"basis\":\"zone\"}",
          "<p class=\"when\">By Thu 26 Nov, 18:00 local time</p>" },
        { "\"status\":\"out_for_delivery\",\"milestone\":3,"
          "\"estimate\":{\"from\":\"2026-11-26T08:00:00Z\","
          "\"basis\":\"utc\"}",
          "<p class=\"when\">From Thu 26 Nov, 08:00 UTC</p>" },
        { "\"status\":\"out_for_delivery\",\"milestone\":3,"
          "\"estimate\":{\"from\":\"2026-11-26T08:00:00Z\","
          "\"to\":\"2026-11-28T18:00:00Z\",\"basis\":\"utc\"}",
          "<p class=\"when\">Thu 26 Nov \xe2\x80\x93 Sat 28 Nov</p>" },
        { "\"status\":\"out_for_delivery\",\"milestone\":3,"
          "\"estimate\":{\"to\":\"2026-11-26T00:00:00Z\",\"basis\":\"utc\"}",
          "<p class=\"when\">Thu 26 Nov</p>" },
        { "\"status\":\"out_for_delivery\",\"milestone\":3,"
          "\"estimate\":{\"from\":\"2026-11-26T00:00:00\","
          "\"to\":\"2026-11-26T23:59:00\",\"basis\":\"local\"}",
          "<p class=\"when\">Thu 26 Nov</p>" },
        { "\"status\":\"in_transit\",\"milestone\":2,"
          "\"promised\":{\"from\":null,\"until\":\"2027-01-04T18:00:00Z\"}",
          "<p class=\"over\">Promised delivery</p>\n      "
          "<p class=\"when\">Mon 4 Jan 2027</p>" },
        { "\"status\":\"delayed\",\"milestone\":2,"
          "\"promised\":{\"from\":null,\"until\":\"2026-11-20T18:00:00Z\"}",
          "<p class=\"over\">Was expected</p>\n      "
          "<p class=\"when\">Fri 20 Nov</p>" },
        { "\"status\":\"delivered\",\"milestone\":4,\"parcels\":["
          "{\"status\":\"delivered\",\"last_event_at\":\"2026-11-20\"},"
          "{\"status\":\"delivered\","
          "\"last_event_at\":\"2026-11-21T10:00:00\"},"
          "{\"status\":\"cancelled\","
          "\"last_event_at\":\"2026-11-22T10:00:00Z\"}]",
          "<h1>Delivered Saturday, 21 November</h1>" },
        { "\"status\":\"delivered\",\"milestone\":4",
          "<p class=\"when\">Time not given</p>" },
    };

    for (i = 0; i < countof(dates); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        (void) snprintf(text, sizeof(text), "{" MINIMAL "%s}", dates[i].json);

        html = page(*state, &pool, text, WISMO_VIEW_MINIMAL, false);

        sound(html);
        has(html, dates[i].want);

        wismo_pool_done(&pool);
    }
}


/* Each status of the vocabulary makes a page with its own words. */

static void
test_every_status(void **state)
{
    char                     *html, text[512], want[64];
    wismo_pool_t              pool;
    const wismo_substatus_t  *row;

    static const char *const  tones[] = { "info", "warn", "bad" };

    for (row = wismo_substatus_table(); row->name; row++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        (void) snprintf(text, sizeof(text), "{" MINIMAL "\"status\":\"%s\","
                        "\"substatus\":\"%s\",\"milestone\":%d}",
                        row->name, row->sub,
                        row->milestone < 0 ? 2 : row->milestone);

        html = page(*state, &pool, text, WISMO_VIEW_MINIMAL, false);

        sound(html);

        (void) snprintf(want, sizeof(want), "<body class=\"%s\">",
                        row->severity == WISMO_GREEN
                        && row->status == WISMO_DELIVERED
                        ? "ok" : tones[row->severity]);
        has(html, want);

        assert_int_equal(count(html, "Your turn"),
                         row->act == WISMO_ACT_RECIPIENT);
        assert_int_equal(count(html, "<ol class=\"steps\""),
                         row->status == WISMO_DELIVERED || !row->final);
        has_not(html, "<h1></h1>");
        has_not(html, "</b></p>");

        wismo_pool_done(&pool);
    }
}


/* What is old is told to be old. */

static void
test_age(void **state)
{
    char              *html;
    wismo_pool_t       pool;
    wismo_str_t        in;
    wismo_json_t      *json, *model;
    wismo_error_t      err;
    wismo_view_ctx_t   ctx;
    wismo_document_t   doc;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    html = page(*state, &pool, "{" MINIMAL "\"status\":\"in_transit\"}",
                WISMO_VIEW_MINIMAL, true);
    sound(html);
    has(html, "This is what we knew on Tue 24 Nov, 19:00 UTC.");

    html = page(*state, &pool, "{\"status\":\"delivered\",\"severity\":"
                "\"amber\"}", WISMO_VIEW_MINIMAL, false);
    has(html, "<body class=\"warn\">");
    has_not(html, "role=\"status\"");

    memset(&doc, 0, sizeof(wismo_document_t));
    doc.checked_at = NOW - 86400;
    doc.next_check_at = NOW - 3601;
    ctx = context(false);
    in = str("{}");

    assert_int_equal(wismo_json_read(&pool, &in, 10, &json, &err), WISMO_OK);
    assert_int_equal(wismo_view_make(&pool, &doc, json, WISMO_VIEW_FULL,
                                     ((site_t *) *state)->words, &ctx,
                                     &model),
                     WISMO_OK);
    assert_true(wismo_json_bool(model, "late"));
    in = wismo_json_str(model, "age_text");
    assert_true(in.len != 0);

    doc.next_check_at = NOW - 3600;

    assert_int_equal(wismo_view_make(&pool, &doc, json, WISMO_VIEW_FULL,
                                     ((site_t *) *state)->words, &ctx,
                                     &model),
                     WISMO_OK);
    assert_false(wismo_json_bool(model, "late"));

    wismo_pool_done(&pool);
}


/* Types that are wrong, links that are none, markup in every text. */

static void
test_hostile(void **state)
{
    char          *html;
    size_t         i;
    wismo_pool_t   pool;

    static const char *const  documents[] = {
        "{}", "[]", "null", "\"text\"", "{\"parcels\":{}}",
        "{\"parcels\":[null,1,\"x\",[],{}]}",
        "{\"parcels\":[{\"events\":[null,1,\"x\",[],{}],"
        "\"items\":[null,{}]}],\"items\":[1,null,{}],\"estimate\":[],"
        "\"promised\":\"x\",\"status\":1,\"milestone\":\"x\"}",
        "{\"status\":\"note\",\"substatus\":\"\",\"milestone\":99}",
        "{\"status\":\"delivered\",\"milestone\":-5,\"severity\":\"blue\"}",
        "{\"status\":\"in_transit\",\"estimate\":{\"from\":\"2026-02-30\","
        "\"to\":\"x\",\"date\":\"0000-00-00\"},\"placed_at\":\"9999\"}",
        "{\"status\":\"ready_for_pickup\",\"milestone\":3,"
        "\"severity\":\"red\","
        "\"estimate\":{\"date\":\"9999-12-31\",\"basis\":\"date\"},"
        "\"first_estimate\":[1],\"parcels\":[{\"status\":"
        "\"ready_for_pickup\",\"pickup\":[],\"partner\":7},"
        "{\"status\":\"ready_for_pickup\",\"pickup\":{\"code\":1,"
        "\"qr\":\"99999999999 M\"},\"partner\":{\"carrier\":{}}}]}"
    };

    for (i = 0; i < countof(documents); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        html = page(*state, &pool, documents[i], WISMO_VIEW_FULL, false);
        sound(html);

        wismo_pool_done(&pool);
    }

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    html = page(*state, &pool,
        "{\"order\":\"\\\"><i>\",\"city\":\"<i>\",\"country\":\"<i>\","
        "\"items\":[{\"id\":\"<i>\",\"name\":\"<i>\","
        "\"url\":\"https://\\\"onclick=\"}],\"parcels\":[{\"carrier\":\"<i>\","
        "\"service\":\"<i>\",\"tracking_number\":\"<i>\","
        "\"tracking_url\":\"javascript:alert(1)\",\"events\":["
        EVENT("\"<i>\"", "\"2026-11-23T15:02:00\"", "local", "<i>", "<i>",
              "<i>", "<i>")
        "],\"partner\":{\"carrier\":\"<i>\",\"tracking_number\":\"<i>\"}},"
        "{\"status\":\"ready_for_pickup\",\"pickup\":{\"name\":\"<i>\","
        "\"address\":\"<i>\",\"hours\":\"<i>\",\"code\":\"<i>\","
        "\"qr\":\"29 M\\\"/><i>\"}},"
        "{\"tracking_url\":\"https://x/'\\\"><i>\"}]}",
        WISMO_VIEW_FULL, false);

    sound(html);
    has_not(html, "<i>");
    has_not(html, "<I>");
    has_not(html, "javascript:");
    has_not(html, "https://\"");
    has(html, "https://x/&#39;&quot;&gt;&lt;i&gt;");

    wismo_pool_done(&pool);
}


static void
test_messages(void **state)
{
    size_t             i;
    site_t            *site;
    wismo_out_t        out;
    wismo_pool_t       pool;
    wismo_json_t      *model;
    wismo_view_ctx_t   ctx;

    static const struct {
        const char  *kind;
        const char  *headline;
    } messages[] = {
        { "form", "<h1>Where is your order?</h1>" },
        { "not_found", "<h1>We cannot show this order</h1>" },
        { "bad_link", "<h1>This link no longer works</h1>" },
        { "unavailable", "<h1>We cannot look up orders right now</h1>" },
    };

    site = *state;
    ctx = context(false);

    for (i = 0; i < countof(messages); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        assert_int_equal(wismo_view_message(&pool, site->words,
                                            messages[i].kind, &ctx, &model),
                         WISMO_OK);

        wismo_out_init(&out, &pool, 16384);
        assert_int_equal(wismo_template_render(site->message, model, &out),
                         WISMO_OK);
        wismo_out_bytes(&out, "", 1);

        sound((char *) out.start);
        has((char *) out.start, messages[i].headline);
        has((char *) out.start,
            "<form method=\"post\" action=\"/track/\">");
        has((char *) out.start, "<label for=\"order\">");

        wismo_pool_done(&pool);
    }

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);
    assert_int_equal(wismo_view_message(&pool, site->words, "other", &ctx,
                                        &model),
                     WISMO_DECLINED);
    wismo_pool_done(&pool);
}


/* The policy's hash is that of the bytes a browser sees. */

static void
test_style_source(void **state)
{
    char                   *html, a[WISMO_STYLE_SOURCE_LEN], b[sizeof(a)];
    site_t                 *site;
    wismo_str_t             source, css;
    wismo_pool_t            pool;
    wismo_error_t           err;
    wismo_template_t       *none;
    wismo_template_opts_t   opts;

    site = *state;
    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    assert_int_equal(wismo_view_style_source(&pool, site->order, a),
                     WISMO_OK);
    assert_int_equal(wismo_view_style_source(&pool, site->message, b),
                     WISMO_OK);
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_equal(a, "'sha256-", 8);

    css = read_file(site, "track/style.css");
    html = page(site, &pool, "{}", WISMO_VIEW_FULL, false);
    html = strstr(html, "<style>") + 7;
    assert_memory_equal(html, css.data, css.len);
    assert_memory_equal(html + css.len, "</style>", 8);

    memset(&opts, 0, sizeof(wismo_template_opts_t));
    source = str("<style>abc</style>");
    assert_int_equal(wismo_template_compile(&pool, &source, &opts, &none,
                                            &err),
                     WISMO_OK);
    assert_int_equal(wismo_view_style_source(&pool, none, a), WISMO_OK);
    assert_memory_equal(a, "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/"
                           "YfIAFa0='", sizeof(a));

    source = str("<style>abc");
    assert_int_equal(wismo_template_compile(&pool, &source, &opts, &none,
                                            &err),
                     WISMO_OK);
    assert_int_equal(wismo_view_style_source(&pool, none, a), WISMO_DECLINED);

    wismo_pool_done(&pool);
}


/* docs/templates.md names each member of the model. */

static void
documented(const wismo_json_t *v, const char *docs)
{
    char                 name[64];
    const wismo_json_t  *child;

    for (child = v->first; child; child = child->next) {

        if (child->key.len) {
            (void) snprintf(name, sizeof(name), "`%.*s`", (int) child->key.len,
                            child->key.data);

            if (strstr(docs, name) == NULL) {
                fail_msg("%s is not in docs/templates.md", name);
            }

            if (strcmp(name, "`t`") == 0) {
                continue;
            }
        }

        documented(child, docs);
    }
}


static void
test_documented(void **state)
{
    site_t            *site;
    wismo_str_t        in, docs;
    wismo_json_t      *json, *model;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_document_t   doc;
    wismo_view_ctx_t   ctx;

    site = *state;
    ctx = context(false);
    memset(&doc, 0, sizeof(wismo_document_t));
    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    docs = read_file(site, "../docs/templates.md");
    assert_non_null(docs.data);
    docs.data[docs.len] = '\0';

    in = str("{\"items\":[{}],\"parcels\":[{\"items\":[{}],\"events\":"
             "[{}]},{}]}");

    assert_int_equal(wismo_json_read(&pool, &in, 100, &json, &err), WISMO_OK);
    assert_int_equal(wismo_view_make(&pool, &doc, json, WISMO_VIEW_FULL,
                                     site->words, &ctx, &model),
                     WISMO_OK);
    documented(model, (char *) docs.data);

    assert_int_equal(wismo_view_message(&pool, site->words, "form", &ctx,
                                        &model),
                     WISMO_OK);
    documented(model, (char *) docs.data);

    wismo_pool_done(&pool);
}


/* Out of memory, wherever it happens, is an error and nothing else. */

static void
test_memory(void **state)
{
    int                rc;
    site_t            *site;
    size_t             limit;
    wismo_str_t        in;
    wismo_json_t      *json, *model;
    wismo_pool_t       pool, own;
    wismo_error_t      err;
    wismo_document_t   doc;
    wismo_view_ctx_t   ctx;

    site = *state;
    ctx = context(true);
    memset(&doc, 0, sizeof(wismo_document_t));

    in = str("{" MINIMAL "\"status\":\"in_transit\",\"city\":\"x\","
             "\"estimate\":{\"from\":\"2026-11-26T08:00:00Z\","
             "\"to\":\"2026-11-26T18:00:00Z\",\"basis\":\"utc\"},"
             "\"items\":[{\"id\":\"a\"}],\"parcels\":["
             PARCEL "\"items\":[{\"id\":\"a\"}],\"events\":["
             EVENT("null", "\"2026-11-23T15:02:00\"", "local", "x", "", "", "")
             "]},{\"carrier\":\"x\"}]}");

    wismo_pool_init(&own, 1 << 20, NULL, NULL);
    assert_int_equal(wismo_json_read(&own, &in, 1000, &json, &err), WISMO_OK);

    rc = WISMO_ERROR;

    for (limit = 0; limit < 262144 && rc != WISMO_OK; limit += 96) {
        wismo_pool_init(&pool, limit, NULL, NULL);

        rc = wismo_view_make(&pool, &doc, json, WISMO_VIEW_FULL, site->words,
                             &ctx, &model);

        assert_true(rc == WISMO_OK || rc == WISMO_ERROR);
        assert_true((rc == WISMO_OK) == (model != NULL));

        wismo_pool_done(&pool);
    }

    assert_int_equal(rc, WISMO_OK);
    assert_true(limit > 8192);

    wismo_pool_done(&own);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_minimal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_status, setup, teardown),
        cmocka_unit_test_setup_teardown(test_age, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_messages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_style_source, setup, teardown),
        cmocka_unit_test_setup_teardown(test_documented, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
    };

    return test_run("view", tests, countof(tests));
}
