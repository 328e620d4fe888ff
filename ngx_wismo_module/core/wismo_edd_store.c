
/*
 * Copyright (C) The Wismo authors
 *
 * A model as bytes, and back: what Redis keeps.  Called by the fetcher.
 *
 * What is read may have been written by anybody: every number is looked at
 * before the model has it, and a model that has anything wrong is as good as
 * none.
 *
 * The form: "wedd", a version, and numbers in the machine's IEEE formats,
 * lowest byte first; the CRC-32 of all that at the end.
 */


#include "wismo_edd_int.h"

#include <math.h>


#define WISMO_EDD_VERSION    1


typedef struct {
    const unsigned char  *pos;
    const unsigned char  *end;
    bool                  failed;
} wismo_edd_in_t;


static void wismo_edd_put(wismo_out_t *out, uint64_t n, unsigned bytes);
static void wismo_edd_put_double(wismo_out_t *out, double d);
static void wismo_edd_put_float(wismo_out_t *out, float f);
static uint64_t wismo_edd_get(wismo_edd_in_t *in, unsigned bytes);
static double wismo_edd_get_double(wismo_edd_in_t *in, double low,
    double high);
static float wismo_edd_get_float(wismo_edd_in_t *in, double low, double high);
static uint32_t wismo_edd_crc(const unsigned char *p, size_t len);
static void wismo_edd_read_part(wismo_edd_in_t *in, wismo_edd_part_t *part);
static bool wismo_edd_definite(const wismo_edd_part_t *part);
static void wismo_edd_read_node(wismo_edd_in_t *in, wismo_edd_model_t *model);


void
wismo_edd_write(const wismo_edd_model_t *model, wismo_out_t *out)
{
    size_t                   start;
    unsigned                 i, j, stage, n;
    const wismo_edd_node_t  *node;
    const wismo_edd_part_t  *part;

    start = (size_t) (out->pos - out->start);

    wismo_out_text(out, "wedd");
    wismo_edd_put(out, WISMO_EDD_VERSION, 4);

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
        part = &model->parts[stage];

        wismo_edd_put(out, part->learnt, 8);
        wismo_edd_put_double(out, part->share);
        wismo_edd_put_double(out, part->usual);
        wismo_edd_put_double(out, part->promise);
        wismo_edd_put_double(out, part->promises);
        wismo_edd_put_double(out, part->rate);
        wismo_edd_put_double(out, part->rate_at);
        wismo_edd_put_double(out, part->bins_from);

        for (i = 0; i < WISMO_EDD_WEIGHTS; i++) {
            wismo_edd_put_double(out, part->weight[i]);

            for (j = 0; j <= i; j++) {
                wismo_edd_put_double(out, part->cov[i][j]);
            }
        }

        for (i = 0; i < WISMO_EDD_BINS; i++) {
            wismo_edd_put_double(out, part->bins[i]);
        }
    }

    n = 0;

    for (i = 0; i < WISMO_EDD_SETS; i++) {
        for (j = 0; j < WISMO_EDD_WAYS; j++) {
            n += (model->nodes[i][j].key != 0);
        }
    }

    wismo_edd_put(out, n, 4);

    for (i = 0; i < WISMO_EDD_SETS; i++) {
        for (j = 0; j < WISMO_EDD_WAYS; j++) {
            node = &model->nodes[i][j];

            if (node->key == 0) {
                continue;
            }

            wismo_edd_put(out, node->key, 8);

            for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
                wismo_edd_put_float(out, node->mean[stage]);
                wismo_edd_put_float(out, node->var[stage]);
                wismo_edd_put(out, node->minute[stage], 4);
            }
        }
    }

    if (!out->failed) {
        wismo_edd_put(out, wismo_edd_crc(out->start + start,
                                         (size_t) (out->pos - out->start)
                                         - start), 4);
    }
}


