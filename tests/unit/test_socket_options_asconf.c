/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses that change, by the sockets (RFC 5061; RFC 6458, 6.1.2, 6.1.6, 8.1.10, 8.1.23, 8.3.1, 9.1). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* SOCK_NONBLOCK */
#endif
#include "unit/socket_options.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void subscribe(int fd, uint16_t type)
{
    struct sctp_event event = {SCTP_FUTURE_ASSOC, type, 1};

    SET(fd, SCTP_EVENT, &event, sizeof(event));
}

static void offer(int fd)
{
    struct sctp_assoc_value value = {SCTP_FUTURE_ASSOC, 1};

    SET(fd, SCTP_ASCONF_SUPPORTED, &value, sizeof(value));
}

static uint32_t supported(int fd, int name, sctp_assoc_t id)
{
    struct sctp_assoc_value value = {id, 77};

    GET(fd, name, &value, sizeof(value));
    return value.assoc_value;
}

/* 10.n.0.k of host n - 1. */
static struct sockaddr_in more(int i, int k, uint16_t port)
{
    struct sockaddr_in sin = world_name(i, port);

    sin.sin_addr.s_addr = htonl(0x0a000000u + ((uint32_t)i + 1) * 0x10000u + (uint32_t)k);
    return sin;
}

static int bindx(int fd, struct sockaddr_in *name, int flags)
{
    return usctp_sctp_bindx(fd, (struct sockaddr *)name, 1, flags);
}

static int prefer(int fd, sctp_assoc_t id, const struct sockaddr_in *name)
{
    struct sctp_setpeerprim prim;

    memset(&prim, 0, sizeof(prim));
    prim.sspp_assoc_id = id;
    memcpy((uint8_t *)&prim + offsetof(struct sctp_setpeerprim, sspp_addr), name, sizeof(*name));
    return try_set(fd, SCTP_SET_PEER_PRIMARY_ADDR, &prim, sizeof(prim));
}

/* The next thing to read tells this of this address. */
static void changed(int fd, int state, const struct sockaddr_in *name)
{
    union sctp_notification note;
    struct sockaddr_in sin;

    assert_int_equal(usctp_recv(fd, &note, sizeof(note), MSG_DONTWAIT),
                     sizeof(struct sctp_paddr_change));
    assert_int_equal(note.sn_header.sn_type, SCTP_PEER_ADDR_CHANGE);
    assert_int_equal(note.sn_paddr_change.spc_state, state);
    memcpy(&sin, (uint8_t *)&note + offsetof(struct sctp_paddr_change, spc_aaddr), sizeof(sin));
    assert_int_equal(sin.sin_addr.s_addr, name->sin_addr.s_addr);
    assert_int_equal(sin.sin_port, name->sin_port);
}

static void nothing(int fd)
{
    char byte;

    FAILS((int)usctp_recv(fd, &byte, 1, MSG_DONTWAIT), EAGAIN);
}

static int addr_cnt(int fd, sctp_assoc_t id, bool local)
{
    struct sockaddr *got;
    int cnt = local ? usctp_sctp_getladdrs(fd, id, &got) : usctp_sctp_getpaddrs(fd, id, &got);

    (local ? usctp_sctp_freeladdrs : usctp_sctp_freepaddrs)(got);
    return cnt;
}

static void test_switches(void **state)
{
    struct world *world = world_new();
    int fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    struct sctp_assoc_value off = {SCTP_FUTURE_ASSOC, 0};
    struct sctp_setadaptation told = {5};
    struct sockaddr_in name = world_name(0, 7), any = name;

    (void)state;
    assert_int_equal(supported(fd, SCTP_ASCONF_SUPPORTED, 0), 0);
    offer(fd);
    assert_int_equal(supported(fd, SCTP_ASCONF_SUPPORTED, 0), 1);
    assert_int_equal(supported(fd, SCTP_AUTH_SUPPORTED, 0), 1); /* it goes with that */
    FAILS(try_set(fd, SCTP_AUTH_SUPPORTED, &off, sizeof(off)), EINVAL);
    SET(fd, SCTP_ASCONF_SUPPORTED, &off, sizeof(off));
    SET(fd, SCTP_AUTH_SUPPORTED, &off, sizeof(off));
    assert_int_equal(supported(fd, SCTP_ASCONF_SUPPORTED, 0), 0);

    GET(fd, SCTP_ADAPTATION_LAYER, &told, sizeof(told));
    assert_int_equal(told.ssb_adaptation_ind, 0);
    told.ssb_adaptation_ind = 9;
    SET(fd, SCTP_ADAPTATION_LAYER, &told, sizeof(told));
    told.ssb_adaptation_ind = 0;
    GET(fd, SCTP_ADAPTATION_LAYER, &told, sizeof(told));
    assert_int_equal(told.ssb_adaptation_ind, 9);
    FAILS(try_set(fd, SCTP_ADAPTATION_LAYER, &told, 3), EINVAL);

    assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF), 0);
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 1), 0);
    any.sin_addr.s_addr = 0;
    assert_int_equal(usctp_bind(fd, world_sa(&any), sizeof(any)), 0);
    assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF), 1);
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 2), 0);
    assert_int_equal(usctp_close(fd), 0);
    fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    FAILS(set_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 1), EINVAL); /* bound to its own choice */
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 0), 0);
    assert_int_equal(usctp_close(fd), 0);
    fd = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 1), 0);
    assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF), 1);
    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    assert_int_equal(get_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF), 0);
    FAILS(prefer(fd, SCTP_FUTURE_ASSOC, &name), EINVAL);
    assert_int_equal(usctp_close(fd), 0);
    world_free(world);
}

