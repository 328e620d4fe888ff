
/*
 * Copyright (C) The Wismo authors
 *
 * An event of a stored order as views show it: what happened, when by which
 * clock, and where.
 */


#ifndef _WISMO_SCAN_H_INCLUDED_
#define _WISMO_SCAN_H_INCLUDED_


#include "wismo_json.h"
#include "wismo_status.h"
#include "wismo_time.h"


typedef struct {
    wismo_when_t              when;       /* wall and basis alone; NONE and
                                             UNKNOWN if nobody knows */
    const wismo_substatus_t  *row;        /* or NULL */
    wismo_str_t               iso;        /* the time it is told by; as empty
                                             as the rest if not said */
    wismo_str_t               description;
    wismo_str_t               place;
    bool                      returning;  /* on the way back */
} wismo_scan_t;


/*
 * An element of "events": an object, which is read into "buf", or a node of
 * the type WISMO_JSON_SCAN, which has one already.
 */
const wismo_scan_t *wismo_scan(const wismo_json_t *event, wismo_scan_t *buf);


#endif /* _WISMO_SCAN_H_INCLUDED_ */
