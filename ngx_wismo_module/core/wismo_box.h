
/*
 * Copyright (C) The Wismo authors
 *
 * Sealed letters: whoever has the public key can seal, and only whoever has
 * the secret of wismo_contact_key_file can open.  nginx's workers seal what
 * they put into the inbox and can't read it again; the fetcher opens it.
 */


#ifndef _WISMO_BOX_H_INCLUDED_
#define _WISMO_BOX_H_INCLUDED_


#include "wismo_sign.h"


#define WISMO_BOX_KEY        32               /* of X25519 */
#define WISMO_BOX_KEPT       256              /* senders that are remembered */


/* What a letter says in the open, and is sealed together with. */

typedef struct {
    wismo_str_t               kind;
    wismo_str_t               order;
    wismo_str_t               carrier;
    wismo_str_t               headers;
} wismo_box_name_t;


/* The public key of a secret, and its name. */

typedef struct {
    char                      kid[WISMO_KID_MAX];
    size_t                    len;
    unsigned char             key[WISMO_BOX_KEY];
} wismo_box_key_t;

/* Of the first one. */
int wismo_box_key(const wismo_keys_t *keys, wismo_box_key_t *key);


/* Whoever seals: one for each process, all zeroes at first. */

typedef struct {
    wismo_box_key_t           to;
    unsigned char             from[WISMO_BOX_KEY];    /* ephemeral, public */
    unsigned char             shared[WISMO_BOX_KEY];
    int64_t                   until;                  /* s */
} wismo_box_t;

/*
 * Agrees on a secret with "to" if that is another key than before, or if the
 * last time is more than a minute ago: two operations of the curve, while a
 * letter itself costs none.  "now" is in seconds.
 */
int wismo_box_ready(wismo_box_t *box, const wismo_box_key_t *to, int64_t now);

/*
 * The body as it is stored (docs/privacy.md):
 *
 *   "WL1 <kid>" LF, 32 bytes of public key, 16 of salt, the text encrypted
 *   with AES-256-GCM, 16 bytes of tag
 */
int wismo_box_seal(wismo_pool_t *pool, const wismo_box_t *box,
    const wismo_box_name_t *name, const wismo_str_t *text,
    wismo_str_t *body);


/* Whoever opens. */

typedef struct {
    struct {
        wismo_box_key_t       public;
        unsigned char         private[WISMO_BOX_KEY];
    } keys[WISMO_KEYS_MAX];

    unsigned                  n;

    /* an agreement costs more than all else, and holds for many letters */

    struct {
        unsigned              key;                    /* its place, from 1 */
        unsigned char         from[WISMO_BOX_KEY];
        unsigned char         shared[WISMO_BOX_KEY];
    } kept[WISMO_BOX_KEPT];

    unsigned                  next;
} wismo_box_opener_t;

/* With all keys of the file. */
int wismo_box_opener(wismo_box_opener_t *opener, const wismo_keys_t *keys);
void wismo_box_opener_done(wismo_box_opener_t *opener);

/* The key's name, empty if it is damaged; false if the body is not sealed. */
bool wismo_box_kid(const wismo_str_t *body, wismo_str_t *kid);

/* Is there a key of that name? */
bool wismo_box_has(const wismo_box_opener_t *opener, const wismo_str_t *kid);

/*
 * A body that is not sealed is its own text.  WISMO_DECLINED: there is no
 * such key, or it is not what was sealed with that name; err->text says
 * which, and what to do, without a word of the letter.
 */
int wismo_box_open(wismo_pool_t *pool, wismo_box_opener_t *opener,
    const wismo_box_name_t *name, const wismo_str_t *body, wismo_str_t *text,
    wismo_error_t *err);


#endif /* _WISMO_BOX_H_INCLUDED_ */
