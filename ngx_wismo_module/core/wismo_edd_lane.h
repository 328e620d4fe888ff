
/*
 * Copyright (C) The Wismo authors
 *
 * Ranges ready made, in a table by lane: written by the fetcher, read by the
 * module, which answers what a product page asks.
 */


#ifndef _WISMO_EDD_LANE_H_INCLUDED_
#define _WISMO_EDD_LANE_H_INCLUDED_


#include "wismo_edd.h"


#define WISMO_EDD_LANE_WITH  4        /* with or without service and origin */
#define WISMO_EDD_LANE_TO    4        /* district, region, country, anywhere */
#define WISMO_EDD_LANE_WAYS  (WISMO_EDD_LANE_WITH * WISMO_EDD_LANE_TO)

#define WISMO_EDD_FIELD_MAX  224
#define WISMO_EDD_LANE_MAX   128

/* The places a destination, as wismo_edd_place_name() writes it, belongs to,
 * finest first and in its memory; empty where there is none, and anywhere. */
void wismo_edd_lane_places(const wismo_str_t *destination,
    wismo_str_t places[WISMO_EDD_LANE_TO]);

/* Takes out of a lane what the way "with" leaves out. */
void wismo_edd_lane_with(wismo_edd_parcel_t *lane, unsigned with);

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
