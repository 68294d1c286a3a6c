/* SPDX-License-Identifier: BSD-3-Clause */
/* Notifications (RFC 6458, 6), with Linux's layouts: each goes into the receive queue where the association
 * has a subscription for it (6.2). */
#ifndef USCTP_SOCKET_NOTIFY_H
#define USCTP_SOCKET_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

struct usctp__sock;
struct usctp__peer;

/* The bit of a notification type in usctp__peer_opts.events; 0: there is no such type. Our own types
 * (0x80f0 and up) have bits too. */
uint32_t usctp__event_bit(uint16_t type);

/* 6.1.1: state is SCTP_COMM_UP and the like; error a cause code; causes as on the wire. COMM_UP is
 * followed by what belongs behind it (6.1.8: the peer does not authenticate). */
void usctp__note_assoc_change(struct usctp__sock *sock, struct usctp__peer *peer, uint16_t state,
                              uint16_t error, const uint8_t *causes, size_t causes_len);

/* 6.1.2 */
void usctp__note_path(struct usctp__sock *sock, struct usctp__peer *peer,
                      const struct usctp_event *event);

/* 6.1.3 */
void usctp__note_remote_error(struct usctp__sock *sock, struct usctp__peer *peer,
                              const struct usctp_event *event);

/* 6.1.4 and 6.1.11, whichever is subscribed to. */
void usctp__note_send_failed(struct usctp__sock *sock, struct usctp__peer *peer,
                             const struct usctp_event *event);

/* 6.1.5 */
void usctp__note_shutdown(struct usctp__sock *sock, struct usctp__peer *peer);

/* 6.1.7: if a message of the association was delivered in part, it will not be finished. */
void usctp__note_break(struct usctp__sock *sock, struct usctp__peer *peer);

/* The same where the peer gave one up, and the association goes on. */
void usctp__note_given_up(struct usctp__sock *sock, struct usctp__peer *peer,
                          const struct usctp_event *event);

/* RFC 6525, 6.1.1 to 6.1.3 */
void usctp__note_streams_reset(struct usctp__sock *sock, struct usctp__peer *peer,
                               const struct usctp_event *event);
void usctp__note_assoc_reset(struct usctp__sock *sock, struct usctp__peer *peer,
                             const struct usctp_event *event);
void usctp__note_streams_added(struct usctp__sock *sock, struct usctp__peer *peer,
                               const struct usctp_event *event);

/* 6.1.8: new and free keys. */
void usctp__note_auth(struct usctp__sock *sock, struct usctp__peer *peer,
                      const struct usctp_event *event);

/* 6.1.6 */
void usctp__note_adaptation(struct usctp__sock *sock, struct usctp__peer *peer,
                            uint32_t indication);

/* 6.1.9 */
void usctp__note_dry(struct usctp__sock *sock, struct usctp__peer *peer);

/* 6.1.10: notifications were dropped; put in once there is room again. */
void usctp__note_stopped(struct usctp__sock *sock, struct usctp__peer *peer);

#endif
