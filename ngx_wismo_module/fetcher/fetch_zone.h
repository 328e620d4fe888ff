
/*
 * Copyright (C) The Wismo authors
 *
 * The clock where a parcel goes: the zones of a country, or of its state, by
 * the system's tables, and whether it is night there.
 */


#ifndef _FETCH_ZONE_H_INCLUDED_
#define _FETCH_ZONE_H_INCLUDED_


#include "wismo_notice.h"


#define FETCH_ZONES_MAX      32
#define FETCH_ZONE_NAME      40


typedef struct {
    char                      name[FETCH_ZONES_MAX][FETCH_ZONE_NAME];
    unsigned                  n;
} fetch_zones_t;


/*
 * Where it may be: those of the state, for the United States, Canada and
 * Australia if "region" names one; else all of the country; else "otherwise",
 * which is a zone's name.
 */
void fetch_zones_of(const wismo_str_t *country, const wismo_str_t *region,
    const char *otherwise, fetch_zones_t *zones);

/* Seconds east of UTC at that time; 0 for a zone there is not. */
int32_t fetch_zone_offset(const char *name, int64_t t);

/*
 * When it is quiet in none of the zones any more, "now" if it is quiet in none
 * of them.  Where there is no such hour, the first zone counts.
 */
int64_t fetch_zones_quiet(const fetch_zones_t *zones,
    const wismo_notice_rules_t *rules, int64_t now);


#endif /* _FETCH_ZONE_H_INCLUDED_ */
