
/*
 * Copyright (C) The Wismo authors
 *
 * The printed forms of hashes and MACs, the keys of secret files, the tokens
 * of signed links and cookies, and hashed API keys.  The module checks with
 * it, the fetcher and the operator's program sign with it.
 *
 * It must never put a secret into an error text, compare a secret in
 * variable time, or take the failure of libcrypto for a match.
 */


#include "wismo_sign.h"


/* 16 bytes of the MAC, in base64url */
#define WISMO_TOKEN_MAC      22

#define WISMO_API_NAME_MAX   64


static bool wismo_file_is_text(const wismo_str_t *file);
static bool wismo_word(const unsigned char *p, size_t len, size_t max);
static int wismo_keys_add(wismo_pool_t *pool, wismo_keys_t *keys,
    const wismo_str_t *kid, const wismo_str_t *secret, unsigned line,
    wismo_error_t *err);
static bool wismo_token_time(const unsigned char **pos,
    const unsigned char *end, int64_t *t);
static int wismo_token_mac(const wismo_str_t *secret, const char *purpose,
    const wismo_str_t *order, const wismo_str_t *said, char *mac);
static int wismo_api_key_line(wismo_pool_t *pool, const wismo_str_t *line,
    unsigned number, wismo_api_key_t *key, wismo_error_t *err);


/* What ten digits hold. */

static inline bool
wismo_token_is_time(int64_t t)
{
    return t >= 0 && t <= INT64_C(9999999999);
}


void
wismo_hex(const unsigned char *src, size_t len, char *dst)
{
    size_t  i;

    static const char  digits[] = "0123456789abcdef";

    for (i = 0; i < len; i++) {
        *dst++ = digits[src[i] >> 4];
        *dst++ = digits[src[i] & 15];
    }
}


int
wismo_unhex(const wismo_str_t *src, unsigned char *dst, size_t size)
{
    int       c;
    size_t    i;
    unsigned  n;

    if (src->len % 2 || src->len / 2 > size || src->len > INT32_MAX) {
        return WISMO_DECLINED;
    }

    n = 0;

    for (i = 0; i < src->len; i++) {
        c = wismo_xdigit(src->data[i]);

        if (c < 0) {
            return WISMO_DECLINED;
        }

        n = n << 4 | (unsigned) c;

        if (i % 2) {
            dst[i / 2] = (unsigned char) n;
            n = 0;
        }
    }

    return (int) (src->len / 2);
}


size_t
wismo_base64url(const unsigned char *src, size_t len, char *dst)
{
    char      *p;
    size_t     i;
    unsigned   n;

    static const char  digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_";

    p = dst;

    for (i = 0; i + 2 < len; i += 3) {
        n = (unsigned) src[i] << 16 | (unsigned) src[i + 1] << 8 | src[i + 2];

        *p++ = digits[n >> 18];
        *p++ = digits[n >> 12 & 63];
        *p++ = digits[n >> 6 & 63];
        *p++ = digits[n & 63];
    }

    if (len - i == 1) {
        *p++ = digits[src[i] >> 2];
        *p++ = digits[src[i] << 4 & 63];

    } else if (len - i == 2) {
        n = (unsigned) src[i] << 8 | src[i + 1];

        *p++ = digits[n >> 10];
        *p++ = digits[n >> 4 & 63];
        *p++ = digits[n << 2 & 63];
    }

    return (size_t) (p - dst);
}


