/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream schedulers (RFC 8260, 3) with messages cut into chunks, by DATA and by I-DATA; schedulers of the
 * application; the change from one to another. First come and round robin: test_sched.c. */
#include "unit/unit.h"

#include "common/test_memory.h"
#include "core/core.h"
#include "core/outq.h"
#include "unit/stack_pair.h"

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

static struct world *world_new(const struct usctp__sched_ops *ops, bool interleaved)
{
    struct world *w = test_calloc(1, sizeof(*w));

    usctp__mem_init(&w->core.mem, test_memory_init(&w->memory), 0);
    usctp__bufpool_init(&w->core.bufs, &w->core.mem);
    usctp__outq_init(&w->outq, ops);
    usctp__list_init(&w->held);
    w->outq.interleaved = interleaved;
    return w;
}

static void world_free(struct world *w)
{
    usctp__sched_free(&w->outq);
    usctp__sched_user_free(w->outq.user);
    usctp__stream_out_free_all(&w->core, &w->outq.streams);
    usctp__bufpool_destroy(&w->core.bufs);
    assert_int_equal(test_memory_leaks(&w->memory), 0);
    test_free(w);
}

static void push(struct world *w, uint16_t sid, uint32_t len)
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

static void set_value(struct world *w, uint16_t sid, uint16_t value)
{
    assert_true(usctp__sched_set_value(&w->outq, &w->core.mem, sid, value));
    assert_int_equal(usctp__sched_value(&w->outq, sid), value);
}

/* Cuts the next chunk, of at most max bytes; returns its stream, or -1. */
static int cut(struct world *w, uint32_t max)
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
static bool cut_next(struct world *w)
{
    struct usctp__outmsg *msg = usctp__outq_next(&w->outq);

    if (msg != NULL) {
        usctp__outq_cut(&w->outq, msg, msg->len - msg->cut_len);
    }
    return msg != NULL;
}

/* A message comes and leaves, while no other waits. */
static void send_alone(struct world *w, uint16_t sid)
{
    assert_int_equal(w->outq.msg_cnt, 0);
    push(w, sid, 100);
    assert_true(cut_next(w));
    w->msg_cnt = 0;
    memset(&w->msgs[0], 0, sizeof(w->msgs[0]));
}

/* The streams of the next chunks are these; -1 ends them. */
static void expect(struct world *w, uint32_t max, const int *sids)
{
    for (; *sids >= 0; sids++) {
        assert_int_equal(cut(w, max), *sids);
    }
}
#define EXPECT(w, max, ...) expect((w), (max), (const int[]){__VA_ARGS__, -1})

/* --- Round robin ------------------------------------------------------------------------------- */

static void test_round_robin_chunks(void **state)
{
    struct world *w = world_new(&usctp__sched_round_robin, true);

    (void)state;
    push(w, 3, 250);
    push(w, 4, 100);
    push(w, 4, 100);
    push(w, 5, 150);
    EXPECT(w, 100, 3, 4, 5, 3, 4, 5, 3);
    assert_int_equal(cut(w, 100), -1);
    world_free(w);
}

/* RFC 8260, 3.3: the stream changes where a packet begins. */
static void test_round_robin_packets(void **state)
{
    struct world *w = world_new(&usctp__sched_round_robin_packet, true);

    (void)state;
    push(w, 3, 500);
    push(w, 30, 100);
    push(w, 30, 100);
    push(w, 5, 100);
    w->outq.sched->packet(&w->outq);
    EXPECT(w, 100, 3, 3);
    w->outq.sched->packet(&w->outq);
    EXPECT(w, 100, 30, 30); /* it has no more */
    w->outq.sched->packet(&w->outq);
    w->outq.sched->packet(&w->outq); /* nothing was sent: it is still the turn of 5 */
    EXPECT(w, 100, 5);
    push(w, 5, 100);
    w->outq.sched->packet(&w->outq);
    EXPECT(w, 100, 3);
    w->outq.sched->packet(&w->outq);
    EXPECT(w, 100, 5);
    w->outq.sched->packet(&w->outq);
    EXPECT(w, 100, 3, 3);
    assert_int_equal(cut(w, 100), -1);
    world_free(w);
}

/* --- Priority ---------------------------------------------------------------------------------- */

