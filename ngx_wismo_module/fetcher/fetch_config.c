
/*
 * Copyright (C) The Wismo authors
 *
 * The configuration the program gets from nginx.  Every call that needs Redis
 * or a carrier starts here; a fault names its place as a JSON pointer, though
 * only nginx writes this text and it has been checked by "nginx -t".
 */


#include "fetch_config.h"
#include "fetch_read.h"
#include "fetch_share.h"

#include <stdio.h>
#include <stdlib.h>


#define FETCH_CONFIG_POOL    (8 * 1024 * 1024)
#define FETCH_CONFIG_FAULTS  8


static int fetch_config_string(json_t *object, const char *at,
    const char *name, const char *otherwise, const char **value,
    wismo_error_t *err);
static int fetch_config_integer(json_t *object, const char *at,
    const char *name, int otherwise, int min, int max, int *value,
    wismo_error_t *err);
static int fetch_config_redis(fetch_config_t *conf, wismo_error_t *err);
static int fetch_config_carrier_list(fetch_config_t *conf,
    wismo_error_t *err);
static int fetch_config_carrier_one(fetch_config_t *conf, json_t *object,
    unsigned i, wismo_error_t *err);
static int fetch_config_clock(fetch_config_t *conf, wismo_error_t *err);
static int fetch_config_kept(fetch_config_t *conf, wismo_error_t *err);
static bool fetch_config_base_url(const char *url);
static int fetch_config_key_file(const char *file, wismo_pool_t *pool,
    wismo_keys_t *keys, wismo_error_t *err);


