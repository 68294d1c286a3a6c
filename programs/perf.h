/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-perf: what its parts share. */
#ifndef USCTP_PROGRAMS_PERF_H
#define USCTP_PROGRAMS_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/node.h"

/* What the server does with a message is told by its payload protocol identifier. */
enum { PERF_PPID_DISCARD = 0x75700001, PERF_PPID_ECHO = 0x75700002 };

enum perf_mode {
    PERF_BULK, /* one way, as fast as it goes */
    PERF_PING, /* a message and its echo, one after the other */
    PERF_SETUP /* associations set up and shut down */
};

enum {
    PERF_PORT = 5001, /* SCTP port by default */
    HIST_STEPS = 64,  /* buckets for each power of two */
    HIST_POWERS = 44  /* up to about 5 hours in nanoseconds */
};

/* The names of enum usctp_cc. */
enum { PERF_CC_CNT = 3 };
extern const char *const perf_cc_names[PERF_CC_CNT];

/* Spans, counted in buckets that are at most 1/64 wide. */
struct perf_hist {
    uint64_t cnt, sum_dur, min_dur, max_dur;
    uint32_t buckets[HIST_POWERS * HIST_STEPS];
};

void perf_hist_add(struct perf_hist *hist, uint64_t dur);

/* The span that so many thousandths of all are at most; 0 if there are none. */
uint64_t perf_hist_at(const struct perf_hist *hist, unsigned thousandths);

/* What was measured. */
struct perf_totals {
    uint64_t message_cnt; /* BULK: sent; PING: echoed */
    uint64_t byte_cnt;    /* payload of these */
    uint64_t setup_cnt;   /* associations that came up and were shut down */
    uint64_t failed_cnt;  /* associations that did not come up, or were lost */
    uint64_t sent_packet_cnt, received_packet_cnt;
    uint64_t retransmit_cnt; /* DATA chunks */
    struct perf_hist hist;   /* PING: round trips; SETUP: set-up times */
};

struct perf;

/* One association of the client, or one after the other in PERF_SETUP. */
struct perf_conn {
    struct perf *perf;
    usctp_endpoint *endpoint;
    usctp_assoc *assoc; /* NULL: none */
    bool up;            /* it came up */
    bool closing;       /* usctp_assoc_close was called */
    bool finished;      /* nothing more will come */
    uint16_t stream;    /* of the next message */
    uint16_t stream_cnt;
    uint64_t since_ts; /* of the connect, or of the ping */
    uint64_t sent_cnt; /* messages */
    uint64_t back_len; /* bytes of the echo that have come back */
};

struct perf {
    struct node_options net;
    enum perf_mode mode;
    uint64_t size;         /* of a message, bytes */
    uint64_t count;        /* messages (an association), or associations in SETUP; 0: no limit */
    uint64_t duration_dur; /* 0: none */
    uint64_t parallel;     /* associations at once */
    bool unordered;
    bool json; /* the summary in JSON, on standard output */
    bool once; /* the server ends when its last client has gone */

    struct node node;
    struct perf_conn *conns; /* the client's */
    uint8_t *data;           /* `size` bytes to send */
    uint64_t begin_ts;       /* the first association came up; 0: none did */
    uint64_t end_ts;         /* the last one was done */
    uint64_t shown_ts;       /* progress was last counted then */
    uint64_t shown_cnt;      /* messages, or set-ups, until then */
    uint64_t shown_bytes;
    uint64_t started_cnt; /* SETUP: associations started */
    uint64_t living_cnt;  /* the server's associations; the client's conns not finished */
    bool stopping;
    int status; /* exit status so far */
    struct perf_totals totals;
};

/* Run the two sides; return an exit status. */
int perf_run_server(struct perf *perf);
int perf_run_client(struct perf *perf);

/* The lines of progress, once a second (perf_progress_start arms the timer), and of the end. */
void perf_progress_start(struct perf *perf);
void perf_summary(const struct perf *perf, bool server);

/* Adds what an association counted, before it goes. */
void perf_add_stats(struct perf *perf, const usctp_assoc *assoc);

/* The same for all that live: the program was interrupted. */
void perf_add_all_stats(struct perf *perf);

/* Parts of the client that differ by mode. */
void perf_bulk_pump(struct perf_conn *conn);
void perf_ping_send(struct perf_conn *conn);
void perf_ping_answer(struct perf_conn *conn, const struct usctp_event *event);

/* Starts an association; false after an error line. */
bool perf_conn_start(struct perf_conn *conn);
/* Everything of it was acknowledged: shuts it down. */
void perf_conn_close(struct perf_conn *conn);

#endif
