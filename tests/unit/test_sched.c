/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream schedulers: the order in which messages leave. */
#include "unit/unit.h"

#include "core/outq.h"

enum { STREAM_CNT = 8, MSG_CNT = 400 };

struct world {
    struct usctp__outq outq;
    struct usctp__stream_out streams[STREAM_CNT];
    struct usctp__outmsg msgs[MSG_CNT]; /* ppid: the order in which they came */
    unsigned msg_cnt;
};

static void start(struct world *w, const struct usctp__sched_ops *ops)
{
    memset(w, 0, sizeof(*w));
    usctp__outq_init(&w->outq, ops);
    for (unsigned i = 0; i < STREAM_CNT; i++) {
        w->streams[i].id = (uint16_t)i;
    }
}

static void push(struct world *w, unsigned stream, uint32_t len)
{
    struct usctp__outmsg *msg = &w->msgs[w->msg_cnt];

    msg->len = len;
    msg->ppid = w->msg_cnt++;
    usctp__outq_push(&w->outq, &w->streams[stream], msg, NULL);
}

/* Sends the next message in pieces and returns its number. */
static unsigned pop(struct world *w, uint32_t piece)
{
    struct usctp__outmsg *msg = usctp__outq_next(&w->outq);

    assert_non_null(msg);
    while (msg != NULL && msg->queued) {
        uint32_t left = msg->len - msg->cut_len;

        /* With DATA the stream is locked until the message is at its end. */
        assert_ptr_equal(usctp__outq_next(&w->outq), msg);
        usctp__outq_cut(&w->outq, msg, left < piece ? left : piece);
    }
    return msg != NULL ? msg->ppid : UINT32_MAX;
}

static void test_first_come(void **state)
{
    struct world w;
    uint64_t seed = 3;

    (void)state;
    start(&w, &usctp__sched_first_come);
    for (unsigned i = 0; i < MSG_CNT; i++) {
        push(&w, (unsigned)prng_below(&seed, STREAM_CNT), 1 + (uint32_t)prng_below(&seed, 5000));
    }
    for (unsigned i = 0; i < MSG_CNT; i++) {
        assert_int_equal(pop(&w, 1000), i);
    }
    assert_null(usctp__outq_next(&w.outq));
    assert_int_equal(w.outq.msg_cnt, 0);
    assert_int_equal(w.outq.unsent_len, 0);
}

/* A stream that has all its sequence numbers in flight waits; the others do not. */
static void check_full_stream(const struct usctp__sched_ops *ops)
{
    struct world w;

    start(&w, ops);
    w.streams[3].ordered_cnt = UINT16_MAX;
    push(&w, 3, 10); /* 0 */
    push(&w, 3, 10); /* 1 */
    assert_null(usctp__outq_next(&w.outq));
    push(&w, 4, 10); /* 2 */
    push(&w, 3, 10); /* 3 */
    push(&w, 5, 10); /* 4 */
    assert_int_equal(pop(&w, 10), 2);
    assert_int_equal(pop(&w, 10), 4);
    assert_null(usctp__outq_next(&w.outq));
    w.streams[3].ordered_cnt--; /* one is acknowledged */
    assert_int_equal(pop(&w, 10), 0);
    assert_null(usctp__outq_next(&w.outq));
    /* Only what is ordered has a number. */
    w.msgs[1].flags = USCTP_SEND_UNORDERED;
    assert_int_equal(pop(&w, 10), 1);
    assert_null(usctp__outq_next(&w.outq));
    assert_int_equal(w.outq.msg_cnt, 1);
}

static void test_full_stream(void **state)
{
    (void)state;
    check_full_stream(&usctp__sched_first_come);
    check_full_stream(&usctp__sched_round_robin);
}

static void test_round_robin(void **state)
{
    struct world w;

    (void)state;
    start(&w, &usctp__sched_round_robin);
    for (unsigned i = 0; i < 4; i++) {
        push(&w, 5, 3000); /* 0 to 3: one stream with much to say */
    }
    push(&w, 1, 10); /* 4 */
    push(&w, 2, 10); /* 5 */
    push(&w, 1, 10); /* 6 */
    assert_int_equal(pop(&w, 1000), 0);
    assert_int_equal(pop(&w, 1000), 4);
    assert_int_equal(pop(&w, 1000), 5);
    assert_int_equal(pop(&w, 1000), 1);
    push(&w, 2, 10); /* 7 */
    assert_int_equal(pop(&w, 1000), 6);
    assert_int_equal(pop(&w, 1000), 2);
    assert_int_equal(pop(&w, 1000), 7);
    assert_int_equal(pop(&w, 1000), 3);
    assert_null(usctp__outq_next(&w.outq));
}

/* A message that is given up leaves no trace in either. */
static void check_removal(const struct usctp__sched_ops *ops)
{
    struct world w;
    uint64_t seed = 9;
    unsigned left = 100;

    start(&w, ops);
    for (unsigned i = 0; i < left; i++) {
        push(&w, (unsigned)prng_below(&seed, STREAM_CNT), 100);
    }
    for (unsigned i = 0; i < 100; i += 3) {
        usctp__outq_remove(&w.outq, &w.msgs[i]);
        assert_false(w.msgs[i].queued);
        left--;
    }
    assert_int_equal(w.outq.msg_cnt, left);
    assert_int_equal(w.outq.unsent_len, left * 100);
    while (left-- > 0) {
        assert_int_not_equal(pop(&w, 60) % 3, 0);
    }
    assert_null(usctp__outq_next(&w.outq));
}

static void test_removal(void **state)
{
    (void)state;
    check_removal(&usctp__sched_first_come);
    check_removal(&usctp__sched_round_robin);
}

static void test_sequence_numbers(void **state)
{
    struct world w;

    (void)state;
    start(&w, &usctp__sched_first_come);
    w.streams[0].next_ssn = 65535;
    push(&w, 0, 5);
    push(&w, 0, 5);
    push(&w, 0, 5);
    w.msgs[1].flags = USCTP_SEND_UNORDERED;
    push(&w, 0, 5);
    usctp__outq_remove(&w.outq, &w.msgs[2]); /* never cut: takes no number */
    for (int i = 0; i < 3; i++) {
        pop(&w, 2);
    }
    assert_int_equal(w.msgs[0].ssn, 65535); /* RFC 9260, 6.5 */
    assert_int_equal(w.msgs[3].ssn & 0xffff, 0);
    assert_int_equal(w.streams[0].next_ssn & 0xffff, 1);
    assert_int_equal(w.streams[0].ordered_cnt, 2);
    assert_int_equal(w.msgs[0].chunk_cnt, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_come),       cmocka_unit_test(test_full_stream),
        cmocka_unit_test(test_round_robin),      cmocka_unit_test(test_removal),
        cmocka_unit_test(test_sequence_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
