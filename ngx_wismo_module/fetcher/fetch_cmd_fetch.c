
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo fetch", the companion process: started by nginx with its
 * configuration on stdin, or by hand with a file.  Of all that share a state
 * directory one is active, the others stand by.  Here is all that comes before
 * its loop, which is in fetch_run.c.
 *
 * It never ends with status 2, which nginx would take for something else.
 */


#include "fetch_cmd.h"
#include "fetch_log.h"
#include "fetch_run.h"
#include "fetch_signal.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define FETCH_STANDBY        100              /* ms between tries */


typedef struct {
    bool                      from_stdin;
    bool                      nginx;
    const char               *file;
} fetch_options_t;


typedef struct {
    fetch_options_t           options;
    fetch_config_t            conf;
    char                     *text;           /* of the configuration */
    int                       lock;
    int                       liveness;       /* stdin, or -1 */
    bool                      stop;           /* before it was active */
} fetch_t;


static error_t fetch_option(int key, char *arg, struct argp_state *state);
static int fetch_configure(fetch_t *f);
static int fetch_configure_stdin(fetch_t *f);
static void fetch_tell_carrier(void *data, const fetch_carrier_t *carrier,
    const char *text);
static void fetch_tell_channel(void *data, const fetch_channel_t *channel,
    const char *text);
static int fetch_activate(fetch_t *f);
static bool fetch_standby(fetch_t *f);


static const struct argp_option  fetch_opts[] = {

    { "stdin", 's', NULL, 0,
      "Read the configuration, a line of JSON, from stdin; its end ends the "
      "fetcher", 0 },

    { "config", 'c', "FILE", 0,
      "Read the configuration from FILE, instead of $WISMO_CONFIG or "
      FETCH_CONFIG_FILE, 0 },

    { "nginx", 'n', NULL, 0,
      "Log as \"level|text\" for nginx, not as JSON", 0 },

    { NULL, 0, NULL, 0, NULL, 0 }
};


static const struct argp  fetch_argp = {
    fetch_opts, fetch_option, "",
    "The companion process: takes orders and pushes out of the inbox, asks "
    "the carriers when it is time, keeps Redis fresh.\n"
    "\vnginx starts it with \"wismo_fetcher on\".  It ends on TERM and INT "
    "within three seconds.", NULL, NULL, NULL
};


int
fetch_cmd_fetch(int argc, char **argv)
{
    int      status;
    fetch_t  f;

    memset(&f, 0, sizeof(fetch_t));

    argp_err_exit_status = FETCH_EXIT_FAILED;

    if (argp_parse(&fetch_argp, argc, argv, 0, NULL, &f.options) != 0) {
        return FETCH_EXIT_FAILED;
    }

    fetch_log_form(f.options.nginx ? FETCH_LOG_NGINX : FETCH_LOG_JSON,
                   FETCH_INFO);

    f.lock = -1;
    f.liveness = f.options.from_stdin ? STDIN_FILENO : -1;

    /* secrets are in memory from here on */

    (void) prctl(PR_SET_DUMPABLE, 0);

    if (fetch_configure(&f) != WISMO_OK
        || fetch_signals_open() != WISMO_OK
        || fetch_activate(&f) != WISMO_OK)
    {
        status = FETCH_EXIT_FAILED;

    } else {
        status = f.stop ? FETCH_EXIT_OK : fetch_run(&f.conf, f.liveness);
    }

    fetch_config_done(&f.conf);

    /* last: whoever stands by starts when all is written */

    if (f.lock != -1) {
        close(f.lock);
    }

    fetch_signals_close();
    free(f.text);

    return status;
}


static error_t
fetch_option(int key, char *arg, struct argp_state *state)
{
    fetch_options_t  *options;

    options = state->input;

    switch (key) {

    case 's':
        options->from_stdin = true;
        return 0;

    case 'c':
        options->file = arg;
        return 0;

    case 'n':
        options->nginx = true;
        return 0;

    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument \"%s\"", arg);
        return EINVAL;

    default:
        return ARGP_ERR_UNKNOWN;
    }
}


