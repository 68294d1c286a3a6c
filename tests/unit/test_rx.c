/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving: when a SACK is due and what it says, the window, its hard limits, partial delivery. */
#include "rx_world.h"

#include "core/ext.h"
#include "wire/forward.h"

static struct usctp_params plain_params(void)
{
    struct usctp_params params;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    return params;
}

static struct world *plain_world(void)
{
    struct usctp_params params = plain_params();

    return world_new(&params);
}

static struct world *small_world(uint32_t window)
{
    struct usctp_params params = plain_params();

    params.receive_window = window;
    return world_new(&params);
}

/* --- SACKs ------------------------------------------------------------------------------------ */

static void test_first_at_once(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 10);
    assert_int_equal(world->sack_cnt, 1); /* RFC 9260, 5.1 */
    assert_int_equal(world->sack_cum, WORLD_TSN);
    assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), 1);
    take_data(world, 1, 0, 1, WHOLE, 10);
    assert_int_equal(world->sack_cnt, 1);
    take_data(world, 2, 0, 2, WHOLE, 10);
    assert_int_equal(world->sack_cnt, 2); /* 6.2: every second packet */
    assert_int_equal(world->sack_cum, WORLD_TSN + 2);
    world_free(world);
}

static void test_delayed(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 10);
    world_forget(world);
    take_data(world, 1, 0, 1, WHOLE, 10);
    world_wait(world, USCTP_MS(199));
    assert_int_equal(world->sack_cnt, 0);
    world_wait(world, USCTP_MS(1));
    assert_int_equal(world->sack_cnt, 1);
    assert_int_equal(world->sack_cum, WORLD_TSN + 1);
    world_wait(world, USCTP_SEC(2));
    assert_int_equal(world->sack_cnt, 1);
    world_free(world);
}

static void test_gap_at_once(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 10);
    world_forget(world);
    take_data(world, 2, 0, 2, WHOLE, 10);
    assert_int_equal(world->sack_cnt, 1); /* 6.7 */
    assert_int_equal(world->gap_cnt, 1);
    assert_int_equal(world->gaps[0].start, 2);
    assert_int_equal(world->gaps[0].end, 2);
    take_data(world, 3, 0, 3, WHOLE, 10);
    assert_int_equal(world->sack_cnt, 2);
    assert_int_equal(world->gaps[0].end, 3);
    take_data(world, 5, 1, 0, WHOLE, 10);
    assert_int_equal(world->gap_cnt, 2);
    assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), 1); /* stream 1 is not held up */
    world_forget(world);
    take_data(world, 1, 0, 1, WHOLE, 10);
    take_data(world, 4, 0, 4, WHOLE, 10);
    assert_int_equal(world->sack_cnt, 2); /* filling a gap is told at once, too */
    assert_int_equal(world->sack_cum, WORLD_TSN + 5);
    assert_int_equal(world->gap_cnt, 0);
    assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(world->events[i].ssn, i + 1);
    }
    world_free(world);
}

static void test_duplicates(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 10);
    take_data(world, 1, 0, 1, WHOLE, 10);
    world_forget(world);
    take_data(world, 0, 0, 0, WHOLE, 10);
    assert_int_equal(world->sack_cnt, 1); /* 6.2: at once */
    assert_int_equal(world->sack_cum, WORLD_TSN + 1);
    assert_int_equal(world->dup_cnt, 1);
    assert_int_equal(world->dups[0], WORLD_TSN);
    assert_int_equal(world->sack_path, 1);
    take_data(world, 1, 0, 1, WHOLE, 10);
    assert_int_equal(world->dup_cnt, 1);
    assert_int_equal(world->dups[0], WORLD_TSN + 1);
    assert_int_equal(world->sack_path, 2); /* 6.4: the way back may be broken */
    take_data(world, 1, 0, 1, WHOLE, 10);
    assert_int_equal(world->sack_path, 1); /* or the other one */
    take_data(world, 1, 0, 1, WHOLE, 10);
    assert_int_equal(world->sack_path, 2);
    assert_int_equal(usctp__rare(world->assoc)->duplicate_tsns, 4);
    take_data(world, 2, 0, 2, WHOLE, 10);
    take_data(world, 3, 0, 3, WHOLE, 10);
    assert_int_equal(world->sack_path, 1);
    assert_int_equal(world->dup_cnt, 0);
    assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), 2);
    world_free(world);
}

