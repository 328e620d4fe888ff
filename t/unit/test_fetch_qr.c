
/*
 * Copyright (C) The Wismo authors
 *
 * The QR of a pickup code: what is drawn is a QR, and nothing else can be in
 * the path, whatever the code.
 */


#include "test.h"

#include "fetch_qr.h"


/* The squares of a path, as a scanner would see them. */

static unsigned
paint(const wismo_str_t *qr, unsigned char *squares, unsigned max)
{
    char      *p, *end, text[8192];
    double     y;
    unsigned   x, n, side;

    assert_true(qr->len < sizeof(text));
    memcpy(text, qr->data, qr->len);
    text[qr->len] = '\0';

    assert_int_equal(strspn(text, "0123456789Mmh. "), qr->len);

    side = (unsigned) strtoul(text, &end, 10);
    assert_true(side && side <= max && *end == ' ');
    memset(squares, 0, max * max);

    x = 0;
    y = 0;

    for (p = end + 1; *p; p = end) {

        n = (unsigned) strtoul(p + 1, &end, 10);

        switch (*p) {

        case 'M':
            x = n;
            y = strtod(end, &end);
            break;

        case 'm':
            x += n;
            assert_true(strncmp(end, " 0", 2) == 0);
            end += 2;
            break;

        default:
            assert_true(*p == 'h' && n);

            while (n--) {
                assert_true(x < side && y < side);
                squares[(unsigned) y * side + x++] = 1;
            }
        }
    }

    return side;
}


static void
test_drawn(void **state)
{
    char             code[65];
    size_t           i;
    unsigned         side, x, y;
    wismo_pool_t     pool;
    wismo_order_t    order;
    wismo_parcel_t   parcels[2];
    unsigned char    squares[64 * 64];

    static const size_t  lengths[] = { 1, 4, 14, 15, 64 };

    (void) state;

    for (i = 0; i < countof(lengths); i++) {
        wismo_pool_init(&pool, 1 << 20, NULL, NULL);

        memset(&order, 0, sizeof(wismo_order_t));
        memset(parcels, 0, sizeof(parcels));
        order.parcels = parcels;
        order.nparcels = 2;

        memset(code, '\xff', sizeof(code));
        code[lengths[i]] = '\0';
        parcels[1].pickup.code = str(code);

        assert_int_equal(fetch_qr_order(&pool, &order), WISMO_OK);
        assert_int_equal(parcels[0].pickup.qr.len, 0);

        side = paint(&parcels[1].pickup.qr, squares, 64);

        /* a quiet zone around it, and in three corners the finders */

        for (y = 0; y < side; y++) {
            for (x = 0; x < side; x++) {
                if (x < 4 || y < 4 || x >= side - 4 || y >= side - 4) {
                    assert_int_equal(squares[y * side + x], 0);
                }
            }
        }

        for (x = 0; x < 7; x++) {
            assert_int_equal(squares[4 * side + 4 + x], 1);
            assert_int_equal(squares[4 * side + side - 5 - x], 1);
            assert_int_equal(squares[(side - 5) * side + 4 + x], 1);
        }

        assert_int_equal(squares[5 * side + 5], 0);
        assert_int_equal(squares[6 * side + 6], 1);

        /* what is there is kept */

        parcels[1].pickup.qr = str("29 M4 4.5h1");
        assert_int_equal(fetch_qr_order(&pool, &order), WISMO_OK);
        assert_str(parcels[1].pickup.qr, "29 M4 4.5h1");

        wismo_pool_done(&pool);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_drawn),
    };

    return test_run("fetch_qr", tests, countof(tests));
}
