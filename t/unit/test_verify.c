
/*
 * Copyright (C) The Wismo authors
 *
 * Pushes: every sender's scheme as its adapter would state it, with MACs
 * made by another program, and then all that must not pass.
 */


#define _GNU_SOURCE

#include "test.h"

#include "wismo_sign.h"


#define NOW       1772460300
#define SECRET    "easypost-secret-0123"
#define BODY      "{\"id\":\"evt_1\",\"object\":\"Event\"}"

/* all over BODY, with SECRET or 24 bytes that count from 0 */

#define MAC_HEX                                                               \
    "4ac01877bb4cb196ad59998403609fe1e164964a70ba2fd56cd2925b8c83f4a0"
#define MAC_BASE64                                                            \
    "SsAYd7tMsZatWZmEA2Cf4eFklkpwui/VbNKSW4yD9KA="
#define MAC_SHA1                                                              \
    "ff51377fb49702eda59749d79c9c19a70a0a618d"
#define MAC_SHA512                                                            \
    "iMBVAKpFsc2jHaN81YP1k4qzy0Us1uAnwZMFUMlZjjQhqgYH5WWvzG1R5e78Tg5U"        \
    "w42FwxzzZxnFs7tU9zwf/A=="
#define DIGEST_HEX                                                            \
    "94b85c8efda6378faa3b09aef0fd119935250e92bffd198864ec0456bb369fd3"
#define TIMED_HEX                                                             \
    "22c6c250dbeee5b6e58b1142fe52897ee65c2a2ecba6575f75e39efe5a41bc3e"
#define COUNTED_HEX                                                           \
    "b8f16529cae6b54296e7fa219d957bfd88b472a66ff3152cb17d688fa4655de7"
#define COUNTED_KEY                                                           \
    "000102030405060708090a0b0c0d0e0f1011121314151617"
#define STANDARD                                                              \
    "UqmL1icRoYe3HOV1Uipz2zD5VshQamchrbh11XEEcDg="
#define STANDARD_KEY                                                          \
    "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"

#define EASYPOST                                                              \
    "{'kind':'hmac','header':'X-Hmac-Signature','key':'ascii',"               \
    "'prefix':'hmac-sha256-hex='}"
#define SHIPPO                                                                \
    "{'kind':'hmac','header':'Shippo-Auth-Signature',"                        \
    "'signed':['{time}','.','{body}'],'tolerance':300,"                       \
    "'time':{'field':'t','signature':'v1'}}"
#define TRACK17                                                               \
    "{'kind':'digest','header':'sign',"                                       \
    "'signed':['{body}','/','{key}']}"
#define WEBHOOKS                                                              \
    "{'kind':'hmac','header':'webhook-signature','prefix':'v1,',"             \
    "'encoding':'base64','key':'base64',"                                     \
    "'time':{'header':'webhook-timestamp'},"                                  \
    "'id':{'header':'webhook-id'},"                                           \
    "'signed':['{id}','.','{time}','.','{body}']}"
#define FEDEX                                                                 \
    "{'kind':'hmac','header':'fdx-signature','encoding':'any'}"
#define SHOPIFY                                                               \
    "{'kind':'hmac','header':'X-Shopify-Hmac-SHA256',"                        \
    "'encoding':'base64'}"
#define SHIP24                                                                \
    "{'kind':'bearer','header':'Authorization',"                              \
    "'prefix':'Bearer '}"
#define UPS                                                                   \
    "{'kind':'bearer','header':'credential'}"
#define SHA1                                                                  \
    "{'kind':'hmac','header':'x','algorithm':'sha1'}"
#define SHA512                                                                \
    "{'kind':'hmac','header':'x','algorithm':'sha512',"                       \
    "'encoding':'base64'}"
#define HEXKEY                                                                \
    "{'kind':'hmac','header':'x','key':'hex'}"


/* HMAC-SHA256 of "&a=1__&b=2", the key is "12345". */
#define PAIRS_HEX                                                             \
    "f8d7f4c59595b05d79a3c59202e0bc97"                                        \
    "a4bfe7de9d90427ca7f5099e81ba1275"

#define TWILIO                                                                \
    "{'kind':'hmac','algorithm':'sha1','encoding':'base64',"                  \
    "'header':'X-Twilio-Signature','signed':['{url}','{fields}']}"
