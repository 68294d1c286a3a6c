/* SPDX-License-Identifier: BSD-3-Clause */
/* Who gets a packet: the checks on the way in, packets out of the blue (RFC 9260, 8.4), the rules of
 * verification tags (8.5, 8.5.1), the UDP port of an INIT, lower layers without addresses; and the
 * tables behind that. */
#include "unit/stack_pair.h"

#include "core/assoc.h"
#include "stack/stack.h"
#include "wire/abort_error.h"
#include "wire/cause.h"
#include "wire/shutdown.h"

enum { CLIENT_PORT = 6001 };

struct pair {
    struct side a; /* connects */
    struct side b; /* listens */
    usctp_endpoint *client;
    usctp_endpoint *server;
    usctp_assoc *assoc; /* of a */
};

static struct pair *pair_up(void)
{
    static struct pair pair;

    memset(&pair, 0, sizeof(pair));
    side_up(&pair.a, "192.0.2.1", 1, NULL);
    side_up(&pair.b, "192.0.2.2", 2, NULL);
    pair.client = side_endpoint(&pair.a, CLIENT_PORT, 0);
    pair.server = side_endpoint(&pair.b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    return &pair;
}

static struct pair *pair_connected(void)
{
    struct pair *pair = pair_up();

    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->a.events[USCTP_EVENT_UP], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_UP], 1);
    return pair;
}

static void pair_down(struct pair *pair)
{
    side_down(&pair->a);
    side_down(&pair->b);
}

static struct usctp_assoc_stats assoc_stats(const usctp_assoc *assoc)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    assert_int_equal(usctp_assoc_stats(assoc, &stats), USCTP_OK);
    return stats;
}

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

/* --- Out of the blue -------------------------------------------------------------------------- */

/* What b says to one chunk, alone in a packet with tag 0x1234; -1: nothing. */
static int answer(struct side *b, const struct usctp_addr *from, uint8_t type, uint8_t flags,
                  size_t len, struct packet *packet)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk = {0};
    struct usctp__packet_header header = {0};
    size_t sent_cnt = b->sent_cnt;
    const struct sent *sent = &b->sent[sent_cnt];

    packet_begin(packet, 4000, 4001, 0x1234);
    packet_chunk(packet, type, flags, len);
    side_input(b, from, 1111, packet->bytes, packet_end(packet), 0);
    if (b->sent_cnt == sent_cnt) {
        return -1;
    }
    assert_int_equal(b->sent_cnt, sent_cnt + 1);
    /* To where it came from, with everything turned round; the T bit, the tag reflected. */
    assert_memory_equal(&sent->dgram.remote, from, sizeof(*from));
    assert_memory_equal(&sent->dgram.local, &b->addr, sizeof(b->addr));
    assert_int_equal(sent->dgram.remote_udp_port, 1111);
    assert_int_equal(sent->dgram.lower, b->lower);
    assert_true(usctp__packet_header_parse(&header, sent->bytes, sent->dgram.len));
    assert_int_equal(header.src_port, 4001);
    assert_int_equal(header.dst_port, 4000);
    assert_int_equal(header.tag, 0x1234);
    assert_int_equal(header.checksum,
                     usctp__crc32c_packet(usctp__crc32c_sw, sent->bytes, sent->dgram.len));
    usctp__chunk_iter_init(&iter, sent->bytes, sent->dgram.len);
    assert_int_equal(usctp__chunk_next(&iter, &chunk), 1);
    assert_true(usctp__chunk_is_reflected(&chunk));
    assert_int_equal(chunk.len, 4);
    assert_true(sent->dgram.len <= packet->w.len + 32);
    return chunk.type;
}