/* RFC 8260, 3.4: with I-DATA a large message of low priority does not hold up others, with DATA it does. */
static void check_priority(bool interleaved)
{
    struct world *w = world_new(&usctp__sched_priority, interleaved);

    set_value(w, 7, 5);
    set_value(w, 20, 2);
    push(w, 7, 300);
    push(w, 20, 100);
    push(w, 21, 100); /* 0 is the highest */
    push(w, 22, 200);
    push(w, 21, 100);
    EXPECT(w, 100, 21, 22);
    if (interleaved) {
        EXPECT(w, 100, 21, 22, 20, 7);
    } else {
        EXPECT(w, 100, 22, 21, 20, 7);
    }
    push(w, 20, 100);
    if (interleaved) {
        EXPECT(w, 100, 20, 7, 7);
    } else {
        EXPECT(w, 100, 7, 7, 20);
    }
    assert_int_equal(cut(w, 100), -1);
    world_free(w);
}

static void test_priority(void **state)
{
    struct world *w;

    (void)state;
    check_priority(true);
    check_priority(false);
    w = world_new(&usctp__sched_priority, true);
    set_value(w, 1, 9);
    set_value(w, 2, 8);
    push(w, 1, 100);
    push(w, 2, 100);
    set_value(w, 1, 7); /* takes effect at once */
    EXPECT(w, 100, 1, 2);
    world_free(w);
}

/* --- Capacity ---------------------------------------------------------------------------------- */

/* Streams with messages of different sizes get the same, or as their weights say. */
static void check_shares(const struct usctp__sched_ops *ops, bool interleaved,
                         const unsigned shares[4])
{
    static const uint32_t lens[4] = {3000, 100, 700, 1500};
    struct world *w = world_new(ops, interleaved);
    uint64_t unit, seed = 4;

    for (uint16_t i = 0; i < 4; i++) {
        set_value(w, (uint16_t)(10 + i), (uint16_t)(shares[i] == 1 ? 0 : shares[i]));
        for (uint32_t sent = 0; sent < 100000 * shares[i] / 4; sent += lens[i]) {
            push(w, (uint16_t)(10 + i), lens[i]);
        }
    }
    while (w->sent[10] < 20000 * shares[0]) {
        assert_true(cut(w, 500 + (uint32_t)prng_below(&seed, 600)) >= 10);
    }
    unit = w->sent[10] / shares[0];
    for (unsigned i = 1; i < 4; i++) {
        assert_in_range(w->sent[10 + i] / shares[i], unit - 3100, unit + 3100);
    }
    while (cut(w, 1000) >= 0) {
    }
    world_free(w);
}

static void test_fair(void **state)
{
    static const unsigned equal[4] = {1, 1, 1, 1};

    (void)state;
    check_shares(&usctp__sched_fair, true, equal);
    check_shares(&usctp__sched_fair, false, equal);
    check_shares(&usctp__sched_weighted, true, equal);
}

static void test_weighted(void **state)
{
    static const unsigned weights[4] = {2, 1, 4, 8};

    (void)state;
    check_shares(&usctp__sched_weighted, true, weights);
    check_shares(&usctp__sched_weighted, false, weights);
}

/* Who was idle has saved nothing up, and owes nothing from earlier rounds. */
static void test_fair_after_idling(void **state)
{
    struct world *w = world_new(&usctp__sched_fair, true);

    (void)state;
    push(w, 1, 50000);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(cut(w, 1000), 1);
    }
    push(w, 2, 50000);
    for (unsigned i = 0; i < 20; i++) {
        assert_in_range(cut(w, 1000), 1, 2);
    }
    assert_in_range(w->sent[2], 10000, 11000);
    while (cut(w, 1000) >= 0) {
    }
    push(w, 2, 10000);
    push(w, 1, 10000);
    for (unsigned i = 0; i < 10; i++) {
        assert_in_range(cut(w, 1000), 1, 2);
    }
    assert_in_range(w->sent[1], 54000, 56000);
    world_free(w);
}

/* --- All of them ------------------------------------------------------------------------------- */

static const struct usctp__sched_ops *const all[] = {
    &usctp__sched_first_come, &usctp__sched_round_robin, &usctp__sched_round_robin_packet,
    &usctp__sched_priority,   &usctp__sched_fair,        &usctp__sched_weighted};
enum { ALL_CNT = sizeof(all) / sizeof(all[0]) };