int
wismo_unbase64(const wismo_str_t *src, unsigned char *dst, size_t size)
{
    size_t    i, len, n;
    unsigned  c, bits, nbits;

    len = src->len;

    if (len > INT32_MAX) {
        return WISMO_DECLINED;
    }

    /* padding, if there is any, fills the last four */

    if (len && src->data[len - 1] == '=') {

        if (len % 4) {
            return WISMO_DECLINED;
        }

        len -= src->data[len - 2] == '=' ? 2 : 1;
    }

    if (len % 4 == 1) {
        return WISMO_DECLINED;
    }

    n = 0;
    bits = 0;
    nbits = 0;

    for (i = 0; i < len; i++) {
        c = src->data[i];

        if (c >= 'A' && c <= 'Z') {
            c -= 'A';

        } else if (c >= 'a' && c <= 'z') {
            c = c - 'a' + 26;

        } else if (c >= '0' && c <= '9') {
            c = c - '0' + 52;

        } else if (c == '+' || c == '-') {
            c = 62;

        } else if (c == '/' || c == '_') {
            c = 63;

        } else {
            return WISMO_DECLINED;
        }

        bits = bits << 6 | c;
        nbits += 6;

        if (nbits >= 8) {
            nbits -= 8;

            if (n == size) {
                return WISMO_DECLINED;
            }

            dst[n++] = (unsigned char) (bits >> nbits);
            bits &= (1u << nbits) - 1;
        }
    }

    /* one value has one form: the spare bits are zero */

    return bits ? WISMO_DECLINED : (int) n;
}


static inline uint64_t
wismo_mix(uint64_t h)
{
    h ^= h >> 30;
    h *= UINT64_C(0xbf58476d1ce4e5b9);
    h ^= h >> 27;
    h *= UINT64_C(0x94d049bb133111eb);
    h ^= h >> 31;

    return h;
}


uint64_t
wismo_hash64(const void *data, size_t len, uint64_t seed)
{
    uint64_t              h, w;
    const unsigned char  *p;

    p = data;
    h = wismo_mix(seed + UINT64_C(0x9e3779b97f4a7c15) * (len + 1));

    /* byte by byte, so that all machines agree; compilers see one load */

    while (len >= 8) {
        w = (uint64_t) p[0] | (uint64_t) p[1] << 8 | (uint64_t) p[2] << 16
            | (uint64_t) p[3] << 24 | (uint64_t) p[4] << 32
            | (uint64_t) p[5] << 40 | (uint64_t) p[6] << 48
            | (uint64_t) p[7] << 56;

        h = (h ^ w) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;

        p += 8;
        len -= 8;
    }

    w = 0;

    while (len) {
        w = w << 8 | p[--len];
    }

    return wismo_mix(h ^ w);
}


