/* SPDX-License-Identifier: BSD-3-Clause */
/* CUBIC against the formulas of RFC 9438 in floating point, and HyStart++ (RFC 9406). */
#include "unit/pipe.h"

#include "core/cc_cubic.h"

enum { MTU = PIPE_MTU };

/* The two differ by less than `most`. */
static bool close_to(double a, double b, double most)
{
    return a - b < most && b - a < most;
}

struct cubic {
    struct usctp__cc cc;
    struct usctp__cubic state;
    uint64_t now_ts;
    uint64_t rtt_dur;
};

static void begin(struct cubic *c, uint32_t cwnd, uint32_t ssthresh, uint64_t rtt_dur)
{
    memset(c, 0, sizeof(*c));
    c->cc.ops = &usctp__cc_cubic;
    c->cc.ops->init(&c->cc, MTU, UINT32_MAX);
    c->cc.state = &c->state.state;
    c->now_ts = USCTP__SEC;
    c->rtt_dur = rtt_dur;
    c->cc.ops->begin(&c->cc, c->now_ts, rtt_dur);
    c->cc.cwnd = cwnd;
    c->cc.ssthresh = ssthresh;
}

static void ack(struct cubic *c, uint32_t len, bool limited)
{
    struct usctp__cc_ack news = {0};

    news.now_ts = c->now_ts;
    news.acked_bytes = len;
    news.flight_before = c->cc.cwnd;
    news.flight_after = c->cc.cwnd - len;
    news.cwnd_limited = limited;
    news.rtt_dur = c->rtt_dur;
    news.srtt_dur = c->rtt_dur;
    news.cum_tsn = 1000000;
    c->cc.ops->on_ack(&c->cc, &news);
}

/* A round trip in which a whole window is acknowledged, two packets at a time. */
static void whole_round(struct cubic *c)
{
    uint32_t cnt = c->cc.cwnd / (2 * MTU);

    for (uint32_t i = 0; i < cnt; i++) {
        c->now_ts += c->rtt_dur / cnt;
        ack(c, 2 * MTU, true);
    }
}

static void test_root(void **state)
{
    uint64_t value = 1;

    (void)state;
    assert_int_equal(usctp__cubic_root(0), 0);
    assert_int_equal(usctp__cubic_root(7), 1);
    assert_int_equal(usctp__cubic_root(8), 2);
    assert_int_equal(usctp__cubic_root(26), 2);
    assert_int_equal(usctp__cubic_root(UINT64_MAX / 2), 2097151);
    for (int i = 0; i < 10000; i++) {
        uint64_t root;

        value = value * UINT64_C(6364136223846793005) + 1;
        root = usctp__cubic_root((value >> 1) >> (i % 60));
        assert_true(root * root * root <= (value >> 1) >> (i % 60));
        assert_true(root == 2097151 ||
                    (root + 1) * (root + 1) * (root + 1) > (value >> 1) >> (i % 60));
    }
}

/* RFC 9438, 4.2: W(t) = 0.4 (t - K)^3 + W_max, in packets and seconds. */
static void test_curve(void **state)
{
    struct cubic c;
    double w_max, k, start;

    (void)state;
    begin(&c, 2000 * MTU, 1000 * MTU, USCTP_MS(100));
    c.cc.ops->on_loss(&c.cc, 1);
    assert_int_equal(c.cc.cwnd, 1400 * MTU);
    ack(&c, MTU, true); /* it ends recovery */
    assert_false(c.cc.in_recovery);
    w_max = 2000;
    k = 11.4471424; /* the cubic root of W_max * 0.3 / 0.4 */
    start = (double)c.now_ts;
    for (int i = 0; i < 160; i++) {
        double t, want;

        whole_round(&c);
        t = ((double)c.now_ts - start) / 1e9;
        want = 0.4 * (t - k) * (t - k) * (t - k) + w_max;
        assert_true(close_to((double)c.cc.cwnd / MTU, want, 0.02 * want));
    }
    assert_true(c.cc.cwnd > 2030 * MTU); /* beyond the plateau by now */
}

