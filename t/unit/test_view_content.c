
/*
 * Copyright (C) The Wismo authors
 *
 * What a page says and offers in each situation: the sentence that answers,
 * what has changed, what the shopper can do, the help, the retailer's blocks,
 * and nothing of all that where it does not belong.
 */


#include "test_view.h"


#define FULL(members)   "{" MINIMAL members "}"
#define STATUS(status, sub, severity, milestone)                              \
    "\"status\":\"" status "\",\"substatus\":\"" sub "\",\"severity\":\""     \
    severity "\",\"milestone\":" #milestone
#define MOVING          STATUS("in_transit", "moving", "green", 2)
#define GONE(sub)       STATUS("delivered", sub, "green", 4)
#define WEDNESDAY       "{\"date\":\"2026-11-25\",\"basis\":\"date\"}"
#define THURSDAY        "{\"date\":\"2026-11-26\",\"basis\":\"date\"}"


/* What the tests below set, for page() in test_view.h makes its own. */

static char *
show(site_t *site, wismo_pool_t *pool, const wismo_view_ctx_t *ctx,
    const char *text, wismo_view_e view)
{
    wismo_out_t        out;
    wismo_str_t        in;
    wismo_json_t      *json, *model;
    wismo_error_t      err;
    wismo_document_t   doc;

    in = str(text);

    if (wismo_json_read(pool, &in, 10000, &json, &err) != WISMO_OK) {
        fail_msg("%u:%u: %s", err.line, err.column, err.text);
    }

    memset(&doc, 0, sizeof(wismo_document_t));
    doc.version = 12;
    doc.checked_at = NOW - 3 * 3600;
    doc.next_check_at = NOW - 2 * 3600;
    doc.updated_at = NOW - 7200;

    assert_int_equal(wismo_view_make(pool, &doc, json, view, site->words, ctx,
                                     &model),
                     WISMO_OK);

    wismo_out_init(&out, pool, 16384);

    assert_int_equal(wismo_template_render(site->order, model, &out),
                     WISMO_OK);

    wismo_out_bytes(&out, "", 1);
    sound((char *) out.start);

    return (char *) out.start;
}


