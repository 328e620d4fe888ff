
/*
 * Copyright (C) The Wismo authors
 *
 * Whether a notice goes out now, later or never: age, what has come since,
 * the hour at the recipient's.  Called by the fetcher with all that an order's
 * ledger says of one channel.  How many a person gets is no matter of one
 * order, so of that nothing is here (fetch_reach.c).
 *
 * A pure function: the same ledger, rules and time give the same verdict, so
 * that a notice that was put off is judged anew by whoever takes it up.
 */


#include "wismo_notice.h"


#define WISMO_DAY_MINUTES     1440

/* From here on in the table, it is over. */
#define WISMO_NOTICE_OVER     "returned"


static bool wismo_notice_replaced(const wismo_notice_entry_t *entries,
    unsigned n, unsigned i);
static bool wismo_notice_outdone(const wismo_notice_entry_t *e,
    const wismo_notice_entry_t *other);
static unsigned wismo_notice_weight(const wismo_notice_kind_t *kind);


wismo_notice_verdict_e
wismo_notice_judge(const wismo_notice_entry_t *entries, unsigned n,
    unsigned i, const wismo_notice_rules_t *rules, int64_t now,
    int64_t *until, const char **why)
{
    int64_t                      quiet;
    const wismo_notice_entry_t  *e;

    e = &entries[i];

    if (e->kind == NULL) {
        *why = "unknown";
        return WISMO_NOTICE_SKIP;
    }

    if (now - e->at > e->kind->max_age) {
        *why = "stale";
        return WISMO_NOTICE_SKIP;
    }

    if (e->state == WISMO_NOTICE_RETRY && e->when > now) {
        *until = e->when;
        *why = "retry";
        return WISMO_NOTICE_LATER;
    }

    if (!rules->people) {
        return WISMO_NOTICE_SEND;
    }

    if (wismo_notice_replaced(entries, n, i)) {
        *why = "replaced";
        return WISMO_NOTICE_SKIP;
    }

    if (wismo_notice_asked(e->kind)) {
        return WISMO_NOTICE_SEND;
    }

    quiet = wismo_notice_quiet(rules, now);

    if (quiet) {
        *until = now + quiet;
        *why = "quiet";
        return WISMO_NOTICE_LATER;
    }

    return WISMO_NOTICE_SEND;
}


/*
 * Something has happened since, to the same parcel or to the whole order,
 * and is told or about to be; or was asked for once more.
 */

static bool
wismo_notice_replaced(const wismo_notice_entry_t *entries, unsigned n,
    unsigned i)
{
    unsigned                     k;
    const wismo_notice_entry_t  *e, *other;

    e = &entries[i];

    for (k = 0; k < n; k++) {
        other = &entries[k];

        if (k == i || other->kind == NULL
            || wismo_notice_asked(other->kind) != wismo_notice_asked(e->kind)
            || other->state == WISMO_NOTICE_SKIPPED
            || other->state == WISMO_NOTICE_DEAD)
        {
            continue;
        }

        if (other->parcel.len && e->parcel.len
            && !wismo_str_eq(&other->parcel, &e->parcel))
        {
            continue;
        }

        if ((other->at > e->at
             || (other->at == e->at && other->kind > e->kind))
            && wismo_notice_outdone(e, other))
        {
            return true;
        }
    }

    return false;
}


/*
 * What is lighter than what waits must not push it away: "in transit" is no
 * reason to keep quiet about a delay.  But a parcel that got on is not what it
 * was any more, whatever it was, so that of one parcel only the news that
 * nobody hears of by default are too light.
 */

static bool
wismo_notice_outdone(const wismo_notice_entry_t *e,
    const wismo_notice_entry_t *other)
{
    unsigned  weight;

    weight = wismo_notice_weight(other->kind);

    return weight >= wismo_notice_weight(e->kind)
           || (weight && e->parcel.len && other->parcel.len);
}


static unsigned
wismo_notice_weight(const wismo_notice_kind_t *kind)
{
    wismo_str_t  over;

    wismo_str_set(&over, WISMO_NOTICE_OVER);

    if (kind->urgent || (kind->defaults & WISMO_NOTICE_SMS)
        || kind >= wismo_notice_kind(&over))
    {
        return 2;
    }

    return kind->defaults ? 1 : 0;
}


int64_t
wismo_notice_quiet(const wismo_notice_rules_t *rules, int64_t now)
{
    int64_t  minute, end;

    if (rules->quiet_from == rules->quiet_until) {
        return 0;
    }

    minute = (now / 60 + rules->offset) % WISMO_DAY_MINUTES;

    if (minute < 0) {
        minute += WISMO_DAY_MINUTES;
    }

    if (rules->quiet_from < rules->quiet_until) {

        if (minute < rules->quiet_from || minute >= rules->quiet_until) {
            return 0;
        }

    } else if (minute < rules->quiet_from && minute >= rules->quiet_until) {
        return 0;
    }

    end = rules->quiet_until - minute;

    if (end <= 0) {
        end += WISMO_DAY_MINUTES;
    }

    return end * 60 - now % 60;
}


static const char *const  wismo_notice_states[] = {
    "pending",
    "sending",
    "retry",
    "sent",
    "dead",
    "skipped",
    "unknown",
    "delivered"
};


const char *
wismo_notice_state(wismo_notice_state_e state)
{
    return wismo_notice_states[state];
}


