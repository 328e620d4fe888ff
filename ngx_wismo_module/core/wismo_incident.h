
/*
 * Copyright (C) The Wismo authors
 *
 * Incidents: a strike, a flooded depot, a customs system that is down.  The
 * shop declares one for a carrier, a region and a time, and it shows on every
 * page it touches (docs/incidents.md).  No order is changed for it.
 */


#ifndef _WISMO_INCIDENT_H_INCLUDED_
#define _WISMO_INCIDENT_H_INCLUDED_


#include "wismo_json.h"
#include "wismo_order.h"


#define WISMO_INCIDENTS_MAX       64
#define WISMO_INCIDENTS_BYTES     65536   /* of all */
#define WISMO_INCIDENT_TEXT_MAX   400     /* bytes, of one language */
#define WISMO_INCIDENT_LANGS_MAX  32


typedef struct {
    wismo_str_t               id;
    wismo_str_t               carrier;    /* empty: any */
    wismo_str_t               to;         /* a place; empty: anywhere */
    int64_t                   from;
    int64_t                   until;
    const wismo_json_t       *text;       /* language: message */
    const wismo_json_t       *json;       /* all of it */
} wismo_incident_t;


typedef struct {
    wismo_incident_t          incident[WISMO_INCIDENTS_MAX];
    unsigned                  n;
} wismo_incidents_t;


/*
 * The stored text: an array of objects.  Empty is none.  WISMO_DECLINED: it is
 * no such text, and there are none then.  Strings stay in "bytes".
 */
int wismo_incidents_read(wismo_pool_t *pool, const wismo_str_t *bytes,
    wismo_incidents_t *incidents, wismo_error_t *err);

/*
 * What tells one set of active incidents from another: 0 for none.  *next is
 * when it will be another one by time alone, or INT64_MAX.
 */
uint32_t wismo_incidents_active(const wismo_incidents_t *incidents,
    int64_t now, int64_t *next);

bool wismo_incident_is_active(const wismo_incident_t *incident,
    int64_t now);

/*
 * Whether it touches an order whose view this is.  Where it goes is known from
 * the full view alone, and told to nobody else: in the minimal one an incident
 * of a region touches none.
 */
bool wismo_incident_touches(const wismo_incident_t *incident,
    const wismo_json_t *order, bool full);

/*
 * What tells the active incidents that touch an order from others: 0 if none
 * does.  It is the end of a page's version while it is open (wismo_live.h).
 */
uint32_t wismo_incidents_mark(const wismo_incidents_t *incidents,
    int64_t now, const wismo_json_t *order, bool full);

/* The message in a language, "de" for "de-AT", else in English, else in the
 * first one there is. */
wismo_str_t wismo_incident_text(const wismo_incident_t *incident,
    const wismo_str_t *lang);

/*
 * Appends ,"incidents":[...] with those that touch the order, or nothing.
 * What is appended goes before the view's last brace.
 */
void wismo_incidents_out(wismo_out_t *out,
    const wismo_incidents_t *incidents, int64_t now,
    const wismo_json_t *order, bool full);

/* One as it is stored. */
void wismo_incident_out(wismo_out_t *out, const wismo_incident_t *incident);


#endif /* _WISMO_INCIDENT_H_INCLUDED_ */
