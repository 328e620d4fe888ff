
/*
 * Copyright (C) The Wismo authors
 *
 * The shops of the configuration, and what carriers are called, which only
 * shops and spreadsheets ask: they are loaded when somebody does.  A part of
 * fetch_config.c.
 */


#include "fetch_config.h"
#include "fetch_log.h"
#include "fetch_read.h"
#include "fetch_share.h"

#include <stdio.h>


#define FETCH_SHOP_FAULTS    8


static bool fetch_shop_string(json_t *object, const char *name,
    const char *otherwise, const char **value);


int
fetch_config_shop_list(fetch_config_t *conf, wismo_error_t *err)
{
    char           at[40];
    json_t        *shops, *object;
    size_t         i, n;
    wismo_out_t    file;
    const char    *name, *adapter, *keep;
    fetch_shop_t  *shop;

    shops = json_object_get(conf->json, "shops");
    n = json_array_size(shops);

    if (shops && (!json_is_array(shops) || n > FETCH_SHOPS_MAX)) {
        wismo_error_set(err, "/shops", "expected an array of at most %d",
                        FETCH_SHOPS_MAX);
        return WISMO_DECLINED;
    }

    if (n == 0) {
        return WISMO_OK;
    }

    conf->shops = wismo_pcalloc(&conf->pool, n * sizeof(fetch_shop_t));

    if (conf->shops == NULL) {
        wismo_error_set(err, "/shops", "there is no memory");
        return WISMO_DECLINED;
    }

    json_array_foreach(shops, i, object) {
        snprintf(at, sizeof(at), "/shops/%zu", i);

        shop = &conf->shops[i];

        if (!json_is_object(object)
            || !fetch_shop_string(object, "name", "", &name)
            || !fetch_shop_string(object, "adapter", name, &adapter)
            || !fetch_shop_string(object, "brand", "", &shop->brand)
            || !fetch_shop_string(object, "prefix", "", &shop->prefix)
            || !fetch_shop_string(object, "keep", "on", &keep)
            || *name == '\0')
        {
            wismo_error_set(err, at, "expected an object of strings with a "
                                     "\"name\"");
            return WISMO_DECLINED;
        }

        shop->name = wismo_str_of(name);
        shop->file = adapter;
        shop->keep = (strcmp(keep, "off") != 0);

        if (strchr(adapter, '/') == NULL) {
            wismo_out_init(&file, &conf->pool, 256);
            wismo_out_printf(&file, "%s/shops/%s.json", fetch_share(),
                             adapter);
            wismo_out_bytes(&file, "", 1);

            if (file.failed) {
                wismo_error_set(err, at, "there is no memory");
                return WISMO_DECLINED;
            }

            shop->file = (char *) file.start;
        }

        conf->nshops = (unsigned) i + 1;
    }

    return WISMO_OK;
}


int
fetch_config_hook_list(fetch_config_t *conf, wismo_error_t *err)
{
    size_t         i, n;
    json_t        *hooks, *object;
    const char    *name, *channel;
    fetch_hook_t  *hook;

    hooks = json_object_get(conf->json, "hooks");
    n = json_array_size(hooks);

    if (hooks && (!json_is_array(hooks) || n > FETCH_HOOKS_MAX)) {
        wismo_error_set(err, "/hooks", "expected an array of at most %d",
                        FETCH_HOOKS_MAX);
        return WISMO_DECLINED;
    }

    conf->hooks = wismo_pcalloc(&conf->pool, (n + 1) * sizeof(fetch_hook_t));

    if (conf->hooks == NULL) {
        wismo_error_set(err, "/hooks", "there is no memory");
        return WISMO_DECLINED;
    }

    json_array_foreach(hooks, i, object) {
        if (!json_is_object(object)
            || !fetch_shop_string(object, "name", "", &name)
            || !fetch_shop_string(object, "channel", "", &channel)
            || *name == '\0')
        {
            wismo_error_set(err, "/hooks", "expected objects of strings with "
                                           "a \"name\"");
            return WISMO_DECLINED;
        }

        hook = &conf->hooks[conf->nhooks++];

        hook->name = wismo_str_of(name);
        hook->channel = wismo_str_of(channel);
    }

    return WISMO_OK;
}


static bool
fetch_shop_string(json_t *object, const char *name, const char *otherwise,
    const char **value)
{
    json_t  *json;

    json = json_object_get(object, name);
    *value = json ? json_string_value(json) : otherwise;

    return *value != NULL;
}


unsigned
fetch_config_shops(fetch_config_t *conf)
{
    int             i, n;
    char            text[FETCH_FAULT];
    unsigned        s, faults;
    fetch_shop_t   *shop;
    wismo_error_t   errors[FETCH_SHOP_FAULTS];

    faults = 0;

    if (conf->nshops && fetch_config_names(conf) != WISMO_OK) {
        fetch_log(FETCH_ERR, "there is no memory for the shops");
        return 1;
    }

    for (s = 0; s < conf->nshops; s++) {
        shop = &conf->shops[s];

        n = fetch_shop_load(shop->file, &shop->adapter, errors,
                            FETCH_SHOP_FAULTS);

        for (i = 0; i < n && i < FETCH_SHOP_FAULTS; i++) {
            fetch_read_fault(shop->file, &errors[i], text, sizeof(text));
            fetch_log(FETCH_ERR, "orders of the shop %.*s go to the dead "
                      "letters: %s", (int) shop->name.len,
                      (char *) shop->name.data, text);
        }

        faults += (n != 0);
    }

    return faults;
}


int
fetch_config_names(fetch_config_t *conf)
{
    unsigned     i;
    const char  *adapter;

    conf->names = fetch_names_read(&conf->pool, fetch_share());

    if (conf->names == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; i < conf->ncarriers; i++) {
        adapter = json_string_value(json_object_get(
                      json_array_get(json_object_get(conf->json, "carriers"),
                                     i), "adapter"));

        fetch_names_account(conf->names, &conf->carriers[i].name,
                            adapter ? adapter
                                    : (char *) conf->carriers[i].name.data);
    }

    return WISMO_OK;
}


fetch_shop_t *
fetch_config_shop(fetch_config_t *conf, const wismo_str_t *name)
{
    unsigned  i;

    for (i = 0; i < conf->nshops; i++) {
        if (wismo_str_eq(&conf->shops[i].name, name)) {
            return &conf->shops[i];
        }
    }

    return NULL;
}