size_t
wismo_notice_write(char *buf, const wismo_notice_entry_t *entry)
{
    char         digits[3][WISMO_DIGITS], *p;
    size_t       len;
    wismo_str_t  text[3];

    wismo_digits(digits[0], entry->at, &text[0]);
    wismo_digits(digits[1], entry->attempts, &text[1]);
    wismo_digits(digits[2], entry->when, &text[2]);

    p = buf;

    len = strlen(wismo_notice_states[entry->state]);
    memcpy(p, wismo_notice_states[entry->state], len);
    p += len;

    for (len = 0; len < 3; len++) {
        *p++ = ' ';
        memcpy(p, text[len].data, text[len].len);
        p += text[len].len;
    }

    *p++ = ' ';

    len = entry->text.len;

    if (len > (size_t) (buf + WISMO_NOTICE_VALUE_MAX - p)) {
        len = (size_t) (buf + WISMO_NOTICE_VALUE_MAX - p);
    }

    if (len) {
        memcpy(p, entry->text.data, len);
    }

    return (size_t) (p + len - buf);
}


int
wismo_notice_read(const wismo_str_t *id, const wismo_str_t *value,
    wismo_notice_entry_t *entry)
{
    int64_t               numbers[3];
    unsigned              i, state;
    wismo_str_t           word;
    const unsigned char  *p, *end, *start;

    memset(entry, 0, sizeof(wismo_notice_entry_t));

    entry->id = *id;

    /* "<kind>", "<kind>.<parcel>", "<kind>.<day>", "<kind>.<parcel>.<day>",
     * and "<kind>.<seconds>" of what was asked for */

    p = id->data;
    end = p + id->len;

    while (p < end && *p != '.') {
        p++;
    }

    word.data = id->data;
    word.len = (size_t) (p - id->data);

    entry->kind = wismo_notice_kind(&word);

    if (p < end && !wismo_notice_asked(entry->kind)) {
        p++;

        if (entry->kind && entry->kind->again) {
            end = end - p >= 9 ? end - 9 : p;
        }

        entry->parcel.data = (unsigned char *) p;
        entry->parcel.len = (size_t) (end - p);
    }

    p = value->data;
    end = p + value->len;

    for (start = p; p < end && *p != ' '; p++) { /* void */ }

    word.data = (unsigned char *) start;
    word.len = (size_t) (p - start);

    for (state = 0; ; state++) {

        if (state == sizeof(wismo_notice_states) / sizeof(char *)) {
            return WISMO_DECLINED;
        }

        if (wismo_str_is(&word, wismo_notice_states[state])) {
            break;
        }
    }

    for (i = 0; i < 3; i++) {

        if (p == end || *p++ != ' ' || p == end || *p < '0' || *p > '9') {
            return WISMO_DECLINED;
        }

        numbers[i] = 0;

        for (start = p; p < end && *p >= '0' && *p <= '9'; p++) {

            if (p - start == 15) {
                return WISMO_DECLINED;
            }

            numbers[i] = numbers[i] * 10 + (*p - '0');
        }
    }

    if (p == end || *p++ != ' ') {
        return WISMO_DECLINED;
    }

    entry->state = (wismo_notice_state_e) state;
    entry->at = numbers[0];
    entry->attempts = (unsigned) numbers[1];
    entry->when = numbers[2];
    entry->text.data = (unsigned char *) p;
    entry->text.len = (size_t) (end - p);

    return WISMO_OK;
}


/* What is not of these letters is in no number and no name, or has no
 * reference: nobody is to guess. */

void
wismo_notice_ref(wismo_out_t *out, const wismo_str_t *order,
    const wismo_str_t *channel, const wismo_str_t *id)
{
    size_t              i, start;
    unsigned            k;
    unsigned char       c;
    const wismo_str_t  *part;

    start = (size_t) (out->pos - out->start);

    for (k = 0; k < 3; k++) {
        part = (k == 0) ? order : (k == 1) ? channel : id;

        if (k) {
            wismo_out_text(out, "=");
        }

        for (i = 0; i < part->len || i == 0; i++) {
            c = part->len ? part->data[i] : '=';

            if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
                  || (c >= 'a' && c <= 'z') || c == '_' || c == '-'
                  || c == '.'))
            {
                out->pos = out->start + start;
                return;
            }

            c = (c == '.') ? '~' : c;
            wismo_out_bytes(out, &c, 1);
        }
    }
}


int
wismo_notice_ref_read(const wismo_str_t *text, char *buf, wismo_str_t *order,
    wismo_str_t *channel, wismo_str_t *id)
{
    size_t        i, n;
    unsigned      k;
    wismo_str_t  *part;

    i = (text->len && text->data[0] == '<') ? 1 : 0;
    n = 0;

    for (k = 0; k < 3; k++) {
        part = (k == 0) ? order : (k == 1) ? channel : id;

        part->data = (unsigned char *) buf + n;

        for ( /* void */ ; i < text->len && text->data[i] != '='
                           && text->data[i] != '@'; i++)
        {
            if (n == WISMO_NOTICE_REF_MAX) {
                return WISMO_DECLINED;
            }

            buf[n++] = (text->data[i] == '~') ? '.' : (char) text->data[i];
        }

        part->len = (size_t) ((unsigned char *) buf + n - part->data);

        if (part->len == 0
            || (k < 2 && (i == text->len || text->data[i++] != '='))
            || (k == 2 && i < text->len && text->data[i] != '@'))
        {
            return WISMO_DECLINED;
        }
    }

    return wismo_order_number_ok(order) ? WISMO_OK : WISMO_DECLINED;
}
