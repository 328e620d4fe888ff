
/*
 * Copyright (C) The Wismo authors
 *
 * The formats of tracking numbers as a table, and the interpreter that tries
 * a number against it.  Called by "wismo carrier detect" and by the check of
 * an order's body.
 *
 * It must never refuse a number or overrule the merchant: what a number looks
 * like is a hint.
 *
 * A pattern is matched from the first byte to the last, alternatives are
 * divided by bars.  Lower-case letters are classes: "d" a digit, "a" a
 * letter, "x" either, "c" a country that posts S10 items, "k" the check
 * digit.  Brackets list bytes and ranges of them, braces repeat what is
 * before them, all else stands for itself.  Parentheses are around what the
 * check digit is computed from.  Nothing is tried again with less, so what
 * repeats a variable number of times must not fit what follows it.
 */


#include "wismo_number.h"

#include <stdlib.h>


#define WISMO_NUMBER_ROUTED_MAX   34
#define WISMO_NUMBER_ZIP          8       /* "420" and the code's 5 digits */
#define WISMO_NUMBER_ZIP_4        12


typedef enum {
    WISMO_CHECK_MOD10 = 0,
    WISMO_CHECK_MOD7,
    WISMO_CHECK_LUHN,
    WISMO_CHECK_S10,
    WISMO_CHECK_SUM,
    WISMO_CHECK_MOD37
} wismo_check_e;


/*
 * "weights" are digits, from the left, again and again.  "prefix" is computed
 * with as if it stood before the serial, unless the serial begins so.
 * "mod1" and "mod2" are those of WISMO_CHECK_SUM.
 */

typedef struct {
    wismo_check_e          algorithm;
    const char            *weights;
    const char            *prefix;
    unsigned               mod1;
    unsigned               mod2;
} wismo_check_t;


/* "routed" formats may have the US ZIP code in front, as on the label. */

typedef struct {
    wismo_candidate_t      is;
    const char            *pattern;
    const wismo_check_t   *check;
    bool                   routed;
} wismo_number_format_t;


typedef struct {
    const unsigned char   *pos;
    const unsigned char   *end;
    wismo_str_t            serial;
} wismo_number_scan_t;


static bool wismo_number_fits(const wismo_number_format_t *format,
    const wismo_str_t *number);
static bool wismo_number_match(const wismo_number_format_t *format,
    const unsigned char *data, size_t len);
static bool wismo_number_alternative(const wismo_number_format_t *format,
    const char *p, wismo_number_scan_t *s);
static const char *wismo_number_run(const char *p, wismo_number_scan_t *s);
static bool wismo_number_class(const char *p, unsigned char c);
static bool wismo_number_country(const unsigned char *code);
static unsigned char wismo_number_check(const wismo_check_t *check,
    const wismo_str_t *serial);
static unsigned wismo_number_sum(const wismo_check_t *check,
    const wismo_str_t *serial);
static unsigned wismo_number_weigh(const wismo_check_t *check, unsigned n,
    unsigned char c);
static unsigned wismo_number_luhn(const wismo_str_t *serial);
static unsigned wismo_number_mod37(const wismo_str_t *serial);


static const wismo_check_t  wismo_check_12 = {
    WISMO_CHECK_MOD10, "12", NULL, 0, 0
};

static const wismo_check_t  wismo_check_13 = {
    WISMO_CHECK_MOD10, "13", NULL, 0, 0
};

static const wismo_check_t  wismo_check_31 = {
    WISMO_CHECK_MOD10, "31", NULL, 0, 0
};

static const wismo_check_t  wismo_check_31_91 = {
    WISMO_CHECK_MOD10, "31", "91", 0, 0
};

static const wismo_check_t  wismo_check_12_4 = {
    WISMO_CHECK_MOD10, "12", "4", 0, 0
};

static const wismo_check_t  wismo_check_12_5 = {
    WISMO_CHECK_MOD10, "12", "5", 0, 0
};

static const wismo_check_t  wismo_check_317 = {
    WISMO_CHECK_SUM, "317", NULL, 11, 10
};

static const wismo_check_t  wismo_check_173 = {
    WISMO_CHECK_SUM, "173", NULL, 11, 10
};

