/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-perf: how spans are distributed. */
#include "perf.h"

/* The bucket of a span: its highest bit, and the six bits behind it. */
static size_t bucket_of(uint64_t dur)
{
    unsigned power = 0;

    while (dur >> power >= 2 * HIST_STEPS) {
        power++;
    }
    size_t i = (size_t)power * HIST_STEPS + (size_t)(dur >> power);
    size_t last = (size_t)HIST_POWERS * HIST_STEPS - 1;
    return i < last ? i : last;
}

/* The largest span in a bucket. */
static uint64_t top_of(size_t i)
{
    size_t power = i < 2 * (size_t)HIST_STEPS ? 0 : i / HIST_STEPS - 1;
    uint64_t step = i - power * HIST_STEPS;

    return ((step + 1) << power) - 1;
}

void perf_hist_add(struct perf_hist *hist, uint64_t dur)
{
    if (hist->cnt == 0 || dur < hist->min_dur) {
        hist->min_dur = dur;
    }
    if (dur > hist->max_dur) {
        hist->max_dur = dur;
    }
    hist->cnt++;
    hist->sum_dur += dur;
    hist->buckets[bucket_of(dur)]++;
}

uint64_t perf_hist_at(const struct perf_hist *hist, unsigned thousandths)
{
    uint64_t wanted = hist->cnt / 1000 * thousandths + hist->cnt % 1000 * thousandths / 1000;
    uint64_t seen = 0;

    for (size_t i = 0; i < (size_t)HIST_POWERS * HIST_STEPS; i++) {
        seen += hist->buckets[i];
        if (seen > 0 && seen >= wanted) {
            return top_of(i) < hist->max_dur ? top_of(i) : hist->max_dur;
        }
    }
    return 0;
}
