
/*
 * Copyright (C) The Wismo authors
 *
 * What a shopper types, brought to one form, and the proofs made of it.
 * Called by the fetcher when it takes an order in, and by the look-up form.
 *
 * Both sides must come to the same form without knowing what the other one
 * knows: the shop's data may have a country, the shopper's never does.  What
 * changes a form here makes the proofs of all stored orders useless: see
 * docs/document.md.
 */


#include "wismo_lookup.h"


#define WISMO_LOOKUP_END     0
#define WISMO_PHONE_DIGITS   32
#define WISMO_PHONE_KEPT     9
#define WISMO_PHONE_MIN      5
#define WISMO_POSTCODE_MIN   3
#define WISMO_POSTCODE_MAX   16
#define WISMO_PEPPER_LABEL   "wismo proof 1"


static unsigned wismo_lookup_char(const unsigned char **pos,
    const unsigned char *end);
static bool wismo_lookup_is_space(unsigned c);
static bool wismo_lookup_is_word(const char *p, size_t len);
static size_t wismo_lookup_email(const wismo_str_t *text, char *buf);
static size_t wismo_lookup_postcode(const wismo_str_t *text, char *buf);
static size_t wismo_lookup_phone(const wismo_str_t *text, char *buf);
static int wismo_proof(const unsigned char *pepper, wismo_factor_e factor,
    const wismo_str_t *order, const char *value, size_t len, char *proof);


typedef struct {
    const char  *name;
    const char  *object;                  /* where a body has it */
    const char  *member;
    size_t       (*form)(const wismo_str_t *text, char *buf);
} wismo_factor_t;


static const wismo_factor_t  wismo_factors[WISMO_FACTORS] = {
    { "email", "customer", "email", wismo_lookup_email },
    { "postcode", "ship_to", "postal_code", wismo_lookup_postcode },
    { "phone", "customer", "phone", wismo_lookup_phone }
};


static inline bool
wismo_is_digit(unsigned c)
{
    return c >= '0' && c <= '9';
}


static inline bool
wismo_is_letter(unsigned c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}


const char *
wismo_factor_name(wismo_factor_e factor)
{
    return wismo_factors[factor].name;
}


size_t
wismo_factor_form(wismo_factor_e factor, const wismo_str_t *text, char *buf)
{
    return wismo_factors[factor].form(text, buf);
}


/*
 * The next character that means something: a space for any white space, "-"
 * for any dash, ASCII for full-width letters and the digits of Arabic; what
 * cannot be seen is passed over, and so is what is no UTF-8.
 */

static unsigned
wismo_lookup_char(const unsigned char **pos, const unsigned char *end)
{
    size_t                i, n;
    unsigned              c;
    const unsigned char  *p;

    for ( ;; ) {
        p = *pos;

        if (p == end) {
            return WISMO_LOOKUP_END;
        }

        n = wismo_utf8(p, end);

        if (n == 0) {
            *pos = p + 1;
            continue;
        }

        *pos = p + n;
        c = p[0];

        if (n > 1) {
            c &= 0x7fU >> n;

            for (i = 1; i < n; i++) {
                c = c << 6 | (p[i] & 0x3f);
            }
        }

        if (wismo_lookup_is_space(c)) {
            return ' ';
        }

        if (c >= 0xff01 && c <= 0xff5e) {
            return c - 0xff01 + '!';
        }

        if ((c >= 0x660 && c <= 0x669) || (c >= 0x6f0 && c <= 0x6f9)) {
            return '0' + (c & 0xf);
        }

        if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe58
            || c == 0xfe63)
        {
            return '-';
        }

        if (c < 0x20 || c == 0x7f || c == 0xad
            || (c >= 0x200b && c <= 0x200f)
            || (c >= 0x202a && c <= 0x202e)
            || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff)
        {
            continue;
        }

        return c;
    }
}


static bool
wismo_lookup_is_space(unsigned c)
{
    return c == ' ' || (c >= 0x9 && c <= 0xd) || c == 0x85 || c == 0xa0
           || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028
           || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}


