/* SPDX-License-Identifier: BSD-3-Clause */
/* What leaves in which packet, and when: congestion window, bundling, fragments, paths, a lower layer that blocks. */
#include "unit/sender.h"

#include "core/shutdown.h"
#include "core/tx.h"

static void test_cwnd_and_burst(void **state)
{
    struct fixture *f = *state;

    fixture_params(f)->max_burst = 4;
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(fixture_queue(f, 0, 0, FULL), 0);
    }
    fixture_settle(f);
    assert_int_equal(f->packet_cnt, 4); /* 7.2.1: 4404 bytes, passed by a part of a packet */
    path_of(f)->cc.cwnd = 100000;
    fixture_sack(f, FIRST, 1000000, NULL);
    assert_int_equal(f->packet_cnt, 8); /* 6.1 D */
    fixture_take_sack(f, tsn(1), 1000000, NULL, NULL);
    fixture_take_sack(f, tsn(2), 1000000, NULL, NULL);
    fixture_settle(f);
    assert_int_equal(f->packet_cnt, 16); /* two SACKs in one batch: two bursts */
}

static void test_window_grows(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);
    uint32_t cwnd = path->cc.cwnd;

    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(fixture_queue(f, 0, 0, FULL), 0);
    }
    fixture_settle(f);
    assert_true(path->flight >= path->cc.cwnd);
    fixture_take_sack(f, FIRST, 1000000, NULL, NULL);
    fixture_take_sack(f, tsn(1), 1000000, NULL, NULL); /* full use is told by the last output */
    assert_int_equal(path->cc.cwnd, cwnd + 2 * 1188);
    fixture_settle(f);
    fixture_sack(f, f->chunks[f->chunk_cnt - 1].tsn, 1000000, NULL);
    assert_int_equal(path->cc.cwnd, cwnd + 3 * 1188);
}

static void test_bundling(void **state)
{
    struct fixture *f = *state;

    f->assoc->cork_cnt = 1;
    for (unsigned i = 0; i < 10; i++) {
        assert_int_equal(fixture_queue(f, 0, 0, 84), 0);
    }
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, 0);
    f->assoc->cork_cnt = 0;
    usctp__assoc_touch(f->assoc);
    fixture_settle(f);
    assert_int_equal(f->packet_cnt, 1);
    assert_int_equal(f->chunk_cnt, 10);
    fixture_forget(f);
    assert_int_equal(fixture_queue(f, 0, 0, 84), 0);
    assert_int_equal(fixture_queue(f, 0, USCTP_SEND_NO_BUNDLE, 84), 0);
    assert_int_equal(fixture_queue(f, 0, 0, 84), 0);
    fixture_settle(f);
    assert_int_equal(f->packet_cnt, 3);
}

static void test_fragments_fill_packets(void **state)
{
    struct fixture *f = *state;

    path_of(f)->cc.cwnd = 100000;
    assert_int_equal(fixture_queue(f, 0, 0, 100), 0);
    assert_int_equal(fixture_queue(f, 0, 0, 10000), 0);
    assert_int_equal(fixture_queue(f, 0, USCTP_SEND_UNORDERED, FULL), 0);
    fixture_settle(f);
    for (size_t i = 0; i + 1 < f->chunk_cnt; i++) {
        assert_int_equal(f->chunks[i].tsn + 1, f->chunks[i + 1].tsn);
        if (i + 2 < f->chunk_cnt && f->chunks[i].packet < f->chunks[f->chunk_cnt - 2].packet) {
            assert_int_equal(f->chunks[i].packet_len, 1200); /* a train of equal sizes */
        }
    }
    assert_int_equal(f->chunks[1].flags, USCTP__DATA_FLAG_BEGIN);
    assert_int_equal(f->chunks[2].flags, 0);
    assert_int_equal(f->chunks[f->chunk_cnt - 2].flags, USCTP__DATA_FLAG_END);
    assert_int_equal(f->chunks[f->chunk_cnt - 1].flags,
                     USCTP__DATA_FLAG_BEGIN | USCTP__DATA_FLAG_END | USCTP__DATA_FLAG_UNORDERED);
    assert_int_equal(f->chunks[f->chunk_cnt - 1].len, FULL);
    assert_int_equal(f->core.stats.frag_usr_msgs, 1);
    assert_int_equal(f->core.stats.out_unorder_chunks, 1);
    assert_int_equal(f->assoc->counters.sent_messages, 3);
    assert_int_equal(f->assoc->counters.sent_bytes, 100 + 10000 + FULL);
}

