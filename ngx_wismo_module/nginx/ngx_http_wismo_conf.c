
/*
 * Copyright (C) The Wismo authors
 *
 * What the reading of the configuration needs everywhere: blocks, whole files,
 * the core's pool over nginx's, link secrets, and where the installation is.
 * Runs in the master, mostly as root, and never in a worker.
 */


#include "ngx_http_wismo_module.h"

#include <dlfcn.h>
#include <grp.h>
#include <pwd.h>


#ifndef WISMO_SHARE
#define WISMO_SHARE    "/usr/share/wismo"
#endif

#ifndef WISMO_PROGRAM
#define WISMO_PROGRAM  "/usr/bin/wismo"
#endif


#define NGX_HTTP_WISMO_GROUPS      64
#define NGX_HTTP_WISMO_SECRET_MAX  65536


static void *ngx_http_wismo_pool_more(void *ctx, size_t size);
static ngx_int_t ngx_http_wismo_beside(ngx_conf_t *cf, const char *name,
    ngx_str_t *path);
static ngx_uint_t ngx_http_wismo_may_read(ngx_file_info_t *fi, uid_t uid,
    const char *user, gid_t gid);


char *
ngx_http_wismo_block(ngx_conf_t *cf, ngx_conf_handler_pt handler, void *conf,
    ngx_array_t *values, ngx_array_t *secret_files)
{
    char        *rv;
    ngx_conf_t   save;

    if (ngx_array_init(values, cf->pool, 4, sizeof(ngx_keyval_t)) != NGX_OK
        || ngx_array_init(secret_files, cf->pool, 2, sizeof(ngx_keyval_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    save = *cf;
    cf->handler = handler;
    cf->handler_conf = conf;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    return rv;
}


ngx_int_t
ngx_http_wismo_read_file(ngx_conf_t *cf, ngx_str_t *path, size_t max,
    ngx_uint_t secret, const char *directive, ngx_str_t *text)
{
    off_t            size;
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_file_info_t  fi;

    rc = NGX_ERROR;

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "cannot open file \"%V\" of \"%s\" directive",
                           path, directive);
        return NGX_ERROR;
    }

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", path);
        goto done;
    }

    if (!ngx_is_file(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" of \"%s\" directive is not a regular file",
                           path, directive);
        goto done;
    }

    if (secret && (fi.st_mode & 0037)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "secret file \"%V\" of \"%s\" directive has mode "
                           "0%ud%ud%ud: expected 0640 or stricter, do "
                           "\"chmod 0640 %V\"",
                           path, directive, (fi.st_mode >> 6) & 7,
                           (fi.st_mode >> 3) & 7, fi.st_mode & 7, path);
        goto done;
    }

    size = ngx_file_size(&fi);

    if (size > (off_t) max) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "file \"%V\" of \"%s\" directive has %O bytes: "
                           "expected at most %uz", path, directive, size, max);
        goto done;
    }

    text->data = ngx_pnalloc(cf->pool, size + 1);
    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_fd(fd, text->data, size);

    if (n != (ssize_t) size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, n == -1 ? ngx_errno : 0,
                           "cannot read file \"%V\" of \"%s\" directive",
                           path, directive);
        goto done;
    }

    text->data[size] = '\0';
    text->len = size;

    rc = NGX_OK;

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", path);
    }

    return rc;
}


void
ngx_http_wismo_pool(wismo_pool_t *wp, ngx_pool_t *pool, size_t limit)
{
    wismo_pool_init(wp, limit, ngx_http_wismo_pool_more, pool);
}


static void *
ngx_http_wismo_pool_more(void *ctx, size_t size)
{
    return ngx_palloc(ctx, size);
}


