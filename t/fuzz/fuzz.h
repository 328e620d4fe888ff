
/*
 * Copyright (C) The Wismo authors
 *
 * What the fuzz targets share.  Each is a file with LLVMFuzzerTestOneInput(),
 * linked with libFuzzer by "make fuzz" and with replay.c by t/fuzz.t.  An
 * input is bytes as somebody else may send them; a target aborts when what
 * was made of them is not what others rely on.  Targets run at the root of
 * the checkout, read only what is there, and keep nothing between inputs.
 */


#ifndef _FUZZ_H_INCLUDED_
#define _FUZZ_H_INCLUDED_


#include "wismo_order.h"

#include <stdio.h>
#include <stdlib.h>


/* 2026-11-24T20:00:00Z: what is done must not depend on when. */

#define FUZZ_NOW             INT64_C(1795550400)
#define FUZZ_POOL            (64 * 1024 * 1024)

#define fuzz_check(cond)                                                      \
    do {                                                                      \
        if (!(cond)) {                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);        \
            abort();                                                          \
        }                                                                     \
    } while (0)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* Takes off the first line, without its end; all if there is none. */

static inline wismo_str_t
fuzz_line(wismo_str_t *rest)
{
    unsigned char  *end;
    wismo_str_t     line;

    line = *rest;
    end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;

    if (end == NULL) {
        rest->data += rest->len;
        rest->len = 0;
        return line;
    }

    line.len = (size_t) (end - line.data);
    rest->len -= line.len + 1;
    rest->data = end + 1;

    return line;
}


/* Takes off the first word of a line. */

static inline wismo_str_t
fuzz_word(wismo_str_t *rest)
{
    wismo_str_t  word;

    word.data = rest->data;
    word.len = 0;

    while (word.len < rest->len && rest->data[word.len] != ' ') {
        word.len++;
    }

    rest->data += word.len;
    rest->len -= word.len;

    while (rest->len && *rest->data == ' ') {
        rest->data++;
        rest->len--;
    }

    return word;
}


/* A copy that ends where its block does: a byte too far is seen. */

static inline wismo_str_t
fuzz_copy(const wismo_str_t *s)
{
    wismo_str_t  copy;

    copy.len = s->len;
    copy.data = malloc(s->len ? s->len : 1);
    fuzz_check(copy.data != NULL);

    if (s->len) {
        memcpy(copy.data, s->data, s->len);
    }

    return copy;
}


static inline wismo_str_t
fuzz_file(const char *path)
{
    FILE         *f;
    wismo_str_t   text;

    f = fopen(path, "rb");
    fuzz_check(f != NULL);

    text.data = malloc(1 << 20);
    fuzz_check(text.data != NULL);
    text.len = fread(text.data, 1, 1 << 20, f);
    fclose(f);

    return text;
}


/* Fit to be kept and shown, wherever it came from. */

static inline void
fuzz_text(const wismo_str_t *s)
{
    size_t                n;
    const unsigned char  *p, *end;

    fuzz_check(s->len <= 4 * WISMO_TEXT_MAX);

    for (p = s->data, end = p + s->len; p < end; p += n) {
        n = wismo_utf8(p, end);
        fuzz_check(n > 0);
        fuzz_check(*p >= ' ' && *p != 127);

        /* U+202A to U+202E turn the writing */

        fuzz_check(n != 3 || p[0] != 0xE2 || p[1] != 0x80 || p[2] < 0xAA
                   || p[2] > 0xAE);
    }
}


#endif /* _FUZZ_H_INCLUDED_ */
