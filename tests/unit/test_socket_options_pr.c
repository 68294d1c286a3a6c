/* SPDX-License-Identifier: BSD-3-Clause */
/* Socket options of partial reliability (RFC 6458, 8.1.32; RFC 7496, 4), and what they do on the wire. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"

/* --- Partial reliability (RFC 6458, 8.1.32; RFC 7496, 4) --------------------------------------- */

static void test_pr_supported(void **state)
{
    struct world *world = world_new();
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 7};
    int client, server;
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);

    (void)state;
    GET(fd, SCTP_PR_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    value.assoc_value = 0;
    SET(fd, SCTP_PR_SUPPORTED, &value, sizeof(value));
    value.assoc_value = 7;
    GET(fd, SCTP_PR_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 0);
    assert_int_equal(usctp_close(fd), 0);
    world_pair(world, &client, &server);
    GET(client, SCTP_PR_SUPPORTED, &value, sizeof(value));
    assert_int_equal(value.assoc_value, 1);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_default_prinfo(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_default_prinfo info = {0};
    struct sctp_prstatus status = {0};

    (void)state;
    info.pr_assoc_id = two.id[0];
    info.pr_policy = SCTP_PR_SCTP_RTX;
    info.pr_value = 3;
    SET(two.fd, SCTP_DEFAULT_PRINFO, &info, sizeof(info));
    info.pr_value = 0;
    GET(two.fd, SCTP_DEFAULT_PRINFO, &info, sizeof(info));
    assert_int_equal(info.pr_policy, SCTP_PR_SCTP_RTX);
    assert_int_equal(info.pr_value, 3);
    info.pr_assoc_id = two.id[1];
    GET(two.fd, SCTP_DEFAULT_PRINFO, &info, sizeof(info));
    assert_int_equal(info.pr_policy, SCTP_PR_SCTP_NONE);
    info.pr_policy = 0x40;
    FAILS(try_set(two.fd, SCTP_DEFAULT_PRINFO, &info, sizeof(info)), EINVAL);
    status.sprstat_assoc_id = two.id[0];
    status.sprstat_policy = SCTP_PR_SCTP_NONE;
    FAILS(try_get(two.fd, SCTP_PR_ASSOC_STATUS, &status, sizeof(status)), EINVAL);
    status.sprstat_policy = SCTP_PR_SCTP_ALL;
    status.sprstat_sid = 60000;
    GET(two.fd, SCTP_PR_ASSOC_STATUS, &status, sizeof(status));
    FAILS(try_get(two.fd, SCTP_PR_STREAM_STATUS, &status, sizeof(status)), EINVAL);
    two_down(world, &two);
}

static unsigned to_drop; /* packets of DATA that get lost in the next test */

static bool lose_data(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    if (dgram->len > 12 && ((const uint8_t *)dgram->data)[12] == 0 && to_drop > 0) {
        to_drop--;
        return true;
    }
    return false;
}

/* A message that must not be sent again is given up when it is lost, and counted. */
static void test_pr_on_the_wire(void **state)
{
    struct world *world = world_new();
    struct sctp_default_prinfo info = {0};
    struct sctp_prstatus status = {0};
    int client, server;
    char text[10];

    (void)state;
    world_pair(world, &client, &server);
    info.pr_policy = SCTP_PR_SCTP_RTX;
    SET(client, SCTP_DEFAULT_PRINFO, &info, sizeof(info));
    world->drop = lose_data;
    to_drop = 1;
    assert_int_equal(usctp_send(client, "one", 3, 0), 3);
    world_settle(world);
    assert_int_equal(to_drop, 0);
    world_run(world, USCTP_SEC(5));
    status.sprstat_policy = SCTP_PR_SCTP_RTX;
    GET(client, SCTP_PR_STREAM_STATUS, &status, sizeof(status));
    assert_int_equal(status.sprstat_abandoned_sent, 1);
    assert_int_equal(status.sprstat_abandoned_unsent, 0);
    assert_int_equal(usctp_send(client, "two", 3, 0), 3);
    world_settle(world);
    assert_int_equal(usctp_recv(server, text, sizeof(text), 0), 3);
    assert_memory_equal(text, "two", 3);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- SCTP_PRINFO with a single message (RFC 6458, 5.3.7) ---------------------------------------- */

/* Sends with SCTP_PRINFO as ancillary data, of so many bytes. */
static ssize_t send_with_prinfo(int fd, const char *text, uint16_t policy, uint32_t value,
                                size_t info_len)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(struct sctp_prinfo))];
    } control;
    struct sctp_prinfo info = {0};
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    struct msghdr msg;

    info.pr_policy = policy;
    info.pr_value = value;
    memset(&control, 0, sizeof(control));
    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);
    struct cmsghdr *item = CMSG_FIRSTHDR(&msg);
    item->cmsg_level = IPPROTO_SCTP;
    item->cmsg_type = SCTP_PRINFO;
    item->cmsg_len = CMSG_LEN(info_len);
    memcpy(CMSG_DATA(item), &info, info_len);
    return usctp_sendmsg(fd, &msg, 0);
}

static ssize_t sendv_with_prinfo(int fd, const char *text, uint16_t policy, uint32_t value)
{
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    struct sctp_prinfo info = {0};

    info.pr_policy = policy;
    info.pr_value = value;
    return usctp_sctp_sendv(fd, &iov, 1, NULL, 0, &info, sizeof(info), SCTP_SENDV_PRINFO, 0);
}

static uint64_t abandoned_sent(int fd)
{
    struct sctp_prstatus status = {0};

    status.sprstat_policy = SCTP_PR_SCTP_ALL;
    GET(fd, SCTP_PR_ASSOC_STATUS, &status, sizeof(status));
    return status.sprstat_abandoned_sent;
}

