
/*
 * Copyright (C) The Wismo authors
 *
 * Writing a document: the header and both views (docs/document.md).  Called
 * by the fetcher's commit, once per change of an order.
 *
 * The minimal view must never get an item, place, person or tracking number:
 * it is shown to whoever knows an order number.  Every field of the full view
 * that the merge needs later is one that wismo_document_read.c reads back.
 */


#include "wismo_document_int.h"
#include "wismo_merge.h"


static int wismo_document_try(wismo_pool_t *pool, const wismo_order_t *order,
    wismo_str_t *bytes);
static int wismo_document_trim(wismo_pool_t *pool, wismo_order_t *order,
    unsigned keep);
static void wismo_document_place(wismo_out_t *out, unsigned i, size_t view,
    size_t field);
static void wismo_document_minimal(wismo_out_t *out,
    const wismo_order_t *order, size_t view);
static void wismo_document_full(wismo_out_t *out, const wismo_order_t *order,
    size_t view, wismo_document_mark_t *mark);
static void wismo_document_order(wismo_out_t *out, const wismo_order_t *order,
    const char *view);
static void wismo_document_parcel(wismo_out_t *out, const wismo_parcel_t *p);
static void wismo_document_status(wismo_out_t *out,
    const wismo_substatus_t *status, wismo_severity_e severity,
    int milestone, wismo_act_e act);
static void wismo_document_parcel_full(wismo_out_t *out,
    const wismo_parcel_t *p, wismo_document_mark_t *mark);
static void wismo_document_event(wismo_out_t *out, const wismo_event_t *e,
    wismo_document_mark_t *mark);
static void wismo_document_pickup(wismo_out_t *out, const wismo_parcel_t *p);
static unsigned wismo_document_parcels(const wismo_order_t *order,
    wismo_leg_e leg);
static void wismo_document_freshness(const wismo_order_t *order,
    int64_t *checked_at, int64_t *next_check_at);


int
wismo_document_write(wismo_pool_t *pool, const wismo_order_t *order,
    wismo_str_t *bytes)
{
    int            rc;
    unsigned       i;
    wismo_order_t  less;

    static const unsigned  keep[] = { 100, 50, 25, 12, 7, 3, 1, 0 };

    if (order->version == 0 || order->version > WISMO_DOC_VERSION_MAX
        || order->status == NULL || order->nparcels > WISMO_PARCELS_MAX)
    {
        return WISMO_ERROR;
    }

    for (i = 0; i < order->nparcels; i++) {
        if (order->parcels[i].status == NULL) {
            return WISMO_ERROR;
        }
    }

    rc = wismo_document_try(pool, order, bytes);

    less = *order;

    for (i = 0; rc == WISMO_DECLINED && i < 8; i++) {

        if (wismo_document_trim(pool, &less, keep[i]) != WISMO_OK) {
            return WISMO_ERROR;
        }

        rc = wismo_document_try(pool, &less, bytes);
    }

    return rc;
}


static int
wismo_document_trim(wismo_pool_t *pool, wismo_order_t *order, unsigned keep)
{
    unsigned         i;
    wismo_parcel_t  *p;

    p = wismo_palloc(pool, order->nparcels * sizeof(wismo_parcel_t));

    if (p == NULL) {
        return WISMO_ERROR;
    }

    for (i = 0; i < order->nparcels; i++) {
        p[i] = order->parcels[i];

        if (wismo_merge_trim(pool, p[i].events, p[i].nevents, keep,
                             &p[i].events, &p[i].nevents)
            != WISMO_OK)
        {
            return WISMO_ERROR;
        }
    }

    order->parcels = p;

    return WISMO_OK;
}


