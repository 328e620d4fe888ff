
/*
 * Copyright (C) The Wismo authors
 *
 * The formats of tracking numbers: whatever is typed becomes a number of
 * bounded length, which stays what it is when it is normalised again, and fits
 * no more formats than there are.
 */


#include "fuzz.h"

#include "wismo_number.h"


static bool
fuzz_any(void *data, const wismo_str_t *name)
{
    (void) data;

    return name->len != 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned           i, n;
    wismo_str_t        text, copy, number, adapter;
    wismo_pool_t       pool;
    unsigned char      buf[WISMO_NUMBER_MAX], again[WISMO_NUMBER_MAX];
    wismo_candidate_t  candidates[WISMO_NUMBER_CANDIDATES];

    text.data = (unsigned char *) data;
    text.len = size;
    copy = fuzz_copy(&text);

    number.data = buf;
    number.len = wismo_number_normalise(&copy, buf);
    fuzz_check(number.len <= WISMO_NUMBER_MAX);
    fuzz_check(wismo_number_normalise(&number, again) == number.len);
    fuzz_check(number.len == 0 || memcmp(buf, again, number.len) == 0);

    number = fuzz_copy(&number);
    n = wismo_number_detect(&number, candidates);
    fuzz_check(n <= WISMO_NUMBER_CANDIDATES);

    for (i = 0; i < n; i++) {
        fuzz_check(candidates[i].carrier && candidates[i].format
                   && candidates[i].adapters);
    }

    if (wismo_number_adapter(&number, fuzz_any, NULL, &adapter) == WISMO_OK) {
        fuzz_check(n != 0 && adapter.len != 0);
    }

    free(number.data);

    /* the strict form that orders have */

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    number = copy;

    if (wismo_clean_number(&pool, &number) == WISMO_OK) {
        fuzz_check(number.len > 0 && number.len <= WISMO_TRACKING_MAX);
        fuzz_text(&number);
    }

    (void) wismo_order_number_ok(&copy);

    wismo_pool_done(&pool);
    free(copy.data);

    return 0;
}