/* A server that gets a second address, prefers it, and gives the first one up. */
static void test_live(void **state)
{
    struct world *world = world_new();
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    int server = world_socket(world, 1, AF_INET, SOCK_SEQPACKET);
    struct sockaddr_in first = world_name(1, 7), second = more(1, 5, 7), third = more(1, 6, 7);
    sctp_assoc_t id, server_id;
    struct sockaddr_in from;
    socklen_t len = sizeof(from);
    char byte = 'x';

    (void)state;
    offer(client);
    offer(server);
    subscribe(client, SCTP_PEER_ADDR_CHANGE);
    assert_int_equal(bindx(server, &first, SCTP_BINDX_ADD_ADDR), 0);
    assert_int_equal(usctp_listen(server, 1), 0);
    assert_int_equal(usctp_connect(client, world_sa(&first), sizeof(first)), 0);
    world_run(world, USCTP_SEC(1));
    id = usctp_sctp_getassocid(client, (struct sockaddr *)&first);
    assert_int_equal(supported(client, SCTP_ASCONF_SUPPORTED, id), 1);
    assert_int_equal(usctp_sendto(client, &byte, 1, 0, world_sa(&first), sizeof(first)), 1);
    world_settle(world);
    assert_int_equal(usctp_recvfrom(server, &byte, 1, 0, (struct sockaddr *)&from, &len), 1);
    server_id = usctp_sctp_getassocid(server, (struct sockaddr *)&from);
    while (usctp_recv(client, (char[256]){0}, 256, MSG_DONTWAIT) > 0) {
    }

    assert_int_equal(bindx(server, &second, SCTP_BINDX_ADD_ADDR), 0);
    world_run(world, USCTP_SEC(1));
    changed(client, SCTP_ADDR_ADDED, &second);
    changed(client, SCTP_ADDR_CONFIRMED, &second);
    nothing(client);
    assert_int_equal(addr_cnt(client, id, false), 2);
    assert_int_equal(addr_cnt(server, server_id, true), 2);
    FAILS(bindx(server, &second, SCTP_BINDX_ADD_ADDR), EINVAL);

    FAILS(prefer(server, server_id, &third), EADDRNOTAVAIL);
    assert_int_equal(prefer(server, server_id, &second), 0);
    world_run(world, USCTP_SEC(1));
    changed(client, SCTP_ADDR_MADE_PRIM, &second);
    nothing(client);

    assert_int_equal(bindx(server, &first, SCTP_BINDX_REM_ADDR), 0);
    world_run(world, USCTP_SEC(1));
    changed(client, SCTP_ADDR_REMOVED, &first);
    nothing(client);
    assert_int_equal(addr_cnt(client, id, false), 1);
    assert_int_equal(addr_cnt(server, server_id, true), 1);
    FAILS(bindx(server, &second, SCTP_BINDX_REM_ADDR), EINVAL); /* the last one */
    assert_int_equal(usctp_sendto(client, &byte, 1, 0, world_sa(&second), sizeof(second)), 1);
    world_settle(world);
    assert_int_equal(usctp_recv(server, &byte, 1, MSG_DONTWAIT), 1);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* An accepted socket has its association, and not the port; without ASCONF nothing can be asked for. */
static void test_accepted(void **state)
{
    struct world *world = world_new();
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int listener = world_socket(world, 1, AF_INET, SOCK_STREAM), server;
    struct sockaddr_in first = world_name(1, 7), second = more(1, 5, 7);

    (void)state;
    offer(listener);
    assert_int_equal(bindx(listener, &first, SCTP_BINDX_ADD_ADDR), 0);
    assert_int_equal(usctp_listen(listener, 1), 0);
    for (int asconf = 0; asconf < 2; asconf++) {
        if (asconf) {
            offer(client);
        }
        assert_int_equal(usctp_connect(client, world_sa(&first), sizeof(first)), 0);
        server = usctp_accept(listener, NULL, NULL);
        assert_true(server >= 0);
        if (asconf) {
            assert_int_equal(bindx(server, &second, SCTP_BINDX_ADD_ADDR), 0);
            world_run(world, USCTP_SEC(1));
            assert_int_equal(addr_cnt(client, 0, false), 2);
            assert_int_equal(addr_cnt(server, 0, true), 2);
            assert_int_equal(bindx(server, &first, SCTP_BINDX_REM_ADDR), 0);
            FAILS(bindx(server, &first, SCTP_BINDX_REM_ADDR), EINVAL);
            world_run(world, USCTP_SEC(1));
            assert_int_equal(addr_cnt(client, 0, false), 1);
        } else {
            FAILS(bindx(server, &second, SCTP_BINDX_ADD_ADDR), EOPNOTSUPP);
            FAILS(prefer(server, 0, &first), EPERM);
            assert_int_equal(bindx(listener, &second, SCTP_BINDX_ADD_ADDR), 0);
            assert_int_equal(bindx(listener, &second, SCTP_BINDX_REM_ADDR), 0);
            world_run(world, USCTP_SEC(1));
            assert_int_equal(addr_cnt(client, 0, false), 1);
        }
        assert_int_equal(addr_cnt(listener, 0, true), 1);
        assert_int_equal(usctp_close(client), 0);
        assert_int_equal(usctp_close(server), 0);
        world_settle(world);
        client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    }
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

static void set_addresses(struct world *world, int i, const char *first, const char *second)
{
    struct usctp_addr addrs[2];

    assert_int_equal(usctp_addr_parse(&addrs[0], first), 0);
    assert_int_equal(usctp_addr_parse(&addrs[1], second), 0);
    world->hosts[i].addr4 = addrs[0]; /* the system's choice of a source */
    assert_int_equal(usctp_host_set_addresses(world->hosts[i].host, addrs, 2), 0);
    world_run(world, USCTP_SEC(2));
}

/* RFC 6458, 8.1.23: the associations of a socket follow the addresses of its host. */
static void test_follow(void **state)
{
    struct world *world = world_new();
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int listener = world_socket(world, 1, AF_INET, SOCK_STREAM), server, other;
    struct sockaddr_in first = world_name(1, 7), second = more(1, 5, 7), third = more(1, 6, 7);
    struct sockaddr_in any = first;
    struct usctp_addr many[USCTP_HOST_ADDRS_MAX + 1];

    (void)state;
    set_addresses(world, 1, "10.0.0.2", "fd00::2");
    offer(client);
    offer(listener);
    subscribe(client, SCTP_PEER_ADDR_CHANGE);
    any.sin_addr.s_addr = 0;
    assert_int_equal(set_at(listener, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 1), 0);
    assert_int_equal(usctp_bind(listener, world_sa(&any), sizeof(any)), 0);
    assert_int_equal(usctp_listen(listener, 1), 0);
    assert_int_equal(usctp_connect(client, world_sa(&first), sizeof(first)), 0);
    server = usctp_accept(listener, NULL, NULL);
    assert_int_equal(get_at(server, IPPROTO_SCTP, SCTP_AUTO_ASCONF), 1);
    world_run(world, USCTP_SEC(1));
    while (usctp_recv(client, (char[256]){0}, 256, MSG_DONTWAIT) > 0) {
    }
    set_addresses(world, 1, "10.0.0.2", "10.2.0.5");
    changed(client, SCTP_ADDR_ADDED, &second);
    changed(client, SCTP_ADDR_CONFIRMED, &second);
    /* Who connects now is told at once of what the other socket was told of when it came. */
    other = world_socket(world, 0, AF_INET, SOCK_STREAM);
    offer(other);
    assert_int_equal(usctp_connect(other, world_sa(&first), sizeof(first)), 0);
    world_run(world, USCTP_SEC(1));
    assert_int_equal(addr_cnt(other, 0, false), 2);
    assert_int_equal(usctp_close(other), 0);
    assert_int_equal(usctp_close(usctp_accept(listener, NULL, NULL)), 0);
    /* It can be switched off and on while an association lives. */
    assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 0), 0);
    set_addresses(world, 1, "10.0.0.2", "10.0.0.2");
    set_addresses(world, 1, "10.0.0.2", "10.2.0.5");
    nothing(client);
    assert_int_equal(set_at(server, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 1), 0);
    set_addresses(world, 1, "10.2.0.5", "10.0.0.2"); /* in another order, they are the same */
    nothing(client);
    set_addresses(world, 1, "10.2.0.5", "10.2.0.6");
    changed(client, SCTP_ADDR_ADDED, &third);
    assert_int_equal(addr_cnt(client, 0, false), 2);
    while (usctp_recv(client, (char[256]){0}, 256, MSG_DONTWAIT) > 0) {
    }
    /* The only way there is: all addresses change. */
    set_addresses(world, 1, "10.2.0.5", "10.2.0.5");
    assert_int_equal(addr_cnt(client, 0, false), 1);
    set_addresses(world, 1, "10.2.0.6", "10.2.0.6");
    assert_int_equal(addr_cnt(client, 0, false), 1);
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_run(world, USCTP_SEC(5));
    assert_int_equal(usctp_recv(server, (char[4]){0}, 4, MSG_DONTWAIT), 1);
    FAILS(usctp_host_set_addresses(world->hosts[1].host, NULL, 1), EINVAL);
    for (size_t i = 0; i < USCTP_HOST_ADDRS_MAX + 1; i++) {
        many[i] = world->hosts[1].addr4;
    }
    FAILS(usctp_host_set_addresses(world->hosts[1].host, many, USCTP_HOST_ADDRS_MAX + 1), EINVAL);
    assert_int_equal(usctp_host_set_addresses(world->hosts[1].host, many, USCTP_HOST_ADDRS_MAX), 0);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

static uint64_t own_clock(void *ctx)
{
    return *(uint64_t *)ctx;
}

/* No more descriptors can be had, or again as many as ever. */
static void limit_fds(bool on)
{
    static struct rlimit before;
    struct rlimit limit;
    int next;

    if (on) {
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        next = dup(0);
        assert_true(next >= 0);
        close(next);
        limit = before;
        limit.rlim_cur = (rlim_t)next;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    } else {
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    }
}

/* With UDP below the system is asked once a second, as long as a socket wants to know, where it does not tell by
 * itself. */
static void test_look(void **state)
{
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;
    struct usctp_config stack = USCTP_CONFIG_INIT;
    uint64_t now_ts = USCTP_SEC(1);
    usctp_host *host;

    (void)state;
    stack.crypto = test_crypto_system();
    stack.clock = own_clock;
    stack.clock_ctx = &now_ts;
    config.stack = &stack;
    assert_int_equal(usctp_host_new(&config, &host), 0);
    int fd = usctp_host_socket(host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    assert_true(fd >= 0);
    assert_int_equal(usctp_host_timeout(host), -1);
    limit_fds(true);
    assert_int_equal(set_at(fd, IPPROTO_SCTP, SCTP_AUTO_ASCONF, 1), 0);
    limit_fds(false);
    assert_int_equal(usctp_host_timeout(host), 1000);
    now_ts += USCTP_MS(999);
    assert_int_equal(usctp_host_process(host), 0);
    assert_int_equal(usctp_host_timeout(host), 1);
    now_ts += USCTP_MS(1);
    assert_int_equal(usctp_host_process(host), 0);
    assert_int_equal(usctp_host_timeout(host), 1000);
    assert_int_equal(usctp_close(fd), 0);
    assert_int_equal(usctp_host_timeout(host), -1);
    assert_int_equal(usctp_host_free(host), 0);
}

static void adapted(int fd, uint32_t indication)
{
    union sctp_notification note;

    assert_int_equal(usctp_recv(fd, &note, sizeof(note), MSG_DONTWAIT),
                     sizeof(struct sctp_adaptation_event));
    assert_int_equal(note.sn_header.sn_type, SCTP_ADAPTATION_INDICATION);
    assert_int_equal(note.sn_adaptation_event.sai_length, sizeof(struct sctp_adaptation_event));
    assert_int_equal(note.sn_adaptation_event.sai_adaptation_ind, indication);
}

/* RFC 6458, 6.1.6: each side hears what the other said; who said nothing tells nothing. */
static void test_adaptation(void **state)
{
    struct world *world = world_new();
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    int listener = world_listener(world, 1, SOCK_STREAM, 7), server;
    struct sockaddr_in name = world_name(1, 7);
    struct sctp_setadaptation told = {0xfeedbeef};

    (void)state;
    subscribe(client, SCTP_ADAPTATION_INDICATION);
    subscribe(listener, SCTP_ADAPTATION_INDICATION);
    SET(client, SCTP_ADAPTATION_LAYER, &told, sizeof(told));
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    server = usctp_accept(listener, NULL, NULL);
    adapted(server, 0xfeedbeef);
    nothing(client);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_settle(world);
    told.ssb_adaptation_ind = 0; /* is said, too */
    SET(listener, SCTP_ADAPTATION_LAYER, &told, sizeof(told));
    client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    subscribe(client, SCTP_ADAPTATION_INDICATION);
    assert_int_equal(usctp_connect(client, world_sa(&name), sizeof(name)), 0);
    server = usctp_accept(listener, NULL, NULL);
    adapted(client, 0);
    nothing(server);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switches), cmocka_unit_test(test_live),
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_follow),
        cmocka_unit_test(test_look),     cmocka_unit_test(test_adaptation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