static void test_immediate_bit(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 10);
    world_forget(world);
    take_data(world, 1, 0, 1, WHOLE | USCTP__DATA_FLAG_IMMEDIATE, 10);
    assert_int_equal(world->sack_cnt, 1);
    world_free(world);
}

static void test_path_of_sack(void **state)
{
    struct world *world = plain_world();
    struct usctp__path *path = usctp__path_by_id(world->assoc, 2);

    (void)state;
    packet_begin(world);
    packet_data(world, 0, 0, 0, WHOLE, 10);
    packet_take(world, 2);
    assert_int_equal(world->sack_path, 2);
    assert_int_equal(world->events[0].path, 2);
    /* RFC 9260, 5.4: an unconfirmed address gets no SACK. */
    assert_non_null(path);
    if (path != NULL) {
        path->state = USCTP_PATH_UNCONFIRMED;
    }
    packet_begin(world);
    packet_data(world, 1, 0, 1, WHOLE | USCTP__DATA_FLAG_IMMEDIATE, 10);
    packet_take(world, 2);
    assert_int_equal(world->sack_path, 1);
    world_free(world);
}

/* As many gap blocks as there is room for, from the lowest on. */
static void test_many_gaps(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 1);
    for (int i = 0; i < 500; i++) {
        take_data(world, 2 + 2 * i, 0, 0, WHOLE | LOOSE, 1);
    }
    assert_true(world->gap_cnt > 280 && world->gap_cnt <= (1200 - 12 - 16) / 4);
    assert_int_equal(world->gaps[0].start, 2);
    assert_int_equal(world->gaps[1].start, 4);
    assert_int_equal(world->assoc->rx.map.gap_cnt, 500);
    world_free(world);
}

/* --- Errors ----------------------------------------------------------------------------------- */

static void test_invalid_stream(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 20, 0, WHOLE, 10);
    assert_int_equal(world->error_cnt, 1); /* 6.5 */
    assert_int_equal(world->cause, USCTP__CAUSE_INVALID_STREAM);
    assert_int_equal(world->sack_cum, WORLD_TSN);
    assert_int_equal(world->event_cnt, 0);
    take_data(world, 0, 20, 0, WHOLE, 10);
    assert_int_equal(world->error_cnt, 1);
    take_data(world, 1, 19, 0, WHOLE, 10);
    assert_int_equal(world->event_cnt, 1);
    world_free(world);
}

/* A chunk of no stream in the middle of a message: that message could never end. */
static void test_invalid_stream_cuts(void **state)
{
    static const struct {
        int before_tsn;
        unsigned before_flags;
        int tsn;
    } rows[] = {{0, FIRST, 1}, {4, FIRST, 5}, {4, MIDDLE, 3}, {4, LAST, 3}, {4, MIDDLE, 5}};

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(rows); i++) {
        struct world *world = plain_world();

        take_data(world, rows[i].before_tsn, 0, 0, rows[i].before_flags, 10);
        take_data(world, rows[i].tsn, 20, 0, WHOLE, 10);
        assert_int_equal(world->cause, USCTP__CAUSE_PROTOCOL_VIOLATION);
        assert_null(world->assoc);
        world_free(world);
    }
}

static void test_no_user_data(void **state)
{
    struct world *world = plain_world();
    size_t pos;

    (void)state;
    packet_begin(world);
    pos = usctp__chunk_begin(&world->w, USCTP__CHUNK_DATA, WHOLE);
    usctp__writer_u32(&world->w, WORLD_TSN);
    usctp__writer_zeros(&world->w, 8);
    usctp__chunk_end(&world->w, pos);
    packet_data(world, 1, 0, 0, WHOLE, 10);
    packet_take(world, 1);
    assert_int_equal(world->abort_cnt, 1);
    assert_int_equal(world->cause, USCTP__CAUSE_NO_USER_DATA);
    assert_int_equal(world->event_cnt, 2);
    assert_int_equal(world->events[0].type, USCTP_EVENT_LOST);
    assert_int_equal(world->events[0].cause, USCTP__CAUSE_NO_USER_DATA);
    assert_int_equal(world->events[1].type, USCTP_EVENT_CLOSED);
    assert_null(world->assoc);
    world_free(world);
}

