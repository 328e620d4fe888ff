
/*
 * Copyright (C) The Wismo authors
 *
 * The formats of tracking numbers: each of them fits, with its check digit
 * and no other, and as many random numbers look like a carrier's as its
 * arithmetic says.
 */


#include "test.h"

#include "wismo_number.h"


/*
 * Numbers that were made up for this test; their check digits were computed
 * by another program than the one that is tested.  "check" is where it is.
 */

static const struct {
    const char  *number;
    const char  *carrier;
    const char  *format;
    int          check;
} numbers[] = {
    { "1ZFH1DCD3452278711", "ups", "1z", 17 },
    { "1ZJAYB701702153245", "ups", "1z", 17 },
    { "A5023645375", "ups", "waybill", 10 },
    { "H6809077250", "ups", "waybill", 10 },
    { "J7277162870", "ups", "waybill", 10 },
    { "K7901282978", "ups", "waybill", 10 },
    { "T3772380245", "ups", "waybill", 10 },
    { "V6865012446", "ups", "waybill", 10 },
    { "509455762061", "fedex", "express_12", 11 },
    { "1538862718888028178219445179292902", "fedex", "express_34", 33 },
    { "36520988797467778221006306050871", "fedex", "astra_32", 27 },
    { "278584181631349", "fedex", "ground_15", 14 },
    { "009702302076520746", "fedex", "ground_sscc_18", 17 },
    { "9666048085402259989173", "fedex", "ground_96", 21 },
    { "9678090281427776849496676862035572", "fedex", "ground_gsn", 33 },
    { "65512088025206595542", "usps", "usps_20", 19 },
    { "9425694669056127245738", "usps", "impb_n", 21 },
    { "9497238064520302589510", "usps", "impb_n", 21 },
    { "9246693581858782960756", "usps", "impb_c", 21 },
    { "9303441847200515926470", "usps", "impb_c", 21 },
    { "9547667693057722673355", "usps", "impb_c", 21 },
    { "70427736696897493922", "usps", "legacy", 19 },
    { "9152116983914248097173", "usps", "legacy", 21 },
    { "420195039401291888826426187336", "usps", "impb_n", 29 },
    { "420195039459236019071938938068", "usps", "impb_n", 29 },
    { "420195039271790321668446665888", "usps", "impb_c", 29 },
    { "420195039375944051556643526414", "usps", "impb_c", 29 },
    { "420195039585273752426248621952", "usps", "impb_c", 29 },
    { "4201950370138021402153288276", "usps", "legacy", 27 },
    { "420195039148948172952861054223", "usps", "legacy", 29 },
    { "4202994308959490699367343052003248", "usps", "impb_n", 33 },
    { "4202994308959481732657099953346323", "usps", "impb_n", 33 },
    { "4202994308959244399098573459154662", "usps", "impb_c", 33 },
    { "4202994308959344243308423427196264", "usps", "impb_c", 33 },
    { "4202994308959518224229133415096815", "usps", "impb_c", 33 },
    { "42029943089570777652466307399282", "usps", "legacy", 31 },
    { "4202994308959126060974403732379190", "usps", "legacy", 33 },
    { "94317926235459462567511460", "usps", "impb_n", 25 },
    { "92078989596302339241936047", "usps", "impb_c", 25 },
    { "93784016594222665778206043", "usps", "impb_c", 25 },
    { "95004914068489692205240003", "usps", "impb_c", 25 },
    { "4203050894538903891111316348318382", "usps", "impb_n", 33 },
    { "4203050892292990549655921294579688", "usps", "impb_c", 33 },
    { "4203050893282093112464930755060032", "usps", "impb_c", 33 },
    { "4203050895722261070466934564539429", "usps", "impb_c", 33 },
    { "944709016984841804458011703205", "usps", "impb_n", 29 },
    { "3848699330", "dhl", "express", 9 },
    { "64468815386", "dhl", "express", 10 },
    { "JDA742423973", "dhl", "express_piece", -1 },
    { "JVGL3605079575", "dhl", "express_piece", -1 },
    { "GM736BUQRK47", "dhl", "ecommerce", -1 },
    { "LX9LXT3KR0VR", "dhl", "ecommerce", -1 },
    { "RX94YZG3841T", "dhl", "ecommerce", -1 },
    { "UV07BFX5DX40", "dhl", "ecommerce", -1 },
    { "CN6FV91FLL5M", "dhl", "ecommerce", -1 },
    { "SG3QTX0297XH", "dhl", "ecommerce", -1 },
    { "TH2FNFTJZ4Q6", "dhl", "ecommerce", -1 },
    { "IN8RGLN60798", "dhl", "ecommerce", -1 },
    { "HK8LPCPK1JEK", "dhl", "ecommerce", -1 },
    { "MY35VMRYS17T", "dhl", "ecommerce", -1 },
    { "GM8JEPD9VVUYL6SNC5T0UXXUL9Y0TFE6KAJ0484U9", "dhl", "ecommerce", -1 },
    { "94093644010254", "dhl", "ecommerce_14", -1 },
    { "5936326464422969", "canadapost", "canadapost_16", 15 },
    { "396684535612", "purolator", "numeric", 11 },
    { "QXN412261098", "purolator", "alpha", -1 },
    { "C16812215210772", "ontrac", "ontrac_c", 14 },
    { "C49723293891848", "ontrac", "ontrac_c", 14 },
    { "D14293910563148", "ontrac", "ontrac_d", 14 },
    { "D57419024509388", "ontrac", "ontrac_d", 14 },
    { "489482377301790322230263625P", "dpd", "dpd_28", 27 },
    { "73562066222167B", "dpd", "dpd_14", 14 },
    { "129050761702150", "dpd", "dpd_14", 14 },
    { "076830525894738290395790608L", "dpd", "dpd_28", 27 },
    { "81907076028063Q", "dpd", "dpd_14", 14 },
    { "C910842140371892463879", "canpar", "canpar_22", -1 },
    { "D069186722249177503590", "canpar", "canpar_22", -1 },
    { "K519561581147454665231", "canpar", "canpar_22", -1 },
    { "L072827048818654177053", "canpar", "canpar_22", -1 },
    { "S384995484974234572135", "canpar", "canpar_22", -1 },
    { "U147701491931983454172", "canpar", "canpar_22", -1 },
    { "X735575990564830068866", "canpar", "canpar_22", -1 },
    { "Z765312207922830187322", "canpar", "canpar_22", -1 },
    { "TBA984108452005", "amazon", "logistics", -1 },
    { "TBC729728427401", "amazon", "logistics", -1 },
    { "TBM507110001002", "amazon", "logistics", -1 },
    { "A3533792130", "amazon", "international", -1 },
    { "F7625613911", "amazon", "international", -1 },
    { "C9509813382", "amazon", "international", -1 },
    { "LA25908073", "lasership", "lx", -1 },
    { "LI23694327", "lasership", "lx", -1 },
    { "LE26295219", "lasership", "lx", -1 },
    { "LH26968623", "lasership", "lx", -1 },
    { "LN23264554", "lasership", "lx", -1 },
    { "LX23124733", "lasership", "lx", -1 },
    { "1LS715273743857", "lasership", "1ls7", -1 },
    { "1LS72300139520461", "lasership", "1ls7_piece", -1 },
    { "1LSCXVAEAJFYVJR", "lasership", "1lscx", -1 },
    { "77725345720", "old_dominion", "pro", 10 },
    { "77825727702", "old_dominion", "pro", 10 },
    { "07237480863", "old_dominion", "pro", 10 },
    { "78042115176", "old_dominion", "pro", 10 },
    { "7261347004", "old_dominion", "pro", 9 },
    { "80139311213", "old_dominion", "pro_80", 10 },
    { "SP018480362099642041", "speedee", "speedee", -1 },
    { "JD8887439471183187", "yodel", "jd", -1 },
    { "JJD5955417047618045", "yodel", "jd", -1 },
    { "LTN89175759N1", "landmark", "ltn", -1 },
    { "GFUS24133266842948", "gofo", "gfus", -1 },
    { "YT3516630552048013", "yunexpress", "yt", -1 },
    { "RR095075576GB", "s10", "s10", 10 },
    { "UA236403545US", "s10", "s10", 10 },
    { "LZ774648644CN", "s10", "s10", 10 },
    { "RR990015221ZW", "s10", "s10", 10 }
};


