
/*
 * Copyright (C) The Wismo authors
 *
 * The rules of a wismo_notify block: what each may be, to its bounds, what is
 * said of anything else, and that a value which is refused changes nothing.
 */


#include "test.h"

#include "wismo_channel.h"


static wismo_channel_rules_t
rules_of(const char *name, const char *value)
{
    wismo_error_t          err;
    wismo_channel_rules_t  rules;

    memset(&rules, 0x5a, sizeof(wismo_channel_rules_t));
    memset(&err, 0, sizeof(wismo_error_t));

    if (wismo_channel_rule(&rules, name, value, &err) != WISMO_OK) {
        fail_msg("%s %s: %s", name, value, err.text);
    }

    assert_string_equal(err.text, "");

    return rules;
}


static void
refused(const char *name, const char *value, const char *text)
{
    wismo_error_t          err;
    wismo_channel_rules_t  rules, was;

    memset(&rules, 0x5a, sizeof(wismo_channel_rules_t));
    memset(&err, 0, sizeof(wismo_error_t));
    was = rules;

    if (wismo_channel_rule(&rules, name, value, &err) != WISMO_DECLINED) {
        fail_msg("%s \"%s\" is taken", name, value);
    }

    assert_string_equal(err.at, "");
    assert_string_equal(err.text, text);
    assert_memory_equal(&rules, &was, sizeof(wismo_channel_rules_t));
}


#define GAP(value)                                                            \
    refused("gap", value, "\"gap " value "\": expected a time such as 2h")


static void
test_gap(void **state)
{
    (void) state;

    assert_int_equal(rules_of("gap", "0").gap, 0);
    assert_int_equal(rules_of("gap", "90").gap, 90);
    assert_int_equal(rules_of("gap", "90s").gap, 90);
    assert_int_equal(rules_of("gap", "15m").gap, 900);
    assert_int_equal(rules_of("gap", "2h").gap, 7200);
    assert_int_equal(rules_of("gap", "3d").gap, 3 * 86400);
    assert_int_equal(rules_of("gap", "1000000d").gap, 1000000LL * 86400);

    GAP("");
    GAP("h");
    GAP("-1h");
    GAP("+1h");
    GAP(" 1h");
    GAP("1h ");
    GAP("2h30m");
    GAP("2w");
    GAP("1000001");
    GAP("99999999999999999999");
}


#define DAILY(value)                                                          \
    refused("daily", value, "\"daily " value "\": expected a number, 0 for "  \
            "no limit")


static void
test_daily(void **state)
{
    (void) state;

    assert_int_equal(rules_of("daily", "0").daily, 0);
    assert_int_equal(rules_of("daily", "4").daily, 4);
    assert_int_equal(rules_of("daily", "1000").daily, 1000);

    DAILY("");
    DAILY("off");
    DAILY("-1");
    DAILY("4.5");
    DAILY("1001");
    DAILY("99999999999999999999");
}


#define BRAKE(value)                                                          \
    refused("brake", value, "\"brake " value "\": expected the most notices " \
            "in an hour, 0 for five times what is usual, or off")


static void
test_brake(void **state)
{
    (void) state;

    assert_int_equal(rules_of("brake", "0").brake, 0);
    assert_int_equal(rules_of("brake", "2000").brake, 2000);
    assert_int_equal(rules_of("brake", "100000000").brake, 100000000);
    assert_int_equal(rules_of("brake", "off").brake, -1);

    BRAKE("");
    BRAKE("on");
    BRAKE("-1");
    BRAKE("2k");
    BRAKE("100000001");
}


#define QUIET(value)                                                          \
    refused("quiet", value, "\"quiet " value "\": expected hours such as "    \
            "20:00-09:00, or off")


static void
test_quiet(void **state)
{
    wismo_channel_rules_t  rules;

    (void) state;

    rules = rules_of("quiet", "20:00-09:00");
    assert_int_equal(rules.quiet_from, 1200);
    assert_int_equal(rules.quiet_until, 540);

    rules = rules_of("quiet", "0:00-23:59");
    assert_int_equal(rules.quiet_from, 0);
    assert_int_equal(rules.quiet_until, 1439);

    rules = rules_of("quiet", "off");
    assert_int_equal(rules.quiet_from, rules.quiet_until);

    QUIET("");
    QUIET("on");
    QUIET("20:00");
    QUIET("20:00-");
    QUIET("20:00-9");
    QUIET("20-9");
    QUIET("20:00 - 09:00");
    QUIET("24:00-09:00");
    QUIET("20:60-09:00");
    QUIET("20:00-24:00");
    QUIET("020:00-09:00");
    QUIET("20:000-09:00");
    QUIET("20:00-09:00h");
    QUIET("-20:00-09:00");
}