static void test_contradiction(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 0, 0, FIRST, 10);
    take_data(world, 1, 0, 1, WHOLE, 10);
    assert_int_equal(world->abort_cnt, 1);
    assert_int_equal(world->cause, USCTP__CAUSE_PROTOCOL_VIOLATION);
    assert_int_equal(world->events[0].type, USCTP_EVENT_LOST);
    assert_int_equal(world->events[0].flags, USCTP_LOST_PROTOCOL);
    assert_null(world->assoc);
    world_free(world);
}

static void test_states(void **state)
{
    static const struct {
        enum usctp_assoc_state state;
        bool taken;
    } rows[] = {
        {USCTP_STATE_COOKIE_WAIT, false},       {USCTP_STATE_COOKIE_ECHOED, false},
        {USCTP_STATE_ESTABLISHED, true},        {USCTP_STATE_SHUTDOWN_PENDING, true},
        {USCTP_STATE_SHUTDOWN_SENT, true},      {USCTP_STATE_SHUTDOWN_RECEIVED, false},
        {USCTP_STATE_SHUTDOWN_ACK_SENT, false},
    };

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(rows); i++) {
        struct world *world = plain_world();

        world->assoc->state = (uint8_t)rows[i].state;
        take_data(world, 0, 0, 0, WHOLE, 10);
        assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), rows[i].taken);
        assert_int_equal(world->core.stats.dropped_unexpected, !rows[i].taken);
        if (rows[i].state == USCTP_STATE_SHUTDOWN_SENT) {
            /* RFC 9260, 9.2: a SHUTDOWN answers; a SACK joins it when there is a gap. */
            assert_int_equal(world->shutdown_cnt, 1);
            assert_int_equal(world->sack_cnt, 0);
            take_data(world, 2, 0, 2, WHOLE, 10);
            assert_int_equal(world->shutdown_cnt, 2);
            assert_int_equal(world->sack_cnt, 1);
        }
        world->assoc->state = USCTP_STATE_ESTABLISHED;
        world_free(world);
    }
}

static void test_too_far_ahead(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 10);
    take_data(world, 65536, 0, 1, WHOLE, 10);
    assert_int_equal(world->gap_cnt, 0);
    assert_int_equal(world->sack_cnt, 2);
    assert_int_equal(usctp__rare(world->assoc)->dropped_data, 1);
    take_data(world, 65535, 0, 1, WHOLE, 10);
    assert_int_equal(world->gap_cnt, 1);
    world_free(world);
}

/* --- The window ------------------------------------------------------------------------------- */

/* While delivery is paused the window closes; the right edge never goes back. */
static void test_window_closes(void **state)
{
    struct world *world = small_world(8000);
    uint64_t edge = 0;

    (void)state;
    usctp__event_pause(world->assoc);
    for (int i = 0; i < 8; i++) {
        take_data(world, i, 0, (uint16_t)i, WHOLE | USCTP__DATA_FLAG_IMMEDIATE, 1000);
        assert_int_equal(world->sack_rwnd, 7000 - 1000 * i);
        assert_true(world->assoc->rx.edge >= edge);
        edge = world->assoc->rx.edge;
    }
    assert_int_equal(world->event_cnt, 0);
    world_forget(world);
    /* RFC 9260, 6.2: above the largest TSN nothing is taken, and a SACK says so at once. */
    take_data(world, 8, 0, 8, WHOLE, 1);
    assert_int_equal(world->sack_cnt, 1);
    assert_int_equal(world->sack_cum, WORLD_TSN + 7);
    assert_int_equal(world->sack_rwnd, 0);
    assert_int_equal(usctp__rare(world->assoc)->dropped_data, 1);
    world_forget(world);
    usctp__core_enter(&world->core);
    usctp__event_resume(world->assoc);
    usctp__core_leave(&world->core);
    assert_int_equal(world->event_cnt, 8);
    assert_int_equal(world->sack_cnt, 1); /* the window update */
    assert_int_equal(world->sack_rwnd, 8000);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
    assert_int_equal(usctp__rx_held_memory(&world->assoc->rx), 0);
    world_free(world);
}

