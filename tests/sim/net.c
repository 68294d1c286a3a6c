/* SPDX-License-Identifier: BSD-3-Clause */
/* The star: interfaces, the middle, and ICMP. */
#include "sim/net.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"

enum { ICMP_DUR = 500000 }; /* how long an ICMP message is under way, ns */

static void up_arrive(void *ctx, struct sim_packet *packet);
static void down_arrive(void *ctx, struct sim_packet *packet);
static void link_dropped(void *ctx, const struct sim_link *link, const struct sim_packet *packet,
                         enum sim_drop why);

void sim_net_init(struct sim_net *net, struct sim_clock *clock, const struct sim_rng *parent)
{
    memset(net, 0, sizeof(*net));
    net->clock = clock;
    net->quote_max = UINT32_MAX;
    sim_rng_fork(&net->rng, parent, 0x6e6574);
}

static void icmp_arrives(void *ctx, struct sim_timer *timer)
{
    struct sim_net *net = ctx;
    struct sim_icmp *icmp = (struct sim_icmp *)(void *)timer;
    struct sim_nic *nic = icmp->nic;

    if (!nic->down.down && nic->ops.icmp != NULL) {
        net->icmp_cnt++;
        nic->ops.icmp(nic->ctx, nic, icmp);
    }
    free(icmp);
}

static void clear_icmp(struct sim_clock *clock)
{
    size_t i = 0;

    while (i < clock->timer_cnt) {
        struct sim_timer *timer = clock->timers[i];

        if (timer->fn == icmp_arrives) {
            sim_clock_cancel(clock, timer);
            free(timer);
            i = 0;
        } else {
            i++;
        }
    }
}

void sim_net_free(struct sim_net *net)
{
    clear_icmp(net->clock);
    while (net->nics != NULL) {
        struct sim_nic *nic = net->nics;

        net->nics = nic->next;
        sim_link_clear(&nic->up);
        sim_link_clear(&nic->down);
        free(nic->nat);
        free(nic);
    }
    while (net->cuts != NULL) {
        struct sim_cut *cut = net->cuts;

        net->cuts = cut->next;
        free(cut);
    }
}

struct sim_nic *sim_net_add(struct sim_net *net, const struct usctp_addr *addr,
                            const struct sim_nic_ops *ops, void *ctx)
{
    struct sim_nic *nic = sim_zalloc(sizeof(*nic));

    nic->net = net;
    nic->addr = *addr;
    nic->ops = *ops;
    nic->ctx = ctx;
    nic->index = net->nic_cnt++;
    sim_link_init(&nic->up, net->clock, &net->rng, 2 * nic->index);
    sim_link_init(&nic->down, net->clock, &net->rng, 2 * nic->index + 1);
    nic->up.ctx = nic;
    nic->up.arrive = up_arrive;
    nic->up.dropped = link_dropped;
    nic->down.ctx = nic;
    nic->down.arrive = down_arrive;
    nic->down.dropped = link_dropped;
    nic->next = net->nics;
    net->nics = nic;
    return nic;
}

struct sim_nat *sim_nic_add_nat(struct sim_nic *nic, const struct sim_nat_config *config)
{
    free(nic->nat);
    nic->nat = sim_zalloc(sizeof(*nic->nat));
    sim_nat_init(nic->nat, config, &nic->addr, &nic->net->rng, 0x6e617400 + nic->index);
    return nic->nat;
}

static void note(struct sim_net *net, int kind, const struct sim_packet *packet, const char *why)
{
    if (kind != SIM_TRACE_DROPPED) {
        net->hash = sim_mix(net->hash, net->clock->now_ts + (uint64_t)kind);
        for (size_t i = 0; i < packet->len; i += 8) {
            uint64_t word = 0;

            for (size_t j = i; j < packet->len && j < i + 8; j++) {
                word = word << 8 | packet->data[j];
            }
            net->hash = (net->hash ^ word) * UINT64_C(0x100000001b3) + packet->len;
        }
    }
    if (net->trace != NULL) {
        net->trace(net->trace_ctx, kind, packet, why);
    }
}

/* Tells the sender of a packet that it did not get through. */
static void send_icmp(struct sim_net *net, const struct sim_packet *packet, int kind, uint32_t mtu)
{
    struct sim_nic *nic = packet->origin;
    size_t quote_len = packet->len < net->quote_max ? packet->len : net->quote_max;
    struct sim_icmp *icmp;

    if (nic == NULL || nic->ops.icmp == NULL) {
        return;
    }
    icmp = sim_zalloc(sizeof(*icmp) + quote_len);
    icmp->nic = nic;
    icmp->kind = kind;
    icmp->mtu = mtu;
    icmp->local = nic->addr;
    icmp->local_port = packet->asked_src_port;
    icmp->remote = packet->asked_dst;
    icmp->remote_port = packet->asked_dst_port;
    icmp->quote_len = quote_len;
    memcpy(icmp->quote, packet->data, quote_len);
    icmp->timer.fn = icmp_arrives;
    icmp->timer.ctx = net;
    sim_clock_set(net->clock, &icmp->timer, net->clock->now_ts + ICMP_DUR);
}

