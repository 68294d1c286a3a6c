/* SPDX-License-Identifier: BSD-3-Clause */
/* The public border: every error of the calls on associations and paths, each of which changes nothing; what
 * callbacks may call; accepting and refusing. */
#include "unit/connected_pair.h"

/* --- Associations and paths ------------------------------------------------------------------- */

static void test_null_assoc(void **state)
{
    struct usctp_iov iov = {"x", 1};

    (void)state;
    assert_int_equal(usctp_assoc_state(NULL), USCTP_STATE_CLOSED);
    assert_int_equal(usctp_assoc_id(NULL), 0);
    assert_null(usctp_assoc_endpoint(NULL));
    assert_null(usctp_assoc_user(NULL));
    usctp_assoc_set_user(NULL, NULL);
    assert_int_equal(usctp_assoc_send(NULL, NULL, &iov, 1), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_reset_streams(NULL, USCTP_RESET_OUT, NULL, 0), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_reset(NULL), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_add_streams(NULL, 1, 1), USCTP_EINVAL);
    usctp_assoc_cork(NULL);
    usctp_assoc_uncork(NULL);
    assert_int_equal(usctp_assoc_buffered(NULL), 0);
    assert_int_equal(usctp_stream_buffered(NULL, 0), 0);
    assert_int_equal(usctp_assoc_set_low_water(NULL, 0), USCTP_EINVAL);
    assert_int_equal(usctp_stream_set_low_water(NULL, 0, 0), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_close(NULL), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_abort(NULL, NULL, 0), USCTP_EINVAL);
    usctp_assoc_free(NULL);
    assert_int_equal(usctp_assoc_set_params(NULL, NULL), USCTP_EINVAL);
    usctp_assoc_params(NULL, NULL);
    usctp_assoc_pause(NULL);
    usctp_assoc_resume(NULL);
    assert_int_equal(usctp_assoc_paths(NULL, NULL, 0), 0);
    assert_int_equal(usctp_path_info(NULL, 1, NULL), USCTP_EINVAL);
    assert_int_equal(usctp_path_set_primary(NULL, 1), USCTP_EINVAL);
    assert_int_equal(usctp_path_heartbeat(NULL, 1), USCTP_EINVAL);
    assert_int_equal(usctp_path_params(NULL, 1, NULL), USCTP_EINVAL);
    assert_int_equal(usctp_path_set_params(NULL, 1, NULL), USCTP_EINVAL);
    assert_int_equal(usctp_path_changed(NULL, 1), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_stats(NULL, NULL), USCTP_EINVAL);
    assert_null(usctp_message_keep(NULL));
    usctp_message_drop(NULL);
    assert_int_equal(usctp_message_take(NULL, 0), USCTP_EINVAL);
    assert_int_equal(usctp_assoc_consumed(NULL, 0, 0), USCTP_EINVAL);
    assert_null(usctp_message_data(NULL, NULL));
    assert_int_equal(usctp_message_defer(NULL), USCTP_EINVAL);
}

static void test_send_errors(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;
    struct usctp_send_info good = USCTP_SEND_INFO_INIT;
    struct usctp_send_info info;
    struct usctp_iov iov[2] = {{"abc", 3}, {NULL, 0}};

    (void)state;
    FAILS(a, usctp_assoc_send(pair->assoc, &good, NULL, 1), USCTP_EINVAL);
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov, 0), USCTP_EINVAL);
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov + 1, 1), USCTP_EINVAL);
    iov[1].len = 1;
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov, 2), USCTP_EINVAL);
    iov[1].base = "x";
    iov[1].len = 16 * 1024 * 1024 - 2;
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov, 2), USCTP_EMSGSIZE);
    iov[1].len = SIZE_MAX;
    FAILS(a, usctp_assoc_send(pair->assoc, &good, iov, 2), USCTP_EMSGSIZE);
    info = good;
    info.size--;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_ESIZE);
    info = good;
    info.flags = 0x8000;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_EINVAL);
    info = good;
    info.reserved = 8;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_EINVAL);
    info = good;
    info.stream = 10;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_ENOENT);
    info = good;
    info.path = 77;
    FAILS(a, usctp_assoc_send(pair->assoc, &info, iov, 1), USCTP_ENOENT);
    assert_int_equal(usctp_assoc_send(pair->assoc, &good, iov, 1), USCTP_OK);
    settle(a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
    assert_int_equal(usctp_assoc_close(pair->assoc), USCTP_OK);
    assert_int_equal(usctp_assoc_send(pair->assoc, &good, iov, 1), USCTP_ESTATE);
    pair_down(pair);
}

