/* SPDX-License-Identifier: BSD-3-Clause */
/* Each errno of the sockets, provoked: what Linux gives for it, here too. A test for each, in virtual time
 * but where the system itself has to say no. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* pipe2 and the like */
#endif
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/socket_options.h"
#include "unit/socket_udp.h"
#include "unit/socket_world.h"

enum { PORT = 7 };

static ssize_t send_to(int fd, uint16_t port, int flags)
{
    struct sockaddr_in name = world_name(1, port);

    return usctp_sendto(fd, "x", 1, flags, world_sa(&name), sizeof(name));
}

/* With SCTP_SNDINFO that says stream and flags. */
static ssize_t send_info(int fd, const char *text, uint16_t stream, uint16_t flags)
{
    struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
    struct sctp_sndinfo info = {0};

    info.snd_sid = stream;
    info.snd_flags = flags;
    return usctp_sctp_sendv(fd, &iov, 1, NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0);
}

static void close_all(struct world *world, const int *fds, size_t cnt)
{
    for (size_t i = 0; i < cnt; i++) {
        assert_int_equal(usctp_close(fds[i]), 0);
    }
    world_free(world);
}

/* The peer's socket aborts instead of shutting down. */
static void abort_from(struct world *world, int fd)
{
    struct linger linger = {1, 0};

    assert_int_equal(usctp_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    assert_int_equal(usctp_close(fd), 0);
    world_settle(world);
}

/* --- EPIPE, with SIGPIPE ---------------------------------------------------------------------- */

static volatile sig_atomic_t pipe_signals;

static void on_sigpipe(int number)
{
    (void)number;
    pipe_signals++;
}

static void fails_with_signal(int fd)
{
    pipe_signals = 0;
    FAILS(usctp_send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
    assert_int_equal(pipe_signals, 0);
    FAILS(usctp_send(fd, "x", 1, 0), EPIPE);
    assert_int_equal(pipe_signals, 1);
}

static void test_errno_epipe(void **state)
{
    struct world *world = world_new();
    int listener = world_listener(world, 1, SOCK_STREAM, 8);
    int fresh = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int many = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int client, server;

    (void)state;
    signal(SIGPIPE, on_sigpipe);
    world_pair(world, &client, &server);
    fails_with_signal(listener);
    fails_with_signal(fresh); /* never connected; RFC 6458 would have ENOTCONN */
    fails_with_signal(many);  /* no association to choose */
    assert_int_equal(usctp_shutdown(client, SHUT_WR), 0);
    fails_with_signal(client); /* shut down */
    world_settle(world);
    fails_with_signal(client); /* over */
    fails_with_signal(server);
    signal(SIGPIPE, SIG_DFL);
    close_all(world, (int[]){listener, fresh, many, client, server}, 5);
}

/* --- What ended an association ------------------------------------------------------------------ */

/* The pending error comes first, and without a signal; then EPIPE. */
static void test_errno_econnreset(void **state)
{
    struct world *world = world_new();
    int client, server;
    char byte;

    (void)state;
    signal(SIGPIPE, on_sigpipe);
    pipe_signals = 0;
    world_pair(world, &client, &server);
    abort_from(world, server);
    FAILS(usctp_send(client, "x", 1, 0), ECONNRESET);
    assert_int_equal(pipe_signals, 0);
    fails_with_signal(client);
    assert_int_equal(usctp_close(client), 0);
    world_pair(world, &client, &server);
    abort_from(world, server);
    FAILS(usctp_recv(client, &byte, 1, 0), ECONNRESET);
    assert_int_equal(usctp_recv(client, &byte, 1, 0), 0);
    assert_int_equal(usctp_close(client), 0);
    world_pair(world, &client, &server);
    abort_from(world, server);
    assert_int_equal(get_at(client, SOL_SOCKET, SO_ERROR), ECONNRESET);
    assert_int_equal(get_at(client, SOL_SOCKET, SO_ERROR), 0);
    signal(SIGPIPE, SIG_DFL);
    close_all(world, &client, 1);
}

static void test_errno_econnrefused(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    FAILS(connect_to(fd, PORT), ECONNREFUSED);
    set_nonblocking(fd);
    FAILS(connect_to(fd, PORT), EINPROGRESS);
    world_settle(world);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
    close_all(world, &fd, 1);
}

static uint8_t last_packet[WORLD_PACKET_LEN];
static size_t last_packet_len;

static bool swallow(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    memcpy(last_packet, dgram->data, dgram->len);
    last_packet_len = dgram->len;
    return true;
}

/* Port unreachable, with what was sent last as its quote (RFC 6951, 5.5). */
static void port_unreachable(struct world *world)
{
    struct usctp_icmp icmp = USCTP_ICMP_INIT;

    icmp.kind = USCTP_ICMP_NO_PROTOCOL;
    icmp.local = world->hosts[0].addr4;
    icmp.remote = world->hosts[1].addr4;
    icmp.local_udp_port = icmp.remote_udp_port = 9899;
    icmp.lower = 1;
    icmp.quote = last_packet;
    icmp.quote_len = last_packet_len;
    assert_int_equal(
        usctp_stack_input_icmp(usctp_host_stack(world->hosts[0].host), &icmp, world->now_ts), 0);
    assert_int_equal(usctp_host_process(world->hosts[0].host), 0);
}

static void test_errno_of_icmp(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    set_nodelay(client);
    world->drop = swallow;
    set_nonblocking(fd);
    FAILS(connect_to(fd, PORT), EINPROGRESS);
    port_unreachable(world);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    port_unreachable(world);
    assert_int_equal(get_at(client, SOL_SOCKET, SO_ERROR), ECONNRESET);
    close_all(world, (int[]){fd, client, server}, 3);
}

static void test_errno_etimedout(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    world->drop = swallow;
    FAILS(connect_to(fd, PORT), ETIMEDOUT);
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_run(world, USCTP_SEC(600));
    assert_int_equal(get_at(client, SOL_SOCKET, SO_ERROR), ETIMEDOUT);
    close_all(world, (int[]){fd, client, server}, 3);
}

/* --- Descriptors and pointers ------------------------------------------------------------------- */

static void test_errno_ebadf(void **state)
{
    struct sockaddr_in name = world_name(1, PORT);
    struct sockaddr *addrs;
    char byte = 0;

    (void)state;
    FAILS(usctp_bind(-1, world_sa(&name), sizeof(name)), EBADF);
    FAILS(usctp_send(-1, &byte, 1, 0), EBADF);
    FAILS(usctp_recv(1 << 20, &byte, 1, 0), EBADF);
    FAILS(usctp_close(-1), EBADF);
    FAILS(usctp_sctp_getpaddrs(-1, 0, &addrs), EBADF);
    FAILS(usctp_sctp_peeloff(-1, 3), EBADF);
}

static void test_errno_enotsock(void **state)
{
    int file = open("/dev/null", O_RDWR);
    struct sockaddr *addrs;
    char byte = 0;

    (void)state;
    FAILS(usctp_listen(file, 1), ENOTSOCK);
    FAILS(usctp_send(file, &byte, 1, 0), ENOTSOCK);
    FAILS(usctp_sctp_getladdrs(file, 0, &addrs), ENOTSOCK);
    close(file);
}

static void test_errno_eopnotsupp(void **state)
{
    struct world *world = world_new();
    int many = world_listener(world, 1, SOCK_SEQPACKET, 8);
    int one = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int tcp = socket(AF_INET, SOCK_STREAM, 0), seconds = 0;
    struct sockaddr *addrs;
    char byte;

    (void)state;
    FAILS(usctp_sctp_getpaddrs(tcp, 0, &addrs), EOPNOTSUPP);
    FAILS(usctp_accept(many, NULL, NULL), EOPNOTSUPP);
    FAILS(usctp_shutdown(many, SHUT_WR), EOPNOTSUPP);
    FAILS(usctp_setsockopt(one, IPPROTO_SCTP, SCTP_AUTOCLOSE, &seconds, sizeof(seconds)),
          EOPNOTSUPP);
    FAILS(usctp_setsockopt(one, IPPROTO_SCTP, SCTP_AUTOCLOSE, NULL, 0), EOPNOTSUPP);
    FAILS(usctp_recv(one, &byte, 1, MSG_OOB), EOPNOTSUPP);
    close(tcp);
    close_all(world, (int[]){many, one}, 2);
}

static void test_errno_efault(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, PORT);
    void *bad = (void *)(intptr_t)-1;
    struct msghdr msg;
    int client, server, number = 1;
    socklen_t len = sizeof(number);
    struct pollfd *fds = bad;

    (void)state;
    world_pair(world, &client, &server);
    memset(&msg, 0, sizeof(msg));
    FAILS(usctp_bind(client, bad, sizeof(name)), EFAULT);
    FAILS(usctp_sendto(client, "x", 1, 0, bad, sizeof(name)), EFAULT);
    FAILS(usctp_send(client, bad, 1, 0), EFAULT);
    FAILS(usctp_send(client, NULL, 1, 0), EFAULT);
    FAILS(usctp_recv(client, bad, 1, 0), EFAULT);
    FAILS(usctp_sendmsg(client, bad, 0), EFAULT);
    FAILS(usctp_recvmsg(client, bad, 0), EFAULT);
    msg.msg_iov = bad;
    msg.msg_iovlen = 1;
    FAILS(usctp_sendmsg(client, &msg, 0), EFAULT);
    FAILS(usctp_recvmsg(client, &msg, 0), EFAULT);
    FAILS(usctp_setsockopt(client, IPPROTO_SCTP, SCTP_NODELAY, bad, sizeof(number)), EFAULT);
    FAILS(usctp_getsockopt(client, IPPROTO_SCTP, SCTP_NODELAY, bad, &len), EFAULT);
    FAILS(usctp_getsockopt(client, IPPROTO_SCTP, SCTP_NODELAY, &number, bad), EFAULT);
    FAILS(usctp_getsockname(client, bad, &len), EFAULT);
    FAILS(usctp_poll(fds, 1, 0), EFAULT);
    FAILS(usctp_select(1, bad, NULL, NULL, NULL), EFAULT);
    close_all(world, (int[]){client, server}, 2);
}

/* --- Beginning ---------------------------------------------------------------------------------- */

static void test_errno_of_socket(void **state)
{
    (void)state;
    FAILS(usctp_socket(AF_UNIX, SOCK_STREAM, IPPROTO_SCTP), EAFNOSUPPORT);
    FAILS(usctp_socket(AF_INET, SOCK_DGRAM, IPPROTO_SCTP), ESOCKTNOSUPPORT);
    FAILS(usctp_socket(AF_INET, 343 & ~(SOCK_CLOEXEC | SOCK_NONBLOCK), IPPROTO_SCTP), EINVAL);
    FAILS(usctp_socket(AF_INET, SOCK_STREAM, IPPROTO_TCP), EPROTONOSUPPORT);
}

static void test_errno_of_bind(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct sockaddr_in name = {0};
    usctp_host *host;

    (void)state;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    int other = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    name.sin_family = AF_INET;
    name.sin_port = htons(5007);
    name.sin_addr.s_addr = inet_addr("203.0.113.77");
    FAILS(usctp_bind(fd, world_sa(&name), sizeof(name)), EADDRNOTAVAIL);
    FAILS(usctp_sctp_bindx(fd, (struct sockaddr *)&name, 1, SCTP_BINDX_ADD_ADDR), EADDRNOTAVAIL);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    FAILS(usctp_bind(other, world_sa(&name), sizeof(name)), EADDRINUSE);
    FAILS(usctp_bind(fd, world_sa(&name), sizeof(name)), EINVAL); /* twice */
    FAILS(usctp_bind(other, world_sa(&name), 4), EINVAL);         /* short */
    FAILS(usctp_sctp_bindx(fd, (struct sockaddr *)&name, 1, SCTP_BINDX_REM_ADDR), EINVAL);
    FAILS(usctp_sctp_bindx(fd, (struct sockaddr *)&name, 1, SCTP_BINDX_ADD_ADDR), EINVAL);
    FAILS(usctp_sctp_bindx(fd, (struct sockaddr *)&name, 0, SCTP_BINDX_ADD_ADDR), EINVAL);
    FAILS(usctp_sctp_bindx(fd, (struct sockaddr *)&name, 1, 0), EINVAL);
    FAILS(usctp_sctp_bindx(fd, (struct sockaddr *)&name, 1,
                           SCTP_BINDX_ADD_ADDR | SCTP_BINDX_REM_ADDR),
          EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(other), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* A UDP port that the system keeps for others; SCTP ports need no privilege. In a child that has none. */
static void listen_on_port_of_root(void)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct sockaddr_in name = {0};
    usctp_host *host;

    if (setuid(65534) != 0 && getuid() == 0) {
        _exit(77);
    }
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    name.sin_family = AF_INET;
    name.sin_port = htons(99);
    if (bind(udp, world_sa(&name), sizeof(name)) == 0 || errno != EACCES) {
        _exit(77); /* the system keeps none */
    }
    config.udp_port = 99;
    config.exit_ms = 1;
    if (usctp_host_new(&config, &host) != 0) {
        _exit(1);
    }
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    _exit(usctp_listen(fd, 1) == -1 && errno == EACCES ? 0 : 2);
}

static void test_errno_eacces(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        listen_on_port_of_root();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77); /* no way to provoke it */
}

static void test_errno_of_listen_and_accept(void **state)
{
    struct world *world = world_new();
    int listener = world_listener(world, 1, SOCK_STREAM, 8);
    int fresh = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    FAILS(usctp_listen(fresh, -1), EINVAL);
    FAILS(usctp_listen(fresh, 0), EINVAL);
    FAILS(usctp_listen(client, 1), EINVAL);
    FAILS(usctp_accept(fresh, NULL, NULL), EINVAL);
    FAILS(usctp_accept(server, NULL, NULL), EINVAL);
    FAILS(usctp_accept4(listener, NULL, NULL, 1 << 30), EINVAL);
    set_nonblocking(listener);
    FAILS(usctp_accept(listener, NULL, NULL), EAGAIN);
    close_all(world, (int[]){listener, fresh, client, server}, 4);
}

static void test_errno_of_connect(void **state)
{
    struct world *world = world_new();
    int listener = world_listener(world, 1, SOCK_STREAM, 8);
    int many = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int server = world_listener(world, 1, SOCK_SEQPACKET, 9);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct sockaddr_in6 name6 = {0};

    (void)state;
    name6.sin6_family = AF_INET6;
    FAILS(usctp_connect(fd, (struct sockaddr *)&name6, sizeof(name6)), EINVAL);
    name6.sin6_family = AF_UNIX;
    FAILS(usctp_connect(fd, (struct sockaddr *)&name6, sizeof(name6)), EINVAL);
    set_nonblocking(fd);
    FAILS(connect_to(fd, 8), EINPROGRESS);
    FAILS(connect_to(fd, 8), EALREADY);
    world_settle(world);
    FAILS(connect_to(fd, 8), EISCONN);
    FAILS(connect_to(listener, 9), EISCONN);
    FAILS(send_to(fd, 9, 0), EADDRNOTAVAIL); /* it is connected elsewhere */
    assert_int_equal(connect_to(many, 9), 0);
    sctp_assoc_t id = 0;
    struct sctp_paddrinfo info = {0};
    struct sockaddr_in peer = world_name(1, 9);
    memcpy(&info.spinfo_address, &peer, sizeof(peer));
    GET(many, SCTP_GET_PEER_ADDR_INFO, &info, sizeof(info));
    id = info.spinfo_assoc_id;
    int peeled = usctp_sctp_peeloff(many, id);
    assert_true(peeled >= 0);
    FAILS(connect_to(many, 9), EADDRNOTAVAIL); /* that peer was peeled off */
    FAILS(send_to(many, 9, 0), EADDRNOTAVAIL);
    FAILS(connect_to(peeled, 8), EISCONN);
    FAILS(usctp_listen(peeled, 1), EINVAL);
    FAILS(usctp_sctp_peeloff(many, id), EINVAL);
    FAILS(usctp_sctp_peeloff(fd, id), EINVAL);
    close_all(world, (int[]){listener, many, server, fd, peeled}, 5);
}

/* --- Sending and receiving ---------------------------------------------------------------------- */

static void test_errno_of_send(void **state)
{
    static char big[1 << 20];
    struct world *world = world_new();
    int many = world_listener(world, 1, SOCK_SEQPACKET, 8), on = 1;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    FAILS(usctp_send(client, "", 0, 0), EINVAL);
    FAILS(send_info(client, "x", 60000, 0), EINVAL);
    FAILS(send_info(client, "x", 0, SCTP_ADDR_OVER), EINVAL); /* which address? */
    FAILS(send_info(client, "", 0, SCTP_EOF), EINVAL);        /* one-to-one */
    FAILS(send_info(client, "", 0, SCTP_ABORT), EINVAL);
    FAILS(send_info(client, "x", 0, 0x8000), EINVAL);
    FAILS(send_info(many, "x", 0, SCTP_EOF), EINVAL); /* with data */
    FAILS(usctp_send(client, big, sizeof(big), 0), EMSGSIZE);
    SET(client, SCTP_DISABLE_FRAGMENTS, &on, sizeof(on));
    FAILS(usctp_send(client, big, 5000, 0), EMSGSIZE);
    on = 0;
    SET(client, SCTP_DISABLE_FRAGMENTS, &on, sizeof(on));
    FAILS(usctp_send(client, "x", 1, MSG_OOB), EOPNOTSUPP);
    world->drop = swallow;
    while (usctp_send(client, big, 60000, MSG_DONTWAIT) > 0) {
    }
    assert_int_equal(errno, EAGAIN);
    close_all(world, (int[]){many, client, server}, 3);
}

static void test_errno_of_recv(void **state)
{
    struct world *world = world_new();
    int fresh = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int many = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int listener = world_listener(world, 1, SOCK_STREAM, 8);
    struct timeval soon = {0, 1000};
    int client, server;
    char byte;

    (void)state;
    world_pair(world, &client, &server);
    FAILS(usctp_recv(fresh, &byte, 1, 0), ENOTCONN);
    FAILS(usctp_recv(many, &byte, 1, 0), ENOTCONN); /* though it might block */
    FAILS(usctp_recv(listener, &byte, 1, 0), ENOTCONN);
    FAILS(usctp_recv(client, &byte, 1, MSG_DONTWAIT), EAGAIN);
    FAILS(usctp_recv(client, &byte, 1, MSG_ERRQUEUE), EOPNOTSUPP);
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)), 0);
    FAILS(usctp_recv(client, &byte, 1, 0), EAGAIN);
    FAILS(usctp_shutdown(fresh, SHUT_WR), ENOTCONN);
    FAILS(usctp_shutdown(client, 3), EINVAL);
    assert_int_equal(usctp_shutdown(client, SHUT_WR), 0);
    world_settle(world);
    FAILS(usctp_recv(client, &byte, 1, 0), ENOTCONN);
    close_all(world, (int[]){fresh, many, listener, client, server}, 5);
}

