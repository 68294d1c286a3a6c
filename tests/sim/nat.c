/* SPDX-License-Identifier: BSD-3-Clause */
/* NAT boxes: a small table of mappings, searched from end to end. */
#include "sim/nat.h"

#include <string.h>

int sim_addr_equal(const struct usctp_addr *a, const struct usctp_addr *b)
{
    return a->family == b->family && a->scope_id == b->scope_id &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void sim_nat_init(struct sim_nat *nat, const struct sim_nat_config *config,
                  const struct usctp_addr *inside, const struct sim_rng *parent, uint64_t label)
{
    memset(nat, 0, sizeof(*nat));
    nat->config = *config;
    nat->inside = *inside;
    sim_rng_fork(&nat->rng, parent, label);
}

static int is_live(const struct sim_nat *nat, const struct sim_nat_mapping *mapping,
                   uint64_t now_ts)
{
    return mapping->inside_port != 0 &&
           (nat->config.idle_dur == 0 || now_ts - mapping->used_ts <= nat->config.idle_dur);
}

static int fits_out(const struct sim_nat *nat, const struct sim_nat_mapping *mapping,
                    const struct sim_packet *packet)
{
    return mapping->inside_port == packet->src_port &&
           (!nat->config.symmetric ||
            (sim_addr_equal(&mapping->dst, &packet->dst) && mapping->dst_port == packet->dst_port));
}

static uint16_t new_port(struct sim_nat *nat, uint16_t inside_port)
{
    for (;;) {
        uint16_t port = (uint16_t)sim_rng_range(&nat->rng, 1024, 65535);

        if (nat->config.preserve && nat->rebind_cnt == 0 &&
            sim_nat_inside_port(nat, inside_port) == 0) {
            port = inside_port;
        }
        if (sim_nat_inside_port(nat, port) == 0) {
            return port;
        }
    }
}

static struct sim_nat_mapping *new_mapping(struct sim_nat *nat, const struct sim_packet *packet,
                                           uint64_t now_ts)
{
    struct sim_nat_mapping *mapping = NULL;
    uint16_t port = new_port(nat, packet->src_port);

    for (size_t i = 0; i < SIM_NAT_MAPPING_MAX && mapping == NULL; i++) {
        if (!is_live(nat, &nat->mappings[i], now_ts)) {
            mapping = &nat->mappings[i];
        }
    }
    if (mapping == NULL) {
        mapping = &nat->mappings[nat->next++ % SIM_NAT_MAPPING_MAX];
    }
    memset(mapping, 0, sizeof(*mapping));
    mapping->inside_port = packet->src_port;
    mapping->outside_port = port;
    mapping->dst = packet->dst;
    mapping->dst_port = packet->dst_port;
    return mapping;
}

static int was_sent_to(const struct sim_nat *nat, const struct sim_nat_mapping *mapping,
                       const struct sim_packet *packet)
{
    if (nat->config.filter == SIM_NAT_FILTER_NONE) {
        return 1;
    }
    for (size_t i = 0; i < mapping->peer_cnt && i < SIM_NAT_PEER_MAX; i++) {
        if (sim_addr_equal(&mapping->peer_addrs[i], &packet->src) &&
            (nat->config.filter == SIM_NAT_FILTER_ADDR ||
             mapping->peer_ports[i] == packet->src_port)) {
            return 1;
        }
    }
    return 0;
}

static void note_peer(struct sim_nat_mapping *mapping, const struct sim_packet *packet)
{
    size_t at;

    for (size_t i = 0; i < mapping->peer_cnt && i < SIM_NAT_PEER_MAX; i++) {
        if (sim_addr_equal(&mapping->peer_addrs[i], &packet->dst) &&
            mapping->peer_ports[i] == packet->dst_port) {
            return;
        }
    }
    at = mapping->peer_cnt++ % SIM_NAT_PEER_MAX;
    mapping->peer_addrs[at] = packet->dst;
    mapping->peer_ports[at] = packet->dst_port;
}

void sim_nat_out(struct sim_nat *nat, struct sim_packet *packet, uint64_t now_ts)
{
    struct sim_nat_mapping *mapping = NULL;

    for (size_t i = 0; i < SIM_NAT_MAPPING_MAX && mapping == NULL; i++) {
        if (is_live(nat, &nat->mappings[i], now_ts) && fits_out(nat, &nat->mappings[i], packet)) {
            mapping = &nat->mappings[i];
        }
    }
    if (mapping == NULL) {
        mapping = new_mapping(nat, packet, now_ts);
    }
    mapping->used_ts = now_ts;
    note_peer(mapping, packet);
    packet->src = nat->config.outside;
    packet->src_port = mapping->outside_port;
}

int sim_nat_in(struct sim_nat *nat, struct sim_packet *packet, uint64_t now_ts)
{
    for (size_t i = 0; i < SIM_NAT_MAPPING_MAX; i++) {
        const struct sim_nat_mapping *mapping = &nat->mappings[i];

        if (is_live(nat, mapping, now_ts) && mapping->outside_port == packet->dst_port &&
            was_sent_to(nat, mapping, packet)) {
            packet->dst = nat->inside;
            packet->dst_port = mapping->inside_port;
            return 1;
        }
    }
    nat->refused_cnt++;
    return 0;
}

uint16_t sim_nat_inside_port(const struct sim_nat *nat, uint16_t outside_port)
{
    for (size_t i = 0; i < SIM_NAT_MAPPING_MAX; i++) {
        if (nat->mappings[i].inside_port != 0 && nat->mappings[i].outside_port == outside_port) {
            return nat->mappings[i].inside_port;
        }
    }
    return 0;
}

void sim_nat_rebind(struct sim_nat *nat)
{
    memset(nat->mappings, 0, sizeof(nat->mappings));
    nat->rebind_cnt++;
}

void sim_nat_move(struct sim_nat *nat, const struct usctp_addr *outside)
{
    sim_nat_rebind(nat);
    nat->config.outside = *outside;
}
