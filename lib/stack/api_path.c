/* SPDX-License-Identifier: BSD-3-Clause */
/* The public verbs of paths. */
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "stack/params.h"
#include "stack/sized.h"
#include "stack/stack.h"

size_t usctp_assoc_paths(const usctp_assoc *assoc, usctp_path_id *ids, size_t max)
{
    size_t cnt = 0;

    if (assoc == NULL) {
        return 0;
    }
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (cnt < max && ids != NULL) {
            ids[cnt] = path->id;
        }
        cnt++;
    }
    return cnt;
}

/* RFC 7829, 3.2, 12: who does not want to know of this state sees an active path. */
static int state_told(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    return path->state == USCTP_PATH_POTENTIALLY_FAILED &&
                   (usctp__params(assoc)->flags & USCTP_PARAM_EXPOSE_PF) == 0
               ? USCTP_PATH_ACTIVE
               : path->state;
}

static void describe(const struct usctp_assoc *assoc, const struct usctp__path *path,
                     struct usctp_path_info *info)
{
    memset(info, 0, sizeof(*info));
    info->id = path->id;
    info->state = state_told(assoc, path);
    info->primary = path == assoc->paths.primary;
    info->local = path->local;
    info->remote = path->remote;
    info->remote_udp_port = path->udp_port;
    info->lower = path->lower;
    info->max_packet = path->max_packet;
    info->rto_dur = path->rto.rto_dur;
    info->srtt_dur = path->rto.srtt_dur;
    info->rttvar_dur = path->rto.rttvar_dur;
    info->cwnd = path->cc.cwnd;
    info->ssthresh = path->cc.ssthresh;
    info->flight = path->flight;
    info->partial_bytes_acked = path->cc.partial_bytes_acked;
    info->error_cnt = path->error_cnt;
    info->sent_packet_cnt = path->sent_packet_cnt;
    info->sent_byte_cnt = path->sent_byte_cnt;
    info->received_packet_cnt = path->received_packet_cnt;
    info->received_byte_cnt = path->received_byte_cnt;
    info->retransmit_cnt = path->retransmit_cnt;
    info->t3_cnt = path->t3_cnt;
    info->fast_retransmit_cnt = path->fast_retransmit_cnt;
    info->oversize_cnt = path->oversize_cnt;
}

int usctp_path_info(const usctp_assoc *assoc, usctp_path_id id, struct usctp_path_info *info)
{
    const struct usctp__path *path;
    struct usctp_path_info mine;

    if (assoc == NULL || info == NULL) {
        return USCTP_EINVAL;
    }
    path = id == USCTP_PATH_ANY ? assoc->paths.primary : usctp__path_by_id(assoc, id);
    if (path == NULL) {
        return USCTP_ENOENT;
    }
    describe(assoc, path, &mine);
    return usctp__sized_out(info, &mine, sizeof(mine), sizeof(struct usctp_path_info));
}

int usctp_path_set_primary(usctp_assoc *assoc, usctp_path_id id)
{
    struct usctp__core *core;
    struct usctp__path *path;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    path = usctp__path_by_id(assoc, id);
    if (path == NULL) {
        return USCTP_ENOENT;
    }
    if (assoc->ended || path->state == USCTP_PATH_UNCONFIRMED) {
        return USCTP_ESTATE;
    }
    core = assoc->core;
    usctp__core_enter(core);
    usctp__path_set_primary(assoc, path);
    usctp__core_leave(core);
    return USCTP_OK;
}

int usctp_path_heartbeat(usctp_assoc *assoc, usctp_path_id id)
{
    struct usctp__core *core;
    struct usctp__path *path;
    int error;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    path = usctp__path_by_id(assoc, id);
    if (path == NULL) {
        return USCTP_ENOENT;
    }
    core = assoc->core;
    usctp__core_enter(core);
    error = assoc->ended ? USCTP_ESTATE : usctp__path_request_heartbeat(assoc, path);
    usctp__core_leave(core);
    return error;
}

static void read_params(const struct usctp__path *path, struct usctp_path_params *params)
{
    memset(params, 0, sizeof(*params));
    params->size = sizeof(*params);
    params->hb_interval_dur = path->set->hb_interval_dur;
    params->rto_initial_dur = path->set->bounds.initial_dur;
    params->rto_min_dur = path->set->bounds.min_dur;
    params->rto_max_dur = path->set->bounds.max_dur;
    params->path_max_retrans = path->set->max_retrans;
    params->pf_max_retrans = path->set->pf_retrans;
    params->switchover_max_retrans = path->set->switch_retrans;
    params->max_packet = path->set->max_packet;
    params->search_max_packet = path->set->search_max_packet;
    params->probe_interval_dur = path->set->probe_interval_dur;
    params->heartbeat = path->heartbeat_on;
    params->dscp = path->dscp;
    params->remote_udp_port = path->udp_port;
}

int usctp_path_params(const usctp_assoc *assoc, usctp_path_id id, struct usctp_path_params *params)
{
    const struct usctp__path *path;
    struct usctp_path_params mine;

    if (assoc == NULL || params == NULL) {
        return USCTP_EINVAL;
    }
    path = usctp__path_by_id(assoc, id);
    if (path == NULL) {
        return USCTP_ENOENT;
    }
    read_params(path, &mine);
    return usctp__sized_out(params, &mine, sizeof(mine), sizeof(struct usctp_path_params));
}

