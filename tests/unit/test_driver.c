/* SPDX-License-Identifier: BSD-3-Clause */
/* The socket drivers, on real sockets of the loopback interface. */
#define _GNU_SOURCE 1 /* struct mmsghdr */

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

static void observe(void *user, int outbound, const struct usctp_dgram *dgram,
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

static void make_host(struct host *host)
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

static int open_host_with(struct host *host, const struct usctp__driver_io *io,
                          const char *const *texts, size_t cnt, uint16_t port, uint32_t flags)
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

static int open_host(struct host *host, const struct usctp__driver_io *io, const char *const *texts,
                     size_t cnt, uint16_t port)
{
    return open_host_with(host, io, texts, cnt, port, 0);
}

static void open_one(struct host *host, const struct usctp__driver_io *io, const char *text)
{
    assert_int_equal(open_host(host, io, &text, 1, 0), 0);
}

static void close_host(struct host *host)
{
    usctp_driver_close(host->driver);
    usctp_stack_free(host->stack);
}

/* Waits until a descriptor of the driver has something, or fails. */
static void wait_readable(const struct host *host)
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

static int process(struct host *host)
{
    return usctp_driver_process(host->driver, usctp_clock_system(NULL));
}

/* Takes in until `cnt` datagrams have been seen. */
static void take(struct host *host, size_t cnt)
{
    while (host->seen_cnt < cnt) {
        wait_readable(host);
        assert_true(process(host) >= 0);
    }
    assert_int_equal(host->seen_cnt, cnt);
}

static struct usctp_addr addr_of(const char *text)
{
    struct usctp_addr addr;

    assert_int_equal(usctp_addr_parse(&addr, text), 0);
    return addr;
}

static struct usctp_dgram dgram_to(const char *remote, uint16_t port, const void *data, size_t len)
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

static size_t send_one(struct host *host, struct usctp_dgram *dgram)
{
    return usctp__driver_send(host->driver, dgram, 1, sizeof(*dgram));
}

static void send_text(struct host *from, const char *remote, uint16_t port, const char *text)
{
    struct usctp_dgram dgram = dgram_to(remote, port, text, strlen(text));

    assert_int_equal(send_one(from, &dgram), 1);
    assert_int_equal(dgram.status, USCTP_DGRAM_SENT);
}

/* A port on which nobody listens now. */
static uint16_t free_port(const char *text)
{
    struct host host;
    uint16_t port;

    open_one(&host, &usctp__udp_posix_io, text);
    port = usctp_driver_port(host.driver);
    close_host(&host);
    return port;
}

static int has_ipv6(void)
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

static void need_ipv6(void)
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

/* --- Exchange --------------------------------------------------------------------------------- */

static void exchange(const struct usctp__driver_io *io, const char *address)
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

    /* The next one has none of that, and comes back to where the first came from. */
    send_text(&b, address, b.seen[0].dgram.remote_udp_port, "back");
    take(&a, 1);
    assert_memory_equal(a.seen[0].bytes, "back", 4);
    assert_int_equal(a.seen[0].dgram.dscp, 0);
    assert_int_equal(a.seen[0].dgram.ecn, 0);
    close_host(&a);
    close_host(&b);
}

static void test_exchange_ipv4(void **state)
{
    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        exchange(tables[i], "127.0.0.1");
    }
}

static void test_exchange_ipv6(void **state)
{
    (void)state;
    need_ipv6();
    for (size_t i = 0; i < TABLE_CNT; i++) {
        exchange(tables[i], "::1");
    }
}

/* One port for both families, though the system drew it; the source that was asked for. */
static void test_wildcard(void **state)
{
    static struct host all, one;
    struct usctp_dgram dgram;
    struct usctp_addr from = addr_of("127.0.0.2");

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&all, tables[i], NULL, 0, 0), 0);
        open_one(&one, tables[i], "127.0.0.3");
        assert_int_equal(usctp_driver_fds(all.driver, NULL, 0), has_ipv6() ? 2 : 1);
        dgram = dgram_to("127.0.0.3", usctp_driver_port(one.driver), "x", 1);
        dgram.local = from;
        assert_int_equal(send_one(&all, &dgram), 1);
        take(&one, 1);
        assert_true(usctp__addr_equal(&one.seen[0].dgram.remote, &from));
        assert_int_equal(one.seen[0].dgram.remote_udp_port, usctp_driver_port(all.driver));

        /* The address that it was sent to is told. */
        send_text(&one, "127.0.0.2", usctp_driver_port(all.driver), "y");
        take(&all, 1);
        assert_true(usctp__addr_equal(&all.seen[0].dgram.local, &from));
        if (has_ipv6()) {
            static struct host six;

            open_one(&six, tables[i], "::1");
            dgram = dgram_to("::1", usctp_driver_port(six.driver), "z", 1);
            dgram.local = addr_of("::1");
            assert_int_equal(send_one(&all, &dgram), 1);
            take(&six, 1);
            assert_int_equal(six.seen[0].dgram.remote_udp_port, usctp_driver_port(all.driver));
            send_text(&six, "::1", usctp_driver_port(all.driver), "w");
            take(&all, 2);
            from = addr_of("::1");
            assert_true(usctp__addr_equal(&all.seen[1].dgram.local, &from));
            from = addr_of("127.0.0.2");
            close_host(&six);
        }
        close_host(&all);
        close_host(&one);
    }
}

