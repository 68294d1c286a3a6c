/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting an association up: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, their timers (RFC 9260, 5),
 * and what to do when they come unexpectedly (5.2). */
#ifndef USCTP_CORE_HANDSHAKE_H
#define USCTP_CORE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "wire/packet.h"

struct usctp__core;
struct usctp_assoc;
struct usctp__packet_in;
struct usctp__cookie;

/* What lives only while an association is being set up. */
struct usctp__setup {
    uint8_t *cookie;   /* the peer's state cookie; NULL before INIT ACK */
    size_t cookie_cap; /* of its buffer */
    uint16_t cookie_len;
    uint16_t retry_cnt;      /* T1 expiries of the present chunk */
    uint16_t stale_cnt;      /* Stale Cookie errors so far */
    uint16_t port_retry_cnt; /* new ports drawn after cause 14, at most 3 */
    uint32_t preserve_ms;    /* Cookie Preservative to ask for; 0: none */
    uint64_t rto_dur;        /* the T1 timer's present length */
    uint64_t cookie_sent_ts; /* when COOKIE ECHO was first sent */
};

/* Begins: state COOKIE-WAIT, INIT queued, T1 armed. 0 or an error. */
int usctp__handshake_start(struct usctp_assoc *assoc);

/* T1-init or T1-cookie expired. */
void usctp__handshake_on_t1(struct usctp_assoc *assoc);

/* ERROR with a Stale Cookie cause in COOKIE-ECHOED (5.2.6); measure in microseconds. */
void usctp__handshake_on_stale_cookie(struct usctp_assoc *assoc, uint32_t staleness_us);

/* ABORT with cause 14 came in COOKIE-WAIT: tries again from a new port and tag where that is allowed.
 * False: it is not; handle the ABORT. */
bool usctp__handshake_retry_port(struct usctp_assoc *assoc);

/* Frees what lives only during set-up. */
void usctp__handshake_free(struct usctp_assoc *assoc);

/* What an endpoint tells of itself to answer INITs and COOKIE ECHOs without an association. */
struct usctp__listener {
    usctp_endpoint *endpoint; /* for the association to be */
    uint16_t port;            /* local SCTP port */
    const struct usctp_params *params;
    const struct usctp_addr *addrs; /* configured local addresses */
    size_t addr_cnt;
};

/* Answers an INIT for which there is no association (5.1 B): validates, makes a cookie, sends INIT
 * ACK or ABORT; keeps nothing. */
void usctp__handshake_answer_init(struct usctp__core *core, const struct usctp__listener *listener,
                                  const struct usctp__packet_in *in,
                                  const struct usctp__chunk *chunk);

/* Reads the COOKIE ECHO of an association that does not exist yet (5.1 D): checks the cookie, ports,
 * tag and addresses; answers a stale one. True: *cookie is good. */
bool usctp__handshake_check_cookie(struct usctp__core *core, const struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk, struct usctp__cookie *cookie);

/* Fills a new association (fresh from usctp__assoc_new) from a good cookie: ESTABLISHED, COOKIE ACK
 * queued, paths made, UP raised. 0, or an error and the association is to be dropped. */
int usctp__handshake_accept(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                            const struct usctp__cookie *cookie);

#endif