/* RFC 9438, 4.3: where NewReno would be faster, as fast as NewReno: 9/17 packets a round trip up to the
 * old window, one from there on. */
static void test_reno_friendly(void **state)
{
    struct cubic c;
    double before;

    (void)state;
    begin(&c, 40 * MTU, 20 * MTU, USCTP_MS(5));
    c.cc.ops->on_loss(&c.cc, 1);
    assert_int_equal(c.cc.cwnd, 28 * MTU);
    ack(&c, MTU, true);
    before = c.cc.cwnd;
    for (int i = 0; i < 17; i++) {
        whole_round(&c);
    }
    assert_true(close_to((c.cc.cwnd - before) / MTU, 9, 1));
    c.state.cwnd_prior = 1; /* as if it were there */
    before = c.cc.cwnd;
    for (int i = 0; i < 10; i++) {
        whole_round(&c);
    }
    assert_true(close_to((c.cc.cwnd - before) / MTU, 10, 1));
}

/* RFC 9438, 4.8: who gets here with no plateau above begins on one, and grows from there at once. */
static void test_without_plateau(void **state)
{
    struct cubic c;
    double start;

    (void)state;
    begin(&c, 2000 * MTU, 1000 * MTU, USCTP_MS(100));
    ack(&c, MTU, true);
    assert_int_equal(c.state.w_max, c.cc.cwnd);
    assert_int_equal(c.state.k_ms, 0);
    start = (double)c.now_ts;
    for (int i = 0; i < 100; i++) {
        whole_round(&c);
    }
    start = ((double)c.now_ts - start) / 1e9;
    assert_true(close_to((double)c.cc.cwnd / MTU, 2000 + 0.4 * start * start * start, 20));
}

static void test_reductions(void **state)
{
    struct cubic c;

    (void)state;
    begin(&c, 1000 * MTU, 500 * MTU, USCTP_MS(50));
    c.cc.ops->on_loss(&c.cc, 7);
    assert_int_equal(c.cc.cwnd, 700 * MTU);
    assert_int_equal(c.cc.ssthresh, 700 * MTU);
    assert_int_equal(c.state.w_max, 1000 * MTU);
    assert_true(c.cc.in_recovery && c.cc.recovery_tsn == 7);
    c.cc.in_recovery = false;
    c.cc.ops->on_loss(&c.cc, 9); /* fast convergence: below the last plateau */
    assert_int_equal(c.cc.cwnd, 490 * MTU);
    assert_int_equal(c.state.w_max, 595 * MTU);
    c.cc.ops->on_undo(&c.cc, 700 * MTU, 700 * MTU);
    assert_int_equal(c.cc.cwnd, 700 * MTU);
    assert_int_equal(c.state.w_max, 1000 * MTU);
    c.cc.ops->on_timeout(&c.cc);
    assert_int_equal(c.cc.cwnd, MTU);
    assert_int_equal(c.cc.ssthresh, 490 * MTU);
    c.cc.cwnd = 3 * MTU;
    c.cc.ops->on_loss(&c.cc, 9); /* RFC 9260, 7.2.3: never below four packets */
    assert_int_equal(c.cc.cwnd, 4 * MTU);
}

/* RFC 9438, 5.8: what the application does not use does not grow, and time stands still. */
static void test_app_limited(void **state)
{
    struct cubic c;
    uint32_t cwnd;

    (void)state;
    begin(&c, 1000 * MTU, 500 * MTU, USCTP_MS(50));
    c.cc.ops->on_loss(&c.cc, 7);
    ack(&c, MTU, true);
    whole_round(&c);
    cwnd = c.cc.cwnd;
    for (int i = 0; i < 200; i++) {
        c.now_ts += USCTP_MS(50);
        ack(&c, MTU, false);
    }
    assert_int_equal(c.cc.cwnd, cwnd);
    whole_round(&c);
    assert_true(c.cc.cwnd < cwnd + 20 * MTU); /* it goes on where it was */
}

