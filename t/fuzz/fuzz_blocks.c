
/*
 * Copyright (C) The Wismo authors
 *
 * A retailer's file of content blocks.  A fault has a place and a reason; of
 * what is taken each block that shows has a title and nothing that its page
 * should not link to, and beside bad news there are notices alone.
 */


#include "fuzz.h"

#include "wismo_blocks.h"


static void fuzz_chosen(const wismo_blocks_t *blocks,
    const wismo_json_t *parcels);
static void fuzz_model(const wismo_json_t *model, bool trouble);
static void fuzz_address(const wismo_str_t *url);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wismo_str_t      text, parcels;
    wismo_json_t    *json, *list;
    wismo_pool_t     pool;
    wismo_error_t    err;
    wismo_blocks_t  *blocks;

    text.data = (unsigned char *) data;
    text.len = size;
    text = fuzz_copy(&text);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    if (wismo_json_read(&pool, &text, 20000, &json, &err) == WISMO_OK) {

        memset(&err, 0, sizeof(wismo_error_t));

        if (wismo_blocks_compile(&pool, json, &blocks, &err) == WISMO_OK) {

            wismo_str_set(&parcels, "[{\"carrier\":\"ups\"},{},7,"
                                    "{\"carrier\":\"dhl_express\"}]");
            fuzz_check(wismo_json_read(&pool, &parcels, 20, &list, &err)
                       == WISMO_OK);

            fuzz_chosen(blocks, list);
            fuzz_chosen(blocks, NULL);

        } else {
            fuzz_check(blocks == NULL && err.text[0] != '\0');
            fuzz_check(memchr(err.at, '\0', sizeof(err.at)) != NULL);
        }
    }

    free(text.data);
    wismo_pool_done(&pool);

    return 0;
}


static void
fuzz_chosen(const wismo_blocks_t *blocks, const wismo_json_t *parcels)
{
    unsigned              i, k, n;
    const wismo_json_t   *chosen[WISMO_BLOCKS_SHOWN];
    wismo_blocks_case_t   c;

    static const struct {
        const char  *status;
        const char  *sub;
        const char  *lang;
        const char  *country;
    } cases[] = {
        { "in_transit", "customs", "pt-BR", "DE" },
        { "delivered", "neighbour", "en", "US" },
        { "exception", "lost", "de-AT", "" },
        { "unknown", "no_info", "", "AT" }
    };

    for (i = 0; i < 8; i++) {
        wismo_str_t  status, sub;

        k = i / 2;
        status.data = (unsigned char *) cases[k].status;
        status.len = strlen(cases[k].status);
        sub.data = (unsigned char *) cases[k].sub;
        sub.len = strlen(cases[k].sub);

        c.status = wismo_substatus(&status, &sub);
        c.trouble = i % 2;
        c.lang.data = (unsigned char *) cases[k].lang;
        c.lang.len = strlen(cases[k].lang);
        c.country.data = (unsigned char *) cases[k].country;
        c.country.len = strlen(cases[k].country);
        c.parcels = parcels;

        if (c.status == NULL) {
            continue;
        }

        n = wismo_blocks_choose(blocks, &c, chosen);
        fuzz_check(n <= WISMO_BLOCKS_SHOWN);

        while (n) {
            fuzz_model(chosen[--n], c.trouble);
        }
    }
}


static void
fuzz_model(const wismo_json_t *model, bool trouble)
{
    wismo_str_t          text;
    const wismo_json_t  *v;

    fuzz_check(wismo_json_get(model, "title") != NULL);

    text = wismo_json_str(model, "kind");
    fuzz_check(!trouble || wismo_str_is(&text, "notice"));

    for (v = model->first; v; v = v->next) {

        if (v->type == WISMO_JSON_STRING
            && (wismo_str_is(&v->key, "url") || wismo_str_is(&v->key, "src")
                || wismo_str_is(&v->key, "image_url")))
        {
            fuzz_address(&v->text);
        }
    }
}


/* A page may lead to the Internet or to its own host, and run nothing. */

static void
fuzz_address(const wismo_str_t *url)
{
    size_t  i;

    if (url->len == 0) {
        return;
    }

    fuzz_check((url->len > 8 && memcmp(url->data, "https://", 8) == 0)
               || (url->len > 7 && memcmp(url->data, "mailto:", 7) == 0)
               || (url->len > 4 && memcmp(url->data, "tel:", 4) == 0)
               || (url->data[0] == '/'
                   && (url->len == 1 || (url->data[1] != '/'
                                         && url->data[1] != '\\'))));

    for (i = 0; i < url->len; i++) {
        fuzz_check(url->data[i] > ' ' && url->data[i] != '"'
                   && url->data[i] != '<' && url->data[i] != '\\');
    }
}
