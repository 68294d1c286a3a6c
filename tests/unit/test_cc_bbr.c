/* SPDX-License-Identifier: BSD-3-Clause */
/* BBR on a link whose rate and round trip are known; the delivery rate; pacing. */
#include "unit/pipe.h"

#include "core/cc_bbr.h"

#define RATE UINT64_C(12500000) /* 100 Mbit/s */

static const struct usctp__bbr *bbr(const struct pipe *pipe)
{
    return (const struct usctp__bbr *)pipe->cc.state;
}

static void near(uint64_t value, uint64_t want, unsigned percent)
{
    assert_in_range(value, want / 100 * (100 - percent), want / 100 * (100 + percent));
}

/* --- Pacing --- */

static void test_train(void **state)
{
    (void)state;
    assert_int_equal(usctp__pace_train(1000, 1200), 2400);      /* two packets */
    assert_int_equal(usctp__pace_train(12500000, 1200), 12500); /* a millisecond */
    assert_int_equal(usctp__pace_train(1000000000, 1200), 65536);
}

static void test_pacer(void **state)
{
    struct usctp__pacer pacer = {0};
    uint64_t now_ts = USCTP__SEC, wait_ts = 0, sent = 0, trains = 0;

    (void)state;
    assert_true(usctp__pace_open(&pacer, now_ts, &wait_ts)); /* no rate: no pacing */
    usctp__pace_sent(&pacer, 100000);
    assert_true(usctp__pace_open(&pacer, now_ts, &wait_ts));
    usctp__pace_set(&pacer, RATE, 1200);
    while (now_ts < 2 * USCTP__SEC) {
        uint64_t train = 0;

        while (usctp__pace_open(&pacer, now_ts, &wait_ts)) {
            usctp__pace_sent(&pacer, 1200);
            train += 1200;
        }
        assert_in_range(train, 12500, 12500 + 1200);
        assert_true(wait_ts > now_ts);
        now_ts = wait_ts;
        sent += train;
        trains++;
    }
    near(sent, RATE, 2);
    assert_in_range(trains, 900, 1010);
    /* Who comes late gets one train, not all that could have been sent. */
    now_ts += USCTP__SEC;
    for (sent = 0; usctp__pace_open(&pacer, now_ts, &wait_ts); sent += 1200) {
        usctp__pace_sent(&pacer, 1200);
    }
    assert_in_range(sent, 12500, 12500 + 1200);
}

/* --- The delivery rate --- */

static void test_rate(void **state)
{
    struct usctp__rate rate = {0};
    struct usctp__rate_sample sample;
    uint64_t now_ts = USCTP__SEC;

    (void)state;
    /* Ten packets, one a millisecond, each acknowledged after 20 ms. */
    for (unsigned i = 0; i < 10; i++) {
        usctp__rate_sent(&rate, now_ts + i * USCTP__MS, 1000, 1000 * (i + 1), 20 * USCTP__MS);
    }
    for (unsigned i = 0; i < 10; i++) {
        assert_true(usctp__rate_acked(&rate, now_ts + (20 + i) * USCTP__MS, 1000,
                                      now_ts + i * USCTP__MS, 20 * USCTP__MS, &sample));
        assert_int_equal(sample.delivered, 1000 * (i + 1));
        assert_int_equal(sample.rate, 1000 * (i + 1) * UINT64_C(1000) / (20 + i));
        assert_int_equal(sample.prior_delivered, 0);
        assert_false(sample.app_limited);
    }
    /* Too quick to be true. */
    usctp__rate_sent(&rate, now_ts + 50 * USCTP__MS, 1000, 1000, 20 * USCTP__MS);
    assert_true(usctp__rate_acked(&rate, now_ts + 55 * USCTP__MS, 1000, now_ts + 50 * USCTP__MS,
                                  20 * USCTP__MS, &sample));
    assert_int_equal(sample.rate, 0);
    /* What the application limits is marked until it is through. */
    usctp__rate_app_limited(&rate, 0);
    usctp__rate_sent(&rate, now_ts + 60 * USCTP__MS, 1000, 1000, 20 * USCTP__MS);
    assert_true(usctp__rate_acked(&rate, now_ts + 80 * USCTP__MS, 1000, now_ts + 60 * USCTP__MS,
                                  20 * USCTP__MS, &sample));
    assert_true(sample.app_limited);
    usctp__rate_sent(&rate, now_ts + 90 * USCTP__MS, 1000, 1000, 20 * USCTP__MS);
    assert_true(usctp__rate_acked(&rate, now_ts + 110 * USCTP__MS, 1000, now_ts + 90 * USCTP__MS,
                                  20 * USCTP__MS, &sample));
    assert_false(sample.app_limited);
    /* More round trips than there are marks: those that are needed are kept. */
    now_ts += USCTP__SEC;
    for (unsigned i = 0; i < 100; i++) {
        usctp__rate_sent(&rate, now_ts + i * 10 * USCTP__MS, 1000, 1000 * (i + 1), 10 * USCTP__MS);
    }
    assert_true(usctp__rate_acked(&rate, now_ts + USCTP__SEC, 1000, now_ts, 0, &sample));
    assert_int_equal(sample.rate, 1000);
    /* What was sent before all marks tells nothing. */
    assert_false(usctp__rate_acked(&rate, now_ts + 120 * USCTP__MS, 1000, 5, 0, &sample));
}

