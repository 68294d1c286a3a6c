/* SPDX-License-Identifier: BSD-3-Clause */
/* SACKs, losses, timers, windows: what an association sends in answer to what a peer says it got. */
#include "unit/core_fixture.h"

#include "core/loss.h"
#include "core/shutdown.h"
#include "core/tx.h"

#define FIRST UINT32_C(0xfffffffc) /* the TSN wraps early in each test */

enum { FULL = 1200 - 12 - 16 }; /* payload of a chunk that fills a packet */

static int set_up(void **state)
{
    struct fixture *f = fixture_new(FIRST, 1000000);

    fixture_params(f)->max_burst = 0;
    fixture_params(f)->send_buffer = 10000000;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static struct usctp__path *path_of(struct fixture *f)
{
    return f->assoc->paths.first;
}

static uint32_t tsn(unsigned i)
{
    return FIRST + i;
}

/* Sends cnt messages of one full chunk each, whatever the window says. */
static void send_full(struct fixture *f, unsigned cnt)
{
    fixture_forget(f);
    path_of(f)->cc.cwnd = 1000000;
    for (unsigned i = 0; i < cnt; i++) {
        assert_int_equal(fixture_queue(f, (uint16_t)(i % 5), 0, FULL), 0);
    }
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, cnt);
    fixture_forget(f);
}

static void test_cumulative(void **state)
{
    struct fixture *f = *state;
    bool fresh;

    send_full(f, 10);
    assert_int_equal(f->assoc->tx.flight, 10 * FULL);
    assert_int_equal(path_of(f)->flight, 10 * (FULL + 16));
    assert_int_equal(f->assoc->tx.peer_rwnd, 1000000 - 10 * FULL);
    assert_int_equal(fixture_take_sack(f, tsn(3), 500000, NULL, &fresh), USCTP__NEXT);
    assert_true(fresh);
    assert_int_equal(f->assoc->tx.flight, 6 * FULL);
    assert_int_equal(f->assoc->tx.peer_rwnd, 500000 - 6 * FULL);
    assert_int_equal(fixture_take_sack(f, tsn(3), 500000, NULL, &fresh), USCTP__NEXT);
    assert_false(fresh);
    /* RFC 9260, 6.2.1 D i: an old one changes nothing. */
    assert_int_equal(fixture_take_sack(f, tsn(1), 7, NULL, &fresh), USCTP__NEXT);
    assert_false(fresh);
    assert_int_equal(f->assoc->tx.peer_rwnd, 500000 - 6 * FULL);
    fixture_sack(f, tsn(9), 3, NULL);
    assert_int_equal(f->assoc->tx.flight, 0);
    assert_int_equal(f->assoc->tx.peer_rwnd, 3);
    assert_true(usctp__tx_empty(f->assoc));
    assert_int_equal(fixture_events(f, USCTP_EVENT_DRY), 1);
    assert_false(usctp__path_alarm_armed(path_of(f), USCTP__ALARM_LOSS)); /* 6.3.2 R2 */
}

/* RFC 9260, 6.3.2 R2: in SHUTDOWN-SENT too, where output looks at no DATA any more. */
static void test_last_one_of_a_closing_association(void **state)
{
    struct fixture *f = *state;

    send_full(f, 2);
    usctp__shutdown_start(f->assoc);
    fixture_sack(f, tsn(0), 100000, NULL);
    assert_int_equal(f->assoc->state, USCTP_STATE_SHUTDOWN_PENDING);
    assert_true(usctp__path_alarm_armed(path_of(f), USCTP__ALARM_LOSS));
    fixture_sack(f, tsn(1), 100000, NULL);
    assert_int_equal(f->assoc->state, USCTP_STATE_SHUTDOWN_SENT);
    assert_false(usctp__path_alarm_armed(path_of(f), USCTP__ALARM_LOSS));
}

