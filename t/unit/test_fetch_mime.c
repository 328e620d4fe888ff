
/*
 * Copyright (C) The Wismo authors
 *
 * Messages: whatever an order, a shop or a carrier calls itself, a message
 * has the headers that were meant and no line that a server would refuse.
 * That other libraries read what was meant is seen in t/notice_mail.t.
 */


#include "test.h"

#include "fetch_mime.h"


static wismo_pool_t  pool;


static void
mail_init(fetch_mail_t *mail)
{
    memset(mail, 0, sizeof(fetch_mail_t));

    mail->from.name = str("Northwind");
    mail->from.addr = str("orders@shop.example");
    mail->to.addr = str("jo@shop.example");
    mail->subject = str("Delivered");
    mail->id = str("1001_mail_delivered-p1");
    mail->lang = str("en");
    mail->text = str("It is there.\n");
    mail->html = str("<p>It is there.</p>\n");
    mail->date = 1764511500;
}


static char *
mail_write(const fetch_mail_t *mail)
{
    wismo_out_t  out;

    wismo_out_init(&out, &pool, 64);
    assert_int_equal(fetch_mime_write(&out, mail), WISMO_OK);
    wismo_out_bytes(&out, "", 1);

    return (char *) out.start;
}


/* Lines of headers that are no continuation of one; each of all lines is
 * short, is ASCII and ends in CRLF. */

static unsigned
mail_headers(const char *text)
{
    bool         head;
    size_t       len;
    unsigned     n;
    const char  *p, *end;

    n = 0;
    head = true;

    for (p = text; *p; p = end + 2) {
        end = strstr(p, "\r\n");
        assert_non_null(end);

        len = (size_t) (end - p);
        assert_true(len <= 76 || strncmp(p, "List-Unsubscribe:", 17) == 0);

        head = head && len;
        n += head && *p != ' ';

        for (; p < end; p++) {
            assert_true((*p >= ' ' && *p <= '~') || (*p == '\t' && !head));
        }
    }

    return n;
}


static void
test_plain(void **state)
{
    char          *text;
    fetch_mail_t   mail;

    (void) state;

    mail_init(&mail);
    text = mail_write(&mail);

    assert_non_null(strstr(text, "Date: Sun, 30 Nov 2025 14:05:00 +0000\r\n"
                                 "From: Northwind\r\n"
                                 " <orders@shop.example>\r\n"
                                 "To: jo@shop.example\r\n"
                                 "Subject: Delivered\r\n"
                                 "Message-ID: <"));
    assert_null(strstr(text, "List-Unsubscribe"));
    assert_null(strstr(text, "text/calendar"));
    assert_int_equal(mail_headers(text), 9);
}


/* The same message has the same id, another one has another. */

static void
test_id(void **state)
{
    char          *first, *second, *third;
    fetch_mail_t   mail;

    (void) state;

    mail_init(&mail);
    first = strstr(mail_write(&mail), "Message-ID");
    mail.date++;
    second = strstr(mail_write(&mail), "Message-ID");
    mail.id = str("1001_mail_delivered-p2");
    third = strstr(mail_write(&mail), "Message-ID");

    assert_memory_equal(first, second, 60);
    assert_memory_not_equal(first, third, 60);
}


static void
test_hostile(void **state)
{
    char          *text;
    unsigned       i;
    fetch_mail_t   mail;

    static const char *const  names[] = {
        "x\r\nBcc: all@shop.example",
        "x\nBcc: all@shop.example\n\nbody",
        "\r\n\r\n",
        "=?UTF-8?B?DQpCY2M6IGE=?=",
        "a <b@c.example>, d",
        "\"quoted\\\"",
        "\xff\xfe broken \x80",
        "\xe2\x80\xa8 a line separator \xc2\x85",
        " spaces   at both ends ",
        "averyveryveryveryveryveryveryveryveryveryveryveryveryverylongword",
        "Ein sehr langer Betreff mit \xc3\xa4\xc3\xb6\xc3\xbc, der mehr als "
        "eine Zeile braucht, und noch eine, und noch eine, und noch eine",
        "A long subject in ASCII that has to be folded at its spaces, and "
        "which then goes on for a third line of as many bytes as this one is",
        "\xe3\x81\x8a\xe5\xb1\x8a\xe3\x81\x91\xe3\x81\xae\xe8\x8d\xb7\xe7\x89"
        "\xa9\xe3\x81\x8a\xe5\xb1\x8a\xe3\x81\x91\xe3\x81\xae\xe8\x8d\xb7\xe7"
        "\x89\xa9\xe3\x81\x8a\xe5\xb1\x8a\xe3\x81\x91"
    };

    (void) state;

    for (i = 0; i < countof(names); i++) {
        mail_init(&mail);
        mail.from.name = str(names[i]);
        mail.to.name = str(names[i]);
        mail.subject = str(names[i]);
        mail.text = str(names[i]);
        mail.html = str(names[i]);
        mail.calendar = str(names[i]);
        mail.unsubscribe = str("https://shop.example/u?t=1");

        text = mail_write(&mail);

        /* with the two of RFC 8058 */

        assert_int_equal(mail_headers(text), 11);
        *strstr(text, "\r\n\r\n") = '\0';
        assert_null(strstr(text, "\nBcc"));
    }
}


