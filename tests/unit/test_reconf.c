/* SPDX-License-Identifier: BSD-3-Clause */
/* Stream reconfiguration between two stacks (RFC 6525): events, memory that fails, long lists. What goes on
 * the wire is for the scripts. */
#include "stack_pair.h"

#include "core/assoc.h"
#include "core/reconf.h"

enum { CLIENT_PORT = 5002, STREAMS = 64 };

struct pair {
    struct side a, b;
    usctp_endpoint *client, *server;
    usctp_assoc *assoc;
    uint64_t now_ts;
};

/* What of reconfiguration the endpoints made next allow. */
static uint32_t allow =
    USCTP_RECONF_ALLOW_RESETS | USCTP_RECONF_ALLOW_ASSOC_RESET | USCTP_RECONF_ALLOW_ADDS;

static usctp_endpoint *endpoint(struct side *side, uint16_t port, uint32_t flags)
{
    struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_params params;
    usctp_endpoint *endpoint = NULL;

    assert_int_equal(usctp_params_init(&params, USCTP_PRESET_PLAIN), USCTP_OK);
    params.reconf_allow = allow;
    params.out_streams = STREAMS;
    config.port = port;
    config.flags = flags;
    config.params = &params;
    assert_int_equal(usctp_endpoint_new(side->stack, &config, &endpoint), USCTP_OK);
    return endpoint;
}

static struct pair *pair_new(void)
{
    static struct pair pair;

    memset(&pair, 0, sizeof(pair));
    side_up(&pair.a, "192.0.2.1", 1, NULL);
    side_up(&pair.b, "192.0.2.2", 2, NULL);
    pair.client = endpoint(&pair.a, CLIENT_PORT, 0);
    pair.server = endpoint(&pair.b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    pair.assoc = side_connect(pair.client, &pair.b.addr, SERVER_PORT);
    settle(&pair.a, &pair.b, 0);
    assert_int_equal(pair.a.events[USCTP_EVENT_UP], 1);
    return &pair;
}

static void pair_free(struct pair *pair)
{
    side_down(&pair->a);
    side_down(&pair->b);
}

static void pass(struct pair *pair, unsigned seconds)
{
    for (unsigned i = 0; i < 2 * seconds; i++) {
        pair->now_ts += USCTP_MS(500);
        usctp_stack_advance(pair->a.stack, pair->now_ts);
        usctp_stack_advance(pair->b.stack, pair->now_ts);
        settle(&pair->a, &pair->b, pair->now_ts);
    }
}

static int send_on(usctp_assoc *assoc, uint16_t stream)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"text", 4};

    info.stream = stream;
    return usctp_assoc_send(assoc, &info, &iov, 1);
}

