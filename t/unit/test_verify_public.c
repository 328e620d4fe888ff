
/*
 * Copyright (C) The Wismo authors
 *
 * Pushes signed by private keys: signatures and keys made by openssl(1), all
 * forms of key files, what must not pass, and what we sign ourselves.
 */


#define _GNU_SOURCE

#include "test.h"

#include "wismo_sign.h"

#include <openssl/err.h>


#define NOW       1772460300                  /* 2026-03-02T14:05:00Z */
#define BODY      "{\"id\":\"evt_1\",\"object\":\"Event\"}"

/* keys for this test only, over "2026-03-02T14:05:00Z." or "msg_1.1772460300."
 * and BODY; ED_BODY over BODY alone */

#define RSA_PUBLIC                                                            \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArdNDUedDEDtovCgfyxw1\n"      \
    "OE9vSFyxMDjy9Vuj2o5/7DrTiQZoaym0Vv/3ncLqsTR9Nvg3MJnwTeF+PKjBLWll\n"      \
    "RQAlkV0ZwTVUxmhp2rUVKThszNh1Ywxy64FfkGoJSpQr8aCk0bRqCSxbG2uECN/i\n"      \
    "W9qbvDk2AsSM2FQhetY+WUPb/yZQVnJHheNOa8bBTiIONLhN4GlkaX2lO6HYhKaz\n"      \
    "xRPgw/8h68lEWOa5m5OH+2u5WOnrMmIKUPousnjXhhXlL91B8xENnDuF9hkaSqho\n"      \
    "PoT0AL+3CO5zSVAXsT/uPjggkQf+oSAXsHgnrjGXmDZi+9SZfNgYugvafcMouSpD\n"      \
    "KQIDAQAB\n"                                                              \
    "-----END PUBLIC KEY-----\n"

#define RSA_PRIVATE                                                           \
    "-----BEGIN PRIVATE KEY-----\n"                                           \
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCt00NR50MQO2i8\n"      \
    "KB/LHDU4T29IXLEwOPL1W6Pajn/sOtOJBmhrKbRW//edwuqxNH02+DcwmfBN4X48\n"      \
    "qMEtaWVFACWRXRnBNVTGaGnatRUpOGzM2HVjDHLrgV+QaglKlCvxoKTRtGoJLFsb\n"      \
    "a4QI3+Jb2pu8OTYCxIzYVCF61j5ZQ9v/JlBWckeF405rxsFOIg40uE3gaWRpfaU7\n"      \
    "odiEprPFE+DD/yHryURY5rmbk4f7a7lY6esyYgpQ+i6yeNeGFeUv3UHzEQ2cO4X2\n"      \
    "GRpKqGg+hPQAv7cI7nNJUBexP+4+OCCRB/6hIBeweCeuMZeYNmL71Jl82Bi6C9p9\n"      \
    "wyi5KkMpAgMBAAECggEADa7uwrjIv7NdiEpETnHXAqrGINUjIZ+qCISBPogvK8Jp\n"      \
    "uoSlnaH3z01xCZs5bF+sZ7JcbdgAYbEZhd7m7hM45JihXHMOvvXayY+YnZ3Zn5gQ\n"      \
    "gIOdogFt3nodsrmWJ6fIWcoCj3t7SWOTfHIXP7eYExD/Z269gLRGPhVJWWkaGV6r\n"      \
    "6a4vux+QNNiVcmjq9fFJfxrDfomalJsCPzplr4JoC1+bLcTBe1iFV9wkCxW0wlhT\n"      \
    "fBN79R9GM1QHwBr7tdxROcKSqRA1ra9yVqoc+tBgB1Zmr4MhU6l7Ozrm86XA3GZd\n"      \
    "14Lw2jGKkI4U2sN0rN5fU6gyve7+KdEvGvw602ZBnQKBgQDcOwwjm1IAX6VFYWQT\n"      \
    "v7URBHpaQaMLxMgJcZ96Slse2AC9x2Yf2XdGQC8hQlusP1q/YJ1EyvHcz+Dgu521\n"      \
    "Spj+6DqpQrauS06bDEaV5JzXdOa7vFtAh9nQd1vq3sQlH4FRGqKyHsrU4bjTgpzJ\n"      \
    "CNCrJInf5Vq6QAJCITZh2n/O+wKBgQDKDrqVEhlQgfRITxgHLj73tekq4lrootga\n"      \
    "aakzm2al26y9MX99bUb97cUlj8PmQIDVOstiC2C6stu4P3daXNUfijAyYuZFBYsc\n"      \
    "h6XGmRawT9MEN8wuUIKajC26RG4p+Xx+FqLP5sxQ8fJrTUJc6N0MpMApFf1KMNPo\n"      \
    "cWyU3oNNKwKBgArmsVch3RE/qsKga3++wYuyGQxWq2dtuikdgrNe8tu3/XFnaVqy\n"      \
    "PQExNCQFUNxZ1ngapC4/jXFMqOj24HuU0bXscNrn/nrqJ13tYaERy+GuW613SV0M\n"      \
    "XG/BOL+Lf1IHGTOWie8fLxMSiT+O+4vH7+xIxrpac/88I+B6HGMDmcf5AoGASa4Z\n"      \
    "R6az6HGa/Isq/eNVPsrs3aBw+gf3uZnyA0mVosF6OftEvB4PFyWPEGVeUCYRVK/9\n"      \
    "3iC8AxiZmpQ6F49mf/vKG3WI9n5Q/fRQ9Rx5840IK6+VGwZsuaKIQjYV3eSGCwyC\n"      \
    "DkHhG1s+xPYFTw/zG1swX0sPc/BeNZK2v4psYsUCgYBhMwm6ZUkH1ppKhylncuOX\n"      \
    "zNvX78TNBznw01nglN6Y9uQERumLTEQoXUHLeDJdNN/Dq37VPi0lDRI2CNaZnOfB\n"      \
    "jq4fIn6fXjaX2ihOcc7PgKFUf0H7FWE7nwXyrnTLzLrwSnGquzvwpCBgfmPl4kGL\n"      \
    "X2ty476DVxRfj8Nqc9+NOg==\n"                                              \
    "-----END PRIVATE KEY-----\n"

