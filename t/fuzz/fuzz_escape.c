
/*
 * Copyright (C) The Wismo authors
 *
 * Escaping outside of pages.  Whatever a text holds, a reader of the format
 * that it was escaped for, libxml2 or jansson for two of them, finds it there
 * in one piece, without what the format has no characters for, and nothing
 * beside it.
 */


#include "fuzz.h"

#include "wismo_escape.h"
#include "wismo_form.h"

#include <libxml/parser.h>
#include <libxml/tree.h>


static wismo_str_t fuzz_escaped(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_escape_e escape, const char *before, const char *after);
static void fuzz_xml(wismo_pool_t *pool, const wismo_str_t *text);
static void fuzz_json(wismo_pool_t *pool, const wismo_str_t *text);
static void fuzz_form(wismo_pool_t *pool, const wismo_str_t *text);
static void fuzz_ical(wismo_pool_t *pool, const wismo_str_t *text);
static void fuzz_plain(wismo_pool_t *pool, const wismo_str_t *text);
static size_t fuzz_characters(const wismo_str_t *text, unsigned char *to);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    wismo_str_t   text;
    wismo_pool_t  pool;

    if (size > 8192) {
        return 0;
    }

    text.data = (unsigned char *) data;
    text.len = size;
    text = fuzz_copy(&text);

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

    fuzz_xml(&pool, &text);
    fuzz_json(&pool, &text);
    fuzz_form(&pool, &text);
    fuzz_ical(&pool, &text);
    fuzz_plain(&pool, &text);

    free(text.data);
    wismo_pool_done(&pool);

    return 0;
}


static wismo_str_t
fuzz_escaped(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_escape_e escape, const char *before, const char *after)
{
    wismo_out_t  out;
    wismo_str_t  s;

    wismo_out_init(&out, pool, 64);
    wismo_out_bytes(&out, before, strlen(before));
    wismo_escape(&out, text, escape);
    wismo_out_bytes(&out, after, strlen(after));
    fuzz_check(!out.failed);

    s.data = out.start;
    s.len = (size_t) (out.pos - out.start);

    return s;
}


/* What XML and JSON have characters for; of bytes that are none nothing. */

static size_t
fuzz_characters(const wismo_str_t *text, unsigned char *to)
{
    size_t                n, len;
    const unsigned char  *p, *end;

    len = 0;

    for (p = text->data, end = p + text->len; p < end; p += n ? n : 1) {
        n = wismo_utf8(p, end);

        if (n == 0 || (*p < ' ' && *p != '\n' && *p != '\t')
            || (n == 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE))
        {
            continue;
        }

        memcpy(to + len, p, n);
        len += n;
    }

    return len;
}


