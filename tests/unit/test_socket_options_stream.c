/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options of interleaved messages (RFC 8260, 4.3), and what they do on the wire. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

static unsigned chunk_types; /* bits: DATA was seen, I-DATA was */

static bool note_type(struct world *world, const struct usctp_dgram *dgram)
{
    const uint8_t *packet = dgram->data;

    (void)world;
    if (dgram->len > 12 && (packet[12] == 0 || packet[12] == 64)) {
        chunk_types |= packet[12] == 0 ? 1u : 2u;
    }
    return false;
}

/* Whether it is offered: off, and only for programs that take parts side by side. */
static void test_interleaving_supported(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    (void)state;
    GET(fd, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    value.assoc_value = 1;
    FAILS(try_set(fd, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value)), EPERM);
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 1), 0);
    FAILS(try_set(fd, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value)), EPERM);
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 2), 0);
    SET(fd, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
    value.assoc_value = 0;
    GET(fd, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    /* RFC 8260, 4.3.1: neither of the present association nor of all of them. */
    for (sctp_assoc_t id = SCTP_CURRENT_ASSOC; id <= SCTP_ALL_ASSOC; id++) {
        value.assoc_id = id;
        FAILS(try_set(fd, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value)), EINVAL);
    }
    /* Who takes them no longer side by side offers it no longer. */
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 0), 0);
    value.assoc_id = SCTP_FUTURE_ASSOC;
    GET(fd, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

/* A pair of connected sockets of which these ask for it. */
static void pair_of(struct world *world, bool ask_client, bool ask_server, int fds[2])
{
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 1};
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    struct sockaddr_in name = world_name(1, 7);

    fds[0] = world_socket(world, 0, AF_INET, SOCK_STREAM);
    if (ask_client) {
        assert_int_equal(set_at(fds[0], IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 2), 0);
        SET(fds[0], SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
    }
    if (ask_server) {
        assert_int_equal(set_at(listener, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, 2), 0);
        SET(listener, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
    }
    assert_int_equal(usctp_connect(fds[0], world_sa(&name), sizeof(name)), 0);
    fds[1] = usctp_accept(listener, NULL, NULL);
    assert_true(fds[1] >= 0);
    assert_int_equal(usctp_close(listener), 0);
}

/* Where both asked I-DATA is sent, else DATA. */
static void test_interleaving_on_the_wire(void **state)
{
    (void)state;
    for (unsigned asked = 0; asked < 4; asked++) {
        struct world *world = world_new();
        struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
        bool both = asked == 3;
        char message[3000] = {0};
        int fds[2];

        pair_of(world, (asked & 1) != 0, (asked & 2) != 0, fds);
        GET(fds[0], SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
        assert_int_equal(value.assoc_value, both);
        GET(fds[1], SCTP_INTERLEAVING_SUPPORTED, &value, sizeof(value));
        assert_int_equal(value.assoc_value, both);
        GET(fds[0], SCTP_MAXSEG, &value, sizeof(value));
        assert_int_equal(value.assoc_value, 1200 - 12 - (both ? 20 : 16));
        world->drop = note_type;
        chunk_types = 0;
        assert_int_equal(usctp_send(fds[0], message, sizeof(message), 0), sizeof(message));
        world_settle(world);
        assert_int_equal(usctp_recv(fds[1], message, sizeof(message), 0), sizeof(message));
        assert_int_equal(chunk_types, both ? 2 : 1);
        assert_int_equal(usctp_close(fds[0]), 0);
        assert_int_equal(usctp_close(fds[1]), 0);
        world_free(world);
    }
}

/* Each scheduler, of sockets and of associations; Linux's numbers. */
static void test_stream_scheduler(void **state)
{
    static const uint32_t numbers[] = {SCTP_SS_PRIO, SCTP_SS_RR,  SCTP_SS_RR_PKT,
                                       SCTP_SS_FC,   SCTP_SS_WFQ, SCTP_SS_FCFS};
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};

    (void)state;
    assert_int_equal(SCTP_SS_DEFAULT, SCTP_SS_FCFS);
    GET(two.fd, SCTP_STREAM_SCHEDULER, &value, sizeof(value));
    assert_int_equal(value.assoc_value, SCTP_SS_DEFAULT);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (int k = 0; k < 2; k++) {
            value.assoc_id = k == 0 ? (sctp_assoc_t)SCTP_FUTURE_ASSOC : two.id[0];
            value.assoc_value = numbers[i];
            SET(two.fd, SCTP_STREAM_SCHEDULER, &value, sizeof(value));
            value.assoc_value = 77;
            GET(two.fd, SCTP_STREAM_SCHEDULER, &value, sizeof(value));
            assert_int_equal(value.assoc_value, numbers[i]);
        }
    }
    value.assoc_id = SCTP_CURRENT_ASSOC;
    value.assoc_value = SCTP_SS_RR;
    SET(two.fd, SCTP_STREAM_SCHEDULER, &value, sizeof(value));
    value.assoc_id = two.id[1];
    GET(two.fd, SCTP_STREAM_SCHEDULER, &value, sizeof(value));
    assert_int_equal(value.assoc_value, SCTP_SS_RR);
    value.assoc_value = 5;
    FAILS(try_set(two.fd, SCTP_STREAM_SCHEDULER, &value, sizeof(value)), EINVAL);
    two_down(world, &two);
}

static void test_stream_scheduler_value(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_stream_value value = {0, 3, 9};

    (void)state;
    value.assoc_id = two.id[0];
    SET(two.fd, SCTP_STREAM_SCHEDULER_VALUE, &value, sizeof(value));
    value.stream_value = 0;
    GET(two.fd, SCTP_STREAM_SCHEDULER_VALUE, &value, sizeof(value));
    assert_int_equal(value.stream_value, 9);
    value.assoc_id = two.id[1];
    GET(two.fd, SCTP_STREAM_SCHEDULER_VALUE, &value, sizeof(value));
    assert_int_equal(value.stream_value, 0);
    value.assoc_id = SCTP_ALL_ASSOC;
    value.stream_value = 4;
    SET(two.fd, SCTP_STREAM_SCHEDULER_VALUE, &value, sizeof(value));
    value.assoc_id = two.id[1];
    GET(two.fd, SCTP_STREAM_SCHEDULER_VALUE, &value, sizeof(value));
    assert_int_equal(value.stream_value, 4);
    value.stream_id = 60000;
    FAILS(try_set(two.fd, SCTP_STREAM_SCHEDULER_VALUE, &value, sizeof(value)), EINVAL);
    FAILS(try_get(two.fd, SCTP_STREAM_SCHEDULER_VALUE, &value, sizeof(value)), EINVAL);
    two_down(world, &two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interleaving_supported),
        cmocka_unit_test(test_interleaving_on_the_wire),
        cmocka_unit_test(test_stream_scheduler),
        cmocka_unit_test(test_stream_scheduler_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