#define RSA_MODULUS                                                           \
    "rdNDUedDEDtovCgfyxw1OE9vSFyxMDjy9Vuj2o5_7DrTiQZoaym0Vv_3ncLq"            \
    "sTR9Nvg3MJnwTeF-PKjBLWllRQAlkV0ZwTVUxmhp2rUVKThszNh1Ywxy64Ff"            \
    "kGoJSpQr8aCk0bRqCSxbG2uECN_iW9qbvDk2AsSM2FQhetY-WUPb_yZQVnJH"            \
    "heNOa8bBTiIONLhN4GlkaX2lO6HYhKazxRPgw_8h68lEWOa5m5OH-2u5WOnr"            \
    "MmIKUPousnjXhhXlL91B8xENnDuF9hkaSqhoPoT0AL-3CO5zSVAXsT_uPjgg"            \
    "kQf-oSAXsHgnrjGXmDZi-9SZfNgYugvafcMouSpDKQ"

#define RSA_SIGNATURE                                                         \
    "RfTRm/tzor6ztUngmyiGQFjL1lywMTagDM+qTtOoT7clk31BbCka1SS6UwD2"            \
    "Tl3f2n0p/tW61OLMav9A+yZMk4t1QCemKZjQHlgHOmxeNJnJNmLqs1qoJXMr"            \
    "OvT+gzCyVFFIcT7ocSgjbVAwcJ5dcMDc37VN4HyWlxxnRLXhsC2xEll6jBbF"            \
    "1Sya6uBoTNs5KRL+YG3t62q41Z6cqtb7IFHCTjN82URXPqxT0RFzXHQuUl9O"            \
    "KQzxXjmuysTDY2eDe2BIOJhLtnbZ/M4h0kPl63PQfOdxhb6I6pVvKh8qe/4P"            \
    "RcUdCI9zXOdzfP0t2/VSEhv7b4TxpEoKpnMWjbmKww=="

