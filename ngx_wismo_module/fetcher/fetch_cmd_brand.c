
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo brand check": whether nginx would take the files of brands, and
 * whether their colours can be read.  "wismo preview": each state of an order
 * in each language of a brand, light and dark, as a page on the disk, made by
 * what makes the pages of the module.
 *
 * It must never write anything outside of the directory that it was given.
 */


#include "fetch_cmd.h"
#include "fetch_pages.h"
#include "fetch_sample.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>


#define FETCH_BRAND_MEMORY   ((size_t) 256 << 20)
#define FETCH_BRAND_PAGE     ((size_t) 16 << 20)


typedef struct {
    bool            strict;
    const char     *brand;
    const char     *out;
    const char     *lang;
    char          **files;
    unsigned        nfiles;
} fetch_brand_args_t;


static error_t fetch_brand_option(int key, char *arg,
    struct argp_state *state);
static error_t fetch_preview_option(int key, char *arg,
    struct argp_state *state);
static int fetch_brand_check(const char *file, bool strict);
static int fetch_preview_run(fetch_brand_args_t *args, fetch_pages_t *p);
static int fetch_preview_language(fetch_brand_args_t *args, fetch_pages_t *p,
    unsigned language, time_t now);
static int fetch_preview_order(fetch_pages_t *p, const wismo_theme_t *theme,
    const wismo_substatus_t *row, wismo_leg_e leg, time_t now,
    const char *path);
static int fetch_preview_message(fetch_pages_t *p, const wismo_theme_t *theme,
    const char *kind, time_t now, const char *path);
static int fetch_preview_write(const char *path, const wismo_out_t *out);
static void fetch_preview_ctx(fetch_pages_t *p, const wismo_theme_t *theme,
    time_t now, wismo_view_ctx_t *ctx);


static const struct argp_option  fetch_brand_options[] = {

    { "strict", 's', NULL, 0, "Take warnings for faults", 0 },

    { 0 }
};


static const struct argp  fetch_brand_argp = {
    fetch_brand_options, fetch_brand_option,
    "check FILE...",
    "Check brands, as \"nginx -t\" does.\v"
    "FILE is NAME.json; its style sheet, its blocks and templates/NAME/ are "
    "read from the same directory.  Faults are told as file:line:column: "
    "text, and so are warnings: colours that are read on each other and have "
    "a contrast of less than 4.5.\n"
    "\n"
    "Exit status: 0 all are good, 1 one is faulty or unreadable, 2 unusable "
    "arguments.",
    NULL, NULL, NULL
};


static const struct argp_option  fetch_preview_options[] = {

    { "brand", 'b', "FILE", 0, "The brand's file; without, none", 0 },
    { "out", 'o', "DIR", 0, "Where the pages go; made if it is not there", 0 },
    { "lang", 'l', "TAG", 0, "This language only", 0 },

    { 0 }
};


static const struct argp  fetch_preview_argp = {
    fetch_preview_options, fetch_preview_option,
    "--out DIR",
    "Write each state of an order, and each message, in each language.\v"
    "DIR/index.html leads to all of them, light and dark beside each other.  "
    "The orders are made up; the templates, words and colours are those that "
    "nginx would use.\n"
    "\n"
    "Exit status: 0 done, 1 the brand is faulty or DIR can't be written, 2 "
    "unusable arguments.",
    NULL, NULL, NULL
};


static const char *const  fetch_preview_messages[] = {
    "form", "not_found", "bad_link", "unavailable", "order_missing",
    "proof_missing", "no_match", "stop", "stopped", NULL
};


int
fetch_cmd_brand(int argc, char **argv)
{
    int                  rc;
    unsigned             i;
    fetch_brand_args_t   args;

    memset(&args, 0, sizeof(fetch_brand_args_t));

    argp_err_exit_status = FETCH_EXIT_USAGE;

    args.files = calloc((size_t) argc, sizeof(char *));

    if (args.files == NULL
        || argp_parse(&fetch_brand_argp, argc, argv, 0, NULL, &args) != 0)
    {
        free(args.files);
        return FETCH_EXIT_USAGE;
    }

    rc = FETCH_EXIT_OK;

    for (i = 0; i < args.nfiles; i++) {
        if (fetch_brand_check(args.files[i], args.strict) != WISMO_OK) {
            rc = FETCH_EXIT_FAILED;
        }
    }

    free(args.files);

    return rc;
}