/* With a socket for each address, the one that is bound to the source is used. */
static void test_several_addresses(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "127.0.0.2", "127.0.0.4"};
    static struct host many, one;
    struct usctp_dgram dgram;

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&many, tables[i], texts, 3, 0), 0);
        assert_int_equal(usctp_driver_fds(many.driver, NULL, 0), 3);
        open_one(&one, tables[i], "127.0.0.1");
        for (size_t k = 0; k < 3; k++) {
            struct usctp_addr local = addr_of(texts[k]);

            dgram = dgram_to("127.0.0.1", usctp_driver_port(one.driver), "x", 1);
            dgram.local = local;
            assert_int_equal(send_one(&many, &dgram), 1);
            take(&one, k + 1);
            assert_true(usctp__addr_equal(&one.seen[k].dgram.remote, &local));
            assert_int_equal(one.seen[k].dgram.remote_udp_port, usctp_driver_port(many.driver));
            send_text(&one, texts[k], usctp_driver_port(many.driver), "y");
            take(&many, k + 1);
            assert_true(usctp__addr_equal(&many.seen[k].dgram.local, &local));
        }
        /* A source that is bound nowhere cannot be used, and neither can another family. */
        dgram.local = addr_of("127.0.0.9");
        assert_int_equal(send_one(&many, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_UNREACHABLE);
        dgram = dgram_to("::1", usctp_driver_port(one.driver), "x", 1);
        assert_int_equal(send_one(&many, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_UNREACHABLE);
        dgram = dgram_to("127.0.0.1", 0, "x", 1);
        assert_int_equal(send_one(&many, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_UNREACHABLE);
        close_host(&many);
        close_host(&one);
    }
}

/* More than one batch at once, both ways, an empty one among them. */
static void test_batches(void **state)
{
    enum { CNT = 150 };
    static struct host a, b;
    static uint8_t bytes[CNT];
    struct {
        struct usctp_dgram dgram;
        uint8_t more[16]; /* The stride is not the size. */
    } list[CNT];

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        open_one(&a, tables[i], "127.0.0.1");
        open_one(&b, tables[i], "127.0.0.1");
        for (size_t k = 0; k < CNT; k++) {
            bytes[k] = (uint8_t)k;
            list[k].dgram = dgram_to("127.0.0.1", usctp_driver_port(b.driver), &bytes[k], k != 77);
            list[k].dgram.flags = k % 10 == 3 ? USCTP_DGRAM_MAY_FRAGMENT : 0;
        }
        assert_int_equal(usctp__driver_send(a.driver, &list[0].dgram, CNT, sizeof(list[0])), CNT);
        take(&b, CNT - 1); /* Observers see no packet in the empty one. */
        for (size_t k = 0; k < CNT; k++) {
            size_t n = k < 77 ? k : k - 1;

            assert_int_equal(list[k].dgram.status, USCTP_DGRAM_SENT);
            assert_true(k == 77 || b.seen[n].bytes[0] == k);
        }
        assert_int_equal(process(&b), 0);
        close_host(&a);
        close_host(&b);
    }
}

/* A datagram as long as they come. */
static void test_longest(void **state)
{
    static struct host a, b;
    static uint8_t bytes[65507];
    struct usctp_dgram dgram;

    (void)state;
    memset(bytes, 'L', sizeof(bytes));
    for (size_t i = 0; i < TABLE_CNT; i++) {
        open_one(&a, tables[i], "127.0.0.1");
        open_one(&b, tables[i], "127.0.0.1");
        dgram = dgram_to("127.0.0.1", usctp_driver_port(b.driver), bytes, sizeof(bytes));
        assert_int_equal(send_one(&a, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_SENT);
        take(&b, 1);
        assert_int_equal(b.seen[0].dgram.len, sizeof(bytes));
        close_host(&a);
        close_host(&b);
    }
}

/* A broadcast destination is told as it was; dropping such is the stack's business. */
static void test_broadcast_is_told(void **state)
{
    static struct host all;
    struct sockaddr_in name;
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&all, tables[i], NULL, 0, 0), 0);
        memset(&name, 0, sizeof(name));
        name.sin_family = AF_INET;
        name.sin_port = htons(usctp_driver_port(all.driver));
        name.sin_addr.s_addr = htonl(0x7fffffff);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
        assert_int_equal(sendto(fd, "b", 1, 0, (struct sockaddr *)&name, sizeof(name)), 1);
        take(&all, 1);
        struct usctp_addr broadcast = addr_of("127.255.255.255");
        assert_true(usctp__addr_equal(&all.seen[0].dgram.local, &broadcast));
        close_host(&all);
    }
    close(fd);
}

static int drop_odd(void *user, int outbound, const struct usctp_dgram *dgram)
{
    int *counts = user;

    counts[outbound != 0]++;
    return (dgram->data[0] & 1) != 0;
}

static void test_filter(void **state)
{
    static struct host a, b;
    static uint8_t bytes[100];
    struct usctp_dgram list[100];
    int counts[2];

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        open_one(&a, tables[i], "127.0.0.1");
        open_one(&b, tables[i], "127.0.0.1");
        for (size_t k = 0; k < 100; k++) {
            bytes[k] = (uint8_t)k;
            list[k] = dgram_to("127.0.0.1", usctp_driver_port(b.driver), &bytes[k], 1);
        }
        memset(counts, 0, sizeof(counts));
        usctp_driver_set_filter(b.driver, drop_odd, counts);
        assert_int_equal(usctp__driver_send(a.driver, list, 100, sizeof(list[0])), 100);
        take(&b, 50);
        assert_int_equal(b.seen[49].bytes[0], 98);
        assert_int_equal(counts[0], 100);
        usctp_driver_set_filter(b.driver, NULL, NULL);

        /* Outbound: dropped, and yet sent as far as the stack is concerned. */
        memset(counts, 0, sizeof(counts));
        usctp_driver_set_filter(a.driver, drop_odd, counts);
        assert_int_equal(usctp__driver_send(a.driver, list, 100, sizeof(list[0])), 100);
        assert_int_equal(list[1].status, USCTP_DGRAM_SENT);
        take(&b, 100);
        assert_int_equal(counts[1], 100);
        assert_int_equal(b.seen[51].bytes[0], 2);
        close_host(&a);
        close_host(&b);
    }
}

/* --- What goes wrong -------------------------------------------------------------------------- */

static void test_port_in_use(void **state)
{
    static struct host a, b;
    static const char *const text = "127.0.0.1";
    char expected[64];

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        open_one(&a, tables[i], text);
        uint16_t port = usctp_driver_port(a.driver);
        assert_int_equal(open_host(&b, tables[i], &text, 1, port), USCTP_EADDRINUSE);
        assert_null(b.driver);
        snprintf(expected, sizeof(expected), "UDP port %u is in use on 127.0.0.1", port);
        assert_memory_equal(b.error, expected, strlen(expected));
        usctp_stack_free(b.stack);
        /* A wildcard collides with it too. */
        assert_int_equal(open_host(&b, tables[i], NULL, 0, port), USCTP_EADDRINUSE);
        usctp_stack_free(b.stack);
        close_host(&a);
    }
}

