/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages from acceptance to their end: copies and adopted bytes, limits, marks, lifetimes, failure. */
#include "unit/core_fixture.h"

#include "core/outq.h"

static int set_up(void **state)
{
    *state = fixture_new(UINT32_C(0xfffffff0), 100000);
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    return 0;
}

static unsigned released;

static void release(void *context, const struct usctp_iov *iov, size_t iov_cnt)
{
    assert_non_null(iov);
    assert_true(iov_cnt > 0);
    *(unsigned *)context += 1;
}

static void test_copy(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 5;
    uint8_t bytes[3000];
    uint8_t out[3000];

    prng_fill(&seed, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 200; i++) {
        struct usctp_send_info info = USCTP_SEND_INFO_INIT;
        struct usctp_iov iov[5];
        size_t len = 0;
        size_t cnt = 1 + prng_below(&seed, 5);
        struct usctp__outmsg *msg;

        info.release = i % 2 == 0 ? release : NULL;
        info.context = &released;
        for (size_t k = 0; k < cnt; k++) {
            iov[k].base = bytes + len;
            iov[k].len = prng_below(&seed, i % 3 == 0 ? 20 : 600);
            len += iov[k].len;
        }
        msg = usctp__outmsg_new(&f->core, &info, iov, cnt, (uint32_t)len);
        assert_non_null(msg);
        for (unsigned k = 0; k < 20 && len > 0; k++) {
            /* Forwards as it is sent, and anywhere as it is sent again. */
            uint32_t offset = (uint32_t)prng_below(&seed, len);
            size_t part = prng_below(&seed, len - offset + 1);

            usctp__outmsg_copy(msg, offset, out, part);
            assert_memory_equal(out, bytes + offset, part);
        }
        usctp__outmsg_free(f->assoc, msg);
    }
    assert_int_equal(released, 0); /* only when the state is consistent */
    usctp__outmsg_drain(&f->core);
    assert_int_equal(released, 100);
}

static void test_errors(void **state)
{
    struct fixture *f = *state;
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"x", 1};

    iov.len = 0;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), USCTP_EINVAL);
    assert_int_equal(usctp__tx_send(f->assoc, &info, NULL, 0), USCTP_EINVAL);
    iov.len = 1;
    info.flags = 0x4000;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), USCTP_EINVAL);
    info.flags = 0;
    info.stream = 100;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), USCTP_ENOENT);
    info.stream = 99;
    info.path = 77;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), USCTP_ENOENT);
    info.path = USCTP_PATH_ANY;
    iov.len = (size_t)fixture_params(f)->max_message + 1;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), USCTP_EMSGSIZE);
    iov.len = 1;
    info.size = 3;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), USCTP_ESIZE);
    info.size = sizeof(info);
    usctp__assoc_set_state(f->assoc, USCTP_STATE_SHUTDOWN_PENDING);
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), USCTP_ESTATE);
    usctp__assoc_set_state(f->assoc, USCTP_STATE_ESTABLISHED);
    test_memory_fail_next(&f->memory, 1);
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), USCTP_ENOMEM);
    assert_int_equal(f->assoc->tx.buffered, 0);
    assert_true(usctp__tx_empty(f->assoc));
    assert_int_equal(usctp__tx_send(f->assoc, NULL, &iov, 1), 0);
}

static void test_would_block_and_writable(void **state)
{
    struct fixture *f = *state;

    fixture_params(f)->send_buffer = 5000;
    assert_int_equal(usctp__stream_out_set_low_water(f->assoc, 0, 0), 0);
    assert_int_equal(fixture_queue(f, 0, 0, 4999), 0);
    assert_int_equal(fixture_queue(f, 0, 0, 20000), 0); /* the limit is soft */
    assert_int_equal(fixture_queue(f, 0, 0, 1), USCTP_EWOULDBLOCK);
    assert_int_equal(fixture_queue(f, 0, 0, 1), USCTP_EWOULDBLOCK);
    fixture_settle(f);
    assert_int_equal(f->assoc->tx.buffered, 24999);
    assert_int_equal(usctp__stream_out_buffered(f->assoc, 0), 24999);
    assert_int_equal(usctp__stream_out_buffered(f->assoc, 1), 0);
    while (f->assoc->tx.buffered > 0) {
        unsigned writable = fixture_events(f, USCTP_EVENT_WRITABLE);
        bool over = f->assoc->tx.buffered >= 5000;

        assert_int_equal(writable, !over); /* exactly one, when there is room again */
        assert_true(f->chunk_cnt > 0);
        fixture_sack(f, f->chunks[f->chunk_cnt - 1].tsn, 100000, NULL);
    }
    assert_int_equal(fixture_events(f, USCTP_EVENT_WRITABLE), 1);
    assert_int_equal(fixture_events(f, USCTP_EVENT_DRY), 1);
    assert_int_equal(fixture_events(f, USCTP_EVENT_BUFFERED_LOW), 1);
}

