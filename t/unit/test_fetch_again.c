
/*
 * Copyright (C) The Wismo authors
 *
 * Tables that are asked again: about every sample reply of every carrier the
 * same tables say the same; better ones say better, about that and nothing
 * else.
 */


#include "test.h"
#include "fetch_adapter.h"
#include "wismo_document.h"
#include "wismo_merge.h"

#include <glob.h>
#include <stdio.h>
#include <unistd.h>


#define NOW  INT64_C(1764010000)


typedef struct {
    wismo_pool_t      pool;
    fetch_adapter_t  *adapter;
    wismo_parcel_t    parcel;
} again_t;


static char *
slurp(const char *path, size_t *len)
{
    char  *text;
    FILE  *f;
    long   n;

    f = fopen(path, "rb");

    if (f == NULL) {
        return NULL;
    }

    fseek(f, 0, SEEK_END);
    n = ftell(f);
    rewind(f);

    text = malloc((size_t) n + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t) n, f), n);
    text[n] = '\0';
    fclose(f);

    *len = (size_t) n;

    return text;
}


static fetch_adapter_t *
adapter(const char *path)
{
    wismo_error_t     err;
    fetch_adapter_t  *a;

    if (fetch_adapter_load(path, &a, &err, 1) != 0) {
        fail_msg("%s: %s: %s", path, err.at, err.text);
    }

    return a;
}


/* An adapter's file with a text in it replaced. */

static fetch_adapter_t *
mended(const char *carrier, const char *from, const char *to)
{
    int               fd;
    char              path[128], temp[] = "/tmp/wismo-again-XXXXXX", *text;
    char             *at;
    size_t            len;
    fetch_adapter_t  *a;

    snprintf(path, sizeof(path), "ngx_wismo_module/carriers/%s.json",
             carrier);
    text = slurp(path, &len);
    assert_non_null(text);

    at = strstr(text, from);
    assert_non_null(at);

    fd = mkstemp(temp);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, (size_t) (at - text)), at - text);
    assert_int_equal(write(fd, to, strlen(to)), strlen(to));
    at += strlen(from);
    assert_int_equal(write(fd, at, strlen(at)), strlen(at));
    close(fd);
    free(text);

    a = adapter(temp);
    unlink(temp);

    return a;
}


static void
again_init(again_t *s)
{
    memset(s, 0, sizeof(again_t));
    wismo_pool_init(&s->pool, 64 * 1024 * 1024, NULL, NULL);

    s->parcel.id = str("p1");
    s->parcel.carrier = str("any");
    s->parcel.tracking_number = str("1");
    s->parcel.added_at = NOW;
    s->parcel.weight_g = -1;
    s->parcel.status = wismo_substatus_of(WISMO_UNKNOWN);
    s->parcel.reported = s->parcel.status;
}


/* Through the document, as it is kept. */

static void
again_store(again_t *s)
{
    wismo_str_t       bytes;
    wismo_order_t     order;
    wismo_error_t     err;
    wismo_document_t  doc;

    memset(&order, 0, sizeof(wismo_order_t));

    order.number = str("1001");
    order.version = 1;
    order.updated_at = NOW;
    order.added_at = NOW;
    order.placed_at = WISMO_TIME_NONE;
    order.promised_from = WISMO_TIME_NONE;
    order.promised_until = WISMO_TIME_NONE;
    order.parcels = &s->parcel;
    order.nparcels = 1;

    wismo_merge_rollup(&order);

    assert_int_equal(wismo_document_write(&s->pool, &order, &bytes),
                     WISMO_OK);
    assert_int_equal(wismo_document_open(&bytes, &doc, &err), WISMO_OK);
    assert_int_equal(wismo_document_read(&s->pool, &doc, &order, &err),
                     WISMO_OK);

    s->parcel = order.parcels[0];
}


static void
again_report(again_t *s, const wismo_report_t *report)
{
    bool  changed;

    assert_int_equal(wismo_merge_report(&s->pool, &s->parcel, report,
                                        &changed), WISMO_OK);
    again_store(s);
}