static void set_rto_bounds(struct usctp__path *path, struct usctp__rto_bounds *bounds,
                           const struct usctp_path_params *params)
{
    struct usctp__rto *rto = &path->rto;

    bounds->initial_dur = params->rto_initial_dur;
    bounds->min_dur = params->rto_min_dur;
    bounds->max_dur = params->rto_max_dur;
    if (rto->srtt_dur == 0 && path->error_cnt == 0) {
        rto->rto_dur = params->rto_initial_dur;
    }
    rto->rto_dur = USCTP__MAX(rto->rto_dur, params->rto_min_dur);
    rto->rto_dur = USCTP__MIN(rto->rto_dur, params->rto_max_dur);
}

static void set_packet_limit(struct usctp_assoc *assoc, struct usctp__path *path,
                             struct usctp__path_settings *set, uint32_t max_packet)
{
    size_t told;

    if (max_packet == set->max_packet) {
        return;
    }
    told = usctp__lowers_max_packet(assoc->core, path->lower, &path->local, &path->remote);
    set->max_packet = max_packet;
    if (told != 0 && told < max_packet) {
        max_packet = (uint32_t)told;
    }
    usctp__path_set_max_packet(assoc, path, max_packet);
}

static int apply_params(struct usctp_assoc *assoc, struct usctp__path *path,
                        const struct usctp_path_params *params)
{
    struct usctp__path_settings *set = usctp__path_own_settings(assoc, path);
    bool search_differs;

    if (set == NULL) {
        return USCTP_ENOMEM;
    }
    set->max_retrans = params->path_max_retrans;
    set->pf_retrans = params->pf_max_retrans;
    set->switch_retrans = params->switchover_max_retrans;
    usctp__path_threshold_changed(assoc, path);
    if (params->remote_udp_port != path->udp_port) {
        usctp__path_set_udp_port(assoc, path, params->remote_udp_port);
    }
    set->hb_interval_dur = params->hb_interval_dur;
    path->heartbeat_on = params->heartbeat != 0;
    set_rto_bounds(path, &set->bounds, params);
    search_differs = set->probe_interval_dur != params->probe_interval_dur ||
                     set->search_max_packet != params->search_max_packet ||
                     set->max_packet != params->max_packet;
    set->probe_interval_dur = params->probe_interval_dur;
    set->search_max_packet = params->search_max_packet;
    set_packet_limit(assoc, path, set, params->max_packet);
    if (search_differs) {
        usctp__path_search_changed(assoc, path);
    }
    if (path->dscp != params->dscp) {
        path->dscp = params->dscp;
        usctp__path_reset(assoc, path); /* RFC 9260, 7.2.5.1 */
    }
    usctp__path_rearm_heartbeat(assoc, path);
    usctp__assoc_touch(assoc);
    return USCTP_OK;
}

int usctp_path_set_params(usctp_assoc *assoc, usctp_path_id id,
                          const struct usctp_path_params *theirs)
{
    struct usctp_path_params params;
    struct usctp__core *core;
    struct usctp__path *path;
    int error;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    path = assoc->ended ? NULL : usctp__path_by_id(assoc, id);
    if (path == NULL) {
        return USCTP_ENOENT;
    }
    read_params(path, &params);
    error = usctp__sized_in(&params, sizeof(params), theirs, sizeof(struct usctp_path_params));
    if (error != USCTP_OK) {
        return error;
    }
    if (!usctp__path_params_valid(&params) ||
        (params.remote_udp_port == 0) != (path->udp_port == 0)) {
        return USCTP_EINVAL;
    }
    core = assoc->core;
    usctp__core_enter(core);
    error = apply_params(assoc, path, &params);
    usctp__core_leave(core);
    return error;
}

int usctp_path_changed(usctp_assoc *assoc, usctp_path_id id)
{
    struct usctp__core *core;
    struct usctp__path *path;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    path = assoc->ended ? NULL : usctp__path_by_id(assoc, id);
    if (path == NULL) {
        return USCTP_ENOENT;
    }
    core = assoc->core;
    usctp__core_enter(core);
    usctp__path_reset(assoc, path);
    usctp__core_leave(core);
    return USCTP_OK;
}

/* --- Addresses that change -------------------------------------------------------------------- */

static int check_change(const struct usctp_address_change *change)
{
    if (change->what < USCTP_ADDRESS_ADD || change->what > USCTP_ADDRESS_PRIMARY ||
        !usctp__addr_is_ip(&change->addr)) {
        return USCTP_EINVAL;
    }
    return usctp__addr_is_unicast(&change->addr) ? USCTP_OK : USCTP_EADDRNOTAVAIL;
}

size_t usctp_assoc_locals(const usctp_assoc *assoc, struct usctp_addr *addrs, size_t max)
{
    const struct usctp__addr_list *list = assoc != NULL ? assoc->locals : NULL;

    if (list == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < list->cnt && i < max && addrs != NULL; i++) {
        addrs[i] = list->addrs[i];
    }
    return list->cnt;
}

int usctp_assoc_change_addresses(usctp_assoc *assoc, const struct usctp_address_change *theirs,
                                 size_t cnt)
{
    struct usctp_address_change changes[USCTP__ASCONF_CHANGE_MAX];
    int error;

    if (assoc == NULL || theirs == NULL || cnt == 0 || cnt > USCTP__ASCONF_CHANGE_MAX) {
        return USCTP_EINVAL;
    }
    for (size_t i = 0; i < cnt; i++) {
        error = check_change(&theirs[i]);
        if (error != USCTP_OK) {
            return error;
        }
        changes[i] = theirs[i];
        usctp__addr_normalize(&changes[i].addr);
    }
    usctp__core_enter(assoc->core);
    error = usctp__asconf_ask(assoc, changes, cnt);
    usctp__core_leave(assoc->core);
    return error;
}
