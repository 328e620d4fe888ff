
/*
 * Copyright (C) The Wismo authors
 *
 * The keys and the scripts (docs/redis.md).  The module uses the names of
 * documents and inboxes, the fetcher all of them.  The scripts of each poll
 * are in wismo_schema_poll.c, those about people in wismo_schema_people.c.  No
 * other file may spell a key: t/arch.t looks.
 */


#include "wismo_schema_int.h"
#include "wismo_document_int.h"


#define WISMO_SCHEMA_TEXT(n)   WISMO_SCHEMA_TEXT_(n)
#define WISMO_SCHEMA_TEXT_(n)  #n


typedef struct {
    char                 *pos;
    char                 *end;
} wismo_key_out_t;


static uint32_t wismo_schema_crc32(uint32_t crc, const unsigned char *p,
    size_t len);
static void wismo_key_text(wismo_key_out_t *out, const void *text,
    size_t len);
static void wismo_key_number(wismo_key_out_t *out, unsigned n);
static int wismo_key_rest(const wismo_str_t *key, const char *prefix,
    wismo_str_t *order);
static size_t wismo_key_of_order(char *buf, const char *type,
    const wismo_str_t *order);
static size_t wismo_key_of_number(char *buf, const char *type, unsigned n,
    const wismo_str_t *rest);
static void wismo_key_of_carrier(wismo_key_out_t *out, char *buf,
    const wismo_str_t *carrier, const char *what);


/*
 * Everything an order is changed by, in one step, or nothing of it.  The new
 * document was SET under a name of the caller's own before, since Lua looks at
 * every byte of what a script is given.
 *
 * KEYS  document, ledger, staged, the schedule of the lease if there is one,
 *       then the schedules that ARGV names
 * ARGV  1  version the caller read, in ten digits, 0 for none
 *       2  "1" for what is staged, "2" to give private data and ledger their
 *          time to live anew as well, "3" if there is a new private body, or
 *          "" to erase document and private data
 *       3  seconds to live of document, private data and ledger
 *       4  what to PUBLISH on the event channel
 *       .  with "3" the private body
 *       .  the lease to hold, then by how much later than it the next date is,
 *          or "" for none, and the member; or "" if there is no lease
 *       .  number of ledger fields, then pairs of name and value
 *       .  then triples: schedule (index into KEYS), member, and score;
 *          "-" as score takes the member out, "<score" only pulls forward,
 *          "+score" only adds, "~" makes a date of a lease: whoever holds it
 *          has lost it, and the member is due when it ends.  With 0:
 *          ledger field and value of a notice, set if it is new; a score
 *          "!score" after it pulls forward if one was, and is told on the due
 *          channel
 *
 * A ledger field "contact" is the MACs of those whom the order concerns: the
 * list of the bucket has these, and no others, for as long as the order is
 * there.
 *
 * A ledger field "body" is the inbox id that the change comes from: one that
 * is not newer than the stored one has been applied, or overtaken.  A document
 * where there was none remembers when one of its name was erased: links that
 * were made until then are another order's.
 *
 * Returns 1, or 0 when another writer was faster, or -1 when the change is to
 * be dropped: the lease is no longer the caller's, or the inbox id is old.
 *
 * Nothing is written before all is found to be as it should, but for the date:
 * moving it tells what it was, and it is put back if that was not the lease.
 * The version is compared as text, since most of what numbers cost is to read
 * and to print them.
 */

