/* SPDX-License-Identifier: BSD-3-Clause */
/* The receiving half of an association: which TSNs came, reassembly, the window, SACKs. */
#ifndef USCTP_CORE_RX_H
#define USCTP_CORE_RX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/reasm.h"
#include "core/rxmap.h"
#include "core/tune.h"

struct usctp_assoc;
struct usctp__packet_in;
struct usctp__path;
struct usctp_message;

struct usctp__rx {
    struct usctp__rxmap map;    /* TSNs received */
    struct usctp__reasm reasm;  /* chunks that wait for others, per-stream state */
    struct usctp_message *kept; /* messages that the application keeps */
    size_t app_memory;          /* real memory of queued, lent, kept and taken messages */
    size_t taken_memory;     /* of that, what the application told of messages that it took over */
    uint64_t edge;           /* right edge promised so far, in payload bytes since the start */
    uint64_t received_bytes; /* payload bytes taken so far: the left side of that sum */
    struct usctp__tune tune; /* the round in which the window is measured */
    uint32_t window;         /* payload bytes that it may hold: grows from receive_window on */
    uint32_t app_bytes;      /* payload of queued, lent, kept and taken messages */
    uint32_t taken_bytes;    /* of these, taken over */
    uint32_t advertised;     /* a_rwnd of the last SACK or INIT (ACK) */
    uint32_t unsacked_packets; /* packets with DATA since the last SACK */
    usctp_path_id sack_path;   /* where the last DATA came from (6.4) */
    uint8_t dup_packets;       /* packets in a row with duplicates only: our SACKs get lost (6.4) */
    bool sack_now;             /* a SACK is due at the next output */
    bool first_sacked;         /* the first DATA was acknowledged (5.1: at once) */
    bool packet_new;           /* the present packet brought a new TSN */
    bool packet_dup;           /* the present packet brought a duplicate */
    bool packet_gap;           /* there was a gap while its chunks were taken */
    bool refused; /* a chunk found no room, and nothing was delivered in part for it yet */
};

/* Payload bytes that are held: what the application has, and what waits for more. */
static inline uint32_t usctp__rx_held(const struct usctp__rx *rx)
{
    return rx->app_bytes + rx->reasm.len;
}

/* The real memory of that. */
static inline size_t usctp__rx_held_memory(const struct usctp__rx *rx)
{
    return rx->app_memory + rx->reasm.memory;
}

/* Starts with the peer's initial TSN; the window was promised in INIT or INIT ACK. */
void usctp__rx_init(struct usctp_assoc *assoc, uint32_t peer_initial_tsn, uint32_t promised_window);

/* Forgets everything received and not delivered, and the stream state (restart, end). */
void usctp__rx_reset(struct usctp_assoc *assoc);

/* What is not delivered is forgotten, all streams are at 0, the peer's next TSN is this one (RFC 6525,
 * 5.2.4, G4). The window stays. */
void usctp__rx_renumber(struct usctp_assoc *assoc, uint32_t tsn);

/* The association's memory goes: everything of it is freed; messages that the application keeps are
 * cut loose. */
void usctp__rx_end(struct usctp_assoc *assoc);

/* The cumulative TSN as it goes on the wire. */
uint32_t usctp__rx_cum_tsn(const struct usctp_assoc *assoc);

/* After the last chunk of a packet with DATA: decides when to SACK (6.2, 6.7). */
void usctp__rx_packet_done(struct usctp_assoc *assoc, struct usctp__packet_in *in);

/* What reassembly gave out goes to the event queue. */
void usctp__rx_deliver(struct usctp_assoc *assoc, struct usctp__queue *out);

/* True if usctp__rx_deliver_late may have something to do. */
static inline bool usctp__rx_has_late(const struct usctp__rx *rx)
{
    return rx->reasm.tail != NULL || rx->reasm.hold != NULL || rx->reasm.stuck || rx->refused;
}

/* Delivers what only shows at the end of a packet: a part of an incomplete message where that is due,
 * and what had found no memory. */
void usctp__rx_deliver_late(struct usctp_assoc *assoc);

/* The delayed-SACK timer expired. */
void usctp__rx_on_sack_alarm(struct usctp_assoc *assoc);

/* The next SACK is due at once: the SHUTDOWN-SENT state answers DATA with SHUTDOWN and SACK (9.2). */
void usctp__rx_sack_asap(struct usctp_assoc *assoc);

/* The application gets, or has still to get, len payload bytes and `memory` of real memory more. */
void usctp__rx_charge(struct usctp_assoc *assoc, uint32_t len, size_t memory);

/* The application has let go of len payload bytes and `memory` of real memory: opens the window, with
 * a window update where 6.2 wants one. */
void usctp__rx_release(struct usctp_assoc *assoc, uint32_t len, size_t memory);

/* The same with a message that lies in the driver's buffer and takes no memory; when it has come back, or several have,
 * usctp__rx_opened is due. */
static inline void usctp__rx_lend(struct usctp__rx *rx, uint32_t len)
{
    rx->app_bytes += len;
}

static inline void usctp__rx_came_back(struct usctp__rx *rx, uint32_t len)
{
    rx->app_bytes -= len;
}

/* The window may have opened: a window update, where 6.2 wants one. */
void usctp__rx_opened(struct usctp_assoc *assoc);

/* The application takes the payload of a message over, whose real memory was `memory` and is `own_memory`
 * now; and has done with so much. False: that is more than it took. */
void usctp__rx_take_over(struct usctp_assoc *assoc, uint32_t len, size_t memory, size_t own_memory);
bool usctp__rx_consumed(struct usctp_assoc *assoc, size_t len, size_t memory);

/* The a_rwnd to advertise now: never pulls the right edge back (and avoids silly windows). */
uint32_t usctp__rx_window(const struct usctp_assoc *assoc);

/* receive_window or receive_memory of the parameters changed. */
void usctp__rx_params_changed(struct usctp_assoc *assoc);

/* The ring of the receive map and other spare memory go; called by the TRIM alarm. */
void usctp__rx_trim(struct usctp_assoc *assoc);

#endif