/* --- Sizes and room ------------------------------------------------------------------------------- */

static char many_bytes[300000];

static ssize_t send_bytes(int fd, size_t len, int flags)
{
    return usctp_send(fd, many_bytes, len, flags | MSG_NOSIGNAL);
}

static size_t sndbuf_of(int fd)
{
    return (size_t)get_at(fd, SOL_SOCKET, SO_SNDBUF);
}

/* One message is no larger than SO_SNDBUF says, and no larger than a chunk where it may not be cut; what is
 * refused leaves nothing behind, no association either. */
static void test_errno_emsgsize(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 8);
    int many = world_listener(world, 1, SOCK_SEQPACKET, 8), on = 1;
    int fresh = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct iovec iov[2] = {{many_bytes, 50}, {many_bytes, 0}};
    struct msghdr msg;
    int client, server;
    char byte;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 10000), 0);
    assert_int_equal(sndbuf_of(client), 20000);
    FAILS(send_bytes(client, 20001, 0), EMSGSIZE);
    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = iov;
    msg.msg_iovlen = 2;
    iov[1].iov_len = 20000 - 50 + 1; /* several pieces are one message */
    FAILS(usctp_sendmsg(client, &msg, 0), EMSGSIZE);
    FAILS(usctp_writev(client, iov, 2), EMSGSIZE);
    assert_int_equal(world->cnt, 0);
    FAILS(usctp_recv(server, &byte, 1, MSG_DONTWAIT), EAGAIN);
    assert_int_equal(send_bytes(client, 20000, 0), 20000);
    /* The first message, which would set an association up. */
    assert_int_equal(set_at(fresh, SOL_SOCKET, SO_SNDBUF, 10000), 0);
    world_settle(world);
    FAILS(usctp_sendto(fresh, many_bytes, 20001, 0, world_sa(&name), sizeof(name)), EMSGSIZE);
    assert_int_equal(world->cnt, 0);
    FAILS(usctp_recv(fresh, &byte, 1, 0), ENOTCONN);
    /* To all: none gets it. */
    assert_int_equal(usctp_sendto(fresh, "x", 1, 0, world_sa(&name), sizeof(name)), 1);
    world_settle(world);
    struct sctp_sndrcvinfo info = {0};
    info.sinfo_flags = SCTP_SENDALL;
    FAILS(usctp_sctp_send(fresh, many_bytes, 20001, &info, 0), EMSGSIZE);
    assert_int_equal(world->cnt, 0);
    /* With ends of records of the program's own there is no such limit (RFC 6458, 8.1.7). */
    SET(fresh, SCTP_EXPLICIT_EOR, &on, sizeof(on));
    info.sinfo_flags = SCTP_EOR;
    info.sinfo_assoc_id = first_assoc(fresh);
    assert_int_equal(usctp_sctp_send(fresh, many_bytes, 50000, &info, 0), 50000);
    close_all(world, (int[]){many, fresh, client, server}, 4);
}

