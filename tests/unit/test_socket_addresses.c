/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls about addresses: bindx, connectx, getpaddrs, getladdrs, getsockname, getpeername and the
 * private options of Linux behind them (RFC 6458, 4.1.9, 9). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SOCK_NONBLOCK, MAP_ANONYMOUS */
#endif
#include "unit/socket_world.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#define FAILS(call, error)              \
    do {                                \
        assert_int_equal((call), -1);   \
        assert_int_equal(errno, error); \
    } while (0)

static struct sockaddr *sa(void *name)
{
    return name;
}

/* 10.n.0.k of host n - 1. */
static struct sockaddr_in more(int i, int k, uint16_t port)
{
    struct sockaddr_in sin = world_name(i, port);

    sin.sin_addr.s_addr = htonl(0x0a000000u + ((uint32_t)i + 1) * 0x10000u + (uint32_t)k);
    return sin;
}

static bool same(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_family == b->sin_family && a->sin_port == b->sin_port &&
           a->sin_addr.s_addr == b->sin_addr.s_addr;
}

static int bindx_add(int fd, struct sockaddr_in *names, int cnt)
{
    return usctp_sctp_bindx(fd, sa(names), cnt, SCTP_BINDX_ADD_ADDR);
}

static int bindx_rem(int fd, struct sockaddr_in *names, int cnt)
{
    return usctp_sctp_bindx(fd, sa(names), cnt, SCTP_BINDX_REM_ADDR);
}

/* The addresses of a socket, which must be just these. */
static void assert_locals(int fd, const struct sockaddr_in *names, int cnt)
{
    struct sockaddr *got;

    assert_int_equal(usctp_sctp_getladdrs(fd, 0, &got), cnt);
    for (int i = 0; i < cnt; i++) {
        assert_true(same((struct sockaddr_in *)(void *)got + i, &names[i]));
    }
    assert_int_equal(usctp_sctp_freeladdrs(got), 0);
}

/* --- bindx (9.1) ------------------------------------------------------------------------------- */

