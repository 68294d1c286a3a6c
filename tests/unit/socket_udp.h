/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets over UDP on the loopback interface: for tests whose point is the system. Every test takes UDP
 * ports that the system draws, so that they do not meet. */
#ifndef USCTP_TEST_SOCKET_UDP_H
#define USCTP_TEST_SOCKET_UDP_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

#include "common/test_crypto.h"
#include "unit/unit.h"

/* A UDP port that nobody has. */
static inline uint16_t free_udp_port(void)
{
    struct sockaddr_in6 name;
    socklen_t len = sizeof(name);
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);

    memset(&name, 0, sizeof(name));
    name.sin6_family = AF_INET6;
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof(name)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    close(fd);
    return ntohs(name.sin6_port);
}

/* A stack of the system's parts, also in a library that was built without a crypto library. */
static inline struct usctp_config system_stack(void)
{
    struct usctp_config stack = USCTP_CONFIG_INIT;

    stack.crypto = test_crypto_system();
    return stack;
}

/* A host whose own port this is, and that of its peers. */
static inline usctp_host *udp_host_with(uint16_t udp_port, uint16_t remote_udp_port, uint32_t flags)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = system_stack();
    usctp_host *host;

    config.stack = &stack;
    config.flags = flags;
    config.udp_port = udp_port;
    config.remote_udp_port = remote_udp_port;
    config.exit_ms = 5000;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    return host;
}

static inline usctp_host *udp_host(uint16_t udp_port, uint16_t remote_udp_port)
{
    return udp_host_with(udp_port, remote_udp_port, 0);
}

static inline struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in name;

    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return name;
}

static inline const struct sockaddr *sa_of(const struct sockaddr_in *name)
{
    return (const struct sockaddr *)(const void *)name;
}

static inline int listener_on(usctp_host *host, int type, uint16_t port, int backlog)
{
    struct sockaddr_in name = loopback(port);
    int fd = usctp_host_socket(host, AF_INET, type, IPPROTO_SCTP);

    assert_true(fd >= 0);
    assert_int_equal(usctp_bind(fd, sa_of(&name), sizeof(name)), 0);
    assert_int_equal(usctp_listen(fd, backlog), 0);
    return fd;
}

static inline int connected_to(usctp_host *host, uint16_t port)
{
    struct sockaddr_in name = loopback(port);
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);

    assert_true(fd >= 0);
    assert_int_equal(usctp_connect(fd, sa_of(&name), sizeof(name)), 0);
    return fd;
}

#endif