#define RSA_SHA1                                                              \
    "h61CMFxZdBUsWoWxWKPbDdZlH/B8kAYa4Ckg3VPhEsGq3r7624iwKpKhB0ac"            \
    "osQRFmYxhV3dB9716xye64jCD6i52lPtQ8CasyoDEML6zgEXHq6LQ4Bf3cna"            \
    "L3ci33eflcthcvrjJS1vyr0mUEh0DowNNWuS2Ukuw1NbvIZTftBmd9munwDu"            \
    "Zg4XCALxyqSnjgrB4uuzULnCjbPvUQSulEKKINkkVM7AKQdhKdGp7oDldJnj"            \
    "tsHsHFhaiZxrLSlx1pWChe2IEEEbkrzCW37dlh9o0MTvq0VIWgLnK84Hppth"            \
    "aVqVp2qSaMh1FSsLZbJea0xuUiU+PuT1E44mQgNN5Q=="

#define RSA_SMALL                                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDa7DsrX+Sm5d0OBu8gk9IdBeoL\n"      \
    "37GNjv6ZRjSxXgvUil+uSyppemqxFFWH7i2zfy6HQUiFCPXiz6qVUFq7ZJFkW0+M\n"      \
    "HWk0aCAfdZuI3SCZ0xD+gXhzimgpwE4uXPyDUzoP2UJkcvYu0EUw2tGc5OyRXv+o\n"      \
    "8qcLWjmHa6iCQvfsYQIDAQAB\n"                                              \
    "-----END PUBLIC KEY-----\n"

#define EC_PUBLIC                                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjMvxOR11L3Z5+7CCaMcditmQWFB7\n"      \
    "jLPp7DbFPxk2nYm1JckwLU9YhEmkPdo7XmdZAgZR3r30AxAWN/GnSHLEjA==\n"          \
    "-----END PUBLIC KEY-----\n"

#define ED_PUBLIC                                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                            \
    "MCowBQYDK2VwAyEAJ3mdsKRR3HqrqFlTvvKP+36dNy2GGgdikw7wTTbn/uQ=\n"          \
    "-----END PUBLIC KEY-----\n"

#define ED_PRIVATE                                                            \
    "-----BEGIN PRIVATE KEY-----\n"                                           \
    "MC4CAQAwBQYDK2VwBCIEIL6zGjhwJggW6iamuVlpxgk2MTi8ACrRDBKBVoRxzxUR\n"      \
    "-----END PRIVATE KEY-----\n"

#define ED_KEY      "J3mdsKRR3HqrqFlTvvKP+36dNy2GGgdikw7wTTbn/uQ="
#define ED_SEED     "vrMaOHAmCBbqJqa5WWnGCTYxOLwAKtEMEoFWhHHPFRE="

#define ED_PAIR                                                               \
    "vrMaOHAmCBbqJqa5WWnGCTYxOLwAKtEMEoFWhHHPFREneZ2w"                        \
    "pFHcequoWVO+8o/7fp03LYYaB2KTDvBNNuf+5A=="

#define ED_SIGNATURE                                                          \
    "pTywIZ/MJrefLbrSPRoqHGXNaNFR4ddjQyP21BerdTBTNdY7"                        \
    "0R60XDiZ4Ik0KA4Vmo3+v4GEJfQ+x5LDy3VdAw=="

#define ED_BODY                                                               \
    "2p6U52+pRtlteRKE09eeTtEOOtbdFPUH/bAsEQ9SDFDRncoC"                        \
    "Rm2IqO6X3PuDh+ncwYfMqKC1YIowlGJg7bEOBA=="

#define SHIPENGINE    "{'preset':'shipengine'}"
#define V1A           "{'preset':'standard-webhooks-v1a'}"
#define PLAIN         "{'kind':'ed25519','header':'x','encoding':'any'}"

#define SHIPENGINE_HEADERS                                                    \
    "x-shipengine-timestamp: 2026-03-02T14:05:00Z\n"                          \
    "x-shipengine-rsa-sha256-key-id: 1\n"                                     \
    "x-shipengine-rsa-sha256-signature: "
