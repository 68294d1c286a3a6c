/* SPDX-License-Identifier: BSD-3-Clause */
/* Events wait here until the state is consistent: one queue an association, messages and all else
 * in the order in which they happened. */
#ifndef USCTP_CORE_EVENT_H
#define USCTP_CORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/list.h"

struct usctp_assoc;
struct usctp__path;
struct usctp__outmsg;

struct usctp__eventq {
    struct usctp__queue queue; /* struct usctp__event_node, and struct usctp_message (message.h) */
    uint32_t message_cnt;      /* of these, messages */
    bool paused;               /* messages are not delivered now */
    bool closed_raised;        /* CLOSED is in the queue: nothing is put behind it */
};

/* Raising events: each copies what it is given; where there is no memory for an event it is dropped
 * and counted, but CLOSED and LOST always come (their nodes are part of the association). All touch
 * the association. */
void usctp__event_up(struct usctp_assoc *assoc);
void usctp__event_restarted(struct usctp_assoc *assoc);
void usctp__event_lost(struct usctp_assoc *assoc, enum usctp_lost_reason reason, uint16_t cause,
                       const uint8_t *causes, size_t causes_len);
void usctp__event_closed(struct usctp_assoc *assoc);
void usctp__event_writable(struct usctp_assoc *assoc);
void usctp__event_dry(struct usctp_assoc *assoc);
void usctp__event_peer_shutdown(struct usctp_assoc *assoc);
void usctp__event_path(struct usctp_assoc *assoc, const struct usctp__path *path,
                       enum usctp_path_change change);
void usctp__event_remote_error(struct usctp_assoc *assoc, uint16_t cause, const uint8_t *causes,
                               size_t causes_len);
void usctp__event_buffered_low(struct usctp_assoc *assoc, bool whole_assoc, uint16_t stream,
                               size_t buffered);
/* Takes the message over: it is released after the event. */
void usctp__event_send_failed(struct usctp_assoc *assoc, struct usctp__outmsg *msg, bool sent,
                              uint16_t cause);

/* Delivers what can be delivered now. While messages are paused, events other than PEER_SHUTDOWN,
 * RESTARTED, LOST and CLOSED overtake them. Stops when the association was freed in a callback.
 * Returns true if it delivered any. */
bool usctp__event_deliver(struct usctp_assoc *assoc);

/* True if usctp__event_deliver would deliver something. */
bool usctp__event_ready(const struct usctp_assoc *assoc);

/* True if anything at all waits, delivery paused or not. */
bool usctp__event_pending(const struct usctp_assoc *assoc);

/* At the end of input, before the driver's buffers go: messages that stay queued and still lie in
 * them get copies of their own; where there is no memory they are lost with the association (the
 * data was acknowledged), which is aborted then. */
void usctp__event_settle_lent(struct usctp_assoc *assoc);

/* Drops everything that waits, releasing messages; no event is delivered any more. */
void usctp__event_clear(struct usctp_assoc *assoc);

#endif
