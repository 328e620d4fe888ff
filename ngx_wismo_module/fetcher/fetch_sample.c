
/*
 * Copyright (C) The Wismo authors
 *
 * An order that nobody made, in any state: for "wismo preview" and "wismo
 * notify", which show how things look.
 */


#include "fetch_sample.h"

#include <string.h>


static void fetch_sample_parcel(const wismo_substatus_t *row,
    wismo_leg_e leg, time_t now, wismo_out_t *out);
static void fetch_sample_estimate(const wismo_substatus_t *row,
    wismo_leg_e leg, time_t now, wismo_out_t *out);
static void fetch_sample_time(time_t t, char *buf);


/* What views hold is said in docs/document.md. */

void
fetch_sample_json(const wismo_substatus_t *row, wismo_leg_e leg, time_t now,
    wismo_out_t *out)
{
    char                      placed[32];
    const wismo_substatus_t  *order;

    order = (leg == WISMO_LEG_RETURN) ? wismo_substatus_of(WISMO_DELIVERED)
                                      : row;

    fetch_sample_time(now - (leg == WISMO_LEG_RETURN ? 900000 : 250000),
                      placed);

    wismo_out_printf(out, "{\"order\":\"1001\",\"view\":\"full\","
                     "\"version\":1,\"status\":\"%s\",\"substatus\":\"%s\","
                     "\"severity\":\"%s\",\"milestone\":%d,"
                     "\"placed_at\":\"%s\",\"city\":\"Ghent\","
                     "\"country\":\"BE\",\"items\":[{\"id\":\"a\",\"name\":"
                     "\"Walking shoes, size 42\",\"quantity\":1},{\"id\":"
                     "\"b\",\"name\":\"Wool socks\",\"quantity\":3}],"
                     "\"parcels_total\":1,\"parcels_delivered\":%d,",
                     order->name, order->sub,
                     wismo_severity_name(order->severity), order->milestone,
                     placed, order->status == WISMO_DELIVERED);

    fetch_sample_estimate(order, WISMO_LEG_OUTBOUND, now, out);

    wismo_out_text(out, "\"parcels\":[");

    if (leg == WISMO_LEG_RETURN) {
        fetch_sample_parcel(order, WISMO_LEG_OUTBOUND, now - 600000, out);
        wismo_out_text(out, ",");
        fetch_sample_parcel(row, leg, now, out);

    } else if (row->milestone != 0) {
        fetch_sample_parcel(row, leg, now, out);
    }

    wismo_out_text(out, "]}");
}


static void
fetch_sample_parcel(const wismo_substatus_t *row, wismo_leg_e leg, time_t now,
    wismo_out_t *out)
{
    int          i, milestone;
    char         t[5][32];
    const char  *place;

    static const struct {
        const char  *status;
        const char  *substatus;
        const char  *text;
        const char  *place[2];
    } events[] = {
        { "label_created", "announced", "Shipment information received",
          { "Antwerp, BE", "" } },
        { "picked_up", "collected", "Picked up",
          { "Antwerp, BE", "Ghent, BE" } },
        { "in_transit", "arrived_facility", "Arrived at sorting centre",
          { "Brussels, BE", "Brussels, BE" } },
    };

    for (i = 0; i < 5; i++) {
        fetch_sample_time(now - (time_t) (i + 1) * 50000, t[i]);
    }

    milestone = row->milestone;

    if (leg == WISMO_LEG_RETURN) {
        milestone = (row->status == WISMO_RETURNED) ? WISMO_RETURN_STEPS
                    : (milestone < 0) ? 2 : milestone;
    }

    place = (leg == WISMO_LEG_OUTBOUND || milestone < 2) ? "Ghent, BE"
                                                         : "Antwerp, BE";

    wismo_out_printf(out, "{\"carrier\":\"ups\",\"status\":"
                     "\"%s\",\"substatus\":\"%s\",\"milestone\":%d,"
                     "\"id\":\"%s\",\"leg\":\"%s\","
                     "\"tracking_number\":\"1Z999AA1012345678%d\","
                     "\"tracking_url\":\"https://carrier.example/\","
                     "\"source\":\"poll\",\"checked_at\":\"%s\","
                     "\"last_event_at\":\"%s\",", row->name, row->sub,
                     milestone, leg == WISMO_LEG_RETURN ? FETCH_SAMPLE_RETURN
                                                        : FETCH_SAMPLE_PARCEL,
                     wismo_leg_name(leg), leg == WISMO_LEG_RETURN ? 3 : 4,
                     t[0], t[0]);

    if (leg == WISMO_LEG_RETURN) {
        wismo_out_text(out, "\"items\":[{\"id\":\"a\",\"quantity\":1}],");
    }

    fetch_sample_estimate(row, leg, now, out);

    wismo_out_printf(out, "\"events\":[{\"utc\":\"%s\",\"wallclock\":\"%s\","
                     "\"date\":\"%.10s\",\"basis\":\"utc\",\"status\":\"%s\","
                     "\"substatus\":\"%s\",\"description\":\"Scan\","
                     "\"place\":\"%s\"}", t[0], t[0], t[0], row->name,
                     row->sub, place);

    for (i = milestone > 2 ? 2 : milestone - 1; i >= 0; i--) {
        wismo_out_printf(out, ",{\"utc\":\"%s\",\"wallclock\":\"%s\","
                         "\"date\":\"%.10s\",\"basis\":\"utc\","
                         "\"status\":\"%s\",\"substatus\":\"%s\","
                         "\"description\":\"%s\",\"place\":\"%s\"}",
                         t[3 - i], t[3 - i], t[3 - i], events[i].status,
                         events[i].substatus, events[i].text,
                         events[i].place[leg]);
    }

    wismo_out_text(out, "]}");
}


static void
fetch_sample_estimate(const wismo_substatus_t *row, wismo_leg_e leg,
    time_t now, wismo_out_t *out)
{
    char  due[32];

    if (leg == WISMO_LEG_RETURN || row->milestone <= 0 || row->final
        || row->status == WISMO_RETURNING)
    {
        return;
    }

    fetch_sample_time(now + 86400, due);

    wismo_out_printf(out, "\"estimate\":{\"date\":\"%.10s\","
                     "\"basis\":\"date\"},", due);
}


static void
fetch_sample_time(time_t t, char *buf)
{
    struct tm  tm;

    (void) strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
}
