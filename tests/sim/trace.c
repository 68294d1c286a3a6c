/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces of verbose runs: each packet with its fate and a line for each chunk; spoofed packets. */
#include "sim/world.h"

#include <inttypes.h>
#include <stdio.h>

static void print_time(const struct sim_world *world)
{
    printf("%" PRIu64 ".%06" PRIu64 " ", world->clock.now_ts / 1000000000u,
           world->clock.now_ts / 1000u % 1000000u);
}

static void print_line(void *ctx, const char *line)
{
    (void)ctx;
    printf("        %s\n", line);
}

static void print_packet(const struct sim_world *world, int kind, const struct sim_packet *packet,
                         const char *why)
{
    static const char *const kinds[] = {"sent", "received", "dropped"};
    char src[USCTP_ADDR_TEXT_MAX], dst[USCTP_ADDR_TEXT_MAX];

    print_time(world);
    printf("%s %s:%u > %s:%u, %zu bytes", kinds[kind],
           usctp_addr_text(&packet->src, src, sizeof(src)), (unsigned)packet->src_port,
           usctp_addr_text(&packet->dst, dst, sizeof(dst)), (unsigned)packet->dst_port,
           packet->len);
    printf("%s%s%s%s\n", why != NULL ? ", " : "", why != NULL ? why : "",
           packet->corrupted ? ", corrupted" : "", packet->spoofed ? ", spoofed" : "");
    if (kind == SIM_TRACE_SENT || packet->corrupted || packet->spoofed) {
        usctp_packet_text(packet->data, packet->len, print_line, NULL);
    }
}

void sim_trace_text(const struct sim_world *world, const char *text)
{
    if (world->verbose) {
        print_time(world);
        printf("-- %s\n", text);
    }
}

static struct sim_nic *nic_with(const struct sim_net *net, const struct usctp_addr *addr)
{
    for (struct sim_nic *nic = net->nics; nic != NULL; nic = nic->next) {
        if (sim_addr_equal(&nic->addr, addr)) {
            return nic;
        }
    }
    return NULL;
}

/* Someone who saw the packet sends it again: from another port, with another tag, or with a broken
 * checksum. None of that may move a path or harm an association. */
static void spoof(struct sim_world *world, const struct sim_packet *packet)
{
    struct sim_rng *rng = &world->rng;
    struct sim_nic *nic = nic_with(&world->net, &packet->dst);
    struct sim_packet *copy;

    if (nic == NULL || packet->len < SIM_HEADER_LEN || nic->down.down) {
        return;
    }
    copy = sim_packet_copy(packet);
    copy->spoofed = 1;
    copy->src_port = packet->src_port == 0 ? 0 : (uint16_t)sim_rng_range(rng, 1024, 65535);
    switch (sim_rng_below(rng, 3)) {
    case 0:
        break;
    case 1:
        copy->data[4 + sim_rng_below(rng, 4)] ^= (uint8_t)sim_rng_range(rng, 1, 255);
        sim_packet_seal(copy->data, copy->len);
        break;
    default:
        copy->data[8 + sim_rng_below(rng, 4)] ^= (uint8_t)sim_rng_range(rng, 1, 255);
        break;
    }
    sim_link_send(&nic->down, copy);
}

void sim_trace_packet(void *ctx, int kind, const struct sim_packet *packet, const char *why)
{
    struct sim_world *world = ctx;

    if (world->verbose) {
        print_packet(world, kind, packet, why);
    }
    if (kind == SIM_TRACE_RECEIVED && !packet->spoofed &&
        sim_rng_chance(&world->rng, world->spoof_ppm)) {
        spoof(world, packet);
    }
}
