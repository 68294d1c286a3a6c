/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of each inbound stream. */
#include "core/stream_in.h"

#include <stdbool.h>
#include <string.h>

#include "base/compiler.h"
#include "core/core.h"

enum { PAGE_LEN = USCTP__STREAM_IN_PAGE * sizeof(uint32_t) };

/* Makes the directory reach up to page `index`. */
static bool grow_directory(struct usctp__streams_in *streams, struct usctp__core *core,
                           uint32_t index)
{
    uint32_t cnt = USCTP__MAX(streams->page_cnt, 1u);
    uint32_t **pages;

    while (cnt <= index) {
        cnt *= 2;
    }
    pages = usctp__mem_grow(&core->mem, streams->pages, streams->page_cnt * sizeof(*pages),
                            cnt * sizeof(*pages));
    if (pages == NULL) {
        return false;
    }
    for (uint32_t i = streams->page_cnt; i < cnt; i++) {
        pages[i] = NULL;
    }
    streams->pages = pages;
    streams->page_cnt = cnt;
    return true;
}

uint32_t *usctp__stream_in_page(struct usctp__streams_in *streams, struct usctp__core *core,
                                uint16_t sid)
{
    uint32_t index = sid / USCTP__STREAM_IN_PAGE;

    if (index >= streams->page_cnt && !grow_directory(streams, core, index)) {
        return NULL;
    }
    if (streams->pages[index] == NULL) {
        size_t cap;
        uint32_t *page = usctp__bufpool_get(&core->bufs, PAGE_LEN, &cap);

        if (page == NULL) {
            return NULL;
        }
        memset(page, 0, PAGE_LEN);
        streams->pages[index] = page;
    }
    return &streams->pages[index][sid % USCTP__STREAM_IN_PAGE];
}

uint32_t usctp__stream_in_next(const struct usctp__streams_in *streams, uint16_t sid)
{
    uint32_t index = sid / USCTP__STREAM_IN_PAGE;

    if (sid < USCTP__STREAM_IN_FIRST) {
        return streams->first[sid];
    }
    if (index >= streams->page_cnt || streams->pages[index] == NULL) {
        return 0;
    }
    return streams->pages[index][sid % USCTP__STREAM_IN_PAGE];
}

/* A stream without a page stands at 0. */
static void reset_one(struct usctp__streams_in *streams, uint16_t sid)
{
    uint32_t index = sid / USCTP__STREAM_IN_PAGE;

    if (sid < USCTP__STREAM_IN_FIRST) {
        streams->first[sid] = 0;
    } else if (index < streams->page_cnt && streams->pages[index] != NULL) {
        streams->pages[index][sid % USCTP__STREAM_IN_PAGE] = 0;
    }
}

void usctp__stream_in_reset(struct usctp__streams_in *streams, const struct usctp__stream_set *set)
{
    for (size_t i = 0; i < set->cnt; i++) {
        reset_one(streams, usctp__get16(set->streams + 2 * i));
    }
    if (set->cnt > 0) {
        return;
    }
    memset(streams->first, 0, sizeof(streams->first));
    for (uint32_t i = 0; i < streams->page_cnt; i++) {
        if (streams->pages[i] != NULL) {
            memset(streams->pages[i], 0, PAGE_LEN);
        }
    }
}

void usctp__stream_in_clear(struct usctp__streams_in *streams, struct usctp__core *core)
{
    for (uint32_t i = 0; i < streams->page_cnt; i++) {
        /* PAGE_LEN is the size of a class of buffers: it is the real size. */
        usctp__bufpool_put(&core->bufs, streams->pages[i], PAGE_LEN);
    }
    usctp__mem_free(&core->mem, streams->pages, streams->page_cnt * sizeof(*streams->pages));
    memset(streams, 0, sizeof(*streams));
}
