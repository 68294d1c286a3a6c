/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtual time: a binary heap of timers that know their place in it. */
#include "sim/clock.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"

static int before(const struct sim_timer *a, const struct sim_timer *b)
{
    return a->ts != b->ts ? a->ts < b->ts : a->order < b->order;
}

static void put(struct sim_clock *clock, struct sim_timer *timer, size_t at)
{
    clock->timers[at] = timer;
    timer->slot = at + 1;
}

static void sift_up(struct sim_clock *clock, struct sim_timer *timer, size_t at)
{
    while (at > 0 && before(timer, clock->timers[(at - 1) / 2])) {
        put(clock, clock->timers[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    put(clock, timer, at);
}

static void sift_down(struct sim_clock *clock, struct sim_timer *timer, size_t at)
{
    size_t child;

    while ((child = 2 * at + 1) < clock->timer_cnt) {
        if (child + 1 < clock->timer_cnt &&
            before(clock->timers[child + 1], clock->timers[child])) {
            child++;
        }
        if (!before(clock->timers[child], timer)) {
            break;
        }
        put(clock, clock->timers[child], at);
        at = child;
    }
    put(clock, timer, at);
}

void sim_clock_init(struct sim_clock *clock, uint64_t now_ts)
{
    memset(clock, 0, sizeof(*clock));
    clock->now_ts = now_ts;
}

void sim_clock_free(struct sim_clock *clock)
{
    free(clock->timers);
    clock->timers = NULL;
    clock->timer_cnt = 0;
    clock->timer_cap = 0;
}

void sim_clock_cancel(struct sim_clock *clock, struct sim_timer *timer)
{
    size_t at = timer->slot - 1;
    struct sim_timer *last;

    if (timer->slot == 0) {
        return;
    }
    timer->slot = 0;
    last = clock->timers[--clock->timer_cnt];
    if (last == timer) {
        return;
    }
    if (at > 0 && before(last, clock->timers[(at - 1) / 2])) {
        sift_up(clock, last, at);
    } else {
        sift_down(clock, last, at);
    }
}

void sim_clock_set(struct sim_clock *clock, struct sim_timer *timer, uint64_t ts)
{
    sim_clock_cancel(clock, timer);
    if (clock->timer_cnt == clock->timer_cap) {
        clock->timer_cap = clock->timer_cap == 0 ? 64 : clock->timer_cap * 2;
        clock->timers = sim_realloc(clock->timers, clock->timer_cap * sizeof(struct sim_timer *));
    }
    timer->ts = ts < clock->now_ts ? clock->now_ts : ts;
    timer->order = ++clock->order;
    sift_up(clock, timer, clock->timer_cnt++);
}

int sim_clock_step(struct sim_clock *clock, uint64_t end_ts)
{
    struct sim_timer *timer;

    if (clock->timer_cnt == 0 || clock->timers[0]->ts > end_ts) {
        return 0;
    }
    timer = clock->timers[0];
    sim_clock_cancel(clock, timer);
    clock->now_ts = timer->ts;
    clock->run_cnt++;
    timer->fn(timer->ctx, timer);
    return 1;
}

void sim_clock_run(struct sim_clock *clock, uint64_t end_ts)
{
    while (sim_clock_step(clock, end_ts)) {
    }
    if (end_ts > clock->now_ts) {
        clock->now_ts = end_ts;
    }
}
