
/*
 * Copyright (C) The Wismo authors
 *
 * Reads what pages are made of, as the module does when nginx reads its
 * configuration, so that "wismo brand check" and "wismo preview" say and show
 * the same.  What it all means is the core's.
 *
 * It must never be kinder than the module: what passes here must pass there.
 */


#include "fetch_pages.h"

#include "fetch_share.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


#define FETCH_PAGES_FILE     262144
#define FETCH_PAGES_NODES    32768


static void fetch_pages_opts(fetch_pages_t *p, unsigned language,
    wismo_theme_opts_t *opts);
static int fetch_pages_template(fetch_pages_t *p, int rc,
    const wismo_error_t *err);
static int fetch_pages_brand(fetch_pages_t *p);
static int fetch_pages_blocks(fetch_pages_t *p);
static int fetch_pages_catalogues(fetch_pages_t *p);
static int fetch_pages_words(fetch_pages_t *p, const char *path);
static int fetch_pages_compile(fetch_pages_t *p, const char *path,
    wismo_json_t *json);
static int fetch_pages_choose(fetch_pages_t *p);
static int fetch_pages_find(void *data, wismo_pool_t *pool,
    const wismo_str_t *name, wismo_str_t *source);
static bool fetch_pages_own(fetch_pages_t *p, const wismo_str_t *name,
    const char *ext);