static void
test_sentences(void **state)
{
    char          *html;
    size_t         i;
    wismo_pool_t   pool;

    static const struct {
        const char  *json;
        const char  *has[3];
    } cases[] = {
        { FULL(MOVING ",\"estimate\":" THURSDAY),
          { "<h1>Arriving Thursday, 26 November</h1>",
            "<p class=\"tag\">On its way</p>",
            "The carrier’s own estimate." } },
        { FULL(MOVING ",\"estimate\":{\"from\":\"2026-11-26T00:00:00\","
               "\"to\":\"2026-11-28T00:00:00\",\"basis\":\"local\"}"),
          { "<h1>Arriving Thu 26 Nov – Sat 28 Nov</h1>", "", "" } },
        { FULL(MOVING ",\"estimate\":{\"to\":\"2026-11-26T18:00:00Z\","
               "\"basis\":\"utc\"}"),
          { "<h1>Arriving by Thursday, 26 November</h1>",
            "<p class=\"when\">By 18:00 UTC</p>", "" } },
        { FULL(MOVING ",\"estimate\":{\"from\":\"2026-11-26T18:00:00Z\","
               "\"basis\":\"utc\"}"),
          { "<h1>On its way</h1>", "From Thu 26 Nov, 18:00 UTC", "" } },
        { FULL(MOVING ",\"estimate\":{\"date\":\"2026-11-26\","
               "\"basis\":\"date\",\"source\":\"predicted\"}"),
          { "<h1>Arriving Thursday", "Worked out from earlier deliveries",
            "" } },

        /* who has it on board brings it today */

        { FULL(STATUS("out_for_delivery", "on_vehicle", "green", 3)),
          { "<h1>Out for delivery</h1>", "<ol class=\"steps\"", "" } },

        /* what has passed is not promised again */

        { FULL(MOVING ",\"estimate\":{\"date\":\"2026-11-20\","
               "\"basis\":\"date\"}"),
          { "<h1>On its way</h1>", "Was expected</p>", "" } },

        /* nor is what somebody has to do something for first */

        { FULL(STATUS("on_hold", "address", "red", 2) ",\"estimate\":"
               THURSDAY),
          { "<h1>The address is not complete</h1>", "Estimated delivery</p>",
            "" } },
        { FULL(STATUS("delayed", "weather", "amber", 2) ",\"estimate\":"
               THURSDAY ",\"first_estimate\":" WEDNESDAY),
          { "<h1>Delayed, now expected Thursday, 26 November</h1>",
            "<p class=\"tag\">Delayed by the weather</p>",
            "Later than first expected, which was Wed 25 Nov." } },
        { FULL(MOVING ",\"estimate\":" WEDNESDAY ",\"first_estimate\":"
               THURSDAY),
          { "Earlier than first expected, which was Thu 26 Nov.", "", "" } },
        { FULL(MOVING ",\"promised\":{\"from\":\"2026-11-26\"}"),
          { "<h1>On its way</h1>", "Promised delivery</p>",
            "What we promised with your order." } },
        { FULL(GONE("generic") ",\"parcels\":[" PARCEL GONE("generic")
               ",\"last_event_at\":\"2026-11-24T14:05:00+01:00\"}]"),
          { "<h1>Delivered Tuesday, 24 November</h1>",
            "<p class=\"when\">14:05 local time</p>", "" } },
        { FULL(GONE("signed") ",\"parcels\":[" PARCEL GONE("signed")
               ",\"last_event_at\":\"2026-11-24T14:05:00+01:00\"}]"),
          { "<h1>Delivered and signed for</h1>",
            "Tue 24 Nov, 14:05 local time", "" } },

        /* bad news come first, with the parcel they are about */

        { FULL(MOVING ",\"parcels_total\":2,\"parcels\":[" PARCEL MOVING "},"
               PARCEL STATUS("failed", "lost", "red", 2) "}]"),
          { "<h1>On its way</h1>", "", "" } },
        { FULL(STATUS("in_transit", "moving", "red", 2) ",\"estimate\":"
               THURSDAY ",\"parcels\":[" PARCEL MOVING "},"
               PARCEL STATUS("failed", "lost", "red", 2) "}]"),
          { "<h1>Parcel\xc2\xa0" "2\xc2\xa0of\xc2\xa0" "2: The carrier has "
            "lost your parcel</h1>", "<body class=\"bad\">",
            "Estimated delivery</p>" } },
        { FULL(STATUS("attempt_failed", "absent", "amber", 2)
               ",\"parcels\":[" PARCEL STATUS("attempt_failed", "absent",
               "amber", 2) "}," PARCEL STATUS("attempt_failed", "absent",
               "amber", 2) "}]"),
          { "<h1>Nobody was in</h1>", "", "" } },
    };

    for (i = 0; i < countof(cases); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        html = page(*state, &pool, cases[i].json, WISMO_VIEW_FULL, false);

        sound(html);
        has(html, cases[i].has[0]);
        has(html, cases[i].has[1]);
        has(html, cases[i].has[2]);

        if (strstr(cases[i].json, "out_for_delivery")) {
            has_not(html, "No delivery date");
        }

        wismo_pool_done(&pool);
    }
}


/* Who has to act finds what to do, and where. */

static void
test_actions(void **state)
{
    char          *html;
    size_t         i;
    wismo_pool_t   pool;

    static const struct {
        const char  *parcel;
        const char  *title;
        const char  *link;
    } cases[] = {
        { STATUS("on_hold", "payment_due", "red", 2),
          "Pay duties or charges", "Pay on the carrier’s page" },
        { STATUS("on_hold", "documents", "red", 2),
          "Send what customs asks for", "See what is needed" },
        { STATUS("on_hold", "address", "red", 2), "Correct the address",
          "Correct it on the carrier’s page" },
        { STATUS("on_hold", "buyer_action", "red", 2), "Answer the carrier",
          "Open the carrier’s page" },
        { STATUS("attempt_failed", "absent", "amber", 2),
          "Choose what happens next", "Choose on the carrier’s page" },
        { STATUS("attempt_failed", "verification", "amber", 2),
          "Have your identity document ready",
          "See what the carrier needs" },
        { STATUS("out_for_delivery", "contacted", "green", 3),
          "Answer the carrier", "Open the carrier’s page" },
        { STATUS("ready_for_pickup", "last_call", "amber", 3),
          "Collect your parcel", "Find the pickup point" },
        { MOVING, NULL, NULL },
        { STATUS("attempt_failed", "closed", "amber", 2), NULL, NULL },
        { STATUS("on_hold", "customs", "amber", 2), NULL, NULL },
        { GONE("collected"), NULL, NULL },
    };

    for (i = 0; i < countof(cases); i++) {
        char  json[2048];

        (void) snprintf(json, sizeof(json), "{" MINIMAL "%s,\"parcels\":["
                        PARCEL "%s,\"tracking_number\":\"1Z\","
                        "\"tracking_url\":\"https://ups.example/1Z\"}]}",
                        cases[i].parcel, cases[i].parcel);

        wismo_pool_init(&pool, 1 << 20, NULL, NULL);
        html = page(*state, &pool, json, WISMO_VIEW_FULL, false);
        sound(html);

        assert_int_equal(count(html, "card action\""), cases[i].title != NULL);

        if (cases[i].title) {
            has(html, cases[i].title);
            has(html, cases[i].link);
            has(html, "class=\"button\" href=\"https://ups.example/1Z\"");
        }

        /* the short view tells what, and leads nowhere */

        html = page(*state, &pool, json, WISMO_VIEW_MINIMAL, false);
        sound(html);
        assert_int_equal(count(html, "card action\""), cases[i].title != NULL);
        has_not(html, "https://ups.example");

        wismo_pool_done(&pool);
    }
}


