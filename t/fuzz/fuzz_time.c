
/*
 * Copyright (C) The Wismo authors
 *
 * Times as carriers print them: the first byte chooses the form, 9 is our own
 * ISO reader, z a zone by its name, o an offset; the rest is the text.
 * What is read must be a time that exists, and be what is printed from it.
 */


#include "fuzz.h"

#include "fetch_adapter_int.h"


static void fuzz_when(wismo_pool_t *pool, const wismo_when_t *when);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool           ok;
    int16_t        offset;
    wismo_str_t    text, copy;
    wismo_pool_t   pool;
    wismo_when_t   when;
    fetch_zone_t   zone;
    fetch_form_e   form;

    if (size == 0) {
        return 0;
    }

    text.data = (unsigned char *) data + 1;
    text.len = size - 1;
    copy = fuzz_copy(&text);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    switch (data[0]) {

    case 'z':
        memset(&zone, 0, sizeof(fetch_zone_t));
        (void) fetch_zone_find(&copy, &zone);
        break;

    case 'o':
        if (fetch_offset(&copy, &offset)) {
            fuzz_check(offset >= -FETCH_OFFSET_MAX
                       && offset <= FETCH_OFFSET_MAX);
        }

        break;

    case '9':
        if (wismo_time_iso(&copy, &when) == WISMO_OK) {
            fuzz_when(&pool, &when);
        }

        break;

    default:
        form = data[0] % (FETCH_FORM_DOTNET + 1);

        ok = (form == FETCH_FORM_EPOCH || form == FETCH_FORM_EPOCH_MS
              || form == FETCH_FORM_DOTNET)
             ? fetch_time_epoch(form, &copy, &when)
             : fetch_time_text(form, &copy, &when);

        if (ok) {
            fuzz_when(&pool, &when);
        }

        break;
    }

    free(copy.data);
    wismo_pool_done(&pool);

    return 0;
}


static void
fuzz_when(wismo_pool_t *pool, const wismo_when_t *when)
{
    wismo_out_t    out;
    wismo_str_t    text;
    wismo_when_t   again;
    wismo_civil_t  civil;

    fuzz_check(when->basis > WISMO_BASIS_UNKNOWN
               && when->basis <= WISMO_BASIS_DATE);
    fuzz_check((when->utc != WISMO_TIME_NONE)
               == (when->basis == WISMO_BASIS_UTC
                   || when->basis == WISMO_BASIS_OFFSET
                   || when->basis == WISMO_BASIS_ZONE));

    if (when->utc == WISMO_TIME_NONE) {
        return;
    }

    wismo_time_civil(when->utc, &civil);

    if (wismo_time_from_civil(&civil) != when->utc) {
        return;                               /* beyond the year 9999 */
    }

    wismo_out_init(&out, pool, 64);
    wismo_time_out_utc(&out, when->utc);
    fuzz_check(!out.failed && out.pos - out.start == WISMO_TIME_UTC_LEN);

    text.data = out.start;
    text.len = WISMO_TIME_UTC_LEN;

    fuzz_check(wismo_time_iso(&text, &again) == WISMO_OK);
    fuzz_check(again.utc == when->utc);
}
