/* SPDX-License-Identifier: BSD-3-Clause */
/* Who gets a packet: the checks on the way in, the rules of verification tags (RFC 9260, 8.5, 8.5.1), the UDP
 * port of an INIT, lower layers without addresses; and the tables behind that. */
#include "unit/connected_pair.h"

#include "core/assoc.h"
#include "stack/stack.h"

/* --- Checks on the way in --------------------------------------------------------------------- */

static void test_malformed(void **state)
{
    struct pair *pair = pair_up();
    struct side *b = &pair->b;
    struct packet packet;
    struct usctp_stack_stats stats;
    size_t len;

    (void)state;
    packet_begin(&packet, 1, 2, 3);
    packet_chunk(&packet, USCTP__CHUNK_COOKIE_ACK, 0, 0);
    len = packet_end(&packet);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, 11, 0);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, 0, 0);
    packet.bytes[len - 1] ^= 1;
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, len, 0);
    stats = stats_of(b);
    assert_int_equal(stats.dropped_short, 2);
    assert_int_equal(stats.checksum_errors, 1);
    assert_int_equal(stats.in_sctp_packs, 3);
    assert_int_equal(stats.in_bytes, 11 + len);

    packet_begin(&packet, 0, 2, 3);
    packet_chunk(&packet, USCTP__CHUNK_DATA, 0, 20);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    packet_begin(&packet, 2, 0, 3);
    packet_chunk(&packet, USCTP__CHUNK_DATA, 0, 20);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    packet_begin(&packet, 2, 5, 3); /* no chunk at all */
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(stats_of(b).dropped_malformed, 3);
    assert_int_equal(b->sent_cnt, 0);
    pair_down(pair);
}

static void test_addresses(void **state)
{
    struct pair *pair = pair_up();
    struct side *b = &pair->b;
    const char *const bad[] = {"224.0.0.1", "255.255.255.255", "0.0.0.0", "ff02::1", "::"};
    struct usctp_addr mapped = addr_of("::ffff:192.0.2.77");
    struct usctp_dgram dgram;
    struct packet packet;
    size_t len;

    (void)state;
    packet_begin(&packet, 1, 2, 3);
    packet_chunk(&packet, USCTP__CHUNK_DATA, 3, 20);
    len = packet_end(&packet);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct usctp_addr addr = addr_of(bad[i]);

        side_input(b, &addr, UDP_PORT, packet.bytes, len, 0);
        dgram = dgram_from(b, &pair->a.addr, UDP_PORT, packet.bytes, len);
        dgram.local = addr;
        assert_int_equal(usctp_stack_input(b->stack, &dgram, 1, sizeof(dgram), 0), USCTP_OK);
    }
    side_input(b, &pair->a.addr, 0, packet.bytes, len, 0); /* a UDP source port of 0 */
    memset(&dgram.remote, 0, sizeof(dgram.remote));
    assert_int_equal(usctp_stack_input(b->stack, &dgram, 1, sizeof(dgram), 0), USCTP_OK);
    assert_int_equal(stats_of(b).dropped_address, 12);
    assert_int_equal(b->sent_cnt, 0);
    /* An IPv4 address in IPv6 clothes is one all the same. */
    side_input(b, &mapped, UDP_PORT, packet.bytes, len, 0);
    assert_int_equal(b->sent_cnt, 1);
    assert_int_equal(b->sent[0].dgram.remote.family, USCTP_AF_IPV4);
    pair_down(pair);
}