static void test_low_water(void **state)
{
    struct fixture *f = *state;

    fixture_send(f, 3, 2000); /* no mark is set */
    fixture_sack(f, f->chunks[f->chunk_cnt - 1].tsn, 100000, NULL);
    assert_int_equal(fixture_events(f, USCTP_EVENT_BUFFERED_LOW), 0);
    fixture_forget(f);
    assert_int_equal(usctp__stream_out_set_low_water(f->assoc, 3, 1000), 0);
    assert_int_equal(usctp__stream_out_set_low_water(f->assoc, 100, 1), USCTP_ENOENT);
    assert_int_equal(usctp__stream_out_set_low_water(f->assoc, 4, 0), 0);
    usctp__tx_set_low_water(f->assoc, 500);
    fixture_send(f, 3, 1000); /* not above the mark */
    fixture_send(f, 3, 1000);
    fixture_sack(f, f->chunks[0].tsn, 100000, NULL);
    assert_int_equal(fixture_events(f, USCTP_EVENT_BUFFERED_LOW), 1);
    assert_int_equal(f->events[0].u.buffered_low.stream, 3);
    assert_int_equal(f->events[0].u.buffered_low.buffered, 1000);
    assert_int_equal(f->events[0].u.buffered_low.whole_assoc, 0);
    fixture_forget(f);
    fixture_send(f, 4, 100);
    fixture_sack(f, f->chunks[0].tsn, 100000, NULL);
    assert_int_equal(fixture_events(f, USCTP_EVENT_BUFFERED_LOW), 2); /* stream 4 and all */
    assert_int_equal(f->events[0].u.buffered_low.stream, 4);
    assert_int_equal(f->events[1].u.buffered_low.whole_assoc, 1);
    assert_int_equal(f->events[1].u.buffered_low.buffered, 0);
}

static void test_lifetime(void **state)
{
    struct fixture *f = *state;
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"hello", 5};

    fixture_sack(f, UINT32_C(0xffffffef), 0, NULL); /* a closed window */
    info.lifetime_dur = 10 * USCTP__MS;
    info.context = &info;
    info.ppid = 7;
    info.stream = 2;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), 0);
    info.lifetime_dur = 0;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), 0);
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, 0);
    usctp__core_set_time(&f->core, f->core.now_ts + 20 * USCTP__MS);
    fixture_sack(f, UINT32_C(0xffffffef), 1000, NULL);
    assert_int_equal(f->chunk_cnt, 1); /* the one without a lifetime, with the first number */
    assert_int_equal(f->chunks[0].ssn, 0);
    fixture_settle(f);
    assert_int_equal(fixture_events(f, USCTP_EVENT_SEND_FAILED), 1);
    assert_int_equal(f->assoc->tx.buffered, 5);
}

static void test_lifetime_ends_with_the_first_chunk(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[20000];
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {bytes, sizeof(bytes)};

    info.lifetime_dur = 10 * USCTP__MS;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), 0);
    fixture_settle(f);
    assert_true(f->chunk_cnt > 0 && f->assoc->tx.outq.msg_cnt == 1);
    usctp__core_set_time(&f->core, f->core.now_ts + USCTP__SEC / 2);
    while (f->assoc->tx.buffered > 0) {
        fixture_sack(f, f->chunks[f->chunk_cnt - 1].tsn, 100000, NULL);
    }
    assert_int_equal(fixture_events(f, USCTP_EVENT_SEND_FAILED), 0);
}

/* RFC 3758, 4.1, TR4: with partial reliability the rest of it is not sent, whether the alarm has gone off or not. */
static void test_timed_rest(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[20000];
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {bytes, sizeof(bytes)};
    size_t sent;

    f->assoc->extensions |= USCTP__EXT_PARTIAL_RELIABILITY;
    info.pr_policy = USCTP_PR_TIMED;
    info.lifetime_dur = 10 * USCTP__MS;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), 0);
    fixture_settle(f);
    sent = f->chunk_cnt;
    assert_true(sent > 0 && f->assoc->tx.outq.msg_cnt == 1);
    usctp__core_set_time(&f->core, f->core.now_ts + USCTP__SEC / 2);
    fixture_sack(f, f->chunks[sent - 1].tsn, 100000, NULL);
    assert_int_equal(f->chunk_cnt, sent);
    assert_int_equal(fixture_events(f, USCTP_EVENT_SEND_FAILED), 1);
    assert_int_equal(f->assoc->tx.buffered, 0);
}