/* With a window of 0 a TSN below the largest one is taken at the expense of the largest. */
static void test_reneging(void **state)
{
    struct world *world = small_world(4000);

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 10);
    for (int i = 0; i < 4; i++) {
        take_data(world, 2 + i, 0, (uint16_t)(2 + i), WHOLE, 1000);
    }
    assert_int_equal(world->sack_rwnd, 0);
    assert_int_equal(world->gaps[0].end, 5);
    world_forget(world);
    take_data(world, 7, 0, 7, WHOLE, 1);
    assert_int_equal(world->gap_cnt, 1);
    assert_int_equal(world->gaps[0].end, 5);
    take_data(world, 1, 1, 1, WHOLE, 500); /* must be stored: 5 goes */
    assert_int_equal(world->sack_cum, WORLD_TSN + 4);
    assert_int_equal(world->gap_cnt, 0);
    assert_int_equal(usctp__rare(world->assoc)->dropped_data, 2);
    world_free(world);
}

static void test_reneged_comes_again(void **state)
{
    struct world *world = small_world(4000);

    (void)state;
    take_data(world, 0, 0, 0, WHOLE, 10);
    for (int i = 0; i < 4; i++) {
        take_data(world, 3 + i, 0, (uint16_t)(3 + i), WHOLE, 1000);
    }
    assert_int_equal(world->sack_rwnd, 0);
    take_data(world, 2, 0, 2, WHOLE, 1000);
    assert_int_equal(world->gaps[0].start, 2);
    assert_int_equal(world->gaps[0].end, 5);
    take_data(world, 1, 0, 1, WHOLE, 1000);
    assert_int_equal(world->sack_cum, WORLD_TSN + 5);
    take_data(world, 6, 0, 6, WHOLE | USCTP__DATA_FLAG_IMMEDIATE, 1000);
    assert_int_equal(world->sack_cum, WORLD_TSN + 6);
    assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), 7);
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(world->events[i].ssn, i);
    }
    world_free(world);
}

/* A peer that sends whatever the window says: what we hold stays bounded. */
static void ignore_window(size_t len, unsigned flags)
{
    struct usctp_params params = plain_params();
    struct world *world;
    uint64_t base;

    params.receive_window = 20000;
    params.receive_memory = 80000;
    world = world_new(&params);
    usctp__event_pause(world->assoc);
    base = world->memory.live_bytes;
    for (int i = 0; i < 3000; i++) {
        take_data(world, i, 0, (uint16_t)i, flags, len);
        assert_true(usctp__rx_held(&world->assoc->rx) < 20000 + len);
        assert_true(usctp__rx_held_memory(&world->assoc->rx) <= 80000);
    }
    /* Buffers and pools round up; the slab and tables of the core are in it, too. */
    assert_true(world->memory.live_bytes < base + 3 * 80000 + 160000);
    assert_true(usctp__rare(world->assoc)->dropped_data > 0);
    world_free(world);
}

static void test_peer_ignores_window(void **state)
{
    (void)state;
    ignore_window(1, WHOLE);
    ignore_window(1, WHOLE | LOOSE);
    ignore_window(100, WHOLE);
    ignore_window(1024, WHOLE);
}

/* Fragments out of order, one gap each, that never become whole. */
static void test_hostile_fragments(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world;

    (void)state;
    params.receive_window = 100000;
    world = world_new(&params);
    for (int i = 0; i < 20000; i++) {
        take_data(world, 1 + 2 * i, 0, 0, MIDDLE, 1);
        assert_true(usctp__rx_held_memory(&world->assoc->rx) <= 400000);
    }
    assert_true(usctp__rare(world->assoc)->dropped_data > 10000);
    /* The missing ones still find their place. */
    world_forget(world);
    take_data(world, 0, 0, 0, FIRST, 1);
    assert_int_equal(world->sack_cum, WORLD_TSN + 1);
    world_free(world);
}

/* One-byte messages, all taken at once by the application: the window stays open. */
static void test_tiny_messages(void **state)
{
    struct world *world = small_world(3000);

    (void)state;
    for (int i = 0; i < 4000; i += 50) {
        packet_begin(world);
        for (int k = 0; k < 50; k++) {
            packet_data(world, i + k, 0, (uint16_t)(i + k), WHOLE, 1);
        }
        packet_take(world, 1);
        assert_true(world->assoc->rx.advertised > 1000);
        world->event_cnt = 0;
    }
    assert_int_equal(world->assoc->counters.received_messages, 4000);
    assert_int_equal(usctp__rare(world->assoc)->dropped_data, 0);
    world_free(world);
}

