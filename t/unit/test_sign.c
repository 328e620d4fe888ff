
/*
 * Copyright (C) The Wismo authors
 *
 * Secrets: the MACs of the RFC, secret files with every kind of slip, tokens
 * of which no bit may change, and API keys that are compared to the end.
 */


#include "test.h"

#include "wismo_sign.h"

#include <openssl/crypto.h>


#define NOW      1772460300
#define SECRET   "0123456789abcdef"

/* of SECRET, "link", order "A-1001", 90 days after NOW, by another program */
#define TOKEN    "k1.f.1772460000.1780236300.3c0CjFIbGoHWvXp5_xz69A"
#define ISSUED   1772460000
#define EXPIRES  1780236300


static unsigned  compared;
static size_t    compared_len;


/*
 * Stands before libcrypto's own, so that the tests see each comparison of a
 * secret: how many there are, and that none ends early.
 */

int
CRYPTO_memcmp(const void *a, const void *b, size_t len)
{
    size_t                i;
    unsigned char         diff;
    const unsigned char  *p, *q;

    p = a;
    q = b;
    diff = 0;

    for (i = 0; i < len; i++) {
        diff |= (unsigned char) (p[i] ^ q[i]);
    }

    compared++;
    compared_len = len;

    return diff;
}


static void
test_hmac(void **state)
{
    size_t         i, n;
    char           hex[64];
    unsigned char  mac[32], key131[131], aa[20], dd[50], cd[50], key4[25];

    wismo_str_t    key, data;

    struct {
        wismo_str_t   key;
        wismo_str_t   data;
        const char   *mac;
    } cases[] = {
        /* RFC 4231, but for the truncated one */
        { wismo_string("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
                       "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"),
          wismo_string("Hi There"),
          "b0344c61d8db38535ca8afceaf0bf12b"
          "881dc200c9833da726e9376c2e32cff7" },
        { wismo_string("Jefe"), wismo_string("what do ya want for nothing?"),
          "5bdcc146bf60754e6a042426089575c7"
          "5a003f089d2739839dec58b964ec3843" },
        { { sizeof(aa), aa }, { sizeof(dd), dd },
          "773ea91e36800e46854db8ebd09181a7"
          "2959098b3ef8c122d9635514ced565fe" },
        { { sizeof(key4), key4 }, { sizeof(cd), cd },
          "82558a389a443c0ea4cc819899f2083a"
          "85f0faa3e578f8077a2e3ff46729665b" },
        { { sizeof(key131), key131 },
          wismo_string("Test Using Larger Than Block-Size Key - Hash Key "
                       "First"),
          "60e431591ee0b67f0d8a26aacbf5b77f"
          "8e0bc6213728c5140546040f0ee37f54" },
        { { sizeof(key131), key131 },
          wismo_string("This is a test using a larger than block-size key "
                       "and a larger than block-size data. The key needs to "
                       "be hashed before being used by the HMAC algorithm."),
          "9b09ffa71b942fcb27635fbcd5b0e944"
          "bfdc63644f0713938a7f51535c3a35e2" },
        /* no key, no data */
        { { 0, NULL }, { 0, NULL },
          "b613679a0814d9ec772f95d778c35fc5"
          "ff1697c493715653c6c712144292c5ad" },
    };

    (void) state;

    memset(key131, 0xaa, sizeof(key131));
    memset(aa, 0xaa, sizeof(aa));
    memset(dd, 0xdd, sizeof(dd));
    memset(cd, 0xcd, sizeof(cd));

    for (i = 0; i < sizeof(key4); i++) {
        key4[i] = (unsigned char) (i + 1);
    }

    /* each behind each, itself too: what is kept of a key is that key's */

    for (i = 0; i < 2 * countof(cases) * countof(cases); i++) {
        n = i % 2 ? i / 2 / countof(cases) : i / 2 % countof(cases);

        key = cases[n].key;
        data = cases[n].data;

        assert_int_equal(wismo_hmac_sha256(&key, &data, mac), WISMO_OK);
        wismo_hex(mac, 32, hex);
        assert_memory_equal(hex, cases[n].mac, 64);
    }

    data = str("abc");
    assert_int_equal(wismo_sha256(&data, mac), WISMO_OK);
    wismo_hex(mac, 32, hex);
    assert_memory_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad", 64);
}