char *
ngx_http_wismo_secret_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_loc_conf_t *wlcf = conf;

    ngx_str_t                   *value, text;
    wismo_str_t                  in;
    wismo_pool_t                 pool;
    wismo_error_t                err;
    ngx_http_wismo_main_conf_t  *wmcf;

    if (wlcf->secret_file.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    wlcf->secret_file = value[1];

    if (ngx_conf_full_name(cf->cycle, &wlcf->secret_file, 1) != NGX_OK
        || ngx_http_wismo_read_file(cf, &wlcf->secret_file,
                                    NGX_HTTP_WISMO_SECRET_MAX, 1,
                                    "wismo_secret_file", &text)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    wlcf->keys = ngx_pcalloc(cf->pool, sizeof(wismo_keys_t));
    if (wlcf->keys == NULL) {
        return NGX_CONF_ERROR;
    }

    in.data = text.data;
    in.len = text.len;

    ngx_memzero(&err, sizeof(wismo_error_t));
    ngx_http_wismo_pool(&pool, cf->pool, NGX_HTTP_WISMO_SECRET_MAX * 2);

    switch (wismo_keys_read(&pool, &in, wlcf->keys, &err)) {

    case WISMO_OK:
        break;

    case WISMO_DECLINED:
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid secret in line %ud of \"%V\" of "
                           "\"wismo_secret_file\" directive: %s, as "
                           "\"openssl rand -hex 32\" prints it",
                           err.line, &wlcf->secret_file, err.text);
        return NGX_CONF_ERROR;

    default:
        return NGX_CONF_ERROR;
    }

    wmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_wismo_module);

    if (wmcf->secret_file.len == 0 || cf->cmd_type == NGX_HTTP_MAIN_CONF) {
        wmcf->secret_file = wlcf->secret_file;

        if (wismo_peppers(wlcf->keys, &wmcf->peppers) != WISMO_OK
            || ngx_http_wismo_log_key(wlcf->keys, wmcf->log_key) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_wismo_share_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    ngx_str_t        *value;
    ngx_file_info_t   fi;

    if (wmcf->share.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    wmcf->share = value[1];

    if (ngx_conf_full_name(cf->cycle, &wmcf->share, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    while (wmcf->share.len > 1
           && wmcf->share.data[wmcf->share.len - 1] == '/')
    {
        wmcf->share.data[--wmcf->share.len] = '\0';
    }

    if (ngx_file_info(wmcf->share.data, &fi) == NGX_FILE_ERROR
        || !ngx_is_dir(&fi))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no directory \"%V\" of \"wismo_share\" "
                           "directive: expected the one that holds "
                           "\"carriers\" and \"html\"", &wmcf->share);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_wismo_share_init(ngx_conf_t *cf, ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_int_t  rc;
    ngx_str_t  html;

    if (wmcf->share.len == 0) {

        /* a build tree has it beside the module */

        rc = ngx_http_wismo_beside(cf, "share/html", &html);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK) {
            wmcf->share.data = html.data;
            wmcf->share.len = html.len - (sizeof("/html") - 1);
            wmcf->share.data[wmcf->share.len] = '\0';

        } else {
            ngx_str_set(&wmcf->share, WISMO_SHARE);
        }
    }

    if (wmcf->fetcher.program.len == 0) {

        rc = ngx_http_wismo_beside(cf, "wismo", &wmcf->fetcher.program);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_DECLINED) {
            ngx_str_set(&wmcf->fetcher.program, WISMO_PROGRAM);
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_wismo_beside(ngx_conf_t *cf, const char *name, ngx_str_t *path)
{
    u_char           *p, *slash;
    size_t            len;
    Dl_info           info;
    ngx_file_info_t   fi;

    if (dladdr(&ngx_http_wismo_module, &info) == 0
        || info.dli_fname == NULL)
    {
        return NGX_DECLINED;
    }

    slash = (u_char *) strrchr(info.dli_fname, '/');
    if (slash == NULL) {
        return NGX_DECLINED;
    }

    len = slash - (u_char *) info.dli_fname + 1;

    p = ngx_pnalloc(cf->pool, len + ngx_strlen(name) + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    path->data = p;

    p = ngx_cpymem(p, info.dli_fname, len);
    p = ngx_cpymem(p, name, ngx_strlen(name));
    *p = '\0';

    path->len = p - path->data;

    if (ngx_file_info(path->data, &fi) == NGX_FILE_ERROR) {
        ngx_str_null(path);
        return NGX_DECLINED;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_wismo_check_readable(ngx_conf_t *cf, ngx_str_t *path,
    const char *directive, ngx_str_t *file, ngx_uint_t line)
{
    uid_t             uid;
    gid_t             gid;
    ngx_str_t         group;
    const char       *user;
    struct group     *gr;
    struct passwd    *pw;
    ngx_core_conf_t  *ccf;
    ngx_file_info_t   fi;

    if (path->len == 0) {
        return NGX_OK;
    }

    if (ngx_file_info(path->data, &fi) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "cannot find file \"%V\" of \"%s\" directive in %V:%ui",
                      path, directive, file, line);
        return NGX_ERROR;
    }

    ccf = (ngx_core_conf_t *) ngx_get_conf(cf->cycle->conf_ctx,
                                           ngx_core_module);

    /* without root's rights nginx can't change its user */

    if (geteuid() != 0) {
        uid = geteuid();
        gid = getegid();
        user = NULL;

    } else if (ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT) {
        uid = ccf->user;
        gid = ccf->group;
        user = ccf->username;

    } else {
        user = NGX_USER;

        pw = getpwnam(user);
        if (pw == NULL) {
            return NGX_OK;
        }

        uid = pw->pw_uid;
        gid = pw->pw_gid;
    }

    if (ngx_http_wismo_may_read(&fi, uid, user, gid)) {
        return NGX_OK;
    }

    gr = getgrgid(gid);

    group.data = (u_char *) (gr ? gr->gr_name : "GROUP");
    group.len = ngx_strlen(group.data);

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "file \"%V\" of \"%s\" directive can't be read by the user "
                  "of the workers and of the fetcher: do \"chgrp %V %V && "
                  "chmod 0640 %V\", in %V:%ui",
                  path, directive, &group, path, path, file, line);

    return NGX_ERROR;
}


static ngx_uint_t
ngx_http_wismo_may_read(ngx_file_info_t *fi, uid_t uid, const char *user,
    gid_t gid)
{
    int    i, n;
    gid_t  groups[NGX_HTTP_WISMO_GROUPS];

    if (uid == 0) {
        return 1;
    }

    if (fi->st_uid == uid) {
        return (fi->st_mode & S_IRUSR) != 0;
    }

    n = NGX_HTTP_WISMO_GROUPS;

    if (user == NULL) {
        n = getgroups(n, groups);

    } else if (getgrouplist(user, gid, groups, &n) == -1) {
        n = NGX_HTTP_WISMO_GROUPS;
    }

    if (fi->st_gid == gid) {
        return (fi->st_mode & S_IRGRP) != 0;
    }

    for (i = 0; i < n; i++) {
        if (fi->st_gid == groups[i]) {
            return (fi->st_mode & S_IRGRP) != 0;
        }
    }

    return (fi->st_mode & S_IROTH) != 0;
}
