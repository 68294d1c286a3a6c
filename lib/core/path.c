/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of an association's paths: making, finding, removing them. */
#include "core/path.h"

#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/input.h"
#include "core/pmtud.h"
#include "wire/packet.h"

enum { MIN_PACKET_LEN = 256 /* no packet limit falls below this, whatever is told from below */ };

/* What the lower layer and the caller allow together. */
static uint32_t packet_limit(struct usctp__core *core, const struct usctp__path *path)
{
    size_t told = core->ops->max_packet(core, path->lower, &path->local, &path->remote);
    uint32_t limit = path->set->max_packet;

    if (told != 0 && told < limit) {
        limit = (uint32_t)told;
    }
    limit &= ~UINT32_C(3);
    return limit < MIN_PACKET_LEN ? MIN_PACKET_LEN : limit;
}

void usctp__path_settings_init(struct usctp__path_settings *set, const struct usctp_params *params)
{
    set->bounds.initial_dur = params->rto_initial_dur;
    set->bounds.min_dur = params->rto_min_dur;
    set->bounds.max_dur = params->rto_max_dur;
    set->bounds.alpha_shift = params->rto_alpha_shift;
    set->bounds.beta_shift = params->rto_beta_shift;
    set->hb_interval_dur = params->hb_interval_dur;
    set->max_retrans = params->path_max_retrans;
    set->pf_retrans = params->pf_max_retrans;
    set->switch_retrans = params->switchover_max_retrans;
    set->max_packet = params->max_packet;
    set->search_max_packet = params->search_max_packet;
    set->probe_interval_dur = params->probe_interval_dur;
}

static void drop_own_settings(struct usctp__core *core, struct usctp__path *path)
{
    if (path->owns_set) {
        usctp__mem_free(&core->mem, (void *)(uintptr_t)path->set, sizeof(*path->set));
        path->owns_set = false;
    }
}

struct usctp__path_settings *usctp__path_own_settings(struct usctp_assoc *assoc,
                                                      struct usctp__path *path)
{
    struct usctp__path_settings *own = (struct usctp__path_settings *)(uintptr_t)path->set;

    if (!path->owns_set) {
        own = usctp__mem_alloc(&assoc->core->mem, sizeof(*own));
        if (own != NULL) {
            *own = *path->set;
            path->set = own;
            path->owns_set = true;
        }
    }
    return own;
}

static void take_params(struct usctp__path *path, const struct usctp__params_ref *ref)
{
    path->set = &ref->path;
    path->heartbeat_on = (ref->params.flags & USCTP_PARAM_NO_HEARTBEAT) == 0;
    path->dscp = ref->params.dscp;
}

static void append(struct usctp__paths *paths, struct usctp__path *path)
{
    struct usctp__path **end = &paths->first;

    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = path;
    paths->cnt++;
}

struct usctp__path *usctp__path_add(struct usctp_assoc *assoc, usctp_lower_id lower,
                                    const struct usctp_addr *local, const struct usctp_addr *remote,
                                    uint16_t udp_port, enum usctp_path_state state)
{
    struct usctp__core *core = assoc->core;
    struct usctp__path *path;

    if (assoc->paths.cnt >= USCTP__PATH_MAX) {
        return NULL;
    }
    path = usctp__pool_get(&core->path_pool);
    if (path == NULL) {
        return NULL;
    }
    memset(path, 0, sizeof(*path));
    path->assoc = assoc;
    path->id = assoc->paths.next_id++;
    path->lower = lower;
    path->local = *local;
    path->remote = *remote;
    path->udp_port = udp_port;
    path->state = (uint8_t)state;
    take_params(path, assoc->params);
    path->max_packet = packet_limit(core, path);
    usctp__rto_init(&path->rto, &path->set->bounds);
    usctp__cc_start(path);
    append(&assoc->paths, path);
    core->ops->path_add(core, path);
    path->listed = true;
    if (assoc->paths.primary == NULL) {
        assoc->paths.primary = path;
    }
    usctp__path_choose(assoc);
    if (assoc->was_up) {
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_ADDED);
    }
    return path;
}