static void
test_hex(void **state)
{
    size_t         i;
    wismo_str_t    s;
    unsigned char  buf[4];

    static const char  *bad[] = {
        "0", "000", "0g", "g0", " 00", "0x00", "00 ", "-1", "0001020304",
        "\xef\xbc\x90\xef\xbc\x91"
    };

    (void) state;

    s = str("00fFA9");
    assert_int_equal(wismo_unhex(&s, buf, 4), 3);
    assert_memory_equal(buf, "\x00\xff\xa9", 3);

    s = str("");
    assert_int_equal(wismo_unhex(&s, buf, 4), 0);

    for (i = 0; i < countof(bad); i++) {
        s = heap_str(bad[i]);
        assert_int_equal(wismo_unhex(&s, buf, 4), WISMO_DECLINED);
        free(s.data);
    }
}


static void
test_base64(void **state)
{
    size_t         i, n;
    char           text[16];
    wismo_str_t    s;
    unsigned char  buf[6], all[256], back[256];
    char           big[344];

    static const struct {
        const char  *plain;
        const char  *padded;
    } cases[] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" }
    };

    static const char  *bad[] = {
        "Z", "Zg=", "Zg===", "=", "==", "===", "====", "Zg==Zg==", "Zh==",
        "Zm9=", "Zm8=Zg", "Zm 9v", "Zm9v\n", "Zm9*", "Z===", "Zh", "Zm9vYmFyYQ"
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        n = wismo_base64url((const unsigned char *) cases[i].plain,
                            strlen(cases[i].plain), text);
        assert_int_equal(n, strcspn(cases[i].padded, "="));
        assert_memory_equal(text, cases[i].padded, n);

        s = heap_str(cases[i].padded);
        assert_int_equal(wismo_unbase64(&s, buf, 6), strlen(cases[i].plain));
        assert_memory_equal(buf, cases[i].plain, strlen(cases[i].plain));

        s.len = n;
        assert_int_equal(wismo_unbase64(&s, buf, 6), strlen(cases[i].plain));
        free(s.data);
    }

    for (i = 0; i < countof(bad); i++) {
        s = heap_str(bad[i]);

        if (wismo_unbase64(&s, buf, 6) != WISMO_DECLINED) {
            fail_msg("accepted: %s", bad[i]);
        }

        free(s.data);
    }

    /* both alphabets, every byte */

    for (i = 0; i < 256; i++) {
        all[i] = (unsigned char) (255 - i);
    }

    s.len = wismo_base64url(all, 256, big);
    s.data = (unsigned char *) big;
    assert_null(memchr(big, '+', s.len));
    assert_null(memchr(big, '/', s.len));
    assert_int_equal(wismo_unbase64(&s, back, 256), 256);
    assert_memory_equal(back, all, 256);

    for (i = 0; i < s.len; i++) {
        big[i] = big[i] == '-' ? '+' : big[i] == '_' ? '/' : big[i];
    }

    memset(back, 0, 256);
    assert_int_equal(wismo_unbase64(&s, back, 256), 256);
    assert_memory_equal(back, all, 256);
    assert_int_equal(wismo_unbase64(&s, back, 255), WISMO_DECLINED);
}


static void
test_hash64(void **state)
{
    size_t         i, bit;
    uint64_t       h;
    unsigned       changed;
    unsigned char  buf[40];

    (void) state;

    memset(buf, 0, sizeof(buf));

    /* zeros of each length differ, and so do seeds */

    for (i = 1; i < sizeof(buf); i++) {
        assert_true(wismo_hash64(buf, i, 0) != wismo_hash64(buf, i - 1, 0));
        assert_true(wismo_hash64(buf, i, 0) != wismo_hash64(buf, i, 1));
    }

    /* every bit of the input moves about half of the output */

    h = wismo_hash64(buf, sizeof(buf), 7);

    for (bit = 0; bit < 8 * sizeof(buf); bit++) {
        buf[bit / 8] ^= (unsigned char) (1 << bit % 8);
        changed = (unsigned) __builtin_popcountll(
                                     h ^ wismo_hash64(buf, sizeof(buf), 7));
        buf[bit / 8] ^= (unsigned char) (1 << bit % 8);

        assert_in_range(changed, 14, 50);
    }

    assert_true(wismo_hash64(NULL, 0, 3) == wismo_hash64("", 0, 3));
}


