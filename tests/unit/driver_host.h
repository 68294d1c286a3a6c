/* SPDX-License-Identifier: BSD-3-Clause */
/* Stacks over socket drivers on the loopback interface, for the tests of those. */
#ifndef USCTP_TEST_DRIVER_HOST_H
#define USCTP_TEST_DRIVER_HOST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/addr.h"
#include "lower/driver.h"
#if defined(__linux__)
#include "lower/socket_linux.h"
#endif
#include "common/test_crypto.h"
#include "common/test_network.h"

enum { WAIT_MS = 10000, SEEN_MAX = 256, SAMPLE_LEN = 64, LARGE_LEN = 3000 };

/* --- Stacks that tell what came in ------------------------------------------------------------ */

struct seen {
    struct usctp_dgram dgram;
    uint8_t bytes[SAMPLE_LEN];
};

/* A stack without endpoints: it drops and counts everything, but its observer sees it. */
struct host {
    struct test_crypto crypto;
    usctp_stack *stack;
    usctp_driver *driver;
    struct seen seen[SEEN_MAX];
    size_t seen_cnt;
    char error[200];
};

static inline void observe(void *user, int outbound, const struct usctp_dgram *dgram,
                           const uint8_t *packet, size_t len, uint64_t now_ts)
{
    struct host *host = user;

    (void)now_ts;
    if (outbound || host->seen_cnt == SEEN_MAX) {
        return;
    }
    struct seen *seen = &host->seen[host->seen_cnt++];
    seen->dgram = *dgram;
    seen->dgram.len = len;
    memcpy(seen->bytes, packet, len < SAMPLE_LEN ? len : SAMPLE_LEN);
}

static inline void make_host(struct host *host)
{
    struct usctp_config config = USCTP_CONFIG_INIT;

    memset(host, 0, sizeof(*host));
    config.memory = usctp_memory_system();
    config.crypto = test_crypto_init(&host->crypto, 7);
    config.clock = usctp_clock_system;
    config.flags = USCTP_CONFIG_QUIET;
    assert_int_equal(usctp_stack_new(&config, &host->stack), 0);
    usctp_stack_set_observer(host->stack, observe, host);
}

static const usctp_fd *taken_fds; /* sockets that the next driver takes over, if any */
static size_t taken_cnt;

static inline int open_host_with(struct host *host, const struct usctp__driver_io *io,
                                 const char *const *texts, size_t cnt, uint16_t port,
                                 uint32_t flags)
{
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    struct usctp_addr addrs[USCTP__DRIVER_SOCKET_MAX];

    for (size_t i = 0; i < cnt; i++) {
        assert_int_equal(usctp_addr_parse(&addrs[i], texts[i]), 0);
    }
    make_host(host);
    config.addrs = addrs;
    config.addr_cnt = cnt;
    config.port = port;
    config.flags = flags;
    config.fds = taken_fds;
    config.fd_cnt = taken_cnt;
    config.error_text = host->error;
    config.error_text_len = sizeof(host->error);
    return usctp__driver_open(host->stack, &config, io, &host->driver);
}

static inline int open_host(struct host *host, const struct usctp__driver_io *io,
                            const char *const *texts, size_t cnt, uint16_t port)
{
    return open_host_with(host, io, texts, cnt, port, 0);
}

static inline void open_one(struct host *host, const struct usctp__driver_io *io, const char *text)
{
    assert_int_equal(open_host(host, io, &text, 1, 0), 0);
}

static inline void close_host(struct host *host)
{
    usctp_driver_close(host->driver);
    usctp_stack_free(host->stack);
}

/* Waits until a descriptor of the driver has something, or fails. */
static inline void wait_readable(const struct host *host)
{
    struct pollfd fds[USCTP__DRIVER_SOCKET_MAX];
    usctp_fd list[USCTP__DRIVER_SOCKET_MAX];
    size_t cnt = usctp_driver_fds(host->driver, list, USCTP__DRIVER_SOCKET_MAX);

    for (size_t i = 0; i < cnt; i++) {
        fds[i].fd = (int)list[i];
        fds[i].events = POLLIN;
    }
    assert_true(poll(fds, (nfds_t)cnt, WAIT_MS) > 0);
}

static inline int process(struct host *host)
{
    return usctp_driver_process(host->driver, usctp_clock_system(NULL));
}

/* Takes in until `cnt` datagrams have been seen. */
static inline void take(struct host *host, size_t cnt)
{
    while (host->seen_cnt < cnt) {
        wait_readable(host);
        assert_true(process(host) >= 0);
    }
    assert_int_equal(host->seen_cnt, cnt);
}