static void test_max_segment(void **state)
{
    struct fixture *f = *state;

    fixture_params(f)->max_segment = 503;
    fixture_send(f, 0, 1500);
    for (size_t i = 0; i < f->chunk_cnt; i++) {
        assert_true(f->chunks[i].len + 16 <= 500);
    }
    assert_int_equal(f->chunk_cnt, 4);
    assert_int_equal(f->packet_cnt, 2);
}

static void test_nagle(void **state)
{
    struct fixture *f = *state;

    fixture_params(f)->flags |= USCTP_PARAM_NAGLE;
    fixture_send(f, 0, 50);
    assert_int_equal(f->chunk_cnt, 1);
    fixture_send(f, 0, 50);
    assert_int_equal(f->chunk_cnt, 1);
    assert_int_equal(fixture_queue(f, 0, USCTP_SEND_NO_BUNDLE, 50), 0);
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, 1); /* the first in the queue decides */
    fixture_sack(f, FIRST, 100000, NULL);
    assert_int_equal(f->chunk_cnt, 3);
    fixture_send(f, 0, FULL); /* a full packet does not wait */
    assert_int_equal(f->chunk_cnt, 4);
}

static void test_immediate(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(fixture_queue(f, 0, USCTP_SEND_SACK_IMMEDIATELY, 2000), 0);
    fixture_settle(f);
    assert_int_equal(f->chunks[0].flags & USCTP__DATA_FLAG_IMMEDIATE, 0);
    assert_int_not_equal(f->chunks[1].flags & USCTP__DATA_FLAG_IMMEDIATE, 0);
    fixture_params(f)->flags |= USCTP_PARAM_SACK_IMMEDIATELY;
    fixture_forget(f);
    assert_int_equal(fixture_queue(f, 0, 0, 100), 0);
    fixture_send(f, 0, 100);
    assert_int_equal(f->chunks[0].flags & USCTP__DATA_FLAG_IMMEDIATE, 0);
    assert_int_not_equal(f->chunks[1].flags & USCTP__DATA_FLAG_IMMEDIATE, 0);
}

static void test_two_paths(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *first = path_of(f);
    struct usctp__path *second = fixture_add_path(f);

    send_freely(f, 6);
    assert_int_equal(first->flight_cnt, 6);
    fixture_wait(f, USCTP__SEC);
    assert_int_equal(f->packet_cnt, 4); /* 6.4, 6.3.3 E3: on the other path, as its cwnd allows */
    for (size_t i = 0; i < f->chunk_cnt; i++) {
        assert_int_equal(f->chunks[i].path, second->id);
    }
    assert_int_equal(first->flight, 0);
    assert_int_equal(second->tx_lost_cnt, 2);
    assert_false(usctp__path_alarm_armed(first, USCTP__ALARM_LOSS));
    assert_true(usctp__path_alarm_armed(second, USCTP__ALARM_LOSS));
    fixture_sack(f, tsn(0), 100000, NULL);
    assert_int_equal(first->error_cnt, 1); /* 8.2: says nothing of the first one */
    fixture_sack(f, tsn(5), 100000, NULL);
    assert_true(usctp__tx_empty(f->assoc));
    fixture_forget(f);
    fixture_send(f, 0, 10);
    assert_int_equal(f->chunks[0].path, first->id);
}

static void test_preferred_path(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *second = fixture_add_path(f);
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"abc", 3};

    info.path = second->id;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), 0);
    fixture_settle(f);
    assert_int_equal(f->chunks[0].path, second->id);
    second->state = USCTP_PATH_UNCONFIRMED; /* RFC 9260, 5.4 */
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), 0);
    fixture_settle(f);
    assert_int_equal(f->chunks[1].path, path_of(f)->id);
}

static void test_path_removed(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *first = path_of(f);
    struct usctp__path *second = fixture_add_path(f);
    const uint16_t gap[] = {3, 4, 0};

    send_freely(f, 6);
    fixture_sack(f, FIRST - 1, 1000000, gap);
    usctp__path_remove(f->assoc, first);
    usctp__assoc_check(f->assoc);
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, 4);
    assert_int_equal(second->flight_cnt, 4);
    fixture_sack(f, FIRST - 1, 1000000, NULL); /* reneged: both find the new path */
    assert_int_equal(second->flight_cnt, 6);
    fixture_sack(f, tsn(5), 1000000, NULL);
    assert_true(usctp__tx_empty(f->assoc));
}