static void test_bindx(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sockaddr_in names[3] = {world_name(0, 7), more(0, 1, 7), more(0, 2, 0)};

    (void)state;
    FAILS(bindx_rem(fd, names, 1), EINVAL); /* not bound yet */
    assert_int_equal(bindx_add(fd, names, 1), 0);
    assert_int_equal(bindx_add(fd, names + 1, 2), 0); /* a port of 0 is the one that stands */
    names[2].sin_port = htons(7);
    assert_locals(fd, names, 3);
    FAILS(bindx_add(fd, names + 1, 1), EINVAL); /* it is there */
    assert_int_equal(bindx_rem(fd, names + 1, 2), 0);
    assert_locals(fd, names, 1);
    FAILS(bindx_rem(fd, names + 1, 1), EINVAL); /* it is not there */
    FAILS(bindx_rem(fd, names, 1), EINVAL);     /* the last one stays */
    names[1].sin_port = htons(8);
    FAILS(bindx_add(fd, names + 1, 1), EINVAL); /* another port */
    assert_locals(fd, names, 1);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_bindx_errors(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct sockaddr_in names[2] = {world_name(0, 7), more(0, 1, 8)};
    struct sockaddr_in any = world_name(0, 7);

    (void)state;
    any.sin_addr.s_addr = 0;
    FAILS(bindx_add(fd, names, 0), EINVAL);
    FAILS(bindx_add(fd, names, -1), EINVAL);
    FAILS(bindx_add(fd, NULL, 1), EINVAL);
    FAILS(bindx_add(fd, (void *)-1, 1), EFAULT);
    FAILS(usctp_sctp_bindx(fd, sa(names), 1, 0), EINVAL);
    FAILS(usctp_sctp_bindx(fd, sa(names), 1, SCTP_BINDX_ADD_ADDR | SCTP_BINDX_REM_ADDR), EINVAL);
    FAILS(bindx_add(fd, names, 2), EINVAL); /* two ports */
    FAILS(bindx_add(-1, names, 1), EBADF);
    names[0].sin_family = 77;
    FAILS(bindx_add(fd, names, 1), EINVAL);
    assert_int_equal(bindx_add(fd, &any, 1), 0);
    FAILS(bindx_add(fd, names + 1, 1), EINVAL); /* all are bound: no more to add, */
    FAILS(bindx_rem(fd, &any, 1), EINVAL);      /* nor to take away */
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_foreign(void **state)
{
    struct sockaddr *got;
    struct sockaddr_in name = world_name(0, 7);
    int fds[2], udp = socket(AF_INET, SOCK_DGRAM, 0);

    (void)state;
    assert_int_equal(pipe(fds), 0);
    FAILS(usctp_sctp_getpaddrs(udp, 0, &got), EOPNOTSUPP);
    FAILS(usctp_sctp_getladdrs(fds[0], 0, &got), ENOTSOCK);
    FAILS(usctp_sctp_bindx(-1, sa(&name), 1, SCTP_BINDX_ADD_ADDR), EBADF);
    FAILS(usctp_sctp_connectx(udp, sa(&name), 1, NULL), EOPNOTSUPP);
    assert_int_equal(usctp_sctp_getassocid(udp, sa(&name)), 0);
    assert_int_equal(errno, EOPNOTSUPP);
    close(fds[0]);
    close(fds[1]);
    close(udp);
}

/* --- connectx (9.9) ---------------------------------------------------------------------------- */

static void test_connectx(void **state)
{
    struct world *world = world_new();
    int server = world_socket(world, 1, AF_INET, SOCK_SEQPACKET);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sockaddr_in names[2] = {more(1, 5, 7), world_name(1, 7)};
    struct sockaddr *got;
    sctp_assoc_t id = 0, again;

    (void)state;
    assert_int_equal(bindx_add(server, names, 2), 0);
    assert_int_equal(usctp_listen(server, 1), 0);
    assert_int_equal(usctp_sctp_connectx(client, sa(names), 2, &id), 0);
    assert_true(id > SCTP_ALL_ASSOC);
    assert_int_equal(usctp_sctp_getpaddrs(client, id, &got), 2);
    assert_true(same((struct sockaddr_in *)(void *)got, &names[0])); /* the primary */
    assert_true(same((struct sockaddr_in *)(void *)got + 1, &names[1]));
    assert_int_equal(usctp_sctp_freepaddrs(got), 0);
    assert_int_equal(usctp_sctp_getassocid(client, sa(&names[1])), id);
    FAILS(usctp_sctp_connectx(client, sa(names + 1), 1, &again), EISCONN);
    FAILS(usctp_sctp_getpaddrs(client, id + 1, &got), EINVAL);
    FAILS(usctp_sctp_getpaddrs(client, 0, &got), EINVAL);
    FAILS(usctp_sctp_getpaddrs(client, id, NULL), EFAULT);
    names[0].sin_port = htons(9);
    names[1].sin_port = htons(8);
    FAILS(usctp_sctp_connectx(client, sa(names), 2, &again), EINVAL);
    FAILS(usctp_sctp_connectx(client, sa(names), 0, &again), EINVAL);
    FAILS(usctp_sctp_connectx(client, (void *)-1, 1, &again), EFAULT);
    FAILS(usctp_sctp_connectx(client, sa(names), 1, (void *)-1), EFAULT);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* The id is told although set-up goes on. */
static void test_connectx_nonblocking(void **state)
{
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET | SOCK_NONBLOCK);
    struct sockaddr_in name = world_name(1, 7);
    sctp_assoc_t id = 0;

    (void)state;
    FAILS(usctp_sctp_connectx(client, sa(&name), 1, &id), EINPROGRESS);
    assert_true(id > SCTP_ALL_ASSOC);
    world_settle(world);
    assert_int_equal(usctp_sctp_getassocid(client, sa(&name)), id);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- getsockname, getpeername ------------------------------------------------------------------ */

static void test_names(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name, theirs;
    socklen_t len = sizeof(name);
    int client, server, fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    (void)state;
    assert_int_equal(usctp_getsockname(fd, sa(&name), &len), 0); /* not bound */
    assert_int_equal(name.sin_addr.s_addr, 0);
    assert_int_equal(name.sin_port, 0);
    FAILS(usctp_getpeername(fd, sa(&name), &len), ENOTCONN);
    assert_int_equal(usctp_listen(fd, 1), 0); /* anywhere, with a port of its own */
    assert_int_equal(usctp_getsockname(fd, sa(&name), &len), 0);
    assert_int_equal(name.sin_addr.s_addr, 0);
    assert_true(ntohs(name.sin_port) >= 1024);
    assert_int_equal(usctp_close(fd), 0);
    world_pair(world, &client, &server);
    assert_int_equal(usctp_getsockname(client, sa(&name), &len), 0);
    assert_int_equal(usctp_getpeername(server, sa(&theirs), &len), 0);
    assert_true(same(&name, &theirs)); /* the address that it sends from */
    assert_int_equal(usctp_getsockname(server, sa(&name), &len), 0);
    assert_int_equal(usctp_getpeername(client, sa(&theirs), &len), 0);
    assert_true(same(&name, &theirs));
    len = 2; /* cut, and told how long it is */
    assert_int_equal(usctp_getsockname(server, sa(&name), &len), 0);
    assert_int_equal(len, sizeof(name));
    FAILS(usctp_getsockname(server, (void *)-1, &len), EFAULT);
    FAILS(usctp_getsockname(server, sa(&name), NULL), EFAULT);
    len = (socklen_t)-1;
    FAILS(usctp_getsockname(server, sa(&name), &len), EINVAL);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_peername_of_many(void **state)
{
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sockaddr_in name = world_name(1, 7);
    socklen_t len = sizeof(name);

    (void)state;
    assert_int_equal(usctp_connect(client, sa(&name), len), 0);
    FAILS(usctp_getpeername(client, sa(&name), &len), ENOTCONN);
    int peeled = usctp_sctp_peeloff(client, usctp_sctp_getassocid(client, sa(&name)));
    assert_int_equal(usctp_getpeername(peeled, sa(&name), &len), 0);
    assert_int_equal(ntohs(name.sin_port), 7);
    assert_int_equal(usctp_sctp_getassocid(client, sa(&name)), 0);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(usctp_close(peeled), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* IPv4 on IPv6 sockets, as the option wants it (8.1.15). */
static void test_mapped(void **state)
{
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_STREAM, 7);
    int client = world_socket(world, 0, AF_INET6, SOCK_STREAM), off = 0;
    struct sockaddr_in name = world_name(1, 7);
    struct sockaddr_storage got;
    struct sockaddr_in6 *got6 = (struct sockaddr_in6 *)&got;
    struct sockaddr *addrs;
    socklen_t len = sizeof(got);

    (void)state;
    assert_int_equal(usctp_connect(client, sa(&name), sizeof(name)), 0);
    assert_int_equal(usctp_getpeername(client, sa(&got), &len), 0);
    assert_int_equal(len, sizeof(*got6));
    assert_true(IN6_IS_ADDR_V4MAPPED(&got6->sin6_addr));
    assert_int_equal(
        usctp_setsockopt(client, IPPROTO_SCTP, SCTP_I_WANT_MAPPED_V4_ADDR, &off, sizeof(off)), 0);
    len = sizeof(got);
    assert_int_equal(usctp_getpeername(client, sa(&got), &len), 0);
    assert_int_equal(len, sizeof(name));
    assert_true(same((struct sockaddr_in *)&got, &name));
    assert_int_equal(usctp_sctp_getpaddrs(client, 0, &addrs), 1);
    assert_int_equal(addrs->sa_family, AF_INET);
    assert_int_equal(usctp_sctp_freepaddrs(addrs), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static void test_getaddrlen(void **state)
{
    (void)state;
    assert_int_equal(usctp_sctp_getaddrlen(AF_INET), sizeof(struct sockaddr_in));
    assert_int_equal(usctp_sctp_getaddrlen(AF_INET6), sizeof(struct sockaddr_in6));
    FAILS(usctp_sctp_getaddrlen(AF_UNIX), EINVAL);
}

/* --- What libsctp does with options ------------------------------------------------------------ */

static void test_libsctp_bindx(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);
    struct sockaddr_in names[2] = {world_name(0, 7), more(0, 1, 7)};

    (void)state;
    assert_int_equal(
        usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_BINDX_ADD, names, sizeof(names)), 0);
    assert_locals(fd, names, 2);
    FAILS(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_BINDX_REM, names, sizeof(names) - 1),
          EINVAL);
    assert_int_equal(
        usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_BINDX_REM, names + 1, sizeof(*names)), 0);
    assert_locals(fd, names, 1);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

static void test_libsctp_connectx(void **state)
{
    struct world *world = world_new();
    int server = world_listener(world, 1, SOCK_SEQPACKET, 7);
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_getaddrs_old arg = {0, sizeof(name), (struct sockaddr *)&name};
    socklen_t len = sizeof(arg);
    struct { /* struct sctp_getaddrs, with room */
        sctp_assoc_t assoc_id;
        uint32_t addr_num;
        struct sockaddr_in names[4];
    } addrs;

    (void)state;
    for (int i = 0; i < 4; i++) {
        int flags = i == 3 ? SOCK_NONBLOCK : 0;
        int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET | flags);
        int result = 0;

        if (i == 0) {
            result = usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX, &name, sizeof(name));
            assert_int_equal(result, usctp_sctp_getassocid(fd, sa(&name)));
        } else if (i == 1) {
            assert_int_equal(
                usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX_OLD, &name, sizeof(name)),
                0);
        } else {
            result = usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX3, &arg, &len);
            assert_int_equal(result, i == 2 ? 0 : -1);
            assert_int_equal(arg.assoc_id, usctp_sctp_getassocid(fd, sa(&name)));
        }
        addrs.assoc_id = usctp_sctp_getassocid(fd, sa(&name));
        len = sizeof(addrs);
        assert_int_equal(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_GET_PEER_ADDRS, &addrs, &len), 0);
        assert_int_equal(len, offsetof(struct sctp_getaddrs, addrs) + sizeof(name));
        assert_int_equal(addrs.addr_num, 1);
        assert_true(same(&addrs.names[0], &name));
        len = 12;
        FAILS(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_GET_PEER_ADDRS, &addrs, &len), ENOMEM);
        len = sizeof(addrs);
        assert_int_equal(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_GET_LOCAL_ADDRS, &addrs, &len), 0);
        assert_int_equal(addrs.addr_num, 1);
        assert_int_equal(addrs.names[0].sin_addr.s_addr, world_name(0, 0).sin_addr.s_addr);
        world_settle(world);
        assert_int_equal(usctp_close(fd), 0);
        world_settle(world);
        len = sizeof(arg);
    }
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- Over UDP ----------------------------------------------------------------------------------- */