#ifdef USCTP_NO_POOLS
static const bool pooled = false; /* each object is an allocation */
#else
static const bool pooled = true;
#endif

/* Without pause: 1 KiB messages come and go, nothing is allocated once all pools are warm. */
static void test_no_allocations(void **state)
{
    struct world *world = plain_world();
    uint64_t alloc_cnt = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        if (i == 100) {
            alloc_cnt = world->memory.alloc_cnt;
        }
        take_data(world, i, 3, (uint16_t)i, WHOLE, 1024);
        world->event_cnt = 0;
    }
    assert_true(!pooled || world->memory.alloc_cnt == alloc_cnt);
    assert_int_equal(world->core.stats.in_order_chunks, 2000);
    world_free(world);
}

/* --- Partial delivery ------------------------------------------------------------------------- */

static void test_partial_point(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world;

    (void)state;
    params.partial_delivery_point = 2500;
    world = world_new(&params);
    take_data(world, 0, 4, 0, FIRST, 1000);
    take_data(world, 1, 4, 0, MIDDLE, 1000);
    assert_int_equal(world->event_cnt, 0);
    take_data(world, 2, 4, 0, MIDDLE, 1000);
    assert_int_equal(world->event_cnt, 1);
    assert_int_equal(world->events[0].len, 3000);
    assert_int_equal(world->events[0].flags, USCTP_MESSAGE_FIRST);
    assert_int_equal(world->events[0].tsn, WORLD_TSN);
    take_data(world, 4, 4, 0, LAST, 1000);
    assert_int_equal(world->event_cnt, 1);
    take_data(world, 3, 4, 0, MIDDLE, 1000);
    assert_int_equal(world->event_cnt, 2);
    assert_int_equal(world->events[1].len, 2000);
    assert_int_equal(world->events[1].flags, USCTP_MESSAGE_LAST);
    assert_int_equal(world->core.stats.reasm_usr_msgs, 1);
    assert_int_equal(world->assoc->counters.received_messages, 1);
    take_data(world, 5, 4, 1, WHOLE, 10);
    assert_int_equal(world->event_cnt, 3);
    world_free(world);
}

/* Only an incomplete message fills the window: it is delivered in parts although nobody asked. */
static void test_partial_forced(void **state)
{
    struct world *world = small_world(10000);
    uint32_t len = 0;

    (void)state;
    for (int i = 0; i < 50; i++) {
        unsigned flags = i == 0 ? FIRST : i == 49 ? LAST : MIDDLE;

        assert_true(usctp__rx_window(world->assoc) >= 1000);
        take_data(world, i, 0, 0, flags, 1000);
    }
    assert_true(world->event_cnt > 1);
    for (unsigned i = 0; i < world->event_cnt; i++) {
        len += world->events[i].len;
    }
    assert_int_equal(len, 50000);
    assert_int_equal(usctp__rare(world->assoc)->dropped_data, 0);
    assert_int_equal(world->events[world->event_cnt - 1].flags, USCTP_MESSAGE_LAST);
    world_free(world);
}

/* It is not the window that is full, but memory; the peer goes on under the promise it has. */
static void test_partial_forced_by_memory(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world;
    uint32_t len = 0;
    int tsn = 0;

    (void)state;
    params.receive_window = 20000;
    params.receive_memory = 40000;
    world = world_new(&params);
    for (unsigned tries = 0; tries < 2000 && tsn < 1000; tries++) {
        /* Every second one is late, so that each is stored by itself. */
        take_data(world, tsn + 1, 0, 0, MIDDLE, 20);
        take_data(world, tsn, 0, 0, tsn == 0 ? FIRST : MIDDLE, 20);
        tsn = (int)(usctp__rx_cum_tsn(world->assoc) + 1 - WORLD_TSN);
    }
    assert_int_equal(tsn, 1000);
    for (unsigned i = 0; i < world->event_cnt; i++) {
        len += world->events[i].len;
    }
    assert_true(len > 10000);
    world_free(world);
}

