
/*
 * Copyright (C) The Wismo authors
 *
 * What carriers are called.  Shops, and spreadsheets that come out of them,
 * name carriers in words ("DHL Express", "Canada Post"); orders name adapters
 * or accounts.  The words are the adapters' own: "adapter", "title" and "aka"
 * (docs/adapters.md); case, spaces and signs do not count.
 *
 * fetch_config.c reads them when there is a shop, "wismo import" when a
 * preset needs them.
 */


#include "fetch_shop.h"
#include "wismo_number.h"

#include <glob.h>
#include <stdio.h>


#define FETCH_NAME_MAX       64               /* of a carrier, in words */
#define FETCH_CARRIER_MAX    32               /* in orders */


typedef struct {
    char                      word[FETCH_NAME_MAX];   /* folded */
    const char               *adapter;
} fetch_name_t;


typedef struct {
    const wismo_str_t        *name;
    const char               *adapter;
} fetch_named_account_t;


struct fetch_names_s {
    wismo_pool_t             *pool;
    fetch_name_t             *names;
    unsigned                  n;
    unsigned                  size;
    fetch_named_account_t    *accounts;
    unsigned                  naccounts;
    unsigned                  saccounts;
};


typedef struct {
    const fetch_names_t      *names;
    const char               *word;           /* NULL: any */
} fetch_named_t;


static int fetch_names_file(fetch_names_t *names, const char *path);
static int fetch_names_add(fetch_names_t *names, const char *word,
    const char *adapter);
static size_t fetch_names_fold(char *buf, const char *text, size_t len);
static bool fetch_names_fits(const fetch_names_t *names, const char *word,
    const char *adapter);
static bool fetch_names_account_fits(const fetch_named_t *named,
    const fetch_named_account_t *account);
static bool fetch_names_configured(void *data, const wismo_str_t *name);


fetch_names_t *
fetch_names_read(wismo_pool_t *pool, const char *share)
{
    int             rc;
    glob_t          found;
    size_t          i;
    wismo_out_t     pattern;
    fetch_names_t  *names;

    names = wismo_pcalloc(pool, sizeof(fetch_names_t));
    wismo_out_init(&pattern, pool, 256);
    wismo_out_printf(&pattern, "%s/carriers/*.json", share);
    wismo_out_bytes(&pattern, "", 1);

    if (names == NULL || pattern.failed) {
        return NULL;
    }

    names->pool = pool;

    if (glob((char *) pattern.start, 0, NULL, &found) != 0) {
        return names;
    }

    rc = WISMO_OK;

    for (i = 0; i < found.gl_pathc && rc != WISMO_ERROR; i++) {
        rc = fetch_names_file(names, found.gl_pathv[i]);
    }

    globfree(&found);

    return rc == WISMO_ERROR ? NULL : names;
}


static int
fetch_names_file(fetch_names_t *names, const char *path)
{
    int          rc;
    char        *copy;
    json_t      *json, *one;
    size_t       i;
    wismo_str_t  text;
    const char  *adapter, *title;

    json = json_load_file(path, 0, NULL);
    adapter = json_string_value(json_object_get(json, "adapter"));
    title = json_string_value(json_object_get(json, "title"));

    if (adapter == NULL) {
        json_decref(json);
        return WISMO_DECLINED;
    }

    text.data = (unsigned char *) adapter;
    text.len = strlen(adapter) + 1;

    rc = wismo_pstrdup(names->pool, &text, &text);
    copy = (char *) text.data;

    if (rc == WISMO_OK) {
        rc = fetch_names_add(names, copy, copy);
    }

    if (rc == WISMO_OK && title) {
        rc = fetch_names_add(names, title, copy);
    }

    json_array_foreach(json_object_get(json, "aka"), i, one) {

        if (rc == WISMO_OK && json_is_string(one)) {
            rc = fetch_names_add(names, json_string_value(one), copy);
        }
    }

    json_decref(json);

    return rc;
}


static int
fetch_names_add(fetch_names_t *names, const char *word, const char *adapter)
{
    unsigned       size;
    fetch_name_t  *list;

    if (names->n == names->size) {
        size = names->size ? 2 * names->size : 128;
        list = wismo_palloc(names->pool, size * sizeof(fetch_name_t));

        if (list == NULL) {
            return WISMO_ERROR;
        }

        if (names->n) {
            memcpy(list, names->names, names->n * sizeof(fetch_name_t));
        }

        names->names = list;
        names->size = size;
    }

    if (fetch_names_fold(names->names[names->n].word, word, strlen(word))) {
        names->names[names->n++].adapter = adapter;
    }

    return WISMO_OK;
}


void
fetch_names_account(fetch_names_t *names, const wismo_str_t *name,
    const char *adapter)
{
    unsigned                size;
    fetch_named_account_t  *list;

    if (names->naccounts == names->saccounts) {
        size = names->saccounts ? 2 * names->saccounts : 16;
        list = wismo_palloc(names->pool,
                            size * sizeof(fetch_named_account_t));

        if (list == NULL) {
            return;
        }

        if (names->naccounts) {
            memcpy(list, names->accounts,
                   names->naccounts * sizeof(fetch_named_account_t));
        }

        names->accounts = list;
        names->saccounts = size;
    }

    names->accounts[names->naccounts].name = name;
    names->accounts[names->naccounts++].adapter = adapter;
}