static void test_hystart(void **state)
{
    struct cubic c;
    uint32_t cwnd;

    (void)state;
    begin(&c, 20 * MTU, UINT32_MAX, USCTP_MS(40));
    for (int i = 0; i < 3; i++) {
        whole_round(&c);
    }
    assert_false(c.state.css);
    cwnd = c.cc.cwnd;
    c.rtt_dur = USCTP_MS(44); /* 4 ms more: less than an eighth */
    whole_round(&c);
    assert_false(c.state.css);
    c.rtt_dur = USCTP_MS(50); /* a queue grows */
    whole_round(&c);
    whole_round(&c);
    assert_true(c.state.css);
    c.rtt_dur = USCTP_MS(40); /* or not: it was something else */
    whole_round(&c);
    whole_round(&c);
    assert_false(c.state.css);
    assert_true(c.cc.ssthresh == UINT32_MAX && c.cc.cwnd > cwnd);
    c.rtt_dur = USCTP_MS(60);
    for (int i = 0; i < 12 && c.cc.ssthresh == UINT32_MAX; i++) {
        whole_round(&c);
        c.rtt_dur += USCTP_MS(1);
    }
    assert_in_range(c.cc.ssthresh, c.cc.cwnd - 5 * MTU,
                    c.cc.cwnd); /* after five rounds slow start is over */
}

/* RFC 9406, 4.3: where a loss has told how much the path takes, slow start goes up to that at full speed. */
static void test_hystart_is_for_the_unknown(void **state)
{
    struct cubic c;

    (void)state;
    begin(&c, 20 * MTU, 2000 * MTU, USCTP_MS(40));
    for (int i = 0; i < 4; i++) {
        whole_round(&c);
        c.rtt_dur += USCTP_MS(10);
        assert_false(c.state.css);
    }
    assert_int_equal(c.cc.ssthresh, 2000 * MTU);
}

/* Slow start does not run into the full queue as it does without HyStart++; then the link is full. */
static void test_pipe(void **state)
{
    struct pipe *pipe = pipe_new(&usctp__cc_cubic, false, 12500000, USCTP_MS(20), 250000);

    struct pipe *other = pipe_new(&usctp__cc_newreno, false, 12500000, USCTP_MS(20), 250000);

    (void)state;
    pipe_run(pipe, USCTP_SEC(2));
    pipe_run(other, USCTP_SEC(2));
    assert_true(pipe->lost_cnt < other->lost_cnt / 3);
    pipe_free(other);
    pipe->delivered = 0;
    pipe_run(pipe, USCTP_SEC(20));
    assert_true(pipe->delivered > 12500000 * UINT64_C(20) / 100 * 98);
    assert_true(pipe->lost_cnt > 0);
    pipe_free(pipe);
}

/* RFC 9438, 4.6: a mark counts as a loss. */
static void test_mark(void **state)
{
    struct usctp__cc cc = {0};

    (void)state;
    cc.ops = &usctp__cc_cubic;
    cc.ops->init(&cc, 1000, UINT32_MAX);
    cc.cwnd = 20000;
    cc.ops->on_ecn(&cc);
    assert_int_equal(cc.cwnd, 14000);
    assert_int_equal(cc.ssthresh, 14000);
    assert_false(cc.in_recovery);
    cc.cwnd = 1000;
    cc.ops->on_ecn(&cc);
    assert_int_equal(cc.cwnd, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mark),
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_curve),
        cmocka_unit_test(test_reno_friendly),
        cmocka_unit_test(test_without_plateau),
        cmocka_unit_test(test_reductions),
        cmocka_unit_test(test_app_limited),
        cmocka_unit_test(test_hystart),
        cmocka_unit_test(test_hystart_is_for_the_unknown),
        cmocka_unit_test(test_pipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
