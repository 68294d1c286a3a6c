/* SPDX-License-Identifier: BSD-3-Clause */
/* Congestion control by RFC 9260, section 7, rule by rule. */
#include "unit/unit.h"

#include "base/time.h"
#include "core/cc.h"

enum { MTU = 1188 };

static struct usctp__cc make(uint32_t mtu)
{
    struct usctp__cc cc = {0};

    cc.ops = &usctp__cc_newreno;
    cc.ops->init(&cc, mtu, UINT32_MAX);
    return cc;
}

/* A SACK that acknowledged `len` bytes with the window in full use. */
static void ack(struct usctp__cc *cc, uint32_t len, bool limited, uint32_t after)
{
    struct usctp__cc_ack news = {0};

    news.now_ts = 5 * USCTP__SEC;
    news.cum_tsn = 100;
    news.acked_bytes = len;
    news.flight_before = after + len;
    news.flight_after = after;
    news.cum_advanced = true;
    news.cwnd_limited = limited;
    cc->ops->on_ack(cc, &news);
}

static void test_initial_window(void **state)
{
    struct usctp__cc cc = make(MTU);

    (void)state;
    /* RFC 9260, 7.2.1: min(4 * PMDCS, max(2 * PMDCS, 4404)) */
    assert_int_equal(cc.cwnd, 4404);
    assert_int_equal(cc.ssthresh, UINT32_MAX);
    assert_int_equal(cc.partial_bytes_acked, 0);
    cc = make(500);
    assert_int_equal(cc.cwnd, 2000);
    cc = make(4000);
    assert_int_equal(cc.cwnd, 8000);
    cc.ipv6 = true;
    cc.ops->init(&cc, MTU, UINT32_MAX);
    assert_int_equal(cc.cwnd, 4344);
    assert_true(cc.ipv6);
}

static void test_slow_start(void **state)
{
    struct usctp__cc cc = make(MTU);

    (void)state;
    ack(&cc, 300, true, 5000); /* what was acknowledged */
    assert_int_equal(cc.cwnd, 4404 + 300);
    ack(&cc, 5 * MTU, true, 5000); /* but one PMDCS at most */
    assert_int_equal(cc.cwnd, 4404 + 300 + MTU);
    ack(&cc, MTU, false, 100); /* only when the window is in full use */
    assert_int_equal(cc.cwnd, 4404 + 300 + MTU);
    ack(&cc, 0, true, 5000); /* only when something new was acknowledged */
    assert_int_equal(cc.cwnd, 4404 + 300 + MTU);
}

static void test_avoidance(void **state)
{
    struct usctp__cc cc = make(MTU);

    (void)state;
    cc.ssthresh = 5000;
    cc.cwnd = 10000;
    for (int i = 0; i < 4; i++) {
        ack(&cc, 2000, true, 9000);
        assert_int_equal(cc.cwnd, 10000);
    }
    assert_int_equal(cc.partial_bytes_acked, 8000);
    ack(&cc, 2500, true, 9000); /* one PMDCS for each window's worth */
    assert_int_equal(cc.cwnd, 10000 + MTU);
    assert_int_equal(cc.partial_bytes_acked, 500);
    ack(&cc, 20000, false, 9000); /* not in full use: no growth, and no store of it */
    assert_int_equal(cc.cwnd, 10000 + MTU);
    assert_int_equal(cc.partial_bytes_acked, cc.cwnd);
    ack(&cc, 100, false, 0); /* all is acknowledged */
    assert_int_equal(cc.partial_bytes_acked, 0);
    assert_true(cc.idle_since_ts == 5 * USCTP__SEC);
}

static void test_loss(void **state)
{
    struct usctp__cc cc = make(MTU);

    (void)state;
    cc.cwnd = 20000;
    cc.partial_bytes_acked = 77;
    cc.ops->on_loss(&cc, 150);
    assert_int_equal(cc.ssthresh, 10000);
    assert_int_equal(cc.cwnd, 10000);
    assert_int_equal(cc.partial_bytes_acked, 0);
    assert_true(cc.in_recovery);
    ack(&cc, MTU, true, 9000); /* no growth in Fast Recovery; 100 is before the exit point */
    assert_int_equal(cc.cwnd, 10000);
    assert_true(cc.in_recovery);
    cc.recovery_tsn = 100;
    ack(&cc, MTU, true, 9000); /* this one still came in it, but ends it */
    assert_int_equal(cc.cwnd, 10000);
    assert_false(cc.in_recovery);
    ack(&cc, MTU, true, 9000);
    assert_int_equal(cc.cwnd, 10000 + MTU);
    cc.cwnd = 3000; /* never below four packets */
    cc.ops->on_loss(&cc, 200);
    assert_int_equal(cc.ssthresh, 4 * MTU);
    assert_int_equal(cc.cwnd, 4 * MTU);
}

