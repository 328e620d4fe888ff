
/*
 * Copyright (C) The Wismo authors
 *
 * The zones of states and provinces, where a country has several: those of
 * the United States, Canada and Australia, by the codes of ISO 3166-2 and by
 * their names.  A state that lies in two zones has both, the one with more
 * people first.  A table, and looking into it; the fetcher knows what time it
 * is in a zone.
 */


#include "wismo_notice.h"


typedef struct {
    const char               *country;
    const char               *code;
    const char               *name;
    const char               *zones;      /* names in the tz database */
} wismo_region_t;


static const wismo_region_t  wismo_regions[] = {
    { "US", "AL", "Alabama", "America/Chicago" },
    { "US", "AK", "Alaska", "America/Anchorage America/Adak" },
    { "US", "AZ", "Arizona", "America/Phoenix America/Denver" },
    { "US", "AR", "Arkansas", "America/Chicago" },
    { "US", "CA", "California", "America/Los_Angeles" },
    { "US", "CO", "Colorado", "America/Denver" },
    { "US", "CT", "Connecticut", "America/New_York" },
    { "US", "DE", "Delaware", "America/New_York" },
    { "US", "DC", "District of Columbia", "America/New_York" },
    { "US", "FL", "Florida", "America/New_York America/Chicago" },
    { "US", "GA", "Georgia", "America/New_York" },
    { "US", "HI", "Hawaii", "Pacific/Honolulu" },
    { "US", "ID", "Idaho", "America/Boise America/Los_Angeles" },
    { "US", "IL", "Illinois", "America/Chicago" },
    { "US", "IN", "Indiana", "America/Indiana/Indianapolis America/Chicago" },
    { "US", "IA", "Iowa", "America/Chicago" },
    { "US", "KS", "Kansas", "America/Chicago America/Denver" },
    { "US", "KY", "Kentucky", "America/New_York America/Chicago" },
    { "US", "LA", "Louisiana", "America/Chicago" },
    { "US", "ME", "Maine", "America/New_York" },
    { "US", "MD", "Maryland", "America/New_York" },
    { "US", "MA", "Massachusetts", "America/New_York" },
    { "US", "MI", "Michigan", "America/Detroit America/Menominee" },
    { "US", "MN", "Minnesota", "America/Chicago" },
    { "US", "MS", "Mississippi", "America/Chicago" },
    { "US", "MO", "Missouri", "America/Chicago" },
    { "US", "MT", "Montana", "America/Denver" },
    { "US", "NE", "Nebraska", "America/Chicago America/Denver" },
    { "US", "NV", "Nevada", "America/Los_Angeles America/Denver" },
    { "US", "NH", "New Hampshire", "America/New_York" },
    { "US", "NJ", "New Jersey", "America/New_York" },
    { "US", "NM", "New Mexico", "America/Denver" },
    { "US", "NY", "New York", "America/New_York" },
    { "US", "NC", "North Carolina", "America/New_York" },
    { "US", "ND", "North Dakota", "America/Chicago America/Denver" },
    { "US", "OH", "Ohio", "America/New_York" },
    { "US", "OK", "Oklahoma", "America/Chicago" },
    { "US", "OR", "Oregon", "America/Los_Angeles America/Boise" },
    { "US", "PA", "Pennsylvania", "America/New_York" },
    { "US", "RI", "Rhode Island", "America/New_York" },
    { "US", "SC", "South Carolina", "America/New_York" },
    { "US", "SD", "South Dakota", "America/Chicago America/Denver" },
    { "US", "TN", "Tennessee", "America/Chicago America/New_York" },
    { "US", "TX", "Texas", "America/Chicago America/Denver" },
    { "US", "UT", "Utah", "America/Denver" },
    { "US", "VT", "Vermont", "America/New_York" },
    { "US", "VA", "Virginia", "America/New_York" },
    { "US", "WA", "Washington", "America/Los_Angeles" },
    { "US", "WV", "West Virginia", "America/New_York" },
    { "US", "WI", "Wisconsin", "America/Chicago" },
    { "US", "WY", "Wyoming", "America/Denver" },
    { "CA", "AB", "Alberta", "America/Edmonton" },
    { "CA", "BC", "British Columbia", "America/Vancouver America/Edmonton" },
    { "CA", "MB", "Manitoba", "America/Winnipeg" },
    { "CA", "NB", "New Brunswick", "America/Moncton" },
    { "CA", "NL", "Newfoundland and Labrador",
      "America/St_Johns America/Halifax" },
    { "CA", "NS", "Nova Scotia", "America/Halifax" },
    { "CA", "NT", "Northwest Territories", "America/Edmonton" },
    { "CA", "NU", "Nunavut",
      "America/Iqaluit America/Rankin_Inlet America/Edmonton" },
    { "CA", "ON", "Ontario", "America/Toronto America/Winnipeg" },
    { "CA", "PE", "Prince Edward Island", "America/Halifax" },
    { "CA", "QC", "Quebec", "America/Toronto America/Halifax" },
    { "CA", "SK", "Saskatchewan", "America/Regina America/Edmonton" },
    { "CA", "YT", "Yukon", "America/Whitehorse" },
    { "AU", "ACT", "Australian Capital Territory", "Australia/Sydney" },
    { "AU", "NSW", "New South Wales",
      "Australia/Sydney Australia/Broken_Hill" },
    { "AU", "NT", "Northern Territory", "Australia/Darwin" },
    { "AU", "QLD", "Queensland", "Australia/Brisbane" },
    { "AU", "SA", "South Australia", "Australia/Adelaide" },
    { "AU", "TAS", "Tasmania", "Australia/Hobart" },
    { "AU", "VIC", "Victoria", "Australia/Melbourne" },
    { "AU", "WA", "Western Australia", "Australia/Perth" },
    { NULL, NULL, NULL, NULL }
};


static bool wismo_region_same(const wismo_str_t *s, const char *text);


const char *
wismo_region_zones(const wismo_str_t *country, const wismo_str_t *region)
{
    wismo_str_t            code;
    const wismo_region_t  *r;

    code = *region;

    /* "US-CA", as ISO 3166-2 writes it */

    if (code.len > 3 && country->len == 2 && code.data[2] == '-'
        && (code.data[0] & ~0x20) == country->data[0]
        && (code.data[1] & ~0x20) == country->data[1])
    {
        code.data += 3;
        code.len -= 3;
    }

    for (r = wismo_regions; r->country; r++) {

        if (wismo_str_is(country, r->country)
            && (wismo_region_same(&code, r->code)
                || wismo_region_same(&code, r->name)))
        {
            return r->zones;
        }
    }

    return NULL;
}


static bool
wismo_region_same(const wismo_str_t *s, const char *text)
{
    size_t    i;
    unsigned  a, b;

    if (s->len != strlen(text)) {
        return false;
    }

    for (i = 0; i < s->len; i++) {
        a = s->data[i];
        b = (unsigned char) text[i];

        if (a != b && !((a ^ b) == 0x20 && (b | 0x20) >= 'a'
                        && (b | 0x20) <= 'z'))
        {
            return false;
        }
    }

    return true;
}
