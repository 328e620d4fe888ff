
/*
 * Copyright (C) The Wismo authors
 *
 * The retailer's blocks: each shows where its conditions hold and nowhere
 * else, none but notices beside bad news, and a fault is told with its place.
 */


#include "test.h"

#include "wismo_blocks.h"


#define ONE(members)    "{\"blocks\":[{" members "}]}"
#define TITLE           "\"title\":\"T\""


static wismo_blocks_t *
compile(wismo_pool_t *pool, const char *text)
{
    wismo_str_t      in;
    wismo_json_t    *json;
    wismo_error_t    err;
    wismo_blocks_t  *blocks;

    in = str(text);

    assert_int_equal(wismo_json_read(pool, &in, 10000, &json, &err), WISMO_OK);

    if (wismo_blocks_compile(pool, json, &blocks, &err) != WISMO_OK) {
        fail_msg("%s: %s", err.at, err.text);
    }

    return blocks;
}


/* The titles that are chosen, one letter each. */

static void
choose(wismo_pool_t *pool, const wismo_blocks_t *blocks, const char *status,
    const char *sub, bool trouble, const char *lang, const char *country,
    const char *parcels, const char *want)
{
    char                  got[WISMO_BLOCKS_SHOWN + 1];
    unsigned              i, n;
    wismo_str_t           name, part, text;
    wismo_json_t         *json;
    wismo_error_t         err;
    const wismo_json_t   *chosen[WISMO_BLOCKS_SHOWN];
    wismo_blocks_case_t   c;

    name = str(status);
    part = str(sub);

    c.status = wismo_substatus(&name, &part);
    c.trouble = trouble;
    c.lang = str(lang);
    c.country = str(country);
    c.parcels = NULL;

    if (parcels) {
        text = str(parcels);
        assert_int_equal(wismo_json_read(pool, &text, 100, &json, &err),
                         WISMO_OK);
        c.parcels = json;
    }

    n = wismo_blocks_choose(blocks, &c, chosen);

    for (i = 0; i < n; i++) {
        got[i] = (char) wismo_json_str(chosen[i], "title").data[0];
    }

    got[n] = '\0';

    assert_string_equal(got, want);
}


static void
test_choice(void **state)
{
    wismo_pool_t     pool;
    wismo_blocks_t  *b;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    b = compile(&pool, "{\"blocks\":["
        "{\"kind\":\"notice\",\"title\":\"N\","
        "\"when\":{\"country\":[\"FR\",\"BE\"]}},"
        "{\"kind\":\"promotion\",\"title\":\"P\",\"when\":{\"status\":"
        "[\"in_transit\",\"delivered.neighbour\"]}},"
        "{\"kind\":\"content\",\"title\":\"L\","
        "\"when\":{\"language\":[\"pt\",\"de-AT\"]}},"
        "{\"kind\":\"content\",\"title\":\"C\","
        "\"when\":{\"carrier\":[\"ups\"],\"status\":[\"delivered\"]}},"
        "{\"kind\":\"recommendation\",\"title\":\"R\","
        "\"when\":{\"language\":[\"nl\"]}},"
        "{\"kind\":\"recommendation\",\"title\":\"S\","
        "\"when\":{\"language\":[\"nl\"]}},"
        "{\"kind\":\"recommendation\",\"title\":\"U\","
        "\"when\":{\"language\":[\"nl\"]}}]}");

    choose(&pool, b, "in_transit", "customs", false, "en", "DE", NULL, "P");
    choose(&pool, b, "in_transit", "customs", true, "en", "DE", NULL, "");
    choose(&pool, b, "in_transit", "", true, "pt", "FR", NULL, "N");
    choose(&pool, b, "in_transit", "", false, "pt-BR", "FR", NULL, "NPL");
    choose(&pool, b, "ordered", "", false, "de", "", NULL, "");
    choose(&pool, b, "ordered", "", false, "de-AT", "", NULL, "L");
    choose(&pool, b, "ordered", "", false, "ptx", "F", NULL, "");
    choose(&pool, b, "delivered", "neighbour", false, "en", "", NULL, "P");
    choose(&pool, b, "delivered", "signed", false, "en", "", NULL, "");
    choose(&pool, b, "delivered", "signed", false, "en", "",
           "[{\"carrier\":\"gls\"},{\"carrier\":\"ups\"}]", "C");
    choose(&pool, b, "delivered", "signed", false, "en", "",
           "[{\"carrier\":\"upsx\"},{},7]", "");

    /* the first ones of too many */

    choose(&pool, b, "delivered", "neighbour", false, "nl", "BE",
           "[{\"carrier\":\"ups\"}]", "NPCR");

    wismo_pool_done(&pool);
}


