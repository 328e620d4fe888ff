
/*
 * Copyright (C) The Wismo authors
 *
 * What the files of the clock share; all others see wismo_clock.h.
 */


#ifndef _WISMO_CLOCK_INT_H_INCLUDED_
#define _WISMO_CLOCK_INT_H_INCLUDED_


#include "wismo_clock.h"


#define WISMO_CLOCK_NEVER    -1
#define WISMO_CLOCK_UNSAID   -2


typedef enum {
    WISMO_CLOCK_ANY = 0,
    WISMO_CLOCK_ABROAD,
    WISMO_CLOCK_AT_HOME
} wismo_clock_abroad_e;


/* For whom; what is empty is for all. */

typedef struct {
    wismo_str_t               brand;
    wismo_str_t               carrier;
    wismo_str_t               service;
    wismo_str_t               from;
    wismo_str_t               to;
    wismo_clock_abroad_e      abroad;
    int64_t                   limits[WISMO_CLOCK_LIMITS];
} wismo_clock_rule_t;


struct wismo_clock_s {
    wismo_clock_rule_t       *rules;      /* the defaults are the first */
    unsigned                  n;
    const wismo_calendars_t  *calendars;
};


#endif /* _WISMO_CLOCK_INT_H_INCLUDED_ */
