/* SPDX-License-Identifier: BSD-3-Clause */
/* Flags, ancillary data and notifications of messages that the other tests leave out: each named after the
 * section of the specification of sockets. */
#include "unit/socket_options.h"
#include "unit/socket_set.h"

#include <stddef.h>
#include <sys/uio.h>

/* --- 5.1: flags --------------------------------------------------------------------------------- */

static struct {
    size_t at;
    uint8_t types[64], flags[64]; /* of the first chunks of packets */
} seen;

static bool note_chunk(struct world *world, const struct usctp_dgram *dgram)
{
    const uint8_t *packet = dgram->data;

    (void)world;
    if (dgram->len >= 16 && seen.at < sizeof(seen.types)) {
        seen.types[seen.at] = packet[12];
        seen.flags[seen.at++] = packet[13];
    }
    return false;
}

/* RFC 7053: the I bit. */
static void test_5_1_sack_immediately(void **state)
{
    struct world *world = world_new();
    struct sctp_sndrcvinfo info;
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    set_nodelay(client);
    memset(&info, 0, sizeof(info));
    memset(&seen, 0, sizeof(seen));
    world->drop = note_chunk;
    assert_int_equal(usctp_sctp_send(server, "x", 1, &info, 0),
                     1); /* so that data goes both ways */
    world_run(world, USCTP_SEC(1));
    seen.at = 0;
    info.sinfo_flags = SCTP_SACK_IMMEDIATELY;
    assert_int_equal(usctp_sctp_send(client, "y", 1, &info, 0), 1);
    world_settle(world);
    assert_int_equal(seen.types[0], 0);
    assert_int_equal(seen.flags[0] & 8, 8);
    assert_true(seen.at > 1); /* the SACK, at once */
    assert_int_equal(seen.types[1], 3);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- 5.5: receiving ------------------------------------------------------------------------------- */

/* One recv never waits for a second message. */
static void test_5_5_waitall_is_ignored(void **state)
{
    struct world *world = world_new();
    int client, server;
    char buf[100];

    (void)state;
    world_pair(world, &client, &server);
    assert_int_equal(usctp_send(client, "hello", 5, 0), 5);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), MSG_WAITALL), 5);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* --- 3: ancillary data ----------------------------------------------------------------------------- */

union control {
    struct cmsghdr header;
    char bytes[512];
};

/* A message with ancillary data of all three kinds on a server whose next one waits. */
static void told_pair(struct world *world, int *client, int *server)
{
    struct sctp_event_subscribe events;

    world_pair(world, client, server);
    memset(&events, 0, sizeof(events));
    events.sctp_data_io_event = 1;
    SET(*server, SCTP_EVENTS, &events, sizeof(events));
    assert_int_equal(set_at(*server, IPPROTO_SCTP, SCTP_RECVRCVINFO, 1), 0);
    assert_int_equal(set_at(*server, IPPROTO_SCTP, SCTP_RECVNXTINFO, 1), 0);
    assert_int_equal(usctp_send(*client, "hello", 5, 0), 5);
    assert_int_equal(usctp_send(*client, "next", 4, 0), 4);
    world_run(world, USCTP_SEC(1));
}