/* Sockets of one driver go on as those of another. */
static void test_taken_over(void **state)
{
    static struct host a, b, c;
    static const char *const texts[] = {"127.0.0.1", "127.0.0.2"};
    static const char *const other = "127.0.0.3";
    usctp_fd fds[USCTP__DRIVER_SOCKET_MAX];

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&a, tables[i], texts, 2, 0), 0);
        open_one(&c, tables[i], other);
        uint16_t port = usctp_driver_port(a.driver);
        taken_fds = fds;
        taken_cnt = usctp_driver_fds(a.driver, fds, USCTP__DRIVER_SOCKET_MAX);
        assert_int_equal(taken_cnt, 2);
        /* Other addresses, or another port, than those of the sockets. */
        assert_int_equal(open_host(&b, tables[i], &other, 1, 0), USCTP_EADDRNOTAVAIL);
        usctp_stack_free(b.stack);
        assert_int_equal(open_host(&b, tables[i], texts, 2, (uint16_t)(port ^ 1)),
                         USCTP_EADDRNOTAVAIL);
        usctp_stack_free(b.stack);
        send_text(&c, "127.0.0.2", port, "before"); /* waits in the socket */
        assert_int_equal(open_host(&b, tables[i], texts, 2, 0), 0);
        assert_int_equal(usctp_driver_port(b.driver), port);
        taken_fds = NULL;
        close_host(&a);
        take(&b, 1);
        assert_memory_equal(b.seen[0].bytes, "before", 6);
        send_text(&c, "127.0.0.1", port, "after");
        take(&b, 2);
        send_text(&b, other, b.seen[1].dgram.remote_udp_port, "back");
        take(&c, 1);
        assert_int_equal(c.seen[0].dgram.remote_udp_port, port);
        taken_cnt = 1; /* and no list */
        assert_int_equal(open_host(&a, tables[i], texts, 1, 0), USCTP_EINVAL);
        usctp_stack_free(a.stack);
        taken_cnt = 0;
        close_host(&b);
        close_host(&c);
    }
}

static void refuse(const struct usctp__driver_io *io, const char *const *texts, size_t cnt,
                   int error, const char *word)
{
    static struct host host;

    assert_int_equal(open_host(&host, io, texts, cnt, 0), error);
    assert_null(host.driver);
    if (strstr(host.error, word) == NULL) {
        fail_msg("\"%s\" is not in: %s", word, host.error);
    }
    usctp_stack_free(host.stack);
}

static void test_bad_addresses(void **state)
{
    static const char *const foreign[] = {"127.0.0.1", "198.51.100.1"};
    static const char *const multicast[] = {"224.0.0.1"};
    static const char *const broadcast[] = {"255.255.255.255"};
    static const char *const twice[] = {"127.0.0.1", "127.0.0.2", "127.0.0.1"};
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    static struct usctp_addr many[USCTP__DRIVER_SOCKET_MAX + 1];
    static struct host host;

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        refuse(tables[i], foreign, 2, USCTP_EADDRNOTAVAIL, "198.51.100.1 is not an address of");
        refuse(tables[i], multicast, 1, USCTP_EADDRNOTAVAIL, "224.0.0.1 is no unicast");
        refuse(tables[i], broadcast, 1, USCTP_EADDRNOTAVAIL, "255.255.255.255 is no unicast");
        refuse(tables[i], twice, 3, USCTP_EINVAL, "127.0.0.1 is given twice");
    }
    make_host(&host);
    config.addrs = many;
    config.addr_cnt = 1; /* AF_NONE */
    assert_int_equal(usctp_udp_open(host.stack, &config, &host.driver), USCTP_EINVAL);
    config.addr_cnt = USCTP__DRIVER_SOCKET_MAX + 1;
    assert_int_equal(usctp_udp_open(host.stack, &config, &host.driver), USCTP_EINVAL);
    config.addr_cnt = 0;
    assert_int_equal(usctp_udp_open(NULL, &config, &host.driver), USCTP_EINVAL);
    config.size--;
    assert_int_equal(usctp_udp_open(host.stack, &config, &host.driver), USCTP_ESIZE);
    assert_null(host.driver);
    usctp_stack_free(host.stack);
}

/* The number of descriptors that are open; each is closed on exec when it stands above stderr. */
static size_t open_fds(void)
{
    size_t cnt = 0;

    for (int fd = 3; fd < 256; fd++) {
        cnt += fcntl(fd, F_GETFD) >= 0;
    }
    return cnt;
}

