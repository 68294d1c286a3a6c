/* SPDX-License-Identifier: BSD-3-Clause */
/* usrsctp behind the bench: AF_CONN sockets, no threads of its own but the one it starts anyway. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <usrsctp.h>

#include "side.h"
#include "wire.h"

enum { PORT = 5001 };

/* Packets for one end carry the address of its element here. */
static int ends[2];

struct side_pair {
    struct socket *socks[2];
    int in_use;
};

const char *const side_name = "usrsctp";
struct side_counts side_counts;
static struct side_options opts;
static struct socket *listener;

static void check(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "bench: usrsctp: %s: %s\n", what, strerror(errno));
        exit(1);
    }
}

static int conn_output(void *addr, void *buffer, size_t len, uint8_t tos, uint8_t set_df)
{
    (void)tos;
    (void)set_df;
    /* addr is the sender's own; the packet is for the other end. */
    wire_put(addr == &ends[0] ? &ends[1] : &ends[0], buffer, len);
    return 0;
}

static int on_receive(struct socket *sock, union sctp_sockstore addr, void *data, size_t len,
                      struct sctp_rcvinfo info, int flags, void *user)
{
    (void)sock;
    (void)addr;
    (void)info;
    if (data != NULL) {
        int end = *(int *)user;

        side_counts.bytes[end] += len;
        if ((flags & MSG_EOR) != 0) {
            side_counts.messages[end]++;
        }
        free(data);
    }
    return 1;
}

static struct sockaddr_conn address(int end, uint16_t port)
{
    struct sockaddr_conn addr;

    memset(&addr, 0, sizeof(addr));
    addr.sconn_family = AF_CONN;
    addr.sconn_port = htons(port);
    addr.sconn_addr = &ends[end];
    return addr;
}

static void set_option(struct socket *sock, int option, const void *value, socklen_t len)
{
    check(usrsctp_setsockopt(sock, IPPROTO_SCTP, option, value, len), "setsockopt");
}

static void set_packet_size(struct socket *sock)
{
    struct sctp_paddrparams params;
    int buffer = (int)opts.buffer;
    int nodelay = !opts.nagle;

    memset(&params, 0, sizeof(params));
    params.spp_address.ss_family = AF_CONN;
    params.spp_flags = SPP_PMTUD_DISABLE | (opts.heartbeat ? SPP_HB_ENABLE : SPP_HB_DISABLE);
    params.spp_pathmtu = (uint32_t)opts.max_packet;
    set_option(sock, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params));
    set_option(sock, SCTP_NODELAY, &nodelay, sizeof(nodelay));
    if (opts.many_streams) {
        struct sctp_initmsg init = {65535, 65535, 0, 0};

        set_option(sock, SCTP_INITMSG, &init, sizeof(init));
    }
    check(usrsctp_setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)), "SO_SNDBUF");
    check(usrsctp_setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)), "SO_RCVBUF");
    check(usrsctp_set_non_blocking(sock, 1), "non-blocking");
}

static struct socket *new_socket(int end)
{
    struct socket *sock = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, on_receive, NULL, 0,
                                         end == 0 ? (void *)&ends[0] : (void *)&ends[1]);

    check(sock == NULL ? -1 : 0, "socket");
    set_packet_size(sock);
    return sock;
}

void side_start(const struct side_options *options)
{
    struct sockaddr_conn addr;

    opts = *options;
    ends[0] = 0;
    ends[1] = 1;
    usrsctp_init_nothreads(0, conn_output, NULL);
    usrsctp_enable_crc32c_offload();
    if (options->checksum) {
        usrsctp_disable_crc32c_offload();
    }
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_blackhole(2);
    usrsctp_sysctl_set_sctp_sendspace((uint32_t)options->buffer);
    usrsctp_sysctl_set_sctp_recvspace((uint32_t)options->buffer);
    usrsctp_sysctl_set_sctp_max_chunks_on_queue(1 << 20);
    usrsctp_sysctl_set_sctp_max_burst_default(0);
    usrsctp_sysctl_set_sctp_fr_max_burst_default(0);
    /* What the other side has no counterpart for is not asked of this one. */
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(0);
    usrsctp_sysctl_set_sctp_reconfig_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_register_address(&ends[0]);
    usrsctp_register_address(&ends[1]);
    listener = new_socket(1);
    addr = address(1, PORT);
    check(usrsctp_bind(listener, (struct sockaddr *)&addr, sizeof(addr)), "bind");
    check(usrsctp_listen(listener, (int)options->max_assocs), "listen");
}

