/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets out of the blue (RFC 9260, 8.4). */
#include "unit/connected_pair.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out_of_the_blue),
        cmocka_unit_test(test_out_of_the_blue_bundles),
        cmocka_unit_test(test_init_refused),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
