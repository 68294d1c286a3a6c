/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the fuzz targets of whole stacks share: the input as a stream of numbers, a stack over a lower
 * layer that queues what is sent, and what must hold whatever comes: every packet sent is well formed,
 * events keep their promises, all invariants of all associations hold, time comes to rest, and in the
 * end nothing is left in memory.
 */
#ifndef USCTP_FUZZ_SIDE_H
#define USCTP_FUZZ_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <usctp/lower.h>
#include <usctp/usctp.h>

#include "common/test_crypto.h"
#include "common/test_memory.h"

/* The target: runs once on the len bytes at data; returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Also where the library is built without assertions. */
#define CHECK(x) ((x) ? (void)0 : abort())

/* --- The input -------------------------------------------------------------------------------- */

struct fuzz_input {
    const uint8_t *ptr; /* next byte */
    size_t left;        /* bytes from there on */
};

/* Numbers, big-endian; zeros behind the end. */
uint8_t fuzz_u8(struct fuzz_input *in);
uint16_t fuzz_u16(struct fuzz_input *in);
uint32_t fuzz_u32(struct fuzz_input *in);

/* The next bytes: as many of `want` as there are; *len says how many. */
const uint8_t *fuzz_bytes(struct fuzz_input *in, size_t want, size_t *len);

/* A span of time from one byte: 0, or from 1 us to some hours, finer where it is short. */
uint64_t fuzz_dur(struct fuzz_input *in);

/* --- A stack ---------------------------------------------------------------------------------- */

enum {
    FUZZ_UDP_PORT = 9899,       /* of everybody */
    FUZZ_QUEUE_MAX = 4096,      /* packets that wait; what is above is lost */
    FUZZ_CONN_MAX = 256,        /* associations of a run; none is made above */
    FUZZ_KEPT_MAX = 16,         /* messages kept at once */
    FUZZ_ADDRS = 3,             /* addresses of a side */
    FUZZ_MESSAGE_MAX = 1 << 18, /* longest message sent */
    FUZZ_MEMORY_MAX = 1 << 25   /* bytes that a stack may have at any time */
};

/* A packet that was sent. */
struct fuzz_packet {
    struct fuzz_packet *next;
    struct usctp_addr local, remote;
    uint16_t remote_udp_port;
    size_t len;
    uint8_t data[];
};

struct fuzz_side;

/* An association as the program sees it: the user pointer of the association. */
struct fuzz_conn {
    struct fuzz_side *side;
    usctp_assoc *assoc;    /* NULL: not known yet, or gone */
    bool gone;             /* CLOSED came, or it was freed: no event comes any more */
    bool up;               /* UP came */
    bool lost;             /* LOST came: only CLOSED, and what was under way, may follow */
    uint32_t blocked;      /* sends that would block since the last WRITABLE */
    uint32_t adopted_cnt;  /* messages adopted, */
    uint32_t released_cnt; /* and given back */
    uint32_t cork_cnt;     /* corks not undone */
    uint16_t next_seq[16]; /* honest traffic: number of the next message by stream, to send */
    uint16_t due_seq[16];  /* and to come */
    struct fuzz_part {
        uint32_t have_len; /* bytes that came of a message delivered in parts; 0: none is */
        uint32_t len;      /* of all of it */
        uint16_t seq;
    } parts[16]; /* by stream: RFC 8260, 2, there is one at a time, ordered or not */
};

struct fuzz_side {
    struct test_memory memory;
    struct test_crypto crypto;
    struct usctp_config config;
    struct usctp_params params;
    usctp_stack *stack;
    usctp_lower_id lower;
    uint32_t lower_flags;
    struct usctp_addr addrs[FUZZ_ADDRS]; /* the first one is in use, the others at will */
    uint64_t now_ts;
    struct fuzz_packet *sent; /* the oldest packet that waits */
    struct fuzz_packet **sent_end;
    size_t sent_cnt;
    uint64_t out_cnt; /* packets ever handed over */
    size_t max_len;   /* longest packet that may be sent, unless it may be fragmented */
    size_t room;      /* packets that the lower layer takes before it blocks */
    size_t too_big;   /* not 0: longer ones are refused */
    bool unreachable; /* all are refused */
    bool ending;      /* the stack is being freed */
    bool refuse;      /* the accept callback says no */
    bool forged;      /* cookies may say what none of ours says */
    bool unsealed;    /* with DTLS some packets come in without CRC32c */
    unsigned in_callback;
    struct fuzz_conn *conns[FUZZ_CONN_MAX]; /* in order of appearance */
    size_t conn_cnt;
    usctp_message *kept[FUZZ_KEPT_MAX];
    size_t kept_cnt;
    uint64_t message_cnt; /* delivered */
    /* Called within each event, after it was checked; may call the stack. May be NULL. */
    void (*on_event)(struct fuzz_side *side, struct fuzz_conn *conn,
                     const struct usctp_event *event);
    void *target; /* for on_event */
};

