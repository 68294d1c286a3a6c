/* SPDX-License-Identifier: BSD-3-Clause */
/* Losses found by time, tail probes, reductions taken back (RFC 8985). */
#include "unit/sender.h"

#include "core/loss.h"
#include "core/rack.h"

#define RTT (40 * USCTP__MS)

/* An association with a wide window, and one round trip measured: TSN 0 is acknowledged. */
static int set_up(void **state)
{
    struct fixture *f = fixture_new(FIRST, 10000000);

    fixture_params(f)->max_burst = 0;
    fixture_params(f)->send_buffer = 10000000;
    path_of(f)->cc.cwnd = 100000;
    path_of(f)->cc.ssthresh = 100000;
    send_full(f, 1);
    fixture_wait(f, RTT);
    fixture_sack(f, FIRST, 10000000, NULL);
    assert_non_null(path_of(f)->rack);
    assert_true(path_of(f)->rack->min_rtt_dur == RTT);
    *state = f;
    return 0;
}

/* It runs out when nothing is in flight any more, and T3-rtx was due meanwhile: that one is next, or this one
 * would be due again and again. */
static void test_reordering_timer_hands_back(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);

    assert_int_equal(path->flight_cnt, 0);
    path->rack->timer = USCTP__LOSS_RACK;
    path->rack->t3_ts = f->assoc->core->now_ts - 1;
    usctp__tx_on_loss_alarm(f->assoc, path);
    assert_int_equal(path->rack->timer, USCTP__LOSS_T3);
}

/* A probe that found no way out: the timer goes on to T3-rtx. */
static void test_probe_is_due_once(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);

    send_full(f, 1);
    fixture_wait(f, RTT);
    path->rack->probe_ready = true;
    usctp__rack_on_probe(f->assoc, path);
    usctp__rack_arm(path);
    assert_int_equal(path->rack->timer, USCTP__LOSS_T3);
    assert_true(path->alarm_ts[USCTP__ALARM_LOSS] > f->assoc->core->now_ts);
}

static void test_min_rtt_is_windowed(void **state)
{
    struct fixture *f = *state;
    struct usctp__rack *rack = path_of(f)->rack;
    uint64_t dur[600];

    /* The oracle: never less than the least of the last 127, never more than the least of 64. */
    for (unsigned i = 0; i < 600; i++) {
        uint64_t last_127 = UINT64_MAX;
        uint64_t last_64 = UINT64_MAX;

        dur[i] = USCTP__MS * (10 + i * 7919 % 101 + (i > 300 ? 500 : 0));
        usctp__rack_measured(rack, dur[i]);
        for (unsigned j = 0; j < 127 && j <= i; j++) {
            last_127 = USCTP__MIN(last_127, dur[i - j]);
            last_64 = j < 64 ? USCTP__MIN(last_64, dur[i - j]) : last_64;
        }
        if (i >= 127) {
            assert_true(rack->min_rtt_dur >= last_127 && rack->min_rtt_dur <= last_64);
        }
    }
}

static void test_second_reduction(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);
    const uint16_t two[] = {2, 3, 0};
    const uint16_t three[] = {2, 4, 0};

    send_full(f, 3);
    fixture_wait(f, RTT);
    fixture_sack(f, tsn(0), 10000000, two);
    assert_int_equal(f->chunk_cnt, 0);
    fixture_wait(f, RTT / 4); /* the reordering timer */
    assert_int_equal(f->chunk_cnt, 1);
    assert_int_equal(f->chunks[0].tsn, tsn(1));
    assert_int_equal(path->cc.cwnd, 50000);
    fixture_wait(f, USCTP__MS);
    send_full(f, 1);
    fixture_wait(f, RTT);
    fixture_sack(f, tsn(0), 10000000, three);
    assert_int_equal(f->chunk_cnt, 1); /* the retransmission was lost, too */
    assert_int_equal(f->chunks[0].tsn, tsn(1));
    assert_int_equal(path->cc.cwnd, 25000); /* RFC 8985, 9.3 */
    assert_int_equal(usctp__rare(f->assoc)->fast_retransmits, 1);
}

