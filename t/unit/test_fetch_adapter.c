
/*
 * Copyright (C) The Wismo authors
 *
 * The adapter engine: what it asks, and what it makes of forms that no
 * adapter of today uses but the format promises.  Here is an invented carrier
 * that has all of them at once.
 */


#include "test.h"

#include "fetch_adapter.h"

#include <unistd.h>


#define NOW    INT64_C(1772798400)    /* 2026-03-06T12:00:00Z */


typedef struct {
    wismo_pool_t      pool;
    fetch_adapter_t  *adapter;
    fetch_account_t   account;
} engine_t;


static void
engine_load(engine_t *e, const char *path)
{
    int            i, n;
    wismo_error_t  errors[16];

    memset(e, 0, sizeof(engine_t));
    wismo_pool_init(&e->pool, 64 * 1024 * 1024, NULL, NULL);

    n = fetch_adapter_load(path, &e->adapter, errors, 16);

    for (i = 0; i < n && i < 16; i++) {
        print_message("%s:%s: %s\n", path, errors[i].at, errors[i].text);
    }

    assert_int_equal(n, 0);

    e->account.values = json_pack("{s:s}", "client_id", "me&you");
    e->account.secrets = json_pack("{s:s}", "secret", "p \"w\"");
}


/* The text with ' for ", so that JSON can be read here. */

