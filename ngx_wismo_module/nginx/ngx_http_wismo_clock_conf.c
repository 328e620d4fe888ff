
/*
 * Copyright (C) The Wismo authors
 *
 * What nginx.conf says of time: the directives wismo_exceptions and
 * wismo_calendar.  Thresholds are checked here, by what the fetcher reads them
 * with, and handed to it as they are; of calendars only the directive is, for
 * zones and iCalendar are the fetcher's ("wismo calendar check").
 *
 * No worker has a use for them: nothing here may be asked for by a request.
 */


#include "ngx_http_wismo_module.h"

#include "wismo_clock.h"


#define NGX_HTTP_WISMO_EXCEPTIONS_MAX  65536
#define NGX_HTTP_WISMO_CALENDARS_MAX   256
#define NGX_HTTP_WISMO_CALENDAR_NAME   64


static ngx_uint_t ngx_http_wismo_calendar_days(ngx_str_t *value);
static ngx_uint_t ngx_http_wismo_calendar_clock(ngx_str_t *value);
static ngx_uint_t ngx_http_wismo_calendar_zone(ngx_str_t *value);


typedef struct {
    ngx_str_t      name;
    size_t         offset;
    ngx_uint_t     (*ok)(ngx_str_t *value);
    const char    *example;
} ngx_http_wismo_calendar_part_t;


static ngx_str_t  ngx_http_wismo_calendar_kinds[] = {
    ngx_string("warehouse"),
    ngx_string("carrier"),
    ngx_string("destination"),
    ngx_null_string
};


static ngx_http_wismo_calendar_part_t  ngx_http_wismo_calendar_parts[] = {

    { ngx_string("zone="), offsetof(ngx_http_wismo_calendar_t, zone),
      ngx_http_wismo_calendar_zone, "zone=Europe/Berlin" },

    { ngx_string("days="), offsetof(ngx_http_wismo_calendar_t, days),
      ngx_http_wismo_calendar_days, "days=mon-fri" },

    { ngx_string("cutoff="), offsetof(ngx_http_wismo_calendar_t, cutoff),
      ngx_http_wismo_calendar_clock, "cutoff=14:00" },

    { ngx_null_string, 0, NULL, NULL }
};


char *
ngx_http_wismo_exceptions_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    char           *rv;
    size_t          i;
    ngx_str_t      *value, path;
    ngx_pool_t     *temp;
    wismo_str_t     text;
    wismo_pool_t    pool;
    wismo_error_t   err;

    if (wmcf->exceptions.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ngx_str_set(&wmcf->exceptions, "false");
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") == 0) {
        ngx_str_set(&wmcf->exceptions, "{}");
        return NGX_CONF_OK;
    }

    path = value[1];

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK
        || ngx_http_wismo_read_file(cf, &path, NGX_HTTP_WISMO_EXCEPTIONS_MAX,
                                    0, "wismo_exceptions", &wmcf->exceptions)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    temp = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, cf->log);
    if (temp == NULL) {
        return NGX_CONF_ERROR;
    }

    text.data = wmcf->exceptions.data;
    text.len = wmcf->exceptions.len;

    ngx_memzero(&err, sizeof(wismo_error_t));
    ngx_http_wismo_pool(&pool, temp, NGX_HTTP_WISMO_EXCEPTIONS_MAX * 16);

    rv = NGX_CONF_OK;

    if (wismo_clock_check(&pool, &text, &err) != WISMO_OK) {

        if (err.line) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid JSON in %V:%ud:%ud of "
                               "\"wismo_exceptions\" directive: %s", &path,
                               err.line, err.column, err.text);

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid thresholds in \"%V\" of "
                               "\"wismo_exceptions\" directive: %s%s%s",
                               &path, err.at, err.at[0] ? ": " : "",
                               err.text);
        }

        rv = NGX_CONF_ERROR;
    }

    ngx_destroy_pool(temp);

    /* the fetcher reads one line; in JSON's strings there are no line ends */

    for (i = 0; i < wmcf->exceptions.len; i++) {
        if (wmcf->exceptions.data[i] < ' ') {
            wmcf->exceptions.data[i] = ' ';
        }
    }

    return rv;
}


