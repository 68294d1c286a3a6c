/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream schedulers (RFC 8260, 3): which stream's first message is sent next. None costs more for streams that
 * have nothing to send, or whose messages a reset holds (outq.h): those take their turn when that is over. It is
 * only what has all its sequence numbers in flight that is passed by. With DATA a message is sent to its
 * end before the scheduler is asked again, with I-DATA it is asked for each chunk. */
#ifndef USCTP_CORE_SCHED_H
#define USCTP_CORE_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/heap.h"
#include "base/mem.h"
#include "base/table.h"

struct usctp__outmsg;
struct usctp__outq;
struct usctp__stream_out;

struct usctp__sched_ops {
    const char *name;
    /* The message is put at the end of its stream's queue, or stands there and is not held any more. */
    void (*push)(struct usctp__outq *outq, struct usctp__outmsg *msg);
    /* The stream whose first message is next, of those that need not wait (usctp__outq_waits); NULL:
     * there is none. */
    struct usctp__stream_out *(*pick)(const struct usctp__outq *outq);
    /* The message has left its stream's queue: cut to its end, or given up. */
    void (*pop)(struct usctp__outq *outq, struct usctp__outmsg *msg);
    /* A chunk of len bytes was cut off the message, which is still in its queue. NULL: all the same. */
    void (*cut)(struct usctp__outq *outq, struct usctp__outmsg *msg, uint32_t len);
    /* A packet is about to begin. Not NULL: it takes chunks of one stream alone, outq->turn. */
    void (*packet)(struct usctp__outq *outq);
    /* Gets what push needs for a message of this stream, which will be the cnt-th stream that is pushed to before
     * anything is popped; the message may be held before it is pushed. False: no memory. NULL: it needs nothing. */
    bool (*reserve)(struct usctp__outq *outq, struct usctp__mem *mem, uint16_t sid, uint32_t cnt);
    /* Another scheduler takes over: forgets all messages. */
    void (*stop)(struct usctp__outq *outq);
    /* It keeps lists and nothing else: where one message waits, `cut` and `packet` change nothing. */
    bool lists_only;
};

/* First come, first served (3.1): messages in the order in which they were handed in. */
extern const struct usctp__sched_ops usctp__sched_first_come;

/* Round robin (3.2): a message of each stream in turn, or a chunk. */
extern const struct usctp__sched_ops usctp__sched_round_robin;

/* The same by packets (3.3). */
extern const struct usctp__sched_ops usctp__sched_round_robin_packet;

/* Strict priority (3.4), fair capacity (3.5), weighted fair queueing (3.6): sched_rank.c. */
extern const struct usctp__sched_ops usctp__sched_priority;
extern const struct usctp__sched_ops usctp__sched_fair;
extern const struct usctp__sched_ops usctp__sched_weighted;

/* One of the application's: sched_user.c. */
struct usctp__sched_user {
    struct usctp__mem *mem;
    struct usctp_scheduler ops; /* the application's */
    void *state;                /* what its `begin` gave */
    uint32_t msg_cnt;           /* messages that it knows of */
};

/* Makes it; NULL: no memory. */
struct usctp__sched_user *usctp__sched_user_new(struct usctp__mem *mem,
                                                const struct usctp_scheduler *ops, void *ctx);

/* Ends it; no association is scheduled by it. NULL is allowed. */
void usctp__sched_user_free(struct usctp__sched_user *user);

/* How it is called, for outq->user. */
const struct usctp__sched_ops *usctp__sched_user_ops(const struct usctp__sched_user *user);

/* What some schedulers know of a stream. */
struct usctp__rank {
    struct usctp__chain chain;        /* in ranks->by_id: the hash is the id */
    struct usctp__heap_node node;     /* in ranks->heap while the stream has messages */
    struct usctp__stream_out *stream; /* while it has */
    uint64_t finish;                  /* capacity it has used in this round, in virtual time */
    uint64_t round;                   /* which round that is of */
    uint16_t value;                   /* priority or weight, as set; 0: it is not set */
};

/* The same of an association: made when such a scheduler, or a value, is set. */
struct usctp__ranks {
    struct usctp__mem *mem;
    struct usctp__chaintable
        by_id;               /* struct usctp__rank: of all streams used since, or with a value */
    struct usctp__heap heap; /* of those with messages: the least key is next */
    uint64_t turn;           /* numbers turns, so that equals take them in turn */
    uint64_t round;          /* numbers rounds: one ends when nothing waits any more */
    uint64_t now;            /* virtual time of the round: that of the stream served last */
};

/* The value of a stream; 0 where none was set. */
uint16_t usctp__sched_value(const struct usctp__outq *outq, uint16_t sid);

/* Sets it. False: no memory. */
bool usctp__sched_set_value(struct usctp__outq *outq, struct usctp__mem *mem, uint16_t sid,
                            uint16_t value);

/* Frees all that schedulers know; nothing is queued. */
void usctp__sched_free(struct usctp__outq *outq);

#endif
