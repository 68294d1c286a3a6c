/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawing worlds: hosts, their addresses, lower layers and links. */
#include "sim/world.h"

#include <string.h>

#include "sim/fail.h"

enum { SERVER_UDP_PORT = 9899 };

/* 198.51.100.x are addresses of hosts, 203.0.113.x those of NAT boxes, 10.0.x.x lie behind them. */
static struct usctp_addr ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    struct usctp_addr addr;

    memset(&addr, 0, sizeof(addr));
    addr.family = USCTP_AF_IPV4;
    addr.bytes[0] = a;
    addr.bytes[1] = b;
    addr.bytes[2] = c;
    addr.bytes[3] = d;
    return addr;
}

static struct usctp_addr ipv6(uint8_t host, uint8_t number)
{
    static const uint8_t prefix[4] = {0x20, 0x01, 0x0d, 0xb8};
    struct usctp_addr addr;

    memset(&addr, 0, sizeof(addr));
    addr.family = USCTP_AF_IPV6;
    memcpy(addr.bytes, prefix, sizeof(prefix));
    addr.bytes[7] = host;
    addr.bytes[15] = number;
    return addr;
}

static void draw_addrs(struct sim_world *world)
{
    int mixed =
        sim_has(world, SIM_F_IPV6) && sim_has(world, SIM_F_MULTI) && sim_rng_one_in(&world->rng, 2);

    world->addr_cnt[0] = sim_has(world, SIM_F_NAT_TWICE) ? 2 : 1;
    world->addr_cnt[1] = 1;
    if (sim_has(world, SIM_F_MULTI)) {
        world->addr_cnt[0] = (size_t)sim_rng_range(&world->rng, 1, 3);
        world->addr_cnt[1] = (size_t)sim_rng_range(&world->rng, 2, 3);
    }
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        for (size_t i = 0; i < world->addr_cnt[host]; i++) {
            uint8_t number = (uint8_t)(1 + 16 * host + i);
            int behind =
                host == 0 && (sim_has(world, SIM_F_NAT) || sim_has(world, SIM_F_NAT_TWICE));
            int six = sim_has(world, SIM_F_IPV6) && (!mixed || i % 2 == 1);

            world->inner[host][i] =
                six ? ipv6((uint8_t)(1 + host), number) : ipv4(198, 51, 100, number);
            world->addrs[host][i] = world->inner[host][i];
            if (behind) {
                world->inner[host][i] = six ? ipv6(0x77, number) : ipv4(10, 0, (uint8_t)i, 2);
                world->addrs[host][i] = six ? ipv6(0x78, number) : ipv4(203, 0, 113, number);
            }
        }
    }
}

static void draw_host(struct sim_world *world, size_t host)
{
    struct sim_rng *rng = &world->rng;
    struct sim_host_config config;

    memset(&config, 0, sizeof(config));
    config.name = host == 0 ? "client" : "server";
    config.seed = sim_rng_u64(rng);
    config.skew_ts = sim_rng_one_in(rng, 2) ? sim_rng_u64(rng) >> 2 : 0;
    config.slack_dur = sim_rng_one_in(rng, 3) ? sim_rng_log(rng, 1000, USCTP_MS(10)) : 0;
    config.batch_dur =
        sim_combination(world, host) / 2 % 2 != 0 ? sim_rng_log(rng, 1000, USCTP_MS(2)) : 0;
    config.offload_ppm = sim_combination(world, host) % 2 != 0 ? 300000 : 0;
    config.use_clock = sim_rng_one_in(rng, 2);
    config.long_way = world->long_way;
    config.early_ppm = sim_rng_one_in(rng, 4) ? 20000 : 0;
    sim_host_init(&world->hosts[host], &world->net, &config);
    world->hosts[host].watch = &world->watch;
    world->hosts[host].max_packet = world->params[host].max_packet;
    if (world->probes[host] &&
        world->params[host].search_max_packet > world->params[host].max_packet) {
        world->hosts[host].max_packet = world->params[host].search_max_packet;
    }
}

/* The connection without addresses is one of DTLS: what was changed on the way, or comes from strangers,
 * does not come through. */
