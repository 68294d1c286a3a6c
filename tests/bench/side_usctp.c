/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp behind the bench: two stacks, each with a lower layer that copies packets into the queue. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <usctp/driver.h>

#include "side.h"
#include "wire.h"

enum { PORT = 5001, BATCH = 64 };

struct end {
    usctp_stack *stack;
    usctp_endpoint *endpoint;
    usctp_lower_id lower;
    struct end *other;
    struct usctp_addr addr;
    int index;
};

struct side_pair {
    usctp_assoc *assoc[2];
    int up[2];
    int closed[2];
    int in_use;
};

const char *const side_name = "usctp";
struct side_counts side_counts;
static struct end ends[2];
static uint64_t now_ts = 1000000000;
static uint64_t skipped_dur;
static int has_clock;
static struct side_pair *opening;

static void check(int error, const char *what)
{
    if (error != USCTP_OK) {
        fprintf(stderr, "bench: %s: %s\n", what, usctp_strerror(error));
        exit(1);
    }
}

/* The system's, ahead of it by the time that was skipped. */
static uint64_t clock_of_bench(void *ctx)
{
    return usctp_clock_system(ctx) + skipped_dur;
}

static uint64_t time_of_batch(void)
{
    if (has_clock) {
        now_ts = clock_of_bench(NULL);
    }
    return now_ts;
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

static void on_event(void *user, const struct usctp_event *event)
{
    struct end *end = user;
    struct side_pair *pair = event->assoc_user;

    switch (event->type) {
    case USCTP_EVENT_MESSAGE:
        side_counts.messages[end->index]++;
        side_counts.bytes[end->index] += event->u.message.len;
        break;
    case USCTP_EVENT_UP:
        pair->up[end->index] = 1;
        pair->assoc[end->index] = event->assoc; /* the accepting end learns its handle */
        break;
    case USCTP_EVENT_CLOSED:
        pair->closed[end->index] = 1;
        break;
    default:
        break;
    }
}

static int on_accept(void *user, const struct usctp_accept *accept, void **assoc_user)
{
    (void)user;
    (void)accept;
    *assoc_user = opening;
    return 0;
}

/* enum usctp_extension, of an end. */
static uint32_t extensions_of(const struct side_options *options, int index, uint32_t usual)
{
    const uint32_t all = USCTP_EXT_PARTIAL_RELIABILITY | USCTP_EXT_INTERLEAVING |
                         USCTP_EXT_RECONFIG | USCTP_EXT_AUTH | USCTP_EXT_ASCONF |
                         USCTP_EXT_ZERO_CHECKSUM | USCTP_EXT_ECN;

    switch (options->extensions) {
    case SIDE_EXTENSIONS_OFF:
        return 0;
    case SIDE_EXTENSIONS_OFFERED:
        return index == 0 ? all : 0;
    default:
        return usual & ~(uint32_t)USCTP_EXT_INTERLEAVING; /* DATA is what is compared */
    }
}

static void start_end(struct end *end, const struct side_options *options)
{
    struct usctp_config config;
    struct usctp_params params;
    struct usctp_endpoint_config endpoint = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_lower lower = USCTP_LOWER_INIT;

    check(usctp_config_system(&config), "config");
    check(usctp_params_init(&params, USCTP_PRESET_PLAIN), "params");
    params.max_packet = (uint32_t)options->max_packet;
    params.send_buffer = (uint32_t)options->buffer;
    params.receive_window = (uint32_t)options->buffer;
    params.max_burst = 0;
    params.extensions = extensions_of(options, end->index, params.extensions);
    params.flags |= (options->heartbeat ? 0u : USCTP_PARAM_NO_HEARTBEAT) |
                    (options->nagle ? USCTP_PARAM_NAGLE : 0u);
    params.out_streams = options->many_streams ? 65535 : params.out_streams;
    config.crc32c = options->portable ? NULL : config.crc32c;
    config.clock = options->clock ? clock_of_bench : NULL;
    config.now_ts = now_ts;
    config.params = &params;
    config.on_event = on_event;
    config.user = end;
    check(usctp_stack_new(&config, &end->stack), "stack");
    lower.flags = USCTP_LOWER_IPV4;
    lower.send = send_to_wire;
    check(usctp_stack_attach(end->stack, &lower, end, &end->lower), "lower layer");
    endpoint.port = end->index == 1 ? PORT : 0;
    endpoint.flags = end->index == 1 ? USCTP_ENDPOINT_LISTEN : 0;
    endpoint.on_event = on_event;
    endpoint.accept = on_accept;
    endpoint.user = end;
    if (end->index == 1) {
        check(usctp_endpoint_new(end->stack, &endpoint, &end->endpoint), "endpoint");
    }
}

void side_start(const struct side_options *options)
{
    for (int i = 0; i < 2; i++) {
        ends[i].index = i;
        ends[i].other = &ends[1 - i];
        check(usctp_addr_parse(&ends[i].addr, i == 0 ? "10.0.0.1" : "10.0.0.2"), "address");
    }
    has_clock = options->clock;
    start_end(&ends[0], options);
    start_end(&ends[1], options);
}

void side_stop(void)
{
    usctp_stack_free(ends[0].stack);
    usctp_stack_free(ends[1].stack);
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
            dgrams[i].lower = end->lower;
        }
        check(usctp_stack_input(end->stack, dgrams, n, sizeof(dgrams[0]), time_of_batch()),
              "input");
        wire_drop(n);
        total += n;
    }
    side_counts.packets += total;
    return total;
}

