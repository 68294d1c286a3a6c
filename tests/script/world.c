/* SPDX-License-Identifier: BSD-3-Clause */
/* The stack under test, its lower layers, time. */
#include "world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "sim/wire.h"
#include "wire/describe.h"

enum { SPIN_MAX = 1000 };

static struct world *current; /* for values.fail, which knows no world */

/* --- Failures and the trace ------------------------------------------------------------------- */

void world_fail(struct world *world, const char *format, ...)
{
    va_list args;

    if (world->failure.len == 0) {
        text_add(&world->failure, "%s:%u: ", world->file, world->line);
        va_start(args, format);
        (void)vsnprintf(world->failure.buf + world->failure.len,
                        sizeof(world->failure.buf) - world->failure.len, format, args);
        va_end(args);
    }
    longjmp(world->failed, 1);
}

static void values_failed(const char *text)
{
    world_fail(current, "%s", text);
}

void world_trace(struct world *world, const char *format, ...)
{
    char line[1400];
    uint64_t us = (world->now_ts - world->begin_ts) / 1000;
    int len =
        snprintf(line, sizeof(line), "# %3" PRIu64 ".%06" PRIu64 " ", us / 1000000, us % 1000000);
    va_list args;

    va_start(args, format);
    len += vsnprintf(line + len, sizeof(line) - (size_t)len - 1, format, args);
    va_end(args);
    if ((size_t)len > sizeof(line) - 2) {
        len = (int)sizeof(line) - 2;
    }
    line[len++] = '\n';
    if (world->trace_len + (size_t)len + 1 > world->trace_cap) {
        world->trace_cap = world->trace_cap * 2 + 8192;
        world->trace = realloc(world->trace, world->trace_cap);
        if (world->trace == NULL) {
            abort();
        }
    }
    memcpy(world->trace + world->trace_len, line, (size_t)len);
    world->trace_len += (size_t)len;
    world->trace[world->trace_len] = '\0';
    if (world->verbose) {
        (void)fwrite(line, 1, (size_t)len, stdout);
        (void)fflush(stdout);
    }
}

static void text_addr(struct text *text, const struct usctp_addr *addr, uint16_t udp_port)
{
    char buf[USCTP_ADDR_TEXT_MAX];

    text_add(text, "%s", usctp_addr_text(addr, buf, sizeof(buf)));
    if (udp_port != 0) {
        text_add(text, ":%u", udp_port);
    }
}

static void text_bytes(struct text *text, const uint8_t *data, size_t len)
{
    char buf[700];
    struct usctp__text line;

    usctp__text_init(&line, buf, sizeof(buf));
    usctp__describe_packet(&line, data, len);
    text_add(text, "%s", buf);
}

void text_packet(struct text *text, const struct sent *sent)
{
    text_add(text, "to ");
    text_addr(text, &sent->remote, sent->remote_udp_port);
    text_add(text, " %s", (sent->flags & USCTP_DGRAM_MAY_FRAGMENT) != 0 ? "(may fragment) " : "");
    text_bytes(text, sent->data, sent->len);
}

/* --- The lower layer -------------------------------------------------------------------------- */

/* True if all chunks of the packet are of types in this mask. */
static bool only_of(const struct sent *sent, uint32_t types)
{
    struct sim_chunk chunk;
    size_t at = 0;

    while (sim_packet_next(sent->data, sent->len, &at, &chunk) == 1) {
        if (chunk.type > 31 || (types & 1u << chunk.type) == 0) {
            return false;
        }
    }
    return types != 0;
}

/* A HEARTBEAT that the peer answers by itself. */
static bool is_answered(const struct world *world, const struct sent *sent)
{
    return world->auto_heartbeat && only_of(sent, 1u << SIM_HEARTBEAT) &&
           (world->mute.family == USCTP_AF_NONE || world->mute.family != sent->remote.family ||
            memcmp(world->mute.bytes, sent->remote.bytes, sizeof(world->mute.bytes)) != 0);
}