void side_stop(void)
{
    usrsctp_close(listener);
    for (int i = 0; i < 1000 && usrsctp_finish() != 0; i++) {
        usrsctp_handle_timers(1000);
        side_pump();
    }
}

size_t side_pump(void)
{
    struct wire_packet *packet;
    size_t total = 0;

    while (wire_peek(&packet, 1) == 1) {
        usrsctp_conninput(packet->to, packet->bytes, packet->len, 0);
        wire_drop(1);
        total++;
    }
    side_counts.packets += total;
    return total;
}

size_t side_pass(unsigned ms)
{
    size_t moved = 0;

    for (unsigned passed = 0; passed < ms; passed += 10) {
        usrsctp_handle_timers(ms - passed < 10 ? ms - passed : 10);
        moved += side_pump();
    }
    return moved;
}

void side_tick(void)
{
    side_pass(10);
}

/* The bench's own memory, which is not to be counted. */
static struct side_pair pairs[16384];

static struct side_pair *new_pair(void)
{
    static size_t next;
    struct side_pair *pair;

    do {
        pair = &pairs[next++ % (sizeof(pairs) / sizeof(pairs[0]))];
    } while (pair->in_use);
    memset(pair, 0, sizeof(*pair));
    pair->in_use = 1;
    return pair;
}

static void old_pair(struct side_pair *pair)
{
    pair->in_use = 0;
}

struct side_pair *side_open(void)
{
    struct side_pair *pair = new_pair();
    /* An address of this family names the connection, the same way for both its ends. */
    struct sockaddr_conn addr = address(0, PORT);
    struct sockaddr_conn own = address(0, 0);

    pair->socks[0] = new_socket(0);
    check(usrsctp_bind(pair->socks[0], (struct sockaddr *)&own, sizeof(own)), "bind");
    if (usrsctp_connect(pair->socks[0], (struct sockaddr *)&addr, sizeof(addr)) < 0 &&
        errno != EINPROGRESS) {
        check(-1, "connect");
    }
    side_pump();
    pair->socks[1] = usrsctp_accept(listener, NULL, NULL);
    check(pair->socks[1] == NULL ? -1 : 0, "accept");
    usrsctp_set_non_blocking(pair->socks[1], 1);
    usrsctp_set_ulpinfo(pair->socks[1], &ends[1]);
    return pair;
}

void side_close(struct side_pair *pair)
{
    usrsctp_shutdown(pair->socks[0], SHUT_WR);
    side_pump();
    usrsctp_close(pair->socks[0]);
    usrsctp_close(pair->socks[1]);
    side_pump();
    old_pair(pair);
}

int side_send(struct side_pair *pair, int end, uint16_t stream, const void *data, size_t len)
{
    struct sctp_sndinfo info;
    ssize_t sent;

    memset(&info, 0, sizeof(info));
    info.snd_sid = stream;
    sent = usrsctp_sendv(pair->socks[end], data, len, NULL, 0, &info, sizeof(info),
                         SCTP_SENDV_SNDINFO, 0);
    if (sent < 0 && (errno == EWOULDBLOCK || errno == EAGAIN)) {
        return 0;
    }
    check(sent < 0 ? -1 : 0, "send");
    return 1;
}

void side_take(struct side_pair *pair, int end, uint64_t cnt)
{
    static uint64_t taken[2]; /* of those that callbacks have counted */

    (void)pair;
    taken[end] += cnt;
    while (side_counts.messages[end] < taken[end]) {
        if (side_pump() == 0) {
            side_pass(1);
        }
    }
}

double side_crc(const uint8_t *bytes, size_t len, uint64_t cnt)
{
    (void)bytes;
    (void)len;
    (void)cnt;
    return 0;
}