/*
 * The whole address in lower case: no mailbox that people use tells apart the
 * case of its name.  People paste "Name <a@b>" and "mailto:", and leave the
 * full stop of a sentence.
 */

static size_t
wismo_lookup_email(const wismo_str_t *text, char *buf)
{
    size_t                n, i, at;
    unsigned              c;
    const unsigned char  *p, *end, *start;

    p = text->data;
    end = p + text->len;
    n = 0;

    for (start = p;
         (c = wismo_lookup_char(&p, end)) != WISMO_LOOKUP_END;
         start = p)
    {
        if (c == ' ') {
            continue;
        }

        if (c == '<') {
            n = 0;
            continue;
        }

        if (c == '>') {
            break;
        }

        if (c < 0x80) {

            if (n == WISMO_FACTOR_MAX) {
                return 0;
            }

            buf[n++] = (char) ((c >= 'A' && c <= 'Z') ? c | 0x20 : c);

            if (n == 7 && memcmp(buf, "mailto:", 7) == 0) {
                n = 0;
            }

            continue;
        }

        /* passed over before it may be what is not seen */

        while (start < p && wismo_utf8(start, p) != (size_t) (p - start)) {
            start++;
        }

        if ((size_t) (p - start) > WISMO_FACTOR_MAX - n) {
            return 0;
        }

        memcpy(buf + n, start, (size_t) (p - start));
        n += (size_t) (p - start);
    }

    while (n && (buf[n - 1] == '.' || buf[n - 1] == ',' || buf[n - 1] == ';'))
    {
        n--;
    }

    at = 0;

    for (i = 0; i < n; i++) {
        if (buf[i] == '@') {

            if (at || i == 0) {
                return 0;
            }

            at = i;
        }
    }

    return (at && at + 1 < n) ? n : 0;
}


/*
 * Letters and digits.  "D-10115", "DE 10115" and "L1234" are 10115 and 1234:
 * up to three letters before digits alone are the country; the four last
 * digits of a nine-digit ZIP are known to few.
 */

static size_t
wismo_lookup_postcode(const wismo_str_t *text, char *buf)
{
    size_t                n, i, country;
    unsigned              c;
    const unsigned char  *p, *end;

    p = text->data;
    end = p + text->len;
    n = 0;

    while ((c = wismo_lookup_char(&p, end)) != WISMO_LOOKUP_END) {

        if (c == '@' || c == '+') {
            return 0;
        }

        if (!wismo_is_digit(c) && !(c < 0x80 && wismo_is_letter(c))) {
            continue;
        }

        if (n == WISMO_POSTCODE_MAX) {
            return 0;
        }

        buf[n++] = (char) (wismo_is_letter(c) ? c & ~0x20U : c);
    }

    for (i = 0; i < n && wismo_is_letter((unsigned char) buf[i]); i++) {
        /* void */
    }

    country = i;

    while (i < n && wismo_is_digit((unsigned char) buf[i])) {
        i++;
    }

    if (i == n && country <= 3 && n - country >= WISMO_POSTCODE_MIN) {
        n -= country;
        memmove(buf, buf + country, n);
    }

    for (i = 0; i < n && wismo_is_digit((unsigned char) buf[i]); i++) {
        /* void */
    }

    if (i == n && n == 9) {
        n = 5;
    }

    return n < WISMO_POSTCODE_MIN ? 0 : n;
}


/*
 * The last nine digits of the national number, without the zeros before it:
 * so "+44 (0)20 7946 0000", "0044 20 79460000" and "020 7946 0000" are one,
 * and so are "+1 212 555 0100" and "(212) 555-0100".
 */

