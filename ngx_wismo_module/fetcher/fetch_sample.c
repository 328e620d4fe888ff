
/*
 * Copyright (C) The Wismo authors
 *
 * An order that nobody made, in any state: for "wismo preview" and "wismo
 * notify", which show how things look.
 */


#include "fetch_sample.h"

#include <string.h>


static void fetch_sample_time(time_t t, char *buf);


/* What views hold is said in docs/document.md. */

void
fetch_sample_json(const wismo_substatus_t *row, time_t now, wismo_out_t *out)
{
    int     i;
    char    t[5][32], due[32];
    bool    open;

    static const struct {
        const char  *status;
        const char  *substatus;
        const char  *text;
        const char  *place;
    } events[] = {
        { "label_created", "announced", "Shipment information received",
          "Antwerp, BE" },
        { "picked_up", "collected", "Picked up", "Antwerp, BE" },
        { "in_transit", "arrived_facility", "Arrived at sorting centre",
          "Brussels, BE" },
    };

    for (i = 0; i < 5; i++) {
        fetch_sample_time(now - (time_t) (i + 1) * 50000, t[i]);
    }

    fetch_sample_time(now + 86400, due);
    due[10] = '\0';

    open = row->milestone > 0 && !row->final
           && row->status != WISMO_RETURNING;

    wismo_out_printf(out, "{\"order\":\"1001\",\"view\":\"full\","
                     "\"version\":1,\"status\":\"%s\",\"substatus\":\"%s\","
                     "\"severity\":\"%s\",\"milestone\":%d,"
                     "\"placed_at\":\"%s\",\"city\":\"Ghent\","
                     "\"country\":\"BE\",\"items\":[{\"id\":\"a\",\"name\":"
                     "\"Walking shoes, size 42\",\"quantity\":1},{\"id\":"
                     "\"b\",\"name\":\"Wool socks\",\"quantity\":3}],"
                     "\"parcels_total\":1,\"parcels_delivered\":%d,",
                     row->name, row->sub, wismo_severity_name(row->severity),
                     row->milestone, t[4], row->status == WISMO_DELIVERED);

    if (open) {
        wismo_out_printf(out, "\"estimate\":{\"date\":\"%s\","
                         "\"basis\":\"date\"},", due);
    }

    if (row->milestone == 0) {
        wismo_out_text(out, "\"parcels\":[]}");
        return;
    }

    wismo_out_printf(out, "\"parcels\":[{\"carrier\":\"ups\",\"status\":"
                     "\"%s\",\"substatus\":\"%s\",\"milestone\":%d,"
                     "\"tracking_number\":\"1Z999AA10123456784\","
                     "\"tracking_url\":\"https://carrier.example/\","
                     "\"source\":\"poll\",\"checked_at\":\"%s\","
                     "\"last_event_at\":\"%s\",", row->name, row->sub,
                     row->milestone, t[0], t[0]);

    if (open) {
        wismo_out_printf(out, "\"estimate\":{\"date\":\"%s\","
                         "\"basis\":\"date\"},", due);
    }

    wismo_out_printf(out, "\"events\":[{\"utc\":\"%s\",\"wallclock\":\"%s\","
                     "\"date\":\"%.10s\",\"basis\":\"utc\",\"status\":\"%s\","
                     "\"substatus\":\"%s\",\"description\":\"Scan\","
                     "\"place\":\"Ghent, BE\"}", t[0], t[0], t[0], row->name,
                     row->sub);

    for (i = row->milestone > 2 ? 2 : row->milestone - 1; i >= 0; i--) {
        wismo_out_printf(out, ",{\"utc\":\"%s\",\"wallclock\":\"%s\","
                         "\"date\":\"%.10s\",\"basis\":\"utc\","
                         "\"status\":\"%s\",\"substatus\":\"%s\","
                         "\"description\":\"%s\",\"place\":\"%s\"}",
                         t[3 - i], t[3 - i], t[3 - i], events[i].status,
                         events[i].substatus, events[i].text,
                         events[i].place);
    }

    wismo_out_text(out, "]}]}");
}


static void
fetch_sample_time(time_t t, char *buf)
{
    struct tm  tm;

    (void) strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
}
