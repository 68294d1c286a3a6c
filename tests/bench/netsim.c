/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows over one bottleneck. */
#include "netsim.h"

#include <stdlib.h>
#include <string.h>

#include <usctp/lower.h>

#include "sim/fail.h"
#include "sim/wire.h"

enum { UDP_PORT = 9899, SCTP_PORT = 5001, MESSAGE_MAX = 1 << 16 };
enum { E_BIT = 1, I_BIT = 8 }; /* flags of DATA and I-DATA */

static void tend(struct netsim_end *end);

static struct netsim_flow *flow_of(const struct netsim_end *end)
{
    struct netsim *sim = end->sim;
    size_t i = 0;

    while (&sim->flows[i].from != end && &sim->flows[i].to != end) {
        i++;
    }
    return &sim->flows[i];
}

/* --- Packets --- */

static int is_data(const struct sim_chunk *chunk)
{
    return chunk->type == SIM_DATA || chunk->type == SIM_I_DATA;
}

/* True if one of the chunks of user data in it is the last of a message. */
static int ends_message(const uint8_t *packet, size_t len)
{
    struct sim_chunk chunk;
    size_t at = 0;

    while (sim_packet_next(packet, len, &at, &chunk) == 1) {
        if (is_data(&chunk) && (chunk.flags & E_BIT) != 0) {
            return 1;
        }
    }
    return 0;
}

/* What a peer that knows no I bit makes of a packet (RFC 9260, 6.2). */
static void clear_i_bits(uint8_t *packet, size_t len)
{
    struct sim_chunk chunk;
    size_t at = 0;

    while (sim_packet_next(packet, len, &at, &chunk) == 1) {
        if (is_data(&chunk)) {
            packet[chunk.at + 1] &= (uint8_t)~I_BIT;
        }
    }
    sim_packet_seal(packet, len);
}

static size_t send_to_link(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct netsim_end *end = ctx;

    for (size_t i = 0; i < n; i++) {
        struct usctp_dgram *dgram = (void *)((char *)dgrams + i * stride);

        dgram->status = USCTP_DGRAM_SENT;
        if (end->drop_last && ends_message(dgram->data, dgram->len)) {
            end->drop_last = 0;
        } else {
            struct sim_packet *packet = sim_packet_new(dgram->data, dgram->len);

            packet->origin = end;
            sim_link_send(end->out, packet);
        }
    }
    return n;
}

static void arrive(void *ctx, struct sim_packet *packet)
{
    struct netsim *sim = ctx;
    struct netsim_end *end = ((struct netsim_end *)packet->origin)->other;
    struct usctp_dgram dgram;

    if (end->ignores_i_bit) {
        clear_i_bits(packet->data, packet->len);
    }
    memset(&dgram, 0, sizeof(dgram));
    dgram.data = packet->data;
    dgram.len = packet->len;
    dgram.local = end->addr;
    dgram.remote = end->other->addr;
    dgram.local_udp_port = UDP_PORT;
    dgram.remote_udp_port = UDP_PORT;
    dgram.lower = end->lower;
    SIM_EXPECT(usctp_stack_input(end->stack, &dgram, 1, sizeof(dgram), sim->clock.now_ts) == 0);
    free(packet);
    tend(end);
}

/* --- Time --- */

static void wake(void *ctx, struct sim_timer *timer)
{
    struct netsim_end *end = ctx;

    (void)timer;
    end->deadline_ts = USCTP_NEVER;
    SIM_EXPECT(usctp_stack_advance(end->stack, end->sim->clock.now_ts) == 0);
    tend(end);
}

/* The stack was called: its deadline may be another one. */
static void tend(struct netsim_end *end)
{
    uint64_t ts = usctp_stack_next_deadline(end->stack);

    if (ts != end->deadline_ts) {
        end->deadline_ts = ts;
        if (ts == USCTP_NEVER) {
            sim_clock_cancel(&end->sim->clock, &end->timer);
        } else {
            sim_clock_set(&end->sim->clock, &end->timer, ts);
        }
    }
}

/* --- What runs above --- */

static int send_one(struct netsim_end *end, uint32_t len)
{
    static const uint8_t bytes[MESSAGE_MAX];
    struct usctp_iov iov = {bytes, len};
    int error = usctp_assoc_send(end->assoc, NULL, &iov, 1);

    SIM_EXPECT(error == USCTP_OK || error == USCTP_EWOULDBLOCK);
    return error == USCTP_OK;
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct netsim_end *end = user;
    struct netsim_flow *flow = flow_of(end);

    switch (event->type) {
    case USCTP_EVENT_UP:
        flow->up_ts = end->sim->clock.now_ts;
        break;
    case USCTP_EVENT_MESSAGE:
        flow->byte_cnt += event->u.message.len;
        flow->message_cnt += (event->u.message.flags & USCTP_MESSAGE_LAST) != 0;
        flow->delivered_ts = end->sim->clock.now_ts;
        break;
    case USCTP_EVENT_LOST:
        sim_fail("an association was lost");
    default:
        break;
    }
    if (end == &flow->from && flow->message_len > 0 &&
        (event->type == USCTP_EVENT_UP || event->type == USCTP_EVENT_WRITABLE)) {
        while (send_one(end, flow->message_len)) {
        }
    }
}