static void test_batches(void **state)
{
    struct pair *pair = pair_up();
    struct side *b = &pair->b;
    struct packet packet;
    uint8_t train[SENT_LEN];
    struct usctp_dgram dgrams[3];
    size_t len;

    (void)state;
    packet_begin(&packet, 1, 2, 3);
    packet_chunk(&packet, USCTP__CHUNK_DATA, 3, 20);
    len = packet_end(&packet);
    for (unsigned i = 0; i < 5; i++) {
        memcpy(train + i * len, packet.bytes, len);
    }
    dgrams[0] = dgram_from(b, &pair->a.addr, UDP_PORT, train, 4 * len + 7);
    dgrams[0].segment_len = len;
    assert_int_equal(usctp_stack_input(b->stack, dgrams, 1, sizeof(dgrams[0]), 0), USCTP_OK);
    assert_int_equal(stats_of(b).in_sctp_packs, 5);
    assert_int_equal(stats_of(b).out_of_blues, 4);
    assert_int_equal(stats_of(b).dropped_short, 1);
    assert_int_equal(b->sent_cnt, 4);
    /* Those before the one that names no lower layer are in. */
    dgrams[0] = dgram_from(b, &pair->a.addr, UDP_PORT, train, len);
    dgrams[1] = dgrams[0];
    dgrams[1].lower = 77;
    dgrams[2] = dgrams[0];
    assert_int_equal(usctp_stack_input(b->stack, dgrams, 3, sizeof(dgrams[0]), 0), USCTP_ENOENT);
    assert_int_equal(stats_of(b).in_sctp_packs, 6);
    assert_int_equal(b->sent_cnt, 5);
    dgrams[0].data = NULL;
    assert_int_equal(usctp_stack_input(b->stack, dgrams, 1, sizeof(dgrams[0]), 0), USCTP_EINVAL);
    assert_int_equal(usctp_stack_input(b->stack, dgrams, 1, sizeof(dgrams[0]) - 1, 0),
                     USCTP_EINVAL);
    assert_int_equal(usctp_stack_input(b->stack, NULL, 1, sizeof(dgrams[0]), 0), USCTP_EINVAL);
    assert_int_equal(usctp_stack_input(b->stack, NULL, 0, sizeof(dgrams[0]), 0), USCTP_OK);
    assert_int_equal(stats_of(b).in_sctp_packs, 6);
    pair_down(pair);
}

/* A cookie gets no tag that an association has: it could not be entered when the cookie comes back. */
static void test_taken_tag_for_a_cookie(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp__core *core = &pair->b.stack->core;
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    uint32_t tag;

    (void)state;
    assert_int_equal(usctp_assoc_stats(pair->assoc, &stats), 0);
    core->random.used = 0; /* the same number twice, then what comes */
    memcpy(core->random.block, &stats.remote_tag, sizeof(tag));
    memcpy(core->random.block + 4, &stats.remote_tag, sizeof(tag));
    memset(core->random.block + 8, 0x77, 4);
    assert_true(usctp__assoc_draw_tag(core, &tag));
    assert_int_equal(tag, 0x77777777);
    pair_down(pair);
}

/* --- Verification tags ------------------------------------------------------------------------ */

/* One chunk to b from an address, with a tag. */
static void poke(struct pair *pair, const char *from, uint32_t tag, uint8_t type, uint8_t flags,
                 size_t len)
{
    struct usctp_addr addr = addr_of(from);
    struct packet packet;

    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, tag);
    if (type == USCTP__CHUNK_HEARTBEAT) {
        size_t pos = usctp__chunk_begin(&packet.w, type, flags);

        usctp__param_write(&packet.w, USCTP__PARAM_HEARTBEAT_INFO, "abcdefgh", len);
        usctp__chunk_end(&packet.w, pos);
    } else {
        packet_chunk(&packet, type, flags, len);
    }
    side_input(&pair->b, &addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
}