static bool
fits(const wismo_str_t *number, const char *carrier, const char *format)
{
    unsigned            i, n;
    wismo_candidate_t   candidates[WISMO_NUMBER_CANDIDATES];

    n = wismo_number_detect(number, candidates);

    for (i = 0; i < n; i++) {
        if (strcmp(candidates[i].carrier, carrier) == 0
            && (format == NULL || strcmp(candidates[i].format, format) == 0))
        {
            return true;
        }
    }

    return false;
}


static bool
text_fits(const char *text, const char *carrier, const char *format)
{
    bool          yes;
    wismo_str_t   number;

    number = heap_str(text);
    yes = fits(&number, carrier, format);
    free(number.data);

    return yes;
}


static void
test_formats(void **state)
{
    size_t  i, j, formats, carriers;
    bool    format, carrier;

    (void) state;

    formats = 0;
    carriers = 0;

    for (i = 0; i < countof(numbers); i++) {

        if (!text_fits(numbers[i].number, numbers[i].carrier,
                       numbers[i].format))
        {
            fail_msg("%s is no %s of %s", numbers[i].number,
                     numbers[i].format, numbers[i].carrier);
        }

        format = true;
        carrier = true;

        for (j = 0; j < i; j++) {
            if (strcmp(numbers[i].carrier, numbers[j].carrier) == 0) {
                carrier = false;

                if (strcmp(numbers[i].format, numbers[j].format) == 0) {
                    format = false;
                }
            }
        }

        formats += format;
        carriers += carrier;
    }

    assert_int_equal(formats, 39);
    assert_int_equal(carriers, 18);
}