/* The largest packet that may be sent, but for probes and what may be fragmented. */
static uint32_t most(const struct world *world, const struct world_lower *lower)
{
    bool searched = (lower->flags & USCTP_LOWER_PROBES) != 0 &&
                    world->params.search_max_packet > world->params.max_packet;

    return searched ? world->params.search_max_packet : world->params.max_packet;
}

static void keep_sent(struct world_lower *lower, const struct usctp_dgram *dgram)
{
    struct world *world = lower->world;
    struct sent *sent = values_alloc(&world->values, sizeof(*sent) + dgram->len);
    struct text line = {{0}, 0};

    sent->ts = world->now_ts;
    sent->lower = lower->id;
    sent->local = dgram->local;
    sent->remote = dgram->remote;
    sent->remote_udp_port = dgram->remote_udp_port;
    sent->flags = dgram->flags;
    sent->ecn = dgram->ecn;
    sent->len = dgram->len;
    memcpy(sent->data, dgram->data, dgram->len);
    text_packet(&line, sent);
    world_trace(world, "> %s", line.buf);
    if (world->violation.len == 0) {
        check_sent(dgram, most(world, lower), lower->flags, &world->violation);
    }
    if (is_answered(world, sent)) {
        sent->next = world->to_answer;
        world->to_answer = sent;
    } else if (!only_of(sent, world->ignored)) {
        *world->sent_end = sent;
        world->sent_end = &sent->next;
    }
}

static size_t lower_send(void *ctx, struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct world_lower *lower = ctx;

    for (size_t i = 0; i < n; i++) {
        struct usctp_dgram *dgram = (struct usctp_dgram *)(void *)((char *)dgrams + i * stride);

        if (lower->world->ending) {
            dgram->status = USCTP_DGRAM_SENT;
            continue;
        }
        if (lower->counted && lower->take_cnt == 0) {
            return i;
        }
        lower->take_cnt -= lower->counted;
        if (lower->unreachable) {
            dgram->status = USCTP_DGRAM_UNREACHABLE;
            continue;
        }
        if (lower->too_big != 0 && dgram->len > lower->too_big &&
            (dgram->flags & USCTP_DGRAM_MAY_FRAGMENT) == 0) {
            dgram->status = USCTP_DGRAM_TOO_BIG;
            dgram->status_len = (uint32_t)lower->too_big;
            continue;
        }
        dgram->status = USCTP_DGRAM_SENT;
        keep_sent(lower, dgram);
    }
    return n;
}

static size_t lower_max_packet(void *ctx, const struct usctp_addr *local,
                               const struct usctp_addr *remote)
{
    struct world_lower *lower = ctx;

    (void)local;
    (void)remote;
    return lower->max_packet;
}

static int lower_source(void *ctx, const struct usctp_addr *remote, struct usctp_addr *local)
{
    struct world_lower *lower = ctx;

    if (!lower->has_source) {
        return -1;
    }
    if (lower->source.family == remote->family) {
        *local = lower->source;
        return 0;
    }
    return usctp_addr_parse(local,
                            remote->family == USCTP_AF_IPV6 ? "2001:db8:a::61" : "192.0.2.1");
}

void world_attach(struct world *world, const struct usctp_lower *lower, bool has_source,
                  uint32_t max_packet)
{
    struct usctp_lower table = *lower;
    struct world_lower *slot = &world->lowers[world->lower_cnt];
    int error;

    if (world->lower_cnt == WORLD_LOWER_MAX) {
        world_fail(world, "too many lower layers");
    }
    table.send = lower_send;
    table.max_packet = lower_max_packet;
    table.source = lower_source;
    slot->world = world;
    slot->flags = table.flags;
    slot->has_source = has_source;
    slot->max_packet = max_packet;
    error = usctp_stack_attach(world->stack, &table, slot, &slot->id);
    if (error != 0) {
        world_fail(world, "attaching a lower layer: %s", usctp_strerror(error));
    }
    world->lower_cnt++;
}

/* --- Events ----------------------------------------------------------------------------------- */