int
fetch_config_parse(fetch_config_t *conf, const char *name, const char *text,
    size_t len, wismo_error_t *err)
{
    int           scale;
    const char   *share;
    json_error_t  error;

    memset(conf, 0, sizeof(fetch_config_t));
    wismo_pool_init(&conf->pool, FETCH_CONFIG_POOL, NULL, NULL);
    conf->file = name;

    conf->json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

    if (conf->json == NULL) {
        wismo_error_set(err, "", "is no JSON: %s", error.text);
        err->line = (unsigned) error.line;
        err->column = (unsigned) error.column;
        return WISMO_DECLINED;
    }

    if (!json_is_object(conf->json)) {
        wismo_error_set(err, "", "expected an object");
        return WISMO_DECLINED;
    }

    if (json_integer_value(json_object_get(conf->json, "v")) != 1) {
        wismo_error_set(err, "/v", "expected 1: module and program are not "
                                   "of one version, install both again");
        return WISMO_DECLINED;
    }

    if (fetch_config_string(conf->json, "", "share", "", &share, err)
        != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    /* where the carriers' adapters are */

    if (*share) {
        fetch_share_set(share);
    }

    if (fetch_config_string(conf->json, "", "state", "", &conf->state, err)
        != WISMO_OK
        || fetch_config_string(conf->json, "", "secret_file", "",
                               &conf->secret_file, err) != WISMO_OK
        || fetch_config_string(conf->json, "", "contact_key_file", "",
                               &conf->contact_key_file, err) != WISMO_OK
        || fetch_config_string(conf->json, "", "track", "/track/",
                               &conf->track, err) != WISMO_OK
        || fetch_config_string(conf->json, "", "brands", "",
                               &conf->brands, err) != WISMO_OK
        || fetch_config_integer(conf->json, "", "scale", 1, 1, 1000000,
                                &scale, err) != WISMO_OK
        || fetch_config_redis(conf, err) != WISMO_OK
        || fetch_config_carrier_list(conf, err) != WISMO_OK
        || fetch_config_kept(conf, err) != WISMO_OK
        || fetch_config_shop_list(conf, err) != WISMO_OK
        || fetch_config_hook_list(conf, err) != WISMO_OK
        || fetch_channels_read(&conf->channels,
                               json_object_get(conf->json, "channels"), err)
           != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (fetch_config_clock(conf, err) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    conf->scale = (unsigned) scale;
    conf->channels.conf = conf;
    conf->sealed = (*conf->contact_key_file != '\0');

    if (*conf->track == '\0') {
        conf->track = "/track/";
    }

    return WISMO_OK;
}


int
fetch_config_open(fetch_config_t *conf, const char *path, wismo_error_t *err)
{
    int           rc;
    wismo_str_t   text;
    wismo_pool_t  pool;

    if (path == NULL) {
        path = getenv("WISMO_CONFIG");
    }

    if (path == NULL || *path == '\0') {
        path = FETCH_CONFIG_FILE;
    }

    memset(conf, 0, sizeof(fetch_config_t));
    conf->file = path;

    wismo_pool_init(&pool, 2 * FETCH_CONFIG_MAX, NULL, NULL);

    rc = fetch_read_file(&pool, path, FETCH_CONFIG_MAX, &text, err);

    if (rc == WISMO_OK) {
        rc = fetch_config_parse(conf, path, (char *) text.data, text.len,
                                err);
    }

    wismo_pool_done(&pool);

    return rc;
}


void
fetch_config_done(fetch_config_t *conf)
{
    unsigned  i;

    for (i = 0; i < conf->ncarriers; i++) {
        if (conf->carriers[i].adapter) {
            fetch_adapter_free(conf->carriers[i].adapter);
        }

        json_decref(conf->carriers[i].account.secrets);
    }

    for (i = 0; i < conf->nshops; i++) {
        fetch_shop_free(conf->shops[i].adapter);
    }

    fetch_channels_done(&conf->channels);

    if (conf->calendars) {
        fetch_calendars_done(conf->calendars);
    }

    if (conf->letters) {
        wismo_box_opener_done(&conf->letters->opener);
    }

    json_decref(conf->json);

    if (conf->json) {
        wismo_pool_done(&conf->pool);
    }

    memset(conf, 0, sizeof(fetch_config_t));
}


static int
fetch_config_string(json_t *object, const char *at, const char *name,
    const char *otherwise, const char **value, wismo_error_t *err)
{
    char     place[96];
    json_t  *json;

    json = json_object_get(object, name);

    if (json == NULL) {
        *value = otherwise;
        return WISMO_OK;
    }

    if (!json_is_string(json)) {
        snprintf(place, sizeof(place), "%s/%s", at, name);
        wismo_error_set(err, place, "expected a string");
        return WISMO_DECLINED;
    }

    *value = json_string_value(json);

    return WISMO_OK;
}


static int
fetch_config_integer(json_t *object, const char *at, const char *name,
    int otherwise, int min, int max, int *value, wismo_error_t *err)
{
    char     place[96];
    json_t  *json;

    json = json_object_get(object, name);

    if (json == NULL) {
        *value = otherwise;
        return WISMO_OK;
    }

    if (!json_is_integer(json) || json_integer_value(json) < min
        || json_integer_value(json) > max)
    {
        snprintf(place, sizeof(place), "%s/%s", at, name);
        wismo_error_set(err, place, "expected a whole number from %d to %d",
                        min, max);
        return WISMO_DECLINED;
    }

    *value = (int) json_integer_value(json);

    return WISMO_OK;
}


static int
fetch_config_redis(fetch_config_t *conf, wismo_error_t *err)
{
    json_t  *redis;

    redis = json_object_get(conf->json, "redis");

    if (!json_is_object(redis)) {
        wismo_error_set(err, "/redis", "expected an object with \"url\"");
        return WISMO_DECLINED;
    }

    if (fetch_config_string(redis, "/redis", "url", "", &conf->redis_url,
                            err) != WISMO_OK
        || fetch_config_string(redis, "/redis", "user", "",
                               &conf->redis_user, err) != WISMO_OK
        || fetch_config_string(redis, "/redis", "password_file", "",
                               &conf->redis_password_file, err) != WISMO_OK
        || fetch_config_integer(redis, "/redis", "db", 0, 0, 65535,
                                &conf->redis_db, err) != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (*conf->redis_url == '\0') {
        wismo_error_set(err, "/redis/url", "expected unix:/path or "
                                           "redis://host:port");
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static int
fetch_config_carrier_list(fetch_config_t *conf, wismo_error_t *err)
{
    size_t   i, n;
    json_t  *carriers;

    carriers = json_object_get(conf->json, "carriers");

    if (carriers == NULL) {
        return WISMO_OK;
    }

    n = json_array_size(carriers);

    if (!json_is_array(carriers) || n > FETCH_CARRIERS_MAX) {
        wismo_error_set(err, "/carriers", "expected an array of at most %d",
                        FETCH_CARRIERS_MAX);
        return WISMO_DECLINED;
    }

    if (n == 0) {
        return WISMO_OK;
    }

    conf->carriers = wismo_pcalloc(&conf->pool, n * sizeof(fetch_carrier_t));

    if (conf->carriers == NULL) {
        wismo_error_set(err, "/carriers", "there is no memory");
        return WISMO_DECLINED;
    }

    for (i = 0; i < n; i++) {
        if (fetch_config_carrier_one(conf, json_array_get(carriers, i),
                                     (unsigned) i, err) != WISMO_OK)
        {
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


static int
fetch_config_carrier_one(fetch_config_t *conf, json_t *object, unsigned i,
    wismo_error_t *err)
{
    char             at[40];
    json_t          *values, *files;
    wismo_out_t      file;
    const char      *name, *adapter, *base_url;
    fetch_carrier_t *carrier;

    snprintf(at, sizeof(at), "/carriers/%u", i);

    if (!json_is_object(object)) {
        wismo_error_set(err, at, "expected an object");
        return WISMO_DECLINED;
    }

    if (fetch_config_string(object, at, "name", "", &name, err) != WISMO_OK
        || fetch_config_string(object, at, "adapter", name, &adapter, err)
           != WISMO_OK
        || fetch_config_string(object, at, "base_url", "", &base_url, err)
           != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (*name == '\0') {
        wismo_error_set(err, at, "expected a \"name\"");
        return WISMO_DECLINED;
    }

    if (!fetch_config_base_url(base_url)) {
        snprintf(at, sizeof(at), "/carriers/%u/base_url", i);
        wismo_error_set(err, at, "expected https://host, or http:// to this "
                                 "host alone, as 127.0.0.1");
        return WISMO_DECLINED;
    }

    values = json_object_get(object, "values");
    files = json_object_get(object, "secret_files");

    if ((values && !json_is_object(values))
        || (files && !json_is_object(files)))
    {
        wismo_error_set(err, at, "expected objects as \"values\" and "
                                 "\"secret_files\"");
        return WISMO_DECLINED;
    }

    carrier = &conf->carriers[i];

    carrier->name = wismo_str_of(name);
    carrier->account.base_url = wismo_str_of(base_url);
    carrier->account.values = values;
    carrier->secret_files = files;

    if (strchr(adapter, '/')) {
        carrier->adapter_file = adapter;

    } else {
        wismo_out_init(&file, &conf->pool, 256);
        wismo_out_printf(&file, "%s/carriers/%s.json", fetch_share(),
                         *adapter ? adapter : name);
        wismo_out_bytes(&file, "", 1);

        if (file.failed) {
            wismo_error_set(err, at, "there is no memory");
            return WISMO_DECLINED;
        }

        carrier->adapter_file = (char *) file.start;
    }

    conf->ncarriers = i + 1;

    return WISMO_OK;
}


/* "calendars", and "exceptions": an object with thresholds, or false to leave
 * the clock out. */

static int
fetch_config_clock(fetch_config_t *conf, wismo_error_t *err)
{
    json_t         *json;
    wismo_error_t   inner;

    conf->calendars = wismo_pcalloc(&conf->pool, sizeof(fetch_calendars_t));

    if (conf->calendars == NULL) {
        wismo_error_set(err, "", "there is no memory");
        return WISMO_DECLINED;
    }

    if (fetch_calendars_read(conf->calendars, &conf->pool,
                             json_object_get(conf->json, "calendars"), err)
        != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    json = json_object_get(conf->json, "exceptions");

    if (json_is_false(json)) {
        return WISMO_OK;
    }

    if (wismo_clock_create(&conf->pool, json, &conf->clock, &inner)
        != WISMO_OK)
    {
        wismo_error_set(err, "/exceptions", "%s: %s", inner.at, inner.text);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


static int
fetch_config_kept(fetch_config_t *conf, wismo_error_t *err)
{
    json_t        *list, *one, *brand;
    size_t         i;
    fetch_kept_t  *kept;

    list = json_object_get(conf->json, "retention");

    if (json_array_size(list) > FETCH_KEPT_MAX) {
        wismo_error_set(err, "/retention", "expected an array of at most %d",
                        FETCH_KEPT_MAX);
        return WISMO_DECLINED;
    }

    json_array_foreach(list, i, one) {
        kept = &conf->kept[conf->nkept++];
        brand = json_object_get(one, "brand");

        kept->brand.data = (unsigned char *) json_string_value(brand);
        kept->brand.len = json_string_length(brand);
        kept->final = json_integer_value(json_object_get(one, "final"));
        kept->open = json_integer_value(json_object_get(one, "open"));

        if (!json_is_string(brand) || kept->final < 86400
            || kept->open < kept->final)
        {
            wismo_error_set(err, "/retention", "expected objects with "
                            "\"brand\", \"final\" and \"open\"");
            return WISMO_DECLINED;
        }
    }

    return WISMO_OK;
}


/* Credentials go there: in the clear only to this host. */

static bool
fetch_config_base_url(const char *url)
{
    size_t        len;
    const char   *const *host;

    static const char  *const loopback[] = {
        "127.0.0.1", "localhost", "[::1]", NULL
    };

    if (*url == '\0' || strncmp(url, "https://", 8) == 0) {
        return true;
    }

    if (strncmp(url, "http://", 7) != 0) {
        return false;
    }

    for (host = loopback; *host; host++) {
        len = strlen(*host);

        if (strncmp(url + 7, *host, len) == 0
            && (url[7 + len] == '\0' || url[7 + len] == ':'
                || url[7 + len] == '/')
            && strchr(url, '@') == NULL)
        {
            return true;
        }
    }

    return false;
}


unsigned
fetch_config_carriers(fetch_config_t *conf,
    void (*tell)(void *data, const fetch_carrier_t *carrier,
    const char *text), void *data)
{
    int               i, n;
    char              text[FETCH_FAULT];
    unsigned          c, faults;
    wismo_error_t     errors[FETCH_CONFIG_FAULTS], err;
    fetch_adapter_t  *adapter;
    fetch_carrier_t  *carrier;

    faults = 0;

    for (c = 0; c < conf->ncarriers; c++) {
        carrier = &conf->carriers[c];
        adapter = NULL;

        n = fetch_adapter_load(carrier->adapter_file, &adapter, errors,
                               FETCH_CONFIG_FAULTS);

        for (i = 0; i < n && i < FETCH_CONFIG_FAULTS; i++) {
            fetch_read_fault(carrier->adapter_file, &errors[i], text,
                             sizeof(text));
            tell(data, carrier, text);
        }

        if (n) {
            faults++;
            continue;
        }

        if (fetch_read_secrets(&conf->pool, carrier->secret_files,
                                  &carrier->account.secrets, &err) != WISMO_OK
            || fetch_adapter_account_ok(adapter, &carrier->account, &err)
               != WISMO_OK)
        {
            snprintf(text, sizeof(text), "%s%s%s", err.at,
                     err.at[0] ? ": " : "", err.text);
            tell(data, carrier, text);

            fetch_adapter_free(adapter);
            faults++;
            continue;
        }

        carrier->adapter = adapter;
    }

    return faults;
}


int
fetch_config_keys(const fetch_config_t *conf, wismo_pool_t *pool,
    wismo_keys_t *keys, wismo_error_t *err)
{
    if (*conf->secret_file == '\0') {
        wismo_error_set(err, "", "links are not signed here: nginx.conf has "
                                 "no \"wismo_secret_file\"");
        return WISMO_DECLINED;
    }

    return fetch_config_key_file(conf->secret_file, pool, keys, err);
}


static int
fetch_config_key_file(const char *file, wismo_pool_t *pool,
    wismo_keys_t *keys, wismo_error_t *err)
{
    wismo_str_t    text;
    wismo_error_t  fault;

    if (fetch_read_file(pool, file, FETCH_SECRET_MAX, &text, err)
        != WISMO_OK)
    {
        return WISMO_DECLINED;
    }

    if (wismo_keys_read(pool, &text, keys, &fault) != WISMO_OK) {
        wismo_error_set(err, "", "%s:%u: %s", file, fault.line, fault.text);
        return WISMO_DECLINED;
    }

    return WISMO_OK;
}


int
fetch_config_peppers(fetch_config_t *conf, wismo_error_t *err)
{
    wismo_keys_t  keys;

    conf->peppers.n = 0;

    if (*conf->secret_file == '\0') {
        return WISMO_OK;
    }

    if (fetch_config_keys(conf, &conf->pool, &keys, err) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    return wismo_peppers(&keys, &conf->peppers);
}


int
fetch_config_contact(fetch_config_t *conf, wismo_error_t *err)
{
    wismo_keys_t  links;

    conf->contact.n = 0;
    conf->index.n = 0;
    conf->letters = NULL;

    if (*conf->contact_key_file) {

        if (fetch_config_contact_keys(conf, &conf->pool, &conf->contact, err)
            != WISMO_OK)
        {
            conf->contact.n = 0;
            return WISMO_DECLINED;
        }

        conf->letters = wismo_pcalloc(&conf->pool,
                                      sizeof(fetch_letter_keys_t));

        if (conf->letters == NULL
            || wismo_box_opener(&conf->letters->opener, &conf->contact)
               != WISMO_OK
            || wismo_box_key(&conf->contact, &conf->letters->key) != WISMO_OK)
        {
            wismo_error_set(err, "", "there is no memory, or libcrypto fails");
            conf->letters = NULL;
            conf->contact.n = 0;
            return WISMO_ERROR;
        }

        return wismo_contact_keys(&conf->contact, &conf->index);
    }

    if (*conf->secret_file == '\0') {
        return WISMO_OK;
    }

    if (fetch_config_keys(conf, &conf->pool, &links, err) != WISMO_OK) {
        return WISMO_DECLINED;
    }

    return wismo_contact_keys(&links, &conf->index);
}


int
fetch_config_contact_keys(const fetch_config_t *conf, wismo_pool_t *pool,
    wismo_keys_t *keys, wismo_error_t *err)
{
    return fetch_config_key_file(conf->contact_key_file, pool, keys, err);
}


fetch_carrier_t *
fetch_config_carrier(fetch_config_t *conf, const wismo_str_t *name)
{
    unsigned  i;

    for (i = 0; i < conf->ncarriers; i++) {
        if (wismo_str_eq(&conf->carriers[i].name, name)) {
            return &conf->carriers[i];
        }
    }

    return NULL;
}


bool
fetch_config_carrier_ok(void *data, const wismo_str_t *name)
{
    return fetch_config_carrier(data, name) != NULL;
}
