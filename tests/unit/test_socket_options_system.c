/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of SOL_SOCKET and IP, by which programs know any socket. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SO_PROTOCOL, SO_DOMAIN */
#endif
#include "unit/socket_options.h"
#include "unit/socket_udp.h"

/* --- SOL_SOCKET, IP --------------------------------------------------------------------------- */

static void test_system(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET6, SOCK_SEQPACKET);
    int old = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
    assert_int_equal(get_at(old, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_SCTP);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_DOMAIN), AF_INET6);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
    assert_int_equal(usctp_listen(fd, 1), 0);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_ACCEPTCONN), 1);
    FAILS(set_at(fd, SOL_SOCKET, SO_TYPE, 1), ENOPROTOOPT);
    FAILS(set_at(fd, SOL_SOCKET, SO_SNDLOWAT, 2), ENOPROTOOPT);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_SNDLOWAT), 1);
    FAILS(set_at(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), EINVAL); /* bound */
    FAILS(set_at(old, IPPROTO_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT);
    assert_int_equal(set_at(fd, IPPROTO_IPV6, IPV6_TCLASS, 0x28), 0);
    assert_int_equal(get_at(fd, IPPROTO_IPV6, IPV6_TCLASS), 0x28);
    assert_int_equal(set_at(fd, IPPROTO_IPV6, IPV6_TCLASS, -1), 0);
    assert_int_equal(get_at(fd, IPPROTO_IPV6, IPV6_TCLASS), 0);
    FAILS(set_at(fd, IPPROTO_IPV6, IPV6_TCLASS, 256), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(old), 0);
    world_free(world);
}

/* What Linux takes and keeps, though SCTP has no use for it. */
static void test_kept(void **state)
{
    static const int names[] = {SO_BROADCAST, SO_KEEPALIVE, SO_DONTROUTE, SO_OOBINLINE};
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(get_at(fd, SOL_SOCKET, names[i]), 0);
        assert_int_equal(set_at(fd, SOL_SOCKET, names[i], 5), 0);
        assert_int_equal(get_at(fd, SOL_SOCKET, names[i]), 1);
        assert_int_equal(set_at(fd, SOL_SOCKET, names[i], 0), 0);
        assert_int_equal(get_at(fd, SOL_SOCKET, names[i]), 0);
    }
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_RCVLOWAT), 1);
    assert_int_equal(set_at(fd, SOL_SOCKET, SO_RCVLOWAT, 7), 0);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_RCVLOWAT), 7);
    assert_int_equal(set_at(fd, SOL_SOCKET, SO_RCVLOWAT, 0), 0);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_RCVLOWAT), 1);
    assert_int_equal(set_at(fd, SOL_SOCKET, SO_RCVLOWAT, -1), 0);
    assert_int_equal(get_at(fd, SOL_SOCKET, SO_RCVLOWAT), INT32_MAX);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

/* The hops of a socket below the host. */
static int hops_below(usctp_host *host)
{
    struct pollfd fds[4];
    int hops = 0;
    socklen_t len = sizeof(hops);

    assert_true(usctp_host_fds(host, fds, 4) > 0);
    assert_int_equal(getsockopt(fds[0].fd, IPPROTO_IP, IP_TTL, &hops, &len), 0);
    return hops;
}

static usctp_host *loopback_host(void)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_addr addr;
    usctp_host *host;

    assert_int_equal(usctp_addr_parse(&addr, "127.0.0.1"), 0);
    config.addrs = &addr;
    config.addr_cnt = 1;
    config.udp_port = free_udp_port();
    config.exit_ms = 1;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    return host;
}

