
/*
 * Copyright (C) The Wismo authors
 *
 * The scripts that are about people (docs/redis.md): contact data under
 * another key, letters that are to be forgotten, how much one of them is told,
 * the brake of those who would be told too much, letters with a link that were
 * asked for.  All other scripts, and the keys, are in wismo_schema.c.
 */


#include "wismo_schema_int.h"
#include "wismo_notice.h"


/*
 * The same private body in another record, if it is what the caller has read,
 * and the MACs of those it names.
 *
 * KEYS  private, ledger
 * ARGV  1 the record as it was read, 2 the new one, 3 MACs
 *
 * Returns 1, or 0 if somebody else has written it meanwhile.
 */

const char  wismo_script_reseal[] =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
    "local ledger, contact = KEYS[2], ARGV[3]\n"
    WISMO_SCRIPT_LIST
    "if redis.call('HSET', KEYS[2], '" WISMO_LEDGER_CONTACT "', ARGV[3])"
    " == 1\n"
    "    and redis.call('TTL', KEYS[2]) < 0 then\n"
    "  redis.call('EXPIRE', KEYS[2],"
    " math.max(redis.call('TTL', KEYS[1]), 1))\n"
    "end\n"
    "redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')\n"
    "return 1\n";


/*
 * A stream without some of its entries.  XDEL only marks them, and what is
 * marked is still written to disk with what is beside it, so the stream is
 * made anew of those that stay.
 *
 * KEYS  stream, which has no groups
 * ARGV  ids
 */

const char  wismo_script_winnow[] =
    "local ttl = redis.call('PTTL', KEYS[1])\n"
    "redis.call('XDEL', KEYS[1], unpack(ARGV))\n"
    "local kept = redis.call('XRANGE', KEYS[1], '-', '+')\n"
    "redis.call('DEL', KEYS[1])\n"
    "for i = 1, #kept do\n"
    "  redis.call('XADD', KEYS[1], kept[i][1], unpack(kept[i][2]))\n"
    "end\n"
    "if ttl > 0 and #kept > 0 then\n"
    "  redis.call('PEXPIRE', KEYS[1], ttl)\n"
    "end\n"
    "return #kept\n";


/*
 * A stream with other bodies in some of its entries, made anew like the one
 * above, as entries can't be changed; those that have gone meanwhile stay
 * away.
 *
 * KEYS  stream, which has no groups
 * ARGV  1 the name of the key they are sealed with, 2 an id, 3 its body, and
 *       so on
 */

const char  wismo_script_reletter[] =
    "local anew = {}\n"
    "for i = 2, #ARGV, 2 do anew[ARGV[i]] = ARGV[i + 1] end\n"
    "local ttl = redis.call('PTTL', KEYS[1])\n"
    "local all = redis.call('XRANGE', KEYS[1], '-', '+')\n"
    "redis.call('DEL', KEYS[1])\n"
    "for i = 1, #all do\n"
    "  local fields, body = all[i][2], anew[all[i][1]]\n"
    "  for k = 1, body and #fields or 0, 2 do\n"
    "    if fields[k] == '" WISMO_INBOX_BODY "' then\n"
    "      fields[k + 1] = body\n"
    "    elseif fields[k] == '" WISMO_DEAD_KID "' then\n"
    "      fields[k + 1] = ARGV[1]\n"
    "    end\n"
    "  end\n"
    "  redis.call('XADD', KEYS[1], all[i][1], unpack(fields))\n"
    "end\n"
    "if ttl > 0 and #all > 0 then\n"
    "  redis.call('PEXPIRE', KEYS[1], ttl)\n"
    "end\n"
    "return #all\n";


/*
 * A list of samples with others in the place of some.
 *
 * KEYS  list
 * ARGV  1 one as it was read, 2 as it is to be, and so on
 */