int
wismo_keys_read(wismo_pool_t *pool, const wismo_str_t *file,
    wismo_keys_t *keys, wismo_error_t *err)
{
    int           rc;
    size_t        i;
    unsigned      n;
    wismo_str_t   rest, line, kid;

    keys->n = 0;
    wismo_str_null(&kid);

    if (!wismo_file_is_text(file)) {
        return wismo_keys_add(pool, keys, &kid, file, 1, err);
    }

    rest = *file;
    n = 0;

    while (wismo_file_line(&rest, &line, &n)) {
        wismo_str_null(&kid);

        for (i = 0; i < line.len && line.data[i] != ':'; i++) { /* void */ }

        if (i < line.len && wismo_word(line.data, i, WISMO_KID_MAX)) {
            kid.data = line.data;
            kid.len = i;
            line.data += i + 1;
            line.len -= i + 1;

            while (line.len && *line.data <= ' ') {
                line.data++;
                line.len--;
            }
        }

        rc = wismo_keys_add(pool, keys, &kid, &line, n, err);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    if (keys->n == 0) {
        wismo_error_set(err, "", "a secret file holds at least one key, "
                                 "one per line: \"[name:]secret\"");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static int
wismo_keys_add(wismo_pool_t *pool, wismo_keys_t *keys, const wismo_str_t *kid,
    const wismo_str_t *secret, unsigned line, wismo_error_t *err)
{
    char            derived[4];
    unsigned        i;
    wismo_key_t    *key;
    wismo_str_t     name;
    unsigned char   digest[32];

    if (secret->len < WISMO_SECRET_MIN) {
        wismo_error_set(err, "", "a secret has at least %d bytes, this one "
                                 "has %d", WISMO_SECRET_MIN,
                        (int) secret->len);
        goto declined;
    }

    if (keys->n == WISMO_KEYS_MAX) {
        wismo_error_set(err, "", "at most %d keys are accepted: remove old "
                                 "ones", WISMO_KEYS_MAX);
        goto declined;
    }

    name = *kid;

    if (name.len == 0) {

        if (wismo_sha256(secret, digest) != WISMO_OK) {
            goto failed;
        }

        wismo_hex(digest, 2, derived);

        name.len = sizeof(derived);
        name.data = (unsigned char *) derived;
    }

    for (i = 0; i < keys->n; i++) {
        if (wismo_str_eq(&keys->keys[i].kid, &name)) {
            wismo_error_set(err, "", "the key \"%.*s\" is there twice: give "
                                     "each line its own \"name:\"",
                            (int) name.len, name.data);
            goto declined;
        }
    }

    key = &keys->keys[keys->n];

    if (wismo_pstrdup(pool, &key->kid, &name) != WISMO_OK
        || wismo_pstrdup(pool, &key->secret, secret) != WISMO_OK)
    {
        goto failed;
    }

    key->line = line;
    keys->n++;

    return WISMO_OK;

declined:

    if (err) {
        err->line = line;
    }

    return WISMO_DECLINED;

failed:

    wismo_error_set(err, "", "out of memory");

    return WISMO_ERROR;
}


bool
wismo_file_line(wismo_str_t *rest, wismo_str_t *line, unsigned *number)
{
    size_t  n;

    if (*number == 0 && rest->len >= 3
        && memcmp(rest->data, "\xef\xbb\xbf", 3) == 0)
    {
        rest->data += 3;
        rest->len -= 3;
    }

    while (rest->len) {

        for (n = 0; n < rest->len && rest->data[n] != '\n'; n++) { /* void */ }

        line->data = rest->data;
        line->len = n;

        n += n < rest->len;
        rest->data += n;
        rest->len -= n;
        ++*number;

        while (line->len && line->data[0] <= ' ') {
            line->data++;
            line->len--;
        }

        while (line->len && line->data[line->len - 1] <= ' ') {
            line->len--;
        }

        if (line->len && line->data[0] != '#') {
            return true;
        }
    }

    return false;
}


static bool
wismo_file_is_text(const wismo_str_t *file)
{
    size_t                n;
    const unsigned char  *p, *end;

    end = file->data + file->len;

    for (p = file->data; p < end; p += n) {

        n = wismo_utf8(p, end);

        if (n == 0 || *p == 0x7f
            || (*p < ' ' && *p != '\t' && *p != '\n' && *p != '\r'))
        {
            return false;
        }
    }

    return true;
}


static bool
wismo_word(const unsigned char *p, size_t len, size_t max)
{
    size_t  i;

    if (len == 0 || len > max) {
        return false;
    }

    for (i = 0; i < len; i++) {
        if (!((p[i] >= '0' && p[i] <= '9')
              || ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z')
              || p[i] == '_' || p[i] == '-'))
        {
            return false;
        }
    }

    return true;
}


size_t
wismo_token_make(const wismo_keys_t *keys, const char *purpose,
    const wismo_str_t *order, const wismo_token_t *token, char *buf)
{
    char               *p, *said;
    wismo_str_t         text, digits;
    const wismo_key_t  *key;

    if (keys->n == 0 || !wismo_token_is_time(token->issued)
        || !wismo_token_is_time(token->expires))
    {
        return 0;
    }

    key = &keys->keys[0];
    p = buf;

    memcpy(p, key->kid.data, key->kid.len);
    p += key->kid.len;
    *p++ = '.';

    said = p;

    *p++ = token->full ? 'f' : 'm';
    *p++ = '.';

    wismo_digits(p, token->issued, &digits);
    memmove(p, digits.data, digits.len);
    p += digits.len;
    *p++ = '.';

    wismo_digits(p, token->expires, &digits);
    memmove(p, digits.data, digits.len);
    p += digits.len;

    text.data = (unsigned char *) said;
    text.len = (size_t) (p - said);

    *p++ = '.';

    if (wismo_token_mac(&key->secret, purpose, order, &text, p) != WISMO_OK) {
        return 0;
    }

    return (size_t) (p + WISMO_TOKEN_MAC - buf);
}


int
wismo_token_check(const wismo_keys_t *keys, const char *purpose,
    const wismo_str_t *order, const wismo_str_t *text, int64_t now,
    wismo_token_t *token)
{
    int                   rc;
    char                  mac[WISMO_TOKEN_MAC];
    unsigned              i;
    wismo_str_t           kid, said;
    const unsigned char  *p, *end;

    if (text->len < WISMO_TOKEN_MAC + 9 || text->len > WISMO_TOKEN_MAX) {
        return WISMO_DECLINED;
    }

    p = text->data;
    end = p + text->len - WISMO_TOKEN_MAC;

    kid.data = (unsigned char *) p;

    while (p < end && *p != '.') {
        p++;
    }

    kid.len = (size_t) (p - kid.data);

    if (end - p < 7) {
        return WISMO_DECLINED;
    }

    said.data = (unsigned char *) ++p;
    said.len = (size_t) (end - 1 - p);

    if ((p[0] != 'f' && p[0] != 'm') || p[1] != '.') {
        return WISMO_DECLINED;
    }

    token->full = (p[0] == 'f');
    p += 2;

    if (!wismo_token_time(&p, end, &token->issued)
        || !wismo_token_time(&p, end, &token->expires)
        || p != end)
    {
        return WISMO_DECLINED;
    }

    for (i = 0; i < keys->n; i++) {
        if (wismo_str_eq(&keys->keys[i].kid, &kid)) {
            break;
        }
    }

    if (i == keys->n) {
        return WISMO_DECLINED;
    }

    rc = wismo_token_mac(&keys->keys[i].secret, purpose, order, &said, mac);

    if (rc != WISMO_OK) {
        return rc;
    }

    /* the printed forms are compared: spare bits cannot vary */

    if (!wismo_same(mac, end, WISMO_TOKEN_MAC)) {
        return WISMO_DECLINED;
    }

    if (now >= token->expires || token->issued > now + WISMO_TOKEN_SKEW) {
        return WISMO_DECLINED;
    }

    /* the key of a form opens nothing, and is as old as its page */

    if (now - token->issued >= WISMO_LINK_MAX
        && strcmp(purpose, WISMO_TOKEN_FEEDBACK) != 0)
    {
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


/* Digits, and the dot that follows them. */

static bool
wismo_token_time(const unsigned char **pos, const unsigned char *end,
    int64_t *t)
{
    const unsigned char  *p;

    *t = 0;

    for (p = *pos; p < end && *p != '.'; p++) {

        if (*p < '0' || *p > '9') {
            return false;
        }

        *t = *t * 10 + (*p - '0');

        if (!wismo_token_is_time(*t)) {
            return false;
        }
    }

    if (p == end || p == *pos) {
        return false;
    }

    *pos = p + 1;

    return true;
}


/* Neither purpose nor order nor times hold a NUL: the parts can't shift. */

static int
wismo_token_mac(const wismo_str_t *secret, const char *purpose,
    const wismo_str_t *order, const wismo_str_t *said, char *mac)
{
    size_t          n;
    wismo_str_t     data;
    unsigned char  *p, buf[256], full[32];

    n = strlen(purpose);

    if (order->len > 128 || n > 32 || said->len > WISMO_TOKEN_MAX) {
        return WISMO_DECLINED;
    }

    p = buf;

    memcpy(p, purpose, n + 1);
    p += n + 1;

    if (order->len) {
        memcpy(p, order->data, order->len);
        p += order->len;
    }

    *p++ = '\0';

    memcpy(p, said->data, said->len);
    p += said->len;

    data.data = buf;
    data.len = (size_t) (p - buf);

    if (wismo_hmac_sha256(secret, &data, full) != WISMO_OK) {
        return WISMO_ERROR;
    }

    (void) wismo_base64url(full, 16, mac);

    return WISMO_OK;
}


int
wismo_api_keys_read(wismo_pool_t *pool, const wismo_str_t *file,
    wismo_api_key_t **keys, unsigned *n, wismo_error_t *err)
{
    int               rc;
    unsigned          i, number, count;
    wismo_str_t       rest, line;
    wismo_api_key_t  *list;

    *keys = NULL;
    *n = 0;

    rest = *file;
    number = 0;
    count = 0;

    while (wismo_file_line(&rest, &line, &number)) {
        count++;
    }

    if (count == 0) {
        wismo_error_set(err, "", "an API key file holds at least one line "
                                 "\"name:sha256-of-the-key\"");
        return WISMO_DECLINED;
    }

    list = wismo_pcalloc(pool, count * sizeof(wismo_api_key_t));

    if (list == NULL) {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    rest = *file;
    number = 0;

    for (i = 0; i < count && wismo_file_line(&rest, &line, &number); i++) {

        rc = wismo_api_key_line(pool, &line, number, &list[i], err);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    *keys = list;
    *n = count;

    return WISMO_OK;
}


static int
wismo_api_key_line(wismo_pool_t *pool, const wismo_str_t *line,
    unsigned number, wismo_api_key_t *key, wismo_error_t *err)
{
    size_t        i;
    wismo_str_t   name, hex;
    wismo_out_t   out;

    wismo_str_null(&name);
    hex = *line;

    for (i = 0; i < line->len; i++) {

        if (line->data[i] == ':' || line->data[i] == ' '
            || line->data[i] == '\t')
        {
            name.data = line->data;
            name.len = i;

            if (!wismo_word(name.data, i, WISMO_API_NAME_MAX)) {
                wismo_error_set(err, "", "a key's name has 1 to %d letters, "
                                         "digits, \"-\" or \"_\"",
                                WISMO_API_NAME_MAX);
                goto declined;
            }

            i++;

            while (i < line->len
                   && (line->data[i] == ' ' || line->data[i] == '\t'))
            {
                i++;
            }

            hex.data = line->data + i;
            hex.len = line->len - i;
            break;
        }
    }

    if (wismo_unhex(&hex, key->digest, 32) != 32) {
        wismo_error_set(err, "", "the SHA-256 of a key is expected, 64 "
                                 "hexadecimal digits: "
                                 "printf %%s KEY | sha256sum");
        goto declined;
    }

    if (name.len) {

        if (wismo_pstrdup(pool, &key->name, &name) != WISMO_OK) {
            goto failed;
        }

        return WISMO_OK;
    }

    wismo_out_init(&out, pool, 16);
    wismo_out_text(&out, "key");
    wismo_out_int(&out, (int64_t) number);

    if (out.failed) {
        goto failed;
    }

    key->name.data = out.start;
    key->name.len = (size_t) (out.pos - out.start);

    return WISMO_OK;

declined:

    if (err) {
        err->line = number;
    }

    return WISMO_DECLINED;

failed:

    wismo_error_set(err, "", "out of memory");

    return WISMO_ERROR;
}


const wismo_api_key_t *
wismo_api_key_find(const wismo_api_key_t *keys, unsigned n,
    const wismo_str_t *presented)
{
    unsigned                i;
    unsigned char           digest[32];
    const wismo_api_key_t  *found;

    if (presented->len == 0 || wismo_sha256(presented, digest) != WISMO_OK) {
        return NULL;
    }

    found = NULL;

    for (i = 0; i < n; i++) {
        if (wismo_same(keys[i].digest, digest, 32)) {
            found = &keys[i];
        }
    }

    return found;
}
