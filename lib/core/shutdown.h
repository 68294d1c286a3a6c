/* SPDX-License-Identifier: BSD-3-Clause */
/* Graceful shutdown (RFC 9260, 9.2). */
#ifndef USCTP_CORE_SHUTDOWN_H
#define USCTP_CORE_SHUTDOWN_H

struct usctp_assoc;
struct usctp__packet_in;

/* The user wants to shut down (usctp_assoc_close, autoclose). In COOKIE-WAIT the association just
 * ends; in COOKIE-ECHOED it waits for the COOKIE ACK. */
void usctp__shutdown_start(struct usctp_assoc *assoc);

/* Called whenever all data has been acknowledged, and at the transition to ESTABLISHED: sends
 * SHUTDOWN or SHUTDOWN ACK if the state waits for that. */
void usctp__shutdown_progress(struct usctp_assoc *assoc);

/* DATA came in SHUTDOWN-SENT: SHUTDOWN is sent again, at once, and T2 restarted (9.2). */
void usctp__shutdown_on_data(struct usctp_assoc *assoc);

/* HEARTBEAT came in SHUTDOWN-SENT, from a peer that does not know of the SHUTDOWN: the same. */
void usctp__shutdown_on_heartbeat(struct usctp_assoc *assoc, struct usctp__packet_in *in);

/* A packet was taken in SHUTDOWN-SENT: if it has our tag T2 and its count begin afresh (9.2). */
void usctp__shutdown_on_packet(struct usctp_assoc *assoc, const struct usctp__packet_in *in);

/* SHUTDOWN ACK once more: INIT or COOKIE ECHO came in SHUTDOWN-ACK-SENT (9.2, 5.2.4 (A)). T2 is left
 * as it is. */
void usctp__shutdown_resend_ack(struct usctp_assoc *assoc);

/* Alarm handlers. */
void usctp__shutdown_on_t2(struct usctp_assoc *assoc);
void usctp__shutdown_on_t5(struct usctp_assoc *assoc);

#endif
