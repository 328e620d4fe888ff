
/*
 * Copyright (C) The Wismo authors
 *
 * Finds the directory of adapters and pages, so that the program works from
 * where it was built as well as from where it was installed.  Every call of
 * the program asks here and nowhere else.
 */


#include "fetch_share.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


#ifndef WISMO_SHARE
#define WISMO_SHARE          "/usr/share/wismo"
#endif


static const char  *fetch_share_dir;


void
fetch_share_set(const char *dir)
{
    fetch_share_dir = dir;
}


const char *
fetch_share(void)
{
    char         exe[PATH_MAX], *slash;
    ssize_t      n;
    const char  *dir;
    struct stat  sb;

    static char  beside[PATH_MAX + sizeof("/share")];

    if (fetch_share_dir) {
        return fetch_share_dir;
    }

    dir = getenv("WISMO_SHARE");

    if (dir && *dir) {
        fetch_share_dir = dir;
        return dir;
    }

    fetch_share_dir = WISMO_SHARE;

    n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

    if (n > 0) {
        exe[n] = '\0';
        slash = strrchr(exe, '/');

        if (slash) {
            *slash = '\0';
            (void) snprintf(beside, sizeof(beside), "%s/share", exe);

            if (stat(beside, &sb) == 0 && S_ISDIR(sb.st_mode)) {
                fetch_share_dir = beside;
            }
        }
    }

    return fetch_share_dir;
}
