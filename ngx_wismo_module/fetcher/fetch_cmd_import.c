
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo import": orders from a file, a JSON object a line, or rows of CSV
 * (fetch_import_csv.c).  Reads, checks and collects lines; what is written,
 * and how, is fetch_bulk.c's matter.  A faulty line is refused alone and never
 * stops the others.
 */


#include "fetch_cmd.h"
#include "fetch_customer.h"
#include "fetch_edd.h"
#include "fetch_import.h"
#include "fetch_meta.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define IMPORT_LINE          (1024 * 1024)
#define IMPORT_BUFFER        (2 * IMPORT_LINE)
#define IMPORT_POOL          (512 * 1024 * 1024)
#define IMPORT_FAULTS        8        /* shown of one line */
#define IMPORT_TRIES         8        /* against other writers */
#define IMPORT_PATIENCE      30       /* seconds without Redis */


static void import_format(struct argp_state *state, import_options_t *o);
static error_t import_option(int key, char *arg, struct argp_state *state);
static int import_read(import_t *im, int fd);
static int import_line(import_t *im, const unsigned char *p, size_t len);
static int import_commit(import_t *im, unsigned n);
static int import_parse(import_t *im, unsigned i, bool tell);
static int import_private(import_t *im, json_t *json, wismo_str_t *body);
static void import_summary(import_t *im, double seconds);


static const struct argp_option  import_opts[] = {

    { "any-carrier", 'a', 0, 0,
      "accept carriers that are not configured; they are never asked", 0 },

    { "config", 'c', "FILE", 0,
      "wismo.json, as nginx writes it", 0 },

    { "dry-run", 'n', 0, 0,
      "check every line, write nothing", 0 },

    { "format", 'f', "ndjson|csv", 0,
      "what FILE is; if it ends in .csv or .tsv, csv", 0 },

    { "json", 'j', 0, 0,
      "print the summary as a JSON object", 0 },

    { "preset", 'p', "NAME|FILE", 0,
      "what the columns of a CSV file are: shopify, woocommerce, shipstation, "
      "aftership, wismo, or a file (the one that knows most of them)", 0 },

    { "quiet", 'q', 0, 0,
      "no progress", 0 },

    { "rejects", 'r', "FILE", 0,
      "write refused lines there", 0 },

    { "resume", 'R', 0, 0,
      "go on where an import with --resume was stopped", 0 },

    { 0 }
};


static const struct argp  import_argp = {
    import_opts, import_option, "FILE",
    "Load orders, a JSON object a line or CSV, \"-\" for standard input.\v"
    "Each line is the body of PUT /orders/NUMBER with a \"number\", and may "
    "hold shipments[].events[].  The same file twice changes nothing.",
    NULL, NULL, NULL
};


/* What was not said follows from the file's name. */

static void
import_format(struct argp_state *state, import_options_t *o)
{
    size_t  len;

    len = o->file ? strlen(o->file) : 0;

    if (!o->said
        && (o->preset
            || (len > 4 && (strcasecmp(o->file + len - 4, ".csv") == 0
                            || strcasecmp(o->file + len - 4, ".tsv") == 0))))
    {
        o->csv = true;
    }

    if (o->preset && !o->csv) {
        argp_error(state, "--preset is for --format csv");
    }

    if (o->resume && o->file && strcmp(o->file, "-") == 0) {
        argp_error(state, "--resume wants a file, not standard input");
    }
}


static error_t
import_option(int key, char *arg, struct argp_state *state)
{
    import_options_t  *o = state->input;

    switch (key) {

    case 'a':
        o->any_carrier = true;
        break;

    case 'c':
        o->config = arg;
        break;

    case 'n':
        o->dry_run = true;
        break;

    case 'f':
        o->csv = (strcmp(arg, "csv") == 0);
        o->said = true;

        if (!o->csv && strcmp(arg, "ndjson") != 0) {
            argp_error(state, "unknown format \"%s\": expected ndjson or csv",
                       arg);
        }

        break;

    case 'j':
        o->json = true;
        break;

    case 'p':
        o->preset = arg;
        break;

    case 'R':
        o->resume = true;
        break;

    case 'q':
        o->quiet = true;
        break;

    case 'r':
        o->rejects = arg;
        break;

    case ARGP_KEY_ARG:

        if (o->file) {
            argp_error(state, "one FILE at a time");
        }

        o->file = arg;
        break;

    case ARGP_KEY_NO_ARGS:
        argp_error(state, "FILE is missing");
        break;

    case ARGP_KEY_END:
        import_format(state, o);
        break;

    default:
        return ARGP_ERR_UNKNOWN;
    }

    return 0;
}