/* A check digit that is another one drops the format. */

static void
test_check(void **state)
{
    int           c;
    size_t        i, checked;
    wismo_str_t   number;

    (void) state;

    checked = 0;

    for (i = 0; i < countof(numbers); i++) {

        if (numbers[i].check < 0) {
            continue;
        }

        checked++;
        number = heap_str(numbers[i].number);

        for (c = 0; c < 256; c++) {
            if (c == (unsigned char) numbers[i].number[numbers[i].check]) {
                continue;
            }

            number.data[numbers[i].check] = (unsigned char) c;

            if (fits(&number, numbers[i].carrier, numbers[i].format)) {
                fail_msg("%.*s is a %s of %s", (int) number.len, number.data,
                         numbers[i].format, numbers[i].carrier);
            }
        }

        free(number.data);
    }

    assert_int_equal(checked, 69);
}


/* One character less or more, in front or behind, is another number. */

static void
test_length(void **state)
{
    size_t        i, n;
    wismo_str_t   number, part;

    (void) state;

    for (i = 0; i < countof(numbers); i++) {
        n = strlen(numbers[i].number);

        part = heap_copy(numbers[i].number, n + 1);
        part.data[n] = '?';
        assert_false(fits(&part, numbers[i].carrier, NULL));

        memmove(part.data + 1, part.data, n);
        part.data[0] = '?';
        assert_false(fits(&part, numbers[i].carrier, NULL));
        free(part.data);

        for (number.len = 0; number.len < n && number.len < 7; number.len++) {
            part = heap_copy(numbers[i].number, number.len);
            assert_false(fits(&part, numbers[i].carrier, NULL));
            free(part.data);
        }
    }
}


