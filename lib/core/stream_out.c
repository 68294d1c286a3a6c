/* SPDX-License-Identifier: BSD-3-Clause */
/* Outbound streams. */
#include "core/stream_out.h"

#include <string.h>

#include "base/compiler.h"
#include "core/assoc.h"

/* A page of cnt streams, beginning with this id; NULL: no memory. */
static struct usctp__stream_out *make_page(struct usctp__core *core, uint32_t first_id,
                                           uint32_t cnt)
{
    size_t cap;
    struct usctp__stream_out *page =
        usctp__bufpool_get(&core->bufs, cnt * sizeof(struct usctp__stream_out), &cap);

    if (page == NULL) {
        return NULL;
    }
    memset(page, 0, cnt * sizeof(*page));
    for (uint32_t i = 0; i < cnt; i++) {
        page[i].id = (uint16_t)(first_id + i);
    }
    return page;
}

static void free_page(struct usctp__core *core, struct usctp__stream_out *page, uint32_t cnt)
{
    size_t cap = USCTP__BUF_MIN;

    if (page != NULL) {
        /* The real size of its buffer: a power of two. */
        while (cap < cnt * sizeof(*page)) {
            cap *= 2;
        }
        usctp__bufpool_put(&core->bufs, page, cap);
    }
}

static void free_table(struct usctp__core *core, struct usctp__streams_out *streams)
{
    usctp__bufpool_put(&core->bufs, streams->pages, streams->page_cnt * sizeof(*streams->pages));
}

/* Makes the table of pages reach up to `index`. */
static bool reach(struct usctp__core *core, struct usctp__streams_out *streams, uint32_t index)
{
    struct usctp__stream_out **pages;
    size_t cap;

    if (index < streams->page_cnt) {
        return true;
    }
    pages = usctp__bufpool_get(&core->bufs, (index + 1) * sizeof(*pages), &cap);
    if (pages == NULL) {
        return false;
    }
    memset(pages, 0, cap);
    if (streams->page_cnt > 0) {
        memcpy(pages, streams->pages, streams->page_cnt * sizeof(*pages));
        free_table(core, streams);
    }
    streams->pages = pages;
    streams->page_cnt = (uint32_t)(cap / sizeof(*pages));
    return true;
}

static void make_head(struct usctp__core *core, struct usctp__streams_out *streams)
{
    streams->head = make_page(core, 0, USCTP__STREAM_NEAR_CNT);
    for (uint32_t i = 0; streams->head != NULL && i < USCTP__STREAM_NEAR_CNT; i++) {
        streams->head[i].next_ssn = streams->near_ssn[i];
        streams->head[i].next_mid = streams->near_mid[i];
    }
}

struct usctp__stream_out *usctp__stream_out_find(const struct usctp__streams_out *streams,
                                                 uint16_t id)
{
    uint32_t index = id / USCTP__STREAM_PAGE_CNT;

    if (id < USCTP__STREAM_NEAR_CNT) {
        return streams->head != NULL ? &streams->head[id] : NULL;
    }
    if (index >= streams->page_cnt || streams->pages[index] == NULL) {
        return NULL;
    }
    return &streams->pages[index][id % USCTP__STREAM_PAGE_CNT];
}

struct usctp__stream_out *usctp__stream_out_get(struct usctp__core *core,
                                                struct usctp__streams_out *streams, uint16_t id)
{
    struct usctp__stream_out *stream = usctp__stream_out_find(streams, id);
    uint32_t index = id / USCTP__STREAM_PAGE_CNT;

    if (stream != NULL) {
        return stream;
    }
    if (id < USCTP__STREAM_NEAR_CNT) {
        make_head(core, streams);
    } else if (reach(core, streams, index)) {
        streams->pages[index] =
            make_page(core, index * USCTP__STREAM_PAGE_CNT, USCTP__STREAM_PAGE_CNT);
    }
    return usctp__stream_out_find(streams, id);
}

struct usctp__stream_out *usctp__stream_out_next(const struct usctp__streams_out *streams,
                                                 uint32_t id)
{
    if (id < USCTP__STREAM_NEAR_CNT) {
        if (streams->head != NULL) {
            return &streams->head[id];
        }
        id = USCTP__STREAM_NEAR_CNT;
    }
    for (uint32_t index = id / USCTP__STREAM_PAGE_CNT; index < streams->page_cnt; index++) {
        if (streams->pages[index] != NULL) {
            uint32_t first = index * USCTP__STREAM_PAGE_CNT;

            return &streams->pages[index][id > first ? id - first : 0];
        }
    }
    return NULL;
}

/* Nothing but its sequence number tells it from one that was never used. */
static bool at_rest(const struct usctp__stream_out *stream)
{
    return usctp__queue_empty(&stream->queue) && stream->buffered == 0 &&
           stream->ordered_cnt == 0 && !stream->low_set && !stream->low_due && !stream->resets &&
           !usctp__list_linked(&stream->order);
}

