
/*
 * Copyright (C) The Wismo authors
 *
 * Spreadsheets of orders.  The first line is a preset's name, or nothing: the
 * file's header tells which.  Rows are an order with a number or a fault with
 * a sentence, and where reading would go on lies in the file and never before
 * what was done.
 */


#define _GNU_SOURCE

#include "fuzz.h"

#include "fetch_csv.h"

#include <sys/mman.h>
#include <unistd.h>


#define FUZZ_SHARE           "ngx_wismo_module"


typedef struct {
    uint64_t  to;
    uint64_t  size;
} fuzz_place_t;


static int fuzz_order(void *data, json_t *order,
    const fetch_csv_place_t *place, const wismo_error_t *err);

static int             fd = -1;
static wismo_pool_t    kept;
static fetch_names_t  *names;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               rc;
    char              preset[32];
    fetch_csv_t      *csv;
    wismo_str_t       rest, line;
    fuzz_place_t      place;
    wismo_error_t     err;

    if (fd == -1) {
        fd = memfd_create("fuzz", 0);
        fuzz_check(fd != -1);

        wismo_pool_init(&kept, FUZZ_POOL, NULL, NULL);
        names = fetch_names_read(&kept, FUZZ_SHARE);
        fuzz_check(names != NULL);
    }

    rest.data = (unsigned char *) data;
    rest.len = size;
    line = fuzz_line(&rest);

    /* names, not paths: what is read must not depend on the machine */

    if (line.len >= sizeof(preset) || (line.len
        && (memchr(line.data, '/', line.len)
            || memchr(line.data, '\0', line.len))))
    {
        return 0;
    }

    memcpy(preset, line.data, line.len);
    preset[line.len] = '\0';

    fuzz_check(ftruncate(fd, 0) == 0);
    fuzz_check(pwrite(fd, rest.data, rest.len, 0) == (ssize_t) rest.len);
    fuzz_check(lseek(fd, 0, SEEK_SET) == 0);

    csv = fetch_csv_create(FUZZ_SHARE, line.len ? preset : NULL, names, &err);

    if (csv == NULL) {
        fuzz_check(err.text[0] != '\0');
        return 0;
    }

    memset(&place, 0, sizeof(fuzz_place_t));
    memset(&err, 0, sizeof(wismo_error_t));
    place.size = rest.len;

    rc = fetch_csv_read(csv, fd, NULL, fuzz_order, &place, &err);

    fuzz_check(rc == WISMO_OK || err.text[0] != '\0');

    fetch_csv_free(csv);

    return 0;
}


static int
fuzz_order(void *data, json_t *order, const fetch_csv_place_t *place,
    const wismo_error_t *err)
{
    char          *text;
    const char    *number;
    fuzz_place_t  *last = data;

    /* a fault inside of an order is told before it, and from its start on */

    fuzz_check(place->line > 0 && place->next > 0);
    fuzz_check(place->to >= last->to && place->to <= last->size);

    last->to = place->to;

    if (order == NULL) {
        fuzz_check(err && err->text[0] != '\0');
        return WISMO_OK;
    }

    number = json_string_value(json_object_get(order, "number"));
    fuzz_check(number && number[0] != '\0');

    text = json_dumps(order, 0);
    fuzz_check(text != NULL);
    free(text);
    json_decref(order);

    return WISMO_OK;
}