char *
ngx_http_wismo_calendar_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_wismo_main_conf_t *wmcf = conf;

    u_char                          *p;
    ngx_str_t                       *value, *kind, *part, text;
    ngx_uint_t                       i;
    ngx_file_info_t                  fi;
    wismo_calendar_t                *name;
    ngx_http_wismo_calendar_t       *calendar;
    ngx_http_wismo_calendar_part_t  *known;

    if (wmcf->calendars.elts == NULL
        && ngx_array_init(&wmcf->calendars, cf->pool, 4,
                          sizeof(ngx_http_wismo_calendar_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (kind = ngx_http_wismo_calendar_kinds; kind->len; kind++) {
        if (kind->len == value[1].len
            && ngx_strncmp(kind->data, value[1].data, kind->len) == 0)
        {
            break;
        }
    }

    if (kind->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"wismo_calendar\" "
                           "directive: expected warehouse, carrier or "
                           "destination", &value[1]);
        return NGX_CONF_ERROR;
    }

    calendar = wmcf->calendars.elts;

    for (i = 0; i < wmcf->calendars.nelts; i++) {
        if (calendar[i].kind.data == kind->data
            && calendar[i].name.len == value[2].len
            && ngx_strncmp(calendar[i].name.data, value[2].data, value[2].len)
               == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate \"wismo_calendar %V %V\": expected "
                               "another name", kind, &value[2]);
            return NGX_CONF_ERROR;
        }
    }

    if (value[2].len == 0 || value[2].len > NGX_HTTP_WISMO_CALENDAR_NAME
        || wmcf->calendars.nelts == NGX_HTTP_WISMO_CALENDARS_MAX)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many \"wismo_calendar\", or a name that is "
                           "none: expected at most %d, for a place, a carrier "
                           "or \"*\"", NGX_HTTP_WISMO_CALENDARS_MAX);
        return NGX_CONF_ERROR;
    }

    if (wmcf->calendar_names.calendars == NULL) {
        wmcf->calendar_names.calendars = ngx_pcalloc(cf->pool,
                                                NGX_HTTP_WISMO_CALENDARS_MAX
                                                * sizeof(wismo_calendar_t));

        if (wmcf->calendar_names.calendars == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    name = &wmcf->calendar_names.calendars[wmcf->calendar_names.n++];

    name->kind = (wismo_days_e) (kind - ngx_http_wismo_calendar_kinds);
    name->name.len = value[2].len;
    name->name.data = value[2].data;

    calendar = ngx_array_push(&wmcf->calendars);
    if (calendar == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(calendar, sizeof(ngx_http_wismo_calendar_t));

    calendar->kind = *kind;
    calendar->name = value[2];

    for (i = 3; i < cf->args->nelts; i++) {

        for (known = ngx_http_wismo_calendar_parts; known->name.len; known++) {
            if (ngx_strncmp(value[i].data, known->name.data, known->name.len)
                == 0)
            {
                break;
            }
        }

        if (known->name.len == 0) {

            if (i > 3 || ngx_strchr(value[i].data, '=')) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "unknown parameter \"%V\" in "
                                   "\"wismo_calendar\" directive: expected "
                                   "a file, then zone=, days= or cutoff=",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }

            calendar->file = value[i];

            if (ngx_conf_full_name(cf->cycle, &calendar->file, 1) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            if (ngx_file_info(calendar->file.data, &fi) == NGX_FILE_ERROR
                || !ngx_is_file(&fi))
            {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "no file \"%V\" of \"wismo_calendar\" "
                                   "directive: expected a calendar that "
                                   "\"wismo calendar check\" can read",
                                   &calendar->file);
                return NGX_CONF_ERROR;
            }

            continue;
        }

        text.data = value[i].data + known->name.len;
        text.len = value[i].len - known->name.len;

        if (!known->ok(&text)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid \"%V\" in \"wismo_calendar\" "
                               "directive: expected as in \"%s\"",
                               &value[i], known->example);
            return NGX_CONF_ERROR;
        }

        p = (u_char *) calendar;
        part = (ngx_str_t *) (p + known->offset);
        *part = text;
    }

    if (calendar->cutoff.len
        && calendar->kind.data != ngx_http_wismo_calendar_kinds[0].data)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"cutoff=\" of \"wismo_calendar %V\": expected "
                           "with \"warehouse\" only", kind);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_http_wismo_calendar_days(ngx_str_t *value)
{
    size_t       i;
    ngx_uint_t   k;

    static char  *names[] = {
        "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL
    };

    /* "mon-fri,sat" */

    for (i = 0; i + 3 <= value->len; i += 4) {

        for (k = 0; names[k]; k++) {
            if (ngx_strncasecmp(value->data + i, (u_char *) names[k], 3) == 0)
            {
                break;
            }
        }

        if (names[k] == NULL) {
            return 0;
        }

        if (i + 3 == value->len) {
            return 1;
        }

        if (value->data[i + 3] == '-') {

            if (i && value->data[i - 1] == '-') {
                return 0;
            }

        } else if (value->data[i + 3] != ',') {
            return 0;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_wismo_calendar_clock(ngx_str_t *value)
{
    ngx_int_t  hour, minute;

    if (value->len != 5 || value->data[2] != ':') {
        return 0;
    }

    hour = ngx_atoi(value->data, 2);
    minute = ngx_atoi(value->data + 3, 2);

    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60;
}


/* Whether there is such a zone the fetcher finds out. */

static ngx_uint_t
ngx_http_wismo_calendar_zone(ngx_str_t *value)
{
    u_char  ch;
    size_t  i;

    for (i = 0; i < value->len; i++) {
        ch = value->data[i];

        if ((ch < 'A' || ch > 'Z') && (ch < 'a' || ch > 'z')
            && (ch < '0' || ch > '9') && ch != '/' && ch != '_' && ch != '-'
            && ch != '+')
        {
            return 0;
        }
    }

    return i != 0 && value->data[0] != '/';
}


void
ngx_http_wismo_calendars(wismo_out_t *out, ngx_http_wismo_main_conf_t *wmcf)
{
    ngx_uint_t                  i;
    ngx_http_wismo_calendar_t  *calendar;

    wismo_out_text(out, "\"calendars\":[");

    calendar = wmcf->calendars.elts;

    for (i = 0; i < wmcf->calendars.nelts; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        wismo_out_text(out, "{");
        ngx_http_wismo_fetcher_string(out, "for", &calendar[i].kind);
        wismo_out_text(out, ",");
        ngx_http_wismo_fetcher_string(out, "name", &calendar[i].name);
        wismo_out_text(out, ",");
        ngx_http_wismo_fetcher_string(out, "file", &calendar[i].file);
        wismo_out_text(out, ",");
        ngx_http_wismo_fetcher_string(out, "zone", &calendar[i].zone);
        wismo_out_text(out, ",");
        ngx_http_wismo_fetcher_string(out, "days", &calendar[i].days);
        wismo_out_text(out, ",");
        ngx_http_wismo_fetcher_string(out, "cutoff", &calendar[i].cutoff);
        wismo_out_text(out, "}");
    }

    wismo_out_text(out, "]");
}
