
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo carrier parse" shows what the adapter engine makes of one reply or
 * push: the debugger of whoever writes an adapter, and the way its tests
 * look at it.  "wismo carrier check" validates an adapter file.
 *
 * It asks no carrier and touches no Redis.
 */


#include "fetch_adapter.h"
#include "fetch_adapter_print.h"
#include "fetch_cmd.h"
#include "fetch_read.h"
#include "fetch_share.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>


#define FETCH_CARRIER_INPUT   (16 * 1024 * 1024)
#define FETCH_CARRIER_POOL    (512 * 1024 * 1024)
#define FETCH_CARRIER_FAULTS  256
#define FETCH_CARRIER_LIST    1000


typedef struct {
    const char       *adapter;
    const char       *file;
    const char       *secret_file;
    bool              push;
    bool              explain;
    int               http;
    int64_t           now;
    wismo_str_t       numbers[FETCH_CARRIER_LIST];
    unsigned          nnumbers;
    fetch_header_t    headers[FETCH_CARRIER_LIST];
    unsigned          nheaders;
} carrier_t;


static int fetch_carrier_parse(int argc, char **argv);
static int fetch_carrier_parse_args(int argc, char **argv, carrier_t *c);
static int fetch_carrier_run(carrier_t *c, const fetch_adapter_t *a);
static int fetch_carrier_verify(carrier_t *c, const fetch_adapter_t *a,
    wismo_pool_t *pool, const wismo_str_t *body, bool *genuine);
static bool fetch_carrier_header(void *data, const char *name,
    wismo_str_t *value);
static int fetch_carrier_check(int argc, char **argv);
static int fetch_carrier_check_one(const char *path, bool json,
    json_t *files);
static int fetch_carrier_load(const char *name, fetch_adapter_t **a);
static void fetch_carrier_fault(const char *path, const wismo_error_t *err);
static int fetch_carrier_read(const char *path, wismo_str_t *text);
static int fetch_carrier_time(const char *text, int64_t *t);
static void fetch_carrier_usage(FILE *out);
static void fetch_carrier_parse_usage(FILE *out);
static void fetch_carrier_check_usage(FILE *out);


int
fetch_cmd_carrier(int argc, char **argv)
{
    if (argc < 2) {
        fetch_carrier_usage(stderr);
        return FETCH_EXIT_USAGE;
    }

    if (strcmp(argv[1], "parse") == 0) {
        return fetch_carrier_parse(argc - 1, argv + 1);
    }

    if (strcmp(argv[1], "check") == 0) {
        return fetch_carrier_check(argc - 1, argv + 1);
    }

    if (strcmp(argv[1], "detect") == 0) {
        return fetch_cmd_run(argv[0], fetch_cmd_carrier_detect, argc - 1,
                             argv + 1);
    }

    if (strcmp(argv[1], "status") == 0) {
        return fetch_cmd_run(argv[0], fetch_cmd_carrier_status, argc - 1,
                             argv + 1);
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        fetch_carrier_usage(stdout);
        return FETCH_EXIT_OK;
    }

    fprintf(stderr, "wismo carrier: unknown call \"%s\"\n", argv[1]);
    fetch_carrier_usage(stderr);

    return FETCH_EXIT_USAGE;
}


