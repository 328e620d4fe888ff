
/*
 * Copyright (C) The Wismo authors
 *
 * What the scripts have in common.  Nobody else includes this.
 */


#ifndef _WISMO_SCHEMA_INT_H_INCLUDED_
#define _WISMO_SCHEMA_INT_H_INCLUDED_


#include "wismo_schema.h"


/* In the list of the bucket the order has the MACs of "contact", instead of
 * those that "ledger" remembers. */

#define WISMO_SCRIPT_LIST                                                     \
    "  local b, order = string.match(KEYS[1], '({%d+}):(.+)$')\n"             \
    "  local old = redis.call('HGET', ledger, '" WISMO_LEDGER_CONTACT "')\n"  \
    "  for mac in string.gmatch(old or '', '%S+') do\n"                       \
    "    redis.call('ZREM', 'wc:' .. b, mac .. ':' .. order)\n"               \
    "  end\n"                                                                 \
    "  for mac in string.gmatch(contact, '%S+') do\n"                         \
    "    redis.call('ZADD', 'wc:' .. b, 0, mac .. ':' .. order)\n"            \
    "  end\n"


#endif /* _WISMO_SCHEMA_INT_H_INCLUDED_ */
