/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters of associations and paths: defaults and ranges. */
#include "stack/params.h"

#include <string.h>

#include "base/time.h"
#include "core/ext.h"
#include "core/slab.h"
#include "core/tune.h"
#include "stack/sized.h"

#define DUR_MAX (24 * 3600 * USCTP__SEC) /* no time of the protocol is longer than a day */

enum {
    MIN_PACKET_LEN = 512,  /* smallest max_packet */
    MIN_SEGMENT_LEN = 32,  /* smallest max_segment that is not "as fits" */
    MIN_WINDOW_LEN = 1500, /* RFC 9260, 6 */
    MAX_SHIFT = 10,        /* of the RTO's weights */
    MAX_CNT = 65535,       /* of retransmissions and bursts */
    MAX_DSCP = 63,
    MAX_UPDATE_SHIFT = 16,
    PARAM_FLAGS = USCTP_PARAM_NAGLE | USCTP_PARAM_NO_HEARTBEAT | USCTP_PARAM_NO_ADDRESS_TYPES |
                  USCTP_PARAM_NO_ADDRESS_LIST | USCTP_PARAM_SACK_IMMEDIATELY |
                  USCTP_PARAM_RETRY_PORT | USCTP_PARAM_DRY_EVENTS | USCTP_PARAM_PACING |
                  USCTP_PARAM_NO_RACK | USCTP_PARAM_EXPOSE_PF | USCTP_PARAM_NO_WILDCARDS |
                  USCTP_PARAM_ADAPTATION | USCTP_PARAM_PREFER_FIRST | USCTP_PARAM_ADD_ADDRESSES |
                  USCTP_PARAM_FOLLOW_HOST,
    RECONF_ALLOW =
        USCTP_RECONF_ALLOW_RESETS | USCTP_RECONF_ALLOW_ASSOC_RESET | USCTP_RECONF_ALLOW_ADDS
};

/* RFC 9260, section 16, and what belongs beside it. */
static const struct usctp_params plain = {
    .size = sizeof(struct usctp_params),
    .rto_initial_dur = 1 * USCTP__SEC,
    .rto_min_dur = 1 * USCTP__SEC,
    .rto_max_dur = 60 * USCTP__SEC,
    .init_rto_max_dur = 60 * USCTP__SEC,
    .cookie_life_dur = 60 * USCTP__SEC,
    .hb_interval_dur = 30 * USCTP__SEC,
    .sack_delay_dur = 200 * USCTP__MS,
    .rto_alpha_shift = 3,
    .rto_beta_shift = 2,
    .assoc_max_retrans = 10,
    .path_max_retrans = 5,
    .max_init_retrans = 8,
    .hb_max_burst = 1,
    .max_burst = 4,
    .sack_every = 2,
    .max_packet = 1200,
    .receive_window = USCTP__TUNE_DEFAULT,
    .send_buffer = USCTP__TUNE_DEFAULT,
    .max_message = 16 * 1024 * 1024,
    .flags = USCTP_PARAM_RETRY_PORT,
    .window_update_shift = 2,
    .out_streams = 10,
    .max_in_streams = 65535,
    .extensions = USCTP__EXT_DEFAULT,
    .pf_max_retrans = USCTP_RETRANS_OFF,
    .switchover_max_retrans = USCTP_RETRANS_OFF,
    .probe_interval_dur = 16 * USCTP__SEC, /* RFC 8899, 5.1.1 */
    .search_max_packet = 1480,
};

static void bulk(struct usctp_params *params)
{
    params->congestion_control = USCTP_CC_CUBIC;
    params->flags |= USCTP_PARAM_PACING;
    params->rto_min_dur = 200 * USCTP__MS;
    params->receive_window = 4 * USCTP__TUNE_DEFAULT;
    params->receive_window_max = 4 * USCTP__TUNE_CAP;
    params->send_buffer = 4 * USCTP__TUNE_DEFAULT;
    params->send_buffer_max = 4 * USCTP__TUNE_CAP;
}

static void low_latency(struct usctp_params *params)
{
    params->congestion_control = USCTP_CC_CUBIC;
    params->flags |= USCTP_PARAM_PACING | USCTP_PARAM_SACK_IMMEDIATELY;
    params->rto_initial_dur = 500 * USCTP__MS;
    params->rto_min_dur = 100 * USCTP__MS;
    params->sack_delay_dur = 20 * USCTP__MS;
    params->send_buffer = 64 * 1024;
}

