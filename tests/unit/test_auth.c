/* SPDX-License-Identifier: BSD-3-Clause */
/* Authentication (RFC 4895): keys and MACs against values made by hand, the chunk, the border, and what
 * happens where memory, randomness or HMAC are not to be had. */
#include "unit/stack_pair.h"

#include "core/assoc.h"
#include "core/auth.h"
#include "core/cookie.h"
#include "wire/auth.h"

/* --- Keys by hand ----------------------------------------------------------------------------- */

static void set_vector(struct usctp__auth_vector *vector, const char *bytes, size_t len)
{
    memcpy(vector->bytes, bytes, len);
    vector->len = len;
}

static void joins(const char *a, size_t a_len, const char *b, size_t b_len, const char *want)
{
    struct usctp__auth_vector mine, peer;
    uint8_t out[64];

    set_vector(&mine, a, a_len);
    set_vector(&peer, b, b_len);
    assert_int_equal(usctp__auth_join(&mine, &peer, (const uint8_t *)"k", 1, out),
                     1 + a_len + b_len);
    assert_int_equal(out[0], 'k');
    assert_memory_equal(out + 1, want, a_len + b_len);
}

/* RFC 4895, 6.1: the numerically smaller one first; of equal numbers the shorter. */
static void test_order(void **state)
{
    (void)state;
    joins("\x01\x02", 2, "\x01\x03", 2, "\x01\x02\x01\x03");
    joins("\x01\x03", 2, "\x01\x02", 2, "\x01\x02\x01\x03");
    joins("\x02", 1, "\x01\x00", 2, "\x02\x01\x00");
    joins("\x01\x00", 2, "\x02", 1, "\x02\x01\x00");
    joins("\x00\x00\x05", 3, "\x06", 1, "\x00\x00\x05\x06");
    joins("\x06", 1, "\x00\x00\x05", 3, "\x00\x00\x05\x06");
    joins("\x00\x07", 2, "\x07", 1, "\x07\x00\x07");
    joins("\x07", 1, "\x00\x07", 2, "\x07\x00\x07");
    joins("\x07\x08", 2, "\x07\x08", 2, "\x07\x08\x07\x08");
    joins("", 0, "\x07", 1, "\x07");
}

/* A key of two vectors and a secret, and what it makes of an AUTH chunk with DATA behind it; computed
 * apart from this library. */
static void test_vectors(void **state)
{
    static const uint8_t sha256[] = {0xb1, 0x60, 0xe0, 0x2f, 0xd7, 0xc4, 0x85, 0x69,
                                     0xfe, 0xf1, 0xdf, 0x0f, 0x55, 0x90, 0xcb, 0x11,
                                     0x3a, 0xd5, 0x11, 0x2a, 0x08, 0x11, 0x19, 0x46,
                                     0x15, 0x7e, 0x9e, 0x42, 0x59, 0xe0, 0xb6, 0x05};
    static const uint8_t sha1[] = {0x6b, 0x6b, 0x7c, 0x03, 0x4b, 0x1e, 0x91, 0xcb, 0xf0, 0xf2,
                                   0x9e, 0xe0, 0xc2, 0xae, 0xbe, 0x47, 0x2d, 0x2e, 0x7b, 0xa3};
    struct usctp__auth_chunk auth = {1, USCTP_HMAC_SHA256, NULL, 32};
    struct usctp__auth_vector mine, peer;
    uint8_t key[200], packet[100], mac[32];
    struct usctp__writer w = usctp__writer_make(packet, sizeof(packet));
    size_t len;

    (void)state;
    set_vector(&mine, "\x80\x02\x00\x24", 4);
    set_vector(&peer, "\x80\x02\x00\x24", 4);
    for (unsigned i = 0; i < 32; i++) {
        mine.bytes[mine.len++] = (uint8_t)i;
        peer.bytes[peer.len++] = (uint8_t)(32 + i);
    }
    memcpy(mine.bytes + 36, "\x80\x03\x00\x06\x00\xc1\x80\x04\x00\x08\x00\x03\x00\x01", 14);
    mine.len += 14;
    memcpy(peer.bytes + 36, "\x80\x04\x00\x06\x00\x01", 6);
    peer.len += 6;
    len = usctp__auth_join(&mine, &peer, (const uint8_t *)"secret", 6, key);
    assert_int_equal(len, 6 + 50 + 42);

    usctp__auth_write(&w, &auth);
    usctp__writer_bytes(&w, "\x00\x03\x00\x11\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x41",
                        17);
    usctp__writer_pad4(&w);
    assert_int_equal(test_hmac(USCTP_HMAC_SHA256, key, len, packet, w.len, mac), 32);
    assert_memory_equal(mac, sha256, sizeof(sha256));

    auth.hmac = USCTP_HMAC_SHA1;
    auth.mac_len = 20;
    w = usctp__writer_make(packet, sizeof(packet));
    usctp__auth_write(&w, &auth);
    usctp__writer_bytes(&w, "\x00\x03\x00\x11\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x41",
                        17);
    usctp__writer_pad4(&w);
    assert_int_equal(test_hmac(USCTP_HMAC_SHA1, key, len, packet, w.len, mac), 20);
    assert_memory_equal(mac, sha1, sizeof(sha1));
}

