
/*
 * Copyright (C) The Wismo authors
 *
 * The directive wismo_fetcher and what the fetcher is told: one line of JSON
 * with everything that nginx.conf says about Redis and the carriers, secrets
 * as the names of their files.  The same line is kept in the state directory
 * as wismo.json, for the program's other calls.
 */


#include "ngx_http_wismo_module.h"


#define NGX_HTTP_WISMO_JSON_MAX   1048576
#define NGX_HTTP_WISMO_SCALE_MAX  10000


static ngx_int_t ngx_http_wismo_fetcher_state(ngx_conf_t *cf,
    ngx_str_t *name);
static void ngx_http_wismo_fetcher_carrier(wismo_out_t *out,
    ngx_http_wismo_carrier_t *carrier);
static void ngx_http_wismo_fetcher_shop(wismo_out_t *out,
    ngx_http_wismo_shop_t *shop);
static void ngx_http_wismo_fetcher_channel(wismo_out_t *out,
    ngx_http_wismo_channel_t *channel);
static void ngx_http_wismo_fetcher_object(wismo_out_t *out, const char *name,
    ngx_array_t *list);
static ngx_int_t ngx_http_wismo_fetcher_write(ngx_cycle_t *cycle,
    ngx_str_t *json, u_char *temp, u_char *name);


char *
ngx_http_wismo_fetcher_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    ngx_int_t                       n;
    ngx_str_t                      *value, s;
    ngx_uint_t                      i;
    ngx_file_info_t                 fi;
    ngx_http_wismo_fetcher_conf_t  *fcf;

    fcf = &wmcf->fetcher;

    if (fcf->enable != NGX_CONF_UNSET) {
        return "is duplicate: one nginx has one fetcher";
    }

    value = cf->args->elts;

    fcf->file = cf->conf_file->file.name;
    fcf->line = cf->conf_file->line;

    if (ngx_strcmp(value[1].data, "on") == 0) {
        fcf->enable = 1;

    } else if (ngx_strcmp(value[1].data, "off") == 0) {
        fcf->enable = 0;

    } else {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"wismo_fetcher\" "
                           "directive: expected \"on\" or \"off\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "state=", 6) == 0) {

            s.data = value[i].data + 6;
            s.len = value[i].len - 6;

            if (s.len == 0) {
                goto empty;
            }

            fcf->path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
            if (fcf->path == NULL) {
                return NGX_CONF_ERROR;
            }

            fcf->path->name = s;

            if (ngx_conf_full_name(cf->cycle, &fcf->path->name, 0) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            fcf->path->conf_file = cf->conf_file->file.name.data;
            fcf->path->line = cf->conf_file->line;

            continue;
        }

        if (ngx_strncmp(value[i].data, "program=", 8) == 0) {

            fcf->program.data = value[i].data + 8;
            fcf->program.len = value[i].len - 8;

            if (fcf->program.len == 0) {
                goto empty;
            }

            if (ngx_conf_full_name(cf->cycle, &fcf->program, 0) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            if (ngx_file_info(fcf->program.data, &fi) == NGX_FILE_ERROR
                || !ngx_is_file(&fi) || (fi.st_mode & 0111) == 0)
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "no program \"%V\" of \"wismo_fetcher\" "
                                   "directive: expected the executable "
                                   "\"wismo\"", &fcf->program);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_strncmp(value[i].data, "scale=", 6) == 0) {

            n = ngx_atoi(value[i].data + 6, value[i].len - 6);

            if (n < 1 || n > NGX_HTTP_WISMO_SCALE_MAX) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "invalid \"%V\" in \"wismo_fetcher\" "
                                   "directive: expected a number from 1 to "
                                   "%d, so many times faster than real time",
                                   &value[i], NGX_HTTP_WISMO_SCALE_MAX);
                return NGX_CONF_ERROR;
            }

            fcf->scale = n;

            continue;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown parameter \"%V\" in \"wismo_fetcher\" "
                           "directive: expected state=, program= or scale=",
                           &value[i]);
        return NGX_CONF_ERROR;

    empty:

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "parameter \"%V\" of \"wismo_fetcher\" has no "
                           "value: expected a path", &value[i]);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_wismo_fetcher_path(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_path_t       *path;
    ngx_file_info_t   fi;

    if (wmcf->fetcher.scale == 0) {
        wmcf->fetcher.scale = 1;
    }

    if (wmcf->fetcher.enable
        && (ngx_file_info(wmcf->fetcher.program.data, &fi) == NGX_FILE_ERROR
            || (fi.st_mode & 0111) == 0))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "no program \"%V\" for \"wismo_fetcher\": expected "
                      "\"program=PATH\" of the executable \"wismo\", in "
                      "%V:%ui", &wmcf->fetcher.program, &wmcf->fetcher.file,
                      wmcf->fetcher.line);
        return NGX_ERROR;
    }

    path = wmcf->fetcher.path;

    if (path == NULL) {

        path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));
        if (path == NULL) {
            return NGX_ERROR;
        }

        if (ngx_http_wismo_fetcher_state(cf, &path->name) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_file_info(path->name.data, &fi) != NGX_FILE_ERROR
        && !ngx_is_dir(&fi))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" is not a directory: expected \"wismo_fetcher "
                      "... state=DIR\", in %V:%ui", &path->name,
                      wmcf->fetcher.line ? &wmcf->fetcher.file
                                         : &wmcf->redis.file,
                      wmcf->fetcher.line ? wmcf->fetcher.line
                                         : wmcf->redis.line);
        return NGX_ERROR;
    }

    /* the master makes the directory, and a helper process that calls us */

    if (wmcf->fetcher.enable) {
        path->manager = ngx_http_wismo_fetcher_manager;
    }

    path->data = wmcf;

    wmcf->fetcher.path = path;

    return ngx_add_path(cf, &wmcf->fetcher.path);
}