const char  wismo_script_commit[] =
    "local call, version, what, i = redis.call, ARGV[1], ARGV[2], 5\n"
    "local body, move, member\n"
    "if what == '3' then body, i = ARGV[5], 6 end\n"
    "local lease = ARGV[i]\n"
    "if lease ~= '' then\n"
    "  move, member, i = ARGV[i + 1], ARGV[i + 2], i + 2\n"
    "end\n"
    "local n = tonumber(ARGV[i + 1])\n"
    "local first, last = i + 2, i + 1 + 2 * n\n"
    "local contact = what == '' and '' or nil\n"
    "for i = first, last, 2 do\n"
    "  if ARGV[i] == '" WISMO_LEDGER_CONTACT "' then\n"
    "    contact = ARGV[i + 1]\n"
    "  elseif ARGV[i] == 'body' then\n"
    "    local old = call('HGET', KEYS[2], 'body')\n"
    "    local a, b = string.match(old or '', '^(%d+)-(%d+)$')\n"
    "    local c, d = string.match(ARGV[i + 1], '^(%d+)-(%d+)$')\n"
    "    if a and c then\n"
    "      a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)\n"
    "      if c < a or (c == a and d <= b) then return -1 end\n"
    "    end\n"
    "  end\n"
    "end\n"
    "local have = call('GETRANGE', KEYS[1], '4', '13')\n"
    "local read = have == version"
    " or (tonumber(have) or 0) == tonumber(version)\n"
    "if lease ~= '' then\n"
    "  if read and move ~= '' then\n"
    "    local at = call('ZADD', KEYS[4], 'XX', 'INCR', move, member)\n"
    "    if not at then return -1 end\n"
    "    if at - move ~= tonumber(lease) then\n"
    "      call('ZADD', KEYS[4], string.format('%d', at - move), member)\n"
    "      return -1\n"
    "    end\n"
    "  else\n"
    "    local at = call('ZSCORE', KEYS[4], member)\n"
    "    if not at or tonumber(at) ~= tonumber(lease) then return -1 end\n"
    "  end\n"
    "end\n"
    "if not read then return 0 end\n"
    "if contact then\n"
    "  local ledger = KEYS[2]\n"
    WISMO_SCRIPT_LIST
    "end\n"
    "local private = what ~= '1' and 'wp' .. string.sub(KEYS[1], 3)\n"
    "if what == '' then\n"
    "  call('DEL', KEYS[1], KEYS[2], private)\n"
    "else\n"
    "  call('RENAME', KEYS[3], KEYS[1])\n"
    "  local erased = tonumber(version) == 0"
    " and tonumber(call('HGET', KEYS[2], 'erased'))\n"
    "  if erased then\n"
    "    call('SETRANGE', KEYS[1], "
    WISMO_SCHEMA_TEXT(WISMO_DOC_AT_REVOKED) ","
    " string.format('%010d', erased + 1))\n"
    "  end\n"
    "  call('EXPIRE', KEYS[1], ARGV[3])\n"
    "  if body then\n"
    "    call('SET', private, body, 'EX', ARGV[3])\n"
    "  elseif private then\n"
    "    call('EXPIRE', private, ARGV[3])\n"
    "  end\n"
    "end\n"
    "local new = n > 0 and call('HSET', KEYS[2], unpack(ARGV, first, last))"
    " or 0\n"
    "if new > 0 or private then call('EXPIRE', KEYS[2], ARGV[3]) end\n"
    "local fresh = 0\n"
    "i = last + 1\n"
    "while ARGV[i] do\n"
    "  local key, member = KEYS[tonumber(ARGV[i])], ARGV[i + 1]\n"
    "  local score = ARGV[i + 2]\n"
    "  local mark = string.sub(score, 1, 1)\n"
    "  if not key then\n"
    "    fresh = fresh + call('HSETNX', KEYS[2], member, score)\n"
    "  elseif mark == '!' then\n"
    "    if fresh > 0 then\n"
    "      call('EXPIRE', KEYS[2], ARGV[3])\n"
    "      call('ZADD', key, 'LT', string.sub(score, 2), member)\n"
    "      call('PUBLISH', '" WISMO_CHANNEL_DUE "',"
    " string.match(key, '{(%d+)}') .. ' " WISMO_DUE_NOTICES " '"
    " .. string.sub(score, 2))\n"
    "    end\n"
    "  elseif mark == '-' then call('ZREM', key, member)\n"
    "  elseif mark == '<' then\n"
    "    call('ZADD', key, 'LT', string.sub(score, 2), member)\n"
    "  elseif mark == '+' then\n"
    "    call('ZADD', key, 'NX', string.sub(score, 2), member)\n"
    "  elseif mark == '~' then\n"
    "    local at = tonumber(call('ZSCORE', key, member) or 0)\n"
    "    if at > 1 and at % 2 == 1 then\n"
    "      call('ZADD', key, string.format('%d', at - 1), member)\n"
    "    end\n"
    "  else call('ZADD', key, score, member) end\n"
    "  i = i + 3\n"
    "end\n"
    "if ARGV[4] ~= '' then\n"
    "  call('PUBLISH', '" WISMO_CHANNEL_EVENT "', ARGV[4])\n"
    "end\n"
    "return 1\n";


