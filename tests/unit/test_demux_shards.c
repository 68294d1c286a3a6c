/* SPDX-License-Identifier: BSD-3-Clause */
/* Stacks that share a UDP port: prefixes of tags, cookies of others. */
#include "unit/connected_pair.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shard_config),   cmocka_unit_test(test_tag_prefix),
        cmocka_unit_test(test_foreign_prefix), cmocka_unit_test(test_shared_cookies),
        cmocka_unit_test(test_old_shared_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
