
/*
 * Copyright (C) The Wismo authors
 *
 * Compiles an adapter's push.verify block: a sender's way to sign is data.
 * Called when adapters are loaded, in both programs.
 *
 * It must never let a block pass that would check less than it seems to: an
 * unknown key, a time that is not signed, a digest without a secret.
 */


#include "wismo_verify.h"

#include <stdio.h>


#define WISMO_VERIFY_NAME_MAX        64
#define WISMO_VERIFY_TOLERANCE       300
#define WISMO_VERIFY_TOLERANCE_MAX   86400


static int wismo_verifier_refuse(wismo_error_t *err, const char *at,
    const char *name, const char *text);
static int wismo_verifier_known(const json_t *object, const char *at,
    const char *const *names, wismo_error_t *err);
static int wismo_verifier_text(wismo_pool_t *pool, const json_t *object,
    const char *at, const char *name, wismo_str_t *text, wismo_error_t *err);
static int wismo_verifier_header_name(wismo_pool_t *pool,
    const json_t *object, const char *at, wismo_str_t *header,
    wismo_error_t *err);
static int wismo_verifier_choice(const json_t *object, const char *at,
    const char *name, const char *const *choices, unsigned *choice,
    wismo_error_t *err);
static int wismo_verifier_jwt(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err);
static int wismo_verifier_mac(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err);
static int wismo_verifier_tolerance(const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err);
static int wismo_verifier_time(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err);
static bool wismo_verifier_same(const wismo_str_t *a, const wismo_str_t *b);
static bool wismo_verifier_parted(const wismo_str_t *name);
static int wismo_verifier_signed(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err);
static int wismo_verifier_field(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err);
static int wismo_verifier_named(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t **verifier, wismo_error_t *err);


typedef struct {
    const char  *name;
    const char  *text;
} wismo_verifier_preset_t;


/*
 * Schemes that many senders share.  Standard Webhooks 1.0.0: secrets are
 * "whsec_" and base64, or public keys "whpk_" and base64 (v1a); times are
 * believed for five minutes.  ShipEngine, now ShipStation, "Webhook
 * Validation": the keys are at https://api.shipengine.com/jwks.
 */

static const wismo_verifier_preset_t  wismo_verifier_presets[] = {
    { "standard-webhooks",
      "{\"kind\": \"hmac\", \"header\": \"webhook-signature\","
      " \"prefix\": \"v1,\", \"encoding\": \"base64\","
      " \"key\": \"base64\", \"id\": {\"header\": \"webhook-id\"},"
      " \"time\": {\"header\": \"webhook-timestamp\"},"
      " \"signed\": [\"{id}\", \".\", \"{time}\", \".\", \"{body}\"]}" },

    { "standard-webhooks-v1a",
      "{\"kind\": \"ed25519\", \"header\": \"webhook-signature\","
      " \"prefix\": \"v1a,\", \"encoding\": \"base64\","
      " \"id\": {\"header\": \"webhook-id\"},"
      " \"time\": {\"header\": \"webhook-timestamp\"},"
      " \"signed\": [\"{id}\", \".\", \"{time}\", \".\", \"{body}\"]}" },

    { "shipengine",
      "{\"kind\": \"rsa\", \"header\": \"x-shipengine-rsa-sha256-signature\","
      " \"encoding\": \"base64\","
      " \"time\": {\"header\": \"x-shipengine-timestamp\", \"form\": \"iso\"},"
      " \"signed\": [\"{time}\", \".\", \"{body}\"]}" }
};

#define WISMO_VERIFIER_PRESETS                                                \
    (sizeof(wismo_verifier_presets) / sizeof(wismo_verifier_presets[0]))