static void webrtc(struct usctp_params *params)
{
    params->congestion_control = USCTP_CC_CUBIC;
    params->flags |= USCTP_PARAM_PACING | USCTP_PARAM_NO_ADDRESS_LIST;
    params->rto_initial_dur = 500 * USCTP__MS;
    params->rto_min_dur = 200 * USCTP__MS;
    params->rto_max_dur = 10 * USCTP__SEC;
    params->init_rto_max_dur = 10 * USCTP__SEC;
    params->sack_delay_dur = 50 * USCTP__MS;
    params->search_max_packet = 1420; /* 1,500 less as much */
    params->max_packet = 1188;        /* 1,280 less IPv6, UDP and DTLS with room for its tag */
    params->out_streams = 65535;
    params->reconf_allow = USCTP_RECONF_ALLOW_RESETS | USCTP_RECONF_ALLOW_ADDS;
}

static void telecom(struct usctp_params *params)
{
    params->flags |= USCTP_PARAM_SACK_IMMEDIATELY;
    params->rto_initial_dur = 200 * USCTP__MS;
    params->rto_min_dur = 100 * USCTP__MS;
    params->rto_max_dur = 1 * USCTP__SEC;
    params->init_rto_max_dur = 1 * USCTP__SEC;
    params->sack_delay_dur = 20 * USCTP__MS; /* well below the peer's RTO.Min */
    params->hb_interval_dur = 5 * USCTP__SEC;
    params->path_max_retrans = 3;
    params->pf_max_retrans = 0; /* RFC 7829, 6 */
    params->assoc_max_retrans = 8;
}

/* False: there is no such preset. */
static bool take_preset(struct usctp_params *params, enum usctp_preset preset)
{
    switch (preset) {
    case USCTP_PRESET_PLAIN:
        return true;
    case USCTP_PRESET_NAT:
        params->hb_interval_dur = 15 * USCTP__SEC; /* mappings of NATs time out */
        return true;
    case USCTP_PRESET_BULK:
        bulk(params);
        return true;
    case USCTP_PRESET_LOW_LATENCY:
        low_latency(params);
        return true;
    case USCTP_PRESET_WEBRTC:
        webrtc(params);
        return true;
    case USCTP_PRESET_TELECOM:
        telecom(params);
        return true;
    }
    return false;
}

int usctp_params_init_sized(struct usctp_params *params, size_t size, enum usctp_preset preset)
{
    struct usctp_params mine = plain;

    if (params == NULL || !take_preset(&mine, preset)) {
        return USCTP_EINVAL;
    }
    if (size < sizeof(mine)) {
        return USCTP_ESIZE;
    }
    /* A program newer than the library: what only it knows stays at its default. */
    memset(params, 0, size);
    memcpy(params, &mine, sizeof(mine));
    params->size = size;
    return USCTP_OK;
}

static bool dur_in(uint64_t dur, uint64_t least, uint64_t most)
{
    return dur >= least && dur <= most;
}

static bool cnt_in(uint32_t cnt, uint32_t least, uint32_t most)
{
    return cnt >= least && cnt <= most;
}

static bool rto_valid(uint64_t initial_dur, uint64_t min_dur, uint64_t max_dur)
{
    return dur_in(min_dur, USCTP__US, DUR_MAX) && dur_in(max_dur, min_dur, DUR_MAX) &&
           dur_in(initial_dur, min_dur, max_dur);
}

static bool packet_valid(uint32_t max_packet)
{
    return cnt_in(max_packet, MIN_PACKET_LEN, USCTP__PACKET_MAX) && max_packet % 4 == 0;
}

/* RFC 7829, 5: the primary is not given up before data has left it. */
static bool thresholds_valid(uint32_t max, uint32_t pf, uint32_t switchover)
{
    return max <= MAX_CNT && pf <= MAX_CNT && switchover <= MAX_CNT &&
           switchover >= (pf == USCTP_RETRANS_OFF ? max : pf);
}

/* RFC 8899, 5.1.1: never less than a second. */
static bool search_valid(uint64_t interval_dur, uint32_t max_packet)
{
    return (interval_dur == 0 || dur_in(interval_dur, USCTP__SEC, DUR_MAX)) &&
           packet_valid(max_packet);
}

