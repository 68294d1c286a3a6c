/* SPDX-License-Identifier: BSD-3-Clause */
/* Links: the fate of each packet is drawn when it goes in. */
#include "sim/link.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"
#include "sim/wire.h"

enum { OVERHEAD_LEN = 28 }; /* IP and UDP headers, as far as the rate is concerned */

struct sim_packet *sim_packet_new(const uint8_t *data, size_t len)
{
    struct sim_packet *packet = sim_zalloc(sizeof(*packet) + len);

    packet->len = len;
    if (len > 0) {
        memcpy(packet->data, data, len);
    }
    return packet;
}

struct sim_packet *sim_packet_copy(const struct sim_packet *packet)
{
    struct sim_packet *copy = sim_zalloc(sizeof(*copy) + packet->len);

    memcpy(copy, packet, offsetof(struct sim_packet, data) + packet->len);
    memset(&copy->timer, 0, sizeof(copy->timer));
    copy->next = NULL;
    return copy;
}

static int loss_drawn(struct sim_loss *loss, struct sim_rng *rng)
{
    switch (loss->kind) {
    case SIM_LOSS_RANDOM:
        return sim_rng_chance(rng, loss->ppm);
    case SIM_LOSS_BURST:
        if (sim_rng_chance(rng, loss->lossy ? loss->leave_ppm : loss->enter_ppm)) {
            loss->lossy = !loss->lossy;
        }
        return loss->lossy && sim_rng_chance(rng, loss->ppm);
    case SIM_LOSS_PERIODIC:
        return loss->every > 0 && loss->seen_cnt % loss->every == 0;
    case SIM_LOSS_LIST:
        return loss->seen_cnt <= 64 && (loss->mask >> (loss->seen_cnt - 1) & 1);
    default:
        return 0;
    }
}

int sim_loss_next(struct sim_loss *loss, struct sim_rng *rng)
{
    int lost;

    loss->seen_cnt++;
    lost = loss_drawn(loss, rng);
    if (lost && loss->max_run > 0 && loss->run >= loss->max_run) {
        lost = 0;
    }
    loss->run = lost ? loss->run + 1 : 0;
    return lost;
}

void sim_link_init(struct sim_link *link, struct sim_clock *clock, const struct sim_rng *parent,
                   uint64_t label)
{
    memset(link, 0, sizeof(*link));
    link->clock = clock;
    sim_rng_fork(&link->rng, parent, label);
}

static void drop(struct sim_link *link, struct sim_packet *packet, enum sim_drop why)
{
    if (link->dropped != NULL) {
        link->dropped(link->ctx, link, packet, why);
    }
    free(packet);
}

static void packet_arrives(void *ctx, struct sim_timer *timer)
{
    struct sim_link *link = ctx;
    struct sim_packet *packet = (struct sim_packet *)(void *)timer;

    if (link->down) {
        link->stats.down_cnt++;
        drop(link, packet, SIM_DROP_DOWN);
        return;
    }
    link->stats.out_cnt++;
    link->arrive(link->ctx, packet);
}

void sim_link_clear(struct sim_link *link)
{
    struct sim_clock *clock = link->clock;
    size_t i = 0;

    while (i < clock->timer_cnt) {
        struct sim_timer *timer = clock->timers[i];

        if (timer->fn == packet_arrives && timer->ctx == link) {
            sim_clock_cancel(clock, timer);
            free(timer);
            i = 0;
        } else {
            i++;
        }
    }
}

/* RFC 3168, 5: a router with a long queue marks what says that its ends understand. */
static void mark(struct sim_link *link, struct sim_packet *packet)
{
    uint64_t now_ts = link->clock->now_ts;
    uint64_t wait_dur = link->busy_ts > now_ts ? link->busy_ts - now_ts : 0;

    if (link->config.mark_len > 0 && packet->ecn != 0 &&
        wait_dur / 1000 * link->config.rate / 8000000 > link->config.mark_len) {
        packet->ecn = 3;
        link->stats.marked_cnt++;
    }
}

/* When the last bit has left the sender; UINT64_MAX if the queue is full. */
static uint64_t leave_ts(struct sim_link *link, size_t len)
{
    uint64_t now_ts = link->clock->now_ts;
    uint64_t start_ts = link->busy_ts > now_ts ? link->busy_ts : now_ts;
    uint64_t rate = link->config.rate;

    if (rate == 0) {
        return now_ts;
    }
    if (link->config.queue_len > 0 &&
        (start_ts - now_ts) / 1000 * rate / 8000000 > link->config.queue_len) {
        return UINT64_MAX;
    }
    link->busy_ts = start_ts + (uint64_t)(len + OVERHEAD_LEN) * 8 * 1000000000 / rate;
    return link->busy_ts;
}

static void corrupt(struct sim_link *link, struct sim_packet *packet)
{
    int forge = sim_rng_chance(&link->rng, link->config.forge_ppm);
    uint64_t flips;

    if (packet->len == 0 || !(forge || sim_rng_chance(&link->rng, link->config.corrupt_ppm))) {
        return;
    }
    flips = sim_rng_log(&link->rng, 1, 16);
    while (flips-- > 0) {
        uint64_t bit = sim_rng_below(&link->rng, packet->len * 8);

        packet->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    packet->corrupted = 1;
    link->stats.corrupted_cnt++;
    if (forge && packet->len >= SIM_HEADER_LEN) {
        sim_packet_seal(packet->data, packet->len);
        link->stats.forged_cnt++;
    }
}

/* Sends one copy on its way. */
static void carry(struct sim_link *link, struct sim_packet *packet, uint64_t left_ts)
{
    const struct sim_link_config *config = &link->config;
    uint64_t ts = left_ts + config->delay_dur;

    corrupt(link, packet);
    if (config->jitter_dur > 0) {
        ts += sim_rng_below(&link->rng, config->jitter_dur);
    }
    if (sim_rng_chance(&link->rng, config->reorder_ppm)) {
        ts += sim_rng_range(&link->rng, 1, config->reorder_dur);
        link->stats.reordered_cnt++;
    } else {
        if (ts < link->last_ts) {
            ts = link->last_ts;
        }
        link->last_ts = ts;
    }
    packet->timer.fn = packet_arrives;
    packet->timer.ctx = link;
    sim_clock_set(link->clock, &packet->timer, ts);
}

void sim_link_send(struct sim_link *link, struct sim_packet *packet)
{
    const struct sim_link_config *config = &link->config;
    uint64_t left_ts;

    link->stats.in_cnt++;
    if (link->down) {
        link->stats.down_cnt++;
        drop(link, packet, SIM_DROP_DOWN);
        return;
    }
    if (config->mtu > 0 && packet->len > config->mtu && !packet->may_fragment) {
        link->stats.too_big_cnt++;
        drop(link, packet, SIM_DROP_TOO_BIG);
        return;
    }
    mark(link, packet);
    left_ts = leave_ts(link, packet->len);
    if (left_ts == UINT64_MAX) {
        link->stats.overflow_cnt++;
        drop(link, packet, SIM_DROP_OVERFLOW);
        return;
    }
    if (sim_loss_next(&link->config.loss, &link->rng)) {
        link->stats.lost_cnt++;
        drop(link, packet, SIM_DROP_LOST);
        return;
    }
    if (sim_rng_chance(&link->rng, config->duplicate_ppm)) {
        link->stats.duplicated_cnt++;
        carry(link, sim_packet_copy(packet), left_ts);
    }
    carry(link, packet, left_ts);
}