static int
wismo_document_try(wismo_pool_t *pool, const wismo_order_t *order,
    wismo_str_t *bytes)
{
    size_t                  hint, head, minimal, full;
    int64_t                 checked, next;
    unsigned                i, n, flags;
    wismo_out_t             out, index;
    unsigned char          *p, *proof, sums[WISMO_DOC_SUMS];
    wismo_document_t        doc;
    wismo_document_mark_t  *marks;

    static const char  header[WISMO_DOC_HEADER];

    head = WISMO_DOC_HEADER + order->nparcels * WISMO_DOC_LINE;
    hint = head + 2048 + order->nitems * 192;

    n = 0;

    for (i = 0; i < order->nparcels; i++) {
        hint += 1536 + order->parcels[i].nevents * 320;
        n += order->parcels[i].nevents;
    }

    marks = wismo_palloc(pool, n * sizeof(wismo_document_mark_t) + 1);

    if (marks == NULL) {
        return WISMO_ERROR;
    }

    wismo_out_init(&out, pool, hint < WISMO_DOC_MAX ? hint : WISMO_DOC_MAX);

    wismo_out_bytes(&out, header, WISMO_DOC_HEADER);

    for (i = 0; i < order->nparcels; i++) {
        wismo_document_line(&out, order->parcels[i].checked_at,
                            order->parcels[i].next_check_at);
        wismo_out_text(&out, " 000000 000000\n");
    }

    wismo_document_minimal(&out, order, head);
    minimal = (size_t) (out.pos - out.start) - head;

    wismo_document_full(&out, order, head + minimal, marks);
    full = (size_t) (out.pos - out.start) - head - minimal;

    if (out.failed) {
        return WISMO_ERROR;
    }

    if (head + minimal + full > WISMO_DOC_MAX) {
        return WISMO_DECLINED;
    }

    flags = order->cancelled ? WISMO_DOC_FLAG_CANCELLED : 0;

    wismo_out_init(&index, pool, full / 4);

    /* one that is made for a single reading is read at once */

    if (!order->alone
        && wismo_document_index(out.start, head + minimal,
                                head + minimal + full, marks, &index)
        && head + minimal + full + wismo_document_at(&index) <= WISMO_DOC_MAX)
    {
        flags |= WISMO_DOC_FLAG_INDEX;
        wismo_out_bytes(&out, index.start, wismo_document_at(&index));
    }

    doc.nparcels = order->nparcels;
    doc.minimal.len = minimal;
    doc.minimal.data = out.start + head;
    doc.full.len = full;
    doc.full.data = out.start + head + minimal;

    if (!order->alone
        && wismo_document_at(&out) + WISMO_DOC_SUMS <= WISMO_DOC_MAX
        && wismo_document_sums(&doc, sums))
    {
        flags |= WISMO_DOC_FLAG_SUMS;
        wismo_out_bytes(&out, sums, WISMO_DOC_SUMS);
    }

    if (out.failed || index.failed) {
        return WISMO_ERROR;
    }

    wismo_document_freshness(order, &checked, &next);

    p = out.start;

    memset(p, ' ', WISMO_DOC_HEADER);
    memcpy(p, WISMO_DOC_MAGIC, 3);

    wismo_document_digits(p + WISMO_DOC_AT_VERSION, 10, order->version);
    wismo_document_digits(p + WISMO_DOC_AT_UPDATED, 10,
                          wismo_document_is_time(order->updated_at)
                          ? (uint64_t) order->updated_at : 0);
    wismo_document_digits(p + WISMO_DOC_AT_CHECKED, 10,
                          checked != WISMO_TIME_NONE
                          ? (uint64_t) checked : 0);
    wismo_document_digits(p + WISMO_DOC_AT_NEXT, 10,
                          next != WISMO_TIME_NONE ? (uint64_t) next : 0);
    wismo_document_digits(p + WISMO_DOC_AT_STATUS, 2, order->status->status);
    wismo_document_digits(p + WISMO_DOC_AT_FLAGS, 4, flags);
    wismo_document_digits(p + WISMO_DOC_AT_MINIMAL, 6, minimal);
    wismo_document_digits(p + WISMO_DOC_AT_FULL, 6, full);
    wismo_document_digits(p + WISMO_DOC_AT_REVOKED, 10,
                          wismo_document_is_time(order->revoked_at)
                          ? (uint64_t) order->revoked_at : 0);

    for (i = 0; i < WISMO_FACTORS; i++) {
        proof = p + WISMO_DOC_AT_PROOFS + i * (WISMO_PROOF_LEN + 1);

        if (order->proofs.text[i][0]) {
            memcpy(proof, order->proofs.text[i], WISMO_PROOF_LEN);

        } else {
            memset(proof, '.', WISMO_PROOF_LEN);
        }
    }

    wismo_document_digits(p + WISMO_DOC_AT_PARCELS, 2, order->nparcels);

    p[WISMO_DOC_HEADER - 1] = '\n';

    bytes->data = p;
    bytes->len = wismo_document_at(&out);

    return WISMO_OK;
}


