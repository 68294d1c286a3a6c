/* SPDX-License-Identifier: BSD-3-Clause */
/* The local addresses of one association while they change. */
#include "core/asconf_locals.h"

#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "core/assoc.h"

enum { LOCALS_MAX = 64 /* addresses that reconfiguration leads to */ };

/* --- The list --------------------------------------------------------------------------------- */

/* The list was shared with the endpoint: the association gets its own. */
static void replace(struct usctp_assoc *assoc, const struct usctp_addr *addrs, size_t cnt)
{
    struct usctp__addr_list *list = usctp__addrs_new(assoc->core, addrs, cnt);

    if (list != NULL) {
        usctp__addrs_unref(assoc->core, assoc->locals);
        assoc->locals = list;
    }
}

void usctp__locals_add(struct usctp_assoc *assoc, const struct usctp_addr *addr)
{
    struct usctp_addr addrs[LOCALS_MAX];
    const struct usctp__addr_list *list = assoc->locals;

    if (list == NULL || list->cnt >= LOCALS_MAX || usctp__path_has_local(assoc, addr)) {
        return;
    }
    memcpy(addrs, list->addrs, list->cnt * sizeof(addrs[0]));
    addrs[list->cnt] = *addr;
    replace(assoc, addrs, list->cnt + 1);
}

/* Takes out `addr`, or all others. */
static void filter(struct usctp_assoc *assoc, const struct usctp_addr *addr, bool keep_only)
{
    struct usctp_addr addrs[LOCALS_MAX];
    const struct usctp__addr_list *list = assoc->locals;
    size_t cnt = 0;

    for (uint32_t i = 0; list != NULL && i < list->cnt && cnt < LOCALS_MAX; i++) {
        if (usctp__addr_match(&list->addrs[i], addr) == keep_only) {
            addrs[cnt++] = list->addrs[i];
        }
    }
    if (cnt > 0) {
        replace(assoc, addrs, cnt);
    }
}

/* --- Paths ------------------------------------------------------------------------------------ */

static bool has_pair(const struct usctp_assoc *assoc, const struct usctp_addr *local,
                     const struct usctp_addr *remote)
{
    for (const struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (usctp__addr_match(&path->local, local) && usctp__addr_match(&path->remote, remote)) {
            return true;
        }
    }
    return false;
}

/* Another address of ours that the path can leave from; NULL: none. */
static const struct usctp_addr *other_local(const struct usctp_assoc *assoc,
                                            const struct usctp__path *path)
{
    const struct usctp__addr_list *list = assoc->locals;

    for (uint32_t i = 0; list != NULL && i < list->cnt; i++) {
        if (list->addrs[i].family == path->remote.family &&
            !has_pair(assoc, &list->addrs[i], &path->remote)) {
            return &list->addrs[i];
        }
    }
    return NULL;
}

/* Another pair with the same address of the peer, which was not confirmed yet, where this one was; NULL: none. */
static struct usctp__path *untried_pair(const struct usctp_assoc *assoc,
                                        const struct usctp__path *path)
{
    for (struct usctp__path *other = assoc->paths.first; other != NULL; other = other->next) {
        if (other != path && path->state != USCTP_PATH_UNCONFIRMED &&
            other->state == USCTP_PATH_UNCONFIRMED && !other->unannounced &&
            usctp__path_has_local(assoc, &other->local) &&
            usctp__addr_match(&other->remote, &path->remote)) {
            return other;
        }
    }
    return NULL;
}

/* True if packets from where the path leads are taken without it. */
static bool is_spare(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    for (const struct usctp__path *other = assoc->paths.first; other != NULL; other = other->next) {
        if (other != path && !other->leaving && usctp__addr_match(&other->remote, &path->remote)) {
            return true;
        }
    }
    return false;
}

/* True if there is another one to send on. */
static bool another_stays(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    const struct usctp__path *other = assoc->paths.first;

    while (other != NULL && (other == path || other->leaving)) {
        other = other->next;
    }
    return other != NULL;
}

/* True if the request that takes the path's address leaves on another path to the same address of the peer. */
static bool is_replaced(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    for (const struct usctp__path *other = assoc->paths.first; other != NULL; other = other->next) {
        if (other != path && other->unannounced &&
            usctp__addr_match(&other->remote, &path->remote)) {
            return true;
        }
    }
    return false;
}