/*
 * Leave to send requests, shared by all fetchers of an account.  A limit of
 * at most a minute is kept in any span of that length, wherever the carrier
 * lets its own begin: an eighth of it may come at once, the rest follows at
 * even distances, which leave a twentieth and 100 ms for what is slow on its
 * way.  A longer one counts in windows of its length and is given out evenly
 * over its time, with a twentieth of it in advance, so that a day's budget
 * lasts for the day.
 *
 * When a pause is over one request is granted, to see: nobody else asks until
 * it is answered, or for 20 seconds.
 *
 * KEYS  quota
 * ARGV  1 wanted; less than 0: given back; 0: only looked at, then pairs of
 *       number and seconds
 * Returns how many are granted, ms to wait if that is none, and how often in
 * a row there was a pause, if this is the request to see.  Looked at: ms of
 * the pause, its reason, ms for which credentials are taken as refused, then
 * what is left of each limit.
 */

const char  wismo_script_quota[] =
    "local t = redis.call('TIME')\n"
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "local grant, wait, used = tonumber(ARGV[1]), 0, {}\n"
    "local look, left, probe = grant == 0, {}, 0\n"
    "if grant > 0 then\n"
    "  local p = redis.call('HMGET', KEYS[1], 'until', 'probe')\n"
    "  local till = tonumber(p[1] or 0)\n"
    "  if till > now then return {0, till - now, 0} end\n"
    "  probe = tonumber(p[2] or 0)\n"
    "  if probe > 0 then grant = 1 end\n"
    "end\n"
    "for i = 2, #ARGV, 2 do\n"
    "  local n, length = tonumber(ARGV[i]), tonumber(ARGV[i + 1]) * 1000\n"
    "  local free, pause\n"
    "  if length > 60000 then\n"
    "    local window = math.floor(now / length)\n"
    "    local field = 'used:' .. ARGV[i + 1]\n"
    "    local old = redis.call('HGET', KEYS[1], field) or ''\n"
    "    local w, u = string.match(old, '^(%d+):(%d+)$')\n"
    "    u = tonumber(w) == window and tonumber(u) or 0\n"
    "    local part = (now - window * length) / length + 0.05\n"
    "    free = math.min(n, math.ceil(n * part)) - u\n"
    "    pause = u < n and math.ceil(length / n)"
    " or (window + 1) * length - now\n"
    "    table.insert(used, {field, '%d:%d', u, 1, window})\n"
    "    table.insert(left, math.max(n - u, 0))\n"
    "  else\n"
    "    local field = 'next:' .. ARGV[i + 1]\n"
    "    local burst = math.max(1, math.floor(n / 8))\n"
    "    local step = (length * 1.05 + 100) / (n - burst + 1)\n"
    "    local at = tonumber(redis.call('HGET', KEYS[1], field)) or 0\n"
    "    at = math.max(at, now)\n"
    "    free = math.floor(burst - (at - now) / step + 0.001)\n"
    "    pause = math.ceil(at + step - burst * step - now)\n"
    "    table.insert(used, {field, '%.3f', at, step})\n"
    "    table.insert(left, math.max(free, 0))\n"
    "  end\n"
    "  if free < 1 and pause > wait then wait = pause end\n"
    "  if grant > 0 then grant = math.min(grant, math.max(free, 0)) end\n"
    "end\n"
    "if look then\n"
    "  local p = redis.call('HMGET', KEYS[1], 'until', 'why', 'refused')\n"
    "  local paused = math.max(tonumber(p[1] or 0) - now, 0)\n"
    "  local refused = math.max(tonumber(p[3] or 0) - now, 0)\n"
    "  return {paused, p[2] or '', refused, unpack(left)}\n"
    "end\n"
    "if grant == 0 then return {0, wait, 0} end\n"
    "if probe > 0 then\n"
    "  redis.call('HSET', KEYS[1], 'until',"
    " string.format('%d', now + 20000))\n"
    "end\n"
    "for _, u in ipairs(used) do\n"
    "  local value = math.max(u[3] + grant * u[4], 0)\n"
    "  redis.call('HSET', KEYS[1], u[1],"
    " u[5] and string.format(u[2], u[5], value)"
    " or string.format(u[2], value))\n"
    "end\n"
    "return {grant, 0, probe}\n";


