/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-perf: progress and summary. */
#include "perf.h"

#include <stdio.h>
#include <sys/resource.h>

#include "common/numbers.h"
#include "common/report.h"

static const char *const mode_names[] = {"bulk", "ping", "setup"};
const char *const perf_cc_names[PERF_CC_CNT] = {"newreno", "cubic", "bbr"};

/* CPU time of this process, in nanoseconds. */
static uint64_t cpu_dur(void)
{
    struct rusage use;

    if (getrusage(RUSAGE_SELF, &use) != 0) {
        return 0;
    }
    return USCTP_SEC((uint64_t)use.ru_utime.tv_sec + (uint64_t)use.ru_stime.tv_sec) +
           USCTP_US((uint64_t)use.ru_utime.tv_usec + (uint64_t)use.ru_stime.tv_usec);
}

static uint64_t span(const struct perf *perf)
{
    return perf->begin_ts != 0 && perf->end_ts > perf->begin_ts ? perf->end_ts - perf->begin_ts : 0;
}

static double per_second(uint64_t cnt, uint64_t dur)
{
    return dur > 0 ? (double)cnt * 1e9 / (double)dur : 0;
}

static void on_second(void *user)
{
    struct perf *perf = user;
    uint64_t now_ts = usctp_clock_system(NULL), dur = now_ts - perf->shown_ts;
    uint64_t cnt = perf->mode == PERF_SETUP ? perf->totals.setup_cnt : perf->totals.message_cnt;
    char rate[NUMBER_TEXT_MAX];

    if (perf->begin_ts != 0) {
        report_progress("%4.0f s  %s  %.0f %s/s  %llu associations",
                        (double)(now_ts - perf->begin_ts) / 1e9,
                        number_rate(rate, perf->totals.byte_cnt - perf->shown_bytes, dur),
                        per_second(cnt - perf->shown_cnt, dur),
                        perf->mode == PERF_SETUP ? "set-ups" : "messages",
                        (unsigned long long)perf->living_cnt);
    }
    perf->shown_ts = now_ts;
    perf->shown_cnt = cnt;
    perf->shown_bytes = perf->totals.byte_cnt;
    usctp_loop_at(perf->node.loop, now_ts + USCTP_SEC(1), on_second, perf);
}

void perf_progress_start(struct perf *perf)
{
    perf->shown_ts = usctp_clock_system(NULL);
    usctp_loop_at(perf->node.loop, perf->shown_ts + USCTP_SEC(1), on_second, perf);
}

static void print_latency(const struct perf_hist *hist, const char *what)
{
    char least[NUMBER_TEXT_MAX], mean[NUMBER_TEXT_MAX], half[NUMBER_TEXT_MAX],
        high[NUMBER_TEXT_MAX], most[NUMBER_TEXT_MAX];

    if (hist->cnt > 0) {
        printf("%-14s min %s, mean %s, median %s, 99 %% %s, max %s\n", what,
               number_dur(least, hist->min_dur), number_dur(mean, hist->sum_dur / hist->cnt),
               number_dur(half, perf_hist_at(hist, 500)), number_dur(high, perf_hist_at(hist, 990)),
               number_dur(most, hist->max_dur));
    }
}

