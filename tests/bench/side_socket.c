/* SPDX-License-Identifier: BSD-3-Clause */
/* The sockets of usctp behind the bench: two hosts over the same queue of packets, one-to-one sockets,
 * blocking calls. The clock is the system's. */
#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

#include "side.h"
#include "wire.h"

enum { PORT = 5001, BATCH = 64, MESSAGE_MAX = 1 << 16 };

struct end {
    usctp_host *host;
    struct end *other;
    struct usctp_addr addr;
    int index;
};

struct side_pair {
    int fd[2];
};

const char *const side_name = "usctp-socket";
struct side_counts side_counts;
static struct end ends[2];
static struct side_pair pairs[1];
static int listener;
static struct side_options opts;
static char received[MESSAGE_MAX];

static void check(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

/* Lets time go by: seldom, and it takes no CPU. */
static void nap(void)
{
    struct timespec span = {0, 1000000};

    (void)nanosleep(&span, NULL);
}

static size_t send_to_wire(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct end *end = ctx;

    for (size_t i = 0; i < n; i++) {
        struct usctp_dgram *dgram = (void *)((char *)dgrams + i * stride);

        wire_put(end->other, dgram->data, dgram->len);
        dgram->status = USCTP_DGRAM_SENT;
    }
    return n;
}

/* The sockets leave what waits where it is. */
static void release(void *ctx, void *data, size_t len)
{
    (void)ctx;
    (void)len;
    wire_release(data);
}

static int source(void *ctx, const struct usctp_addr *remote, struct usctp_addr *local)
{
    (void)remote;
    *local = ((struct end *)ctx)->addr;
    return 0;
}

static void count_message(int end, ssize_t len)
{
    side_counts.messages[end]++;
    side_counts.bytes[end] += (uint64_t)len;
}

/* Reads what is there. */
static void read_all(int end)
{
    int fd = pairs[0].fd[end];
    ssize_t len;

    if (fd < 0 || opts.in_turn) {
        return;
    }
    while ((len = usctp_recv(fd, received, sizeof(received), MSG_DONTWAIT)) > 0) {
        count_message(end, len);
    }
}

void side_take(struct side_pair *pair, int end, uint64_t cnt)
{
    struct pollfd fd = {pair->fd[end], POLLIN, 0};

    if (opts.poll) {
        (void)side_pump();
        check(poll(&fd, 1, 1000) == 1, "poll");
    } else if (opts.own_poll) {
        check(usctp_poll(&fd, 1, 1000) == 1, "usctp_poll");
    }
    for (uint64_t i = 0; i < cnt; i++) {
        ssize_t len = usctp_recv(pair->fd[end], received, sizeof(received), 0);

        check(len > 0, "recv");
        count_message(end, len);
    }
}

size_t side_pump(void)
{
    struct wire_packet *packets[BATCH];
    static struct usctp_dgram dgrams[BATCH];
    size_t total = 0;
    size_t n;

    while ((n = wire_peek(packets, BATCH)) > 0) {
        struct end *end = packets[0]->to;

        for (size_t i = 0; i < n; i++) {
            dgrams[i].data = packets[i]->bytes;
            dgrams[i].len = packets[i]->len;
            dgrams[i].local = end->addr;
            dgrams[i].remote = end->other->addr;
            dgrams[i].local_udp_port = 9899;
            dgrams[i].remote_udp_port = 9899;
        }
        wire_lend(n);
        check(usctp_host_input(end->host, dgrams, n) == 0, "input");
        total += n;
        read_all(end->index);
    }
    side_counts.packets += total;
    return total;
}

/* A blocking call waits: packets move, or else time does. */
static int wait_in_bench(void *ctx, uint64_t until_ts)
{
    (void)ctx;
    (void)until_ts;
    if (side_pump() == 0) {
        nap();
        for (int i = 0; i < 2; i++) {
            (void)usctp_host_process(ends[i].host);
        }
    }
    return 0;
}

static void start_end(struct end *end, const struct side_options *options)
{
    struct usctp_config stack;
    struct usctp_params params;
    struct usctp_lower lower = USCTP_LOWER_INIT;
    struct usctp_host_config config = USCTP_HOST_CONFIG_INIT;

    check(usctp_config_system(&stack) == 0, "config");
    check(usctp_params_init(&params, USCTP_PRESET_PLAIN) == 0, "params");
    params.max_packet = (uint32_t)options->max_packet;
    params.send_buffer = (uint32_t)options->buffer;
    params.receive_window = (uint32_t)options->buffer;
    params.max_burst = 0;
    params.flags |= USCTP_PARAM_NO_HEARTBEAT | (options->nagle ? USCTP_PARAM_NAGLE : 0u);
    stack.crc32c = options->portable ? NULL : stack.crc32c;
    stack.params = &params;
    lower.flags = USCTP_LOWER_IPV4;
    lower.send = send_to_wire;
    lower.source = source;
    config.stack = &stack;
    config.lower = &lower;
    config.lower_ctx = end;
    config.wait = wait_in_bench;
    config.release = release;
    config.flags = options->poll ? 0 : USCTP_HOST_QUIET;
    check(usctp_host_new(&config, &end->host) == 0, "host");
}

static struct sockaddr_in name_of(int end, uint16_t port)
{
    struct sockaddr_in name;

    memset(&name, 0, sizeof(name));
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(0x0a000001u + (uint32_t)end);
    return name;
}

void side_start(const struct side_options *options)
{
    struct sockaddr_in name = name_of(1, PORT);

    opts = *options;
    pairs[0].fd[0] = pairs[0].fd[1] = -1;
    for (int i = 0; i < 2; i++) {
        ends[i].index = i;
        ends[i].other = &ends[1 - i];
        check(usctp_addr_parse(&ends[i].addr, i == 0 ? "10.0.0.1" : "10.0.0.2") == 0, "address");
        start_end(&ends[i], options);
    }
    listener = usctp_host_socket(ends[1].host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    check(listener >= 0, "socket");
    check(usctp_bind(listener, (struct sockaddr *)&name, sizeof(name)) == 0, "bind");
    check(usctp_listen(listener, 5) == 0, "listen");
}

void side_stop(void)
{
    usctp_host_free(ends[0].host);
    usctp_host_free(ends[1].host);
}

size_t side_pass(unsigned ms)
{
    size_t moved = 0;

    for (unsigned i = 0; i < ms; i++) {
        nap();
        for (int k = 0; k < 2; k++) {
            (void)usctp_host_process(ends[k].host);
        }
        moved += side_pump();
        read_all(0);
        read_all(1);
    }
    return moved;
}

void side_tick(void)
{
    side_pass(10);
}

struct side_pair *side_open(void)
{
    struct sockaddr_in name = name_of(1, PORT);
    struct side_pair *pair = &pairs[0];
    int client = usctp_host_socket(ends[0].host, AF_INET, SOCK_STREAM, IPPROTO_SCTP);

    check(client >= 0, "socket");
    check(usctp_connect(client, (struct sockaddr *)&name, sizeof(name)) == 0, "connect");
    pair->fd[1] = usctp_accept(listener, NULL, NULL);
    check(pair->fd[1] >= 0, "accept");
    pair->fd[0] = client;
    return pair;
}

void side_close(struct side_pair *pair)
{
    check(usctp_close(pair->fd[0]) == 0 && usctp_close(pair->fd[1]) == 0, "close");
    pair->fd[0] = pair->fd[1] = -1;
    side_pump();
}

int side_send(struct side_pair *pair, int end, uint16_t stream, const void *data, size_t len)
{
    check(stream == 0, "no streams here");
    return usctp_send(pair->fd[end], data, len, 0) == (ssize_t)len;
}

double side_crc(const uint8_t *bytes, size_t len, uint64_t cnt)
{
    (void)bytes;
    (void)len;
    (void)cnt;
    return 0;
}