static void test_would_block(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_params params;
    static char text[1000];
    struct usctp_iov iov = {text, sizeof(text)};
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;

    (void)state;
    params.size = sizeof(params);
    usctp_assoc_params(pair->assoc, &params);
    params.send_buffer = 1500;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_OK);
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_OK);
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_EWOULDBLOCK);
    assert_int_equal(usctp_assoc_buffered(pair->assoc), 2000);
    assert_int_equal(usctp_stream_buffered(pair->assoc, 0), 2000);
    assert_int_equal(usctp_stream_buffered(pair->assoc, 1), 0);
    settle(&pair->a, &pair->b, 0);
    usctp_stack_advance(pair->b.stack, USCTP_SEC(1));
    settle(&pair->a, &pair->b, USCTP_SEC(1));
    assert_int_equal(pair->a.events[USCTP_EVENT_WRITABLE], 1);
    assert_int_equal(usctp_assoc_buffered(pair->assoc), 0);
    pair_down(pair);
}

static void test_assoc_errors(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;
    struct usctp_params params;
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    static char reason[2000];

    (void)state;
    FAILS(a, usctp_stream_set_low_water(pair->assoc, 10, 5), USCTP_ENOENT);
    assert_int_equal(usctp_stream_set_low_water(pair->assoc, 9, 5), USCTP_OK);
    assert_int_equal(usctp_assoc_set_low_water(pair->assoc, SIZE_MAX), USCTP_OK);
    FAILS(a, usctp_assoc_abort(pair->assoc, NULL, 1), USCTP_EINVAL);
    FAILS(a, usctp_assoc_abort(pair->assoc, reason, 1025), USCTP_EMSGSIZE);
    FAILS(a, usctp_assoc_set_params(pair->assoc, NULL), USCTP_EINVAL);
    params.size = sizeof(params);
    usctp_assoc_params(pair->assoc, &params);
    params.max_packet = 1;
    FAILS(a, usctp_assoc_set_params(pair->assoc, &params), USCTP_EINVAL);
    params.size--;
    FAILS(a, usctp_assoc_set_params(pair->assoc, &params), USCTP_ESIZE);
    params.size++;
    params.max_packet = 1000;
    test_memory_fail_next(&a->memory, 1);
    FAILS(a, usctp_assoc_set_params(pair->assoc, &params), USCTP_ENOMEM);
    params.out_streams = 77;
    params.flags ^= USCTP_PARAM_NO_ADDRESS_LIST | USCTP_PARAM_NAGLE;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    usctp_assoc_params(pair->assoc, &params);
    assert_int_equal(params.max_packet, 1000);
    assert_int_equal(params.out_streams, 10); /* fixed while it lives */
    assert_int_equal(params.flags, USCTP_PARAM_RETRY_PORT | USCTP_PARAM_NAGLE);
    assert_int_equal(usctp_assoc_stats(pair->assoc, NULL), USCTP_EINVAL);
    stats.size--;
    assert_int_equal(usctp_assoc_stats(pair->assoc, &stats), USCTP_ESIZE);
    usctp_assoc_set_user(pair->assoc, a);
    assert_ptr_equal(usctp_assoc_user(pair->assoc), a);
    assert_ptr_equal(usctp_assoc_endpoint(pair->assoc), pair->client);
    assert_true(usctp_assoc_id(pair->assoc) != 0);
    FAILS(a, usctp_assoc_abort(pair->assoc, reason, 981), USCTP_EMSGSIZE);
    assert_int_equal(usctp_assoc_abort(pair->assoc, reason, 980), USCTP_OK);
    settle(a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_LOST], 1);
    assert_int_equal(stats_of(a).aborteds, 1);
    assert_int_equal(stats_of(&pair->b).aborteds, 1);
    pair_down(pair);
}

