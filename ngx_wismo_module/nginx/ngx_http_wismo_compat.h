
/*
 * Copyright (C) The Wismo authors
 *
 * The differences between nginx versions, and between hiredis versions, and
 * nowhere else: every other file is written against the newest ones.
 */


#ifndef _NGX_HTTP_WISMO_COMPAT_H_INCLUDED_
#define _NGX_HTTP_WISMO_COMPAT_H_INCLUDED_


#if (nginx_version >= 1023000)

/* headers are linked lists */
#define ngx_http_wismo_header_end(h)      (h)->next = NULL
#define ngx_http_wismo_header(key, value)                                     \
    { 1, ngx_string(key), ngx_string(value), NULL, NULL }

#else

#define ngx_http_wismo_header_end(h)
#define ngx_http_wismo_header(key, value)                                     \
    { 1, ngx_string(key), ngx_string(value), NULL }

#endif


/* true if there are cookies, and if there is one of this name */

#if (nginx_version >= 1023000)
#define ngx_http_wismo_cookies(r)  ((r)->headers_in.cookie != NULL)
#else
#define ngx_http_wismo_cookies(r)  ((r)->headers_in.cookies.nelts != 0)
#endif


#if (nginx_version >= 1029006)

#define ngx_http_wismo_cookie(r, name, value)                                 \
    (ngx_http_parse_cookie_lines(r, (r)->headers_in.cookie, name, value)      \
     != NULL)

#elif (nginx_version >= 1023000)

#define ngx_http_wismo_cookie(r, name, value)                                 \
    (ngx_http_parse_multi_header_lines(r, (r)->headers_in.cookie, name,       \
                                       value)                                 \
     != NULL)

#else

#define ngx_http_wismo_cookie(r, name, value)                                 \
    (ngx_http_parse_multi_header_lines(&(r)->headers_in.cookies, name,        \
                                       value)                                 \
     != NGX_DECLINED)

#endif


#ifdef HIREDIS_MAJOR

#if (HIREDIS_MAJOR >= 1)
typedef size_t  ngx_http_wismo_nelts_t;
#else
typedef int     ngx_http_wismo_nelts_t;
#endif

#endif


#endif /* _NGX_HTTP_WISMO_COMPAT_H_INCLUDED_ */