static void test_out_of_the_blue(void **state)
{
    struct pair *pair = pair_up();
    struct side *b = &pair->b;
    const struct usctp_addr *from = &pair->a.addr;
    struct packet packet;

    (void)state;
    assert_int_equal(answer(b, from, USCTP__CHUNK_ABORT, 0, 0, &packet), -1); /* 2 */
    assert_int_equal(answer(b, from, USCTP__CHUNK_ABORT, 1, 0, &packet), -1); /* 2 */
    assert_int_equal(answer(b, from, USCTP__CHUNK_SHUTDOWN_ACK, 0, 0, &packet),
                     USCTP__CHUNK_SHUTDOWN_COMPLETE);                                     /* 5 */
    assert_int_equal(answer(b, from, USCTP__CHUNK_SHUTDOWN_COMPLETE, 0, 0, &packet), -1); /* 6 */
    assert_int_equal(answer(b, from, USCTP__CHUNK_COOKIE_ACK, 0, 0, &packet), -1);        /* 7 */
    assert_int_equal(answer(b, from, USCTP__CHUNK_DATA, 3, 13, &packet), USCTP__CHUNK_ABORT);
    assert_int_equal(answer(b, from, USCTP__CHUNK_SACK, 0, 12, &packet), USCTP__CHUNK_ABORT);
    assert_int_equal(answer(b, from, USCTP__CHUNK_INIT, 0, 16, &packet), USCTP__CHUNK_ABORT);
    assert_int_equal(answer(b, from, USCTP__CHUNK_ERROR, 0, 0, &packet), USCTP__CHUNK_ABORT);
    assert_int_equal(answer(b, from, 0xee, 0, 0, &packet), USCTP__CHUNK_ABORT);
    assert_int_equal(stats_of(b).out_of_blues, 10);
    /* A cookie that is none of ours is no matter of rule 8. */
    assert_int_equal(answer(b, from, USCTP__CHUNK_COOKIE_ECHO, 0, 64, &packet), -1); /* 4 */
    assert_int_equal(stats_of(b).bad_cookies, 1);
    assert_int_equal(stats_of(b).out_of_blues, 10);
    pair_down(pair);
}

static void test_out_of_the_blue_bundles(void **state)
{
    struct pair *pair = pair_up();
    struct side *b = &pair->b;
    struct packet packet;
    size_t pos;

    (void)state;
    /* Rule 2 looks at the whole packet, and so do rules 5 and 7. */
    packet_begin(&packet, 4000, 4001, 5);
    packet_chunk(&packet, USCTP__CHUNK_SHUTDOWN_ACK, 0, 0);
    packet_chunk(&packet, USCTP__CHUNK_ABORT, 0, 0);
    side_input(b, &pair->a.addr, 1, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(b->sent_cnt, 0);
    packet_begin(&packet, 4000, 4001, 5);
    packet_chunk(&packet, USCTP__CHUNK_SACK, 0, 12);
    packet_chunk(&packet, USCTP__CHUNK_SHUTDOWN_ACK, 0, 0);
    side_input(b, &pair->a.addr, 1, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(b->sent_cnt, 1);
    assert_int_equal(b->sent[0].bytes[12], USCTP__CHUNK_SHUTDOWN_COMPLETE);
    packet_begin(&packet, 4000, 4001, 5);
    pos = usctp__error_begin(&packet.w);
    usctp__cause_write_stale_cookie(&packet.w, 5);
    usctp__chunk_end(&packet.w, pos);
    side_input(b, &pair->a.addr, 1, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(b->sent_cnt, 1);
    /* What is no whole chunk earns no answer. */
    packet_begin(&packet, 4000, 4001, 5);
    packet_chunk(&packet, USCTP__CHUNK_SACK, 0, 12);
    usctp__writer_u32(&packet.w, 0x000000ff);
    side_input(b, &pair->a.addr, 1, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(b->sent_cnt, 1);
    assert_int_equal(stats_of(b).dropped_malformed, 1);
    pair_down(pair);
}

/* The one datagram that b sent holds an ABORT with this tag and T bit; gives its first cause. */
static uint16_t sent_abort(const struct side *b, uint32_t tag, bool reflected)
{
    const struct sent *sent = &b->sent[0];
    struct usctp__packet_header header = {0};
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    struct usctp__range causes;

    assert_int_equal(b->sent_cnt, 1);
    assert_true(usctp__packet_header_parse(&header, sent->bytes, sent->dgram.len));
    assert_int_equal(header.tag, tag);
    usctp__chunk_iter_init(&iter, sent->bytes, sent->dgram.len);
    assert_int_equal(usctp__chunk_next(&iter, &chunk), 1);
    assert_int_equal(chunk.type, USCTP__CHUNK_ABORT);
    assert_int_equal(usctp__chunk_is_reflected(&chunk), reflected);
    causes = usctp__error_causes(&chunk);
    return usctp__cause_first(causes.ptr, causes.len);
}

static void test_init_refused(void **state)
{
    struct pair *pair = pair_up();
    struct side *b = &pair->b;
    struct packet packet;

    (void)state;
    packet_begin(&packet, CLIENT_PORT, 4001, 0); /* nobody there */
    packet_init(&packet, 0xabcd);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(sent_abort(b, 0xabcd, false), 0);
    b->sent_cnt = 0;
    usctp_endpoint_listen(pair->server, 0); /* there, but not listening */
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0);
    packet_init(&packet, 0xabce);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(sent_abort(b, 0xabce, false), 0);
    b->sent_cnt = 0;
    assert_int_equal(stats_of(b).out_of_blues, 2);
    usctp_endpoint_listen(pair->server, 1);
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0);
    packet_init(&packet, 0); /* RFC 9260, 3.3.2 */
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0); /* 8.5.1 (A) */
    packet_init(&packet, 9);
    packet_chunk(&packet, USCTP__CHUNK_COOKIE_ACK, 0, 0);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0);
    packet_chunk(&packet, USCTP__CHUNK_DATA, 3, 20);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0);
    packet_chunk(&packet, USCTP__CHUNK_INIT, 0, 8); /* too short */
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(b->sent_cnt, 0);
    assert_int_equal(stats_of(b).dropped_bundle, 1);
    assert_int_equal(stats_of(b).dropped_tag, 1);
    assert_int_equal(stats_of(b).dropped_malformed, 2);
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0);
    packet_init(&packet, 9);
    side_input(b, &pair->a.addr, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(b->sent_cnt, 1);
    assert_int_equal(b->sent[0].bytes[12], USCTP__CHUNK_INIT_ACK);
    assert_int_equal(stats_of(b).curr_assocs, 0);
    pair_down(pair);
}

