/* SPDX-License-Identifier: BSD-3-Clause */
/* A host: what surrounds a stack. Each way into the stack goes by sim_host_enter and _leave. */
#include "sim/host.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "sim/fail.h"
#include "stack/stack.h"

enum { SPIN_MAX = 2000, BATCH_MAX = 64 };

static const struct sim_nic_ops nic_ops = {sim_host_received, sim_host_got_icmp};

static void timer_due(void *ctx, struct sim_timer *timer);
static void input_due(void *ctx, struct sim_timer *timer);

void sim_host_init(struct sim_host *host, struct sim_net *net, const struct sim_host_config *config)
{
    memset(host, 0, sizeof(*host));
    host->config = *config;
    host->net = net;
    host->max_packet = 65535;
    sim_rng_init(&host->rng, sim_mix(config->seed, 0x686f7374));
    (void)test_memory_init(&host->memory);
    (void)test_crypto_init(&host->crypto, sim_mix(config->seed, 0x6b6579));
    host->timer.fn = timer_due;
    host->timer.ctx = host;
    host->input_timer.fn = input_due;
    host->input_timer.ctx = host;
}

struct sim_lower *sim_host_add_lower(struct sim_host *host, const struct sim_lower_config *config,
                                     const struct usctp_addr *addrs, size_t addr_cnt)
{
    struct sim_lower *lower = &host->lowers[host->lower_cnt];

    SIM_EXPECT(host->lower_cnt < SIM_HOST_LOWERS && addr_cnt <= SIM_LOWER_NICS);
    SIM_EXPECT(host->stack == NULL);
    host->lower_cnt++;
    lower->host = host;
    lower->config = *config;
    for (size_t i = 0; i < addr_cnt; i++) {
        lower->nics[lower->nic_cnt++] = sim_net_add(host->net, &addrs[i], &nic_ops, lower);
    }
    return lower;
}

uint64_t sim_host_now(const struct sim_host *host)
{
    return host->net->clock->now_ts + host->config.skew_ts;
}

static uint64_t host_clock(void *ctx)
{
    return sim_host_now(ctx);
}

static void observe(void *user, int outbound, const struct usctp_dgram *dgram,
                    const uint8_t *packet, size_t len, uint64_t now_ts)
{
    struct sim_host *host = user;

    (void)packet;
    SIM_EXPECT(dgram != NULL && (outbound || len <= dgram->len));
    SIM_EXPECT(now_ts <= sim_host_now(host));
    host->observed_cnt += !outbound;
}

int sim_host_start(struct sim_host *host, const struct usctp_config *config)
{
    struct usctp_config own = *config;
    int error;

    SIM_EXPECT(host->stack == NULL);
    own.memory = &host->memory.table;
    own.crypto = &host->crypto.table;
    own.clock = host->config.use_clock ? host_clock : NULL;
    own.clock_ctx = host;
    own.now_ts = sim_host_now(host);
    error = usctp_stack_new(&own, &host->stack);
    if (error != 0) {
        SIM_EXPECT(error == USCTP_ENOMEM && host->memory.fail_cnt > 0);
        host->stack = NULL;
        return error;
    }
    host->stack->core.long_way = host->config.long_way != 0;
    host->muted = 0;
    host->deadline_ts = USCTP_NEVER;
    host->stack_input_cnt = 0;
    host->observed_cnt = 0;
    for (size_t i = 0; i < host->lower_cnt; i++) {
        sim_lower_attach(&host->lowers[i]);
    }
    usctp_stack_set_observer(host->stack, observe, host);
    return 0;
}

static void drop_input(struct sim_host *host)
{
    sim_clock_cancel(host->net->clock, &host->input_timer);
    while (host->input_first != NULL) {
        struct sim_packet *packet = host->input_first;

        host->input_first = packet->next;
        free(packet);
    }
    host->input_last = NULL;
}

void sim_host_stop(struct sim_host *host, int crash)
{
    if (host->stack == NULL) {
        return;
    }
    SIM_EXPECT(host->depth == 0);
    host->muted = crash;
    usctp_stack_set_time(host->stack, sim_host_now(host));
    usctp_stack_free(host->stack);
    host->stack = NULL;
    host->restart_cnt++;
    sim_host_forget_told(host);
    host->note_cnt = 0;
    drop_input(host);
    sim_clock_cancel(host->net->clock, &host->timer);
    for (size_t i = 0; i < host->lower_cnt; i++) {
        sim_clock_cancel(host->net->clock, &host->lowers[i].timer);
    }
}

