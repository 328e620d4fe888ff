
/*
 * Copyright (C) The Wismo authors
 *
 * Messages of whatever shops, orders and carriers say.  The first lines are
 * sender, recipient, address for answers, subject, language and the address
 * that ends it; the rest is text, HTML and calendar, divided by FF.  What
 * comes out is ASCII in lines that servers take, with the headers that were
 * meant and no others.
 */


#include "fuzz.h"

#include "fetch_mime.h"


static void fuzz_message(const wismo_str_t *message);
static bool fuzz_known(const wismo_str_t *line);
static wismo_str_t fuzz_part(wismo_str_t *rest);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wismo_out_t      out;
    wismo_str_t      rest, line, copy, addr, message;
    wismo_pool_t     pool;
    fetch_mail_t     mail;
    wismo_error_t    err;

    rest.data = (unsigned char *) data;
    rest.len = size;
    copy = fuzz_copy(&rest);
    rest = copy;

    memset(&mail, 0, sizeof(fetch_mail_t));

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    line = fuzz_line(&rest);

    if (fetch_mime_mailbox(&pool, &line, &mail.from, &err) != WISMO_OK) {
        fuzz_check(err.text[0] != '\0');
        wismo_str_set(&mail.from.addr, "orders@shop.example");
        mail.from.name = line;
    }

    line = fuzz_line(&rest);

    if (fetch_mime_addr(&pool, &line, &addr, &err) == WISMO_OK) {
        mail.to.addr = addr;

    } else {
        fuzz_check(err.text[0] != '\0');
        wismo_str_set(&mail.to.addr, "jo@shop.example");
        mail.to.name = line;
    }

    line = fuzz_line(&rest);

    if (fetch_mime_mailbox(&pool, &line, &mail.reply_to, &err) != WISMO_OK) {
        wismo_str_null(&mail.reply_to.name);
        wismo_str_null(&mail.reply_to.addr);
    }

    mail.subject = fuzz_line(&rest);
    mail.lang = fuzz_line(&rest);
    mail.unsubscribe = fuzz_line(&rest);
    mail.id = mail.subject;
    mail.text = fuzz_part(&rest);
    mail.html = fuzz_part(&rest);
    mail.calendar = fuzz_part(&rest);
    mail.date = FUZZ_NOW;

    wismo_out_init(&out, &pool, 4096);

    fuzz_check(fetch_mime_write(&out, &mail) == WISMO_OK);

    message.data = out.start;
    message.len = (size_t) (out.pos - out.start);
    fuzz_message(&message);

    wismo_pool_done(&pool);
    free(copy.data);

    return 0;
}


static void
fuzz_message(const wismo_str_t *message)
{
    bool            head;
    size_t          i;
    wismo_str_t     line, rest;

    fuzz_check(message->len > 2
               && message->data[message->len - 1] == '\n');

    head = true;
    rest = *message;

    while (rest.len) {
        line = fuzz_line(&rest);

        fuzz_check(line.len && line.data[line.len - 1] == '\r');
        line.len--;
        fuzz_check(line.len <= 998);

        for (i = 0; i < line.len; i++) {
            fuzz_check((line.data[i] >= ' ' && line.data[i] < 127)
                       || line.data[i] == '\t');
        }

        if (line.len == 0) {
            head = false;
        }

        if (head && line.data[0] != ' ') {
            fuzz_check(fuzz_known(&line));
        }
    }

    fuzz_check(!head);
}


static bool
fuzz_known(const wismo_str_t *line)
{
    size_t  len;

    static const char *const  *name;
    static const char *const   names[] = {
        "Date: ", "From: ", "To: ", "Reply-To: ", "Subject: ",
        "Message-ID: ", "Content-Language: ", "Auto-Submitted: ",
        "List-Unsubscribe: ", "List-Unsubscribe-Post: ", "MIME-Version: ",
        "Content-Type: ", NULL
    };

    for (name = names; *name; name++) {
        len = strlen(*name);

        /* a header whose text begins on the next line */

        if (line->len + 1 >= len
            && memcmp(line->data, *name, line->len < len ? line->len : len)
               == 0)
        {
            return true;
        }
    }

    return false;
}


static wismo_str_t
fuzz_part(wismo_str_t *rest)
{
    unsigned char  *end;
    wismo_str_t     part;

    part = *rest;
    end = rest->len ? memchr(rest->data, '\f', rest->len) : NULL;

    if (end == NULL) {
        rest->data += rest->len;
        rest->len = 0;
        return part;
    }

    part.len = (size_t) (end - part.data);
    rest->len -= part.len + 1;
    rest->data = end + 1;

    return part;
}