static void
again_reply(again_t *s, const fetch_adapter_t *a, const char *text,
    const char *number)
{
    wismo_str_t     n;
    fetch_reply_t   reply;
    fetch_answer_t  answer;

    memset(&answer, 0, sizeof(fetch_answer_t));
    n = str(number);
    answer.http = 200;
    answer.body = str(text);
    answer.now = NOW;
    answer.numbers = &n;
    answer.nnumbers = 1;

    assert_int_equal(fetch_adapter_reply(a, &s->pool, &answer, &reply),
                     WISMO_OK);
    assert_int_equal(reply.outcome, FETCH_OK);
    again_report(s, reply.parts[0].report);
}


static void
told(void *data, const wismo_parcel_t *parcel, const wismo_str_t *code,
    const wismo_substatus_t *was, const wismo_substatus_t *is)
{
    (void) parcel;

    fail_msg("%s: \"%.*s\" was %s.%s and is %s.%s", (char *) data,
             (int) code->len, (char *) code->data, was->name, was->sub,
             is->name, is->sub);
}


static void
count(void *data, const wismo_parcel_t *parcel, const wismo_str_t *code,
    const wismo_substatus_t *was, const wismo_substatus_t *is)
{
    (void) parcel;
    (void) code;
    (void) was;
    (void) is;

    (*(unsigned *) data)++;
}


/* One sample: whatever it is, as a reply and as a push. */

static unsigned
sample(const char *path)
{
    bool              changed, named;
    char              carrier[64], file[128], args[256], *body, *text, *line;
    char             *next;
    size_t            len, ignored;
    again_t           s;
    unsigned          i, n, events;
    const char       *p;
    wismo_str_t       numbers[64];
    fetch_reply_t     reply;
    fetch_answer_t    answer;
    fetch_adapter_t  *a;

    p = path + strlen("t/data/");
    snprintf(carrier, sizeof(carrier), "%.*s", (int) strcspn(p, "/"), p);
    snprintf(file, sizeof(file), "ngx_wismo_module/carriers/%s.json",
             carrier);

    if (access(file, R_OK) != 0) {
        return 0;
    }

    snprintf(args, sizeof(args), "%.*s.args", (int) strlen(path) - 3, path);

    a = adapter(file);
    body = slurp(path, &len);
    text = slurp(args, &ignored);
    assert_non_null(body);
    assert_non_null(text);

    memset(&answer, 0, sizeof(fetch_answer_t));
    answer.http = 200;
    answer.body.data = (unsigned char *) body;
    answer.body.len = len;
    answer.now = NOW;
    answer.numbers = numbers;
    named = false;

    for (line = text; line && *line; line = next) {
        next = strchr(line, '\n');

        if (next) {
            *next++ = '\0';
        }

        if (named && answer.nnumbers < 64) {
            numbers[answer.nnumbers++] = str(line);
        }

        named = strcmp(line, "--number") == 0;
    }

    events = 0;

    for (i = 0; i < 2; i++) {
        again_init(&s);

        if (i == 0) {
            assert_int_equal(fetch_adapter_reply(a, &s.pool, &answer,
                                                 &reply), WISMO_OK);

        } else if (!fetch_adapter_has_push(a)) {
            wismo_pool_done(&s.pool);
            break;

        } else {
            assert_int_equal(fetch_adapter_push(a, &s.pool, &answer, &reply),
                             WISMO_OK);
        }

        for (n = 0; n < reply.nparts; n++) {

            if (reply.parts[n].report == NULL) {
                continue;
            }

            memset(&s.parcel, 0, sizeof(wismo_parcel_t));
            s.parcel.id = str("p1");
            s.parcel.carrier = str("any");
            s.parcel.tracking_number = str("1");
            s.parcel.weight_g = -1;

            again_report(&s, reply.parts[n].report);
            events += s.parcel.nevents;

            assert_int_equal(fetch_adapter_again(a, &s.pool, &s.parcel, told,
                                                 (void *) path, &changed),
                             WISMO_OK);
            assert_false(changed);
        }

        wismo_pool_done(&s.pool);
    }

    free(body);
    free(text);
    fetch_adapter_free(a);

    return events;
}