/* A lower layer can carry packets to this address. */
static bool carried(uint32_t lower_flags, const struct usctp_addr *addr)
{
    if ((lower_flags & USCTP_LOWER_NO_ADDRESSES) != 0) {
        return addr->family == USCTP_AF_NONE;
    }
    if (addr->family == USCTP_AF_IPV4) {
        return (lower_flags & USCTP_LOWER_IPV4) != 0;
    }
    return addr->family == USCTP_AF_IPV6 && (lower_flags & USCTP_LOWER_IPV6) != 0;
}

/* Packets can go from one to the other: one family, and both or none on the loopback. */
static bool pairable(const struct usctp_addr *local, const struct usctp_addr *remote)
{
    return local->family == remote->family &&
           usctp__addr_is_loopback(local) == usctp__addr_is_loopback(remote);
}

static unsigned uses_of_local(const struct usctp_assoc *assoc, const struct usctp_addr *local)
{
    unsigned cnt = 0;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        cnt += usctp__addr_match(&path->local, local);
    }
    return cnt;
}

static unsigned uses_of_remote(const struct usctp_assoc *assoc, const struct usctp_addr *remote)
{
    unsigned cnt = 0;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        cnt += usctp__addr_match(&path->remote, remote);
    }
    return cnt;
}

/* The local address least in use that fits a remote one; NULL: none fits. */
static const struct usctp_addr *local_for(const struct usctp_assoc *assoc,
                                          const struct usctp_addr *remote)
{
    const struct usctp__addr_list *locals = assoc->locals;
    const struct usctp_addr *best = NULL;
    unsigned best_uses = 0;

    for (uint32_t i = 0; i < locals->cnt; i++) {
        unsigned uses = uses_of_local(assoc, &locals->addrs[i]);

        if (pairable(&locals->addrs[i], remote) && (best == NULL || uses < best_uses)) {
            best = &locals->addrs[i];
            best_uses = uses;
        }
    }
    return best;
}

/* The remote address least in use that fits a local one; NULL: none fits. */
static const struct usctp_peer_addr *remote_for(const struct usctp_assoc *assoc,
                                                const struct usctp_addr *local,
                                                const struct usctp_peer_addr *addrs,
                                                size_t addr_cnt)
{
    const struct usctp_peer_addr *best = NULL;
    unsigned best_uses = 0;

    for (size_t i = 0; i < addr_cnt; i++) {
        unsigned uses = uses_of_remote(assoc, &addrs[i].addr);

        /* No use at all: it was left out on purpose. */
        if (uses > 0 && pairable(local, &addrs[i].addr) && (best == NULL || uses < best_uses)) {
            best = &addrs[i];
            best_uses = uses;
        }
    }
    return best;
}

/* Room for one more, or so many already that what follows is left out. */
static bool table_full(const struct usctp_assoc *assoc)
{
    return assoc->paths.cnt >= USCTP__PATH_MAX;
}

bool usctp__path_could_add(const struct usctp_assoc *assoc, usctp_lower_id lower,
                           const struct usctp_addr *remote)
{
    if (!carried(assoc->core->ops->lower_flags(assoc->core, lower), remote) ||
        usctp__path_has_remote(assoc, remote) || table_full(assoc)) {
        return false;
    }
    if (remote->family == USCTP_AF_NONE) {
        return true;
    }
    return usctp__addr_is_unicast(remote) &&
           (assoc->locals == NULL || local_for(assoc, remote) != NULL);
}

static int add_remote(struct usctp_assoc *assoc, usctp_lower_id lower,
                      const struct usctp_peer_addr *peer, enum usctp_path_state state)
{
    static const struct usctp_addr none;
    const struct usctp_addr *local = &none;

    if (!usctp__path_could_add(assoc, lower, &peer->addr)) {
        return USCTP_OK;
    }
    /* RFC 5062, 2: an address of another peer is not taken away from it by being listed. */
    if (peer->addr.family != USCTP_AF_NONE &&
        assoc->core->ops->find_peer(assoc->core, assoc, &peer->addr) != NULL) {
        return USCTP_OK;
    }
    if (peer->addr.family != USCTP_AF_NONE && assoc->locals != NULL) {
        local = local_for(assoc, &peer->addr);
    }
    return usctp__path_add(assoc, lower, local, &peer->addr, peer->udp_port, state) != NULL
               ? USCTP_OK
               : USCTP_ENOMEM;
}