static void
test_pickup(void **state)
{
    char          *html;
    wismo_pool_t   pool;

#define WAITING(qr)                                                           \
    FULL(STATUS("ready_for_pickup", "waiting", "green", 3) ",\"parcels\":["   \
    PARCEL MOVING "}," PARCEL STATUS("ready_for_pickup", "waiting", "green",  \
    3) ",\"pickup_by\":\"2026-12-01\",\"pickup\":{\"name\":\"Corner <shop>\"" \
    ",\"address\":\"1 High St\",\"hours\":\"8-20\",\"code\":\"47<11\","       \
    "\"qr\":\"" qr "\"}}]")

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    html = page(*state, &pool, WAITING("29 M4 4.5h7m1 0h2"), WISMO_VIEW_FULL,
                false);
    sound(html);
    has(html, "of\xc2\xa0" "2: Collect your parcel</h2>");
    has(html, "<bdi class=\"big\" dir=\"ltr\">47&lt;11</bdi>");
    has(html, "viewBox=\"0 0 29 29\"");
    has(html, "<path d=\"M4 4.5h7m1 0h2\"/>");
    has(html, "<b>At Corner &lt;shop&gt;</b><br>1 High St");
    has(html, "Opening hours: 8-20");
    has(html, "<b>Collect by Tue 1 Dec</b>");
    has_not(html, "<p class=\"over\">No delivery date");

    /* nothing but a drawing is drawn */

    html = page(*state, &pool, WAITING("29 M4 4.5h7 url(x)"), WISMO_VIEW_FULL,
                false);
    has_not(html, "<path");
    has(html, "47&lt;11");

    html = page(*state, &pool, WAITING("1 M"), WISMO_VIEW_FULL, false);
    has_not(html, "<path");

    /* and a code is for those who have the link */

    html = page(*state, &pool, WAITING("29 M4 4.5h7"), WISMO_VIEW_MINIMAL,
                false);
    sound(html);
    has(html, "Collect your parcel");
    has_not(html, "47&lt;11");
    has_not(html, "<path");
    has_not(html, "High St");
    has_not(html, "1 Dec");

    wismo_pool_done(&pool);
}


static void
test_help(void **state)
{
    char              *html;
    wismo_pool_t       pool;
    wismo_view_ctx_t   ctx;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    ctx = context(false);

    html = show(*state, &pool, &ctx, FULL(MOVING), WISMO_VIEW_FULL);
    has(html, "<summary>Where is my order?</summary>");
    has(html, "<summary>Why is there no new scan?</summary>");
    has_not(html, "Write to us about this order");
    has(html, "<main id=\"main\" data-version=\"12\">");

    html = show(*state, &pool, &ctx,
                FULL(STATUS("on_hold", "address", "red", 2)),
                WISMO_VIEW_FULL);
    has(html, "<summary>Who solves this?</summary>");
    has_not(html, "Why is there no new scan?");

    ctx.contact = str("mailto:a@shop.example?subject={order}%20{status}&x=1");
    html = show(*state, &pool, &ctx, "{\"order\":\"A&B\"," MOVING "}",
                WISMO_VIEW_FULL);
    has(html, "href=\"mailto:a@shop.example?subject=A%26B%20in_transit"
              "&amp;x=1\"");

    ctx.contact = str("/help?o={order}");
    html = show(*state, &pool, &ctx, FULL(MOVING), WISMO_VIEW_MINIMAL);
    has(html, "href=\"/help?o=NW-1\"");

    ctx.contact = str("javascript:alert({order})");
    html = show(*state, &pool, &ctx, FULL(MOVING), WISMO_VIEW_FULL);
    has_not(html, "javascript:");
    has_not(html, "Write to us about this order");

    ctx.contact = str("//evil.example/{order}");
    html = show(*state, &pool, &ctx, FULL(MOVING), WISMO_VIEW_FULL);
    has_not(html, "evil.example");

    wismo_pool_done(&pool);
}


