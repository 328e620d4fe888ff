
/*
 * Copyright (C) The Wismo authors
 *
 * Replies of carriers, their pushes, tokens and registrations, through each
 * adapter there is.  The first line is "<adapter> <what><status> [<number>]":
 * what is r, reply about the number; a, about whatever it names; p, a push; t,
 * a token; g, a registration; status is the first digit of HTTP's.  The rest
 * is the body.  What the engine takes for a report must be fit for an order,
 * and the order must survive being written and read.
 */


#include "fuzz.h"

#include "fetch_adapter.h"
#include "wismo_document.h"
#include "wismo_merge.h"

#include <glob.h>


#define FUZZ_ADAPTERS        64


static int fuzz_status(unsigned char c);
static void fuzz_report(wismo_pool_t *pool, const wismo_str_t *name,
    const wismo_report_t *report);


static fetch_adapter_t  *adapters[FUZZ_ADAPTERS];
static unsigned          nadapters;


int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    glob_t         g;
    size_t         i;
    wismo_error_t  err;

    (void) argc;
    (void) argv;

    fuzz_check(glob("ngx_wismo_module/carriers/*.json", 0, NULL, &g) == 0);

    for (i = 0; i < g.gl_pathc && nadapters < FUZZ_ADAPTERS; i++) {
        if (fetch_adapter_load(g.gl_pathv[i], &adapters[nadapters], &err, 1)
            == 0)
        {
            nadapters++;

        } else {
            fprintf(stderr, "%s: %s: %s\n", g.gl_pathv[i], err.at, err.text);
        }
    }

    globfree(&g);
    fuzz_check(nadapters != 0);

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               rc;
    int64_t           expires;
    unsigned          i;
    wismo_str_t       rest, line, name, what, number, token, handle;
    wismo_pool_t      pool;
    fetch_reply_t     reply;
    wismo_error_t     err;
    fetch_answer_t    answer;
    fetch_adapter_t  *a;

    rest.data = (unsigned char *) data;
    rest.len = size;
    line = fuzz_line(&rest);
    name = fuzz_word(&line);
    what = fuzz_word(&line);
    number = fuzz_word(&line);

    if (what.len < 2 || rest.len > FETCH_REPLY_MAX) {
        return 0;
    }

    /* a name that is none is some adapter's, too */

    a = adapters[wismo_hash64(name.data, name.len, 0) % nadapters];

    for (i = 0; i < nadapters; i++) {
        if (wismo_str_eq(fetch_adapter_name(adapters[i]), &name)) {
            a = adapters[i];
        }
    }

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);
    memset(&answer, 0, sizeof(fetch_answer_t));
    memset(&reply, 0, sizeof(fetch_reply_t));

    answer.http = fuzz_status(what.data[1]);
    answer.body = fuzz_copy(&rest);
    answer.now = FUZZ_NOW;
    answer.explain = what.len > 2;

    if (number.len && wismo_clean_number(&pool, &number) == WISMO_OK) {
        answer.numbers = &number;
        answer.nnumbers = 1;
    }

    rc = WISMO_OK;

    switch (what.data[0]) {

    case 't':
        if (fetch_adapter_has_token(a)
            && fetch_adapter_token_reply(a, &pool, &answer, &token, &expires,
                                         &err) == FETCH_OK)
        {
            fuzz_check(token.len != 0);
        }

        break;

    case 'g':
        if (fetch_adapter_has_register(a) && answer.nnumbers) {
            rc = fetch_adapter_register_reply(a, &pool, &answer, &reply,
                                              &handle);
        }

        break;

    case 'p':
        if (fetch_adapter_has_push(a)) {
            rc = fetch_adapter_push(a, &pool, &answer, &reply);
        }

        break;

    case 'a':
        answer.nnumbers = 0;
        rc = fetch_adapter_reply(a, &pool, &answer, &reply);
        break;

    default:
        rc = fetch_adapter_reply(a, &pool, &answer, &reply);
        break;
    }

    fuzz_check(rc == WISMO_OK);
    fuzz_check(reply.outcome <= FETCH_REFUSE);
    fuzz_text(&reply.code);
    fuzz_text(&reply.text);

    for (i = 0; i < reply.nparts; i++) {
        fuzz_text(&reply.parts[i].code);
        fuzz_text(&reply.parts[i].text);
        fuzz_check(reply.parts[i].outcome <= FETCH_REFUSE);

        if (what.data[0] != 'g') {
            fuzz_check((reply.parts[i].outcome == FETCH_OK)
                       == (reply.parts[i].report != NULL));
        }

        if (reply.parts[i].report) {
            fuzz_report(&pool, fetch_adapter_name(a), reply.parts[i].report);
        }
    }

    json_decref(reply.explain);
    free(answer.body.data);
    wismo_pool_done(&pool);

    return 0;
}