/*
 * Nobody asks this carrier for ARGV[1] ms, because of ARGV[2]; ARGV[3] tells
 * how often in a row.  A pause is only ever prolonged, unless ARGV[1] is 0,
 * which ends it, or less than 0: the request to see was not sent.
 *
 * KEYS  quota
 */

const char  wismo_script_pause[] =
    "local ms = tonumber(ARGV[1])\n"
    "if ms == 0 then\n"
    "  return redis.call('HDEL', KEYS[1], 'until', 'why', 'probe')\n"
    "end\n"
    "if ms < 0 then return redis.call('HSET', KEYS[1], 'until', 0) end\n"
    "local t = redis.call('TIME')\n"
    "local till = t[1] * 1000 + math.floor(t[2] / 1000) + ms\n"
    "local old = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)\n"
    "if till > old then\n"
    "  redis.call('HSET', KEYS[1], 'until', string.format('%d', till),"
    " 'why', ARGV[2], 'probe', ARGV[3])\n"
    "end\n"
    "return 1\n";


/*
 * Somebody wants to know: parcels are asked about earlier.  Whatever is being
 * asked about stays as it is; what is overdue goes to the front with the score
 * 1.
 *
 * KEYS  schedules
 * ARGV  1 the lease's length, ms, then for each schedule member and ms
 * Returns for each what its score is now, 0 if it was left alone, or -1 if
 * that is because it is being asked about.
 */

const char  wismo_script_sooner[] =
    "local t = redis.call('TIME')\n"
    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
    "local said = {}\n"
    "for i = 1, #KEYS do\n"
    "  local member, at = ARGV[2 * i], tonumber(ARGV[2 * i + 1])\n"
    "  local score = redis.call('ZSCORE', KEYS[i], member)\n"
    "  score = tonumber(score or 0)\n"
    "  said[i] = 0\n"
    "  if at <= now then at = 1 else at = at - at % 2 end\n"
    "  if score > now and score <= now + ARGV[1] + 1"
    " and score % 2 == 1 then\n"
    "    said[i] = -1\n"
    "  elseif score > 1 and at < score and (score > now or at == 1) then\n"
    "    redis.call('ZADD', KEYS[i], 'XX', string.format('%d', at), member)\n"
    "    said[i] = at\n"
    "  end\n"
    "end\n"
    "return said\n";


/*
 * Adds to an hour's counts and to the codes that no table knows, of which the
 * first 256 are kept.
 *
 * KEYS  counts, unmapped
 * ARGV  1 seconds to live of the counts, 2 of the codes, 3 number of counts,
 *       then pairs of name and number, then pairs of code and number
 */

const char  wismo_script_count[] =
    "local t = redis.call('TIME')\n"
    "local now = string.format('%d', t[1] * 1000 + math.floor(t[2] / 1000))\n"
    "local n = tonumber(ARGV[3])\n"
    "for i = 4, 2 + 2 * n, 2 do\n"
    "  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])\n"
    "end\n"
    "redis.call('EXPIRE', KEYS[1], ARGV[1])\n"
    "for i = 4 + 2 * n, #ARGV, 2 do\n"
    "  local old = redis.call('HGET', KEYS[2], ARGV[i])\n"
    "  if old or redis.call('HLEN', KEYS[2]) < 256 then\n"
    "    local had = tonumber(string.match(old or '', '^%d+') or 0)\n"
    "    redis.call('HSET', KEYS[2], ARGV[i],\n"
    "      string.format('%d', had + ARGV[i + 1]) .. ' ' .. now)\n"
    "    redis.call('EXPIRE', KEYS[2], ARGV[2])\n"
    "  end\n"
    "end\n"
    "return 1\n";