/* In the callback of LOST the association is over, but its handle is good. */
static void try_dead(struct side *side, const struct usctp_event *event)
{
    struct usctp_iov iov = {"x", 1};
    struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;
    usctp_path_id id = 0;

    if (event->type != USCTP_EVENT_LOST) {
        return;
    }
    (*(int *)side->test)++;
    assert_int_equal(usctp_assoc_state(event->assoc), USCTP_STATE_CLOSED);
    assert_int_equal(usctp_assoc_send(event->assoc, NULL, &iov, 1), USCTP_ESTATE);
    assert_int_equal(usctp_assoc_close(event->assoc), USCTP_ESTATE);
    assert_int_equal(usctp_assoc_abort(event->assoc, NULL, 0), USCTP_ESTATE);
    usctp_assoc_paths(event->assoc, &id, 1);
    assert_true(id != 0);
    assert_int_equal(usctp_path_heartbeat(event->assoc, id), USCTP_ESTATE);
    assert_int_equal(usctp_path_set_primary(event->assoc, id), USCTP_ESTATE);
    assert_int_equal(usctp_path_changed(event->assoc, id), USCTP_ENOENT);
    assert_int_equal(usctp_path_params(event->assoc, id, &params), USCTP_OK);
    assert_int_equal(usctp_path_set_params(event->assoc, id, &params), USCTP_ENOENT);
    usctp_assoc_cork(event->assoc);
    usctp_assoc_uncork(event->assoc);
    usctp_assoc_pause(event->assoc);
    usctp_assoc_resume(event->assoc);
}