static void test_descriptors(void **state)
{
    static const char *const bad[] = {"127.0.0.1", "127.0.0.2", "198.51.100.1"};
    static struct host host;
    usctp_fd fds[2];
    struct usctp_addr loopback = addr_of("127.0.0.1");

    (void)state;
    size_t before = open_fds();
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&host, tables[i], bad, 3, 0), USCTP_EADDRNOTAVAIL);
        usctp_stack_free(host.stack);
        assert_int_equal(open_fds(), before);
        assert_int_equal(open_host(&host, tables[i], NULL, 0, 0), 0);
        size_t cnt = usctp_driver_fds(host.driver, fds, 2);
        for (size_t k = 0; k < cnt; k++) {
            assert_int_equal(fcntl((int)fds[k], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
            assert_int_equal(fcntl((int)fds[k], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
        }
        assert_int_equal(open_fds(), before + cnt);
        usctp__driver_max_packet(host.driver, NULL, &loopback);
        assert_int_equal(open_fds(), before + cnt);
        close_host(&host);
        assert_int_equal(open_fds(), before);
    }
}

/* --- A system that does as told --------------------------------------------------------------- */

/* Sockets without a system: fds and ports are numbers. */
static struct {
    uint16_t next_port;     /* the port that is drawn next */
    int taken;              /* how many further opens find their port taken */
    size_t room;            /* datagrams taken before blocking */
    size_t waiting;         /* datagrams to be received */
    size_t asked_max;       /* the most that was asked for at once */
    int open_cnt, open_sum; /* sockets open now, and opened ever */
} fake;

static int fake_open(struct usctp_driver *driver, struct usctp__socket *sock, uint16_t port,
                     const struct usctp_driver_config *config, int *os_error)
{
    (void)driver;
    (void)config;
    *os_error = EADDRINUSE;
    if (port != 0 && fake.taken > 0) {
        fake.taken--;
        return USCTP_EADDRINUSE;
    }
    fake.open_cnt++;
    fake.open_sum++;
    sock->fd = port != 0 ? port : fake.next_port++;
    return 0;
}

static void fake_close(struct usctp__socket *sock)
{
    sock->fd = -1;
    fake.open_cnt--;
}

static uint16_t fake_port(const struct usctp__socket *sock)
{
    return (uint16_t)sock->fd;
}

static int fake_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                        bool *more)
{
    size_t cnt = fake.waiting < max ? fake.waiting : max;

    fake.asked_max = max > fake.asked_max ? max : fake.asked_max;
    for (size_t i = 0; i < cnt; i++) {
        memset(&driver->dgrams[i], 0, sizeof(driver->dgrams[i]));
        driver->dgrams[i].remote = sock->addr;
        assert_true(usctp__driver_finish(driver, sock, &driver->dgrams[i],
                                         usctp__driver_slot(driver, i), 1));
    }
    fake.waiting -= cnt;
    *more = fake.waiting > 0;
    return (int)cnt;
}

static size_t fake_send(struct usctp_driver *driver, struct usctp__socket *sock,
                        struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    size_t cnt = fake.room < n ? fake.room : n;

    (void)driver;
    (void)sock;
    assert_true(n <= USCTP__DRIVER_BATCH);
    for (size_t i = 0; i < cnt; i++) {
        usctp__dgram_at(dgrams, i, stride)->status = USCTP_DGRAM_SENT;
    }
    fake.room -= cnt;
    return cnt;
}

static void fake_route(struct usctp_driver *driver, struct usctp__route *route)
{
    (void)driver;
    fake.asked_max++;
    route->local = route->remote;
    route->mtu = 1400;
}

static const char *fake_error_text(int os_error, char *buf, size_t len)
{
    snprintf(buf, len, "error %d", os_error);
    return buf;
}

static const struct usctp__driver_io fake_io = {
    .open = fake_open,
    .close = fake_close,
    .port = fake_port,
    .receive = fake_receive,
    .send = fake_send,
    .route = fake_route,
    .error_text = fake_error_text,
};

static void reset_fake(void)
{
    memset(&fake, 0, sizeof(fake));
    fake.next_port = 5000;
}

/* A drawn port that is taken on a further address is given up for another one. */
static void test_drawn_port(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "127.0.0.2", "::1"};
    static struct host host;

    (void)state;
    reset_fake();
    fake.taken = 2;
    assert_int_equal(open_host(&host, &fake_io, texts, 3, 0), 0);
    assert_int_equal(usctp_driver_port(host.driver), 5002);
    assert_int_equal(fake.open_cnt, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(usctp__driver_socket(host.driver, i)->fd, 5002);
    }
    assert_null(usctp__driver_socket(host.driver, 3));
    close_host(&host);
    assert_int_equal(fake.open_cnt, 0);

    reset_fake();
    fake.taken = 1000; /* Not for ever. */
    assert_int_equal(open_host(&host, &fake_io, texts, 3, 0), USCTP_EADDRINUSE);
    assert_true(fake.open_sum > 1 && fake.open_sum < 100);
    assert_int_equal(fake.open_cnt, 0);
    usctp_stack_free(host.stack);
}

/* A short count means blocked, and the driver waits for room then. */
static void test_blocked(void **state)
{
    enum { CNT = 100 };
    static const char *const text = "127.0.0.1";
    static struct host host;
    struct usctp_dgram list[CNT];

    (void)state;
    reset_fake();
    fake.room = 70;
    assert_int_equal(open_host(&host, &fake_io, &text, 1, 0), 0);
    for (size_t k = 0; k < CNT; k++) {
        list[k] = dgram_to("127.0.0.1", 9, "x", 1);
    }
    assert_int_equal(usctp_driver_wants_write(host.driver), 0);
    assert_int_equal(usctp__driver_send(host.driver, list, CNT, sizeof(list[0])), 70);
    assert_int_equal(list[69].status, USCTP_DGRAM_SENT);
    assert_int_equal(list[70].status, -1);
    assert_int_equal(usctp_driver_wants_write(host.driver), 1);
    assert_int_equal(process(&host), 0);
    assert_int_equal(usctp_driver_wants_write(host.driver), 0);
    fake.room = CNT;
    assert_int_equal(usctp__driver_send(host.driver, list + 70, 30, sizeof(list[0])), 30);
    assert_int_equal(usctp_driver_wants_write(host.driver), 0);
    close_host(&host);
}

/* A flood does not hold the caller for ever, nor starve the other sockets. */
static void test_turn(void **state)
{
    static const char *const texts[] = {"127.0.0.1", "127.0.0.2"};
    static struct host host;

    (void)state;
    reset_fake();
    assert_int_equal(open_host(&host, &fake_io, texts, 1, 0), 0);
    fake.waiting = 1000000;
    assert_int_equal(process(&host), USCTP__DRIVER_TURN);
    assert_int_equal(fake.asked_max, USCTP__DRIVER_BATCH);
    close_host(&host);

    assert_int_equal(open_host(&host, &fake_io, texts, 2, 0), 0);
    usctp__driver_ready(host.driver, 1);
    assert_int_equal(process(&host), USCTP__DRIVER_TURN / 2); /* The first was not said ready. */
    assert_int_equal(process(&host), USCTP__DRIVER_TURN);
    struct usctp_addr second = addr_of("127.0.0.2");
    assert_true(usctp__addr_equal(&host.seen[0].dgram.local, &second));
    close_host(&host);
}

/* The system is asked about an address once in a while, not each time. */
static void test_route_is_remembered(void **state)
{
    static const char *const text = "127.0.0.1";
    static struct host host;
    struct usctp_addr remote = addr_of("192.0.2.1"), local;

    (void)state;
    reset_fake();
    assert_int_equal(open_host(&host, &fake_io, &text, 1, 0), 0);
    assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &remote), 1400 - 28);
    assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &remote), 1400 - 28);
    assert_int_equal(usctp__driver_source(host.driver, &remote, &local), 0);
    assert_int_equal(fake.asked_max, 1);
    for (uint8_t i = 0; i < 100; i++) {
        remote.bytes[3] = i;
        assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &remote), 1400 - 28);
    }
    assert_int_equal(fake.asked_max, 101 - 1); /* 192.0.2.1 was still remembered. */
    usctp_driver_process(host.driver, USCTP__DRIVER_ROUTE_DUR);
    fake.asked_max = 0;
    assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &remote), 1400 - 28);
    assert_int_equal(fake.asked_max, 1); /* Its time was over. */
    close_host(&host);
}

/* --- Routes ----------------------------------------------------------------------------------- */

