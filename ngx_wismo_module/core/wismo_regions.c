
/*
 * Copyright (C) The Wismo authors
 *
 * Zones of places, where a country has several: by the beginning of the
 * postcode, by the state or province (codes of ISO 3166-2, and names), and of
 * each such country that of most people.  Where two zones share a place both
 * are there, the one with more people first.  Tables, and looking into them;
 * what countries of one zone have, and what time it is there, the fetcher
 * finds in the system's own tables.
 */


#include "wismo_regions.h"


typedef struct {
    const char               *country;
    const char               *code;
    const char               *name;
    const char               *zones;      /* names in the tz database */
} wismo_region_t;

typedef struct {
    const char               *country;
    const char               *first;
    const char               *last;
    const char               *zones;
} wismo_postcodes_t;


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
    { "BR", "AC", "Acre", "America/Rio_Branco" },
    { "BR", "AL", "Alagoas", "America/Maceio" },
    { "BR", "AM", "Amazonas", "America/Manaus America/Eirunepe" },
    { "BR", "AP", "Amapá", "America/Belem" },
    { "BR", "BA", "Bahia", "America/Bahia" },
    { "BR", "CE", "Ceará", "America/Fortaleza" },
    { "BR", "DF", "Distrito Federal", "America/Sao_Paulo" },
    { "BR", "ES", "Espírito Santo", "America/Sao_Paulo" },
    { "BR", "GO", "Goiás", "America/Sao_Paulo" },
    { "BR", "MA", "Maranhão", "America/Fortaleza" },
    { "BR", "MG", "Minas Gerais", "America/Sao_Paulo" },
    { "BR", "MS", "Mato Grosso do Sul", "America/Campo_Grande" },
    { "BR", "MT", "Mato Grosso", "America/Cuiaba" },
    { "BR", "PA", "Pará", "America/Belem America/Santarem" },
    { "BR", "PB", "Paraíba", "America/Fortaleza" },
    { "BR", "PE", "Pernambuco", "America/Recife" },
    { "BR", "PI", "Piauí", "America/Fortaleza" },
    { "BR", "PR", "Paraná", "America/Sao_Paulo" },
    { "BR", "RJ", "Rio de Janeiro", "America/Sao_Paulo" },
    { "BR", "RN", "Rio Grande do Norte", "America/Fortaleza" },
    { "BR", "RO", "Rondônia", "America/Porto_Velho" },
    { "BR", "RR", "Roraima", "America/Boa_Vista" },
    { "BR", "RS", "Rio Grande do Sul", "America/Sao_Paulo" },
    { "BR", "SC", "Santa Catarina", "America/Sao_Paulo" },
    { "BR", "SE", "Sergipe", "America/Maceio" },
    { "BR", "SP", "São Paulo", "America/Sao_Paulo" },
    { "BR", "TO", "Tocantins", "America/Araguaina" },
    { "MX", "BCN", "Baja California", "America/Tijuana" },
    { "MX", "BC", "Baja California", "America/Tijuana" },
    { "MX", "BCS", "Baja California Sur", "America/Mazatlan" },
    { "MX", "CAM", "Campeche", "America/Merida" },
    { "MX", "CHH", "Chihuahua", "America/Chihuahua America/Ciudad_Juarez" },
    { "MX", "COA", "Coahuila", "America/Monterrey" },
    { "MX", "NAY", "Nayarit", "America/Mazatlan America/Bahia_Banderas" },
    { "MX", "NLE", "Nuevo León", "America/Monterrey" },
    { "MX", "NL", "Nuevo León", "America/Monterrey" },
    { "MX", "ROO", "Quintana Roo", "America/Cancun" },
    { "MX", "SIN", "Sinaloa", "America/Mazatlan" },
    { "MX", "SON", "Sonora", "America/Hermosillo" },
    { "MX", "TAM", "Tamaulipas", "America/Monterrey America/Matamoros" },
    { "MX", "YUC", "Yucatán", "America/Merida" },
    { NULL, NULL, NULL, NULL }
};


/*
 * Postcodes by their beginning, from "first" to "last", as the mails of these
 * countries give them to regions; the first row that fits counts.
 */

