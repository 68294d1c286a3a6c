/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The network bench: what an association makes of a network, in virtual time, exact and repeatable.
 * A table goes to the terminal, and all rows as JSON to the file named on the command line.
 *
 * usage: bench-network [--only TEXT] [FILE]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim.h"
#include "sim/fail.h"

enum { MAX_PACKET = 1200, DEFAULT_MESSAGE = 16384 };

#define MBIT UINT64_C(1000000)

/* An algorithm for congestion control, as the rows name it. */
struct kind {
    const char *name;
    int preset;  /* enum usctp_preset */
    uint32_t cc; /* enum usctp_cc */
};

static const struct kind kinds[] = {
    {"NewReno", USCTP_PRESET_PLAIN, USCTP_CC_NEWRENO},
    {"CUBIC", USCTP_PRESET_BULK, USCTP_CC_CUBIC},
    {"BBR", USCTP_PRESET_BULK, USCTP_CC_BBR},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static FILE *json;
static const char *only;
static int row_cnt;
static int missed_cnt;

/* --- Rows --- */

static int wanted(const char *name)
{
    return only == NULL || strstr(name, only) != NULL;
}

static void json_begin(const char *name, const char *unit, double ours)
{
    if (json != NULL) {
        fprintf(json, "%s\n  {\"name\": \"%s\", \"unit\": \"%s\", \"ours\": %.4f",
                row_cnt == 0 ? "[" : ",", name, unit, ours);
    }
    row_cnt++;
}

static void json_value(const char *key, double value)
{
    if (json != NULL && value > 0) {
        fprintf(json, ", \"%s\": %.4f", key, value);
    }
}

static void json_end(void)
{
    if (json != NULL) {
        fprintf(json, "}");
    }
}

/* A row with a goal (0: none) and what a peer was measured at (0: not). */
static void row(const char *name, const char *unit, double ours, double goal, double peer,
                int less_is_better)
{
    int met = less_is_better ? ours <= goal : ours >= goal;

    printf("%-66s %9.2f %-5s", name, ours, unit);
    if (goal > 0) {
        printf("  goal %8.2f  %s", goal, met ? "met" : "MISSED");
        missed_cnt += !met;
    }
    if (peer > 0) {
        printf("  (usrsctp %.2f)", peer);
    }
    printf("\n");
    fflush(stdout);
    json_begin(name, unit, ours);
    json_value("goal", goal);
    json_value("peer", peer);
    json_end();
}

/* --- Single flows --- */

static void take_kind(struct usctp_params *params, const struct kind *kind)
{
    if (usctp_params_init(params, kind->preset) != 0) {
        abort();
    }
    params->congestion_control = kind->cc;
}

static void defaults(struct netsim_config *config, const struct kind *kind)
{
    memset(config, 0, sizeof(*config));
    config->flow_cnt = 1;
    config->message_len = DEFAULT_MESSAGE;
    for (size_t i = 0; i < NETSIM_FLOWS; i++) {
        take_kind(&config->params[i], kind);
    }
}

/* User data in DATA, as the peer sends it whose figure stands beside ours: 4 bytes less than I-DATA. */
static void as_the_peer(struct netsim_config *config)
{
    for (size_t i = 0; i < NETSIM_FLOWS; i++) {
        config->params[i].extensions &= ~(uint32_t)USCTP_EXT_INTERLEAVING;
    }
}

/* Bytes of IP that a link carries in a round trip. */
static uint32_t bdp(uint64_t rate, uint64_t rtt_dur)
{
    return (uint32_t)(rate / 8 * (rtt_dur / 1000) / 1000000);
}

/* Payload of one flow over `dur` from the first INIT on, in MB/s. */
static double goodput(const struct netsim_config *config, uint64_t dur)
{
    static struct netsim sim;
    double bytes;

    netsim_start(&sim, config);
    netsim_run(&sim, dur);
    bytes = (double)sim.flows[0].byte_cnt;
    netsim_stop(&sim);
    return bytes / ((double)dur / 1e9) / 1e6;
}

/* What of a link is payload, in MB/s. */
static double possible(uint64_t rate)
{
    return (double)rate / 8e6 * (MAX_PACKET - 12 - 16) / (MAX_PACKET + 28);
}

static void fast_link(void)
{
    static const char name[] = "one association, 2 Gbit/s, 20 ms, default settings, 10 s";
    struct netsim_config config;

    if (!wanted(name)) {
        return;
    }
    defaults(&config, &kinds[0]);
    config.rate = 2000 * MBIT;
    config.rtt_dur = USCTP_MS(20);
    config.queue_len = bdp(config.rate, config.rtt_dur);
    row(name, "MB/s", goodput(&config, USCTP_SEC(10)), 160, 12, 0);
}

/* The link is used up to what the cap of buffers allows in a round trip. */
static void up_to_the_cap(void)
{
    static const uint64_t rates[] = {10, 100, 500, 1000};

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct netsim_config config;
        char name[128];
        double most = possible(rates[i] * MBIT), cap = 4 * 1048576.0 / 0.020 / 1e6;

        snprintf(name, sizeof(name), "%llu Mbit/s, 20 ms, default settings, 10 s",
                 (unsigned long long)rates[i]);
        if (wanted(name)) {
            defaults(&config, &kinds[0]);
            config.rate = rates[i] * MBIT;
            config.rtt_dur = USCTP_MS(20);
            config.queue_len = bdp(config.rate, config.rtt_dur);
            row(name, "MB/s", goodput(&config, USCTP_SEC(10)), 0.9 * (most < cap ? most : cap), 0,
                0);
        }
    }
}