size_t side_pass(unsigned ms)
{
    uint64_t end_ts = time_of_batch() + USCTP_MS(ms);
    size_t moved = 0;

    for (;;) {
        uint64_t a = usctp_stack_next_deadline(ends[0].stack);
        uint64_t b = usctp_stack_next_deadline(ends[1].stack);
        uint64_t next_ts = a < b ? a : b;

        if (next_ts > end_ts) {
            break;
        }
        now_ts = next_ts > now_ts ? next_ts : now_ts;
        check(usctp_stack_advance(ends[0].stack, now_ts), "advance");
        check(usctp_stack_advance(ends[1].stack, now_ts), "advance");
        moved += side_pump();
    }
    skipped_dur += USCTP_MS(ms);
    now_ts = end_ts;
    check(usctp_stack_advance(ends[0].stack, now_ts), "advance");
    check(usctp_stack_advance(ends[1].stack, now_ts), "advance");
    return moved + side_pump();
}

void side_tick(void)
{
    now_ts += USCTP_MS(10);
    check(usctp_stack_advance(ends[0].stack, now_ts), "advance");
    check(usctp_stack_advance(ends[1].stack, now_ts), "advance");
    side_pump();
}

/* The bench's own memory, which is not to be counted. */
static struct side_pair pairs[65536];

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
    struct usctp_endpoint_config endpoint = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer = {ends[1].addr, 9899, 0};
    struct side_pair *pair = new_pair();
    static uint16_t port = 1023;

    if (ends[0].endpoint == NULL || port == 65535) {
        /* A new local port is a new association; the old ones live on with their endpoint. */
        port = 1023;
    }
    do {
        port = port == 65535 ? 1024 : (uint16_t)(port + 1);
        endpoint.port = port;
        endpoint.on_event = on_event;
        endpoint.user = &ends[0];
    } while (usctp_endpoint_new(ends[0].stack, &endpoint, &ends[0].endpoint) != USCTP_OK);
    opening = pair;
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = PORT;
    connect.user = pair;
    check(usctp_endpoint_connect(ends[0].endpoint, &connect, &pair->assoc[0]), "connect");
    side_pump();
    if (!pair->up[0] || !pair->up[1]) {
        fprintf(stderr, "bench: usctp: the association did not come up\n");
        exit(1);
    }
    return pair;
}

void side_close(struct side_pair *pair)
{
    usctp_endpoint *endpoint = usctp_assoc_endpoint(pair->assoc[0]);

    check(usctp_assoc_close(pair->assoc[0]), "close");
    side_pump();
    if (!pair->closed[0]) {
        side_pass(1000); /* the last SACK may be a delayed one */
    }
    if (!pair->closed[0] || !pair->closed[1]) {
        fprintf(stderr, "bench: usctp: the association did not close\n");
        exit(1);
    }
    usctp_endpoint_free(endpoint);
    old_pair(pair);
}

int side_send(struct side_pair *pair, int end, uint16_t stream, const void *data, size_t len)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    struct usctp_iov iov = {data, len};
    int error;

    info.stream = stream;
    error = usctp_assoc_send(pair->assoc[end], stream != 0 ? &info : NULL, &iov, 1);

    if (error == USCTP_EWOULDBLOCK) {
        return 0;
    }
    check(error, "send");
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
    usctp_crc32c_fn crc32c = usctp_crc32c_system();
    struct timespec begin, end;
    uint32_t crc = 0;
    double dur;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (uint64_t i = 0; i < cnt; i++) {
        crc ^= crc32c(~(uint32_t)i, bytes, len);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    if (crc == 1) {
        fprintf(stderr, "bench: so it happened\n"); /* the loop has a result */
    }
    dur = (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
    return (double)cnt * (double)len / dur;
}