static void
test_same_tables(void **state)
{
    size_t    i;
    glob_t    g;
    unsigned  events;

    (void) state;

    assert_int_equal(glob("t/data/*/*.in", 0, NULL, &g), 0);

    events = 0;

    for (i = 0; i < g.gl_pathc; i++) {
        events += sample(g.gl_pathv[i]);
    }

    globfree(&g);

    assert_true(events > 1000);
}


static const char  ups[] = "{\"trackResponse\":{\"shipment\":[{"
    "\"inquiryNumber\":\"1Z999AA10123456784\",\"package\":[{"
    "\"trackingNumber\":\"1Z999AA10123456784\",\"activity\":[%s]}]}]}}";

#define UPS(type, code, text, day)                                            \
    "{\"status\":{\"type\":\"" type "\",\"code\":\"" code "\","               \
    "\"description\":\"" text "\"},\"date\":\"202511" day "\","               \
    "\"time\":\"100000\",\"gmtDate\":\"202511" day "\","                      \
    "\"gmtTime\":\"15:00:00\",\"gmtOffset\":\"-05:00\"}"


static void
test_unmapped_then_known(void **state)
{
    bool              changed;
    char              body[2048];
    again_t           s;
    unsigned          n;
    fetch_adapter_t  *old, *new;

    (void) state;

    again_init(&s);

    old = adapter("ngx_wismo_module/carriers/ups.json");
    new = mended("ups", "\"I/DP\":", "\"Q/77\": \"delivered.neighbour\", "
                                     "\"I/DP\":");

    snprintf(body, sizeof(body), ups,
             UPS("Q", "77", "Handed to the one next door", "22") ","
             UPS("I", "DP", "Departed from Facility", "21"));

    again_reply(&s, old, body, "1Z999AA10123456784");

    assert_int_equal(s.parcel.status->status, WISMO_IN_TRANSIT);
    assert_string_equal(s.parcel.events[0].status->name, "note");

    n = 0;
    assert_int_equal(fetch_adapter_again(old, &s.pool, &s.parcel, count, &n,
                                         &changed), WISMO_OK);
    assert_false(changed);

    assert_int_equal(fetch_adapter_again(new, &s.pool, &s.parcel, count, &n,
                                         &changed), WISMO_OK);
    assert_true(changed);
    assert_int_equal(n, 1);
    assert_true(s.parcel.delivered);
    assert_string_equal(s.parcel.status->sub, "neighbour");
    assert_int_equal(s.parcel.delivered_to, WISMO_TO_NEIGHBOUR);

    /* that is what the new tables would have made of the reply */

    again_store(&s);
    again_reply(&s, new, body, "1Z999AA10123456784");
    assert_int_equal(s.parcel.nevents, 2);
    assert_true(s.parcel.delivered);

    /* and back: a table that no longer knows it leaves it */

    assert_int_equal(fetch_adapter_again(old, &s.pool, &s.parcel, count, &n,
                                         &changed), WISMO_OK);
    assert_false(changed);

    fetch_adapter_free(old);
    fetch_adapter_free(new);
    wismo_pool_done(&s.pool);
}


static void
test_less_far(void **state)
{
    bool              changed;
    char              body[2048];
    again_t           s;
    unsigned          n;
    fetch_adapter_t  *old, *new;

    (void) state;

    again_init(&s);

    old = mended("ups", "\"I/DP\": \"", "\"I/DP\": \"returning.to_sender\", "
                                        "\"I/D9\": \"");
    new = adapter("ngx_wismo_module/carriers/ups.json");

    snprintf(body, sizeof(body), ups,
             UPS("I", "AR", "Arrived at Facility", "22") ","
             UPS("I", "DP", "Departed from Facility", "21"));

    again_reply(&s, old, body, "1Z999AA10123456784");

    assert_int_equal(s.parcel.status->status, WISMO_RETURNING);
    assert_true(s.parcel.events[0].return_leg);

    /* what followed it is no return any more, either */

    n = 0;
    assert_int_equal(fetch_adapter_again(new, &s.pool, &s.parcel, count, &n,
                                         &changed), WISMO_OK);
    assert_true(changed);
    assert_int_equal(n, 2);
    assert_int_equal(s.parcel.status->status, WISMO_IN_TRANSIT);
    assert_false(s.parcel.events[0].return_leg);
    assert_string_equal(s.parcel.events[0].status->sub, "arrived_facility");

    fetch_adapter_free(old);
    fetch_adapter_free(new);
    wismo_pool_done(&s.pool);
}


