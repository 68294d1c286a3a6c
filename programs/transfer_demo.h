/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer demo: three processes. The parent leads and tells the story; its children, a sender
 * and a receiver, each with a stack of its own, send it notes over a pipe and take orders from
 * another. The end of that one tells a child that the parent is gone. */
#ifndef USCTP_PROGRAMS_TRANSFER_DEMO_H
#define USCTP_PROGRAMS_TRANSFER_DEMO_H

#include <sys/types.h>

#include "transfer.h"

enum { DEMO_PATH_MAX = 3, NOTE_TEXT_MAX = 200 };

enum note_type {
    NOTE_TEXT = 1,  /* text: an error of a child */
    NOTE_LISTENING, /* receiver; n: SCTP port, UDP port */
    NOTE_UP,        /* sender; n: UDP port, streams */
    NOTE_PROGRESS,  /* sender; n: bytes acknowledged, chunks retransmitted, failovers */
    NOTE_FLOW,      /* receiver: data comes from addr now */
    NOTE_RESUMED,   /* receiver: the first message from another path than the one cut; addr */
    NOTE_RETURNED,  /* receiver: the first message from the healed path again */
    NOTE_DOWN,      /* sender: the path to addr is down */
    NOTE_SENT,      /* sender, last; n: as PROGRESS, then nanoseconds, packets captured, timeouts */
    NOTE_RECEIVED   /* receiver, last; n: files good, files in all, files right on disk, bytes */
};

/* Small enough to be written to a pipe in one piece (PIPE_BUF is at least 512). */
struct note {
    int type;               /* enum note_type */
    int reserved;           /* 0 */
    uint64_t ts;            /* when it happened: the clock is the same in all processes */
    uint64_t n[6];          /* see above */
    struct usctp_addr addr; /* see above */
    char text[NOTE_TEXT_MAX];
};

enum order_type { ORDER_CUT = 1, ORDER_HEAL };

struct order {
    int type;     /* enum order_type */
    int reserved; /* 0 */
    uint64_t ts;  /* when it was given */
};

/* What a child is made with. */
struct demo_child {
    const struct demo_options *options;
    struct usctp_addr addrs[DEMO_PATH_MAX]; /* of both sides; the first is the primary path */
    size_t addr_cnt;
    int notes;             /* to write notes to */
    int orders;            /* to read orders from */
    uint16_t port;         /* sender: SCTP and UDP port of the receiver */
    uint16_t udp_port;     /* see above */
    struct sender *sender; /* sender: has its manifest already */
};

/* The parameters that both sides use. */
void demo_params(struct usctp_params *params);

/* Bodies of the children: return their exit status. */
int demo_sender(const struct demo_child *child);
int demo_receiver(const struct demo_child *child);

/* The children. */
enum { RECEIVER, SENDER, CHILD_CNT };

/* The parent. */
struct demo {
    struct demo_options options;
    struct demo_child child;      /* what children are made with */
    char folder[256];             /* made for target and capture */
    char target[300];             /* in it */
    char capture[300];            /* in it */
    int notes;                    /* to read notes from */
    int orders[CHILD_CNT];        /* to write orders to; -1: none */
    pid_t pids[CHILD_CNT];        /* 0: none, or gone */
    uint64_t begin_ts;            /* data began to flow */
    uint64_t cut_ts, heal_ts;     /* 0: not yet */
    uint64_t resumed_ts, down_ts; /* 0: not yet */
    uint64_t returned_ts;         /* 0: not yet */
    struct note progress;         /* the last of its kind */
    struct note sent, received;   /* type 0: not yet */
    char flow[USCTP_ADDR_TEXT_MAX];
    char fault[NODE_WHY_MAX]; /* what went wrong first */
};

/* A line of the story on standard output. */
void demo_tell(const char *format, ...) REPORT_PRINTF(1, 2);
/* Something went wrong: the first such text becomes the verdict. */
void demo_blame(struct demo *demo, const char *format, ...) REPORT_PRINTF(2, 3);

/* What will happen. */
void demo_tell_plan(const struct demo *demo, const struct sender *sender);
/* A note came. */
void demo_on_note(struct demo *demo, const struct note *note);
void demo_show_progress(const struct demo *demo);
/* What came of it. */
void demo_tell_results(const struct demo *demo);
/* Blames whatever is not as it should be. */
void demo_judge(struct demo *demo);
/* Prints the verdict and returns the exit status; signal: what interrupted it, or 0. */
int demo_verdict(const struct demo *demo, int signal);

#endif
