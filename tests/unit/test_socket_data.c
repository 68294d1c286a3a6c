/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages over sockets: ends of records, parts, what is told of them, and how to send. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* struct mmsghdr */
#endif
#include <sys/socket.h>
#include <sys/uio.h>

#include "unit/socket_world.h"

#include "socket/sock.h"
#include "socket/table.h"

/* The inside of a socket, to set what an option would. */
static struct usctp__sock *inside(int fd)
{
    struct usctp__sock *sock;

    assert_int_equal(usctp__enter(fd, &sock), 0);
    usctp__leave(sock);
    return sock;
}

static void fill(uint8_t *bytes, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(i * 7 + seed + (i >> 8));
    }
}

static ssize_t send_flags(int fd, const void *buf, size_t len, uint16_t stream, uint16_t flags)
{
    struct sctp_sndrcvinfo info;

    memset(&info, 0, sizeof(info));
    info.sinfo_stream = stream;
    info.sinfo_flags = flags;
    return usctp_sctp_send(fd, buf, len, &info, 0);
}

/* --- Ends of records (RFC 6458, 3.1.4, 8.1.26) -------------------------------------------------- */

static void test_5_5_never_two_messages(void **state)
{
    struct world *world = world_new();
    int client, server, flags = 0;
    char buf[64];

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "one", 3, 0), 3);
    assert_int_equal(usctp_send(client, "two", 3, 0), 3);
    assert_int_equal(usctp_sctp_recvmsg(server, buf, sizeof(buf), NULL, NULL, NULL, &flags), 3);
    assert_true((flags & MSG_EOR) != 0);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 3);
    assert_memory_equal(buf, "two", 3);
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

static void test_5_5_short_buffer(void **state)
{
    struct world *world = world_new();
    int client, server, flags = 0;
    char buf[64];

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "abcdef", 6, 0), 6);
    assert_int_equal(usctp_sctp_recvmsg(server, buf, 4, NULL, NULL, NULL, &flags), 4);
    assert_int_equal(flags & (MSG_EOR | MSG_TRUNC), 0);
    flags = MSG_PEEK;
    assert_int_equal(usctp_sctp_recvmsg(server, buf, 4, NULL, NULL, NULL, &flags), 2);
    assert_true((flags & MSG_EOR) != 0);
    flags = 0;
    assert_int_equal(usctp_sctp_recvmsg(server, buf, 4, NULL, NULL, NULL, &flags), 2);
    assert_memory_equal(buf, "ef", 2);
    assert_true((flags & MSG_EOR) != 0);
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

/* Reads a whole message, however many parts it comes in. */
static size_t read_message(int fd, uint8_t *buf, size_t cap)
{
    size_t len = 0;
    int flags;

    do {
        flags = 0;
        int got = usctp_sctp_recvmsg(fd, buf + len, cap - len, NULL, NULL, NULL, &flags);

        assert_true(got > 0);
        len += (size_t)got;
    } while ((flags & MSG_EOR) == 0);
    return len;
}

static void test_5_5_explicit_eor(void **state)
{
    static uint8_t sent[300000], got[300000];
    struct world *world = world_new();
    int client, server;
    char buf[64];

    (void)state;
    world_pair(world, &client, &server);
    inside(client)->opts.explicit_eor = true;
    assert_int_equal(usctp_send(client, "ab", 2, 0), 2);
    assert_int_equal(usctp_send(client, "c", 1, 0), 1);
    world_run(world, USCTP_MS(500));
    assert_int_equal(send_flags(client, "def", 3, 0, SCTP_EOR), 3);
    assert_int_equal(read_message(server, (uint8_t *)buf, sizeof(buf)), 6);
    assert_memory_equal(buf, "abcdef", 6);

    /* The end may come by itself. */
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_run(world, USCTP_MS(500));
    assert_int_equal(send_flags(client, NULL, 0, 0, SCTP_EOR), 0);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 1);
    assert_int_equal(buf[0], 'x');

    /* Another stream meanwhile, an end of nothing. */
    assert_int_equal(send_flags(client, "a", 1, 1, 0), 1);
    assert_int_equal(send_flags(client, "a", 1, 2, 0), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(send_flags(client, "b", 1, 1, SCTP_EOR), 1);
    assert_int_equal(send_flags(client, NULL, 0, 1, SCTP_EOR), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 2);
    assert_memory_equal(buf, "ab", 2);

    /* Larger than what the send buffer takes at once. */
    fill(sent, sizeof(sent), 1);
    inside(client)->opts.sndbuf = 65536;
    for (size_t at = 0; at < sizeof(sent); at += 100000) {
        bool last = at + 100000 == sizeof(sent);

        assert_int_equal(send_flags(client, sent + at, 100000, 0, last ? SCTP_EOR : 0), 100000);
    }
    assert_int_equal(read_message(server, got, sizeof(got)), sizeof(sent));
    assert_memory_equal(got, sent, sizeof(sent));

    /* Closing in the midst of one aborts. */
    assert_int_equal(usctp_send(client, "half", 4, 0), 4);
    usctp_close(client);
    world_settle(world);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), -1);
    assert_int_equal(errno, ECONNRESET);
    usctp_close(server);
    world_free(world);
}