static void take_message(struct world *world, usctp_message *message)
{
    usctp_message *kept;

    if (world->messages == MESSAGES_DEFER) {
        (void)usctp_message_defer(message);
    } else if (world->messages == MESSAGES_KEEP) {
        kept = usctp_message_keep(message);
        if (kept != NULL && world->kept_cnt < WORLD_KEPT_MAX) {
            world->kept[world->kept_cnt++] = kept;
        }
    }
}

static void run_on(struct world *world, const char *event)
{
    for (size_t i = 0; i < world->on_cnt; i++) {
        const char *call = world->on[i].call;

        if (call != NULL && strcmp(world->on[i].event, event) == 0) {
            world->on[i].call = NULL;
            run_call(world, call);
            return;
        }
    }
}

static void on_event(void *user, const struct usctp_event *event)
{
    struct world *world = user;
    struct record *record;
    struct text line = {{0}, 0};

    if (world->ending) {
        return;
    }
    record = record_make(world, event);
    record->ts = world->now_ts;
    text_record(&line, record);
    world_trace(world, "  event %s", line.buf);
    if (world->watch_buffers ||
        (event->type != USCTP_EVENT_DRY && event->type != USCTP_EVENT_BUFFERED_LOW)) {
        *world->records_end = record;
        world->records_end = &record->next;
    }
    if (event->type == USCTP_EVENT_CLOSED) {
        world->assocs[world_assoc_number(world, event->assoc) - 1] = NULL;
    }
    if (event->type == USCTP_EVENT_MESSAGE) {
        take_message(world, event->u.message.message);
    }
    run_on(world, record->name);
}

size_t world_assoc_number(struct world *world, usctp_assoc *assoc)
{
    for (size_t i = 0; i < world->assoc_cnt; i++) {
        if (world->assocs[i] == assoc) {
            return i + 1;
        }
    }
    if (world->assoc_cnt == WORLD_ASSOC_MAX) {
        world_fail(world, "too many associations");
    }
    world->assocs[world->assoc_cnt++] = assoc;
    return world->assoc_cnt;
}

usctp_assoc *world_assoc(struct world *world, struct item *item)
{
    uint64_t number = 0;

    if (item_num(&world->values, item, "assoc", &number)) {
        if (number == 0 || number > world->assoc_cnt || world->assocs[number - 1] == NULL) {
            world_fail(world, "there is no association %" PRIu64, number);
        }
        return world->assocs[number - 1];
    }
    for (size_t i = world->assoc_cnt; i > 0; i--) {
        if (world->assocs[i - 1] != NULL) {
            return world->assocs[i - 1];
        }
    }
    world_fail(world, "there is no association");
    return NULL;
}

/* --- Life ------------------------------------------------------------------------------------- */

static void set_address(struct world *world, const char *name, const char *text, uint16_t udp_port)
{
    struct value value = {.kind = VALUE_ADDR, .udp_port = udp_port, .has_udp_port = true};

    (void)usctp_addr_parse(&value.addr, text);
    values_set(&world->values, name, &value);
}

void world_init(struct world *world)
{
    current = world;
    world->values.fail = values_failed;
    world->sent_end = &world->sent;
    world->records_end = &world->records;
    world->begin_ts = world->now_ts = USCTP_SEC(1000);
    (void)usctp_params_init(&world->params, USCTP_PRESET_PLAIN);
    world->params.extensions = 0; /* a script names what it is about */
    world->config = (struct usctp_config)USCTP_CONFIG_INIT;
    world->config.memory = test_memory_init(&world->memory);
    world->config.crypto = test_crypto_init(&world->crypto, 9260);
    world->config.on_event = on_event;
    world->config.user = world;
    world->config.params = &world->params;
    world->config.now_ts = world->now_ts;
    /* What injected packets have unless a script says otherwise; README.md lists them. */
    set_address(world, "me", "192.0.2.1", 9899);
    set_address(world, "peer", "198.51.100.1", 9899);
    values_set_num(&world->values, "port", 5000);
    values_set_num(&world->values, "pport", 6000);
    values_set_num(&world->values, "tag", 0);
    values_set_num(&world->values, "ptag", 0x50505050);
    values_set_num(&world->values, "ptsn", 1000);
    values_set_num(&world->values, "prwnd", 1000000);
    values_set_num(&world->values, "pos", 10);
    values_set_num(&world->values, "pmis", 65535);
}

