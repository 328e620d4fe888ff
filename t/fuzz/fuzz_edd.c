
/*
 * Copyright (C) The Wismo authors
 *
 * What Redis keeps of the prediction.  After "l" come a lane's days, after
 * "f" a lane, "carrier service origin destination"; anything else is a model,
 * whose checksum is made right here, as no search would find one.  What can be
 * read is what would be written; a model that can be read, whatever stands in
 * it, predicts days of this life, learns, and can be read again.
 */


#include "fuzz.h"

#include "wismo_edd_lane.h"

#include <zlib.h>


static void fuzz_lane(const wismo_str_t *text);
static void fuzz_field(const wismo_str_t *text);
static void fuzz_model(const wismo_str_t *bytes);
static void fuzz_ranges(wismo_edd_model_t *model);
static bool fuzz_range(const wismo_edd_model_t *model,
    const wismo_edd_parcel_t *parcel, wismo_edd_stage_e stage,
    wismo_edd_range_t *range);
static void fuzz_again(const wismo_edd_model_t *model,
    const wismo_str_t *bytes);


static wismo_edd_model_t  *fuzz_models[2];


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned     i;
    wismo_str_t  text;

    for (i = 0; i < 2 && fuzz_models[i] == NULL; i++) {
        fuzz_models[i] = wismo_edd_create();
        fuzz_check(fuzz_models[i] != NULL);
    }

    if (size == 0) {
        return 0;
    }

    text.data = (unsigned char *) data + 1;
    text.len = size - 1;

    switch (data[0]) {

    case 'l':
        fuzz_lane(&text);
        break;

    case 'f':
        fuzz_field(&text);
        break;

    default:
        text.data--;
        text.len++;
        fuzz_model(&text);
    }

    return 0;
}


static void
fuzz_lane(const wismo_str_t *text)
{
    char               buf[WISMO_EDD_LANE_MAX];
    unsigned           i;
    wismo_str_t        copy, again;
    wismo_edd_range_t  range[7];

    copy = fuzz_copy(text);

    if (wismo_edd_lane_read(&copy, range) == WISMO_OK) {

        for (i = 0; i < 7; i++) {
            fuzz_check(range[i].from >= 0 && range[i].from <= range[i].middle
                       && range[i].middle <= range[i].to
                       && range[i].to <= WISMO_EDD_DAYS);
        }

        again.data = (unsigned char *) buf;
        again.len = wismo_edd_lane_write(buf, range);
        fuzz_check(wismo_str_eq(&again, &copy));
    }

    free(copy.data);
}


static void
fuzz_field(const wismo_str_t *text)
{
    char                 buf[WISMO_EDD_FIELD_MAX];
    char                 place[WISMO_EDD_PLACE_MAX + 2];
    size_t               len;
    unsigned             i, way;
    wismo_str_t          copy, rest, words[4];
    wismo_edd_parcel_t   lane, asked;

    copy = fuzz_copy(text);
    rest = copy;

    for (i = 0; i < 4; i++) {
        words[i] = fuzz_word(&rest);
    }

    memset(&lane, 0, sizeof(wismo_edd_parcel_t));

    lane.carrier = words[0];
    lane.service = words[1];
    lane.origin = words[2];
    lane.destination.data = (unsigned char *) place;
    lane.destination.len = wismo_edd_place_name(place, &words[3]);
    fuzz_check(lane.destination.len <= sizeof(place));

    if (lane.destination.len) {
        fuzz_check(wismo_edd_place_ok(&words[3]));
        fuzz_check(wismo_edd_place_ok(&lane.destination));
    }

    for (way = 0; way < WISMO_EDD_LANE_WAYS; way++) {

        if (!wismo_edd_lane(&lane, way, &asked)) {
            continue;
        }

        len = wismo_edd_lane_field(buf, &asked);
        fuzz_check(len <= sizeof(buf));

        /* never more than was asked for */

        fuzz_check(asked.destination.len <= lane.destination.len);
        fuzz_check(asked.destination.len == 0
                   || memcmp(asked.destination.data, place,
                             asked.destination.len) == 0);
    }

    free(copy.data);
}


