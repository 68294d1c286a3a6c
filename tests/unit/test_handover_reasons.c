/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover: why an association cannot be moved now; and the silence of the stack that it has left. */
#include "unit/handover_world.h"

/* --- Reasons ---------------------------------------------------------------------------------- */

static void test_reason_state(void **state)
{
    struct world *world = world_new(NULL);
    size_t len;

    (void)state;
    assert_int_equal(usctp_assoc_export_ready(NULL), USCTP_HANDOVER_STATE);
    assert_int_equal(usctp_assoc_export(NULL, world->string, STRING_MAX, &len), USCTP_EINVAL);
    world->assoc = side_connect(world->old_endpoint, &world->peer.addr, SERVER_PORT);
    refuses(world, USCTP_HANDOVER_STATE);
    world_settle(world, &world->old);
    assert_int_equal(usctp_assoc_export(world->assoc, NULL, 1, &len), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_export(world->assoc, world->string, STRING_MAX, NULL),
                     USCTP_EINVAL);
    assert_int_equal(usctp_assoc_export_ready(world->assoc), 0);
    assert_int_equal(usctp_assoc_close(world->assoc), USCTP_OK);
    refuses(world, USCTP_HANDOVER_STATE);
    world_free(world);
}

static void test_reason_unsent(void **state)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"text", 4};
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    usctp_assoc_cork(world->assoc);
    assert_int_equal(world_send(world->assoc, 0, 10), USCTP_OK);
    refuses(world, USCTP_HANDOVER_UNSENT);
    usctp_assoc_uncork(world->assoc);
    refuses(world, USCTP_HANDOVER_UNACKED);
    world_settle(world, &world->old);
    /* A message of which pieces are to come. */
    info.flags = USCTP_SEND_MORE;
    assert_int_equal(usctp_assoc_send(world->assoc, &info, &iov, 1), USCTP_OK);
    world_pass(world, &world->old, USCTP_MS(300));
    refuses(world, USCTP_HANDOVER_UNSENT);
    info.flags = 0;
    assert_int_equal(usctp_assoc_send(world->assoc, &info, &iov, 1), USCTP_OK);
    world_settle(world, &world->old);
    world_move(world);
    world_talk(world, &world->home, 0);
    world_free(world);
}

/* What was given up counts as long as the peer has not heard of it. */
static void test_reason_unacked(void **state)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"text", 4};
    struct world *world = world_new(NULL);
    uint64_t unsent = 0, sent = 0;

    (void)state;
    world_connect(world);
    info.stream = 7;
    info.pr_policy = USCTP_PR_TIMED;
    info.lifetime_dur = USCTP_MS(100);
    assert_int_equal(usctp_assoc_send(world->assoc, &info, &iov, 1), USCTP_OK);
    world->old.sent_cnt = 0; /* lost */
    refuses(world, USCTP_HANDOVER_UNACKED);
    for (unsigned i = 0; i < 10 && world->old.sent_cnt == 0; i++) {
        world->now_ts += USCTP_SEC(1);
        usctp_stack_advance(world->old.stack, world->now_ts);
    }
    assert_int_equal(world->old.events[USCTP_EVENT_SEND_FAILED], 1);
    refuses(world, USCTP_HANDOVER_UNACKED);
    world_settle(world, &world->old);
    world_move(world);
    world_talk(world, &world->home, 7);
    assert_int_equal(usctp_assoc_abandoned(world->assoc, USCTP_PR_TIMED, &unsent, &sent), USCTP_OK);
    assert_true(unsent == 0 && sent == 1);
    assert_int_equal(usctp_stream_abandoned(world->assoc, 7, USCTP_PR_NONE, &unsent, &sent),
                     USCTP_OK);
    assert_true(unsent == 0 && sent == 1);
    assert_int_equal(usctp_stream_abandoned(world->assoc, 8, USCTP_PR_NONE, &unsent, &sent),
                     USCTP_OK);
    assert_true(unsent == 0 && sent == 0);
    world_free(world);
}