static ngx_int_t
ngx_http_wismo_fetcher_state(ngx_conf_t *cf, ngx_str_t *name)
{
    u_char     *p, *slash;
    ngx_str_t   temp, prefix;

    /* nginx -p DIR keeps all in DIR; else where nginx keeps such things */

    ngx_str_set(name, "wismo");

#ifdef NGX_PREFIX
    ngx_str_set(&prefix, NGX_PREFIX);
#else
    ngx_str_null(&prefix);
#endif

    ngx_str_set(&temp, NGX_HTTP_CLIENT_TEMP_PATH);

    slash = (u_char *) strrchr((char *) temp.data, '/');

    if (temp.data[0] == '/' && slash
        && cf->cycle->prefix.len == prefix.len
        && ngx_strncmp(cf->cycle->prefix.data, prefix.data, prefix.len) == 0)
    {
        temp.len = slash - temp.data + 1;

        p = ngx_pnalloc(cf->pool, temp.len + name->len + 1);
        if (p == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_sprintf(p, "%V%V%Z", &temp, name);

        name->data = p;
        name->len += temp.len;
    }

    return ngx_conf_full_name(cf->cycle, name, 0);
}


ngx_int_t
ngx_http_wismo_fetcher_conf_init(ngx_conf_t *cf,
    ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_str_t                    *file;
    ngx_uint_t                    i;
    wismo_out_t                   out;
    wismo_str_t                   text;
    wismo_pool_t                  pool;
    ngx_http_wismo_shop_t       **shop;
    ngx_http_wismo_carrier_t     *carrier;
    ngx_http_wismo_channel_t     *channel;
    ngx_http_wismo_redis_conf_t  *rcf;

    rcf = &wmcf->redis;

    if (wmcf->fetcher.enable
        && (ngx_http_wismo_check_readable(cf, &rcf->password_file,
                                          "wismo_redis", &rcf->file, rcf->line)
            != NGX_OK
            || ngx_http_wismo_check_readable(cf, &wmcf->secret_file,
                                             "wismo_secret_file",
                                             &wmcf->fetcher.file,
                                             wmcf->fetcher.line)
               != NGX_OK
            || ngx_http_wismo_check_readable(cf, &wmcf->contact_key_file,
                                             "wismo_contact_key_file",
                                             &wmcf->fetcher.file,
                                             wmcf->fetcher.line)
               != NGX_OK))
    {
        return NGX_ERROR;
    }

    ngx_http_wismo_pool(&pool, cf->pool, NGX_HTTP_WISMO_JSON_MAX);
    wismo_out_init(&out, &pool, 4096);

    wismo_out_text(&out, "{\"v\":1,");
    ngx_http_wismo_fetcher_string(&out, "state", &wmcf->fetcher.path->name);
    wismo_out_text(&out, ",");
    ngx_http_wismo_fetcher_string(&out, "share", &wmcf->share);

    wismo_out_text(&out, ",\"redis\":{");
    ngx_http_wismo_fetcher_string(&out, "url", &rcf->url);
    wismo_out_text(&out, ",");
    ngx_http_wismo_fetcher_string(&out, "user", &rcf->user);
    wismo_out_text(&out, ",");
    ngx_http_wismo_fetcher_string(&out, "password_file", &rcf->password_file);
    wismo_out_text(&out, ",\"db\":");
    wismo_out_int(&out, rcf->db);

    if (rcf->tls) {
        wismo_out_text(&out, ",\"ssl_verify\":");

        if (rcf->tls_verify) {
            wismo_out_text(&out, "true,");

        } else {
            wismo_out_text(&out, "false,");
        }

        ngx_http_wismo_fetcher_string(&out, "ssl_ca", &rcf->tls_ca);
        wismo_out_text(&out, ",");
        ngx_http_wismo_fetcher_string(&out, "ssl_name", &rcf->tls_name);
    }

    wismo_out_text(&out, "},\"carriers\":[");

    carrier = wmcf->carriers.elts;

    for (i = 0; i < wmcf->carriers.nelts; i++) {

        if (i) {
            wismo_out_text(&out, ",");
        }

        ngx_http_wismo_fetcher_carrier(&out, &carrier[i]);
    }

    wismo_out_text(&out, "],\"shops\":[");

    shop = wmcf->shops.elts;

    for (i = 0; i < wmcf->shops.nelts; i++) {

        if (i) {
            wismo_out_text(&out, ",");
        }

        ngx_http_wismo_fetcher_shop(&out, shop[i]);
    }

    wismo_out_text(&out, "],\"channels\":[");

    channel = wmcf->channels.elts;

    for (i = 0; i < wmcf->channels.nelts; i++) {

        if (i) {
            wismo_out_text(&out, ",");
        }

        ngx_http_wismo_fetcher_channel(&out, &channel[i]);
    }

    wismo_out_text(&out, "],\"inbound\":[");

    file = wmcf->inbound.elts;

    for (i = 0; i < wmcf->inbound.nelts; i++) {

        if (i) {
            wismo_out_text(&out, ",");
        }

        text.data = file[i].data;
        text.len = file[i].len;

        wismo_out_json_str(&out, &text);
    }

    wismo_out_text(&out, "],\"hooks\":[");

    shop = wmcf->messages.elts;

    for (i = 0; i < wmcf->messages.nelts; i++) {

        if (i) {
            wismo_out_text(&out, ",");
        }

        wismo_out_text(&out, "{");
        ngx_http_wismo_fetcher_string(&out, "name", &shop[i]->name);
        wismo_out_text(&out, ",");
        ngx_http_wismo_fetcher_string(&out, "channel", &shop[i]->channel);
        wismo_out_text(&out, "}");
    }

    wismo_out_text(&out, "],");

    if (wmcf->calendars.nelts) {
        ngx_http_wismo_calendars(&out, wmcf);
        wismo_out_text(&out, ",");
    }

    if (wmcf->exceptions.len) {
        wismo_out_text(&out, "\"exceptions\":");
        wismo_out_bytes(&out, wmcf->exceptions.data, wmcf->exceptions.len);
        wismo_out_text(&out, ",");
    }

    ngx_http_wismo_fetcher_string(&out, "secret_file", &wmcf->secret_file);
    wismo_out_text(&out, ",");
    ngx_http_wismo_fetcher_string(&out, "contact_key_file",
                                  &wmcf->contact_key_file);
    wismo_out_text(&out, ",\"retention\":");
    ngx_http_wismo_retention_out(&out, wmcf);
    wismo_out_text(&out, ",");
    ngx_http_wismo_fetcher_string(&out, "track", &wmcf->track);
    wismo_out_text(&out, ",");
    ngx_http_wismo_fetcher_string(&out, "brands", &wmcf->brands);
    wismo_out_text(&out, ",\"scale\":");
    wismo_out_int(&out, wmcf->fetcher.scale);
    wismo_out_text(&out, ",");
    ngx_http_wismo_fetcher_string(&out, "api_keys", &wmcf->api_keys_file);
    wismo_out_text(&out, "}\n");

    if (out.failed) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "too many \"wismo_carrier\": expected at most %d bytes "
                      "of configuration for the fetcher",
                      NGX_HTTP_WISMO_JSON_MAX / 4);
        return NGX_ERROR;
    }

    wmcf->fetcher.json.data = out.start;
    wmcf->fetcher.json.len = out.pos - out.start;

    return NGX_OK;
}