/*
 * Keeps a sample in front of those before it.
 *
 * KEYS  list
 * ARGV  1 the sample, 2 how many are kept, 3 seconds to live
 */

const char  wismo_script_sample[] =
    "redis.call('LPUSH', KEYS[1], ARGV[1])\n"
    "redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)\n"
    "return redis.call('EXPIRE', KEYS[1], ARGV[3])\n";


/*
 * A model that has learnt more, if nobody else was faster.
 *
 * KEYS  model
 * ARGV  version it was made of, bytes, upto, now, learnt
 *
 * Returns the new version, 0 if it was made of another than the stored one.
 */

const char  wismo_script_model[] =
    "local old = redis.call('HGET', KEYS[1], 'version') or '0'\n"
    "if old ~= ARGV[1] then return 0 end\n"
    "redis.call('HSET', KEYS[1], 'bytes', ARGV[2], 'upto', ARGV[3],"
    " 'at', ARGV[4], 'learnt', ARGV[5])\n"
    "return redis.call('HINCRBY', KEYS[1], 'version', 1)\n";


/*
 * What became of an order's notices: each field of the ledger is changed only
 * if it is what the caller has read, so that of two who take a notice up one
 * sends it.  The date is set if the lease is still the caller's; else there
 * is something new, and it is due already.
 *
 * KEYS  schedule, ledger
 * ARGV  1 member, 2 lease, 3 next score, "-" for none or "" to keep the lease,
 *       then triples of field, old value and new value
 * Returns a list: for each triple 1 or 0.
 */

const char  wismo_script_told[] =
    "local out = {}\n"
    "for i = 4, #ARGV, 3 do\n"
    "  if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[i + 1] then\n"
    "    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2])\n"
    "    out[#out + 1] = 1\n"
    "  else out[#out + 1] = 0 end\n"
    "end\n"
    "if ARGV[3] ~= '' then\n"
    "  local lease = redis.call('ZSCORE', KEYS[1], ARGV[1])\n"
    "  if lease and tonumber(lease) == tonumber(ARGV[2]) then\n"
    "    if ARGV[3] == '-' then redis.call('ZREM', KEYS[1], ARGV[1])\n"
    "    else redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1]) end\n"
    "  end\n"
    "end\n"
    "return out\n";


/* CRC-32 as zlib computes it (reflected, 0xEDB88320), a nibble at a time:
 * order numbers are short. */

static uint32_t
wismo_schema_crc32(uint32_t crc, const unsigned char *p, size_t len)
{
    static const uint32_t  table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
        0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
    };

    while (len--) {
        crc ^= *p++;
        crc = table[crc & 0xf] ^ (crc >> 4);
        crc = table[crc & 0xf] ^ (crc >> 4);
    }

    return crc;
}


unsigned
wismo_bucket(const wismo_str_t *order)
{
    uint32_t  crc;

    crc = wismo_schema_crc32(0xffffffff, (const unsigned char *) "default/",
                             8);
    crc = wismo_schema_crc32(crc, order->data, order->len) ^ 0xffffffff;

    return crc % WISMO_BUCKETS;
}


/* Cuts at WISMO_KEY_MAX: the parts are bounded, so that nothing is cut. */

static void
wismo_key_text(wismo_key_out_t *out, const void *text, size_t len)
{
    size_t  room;

    room = (size_t) (out->end - out->pos);

    if (len > room) {
        len = room;
    }

    if (len) {
        memcpy(out->pos, text, len);
        out->pos += len;
    }
}


static void
wismo_key_number(wismo_key_out_t *out, unsigned n)
{
    char    digits[10];
    size_t  i;

    i = sizeof(digits);

    do {
        digits[--i] = (char) ('0' + n % 10);
        n /= 10;
    } while (n);

    wismo_key_text(out, digits + i, sizeof(digits) - i);
}


