
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo carrier detect" tells whose a tracking number may be, by its looks.
 * Called by fetch_cmd_carrier.c.
 *
 * It asks no carrier and touches no Redis: a guess must not cost a quota.
 */


#include "fetch_cmd.h"

#include "wismo_number.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>


#define FETCH_DETECT_LINE   4096      /* of a line no more is looked at */
#define FETCH_DETECT_POOL   65536


static int fetch_detect_stdin(wismo_pool_t *pool);
static int fetch_detect_one(wismo_pool_t *pool, const wismo_str_t *text);
static void fetch_detect_usage(FILE *out);


int
fetch_cmd_carrier_detect(int argc, char **argv)
{
    int            i, option, rc;
    wismo_str_t    text;
    wismo_pool_t   pool;

    static const struct option  options[] = {
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    optind = 0;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        if (option == 'h') {
            fetch_detect_usage(stdout);
            return FETCH_EXIT_OK;
        }

        fetch_detect_usage(stderr);
        return FETCH_EXIT_USAGE;
    }

    if (optind == argc) {
        fetch_detect_usage(stderr);
        return FETCH_EXIT_USAGE;
    }

    wismo_pool_init(&pool, FETCH_DETECT_POOL, NULL, NULL);
    rc = FETCH_EXIT_OK;

    for (i = optind; i < argc && rc == FETCH_EXIT_OK; i++) {

        if (strcmp(argv[i], "-") == 0) {
            rc = fetch_detect_stdin(&pool);
            continue;
        }

        text = wismo_str_of(argv[i]);

        rc = fetch_detect_one(&pool, &text);
    }

    wismo_pool_done(&pool);

    if (rc == FETCH_EXIT_OK && fflush(stdout) != 0) {
        fprintf(stderr, "wismo: cannot write: %s\n", strerror(errno));
        return FETCH_EXIT_FAILED;
    }

    return rc;
}


static int
fetch_detect_stdin(wismo_pool_t *pool)
{
    int            c, rc;
    wismo_str_t    text;
    unsigned char  line[FETCH_DETECT_LINE];

    text.data = line;
    text.len = 0;

    do {
        c = getc(stdin);

        if (c != '\n' && c != EOF) {
            if (text.len < sizeof(line)) {
                line[text.len++] = (unsigned char) c;
            }

            continue;
        }

        if (text.len && line[text.len - 1] == '\r') {
            text.len--;
        }

        if (text.len) {
            rc = fetch_detect_one(pool, &text);

            if (rc != FETCH_EXIT_OK) {
                return rc;
            }
        }

        text.len = 0;

    } while (c != EOF);

    if (ferror(stdin)) {
        fprintf(stderr, "wismo: cannot read the standard input: %s\n",
                strerror(errno));
        return FETCH_EXIT_FAILED;
    }

    return FETCH_EXIT_OK;
}


static int
fetch_detect_one(wismo_pool_t *pool, const wismo_str_t *text)
{
    unsigned            i, n;
    wismo_out_t         out;
    wismo_str_t         number, name;
    unsigned char       buf[WISMO_NUMBER_MAX];
    wismo_candidate_t   candidates[WISMO_NUMBER_CANDIDATES];

    number.data = buf;
    number.len = wismo_number_normalise(text, buf);

    n = wismo_number_detect(&number, candidates);

    wismo_pool_reset(pool);
    wismo_out_init(&out, pool, 1024);

    wismo_out_text(&out, "{\"number\":");
    wismo_out_json_str(&out, &number);
    wismo_out_text(&out, ",\"candidates\":[");

    for (i = 0; i < n; i++) {
        if (i) {
            wismo_out_text(&out, ",");
        }

        name = wismo_str_of(candidates[i].carrier);

        wismo_out_text(&out, "{\"carrier\":");
        wismo_out_json_str(&out, &name);

        name = wismo_str_of(candidates[i].format);

        wismo_out_text(&out, ",\"format\":");
        wismo_out_json_str(&out, &name);
        wismo_out_text(&out, "}");
    }

    wismo_out_text(&out, "]}\n");

    if (out.failed) {
        fputs("wismo: out of memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    n = (unsigned) (out.pos - out.start);

    if (fwrite(out.start, 1, n, stdout) != n) {
        fprintf(stderr, "wismo: cannot write: %s\n", strerror(errno));
        return FETCH_EXIT_FAILED;
    }

    return FETCH_EXIT_OK;
}


static void
fetch_detect_usage(FILE *out)
{
    fputs("Usage: wismo carrier detect NUMBER...\n"
          "\n"
          "Prints one line of JSON per tracking number: what is left of it\n"
          "without spaces, dashes and dots, and the carriers whose formats,\n"
          "check digit included, it fits.  \"-\" reads numbers from the\n"
          "standard input, one a line.\n"
          "\n"
          "A number's looks prove nothing, and many numbers fit more than\n"
          "one carrier.\n"
          "\n"
          "Exit status: 0 also if nothing fits, 1 it could not be read or\n"
          "written, 2 unusable arguments.\n",
          out);
}