static void
test_keys(void **state)
{
    size_t         i;
    wismo_str_t    s;
    wismo_keys_t   keys;
    wismo_pool_t   pool;
    wismo_error_t  err;

    static const struct {
        const char  *file;
        unsigned     line;
    } bad[] = {
        { "", 0 },
        { "\n\n# only a comment\n", 0 },
        { "short", 1 },
        { "0123456789abcde", 1 },
        { "# new\nk1:" SECRET "\n\nk2:short\n", 4 },
        { "k1:" SECRET "\nk1:another-secret-000\n", 2 },
        { SECRET "\n" SECRET "\n", 2 },
        { "k1:\n", 1 },
        { "a:" SECRET "\nb:" SECRET "\nc:" SECRET "\nd:" SECRET "\n"
          "e:" SECRET "\nf:" SECRET "\ng:" SECRET "\nh:" SECRET "\n"
          "i:" SECRET "\n", 9 },
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);

    s = heap_str("\xef\xbb\xbf# two keys\r\n\r\n  k2: newer-secret:with=colon"
                 "\r\n" SECRET);
    assert_int_equal(wismo_keys_read(&pool, &s, &keys, &err), WISMO_OK);
    free(s.data);

    assert_int_equal(keys.n, 2);
    assert_str(keys.keys[0].kid, "k2");
    assert_str(keys.keys[0].secret, "newer-secret:with=colon");
    assert_str(keys.keys[1].kid, "9f9f");
    assert_str(keys.keys[1].secret, SECRET);

    /* what stands before a colon is a name only if it can be one */

    s = str("much-too-long:secret\n");
    assert_int_equal(wismo_keys_read(&pool, &s, &keys, &err), WISMO_OK);
    assert_str(keys.keys[0].secret, "much-too-long:secret");

    s = str("a b:0123456789abcdef\n");
    assert_int_equal(wismo_keys_read(&pool, &s, &keys, &err), WISMO_OK);
    assert_str(keys.keys[0].secret, "a b:0123456789abcdef");

    /* no text at all: the bytes are the secret, line ends too */

    s = heap_copy("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
                  "\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b"
                  "\x1c\x1d\x1e\x1f", 32);
    assert_int_equal(wismo_keys_read(&pool, &s, &keys, &err), WISMO_OK);
    assert_int_equal(keys.n, 1);
    assert_str(keys.keys[0].kid, "630d");
    assert_true(wismo_str_eq(&keys.keys[0].secret, &s));
    free(s.data);

    s = heap_copy("\x00\xff", 2);
    assert_int_equal(wismo_keys_read(&pool, &s, &keys, &err),
                     WISMO_DECLINED);
    assert_int_equal(err.line, 1);
    free(s.data);

    for (i = 0; i < countof(bad); i++) {
        s = heap_str(bad[i].file);

        assert_int_equal(wismo_keys_read(&pool, &s, &keys, &err),
                         WISMO_DECLINED);
        assert_int_equal(err.line, bad[i].line);

        /* a message never shows a secret */
        assert_null(strstr(err.text, "short"));
        assert_null(strstr(err.text, "0123"));

        free(s.data);
    }

    wismo_pool_done(&pool);

    wismo_pool_init(&pool, 90, NULL, NULL);
    s = str(SECRET);
    assert_int_equal(wismo_keys_read(&pool, &s, &keys, &err), WISMO_ERROR);
    wismo_pool_done(&pool);
}


static void
one_key(wismo_keys_t *keys)
{
    keys->n = 1;
    keys->keys[0].kid = str("k1");
    keys->keys[0].secret = str(SECRET);
}


static size_t
make(const wismo_keys_t *keys, const char *purpose, const wismo_str_t *order,
    bool full, int64_t issued, int64_t expires, char *buf)
{
    wismo_token_t  token;

    token.full = full;
    token.issued = issued;
    token.expires = expires;

    return wismo_token_make(keys, purpose, order, &token, buf);
}


static int
check(const wismo_keys_t *keys, const char *purpose, const wismo_str_t *order,
    const wismo_str_t *text, int64_t now)
{
    wismo_token_t  token;

    return wismo_token_check(keys, purpose, order, text, now, &token);
}


