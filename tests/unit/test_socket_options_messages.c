/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options about what is sent and received: defaults of messages, ancillary data, notifications (RFC 6458, 8.1). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

/* --- Sending ---------------------------------------------------------------------------------- */

static void test_default_send_param(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_sndrcvinfo info;
    struct sctp_sndinfo snd;

    (void)state;
    memset(&info, 0, sizeof(info));
    info.sinfo_assoc_id = SCTP_ALL_ASSOC;
    info.sinfo_stream = 4;
    info.sinfo_flags = SCTP_UNORDERED;
    info.sinfo_ppid = 99;
    info.sinfo_context = 77;
    info.sinfo_timetolive = 1000;
    SET(two.fd, SCTP_DEFAULT_SEND_PARAM, &info, sizeof(info));
    memset(&snd, 0, sizeof(snd));
    for (int i = 0; i < 3; i++) {
        snd.snd_assoc_id = i < 2 ? two.id[i] : SCTP_FUTURE_ASSOC;
        GET(two.fd, SCTP_DEFAULT_SNDINFO, &snd, sizeof(snd));
        assert_int_equal(snd.snd_sid, 4);
        assert_int_equal(snd.snd_flags, SCTP_UNORDERED);
        assert_int_equal(snd.snd_ppid, 99);
        assert_int_equal(snd.snd_context, 77);
    }
    snd.snd_assoc_id = two.id[1];
    snd.snd_sid = 10; /* it has 10 streams */
    FAILS(try_set(two.fd, SCTP_DEFAULT_SNDINFO, &snd, sizeof(snd)), EINVAL);
    snd.snd_sid = 9;
    SET(two.fd, SCTP_DEFAULT_SNDINFO, &snd, sizeof(snd));
    info.sinfo_assoc_id = two.id[1];
    GET(two.fd, SCTP_DEFAULT_SEND_PARAM, &info, sizeof(info));
    assert_int_equal(info.sinfo_stream, 9);
    assert_int_equal(info.sinfo_timetolive, 1000);
    info.sinfo_assoc_id = two.id[0];
    GET(two.fd, SCTP_DEFAULT_SEND_PARAM, &info, sizeof(info));
    assert_int_equal(info.sinfo_stream, 4);
    info.sinfo_flags = 0x2000;
    FAILS(try_set(two.fd, SCTP_DEFAULT_SEND_PARAM, &info, sizeof(info)), EINVAL);
    two_down(world, &two);
}

/* RFC 6458, 8.1.11: what does not fit a chunk is refused, and nothing of it is sent. */
static void test_no_fragments(void **state)
{
    struct world *world = world_new();
    char message[1173] = {0};
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, 1), 0);
    FAILS(usctp_send(client, message, 1173, 0), EMSGSIZE);
    assert_int_equal(world->cnt, 0);
    assert_int_equal(usctp_send(client, message, 1172, 0), 1172);
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, 0), 0);
    assert_int_equal(usctp_send(client, message, 1173, 0), 1173);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* The message that would set an association up, too: there is none then, and no INIT. */
static void test_no_fragments_first(void **state)
{
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    char message[1173] = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int fd = world_socket(world, 0, AF_INET, types[i]);

        assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, 1), 0);
        FAILS(usctp_sendto(fd, message, 1173, 0, world_sa(&name), sizeof(name)), EMSGSIZE);
        assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_MAXSEG, 500), 0);
        FAILS(usctp_sendto(fd, message, 501, 0, world_sa(&name), sizeof(name)), EMSGSIZE);
        assert_int_equal(world->cnt, 0);
        FAILS(usctp_recv(fd, message, 1, 0), ENOTCONN);
        assert_int_equal(usctp_sendto(fd, message, 500, 0, world_sa(&name), sizeof(name)), 500);
        assert_int_equal(usctp_recv(server, message, sizeof(message), 0), 500);
        assert_int_equal(usctp_close(fd), 0);
        world_settle(world);
    }
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* So is one that comes before the association stands, which it does all the same. */
static void test_no_fragments_early(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
    char message[1173] = {0};

    (void)state;
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_DISABLE_FRAGMENTS, 1), 0);
    FAILS(usctp_connect(fd, world_sa(&name), sizeof(name)), EINPROGRESS);
    FAILS(usctp_send(fd, message, 1173, 0), EMSGSIZE);
    assert_int_equal(usctp_send(fd, message, 1172, 0), 1172);
    assert_int_equal(usctp_recv(server, message, sizeof(message), 0), 1172);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Ancillary data --------------------------------------------------------------------------- */

/* Receives one message with its one item of ancillary data. */
static void receive_item(int fd, int type, void *item, size_t len)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[512];
    } control;
    char byte[8];
    struct iovec iov = {byte, sizeof(byte)};
    struct msghdr msg;

    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);
    assert_int_equal(usctp_recvmsg(fd, &msg, 0), 1);
    struct cmsghdr *got = &control.align;
    assert_int_equal(msg.msg_controllen, CMSG_SPACE(len)); /* just one */
    assert_int_equal(got->cmsg_level, IPPROTO_SCTP);
    assert_int_equal(got->cmsg_type, type);
    assert_int_equal(got->cmsg_len, CMSG_LEN(len));
    memcpy(item, CMSG_DATA(got), len);
}