/* All resets are over. */
static void release(struct world *w)
{
    usctp__outq_release(&w->outq, &w->held);
    assert_true(usctp__list_empty(&w->held));
    assert_int_equal(w->outq.held_cnt, 0);
    assert_int_equal(w->outq.older_cnt, 0);
}

/* Messages that are given up, streams that wait or are held, other schedulers in between: each message leaves once, those of a
 * stream in their order. */
static void check_all(bool interleaved, uint64_t seed)
{
    struct world *w = world_new(all[0], interleaved);
    unsigned last[STREAM_CNT] = {0};

    for (unsigned step = 0; step < 6000; step++) {
        uint16_t sid = (uint16_t)prng_below(&seed, STREAM_CNT);
        struct usctp__stream_out *stream = usctp__stream_out_find(&w->outq.streams, sid);

        if (w->msg_cnt < MSG_CNT && prng_below(&seed, 2) == 0) {
            push(w, sid, 1 + (uint32_t)prng_below(&seed, 3000));
        } else if (prng_below(&seed, 40) == 0) {
            assert_true(
                usctp__outq_schedule(&w->outq, &w->core.mem, all[prng_below(&seed, ALL_CNT)]));
        } else if (prng_below(&seed, 30) == 0) {
            set_value(w, sid, (uint16_t)prng_below(&seed, 4));
        } else if (stream != NULL && stream->msg_cnt > 0 && prng_below(&seed, 30) == 0 &&
                   w->outq.locked == NULL) {
            struct usctp__qlink *link = usctp__queue_peek(&stream->queue);

            usctp__outq_remove(&w->outq, USCTP__CONTAINER_OF(link, struct usctp__outmsg, link));
        } else if (stream != NULL && prng_below(&seed, 20) == 0) {
            if (!stream->resets) {
                usctp__outq_hold(&w->outq, stream);
            }
        } else if (prng_below(&seed, 200) == 0) {
            release(w);
        } else if (stream != NULL && prng_below(&seed, 10) == 0) {
            stream->ordered_cnt = stream->ordered_cnt == UINT16_MAX ? 0 : UINT16_MAX;
        } else {
            struct usctp__outmsg *msg = usctp__outq_next(&w->outq);

            if (msg != NULL) {
                assert_true(msg->cut_len > 0 || !usctp__outq_waits(msg->stream));
                assert_false(msg->stream->resets && msg->after_reset);
                assert_true(msg->ppid + 1 >= last[msg->stream->id]);
                last[msg->stream->id] = msg->ppid + 1;
                assert_true(cut(w, 1000) >= 0);
            }
            if (w->outq.sched->packet != NULL && prng_below(&seed, 3) == 0) {
                w->outq.sched->packet(&w->outq);
            }
        }
    }
    release(w);
    for (uint16_t sid = 0; sid < STREAM_CNT; sid++) {
        usctp__stream_out_use(&w->core, &w->outq.streams, sid)->ordered_cnt = 1;
    }
    while (cut(w, 1000) >= 0) {
    }
    assert_int_equal(w->outq.msg_cnt, 0);
    assert_int_equal(w->outq.unsent_len, 0);
    world_free(w);
}

static void test_all(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ALL_CNT; i++) {
        struct world *w = world_new(all[i], true);

        assert_int_equal(cut(w, 1), -1); /* nothing ever came */
        world_free(w);
    }
    for (uint64_t seed = 1; seed < 6; seed++) {
        check_all(false, seed);
        check_all(true, seed);
    }
}

/* One message at a time costs the same however many streams were used before: no memory is taken or given back for
 * it. What many streams at once needed is given back. */
static void check_used_once(const struct usctp__sched_ops *ops)
{
    struct world *w = world_new(ops, true);
    uint64_t alloc_cnt;

    for (uint32_t sid = 0; sid < 60000; sid++) {
        send_alone(w, (uint16_t)sid);
    }
    alloc_cnt = w->memory.alloc_cnt;
    for (uint32_t i = 0; i < 1000; i++) {
        send_alone(w, (uint16_t)(i * 59));
    }
    assert_int_equal(w->memory.alloc_cnt, alloc_cnt);
    for (uint16_t sid = 0; sid < MSG_CNT; sid++) {
        push(w, sid, 100);
    }
    while (cut_next(w)) {
    }
    if (w->outq.ranks != NULL) {
        assert_true(w->outq.ranks->heap.cap <= 16);
    }
    world_free(w);
}

