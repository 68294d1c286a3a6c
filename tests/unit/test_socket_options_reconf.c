/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options and notifications of stream reconfiguration (RFC 6525, 6), and what they do on the wire. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

/* Room for a notification with a few streams. */
union note {
    struct sctp_stream_reset_event reset;
    struct sctp_assoc_reset_event assoc;
    struct sctp_stream_change_event change;
    uint8_t bytes[64];
};

/* SCTP_RESET_STREAMS with two streams, or none. */
struct request {
    sctp_assoc_t id;
    uint16_t flags;
    uint16_t cnt;
    uint16_t streams[2];
};

static void subscribe(int fd)
{
    static const uint16_t types[] = {SCTP_STREAM_RESET_EVENT, SCTP_ASSOC_RESET_EVENT,
                                     SCTP_STREAM_CHANGE_EVENT};

    for (size_t i = 0; i < 3; i++) {
        struct sctp_event event;

        memset(&event, 0, sizeof(event));
        event.se_type = types[i];
        event.se_on = 1;
        SET(fd, SCTP_EVENT, &event, sizeof(event));
    }
}

/* The next notification; its length. */
static ssize_t read_note(int fd, union note *note)
{
    int flags = 0;
    ssize_t len;

    memset(note, 0, sizeof(*note));
    len = usctp_sctp_recvmsg(fd, note, sizeof(*note), NULL, NULL, NULL, &flags);
    assert_true((flags & MSG_NOTIFICATION) != 0);
    return len;
}

static void allow(int fd, uint32_t what)
{
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, what};

    SET(fd, SCTP_ENABLE_STREAM_RESET, &value, sizeof(value));
}