static void test_source(void **state)
{
    static const char *const texts[] = {"127.0.0.5", "127.0.0.6"};
    static struct host host;
    struct usctp_addr remote = addr_of("127.0.0.9"), local, expected = addr_of("127.0.0.5");
    struct usctp_addr six = addr_of("::1"), none = usctp__addr_none();

    (void)state;
    for (size_t i = 0; i < TABLE_CNT; i++) {
        /* The system would take 127.0.0.1 or .9, which is not bound. */
        assert_int_equal(open_host(&host, tables[i], texts, 2, 0), 0);
        assert_int_equal(usctp__driver_source(host.driver, &remote, &local), 0);
        assert_true(usctp__addr_equal(&local, &expected));
        assert_true(usctp__driver_source(host.driver, &six, &local) < 0);
        assert_true(usctp__driver_source(host.driver, &none, &local) < 0);
        assert_int_equal(usctp__driver_max_packet(host.driver, NULL, &none), 0);
        close_host(&host);

        assert_int_equal(open_host(&host, tables[i], NULL, 0, 0), 0);
        assert_int_equal(usctp__driver_source(host.driver, &remote, &local), 0);
        assert_int_equal(usctp__addr_scope(&local), USCTP__SCOPE_LOOPBACK);
        if (has_ipv6()) {
            assert_int_equal(usctp__driver_source(host.driver, &six, &local), 0);
            assert_true(usctp__addr_equal(&local, &six));
        }
        close_host(&host);
    }
}

/* --- ICMP ------------------------------------------------------------------------------------- */

static void test_icmp_kinds(void **state)
{
    enum { V4 = USCTP_AF_IPV4, V6 = USCTP_AF_IPV6 };

    (void)state;
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 0, false), USCTP_ICMP_UNREACHABLE);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 1, false), USCTP_ICMP_UNREACHABLE);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 2, false), USCTP_ICMP_NO_PROTOCOL);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 3, false), USCTP_ICMP_NO_PROTOCOL);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 3, true), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 4, true), USCTP_ICMP_TOO_BIG);
    assert_int_equal(usctp__driver_icmp_kind(V4, 3, 13, true), USCTP_ICMP_UNREACHABLE);
    assert_int_equal(usctp__driver_icmp_kind(V4, 11, 0, true), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V4, 4, 1, true), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V6, 1, 0, true), USCTP_ICMP_UNREACHABLE);
    assert_int_equal(usctp__driver_icmp_kind(V6, 1, 4, false), USCTP_ICMP_NO_PROTOCOL);
    assert_int_equal(usctp__driver_icmp_kind(V6, 1, 4, true), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V6, 2, 0, false), USCTP_ICMP_TOO_BIG);
    assert_int_equal(usctp__driver_icmp_kind(V6, 3, 0, false), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V6, 4, 0, false), USCTP_ICMP_OTHER);
    assert_int_equal(usctp__driver_icmp_kind(V6, 4, 1, false), USCTP_ICMP_NO_PROTOCOL);
}

#if defined(__linux__)

static void read_errors(usctp_driver *driver, size_t i)
{
    driver->io->read_errors(driver, &driver->sockets[i]);
}

/* A packet to a port where nobody is comes back in the error queue, and does not spoil the next. */
static void port_unreachable(const char *address, int wildcard)
{
    static struct host a, b;
    struct usctp_addr addr = addr_of(address);
    uint16_t port = free_port(address);
    struct usctp_dgram list[3];
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    assert_int_equal(open_host(&a, &usctp__udp_linux_io, &address, wildcard ? 0 : 1, 0), 0);
    open_one(&b, &usctp__udp_linux_io, address);
    send_text(&a, address, port, "nobody is there");
    for (size_t k = 0; k < 3; k++) {
        list[k] = dgram_to(address, usctp_driver_port(b.driver), "good", 4);
    }
    assert_int_equal(usctp__driver_send(a.driver, list, 3, sizeof(list[0])), 3);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(list[k].status, USCTP_DGRAM_SENT);
    }
    take(&b, 3);

    size_t socket = wildcard && addr.family == USCTP_AF_IPV6 ? 1 : 0;
    wait_readable(&a);
    read_errors(a.driver, socket);
    assert_int_equal(a.driver->icmp_cnt, 1);
    const struct usctp__driver_icmp *kept = &a.driver->icmps[0];
    assert_int_equal(kept->icmp.kind, USCTP_ICMP_NO_PROTOCOL);
    assert_true(usctp__addr_equal(&kept->icmp.local, &addr));
    assert_true(usctp__addr_equal(&kept->icmp.remote, &addr));
    assert_int_equal(kept->icmp.local_udp_port, usctp_driver_port(a.driver));
    assert_int_equal(kept->icmp.remote_udp_port, port);
    assert_int_equal(kept->icmp.quote_len, 15);
    assert_memory_equal(kept->quote, "nobody is there", 15);
    assert_int_equal(usctp_driver_wants_write(a.driver), 1);
    assert_int_equal(process(&a), 0);
    assert_int_equal(usctp_driver_wants_write(a.driver), 0);
    assert_int_equal(usctp_stack_stats(a.stack, &stats), 0);
    assert_int_equal(stats.icmp_ignored, 1); /* No such association. */

    /* The same found by the process call alone. */
    send_text(&a, address, port, "nobody is there");
    wait_readable(&a);
    assert_int_equal(process(&a), 0);
    assert_int_equal(usctp_stack_stats(a.stack, &stats), 0);
    assert_int_equal(stats.icmp_ignored, 2);
    close_host(&a);
    close_host(&b);
}

static void test_port_unreachable(void **state)
{
    (void)state;
    port_unreachable("127.0.0.1", 0);
    port_unreachable("127.0.0.1", 1);
    if (has_ipv6()) {
        port_unreachable("::1", 0);
        port_unreachable("::1", 1);
    }
}

/* A flood of errors is read in turns, and what does not fit is lost. */
static void test_many_errors(void **state)
{
    static struct host a;
    uint16_t port = free_port("127.0.0.1");
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;
    enum { CNT = 3 * USCTP__DRIVER_ICMP_MAX + 5 };

    (void)state;
    open_one(&a, &usctp__udp_linux_io, "127.0.0.1");
    for (int i = 0; i < CNT; i++) {
        send_text(&a, "127.0.0.1", port, "nobody");
    }
    assert_int_equal(process(&a), 0);
    assert_int_equal(usctp_stack_stats(a.stack, &stats), 0);
    assert_true(stats.icmp_ignored >= 1 && stats.icmp_ignored <= CNT);
    assert_int_equal(usctp_driver_wants_write(a.driver), 0);
    assert_int_equal(process(&a), 0);
    close_host(&a);
}