/* A merchant's word for an event is not the tables' to change. */

static void
test_words_of_others(void **state)
{
    bool              changed;
    again_t           s;
    unsigned          n;
    wismo_event_t     event;
    wismo_report_t    report;
    fetch_adapter_t  *a;

    (void) state;

    again_init(&s);
    a = adapter("ngx_wismo_module/carriers/ups.json");

    memset(&event, 0, sizeof(wismo_event_t));
    memset(&report, 0, sizeof(wismo_report_t));

    wismo_time_local(&event.when, NOW - 3600, 0, WISMO_BASIS_UTC);
    event.code = str("I/DP");
    event.status = wismo_substatus_of(WISMO_ON_HOLD);
    report.events = &event;
    report.nevents = 1;
    report.weight_g = -1;

    again_report(&s, &report);

    n = 0;
    assert_int_equal(fetch_adapter_again(a, &s.pool, &s.parcel, count, &n,
                                         &changed), WISMO_OK);
    assert_false(changed);
    assert_int_equal(s.parcel.status->status, WISMO_ON_HOLD);

    fetch_adapter_free(a);
    wismo_pool_done(&s.pool);
}


/* Who signed is in no document: not in what is to be asked again, either. */

static void
test_nameless(void **state)
{
    char              body[2048];
    size_t            k;
    again_t           s;
    unsigned          i;
    wismo_str_t       raw;
    fetch_adapter_t  *a;

    (void) state;

    again_init(&s);
    a = adapter("ngx_wismo_module/carriers/ups.json");

    snprintf(body, sizeof(body), ups,
             UPS("D", "FS", "Delivered, signed for by: MORRIS", "22") ","
             UPS("I", "DP", "Departed from Facility", "21"));

    again_reply(&s, a, body, "1Z999AA10123456784");

    assert_int_equal(s.parcel.nevents, 2);

    for (i = 0; i < 2; i++) {
        raw = s.parcel.events[i].raw;
        assert_true(raw.len > 0);

        for (k = 0; k + 6 <= raw.len; k++) {
            assert_memory_not_equal(raw.data + k, "MORRIS", 6);
        }
    }

    fetch_adapter_free(a);
    wismo_pool_done(&s.pool);
}


/* What is in a document may be anything. */

static void
test_hostile(void **state)
{
    bool              changed;
    again_t           s;
    unsigned          i, n;
    wismo_event_t     event;
    fetch_adapter_t  *a;

    static const char *const  raws[] = {
        "", "!", "=", "~", "^", "|", "|||", "type", "type=", "type=I|code=",
        "type=I|code=DP\\", "\\", "=I|=DP", "type=I>|code=DP", ">", ">9", "<",
        "type=I|code=DP>999999999999999999999999", "type~|code^|text~<<<",
        "!type=I|code=DP", "type=I|type=J|code=DP|x=y>0<>1"
    };

    (void) state;

    a = adapter("ngx_wismo_module/carriers/ups.json");

    for (i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
        again_init(&s);
        memset(&event, 0, sizeof(wismo_event_t));

        wismo_time_local(&event.when, NOW - 3600, 0, WISMO_BASIS_UTC);
        event.status = wismo_substatus_note();
        event.raw = heap_str(raws[i]);

        s.parcel.events = &event;
        s.parcel.nevents = 1;
        s.parcel.headline = wismo_substatus_of(WISMO_IN_TRANSIT);
        s.parcel.headline_raw = event.raw;

        n = 0;
        assert_int_equal(fetch_adapter_again(a, &s.pool, &s.parcel, count,
                                             &n, &changed), WISMO_OK);
        free(event.raw.data);
        wismo_pool_done(&s.pool);
    }

    fetch_adapter_free(a);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_same_tables),
        cmocka_unit_test(test_unmapped_then_known),
        cmocka_unit_test(test_less_far),
        cmocka_unit_test(test_words_of_others),
        cmocka_unit_test(test_nameless),
        cmocka_unit_test(test_hostile)
    };

    return test_run("again", tests, countof(tests));
}