static const wismo_check_t  wismo_check_s10 = {
    WISMO_CHECK_S10, "86423597", NULL, 0, 0
};

static const wismo_check_t  wismo_check_luhn = {
    WISMO_CHECK_LUHN, NULL, NULL, 0, 0
};

static const wismo_check_t  wismo_check_mod7 = {
    WISMO_CHECK_MOD7, NULL, NULL, 0, 0
};

static const wismo_check_t  wismo_check_mod37 = {
    WISMO_CHECK_MOD37, NULL, NULL, 0, 0
};


static const wismo_number_format_t  wismo_number_formats[] = {

    { { "ups", "1z", "ups" },
      "1Z(x{15})k", &wismo_check_12, false },

    { { "ups", "waybill", "ups" },
      "[AHJKTV](d{9})k", &wismo_check_12, false },

    { { "fedex", "express_12", "fedex" },
      "(d{11})k", &wismo_check_317, false },

    { { "fedex", "express_34", "fedex" },
      "[0-8]d{19}(d{13})k", &wismo_check_173, false },

    { { "fedex", "astra_32", "fedex" },
      "3d{15}(d{11})kd{4}", &wismo_check_317, false },

    { { "fedex", "ground_15", "fedex" },
      "(d{14})k", &wismo_check_13, false },

    { { "fedex", "ground_sscc_18", "fedex" },
      "dd(d{15})k", &wismo_check_31, false },

    { { "fedex", "ground_96", "fedex" },
      "96d{5}(d{14})k", &wismo_check_13, false },

    { { "fedex", "ground_gsn", "fedex" },
      "96d{18}(d{13})k", &wismo_check_173, false },

    { { "usps", "usps_20", "usps" },
      "(d{19})k", &wismo_check_31, false },

    /* what follows the service's three digits tells the mailer id's length */

    { { "usps", "impb_n", "usps" },
      "(94d{19})k|(94d{23})k|(94ddd9d{23})k", &wismo_check_31, true },

    { { "usps", "impb_c", "usps" },
      "(92ddd9d{15})k|(92ddd9d{19})k|(93ddd[0-8]d{15})k|(93ddd[0-8]d{19})k|"
      "(95d{19})k|(95d{23})k", &wismo_check_31, true },

    { { "usps", "legacy", "usps" },
      "(d{19})k|(91d{19})k", &wismo_check_31_91, true },

    { { "dhl", "express", "dhl_express dhl_unified dhl" },
      "(d{9})k|(d{10})k", &wismo_check_mod7, false },

    { { "dhl", "express_piece", "dhl_express dhl_unified dhl" },
      "Ja{2,3}d{9,10}", NULL, false },

    { { "dhl", "ecommerce", "dhl_unified dhl" },
      "GMdx{9,38}|LXdx{9,38}|RXdx{9,38}|UVdx{9,38}|CNdx{9,38}|SGdx{9,38}|"
      "THdx{9,38}|INdx{9,38}|HKdx{9,38}|MYdx{9,38}", NULL, false },

    { { "dhl", "ecommerce_14", "dhl_unified dhl" },
      "d{14}", NULL, false },

    { { "canadapost", "canadapost_16", "canadapost" },
      "(d{15})k", &wismo_check_31, false },

    { { "purolator", "numeric", "purolator" },
      "([0-5]d{10})k", &wismo_check_luhn, false },

    { { "purolator", "alpha", "purolator" },
      "a{3}d{9}", NULL, false },

    { { "ontrac", "ontrac_c", "ontrac" },
      "C(d{13})k", &wismo_check_12_4, false },

    { { "ontrac", "ontrac_d", "ontrac" },
      "D(d{13})k", &wismo_check_12_5, false },

    { { "dpd", "dpd_28", "dpd" },
      "(d{27})k", &wismo_check_mod37, false },

    { { "dpd", "dpd_14", "dpd" },
      "(d{14})k", &wismo_check_mod37, false },

    { { "canpar", "canpar_22", "canpar" },
      "[CDKLSUXZ]d{21}", NULL, false },

    { { "amazon", "logistics", "amazon_shipping amazon" },
      "TB[ACM]d{12}", NULL, false },

    { { "amazon", "international", "amazon_shipping amazon" },
      "[AFC]d{10}", NULL, false },

    { { "lasership", "lx", "lasership" },
      "L[AIEHNX][1-3]d{7}", NULL, false },

    { { "lasership", "1ls7", "lasership" },
      "1LS7[12]d{10}", NULL, false },

    { { "lasership", "1ls7_piece", "lasership" },
      "1LS7[12]dd01[1-4]d{6}1", NULL, false },

    { { "lasership", "1lscx", "lasership" },
      "1LSCXx{10}", NULL, false },

    /* the leading zero may be lost, and counts for nothing in the check */

    { { "old_dominion", "pro", "old_dominion" },
      "(77[78]d{7})k|(072d{7})k|(72d{7})k|(780d{7})k", &wismo_check_luhn,
      false },

    { { "old_dominion", "pro_80", "old_dominion" },
      "(80d{8})k", &wismo_check_luhn, false },

    { { "speedee", "speedee", "speedee" },
      "SPd{18}", NULL, false },

    { { "yodel", "jd", "yodel" },
      "JDd{16}|JJDd{16}", NULL, false },

    { { "landmark", "ltn", "landmark" },
      "LTNd{8}N1", NULL, false },

    { { "gofo", "gfus", "gofo" },
      "GFUSd{14}", NULL, false },

    { { "yunexpress", "yt", "yunexpress" },
      "YTd{16}", NULL, false },

    { { "s10", "s10", "" },
      "aa(d{8})kc", &wismo_check_s10, false },

    { { NULL, NULL, NULL }, NULL, NULL, false }
};