static void fetch_pages_path(fetch_pages_t *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static int fetch_pages_read(fetch_pages_t *p, wismo_str_t *text);
static int fetch_pages_wrong(fetch_pages_t *p, const char *path,
    const wismo_error_t *err);
static void fetch_pages_say(fetch_pages_t *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


int
fetch_pages_load(fetch_pages_t *p, wismo_pool_t *pool, const char *file,
    const fetch_pages_t *common, bool quiet)
{
    int          rc;
    const char  *slash;

    memset(p, 0, sizeof(fetch_pages_t));

    p->pool = pool;
    p->file = file;
    p->quiet = quiet;

    if (file) {
        slash = strrchr(file, '/');

        (void) snprintf(p->dir, sizeof(p->dir), "%.*s",
                        slash ? (int) (slash - file) : 1, slash ? file : ".");

        rc = fetch_pages_brand(p);

        if (rc != WISMO_OK) {
            return rc;
        }
    }

    if (common) {
        p->english = common->english;
        p->nwords = common->nwords;
        memcpy(p->words, common->words, sizeof(p->words));

        return fetch_pages_choose(p);
    }

    rc = fetch_pages_catalogues(p);

    return rc == WISMO_OK ? fetch_pages_choose(p) : rc;
}


int
fetch_pages_theme(fetch_pages_t *p, unsigned language, wismo_theme_t *theme)
{
    int                  rc;
    wismo_error_t        err;
    wismo_theme_opts_t   opts;

    fetch_pages_opts(p, language, &opts);

    rc = wismo_theme_make(p->pool, &opts, theme, &err);

    return rc == WISMO_OK ? rc : fetch_pages_template(p, rc, &err);
}


int
fetch_pages_letters(fetch_pages_t *p, unsigned language,
    wismo_letters_t *letters)
{
    int                  rc;
    wismo_error_t        err;
    wismo_theme_opts_t   opts;

    fetch_pages_opts(p, language, &opts);

    rc = wismo_theme_letters(p->pool, &opts, letters, &err);

    return rc == WISMO_OK ? rc : fetch_pages_template(p, rc, &err);
}


static void
fetch_pages_opts(fetch_pages_t *p, unsigned language,
    wismo_theme_opts_t *opts)
{
    memset(opts, 0, sizeof(wismo_theme_opts_t));

    opts->brand = &p->brand;
    opts->words = p->words[language];
    opts->languages = (const wismo_words_t *const *) p->words;
    opts->nlanguages = p->nwords;
    opts->css = p->css;
    opts->file = fetch_pages_find;
    opts->data = p;
}


static int
fetch_pages_template(fetch_pages_t *p, int rc, const wismo_error_t *err)
{
    wismo_str_t  name;

    if (rc == WISMO_DECLINED && err->text[0]) {
        name = wismo_str_of(err->at);

        (void) fetch_pages_own(p, &name, ".mustache");

        return fetch_pages_wrong(p, p->path, err);
    }

    return rc;
}


static int
fetch_pages_brand(fetch_pages_t *p)
{
    int             rc;
    unsigned        i;
    wismo_str_t     text, id;
    wismo_error_t   err;
    const char     *name;

    fetch_pages_path(p, "%s", p->file);

    name = strrchr(p->file, '/');
    name = name ? name + 1 : p->file;

    id = wismo_str_of(name);

    if (id.len > 5 && strcmp(name + id.len - 5, ".json") == 0) {
        id.len -= 5;

    } else {
        id.len = 0;
    }

    if (!wismo_brand_name_ok(&id)) {
        fetch_pages_say(p, "%s: a brand's file is called NAME.json, its name "
                        "being made of a-z, 0-9, \"_\" and \"-\"", p->file);
        return WISMO_DECLINED;
    }

    if (fetch_pages_read(p, &text) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    rc = wismo_brand_read(p->pool, &text, &p->brand, &err);

    if (rc != WISMO_OK) {
        return fetch_pages_wrong(p, p->file, &err);
    }

    p->brand.id = id;
    p->warnings = p->brand.nwarnings;

    for (i = 0; i < p->warnings; i++) {
        fetch_pages_say(p, "%s:%u:%u: warning: %s", p->file,
                        p->brand.warnings[i].line,
                        p->brand.warnings[i].column,
                        p->brand.warnings[i].text);
    }

    if (p->brand.css_file.len) {
        fetch_pages_path(p, "%s/%.*s", p->dir,
                         (int) p->brand.css_file.len,
                         (char *) p->brand.css_file.data);

        if (fetch_pages_read(p, &p->css) != WISMO_OK) {
            return WISMO_DECLINED;
        }

        if (strstr((char *) p->css.data, "</")
            || strstr((char *) p->css.data, "{{"))
        {
            fetch_pages_say(p, "%s: a style sheet can't have \"</\" or \"{{\" "
                            "in it", p->path);
            return WISMO_DECLINED;
        }
    }

    return p->brand.blocks_file.len ? fetch_pages_blocks(p) : WISMO_OK;
}


static int
fetch_pages_blocks(fetch_pages_t *p)
{
    int             rc;
    wismo_str_t     text;
    wismo_json_t   *json;
    wismo_error_t   err;

    fetch_pages_path(p, "%s/%.*s", p->dir,
                     (int) p->brand.blocks_file.len,
                     (char *) p->brand.blocks_file.data);

    if (fetch_pages_read(p, &text) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    memset(&err, 0, sizeof(wismo_error_t));

    rc = wismo_json_read(p->pool, &text, FETCH_PAGES_NODES, &json, &err);

    if (rc == WISMO_OK) {
        rc = wismo_blocks_compile(p->pool, json, &p->blocks, &err);
    }

    return rc == WISMO_OK ? rc : fetch_pages_wrong(p, p->path, &err);
}


/* The English one first: it is what the others are compared with. */

static int
fetch_pages_catalogues(fetch_pages_t *p)
{
    int      rc;
    char     pattern[FETCH_PAGES_PATH];
    size_t   i;
    glob_t   g;

    (void) snprintf(pattern, sizeof(pattern), "%s/html/locales/en.json",
                    fetch_share());

    rc = fetch_pages_words(p, pattern);

    if (rc != WISMO_OK) {
        return rc;
    }

    (void) snprintf(pattern, sizeof(pattern), "%s/html/locales/*.json",
                    fetch_share());

    if (glob(pattern, 0, NULL, &g) != 0) {
        return WISMO_OK;
    }

    for (i = 0; rc == WISMO_OK && i < g.gl_pathc; i++) {
        if (strcmp(strrchr(g.gl_pathv[i], '/'), "/en.json") != 0) {
            rc = fetch_pages_words(p, g.gl_pathv[i]);
        }
    }

    globfree(&g);

    return rc;
}


static int
fetch_pages_words(fetch_pages_t *p, const char *path)
{
    int             rc;
    wismo_str_t     text;
    wismo_json_t   *json;
    wismo_error_t   err;

    fetch_pages_path(p, "%s", path);

    if (fetch_pages_read(p, &text) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    memset(&err, 0, sizeof(wismo_error_t));

    rc = wismo_json_read(p->pool, &text, FETCH_PAGES_NODES, &json, &err);

    if (rc != WISMO_OK) {
        return fetch_pages_wrong(p, path, &err);
    }

    return fetch_pages_compile(p, path, json);
}


static int
fetch_pages_compile(fetch_pages_t *p, const char *path, wismo_json_t *json)
{
    int             rc;
    wismo_error_t   err;

    memset(&err, 0, sizeof(wismo_error_t));

    rc = WISMO_OK;

    if (p->english) {
        rc = wismo_words_same(p->english, json, &err);

    } else {
        p->english = json;
    }

    if (rc == WISMO_OK && p->nwords == FETCH_PAGES_LANGUAGES) {
        wismo_error_set(&err, "", "there are more than %d languages",
                        FETCH_PAGES_LANGUAGES);
        rc = WISMO_DECLINED;
    }

    if (rc == WISMO_OK) {
        rc = wismo_words_compile(p->pool, json, &p->words[p->nwords], &err);
    }

    if (rc != WISMO_OK) {
        return fetch_pages_wrong(p, path, &err);
    }

    p->nwords++;

    return WISMO_OK;
}


/* Of all languages, those the brand speaks, in its order. */

static int
fetch_pages_choose(fetch_pages_t *p)
{
    int                  rc;
    unsigned             i, n;
    wismo_json_t        *pseudo;
    wismo_words_t       *chosen[FETCH_PAGES_LANGUAGES];
    const wismo_json_t  *locale;

    if (p->brand.locales == NULL) {
        return WISMO_OK;
    }

    n = 0;

    for (locale = p->brand.locales->first; locale; locale = locale->next) {

        if (wismo_str_is(&locale->text, WISMO_WORDS_PSEUDO)) {
            rc = wismo_words_pseudo(p->pool, p->english, &pseudo);

            if (rc == WISMO_OK) {
                rc = fetch_pages_compile(p, WISMO_WORDS_PSEUDO, pseudo);
            }

            if (rc != WISMO_OK) {
                return rc;
            }
        }

        for (i = 0; i < p->nwords; i++) {
            if (wismo_str_eq(wismo_words_lang(p->words[i]), &locale->text)) {
                break;
            }
        }

        if (i == p->nwords || n == FETCH_PAGES_LANGUAGES) {
            fetch_pages_say(p, "%s: there is no catalogue for the language "
                            "\"%.*s\": expected %s/html/locales/%.*s.json",
                            p->file, (int) locale->text.len,
                            (char *) locale->text.data, fetch_share(),
                            (int) locale->text.len,
                            (char *) locale->text.data);
            return WISMO_DECLINED;
        }

        chosen[n++] = p->words[i];
    }

    memcpy(p->words, chosen, n * sizeof(wismo_words_t *));
    p->nwords = n;

    return WISMO_OK;
}


static int
fetch_pages_find(void *data, wismo_pool_t *pool, const wismo_str_t *name,
    wismo_str_t *source)
{
    bool            css;
    fetch_pages_t  *p;

    (void) pool;

    p = data;

    css = name->len > 4 && memcmp(name->data + name->len - 4, ".css", 4) == 0;

    if (!fetch_pages_own(p, name, css ? "" : ".mustache")) {
        return WISMO_DECLINED;
    }

    return fetch_pages_read(p, source);
}


/* Sets the path: the brand's own file, or else the common one. */

static bool
fetch_pages_own(fetch_pages_t *p, const wismo_str_t *name, const char *ext)
{
    if (p->file) {
        fetch_pages_path(p, "%s/templates/%.*s/%.*s%s",
                         p->dir, (int) p->brand.id.len,
                         (char *) p->brand.id.data, (int) name->len,
                         (char *) name->data, ext);

        if (access(p->path, F_OK) == 0) {
            return true;
        }
    }

    /* "mail/text" is a folder beside that of the pages */

    fetch_pages_path(p, "%s/html/%s%.*s%s", fetch_share(),
                     (name->len > 5 && memcmp(name->data, "mail/", 5) == 0)
                     ? "" : "track/",
                     (int) name->len, (char *) name->data, ext);

    return access(p->path, F_OK) == 0;
}


/* What does not fit is a name of no file. */

static void
fetch_pages_path(fetch_pages_t *p, const char *fmt, ...)
{
    int      n;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(p->path, sizeof(p->path), fmt, args);
    va_end(args);

    if (n < 0 || n >= (int) sizeof(p->path)) {
        p->path[0] = '\0';
    }
}


/* A whole file, with a zero behind it. */

static int
fetch_pages_read(fetch_pages_t *p, wismo_str_t *text)
{
    FILE  *file;
    char  *buf;

    file = fopen(p->path, "rb");

    if (file == NULL) {
        fetch_pages_say(p, "%s: %s", p->path, strerror(errno));
        return WISMO_DECLINED;
    }

    buf = malloc(FETCH_PAGES_FILE + 1);

    text->len = buf ? fread(buf, 1, FETCH_PAGES_FILE + 1, file) : 0;

    if (buf == NULL || ferror(file) || text->len > FETCH_PAGES_FILE) {
        fetch_pages_say(p, "%s: %s", p->path,
                        buf && !ferror(file) ? "a file of more than 256 kB"
                                             : strerror(errno));
        fclose(file);
        free(buf);
        return WISMO_DECLINED;
    }

    fclose(file);

    text->data = wismo_palloc(p->pool, text->len + 1);

    if (text->data) {
        memcpy(text->data, buf, text->len);
        text->data[text->len] = '\0';
    }

    free(buf);

    return text->data ? WISMO_OK : WISMO_ERROR;
}


static int
fetch_pages_wrong(fetch_pages_t *p, const char *path,
    const wismo_error_t *err)
{
    if (err->line) {
        fetch_pages_say(p, "%s:%u:%u: %s", path, err->line, err->column,
                        err->text);

    } else {
        fetch_pages_say(p, "%s: %s", path, err->text);
    }

    return WISMO_DECLINED;
}


static void
fetch_pages_say(fetch_pages_t *p, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(p->fault, sizeof(p->fault), fmt, args);
    va_end(args);

    if (!p->quiet) {
        fprintf(stderr, "%s\n", p->fault);
    }
}