static void test_dead_assoc(void **state)
{
    struct pair *pair = pair_connected();
    int calls = 0;

    (void)state;
    pair->a.test = &calls;
    pair->a.on_event = try_dead;
    assert_int_equal(usctp_assoc_abort(pair->assoc, NULL, 0), USCTP_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(pair->a.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(stats_of(&pair->a).curr_assocs, 0);
    pair_down(pair);
}

static void test_path_errors(void **state)
{
    struct pair *pair = pair_connected();
    struct side *a = &pair->a;
    struct usctp_path_info info = USCTP_PATH_INFO_INIT;
    struct usctp_path_params params = USCTP_PATH_PARAMS_INIT;
    usctp_path_id ids[2] = {0, 0};

    (void)state;
    assert_int_equal(usctp_assoc_paths(pair->assoc, NULL, 0), 1);
    assert_int_equal(usctp_assoc_paths(pair->assoc, ids, 2), 1);
    assert_int_equal(ids[1], 0);
    FAILS(a, usctp_path_info(pair->assoc, 99, &info), USCTP_ENOENT);
    FAILS(a, usctp_path_info(pair->assoc, ids[0], NULL), USCTP_EINVAL);
    info.size--;
    FAILS(a, usctp_path_info(pair->assoc, ids[0], &info), USCTP_ESIZE);
    info.size++;
    assert_int_equal(usctp_path_info(pair->assoc, USCTP_PATH_ANY, &info), USCTP_OK);
    assert_int_equal(info.id, ids[0]);
    assert_int_equal(info.primary, 1);
    assert_int_equal(info.state, USCTP_PATH_ACTIVE);
    assert_int_equal(info.remote_udp_port, UDP_PORT);
    assert_int_equal(info.max_packet, 1200);
    FAILS(a, usctp_path_set_primary(pair->assoc, 99), USCTP_ENOENT);
    FAILS(a, usctp_path_heartbeat(pair->assoc, 99), USCTP_ENOENT);
    FAILS(a, usctp_path_changed(pair->assoc, 99), USCTP_ENOENT);
    FAILS(a, usctp_path_params(pair->assoc, 99, &params), USCTP_ENOENT);
    FAILS(a, usctp_path_set_params(pair->assoc, 99, &params), USCTP_ENOENT);
    FAILS(a, usctp_path_params(pair->assoc, ids[0], NULL), USCTP_EINVAL);
    FAILS(a, usctp_path_set_params(pair->assoc, ids[0], NULL), USCTP_EINVAL);
    FAILS(a, usctp_path_set_params(pair->assoc, ids[0], &params), USCTP_EINVAL); /* all zero */
    params.size--;
    FAILS(a, usctp_path_params(pair->assoc, ids[0], &params), USCTP_ESIZE);
    FAILS(a, usctp_path_set_params(pair->assoc, ids[0], &params), USCTP_ESIZE);
    params.size++;
    assert_int_equal(usctp_path_params(pair->assoc, ids[0], &params), USCTP_OK);
    assert_int_equal(params.heartbeat, 1);
    assert_int_equal(params.max_packet, 1200);
    params.heartbeat = 0;
    params.max_packet = 1000;
    params.rto_max_dur = USCTP_SEC(5);
    params.dscp = 46;
    assert_int_equal(usctp_path_set_params(pair->assoc, ids[0], &params), USCTP_OK);
    memset(&params, 0, sizeof(params));
    params.size = sizeof(params);
    assert_int_equal(usctp_path_params(pair->assoc, ids[0], &params), USCTP_OK);
    assert_int_equal(params.heartbeat, 0);
    assert_int_equal(params.max_packet, 1000);
    assert_int_equal(params.rto_max_dur, USCTP_SEC(5));
    assert_int_equal(params.dscp, 46);
    assert_int_equal(usctp_path_info(pair->assoc, ids[0], &info), USCTP_OK);
    assert_int_equal(info.max_packet, 1000);
    assert_int_equal(usctp_path_heartbeat(pair->assoc, ids[0]), USCTP_OK);
    FAILS(a, usctp_path_heartbeat(pair->assoc, ids[0]), USCTP_EBUSY);
    settle(a, &pair->b, 0);
    assert_int_equal(usctp_path_changed(pair->assoc, ids[0]), USCTP_OK);
    assert_int_equal(usctp_path_set_primary(pair->assoc, ids[0]), USCTP_OK);
    pair_down(pair);
}

/* What the association changes, its paths take over; what was set for a path stays. */
static void test_path_keeps_its_own(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_params params = USCTP_PARAMS_INIT;
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;

    (void)state;
    assert_int_equal(usctp_path_params(pair->assoc, 1, &path), USCTP_OK);
    path.path_max_retrans = 2;
    path.dscp = 46;
    path.heartbeat = 0;
    assert_int_equal(usctp_path_set_params(pair->assoc, 1, &path), USCTP_OK);
    usctp_assoc_params(pair->assoc, &params);
    params.flags |= USCTP_PARAM_NAGLE;
    params.hb_interval_dur = USCTP_SEC(7);
    params.rto_max_dur = USCTP_SEC(9);
    params.max_packet = 1000;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    assert_int_equal(usctp_path_params(pair->assoc, 1, &path), USCTP_OK);
    assert_int_equal(path.path_max_retrans, 2);
    assert_int_equal(path.dscp, 46);
    assert_int_equal(path.heartbeat, 0);
    assert_int_equal(path.hb_interval_dur, USCTP_SEC(7));
    assert_int_equal(path.rto_max_dur, USCTP_SEC(9));
    assert_int_equal(path.max_packet, 1000);
    params.path_max_retrans = 3;
    params.dscp = 10;
    params.flags |= USCTP_PARAM_NO_HEARTBEAT;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    params.flags &= ~(uint32_t)USCTP_PARAM_NO_HEARTBEAT;
    assert_int_equal(usctp_assoc_set_params(pair->assoc, &params), USCTP_OK);
    assert_int_equal(usctp_path_params(pair->assoc, 1, &path), USCTP_OK);
    assert_int_equal(path.path_max_retrans, 3);
    assert_int_equal(path.dscp, 10);
    assert_int_equal(path.heartbeat, 1);
    pair_down(pair);
}

/* RFC 6951, 6.1: the program says where the peer is. */
static void test_path_udp_port(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_path_params path = USCTP_PATH_PARAMS_INIT;

    (void)state;
    assert_int_equal(usctp_path_params(pair->assoc, 1, &path), USCTP_OK);
    assert_int_equal(path.remote_udp_port, UDP_PORT);
    path.remote_udp_port = 0;
    FAILS(&pair->a, usctp_path_set_params(pair->assoc, 1, &path), USCTP_EINVAL);
    path.remote_udp_port = 4000;
    path.reserved2[1] = 1;
    FAILS(&pair->a, usctp_path_set_params(pair->assoc, 1, &path), USCTP_EINVAL);
    path.reserved2[1] = 0;
    assert_int_equal(usctp_path_set_params(pair->assoc, 1, &path), USCTP_OK);
    assert_int_equal(send_text(pair->assoc, "there"), USCTP_OK);
    assert_true(pair->a.sent_cnt > 0);
    assert_int_equal(pair->a.sent[pair->a.sent_cnt - 1].dgram.remote_udp_port, 4000);
    pair_down(pair);
}

static void test_states_too_early(void **state)
{
    struct pair *pair = pair_up();
    usctp_path_id id = 0;

    (void)state;
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    usctp_assoc_paths(pair->assoc, &id, 1);
    FAILS(&pair->a, usctp_path_heartbeat(pair->assoc, id), USCTP_ESTATE);
    assert_int_equal(send_text(pair->assoc, "early"), USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
    pair_down(pair);
}

/* --- Callbacks -------------------------------------------------------------------------------- */

/* What may not be called from a callback, and what may. */
static void call_everything(struct side *side, const struct usctp_event *event)
{
    struct usctp_icmp icmp = USCTP_ICMP_INIT;
    struct usctp_dgram dgram;

    memset(&dgram, 0, sizeof(dgram));
    dgram.lower = side->lower;
    assert_int_equal(usctp_stack_input(side->stack, &dgram, 1, sizeof(dgram), 0), USCTP_EBUSY);
    assert_int_equal(usctp_stack_input_icmp(side->stack, &icmp, 0), USCTP_EBUSY);
    assert_int_equal(usctp_stack_advance(side->stack, USCTP_SEC(9999)), USCTP_EBUSY);
    assert_int_equal(usctp_stack_writable(side->stack, side->lower, 0), USCTP_EBUSY);
    usctp_stack_free(side->stack); /* does nothing */
    if (event->type == USCTP_EVENT_MESSAGE && side->test != NULL) {
        size_t sent_cnt = side->sent_cnt;

        assert_int_equal(send_text(event->assoc, "answer"), USCTP_OK);
        assert_int_equal(side->sent_cnt, sent_cnt); /* it leaves when the batch ends */
        assert_int_equal(usctp_assoc_close(event->assoc), USCTP_OK);
    }
}

static void test_callbacks(void **state)
{
    struct pair *pair = pair_up();

    (void)state;
    pair->a.on_event = call_everything;
    pair->b.on_event = call_everything;
    pair->b.test = pair; /* answers and closes */
    pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
    settle(&pair->a, &pair->b, 0);
    assert_int_equal(send_text(pair->assoc, "question"), USCTP_OK);
    settle(&pair->a, &pair->b, 0);
    for (unsigned i = 1; i < 4; i++) {
        usctp_stack_advance(pair->a.stack, USCTP_SEC(i));
        usctp_stack_advance(pair->b.stack, USCTP_SEC(i));
        settle(&pair->a, &pair->b, USCTP_SEC(i));
    }
    assert_int_equal(pair->a.events[USCTP_EVENT_MESSAGE], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], 1);
    assert_int_equal(pair->a.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED], 1);
    assert_int_equal(stats_of(&pair->a).shutdowns + stats_of(&pair->b).shutdowns, 2);
    assert_int_equal(stats_of(&pair->a).curr_assocs, 0);
    pair_down(pair);
}

static void free_assoc(struct side *side, const struct usctp_event *event)
{
    (void)side;
    usctp_assoc_free(event->assoc);
    usctp_assoc_free(event->assoc); /* once is enough */
}

static void free_endpoint(struct side *side, const struct usctp_event *event)
{
    (void)side;
    usctp_endpoint_free(event->endpoint);
}

static void test_freeing_in_callbacks(void **state)
{
    (void)state;
    for (unsigned whole = 0; whole < 2; whole++) {
        struct pair *pair = pair_up();

        pair->b.on_event = whole ? free_endpoint : free_assoc;
        pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
        settle(&pair->a, &pair->b, 0);
        assert_int_equal(pair->b.events[USCTP_EVENT_UP], 1);
        assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED], 0);
        assert_int_equal(stats_of(&pair->b).curr_assocs, 0);
        assert_int_equal(pair->a.events[USCTP_EVENT_LOST], 1);
        pair_down(pair);
    }
}

