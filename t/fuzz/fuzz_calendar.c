
/*
 * Copyright (C) The Wismo authors
 *
 * Calendar files as a retailer may find them.  Whatever is in one, reading
 * ends, days lie where they were asked for, and a fault says what it is.
 */


#include "fuzz.h"

#include "fetch_calendar.h"


#define FUZZ_FIRST           20417            /* 2025-11-25 */
#define FUZZ_DAYS            800


static void fuzz_fault(void *data, unsigned line, const char *text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                      rc;
    unsigned                 i, faults;
    wismo_str_t              text, copy;
    wismo_pool_t             pool;
    fetch_calendar_file_t    file;

    text.data = (unsigned char *) data;
    text.len = size;
    copy = fuzz_copy(&text);

    faults = 0;

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    memset(&file, 0, sizeof(fetch_calendar_file_t));

    rc = fetch_ical_read(&pool, &copy, FUZZ_FIRST, FUZZ_DAYS, &file,
                         fuzz_fault, &faults);

    fuzz_check(rc != WISMO_OK || faults == 0);
    fuzz_check(rc != WISMO_DECLINED || faults > 0);
    fuzz_check(memchr(file.zone, '\0', sizeof(file.zone)) != NULL);

    for (i = 0; i < file.n; i++) {
        fuzz_check(file.days[i].day >= FUZZ_FIRST
                   && file.days[i].day < FUZZ_FIRST + FUZZ_DAYS);
        fuzz_check(file.days[i].what != FETCH_DAY_CUTOFF
                   || (file.days[i].minute > 0
                       && file.days[i].minute < 24 * 60));
    }

    wismo_pool_done(&pool);
    free(copy.data);

    return 0;
}


static void
fuzz_fault(void *data, unsigned line, const char *text)
{
    unsigned  *faults = data;

    (void) line;

    fuzz_check(text && text[0] != '\0');
    (*faults)++;
}
