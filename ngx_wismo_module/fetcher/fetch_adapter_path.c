
/*
 * Copyright (C) The Wismo authors
 *
 * Paths into the tree of a reply, compiled when the adapter is loaded:
 *
 *   a/b          members, from where we are
 *   /a/b  ^a/b   from the document, from the item
 *   a/0          an element by its place
 *   a/STAR       (an asterisk) each element
 *   a[k=v]       the elements whose member k is v
 *   a|b          the first of these that is there
 *   a+b          where a list is wanted: those of both
 *
 * Carriers write one thing as itself and several as a list: where a list is
 * wanted, a lone value is a list of one, and where one value is wanted, a
 * list is its first element.  What the adapter calls absent is not there.
 */


#include "fetch_adapter_int.h"

#include <ctype.h>
#include <stdlib.h>


static bool fetch_absent(const fetch_scope_t *scope, const wismo_json_t *node);
static bool fetch_route_compile(fetch_load_t *load, const fetch_at_t *at,
    const char *text, size_t len, fetch_route_t *route);
static bool fetch_route_plain(const fetch_scope_t *scope,
    const fetch_route_t *route, const wismo_json_t **found);
static int fetch_route_walk(const fetch_scope_t *scope,
    const fetch_route_t *route, fetch_nodes_t *nodes, bool one);
static int fetch_step_walk(const fetch_scope_t *scope,
    const fetch_route_t *route, unsigned step, const wismo_json_t *node,
    fetch_nodes_t *nodes, bool one);
static int fetch_node_add(const fetch_scope_t *scope,
    const wismo_json_t *node, fetch_nodes_t *nodes);
static bool fetch_filter(const fetch_scope_t *scope, const fetch_step_t *step,
    const wismo_json_t *node);


fetch_path_t *
fetch_load_path(fetch_load_t *load, const fetch_at_t *at, const json_t *value)
{
    size_t         n, len;
    const char    *text, *p, *bar;
    fetch_path_t  *path;

    if (value == NULL) {
        return NULL;
    }

    if (!json_is_string(value) || json_string_length(value) == 0) {
        fetch_fault(load, at, "a path is expected, as in \"a/b|c\"");
        return NULL;
    }

    text = json_string_value(value);

    for (n = 1, p = text; *p; p++) {
        n += *p == '|' || *p == '+';
    }

    path = fetch_load_alloc(load, sizeof(fetch_path_t));
    if (path == NULL) {
        return NULL;
    }

    path->routes = fetch_load_alloc(load, n * sizeof(fetch_route_t));
    if (path->routes == NULL) {
        return NULL;
    }

    for (p = text; /* void */ ; p = bar + 1) {
        len = strcspn(p, "|+");
        bar = p[len] ? p + len : NULL;

        if (!fetch_route_compile(load, at, p, len,
                                 &path->routes[path->nroutes]))
        {
            return NULL;
        }

        path->routes[path->nroutes].joined = p > text && p[-1] == '+';
        path->nroutes++;

        if (bar == NULL) {
            break;
        }
    }

    return path;
}


void
fetch_load_paths(fetch_load_t *load, const fetch_at_t *at,
    const json_t *value, unsigned max, fetch_paths_t *paths)
{
    size_t         i, n;
    fetch_at_t     here;
    const json_t  *element;
    fetch_path_t  *path;

    if (value == NULL) {
        return;
    }

    n = json_is_array(value) ? json_array_size(value) : 1;

    if (n == 0 || n > max) {
        fetch_fault(load, at, "1 to %u paths are expected", max);
        return;
    }

    paths->paths = fetch_load_alloc(load, n * sizeof(fetch_path_t));
    if (paths->paths == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        here.up = at;
        here.name = NULL;
        here.index = (unsigned) i;
        element = json_is_array(value) ? json_array_get(value, i) : value;

        path = fetch_load_path(load, json_is_array(value) ? &here : at,
                               element);
        if (path) {
            paths->paths[paths->n++] = *path;
        }
    }
}