#define VONAGE                                                                \
    "{'kind':'hmac','field':'sig','signed':['{pairs}']}"


/* The headers of a request, as "Name: value" lines. */

static bool
find_header(void *data, const char *name, wismo_str_t *value)
{
    size_t        len;
    const char   *line;

    len = strlen(name);

    for (line = data; line && *line; line = strchr(line, '\n')) {

        line += *line == '\n';

        if (strncmp(line, name, len) == 0 && strncmp(line + len, ": ", 2) == 0)
        {
            value->data = (unsigned char *) line + len + 2;
            value->len = strcspn(line + len + 2, "\n");
            return true;
        }
    }

    return false;
}


/* Schemes are written with the other quotes, which C does not escape. */

static json_t *
scheme_json(const char *scheme)
{
    char     *p, *text;
    json_t   *json;

    text = strdup(scheme);
    assert_non_null(text);

    for (p = text; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    json = json_loads(text, 0, NULL);
    assert_non_null(json);
    free(text);

    return json;
}


static wismo_verifier_t *
compile(wismo_pool_t *pool, const char *scheme)
{
    int                rc;
    json_t            *json;
    wismo_error_t      err;
    wismo_verifier_t  *v;

    json = scheme_json(scheme);
    rc = wismo_verifier_compile(pool, json, &v, &err);

    if (rc != WISMO_OK) {
        fail_msg("%s: %s %s", scheme, err.at, err.text);
    }

    /* nothing of the adapter's file is needed any more */
    json_decref(json);

    return v;
}


static int
verify(const char *scheme, const char *secret, const char *headers,
    const char *text, int64_t now)
{
    int                rc;
    wismo_str_t        body;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_verifier_t  *v;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);
    v = compile(&pool, scheme);

    keys.n = 1;
    keys.keys[0].kid = str("k1");
    keys.keys[0].secret = heap_str(secret);
    body = heap_str(text);

    rc = wismo_verify(v, &keys, find_header, (void *) headers, &body, now);

    free(keys.keys[0].secret.data);
    free(body.data);
    wismo_pool_done(&pool);

    return rc;
}


static void
test_schemes(void **state)
{
    size_t  i;

    static const struct {
        const char  *scheme;
        const char  *secret;
        const char  *headers;
    } cases[] = {
        { EASYPOST, SECRET, "X-Hmac-Signature: hmac-sha256-hex=" MAC_HEX },
        { FEDEX, SECRET, "fdx-signature: " MAC_BASE64 },
        { FEDEX, SECRET, "fdx-signature: " MAC_HEX },
        { SHOPIFY, SECRET, "Host: x\nX-Shopify-Hmac-SHA256: " MAC_BASE64 },
        { TRACK17, SECRET, "sign: " DIGEST_HEX },
        { SHIPPO, SECRET, "Shippo-Auth-Signature: t=1772460300,v1="
                          TIMED_HEX },
        { SHIPPO, SECRET, "Shippo-Auth-Signature: v0=00, v1=" MAC_HEX
                          ", v1=" TIMED_HEX ", t=1772460300" },
        { WEBHOOKS, STANDARD_KEY, "webhook-id: msg_1\nwebhook-timestamp: "
                          "1772460300\nwebhook-signature: v1," STANDARD },
        { WEBHOOKS, STANDARD_KEY + 6, "webhook-id: msg_1\n"
                          "webhook-timestamp: 1772460300\n"
                          "webhook-signature: v1a,xyz v1," MAC_BASE64
                          " v1," STANDARD },
        { SHIP24, SECRET, "Authorization: Bearer " SECRET },
        { SHIP24, SECRET, "Authorization: bearer " SECRET },
        { UPS, SECRET, "credential: " SECRET },
        { SHA1, SECRET, "x: " MAC_SHA1 },
        { SHA512, SECRET, "x: " MAC_SHA512 },
        { HEXKEY, COUNTED_KEY, "x: " COUNTED_HEX },
        { "{'kind':'none'}", SECRET, "" },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        if (verify(cases[i].scheme, cases[i].secret, cases[i].headers, BODY,
                   NOW)
            != WISMO_OK)
        {
            fail_msg("refused: %s", cases[i].headers);
        }
    }

    /* one byte of the body, of the secret; the body's end */

    for (i = 0; i + 1 < countof(cases); i++) {

        if (strstr(cases[i].scheme, "bearer") == NULL) {
            assert_int_equal(verify(cases[i].scheme, cases[i].secret,
                                    cases[i].headers, BODY " ", NOW),
                             WISMO_DECLINED);
            assert_int_equal(verify(cases[i].scheme, cases[i].secret,
                                    cases[i].headers, "", NOW),
                             WISMO_DECLINED);
        }

        assert_int_equal(verify(cases[i].scheme, "00112233445566778899aabb",
                                cases[i].headers, BODY, NOW),
                         WISMO_DECLINED);
        assert_int_equal(verify(cases[i].scheme, cases[i].secret, "", BODY,
                                NOW), WISMO_DECLINED);
    }
}


