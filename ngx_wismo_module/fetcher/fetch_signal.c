
/*
 * Copyright (C) The Wismo authors
 *
 * What signals do to the fetcher: a byte in a pipe, which its loop waits for
 * like for everything else.  Opened by fetch_cmd_fetch.c.  The handler must do
 * no more than that.
 */


#define _GNU_SOURCE

#include "fetch_log.h"
#include "fetch_signal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>


static void fetch_signals_note(int signo);


/* written by the signal handler, read by the loop */

static int  fetch_signals_pipe[2] = { -1, -1 };


int
fetch_signals_open(void)
{
    struct sigaction  sa;

    if (pipe2(fetch_signals_pipe, O_CLOEXEC | O_NONBLOCK) == -1) {
        fetch_log(FETCH_EMERG, "pipe() failed: %s", strerror(errno));
        return WISMO_ERROR;
    }

    memset(&sa, 0, sizeof(struct sigaction));
    sigemptyset(&sa.sa_mask);

    sa.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &sa, NULL);
    sigaction(SIGHUP, &sa, NULL);

    sa.sa_handler = fetch_signals_note;
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);

    return WISMO_OK;
}


static void
fetch_signals_note(int signo)
{
    int      saved;
    ssize_t  n;

    (void) signo;

    saved = errno;
    n = write(fetch_signals_pipe[1], "", 1);
    (void) n;
    errno = saved;
}


int
fetch_signals_fd(void)
{
    return fetch_signals_pipe[0];
}


void
fetch_signals_close(void)
{
    if (fetch_signals_pipe[0] != -1) {
        close(fetch_signals_pipe[0]);
        close(fetch_signals_pipe[1]);
    }
}