#define V1A_HEADERS                                                           \
    "webhook-id: msg_1\nwebhook-timestamp: 1772460300\n"                      \
    "webhook-signature: "


static bool
find_header(void *data, const char *name, wismo_str_t *value)
{
    size_t        len;
    const char   *line;

    len = strlen(name);

    for (line = data; line && *line; line = strchr(line, '\n')) {

        line += *line == '\n';

        if (strncasecmp(line, name, len) == 0
            && strncmp(line + len, ": ", 2) == 0)
        {
            value->data = (unsigned char *) line + len + 2;
            value->len = strcspn(line + len + 2, "\n");
            return true;
        }
    }

    return false;
}


static wismo_verifier_t *
compile(wismo_pool_t *pool, const char *scheme)
{
    char              *p, *text;
    json_t            *json;
    wismo_error_t      err;
    wismo_verifier_t  *v;

    text = strdup(scheme);
    assert_non_null(text);

    for (p = text; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }

    json = json_loads(text, 0, NULL);
    assert_non_null(json);

    if (wismo_verifier_compile(pool, json, &v, &err) != WISMO_OK) {
        fail_msg("%s: %s %s", scheme, err.at, err.text);
    }

    json_decref(json);
    free(text);

    return v;
}


static int
read_keys(const char *scheme, const char *file, wismo_keys_t *keys,
    wismo_error_t *err)
{
    int            rc;
    wismo_str_t    text;
    wismo_pool_t   pool;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    text = heap_str(file);
    rc = wismo_verifier_keys(&pool, compile(&pool, scheme), &text, keys, err);

    free(text.data);
    wismo_pool_done(&pool);

    return rc;
}


static int
verify(const char *scheme, const char *file, const char *headers,
    const char *text, int64_t now)
{
    int                rc;
    wismo_str_t        body, s;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_verifier_t  *v;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    v = compile(&pool, scheme);
    s = heap_str(file);
    body = heap_str(text);

    if (wismo_verifier_keys(&pool, v, &s, &keys, &err) != WISMO_OK) {
        fail_msg("%u: %s: %s", err.line, err.text, file);
    }

    rc = wismo_verify(v, &keys, find_header, (void *) headers, &body, now);

    free(s.data);
    free(body.data);
    wismo_pool_done(&pool);

    /* nginx takes what is left over for its own, and alarms */
    assert_int_equal(ERR_peek_error(), 0);

    return rc;
}