static void
test_forged(void **state)
{
    size_t  i;

    static const struct {
        const char  *scheme;
        const char  *headers;
    } cases[] = {
        { EASYPOST, "X-Hmac-Signature: " },
        { EASYPOST, "X-Hmac-Signature: " MAC_HEX },
        { EASYPOST, "X-Hmac-Signature: hmac-sha256-hex=" },
        { EASYPOST, "X-Hmac-Signature: hmac-sha256-hex" },
        { EASYPOST, "X-Hmac-Signature: hmac-sha256-hex= " MAC_HEX },
        { EASYPOST, "X-Hmac-Signature: hmac-sha256-hex=" MAC_BASE64 },
        { EASYPOST, "X-Hmac-Signature: hmac-sha256-hex=" MAC_HEX "00" },
        { EASYPOST, "X-Hmac-Signature: hmac-sha1-hex=" MAC_HEX },
        { EASYPOST, "X-Hmac-Signature: hmac-sha256-hex=4a" },
        { EASYPOST, "X-Other: hmac-sha256-hex=" MAC_HEX },
        { FEDEX, "fdx-signature: " MAC_SHA1 },
        { FEDEX, "fdx-signature: =" },
        { FEDEX, "fdx-signature: ,,, ,," },
        { TRACK17, "sign: " MAC_HEX },
        { SHIPPO, "Shippo-Auth-Signature: v1=" TIMED_HEX },
        { SHIPPO, "Shippo-Auth-Signature: t=1772460300" },
        { SHIPPO, "Shippo-Auth-Signature: t=,v1=" TIMED_HEX },
        { SHIPPO, "Shippo-Auth-Signature: t=1772460301,v1=" TIMED_HEX },
        { SHIPPO, "Shippo-Auth-Signature: t=+1772460300,v1=" TIMED_HEX },
        { SHIPPO, "Shippo-Auth-Signature: t=1772460300,v2=" TIMED_HEX },
        { SHIPPO, "Shippo-Auth-Signature: t=1,t=1772460300,v1=" TIMED_HEX },
        { SHIPPO, "Shippo-Auth-Signature: t=177246030000,v1=" TIMED_HEX },
        { SHIPPO, "Shippo-Auth-Signature: " TIMED_HEX },
        { SHIPPO, "Shippo-Auth-Signature: =,=,=" },
        { SHIP24, "Authorization: " SECRET },
        { SHIP24, "Authorization: Bearer " },
        { SHIP24, "Authorization: Bearer" },
        { SHIP24, "Authorization: Basic  " SECRET },
        { SHIP24, "Authorization: Bearer  " SECRET },
        { SHIP24, "Authorization: Bearer easypost-secret-012" },
        { SHIP24, "Authorization: Bearer " SECRET "4" },
        { SHIP24, "Authorization: B%arer " SECRET },
        { UPS, "credential: EASYPOST-SECRET-0123" },
        { UPS, "Authorization: Bearer " SECRET },
    };

    static const char  *standard[] = {
        "webhook-timestamp: 1772460300\nwebhook-signature: v1," STANDARD,
        "webhook-id: msg_1\nwebhook-signature: v1," STANDARD,
        "webhook-id: \nwebhook-timestamp: 1772460300\nwebhook-signature: v1,"
        STANDARD,
        "webhook-id: msg_2\nwebhook-timestamp: 1772460300\n"
        "webhook-signature: v1," STANDARD,
        "webhook-id: msg_1\nwebhook-timestamp: 1772460301\n"
        "webhook-signature: v1," STANDARD,
        "webhook-id: msg_1\nwebhook-timestamp: 1772460300\n"
        "webhook-signature: v1a," STANDARD,
        "webhook-id: msg_1\nwebhook-timestamp: 1772460300\n"
        "webhook-signature: v1," STANDARD ",v1,x",
        "webhook-id: msg_1\nwebhook-timestamp: 1772460300\n"
        "webhook-signature: " STANDARD,
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        if (verify(cases[i].scheme, SECRET, cases[i].headers, BODY, NOW)
            != WISMO_DECLINED)
        {
            fail_msg("accepted: %s", cases[i].headers);
        }
    }

    for (i = 0; i < countof(standard); i++) {
        if (verify(WEBHOOKS, STANDARD_KEY, standard[i], BODY, NOW)
            != WISMO_DECLINED)
        {
            fail_msg("accepted: %s", standard[i]);
        }
    }
}