static void
test_model(void **state)
{
    wismo_str_t           text;
    wismo_pool_t          pool;
    wismo_blocks_t       *b;
    const wismo_json_t   *chosen[WISMO_BLOCKS_SHOWN], *item;
    wismo_blocks_case_t   c;

    (void) state;

    wismo_pool_init(&pool, 1 << 20, NULL, NULL);

    b = compile(&pool, ONE("\"kind\":\"recommendation\"," TITLE ","
        "\"image\":{\"url\":\"/i.png\",\"width\":4,\"height\":3},"
        "\"items\":[{\"title\":\"Socks\",\"body\":\"9 EUR\",\"link\":"
        "{\"url\":\"https://shop.example/s\",\"text\":\"Look\"}}]"));

    memset(&c, 0, sizeof(c));
    c.status = wismo_substatus_of(WISMO_ORDERED);

    assert_int_equal(wismo_blocks_choose(b, &c, chosen), 1);
    assert_true(wismo_json_bool(chosen[0], "is_recommendation"));
    assert_false(wismo_json_bool(chosen[0], "is_notice"));
    assert_true(wismo_json_bool(chosen[0], "has_items"));

    /* a member that is not said is there all the same, and empty */

    assert_non_null(wismo_json_get(chosen[0], "body"));
    assert_non_null(wismo_json_get(chosen[0], "url"));

    item = wismo_json_get(chosen[0], "items")->first;
    text = wismo_json_str(item, "url");
    assert_str(text, "https://shop.example/s");
    assert_non_null(wismo_json_get(item, "image_url"));

    wismo_pool_done(&pool);
}


static void
test_faults(void **state)
{
    size_t           i;
    wismo_str_t      in;
    wismo_json_t    *json;
    wismo_pool_t     pool;
    wismo_error_t    err;
    wismo_blocks_t  *blocks;

    static const struct {
        const char  *text;
        const char  *at;
    } faults[] = {
        { "[]", "" },
        { "{}", "/blocks" },
        { "{\"blocks\":{}}", "/blocks" },
        { "{\"blocks\":[7]}", "/blocks/0" },
        { "{\"blocks\":[],\"x\":1}", "" },
        { ONE(TITLE), "/blocks/0/kind" },
        { ONE("\"kind\":\"advert\"," TITLE), "/blocks/0/kind" },
        { ONE("\"kind\":\"notice\""), "/blocks/0/title" },
        { ONE("\"kind\":\"notice\",\"title\":7"), "/blocks/0/title" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"html\":\"\""), "/blocks/0" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"body\":[]"), "/blocks/0/body" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"when\":[]"), "/blocks/0/when" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"when\":{\"day\":[]}"),
          "/blocks/0" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"when\":{\"status\":[]}"),
          "/blocks/0/when/status" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"when\":{\"status\":\"x\"}"),
          "/blocks/0/when/status" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"when\":{\"status\":[\"x\"]}"),
          "/blocks/0/when/status" },
        { ONE("\"kind\":\"notice\"," TITLE
              ",\"when\":{\"status\":[\"delivered.lost\"]}"),
          "/blocks/0/when/status" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"when\":{\"carrier\":[7]}"),
          "/blocks/0/when/carrier" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"link\":\"x\""),
          "/blocks/0/link" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"link\":{\"url\":\"/x\"}"),
          "/blocks/0/link/text" },
        { ONE("\"kind\":\"notice\"," TITLE
              ",\"link\":{\"text\":\"x\",\"url\":\"//x\"}"),
          "/blocks/0/link/url" },
        { ONE("\"kind\":\"notice\"," TITLE
              ",\"link\":{\"text\":\"x\",\"url\":\"javascript:x\"}"),
          "/blocks/0/link/url" },
        { ONE("\"kind\":\"notice\"," TITLE
              ",\"link\":{\"text\":\"x\",\"url\":\"http://x/\"}"),
          "/blocks/0/link/url" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"image\":{\"url\":\"/x\"}"),
          "/blocks/0/image" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"image\":{\"url\":"
              "\"https://x/i.png\",\"width\":1,\"height\":1}"),
          "/blocks/0/image/url" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"items\":7"),
          "/blocks/0/items" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"items\":[{}]"),
          "/blocks/0/items/0/title" },
        { ONE("\"kind\":\"notice\"," TITLE ",\"items\":[{" TITLE "},"
              "{\"title\":\"T\",\"link\":{}}]"),
          "/blocks/0/items/1/link/url" },
    };

    (void) state;

    for (i = 0; i < countof(faults); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        in = str(faults[i].text);
        memset(&err, 0, sizeof(err));

        assert_int_equal(wismo_json_read(&pool, &in, 1000, &json, &err),
                         WISMO_OK);

        if (wismo_blocks_compile(&pool, json, &blocks, &err) != WISMO_DECLINED
            || strcmp(err.at, faults[i].at) != 0 || err.text[0] == '\0')
        {
            fail_msg("%s: \"%s\": %s", faults[i].text, err.at, err.text);
        }

        wismo_pool_done(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_faults),
    };

    return test_run("blocks", tests, countof(tests));
}