static void test_timeout(void **state)
{
    struct usctp__cc cc = make(MTU);

    (void)state;
    cc.cwnd = 20000;
    cc.in_recovery = true;
    cc.ops->on_timeout(&cc);
    assert_int_equal(cc.ssthresh, 10000);
    assert_int_equal(cc.cwnd, MTU);
    assert_false(cc.in_recovery);
    cc.ops->on_timeout(&cc);
    assert_int_equal(cc.ssthresh, 4 * MTU);
    assert_int_equal(cc.cwnd, MTU);
    ack(&cc, MTU, true, 0); /* slow start again */
    assert_int_equal(cc.cwnd, 2 * MTU);
}

static void test_idle(void **state)
{
    struct usctp__cc cc = make(MTU);

    (void)state;
    cc.cwnd = 40000;
    cc.idle_since_ts = 10 * USCTP__SEC;
    cc.ops->on_idle(&cc, 10 * USCTP__SEC + 999 * USCTP__MS, USCTP__SEC);
    assert_int_equal(cc.cwnd, 40000);
    cc.ops->on_idle(&cc, 11 * USCTP__SEC, USCTP__SEC);
    assert_int_equal(cc.cwnd, 20000);
    assert_int_equal(cc.ssthresh, 40000);
    cc.ops->on_idle(&cc, 11 * USCTP__SEC + 500 * USCTP__MS, USCTP__SEC); /* once an RTO */
    assert_int_equal(cc.cwnd, 20000);
    cc.ops->on_idle(&cc, 13 * USCTP__SEC, USCTP__SEC);
    assert_int_equal(cc.cwnd, 5000);
    cc.ops->on_idle(&cc, 3600 * USCTP__SEC, USCTP__SEC);
    assert_int_equal(cc.cwnd, 4 * MTU);
    cc.cwnd = MTU; /* idling is no reason to send more */
    cc.ops->on_idle(&cc, 7200 * USCTP__SEC, USCTP__SEC);
    assert_int_equal(cc.cwnd, MTU);
    cc.idle_since_ts = 8000 * USCTP__SEC; /* a clock that seems to go back does no harm */
    cc.ops->on_idle(&cc, 7200 * USCTP__SEC, USCTP__SEC);
    assert_int_equal(cc.cwnd, MTU);
}

static void test_bounds(void **state)
{
    struct usctp__cc cc = make(MTU);
    uint32_t before;

    (void)state;
    for (int i = 0; i < 3000000; i++) {
        before = cc.cwnd;
        ack(&cc, 3 * MTU, true, 1000);
        assert_true(cc.cwnd >= before);
    }
    assert_true(cc.cwnd <= UINT32_C(1) << 30);
    cc.ops->on_mtu(&cc, 9000);
    assert_int_equal(cc.mtu, 9000);
    cc.cwnd = 100;
    cc.ops->on_mtu(&cc, 1000);
    assert_int_equal(cc.cwnd, 1000); /* a packet always fits */
}

/* RFC 3168, 6.1.2: halved as for a loss, without recovery; a window of one packet is not raised. */
static void test_mark(void **state)
{
    struct usctp__cc cc = make(MTU);

    (void)state;
    cc.cwnd = 20 * MTU;
    cc.partial_bytes_acked = 7;
    cc.ops->on_ecn(&cc);
    assert_int_equal(cc.cwnd, 10 * MTU);
    assert_int_equal(cc.ssthresh, 10 * MTU);
    assert_int_equal(cc.partial_bytes_acked, 0);
    assert_false(cc.in_recovery);
    cc.cwnd = MTU;
    cc.ops->on_ecn(&cc);
    assert_int_equal(cc.cwnd, MTU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mark),       cmocka_unit_test(test_initial_window),
        cmocka_unit_test(test_slow_start), cmocka_unit_test(test_avoidance),
        cmocka_unit_test(test_loss),       cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_idle),       cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