/* --- Partial delivery (5.6) --------------------------------------------------------------------- */

/* A message larger than the window is delivered in parts; between them, at level 0, nothing else is. */
static void test_5_6_window_full_of_one_message(void **state)
{
    static uint8_t sent[600000], got[600000];
    struct world *world = world_new();
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    fill(sent, sizeof(sent), 3);
    inside(client)->opts.sndbuf = sizeof(sent);
    assert_int_equal(usctp_send(client, sent, sizeof(sent), MSG_DONTWAIT), sizeof(sent));
    assert_int_equal(read_message(server, got, sizeof(got)), sizeof(sent));
    assert_memory_equal(got, sent, sizeof(sent));
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

static void test_5_6_aborted_part(void **state)
{
    static uint8_t sent[600000], got[600000];
    struct world *world = world_new();
    struct sctp_pdapi_event *note = (struct sctp_pdapi_event *)(void *)got;
    int client, server, flags = 0;

    (void)state;
    world_pair(world, &client, &server);
    fill(sent, sizeof(sent), 3);
    usctp__peer_by_id(inside(server), 0)->opts.events =
        1u << (SCTP_PARTIAL_DELIVERY_EVENT - SCTP_SN_TYPE_BASE);
    inside(client)->opts.sndbuf = sizeof(sent);
    assert_int_equal(usctp_send(client, sent, sizeof(sent), MSG_DONTWAIT), sizeof(sent));
    assert_true(usctp_sctp_recvmsg(server, got, 100, NULL, NULL, NULL, &flags) == 100);
    inside(client)->opts.linger = true;
    usctp_close(client);
    world_settle(world);
    for (;;) {
        flags = 0;
        int len = usctp_sctp_recvmsg(server, got, sizeof(got), NULL, NULL, NULL, &flags);

        assert_true(len > 0);
        if ((flags & MSG_NOTIFICATION) != 0) {
            assert_int_equal(len, sizeof(*note));
            break;
        }
        assert_int_equal(flags & MSG_EOR, 0);
    }
    assert_int_equal(note->pdapi_type, SCTP_PARTIAL_DELIVERY_EVENT);
    assert_int_equal(note->pdapi_indication, SCTP_PARTIAL_DELIVERY_ABORTED);
    assert_int_equal(usctp_recv(server, got, sizeof(got), 0), -1);
    assert_int_equal(errno, ECONNRESET);
    usctp_close(server);
    world_free(world);
}

/* Two clients of a one-to-many server: the level says whether the second's message may come in between. */
static void check_level(uint32_t level, bool between)
{
    static uint8_t sent[600000], got[600000];
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    struct sockaddr_in name = world_name(1, 7);
    int one = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int two = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int flags = 0;

    inside(server)->opts.interleave = level;
    inside(one)->opts.sndbuf = sizeof(sent);
    assert_int_equal(usctp_sendto(one, "1", 1, 0, world_sa(&name), sizeof(name)), 1);
    assert_int_equal(usctp_sendto(two, "2", 1, 0, world_sa(&name), sizeof(name)), 1);
    world_settle(world);
    assert_int_equal(usctp_recv(server, got, 10, 0), 1);
    assert_int_equal(usctp_recv(server, got, 10, 0), 1);

    fill(sent, sizeof(sent), 5);
    assert_int_equal(
        usctp_sendto(one, sent, sizeof(sent), MSG_DONTWAIT, world_sa(&name), sizeof(name)),
        sizeof(sent));
    world_settle(world);
    assert_int_equal(usctp_sctp_recvmsg(server, got, 1000, NULL, NULL, NULL, &flags), 1000);
    assert_int_equal(flags & MSG_EOR, 0);
    assert_int_equal(usctp_sendto(two, "between", 7, 0, world_sa(&name), sizeof(name)), 7);
    world_settle(world);
    size_t len = 1000;
    bool came = false;
    while (len < sizeof(sent)) {
        flags = 0;
        int n = usctp_sctp_recvmsg(server, got + len, sizeof(got) - len, NULL, NULL, NULL, &flags);
        assert_true(n > 0);
        if (n == 7 && (flags & MSG_EOR) != 0 && memcmp(got + len, "between", 7) == 0) {
            came = true;
        } else {
            len += (size_t)n;
        }
        world_settle(world);
    }
    assert_memory_equal(got, sent, sizeof(sent));
    assert_int_equal(came, between);
    if (!came) {
        assert_int_equal(usctp_recv(server, got, sizeof(got), 0), 7);
    }
    usctp_close(one);
    usctp_close(two);
    usctp_close(server);
    world_free(world);
}

static void test_5_6_level_0(void **state)
{
    (void)state;
    check_level(0, false);
}

static void test_5_6_level_1(void **state)
{
    (void)state;
    check_level(1, true);
}

/* --- How to send (5.1) -------------------------------------------------------------------------- */

static void test_5_1_errors(void **state)
{
    struct world *world = world_new();
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "", 0, 0), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(send_flags(client, "x", 1, 0, SCTP_EOF), -1); /* one-to-one */
    assert_int_equal(errno, EINVAL);
    assert_int_equal(send_flags(client, "x", 1, 0, SCTP_ABORT), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(send_flags(client, "x", 1, 0, SCTP_ADDR_OVER), -1); /* no address */
    assert_int_equal(errno, EINVAL);
    assert_int_equal(send_flags(client, "x", 1, 0, 0x2000), -1); /* unknown */
    assert_int_equal(errno, EINVAL);
    assert_int_equal(send_flags(client, "x", 1, 60000, 0), -1); /* no such stream */
    assert_int_equal(errno, EINVAL);
    inside(client)->opts.sndbuf = 100;
    assert_int_equal(usctp_send(client,
                                "....................................................."
                                "....................................................",
                                101, 0),
                     -1);
    assert_int_equal(errno, EMSGSIZE);
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

static void test_5_1_eof_and_abort(void **state)
{
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    struct sockaddr_in name = world_name(1, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sctp_sndrcvinfo info;
    char buf[16];

    (void)state;
    memset(&info, 0, sizeof(info));
    info.sinfo_flags = SCTP_EOF; /* never sets one up */
    assert_int_equal(usctp_sctp_sendx(client, NULL, 0, (struct sockaddr *)&name, 1, &info, 0), -1);
    assert_int_equal(errno, EINVAL);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(usctp_sendto(client, "x", 1, 0, world_sa(&name), sizeof(name)), 1);
        assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 1);
        info.sinfo_flags = round == 0 ? SCTP_EOF : SCTP_ABORT;
        assert_int_equal(usctp_sctp_sendx(client, round == 0 ? NULL : "bye", round == 0 ? 0 : 3,
                                          (struct sockaddr *)&name, 1, &info, 0),
                         round == 0 ? 0 : 3);
        world_settle(world);
        assert_int_equal(inside(client)->peer_cnt, 0);
        assert_int_equal(inside(server)->peer_cnt, 0);
    }
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

static void test_5_1_sendall(void **state)
{
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    struct sockaddr_in name = world_name(1, 7);
    int clients[3];
    char buf[16];

    (void)state;
    for (int i = 0; i < 3; i++) {
        clients[i] = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
        assert_int_equal(usctp_sendto(clients[i], "x", 1, 0, world_sa(&name), sizeof(name)), 1);
        assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 1);
    }
    assert_int_equal(send_flags(server, "all", 3, 0, SCTP_SENDALL), 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(usctp_recv(clients[i], buf, sizeof(buf), 0), 3);
        usctp_close(clients[i]);
    }
    usctp_close(server);
    world_free(world);
}

static int going[3]; /* clients: one whose window is full, one that goes, one that stays */
static unsigned going_steps;

static void let_one_go(struct world *world)
{
    static char bytes[100000];
    struct linger linger = {1, 0};

    (void)world;
    going_steps++;
    if (going_steps == 3) {
        assert_int_equal(usctp_setsockopt(going[1], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)),
                         0);
        assert_int_equal(usctp_close(going[1]), 0); /* ABORT */
    } else if (going_steps > 10) {
        while (usctp_recv(going[0], bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
        }
    }
}

/* While it waits for the first peer the second one goes, which is the next in turn. */
static void test_sendall_while_peers_go(void **state)
{
    static char big[20000];
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    struct sctp_sndrcvinfo info = {0};
    char bytes[16];

    (void)state;
    for (int i = 0; i < 3; i++) {
        going[i] = world_socket(world, 0, AF_INET, i == 1 ? SOCK_STREAM : SOCK_SEQPACKET);
        if (i == 1) {
            assert_int_equal(usctp_connect(going[i], world_sa(&name), sizeof(name)), 0);
        }
        assert_int_equal(i == 1 ? usctp_send(going[i], "x", 1, 0)
                                : usctp_sendto(going[i], "x", 1, 0, world_sa(&name), sizeof(name)),
                         1);
        assert_int_equal(usctp_recv(server, bytes, sizeof(bytes), 0), 1);
    }
    info.sinfo_assoc_id = first_assoc(server);
    while (usctp_sctp_send(server, big, sizeof(big), &info, MSG_DONTWAIT) > 0) {
        world_settle(world);
    }
    assert_int_equal(errno, EAGAIN);
    going_steps = 0;
    world->step = let_one_go;
    memset(&info, 0, sizeof(info));
    info.sinfo_flags = SCTP_SENDALL;
    assert_int_equal(usctp_sctp_send(server, "all", 3, &info, 0), 3);
    assert_true(going_steps > 10);
    assert_int_equal(usctp_recv(going[2], bytes, sizeof(bytes), 0), 3);
    world->step = NULL;
    assert_int_equal(usctp_close(going[0]), 0);
    assert_int_equal(usctp_close(going[2]), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Ancillary data (3) -------------------------------------------------------------------------- */

static void test_3_rcvinfo_and_nxtinfo(void **state)
{
    struct world *world = world_new();
    int client, server, flags = 0;
    struct sctp_sndinfo snd;
    struct sctp_recvv_rn rn;
    struct iovec iov = {(void *)(uintptr_t) "hello", 5}, in;
    char buf[16];
    socklen_t len = sizeof(rn);
    unsigned type = 99;

    (void)state;
    world_pair(world, &client, &server);
    memset(&snd, 0, sizeof(snd));
    snd.snd_sid = 3;
    snd.snd_ppid = 0x12345678;
    snd.snd_flags = SCTP_UNORDERED;
    assert_int_equal(
        usctp_sctp_sendv(client, &iov, 1, NULL, 0, &snd, sizeof(snd), SCTP_SENDV_SNDINFO, 0), 5);
    iov.iov_len = 4;
    snd.snd_flags = 0;
    assert_int_equal(
        usctp_sctp_sendv(client, &iov, 1, NULL, 0, &snd, sizeof(snd), SCTP_SENDV_SNDINFO, 0), 4);
    world_settle(world);
    inside(server)->opts.rcvinfo = true;
    inside(server)->opts.nxtinfo = true;
    in.iov_base = buf;
    in.iov_len = sizeof(buf);
    assert_int_equal(usctp_sctp_recvv(server, &in, 1, NULL, NULL, &rn, &len, &type, &flags), 5);
    assert_int_equal(type, SCTP_RECVV_RN);
    assert_int_equal(len, sizeof(rn));
    assert_int_equal(rn.recvv_rcvinfo.rcv_sid, 3);
    assert_int_equal(rn.recvv_rcvinfo.rcv_ppid, 0x12345678);
    assert_int_equal(rn.recvv_rcvinfo.rcv_flags, SCTP_UNORDERED);
    assert_int_equal(rn.recvv_nxtinfo.nxt_length, 4);
    assert_int_equal(rn.recvv_nxtinfo.nxt_flags, SCTP_COMPLETE);
    flags = 0;
    len = sizeof(rn);
    assert_int_equal(usctp_sctp_recvv(server, &in, 1, NULL, NULL, &rn, &len, &type, &flags), 4);
    assert_int_equal(type, SCTP_RECVV_RCVINFO);
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

static void test_3_bad_control_data(void **state)
{
    union {
        struct cmsghdr header;
        char bytes[256];
    } control;
    struct world *world = world_new();
    struct iovec iov = {(void *)(uintptr_t) "x", 1};
    struct msghdr msg;
    int client, server;
    const struct {
        int type;
        size_t len;
    } bad[] = {{SCTP_SNDRCV, 3}, {SCTP_SNDINFO, 1}, {SCTP_PRINFO, 1}, {SCTP_INIT, 1}, {77, 4}};

    (void)state;
    world_pair(world, &client, &server);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&msg, 0, sizeof(msg));
        memset(&control, 0, sizeof(control));
        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(bad[i].len);
        control.header.cmsg_level = IPPROTO_SCTP;
        control.header.cmsg_type = bad[i].type;
        control.header.cmsg_len = CMSG_LEN(bad[i].len);
        assert_int_equal(usctp_sendmsg(client, &msg, 0), -1);
        assert_int_equal(errno, EINVAL);
        control.header.cmsg_len = 1; /* shorter than itself */
        assert_int_equal(usctp_sendmsg(client, &msg, 0), -1);
        assert_int_equal(errno, EINVAL);
    }
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

/* --- Notifications (4) ---------------------------------------------------------------------------- */

static void expect_assoc_change(int fd, uint16_t state)
{
    union {
        struct sctp_assoc_change change;
        char bytes[2048];
    } note;
    int flags = 0;
    int len = usctp_sctp_recvmsg(fd, &note, sizeof(note), NULL, NULL, NULL, &flags);

    assert_true(len >= (int)sizeof(note.change));
    assert_true((flags & MSG_NOTIFICATION) != 0 && (flags & MSG_EOR) != 0);
    assert_int_equal(note.change.sac_type, SCTP_ASSOC_CHANGE);
    assert_int_equal(note.change.sac_length, len);
    assert_int_equal(note.change.sac_state, state);
    assert_true(note.change.sac_assoc_id >= 3);
    if (state == SCTP_COMM_UP) {
        assert_int_equal(len, 20);
        assert_int_equal(note.change.sac_outbound_streams, 10);
    }
}

static void test_4_assoc_change(void **state)
{
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    struct sockaddr_in name = world_name(1, 7), nobody = world_name(1, 8);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sctp_sndrcvinfo info;
    char buf[16];

    (void)state;
    inside(client)->opts.peer.events = 1u << 1;
    inside(server)->opts.peer.events = 1u << 1 | 1u << 5;
    assert_int_equal(usctp_sendto(client, "x", 1, 0, world_sa(&name), sizeof(name)), 1);
    expect_assoc_change(client, SCTP_COMM_UP);
    expect_assoc_change(server, SCTP_COMM_UP);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 1);
    memset(&info, 0, sizeof(info));
    info.sinfo_flags = SCTP_EOF;
    assert_int_equal(usctp_sctp_sendx(client, NULL, 0, (struct sockaddr *)&name, 1, &info, 0), 0);
    world_settle(world);
    expect_assoc_change(client, SCTP_SHUTDOWN_COMP);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), sizeof(struct sctp_shutdown_event));
    expect_assoc_change(server, SCTP_SHUTDOWN_COMP);

    /* Refused: the data's result is its length all the same. */
    assert_int_equal(usctp_sendto(client, "x", 1, 0, world_sa(&nobody), sizeof(nobody)), 1);
    expect_assoc_change(client, SCTP_CANT_STR_ASSOC);
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

static void test_4_send_failed(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in nobody = world_name(1, 8);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    union {
        struct sctp_send_failed failed;
        char bytes[256];
    } note;
    int flags = 0;

    (void)state;
    inside(client)->opts.peer.events = 1u << 3;
    assert_int_equal(usctp_sctp_sendmsg(client, "lost", 4, (struct sockaddr *)&nobody,
                                        sizeof(nobody), 77, 0, 2, 0, 1234),
                     4);
    int len = usctp_sctp_recvmsg(client, &note, sizeof(note), NULL, NULL, NULL, &flags);
    assert_int_equal(len, sizeof(note.failed) + 4);
    assert_int_equal(note.failed.ssf_type, SCTP_SEND_FAILED);
    assert_int_equal(note.failed.ssf_flags, SCTP_DATA_UNSENT);
    assert_int_equal(note.failed.ssf_info.sinfo_context, 1234);
    assert_int_equal(note.failed.ssf_info.sinfo_ppid, 77);
    assert_int_equal(note.failed.ssf_info.sinfo_stream, 2);
    assert_memory_equal(note.failed.ssf_data, "lost", 4);
    usctp_close(client);
    world_free(world);
}

/* --- Vectors, and many messages at once ------------------------------------------------------- */

static void test_read_and_write(void **state)
{
    struct world *world = world_new();
    int client, server;
    char head[3], tail[8];
    char abc[] = "abc", defg[] = "defg";
    struct iovec out[2] = {{abc, 3}, {defg, 4}};
    struct iovec in[2] = {{head, sizeof(head)}, {tail, sizeof(tail)}};

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_write(client, "x", 1), 1);
    assert_int_equal(usctp_writev(client, out, 2), 7);
    assert_int_equal(usctp_read(server, tail, sizeof(tail)), 1);
    assert_int_equal(tail[0], 'x');
    assert_int_equal(usctp_readv(server, in, 2), 7);
    assert_memory_equal(head, "abc", 3);
    assert_memory_equal(tail, "defg", 4);
    assert_int_equal(usctp_readv(server, in, -1), -1);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(usctp_writev(client, out, 1025), -1);
    assert_int_equal(errno, EINVAL);
    usctp_close(client);
    usctp_close(server);
    world_free(world);
}

