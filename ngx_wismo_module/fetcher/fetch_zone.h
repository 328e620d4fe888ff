
/*
 * Copyright (C) The Wismo authors
 *
 * The clock at a place: its zone, or the zones it may have, by the system's
 * tables and those of the core (wismo_regions.h), its weekend, and whether it
 * is night there.
 */


#ifndef _FETCH_ZONE_H_INCLUDED_
#define _FETCH_ZONE_H_INCLUDED_


#include "wismo_notice.h"


#define FETCH_ZONES_MAX      32
#define FETCH_ZONE_NAME      40       /* with the zero */


typedef struct {
    char                      name[FETCH_ZONES_MAX][FETCH_ZONE_NAME];
    unsigned                  n;
} fetch_zones_t;


/*
 * Where it may be: the zones of the postcode, else of the state; else all of
 * the country; else "otherwise", which is a zone's name.
 */
void fetch_zones_of(const wismo_str_t *country, const wismo_str_t *region,
    const wismo_str_t *postcode, const char *otherwise, fetch_zones_t *zones);

/*
 * The zone of a place as orders name it, "US-HI-967": of those that it may
 * have the one of most people.  NULL: it is in no country that is known.
 */
const char *fetch_zone_of(const wismo_str_t *place, char *buf);

/* The days that people work there: bits as in wismo_days_t. */
unsigned fetch_zone_week(const wismo_str_t *place);

/* Seconds east of UTC at that time; 0 for a zone there is not. */
int32_t fetch_zone_offset(const char *name, int64_t t);

/*
 * When it is quiet in none of the zones any more, "now" if it is quiet in none
 * of them.  Where there is no such hour, the first zone counts.
 */
int64_t fetch_zones_quiet(const fetch_zones_t *zones,
    const wismo_notice_rules_t *rules, int64_t now);


#endif /* _FETCH_ZONE_H_INCLUDED_ */
