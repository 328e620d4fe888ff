
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo template": renders a template with the data of a JSON file, or only
 * checks it, with the engine of the module.  For those who write themes, and
 * for the tests.
 *
 * It must never read a partial outside of the directory given, write part of
 * a page when the rest fails, or call an error anything but file:line:column.
 */


#include "fetch_cmd.h"

#include "wismo_json.h"
#include "wismo_template.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>


#define FETCH_TEMPLATE_FILE_MAX   (64 << 20)
#define FETCH_TEMPLATE_POOL       ((size_t) 1 << 30)
#define FETCH_TEMPLATE_NODES      4000000
#define FETCH_TEMPLATE_PATH       4096


typedef struct {
    bool            render;
    bool            allow_raw;
    wismo_escape_e  escape;
    const char     *partials;
    const char     *template;
    const char     *data;
    char            path[FETCH_TEMPLATE_PATH];    /* the last partial's */
} fetch_template_t;


static error_t fetch_template_option(int key, char *arg,
    struct argp_state *state);
static int fetch_template_run(fetch_template_t *t, wismo_pool_t *pool);
static int fetch_template_partial(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);
static bool fetch_template_path(fetch_template_t *t, const char *name,
    size_t len, const char *suffix);
static int fetch_template_read(const char *path, wismo_pool_t *pool,
    wismo_str_t *text);
static void fetch_template_wrong(const char *path, const wismo_error_t *err);


static const struct argp_option  fetch_template_options[] = {

    { "allow-raw", 'r', NULL, 0,
      "Allow {{{name}}} and {{&name}}, which do not escape", 0 },

    { "escape", 'e', "FORM", 0,
      "What is rendered: html (default), text, json, form, ical "
      "or xml", 0 },

    { "partials", 'p', "DIR", 0,
      "Find {{>name}} as DIR/name.mustache or DIR/name", 0 },

    { 0 }
};


static const struct argp  fetch_template_argp = {
    fetch_template_options, fetch_template_option,
    "render TEMPLATE DATA.json\ncheck TEMPLATE",
    "Render a Mustache template, or check it.\v"
    "\"render\" prints TEMPLATE filled with DATA.json; a partial that is "
    "missing renders as nothing.  \"check\" prints nothing, and refuses "
    "missing partials.  Faults are told as file:line:column: text.\n"
    "\n"
    "Exit status: 0 done, 1 a file is faulty or unreadable, 2 unusable "
    "arguments.",
    NULL, NULL, NULL
};