static error_t
fetch_brand_option(int key, char *arg, struct argp_state *state)
{
    fetch_brand_args_t  *args;

    args = state->input;

    switch (key) {

    case 's':
        args->strict = true;
        return 0;

    case ARGP_KEY_ARG:

        if (state->arg_num) {
            args->files[args->nfiles++] = arg;

        } else if (strcmp(arg, "check") != 0) {
            argp_error(state, "\"check\" is expected, not \"%s\"", arg);
        }

        return 0;

    case ARGP_KEY_END:

        if (args->nfiles == 0) {
            argp_error(state, "a brand's file is missing");
        }

        return 0;
    }

    return ARGP_ERR_UNKNOWN;
}


static int
fetch_brand_check(const char *file, bool strict)
{
    int               rc;
    unsigned          i;
    wismo_pool_t      pool;
    wismo_theme_t     theme;
    fetch_pages_t    *p;
    wismo_letters_t   letters;

    p = malloc(sizeof(fetch_pages_t));

    if (p == NULL) {
        return WISMO_ERROR;
    }

    wismo_pool_init(&pool, FETCH_BRAND_MEMORY, NULL, NULL);

    rc = fetch_pages_load(p, &pool, file, NULL, false);

    for (i = 0; rc == WISMO_OK && i < p->nwords; i++) {
        rc = fetch_pages_theme(p, i, &theme);

        if (rc == WISMO_OK) {
            rc = fetch_pages_letters(p, i, &letters);
        }
    }

    if (rc == WISMO_OK && strict && p->warnings) {
        rc = WISMO_DECLINED;
    }

    if (rc == WISMO_OK) {
        printf("%s: %.*s, %u language%s\n", file, (int) p->brand.name.len,
               (char *) p->brand.name.data, p->nwords,
               p->nwords == 1 ? "" : "s");
    }

    wismo_pool_done(&pool);
    free(p);

    return rc;
}


int
fetch_cmd_preview(int argc, char **argv)
{
    int                  rc;
    wismo_pool_t         pool;
    fetch_pages_t       *p;
    fetch_brand_args_t   args;

    memset(&args, 0, sizeof(fetch_brand_args_t));

    argp_err_exit_status = FETCH_EXIT_USAGE;

    if (argp_parse(&fetch_preview_argp, argc, argv, 0, NULL, &args) != 0) {
        return FETCH_EXIT_USAGE;
    }

    p = malloc(sizeof(fetch_pages_t));

    if (p == NULL) {
        return FETCH_EXIT_FAILED;
    }

    wismo_pool_init(&pool, FETCH_BRAND_MEMORY, NULL, NULL);

    rc = fetch_pages_load(p, &pool, args.brand, NULL, false);

    if (rc == WISMO_OK) {
        rc = fetch_preview_run(&args, p);
    }

    wismo_pool_done(&pool);
    free(p);

    return rc == WISMO_OK ? FETCH_EXIT_OK : FETCH_EXIT_FAILED;
}


static error_t
fetch_preview_option(int key, char *arg, struct argp_state *state)
{
    fetch_brand_args_t  *args;

    args = state->input;

    switch (key) {

    case 'b':
        args->brand = arg;
        return 0;

    case 'o':
        args->out = arg;
        return 0;

    case 'l':
        args->lang = arg;
        return 0;

    case ARGP_KEY_END:

        if (args->out == NULL) {
            argp_error(state, "--out is missing");
        }

        return 0;
    }

    return ARGP_ERR_UNKNOWN;
}


