
/*
 * Copyright (C) The Wismo authors
 *
 * Telling: notices that commits have left in ledgers are taken up when they
 * are due, judged, and sent by their channels.
 */


#ifndef _FETCH_TELL_H_INCLUDED_
#define _FETCH_TELL_H_INCLUDED_


#include "fetch_commit.h"
#include "fetch_schedule.h"


#define FETCH_TELL_ORDERS    16               /* at once */


typedef struct {
    fetch_config_t           *conf;
    fetch_redis_t            *redis;
    fetch_http_t             *http;
    fetch_schedule_t          schedule;
    unsigned                  active;         /* orders being told of */
    bool                      ending;
    bool                      closed;         /* told that contact data can't
                                                 be opened */
    fetch_told_t              counts;
} fetch_teller_t;


void fetch_teller_init(fetch_teller_t *teller, fetch_config_t *conf,
    fetch_redis_t *redis, fetch_http_t *http);

/* There are channels to tell. */
bool fetch_teller_any(const fetch_teller_t *teller);

/* Claims what is due and sends it; what becomes of it is done as replies
 * come. */
int fetch_tell(fetch_teller_t *teller);

/* When there is more to do, ms. */
int64_t fetch_tell_next_at(const fetch_teller_t *teller);


#endif /* _FETCH_TELL_H_INCLUDED_ */