/* All of 127.0.0.0/8 is ours, and what belongs to nobody is not. */
static void test_loopback(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    usctp_host *host;
    struct sockaddr_in name = {0};
    struct sockaddr *got;
    bool found = false;

    (void)state;
    stack.crypto = test_crypto_system();
    config.stack = &stack;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    name.sin_family = AF_INET;
    name.sin_port = htons(5000);
    name.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
    FAILS(usctp_bind(fd, sa(&name), sizeof(name)), EADDRNOTAVAIL);
    name.sin_addr.s_addr = htonl(0x7f010203);
    assert_int_equal(usctp_bind(fd, sa(&name), sizeof(name)), 0);
    assert_locals(fd, &name, 1);
    assert_int_equal(usctp_close(fd), 0);
    fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    name.sin_addr.s_addr = 0;
    assert_int_equal(usctp_bind(fd, sa(&name), sizeof(name)), 0);
    int cnt = usctp_sctp_getladdrs(fd, 0, &got); /* any: those of the interfaces */
    assert_true(cnt >= 1);
    for (int i = 0; i < cnt; i++) {
        const struct sockaddr_in *one = (struct sockaddr_in *)(void *)got + i;

        found = found || one->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
        assert_int_equal(ntohs(one->sin_port), 5000);
    }
    assert_true(found);
    usctp_sctp_freeladdrs(got);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* RFC 6951, 6.1: port 0 is raw IP, which UDP sockets cannot do. */
static void test_no_raw_ip(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct sctp_udpencaps encaps;
    usctp_host *host;

    (void)state;
    stack.crypto = test_crypto_system();
    config.stack = &stack;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    memset(&encaps, 0, sizeof(encaps));
    FAILS(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps)),
          EINVAL);
    encaps.sue_port = htons(4000);
    assert_int_equal(
        usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps)),
        0);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_host_free(host), 0);
}