static size_t
wismo_key_of_number(char *buf, const char *type, unsigned n,
    const wismo_str_t *rest)
{
    wismo_key_out_t  out;

    out.pos = buf;
    out.end = buf + WISMO_KEY_MAX;

    wismo_key_text(&out, type, strlen(type));
    wismo_key_text(&out, ":{", 2);
    wismo_key_number(&out, n);
    wismo_key_text(&out, "}", 1);

    if (rest) {
        wismo_key_text(&out, ":", 1);
        wismo_key_text(&out, rest->data, rest->len);
    }

    return (size_t) (out.pos - buf);
}


static size_t
wismo_key_of_order(char *buf, const char *type, const wismo_str_t *order)
{
    return wismo_key_of_number(buf, type, wismo_bucket(order), order);
}


size_t
wismo_key_document(char *buf, const wismo_str_t *order)
{
    return wismo_key_of_order(buf, "wo", order);
}


int
wismo_key_order(const wismo_str_t *key, wismo_str_t *order)
{
    return wismo_key_rest(key, WISMO_PREFIX_DOCUMENT "{", order);
}


int
wismo_key_private_order(const wismo_str_t *key, wismo_str_t *order)
{
    return wismo_key_rest(key, "wp:{", order);
}


int
wismo_key_ledger_order(const wismo_str_t *key, wismo_str_t *order)
{
    return wismo_key_rest(key, "wn:{", order);
}


static int
wismo_key_rest(const wismo_str_t *key, const char *prefix,
    wismo_str_t *order)
{
    size_t                i, n;

    n = strlen(prefix);

    if (key->len < n || memcmp(key->data, prefix, n) != 0) {
        return WISMO_DECLINED;
    }

    for (i = n; i < key->len; i++) {
        if (key->data[i] < '0' || key->data[i] > '9') {
            break;
        }
    }

    if (i == n || key->len - i < 3
        || key->data[i] != '}' || key->data[i + 1] != ':')
    {
        return WISMO_DECLINED;
    }

    order->len = key->len - i - 2;
    order->data = key->data + i + 2;

    return WISMO_OK;
}


size_t
wismo_key_private(char *buf, const wismo_str_t *order)
{
    return wismo_key_of_order(buf, "wp", order);
}


size_t
wismo_key_ledger(char *buf, const wismo_str_t *order)
{
    return wismo_key_of_order(buf, "wn", order);
}


size_t
wismo_key_contacts(char *buf, unsigned bucket)
{
    return wismo_key_of_number(buf, "wc", bucket, NULL);
}


size_t
wismo_key_staged(char *buf, unsigned bucket, const wismo_str_t *writer)
{
    return wismo_key_of_number(buf, "ws", bucket, writer);
}


size_t
wismo_key_due(char *buf, unsigned bucket, const wismo_str_t *carrier)
{
    return wismo_key_of_number(buf, "wd", bucket, carrier);
}


size_t
wismo_key_inbox(char *buf, unsigned inbox)
{
    return wismo_key_of_number(buf, "wi", inbox, NULL);
}


size_t
wismo_key_dead(char *buf, unsigned inbox)
{
    return wismo_key_of_number(buf, "wx", inbox, NULL);
}


size_t
wismo_key_tracking(char *buf, const wismo_str_t *number)
{
    return wismo_key_of_order(buf, "wt", number);
}


int
wismo_tracking_member(const wismo_str_t *member, wismo_str_t *carrier,
    wismo_str_t *order)
{
    size_t  i;

    for (i = 0; i < member->len && member->data[i] != ' '; i++) { /* void */ }

    if (i == 0 || member->len - i < 2) {
        return WISMO_DECLINED;
    }

    carrier->len = i;
    carrier->data = member->data;

    order->len = member->len - i - 1;
    order->data = member->data + i + 1;

    return WISMO_OK;
}