static void slow_link(const struct kind *kind, uint32_t loss_ppm, double goal, double peer)
{
    struct netsim_config config;
    char name[128];

    snprintf(name, sizeof(name), "100 Mbit/s, 20 ms, queue of one BDP, %s, %s, 60 s",
             loss_ppm > 0 ? "1 % random loss" : "no loss", kind->name);
    if (!wanted(name)) {
        return;
    }
    defaults(&config, kind);
    as_the_peer(&config);
    config.rate = 100 * MBIT;
    config.rtt_dur = USCTP_MS(20);
    config.queue_len = bdp(config.rate, config.rtt_dur);
    config.loss_ppm = loss_ppm;
    row(name, "MB/s", goodput(&config, USCTP_SEC(60)), goal, peer, 0);
}

/* The last packet of a message is lost: how long until the message is delivered. */
static double tail_loss(uint32_t len, uint32_t flags, int foreign)
{
    static struct netsim sim;
    struct netsim_config config;
    uint64_t start_ts = USCTP_SEC(1);
    double ms;

    defaults(&config, &kinds[0]);
    config.rtt_dur = USCTP_MS(20);
    config.message_len = 0;
    for (size_t i = 0; i < NETSIM_FLOWS; i++) {
        config.params[i].flags |= flags;
    }
    netsim_start(&sim, &config);
    netsim_run(&sim, USCTP_MS(500));
    netsim_send(&sim.flows[0], 1000); /* so that there is a round trip */
    netsim_run(&sim, start_ts);
    sim.flows[0].from.drop_last = 1;
    sim.flows[0].to.ignores_i_bit = foreign;
    netsim_send(&sim.flows[0], len);
    netsim_run(&sim, USCTP_SEC(20));
    SIM_EXPECT(!sim.flows[0].from.drop_last);
    ms = sim.flows[0].message_cnt == 2 ? (double)(sim.flows[0].delivered_ts - start_ts) / 1e6 : 1e6;
    netsim_stop(&sim);
    return ms;
}

