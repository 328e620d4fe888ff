
/*
 * Copyright (C) The Wismo authors
 *
 * The status vocabulary: every word is there, each stands where look-ups
 * expect it, and what follows from it makes sense.
 */


#include "test.h"

#include "wismo_status.h"


#define ROWS    82


/* Every status in the order of a parcel's life, with its general word. */

static const struct {
    wismo_status_e   status;
    const char      *name;
    const char      *general;
    unsigned         rows;
    int              milestone;
} statuses[] = {
    { WISMO_UNKNOWN, "unknown", "no_info", 3, 0 },
    { WISMO_ORDERED, "ordered", "confirmed", 4, 0 },
    { WISMO_LABEL_CREATED, "label_created", "announced", 6, 0 },
    { WISMO_PICKED_UP, "picked_up", "collected", 3, 1 },
    { WISMO_IN_TRANSIT, "in_transit", "moving", 13, 2 },
    { WISMO_OUT_FOR_DELIVERY, "out_for_delivery", "on_vehicle", 3, 3 },
    { WISMO_READY_FOR_PICKUP, "ready_for_pickup", "waiting", 3, 3 },
    { WISMO_ATTEMPT_FAILED, "attempt_failed", "generic", 9, -1 },
    { WISMO_DELAYED, "delayed", "generic", 7, -1 },
    { WISMO_ON_HOLD, "on_hold", "generic", 8, -1 },
    { WISMO_FAILED, "failed", "undeliverable", 7, -1 },
    { WISMO_RETURNING, "returning", "to_sender", 1, -1 },
    { WISMO_RETURNED, "returned", "received", 2, -1 },
    { WISMO_DELIVERED, "delivered", "generic", 10, 4 },
    { WISMO_CANCELLED, "cancelled", "by_merchant", 2, -1 },
    { WISMO_EXPIRED, "expired", "no_updates", 1, -1 },
};


static const wismo_substatus_t *
find(const char *status, const char *sub)
{
    wismo_str_t  a, b;

    a = str(status);
    b = str(sub);

    return wismo_substatus(&a, &b);
}


static void
test_table(void **state)
{
    size_t                    i, n;
    unsigned                  k;
    const wismo_substatus_t  *row, *other;

    (void) state;

    row = wismo_substatus_table();
    n = 0;

    for (i = 0; i < countof(statuses); i++) {

        assert_string_equal(row->sub, statuses[i].general);
        assert_ptr_equal(wismo_substatus_of(statuses[i].status), row);
        assert_ptr_equal(find(statuses[i].name, ""), row);

        for (k = 0; k < statuses[i].rows; k++, row++, n++) {
            assert_int_equal(row->status, statuses[i].status);
            assert_string_equal(row->name, statuses[i].name);
            assert_ptr_equal(find(row->name, row->sub), row);

            for (other = wismo_substatus_table(); other < row; other++) {
                assert_false(other->status == row->status
                             && strcmp(other->sub, row->sub) == 0);
            }
        }
    }

    assert_null(row->name);
    assert_int_equal(n, ROWS);
}


static void
test_lookups(void **state)
{
    (void) state;

    assert_string_equal(find("in_transit", "departed_facility")->sub,
                        "departed_facility");

    /* an unknown sub-status is the status in general, as is one of another */

    assert_string_equal(find("in_transit", "teleported")->sub, "moving");
    assert_string_equal(find("in_transit", "signed")->sub, "moving");
    assert_string_equal(find("expired", "x")->sub, "no_updates");
    assert_string_equal(find("delivered", "sign")->sub, "generic");

    assert_null(find("", ""));
    assert_null(find("", "moving"));
    assert_null(find("deliver", "generic"));
    assert_null(find("delivered2", "generic"));
    assert_null(find("DELIVERED", "generic"));

    assert_ptr_equal(find("note", ""), wismo_substatus_note());
    assert_ptr_equal(find("note", "x"), wismo_substatus_note());
    assert_ptr_equal(wismo_substatus_of(WISMO_STATUS_NONE),
                     wismo_substatus_note());
    assert_int_equal(wismo_substatus_note()->status, WISMO_STATUS_NONE);
    assert_int_equal(wismo_substatus_note()->milestone, -1);
    assert_false(wismo_substatus_note()->final);

    assert_null(wismo_substatus_of((wismo_status_e) 17));
    assert_null(wismo_substatus_of((wismo_status_e) 99));
}