static void
fuzz_xml(wismo_pool_t *pool, const wismo_str_t *text)
{
    size_t          i, len;
    xmlDoc         *doc;
    xmlNode        *root;
    xmlChar        *got;
    wismo_str_t     xml;
    unsigned char  *want;

    want = malloc(text->len + 1);
    fuzz_check(want != NULL);

    len = fuzz_characters(text, want);

    xml = fuzz_escaped(pool, text, WISMO_ESCAPE_XML, "<a>", "</a>");
    doc = xmlReadMemory((char *) xml.data, (int) xml.len, NULL, "UTF-8",
                        XML_PARSE_NONET | XML_PARSE_NOERROR
                        | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
    fuzz_check(doc != NULL);

    root = xmlDocGetRootElement(doc);
    fuzz_check(root->next == NULL && root->prev == NULL
               && (root->children == NULL
                   || (root->children->type == XML_TEXT_NODE
                       && root->children->next == NULL)));

    got = xmlNodeGetContent(root);
    fuzz_check(got && strlen((char *) got) == len
               && memcmp(got, want, len) == 0);
    xmlFree(got);
    xmlFreeDoc(doc);

    /* in an attribute white space is spaces */

    xml = fuzz_escaped(pool, text, WISMO_ESCAPE_XML, "<a b='", "' c=\"\"/>");
    doc = xmlReadMemory((char *) xml.data, (int) xml.len, NULL, "UTF-8",
                        XML_PARSE_NONET | XML_PARSE_NOERROR
                        | XML_PARSE_NOWARNING | XML_PARSE_HUGE);
    fuzz_check(doc != NULL);

    for (i = 0; i < len; i++) {
        if (want[i] == '\n' || want[i] == '\t') {
            want[i] = ' ';
        }
    }

    got = xmlGetProp(xmlDocGetRootElement(doc), (xmlChar *) "b");
    fuzz_check(got && strlen((char *) got) == len
               && memcmp(got, want, len) == 0);
    xmlFree(got);
    xmlFreeDoc(doc);

    free(want);
}


static void
fuzz_json(wismo_pool_t *pool, const wismo_str_t *text)
{
    bool          whole;
    size_t        n, one;
    json_t       *root;
    wismo_str_t   json;

    json = fuzz_escaped(pool, text, WISMO_ESCAPE_JSON, "[", "]");

    root = json_loadb((char *) json.data, json.len, JSON_ALLOW_NUL, NULL);
    fuzz_check(root && json_array_size(root) == 1);

    /* as it was, if it was UTF-8 without a NUL, which few readers take */

    whole = (text->len == 0 || !memchr(text->data, '\0', text->len));

    for (n = 0; whole && n < text->len; /* void */) {
        one = wismo_utf8(text->data + n, text->data + text->len);
        whole = (one != 0);
        n += one;
    }

    if (whole) {
        fuzz_check(json_string_length(json_array_get(root, 0)) == text->len
                   && memcmp(json_string_value(json_array_get(root, 0)),
                             text->data, text->len) == 0);
    }

    json_decref(root);
}


static void
fuzz_form(wismo_pool_t *pool, const wismo_str_t *text)
{
    int           rc;
    char         *buf;
    wismo_str_t   form, value;

    buf = malloc(text->len + 1);
    fuzz_check(buf != NULL);

    form = fuzz_escaped(pool, text, WISMO_ESCAPE_FORM, "a=1&x=", "&x=2");
    rc = wismo_form_value(&form, "x", buf, text->len + 1, &value);

    if (text->len == 0 || !memchr(text->data, '\0', text->len)) {
        fuzz_check(rc == WISMO_OK && wismo_str_eq(&value, text));

    } else {
        fuzz_check(rc == WISMO_DECLINED);
    }

    free(buf);
}


static void
fuzz_ical(wismo_pool_t *pool, const wismo_str_t *text)
{
    size_t                len, n;
    wismo_out_t           out;
    wismo_str_t           line;
    unsigned char        *joined;
    const unsigned char  *p, *end, *next;

    line = fuzz_escaped(pool, text, WISMO_ESCAPE_ICAL, "\nSUMMARY:", "\n");

    wismo_out_init(&out, pool, 64);
    wismo_ical_lines(&out, &line);
    fuzz_check(!out.failed);

    joined = malloc(line.len);
    fuzz_check(joined != NULL);
    len = 0;

    p = out.start;
    end = out.pos;

    while (p < end) {
        next = memchr(p, '\n', (size_t) (end - p));
        fuzz_check(next != NULL && next > p && next[-1] == '\r');

        n = (size_t) (next - 1 - p);
        fuzz_check(n > 0 && n <= 75);

        /* one property, the rest of it is folded */

        fuzz_check((*p == ' ') == (p > out.start));

        if (*p == ' ') {
            p++;
            n--;
        }

        fuzz_check(len + n <= line.len);
        memcpy(joined + len, p, n);
        len += n;
        p = next + 1;
    }

    fuzz_check(len == line.len - 2
               && memcmp(joined, line.data + 1, len) == 0);
    free(joined);
}


static void
fuzz_plain(wismo_pool_t *pool, const wismo_str_t *text)
{
    size_t       i;
    wismo_str_t  plain;

    plain = fuzz_escaped(pool, text, WISMO_ESCAPE_NONE, "", "");
    fuzz_check(plain.len <= text->len);

    for (i = 0; i < plain.len; i++) {
        fuzz_check((plain.data[i] >= ' ' && plain.data[i] != 0x7f)
                   || plain.data[i] == '\n' || plain.data[i] == '\t');
    }
}
