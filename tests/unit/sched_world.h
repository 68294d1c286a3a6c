/* SPDX-License-Identifier: BSD-3-Clause */
/* A queue of messages with a scheduler, for the tests of schedulers. */
#ifndef UNIT_SCHED_WORLD_H
#define UNIT_SCHED_WORLD_H

#include "unit/unit.h"

#include "common/test_memory.h"
#include "core/core.h"
#include "core/outq.h"

enum { STREAM_CNT = 40, MSG_CNT = 3000 };

struct world {
    struct test_memory memory;
    struct usctp__core core;
    struct usctp__outq outq;
    struct usctp__outmsg msgs[MSG_CNT]; /* ppid: the order in which they came */
    unsigned msg_cnt;
    uint64_t sent[STREAM_CNT]; /* bytes */
    struct usctp__list held;   /* of reconf */
};

static inline struct world *world_new(const struct usctp__sched_ops *ops, bool interleaved)
{
    struct world *w = test_calloc(1, sizeof(*w));

    usctp__mem_init(&w->core.mem, test_memory_init(&w->memory), 0);
    usctp__bufpool_init(&w->core.bufs, &w->core.mem);
    usctp__outq_init(&w->outq, ops);
    usctp__list_init(&w->held);
    w->outq.interleaved = interleaved;
    return w;
}

static inline void world_free(struct world *w)
{
    usctp__sched_free(&w->outq);
    usctp__sched_user_free(w->outq.user);
    usctp__stream_out_free_all(&w->core, &w->outq.streams);
    usctp__bufpool_destroy(&w->core.bufs);
    assert_int_equal(test_memory_leaks(&w->memory), 0);
    test_free(w);
}

static inline void push(struct world *w, uint16_t sid, uint32_t len)
{
    struct usctp__outmsg *msg = &w->msgs[w->msg_cnt];
    struct usctp__stream_out *stream = usctp__stream_out_use(&w->core, &w->outq.streams, sid);

    assert_true(w->msg_cnt < MSG_CNT);
    assert_non_null(stream);
    if (w->outq.sched->reserve != NULL) {
        assert_true(w->outq.sched->reserve(&w->outq, &w->core.mem, sid, 1));
    }
    msg->len = len;
    msg->ppid = w->msg_cnt++;
    usctp__outq_push(&w->outq, stream, msg, &w->held);
}

static inline void set_value(struct world *w, uint16_t sid, uint16_t value)
{
    assert_true(usctp__sched_set_value(&w->outq, &w->core.mem, sid, value));
    assert_int_equal(usctp__sched_value(&w->outq, sid), value);
}

/* Cuts the next chunk, of at most max bytes; returns its stream, or -1. */
static inline int cut(struct world *w, uint32_t max)
{
    struct usctp__outmsg *msg = usctp__outq_next(&w->outq);
    uint32_t len;
    int sid;

    if (msg == NULL) {
        return -1;
    }
    sid = msg->stream->id;
    len = msg->len - msg->cut_len;
    len = len < max ? len : max;
    usctp__outq_cut(&w->outq, msg, len);
    w->sent[sid] += len;
    return sid;
}

/* The next message leaves whole; false: there is none. */
static inline bool cut_next(struct world *w)
{
    struct usctp__outmsg *msg = usctp__outq_next(&w->outq);

    if (msg != NULL) {
        usctp__outq_cut(&w->outq, msg, msg->len - msg->cut_len);
    }
    return msg != NULL;
}

/* A message comes and leaves, while no other waits. */
static inline void send_alone(struct world *w, uint16_t sid)
{
    assert_int_equal(w->outq.msg_cnt, 0);
    push(w, sid, 100);
    assert_true(cut_next(w));
    w->msg_cnt = 0;
    memset(&w->msgs[0], 0, sizeof(w->msgs[0]));
}

/* The streams of the next chunks are these; -1 ends them. */
static inline void expect(struct world *w, uint32_t max, const int *sids)
{
    for (; *sids >= 0; sids++) {
        assert_int_equal(cut(w, max), *sids);
    }
}
#define EXPECT(w, max, ...) expect((w), (max), (const int[]){__VA_ARGS__, -1})

/* The next messages of the stream wait for a reset of it. */
static inline void hold(struct world *w, uint16_t sid)
{
    struct usctp__stream_out *stream = usctp__stream_out_use(&w->core, &w->outq.streams, sid);

    assert_non_null(stream);
    usctp__outq_hold(&w->outq, stream);
}

/* All resets are over. */
static inline void release(struct world *w)
{
    usctp__outq_release(&w->outq, &w->held);
    assert_true(usctp__list_empty(&w->held));
    assert_int_equal(w->outq.held_cnt, 0);
    assert_int_equal(w->outq.older_cnt, 0);
}

#endif