static void test_chunk(void **state)
{
    static const uint8_t wire[] = {15, 0, 0, 12, 0x12, 0x34, 0, 3, 0, 0, 0, 0};
    struct usctp__auth_chunk auth = {0x1234, 3, NULL, 4};
    uint8_t bytes[16];
    struct usctp__writer w = usctp__writer_make(bytes, sizeof(bytes));
    struct usctp__chunk chunk;

    (void)state;
    usctp__auth_write(&w, &auth);
    assert_int_equal(w.len, sizeof(wire));
    assert_memory_equal(bytes, wire, sizeof(wire));
    assert_int_equal(usctp__chunk_parse(&chunk, bytes, w.len), 1);
    memset(&auth, 0, sizeof(auth));
    assert_true(usctp__auth_parse(&auth, &chunk));
    assert_int_equal(auth.key, 0x1234);
    assert_int_equal(auth.hmac, 3);
    assert_int_equal(auth.mac_len, 4);
    assert_ptr_equal(auth.mac, bytes + 8);
    bytes[3] = 8;
    assert_int_equal(usctp__chunk_parse(&chunk, bytes, w.len), 1);
    assert_true(usctp__auth_parse(&auth, &chunk));
    assert_int_equal(auth.mac_len, 0);
    bytes[3] = 7;
    assert_int_equal(usctp__chunk_parse(&chunk, bytes, w.len), 1);
    assert_false(usctp__auth_parse(&auth, &chunk));
}

/* --- Two stacks ------------------------------------------------------------------------------- */

struct two {
    struct side a, b;
    usctp_endpoint *client, *server;
    usctp_assoc *assoc;
};

static usctp_endpoint *endpoint(struct side *side, uint16_t port, uint32_t flags)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_params params;
    usctp_endpoint *made = NULL;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    assert_int_equal(params.extensions & USCTP_EXT_AUTH, 0); /* off unless it is asked for */
    params.extensions |= USCTP_EXT_AUTH;
    config.port = port;
    config.flags = flags;
    config.params = &params;
    (void)usctp_endpoint_new(side->stack, &config, &made);
    return made;
}

