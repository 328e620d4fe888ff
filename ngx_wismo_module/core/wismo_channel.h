
/*
 * Copyright (C) The Wismo authors
 *
 * The rules that a wismo_notify block sets.  The module reads them to refuse
 * a slip with "nginx -t", the fetcher to go by them.
 */


#ifndef _WISMO_CHANNEL_H_INCLUDED_
#define _WISMO_CHANNEL_H_INCLUDED_


#include "wismo_notice.h"


typedef struct {
    int64_t                   gap;            /* s between two messages */
    unsigned                  daily;          /* most in 24 hours, 0: any */
    long                      brake;          /* most in an hour; 0: by what
                                                 is usual, -1: any */
    int                       quiet_from;     /* minutes of the day; equal: */
    int                       quiet_until;    /* ... none */
    bool                      links;          /* to who asks: for one order */
    int64_t                   link_gap;       /* s between two */
    unsigned                  link_daily;     /* most in 24 hours */
    unsigned                  link_hourly;    /* most in an hour, of all */
} wismo_channel_rules_t;

/*
 * Sets what one entry says; of "links" what is named.  "events" is looked at,
 * any other name is no rule and fine.  WISMO_DECLINED: err->text says what was
 * expected, and nothing is set.
 */
int wismo_channel_rule(wismo_channel_rules_t *rules, const char *name,
    const char *value, wismo_error_t *err);


#endif /* _WISMO_CHANNEL_H_INCLUDED_ */