/* --- Trains ----------------------------------------------------------------------------------- */

static struct usctp__refusals *refusals_of(struct host *host)
{
    struct usctp__linux_scratch *scratch = host->driver->scratch;

    return &scratch->refusals;
}

static void need_trains(const struct host *host)
{
    if (!host->driver->sockets[0].trains || !host->driver->sockets[0].coalesces) {
        print_message("SKIP: this system has no UDP_SEGMENT or no UDP_GRO\n");
        skip();
    }
}

/* Datagrams of one length, back to back; each packet begins with its number. */
static void fill_train(struct usctp_dgram *list, size_t cnt, uint8_t *bytes, size_t len,
                       uint16_t port)
{
    for (size_t k = 0; k < cnt; k++) {
        bytes[k * len] = (uint8_t)k;
        list[k] = dgram_to("127.0.0.1", port, bytes + k * len, len);
    }
}

/* What rides together, and what does not. */
static void test_train_rules(void **state)
{
    enum { CNT = 80, LEN = 800 };
    static uint8_t bytes[CNT * LEN];
    struct usctp_dgram list[CNT];

    (void)state;
    fill_train(list, CNT, bytes, LEN, 9);
    assert_int_equal(usctp__train_cnt(list, 1, sizeof(list[0])), 1);
    assert_int_equal(usctp__train_cnt(list, 5, sizeof(list[0])), 5);
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), USCTP__TRAIN_CNT);
    list[3].len = LEN - 4; /* a shorter one is the last; here the next does not follow, too */
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 4);
    assert_int_equal(usctp__train_cnt(list + 3, CNT - 3, sizeof(list[0])), 1);
    list[4].data = list[3].data + list[3].len;
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 4);
    list[3].len = 0;
    list[4].data = list[3].data;
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 3);

    fill_train(list, CNT, bytes, LEN, 9);
    list[1].len = LEN + 4; /* a longer one begins anew */
    list[2].data = list[1].data + list[1].len;
    assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 1);
    for (int i = 0; i < 7; i++) {
        fill_train(list, CNT, bytes, LEN, 9);
        switch (i) {
        case 0:
            list[2].flags = USCTP_DGRAM_MAY_FRAGMENT;
            assert_int_equal(usctp__train_cnt(list + 2, CNT - 2, sizeof(list[0])), 1);
            break;
        case 1:
            list[2].flags = USCTP_DGRAM_PROBE;
            assert_int_equal(usctp__train_cnt(list + 2, CNT - 2, sizeof(list[0])), 1);
            break;
        case 2:
            list[2].remote = addr_of("127.0.0.2");
            break;
        case 3:
            list[2].local = addr_of("127.0.0.2");
            break;
        case 4:
            list[2].remote_udp_port = 10;
            break;
        case 5:
            list[2].dscp = 1;
            break;
        default:
            list[2].ecn = 1;
            break;
        }
        assert_int_equal(usctp__train_cnt(list, CNT, sizeof(list[0])), 2);
    }
    fill_train(list, 32, bytes, 2000, 9);
    assert_int_equal(usctp__train_cnt(list, 32, sizeof(list[0])), 32);
    for (size_t k = 0; k < 4; k++) {
        list[k].data = bytes + k * 20000;
        list[k].len = 20000;
    }
    assert_int_equal(usctp__train_cnt(list, 4, sizeof(list[0])), 3); /* 64 KiB at most */
}

/* Sends the same datagrams under `flags` and compares what arrives; the number of packets that came
 * joined. */
static size_t send_trains(uint32_t from_flags, uint32_t to_flags)
{
    enum { CNT = 150, LEN = 1200 };
    static const char *const text = "127.0.0.1";
    static struct host a, b;
    static uint8_t bytes[CNT * LEN];
    struct usctp_dgram list[CNT];
    size_t joined = 0;

    assert_int_equal(open_host_with(&a, &usctp__udp_linux_io, &text, 1, 0, from_flags), 0);
    assert_int_equal(open_host_with(&b, &usctp__udp_linux_io, &text, 1, 0, to_flags), 0);
    fill_train(list, CNT, bytes, LEN, usctp_driver_port(b.driver));
    list[20].len = LEN - 100;
    list[40].flags = USCTP_DGRAM_MAY_FRAGMENT;
    list[41].flags = USCTP_DGRAM_PROBE;
    list[60].dscp = 10;
    list[149].len = 12;
    assert_int_equal(usctp__driver_send(a.driver, list, CNT, sizeof(list[0])), CNT);
    take(&b, CNT);
    for (size_t k = 0; k < CNT; k++) {
        const struct seen *seen = &b.seen[k];

        assert_int_equal(list[k].status, USCTP_DGRAM_SENT);
        assert_int_equal(seen->dgram.len, list[k].len);
        assert_int_equal(seen->bytes[0], k);
        assert_int_equal(seen->dgram.dscp, list[k].dscp);
        joined += seen->dgram.segment_len != 0;
        assert_true(k != 40 || seen->dgram.segment_len == 0);
        assert_true(k != 41 || seen->dgram.segment_len == 0);
        assert_true(k != 60 || seen->dgram.segment_len == 0);
    }
    bool able = a.driver->sockets[0].trains && b.driver->sockets[0].coalesces;
    assert_true(able == (joined > 0));
    close_host(&a);
    close_host(&b);
    return joined;
}

static void test_trains(void **state)
{
    (void)state;
    assert_int_equal(send_trains(USCTP_DRIVER_NO_SEGMENTATION, USCTP_DRIVER_NO_COALESCING), 0);
    assert_int_equal(send_trains(USCTP_DRIVER_NO_SEGMENTATION, 0), 0);
    assert_int_equal(send_trains(0, USCTP_DRIVER_NO_COALESCING), 0);
    send_trains(0, 0);
}

static int drop_fifth(void *user, int outbound, const struct usctp_dgram *dgram)
{
    assert_int_equal(dgram->segment_len, 0);
    *(size_t *)user += !outbound;
    return !outbound && dgram->data[0] == 5;
}