static int
fuzz_status(unsigned char c)
{
    switch (c) {

    case '1':
        return 401;

    case '3':
        return 302;

    case '4':
        return 404;

    case '5':
        return 503;

    case '9':
        return 429;

    default:
        return 200;
    }
}


static void
fuzz_report(wismo_pool_t *pool, const wismo_str_t *name,
    const wismo_report_t *report)
{
    int               rc;
    bool              changed;
    unsigned          i;
    wismo_str_t       bytes, again;
    wismo_error_t     err;
    wismo_order_t     order, read;
    wismo_report_t    said;
    wismo_parcel_t    parcel;
    wismo_document_t  doc;

    for (i = 0; i < report->nevents; i++) {
        fuzz_check(report->events[i].status != NULL);
        fuzz_text(&report->events[i].code);
        fuzz_text(&report->events[i].text);
        fuzz_text(&report->events[i].place);
        fuzz_check((report->events[i].when.utc != WISMO_TIME_NONE)
                   == (report->events[i].when.basis == WISMO_BASIS_UTC
                       || report->events[i].when.basis == WISMO_BASIS_OFFSET
                       || report->events[i].when.basis == WISMO_BASIS_ZONE));
    }

    for (i = 0; i < report->nunmapped; i++) {
        fuzz_text(&report->unmapped[i]);
    }

    fuzz_text(&report->signed_by);

    memset(&parcel, 0, sizeof(wismo_parcel_t));
    wismo_str_set(&parcel.id, "p1");
    wismo_str_set(&parcel.tracking_number, "1Z0WM0000300000017");
    wismo_str_set(&parcel.source, "poll");
    parcel.carrier = *name;
    parcel.shipped_at = WISMO_TIME_NONE;
    parcel.weight_g = -1;
    parcel.checked_at = FUZZ_NOW;
    parcel.next_check_at = FUZZ_NOW + 3600;
    parcel.headline_said.at = WISMO_TIME_NONE;
    parcel.edd_said.at = WISMO_TIME_NONE;
    parcel.edd.from = WISMO_TIME_NONE;
    parcel.edd.to = WISMO_TIME_NONE;
    parcel.edd.date = WISMO_TIME_NONE;
    wismo_time_local(&parcel.pickup_by, WISMO_TIME_NONE, WISMO_OFFSET_NONE,
                     WISMO_BASIS_UNKNOWN);

    said = *report;
    said.as_of = FUZZ_NOW;

    fuzz_check(wismo_merge_report(pool, &parcel, &said, &changed)
               == WISMO_OK);

    /* said again, it is nothing new */

    fuzz_check(wismo_merge_report(pool, &parcel, &said, &changed)
               == WISMO_OK);
    fuzz_check(!changed);

    memset(&order, 0, sizeof(wismo_order_t));
    wismo_str_set(&order.number, "F1");
    order.placed_at = WISMO_TIME_NONE;
    order.promised_from = WISMO_TIME_NONE;
    order.promised_until = WISMO_TIME_NONE;
    order.parcels = &parcel;
    order.nparcels = 1;
    order.version = 1;
    order.updated_at = FUZZ_NOW;

    wismo_merge_rollup(&order);

    fuzz_check(wismo_document_write(pool, &order, &bytes) == WISMO_OK);
    fuzz_check(wismo_document_open(&bytes, &doc, &err) == WISMO_OK);

    rc = wismo_document_read(pool, &doc, &read, &err);

    if (rc != WISMO_OK) {
        fprintf(stderr, "%s: %s\n", err.at, err.text);
    }

    fuzz_check(rc == WISMO_OK);
    fuzz_check(wismo_document_write(pool, &read, &again) == WISMO_OK);
    fuzz_check(wismo_str_eq(&bytes, &again));
}