static bool
fetch_route_compile(fetch_load_t *load, const fetch_at_t *at,
    const char *text, size_t len, fetch_route_t *route)
{
    char          *copy, *p, *name, *end, *equal;
    size_t         n, i;
    fetch_step_t  *step;

    if (len == 0) {
        fetch_fault(load, at, "an alternative of the path is empty");
        return false;
    }

    copy = fetch_load_alloc(load, len + 1);
    if (copy == NULL) {
        return false;
    }

    memcpy(copy, text, len);

    for (n = 1, i = 0; i < len; i++) {
        n += copy[i] == '/' || copy[i] == '[';
    }

    route->text.data = (unsigned char *) text;
    route->text.len = len;
    route->steps = fetch_load_alloc(load, n * sizeof(fetch_step_t));

    if (route->steps == NULL) {
        return false;
    }

    p = copy;
    route->from = FETCH_FROM_HERE;

    if (*p == '/') {
        route->from = FETCH_FROM_ROOT;
        p++;

    } else if (*p == '^') {
        route->from = FETCH_FROM_ITEM;
        p += p[1] == '/' ? 2 : 1;

    } else if (p[0] == '.' && p[1] == '\0') {
        p++;
    }

    while (*p) {
        step = &route->steps[route->nsteps];

        if (*p == '[') {
            end = strchr(p, ']');
            equal = end ? memchr(p, '=', (size_t) (end - p)) : NULL;

            if (equal == NULL || equal == p + 1) {
                fetch_fault(load, at, "\"%.*s\": a filter is expected, as in "
                            "[type=SDD]", (int) len, text);
                return false;
            }

            *equal = '\0';
            step->kind = FETCH_STEP_FILTER;
            step->name = p + 1;
            step->value.data = (unsigned char *) equal + 1;
            step->value.len = (size_t) (end - equal - 1);
            route->nsteps++;

            p = end + 1;

            if (*p == '/') {
                p++;

            } else if (*p && *p != '[') {
                fetch_fault(load, at, "\"%.*s\": \"/\" is expected after "
                            "\"]\"", (int) len, text);
                return false;
            }

            *end = '\0';
            continue;
        }

        name = p;
        p += strcspn(p, "/[");

        if (p == name) {
            fetch_fault(load, at, "\"%.*s\": a name is missing",
                        (int) len, text);
            return false;
        }

        n = (size_t) (p - name);
        end = p;

        if (*p == '/') {
            p++;

            if (*p == '\0') {
                fetch_fault(load, at, "\"%.*s\": a name is missing at its "
                            "end", (int) len, text);
                return false;
            }
        }

        if (n == 1 && *name == '*') {
            step->kind = FETCH_STEP_EACH;

        } else if (strspn(name, "0123456789") >= n) {
            step->kind = FETCH_STEP_INDEX;
            step->index = (unsigned) strtoul(name, NULL, 10);

        } else {
            step->kind = FETCH_STEP_NAME;

            /* a filter follows at once: its bracket must be kept */

            if (*end == '[') {
                step->name = fetch_load_alloc(load, n + 1);
                if (step->name == NULL) {
                    return false;
                }

                memcpy((char *) step->name, name, n);

            } else {
                step->name = name;
                *end = '\0';
            }
        }

        route->nsteps++;
    }

    for (i = 0; i < route->nsteps; i++) {
        step = &route->steps[i];

        if (step->name) {
            step->len = strlen(step->name);
            step->head = wismo_word_head(step->name, step->len);
        }
    }

    return true;
}


void
fetch_scope(const fetch_mapping_t *m, wismo_pool_t *pool,
    const wismo_json_t *root, int64_t now, fetch_scope_t *scope)
{
    memset(scope, 0, sizeof(fetch_scope_t));

    scope->pool = pool;
    scope->root = root;
    scope->item = root;
    scope->here = root;
    scope->now = now;

    if (m) {
        scope->absent = m->absent;
        scope->nabsent = m->nabsent;
        scope->markup = m->markup;
    }
}


static bool
fetch_absent(const fetch_scope_t *scope, const wismo_json_t *node)
{
    size_t                len;
    unsigned              i;
    const unsigned char  *text;

    switch (node->type) {

    case WISMO_JSON_NULL:
        return true;

    case WISMO_JSON_OBJECT:
    case WISMO_JSON_ARRAY:
        return node->count == 0;

    case WISMO_JSON_STRING:
        len = node->text.len;
        text = node->text.data;

        while (len && isspace(*text)) {
            text++;
            len--;
        }

        if (len == 0) {
            return true;
        }

        for (i = 0; i < scope->nabsent; i++) {
            if (scope->absent[i].len == len
                && memcmp(scope->absent[i].data, text, len) == 0)
            {
                return true;
            }
        }

        return false;

    default:
        return false;
    }
}


const wismo_json_t *
fetch_path_first(const fetch_scope_t *scope, const fetch_path_t *path,
    const wismo_str_t **route)
{
    unsigned             i;
    fetch_nodes_t        nodes;
    const wismo_json_t  *node;

    if (path == NULL) {
        return NULL;
    }

    for (i = 0; i < path->nroutes; i++) {

        if (!fetch_route_plain(scope, &path->routes[i], &node)) {
            nodes.nodes = &node;
            nodes.n = 0;
            nodes.max = 1;
            node = NULL;

            (void) fetch_route_walk(scope, &path->routes[i], &nodes, true);
        }

        if (node) {
            if (route) {
                *route = &path->routes[i].text;
            }

            return node;
        }
    }

    return NULL;
}


/* All nodes of the first alternative that has any. */