static const wismo_postcodes_t  wismo_postcodes[] = {
    { "AU", "02", "02", "Australia/Sydney" },
    { "AU", "08", "08", "Australia/Darwin" },
    { "AU", "1", "1", "Australia/Sydney" },
    { "AU", "288", "288", "Australia/Broken_Hill Australia/Sydney" },
    { "AU", "2", "2", "Australia/Sydney" },
    { "AU", "3", "3", "Australia/Melbourne" },
    { "AU", "4", "4", "Australia/Brisbane" },
    { "AU", "5", "5", "Australia/Adelaide" },
    { "AU", "6", "6", "Australia/Perth" },
    { "AU", "7", "7", "Australia/Hobart" },
    { "AU", "8", "8", "Australia/Melbourne" },
    { "AU", "9", "9", "Australia/Brisbane" },
    { "BR", "0", "3", "America/Sao_Paulo" },
    { "BR", "40", "48", "America/Bahia" },
    { "BR", "49", "49", "America/Maceio" },
    { "BR", "50", "56", "America/Recife" },
    { "BR", "57", "57", "America/Maceio" },
    { "BR", "58", "65", "America/Fortaleza" },
    { "BR", "660", "688", "America/Belem" },
    { "BR", "689", "689", "America/Belem" },
    { "BR", "693", "693", "America/Boa_Vista" },
    { "BR", "690", "698", "America/Manaus" },
    { "BR", "699", "699", "America/Rio_Branco" },
    { "BR", "768", "769", "America/Porto_Velho" },
    { "BR", "77", "77", "America/Araguaina" },
    { "BR", "780", "788", "America/Cuiaba" },
    { "BR", "79", "79", "America/Campo_Grande" },
    { "BR", "70", "76", "America/Sao_Paulo" },
    { "BR", "8", "9", "America/Sao_Paulo" },
    { "CA", "A", "A", "America/St_Johns America/Halifax" },
    { "CA", "B", "B", "America/Halifax" },
    { "CA", "C", "C", "America/Halifax" },
    { "CA", "E", "E", "America/Moncton" },
    { "CA", "G", "J", "America/Toronto" },
    { "CA", "K", "N", "America/Toronto" },
    { "CA", "P", "P", "America/Toronto America/Winnipeg" },
    { "CA", "R", "R", "America/Winnipeg" },
    { "CA", "S", "S", "America/Regina America/Edmonton" },
    { "CA", "T", "T", "America/Edmonton" },
    { "CA", "V", "V", "America/Vancouver America/Edmonton" },
    { "CA", "X0A", "X0A", "America/Iqaluit" },
    { "CA", "X0B", "X0C", "America/Rankin_Inlet America/Edmonton" },
    { "CA", "X", "X", "America/Edmonton" },
    { "CA", "Y", "Y", "America/Whitehorse" },
    { "ES", "35", "35", "Atlantic/Canary" },
    { "ES", "38", "38", "Atlantic/Canary" },
    { "ES", "0", "5", "Europe/Madrid" },
    { "ID", "1", "6", "Asia/Jakarta" },
    { "ID", "78", "78", "Asia/Pontianak" },
    { "ID", "73", "74", "Asia/Pontianak" },
    { "ID", "7", "8", "Asia/Makassar" },
    { "ID", "97", "99", "Asia/Jayapura" },
    { "ID", "9", "9", "Asia/Makassar" },
    { "MX", "21", "22", "America/Tijuana" },
    { "MX", "23", "23", "America/Mazatlan" },
    { "MX", "24", "24", "America/Merida" },
    { "MX", "25", "27", "America/Monterrey" },
    { "MX", "32", "32", "America/Ciudad_Juarez" },
    { "MX", "31", "33", "America/Chihuahua" },
    { "MX", "63", "63", "America/Mazatlan America/Bahia_Banderas" },
    { "MX", "64", "67", "America/Monterrey" },
    { "MX", "77", "77", "America/Cancun" },
    { "MX", "80", "82", "America/Mazatlan" },
    { "MX", "83", "85", "America/Hermosillo" },
    { "MX", "87", "89", "America/Monterrey America/Matamoros" },
    { "MX", "97", "97", "America/Merida" },
    { "MX", "0", "9", "America/Mexico_City" },
    { "PT", "90", "94", "Atlantic/Madeira" },
    { "PT", "95", "99", "Atlantic/Azores" },
    { "PT", "1", "8", "Europe/Lisbon" },
    { "RU", "236", "238", "Europe/Kaliningrad" },
    { "RU", "295", "299", "Europe/Simferopol" },
    { "RU", "400", "404", "Europe/Volgograd" },
    { "RU", "410", "413", "Europe/Saratov" },
    { "RU", "414", "416", "Europe/Astrakhan" },
    { "RU", "426", "427", "Europe/Samara" },
    { "RU", "432", "433", "Europe/Ulyanovsk" },
    { "RU", "443", "446", "Europe/Samara" },
    { "RU", "450", "457", "Asia/Yekaterinburg" },
    { "RU", "460", "462", "Asia/Yekaterinburg" },
    { "RU", "610", "613", "Europe/Kirov" },
    { "RU", "614", "629", "Asia/Yekaterinburg" },
    { "RU", "630", "633", "Asia/Novosibirsk" },
    { "RU", "634", "636", "Asia/Tomsk" },
    { "RU", "640", "641", "Asia/Yekaterinburg" },
    { "RU", "644", "646", "Asia/Omsk" },
    { "RU", "647", "648", "Asia/Krasnoyarsk" },
    { "RU", "649", "649", "Asia/Barnaul" },
    { "RU", "650", "654", "Asia/Novokuznetsk" },
    { "RU", "655", "655", "Asia/Krasnoyarsk" },
    { "RU", "656", "659", "Asia/Barnaul" },
    { "RU", "660", "663", "Asia/Krasnoyarsk" },
    { "RU", "664", "666", "Asia/Irkutsk" },
    { "RU", "667", "668", "Asia/Krasnoyarsk" },
    { "RU", "669", "671", "Asia/Irkutsk" },
    { "RU", "672", "674", "Asia/Chita" },
    { "RU", "675", "676", "Asia/Yakutsk" },
    { "RU", "677", "678", "Asia/Yakutsk Asia/Vladivostok" },
    { "RU", "679", "682", "Asia/Vladivostok" },
    { "RU", "683", "684", "Asia/Kamchatka" },
    { "RU", "685", "686", "Asia/Magadan" },
    { "RU", "687", "687", "Asia/Chita" },
    { "RU", "688", "688", "Asia/Kamchatka" },
    { "RU", "689", "689", "Asia/Anadyr" },
    { "RU", "690", "692", "Asia/Vladivostok" },
    { "RU", "693", "694", "Asia/Sakhalin" },
    { "RU", "1", "6", "Europe/Moscow" },
    { "US", "005", "005", "America/New_York" },
    { "US", "006", "009", "America/Puerto_Rico" },
    { "US", "010", "089", "America/New_York" },
    { "US", "100", "323", "America/New_York" },
    { "US", "324", "325", "America/Chicago" },
    { "US", "326", "339", "America/New_York" },
    { "US", "341", "349", "America/New_York" },
    { "US", "350", "372", "America/Chicago" },
    { "US", "373", "374", "America/New_York" },
    { "US", "375", "375", "America/Chicago" },
    { "US", "376", "379", "America/New_York" },
    { "US", "380", "397", "America/Chicago" },
    { "US", "398", "419", "America/New_York" },
    { "US", "420", "424", "America/Chicago" },
    { "US", "425", "459", "America/New_York" },
    { "US", "460", "462", "America/Indiana/Indianapolis" },
    { "US", "463", "464", "America/Chicago" },
    { "US", "465", "475", "America/Indiana/Indianapolis" },
    { "US", "476", "477", "America/Chicago" },
    { "US", "478", "479", "America/Indiana/Indianapolis" },
    { "US", "480", "497", "America/Detroit" },
    { "US", "498", "499", "America/Detroit America/Menominee" },
    { "US", "500", "575", "America/Chicago" },
    { "US", "576", "576", "America/Chicago America/Denver" },
    { "US", "577", "577", "America/Denver" },
    { "US", "580", "585", "America/Chicago" },
    { "US", "586", "586", "America/Denver" },
    { "US", "587", "588", "America/Chicago" },
    { "US", "590", "599", "America/Denver" },
    { "US", "600", "676", "America/Chicago" },
    { "US", "677", "677", "America/Chicago America/Denver" },
    { "US", "678", "689", "America/Chicago" },
    { "US", "690", "692", "America/Chicago America/Denver" },
    { "US", "693", "693", "America/Denver" },
    { "US", "700", "797", "America/Chicago" },
    { "US", "798", "798", "America/Denver America/Chicago" },
    { "US", "799", "831", "America/Denver" },
    { "US", "832", "834", "America/Boise" },
    { "US", "835", "835", "America/Los_Angeles" },
    { "US", "836", "837", "America/Boise" },
    { "US", "838", "838", "America/Los_Angeles" },
    { "US", "840", "847", "America/Denver" },
    { "US", "850", "864", "America/Phoenix" },
    { "US", "865", "865", "America/Denver America/Phoenix" },
    { "US", "870", "885", "America/Denver" },
    { "US", "889", "961", "America/Los_Angeles" },
    { "US", "967", "968", "Pacific/Honolulu" },
    { "US", "969", "969", "Pacific/Guam" },
    { "US", "970", "978", "America/Los_Angeles" },
    { "US", "979", "979", "America/Boise America/Los_Angeles" },
    { "US", "980", "994", "America/Los_Angeles" },
    { "US", "995", "999", "America/Anchorage America/Adak" },
    { NULL, NULL, NULL, NULL }
};


