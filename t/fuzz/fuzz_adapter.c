
/*
 * Copyright (C) The Wismo authors
 *
 * Adapters as a retailer may write them: one that loads without a fault must
 * be able to ask and to read any reply, and one that does not must say why.
 */


#define _GNU_SOURCE

#include "fuzz.h"

#include "fetch_adapter.h"

#include <sys/mman.h>
#include <unistd.h>


#define FUZZ_ERRORS          8


static void fuzz_use(const fetch_adapter_t *a);

static int  fd = -1;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int               i, n;
    char              path[64];
    wismo_error_t     errors[FUZZ_ERRORS];
    fetch_adapter_t  *a;

    /* the loader wants a file; its name tells the adapter's */

    if (fd == -1) {
        fd = memfd_create("fuzz", 0);
        fuzz_check(fd != -1);
    }

    fuzz_check(ftruncate(fd, 0) == 0);
    fuzz_check(pwrite(fd, data, size, 0) == (ssize_t) size);
    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);

    memset(errors, 0, sizeof(errors));
    a = NULL;

    n = fetch_adapter_load(path, &a, errors, FUZZ_ERRORS);

    if (n == 0) {
        fuzz_check(a != NULL);
        fuzz_use(a);
        fetch_adapter_free(a);
        return 0;
    }

    for (i = 0; i < n && i < FUZZ_ERRORS; i++) {
        fuzz_check(errors[i].text[0] != '\0');
    }

    return 0;
}


static void
fuzz_use(const fetch_adapter_t *a)
{
    unsigned          i;
    wismo_str_t       number, token, handle, body;
    wismo_pool_t      pool;
    fetch_reply_t     reply;
    wismo_error_t     err;
    fetch_answer_t    answer;
    fetch_request_t   req;
    fetch_account_t   account;

    static const char *const  bodies[] = {
        "", "{}", "[]", "<a/>", "null",
        "{\"a\":[{\"a\":{\"a\":\"1\",\"number\":\"1Z0WM0000300000017\"}}]}",
        "<a><a><a>1</a><number>1Z0WM0000300000017</number></a></a>"
    };

    wismo_str_set(&number, "1Z0WM0000300000017");
    wismo_str_set(&token, "token");

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {

        wismo_pool_init(&pool, FUZZ_POOL, NULL, NULL);

        memset(&account, 0, sizeof(fetch_account_t));
        account.values = json_object();
        account.secrets = json_object();
        fuzz_check(account.values && account.secrets);

        if (fetch_adapter_can_poll(a)
            && fetch_adapter_account_ok(a, &account, &err) == WISMO_OK)
        {
            (void) fetch_adapter_request(a, &pool, &account, &token, &number,
                                         1, &req);

            if (fetch_adapter_has_token(a)) {
                (void) fetch_adapter_token_request(a, &pool, &account, &req);
            }
        }

        memset(&answer, 0, sizeof(fetch_answer_t));
        body.data = (unsigned char *) bodies[i];
        body.len = strlen(bodies[i]);
        answer.http = 200;
        answer.body = fuzz_copy(&body);
        answer.numbers = &number;
        answer.nnumbers = 1;
        answer.now = FUZZ_NOW;

        if (fetch_adapter_can_poll(a)) {
            fuzz_check(fetch_adapter_reply(a, &pool, &answer, &reply)
                       == WISMO_OK);
        }

        if (fetch_adapter_has_register(a)) {
            wismo_str_null(&handle);
            fuzz_check(fetch_adapter_register_reply(a, &pool, &answer, &reply,
                                                    &handle) == WISMO_OK);
        }

        if (fetch_adapter_has_push(a)) {
            answer.nnumbers = 0;
            fuzz_check(fetch_adapter_push(a, &pool, &answer, &reply)
                       == WISMO_OK);
        }

        free(answer.body.data);
        json_decref(account.values);
        json_decref(account.secrets);
        wismo_pool_done(&pool);
    }
}
