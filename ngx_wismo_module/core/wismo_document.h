
/*
 * Copyright (C) The Wismo authors
 *
 * The stored form of an order: one Redis string that the module reads with
 * one bounded GETRANGE.
 *
 *   header   ASCII, fixed width (WISMO_DOC_HEADER bytes, ends in \n), then
 *            a line for each parcel, of fixed width, too
 *   minimal  JSON for whoever knows only the order number: status, dates,
 *            steps, carriers' names, freshness; no item, place, person or
 *            tracking number
 *   full     JSON for the holder of a signed link and for the API
 *   index    where the full view's values stand, if a flag says so; not for
 *            programs other than this (wismo_document_index.c)
 *
 * Header, all fields decimal, zero-padded, separated by one space; a time
 * that is not there is 0:
 *
 *   "WO3" version:10 updated:10 checked:10 next:10 status:2 flags:4
 *   minimal:6 full:6 revoked:10 email:22 postcode:22 phone:22 parcels:2 "\n"
 *
 * email, postcode and phone are the proofs of wismo_lookup.h, or as many
 * dots.  A line is
 *
 *   checked_at:22 next_check_at:22 minimal:6 full:6 "\n"
 *
 * The times as the views have them, and where: in both, the order's and each
 * parcel's freshness stands in fixed width,
 *
 *   {"checked_at":"2026-11-24T12:00:00Z","next_check_at":"2026-...Z",...
 *
 * and a time that is not there is null padded with spaces to the same width.
 * So an unchanged poll patches one place, in one line, instead of writing the
 * document.  wismo_document_patch() makes that, and whoever opens a document
 * gets the lines' times wherever it shows them.
 *
 * "WO2" ends before "parcels" and has no lines, "WO1" before "revoked": both
 * are read, and written no more.
 *
 * Whatever bytes come back from Redis are checked by wismo_document_open()
 * before anything in them is believed.
 */


#ifndef _WISMO_DOCUMENT_H_INCLUDED_
#define _WISMO_DOCUMENT_H_INCLUDED_


#include "wismo_order.h"


#define WISMO_DOC_SCHEMA     3
#define WISMO_DOC_HEADER     153
#define WISMO_DOC_MAX        131072   /* all of it */

#define WISMO_DOC_FLAG_CANCELLED  0x0001
#define WISMO_DOC_FLAG_INDEX      0x0002
#define WISMO_DOC_FLAG_SUMS       0x0004


typedef struct {
    unsigned                  schema;
    uint64_t                  version;
    int64_t                   updated_at;
    int64_t                   checked_at;     /* NONE when 0 in the header */
    int64_t                   next_check_at;
    wismo_status_e            status;
    unsigned                  flags;
    int64_t                   revoked_at;     /* NONE: no link is revoked */
    wismo_proofs_t            proofs;
    unsigned                  nparcels;       /* that have a line */
    wismo_str_t               minimal;
    wismo_str_t               full;
    wismo_str_t               index;          /* of the full view, or empty */
} wismo_document_t;


/*
 * Checks magic, widths, lengths and places, parses no JSON; in the bytes, the
 * views and the header get the lines' times.  WISMO_DECLINED tells in
 * err->text what is wrong.  With WISMO_DECLINED, doc->status and
 * doc->updated_at are still set if the header alone was sound (then
 * doc->version is not 0).
 */
int wismo_document_open(const wismo_str_t *bytes, wismo_document_t *doc,
    wismo_error_t *err);

/* The same for a document's first bytes, at most WISMO_DOC_HEADER of them:
 * the views stay empty, checked_at and next_check_at are those of when the
 * document was written. */
int wismo_document_head(const wismo_str_t *bytes, wismo_document_t *doc,
    wismo_error_t *err);

/*
 * Whether a view of an opened document, doc->minimal or doc->full, can be
 * given away unread: its sum is that of the bytes that were written, or, where
 * there are no sums, it is JSON.  WISMO_DECLINED if not.
 */
int wismo_document_intact(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_str_t *view, wismo_error_t *err);

/*
 * The full view's tree as views take it: without members that are null, and
 * where the document has an index, without those that no page asks for, events
 * being of the type WISMO_JSON_SCAN.  It points into the bytes.
 */
int wismo_document_json(wismo_pool_t *pool, const wismo_document_t *doc,
    unsigned max_nodes, wismo_json_t **json, wismo_error_t *err);

/*
 * Writes the document of an order, header included; order->version is that of
 * this document, so not 0.  If it would exceed WISMO_DOC_MAX, events go as
 * wismo_merge_trim() chooses; WISMO_DECLINED if that is not enough.
 */
int wismo_document_write(wismo_pool_t *pool, const wismo_order_t *order,
    wismo_str_t *bytes);

/*
 * Reads the full view back into an order.  Texts stay in the document's bytes
 * where possible, which must outlive the order.
 */
int wismo_document_read(wismo_pool_t *pool, const wismo_document_t *doc,
    wismo_order_t *order, wismo_error_t *err);

/*
 * A document of one parcel by itself, for whoever knows its tracking number
 * and nothing else: what its carrier tells of it, and nothing of the order, of
 * whom it is for, or of other parcels; neither places nor the carrier's own
 * words, which may name somebody.  Its number is the tracking number.
 * WISMO_DECLINED if the document has no such parcel, or is broken.
 */
int wismo_document_alone(wismo_pool_t *pool, const wismo_document_t *doc,
    const wismo_str_t *number, wismo_document_t *parcel);

/*
 * What to SETRANGE so that parcel "index" of a document shows these times and
 * the order the latest check and the earliest next one: opened, its bytes
 * become those that wismo_document_write() would give.  Without "checked_at"
 * the date alone changes.  The same in all versions that have this parcel in
 * this place; not for older schemas.
 */

typedef struct {
    size_t                    offset;
    wismo_str_t               bytes;
} wismo_document_patch_t;

int wismo_document_patch(wismo_pool_t *pool, unsigned index,
    int64_t checked_at, int64_t next_check_at, wismo_document_patch_t *patch);


#endif /* _WISMO_DOCUMENT_H_INCLUDED_ */