/* Local addresses that no pair uses yet get one. */
static int add_unused_locals(struct usctp_assoc *assoc, usctp_lower_id lower,
                             const struct usctp_peer_addr *addrs, size_t addr_cnt,
                             enum usctp_path_state state)
{
    for (uint32_t i = 0; assoc->locals != NULL && i < assoc->locals->cnt; i++) {
        const struct usctp_addr *local = &assoc->locals->addrs[i];
        const struct usctp_peer_addr *peer;

        if (uses_of_local(assoc, local) > 0 || table_full(assoc)) {
            continue;
        }
        peer = remote_for(assoc, local, addrs, addr_cnt);
        if (peer != NULL &&
            usctp__path_add(assoc, lower, local, &peer->addr, peer->udp_port, state) == NULL) {
            return USCTP_ENOMEM;
        }
    }
    return USCTP_OK;
}

int usctp__path_add_peers(struct usctp_assoc *assoc, usctp_lower_id lower,
                          const struct usctp_peer_addr *addrs, size_t addr_cnt,
                          enum usctp_path_state state)
{
    for (size_t i = 0; i < addr_cnt; i++) {
        int error = add_remote(assoc, lower, &addrs[i], state);

        if (error != USCTP_OK) {
            return error;
        }
    }
    return add_unused_locals(assoc, lower, addrs, addr_cnt, state);
}

/* True if packets of the path leave from there: it says so, or the system chooses that. */
static bool leaves_from(const struct usctp_assoc *assoc, const struct usctp__path *path,
                        const struct usctp_addr *local)
{
    struct usctp_addr source = path->local;

    return (source.family != USCTP_AF_NONE ||
            assoc->core->ops->source(assoc->core, path->lower, &path->remote, &source)) &&
           usctp__addr_match(&source, local);
}

struct usctp__path *usctp__path_from_local(struct usctp_assoc *assoc,
                                           const struct usctp_addr *local)
{
    const struct usctp__path *towards = NULL;
    struct usctp__path *made;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (leaves_from(assoc, path, local)) {
            return path;
        }
        if (path->remote.family == local->family &&
            (towards == NULL || path == assoc->paths.data)) {
            towards = path;
        }
    }
    if (towards == NULL) {
        return NULL;
    }
    made = usctp__path_add(assoc, towards->lower, local, &towards->remote, towards->udp_port,
                           USCTP_PATH_UNCONFIRMED);
    if (made != NULL) {
        made->unannounced = true;
    }
    return made;
}

bool usctp__path_lists_locals(const struct usctp_assoc *assoc)
{
    return assoc->locals != NULL && assoc->locals->cnt >= 2 &&
           (usctp__params(assoc)->flags & USCTP_PARAM_NO_ADDRESS_LIST) == 0;
}

size_t usctp__path_usable(const struct usctp_assoc *assoc, struct usctp_peer_addr *addrs,
                          size_t cnt)
{
    size_t left = 0;

    if (usctp__path_lists_locals(assoc)) {
        return cnt;
    }
    for (size_t i = 0; i < cnt; i++) {
        if (addrs[i].addr.family == addrs[0].addr.family) {
            addrs[left++] = addrs[i];
        }
    }
    return left;
}

static void unlist(struct usctp__core *core, struct usctp__path *path)
{
    if (path->listed) {
        core->ops->path_remove(core, path);
        path->listed = false;
    }
}

static void free_path(struct usctp__core *core, struct usctp__path *path)
{
    drop_own_settings(core, path);
    usctp__pmtud_stop(path->assoc, path);
    usctp__cc_release(path);
    usctp__rack_stop(path);
    usctp__pool_put(&core->path_pool, path);
}

/* Takes the place of the primary, which goes: the first one that is confirmed, if any is. */
static struct usctp__path *next_primary(const struct usctp_assoc *assoc)
{
    struct usctp__path *best = NULL;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->state != USCTP_PATH_UNCONFIRMED) {
            return path;
        }
        if (best == NULL || best->leaving) {
            best = path;
        }
    }
    return best;
}

/* What the path was in charge of goes to others. */
static void step_back(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (assoc->paths.primary == path) {
        assoc->paths.primary = next_primary(assoc);
    }
    if (assoc->paths.data == path) {
        assoc->paths.data = NULL;
    }
    usctp__path_choose(assoc);
    usctp__tx_path_gone(assoc, path);
    if (assoc->rx.sack_path == path->id) {
        assoc->rx.sack_path = assoc->paths.data->id;
    }
}