static int release_cnt;

static void release(void *context, const struct usctp_iov *iov, size_t iov_cnt)
{
    assert_ptr_equal(context, &release_cnt);
    assert_int_equal(iov_cnt, 1);
    assert_int_equal(iov[0].len, 7);
    release_cnt++;
}

static void test_stack_free_tells_peers(void **state)
{
    struct pair *pair = pair_connected();
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"adopted", 7};
    uint32_t events = pair->a.events[USCTP_EVENT_LOST] + pair->a.events[USCTP_EVENT_CLOSED];

    (void)state;
    release_cnt = 0;
    info.release = release;
    info.context = &release_cnt;
    assert_int_equal(usctp_assoc_send(pair->assoc, &info, &iov, 1), USCTP_OK);
    pair->a.sent_cnt = 0;
    side_down(&pair->a);
    assert_int_equal(release_cnt, 1);
    assert_int_equal(pair->a.events[USCTP_EVENT_LOST] + pair->a.events[USCTP_EVENT_CLOSED], events);
    carry(&pair->a, &pair->b, 0);
    assert_int_equal(pair->b.events[USCTP_EVENT_LOST], 1);
    assert_int_equal(pair->b.events[USCTP_EVENT_CLOSED], 1);
    side_down(&pair->b);
}

/* --- Accepting -------------------------------------------------------------------------------- */