/* Only when all has arrived, and somebody listens. */

static void
test_feedback(void **state)
{
    char              *html;
    wismo_pool_t       pool;
    wismo_view_ctx_t   ctx;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    ctx = context(false);
    wismo_str_set(&ctx.feedback, "key");

    html = show(*state, &pool, &ctx,
                FULL(GONE("generic") ",\"parcels\":[" PARCEL GONE("generic")
                     "}," PARCEL GONE("neighbour") "}]"), WISMO_VIEW_FULL);
    has(html, "<form method=\"post\" action=\"/track/NW-1/feedback\">");
    assert_int_equal(count(html, "name=\"rating\""), 5);
    assert_int_equal(count(html, "name=\"arrived\""), 2);
    has(html, "value=\"3\" aria-label=\"3 of 5\"");

    /* and whoever has not got it is asked to look, once */

    assert_int_equal(count(html, "<summary>Not there?</summary>"), 1);

    html = show(*state, &pool, &ctx, FULL(GONE("generic")),
                WISMO_VIEW_MINIMAL);
    has_not(html, "<form");

    html = show(*state, &pool, &ctx, FULL(MOVING ",\"parcels\":["
                PARCEL GONE("generic") "}," PARCEL MOVING "}]"),
                WISMO_VIEW_FULL);
    has_not(html, "<form");
    has_not(html, "Not there?");

    html = show(*state, &pool, &ctx,
                FULL(STATUS("delivered", "partial", "amber", 3)),
                WISMO_VIEW_FULL);
    has_not(html, "<form");

    wismo_str_null(&ctx.feedback);
    html = show(*state, &pool, &ctx, FULL(GONE("generic")), WISMO_VIEW_FULL);
    has_not(html, "<form");

    wismo_pool_done(&pool);
}


static void
test_blocks(void **state)
{
    char              *html;
    wismo_str_t        in;
    wismo_pool_t       pool;
    wismo_json_t      *json;
    wismo_error_t      err;
    wismo_blocks_t    *blocks;
    wismo_view_ctx_t   ctx;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    ctx = context(false);

    in = str("{\"blocks\":["
             "{\"kind\":\"notice\",\"title\":\"Strike <b>\"},"
             "{\"kind\":\"promotion\",\"title\":\"Sale\",\"body\":\"Now\","
             "\"link\":{\"url\":\"/sale?a=1&b=2\",\"text\":\"Go\"},"
             "\"image\":{\"url\":\"/i.png\",\"alt\":\"A \\\"shoe\\\"\","
             "\"width\":3,\"height\":4}},"
             "{\"kind\":\"content\",\"title\":\"German\",\"when\":"
             "{\"country\":[\"DE\"],\"language\":[\"en\"]},"
             "\"items\":[{\"title\":\"One\"}]}]}");

    assert_int_equal(wismo_json_read(&pool, &in, 1000, &json, &err), WISMO_OK);
    assert_int_equal(wismo_blocks_compile(&pool, json, &blocks, &err),
                     WISMO_OK);
    ctx.blocks = blocks;

    html = show(*state, &pool, &ctx, FULL(MOVING ",\"country\":\"DE\""),
                WISMO_VIEW_FULL);
    has(html, "<h2>Strike &lt;b&gt;</h2>");
    has(html, "<h2>Sale</h2>");
    has(html, "href=\"/sale?a=1&amp;b=2\"");
    has(html, "alt=\"A &quot;shoe&quot;\" width=\"3\" height=\"4\"");
    has(html, "<h2>German</h2>");
    has(html, "<li><b>One</b></li>");

    html = show(*state, &pool, &ctx, FULL(MOVING), WISMO_VIEW_FULL);
    has_not(html, "German");

    /* no sale beside bad news, be they of one parcel only */

    html = show(*state, &pool, &ctx,
                FULL(STATUS("delayed", "generic", "amber", 2)),
                WISMO_VIEW_FULL);
    has(html, "Strike");
    has_not(html, "Sale");

    html = show(*state, &pool, &ctx,
                FULL(STATUS("in_transit", "moving", "red", 2)
                     ",\"parcels\":[" PARCEL MOVING "},"
                     PARCEL STATUS("failed", "damaged", "red", 2) "}]"),
                WISMO_VIEW_FULL);
    has(html, "Strike");
    has_not(html, "Sale");

    wismo_pool_done(&pool);
}


