
/*
 * Copyright (C) The Wismo authors
 *
 * Compiles the requests of an adapter: method, address, headers and body,
 * each a text with slots in braces.  A body that is a JSON value is sent as
 * JSON; one that is a text is escaped as its "escape" says: form, json or
 * xml.  fetch_adapter_load.c calls it.
 */


#include "fetch_adapter_int.h"


static bool fetch_load_slot(fetch_load_t *load, const fetch_at_t *at,
    const char *name, size_t len, fetch_piece_t *piece);
static void fetch_load_headers(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_question_t *q);
static bool fetch_load_member(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_body_t *b);


static const char *const  fetch_method_names[] = {
    "GET", "POST", "PUT", NULL
};

static const char *const  fetch_escape_names[] = {
    "form", "json", "xml", "xml-in-query", NULL
};

static const fetch_escape_e  fetch_escapes[] = {
    FETCH_ESCAPE_URL, FETCH_ESCAPE_JSON, FETCH_ESCAPE_XML,
    FETCH_ESCAPE_XML_URL
};


/* "batch" is the object with a batch, where slots for numbers may stand. */

void
fetch_load_question(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, const json_t *batch, fetch_question_t *q)
{
    int             i;
    fetch_at_t      here;
    const json_t   *member;
    fetch_escape_e  escape;

    here = (fetch_at_t) { at, "method", 0 };
    member = json_object_get(value, "method");

    i = fetch_load_enum(load, &here, member, fetch_method_names);
    q->method = wismo_str_of(fetch_method_names[i]);

    here.name = "escape";
    i = fetch_load_enum(load, &here, json_object_get(value, "escape"),
                        fetch_escape_names);
    escape = fetch_escapes[i];

    here.name = "url";
    fetch_load_template(load, &here, json_object_get(value, "url"),
                        escape == FETCH_ESCAPE_XML_URL ? escape
                                                       : FETCH_ESCAPE_URL,
                        &q->url);

    if (q->url.n && q->url.pieces[0].kind != FETCH_SLOT_BASE
        && strncmp((char *) q->url.pieces[0].text.data, "https://", 8) != 0)
    {
        fetch_fault(load, &here, "an address begins with {base} or https://");
    }

    here.name = "headers";
    fetch_load_headers(load, &here, json_object_get(value, "headers"), q);

    here.name = "basic";
    member = json_object_get(value, "basic");

    if (member) {
        if (json_array_size(member) != 2) {
            fetch_fault(load, &here, "a list of name and password is "
                        "expected");

        } else {
            q->has_basic = true;

            for (i = 0; i < 2; i++) {
                fetch_load_template(load, &here,
                                    json_array_get(member, (size_t) i),
                                    FETCH_ESCAPE_NONE, &q->basic[i]);
            }
        }
    }

    here.name = "body";
    member = json_object_get(value, "body");

    if (json_is_object(member) || json_is_array(member)) {
        q->json = fetch_load_body(load, &here, member);

    } else if (member) {
        q->has_body = true;
        fetch_load_template(load, &here, member, escape, &q->body);
    }

    if (batch == NULL && json_object_get(value, "batch")) {
        here.name = "batch";
        fetch_fault(load, &here, "this request is not about numbers");
    }
}


static void
fetch_load_headers(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_question_t *q)
{
    json_t                   *element;
    fetch_at_t                here;
    const char               *name;
    fetch_header_template_t  *header;

    if (value == NULL || !fetch_load_object(load, at, value)) {
        return;
    }

    q->headers = fetch_load_alloc(load, (json_object_size(value) + 1)
                                        * sizeof(fetch_header_template_t));
    if (q->headers == NULL) {
        return;
    }

    json_object_foreach((json_t *) value, name, element) {
        here = (fetch_at_t) { at, name, 0 };
        header = &q->headers[q->nheaders++];

        header->name = wismo_str_of(name);

        if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "abcdefghijklmnopqrstuvwxyz0123456789-_")
            != header->name.len)
        {
            fetch_fault(load, &here, "this is no name of a header");
        }

        fetch_load_template(load, &here, element, FETCH_ESCAPE_NONE,
                            &header->value);
    }
}


/*
 * A brace that opens no slot stands for itself: bodies written as text are
 * full of them.
 */