void sim_host_free(struct sim_host *host)
{
    uint64_t leak_cnt = test_memory_leaks(&host->memory);

    drop_input(host);
    if (leak_cnt > 0) {
        sim_fail("%s leaks %" PRIu64 " allocations", host->config.name, leak_cnt);
    }
    if (host->crypto.live_cnt > 0) {
        sim_fail("%s leaks %" PRIu64 " HMAC contexts", host->config.name, host->crypto.live_cnt);
    }
}

void sim_host_enter(struct sim_host *host)
{
    if (host->depth++ == 0 && host->stack != NULL) {
        host->event_cnt++;
        usctp_stack_set_time(host->stack, sim_host_now(host));
    }
}

/* RFC 9260, 5.4: what must not go to an address that has not answered yet. Replies to packets that
 * may belong to no association are left out. */
static void check_unconfirmed(const usctp_assoc *assoc, const struct usctp_assoc_stats *stats,
                              const struct sim_host_note *note)
{
    const uint32_t always = 1u << SIM_HEARTBEAT | 1u << SIM_HEARTBEAT_ACK | 1u << SIM_INIT_ACK |
                            1u << SIM_ABORT | 1u << SIM_ERROR | 1u << SIM_AUTH |
                            1u << SIM_WATCH_ASCONF_BIT; /* RFC 5061, 5.3, F1 */
    const uint32_t cookie = 1u << SIM_COOKIE_ECHO | 1u << SIM_COOKIE_ACK;
    const uint32_t shutdown =
        1u << SIM_SHUTDOWN | 1u << SIM_SHUTDOWN_ACK | 1u << SIM_SHUTDOWN_COMPLETE;
    const uint32_t with_shutdown =
        1u << SIM_SACK | 1u << SIM_ECNE | 1u << SIM_CWR | 1u << 31; /* RE-CONFIG, that answers */
    uint32_t types = note->types & ~always;
    usctp_path_id ids[32];
    int unconfirmed = 0, confirmed = 0, any = 0;
    int shuts_down =
        stats->state == USCTP_STATE_SHUTDOWN_SENT || stats->state == USCTP_STATE_SHUTDOWN_ACK_SENT;
    size_t cnt;

    if (types == 0 || note->tag == 0 || note->tag != stats->remote_tag ||
        note->remote.family == USCTP_AF_NONE) {
        return;
    }
    if ((types & ~cookie) == 0 && (note->types & 1u << SIM_HEARTBEAT) != 0) {
        return;
    }
    cnt = usctp_assoc_paths(assoc, ids, 32);
    for (size_t i = 0; i < cnt && i < 32; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        SIM_EXPECT(usctp_path_info(assoc, ids[i], &info) == 0);
        any |= info.state != USCTP_PATH_UNCONFIRMED;
        if (sim_addr_equal(&info.remote, &note->remote)) {
            unconfirmed |= info.state == USCTP_PATH_UNCONFIRMED;
            confirmed |= info.state != USCTP_PATH_UNCONFIRMED;
        }
    }
    /* RFC 5061: all that were confirmed may have been deleted while it shuts down, when no
       HEARTBEAT confirms another. */
    shuts_down = shuts_down || (types & shutdown) != 0;
    if (!any && shuts_down && (types & ~(shutdown | with_shutdown)) == 0) {
        return;
    }
    if (unconfirmed && !confirmed) {
        char text[USCTP_ADDR_TEXT_MAX];

        sim_fail("chunks of types 0x%x sent to the unconfirmed address %s", (unsigned)types,
                 usctp_addr_text(&note->remote, text, sizeof(text)));
    }
}

static void check_assoc(void *ctx, usctp_assoc *assoc)
{
    struct sim_host *host = ctx;
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    usctp__assoc_check(assoc);
    SIM_EXPECT(usctp_assoc_stats(assoc, &stats) == 0);
    SIM_EXPECT(stats.state == (int)usctp_assoc_state(assoc));
    for (size_t i = 0; i < host->note_cnt; i++) {
        check_unconfirmed(assoc, &stats, &host->notes[i]);
    }
}

/* Every association after every event; where there are many, not each time. */
static void check_all(struct sim_host *host)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    SIM_EXPECT(usctp_stack_stats(host->stack, &stats) == 0);
    SIM_EXPECT(stats.memory_bytes == host->memory.live_bytes);
    if (stats.curr_assocs > 8 && host->event_cnt % stats.curr_assocs != 0) {
        return;
    }
    usctp_stack_each_assoc(host->stack, check_assoc, host);
}

