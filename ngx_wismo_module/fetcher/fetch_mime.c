
/*
 * Copyright (C) The Wismo authors
 *
 * Writes a message, for fetch_mail.c to send and "wismo notify preview" to
 * show.  libcurl has a MIME writer, but it knows no encoded words, passes on
 * whatever line ends a header is given, and writes to a server only.
 *
 * It must never let a text of an order, a shop or a carrier become a header,
 * an address or a part of its own.
 */


#include "fetch_mime.h"
#include "wismo_locale.h"
#include "wismo_sign.h"
#include "wismo_time.h"

#include <openssl/evp.h>
#include <stdio.h>


#define FETCH_MIME_LINE      76
#define FETCH_MIME_WORD      45               /* bytes of an encoded word */
#define FETCH_MIME_ADDR_MAX  254              /* RFC 5321, 4.5.3.1 */
#define FETCH_MIME_LOCAL_MAX 64
#define FETCH_MIME_ID        32               /* hexadecimal digits */


static int fetch_mime_domain(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *domain);
static bool fetch_mime_atom(unsigned char c);
static void fetch_mime_box(wismo_out_t *out, const char *name,
    const fetch_mailbox_t *box);
static void fetch_mime_words(wismo_out_t *out, size_t column,
    const wismo_str_t *text, bool phrase);
static bool fetch_mime_plain(const wismo_str_t *text, bool phrase);
static void fetch_mime_encoded(wismo_out_t *out, size_t column,
    const wismo_str_t *text);
static void fetch_mime_date(wismo_out_t *out, int64_t date);
static void fetch_mime_part(wismo_out_t *out, const char *boundary,
    const char *type, const wismo_str_t *text);
static void fetch_mime_quoted(wismo_out_t *out, const wismo_str_t *text);
static bool fetch_mime_tag(const wismo_str_t *lang);
static bool fetch_mime_url(const wismo_str_t *url);
static void fetch_mime_id(const wismo_str_t *id, char hex[FETCH_MIME_ID]);


int
fetch_mime_addr(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *addr, wismo_error_t *err)
{
    size_t        i;
    wismo_out_t   out;
    wismo_str_t   local, domain;

    for (i = 0; i < text->len && text->data[i] != '@'; i++) {

        if (text->data[i] >= 0x80) {
            wismo_error_set(err, "", "the address has letters before its @ "
                                     "that need SMTPUTF8: expected ASCII");
            return WISMO_DECLINED;
        }

        if (!fetch_mime_atom(text->data[i])
            && (text->data[i] != '.' || i == 0 || text->data[i - 1] == '.'))
        {
            break;
        }
    }

    local.data = text->data;
    local.len = i;

    if (i == 0 || i == text->len || text->data[i] != '@'
        || text->data[i - 1] == '.' || i > FETCH_MIME_LOCAL_MAX)
    {
        goto invalid;
    }

    domain.data = text->data + i + 1;
    domain.len = text->len - i - 1;

    switch (fetch_mime_domain(pool, &domain, &domain)) {

    case WISMO_OK:
        break;

    case WISMO_ERROR:
        return WISMO_ERROR;

    default:
        goto invalid;
    }

    if (local.len + 1 + domain.len > FETCH_MIME_ADDR_MAX) {
        goto invalid;
    }

    wismo_out_init(&out, pool, local.len + domain.len + 1);
    wismo_out_str(&out, &local);
    wismo_out_text(&out, "@");
    wismo_out_str(&out, &domain);

    addr->data = out.start;
    addr->len = (size_t) (out.pos - out.start);

    return out.failed ? WISMO_ERROR : WISMO_OK;

invalid:

    wismo_error_set(err, "", "expected one address such as "
                             "orders@shop.example");

    return WISMO_DECLINED;
}


/* Two labels at least: mail for "localhost" is no customer's. */