int
fetch_path_all(const fetch_scope_t *scope, const fetch_path_t *path,
    fetch_nodes_t *nodes)
{
    unsigned  i;

    nodes->nodes = NULL;
    nodes->n = 0;
    nodes->max = 0;

    if (path == NULL) {
        return WISMO_OK;
    }

    for (i = 0; i < path->nroutes; i++) {

        if (nodes->n && !path->routes[i].joined) {
            break;
        }

        if (fetch_route_walk(scope, &path->routes[i], nodes, false)
            == WISMO_ERROR)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static inline const wismo_json_t *
fetch_route_from(const fetch_scope_t *scope, const fetch_route_t *route)
{
    return route->from == FETCH_FROM_ROOT ? scope->root
           : route->from == FETCH_FROM_ITEM ? scope->item : scope->here;
}


/*
 * Most paths are names of members, one in the other: what is there, or NULL.
 * False where there is a list or a choice.
 */

static bool
fetch_route_plain(const fetch_scope_t *scope, const fetch_route_t *route,
    const wismo_json_t **found)
{
    unsigned             i;
    const wismo_json_t  *node;
    const fetch_step_t  *s;

    node = fetch_route_from(scope, route);

    for (i = 0; node && i < route->nsteps; i++) {
        s = &route->steps[i];

        if (s->kind != FETCH_STEP_NAME || node->type != WISMO_JSON_OBJECT) {
            return false;
        }

        node = wismo_json_find(node, s->head, s->name, s->len);
    }

    if (node && node->type == WISMO_JSON_ARRAY) {
        return false;
    }

    *found = (node == NULL || fetch_absent(scope, node)) ? NULL : node;

    return true;
}


static int
fetch_route_walk(const fetch_scope_t *scope, const fetch_route_t *route,
    fetch_nodes_t *nodes, bool one)
{
    const wismo_json_t  *node;

    node = fetch_route_from(scope, route);

    if (node == NULL) {
        return WISMO_OK;
    }

    return fetch_step_walk(scope, route, 0, node, nodes, one);
}


/*
 * Recursion is as deep as the path has lists, and one more for a list at its
 * end, whatever the reply holds.
 */

static int
fetch_step_walk(const fetch_scope_t *scope, const fetch_route_t *route,
    unsigned step, const wismo_json_t *node, fetch_nodes_t *nodes, bool one)
{
    unsigned             i;
    const wismo_json_t  *child;
    const fetch_step_t  *s;

    if (nodes->n >= FETCH_NODES_MAX || (one && nodes->n)) {
        return WISMO_OK;
    }

    for ( /* void */ ; step < route->nsteps; step++) {

        s = &route->steps[step];

        switch (s->kind) {

        case FETCH_STEP_INDEX:

            if (node->type == WISMO_JSON_ARRAY) {
                node = node->first;

                for (i = 0; node && i < s->index; i++) {
                    node = node->next;
                }

            } else if (s->index) {
                return WISMO_OK;
            }

            break;

        case FETCH_STEP_NAME:

            if (node->type == WISMO_JSON_ARRAY) {
                node = node->first;
            }

            if (node && s->len == 1 && *s->name == '#'
                && (node->type == WISMO_JSON_STRING
                    || node->type == WISMO_JSON_NUMBER))
            {
                break;
            }

            node = wismo_json_find(node, s->head, s->name, s->len);
            break;

        default: /* FETCH_STEP_EACH, FETCH_STEP_FILTER */

            child = node->type == WISMO_JSON_ARRAY ? node->first : node;

            while (child) {

                if ((s->kind == FETCH_STEP_EACH
                     || fetch_filter(scope, s, child))
                    && fetch_step_walk(scope, route, step + 1, child, nodes,
                                       one) == WISMO_ERROR)
                {
                    return WISMO_ERROR;
                }

                if (child == node) {
                    break;
                }

                child = child->next;
            }

            return WISMO_OK;
        }

        if (node == NULL) {
            return WISMO_OK;
        }
    }

    if (node->type != WISMO_JSON_ARRAY) {
        return fetch_node_add(scope, node, nodes);
    }

    for (child = node->first; child; child = one ? NULL : child->next) {

        if (child->type != WISMO_JSON_ARRAY && nodes->n < FETCH_NODES_MAX
            && fetch_node_add(scope, child, nodes) == WISMO_ERROR)
        {
            return WISMO_ERROR;
        }
    }

    return WISMO_OK;
}


static int
fetch_node_add(const fetch_scope_t *scope, const wismo_json_t *node,
    fetch_nodes_t *nodes)
{
    unsigned              max;
    const wismo_json_t  **list;

    if (fetch_absent(scope, node)) {
        return WISMO_OK;
    }

    if (nodes->n == nodes->max) {
        max = nodes->max ? nodes->max * 2 : 16;

        list = wismo_palloc(scope->pool, max * sizeof(wismo_json_t *));
        if (list == NULL) {
            return WISMO_ERROR;
        }

        if (nodes->n) {
            memcpy(list, nodes->nodes, nodes->n * sizeof(wismo_json_t *));
        }

        nodes->nodes = list;
        nodes->max = max;
    }

    nodes->nodes[nodes->n++] = node;

    return WISMO_OK;
}


static bool
fetch_filter(const fetch_scope_t *scope, const fetch_step_t *step,
    const wismo_json_t *node)
{
    wismo_str_t          text;
    const wismo_json_t  *member;

    member = wismo_json_find(node, step->head, step->name, step->len);

    return member && fetch_node_text(scope->pool, member, &text)
           && fetch_text_is(&text, &step->value);
}