static void
test_every_byte(void **state)
{
    int            bit;
    char          *headers;
    size_t         i;
    wismo_str_t    body;

    (void) state;

    body = heap_copy(BODY, sizeof(BODY));
    headers = strdup("X-Hmac-Signature: hmac-sha256-hex=" MAC_HEX);
    assert_non_null(headers);

    for (i = 0; i < sizeof(BODY) - 1; i++) {
        for (bit = 0; bit < 8; bit++) {
            body.data[i] ^= (unsigned char) (1 << bit);
            assert_int_equal(verify(EASYPOST, SECRET, headers,
                                    (char *) body.data, NOW),
                             WISMO_DECLINED);
            body.data[i] ^= (unsigned char) (1 << bit);
        }
    }

    /* a digit's case is no change */

    for (i = 18; headers[i]; i++) {
        for (bit = 0; bit < 7; bit++) {

            if (bit == 5 && i >= 34 && headers[i] >= 'a') {
                continue;
            }

            headers[i] ^= (char) (1 << bit);
            assert_int_equal(verify(EASYPOST, SECRET, headers, BODY, NOW),
                             WISMO_DECLINED);
            headers[i] ^= (char) (1 << bit);
        }
    }

    assert_int_equal(verify(EASYPOST, SECRET, headers, BODY, NOW), WISMO_OK);

    free(headers);
    free(body.data);
}


static void
test_tolerance(void **state)
{
    size_t  i;

    static const struct {
        int64_t  late;
        int      rc;
    } cases[] = {
        { -301, WISMO_DECLINED }, { -300, WISMO_OK }, { 300, WISMO_OK },
        { 301, WISMO_DECLINED }, { 1000000000, WISMO_DECLINED }
    };

    static const char  header[] = "Shippo-Auth-Signature: t=1772460300,v1="
                                  TIMED_HEX;

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        assert_int_equal(verify(SHIPPO, SECRET, header, BODY,
                                NOW + cases[i].late), cases[i].rc);
    }
}


static void
test_rotation(void **state)
{
    unsigned           i;
    wismo_str_t        body;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_verifier_t  *v;

    static char  headers[] = "X-Hmac-Signature: hmac-sha256-hex=" MAC_HEX;
    static char  bearer[] = "credential: " SECRET;

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);
    v = compile(&pool, EASYPOST);
    body = str(BODY);

    assert_str(*wismo_verifier_header(v), "X-Hmac-Signature");

    /* the right one may stand anywhere; an unusable one is passed over */

    for (i = 0; i < WISMO_KEYS_MAX; i++) {
        keys.keys[i].secret = str(i % 2 ? "another-secret-000"
                                        : "sch\xc3\xb6ner-schl\xc3\xbcssel");
    }

    for (i = 0; i < WISMO_KEYS_MAX; i++) {
        keys.n = i;
        assert_int_equal(wismo_verify(v, &keys, find_header, headers, &body,
                                      NOW), WISMO_DECLINED);

        keys.n = i + 1;
        keys.keys[i].secret = str(SECRET);
        assert_int_equal(wismo_verify(v, &keys, find_header, headers, &body,
                                      NOW), WISMO_OK);

        keys.keys[i].secret = str("another-secret-000");
    }

    v = compile(&pool, UPS);
    assert_int_equal(wismo_verify(v, &keys, find_header, bearer, &body, NOW),
                     WISMO_DECLINED);
    keys.keys[WISMO_KEYS_MAX - 1].secret = str(SECRET);
    assert_int_equal(wismo_verify(v, &keys, find_header, bearer, &body, NOW),
                     WISMO_OK);
    keys.n = 0;
    assert_int_equal(wismo_verify(v, &keys, find_header, bearer, &body, NOW),
                     WISMO_DECLINED);

    wismo_pool_done(&pool);
}