static void
test_not(void **state)
{
    size_t  i;

    static const struct {
        const char  *number;
        const char  *carrier;
    } no[] = {
        { "9211640003452278712901", "usps" },
        { "9350796170215324502368", "usps" },
        { "944533768090772572771628779011", "usps" },
        { "42010001942829973772380246865012445092", "usps" },
        { "42010001123494455976206538862718888029", "usps" },
        { "4211000112349481798219445179292904", "usps" },
        { "4201000A9481798219445179292904", "usps" },
        { "42010001123A9481798219445179292904", "usps" },
        { "665209887975", "purolator" },
        { "", "s10" },
        { "1Z", "ups" },
        { "GM", "dhl" },
        { "GMA123456789", "dhl" },
        { "GM123456789", "dhl" },
        { "JABCD123456789", "dhl" },
        { "J1A123456789", "dhl" },
        { "JJJD1234567890123456", "yodel" },
        { "TBD123456789012", "amazon" },
        { "LB1234567", "lasership" },
        { "LX41234567", "lasership" },
        { "1LS7312345678901", "lasership" },
        { "LTN12345678N2", "landmark" },
        { "BD1234567890123456789012", "canpar" }
    };

    (void) state;

    for (i = 0; i < countof(no); i++) {
        if (text_fits(no[i].number, no[i].carrier, NULL)) {
            fail_msg("%s is a %s", no[i].number, no[i].carrier);
        }
    }
}


static void
test_countries(void **state)
{
    char      text[] = "RR123456785??";
    unsigned  a, b, n;

    (void) state;

    n = 0;

    for (a = 'A'; a <= 'Z'; a++) {
        for (b = 'A'; b <= 'Z'; b++) {
            text[11] = (char) a;
            text[12] = (char) b;
            n += text_fits(text, "s10", "s10");
        }
    }

    assert_int_equal(n, 191);

    assert_true(text_fits("RR123456785CH", "s10", NULL));
    assert_false(text_fits("RR123456785ZZ", "s10", NULL));
    assert_false(text_fits("RR123456785XA", "s10", NULL));
    assert_false(text_fits("RR123456785UK", "s10", NULL));
}


/* Of 20,000 random numbers of so many digits these, per mille, fit. */

static void
test_random_digits(void **state)
{
    size_t          i;
    unsigned        j, k, n, mille, least, most;
    uint64_t        seed;
    wismo_str_t     number;
    unsigned char   digits[WISMO_NUMBER_MAX];

    static const struct {
        unsigned      len;
        const char   *carrier;
        unsigned      mille;
    } shares[] = {
        { 10, "dhl", 100 },
        { 12, "fedex", 100 },
        { 12, "purolator", 60 },
        { 14, "dhl", 1000 },
        { 15, "fedex", 100 },
        { 15, "dpd", 28 },
        { 16, "canadapost", 100 },
        { 20, "usps", 200 },
        { 28, "dpd", 28 },
        { 34, "fedex", 91 },
        { 13, "s10", 0 }
    };

    (void) state;

    seed = 1;
    number.data = digits;

    for (i = 0; i < countof(shares); i++) {
        number.len = shares[i].len;
        n = 0;

        for (j = 0; j < 20000; j++) {
            for (k = 0; k < number.len; k++) {
                digits[k] = (unsigned char) ('0' + test_random(&seed) % 10);
            }

            n += fits(&number, shares[i].carrier, NULL);
        }

        mille = shares[i].mille;
        least = mille == 1000 || mille == 0 ? mille * 20 : mille * 20 - 200;
        most = mille == 1000 || mille == 0 ? mille * 20 : mille * 20 + 200;

        if (n < least || n > most) {
            fail_msg("%u of 20000 with %u digits are %s: %u to %u expected",
                     n, shares[i].len, shares[i].carrier, least, most);
        }
    }
}


/* Pieces of numbers put together, and bytes of any kind. */

static void
test_any_bytes(void **state)
{
    size_t              len;
    unsigned            i, j, n, take;
    uint64_t            seed;
    const char         *from;
    wismo_str_t         text, number;
    unsigned char       bytes[80], buf[WISMO_NUMBER_MAX];
    wismo_candidate_t   candidates[WISMO_NUMBER_CANDIDATES];

    (void) state;

    seed = 7;

    for (i = 0; i < 300000; i++) {
        len = test_random(&seed) % sizeof(bytes);

        for (j = 0; j < len; j++) {
            bytes[j] = (unsigned char) (i % 3 ? '0' + test_random(&seed) % 10
                                              : test_random(&seed));
        }

        if (i % 2) {
            from = numbers[test_random(&seed) % countof(numbers)].number;
            take = test_random(&seed) % (unsigned) (strlen(from) + 1);
            memcpy(bytes, from, take < len ? take : len);
        }

        text.data = bytes;
        text.len = len;
        n = (unsigned) wismo_number_normalise(&text, buf);
        assert_true(n <= len && n <= WISMO_NUMBER_MAX);

        number = heap_copy(buf, n);
        n = wismo_number_detect(&number, candidates);
        assert_true(n < WISMO_NUMBER_CANDIDATES);

        for (j = 0; j < n; j++) {
            assert_true(fits(&number, candidates[j].carrier,
                             candidates[j].format));
        }

        free(number.data);
    }
}


