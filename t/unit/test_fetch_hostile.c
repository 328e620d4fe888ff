
/*
 * Copyright (C) The Wismo authors
 *
 * What a carrier, or whoever answers in its place, may send: its replies cut
 * anywhere, with any value of another type, with broken bytes, nested and
 * swollen.  The engine must give an outcome, never crash, and never let
 * through a text that is not fit to be shown.
 */


#include "test.h"

#include "fetch_adapter.h"
#include "wismo_merge.h"

#include <glob.h>


#define NOW    INT64_C(1772798400)


typedef struct {
    const char       *name;
    fetch_adapter_t  *adapter;
    wismo_pool_t      pool;
    unsigned          outcomes[FETCH_REFUSE + 1];
} carrier_t;


static carrier_t  carriers[] = {
    { .name = "ups" }, { .name = "fedex" }, { .name = "easypost" }
};


static void
check_text(const wismo_str_t *s)
{
    size_t                n;
    const unsigned char  *p, *end;

    assert_true(s->len <= 4 * WISMO_TEXT_MAX);

    for (p = s->data, end = p + s->len; p < end; p += n) {
        n = wismo_utf8(p, end);
        assert_true(n > 0);
        assert_true(*p >= ' ' && *p != 127);

        /* U+202A to U+202E turn the writing */

        assert_false(n == 3 && p[0] == 0xE2 && p[1] == 0x80 && p[2] >= 0xAA
                     && p[2] <= 0xAE);
    }
}


static void
check_report(carrier_t *c, const wismo_report_t *r)
{
    bool             changed;
    unsigned         i;
    wismo_event_t   *e;
    wismo_parcel_t   parcel;

    for (i = 0; i < r->nevents; i++) {
        e = &r->events[i];

        assert_non_null(e->status);
        check_text(&e->code);
        check_text(&e->text);
        check_text(&e->place);

        assert_true(e->when.basis <= WISMO_BASIS_DATE);
        assert_true((e->when.utc != WISMO_TIME_NONE)
                    == (e->when.basis == WISMO_BASIS_UTC
                        || e->when.basis == WISMO_BASIS_OFFSET
                        || e->when.basis == WISMO_BASIS_ZONE));
    }

    for (i = 0; i < r->nunmapped; i++) {
        check_text(&r->unmapped[i]);
    }

    check_text(&r->signed_by);
    assert_true(r->weight_g >= -1);
    assert_true(r->pieces_total >= 0 && r->pieces_delivered >= 0);

    memset(&parcel, 0, sizeof(wismo_parcel_t));
    parcel.weight_g = -1;
    wismo_time_local(&parcel.pickup_by, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);

    assert_int_equal(wismo_merge_report(&c->pool, &parcel, r, &changed),
                     WISMO_OK);
    assert_non_null(parcel.status);
}


/* The same bytes as a reply with and without a number, and as a push. */

static void
feed(carrier_t *c, const void *data, size_t len)
{
    unsigned        i, turn;
    wismo_str_t     number;
    fetch_reply_t   reply;
    fetch_answer_t  answer;

    memset(&answer, 0, sizeof(fetch_answer_t));
    answer.body = heap_copy(data, len);
    answer.now = NOW;
    answer.http = 200;
    number = str("1Z0WM0000300000017");

    for (turn = 0; turn < 3; turn++) {
        answer.numbers = turn ? NULL : &number;
        answer.nnumbers = turn ? 0 : 1;
        answer.explain = turn == 1;

        if (turn == 2 && !fetch_adapter_has_push(c->adapter)) {
            break;
        }

        assert_int_equal((turn == 2 ? fetch_adapter_push
                          : fetch_adapter_reply)(c->adapter, &c->pool,
                                                 &answer, &reply),
                         WISMO_OK);

        assert_true(reply.outcome <= FETCH_REFUSE);
        c->outcomes[reply.outcome]++;

        if (turn == 0) {
            assert_int_equal(reply.nparts, 1);
        }

        check_text(&reply.code);
        check_text(&reply.text);

        for (i = 0; i < reply.nparts; i++) {
            assert_int_equal(reply.parts[i].outcome == FETCH_OK,
                             reply.parts[i].report != NULL);
            check_text(&reply.parts[i].code);
            check_text(&reply.parts[i].text);

            if (reply.parts[i].report) {
                check_report(c, reply.parts[i].report);
            }
        }

        json_decref(reply.explain);
        wismo_pool_reset(&c->pool);
    }

    free(answer.body.data);
}


static wismo_str_t
slurp(const char *path)
{
    FILE         *f;
    wismo_str_t   s;

    f = fopen(path, "rb");
    assert_non_null(f);

    s.data = malloc(1 << 20);
    assert_non_null(s.data);
    s.len = fread(s.data, 1, 1 << 20, f);
    fclose(f);

    return s;
}