static void test_blocked(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);
    uint64_t start_ts = f->core.now_ts;
    size_t held;

    path->cc.cwnd = 1000000;
    f->block = true;
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(fixture_queue(f, 0, 0, FULL), 0);
    }
    fixture_settle(f);
    held = f->core.slab.cnt;
    assert_true(f->core.blocked && held > 0 && held < 300);
    assert_int_equal(path->flight_cnt, held);
    usctp__core_set_time(&f->core, start_ts + 300 * USCTP__MS);
    fixture_settle(f);
    assert_int_equal(f->core.slab.cnt, held);
    for (size_t i = 0; i < held; i++) {
        usctp__output_taken(f->assoc, path, &f->core.slab.dgrams[i]);
    }
    /* Stamps are taken when the packets leave. */
    assert_true(usctp__txring_slot(&f->assoc->tx.ring, path->rtt_tsn)->sent_ts ==
                start_ts + 300 * USCTP__MS);
    assert_true(path->alarm_ts[USCTP__ALARM_LOSS] == start_ts + 300 * USCTP__MS + USCTP__SEC);
    f->block = false;
    f->core.blocked = false;
    fixture_flush(&f->core);
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, 300);
}

static void test_too_big(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);
    uint32_t cwnd;

    f->block = true;
    path->cc.cwnd = 1000000;
    assert_int_equal(fixture_queue(f, 0, 0, FULL), 0);
    fixture_settle(f);
    cwnd = path->cc.cwnd;
    f->core.slab.dgrams[0].status = USCTP_DGRAM_TOO_BIG;
    f->core.slab.dgrams[0].status_len = 1001;
    usctp__output_taken(f->assoc, path, &f->core.slab.dgrams[0]);
    assert_int_equal(path->max_packet, 1000);
    assert_int_equal(path->cc.cwnd, cwnd);
    assert_int_equal(path->flight, 0);
    usctp__slab_reset(&f->core.slab);
    f->block = false;
    f->core.blocked = false;
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, 1);
    assert_int_equal(f->chunks[0].packet_len, 1200);
    assert_int_equal(f->chunks[0].dgram_flags, USCTP_DGRAM_MAY_FRAGMENT);
    assert_int_equal(path->oversize_cnt, 1);
    fixture_send(f, 0, 1100);
    assert_int_equal(f->chunks[1].packet_len, 1000);
    assert_int_equal(f->chunks[1].dgram_flags, 0);
}

static void test_rebinding_limits(void **state)
{
    struct fixture *f = *state;

    path_of(f)->cc.cwnd = 100000;
    path_of(f)->rebinding = true;
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(fixture_queue(f, 0, 0, FULL), 0);
    }
    fixture_settle(f);
    assert_int_equal(f->packet_cnt, 4);
}

static void test_states(void **state)
{
    struct fixture *f = *state;

    f->assoc->cork_cnt = 1;
    assert_int_equal(fixture_queue(f, 0, 0, 100), 0);
    fixture_settle(f);
    f->assoc->cork_cnt = 0;
    usctp__assoc_set_state(f->assoc, USCTP_STATE_SHUTDOWN_SENT);
    usctp__core_settle(&f->core);
    assert_int_equal(f->chunk_cnt, 0);
    usctp__assoc_set_state(f->assoc, USCTP_STATE_SHUTDOWN_RECEIVED);
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, 1);
}

static void test_ordered_limit(void **state)
{
    struct fixture *f = *state;

    path_of(f)->cc.cwnd = 100000000;
    f->assoc->cork_cnt = 1;
    for (unsigned i = 0; i < 70000; i++) {
        assert_int_equal(fixture_queue(f, 0, 0, 1), 0);
    }
    f->assoc->cork_cnt = 0;
    fixture_settle(f);
    for (unsigned i = 0; i < 100; i++) {
        f->chunk_cnt = 0;
        usctp__assoc_touch(f->assoc);
        usctp__core_settle(&f->core);
    }
    /* RFC 9260, 6.1: no more than 2^16 - 1 ordered messages of a stream in the window. */
    assert_int_equal(usctp__txring_cnt(&f->assoc->tx.ring), 65535);
    f->chunk_cnt = 0;
    fixture_sack(f, FIRST + 99, 10000000, NULL);
    assert_int_equal(f->chunk_cnt, 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sender_set_up, sender_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cwnd_and_burst),   TEST(test_window_grows),
        TEST(test_bundling),         TEST(test_fragments_fill_packets),
        TEST(test_max_segment),      TEST(test_nagle),
        TEST(test_immediate),        TEST(test_two_paths),
        TEST(test_preferred_path),   TEST(test_path_removed),
        TEST(test_blocked),          TEST(test_too_big),
        TEST(test_rebinding_limits), TEST(test_states),
        TEST(test_ordered_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
