
/*
 * Copyright (C) The Wismo authors
 *
 * The stored form of an order: one Redis string that the module reads with
 * one bounded GETRANGE.
 *
 *   header   ASCII, fixed width (WISMO_DOC_HEADER bytes, ends in \n)
 *   minimal  JSON for whoever knows only the order number: status, dates,
 *            steps, carriers' names, freshness; no item, place, person or
 *            tracking number
 *   full     JSON for the holder of a signed link and for the API
 *
 * Header, all fields decimal, zero-padded, separated by one space; a time
 * that is not there is 0:
 *
 *   "WO2" version:10 updated:10 checked:10 next:10 status:2 flags:4
 *   minimal:6 full:6 revoked:10 email:22 postcode:22 phone:22 "\n"
 *
 * The last three are the proofs of wismo_lookup.h, or as many dots.  A header
 * of "WO1" ends before "revoked": it is read, and written no more.
 *
 * Both JSON texts begin with the order's freshness in fixed width, and each
 * parcel's freshness stands in fixed width too, so that an unchanged poll
 * patches a few bytes in place (SETRANGE) instead of writing the document:
 *
 *   {"checked_at":"2026-11-24T12:00:00Z","next_check_at":"2026-...Z",...
 *
 * A time that is not there is null padded with spaces to the same width.
 * wismo_document_patches() gives the places.
 *
 * Whatever bytes come back from Redis are checked by wismo_document_open()
 * before anything in them is believed.
 */


#ifndef _WISMO_DOCUMENT_H_INCLUDED_
#define _WISMO_DOCUMENT_H_INCLUDED_


#include "wismo_order.h"


#define WISMO_DOC_SCHEMA     2
#define WISMO_DOC_HEADER     150
#define WISMO_DOC_MAX        131072   /* header and both views */

#define WISMO_DOC_FLAG_CANCELLED  0x0001


typedef struct {
    uint64_t                  version;
    int64_t                   updated_at;
    int64_t                   checked_at;     /* NONE when 0 in the header */
    int64_t                   next_check_at;
    wismo_status_e            status;
    unsigned                  flags;
    int64_t                   revoked_at;     /* NONE: no link is revoked */
    wismo_proofs_t            proofs;
    wismo_str_t               minimal;
    wismo_str_t               full;
} wismo_document_t;


/*
 * Checks magic, widths and lengths; touches no JSON.  WISMO_DECLINED tells
 * in err->text what is wrong.  With WISMO_DECLINED, doc->status and
 * doc->updated_at are still set if the header alone was sound (then
 * doc->version is not 0).
 */
int wismo_document_open(const wismo_str_t *bytes, wismo_document_t *doc,
    wismo_error_t *err);

/* The same for a document's first bytes, at most WISMO_DOC_HEADER of them:
 * the views stay empty. */
int wismo_document_head(const wismo_str_t *bytes, wismo_document_t *doc,
    wismo_error_t *err);

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
 * What to SETRANGE so that parcel "index" of the stored document shows these
 * times and the order the latest check and the earliest next one: the bytes
 * become those that wismo_document_write() would give.  Made from the bytes
 * alone, nothing is parsed.  They hold for this version of the document, even
 * if other parcels' times have been patched meanwhile.  WISMO_DECLINED if
 * there is no such parcel or the bytes are no document.
 */

#define WISMO_DOC_PATCHES    5

typedef struct {
    size_t                    offset;
    wismo_str_t               bytes;
} wismo_document_patch_t;

int wismo_document_patches(wismo_pool_t *pool, const wismo_str_t *bytes,
    unsigned index, int64_t checked_at, int64_t next_check_at,
    wismo_document_patch_t *patches, unsigned *n);


#endif /* _WISMO_DOCUMENT_H_INCLUDED_ */