static int constant_random(void *ctx, void *buf, size_t len)
{
    const struct world *world =
        (struct world *)(void *)((char *)ctx - offsetof(struct world, crypto));

    memset(buf, world->random_byte, len);
    return 0;
}

void world_constant_random(struct world *world, uint8_t byte)
{
    world->random_byte = byte;
    world->crypto.table.random = constant_random;
}

usctp_stack *world_stack(struct world *world)
{
    int error;

    if (world->stack == NULL) {
        error = usctp_stack_new(&world->config, &world->stack);
        if (error != 0) {
            world_fail(world, "usctp_stack_new: %s", usctp_strerror(error));
        }
    }
    return world->stack;
}

void world_end(struct world *world)
{
    world->ending = true;
    if (world->batch_cnt > 0) {
        world_fail(world, "`<<` without a `<` behind");
    }
    while (world->kept_first < world->kept_cnt) {
        usctp_message_drop(world->kept[world->kept_first++]);
    }
    if (world->stack != NULL) {
        usctp_stack_free(world->stack);
        world->stack = NULL;
    }
    if (world->released_cnt != world->adopted_cnt) {
        world_fail(world, "%" PRIu64 " messages were adopted, %" PRIu64 " released",
                   world->adopted_cnt, world->released_cnt);
    }
    if (test_memory_leaks(&world->memory) != 0) {
        world_fail(world, "memory leaks");
    }
    if (world->crypto.live_cnt != 0) {
        world_fail(world, "HMAC contexts leak");
    }
}

void world_drop(struct world *world)
{
    values_free(&world->values);
    free(world->trace);
    world->trace = NULL;
}

/* --- In, out, time ---------------------------------------------------------------------------- */

void world_enter(struct world *world)
{
    usctp_stack_set_time(world_stack(world), world->now_ts);
}

static void check_assoc(void *ctx, usctp_assoc *assoc)
{
    (void)ctx;
    usctp__assoc_check(assoc);
}

static void answer_heartbeats(struct world *world);

static void check_all(struct world *world)
{
    struct usctp_stack_stats stats = USCTP_STACK_STATS_INIT;

    usctp_stack_each_assoc(world->stack, check_assoc, world);
    if (usctp_stack_stats(world->stack, &stats) != 0 ||
        stats.memory_bytes != world->memory.live_bytes) {
        world_fail(world, "the account says %" PRIu64 " bytes, %" PRIu64 " are in use",
                   stats.memory_bytes, world->memory.live_bytes);
    }
    if (world->violation.len > 0) {
        world_fail(world, "%s", world->violation.buf);
    }
}

void world_leave(struct world *world)
{
    unsigned spins = 0;

    while (usctp_stack_next_deadline(world->stack) <= world->now_ts) {
        if (++spins > SPIN_MAX) {
            world_fail(world, "the deadline does not move on");
        }
        (void)usctp_stack_advance(world->stack, world->now_ts);
    }
    check_all(world);
    answer_heartbeats(world);
}

void world_expect_quiet(struct world *world)
{
    struct text line = {{0}, 0};

    if (world->sent != NULL) {
        text_packet(&line, world->sent);
        world_fail(world, "a packet was not expected: %s", line.buf);
    }
    if (world->records != NULL) {
        text_record(&line, world->records);
        world_fail(world, "an event was not expected: %s", line.buf);
    }
}

void world_advance(struct world *world, uint64_t ts, bool (*until)(struct world *world))
{
    uint64_t spins = 0;

    (void)world_stack(world);
    while (until == NULL || !until(world)) {
        uint64_t next_ts = usctp_stack_next_deadline(world->stack);

        if (next_ts > ts) {
            world->now_ts = ts;
            usctp_stack_set_time(world->stack, ts);
            return;
        }
        if (next_ts > world->now_ts) {
            world->now_ts = next_ts;
            spins = 0;
        } else if (++spins > SPIN_MAX) {
            world_fail(world, "the deadline does not move on");
        }
        (void)usctp_stack_advance(world->stack, world->now_ts);
        check_all(world);
        answer_heartbeats(world);
    }
}