static int
fetch_preview_run(fetch_brand_args_t *args, fetch_pages_t *p)
{
    int                 rc;
    char                path[FETCH_PAGES_PATH];
    time_t              now;
    unsigned            i, n;
    wismo_out_t         out;
    const wismo_str_t  *lang, *name;

    if (mkdir(args->out, 0777) != 0 && errno != EEXIST) {
        fprintf(stderr, "%s: %s\n", args->out, strerror(errno));
        return WISMO_DECLINED;
    }

    /* noon, so that each day is the same */

    now = time(NULL);
    now -= now % 86400 - 43200;

    wismo_out_init(&out, p->pool, 4096);
    wismo_out_text(&out, "<!doctype html>\n<html lang=\"en\">\n"
                         "<meta charset=\"utf-8\">\n<title>Preview</title>\n"
                         "<h1>Languages</h1>\n<ul>\n");

    rc = WISMO_OK;
    n = 0;

    for (i = 0; rc == WISMO_OK && i < p->nwords; i++) {
        lang = wismo_words_lang(p->words[i]);
        name = wismo_words_name(p->words[i]);

        if (args->lang && !wismo_str_is(lang, args->lang)) {
            continue;
        }

        rc = fetch_preview_language(args, p, i, now);

        wismo_out_printf(&out, "<li><a href=\"%.*s/index.html\" lang=\"%.*s\">"
                         "%.*s</a>\n", (int) lang->len, (char *) lang->data,
                         (int) lang->len, (char *) lang->data,
                         (int) name->len, (char *) name->data);
        n++;
    }

    if (rc == WISMO_OK && n == 0) {
        fprintf(stderr, "wismo: there is no language \"%s\"\n", args->lang);
        rc = WISMO_DECLINED;
    }

    wismo_out_text(&out, "</ul>\n</html>\n");

    if (rc == WISMO_OK) {
        (void) snprintf(path, sizeof(path), "%s/index.html", args->out);

        rc = fetch_preview_write(path, &out);
    }

    if (rc == WISMO_OK) {
        printf("%s\n", path);
    }

    return rc;
}


/* A page with all states in frames, which take their scheme from it. */

static int
fetch_preview_language(fetch_brand_args_t *args, fetch_pages_t *p,
    unsigned language, time_t now)
{
    int                       rc;
    char                      dir[FETCH_PAGES_PATH - 256];
    char                      path[FETCH_PAGES_PATH], name[128];
    unsigned                  i, back;
    wismo_out_t               out;
    wismo_theme_t             theme;
    const wismo_str_t        *lang;
    const wismo_substatus_t  *row;

    lang = wismo_words_lang(p->words[language]);

    if (snprintf(dir, sizeof(dir), "%s/%.*s", args->out, (int) lang->len,
                 (char *) lang->data) >= (int) sizeof(dir)
        || (mkdir(dir, 0777) != 0 && errno != EEXIST))
    {
        fprintf(stderr, "%s: %s\n", dir, strerror(errno));
        return WISMO_DECLINED;
    }

    rc = fetch_pages_theme(p, language, &theme);

    wismo_out_init(&out, p->pool, 65536);
    wismo_out_printf(&out, "<!doctype html>\n<html lang=\"en\">\n"
                     "<meta charset=\"utf-8\">\n<title>%.*s</title>\n"
                     "<style>section{display:grid;gap:1rem;"
                     "grid-template-columns:repeat(2,minmax(0,1fr))}"
                     "h2{grid-column:1/-1;margin:1rem 0 0}"
                     "iframe{width:100%%;height:40rem;border:1px solid}"
                     ".light{color-scheme:light}.dark{color-scheme:dark}"
                     "</style>\n<p><a href=\"../index.html\">Languages</a>\n",
                     (int) lang->len, (char *) lang->data);

    row = wismo_substatus_table();
    back = 0;
    i = 0;

    while (rc == WISMO_OK && (row->name || back < WISMO_RETURN_STATES
                              || fetch_preview_messages[i]))
    {
        if (row->name) {
            (void) snprintf(name, sizeof(name), "%s.%s", row->name, row->sub);
            (void) snprintf(path, sizeof(path), "%s/%s.html", dir, name);
            rc = fetch_preview_order(p, &theme, row++, WISMO_LEG_OUTBOUND,
                                     now, path);

        } else if (back < WISMO_RETURN_STATES) {
            (void) snprintf(name, sizeof(name), "return.%s",
                            wismo_return_name((wismo_return_e) back));
            (void) snprintf(path, sizeof(path), "%s/%s.html", dir, name);
            rc = fetch_preview_order(p, &theme,
                                     wismo_return_sample((wismo_return_e)
                                                         back++),
                                     WISMO_LEG_RETURN, now, path);

        } else {
            (void) snprintf(name, sizeof(name), "message.%s",
                            fetch_preview_messages[i]);
            (void) snprintf(path, sizeof(path), "%s/%s.html", dir, name);
            rc = fetch_preview_message(p, &theme, fetch_preview_messages[i++],
                                       now, path);
        }

        wismo_out_printf(&out, "<section><h2><a href=\"%s.html\">%s</a></h2>"
                         "<iframe class=\"light\" loading=\"lazy\" "
                         "title=\"%s, light\" src=\"%s.html\"></iframe>"
                         "<iframe class=\"dark\" loading=\"lazy\" "
                         "title=\"%s, dark\" src=\"%s.html\"></iframe>"
                         "</section>\n", name, name, name, name, name, name);
    }

    wismo_out_text(&out, "</html>\n");

    if (rc != WISMO_OK) {
        return rc;
    }

    (void) snprintf(path, sizeof(path), "%s/index.html", dir);

    return fetch_preview_write(path, &out);
}