static inline struct usctp_addr addr_of(const char *text)
{
    struct usctp_addr addr;

    assert_int_equal(usctp_addr_parse(&addr, text), 0);
    return addr;
}

static inline struct usctp_dgram dgram_to(const char *remote, uint16_t port, const void *data,
                                          size_t len)
{
    struct usctp_dgram dgram;

    memset(&dgram, 0, sizeof(dgram));
    dgram.data = data;
    dgram.len = len;
    dgram.remote = addr_of(remote);
    dgram.remote_udp_port = port;
    dgram.status = -1;
    return dgram;
}

static inline size_t send_one(struct host *host, struct usctp_dgram *dgram)
{
    return usctp__driver_send(host->driver, dgram, 1, sizeof(*dgram));
}

static inline void send_text(struct host *from, const char *remote, uint16_t port, const char *text)
{
    struct usctp_dgram dgram = dgram_to(remote, port, text, strlen(text));

    assert_int_equal(send_one(from, &dgram), 1);
    assert_int_equal(dgram.status, USCTP_DGRAM_SENT);
}

/* A port on which nobody listens now. */
static inline uint16_t free_port(const char *text)
{
    struct host host;
    uint16_t port;

    open_one(&host, &usctp__udp_posix_io, text);
    port = usctp_driver_port(host.driver);
    close_host(&host);
    return port;
}

static inline int has_ipv6(void)
{
    struct sockaddr_in6 name;
    int fd = socket(AF_INET6, SOCK_DGRAM, 0), ok;

    memset(&name, 0, sizeof(name));
    name.sin6_family = AF_INET6;
    name.sin6_addr = in6addr_loopback;
    ok = fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof(name)) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static inline void need_ipv6(void)
{
    if (!has_ipv6()) {
        print_message("SKIP: this host has no IPv6 loopback address\n");
        skip();
    }
}

/* Every test that says so runs with each table there is. */
static const struct usctp__driver_io *const tables[] = {
    &usctp__udp_posix_io,
#if defined(__linux__)
    &usctp__udp_linux_io,
#endif
};
enum { TABLE_CNT = sizeof(tables) / sizeof(tables[0]) };

/* They can talk to each other. */
static inline void exchange(const struct usctp__driver_io *io, const char *address)
{
    static struct host a, b;
    struct usctp_addr addr = addr_of(address);
    struct usctp_dgram dgram;

    open_one(&a, io, address);
    open_one(&b, io, address);
    assert_int_not_equal(usctp_driver_port(a.driver), 0);
    assert_int_not_equal(usctp_driver_port(a.driver), usctp_driver_port(b.driver));
    assert_int_not_equal(usctp_driver_lower(a.driver), 0);

    dgram = dgram_to(address, usctp_driver_port(b.driver), "hello", 5);
    dgram.dscp = 46;
    dgram.ecn = 2;
    assert_int_equal(send_one(&a, &dgram), 1);
    assert_int_equal(dgram.status, USCTP_DGRAM_SENT);
    assert_int_equal(dgram.local_udp_port, usctp_driver_port(a.driver)); /* For observers. */
    assert_true(usctp__addr_equal(&dgram.local, &addr));
    take(&b, 1);
    assert_int_equal(b.seen[0].dgram.len, 5);
    assert_memory_equal(b.seen[0].bytes, "hello", 5);
    assert_true(usctp__addr_equal(&b.seen[0].dgram.local, &addr));
    assert_true(usctp__addr_equal(&b.seen[0].dgram.remote, &addr));
    assert_int_equal(b.seen[0].dgram.local_udp_port, usctp_driver_port(b.driver));
    assert_int_equal(b.seen[0].dgram.remote_udp_port, usctp_driver_port(a.driver));
    assert_int_equal(b.seen[0].dgram.lower, usctp_driver_lower(b.driver));
#if defined(__linux__)
    assert_int_equal(b.seen[0].dgram.dscp, 46);
    assert_int_equal(b.seen[0].dgram.ecn, 2);
#endif

    /* The next one has its own. */
    dgram = dgram_to(address, usctp_driver_port(b.driver), "plain", 5);
    assert_int_equal(send_one(&a, &dgram), 1);
    take(&b, 2);
    assert_int_equal(b.seen[1].dgram.dscp, 0);
    assert_int_equal(b.seen[1].dgram.ecn, 0);

    /* That of another sender has none either, and comes back to where the first came from. */
    send_text(&b, address, b.seen[0].dgram.remote_udp_port, "back");
    take(&a, 1);
    assert_memory_equal(a.seen[0].bytes, "back", 4);
    assert_int_equal(a.seen[0].dgram.dscp, 0);
    assert_int_equal(a.seen[0].dgram.ecn, 0);
    close_host(&a);
    close_host(&b);
}

#endif