static int
fetch_mime_domain(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *domain)
{
    int          n;
    char         buf[FETCH_MIME_ADDR_MAX];
    wismo_str_t  host;

    n = text->len < sizeof(buf) ? wismo_locale_host(text, buf, sizeof(buf))
                                : WISMO_DECLINED;

    if (n < 0 || memchr(buf, '.', (size_t) n) == NULL
        || buf[n - 1] == '.')
    {
        return n == WISMO_ERROR ? WISMO_ERROR : WISMO_DECLINED;
    }

    host.data = (unsigned char *) buf;
    host.len = (size_t) n;

    return wismo_pstrdup(pool, domain, &host);
}


int
fetch_mime_mailbox(wismo_pool_t *pool, const wismo_str_t *text,
    fetch_mailbox_t *box, wismo_error_t *err)
{
    size_t       i;
    wismo_str_t  addr;

    memset(box, 0, sizeof(fetch_mailbox_t));

    if (text->len == 0 || text->data[text->len - 1] != '>') {
        return fetch_mime_addr(pool, text, &box->addr, err);
    }

    for (i = text->len - 1; i && text->data[i] != '<'; i--) { /* void */ }

    if (text->data[i] != '<') {
        return fetch_mime_addr(pool, text, &box->addr, err);
    }

    addr.data = text->data + i + 1;
    addr.len = text->len - i - 2;

    while (i && text->data[i - 1] == ' ') {
        i--;
    }

    box->name.data = text->data;
    box->name.len = i;

    return fetch_mime_addr(pool, &addr, &box->addr, err);
}


static bool
fetch_mime_atom(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || (c && c < 0x80 && strchr("!#$%&'*+-/=?^_`{|}~", c));
}


int
fetch_mime_write(wismo_out_t *out, const fetch_mail_t *mail)
{
    char         hex[FETCH_MIME_ID], outer[48], inner[48];
    size_t       at;
    bool         calendar;
    wismo_str_t  ref;

    fetch_mime_id(&mail->id, hex);

    /* "=_" is in no part: neither form of encoding leaves it there */

    snprintf(outer, sizeof(outer), "=_m%.*s", FETCH_MIME_ID, hex);
    snprintf(inner, sizeof(inner), "=_a%.*s", FETCH_MIME_ID, hex);

    calendar = (mail->calendar.len != 0);

    wismo_out_text(out, "Date: ");
    fetch_mime_date(out, mail->date);
    fetch_mime_box(out, "From: ", &mail->from);
    fetch_mime_box(out, "To: ", &mail->to);

    if (mail->reply_to.addr.len) {
        fetch_mime_box(out, "Reply-To: ", &mail->reply_to);
    }

    wismo_out_text(out, "Subject: ");
    fetch_mime_words(out, sizeof("Subject: ") - 1, &mail->subject, false);

    for (at = 0; mail->from.addr.data[at] != '@'; at++) { /* void */ }

    ref.data = (unsigned char *) hex;
    ref.len = FETCH_MIME_ID;

    if (mail->ref.len) {
        ref = mail->ref;
    }

    wismo_out_printf(out, "\r\nMessage-ID: <%.*s@%.*s>\r\n", (int) ref.len,
                     (char *) ref.data,
                     (int) (mail->from.addr.len - at - 1),
                     (char *) mail->from.addr.data + at + 1);

    if (fetch_mime_tag(&mail->lang)) {
        wismo_out_printf(out, "Content-Language: %.*s\r\n",
                         (int) mail->lang.len, (char *) mail->lang.data);
    }

    wismo_out_text(out, "Auto-Submitted: auto-generated\r\n");

    /* on one line: signatures of some senders don't survive a folded one */

    if (fetch_mime_url(&mail->unsubscribe)) {
        wismo_out_text(out, "List-Unsubscribe: <");
        wismo_out_str(out, &mail->unsubscribe);
        wismo_out_text(out, ">\r\nList-Unsubscribe-Post: "
                            "List-Unsubscribe=One-Click\r\n");
    }

    wismo_out_text(out, "MIME-Version: 1.0\r\n");

    if (calendar) {
        wismo_out_printf(out, "Content-Type: multipart/mixed;\r\n"
                         " boundary=\"%s\"\r\n\r\n--%s\r\n", outer, outer);
    }

    wismo_out_printf(out, "Content-Type: multipart/alternative;\r\n"
                     " boundary=\"%s\"\r\n\r\n", inner);

    fetch_mime_part(out, inner, "text/plain", &mail->text);
    fetch_mime_part(out, inner, "text/html", &mail->html);
    wismo_out_printf(out, "--%s--\r\n", inner);

    if (calendar) {
        fetch_mime_part(out, outer, "text/calendar", &mail->calendar);
        wismo_out_printf(out, "--%s--\r\n", outer);
    }

    return out->failed ? WISMO_ERROR : WISMO_OK;
}