void
fetch_load_template(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_escape_e escape, fetch_template_t *t)
{
    size_t          n, len;
    wismo_str_t     text;
    const char     *p, *end, *brace, *start;
    fetch_piece_t  *piece;

    t->escape = escape;

    if (json_is_string(value) && json_string_length(value) == 0) {
        return;
    }

    if (!fetch_load_str(load, at, value, &text)) {
        return;
    }

    start = (char *) text.data;
    end = start + text.len;

    for (n = 1, p = start; p < end; p++) {
        n += *p == '{' ? 2 : 0;
    }

    t->pieces = fetch_load_alloc(load, n * sizeof(fetch_piece_t));
    if (t->pieces == NULL) {
        return;
    }

    for (p = start; p < end; /* void */ ) {
        piece = &t->pieces[t->n];

        if (*p == '{') {
            len = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789_.?");
            brace = p + 1 + len;

            if (len && *brace == '}') {
                if (fetch_load_slot(load, at, p + 1, len, piece)) {
                    t->n++;
                }

                p = brace + 1;
                continue;
            }
        }

        piece->kind = FETCH_SLOT_TEXT;
        piece->text.data = (unsigned char *) p;

        for (p++; p < end && *p != '{'; p++) { /* void */ }

        piece->text.len = (size_t) (p - (char *) piece->text.data);
        t->n++;
    }
}


static bool
fetch_load_slot(fetch_load_t *load, const fetch_at_t *at, const char *name,
    size_t len, fetch_piece_t *piece)
{
    char      *copy;
    unsigned   i;
    size_t     prefix;

    static const struct {
        const char    *name;
        fetch_slot_e   kind;
    } slots[] = {
        { "base", FETCH_SLOT_BASE },
        { "number", FETCH_SLOT_NUMBER },
        { "numbers", FETCH_SLOT_NUMBERS },
        { "handle", FETCH_SLOT_HANDLE },
        { "lang", FETCH_SLOT_LANG },
        { "token", FETCH_SLOT_TOKEN },
        { "uuid", FETCH_SLOT_UUID }
    };

    for (i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
        if (strlen(slots[i].name) == len
            && memcmp(slots[i].name, name, len) == 0)
        {
            piece->kind = slots[i].kind;
            return true;
        }
    }

    if (len > 8 && memcmp(name, "account.", 8) == 0) {
        piece->kind = FETCH_SLOT_ACCOUNT;
        prefix = 8;

    } else if (len > 7 && memcmp(name, "secret.", 7) == 0) {
        piece->kind = FETCH_SLOT_SECRET;
        prefix = 7;

    } else {
        fetch_fault(load, at, "there is no slot {%.*s}", (int) len, name);
        return false;
    }

    if (name[len - 1] == '?') {
        piece->optional = true;
        len--;
    }

    copy = fetch_load_alloc(load, len - prefix + 1);
    if (copy == NULL) {
        return false;
    }

    memcpy(copy, name + prefix, len - prefix);
    piece->name = copy;

    return true;
}


fetch_body_t *
fetch_load_body(fetch_load_t *load, const fetch_at_t *at, const json_t *value)
{
    fetch_body_t  *b;

    b = fetch_load_alloc(load, sizeof(fetch_body_t));

    if (b == NULL || !fetch_load_member(load, at, value, b)) {
        return NULL;
    }

    return b;
}


/* In a list, the text "{numbers}" stands for one element per number. */

static bool
fetch_load_member(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, fetch_body_t *b)
{
    size_t       i, n;
    json_t      *element;
    fetch_at_t   here;
    const char  *name;

    b->type = json_typeof(value);

    switch (b->type) {

    case JSON_STRING:
        fetch_load_template(load, at, value, FETCH_ESCAPE_JSON, &b->text);
        b->each = b->text.n == 1
                  && b->text.pieces[0].kind == FETCH_SLOT_NUMBERS;
        return true;

    case JSON_OBJECT:
        n = json_object_size(value);
        b->members = fetch_load_alloc(load, (n + 1) * sizeof(fetch_body_t));

        if (b->members == NULL) {
            return false;
        }

        json_object_foreach((json_t *) value, name, element) {
            here = (fetch_at_t) { at, name, 0 };

            b->members[b->n].name = wismo_str_of(name);

            if (!fetch_load_member(load, &here, element, &b->members[b->n])) {
                return false;
            }

            b->n++;
        }

        return true;

    case JSON_ARRAY:
        n = json_array_size(value);
        b->members = fetch_load_alloc(load, (n + 1) * sizeof(fetch_body_t));

        if (b->members == NULL) {
            return false;
        }

        for (i = 0; i < n; i++) {
            here = (fetch_at_t) { at, NULL, (unsigned) i };

            if (!fetch_load_member(load, &here, json_array_get(value, i),
                                   &b->members[b->n]))
            {
                return false;
            }

            b->n++;
        }

        return true;

    default:
        b->literal = (json_t *) value;
        return true;
    }
}
