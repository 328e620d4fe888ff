
/*
 * Copyright (C) The Wismo authors
 *
 * The scripts that each poll needs (docs/redis.md): claiming what is due, and
 * what becomes of replies without news.  All other scripts, and the keys, are
 * in wismo_schema.c.
 *
 * What they cost is told in docs/performance.md.  A call costs more than what
 * it does, and so does an argument; a number that Lua prints has 17 digits,
 * and so numbers stay the strings that they come as.
 */


#include "wismo_schema.h"


/*
 * Takes what is due: the first ARGV[1] members whose score has come get
 * "now + ARGV[2] ms" as score, which is the lease that a commit must show.  It
 * is odd, dates are even.
 * The clock is Redis's, so that fetchers need not agree on the time.
 *
 * KEYS  schedule
 * Returns the lease, the score due next (or -1), and the members.
 */

const char  wismo_script_claim[] =
    "local call, key = redis.call, KEYS[1]\n"
    "local t = call('TIME')\n"
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "local lease = now + ARGV[2]\n"
    "lease = string.format('%d', lease - lease % 2 + 1)\n"
    "local due = call('ZRANGEBYSCORE', key, '-inf', now,"
    " 'LIMIT', '0', ARGV[1])\n"
    "local n = #due\n"
    "if n > 0 then\n"
    "  local held, k = {}, 1\n"
    "  for i = n, 1, -1 do\n"
    "    held[k], held[k + 1] = lease, due[i]\n"
    "    k = k + 2\n"
    "  end\n"
    "  call('ZADD', key, unpack(held))\n"
    "end\n"
    "local first = call('ZRANGE', key, '0', '0', 'WITHSCORES')\n"
    "return {lease, first[2] or '-1', due}\n";


/*
 * Polls without news, of parcels that were claimed together: for each that is
 * still held the next date, the freshness patched into the document in place,
 * and what the ledger keeps of the reply.  The lease alone decides: whoever
 * takes an order away, or gives a parcel another place in its document, ends
 * it.
 *
 * KEYS  schedule, then a document for each parcel, then the ledgers of fields
 * ARGV  1 lease, 2 seconds to live of a ledger that is new, 3 where the fields
 *       begin, then groups of parcels with one place in their documents: that
 *       place ("" for no patch) and their number, then for each its member,
 *       the next score ("-" for none, "" to keep the lease) and the bytes of
 *       the patch, all of one length.  Those of a group should come from the
 *       highest score down.
 *       Then triples of member, ledger field and value, "" to take it out
 */

const char  wismo_script_unchanged[] =
    "local call, keys, argv = redis.call, KEYS, ARGV\n"
    "local key, lease = keys[1], argv[1]\n"
    "local held, due, k = {}, {}, 0\n"
    "local all = call('ZRANGEBYSCORE', key, lease, lease)\n"
    "for i = 1, #all do held[all[i]] = true end\n"
    "local i, fields, document = 4, tonumber(argv[3]), 1\n"
    "while i < fields do\n"
    "  local at, last = argv[i], i + 2 + 3 * argv[i + 1]\n"
    "  local size = at ~= '' and at + #argv[i + 4]\n"
    "  i = i + 2\n"
    "  while i < last do\n"
    "    local member, score = argv[i], argv[i + 1]\n"
    "    document = document + 1\n"
    "    if held[member] then\n"
    "      if score == '-' then\n"
    "        call('ZREM', key, member)\n"
    "      elseif score ~= '' then\n"
    "        due[k + 1], due[k + 2] = score, member\n"
    "        k = k + 2\n"
    "      end\n"
    "      if size and size\n"
    "        == call('SETRANGE', keys[document], at, argv[i + 2])\n"
    "      then\n"
    "        call('DEL', keys[document])\n"           /* there was none */
    "      end\n"
    "    end\n"
    "    i = i + 3\n"
    "  end\n"
    "end\n"
    "if k > 0 then call('ZADD', key, unpack(due)) end\n"
    "for i = fields, #argv, 3 do\n"
    "  document = document + 1\n"
    "  if held[argv[i]] then\n"
    "    if argv[i + 2] == '' then\n"
    "      call('HDEL', keys[document], argv[i + 1])\n"
    "    elseif call('HSET', keys[document], argv[i + 1], argv[i + 2])"
    " == 1 then\n"
    "      call('EXPIRE', keys[document], argv[2])\n"
    "    end\n"
    "  end\n"
    "end\n"
    "return 1\n";