/* --- The whole --- */

static void test_model(void **state)
{
    struct pipe *pipe = pipe_new(&usctp__cc_bbr, true, RATE, USCTP_MS(20), 1000000);

    (void)state;
    assert_int_equal(pipe->cc.cwnd, usctp__cc_initial_window(&pipe->cc));
    assert_int_equal(bbr(pipe)->mode, USCTP__BBR_STARTUP);
    pipe_run(pipe, USCTP_SEC(1));
    assert_true(bbr(pipe)->full_bw_reached);
    near(bbr(pipe)->max_bw, RATE, 5);
    near(bbr(pipe)->min_rtt_dur, USCTP_MS(20), 5);
    assert_true(pipe->cc.cwnd < 3 * RATE / 50);
    pipe->delivered = 0;
    pipe->max_queue_dur = 0;
    pipe_run(pipe, USCTP_SEC(20));
    assert_true(pipe->delivered > RATE * 20 / 100 * 95);
    assert_int_equal(pipe->lost_cnt, 0);
    assert_true(pipe->max_queue_dur < USCTP_MS(25)); /* of 80 */
    pipe_free(pipe);
}

static void test_states(void **state)
{
    struct pipe *pipe = pipe_new(&usctp__cc_bbr, true, RATE, USCTP_MS(20), 1000000);
    unsigned seen = 0;
    uint32_t least = UINT32_MAX;

    (void)state;
    for (int i = 0; i < 12000; i++) {
        if (i == 4000) {
            pipe->rtt_dur = USCTP_MS(22); /* for all that can be seen: a queue of somebody else's */
        }
        pipe_run(pipe, USCTP_MS(1));
        seen |= 1u << bbr(pipe)->mode;
        if (bbr(pipe)->mode == USCTP__BBR_PROBE_RTT && pipe->flight < least) {
            least = pipe->flight;
        }
    }
    assert_int_equal(seen, (1u << (USCTP__BBR_PROBE_RTT + 1)) - 1);
    near(least, RATE / 50 / 2, 15); /* half a bandwidth-delay product */
    near(bbr(pipe)->min_rtt_dur, USCTP_MS(22), 1);
    pipe_free(pipe);
}

/* A path that each probe for bandwidth leaves empty again need not be emptied to measure it. */
static void test_no_needless_probe_rtt(void **state)
{
    struct pipe *pipe = pipe_new(&usctp__cc_bbr, true, RATE, USCTP_MS(20), 1000000);

    (void)state;
    for (int i = 0; i < 30000; i++) {
        pipe_run(pipe, USCTP_MS(1));
        assert_true(bbr(pipe)->mode != USCTP__BBR_PROBE_RTT);
    }
    near(bbr(pipe)->min_rtt_dur, USCTP_MS(20), 1);
    pipe_free(pipe);
}