/* Both directions of some streams, and what each side hears of it. */
static void test_both_directions(void **state)
{
    static const uint16_t streams[] = {3, 40};
    struct pair *pair = pair_new();

    (void)state;
    assert_int_equal(send_on(pair->assoc, 40), USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(send_on(pair->b.assoc, 40), USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(
        usctp_assoc_reset_streams(pair->assoc, USCTP_RESET_OUT | USCTP_RESET_IN, streams, 2),
        USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->a.events[USCTP_EVENT_STREAMS_RESET], 2);
    assert_int_equal(pair->b.events[USCTP_EVENT_STREAMS_RESET], 2);
    assert_int_equal(pair->b.last.u.streams_reset.flags, USCTP_RESET_OUT);
    assert_int_equal(pair->b.last.u.streams_reset.result, USCTP_RECONF_DONE);
    assert_int_equal(send_on(pair->assoc, 40), USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.last.type, USCTP_EVENT_MESSAGE);
    assert_int_equal(pair->b.last.u.message.ssn, 0);
    pass(pair, 5);
    assert_null(pair->a.assoc->reconf->request.streams.bytes);
    pair_free(pair);
}

/* What was never used costs nothing. */
static void test_made_on_first_use(void **state)
{
    struct pair *pair = pair_new();

    (void)state;
    assert_int_equal(usctp_assoc_reset_streams(pair->assoc, 0, NULL, 0), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_add_streams(pair->assoc, 0, 0), USCTP_EINVAL);
    assert_null(pair->assoc->reconf);
    assert_null(pair->b.assoc->reconf);
    pair_free(pair);
}

/* Whatever allocation fails, on either side: in the end it is done. */
static void test_no_memory_anywhere(void **state)
{
    static const uint16_t streams[] = {1, 2, 3};

    (void)state;
    for (unsigned who = 0; who < 2; who++) {
        for (uint64_t n = 1;; n++) {
            struct pair *pair = pair_new();
            struct test_memory *memory = who == 0 ? &pair->a.memory : &pair->b.memory;
            uint64_t failed_before = memory->fail_cnt;
            int error;

            assert_int_equal(send_on(pair->assoc, 1), USCTP_OK);
            assert_int_equal(send_on(pair->b.assoc, 2), USCTP_OK);
            settle(&pair->a, &pair->b, 0);
            test_memory_fail_next(memory, n);
            error = usctp_assoc_reset_streams(pair->assoc, USCTP_RESET_OUT | USCTP_RESET_IN,
                                              streams, 3);
            if (error != USCTP_OK) {
                assert_int_equal(error, USCTP_ENOMEM);
                error = usctp_assoc_reset_streams(pair->assoc, USCTP_RESET_OUT | USCTP_RESET_IN,
                                                  streams, 3);
            }
            assert_int_equal(error, USCTP_OK);
            settle(&pair->a, &pair->b, 0);
            pass(pair, 20);
            assert_int_equal(pair->a.events[USCTP_EVENT_STREAMS_RESET], 2);
            assert_int_equal(pair->b.events[USCTP_EVENT_STREAMS_RESET], 2);
            error = usctp_assoc_add_streams(pair->assoc, 2, 2);
            if (error != USCTP_OK) {
                assert_int_equal(error, USCTP_ENOMEM);
                error = usctp_assoc_add_streams(pair->assoc, 2, 2);
            }
            assert_int_equal(error, USCTP_OK);
            settle(&pair->a, &pair->b, pair->now_ts);
            pass(pair, 20);
            assert_int_equal(pair->a.events[USCTP_EVENT_STREAMS_ADDED], 2);
            assert_int_equal(pair->b.events[USCTP_EVENT_STREAMS_ADDED], 2);
            error = usctp_assoc_reset(pair->assoc);
            if (error != USCTP_OK) {
                assert_int_equal(error, USCTP_ENOMEM);
                error = usctp_assoc_reset(pair->assoc);
            }
            assert_int_equal(error, USCTP_OK);
            settle(&pair->a, &pair->b, pair->now_ts);
            pass(pair, 20);
            assert_int_equal(pair->a.events[USCTP_EVENT_ASSOC_RESET], 1);
            assert_int_equal(pair->b.events[USCTP_EVENT_ASSOC_RESET], 1);
            error = send_on(pair->assoc, STREAMS + 1);
            if (error != USCTP_OK) {
                assert_int_equal(error, USCTP_ENOMEM);
                error = send_on(pair->assoc, STREAMS + 1);
            }
            assert_int_equal(error, USCTP_OK);
            settle(&pair->a, &pair->b, pair->now_ts);
            pass(pair, 5);
            assert_int_equal(pair->b.last.type, USCTP_EVENT_MESSAGE);
            if (memory->fail_cnt == failed_before) {
                assert_true(n > 3);
                pair_free(pair);
                break;
            }
            pair_free(pair);
        }
    }
}

/* As many streams as fit a packet, and one more. */
static void test_long_lists(void **state)
{
    uint16_t streams[600];
    struct pair *pair = pair_new();
    size_t cnt = 600;

    (void)state;
    for (size_t i = 0; i < cnt; i++) {
        streams[i] = (uint16_t)(i % STREAMS);
    }
    while (usctp_assoc_reset_streams(pair->assoc, USCTP_RESET_OUT, streams, cnt) ==
           USCTP_EMSGSIZE) {
        cnt--;
    }
    assert_int_equal(cnt, (1200 - 12 - 4 - 20 - 18) / 2);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->a.last.type, USCTP_EVENT_STREAMS_RESET);
    assert_int_equal(pair->a.last.u.streams_reset.stream_cnt, cnt);
    pair_free(pair);
}

/* A stream that is first used while all are being reset waits, too. */
static void test_new_stream_waits(void **state)
{
    struct pair *pair = pair_new();

    (void)state;
    assert_int_equal(usctp_assoc_reset_streams(pair->assoc, USCTP_RESET_OUT, NULL, 0), USCTP_OK);
    assert_int_equal(send_on(pair->assoc, 50), USCTP_OK);
    carry(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 0);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
    pair_free(pair);
}

/* --- Messages that a reset holds ---------------------------------------------------------------- */

enum { HELD_CNT = 40 };

/* All streams are to be reset; then each of these gets a message, which is held. */
static void hold_streams(struct pair *pair)
{
    assert_int_equal(usctp_assoc_reset_streams(pair->assoc, USCTP_RESET_OUT, NULL, 0), USCTP_OK);
    for (uint16_t sid = 0; sid < HELD_CNT; sid++) {
        assert_int_equal(send_on(pair->assoc, sid), USCTP_OK);
    }
    assert_int_equal(pair->assoc->tx.outq.held_cnt, HELD_CNT);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 0);
}