static void test_used_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ALL_CNT; i++) {
        check_used_once(all[i]);
    }
}

/* --- Streams that a reset holds ----------------------------------------------------------------- */

enum { HELD_FIRST = 100 }; /* streams from this one on */

static void hold(struct world *w, uint16_t sid)
{
    struct usctp__stream_out *stream = usctp__stream_out_use(&w->core, &w->outq.streams, sid);

    assert_non_null(stream);
    usctp__outq_hold(&w->outq, stream);
}

/* So many messages or streams may be looked at for a choice. */
static size_t known_cnt(const struct world *w)
{
    size_t cnt = w->outq.ranks != NULL ? w->outq.ranks->heap.cnt : 0;

    USCTP__LIST_FOREACH(link, &w->outq.order)
    {
        cnt++;
    }
    return cnt;
}

/* Some streams are held, two are not; how many the choices for these look at. The held ones come first. */
static size_t choices_beside(const struct usctp__sched_ops *ops, uint16_t held_cnt)
{
    struct world *w = world_new(ops, true);
    struct usctp__outmsg *held = test_calloc(held_cnt, sizeof(*held));
    size_t sum = 0;

    for (uint16_t i = 0; i < held_cnt; i++) {
        uint16_t sid = (uint16_t)(HELD_FIRST + i);

        hold(w, sid);
        if (ops->reserve != NULL) {
            assert_true(ops->reserve(&w->outq, &w->core.mem, sid, 1));
        }
        held[i].len = 100;
        usctp__outq_push(&w->outq, usctp__stream_out_find(&w->outq.streams, sid), &held[i],
                         &w->held);
    }
    assert_int_equal(w->outq.held_cnt, held_cnt);
    assert_null(usctp__outq_next(&w->outq));
    push(w, 3, 200);
    push(w, 4, 200);
    for (unsigned i = 0; i < 4; i++) {
        sum += known_cnt(w);
        assert_in_range(cut(w, 100), 3, 4);
    }
    assert_null(usctp__outq_next(&w->outq));
    test_memory_fail_next(&w->memory, 1); /* none is needed */
    release(w);
    test_memory_fail_next(&w->memory, 0);
    for (uint16_t i = 0; i < held_cnt; i++) {
        struct usctp__outmsg *msg = usctp__outq_next(&w->outq);

        assert_non_null(msg);
        assert_true(ops->reserve != NULL || msg == &held[i]); /* as they came */
        usctp__outq_cut(&w->outq, msg, 100);
    }
    assert_null(usctp__outq_next(&w->outq));
    assert_int_equal(w->outq.msg_cnt, 0);
    world_free(w);
    test_free(held);
    return sum;
}

/* A choice looks at the same streams whether one is held or thousands are. */
static void test_held_cost_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ALL_CNT; i++) {
        assert_int_equal(choices_beside(all[i], 10000), choices_beside(all[i], 1));
    }
}

/* What was there before the reset goes first, and with it the stream goes. A message that is held can be given up. */
static void check_older_first(const struct usctp__sched_ops *ops)
{
    struct world *w = world_new(ops, true);

    push(w, 3, 100);
    push(w, 3, 200);
    push(w, 4, 100);
    hold(w, 3);
    push(w, 3, 100);
    push(w, 3, 100);
    hold(w, 5);
    push(w, 5, 100);
    assert_int_equal(w->outq.older_cnt, 2);
    assert_int_equal(w->outq.held_cnt, 2);
    for (unsigned i = 0; i < 4; i++) {
        assert_in_range(cut(w, 100), 3, 4);
    }
    assert_int_equal(cut(w, 100), -1);
    assert_int_equal(known_cnt(w), 0);
    assert_int_equal(w->outq.older_cnt, 0);
    assert_int_equal(w->sent[3], 300);
    usctp__outq_remove(&w->outq, &w->msgs[3]);
    assert_int_equal(w->outq.held_cnt, 2);
    usctp__outq_remove(&w->outq, &w->msgs[4]);
    assert_int_equal(w->outq.held_cnt, 1);
    assert_int_equal(cut(w, 100), -1);
    push(w, 3, 100);
    release(w);
    EXPECT(w, 100, 5, 3);
    assert_int_equal(cut(w, 100), -1);
    world_free(w);
}

