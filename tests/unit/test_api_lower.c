/* SPDX-License-Identifier: BSD-3-Clause */
/* What lower layers do to a stack: they block, find no memory, and tell of ICMP. */
#include "unit/connected_pair.h"

/* --- Lower layers that block ------------------------------------------------------------------ */

static void test_blocked(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;

    (void)state;
    a->room = 0;
    assert_int_equal(send_text(pair->assoc, "one"), USCTP_OK);
    assert_int_equal(send_text(pair->assoc, "two"), USCTP_OK);
    assert_int_equal(a->sent_cnt, 0);
    assert_int_equal(stats_of(a).send_blocked, 1);
    assert_true(usctp_stack_next_deadline(a->stack) > 0); /* no busy loop meanwhile */
    a->room = SEND_ALL;
    assert_int_equal(usctp_stack_advance(a->stack, 0), USCTP_OK);
    assert_int_equal(a->sent_cnt, 0); /* not before it says so */
    assert_int_equal(usctp_stack_writable(a->stack, a->lower, 0), USCTP_OK);
    assert_true(a->sent_cnt > 0);
    settle(a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 2);
    /* Detaching a blocked one loses what it held back, and nothing stays blocked. */
    a->room = 0;
    assert_int_equal(send_text(pair->assoc, "three"), USCTP_OK);
    assert_int_equal(usctp_stack_detach(a->stack, a->lower), USCTP_OK);
    assert_false(stats_of(a).send_blocked < 2);
    assert_int_equal(usctp_assoc_abort(pair->assoc, NULL, 0), USCTP_OK);
    assert_int_equal(a->events[USCTP_EVENT_CLOSED], 1);
    pair_down(pair);
}

/* One lower layer that blocks does not hold back what goes through another. */
static void test_blocked_beside_free(void **state)
{
    struct pair *pair = pair_up();
    static struct side stuck;
    struct side *a = &pair->a;
    struct usctp_lower lower = USCTP_LOWER_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    usctp_lower_id id;
    usctp_assoc *assoc;

    (void)state;
    memset(&stuck, 0, sizeof(stuck));
    lower.flags = USCTP_LOWER_NO_ADDRESSES;
    lower.send = side_send;
    assert_int_equal(usctp_stack_attach(a->stack, &lower, &stuck, &id), USCTP_OK);
    connect.port = SERVER_PORT;
    assert_int_equal(usctp_endpoint_connect(pair->client, &connect, &assoc), USCTP_OK);
    assert_int_equal(stats_of(a).send_blocked, 1);
    stuck.room = SEND_ALL;
    assert_int_equal(usctp_stack_writable(a->stack, id, 0), USCTP_OK);
    assert_int_equal(stuck.sent_cnt, 1);
    stuck.room = 0;
    usctp_assoc_cork(assoc);
    side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(a, &pair->b, 0);
    assert_int_equal(a->events[USCTP_EVENT_UP], 1);
    /* Now both have something to say in the same batch: T1 expires, twice over. */
    side_connect(side_endpoint(a, 7777, 0), &pair->b.addr, 1);
    a->sent_cnt = 0;
    assert_int_equal(usctp_stack_advance(a->stack, USCTP_SEC(1)), USCTP_OK);
    assert_int_equal(a->sent_cnt, 1);
    assert_int_equal(stuck.sent_cnt, 1);
    assert_int_equal(stats_of(a).send_blocked, 2);
    stuck.room = SEND_ALL;
    assert_int_equal(usctp_stack_writable(a->stack, id, USCTP_SEC(1)), USCTP_OK);
    assert_int_equal(stuck.sent_cnt, 2);
    pair_down(pair);
}

/* Whatever allocation fails, of a set-up, a transfer and a shutdown: nothing is lost for good. */
static void test_no_memory_anywhere(void **state)
{
    static char text[3000];

    (void)state;
    for (unsigned who = 0; who < 2; who++) {
        for (uint64_t n = 1;; n++) {
            struct pair *pair = pair_up();
            struct test_memory *memory = who == 0 ? &pair->a.memory : &pair->b.memory;
            struct usctp_connect connect = USCTP_CONNECT_INIT;
            struct usctp_peer_addr peer;
            struct usctp_iov iov = {text, sizeof(text)};
            uint64_t failed_before = memory->fail_cnt;
            int error;

            memset(&peer, 0, sizeof(peer));
            peer.addr = pair->b.addr;
            peer.udp_port = UDP_PORT;
            connect.addrs = &peer;
            connect.addr_cnt = 1;
            connect.port = SERVER_PORT;
            test_memory_fail_next(memory, n);
            error = usctp_endpoint_connect(pair->client, &connect, &pair->assoc);
            assert_true(error == USCTP_OK || error == USCTP_ENOMEM);
            if (error != USCTP_OK) {
                error = usctp_endpoint_connect(pair->client, &connect, &pair->assoc);
            }
            assert_int_equal(error, USCTP_OK);
            error = usctp_assoc_send(pair->assoc, NULL, &iov, 1);
            if (error == USCTP_ENOMEM) {
                error = usctp_assoc_send(pair->assoc, NULL, &iov, 1);
            }
            assert_int_equal(error, USCTP_OK);
            for (unsigned t = 1; t < 40; t++) {
                if (t == 20 && pair->a.events[USCTP_EVENT_CLOSED] == 0) {
                    assert_int_equal(usctp_assoc_close(pair->assoc), USCTP_OK);
                }
                settle(&pair->a, &pair->b, USCTP_MS(500) * t);
                usctp_stack_advance(pair->a.stack, USCTP_MS(500) * t);
                usctp_stack_advance(pair->b.stack, USCTP_MS(500) * t);
            }
            assert_int_equal(pair->a.events[USCTP_EVENT_CLOSED], 1);
            assert_int_equal(pair->a.events[USCTP_EVENT_UP], 1);
            assert_int_equal(pair->a.events[USCTP_EVENT_LOST], 0);
            assert_int_equal(pair->b.events[USCTP_EVENT_UP], 1);
            assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
            /* One that was accepted, but found no memory then, is lost; the next one comes up. */
            assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED],
                             1 + pair->b.events[USCTP_EVENT_LOST]);
            bool failed = memory->fail_cnt > failed_before;
            pair_down(pair);
            if (!failed) {
                assert_true(n > 10 && n < 500);
                break;
            }
        }
    }
}

