
/*
 * Copyright (C) The Wismo authors
 *
 * What a tracking number looks like: the formats of parcel services, with
 * their check digits.  A number that fits a format may still be another
 * carrier's (of all numbers with 14 digits each fits one), so this suggests
 * and never refuses: the carrier that the merchant names is the carrier.
 */


#ifndef _WISMO_NUMBER_H_INCLUDED_
#define _WISMO_NUMBER_H_INCLUDED_


#include "wismo_core.h"


#define WISMO_NUMBER_MAX          50      /* no format is that long */
#define WISMO_NUMBER_CANDIDATES   16      /* no number fits more formats */


/*
 * "carrier" is the family that the operator belongs to, "format" names one
 * of its formats, and "adapters" lists who could be asked, with spaces
 * between.  All formats of S10 items have the carrier "s10": their last two
 * letters tell who posted an item, not who delivers it.
 */

typedef struct {
    const char       *carrier;
    const char       *format;
    const char       *adapters;
} wismo_candidate_t;


/*
 * As carriers' own sites take a number: without spaces, dashes and dots, in
 * upper case, and no more than WISMO_NUMBER_MAX bytes of it.  All other bytes
 * stay.  "buf" has room for these; the length is returned.
 */
size_t wismo_number_normalise(const wismo_str_t *text, unsigned char *buf);

/*
 * The formats that a normalised number fits, check digit included, in the
 * order of the table; at most WISMO_NUMBER_CANDIDATES.  Returns how many.
 */
unsigned wismo_number_detect(const wismo_str_t *number,
    wismo_candidate_t *candidates);

/*
 * The adapter to ask about a normalised number whose carrier nobody named:
 * of those that fit the only one for which "configured" is true.
 * WISMO_DECLINED if there is none, or more than one.
 */
int wismo_number_adapter(const wismo_str_t *number,
    bool (*configured)(void *data, const wismo_str_t *name), void *data,
    wismo_str_t *adapter);


#endif /* _WISMO_NUMBER_H_INCLUDED_ */