static size_t
wismo_lookup_phone(const wismo_str_t *text, char *buf)
{
    bool                  plus;
    char                  digits[WISMO_PHONE_DIGITS];
    size_t                n, skip;
    unsigned              c;
    const unsigned char  *p, *end;

    p = text->data;
    end = p + text->len;

    if (text->len > 4 && (p[0] | 0x20) == 't' && (p[1] | 0x20) == 'e'
        && (p[2] | 0x20) == 'l' && p[3] == ':')
    {
        p += 4;
    }

    n = 0;
    plus = false;

    while ((c = wismo_lookup_char(&p, end)) != WISMO_LOOKUP_END) {

        if (wismo_is_digit(c)) {

            if (n == WISMO_PHONE_DIGITS) {
                return 0;
            }

            digits[n++] = (char) c;

        } else if (c == '+' && n == 0) {
            plus = true;

        } else if (n && (c == 'x' || c == 'X' || c == 'e' || c == 'E'
                         || c == '#' || c == ';' || c == ','))
        {
            /* an extension */
            break;

        } else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '.'
                   && c != '/')
        {
            return 0;
        }
    }

    skip = 0;

    if (!plus && n > 2 && digits[0] == '0' && digits[1] == '0') {
        plus = true;
        skip = 2;
    }

    if (plus) {
        skip += wismo_calling_code_len(digits + skip, n - skip);
    }

    while (skip < n && digits[skip] == '0') {
        skip++;
    }

    if (n - skip < WISMO_PHONE_MIN) {
        return 0;
    }

    if (n - skip > WISMO_PHONE_KEPT) {
        skip = n - WISMO_PHONE_KEPT;
    }

    memcpy(buf, digits + skip, n - skip);

    return n - skip;
}


size_t
wismo_lookup_number(const wismo_str_t *text, wismo_lookup_case_e letters,
    const wismo_str_t *prefix, char *buf)
{
    char                  word[WISMO_LOOKUP_NUMBER_MAX];
    size_t                n, len, i;
    unsigned              c;
    const unsigned char  *p, *end;

    p = text->data;
    end = p + text->len;
    n = 0;

    do {
        len = 0;

        while ((c = wismo_lookup_char(&p, end)) != WISMO_LOOKUP_END
               && c != ' ')
        {
            if (c == '#' || c == 0x2116 || c == '"' || c == '\'') {
                continue;
            }

            /* no number has such, and none shall be made of one */

            if (c >= 0x80 || len == WISMO_LOOKUP_NUMBER_MAX) {
                return 0;
            }

            word[len++] = (char) c;
        }

        if (n == 0 && wismo_lookup_is_word(word, len)) {
            continue;
        }

        if (n + len > WISMO_LOOKUP_NUMBER_MAX) {
            return 0;
        }

        memcpy(buf + n, word, len);
        n += len;

    } while (c != WISMO_LOOKUP_END);

    for (i = 0; i < n; i++) {
        if (wismo_is_letter((unsigned char) buf[i])) {

            if (letters == WISMO_LOOKUP_UPPER) {
                buf[i] = (char) (buf[i] & ~0x20);

            } else if (letters == WISMO_LOOKUP_LOWER) {
                buf[i] = (char) (buf[i] | 0x20);
            }
        }
    }

    if (n == 0 || prefix->len == 0) {
        return n;
    }

    /* as the shop writes it, however it was typed */

    for (i = 0; i < prefix->len && i < n; i++) {
        c = (unsigned char) buf[i];

        if (c != prefix->data[i]
            && !(wismo_is_letter(c) && (c ^ prefix->data[i]) == 0x20))
        {
            break;
        }
    }

    if (i == prefix->len) {
        memcpy(buf, prefix->data, i);
        return n;
    }

    if (n + prefix->len > WISMO_LOOKUP_NUMBER_MAX) {
        return 0;
    }

    memmove(buf + prefix->len, buf, n);
    memcpy(buf, prefix->data, prefix->len);

    return n + prefix->len;
}


/* What people write before a number. */

static bool
wismo_lookup_is_word(const char *p, size_t len)
{
    size_t    i, n;
    unsigned  k;

    static const char *const  words[] = {
        "order", "orderno", "ordernumber", "number", "no", "nr", "num", "id",
        "bestellung", "bestellnr", "bestellnummer", "auftrag",
        "auftragsnummer", "commande", "numero", "pedido", "ordine",
        "bestelling", "bestelnummer", "ordernummer", NULL
    };

    while (len && (p[len - 1] == '.' || p[len - 1] == ':')) {
        len--;
    }

    if (len == 0) {
        return true;
    }

    for (k = 0; words[k]; k++) {
        n = strlen(words[k]);

        for (i = 0; i < len && i < n && (p[i] | 0x20) == words[k][i]; i++) {
            /* void */
        }

        if (i == len && i == n) {
            return true;
        }
    }

    return false;
}