static void
ngx_http_wismo_fetcher_carrier(wismo_out_t *out,
    ngx_http_wismo_carrier_t *carrier)
{
    wismo_out_text(out, "{");
    ngx_http_wismo_fetcher_string(out, "name", &carrier->name);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_string(out, "adapter", &carrier->adapter);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_string(out, "base_url", &carrier->base_url);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_object(out, "values", &carrier->values);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_object(out, "secret_files",
                                  &carrier->secret_files);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_string(out, "hook_secret_file",
                                  &carrier->hook_secret_file);
    wismo_out_text(out, "}");
}


static void
ngx_http_wismo_fetcher_shop(wismo_out_t *out, ngx_http_wismo_shop_t *shop)
{
    wismo_out_text(out, "{");
    ngx_http_wismo_fetcher_string(out, "name", &shop->name);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_string(out, "adapter", &shop->path);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_string(out, "brand", &shop->brand);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_string(out, "prefix", &shop->prefix);

    if (shop->keep.len) {
        wismo_out_text(out, ",");
        ngx_http_wismo_fetcher_string(out, "keep", &shop->keep);
    }

    wismo_out_text(out, "}");
}


static void
ngx_http_wismo_fetcher_channel(wismo_out_t *out,
    ngx_http_wismo_channel_t *channel)
{
    wismo_out_text(out, "{");
    ngx_http_wismo_fetcher_string(out, "name", &channel->name);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_string(out, "type", &channel->type);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_object(out, "values", &channel->values);
    wismo_out_text(out, ",");
    ngx_http_wismo_fetcher_object(out, "secret_files",
                                  &channel->secret_files);
    wismo_out_text(out, "}");
}


