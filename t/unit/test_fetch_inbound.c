
/*
 * Copyright (C) The Wismo authors
 *
 * The files of channels/: each can be loaded, verifies what it says it does,
 * answers, and says of reports what they mean.  And how values are found in
 * what services send, whatever it is.
 */


#include "test.h"

#include "fetch_inbound.h"
#include "wismo_sign.h"

#include <dirent.h>


#define CHANNELS  "ngx_wismo_module/channels"


static wismo_pool_t  pool;


static void
check_known(const char *file, const json_t *object, const char *const *names)
{
    size_t       i;
    json_t      *value;
    const char  *name;

    json_object_foreach((json_t *) object, name, value) {

        for (i = 0; names[i] && strcmp(names[i], name) != 0; i++) {
            /* void */
        }

        if (names[i] == NULL) {
            fail_msg("%s: \"%s\" is not known", file, name);
        }
    }
}


static void
check_texts(const char *file, const json_t *list, const char *name)
{
    size_t   i;
    json_t  *value;

    if (list == NULL) {
        return;
    }

    if (!json_is_array(list) || json_array_size(list) == 0) {
        fail_msg("%s: %s is no list", file, name);
    }

    json_array_foreach((json_t *) list, i, value) {
        if (json_string_length(value) == 0) {
            fail_msg("%s: %s/%zu is no text", file, name, i);
        }
    }
}


static void
check_inbound(const char *file, const json_t *inbound)
{
    size_t             i, n;
    json_t            *verify, *one;
    wismo_error_t      err;
    wismo_verifier_t  *v;

    static const char *const  names[] = {
        "verify", "get", "from", "text", "at", "answer", NULL
    };

    check_known(file, inbound, names);

    verify = json_object_get(inbound, "verify");
    n = json_is_array(verify) ? json_array_size(verify) : 1;

    for (i = 0; i < n; i++) {
        one = json_is_array(verify) ? json_array_get(verify, i) : verify;

        if (wismo_verifier_compile(&pool, one, &v, &err) != WISMO_OK) {
            fail_msg("%s:/inbound/verify%s: %s", file, err.at, err.text);
        }

        assert_int_not_equal(wismo_verifier_header(v)->len, 0);
    }

    assert_int_equal(json_object_size(json_object_get(inbound, "answer")), 1);
}


static void
check_receipts(const char *file, const json_t *receipts)
{
    size_t  i;

    static const char *const  names[] = {
        "each", "ref", "id", "to", "status", "error", "delivered", "failed",
        "complaint", "invalid", "temporary", "later", NULL
    };

    check_known(file, receipts, names);

    if (json_string_length(json_object_get(receipts, "status")) == 0
        || json_object_get(receipts, "to") == NULL)
    {
        fail_msg("%s:/receipts: status or to is missing", file);
    }

    for (i = 6; names[i]; i++) {
        check_texts(file, json_object_get(receipts, names[i]), names[i]);
    }

    assert_non_null(json_object_get(receipts, "delivered"));
    assert_non_null(json_object_get(receipts, "failed"));
}


static void
test_files(void **state)
{
    DIR            *dir;
    char            path[512];
    size_t          len;
    json_t         *file;
    unsigned        n, reports;
    struct dirent  *entry;

    (void) state;

    dir = opendir(CHANNELS);
    assert_non_null(dir);

    n = 0;
    reports = 0;

    while ((entry = readdir(dir)) != NULL) {
        len = strlen(entry->d_name);

        if (len < 5 || strcmp(entry->d_name + len - 5, ".json") != 0) {
            continue;
        }

        snprintf(path, sizeof(path), CHANNELS "/%s", entry->d_name);

        file = fetch_inbound_file(path);
        assert_non_null(file);
        assert_int_not_equal(json_string_length(json_object_get(file,
                                                                "title")), 0);

        if (json_object_get(file, "receipts")) {
            check_receipts(path, json_object_get(file, "receipts"));
            assert_non_null(json_object_get(file, "inbound"));
            reports++;
        }

        if (json_object_get(file, "inbound")) {
            check_inbound(path, json_object_get(file, "inbound"));
        }

        json_decref(file);
        n++;
    }

    closedir(dir);

    assert_int_equal(reports, 7);
    assert_true(n >= 9);
}


