/* SPDX-License-Identifier: BSD-3-Clause */
/* Extensions: what is in force, and what came of it. */
#include "sim/extensions.h"

#include "sim/fail.h"

enum { AGREED_CNT = SIM_EXT_ECN + 1, PATHS_MAX = 16 };

static void get_params(const usctp_assoc *assoc, struct usctp_params *params)
{
    params->size = sizeof(*params);
    usctp_assoc_params(assoc, params);
}

static int searches(const struct usctp_params *params, int probes)
{
    return probes && params->probe_interval_dur > 0 &&
           params->search_max_packet > params->max_packet;
}

void sim_extensions_up(struct sim_extension_counts *counts, const usctp_assoc *assoc, int probes)
{
    uint32_t agreed = usctp_assoc_extensions(assoc);
    struct usctp_params params;

    get_params(assoc, &params);
    for (int i = 0; i < AGREED_CNT; i++) {
        counts->force_cnt[i] += agreed >> i & 1;
    }
    counts->force_cnt[SIM_EXT_POTENTIALLY_FAILED] +=
        params.pf_max_retrans < params.path_max_retrans;
    counts->force_cnt[SIM_EXT_PATH_MTU] += (uint64_t)searches(&params, probes);
}

/* Paths that carry more than they began with. */
static uint64_t found_cnt(const usctp_assoc *assoc, uint32_t max_packet)
{
    usctp_path_id ids[PATHS_MAX];
    size_t cnt = usctp_assoc_paths(assoc, ids, PATHS_MAX);
    uint64_t found = 0;

    for (size_t i = 0; i < cnt && i < PATHS_MAX; i++) {
        struct usctp_path_info info = USCTP_PATH_INFO_INIT;

        found += usctp_path_info(assoc, ids[i], &info) == 0 && info.max_packet > max_packet;
    }
    return found;
}

void sim_extensions_end(struct sim_extension_counts *counts, const usctp_assoc *assoc, int probes)
{
    struct usctp_assoc_stats stats = USCTP_ASSOC_STATS_INIT;
    struct usctp_params params;
    uint64_t unsent_cnt = 0, sent_cnt = 0;

    get_params(assoc, &params);
    SIM_EXPECT(usctp_assoc_stats(assoc, &stats) == 0);
    if (usctp_assoc_abandoned(assoc, USCTP_PR_NONE, &unsent_cnt, &sent_cnt) == 0) {
        counts->used_cnt[SIM_EXT_PARTIAL_RELIABILITY] += unsent_cnt + sent_cnt;
    }
    counts->used_cnt[SIM_EXT_ECN] += stats.ecn_reductions;
    counts->used_cnt[SIM_EXT_POTENTIALLY_FAILED] += stats.potential_failures;
    if (searches(&params, probes)) {
        counts->used_cnt[SIM_EXT_PATH_MTU] += found_cnt(assoc, params.max_packet);
    }
}

void sim_extensions_add(struct sim_extension_counts *counts,
                        const struct sim_extension_counts *more)
{
    for (int i = 0; i < SIM_EXT_CNT; i++) {
        counts->force_cnt[i] += more->force_cnt[i];
        counts->used_cnt[i] += more->used_cnt[i];
    }
}

const char *sim_extension_name(int extension)
{
    static const char *const names[SIM_EXT_CNT] = {
        "partial reliability", "interleaving", "reconfiguration",    "authentication", "addresses",
        "no checksum",         "ECN",          "potentially failed", "path MTU search"};

    return names[extension];
}