/* What would not be one line is not sent at all. */

static void
test_unsubscribe(void **state)
{
    fetch_mail_t  mail;

    (void) state;

    mail_init(&mail);
    mail.unsubscribe = str("https://shop.example/\r\nBcc: x");
    assert_null(strstr(mail_write(&mail), "Unsubscribe"));

    mail.unsubscribe = str("https://shop.example/a>b");
    assert_null(strstr(mail_write(&mail), "Unsubscribe"));
}


static void
test_quoted(void **state)
{
    char          *text;
    fetch_mail_t   mail;

    (void) state;

    mail_init(&mail);
    mail.text = str(".\n..\nFrom me\na = b \r\ntab\t\n\xc3\xa9\n");
    text = mail_write(&mail);

    assert_non_null(strstr(text, "\r\n\r\n=2E\r\n=2E.\r\n=46rom me\r\n"
                                 "a =3D b=20\r\ntab=09\r\n=C3=A9\r\n"));
}


static void
test_addr(void **state)
{
    unsigned       i;
    wismo_str_t    addr, text;
    wismo_error_t  err;

    static const char *const  good[][2] = {
        { "jo@shop.example", "jo@shop.example" },
        { "jo.van-loo+1@mail.shop.example", "jo.van-loo+1@mail.shop.example" },
        { "jo@b\xc3\xbc" "cher.example", "jo@xn--bcher-kva.example" },
        { "o'hara@shop.example", "o'hara@shop.example" }
    };

    static const char *const  bad[] = {
        "", "@", "jo", "jo@", "@shop.example", "jo@shop", "jo@shop.",
        "jo@.example", "jo@-a.example", "jo@a-.example", "jo@a..example",
        ".jo@shop.example", "jo.@shop.example", "j..o@shop.example",
        "jo@shop.example,all@shop.example", "jo@shop.example>",
        "jo@shop.example\r\nBcc: x@y.example", "jo@[127.0.0.1]",
        "jo@shop.example SIZE=1", "jo@shop.example\t", "\"jo\"@shop.example",
        "jo@a@shop.example", "j\xc3\xb6@shop.example", "jo@a%2eb.example",
        "jo@shop.example/x", "jo@shop.example:25", "jo@shop_x.example"
    };

    (void) state;

    for (i = 0; i < countof(good); i++) {
        text = heap_copy(good[i][0], strlen(good[i][0]));
        assert_int_equal(fetch_mime_addr(&pool, &text, &addr, &err),
                         WISMO_OK);
        free(text.data);
        assert_int_equal(addr.len, strlen(good[i][1]));
        assert_memory_equal(addr.data, good[i][1], addr.len);
    }

    for (i = 0; i < countof(bad); i++) {
        text = heap_copy(bad[i], strlen(bad[i]));
        memset(&err, 0, sizeof(wismo_error_t));

        if (fetch_mime_addr(&pool, &text, &addr, &err) != WISMO_DECLINED) {
            fail_msg("\"%s\" was taken", bad[i]);
        }

        free(text.data);
        assert_true(err.text[0] != '\0');
    }
}


static void
test_mailbox(void **state)
{
    wismo_str_t      text;
    wismo_error_t    err;
    fetch_mailbox_t  box;

    (void) state;

    text = str("Northwind & Co. <orders@shop.example>");
    assert_int_equal(fetch_mime_mailbox(&pool, &text, &box, &err), WISMO_OK);
    assert_str(box.name, "Northwind & Co.");
    assert_str(box.addr, "orders@shop.example");

    text = str("orders@shop.example");
    assert_int_equal(fetch_mime_mailbox(&pool, &text, &box, &err), WISMO_OK);
    assert_int_equal(box.name.len, 0);

    text = str("<orders@shop.example>");
    assert_int_equal(fetch_mime_mailbox(&pool, &text, &box, &err), WISMO_OK);
    assert_str(box.addr, "orders@shop.example");

    text = str("Northwind orders@shop.example");
    assert_int_equal(fetch_mime_mailbox(&pool, &text, &box, &err),
                     WISMO_DECLINED);

    text = str(">");
    assert_int_equal(fetch_mime_mailbox(&pool, &text, &box, &err),
                     WISMO_DECLINED);
}


static int
setup(void **state)
{
    (void) state;

    wismo_pool_init(&pool, 4 << 20, NULL, NULL);

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    wismo_pool_done(&pool);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
        cmocka_unit_test_setup_teardown(test_id, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unsubscribe, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quoted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_addr, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mailbox, setup, teardown)
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