static void test_reconfig_supported(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
    int client, server;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    (void)state;
    GET(fd, SCTP_RECONFIG_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    value.assoc_value = 0;
    SET(fd, SCTP_RECONFIG_SUPPORTED, &value, sizeof(value));
    value.assoc_value = 7;
    GET(fd, SCTP_RECONFIG_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    assert_int_equal(usctp_close(fd), 0);
    world_pair(world, &client, &server);
    GET(client, SCTP_RECONFIG_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    FAILS(try_set(client, SCTP_RECONFIG_SUPPORTED, &value, sizeof(value)), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_enable_stream_reset(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};

    (void)state;
    value.assoc_id = two.id[0];
    GET(two.fd, SCTP_ENABLE_STREAM_RESET, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    value.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ;
    SET(two.fd, SCTP_ENABLE_STREAM_RESET, &value, sizeof(value));
    value.assoc_value = 0;
    GET(two.fd, SCTP_ENABLE_STREAM_RESET, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 5);
    value.assoc_id = two.id[1];
    GET(two.fd, SCTP_ENABLE_STREAM_RESET, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    value.assoc_value = 8;
    FAILS(try_set(two.fd, SCTP_ENABLE_STREAM_RESET, &value, sizeof(value)), EINVAL);
    two_down(world, &two);
}

static void test_reset_streams(void **state)
{
    struct world *world = world_new();
    struct request request = {
        0, SCTP_STREAM_RESET_OUTGOING | SCTP_STREAM_RESET_INCOMING, 2, {3, 1}};
    union note note;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    allow(client, SCTP_ENABLE_RESET_STREAM_REQ);
    allow(server, SCTP_ENABLE_RESET_STREAM_REQ);
    subscribe(client);
    subscribe(server);
    assert_int_equal(usctp_sctp_sendmsg(server, "x", 1, NULL, 0, 0, 0, 3, 0, 0), 1);
    world_settle(world);
    assert_int_equal(usctp_recv(client, note.bytes, sizeof(note), 0), 1);
    SET(client, SCTP_RESET_STREAMS, &request, sizeof(request));
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, sizeof(request)), EALREADY);
    world_settle(world);
    assert_int_equal(read_note(client, &note), sizeof(struct sctp_stream_reset_event) + 4);
    assert_int_equal(note.reset.strreset_type, SCTP_STREAM_RESET_EVENT);
    assert_int_equal(note.reset.strreset_length, sizeof(struct sctp_stream_reset_event) + 4);
    assert_int_equal(note.reset.strreset_flags & ~3, 0);
    assert_int_equal(note.reset.strreset_stream_list[0], 3);
    assert_int_equal(note.reset.strreset_stream_list[1], 1);
    uint16_t first = note.reset.strreset_flags;
    (void)read_note(client, &note);
    assert_int_equal(note.reset.strreset_flags | first,
                     SCTP_STREAM_RESET_INCOMING_SSN | SCTP_STREAM_RESET_OUTGOING_SSN);
    (void)read_note(server, &note);
    assert_int_equal(note.reset.strreset_type, SCTP_STREAM_RESET_EVENT);
    /* All outgoing ones. */
    request.flags = SCTP_STREAM_RESET_OUTGOING;
    request.cnt = 0;
    SET(client, SCTP_RESET_STREAMS, &request, sizeof(struct sctp_reset_streams));
    world_settle(world);
    assert_int_equal(read_note(client, &note), sizeof(struct sctp_stream_reset_event));
    assert_int_equal(note.reset.strreset_flags, SCTP_STREAM_RESET_OUTGOING_SSN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* The peer has sent nothing on the stream: its numbers are 0 as they are. */
static void test_reset_nothing(void **state)
{
    struct world *world = world_new();
    struct request request = {0, SCTP_STREAM_RESET_INCOMING, 1, {3, 0}};
    union note note;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    allow(client, SCTP_ENABLE_RESET_STREAM_REQ);
    allow(server, SCTP_ENABLE_RESET_STREAM_REQ);
    subscribe(client);
    SET(client, SCTP_RESET_STREAMS, &request, sizeof(request));
    world_settle(world);
    assert_int_equal(read_note(client, &note), sizeof(struct sctp_stream_reset_event) + 2);
    assert_int_equal(note.reset.strreset_type, SCTP_STREAM_RESET_EVENT);
    assert_int_equal(note.reset.strreset_flags, SCTP_STREAM_RESET_INCOMING_SSN);
    assert_int_equal(note.reset.strreset_stream_list[0], 3);
    FAILS(usctp_recv(client, note.bytes, sizeof(note), MSG_DONTWAIT), EAGAIN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_reset_denied(void **state)
{
    struct world *world = world_new();
    struct request request = {0, SCTP_STREAM_RESET_OUTGOING, 1, {0, 0}};
    struct sctp_add_streams add;
    union note note;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    subscribe(client);
    subscribe(server);
    SET(client, SCTP_RESET_STREAMS, &request, sizeof(request));
    world_settle(world);
    (void)read_note(client, &note);
    assert_int_equal(note.reset.strreset_flags,
                     SCTP_STREAM_RESET_OUTGOING_SSN | SCTP_STREAM_RESET_DENIED);
    memset(&add, 0, sizeof(add));
    add.sas_outstrms = 1;
    SET(client, SCTP_ADD_STREAMS, &add, sizeof(add));
    world_settle(world);
    (void)read_note(client, &note);
    assert_int_equal(note.change.strchange_flags, SCTP_STREAM_CHANGE_DENIED);
    SET(client, SCTP_RESET_ASSOC, &request.id, sizeof(request.id));
    world_settle(world);
    (void)read_note(client, &note);
    assert_int_equal(note.assoc.assocreset_flags, SCTP_ASSOC_RESET_DENIED);
    FAILS(usctp_recv(server, note.bytes, sizeof(note), MSG_DONTWAIT), EAGAIN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* As Linux has it: a stream with messages that were not sent is reset when they have been. */
static void test_reset_behind_messages(void **state)
{
    static char big[60000];
    struct world *world = world_new();
    struct request request = {0, SCTP_STREAM_RESET_OUTGOING, 1, {3}};
    const size_t one = sizeof(request) - sizeof(uint16_t);
    const size_t all = sizeof(struct sctp_reset_streams);
    union note note;
    int client, server, got;

    (void)state;
    world_pair(world, &client, &server);
    allow(server, SCTP_ENABLE_RESET_STREAM_REQ);
    subscribe(client);
    assert_int_equal(usctp_sctp_sendmsg(client, big, sizeof(big), NULL, 0, 0, 0, 3, 0, 0),
                     sizeof(big));
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, one), EAGAIN);
    request.flags |= SCTP_STREAM_RESET_INCOMING;
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, one), EAGAIN);
    request.cnt = 0;
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, all), EAGAIN);
    /* What is wrong anyhow is told first. */
    request.cnt = 2;
    request.streams[1] = 10;
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, sizeof(request)), EINVAL);
    world_run(world, USCTP_SEC(1));
    for (size_t len = 0; len < sizeof(big); len += (size_t)got) {
        got = (int)usctp_recv(server, big, sizeof(big), MSG_DONTWAIT);
        assert_true(got > 0);
    }
    FAILS(usctp_recv(client, &note, sizeof(note), MSG_DONTWAIT), EAGAIN); /* nothing was begun */
    request.flags = SCTP_STREAM_RESET_OUTGOING;
    request.cnt = 1;
    SET(client, SCTP_RESET_STREAMS, &request, one);
    world_run(world, USCTP_SEC(1));
    assert_int_equal(read_note(client, &note), sizeof(struct sctp_stream_reset_event) + 2);
    assert_int_equal(note.reset.strreset_flags, SCTP_STREAM_RESET_OUTGOING_SSN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Messages of other streams, and what is to come in, are nothing to wait for. */
static void test_reset_beside_messages(void **state)
{
    static char big[60000];
    struct world *world = world_new();
    struct request request = {0, SCTP_STREAM_RESET_OUTGOING, 1, {2}};
    const size_t one = sizeof(request) - sizeof(uint16_t);
    union note note;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    allow(client, SCTP_ENABLE_RESET_STREAM_REQ);
    allow(server, SCTP_ENABLE_RESET_STREAM_REQ);
    subscribe(client);
    assert_int_equal(usctp_sctp_sendmsg(client, big, sizeof(big), NULL, 0, 0, 0, 3, 0, 0),
                     sizeof(big));
    SET(client, SCTP_RESET_STREAMS, &request, one);
    world_run(world, USCTP_SEC(1));
    (void)read_note(client, &note);
    assert_int_equal(note.reset.strreset_flags, SCTP_STREAM_RESET_OUTGOING_SSN);
    assert_int_equal(usctp_sctp_sendmsg(client, big, sizeof(big), NULL, 0, 0, 0, 3, 0, 0),
                     sizeof(big));
    request.flags = SCTP_STREAM_RESET_INCOMING;
    request.streams[0] = 3;
    SET(client, SCTP_RESET_STREAMS, &request, one);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* The piece to come of a message that was begun is such a message too. */
static void test_reset_amid_pieces(void **state)
{
    struct world *world = world_new();
    struct request request = {0, SCTP_STREAM_RESET_OUTGOING, 1, {0}};
    const size_t one = sizeof(request) - sizeof(uint16_t);
    int client, server, on = 1;

    (void)state;
    world_pair(world, &client, &server);
    SET(client, SCTP_EXPLICIT_EOR, &on, sizeof(on));
    assert_int_equal(usctp_send(client, "xy", 2, 0), 2);
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, one), EAGAIN);
    assert_int_equal(usctp_sctp_sendmsg(client, "z", 1, NULL, 0, 0, SCTP_EOR, 0, 0, 0), 1);
    world_settle(world);
    SET(client, SCTP_RESET_STREAMS, &request, one);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_reset_errors(void **state)
{
    struct world *world = world_new();
    struct request request = {0, SCTP_STREAM_RESET_OUTGOING, 2, {0, 1}};
    struct sctp_assoc_value off = {SCTP_FUTURE_ASSOC, 0};
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_add_streams add;
    int client, server;
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    memset(&add, 0, sizeof(add));
    FAILS(try_set(fd, SCTP_RESET_STREAMS, &request, sizeof(request)), EINVAL);
    FAILS(try_set(fd, SCTP_ADD_STREAMS, &add, sizeof(add)), EINVAL);
    FAILS(try_get(fd, SCTP_RESET_STREAMS, &request, sizeof(request)), ENOPROTOOPT);
    world_pair(world, &client, &server);
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, sizeof(request) - 1), EINVAL);
    request.streams[1] = 10;
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, sizeof(request)), EINVAL);
    request.flags = 0;
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, sizeof(request)), EINVAL);
    request.flags = 5;
    FAILS(try_set(client, SCTP_RESET_STREAMS, &request, sizeof(request)), EINVAL);
    FAILS(try_set(client, SCTP_ADD_STREAMS, &add, sizeof(add)), EINVAL);
    /* To a peer that does not know of it. */
    SET(fd, SCTP_RECONFIG_SUPPORTED, &off, sizeof(off));
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(client), 0);
    world_settle(world);
    server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    assert_int_equal(usctp_connect(fd, world_sa(&name), sizeof(name)), 0);
    add.sas_outstrms = 1;
    FAILS(try_set(fd, SCTP_ADD_STREAMS, &add, sizeof(add)), ENOPROTOOPT);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_add_streams(void **state)
{
    struct world *world = world_new();
    struct sctp_add_streams add;
    union note note;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    allow(client, SCTP_ENABLE_CHANGE_ASSOC_REQ);
    allow(server, SCTP_ENABLE_CHANGE_ASSOC_REQ);
    subscribe(client);
    subscribe(server);
    memset(&add, 0, sizeof(add));
    add.sas_outstrms = 2;
    SET(client, SCTP_ADD_STREAMS, &add, sizeof(add));
    world_settle(world);
    assert_int_equal(read_note(client, &note), sizeof(note.change));
    assert_int_equal(note.change.strchange_type, SCTP_STREAM_CHANGE_EVENT);
    assert_int_equal(note.change.strchange_flags, 0);
    assert_int_equal(note.change.strchange_outstrms, 12);
    assert_int_equal(note.change.strchange_instrms, 10);
    (void)read_note(server, &note);
    assert_int_equal(note.change.strchange_instrms, 12);
    assert_int_equal(usctp_sctp_sendmsg(client, "x", 1, NULL, 0, 0, 0, 11, 0, 0), 1);
    world_settle(world);
    assert_int_equal(usctp_recv(server, note.bytes, sizeof(note), 0), 1);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_reset_assoc(void **state)
{
    struct world *world = world_new();
    sctp_assoc_t id = 0;
    union note note;
    uint32_t local_tsn;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    allow(server, SCTP_ENABLE_RESET_ASSOC_REQ);
    subscribe(client);
    subscribe(server);
    SET(client, SCTP_RESET_ASSOC, &id, sizeof(id));
    world_settle(world);
    assert_int_equal(read_note(client, &note), sizeof(note.assoc));
    assert_int_equal(note.assoc.assocreset_type, SCTP_ASSOC_RESET_EVENT);
    assert_int_equal(note.assoc.assocreset_flags, 0);
    local_tsn = note.assoc.assocreset_local_tsn;
    (void)read_note(server, &note);
    assert_int_equal(note.assoc.assocreset_remote_tsn, local_tsn);
    FAILS(try_set(client, SCTP_RESET_ASSOC, &id, sizeof(id)), EALREADY); /* within 30 seconds */
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_settle(world);
    assert_int_equal(usctp_recv(server, note.bytes, sizeof(note), 0), 1);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reconfig_supported),    cmocka_unit_test(test_enable_stream_reset),
        cmocka_unit_test(test_reset_streams),         cmocka_unit_test(test_reset_nothing),
        cmocka_unit_test(test_reset_denied),          cmocka_unit_test(test_reset_errors),
        cmocka_unit_test(test_reset_behind_messages), cmocka_unit_test(test_reset_beside_messages),
        cmocka_unit_test(test_reset_amid_pieces),     cmocka_unit_test(test_add_streams),
        cmocka_unit_test(test_reset_assoc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