/* A parcel comes next in a view that begins at "view": its line says so. */

static void
wismo_document_place(wismo_out_t *out, unsigned i, size_t view, size_t field)
{
    if (out->failed) {
        return;
    }

    wismo_document_digits(out->start + WISMO_DOC_HEADER + i * WISMO_DOC_LINE
                          + field, 6,
                          (size_t) (out->pos - out->start) - view
                          + WISMO_DOC_CHECKED_LEN);
}


static void
wismo_document_minimal(wismo_out_t *out, const wismo_order_t *order,
    size_t view)
{
    unsigned  i;

    wismo_document_order(out, order, "minimal");

    wismo_out_text(out, ",\"parcels\":[");

    for (i = 0; i < order->nparcels; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        wismo_document_place(out, i, view, WISMO_DOC_LINE_MINIMAL);
        wismo_document_parcel(out, &order->parcels[i]);
        wismo_out_text(out, "}");
    }

    wismo_out_text(out, "]}");
}


/* Each event of each parcel gets the next mark. */

static void
wismo_document_full(wismo_out_t *out, const wismo_order_t *order, size_t view,
    wismo_document_mark_t *mark)
{
    unsigned  i;

    wismo_document_order(out, order, order->alone ? "parcel" : "full");

    wismo_out_text(out, ",\"cancelled\":");
    wismo_document_name(out, order->cancelled ? "true" : "false");

    if (order->mail_stopped_at > 0) {
        wismo_out_text(out, ",\"mail_stopped_at\":");
        wismo_document_utc(out, order->mail_stopped_at);
    }

    wismo_out_text(out, ",\"currency\":");
    wismo_document_str(out, &order->currency);
    wismo_out_text(out, ",\"city\":");
    wismo_document_str(out, &order->city);
    wismo_out_text(out, ",\"country\":");
    wismo_document_str(out, &order->country);
    wismo_out_text(out, ",\"added_at\":");
    wismo_document_utc(out, order->added_at);
    wismo_out_text(out, ",\"ship_from\":");
    wismo_document_str(out, &order->lane_from);
    wismo_out_text(out, ",\"ship_to\":");
    wismo_document_str(out, &order->lane_to);

    wismo_out_text(out, ",\"items\":[");
    wismo_document_items(out, order);
    wismo_out_text(out, "],\"parcels\":[");

    for (i = 0; i < order->nparcels; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        wismo_document_place(out, i, view, WISMO_DOC_LINE_FULL);
        wismo_document_parcel(out, &order->parcels[i]);
        wismo_document_parcel_full(out, &order->parcels[i], mark);
        wismo_out_text(out, "}");

        mark += order->parcels[i].nevents;
    }

    wismo_out_text(out, "]}");
}


/* What both views have, and nothing that only one may show. */

static void
wismo_document_order(wismo_out_t *out, const wismo_order_t *order,
    const char *view)
{
    int64_t  checked, next;

    wismo_document_freshness(order, &checked, &next);

    wismo_out_text(out, WISMO_DOC_CHECKED);
    wismo_document_times(out, checked, next);

    wismo_out_text(out, ",\"order\":");
    wismo_out_json_str(out, &order->number);
    wismo_out_text(out, ",\"view\":\"");
    wismo_document_name(out, view);
    wismo_out_text(out, "\",\"version\":");
    wismo_out_int(out, (int64_t) order->version);
    wismo_out_text(out, ",\"updated_at\":");
    wismo_document_utc(out, order->updated_at);

    wismo_document_status(out, order->status, order->severity,
                          order->milestone, order->status->act);
    wismo_document_raised(out, &order->raised, NULL);

    wismo_out_text(out, ",\"brand\":");
    wismo_document_str(out, &order->brand);
    wismo_out_text(out, ",\"locale\":");
    wismo_document_str(out, &order->locale);
    wismo_out_text(out, ",\"placed_at\":");
    wismo_document_told(out, order->placed_at, order->placed_offset, false);

    if (wismo_document_is_time(order->promised_from)
        || wismo_document_is_time(order->promised_until))
    {
        wismo_out_text(out, ",\"promised\":{\"from\":");
        wismo_document_told(out, order->promised_from, order->from_offset,
                            order->promised_days);
        wismo_out_text(out, ",\"until\":");
        wismo_document_told(out, order->promised_until, order->until_offset,
                            order->promised_days);
        wismo_out_text(out, "}");

    } else {
        wismo_out_text(out, ",\"promised\":null");
    }

    wismo_document_edds(out, &order->edd, &order->edd_first,
                        wismo_document_edd_same(&order->edd,
                                                &order->edd_first));
    wismo_document_owns(out, &order->own, &order->own_first);
    wismo_document_outlook(out, order->outlook, order->outlook_since);

    wismo_out_text(out, ",\"parcels_total\":");
    wismo_out_int(out, wismo_document_parcels(order, WISMO_LEG_OUTBOUND));
    wismo_out_text(out, ",\"parcels_delivered\":");
    wismo_out_int(out, order->ndelivered);
    wismo_out_text(out, ",\"items_unshipped\":");
    wismo_out_int(out, wismo_document_unshipped(order));
    wismo_out_text(out, ",\"returns_total\":");
    wismo_out_int(out, wismo_document_parcels(order, WISMO_LEG_RETURN));
}