static void
ngx_http_wismo_fetcher_object(wismo_out_t *out, const char *name,
    ngx_array_t *list)
{
    ngx_uint_t     i;
    ngx_keyval_t  *kv;

    wismo_out_printf(out, "\"%s\":{", name);

    kv = list->elts;

    for (i = 0; i < list->nelts; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        ngx_http_wismo_fetcher_string(out, (char *) kv[i].key.data,
                                      &kv[i].value);
    }

    wismo_out_text(out, "}");
}


void
ngx_http_wismo_fetcher_string(wismo_out_t *out, const char *name,
    ngx_str_t *value)
{
    wismo_str_t  s;

    s.data = value->data;
    s.len = value->len;

    wismo_out_printf(out, "\"%s\":", name);
    wismo_out_json_str(out, &s);
}


void
ngx_http_wismo_fetcher_publish(ngx_cycle_t *cycle,
    ngx_http_wismo_main_conf_t *wmcf)
{
    u_char     *temp, *name;
    size_t      len;
    ngx_str_t  *dir;

    dir = &wmcf->fetcher.path->name;

    len = dir->len + sizeof("/wismo.json.") + NGX_INT64_LEN;

    temp = ngx_pnalloc(cycle->pool, 2 * len);
    if (temp == NULL) {
        return;
    }

    name = temp + len;

    (void) ngx_sprintf(temp, "%V/wismo.json.%P%Z", dir, ngx_getpid());
    (void) ngx_sprintf(name, "%V/wismo.json%Z", dir);

    if (ngx_http_wismo_fetcher_write(cycle, &wmcf->fetcher.json, temp, name)
        != NGX_OK)
    {
        (void) ngx_delete_file(temp);
    }
}


static ngx_int_t
ngx_http_wismo_fetcher_write(ngx_cycle_t *cycle, ngx_str_t *json,
    u_char *temp, u_char *name)
{
    int               fd;
    ngx_int_t         rc;
    ngx_core_conf_t  *ccf;

    /* the directory is the workers': they could have left a link in it */

    (void) ngx_delete_file(temp);

    fd = open((char *) temp, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC,
              0640);

    if (fd == -1) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "open() \"%s\" failed", temp);
        return NGX_ERROR;
    }

    rc = NGX_OK;

    if (ngx_write_fd(fd, json->data, json->len) != (ssize_t) json->len) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      ngx_write_fd_n " \"%s\" failed", temp);
        rc = NGX_ERROR;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (geteuid() == 0
        && ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT
        && fchown(fd, ccf->user, ccf->group) == -1)
    {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "fchown() \"%s\" failed", temp);
        rc = NGX_ERROR;
    }

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cycle->log, ngx_errno,
                      ngx_close_file_n " \"%s\" failed", temp);
    }

    if (rc == NGX_OK && ngx_rename_file(temp, name) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      ngx_rename_file_n " \"%s\" to \"%s\" failed", temp,
                      name);
        rc = NGX_ERROR;
    }

    return rc;
}