/* --- ICMP ------------------------------------------------------------------------------------- */

static struct usctp_icmp icmp_about(const struct side *side, const struct usctp_addr *remote,
                                    int kind, const uint8_t *quote, size_t len)
{
    struct usctp_icmp icmp = USCTP_ICMP_INIT;

    icmp.kind = kind;
    icmp.local = side->addr;
    icmp.remote = *remote;
    icmp.local_udp_port = UDP_PORT;
    icmp.remote_udp_port = UDP_PORT;
    icmp.lower = side->lower;
    icmp.quote = quote;
    icmp.quote_len = len;
    return icmp;
}

static void test_icmp(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    struct usctp_icmp icmp;
    uint8_t quote[64];

    (void)state;
    assert_int_equal(send_text(pair->assoc, "hello"), USCTP_OK);
    memcpy(quote, a->sent[0].bytes, 32);
    settle(a, &pair->b, 0);
    icmp = icmp_about(a, &pair->b.addr, USCTP_ICMP_TOO_BIG, quote, 32);
    icmp.mtu = 800;
    quote[7] ^= 1; /* the tag */
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    quote[7] ^= 1;
    icmp.quote_len = 7;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    icmp.quote = NULL;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    icmp.quote = quote;
    icmp.quote_len = 32;
    quote[0] ^= 1; /* our port */
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    quote[0] ^= 1;
    icmp.kind = USCTP_ICMP_OTHER;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    icmp.kind = USCTP_ICMP_NO_PROTOCOL;
    icmp.remote_udp_port++; /* not the peer's port */
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    icmp.remote_udp_port--;
    assert_int_equal(stats_of(a).icmp_ignored, 6);
    assert_int_equal(stats_of(a).icmp_taken, 0);
    assert_int_equal(usctp_path_info(pair->assoc, USCTP_PATH_ANY, &info), USCTP_OK);
    assert_int_equal(info.max_packet, 1200);
    icmp.kind = USCTP_ICMP_TOO_BIG;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(usctp_path_info(pair->assoc, USCTP_PATH_ANY, &info), USCTP_OK);
    assert_int_equal(info.max_packet, 800);
    /* A hint starts a heartbeat, no more. */
    icmp = icmp_about(a, &pair->b.addr, USCTP_ICMP_HINT, NULL, 0);
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(a->sent_cnt, 1);
    assert_int_equal(a->sent[0].bytes[12], USCTP__CHUNK_HEARTBEAT);
    settle(a, &pair->b, 0);
    icmp.remote = addr_of("192.0.2.99");
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(stats_of(a).icmp_ignored, 7);
    assert_int_equal(stats_of(a).icmp_taken, 2);
    icmp = icmp_about(a, &pair->b.addr, USCTP_ICMP_NO_PROTOCOL, quote, 8);
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(a->events[USCTP_EVENT_LOST], 1);
    assert_int_equal(a->events[USCTP_EVENT_CLOSED], 1);
    pair_down(pair);
}

static void test_icmp_during_setup(void **state)
{
    struct pair *pair = pair_up();
    struct side *a = &pair->a;
    struct usctp_icmp icmp;
    uint8_t quote[20];

    (void)state;
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    memcpy(quote, a->sent[0].bytes, sizeof(quote));
    icmp = icmp_about(a, &pair->b.addr, USCTP_ICMP_NO_PROTOCOL, quote, 19);
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK); /* no Initiate Tag */
    quote[19] ^= 1;
    icmp.quote_len = 20;
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK); /* a wrong one */
    quote[19] ^= 1;
    assert_int_equal(stats_of(a).icmp_ignored, 2);
    assert_int_equal(a->events[USCTP_EVENT_LOST], 0);
    assert_int_equal(usctp_stack_input_icmp(a->stack, &icmp, 0), USCTP_OK);
    assert_int_equal(a->events[USCTP_EVENT_LOST], 1);
    assert_int_equal(a->events[USCTP_EVENT_CLOSED], 1);
    pair_down(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_blocked_beside_free),
        cmocka_unit_test(test_no_memory_anywhere),
        cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_icmp_during_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