size_t
wismo_key_shop(char *buf, const wismo_str_t *hook, const wismo_str_t *id)
{
    size_t           len;
    wismo_key_out_t  out;

    len = wismo_key_of_number(buf, "wk", wismo_bucket(id), hook);

    out = (wismo_key_out_t) { buf + len, buf + WISMO_KEY_MAX };

    wismo_key_text(&out, ":", 1);
    wismo_key_text(&out, id->data, id->len);

    return (size_t) (out.pos - buf);
}


size_t
wismo_key_shops(char *buf, const wismo_str_t *hook)
{
    wismo_key_out_t  out;

    out = (wismo_key_out_t) { buf, buf + WISMO_KEY_MAX };

    wismo_key_text(&out, "wk:{*}:", 7);
    wismo_key_text(&out, hook->data, hook->len);
    wismo_key_text(&out, ":*", 2);

    return (size_t) (out.pos - buf);
}


size_t
wismo_key_quota(char *buf, const wismo_str_t *carrier)
{
    wismo_key_out_t  out;

    out.pos = buf;
    out.end = buf + WISMO_KEY_MAX;

    wismo_key_text(&out, "wq:", 3);
    wismo_key_text(&out, carrier->data, carrier->len);

    return (size_t) (out.pos - buf);
}


/* The braces keep what one script touches in one slot. */

static void
wismo_key_of_carrier(wismo_key_out_t *out, char *buf,
    const wismo_str_t *carrier, const char *what)
{
    out->pos = buf;
    out->end = buf + WISMO_KEY_MAX;

    wismo_key_text(out, "wq:{", 4);
    wismo_key_text(out, carrier->data, carrier->len);
    wismo_key_text(out, what, strlen(what));
}


size_t
wismo_key_counts(char *buf, const wismo_str_t *carrier, int64_t hour)
{
    wismo_key_out_t  out;

    wismo_key_of_carrier(&out, buf, carrier, "}:n:");
    wismo_key_number(&out, (unsigned) hour);

    return (size_t) (out.pos - buf);
}


size_t
wismo_key_unmapped(char *buf, const wismo_str_t *carrier)
{
    wismo_key_out_t  out;

    wismo_key_of_carrier(&out, buf, carrier, "}:u");

    return (size_t) (out.pos - buf);
}


size_t
wismo_key_rejects(char *buf, const wismo_str_t *carrier)
{
    wismo_key_out_t  out;

    wismo_key_of_carrier(&out, buf, carrier, "}:r");

    return (size_t) (out.pos - buf);
}


size_t
wismo_key_told(char *buf, const wismo_str_t *channel, int64_t hour)
{
    char             digits[WISMO_DIGITS];
    wismo_str_t      text;
    wismo_key_out_t  out;

    wismo_digits(digits, hour, &text);

    out.pos = buf;
    out.end = buf + WISMO_KEY_MAX;

    wismo_key_text(&out, "wb:{", 4);
    wismo_key_text(&out, channel->data, channel->len);
    wismo_key_text(&out, "}:n:", 4);
    wismo_key_text(&out, text.data, text.len);

    return (size_t) (out.pos - buf);
}


size_t
wismo_key_brake(char *buf, const wismo_str_t *channel)
{
    wismo_key_out_t  out;

    out.pos = buf;
    out.end = buf + WISMO_KEY_MAX;

    wismo_key_text(&out, "wb:{", 4);
    wismo_key_text(&out, channel->data, channel->len);
    wismo_key_text(&out, "}", 1);

    return (size_t) (out.pos - buf);
}


size_t
wismo_key_reached(char *buf, const wismo_str_t *mac)
{
    return wismo_key_of_order(buf, "wr", mac);
}


size_t
wismo_key_suppressed(char *buf, unsigned bucket)
{
    return wismo_key_of_number(buf, "wu", bucket, NULL);
}


size_t
wismo_key_heartbeat(char *buf, const wismo_str_t *fetcher)
{
    wismo_key_out_t  out;

    out.pos = buf;
    out.end = buf + WISMO_KEY_MAX;

    wismo_key_text(&out, "wh:f:", 5);
    wismo_key_text(&out, fetcher->data, fetcher->len);

    return (size_t) (out.pos - buf);
}
