
/*
 * Copyright (C) The Wismo authors
 *
 * A compiled verifier, as wismo_verifier.c makes and wismo_verify.c runs it.
 * No other file looks inside.
 */


#ifndef _WISMO_VERIFY_H_INCLUDED_
#define _WISMO_VERIFY_H_INCLUDED_


#include "wismo_sign.h"


#define WISMO_VERIFY_PARTS       8


typedef enum {
    WISMO_VERIFY_HMAC = 0,
    WISMO_VERIFY_DIGEST,
    WISMO_VERIFY_BEARER,
    WISMO_VERIFY_NONE
} wismo_verify_kind_e;


typedef enum {
    WISMO_ENCODING_HEX = 0,
    WISMO_ENCODING_BASE64,
    WISMO_ENCODING_ANY
} wismo_verify_encoding_e;


typedef enum {
    WISMO_FORM_RAW = 0,
    WISMO_FORM_ASCII,
    WISMO_FORM_HEX,
    WISMO_FORM_BASE64
} wismo_verify_form_e;


typedef enum {
    WISMO_PART_LITERAL = 0,
    WISMO_PART_BODY,
    WISMO_PART_TIME,
    WISMO_PART_ID,
    WISMO_PART_KEY
} wismo_verify_part_e;


typedef struct {
    wismo_verify_part_e       type;
    wismo_str_t               text;
} wismo_verify_part_t;


struct wismo_verifier_s {
    wismo_verify_kind_e       kind;
    wismo_verify_encoding_e   encoding;
    wismo_verify_form_e       form;
    const char               *algorithm;
    wismo_str_t               header;
    wismo_str_t               prefix;
    wismo_str_t               time_header;
    wismo_str_t               time_field;
    wismo_str_t               signature_field;
    wismo_str_t               id_header;
    int64_t                   tolerance;
    wismo_verify_part_t       parts[WISMO_VERIFY_PARTS];
    unsigned                  nparts;
};


#endif /* _WISMO_VERIFY_H_INCLUDED_ */