static void set_timer(struct sim_host *host)
{
    uint64_t deadline_ts = usctp_stack_next_deadline(host->stack);
    uint64_t late_dur = sim_rng_below(&host->rng, host->config.slack_dur + 1);
    uint64_t now_ts = sim_host_now(host), ts;

    if (deadline_ts == host->deadline_ts && host->timer.slot != 0) {
        return;
    }
    host->deadline_ts = deadline_ts;
    if (deadline_ts == USCTP_NEVER) {
        sim_clock_cancel(host->net->clock, &host->timer);
        return;
    }
    if (deadline_ts < now_ts) {
        deadline_ts = now_ts;
    }
    ts = deadline_ts - host->config.skew_ts + late_dur;
    /* What is overdue is not put off by each packet that comes. */
    if (deadline_ts > now_ts || host->timer.slot == 0 || ts < host->timer.ts) {
        sim_clock_set(host->net->clock, &host->timer, ts);
    }
}

void sim_host_leave(struct sim_host *host)
{
    SIM_EXPECT(host->depth > 0);
    if (host->depth == 1 && host->stack != NULL &&
        sim_rng_chance(&host->rng, host->config.early_ppm)) {
        SIM_EXPECT(usctp_stack_advance(host->stack, sim_host_now(host)) == 0);
    }
    if (--host->depth > 0 || host->stack == NULL) {
        return;
    }
    check_all(host);
    host->note_cnt = 0;
    set_timer(host);
    if (host->after != NULL) {
        host->after(host->after_ctx, host);
    }
}

static void timer_due(void *ctx, struct sim_timer *timer)
{
    struct sim_host *host = ctx;
    uint64_t now_ts = sim_host_now(host);

    (void)timer;
    sim_host_enter(host);
    SIM_EXPECT(usctp_stack_advance(host->stack, now_ts) == 0);
    if (usctp_stack_next_deadline(host->stack) > now_ts) {
        host->idle_spins = 0;
    } else if (++host->idle_spins > SPIN_MAX) {
        sim_fail("%s: the deadline does not move on", host->config.name);
    }
    sim_host_leave(host);
}

void sim_host_received(void *ctx, struct sim_nic *nic, struct sim_packet *packet)
{
    struct sim_lower *lower = ctx;
    struct sim_host *host = lower->host;

    (void)nic;
    if (host->stack == NULL || packet->dst_port != lower->config.udp_port ||
        (lower->config.flags & USCTP_LOWER_DTLS && (packet->corrupted || packet->spoofed))) {
        free(packet);
        return;
    }
    packet->origin = lower;
    packet->next = NULL;
    if (host->input_last != NULL) {
        host->input_last->next = packet;
    } else {
        host->input_first = packet;
    }
    host->input_last = packet;
    if (host->input_timer.slot == 0) {
        sim_clock_set(host->net->clock, &host->input_timer,
                      host->net->clock->now_ts +
                          sim_rng_below(&host->rng, host->config.batch_dur + 1));
    }
}

static void fill_dgram(struct sim_host *host, struct usctp_dgram *dgram,
                       const struct sim_packet *packet)
{
    const struct sim_lower *lower = packet->origin;

    memset(dgram, 0, sizeof(*dgram));
    dgram->data = packet->data;
    dgram->len = packet->len;
    if (!(lower->config.flags & USCTP_LOWER_NO_ADDRESSES)) {
        dgram->local = packet->dst;
        dgram->remote = packet->src;
        dgram->local_udp_port = packet->dst_port;
        dgram->remote_udp_port = packet->src_port;
    }
    dgram->ecn = packet->ecn;
    dgram->dscp = packet->dscp;
    dgram->lower = lower->id;
    dgram->flags = lower->config.flags & USCTP_LOWER_DTLS ? USCTP_DGRAM_CRC_VOUCHED : 0;
    dgram->receive_ts = sim_rng_one_in(&host->rng, 2) ? sim_host_now(host) : 0;
}

/* Two packets that receive offload would hand over as one datagram. */
static int can_join(const struct sim_packet *a, const struct sim_packet *b)
{
    return b != NULL && a->origin == b->origin && a->ecn == b->ecn && a->len >= b->len &&
           a->src_port == b->src_port && sim_addr_equal(&a->src, &b->src) &&
           sim_addr_equal(&a->dst, &b->dst);
}

/* Joins the packets from `first` on while they fit together: a new packet in place of them, whose
 * segments are segment_len bytes long. NULL: they do not fit. */
static struct sim_packet *join(struct sim_packet *first, size_t *cnt)
{
    struct sim_packet *joined, *packet = first;
    size_t len = first->len, at = 0;