/* Links, the last stretch, the route, and who has not answered. */

static void
test_parcel(void **state)
{
    char              *html;
    wismo_str_t        id, title, link;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_carriers_t   carriers;
    wismo_view_ctx_t   ctx;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    memset(&carriers, 0, sizeof(wismo_carriers_t));
    ctx = context(false);
    ctx.carriers = &carriers;

    id = str("ups");
    title = str("UPS & Sons");
    link = str("https://ups.example/?n={number}");
    assert_int_equal(wismo_carriers_add(&pool, &carriers, &id, &title, &link,
                                        &err),
                     WISMO_OK);

    id = str("usps");
    title = str("USPS");
    link = str("https://usps.example/{number}");
    assert_int_equal(wismo_carriers_add(&pool, &carriers, &id, &title, &link,
                                        &err),
                     WISMO_OK);

    html = show(*state, &pool, &ctx, FULL(MOVING
        ",\"placed_at\":\"2026-11-20T08:00:00Z\",\"city\":\"K\xc3\xb6ln\","
        "\"country\":\"DE\",\"parcels\":["
        "{\"checked_at\":\"2026-11-24T15:00:00Z\","
        "\"next_check_at\":\"2026-11-24T17:00:00Z\",\"carrier\":\"ups\","
        MOVING ",\"tracking_number\":\"1 Z\","
        "\"partner\":{\"carrier\":\"usps\",\"tracking_number\":\"94\"},"
        "\"events\":["
        EVENT("null", "\"2026-11-23T15:02:00\"", "local", "in_transit",
              "moving", "Vermerk", "Hub") ","
        EVENT("null", "\"2026-11-22T10:00:00\"", "local", "picked_up",
              "collected", "Pickup", "Raleigh") "]}]"),
        WISMO_VIEW_FULL);

    has(html, "<dd>UPS &amp; Sons</dd>");
    has(html, "<a class=\"link\" href=\"https://ups.example/?n=1%20Z\" "
              "rel=\"noopener noreferrer\">Track it with UPS &amp; Sons</a>");
    has(html, "data-copy=\"1 Z\" data-done=\"Copied\" hidden>Copy</button>");
    has(html, "<dt>USPS does the last stretch</dt>");
    has(html, "<a href=\"https://usps.example/94\"");
    has(html, "<small>From</small> <span lang=\"\" dir=\"auto\">Raleigh<");
    has(html, "<small>Last scan</small> <span lang=\"\" dir=\"auto\">Hub<");
    has(html, "<small>To</small> <span lang=\"\" dir=\"auto\">K\xc3\xb6ln, "
              "DE<");
    has(html, "UPS &amp; Sons has not answered us since Tue 24 Nov, 15:00 "
              "UTC.");

    /* when each step was taken, the carrier's words, the history open */

    has(html, "<small>Fri 20 Nov</small>");
    has(html, "<small>Sun 22 Nov</small>");
    has(html, "<small>Mon 23 Nov</small>");
    has(html, "<details class=\"history\" open>");
    has(html, "<details class=\"words\">");
    has(html, "<p class=\"raw\" lang=\"\" dir=\"auto\">Vermerk</p>");
    has(html, "\"trackingNumber\":\"1 Z\"");

    wismo_pool_done(&pool);
}


/* What is said nowhere else must not be in the page's data either. */

