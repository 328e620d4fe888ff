
/*
 * Copyright (C) The Wismo authors
 *
 * Text messages: what they cost, and numbers as carriers of them want them.
 */


#ifndef _FETCH_SMS_H_INCLUDED_
#define _FETCH_SMS_H_INCLUDED_


#include "wismo_core.h"


/*
 * The messages that a text takes on the air (3GPP TS 23.038, 23.040): one of
 * 160 letters of GSM 7, or of 70 of UCS-2 if one is not among them; of longer
 * texts parts of 153 or 67.
 */

typedef struct {
    unsigned                  segments;
    unsigned                  units;          /* septets, or UTF-16 units */
    bool                      ucs2;
} fetch_sms_size_t;

void fetch_sms_size(const wismo_str_t *text, fetch_sms_size_t *size);

/*
 * A number as E.164 has it, "+431234567", in the pool.  WISMO_DECLINED if it
 * has no country's code: which is meant can't be known.
 */
int fetch_sms_number(wismo_pool_t *pool, const wismo_str_t *text,
    wismo_str_t *number);


#endif /* _FETCH_SMS_H_INCLUDED_ */