int
wismo_edd_read(wismo_edd_model_t *model, const wismo_str_t *bytes,
    wismo_error_t *err)
{
    uint64_t        n, version;
    unsigned        stage;
    wismo_edd_in_t  in;

    wismo_edd_reset(model);

    in.pos = bytes->data;
    in.end = bytes->data + bytes->len;
    in.failed = false;

    if (bytes->len < 12 || memcmp(bytes->data, "wedd", 4) != 0) {
        wismo_error_set(err, "", "is no model of delivery times");
        return WISMO_DECLINED;
    }

    in.pos += 4;
    version = wismo_edd_get(&in, 4);

    if (version != WISMO_EDD_VERSION) {
        wismo_error_set(err, "", "is a model of version %u, expected %u: "
                        "train it again from history",
                        (unsigned) version, WISMO_EDD_VERSION);
        return WISMO_DECLINED;
    }

    in.end -= 4;
    in.pos = in.end;
    in.end += 4;

    if (wismo_edd_get(&in, 4) != wismo_edd_crc(bytes->data, bytes->len - 4)) {
        wismo_error_set(err, "", "is a model with a wrong checksum");
        return WISMO_DECLINED;
    }

    in.pos = bytes->data + 8;
    in.end = bytes->data + bytes->len - 4;

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
        wismo_edd_read_part(&in, &model->parts[stage]);
    }

    for (n = wismo_edd_get(&in, 4); n && !in.failed; n--) {
        wismo_edd_read_node(&in, model);
    }

    if (in.failed || in.pos != in.end) {
        wismo_edd_reset(model);
        wismo_error_set(err, "", "is a model with numbers that are none");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static void
wismo_edd_read_part(wismo_edd_in_t *in, wismo_edd_part_t *part)
{
    double    sum;
    unsigned  i, j;

    part->learnt = wismo_edd_get(in, 8);
    part->share = wismo_edd_get_double(in, 0.5, 1);
    part->usual = wismo_edd_get_double(in, -WISMO_EDD_USUAL_MAX,
                                       WISMO_EDD_USUAL_MAX);
    part->promise = wismo_edd_get_double(in, -1, 10);
    part->promises = wismo_edd_get_double(in, 0, 1e6);
    part->rate = wismo_edd_get_double(in, 0, WISMO_EDD_RATE_MAX);
    part->rate_at = wismo_edd_get_double(in, 0, UINT32_MAX);
    part->bins_from = wismo_edd_get_double(in, 0, UINT32_MAX);

    for (i = 0; i < WISMO_EDD_WEIGHTS; i++) {
        part->weight[i] = wismo_edd_get_double(in, -WISMO_EDD_MEAN_MAX,
                                               WISMO_EDD_MEAN_MAX);

        for (j = 0; j <= i; j++) {
            part->cov[i][j] = wismo_edd_get_double(in, -WISMO_EDD_COV_MAX,
                                                   WISMO_EDD_COV_MAX);
            part->cov[j][i] = part->cov[i][j];
        }
    }

    if (!wismo_edd_definite(part)) {
        in->failed = true;
    }

    sum = 0;

    for (i = 0; i < WISMO_EDD_BINS; i++) {
        part->bins[i] = wismo_edd_get_double(in, 0, WISMO_EDD_BIN_MAX);
        sum += part->bins[i];
    }

    if (!(sum > 0)) {
        in->failed = true;
    }
}


/*
 * Numbers may each be good and together be no covariance: it would learn away
 * from what it sees.  Cholesky's decomposition, with room for rounding.
 */

static bool
wismo_edd_definite(const wismo_edd_part_t *part)
{
    double    sum, l[WISMO_EDD_WEIGHTS][WISMO_EDD_WEIGHTS];
    unsigned  i, j, k;

    for (i = 0; i < WISMO_EDD_WEIGHTS; i++) {

        for (j = 0; j <= i; j++) {
            sum = part->cov[i][j];

            for (k = 0; k < j; k++) {
                sum -= l[i][k] * l[j][k];
            }

            if (i == j) {
                sum += 1e-9 * part->cov[i][i] + 1e-12;

                if (!(sum > 0)) {
                    return false;
                }

                l[i][i] = sqrt(sum);

            } else {
                l[i][j] = sum / l[j][j];
            }
        }
    }

    return true;
}


static void
wismo_edd_read_node(wismo_edd_in_t *in, wismo_edd_model_t *model)
{
    unsigned           i, stage;
    uint64_t           key;
    wismo_edd_node_t  *set;

    key = wismo_edd_get(in, 8);
    set = model->nodes[key % WISMO_EDD_SETS];

    for (i = 0; i < WISMO_EDD_WAYS && set[i].key; i++) {
        if (set[i].key == key) {
            break;
        }
    }

    if (key == 0 || i == WISMO_EDD_WAYS || set[i].key == key) {
        in->failed = true;
        return;
    }

    set[i].key = key;

    for (stage = 0; stage < WISMO_EDD_STAGES; stage++) {
        set[i].mean[stage] = wismo_edd_get_float(in, -WISMO_EDD_MEAN_MAX,
                                                 WISMO_EDD_MEAN_MAX);
        set[i].var[stage] = wismo_edd_get_float(in, 0, WISMO_EDD_VAR_MAX);
        set[i].minute[stage] = (uint32_t) wismo_edd_get(in, 4);
    }
}


static void
wismo_edd_put(wismo_out_t *out, uint64_t n, unsigned bytes)
{
    unsigned       i;
    unsigned char  b[8];

    for (i = 0; i < bytes; i++) {
        b[i] = (unsigned char) (n >> (8 * i));
    }

    wismo_out_bytes(out, b, bytes);
}


static void
wismo_edd_put_double(wismo_out_t *out, double d)
{
    uint64_t  n;

    memcpy(&n, &d, 8);
    wismo_edd_put(out, n, 8);
}


static void
wismo_edd_put_float(wismo_out_t *out, float f)
{
    uint32_t  n;

    memcpy(&n, &f, 4);
    wismo_edd_put(out, n, 4);
}


static uint64_t
wismo_edd_get(wismo_edd_in_t *in, unsigned bytes)
{
    unsigned  i;
    uint64_t  n;

    if ((size_t) (in->end - in->pos) < bytes) {
        in->failed = true;
        return 0;
    }

    n = 0;

    for (i = 0; i < bytes; i++) {
        n |= (uint64_t) in->pos[i] << (8 * i);
    }

    in->pos += bytes;

    return n;
}


static double
wismo_edd_get_double(wismo_edd_in_t *in, double low, double high)
{
    double    d;
    uint64_t  n;

    n = wismo_edd_get(in, 8);
    memcpy(&d, &n, 8);

    if (!(d >= low && d <= high)) {
        in->failed = true;
        return 0;
    }

    return d;
}


static float
wismo_edd_get_float(wismo_edd_in_t *in, double low, double high)
{
    float     f;
    uint32_t  n;

    n = (uint32_t) wismo_edd_get(in, 4);
    memcpy(&f, &n, 4);

    if (!((double) f >= low && (double) f <= high)) {
        in->failed = true;
        return 0;
    }

    return f;
}


static uint32_t
wismo_edd_crc(const unsigned char *p, size_t len)
{
    size_t    i;
    uint32_t  crc, table[256];
    unsigned  n, bit;

    for (n = 0; n < 256; n++) {
        crc = n;

        for (bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) ? UINT32_C(0xedb88320) : 0);
        }

        table[n] = crc;
    }

    crc = UINT32_MAX;

    for (i = 0; i < len; i++) {
        crc = table[(crc ^ p[i]) & 0xff] ^ (crc >> 8);
    }

    return ~crc;
}