/* The structure of old, or in its place the longer one (RFC 6458, 8.1.22). */
static void test_ext_rcvinfo(void **state)
{
    struct world *world = world_new();
    struct sctp_event event = {4711, SCTP_DATA_IO_EVENT, 1};
    struct sctp_sndrcvinfo info;
    struct sctp_extrcvinfo more;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    set_nodelay(client);
    SET(server, SCTP_EVENT, &event, sizeof(event)); /* of the association: felt by the socket */
    event.se_on = 0;
    GET(server, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(event.se_on, 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(usctp_sctp_sendmsg(client, "x", 1, NULL, 0, 7, 0, (uint16_t)(i + 1), 0, 0),
                         1);
    }
    world_settle(world);
    receive_item(server, SCTP_SNDRCV, &info, sizeof(info));
    assert_int_equal(info.sinfo_stream, 1);
    assert_int_equal(info.sinfo_ppid, 7);
    assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_USE_EXT_RCVINFO, 1), 0);
    receive_item(server, SCTP_EXTRCV, &more, sizeof(more));
    assert_int_equal(more.sinfo_stream, 2);
    assert_int_equal(more.serinfo_next_flags, SCTP_NEXT_MSG_AVAIL | SCTP_NEXT_MSG_ISCOMPLETE);
    assert_int_equal(more.serinfo_next_stream, 3);
    assert_int_equal(more.serinfo_next_length, 1);
    assert_int_equal(more.serinfo_next_ppid, 7);
    receive_item(server, SCTP_EXTRCV, &more, sizeof(more));
    assert_int_equal(more.sinfo_stream, 3);
    assert_int_equal(more.serinfo_next_flags, 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Notifications ---------------------------------------------------------------------------- */

static void test_events(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_event_subscribe events;
    struct sctp_event event;
    uint8_t longer[sizeof(events) + 1] = {0};
    socklen_t len = 2;

    (void)state;
    memset(&events, 0, sizeof(events));
    events.sctp_association_event = 1;
    events.sctp_shutdown_event = 1;
    SET(two.fd, SCTP_EVENTS, &events, sizeof(events));
    events.sctp_association_event = 0;
    SET(two.fd, SCTP_EVENTS, &events, 2); /* what is not given stays */
    memset(&events, 0, sizeof(events));
    GET(two.fd, SCTP_EVENTS, &events, sizeof(events));
    assert_int_equal(events.sctp_association_event, 0);
    assert_int_equal(events.sctp_shutdown_event, 1);
    assert_int_equal(usctp_getsockopt(two.fd, IPPROTO_SCTP, SCTP_EVENTS, longer, &len), 0);
    assert_int_equal(len, 2);
    FAILS(try_set(two.fd, SCTP_EVENTS, longer, sizeof(longer)), EINVAL);
    FAILS(try_set(two.fd, SCTP_EVENTS, longer, 0), EINVAL);
    memset(&event, 0, sizeof(event));
    event.se_assoc_id = two.id[0]; /* those that stand take part */
    event.se_type = SCTP_SHUTDOWN_EVENT;
    GET(two.fd, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(event.se_on, 1);
    event.se_on = 0;
    SET(two.fd, SCTP_EVENT, &event, sizeof(event));
    event.se_on = 1;
    GET(two.fd, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(event.se_on, 0);
    event.se_assoc_id = two.id[1];
    GET(two.fd, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(event.se_on, 1);
    event.se_on = 2;
    FAILS(try_set(two.fd, SCTP_EVENT, &event, sizeof(event)), EINVAL);
    event.se_on = 1;
    event.se_type = SCTP_NOTIFICATIONS_STOPPED_EVENT;
    FAILS(try_set(two.fd, SCTP_EVENT, &event, sizeof(event)), EINVAL);
    event.se_type = 3;
    FAILS(try_get(two.fd, SCTP_EVENT, &event, sizeof(event)), EINVAL);
    two_down(world, &two);
}

/* RFC 6458, 6.1.9: at once where there is nothing to send, later when that is so again. */
static void test_dry(void **state)
{
    struct world *world = world_new();
    struct sctp_event event = {0, SCTP_SENDER_DRY_EVENT, 1};
    union sctp_notification note;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    SET(client, SCTP_EVENT, &event, sizeof(event));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(usctp_recv(client, &note, sizeof(note), 0),
                         sizeof(struct sctp_sender_dry_event));
        assert_int_equal(note.sn_header.sn_type, SCTP_SENDER_DRY_EVENT);
        FAILS(usctp_recv(client, &note, sizeof(note), MSG_DONTWAIT), EAGAIN);
        assert_int_equal(usctp_send(client, "x", 1, 0), 1);
        FAILS(usctp_recv(client, &note, sizeof(note), MSG_DONTWAIT), EAGAIN);
    }
    world_run(world, USCTP_SEC(1));
    assert_true(usctp_recv(client, &note, sizeof(note), 0) > 0);
    event.se_on = 0;
    SET(client, SCTP_EVENT, &event, sizeof(event));
    assert_int_equal(core_params(world, 0).flags & USCTP_PARAM_DRY_EVENTS, 0);
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_run(world, USCTP_SEC(1));
    FAILS(usctp_recv(client, &note, sizeof(note), MSG_DONTWAIT), EAGAIN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_send_param),
        cmocka_unit_test(test_no_fragments),
        cmocka_unit_test(test_no_fragments_first),
        cmocka_unit_test(test_no_fragments_early),
        cmocka_unit_test(test_ext_rcvinfo),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_dry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
