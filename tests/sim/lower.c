/* SPDX-License-Identifier: BSD-3-Clause */
/* The lower layer of a simulated host: from the stack's datagrams to packets on interfaces. */
#include "sim/host.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"

static struct sim_nic *nic_of(const struct sim_lower *lower, const struct usctp_addr *addr)
{
    for (size_t i = 0; i < lower->nic_cnt; i++) {
        if (sim_addr_equal(&lower->nics[i]->addr, addr)) {
            return lower->nics[i];
        }
    }
    return NULL;
}

/* The system's choice of a source: the first interface of the family that is up, else the first. */
static struct sim_nic *nic_towards(const struct sim_lower *lower, const struct usctp_addr *remote)
{
    struct sim_nic *found = NULL;

    for (size_t i = 0; i < lower->nic_cnt; i++) {
        struct sim_nic *nic = lower->nics[i];

        if (nic->addr.family == remote->family &&
            (found == NULL || (found->up.down && !nic->up.down))) {
            found = nic;
        }
    }
    return found;
}

static int is_none(const struct usctp_addr *addr)
{
    return addr->family == USCTP_AF_NONE;
}

/* What <usctp/lower.h> promises of datagrams on their way out. */
static void check_dgram(const struct sim_lower *lower, const struct usctp_dgram *dgram)
{
    const struct sim_host *host = lower->host;
    const uint32_t known = USCTP_DGRAM_MAY_FRAGMENT | USCTP_DGRAM_PROBE;

    SIM_EXPECT(dgram->data != NULL && dgram->segment_len == 0);
    SIM_EXPECT((dgram->flags & ~known) == 0);
    SIM_EXPECT(dgram->ecn == 0 || (dgram->ecn == 2 && lower->config.flags & USCTP_LOWER_ECN));
    SIM_EXPECT(dgram->reserved0[0] == 0 && dgram->reserved0[1] == 0);
    SIM_EXPECT(dgram->reserved[0] == 0 && dgram->reserved[1] == 0);
    SIM_EXPECT(!(dgram->flags & USCTP_DGRAM_PROBE) || lower->config.flags & USCTP_LOWER_PROBES);
    if (dgram->len > host->max_packet && !(dgram->flags & USCTP_DGRAM_MAY_FRAGMENT)) {
        sim_fail("%s sends a packet of %zu bytes, largest allowed is %u", host->config.name,
                 dgram->len, (unsigned)host->max_packet);
    }
    if (lower->config.flags & USCTP_LOWER_NO_ADDRESSES) {
        SIM_EXPECT(is_none(&dgram->remote) && is_none(&dgram->local));
        SIM_EXPECT(dgram->remote_udp_port == 0);
        return;
    }
    SIM_EXPECT(!is_none(&dgram->remote));
    SIM_EXPECT((dgram->remote_udp_port == 0) == !!(lower->config.flags & USCTP_LOWER_RAW));
    if (!is_none(&dgram->local) && nic_of(lower, &dgram->local) == NULL) {
        char text[USCTP_ADDR_TEXT_MAX];

        sim_fail("%s sends from %s, which it does not have", host->config.name,
                 usctp_addr_text(&dgram->local, text, sizeof(text)));
    }
}

/* What ICMP told of holds until a larger probe has been sent, which may come through: links change. */
static void check_told(struct sim_host *host, const struct usctp_dgram *dgram, uint32_t tag)
{
    for (size_t i = 0; i < SIM_HOST_TOLD; i++) {
        struct sim_host_told *told = &host->told[i];

        if (told->mtu == 0 || told->tag != tag || dgram->len <= told->mtu ||
            !sim_addr_equal(&told->remote, &dgram->remote)) {
            continue;
        }
        if (dgram->flags & USCTP_DGRAM_PROBE) {
            told->mtu = (uint32_t)dgram->len;
        } else if (!(dgram->flags & USCTP_DGRAM_MAY_FRAGMENT)) {
            sim_fail("%s sends a packet of %zu bytes, ICMP told of %u", host->config.name,
                     dgram->len, (unsigned)told->mtu);
        }
    }
}

static void note(struct sim_host *host, const struct usctp_dgram *dgram,
                 const struct sim_watch_summary *summary)
{
    struct sim_host_note *last;

    if (host->note_cnt == SIM_HOST_NOTES) {
        return;
    }
    last = &host->notes[host->note_cnt++];
    last->tag = summary->tag;
    last->types = summary->types;
    last->remote = dgram->remote;
    last->len = dgram->len;
}