static void tail_losses(void)
{
    static const uint32_t lens[] = {100, 1000, 4000, 16000, 60000};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        char name[128];

        snprintf(name, sizeof(name),
                 "last packet of a message of %u B lost, 20 ms: delivered after",
                 (unsigned)lens[i]);
        if (wanted(name)) {
            /* What takes several round trips by itself is told, without a goal. */
            row(name, "ms", tail_loss(lens[i], 0, 0), lens[i] <= 4000 ? 60 : 0,
                lens[i] == 1000 ? 1000 : 0, 1);
        }
        snprintf(name, sizeof(name),
                 "the same, %u B, to a peer that heeds no I bit: delivered after",
                 (unsigned)lens[i]);
        if (wanted("last packet")) {
            row(name, "ms", tail_loss(lens[i], 0, 1), 0, 0, 1);
        }
    }
    if (wanted("last packet, without RFC 8985")) {
        row("last packet, without RFC 8985: delivered after", "ms",
            tail_loss(1000, USCTP_PARAM_NO_RACK, 0), 0, 0, 1);
    }
}

enum { LOSSY_RUNS = 31 };

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* Messages one after the other, each sent when the one before has arrived, over a link that loses packets
 * both ways: seconds for all of them. `run` draws the losses. */
static double one_by_one(uint32_t flags, uint32_t ppm, uint32_t len, unsigned cnt, unsigned run)
{
    static struct netsim sim;
    struct netsim_config config;
    struct netsim_flow *flow = &sim.flows[0];
    uint64_t start_ts = USCTP_MS(500), now_ts = start_ts;

    defaults(&config, &kinds[0]);
    config.rate = 100 * MBIT;
    config.rtt_dur = USCTP_MS(20);
    config.queue_len = bdp(config.rate, config.rtt_dur);
    config.message_len = 0;
    for (size_t i = 0; i < NETSIM_FLOWS; i++) {
        config.params[i].flags |= flags;
    }
    netsim_start(&sim, &config);
    netsim_run(&sim, now_ts);
    sim_rng_init(&sim.link.rng, 2 * run + 1);
    sim_rng_init(&flow->back.rng, 2 * run + 2);
    sim.link.config.loss.kind = SIM_LOSS_RANDOM;
    sim.link.config.loss.ppm = ppm;
    flow->back.config.loss = sim.link.config.loss;
    for (unsigned i = 0; i < cnt; i++) {
        netsim_send(flow, len);
        while (flow->message_cnt <= i && now_ts < USCTP_SEC(1000)) {
            now_ts += USCTP_MS(1);
            netsim_run(&sim, now_ts);
        }
    }
    netsim_stop(&sim);
    return (double)(now_ts - start_ts) / 1e9;
}

static void lossy_row(const char *what, const char *how, uint32_t flags, uint32_t ppm, uint32_t len,
                      unsigned cnt)
{
    double secs[LOSSY_RUNS];
    char name[128];

    for (unsigned run = 0; run < LOSSY_RUNS; run++) {
        secs[run] = one_by_one(flags, ppm, len, cnt, run);
    }
    qsort(secs, LOSSY_RUNS, sizeof(secs[0]), by_value);
    snprintf(name, sizeof(name), "%s, %u %% lost each way, %s: median", what, (unsigned)ppm / 10000,
             how);
    row(name, "s", secs[LOSSY_RUNS / 2], 0, 0, 1);
    snprintf(name, sizeof(name), "%s, %u %% lost each way, %s: worst", what, (unsigned)ppm / 10000,
             how);
    row(name, "s", secs[LOSSY_RUNS - 1], 0, 0, 1);
}

/* What loss recovery by time is worth. */
static void recovery(void)
{
    static const struct {
        const char *name;
        uint32_t flags;
    } hows[] = {
        {"without RFC 8985", USCTP_PARAM_NO_RACK},
        {"default", 0},
        {"SACKs always asked for", USCTP_PARAM_SACK_IMMEDIATELY},
    };

    if (!wanted("recovery")) {
        return;
    }
    for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
        lossy_row("4 x 60,000 B", hows[i].name, hows[i].flags, 100000, 60000, 4);
        lossy_row("100 x 100 B", hows[i].name, hows[i].flags, 100000, 100, 100);
        lossy_row("16 x 60,000 B", hows[i].name, hows[i].flags, 20000, 60000, 16);
    }
}

/* --- Two flows --- */

/* Shares of a bottleneck of 40 Mbit/s: of the first flow in what both got, and of both together in
 * what was possible; from the 10th second to the 60th. */