struct decision {
    int answer;
    int free_endpoint;
    int calls;
    usctp_stack *stack;
};

static int decide(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    struct decision *decision = user;

    decision->calls++;
    assert_true(accept->size >= sizeof(*accept));
    assert_int_equal(accept->remote_port, CLIENT_PORT);
    assert_int_equal(accept->remote_udp_port, UDP_PORT);
    assert_int_equal(accept->out_streams, 10);
    assert_int_equal(accept->in_streams, 10);
    assert_int_equal(usctp_stack_advance(decision->stack, 0), USCTP_EBUSY);
    *assoc_user = decision;
    if (decision->free_endpoint) {
        usctp_endpoint_free(accept->endpoint);
    }
    return decision->answer;
}

static void test_accept(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct pair *pair = pair_up();
        struct usctp_endpoint_config config = USCTP_ENDPOINT_CONFIG_INIT;
        struct decision decision = {i == 1, i == 2, 0, pair->b.stack};

        usctp_endpoint_free(pair->server);
        config.port = SERVER_PORT;
        config.flags = USCTP_ENDPOINT_LISTEN;
        config.accept = decide;
        config.user = &decision;
        assert_int_equal(usctp_endpoint_new(pair->b.stack, &config, &pair->server), USCTP_OK);
        pair->assoc = side_connect(pair->client, &pair->b.addr, SERVER_PORT);
        assert_int_equal(send_text(pair->assoc, "rides on COOKIE ECHO"), USCTP_OK);
        settle(&pair->a, &pair->b, 0);
        assert_int_equal(decision.calls, 1);
        assert_int_equal(pair->b.events[USCTP_EVENT_UP], i == 0);
        assert_int_equal(pair->b.events[USCTP_EVENT_MESSAGE], i == 0);
        assert_int_equal(pair->a.events[USCTP_EVENT_UP], i == 0);
        assert_int_equal(pair->a.events[USCTP_EVENT_LOST], i != 0);
        assert_int_equal(stats_of(&pair->b).curr_assocs, i == 0);
        assert_int_equal(stats_of(&pair->b).aborteds, 0); /* none was there to abort */
        if (i == 0) {
            assert_ptr_equal(usctp_assoc_user(pair->b.assoc), &decision);
            assert_int_equal(stats_of(&pair->a).active_estabs, 1);
            assert_int_equal(stats_of(&pair->b).passive_estabs, 1);
            assert_int_equal(stats_of(&pair->b).curr_estab, 1);
        }
        pair_down(pair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_assoc),
        cmocka_unit_test(test_send_errors),
        cmocka_unit_test(test_would_block),
        cmocka_unit_test(test_assoc_errors),
        cmocka_unit_test(test_dead_assoc),
        cmocka_unit_test(test_path_errors),
        cmocka_unit_test(test_path_keeps_its_own),
        cmocka_unit_test(test_path_udp_port),
        cmocka_unit_test(test_states_too_early),
        cmocka_unit_test(test_callbacks),
        cmocka_unit_test(test_freeing_in_callbacks),
        cmocka_unit_test(test_stack_free_tells_peers),
        cmocka_unit_test(test_accept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
