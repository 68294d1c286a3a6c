/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream schedulers: which stream's first message is sent next. Each costs the same whatever the
 * number of streams, unless one has all its sequence numbers in flight. With DATA a message is sent to its end before the scheduler is asked again. */
#ifndef USCTP_CORE_SCHED_H
#define USCTP_CORE_SCHED_H

struct usctp__outmsg;
struct usctp__outq;
struct usctp__stream_out;

struct usctp__sched_ops {
    const char *name;
    /* The message was put at the end of its stream's queue. */
    void (*push)(struct usctp__outq *outq, struct usctp__outmsg *msg);
    /* The stream whose first message is next, of those that need not wait (usctp__outq_waits); NULL:
     * there is none. */
    struct usctp__stream_out *(*pick)(const struct usctp__outq *outq);
    /* The message has left its stream's queue: cut to its end, or given up. */
    void (*pop)(struct usctp__outq *outq, struct usctp__outmsg *msg);
};

/* First come, first served: messages in the order in which they were handed in. */
extern const struct usctp__sched_ops usctp__sched_first_come;

/* Round robin: a message of each stream in turn. */
extern const struct usctp__sched_ops usctp__sched_round_robin;

#endif