static void check_nothing_held(const usctp_assoc *assoc)
{
    assert_int_equal(assoc->tx.outq.held_cnt, 0);
    assert_true(assoc->reconf == NULL || usctp__list_empty(&assoc->reconf->held));
}

/* Whatever the peer answers, in the end what was held goes. */
static void test_held_until_answered(void **state)
{
    const uint32_t usual = allow;

    (void)state;
    for (unsigned denied = 0; denied < 2; denied++) {
        struct pair *pair;

        allow = denied != 0 ? 0 : usual;
        pair = pair_new();
        allow = usual;
        hold_streams(pair);
        settle(&pair->a, &pair->b, 0);
        assert_int_equal(pair->a.last.type, USCTP_EVENT_STREAMS_RESET);
        assert_int_equal(pair->a.last.u.streams_reset.result,
                         denied != 0 ? USCTP_RECONF_DENIED : USCTP_RECONF_DONE);
        check_nothing_held(pair->assoc);
        assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], HELD_CNT);
        pair_free(pair);
    }
}

/* While the peer waits for what was sent before, what was held stays so. */
static void test_held_in_progress(void **state)
{
    struct pair *pair = pair_new();

    (void)state;
    assert_int_equal(send_on(pair->assoc, 7), USCTP_OK);
    pair->a.sent_cnt = 0; /* it is lost */
    hold_streams(pair);
    settle(&pair->a, &pair->b, 0);
    assert_true(pair->assoc->reconf->request.in_progress);
    assert_int_equal(pair->assoc->tx.outq.held_cnt, HELD_CNT);
    pass(pair, 10);
    check_nothing_held(pair->assoc);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], HELD_CNT + 1);
    pair_free(pair);
}

/* The association ends: what was held is given back. One that is freed frees it. */
static void test_held_to_the_end(void **state)
{
    struct pair *pair = pair_new();

    (void)state;
    hold_streams(pair);
    usctp_assoc_abort(pair->assoc, NULL, 0);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->a.events[USCTP_EVENT_SEND_FAILED], HELD_CNT);
    assert_int_equal(pair->a.events[USCTP_EVENT_CLOSED], 1);
    pair_free(pair);
    pair = pair_new();
    hold_streams(pair);
    pair_free(pair);
}

/* The peer has restarted: what was for its last life is given back. */
static void test_held_and_restart(void **state)
{
    struct pair *pair = pair_new();

    (void)state;
    hold_streams(pair);
    side_down(&pair->b);
    pair->a.sent_cnt = 0;
    side_up(&pair->b, "192.0.2.2", 3, NULL);
    pair->server = endpoint(&pair->b, SERVER_PORT, USCTP_ENDPOINT_LISTEN);
    (void)side_connect(pair->server, &pair->a.addr, CLIENT_PORT);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->a.events[USCTP_EVENT_RESTARTED], 1);
    assert_int_equal(pair->a.events[USCTP_EVENT_SEND_FAILED], HELD_CNT);
    check_nothing_held(pair->assoc);
    assert_int_equal(send_on(pair->assoc, 7), USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
    pair_free(pair);
}

/* It cannot be handed over meanwhile. A lifetime is no longer for what is held. */
static void test_held_and_handover(void **state)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"text", 4};
    struct pair *pair = pair_new();

    (void)state;
    hold_streams(pair);
    assert_int_equal(usctp_assoc_export_ready(pair->assoc) &
                         (USCTP_HANDOVER_RECONFIG | USCTP_HANDOVER_UNSENT),
                     USCTP_HANDOVER_RECONFIG | USCTP_HANDOVER_UNSENT);
    info.stream = HELD_CNT;
    info.lifetime_dur = USCTP_MS(10);
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_OK);
    assert_int_equal(pair->assoc->tx.outq.held_cnt, HELD_CNT + 1);
    pair->now_ts += USCTP_MS(50);
    usctp_stack_advance(pair->a.stack, pair->now_ts);
    assert_int_equal(pair->a.events[USCTP_EVENT_SEND_FAILED], 1);
    assert_int_equal(pair->assoc->tx.outq.held_cnt, HELD_CNT);
    settle(&pair->a, &pair->b, pair->now_ts);
    check_nothing_held(pair->assoc);
    assert_int_equal(usctp_assoc_export_ready(pair->assoc) & USCTP_HANDOVER_UNSENT, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], HELD_CNT);
    pair_free(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_directions),    cmocka_unit_test(test_made_on_first_use),
        cmocka_unit_test(test_no_memory_anywhere), cmocka_unit_test(test_long_lists),
        cmocka_unit_test(test_new_stream_waits),   cmocka_unit_test(test_held_until_answered),
        cmocka_unit_test(test_held_in_progress),   cmocka_unit_test(test_held_to_the_end),
        cmocka_unit_test(test_held_and_restart),   cmocka_unit_test(test_held_and_handover),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
