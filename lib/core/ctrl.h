/* SPDX-License-Identifier: BSD-3-Clause */
/* Control chunks that wait for output: ready-made bytes, each with the path it must take. */
#ifndef USCTP_CORE_CTRL_H
#define USCTP_CORE_CTRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct usctp_assoc;
struct usctp__path;

enum usctp__ctrl_flag {
    USCTP__CTRL_ALONE = 1 << 0,    /* a packet of its own: INIT, SHUTDOWN COMPLETE */
    USCTP__CTRL_FIRST = 1 << 1,    /* before all others: COOKIE ECHO, COOKIE ACK */
    USCTP__CTRL_LAST = 1 << 2,     /* nothing after it in the packet: ABORT */
    USCTP__CTRL_REPLY = 1 << 3,    /* answers a received packet: capped (see below) */
    USCTP__CTRL_TAG_ZERO = 1 << 4, /* verification tag 0: INIT (RFC 9260, 8.5.1 (A)) */
    USCTP__CTRL_DATA_OK = 1 << 5,  /* COOKIE ECHO: DATA may be bundled although not established */
    USCTP__CTRL_AGAIN = 1 << 6     /* sent again by T1 or T2: not counted as a chunk */
};

struct usctp__ctrl {
    struct usctp__qlink link;
    size_t cap;       /* of the buffer that holds this struct and the chunk */
    uint32_t path_id; /* the path it must take; USCTP_PATH_ANY: the present data path */
    uint16_t len;     /* of the chunk with its padding, bytes */
    uint8_t flags;    /* enum usctp__ctrl_flag */
    uint8_t type;     /* chunk type */
    uint8_t bytes[];  /* the chunk */
};

struct usctp__ctrlq {
    struct usctp__queue queue; /* struct usctp__ctrl */
    uint32_t byte_cnt;         /* bytes of chunks waiting */
    uint32_t reply_cnt;        /* of these, bytes of replies */
};

enum {
    USCTP__CTRL_REPLY_MAX = 16384 /* bytes of replies that may wait; what is above is not sent */
};

/* Queues a chunk (len bytes as written by a chunk writer, padded to 4). With USCTP__CTRL_REPLY it is
 * dropped and counted when too many wait, or when this received packet has already earned a packet's
 * worth of replies. An unsent chunk of the same type and path is replaced unless it is a reply.
 * Returns false if it was not queued (no memory, cap). Touches the association. */
bool usctp__ctrl_push(struct usctp_assoc *assoc, const struct usctp__path *path, unsigned flags,
                      const uint8_t *chunk, size_t len);

/* The first waiting chunk, or NULL; pop takes it out of the queue, then it is the caller's until
 * usctp__ctrl_free. */
struct usctp__ctrl *usctp__ctrl_peek(const struct usctp_assoc *assoc);
struct usctp__ctrl *usctp__ctrl_pop(struct usctp_assoc *assoc);
void usctp__ctrl_free(struct usctp_assoc *assoc, struct usctp__ctrl *ctrl);

/* Drops every waiting chunk of this type. */
void usctp__ctrl_cancel(struct usctp_assoc *assoc, uint8_t type);

/* Drops all. */
void usctp__ctrl_clear(struct usctp_assoc *assoc);

#endif