static void
test_token(void **state)
{
    char           buf[WISMO_TOKEN_MAX];
    size_t         n;
    wismo_str_t    order, other, token;
    wismo_keys_t   keys, rotated;
    wismo_token_t  said;

    (void) state;

    one_key(&keys);
    order = str("A-1001");
    other = str("A-1002");

    n = make(&keys, WISMO_TOKEN_LINK, &order, true, ISSUED, EXPIRES, buf);
    assert_int_equal(n, sizeof(TOKEN) - 1);
    assert_memory_equal(buf, TOKEN, n);

    token = heap_copy(buf, n);

    assert_int_equal(wismo_token_check(&keys, "link", &order, &token, NOW,
                                       &said), WISMO_OK);
    assert_true(said.full);
    assert_int_equal(said.issued, ISSUED);
    assert_int_equal(said.expires, EXPIRES);

    assert_int_equal(check(&keys, "link", &order, &token, EXPIRES - 1),
                     WISMO_OK);
    assert_int_equal(check(&keys, "link", &order, &token, EXPIRES),
                     WISMO_DECLINED);

    /* no longer than what was erased is remembered */

    n = make(&keys, WISMO_TOKEN_LINK, &order, true, ISSUED, 9999999999, buf);
    other = heap_copy(buf, n);
    assert_int_equal(check(&keys, "link", &order, &other,
                           ISSUED + WISMO_LINK_MAX - 1), WISMO_OK);
    assert_int_equal(check(&keys, "link", &order, &other,
                           ISSUED + WISMO_LINK_MAX), WISMO_DECLINED);
    free(other.data);

    n = make(&keys, WISMO_TOKEN_FEEDBACK, &order, true, 0, 9999999999, buf);
    other = heap_copy(buf, n);
    assert_int_equal(check(&keys, "feedback", &order, &other, NOW), WISMO_OK);
    free(other.data);

    other = str("A-1002");

    /* clocks differ by minutes, not more */

    assert_int_equal(check(&keys, "link", &order, &token,
                           ISSUED - WISMO_TOKEN_SKEW), WISMO_OK);
    assert_int_equal(check(&keys, "link", &order, &token,
                           ISSUED - WISMO_TOKEN_SKEW - 1), WISMO_DECLINED);

    /* neither for another order nor as a cookie */

    assert_int_equal(check(&keys, "link", &other, &token, NOW),
                     WISMO_DECLINED);
    assert_int_equal(check(&keys, "cookie", &order, &token, NOW),
                     WISMO_DECLINED);

    /* rotation: the new key signs, the old one still verifies */

    rotated = keys;
    rotated.n = 2;
    rotated.keys[1] = keys.keys[0];
    rotated.keys[0].kid = str("k2");
    rotated.keys[0].secret = str("another-secret-000");

    assert_int_equal(check(&rotated, "link", &order, &token, NOW), WISMO_OK);

    n = make(&rotated, WISMO_TOKEN_LINK, &order, true, ISSUED, EXPIRES, buf);
    assert_memory_equal(buf, "k2.", 3);
    free(token.data);

    token = heap_copy(buf, n);
    assert_int_equal(check(&rotated, "link", &order, &token, NOW), WISMO_OK);
    assert_int_equal(check(&keys, "link", &order, &token, NOW),
                     WISMO_DECLINED);

    /* the name of another key does not help */

    token.data[1] = '1';
    assert_int_equal(check(&rotated, "link", &order, &token, NOW),
                     WISMO_DECLINED);
    free(token.data);

    keys.n = 0;
    assert_int_equal(make(&keys, "link", &order, true, ISSUED, EXPIRES, buf),
                     0);
    token = str(TOKEN);
    assert_int_equal(check(&keys, "link", &order, &token, NOW),
                     WISMO_DECLINED);
}


static void
test_token_scope(void **state)
{
    char           buf[WISMO_TOKEN_MAX];
    wismo_str_t    order, token;
    wismo_keys_t   keys;
    wismo_token_t  said;

    (void) state;

    one_key(&keys);
    order = str("A-1001");

    token.data = (unsigned char *) buf;
    token.len = make(&keys, "link", &order, false, ISSUED, EXPIRES, buf);

    assert_memory_equal(buf, "k1.m.", 5);
    assert_int_equal(wismo_token_check(&keys, "link", &order, &token, NOW,
                                       &said), WISMO_OK);
    assert_false(said.full);

    buf[3] = 'f';
    assert_int_equal(check(&keys, "link", &order, &token, NOW),
                     WISMO_DECLINED);
}