static void test_older_first(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ALL_CNT; i++) {
        check_older_first(all[i]);
    }
}

/* Another scheduler takes over while streams are held: it has room for them, and for all that comes. */
static void check_change_while_held(const struct usctp__sched_ops *from,
                                    const struct usctp__sched_ops *to)
{
    struct world *w = world_new(from, true);
    unsigned cnt = 0;

    for (uint16_t sid = 100; sid < 600; sid++) {
        hold(w, sid);
        push(w, sid, 10);
    }
    for (uint16_t sid = 0; sid < 400; sid++) {
        push(w, (uint16_t)(1000 + sid), 10);
    }
    assert_true(usctp__outq_schedule(&w->outq, &w->core.mem, to));
    assert_int_equal(known_cnt(w), 400);
    while (cut_next(w)) {
        cnt++;
    }
    assert_int_equal(cnt, 400);
    test_memory_fail_next(&w->memory, 1);
    release(w);
    while (cut_next(w)) {
        cnt++;
    }
    test_memory_fail_next(&w->memory, 0);
    assert_int_equal(cnt, 900);
    world_free(w);
}

static void test_change_while_held(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ALL_CNT; i++) {
        for (unsigned k = 0; k < ALL_CNT; k++) {
            check_change_while_held(all[i], all[k]);
        }
    }
}

/* Without memory for another scheduler the old one goes on. */
static void test_no_memory(void **state)
{
    struct world *w = world_new(&usctp__sched_round_robin, true);
    uint64_t failed = 1;

    (void)state;
    push(w, 3, 300);
    push(w, 4, 300);
    while (test_memory_fail_next(&w->memory, failed),
           !usctp__outq_schedule(&w->outq, &w->core.mem, &usctp__sched_fair)) {
        assert_int_equal(cut(w, 10), failed % 2 == 1 ? 3 : 4);
        failed++;
    }
    assert_true(failed > 2);
    test_memory_fail_next(&w->memory, 0);
    while (cut(w, 100) >= 0) {
    }
    world_free(w);
}

/* --- Schedulers of the application -------------------------------------------------------------- */

/* The stream that got something last goes first. */
struct mine {
    int32_t top;
    unsigned pushes, pops, picks, packets, begun, ended;
    size_t len;
    uint16_t value;
    bool refuses, lies;
};

static void *mine_begin(void *ctx)
{
    struct mine *mine = ctx;

    mine->begun++;
    return mine->refuses ? NULL : mine;
}

static void mine_end(void *state)
{
    ((struct mine *)state)->ended++;
}

static int mine_reserve(void *state, uint16_t stream)
{
    (void)stream;
    return ((struct mine *)state)->refuses ? USCTP_ENOMEM : USCTP_OK;
}

static void mine_push(void *state, uint16_t stream, size_t len)
{
    struct mine *mine = state;

    mine->top = stream;
    mine->pushes++;
    mine->len += len;
}

static void mine_pop(void *state, uint16_t stream)
{
    (void)stream;
    ((struct mine *)state)->pops++;
}

static void mine_sent(void *state, uint16_t stream, size_t len)
{
    (void)stream;
    ((struct mine *)state)->len -= len;
}

static int32_t mine_pick(void *state)
{
    struct mine *mine = state;

    mine->picks++;
    return mine->lies ? 70000 : mine->top;
}

static void mine_packet(void *state)
{
    ((struct mine *)state)->packets++;
}

static void mine_value(void *state, uint16_t stream, uint16_t value)
{
    (void)stream;
    ((struct mine *)state)->value = value;
}

static struct usctp_scheduler mine_table(void)
{
    struct usctp_scheduler ops = USCTP_SCHEDULER_INIT;

    ops.begin = mine_begin;
    ops.end = mine_end;
    ops.reserve = mine_reserve;
    ops.push = mine_push;
    ops.pop = mine_pop;
    ops.sent = mine_sent;
    ops.pick = mine_pick;
    ops.packet = mine_packet;
    ops.value = mine_value;
    ops.flags = USCTP_SCHEDULER_BY_PACKET;
    return ops;
}