static void
engine_text(engine_t *e, const char *text)
{
    int          fd;
    char        *p, *copy, path[] = "/tmp/wismo-adapter-XXXXXX";
    size_t       len;

    copy = strdup(text);
    assert_non_null(copy);

    for (p = copy; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    fd = mkstemp(path);
    assert_true(fd >= 0);

    len = strlen(copy);
    assert_int_equal(write(fd, copy, len), len);
    close(fd);
    free(copy);

    engine_load(e, path);
    unlink(path);
}


static void
engine_done(engine_t *e)
{
    json_decref(e->account.values);
    json_decref(e->account.secrets);
    fetch_adapter_free(e->adapter);
    wismo_pool_done(&e->pool);
}


static fetch_reply_t
engine_reply(engine_t *e, const char *body, const char *number)
{
    wismo_str_t     n;
    fetch_reply_t   reply;
    fetch_answer_t  answer;

    memset(&answer, 0, sizeof(fetch_answer_t));
    answer.http = 200;
    answer.body = heap_str(body);
    answer.now = NOW;

    if (number) {
        n = str(number);
        answer.numbers = &n;
        answer.nnumbers = 1;
    }

    assert_int_equal(fetch_adapter_reply(e->adapter, &e->pool, &answer,
                                         &reply), WISMO_OK);
    free(answer.body.data);

    return reply;
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
test_ups_asks(void **state)
{
    engine_t         e;
    wismo_str_t      token, number, other;
    fetch_request_t  req, again;

    (void) state;

    engine_load(&e, "ngx_wismo_module/carriers/ups.json");

    assert_true(fetch_adapter_can_poll(e.adapter));
    assert_true(fetch_adapter_has_token(e.adapter));
    assert_int_equal(fetch_adapter_batch(e.adapter), 1);

    assert_int_equal(fetch_adapter_token_request(e.adapter, &e.pool,
                                                 &e.account, &req), WISMO_OK);
    assert_str(req.method, "POST");
    assert_str(req.url, "https://onlinetools.ups.com/security/v1/oauth/token");
    assert_str(req.body, "grant_type=client_credentials");

    /* me&you:p "w" */
    assert_str(*header(&req, "Authorization"), "Basic bWUmeW91OnAgInci");

    token = str("tok\r\nX-Evil: 1");
    number = str("1Z /?#\xC3\xA9");

    assert_int_equal(fetch_adapter_request(e.adapter, &e.pool, &e.account,
                                           &token, &number, 1, &req),
                     WISMO_OK);
    assert_str(req.method, "GET");
    assert_str(req.url, "https://onlinetools.ups.com/api/track/v1/details/"
               "1Z%20%2F%3F%23%C3%A9?locale=en_US&returnSignature=false"
               "&returnMilestones=false&returnPOD=false");
    assert_str(*header(&req, "Authorization"), "Bearer tok  X-Evil: 1");
    assert_str(*header(&req, "transactionSrc"), "wismo");
    assert_int_equal(req.body.len, 0);

    other = *header(&req, "transId");
    assert_int_equal(other.len, 36);

    e.account.base_url = str("http://127.0.0.1:8080");

    assert_int_equal(fetch_adapter_request(e.adapter, &e.pool, &e.account,
                                           &token, &number, 1, &again),
                     WISMO_OK);
    assert_memory_equal(again.url.data, "http://127.0.0.1:8080/api/", 26);
    assert_false(wismo_str_eq(&other, header(&again, "transId")));

    engine_done(&e);
}


static void
test_fedex_asks(void **state)
{
    engine_t              e;
    unsigned              n;
    wismo_str_t           token, numbers[2];
    fetch_request_t       req;
    const fetch_limit_t  *limits;

    (void) state;

    engine_load(&e, "ngx_wismo_module/carriers/fedex.json");

    assert_int_equal(fetch_adapter_batch(e.adapter), 30);

    n = fetch_adapter_limits(e.adapter, &limits);
    assert_int_equal(n, 1);
    assert_int_equal(limits[0].n, 1400);
    assert_int_equal(limits[0].seconds, 10);

    assert_int_equal(fetch_adapter_token_request(e.adapter, &e.pool,
                                                 &e.account, &req), WISMO_OK);
    assert_str(req.body, "grant_type=client_credentials&client_id=me%26you"
               "&client_secret=p%20%22w%22");

    token = str("t");
    numbers[0] = str("1");
    numbers[1] = str("2\"\\");

    assert_int_equal(fetch_adapter_request(e.adapter, &e.pool, &e.account,
                                           &token, numbers, 2, &req),
                     WISMO_OK);
    assert_str(req.url, "https://apis.fedex.com/track/v1/trackingnumbers");
    assert_str(req.body, "{\"includeDetailedScans\":true,\"trackingInfo\":["
               "{\"trackingNumberInfo\":{\"trackingNumber\":\"1\"}},"
               "{\"trackingNumberInfo\":{\"trackingNumber\":\"2\\\"\\\\\"}}"
               "]}");

    engine_done(&e);
}


static void
test_easypost_asks(void **state)
{
    engine_t         e;
    wismo_str_t      number;
    wismo_error_t    err;
    fetch_request_t  req;

    (void) state;

    engine_load(&e, "ngx_wismo_module/carriers/easypost.json");

    assert_false(fetch_adapter_has_token(e.adapter));
    assert_true(fetch_adapter_has_push(e.adapter));
    assert_str(*wismo_verifier_header(fetch_adapter_verifier(e.adapter)),
               "X-Hmac-Signature");

    number = str("EZ1000000001");

    assert_int_equal(fetch_adapter_request(e.adapter, &e.pool, &e.account,
                                           NULL, &number, 1, &req), WISMO_OK);
    assert_str(req.url, "https://api.easypost.com/v2/trackers");
    assert_str(req.body,
               "{\"tracker\":{\"tracking_code\":\"EZ1000000001\"}}");

    /* p "w": with nothing after the colon */
    assert_str(*header(&req, "Authorization"), "Basic cCAidyI6");

    json_object_set_new(e.account.values, "carrier", json_string("USPS"));

    assert_int_equal(fetch_adapter_request(e.adapter, &e.pool, &e.account,
                                           NULL, &number, 1, &req), WISMO_OK);
    assert_str(req.body, "{\"tracker\":{\"tracking_code\":\"EZ1000000001\","
               "\"carrier\":\"USPS\"}}");

    assert_int_equal(fetch_adapter_account_ok(e.adapter, &e.account, &err),
                     WISMO_OK);

    json_object_del(e.account.secrets, "secret");

    assert_int_equal(fetch_adapter_account_ok(e.adapter, &e.account, &err),
                     WISMO_DECLINED);
    assert_string_equal(err.at, "secret_file");

    engine_done(&e);
}


static void
test_token(void **state)
{
    int64_t          expires;
    engine_t         e;
    unsigned         i;
    wismo_str_t      token;
    wismo_error_t    err;
    fetch_answer_t   answer;

    static const struct {
        int              http;
        const char      *body;
        fetch_outcome_e  outcome;
        int              ttl;
    } cases[] = {
        { 200, "{\"access_token\":\"abc\",\"expires_in\":\"14399\"}",
          FETCH_OK, 14399 },
        { 200, "{\"access_token\":\"abc\",\"expires_in\":3600}",
          FETCH_OK, 3600 },
        { 200, "{\"access_token\":\"abc\"}", FETCH_OK, 14399 },
        { 200, "{\"access_token\":\"abc\",\"expires_in\":-5}",
          FETCH_OK, 14399 },
        { 200, "{\"access_token\":\"\"}", FETCH_RETRY, 0 },
        { 200, "{\"access_token\":{\"a\":1}}", FETCH_RETRY, 0 },
        { 200, "<html>", FETCH_RETRY, 0 },
        { 200, "", FETCH_RETRY, 0 },
        { 400, "{}", FETCH_AUTH, 0 },
        { 401, "{}", FETCH_AUTH, 0 },
        { 403, "", FETCH_AUTH, 0 },
        { 429, "", FETCH_THROTTLED, 0 },
        { 500, "", FETCH_RETRY, 0 }
    };

    (void) state;

    engine_load(&e, "ngx_wismo_module/carriers/ups.json");

    for (i = 0; i < countof(cases); i++) {
        memset(&answer, 0, sizeof(fetch_answer_t));
        answer.http = cases[i].http;
        answer.body = heap_str(cases[i].body);
        answer.now = NOW;

        assert_int_equal(fetch_adapter_token_reply(e.adapter, &e.pool,
                                                   &answer, &token, &expires,
                                                   &err),
                         cases[i].outcome);

        if (cases[i].outcome == FETCH_OK) {
            assert_str(token, "abc");
            assert_int_equal(expires - NOW, cases[i].ttl);
        }

        free(answer.body.data);
    }

    engine_done(&e);
}


/*
 * XML with attributes and namespaces, oldest first, Berlin's clock, number
 * codes with zeros, texts with entities, an own word for "nothing".
 */

#define XML_ADAPTER                                                           \
    "{'adapter':'post','title':'Post','format':'xml',"                        \
    "'base_url':'https://post.example','markup':true,'absent':['null'],"      \
    "'auth':{'kind':'query','name':'key','value':'{secret.secret}'},"         \
    "'ask':{'method':'GET','escape':'xml-in-query',"                          \
    "  'url':'{base}/t?x=%3Cq id=\\\"{numbers}\\\"/%3E',"                     \
    "  'batch':{'size':20,'join':';'}},"                                      \
    "'limits':[{'n':500,'per':'day'}],"                                       \
    "'outcomes':[{'at':'/data/@code','equals':'100','is':'not_found'}],"      \
    "'items':'/data/piece/*','number':'@id',"                                 \
    "'item_outcomes':[{'at':'@error','is':'not_found'}],"                     \
    "'item_error':{'code':'@error','text':'note'},"                           \
    "'events':{'at':'events/event','order':'oldest',"                         \
    "  'keys':{'ice':'@ice','ric':'@ric','text':'text'},"                     \
    "  'code':['@ice','@ric'],'text':['text'],'place':['@city'],"             \
    "  'time':[{'parts':['@at'],'form':'dmy','zone':'Europe/Berlin'}]},"      \
    "'codes':{'keys':['ice','ric','text'],'tables':["                         \
    "  {'by':['ice','ric'],'compare':'int','rows':{"                          \
    "    '7/*':'in_transit.moving','7/12':'delivered to neighbour',"          \
    "    '0008/1':'out_for_delivery','*/99':'keep'}},"                        \
    "  {'by':['text'],'compare':'prefix','rows':{"                            \
    "    'Out':'out_for_delivery','Out of area':'on_hold.address'}}]},"       \
    "'transforms':[{'at':'^@back','equals':'true','map':{"                    \
    "  'delivered':'returned.received to returned_to_sender'}}],"             \
    "'signed_by':'receiver','weight':{'value':'kg','unit_is':'kg'}}"


static void
test_xml(void **state)
{
    engine_t                e;
    wismo_str_t             numbers[2];
    fetch_reply_t           reply;
    fetch_request_t         req;
    const wismo_event_t    *ev;
    const wismo_report_t   *r;

    (void) state;

    engine_text(&e, XML_ADAPTER);

    numbers[0] = str("A&1");
    numbers[1] = str("B");

    assert_int_equal(fetch_adapter_request(e.adapter, &e.pool, &e.account,
                                           NULL, numbers, 2, &req), WISMO_OK);
    assert_str(req.url, "https://post.example/t?x=%3Cq id=\"A%26amp%3B1;B\"/"
               "%3E&key=p%20%22w%22");

    reply = engine_reply(&e,
        "<?xml version='1.0'?><d:data xmlns:d='u' code='0'>"
        "<d:piece id='A' back='false'><kg>1.5</kg><receiver>null</receiver>"
        "<events>"
        "<event ice='07' ric='5' at='28.03.2026 12:30' city='Bonn'>"
        "<text>Sorted &amp;amp; <![CDATA[<b>gone</b>]]></text></event>"
        "<event ice='7' ric='012' at='29.03.2026 12:30'><text/></event>"
        "</events></d:piece></d:data>", "A");

    assert_int_equal(reply.outcome, FETCH_OK);
    r = reply.parts[0].report;
    assert_non_null(r);
    assert_int_equal(r->nevents, 2);
    assert_int_equal(r->weight_g, 1500);
    assert_int_equal(r->signed_by.len, 0);

    ev = &r->events[0];
    assert_string_equal(ev->status->sub, "neighbour");
    assert_int_equal(ev->delivered_to, WISMO_TO_NEIGHBOUR);
    assert_int_equal(ev->when.basis, WISMO_BASIS_ZONE);
    assert_int_equal(ev->when.offset, 120);
    assert_int_equal(ev->when.utc, 1774780200);   /* 2026-03-29T10:30Z */

    ev = &r->events[1];
    assert_string_equal(ev->status->name, "in_transit");
    assert_int_equal(ev->when.offset, 60);
    assert_str(ev->code, "07/5");
    assert_str(ev->text, "Sorted & gone");
    assert_str(ev->place, "Bonn");
    assert_int_equal(r->nunmapped, 0);

    /* one event is no list; a transform looks at the item */

    reply = engine_reply(&e,
        "<data><piece id='A' back='true'><events><event ice='7' ric='12' "
        "at='2.3.2026 9:05:07'/></events></piece></data>", "A");

    r = reply.parts[0].report;
    assert_non_null(r);
    assert_int_equal(r->nevents, 1);
    assert_string_equal(r->events[0].status->name, "returned");

    /* texts as a way out: the longest beginning wins, in any case */

    reply = engine_reply(&e,
        "<data><piece id='A'><events><event ice='3' ric='4' at='2.3.2026'>"
        "<text>OUT OF AREA again</text></event></events></piece></data>",
        "A");

    r = reply.parts[0].report;
    assert_non_null(r);
    assert_string_equal(r->events[0].status->sub, "address");
    assert_int_equal(r->events[0].when.basis, WISMO_BASIS_DATE);

    reply = engine_reply(&e, "<data code='100'/>", "A");
    assert_int_equal(reply.outcome, FETCH_NOT_FOUND);

    reply = engine_reply(&e,
        "<data><piece id='A' error='E1'><note>no</note></piece></data>",
        "A");
    assert_int_equal(reply.outcome, FETCH_NOT_FOUND);
    assert_str(reply.parts[0].code, "E1");
    assert_str(reply.parts[0].text, "no");

    /* nothing a carrier sends needs a document type */

    reply = engine_reply(&e,
        "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
        "<data><piece id='A'><receiver>&x;</receiver></piece></data>", "A");
    assert_int_equal(reply.outcome, FETCH_RETRY);

    reply = engine_reply(&e, "<html><body>sorry</body></html>", "A");
    assert_int_equal(reply.outcome, FETCH_RETRY);

    reply = engine_reply(&e, "{\"data\":1}", "A");
    assert_int_equal(reply.outcome, FETCH_RETRY);

    engine_done(&e);
}


/* XML cut and bent: an outcome, and no crash. */

static void
test_xml_hostile(void **state)
{
    char           *copy;
    size_t          i, len;
    engine_t        e;
    uint64_t        seed;
    fetch_reply_t   reply;

    static const char  body[] =
        "<?xml version='1.0' encoding='UTF-8'?><d:data xmlns:d='u' code='0'>"
        "<d:piece id='A' back='true'><kg>1.5</kg><receiver a='1'>x</receiver>"
        "<events><event ice='07' ric='5' at='28.03.2026 12:30' city='Bonn'>"
        "<text>Sorted &amp; &#x41;<![CDATA[<b>gone</b>]]></text></event>"
        "<event ice='7' ric='012' at='29.03.2026 12:30'><text/></event>"
        "</events></d:piece></d:data>";
    static const char  bytes[] = "<>&;'/=!?#[]-x\xFF\xC3\x01";

    (void) state;

    engine_text(&e, XML_ADAPTER);
    copy = strdup(body);
    assert_non_null(copy);

    for (len = sizeof(body) - 1; len > 0; len--) {
        copy[len] = '\0';
        reply = engine_reply(&e, copy, len % 2 ? "A" : NULL);
        assert_true(reply.outcome <= FETCH_REFUSE);
        assert_true(len == sizeof(body) - 1 || reply.outcome == FETCH_RETRY);
        wismo_pool_reset(&e.pool);
    }

    seed = 1;

    for (i = 0; i < 3000; i++) {
        memcpy(copy, body, sizeof(body));
        copy[test_random(&seed) % (sizeof(body) - 1)]
            = bytes[test_random(&seed) % (sizeof(bytes) - 1)];
        reply = engine_reply(&e, copy, "A");
        assert_true(reply.outcome <= FETCH_REFUSE);
        wismo_pool_reset(&e.pool);
    }

    free(copy);

    /* deep, and wide */

    copy = malloc(400001);
    assert_non_null(copy);

    for (i = 0; i < 100000; i++) {
        memcpy(copy + i * 4, i % 2 && i > 50000 ? "</a>" : "<a> ", 4);
    }

    copy[400000] = '\0';

    reply = engine_reply(&e, copy, "A");
    assert_int_equal(reply.outcome, FETCH_RETRY);

    free(copy);
    engine_done(&e);
}


/* Every form of a time, one source after the other. */

#define TIME_ADAPTER                                                          \
    "{'adapter':'t','title':'T','base_url':'https://t.example',"              \
    "'ask':{'url':'{base}/{number}'},'items':'/','events':{'at':'e',"         \
    "'code':['c'],'keys':{'c':'c'},'time':["                                  \
    "  {'parts':['iso'],'form':'iso','zone':'text'},"                         \
    "  {'parts':['ams'],'form':'iso','zone':'Europe/Amsterdam'},"             \
    "  {'parts':['day','clock'],'form':'iso','zone':'text'},"                 \
    "  {'parts':['mdy'],'form':'mdy','zone':'local'},"                        \
    "  {'parts':['dmy'],'form':'dmy','zone':'Europe/London'},"                \
    "  {'parts':['ymd','hms'],'form':'ymd','zone':{'at':'zone',"              \
    "    'names':{'EST':'-05:00','ISRAEL':'Asia/Jerusalem'},"                 \
    "    'else':'local'}},"                                                   \
    "  {'parts':['month'],'form':'month','zone':'local'},"                    \
    "  {'parts':['s'],'form':'epoch'},{'parts':['ms'],'form':'epoch-ms'},"    \
    "  {'parts':['net'],'form':'dotnet'}]},"                                  \
    "'codes':{'keys':['c'],'tables':[{'by':['c'],'rows':{"                    \
    "  'x':'in_transit'}}]}}"


static void
test_times(void **state)
{
    engine_t               e;
    unsigned               i;
    char                   body[256];
    fetch_reply_t          reply;
    const wismo_when_t    *w;

    static const struct {
        const char     *fields;
        int64_t         utc;
        int64_t         wall;
        wismo_basis_e   basis;
    } cases[] = {

#define LOCAL(t)   WISMO_TIME_NONE, t, WISMO_BASIS_LOCAL
#define T          INT64_C(1772460300)            /* 2026-03-02T14:05:00Z */

        { "'iso':'2026-03-02T09:05:00-05:00'", T, T - 5 * 3600,
          WISMO_BASIS_OFFSET },
        { "'iso':'2026-03-02T16:05:00+0200'", T, T + 7200,
          WISMO_BASIS_OFFSET },
        { "'iso':'2026-03-02T14:05:00.123Z'", T, T, WISMO_BASIS_UTC },
        { "'iso':'2026-03-02 14:05:00'", LOCAL(T) },
        { "'iso':'2026-03-02'", WISMO_TIME_NONE, T - 50700,
          WISMO_BASIS_DATE },
        { "'ams':'2026-03-02T15:05:00'", T, T + 3600, WISMO_BASIS_ZONE },
        { "'ams':'2026-03-02T14:05:00Z'", T, T, WISMO_BASIS_UTC },
        { "'day':'2026-03-02','clock':'15:05:00+01:00'", T, T + 3600,
          WISMO_BASIS_OFFSET },
        { "'mdy':'3/2/2026 2:05:00 PM'", LOCAL(T) },
        { "'mdy':'3/2/2026 12:05:00 AM'", LOCAL(T - 14 * 3600) },
        { "'mdy':'3/2/2026 12:05 pm'", LOCAL(T - 2 * 3600) },
        { "'mdy':'3/2/2026 2:05 a.m.'", LOCAL(T - 12 * 3600) },
        { "'mdy':'3/2/2026 14:05'", LOCAL(T) },
        { "'dmy':'02-03-2026 14:05:00.5'", T, T, WISMO_BASIS_ZONE },
        { "'dmy':'02.07.2026 14:05'", INT64_C(1782997500),
          INT64_C(1783001100), WISMO_BASIS_ZONE },
        { "'ymd':'20260302','hms':'140500'", LOCAL(T) },
        { "'ymd':20260302,'hms':90500,'zone':'EST'", T, T - 5 * 3600,
          WISMO_BASIS_ZONE },
        { "'ymd':'20260302','hms':'1605','zone':'ISRAEL'", T, T + 7200,
          WISMO_BASIS_ZONE },
        { "'ymd':'20260302','hms':'905','zone':'-5:00'", T, T - 5 * 3600,
          WISMO_BASIS_OFFSET },
        { "'ymd':'20260302','hms':'140500','zone':'XYZ'", LOCAL(T) },
        { "'month':'March 2, 2026, 2:05 pm'", LOCAL(T) },
        { "'month':'Monday, 2 Mar 2026 14:05'", LOCAL(T) },
        { "'s':1772460300", T, T, WISMO_BASIS_UTC },
        { "'s':'1772460300'", T, T, WISMO_BASIS_UTC },
        { "'ms':1772460300999", T, T, WISMO_BASIS_UTC },
        { "'net':'/Date(1772460300000)/'", T, T, WISMO_BASIS_UTC },
        { "'net':'/Date(1772460300000-0500)/'", T, T - 5 * 3600,
          WISMO_BASIS_OFFSET },

        /* the first source that can be read, and nothing made up */

        { "'iso':'soon','s':1772460300", T, T, WISMO_BASIS_UTC },
        { "'iso':'2026-02-30T00:00:00Z'", WISMO_TIME_NONE, WISMO_TIME_NONE,
          WISMO_BASIS_UNKNOWN },
        { "'iso':'1999-12-31T00:00:00Z'", WISMO_TIME_NONE, WISMO_TIME_NONE,
          WISMO_BASIS_UNKNOWN },
        { "'iso':'2028-01-01T00:00:00Z'", WISMO_TIME_NONE, WISMO_TIME_NONE,
          WISMO_BASIS_UNKNOWN },
        { "'mdy':'13/2/2026 1:00 PM'", WISMO_TIME_NONE, WISMO_TIME_NONE,
          WISMO_BASIS_UNKNOWN },
        { "'s':99999999999999", WISMO_TIME_NONE, WISMO_TIME_NONE,
          WISMO_BASIS_UNKNOWN },
        { "'net':'/Date()/'", WISMO_TIME_NONE, WISMO_TIME_NONE,
          WISMO_BASIS_UNKNOWN },
        { "'iso':{},'ymd':[],'s':true", WISMO_TIME_NONE, WISMO_TIME_NONE,
          WISMO_BASIS_UNKNOWN }
    };

    (void) state;

    engine_text(&e, TIME_ADAPTER);

    for (i = 0; i < countof(cases); i++) {
        snprintf(body, sizeof(body), "{\"e\":{\"c\":\"x\",%s}}",
                 cases[i].fields);

        for (char *p = body; *p; p++) {
            *p = *p == '\'' ? '"' : *p;
        }

        reply = engine_reply(&e, body, "1");

        if (reply.outcome != FETCH_OK) {
            fail_msg("%s: %s", body, fetch_outcome_name(reply.outcome));
        }

        w = &reply.parts[0].report->events[0].when;

        if (w->utc != cases[i].utc || w->basis != cases[i].basis
            || (w->basis != WISMO_BASIS_UNKNOWN && w->wall != cases[i].wall))
        {
            fail_msg("%s: utc %lld, wall %lld, %s", body,
                     (long long) w->utc, (long long) w->wall,
                     wismo_time_basis(w->basis));
        }
    }

    engine_done(&e);
}


/* Register, then read: what the next aggregators want. */

#define REGISTER_ADAPTER                                                      \
    "{'adapter':'agg','title':'Agg','base_url':'https://a.example',"          \
    "'auth':{'kind':'header','name':'as-api-key','value':'{secret.secret}'}," \
    "'register':{'method':'POST','url':'{base}/r','body':['{numbers}'],"      \
    "  'batch':{'size':40,'each':{'number':'{number}'}},"                     \
    "  'outcomes':[{'at':'/meta/code','equals':'4003','is':'ok'}],"           \
    "  'items':'/accepted/*','number':'number','handle':'id'},"               \
    "'ask':{'url':'{base}/t/{handle}'},"                                      \
    "'items':'/t','number':'number','status':{'policy':'field','at':'.',"     \
    "'keys':{'s':'s'}},'codes':{'keys':['s'],'tables':[{'by':['s'],"          \
    "'rows':{'Delivered':'delivered'}}]}}"


static void
test_register(void **state)
{
    engine_t         e;
    wismo_str_t      numbers[2], handles[2];
    fetch_reply_t    reply;
    fetch_answer_t   answer;
    fetch_request_t  req;

    (void) state;

    engine_text(&e, REGISTER_ADAPTER);
    assert_true(fetch_adapter_has_register(e.adapter));

    numbers[0] = str("N1");
    numbers[1] = str("N2");

    assert_int_equal(fetch_adapter_register_request(e.adapter, &e.pool,
                                                    &e.account, NULL, numbers,
                                                    2, &req), WISMO_OK);
    assert_str(req.method, "POST");
    assert_str(req.body, "[{\"number\":\"N1\"},{\"number\":\"N2\"}]");
    assert_str(*header(&req, "as-api-key"), "p \"w\"");

    memset(&answer, 0, sizeof(fetch_answer_t));
    answer.http = 400;
    answer.numbers = numbers;
    answer.nnumbers = 2;
    answer.now = NOW;
    answer.body = heap_str("{\"meta\":{\"code\":4003},\"accepted\":["
                           "{\"number\":\"N2\",\"id\":77}]}");

    assert_int_equal(fetch_adapter_register_reply(e.adapter, &e.pool, &answer,
                                                  &reply, handles),
                     WISMO_OK);
    assert_int_equal(reply.parts[0].outcome, FETCH_RETRY);
    assert_int_equal(handles[0].len, 0);
    assert_int_equal(reply.parts[1].outcome, FETCH_OK);
    assert_str(handles[1], "77");
    free(answer.body.data);

    answer.body = heap_str("");
    assert_int_equal(fetch_adapter_register_reply(e.adapter, &e.pool, &answer,
                                                  &reply, handles),
                     WISMO_OK);
    assert_int_equal(reply.outcome, FETCH_REFUSE);
    free(answer.body.data);

    handles[1] = str("a/b");

    assert_int_equal(fetch_adapter_read_request(e.adapter, &e.pool,
                                                &e.account, NULL, numbers + 1,
                                                handles + 1, 1, &req),
                     WISMO_OK);
    assert_str(req.url, "https://a.example/t/a%2Fb");

    engine_done(&e);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_ups_asks),
        cmocka_unit_test(test_fedex_asks),
        cmocka_unit_test(test_easypost_asks),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_xml),
        cmocka_unit_test(test_xml_hostile),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_register),
    };

    return test_run("adapter", tests, countof(tests));
}