#if defined(__linux__)
static void test_mmsg(void **state)
{
    struct world *world = world_new();
    int client, server;
    char bytes[3][4] = {{0}};
    char one[] = "one", four[] = "four";
    struct iovec out[2] = {{one, 3}, {four, 4}};
    struct iovec in[3];
    struct mmsghdr msgs[3];

    (void)state;
    world_pair(world, &client, &server);
    memset(msgs, 0, sizeof(msgs));
    for (int i = 0; i < 2; i++) {
        msgs[i].msg_hdr.msg_iov = &out[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }
    assert_int_equal(usctp_sendmmsg(client, msgs, 2, 0), 2);
    assert_int_equal(msgs[0].msg_len, 3);
    assert_int_equal(msgs[1].msg_len, 4);
    assert_int_equal(usctp_sendmmsg(client, msgs, 0, 0), 0);
    memset(msgs, 0, sizeof(msgs));
    for (int i = 0; i < 3; i++) {
        in[i] = (struct iovec){bytes[i], sizeof(bytes[i])};
        msgs[i].msg_hdr.msg_iov = &in[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }
    /* It waits for the first one only. */
    assert_int_equal(usctp_recvmmsg(server, msgs, 3, MSG_WAITFORONE, NULL), 2);
    assert_int_equal(msgs[0].msg_len, 3);
    assert_int_equal(msgs[1].msg_len, 4);
    assert_memory_equal(bytes[0], "one", 3);
    assert_memory_equal(bytes[1], "four", 4);
    assert_int_equal(usctp_recvmmsg(server, msgs, 3, MSG_DONTWAIT, NULL), -1);
    assert_int_equal(errno, EAGAIN);
    usctp_close(client);
    assert_int_equal(usctp_sendmmsg(client, msgs, 3, 0), -1);
    assert_int_equal(errno, EBADF);
    usctp_close(server);
    world_free(world);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_and_write),
#if defined(__linux__)
        cmocka_unit_test(test_mmsg),
#endif
        cmocka_unit_test(test_5_5_never_two_messages),
        cmocka_unit_test(test_5_5_short_buffer),
        cmocka_unit_test(test_5_5_explicit_eor),
        cmocka_unit_test(test_5_6_window_full_of_one_message),
        cmocka_unit_test(test_5_6_aborted_part),
        cmocka_unit_test(test_5_6_level_0),
        cmocka_unit_test(test_5_6_level_1),
        cmocka_unit_test(test_5_1_errors),
        cmocka_unit_test(test_5_1_eof_and_abort),
        cmocka_unit_test(test_5_1_sendall),
        cmocka_unit_test(test_sendall_while_peers_go),
        cmocka_unit_test(test_3_rcvinfo_and_nxtinfo),
        cmocka_unit_test(test_3_bad_control_data),
        cmocka_unit_test(test_4_assoc_change),
        cmocka_unit_test(test_4_send_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
