
/*
 * Copyright (C) The Wismo authors
 *
 * The bytes of a reply as a tree.  JSON and XML come out alike, so that the
 * same paths lead into both: an element is an object, its attributes are
 * members named "@name", its text is "#", repeated elements are an array, an
 * element with nothing but text is that text.  Namespaces are dropped.  The
 * tree lives in the pool, JSON's texts in the bytes themselves.
 *
 * fetch_adapter_reply.c calls it with whatever came over the wire.  It must
 * never follow an entity, a DTD or a URL, and never fail for bytes that are
 * not UTF-8: carriers cut their texts in the middle of a character.
 */


#include "fetch_adapter_int.h"

#include <libxml/parser.h>
#include <libxml/tree.h>


#define FETCH_TREE_NODES     500000
#define FETCH_XML_DEPTH      128
#define FETCH_XML_MEMBERS    1024             /* of an element, by name */


static const wismo_json_t *fetch_tree_json(wismo_pool_t *pool,
    const wismo_str_t *body);
static const wismo_json_t *fetch_tree_xml(wismo_pool_t *pool,
    const wismo_str_t *body);
static wismo_json_t *fetch_xml_element(wismo_pool_t *pool,
    const xmlNode *element, unsigned depth);
static wismo_json_t *fetch_xml_text(wismo_pool_t *pool,
    const xmlChar *content);
static int fetch_xml_add(wismo_pool_t *pool, wismo_json_t *object,
    const char *prefix, const xmlChar *name, wismo_json_t *value);
static bool fetch_has(const wismo_str_t *body, const char *text);
static bool fetch_repair(wismo_pool_t *pool, const wismo_str_t *body,
    wismo_str_t *repaired);
static int fetch_hex4(const unsigned char *p, const unsigned char *end);


/* NULL if the bytes are not what the adapter expects. */

const wismo_json_t *
fetch_tree(wismo_pool_t *pool, const wismo_str_t *body, bool xml)
{
    wismo_str_t  bytes;

    bytes = *body;

    if (bytes.len >= 3 && memcmp(bytes.data, "\xEF\xBB\xBF", 3) == 0) {
        bytes.data += 3;
        bytes.len -= 3;
    }

    while (bytes.len && (*bytes.data == ' ' || *bytes.data == '\t'
                         || *bytes.data == '\r' || *bytes.data == '\n'))
    {
        bytes.data++;
        bytes.len--;
    }

    if (bytes.len == 0) {
        return NULL;
    }

    return xml ? fetch_tree_xml(pool, &bytes)
               : fetch_tree_json(pool, &bytes);
}


static const wismo_json_t *
fetch_tree_json(wismo_pool_t *pool, const wismo_str_t *body)
{
    wismo_str_t    repaired;
    wismo_json_t  *root;

    if (*body->data != '{' && *body->data != '[') {
        return NULL;
    }

    if (wismo_json_read(pool, body, FETCH_TREE_NODES, &root, NULL)
        == WISMO_OK)
    {
        return root;
    }

    /* broken characters are rare, so they pay for a second pass */

    if (!fetch_repair(pool, body, &repaired)
        || wismo_json_read(pool, &repaired, FETCH_TREE_NODES, &root, NULL)
           != WISMO_OK)
    {
        return NULL;
    }

    return root;
}


/*
 * Bytes that are no UTF-8 become U+FFFD, and so do escapes of half a
 * surrogate pair.  NUL is nothing.
 */

static bool
fetch_repair(wismo_pool_t *pool, const wismo_str_t *body,
    wismo_str_t *repaired)
{
    int             high, low;
    size_t          n;
    unsigned char  *p, *dst, *end;

    dst = wismo_palloc(pool, body->len * 3);
    if (dst == NULL) {
        return false;
    }

    repaired->data = dst;
    p = body->data;
    end = p + body->len;

    while (p < end) {

        if (*p == '\\' && end - p >= 2) {
            high = p[1] == 'u' ? fetch_hex4(p + 2, end) : -1;

            if (high != 0 && (high < 0xD800 || high > 0xDFFF)) {
                *dst++ = *p++;
                n = wismo_utf8(p, end);

                if (n == 1) {
                    *dst++ = *p++;
                }

                continue;
            }

            low = high && high < 0xDC00 && end - p >= 12 && p[6] == '\\'
                  && p[7] == 'u' ? fetch_hex4(p + 8, end) : -1;

            if (low >= 0xDC00 && low <= 0xDFFF) {
                memcpy(dst, p, 12);
                dst += 12;
                p += 12;
                continue;
            }

            if (high) {
                memcpy(dst, "\\uFFFD", 6);
                dst += 6;
            }

            p += 6;
            continue;
        }

        n = wismo_utf8(p, end);

        if (n) {
            memcpy(dst, p, n);
            dst += n;
            p += n;
            continue;
        }

        memcpy(dst, "\xEF\xBF\xBD", 3);
        dst += 3;
        p++;
    }

    repaired->len = (size_t) (dst - repaired->data);

    return true;
}


static int
fetch_hex4(const unsigned char *p, const unsigned char *end)
{
    int       value, digit;
    unsigned  i;

    if (end - p < 4) {
        return -1;
    }

    for (value = 0, i = 0; i < 4; i++) {
        digit = wismo_xdigit(p[i]);

        if (digit < 0) {
            return -1;
        }

        value = value << 4 | digit;
    }

    return value;
}