/* --- Pointers ----------------------------------------------------------------------------------- */

/* A page that nobody may read, behind one that may be read but not written; and a good one before it. */
struct pages {
    uint8_t *good, *constant, *none;
    size_t len;
};

static struct pages pages_map(void)
{
    struct pages pages;

    pages.len = (size_t)sysconf(_SC_PAGESIZE);
    pages.good =
        mmap(NULL, 3 * pages.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages.good != MAP_FAILED);
    pages.constant = pages.good + pages.len;
    pages.none = pages.constant + pages.len;
    memset(pages.good, 1, 3 * pages.len);
    assert_int_equal(mprotect(pages.constant, pages.len, PROT_READ), 0);
    assert_int_equal(mprotect(pages.none, pages.len, PROT_NONE), 0);
    return pages;
}

static void test_checked_pointers(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    struct pages pages = pages_map();
    struct sockaddr_in name = {0};
    struct sockaddr *got = NULL;
    socklen_t len = sizeof(name);
    usctp_host *host;
    char byte = 'x';

    (void)state;
    stack.crypto = test_crypto_system();
    config.stack = &stack;
    config.flags = USCTP_HOST_CHECK_POINTERS;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    int fd = usctp_host_socket(host, AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
    FAILS(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, pages.none, 4), EFAULT);
    FAILS(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, pages.none - 2, 4), EFAULT);
    assert_int_equal(usctp_setsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, pages.constant, 4), 0);
    FAILS(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, pages.constant, &len), EFAULT);
    FAILS(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, pages.good, (void *)pages.constant),
          EFAULT);
    len = 4;
    assert_int_equal(usctp_getsockopt(fd, IPPROTO_SCTP, SCTP_NODELAY, pages.good, &len), 0);
    assert_int_equal(pages.good[4], 1);
    FAILS(usctp_bind(fd, sa(pages.none), sizeof(name)), EFAULT);
    FAILS(usctp_connect(fd, sa(pages.none), sizeof(name)), EFAULT);
    FAILS(usctp_getsockname(fd, sa(pages.constant), &len), EFAULT);
    FAILS(usctp_sctp_bindx(fd, sa(pages.none - 8), 1, SCTP_BINDX_ADD_ADDR), EFAULT);
    FAILS(usctp_sctp_connectx(fd, sa(pages.none), 1, NULL), EFAULT);
    FAILS(usctp_sctp_getladdrs(fd, 0, (struct sockaddr **)(void *)pages.constant), EFAULT);
    name.sin_family = AF_INET;
    assert_int_equal(usctp_bind(fd, sa(&name), sizeof(name)), 0);
    assert_true(usctp_sctp_getladdrs(fd, 0, &got) > 0);
    usctp_sctp_freeladdrs(got);
    FAILS(usctp_send(fd, pages.none, 10, 0), EFAULT);
    FAILS(usctp_send(fd, pages.constant, pages.len + 1, 0), EFAULT);
    FAILS(usctp_sendto(fd, &byte, 1, 0, sa(pages.none), sizeof(name)), EFAULT);
    FAILS(usctp_sendmsg(fd, (void *)pages.none, 0), EFAULT);
    FAILS(usctp_recv(fd, pages.constant, 10, MSG_DONTWAIT), EFAULT);
    FAILS(usctp_recvmsg(fd, (void *)pages.constant, MSG_DONTWAIT), EFAULT);
    FAILS(usctp_recvfrom(fd, &byte, 1, MSG_DONTWAIT, sa(pages.good), (void *)pages.constant),
          EFAULT);
    FAILS(usctp_poll((void *)pages.none, 1, 0), EFAULT);
    FAILS(usctp_poll((void *)(pages.none - sizeof(struct pollfd)), 2, 0), EFAULT);
    FAILS(usctp_poll((void *)pages.constant, 1, 0), EFAULT);
    assert_int_equal(usctp_poll((void *)pages.none, 0, 0), 0); /* nobody looks */
    FAILS(usctp_select(fd + 1, (void *)pages.none, NULL, NULL, NULL), EFAULT);
    FAILS(usctp_select(fd + 1, NULL, (void *)pages.constant, NULL, NULL), EFAULT);
    FAILS(usctp_select(fd + 1, NULL, NULL, NULL, (void *)pages.none), EFAULT);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_host_free(host), 0);
    munmap(pages.good, 3 * pages.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bindx),
        cmocka_unit_test(test_bindx_errors),
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_connectx),
        cmocka_unit_test(test_connectx_nonblocking),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_peername_of_many),
        cmocka_unit_test(test_mapped),
        cmocka_unit_test(test_getaddrlen),
        cmocka_unit_test(test_libsctp_bindx),
        cmocka_unit_test(test_libsctp_connectx),
        cmocka_unit_test(test_loopback),
        cmocka_unit_test(test_no_raw_ip),
        cmocka_unit_test(test_checked_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
