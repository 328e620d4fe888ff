
/*
 * Copyright (C) The Wismo authors
 *
 * Pushes of those who sign neither with a MAC of the body nor by RSA: tokens
 * with its hash, as Vonage and Bird send them, and ECDSA, as SendGrid does it
 * (a signature of openssl's), and all that must not pass.
 */


#define _GNU_SOURCE

#include "test.h"

#include "wismo_form.h"
#include "wismo_notice.h"
#include "wismo_sign.h"


#define NOW       1772460300
#define SECRET    "easypost-secret-0123"
#define BODY      "{\"id\":\"evt_1\",\"object\":\"Event\"}"
#define URL       "https://shop.example/in?a=1"

#define VONAGE                                                                \
    "{\"kind\":\"jwt\",\"header\":\"Authorization\",\"prefix\":\"Bearer \","  \
    "\"body\":\"payload_hash\"}"
#define BIRD                                                                  \
    "{\"kind\":\"jwt\",\"header\":\"Signature\",\"body\":\"payload_hash\","   \
    "\"url\":\"url_hash\"}"
#define SENDGRID                                                              \
    "{\"kind\":\"ecdsa\",\"header\":\"Signature\",\"encoding\":\"base64\","   \
    "\"time\":{\"header\":\"Timestamp\"},\"signed\":[\"{time}\",\"{body}\"]}"


typedef struct {
    const char  *header;
    const char  *time;
    const char  *url;
} request_t;


static const char  public_key[] =
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEiqY+597XrqFQD/iIMa6/UwdnV+uV"
    "+/0viDnwrPbIO/+SCv6WIv6CTLcew3aHkjG3IZVsAfS9T8bSH4IwZov3UA==";

static const char  signature[] =
    "MEQCIENkJm1DKRj1lUG+USFW33eTT/9Nz4I+10cY6c5CgCKpAiACmWcBOx+TdPtt"
    "fTuLLErm3S9y5qQ17+ZFTtgpCcJGiA==";


static bool
find_header(void *data, const char *name, wismo_str_t *value)
{
    const char  *text;
    request_t   *r;

    r = data;
    text = strcmp(name, WISMO_VERIFY_URL) == 0 ? r->url
           : strcmp(name, "Timestamp") == 0 ? r->time
           : strcmp(name, WISMO_VERIFY_QUERY) == 0 ? NULL : r->header;

    if (text) {
        *value = str(text);
    }

    return text != NULL;
}


static int
verify(const char *scheme, const char *secret, request_t *r, const char *text)
{
    int                rc;
    json_t            *json;
    wismo_str_t        body, file;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_verifier_t  *v;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);

    json = json_loads(scheme, 0, NULL);
    assert_int_equal(wismo_verifier_compile(&pool, json, &v, &err), WISMO_OK);
    json_decref(json);

    file = str(secret);
    assert_int_equal(wismo_verifier_keys(&pool, v, &file, &keys, &err),
                     WISMO_OK);

    body = heap_str(text);
    rc = wismo_verify(v, &keys, find_header, r, &body, NOW);
    free(body.data);

    wismo_pool_done(&pool);

    return rc;
}


static char *
hash_of(const char *text)
{
    char           *hex;
    wismo_str_t     s;
    unsigned char   sum[32];

    s = str(text);
    hex = calloc(1, 65);
    assert_non_null(hex);
    assert_int_equal(wismo_sha256(&s, sum), WISMO_OK);
    wismo_hex(sum, 32, hex);

    return hex;
}


/* "<prefix><head>.<claims>.<mac>": B in the claims is the body's hash, U the
 * address's. */

static char *
token(const char *prefix, const char *head, const char *claims)
{
    char           *out, *p, *hash, text[1024];
    size_t          n;
    wismo_str_t     s, key;
    unsigned char   mac[32];

    for (p = text; *claims; claims++) {

        if (*claims == 'B' || *claims == 'U') {
            hash = hash_of(*claims == 'B' ? BODY : URL);
            p = stpcpy(p, hash);
            free(hash);
            continue;
        }

        *p++ = *claims;
    }

    *p = '\0';

    out = calloc(1, 4096);
    assert_non_null(out);

    p = stpcpy(out, prefix);
    s.data = (unsigned char *) p;

    p += wismo_base64url((const unsigned char *) head, strlen(head), p);
    *p++ = '.';
    p += wismo_base64url((unsigned char *) text, strlen(text), p);

    s.len = (size_t) (p - (char *) s.data);
    key = str(SECRET);
    assert_int_equal(wismo_hmac_sha256(&key, &s, mac), WISMO_OK);

    *p++ = '.';
    n = wismo_base64url(mac, 32, p);
    p[n] = '\0';

    return out;
}


