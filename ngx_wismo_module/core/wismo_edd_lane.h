
/*
 * Copyright (C) The Wismo authors
 *
 * Ranges ready made, in a table by lane: written by the fetcher, read by the
 * module, which answers what a product page asks.
 */


#ifndef _WISMO_EDD_LANE_H_INCLUDED_
#define _WISMO_EDD_LANE_H_INCLUDED_


#include "wismo_edd.h"


typedef enum {
    WISMO_EDD_LANE_DISTRICT = 0,      /* three places of the postcode */
    WISMO_EDD_LANE_REGION,
    WISMO_EDD_LANE_COUNTRY,
    WISMO_EDD_LANE_ANYWHERE
} wismo_edd_lane_to_e;


#define WISMO_EDD_LANE_WAYS  8
#define WISMO_EDD_FIELD_MAX  224
#define WISMO_EDD_LANE_MAX   128


/*
 * A lane has several ways to be asked for, finest first: "asked" is what is
 * left of it.  False if there is nothing left that an earlier way did not
 * have.  The destination is as wismo_edd_place_name() writes it.
 */
bool wismo_edd_lane(const wismo_edd_parcel_t *lane, unsigned way,
    wismo_edd_parcel_t *asked);

/*
 * A lane's field, at most WISMO_EDD_FIELD_MAX bytes; 0 if it has none.  Only
 * carrier, service, origin and destination count.
 */
size_t wismo_edd_lane_field(char *buf, const wismo_edd_parcel_t *lane);

/* The ranges from purchase, by weekday (0 is Sunday); at most
 * WISMO_EDD_LANE_MAX bytes. */
size_t wismo_edd_lane_write(char *buf, const wismo_edd_range_t range[7]);

/* WISMO_DECLINED for what wismo_edd_lane_write() has not written. */
int wismo_edd_lane_read(const wismo_str_t *bytes, wismo_edd_range_t range[7]);


#endif /* _WISMO_EDD_LANE_H_INCLUDED_ */
