
/*
 * Copyright (C) The Wismo authors
 *
 * What a page needs to learn of changes while it is open: its version, and
 * whether anything can change at all.  Called by wismo_view.c.
 */


#include "wismo_view_make.h"


void
wismo_view_live(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_document_t *doc, const wismo_substatus_t *row)
{
    bool             can_change;
    wismo_out_t      path, version;
    wismo_str_t      text;
    wismo_json_t    *live;

    live = wismo_view_add(v, model, "live", WISMO_JSON_OBJECT);

    wismo_str_null(&text);

    if (v->ctx->script.len) {
        wismo_out_init(&path, v->pool,
                       v->ctx->base.len + v->ctx->script.len);
        wismo_out_str(&path, &v->ctx->base);
        wismo_out_str(&path, &v->ctx->script);

        v->speech.failed |= path.failed;

        text.data = path.start;
        text.len = (size_t) (path.pos - path.start);
    }

    wismo_view_str(v, live, "script", &text);

    /* what is shown may be old without having an end */

    can_change = v->ctx->script.len && !v->ctx->parcel
                 && (v->ctx->stale
                     || v->open
                     || !(row->final
                          || (doc->flags & WISMO_DOC_FLAG_CANCELLED)));

    wismo_view_bool(v, live, "can_change", can_change);

    wismo_out_init(&version, v->pool, 20);
    wismo_out_int(&version, (int64_t) doc->version);

    v->speech.failed |= version.failed;

    text.data = version.start;
    text.len = (size_t) (version.pos - version.start);

    wismo_view_str(v, live, "version", &text);
}