/* A chunk as large as the window needs more memory, rounded up, than is allowed: it is taken where nothing is
 * held, since no room would ever be made for it. */
static void test_window_without_memory(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world;

    (void)state;
    params.receive_window = 2060;
    params.receive_memory = 4120;
    world = world_new(&params);
    take_data(world, 0, 0, 0, FIRST, 2060);
    assert_int_equal(usctp__rx_cum_tsn(world->assoc), WORLD_TSN);
    assert_int_equal(usctp__rare(world->assoc)->dropped_data, 0);
    world_free(world);
}

static void test_max_message(void **state)
{
    struct usctp_params params = plain_params();
    struct world *world;

    (void)state;
    params.max_message = 5000;
    world = world_new(&params);
    for (int i = 0; i < 5; i++) {
        take_data(world, i, 0, 0, i == 0 ? FIRST : MIDDLE, 1000);
    }
    assert_int_equal(world->event_cnt, 1);
    assert_int_equal(world->events[0].len, 5000);
    world_free(world);
}

/* --- Memory, restart, trimming ---------------------------------------------------------------- */

/* Each allocation fails once: the chunk is as if lost, comes again and is taken. */
static void test_no_memory(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 8; n++) {
        struct world *world = plain_world();
        static const struct {
            int tsn;
            uint16_t ssn;
            unsigned flags;
        } chunks[] = {{0, 0, WHOLE}, {3, 2, WHOLE}, {4, 3, FIRST},
                      {2, 1, LAST},  {1, 1, FIRST}, {5, 3, LAST}};

        for (size_t i = 0; i < USCTP__ARRAY_LEN(chunks); i++) {
            for (unsigned tries = 0; tries < 3; tries++) {
                test_memory_fail_next(&world->memory, tries == 0 ? n : 0);
                take_data(world, chunks[i].tsn, 6, chunks[i].ssn, chunks[i].flags, 3000);
            }
        }
        test_memory_fail_next(&world->memory, 0);
        assert_int_equal(usctp__rx_cum_tsn(world->assoc), WORLD_TSN + 5);
        assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), 4);
        assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
        world_free(world);
    }
}

/* RFC 3758, 3.6: the rest of a message that came in part is given up. Each allocation fails once, and the peer says it
 * again: that is told once. */
static void test_cut_without_memory(void **state)
{
    static const struct usctp__skipped skipped = {6, false, 0};

    (void)state;
    for (unsigned n = 0; n < 6; n++) {
        struct usctp_params params = plain_params();
        struct world *world;

        params.partial_delivery_point = 100;
        world = world_new(&params);
        world->assoc->extensions |= USCTP__EXT_PARTIAL_RELIABILITY;
        take_data(world, 0, 6, 0, FIRST, 1000);
        assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), 1);
        for (unsigned tries = 0; tries < 3; tries++) {
            test_memory_fail_next(&world->memory, tries == 0 ? n : 0);
            packet_begin(world);
            usctp__forward_write(&world->w, false, WORLD_TSN + 1, &skipped, 1);
            packet_take(world, 1);
        }
        assert_int_equal(usctp__rx_cum_tsn(world->assoc), WORLD_TSN + 1);
        assert_int_equal(seen_cnt(world, USCTP_EVENT_PARTIAL_ABORTED), 1);
        world_free(world);
    }
}

/* What had no memory to be delivered is delivered later by itself. */
static void test_delivered_later(void **state)
{
    struct world *world = plain_world();

    (void)state;
    for (int i = 1; i < 200; i++) {
        take_data(world, i, 0, (uint16_t)i, WHOLE, 10);
    }
    world->memory.fail_from = world->memory.alloc_cnt + 1;
    take_data(world, 0, 0, 0, WHOLE, 10);
    assert_true(world->event_cnt < 200);
    world->memory.fail_from = 0;
    world_wait(world, USCTP_MS(200));
    if (world->event_cnt == 0) {
        take_data(world, 0, 0, 0, WHOLE, 10);
    }
    assert_int_equal(world->event_cnt, 200);
    world_free(world);
}

