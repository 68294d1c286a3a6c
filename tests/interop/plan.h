/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a peer of the interoperability tests is asked to do, and the books it keeps. Message number i
 * of a plan has a length, a stream, an order and bytes that follow from i alone, and carries
 * PLAN_PPID + i as its payload protocol identifier: whoever knows the plan can check everything it
 * receives. The peers of all stacks take the same options.
 */
#ifndef USCTP_TESTS_INTEROP_PLAN_H
#define USCTP_TESTS_INTEROP_PLAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __GNUC__
#define PLAN_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#else
#define PLAN_PRINTF(format_at, args_at)
#endif

#define PLAN_ADDRS_MAX 4
#define PLAN_SIZES_MAX 16

/* Above all that are assigned: no dissector takes our bytes for a protocol it knows. */
#define PLAN_PPID      UINT32_C(0x80000001)

enum plan_order { PLAN_ORDERED, PLAN_UNORDERED, PLAN_MIXED /* Every third message unordered. */ };

/* How an association ends. PLAN_END_WAIT: as the other side likes. */
enum plan_end { PLAN_END_WAIT, PLAN_END_SHUTDOWN, PLAN_END_ABORT, PLAN_END_VANISH };

struct plan {
    const char *name;                  /* Of the program, for messages. */
    int listen;                        /* Wait for the other side; else connect. */
    const char *local[PLAN_ADDRS_MAX]; /* Addresses as text. */
    const char *remote[PLAN_ADDRS_MAX];
    size_t local_cnt, remote_cnt;
    uint16_t local_udp, remote_udp; /* UDP ports; local 0: drawn and printed. */
    uint16_t port, remote_port;     /* SCTP ports. */
    uint16_t streams;               /* Streams that messages are spread over, both ways. */
    uint32_t send_cnt, expect_cnt;  /* Messages to send; to receive. */
    int echo;                       /* Sends back what comes. */
    uint32_t sizes[PLAN_SIZES_MAX]; /* Lengths, taken in turn. */
    size_t size_cnt;
    enum plan_order order;
    enum plan_end end;      /* What this side does when its work is done. */
    enum plan_end peer_end; /* With PLAN_END_WAIT: how the other side must end it. */
    uint32_t vanish_after;  /* With PLAN_END_VANISH: gone without a word after so many messages. */
    uint32_t restarts;      /* How often the other side begins afresh. */
    uint32_t rto_min_ms;    /* 0: the stack's own. */
    uint32_t deadline_s;    /* Guard: gives up then. */
    int no_address_types;   /* INIT without Supported Address Types (usctp). */
    int unfinished;         /* The other side ends it before the work is done. */
    int discard;            /* What comes is counted, not checked. */
    uint32_t reset_every;   /* Outgoing streams are reset each so many messages; 0: never. */
    int resets_both;        /* And incoming ones with them (usctp). */
    uint16_t start_streams; /* Outgoing streams at first; 0: as many as there are messages for. */
    int add_out, add_in;    /* This side asks for the others, outgoing, incoming (RFC 6525). */
    uint32_t renumber_at;   /* It asks for an association reset behind so many messages; 0: not. */
    int ecn;                /* Marks of routers are heeded (RFC 3168). */
    int interleave;         /* I-DATA must be agreed on (RFC 8260). */
    int give_up;            /* Messages are not sent again: what is lost is given up (RFC 7496). */
    int keep_ordered;       /* Then those that are ordered are not given up. */
    uint32_t paths;         /* Not done before so many paths carry data (usctp). */
    const char *auth; /* Messages go authenticated under this shared key (RFC 4895); NULL: not. */
    int stuck;        /* The other side has another key: nothing gets through. */
    const char *capture; /* Packet capture to write (usctp); NULL: none. */
};

/* Reads the options; prints what is wrong and returns -1, or 0. */
int plan_parse(struct plan *plan, const char *name, int argc, char **argv);

/* What message i is like. */
uint32_t plan_len(const struct plan *plan, uint32_t i);
uint16_t plan_stream(const struct plan *plan, uint32_t i);
int plan_unordered(const struct plan *plan, uint32_t i);

/* True if it may be given up. */
int plan_gives_up(const struct plan *plan, uint32_t i);

/* Writes its bytes from offset on. */
void plan_fill(uint32_t i, uint32_t offset, uint8_t *buf, size_t len);

/* A message that is coming in piece by piece. */
struct work_part {
    uint32_t ppid; /* 0: none. */
    uint32_t len;  /* Bytes so far. */
};

/* What has been done. */
struct work {
    const struct plan *plan;
    uint32_t next_out; /* The next message of our own to send. */
    uint32_t *echoes;  /* Messages to send back, in the order in which they came. */
    uint32_t echo_head, echo_tail;
    uint8_t *seen;           /* For each expected message: it came. */
    uint32_t *last;          /* For each stream: 1 + the last ordered message; 0: none. */
    struct work_part *parts; /* For each stream two: ordered, unordered. */
    uint8_t *scratch;        /* Expected bytes. */
    uint32_t in_cnt, out_cnt, restart_cnt;
    uint32_t out_streams; /* Outgoing streams there are now. */
    int renumbered;       /* The association was reset. */
    uint64_t in_bytes, out_bytes;
    int failed;
    char why[200]; /* The first thing that was wrong. */
};

/* Makes the books; 0, or -1 without memory. */
int work_init(struct work *work, const struct plan *plan);
void work_free(struct work *work);

/* The other side has begun afresh: all counts start again. */
void work_restart(struct work *work);

/* The message to send next, as its number; -1: none now: what needs a stream that there is not yet, or comes
 * behind the reset of the association, waits. work_sent: it was taken by the stack. */
int64_t work_next(const struct work *work);
void work_sent(struct work *work);

/* A piece of a message came in. unordered: -1 if the stack does not tell. */
void work_take(struct work *work, uint16_t stream, int unordered, uint32_t ppid, const void *data,
               size_t len, int last);

/* It is time to ask for an association reset, once all is acknowledged. */
int work_renumbers(const struct work *work);

/* Everything is sent, or handed to the stack, and everything expected has come. */
int work_complete(const struct work *work);

/* It is time to vanish. */
int work_vanishes(const struct work *work);

/* Notes what is wrong; the first one counts. */
void work_fail(struct work *work, const char *format, ...) PLAN_PRINTF(2, 3);

/* The association has ended that way (by_peer: the other side began it): as planned? */
void work_ended(struct work *work, enum plan_end how, int by_peer);

/* Prints the one line of summary; returns the exit status. */
int work_summary(const struct work *work, const char *more);

#endif