static void set_up(struct two *two)
{
    side_up(&two->a, "192.0.2.1", 1, NULL);
    side_up(&two->b, "192.0.2.2", 2, NULL);
    two->client = endpoint(&two->a, 0, 0);
    two->server = endpoint(&two->b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    assert_non_null(two->client);
    assert_non_null(two->server);
}

static void tear_down(struct two *two)
{
    side_down(&two->a);
    side_down(&two->b);
}

static void test_both(void **state)
{
    static struct two two;
    static const struct usctp_iov iov = {"hello", 5};
    uint8_t types[256];

    (void)state;
    set_up(&two);
    assert_int_equal(usctp_endpoint_demand_auth(two.server, 64), USCTP_OK);
    assert_int_equal(usctp_endpoint_demand_auth(two.client, 3), USCTP_OK);
    assert_int_equal(usctp_endpoint_demand_auth(two.client, 200), USCTP_OK);
    two.assoc = side_connect(two.client, &two.b.addr, SERVER_PORT);
    assert_int_equal(usctp_assoc_auth_chunks(two.assoc, 0, types, 256), 0);
    settle(&two.a, &two.b, 1);
    assert_int_equal(two.a.events[USCTP_EVENT_UP], 1);
    assert_int_equal(usctp_assoc_extensions(two.assoc) & USCTP_EXT_AUTH, USCTP_EXT_AUTH);
    assert_int_equal(usctp_assoc_auth_chunks(two.assoc, 0, types, 256), 2);
    assert_memory_equal(types, "\x03\xc8", 2);
    assert_int_equal(usctp_assoc_auth_chunks(two.assoc, 1, types, 0), 1);
    assert_int_equal(usctp_assoc_auth_chunks(two.assoc, 1, types, 256), 1);
    assert_int_equal(types[0], 64);
    assert_int_equal(usctp_assoc_send(two.assoc, NULL, &iov, 1), USCTP_OK);
    settle(&two.a, &two.b, 2);
    assert_int_equal(two.b.events[USCTP_EVENT_MESSAGE], 1);
    assert_int_equal(usctp_assoc_buffered(two.assoc), 0);
    assert_int_equal(stats_of(&two.b).auth_failures + stats_of(&two.a).auth_failures, 0);
    tear_down(&two);
}

/* RFC 4895, 6.1: each association draws its own Random Number; no key stands in a packet. */
static void test_random_and_secret(void **state)
{
    static struct two two;
    const struct sent *sent;
    uint8_t first[32];

    (void)state;
    set_up(&two);
    assert_int_equal(usctp_endpoint_add_key(two.server, 0, "a very secret secret", 20), USCTP_OK);
    assert_int_equal(usctp_endpoint_add_key(two.client, 0, "a very secret secret", 20), USCTP_OK);
    for (unsigned round = 0; round < 2; round++) {
        usctp_assoc *assoc = side_connect(two.client, &two.b.addr, SERVER_PORT);
        bool found = false;

        sent = &two.a.sent[two.a.sent_cnt - 1];
        for (size_t at = 0; at + 36 <= sent->dgram.len; at += 4) {
            if (memcmp(sent->bytes + at, "\x80\x02\x00\x24", 4) == 0) {
                found = true;
                if (round == 0) {
                    memcpy(first, sent->bytes + at + 4, 32);
                } else {
                    assert_memory_not_equal(first, sent->bytes + at + 4, 32);
                }
            }
        }
        assert_true(found);
        carry(&two.a, &two.b, 1);
        sent = &two.b.sent[0]; /* INIT ACK, with the cookie */
        for (size_t at = 0; at + 20 <= sent->dgram.len; at++) {
            assert_memory_not_equal(sent->bytes + at, "a very secret secret", 20);
        }
        settle(&two.a, &two.b, 2);
        usctp_assoc_free(assoc);
        settle(&two.a, &two.b, 3);
    }
    tear_down(&two);
}

/* The errors of the border; each call that fails changes nothing. */
static void test_errors(void **state)
{
    static struct two two;
    uint16_t ids[4] = {0};
    uint8_t types[4];

    (void)state;
    set_up(&two);
    assert_int_equal(usctp_endpoint_hmacs(two.server, ids, 4), 2);
    assert_int_equal(ids[0], USCTP_HMAC_SHA256);
    assert_int_equal(ids[1], USCTP_HMAC_SHA1);
    assert_int_equal(usctp_endpoint_active_key(two.server), 0);
    assert_int_equal(usctp_endpoint_auth_chunks(two.server, types, 4), 0);
    assert_int_equal(usctp_endpoint_demand_auth(NULL, 0), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_add_key(NULL, 0, "", 0), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_add_key(NULL, 0, "", 0), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_add_key(two.server, 1, NULL, 1), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_add_key(two.server, 1, "x", 65536), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_use_key(two.server, 1), USCTP_ENOENT);
    assert_int_equal(usctp_endpoint_set_hmacs(two.server, NULL, 1), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_set_hmacs(two.server, ids, 0), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_set_hmacs(two.server, ids, 3), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_set_hmacs(two.server, ids, 1), USCTP_EINVAL);
    assert_int_equal(usctp_endpoint_set_hmacs(two.server, ids + 1, 1), USCTP_OK);
    assert_int_equal(usctp_endpoint_hmacs(two.server, ids, 1), 1);
    assert_int_equal(ids[0], USCTP_HMAC_SHA1);
    assert_int_equal(usctp_endpoint_remove_key(two.server, 0), USCTP_ESTATE);
    assert_int_equal(usctp_endpoint_retire_key(two.server, 0), USCTP_ESTATE);
    test_memory_fail_next(&two.b.memory, 1);
    assert_int_equal(usctp_endpoint_add_key(two.server, 1, "x", 1), USCTP_ENOMEM);
    assert_int_equal(usctp_endpoint_use_key(two.server, 1), USCTP_ENOENT);
    test_memory_fail_next(&two.a.memory, 1);
    assert_int_equal(usctp_endpoint_demand_auth(two.client, 0), USCTP_ENOMEM);
    tear_down(&two);
}

static void exchange(struct two *two)
{
    static const struct usctp_iov iov = {"hello", 5};
    uint64_t now_ts = 1;

    two->a.assoc = NULL;
    two->assoc = NULL;
    two->client = endpoint(&two->a, 0, 0);
    two->server = endpoint(&two->b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    if (two->client == NULL || two->server == NULL ||
        usctp_endpoint_demand_auth(two->server, 64) != USCTP_OK ||
        usctp_endpoint_demand_auth(two->client, 3) != USCTP_OK ||
        usctp_endpoint_add_key(two->server, 1, "key", 3) != USCTP_OK ||
        usctp_endpoint_add_key(two->client, 1, "key", 3) != USCTP_OK ||
        usctp_endpoint_use_key(two->client, 1) != USCTP_OK) {
        return;
    }
    {
        struct usctp_connect connect = USCTP_CONNECT_INIT;
        struct usctp_peer_addr peer;

        memset(&peer, 0, sizeof(peer));
        peer.addr = two->b.addr;
        peer.udp_port = UDP_PORT;
        connect.addrs = &peer;
        connect.addr_cnt = 1;
        connect.port = SERVER_PORT;
        if (usctp_endpoint_connect(two->client, &connect, &two->assoc) != USCTP_OK) {
            return;
        }
    }
    (void)usctp_assoc_send(two->assoc, NULL, &iov, 1);
    for (unsigned i = 0; i < 12; i++) {
        for (unsigned k = 0; k < 8; k++) {
            carry(&two->a, &two->b, now_ts);
            carry(&two->b, &two->a, now_ts);
        }
        now_ts += USCTP_SEC(10);
        (void)usctp_stack_advance(two->a.stack, now_ts);
        (void)usctp_stack_advance(two->b.stack, now_ts);
    }
}

/* Each allocation of either side fails once: nothing leaks, and what could be set up was delivered
 * whole. */
static void test_no_memory(void **state)
{
    static struct two two;
    unsigned delivered = 0;

    (void)state;
    for (unsigned which = 0; which < 2; which++) {
        for (uint64_t n = 1; n < 40; n++) {
            side_up(&two.a, "192.0.2.1", 1, NULL);
            side_up(&two.b, "192.0.2.2", 2, NULL);
            test_memory_fail_next(which == 0 ? &two.a.memory : &two.b.memory, n);
            exchange(&two);
            delivered += two.b.events[USCTP_EVENT_MESSAGE];
            tear_down(&two);
        }
    }
    assert_true(delivered > 40);
}

/* --- Offered in vain -------------------------------------------------------------------------- */

enum { CLIENT_PORT = 4000 };

/* A client that has just begun to live connects, with authentication or without. */
static void begin_life(struct two *two, bool auth, uint64_t now_ts)
{
    side_up(&two->a, "192.0.2.1", auth ? 1 : 3, NULL);
    two->client = auth ? endpoint(&two->a, CLIENT_PORT, 0) : side_endpoint(&two->a, CLIENT_PORT, 0);
    if (auth) {
        assert_int_equal(usctp_endpoint_add_key(two->client, 7, "key", 3), USCTP_OK);
        assert_int_equal(usctp_endpoint_use_key(two->client, 7), USCTP_OK);
    }
    assert_int_equal(usctp_stack_advance(two->a.stack, now_ts), USCTP_OK);
    two->assoc = side_connect(two->client, &two->b.addr, SERVER_PORT);
}

static void say(struct two *two, usctp_assoc *assoc, uint64_t now_ts)
{
    static const struct usctp_iov iov = {"hello", 5};

    assert_int_equal(usctp_assoc_send(assoc, NULL, &iov, 1), USCTP_OK);
    settle(&two->a, &two->b, now_ts);
    assert_int_equal(usctp_assoc_buffered(assoc), 0);
}

/* The server's side of an association that begins anew, with authentication every second time: it has keys only
 * then, which are those that its endpoint has. `fail`: memory of the server that is not there for the restart. */
static void live_again(struct two *two, uint64_t fail)
{
    usctp_assoc *served = NULL;

    memset(two, 0, sizeof(*two));
    side_up(&two->b, "192.0.2.2", 2, NULL);
    two->server = endpoint(&two->b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    assert_int_equal(usctp_endpoint_add_key(two->server, 7, "key", 3), USCTP_OK);
    for (unsigned life = 0; life < 4; life++) {
        bool auth = life % 2 != 0;
        uint64_t now_ts = life * USCTP_SEC(20) + 1;
        uint64_t failed_cnt = two->b.memory.fail_cnt;

        begin_life(two, auth, now_ts);
        carry(&two->a, &two->b, now_ts);
        carry(&two->b, &two->a, now_ts);
        test_memory_fail_next(&two->b.memory, auth ? fail : 0);
        for (unsigned i = 0; i < 10; i++) {
            settle(&two->a, &two->b, now_ts);
            now_ts += USCTP_SEC(1);
            assert_int_equal(usctp_stack_advance(two->a.stack, now_ts), USCTP_OK);
        }
        test_memory_fail_next(&two->b.memory, 0);
        assert_true(auth || two->b.memory.fail_cnt == failed_cnt);
        if (life == 0) {
            served = two->b.assoc;
        }
        assert_int_equal(usctp_assoc_state(served), USCTP_STATE_ESTABLISHED);
        assert_int_equal((usctp_assoc_extensions(served) & USCTP_EXT_AUTH) != 0, auth);
        assert_int_equal(usctp_assoc_use_key(served, 7), auth ? USCTP_OK : USCTP_ESTATE);
        assert_int_equal(usctp_assoc_use_key(two->assoc, 7), auth ? USCTP_OK : USCTP_ESTATE);
        say(two, two->assoc, now_ts);
        say(two, served, now_ts);
        side_down(&two->a);
    }
    if (fail == 0) {
        assert_int_equal(two->b.events[USCTP_EVENT_RESTARTED], 3);
        assert_int_equal(two->b.events[USCTP_EVENT_AUTH], 2); /* in vain, twice */
    }
    side_down(&two->b);
}

static void test_restart(void **state)
{
    static struct two two;

    (void)state;
    for (uint64_t fail = 0; fail < 6; fail++) {
        live_again(&two, fail);
    }
}

/* What was given to send under a key before the peer had answered, and what failed before it began anew, counts for
 * no key any more. */
static void test_messages_outlive_keys(void **state)
{
    static const struct usctp_iov iov = {"hello", 5};
    static struct two two;
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    (void)state;
    memset(&two, 0, sizeof(two));
    side_up(&two.b, "192.0.2.2", 2, NULL);
    two.server = side_endpoint(&two.b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    begin_life(&two, true, 0);
    info.flags = USCTP_SEND_KEY;
    info.key = 7;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(usctp_assoc_send(two.assoc, &info, &iov, 1), USCTP_OK);
    }
    settle(&two.a, &two.b, 1);
    assert_int_equal(two.a.events[USCTP_EVENT_AUTH], 1);
    assert_int_equal(usctp_assoc_send(two.assoc, &info, &iov, 1), USCTP_ENOENT);
    assert_int_equal(usctp_stack_advance(two.b.stack, USCTP_SEC(1)), USCTP_OK);
    settle(&two.a, &two.b, USCTP_SEC(1));
    assert_int_equal(two.b.events[USCTP_EVENT_MESSAGE], 3);
    assert_int_equal(usctp_assoc_buffered(two.assoc), 0);
    tear_down(&two);
}

/* A cookie that says what its INIT does not bear out: nothing is agreed on, rather than half of it. */
static void test_cookie_without_vectors(void **state)
{
    static const struct usctp_iov iov = {"hello", 5};
    static struct two two;
    struct usctp__cookie cookie;

    (void)state;
    set_up(&two);
    two.assoc = side_connect(two.client, &two.b.addr, SERVER_PORT);
    settle(&two.a, &two.b, 1);
    assert_true(usctp__auth_agreed(two.assoc));
    memset(&cookie, 0, sizeof(cookie));
    cookie.extensions = two.assoc->extensions;
    usctp__auth_take_cookie(two.assoc, &cookie);
    assert_false(usctp__auth_agreed(two.assoc));
    usctp__auth_established(two.assoc);
    assert_null(two.assoc->auth);
    assert_int_equal(usctp_assoc_send(two.assoc, NULL, &iov, 1), USCTP_OK);
    settle(&two.a, &two.b, 2);
    assert_int_equal(two.b.events[USCTP_EVENT_MESSAGE], 1);
    tear_down(&two);
}

/* --- Without crypto --------------------------------------------------------------------------- */

/* Without HMAC or randomness nothing gets in or out unauthenticated, and all goes on when they are back. */
static void test_no_crypto(void **state)
{
    static struct two two;
    static const struct usctp_iov iov = {"hello", 5};

    (void)state;
    set_up(&two);
    two.a.crypto.fail_random = 1;
    {
        struct usctp_connect connect = USCTP_CONNECT_INIT;
        struct usctp_peer_addr peer;

        memset(&peer, 0, sizeof(peer));
        peer.addr = two.b.addr;
        peer.udp_port = UDP_PORT;
        connect.addrs = &peer;
        connect.addr_cnt = 1;
        connect.port = SERVER_PORT;
        for (unsigned i = 0; i < 8; i++) { /* what was drawn in advance runs out */
            if (usctp_endpoint_connect(two.client, &connect, &two.assoc) == USCTP_OK) {
                usctp_assoc_free(two.assoc);
            }
        }
        assert_int_equal(usctp_endpoint_connect(two.client, &connect, &two.assoc), USCTP_ECRYPTO);
    }
    two.a.crypto.fail_random = 0;
    two.a.sent_cnt = 0;
    assert_int_equal(usctp_endpoint_demand_auth(two.server, 64), USCTP_OK);
    two.assoc = side_connect(two.client, &two.b.addr, SERVER_PORT);
    settle(&two.a, &two.b, 1);
    assert_int_equal(two.a.events[USCTP_EVENT_UP], 1);
    two.a.crypto.fail_hmac = 1;
    assert_int_equal(usctp_assoc_send(two.assoc, NULL, &iov, 1), USCTP_OK);
    settle(&two.a, &two.b, 2);
    assert_int_equal(two.b.events[USCTP_EVENT_MESSAGE], 0);
    assert_int_equal(stats_of(&two.b).auth_failures, 1);
    two.a.crypto.fail_hmac = 0;
    two.b.crypto.fail_hmac_new = 1;
    two.b.crypto.fail_hmac = 1;
    assert_int_equal(usctp_stack_advance(two.a.stack, USCTP_SEC(2)), USCTP_OK);
    settle(&two.a, &two.b, USCTP_SEC(2));
    assert_int_equal(two.b.events[USCTP_EVENT_MESSAGE], 0);
    two.b.crypto.fail_hmac_new = 0;
    two.b.crypto.fail_hmac = 0;
    for (unsigned i = 3; i < 10; i++) {
        assert_int_equal(usctp_stack_advance(two.a.stack, USCTP_SEC(i)), USCTP_OK);
        settle(&two.a, &two.b, USCTP_SEC(i));
    }
    assert_int_equal(two.b.events[USCTP_EVENT_MESSAGE], 1);
    tear_down(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_chunk),
        cmocka_unit_test(test_both),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_random_and_secret),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_crypto),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_messages_outlive_keys),
        cmocka_unit_test(test_cookie_without_vectors),
    };

    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