static int
fetch_carrier_parse(int argc, char **argv)
{
    int               rc;
    carrier_t        *c;
    fetch_adapter_t  *a;

    c = calloc(1, sizeof(carrier_t));

    if (c == NULL) {
        fputs("wismo: out of memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    rc = fetch_carrier_parse_args(argc, argv, c);

    if (rc >= 0) {
        free(c);
        return rc;
    }

    rc = fetch_carrier_load(c->adapter, &a);

    if (rc == FETCH_EXIT_OK) {
        rc = fetch_carrier_run(c, a);
        fetch_adapter_free(a);
    }

    free(c);

    return rc;
}


/* The exit status, or -1 to go on. */

static int
fetch_carrier_parse_args(int argc, char **argv, carrier_t *c)
{
    int              option;
    char            *end, *colon;
    long             n;
    fetch_header_t  *header;

    static const struct option  options[] = {
        { "number", required_argument, NULL, 'n' },
        { "now", required_argument, NULL, 't' },
        { "status", required_argument, NULL, 's' },
        { "header", required_argument, NULL, 'H' },
        { "push", no_argument, NULL, 'p' },
        { "secret-file", required_argument, NULL, 'k' },
        { "explain", no_argument, NULL, 'e' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    c->http = 200;
    c->now = (int64_t) time(NULL);
    optind = 0;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (option) {

        case 'n':
            if (c->nnumbers == FETCH_CARRIER_LIST) {
                fputs("wismo carrier parse: too many numbers\n", stderr);
                return FETCH_EXIT_USAGE;
            }

            c->numbers[c->nnumbers].data = (unsigned char *) optarg;
            c->numbers[c->nnumbers++].len = strlen(optarg);
            break;

        case 't':
            if (fetch_carrier_time(optarg, &c->now) != WISMO_OK) {
                fprintf(stderr, "wismo carrier parse: --now \"%s\": seconds "
                        "since 1970 or a time with its offset is expected, "
                        "as in 2026-03-02T14:05:00Z\n", optarg);
                return FETCH_EXIT_USAGE;
            }

            break;

        case 's':
            n = strtol(optarg, &end, 10);

            if (*end || end == optarg || n < 100 || n > 599) {
                fprintf(stderr, "wismo carrier parse: --status \"%s\": a "
                        "status of HTTP is expected, 100 to 599\n", optarg);
                return FETCH_EXIT_USAGE;
            }

            c->http = (int) n;
            break;

        case 'H':
            colon = strchr(optarg, ':');

            if (colon == NULL || colon == optarg
                || c->nheaders == FETCH_CARRIER_LIST)
            {
                fprintf(stderr, "wismo carrier parse: --header \"%s\": "
                        "\"Name: value\" is expected\n", optarg);
                return FETCH_EXIT_USAGE;
            }

            header = &c->headers[c->nheaders++];
            header->name.data = (unsigned char *) optarg;
            header->name.len = (size_t) (colon - optarg);

            for (colon++; *colon == ' ' || *colon == '\t'; colon++) {
                /* void */
            }

            header->value = wismo_str_of(colon);
            break;

        case 'p':
            c->push = true;
            break;

        case 'k':
            c->secret_file = optarg;
            break;

        case 'e':
            c->explain = true;
            break;

        case 'h':
            fetch_carrier_parse_usage(stdout);
            return FETCH_EXIT_OK;

        default:
            fetch_carrier_parse_usage(stderr);
            return FETCH_EXIT_USAGE;
        }
    }

    if (argc - optind != 2) {
        fetch_carrier_parse_usage(stderr);
        return FETCH_EXIT_USAGE;
    }

    if (c->secret_file && !c->push) {
        fputs("wismo carrier parse: --secret-file is for --push\n", stderr);
        return FETCH_EXIT_USAGE;
    }

    c->adapter = argv[optind];
    c->file = argv[optind + 1];

    return -1;
}


static int
fetch_carrier_run(carrier_t *c, const fetch_adapter_t *a)
{
    int              rc;
    bool             genuine;
    json_t          *json;
    wismo_str_t      body;
    wismo_pool_t     pool;
    fetch_reply_t    reply;
    fetch_answer_t   answer;

    if (c->push && !fetch_adapter_has_push(a)) {
        fprintf(stderr, "wismo carrier parse: the adapter \"%s\" takes no "
                "pushes\n", (char *) fetch_adapter_name(a)->data);
        return FETCH_EXIT_USAGE;
    }

    if (fetch_carrier_read(c->file, &body) != WISMO_OK) {
        return FETCH_EXIT_USAGE;
    }

    wismo_pool_init(&pool, FETCH_CARRIER_POOL, NULL, NULL);

    memset(&answer, 0, sizeof(fetch_answer_t));
    answer.http = c->http;
    answer.body = body;
    answer.headers = c->headers;
    answer.nheaders = c->nheaders;
    answer.numbers = c->numbers;
    answer.nnumbers = c->nnumbers;
    answer.now = c->now;
    answer.explain = c->explain;

    memset(&reply, 0, sizeof(fetch_reply_t));
    reply.retry_after = -1;
    genuine = true;
    rc = FETCH_EXIT_OK;

    if (c->push) {
        rc = fetch_carrier_verify(c, a, &pool, &body, &genuine);
    }

    if (rc != FETCH_EXIT_OK) {
        goto done;
    }

    if (!genuine) {
        reply.outcome = FETCH_AUTH;
        wismo_str_set(&reply.text, "the signature is absent or wrong");

    } else if ((c->push ? fetch_adapter_push(a, &pool, &answer, &reply)
                        : fetch_adapter_reply(a, &pool, &answer, &reply))
               != WISMO_OK)
    {
        fputs("wismo: out of memory\n", stderr);
        rc = FETCH_EXIT_FAILED;
        goto done;
    }

    json = fetch_adapter_print(&pool, &reply);

    if (json == NULL) {
        fputs("wismo: out of memory\n", stderr);
        json_decref(reply.explain);
        rc = FETCH_EXIT_FAILED;
        goto done;
    }

    if (reply.explain) {
        (void) json_object_set_new(json, "explain", reply.explain);
    }

    if (json_dumpf(json, stdout, JSON_INDENT(2)) != 0
        || putchar('\n') == EOF || fflush(stdout) != 0)
    {
        fprintf(stderr, "wismo: cannot write: %s\n", strerror(errno));
        rc = FETCH_EXIT_FAILED;
    }

    json_decref(json);

done:

    wismo_pool_done(&pool);
    free(body.data);

    return rc;
}


static int
fetch_carrier_verify(carrier_t *c, const fetch_adapter_t *a,
    wismo_pool_t *pool, const wismo_str_t *body, bool *genuine)
{
    int             rc;
    wismo_str_t     file;
    wismo_keys_t    keys;
    wismo_error_t   err;

    if (c->secret_file == NULL) {
        fputs("wismo carrier parse: no --secret-file: the signature is not "
              "looked at\n", stderr);
        return FETCH_EXIT_OK;
    }

    if (fetch_carrier_read(c->secret_file, &file) != WISMO_OK) {
        return FETCH_EXIT_USAGE;
    }

    memset(&err, 0, sizeof(wismo_error_t));

    rc = wismo_verifier_keys(pool, fetch_adapter_verifier(a), &file, &keys,
                             &err);

    if (rc == WISMO_OK) {
        rc = wismo_verify(fetch_adapter_verifier(a), &keys,
                          fetch_carrier_header, c, body, c->now);
        *genuine = rc == WISMO_OK;
        rc = FETCH_EXIT_OK;

    } else {
        fetch_carrier_fault(c->secret_file, &err);
        rc = FETCH_EXIT_USAGE;
    }

    free(file.data);

    return rc;
}


static bool
fetch_carrier_header(void *data, const char *name, wismo_str_t *value)
{
    unsigned          i;
    carrier_t        *c;
    fetch_header_t   *header;

    c = data;

    for (i = 0; i < c->nheaders; i++) {
        header = &c->headers[i];

        if (header->name.len == strlen(name)
            && strncasecmp((char *) header->name.data, name, strlen(name))
               == 0)
        {
            *value = header->value;
            return true;
        }
    }

    return false;
}


static int
fetch_carrier_check(int argc, char **argv)
{
    int      i, option, rc, one;
    bool     json;
    json_t  *files;

    static const struct option  options[] = {
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    json = false;
    optind = 0;

    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        switch (option) {

        case 'j':
            json = true;
            break;

        case 'h':
            fetch_carrier_check_usage(stdout);
            return FETCH_EXIT_OK;

        default:
            fetch_carrier_check_usage(stderr);
            return FETCH_EXIT_USAGE;
        }
    }

    if (optind == argc) {
        fetch_carrier_check_usage(stderr);
        return FETCH_EXIT_USAGE;
    }

    files = json_array();
    rc = FETCH_EXIT_OK;

    for (i = optind; i < argc; i++) {
        one = fetch_carrier_check_one(argv[i], json, files);

        if (one != FETCH_EXIT_OK) {
            rc = one;
        }
    }

    if (json) {
        (void) json_dumpf(json_array_size(files) == 1
                          ? json_array_get(files, 0) : files,
                          stdout, JSON_INDENT(2));
        (void) putchar('\n');
    }

    json_decref(files);

    return rc;
}


static int
fetch_carrier_check_one(const char *path, bool json, json_t *files)
{
    int               i, n;
    json_t           *file, *faults, *fault;
    wismo_error_t    *errors;
    fetch_adapter_t  *a;

    errors = calloc(FETCH_CARRIER_FAULTS, sizeof(wismo_error_t));

    if (errors == NULL) {
        fputs("wismo: out of memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    n = fetch_adapter_load(path, &a, errors, FETCH_CARRIER_FAULTS);
    fetch_adapter_free(a);

    faults = json_array();

    for (i = 0; i < n && i < FETCH_CARRIER_FAULTS; i++) {

        if (!json) {
            fetch_carrier_fault(path, &errors[i]);
            continue;
        }

        fault = json_object();
        (void) json_object_set_new(fault, "at", json_string(errors[i].at));
        (void) json_object_set_new(fault, "line",
                                   json_integer(errors[i].line));
        (void) json_object_set_new(fault, "column",
                                   json_integer(errors[i].column));
        (void) json_object_set_new(fault, "text",
                                   json_string(errors[i].text));
        (void) json_array_append_new(faults, fault);
    }

    if (json) {
        file = json_object();
        (void) json_object_set_new(file, "file", json_string(path));
        (void) json_object_set_new(file, "ok", json_boolean(n == 0));
        (void) json_object_set(file, "faults", faults);
        (void) json_array_append_new(files, file);

    } else if (n == 0) {
        printf("%s: ok\n", path);
    }

    json_decref(faults);
    free(errors);

    return n ? FETCH_EXIT_FAILED : FETCH_EXIT_OK;
}


/* By its name, or by the path of its file. */

static int
fetch_carrier_load(const char *name, fetch_adapter_t **a)
{
    int             i, n;
    char            path[PATH_MAX];
    size_t          len;
    wismo_error_t   errors[16];

    len = strlen(name);

    if (strchr(name, '/')
        || (len > 5 && strcmp(name + len - 5, ".json") == 0))
    {
        n = snprintf(path, sizeof(path), "%s", name);

    } else {
        n = snprintf(path, sizeof(path), "%s/carriers/%s.json",
                     fetch_share(), name);
    }

    if (n >= (int) sizeof(path)) {
        fputs("wismo carrier: the adapter's name is too long\n", stderr);
        return FETCH_EXIT_USAGE;
    }

    n = fetch_adapter_load(path, a, errors, 16);

    for (i = 0; i < n && i < 16; i++) {
        fetch_carrier_fault(path, &errors[i]);
    }

    return n ? FETCH_EXIT_USAGE : FETCH_EXIT_OK;
}


static void
fetch_carrier_fault(const char *path, const wismo_error_t *err)
{
    char  text[FETCH_FAULT];

    fetch_read_fault(path, err, text, sizeof(text));
    fprintf(stderr, "%s\n", text);
}


static int
fetch_carrier_read(const char *path, wismo_str_t *text)
{
    FILE   *f;
    size_t  n, size;
    void   *more;

    wismo_str_null(text);

    f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");

    if (f == NULL) {
        fprintf(stderr, "wismo: cannot open \"%s\": %s\n", path,
                strerror(errno));
        return WISMO_DECLINED;
    }

    size = 0;

    for ( ;; ) {

        if (text->len == size) {
            size = size ? size * 2 : 65536;

            more = size > FETCH_CARRIER_INPUT ? NULL
                   : realloc(text->data, size);

            if (more == NULL) {
                fprintf(stderr, "wismo: \"%s\" is too large\n", path);
                goto failed;
            }

            text->data = more;
        }

        n = fread(text->data + text->len, 1, size - text->len, f);

        if (n == 0) {
            break;
        }

        text->len += n;
    }

    if (ferror(f)) {
        fprintf(stderr, "wismo: cannot read \"%s\": %s\n", path,
                strerror(errno));
        goto failed;
    }

    if (f != stdin) {
        (void) fclose(f);
    }

    return WISMO_OK;

failed:

    if (f != stdin) {
        (void) fclose(f);
    }

    free(text->data);

    return WISMO_DECLINED;
}


static int
fetch_carrier_time(const char *text, int64_t *t)
{
    char          *end;
    long long      n;
    wismo_str_t    s;
    wismo_when_t   when;

    n = strtoll(text, &end, 10);

    if (*text && *end == '\0') {
        *t = n;
        return WISMO_OK;
    }

    s = wismo_str_of(text);

    if (wismo_time_iso(&s, &when) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    if (when.basis == WISMO_BASIS_DATE) {
        *t = when.wall;
        return WISMO_OK;
    }

    if (when.utc == WISMO_TIME_NONE) {
        return WISMO_DECLINED;
    }

    *t = when.utc;

    return WISMO_OK;
}


static void
fetch_carrier_usage(FILE *out)
{
    fputs("Usage: wismo carrier parse [OPTION...] ADAPTER FILE\n"
          "       wismo carrier check [--json] ADAPTER.json...\n"
          "       wismo carrier detect NUMBER...\n"
          "       wismo carrier status [OPTION...] [CARRIER...]\n"
          "\n"
          "  parse   what the engine makes of one reply or push, as JSON\n"
          "  check   validate an adapter's file\n"
          "  detect  whose a tracking number may be, as JSON\n"
          "  status  what was done for each carrier, what holds it up\n"
          "\n"
          "\"wismo carrier CALL --help\" explains the options.\n",
          out);
}


static void
fetch_carrier_parse_usage(FILE *out)
{
    fputs("Usage: wismo carrier parse [OPTION...] ADAPTER FILE\n"
          "\n"
          "Prints, as JSON, what the engine makes of one reply of a carrier\n"
          "(or one push).  ADAPTER is a name (ups) or a file (./my.json);\n"
          "FILE may be \"-\", the standard input.\n"
          "\n"
          "  --number N          a number that was asked for (repeatable)\n"
          "  --status CODE       the reply's status of HTTP [200]\n"
          "  --header 'K: V'     one of its headers (repeatable)\n"
          "  --now T             the time of asking: seconds since 1970, or\n"
          "                      as in 2026-03-02T14:05:00Z [now]\n"
          "  --push              FILE is a push, not a reply\n"
          "  --secret-file F     check the push's signature with the keys\n"
          "                      in F; a wrong one has the outcome \"auth\"\n"
          "  --explain           also print which path gave which field\n"
          "\n"
          "Exit status: 0 whenever the outcome can be told, 2 unusable "
          "arguments.\n",
          out);
}


static void
fetch_carrier_check_usage(FILE *out)
{
    fputs("Usage: wismo carrier check [--json] ADAPTER.json...\n"
          "\n"
          "Validates adapter files: unknown keys, paths that cannot be read,\n"
          "statuses that do not exist, codes that stand twice and rows that\n"
          "are never reached.  Each fault is told with its JSON pointer.\n"
          "\n"
          "  --json   as JSON, on the standard output\n"
          "\n"
          "Exit status: 0 without faults, 1 with, 2 unusable arguments.\n",
          out);
}