/* From one that ranks streams to another one no memory is taken that was not reserved, whichever allocation fails. */
static void test_change_without_memory(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 10; n++) {
        struct world *w = world_new(&usctp__sched_priority, true);
        unsigned cut_cnt = 0;

        for (uint16_t sid = 0; sid < STREAM_CNT; sid++) {
            push(w, sid, 10);
        }
        test_memory_fail_next(&w->memory, n);
        assert_true(usctp__outq_schedule(&w->outq, &w->core.mem, &usctp__sched_fair));
        test_memory_fail_next(&w->memory, 0);
        while (cut(w, 1000) >= 0) {
            cut_cnt++;
        }
        assert_int_equal(cut_cnt, STREAM_CNT);
        world_free(w);
    }
}

static void test_user(void **state)
{
    struct usctp_scheduler ops = mine_table();
    struct mine mine = {0};
    struct world *w = world_new(&usctp__sched_first_come, true);

    (void)state;
    mine.refuses = true;
    assert_null(usctp__sched_user_new(&w->core.mem, &ops, &mine));
    assert_int_equal(mine.begun, 1);
    mine.refuses = false;
    push(w, 3, 100);
    w->outq.user = usctp__sched_user_new(&w->core.mem, &ops, &mine);
    assert_non_null(w->outq.user);
    assert_true(usctp__outq_schedule(&w->outq, &w->core.mem, usctp__sched_user_ops(w->outq.user)));
    assert_int_equal(mine.pushes, 1);
    push(w, 9, 200);
    w->outq.sched->packet(&w->outq);
    assert_int_equal(mine.packets, 1);
    assert_int_equal(mine.len, 300);
    EXPECT(w, 100, 9);
    assert_int_equal(w->outq.turn, 10);
    EXPECT(w, 100, 9, 3); /* its stream has nothing left: any other */
    assert_int_equal(mine.pops, 2);
    assert_int_equal(mine.len, 0);
    assert_int_equal(cut(w, 100), -1);
    mine.lies = true;
    push(w, 5, 100);
    EXPECT(w, 100, 5);
    mine.refuses = true;
    assert_false(w->outq.sched->reserve(&w->outq, &w->core.mem, 5, 1));
    world_free(w);
    assert_int_equal(mine.ended, 1);
}

/* A scheduler of the application hears of a message when it is not held any more. */
static void test_user_and_held(void **state)
{
    struct usctp_scheduler ops = mine_table();
    struct mine mine = {0};
    struct world *w = world_new(&usctp__sched_first_come, true);

    (void)state;
    ops.flags = 0;
    w->outq.user = usctp__sched_user_new(&w->core.mem, &ops, &mine);
    assert_non_null(w->outq.user);
    hold(w, 7);
    push(w, 7, 50); /* held when it takes over */
    assert_true(usctp__outq_schedule(&w->outq, &w->core.mem, usctp__sched_user_ops(w->outq.user)));
    assert_int_equal(mine.pushes, 0);
    push(w, 3, 100);
    hold(w, 3);
    push(w, 3, 10);
    push(w, 7, 20);
    assert_int_equal(mine.pushes, 1);
    mine.top = 7; /* it cannot know better */
    EXPECT(w, 100, 3);
    assert_int_equal(mine.pops, 1);
    mine.picks = 0;
    assert_int_equal(cut(w, 100), -1);
    assert_int_equal(mine.picks, 0); /* it is not asked for what it does not know of */
    usctp__outq_remove(&w->outq, &w->msgs[3]);
    assert_int_equal(mine.pops, 1);
    release(w);
    assert_int_equal(mine.pushes, 3);
    assert_int_equal(mine.len, 60);
    EXPECT(w, 100, 3, 7);
    assert_int_equal(mine.pops, 3);
    assert_int_equal(mine.len, 0);
    world_free(w);
}

/* --- The same through the public interface ------------------------------------------------------ */

static struct {
    uint16_t streams[16];
    unsigned cnt;
} arrived;

static void note_arrival(struct side *side, const struct usctp_event *event)
{
    (void)side;
    if (event->type == USCTP_EVENT_MESSAGE) {
        assert_true(arrived.cnt < 16);
        arrived.streams[arrived.cnt++] = event->u.message.stream;
    }
}

static void send_to(usctp_assoc *assoc, uint16_t stream, int expected)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"some", 4};

    info.stream = stream;
    assert_int_equal(usctp_assoc_send(assoc, &info, &iov, 1), expected);
}