int
wismo_verifier_compile(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t **verifier, wismo_error_t *err)
{
    int                        rc;
    unsigned                   kind;
    wismo_verifier_t          *v;

    static const char *const   kinds[] = {
        "hmac", "digest", "rsa", "ed25519", "ecdsa", "jwt", "bearer", "none",
        NULL
    };

    static const char *const   of_none[] = { "kind", NULL };
    static const char *const   of_bearer[] = {
        "kind", "header", "prefix", NULL
    };
    static const char *const   of_jwt[] = {
        "kind", "header", "prefix", "body", "url", "tolerance", NULL
    };
    static const char *const   of_mac[] = {
        "kind", "header", "field", "prefix", "algorithm", "encoding", "key",
        "signed", "time", "id", "tolerance", NULL
    };
    static const char *const   of_rsa[] = {
        "kind", "header", "prefix", "algorithm", "encoding", "signed", "time",
        "id", "tolerance", NULL
    };
    static const char *const   of_ed25519[] = {
        "kind", "header", "prefix", "encoding", "signed", "time", "id",
        "tolerance", NULL
    };
    static const char *const  *known[] = {
        of_mac, of_mac, of_rsa, of_ed25519, of_rsa, of_jwt, of_bearer,
        of_none
    };

    *verifier = NULL;

    v = wismo_pcalloc(pool, sizeof(wismo_verifier_t));

    if (v == NULL) {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    if (!json_is_object(verify)) {
        wismo_error_set(err, "", "an object is expected");
        return WISMO_DECLINED;
    }

    if (json_object_get(verify, "preset")) {
        return wismo_verifier_named(pool, verify, verifier, err);
    }

    if (json_object_get(verify, "kind") == NULL) {
        return wismo_verifier_refuse(err, "", "kind", "is required");
    }

    rc = wismo_verifier_choice(verify, "", "kind", kinds, &kind, err);

    if (rc == WISMO_OK) {
        v->kind = (wismo_verify_kind_e) kind;
        rc = wismo_verifier_known(verify, "", known[kind], err);
    }

    if (rc == WISMO_OK && v->kind != WISMO_VERIFY_NONE) {
        rc = json_object_get(verify, "field")
             ? wismo_verifier_field(pool, verify, v, err)
             : wismo_verifier_header_name(pool, verify, "", &v->header, err);

        if (rc == WISMO_OK) {
            rc = wismo_verifier_text(pool, verify, "", "prefix", &v->prefix,
                                     err);
        }

        if (rc == WISMO_OK && v->kind == WISMO_VERIFY_JWT) {
            rc = wismo_verifier_jwt(pool, verify, v, err);

        } else if (rc == WISMO_OK && v->kind != WISMO_VERIFY_BEARER) {
            rc = wismo_verifier_mac(pool, verify, v, err);
        }
    }

    if (rc == WISMO_OK) {
        *verifier = v;
    }

    return rc;
}


static int
wismo_verifier_refuse(wismo_error_t *err, const char *at, const char *name,
    const char *text)
{
    char         *p, *last, pointer[sizeof(err->at)];
    const char   *s;

    /* a JSON pointer writes "~" as "~0" and "/" as "~1" */

    p = pointer;
    last = pointer + sizeof(pointer) - 2;

    for (s = at; *s && p < last; s++) {
        *p++ = *s;
    }

    if (p < last) {
        *p++ = '/';
    }

    for (s = name; *s && p < last; s++) {

        if (*s == '~' || *s == '/') {
            *p++ = '~';
            *p++ = *s == '~' ? '0' : '1';
            continue;
        }

        *p++ = *s;
    }

    *p = '\0';

    wismo_error_set(err, pointer, "%s", text);

    return WISMO_DECLINED;
}


static int
wismo_verifier_known(const json_t *object, const char *at,
    const char *const *names, wismo_error_t *err)
{
    void         *iter;
    json_t       *obj;
    unsigned      i;
    const char   *name;

    obj = (json_t *) object;

    for (iter = json_object_iter(obj);
         iter;
         iter = json_object_iter_next(obj, iter))
    {
        name = json_object_iter_key(iter);

        for (i = 0; names[i]; i++) {
            if (strcmp(names[i], name) == 0) {
                break;
            }
        }

        if (names[i] == NULL) {
            return wismo_verifier_refuse(err, at, name, "is not known here");
        }
    }

    return WISMO_OK;
}


static int
wismo_verifier_text(wismo_pool_t *pool, const json_t *object, const char *at,
    const char *name, wismo_str_t *text, wismo_error_t *err)
{
    wismo_str_t    s;
    const json_t  *value;

    wismo_str_null(text);

    value = json_object_get(object, name);

    if (value == NULL) {
        return WISMO_OK;
    }

    s.data = (unsigned char *) json_string_value(value);
    s.len = json_string_length(value);

    if (s.len == 0) {
        return wismo_verifier_refuse(err, at, name,
                                     "a string that is not empty is expected");
    }

    /* the terminator comes along */
    s.len++;

    if (wismo_pstrdup(pool, text, &s) != WISMO_OK) {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    text->len--;

    return WISMO_OK;
}


static int
wismo_verifier_header_name(wismo_pool_t *pool, const json_t *object,
    const char *at, wismo_str_t *header, wismo_error_t *err)
{
    int            rc;
    size_t         i;
    unsigned char  c;

    rc = wismo_verifier_text(pool, object, at, "header", header, err);

    if (rc != WISMO_OK) {
        return rc;
    }

    if (header->len == 0) {
        return wismo_verifier_refuse(err, at, "header", "is required");
    }

    for (i = 0; i < header->len; i++) {
        c = header->data[i];

        if (!((c >= '0' && c <= '9') || c == '-'
              || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
            || header->len > WISMO_VERIFY_NAME_MAX)
        {
            return wismo_verifier_refuse(err, at, "header",
                                         "a header's name has at most 64 "
                                         "letters, digits or \"-\"");
        }
    }

    return WISMO_OK;
}


/* An index into "choices"; the first one is the default. */

static int
wismo_verifier_choice(const json_t *object, const char *at, const char *name,
    const char *const *choices, unsigned *choice, wismo_error_t *err)
{
    char           text[128];
    size_t         len;
    unsigned       i;
    const char    *s;
    const json_t  *value;

    *choice = 0;

    value = json_object_get(object, name);

    if (value == NULL) {
        return WISMO_OK;
    }

    s = json_string_value(value);

    for (i = 0; s && choices[i]; i++) {
        if (strcmp(s, choices[i]) == 0) {
            *choice = i;
            return WISMO_OK;
        }
    }

    (void) snprintf(text, sizeof(text), "one of these is expected:");

    for (i = 0; choices[i]; i++) {
        len = strlen(text);
        (void) snprintf(text + len, sizeof(text) - len, " %s", choices[i]);
    }

    return wismo_verifier_refuse(err, at, name, text);
}


static int
wismo_verifier_jwt(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err)
{
    int  rc;

    rc = wismo_verifier_tolerance(verify, v, err);

    if (rc == WISMO_OK) {
        rc = wismo_verifier_text(pool, verify, "", "body", &v->body_claim,
                                 err);
    }

    if (rc == WISMO_OK) {
        rc = wismo_verifier_text(pool, verify, "", "url", &v->url_claim, err);
    }

    /* signed by itself it would go with any request */

    if (rc == WISMO_OK && v->body_claim.len == 0 && v->url_claim.len == 0) {
        return wismo_verifier_refuse(err, "", "body",
                                     "the claim with the hash of the body is "
                                     "expected, or \"url\" with that of the "
                                     "address");
    }

    return rc;
}


static int
wismo_verifier_mac(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err)
{
    int                       rc;
    unsigned                  algorithm, encoding, form;
    const json_t             *id;

    static const char *const  algorithms[] = {
        "sha256", "sha512", "sha1", NULL
    };
    static const char *const  of_rsa[] = { "sha256", "sha512", NULL };
    static const char *const  encodings[] = { "hex", "base64", "any", NULL };
    static const char *const  forms[] = {
        "raw", "ascii", "hex", "base64", NULL
    };
    static const char *const  of_id[] = { "header", NULL };

    rc = wismo_verifier_choice(verify, "", "algorithm",
                               wismo_verifier_public(v) ? of_rsa
                                                        : algorithms,
                               &algorithm, err);

    if (rc == WISMO_OK) {
        v->algorithm = v->kind == WISMO_VERIFY_ED25519 ? NULL
                                                       : algorithms[algorithm];
        rc = wismo_verifier_choice(verify, "", "encoding", encodings,
                                   &encoding, err);
    }

    if (rc == WISMO_OK) {
        v->encoding = (wismo_verify_encoding_e) encoding;
        rc = wismo_verifier_choice(verify, "", "key", forms, &form, err);
    }

    if (rc == WISMO_OK) {
        v->form = (wismo_verify_form_e) form;
        rc = wismo_verifier_time(pool, verify, v, err);
    }

    if (rc != WISMO_OK) {
        return rc;
    }

    id = json_object_get(verify, "id");

    if (id) {

        if (!json_is_object(id)) {
            return wismo_verifier_refuse(err, "", "id",
                                         "{\"header\": name} is expected");
        }

        rc = wismo_verifier_known(id, "/id", of_id, err);

        if (rc == WISMO_OK) {
            rc = wismo_verifier_header_name(pool, id, "/id", &v->id_header,
                                            err);
        }

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    if (wismo_verifier_same(&v->header, &v->time_header)
        || wismo_verifier_same(&v->header, &v->id_header)
        || wismo_verifier_same(&v->time_header, &v->id_header))
    {
        return wismo_verifier_refuse(err, "", "header",
                                     "signature, time and id come in headers "
                                     "of their own");
    }

    /* senders separate signatures by spaces */

    if (v->prefix.len && memchr(v->prefix.data, ' ', v->prefix.len)) {
        return wismo_verifier_refuse(err, "", "prefix",
                                     "holds no space before a signature");
    }

    return wismo_verifier_signed(pool, verify, v, err);
}


static int
wismo_verifier_tolerance(const json_t *verify, wismo_verifier_t *v,
    wismo_error_t *err)
{
    const json_t  *tolerance;

    v->tolerance = WISMO_VERIFY_TOLERANCE;

    tolerance = json_object_get(verify, "tolerance");

    if (tolerance) {
        v->tolerance = json_integer_value(tolerance);

        if (v->tolerance < 1 || v->tolerance > WISMO_VERIFY_TOLERANCE_MAX) {
            return wismo_verifier_refuse(err, "", "tolerance",
                                         "1 to 86400 seconds are expected");
        }
    }

    return WISMO_OK;
}


/* Two headers with one name: of letters, digits and "-", in any case. */

static bool
wismo_verifier_same(const wismo_str_t *a, const wismo_str_t *b)
{
    size_t  i;

    if (a->len == 0 || a->len != b->len) {
        return false;
    }

    for (i = 0; i < a->len; i++) {
        if ((a->data[i] | 0x20) != (b->data[i] | 0x20)) {
            return false;
        }
    }

    return true;
}


/* The name of a field that could never be found in its header. */

static bool
wismo_verifier_parted(const wismo_str_t *name)
{
    return memchr(name->data, '=', name->len)
           || memchr(name->data, ',', name->len)
           || memchr(name->data, ' ', name->len);
}


static int
wismo_verifier_time(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err)
{
    int                       rc;
    unsigned                  form;
    const json_t             *time, *tolerance;

    static const char *const  of_field[] = { "field", "signature", NULL };
    static const char *const  of_header[] = { "header", "form", NULL };
    static const char *const  forms[] = { "unix", "iso", NULL };

    time = json_object_get(verify, "time");
    tolerance = json_object_get(verify, "tolerance");

    rc = wismo_verifier_tolerance(verify, v, err);

    if (rc != WISMO_OK) {
        return rc;
    }

    if (tolerance && time == NULL) {
        return wismo_verifier_refuse(err, "", "tolerance",
                                     "means nothing without \"time\"");
    }

    if (time == NULL) {
        return WISMO_OK;
    }

    if (!json_is_object(time)) {
        return wismo_verifier_refuse(err, "", "time",
                                     "{\"header\": name} or {\"field\": name, "
                                     "\"signature\": name} is expected");
    }

    if (json_object_get(time, "header")) {
        rc = wismo_verifier_known(time, "/time", of_header, err);

        if (rc != WISMO_OK) {
            return rc;
        }

        rc = wismo_verifier_choice(time, "/time", "form", forms, &form, err);

        if (rc != WISMO_OK) {
            return rc;
        }

        v->time_form = (wismo_verify_time_e) form;

        return wismo_verifier_header_name(pool, time, "/time",
                                          &v->time_header, err);
    }

    rc = wismo_verifier_known(time, "/time", of_field, err);

    if (rc == WISMO_OK) {
        rc = wismo_verifier_text(pool, time, "/time", "field", &v->time_field,
                                 err);
    }

    if (rc == WISMO_OK) {
        rc = wismo_verifier_text(pool, time, "/time", "signature",
                                 &v->signature_field, err);
    }

    if (rc != WISMO_OK) {
        return rc;
    }

    if (v->time_field.len == 0) {
        return wismo_verifier_refuse(err, "/time", "field", "is required");
    }

    if (v->signature_field.len == 0) {
        return wismo_verifier_refuse(err, "/time", "signature",
                                     "is required");
    }

    if (wismo_str_eq(&v->time_field, &v->signature_field)
        || wismo_verifier_parted(&v->time_field)
        || wismo_verifier_parted(&v->signature_field))
    {
        return wismo_verifier_refuse(err, "/time", "field",
                                     "two names without \"=\", \",\" or a "
                                     "space are expected");
    }

    if (v->prefix.len) {
        return wismo_verifier_refuse(err, "", "prefix",
                                     "a header of fields has no prefix");
    }

    return WISMO_OK;
}


static int
wismo_verifier_signed(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err)
{
    int                   type;
    char                  name[8];
    size_t                i, n;
    wismo_str_t           s;
    const json_t         *list, *item;
    wismo_verify_part_t  *part;

    static const char    *placeholders[] = {
        NULL, "{body}", "{time}", "{id}", "{key}", "{url}", "{sha256}",
        "{fields}", "{pairs}"
    };

    list = json_object_get(verify, "signed");

    if (list == NULL) {
        v->nparts = 1;
        v->parts[0].type = WISMO_PART_BODY;

    } else {
        n = json_array_size(list);

        if (n == 0 || n > WISMO_VERIFY_PARTS) {
            return wismo_verifier_refuse(err, "", "signed",
                                         "a list of 1 to 8 parts is expected");
        }

        for (i = 0; i < n; i++) {
            item = json_array_get(list, i);
            part = &v->parts[v->nparts++];

            s.data = (unsigned char *) json_string_value(item);
            s.len = json_string_length(item);

            for (type = WISMO_PART_BODY; type <= WISMO_PART_PAIRS; type++) {
                if (wismo_str_is(&s, placeholders[type])) {
                    break;
                }
            }

            if (type <= WISMO_PART_PAIRS) {
                part->type = (wismo_verify_part_e) type;
                continue;
            }

            /* "{tiem}" is a slip, not a literal */

            if (s.len == 0 || s.data[0] == '{') {
                (void) snprintf(name, sizeof(name), "%u", (unsigned) i);
                return wismo_verifier_refuse(err, "/signed", name,
                                             "{body}, {time}, {id}, {key}, "
                                             "{url}, {sha256}, {fields}, "
                                             "{pairs} or a literal is "
                                             "expected");
            }

            if (wismo_pstrdup(pool, &part->text, &s) != WISMO_OK) {
                wismo_error_set(err, "", "out of memory");
                return WISMO_ERROR;
            }
        }
    }

    if (!wismo_verifier_has(v, WISMO_PART_BODY)
        && !wismo_verifier_has(v, WISMO_PART_SHA256)
        && !wismo_verifier_has(v, WISMO_PART_FIELDS)
        && !wismo_verifier_has(v, WISMO_PART_PAIRS))
    {
        return wismo_verifier_refuse(err, "", "signed",
                                     "{body} must be among the parts");
    }

    /* a signature can't cover itself */

    if (v->field.len && (wismo_verifier_has(v, WISMO_PART_BODY)
                         || wismo_verifier_has(v, WISMO_PART_SHA256)))
    {
        return wismo_verifier_refuse(err, "", "signed",
                                     "with \"field\" {fields} or {pairs} is "
                                     "expected, not the body");
    }

    if (wismo_verifier_has(v, WISMO_PART_FIELDS)
        && wismo_verifier_has(v, WISMO_PART_PAIRS))
    {
        return wismo_verifier_refuse(err, "", "signed",
                                     "one of {fields} and {pairs} is "
                                     "expected");
    }

    /* what a digest does not cover with a key, anybody can make */

    if ((v->kind == WISMO_VERIFY_DIGEST)
        != wismo_verifier_has(v, WISMO_PART_KEY))
    {
        return wismo_verifier_refuse(err, "", "signed",
                                     "{key} is a part of every digest and of "
                                     "nothing else");
    }

    /* a time or an id that is not signed proves nothing */

    if ((v->time_header.len || v->time_field.len)
        != wismo_verifier_has(v, WISMO_PART_TIME))
    {
        return wismo_verifier_refuse(err, "", "signed",
                                     "{time} and \"time\" need each other");
    }

    if ((v->id_header.len != 0) != wismo_verifier_has(v, WISMO_PART_ID)) {
        return wismo_verifier_refuse(err, "", "signed",
                                     "{id} and \"id\" need each other");
    }

    return WISMO_OK;
}


/* The signature is in the form itself, beside what it covers. */

static int
wismo_verifier_field(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t *v, wismo_error_t *err)
{
    if (json_object_get(verify, "header")) {
        return wismo_verifier_refuse(err, "", "field",
                                     "there is a \"header\", too");
    }

    return wismo_verifier_text(pool, verify, "", "field", &v->field, err);
}


bool
wismo_verifier_has(const wismo_verifier_t *v, wismo_verify_part_e type)
{
    unsigned  i;

    for (i = 0; i < v->nparts; i++) {
        if (v->parts[i].type == type) {
            return true;
        }
    }

    return false;
}


bool
wismo_verifier_signs(const wismo_verifier_t *v)
{
    return v->kind != WISMO_VERIFY_BEARER && v->kind != WISMO_VERIFY_NONE;
}


bool
wismo_verifier_public(const wismo_verifier_t *v)
{
    return v->kind == WISMO_VERIFY_RSA || v->kind == WISMO_VERIFY_ED25519
           || v->kind == WISMO_VERIFY_ECDSA;
}


const char *
wismo_verifier_preset(const char *name)
{
    unsigned  i;

    for (i = 0; i < WISMO_VERIFIER_PRESETS; i++) {
        if (strcmp(wismo_verifier_presets[i].name, name) == 0) {
            return wismo_verifier_presets[i].text;
        }
    }

    return NULL;
}


/* A block that names a preset says nothing else. */

static int
wismo_verifier_named(wismo_pool_t *pool, const json_t *verify,
    wismo_verifier_t **verifier, wismo_error_t *err)
{
    int                       rc;
    json_t                   *json;
    unsigned                  i;
    const char               *name, *text, *names[WISMO_VERIFIER_PRESETS + 1];

    static const char *const  only[] = { "preset", NULL };

    name = json_string_value(json_object_get(verify, "preset"));
    text = name ? wismo_verifier_preset(name) : NULL;

    if (text == NULL) {

        for (i = 0; i < WISMO_VERIFIER_PRESETS; i++) {
            names[i] = wismo_verifier_presets[i].name;
        }

        names[i] = NULL;

        return wismo_verifier_choice(verify, "", "preset", names, &i, err);
    }

    rc = wismo_verifier_known(verify, "", only, err);

    if (rc != WISMO_OK) {
        return rc;
    }

    json = json_loads(text, 0, NULL);

    if (json == NULL) {
        wismo_error_set(err, "", "out of memory");
        return WISMO_ERROR;
    }

    rc = wismo_verifier_compile(pool, json, verifier, err);

    json_decref(json);

    return rc;
}


const wismo_str_t *
wismo_verifier_header(const wismo_verifier_t *v)
{
    return v->header.len ? &v->header : &v->field;
}
