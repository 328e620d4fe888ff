
/*
 * Copyright (C) The Wismo authors
 *
 * What a form sends is read as browsers write it, and never beyond its end:
 * of a field that is cut, holds a NUL or is not there nothing is given.
 */


#include "test.h"
#include "wismo_form.h"


static void
test_values(void **state)
{
    int          rc;
    char         buf[8];
    size_t       i;
    wismo_str_t  form, value;

    static const struct {
        const char  *form;
        const char  *value;               /* NULL: declined */
    } cases[] = {
        { "order=1001", "1001" },
        { "a=b&order=1001&c=d", "1001" },
        { "order=1001&order=2", "1001" },
        { "order=", "" },
        { "order", "" },
        { "order&x=1", "" },
        { "order=a+b", "a b" },
        { "order=a%2Bb%2b", "a+b+" },
        { "order=%C3%A9", "\xc3\xa9" },
        { "order=a=b", "a=b" },
        { "order=%", "%" },
        { "order=%4", "%4" },
        { "order=%zz", "%zz" },
        { "order=%4&x", "%4" },
        { "%6frder=1", "1" },
        { "order=12345678", "12345678" },
        { "&&order=1", "1" },
        { "order=123456789", NULL },
        { "order=1%00", NULL },
        { "orde=1", NULL },
        { "orderx=1", NULL },
        { "ordes=1", NULL },
        { "Order=1", NULL },
        { "xorder=1", NULL },
        { "=order", NULL },
        { "&", NULL },
        { "", NULL }
    };

    (void) state;

    for (i = 0; i < countof(cases); i++) {
        form = heap_str(cases[i].form);
        rc = wismo_form_value(&form, "order", buf, sizeof(buf), &value);

        if (cases[i].value == NULL) {

            if (rc != WISMO_DECLINED || value.len) {
                fail_msg("\"%s\" is taken", cases[i].form);
            }

        } else if (rc != WISMO_OK || value.len != strlen(cases[i].value)
                   || memcmp(value.data, cases[i].value, value.len) != 0)
        {
            fail_msg("\"%s\": \"%.*s\"", cases[i].form, (int) value.len,
                     (char *) value.data);
        }

        free(form.data);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_values)
    };

    return test_run("form", tests, countof(tests));
}
