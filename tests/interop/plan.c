/* SPDX-License-Identifier: BSD-3-Clause */
/* Options, messages and books of the C peers; see plan.h. */
#include "plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_LEN 4096u

static int split(const char *text, const char **to, size_t *cnt)
{
    static char store[512];
    static size_t used;
    size_t len = strlen(text) + 1;

    if (len > sizeof(store) - used) {
        return -1;
    }
    char *piece = memcpy(store + used, text, len);
    used += len;
    for (piece = strtok(piece, ","); piece != NULL; piece = strtok(NULL, ",")) {
        if (*cnt == PLAN_ADDRS_MAX) {
            return -1;
        }
        to[(*cnt)++] = piece;
    }
    return 0;
}

static int number(const char *text, uint64_t max, uint64_t *value)
{
    char *end = NULL;
    unsigned long long n = strtoull(text, &end, 10);

    *value = n;
    return *text == '\0' || *end != '\0' || n > max ? -1 : 0;
}

static int word(const char *text, const char *const *words, int cnt)
{
    for (int i = 0; i < cnt; i++) {
        if (strcmp(text, words[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static int sizes(struct plan *plan, const char *text)
{
    char copy[256];

    if (strlen(text) >= sizeof(copy)) {
        return -1;
    }
    memcpy(copy, text, strlen(text) + 1);
    for (char *piece = strtok(copy, ","); piece != NULL; piece = strtok(NULL, ",")) {
        uint64_t n;
        if (plan->size_cnt == PLAN_SIZES_MAX || number(piece, 1u << 26, &n) != 0 || n == 0) {
            return -1;
        }
        plan->sizes[plan->size_cnt++] = (uint32_t)n;
    }
    return 0;
}

static const char *const orders[] = {"ordered", "unordered", "mixed"};
static const char *const ends[] = {"wait", "shutdown", "abort", "vanish"};

/* Options that stand alone: 1 if this was one. */
static int parse_flag(struct plan *plan, const char *name)
{
    int *flag = strcmp(name, "--listen") == 0             ? &plan->listen
                : strcmp(name, "--echo") == 0             ? &plan->echo
                : strcmp(name, "--discard") == 0          ? &plan->discard
                : strcmp(name, "--interleave") == 0       ? &plan->interleave
                : strcmp(name, "--give-up") == 0          ? &plan->give_up
                : strcmp(name, "--keep-ordered") == 0     ? &plan->keep_ordered
                : strcmp(name, "--add-out") == 0          ? &plan->add_out
                : strcmp(name, "--add-in") == 0           ? &plan->add_in
                : strcmp(name, "--ecn") == 0              ? &plan->ecn
                : strcmp(name, "--stuck") == 0            ? &plan->stuck
                : strcmp(name, "--unfinished") == 0       ? &plan->unfinished
                : strcmp(name, "--resets-both") == 0      ? &plan->resets_both
                : strcmp(name, "--no-address-types") == 0 ? &plan->no_address_types
                                                          : NULL;
    if (flag != NULL) {
        *flag = 1;
    }
    return flag != NULL;
}

static int parse_number(struct plan *plan, const char *name, const char *value)
{
    static const struct {
        const char *name;
        size_t offset;
        int is16;
    } numbers[] = {{"--local-udp", offsetof(struct plan, local_udp), 1},
                   {"--remote-udp", offsetof(struct plan, remote_udp), 1},
                   {"--port", offsetof(struct plan, port), 1},
                   {"--remote-port", offsetof(struct plan, remote_port), 1},
                   {"--streams", offsetof(struct plan, streams), 1},
                   {"--start-streams", offsetof(struct plan, start_streams), 1},
                   {"--renumber-at", offsetof(struct plan, renumber_at), 0},
                   {"--send", offsetof(struct plan, send_cnt), 0},
                   {"--expect", offsetof(struct plan, expect_cnt), 0},
                   {"--vanish-after", offsetof(struct plan, vanish_after), 0},
                   {"--restarts", offsetof(struct plan, restarts), 0},
                   {"--rto-min", offsetof(struct plan, rto_min_ms), 0},
                   {"--reset-every", offsetof(struct plan, reset_every), 0},
                   {"--paths", offsetof(struct plan, paths), 0},
                   {"--deadline", offsetof(struct plan, deadline_s), 0}};
    uint64_t n;

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(name, numbers[i].name) != 0) {
            continue;
        }
        if (number(value, numbers[i].is16 ? 65535 : 1u << 24, &n) != 0) {
            return -1;
        }
        uint16_t n16 = (uint16_t)n;
        uint32_t n32 = (uint32_t)n;
        memcpy((char *)plan + numbers[i].offset,
               numbers[i].is16 ? (const void *)&n16 : (const void *)&n32,
               numbers[i].is16 ? sizeof(n16) : sizeof(n32));
        return 0;
    }
    return -1;
}

static int parse_value(struct plan *plan, const char *name, const char *value)
{
    int n;

    if (strcmp(name, "--local") == 0) {
        return split(value, plan->local, &plan->local_cnt);
    }
    if (strcmp(name, "--remote") == 0) {
        return split(value, plan->remote, &plan->remote_cnt);
    }
    if (strcmp(name, "--sizes") == 0) {
        return sizes(plan, value);
    }
    if (strcmp(name, "--auth") == 0) {
        plan->auth = value;
        return 0;
    }
    if (strcmp(name, "--capture") == 0) {
        plan->capture = value;
        return 0;
    }
    if (strcmp(name, "--order") == 0) {
        n = word(value, orders, 3);
        plan->order = (enum plan_order)n;
        return n < 0 ? -1 : 0;
    }
    if (strcmp(name, "--end") == 0 || strcmp(name, "--peer-end") == 0) {
        n = word(value, ends, 4);
        *(strcmp(name, "--end") == 0 ? &plan->end : &plan->peer_end) = (enum plan_end)n;
        return n < 0 ? -1 : 0;
    }
    return parse_number(plan, name, value);
}

int plan_parse(struct plan *plan, const char *name, int argc, char **argv)
{
    memset(plan, 0, sizeof(*plan));
    plan->name = name;
    plan->port = plan->remote_port = 5001;
    plan->streams = 1;
    plan->deadline_s = 60;
    plan->peer_end = PLAN_END_SHUTDOWN;
    for (int i = 1; i < argc; i++) {
        if (parse_flag(plan, argv[i])) {
            continue;
        }
        if (i + 1 == argc || parse_value(plan, argv[i], argv[i + 1]) != 0) {
            fprintf(stderr, "%s: bad option: %s %s\n", name, argv[i],
                    i + 1 < argc ? argv[i + 1] : "");
            return -1;
        }
        i++;
    }
    if (plan->size_cnt == 0) {
        plan->sizes[plan->size_cnt++] = 1000;
    }
    if (plan->local_cnt == 0) {
        plan->local[plan->local_cnt++] = "127.0.0.1";
    }
    if (plan->streams == 0 || (!plan->listen && plan->remote_cnt == 0)) {
        fprintf(stderr, "%s: --streams above 0, and --listen or --remote\n", name);
        return -1;
    }
    return 0;
}

uint32_t plan_len(const struct plan *plan, uint32_t i)
{
    return plan->sizes[i % plan->size_cnt];
}

uint16_t plan_stream(const struct plan *plan, uint32_t i)
{
    return (uint16_t)(i % plan->streams);
}

int plan_unordered(const struct plan *plan, uint32_t i)
{
    return plan->order == PLAN_UNORDERED || (plan->order == PLAN_MIXED && i % 3 == 1);
}

int plan_gives_up(const struct plan *plan, uint32_t i)
{
    return plan->give_up && (!plan->keep_ordered || plan_unordered(plan, i));
}

/* Eight bytes of message i. */
static uint64_t bits(uint32_t i, uint32_t word_at)
{
    uint64_t x = ((uint64_t)i << 32 | word_at) + UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void plan_fill(uint32_t i, uint32_t offset, uint8_t *buf, size_t len)
{
    uint64_t x = bits(i, offset / 8);

    for (size_t n = 0; n < len; n++) {
        uint32_t at = offset + (uint32_t)n;
        if (at % 8 == 0) {
            x = bits(i, at / 8);
        }
        buf[n] = (uint8_t)(x >> (8 * (at % 8)));
    }
}

int work_init(struct work *work, const struct plan *plan)
{
    memset(work, 0, sizeof(*work));
    work->plan = plan;
    work->out_streams = plan->start_streams != 0 ? plan->start_streams : plan->streams;
    work->seen = calloc((size_t)plan->expect_cnt + 1, 1);
    work->echoes = calloc((size_t)plan->expect_cnt + 1, sizeof(*work->echoes));
    work->last = calloc(plan->streams, sizeof(*work->last));
    work->parts = calloc((size_t)plan->streams * 2, sizeof(*work->parts));
    work->scratch = malloc(SCRATCH_LEN);
    if (work->seen == NULL || work->echoes == NULL || work->last == NULL || work->parts == NULL ||
        work->scratch == NULL) {
        work_free(work);
        return -1;
    }
    return 0;
}

void work_free(struct work *work)
{
    free(work->seen);
    free(work->echoes);
    free(work->last);
    free(work->parts);
    free(work->scratch);
    work->seen = NULL;
    work->echoes = NULL;
    work->last = NULL;
    work->parts = NULL;
    work->scratch = NULL;
}

void work_restart(struct work *work)
{
    const struct plan *plan = work->plan;

    work->restart_cnt++;
    work->next_out = work->echo_head = work->echo_tail = 0;
    work->in_cnt = work->out_cnt = 0;
    work->in_bytes = work->out_bytes = 0;
    memset(work->seen, 0, plan->expect_cnt);
    memset(work->last, 0, plan->streams * sizeof(*work->last));
    memset(work->parts, 0, plan->streams * 2 * sizeof(*work->parts));
}

int work_renumbers(const struct work *work)
{
    return work->plan->renumber_at != 0 && work->out_cnt == work->plan->renumber_at &&
           !work->renumbered;
}

/* The next message, whether or not it can be sent now. */
static int64_t next_of(const struct work *work)
{
    if (work->plan->echo) {
        return work->echo_head < work->echo_tail ? (int64_t)work->echoes[work->echo_head] : -1;
    }
    return work->next_out < work->plan->send_cnt ? (int64_t)work->next_out : -1;
}

int64_t work_next(const struct work *work)
{
    int64_t next = next_of(work);

    if (next >= 0 &&
        (plan_stream(work->plan, (uint32_t)next) >= work->out_streams || work_renumbers(work))) {
        return -1;
    }
    return next;
}

void work_sent(struct work *work)
{
    work->out_bytes += plan_len(work->plan, (uint32_t)work_next(work));
    work->out_cnt++;
    if (work->plan->echo) {
        work->echo_head++;
    } else {
        work->next_out++;
    }
}

void work_fail(struct work *work, const char *format, ...)
{
    va_list args;

    if (!work->failed) {
        va_start(args, format);
        vsnprintf(work->why, sizeof(work->why), format, args);
        va_end(args);
    }
    work->failed = 1;
}

/* A message is whole. */
static void take_whole(struct work *work, uint32_t i, int unordered)
{
    uint32_t *last = &work->last[plan_stream(work->plan, i)];

    if (work->seen[i]) {
        work_fail(work, "message %u came twice", (unsigned)i);
        return;
    }
    work->seen[i] = 1;
    work->in_cnt++;
    if (!unordered && i + 1 <= *last) {
        work_fail(work, "message %u came after %u of its stream", (unsigned)i,
                  (unsigned)(*last - 1));
    }
    if (!unordered) {
        *last = i + 1;
    }
    if (work->plan->echo) {
        work->echoes[work->echo_tail++] = i;
    }
}

static void check_bytes(struct work *work, uint32_t i, uint32_t offset, const uint8_t *data,
                        size_t len)
{
    for (size_t at = 0; at < len; at += SCRATCH_LEN) {
        size_t n = len - at < SCRATCH_LEN ? len - at : SCRATCH_LEN;
        plan_fill(i, offset + (uint32_t)at, work->scratch, n);
        if (memcmp(work->scratch, data + at, n) != 0) {
            work_fail(work, "message %u has wrong bytes", (unsigned)i);
            return;
        }
    }
}

void work_take(struct work *work, uint16_t stream, int unordered, uint32_t ppid, const void *data,
               size_t len, int last)
{
    const struct plan *plan = work->plan;
    uint32_t i = ppid - PLAN_PPID;

    if (plan->discard) {
        work->in_bytes += len;
        work->in_cnt += last != 0;
        return;
    }
    if (i >= plan->expect_cnt || stream != plan_stream(plan, i)) {
        work_fail(work, "a message that was not expected: stream %u, identifier %u",
                  (unsigned)stream, (unsigned)ppid);
        return;
    }
    int want_unordered = plan_unordered(plan, i);
    struct work_part *part = &work->parts[stream * 2 + want_unordered];
    if (part->ppid != 0 && part->ppid != ppid) {
        work_fail(work, "message %u begins within %u", (unsigned)i,
                  (unsigned)(part->ppid - PLAN_PPID));
    }
    if (unordered >= 0 && unordered != want_unordered) {
        work_fail(work, "message %u has the wrong order", (unsigned)i);
    }
    check_bytes(work, i, part->len, data, len);
    part->ppid = ppid;
    part->len += (uint32_t)len;
    work->in_bytes += len;
    if (last) {
        if (part->len != plan_len(plan, i)) {
            work_fail(work, "message %u has %u bytes instead of %u", (unsigned)i,
                      (unsigned)part->len, (unsigned)plan_len(plan, i));
        }
        part->ppid = part->len = 0;
        take_whole(work, i, want_unordered);
    }
}

/* All has come that is not given up. */
static int all_came(const struct work *work)
{
    const struct plan *plan = work->plan;

    for (uint32_t i = 0; plan->keep_ordered && i < plan->expect_cnt; i++) {
        if (!plan_gives_up(plan, i) && !work->seen[i]) {
            return 0;
        }
    }
    return plan->keep_ordered || work->in_cnt >= plan->expect_cnt;
}

int work_complete(const struct work *work)
{
    return next_of(work) < 0 && all_came(work) && work->restart_cnt >= work->plan->restarts;
}

int work_vanishes(const struct work *work)
{
    return work->plan->end == PLAN_END_VANISH && work->in_cnt >= work->plan->vanish_after;
}

void work_ended(struct work *work, enum plan_end how, int by_peer)
{
    const struct plan *plan = work->plan;
    enum plan_end want = plan->end == PLAN_END_WAIT ? plan->peer_end : plan->end;

    if (how != want || (how == PLAN_END_ABORT && by_peer != (plan->end == PLAN_END_WAIT))) {
        work_fail(work, "ended by %s%s, not by %s%s", ends[how],
                  how == PLAN_END_ABORT && by_peer ? " of the peer" : "", ends[want],
                  want == PLAN_END_ABORT && plan->end == PLAN_END_WAIT ? " of the peer" : "");
    }
    if (!plan->unfinished && !work_complete(work)) {
        work_fail(work, "ended with %u of %u messages received, %u sent, %u of %u restarts",
                  (unsigned)work->in_cnt, (unsigned)plan->expect_cnt, (unsigned)work->out_cnt,
                  (unsigned)work->restart_cnt, (unsigned)plan->restarts);
    }
}

int work_summary(const struct work *work, const char *more)
{
    printf("%s: %s%s%s; sent %u messages (%llu bytes), received %u (%llu bytes), %u restarts%s%s\n",
           work->plan->name, work->failed ? "FAILED" : "ok", work->failed ? ": " : "", work->why,
           (unsigned)work->out_cnt, (unsigned long long)work->out_bytes, (unsigned)work->in_cnt,
           (unsigned long long)work->in_bytes, (unsigned)work->restart_cnt,
           *more != '\0' ? ", " : "", more);
    fflush(stdout);
    return work->failed;
}