static const wismo_json_t *
fetch_tree_xml(wismo_pool_t *pool, const wismo_str_t *body)
{
    xmlDoc        *doc;
    wismo_json_t  *value, *root;
    const xmlNode *element;

    /*
     * Refused before the parser sees them: nothing a carrier sends needs a
     * document type, and every trick with entities does.
     */

    if (*body->data != '<' || body->len > INT32_MAX
        || fetch_has(body, "<!doctype") || fetch_has(body, "<!entity"))
    {
        return NULL;
    }

    doc = xmlReadMemory((const char *) body->data, (int) body->len, NULL,
                        NULL, XML_PARSE_NONET|XML_PARSE_NOERROR
                              |XML_PARSE_NOWARNING|XML_PARSE_NOCDATA);
    if (doc == NULL) {
        return NULL;
    }

    root = NULL;
    element = xmlDocGetRootElement(doc);

    if (element && xmlStrcasecmp(element->name, BAD_CAST "html") != 0) {
        value = fetch_xml_element(pool, element, 0);
        root = wismo_json_new(pool, WISMO_JSON_OBJECT);

        if (value == NULL || root == NULL
            || fetch_xml_add(pool, root, "", element->name, value)
               != WISMO_OK)
        {
            root = NULL;
        }
    }

    xmlFreeDoc(doc);

    return root;
}


static wismo_json_t *
fetch_xml_element(wismo_pool_t *pool, const xmlNode *element, unsigned depth)
{
    int              rc;
    bool             text;
    xmlChar         *content;
    wismo_json_t    *object, *value;
    const xmlAttr   *attr;
    const xmlNode   *child;

    if (depth > FETCH_XML_DEPTH) {
        return wismo_json_new(pool, WISMO_JSON_NULL);
    }

    object = wismo_json_new(pool, WISMO_JSON_OBJECT);
    if (object == NULL) {
        return NULL;
    }

    for (attr = element->properties; attr; attr = attr->next) {
        content = xmlNodeListGetString(element->doc, attr->children, 1);

        if (xmlStrEqual(attr->name, BAD_CAST "nil")
            && (xmlStrEqual(content, BAD_CAST "true")
                || xmlStrEqual(content, BAD_CAST "1")))
        {
            xmlFree(content);
            return wismo_json_new(pool, WISMO_JSON_NULL);
        }

        value = fetch_xml_text(pool, content);
        xmlFree(content);

        if (value == NULL
            || fetch_xml_add(pool, object, "@", attr->name, value)
               == WISMO_ERROR)
        {
            return NULL;
        }
    }

    text = true;

    for (child = element->children; child; child = child->next) {

        if (child->type != XML_ELEMENT_NODE) {
            continue;
        }

        text = false;
        value = fetch_xml_element(pool, child, depth + 1);

        if (value == NULL) {
            return NULL;
        }

        rc = fetch_xml_add(pool, object, "", child->name, value);

        if (rc == WISMO_ERROR) {
            return NULL;
        }
    }

    if (!text) {
        return object;
    }

    content = xmlNodeGetContent(element);
    value = fetch_xml_text(pool, content);
    xmlFree(content);

    if (value == NULL || object->count == 0) {
        return value;
    }

    return (fetch_xml_add(pool, object, "#", BAD_CAST "", value) == WISMO_OK)
           ? object : NULL;
}


static wismo_json_t *
fetch_xml_text(wismo_pool_t *pool, const xmlChar *content)
{
    wismo_str_t    text;
    wismo_json_t  *value;

    text.data = (unsigned char *) (content ? content : BAD_CAST "");
    text.len = strlen((char *) text.data);

    value = wismo_json_new(pool, WISMO_JSON_STRING);

    if (value == NULL || wismo_pstrdup(pool, &value->text, &text) != WISMO_OK)
    {
        return NULL;
    }

    return value;
}


/* WISMO_DECLINED: there are too many members, this one is left out. */

static int
fetch_xml_add(wismo_pool_t *pool, wismo_json_t *object, const char *prefix,
    const xmlChar *name, wismo_json_t *value)
{
    size_t          len, n;
    uint64_t        head;
    wismo_json_t   *old, *first;
    unsigned char  *key;

    n = strlen(prefix);
    len = n + strlen((const char *) name);

    key = wismo_palloc(pool, len);
    if (key == NULL) {
        return WISMO_ERROR;
    }

    memcpy(key, prefix, n);
    memcpy(key + n, name, len - n);

    head = wismo_word_head(key, len);
    old = (wismo_json_t *) wismo_json_find(object, head, key, len);

    if (old == NULL) {

        if (object->count == FETCH_XML_MEMBERS) {
            return WISMO_DECLINED;
        }

        value->head = head;
        value->key.data = key;
        value->key.len = len;

        wismo_json_attach(value, object);

        return WISMO_OK;
    }

    /* what comes again makes a list of its first one, where that stood */

    if (old->type != WISMO_JSON_ARRAY) {
        first = wismo_json_new(pool, old->type);

        if (first == NULL) {
            return WISMO_ERROR;
        }

        *first = *old;
        first->next = NULL;
        wismo_str_null(&first->key);
        first->head = 0;

        old->type = WISMO_JSON_ARRAY;
        old->count = 0;
        old->first = NULL;
        old->last = NULL;
        wismo_str_null(&old->text);

        wismo_json_attach(first, old);
    }

    wismo_json_attach(value, old);

    return WISMO_OK;
}


/* "text" is in lower case */

static bool
fetch_has(const wismo_str_t *body, const char *text)
{
    size_t                i, len;
    const unsigned char  *p, *last;

    len = strlen(text);

    if (body->len < len) {
        return false;
    }

    last = body->data + body->len - len;

    for (p = body->data; p <= last; p++) {
        p = memchr(p, '<', (size_t) (last - p) + 1);

        if (p == NULL) {
            return false;
        }

        for (i = 1; i < len; i++) {
            if ((p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i])
                != (unsigned char) text[i])
            {
                break;
            }
        }

        if (i == len) {
            return true;
        }
    }

    return false;
}
