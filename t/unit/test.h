
/*
 * Copyright (C) The Wismo authors
 *
 * What the unit tests of the core share: cmocka, and texts as counted
 * strings.  Inputs are copied to the very end of a heap block, so that the
 * address sanitizer sees a single byte read beyond them.
 */


#ifndef _TEST_H_INCLUDED_
#define _TEST_H_INCLUDED_


#include "wismo_core.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>


#define countof(a)    (sizeof(a) / sizeof((a)[0]))

#define assert_str(s, text)                                                   \
    do {                                                                      \
        assert_int_equal((s).len, sizeof(text) - 1);                          \
        assert_memory_equal((s).data, text, sizeof(text) - 1);                \
    } while (0)


static inline wismo_str_t
str(const char *text)
{
    wismo_str_t  s;

    s.len = strlen(text);
    s.data = (unsigned char *) text;

    return s;
}


static inline wismo_str_t
heap_copy(const void *data, size_t len)
{
    wismo_str_t  s;

    s.len = len;
    s.data = malloc(len ? len : 1);
    assert_non_null(s.data);

    if (len) {
        memcpy(s.data, data, len);

    } else {
        s.data[0] = '"';
    }

    return s;
}


static inline wismo_str_t
heap_str(const char *text)
{
    return heap_copy(text, strlen(text));
}


/* The same numbers in every run: a failure can be repeated. */

static inline unsigned
test_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005)
             + UINT64_C(1442695040888963407);

    return (unsigned) (*state >> 33);
}


static inline int
test_run(const char *name, const struct CMUnitTest *tests, size_t n)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);

    return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}


#endif /* _TEST_H_INCLUDED_ */