/* Letters and digits alone, in lower case. */

static size_t
fetch_names_fold(char *buf, const char *text, size_t len)
{
    size_t  i, n;

    for (i = 0, n = 0; i < len && n < FETCH_NAME_MAX - 1; i++) {

        if ((text[i] >= 'a' && text[i] <= 'z')
            || (text[i] >= '0' && text[i] <= '9')
            || (signed char) text[i] < 0)
        {
            buf[n++] = text[i];

        } else if (text[i] >= 'A' && text[i] <= 'Z') {
            buf[n++] = (char) (text[i] - 'A' + 'a');
        }
    }

    buf[n] = '\0';

    return n;
}


static bool
fetch_names_fits(const fetch_names_t *names, const char *word,
    const char *adapter)
{
    unsigned  i;

    for (i = 0; i < names->n; i++) {
        if (strcmp(names->names[i].adapter, adapter) == 0
            && strcmp(names->names[i].word, word) == 0)
        {
            return true;
        }
    }

    return false;
}


static bool
fetch_names_account_fits(const fetch_named_t *named,
    const fetch_named_account_t *account)
{
    char  own[FETCH_NAME_MAX];

    if (named->word == NULL
        || fetch_names_fits(named->names, named->word, account->adapter))
    {
        return true;
    }

    (void) fetch_names_fold(own, (char *) account->name->data,
                            account->name->len);

    return strcmp(own, named->word) == 0;
}


/* For the looks of a number, which knows carriers by their adapters. */

static bool
fetch_names_configured(void *data, const wismo_str_t *name)
{
    unsigned                      i;
    const fetch_named_t          *named = data;
    const fetch_named_account_t  *account;

    for (i = 0; i < named->names->naccounts; i++) {
        account = &named->names->accounts[i];

        if ((wismo_str_is(name, account->adapter)
             || wismo_str_eq(name, account->name))
            && fetch_names_account_fits(named, account))
        {
            return true;
        }
    }

    return false;
}


int
fetch_names_find(const fetch_names_t *names, wismo_pool_t *pool,
    const wismo_str_t *text, const wismo_str_t *number, wismo_str_t *carrier)
{
    char                          word[FETCH_NAME_MAX];
    char                          slug[FETCH_CARRIER_MAX + 1];
    size_t                        i, n, len;
    unsigned                      k, fit;
    wismo_str_t                   clean, name;
    unsigned char                 buf[WISMO_NUMBER_MAX];
    fetch_named_t                 named;
    const fetch_named_account_t  *account, *first;

    n = fetch_names_fold(word, (char *) text->data, text->len);

    named.names = names;
    named.word = n ? word : NULL;

    fit = 0;
    first = NULL;

    for (k = 0; n && k < names->naccounts; k++) {
        account = &names->accounts[k];

        if (text->len == account->name->len
            && memcmp(text->data, account->name->data, text->len) == 0)
        {
            *carrier = *account->name;
            return WISMO_OK;
        }

        if (fetch_names_account_fits(&named, account)) {
            first = first ? first : account;
            fit++;
        }
    }

    /* one of several, or nobody by this name: how does the number look? */

    if (fit != 1) {
        clean.data = buf;
        clean.len = number->len > WISMO_NUMBER_MAX
                    ? 0 : wismo_number_normalise(number, buf);

        named.word = fit ? word : NULL;

        /* a name that we know, and have no account for, is no riddle */

        for (k = 0; !fit && n && k < names->n; k++) {
            if (strcmp(names->names[k].word, word) == 0) {
                name = wismo_str_of(names->names[k].adapter);
                return wismo_pstrdup(pool, carrier, &name);
            }
        }

        if (clean.len
            && wismo_number_adapter(&clean, fetch_names_configured, &named,
                                    &name) == WISMO_OK)
        {
            for (k = 0; k < names->naccounts; k++) {
                account = &names->accounts[k];

                if ((wismo_str_is(&name, account->adapter)
                     || wismo_str_eq(&name, account->name))
                    && fetch_names_account_fits(&named, account))
                {
                    *carrier = *account->name;
                    return WISMO_OK;
                }
            }
        }
    }

    if (first) {
        *carrier = *first->name;
        return WISMO_OK;
    }

    len = 0;

    for (i = 0; i < text->len && len < FETCH_CARRIER_MAX; i++) {

        if ((text->data[i] >= 'a' && text->data[i] <= 'z')
            || (text->data[i] >= '0' && text->data[i] <= '9'))
        {
            slug[len++] = (char) text->data[i];

        } else if (text->data[i] >= 'A' && text->data[i] <= 'Z') {
            slug[len++] = (char) (text->data[i] - 'A' + 'a');

        } else if (len && slug[len - 1] != '-') {
            slug[len++] = '-';
        }
    }

    while (len && slug[len - 1] == '-') {
        len--;
    }

    if (len == 0) {
        len = (size_t) snprintf(slug, sizeof(slug), "other");
    }

    name.data = (unsigned char *) slug;
    name.len = len;

    return wismo_pstrdup(pool, carrier, &name);
}
