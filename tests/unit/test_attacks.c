/* SPDX-License-Identifier: BSD-3-Clause */
/* Attacks that a wire script cannot show: secrets in cookies, chosen hash collisions, how much work and
 * how many bytes a packet of a stranger is worth. doc/security.md lists them all. */
#include "unit/stack_pair.h"

#include "base/siphash.h"
#include "base/table.h"
#include "stack/stack.h"
#include "wire/cookie.h"
#include "wire/init.h"
#include "wire/param.h"

enum { PEER_PORT = 6001, PEER_TAG = 0x11223344 };

/* A stack that listens, and the address of whoever speaks to it. */
struct scene {
    struct side side;
    usctp_endpoint *endpoint;
    struct usctp_addr peer;
    uint32_t tag;         /* the stack's, as its last INIT ACK said */
    uint8_t cookie[1024]; /* the cookie of that */
    size_t cookie_len;
};

static struct scene *scene_up(void)
{
    static struct scene scene;

    memset(&scene, 0, sizeof(scene));
    side_up(&scene.side, "192.0.2.1", 1, NULL);
    scene.endpoint = side_endpoint(&scene.side, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    scene.peer = addr_of("192.0.2.2");
    return &scene;
}

static void say(struct scene *scene, struct packet *packet)
{
    size_t len = packet_end(packet);

    scene->side.sent_cnt = 0;
    side_input(&scene->side, &scene->peer, UDP_PORT, packet->bytes, len, 0);
}

/* INIT, and what INIT ACK says. */
static void ask_for_cookie(struct scene *scene, uint32_t tag)
{
    struct packet packet;
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    struct usctp__init init;
    struct usctp__init_params params;

    packet_begin(&packet, PEER_PORT, SERVER_PORT, 0);
    packet_init(&packet, tag);
    say(scene, &packet);
    assert_int_equal(scene->side.sent_cnt, 1);
    usctp__chunk_iter_init(&iter, scene->side.sent[0].bytes, scene->side.sent[0].dgram.len);
    assert_int_equal(usctp__chunk_next(&iter, &chunk), 1);
    assert_int_equal(chunk.type, USCTP__CHUNK_INIT_ACK);
    assert_true(usctp__init_parse(&init, &chunk));
    assert_true(usctp__init_params_parse(&params, chunk.type, &init));
    assert_true(params.cookie.len <= sizeof(scene->cookie));
    memcpy(scene->cookie, params.cookie.ptr, params.cookie.len);
    scene->cookie_len = params.cookie.len;
    scene->tag = init.tag;
}

static void echo(struct scene *scene, unsigned times, uint8_t flip)
{
    struct packet packet;

    packet_begin(&packet, PEER_PORT, SERVER_PORT, scene->tag);
    scene->cookie[scene->cookie_len - 1] ^= flip;
    for (unsigned i = 0; i < times; i++) {
        usctp__cookie_echo_write(&packet.w, scene->cookie, scene->cookie_len);
    }
    scene->cookie[scene->cookie_len - 1] ^= flip;
    say(scene, &packet);
}

/* --- Cookies ---------------------------------------------------------------------------------- */

static bool holds(const uint8_t *bytes, size_t len, uint32_t number)
{
    for (size_t i = 0; i + 4 <= len; i++) {
        if (usctp__get32(bytes + i) == number) {
            return true;
        }
    }
    return false;
}

/* RFC 5062, 3: who owns an address of the peer now gets a cookie, and learns nothing of the tags of the
 * association that is there. */
static void test_tie_tags_are_not_the_tags(void **state)
{
    struct scene *scene = scene_up();
    uint32_t tag;

    (void)state;
    ask_for_cookie(scene, PEER_TAG);
    echo(scene, 1, 0);
    assert_int_equal(scene->side.events[USCTP_EVENT_UP], 1);
    tag = scene->tag;
    for (uint32_t i = 1; i < 50; i++) {
        ask_for_cookie(scene, PEER_TAG + i);
        assert_true(scene->tag != tag);
        assert_false(holds(scene->cookie, scene->cookie_len, tag));
        assert_false(holds(scene->cookie, scene->cookie_len, PEER_TAG));
        assert_false(holds(scene->side.sent[0].bytes, scene->side.sent[0].dgram.len, tag));
    }
    side_down(&scene->side);
}

/* RFC 9260, 5.1.3, and RFC 6951, 5.7: behind a NAT, nobody who asks for a cookie learns our own address. */
static void test_cookies_hide_our_address(void **state)
{
    struct scene *scene = scene_up();

    (void)state;
    ask_for_cookie(scene, PEER_TAG);
    assert_int_equal(scene->side.sent[0].dgram.local.family, USCTP_AF_IPV4);
    assert_true(holds(scene->cookie, scene->cookie_len, usctp__get32(scene->peer.bytes)));
    assert_false(holds(scene->side.sent[0].bytes, scene->side.sent[0].dgram.len,
                       usctp__get32(scene->side.sent[0].dgram.local.bytes)));
    echo(scene, 1, 0);
    assert_int_equal(scene->side.events[USCTP_EVENT_UP], 1);
    side_down(&scene->side);
}

/* A COOKIE ECHO costs one HMAC, whoever sends it; one that is bad ends the packet; nothing is kept. */
static void test_cookies_cost_little(void **state)
{
    struct scene *scene = scene_up();
    uint64_t before, bytes;

    (void)state;
    ask_for_cookie(scene, PEER_TAG);
    bytes = scene->side.memory.live_bytes;
    before = scene->side.crypto.hmac_cnt;
    echo(scene, 8, 1);
    assert_int_equal(scene->side.crypto.hmac_cnt - before, 1);
    assert_int_equal(scene->side.sent_cnt, 0);
    assert_int_equal(scene->side.memory.live_bytes, bytes);

    echo(scene, 1, 0);
    assert_int_equal(scene->side.events[USCTP_EVENT_UP], 1);
    before = scene->side.crypto.hmac_cnt;
    echo(scene, 8, 1);
    assert_int_equal(scene->side.crypto.hmac_cnt - before, 1);
    before = scene->side.crypto.hmac_cnt;
    echo(scene, 8, 0); /* each of them is good: one reply for all */
    assert_true(scene->side.crypto.hmac_cnt - before <= 8);
    assert_int_equal(scene->side.sent_cnt, 1);
    side_down(&scene->side);
}

/* --- Hash tables ------------------------------------------------------------------------------ */

enum { CHOSEN = 400, HOMES = 1024 };

static const struct usctp__hash_key known = {0x0123456789abcdef, 0xfedcba9876543210};

/* The longest way from home in a table with so many tags that are chosen to collide under `known`. */
static uint32_t longest_probe(const struct usctp__hash_key *key)
{
    static uint32_t tags[CHOSEN];
    struct test_memory memory;
    struct usctp__mem mem;
    struct usctp__tagtable table;
    uint32_t longest = 0;
    uint32_t tag = 1;

    usctp__mem_init(&mem, test_memory_init(&memory), 0);
    usctp__tagtable_init(&table, &mem, key);
    for (size_t i = 0; i < CHOSEN; tag++) {
        if ((usctp__hash32(&known, tag) & (HOMES - 1)) == 7) {
            tags[i] = tag;
            assert_true(usctp__tagtable_insert(&table, tag, &tags[i]));
            i++;
        }
    }
    for (uint32_t i = 0; i < table.cap; i++) {
        if (table.slots[i].value != NULL) {
            uint32_t way = (i - table.slots[i].home) & (table.cap - 1);

            longest = way > longest ? way : longest;
        }
    }
    for (size_t i = 0; i < CHOSEN; i++) {
        assert_ptr_equal(usctp__tagtable_find(&table, tags[i]), &tags[i]);
    }
    usctp__tagtable_destroy(&table);
    assert_int_equal(test_memory_leaks(&memory), 0);
    return longest;
}

/* Who knows the key can choose tags (by choosing among cookies) that collide; with another key, and
 * it is drawn at random for each stack, the same tags do no harm. */
static void test_chosen_tags(void **state)
{
    const struct usctp__hash_key drawn = {0x5851f42d4c957f2d, 0x14057b7ef767814f};

    (void)state;
    assert_true(longest_probe(&known) >= CHOSEN / 2);
    assert_true(longest_probe(&drawn) < 32);
}

/* Each stack has a key of its own. */
static void test_keys_differ(void **state)
{
    struct side a, b;

    (void)state;
    side_up(&a, "192.0.2.1", 1, NULL);
    side_up(&b, "192.0.2.2", 2, NULL);
    assert_true(a.stack->core.hash_key.k0 != b.stack->core.hash_key.k0);
    assert_true(a.stack->core.hash_key.k1 != b.stack->core.hash_key.k1);
    side_down(&a);
    side_down(&b);
}

/* --- Replies to strangers --------------------------------------------------------------------- */

static uint32_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

/* A packet of random chunks with lengths that fit or do not. */
static void random_packet(struct packet *packet, uint64_t *seed)
{
    unsigned cnt = draw(seed) % 4;
    uint32_t tag = draw(seed) % 3 == 0 ? 0 : draw(seed);

    packet_begin(packet, PEER_PORT, (uint16_t)(SERVER_PORT + draw(seed) % 2), tag);
    for (unsigned i = 0; i <= cnt; i++) {
        uint8_t type = (uint8_t)(draw(seed) % 8 == 0 ? draw(seed) : draw(seed) % 16);
        size_t pos = usctp__chunk_begin(&packet->w, type, (uint8_t)(draw(seed) % 4));
        size_t len = draw(seed) % 64;

        for (size_t k = 0; k < len; k++) {
            usctp__writer_u8(&packet->w, (uint8_t)(draw(seed) % 5 == 0 ? draw(seed) : 0));
        }
        usctp__chunk_end(&packet->w, pos);
        if (draw(seed) % 6 == 0) {
            usctp__put16(packet->bytes + pos + 2, (uint16_t)(draw(seed) % 80));
        }
    }
}

/* RFC 5062, 8 and 9: one packet at most, 32 bytes larger at most, 200 for an INIT ACK; nothing is kept.
 */
static void test_strangers_get_little(void **state)
{
    struct scene *scene = scene_up();
    uint64_t bytes, seed = 1;
    unsigned answered = 0, acks = 0;

    (void)state;
    ask_for_cookie(scene, PEER_TAG);
    bytes = scene->side.memory.live_bytes;
    for (unsigned i = 0; i < 20000; i++) {
        struct packet packet;

        if (i % 16 == 0) {
            packet_begin(&packet, PEER_PORT, SERVER_PORT, 0);
            packet_init(&packet, 1 + i);
        } else {
            random_packet(&packet, &seed);
        }
        packet.w.failed = false;
        (void)packet_end(&packet);
        scene->side.sent_cnt = 0;
        side_input(&scene->side, &scene->peer, UDP_PORT, packet.bytes, packet.w.len,
                   (uint64_t)i * 10000000);
        assert_true(scene->side.sent_cnt <= 1);
        if (scene->side.sent_cnt == 1) {
            bool is_ack = scene->side.sent[0].bytes[12] == USCTP__CHUNK_INIT_ACK;

            assert_true(scene->side.sent[0].dgram.len <= packet.w.len + (is_ack ? 200 : 32));
            acks += is_ack;
            answered += !is_ack;
        }
        assert_int_equal(scene->side.memory.live_bytes, bytes);
    }
    assert_true(answered > 1000 && acks >= 1250);
    assert_int_equal(stats_of(&scene->side).curr_assocs, 0);
    side_down(&scene->side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tie_tags_are_not_the_tags),
        cmocka_unit_test(test_cookies_hide_our_address),
        cmocka_unit_test(test_cookies_cost_little),
        cmocka_unit_test(test_chosen_tags),
        cmocka_unit_test(test_keys_differ),
        cmocka_unit_test(test_strangers_get_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
