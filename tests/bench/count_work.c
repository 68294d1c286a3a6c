/* SPDX-License-Identifier: BSD-3-Clause */
/* The work whose instructions tests/bench/instructions counts: `count-work WORK [off|offered|one|many]`:
 * with extensions that nobody offers, or that one end offers in vain; after another stream was used as often as there
 * are many, or many once each. What is counted is what happens inside of measured_work. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "side.h"

enum { ROUND_CNT = 400, WARM_CNT = 200, LOOP_CNT = 20000, MANY_CNT = 60000 };

static uint8_t payload[16384];
static struct side_pair *pair;
volatile uint32_t reference_result; /* so that the loop is not left out */

/* What all is compared with: loads, stores, arithmetic and branches as protocol code has them. */
static void reference(void)
{
    static uint32_t table[256];
    uint32_t state = 1, sum = 0;

    for (unsigned i = 0; i < LOOP_CNT; i++) {
        state = state * 1664525u + 1013904223u;
        uint32_t *slot = &table[(state >> 24) & 255];

        if ((*slot & 1) != 0) {
            sum += *slot >> 1;
        } else {
            sum ^= state;
        }
        *slot += sum + payload[i % sizeof(payload)];
    }
    reference_result = sum;
}

static void send_all(uint64_t cnt, size_t len)
{
    uint64_t target = side_counts.messages[1] + cnt;

    while (cnt > 0) {
        while (cnt > 0 && side_send(pair, 0, 0, payload, len)) {
            cnt--;
        }
        side_pump();
    }
    while (side_counts.messages[1] < target) {
        if (side_pump() == 0) {
            side_pass(10);
        }
    }
}

static void ping(uint64_t cnt)
{
    for (; cnt > 0; cnt--) {
        side_send(pair, 0, 0, payload, 64);
        side_pump();
        side_send(pair, 1, 0, payload, 64);
        side_pump();
    }
}

/* As many messages as there are streams to be used, on these or on one; stream 0 is not among them. */
static void use_streams(int many)
{
    uint64_t target = side_counts.messages[1] + MANY_CNT;

    for (unsigned i = 1; i <= MANY_CNT; i++) {
        while (!side_send(pair, 0, many ? (uint16_t)i : 1, payload, 64)) {
            side_pump();
        }
    }
    while (side_counts.messages[1] < target) {
        if (side_pump() == 0) {
            side_pass(10);
        }
    }
}

static void do_work(const char *work, uint64_t cnt)
{
    if (strcmp(work, "ping-pong-64") == 0) {
        ping(cnt);
    } else if (strcmp(work, "bulk-64") == 0) {
        send_all(cnt, 64);
    } else if (strcmp(work, "bulk-1024") == 0) {
        send_all(cnt, 1024);
    } else if (strcmp(work, "bulk-16384") == 0) {
        send_all(cnt / 4, 16384);
    } else {
        fprintf(stderr, "no such work: %s\n", work);
        exit(2);
    }
}

void measured_work(const char *work);

/* Counting starts and ends with this function. */
__attribute__((noinline)) void measured_work(const char *work)
{
    if (strcmp(work, "reference") == 0) {
        reference();
    } else {
        do_work(work, ROUND_CNT);
    }
}

/* Why counts of this build mean nothing; NULL: they do. */
static const char *build_fault(void)
{
#if defined(__clang__) || !defined(__GNUC__)
    return "the figures are those of gcc";
#elif !defined(__OPTIMIZE__) || !defined(__x86_64__)
    return "the figures are those of an optimised build for x86-64";
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return "a sanitizer is at work";
#else
    return NULL;
#endif
}

int main(int argc, char **argv)
{
    struct side_options options = {
        .max_packet = 1200, .checksum = 1, .buffer = 1 << 20, .max_assocs = 16, .portable = 1};

    if (argc < 2) {
        return 2;
    }
    if (strcmp(argv[1], "fault") == 0) {
        const char *fault = build_fault();

        printf("%s\n", fault != NULL ? fault : "");
        return 0;
    }
    if (argc > 2 && (strcmp(argv[2], "one") == 0 || strcmp(argv[2], "many") == 0)) {
        options.many_streams = 1;
    } else if (argc > 2) {
        options.extensions =
            strcmp(argv[2], "off") == 0 ? SIDE_EXTENSIONS_OFF : SIDE_EXTENSIONS_OFFERED;
    }
    options.nagle = strncmp(argv[1], "bulk", 4) == 0;
    memset(payload, 'u', sizeof(payload));
    side_start(&options);
    pair = side_open();
    if (options.many_streams) {
        use_streams(strcmp(argv[2], "many") == 0);
    }
    if (strcmp(argv[1], "reference") != 0) {
        do_work(argv[1], WARM_CNT);
    }
    measured_work(argv[1]);
    side_close(pair);
    side_stop();
    return 0;
}
