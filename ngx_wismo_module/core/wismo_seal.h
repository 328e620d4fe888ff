
/*
 * Copyright (C) The Wismo authors
 *
 * What names and reaches a person, as it is stored: sealed with a key of its
 * own, and found again by a keyed MAC of the address, without the address.
 * The fetcher and the operator's calls are the only ones that do either.
 */


#ifndef _WISMO_SEAL_H_INCLUDED_
#define _WISMO_SEAL_H_INCLUDED_


#include "wismo_lookup.h"


/*
 * A record: "WP1 <kid>" LF, 12 bytes of nonce, the text encrypted with
 * AES-256-GCM, 16 bytes of tag.  The key is made from the secret and the name
 * under which the record is stored, which is authenticated, too: a record
 * that was copied under another name does not open.  What does not begin like
 * this is a text that was stored before there was a key.
 */

/* The key's name, which the record tells; false if it is not sealed. */
bool wismo_seal_kid(const wismo_str_t *record, wismo_str_t *kid);

/* With the first key. */
int wismo_seal(wismo_pool_t *pool, const wismo_keys_t *keys,
    const wismo_str_t *name, const wismo_str_t *text, wismo_str_t *record);

/*
 * A record that is not sealed is its own text.  WISMO_DECLINED: there is no
 * such key, or the record is not what was written; err->text says which, and
 * what to do, without a word of the record.
 */
int wismo_unseal(wismo_pool_t *pool, const wismo_keys_t *keys,
    const wismo_str_t *name, const wismo_str_t *record, wismo_str_t *text,
    wismo_error_t *err);


/*
 * Keys of the index by which a person's orders are found, one for each key of
 * a secret file: the first one writes, all look.  "id" tells them apart and
 * nothing else about them.
 */

#define WISMO_CONTACT_ID     8
#define WISMO_CONTACT_MAC    16       /* base64url of 96 bits */

typedef struct {
    unsigned char             key[WISMO_KEYS_MAX][32];
    char                      id[WISMO_KEYS_MAX][WISMO_CONTACT_ID + 1];
    unsigned                  n;
} wismo_contact_keys_t;

int wismo_contact_keys(const wismo_keys_t *keys, wismo_contact_keys_t *ck);

/* Of an address in its one form (wismo_factor_form()), by key "i". */
int wismo_contact_mac(const wismo_contact_keys_t *ck, unsigned i,
    wismo_factor_e factor, const char *form, size_t len,
    char mac[WISMO_CONTACT_MAC]);

/*
 * Of all addresses in an order's body, by the first key, with a space between
 * them; "buf" has room for WISMO_CONTACT_MACS bytes.  0 if there are none, or
 * no key.
 */

#define WISMO_CONTACT_MACS   (2 * WISMO_CONTACT_MAC + 1)

size_t wismo_contact_macs(const wismo_contact_keys_t *ck, const json_t *body,
    char *buf);

/* What the body says: the customer's address or number, empty if nothing. */
wismo_str_t wismo_contact_said(const json_t *body, wismo_factor_e factor);


#endif /* _WISMO_SEAL_H_INCLUDED_ */