#define LINKS(value)                                                          \
    refused("links", value, "\"links " value "\": expected off, or gap= with "\
            "a time of 1m to 1d, daily= with 1 to 24, hourly= with 1 to "     \
            "1000000")


static void
test_links(void **state)
{
    wismo_error_t          err;
    wismo_channel_rules_t  rules;

    (void) state;

    assert_false(rules_of("links", "off").links);

    rules = rules_of("links", "gap=15m daily=3 hourly=200");
    assert_true(rules.links);
    assert_int_equal(rules.link_gap, 900);
    assert_int_equal(rules.link_daily, 3);
    assert_int_equal(rules.link_hourly, 200);

    rules = rules_of("links", "hourly=1000000 gap=1m daily=24");
    assert_int_equal(rules.link_gap, 60);
    assert_int_equal(rules.link_daily, 24);
    assert_int_equal(rules.link_hourly, 1000000);

    assert_int_equal(rules_of("links", "gap=1d").link_gap, 86400);
    assert_int_equal(rules_of("links", "daily=1").link_daily, 1);
    assert_int_equal(rules_of("links", "hourly=1").link_hourly, 1);

    /* what is not named stays */

    rules = rules_of("links", "gap=15m daily=3 hourly=200");
    assert_int_equal(wismo_channel_rule(&rules, "links", "daily=5", &err),
                     WISMO_OK);
    assert_int_equal(rules.link_gap, 900);
    assert_int_equal(rules.link_daily, 5);
    assert_int_equal(rules.link_hourly, 200);

    LINKS("on");
    LINKS("off gap=15m");
    LINKS("gap=59");
    LINKS("gap=1");
    LINKS("gap=86401");
    LINKS("gap=2d");
    LINKS("gap=");
    LINKS("gap");
    LINKS("daily=0");
    LINKS("daily=25");
    LINKS("hourly=0");
    LINKS("hourly=1000001");
    LINKS("weekly=3");
    LINKS("gap=15m,daily=3");
    LINKS("gap=15m  daily=3");
    LINKS(" gap=15m");
    LINKS("gap=15m daily=25");
    LINKS("gap=000000000000000000000000000015m");
}


static void
test_events(void **state)
{
    wismo_error_t  err;

    (void) state;

    /* no rule is set by them, so none has to be there */

    assert_int_equal(wismo_channel_rule(NULL, "events", "all", &err),
                     WISMO_OK);
    assert_int_equal(wismo_channel_rule(NULL, "events", "", &err), WISMO_OK);
    assert_int_equal(wismo_channel_rule(NULL, "events", "delivered shipped",
                                        &err),
                     WISMO_OK);

    refused("events", "delivred",
            "\"delivred\" is no event; docs/notices.md lists them");
    refused("events", "delivered arrived",
            "\"arrived\" is no event; docs/notices.md lists them");
    refused("events", "all delivered",
            "\"all\" is no event; docs/notices.md lists them");
    refused("events", "Delivered",
            "\"Delivered\" is no event; docs/notices.md lists them");

    /* what was asked for comes without being chosen */

    refused("events", "link_requested",
            "\"link_requested\" is no event; docs/notices.md lists them");

    refused("events",
            "a_name_that_is_longer_than_forty_bytes_and_goes_on_and_on",
            "\"a_name_that_is_longer_than_forty_bytes_a\" is no event; "
            "docs/notices.md lists them");
}


static void
test_kinds(void **state)
{
    wismo_error_t               err;
    const wismo_notice_kind_t  *kind;

    (void) state;

    for (kind = wismo_notice_kinds(); kind->name; kind++) {
        assert_int_equal(wismo_channel_rule(NULL, "events", kind->name, &err),
                         wismo_notice_asked(kind) ? WISMO_DECLINED
                                                  : WISMO_OK);
    }
}


static void
test_others(void **state)
{
    wismo_error_t          err;
    wismo_channel_rules_t  rules, was;

    (void) state;

    memset(&rules, 0x5a, sizeof(wismo_channel_rules_t));
    was = rules;

    assert_int_equal(wismo_channel_rule(&rules, "sender", "2h", &err),
                     WISMO_OK);
    assert_int_equal(wismo_channel_rule(&rules, "Gap", "nonsense", &err),
                     WISMO_OK);
    assert_memory_equal(&rules, &was, sizeof(wismo_channel_rules_t));

    /* a value of any length is told of in one line */

    assert_int_equal(wismo_channel_rule(&rules, "gap",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &err),
        WISMO_DECLINED);
    assert_string_equal(err.text,
        "\"gap xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\": expected a time "
        "such as 2h");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_daily),
        cmocka_unit_test(test_brake),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_others),
    };

    return test_run("channel", tests, countof(tests));
}