int
fetch_cmd_import(int argc, char **argv)
{
    int            fd, rc;
    double         seconds;
    import_t      *im;
    struct stat    st;
    wismo_error_t  err;

    im = calloc(1, sizeof(import_t));

    if (im == NULL) {
        fputs("wismo: there is no memory\n", stderr);
        return FETCH_EXIT_FAILED;
    }

    argp_parse(&import_argp, argc, argv, 0, NULL, &im->options);

    if (fetch_config_open(&im->conf, im->options.config, &err) != WISMO_OK) {

        if (!im->options.dry_run || im->options.config) {
            fprintf(stderr, "wismo: %s:%s %s\n", im->conf.file, err.at,
                    err.text);
            free(im);
            return FETCH_EXIT_FAILED;
        }

        fprintf(stderr, "wismo: carriers are not checked: %s\n", err.text);
        im->options.any_carrier = true;
    }

    if (!im->options.dry_run
        && fetch_config_peppers(&im->conf, &err) != WISMO_OK)
    {
        fprintf(stderr, "wismo: the look-up form would not know these "
                        "orders: %s\n", err.text);
        fetch_config_done(&im->conf);
        free(im);
        return FETCH_EXIT_FAILED;
    }

    if (!im->options.dry_run
        && fetch_config_contact(&im->conf, &err) != WISMO_OK)
    {
        fprintf(stderr, "wismo: contact data can't be sealed, or found "
                        "again: %s\n", err.text);
        fetch_config_done(&im->conf);
        free(im);
        return FETCH_EXIT_FAILED;
    }

    fd = STDIN_FILENO;

    if (strcmp(im->options.file, "-") != 0) {
        fd = open(im->options.file, O_RDONLY | O_CLOEXEC);

        if (fd == -1) {
            fprintf(stderr, "wismo: cannot open \"%s\": %s\n",
                    im->options.file, strerror(errno));
            free(im);
            return FETCH_EXIT_FAILED;
        }
    }

    if (fstat(fd, &st) == -1) {
        memset(&st, 0, sizeof(struct stat));
    }

    if (im->options.resume && import_resume(im, fd, st.st_size) != WISMO_OK) {
        close(fd);
        free(im);
        return FETCH_EXIT_FAILED;
    }

    if (im->options.rejects) {
        im->rejects = fopen(im->options.rejects, im->at.to ? "ae" : "we");

        if (im->rejects == NULL) {
            fprintf(stderr, "wismo: cannot write \"%s\": %s\n",
                    im->options.rejects, strerror(errno));
            close(fd);
            free(im);
            return FETCH_EXIT_FAILED;
        }
    }

    im->rules.carrier_ok = im->options.any_carrier ? NULL
                                                   : fetch_config_carrier_ok;
    im->rules.carrier_hint = "; with --any-carrier its parcels are shown and "
                             "never asked for";
    im->rules.data = &im->conf;
    im->rules.events = true;
    im->rules.now = time(NULL);

    wismo_pool_init(&im->pool, IMPORT_POOL, NULL, NULL);
    fetch_redis_init(&im->redis, &im->conf);

    rc = WISMO_OK;

    if (!im->options.dry_run) {

        if (!fetch_redis_up(&im->redis)
            || fetch_meta(&im->redis, true) != WISMO_OK
            || fetch_meta_writer(&im->redis) != WISMO_OK)
        {
            fprintf(stderr, "wismo: redis: %s\n", im->redis.error);
            rc = WISMO_ERROR;
        }
    }

    /* estimates are made if something is learnt; else not */

    if (rc == WISMO_OK && !im->options.dry_run) {
        (void) fetch_edd_load(&im->redis);
    }

    fetch_progress_begin(&im->progress, "orders",
                         S_ISREG(st.st_mode) ? (uint64_t) st.st_size : 0,
                         im->options.quiet);

    if (rc == WISMO_OK) {
        rc = im->options.csv ? import_csv(im, fd) : import_read(im, fd);
    }

    if (rc == WISMO_OK && im->options.resume) {
        (void) unlink(im->place);
    }

    seconds = fetch_progress_end(&im->progress);

    if (im->rejects && fclose(im->rejects) != 0) {
        fprintf(stderr, "wismo: cannot write \"%s\": %s\n",
                im->options.rejects, strerror(errno));
        rc = WISMO_ERROR;
    }

    if (rc == WISMO_OK || im->line) {
        import_summary(im, seconds);
    }

    rc = (rc == WISMO_OK && im->refused == 0) ? FETCH_EXIT_OK
                                              : FETCH_EXIT_FAILED;

    fetch_redis_close(&im->redis);
    wismo_pool_done(&im->pool);
    fetch_config_done(&im->conf);
    close(fd);
    free(im);

    return rc;
}


