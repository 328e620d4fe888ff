
/*
 * Copyright (C) The Wismo authors
 *
 * The inbox: what the module hands to the fetcher.  Fields as in
 * wismo_schema.h.
 */


#ifndef _NGX_HTTP_WISMO_INBOX_H_INCLUDED_
#define _NGX_HTTP_WISMO_INBOX_H_INCLUDED_


#include "ngx_http_wismo_module.h"


typedef struct ngx_http_wismo_letter_s  ngx_http_wismo_letter_t;

/* NGX_OK: Redis has it; NGX_ERROR: nothing was accepted. */
typedef ngx_int_t (*ngx_http_wismo_letter_pt)(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter, ngx_int_t rc);

struct ngx_http_wismo_letter_s {
    ngx_str_t                    kind;       /* put, delete, hook, view,
                                                feedback, stop, link, message
                                                or unsigned */
    ngx_str_t                    order;      /* of all but a hook */
    ngx_str_t                    carrier;    /* of a hook, or its shop */
    ngx_str_t                    headers;    /* of a shop's, a line each; the
                                                query of a message */
    ngx_str_t                    body;
    ngx_uint_t                   inbox;      /* 0 to WISMO_INBOXES - 1 */
    ngx_uint_t                   spare;      /* not if it is half full */
    ngx_str_t                    location;   /* of the 202, or empty */
    ngx_http_wismo_letter_pt     answer;     /* instead of ours, or NULL */
};


/*
 * Appends the letter, which must live in r->pool, and answers: 202 once Redis
 * has it, else 503.  Returns what a body handler returns; NGX_DONE means that
 * the request waits.
 */
ngx_int_t ngx_http_wismo_inbox_post(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter);


/* Of a hook for text messages, signed: answers as its sender wants it. */
ngx_int_t ngx_http_wismo_message_post(ngx_http_request_t *r,
    ngx_http_wismo_shop_t *hook, ngx_http_wismo_letter_t *letter,
    ngx_str_t *body);
bool ngx_http_wismo_message_url(ngx_http_request_t *r, wismo_str_t *value);


/*
 * The same for whoever sends letters himself: the command that appends one,
 * with its sealed body in "pool", until it is sent; NGX_DECLINED if the inbox
 * is full, NGX_ERROR if it can't be sealed; and that it is on its way.
 */

#define NGX_HTTP_WISMO_INBOX_ARGS  15

typedef struct {
    ngx_uint_t                   n;
    ngx_str_t                    argv[NGX_HTTP_WISMO_INBOX_ARGS];
    char                         key[WISMO_KEY_MAX];
    u_char                       at[NGX_TIME_T_LEN];
} ngx_http_wismo_inbox_cmd_t;

ngx_int_t ngx_http_wismo_inbox_command(ngx_http_request_t *r,
    ngx_pool_t *pool, ngx_http_wismo_letter_t *letter,
    ngx_http_wismo_inbox_cmd_t *cmd);
void ngx_http_wismo_inbox_sent(ngx_http_wismo_letter_t *letter);


/*
 * Appends a letter that may as well get lost, beside whatever the request
 * does: not if the inbox is half full, and without a word if it can't be.
 */
void ngx_http_wismo_inbox_note(ngx_http_request_t *r,
    ngx_http_wismo_letter_t *letter);


#endif /* _NGX_HTTP_WISMO_INBOX_H_INCLUDED_ */
