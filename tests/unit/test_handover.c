/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover: an association moves from one stack to another, with whatever is in use. */
#include "unit/handover_world.h"

static void compare_paths(const usctp_assoc *assoc, const struct usctp_path_info *was)
{
    struct usctp_path_info is = USCTP_PATH_INFO_INIT;

    assert_int_equal(usctp_path_info(assoc, was->id, &is), USCTP_OK);
    is.lower = was->lower;
    assert_memory_equal(&is, was, sizeof(is));
}

/* --- The move --------------------------------------------------------------------------------- */

/* All that can be asked of it is as it was. */
static void test_same(void **state)
{
    struct world *world = world_new(NULL);
    struct usctp_assoc_stats was = USCTP_ASSOC_STATS_INIT, is = USCTP_ASSOC_STATS_INIT;
    struct usctp_path_info path = USCTP_PATH_INFO_INIT;
    struct usctp_params params = USCTP_PARAMS_INIT, params_now = USCTP_PARAMS_INIT;
    uint32_t extensions;

    (void)state;
    world_connect(world);
    world_talk(world, &world->old, 0);
    world_talk(world, &world->old, 40);
    world_pass(world, &world->old, USCTP_MS(300));
    extensions = usctp_assoc_extensions(world->assoc);
    assert_int_equal(usctp_assoc_stats(world->assoc, &was), USCTP_OK);
    assert_int_equal(usctp_path_info(world->assoc, USCTP_PATH_ANY, &path), USCTP_OK);
    usctp_assoc_params(world->assoc, &params);
    assert_true(was.sent_messages == 2 && was.received_messages == 2);
    world_move(world);
    assert_int_equal(usctp_assoc_stats(world->assoc, &is), USCTP_OK);
    assert_memory_equal(&is, &was, sizeof(is));
    compare_paths(world->assoc, &path);
    usctp_assoc_params(world->assoc, &params_now);
    assert_memory_equal(&params_now, &params, sizeof(params));
    assert_int_equal(usctp_assoc_extensions(world->assoc), extensions);
    assert_ptr_equal(usctp_assoc_endpoint(world->assoc), world->home_endpoint);
    assert_int_equal(stats_of(&world->home).curr_estab, 1);
    assert_int_equal(stats_of(&world->home).curr_assocs, 1);
    assert_int_equal(stats_of(&world->old).curr_assocs, 0);
    assert_int_equal(stats_of(&world->old).curr_estab, 0);
    world_free(world);
}

