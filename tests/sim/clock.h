/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtual time. A clock holds timers; running it jumps from one to the next. Timers of one moment
 * run in the order in which they were set.
 */
#ifndef USCTP_SIM_CLOCK_H
#define USCTP_SIM_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct sim_timer;
typedef void (*sim_timer_fn)(void *ctx, struct sim_timer *timer);

/* A timer is part of what it belongs to. Zero all of it, then set fn and ctx. */
struct sim_timer {
    sim_timer_fn fn; /* called when it is due, with the timer no longer set */
    void *ctx;       /* handed to fn */
    uint64_t ts;     /* when it is due */
    uint64_t order;  /* among those of one moment */
    size_t slot;     /* place in the heap, from 1; 0: not set */
};

struct sim_clock {
    uint64_t now_ts;           /* the time now, nanoseconds */
    struct sim_timer **timers; /* binary heap */
    size_t timer_cnt;          /* timers in it */
    size_t timer_cap;          /* room */
    uint64_t order;            /* of the timer set last */
    uint64_t run_cnt;          /* timers that have run */
};

/* A clock that shows now_ts and has no timers. */
void sim_clock_init(struct sim_clock *clock, uint64_t now_ts);

/* Frees its memory; timers that are still set are forgotten. */
void sim_clock_free(struct sim_clock *clock);

/* Sets a timer, or moves it; a time gone by means now. */
void sim_clock_set(struct sim_clock *clock, struct sim_timer *timer, uint64_t ts);

/* Takes a timer off, if it is set. */
void sim_clock_cancel(struct sim_clock *clock, struct sim_timer *timer);

/* Runs the next timer, if it is due at end_ts at the latest. Returns 0 if there is none; the time
 * then stays where it is. */
int sim_clock_step(struct sim_clock *clock, uint64_t end_ts);

/* Runs all that is due up to end_ts, then shows end_ts. */
void sim_clock_run(struct sim_clock *clock, uint64_t end_ts);

#endif