/* The second letters of the countries' codes, by the first. */

static const char *const  wismo_number_countries[26] = {
    "EFGLMORTUZ", "ABDEFGHIJNORSTWYZ", "ADFGHILMNORUVYZ", "EJKMOZ",
    "CEGRST", "IJR", "ABDEHMNQRTWY", "KNRTU", "DELNQRST", "MOP",
    "EGHIMNPRWZ", "ABCIKRSTUVY", "ACDEGKLMNRTUVWXYZ", "AEGILOPRZ",
    "M", "AEGHKLTY", "A", "OSUW", "ABCDEGIKLMNORSTVYZ",
    "DGHJLMNORTVZ", "AGSYZ", "ACENU", "S", "", "E", "AMW"
};


/*
 * The country's operator knows of an item that was posted there.  Only those
 * with an interface that can be asked are here.
 */

static const struct {
    const char             country[3];
    const char            *adapters;
} wismo_number_operators[] = {
    { "AU", "australiapost" },
    { "CA", "canadapost" },
    { "DE", "dhl_parcel_de dhl_unified" },
    { "DK", "postnord" },
    { "FR", "laposte" },
    { "GB", "royalmail" },
    { "NL", "postnl" },
    { "SE", "postnord" },
    { "US", "usps" },
    { "", NULL }
};


size_t
wismo_number_normalise(const wismo_str_t *text, unsigned char *buf)
{
    size_t         i, n;
    unsigned char  c;

    n = 0;

    for (i = 0; i < text->len && n < WISMO_NUMBER_MAX; i++) {
        c = text->data[i];

        if (c == ' ' || c == '-' || c == '.') {
            continue;
        }

        if (c >= 'a' && c <= 'z') {
            c = (unsigned char) (c - 'a' + 'A');
        }

        buf[n++] = c;
    }

    return n;
}


unsigned
wismo_number_detect(const wismo_str_t *number, wismo_candidate_t *candidates)
{
    size_t                        i;
    unsigned                      n;
    const unsigned char          *country;
    const wismo_number_format_t  *format;

    n = 0;

    for (format = wismo_number_formats; format->pattern; format++) {

        if (n == WISMO_NUMBER_CANDIDATES) {
            break;
        }

        if (!wismo_number_fits(format, number)) {
            continue;
        }

        candidates[n] = format->is;

        if (format->check == &wismo_check_s10) {
            country = number->data + number->len - 2;

            for (i = 0; wismo_number_operators[i].adapters; i++) {
                if (memcmp(wismo_number_operators[i].country, country, 2)
                    == 0)
                {
                    candidates[n].adapters =
                                           wismo_number_operators[i].adapters;
                }
            }
        }

        n++;
    }

    return n;
}


