/* SPDX-License-Identifier: BSD-3-Clause */
/* The work that is measured: `bench WORK [checksum]` does it once with the stack that is linked in
 * and prints one line: the figure, CPU and wall seconds, packets, allocations. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "count.h"
#include "side.h"

struct result {
    double value;         /* in the unit of the row */
    uint64_t packets;     /* during the measured part */
    uint64_t allocations; /* during the measured part */
};

static uint8_t payload[1 << 16];

static double seconds(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What happened since the mark. */
struct mark {
    double cpu;
    uint64_t packets;
    uint64_t allocations;
};

static struct mark mark_now(void)
{
    struct mark mark = {seconds(CLOCK_PROCESS_CPUTIME_ID), side_counts.packets, count_allocations};

    return mark;
}

static double take(struct result *result, const struct mark *mark)
{
    result->packets = side_counts.packets - mark->packets;
    result->allocations = count_allocations - mark->allocations;
    return seconds(CLOCK_PROCESS_CPUTIME_ID) - mark->cpu;
}

/* Moves packets; where nothing moves and something is still owed, time passes. */
static void pump_until(uint64_t *counter, uint64_t target)
{
    while (*counter < target) {
        if (side_pump() == 0 && *counter < target) {
            side_pass(10);
        }
    }
}

/* `cnt` messages of `len` bytes from end 0 to end 1. */
static void stream_messages(struct side_pair *pair, size_t len, uint64_t cnt)
{
    uint64_t target = side_counts.messages[1] + cnt;
    uint64_t sent = 0;

    while (sent < cnt) {
        while (sent < cnt && side_send(pair, 0, 0, payload, len)) {
            sent++;
        }
        if (side_pump() == 0 && sent < cnt) {
            side_pass(10);
        }
    }
    pump_until(&side_counts.messages[1], target);
}

static struct result bulk(size_t len, uint64_t cnt)
{
    struct side_pair *pair = side_open();
    struct result result;
    struct mark mark;

    stream_messages(pair, len, cnt / 10); /* to the steady state */
    mark = mark_now();
    stream_messages(pair, len, cnt);
    result.value = take(&result, &mark) / (double)cnt * 1e9;
    side_close(pair);
    return result;
}

enum { TURN_CNT = 64 };

/* Messages sent and received in turn, so many at a time: as blocking calls do it. */
static void turns(struct side_pair *pair, size_t len, uint64_t cnt)
{
    for (uint64_t i = 0; i < cnt; i++) {
        for (unsigned k = 0; k < TURN_CNT; k++) {
            while (!side_send(pair, 0, 0, payload, len)) {
                side_pump();
            }
        }
        side_take(pair, 1, TURN_CNT);
    }
}

static struct result in_turn(size_t len, uint64_t cnt)
{
    struct side_pair *pair = side_open();
    struct result result;
    struct mark mark;

    turns(pair, len, cnt / TURN_CNT / 10);
    mark = mark_now();
    turns(pair, len, cnt / TURN_CNT);
    result.value = take(&result, &mark) / (double)(cnt / TURN_CNT * TURN_CNT) * 1e9;
    side_close(pair);
    return result;
}

static void round_trips(struct side_pair *pair, size_t len, uint64_t cnt)
{
    for (uint64_t i = 0; i < cnt; i++) {
        for (int end = 0; end < 2; end++) {
            uint64_t target = side_counts.messages[1 - end] + 1;

            if (!side_send(pair, end, 0, payload, len)) {
                side_pass(10);
                side_send(pair, end, 0, payload, len);
            }
            pump_until(&side_counts.messages[1 - end], target);
        }
    }
}

static struct result ping_pong(size_t len, uint64_t cnt)
{
    struct side_pair *pair = side_open();
    struct result result;
    struct mark mark;

    round_trips(pair, len, cnt / 10);
    mark = mark_now();
    round_trips(pair, len, cnt);
    result.value = take(&result, &mark) / (double)cnt * 1e9;
    side_close(pair);
    return result;
}

static struct result set_up(uint64_t cnt)
{
    struct result result;
    struct mark mark;

    for (uint64_t i = 0; i < cnt / 10; i++) {
        side_close(side_open());
    }
    mark = mark_now();
    for (uint64_t i = 0; i < cnt; i++) {
        side_close(side_open());
    }
    result.value = take(&result, &mark) / (double)cnt * 1e9;
    return result;
}

/* 1 MiB each way. */
static void exchange(struct side_pair *pair)
{
    for (int end = 0; end < 2; end++) {
        uint64_t target = side_counts.bytes[1 - end] + (1 << 20);

        for (unsigned sent = 0; sent < 64;) {
            sent += (unsigned)side_send(pair, end, 0, payload, 16384);
            if (side_pump() == 0 && sent < 64) {
                side_pass(10);
            }
        }
        pump_until(&side_counts.bytes[1 - end], target);
    }
}

/* Bytes of one end of an association that carried 1 MiB each way and was quiet for 10 s. */
static struct result idle_memory(uint64_t cnt)
{
    struct side_pair **pairs = calloc(cnt, sizeof(struct side_pair *));
    struct side_pair *first = side_open(); /* what is shared by all is not counted */
    struct result result = {0, 0, 0};
    uint64_t before;

    exchange(first);
    side_pass(10000);
    before = count_bytes;
    for (uint64_t i = 0; i < cnt; i++) {
        pairs[i] = side_open();
        exchange(pairs[i]);
    }
    side_pass(10000);
    result.value = (double)(count_bytes - before) / (double)(2 * cnt);
    for (uint64_t i = 0; i < cnt; i++) {
        side_close(pairs[i]);
    }
    side_close(first);
    free(pairs);
    return result;
}

/* Ways to go over the streams. */
enum order { ORDER_ONE, ORDER_ROUND, ORDER_RANDOM };

/* `cnt` messages of 64 B over 65,535 streams, or over one of them. */
static void over_streams(struct side_pair *pair, enum order order, uint64_t cnt)
{
    static uint32_t state = 1;
    uint64_t target = side_counts.messages[1] + cnt;
    uint64_t sent = 0;
    uint16_t stream = 0;

    while (sent < cnt) {
        if (order == ORDER_RANDOM) {
            state = state * 1664525u + 1013904223u;
            stream = (uint16_t)((state >> 16) % 65535);
        } else if (order == ORDER_ROUND) {
            stream = (uint16_t)((stream + 1) % 65535);
        }
        while (!side_send(pair, 0, stream, payload, 64)) {
            if (side_pump() == 0) {
                side_pass(10);
            }
        }
        sent++;
    }
    pump_until(&side_counts.messages[1], target);
}

static struct result streams(enum order order, uint64_t cnt)
{
    struct side_pair *pair = side_open();
    struct result result;
    struct mark mark;

    over_streams(pair, order == ORDER_ONE ? ORDER_ONE : ORDER_ROUND, 65535); /* all in use */
    over_streams(pair, order, cnt / 4);
    mark = mark_now();
    over_streams(pair, order, cnt);
    result.value = take(&result, &mark) / (double)cnt * 1e9;
    side_close(pair);
    return result;
}

/* `cnt` idle pairs; what a tick of 10 ms costs, in ns. With heartbeats: what one and its answer cost,
 * over 32 s: one turn of the default interval. */
static struct result idle_ticks(uint64_t cnt, int heartbeats)
{
    uint64_t ticks = heartbeats ? 3200 : 300;
    struct side_pair **pairs = calloc(cnt, sizeof(struct side_pair *));
    struct result result;
    struct mark mark;

    for (uint64_t i = 0; i < cnt; i++) {
        pairs[i] = side_open();
    }
    side_pass(1000);
    mark = mark_now();
    for (uint64_t i = 0; i < ticks; i++) {
        side_tick();
    }
    result.value = take(&result, &mark) * 1e9;
    result.value /=
        heartbeats ? (double)(result.packets > 1 ? result.packets / 2 : 1) : (double)ticks;
    for (uint64_t i = 0; i < cnt; i++) {
        side_close(pairs[i]);
    }
    free(pairs);
    return result;
}

/* A message of 1 KiB each way over each of `cnt` pairs, one pair after the other, `rounds` times; ns a
 * message. */
static double over_pairs(struct side_pair **pairs, uint64_t cnt, uint64_t rounds)
{
    double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);

    for (uint64_t i = 0; i < rounds; i++) {
        for (uint64_t k = 0; k < cnt; k++) {
            round_trips(pairs[k], 1024, 1);
        }
        side_pass(1); /* time goes by */
    }
    return (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)(2 * rounds * cnt) * 1e9;
}

