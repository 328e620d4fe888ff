
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


#endif /* _WISMO_EDD_DAYS_H_INCLUDED_ */