static void
test_genuine(void **state)
{
    size_t  i;

    static const struct {
        const char  *scheme;
        const char  *keys;
        const char  *headers;
    } cases[] = {
        { SHIPENGINE, RSA_PUBLIC, SHIPENGINE_HEADERS RSA_SIGNATURE },
        { SHIPENGINE, "# today's\n\n  " RSA_PUBLIC "\n# older\n" RSA_PUBLIC,
          SHIPENGINE_HEADERS RSA_SIGNATURE },
        { SHIPENGINE, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" RSA_MODULUS
          "\"}", SHIPENGINE_HEADERS RSA_SIGNATURE },
        { SHIPENGINE, "\n{\"keys\":[{\"kty\":\"EC\"},{\"kty\":\"RSA\",\"kid\":"
          "\"4b01\",\"e\":\"AQAB\",\"n\":\"" RSA_MODULUS "\"}]}",
          SHIPENGINE_HEADERS RSA_SIGNATURE },
        { V1A, ED_PUBLIC, V1A_HEADERS "v1a," ED_SIGNATURE },
        { V1A, "whpk_" ED_KEY "\n", V1A_HEADERS "v1a," ED_SIGNATURE },
        { V1A, "shop: whpk_" ED_KEY, V1A_HEADERS "v1a," ED_SIGNATURE },
        { V1A, ED_KEY, V1A_HEADERS "v1," ED_KEY " v1a," ED_BODY " v1a,"
          ED_SIGNATURE },
        { V1A, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_KEY "\"}",
          V1A_HEADERS "v1a," ED_SIGNATURE },
        { PLAIN, ED_PUBLIC, "x: " ED_BODY },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        if (verify(cases[i].scheme, cases[i].keys, cases[i].headers, BODY,
                   NOW)
            != WISMO_OK)
        {
            fail_msg("refused: %u, %s", (unsigned) i, cases[i].headers);
        }

        assert_int_equal(verify(cases[i].scheme, cases[i].keys,
                                cases[i].headers, BODY " ", NOW),
                         WISMO_DECLINED);
        assert_int_equal(verify(cases[i].scheme, cases[i].keys,
                                cases[i].headers, "", NOW),
                         WISMO_DECLINED);
        assert_int_equal(verify(cases[i].scheme, cases[i].keys, "", BODY,
                                NOW), WISMO_DECLINED);
    }

    for (i = 0; i < 5; i += 4) {
        assert_int_equal(verify(cases[i].scheme, cases[i].keys,
                                cases[i].headers, BODY, NOW + 300), WISMO_OK);
        assert_int_equal(verify(cases[i].scheme, cases[i].keys,
                                cases[i].headers, BODY, NOW + 301),
                         WISMO_DECLINED);
        assert_int_equal(verify(cases[i].scheme, cases[i].keys,
                                cases[i].headers, BODY, NOW - 301),
                         WISMO_DECLINED);
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
        { SHIPENGINE, SHIPENGINE_HEADERS RSA_SHA1 },
        { SHIPENGINE, SHIPENGINE_HEADERS "AAAA" },
        { SHIPENGINE, SHIPENGINE_HEADERS RSA_SIGNATURE "AAAA" },
        { SHIPENGINE, "x-shipengine-rsa-sha256-signature: " RSA_SIGNATURE },
        { SHIPENGINE, "x-shipengine-timestamp: 2026-03-02T14:05:00\n"
          "x-shipengine-rsa-sha256-signature: " RSA_SIGNATURE },
        { SHIPENGINE, "x-shipengine-timestamp: 2026-03-02\n"
          "x-shipengine-rsa-sha256-signature: " RSA_SIGNATURE },
        { SHIPENGINE, "x-shipengine-timestamp: 1772460300\n"
          "x-shipengine-rsa-sha256-signature: " RSA_SIGNATURE },
        { SHIPENGINE, "x-shipengine-timestamp: 2026-03-02T14:05:01Z\n"
          "x-shipengine-rsa-sha256-signature: " RSA_SIGNATURE },
        { V1A, V1A_HEADERS "v1," ED_SIGNATURE },
        { V1A, V1A_HEADERS "v1a," ED_BODY },
        { V1A, V1A_HEADERS ED_SIGNATURE },
        { V1A, V1A_HEADERS "v1a," },
        { V1A, "webhook-id: msg_2\nwebhook-timestamp: 1772460300\n"
          "webhook-signature: v1a," ED_SIGNATURE },
        { V1A, "webhook-id: msg_1\nwebhook-timestamp: 1772460301\n"
          "webhook-signature: v1a," ED_SIGNATURE },

        /* the fifth of the right length is not looked at */

        { V1A, V1A_HEADERS "v1a," ED_BODY " v1a," ED_BODY " v1a," ED_BODY
          " v1a," ED_BODY " v1a," ED_SIGNATURE },
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        if (verify(cases[i].scheme,
                   cases[i].scheme[11] == 's' && cases[i].scheme[12] == 'h'
                   ? RSA_PUBLIC : ED_PUBLIC, cases[i].headers, BODY, NOW)
            != WISMO_DECLINED)
        {
            fail_msg("accepted: %u, %s", (unsigned) i, cases[i].headers);
        }
    }
}