/* RFC 8985, 6.2, step 4: duplicates widen the window by a quarter once a round trip, and sixteen recoveries
 * without one make it a quarter again. */
static void test_reordering_window(void **state)
{
    struct fixture *f = *state;
    struct usctp__rack *rack = path_of(f)->rack;
    uint64_t cum_tsn = f->assoc->tx.ring.next - 1;

    assert_int_equal(rack->reorder_quarters, 1);
    send_full(f, 4);
    usctp__rack_duplicate(f->assoc, rack, cum_tsn);
    assert_int_equal(rack->reorder_quarters, 2);
    usctp__rack_duplicate(f->assoc, rack, cum_tsn + 3); /* the same round */
    assert_int_equal(rack->reorder_quarters, 2);
    usctp__rack_duplicate(f->assoc, rack, cum_tsn + 4);
    assert_int_equal(rack->reorder_quarters, 3);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(rack->reorder_quarters, 3);
        usctp__rack_recovered(rack);
    }
    assert_int_equal(rack->reorder_quarters, 1);
    usctp__rack_recovered(rack);
    assert_int_equal(rack->reorder_quarters, 1);
}

/* What was sent again on another path tells neither of them a round trip. */
static void test_two_paths(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *first = path_of(f);
    struct usctp__path *second = fixture_add_path(f);
    uint64_t sent_ts = first->rack->sent_ts;

    send_full(f, 2);
    while (second->flight_cnt == 0) {
        fixture_wait(f, 100 * USCTP__MS); /* a probe, then T3-rtx */
    }
    fixture_wait(f, 100 * USCTP__MS);
    assert_non_null(second->rack);
    fixture_sack(f, tsn(1), 10000000, NULL);
    assert_true(first->rack->sent_ts == sent_ts);
    assert_true(second->rack->sent_ts == 0);
    assert_true(second->rto.srtt_dur == 0);
}

static void test_no_rack(void **state)
{
    struct fixture *f = *state;
    struct usctp_params params = *fixture_params(f);

    send_full(f, 2);
    params.flags |= USCTP_PARAM_NO_RACK;
    assert_int_equal(usctp__assoc_set_params(f->assoc, &params), 0);
    assert_null(path_of(f)->rack);
    fixture_wait(f, USCTP__SEC - 1);
    assert_int_equal(f->chunk_cnt, 0);
    fixture_wait(f, 1); /* T3-rtx as it was */
    assert_int_equal(f->chunk_cnt, 1);
    assert_int_equal(usctp__rare(f->assoc)->tail_probes, 0);
}

static void test_idle_paths_keep_nothing(void **state)
{
    struct fixture *f = *state;

    fixture_wait(f, 10 * USCTP__SEC);
    assert_null(path_of(f)->rack);
    send_full(f, 1);
    assert_non_null(path_of(f)->rack);
}

static void test_goes_without_memory(void **state)
{
    struct fixture *f = *state;

    fixture_wait(f, 10 * USCTP__SEC);
    usctp__core_trim(&f->core);
    for (unsigned i = 1; i < 6; i++) {
        test_memory_fail_next(&f->memory, i);
        (void)fixture_queue(f, 0, 0, 100);
        fixture_settle(f);
        test_memory_fail_next(&f->memory, 0);
        fixture_settle(f);
        fixture_wait(f, 5 * USCTP__SEC);
    }
    assert_true(f->chunk_cnt > 0);
}

/* --- A random peer, and the rules as they are written ------------------------------------------ */

/* RFC 8985, 6.2, step 5, chunk by chunk: nothing may be outstanding that is lost by now, and the timer
 * runs while something may become so. In Fast Recovery some of it may have been found sooner. */