static void test_reason_undelivered(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    usctp_assoc_pause(world->assoc);
    assert_int_equal(world_send(world->peer.assoc, 0, 10), USCTP_OK);
    world_pass(world, &world->old, USCTP_MS(300));
    refuses(world, USCTP_HANDOVER_UNDELIVERED | USCTP_HANDOVER_KEPT);
    usctp_assoc_resume(world->assoc);
    assert_int_equal(world->old.events[USCTP_EVENT_MESSAGE], 1);
    world_move(world);
    world_talk(world, &world->home, 0);
    world_free(world);
}

static usctp_message *kept;
static unsigned reasons_in_callback;

static void keep_it(struct side *side, const struct usctp_event *event)
{
    (void)side;
    if (event->type == USCTP_EVENT_MESSAGE) {
        reasons_in_callback = usctp_assoc_export_ready(event->assoc);
        kept = usctp_message_keep(event->u.message.message);
        assert_non_null(kept);
    }
}

static void test_reason_kept(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    world->old.on_event = keep_it;
    assert_int_equal(world_send(world->peer.assoc, 0, 10), USCTP_OK);
    world_pass(world, &world->old, USCTP_MS(300));
    assert_true((reasons_in_callback & USCTP_HANDOVER_KEPT) != 0); /* it is lent */
    refuses(world, USCTP_HANDOVER_KEPT);
    usctp_message_drop(kept);
    world_move(world);
    world_free(world);
}

/* A fragment is lost: with what stands before or behind it. */
static void test_reason_incomplete(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_use(world, 0);
    assert_int_equal(world_send(world->peer.assoc, 0, 4000), USCTP_OK);
    assert_true(world->peer.sent_cnt >= 3);
    world->peer.sent_cnt = 1;
    carry(&world->peer, &world->old, world->now_ts);
    assert_int_equal(usctp_assoc_export_ready(world->assoc),
                     USCTP_HANDOVER_INCOMPLETE | USCTP_HANDOVER_SACK);
    world->now_ts += USCTP_MS(300);
    usctp_stack_advance(world->old.stack, world->now_ts); /* the SACK leaves */
    refuses(world, USCTP_HANDOVER_INCOMPLETE);
    world_pass(world, &world->old, USCTP_SEC(10));
    assert_int_equal(world->old.events[USCTP_EVENT_MESSAGE], 2);
    world_move(world);
    world_talk(world, &world->home, 0);
    world_free(world);
}

static void test_reason_sack(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_use(world, 0);
    assert_int_equal(world_send(world->peer.assoc, 0, 10), USCTP_OK);
    assert_int_equal(world->peer.sent_cnt, 1);
    world->peer.sent[0].bytes[13] &= (uint8_t)~8u; /* it does not ask for one at once */
    sent_seal(&world->peer.sent[0]);
    carry(&world->peer, &world->old, world->now_ts);
    refuses(world, USCTP_HANDOVER_SACK);
    world_move(world);
    world_talk(world, &world->home, 0);
    world_free(world);
}

/* A HEARTBEAT that the lower layer does not take; one that left does not matter. */
static void test_reason_control(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    world->old.room = 0;
    assert_int_equal(usctp_path_heartbeat(world->assoc, 1), USCTP_OK);
    refuses(world, USCTP_HANDOVER_CONTROL);
    world->old.room = SEND_ALL;
    assert_int_equal(usctp_stack_writable(world->old.stack, world->old.lower, world->now_ts),
                     USCTP_OK);
    assert_int_equal(world->old.sent_cnt, 1);
    assert_int_equal(usctp_assoc_export_ready(world->assoc), 0);
    carry(&world->old, &world->peer, world->now_ts);
    world->old.sent_cnt = 0;
    world_move_now(world);
    carry(&world->peer, &world->home, world->now_ts); /* its answer is ignored */
    world_talk(world, &world->home, 0);
    world_pass(world, &world->home, USCTP_SEC(100));
    world_talk(world, &world->home, 0);
    world_free(world);
}