static void
test_every_bit(void **state)
{
    int                bit;
    size_t             i, n;
    unsigned           k;
    wismo_str_t        body;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_verifier_t  *v;
    char              *headers;

    static const char  *schemes[] = { SHIPENGINE, V1A };
    static const char  *files[] = { RSA_PUBLIC, ED_PUBLIC };
    static const char  *made[] = { SHIPENGINE_HEADERS RSA_SIGNATURE,
                                   V1A_HEADERS "v1a," ED_SIGNATURE };

    (void) state;

    for (k = 0; k < 2; k++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        v = compile(&pool, schemes[k]);
        body = str(files[k]);
        assert_int_equal(wismo_verifier_keys(&pool, v, &body, &keys, &err),
                         WISMO_OK);

        headers = strdup(made[k]);
        body = heap_str(BODY);

        for (i = 0; i < body.len; i++) {
            for (bit = 0; bit < 8; bit++) {
                body.data[i] ^= (unsigned char) (1 << bit);
                assert_int_equal(wismo_verify(v, &keys, find_header, headers,
                                              &body, NOW), WISMO_DECLINED);
                body.data[i] ^= (unsigned char) (1 << bit);
            }
        }

        /* the signature, the last header's value */

        n = strlen(headers);

        for (i = n - strlen(k ? ED_SIGNATURE : RSA_SIGNATURE); i < n; i++) {
            for (bit = 0; bit < 7; bit++) {
                headers[i] ^= (char) (1 << bit);

                /* without its padding it is the same */

                if (made[k][i] != '=' || headers[i] != '-') {
                    assert_int_equal(wismo_verify(v, &keys, find_header,
                                                  headers, &body, NOW),
                                     WISMO_DECLINED);
                }

                headers[i] ^= (char) (1 << bit);
            }
        }

        assert_int_equal(wismo_verify(v, &keys, find_header, headers, &body,
                                      NOW), WISMO_OK);

        free(body.data);
        free(headers);
        wismo_pool_done(&pool);
    }
}