enum { MANY_TURNS = 7 };

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* 100,000 associations, each with one end of the 50,000 pairs that live in this process, of which 500 pairs are
 * at work. How much more a message costs than with these alone, in percent; ns both ways; the memory of all. */
static struct result many(uint64_t cnt, uint64_t active, double *alone, double *among,
                          double *megabytes)
{
    struct side_pair **pairs = calloc(cnt, sizeof(struct side_pair *));
    double turns[MANY_TURNS];
    struct result result = {0, 0, 0};
    uint64_t before = count_bytes;

    for (int phase = 0; phase < 2; phase++) {
        uint64_t from = phase == 0 ? 0 : active, to = phase == 0 ? active : cnt;

        for (uint64_t i = from; i < to; i++) {
            pairs[i] = side_open();
            round_trips(pairs[i], 1024, 1);
        }
        side_pass(10000);
        over_pairs(pairs, active, 20);
        for (int turn = 0; turn < MANY_TURNS; turn++) {
            turns[turn] = over_pairs(pairs, active, 100);
        }
        qsort(turns, MANY_TURNS, sizeof(turns[0]), by_value);
        *(phase == 0 ? alone : among) = turns[MANY_TURNS / 2];
    }
    *megabytes = (double)(count_bytes - before) / 1e6;
    result.value = (*among / *alone - 1) * 100;
    for (uint64_t i = 0; i < cnt; i++) {
        side_close(pairs[i]);
    }
    free(pairs);
    return result;
}