static void test_tags(void **state)
{
    struct pair *pair = pair_connected();
    struct side *b = &pair->b;
    struct usctp_assoc_stats mine = assoc_stats(b->assoc);
    uint32_t tag = mine.local_tag;
    struct packet packet;

    (void)state;
    assert_true(tag != 0 && tag != mine.remote_tag);
    poke(pair, "192.0.2.1", tag + 1, USCTP__CHUNK_HEARTBEAT, 0, 8);
    assert_int_equal(stats_of(b).dropped_tag, 1);
    poke(pair, "192.0.2.1", tag + 1, USCTP__CHUNK_ABORT, 0, 0);
    poke(pair, "192.0.2.1", tag + 1, USCTP__CHUNK_ABORT, 1, 0);
    poke(pair, "192.0.2.1", mine.remote_tag, USCTP__CHUNK_ABORT, 0, 0);
    poke(pair, "192.0.2.1", tag, USCTP__CHUNK_ABORT, 1, 0);
    poke(pair, "192.0.2.1", tag + 1, USCTP__CHUNK_SHUTDOWN_ACK, 0, 0);
    poke(pair, "192.0.2.1", tag, USCTP__CHUNK_INIT, 0, 16);
    poke(pair, "192.0.2.1", tag, USCTP__CHUNK_SHUTDOWN_COMPLETE, 1, 0);
    assert_int_equal(stats_of(b).dropped_tag, 8);
    poke(pair, "192.0.2.3", tag, USCTP__CHUNK_HEARTBEAT, 0, 8);
    poke(pair, "192.0.2.3", tag, USCTP__CHUNK_ABORT, 0, 0);
    assert_int_equal(stats_of(b).dropped_source, 2);
    assert_int_equal(b->sent_cnt, 0);
    assert_int_equal(b->events[USCTP_EVENT_LOST], 0);
    /* SHUTDOWN COMPLETE is taken by either tag, and does nothing in ESTABLISHED. */
    poke(pair, "192.0.2.1", mine.remote_tag, USCTP__CHUNK_SHUTDOWN_COMPLETE, 1, 0);
    poke(pair, "192.0.2.1", tag, USCTP__CHUNK_SHUTDOWN_COMPLETE, 0, 0);
    assert_int_equal(stats_of(b).dropped_unexpected, 2);
    /* The right tag. */
    poke(pair, "192.0.2.1", tag, USCTP__CHUNK_HEARTBEAT, 0, 8);
    assert_int_equal(b->sent_cnt, 1);
    assert_int_equal(b->sent[0].bytes[12], USCTP__CHUNK_HEARTBEAT_ACK);
    assert_int_equal(stats_of(b).out_of_blues, 0);
    /* A tag of ours with other ports is no tag of ours. */
    packet_begin(&packet, CLIENT_PORT + 1, SERVER_PORT, tag);
    packet_chunk(&packet, USCTP__CHUNK_DATA, 3, 20);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(stats_of(b).out_of_blues, 1);
    assert_int_equal(b->sent_cnt, 2);
    assert_int_equal(b->sent[1].bytes[12], USCTP__CHUNK_ABORT);
    pair_down(pair);
}

static void test_aborts_that_count(void **state)
{
    (void)state;
    for (unsigned reflected = 0; reflected < 2; reflected++) {
        struct pair *pair = pair_connected();
        struct usctp_assoc_stats mine = assoc_stats(pair->b.assoc);
        struct packet packet;

        packet_begin(&packet, CLIENT_PORT, SERVER_PORT,
                     reflected ? mine.remote_tag : mine.local_tag);
        packet_chunk(&packet, USCTP__CHUNK_ERROR, 0, 0);
        packet_chunk(&packet, USCTP__CHUNK_ABORT, (uint8_t)reflected, 0);
        side_input(&pair->b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
        assert_int_equal(pair->b.events[USCTP_EVENT_LOST], 1);
        assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED], 1);
        assert_int_equal(stats_of(&pair->b).aborteds, 1);
        assert_int_equal(stats_of(&pair->b).curr_assocs, 0);
        pair_down(pair);
    }
}