/* Where the path leaves from once its address is gone: where the system chooses, what that chooses; not if the peer
 * does not know that yet (RFC 5061, 5.3, F2). NULL: nowhere. */
static const struct usctp_addr *next_local(const struct usctp_assoc *assoc,
                                           const struct usctp__path *path)
{
    static const struct usctp_addr any;

    if (assoc->locals != NULL) {
        return other_local(assoc, path);
    }
    return is_replaced(assoc, path) ? NULL : &any;
}

/* The path leaves from somewhere else, or goes; not before the peer has agreed where nothing else leads to the peer's
 * address (RFC 5061, 5.3, F4). */
static void leave(struct usctp_assoc *assoc, struct usctp__path *path)
{
    const struct usctp_addr *local = next_local(assoc, path);
    struct usctp__path *untried = local == NULL ? untried_pair(assoc, path) : NULL;
    struct usctp_addr addr;

    if (untried != NULL) { /* the peer's address is confirmed, whichever way it is reached */
        addr = untried->local;
        local = &addr;
        usctp__path_remove(assoc, untried);
    }
    if (local != NULL && !has_pair(assoc, local, &path->remote)) {
        path->local = *local;
        usctp__path_reset(assoc, path);
        usctp__path_rearm_heartbeat(assoc, path);
    } else if (is_spare(assoc, path)) {
        usctp__path_remove(assoc, path);
    } else if (another_stays(assoc, path)) {
        usctp__path_retire(assoc, path);
    }
}

/* The first path with an id above this one; NULL: none. They stand in order of their ids. */
static struct usctp__path *path_above(const struct usctp_assoc *assoc, usctp_path_id id)
{
    struct usctp__path *path = assoc->paths.first;

    while (path != NULL && path->id <= id) {
        path = path->next;
    }
    return path;
}

static void leave_all(struct usctp_assoc *assoc, const struct usctp_addr *addr, bool keep_only)
{
    usctp_path_id id;

    /* What leaves may take another path along. */
    for (struct usctp__path *path = assoc->paths.first; path != NULL;
         path = path_above(assoc, id)) {
        id = path->id;
        if (path->local.family != USCTP_AF_NONE && !path->leaving &&
            usctp__addr_match(&path->local, addr) != keep_only) {
            leave(assoc, path);
        }
    }
}

void usctp__locals_remove(struct usctp_assoc *assoc, const struct usctp_addr *addr)
{
    filter(assoc, addr, false);
    leave_all(assoc, addr, false);
}

void usctp__locals_keep_only(struct usctp_assoc *assoc, const struct usctp_addr *addr)
{
    filter(assoc, addr, true);
    leave_all(assoc, addr, true);
}

void usctp__locals_announced(struct usctp_assoc *assoc, const struct usctp_addr *addr)
{
    if (usctp__path_from_local(assoc, addr) == NULL) {
        return; /* no memory, or no address of the peer fits */
    }
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (usctp__addr_match(&path->local, addr) && path->unannounced) {
            path->unannounced = false;
            path->leaving = false;
            usctp__path_rearm_heartbeat(assoc, path); /* RFC 9260, 5.4: it is probed */
        }
    }
}

void usctp__locals_refused(struct usctp_assoc *assoc, const struct usctp_addr *addr)
{
    filter(assoc, addr, false);
    usctp__locals_unused(assoc, addr);
}

void usctp__locals_unused(struct usctp_assoc *assoc, const struct usctp_addr *addr)
{
    struct usctp__path *next;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = next) {
        next = path->next;
        if (path->unannounced && usctp__addr_match(&path->local, addr) && assoc->paths.cnt > 1) {
            usctp__path_remove(assoc, path);
        }
    }
}

void usctp__locals_left(struct usctp_assoc *assoc)
{
    struct usctp__path *next;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = next) {
        next = path->next;
        /* One that alone leads to an address of the peer stays: the peer has that still, and we may have an address of
         * its family again. */
        if (path->leaving && is_spare(assoc, path) && assoc->paths.cnt > 1) {
            usctp__path_remove(assoc, path);
        }
    }
}