const char  wismo_script_resample[] =
    "local anew = {}\n"
    "for i = 1, #ARGV, 2 do anew[ARGV[i]] = ARGV[i + 1] end\n"
    "local ttl = redis.call('PTTL', KEYS[1])\n"
    "local all = redis.call('LRANGE', KEYS[1], 0, -1)\n"
    "redis.call('DEL', KEYS[1])\n"
    "for i = #all, 1, -1 do\n"
    "  redis.call('LPUSH', KEYS[1], anew[all[i]] or all[i])\n"
    "end\n"
    "if ttl > 0 and #all > 0 then\n"
    "  redis.call('PEXPIRE', KEYS[1], ttl)\n"
    "end\n"
    "return #all\n";


/*
 * Incidents are one text: it is replaced if nobody else was faster.
 *
 * KEYS  incidents
 * ARGV  1 as it was read, 2 as it is to be, or "" for none, 3 when it ends,
 *       seconds since 1970
 * Returns 1, or 0: read again.
 */

const char  wismo_script_incidents[] =
    "if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end\n"
    "if ARGV[2] == '' then redis.call('DEL', KEYS[1])\n"
    "else\n"
    "  redis.call('SET', KEYS[1], ARGV[2])\n"
    "  local t = redis.call('TIME')\n"
    "  redis.call('EXPIRE', KEYS[1], math.max(1, ARGV[3] - t[1]))\n"
    "end\n"
    "redis.call('PUBLISH', '" WISMO_CHANNEL_EVENT "', '"
    WISMO_EVENT_INCIDENTS "')\n"
    "return 1\n";


/*
 * Takes one of the messages that an address may get, or says why not.  What
 * was taken for the same notice before does not count, so asking twice takes
 * one.  Of the last 1000 it is known when they went out.
 *
 * KEYS  reached, suppressed
 * ARGV  1 MAC, 2 the notice, 3 least seconds since the last one, 4 most in 24
 *       hours, 0 for any, 5 seconds after which none of this matters
 *
 * Returns 1; 0 and the second at which to ask again; or -1 and why the address
 * is suppressed.
 */

const char  wismo_script_reach[] =
    "local why = redis.call('HGET', KEYS[2], ARGV[1])\n"
    "if why and not string.find(why, ' " WISMO_REACH_ALLOWED "$') then"
    " return {-1, why} end\n"
    "local now = tonumber(redis.call('TIME')[1])\n"
    "redis.call('ZREM', KEYS[1], ARGV[2])\n"
    "local gap, most, at = tonumber(ARGV[3]), tonumber(ARGV[4]), 0\n"
    "if most > 0 then\n"
    "  local nth = redis.call('ZREVRANGE', KEYS[1], most - 1, most - 1,"
    " 'WITHSCORES')\n"
    "  if nth[2] then at = nth[2] + 86400 end\n"
    "end\n"
    "if gap > 0 then\n"
    "  local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')\n"
    "  if last[2] then at = math.max(at, last[2] + gap) end\n"
    "end\n"
    "if at > now then return {0, at} end\n"
    "redis.call('ZADD', KEYS[1], now, ARGV[2])\n"
    "redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1001)\n"
    "redis.call('EXPIRE', KEYS[1],"
    " math.max(redis.call('TTL', KEYS[1]), tonumber(ARGV[5])))\n"
    "return {1, now}\n";


/*
 * An address gets no more messages, or gets them again, unless what is known
 * of it is newer than that: what people say may come late, or be read again.
 * That somebody has said STOP takes the place of another reason, none takes
 * that of the first one but it.
 *
 * KEYS  suppressed
 * ARGV  1 MAC, 2 "email" or "phone", 3 when that was, seconds with a fraction,
 *       4 "allowed", or why it is suppressed
 * Returns 1 if the address is now what it was not before, 0.
 */