static void
wismo_document_parcel(wismo_out_t *out, const wismo_parcel_t *p)
{
    unsigned     i;
    const char  *to;

    wismo_out_text(out, WISMO_DOC_CHECKED);
    wismo_document_times(out, p->checked_at, p->next_check_at);

    wismo_out_text(out, ",\"carrier\":");
    wismo_out_json_str(out, &p->carrier);

    wismo_document_status(out, p->status,
                          wismo_leg_severity(p->leg, p->status),
                          p->milestone, wismo_leg_act(p->leg, p->status));
    wismo_document_raised(out, &p->raised, p->reported);

    to = wismo_to_name(p->delivered_to);

    if (to) {
        wismo_out_text(out, ",\"delivered_to\":\"");
        wismo_document_name(out, to);
        wismo_out_text(out, "\"");

    } else {
        wismo_out_text(out, ",\"delivered_to\":null");
    }

    wismo_out_text(out, ",\"last_event_at\":");

    for (i = 0; i < p->nevents; i++) {
        if (p->events[i].when.basis != WISMO_BASIS_UNKNOWN) {
            wismo_document_when(out, &p->events[i].when);
            break;
        }
    }

    if (i == p->nevents) {
        wismo_out_text(out, "null");
    }

    wismo_out_text(out, ",\"source\":");
    wismo_document_str(out, &p->source);
    wismo_out_text(out, ",\"leg\":\"");
    wismo_document_name(out, wismo_leg_name(p->leg));
    wismo_out_text(out, "\"");
}


static void
wismo_document_status(wismo_out_t *out, const wismo_substatus_t *status,
    wismo_severity_e severity, int milestone, wismo_act_e act)
{
    wismo_out_text(out, ",\"status\":\"");
    wismo_document_name(out, status->name);
    wismo_out_text(out, "\",\"substatus\":\"");
    wismo_document_name(out, status->sub);
    wismo_out_text(out, "\",\"severity\":\"");
    wismo_document_name(out, wismo_severity_name(severity));
    wismo_out_text(out, "\",\"milestone\":");
    wismo_out_int(out, milestone);
    wismo_out_text(out, ",\"act\":\"");
    wismo_document_name(out, wismo_act_name(act));
    wismo_out_text(out, "\"");
}


