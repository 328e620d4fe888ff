
/*
 * Copyright (C) The Wismo authors
 *
 * One parcel and how to tell it news, for the tests of the merge.
 */


#ifndef _TEST_MERGE_H_INCLUDED_
#define _TEST_MERGE_H_INCLUDED_


#include "test.h"

#include "wismo_document.h"
#include "wismo_merge.h"


#define DAY       86400
#define T0        INT64_C(1764000000)     /* 2025-11-24T16:00:00Z */


typedef struct {
    wismo_pool_t      pool;
    wismo_parcel_t    parcel;
    bool              changed;
} fixture_t;


static inline void
start(fixture_t *f)
{
    memset(f, 0, sizeof(fixture_t));

    wismo_pool_init(&f->pool, 256 << 20, NULL, NULL);

    f->parcel.id = str("p1");
    f->parcel.carrier = str("ups");
    f->parcel.tracking_number = str("1Z999");
    f->parcel.weight_g = -1;
}


static inline const wismo_substatus_t *
row(const char *name)
{
    wismo_str_t               status, sub;
    const char               *dot;
    const wismo_substatus_t  *r;

    dot = strchr(name, '.');
    status = str(name);
    sub = str("");

    if (dot) {
        status.len = (size_t) (dot - name);
        sub = str(dot + 1);
    }

    r = wismo_substatus(&status, &sub);

    assert_non_null(r);

    if (dot) {
        assert_string_equal(r->sub, dot + 1);
    }

    return r;
}


static inline wismo_event_t
event(int64_t utc, const char *status, const char *code)
{
    wismo_event_t  e;

    memset(&e, 0, sizeof(wismo_event_t));

    wismo_time_local(&e.when, utc, 0, WISMO_BASIS_UTC);

    e.status = row(status);
    e.code = str(code);
    e.text = str(status);

    return e;
}


static inline wismo_report_t
report(wismo_event_t *events, unsigned n)
{
    wismo_report_t  r;

    memset(&r, 0, sizeof(wismo_report_t));

    r.tracking_number = str("1Z999");
    r.events = events;
    r.nevents = n;
    r.weight_g = -1;

    return r;
}


static inline void
tell(fixture_t *f, const wismo_report_t *r)
{
    assert_int_equal(wismo_merge_report(&f->pool, &f->parcel, r, &f->changed),
                     WISMO_OK);
}


static inline void
happens(fixture_t *f, int64_t utc, const char *status)
{
    wismo_event_t   *e;
    wismo_report_t   r;

    e = wismo_palloc(&f->pool, sizeof(wismo_event_t));
    assert_non_null(e);

    *e = event(utc, status, status);
    r = report(e, 1);

    tell(f, &r);
}


#define assert_status(f, name)                                                \
    assert_ptr_equal((f)->parcel.status, row(name))


#endif /* _TEST_MERGE_H_INCLUDED_ */
