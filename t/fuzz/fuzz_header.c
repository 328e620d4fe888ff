
/*
 * Copyright (C) The Wismo authors
 *
 * What clients say of themselves: the first byte is a header, "t" Accept, "e"
 * Accept-Encoding, "l" Accept-Language or "v" Last-Event-ID, the rest its
 * value.  What is chosen was asked for, by name or by a wildcard, and what
 * comes after the first kilobyte changes nothing.
 */


#include "fuzz.h"

#include "wismo_accept.h"
#include "wismo_live.h"

#include <strings.h>


#define FUZZ_TYPES       5
#define FUZZ_ENCODINGS   2
#define FUZZ_TAGS        9


static bool fuzz_holds(const wismo_str_t *header, const void *text,
    size_t len);
static void fuzz_choose(const wismo_str_t *header, const char *const *names,
    unsigned n);
static void fuzz_language(const wismo_str_t *header);
static void fuzz_version(const wismo_str_t *id);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wismo_str_t  header;

    static const char *const  types[FUZZ_TYPES] = {
        "text/html", "application/json", "text/plain", "text/calendar",
        "application/atom+xml"
    };
    static const char *const  encodings[FUZZ_ENCODINGS] = {
        "gzip", "identity"
    };

    if (size == 0) {
        return 0;
    }

    header.data = (unsigned char *) data + 1;
    header.len = size - 1;
    header = fuzz_copy(&header);

    switch (data[0]) {

    case 't':
        fuzz_choose(&header, types, FUZZ_TYPES);
        break;

    case 'e':
        fuzz_choose(&header, encodings, FUZZ_ENCODINGS);
        break;

    case 'l':
        fuzz_language(&header);
        break;

    default:
        fuzz_version(&header);
    }

    free(header.data);

    return 0;
}


static bool
fuzz_holds(const wismo_str_t *header, const void *text, size_t len)
{
    size_t  i;

    for (i = 0; i + len <= header->len; i++) {
        if (strncasecmp((char *) header->data + i, text, len) == 0) {
            return true;
        }
    }

    return false;
}


static void
fuzz_choose(const wismo_str_t *header, const char *const *names, unsigned n)
{
    int          rc;
    wismo_str_t  cut;

    rc = wismo_accept_choose(header, names, n);

    if (rc != WISMO_DECLINED) {
        fuzz_check(rc >= 0 && rc < (int) n);
        fuzz_check(fuzz_holds(header, names[rc], strlen(names[rc]))
                   || fuzz_holds(header, "*", 1));
    }

    if (header->len > WISMO_ACCEPT_MAX) {
        cut = *header;
        cut.len = WISMO_ACCEPT_MAX;
        cut = fuzz_copy(&cut);
        fuzz_check(wismo_accept_choose(&cut, names, n) == rc);
        free(cut.data);
    }
}


static void
fuzz_language(const wismo_str_t *header)
{
    int          rc;
    unsigned     i;
    wismo_str_t  cut, tags[FUZZ_TAGS];

    static const char *const  names[FUZZ_TAGS] = {
        "en", "de", "de-AT", "pt-BR", "zh-Hant", "zh-Hans-CN", "sr-Latn",
        "ja", "en-XA"
    };

    for (i = 0; i < FUZZ_TAGS; i++) {
        tags[i].data = (unsigned char *) names[i];
        tags[i].len = strlen(names[i]);
    }

    rc = wismo_accept_language(header, tags, FUZZ_TAGS);

    if (rc != WISMO_DECLINED) {
        fuzz_check(rc >= 0 && rc < FUZZ_TAGS);

        /* another region will do, another language won't */

        fuzz_check(fuzz_holds(header, names[rc], 2));

        /* who has that one alone gets it, too */

        fuzz_check(wismo_accept_language(header, &tags[rc], 1) == 0);
    }

    if (header->len > WISMO_ACCEPT_MAX) {
        cut = *header;
        cut.len = WISMO_ACCEPT_MAX;
        cut = fuzz_copy(&cut);
        fuzz_check(wismo_accept_language(&cut, tags, FUZZ_TAGS) == rc);
        free(cut.data);
    }
}


static void
fuzz_version(const wismo_str_t *id)
{
    char         text[WISMO_LIVE_ID_MAX];
    size_t       len, zeros;
    uint32_t     mark;
    uint64_t     version;

    version = wismo_live_version(id, &mark);
    fuzz_check(version <= INT64_MAX);

    /* it is what would be written, but for zeros before it */

    if (version && !(mark == 0 && memchr(id->data, '-', id->len))) {
        len = wismo_live_id(text, version, mark);
        fuzz_check(id->len >= len);

        zeros = id->len - len;
        fuzz_check(memcmp(id->data + zeros, text, len) == 0);

        while (zeros) {
            fuzz_check(id->data[--zeros] == '0');
        }
    }
}