static int has_dtls(const struct sim_world *world)
{
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x64746c73);
    return sim_rng_one_in(&rng, 2);
}

/* Hosts that set and read the bits of ECN; routers that mark. */
static int has_ecn(const struct sim_world *world, size_t number)
{
    struct sim_rng rng;

    sim_rng_fork(&rng, &world->rng, 0x65636e + number);
    return !sim_rng_one_in(&rng, 4);
}

static void draw_lower(struct sim_world *world, size_t host)
{
    struct sim_rng *rng = &world->rng;
    struct sim_lower_config config;

    memset(&config, 0, sizeof(config));
    config.udp_port = host == 1 ? SERVER_UDP_PORT : (uint16_t)sim_rng_range(rng, 32768, 60999);
    if (sim_has(world, SIM_F_RAW)) {
        config.flags = USCTP_LOWER_RAW;
        config.udp_port = 0;
    }
    if (sim_has(world, SIM_F_NO_ADDRESSES)) {
        config.flags = USCTP_LOWER_NO_ADDRESSES;
        world->watch.dtls = host == 0 ? has_dtls(world) : world->watch.dtls;
        config.flags |= world->watch.dtls ? USCTP_LOWER_DTLS : 0u;
        config.udp_port = SERVER_UDP_PORT;
        config.peer = world->addrs[1 - host][0];
        config.peer_port = SERVER_UDP_PORT;
    }
    config.flags |= has_ecn(world, host) ? USCTP_LOWER_ECN : 0u;
    config.flags |= world->probes[host] ? USCTP_LOWER_PROBES : 0u;
    if (sim_rng_one_in(rng, 4)) {
        config.max_packet = (uint32_t)sim_rng_range(rng, 600, 2000);
    }
    if (sim_has(world, SIM_F_BLOCKING)) {
        config.block_ppm = (uint32_t)sim_rng_log(rng, 1000, 200000);
        config.block_dur = sim_rng_log(rng, 1000, USCTP_MS(50));
    }
    (void)sim_host_add_lower(&world->hosts[host], &config, world->inner[host],
                             world->addr_cnt[host]);
}

static void draw_nats(struct sim_world *world)
{
    const struct sim_lower *lower = &world->hosts[0].lowers[0];

    if (!sim_has(world, SIM_F_NAT) && !sim_has(world, SIM_F_NAT_TWICE)) {
        return;
    }
    for (size_t i = 0; i < lower->nic_cnt; i++) {
        struct sim_nat_config config;

        memset(&config, 0, sizeof(config));
        config.outside = world->addrs[0][i];
        config.filter = (int)sim_rng_below(&world->rng, 3);
        config.symmetric = sim_rng_one_in(&world->rng, 2);
        config.preserve = sim_rng_one_in(&world->rng, 2);
        (void)sim_nic_add_nat(lower->nics[i], &config);
    }
}

void sim_draw_hosts(struct sim_world *world)
{
    draw_addrs(world);
    for (size_t host = 0; host < SIM_HOSTS; host++) {
        draw_host(world, host);
        draw_lower(world, host);
    }
    draw_nats(world);
}

/* Patterns stand on the server's links alone: several of them fall into step and let nothing
 * through. */
static void draw_loss(struct sim_world *world, struct sim_loss *loss, int server)
{
    struct sim_rng *rng = &world->rng;

    loss->max_run = 4;
    if (sim_has(world, SIM_F_LOSS)) {
        loss->kind = SIM_LOSS_RANDOM;
        loss->ppm = (uint32_t)sim_rng_log(rng, 1000, 100000);
        if (loss->ppm > 40000) { /* four links in a round trip: now and then that is too much */
            world->reg.may_lose = world->reg.may_abort = 1;
        }
    } else if (sim_has(world, SIM_F_BURST)) {
        loss->kind = SIM_LOSS_BURST;
        loss->enter_ppm = (uint32_t)sim_rng_log(rng, 1000, 30000);
        loss->leave_ppm = (uint32_t)sim_rng_range(rng, 200000, 600000);
        loss->ppm = (uint32_t)sim_rng_range(rng, 400000, 900000);
    } else if (sim_has(world, SIM_F_PATTERN) && !server) {
        return;
    } else if (sim_has(world, SIM_F_PATTERN) && sim_rng_one_in(rng, 2)) {
        loss->kind = SIM_LOSS_PERIODIC;
        loss->every = (uint32_t)sim_rng_range(rng, 7, 60);
    } else if (sim_has(world, SIM_F_PATTERN)) {
        loss->kind = SIM_LOSS_LIST;
        loss->mask = sim_rng_u64(rng) & sim_rng_u64(rng) & sim_rng_u64(rng);
    }
}