/* RFC 9260, 8.5.1 (E) */
static void test_shutdown_ack_during_setup(void **state)
{
    struct pair *pair = pair_up();
    struct packet packet;

    (void)state;
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    pair->a.sent_cnt = 0;
    for (unsigned i = 0; i < 2; i++) {
        uint32_t tag = i == 0 ? 4711 : assoc_stats(pair->assoc).local_tag;

        packet_begin(&packet, SERVER_PORT, CLIENT_PORT, tag);
        packet_chunk(&packet, USCTP__CHUNK_SHUTDOWN_ACK, 0, 0);
        side_input(&pair->a, &pair->b.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
        assert_int_equal(pair->a.sent_cnt, i + 1);
        assert_int_equal(pair->a.sent[i].bytes[12], USCTP__CHUNK_SHUTDOWN_COMPLETE);
        assert_int_equal(pair->a.sent[i].bytes[13], 1);
        assert_int_equal(usctp__get32(pair->a.sent[i].bytes + 4), tag);
    }
    assert_int_equal(usctp_assoc_state(pair->assoc), USCTP_STATE_COOKIE_WAIT);
    pair_down(pair);
}

/* --- UDP ports, lower layers without addresses ------------------------------------------------ */

static void test_init_from_new_port(void **state)
{
    struct pair *pair = pair_connected();
    struct side *b = &pair->b;
    struct usctp_addr other = addr_of("192.0.2.9");
    struct packet packet;

    (void)state;
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0);
    packet_init(&packet, 0x55);
    side_input(b, &pair->a.addr, UDP_PORT + 1, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(sent_abort(b, 0x55, false), USCTP__CAUSE_RESTART_NEW_ENCAPS_PORT);
    assert_int_equal(b->sent[0].dgram.remote_udp_port, UDP_PORT + 1);
    assert_int_equal(usctp__get16(b->sent[0].bytes + 20), UDP_PORT);
    assert_int_equal(usctp__get16(b->sent[0].bytes + 22), UDP_PORT + 1);
    assert_true(b->sent[0].dgram.len <= packet.w.len + 32);
    b->sent_cnt = 0;
    /* The same port: a restart, answered as one. Another address: a new association. */
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet.w.len, 0);
    assert_int_equal(b->sent_cnt, 1);
    assert_int_equal(b->sent[0].bytes[12], USCTP__CHUNK_INIT_ACK);
    side_input(b, &other, UDP_PORT + 1, packet.bytes, packet.w.len, 0);
    assert_int_equal(b->sent_cnt, 2);
    assert_int_equal(b->sent[1].bytes[12], USCTP__CHUNK_INIT_ACK);
    assert_int_equal(b->events[USCTP_EVENT_LOST], 0);
    pair_down(pair);
}

/* RFC 9260, 5.1.2 (D): an INIT from elsewhere that lists an address of an association. */
static void test_init_listing_known_address(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_addr other = addr_of("192.0.2.9");
    struct packet packet;
    size_t pos;

    (void)state;
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0);
    pos = usctp__chunk_begin(&packet.w, USCTP__CHUNK_INIT, 0);
    usctp__writer_u32(&packet.w, 0x66);
    usctp__writer_u32(&packet.w, 100000);
    usctp__writer_u32(&packet.w, 10 << 16 | 10);
    usctp__writer_u32(&packet.w, 77);
    usctp__param_write_addr(&packet.w, &pair->a.addr);
    usctp__chunk_end(&packet.w, pos);
    side_input(&pair->b, &other, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(sent_abort(&pair->b, 0x66, false), USCTP__CAUSE_RESTART_NEW_ADDRESSES);
    pair_down(pair);
}

static void test_without_addresses(void **state)
{
    struct pair *pair = pair_up();
    struct side *a = &pair->a;
    struct side *b = &pair->b;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    usctp_endpoint *second = side_endpoint(a, CLIENT_PORT + 1, 0);
    usctp_assoc *assocs[2];
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;

    (void)state;
    a->lower = side_attach(a, USCTP_LOWER_NO_ADDRESSES);
    b->lower = side_attach(b, USCTP_LOWER_NO_ADDRESSES);
    connect.port = SERVER_PORT;
    connect.lower = a->lower;
    assert_int_equal(usctp_endpoint_connect(pair->client, &connect, &assocs[0]), USCTP_OK);
    assert_int_equal(usctp_endpoint_connect(pair->client, &connect, &assocs[1]), USCTP_EADDRINUSE);
    assert_int_equal(usctp_endpoint_connect(second, &connect, &assocs[1]), USCTP_OK);
    settle(a, b, 0);
    assert_int_equal(a->events[USCTP_EVENT_UP], 2);
    assert_int_equal(b->events[USCTP_EVENT_UP], 2);
    assert_int_equal(usctp_path_info(assocs[1], USCTP_PATH_ANY, &info), USCTP_OK);
    assert_int_equal(info.remote.family, USCTP_AF_NONE);
    assert_int_equal(info.lower, a->lower);
    assert_int_equal(usctp_assoc_abort(assocs[0], NULL, 0), USCTP_OK);
    settle(a, b, 0);
    assert_int_equal(b->events[USCTP_EVENT_LOST], 1);
    assert_int_equal(stats_of(b).curr_assocs, 1);
    assert_int_equal(usctp_assoc_state(assocs[1]), USCTP_STATE_ESTABLISHED);
    pair_down(pair);
}

