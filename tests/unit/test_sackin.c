/* SPDX-License-Identifier: BSD-3-Clause */
/* SACKs: what they acknowledge, take back and say of the peer's window; what is no SACK of this association. */
#include "unit/sender.h"

#include "core/shutdown.h"
#include "core/tx.h"

static void test_cumulative(void **state)
{
    struct fixture *f = *state;
    bool fresh;

    send_freely(f, 10);
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

    send_freely(f, 2);
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
    send_freely(*state, 5);
    check_aborts(*state, tsn(5), NULL);
}

static void test_never_sent_in_gap(void **state)
{
    const uint16_t gaps[] = {2, 3, 0};

    send_freely(*state, 5);
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

    send_freely(f, 10);
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

static void test_renege(void **state)
{
    struct fixture *f = *state;
    const uint16_t a[] = {3, 6, 0};
    const uint16_t b[] = {4, 4, 0};

    send_freely(f, 8);
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

static void test_shutdown_ack(void **state)
{
    struct fixture *f = *state;
    const uint16_t gap[] = {3, 3, 0};

    send_freely(f, 5);
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

    send_freely(f, 5);
    assert_non_null(f->assoc->tx.ring.slots);
    fixture_sack(f, tsn(4), 1000000, NULL);
    assert_non_null(f->assoc->tx.ring.slots);
    fixture_wait(f, 2 * USCTP__SEC);
    assert_null(f->assoc->tx.ring.slots);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, sender_set_up, sender_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_cumulative),
        TEST(test_last_one_of_a_closing_association),
        TEST(test_never_sent),
        TEST(test_never_sent_in_gap),
        TEST(test_never_sent_at_all),
        TEST(test_insane_gaps),
        TEST(test_renege),
        TEST(test_shutdown_ack),
        TEST(test_zero_window),
        TEST(test_unanswered_probes_count),
        TEST(test_silly_windows),
        TEST(test_small_windows),
        TEST(test_random_peer),
        TEST(test_random_peer_with_loss),
        TEST(test_random_peer_with_much_loss),
        TEST(test_steady_state_allocates_nothing),
        TEST(test_trim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
