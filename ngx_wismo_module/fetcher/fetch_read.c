
/*
 * Copyright (C) The Wismo authors
 *
 * Reading files that people write.  Called by whoever is configured by one.
 *
 * What is in a secret's file must not get into an error's text.
 */


#include "fetch_read.h"
#include "fetch_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


int
fetch_read_file(wismo_pool_t *pool, const char *path, size_t max,
    wismo_str_t *text, wismo_error_t *err)
{
    int          fd;
    ssize_t      n;
    struct stat  st;

    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        wismo_error_set(err, "", "cannot open \"%s\": %s", path,
                        strerror(errno));
        return WISMO_DECLINED;
    }

    if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)
        || (size_t) st.st_size > max)
    {
        wismo_error_set(err, "", "expected \"%s\" to be a file of at most "
                                 "%zu bytes", path, max);
        close(fd);
        return WISMO_DECLINED;
    }

    text->data = wismo_palloc(pool, (size_t) st.st_size + 1);
    text->len = 0;

    if (text->data == NULL) {
        wismo_error_set(err, "", "there is no memory to read \"%s\"", path);
        close(fd);
        return WISMO_DECLINED;
    }

    while (text->len < (size_t) st.st_size) {
        n = read(fd, text->data + text->len, (size_t) st.st_size - text->len);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            break;
        }

        text->len += (size_t) n;
    }

    text->data[text->len] = '\0';
    close(fd);

    return WISMO_OK;
}


/* It may be a pipe: people try what another program makes. */

json_t *
fetch_read_json(const char *path, size_t max, uint64_t *hash,
    wismo_error_t *err)
{
    FILE          *f;
    char          *text;
    json_t        *json;
    size_t         len;
    json_error_t   error;

    f = fopen(path, "rbe");

    if (f == NULL) {
        wismo_error_set(err, "", "cannot be opened: %s", strerror(errno));
        return NULL;
    }

    json = NULL;
    text = malloc(max + 1);
    len = text ? fread(text, 1, max + 1, f) : 0;

    if (text == NULL) {
        wismo_error_set(err, "", "out of memory");

    } else if (ferror(f)) {
        wismo_error_set(err, "", "cannot be read");

    } else if (len > max) {
        wismo_error_set(err, "", "is larger than %zu bytes", max);

    } else {
        json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

        if (json == NULL) {
            wismo_error_set(err, "", "%s", error.text);
            err->line = (unsigned) error.line;
            err->column = (unsigned) error.column;
        }

        if (hash) {
            *hash = wismo_hash64(text, len, 0);
        }
    }

    free(text);
    (void) fclose(f);

    return json;
}


void
fetch_read_fault(const char *path, const wismo_error_t *err, char *buf,
    size_t size)
{
    if (err->line) {
        snprintf(buf, size, "%s:%u:%u: %s", path, err->line, err->column,
                 err->text);

    } else {
        snprintf(buf, size, "%s:%s%s %s", path, err->at,
                 err->at[0] ? ":" : "", err->text);
    }
}


int
fetch_read_secrets(wismo_pool_t *pool, json_t *files, json_t **secrets,
    wismo_error_t *err)
{
    char          key[64];
    size_t        len;
    json_t       *value;
    wismo_str_t   text;
    const char   *name;

    json_decref(*secrets);

    *secrets = json_object();

    if (*secrets == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return WISMO_DECLINED;
    }

    json_object_foreach(files, name, value) {

        if (!json_is_string(value)) {
            wismo_error_set(err, name, "expected a file's path");
            return WISMO_DECLINED;
        }

        if (fetch_read_file(pool, json_string_value(value),
                            FETCH_SECRET_MAX, &text, err) != WISMO_OK)
        {
            return WISMO_DECLINED;
        }

        /* the entry "secret_file" holds the secret "secret" */

        len = strlen(name);

        if (len > 5 && strcmp(name + len - 5, "_file") == 0) {
            len -= 5;
        }

        if (len >= sizeof(key)) {
            wismo_error_set(err, name, "expected a name of at most %zu "
                                       "characters", sizeof(key) - 1);
            return WISMO_DECLINED;
        }

        memcpy(key, name, len);
        key[len] = '\0';

        /* an editor ends the last line */

        while (text.len && (text.data[text.len - 1] == '\n'
                            || text.data[text.len - 1] == '\r'))
        {
            text.len--;
        }

        if (json_object_set_new(*secrets, key,
                                json_stringn((char *) text.data, text.len)))
        {
            wismo_error_set(err, json_string_value(value),
                            "expected text in UTF-8 in the secret's file");
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}