static void
fuzz_model(const wismo_str_t *bytes)
{
    unsigned           i;
    uint32_t           crc;
    wismo_str_t        copy;
    wismo_error_t      err;

    copy.len = bytes->len + 4;
    copy.data = malloc(copy.len);
    fuzz_check(copy.data != NULL);
    memcpy(copy.data, bytes->data, bytes->len);

    crc = (uint32_t) crc32(0, bytes->data, (uInt) bytes->len);

    for (i = 0; i < 4; i++) {
        copy.data[bytes->len + i] = (unsigned char) (crc >> (8 * i));
    }

    memset(&err, 0, sizeof(wismo_error_t));

    if (wismo_edd_read(fuzz_models[0], &copy, &err) == WISMO_OK) {
        fuzz_again(fuzz_models[0], &copy);
        fuzz_ranges(fuzz_models[0]);
        fuzz_again(fuzz_models[0], NULL);

    } else {
        fuzz_check(err.text[0] != '\0');
        fuzz_check(wismo_edd_learnt(fuzz_models[0]) == 0);
    }

    free(copy.data);
}


static void
fuzz_ranges(wismo_edd_model_t *model)
{
    unsigned                   i, stage;
    wismo_edd_range_t          ranges[WISMO_EDD_STAGES];
    wismo_edd_level_t          levels[WISMO_EDD_LEVELS];
    wismo_edd_parcel_t         parcel;
    const wismo_edd_range_t   *stated[WISMO_EDD_STAGES];

    static const struct {
        const char  *carrier;
        const char  *service;
        const char  *origin;
        const char  *destination;
        int          days;
    } parcels[] = {
        { "ups", "Ground", "DE-BE-10115", "US-NV-89501", 4 },
        { "", "", "", "BR-SP-01310", 1 },
        { "dhl_express", "", "NL", "", 30 }
    };

    for (i = 0; i < 3; i++) {
        memset(&parcel, 0, sizeof(wismo_edd_parcel_t));

        parcel.carrier.data = (unsigned char *) parcels[i].carrier;
        parcel.carrier.len = strlen(parcels[i].carrier);
        parcel.service.data = (unsigned char *) parcels[i].service;
        parcel.service.len = strlen(parcels[i].service);
        parcel.origin.data = (unsigned char *) parcels[i].origin;
        parcel.origin.len = strlen(parcels[i].origin);
        parcel.destination.data = (unsigned char *) parcels[i].destination;
        parcel.destination.len = strlen(parcels[i].destination);
        parcel.purchased = FUZZ_NOW - 40 * 86400;
        parcel.shipped = parcel.purchased + 86400;
        parcel.delivered = parcel.shipped + parcels[i].days * 86400;
        parcel.promised = i ? WISMO_TIME_NONE : parcel.purchased + 5 * 86400;

        for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
            stated[stage] = fuzz_range(model, &parcel, stage, &ranges[stage])
                            ? &ranges[stage] : NULL;

            fuzz_check(wismo_edd_levels(model, &parcel, stage, levels)
                       <= WISMO_EDD_LEVELS);
        }

        (void) wismo_edd_learn(model, &parcel, stated);
        (void) fuzz_range(model, &parcel, WISMO_EDD_PURCHASE, &ranges[0]);
    }
}


static bool
fuzz_range(const wismo_edd_model_t *model, const wismo_edd_parcel_t *parcel,
    wismo_edd_stage_e stage, wismo_edd_range_t *range)
{
    if (wismo_edd_predict(model, parcel, stage,
                          stage ? parcel->shipped : parcel->purchased, range)
        != WISMO_OK)
    {
        return false;
    }

    fuzz_check(range->from >= 0 && range->from <= range->middle
               && range->middle <= range->to && range->to <= WISMO_EDD_DAYS);
    fuzz_check(range->lane != NULL && range->learnt >= 0);

    return true;
}


/* What is written can be read: as these bytes, or as itself. */

static void
fuzz_again(const wismo_edd_model_t *model, const wismo_str_t *bytes)
{
    wismo_out_t    out;
    wismo_str_t    text;
    wismo_pool_t   pool;
    wismo_error_t  err;

    wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);
    wismo_out_init(&out, &pool, 65536);

    wismo_edd_write(model, &out);
    fuzz_check(!out.failed);

    text.data = out.start;
    text.len = (size_t) (out.pos - out.start);

    if (bytes) {
        fuzz_check(text.len == bytes->len);

    } else if (wismo_edd_read(fuzz_models[1], &text, &err) != WISMO_OK) {
        fprintf(stderr, "%s\n", err.text);
        fuzz_check(!"a model that has learnt can be read");
    }

    wismo_pool_done(&pool);
}