static bool times_valid(const struct usctp_params *params)
{
    return rto_valid(params->rto_initial_dur, params->rto_min_dur, params->rto_max_dur) &&
           dur_in(params->init_rto_max_dur, params->rto_initial_dur, DUR_MAX) &&
           dur_in(params->cookie_life_dur, USCTP__MS, DUR_MAX) &&
           params->hb_interval_dur <= DUR_MAX &&
           params->sack_delay_dur <= 500 * USCTP__MS /* RFC 9260, 6.2 */ &&
           params->shutdown_guard_dur <= DUR_MAX;
}

static bool counts_valid(const struct usctp_params *params)
{
    return cnt_in(params->rto_alpha_shift, 1, MAX_SHIFT) &&
           cnt_in(params->rto_beta_shift, 1, MAX_SHIFT) && params->assoc_max_retrans <= MAX_CNT &&
           thresholds_valid(params->path_max_retrans, params->pf_max_retrans,
                            params->switchover_max_retrans) &&
           params->max_init_retrans <= MAX_CNT && cnt_in(params->hb_max_burst, 1, MAX_CNT) &&
           params->max_burst <= MAX_CNT && cnt_in(params->sack_every, 1, MAX_CNT) &&
           params->out_streams > 0 && params->max_in_streams > 0;
}

static bool sizes_valid(const struct usctp_params *params)
{
    if (params->max_segment != 0 && !cnt_in(params->max_segment, MIN_SEGMENT_LEN, MAX_CNT)) {
        return false;
    }
    if (params->receive_memory != 0 && params->receive_memory / 2 < params->receive_window) {
        return false;
    }
    return packet_valid(params->max_packet) &&
           search_valid(params->probe_interval_dur, params->search_max_packet) &&
           cnt_in(params->receive_window, MIN_WINDOW_LEN, INT32_MAX) &&
           cnt_in(params->send_buffer, 1, INT32_MAX) && params->receive_window_max <= INT32_MAX &&
           params->send_buffer_max <= INT32_MAX && cnt_in(params->max_message, 1, INT32_MAX);
}

static bool zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

bool usctp__params_valid(const struct usctp_params *params)
{
    return times_valid(params) && counts_valid(params) && sizes_valid(params) &&
           (params->flags & ~(uint32_t)(PARAM_FLAGS | USCTP_PARAM_NO_PRESERVATIVE)) == 0 &&
           (params->extensions & ~(uint32_t)USCTP__EXT_ALL) == 0 &&
           (params->reconf_allow & ~(uint32_t)RECONF_ALLOW) == 0 &&
           /* RFC 5061, 4.1.1: only in an authenticated way */
           ((params->extensions & USCTP__EXT_ASCONF) == 0 ||
            (params->extensions & USCTP__EXT_AUTH) != 0) &&
           params->congestion_control <= USCTP_CC_BBR &&
           params->scheduler <= USCTP_SCHED_WEIGHTED && params->dscp <= MAX_DSCP &&
           cnt_in(params->window_update_shift, 1, MAX_UPDATE_SHIFT) &&
           params->listed_addrs <= USCTP_LISTED_ALL && params->reserved == 0;
}

bool usctp__path_params_valid(const struct usctp_path_params *params)
{
    return rto_valid(params->rto_initial_dur, params->rto_min_dur, params->rto_max_dur) &&
           params->hb_interval_dur <= DUR_MAX &&
           thresholds_valid(params->path_max_retrans, params->pf_max_retrans,
                            params->switchover_max_retrans) &&
           search_valid(params->probe_interval_dur, params->search_max_packet) &&
           params->reserved3 == 0 && packet_valid(params->max_packet) && params->dscp <= MAX_DSCP &&
           zero(params->reserved, sizeof(params->reserved)) &&
           zero((const uint8_t *)params->reserved2, sizeof(params->reserved2));
}

int usctp__params_take(struct usctp_params *out, const struct usctp_params *theirs,
                       const struct usctp_params *defaults)
{
    struct usctp_params params = *defaults;
    int error = usctp__sized_in(&params, sizeof(params), theirs, sizeof(struct usctp_params));

    if (error != USCTP_OK) {
        return error;
    }
    if (!usctp__params_valid(&params)) {
        return USCTP_EINVAL;
    }
    *out = params;
    return USCTP_OK;
}