static void
fetch_mime_box(wismo_out_t *out, const char *name,
    const fetch_mailbox_t *box)
{
    wismo_out_bytes(out, name, strlen(name));

    if (box->name.len == 0) {
        wismo_out_str(out, &box->addr);
        wismo_out_text(out, "\r\n");
        return;
    }

    /* specials as in "Smith & Co." are quoted, all else is encoded */

    if (box->name.len < FETCH_MIME_LINE / 2
        && fetch_mime_plain(&box->name, false)
        && !fetch_mime_plain(&box->name, true)
        && memchr(box->name.data, '"', box->name.len) == NULL
        && memchr(box->name.data, '\\', box->name.len) == NULL)
    {
        wismo_out_text(out, "\"");
        wismo_out_str(out, &box->name);
        wismo_out_text(out, "\"");

    } else {
        fetch_mime_words(out, strlen(name), &box->name, true);
    }

    wismo_out_text(out, "\r\n <");
    wismo_out_str(out, &box->addr);
    wismo_out_text(out, ">\r\n");
}


/*
 * What people write: as it is where that is unambiguous, else as encoded
 * words (RFC 2047).  In a phrase a name's specials have to be encoded, too.
 */

static void
fetch_mime_words(wismo_out_t *out, size_t column, const wismo_str_t *text,
    bool phrase)
{
    size_t       i, start;
    wismo_str_t  word;

    if (!fetch_mime_plain(text, phrase)) {
        fetch_mime_encoded(out, column, text);
        return;
    }

    /* folded before a space, which is then the line's first */

    for (i = 0; i < text->len; /* void */ ) {
        start = i;
        i++;

        while (i < text->len && text->data[i] != ' ') {
            i++;
        }

        word.data = text->data + start;
        word.len = i - start;

        if (start && column + word.len > FETCH_MIME_LINE) {
            wismo_out_text(out, "\r\n");
            column = 0;
        }

        wismo_out_str(out, &word);
        column += word.len;
    }
}


static bool
fetch_mime_plain(const wismo_str_t *text, bool phrase)
{
    size_t         i, word;
    unsigned char  c;

    word = 0;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (c < ' ' || c > '~'
            || (c == '=' && i + 1 < text->len && text->data[i + 1] == '?')
            || (phrase && c != ' ' && !fetch_mime_atom(c)))
        {
            return false;
        }

        /* spaces at an end or beside each other are lost in folding */

        if (c == ' ') {

            if (i == 0 || i + 1 == text->len || text->data[i - 1] == ' ') {
                return false;
            }

            word = 0;

        } else if (++word > FETCH_MIME_LINE / 2) {
            return false;
        }
    }

    return true;
}


static void
fetch_mime_encoded(wismo_out_t *out, size_t column, const wismo_str_t *text)
{
    int             n;
    size_t          i, len, room;
    unsigned char   word[FETCH_MIME_WORD], base64[FETCH_MIME_WORD / 3 * 4 + 1];
    const unsigned char  *p, *end;

    static const size_t   extra = sizeof("=?UTF-8?B?" "?=") - 1;

    p = text->data;
    end = p + text->len;
    i = 0;

    while (p < end) {

        /* whole characters: each word is decoded by itself */

        room = (FETCH_MIME_LINE - 1 - column - extra) / 4 * 3;
        room = room > sizeof(word) ? sizeof(word) : room;

        for (len = 0; p < end; /* void */ ) {
            n = (int) wismo_utf8(p, end);

            if (len + (n ? (size_t) n : 1) > room) {
                break;
            }

            if (n == 0 || *p < ' ' || *p == 0x7f) {
                word[len++] = n ? ' ' : '?';
                p++;

            } else {
                memcpy(word + len, p, (size_t) n);
                len += (size_t) n;
                p += n;
            }
        }

        n = EVP_EncodeBlock(base64, word, (int) len);

        wismo_out_printf(out, "%s=?UTF-8?B?%.*s?=", i++ ? "\r\n " : "", n,
                         (char *) base64);
        column = 1;
    }
}