static void test_restart(void **state)
{
    struct world *world = plain_world();

    (void)state;
    take_data(world, 0, 5, 0, WHOLE, 10);
    take_data(world, 1, 5, 1, FIRST, 10);
    take_data(world, 5, 5, 3, WHOLE, 10);
    world_forget(world);
    usctp__rx_reset(world->assoc);
    usctp__rx_init(world->assoc, WORLD_TSN + 100, 262144);
    assert_int_equal(usctp__rx_held(&world->assoc->rx), 0);
    take_data(world, 100, 5, 0, WHOLE, 10);
    assert_int_equal(world->event_cnt, 1);
    assert_int_equal(world->sack_cnt, 1);
    assert_int_equal(world->sack_cum, WORLD_TSN + 100);
    world_free(world);
}

/* RFC 9260, 6.5 and 6.6: after 65535 comes 0, in order or not. */
static void test_stream_numbers_wrap(void **state)
{
    struct world *world = plain_world();
    static const uint16_t ssns[] = {65534, 65535, 0, 1, 2, 3};

    (void)state;
    *usctp__stream_in_get(&world->assoc->rx.reasm.streams, &world->core, 3) = 65534;
    take_data(world, 0, 3, 65534, WHOLE, 10);
    assert_int_equal(world->event_cnt, 1);
    take_data(world, 2, 3, 0, WHOLE, 10);
    take_data(world, 1, 3, 65535, WHOLE, 10);
    take_data(world, 3, 3, 1, WHOLE, 10);
    take_data(world, 5, 3, 3, WHOLE, 10);
    take_data(world, 4, 3, 2, WHOLE, 10);
    assert_int_equal(world->event_cnt, 6);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(world->events[i].ssn, ssns[i]);
    }
    *usctp__stream_in_get(&world->assoc->rx.reasm.streams, &world->core, 4) = 65535;
    take_data(world, 6, 4, 65535, WHOLE, 10);
    take_data(world, 7, 4, 0, WHOLE, 10);
    assert_int_equal(world->event_cnt, 8);
    assert_int_equal(world->abort_cnt, 0);
    world_free(world);
}

/* Memory that only disorder needed is given back when all is in order again. */
static void test_trim(void **state)
{
    struct world *world = plain_world();

    (void)state;
    for (int i = 1000; i > 0; i--) {
        take_data(world, i, 0, (uint16_t)i, WHOLE, 10);
    }
    take_data(world, 1, 0, 1, WHOLE, 10);
    assert_non_null(world->assoc->rx.reasm.hold);
    assert_true(usctp__bitmap_grown(&world->assoc->rx.map.bits));
    assert_non_null(world->assoc->rx.map.dups);
    take_data(world, 0, 0, 0, WHOLE, 10);
    assert_int_equal(world->event_cnt, 1001);
    world_wait(world, USCTP_SEC(4));
    assert_null(world->assoc->rx.reasm.hold);
    assert_false(usctp__bitmap_grown(&world->assoc->rx.map.bits));
    assert_null(world->assoc->rx.map.dups);
    take_data(world, 1001, 0, 1001, WHOLE, 10);
    assert_int_equal(world->event_cnt, 1002);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_at_once),
        cmocka_unit_test(test_delayed),
        cmocka_unit_test(test_gap_at_once),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_immediate_bit),
        cmocka_unit_test(test_path_of_sack),
        cmocka_unit_test(test_many_gaps),
        cmocka_unit_test(test_invalid_stream),
        cmocka_unit_test(test_invalid_stream_cuts),
        cmocka_unit_test(test_no_user_data),
        cmocka_unit_test(test_contradiction),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_too_far_ahead),
        cmocka_unit_test(test_window_closes),
        cmocka_unit_test(test_reneging),
        cmocka_unit_test(test_reneged_comes_again),
        cmocka_unit_test(test_peer_ignores_window),
        cmocka_unit_test(test_hostile_fragments),
        cmocka_unit_test(test_tiny_messages),
        cmocka_unit_test(test_no_allocations),
        cmocka_unit_test(test_partial_point),
        cmocka_unit_test(test_partial_forced),
        cmocka_unit_test(test_partial_forced_by_memory),
        cmocka_unit_test(test_window_without_memory),
        cmocka_unit_test(test_max_message),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_cut_without_memory),
        cmocka_unit_test(test_delivered_later),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_stream_numbers_wrap),
        cmocka_unit_test(test_trim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