static void
test_meaning(void **state)
{
    size_t                    i, finals, calcs;
    const wismo_substatus_t  *row;

    static const char  *finals_of[] = {
        "failed.lost", "failed.destroyed", "returned.received",
        "returned.refunded", "delivered.generic", "delivered.collected",
        "delivered.signed", "delivered.cod_paid", "delivered.neighbour",
        "delivered.reception", "delivered.safe_place", "delivered.damaged",
        "delivered.exchanged", "cancelled.by_merchant",
        "cancelled.by_recipient"
    };

    static const char  *calcs_of[] = {
        "label_created.no_first_scan", "delayed.past_promise",
        "delayed.stalled"
    };

    char  name[64];

    (void) state;

    finals = 0;
    calcs = 0;

    for (row = wismo_substatus_table(); row->name; row++) {
        (void) snprintf(name, sizeof(name), "%s.%s", row->name, row->sub);

        if (row->final) {
            assert_true(finals < countof(finals_of));
            assert_string_equal(name, finals_of[finals]);
            finals++;
        }

        if (row->calc) {
            assert_true(calcs < countof(calcs_of));
            assert_string_equal(name, calcs_of[calcs]);
            calcs++;
        }

        for (i = 0; statuses[i].status != row->status; i++) { /* void */ }

        /* a part that arrived is not the whole */

        if (strcmp(name, "delivered.partial") == 0) {
            assert_int_equal(row->milestone, 3);

        } else {
            assert_int_equal(row->milestone, statuses[i].milestone);
        }

        /* whoever must act on trouble is told so by its colour */

        if (row->status == WISMO_FAILED || row->status == WISMO_RETURNING) {
            assert_int_equal(row->severity, WISMO_RED);
            assert_int_equal(row->act, WISMO_ACT_MERCHANT);
        }

        if (row->status == WISMO_DELAYED
            || row->status == WISMO_ATTEMPT_FAILED)
        {
            assert_int_equal(row->severity, WISMO_AMBER);
        }

        if (row->status == WISMO_PICKED_UP
            || row->status == WISMO_IN_TRANSIT)
        {
            assert_int_equal(row->severity, WISMO_GREEN);
            assert_int_equal(row->act, WISMO_ACT_NOBODY);
        }
    }

    assert_int_equal(finals, countof(finals_of));
    assert_int_equal(calcs, countof(calcs_of));

    assert_int_equal(find("on_hold", "address")->act, WISMO_ACT_RECIPIENT);
    assert_int_equal(find("on_hold", "address")->severity, WISMO_RED);
    assert_int_equal(find("on_hold", "generic")->act, WISMO_ACT_CARRIER);
    assert_int_equal(find("on_hold", "generic")->severity, WISMO_AMBER);
    assert_int_equal(find("delivered", "damaged")->severity, WISMO_RED);
    assert_int_equal(find("delivered", "generic")->severity, WISMO_GREEN);
    assert_int_equal(find("ready_for_pickup", "waiting")->act,
                     WISMO_ACT_RECIPIENT);
}


static void
test_names(void **state)
{
    int          i;
    wismo_str_t  s;

    static const char  *to[] = {
        NULL, "recipient", "household", "neighbour", "safe_place", "mailbox",
        "locker", "reception", "returned_to_sender"
    };

    (void) state;

    assert_string_equal(wismo_act_name(WISMO_ACT_NOBODY), "nobody");
    assert_string_equal(wismo_act_name(WISMO_ACT_RECIPIENT), "recipient");
    assert_string_equal(wismo_act_name(WISMO_ACT_MERCHANT), "merchant");
    assert_string_equal(wismo_act_name(WISMO_ACT_CARRIER), "carrier");
    assert_string_equal(wismo_act_name((wismo_act_e) 9), "nobody");

    assert_string_equal(wismo_severity_name(WISMO_GREEN), "green");
    assert_string_equal(wismo_severity_name(WISMO_AMBER), "amber");
    assert_string_equal(wismo_severity_name(WISMO_RED), "red");
    assert_string_equal(wismo_severity_name((wismo_severity_e) 9), "red");

    assert_null(wismo_to_name(WISMO_TO_NONE));
    assert_null(wismo_to_name((wismo_to_e) 9));

    for (i = WISMO_TO_RECIPIENT; i <= WISMO_TO_RETURNED_TO_SENDER; i++) {
        assert_string_equal(wismo_to_name((wismo_to_e) i), to[i]);
        s = str(to[i]);
        assert_int_equal(wismo_to_of(&s), i);
    }

    s = str("neighbor");
    assert_int_equal(wismo_to_of(&s), WISMO_TO_NONE);
    s = str("");
    assert_int_equal(wismo_to_of(&s), WISMO_TO_NONE);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_names),
    };

    return test_run("status", tests, countof(tests));
}