static void send_one(struct sim_lower *lower, struct usctp_dgram *dgram)
{
    struct sim_host *host = lower->host;
    struct sim_watch_summary summary;
    struct sim_packet *packet;
    struct sim_nic *nic;

    check_dgram(lower, dgram);
    if (host->watch != NULL) {
        sim_watch_sent(host->watch, dgram->data, dgram->len, &summary);
        check_told(host, dgram, summary.tag);
        /* RFC 3168, 6.1.4, 6.1.5 */
        SIM_EXPECT(dgram->ecn == 0 || ((summary.types & 1u << SIM_DATA) != 0 && !summary.again));
        note(host, dgram, &summary);
    }
    dgram->status = USCTP_DGRAM_SENT;
    dgram->status_len = 0;
    host->sent_cnt++;
    if (lower->config.flags & USCTP_LOWER_NO_ADDRESSES) {
        nic = lower->nics[0];
    } else {
        nic = is_none(&dgram->local) ? nic_towards(lower, &dgram->remote)
                                     : nic_of(lower, &dgram->local);
    }
    if (nic == NULL || sim_rng_chance(&host->rng, lower->config.refuse_ppm)) {
        dgram->status = USCTP_DGRAM_UNREACHABLE;
        return;
    }
    if (lower->config.max_packet > 0 && dgram->len > lower->config.max_packet &&
        !(dgram->flags & USCTP_DGRAM_MAY_FRAGMENT)) {
        dgram->status = USCTP_DGRAM_TOO_BIG;
        dgram->status_len = lower->config.max_packet;
        return;
    }
    packet = sim_packet_new(dgram->data, dgram->len);
    packet->dst = dgram->remote;
    packet->dst_port = dgram->remote_udp_port;
    if (lower->config.flags & USCTP_LOWER_NO_ADDRESSES) {
        packet->dst = lower->config.peer;
        packet->dst_port = lower->config.peer_port;
    }
    packet->src_port = lower->config.udp_port;
    packet->ecn = dgram->ecn;
    packet->dscp = dgram->dscp;
    packet->may_fragment = (dgram->flags & USCTP_DGRAM_MAY_FRAGMENT) != 0;
    sim_nic_send(nic, packet);
}

static size_t lower_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct sim_lower *lower = ctx;
    struct sim_host *host = lower->host;
    size_t take = n;

    SIM_EXPECT(n > 0 && stride >= sizeof(struct usctp_dgram));
    if (host->muted) {
        return n;
    }
    if (lower->blocked) {
        return 0;
    }
    if (sim_rng_chance(&host->rng, lower->config.block_ppm)) {
        take = (size_t)sim_rng_below(&host->rng, n);
        lower->blocked = 1;
        lower->blocked_cnt++;
        sim_clock_set(host->net->clock, &lower->timer,
                      host->net->clock->now_ts +
                          sim_rng_below(&host->rng, lower->config.block_dur));
    }
    for (size_t i = 0; i < take; i++) {
        void *at = (uint8_t *)dgrams + i * stride;

        send_one(lower, at);
    }
    return take;
}

static void unblock(void *ctx, struct sim_timer *timer)
{
    struct sim_lower *lower = ctx;
    struct sim_host *host = lower->host;

    (void)timer;
    lower->blocked = 0;
    if (host->stack != NULL) {
        sim_host_enter(host);
        SIM_EXPECT(usctp_stack_writable(host->stack, lower->id, sim_host_now(host)) == 0);
        sim_host_leave(host);
    }
}

static size_t lower_max_packet(void *ctx, const struct usctp_addr *local,
                               const struct usctp_addr *remote)
{
    const struct sim_lower *lower = ctx;

    (void)local;
    (void)remote;
    return lower->config.max_packet;
}

static int lower_source(void *ctx, const struct usctp_addr *remote, struct usctp_addr *local)
{
    const struct sim_lower *lower = ctx;
    const struct sim_nic *nic = nic_towards(lower, remote);

    if (nic == NULL) {
        return -1;
    }
    *local = nic->addr;
    return 0;
}

void sim_lower_attach(struct sim_lower *lower)
{
    struct usctp_lower table = USCTP_LOWER_INIT;

    table.flags = lower->config.flags;
    for (size_t i = 0; i < lower->nic_cnt; i++) {
        if (!(table.flags & USCTP_LOWER_NO_ADDRESSES)) {
            table.flags |=
                lower->nics[i]->addr.family == USCTP_AF_IPV4 ? USCTP_LOWER_IPV4 : USCTP_LOWER_IPV6;
        }
    }
    table.send = lower_send;
    table.max_packet = lower->config.max_packet > 0 ? lower_max_packet : NULL;
    table.source = table.flags & USCTP_LOWER_NO_ADDRESSES ? NULL : lower_source;
    lower->blocked = 0;
    sim_clock_cancel(lower->host->net->clock, &lower->timer);
    lower->timer.fn = unblock;
    lower->timer.ctx = lower;
    SIM_EXPECT(usctp_stack_attach(lower->host->stack, &table, lower, &lower->id) == 0);
}
