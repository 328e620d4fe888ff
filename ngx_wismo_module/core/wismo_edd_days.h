
/*
 * Copyright (C) The Wismo authors
 *
 * Delivery dates by the calendar: the model's days (wismo_edd.h) as days of
 * warehouses, carriers and destinations, and back.
 */


#ifndef _WISMO_EDD_DAYS_H_INCLUDED_
#define _WISMO_EDD_DAYS_H_INCLUDED_


#include "wismo_days.h"
#include "wismo_edd.h"


/* As wismo_edd_predict(); the range is in days of the calendar. */
int wismo_edd_expect(const wismo_edd_model_t *model,
    const wismo_calendars_t *calendars, const wismo_edd_parcel_t *parcel,
    wismo_edd_stage_e stage, int64_t now, wismo_edd_range_t *range);

/* As wismo_edd_learn(); what was stated is in days of the calendar. */
int wismo_edd_remember(wismo_edd_model_t *model,
    const wismo_calendars_t *calendars, const wismo_edd_parcel_t *parcel,
    const wismo_edd_range_t *stated[WISMO_EDD_STAGES]);


/*
 * The same of a table of lanes (wismo_edd_lane.h), whose ranges by weekday are
 * in the model's days; any calendar may be NULL.
 */
void wismo_edd_table(const wismo_days_t *warehouse,
    const wismo_days_t *carrier, const wismo_days_t *destination,
    const wismo_edd_range_t table[7], int64_t purchased,
    wismo_edd_range_t *range);

/*
 * Calendars beside that table, for who has no others: a field and a text, from
 * day "from" on.  What is read may be anything, WISMO_DECLINED for what was
 * not written so; it points into "bytes", has the cut-off of day "day" and no
 * offsets.
 */

#define WISMO_EDD_DAYS_NAME  64       /* bytes of a calendar's */
#define WISMO_EDD_DAYS_MAX   370

size_t wismo_edd_days_field(char *buf, wismo_days_e kind,
    const wismo_str_t *name);
void wismo_edd_days_write(wismo_out_t *out, const wismo_days_t *days,
    int64_t from);
int wismo_edd_days_read(const wismo_str_t *bytes, int64_t day,
    wismo_days_t *days);


#endif /* _WISMO_EDD_DAYS_H_INCLUDED_ */