static uint64_t call_began_ts;

static void fails_after(struct world *world, ssize_t result, int error, uint64_t dur)
{
    assert_int_equal(result, -1);
    assert_int_equal(errno, error);
    assert_int_equal(world->now_ts - call_began_ts, dur);
    call_began_ts = world->now_ts;
}

/* No room, nothing to read, nobody to accept: at once where the call may not block, in time where it may for so
 * long. A message is taken whole while there is any room (Linux). */
static void test_errno_eagain(void **state)
{
    const struct timeval limit = {1, 500000};
    struct world *world = world_new();
    int listener = world_listener(world, 1, SOCK_STREAM, 8);
    int late = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct sockaddr_in away = world_name(1, 8);
    int client, server;
    char byte;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 10000), 0);
    world->drop = drop_all;
    assert_int_equal(send_bytes(client, 9999, MSG_DONTWAIT), 9999);
    assert_int_equal(send_bytes(client, 20000, MSG_DONTWAIT), 20000); /* a byte was free */
    FAILS(send_bytes(client, 1, MSG_DONTWAIT), EAGAIN);
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
    assert_int_equal(usctp_setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    assert_int_equal(usctp_setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    assert_int_equal(usctp_setsockopt(late, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), 0);
    call_began_ts = world->now_ts;
    fails_after(world, send_bytes(client, 1, 0), EAGAIN, USCTP_MS(1500));
    fails_after(world, usctp_recv(server, &byte, 1, 0), EAGAIN, USCTP_MS(1500));
    fails_after(world, usctp_accept(listener, NULL, NULL), EAGAIN, USCTP_MS(1500));
    fails_after(world, usctp_connect(late, world_sa(&away), sizeof(away)), EINPROGRESS,
                USCTP_MS(1500));
    fails_after(world, usctp_connect(late, world_sa(&away), sizeof(away)), EALREADY, 0);
    set_nonblocking(client);
    set_nonblocking(server);
    set_nonblocking(listener);
    fails_after(world, send_bytes(client, 1, 0), EAGAIN, 0);
    fails_after(world, usctp_recv(server, &byte, 1, 0), EAGAIN, 0);
    fails_after(world, usctp_accept(listener, NULL, NULL), EAGAIN, 0);
    /* What waits for room gets it when the peer has acknowledged what fills it. */
    world->drop = NULL;
    world_run(world, USCTP_SEC(10));
    assert_int_equal(send_bytes(client, 1, 0), 1);
    close_all(world, (int[]){listener, late, client, server}, 4);
}

/* One association of a one-to-many socket has no room; the others have (RFC 6458, 3.2). */
static void test_errno_eagain_of_one_association(void **state)
{
    struct world *world = world_new();
    struct two two = two_up(world);
    struct sctp_sndrcvinfo info = {0};

    (void)state;
    info.sinfo_assoc_id = two.id[0];
    while (usctp_sctp_send(two.fd, many_bytes, 20000, &info, MSG_DONTWAIT) > 0) {
        world_settle(world);
    }
    assert_int_equal(errno, EAGAIN);
    info.sinfo_assoc_id = two.id[1];
    assert_int_equal(usctp_sctp_send(two.fd, many_bytes, 20000, &info, MSG_DONTWAIT), 20000);
    two_down(world, &two);
}

/* --- Interrupted -------------------------------------------------------------------------------- */

static void on_alarm(int number)
{
    (void)number;
}

/* A handler without SA_RESTART runs while the call sleeps, in real time. */
static void interrupted(int sa_flags, int fd, ssize_t (*call)(int fd), int error)
{
    struct itimerval soon = {{0, 20000}, {0, 20000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action, before;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_alarm;
    action.sa_flags = sa_flags;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    errno = 0;
    ssize_t result = call(fd);
    int got = errno;
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_int_equal(result, -1);
    assert_int_equal(got, error);
}

static ssize_t call_accept(int fd)
{
    return usctp_accept(fd, NULL, NULL);
}

static ssize_t call_recv(int fd)
{
    char byte;

    return usctp_recv(fd, &byte, 1, 0);
}

static ssize_t call_poll(int fd)
{
    struct pollfd one = {fd, POLLIN, 0};

    return usctp_poll(&one, 1, -1);
}

static void test_errno_eintr(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct timeval limit = {0, 100000};
    struct usctp_addr addr;
    usctp_host *host;

    (void)state;
    assert_int_equal(usctp_addr_parse(&addr, "127.0.0.1"), 0);
    config.addrs = &addr;
    config.addr_cnt = 1;
    config.udp_port = free_udp_port();
    config.exit_ms = 1;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    int one = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    int many = usctp_host_socket(host, AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
    assert_int_equal(usctp_listen(one, 1), 0);
    assert_int_equal(usctp_listen(many, 1), 0);
    interrupted(0, one, call_accept, EINTR);
    interrupted(0, many, call_recv, EINTR);
    interrupted(0, many, call_poll, EINTR);
    /* With SA_RESTART it goes on sleeping, until its own time is up. */
    assert_int_equal(usctp_setsockopt(many, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    interrupted(SA_RESTART, many, call_recv, EAGAIN);
    assert_int_equal(usctp_close(one), 0);
    assert_int_equal(usctp_close(many), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errno_epipe),
        cmocka_unit_test(test_errno_econnreset),
        cmocka_unit_test(test_errno_econnrefused),
        cmocka_unit_test(test_errno_of_icmp),
        cmocka_unit_test(test_errno_etimedout),
        cmocka_unit_test(test_errno_ebadf),
        cmocka_unit_test(test_errno_enotsock),
        cmocka_unit_test(test_errno_eopnotsupp),
        cmocka_unit_test(test_errno_efault),
        cmocka_unit_test(test_errno_of_socket),
        cmocka_unit_test(test_errno_of_bind),
        cmocka_unit_test(test_errno_eacces),
        cmocka_unit_test(test_errno_of_listen_and_accept),
        cmocka_unit_test(test_errno_of_connect),
        cmocka_unit_test(test_errno_of_send),
        cmocka_unit_test(test_errno_of_recv),
        cmocka_unit_test(test_errno_emsgsize),
        cmocka_unit_test(test_errno_eagain),
        cmocka_unit_test(test_errno_eagain_of_one_association),
        cmocka_unit_test(test_errno_eintr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
