/* SPDX-License-Identifier: BSD-3-Clause */
/* The packet builder: one packet at a time, written into the send slab. */
#ifndef USCTP_CORE_BUILD_H
#define USCTP_CORE_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct usctp_assoc;
struct usctp__ctrl;
struct usctp__path;
struct usctp__outmsg;
struct usctp__txslot;
struct usctp__auth_key;

/* A packet being built. */
struct usctp__build {
    struct usctp_assoc *assoc;
    struct usctp__path *path;    /* where it goes; NULL: no packet is open */
    struct usctp__writer w;      /* what is written so far; its capacity is the packet's limit */
    size_t auth_pos;             /* where its AUTH chunk begins; 0: there is none */
    size_t auth_room;            /* bytes of its limit kept for AUTH, not in w.cap */
    struct usctp__auth_key *key; /* with AUTH: what it goes under */
    bool has_data;               /* DATA is in it */
    bool has_old;                /* DATA that was sent before, too */
    bool has_chunks;             /* anything is in it */
    bool has_sack;               /* a SACK is in it */
    bool data_ok;                /* COOKIE ECHO is in it: DATA may follow (RFC 9260, 5.1 C) */
    bool closed;                 /* nothing may follow what is in it */
    bool tag_zero;               /* verification tag 0 (8.5.1 (A)) */
    bool may_fragment;           /* above the path's limit: one chunk cut before it fell (6.9) */
};

/* No packet is open: all else is set when one is opened. */
static inline void usctp__build_init(struct usctp__build *build, struct usctp_assoc *assoc)
{
    build->assoc = assoc;
    build->path = NULL;
}

/* Opens a packet to `path` of at most the path's limit, or of `min_len` bytes where that is more: then
 * IP may fragment it. Flushes the slab if need be. False: no room; core->blocked tells whether since
 * the lower layer is blocked. None must be open. */
bool usctp__build_open(struct usctp__build *build, struct usctp__path *path, size_t min_len);

/* Bytes of chunks that still fit; 0 where no packet is open or nothing may follow. */
static inline size_t usctp__build_room(const struct usctp__build *build)
{
    return build->path == NULL || build->closed ? 0 : build->w.cap - build->w.len;
}

/* Bytes beyond its own that a control chunk of this type needs in the packet at hand, or in a new one
 * where none is open: for AUTH before it (RFC 4895, 6.2). */
size_t usctp__build_auth_len(const struct usctp__build *build, uint8_t type);

/* False: the message goes under another key than the packet at hand (RFC 6458, 5.3.8). */
bool usctp__build_key_fits(const struct usctp__build *build, const struct usctp__outmsg *msg);

/* Appends a control chunk that waited; it fits. */
void usctp__build_ctrl(struct usctp__build *build, const struct usctp__ctrl *ctrl);

/* Appends the SACK that describes what was received now; USCTP__SACK_MIN_LEN fits. */
void usctp__build_sack(struct usctp__build *build);

/* Appends the chunk with this TSN, which is in `slot` of the ring, sent first or again; it fits. `immediate`
 * sets its I bit. Does the accounts of sending it, too. */
void usctp__build_data(struct usctp__build *build, uint64_t tsn, struct usctp__txslot *slot,
                       bool immediate);

/* Ends the packet at hand and hands it to the slab; an empty one is dropped. */
void usctp__build_close(struct usctp__build *build);

#endif