static void test_3_order_of_control_data(void **state)
{
    static const int order[] = {SCTP_NXTINFO, SCTP_RCVINFO, SCTP_SNDRCV};
    struct world *world = world_new();
    union control control;
    char buf[16];
    struct iovec iov = {buf, sizeof(buf)};
    struct msghdr msg;
    int client, server;
    size_t i = 0;

    (void)state;
    told_pair(world, &client, &server);
    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = sizeof(control);
    assert_int_equal(usctp_recvmsg(server, &msg, 0), 5);
    assert_int_equal(msg.msg_flags & MSG_CTRUNC, 0);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c)) {
        assert_true(i < sizeof(order) / sizeof(order[0]));
        assert_int_equal(c->cmsg_level, IPPROTO_SCTP);
        assert_int_equal(c->cmsg_type, order[i++]);
    }
    assert_int_equal(i, sizeof(order) / sizeof(order[0]));
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Too little room for ancillary data: MSG_CTRUNC, and the data all the same. */
static void test_3_truncated_control_data(void **state)
{
    struct world *world = world_new();
    union control control;
    char buf[16];
    struct iovec iov = {buf, sizeof(buf)};
    struct msghdr msg;
    int client, server;

    (void)state;
    told_pair(world, &client, &server);
    memset(&msg, 0, sizeof(msg));
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = CMSG_SPACE(4);
    assert_int_equal(usctp_recvmsg(server, &msg, 0), 5);
    assert_memory_equal(buf, "hello", 5);
    assert_int_equal(msg.msg_flags & MSG_CTRUNC, MSG_CTRUNC);
    assert_int_equal(msg.msg_flags & MSG_EOR, MSG_EOR);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* sctp_recvv with room for less than there is to tell: infotype says what fitted. */
static void test_3_recvv_with_little_room(void **state)
{
    struct world *world = world_new();
    char buf[16];
    struct iovec iov = {buf, sizeof(buf)};
    struct sctp_recvv_rn rn;
    socklen_t len = 1;
    unsigned type = 99;
    int client, server, flags = 0;

    (void)state;
    told_pair(world, &client, &server);
    assert_int_equal(usctp_sctp_recvv(server, &iov, 1, NULL, NULL, &rn, &len, &type, &flags), 5);
    assert_int_equal(type, SCTP_RECVV_NOINFO);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Ancillary data of addresses, and a message with it. */
struct further {
    size_t len;
    size_t words[64]; /* of control data: aligned as that wants it */
};

static uint8_t *bytes_of(struct further *further)
{
    return (uint8_t *)further->words;
}

static void add_address(struct further *further, int type, const void *bytes, size_t len)
{
    struct cmsghdr header;

    memset(&header, 0, sizeof(header));
    header.cmsg_level = IPPROTO_SCTP;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(len);
    assert_in_range(further->len + CMSG_SPACE(len), 1, sizeof(further->words));
    memcpy(bytes_of(further) + further->len, &header, sizeof(header));
    memcpy(bytes_of(further) + further->len + CMSG_LEN(0), bytes, len);
    further->len += CMSG_SPACE(len);
}

static void add_v4(struct further *further, uint32_t addr)
{
    struct in_addr in = {htonl(addr)};

    add_address(further, SCTP_DSTADDRV4, &in, sizeof(in));
}

static void add_v6(struct further *further, const char *text)
{
    struct in6_addr in;

    assert_int_equal(inet_pton(AF_INET6, text, &in), 1);
    add_address(further, SCTP_DSTADDRV6, &in, sizeof(in));
}

static ssize_t send_further(int fd, const struct sockaddr *to, socklen_t to_len,
                            const struct further *further)
{
    struct iovec iov = {(void *)(uintptr_t) "hello", 5};
    struct msghdr msg;

    memset(&msg, 0, sizeof(msg));
    msg.msg_name = (void *)(uintptr_t)to;
    msg.msg_namelen = to_len;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = (void *)(uintptr_t)further->words;
    msg.msg_controllen = further->len;
    return usctp_sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static bool drop_first_address(struct world *world, const struct usctp_dgram *dgram)
{
    const struct world_host *server = &world->hosts[1];

    return memcmp(dgram->remote.bytes, server->addr4.bytes, 16) == 0;
}

/* Listens on all addresses of host 1. */
static int listener_on_all(struct world *world, int domain)
{
    struct sockaddr_in6 any;
    struct sockaddr_in any4;

    memset(&any, 0, sizeof(any));
    memset(&any4, 0, sizeof(any4));
    any.sin6_family = AF_INET6;
    any4.sin_family = AF_INET;
    any.sin6_port = any4.sin_port = htons(7);
    int fd = world_socket(world, 1, domain, SOCK_SEQPACKET);
    if (domain == AF_INET6) {
        assert_int_equal(usctp_bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
    } else {
        assert_int_equal(usctp_bind(fd, (const struct sockaddr *)&any4, sizeof(any4)), 0);
    }
    assert_int_equal(usctp_listen(fd, 5), 0);
    return fd;
}

/* SCTP_DSTADDRV4: further addresses of the peer, where a message sets the association up; the port is that of
 * msg_name. */
static void test_3_further_addresses(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    struct further further = {0, {0}};
    char buf[16];

    (void)state;
    int server = listener_on_all(world, AF_INET);
    int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
    world->drop = drop_first_address;
    add_v4(&further, 0x0a020005); /* 10.2.0.5 is that host's too */
    assert_int_equal(send_further(client, world_sa(&name), sizeof(name), &further), 5);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 5);
    assert_int_equal(usctp_close(client), 0);
    world_run(world, USCTP_SEC(5));
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* Of both families, several of each; a mapped one is the IPv4 address that it means. */
static void test_3_further_addresses_of_both_families(void **state)
{
    static const char *const texts[] = {"10.0.0.2", "10.2.0.5", "10.2.0.6", "10.2.0.7", "fd00::2"};
    enum { CNT = sizeof(texts) / sizeof(texts[0]) };
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    struct further further = {0, {0}}, other = {0, {0}};
    struct sockaddr *addrs;
    char buf[16];

    (void)state;
    int server = listener_on_all(world, AF_INET6);
    int client = world_socket(world, 0, AF_INET6, SOCK_SEQPACKET);
    add_v4(&further, 0x0a020005);
    add_v4(&further, 0x0a020006);
    add_v6(&further, "::ffff:10.2.0.7");
    add_v6(&further, "fd00::2");
    assert_int_equal(set_at(client, IPPROTO_SCTP, SCTP_I_WANT_MAPPED_V4_ADDR, 0), 0);
    assert_int_equal(send_further(client, world_sa(&name), sizeof(name), &further), 5);
    assert_int_equal(usctp_sctp_getpaddrs(client, first_assoc(client), &addrs), CNT);
    const uint8_t *at = (const uint8_t *)addrs;
    for (size_t i = 0; i < CNT; i++) {
        bool v6 = strchr(texts[i], ':') != NULL;
        struct sockaddr_in sin;
        struct sockaddr_in6 sin6;
        char text[64];

        memcpy(&sin, at, sizeof(sin));
        assert_int_equal(sin.sin_family, v6 ? AF_INET6 : AF_INET);
        assert_int_equal(ntohs(sin.sin_port), 7);
        if (v6) {
            memcpy(&sin6, at, sizeof(sin6));
            assert_non_null(inet_ntop(AF_INET6, &sin6.sin6_addr, text, sizeof(text)));
        } else {
            assert_non_null(inet_ntop(AF_INET, &sin.sin_addr, text, sizeof(text)));
        }
        assert_string_equal(text, texts[i]);
        at += v6 ? sizeof(sin6) : sizeof(sin);
    }
    usctp_sctp_freepaddrs(addrs);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 5);
    /* Where the association stands they mean nothing; its addresses are those of INIT ACK. */
    add_v4(&other, 0x0a020009);
    assert_int_equal(send_further(client, world_sa(&name), sizeof(name), &other), 5);
    assert_int_equal(usctp_recv(server, buf, sizeof(buf), 0), 5);
    assert_int_equal(usctp_sctp_getpaddrs(client, first_assoc(client), &addrs), 1);
    usctp_sctp_freepaddrs(addrs);
    assert_int_equal(usctp_close(client), 0);
    world_run(world, USCTP_SEC(5));
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

/* What is wrong with them is an error, and nothing is set up or sent. */
static void test_3_wrong_further_addresses(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in name = world_name(1, 7);
    struct further further[7];
    const int errors[] = {EINVAL, EINVAL, EINVAL, EINVAL, EADDRNOTAVAIL, EINVAL, EPIPE};

    (void)state;
    memset(further, 0, sizeof(further));
    add_v6(&further[0], "fd00::2"); /* on an IPv4 socket */
    add_address(&further[1], SCTP_DSTADDRV4, "123", 3);
    add_address(&further[2], SCTP_DSTADDRV4, "12345", 5);
    add_address(&further[3], SCTP_DSTADDRV6, "1234", 4);
    add_v4(&further[4], 0); /* nobody's */
    for (uint32_t i = 0; i < 16; i++) {
        add_v4(&further[5], 0x0a020005 + i); /* twice: one too many */
    }
    add_v4(&further[6], 0x0a020005); /* without msg_name there is no port */
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        int client = world_socket(world, 0, AF_INET, SOCK_SEQPACKET);
        bool named = errors[i] != EPIPE;

        if (i == 5) {
            struct further twice = further[i];
            size_t room[2 * sizeof(twice.words) / sizeof(twice.words[0])];
            struct iovec iov = {(void *)(uintptr_t) "hello", 5};
            struct msghdr msg = {&name, sizeof(name), &iov, 1, room, 2 * twice.len, 0};

            memcpy(room, twice.words, twice.len);
            memcpy((uint8_t *)room + twice.len, twice.words, twice.len);
            FAILS(usctp_sendmsg(client, &msg, MSG_DONTWAIT), errors[i]);
        } else {
            FAILS(send_further(client, named ? world_sa(&name) : NULL, named ? sizeof(name) : 0,
                               &further[i]),
                  errors[i]);
        }
        assert_int_equal(world->cnt, 0);
        assert_int_equal(usctp_recv(client, &name, 1, MSG_DONTWAIT), -1);
        assert_int_equal(errno, ENOTCONN); /* there is no association */
        assert_int_equal(usctp_close(client), 0);
    }
    world_free(world);
}

/* --- 4: notifications ------------------------------------------------------------------------------ */

static void subscribe(int fd, uint16_t type)
{
    struct sctp_event event;

    memset(&event, 0, sizeof(event));
    event.se_type = type;
    event.se_on = 1;
    SET(fd, SCTP_EVENT, &event, sizeof(event));
}

/* The next thing to be read is a notification; returns its length. */
static int read_note(int fd, union sctp_notification *note, size_t room)
{
    int flags = MSG_DONTWAIT;
    int len = usctp_sctp_recvmsg(fd, note, room, NULL, NULL, NULL, &flags);

    assert_true(len > 0);
    assert_true((flags & MSG_NOTIFICATION) != 0);
    assert_int_equal(note->sn_header.sn_length, len);
    return len;
}

static int client_with_port(struct world *world, uint16_t port)
{
    struct sockaddr_in name = world_name(0, port);
    int fd = world_socket(world, 0, AF_INET, SOCK_STREAM);

    assert_int_equal(usctp_bind(fd, world_sa(&name), sizeof(name)), 0);
    name = world_name(1, 7);
    assert_int_equal(usctp_connect(fd, world_sa(&name), sizeof(name)), 0);
    return fd;
}

static sctp_assoc_t only_id(int fd)
{
    struct sctp_status status;

    memset(&status, 0, sizeof(status));
    GET(fd, SCTP_STATUS, &status, sizeof(status));
    return status.sstat_assoc_id;
}

/* A peer that begins anew: the same association goes on. */
static void test_4_restart(void **state)
{
    struct world *world = world_new();
    int listener = world_listener(world, 1, SOCK_STREAM, 7);
    union sctp_notification note;

    (void)state;
    (void)client_with_port(world, 6000);
    int server = usctp_accept(listener, NULL, NULL);
    sctp_assoc_t id = only_id(server);
    subscribe(server, SCTP_ASSOC_CHANGE);
    world->drop = drop_all; /* no farewell */
    assert_int_equal(usctp_host_free(world->hosts[0].host), 0);
    world->hosts[0].host = NULL;
    world->drop = NULL;
    world_settle(world);
    world_make_host(world, 0);
    int again = client_with_port(world, 6000);
    (void)read_note(server, &note, sizeof(note));
    assert_int_equal(note.sn_assoc_change.sac_type, SCTP_ASSOC_CHANGE);
    assert_int_equal(note.sn_assoc_change.sac_state, SCTP_RESTART);
    assert_int_equal(note.sn_assoc_change.sac_assoc_id, id);
    assert_int_equal(usctp_close(again), 0);
    assert_int_equal(usctp_close(server), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

static struct usctp_dgram last_dgram; /* from host 0 */
static uint8_t last_packet[12];

static bool note_packet(struct world *world, const struct usctp_dgram *dgram)
{
    if (memcmp(dgram->remote.bytes, world->hosts[1].addr4.bytes, 16) == 0 && dgram->len >= 12) {
        last_dgram = *dgram;
        memcpy(last_packet, dgram->data, sizeof(last_packet));
    }
    return false;
}

/* A cause that the peer reports: in network order, with the causes of the ERROR as they stood there. */
static void test_4_remote_error(void **state)
{
    static const uint8_t error[] = {9, 0, 0, 12, 0, 6, 0, 8, 0x3f, 0, 0, 4};
    struct world *world = world_new();
    union {
        union sctp_notification note;
        uint8_t bytes[256];
    } got;
    struct usctp_dgram dgram;
    uint8_t packet[12 + sizeof(error)];
    int client, server;

    (void)state;
    world_pair(world, &client, &server);
    subscribe(server, SCTP_REMOTE_ERROR);
    world->drop = note_packet;
    assert_int_equal(usctp_send(client, "x", 1, 0), 1);
    world_run(world, USCTP_SEC(1));
    assert_int_equal(usctp_recv(server, got.bytes, sizeof(got), 0), 1);
    memcpy(packet, last_packet, 8); /* ports, tag */
    memset(packet + 8, 0, 4);
    memcpy(packet + 12, error, sizeof(error));
    uint32_t crc = ~usctp_crc32c_system()(~(uint32_t)0, packet, sizeof(packet));
    for (int i = 0; i < 4; i++) {
        packet[8 + i] = (uint8_t)(crc >> 8 * i);
    }
    memset(&dgram, 0, sizeof(dgram));
    dgram.data = packet;
    dgram.len = sizeof(packet);
    dgram.local = world->hosts[1].addr4;
    dgram.remote = world->hosts[0].addr4;
    dgram.local_udp_port = dgram.remote_udp_port = 9899;
    world_input(world, 1, &dgram, 1);
    int len = read_note(server, &got.note, sizeof(got));
    assert_int_equal(got.note.sn_remote_error.sre_type, SCTP_REMOTE_ERROR);
    assert_int_equal(ntohs(got.note.sn_remote_error.sre_error), 6);
    assert_int_equal(len, offsetof(struct sctp_remote_error, sre_data) + 8);
    assert_memory_equal(got.bytes + len - 8, error + 4, 8);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(server), 0);
    world_free(world);
}

static bool drop_second_address(struct world *world, const struct usctp_dgram *dgram)
{
    (void)world;
    return dgram->remote.bytes[1] == 2 || dgram->local.bytes[1] == 2;
}

/* A path that nobody answers on, and that answers again. */
static void test_4_path_goes_and_comes_back(void **state)
{
    struct world *world = world_new();
    struct sockaddr_in names[2] = {world_name(1, 7), world_name(1, 7)};
    union sctp_notification note;

    (void)state;
    names[1].sin_addr.s_addr = htonl(0x0a020005); /* 10.2.0.5 */
    assert_int_equal(usctp_host_set(world->hosts[0].host, "path_max_retrans", 1), 0);
    assert_int_equal(usctp_host_set(world->hosts[0].host, "hb_interval", 1000), 0);
    int listener = world_socket(world, 1, AF_INET, SOCK_STREAM);
    assert_int_equal(usctp_sctp_bindx(listener, (struct sockaddr *)names, 2, SCTP_BINDX_ADD_ADDR),
                     0);
    assert_int_equal(usctp_listen(listener, 5), 0);
    int client = world_socket(world, 0, AF_INET, SOCK_STREAM);
    assert_int_equal(usctp_sctp_connectx(client, (struct sockaddr *)names, 2, NULL), 0);
    world_run(world, USCTP_SEC(10));
    subscribe(client, SCTP_PEER_ADDR_CHANGE);
    world->drop = drop_second_address;
    world_run(world, USCTP_SEC(60));
    (void)read_note(client, &note, sizeof(note));
    assert_int_equal(note.sn_paddr_change.spc_type, SCTP_PEER_ADDR_CHANGE);
    assert_int_equal(note.sn_paddr_change.spc_state, SCTP_ADDR_UNREACHABLE);
    world->drop = NULL;
    world_run(world, USCTP_SEC(120));
    (void)read_note(client, &note, sizeof(note));
    assert_int_equal(note.sn_paddr_change.spc_state, SCTP_ADDR_AVAILABLE);
    assert_int_equal(usctp_close(client), 0);
    assert_int_equal(usctp_close(listener), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_5_1_sack_immediately),
        cmocka_unit_test(test_5_5_waitall_is_ignored),
        cmocka_unit_test(test_3_order_of_control_data),
        cmocka_unit_test(test_3_truncated_control_data),
        cmocka_unit_test(test_3_recvv_with_little_room),
        cmocka_unit_test(test_3_further_addresses),
        cmocka_unit_test(test_3_further_addresses_of_both_families),
        cmocka_unit_test(test_3_wrong_further_addresses),
        cmocka_unit_test(test_4_restart),
        cmocka_unit_test(test_4_remote_error),
        cmocka_unit_test(test_4_path_goes_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