static void link_dropped(void *ctx, const struct sim_link *link, const struct sim_packet *packet,
                         enum sim_drop why)
{
    static const char *const names[] = {"down", "too big", "overflow", "lost"};
    struct sim_nic *nic = ctx;

    note(nic->net, SIM_TRACE_DROPPED, packet, names[why]);
    if (why == SIM_DROP_TOO_BIG && nic->too_big != SIM_TOO_BIG_SILENT) {
        send_icmp(nic->net, packet, USCTP_ICMP_TOO_BIG,
                  nic->too_big == SIM_TOO_BIG_TOLD ? link->config.mtu : 0);
    }
}

static int is_cut(const struct sim_net *net, const struct usctp_addr *from,
                  const struct usctp_addr *to)
{
    for (const struct sim_cut *cut = net->cuts; cut != NULL; cut = cut->next) {
        if (sim_addr_equal(&cut->from, from) && sim_addr_equal(&cut->to, to)) {
            return 1;
        }
    }
    return 0;
}

static void give_up(struct sim_net *net, struct sim_packet *packet, const char *why)
{
    net->nowhere_cnt++;
    note(net, SIM_TRACE_DROPPED, packet, why);
    free(packet);
}

/* The middle: from the end of a link up to the beginning of one down. */
static void up_arrive(void *ctx, struct sim_packet *packet)
{
    struct sim_nic *from = ctx;
    struct sim_net *net = from->net;
    struct sim_nic *to = sim_net_find(net, &packet->dst);

    if (from->nat != NULL) {
        sim_nat_out(from->nat, packet, net->clock->now_ts);
    }
    if (to == NULL || to->ops.receive == NULL) {
        if (net->unreachable) {
            send_icmp(net, packet, USCTP_ICMP_UNREACHABLE, 0);
        }
        give_up(net, packet, "nowhere");
    } else if (is_cut(net, &packet->src, &packet->dst)) {
        give_up(net, packet, "cut");
    } else if (to->nat != NULL && !sim_nat_in(to->nat, packet, net->clock->now_ts)) {
        give_up(net, packet, "refused by NAT");
    } else {
        sim_link_send(&to->down, packet);
    }
}

static void down_arrive(void *ctx, struct sim_packet *packet)
{
    struct sim_nic *nic = ctx;
    struct sim_net *net = nic->net;

    net->received_cnt++;
    net->last_received_ts = net->clock->now_ts;
    note(net, SIM_TRACE_RECEIVED, packet, NULL);
    if (nic->ops.receive != NULL) {
        nic->ops.receive(nic->ctx, nic, packet);
    } else {
        free(packet);
    }
}

void sim_nic_send(struct sim_nic *nic, struct sim_packet *packet)
{
    struct sim_net *net = nic->net;

    packet->src = nic->addr;
    packet->origin = nic;
    packet->asked_dst = packet->dst;
    packet->asked_dst_port = packet->dst_port;
    packet->asked_src_port = packet->src_port;
    net->sent_cnt++;
    net->sent_bytes += packet->len;
    note(net, SIM_TRACE_SENT, packet, NULL);
    sim_link_send(&nic->up, packet);
}

void sim_nic_set_down(struct sim_nic *nic, int down)
{
    nic->up.down = down;
    nic->down.down = down;
}

const struct usctp_addr *sim_nic_outside(const struct sim_nic *nic)
{
    return nic->nat != NULL ? &nic->nat->config.outside : &nic->addr;
}

struct sim_nic *sim_net_find(const struct sim_net *net, const struct usctp_addr *addr)
{
    for (struct sim_nic *nic = net->nics; nic != NULL; nic = nic->next) {
        if (sim_addr_equal(sim_nic_outside(nic), addr)) {
            return nic;
        }
    }
    return NULL;
}

void sim_net_cut(struct sim_net *net, const struct usctp_addr *from, const struct usctp_addr *to,
                 int on)
{
    struct sim_cut **at = &net->cuts;

    while (*at != NULL && !(sim_addr_equal(&(*at)->from, from) && sim_addr_equal(&(*at)->to, to))) {
        at = &(*at)->next;
    }
    if (on && *at == NULL) {
        *at = sim_zalloc(sizeof(**at));
        (*at)->from = *from;
        (*at)->to = *to;
    } else if (!on && *at != NULL) {
        struct sim_cut *cut = *at;

        *at = cut->next;
        free(cut);
    }
}