/* Tells a, which is setting up, that its port is taken (cause 14). */
static void refuse_port(struct pair *pair)
{
    struct usctp_assoc_stats stats = assoc_stats(pair->assoc);
    struct packet packet;
    size_t pos;

    packet_begin(&packet, SERVER_PORT, stats.local_port, stats.local_tag);
    pos = usctp__abort_begin(&packet.w, false);
    usctp__cause_write_restart_encaps_port(&packet.w, UDP_PORT, UDP_PORT);
    usctp__chunk_end(&packet.w, pos);
    pair->a.sent_cnt = 0;
    side_input(&pair->a, &pair->b.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
}

static void test_retry_port(void **state)
{
    (void)state;
    for (unsigned refusals = 1; refusals <= 4; refusals++) {
        struct pair *pair = pair_up();
        usctp_endpoint *client = side_endpoint(&pair->a, 0, 0);
        uint16_t endpoint_port = usctp_endpoint_port(client);
        uint16_t port = endpoint_port;
        struct usctp_assoc_stats stats;

        pair->assoc = side_connect(client, &pair->b.addr, SERVER_PORT);
        for (unsigned i = 1; i <= refusals && pair->a.events[USCTP_EVENT_LOST] == 0; i++) {
            refuse_port(pair);
            if (i > 3) {
                break; /* three times are enough */
            }
            stats = assoc_stats(pair->assoc);
            assert_int_equal(pair->a.sent_cnt, 1);
            assert_int_equal(pair->a.sent[0].bytes[12], USCTP__CHUNK_INIT);
            assert_int_equal(usctp__get16(pair->a.sent[0].bytes), stats.local_port);
            assert_int_equal(usctp__get32(pair->a.sent[0].bytes + 16), stats.local_tag);
            assert_int_not_equal(stats.local_port, port);
            port = stats.local_port;
        }
        assert_int_equal(pair->a.events[USCTP_EVENT_LOST], refusals > 3);
        assert_int_equal(usctp_endpoint_port(client), endpoint_port);
        if (refusals <= 3) {
            struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
            usctp_endpoint *other;

            settle(&pair->a, &pair->b, 0);
            assert_int_equal(pair->a.events[USCTP_EVENT_UP], 1);
            /* The port is taken as long as the association lives. */
            config.port = port;
            assert_int_equal(usctp_endpoint_new(pair->a.stack, &config, &other), USCTP_EADDRINUSE);
            usctp_assoc_free(pair->assoc);
            assert_int_equal(usctp_endpoint_new(pair->a.stack, &config, &other), USCTP_OK);
        }
        pair_down(pair);
    }
    /* A port that the program chose stays. */
    struct pair *pair = pair_up();
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    refuse_port(pair);
    assert_int_equal(pair->a.events[USCTP_EVENT_LOST], 1);
    assert_int_equal(pair->a.sent_cnt, 0);
    pair_down(pair);
}

/* A stale cookie is answered, but no more often than other stateless replies. */
static void test_stale_cookies(void **state)
{
    static struct side b;
    static struct side a;
    struct usctp_config config;
    struct sent echo;

    (void)state;
    memset(&b, 0, sizeof(b));
    config = side_config(&b, 7);
    config.reply_rate = 3;
    side_up(&b, "192.0.2.2", 7, &config);
    side_up(&a, "192.0.2.1", 8, NULL);
    side_endpoint(&b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    side_connect(side_endpoint(&a, CLIENT_PORT, 0), &b.addr, SERVER_PORT);
    carry(&a, &b, 0);
    carry(&b, &a, 0);
    assert_int_equal(a.sent_cnt, 1);
    echo = a.sent[0];
    assert_int_equal(echo.bytes[12], USCTP__CHUNK_COOKIE_ECHO);
    for (unsigned i = 0; i < 10; i++) {
        side_input(&b, &a.addr, UDP_PORT, echo.bytes, echo.dgram.len, USCTP_SEC(500));
    }
    assert_int_equal(b.sent_cnt, 3);
    assert_int_equal(b.sent[0].bytes[12], USCTP__CHUNK_ERROR);
    assert_int_equal(stats_of(&b).stale_cookies, 10);
    assert_int_equal(stats_of(&b).dropped_rate, 7);
    assert_int_equal(stats_of(&b).out_sctp_packs, 1 + 3);
    assert_int_equal(stats_of(&b).curr_assocs, 0);
    side_down(&a);
    side_down(&b);
}

/* --- Tables ----------------------------------------------------------------------------------- */

static void test_lowers_table(void **state)
{
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__lowers lowers;
    struct usctp_lower table = USCTP_LOWER_INIT;
    usctp_lower_id ids[64];
    uint64_t seed = 9;

    (void)state;
    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    usctp__lowers_init(&lowers);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(usctp__lowers_add(&lowers, &mem, &table, &ids[i], &ids[i]), USCTP_OK);
    }
    for (size_t k = 0; k < 64; k++) {
        size_t gone = (size_t)prng_below(&seed, 64);

        assert_int_equal(usctp__lowers_remove(&lowers, ids[gone]), ids[gone] != 0);
        ids[gone] = 0;
        for (size_t i = 0; i < 64; i++) {
            struct usctp__lower *lower = usctp__lowers_find(&lowers, (usctp_lower_id)(i + 1));

            assert_int_equal(lower != NULL, ids[i] != 0);
            if (lower != NULL) {
                assert_ptr_equal(lower->ctx, &ids[i]);
            }
        }
    }
    assert_null(usctp__lowers_find(&lowers, 0));
    assert_null(usctp__lowers_find(&lowers, 65));
    test_memory_fail_next(&memory, 1);
    while (lowers.cnt < lowers.cap) {
        assert_int_equal(usctp__lowers_add(&lowers, &mem, &table, NULL, &ids[0]), USCTP_OK);
    }
    assert_int_equal(usctp__lowers_add(&lowers, &mem, &table, NULL, &ids[0]), USCTP_ENOMEM);
    usctp__lowers_destroy(&lowers, &mem);
    assert_int_equal(test_memory_leaks(&memory), 0);
}

/* Every association is found by its tag and by its peer, and by nothing else. */
static void test_many(void **state)
{
    enum { CNT = 500 };
    struct pair *pair = pair_up();
    struct usctp__core *core = &pair->a.stack->core;
    usctp_assoc *assocs[CNT];
    struct usctp_addr remotes[CNT];
    struct usctp_addr none;

    (void)state;
    memset(&none, 0, sizeof(none));
    for (unsigned i = 0; i < CNT; i++) {
        remotes[i] = addr_of("10.0.0.1");
        remotes[i].bytes[2] = (uint8_t)(i / 5);
        assocs[i] = side_connect(pair->client, &remotes[i], (uint16_t)(100 + i % 5));
        pair->a.sent_cnt = 0;
    }
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < CNT; i++) {
            struct usctp__peer_key key = {&remotes[i], &none, 0, CLIENT_PORT,
                                          (uint16_t)(100 + i % 5)};
            uint32_t tag = assocs[i] != NULL ? assoc_stats(assocs[i]).local_tag : 0;

            assert_ptr_equal(usctp__demux_by_peer(core, &key), assocs[i]);
            key.my_port++;
            assert_null(usctp__demux_by_peer(core, &key));
            if (assocs[i] == NULL) {
                continue;
            }
            assert_ptr_equal(usctp__demux_by_tag(core, tag, CLIENT_PORT, key.peer_port), assocs[i]);
            assert_null(usctp__demux_by_tag(core, tag, CLIENT_PORT, (uint16_t)(key.peer_port + 1)));
            assert_ptr_equal(usctp__demux_by_id(core, usctp_assoc_id(assocs[i])), assocs[i]);
        }
        for (unsigned i = 0; round == 0 && i < CNT; i += 2) {
            usctp_assoc_free(assocs[i]);
            assocs[i] = NULL;
        }
    }
    assert_int_equal(stats_of(&pair->a).curr_assocs, CNT / 2);
    pair_down(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_taken_tag_for_a_cookie),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_aborts_that_count),
        cmocka_unit_test(test_shutdown_ack_during_setup),
        cmocka_unit_test(test_init_from_new_port),
        cmocka_unit_test(test_init_listing_known_address),
        cmocka_unit_test(test_without_addresses),
        cmocka_unit_test(test_retry_port),
        cmocka_unit_test(test_stale_cookies),
        cmocka_unit_test(test_lowers_table),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