static void check_by_the_book(const struct fixture *f)
{
    const struct usctp__txring *ring = &f->assoc->tx.ring;
    const struct usctp__path *path = f->assoc->paths.first;
    const struct usctp__rack *rack = path->rack;
    uint64_t window = rack->min_rtt_dur / 4 * rack->reorder_quarters;
    uint64_t next_ts = UINT64_MAX;

    window = USCTP__MAX(USCTP__MIN(window, path->rto.srtt_dur), USCTP__MS);
    for (uint64_t i = ring->base; i < ring->next; i++) {
        const struct usctp__txslot *slot = usctp__txring_slot(ring, i);

        if (usctp__txring_acked(ring, i) || usctp__txring_lost(ring, i) ||
            slot->sent_ts > rack->sent_ts || (slot->sent_ts == rack->sent_ts && i >= rack->tsn)) {
            continue;
        }
        assert_true(slot->sent_ts + rack->rtt_dur + window > f->core.now_ts);
        next_ts = USCTP__MIN(next_ts, slot->sent_ts + rack->rtt_dur + window);
    }
    if (next_ts != UINT64_MAX) {
        assert_true(path->alarm_ts[USCTP__ALARM_LOSS] <= next_ts);
    }
}

/* A SACK of what the peer has got. */
static void sack_all(struct fixture *f, const bool *got, unsigned cnt)
{
    uint16_t gaps[400];
    unsigned cum = 0;
    unsigned n = 0;

    while (cum + 1 < cnt && got[cum + 1]) {
        cum++;
    }
    for (unsigned i = cum + 2; i < cnt && n < 199; i++) {
        if (got[i] && (n == 0 || !got[i - 1] || gaps[2 * n - 1] != i - 1 - cum)) {
            gaps[2 * n] = (uint16_t)(i - cum);
            gaps[2 * n + 1] = gaps[2 * n];
            n++;
        } else if (got[i]) {
            gaps[2 * n - 1]++;
        }
    }
    gaps[2 * n] = 0;
    fixture_sack(f, tsn(cum), 10000000, gaps);
}

static void test_random_network(void **state)
{
    struct fixture *f = *state;
    static bool got[20000];
    uint32_t seed = 1;
    unsigned sent = 1;

    got[0] = true;
    fixture_forget(f);
    for (unsigned round = 0; round < 4000 && sent < 19000; round++) {
        seed = seed * 1103515245u + 12345u;
        if ((seed >> 16) % 4 != 0 && f->assoc->tx.outq.msg_cnt < 50) {
            for (unsigned i = 0; i < (seed >> 20) % 8; i++) {
                assert_int_equal(fixture_queue(f, (uint16_t)(i % 5), 0, 100 + i * 100), 0);
            }
            fixture_settle(f);
        }
        fixture_wait(f, (seed >> 8) % (20 * USCTP__MS));
        /* Of what arrives now nine tenths do, in any order. */
        for (size_t i = 0; i < f->chunk_cnt; i++) {
            unsigned n = f->chunks[i].tsn - FIRST;

            seed = seed * 1103515245u + 12345u;
            got[n] = got[n] || (seed >> 16) % 10 != 0;
            sent = USCTP__MAX(sent, n + 1);
        }
        fixture_forget(f);
        if ((seed >> 24) % 3 != 0 && usctp__txring_cnt(&f->assoc->tx.ring) > 0) {
            sack_all(f, got, sent);
            check_by_the_book(f);
        }
        assert_false(f->assoc->ended);
    }
    assert_true(sent > 3000);
    assert_true(usctp__rare(f->assoc)->fast_retransmits > 50);
    assert_true(usctp__rare(f->assoc)->tail_probes > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reordering_timer_hands_back, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_probe_is_due_once, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_min_rtt_is_windowed, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_reordering_window, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_second_reduction, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_two_paths, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_no_rack, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_idle_paths_keep_nothing, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_goes_without_memory, set_up, sender_tear_down),
        cmocka_unit_test_setup_teardown(test_random_network, set_up, sender_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