static int
fetch_preview_order(fetch_pages_t *p, const wismo_theme_t *theme,
    const wismo_substatus_t *row, wismo_leg_e leg, time_t now,
    const char *path)
{
    int                rc;
    wismo_out_t        out;
    wismo_str_t        text;
    wismo_pool_t       pool;
    wismo_json_t      *json, *model;
    wismo_error_t      err;
    wismo_document_t   doc;
    wismo_view_ctx_t   ctx;

    wismo_pool_init(&pool, FETCH_BRAND_PAGE, NULL, NULL);

    memset(&doc, 0, sizeof(wismo_document_t));

    doc.version = 1;
    doc.updated_at = now - 3600;
    doc.checked_at = now - 600;
    doc.next_check_at = row->final ? WISMO_TIME_NONE : now + 3000;

    wismo_out_init(&out, &pool, 4096);
    fetch_sample_json(row, leg, now, &out);

    text.data = out.start;
    text.len = (size_t) (out.pos - out.start);

    fetch_preview_ctx(p, theme, now, &ctx);

    rc = out.failed ? WISMO_ERROR
                    : wismo_json_read(&pool, &text, 4096, &json, &err);

    if (rc == WISMO_OK) {
        rc = wismo_view_make(&pool, &doc, json, WISMO_VIEW_FULL, theme->words,
                             &ctx, &model);
    }

    if (rc == WISMO_OK) {
        wismo_out_init(&out, &pool, 32768);
        rc = wismo_template_render(theme->order, model, &out);
    }

    rc = (rc == WISMO_OK && !out.failed) ? fetch_preview_write(path, &out)
                                         : WISMO_ERROR;

    wismo_pool_done(&pool);

    return rc;
}


static int
fetch_preview_message(fetch_pages_t *p, const wismo_theme_t *theme,
    const char *kind, time_t now, const char *path)
{
    int                rc;
    wismo_out_t        out;
    wismo_pool_t       pool;
    wismo_json_t      *model;
    wismo_view_ctx_t   ctx;

    wismo_pool_init(&pool, FETCH_BRAND_PAGE, NULL, NULL);

    fetch_preview_ctx(p, theme, now, &ctx);

    rc = wismo_view_message(&pool, theme->words, kind, &ctx, &model);

    if (rc == WISMO_OK) {
        wismo_out_init(&out, &pool, 32768);
        rc = wismo_template_render(theme->message, model, &out);
    }

    rc = (rc == WISMO_OK && !out.failed) ? fetch_preview_write(path, &out)
                                         : WISMO_ERROR;

    wismo_pool_done(&pool);

    return rc;
}


static void
fetch_preview_ctx(fetch_pages_t *p, const wismo_theme_t *theme, time_t now,
    wismo_view_ctx_t *ctx)
{
    memset(ctx, 0, sizeof(wismo_view_ctx_t));

    wismo_str_set(&ctx->base, "/track/");

    ctx->now = now;
    ctx->brand = p->brand.name;
    ctx->contact = p->brand.contact;
    ctx->blocks = p->blocks;
    ctx->constants = theme->constants;
    ctx->factors = p->brand.lookup ? p->brand.lookup : WISMO_LOOKUP_EMAIL
                                                       | WISMO_LOOKUP_POSTCODE;
    ctx->proof = true;
}


static int
fetch_preview_write(const char *path, const wismo_out_t *out)
{
    FILE    *file;
    size_t   len;

    len = (size_t) (out->pos - out->start);

    file = fopen(path, "wb");

    if (file == NULL || fwrite(out->start, 1, len, file) != len
        || fclose(file) != 0)
    {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}
