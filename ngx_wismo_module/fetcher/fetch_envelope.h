
/*
 * Copyright (C) The Wismo authors
 *
 * The body of a letter as it stands in the inbox and with the dead letters,
 * and a sample of a reply: sealed where contact data is.
 */


#ifndef _FETCH_ENVELOPE_H_INCLUDED_
#define _FETCH_ENVELOPE_H_INCLUDED_


#include "fetch_letter.h"


/* A letter as an entry of a stream has it, all but its id and time; "first"
 * is the id that it had before it was read again, or empty. */
void fetch_envelope_fields(const redisReply *fields, fetch_letter_t *letter,
    wismo_str_t *first);

/*
 * Opens a letter's body, which is its own text if it is not sealed.
 * WISMO_DECLINED: it can't be opened, err->text tells why and what to do.
 * With a key that nobody has heard of, the file is read again, as it may have
 * changed since.
 */
int fetch_envelope_open(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_box_name_t *name, const wismo_str_t *body, wismo_str_t *text,
    wismo_error_t *err);

/* The name of the key that a body is sealed with and that is not there. */
bool fetch_envelope_lacks(const fetch_config_t *conf, const wismo_str_t *body,
    wismo_str_t *kid);

/*
 * Seals what is not sealed yet with the first key, if anything is sealed at
 * all.  WISMO_DECLINED: it ought to be, and there is no key.
 */
int fetch_envelope_seal(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_box_name_t *name, const wismo_str_t *text,
    wismo_str_t *body);

/* The same letter with its body opened; FETCH_LETTER_DONE, or what is to
 * become of it, with "why". */
fetch_letter_e fetch_envelope_letter(const fetch_config_t *conf,
    wismo_pool_t *pool, const fetch_letter_t *letter, fetch_letter_t *opened,
    char *why, size_t size);

wismo_box_name_t fetch_envelope_name(const fetch_letter_t *letter);


/* Samples of a carrier or a shop; the first key, as contact data is sealed. */

int fetch_envelope_sample(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *carrier, const wismo_str_t *text, wismo_str_t *record);
int fetch_envelope_sample_open(const fetch_config_t *conf, wismo_pool_t *pool,
    const wismo_str_t *carrier, const wismo_str_t *record, wismo_str_t *text,
    wismo_error_t *err);


#endif /* _FETCH_ENVELOPE_H_INCLUDED_ */