/* Messages go on where they were, each once and in order, and the end is a graceful one. */
static void test_traffic_goes_on(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    for (uint16_t stream = 0; stream < 40; stream += 13) {
        world_talk(world, &world->old, stream);
    }
    world_move(world);
    for (uint16_t stream = 0; stream < 40; stream += 13) {
        world_talk(world, &world->home, stream);
        assert_int_equal(world->home.last.u.message.ssn, 1);
        assert_int_equal(world->peer.last.u.message.ssn, 1);
    }
    world_pass(world, &world->home, USCTP_SEC(120)); /* heartbeats are answered */
    assert_int_equal(usctp_assoc_state(world->assoc), USCTP_STATE_ESTABLISHED);
    assert_int_equal(usctp_assoc_close(world->assoc), USCTP_OK);
    world_settle(world, &world->home);
    assert_int_equal(world->home.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(world->peer.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(world->peer.events[USCTP_EVENT_LOST], 0);
    assert_int_equal(world->old.events[USCTP_EVENT_LOST], 0);
    world_free(world);
}

/* The peer that listened can move as well, and its association be moved again, and back. */
static void test_there_and_back(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    for (unsigned i = 0; i < 3; i++) {
        size_t len;

        world_talk(world, &world->old, 1);
        world_export(world);
        world->old.events[USCTP_EVENT_CLOSED] = 0;
        world_import(world);
        world_talk(world, &world->home, 1);
        world_pass(world, &world->home, USCTP_MS(300));
        assert_int_equal(usctp_assoc_export(world->assoc, world->string, STRING_MAX, &len),
                         USCTP_OK);
        assert_int_equal(
            usctp_endpoint_import(world->old_endpoint, world->string, len, 0, NULL, &world->assoc),
            USCTP_OK);
        world->home.events[USCTP_EVENT_CLOSED] = 0;
    }
    world_talk(world, &world->old, 1);
    assert_int_equal(world->old.last.u.message.ssn, 6);
    assert_int_equal(stats_of(&world->old).dropped_moved, 0);
    world_free(world);
}

/* --- Authentication, and addresses that change ------------------------------------------------ */

static void offer_asconf(struct usctp_params *params)
{
    params->extensions |= USCTP_EXT_AUTH | USCTP_EXT_ASCONF;
}

static void arm(usctp_endpoint *endpoint)
{
    static const uint8_t types[] = {USCTP__CHUNK_DATA, USCTP__CHUNK_I_DATA, USCTP__CHUNK_SACK};

    for (size_t i = 0; i < sizeof(types); i++) {
        assert_int_equal(usctp_endpoint_demand_auth(endpoint, types[i]), USCTP_OK);
    }
    assert_int_equal(usctp_endpoint_add_key(endpoint, 5, "secret", 6), USCTP_OK);
    assert_int_equal(usctp_endpoint_use_key(endpoint, 5), USCTP_OK);
}

/* The keys go along: the endpoint over there knows none of them. */
static void test_auth(void **state)
{
    struct world *world = world_new(offer_asconf);
    uint8_t types[8];

    (void)state;
    arm(world->old_endpoint);
    arm(world->peer_endpoint);
    world_connect(world);
    world_talk(world, &world->old, 0);
    assert_int_equal(usctp_assoc_add_key(world->assoc, 6, "other", 5), USCTP_OK);
    assert_int_equal(usctp_assoc_add_key(world->peer.assoc, 6, "other", 5), USCTP_OK);
    assert_int_equal(usctp_assoc_use_key(world->assoc, 6), USCTP_OK);
    assert_int_equal(usctp_assoc_retire_key(world->assoc, 5), USCTP_OK);
    assert_int_equal(usctp_assoc_retire_key(world->assoc, 0), USCTP_OK);
    assert_int_equal(usctp_assoc_remove_key(world->assoc, 0), USCTP_OK);
    world_talk(world, &world->old, 0);
    world_move(world);
    assert_int_equal(usctp_assoc_active_key(world->assoc), 6);
    assert_int_equal(usctp_assoc_use_key(world->assoc, 5), USCTP_ESTATE);
    assert_int_equal(usctp_assoc_use_key(world->assoc, 0), USCTP_ENOENT);
    assert_int_equal(usctp_assoc_auth_chunks(world->assoc, 0, types, sizeof(types)), 5);
    assert_int_equal(usctp_assoc_auth_chunks(world->assoc, 1, types, sizeof(types)), 5);
    world_talk(world, &world->home, 0);
    world_pass(world, &world->home, USCTP_SEC(100));
    world_talk(world, &world->home, 0);
    assert_int_equal(stats_of(&world->home).auth_failures + stats_of(&world->peer).auth_failures,
                     0);
    assert_int_equal(stats_of(&world->home).dropped_unauthenticated, 0);
    assert_int_equal(stats_of(&world->peer).dropped_unauthenticated, 0);
    world_free(world);
}

static int ask(usctp_assoc *assoc, int what, const char *text)
{
    struct usctp_address_change change = {what, 1, addr_of(text)};

    return usctp_assoc_change_addresses(assoc, &change, 1);
}

/* Requests have numbers, and answers are kept to be given again: both go along. */
static void test_addresses(void **state)
{
    struct world *world = world_new(offer_asconf);
    struct sent request;

    (void)state;
    world_use(world, 0);
    assert_int_equal(ask(world->assoc, USCTP_ADDRESS_PRIMARY, "192.0.2.1"), USCTP_OK);
    refuses(world, USCTP_HANDOVER_ADDRESSES);
    world_settle(world, &world->old);
    assert_int_equal(world->old.events[USCTP_EVENT_ADDRESS], 1);
    assert_int_equal(ask(world->peer.assoc, USCTP_ADDRESS_PRIMARY, "192.0.2.2"), USCTP_OK);
    assert_int_equal(world->peer.sent_cnt, 1);
    request = world->peer.sent[0];
    carry(&world->peer, &world->old, world->now_ts);
    world->old.sent_cnt = 0; /* the answer is lost */
    world_move_now(world);
    world_replay(world, &world->home, UDP_PORT, &request);
    assert_int_equal(world->home.sent_cnt, 1);
    world_settle(world, &world->home);
    assert_int_equal(world->peer.events[USCTP_EVENT_ADDRESS], 1);
    assert_int_equal(ask(world->assoc, USCTP_ADDRESS_PRIMARY, "192.0.2.1"), USCTP_OK);
    world_settle(world, &world->home);
    assert_int_equal(world->home.events[USCTP_EVENT_ADDRESS], 1);
    assert_int_equal(ask(world->peer.assoc, USCTP_ADDRESS_PRIMARY, "192.0.2.2"), USCTP_OK);
    world_settle(world, &world->home);
    assert_int_equal(world->peer.events[USCTP_EVENT_ADDRESS], 2);
    world_talk(world, &world->home, 0);
    world_free(world);
}

/* --- Other things that go along --------------------------------------------------------------- */

static void no_interleaving(struct usctp_params *params)
{
    params->extensions &= ~(uint32_t)USCTP_EXT_INTERLEAVING;
    params->congestion_control = USCTP_CC_CUBIC;
    params->flags |= USCTP_PARAM_PACING;
}

/* Without I-DATA numbers have 16 bits. */
static void test_data_chunks(void **state)
{
    struct world *world = world_new(no_interleaving);

    (void)state;
    world_connect(world);
    for (unsigned i = 0; i < 3; i++) {
        world_talk(world, &world->old, 2);
    }
    world_move(world);
    assert_int_equal(usctp_assoc_extensions(world->assoc) & USCTP_EXT_INTERLEAVING, 0);
    world_talk(world, &world->home, 2);
    assert_int_equal(world->home.last.u.message.ssn, 3);
    assert_int_equal(world->peer.last.u.message.ssn, 3);
    world_free(world);
}

/* --- Numbers that the peer skipped --- */

/* One chunk from the peer comes in; what it is answered stays with us. */
static void from_peer(struct world *world, struct side *side, uint8_t type, uint8_t flags,
                      const uint8_t *value, size_t len)
{
    struct packet packet;
    size_t pos;

    packet_begin(&packet, SERVER_PORT, CLIENT_PORT, world->assoc->my_tag);
    pos = usctp__chunk_begin(&packet.w, type, flags);
    usctp__writer_bytes(&packet.w, value, len);
    usctp__chunk_end(&packet.w, pos);
    side_input(side, &world->peer.addr, UDP_PORT, packet.bytes, packet_end(&packet), world->now_ts);
    side->sent_cnt = 0;
}

/* FORWARD TSN over one TSN, with a list of one: number `ssn` of stream 1. */
static void skip_one(struct world *world, struct side *side, uint32_t tsn, uint16_t ssn)
{
    uint8_t value[8];

    usctp__put32(value, tsn);
    usctp__put16(value + 4, 1);
    usctp__put16(value + 6, ssn);
    from_peer(world, side, USCTP__CHUNK_FORWARD_TSN, 0, value, sizeof(value));
}

/* A message of stream 1 with that number. */
static void message(struct world *world, struct side *side, uint32_t tsn, uint16_t ssn)
{
    uint8_t value[16] = {0};

    usctp__put32(value, tsn);
    usctp__put16(value + 4, 1);
    usctp__put16(value + 6, ssn);
    from_peer(world, side, USCTP__CHUNK_DATA, 3, value, sizeof(value));
}

/* RFC 3758, 3.6: a list told too much (RFC 3758, 3.2); what comes with those numbers all the same is delivered, wherever the
 * association lives, and what has another number waits. */
static void test_skipped_numbers(void **state)
{
    struct world *world = world_new(no_interleaving);
    uint32_t tsn;

    (void)state;
    world_connect(world);
    world_pass(world, &world->old, USCTP_MS(300));
    tsn = usctp__rx_cum_tsn(world->assoc);
    skip_one(world, &world->old, tsn + 1, 0);
    skip_one(world, &world->old, tsn + 2, 1);
    world->now_ts += USCTP_MS(300);
    usctp_stack_advance(world->old.stack, world->now_ts);
    world->old.sent_cnt = 0;
    assert_int_equal(usctp_assoc_export_ready(world->assoc), 0);
    world_move_now(world);
    assert_int_equal(usctp__rx_cum_tsn(world->assoc), tsn + 2);
    message(world, &world->home, tsn + 3, 1);
    assert_int_equal(world->home.events[USCTP_EVENT_MESSAGE], 1);
    message(world, &world->home, tsn + 4, 0);
    assert_int_equal(world->home.events[USCTP_EVENT_MESSAGE], 2);
    message(world, &world->home, tsn + 5, 0xffff);
    assert_int_equal(world->home.events[USCTP_EVENT_MESSAGE], 2);
    message(world, &world->home, tsn + 6, 2);
    assert_int_equal(world->home.events[USCTP_EVENT_MESSAGE], 3);
    usctp__assoc_check(world->assoc);
    world_free(world);
}

static void test_marks_and_values(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    assert_int_equal(usctp_stream_set_value(world->assoc, 9, 77), USCTP_OK);
    assert_int_equal(usctp_stream_set_low_water(world->assoc, 9, 10), USCTP_OK);
    assert_int_equal(usctp_assoc_set_low_water(world->assoc, 20), USCTP_OK);
    world_talk(world, &world->old, 9);
    world_pass(world, &world->old, USCTP_MS(300));
    world_move(world);
    assert_int_equal(usctp_stream_value(world->assoc, 9), 77);
    assert_int_equal(usctp_stream_value(world->assoc, 8), 0);
    world_talk(world, &world->home, 9);
    world_pass(world, &world->home, USCTP_MS(300));
    assert_int_equal(world->home.events[USCTP_EVENT_BUFFERED_LOW], 2); /* both */
    world_free(world);
}

static void test_path_settings(void **state)
{
    struct world *world = world_new(NULL);
    struct usctp_path_params was = USCTP_PATH_PARAMS_INIT, is = USCTP_PATH_PARAMS_INIT;

    (void)state;
    world_connect(world);
    assert_int_equal(usctp_path_params(world->assoc, 1, &was), USCTP_OK);
    was.hb_interval_dur = USCTP_SEC(3);
    was.rto_min_dur = USCTP_MS(300);
    was.path_max_retrans = 17;
    was.max_packet = 800;
    was.dscp = 10;
    was.heartbeat = 0;
    was.pf_max_retrans = 2;
    assert_int_equal(usctp_path_set_params(world->assoc, 1, &was), USCTP_OK);
    world_move(world);
    assert_int_equal(usctp_path_params(world->assoc, 1, &is), USCTP_OK);
    assert_memory_equal(&is, &was, sizeof(is));
    world_talk(world, &world->home, 0);
    assert_int_equal(world->assoc->paths.primary->max_packet, 800);
    world_free(world);
}

/* What was set at different times need not fit together, and goes along all the same: thresholds of a path, a mark of a
 * stream that the peer did not agree to, an extension that is not in the parameters any more. */
static void test_odd_settings(void **state)
{
    struct world *world = world_new(NULL);
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;
    struct usctp_params params = USCTP_PARAMS_INIT;

    (void)state;
    usctp_endpoint_params(world->peer_endpoint, &params);
    params.max_in_streams = 3;
    assert_int_equal(usctp_endpoint_set_params(world->peer_endpoint, &params), USCTP_OK);
    world->assoc = side_connect(world->old_endpoint, &world->peer.addr, SERVER_PORT);
    assert_int_equal(usctp_stream_set_low_water(world->assoc, 20, 5), USCTP_OK);
    assert_int_equal(usctp_stream_set_low_water(world->assoc, 2, 5), USCTP_OK);
    world_settle(world, &world->old);
    assert_int_equal(world->old.last.u.up.out_streams, 3);
    assert_int_equal(usctp_path_params(world->assoc, 1, &path), USCTP_OK);
    path.switchover_max_retrans = path.path_max_retrans + 1;
    assert_int_equal(usctp_path_set_params(world->assoc, 1, &path), USCTP_OK);
    usctp_assoc_params(world->assoc, &params);
    params.path_max_retrans += 10;
    assert_int_equal(usctp_assoc_set_params(world->assoc, &params), USCTP_OK);
    world->assoc->params->params.extensions &= ~(uint32_t)USCTP_EXT_INTERLEAVING;
    world_move(world);
    assert_true((usctp_assoc_extensions(world->assoc) & USCTP_EXT_INTERLEAVING) != 0);
    assert_int_equal(usctp_path_params(world->assoc, 1, &path), USCTP_OK);
    assert_int_equal(path.path_max_retrans, params.path_max_retrans);
    assert_int_equal(path.switchover_max_retrans, params.path_max_retrans - 9);
    world_talk(world, &world->home, 2);
    assert_int_equal(world->home.events[USCTP_EVENT_BUFFERED_LOW], 1);
    world_free(world);
}

/* Several paths keep their names and states; one that is being verified goes on to be. */
static void test_paths(void **state)
{
    struct world *world = world_new(NULL);
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_addr addrs[] = {addr_of("192.0.2.2"), addr_of("192.0.2.3")};
    struct usctp_path_info infos[2] = {USCTP_PATH_INFO_INIT, USCTP_PATH_INFO_INIT};
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peers[2];
    usctp_path_id ids[4];

    (void)state;
    usctp_endpoint_free(world->peer_endpoint);
    config.port = SERVER_PORT;
    config.flags = USCTP_ENDPOINT_LISTEN;
    config.addrs = addrs;
    config.addr_cnt = 2;
    assert_int_equal(usctp_endpoint_new(world->peer.stack, &config, &world->peer_endpoint),
                     USCTP_OK);
    memset(peers, 0, sizeof(peers));
    peers[0].addr = addrs[0];
    peers[1].addr = addrs[1];
    peers[0].udp_port = peers[1].udp_port = UDP_PORT;
    connect.addrs = peers;
    connect.addr_cnt = 2;
    connect.port = SERVER_PORT;
    assert_int_equal(usctp_endpoint_connect(world->old_endpoint, &connect, &world->assoc),
                     USCTP_OK);
    world_settle(world, &world->old);
    assert_int_equal(usctp_assoc_paths(world->assoc, ids, 4), 2);
    /* The second one never answers, and is put down: what goes there is lost. */
    for (unsigned i = 0; i < 4000 && infos[1].state != USCTP_PATH_INACTIVE; i++) {
        world->now_ts += USCTP_MS(500);
        usctp_stack_advance(world->old.stack, world->now_ts);
        for (size_t k = 0; k < world->old.sent_cnt; k++) {
            if (world->old.sent[k].dgram.remote.bytes[3] == 3) {
                world->old.sent[k--] = world->old.sent[--world->old.sent_cnt];
            }
        }
        usctp_stack_advance(world->peer.stack, world->now_ts);
        world_settle(world, &world->old);
        assert_int_equal(usctp_path_info(world->assoc, ids[1], &infos[1]), USCTP_OK);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(usctp_path_info(world->assoc, ids[i], &infos[i]), USCTP_OK);
    }
    assert_int_equal(infos[1].state, USCTP_PATH_INACTIVE);
    assert_true(infos[1].error_cnt > 0);
    assert_int_equal(usctp_path_set_primary(world->assoc, ids[1]), USCTP_OK);
    infos[0].primary = 0;
    infos[1].primary = 1;
    world_move_now(world);
    compare_paths(world->assoc, &infos[0]);
    compare_paths(world->assoc, &infos[1]);
    assert_int_equal(world->assoc->paths.data->id, ids[0]);
    assert_int_equal(world->home.events[USCTP_EVENT_PATH], 0);
    world_talk(world, &world->home, 0);
    world_free(world);
}

/* RFC 4960, A: a mark that came is echoed until the peer has answered, and old echoes are no news. */
static void test_marks_of_routers(void **state)
{
    struct world *world = world_new(NULL);
    struct usctp__ecn *ecn;
    struct usctp__ecn was;

    (void)state;
    world_use(world, 0);
    ecn = usctp__ecn_use(world->assoc);
    ecn->echo = true;
    ecn->lost_beyond = true;
    ecn->marked_tsn = usctp__rxmap_cum(&world->assoc->rx.map) - 1;
    ecn->reduced_tsn = world->assoc->tx.ring.next - 2;
    ecn->reduced_path = 1;
    was = *ecn;
    world_move(world);
    ecn = world->assoc->ecn;
    assert_non_null(ecn);
    assert_true(ecn->echo && ecn->lost_beyond && ecn->reduced_path == 1);
    assert_int_equal((uint32_t)ecn->marked_tsn, (uint32_t)was.marked_tsn);
    assert_int_equal(ecn->marked_tsn, usctp__rxmap_cum(&world->assoc->rx.map) - 1);
    assert_int_equal((uint32_t)ecn->reduced_tsn, (uint32_t)was.reduced_tsn);
    assert_int_equal(ecn->reduced_tsn, world->assoc->tx.ring.next - 2);
    world_free(world);
}

/* RFC 8261: there is one path, and the lower layer is all there is of it. */
static void test_without_addresses(void **state)
{
    struct world *world = world_new(NULL);
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    usctp_lower_id others[2];

    (void)state;
    world->old.lower = side_attach(&world->old, USCTP_LOWER_NO_ADDRESSES);
    world->peer.lower = side_attach(&world->peer, USCTP_LOWER_NO_ADDRESSES);
    others[0] = side_attach(&world->home, USCTP_LOWER_NO_ADDRESSES);
    others[1] = side_attach(&world->home, USCTP_LOWER_NO_ADDRESSES);
    connect.port = SERVER_PORT;
    connect.lower = world->old.lower;
    assert_int_equal(usctp_endpoint_connect(world->old_endpoint, &connect, &world->assoc),
                     USCTP_OK);
    world_settle(world, &world->old);
    world_talk(world, &world->old, 5);
    world_export(world);
    assert_int_equal(usctp_endpoint_import(world->home_endpoint, world->string, world->len,
                                           world->home.lower, NULL, &world->assoc),
                     USCTP_EAFNOSUPPORT);
    assert_int_equal(usctp_endpoint_import(world->home_endpoint, world->string, world->len,
                                           others[1], NULL, &world->assoc),
                     USCTP_OK);
    assert_int_equal(world->assoc->paths.primary->lower, others[1]);
    world->home.lower = others[1];
    world_talk(world, &world->home, 5);
    /* Over another connection it is another association's place. */
    assert_int_equal(usctp_endpoint_import(world->home_endpoint, world->string, world->len,
                                           others[0], NULL, &world->assoc),
                     USCTP_EADDRINUSE); /* the tag */
    world_free(world);
}

/* The export may be asked for by a callback: when all is acknowledged. */
static struct world *of_callback;

static void export_when_dry(struct side *side, const struct usctp_event *event)
{
    (void)side;
    if (event->type == USCTP_EVENT_DRY && usctp_assoc_export_ready(event->assoc) == 0) {
        assert_int_equal(
            usctp_assoc_export(event->assoc, of_callback->string, STRING_MAX, &of_callback->len),
            USCTP_OK);
    }
}

static void dry_events(struct usctp_params *params)
{
    params->flags |= USCTP_PARAM_DRY_EVENTS;
}

static void test_in_a_callback(void **state)
{
    struct world *world = world_new(dry_events);

    (void)state;
    world_connect(world);
    of_callback = world;
    world->old.on_event = export_when_dry;
    assert_int_equal(world_send(world->assoc, 0, 100), USCTP_OK);
    world_pass(world, &world->old, USCTP_SEC(1));
    assert_int_equal(world->old.events[USCTP_EVENT_DRY], 1);
    assert_int_equal(world->old.events[USCTP_EVENT_CLOSED], 1);
    assert_true(world->len > 0);
    world_import(world);
    world_talk(world, &world->home, 0);
    world_free(world);
}

/* Another path MTU than was promised here; and a window that grew stays. */
static void test_lower_layer_is_narrower(void **state)
{
    struct world *world = world_new(NULL);

    (void)state;
    world_connect(world);
    world->assoc->paths.primary->max_packet = 1400; /* found by probing, there */
    world->assoc->rx.window = 400000;
    world_export(world);
    world_import(world);
    /* The lower layer here does not probe. */
    assert_int_equal(world->assoc->paths.primary->max_packet, 1200);
    assert_int_equal(world->assoc->rx.window, 400000);
    world_talk(world, &world->home, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_traffic_goes_on),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_auth),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_data_chunks),
        cmocka_unit_test(test_skipped_numbers),
        cmocka_unit_test(test_marks_and_values),
        cmocka_unit_test(test_path_settings),
        cmocka_unit_test(test_odd_settings),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_marks_of_routers),
        cmocka_unit_test(test_without_addresses),
        cmocka_unit_test(test_in_a_callback),
        cmocka_unit_test(test_lower_layer_is_narrower),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
