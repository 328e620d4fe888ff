
/*
 * Copyright (C) The Wismo authors
 *
 * The calls of the program "wismo".  Each lives in a file of its own, reads
 * its own arguments (argv[0] is its own name, "wismo order") and returns the
 * exit status: 0 done, 1 it could not be done (the reason is on stderr),
 * 2 unusable arguments.
 */


#ifndef _FETCH_CMD_H_INCLUDED_
#define _FETCH_CMD_H_INCLUDED_


#include "fetch_redis.h"


#define WISMO_VERSION        "0.1.0"

#define FETCH_EXIT_OK        0
#define FETCH_EXIT_FAILED    1
#define FETCH_EXIT_USAGE     2


int fetch_cmd_fetch(int argc, char **argv);
int fetch_cmd_import(int argc, char **argv);
int fetch_cmd_order(int argc, char **argv);
int fetch_cmd_customer(int argc, char **argv);
int fetch_cmd_carrier(int argc, char **argv);
int fetch_cmd_shop(int argc, char **argv);
int fetch_cmd_replay(int argc, char **argv);
int fetch_cmd_hook(int argc, char **argv);
int fetch_cmd_template(int argc, char **argv);
int fetch_cmd_edd(int argc, char **argv);
int fetch_cmd_incident(int argc, char **argv);
int fetch_cmd_calendar(int argc, char **argv);
int fetch_cmd_brand(int argc, char **argv);
int fetch_cmd_preview(int argc, char **argv);
int fetch_cmd_notify(int argc, char **argv);
int fetch_cmd_doctor(int argc, char **argv);

/* Of "wismo carrier" and "wismo shop". */
int fetch_cmd_carrier_detect(int argc, char **argv);
int fetch_cmd_carrier_status(int argc, char **argv);
int fetch_cmd_shop_status(int argc, char **argv);

/* Of "wismo edd". */
int fetch_cmd_edd_train(int argc, char **argv);
int fetch_cmd_edd_show(int argc, char **argv);

/* Of "wismo notify": status, release, discard; allow; list, retry. */
int fetch_cmd_notify_brake(int argc, char **argv);
int fetch_cmd_notify_allow(int argc, char **argv);
int fetch_cmd_notify_ledger(int argc, char **argv);

/* Runs a call by its whole name, as argp tells it: argv[0] after "before". */
int fetch_cmd_run(const char *before, int (*run)(int argc, char **argv),
    int argc, char **argv);

/* The last word of such a name. */
const char *fetch_cmd_word(const char *name);

/*
 * Begins what a call does: reads "file" (NULL: wherever it is) and makes ready
 * to connect.  FETCH_EXIT_FAILED if it can't be read, which is told on stderr;
 * then there is nothing to close.
 */
int fetch_cmd_open(const char *file, fetch_config_t *conf,
    fetch_redis_t *redis);

/* Ends it.  Returns the exit status "rc"; if that is WISMO_ERROR, Redis is the
 * reason, and what it said is told. */
int fetch_cmd_close(fetch_config_t *conf, fetch_redis_t *redis, int rc);

/* A time as --since takes it: "2026-11-30T08:00Z", or "2h" ago. */
bool fetch_cmd_since(const char *text, int64_t *t);


#endif /* _FETCH_CMD_H_INCLUDED_ */