static void
test_secrets(void **state)
{
    size_t             i;
    char               big[1100];
    wismo_str_t        s;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_verifier_t  *v;

    static const struct {
        const char  *scheme;
        const char  *secret;
        int          rc;
    } cases[] = {
        { EASYPOST, SECRET, WISMO_OK },
        { EASYPOST, "sch\xc3\xb6ner-schl\xc3\xbcssel", WISMO_DECLINED },
        { EASYPOST, "", WISMO_DECLINED },
        { FEDEX, "sch\xc3\xb6ner-schl\xc3\xbcssel", WISMO_OK },
        { HEXKEY, COUNTED_KEY, WISMO_OK },
        { HEXKEY, "00112", WISMO_DECLINED },
        { HEXKEY, "not hexadecimal!", WISMO_DECLINED },
        { HEXKEY, "", WISMO_DECLINED },
        { WEBHOOKS, STANDARD_KEY, WISMO_OK },
        { WEBHOOKS, STANDARD_KEY "*", WISMO_DECLINED },
        { WEBHOOKS, "whsec_", WISMO_DECLINED },
        { UPS, "", WISMO_DECLINED },
        { UPS, "too-short", WISMO_DECLINED },
        { UPS, "sch\xc3\xb6ner-schl\xc3\xbcssel", WISMO_OK },
        { "{'kind':'none'}", SECRET, WISMO_OK },
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);
    memset(big, 'a', sizeof(big));

    for (i = 0; i < countof(cases); i++) {
        v = compile(&pool, cases[i].scheme);
        s = heap_str(cases[i].secret);

        if (wismo_verifier_keys(&pool, v, &s, &keys, &err) != cases[i].rc) {
            fail_msg("%s with %s", cases[i].scheme, cases[i].secret);
        }

        free(s.data);
    }

    s.data = (unsigned char *) big;

    for (i = 0; i < 3; i++) {
        v = compile(&pool, i == 0 ? EASYPOST : i == 1 ? HEXKEY : WEBHOOKS);
        s.len = 1026;
        assert_int_equal(wismo_verifier_keys(&pool, v, &s, &keys, &err),
                         WISMO_DECLINED);
        assert_int_equal(err.line, 1);
    }

    wismo_pool_done(&pool);
}