int main(int argc, char **argv)
{
    struct side_options options = {
        .max_packet = 1200, .checksum = 1, .buffer = 1 << 20, .max_assocs = 1024};
    struct result result;
    double wall;
    double cpu;
    double alone = 0, among = 0, megabytes = 0;

    const char *scale = getenv("BENCH_DIVIDE"); /* for a look with callgrind: so much less work */
    uint64_t divide = scale != NULL && atoi(scale) > 0 ? (uint64_t)atoi(scale) : 1;

    if (argc < 2) {
        fprintf(stderr, "usage: %s WORK [nocrc|poll|own-poll|clock]\n", argv[0]);
        return 2;
    }
    if (argc > 2 && strcmp(argv[2], "nocrc") == 0) {
        options.checksum = 0;
    }
    options.poll = argc > 2 && strcmp(argv[2], "poll") == 0;
    options.own_poll = argc > 2 && strcmp(argv[2], "own-poll") == 0;
    options.clock = argc > 2 && strcmp(argv[2], "clock") == 0;
    options.in_turn = strncmp(argv[1], "turns", 5) == 0;
    options.nagle =
        strncmp(argv[1], "bulk", 4) == 0 || strncmp(argv[1], "streams", 7) == 0 || options.in_turn;
    options.many_streams = strncmp(argv[1], "streams", 7) == 0;
    options.heartbeat = strcmp(argv[1], "heartbeats") == 0;
    options.max_assocs = strcmp(argv[1], "ticks") == 0 || options.heartbeat ? 16384 : 1024;
    options.max_assocs = strcmp(argv[1], "many") == 0 ? 65536 : options.max_assocs;
    memset(payload, 'u', sizeof(payload));
    side_start(&options);
    wall = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (strcmp(argv[1], "bulk-64") == 0) {
        result = bulk(64, 2000000 / divide);
    } else if (strcmp(argv[1], "bulk-1024") == 0) {
        result = bulk(1024, 500000 / divide);
    } else if (strcmp(argv[1], "bulk-16384") == 0) {
        result = bulk(16384, 50000 / divide);
    } else if (strcmp(argv[1], "turns-1024") == 0) {
        result = in_turn(1024, 500000 / divide);
    } else if (strcmp(argv[1], "ping-pong-64") == 0) {
        result = ping_pong(64, 500000 / divide);
    } else if (strcmp(argv[1], "set-up") == 0) {
        result = set_up(20000 / divide);
    } else if (strcmp(argv[1], "streams-one") == 0) {
        result = streams(ORDER_ONE, 400000 / divide);
    } else if (strcmp(argv[1], "streams-round") == 0) {
        result = streams(ORDER_ROUND, 400000 / divide);
    } else if (strcmp(argv[1], "streams-random") == 0) {
        result = streams(ORDER_RANDOM, 400000 / divide);
    } else if (strcmp(argv[1], "ticks") == 0) {
        result = idle_ticks(10000 / divide, 0);
    } else if (strcmp(argv[1], "heartbeats") == 0) {
        result = idle_ticks(10000 / divide, 1);
    } else if (strcmp(argv[1], "crc-1200") == 0) {
        result.value = side_crc(payload, 1200, 2000000 / divide);
        result.packets = result.allocations = 0;
    } else if (strcmp(argv[1], "idle-memory") == 0) {
        result = idle_memory(500 / divide);
    } else if (strcmp(argv[1], "many") == 0) {
        result = many(50000 / divide, 500 / divide, &alone, &among, &megabytes);
    } else {
        fprintf(stderr, "%s: no such work: %s\n", argv[0], argv[1]);
        return 2;
    }
    printf("%s %s %.3f cpu %.3f wall %.3f packets %llu allocations %llu", side_name, argv[1],
           result.value, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, seconds(CLOCK_MONOTONIC) - wall,
           (unsigned long long)result.packets, (unsigned long long)result.allocations);
    if (megabytes > 0) {
        printf(" alone %.1f among %.1f megabytes %.2f", alone, among, megabytes);
    }
    printf("\n");
    return 0;
}
