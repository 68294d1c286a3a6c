/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedulers of the application (RFC 8260, 3): in the queue, and through the public interface. */
#include "unit/sched_world.h"

#include "unit/stack_pair.h"

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
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_user_and_held),
        cmocka_unit_test(test_change_without_memory),
        cmocka_unit_test(test_user_of_association),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
