/* SPDX-License-Identifier: BSD-3-Clause */
/* Path MTU discovery by probing (RFC 8899; RFC 4820): HEARTBEATs that are padded to a size are tried beside
 * the data; where packets of full size vanish while small ones do not, the limit falls. Nothing relies on
 * ICMP. */
#ifndef USCTP_CORE_PMTUD_H
#define USCTP_CORE_PMTUD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/path.h"

struct usctp_assoc;
struct usctp__path;

/* A search, or a suspicion; in being as long as there is one of them. */
struct usctp__pmtud {
    uint8_t nonce[USCTP__NONCE_LEN];       /* of the probe on its way */
    uint8_t check_nonce[USCTP__NONCE_LEN]; /* suspicion: of the question whether anything passes */
    uint64_t check_tsn; /* suspicion: the first chunk of the packet that was lost */
    uint64_t check_ts;  /* and when */
    uint32_t low;       /* search: the largest size that is known to pass, */
    uint32_t high;      /* the largest that may, */
    uint32_t size;      /* the one that is tried, or comes next */
    uint8_t lost_cnt;   /* probes of this size without an answer (PROBE_COUNT) */
    bool searching;
    bool probe_out; /* a probe is on its way */
    bool checking;  /* there is a suspicion */
    bool moved;     /* what was lost goes over another path since */
    bool asked;     /* that question is on its way */
    bool alive;     /* it was answered */
};

/* The path can carry data, or its settings have changed: a search begins, or what there was ends. */
void usctp__pmtud_begin(struct usctp_assoc *assoc, struct usctp__path *path);

/* Gives back what a path has; no probe is sent any more. */
void usctp__pmtud_stop(struct usctp_assoc *assoc, struct usctp__path *path);

/* What of it goes along when an association is handed over: how long until the next search, or probe (USCTP__NEVER:
 * there is none), and, while it searches, the largest size that may pass, else 0. And going on with that. */
uint64_t usctp__pmtud_state(const struct usctp__path *path, uint32_t *high);
void usctp__pmtud_resume(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t high,
                         uint64_t wait_dur);

/* Alarm handler: the next probe is due, or the last one was not answered, or a new search is due. */
void usctp__pmtud_on_alarm(struct usctp_assoc *assoc, struct usctp__path *path);

/* A nonce came back to the path; true: it was that of its probe, or of its question. */
bool usctp__pmtud_answered(struct usctp_assoc *assoc, struct usctp__path *path,
                           const uint8_t *nonce);

/* T3-rtx expired: the same again, while a small HEARTBEAT is answered, means a black hole. */
void usctp__pmtud_on_t3(struct usctp_assoc *assoc, struct usctp__path *path);

/* What was sent again, `tsn`, outstanding on the path, is lost while what was sent after it has arrived: the same
 * an RTO later, while nothing of that size arrives, means a black hole, too. */
void usctp__pmtud_on_loss(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t tsn);

/* Packets above `len` do not pass, as a verified ICMP message says: the limit falls, by what a search finds
 * where there may be one. What is outstanding in larger packets is marked for retransmission. */
void usctp__pmtud_on_icmp(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len);

/* The probe is too big for the lower layer, which takes `len`; 0: it does not say. */
void usctp__pmtud_too_big(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len);

#endif
