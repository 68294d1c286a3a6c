/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk over the chunks of a packet: unknown and malformed chunks, bundling, states, tags. */
#include "rx_world.h"

static struct world *plain_world(void)
{
    struct usctp_params params;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    return world_new(&params);
}

/* Adds a chunk of any type with `len` zero bytes. */
static void packet_chunk(struct world *world, unsigned type, unsigned flags, size_t len)
{
    size_t pos = usctp__chunk_begin(&world->w, (uint8_t)type, (uint8_t)flags);

    usctp__writer_zeros(&world->w, len);
    usctp__chunk_end(&world->w, pos);
}

/* RFC 9260, 3.2: the two highest bits say whether to go on and whether to report. */
static void test_unknown(void **state)
{
    static const struct {
        unsigned type;
        bool goes_on;
        bool reported;
    } rows[] = {
        {0x3f, false, false}, {0x7f, false, true}, {0xbf, true, false}, {0xff, true, true},
        {12, false, false},   {15, false, false},  {65, false, true},   {132, true, false},
        {192, true, true},    {193, true, true},
    };

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(rows); i++) {
        struct world *world = plain_world();

        packet_begin(world);
        packet_data(world, 0, 0, 0, WHOLE, 10);
        packet_chunk(world, rows[i].type, 0, 5);
        packet_data(world, 1, 0, 1, WHOLE, 10);
        packet_take(world, 1);
        assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), rows[i].goes_on ? 2 : 1);
        assert_int_equal(world->error_cnt, rows[i].reported);
        if (rows[i].reported) {
            assert_int_equal(world->cause, USCTP__CAUSE_UNRECOGNIZED_CHUNK);
        }
        assert_int_equal(world->core.stats.in_ctrl_chunks, 1);
        world_free(world);
    }
}

/* Many unknown chunks earn one packet of reports at most (12.4), large ones are cut. */
static void test_many_unknown(void **state)
{
    struct world *world = plain_world();

    (void)state;
    packet_begin(world);
    for (unsigned i = 0; i < 1000; i++) {
        packet_chunk(world, 0xff, 0, 0);
    }
    packet_take(world, 1);
    assert_int_equal(world->packet_cnt, 1);
    assert_true(world->error_cnt > 0 && world->error_cnt < 1200 / 8);
    world_forget(world);
    packet_begin(world);
    packet_chunk(world, 0xff, 0, 30000);
    packet_take(world, 1);
    assert_int_equal(world->packet_cnt, 1);
    assert_int_equal(world->error_cnt, 1);
    world_free(world);
}

static void test_malformed(void **state)
{
    (void)state;
    for (unsigned len = 0; len <= 4; len++) {
        struct world *world = plain_world();

        packet_begin(world);
        packet_data(world, 0, 0, 0, WHOLE, 10);
        usctp__writer_u16(&world->w, 0x0300); /* a SACK */
        usctp__writer_u16(&world->w, (uint16_t)(len < 4 ? len : 4000));
        packet_data(world, 1, 0, 1, WHOLE, 10);
        packet_take(world, 1);
        assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), 1);
        assert_int_equal(world->core.stats.dropped_malformed, 1);
        assert_non_null(world->assoc);
        world_free(world);
    }
}

/* Chunks too short for their type: they and what follows are dropped. */
static void test_too_short(void **state)
{
    static const unsigned types[] = {USCTP__CHUNK_DATA, USCTP__CHUNK_SACK, USCTP__CHUNK_SHUTDOWN};

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(types); i++) {
        struct world *world = plain_world();

        packet_begin(world);
        packet_chunk(world, types[i], 0, 3);
        packet_data(world, 0, 0, 0, WHOLE, 10);
        packet_take(world, 1);
        assert_int_equal(world->event_cnt, 0);
        assert_int_equal(world->core.stats.dropped_malformed, 1);
        world_free(world);
    }
}

