
/*
 * Copyright (C) The Wismo authors
 *
 * The clocks of warehouses beside the table of lanes: what time it is there,
 * for whoever has no tables of zones.  Written by the fetcher, read by the
 * module.
 */


#ifndef _WISMO_EDD_ZONE_H_INCLUDED_
#define _WISMO_EDD_ZONE_H_INCLUDED_


#include "wismo_edd_days.h"


/* The field of a place, or of a warehouse's calendar; "buf" has
 * WISMO_EDD_DAYS_NAME + 3 bytes. */
size_t wismo_edd_zone_field(char *buf, const wismo_str_t *place);

/* "60 1774746000 120": minutes east of UTC, until when, and behind that. */
void wismo_edd_zone_write(wismo_out_t *out, const wismo_days_t *days,
    int64_t now);

/* The clock of the wall there at "now"; WISMO_DECLINED for what was not
 * written so. */
int wismo_edd_zone_wall(const wismo_str_t *bytes, int64_t now, int64_t *wall);


#endif /* _WISMO_EDD_ZONE_H_INCLUDED_ */
