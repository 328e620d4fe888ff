
/*
 * Copyright (C) The Wismo authors
 *
 * Checks the parts of a file of channels/ by which the fetcher finds what a
 * service has sent.  A member that is misspelt would read nothing, for ever,
 * and nobody would be told: so each has to be one that is known, and of the
 * form that is read.  Called when nginx reads its configuration, and by the
 * doctor.
 */


#include "wismo_inbound.h"

#include <stdio.h>


#define WISMO_INBOUND_PLACES  8


typedef enum {
    WISMO_INBOUND_PLACE = 0,      /* where a value stands, or several places */
    WISMO_INBOUND_WORDS,          /* values that mean something */
    WISMO_INBOUND_POINTER,        /* to a list */
    WISMO_INBOUND_FLAG,
    WISMO_INBOUND_ANY             /* somebody else's matter */
} wismo_inbound_e;


typedef struct {
    const char               *name;
    wismo_inbound_e           form;
} wismo_inbound_member_t;


static int wismo_inbound_part(const json_t *file, const char *part,
    const wismo_inbound_member_t *members, wismo_error_t *err);
static bool wismo_inbound_form(const json_t *value, wismo_inbound_e form);
static bool wismo_inbound_place(const json_t *value);


static const wismo_inbound_member_t  wismo_inbound_messages[] = {
    { "verify", WISMO_INBOUND_ANY },
    { "answer", WISMO_INBOUND_ANY },
    { "get", WISMO_INBOUND_FLAG },
    { "from", WISMO_INBOUND_PLACE },
    { "text", WISMO_INBOUND_PLACE },
    { "at", WISMO_INBOUND_PLACE },
    { NULL, 0 }
};

static const wismo_inbound_member_t  wismo_inbound_receipts[] = {
    { "each", WISMO_INBOUND_POINTER },
    { "ref", WISMO_INBOUND_PLACE },
    { "id", WISMO_INBOUND_PLACE },
    { "to", WISMO_INBOUND_PLACE },
    { "status", WISMO_INBOUND_PLACE },
    { "error", WISMO_INBOUND_PLACE },
    { "delivered", WISMO_INBOUND_WORDS },
    { "failed", WISMO_INBOUND_WORDS },
    { "complaint", WISMO_INBOUND_WORDS },
    { "invalid", WISMO_INBOUND_WORDS },
    { "temporary", WISMO_INBOUND_WORDS },
    { "later", WISMO_INBOUND_WORDS },
    { NULL, 0 }
};

static const char  *const wismo_inbound_expected[] = {
    "expected the name of a field, a JSON pointer, \"?name\" of the query, or "
    "a list of such",
    "expected a list of texts",
    "expected a JSON pointer that leads to a list, \"\" for all of it",
    "expected true or false"
};


int
wismo_inbound_check(const json_t *file, wismo_error_t *err)
{
    json_t  *inbound, *receipts;

    inbound = json_object_get(file, "inbound");
    receipts = json_object_get(file, "receipts");

    if (wismo_inbound_part(file, "inbound", wismo_inbound_messages, err)
        != WISMO_OK
        || wismo_inbound_part(file, "receipts", wismo_inbound_receipts, err)
           != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (receipts && json_object_get(receipts, "status") == NULL) {
        wismo_error_set(err, "/receipts/status", "expected where it stands "
                        "what became of a message");
        return WISMO_DECLINED;
    }

    if (receipts
        && json_object_get(receipts, "ref") == NULL
        && json_object_get(receipts, "to") == NULL)
    {
        wismo_error_set(err, "/receipts/ref", "expected where the reference "
                        "stands, or in \"to\" the address: a report says "
                        "else of no message");
        return WISMO_DECLINED;
    }

    if (inbound
        && (json_object_get(inbound, "from") == NULL)
           != (json_object_get(inbound, "text") == NULL))
    {
        wismo_error_set(err, "/inbound", "expected \"from\" and \"text\", or "
                        "neither where people send nothing");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static int
wismo_inbound_part(const json_t *file, const char *part,
    const wismo_inbound_member_t *members, wismo_error_t *err)
{
    char                           at[128];
    json_t                        *object, *value;
    const char                    *name;
    const wismo_inbound_member_t  *m;

    object = json_object_get(file, part);

    if (object == NULL) {
        return WISMO_OK;
    }

    if (!json_is_object(object)) {
        (void) snprintf(at, sizeof(at), "/%s", part);
        wismo_error_set(err, at, "expected an object");
        return WISMO_DECLINED;
    }

    json_object_foreach(object, name, value) {

        (void) snprintf(at, sizeof(at), "/%s/%.80s", part, name);

        for (m = members; m->name; m++) {
            if (strcmp(m->name, name) == 0) {
                break;
            }
        }

        if (m->name == NULL) {
            wismo_error_set(err, at, "there is no such member");
            return WISMO_DECLINED;
        }

        if (!wismo_inbound_form(value, m->form)) {
            wismo_error_set(err, at, "%s", wismo_inbound_expected[m->form]);
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


static bool
wismo_inbound_form(const json_t *value, wismo_inbound_e form)
{
    size_t   i;
    json_t  *one;

    switch (form) {

    case WISMO_INBOUND_PLACE:

        if (!json_is_array(value)) {
            return wismo_inbound_place(value);
        }

        json_array_foreach(value, i, one) {
            if (i == WISMO_INBOUND_PLACES || !wismo_inbound_place(one)) {
                return false;
            }
        }

        return i != 0;

    case WISMO_INBOUND_WORDS:

        json_array_foreach(value, i, one) {
            if (json_string_length(one) == 0) {
                return false;
            }
        }

        return json_is_array(value);

    case WISMO_INBOUND_POINTER:
        return json_is_string(value)
               && (json_string_length(value) == 0
                   || json_string_value(value)[0] == '/');

    case WISMO_INBOUND_FLAG:
        return json_is_boolean(value);

    default:
        return true;
    }
}


static bool
wismo_inbound_place(const json_t *value)
{
    const char  *text;

    text = json_string_value(value);

    return text && *text && strcmp(text, "?") != 0 && strcmp(text, "/") != 0;
}