static void print_text(const struct perf *perf, bool server)
{
    const struct perf_totals *totals = &perf->totals;
    uint64_t dur = span(perf);
    char time[NUMBER_TEXT_MAX], bytes[NUMBER_TEXT_MAX], rate[NUMBER_TEXT_MAX], cpu[NUMBER_TEXT_MAX];

    printf("%-14s %s\n", "time", number_dur(time, dur));
    if (server || perf->mode == PERF_SETUP) {
        printf("%-14s %llu (%.0f/s), %llu failed\n", "associations",
               (unsigned long long)totals->setup_cnt, per_second(totals->setup_cnt, dur),
               (unsigned long long)totals->failed_cnt);
    }
    if (server || perf->mode != PERF_SETUP) {
        printf("%-14s %llu (%.0f/s)\n", "messages", (unsigned long long)totals->message_cnt,
               per_second(totals->message_cnt, dur));
        printf("%-14s %s (%s)\n", "payload", number_bytes(bytes, totals->byte_cnt),
               number_rate(rate, totals->byte_cnt, dur));
    }
    print_latency(&totals->hist, perf->mode == PERF_SETUP ? "set-up time" : "round trip");
    printf("%-14s %llu sent, %llu received, %llu chunks retransmitted\n", "packets",
           (unsigned long long)totals->sent_packet_cnt,
           (unsigned long long)totals->received_packet_cnt,
           (unsigned long long)totals->retransmit_cnt);
    printf("%-14s %s of this side\n", "CPU time", number_dur(cpu, cpu_dur()));
}

static void print_json(const struct perf *perf, bool server)
{
    const struct perf_totals *totals = &perf->totals;
    const struct perf_hist *hist = &totals->hist;
    uint64_t dur = span(perf), cnt = hist->cnt > 0 ? hist->cnt : 1;

    printf("{\"program\": \"usctp-perf\", \"version\": \"%s\", \"side\": \"%s\", ", usctp_version(),
           server ? "server" : "client");
    if (!server) {
        printf("\"mode\": \"%s\", \"size\": %llu, \"parallel\": %llu, ", mode_names[perf->mode],
               (unsigned long long)perf->size, (unsigned long long)perf->parallel);
    }
    printf("\"congestion_control\": \"%s\", ", perf_cc_names[perf->net.params.congestion_control]);
    printf("\"seconds\": %.6f, \"associations\": %llu, \"failed\": %llu, \"messages\": %llu, "
           "\"bytes\": %llu, \"bytes_per_second\": %.0f, \"messages_per_second\": %.1f, "
           "\"associations_per_second\": %.1f, ",
           (double)dur / 1e9, (unsigned long long)totals->setup_cnt,
           (unsigned long long)totals->failed_cnt, (unsigned long long)totals->message_cnt,
           (unsigned long long)totals->byte_cnt, per_second(totals->byte_cnt, dur),
           per_second(totals->message_cnt, dur), per_second(totals->setup_cnt, dur));
    printf("\"latency_us\": {\"count\": %llu, \"min\": %.1f, \"mean\": %.1f, \"p50\": %.1f, "
           "\"p99\": %.1f, \"max\": %.1f}, ",
           (unsigned long long)hist->cnt, (double)hist->min_dur / 1e3,
           (double)(hist->sum_dur / cnt) / 1e3, (double)perf_hist_at(hist, 500) / 1e3,
           (double)perf_hist_at(hist, 990) / 1e3, (double)hist->max_dur / 1e3);
    printf("\"sent_packets\": %llu, \"received_packets\": %llu, \"retransmitted_chunks\": %llu, "
           "\"cpu_seconds\": %.6f}\n",
           (unsigned long long)totals->sent_packet_cnt,
           (unsigned long long)totals->received_packet_cnt,
           (unsigned long long)totals->retransmit_cnt, (double)cpu_dur() / 1e9);
}

void perf_summary(const struct perf *perf, bool server)
{
    report_progress_end();
    if (perf->json) {
        print_json(perf, server);
    } else {
        print_text(perf, server);
    }
}

void perf_add_stats(struct perf *perf, const usctp_assoc *assoc)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;

    if (usctp_assoc_stats(assoc, &stats) == 0) {
        perf->totals.sent_packet_cnt += stats.sent_packets;
        perf->totals.received_packet_cnt += stats.received_packets;
        perf->totals.retransmit_cnt += stats.retransmitted_chunks;
    }
}

static void add_living(void *ctx, usctp_assoc *assoc)
{
    perf_add_stats(ctx, assoc);
}

void perf_add_all_stats(struct perf *perf)
{
    usctp_stack_each_assoc(perf->node.stack, add_living, perf);
}