int
wismo_number_adapter(const wismo_str_t *number,
    bool (*configured)(void *data, const wismo_str_t *name), void *data,
    wismo_str_t *adapter)
{
    unsigned            i, n;
    const char         *p;
    wismo_str_t         name;
    wismo_candidate_t   candidates[WISMO_NUMBER_CANDIDATES];

    wismo_str_null(adapter);

    n = wismo_number_detect(number, candidates);

    for (i = 0; i < n; i++) {

        for (p = candidates[i].adapters; *p; p += strspn(p, " ")) {

            name.data = (unsigned char *) p;
            name.len = strcspn(p, " ");
            p += name.len;

            if (wismo_str_eq(&name, adapter) || !configured(data, &name)) {
                continue;
            }

            if (adapter->len) {
                return WISMO_DECLINED;
            }

            *adapter = name;
        }
    }

    return adapter->len ? WISMO_OK : WISMO_DECLINED;
}


static bool
wismo_number_fits(const wismo_number_format_t *format,
    const wismo_str_t *number)
{
    size_t  n, zip;

    if (wismo_number_match(format, number->data, number->len)) {
        return true;
    }

    if (!format->routed || number->len <= WISMO_NUMBER_ZIP_4
        || number->len > WISMO_NUMBER_ROUTED_MAX
        || memcmp(number->data, "420", 3) != 0)
    {
        return false;
    }

    for (zip = 3; zip < WISMO_NUMBER_ZIP_4; zip++) {
        if (!wismo_number_class("d", number->data[zip])) {
            break;
        }
    }

    for (n = WISMO_NUMBER_ZIP; n <= WISMO_NUMBER_ZIP_4; n += 4) {
        if (n <= zip
            && wismo_number_match(format, number->data + n, number->len - n))
        {
            return true;
        }
    }

    return false;
}


static bool
wismo_number_match(const wismo_number_format_t *format,
    const unsigned char *data, size_t len)
{
    const char           *p;
    wismo_number_scan_t   s;

    p = format->pattern;

    for ( ;; ) {
        s.pos = data;
        s.end = data + len;
        wismo_str_null(&s.serial);

        if (wismo_number_alternative(format, p, &s)) {
            return true;
        }

        p = strchr(p, '|');

        if (p == NULL) {
            return false;
        }

        p++;
    }
}


static bool
wismo_number_alternative(const wismo_number_format_t *format, const char *p,
    wismo_number_scan_t *s)
{
    while (*p && *p != '|') {

        switch (*p) {

        case '(':
            s->serial.data = (unsigned char *) s->pos;
            p++;
            break;

        case ')':
            s->serial.len = (size_t) (s->pos - s->serial.data);
            p++;
            break;

        case 'k':
            if (s->pos == s->end
                || *s->pos != wismo_number_check(format->check, &s->serial))
            {
                return false;
            }

            s->pos++;
            p++;
            break;

        case 'c':
            if (s->end - s->pos < 2 || !wismo_number_country(s->pos)) {
                return false;
            }

            s->pos += 2;
            p++;
            break;

        default:
            p = wismo_number_run(p, s);

            if (p == NULL) {
                return false;
            }
        }
    }

    return s->pos == s->end;
}


/* One class with its braces; returns what is after them. */

static const char *
wismo_number_run(const char *p, wismo_number_scan_t *s)
{
    char           *next;
    const char     *class;
    unsigned long   n, min, max;

    class = p;
    p = *p == '[' ? strchr(p, ']') + 1 : p + 1;
    min = 1;
    max = 1;

    if (*p == '{') {
        min = strtoul(p + 1, &next, 10);
        max = *next == ',' ? strtoul(next + 1, &next, 10) : min;
        p = next + 1;
    }

    for (n = 0; n < max && s->pos < s->end; n++) {
        if (!wismo_number_class(class, *s->pos)) {
            break;
        }

        s->pos++;
    }

    return n < min ? NULL : p;
}


