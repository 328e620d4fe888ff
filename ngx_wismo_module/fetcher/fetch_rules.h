
/*
 * Copyright (C) The Wismo authors
 *
 * Whether a notice goes out now: what the channel, the order, its recipient
 * and the hour at the recipient's have to say, before and beside what the core
 * makes of the ledger (wismo_notice_judge()).
 */


#ifndef _FETCH_RULES_H_INCLUDED_
#define _FETCH_RULES_H_INCLUDED_


#include "fetch_channel.h"
#include "fetch_zone.h"


/* About one order; begins zeroed but for the first three. */

typedef struct {
    const wismo_order_t      *order;
    const wismo_str_t        *body;           /* private, may be empty */
    bool                      closed;         /* it can't be opened */

    bool                      known;          /* what follows was read */
    bool                      refused_email;  /* no consent */
    bool                      refused_sms;
    wismo_str_t               region;
    wismo_str_t               postcode;
    json_t                   *json;
} fetch_rules_t;


/* As wismo_notice_judge(), for entry "i" of a channel's own "n". */
wismo_notice_verdict_e fetch_rules_judge(fetch_rules_t *rules,
    const fetch_channel_t *channel, const wismo_notice_entry_t *entries,
    unsigned n, unsigned i, int64_t now, int64_t *until, const char **why);

void fetch_rules_done(fetch_rules_t *rules);


#endif /* _FETCH_RULES_H_INCLUDED_ */
