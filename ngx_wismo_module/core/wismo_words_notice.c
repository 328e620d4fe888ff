
/*
 * Copyright (C) The Wismo authors
 *
 * What notices are headed with, where that is not the status of the order or
 * of the parcel.  Called when words are loaded, and by wismo_view_notice.c.
 *
 * A kind is here if its news is in no status: that all of several parcels are
 * there, or that a date has moved.
 */


#include "wismo_words_int.h"

#include <stdio.h>


static const char *const  wismo_words_notice_names[] = {
    "order_confirmed", "shipped", "partially_shipped", "estimate_changed",
    "predicted_late", "arriving_tomorrow", "arriving_today",
    "all_delivered", WISMO_NOTICE_LINK, NULL
};


int
wismo_words_notices(wismo_catalogue_t *c, wismo_words_t *words)
{
    char         path[64];
    unsigned     i;
    wismo_str_t  text;

    for (i = 0; wismo_words_notice_names[i]; i++) {
        (void) snprintf(path, sizeof(path), "notices.%s",
                        wismo_words_notice_names[i]);

        if (wismo_words_text(c, path, &text) != WISMO_OK) {
            return WISMO_DECLINED;
        }
    }

    words->notices = wismo_json_get(c->json, "notices");

    return WISMO_OK;
}