    *cnt = 1;
    while (can_join(first, packet->next) && packet->len == first->len && *cnt < 16) {
        packet = packet->next;
        len += packet->len;
        (*cnt)++;
    }
    if (*cnt == 1) {
        return NULL;
    }
    joined = sim_zalloc(sizeof(*joined) + len);
    memcpy(joined, first, offsetof(struct sim_packet, data));
    joined->len = len;
    for (size_t i = 0; i < *cnt; i++) {
        struct sim_packet *next = first->next;

        memcpy(joined->data + at, first->data, first->len);
        at += first->len;
        free(first);
        joined->next = first = next;
    }
    return joined;
}

static void input_due(void *ctx, struct sim_timer *timer)
{
    struct sim_host *host = ctx;
    struct usctp_dgram dgrams[BATCH_MAX];
    struct sim_packet *batch = host->input_first, *packet = batch, **at = &batch;
    size_t cnt = 0;

    (void)timer;
    while (packet != NULL && cnt < BATCH_MAX) {
        size_t packet_cnt = 1, segment_len = packet->len;
        struct sim_packet *joined = NULL;

        if (sim_rng_chance(&host->rng, host->config.offload_ppm)) {
            joined = join(packet, &packet_cnt);
        }
        packet = joined != NULL ? joined : packet;
        fill_dgram(host, &dgrams[cnt], packet);
        dgrams[cnt].segment_len = joined != NULL ? segment_len : 0;
        cnt++;
        host->input_cnt += packet_cnt;
        host->stack_input_cnt += packet_cnt;
        *at = packet;
        at = &packet->next;
        packet = packet->next;
    }
    *at = NULL;
    host->input_first = packet;
    if (packet == NULL) {
        host->input_last = NULL;
    } else {
        sim_clock_set(host->net->clock, &host->input_timer, host->net->clock->now_ts);
    }
    sim_host_enter(host);
    SIM_EXPECT(usctp_stack_input(host->stack, dgrams, cnt, sizeof(dgrams[0]), sim_host_now(host)) ==
               0);
    while (batch != NULL) {
        packet = batch;
        batch = packet->next;
        memset(packet->data, 0xee, packet->len); /* it was lent only */
        free(packet);
    }
    SIM_EXPECT(host->observed_cnt == host->stack_input_cnt);
    sim_host_leave(host);
}

void sim_host_forget_told(struct sim_host *host)
{
    memset(host->told, 0, sizeof(host->told));
}

static uint64_t icmp_taken(const struct sim_host *host)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    SIM_EXPECT(usctp_stack_stats(host->stack, &stats) == 0);
    return stats.icmp_taken;
}

/* With one interface the path stays the one that it is. */
static void note_told(struct sim_host *host, const struct sim_lower *lower,
                      const struct usctp_icmp *icmp)
{
    struct sim_host_told *told = &host->told[host->told_cnt % SIM_HOST_TOLD];

    /* Packets that a blocked layer holds back were built before. */
    if (icmp->kind != USCTP_ICMP_TOO_BIG || icmp->mtu == 0 || lower->nic_cnt > 1 ||
        lower->blocked || icmp->quote_len < SIM_HEADER_LEN) {
        return;
    }
    host->told_cnt++;
    told->tag = sim_get32(icmp->quote + 4);
    told->remote = icmp->remote;
    told->mtu = icmp->mtu;
}

void sim_host_icmp(struct sim_host *host, struct sim_lower *lower, const struct sim_icmp *icmp)
{
    struct usctp_icmp told = USCTP_ICMP_INIT;
    uint64_t taken_cnt;

    if (host->stack == NULL) {
        return;
    }
    told.kind = icmp->kind;
    told.mtu = icmp->mtu;
    if (!(lower->config.flags & USCTP_LOWER_NO_ADDRESSES)) {
        told.local = icmp->local;
        told.remote = icmp->remote;
        told.local_udp_port = icmp->local_port;
        told.remote_udp_port = icmp->remote_port;
    }
    told.lower = lower->id;
    told.quote = icmp->quote_len > 0 ? icmp->quote : NULL;
    told.quote_len = icmp->quote_len;
    taken_cnt = icmp_taken(host);
    sim_host_enter(host);
    SIM_EXPECT(usctp_stack_input_icmp(host->stack, &told, sim_host_now(host)) == 0);
    if (icmp_taken(host) > taken_cnt) {
        note_told(host, lower, &told);
    }
    sim_host_leave(host);
}

void sim_host_got_icmp(void *ctx, struct sim_nic *nic, const struct sim_icmp *icmp)
{
    struct sim_lower *lower = ctx;

    (void)nic;
    if (icmp->local_port == lower->config.udp_port) {
        sim_host_icmp(lower->host, lower, icmp);
    }
}
