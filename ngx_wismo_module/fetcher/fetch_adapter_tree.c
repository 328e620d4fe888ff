
/*
 * Copyright (C) The Wismo authors
 *
 * The bytes of a reply as a tree.  JSON and XML come out alike, so that the
 * same paths lead into both: an element is an object, its attributes are
 * members named "@name", its text is "#", repeated elements are an array, an
 * element with nothing but text is that text.  Namespaces are dropped.
 *
 * fetch_adapter_reply.c calls it with whatever came over the wire.  It must
 * never follow an entity, a DTD or a URL, and never fail for bytes that are
 * not UTF-8: carriers cut their texts in the middle of a character.
 */


#include "fetch_adapter_int.h"

#include <libxml/parser.h>
#include <libxml/tree.h>


#define FETCH_XML_DEPTH      128


static json_t *fetch_tree_json(wismo_pool_t *pool, const wismo_str_t *body);
static json_t *fetch_tree_xml(const wismo_str_t *body);
static json_t *fetch_xml_element(const xmlNode *element, unsigned depth);
static int fetch_xml_add(json_t *object, const char *name, json_t *value);
static bool fetch_has(const wismo_str_t *body, const char *text);
static bool fetch_repair(wismo_pool_t *pool, const wismo_str_t *body,
    wismo_str_t *repaired);
static int fetch_hex4(const unsigned char *p, const unsigned char *end);


/* NULL if the bytes are not what the adapter expects. */

json_t *
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

    return xml ? fetch_tree_xml(&bytes) : fetch_tree_json(pool, &bytes);
}


static json_t *
fetch_tree_json(wismo_pool_t *pool, const wismo_str_t *body)
{
    size_t        flags;
    json_t       *root;
    wismo_str_t   repaired;

    if (*body->data != '{' && *body->data != '[') {
        return NULL;
    }

    flags = JSON_ALLOW_NUL;

    root = json_loadb((const char *) body->data, body->len, flags, NULL);

    if (root) {
        return root;
    }

    /*
     * Broken characters and numbers beyond 64 bits make jansson refuse the
     * whole text.  They are rare, so they pay for a second pass.
     */

    if (!fetch_repair(pool, body, &repaired)) {
        return NULL;
    }

    return json_loadb((const char *) repaired.data, repaired.len,
                      flags | JSON_DECODE_INT_AS_REAL, NULL);
}


/*
 * Bytes that are no UTF-8 become U+FFFD, and so do escapes of half a
 * surrogate pair.
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

            if (high < 0xD800 || high > 0xDFFF) {
                *dst++ = *p++;
                n = wismo_utf8(p, end);

                if (n == 1) {
                    *dst++ = *p++;
                }

                continue;
            }

            low = high < 0xDC00 && end - p >= 12 && p[6] == '\\'
                  && p[7] == 'u' ? fetch_hex4(p + 8, end) : -1;

            if (low >= 0xDC00 && low <= 0xDFFF) {
                memcpy(dst, p, 12);
                dst += 12;
                p += 12;
                continue;
            }

            memcpy(dst, "\\uFFFD", 6);
            dst += 6;
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
    int       value;
    unsigned  i;

    if (end - p < 4) {
        return -1;
    }

    for (value = 0, i = 0; i < 4; i++) {
        value <<= 4;

        if (p[i] >= '0' && p[i] <= '9') {
            value |= p[i] - '0';

        } else if ((p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'f') {
            value |= (p[i] | 0x20) - 'a' + 10;

        } else {
            return -1;
        }
    }

    return value;
}


static json_t *
fetch_tree_xml(const wismo_str_t *body)
{
    json_t        *value, *root;
    xmlDoc        *doc;
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
        value = fetch_xml_element(element, 0);
        root = json_object();

        if (value == NULL || root == NULL
            || json_object_set_new(root, (const char *) element->name, value)
               != 0)
        {
            json_decref(root);
            root = NULL;
        }
    }

    xmlFreeDoc(doc);

    return root;
}


static json_t *
fetch_xml_element(const xmlNode *element, unsigned depth)
{
    bool             text;
    char             name[256];
    json_t          *object, *value;
    xmlChar         *content;
    const xmlAttr   *attr;
    const xmlNode   *child;

    if (depth > FETCH_XML_DEPTH) {
        return json_null();
    }

    object = json_object();
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
            json_decref(object);
            return json_null();
        }

        value = json_string(content ? (char *) content : "");
        xmlFree(content);

        if (value == NULL
            || snprintf(name, sizeof(name), "@%s", (const char *) attr->name)
               >= (int) sizeof(name))
        {
            json_decref(value);
            continue;
        }

        (void) json_object_set_new(object, name, value);
    }

    text = true;

    for (child = element->children; child; child = child->next) {

        if (child->type != XML_ELEMENT_NODE) {
            continue;
        }

        text = false;
        value = fetch_xml_element(child, depth + 1);

        if (value == NULL
            || fetch_xml_add(object, (const char *) child->name, value) != 0)
        {
            json_decref(object);
            return NULL;
        }
    }

    if (!text) {
        return object;
    }

    content = xmlNodeGetContent(element);
    value = json_string(content ? (char *) content : "");
    xmlFree(content);

    if (json_object_size(object) == 0) {
        json_decref(object);
        return value;
    }

    if (value == NULL || json_object_set_new(object, "#", value) != 0) {
        json_decref(object);
        return NULL;
    }

    return object;
}


static int
fetch_xml_add(json_t *object, const char *name, json_t *value)
{
    json_t  *old, *list;

    old = json_object_get(object, name);

    if (old == NULL) {
        return json_object_set_new(object, name, value);
    }

    if (json_is_array(old)) {
        return json_array_append_new(old, value);
    }

    list = json_array();

    if (list == NULL || json_array_append(list, old) != 0
        || json_array_append_new(list, value) != 0)
    {
        json_decref(list);
        return -1;
    }

    return json_object_set_new(object, name, list);
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
