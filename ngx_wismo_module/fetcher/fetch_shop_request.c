
/*
 * Copyright (C) The Wismo authors
 *
 * A data request's answer as a file.  A platform asks the merchant, not us,
 * and gives a month: so the operator finds the file, hands it on and removes
 * it; what is left lying goes by itself.  fetch_shop_redact.c calls it.
 *
 * Readable by nobody but the fetcher's user; nothing of it may get into a log.
 */


#include "fetch_shop_request.h"
#include "fetch_log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define FETCH_REQUEST_NAME   200
#define FETCH_REQUEST_PATH   1024


static void fetch_request_name(const fetch_shop_t *shop, const char *request,
    const wismo_str_t *id, char *name);
static int fetch_request_write(int dir, const char *name, const json_t *all);
static void fetch_request_sweep(int fd);
static bool fetch_request_about(int dir, const char *name, wismo_pool_t *pool,
    const fetch_person_t *person, const fetch_customer_t *customer);


int
fetch_shop_request(const fetch_config_t *conf, const fetch_shop_t *shop,
    const char *request, const wismo_str_t *id, const json_t *all,
    unsigned orders)
{
    int   fd, rc;
    char  path[FETCH_REQUEST_PATH], name[FETCH_REQUEST_NAME];

    snprintf(path, sizeof(path), "%s/requests", conf->state);
    fetch_request_name(shop, request, id, name);

    (void) mkdir(path, 0700);

    fd = open(path, O_RDONLY|O_DIRECTORY|O_CLOEXEC|O_NOFOLLOW);
    rc = WISMO_ERROR;

    if (fd != -1) {
        fetch_request_sweep(fd);
        rc = fetch_request_write(fd, name, all);
    }

    if (rc != WISMO_OK) {
        fetch_log(FETCH_ERR, "a customer of the shop %.*s asks for their "
                  "data, and \"%s/%s\" can't be written: %s",
                  (int) shop->name.len, (char *) shop->name.data, path, name,
                  strerror(errno));

    } else {
        fetch_log(FETCH_WARN, "a customer of the shop %.*s asks for their "
                  "data: hand on \"%s/%s\", of %u orders, and remove it",
                  (int) shop->name.len, (char *) shop->name.data, path, name,
                  orders);
    }

    if (fd != -1) {
        close(fd);
    }

    return rc;
}


static void
fetch_request_name(const fetch_shop_t *shop, const char *request,
    const wismo_str_t *id, char *name)
{
    size_t       i, n;
    int          c;
    wismo_str_t  text;

    text = *id;

    if (request && *request) {
        text = wismo_str_of(request);
    }

    n = (size_t) snprintf(name, 64, "%.*s-", (int) shop->name.len,
                          (char *) shop->name.data);

    for (i = 0; i < text.len && i < FETCH_SHOP_ID_MAX; i++) {
        c = text.data[i];

        name[n++] = ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                     || (c >= 'A' && c <= 'Z') || c == '-')
                    ? (char) c : '_';
    }

    snprintf(name + n, 8, ".json");
}


/* Whole or not at all. */

static int
fetch_request_write(int dir, const char *name, const json_t *all)
{
    int    fd, rc, failed;
    char   temp[FETCH_REQUEST_NAME + 8];

    snprintf(temp, sizeof(temp), ".%s", name);

    fd = openat(dir, temp, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC|O_NOFOLLOW,
                0600);

    if (fd == -1) {
        return WISMO_ERROR;
    }

    rc = json_dumpfd(all, fd, JSON_INDENT(2));
    failed = (fsync(fd) == -1);

    if (close(fd) == -1 || failed || rc != 0
        || renameat(dir, temp, dir, name) == -1)
    {
        rc = errno;
        (void) unlinkat(dir, temp, 0);
        errno = rc;
        return WISMO_ERROR;
    }

    return WISMO_OK;
}


static void
fetch_request_sweep(int fd)
{
    int             copy;
    DIR            *dir;
    time_t          now;
    struct stat     st;
    struct dirent  *entry;

    copy = openat(fd, ".", O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    dir = (copy == -1) ? NULL : fdopendir(copy);

    if (dir == NULL) {

        if (copy != -1) {
            close(copy);
        }

        return;
    }

    now = time(NULL);

    while ((entry = readdir(dir))) {

        if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0
            && S_ISREG(st.st_mode) && now - st.st_mtime > FETCH_REQUEST_KEPT)
        {
            (void) unlinkat(fd, entry->d_name, 0);
        }
    }

    closedir(dir);
}


void
fetch_shop_request_forget(const fetch_config_t *conf, wismo_pool_t *pool,
    const fetch_shop_t *shop, const fetch_person_t *person,
    const fetch_customer_t *customer)
{
    char            path[FETCH_REQUEST_PATH], prefix[64];
    DIR            *dir;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s/requests", conf->state);
    snprintf(prefix, sizeof(prefix), "%.*s-", (int) shop->name.len,
             (char *) shop->name.data);

    dir = opendir(path);

    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir))) {

        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0) {
            continue;
        }

        if (customer == NULL
            || fetch_request_about(dirfd(dir), entry->d_name, pool, person,
                                   customer))
        {
            (void) unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }

    closedir(dir);
}


/* What can't be read may be about anybody. */

static bool
fetch_request_about(int dir, const char *name, wismo_pool_t *pool,
    const fetch_person_t *person, const fetch_customer_t *customer)
{
    int              fd;
    bool             about;
    size_t           i;
    json_t          *all, *one;
    unsigned         k;
    const char      *text;
    wismo_str_t      typed, number;
    fetch_person_t   other;

    fd = openat(dir, name, O_RDONLY|O_CLOEXEC|O_NOFOLLOW);

    if (fd == -1) {
        return true;
    }

    all = json_loadfd(fd, 0, NULL);
    close(fd);

    about = (all == NULL);

    text = person ? json_string_value(json_object_get(
                                          json_object_get(all, "customer"),
                                          wismo_factor_name(person->factor)))
                  : NULL;

    if (text) {
        typed = wismo_str_of(text);

        about = fetch_person(&other, pool, person->factor, &typed) != WISMO_OK
                || wismo_str_eq(&other.form, &person->form);
    }

    json_array_foreach(json_object_get(all, "orders"), i, one) {
        text = json_string_value(json_object_get(one, "order"));
        number.data = (unsigned char *) text;
        number.len = text ? strlen(text) : 0;

        for (k = 0; number.len && k < customer->n; k++) {
            about |= wismo_str_eq(&customer->orders[k], &number);
        }
    }

    json_decref(all);

    return about;
}
