
/*
 * Copyright (C) The Wismo authors
 *
 * Where the adapters (carriers/) and the pages (html/) are installed.
 */


#ifndef _FETCH_SHARE_H_INCLUDED_
#define _FETCH_SHARE_H_INCLUDED_


/* "wismo --share DIR"; "dir" must stay. */
void fetch_share_set(const char *dir);

/*
 * The directory said with --share, else $WISMO_SHARE, else "share" beside the
 * executable if it is there, else where it was installed.
 */
const char *fetch_share(void);


#endif /* _FETCH_SHARE_H_INCLUDED_ */