/* The filter judges each packet, though they came as one datagram. */
static void test_filter_of_trains(void **state)
{
    enum { CNT = 10, LEN = 1000 };
    static struct host a, b;
    static uint8_t bytes[CNT * LEN];
    struct usctp_dgram list[CNT];
    size_t asked = 0;

    (void)state;
    open_one(&a, &usctp__udp_linux_io, "127.0.0.1");
    open_one(&b, &usctp__udp_linux_io, "127.0.0.1");
    fill_train(list, CNT, bytes, LEN, usctp_driver_port(b.driver));
    list[CNT - 1].len = 40;
    usctp_driver_set_filter(b.driver, drop_fifth, &asked);
    assert_int_equal(usctp__driver_send(a.driver, list, CNT, sizeof(list[0])), CNT);
    take(&b, CNT - 1);
    assert_int_equal(asked, CNT);
    assert_int_equal(b.seen[5].bytes[0], 6);
    assert_int_equal(b.seen[CNT - 2].dgram.len, 40);
    close_host(&a);
    close_host(&b);
}

/* Which errors speak of trains, and how long an address is remembered. */
static void test_refusals(void **state)
{
    struct usctp__refusals refusals;
    struct usctp_dgram dgram = dgram_to("127.0.0.1", 9, "12345678", 8);
    struct usctp_dgram shorter = dgram, other = dgram_to("127.0.0.2", 9, "12345678", 8);

    (void)state;
    memset(&refusals, 0, sizeof(refusals));
    shorter.len = 4;
    assert_true(usctp__train_error(EMSGSIZE) && usctp__train_error(EIO));
    assert_true(usctp__train_error(EINVAL) && usctp__train_error(ENOPROTOOPT));
    assert_false(usctp__train_error(EAGAIN) || usctp__train_error(ENOBUFS));
    assert_false(usctp__train_error(ECONNREFUSED));
    assert_false(usctp__train_refused(&refusals, &dgram, 0));
    usctp__train_refuse(&refusals, &dgram, EMSGSIZE, 1000);
    assert_true(usctp__train_refused(&refusals, &dgram, 1000));
    assert_false(usctp__train_refused(&refusals, &shorter, 1000));
    assert_false(usctp__train_refused(&refusals, &other, 1000));
    assert_false(usctp__train_refused(&refusals, &dgram, 1000 + USCTP__REFUSAL_DUR));
    usctp__train_refuse(&refusals, &dgram, EIO, 2000);
    assert_true(usctp__train_refused(&refusals, &shorter, 2000));
    assert_int_equal(refusals.cnt, 1);
    for (unsigned i = 0; i < 2 * USCTP__REFUSAL_CNT; i++) { /* The oldest are given up. */
        other.remote.bytes[3] = (uint8_t)(i + 2);
        usctp__train_refuse(&refusals, &other, EIO, 3000);
        assert_true(usctp__train_refused(&refusals, &other, 3000));
    }
    assert_false(usctp__train_refused(&refusals, &dgram, 3000));
}

/* --- In a network of our own ------------------------------------------------------------------ */

static int own_network;

static void need_network(void)
{
    if (!own_network) {
        print_message("SKIP: no network namespace of our own is to be had\n");
        skip();
    }
}

/* Longer than the MTU of the route, packets are taken in no train: each is told of on its own. */
static void test_train_too_big(void **state)
{
    enum { CNT = 6 };
    static struct host a, b;
    static uint8_t bytes[CNT * LARGE_LEN];
    const size_t fits = TEST_NETWORK_MTU - 28;
    struct usctp_dgram list[CNT];

    (void)state;
    need_network();
    open_one(&a, &usctp__udp_linux_io, "127.0.0.1");
    open_one(&b, &usctp__udp_linux_io, "127.0.0.1");
    need_trains(&a);
    fill_train(list, CNT, bytes, LARGE_LEN, usctp_driver_port(b.driver));
    assert_int_equal(usctp__driver_send(a.driver, list, CNT, sizeof(list[0])), CNT);
    for (size_t k = 0; k < CNT; k++) {
        assert_int_equal(list[k].status, USCTP_DGRAM_TOO_BIG);
        assert_int_equal(list[k].status_len, fits);
    }
    assert_true(usctp__train_refused(refusals_of(&a), &list[0], a.driver->now_ts));

    /* Such that fit still ride together. */
    fill_train(list, CNT, bytes, fits, usctp_driver_port(b.driver));
    assert_false(usctp__train_refused(refusals_of(&a), &list[0], a.driver->now_ts));
    assert_int_equal(usctp__driver_send(a.driver, list, CNT, sizeof(list[0])), CNT);
    take(&b, CNT);
    for (size_t k = 0; k < CNT; k++) {
        assert_int_equal(list[k].status, USCTP_DGRAM_SENT);
        assert_int_equal(b.seen[k].dgram.len, fits);
        assert_int_equal(b.seen[k].dgram.segment_len, fits);
    }
    assert_false(usctp__train_refused(refusals_of(&a), &list[0], a.driver->now_ts));
    close_host(&a);
    close_host(&b);
}

static void too_big(const struct usctp__driver_io *io, const char *address, uint32_t expected)
{
    static struct host a, b;
    static uint8_t bytes[LARGE_LEN];
    struct usctp_addr addr = addr_of(address);
    struct usctp_dgram list[5];

    memset(bytes, 'T', sizeof(bytes));
    open_one(&a, io, address);
    open_one(&b, io, address);
    for (size_t k = 0; k < 5; k++) {
        list[k] = dgram_to(address, usctp_driver_port(b.driver), bytes, LARGE_LEN);
    }
    list[0].len = expected;
    list[2].flags = USCTP_DGRAM_MAY_FRAGMENT;
    list[3].flags = USCTP_DGRAM_MAY_FRAGMENT | USCTP_DGRAM_PROBE;
    list[4].len = expected + 1;
    assert_int_equal(usctp__driver_send(a.driver, list, 5, sizeof(list[0])), 5);
    assert_int_equal(list[0].status, USCTP_DGRAM_SENT);
    assert_int_equal(list[1].status, USCTP_DGRAM_TOO_BIG);
    assert_int_equal(list[1].status_len, expected);
    assert_int_equal(list[2].status, USCTP_DGRAM_SENT);
    assert_int_equal(list[3].status, USCTP_DGRAM_TOO_BIG);
    assert_int_equal(list[3].status_len, expected);
    assert_int_equal(list[4].status, USCTP_DGRAM_TOO_BIG);
    take(&b, 2);
    assert_int_equal(b.seen[0].dgram.len, expected);
    assert_int_equal(b.seen[1].dgram.len, LARGE_LEN);
    assert_int_equal(usctp__driver_max_packet(a.driver, &addr, &addr), expected);
    assert_int_equal(a.driver->icmp_cnt, 0);
    close_host(&a);
    close_host(&b);
}

