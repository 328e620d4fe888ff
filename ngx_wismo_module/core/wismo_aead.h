
/*
 * Copyright (C) The Wismo authors
 *
 * AES-256-GCM, for what seals records (wismo_seal.c) and letters
 * (wismo_box.c), which own the keys and see to it that no nonce comes twice.
 */


#ifndef _WISMO_AEAD_H_INCLUDED_
#define _WISMO_AEAD_H_INCLUDED_


#include "wismo_core.h"


#define WISMO_AEAD_KEY       32
#define WISMO_AEAD_NONCE     12
#define WISMO_AEAD_TAG       16


/*
 * "out" gets the text, encrypted, and the tag, and has room for both.  What
 * is authenticated beside it are "naad" strings with a NUL between them.
 */
int wismo_aead_seal(const unsigned char key[WISMO_AEAD_KEY],
    const unsigned char nonce[WISMO_AEAD_NONCE], const wismo_str_t *aad,
    unsigned naad, const wismo_str_t *text, unsigned char *out);

/*
 * "len" bytes of text and the tag behind them; "text" has room for "len"
 * bytes.  WISMO_DECLINED: it is not what was sealed, and "text" is wiped.
 */
int wismo_aead_open(const unsigned char key[WISMO_AEAD_KEY],
    const unsigned char nonce[WISMO_AEAD_NONCE], const wismo_str_t *aad,
    unsigned naad, const unsigned char *in, size_t len, unsigned char *text);


#endif /* _WISMO_AEAD_H_INCLUDED_ */