static void
wismo_document_parcel_full(wismo_out_t *out, const wismo_parcel_t *p,
    wismo_document_mark_t *mark)
{
    bool         same;
    unsigned     i;
    const char  *to;

    wismo_out_text(out, ",\"id\":");
    wismo_out_json_str(out, &p->id);
    wismo_out_text(out, ",\"tracking_number\":");
    wismo_out_json_str(out, &p->tracking_number);
    wismo_out_text(out, ",\"service\":");
    wismo_document_str(out, &p->service);
    wismo_out_text(out, ",\"tracking_url\":");
    wismo_document_str(out, &p->tracking_url);
    wismo_out_text(out, ",\"shipped_at\":");
    wismo_document_utc(out, p->shipped_at);
    wismo_out_text(out, ",\"added_at\":");
    wismo_document_utc(out, p->added_at);
    wismo_out_text(out, ",\"delivered\":");
    wismo_document_name(out, p->delivered ? "true" : "false");

    wismo_out_text(out, ",\"carrier_status\":");

    if (p->headline) {
        wismo_out_text(out, "\"");
        wismo_document_name(out, p->headline->name);
        wismo_out_text(out, ".");
        wismo_document_name(out, p->headline->sub);
        wismo_out_text(out, "\",\"carrier_status_said\":{");
        wismo_document_said(out, &p->headline_said);

        to = wismo_to_name(p->headline_to);

        if (to) {
            wismo_out_text(out, ",\"delivered_to\":\"");
            wismo_document_name(out, to);
            wismo_out_text(out, "\"");
        }

        if (p->headline_raw.len) {
            wismo_out_text(out, ",\"raw\":");
            wismo_out_json_str(out, &p->headline_raw);
        }

        wismo_out_text(out, "}");

    } else {
        wismo_out_text(out, "null");
    }

    same = wismo_document_edd_same(&p->edd, &p->edd_first)
           && wismo_document_said_same(&p->edd_said, &p->edd_first_said);

    wismo_document_edds(out, &p->edd, &p->edd_first, same);
    wismo_document_owns(out, &p->own, &p->own_first);

    if (p->edd.basis != WISMO_BASIS_UNKNOWN) {
        wismo_out_text(out, ",\"estimate_said\":{");
        wismo_document_said(out, &p->edd_said);
        wismo_out_text(out, "}");

        if (!same) {
            wismo_out_text(out, ",\"first_estimate_said\":{");
            wismo_document_said(out, &p->edd_first_said);
            wismo_out_text(out, "}");
        }
    }

    if (p->pieces_total > 0 || p->pieces_delivered > 0) {
        wismo_out_text(out, ",\"pieces_total\":");
        wismo_out_int(out, p->pieces_total);
        wismo_out_text(out, ",\"pieces_delivered\":");
        wismo_out_int(out, p->pieces_delivered);

    } else {
        wismo_out_text(out, ",\"pieces_total\":null,"
                            "\"pieces_delivered\":null");
    }

    wismo_out_text(out, ",\"weight_g\":");

    if (p->weight_g > 0) {
        wismo_out_int(out, p->weight_g);

    } else {
        wismo_out_text(out, "null");
    }

    wismo_out_text(out, ",\"signed_for\":");
    wismo_document_name(out, p->signed_for ? "true" : "false");
    wismo_out_text(out, ",\"pickup_by\":");
    wismo_document_when(out, &p->pickup_by);

    wismo_document_pickup(out, p);

    wismo_out_text(out, ",\"items\":[");

    for (i = 0; i < p->nitems; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        wismo_out_text(out, "{\"id\":");
        wismo_document_str(out, &p->items[i].id);
        wismo_out_text(out, ",\"quantity\":");
        wismo_out_int(out, p->items[i].quantity);
        wismo_out_text(out, "}");
    }

    wismo_out_text(out, "],\"events\":[");

    for (i = 0; i < p->nevents; i++) {

        if (i) {
            wismo_out_text(out, ",");
        }

        wismo_document_event(out, &p->events[i], &mark[i]);
    }

    wismo_out_text(out, "]");
}