static void test_hops(void **state)
{
    usctp_host *host = loopback_host();
    struct sockaddr_in name = {0};
    int fd = usctp_host_socket(host, AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
    int fd6 = usctp_host_socket(host, AF_INET6, SOCK_SEQPACKET, IPPROTO_SCTP);

    (void)state;
    assert_int_equal(get_at(fd, IPPROTO_IP, IP_TTL), 64);
    assert_int_equal(set_at(fd, IPPROTO_IP, IP_TTL, 33), 0);
    name.sin_family = AF_INET;
    name.sin_port = htons(7);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(usctp_sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&name, sizeof(name)),
                     1);
    assert_int_equal(hops_below(host), 33);
    assert_int_equal(get_at(fd6, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 33);
    assert_int_equal(set_at(fd6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 44), 0);
    assert_int_equal(hops_below(host), 44);
    FAILS(set_at(fd, IPPROTO_IP, IP_TTL, 0), EINVAL);
    FAILS(set_at(fd, IPPROTO_IP, IP_TTL, 256), EINVAL);
    FAILS(set_at(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1), ENOPROTOOPT);
    assert_int_equal(set_at(fd, IPPROTO_IP, IP_TTL, -1), 0);
    assert_int_equal(hops_below(host), 64);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(fd6), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

#if defined(SO_BINDTODEVICE)
static void test_bind_to_device(void **state)
{
    usctp_host *host = loopback_host();
    struct world *world = world_new();
    struct sockaddr *addrs;
    struct sockaddr_in first;
    char device[64] = "x";
    socklen_t len = sizeof(device);
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    int virtual_fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    assert_int_equal(usctp_getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len), 0);
    assert_int_equal(len, 0);
    FAILS(usctp_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "none such", 9), ENODEV);
    FAILS(usctp_setsockopt(virtual_fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 2), ENODEV);
    assert_int_equal(usctp_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3), 0);
    len = 15;
    FAILS(usctp_getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len), EINVAL);
    len = sizeof(device);
    assert_int_equal(usctp_getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, &len), 0);
    assert_int_equal(len, 3);
    assert_string_equal(device, "lo");
    assert_int_equal(usctp_listen(fd, 1), 0); /* binds to any address: those of the device */
    assert_int_equal(usctp_sctp_getladdrs(fd, 0, &addrs), 1);
    memcpy(&first, addrs, sizeof(first));
    assert_int_equal(first.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    assert_int_equal(usctp_sctp_freeladdrs(addrs), 0);
    FAILS(usctp_setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0), EINVAL); /* bound */
    assert_int_equal(usctp_setsockopt(virtual_fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0), 0);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_close(virtual_fd), 0);
    assert_int_equal(usctp_host_free(host), 0);
    world_free(world);
}
#endif

static void test_so_error(void **state)
{
    struct world *world = world_new();
    struct linger linger = {1, 0};
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
    assert_int_equal(usctp_close(client), 0); /* aborts */
    world_settle(world);
    assert_int_equal(get_at(server, SOL_SOCKET, SO_ERROR), ECONNRESET);
    assert_int_equal(get_at(server, SOL_SOCKET, SO_ERROR), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_linger(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct linger linger = {5, 7};
    socklen_t len = sizeof(linger);

    (void)state;
    assert_int_equal(usctp_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, len), 0);
    memset(&linger, 0, sizeof(linger));
    assert_int_equal(usctp_getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
    assert_int_equal(linger.l_onoff, 1);
    assert_int_equal(linger.l_linger, 7);
    linger.l_linger = -1;
    FAILS(usctp_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, len), EINVAL);
    FAILS(usctp_setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, len - 1), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_timeouts(void **state)
{
    struct world *world = world_new();
    struct timeval time = {2, 500000};
    socklen_t len = sizeof(time);
    uint64_t begin_ts;
    int client, server;
    char byte;

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &time, len), 0);
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, len), 0);
    memset(&time, 0, sizeof(time));
    assert_int_equal(usctp_getsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, &len), 0);
    assert_int_equal(time.tv_sec, 2);
    assert_int_equal(time.tv_usec, 500000);
    begin_ts = world->now_ts;
    FAILS(usctp_recv(client, &byte, 1, 0), EAGAIN);
    assert_int_equal(world->now_ts - begin_ts, USCTP_MS(2500));
    time.tv_usec = 1000000;
    FAILS(usctp_setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, len), EDOM);
    time.tv_usec = 0;
    time.tv_sec = -1;
    assert_int_equal(usctp_setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &time, len), 0);
    FAILS(usctp_recv(client, &byte, 1, 0), EAGAIN);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_buffers(void **state)
{
    struct world *world = world_new();
    char *message = calloc(1, 30000);
    int client, server;

    (void)state;
    assert_non_null(message);
    world_pair(world, &client, &server);
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 10000), 0);
    assert_int_equal(core_params(world, 0).send_buffer, 10000);
    FAILS(usctp_send(client, message, 20001, 0), EMSGSIZE);
    assert_int_equal(usctp_send(client, message, 20000, 0), 20000);
    FAILS(usctp_send(client, message, 1, MSG_DONTWAIT), EAGAIN);
    assert_int_equal(set_at(server, SOL_SOCKET, SO_RCVBUF, 1), 0);
    assert_int_equal(get_at(server, SOL_SOCKET, SO_RCVBUF), 2304);
    assert_int_equal(core_params(world, 1).receive_window, 1500);
    assert_int_equal(set_at(server, SOL_SOCKET, SO_RCVBUF, 0x7fffffff), 0);
    assert_true(get_at(server, SOL_SOCKET, SO_RCVBUF) > 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
    free(message);
}

