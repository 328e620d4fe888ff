
/*
 * Copyright (C) The Wismo authors
 *
 * Which way a parcel goes, and what that makes of its status
 * (docs/returns.md): the vocabulary is that of parcels on their way to the
 * shopper, and what is good or to be done is another thing on the way back.
 */


#ifndef _WISMO_LEG_H_INCLUDED_
#define _WISMO_LEG_H_INCLUDED_


#include "wismo_core.h"
#include "wismo_status.h"


/* The shop says it; a carrier that turns a parcel back does not change it. */

typedef enum {
    WISMO_LEG_OUTBOUND = 0,           /* to the shopper */
    WISMO_LEG_RETURN                  /* what the shopper sends back */
} wismo_leg_e;


/* What a shopper is told of a return; the words have one of each. */

typedef enum {
    WISMO_RETURN_REGISTERED = 0,
    WISMO_RETURN_SENT,
    WISMO_RETURN_MOVING,
    WISMO_RETURN_LATE,
    WISMO_RETURN_PROBLEM,
    WISMO_RETURN_RECEIVED,
    WISMO_RETURN_REFUNDED,
    WISMO_RETURN_CANCELLED,
    WISMO_RETURN_STATES
} wismo_return_e;


/*
 * Milestones of a return: 0 registered, 1 sent back, 2 on its way, 3 received
 * by the shop.
 */

#define WISMO_RETURN_STEPS   3


const char *wismo_leg_name(wismo_leg_e leg);

/* False: the name is that of no leg. */
bool wismo_leg_of(const wismo_str_t *name, wismo_leg_e *leg);

/* As the row says on the way out. */
wismo_severity_e wismo_leg_severity(wismo_leg_e leg,
    const wismo_substatus_t *row);
wismo_act_e wismo_leg_act(wismo_leg_e leg, const wismo_substatus_t *row);

wismo_return_e wismo_return_of(const wismo_substatus_t *row);
const char *wismo_return_name(wismo_return_e state);

/* A row that the state is told of, for what shows how it looks. */
const wismo_substatus_t *wismo_return_sample(wismo_return_e state);

/* Whether what the row's words say of a scan is true on the way back, too. */
bool wismo_return_scan(const wismo_substatus_t *row);


#endif /* _WISMO_LEG_H_INCLUDED_ */