/* A shallow queue: losses bound what is in flight, and the link is used none the less. */
static void test_shallow(void **state)
{
    struct pipe *pipe = pipe_new(&usctp__cc_bbr, true, RATE, USCTP_MS(20), 30000);

    (void)state;
    pipe_run(pipe, USCTP_SEC(2));
    pipe->delivered = 0;
    pipe->lost_cnt = 0;
    pipe_run(pipe, USCTP_SEC(20));
    assert_true(pipe->delivered > RATE * 20 / 100 * 90);
    assert_true(pipe->lost_cnt * PIPE_MTU * 100 < 2 * pipe->delivered);
    pipe_free(pipe);
}

static void test_rate_falls(void **state)
{
    struct pipe *pipe = pipe_new(&usctp__cc_bbr, true, RATE, USCTP_MS(20), 1000000);

    (void)state;
    pipe_run(pipe, USCTP_SEC(4));
    pipe->rate = RATE / 4;
    pipe_run(pipe, USCTP_SEC(12));
    near(bbr(pipe)->bw, RATE / 4, 10);
    pipe->rate = RATE;
    pipe_run(pipe, USCTP_SEC(12));
    near(bbr(pipe)->bw, RATE, 10);
    pipe_free(pipe);
}

static void test_timeout(void **state)
{
    struct pipe *pipe = pipe_new(&usctp__cc_bbr, true, RATE, USCTP_MS(20), 1000000);
    uint32_t cwnd;

    (void)state;
    pipe_run(pipe, USCTP_SEC(2));
    cwnd = pipe->cc.cwnd;
    pipe->cc.ops->on_timeout(&pipe->cc);
    assert_int_equal(pipe->cc.cwnd, PIPE_MTU);
    pipe->cc.ops->on_undo(&pipe->cc, cwnd, UINT32_MAX);
    assert_int_equal(pipe->cc.cwnd, cwnd);
    pipe_free(pipe);
}

/* RFC 3168, 6.1.2: a router that marks keeps its queue short, and nothing is lost: with each algorithm. */
static void test_marks(void **state)
{
    static const struct usctp__cc_ops *const all[] = {&usctp__cc_bbr, &usctp__cc_cubic,
                                                      &usctp__cc_newreno};

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct pipe *pipe = pipe_new(all[i], all[i]->paces, RATE, USCTP_MS(20), 2000000);

        pipe->mark = 125000; /* 10 ms; the queue holds 160 */
        pipe_run(pipe, USCTP_SEC(5));
        pipe->delivered = 0;
        pipe->max_queue_dur = 0;
        pipe_run(pipe, USCTP_SEC(20));
        assert_true(pipe->mark_cnt > 0);
        assert_int_equal(pipe->lost_cnt, 0);
        assert_true(pipe->max_queue_dur < USCTP_MS(25));
        assert_true(pipe->delivered > RATE * 20 / 100 * 85);
        pipe_free(pipe);
    }
}

/* A mark while it looks for bandwidth ends that; without state the window is halved. */
static void test_mark_in_startup(void **state)
{
    struct pipe *pipe = pipe_new(&usctp__cc_bbr, true, RATE, USCTP_MS(20), 2000000);
    struct usctp__cc cc = {0};

    (void)state;
    pipe_run(pipe, USCTP_MS(50));
    assert_int_equal(bbr(pipe)->mode, USCTP__BBR_STARTUP);
    pipe->cc.ops->on_ecn(&pipe->cc);
    assert_true(bbr(pipe)->full_bw_reached);
    pipe_run(pipe, USCTP_MS(50));
    assert_int_not_equal(bbr(pipe)->mode, USCTP__BBR_STARTUP);
    pipe_free(pipe);
    cc.ops = &usctp__cc_bbr;
    cc.ops->init(&cc, PIPE_MTU, UINT32_MAX);
    cc.cwnd = 20 * PIPE_MTU;
    cc.ops->on_ecn(&cc);
    assert_int_equal(cc.cwnd, 10 * PIPE_MTU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),   cmocka_unit_test(test_mark_in_startup),
        cmocka_unit_test(test_train),   cmocka_unit_test(test_pacer),
        cmocka_unit_test(test_rate),    cmocka_unit_test(test_model),
        cmocka_unit_test(test_states),  cmocka_unit_test(test_no_needless_probe_rtt),
        cmocka_unit_test(test_shallow), cmocka_unit_test(test_rate_falls),
        cmocka_unit_test(test_timeout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