static void flush_batch(struct world *world)
{
    int error;

    world_enter(world);
    error = usctp_stack_input(world->stack, world->batch, world->batch_cnt, sizeof(world->batch[0]),
                              world->now_ts);
    if (error != 0) {
        world_fail(world, "usctp_stack_input: %s", usctp_strerror(error));
    }
    for (size_t i = 0; i < world->batch_cnt; i++) {
        free((void *)(uintptr_t)world->batch[i].data);
    }
    world->batch_cnt = 0;
    world_leave(world);
}

void world_input(struct world *world, const struct usctp_dgram *dgram, bool batch)
{
    struct usctp_dgram *slot = &world->batch[world->batch_cnt];
    struct text line = {{0}, 0};
    /* Of its own length, so that a read past its end is seen by the tools that look for that. */
    uint8_t *copy = malloc(dgram->len > 0 ? dgram->len : 1);

    if (copy == NULL || world->batch_cnt == WORLD_BATCH_MAX) {
        free(copy);
        world_fail(world, "the batch is too large");
        return;
    }
    memcpy(copy, dgram->data, dgram->len);
    *slot = *dgram;
    slot->data = copy;
    world->batch_cnt++;
    text_add(&line, "< from ");
    text_addr(&line, &dgram->remote, dgram->remote_udp_port);
    text_add(&line, " ");
    text_bytes(&line, dgram->data, dgram->len);
    world_trace(world, "%s", line.buf);
    if (!batch) {
        flush_batch(world);
    }
}

/* --- Taking off -------------------------------------------------------------------------------- */

struct sent *world_take_sent(struct world *world, struct sent *sent)
{
    struct sent **at = &world->sent;

    while (*at != NULL && *at != sent) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = sent->next;
        if (*at == NULL) {
            world->sent_end = at;
        }
    }
    return sent;
}

struct record *world_take_record(struct world *world)
{
    struct record *record = world->records;

    if (record != NULL) {
        world->records = record->next;
        if (world->records == NULL) {
            world->records_end = &world->records;
        }
    }
    return record;
}

/* --- A peer that answers HEARTBEATs ----------------------------------------------------------- */

static void answer(struct world *world, struct sent *sent)
{
    struct usctp_dgram dgram = {0};
    const struct value *me = values_get(&world->values, "me");
    uint32_t crc;
    size_t at = 0;
    struct sim_chunk chunk;

    while (sim_packet_next(sent->data, sent->len, &at, &chunk) == 1) {
        sent->data[chunk.at] = SIM_HEARTBEAT_ACK;
    }
    sim_put16(sent->data, (uint16_t)values_num(&world->values, "pport", 0));
    sim_put16(sent->data + 2, (uint16_t)values_num(&world->values, "port", 0));
    sim_put32(sent->data + 4, (uint32_t)values_num(&world->values, "tag", 0));
    crc = sim_packet_crc(sent->data, sent->len);
    sim_put32(sent->data + 8, crc);
    dgram.data = sent->data;
    dgram.len = sent->len;
    dgram.lower = sent->lower;
    dgram.remote = sent->remote;
    dgram.remote_udp_port = sent->remote_udp_port;
    dgram.local = sent->local.family != USCTP_AF_NONE ? sent->local : me->addr;
    dgram.local_udp_port = sent->remote_udp_port != 0 ? me->udp_port : 0;
    world_input(world, &dgram, false);
}

static void answer_heartbeats(struct world *world)
{
    struct sent *sent;

    if (!world->auto_heartbeat || world->in_auto || world->batch_cnt > 0) {
        return;
    }
    world->in_auto = true;
    while ((sent = world->to_answer) != NULL) {
        world->to_answer = sent->next;
        answer(world, sent);
    }
    world->in_auto = false;
}