static void
test_normalise(void **state)
{
    size_t          i;
    wismo_str_t     text, number;
    unsigned char   buf[WISMO_NUMBER_MAX];

    static const struct {
        const char  *text;
        const char  *number;
    } forms[] = {
        { "", "" },
        { " - . ", "" },
        { "1z 999-aa1.01", "1Z999AA101" },
        { "a/\t\xc3\xa4z", "A/\t\xc3\xa4Z" },
        { "12345678901234567890123456789012345678901234567890",
          "12345678901234567890123456789012345678901234567890" },
        { "1-2345678901234567890123456789012345678901234567890-1",
          "12345678901234567890123456789012345678901234567890" }
    };

    (void) state;

    for (i = 0; i < countof(forms); i++) {
        text = heap_str(forms[i].text);
        number.data = buf;
        number.len = wismo_number_normalise(&text, buf);
        assert_int_equal(number.len, strlen(forms[i].number));
        assert_memory_equal(number.data, forms[i].number, number.len);
        free(text.data);
    }
}


static bool
configured(void *data, const wismo_str_t *name)
{
    size_t              i;
    const char *const  *names;

    names = data;

    for (i = 0; names[i]; i++) {
        if (wismo_str_is(name, names[i])) {
            return true;
        }
    }

    return false;
}


static const char *
adapter(const char *text, const char *one, const char *two)
{
    const char          *names[3];
    static char          buf[32];
    wismo_str_t          number, name;

    names[0] = one;
    names[1] = two;
    names[2] = NULL;

    number = str(text);

    if (wismo_number_adapter(&number, configured, names, &name)
        != WISMO_OK)
    {
        return "";
    }

    assert_true(name.len < sizeof(buf));
    memcpy(buf, name.data, name.len);
    buf[name.len] = '\0';

    return buf;
}


static void
test_adapter(void **state)
{
    (void) state;

    assert_string_equal(adapter("1ZFH1DCD3452278711", "ups", "fedex"), "ups");
    assert_string_equal(adapter("1ZFH1DCD3452278711", "fedex", NULL), "");
    assert_string_equal(adapter("1ZFH1DCD3452278711", NULL, NULL), "");

    /* a number of two carriers is a default only if one is configured */

    assert_string_equal(adapter("212188882642", "fedex", "ups"), "fedex");
    assert_string_equal(adapter("212188882642", "purolator", NULL),
                        "purolator");
    assert_string_equal(adapter("212188882642", "fedex", "purolator"), "");

    /* one carrier may have several interfaces */

    assert_string_equal(adapter("12345678901234", "dhl_unified", NULL),
                        "dhl_unified");
    assert_string_equal(adapter("JDA123456789", "dhl_unified",
                                "dhl_express"), "");

    /* two formats of one carrier are one carrier */

    assert_string_equal(adapter("91938938067170321665", "usps",
                                "dhl_unified"), "usps");

    /* an item's poster, if it can be asked */

    assert_string_equal(adapter("RR123456785GB", "royalmail", "usps"),
                        "royalmail");
    assert_string_equal(adapter("RR123456785US", "royalmail", "usps"),
                        "usps");
    assert_string_equal(adapter("RR123456785ZW", "royalmail", "usps"), "");
    assert_string_equal(adapter("1", "ups", "usps"), "");
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_not),
        cmocka_unit_test(test_countries),
        cmocka_unit_test(test_random_digits),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_normalise),
        cmocka_unit_test(test_adapter)
    };

    return test_run("number", tests, countof(tests));
}
