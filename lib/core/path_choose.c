/* SPDX-License-Identifier: BSD-3-Clause */
/* Which path is used for what, and what becomes of one that fails (RFC 9260, 6.4, 8.1, 8.2). */
#include "core/assoc.h"
#include "core/input.h"
#include "core/path.h"

#include "base/addr.h"

/* The better of two for new data: fewer errors, then the one in use, then the older one. */
static struct usctp__path *better(const struct usctp_assoc *assoc, struct usctp__path *a,
                                  struct usctp__path *b)
{
    if (a == NULL || (b->error_cnt < a->error_cnt)) {
        return b;
    }
    return b->error_cnt == a->error_cnt && b == assoc->paths.data ? b : a;
}

static struct usctp__path *best_in_state(const struct usctp_assoc *assoc, unsigned state)
{
    struct usctp__path *best = NULL;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->state == state) {
            best = better(assoc, best, path);
        }
    }
    return best;
}

struct usctp__path *usctp__path_to_reply(const struct usctp_assoc *assoc)
{
    struct usctp__path *path = assoc->in != NULL ? assoc->in->path : NULL;

    /* RFC 9260, 5.4: nothing of the kind goes to an unconfirmed address. */
    return path != NULL && path->state != USCTP_PATH_UNCONFIRMED ? path : assoc->paths.data;
}

void usctp__path_choose(struct usctp_assoc *assoc)
{
    struct usctp__path *choice = assoc->paths.primary;
    struct usctp__path *before = assoc->paths.data;

    if (choice->state != USCTP_PATH_ACTIVE) {
        /* RFC 9260, 6.4.1: an alternate active destination if there is one. */
        choice = best_in_state(assoc, USCTP_PATH_ACTIVE);
    }
    if (choice == NULL) {
        /* RFC 9260, 8.2: all are inactive; the one with the fewest errors is tried on. */
        choice = best_in_state(assoc, USCTP_PATH_INACTIVE);
    }
    if (choice == NULL) {
        choice = assoc->paths.primary;
    }
    assoc->paths.data = choice;
    if (before != choice) {
        if (before != NULL && before->state == USCTP_PATH_INACTIVE) {
            assoc->counters.failovers++;
        }
        usctp__assoc_touch(assoc);
    }
}

/* RFC 9260, 6.4.1: how much two pairs of addresses have not in common. */
static unsigned divergence(const struct usctp__path *a, const struct usctp__path *b)
{
    return !usctp__addr_equal(&a->local, &b->local) + !usctp__addr_equal(&a->remote, &b->remote);
}

struct usctp__path *usctp__path_for_retransmit(struct usctp_assoc *assoc, struct usctp__path *lost)
{
    struct usctp__path *best = NULL;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path == lost || path->state != USCTP_PATH_ACTIVE) {
            continue;
        }
        if (best == NULL || path->error_cnt < best->error_cnt ||
            (path->error_cnt == best->error_cnt &&
             divergence(path, lost) > divergence(best, lost))) {
            best = path;
        }
    }
    if (best != NULL) {
        return best;
    }
    return lost->state == USCTP_PATH_ACTIVE ? lost : assoc->paths.data;
}

/* RFC 9260, 8.2: above Path.Max.Retrans. */
static void put_down(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (path->state == USCTP_PATH_ACTIVE) {
        path->state = USCTP_PATH_INACTIVE;
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_DOWN);
        usctp__path_choose(assoc);
        usctp__tx_path_down(assoc, path);
    } else if (path->state == USCTP_PATH_UNCONFIRMED &&
               path->error_cnt == path->set->max_retrans + 1) {
        /* RFC 9260, 5.4: probing goes on at the rate of heartbeats. */
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_DOWN);
    }
}

bool usctp__path_error(struct usctp_assoc *assoc, struct usctp__path *path, bool counts_for_assoc)
{
    if (path->error_cnt <= path->set->max_retrans) {
        /* RFC 9260, 8.3: counting ends once it is inactive. */
        path->error_cnt++;
        if (path->error_cnt > path->set->max_retrans) {
            put_down(assoc, path);
        }
    }
    if (counts_for_assoc && !assoc->ended &&
        ++assoc->error_cnt > usctp__params(assoc)->assoc_max_retrans) {
        /* RFC 9260, 8.1: the peer is unreachable. */
        usctp__assoc_end(assoc, USCTP_LOST_TIMEOUT, 0, NULL, 0);
    }
    usctp__assoc_touch(assoc);
    return !assoc->ended;
}

void usctp__path_threshold_changed(struct usctp__path *path)
{
    uint32_t limit = path->set->max_retrans;

    /* RFC 9260, 8.2: what was counted stays, but the next error must find the threshold. */
    if (path->error_cnt > limit) {
        path->error_cnt = path->state == USCTP_PATH_INACTIVE ? limit + 1 : limit;
    }
}

void usctp__path_alive(struct usctp_assoc *assoc, struct usctp__path *path)
{
    path->error_cnt = 0; /* RFC 9260, 8.2 */
    if (path->state == USCTP_PATH_INACTIVE) {
        path->state = USCTP_PATH_ACTIVE;
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_UP);
    }
    if (assoc->paths.data != assoc->paths.primary) {
        usctp__path_choose(assoc);
    }
}

void usctp__path_set_primary(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (assoc->paths.primary != path) {
        assoc->paths.primary = path;
        usctp__path_choose(assoc);
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_PRIMARY);
        usctp__assoc_touch(assoc);
    }
}