static void
wismo_document_event(wismo_out_t *out, const wismo_event_t *e,
    wismo_document_mark_t *mark)
{
    const char             *to;
    unsigned char           wall[WISMO_TIME_WALL_LEN];
    const wismo_when_t     *when;
    wismo_document_span_t  *span, other;

    if (wismo_document_event_same(out, e, mark)) {
        return;
    }

    when = &e->when;

    mark->event = e;
    mark->plain = false;
    span = &mark->iso;

    wismo_out_text(out, "{\"utc\":");
    span->start = wismo_document_at(out);
    wismo_document_utc(out, when->utc);
    span->end = wismo_document_at(out);

    if (wismo_document_is_time(when->utc)) {
        span = &other;
    }

    wismo_out_text(out, ",\"wallclock\":");

    if (when->basis == WISMO_BASIS_DATE
        || !wismo_document_is_time(when->wall))
    {
        wismo_out_text(out, "null,\"date\":");
        span->start = wismo_document_at(out);
        wismo_document_day(out, when->wall, true);
        span->end = wismo_document_at(out);

    } else {
        wismo_time_wall(wall, when->wall);

        span->start = wismo_document_at(out);
        wismo_out_text(out, "\"");
        wismo_out_bytes(out, wall, WISMO_TIME_WALL_LEN);
        wismo_out_text(out, "\"");
        span->end = wismo_document_at(out);

        wismo_out_text(out, ",\"date\":\"");
        wismo_out_bytes(out, wall, WISMO_TIME_DATE_LEN);
        wismo_out_text(out, "\"");
    }

    wismo_out_text(out, ",\"offset\":");

    if (when->offset == WISMO_OFFSET_NONE) {
        wismo_out_text(out, "null");

    } else {
        wismo_out_int(out, when->offset);
    }

    wismo_out_text(out, ",\"basis\":\"");
    wismo_document_name(out, wismo_time_basis((wismo_basis_e) when->basis));
    wismo_out_text(out, "\",\"status\":\"");
    wismo_document_name(out, e->status->name);
    wismo_out_text(out, "\",\"substatus\":\"");
    wismo_document_name(out, e->status->sub);
    wismo_out_text(out, "\",\"code\":");
    wismo_document_str(out, &e->code);
    wismo_out_text(out, ",\"description\":");
    mark->text.start = wismo_document_at(out);
    wismo_document_str(out, &e->text);
    mark->text.end = wismo_document_at(out);
    wismo_out_text(out, ",\"place\":");
    mark->place.start = wismo_document_at(out);
    wismo_document_str(out, &e->place);
    mark->place.end = wismo_document_at(out);

    if (e->raw.len) {
        wismo_out_text(out, ",\"raw\":");
        wismo_out_json_str(out, &e->raw);
    }

    to = wismo_to_name(e->delivered_to);

    if (to) {
        wismo_out_text(out, ",\"delivered_to\":\"");
        wismo_document_name(out, to);
        wismo_out_text(out, "\"");
    }

    if (e->return_leg) {
        wismo_out_text(out, ",\"return\":true");
    }

    wismo_out_text(out, "}");

    mark->end = wismo_document_at(out);
}


static void
wismo_document_pickup(wismo_out_t *out, const wismo_parcel_t *p)
{
    const wismo_pickup_t  *pickup;

    pickup = &p->pickup;

    if (pickup->name.len || pickup->address.len || pickup->hours.len
        || pickup->code.len)
    {
        wismo_out_text(out, ",\"pickup\":{\"name\":");
        wismo_document_str(out, &pickup->name);
        wismo_out_text(out, ",\"address\":");
        wismo_document_str(out, &pickup->address);
        wismo_out_text(out, ",\"hours\":");
        wismo_document_str(out, &pickup->hours);
        wismo_out_text(out, ",\"code\":");
        wismo_document_str(out, &pickup->code);
        wismo_out_text(out, ",\"qr\":");
        wismo_document_str(out, &pickup->qr);
        wismo_out_text(out, "}");

    } else {
        wismo_out_text(out, ",\"pickup\":null");
    }

    if (p->partner.len) {
        wismo_out_text(out, ",\"partner\":{\"carrier\":");
        wismo_document_str(out, &p->partner);
        wismo_out_text(out, ",\"tracking_number\":");
        wismo_document_str(out, &p->partner_number);
        wismo_out_text(out, "}");

    } else {
        wismo_out_text(out, ",\"partner\":null");
    }
}


static unsigned
wismo_document_parcels(const wismo_order_t *order, wismo_leg_e leg)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < order->nparcels; i++) {
        if (order->parcels[i].leg == leg
            && order->parcels[i].status->status != WISMO_CANCELLED)
        {
            n++;
        }
    }

    return n;
}


static void
wismo_document_freshness(const wismo_order_t *order, int64_t *checked_at,
    int64_t *next_check_at)
{
    unsigned               i;
    const wismo_parcel_t  *p;

    *checked_at = WISMO_TIME_NONE;
    *next_check_at = WISMO_TIME_NONE;

    for (i = 0; i < order->nparcels; i++) {
        p = &order->parcels[i];

        if (wismo_document_is_time(p->checked_at)
            && p->checked_at > *checked_at)
        {
            *checked_at = p->checked_at;
        }

        if (wismo_document_is_time(p->next_check_at)
            && (*next_check_at == WISMO_TIME_NONE
                || p->next_check_at < *next_check_at))
        {
            *next_check_at = p->next_check_at;
        }
    }
}