static void test_reason_reconfig(void **state)
{
    static const uint16_t streams[] = {0, 3};
    struct world *world = world_new(NULL);

    (void)state;
    world_use(world, 3);
    assert_int_equal(
        usctp_assoc_reset_streams(world->assoc, USCTP_RESET_OUT | USCTP_RESET_IN, streams, 2),
        USCTP_OK);
    refuses(world, USCTP_HANDOVER_RECONFIG);
    world_settle(world, &world->old);
    assert_int_equal(world->old.events[USCTP_EVENT_STREAMS_RESET], 2);
    world_move(world);
    world_talk(world, &world->home, 3);
    assert_int_equal(world->home.last.u.message.ssn, 0);
    assert_int_equal(world->peer.last.u.message.ssn, 0);
    /* Its numbers go on on both sides. */
    assert_int_equal(usctp_assoc_add_streams(world->assoc, 5, 5), USCTP_OK);
    world_settle(world, &world->home);
    assert_int_equal(world->home.events[USCTP_EVENT_STREAMS_ADDED], 2);
    assert_int_equal(usctp_assoc_reset(world->peer.assoc), USCTP_OK);
    world_settle(world, &world->home);
    world_pass(world, &world->home, USCTP_SEC(2));
    assert_int_equal(world->home.events[USCTP_EVENT_ASSOC_RESET], 1);
    assert_int_equal(world->peer.last.u.assoc_reset.result, USCTP_RECONF_DONE);
    world_talk(world, &world->home, 3);
    assert_int_equal(world->home.last.u.message.ssn, 0);
    world_free(world);
}

/* RFC 6525, 5.1.4: not again within 30 seconds, wherever it lives. */
static void test_reset_is_remembered(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_use(world, 3);
    assert_int_equal(usctp_assoc_reset(world->assoc), USCTP_OK);
    world_settle(world, &world->old);
    assert_int_equal(world->old.events[USCTP_EVENT_ASSOC_RESET], 1);
    world_talk(world, &world->old, 3);
    world_move(world);
    assert_int_equal(usctp_assoc_reset(world->assoc), USCTP_EBUSY);
    world_talk(world, &world->home, 3);
    world_pass(world, &world->home, USCTP_SEC(30));
    assert_int_equal(usctp_assoc_reset(world->assoc), USCTP_OK);
    world_settle(world, &world->home);
    assert_int_equal(world->home.events[USCTP_EVENT_ASSOC_RESET], 1);
    world_talk(world, &world->home, 3);
    world_free(world);
}

/* A packet from another port of a NAT box: until that has answered. */
static void test_reason_rebinding(void **state)
{
    struct world *world = world_new(NULL);
    struct sent moved;

    (void)state;
    world_use(world, 0);
    assert_int_equal(world_send(world->peer.assoc, 0, 10), USCTP_OK);
    moved = world->peer.sent[0];
    world->peer.sent_cnt = 0;
    world_replay(world, &world->old, UDP_PORT + 1, &moved);
    world->now_ts += USCTP_MS(300);
    usctp_stack_advance(world->old.stack, world->now_ts);
    refuses(world, USCTP_HANDOVER_REBINDING);
    /* The HEARTBEAT comes back from there. */
    carry(&world->old, &world->peer, world->now_ts);
    for (size_t i = 0; i < world->peer.sent_cnt; i++) {
        world_replay(world, &world->old, UDP_PORT + 1, &world->peer.sent[i]);
    }
    world->peer.sent_cnt = 0;
    assert_int_equal(usctp_assoc_export_ready(world->assoc), 0);
    world_move_now(world);
    assert_int_equal(world_send(world->assoc, 0, 10), USCTP_OK);
    assert_int_equal(world->home.sent[0].dgram.remote_udp_port, UDP_PORT + 1);
    world_free(world);
}