static void share(const struct kind *first, const struct kind *second, uint64_t rtt_dur,
                  uint32_t queue_len, double *of_first, double *of_link)
{
    static struct netsim sim;
    struct netsim_config config;
    uint64_t before[2];
    double bytes[2];

    defaults(&config, first);
    take_kind(&config.params[1], second);
    config.rate = 40 * MBIT;
    config.rtt_dur = rtt_dur;
    config.queue_len = queue_len;
    config.flow_cnt = 2;
    config.second_dur = USCTP_SEC(1);
    netsim_start(&sim, &config);
    netsim_run(&sim, USCTP_SEC(10));
    before[0] = sim.flows[0].byte_cnt;
    before[1] = sim.flows[1].byte_cnt;
    netsim_run(&sim, USCTP_SEC(60));
    bytes[0] = (double)(sim.flows[0].byte_cnt - before[0]);
    bytes[1] = (double)(sim.flows[1].byte_cnt - before[1]);
    netsim_stop(&sim);
    *of_first = 100 * bytes[0] / (bytes[0] + bytes[1]);
    *of_link = 100 * (bytes[0] + bytes[1]) / 50e6 / possible(config.rate);
}

static const unsigned share_rtts[] = {10, 50, 100};
static const unsigned share_depths[] = {50, 100, 400}; /* percent of a BDP */

static void share_rows(const struct kind *first, const struct kind *second)
{
    printf("%-9s, %-9s", first->name, second->name);
    for (size_t i = 0; i < 9; i++) {
        unsigned rtt = share_rtts[i / 3], depth = share_depths[i % 3];
        double of_first, of_link;
        char name[128];

        share(first, second, USCTP_MS(rtt), bdp(40 * MBIT, USCTP_MS(rtt)) / 100 * depth, &of_first,
              &of_link);
        printf("   %3.0f %% (%3.0f %%)", of_first, of_link);
        fflush(stdout);
        snprintf(name, sizeof(name), "share of %s beside %s, 40 Mbit/s, %u ms, queue of %.1f BDP",
                 first->name, second->name, rtt, depth / 100.0);
        json_begin(name, "%", of_first);
        json_value("of_link", of_link);
        json_end();
    }
    printf("\n");
}

static void fairness(void)
{
    if (!wanted("fairness")) {
        return;
    }
    printf("\nfairness: share of the first of two flows over 40 Mbit/s (and of the link that both "
           "use)\n%-20s",
           "");
    for (size_t i = 0; i < 9; i++) {
        printf("  %3u ms %3.1f BDP", share_rtts[i / 3], share_depths[i % 3] / 100.0);
    }
    printf("\n");
    for (size_t i = 0; i < KINDS; i++) {
        for (size_t j = i; j < KINDS; j++) {
            share_rows(&kinds[i], &kinds[j]);
        }
    }
}

static void single(void)
{
    /* Of the possible 11.93 MB/s; with losses: what is asked of each algorithm. */
    static const double lossy_goals[] = {0.75, 0.75, 8};
    double most = possible(100 * MBIT);

    fast_link();
    up_to_the_cap();
    for (size_t i = 0; i < KINDS; i++) {
        slow_link(&kinds[i], 0, 0.97 * most, 10.5);
    }
    for (size_t i = 0; i < KINDS; i++) {
        slow_link(&kinds[i], 10000, lossy_goals[i], 0.75);
    }
    tail_losses();
    recovery();
}

int main(int argc, char **argv)
{
    int i = 1;

    if (i + 1 < argc && strcmp(argv[i], "--only") == 0) {
        only = argv[i + 1];
        i += 2;
    }
    if (i < argc) {
        json = fopen(argv[i], "w");
        if (json == NULL) {
            perror(argv[i]);
            return 1;
        }
    }
    single();
    fairness();
    if (json != NULL) {
        fprintf(json, "\n]\n");
        fclose(json);
        printf("all of it: %s\n", argv[i]);
    }
    printf("%d of the goals missed\n", missed_cnt);
    return missed_cnt > 0;
}