static void check_aborts(struct fixture *f, uint32_t cum_tsn, const uint16_t *gaps)
{
    assert_int_equal(fixture_take_sack(f, cum_tsn, 1000, gaps, NULL), USCTP__GONE);
    assert_true(f->assoc->ended);
    fixture_forget(f);
    usctp__core_settle(&f->core);
    usctp__core_settle(&f->core);
    assert_int_equal(fixture_events(f, USCTP_EVENT_LOST), 1);
}

static void test_never_sent(void **state)
{
    send_full(*state, 5);
    check_aborts(*state, tsn(5), NULL);
}

static void test_never_sent_in_gap(void **state)
{
    const uint16_t gaps[] = {2, 3, 0};

    send_full(*state, 5);
    check_aborts(*state, tsn(2), gaps);
}

static void test_never_sent_at_all(void **state)
{
    check_aborts(*state, FIRST, NULL);
}

static void test_insane_gaps(void **state)
{
    struct fixture *f = *state;
    const uint16_t reversed[] = {4, 3, 0};
    const uint16_t overlapping[] = {4, 6, 3, 5, 3, 3, 4, 6, 0};
    const uint16_t first[] = {1, 2, 0};

    send_full(f, 10);
    fixture_sack(f, tsn(1), 1000, reversed);
    assert_int_equal(f->assoc->tx.flight, 10 * FULL);
    assert_int_equal(f->core.stats.dropped_malformed, 1);
    fixture_sack(f, tsn(1), 100000, overlapping);
    assert_int_equal(f->assoc->tx.flight, 4 * FULL);
    assert_int_equal(f->assoc->tx.ring.acked_cnt, 4);
    /* The TSN right behind the cumulative one cannot have come. */
    fixture_sack(f, tsn(4), 100000, first);
    assert_false(usctp__txring_acked(&f->assoc->tx.ring, f->assoc->tx.ring.base));
    fixture_sack(f, tsn(9), 100000, NULL);
    assert_true(usctp__tx_empty(f->assoc));
}