static void
test_token_extremes(void **state)
{
    char          buf[WISMO_TOKEN_MAX], long_order[129];
    size_t        n;
    wismo_str_t   order, token;
    wismo_keys_t  keys;

    (void) state;

    one_key(&keys);
    order = str("A-1001");

    assert_int_equal(make(&keys, "link", &order, true, 0, -1, buf), 0);
    assert_int_equal(make(&keys, "link", &order, true, -1, EXPIRES, buf), 0);
    assert_int_equal(make(&keys, "link", &order, true, 0, INT64_MAX, buf), 0);
    assert_int_equal(make(&keys, "link", &order, true, INT64_MIN, 0, buf), 0);

    /* the last time that is printed, and the longest kid */

    keys.keys[0].kid = str("kkkkkkkk");
    n = make(&keys, "link", &order, true, ISSUED, 9999999999, buf);
    assert_int_equal(n, 8 + 3 + 10 + 1 + 10 + 1 + 22);
    token.data = (unsigned char *) buf;
    token.len = n;
    assert_int_equal(check(&keys, "link", &order, &token, NOW), WISMO_OK);
    assert_int_equal(make(&keys, "link", &order, true, 0, 10000000000, buf),
                     0);

    /* and the first ones */

    n = make(&keys, "link", &order, true, 0, 1, buf);
    token.len = n;
    assert_int_equal(check(&keys, "link", &order, &token, 0), WISMO_OK);

    memset(long_order, 'a', sizeof(long_order));
    order.data = (unsigned char *) long_order;
    order.len = sizeof(long_order);
    assert_int_equal(make(&keys, "link", &order, true, ISSUED, EXPIRES, buf),
                     0);
    token = str(TOKEN);
    keys.keys[0].kid = str("k1");
    assert_int_equal(check(&keys, "link", &order, &token, NOW),
                     WISMO_DECLINED);

    /* bytes moved from the order into the purpose make another MAC */

    order.data = (unsigned char *) "b\0A-1001";
    order.len = 8;
    n = make(&keys, "a", &order, true, ISSUED, EXPIRES, buf);
    assert_true(n > 0);
    token.data = (unsigned char *) buf;
    token.len = n;
    order = str("A-1001");
    assert_int_equal(check(&keys, "a", &order, &token, NOW), WISMO_DECLINED);
}


static void
test_token_forged(void **state)
{
    int           bit;
    size_t        i;
    unsigned      value;
    wismo_str_t   order, token;
    wismo_keys_t  keys;

#define MAC  "3c0CjFIbGoHWvXp5_xz69A"

    static const char  *bad[] = {
        "", ".", "..", "...", "....", "k1", "k1.", "k1..",
        "k1.f.1772460000.1780236300", "k1.f.1772460000.1780236300.",
        ".f.1772460000.1780236300." MAC, "k1.f.." MAC,
        "k1.f.1772460000." MAC, "k1.f.1772460000.." MAC,
        "k1.f..1780236300." MAC, "f.1772460000.1780236300." MAC,
        "k1..1772460000.1780236300." MAC,
        "k1.x.1772460000.1780236300." MAC,
        "k1.F.1772460000.1780236300." MAC,
        "k1.ff.1772460000.1780236300." MAC,
        "k1.f.1772460000.1780236300." MAC "==",
        "k1.f.1772460000.1780236300.a" MAC,
        "k1.f.01772460000.1780236300." MAC,
        "k1.f.1772460000.01780236300." MAC,
        "k1.f.-772460000.1780236300." MAC,
        "k1.f.1772460000.+780236300." MAC,
        "k1.f.1772460000.99999999999999999999." MAC,
        "k1.f.1772460000.1780236300.1780236300." MAC,
        "K1.f.1772460000.1780236300." MAC,
        " k1.f.1772460000.1780236300." MAC,
        "k1.f.1772460000.1780236300." MAC " ",
        "k1.f.1772460000.1780236300." MAC ".x",
        "k1.f.1772460000.1780236300.." MAC,
        "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
        ".f.1772460000.1780236300." MAC,
    };

    (void) state;

    one_key(&keys);
    order = str("A-1001");

    for (i = 0; i < countof(bad); i++) {
        token = heap_str(bad[i]);

        if (check(&keys, "link", &order, &token, NOW) != WISMO_DECLINED) {
            fail_msg("accepted: %s", bad[i]);
        }

        free(token.data);
    }

    /* each bit, each byte by any other, each truncation */

    for (i = 0; i < sizeof(TOKEN) - 1; i++) {

        token = heap_copy(TOKEN, i);
        assert_int_equal(check(&keys, "link", &order, &token, NOW),
                         WISMO_DECLINED);
        free(token.data);

        token = heap_copy(TOKEN, sizeof(TOKEN) - 1);

        for (bit = 0; bit < 8; bit++) {
            token.data[i] ^= (unsigned char) (1 << bit);
            assert_int_equal(check(&keys, "link", &order, &token, NOW),
                             WISMO_DECLINED);
            token.data[i] ^= (unsigned char) (1 << bit);
        }

        for (value = 0; value < 256; value++) {
            token.data[i] = (unsigned char) value;
            assert_int_equal(check(&keys, "link", &order, &token, NOW),
                             value == (unsigned char) TOKEN[i]
                             ? WISMO_OK : WISMO_DECLINED);
        }

        free(token.data);
    }
}