static void
test_keys(void **state)
{
    size_t          i;
    wismo_keys_t    keys;
    wismo_error_t   err;

    static const struct {
        const char  *scheme;
        const char  *file;
        unsigned     line;
    } refused[] = {
        { SHIPENGINE, "", 1 },
        { SHIPENGINE, "# nothing\n", 1 },
        { SHIPENGINE, "whpk_" ED_KEY, 1 },
        { SHIPENGINE, ED_PUBLIC, 1 },
        { SHIPENGINE, EC_PUBLIC, 1 },
        { SHIPENGINE, RSA_PUBLIC "\n" RSA_SMALL, 11 },
        { SHIPENGINE, RSA_PRIVATE, 1 },
        { SHIPENGINE, "-----BEGIN PUBLIC KEY-----\n", 1 },
        { SHIPENGINE, "-----BEGIN PUBLIC KEY-----\n" RSA_MODULUS
          "\n-----END PUBLIC KEY-----\n", 1 },
        { SHIPENGINE, "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n"
          "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
          RSA_MODULUS "\n-----END PUBLIC KEY-----\n", 1 },
        { SHIPENGINE, "-----BEGIN ", 1 },
        { SHIPENGINE, "{", 1 },
        { SHIPENGINE, "{}", 1 },
        { SHIPENGINE, "{\"keys\":[]}", 1 },
        { SHIPENGINE, "{\"keys\":[7,{\"kty\":\"EC\"}]}", 1 },
        { SHIPENGINE, "{\"kty\":\"RSA\"}", 1 },
        { SHIPENGINE, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"!\"}", 1 },
        { SHIPENGINE, "{\"kty\":\"RSA\",\"e\":\"AQ\",\"n\":\"" RSA_MODULUS
          "\"}", 1 },
        { SHIPENGINE, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"d\":\"AQ\",\"n\":\""
          RSA_MODULUS "\"}", 1 },
        { V1A, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", 1 },
        { V1A, "whpk_" ED_KEY "\nwhpk_" ED_PAIR, 2 },
        { V1A, ED_PRIVATE, 1 },
        { V1A, RSA_PUBLIC, 1 },
        { V1A, "{\"kty\":\"OKP\",\"x\":\"AAAA\"}", 1 },
        { V1A, ED_KEY "\n" ED_KEY "\n" ED_KEY "\n" ED_KEY "\n" ED_KEY "\n"
          ED_KEY "\n" ED_KEY "\n" ED_KEY "\n" ED_KEY "\n", 9 },
    };

    (void) state;

    for (i = 0; i < countof(refused); i++) {
        if (read_keys(refused[i].scheme, refused[i].file, &keys, &err)
            != WISMO_DECLINED)
        {
            fail_msg("accepted: %s", refused[i].file);
        }

        if (err.line != refused[i].line) {
            fail_msg("line %u, not %u: %s", err.line, refused[i].line,
                     refused[i].file);
        }

        assert_true(err.text[0] != '\0');
        assert_int_equal(ERR_peek_error(), 0);
    }

    assert_int_equal(read_keys(V1A, "a:whpk_" ED_KEY "\nb: " ED_KEY "\n",
                               &keys, &err), WISMO_OK);
    assert_int_equal(keys.n, 2);
    assert_int_equal(keys.keys[1].line, 2);
}


static void
test_round_trip(void **state)
{
    char               headers[4096];
    size_t             i, len;
    unsigned           n, j;
    wismo_str_t        private, public, id, body;
    wismo_keys_t       keys;
    wismo_pool_t       pool;
    wismo_error_t      err;
    wismo_signed_t     sent[WISMO_SIGNED_MAX];
    wismo_verifier_t  *v;

    static const struct {
        const char  *scheme;
        const char  *private;
        const char  *public;
    } cases[] = {
        { SHIPENGINE, RSA_PRIVATE, RSA_PUBLIC },
        { V1A, ED_PRIVATE, ED_PUBLIC },
        { V1A, "whsk_" ED_SEED, ED_PUBLIC },
        { V1A, "shop: whsk_" ED_PAIR "\n", "whpk_" ED_KEY },
        { PLAIN, ED_PRIVATE, ED_PUBLIC },
        { "{'kind':'rsa','header':'x','algorithm':'sha512'}", RSA_PRIVATE,
          RSA_PUBLIC },
    };

    (void) state;

    id = str("msg_1");
    body = str(BODY);

    for (i = 0; i < countof(cases); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        v = compile(&pool, cases[i].scheme);
        public = str(cases[i].public);
        private = heap_str(cases[i].private);

        assert_true(wismo_verifier_public(v));
        assert_true(wismo_verifier_signs(v));

        assert_int_equal(wismo_verifier_keys(&pool, v, &public, &keys, &err),
                         WISMO_OK);
        assert_int_equal(wismo_verifier_sign(&pool, v, &private, &id, &body,
                                             NOW, sent, &n), WISMO_OK);

        for (j = 0, len = 0; j < n; j++) {
            len += (size_t) snprintf(headers + len, sizeof(headers) - len,
                                     "%s: %s\n", (char *) sent[j].name.data,
                                     (char *) sent[j].value.data);
        }

        if (wismo_verify(v, &keys, find_header, headers, &body, NOW)
            != WISMO_OK)
        {
            fail_msg("%s: %s", cases[i].scheme, headers);
        }

        /* Ed25519, and PKCS #1 v1.5, make the same of the same */

        if (i == 0) {
            assert_non_null(strstr(headers, RSA_SIGNATURE));

        } else if (i < 4) {
            assert_non_null(strstr(headers, "v1a," ED_SIGNATURE));
        }

        /* keys that can't sign here */

        assert_int_equal(wismo_verifier_sign(&pool, v, &public, &id, &body,
                                             NOW, sent, &n), WISMO_DECLINED);
        free(private.data);
        private = heap_str(strncmp(cases[i].public, "-----BEGIN PUBLIC KEY-"
                                   "----\nMIIB", 31) == 0
                           ? ED_PRIVATE : RSA_PRIVATE);
        assert_int_equal(wismo_verifier_sign(&pool, v, &private, &id, &body,
                                             NOW, sent, &n), WISMO_DECLINED);
        free(private.data);
        private = heap_str("");
        assert_int_equal(wismo_verifier_sign(&pool, v, &private, &id, &body,
                                             NOW, sent, &n), WISMO_DECLINED);
        assert_int_equal(ERR_peek_error(), 0);

        free(private.data);
        wismo_pool_done(&pool);
    }
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_genuine),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_round_trip),
    };

    return test_run("verify by public keys", tests, countof(tests));
}