/* RFC 9260, 6.10: these never share a packet; they and what follows are dropped. */
static void test_alone(void **state)
{
    static const unsigned types[] = {USCTP__CHUNK_INIT, USCTP__CHUNK_INIT_ACK,
                                     USCTP__CHUNK_SHUTDOWN_COMPLETE};

    (void)state;
    for (size_t i = 0; i < USCTP__ARRAY_LEN(types); i++) {
        for (unsigned first = 0; first < 2; first++) {
            struct world *world = plain_world();

            packet_begin(world);
            if (first == 0) {
                packet_data(world, 0, 0, 0, WHOLE, 10);
            }
            packet_chunk(world, types[i], 0, 16);
            packet_data(world, 1, 0, 1, WHOLE | LOOSE, 10);
            packet_take(world, 1);
            assert_int_equal(seen_cnt(world, USCTP_EVENT_MESSAGE), first == 0);
            assert_int_equal(world->core.stats.dropped_bundle, 1);
            assert_int_equal(world->assoc->state, USCTP_STATE_ESTABLISHED);
            world_free(world);
        }
    }
}

/* What the state does not allow is discarded and counted, and the walk goes on. */
static void test_unexpected(void **state)
{
    struct world *world = plain_world();

    (void)state;
    packet_begin(world);
    packet_chunk(world, USCTP__CHUNK_COOKIE_ACK, 0, 0);
    packet_data(world, 0, 0, 0, WHOLE, 10);
    packet_take(world, 1);
    assert_int_equal(world->event_cnt, 1);
    assert_int_equal(world->core.stats.dropped_unexpected, 1);
    packet_begin(world);
    packet_chunk(world, USCTP__CHUNK_SHUTDOWN_COMPLETE, 0, 0);
    packet_take(world, 1);
    packet_begin(world);
    packet_chunk(world, USCTP__CHUNK_INIT_ACK, 0, 16);
    packet_take(world, 1);
    assert_int_equal(world->core.stats.dropped_unexpected, 3);
    assert_int_equal(world->assoc->state, USCTP_STATE_ESTABLISHED);
    world_free(world);
}

/* RFC 9260, 8.5.1 (B): an ABORT with the T bit carries the peer's tag. */
static void test_abort_tag(void **state)
{
    struct world *world = plain_world();

    (void)state;
    packet_begin(world);
    packet_chunk(world, USCTP__CHUNK_ABORT, USCTP__CHUNK_FLAG_T, 0);
    packet_take(world, 1);
    assert_int_equal(world->core.stats.dropped_tag, 1);
    assert_int_equal(world->event_cnt, 0);
    packet_begin(world);
    packet_data(world, 0, 0, 0, WHOLE, 10);
    packet_chunk(world, USCTP__CHUNK_ABORT, 0, 0);
    packet_data(world, 1, 0, 1, WHOLE, 10); /* ignored */
    packet_take(world, 1);
    assert_int_equal(world->event_cnt, 3);
    assert_int_equal(world->events[0].type, USCTP_EVENT_MESSAGE);
    assert_int_equal(world->events[1].type, USCTP_EVENT_LOST);
    assert_int_equal(world->events[1].flags, USCTP_LOST_PEER_ABORT);
    assert_int_equal(world->events[2].type, USCTP_EVENT_CLOSED);
    assert_int_equal(world->abort_cnt, 0);
    world_free(world);
}

/* Counters of sctp(7). */
static void test_counters(void **state)
{
    struct world *world = plain_world();

    (void)state;
    packet_begin(world);
    packet_chunk(world, USCTP__CHUNK_ERROR, 0, 0);
    packet_data(world, 0, 0, 0, WHOLE, 10);
    packet_data(world, 1, 0, 0, WHOLE | LOOSE, 10);
    packet_data(world, 1, 0, 0, WHOLE | LOOSE, 10); /* a duplicate does not count */
    packet_data(world, 2, 0, 1, FIRST, 10);
    packet_data(world, 3, 0, 1, LAST, 10);
    packet_take(world, 1);
    assert_int_equal(world->core.stats.in_ctrl_chunks, 1);
    assert_int_equal(world->core.stats.in_order_chunks, 3);
    assert_int_equal(world->core.stats.in_unorder_chunks, 1);
    assert_int_equal(world->core.stats.reasm_usr_msgs, 1);
    assert_int_equal(world->assoc->counters.received_messages, 3);
    assert_int_equal(world->assoc->counters.received_bytes, 40);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unknown),   cmocka_unit_test(test_many_unknown),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_too_short),
        cmocka_unit_test(test_alone),     cmocka_unit_test(test_unexpected),
        cmocka_unit_test(test_abort_tag), cmocka_unit_test(test_counters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