static void
fetch_mime_date(wismo_out_t *out, int64_t date)
{
    wismo_civil_t  c;

    static const char *const  days[] = {
        "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"
    };

    static const char *const  months[] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
        "Nov", "Dec"
    };

    date = date < 0 ? 0 : date;

    wismo_time_civil(date, &c);

    wismo_out_printf(out, "%s, %d %s %d %02d:%02d:%02d +0000\r\n",
                     days[date / 86400 % 7], c.day, months[c.month - 1],
                     c.year, c.hour, c.minute, c.second);
}


static void
fetch_mime_part(wismo_out_t *out, const char *boundary, const char *type,
    const wismo_str_t *text)
{
    wismo_out_printf(out, "--%s\r\nContent-Type: %s; charset=utf-8%s\r\n"
                     "Content-Transfer-Encoding: quoted-printable\r\n%s\r\n",
                     boundary, type,
                     strcmp(type, "text/calendar") == 0 ? "; method=PUBLISH"
                                                        : "",
                     strcmp(type, "text/calendar") == 0
                     ? "Content-Disposition: attachment; "
                       "filename=\"delivery.ics\"\r\n"
                     : "");

    fetch_mime_quoted(out, text);
}


/* RFC 2045, 6.7.  Lines end in CRLF, however they did. */

static void
fetch_mime_quoted(wismo_out_t *out, const wismo_str_t *text)
{
    char                  buf[4];
    size_t                column, len;
    bool                  ends;
    unsigned char         c;
    const unsigned char  *p, *end;

    column = 0;
    end = text->data + text->len;

    for (p = text->data; p < end; p++) {
        c = *p;

        if (c == '\r' && p + 1 < end && p[1] == '\n') {
            continue;
        }

        if (c == '\n') {
            wismo_out_text(out, "\r\n");
            column = 0;
            continue;
        }

        ends = (p + 1 == end || p[1] == '\n' || p[1] == '\r');

        if ((c > ' ' && c <= '~' && c != '=')
            || ((c == ' ' || c == '\t') && !ends))
        {
            buf[0] = (char) c;
            len = 1;

        } else {
            len = (size_t) snprintf(buf, sizeof(buf), "=%02X", c);
        }

        /* a dot alone would end the message where it is not doubled, and
         * "From " begins another one in old mailboxes */

        if (column == 0
            && (c == '.' || (c == 'F' && end - p >= 5
                             && memcmp(p, "From ", 5) == 0)))
        {
            len = (size_t) snprintf(buf, sizeof(buf), "=%02X", c);
        }

        if (column + len > FETCH_MIME_LINE - 1) {
            wismo_out_text(out, "=\r\n");
            column = 0;
        }

        wismo_out_bytes(out, buf, len);
        column += len;
    }

    if (column) {
        wismo_out_text(out, "\r\n");
    }
}


/* RFC 5646: anything else would be a header of somebody's own. */

static bool
fetch_mime_tag(const wismo_str_t *lang)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < lang->len; i++) {
        c = lang->data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '-'))
        {
            return false;
        }
    }

    return lang->len > 0;
}


static bool
fetch_mime_url(const wismo_str_t *url)
{
    size_t  i;

    if (url->len == 0 || url->len > 900) {
        return false;
    }

    for (i = 0; i < url->len; i++) {
        if (url->data[i] <= ' ' || url->data[i] > '~'
            || strchr("<>,", url->data[i]))
        {
            return false;
        }
    }

    return true;
}


static void
fetch_mime_id(const wismo_str_t *id, char hex[FETCH_MIME_ID])
{
    unsigned char  digest[32];

    /* who fails to make it repeats itself all the same */

    memset(digest, 0, sizeof(digest));
    (void) wismo_sha256(id, digest);

    wismo_hex(digest, FETCH_MIME_ID / 2, hex);
}