static void test_adopted(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[2000];
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov[2] = {{bytes, 1500}, {bytes + 1500, 500}};

    released = 0;
    info.release = release;
    info.context = &released;
    assert_int_equal(usctp__tx_send(f->assoc, &info, iov, 2), 0);
    fixture_settle(f);
    assert_int_equal(f->chunk_cnt, 2);
    fixture_sack(f, f->chunks[0].tsn, 100000, NULL);
    assert_int_equal(released, 0); /* a part of it may have to be sent again */
    fixture_sack(f, f->chunks[1].tsn, 100000, NULL);
    assert_int_equal(released, 1);
    /* Queued and in flight when the association ends: once each, before CLOSED. */
    assert_int_equal(usctp__tx_send(f->assoc, &info, iov, 2), 0);
    fixture_settle(f);
    f->assoc->cork_cnt = 1;
    assert_int_equal(usctp__tx_send(f->assoc, &info, iov, 1), 0);
    usctp__assoc_end(f->assoc, USCTP_LOST_LOCAL_ABORT, 0, NULL, 0);
    fixture_forget(f);
    usctp__core_settle(&f->core);
    usctp__core_settle(&f->core);
    assert_int_equal(released, 3);
    assert_int_equal(fixture_events(f, USCTP_EVENT_SEND_FAILED), 2);
    assert_int_equal(f->events[0].u.send_failed.sent, 1);
    assert_int_equal(f->events[1].u.send_failed.sent, 0);
    assert_int_equal(fixture_events(f, USCTP_EVENT_CLOSED), 1);
    assert_int_equal(f->events[f->event_cnt - 1].type, USCTP_EVENT_CLOSED);
}

static void test_free_is_silent_but_releases(void **state)
{
    struct fixture *f = *state;
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {"abc", 3};

    released = 0;
    info.release = release;
    info.context = &released;
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), 0);
    fixture_settle(f);
    assert_int_equal(usctp__tx_send(f->assoc, &info, &iov, 1), 0);
    usctp__assoc_free(f->assoc, false);
    usctp__core_settle(&f->core);
    assert_null(f->assoc);
    assert_int_equal(released, 2);
    assert_int_equal(f->event_cnt, 0);
}

static void test_restart(void **state)
{
    struct fixture *f = *state;

    fixture_send(f, 1, 3000);
    fixture_send(f, 1, 30000);
    assert_true(f->assoc->tx.outq.locked != NULL);
    fixture_forget(f);
    f->assoc->my_initial_tsn = 77;
    usctp__tx_restart(f->assoc, 77);
    usctp__tx_peer(f->assoc, 50000, 10);
    fixture_settle(f);
    fixture_settle(f);
    assert_int_equal(fixture_events(f, USCTP_EVENT_SEND_FAILED), 2);
    assert_int_equal(f->assoc->tx.buffered, 0);
    fixture_forget(f);
    fixture_send(f, 1, 10);
    assert_int_equal(f->chunks[0].tsn, 77);
    assert_int_equal(f->chunks[0].ssn, 0);
}

/* Streams at rest give their page back; their numbers go on. */
static void test_stream_at_rest(void **state)
{
    struct fixture *f = *state;

    fixture_send(f, 0, 10);
    fixture_wait(f, 50 * USCTP__MS);
    fixture_sack(f, f->chunks[0].tsn, 100000, NULL);
    fixture_wait(f, 10 * USCTP__SEC);
    assert_null(f->assoc->tx.outq.streams.head);
    fixture_forget(f);
    fixture_send(f, 0, 10);
    assert_int_equal(f->chunks[0].ssn, 1);
    assert_int_equal(usctp__stream_out_set_low_water(f->assoc, 0, 5), 0);
    fixture_sack(f, f->chunks[0].tsn, 100000, NULL);
    fixture_wait(f, 10 * USCTP__SEC);
    assert_non_null(f->assoc->tx.outq.streams.head); /* its mark has to be kept */
    assert_int_equal(f->assoc->tx.outq.streams.head[0].next_ssn, 2);
    usctp__stream_out_rewind(&f->assoc->tx.outq.streams);
    assert_int_equal(f->assoc->tx.outq.streams.head[0].next_ssn, 0);
}

static void test_fewer_streams(void **state)
{
    struct fixture *f = *state;

    f->assoc->cork_cnt = 1;
    assert_int_equal(fixture_queue(f, 4, 0, 10), 0);
    assert_int_equal(fixture_queue(f, 5, 0, 10), 0);
    assert_int_equal(fixture_queue(f, 99, 0, 10), 0);
    f->assoc->out_streams = 5;
    usctp__tx_peer(f->assoc, 50000, 5);
    f->assoc->cork_cnt = 0;
    fixture_settle(f);
    fixture_settle(f);
    assert_int_equal(fixture_events(f, USCTP_EVENT_SEND_FAILED), 2);
    assert_int_equal(f->chunk_cnt, 1);
    assert_int_equal(f->chunks[0].sid, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_copy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_would_block_and_writable, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_low_water, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lifetime, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timed_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lifetime_ends_with_the_first_chunk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_adopted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_free_is_silent_but_releases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stream_at_rest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fewer_streams, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