const char  wismo_script_suppress[] =
    "local at, why = tonumber(ARGV[3]), ARGV[4]\n"
    "local was = redis.call('HGET', KEYS[1], ARGV[1])\n"
    "local t, w = string.match(was or '', '^%S+ (%S+) (.*)$')\n"
    "t = tonumber(t) or 0\n"
    "local free = not was or w == '" WISMO_REACH_ALLOWED "'\n"
    "if was and t > at and (free or why == '" WISMO_REACH_ALLOWED "'"
    " or why == w) then return 0 end\n"
    "if not free and why ~= '" WISMO_REACH_STOP "'"
    " and why ~= '" WISMO_REACH_ALLOWED "' then return 0 end\n"
    "redis.call('HSET', KEYS[1], ARGV[1],"
    " ARGV[2] .. ' ' .. ARGV[3] .. ' ' .. why)\n"
    "return (why == '" WISMO_REACH_ALLOWED "') ~= free and 1 or 0\n";


/*
 * A notice that was given up is to be told again, if it still is what the
 * caller has seen.  Whoever has the order at hand finds it due when done.
 *
 * KEYS  schedule of notices, ledger
 * ARGV  1 member, 2 when, ms, 3 field, 4 old value, 5 new value
 * Returns 1, or 0.
 */

const char  wismo_script_again[] =
    "if redis.call('HGET', KEYS[2], ARGV[3]) ~= ARGV[4] then return 0 end\n"
    "redis.call('HSET', KEYS[2], ARGV[3], ARGV[5])\n"
    "redis.call('ZADD', KEYS[1], 'LT', ARGV[2], ARGV[1])\n"
    "redis.call('PUBLISH', '" WISMO_CHANNEL_DUE "',"
    " string.match(KEYS[1], '{(%d+)}') .. ' " WISMO_DUE_NOTICES " '"
    " .. ARGV[2])\n"
    "return 1\n";


/*
 * Leave to tell one notice more.  A channel that would tell more in an hour
 * than ARGV[2] allows is held until somebody lets it go; 0: more than
 * ARGV[3] times the busiest hour of the week before, and ARGV[4].  What had
 * been told when it was let go does not count again.
 *
 * "link" is leave to send a link that somebody has asked for: ARGV[2] of them
 * in an hour, and none while the channel is held.  They are not counted with
 * notices, so that nobody can have these held by asking.
 *
 * KEYS  brake
 * ARGV  1 "ask", "look", "release", "discard" or "link", then three numbers
 *
 * Returns 1, 0 if it is held, or -1 if it is from now on; since when or 0,
 * how many there are in this hour, the limit, until when what happened is not
 * told any more, and how many links there are in this hour.
 */