static void start_end(struct netsim *sim, struct netsim_end *end, const char *addr, uint64_t seed,
                      const struct usctp_params *params)
{
    struct usctp_config config = USCTP_CONFIG_INIT;
    struct usctp_lower lower = USCTP_LOWER_INIT;

    end->sim = sim;
    test_memory_init(&end->memory);
    config.memory = &end->memory.table;
    config.crypto = test_crypto_init(&end->crypto, seed);
    config.now_ts = sim->clock.now_ts;
    config.on_event = on_event;
    config.user = end;
    config.params = params;
    SIM_EXPECT(usctp_stack_new(&config, &end->stack) == 0);
    lower.flags = USCTP_LOWER_IPV4;
    lower.send = send_to_link;
    SIM_EXPECT(usctp_stack_attach(end->stack, &lower, end, &end->lower) == 0);
    SIM_EXPECT(usctp_addr_parse(&end->addr, addr) == 0);
    end->timer.fn = wake;
    end->timer.ctx = end;
    end->deadline_ts = USCTP_NEVER;
}

static void connect_flow(void *ctx, struct sim_timer *timer)
{
    struct netsim_flow *flow = ctx;
    struct usctp_endpoint_config endpoint = USCTP_ENDPOINT_CONFIG_INIT;
    struct usctp_connect connect = USCTP_CONNECT_INIT;
    struct usctp_peer_addr peer = {flow->to.addr, UDP_PORT, 0};
    usctp_endpoint *made;

    (void)timer;
    usctp_stack_set_time(flow->to.stack, flow->to.sim->clock.now_ts);
    usctp_stack_set_time(flow->from.stack, flow->from.sim->clock.now_ts);
    endpoint.port = SCTP_PORT;
    endpoint.flags = USCTP_ENDPOINT_LISTEN;
    SIM_EXPECT(usctp_endpoint_new(flow->to.stack, &endpoint, &made) == 0);
    endpoint.flags = 0;
    SIM_EXPECT(usctp_endpoint_new(flow->from.stack, &endpoint, &made) == 0);
    connect.addrs = &peer;
    connect.addr_cnt = 1;
    connect.port = SCTP_PORT;
    SIM_EXPECT(usctp_endpoint_connect(made, &connect, &flow->from.assoc) == 0);
    tend(&flow->from);
    tend(&flow->to);
}

static void start_flow(struct netsim *sim, struct netsim_flow *flow, size_t index,
                       const struct sim_rng *rng)
{
    const struct usctp_params *params = &sim->config.params[index];

    start_end(sim, &flow->from, index == 0 ? "192.0.2.1" : "192.0.2.3", 2 * index, params);
    start_end(sim, &flow->to, index == 0 ? "192.0.2.2" : "192.0.2.4", 2 * index + 1, params);
    sim_link_init(&flow->back, &sim->clock, rng, index + 1);
    flow->back.config.delay_dur = sim->config.rtt_dur / 2;
    flow->back.arrive = arrive;
    flow->back.ctx = sim;
    flow->from.other = &flow->to;
    flow->from.out = &sim->link;
    flow->to.other = &flow->from;
    flow->to.out = &flow->back;
    flow->message_len = sim->config.message_len;
    flow->start_timer.fn = connect_flow;
    flow->start_timer.ctx = flow;
    sim_clock_set(&sim->clock, &flow->start_timer, index == 0 ? 0 : sim->config.second_dur);
}

void netsim_start(struct netsim *sim, const struct netsim_config *config)
{
    struct sim_rng rng;

    memset(sim, 0, sizeof(*sim));
    sim->config = *config;
    sim_clock_init(&sim->clock, 0);
    sim_rng_init(&rng, 1);
    sim_link_init(&sim->link, &sim->clock, &rng, 0);
    sim->link.config.rate = config->rate;
    sim->link.config.delay_dur = config->rtt_dur / 2;
    sim->link.config.queue_len = config->queue_len;
    if (config->loss_ppm > 0) {
        sim->link.config.loss.kind = SIM_LOSS_RANDOM;
        sim->link.config.loss.ppm = config->loss_ppm;
    }
    sim->link.arrive = arrive;
    sim->link.ctx = sim;
    for (size_t i = 0; i < config->flow_cnt; i++) {
        start_flow(sim, &sim->flows[i], i, &rng);
    }
}

void netsim_run(struct netsim *sim, uint64_t ts)
{
    sim_clock_run(&sim->clock, ts);
}

void netsim_send(struct netsim_flow *flow, uint32_t len)
{
    usctp_stack_set_time(flow->from.stack, flow->from.sim->clock.now_ts);
    SIM_EXPECT(send_one(&flow->from, len));
    tend(&flow->from);
}

void netsim_stop(struct netsim *sim)
{
    for (size_t i = 0; i < sim->config.flow_cnt; i++) {
        struct netsim_flow *flow = &sim->flows[i];

        flow->message_len = 0;
        usctp_stack_free(flow->from.stack);
        usctp_stack_free(flow->to.stack);
        sim_link_clear(&flow->back);
    }
    sim_link_clear(&sim->link);
    sim_clock_free(&sim->clock);
}