static void test_fast_retransmit(void **state)
{
    struct fixture *f = *state;
    const uint16_t two[] = {2, 2, 0};
    const uint16_t three[] = {2, 3, 0};
    const uint16_t four[] = {2, 4, 0};
    const uint16_t five[] = {2, 5, 0};
    const uint16_t six[] = {2, 6, 0};
    struct usctp__path *path = path_of(f);

    send_full(f, 8);
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

    send_full(f, 8);
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

    send_full(f, 10);
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

static void test_renege(void **state)
{
    struct fixture *f = *state;
    const uint16_t a[] = {3, 6, 0};
    const uint16_t b[] = {4, 4, 0};

    send_full(f, 8);
    fixture_sack(f, FIRST - 1, 100000, a);
    assert_int_equal(f->assoc->tx.flight, 4 * FULL);
    fixture_sack(f, FIRST - 1, 100000, b);
    assert_int_equal(f->assoc->tx.flight, 7 * FULL);
    assert_int_equal(usctp__rare(f->assoc)->reneged_tsns, 3);
    fixture_sack(f, FIRST - 1, 100000, NULL);
    assert_int_equal(f->assoc->tx.flight, 8 * FULL);
    assert_int_equal(f->assoc->tx.buffered, 8 * FULL);
    fixture_wait(f, 2 * USCTP__SEC); /* T3-rtx sends all of it again */
    assert_int_equal(f->chunks[0].tsn, FIRST);
    fixture_sack(f, tsn(7), 100000, NULL);
    assert_true(usctp__tx_empty(f->assoc));
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

    send_full(f, 1);
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
    send_full(f, 4);
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

    send_full(f, 3);
    fixture_wait(f, 80 * USCTP__MS);
    fixture_sack(f, FIRST, 100000, NULL);
    assert_true(path->rto.srtt_dur == 80 * USCTP__MS);
    fixture_wait(f, 500 * USCTP__MS);
    fixture_sack(f, tsn(2), 100000, NULL); /* 6.3.1 C4: one a round trip */
    assert_true(path->rto.srtt_dur == 80 * USCTP__MS);
    send_full(f, 2);
    fixture_wait(f, 20 * USCTP__SEC); /* T3-rtx */
    fixture_sack(f, tsn(4), 100000, NULL);
    assert_true(path->rto.srtt_dur == 80 * USCTP__MS); /* 6.3.1 C5 */
    send_full(f, 1);
    fixture_wait(f, 80 * USCTP__MS);
    fixture_sack(f, tsn(5), 100000, NULL);
    assert_true(path->rto.srtt_dur == 80 * USCTP__MS);
    assert_true(path->rto.rto_dur == USCTP__SEC); /* the backoff is over */
}

static void test_zero_window(void **state)
{
    struct fixture *f = *state;
    struct usctp__path *path = path_of(f);
    uint32_t cwnd = path->cc.cwnd;

    fixture_sack(f, FIRST - 1, 0, NULL);
    for (unsigned i = 0; i < 3; i++) {
        fixture_send(f, 0, 500);
    }
    assert_int_equal(f->chunk_cnt, 0);
    fixture_wait(f, USCTP__SEC); /* RFC 9260, 6.1 A: the first probe after an RTO */
    assert_int_equal(f->chunk_cnt, 1);
    for (unsigned i = 0; i < 20; i++) {
        fixture_sack(f, FIRST - 1, 0, NULL); /* the peer answers, and stays closed */
        fixture_wait(f, 61 * USCTP__SEC);
    }
    assert_false(f->assoc->ended); /* answered probes are no errors */
    assert_int_equal(path->error_cnt, 0);
    assert_int_equal(path->cc.cwnd, cwnd);
    assert_int_equal(f->chunk_cnt, 21);
    assert_int_equal(f->chunks[20].tsn, FIRST);
    assert_true(path->rto.rto_dur == 60 * USCTP__SEC); /* further and further apart */
    fixture_forget(f);
    fixture_sack(f, FIRST - 1, 5000, NULL); /* open: the probe again, at once, and the rest */
    assert_int_equal(f->chunk_cnt, 3);
    assert_int_equal(f->chunks[0].tsn, FIRST);
    fixture_sack(f, tsn(2), 5000, NULL);
    assert_true(usctp__tx_empty(f->assoc));
    assert_int_equal(f->assoc->tx.peer_rwnd, 5000);
}

static void test_unanswered_probes_count(void **state)
{
    struct fixture *f = *state;

    fixture_sack(f, FIRST - 1, 0, NULL);
    fixture_send(f, 0, 500);
    fixture_wait(f, USCTP__SEC);
    assert_int_equal(path_of(f)->error_cnt, 0);
    fixture_wait(f, USCTP__SEC);
    assert_int_equal(path_of(f)->error_cnt, 1);
}

static void test_silly_windows(void **state)
{
    struct fixture *f = *state;

    usctp__tx_peer(f->assoc, 3 * FULL + 100, 100);
    fixture_send(f, 0, 6 * FULL);
    assert_int_equal(f->chunk_cnt, 3);
    assert_int_equal(f->assoc->tx.peer_rwnd, 100); /* not worth a chunk */
    fixture_sack(f, FIRST, 2 * FULL + 600, NULL);
    assert_int_equal(f->chunk_cnt, 3);
    fixture_sack(f, FIRST, 3 * FULL + 600, NULL);
    assert_int_equal(f->chunk_cnt, 4);
    assert_int_equal(f->chunks[3].len, FULL);
}

/* Windows that never hold a full chunk are used to their half and more. */
static void test_small_windows(void **state)
{
    struct fixture *f = *state;

    usctp__tx_peer(f->assoc, 700, 100);
    fixture_send(f, 0, 2000);
    assert_int_equal(f->chunk_cnt, 1);
    assert_int_equal(f->chunks[0].len, 700);
    fixture_sack(f, FIRST, 700, NULL);
    assert_int_equal(f->chunk_cnt, 2);
    assert_int_equal(f->chunks[1].len, 700);
    fixture_sack(f, tsn(1), 700, NULL);
    assert_int_equal(f->chunk_cnt, 3);
    assert_int_equal(f->chunks[2].len, 600);
}

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

    send_full(f, 6);
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

    send_full(f, 6);
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

static void test_shutdown_ack(void **state)
{
    struct fixture *f = *state;
    const uint16_t gap[] = {3, 3, 0};

    send_full(f, 5);
    fixture_sack(f, FIRST - 1, 100000, gap);
    assert_true(usctp__tx_cum_ack(f->assoc, tsn(0), path_of(f)));
    assert_int_equal(f->assoc->tx.ring.acked_cnt, 1);                /* it says nothing of gaps */
    assert_int_equal(f->assoc->tx.peer_window, 100000);              /* nor of the window */
    assert_true(usctp__tx_cum_ack(f->assoc, FIRST - 1, path_of(f))); /* an old one */
    assert_true(usctp__tx_cum_ack(f->assoc, tsn(1), path_of(f)));
    /* TSN 2 was in a gap block, but is behind the cumulative one now: it cannot have come. */
    assert_int_equal(f->assoc->tx.ring.acked_cnt, 0);
    usctp__assoc_check(f->assoc);
    assert_false(usctp__tx_cum_ack(f->assoc, tsn(5), path_of(f)));
    assert_true(f->assoc->ended);
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

/* --- A peer that loses, reneges and tells its window at random --- */

enum { TOTAL = 3000 };

struct peer {
    bool got[1 << 16]; /* by offset from FIRST */
    uint32_t cum;      /* offset of the next TSN wanted */
    uint32_t end;      /* one past the highest seen */
};

static void peer_take(struct fixture *f, struct peer *peer, uint64_t *seed, unsigned loss)
{
    for (size_t i = 0; i < f->chunk_cnt; i++) {
        uint32_t offset = f->chunks[i].tsn - FIRST;

        if (prng_below(seed, 100) < loss) {
            continue;
        }
        peer->got[offset] = true;
        peer->end = offset + 1 > peer->end ? offset + 1 : peer->end;
    }
    while (peer->got[peer->cum]) {
        peer->cum++;
    }
    f->chunk_cnt = 0;
}

static void peer_sack(struct fixture *f, struct peer *peer, uint64_t *seed)
{
    uint16_t gaps[2 * 300 + 2];
    size_t cnt = 0;

    if (prng_below(seed, 20) == 0 && peer->end > peer->cum + 1) {
        /* Gives up something that it has not delivered. */
        peer->got[peer->cum + 1 + prng_below(seed, peer->end - peer->cum - 1)] = false;
    }
    for (uint32_t i = peer->cum; i < peer->end && cnt < 300; i++) {
        if (peer->got[i] && (i == peer->cum || !peer->got[i - 1])) {
            gaps[2 * cnt] = (uint16_t)(i - peer->cum + 1);
        }
        if (peer->got[i] && !peer->got[i + 1]) {
            gaps[2 * cnt + 1] = (uint16_t)(i - peer->cum + 1);
            cnt++;
        }
    }
    gaps[2 * cnt] = 0;
    fixture_sack(f, FIRST + peer->cum - 1,
                 prng_below(seed, 30) == 0 ? 0 : (uint32_t)prng_below(seed, 60000), gaps);
}

static void run_against_peer(struct fixture *f, uint64_t seed, unsigned loss)
{
    static struct peer peer;
    unsigned sent = 0;

    memset(&peer, 0, sizeof(peer));
    fixture_params(f)->assoc_max_retrans = 1000000;
    for (unsigned step = 0; step < 200000 && (sent < TOTAL || !usctp__tx_empty(f->assoc)); step++) {
        f->event_cnt = 0;
        if (sent < TOTAL && prng_below(&seed, 3) != 0) {
            sent++;
            assert_int_equal(fixture_queue(f, (uint16_t)prng_below(&seed, 50),
                                           (uint16_t)prng_below(&seed, 8),
                                           1 + prng_below(&seed, 2500)),
                             0);
            fixture_settle(f);
        } else if (prng_below(&seed, 3) != 0) {
            peer_take(f, &peer, &seed, loss);
            peer_sack(f, &peer, &seed);
        } else {
            fixture_wait(f, prng_below(&seed, 300) * USCTP__MS);
        }
        if (step % 500 == 0 && f->assoc->paths.cnt < 3) {
            fixture_add_path(f);
        } else if (step % 1700 == 0 && f->assoc->paths.cnt > 1) {
            usctp__path_remove(f->assoc, f->assoc->paths.primary);
        }
        assert_false(f->assoc->ended);
    }
    assert_int_equal(sent, TOTAL);
    assert_true(usctp__tx_empty(f->assoc));
    assert_int_equal(f->assoc->tx.buffered, 0);
    assert_int_equal(f->assoc->tx.flight, 0);
}

static void test_random_peer(void **state)
{
    run_against_peer(*state, 11, 0);
}

static void test_random_peer_with_loss(void **state)
{
    run_against_peer(*state, 12, 5);
}

static void test_random_peer_with_much_loss(void **state)
{
    run_against_peer(*state, 13, 40);
}

static void test_steady_state_allocates_nothing(void **state)
{
    struct fixture *f = *state;
    uint64_t alloc_cnt = 0;
    unsigned next = 0;

    for (unsigned i = 0; i < 6000; i++) {
        if (i == 2100) { /* every size was seen */
            alloc_cnt = f->core.mem.alloc_cnt;
        }
        fixture_forget(f);
        fixture_send(f, (uint16_t)(i % 7), 1 + i % 2000);
        next += (unsigned)f->chunk_cnt;
        if (i % 3 == 0) {
            fixture_sack(f, tsn(next - 1), 1000000, NULL);
        }
    }
#ifndef USCTP_NO_POOLS
    assert_true(f->core.mem.alloc_cnt == alloc_cnt);
#endif
    (void)alloc_cnt;
}

static void test_trim(void **state)
{
    struct fixture *f = *state;

    send_full(f, 5);
    assert_non_null(f->assoc->tx.ring.slots);
    fixture_sack(f, tsn(4), 1000000, NULL);
    assert_non_null(f->assoc->tx.ring.slots);
    fixture_wait(f, 2 * USCTP__SEC);
    assert_null(f->assoc->tx.ring.slots);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cumulative),
        TEST(test_last_one_of_a_closing_association),
        TEST(test_never_sent),
        TEST(test_never_sent_in_gap),
        TEST(test_never_sent_at_all),
        TEST(test_insane_gaps),
        TEST(test_fast_retransmit),
        TEST(test_miss_only_below_newly_acked),
        TEST(test_fast_retransmit_fills_one_packet),
        TEST(test_renege),
        TEST(test_t3),
        TEST(test_t3_gives_up),
        TEST(test_t3_restarts),
        TEST(test_round_trips),
        TEST(test_zero_window),
        TEST(test_unanswered_probes_count),
        TEST(test_silly_windows),
        TEST(test_small_windows),
        TEST(test_cwnd_and_burst),
        TEST(test_window_grows),
        TEST(test_bundling),
        TEST(test_fragments_fill_packets),
        TEST(test_max_segment),
        TEST(test_nagle),
        TEST(test_immediate),
        TEST(test_two_paths),
        TEST(test_preferred_path),
        TEST(test_path_removed),
        TEST(test_blocked),
        TEST(test_too_big),
        TEST(test_rebinding_limits),
        TEST(test_states),
        TEST(test_shutdown_ack),
        TEST(test_ordered_limit),
        TEST(test_random_peer),
        TEST(test_random_peer_with_loss),
        TEST(test_random_peer_with_much_loss),
        TEST(test_steady_state_allocates_nothing),
        TEST(test_trim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