static void test_too_big(void **state)
{
    (void)state;
    need_network();
    for (size_t i = 0; i < TABLE_CNT; i++) {
        too_big(tables[i], "127.0.0.1", TEST_NETWORK_MTU - 28);
        if (has_ipv6()) {
            too_big(tables[i], "::1", TEST_NETWORK_MTU - 48);
        }
    }
}

/* The news of an earlier packet that waits in the error queue is not lost when the queue is read for
 * the size, and does not pass for a refusal of the present packet. */
static void test_too_big_among_errors(void **state)
{
    static struct host a;
    static uint8_t bytes[LARGE_LEN];
    struct usctp_dgram dgram;

    (void)state;
    need_network();
    uint16_t port = free_port("127.0.0.1");
    open_one(&a, &usctp__udp_linux_io, "127.0.0.1");
    send_text(&a, "127.0.0.1", port, "nobody");
    dgram = dgram_to("127.0.0.1", port, bytes, LARGE_LEN);
    assert_int_equal(send_one(&a, &dgram), 1);
    assert_int_equal(dgram.status, USCTP_DGRAM_TOO_BIG);
    assert_int_equal(dgram.status_len, TEST_NETWORK_MTU - 28);
    assert_int_equal(a.driver->icmp_cnt, 1);
    assert_int_equal(a.driver->icmps[0].icmp.kind, USCTP_ICMP_NO_PROTOCOL);
    close_host(&a);
}

/* An address to which there is no route. */
static void test_no_route(void **state)
{
    static struct host a;
    struct usctp_addr remote = addr_of("198.51.100.1"), local;
    struct usctp_dgram dgram;

    (void)state;
    need_network();
    for (size_t i = 0; i < TABLE_CNT; i++) {
        assert_int_equal(open_host(&a, tables[i], NULL, 0, 0), 0);
        dgram = dgram_to("198.51.100.1", 9, "x", 1);
        assert_int_equal(send_one(&a, &dgram), 1);
        assert_int_equal(dgram.status, USCTP_DGRAM_UNREACHABLE);
        assert_true(usctp__driver_source(a.driver, &remote, &local) < 0);
        assert_int_equal(usctp__driver_max_packet(a.driver, NULL, &remote), 0);
        close_host(&a);
    }
}

/* Raw IP: no ports, no headers. */
static void raw_exchange(const char *address)
{
    static struct host a, b;
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    struct usctp_addr addr = addr_of(address);
    struct usctp_dgram dgram;

    make_host(&a);
    make_host(&b);
    config.addrs = &addr;
    config.addr_cnt = 1;
    assert_int_equal(usctp_raw_open(a.stack, &config, &a.driver), 0);
    config.addr_cnt = 0;
    assert_int_equal(usctp_raw_open(b.stack, &config, &b.driver), 0);
    assert_int_equal(usctp_driver_port(a.driver), 0);
    dgram = dgram_to(address, 0, "a packet of SCTP", 16);
    dgram.dscp = 10;
    assert_int_equal(send_one(&a, &dgram), 1);
    assert_int_equal(dgram.status, USCTP_DGRAM_SENT);
    take(&b, 1);
    assert_int_equal(b.seen[0].dgram.len, 16);
    assert_memory_equal(b.seen[0].bytes, "a packet of SCTP", 16);
    assert_int_equal(b.seen[0].dgram.local_udp_port, 0);
    assert_int_equal(b.seen[0].dgram.remote_udp_port, 0);
    assert_int_equal(b.seen[0].dgram.dscp, 10);
    assert_true(usctp__addr_equal(&b.seen[0].dgram.local, &addr));
    assert_true(usctp__addr_equal(&b.seen[0].dgram.remote, &addr));
    close_host(&a);
    close_host(&b);
}

static void test_raw(void **state)
{
    (void)state;
    need_network();
    raw_exchange("127.0.0.1");
    if (has_ipv6()) {
        raw_exchange("::1");
    }
}

/* A raw socket hears of a host that does not speak the protocol. */
static void test_raw_no_protocol(void **state)
{
    static struct host a;
    struct usctp_driver_config config = USCTP_DRIVER_CONFIG_INIT;
    struct usctp_addr here = addr_of("127.0.0.1");
    struct usctp_dgram dgram;

    (void)state;
    need_network();
    make_host(&a);
    config.addrs = &here;
    config.addr_cnt = 1;
    assert_int_equal(usctp_raw_open(a.stack, &config, &a.driver), 0);
    dgram = dgram_to("127.0.0.2", 0, "a packet of SCTP", 16);
    assert_int_equal(send_one(&a, &dgram), 1);
    wait_readable(&a);
    read_errors(a.driver, 0);
    assert_int_equal(a.driver->icmp_cnt, 1);
    assert_int_equal(a.driver->icmps[0].icmp.kind, USCTP_ICMP_NO_PROTOCOL);
    assert_int_equal(a.driver->icmps[0].icmp.remote_udp_port, 0);
    assert_int_equal(a.driver->icmps[0].icmp.quote_len, 16);
    assert_memory_equal(a.driver->icmps[0].quote, "a packet of SCTP", 16);
    close_host(&a);
}

#endif /* __linux__ */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange_ipv4),
        cmocka_unit_test(test_exchange_ipv6),
        cmocka_unit_test(test_wildcard),
        cmocka_unit_test(test_several_addresses),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_longest),
        cmocka_unit_test(test_broadcast_is_told),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_taken_over),
        cmocka_unit_test(test_bad_addresses),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_drawn_port),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_turn),
        cmocka_unit_test(test_route_is_remembered),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_icmp_kinds),
#if defined(__linux__)
        cmocka_unit_test(test_port_unreachable),
        cmocka_unit_test(test_many_errors),
        cmocka_unit_test(test_train_rules),
        cmocka_unit_test(test_trains),
        cmocka_unit_test(test_filter_of_trains),
        cmocka_unit_test(test_refusals),
#endif
    };

    int failed = cmocka_run_group_tests_name("driver", tests, NULL, NULL);

#if defined(__linux__)
    const struct CMUnitTest network_tests[] = {
        cmocka_unit_test(test_train_too_big),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_too_big_among_errors),
        cmocka_unit_test(test_no_route),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_raw_no_protocol),
        cmocka_unit_test(test_exchange_ipv4),
    };

    own_network = test_network_enter();
    failed += cmocka_run_group_tests_name("driver in a network", network_tests, NULL, NULL);
#endif
    return failed;
}