static int
import_read(import_t *im, int fd)
{
    int             rc;
    bool            skip;
    size_t          len, from, room;
    ssize_t         n;
    unsigned char  *buffer, *end;

    buffer = malloc(IMPORT_BUFFER);

    if (buffer == NULL) {
        fputs("wismo: there is no memory\n", stderr);
        return WISMO_ERROR;
    }

    rc = WISMO_OK;
    len = 0;
    skip = false;
    im->read = im->at.to;
    im->line = im->at.next;

    for ( ;; ) {
        room = IMPORT_BUFFER - len;
        n = read(fd, buffer + len, room);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            fprintf(stderr, "wismo: reading \"%s\": %s\n", im->options.file,
                    strerror(errno));
            rc = WISMO_ERROR;
            break;
        }

        if (n == 0) {

            if (len && !skip) {
                rc = import_line(im, buffer, len);
            }

            break;
        }

        im->read += (uint64_t) n;
        len += (size_t) n;
        from = 0;

        while (rc == WISMO_OK
               && (end = memchr(buffer + from, '\n', len - from)))
        {
            im->at.to = im->read - len + (size_t) (end - buffer) + 1;

            if (!skip) {
                rc = import_line(im, buffer + from,
                                 (size_t) (end - buffer) - from);
            }

            skip = false;
            from = (size_t) (end - buffer) + 1;
        }

        if (rc != WISMO_OK) {
            break;
        }

        len -= from;
        memmove(buffer, buffer + from, len);

        if (len > IMPORT_LINE) {

            if (!skip) {
                rc = import_line(im, buffer, len);
            }

            skip = true;
            len = 0;
        }
    }

    free(buffer);

    if (rc == WISMO_OK) {
        rc = import_flush(im);
    }

    if (rc != WISMO_OK && im->line) {
        fprintf(stderr, "wismo: stopped before %s:%llu; what is loaded is "
                        "loaded, and the same file may be imported again\n",
                im->options.file,
                (unsigned long long) (im->n ? im->lines[0].number
                                            : im->line));
    }

    return rc;
}


static int
import_line(import_t *im, const unsigned char *p, size_t len)
{
    import_line_t  *line;
    wismo_error_t   err;
    wismo_str_t     text;

    im->line++;

    while (len && (p[len - 1] == '\r' || p[len - 1] == ' ')) {
        len--;
    }

    if (len == 0) {
        return WISMO_OK;
    }

    im->at.next = im->line;

    line = &im->lines[im->n];
    line->number = im->line;
    wismo_str_null(&line->raw);

    if (len > IMPORT_LINE) {
        line->line.len = 0;
        wismo_error_set(&err, "", "expected a line of at most %d bytes",
                        IMPORT_LINE);
        import_refuse(im, line, &err);
        im->refused++;
        return WISMO_OK;
    }

    text.data = (unsigned char *) p;
    text.len = len;

    if (wismo_pstrdup(&im->pool, &line->line, &text) != WISMO_OK) {
        fputs("wismo: there is no memory\n", stderr);
        return WISMO_ERROR;
    }

    return import_add(im);
}