/* Countries of several zones, or of none: where most people live. */

static const char *const  wismo_country_zones[][2] = {
    { "AQ", "Antarctica/McMurdo" },
    { "AR", "America/Argentina/Buenos_Aires" },
    { "AU", "Australia/Sydney" },
    { "BR", "America/Sao_Paulo" },
    { "BV", "Europe/Oslo" },
    { "CA", "America/Toronto" },
    { "CD", "Africa/Kinshasa" },
    { "CL", "America/Santiago" },
    { "CN", "Asia/Shanghai" },
    { "CY", "Asia/Nicosia" },
    { "DE", "Europe/Berlin" },
    { "EC", "America/Guayaquil" },
    { "ES", "Europe/Madrid" },
    { "FM", "Pacific/Pohnpei" },
    { "GL", "America/Nuuk" },
    { "HM", "Indian/Kerguelen" },
    { "ID", "Asia/Jakarta" },
    { "KI", "Pacific/Tarawa" },
    { "KZ", "Asia/Almaty" },
    { "MH", "Pacific/Majuro" },
    { "MN", "Asia/Ulaanbaatar" },
    { "MX", "America/Mexico_City" },
    { "MY", "Asia/Kuala_Lumpur" },
    { "NZ", "Pacific/Auckland" },
    { "PF", "Pacific/Tahiti" },
    { "PG", "Pacific/Port_Moresby" },
    { "PS", "Asia/Gaza" },
    { "PT", "Europe/Lisbon" },
    { "RU", "Europe/Moscow" },
    { "TF", "Indian/Kerguelen" },
    { "UA", "Europe/Kyiv" },
    { "UM", "Pacific/Midway" },
    { "US", "America/New_York" },
    { "UZ", "Asia/Tashkent" },
    { "VN", "Asia/Ho_Chi_Minh" },
    { "XK", "Europe/Belgrade" },
    { NULL, NULL }
};