static bool
wismo_number_class(const char *p, unsigned char c)
{
    unsigned char  from, to;

    switch (*p) {

    case 'd':
        return c >= '0' && c <= '9';

    case 'a':
        return c >= 'A' && c <= 'Z';

    case 'x':
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');

    case '[':
        for (p++; *p != ']'; p++) {
            from = (unsigned char) *p;
            to = from;

            if (p[1] == '-') {
                to = (unsigned char) p[2];
                p += 2;
            }

            if (c >= from && c <= to) {
                return true;
            }
        }

        return false;

    default:
        return c == (unsigned char) *p;
    }
}


static bool
wismo_number_country(const unsigned char *code)
{
    if (!wismo_number_class("a", code[0])
        || !wismo_number_class("a", code[1]))
    {
        return false;
    }

    return strchr(wismo_number_countries[code[0] - 'A'], code[1]) != NULL;
}


static unsigned char
wismo_number_check(const wismo_check_t *check, const wismo_str_t *serial)
{
    size_t    i;
    unsigned  n;

    n = 0;

    switch (check->algorithm) {

    case WISMO_CHECK_MOD10:
        n = wismo_number_sum(check, serial) % 10;
        n = (10 - n) % 10;
        break;

    case WISMO_CHECK_MOD7:
        for (i = 0; i < serial->len; i++) {
            n = (n * 10 + serial->data[i] - '0') % 7;
        }

        break;

    case WISMO_CHECK_LUHN:
        n = wismo_number_luhn(serial);
        break;

    case WISMO_CHECK_S10:
        n = 11 - wismo_number_sum(check, serial) % 11;
        n = n == 10 ? 0 : n == 11 ? 5 : n;
        break;

    case WISMO_CHECK_SUM:
        n = wismo_number_sum(check, serial) % check->mod1 % check->mod2;
        break;

    case WISMO_CHECK_MOD37:
        n = wismo_number_mod37(serial);
        break;
    }

    return (unsigned char) (n < 10 ? '0' + n : 'A' + n - 10);
}


static unsigned
wismo_number_sum(const wismo_check_t *check, const wismo_str_t *serial)
{
    size_t       i;
    unsigned     n, sum;
    wismo_str_t  prefix;

    n = 0;
    sum = 0;

    if (check->prefix) {
        prefix = wismo_str_of(check->prefix);

        if (serial->len < prefix.len
            || memcmp(serial->data, prefix.data, prefix.len) != 0)
        {
            for (i = 0; i < prefix.len; i++) {
                sum += wismo_number_weigh(check, n++, prefix.data[i]);
            }
        }
    }

    for (i = 0; i < serial->len; i++) {
        sum += wismo_number_weigh(check, n++, serial->data[i]);
    }

    return sum;
}


/* UPS counts with letters, too: A is 2, B is 3, and I begins at 0 again. */

static unsigned
wismo_number_weigh(const wismo_check_t *check, unsigned n, unsigned char c)
{
    unsigned  value, weight;

    value = c <= '9' ? (unsigned) (c - '0') : (unsigned) (c - 3) % 10;
    weight = (unsigned) (check->weights[n % strlen(check->weights)] - '0');

    return value * weight;
}


static unsigned
wismo_number_luhn(const wismo_str_t *serial)
{
    size_t    i;
    unsigned  value, sum;

    sum = 0;

    for (i = 0; i < serial->len; i++) {
        value = (unsigned) (serial->data[serial->len - 1 - i] - '0');

        if (i % 2 == 0) {
            value *= 2;
        }

        sum += value > 9 ? value - 9 : value;
    }

    return (10 - sum % 10) % 10;
}


/* ISO 7064, hybrid system MOD 37,36 */

static unsigned
wismo_number_mod37(const wismo_str_t *serial)
{
    size_t         i;
    unsigned       n;
    unsigned char  c;

    n = 36;

    for (i = 0; i < serial->len; i++) {
        c = serial->data[i];
        n += (unsigned) (c <= '9' ? c - '0' : c - 'A' + 10);
        n = n > 36 ? n - 36 : n;
        n = n * 2 % 37;
    }

    return (37 - n) % 36;
}