static void
each_sample(void (*work)(carrier_t *c, const wismo_str_t *body))
{
    char          pattern[128];
    glob_t        g;
    size_t        i;
    unsigned      n;
    carrier_t    *c;
    wismo_str_t   body;

    for (n = 0; n < countof(carriers); n++) {
        c = &carriers[n];

        snprintf(pattern, sizeof(pattern), "t/data/%s/*.in", c->name);
        assert_int_equal(glob(pattern, 0, NULL, &g), 0);

        for (i = 0; i < g.gl_pathc; i++) {
            body = slurp(g.gl_pathv[i]);
            work(c, &body);
            free(body.data);
        }

        globfree(&g);
    }
}


static void
cut(carrier_t *c, const wismo_str_t *body)
{
    size_t  len;

    for (len = 0; len < body->len; len += 37) {
        feed(c, body->data, len);
    }

    for (len = 0; len < body->len && len < 20; len++) {
        feed(c, body->data, body->len - len);
    }
}


static void
test_cut(void **state)
{
    (void) state;

    each_sample(cut);
}


/* Some bytes are others. */

static void
flip(carrier_t *c, const wismo_str_t *body)
{
    size_t       i, j;
    uint64_t     seed;
    wismo_str_t  copy;

    static const unsigned char  bytes[] = {
        0, '"', '\\', '{', '}', '[', ']', ',', ':', '<', '>', '&', 0x80, 0xC0,
        0xE2, 0xF5, 0xFF, '-', '9', 'e', 'u'
    };

    if (body->len == 0) {
        return;
    }

    seed = body->len;

    for (i = 0; i < 60; i++) {
        copy = heap_copy(body->data, body->len);

        for (j = 0; j <= i % 4; j++) {
            copy.data[test_random(&seed) % copy.len]
                = bytes[test_random(&seed) % countof(bytes)];
        }

        feed(c, copy.data, copy.len);
        free(copy.data);
    }
}


static void
test_flip(void **state)
{
    (void) state;

    each_sample(flip);
}


static json_t *
other_value(unsigned kind, json_t *old)
{
    json_t  *list;

    switch (kind) {

    case 0:
        return json_null();

    case 1:
        return json_true();

    case 2:
        return json_integer(INT64_MIN);

    case 3:
        return json_integer(INT64_MAX);

    case 4:
        return json_real(-1.5e300);

    case 5:
        return json_string("");

    case 6:
        return json_stringn("a\0b\xE2\x80\xAE\x1B[31m", 12);

    case 7:
        return json_array();

    case 8:
        return json_object();

    case 9:
        list = json_array();
        json_array_append(list, old);
        json_array_append(list, old);
        return list;

    case 10:
        return json_pack("{s:O}", "date", old);

    default:
        return json_string("2026-03-05T10:00:00-06:00");
    }
}


#define KINDS    12


/* Each node of the reply, one after the other, becomes something else. */

static void
mutate(carrier_t *c, json_t *root, json_t *node)
{
    char         *text;
    size_t        i;
    json_t       *child, *names;
    unsigned      kind;
    const char   *key;

    if (json_is_object(node)) {

        /* a member that is put back goes to the end: walk a copy */

        names = json_copy(node);

        json_object_foreach(names, key, child) {

            for (kind = 0; kind <= KINDS; kind++) {

                if (kind < KINDS) {
                    json_object_set_new(node, key, other_value(kind, child));

                } else {
                    json_object_del(node, key);
                }

                text = json_dumps(root, JSON_ENCODE_ANY);
                assert_non_null(text);
                feed(c, text, strlen(text));
                free(text);
            }

            json_object_set(node, key, child);
            mutate(c, root, child);
        }

        json_decref(names);

        return;
    }

    if (json_is_array(node)) {
        for (i = 0; i < json_array_size(node) && i < 2; i++) {
            child = json_incref(json_array_get(node, i));

            for (kind = 0; kind < KINDS; kind++) {
                json_array_set_new(node, i, other_value(kind, child));

                text = json_dumps(root, JSON_ENCODE_ANY);
                assert_non_null(text);
                feed(c, text, strlen(text));
                free(text);
            }

            json_array_set_new(node, i, child);
            mutate(c, root, child);
        }
    }
}


static void
test_mutate(void **state)
{
    json_t       *root;
    unsigned      i;
    wismo_str_t   body;

    static const struct {
        unsigned     carrier;
        const char  *path;
    } samples[] = {
        { 0, "t/data/ups/delivered_neighbour.in" },
        { 0, "t/data/ups/pieces.in" },
        { 0, "t/data/ups/rescheduled_window.in" },
        { 0, "t/data/ups/not_found.in" },
        { 0, "t/data/ups/push_event.in" },
        { 1, "t/data/fedex/transit.in" },
        { 1, "t/data/fedex/delivered.in" },
        { 1, "t/data/fedex/batch.in" },
        { 2, "t/data/easypost/delivered.in" },
        { 2, "t/data/easypost/push.in" }
    };

    (void) state;

    for (i = 0; i < countof(samples); i++) {
        body = slurp(samples[i].path);
        root = json_loadb((char *) body.data, body.len, 0, NULL);
        assert_non_null(root);

        mutate(&carriers[samples[i].carrier], root, root);

        json_decref(root);
        free(body.data);
    }
}