static const char *wismo_region_named(const wismo_str_t *country,
    const wismo_str_t *region);
static const char *wismo_region_of_post(const wismo_str_t *country,
    const wismo_str_t *postcode);
static bool wismo_region_same(const wismo_str_t *s, const char *text);


const char *
wismo_region_zones(const wismo_str_t *country, const wismo_str_t *region,
    const wismo_str_t *postcode)
{
    const char  *zones;

    zones = wismo_region_of_post(country, postcode);

    return zones ? zones : wismo_region_named(country, region);
}


const char *
wismo_country_zone(const wismo_str_t *country)
{
    unsigned  i;

    for (i = 0; wismo_country_zones[i][0]; i++) {
        if (wismo_str_is(country, wismo_country_zones[i][0])) {
            return wismo_country_zones[i][1];
        }
    }

    return NULL;
}


static const char *
wismo_region_of_post(const wismo_str_t *country, const wismo_str_t *postcode)
{
    char                      text[4];
    size_t                    i, n;
    unsigned char             c;
    const wismo_postcodes_t  *p;

    for (i = 0, n = 0; i < postcode->len && n < sizeof(text) - 1; i++) {
        c = postcode->data[i];

        if (c != ' ' && c != '-') {
            text[n++] = (char) (c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
        }
    }

    text[n] = '\0';

    for (p = wismo_postcodes; p->country; p++) {

        if (wismo_str_is(country, p->country) && n >= strlen(p->first)
            && strncmp(text, p->first, strlen(p->first)) >= 0
            && strncmp(text, p->last, strlen(p->last)) <= 0)
        {
            return p->zones;
        }
    }

    return NULL;
}


static const char *
wismo_region_named(const wismo_str_t *country, const wismo_str_t *region)
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
