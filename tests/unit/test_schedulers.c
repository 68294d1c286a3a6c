/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream schedulers (RFC 8260, 3) with messages cut into chunks, by DATA and by I-DATA; the change from one to
 * another; streams that a reset holds. First come and round robin: test_sched.c; schedulers of the application:
 * test_schedulers_user.c. */
#include "unit/sched_world.h"

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