static void
test_data(void **state)
{
    char              *html;
    wismo_pool_t       pool;
    wismo_view_ctx_t   ctx;

    static const char  json[] =
        FULL(MOVING ",\"estimate\":" THURSDAY ",\"city\":\"Raleigh\","
        "\"parcels\":[" PARCEL MOVING ",\"tracking_number\":\"1ZSECRET\","
        "\"estimate\":" THURSDAY ",\"pickup\":{\"code\":\"4711\"},"
        "\"tracking_url\":\"https://ups.example/</script><b>\"}]");

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);
    ctx = context(false);
    ctx.brand = str("</script><script>alert(1)</script>");

    html = show(*state, &pool, &ctx, json, WISMO_VIEW_FULL);
    has(html, "\"@type\":\"ParcelDelivery\"");
    has(html, "\"orderNumber\":\"NW-1\"");
    has(html, "\"orderStatus\":\"https://schema.org/OrderInTransit\"");
    has(html, "\"trackingNumber\":\"1ZSECRET\"");
    has(html, "\"expectedArrivalFrom\":\"2026-11-26\"");
    has_not(html, "<script>alert");

    html = show(*state, &pool, &ctx, json, WISMO_VIEW_MINIMAL);
    has(html, "\"expectedArrivalUntil\":\"2026-11-26\"");
    has_not(html, "1ZSECRET");
    has_not(html, "ups.example");
    has_not(html, "4711");
    has_not(html, "Raleigh");

    /* what a messenger shows of a link has nothing of the order */

    html = strstr(html, "<meta property=\"og:title\"");
    assert_non_null(html);
    *strchr(html, '>') = '\0';
    has_not(html, "NW-1");

    wismo_pool_done(&pool);
}


/*
 * HTML and styles of an order of two parcels with twelve scans each fit into
 * the first flight of packets, packed as the server packs them.
 */

static void
test_weight(void **state)
{
    char          *json, *html;
    int            i, n;
    FILE          *gzip;
    size_t         packed;
    wismo_out_t    out;
    wismo_pool_t   pool;

    wismo_pool_init(&pool, 8 << 20, NULL, NULL);

    wismo_out_init(&out, &pool, 65536);

    wismo_out_printf(&out, "{" MINIMAL MOVING ",\"estimate\":" THURSDAY
                     ",\"city\":\"Cologne\",\"country\":\"DE\","
                     "\"items\":[{\"id\":\"a\",\"name\":\"Shoes\"}],"
                     "\"parcels\":[");

    for (n = 0; n < 2; n++) {
        wismo_out_printf(&out, "%s" PARCEL MOVING ",\"tracking_number\":"
                         "\"1Z999AA1012345678%d\",\"estimate\":" THURSDAY
                         ",\"items\":[{\"id\":\"a\"}],\"events\":[",
                         n ? "," : "", n);

        for (i = 12; i; i--) {
            wismo_out_printf(&out, "{\"utc\":\"2026-11-%02dT09:%d1:00Z\","
                             "\"wallclock\":\"2026-11-%02dT10:%d1:00\","
                             "\"basis\":\"offset\","
                             "\"status\":\"in_transit\","
                             "\"substatus\":\"%s\","
                             "\"description\":\"Package no. %d is at stop %d "
                             "of its way\",\"place\":\"Town %d, State "
                             "%c\"}%s", 10 + i, n, 10 + i, n,
                             i % 2 ? "arrived_facility" : "departed_facility",
                             7919 * i, i * 31 % 17, 104729 * i % 1000,
                             'A' + i, i > 1 ? "," : "]}");
        }
    }

    wismo_out_bytes(&out, "]}", 3);
    assert_false(out.failed);

    json = (char *) out.start;

    html = page(*state, &pool, json, WISMO_VIEW_FULL, false);
    sound(html);
    assert_int_equal(count(html, "Package no."), 24);

    gzip = popen("gzip -6 >build-asan/unit/weight.gz", "w");
    assert_non_null(gzip);
    assert_int_equal(fwrite(html, 1, strlen(html), gzip), strlen(html));
    assert_int_equal(pclose(gzip), 0);

    gzip = fopen("build-asan/unit/weight.gz", "rb");
    assert_non_null(gzip);
    assert_int_equal(fseek(gzip, 0, SEEK_END), 0);
    packed = (size_t) ftell(gzip);
    fclose(gzip);
    (void) remove("build-asan/unit/weight.gz");

    assert_in_range(packed, 2000, 14 * 1024);

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_sentences, setup, teardown),
        cmocka_unit_test_setup_teardown(test_actions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pickup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_help, setup, teardown),
        cmocka_unit_test_setup_teardown(test_feedback, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blocks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parcel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_data, setup, teardown),
        cmocka_unit_test_setup_teardown(test_weight, setup, teardown),
    };

    return test_run("view_content", tests, countof(tests));
}
