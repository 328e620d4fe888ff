
/*
 * Copyright (C) The Wismo authors
 *
 * Zones of places within a country, by names of the tz database.
 */


#ifndef _WISMO_REGIONS_H_INCLUDED_
#define _WISMO_REGIONS_H_INCLUDED_


#include "wismo_core.h"


/*
 * The zones of a postcode, of which the beginning will do, else of a state or
 * province by its code or name, with spaces between them, that of most people
 * first.  NULL if neither is known, or the country has no more than one zone.
 */
const char *wismo_region_zones(const wismo_str_t *country,
    const wismo_str_t *region, const wismo_str_t *postcode);

/* The zone of most people in a country that has several; else NULL. */
const char *wismo_country_zone(const wismo_str_t *country);


#endif /* _WISMO_REGIONS_H_INCLUDED_ */
