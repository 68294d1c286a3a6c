/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of chunks that SACKs, or silence, show to be lost: fast retransmit, T3-rtx, round trips. */
#include "unit/sender.h"

#include "core/loss.h"
#include "core/tx.h"

static void test_fast_retransmit(void **state)
{
    struct fixture *f = *state;
    const uint16_t two[] = {2, 2, 0};
    const uint16_t three[] = {2, 3, 0};
    const uint16_t four[] = {2, 4, 0};
    const uint16_t five[] = {2, 5, 0};
    const uint16_t six[] = {2, 6, 0};
    struct usctp__path *path = path_of(f);

    send_freely(f, 8);
    path->cc.cwnd = 20000;
    fixture_sack(f, FIRST - 1, 100000, two);
    fixture_sack(f, FIRST - 1, 100000, two); /* nothing newly acknowledged: no report (HTNA) */
    fixture_sack(f, FIRST - 1, 100000, three);
    assert_int_equal(f->chunk_cnt, 0);
    assert_int_equal(path->cc.cwnd, 20000);
    fixture_sack(f, FIRST - 1, 100000, four);
    assert_int_equal(f->chunk_cnt, 1);
    assert_int_equal(f->chunks[0].tsn, FIRST);
    assert_int_equal(path->cc.cwnd, 10000);
    assert_int_equal(path->cc.ssthresh, 10000);
    assert_true(usctp__loss_in_recovery(f->assoc));
    assert_int_equal(path->fast_retransmit_cnt, 1);
    assert_int_equal(path->retransmit_cnt, 1);
    assert_int_equal(usctp__rare(f->assoc)->retransmitted_chunks, 1);
    /* RFC 9260, 7.2.4, 5): once only. */
    fixture_sack(f, FIRST - 1, 100000, five);
    fixture_sack(f, FIRST - 1, 100000, six);
    fixture_sack(f, tsn(6), 100000, NULL);
    assert_int_equal(f->chunk_cnt, 1);
    assert_true(usctp__loss_in_recovery(f->assoc));
    fixture_sack(f, tsn(7), 100000, NULL);
    assert_false(usctp__loss_in_recovery(f->assoc));
    assert_int_equal(path->cc.cwnd, 10000);
}

static void test_miss_only_below_newly_acked(void **state)
{
    struct fixture *f = *state;
    const uint16_t a[] = {5, 5, 0};
    const uint16_t b[] = {2, 2, 5, 5, 0};
    const uint16_t c[] = {2, 3, 5, 5, 0};

    send_freely(f, 8);
    /* TSNs 1, 2, 3, 4 are missing; then 2 and 3 come: only 1 is below what is new. */
    fixture_sack(f, FIRST - 1, 100000, a);
    fixture_sack(f, FIRST - 1, 100000, b);
    fixture_sack(f, FIRST - 1, 100000, c);
    assert_int_equal(f->chunk_cnt, 1);
    assert_int_equal(f->chunks[0].tsn, FIRST);
}

static void test_fast_retransmit_fills_one_packet(void **state)
{
    struct fixture *f = *state;
    const uint16_t a[] = {6, 6, 0};
    const uint16_t b[] = {6, 7, 0};
    const uint16_t c[] = {6, 8, 0};

    send_freely(f, 10);
    path_of(f)->cc.cwnd = 10000; /* less than is in flight */
    path_of(f)->cc.ssthresh = 1000;
    fixture_sack(f, FIRST - 1, 100000, a);
    fixture_sack(f, FIRST - 1, 100000, b);
    fixture_sack(f, FIRST - 1, 100000, c);
    /* RFC 9260, 7.2.4, 3): one packet at once; then as cwnd allows: 7.2.3 makes it 5000, and
     * 2 * 1188 are in flight beside the packet. */
    assert_int_equal(path_of(f)->cc.cwnd, 5000);
    assert_int_equal(path_of(f)->flight, 5 * 1188);
    assert_int_equal(f->chunk_cnt, 3);
    assert_int_equal(f->chunks[2].tsn, tsn(2));
}

