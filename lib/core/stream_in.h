/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of each inbound stream: the number of the message that is delivered next. The first
 * few streams have their place here, the others in pages that are made on first use. */
#ifndef USCTP_CORE_STREAM_IN_H
#define USCTP_CORE_STREAM_IN_H

#include <stddef.h>
#include <stdint.h>

#include "core/stream_set.h"

struct usctp__core;

enum {
    USCTP__STREAM_IN_FIRST = 4, /* streams without a page */
    USCTP__STREAM_IN_PAGE = 16, /* streams in a page */
};

struct usctp__streams_in {
    uint32_t first[USCTP__STREAM_IN_FIRST]; /* next number of these; a SSN is its low 16 bits */
    uint32_t **pages;  /* by stream / USCTP__STREAM_IN_PAGE; members may be NULL */
    uint32_t page_cnt; /* elements of pages, a power of two or 0 */
};

/* usctp__stream_in_get of a stream that has its place in a page. */
uint32_t *usctp__stream_in_page(struct usctp__streams_in *streams, struct usctp__core *core,
                                uint16_t sid);

/* The stream's next number, for changing it; NULL: no memory. */
static inline uint32_t *usctp__stream_in_get(struct usctp__streams_in *streams,
                                             struct usctp__core *core, uint16_t sid)
{
    return sid < USCTP__STREAM_IN_FIRST ? &streams->first[sid]
                                        : usctp__stream_in_page(streams, core, sid);
}

/* The stream's next number; 0 where there is no page yet. */
uint32_t usctp__stream_in_next(const struct usctp__streams_in *streams, uint16_t sid);

/* These streams start at 0 again (RFC 6525, 5.2.2, E3). */
void usctp__stream_in_reset(struct usctp__streams_in *streams, const struct usctp__stream_set *set);

/* All streams start at 0 again; the pages are freed. */
void usctp__stream_in_clear(struct usctp__streams_in *streams, struct usctp__core *core);

#endif
