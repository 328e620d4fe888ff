
/*
 * Copyright (C) The Wismo authors
 *
 * The one status vocabulary: 16 statuses, their sub-statuses, and what
 * follows from each (who acts next, how bad it is, how far along it is, and
 * whether it is final).  A table and look-ups, nothing else.  Mapping from
 * carriers' codes is data, in carriers/ and the adapter engine.
 */


#ifndef _WISMO_STATUS_H_INCLUDED_
#define _WISMO_STATUS_H_INCLUDED_


#include "wismo_core.h"


typedef enum {
    WISMO_STATUS_NONE = 0,            /* a note: never changes the status */
    WISMO_UNKNOWN,
    WISMO_ORDERED,
    WISMO_LABEL_CREATED,
    WISMO_PICKED_UP,
    WISMO_IN_TRANSIT,
    WISMO_OUT_FOR_DELIVERY,
    WISMO_READY_FOR_PICKUP,
    WISMO_ATTEMPT_FAILED,
    WISMO_DELAYED,
    WISMO_ON_HOLD,
    WISMO_FAILED,
    WISMO_RETURNING,
    WISMO_RETURNED,
    WISMO_DELIVERED,
    WISMO_CANCELLED,
    WISMO_EXPIRED
} wismo_status_e;


typedef enum {
    WISMO_ACT_NOBODY = 0,
    WISMO_ACT_RECIPIENT,
    WISMO_ACT_MERCHANT,
    WISMO_ACT_CARRIER
} wismo_act_e;


typedef enum {
    WISMO_GREEN = 0,
    WISMO_AMBER,
    WISMO_RED
} wismo_severity_e;


/*
 * Milestones: 0 ordered, 1 handed over, 2 in transit, 3 out for delivery or
 * ready to collect, 4 delivered.  -1: keeps the last one reached.
 */

#define WISMO_MILESTONES     5


typedef struct {
    wismo_status_e        status;
    const char           *name;       /* "in_transit" */
    const char           *sub;        /* "departed_facility" */
    wismo_act_e           act;
    wismo_severity_e      severity;
    int                   milestone;
    bool                  final;
    bool                  calc;       /* raised by our clock only */
} wismo_substatus_t;


/*
 * Rows by number, those of the table and behind them that of notes; NULL if
 * there is none.  A number is good as long as the vocabulary is the same.
 */
const wismo_substatus_t *wismo_substatus_row(unsigned n);
unsigned wismo_substatus_number(const wismo_substatus_t *row);

/*
 * Rows are static: they are compared by address and never freed.  An empty
 * or unknown sub-status gives the first row of the status, its general one;
 * an unknown status gives NULL.  "note" names the row of events that never
 * change a status; it stands outside the table.
 */
const wismo_substatus_t *wismo_substatus(const wismo_str_t *status,
    const wismo_str_t *sub);
const wismo_substatus_t *wismo_substatus_of(wismo_status_e status);
const wismo_substatus_t *wismo_substatus_note(void);

/* All rows but the note, ended by one with a NULL name. */
const wismo_substatus_t *wismo_substatus_table(void);

const char *wismo_act_name(wismo_act_e act);
const char *wismo_severity_name(wismo_severity_e severity);


/* Who has the parcel when it is delivered. */

typedef enum {
    WISMO_TO_NONE = 0,
    WISMO_TO_RECIPIENT,
    WISMO_TO_HOUSEHOLD,
    WISMO_TO_NEIGHBOUR,
    WISMO_TO_SAFE_PLACE,
    WISMO_TO_MAILBOX,
    WISMO_TO_LOCKER,
    WISMO_TO_RECEPTION,
    WISMO_TO_RETURNED_TO_SENDER
} wismo_to_e;


const char *wismo_to_name(wismo_to_e to);      /* NULL for NONE */
wismo_to_e wismo_to_of(const wismo_str_t *name);


#endif /* _WISMO_STATUS_H_INCLUDED_ */