static void
test_token_constant_time(void **state)
{
    size_t        i;
    wismo_str_t   order, token;
    wismo_keys_t  keys;

    (void) state;

    one_key(&keys);
    order = str("A-1001");
    token = heap_copy(TOKEN, sizeof(TOKEN) - 1);

    for (i = sizeof(TOKEN) - 1 - 22; i < sizeof(TOKEN) - 1; i++) {
        token.data[i] ^= 1;
        compared = 0;

        assert_int_equal(check(&keys, "link", &order, &token, NOW),
                         WISMO_DECLINED);
        assert_int_equal(compared, 1);
        assert_int_equal(compared_len, 22);

        token.data[i] ^= 1;
    }

    free(token.data);

    assert_true(wismo_same("abc", "abc", 3));
    assert_false(wismo_same("abc", "abd", 3));
    assert_true(wismo_same("abc", "abd", 2));
}


#define ONE    "79f3d57c9f4aeb69df3fa40882ac40d3"                             \
               "81525f6bd1d580b19dc4aa03589625e2"
#define TWO    "659b0f2cbf586945f5410f92208a973b"                             \
               "871ef99ac614ead3ed235fd742ab0d4e"


static void
test_api_keys(void **state)
{
    size_t                  i;
    unsigned                n;
    wismo_str_t             s;
    wismo_pool_t            pool;
    wismo_error_t           err;
    wismo_api_key_t        *keys;
    const wismo_api_key_t  *key;

    static const struct {
        const char  *file;
        unsigned     line;
    } bad[] = {
        { "", 0 },
        { "# none\n", 0 },
        { "shop:", 1 },
        { "shop: ", 1 },
        { "shop", 1 },
        { "shop:api-key-one", 1 },
        { "shop:" ONE "0", 1 },
        { "shop:" ONE "00", 1 },
        { ":" ONE, 1 },
        { "two words:" ONE, 1 },
        { "sh\xc3\xb6p:" ONE, 1 },
        { "a:" ONE "\n\n# x\nb:" ONE "x\n", 4 },
        { ONE "  -", 1 },
    };

    (void) state;

    wismo_pool_init(&pool, 1 << 16, NULL, NULL);

    s = heap_str("# keys\nshop:" ONE "\r\nwms\t " TWO "\n" ONE);
    assert_int_equal(wismo_api_keys_read(&pool, &s, &keys, &n, &err),
                     WISMO_OK);
    free(s.data);

    assert_int_equal(n, 3);
    assert_str(keys[0].name, "shop");
    assert_str(keys[1].name, "wms");
    assert_str(keys[2].name, "key4");

    s = str("api-key-two");
    compared = 0;
    key = wismo_api_key_find(keys, n, &s);
    assert_ptr_equal(key, &keys[1]);

    /* the first match does not end the comparing */

    assert_int_equal(compared, 3);
    assert_int_equal(compared_len, 32);

    s = str("api-key-one");
    compared = 0;
    assert_non_null(wismo_api_key_find(keys, n, &s));
    assert_int_equal(compared, 3);

    s = str("api-key-on");
    assert_null(wismo_api_key_find(keys, n, &s));
    s = str("");
    assert_null(wismo_api_key_find(keys, n, &s));

    /* what the file shows is not the key */

    s = str(ONE);
    assert_null(wismo_api_key_find(keys, n, &s));
    s = str("api-key-one");
    assert_null(wismo_api_key_find(keys, 0, &s));

    for (i = 0; i < countof(bad); i++) {
        s = heap_str(bad[i].file);

        if (wismo_api_keys_read(&pool, &s, &keys, &n, &err)
            != WISMO_DECLINED || err.line != bad[i].line)
        {
            fail_msg("%s: line %u", bad[i].file, err.line);
        }

        assert_null(keys);
        assert_int_equal(n, 0);
        assert_null(strstr(err.text, "api-key"));

        free(s.data);
    }

    wismo_pool_done(&pool);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_hash64),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_token_scope),
        cmocka_unit_test(test_token_extremes),
        cmocka_unit_test(test_token_forged),
        cmocka_unit_test(test_token_constant_time),
        cmocka_unit_test(test_api_keys),
    };

    return test_run("sign", tests, countof(tests));
}