static bool writable(int fd)
{
    struct pollfd one = {fd, POLLOUT, 0};

    return usctp_poll(&one, 1, 0) == 1 && (one.revents & POLLOUT) != 0;
}

/* A send buffer that grows has room again; one that shrinks has none. */
static void test_send_buffer_of_the_living(void **state)
{
    struct world *world = world_new();
    char *message = calloc(1, 30000);
    int client, server;

    (void)state;
    assert_non_null(message);
    world_pair(world, &client, &server);
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 30000), 0);
    assert_int_equal(usctp_send(client, message, 30000, 0), 30000);
    assert_false(writable(client));
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 60000), 0);
    assert_true(writable(client));
    assert_int_equal(set_at(client, SOL_SOCKET, SO_SNDBUF, 20000), 0);
    assert_false(writable(client));
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
    free(message);
}

/* The window that is offered is what was asked for before connect. */
static void test_window(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct sctp_status status;

    (void)state;
    assert_int_equal(set_at(listener, SOL_SOCKET, SO_RCVBUF, 5000), 0);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    memset(&status, 0, sizeof(status));
    GET(client, SCTP_STATUS, &status, sizeof(status));
    assert_int_equal(status.sstat_rwnd, 5000);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

static void test_reuse_port(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(0, 7);
    int many = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int fds[3];

    (void)state;
    FAILS(set_at(many, IPPROTO_SCTP, SCTP_REUSE_PORT, 1), EINVAL);
    for (int i = 0; i < 3; i++) {
        fds[i] = world_socket(world, 0, AF_INET, SOCK_STREAM);
        assert_int_equal(get_at(fds[i], IPPROTO_SCTP, SCTP_REUSE_PORT), 0);
        if (i < 2) {
            assert_int_equal(set_at(fds[i], IPPROTO_SCTP, SCTP_REUSE_PORT, 1), 0);
            assert_int_equal(usctp_bind(fds[i], world_sa(&name), sizeof(name)), 0);
        }
    }
    FAILS(usctp_bind(fds[2], world_sa(&name), sizeof(name)), EADDRINUSE); /* it did not ask */
    FAILS(set_at(fds[0], IPPROTO_SCTP, SCTP_REUSE_PORT, 0), EINVAL);      /* too late */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(usctp_close(fds[i]), 0);
    }
    assert_int_equal(usctp_close(many), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_system),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_hops),
#if defined(SO_BINDTODEVICE)
        cmocka_unit_test(test_bind_to_device),
#endif
        cmocka_unit_test(test_so_error),
        cmocka_unit_test(test_linger),
        cmocka_unit_test(test_timeouts),
        cmocka_unit_test(test_buffers),
        cmocka_unit_test(test_send_buffer_of_the_living),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_reuse_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