static uint32_t maybe_ppm(struct sim_world *world, int feature, uint32_t low, uint32_t high)
{
    return sim_has(world, feature) ? (uint32_t)sim_rng_log(&world->rng, low, high) : 0;
}

static void draw_link(struct sim_world *world, struct sim_link *link, int server)
{
    struct sim_rng *rng = &world->rng;
    struct sim_link_config *config = &link->config;

    config->delay_dur = sim_has(world, SIM_F_DELAY) ? sim_rng_log(rng, USCTP_MS(10), USCTP_MS(100))
                                                    : sim_rng_log(rng, USCTP_US(5), USCTP_MS(5));
    config->jitter_dur =
        sim_has(world, SIM_F_JITTER) ? sim_rng_log(rng, USCTP_US(10), USCTP_MS(20)) : 0;
    config->reorder_ppm = maybe_ppm(world, SIM_F_REORDER, 1000, 200000);
    config->reorder_dur = sim_rng_log(rng, USCTP_US(10), USCTP_MS(30));
    config->duplicate_ppm = maybe_ppm(world, SIM_F_DUPLICATE, 1000, 200000);
    config->corrupt_ppm = maybe_ppm(world, SIM_F_CORRUPT, 1000, 50000);
    config->forge_ppm = maybe_ppm(world, SIM_F_FORGE, 1000, 100000);
    if (sim_has(world, SIM_F_THIN)) {
        config->rate = sim_rng_log(rng, 100000, 10000000);
        config->queue_len = (uint32_t)sim_rng_log(rng, 6000, 100000);
    } else if (sim_rng_one_in(rng, 3)) {
        config->rate = sim_rng_log(rng, 10000000, 1000000000);
        config->queue_len = (uint32_t)sim_rng_log(rng, 30000, 1000000);
    }
    config->mark_len = has_ecn(world, 16 + (size_t)server) ? config->queue_len / 16 : 0;
    if (config->rate > 0 && (world->rate == 0 || config->rate < world->rate)) {
        world->rate = config->rate;
    }
    draw_loss(world, &config->loss, server);
}

uint32_t sim_draw_mtu(struct sim_world *world, uint64_t max)
{
    uint32_t mtu = (uint32_t)sim_rng_range(&world->rng, 150, max) * 4;

    /* RFC 8200, 5: 1,280 bytes pass everywhere, and with them what is left for a packet beside the headers. */
    return sim_has(world, SIM_F_IPV6) ? 1240 + mtu % 360 : mtu;
}

void sim_draw_links(struct sim_world *world)
{
    struct sim_rng *rng = &world->rng;
    static const uint32_t quotes[] = {12, 20, 28, 548, 65535};

    world->net.unreachable = sim_rng_one_in(rng, 3);
    world->net.quote_max = quotes[sim_rng_below(rng, 5)];
    for (struct sim_nic *nic = world->net.nics; nic != NULL; nic = nic->next) {
        int server = nic->index >= world->addr_cnt[0];

        draw_link(world, &nic->up, server);
        draw_link(world, &nic->down, server);
        if (sim_has(world, SIM_F_MTU) || sim_has(world, SIM_F_HOLE)) {
            nic->too_big = sim_has(world, SIM_F_HOLE) ? SIM_TOO_BIG_SILENT : SIM_TOO_BIG_TOLD;
            nic->up.config.mtu = sim_draw_mtu(world, 400);
            nic->down.config.mtu = sim_draw_mtu(world, 400);
        }
    }
    world->spoof_ppm = sim_has(world, SIM_F_SPOOF) ? (uint32_t)sim_rng_log(rng, 5000, 100000) : 0;
}