static void
test_jwt(void **state)
{
    int        rc;
    char      *text;
    size_t     i;
    request_t  r;

    static const struct {
        const char  *scheme;
        const char  *head;
        const char  *claims;
        const char  *body;
        int          rc;
    } cases[] = {
#define HS256  "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define TAKEN(scheme, claims, body)                                           \
    { scheme, HS256, claims, body, WISMO_OK }
#define REFUSED(scheme, claims, body)                                         \
    { scheme, HS256, claims, body, WISMO_DECLINED }

        TAKEN(VONAGE, "{\"iat\":1772460300,\"payload_hash\":\"B\"}", BODY),
        TAKEN(VONAGE, "{\"iat\":1772460000,\"payload_hash\":\"B\"}", BODY),
        TAKEN(VONAGE, "{\"iat\":1772460600,\"payload_hash\":\"B\"}", BODY),
        TAKEN(VONAGE, "{\"iat\":1,\"exp\":1772460301,"
                      "\"payload_hash\":\"B\"}", BODY),
        TAKEN(BIRD, "{\"nbf\":1772460300,\"exp\":1772460360,"
                    "\"url_hash\":\"U\"}", ""),
        TAKEN(BIRD, "{\"exp\":1772460360,\"url_hash\":\"U\","
                    "\"payload_hash\":\"B\"}", BODY),

        /* when */
        REFUSED(VONAGE, "{\"iat\":1772459999,\"payload_hash\":\"B\"}", BODY),
        REFUSED(VONAGE, "{\"iat\":1772460601,\"payload_hash\":\"B\"}", BODY),
        REFUSED(VONAGE, "{\"exp\":1772459999,\"payload_hash\":\"B\"}", BODY),
        REFUSED(VONAGE, "{\"exp\":1772460301,\"nbf\":1772460601,"
                        "\"payload_hash\":\"B\"}", BODY),
        REFUSED(VONAGE, "{\"iat\":\"1772460300\",\"payload_hash\":\"B\"}",
                BODY),
        REFUSED(VONAGE, "{\"payload_hash\":\"B\"}", BODY),

        /* what */
        REFUSED(VONAGE, "{\"iat\":1772460300}", BODY),
        REFUSED(VONAGE, "{\"iat\":1772460300}", ""),
        REFUSED(VONAGE, "{\"iat\":1772460300,\"payload_hash\":\"U\"}", BODY),
        REFUSED(VONAGE, "{\"iat\":1772460300,\"payload_hash\":\"B\"}",
                BODY " "),
        REFUSED(VONAGE, "{\"iat\":1772460300,\"payload_hash\":\"B\"}", ""),
        REFUSED(VONAGE, "{\"iat\":1772460300,\"payload_hash\":\"B0\"}", BODY),
        REFUSED(VONAGE, "{\"iat\":1772460300,\"payload_hash\":7}", BODY),
        REFUSED(VONAGE, "{\"iat\":1772460300,\"payload_hash\":\"U\","
                        "\"payload_hash\":\"B\"}", BODY),
        REFUSED(BIRD, "{\"exp\":1772460360,\"url_hash\":\"U\"}", BODY),
        REFUSED(BIRD, "{\"exp\":1772460360,\"url_hash\":\"B\"}", ""),
        REFUSED(BIRD, "{\"exp\":1772460360,\"payload_hash\":\"B\"}", BODY),
        REFUSED(VONAGE, "[]", BODY),
        REFUSED(VONAGE, "", BODY),

        /* how */
        { VONAGE, "{\"alg\":\"none\"}",
          "{\"iat\":1772460300,\"payload_hash\":\"B\"}", BODY,
          WISMO_DECLINED },
        { VONAGE, "{\"alg\":\"RS256\"}",
          "{\"iat\":1772460300,\"payload_hash\":\"B\"}", BODY,
          WISMO_DECLINED },
        { VONAGE, "{}", "{\"iat\":1772460300,\"payload_hash\":\"B\"}", BODY,
          WISMO_DECLINED },
        { VONAGE, "", "{\"iat\":1772460300,\"payload_hash\":\"B\"}", BODY,
          WISMO_DECLINED }
    };

    (void) state;

    memset(&r, 0, sizeof(request_t));
    r.url = URL;

    for (i = 0; i < countof(cases); i++) {
        text = token(strcmp(cases[i].scheme, VONAGE) == 0 ? "bearer " : "",
                     cases[i].head, cases[i].claims);
        r.header = text;

        rc = verify(cases[i].scheme, SECRET, &r, cases[i].body);

        if (rc != cases[i].rc) {
            fail_msg("%s %s: %d", cases[i].head, cases[i].claims, rc);
        }

        assert_int_equal(verify(cases[i].scheme, "another-secret-0123", &r,
                                cases[i].body),
                         WISMO_DECLINED);
        free(text);
    }
}


/* Whatever is changed, cut or added. */