const char  wismo_script_brake[] =
    "local now = tonumber(redis.call('TIME')[1])\n"
    "local hour = math.floor(now / 3600)\n"
    "local said, most, old = {}, 0, {}\n"
    "local all = redis.call('HGETALL', KEYS[1])\n"
    "for i = 1, #all, 2 do\n"
    "  local h, n = tonumber(all[i]), tonumber(all[i + 1])\n"
    "  said[all[i]] = all[i + 1]\n"
    "  if h and h < hour - 168 then old[#old + 1] = all[i]\n"
    "  elseif h and h < hour and n > most then most = n end\n"
    "end\n"
    "if #old > 0 then redis.call('HDEL', KEYS[1], unpack(old)) end\n"
    "local held = tonumber(said['held'] or 0)\n"
    "local n = tonumber(said[tostring(hour)] or 0)\n"
    "local discard = tonumber(said['discard'] or 0)\n"
    "local h, k = string.match(said['links'] or '', '^(%d+) (%d+)$')\n"
    "k = tonumber(h) == hour and tonumber(k) or 0\n"
    "if ARGV[1] == 'link' then\n"
    "  local most = tonumber(ARGV[2])\n"
    "  if held > 0 or k >= most then"
    " return {0, held, k, most, discard, k} end\n"
    "  redis.call('HSET', KEYS[1], 'links', hour .. ' ' .. k + 1)\n"
    "  redis.call('EXPIRE', KEYS[1], 1209600)\n"
    "  return {1, 0, k + 1, most, discard, k + 1}\n"
    "end\n"
    "if ARGV[1] == 'release' or ARGV[1] == 'discard' then\n"
    "  redis.call('HDEL', KEYS[1], 'held')\n"
    "  redis.call('HSET', KEYS[1], 'free', hour .. ' ' .. n)\n"
    "  if ARGV[1] == 'discard' then\n"
    "    discard = now\n"
    "    redis.call('HSET', KEYS[1], 'discard', now)\n"
    "  end\n"
    "  held = 0\n"
    "end\n"
    "local limit = tonumber(ARGV[2])\n"
    "if limit == 0 then\n"
    "  limit = math.max(tonumber(ARGV[4]), most * ARGV[3])\n"
    "end\n"
    "local h, free = string.match(said['free'] or '', '^(%d+) (%d+)$')\n"
    "if tonumber(h) == hour then limit = limit + free end\n"
    "if ARGV[1] ~= 'ask' then return {0, held, n, limit, discard, k} end\n"
    "if held > 0 then return {0, held, n, limit, discard, k} end\n"
    "if n >= limit then\n"
    "  redis.call('HSET', KEYS[1], 'held', now)\n"
    "  return {-1, now, n, limit, discard, k}\n"
    "end\n"
    "redis.call('HINCRBY', KEYS[1], hour, 1)\n"
    "redis.call('EXPIRE', KEYS[1], 1209600)\n"
    "return {1, 0, n + 1, limit, discard, k}\n";


/*
 * Somebody has asked for the link to an order: a letter is to be sent, if the
 * order is there, the last one was asked for ARGV[3] seconds ago or more, and
 * there were fewer than ARGV[4] within a day.  The ledger has them all, for
 * as long as ARGV[5] seconds.
 *
 * KEYS  document, ledger, schedule of notices
 * ARGV  1 ledger field of the letter, without the seconds at its end; 2 member
 *       of the schedule, then three numbers
 * Returns when it is due, ms, or 0.
 */

const char  wismo_script_link[] =
    "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end\n"
    "local t = redis.call('TIME')\n"
    "local now, last, n, old = tonumber(t[1]), 0, 0, {}\n"
    "local all = redis.call('HGETALL', KEYS[2])\n"
    "for i = 1, #all, 2 do\n"
    "  local at = tonumber(string.match(all[i],"
    " '^" WISMO_LEDGER_NOTICE "[^:]*:" WISMO_NOTICE_LINK "%.(%d+)$'))\n"
    "  if at then\n"
    "    last = math.max(last, at)\n"
    "    if at > now - 86400 then n = n + 1 end\n"
    "    if at < now - ARGV[5] then old[#old + 1] = all[i] end\n"
    "  end\n"
    "end\n"
    "if now - last < tonumber(ARGV[3]) or n >= tonumber(ARGV[4]) then\n"
    "  return 0\n"
    "end\n"
    "if #old > 0 then redis.call('HDEL', KEYS[2], unpack(old)) end\n"
    "redis.call('HSET', KEYS[2], ARGV[1] .. t[1],"
    " 'pending ' .. t[1] .. ' 0 0 ')\n"
    "if redis.call('TTL', KEYS[2]) < 0 then\n"
    "  redis.call('EXPIRE', KEYS[2],"
    " math.max(redis.call('TTL', KEYS[1]), 1))\n"
    "end\n"
    "local due = t[1] .. '000'\n"
    "redis.call('ZADD', KEYS[3], 'LT', due, ARGV[2])\n"
    "redis.call('PUBLISH', '" WISMO_CHANNEL_DUE "',"
    " string.match(KEYS[3], '{(%d+)}') .. ' " WISMO_DUE_NOTICES " ' .. due)\n"
    "return tonumber(due)\n";