void usctp__path_retire(struct usctp_assoc *assoc, struct usctp__path *path)
{
    bool was_primary = assoc->paths.primary == path;

    path->state = USCTP_PATH_UNCONFIRMED;
    path->unannounced = true;
    path->leaving = true;
    path->hb_pending = false;
    path->hb_answerable = false;
    path->rebinding = false;
    step_back(assoc, path);
    usctp__pmtud_stop(assoc, path);
    usctp__rack_stop(path);
    path->armed = 0;
    if (was_primary) {
        usctp__event_path(assoc, assoc->paths.primary, USCTP_PATH_CHANGE_PRIMARY);
    }
    usctp__asconf_path_gone(assoc, path);
    usctp__assoc_touch(assoc);
}

void usctp__path_remove(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__packet_in *in = usctp__packet_at_hand(assoc);
    struct usctp__path **link = &assoc->paths.first;
    bool was_primary = assoc->paths.primary == path;

    USCTP__ASSERT(assoc->paths.cnt > 1);
    while (*link != path) {
        link = &(*link)->next;
    }
    *link = path->next;
    assoc->paths.cnt--;
    unlist(assoc->core, path);
    step_back(assoc, path);
    if (in != NULL && in->path == path) {
        in->path = assoc->paths.data;
    }
    if (assoc->was_up) {
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_REMOVED);
    }
    if (assoc->was_up && was_primary) {
        usctp__event_path(assoc, assoc->paths.primary, USCTP_PATH_CHANGE_PRIMARY);
    }
    if (usctp__asconf_of(assoc) != NULL) {
        usctp__asconf_path_gone(assoc, path);
    }
    free_path(assoc->core, path);
    usctp__assoc_touch(assoc);
}

void usctp__path_unlist_all(struct usctp_assoc *assoc)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        unlist(assoc->core, path);
    }
}

void usctp__path_free_all(struct usctp_assoc *assoc)
{
    struct usctp__path *path = assoc->paths.first;

    while (path != NULL) {
        struct usctp__path *next = path->next;

        unlist(assoc->core, path);
        free_path(assoc->core, path);
        path = next;
    }
    assoc->paths.first = NULL;
    assoc->paths.primary = NULL;
    assoc->paths.data = NULL;
    assoc->paths.cnt = 0;
}

struct usctp__path *usctp__path_search_source(const struct usctp_assoc *assoc,
                                              const struct usctp_dgram *dgram)
{
    struct usctp__path *best = NULL;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (dgram->remote.family == USCTP_AF_NONE) {
            /* Without addresses the connection itself is the address. */
            if (path->lower == dgram->lower) {
                return path;
            }
            continue;
        }
        if (!usctp__addr_match(&path->remote, &dgram->remote)) {
            continue;
        }
        if (usctp__addr_match(&path->local, &dgram->local) && path->lower == dgram->lower) {
            return path;
        }
        if (best == NULL || (best->udp_port != dgram->remote_udp_port &&
                             path->udp_port == dgram->remote_udp_port)) {
            best = path;
        }
    }
    return best;
}

bool usctp__path_has_local(const struct usctp_assoc *assoc, const struct usctp_addr *local)
{
    for (uint32_t i = 0; assoc->locals != NULL && i < assoc->locals->cnt; i++) {
        if (usctp__addr_match(&assoc->locals->addrs[i], local)) {
            return true;
        }
    }
    return false;
}

bool usctp__path_has_remote(const struct usctp_assoc *assoc, const struct usctp_addr *remote)
{
    return uses_of_remote(assoc, remote) > 0;
}

void usctp__path_set_max_packet(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len)
{
    uint32_t most = path->set->max_packet;
    uint32_t limit;

    if (path->set->probe_interval_dur != 0 && path->set->search_max_packet > most) {
        most = path->set->search_max_packet;
    }
    limit = USCTP__MIN(len, most) & ~UINT32_C(3);

    if (limit < MIN_PACKET_LEN) {
        limit = MIN_PACKET_LEN;
    }
    if (limit != path->max_packet) {
        path->max_packet = limit;
        if (path->last_data_ts == 0) {
            usctp__cc_start(path); /* RFC 9260, 7.2.1: the initial window is made of it */
        } else {
            path->cc.ops->on_mtu(&path->cc, limit - USCTP__PACKET_HEADER_LEN);
        }
        usctp__tx_params_changed(assoc);
        usctp__assoc_touch(assoc);
    }
}