/* --- Silence ---------------------------------------------------------------------------------- */

/* Whatever still comes to the stack that it has left is not answered: packets of all kinds, and a COOKIE ECHO that
 * would make it once more. */
static void test_silence(void **state)
{
    struct world *world = world_new(NULL);
    struct sent echo;
    uint32_t events[EVENT_TYPE_CNT];

    (void)state;
    memset(&echo, 0, sizeof(echo));
    usctp_stack_set_time(world->peer.stack, world->now_ts);
    /* The old stack is the one that listens here. */
    usctp_endpoint_listen(world->old_endpoint, 1);
    world->assoc = NULL;
    (void)side_connect(world->peer_endpoint, &world->old.addr, CLIENT_PORT);
    carry(&world->peer, &world->old, world->now_ts);
    carry(&world->old, &world->peer, world->now_ts);
    assert_int_equal(world->peer.sent_cnt, 1);
    echo = world->peer.sent[0];
    world_settle(world, &world->old);
    world->assoc = world->old.assoc;
    memcpy(events, world->old.events, sizeof(events));
    world_export(world);
    events[USCTP_EVENT_CLOSED]++;

    assert_int_equal(world_send(world->peer.assoc, 0, 100), USCTP_OK);
    carry(&world->peer, &world->old, world->now_ts);
    world_replay(world, &world->old, UDP_PORT, &echo);
    world->now_ts += USCTP_SEC(10);
    usctp_stack_advance(world->peer.stack, world->now_ts); /* T3-rtx, and probes */
    carry(&world->peer, &world->old, world->now_ts);
    assert_int_equal(usctp_path_heartbeat(world->peer.assoc, 1), USCTP_OK);
    carry(&world->peer, &world->old, world->now_ts);
    usctp_stack_advance(world->old.stack, world->now_ts + USCTP_SEC(100));
    assert_int_equal(world->old.sent_cnt, 0);
    assert_true(stats_of(&world->old).dropped_moved >= 4);
    assert_int_equal(stats_of(&world->old).out_of_blues, 0);
    assert_memory_equal(events, world->old.events, sizeof(events));

    world_import(world); /* and nothing was lost by that */
    world->now_ts += USCTP_SEC(100);
    usctp_stack_advance(world->peer.stack, world->now_ts);
    world_settle(world, &world->home);
    assert_int_equal(world->home.events[USCTP_EVENT_MESSAGE], 1);
    world_free(world);
}

/* The COOKIE ACK was lost, and the peer asks for it again: the stack that it comes to cannot read its cookie. A
 * stranger's cookie is a bad one as before. */
static void test_cookie_of_the_former_stack(void **state)
{
    struct world *world = world_new(NULL);
    struct sent echo;

    (void)state;
    usctp_stack_set_time(world->peer.stack, world->now_ts);
    usctp_stack_set_time(world->old.stack, world->now_ts);
    usctp_endpoint_listen(world->old_endpoint, 1);
    (void)side_connect(world->peer_endpoint, &world->old.addr, CLIENT_PORT);
    carry(&world->peer, &world->old, world->now_ts);
    carry(&world->old, &world->peer, world->now_ts);
    carry(&world->peer, &world->old, world->now_ts);
    assert_int_equal(world->old.events[USCTP_EVENT_UP], 1);
    world->old.sent_cnt = 0;
    world->assoc = world->old.assoc;
    world_move_now(world);
    world->now_ts += USCTP_SEC(1);
    usctp_stack_advance(world->peer.stack, world->now_ts);
    assert_int_equal(world->peer.sent_cnt, 1);
    echo = world->peer.sent[0];
    echo.bytes[7] ^= 1; /* another tag */
    sent_seal(&echo);
    world_replay(world, &world->home, UDP_PORT, &echo);
    assert_int_equal(world->home.sent_cnt, 0);
    assert_int_equal(stats_of(&world->home).bad_cookies, 1);
    world_settle(world, &world->home);
    assert_int_equal(world->peer.events[USCTP_EVENT_UP], 1);
    assert_int_equal(stats_of(&world->home).bad_cookies, 1);
    world_talk(world, &world->home, 0);
    world_free(world);
}

