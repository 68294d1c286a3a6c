/* SPDX-License-Identifier: BSD-3-Clause */
/* Outbound streams: made in pages when a stream is first used. The first two streams have a small page
 * of their own, since many associations use no others. */
#ifndef USCTP_CORE_STREAM_OUT_H
#define USCTP_CORE_STREAM_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "core/stream_set.h"

struct usctp_assoc;
struct usctp__core;

enum {
    USCTP__STREAM_NEAR_CNT = 2,           /* streams of the first page */
    USCTP__STREAM_PAGE_CNT = 16,          /* streams of the others */
    USCTP__STREAM_LOW_MAX = (1 << 28) - 1 /* the highest mark */
};

/* An outbound stream. What every message touches stands first: with very many streams each touch of
 * another piece of memory is what a message costs. */
struct usctp__stream_out {
    struct usctp__queue queue; /* struct usctp__outmsg: not sent, or not to the end */
    uint32_t buffered;         /* payload bytes accepted and not acknowledged */
    uint32_t msg_cnt;          /* messages in the queue */
    uint16_t id;               /* stream identifier */
    uint16_t ordered_cnt;      /* ordered messages that have chunks not acknowledged (6.1) */
    uint32_t next_ssn;         /* of the next ordered message: its low 16 bits, or a whole MID */
    uint32_t next_mid;         /* I-DATA: of the next unordered message */
    uint32_t low_set : 1;      /* the mark is in use */
    uint32_t low_armed : 1;    /* it is, and buffered has been above it */
    uint32_t low_due : 1;      /* it fell to the mark: an event is due */
    uint32_t resets : 1;       /* it is to be reset (reconf.h): messages queued since then wait */
    uint32_t low_water : 28;   /* the mark */
    struct usctp__list order;  /* for the scheduler */
    struct usctp__qlink low;   /* in usctp__streams_out.low while low_due */
};

/* All of them. Zeroed memory is none. */
struct usctp__streams_out {
    struct usctp__stream_out *head;   /* the first USCTP__STREAM_NEAR_CNT, or NULL */
    struct usctp__stream_out **pages; /* by id / USCTP__STREAM_PAGE_CNT; NULL where none is used */
    uint32_t page_cnt;                /* elements of pages: they fill its buffer */
    uint32_t
        near_ssn[USCTP__STREAM_NEAR_CNT]; /* next_ssn of the first ones while `head` is NULL, */
    uint32_t near_mid[USCTP__STREAM_NEAR_CNT]; /* and next_mid */
    struct usctp__queue low;                   /* streams with an event due */
};

/* The stream, made if need be; NULL: no memory. */
struct usctp__stream_out *usctp__stream_out_get(struct usctp__core *core,
                                                struct usctp__streams_out *streams, uint16_t id);

/* The stream; NULL: it was never used. */
struct usctp__stream_out *usctp__stream_out_find(const struct usctp__streams_out *streams,
                                                 uint16_t id);

/* The same as usctp__stream_out_get, quick where it is one of the first. */
static inline struct usctp__stream_out *usctp__stream_out_use(struct usctp__core *core,
                                                              struct usctp__streams_out *streams,
                                                              uint16_t id)
{
    if (id < USCTP__STREAM_NEAR_CNT && streams->head != NULL) {
        return &streams->head[id];
    }
    return usctp__stream_out_get(core, streams, id);
}

/* The first stream in use with this id or a higher one; NULL: there is none. */
struct usctp__stream_out *usctp__stream_out_next(const struct usctp__streams_out *streams,
                                                 uint32_t id);

/* Gives the first page back if its streams are at rest; of them the sequence numbers are kept. */
void usctp__stream_out_trim(struct usctp__core *core, struct usctp__streams_out *streams);

/* Sequence numbers begin anew; nothing is cut in part. */
void usctp__stream_out_rewind(struct usctp__streams_out *streams);

/* The sequence numbers of these streams begin anew (RFC 6525, 5.2.7, H4). */
void usctp__stream_out_reset(struct usctp__streams_out *streams,
                             const struct usctp__stream_set *set);

/* True if these streams have nothing to reset: their next number is 0, and nothing waits to be sent. */
bool usctp__stream_out_at_zero(const struct usctp__streams_out *streams,
                               const struct usctp__stream_set *set);

/* Frees all; nothing is queued any more. */
void usctp__stream_out_free_all(struct usctp__core *core, struct usctp__streams_out *streams);

/* len bytes more are buffered, or fewer; falling to the mark makes an event due. */
static inline void usctp__stream_out_add(struct usctp__stream_out *stream, uint32_t len)
{
    stream->buffered += len;
    if (stream->low_set && stream->buffered > stream->low_water) {
        stream->low_armed = true;
    }
}

static inline void usctp__stream_out_take(struct usctp__streams_out *streams,
                                          struct usctp__stream_out *stream, uint32_t len)
{
    USCTP__ASSERT(stream->buffered >= len);
    stream->buffered -= len;
    if (USCTP__UNLIKELY(stream->low_armed) && stream->buffered <= stream->low_water) {
        stream->low_armed = false;
        if (!stream->low_due) {
            stream->low_due = true;
            usctp__queue_push(&streams->low, &stream->low);
        }
    }
}

/* Raises the events that are due. */
void usctp__stream_out_raise(struct usctp_assoc *assoc);

/* usctp_stream_buffered. */
size_t usctp__stream_out_buffered(const struct usctp_assoc *assoc, uint16_t id);

/* usctp_stream_set_low_water: 0, USCTP_ENOENT or USCTP_ENOMEM. */
int usctp__stream_out_set_low_water(struct usctp_assoc *assoc, uint16_t id, size_t len);

#endif