static void
test_jwt_bytes(void **state)
{
    char       *text, *copy;
    size_t      i, len;
    request_t   r;

    (void) state;

    memset(&r, 0, sizeof(request_t));

    text = token("Bearer ", "{\"alg\":\"HS256\"}",
                 "{\"iat\":1772460300,\"payload_hash\":\"B\"}");
    len = strlen(text);

    r.header = text;
    assert_int_equal(verify(VONAGE, SECRET, &r, BODY), WISMO_OK);

    for (i = 7; i < len; i++) {
        copy = strdup(text);
        assert_non_null(copy);

        copy[i] = (copy[i] == 'x') ? 'y' : 'x';
        r.header = copy;

        /* bits of the last letter are beyond the MAC */

        if (i < len - 1) {
            assert_int_equal(verify(VONAGE, SECRET, &r, BODY),
                             WISMO_DECLINED);
        }

        copy[i] = '\0';
        assert_int_equal(verify(VONAGE, SECRET, &r, BODY), WISMO_DECLINED);
        free(copy);
    }

    free(text);

    r.header = "Bearer";
    assert_int_equal(verify(VONAGE, SECRET, &r, BODY), WISMO_DECLINED);
    r.header = "Bearer ..";
    assert_int_equal(verify(VONAGE, SECRET, &r, BODY), WISMO_DECLINED);
    r.header = NULL;
    assert_int_equal(verify(VONAGE, SECRET, &r, BODY), WISMO_DECLINED);
}


static void
test_ecdsa(void **state)
{
    char       *copy;
    size_t      i;
    request_t   r;

    (void) state;

    memset(&r, 0, sizeof(request_t));
    r.header = signature;
    r.time = "1772460300";

    assert_int_equal(verify(SENDGRID, public_key, &r, BODY), WISMO_OK);
    assert_int_equal(verify(SENDGRID, public_key, &r, BODY " "),
                     WISMO_DECLINED);

    r.time = "1772460301";
    assert_int_equal(verify(SENDGRID, public_key, &r, BODY), WISMO_DECLINED);
    r.time = NULL;
    assert_int_equal(verify(SENDGRID, public_key, &r, BODY), WISMO_DECLINED);
    r.time = "1772460300";

    for (i = 0; i < sizeof(signature) - 1; i++) {
        copy = strdup(signature);
        assert_non_null(copy);

        copy[i] = (copy[i] == 'x') ? 'y' : 'x';
        r.header = copy;

        if (i < sizeof(signature) - 4) {
            assert_int_equal(verify(SENDGRID, public_key, &r, BODY),
                             WISMO_DECLINED);
        }

        copy[i] = '\0';

        if (i < sizeof(signature) - 3) {
            assert_int_equal(verify(SENDGRID, public_key, &r, BODY),
                             WISMO_DECLINED);
        }

        free(copy);
    }
}


static void
test_compile(void **state)
{
    size_t             i;
    json_t            *json;
    wismo_str_t        file;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_verifier_t  *v;

    static const char  *bad[][2] = {
        { "{\"kind\":\"jwt\",\"header\":\"x\"}", "/body" },
        { "{\"kind\":\"jwt\",\"body\":\"x\"}", "/header" },
        { "{\"kind\":\"jwt\",\"header\":\"x\",\"body\":7}", "/body" },
        { "{\"kind\":\"jwt\",\"header\":\"x\",\"url\":7}", "/url" },
        { "{\"kind\":\"jwt\",\"header\":\"x\",\"body\":\"b\","
          "\"tolerance\":0}", "/tolerance" },
        { "{\"kind\":\"jwt\",\"header\":\"x\",\"body\":\"b\","
          "\"algorithm\":\"none\"}", "/algorithm" },
        { "{\"kind\":\"ecdsa\",\"header\":\"x\",\"algorithm\":\"sha1\"}",
          "/algorithm" },
        { "{\"kind\":\"ecdsa\",\"header\":\"x\",\"key\":\"hex\"}", "/key" }
    };

    static const char  *no_keys[] = {
        "", "whpk_AAAA", "nonsense", "{\"keys\":[]}",
        "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n",
        /* of P-384 */
        "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE115MIYEDo4WwVA4CBAy6ZnXBealfRigp"
        "5Hea51VawwpFOvgV6xYksrYDAy0hEPuNxBdta3zStOy1iXKvcw8HdedZXxrRjo0S"
        "68Y6EPCv2Y99KfPkkCpWoH4D26XxY23m"
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);

    for (i = 0; i < countof(bad); i++) {
        json = json_loads(bad[i][0], 0, NULL);
        assert_non_null(json);
        assert_int_equal(wismo_verifier_compile(&pool, json, &v, &err),
                         WISMO_DECLINED);
        assert_string_equal(err.at, bad[i][1]);
        json_decref(json);
    }

    json = json_loads(SENDGRID, 0, NULL);
    assert_int_equal(wismo_verifier_compile(&pool, json, &v, &err), WISMO_OK);
    json_decref(json);

    for (i = 0; i < countof(no_keys); i++) {
        file = heap_str(no_keys[i]);

        if (wismo_verifier_keys(&pool, v, &file, &keys, &err)
            != WISMO_DECLINED)
        {
            fail_msg("%s is taken for a key", no_keys[i]);
        }

        assert_int_not_equal(err.text[0], '\0');
        free(file.data);
    }

    wismo_pool_done(&pool);
}