void usctp__path_raise_max_packet(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len)
{
    path->max_packet = len;
    path->cc.ops->on_mtu(&path->cc, len - USCTP__PACKET_HEADER_LEN);
    usctp__tx_params_changed(assoc);
    usctp__assoc_touch(assoc);
}

void usctp__path_bound_packet(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint32_t limit = packet_limit(assoc->core, path);

    if (limit < path->max_packet) {
        usctp__path_set_max_packet(assoc, path, limit);
    }
}

void usctp__path_reset(struct usctp_assoc *assoc, struct usctp__path *path)
{
    path->max_packet = packet_limit(assoc->core, path);
    usctp__rto_init(&path->rto, &path->set->bounds);
    usctp__cc_start(path);
    usctp__rack_stop(path);
    path->rtt_pending = false;
    path->error_cnt = 0;
    usctp__pmtud_begin(assoc, path);
    usctp__tx_params_changed(assoc);
    usctp__assoc_touch(assoc);
}

/* Settings of a path's own take over those that are different from before. */
static void update_own(struct usctp__path_settings *own, const struct usctp__path_settings *old,
                       const struct usctp__path_settings *now)
{
    own->bounds =
        memcmp(&old->bounds, &now->bounds, sizeof(now->bounds)) != 0 ? now->bounds : own->bounds;
    if (old->hb_interval_dur != now->hb_interval_dur) {
        own->hb_interval_dur = now->hb_interval_dur;
    }
    if (old->max_retrans != now->max_retrans) {
        own->max_retrans = now->max_retrans;
    }
    if (old->pf_retrans != now->pf_retrans) {
        own->pf_retrans = now->pf_retrans;
    }
    if (old->switch_retrans != now->switch_retrans) {
        own->switch_retrans = now->switch_retrans;
    }
    if (old->max_packet != now->max_packet) {
        own->max_packet = now->max_packet;
    }
    if (old->search_max_packet != now->search_max_packet) {
        own->search_max_packet = now->search_max_packet;
    }
    if (old->probe_interval_dur != now->probe_interval_dur) {
        own->probe_interval_dur = now->probe_interval_dur;
    }
}

void usctp__path_search_changed(struct usctp_assoc *assoc, struct usctp__path *path)
{
    /* What was found without being wanted any more is given up. */
    if (path->set->probe_interval_dur == 0 ||
        path->max_packet > USCTP__MAX(path->set->search_max_packet, path->set->max_packet)) {
        usctp__path_set_max_packet(assoc, path,
                                   USCTP__MIN(path->max_packet, packet_limit(assoc->core, path)));
    }
    usctp__pmtud_begin(assoc, path);
}

static void path_params_changed(struct usctp_assoc *assoc, struct usctp__path *path,
                                const struct usctp__params_ref *old)
{
    const struct usctp__params_ref *now = assoc->params;

    if (path->owns_set) {
        update_own((struct usctp__path_settings *)(uintptr_t)path->set, &old->path, &now->path);
    } else {
        path->set = &now->path;
    }
    usctp__path_threshold_changed(assoc, path);
    if (((old->params.flags ^ now->params.flags) & USCTP_PARAM_NO_HEARTBEAT) != 0) {
        path->heartbeat_on = (now->params.flags & USCTP_PARAM_NO_HEARTBEAT) == 0;
    }
    if (old->path.max_packet != now->path.max_packet) {
        usctp__path_set_max_packet(assoc, path, packet_limit(assoc->core, path));
    }
    if (old->path.max_packet != now->path.max_packet ||
        old->path.search_max_packet != now->path.search_max_packet ||
        old->path.probe_interval_dur != now->path.probe_interval_dur) {
        usctp__path_search_changed(assoc, path);
    }
    if (old->params.dscp != now->params.dscp && path->dscp != now->params.dscp) {
        path->dscp = now->params.dscp;
        usctp__cc_start(path); /* RFC 9260, 7.2.5.1 */
    }
    usctp__cc_params_changed(path);
    if ((now->params.flags & USCTP_PARAM_NO_RACK) != 0) {
        usctp__rack_stop(path);
    }
    usctp__path_rearm_heartbeat(assoc, path);
}

void usctp__path_params_changed(struct usctp_assoc *assoc, const struct usctp__params_ref *old)
{
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        path_params_changed(assoc, path, old);
    }
}
