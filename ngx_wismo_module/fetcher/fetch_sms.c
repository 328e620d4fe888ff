
/*
 * Copyright (C) The Wismo authors
 *
 * What a text message is counted as, and where it goes.  Called by
 * fetch_sink.c, and by "wismo notify", which shows the count.
 */


#include "fetch_sms.h"

#include <string.h>


/* The letters of GSM 7 that are not ASCII's own, and those that take two. */

static const char  fetch_sms_letters[] =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

static const char  fetch_sms_doubles[] = "^{}\\[~]|€";


static bool fetch_sms_has(const char *letters, const unsigned char *p,
    size_t len);


void
fetch_sms_size(const wismo_str_t *text, fetch_sms_size_t *size)
{
    size_t                len;
    unsigned              gsm, utf16, one, part;
    const unsigned char  *p, *end;

    memset(size, 0, sizeof(fetch_sms_size_t));

    gsm = 0;
    utf16 = 0;
    end = text->data + text->len;

    for (p = text->data; p < end; p += len) {
        len = wismo_utf8(p, end);

        if (len == 0) {
            size->ucs2 = true;
            utf16++;
            len = 1;
            continue;
        }

        utf16 += (len == 4) ? 2 : 1;

        if (fetch_sms_has(fetch_sms_letters, p, len)) {
            gsm++;

        } else if (fetch_sms_has(fetch_sms_doubles, p, len)) {
            gsm += 2;

        } else {
            size->ucs2 = true;
        }
    }

    size->units = size->ucs2 ? utf16 : gsm;
    one = size->ucs2 ? 70 : 160;
    part = size->ucs2 ? 67 : 153;

    size->segments = (size->units <= one) ? 1
                                          : (size->units + part - 1) / part;
}


static bool
fetch_sms_has(const char *letters, const unsigned char *p, size_t len)
{
    size_t                n;
    const unsigned char  *l, *end;

    l = (const unsigned char *) letters;
    end = l + strlen(letters);

    for ( /* void */ ; l < end; l += n) {
        n = wismo_utf8(l, end);

        if (n == len && memcmp(l, p, len) == 0) {
            return true;
        }
    }

    return false;
}


int
fetch_sms_number(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *number)
{
    char            digits[20];
    size_t          i, n;
    wismo_str_t     s;
    unsigned char   c;

    n = 0;
    digits[n++] = '+';

    /* "(+44) 20", "(0044) 20" */

    for (i = 0; i < text->len && (text->data[i] == ' '
                                  || text->data[i] == '('); i++)
    {
        /* void */
    }

    if (i < text->len && text->data[i] == '+') {
        i++;

    } else if (text->len - i > 2 && memcmp(text->data + i, "00", 2) == 0) {
        i += 2;

    } else {
        return WISMO_DECLINED;
    }

    for ( /* void */ ; i < text->len; i++) {
        c = text->data[i];

        /* "+44 (0)20": dialled only from inside */

        if (text->len - i >= 3 && memcmp(text->data + i, "(0)", 3) == 0) {
            i += 2;
            continue;
        }

        if (c >= '0' && c <= '9') {

            if (n == 16) {
                return WISMO_DECLINED;
            }

            digits[n++] = (char) c;

        } else if (c == '\0' || strchr(" -.()/", c) == NULL) {
            return WISMO_DECLINED;
        }
    }

    if (n < 8 || digits[1] == '0') {
        return WISMO_DECLINED;
    }

    s.data = (unsigned char *) digits;
    s.len = n;

    return wismo_pstrdup(pool, number, &s);
}