static void
test_form(void **state)
{
    size_t        i;
    wismo_str_t   text, form;
    wismo_pool_t  pool;

    static const char  *bad[] = {
        "", "[]", "7", "{", "{\"a\":{}}", "{\"a\":[]}", "{\"a\":1.5}",
        "{\"a\":true}", "{\"a\":null}", "{\"a\":\"1\",\"a\":\"2\"}",
        "{\"a\":\"\\ud800\"}"
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);

    text = heap_str("{\"b\":\"x&y=z\",\"a\":-7,\"c d\":\"\xc3\xa9\"}");
    assert_int_equal(wismo_form_json(&pool, &text, &form), WISMO_OK);
    assert_str(form, "b=x%26y%3Dz&a=-7&c%20d=%C3%A9");
    free(text.data);

    text = heap_str("{}");
    assert_int_equal(wismo_form_json(&pool, &text, &form), WISMO_OK);
    assert_int_equal(form.len, 0);
    free(text.data);

    for (i = 0; i < countof(bad); i++) {
        text = heap_str(bad[i]);
        assert_int_equal(wismo_form_json(&pool, &text, &form),
                         WISMO_DECLINED);
        free(text.data);
    }

    wismo_pool_done(&pool);
}


static void
test_ref(void **state)
{
    char          buf[WISMO_NOTICE_REF_MAX];
    size_t        i;
    wismo_out_t   out;
    wismo_str_t   order, channel, id, text;
    wismo_pool_t  pool;

    static const char  *good[] = {
        "1001=mail=delivered~p1", "<1001=mail=delivered~p1@shop.example>",
        "1001=mail=delivered~p1@"
    };

    static const char  *bad[] = {
        "", "<", "1001", "1001=", "1001=mail", "1001=mail=", "=mail=x",
        "1001==x", "1001=mail=a=b", "../x=mail=a", "~1001=mail=a",
        "1001=mail=@shop.example", "<e3b0c44298fc1c14@shop.example>"
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);
    wismo_out_init(&out, &pool, 16);

    order = str("A.1-x_2");
    channel = str("text-2");
    id = str("attempt_failed.p1.20261130");
    wismo_notice_ref(&out, &order, &channel, &id);

    text.data = out.start;
    text.len = (size_t) (out.pos - out.start);
    assert_str(text, "A~1-x_2=text-2=attempt_failed~p1~20261130");

    assert_int_equal(wismo_notice_ref_read(&text, buf, &order, &channel,
                                           &id), WISMO_OK);
    assert_str(order, "A.1-x_2");
    assert_str(channel, "text-2");
    assert_str(id, "attempt_failed.p1.20261130");

    /* what has no name gets no reference */

    out.pos = out.start;
    id = str("");
    wismo_notice_ref(&out, &order, &channel, &id);
    assert_ptr_equal(out.pos, out.start);

    id = str("delivered.p 1");
    wismo_notice_ref(&out, &order, &channel, &id);
    assert_ptr_equal(out.pos, out.start);

    for (i = 0; i < countof(good); i++) {
        text = heap_str(good[i]);
        assert_int_equal(wismo_notice_ref_read(&text, buf, &order, &channel,
                                               &id), WISMO_OK);
        assert_str(order, "1001");
        assert_str(channel, "mail");
        assert_str(id, "delivered.p1");
        free(text.data);
    }

    for (i = 0; i < countof(bad); i++) {
        text = heap_str(bad[i]);

        if (wismo_notice_ref_read(&text, buf, &order, &channel, &id)
            != WISMO_DECLINED)
        {
            fail_msg("%s is taken for a reference", bad[i]);
        }

        free(text.data);
    }

    text = heap_copy(NULL, 0);
    free(text.data);
    text.data = malloc(4096);
    assert_non_null(text.data);
    memset(text.data, '1', 4096);
    text.len = 4096;
    assert_int_equal(wismo_notice_ref_read(&text, buf, &order, &channel,
                                           &id), WISMO_DECLINED);
    free(text.data);

    wismo_pool_done(&pool);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_jwt),
        cmocka_unit_test(test_jwt_bytes),
        cmocka_unit_test(test_ecdsa),
        cmocka_unit_test(test_compile),
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_ref),
    };

    return test_run("verify_jwt", tests, countof(tests));
}
