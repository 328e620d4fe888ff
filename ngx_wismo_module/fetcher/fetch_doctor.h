
/*
 * Copyright (C) The Wismo authors
 *
 * "wismo doctor": what its parts have in common.  fetch_cmd_doctor.c is the
 * call itself and looks at all that has no file of its own.
 */


#ifndef _FETCH_DOCTOR_H_INCLUDED_
#define _FETCH_DOCTOR_H_INCLUDED_


#include "fetch_cmd.h"


typedef enum {
    DOCTOR_OK = 0,
    DOCTOR_WARN,
    DOCTOR_FAIL
} doctor_result_e;


typedef struct {
    const char           *config;
    bool                  json;
    fetch_config_t        conf;
    fetch_redis_t         redis;
    wismo_pool_t          pool;
    wismo_out_t           out;        /* the JSON so far */
    unsigned              checks;
    unsigned              warnings;
    unsigned              failures;
} doctor_t;


/* One line, or one member of "checks"; "fix" is NULL if all is well. */
void doctor_say(doctor_t *d, doctor_result_e result,
    const char *check, const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));


/* Without Redis: files, and what nginx.conf says. */
void doctor_carriers(doctor_t *d);
void doctor_shops(doctor_t *d);

/* What has become of calls and pushes lately, as fetchers have counted it. */
void doctor_calls(doctor_t *d);
void doctor_hooks(doctor_t *d);


#endif /* _FETCH_DOCTOR_H_INCLUDED_ */
