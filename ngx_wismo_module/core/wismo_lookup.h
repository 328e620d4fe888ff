
/*
 * Copyright (C) The Wismo authors
 *
 * Looking an order up without a link: what a shopper types is brought to one
 * form, whoever typed it, and proved against MACs that stand in the document.
 *
 * A proof is a keyed MAC of factor, order and value.  Its key, the pepper, is
 * derived from the secret of signed links and never gets into Redis: a
 * postcode could be guessed from an unkeyed hash at once.  The fetcher makes
 * the proofs when it takes an order in, the module checks them.
 */


#ifndef _WISMO_LOOKUP_H_INCLUDED_
#define _WISMO_LOOKUP_H_INCLUDED_


#include "wismo_sign.h"


/* What proves that somebody may see an order; also their bits in a mask. */

typedef enum {
    WISMO_FACTOR_EMAIL = 0,
    WISMO_FACTOR_POSTCODE,
    WISMO_FACTOR_PHONE
} wismo_factor_e;

#define WISMO_FACTORS        3
#define WISMO_FACTOR_MAX     254      /* bytes of a value in its one form */
#define WISMO_PROOF_LEN      22       /* base64url of 128 bits */


/* Of an order; a proof that there is not begins with a NUL. */

typedef struct {
    char                      text[WISMO_FACTORS][WISMO_PROOF_LEN];
} wismo_proofs_t;


/* One for each key of the secret file: the first proves, all are checked. */

typedef struct {
    unsigned char             key[WISMO_KEYS_MAX][32];
    unsigned                  n;
} wismo_peppers_t;


/* "email", "postcode", "phone" */
const char *wismo_factor_name(wismo_factor_e factor);

/*
 * The one form of a value, in "buf", which has room for WISMO_FACTOR_MAX
 * bytes; 0 if the text is no such thing.  Case, spaces of all kinds, dashes,
 * full-width and Arabic digits don't matter; nor does the country before a
 * postcode or a phone number.
 */
size_t wismo_factor_form(wismo_factor_e factor, const wismo_str_t *text,
    char *buf);

/*
 * An order's number as the shop writes it: without "#", spaces and words such
 * as "Order no." around it, in the shop's case, with the shop's prefix.  At
 * most WISMO_LOOKUP_NUMBER_MAX bytes, 0 if there are none or more; the
 * alphabet is the caller's to check.
 */

#define WISMO_LOOKUP_NUMBER_MAX  64

typedef enum {
    WISMO_LOOKUP_AS_TYPED = 0,
    WISMO_LOOKUP_UPPER,
    WISMO_LOOKUP_LOWER
} wismo_lookup_case_e;

size_t wismo_lookup_number(const wismo_str_t *text,
    wismo_lookup_case_e letters, const wismo_str_t *prefix, char *buf);


int wismo_peppers(const wismo_keys_t *keys, wismo_peppers_t *peppers);

/* The proofs of what an order's body says: its e-mail, postcode and phone. */
int wismo_proofs_make(const wismo_peppers_t *peppers,
    const wismo_str_t *order, const json_t *body, wismo_proofs_t *proofs);

/*
 * The factors among "factors" that "typed" proves, as bits (1 << factor).
 * The work is the same whether there are proofs (NULL: the order is unknown),
 * whether one is right, and which.  0 also if libcrypto fails.
 */
unsigned wismo_proofs_check(const wismo_peppers_t *peppers,
    const wismo_proofs_t *proofs, const wismo_str_t *order,
    const wismo_str_t *typed, unsigned factors);

/* "49" for "DE"; NULL if the country is none that is known. */
const char *wismo_calling_code(const wismo_str_t *country);

/* The length of the calling code that digits begin with. */
size_t wismo_calling_code_len(const char *digits, size_t n);


#endif /* _WISMO_LOOKUP_H_INCLUDED_ */