int
import_add(import_t *im)
{
    if (import_parse(im, im->n, true) != WISMO_OK) {
        im->refused++;
        return WISMO_OK;
    }

    if (++im->n == FETCH_BULK) {
        return import_flush(im);
    }

    return WISMO_OK;
}


/* Makes order "i" of the batch from its line. */

static int
import_parse(import_t *im, unsigned i, bool tell)
{
    int             k, n;
    json_t         *json;
    json_error_t    error;
    wismo_error_t   errors[IMPORT_FAULTS];
    wismo_order_t  *order;
    import_line_t  *line;

    line = &im->lines[i];

    order = wismo_pcalloc(&im->pool, sizeof(wismo_order_t));
    json = json_loadb((char *) line->line.data, line->line.len,
                      JSON_REJECT_DUPLICATES, &error);

    if (order == NULL) {
        n = WISMO_ERROR;

    } else if (json == NULL) {
        wismo_error_set(&errors[0], "", "is no JSON object: %s, column %d",
                        error.text, error.column);
        n = 1;

    } else {
        n = wismo_order_carriers(json, &im->rules);

        if (n >= 0) {
            n = wismo_order_body(&im->pool, json, &im->rules, order, errors,
                                 IMPORT_FAULTS);
        }

        if (n == 0 && order->number.len == 0) {
            wismo_error_set(&errors[0], "/number",
                            "expected the order's number");
            n = 1;
        }

        if (n == 0
            && wismo_proofs_make(&im->conf.peppers, &order->number, json,
                                 &order->proofs)
               != WISMO_OK)
        {
            n = WISMO_ERROR;
        }

        if (n == 0) {
            n = import_private(im, json, &im->orders[i].body);
        }
    }

    json_decref(json);

    if (n == WISMO_ERROR) {
        wismo_error_set(&errors[0], "", "there is no memory");
        n = 1;
    }

    if (n) {

        if (tell) {
            for (k = 0; k < n; k++) {
                import_refuse(im, line, &errors[k]);
            }

            import_keep(im, line);
        }

        return WISMO_DECLINED;
    }

    for (k = 0; k < (int) order->nparcels; k++) {
        wismo_str_set(&order->parcels[k].source, "import");
    }

    im->orders[i].order = order;

    return WISMO_OK;
}


/* What the shop sent, without the history: that is in the document. */

static int
import_private(import_t *im, json_t *json, wismo_str_t *body)
{
    size_t   i;
    json_t  *shipment;

    json_array_foreach(json_object_get(json, "shipments"), i, shipment) {
        json_object_del(shipment, "events");
    }

    body->len = json_dumpb(json, NULL, 0, JSON_COMPACT);
    body->data = body->len ? wismo_palloc(&im->pool, body->len) : NULL;

    if (body->data == NULL) {
        return WISMO_ERROR;
    }

    json_dumpb(json, (char *) body->data, body->len, JSON_COMPACT);

    return WISMO_OK;
}