static void
test_compile_refuses(void **state)
{
    size_t             i;
    json_t            *json;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_verifier_t  *v;

    static const struct {
        const char  *scheme;
        const char  *at;
    } cases[] = {
        { "[]", "" },
        { "{}", "/kind" },
        { "{'kind':'dsa'}", "/kind" },
        { "{'kind':1}", "/kind" },
        { "{'kind':'hmac'}", "/header" },
        { "{'kind':'bearer'}", "/header" },
        { "{'kind':'none','header':'x'}", "/header" },
        { "{'kind':'bearer','header':'x','encoding':'hex'}",
          "/encoding" },
        { "{'kind':'hmac','header':''}", "/header" },
        { "{'kind':'hmac','header':5}", "/header" },
        { "{'kind':'hmac','header':'a b'}", "/header" },
        { "{'kind':'hmac','header':'a:'}", "/header" },
        { "{'kind':'hmac','header':'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}", "/header" },
        { "{'kind':'hmac','header':'x','prefix':null}", "/prefix" },
        { "{'kind':'hmac','header':'x','prefix':'a b'}",
          "/prefix" },
        { "{'kind':'hmac','header':'x','algorithm':'md5'}",
          "/algorithm" },
        { "{'kind':'rsa','header':'x','algorithm':'sha1'}",
          "/algorithm" },
        { "{'kind':'rsa','header':'x','key':'raw'}", "/key" },
        { "{'kind':'rsa','header':'x','signed':['{body}','{key}']}",
          "/signed" },
        { "{'kind':'ed25519','header':'x','algorithm':'sha512'}",
          "/algorithm" },
        { "{'kind':'hmac','header':'x','time':{'header':'t',"
          "'form':'rfc'},'signed':['{time}','{body}']}", "/time/form" },
        { "{'kind':'hmac','header':'x','time':{'header':'X'},"
          "'signed':['{time}','{body}']}", "/header" },
        { "{'kind':'hmac','header':'x','id':{'header':'X'},"
          "'signed':['{id}','{body}']}", "/header" },
        { "{'kind':'hmac','header':'x','time':{'field':'t',"
          "'signature':'t'},'signed':['{time}','{body}']}",
          "/time/field" },
        { "{'kind':'hmac','header':'x','time':{'field':'t=',"
          "'signature':'v'},'signed':['{time}','{body}']}",
          "/time/field" },
        { "{'preset':'standard'}", "/preset" },
        { "{'preset':7}", "/preset" },
        { "{'preset':'shipengine','tolerance':9}", "/tolerance" },
        { "{'kind':'hmac','header':'x','encoding':'HEX'}",
          "/encoding" },
        { "{'kind':'hmac','header':'x','key':'nfkd'}", "/key" },
        { "{'kind':'hmac','header':'x','a/b~c':1}", "/a~1b~0c" },
        { "{'kind':'hmac','header':'x','Signed':[]}", "/Signed" },
        { "{'kind':'hmac','header':'x','signed':[]}", "/signed" },
        { "{'kind':'hmac','header':'x','signed':'{body}'}",
          "/signed" },
        { "{'kind':'hmac','header':'x','signed':['a']}",
          "/signed" },
        { "{'kind':'hmac','header':'x','signed':['{url}']}",
          "/signed" },
        { "{'kind':'hmac','header':'x','field':'sig',"
          "'signed':['{pairs}']}", "/field" },
        { "{'kind':'hmac','field':'sig'}", "/signed" },
        { "{'kind':'hmac','field':'','signed':['{pairs}']}", "/field" },
        { "{'kind':'rsa','field':'sig','signed':['{pairs}']}", "/field" },
        { "{'kind':'hmac','header':'x','signed':['{fields}','{pairs}']}",
          "/signed" },
        { "{'kind':'hmac','header':'x',"
          "'signed':['{body}','{bdy}']}", "/signed/1" },
        { "{'kind':'hmac','header':'x',"
          "'signed':['{body}','']}", "/signed/1" },
        { "{'kind':'hmac','header':'x','signed':[7,'{body}']}",
          "/signed/0" },
        { "{'kind':'hmac','header':'x','signed':['{body}','a',"
          "'a','a','a','a','a','a','a']}", "/signed" },
        { "{'kind':'hmac','header':'x',"
          "'signed':['{body}','{key}']}", "/signed" },
        { "{'kind':'digest','header':'x'}", "/signed" },
        { "{'kind':'hmac','header':'x',"
          "'signed':['{body}','{time}']}", "/signed" },
        { "{'kind':'hmac','header':'x',"
          "'signed':['{body}','{id}']}", "/signed" },
        { "{'kind':'hmac','header':'x','time':{'header':'t'}}",
          "/signed" },
        { "{'kind':'hmac','header':'x','id':{'header':'i'}}",
          "/signed" },
        { "{'kind':'hmac','header':'x','tolerance':300}",
          "/tolerance" },
        { "{'kind':'hmac','header':'x','tolerance':0,"
          "'time':{'header':'t'}}", "/tolerance" },
        { "{'kind':'hmac','header':'x','tolerance':'5',"
          "'time':{'header':'t'}}", "/tolerance" },
        { "{'kind':'hmac','header':'x','tolerance':86401,"
          "'time':{'header':'t'}}", "/tolerance" },
        { "{'kind':'hmac','header':'x','time':'t'}", "/time" },
        { "{'kind':'hmac','header':'x','time':{}}", "/time/field" },
        { "{'kind':'hmac','header':'x','time':{'field':'t'}}",
          "/time/signature" },
        { "{'kind':'hmac','header':'x','time':{'field':'t',"
          "'signature':'v','unit':'ms'}}", "/time/unit" },
        { "{'kind':'hmac','header':'x','time':{'header':'t',"
          "'field':'t'}}", "/time/field" },
        { "{'kind':'hmac','header':'x','time':{'header':''}}",
          "/time/header" },
        { "{'kind':'hmac','header':'x','prefix':'p','time':"
          "{'field':'t','signature':'v'}}", "/prefix" },
        { "{'kind':'hmac','header':'x','id':'i'}", "/id" },
        { "{'kind':'hmac','header':'x','id':{}}", "/id/header" },
        { "{'kind':'hmac','header':'x','id':{'name':'i'}}",
          "/id/name" },
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 18, NULL, NULL);

    for (i = 0; i < countof(cases); i++) {
        json = scheme_json(cases[i].scheme);

        if (wismo_verifier_compile(&pool, json, &v, &err) != WISMO_DECLINED) {
            fail_msg("accepted: %s", cases[i].scheme);
        }

        assert_null(v);
        assert_string_equal(err.at, cases[i].at);
        assert_true(err.text[0] != '\0');

        json_decref(json);
    }

    /* a key as long as it likes does not break the pointer's bounds */

    json = json_object();
    json_object_set_new(json, "kind", json_string("none"));
    json_object_set_new(json, "////////////////////////////////////////"
                        "////////////////////////////////////////"
                        "////////////////////////////////////////",
                        json_null());
    assert_int_equal(wismo_verifier_compile(&pool, json, &v, &err),
                     WISMO_DECLINED);
    assert_true(strlen(err.at) < sizeof(err.at));
    json_decref(json);

    wismo_pool_done(&pool);

    /* memory */

    json = scheme_json(WEBHOOKS);

    for (i = 0; i < 512; i += 16) {
        wismo_pool_init(&pool, i, NULL, NULL);
        assert_int_equal(wismo_verifier_compile(&pool, json, &v, &err),
                         WISMO_ERROR);
        assert_null(v);
        wismo_pool_done(&pool);
    }

    json_decref(json);
}