static void test_quiet(void **state)
{
    static struct side b;
    struct usctp_config config;
    struct usctp_addr from = addr_of("192.0.2.1");
    struct packet packet;

    (void)state;
    memset(&b, 0, sizeof(b));
    config = side_config(&b, 1);
    config.flags = USCTP_CONFIG_QUIET;
    side_up(&b, "192.0.2.2", 1, &config);
    assert_int_equal(answer(&b, &from, USCTP__CHUNK_DATA, 3, 13, &packet), -1);
    assert_int_equal(answer(&b, &from, USCTP__CHUNK_SHUTDOWN_ACK, 0, 0, &packet), -1);
    packet_begin(&packet, CLIENT_PORT, 4001, 0);
    packet_init(&packet, 0xabcd);
    side_input(&b, &from, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(b.sent_cnt, 0);
    assert_int_equal(stats_of(&b).out_of_blues, 3);
    side_down(&b);
}

static void test_raw(void **state)
{
    static struct side b;
    struct usctp_addr from = addr_of("192.0.2.1");
    struct packet packet;

    (void)state;
    for (unsigned claim = 0; claim < 2; claim++) {
        struct usctp_config config;
        struct usctp_dgram dgram;

        memset(&b, 0, sizeof(b));
        config = side_config(&b, 1);
        config.flags = claim ? USCTP_CONFIG_CLAIM_HOST : 0;
        side_up(&b, "192.0.2.2", 1, &config);
        packet_begin(&packet, 4000, 4001, 5);
        packet_chunk(&packet, USCTP__CHUNK_DATA, 3, 20);
        dgram = dgram_from(&b, &from, 0, packet.bytes, packet_end(&packet));
        dgram.local_udp_port = 0;
        dgram.lower = side_attach(&b, USCTP_LOWER_RAW | USCTP_LOWER_IPV4);
        assert_int_equal(usctp_stack_input(b.stack, &dgram, 1, sizeof(dgram), 0), USCTP_OK);
        assert_int_equal(b.sent_cnt, claim);
        if (claim) {
            assert_int_equal(b.sent[0].dgram.remote_udp_port, 0);
            assert_int_equal(b.sent[0].dgram.lower, dgram.lower);
        }
        side_down(&b);
    }
}

static void test_rate(void **state)
{
    static struct side b;
    struct usctp_config config;
    struct usctp_addr from = addr_of("192.0.2.1");
    struct packet packet;
    size_t len;

    (void)state;
    memset(&b, 0, sizeof(b));
    config = side_config(&b, 1);
    config.reply_rate = 10;
    config.init_ack_rate = 5;
    side_up(&b, "192.0.2.2", 1, &config);
    side_endpoint(&b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    packet_begin(&packet, 4000, 4001, 5);
    packet_chunk(&packet, USCTP__CHUNK_DATA, 3, 20);
    len = packet_end(&packet);
    for (unsigned i = 0; i < 25; i++) {
        side_input(&b, &from, UDP_PORT, packet.bytes, len, USCTP_SEC(5));
    }
    assert_int_equal(b.sent_cnt, 10);
    assert_int_equal(stats_of(&b).dropped_rate, 15);
    side_input(&b, &from, UDP_PORT, packet.bytes, len, USCTP_SEC(5) + USCTP_MS(99));
    assert_int_equal(b.sent_cnt, 10);
    side_input(&b, &from, UDP_PORT, packet.bytes, len, USCTP_SEC(5) + USCTP_MS(100));
    assert_int_equal(b.sent_cnt, 11);
    /* INIT ACKs have a limit of their own. */
    packet_begin(&packet, CLIENT_PORT, SERVER_PORT, 0);
    packet_init(&packet, 9);
    len = packet_end(&packet);
    for (unsigned i = 0; i < 7; i++) {
        side_input(&b, &from, UDP_PORT, packet.bytes, len, USCTP_SEC(6));
    }
    assert_int_equal(b.sent_cnt, 16);
    assert_int_equal(stats_of(&b).dropped_rate, 18);
    side_down(&b);
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

/* --- Shards ----------------------------------------------------------------------------------- */

static const uint8_t secret[32] = "0123456789abcdef0123456789abcde";

/* A listening stack with a tag prefix of 8 bits and a secret for its cookies. */
static void shard_up(struct side *side, uint8_t prefix, const uint8_t *key, uint64_t now_ts)
{
    struct usctp_config config;

    memset(side, 0, sizeof(*side));
    config = side_config(side, prefix);
    config.now_ts = now_ts;
    config.tag_prefix_len = 8;
    config.tag_prefix = prefix;
    config.cookie_secret = key;
    config.cookie_secret_len = sizeof(secret);
    config.cookie_key_dur = USCTP_SEC(100);
    side_up(side, "192.0.2.2", prefix, &config);
    side_endpoint(side, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
}

static void test_shard_config(void **state)
{
    struct side side;
    struct usctp_config config;

    (void)state;
    memset(&side, 0, sizeof(side));
    config = side_config(&side, 1);
    config.tag_prefix_len = 9;
    assert_int_equal(usctp_stack_new(&config, &side.stack), USCTP_EINVAL);
    config.tag_prefix_len = 3;
    config.tag_prefix = 8;
    assert_int_equal(usctp_stack_new(&config, &side.stack), USCTP_EINVAL);
    config.tag_prefix = 7;
    config.cookie_secret = secret;
    config.cookie_secret_len = 15;
    assert_int_equal(usctp_stack_new(&config, &side.stack), USCTP_EINVAL);
    config.cookie_secret_len = 65;
    assert_int_equal(usctp_stack_new(&config, &side.stack), USCTP_EINVAL);
    config.cookie_secret = NULL;
    config.cookie_secret_len = 1;
    assert_int_equal(usctp_stack_new(&config, &side.stack), USCTP_EINVAL);
    config.cookie_secret_len = 0;
    config.reserved1[5] = 1;
    assert_int_equal(usctp_stack_new(&config, &side.stack), USCTP_EINVAL);
    assert_int_equal(test_memory_leaks(&side.memory), 0);
}

/* All tags of a stack begin with its prefix, whichever side of the set-up it is on. */
static void test_tag_prefix(void **state)
{
    static struct side a, b;

    (void)state;
    shard_up(&a, 0xa5, secret, 0);
    shard_up(&b, 0x00, secret, 0);
    a.addr = addr_of("192.0.2.1");
    for (uint16_t i = 0; i < 50; i++) {
        usctp_endpoint *client = side_endpoint(&a, (uint16_t)(7000 + i), 0);
        usctp_assoc *assoc = side_connect(client, &b.addr, SERVER_PORT);

        settle(&a, &b, 0);
        assert_int_equal(usctp_assoc_state(assoc), USCTP_STATE_ESTABLISHED);
        assert_int_equal(assoc_stats(assoc).local_tag >> 24, 0xa5);
        assert_int_equal(assoc_stats(assoc).remote_tag >> 24, 0x00);
        assert_int_not_equal(assoc_stats(assoc).remote_tag, 0);
    }
    side_down(&a);
    side_down(&b);
}

/* What is out of the blue here may belong to another shard: only our own prefix is answered. */
static void test_foreign_prefix(void **state)
{
    static struct side b;
    struct usctp_addr from = addr_of("192.0.2.1");
    struct packet packet;

    (void)state;
    shard_up(&b, 0xa5, secret, 0);
    for (uint32_t prefix = 0; prefix < 256; prefix++) {
        packet_begin(&packet, 9, SERVER_PORT, prefix << 24 | 0x123456);
        packet_chunk(&packet, prefix % 2 != 0 ? USCTP__CHUNK_DATA : USCTP__CHUNK_SHUTDOWN_ACK, 0,
                     prefix % 2 != 0 ? 20 : 0);
        side_input(&b, &from, UDP_PORT, packet.bytes, packet_end(&packet), 0);
        assert_int_equal(b.sent_cnt, prefix >= 0xa5);
    }
    assert_int_equal(stats_of(&b).out_of_blues, 256);
    packet_begin(&packet, 9, 9, 0); /* An INIT is for whom it reaches: nobody listens here. */
    packet_init(&packet, 0x11223344);
    side_input(&b, &from, UDP_PORT, packet.bytes, packet_end(&packet), 0);
    assert_int_equal(b.sent_cnt, 2);
    side_down(&b);
}

/* INIT reaches one shard at init_ts, COOKIE ECHO another one at echo_ts. Did it take the cookie? */
static bool cookie_crosses(const uint8_t *other_secret, uint64_t init_ts, uint64_t echo_ts)
{
    static struct side a, b, c;
    struct usctp_config config;
    bool taken;

    memset(&a, 0, sizeof(a));
    config = side_config(&a, 9);
    config.now_ts = init_ts;
    side_up(&a, "192.0.2.1", 9, &config);
    shard_up(&b, 1, secret, 0);
    shard_up(&c, 2, other_secret, init_ts);
    usctp_assoc *assoc = side_connect(side_endpoint(&a, CLIENT_PORT, 0), &b.addr, SERVER_PORT);
    carry(&a, &b, init_ts);
    carry(&b, &a, init_ts);
    assert_int_equal(usctp_assoc_state(assoc), USCTP_STATE_COOKIE_ECHOED);
    carry(&a, &c, echo_ts);
    taken = c.events[USCTP_EVENT_UP] == 1;
    assert_int_equal(stats_of(&c).bad_cookies, !taken);
    if (taken) {
        carry(&c, &a, echo_ts);
        assert_int_equal(usctp_assoc_state(assoc), USCTP_STATE_ESTABLISHED);
        assert_int_equal(assoc_stats(assoc).remote_tag >> 24, 1); /* the tag it was promised */
    }
    side_down(&a);
    side_down(&b);
    side_down(&c);
    return taken;
}

static void test_shared_cookies(void **state)
{
    static const uint8_t another[32] = "another secret, of which one can";

    (void)state;
    assert_true(cookie_crosses(secret, USCTP_SEC(10), USCTP_SEC(10)));
    assert_false(cookie_crosses(another, USCTP_SEC(10), USCTP_SEC(10)));
    /* Keys change every 100 s, everywhere at once; the one before is still good. */
    assert_true(cookie_crosses(secret, USCTP_SEC(100) - 1, USCTP_SEC(100)));
    assert_true(cookie_crosses(secret, USCTP_SEC(70), USCTP_SEC(125)));
    assert_true(cookie_crosses(secret, USCTP_SEC(100), USCTP_SEC(100)));
    assert_true(cookie_crosses(secret, USCTP_SEC(25650), USCTP_SEC(25650)));
}

/* A key of long ago is not. */
static void test_old_shared_key(void **state)
{
    (void)state;
    assert_false(cookie_crosses(secret, USCTP_SEC(99), USCTP_SEC(201)));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_taken_tag_for_a_cookie),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_out_of_the_blue),
        cmocka_unit_test(test_out_of_the_blue_bundles),
        cmocka_unit_test(test_init_refused),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_rate),
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
        cmocka_unit_test(test_shard_config),
        cmocka_unit_test(test_tag_prefix),
        cmocka_unit_test(test_foreign_prefix),
        cmocka_unit_test(test_shared_cookies),
        cmocka_unit_test(test_old_shared_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