/* Sets up everything but the stack: the target may then change config, params and lower_flags. */
void fuzz_side_init(struct fuzz_side *side, uint64_t seed);

/* Makes the stack and attaches the lower layer; false: that was refused, and nothing is left. */
bool fuzz_side_start(struct fuzz_side *side);

/* True if the lower layer has no addresses (RFC 8261). */
static inline bool fuzz_side_no_addresses(const struct fuzz_side *side)
{
    return (side->lower_flags & USCTP_LOWER_NO_ADDRESSES) != 0;
}

/* Frees the stack and checks that nothing is left. */
void fuzz_side_end(struct fuzz_side *side);

/* All invariants. Not from within callbacks. */
void fuzz_side_check(struct fuzz_side *side);

/* Time goes on to ts: what is due runs. */
void fuzz_side_advance(struct fuzz_side *side, uint64_t ts);

/* Hands in a packet. */
void fuzz_side_input(struct fuzz_side *side, const struct usctp_addr *local,
                     const struct usctp_addr *remote, uint16_t remote_udp_port, const uint8_t *data,
                     size_t len);

/* Takes the oldest packet off the queue, to be freed by the caller; NULL: there is none. */
struct fuzz_packet *fuzz_side_take(struct fuzz_side *side);

/* Frees all that waits. */
void fuzz_side_drop(struct fuzz_side *side);

/* An endpoint that listens or not; port 0: any. NULL: refused. */
usctp_endpoint *fuzz_side_endpoint(struct fuzz_side *side, uint16_t port, uint32_t flags,
                                   const struct usctp_addr *addrs, size_t addr_cnt);

/* Connects; NULL: refused. */
struct fuzz_conn *fuzz_side_connect(struct fuzz_side *side, usctp_endpoint *endpoint,
                                    const struct usctp_peer_addr *addrs, size_t addr_cnt,
                                    uint16_t port);

/* Takes in an association that was handed over; NULL: refused. */
struct fuzz_conn *fuzz_side_import(struct fuzz_side *side, usctp_endpoint *endpoint,
                                   const uint8_t *bytes, size_t len);

/* Connection number n of those that are alive, modulo their count; NULL: there is none. */
struct fuzz_conn *fuzz_side_conn(struct fuzz_side *side, size_t n);

/* Sends len bytes on a connection, adopted or copied, with the checks that belong to it. Returns
 * what the call said. */
int fuzz_conn_send(struct fuzz_conn *conn, const struct usctp_send_info *info, size_t len,
                   bool adopt);

/* Sends a message that fuzz_conn_honest recognises. */
int fuzz_conn_send_honest(struct fuzz_conn *conn, uint16_t stream, size_t len, bool unordered);

/* Frees a connection. */
void fuzz_conn_free(struct fuzz_conn *conn);

/* The message of an event, or its part, is one that fuzz_conn_send_honest sent, in its order. */
void fuzz_conn_honest(struct fuzz_conn *conn, const struct usctp_event *event);

/* Addresses 192.0.2.n, or 2001:db8::n. */
struct usctp_addr fuzz_addr(unsigned n, bool ipv6);

/* --- Packets ---------------------------------------------------------------------------------- */

/* Puts the right checksum in. Packets shorter than their header are left alone. */
void fuzz_seal(uint8_t *packet, size_t len);

/* Every rule that holds for every packet sent: aborts the process where one is broken. */
void fuzz_check_sent(const struct fuzz_side *side, const uint8_t *packet, size_t len);

#endif