int
wismo_peppers(const wismo_keys_t *keys, wismo_peppers_t *peppers)
{
    unsigned     i;
    wismo_str_t  label = wismo_string(WISMO_PEPPER_LABEL);

    peppers->n = keys->n;

    for (i = 0; i < keys->n; i++) {
        if (wismo_hmac_sha256(&keys->keys[i].secret, &label, peppers->key[i])
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


int
wismo_proofs_make(const wismo_peppers_t *peppers, const wismo_str_t *order,
    const json_t *body, wismo_proofs_t *proofs)
{
    char                   form[WISMO_FACTOR_MAX];
    size_t                 len;
    unsigned               i;
    wismo_str_t            text;
    const json_t          *value;
    const wismo_factor_t  *f;

    memset(proofs, 0, sizeof(wismo_proofs_t));

    if (peppers->n == 0) {
        return WISMO_OK;
    }

    for (i = 0; i < WISMO_FACTORS; i++) {
        f = &wismo_factors[i];
        value = json_object_get(json_object_get(body, f->object), f->member);

        if (!json_is_string(value)) {
            continue;
        }

        text.data = (unsigned char *) json_string_value(value);
        text.len = json_string_length(value);

        len = f->form(&text, form);

        if (len
            && wismo_proof(peppers->key[0], (wismo_factor_e) i, order, form,
                           len, proofs->text[i])
               != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


unsigned
wismo_proofs_check(const wismo_peppers_t *peppers,
    const wismo_proofs_t *proofs, const wismo_str_t *order,
    const wismo_str_t *typed, unsigned factors)
{
    bool      same;
    char      form[WISMO_FACTOR_MAX], proof[WISMO_PROOF_LEN];
    size_t    len;
    unsigned  i, k, proved;

    /* NULs, which no proof has */
    static const wismo_proofs_t  unknown;

    if (proofs == NULL) {
        proofs = &unknown;
    }

    proved = 0;

    for (i = 0; i < WISMO_FACTORS; i++) {

        if (!(factors & (1U << i))) {
            continue;
        }

        len = wismo_factors[i].form(typed, form);

        for (k = 0; k < peppers->n; k++) {

            if (wismo_proof(peppers->key[k], (wismo_factor_e) i, order, form,
                            len, proof)
                != WISMO_OK)
            {
                return 0;
            }

            same = wismo_same(proof, proofs->text[i], WISMO_PROOF_LEN);

            if (same && len) {
                proved |= 1U << i;
            }
        }
    }

    return proved;
}


/* Neither a factor nor an order's number holds a NUL. */

static int
wismo_proof(const unsigned char *pepper, wismo_factor_e factor,
    const wismo_str_t *order, const char *value, size_t len, char *proof)
{
    size_t         n;
    wismo_str_t    key, data;
    unsigned char  mac[32];
    unsigned char  buf[16 + 128 + WISMO_FACTOR_MAX];

    if (order->len > 128 || len > WISMO_FACTOR_MAX) {
        return WISMO_ERROR;
    }

    n = strlen(wismo_factors[factor].name) + 1;
    memcpy(buf, wismo_factors[factor].name, n);

    memcpy(buf + n, order->data, order->len);
    n += order->len;
    buf[n++] = '\0';

    if (len) {
        memcpy(buf + n, value, len);
        n += len;
    }

    key.len = 32;
    key.data = (unsigned char *) pepper;
    data.len = n;
    data.data = buf;

    if (wismo_hmac_sha256(&key, &data, mac) != WISMO_OK) {
        return WISMO_ERROR;
    }

    (void) wismo_base64url(mac, 16, proof);

    return WISMO_OK;
}