int
import_flush(import_t *im)
{
    unsigned  i, n, tries;

    n = im->n;

    if (im->options.dry_run) {
        im->loaded += n;
        n = 0;
    }

    for (tries = 0; n && tries < IMPORT_TRIES; tries++) {

        if (import_commit(im, n) != WISMO_OK) {
            return WISMO_ERROR;
        }

        /* those that lost a race, against a fetcher or within this batch,
         * are made again from their lines */

        im->n = n;
        n = 0;

        for (i = 0; i < im->n; i++) {

            switch (im->orders[i].result) {

            case FETCH_COMMIT_DONE:

                if (im->orders[i].unchanged) {
                    im->unchanged++;

                } else {
                    im->loaded++;
                }

                break;

            case FETCH_COMMIT_CONFLICT:
                im->lines[n] = im->lines[i];

                if (import_parse(im, n, false) != WISMO_OK) {
                    fputs("wismo: there is no memory\n", stderr);
                    return WISMO_ERROR;
                }

                n++;
                break;

            default:
                fprintf(stderr, "%s:%llu: the order could not be written\n",
                        im->options.file,
                        (unsigned long long) im->lines[i].number);
                import_keep(im, &im->lines[i]);
                im->refused++;
                break;
            }
        }
    }

    for (i = 0; i < n; i++) {
        fprintf(stderr, "%s:%llu: others keep changing this order, import "
                        "it again\n", im->options.file,
                (unsigned long long) im->lines[i].number);
        import_keep(im, &im->lines[i]);
        im->refused++;
    }

    im->n = 0;
    wismo_pool_reset(&im->pool);
    import_place(im);

    fetch_progress_at(&im->progress, im->read, im->loaded + im->unchanged,
                      im->refused);

    return WISMO_OK;
}


static int
import_commit(import_t *im, unsigned n)
{
    int                    rc;
    unsigned               i;
    time_t                 until;
    const struct timespec  pause = { 0, 50 * 1000 * 1000 };

    until = time(NULL) + IMPORT_PATIENCE;

    for ( ;; ) {
        rc = WISMO_ERROR;

        if (fetch_redis_up(&im->redis)) {
            rc = fetch_bulk_commit(&im->redis, &im->pool, im->orders, n,
                                   time(NULL));
        }

        if (rc == WISMO_OK) {
            return WISMO_OK;
        }

        if (time(NULL) > until) {
            fprintf(stderr, "wismo: redis: %s\n", im->redis.error);
            return WISMO_ERROR;
        }

        nanosleep(&pause, NULL);

        /* the merge may have begun: start from the lines again */

        for (i = 0; i < n; i++) {

            if (import_parse(im, i, false) != WISMO_OK) {
                fputs("wismo: there is no memory\n", stderr);
                return WISMO_ERROR;
            }
        }
    }
}


void
import_refuse(import_t *im, const import_line_t *line,
    const wismo_error_t *err)
{
    const char  *column;

    if (im->progress.terminal && !im->options.quiet) {
        fputs("\r\033[K", stderr);
    }

    column = im->csv ? fetch_csv_column(im->csv, err->at) : NULL;

    fprintf(stderr, "%s:%llu: %s%s%s%s%s%s\n", im->options.file,
            (unsigned long long) line->number, err->at,
            err->at[0] ? ": " : "", err->text,
            column ? ", in the column \"" : "", column ? column : "",
            column ? "\"" : "");
}


/* A spreadsheet has its header first. */

void
import_keep(import_t *im, const import_line_t *line)
{
    const wismo_str_t  *text, *header;

    text = line->raw.len ? &line->raw : &line->line;

    if (im->rejects == NULL || text->len == 0) {
        return;
    }

    if (im->csv && ftello(im->rejects) == 0) {
        header = fetch_csv_header(im->csv);
        fwrite(header->data, 1, header->len, im->rejects);
    }

    fwrite(text->data, 1, text->len, im->rejects);

    if (text->data[text->len - 1] != '\n') {
        fputc('\n', im->rejects);
    }
}


static void
import_summary(import_t *im, double seconds)
{
    double  rate;

    rate = seconds > 0 ? (double) (im->loaded + im->unchanged) / seconds : 0;

    if (im->options.json) {
        printf("{\"loaded\":%llu,\"unchanged\":%llu,\"refused\":%llu,"
               "\"seconds\":%.3f,\"per_second\":%.0f,\"dry_run\":%s}\n",
               (unsigned long long) im->loaded,
               (unsigned long long) im->unchanged,
               (unsigned long long) im->refused, seconds, rate,
               im->options.dry_run ? "true" : "false");
        return;
    }

    printf("%llu orders %s, %llu unchanged, %llu refused, %.1f s, %.0f/s\n",
           (unsigned long long) im->loaded,
           im->options.dry_run ? "checked" : "loaded",
           (unsigned long long) im->unchanged,
           (unsigned long long) im->refused, seconds, rate);
}