static void test_t3(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);

    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(fixture_queue(f, 0, 0, 300), 0);
    }
    fixture_settle(f);
    fixture_forget(f);
    path->cc.cwnd = 16000;
    fixture_wait(f, USCTP__SEC - 1);
    assert_int_equal(f->chunk_cnt, 0);
    fixture_wait(f, 1); /* RTO.Initial */
    /* RFC 9260, 6.3.3 E1, E2, E3 */
    assert_int_equal(path->cc.cwnd, 1188);
    assert_int_equal(path->cc.ssthresh, 8000);
    assert_true(path->rto.rto_dur == 2 * USCTP__SEC);
    assert_int_equal(f->packet_cnt, 1);
    assert_int_equal(f->chunk_cnt, 3);
    assert_int_equal(f->chunks[0].tsn, FIRST);
    assert_int_equal(f->chunks[2].tsn, tsn(2));
    assert_int_equal(path->error_cnt, 1);
    assert_int_equal(f->assoc->error_cnt, 1);
    assert_int_equal(path->t3_cnt, 1);
    fixture_forget(f);
    fixture_wait(f, 2 * USCTP__SEC);
    assert_int_equal(f->packet_cnt, 1);
    assert_int_equal(path->error_cnt, 2);
    fixture_forget(f);
    fixture_sack(f, tsn(2), 100000, NULL);
    assert_int_equal(path->error_cnt, 0);
    assert_int_equal(f->assoc->error_cnt, 0);
    assert_true(path->rto.rto_dur == 4 * USCTP__SEC); /* Karn: no measurement */
    assert_true(f->packet_cnt >= 1);
    assert_int_equal(f->chunks[0].tsn, tsn(3));
}

static void test_t3_gives_up(void **state)
{
    struct fixture *f = *state;

    send_freely(f, 1);
    for (unsigned i = 0; i < 11; i++) {
        assert_false(f->assoc->ended);
        fixture_wait(f, 61 * USCTP__SEC);
    }
    fixture_settle(f);
    assert_null(f->assoc); /* RFC 9260, 8.1: the eleventh is too many */
    assert_int_equal(fixture_events(f, USCTP_EVENT_LOST), 1);
    assert_int_equal(fixture_events(f, USCTP_EVENT_SEND_FAILED), 1);
}

static void test_t3_restarts(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);
    const uint16_t gap[] = {2, 2, 0};
    uint64_t start_ts = f->core.now_ts;

    fixture_params(f)->flags |= USCTP_PARAM_NO_RACK; /* else losses are found before */
    send_freely(f, 4);
    fixture_wait(f, 100 * USCTP__MS);
    fixture_sack(f, FIRST - 1, 100000, gap); /* not the earliest: T3-rtx runs on */
    assert_true(path->alarm_ts[USCTP__ALARM_LOSS] == start_ts + USCTP__SEC);
    fixture_wait(f, 100 * USCTP__MS);
    fixture_sack(f, FIRST, 100000, NULL); /* 6.3.2 R3 */
    assert_true(path->alarm_ts[USCTP__ALARM_LOSS] ==
                start_ts + 200 * USCTP__MS + path->rto.rto_dur);
}

static void test_round_trips(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);

    send_freely(f, 3);
    fixture_wait(f, 80 * USCTP__MS);
    fixture_sack(f, FIRST, 100000, NULL);
    assert_true(path->rto.srtt_dur == 80 * USCTP__MS);
    fixture_wait(f, 500 * USCTP__MS);
    fixture_sack(f, tsn(2), 100000, NULL); /* 6.3.1 C4: one a round trip */
    assert_true(path->rto.srtt_dur == 80 * USCTP__MS);
    send_freely(f, 2);
    fixture_wait(f, 20 * USCTP__SEC); /* T3-rtx */
    fixture_sack(f, tsn(4), 100000, NULL);
    assert_true(path->rto.srtt_dur == 80 * USCTP__MS); /* 6.3.1 C5 */
    send_freely(f, 1);
    fixture_wait(f, 80 * USCTP__MS);
    fixture_sack(f, tsn(5), 100000, NULL);
    assert_true(path->rto.srtt_dur == 80 * USCTP__MS);
    assert_true(path->rto.rto_dur == USCTP__SEC); /* the backoff is over */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sender_set_up, sender_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fast_retransmit),
        TEST(test_miss_only_below_newly_acked),
        TEST(test_fast_retransmit_fills_one_packet),
        TEST(test_t3),
        TEST(test_t3_gives_up),
        TEST(test_t3_restarts),
        TEST(test_round_trips),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