/* What is sent now to 3, 1 and 4 arrives in this order. */
static void check_arrival(struct side *a, struct side *b, usctp_assoc *assoc,
                          const uint16_t order[3])
{
    arrived.cnt = 0;
    usctp_assoc_cork(assoc);
    send_to(assoc, 3, USCTP_OK);
    send_to(assoc, 1, USCTP_OK);
    send_to(assoc, 4, USCTP_OK);
    usctp_assoc_uncork(assoc);
    settle(a, b, 0);
    assert_int_equal(arrived.cnt, 3);
    assert_memory_equal(arrived.streams, order, 3 * sizeof(order[0]));
}

/* An order that none of the library's has. */
static int32_t pick_by_turn(void *state)
{
    static const int32_t turns[3] = {4, 3, 1};

    return turns[((const struct mine *)state)->pops % 3];
}

static void refuse_bad_tables(usctp_assoc *assoc, struct usctp_scheduler ops, struct mine *mine)
{
    struct usctp_scheduler bad;

    assert_int_equal(usctp_assoc_set_scheduler(NULL, &ops, mine), USCTP_EINVAL);
    bad = ops;
    bad.push = NULL;
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &bad, mine), USCTP_EINVAL);
    bad = ops;
    bad.pop = NULL;
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &bad, mine), USCTP_EINVAL);
    bad = ops;
    bad.pick = NULL;
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &bad, mine), USCTP_EINVAL);
    bad = ops;
    bad.flags = USCTP_SCHEDULER_BY_PACKET << 1;
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &bad, mine), USCTP_EINVAL);
    bad = ops;
    bad.reserved = 1;
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &bad, mine), USCTP_EINVAL);
    bad = ops;
    bad.size = 0;
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &bad, mine), USCTP_ESIZE);
    assert_int_equal(mine->begun, 0);
    mine->refuses = true;
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &ops, mine), USCTP_ENOMEM);
    mine->refuses = false;
    assert_int_equal(mine->begun, 1);
    assert_int_equal(mine->ended, 0);
}

static void test_user_of_association(void **state)
{
    static const uint16_t as_sent[3] = {3, 1, 4}, by_turn[3] = {4, 3, 1};
    static struct side a, b;
    struct mine mine = {0};
    struct usctp_scheduler ops = mine_table();
    usctp_assoc *assoc;

    (void)state;
    ops.flags = 0;
    ops.pick = pick_by_turn;
    side_up(&a, "192.0.2.1", 1, NULL);
    side_up(&b, "192.0.2.2", 2, NULL);
    (void)side_endpoint(&b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    b.on_event = note_arrival;
    assoc = side_connect(side_endpoint(&a, 6001, 0), &b.addr, SERVER_PORT);
    settle(&a, &b, 0);
    check_arrival(&a, &b, assoc, as_sent);
    refuse_bad_tables(assoc, ops, &mine);
    check_arrival(&a, &b, assoc, as_sent);
    assert_int_equal(mine.pushes, 0);
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &ops, &mine), USCTP_OK);
    check_arrival(&a, &b, assoc, by_turn);
    assert_int_equal(mine.pushes, 3);
    assert_int_equal(mine.pops, 3);
    assert_int_equal(mine.len, 0);
    assert_int_equal(usctp_stream_set_value(assoc, 3, 77), USCTP_OK);
    assert_int_equal(mine.value, 77);
    mine.refuses = true;
    send_to(assoc, 1, USCTP_ENOMEM);
    assert_int_equal(mine.pushes, 3);
    assert_int_equal(usctp_assoc_set_scheduler(assoc, NULL, NULL), USCTP_OK);
    assert_int_equal(mine.ended, 1);
    check_arrival(&a, &b, assoc, as_sent);
    assert_int_equal(mine.pushes, 3);
    mine.refuses = false;
    assert_int_equal(usctp_assoc_set_scheduler(assoc, &ops, &mine), USCTP_OK);
    side_down(&a);
    side_down(&b);
    assert_int_equal(mine.ended, 2); /* with its association */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_robin_chunks),
        cmocka_unit_test(test_round_robin_packets),
        cmocka_unit_test(test_priority),
        cmocka_unit_test(test_fair),
        cmocka_unit_test(test_weighted),
        cmocka_unit_test(test_fair_after_idling),
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_used_once),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_held_cost_nothing),
        cmocka_unit_test(test_older_first),
        cmocka_unit_test(test_change_while_held),
        cmocka_unit_test(test_user_and_held),
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_user_of_association),
        cmocka_unit_test(test_change_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
