
/*
 * Copyright (C) The Wismo authors
 *
 * What "wismo carrier status" and "wismo shop status" show alike: codes that
 * no table knows, and samples of what could not be read.
 *
 * A sample is shown to who asks for it by --sample, and else no word of it.
 */


#include "fetch_cmd.h"
#include "fetch_status.h"

#include <stdio.h>
#include <stdlib.h>


long
fetch_status_option(struct argp_state *state, const char *arg)
{
    char  *end;
    long   n;

    n = arg ? strtol(arg, &end, 10) : 1;

    if ((arg && (*end || end == arg)) || n < 1 || n > FETCH_SAMPLES) {
        argp_error(state, "invalid sample \"%s\": expected 1 to %d", arg,
                   FETCH_SAMPLES);
    }

    return n;
}


int
fetch_status_print(const fetch_status_sample_t *sample)
{
    if (sample->body.len
        && fwrite(sample->body.data, 1, sample->body.len, stdout)
           != sample->body.len)
    {
        return FETCH_EXIT_FAILED;
    }

    return fflush(stdout) == 0 ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


json_t *
fetch_status_codes_json(const fetch_status_t *c)
{
    char                        at[WISMO_TIME_UTC_LEN + 1];
    json_t                     *list;
    unsigned                    i;
    const fetch_status_code_t  *code;

    list = json_array();

    for (i = 0; i < c->ncodes; i++) {
        code = &c->codes[i];
        fetch_status_time(code->seen / 1000, at);

        (void) json_array_append_new(list,
                   json_pack("{s:s%, s:I, s:s}", "code",
                             (char *) code->text.data, code->text.len,
                             "n", (json_int_t) code->n, "seen", at));
    }

    return list;
}
