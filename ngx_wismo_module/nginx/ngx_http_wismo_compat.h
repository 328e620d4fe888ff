
/*
 * Copyright (C) The Wismo authors
 *
 * The differences between nginx versions, and nowhere else: every other file
 * is written against the newest nginx.
 */


#ifndef _NGX_HTTP_WISMO_COMPAT_H_INCLUDED_
#define _NGX_HTTP_WISMO_COMPAT_H_INCLUDED_


#if (nginx_version >= 1023000)

/* headers are linked lists */
#define ngx_http_wismo_header_end(h)      (h)->next = NULL

#else

#define ngx_http_wismo_header_end(h)

#endif


#endif /* _NGX_HTTP_WISMO_COMPAT_H_INCLUDED_ */