int
fetch_cmd_template(int argc, char **argv)
{
    int               rc;
    wismo_pool_t      pool;
    fetch_template_t  t;

    memset(&t, 0, sizeof(fetch_template_t));

    argp_err_exit_status = FETCH_EXIT_USAGE;

    if (argp_parse(&fetch_template_argp, argc, argv, 0, NULL, &t) != 0) {
        return FETCH_EXIT_USAGE;
    }

    wismo_pool_init(&pool, FETCH_TEMPLATE_POOL, NULL, NULL);

    rc = fetch_template_run(&t, &pool);

    wismo_pool_done(&pool);

    return rc == WISMO_OK ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


static error_t
fetch_template_option(int key, char *arg, struct argp_state *state)
{
    unsigned           want;
    fetch_template_t  *t;

    t = state->input;

    switch (key) {

    case 'r':
        t->allow_raw = true;
        return 0;

    case 'p':
        t->partials = arg;
        return 0;

    case 'e':

        if (wismo_escape_of(arg, &t->escape) != WISMO_OK) {
            argp_error(state, "\"html\", \"text\", \"json\", \"form\", "
                       "\"ical\" or \"xml\" is expected after --escape, "
                       "not \"%s\"", arg);
        }

        return 0;

    case ARGP_KEY_ARG:

        switch (state->arg_num) {

        case 0:
            t->render = strcmp(arg, "render") == 0;

            if (!t->render && strcmp(arg, "check") != 0) {
                argp_error(state, "\"render\" or \"check\" is expected, "
                           "not \"%s\"", arg);
            }

            return 0;

        case 1:
            t->template = arg;
            return 0;

        case 2:
            t->data = arg;
            return 0;
        }

        return ARGP_ERR_UNKNOWN;

    case ARGP_KEY_END:
        want = t->render ? 3 : 2;

        if (state->arg_num < want) {
            argp_error(state, "an argument is missing");
        }

        if (state->arg_num > want) {
            argp_error(state, "too many arguments");
        }

        return 0;
    }

    return ARGP_ERR_UNKNOWN;
}


static int
fetch_template_run(fetch_template_t *t, wismo_pool_t *pool)
{
    int                     rc;
    wismo_out_t             out;
    wismo_str_t             source, text;
    wismo_json_t           *data;
    wismo_error_t           err;
    wismo_template_t       *template;
    wismo_template_opts_t   opts;

    if (fetch_template_read(t->template, pool, &source) != WISMO_OK) {
        fprintf(stderr, "%s: %s\n", t->template, strerror(errno));
        return WISMO_ERROR;
    }

    opts.partial = fetch_template_partial;
    opts.data = t;
    opts.constants = NULL;
    opts.missing_ok = t->render;
    opts.allow_raw = t->allow_raw;
    opts.escape = t->escape;

    if (wismo_template_compile(pool, &source, &opts, &template, &err)
        != WISMO_OK)
    {
        if (err.at[0]
            && (fetch_template_path(t, err.at, strlen(err.at), ".mustache")
                || fetch_template_path(t, err.at, strlen(err.at), "")))
        {
            fetch_template_wrong(t->path, &err);

        } else {
            fetch_template_wrong(t->template, &err);
        }

        return WISMO_ERROR;
    }

    if (!t->render) {
        return WISMO_OK;
    }

    if (fetch_template_read(t->data, pool, &text) != WISMO_OK) {
        fprintf(stderr, "%s: %s\n", t->data, strerror(errno));
        return WISMO_ERROR;
    }

    if (wismo_json_read(pool, &text, FETCH_TEMPLATE_NODES, &data, &err)
        != WISMO_OK)
    {
        fetch_template_wrong(t->data, &err);
        return WISMO_ERROR;
    }

    wismo_out_init(&out, pool, 4096);

    rc = wismo_template_render(template, data, &out);

    if (rc == WISMO_DECLINED) {
        fprintf(stderr, "%s: sections and partials are nested too deeply, "
                        "or repeat too often\n", t->template);
        return WISMO_ERROR;
    }

    if (rc != WISMO_OK) {
        fprintf(stderr, "%s: the page does not fit into memory\n",
                t->template);
        return WISMO_ERROR;
    }

    fwrite(out.start, 1, (size_t) (out.pos - out.start), stdout);

    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "wismo: the page could not be written: %s\n",
                strerror(errno));
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static int
fetch_template_partial(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source)
{
    fetch_template_t  *t;

    t = data;

    if (!fetch_template_path(t, (char *) name->data, name->len, ".mustache")
        && !fetch_template_path(t, (char *) name->data, name->len, ""))
    {
        return WISMO_DECLINED;
    }

    if (fetch_template_read(t->path, pool, source) != WISMO_OK) {

        if (errno == ENOMEM) {
            return WISMO_ERROR;
        }

        fprintf(stderr, "%s: %s\n", t->path, strerror(errno));

        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static bool
fetch_template_path(fetch_template_t *t, const char *name, size_t len,
    const char *suffix)
{
    int    n;
    FILE  *file;

    if (t->partials == NULL) {
        return false;
    }

    n = snprintf(t->path, FETCH_TEMPLATE_PATH, "%s/%.*s%s", t->partials,
                 (int) len, name, suffix);

    if (n < 0 || n >= FETCH_TEMPLATE_PATH) {
        return false;
    }

    file = fopen(t->path, "rb");

    if (file == NULL) {
        return false;
    }

    fclose(file);

    return true;
}


static int
fetch_template_read(const char *path, wismo_pool_t *pool, wismo_str_t *text)
{
    int          failed;
    FILE        *file;
    size_t       n;
    wismo_out_t  out;

    file = fopen(path, "rb");

    if (file == NULL) {
        return WISMO_ERROR;
    }

    failed = 0;

    wismo_out_init(&out, pool, 65536);

    for ( ;; ) {
        if (out.end == out.pos) {
            wismo_out_grow(&out, 65536);
        }

        if (out.failed) {
            failed = ENOMEM;
            break;
        }

        errno = 0;
        n = fread(out.pos, 1, (size_t) (out.end - out.pos), file);
        out.pos += n;

        if (n == 0) {
            failed = ferror(file) ? errno : 0;
            break;
        }

        if (out.pos - out.start > FETCH_TEMPLATE_FILE_MAX) {
            failed = EFBIG;
            break;
        }
    }

    fclose(file);

    if (failed) {
        errno = failed;
        return WISMO_ERROR;
    }

    text->data = out.start;
    text->len = (size_t) (out.pos - out.start);

    return WISMO_OK;
}


static void
fetch_template_wrong(const char *path, const wismo_error_t *err)
{
    if (err->line) {
        fprintf(stderr, "%s:%u:%u: %s\n", path, err->line, err->column,
                err->text);

    } else {
        fprintf(stderr, "%s: %s\n", path, err->text);
    }
}