/* Depth, width and length beyond reason. */

static void
test_swollen(void **state)
{
    char         *text, *p;
    size_t        size;
    unsigned      i, n, kind;

    static const struct {
        const char  *head;
        const char  *again;
        const char  *tail;
    } shapes[] = {
        { "", "[", "" },
        { "", "{\"a\":", "" },
        { "{\"trackResponse\":{\"shipment\":[", "{\"package\":[", "" },
        { "{\"trackResponse\":{\"shipment\":[", "{},", "{}]}}" },
        { "{\"trackResponse\":{\"shipment\":[{\"package\":[{\"activity\":[",
          "{\"status\":{\"type\":\"I\",\"code\":\"DP\"},"
          "\"date\":\"20260301\"},", "{}]}]}]}}" },
        { "{\"trackResponse\":{\"shipment\":[{\"package\":[",
          "{\"activity\":[{\"status\":{\"type\":\"I\",\"code\":\"Q1\"}}]},",
          "{}]}]}}" },
        { "{\"output\":{\"completeTrackResults\":[",
          "{\"trackingNumber\":\"1\",\"trackResults\":[{\"scanEvents\":["
          "{\"eventType\":\"DP\",\"date\":\"2026-03-01T00:00:00Z\"}]}]},",
          "{}]}}" },
        { "{\"output\":{\"completeTrackResults\":[{\"trackResults\":[",
          "{\"scanEvents\":[{\"eventType\":\"DP\"}]},", "{}]}]}}" },
        { "{\"object\":\"Tracker\",\"status\":\"in_transit\","
          "\"tracking_code\":\"1\",\"tracking_details\":[{\"message\":\"",
          "\xE2\x80\xAE long ", "\",\"status\":\"in_transit\"}]}" },
        { "{\"tracking_code\":\"1\",\"tracking_details\":[",
          "{\"status\":\"in_transit\",\"datetime\":\"2026-03-01T00:00:00Z\"},",
          "{}]}" },
        { "", "\xEF\xBB\xBF", "{}" },
        { "{\"a\":\"", "\\ud800", "\"}" },
        { "", "\xFF", "" },
        { "", "<", "" },
        { "", "999999999999999999999", "" },
        { "{\"trackResponse\":", "9", "}" }
    };

    (void) state;

    size = 1 << 20;
    text = malloc(size + 1024);
    assert_non_null(text);

    for (kind = 0; kind < countof(shapes); kind++) {
        n = (unsigned) strlen(shapes[kind].head);
        memcpy(text, shapes[kind].head, n);
        p = text + n;
        n = (unsigned) strlen(shapes[kind].again);

        while ((size_t) (p - text) + n < size) {
            memcpy(p, shapes[kind].again, n);
            p += n;
        }

        n = (unsigned) strlen(shapes[kind].tail);
        memcpy(p, shapes[kind].tail, n);
        p += n;

        for (i = 0; i < countof(carriers); i++) {
            feed(&carriers[i], text, (size_t) (p - text));
        }
    }

    memset(text, 0, size);

    for (i = 0; i < countof(carriers); i++) {
        feed(&carriers[i], text, size);
    }

    free(text);
}


/* A test that only ever saw refusals would prove little. */

static void
test_all_kinds_seen(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < countof(carriers); i++) {
        assert_true(carriers[i].outcomes[FETCH_OK] > 500);
        assert_true(carriers[i].outcomes[FETCH_RETRY] > 500);
        assert_true(carriers[i].outcomes[FETCH_NOT_FOUND] > 0);
    }
}


static int
load(void **state)
{
    char           path[128];
    unsigned       i;
    wismo_error_t  errors[4];

    (void) state;

    for (i = 0; i < countof(carriers); i++) {
        snprintf(path, sizeof(path), "ngx_wismo_module/carriers/%s.json",
                 carriers[i].name);

        wismo_pool_init(&carriers[i].pool, 256 * 1024 * 1024, NULL, NULL);

        if (fetch_adapter_load(path, &carriers[i].adapter, errors, 4)) {
            return -1;
        }
    }

    return 0;
}


static int
unload(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < countof(carriers); i++) {
        fetch_adapter_free(carriers[i].adapter);
        wismo_pool_done(&carriers[i].pool);
    }

    return 0;
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_cut, load),
        cmocka_unit_test(test_flip),
        cmocka_unit_test(test_mutate),
        cmocka_unit_test(test_swollen),
        cmocka_unit_test_teardown(test_all_kinds_seen, unload),
    };

    return test_run("hostile", tests, countof(tests));
}
