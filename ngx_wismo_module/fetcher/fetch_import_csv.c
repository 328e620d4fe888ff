
/*
 * Copyright (C) The Wismo authors
 *
 * A part of "wismo import": spreadsheets, whose orders go the way of a line,
 * and how far an import came, for the one that goes on there.
 */


#include "fetch_import.h"
#include "fetch_share.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>


static int import_row(void *data, json_t *json,
    const fetch_csv_place_t *place, const wismo_error_t *err);


int
import_csv(import_t *im, int fd)
{
    int                rc;
    wismo_error_t      err;
    fetch_csv_place_t  from;

    memset(&err, 0, sizeof(wismo_error_t));

    if (im->conf.json == NULL) {
        wismo_pool_init(&im->conf.pool, 16 * 1024 * 1024, NULL, NULL);
    }

    if (fetch_config_names(&im->conf) != WISMO_OK) {
        fputs("wismo: there is no memory\n", stderr);
        return WISMO_ERROR;
    }

    im->csv = fetch_csv_create(fetch_share(), im->options.preset,
                               im->conf.names, &err);

    if (im->csv == NULL) {
        fprintf(stderr, "wismo: %s\n", err.text);
        return WISMO_ERROR;
    }

    from = im->at;
    rc = fetch_csv_read(im->csv, fd, &from, import_row, im, &err);

    if (rc != WISMO_OK && err.text[0]) {
        fprintf(stderr, "wismo: %s: %s\n", im->options.file, err.text);
    }

    if (rc == WISMO_OK) {
        rc = import_flush(im);
    }

    fetch_csv_free(im->csv);
    im->csv = NULL;

    if (im->conf.json == NULL) {
        wismo_pool_done(&im->conf.pool);
        im->conf.names = NULL;
    }

    return rc == WISMO_OK ? WISMO_OK : WISMO_ERROR;
}


/* Its rows are kept beside it, for those who want them back. */

static int
import_row(void *data, json_t *json, const fetch_csv_place_t *place,
    const wismo_error_t *err)
{
    import_t *im = data;

    bool            bad;
    char           *text;
    wismo_str_t     s;
    import_line_t  *line;

    im->line = place->line;
    im->read = place->to;
    im->at = *place;
    wismo_str_null(&im->at.raw);

    line = &im->lines[im->n];
    line->number = place->line;

    bad = (json == NULL);
    text = bad ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);

    s.data = (unsigned char *) (text ? text : "");
    s.len = strlen((char *) s.data);

    if ((!bad && text == NULL)
        || wismo_pstrdup(&im->pool, &line->line, &s) != WISMO_OK
        || wismo_pstrdup(&im->pool, &line->raw, &place->raw) != WISMO_OK)
    {
        free(text);
        fputs("wismo: there is no memory\n", stderr);
        return WISMO_ERROR;
    }

    free(text);

    if (bad) {
        import_refuse(im, line, err);
        import_keep(im, line);
        im->refused++;
        return WISMO_OK;
    }

    return import_add(im);
}


/* FILE.resume says how far an import of a file of that size came. */

int
import_resume(import_t *im, int fd, off_t size)
{
    json_t  *json;

    if (snprintf(im->place, sizeof(im->place), "%s.resume", im->options.file)
        >= (int) sizeof(im->place))
    {
        fputs("wismo: the file's name is too long for --resume\n", stderr);
        return WISMO_ERROR;
    }

    im->size = size;
    json = json_load_file(im->place, 0, NULL);

    if (json == NULL) {
        return WISMO_OK;
    }

    if (json_integer_value(json_object_get(json, "size")) != size) {
        fprintf(stderr, "wismo: %s is about a file of another size: remove "
                        "it to begin anew\n", im->place);
        json_decref(json);
        return WISMO_ERROR;
    }

    im->at.to = (uint64_t) json_integer_value(json_object_get(json, "to"));
    im->at.next = (uint64_t) json_integer_value(json_object_get(json,
                                                                "next"));
    json_decref(json);

    if (!im->options.csv && lseek(fd, (off_t) im->at.to, SEEK_SET) == -1) {
        fprintf(stderr, "wismo: reading \"%s\": %s\n", im->options.file,
                strerror(errno));
        return WISMO_ERROR;
    }

    if (!im->options.quiet) {
        fprintf(stderr, "%s: goes on where it was stopped, at byte %llu\n",
                im->options.file, (unsigned long long) im->at.to);
    }

    return WISMO_OK;
}


/* Written aside and renamed: who is stopped in between has the one before. */

void
import_place(import_t *im)
{
    char   temp[PATH_MAX + 8];
    FILE  *f;

    if (!im->options.resume || im->options.dry_run) {
        return;
    }

    snprintf(temp, sizeof(temp), "%s.new", im->place);

    f = fopen(temp, "we");

    if (f == NULL) {
        return;
    }

    fprintf(f, "{\"size\":%lld,\"to\":%llu,\"next\":%llu}\n",
            (long long) im->size, (unsigned long long) im->at.to,
            (unsigned long long) im->at.next);

    if (fclose(f) == 0) {
        (void) rename(temp, im->place);
    }
}
