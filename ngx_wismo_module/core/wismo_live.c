
/*
 * Copyright (C) The Wismo authors
 *
 * Writes and reads where a stream is to go on.  Called by the module when a
 * stream is opened and when it is told something, and for the page; any bytes
 * may come, and none may be an error.
 */


#include "wismo_live.h"
#include "wismo_sign.h"


static int wismo_live_digit(unsigned char c);


size_t
wismo_live_id(char *buf, uint64_t version, uint32_t mark)
{
    char           *p, digits[WISMO_DIGITS];
    wismo_str_t     text;
    unsigned char   bytes[sizeof(mark)];

    wismo_digits(digits, (int64_t) version, &text);

    p = buf + text.len;
    memcpy(buf, text.data, text.len);

    if (mark) {
        bytes[0] = (unsigned char) (mark >> 24);
        bytes[1] = (unsigned char) (mark >> 16);
        bytes[2] = (unsigned char) (mark >> 8);
        bytes[3] = (unsigned char) mark;

        *p++ = '-';
        wismo_hex(bytes, sizeof(bytes), p);
        p += 2 * sizeof(bytes);
    }

    *p = '\0';

    return (size_t) (p - buf);
}


uint64_t
wismo_live_version(const wismo_str_t *id, uint32_t *mark)
{
    size_t    i, k;
    int       digit;
    uint64_t  n;

    n = 0;
    *mark = 0;

    for (i = 0; i < id->len && id->data[i] != '-'; i++) {

        if (id->data[i] < '0' || id->data[i] > '9') {
            return 0;
        }

        digit = id->data[i] - '0';

        if (n > ((uint64_t) INT64_MAX - (unsigned) digit) / 10) {
            return 0;
        }

        n = n * 10 + (unsigned) digit;
    }

    if (i == id->len) {
        return n;
    }

    if (n == 0 || id->len - i != 1 + 8) {
        return 0;
    }

    for (k = i + 1; k < id->len; k++) {
        digit = wismo_live_digit(id->data[k]);

        if (digit < 0) {
            *mark = 0;
            return 0;
        }

        *mark = *mark << 4 | (uint32_t) digit;
    }

    return n;
}


static int
wismo_live_digit(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    return -1;
}