/* Freeing the stack, or its endpoint, says nothing either. */
static void test_silence_at_the_end(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    world_export(world);
    usctp_endpoint_free(world->old_endpoint);
    assert_int_equal(world->old.sent_cnt, 0);
    usctp_stack_free(world->old.stack);
    assert_int_equal(world->old.sent_cnt, 0);
    assert_int_equal(test_memory_leaks(&world->old.memory), 0);
    world_import(world);
    world_talk(world, &world->home, 0);
    side_down(&world->home);
    side_down(&world->peer);
}

static void heartbeat(struct packet *packet, uint16_t port, uint32_t tag)
{
    packet_begin(packet, port, CLIENT_PORT, tag);
    packet_chunk(packet, USCTP__CHUNK_HEARTBEAT, 0, 8);
    (void)packet_end(packet);
}

/* After a quarter of an hour in which nothing came it is a stranger; a new tag is not one of those. */
static void test_forgotten(void **state)
{
    struct world *world = world_new(NULL);
    struct packet packet;
    uint32_t tag;

    (void)state;
    world_connect(world);
    tag = world->assoc->my_tag;
    world_export(world);
    heartbeat(&packet, SERVER_PORT, tag);
    for (unsigned minute = 0; minute < 30; minute += 10) {
        usctp_stack_advance(world->old.stack, world->now_ts + minute * USCTP_SEC(60));
        side_input(&world->old, &world->peer.addr, UDP_PORT, packet.bytes, packet.w.len, 0);
        assert_int_equal(world->old.sent_cnt, 0);
    }
    usctp_stack_advance(world->old.stack, world->now_ts + 34 * USCTP_SEC(60));
    side_input(&world->old, &world->peer.addr, UDP_PORT, packet.bytes, packet.w.len, 0);
    assert_int_equal(world->old.sent_cnt, 0);
    usctp_stack_advance(world->old.stack, world->now_ts + 50 * USCTP_SEC(60));
    side_input(&world->old, &world->peer.addr, UDP_PORT, packet.bytes, packet.w.len, 0);
    assert_int_equal(world->old.sent_cnt, 1); /* ABORT */
    assert_int_equal(stats_of(&world->old).dropped_moved, 4);
    world_free(world);
}

/* Packets with its tag and other ports are a stranger's. */
static void test_other_ports(void **state)
{
    struct world *world = world_new(NULL);
    struct packet packet;
    uint32_t tag;

    (void)state;
    world_connect(world);
    tag = world->assoc->my_tag;
    world_export(world);
    heartbeat(&packet, SERVER_PORT + 1, tag);
    side_input(&world->old, &world->peer.addr, UDP_PORT, packet.bytes, packet.w.len, 0);
    assert_int_equal(world->old.sent_cnt, 1);
    assert_int_equal(stats_of(&world->old).dropped_moved, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reason_state),
        cmocka_unit_test(test_reason_unsent),
        cmocka_unit_test(test_reason_unacked),
        cmocka_unit_test(test_reason_undelivered),
        cmocka_unit_test(test_reason_kept),
        cmocka_unit_test(test_reason_incomplete),
        cmocka_unit_test(test_reason_sack),
        cmocka_unit_test(test_reason_control),
        cmocka_unit_test(test_reason_reconfig),
        cmocka_unit_test(test_reset_is_remembered),
        cmocka_unit_test(test_reason_rebinding),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_cookie_of_the_former_stack),
        cmocka_unit_test(test_silence_at_the_end),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_other_ports),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