static int
fetch_configure(fetch_t *f)
{
    int            rc;
    char           where[64];
    wismo_error_t  err;

    memset(&err, 0, sizeof(wismo_error_t));

    if (f->options.from_stdin) {
        rc = fetch_configure_stdin(f);

        if (rc != WISMO_OK) {
            return rc;
        }

        rc = fetch_config_parse(&f->conf, "stdin", f->text,
                                strlen(f->text), &err);

    } else {
        rc = fetch_config_open(&f->conf, f->options.file, &err);
    }

    if (rc != WISMO_OK) {
        where[0] = '\0';

        if (err.line) {
            snprintf(where, sizeof(where), "line %u, column %u: ", err.line,
                     err.column);
        }

        fetch_log(FETCH_EMERG, "configuration of %s: %s%s%s%s",
                  f->conf.file ? f->conf.file : "stdin", where, err.at,
                  err.at[0] ? ": " : "", err.text);
        return WISMO_ERROR;
    }

    if (*f->conf.state == '\0') {
        fetch_log(FETCH_EMERG, "configuration of %s: /state: expected a "
                               "directory", f->conf.file);
        return WISMO_ERROR;
    }

    (void) fetch_config_carriers(&f->conf, fetch_tell_carrier, NULL);

    (void) fetch_calendars(f->conf.calendars, time(NULL));

    fetch_channels_init(&f->conf.channels, &f->conf.pool, fetch_tell_channel,
                        NULL);

    if (fetch_config_peppers(&f->conf, &err) != WISMO_OK) {
        fetch_log(FETCH_ERR, "the look-up form will not know orders that "
                             "come now: %s", err.text);
    }

    if (fetch_config_contact(&f->conf, &err) != WISMO_OK) {
        fetch_log(FETCH_ERR, "contact data can't be sealed, or found again; "
                             "orders wait: %s", err.text);
    }

    return WISMO_OK;
}


/* One line; what follows it is only waited for to end. */

static int
fetch_configure_stdin(fetch_t *f)
{
    char     *end;
    size_t    len;
    ssize_t   n;

    f->text = malloc(FETCH_CONFIG_MAX + 1);

    if (f->text == NULL) {
        return WISMO_ERROR;
    }

    len = 0;

    while (len < FETCH_CONFIG_MAX) {
        n = read(STDIN_FILENO, f->text + len, FETCH_CONFIG_MAX - len);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            break;
        }

        len += (size_t) n;

        end = memchr(f->text + len - (size_t) n, '\n', (size_t) n);

        if (end) {
            *end = '\0';
            return WISMO_OK;
        }
    }

    fetch_log(FETCH_EMERG, "configuration of stdin: expected one line of at "
                           "most %d bytes", FETCH_CONFIG_MAX);

    return WISMO_ERROR;
}


static void
fetch_tell_carrier(void *data, const fetch_carrier_t *carrier,
    const char *text)
{
    (void) data;

    fetch_log(FETCH_ERR, "carrier %.*s is not asked: %s",
              (int) carrier->name.len, (char *) carrier->name.data, text);
}


static void
fetch_tell_channel(void *data, const fetch_channel_t *channel,
    const char *text)
{
    (void) data;

    fetch_log(FETCH_ERR, "channel %.*s tells nobody: %s",
              (int) channel->name.len, (char *) channel->name.data, text);
}


static int
fetch_activate(fetch_t *f)
{
    int   n;
    bool  told;
    char  path[4096];

    n = snprintf(path, sizeof(path), "%s/fetcher.lock", f->conf.state);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        fetch_log(FETCH_EMERG, "the state directory's name is too long");
        return WISMO_ERROR;
    }

    if (mkdir(f->conf.state, 0700) == -1 && errno != EEXIST) {
        fetch_log(FETCH_EMERG, "mkdir() \"%s\" failed: %s", f->conf.state,
                  strerror(errno));
        return WISMO_ERROR;
    }

    f->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (f->lock == -1) {
        fetch_log(FETCH_EMERG, "open() \"%s\" failed: %s", path,
                  strerror(errno));
        return WISMO_ERROR;
    }

    told = false;

    while (flock(f->lock, LOCK_EX | LOCK_NB) == -1) {

        if (errno != EWOULDBLOCK && errno != EINTR) {
            fetch_log(FETCH_EMERG, "flock() \"%s\" failed: %s", path,
                      strerror(errno));
            return WISMO_ERROR;
        }

        if (!told) {
            told = true;
            fetch_log(FETCH_NOTICE, "standby: another fetcher is active");
        }

        if (fetch_standby(f)) {
            return WISMO_OK;
        }
    }

    fetch_log(FETCH_NOTICE, "active");

    return WISMO_OK;
}


static bool
fetch_standby(fetch_t *f)
{
    struct pollfd  fds[2];

    fds[0].fd = fetch_signals_fd();
    fds[0].events = POLLIN;
    fds[0].revents = 0;
    fds[1].fd = f->liveness;
    fds[1].events = POLLIN;
    fds[1].revents = 0;

    if (poll(fds, 2, FETCH_STANDBY) > 0) {
        f->stop = fds[0].revents
                  || (fds[1].revents && fetch_run_orphaned(f->liveness));
    }

    return f->stop;
}
