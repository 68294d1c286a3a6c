/* SPDX-License-Identifier: BSD-3-Clause */
/* Explicit congestion notification (RFC 4960, appendix A; RFC 3168): routers mark packets instead of
 * dropping them, the receiver echoes the mark, the sender slows down once a window. */
#ifndef USCTP_CORE_ECN_H
#define USCTP_CORE_ECN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct usctp_assoc;
struct usctp__packet_in;
struct usctp__path;

/* The codepoint in the IP header (RFC 3168, 5). */
enum usctp__ecn_codepoint {
    USCTP__ECN_NOT_ECT = 0, /* not to be marked */
    USCTP__ECN_ECT1 = 1,    /* may be marked */
    USCTP__ECN_ECT0 = 2,    /* may be marked: what we send */
    USCTP__ECN_CE = 3       /* marked: congestion was met */
};

/* What an association keeps, from the first mark or echo on. */
struct usctp__ecn {
    uint64_t marked_tsn;   /* lowest TSN of the packet that came marked last */
    uint64_t reduced_tsn;  /* the highest TSN sent when the window was reduced last */
    uint32_t reduced_path; /* id of the path whose window that was; 0: none yet */
    bool echo;             /* ECNE goes with every SACK until CWR comes */
    bool lost_beyond;      /* a chunk above reduced_tsn was lost since */
};

/* What is kept, made on first use; NULL: no memory. */
struct usctp__ecn *usctp__ecn_use(struct usctp_assoc *assoc);

/* The codepoint of a packet with new DATA on this path. */
uint8_t usctp__ecn_codepoint(const struct usctp_assoc *assoc, const struct usctp__path *path);

/* A packet that brought new DATA came marked. */
void usctp__ecn_marked(struct usctp_assoc *assoc, const struct usctp__packet_in *in);

/* Sends the ECNE that is due, in a packet of its own behind the one with the SACK: there are peers that throw
 * away a packet with the ECNE of RFC 4960, and all that is in it, since theirs has a field more. */
void usctp__ecn_echo(struct usctp_assoc *assoc, struct usctp__path *path);

/* A chunk was lost, and: the window of this path was reduced for a mark in the same window of data
 * already, so that losses there are no news (RFC 3168, 6.1.2). */
void usctp__ecn_lost(struct usctp_assoc *assoc, uint64_t tsn);
bool usctp__ecn_reduced(const struct usctp_assoc *assoc, const struct usctp__path *path);

/* Gives back what was kept: the peer began afresh, or the association ends. */
void usctp__ecn_end(struct usctp_assoc *assoc);

#endif