void usctp__stream_out_trim(struct usctp__core *core, struct usctp__streams_out *streams)
{
    if (streams->head == NULL) {
        return;
    }
    for (uint32_t i = 0; i < USCTP__STREAM_NEAR_CNT; i++) {
        if (!at_rest(&streams->head[i])) {
            return;
        }
    }
    for (uint32_t i = 0; i < USCTP__STREAM_NEAR_CNT; i++) {
        streams->near_ssn[i] = streams->head[i].next_ssn;
        streams->near_mid[i] = streams->head[i].next_mid;
    }
    free_page(core, streams->head, USCTP__STREAM_NEAR_CNT);
    streams->head = NULL;
}

void usctp__stream_out_rewind(struct usctp__streams_out *streams)
{
    struct usctp__stream_out *stream;

    memset(streams->near_ssn, 0, sizeof(streams->near_ssn));
    memset(streams->near_mid, 0, sizeof(streams->near_mid));
    for (uint32_t id = 0; (stream = usctp__stream_out_next(streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        stream->next_ssn = 0; /* RFC 9260, 6.5; RFC 8260, 2.1 */
        stream->next_mid = 0;
        stream->ordered_cnt = 0;
    }
}

void usctp__stream_out_reset(struct usctp__streams_out *streams,
                             const struct usctp__stream_set *set)
{
    struct usctp__stream_out *stream;

    for (uint16_t id = 0; id < USCTP__STREAM_NEAR_CNT; id++) {
        if (usctp__stream_set_has(set, id)) {
            streams->near_ssn[id] = 0;
            streams->near_mid[id] = 0; /* RFC 8260, 2.3.2 */
        }
    }
    for (uint32_t id = 0; (stream = usctp__stream_out_next(streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        if (usctp__stream_set_has(set, stream->id)) {
            stream->next_ssn = 0;
            stream->next_mid = 0; /* RFC 8260, 2.3.2 */
        }
    }
}

bool usctp__stream_out_at_zero(const struct usctp__streams_out *streams,
                               const struct usctp__stream_set *set)
{
    const struct usctp__stream_out *stream;

    for (uint16_t id = 0; id < USCTP__STREAM_NEAR_CNT; id++) {
        if (streams->head == NULL && (streams->near_ssn[id] | streams->near_mid[id]) != 0 &&
            usctp__stream_set_has(set, id)) {
            return false;
        }
    }
    for (uint32_t id = 0; (stream = usctp__stream_out_next(streams, id)) != NULL;
         id = (uint32_t)stream->id + 1) {
        if ((stream->next_ssn != 0 || stream->next_mid != 0 || stream->buffered != 0) &&
            usctp__stream_set_has(set, stream->id)) {
            return false;
        }
    }
    return true;
}

void usctp__stream_out_free_all(struct usctp__core *core, struct usctp__streams_out *streams)
{
    free_page(core, streams->head, USCTP__STREAM_NEAR_CNT);
    for (uint32_t index = 0; index < streams->page_cnt; index++) {
        free_page(core, streams->pages[index], USCTP__STREAM_PAGE_CNT);
    }
    if (streams->page_cnt > 0) {
        free_table(core, streams);
    }
    memset(streams, 0, sizeof(*streams));
}

void usctp__stream_out_raise(struct usctp_assoc *assoc)
{
    struct usctp__qlink *link;

    while ((link = usctp__queue_pop(&assoc->tx.outq.streams.low)) != NULL) {
        struct usctp__stream_out *stream = USCTP__CONTAINER_OF(link, struct usctp__stream_out, low);

        stream->low_due = false;
        usctp__event_buffered_low(assoc, false, stream->id, stream->buffered);
    }
}

size_t usctp__stream_out_buffered(const struct usctp_assoc *assoc, uint16_t id)
{
    const struct usctp__stream_out *stream = usctp__stream_out_find(&assoc->tx.outq.streams, id);

    return stream == NULL ? 0 : stream->buffered;
}

int usctp__stream_out_set_low_water(struct usctp_assoc *assoc, uint16_t id, size_t len)
{
    struct usctp__stream_out *stream;

    if (id >= assoc->out_streams) {
        return USCTP_ENOENT;
    }
    stream = usctp__stream_out_get(assoc->core, &assoc->tx.outq.streams, id);
    if (stream == NULL) {
        return USCTP_ENOMEM;
    }
    stream->low_water =
        (uint32_t)USCTP__MIN(len, (size_t)USCTP__STREAM_LOW_MAX) & USCTP__STREAM_LOW_MAX;
    stream->low_set = true;
    stream->low_armed = stream->buffered > stream->low_water;
    return USCTP_OK;
}