/* Senders of text messages sign a form's fields; the first case is Twilio's
 * own example. */

static void
test_forms(void **state)
{
    char    many[8192];
    size_t  i;

    static const struct {
        const char  *scheme;
        const char  *headers;
        const char  *body;
        int          rc;
    } cases[] = {
        { TWILIO, ":url: https://mycompany.com/myapp.php?foo=1&bar=2\n"
          "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=",
          "To=%2B18005551212&From=%2b14158675309&Digits=1234&"
          "CallSid=CA1234567890ABCDE&Caller=%2B14158675309", WISMO_OK },
        { TWILIO, ":url: https://mycompany.com/myapp.php?foo=1&bar=2\n"
          "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=",
          "To=%2B18005551212&From=%2b14158675309&Digits=1235&"
          "CallSid=CA1234567890ABCDE&Caller=%2B14158675309",
          WISMO_DECLINED },
        { TWILIO, "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=",
          "To=%2B18005551212", WISMO_DECLINED },
        { TWILIO, ":url: https://mycompany.com/\n"
          "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=", "",
          WISMO_DECLINED },
        { VONAGE, "", "b=2&sig=" PAIRS_HEX "&a=1%3D%26", WISMO_OK },
        { VONAGE, "", "sig=" PAIRS_HEX "&b=2&a=1__", WISMO_OK },
        { VONAGE, "", "b=2&sig=" PAIRS_HEX "&a=1", WISMO_DECLINED },
        { VONAGE, "", "b=2&a=1__", WISMO_DECLINED },
        { VONAGE, "", "sig=&b=2&a=1__", WISMO_DECLINED },
        { VONAGE, "", "", WISMO_DECLINED },
        { VONAGE, "", "&&=&sig", WISMO_DECLINED },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        if (verify(cases[i].scheme, "12345", cases[i].headers, cases[i].body,
                   0)
            != cases[i].rc)
        {
            fail_msg("%s: %s", cases[i].scheme, cases[i].body);
        }
    }

    /* more fields than anybody sends */

    for (i = 0; i < 1000; i++) {
        memcpy(many + 4 * i, "a=1&", 4);
    }

    memcpy(many + 4 * i, "sig=" PAIRS_HEX, sizeof("sig=" PAIRS_HEX));
    assert_int_equal(verify(VONAGE, "12345", "", many, 0), WISMO_DECLINED);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_schemes),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_tolerance),
        cmocka_unit_test(test_rotation),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_compile_refuses),
    };

    return test_run("verify", tests, countof(tests));
}
