
/*
 * Copyright (C) The Wismo authors
 *
 * The alphabets of the order model: which order numbers exist, the one form
 * of a tracking number, and texts of carriers and shops made fit to be kept.
 * Called wherever such bytes come in.
 *
 * It must never let a control character, an override of the writing direction
 * or invalid UTF-8 through.
 */


#include "wismo_order.h"


static bool wismo_text_bad(const unsigned char *p,
    const unsigned char *end, size_t *len);
static bool wismo_text_fit(const wismo_str_t *text, size_t max);


static inline bool
wismo_is_alnum(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9');
}


static const char  *const wismo_own_names[] = {
    [WISMO_OWN_NONE] = "",
    [WISMO_OWN_PURCHASE] = "purchase",
    [WISMO_OWN_HANDOVER] = "handover",
    [WISMO_OWN_EVENT] = "event",
    [WISMO_OWN_EXCEPTION] = "exception"
};


static const char  *const wismo_outlook_names[] = {
    [WISMO_OUTLOOK_NONE] = NULL,
    [WISMO_OUTLOOK_TOMORROW] = "arriving_tomorrow",
    [WISMO_OUTLOOK_TODAY] = "arriving_today",
    [WISMO_OUTLOOK_LATE] = "predicted_late"
};


const char *
wismo_own_name(wismo_own_e reason)
{
    return wismo_own_names[reason];
}


wismo_own_e
wismo_own_of(const wismo_str_t *name)
{
    unsigned  i;

    for (i = WISMO_OWN_PURCHASE; i <= WISMO_OWN_EXCEPTION; i++) {
        if (wismo_str_is(name, wismo_own_names[i])) {
            return (wismo_own_e) i;
        }
    }

    return WISMO_OWN_NONE;
}


const char *
wismo_outlook_name(wismo_outlook_e outlook)
{
    return wismo_outlook_names[outlook];
}


wismo_outlook_e
wismo_outlook_of(const wismo_str_t *name)
{
    unsigned  i;

    for (i = WISMO_OUTLOOK_TOMORROW; i <= WISMO_OUTLOOK_LATE; i++) {
        if (wismo_str_is(name, wismo_outlook_names[i])) {
            return (wismo_outlook_e) i;
        }
    }

    return WISMO_OUTLOOK_NONE;
}


bool
wismo_order_number_ok(const wismo_str_t *number)
{
    size_t                i;
    unsigned char         c;
    const unsigned char  *end;

    /* each of them has a dot first */

    static const wismo_str_t  ends[] = {
        wismo_string(".json"), wismo_string(".ics"), wismo_string(".atom"),
        wismo_string(".txt")
    };

    /* letters, digits, ".", "_" and "-" */

    static const uint32_t  alphabet[8] = {
        0, 0x03ff6000, 0x87fffffe, 0x07fffffe, 0, 0, 0, 0
    };

    if (number->len == 0 || number->len > WISMO_ORDER_NUMBER_MAX
        || number->data[0] == '.')
    {
        return false;
    }

    /* "/live" and "/feedback" need no check: the alphabet has no slash */

    for (i = 0; i < number->len; i++) {
        c = number->data[i];

        if (!(alphabet[c >> 5] & (UINT32_C(1) << (c & 0x1f)))) {
            return false;
        }
    }

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (number->len < ends[i].len) {
            continue;
        }

        end = number->data + number->len - ends[i].len;

        if (*end == '.' && memcmp(end, ends[i].data, ends[i].len) == 0) {
            return false;
        }
    }

    return true;
}


int
wismo_clean_number(wismo_pool_t *pool, wismo_str_t *number)
{
    size_t         i, n;
    wismo_str_t    clean;
    unsigned char  c, buf[WISMO_TRACKING_MAX];

    n = 0;

    for (i = 0; i < number->len; i++) {
        c = number->data[i];

        if (c == ' ' || c == '-' || c == '.') {
            continue;
        }

        if (!wismo_is_alnum(c) || n == WISMO_TRACKING_MAX) {
            return WISMO_DECLINED;
        }

        buf[n++] = (unsigned char) (c >= 'a' ? c - 'a' + 'A' : c);
    }

    if (n == 0) {
        return WISMO_DECLINED;
    }

    if (n == number->len && memcmp(number->data, buf, n) == 0) {
        return WISMO_OK;
    }

    clean.len = n;
    clean.data = buf;

    return wismo_pstrdup(pool, number, &clean);
}


int
wismo_clean_text(wismo_pool_t *pool, wismo_str_t *text)
{
    return wismo_clean_words(pool, text, WISMO_TEXT_MAX);
}


int
wismo_clean_words(wismo_pool_t *pool, wismo_str_t *text, size_t max)
{
    bool                  bad;
    size_t                len, room;
    unsigned char        *dst, *start;
    const unsigned char  *p, *end;

    /* spaces around are cut off where the text lies */

    while (text->len && text->data[0] == ' ') {
        text->data++;
        text->len--;
    }

    while (text->len && text->data[text->len - 1] == ' ') {
        text->len--;
    }

    if (wismo_text_fit(text, max)) {
        return WISMO_OK;
    }

    room = text->len < max ? text->len : max;
    start = wismo_palloc(pool, room);

    if (start == NULL) {
        return WISMO_ERROR;
    }

    dst = start;

    p = text->data;
    end = p + text->len;

    while (p < end) {

        bad = wismo_text_bad(p, end, &len);

        if (bad && (*p == '\t' || *p == '\n' || *p == '\r')) {

            /* a line end is one space, however it is written */

            if (dst > start && dst[-1] != ' ') {

                if (room - (size_t) (dst - start) < 1) {
                    break;
                }

                *dst++ = ' ';
            }

        } else if (!bad) {

            if (room - (size_t) (dst - start) < len) {
                break;
            }

            if (dst > start || *p != ' ') {
                memcpy(dst, p, len);
                dst += len;
            }
        }

        p += len;
    }

    while (dst > start && dst[-1] == ' ') {
        dst--;
    }

    text->data = start;
    text->len = (size_t) (dst - start);

    return WISMO_OK;
}


static bool
wismo_text_fit(const wismo_str_t *text, size_t max)
{
    size_t                len;
    const unsigned char  *p, *end;

    if (text->len > max) {
        return false;
    }

    p = text->data;
    end = p + text->len;

    while (p < end) {

        if (*p >= 0x20 && *p < 0x7f) {
            p++;
            continue;
        }

        if (wismo_text_bad(p, end, &len)) {
            return false;
        }

        p += len;
    }

    return true;
}


/*
 * Whether the character at "p" must not stay; "len" is its length in either
 * case, 1 for a byte that is no UTF-8.
 */

static bool
wismo_text_bad(const unsigned char *p, const unsigned char *end, size_t *len)
{
    *len = wismo_utf8(p, end);

    switch (*len) {

    case 0:
        *len = 1;
        return true;

    case 1:
        return p[0] < 0x20 || p[0] == 0x7f;

    case 2:

        /* U+0080 to U+009F */

        return p[0] == 0xc2 && p[1] < 0xa0;

    case 3:

        /* U+202A to U+202E, U+2066 to U+2069 */

        return p[0] == 0xe2
               && ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae)
                   || (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));

    default:
        return false;
    }
}


void
wismo_order_places(const wismo_order_t *order, wismo_str_t *from,
    wismo_str_t *to)
{
    *from = order->lane_from;
    *to = order->lane_to.len ? order->lane_to : order->country;

    if (from->len == 0) {
        *from = *to;

    } else if (to->len == 0) {
        *to = *from;
    }
}