/* What was said with one message holds for that one alone. */
static void test_prinfo_of_one_message(void **state)
{
    struct world *world = world_new();
    int client, server;
    char text[10];

    (void)state;
    world_pair(world, &client, &server);
    world->drop = lose_data;
    for (uint64_t i = 0; i < 2; i++) {
        to_drop = 1;
        ssize_t sent = i == 0 ? send_with_prinfo(client, "lost", SCTP_PR_SCTP_RTX, 0,
                                                 sizeof(struct sctp_prinfo))
                              : sendv_with_prinfo(client, "lost", SCTP_PR_SCTP_RTX, 0);
        assert_int_equal(sent, 4);
        world_run(world, USCTP_SEC(5));
        assert_int_equal(to_drop, 0);
        assert_int_equal(abandoned_sent(client), i + 1);
    }
    to_drop = 1;
    assert_int_equal(usctp_send(client, "kept", 4, 0), 4);
    world_run(world, USCTP_SEC(5));
    assert_int_equal(to_drop, 0);
    assert_int_equal(abandoned_sent(client), 2);
    assert_int_equal(usctp_recv(server, text, sizeof(text), 0), 4);
    assert_memory_equal(text, "kept", 4);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_prinfo_errors(void **state)
{
    struct world *world = world_new();
    int client, server;
    char text[10];

    (void)state;
    world_pair(world, &client, &server);
    FAILS(send_with_prinfo(client, "x", 0x40, 0, sizeof(struct sctp_prinfo)), EINVAL);
    FAILS(send_with_prinfo(client, "x", SCTP_PR_SCTP_RTX, 0, sizeof(struct sctp_prinfo) - 1),
          EINVAL);
    FAILS(sendv_with_prinfo(client, "x", 0x40, 0), EINVAL);
    /* SCTP_PR_SCTP_NONE: the value means nothing. */
    assert_int_equal(
        send_with_prinfo(client, "y", SCTP_PR_SCTP_NONE, 7, sizeof(struct sctp_prinfo)), 1);
    assert_int_equal(usctp_recv(server, text, sizeof(text), 0), 1);
    assert_int_equal(text[0], 'y');
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- What the peer gives up when a part of it has been read (RFC 6458, 6.1.7) -------------------- */

static unsigned lose_number; /* the packet of DATA that gets lost, counted from 1 */

static bool lose_one(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    return dgram->len > 12 && ((const uint8_t *)dgram->data)[12] == 0 && lose_number > 0 &&
           --lose_number == 0;
}

static void test_partial_delivery_aborted(void **state)
{
    static uint8_t sent[8000], got[8000];
    struct world *world = world_new();
    struct sctp_event event = {0};
    struct sctp_pdapi_event note;
    int client, server, flags = 0, point = 1000;

    (void)state;
    world_pair(world, &client, &server);
    event.se_type = SCTP_PARTIAL_DELIVERY_EVENT;
    event.se_on = 1;
    SET(server, SCTP_EVENT, &event, sizeof(event));
    SET(server, SCTP_PARTIAL_DELIVERY_POINT, &point, sizeof(point));
    assert_int_equal(usctp_send(client, "first", 5, 0), 5); /* stream sequence number 0 */
    world->drop = lose_one;
    lose_number = 4; /* "first", and of the next message two that arrive and one that does not */
    memset(sent, 'p', sizeof(sent));
    struct iovec iov = {sent, sizeof(sent)};
    struct sctp_prinfo info = {SCTP_PR_SCTP_RTX, 0};
    assert_int_equal(usctp_sctp_sendv(client, &iov, 1, NULL, 0, &info, sizeof(info),
                                      SCTP_SENDV_PRINFO, MSG_DONTWAIT),
                     sizeof(sent));
    assert_int_equal(usctp_send(client, "next", 4, MSG_DONTWAIT), 4);
    assert_int_equal(usctp_recv(server, got, sizeof(got), 0), 5);
    world_run(world, USCTP_SEC(5));
    assert_int_equal(lose_number, 0);
    size_t len = 0;
    for (;;) {
        flags = 0;
        int part = usctp_sctp_recvmsg(server, got, sizeof(got), NULL, NULL, NULL, &flags);

        assert_true(part > 0);
        if ((flags & MSG_NOTIFICATION) != 0) {
            assert_int_equal(part, sizeof(note));
            break;
        }
        assert_int_equal(flags & MSG_EOR, 0); /* it never ends */
        len += (size_t)part;
    }
    assert_in_range(len, point, sizeof(sent) - 1);
    memcpy(&note, got, sizeof(note));
    assert_int_equal(note.pdapi_type, SCTP_PARTIAL_DELIVERY_EVENT);
    assert_int_equal(note.pdapi_length, sizeof(note));
    assert_int_equal(note.pdapi_indication, SCTP_PARTIAL_DELIVERY_ABORTED);
    assert_int_equal(note.pdapi_stream, 0);
    assert_int_equal(note.pdapi_seq, 1);
    flags = 0;
    assert_int_equal(usctp_sctp_recvmsg(server, got, sizeof(got), NULL, NULL, NULL, &flags), 4);
    assert_memory_equal(got, "next", 4);
    assert_int_equal(flags & MSG_EOR, MSG_EOR);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pr_supported),   cmocka_unit_test(test_default_prinfo),
        cmocka_unit_test(test_pr_on_the_wire), cmocka_unit_test(test_prinfo_of_one_message),
        cmocka_unit_test(test_prinfo_errors),  cmocka_unit_test(test_partial_delivery_aborted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
