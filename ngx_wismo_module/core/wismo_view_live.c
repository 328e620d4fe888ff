
/*
 * Copyright (C) The Wismo authors
 *
 * What a page needs to learn of changes while it is open: its version, as
 * events of its stream name it, and whether anything can change at all.
 * Called by wismo_view.c.
 */


#include "wismo_live.h"
#include "wismo_view_make.h"


void
wismo_view_live(wismo_viewer_t *v, wismo_json_t *model,
    const wismo_document_t *doc, const wismo_substatus_t *row)
{
    char             id[WISMO_LIVE_ID_MAX];
    bool             can_change;
    uint32_t         mark;
    wismo_out_t      path;
    wismo_str_t      text, version;
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

    mark = v->ctx->incidents == NULL
           ? 0 : wismo_incidents_mark(v->ctx->incidents, v->ctx->now, v->order,
                                      v->view == WISMO_VIEW_FULL);

    text.data = (unsigned char *) id;
    text.len = wismo_live_id(id, doc->version, mark);

    wismo_str_null(&version);

    if (wismo_pstrdup(v->pool, &version, &text) != WISMO_OK) {
        v->speech.failed = true;
    }

    wismo_view_str(v, live, "version", &version);
}