/* "at" as in a descriptor; NULL: nothing is found. */

static void
check_value(const char *body, const char *query, const char *at,
    const char *want)
{
    int               rc;
    char              buf[16];
    json_t           *json;
    wismo_str_t       text, headers, value;
    fetch_inbound_t   in;

    json = json_loads(at, JSON_DECODE_ANY, NULL);
    assert_non_null(json);

    text = heap_str(body);
    headers = heap_str(query);

    fetch_inbound_open(&in, &text, &headers);
    rc = fetch_inbound_value(&in, json, buf, sizeof(buf), &value);

    if ((rc == WISMO_OK) != (want != NULL)) {
        fail_msg("%s in %s: %d", at, body, rc);
    }

    if (want) {
        assert_int_equal(value.len, strlen(want));
        assert_memory_equal(value.data, want, value.len);
    }

    fetch_inbound_close(&in);
    free(text.data);
    free(headers.data);
    json_decref(json);
}


static void
test_values(void **state)
{
    (void) state;

    check_value("a=1&b=x+y", "", "\"b\"", "x y");
    check_value("a=1", "", "\"b\"", NULL);
    check_value("a=1", "", "\"/a\"", NULL);
    check_value("a=1234567890123456", "", "\"a\"", "1234567890123456");
    check_value("a=12345678901234567", "", "\"a\"", NULL);
    check_value("", "", "\"a\"", NULL);

    check_value("{\"a\":\"1\"}", "", "\"a\"", "1");
    check_value("{\"a\":{\"b\":[7,\"x\"]}}", "", "\"/a/b/1\"", "x");
    check_value("{\"a\":{\"b\":[7,\"x\"]}}", "", "\"/a/b/0\"", "7");
    check_value("{\"a\":{\"b\":[7,\"x\"]}}", "", "\"/a/b/2\"", NULL);
    check_value("{\"a\":{\"b\":[7,\"x\"]}}", "", "\"/a/b\"", NULL);
    check_value("{\"a\":\"1234567890123456\"}", "", "\"a\"", NULL);
    check_value("{\"a\":-123}", "", "\"a\"", "-123");
    check_value("{\"a\":1234567890123456789}", "", "\"a\"", NULL);
    check_value("{\"a\":1.5}", "", "\"a\"", NULL);
    check_value("{\"a\":null}", "", "\"a\"", NULL);
    check_value("{\"a\":\"1\"", "", "\"a\"", NULL);
    check_value("[\"x\"]", "", "\"/0\"", "x");

    check_value("a=1", "", "[\"b\",\"a\"]", "1");
    check_value("a=1", "", "[\"b\",7]", NULL);
    check_value("a=1", "", "[]", NULL);
    check_value("a=1", "", "7", NULL);

    check_value("a=1", "query: ref=x%3Dy&a=2\n", "\"?ref\"", "x=y");
    check_value("a=1", "query: ref=x\n", "\"ref\"", NULL);
    check_value("a=1", "query: ", "\"?ref\"", NULL);
    check_value("a=1", "topic: ref=x\n", "\"?ref\"", NULL);
    check_value("ref=1", "", "\"?ref\"", NULL);
}


/* No file but those that the configuration names. */

static void
test_load(void **state)
{
    wismo_str_t     name;
    fetch_config_t  conf;

    (void) state;

    memset(&conf, 0, sizeof(fetch_config_t));
    conf.json = json_pack("{s:[s]}", "inbound", "/dev/null/own.json");

    name = str("/etc/passwd");
    assert_null(fetch_inbound_load(&conf, &name));
    name = str("../../../etc/passwd");
    assert_null(fetch_inbound_load(&conf, &name));
    name = str("Twilio");
    assert_null(fetch_inbound_load(&conf, &name));
    name = str("/dev/null/own.json");
    assert_null(fetch_inbound_load(&conf, &name));

    json_decref(conf.json);
}


int
main(void)
{
    int  rc;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_load),
    };

    wismo_pool_init(&pool, 16 << 20, NULL, NULL);
    rc = test_run("fetch_inbound", tests, countof(tests));
    wismo_pool_done(&pool);

    return rc;
}
