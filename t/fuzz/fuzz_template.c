
/*
 * Copyright (C) The Wismo authors
 *
 * Templates: the source up to a line "---", then the data.  A partial "p" is
 * there, "again" is the source itself; all others are not.  Without raw tags
 * nothing from the data may come out unescaped.
 */


#define _GNU_SOURCE

#include "fuzz.h"

#include "wismo_template.h"


static int fuzz_partial(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t                  n;
    wismo_out_t             out;
    wismo_str_t             source, text;
    wismo_pool_t            pool;
    wismo_json_t           *json;
    wismo_error_t           err;
    unsigned char          *end;
    wismo_template_t       *template;
    wismo_template_opts_t   opts;

    if (size > 8192) {
        return 0;
    }

    source.data = (unsigned char *) data;
    source.len = size;

    end = size ? memmem(data, size, "\n---\n", 5) : NULL;
    wismo_str_set(&text, "{\"a\":\"<&>\",\"b\":[1,{\"a\":2}],\"c\":{}}");

    if (end) {
        source.len = (size_t) (end - data);
        text.data = end + 5;
        text.len = size - source.len - 5;
    }

    source = fuzz_copy(&source);
    text = fuzz_copy(&text);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    memset(&opts, 0, sizeof(wismo_template_opts_t));
    opts.partial = fuzz_partial;
    opts.data = &source;
    opts.missing_ok = true;

    memset(&err, 0, sizeof(wismo_error_t));

    if (wismo_template_compile(&pool, &source, &opts, &template, &err)
        != WISMO_OK)
    {
        fuzz_check(err.text[0] != '\0');

    } else if (wismo_json_read(&pool, &text, 2000, &json, &err) == WISMO_OK) {

        wismo_out_init(&out, &pool, 4096);

        if (wismo_template_render(template, json, &out) == WISMO_OK
            && !memchr(source.data, '<', source.len) && source.len)
        {
            n = (size_t) (out.pos - out.start);
            fuzz_check(n == 0 || !memchr(out.start, '<', n));
        }
    }

    free(source.data);
    free(text.data);
    wismo_pool_done(&pool);

    return 0;
}


static int
fuzz_partial(void *data, wismo_pool_t *pool, const wismo_str_t *name,
    wismo_str_t *source)
{
    (void) pool;

    if (wismo_str_is(name, "again")) {
        *source = *(wismo_str_t *) data;
        return WISMO_OK;
    }

    if (wismo_str_is(name, "p")) {
        wismo_str_set(source, "[{{a}}{{#b}}{{.}}{{^a}}x{{/a}}{{/b}}]\n");
        return WISMO_OK;
    }

    return WISMO_DECLINED;
}
