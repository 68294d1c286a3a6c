/* SPDX-License-Identifier: BSD-3-Clause */
/* Which path is used for what, and what becomes of one that fails (RFC 9260, 6.4, 8.1, 8.2). */
#include "core/assoc.h"
#include "core/input.h"
#include "core/path.h"
#include "core/pmtud.h"

#include "base/addr.h"
#include "base/compiler.h"

/* The better of two for new data: fewer errors, then not the one that has just failed, then the one in
 * use, then the older one. */
static struct usctp__path *better(const struct usctp_assoc *assoc, struct usctp__path *a,
                                  struct usctp__path *b, const struct usctp__path *failed)
{
    if (a == NULL || b->error_cnt < a->error_cnt) {
        return b;
    }
    if (b->error_cnt > a->error_cnt || b == failed) {
        return a;
    }
    return a == failed || b == assoc->paths.data ? b : a;
}

static struct usctp__path *best_in_state(const struct usctp_assoc *assoc, unsigned state,
                                         const struct usctp__path *failed)
{
    struct usctp__path *best = NULL;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (path->state == state) {
            best = better(assoc, best, path, failed);
        }
    }
    return best;
}

struct usctp__path *usctp__path_to_reply(const struct usctp_assoc *assoc)
{
    const struct usctp__packet_in *in = usctp__packet_at_hand(assoc);
    struct usctp__path *path = in != NULL ? in->path : NULL;

    /* RFC 9260, 5.4: nothing of the kind goes to an unconfirmed address. */
    return path != NULL && path->state != USCTP_PATH_UNCONFIRMED ? path : assoc->paths.data;
}

/* RFC 7829, 5: a primary with more errors than that is replaced by what is used in its place. */
static void switch_over(struct usctp_assoc *assoc)
{
    struct usctp__paths *paths = &assoc->paths;

    if (paths->data != paths->primary && paths->data->state != USCTP_PATH_UNCONFIRMED &&
        paths->primary->set->switch_retrans != USCTP_RETRANS_OFF &&
        paths->primary->error_cnt > paths->primary->set->switch_retrans) {
        usctp__rare(assoc)->switchovers++;
        paths->primary = paths->data;
        usctp__event_path(assoc, paths->primary, USCTP_PATH_CHANGE_PRIMARY);
    }
}

/* The same after an error on `failed`, or after none (NULL). */
static void choose(struct usctp_assoc *assoc, const struct usctp__path *failed)
{
    struct usctp__path *choice = assoc->paths.primary;
    struct usctp__path *before = assoc->paths.data;

    if (choice->state != USCTP_PATH_ACTIVE) {
        /* RFC 9260, 6.4.1: an alternate active destination if there is one. */
        choice = best_in_state(assoc, USCTP_PATH_ACTIVE, failed);
    }
    if (choice == NULL) {
        choice = best_in_state(assoc, USCTP_PATH_POTENTIALLY_FAILED, failed); /* RFC 7829, 3.2, 4 */
    }
    if (choice == NULL) {
        /* RFC 9260, 8.2, RFC 7829, 4.1: all are inactive; the one with the fewest errors is tried on. */
        choice = best_in_state(assoc, USCTP_PATH_INACTIVE, failed);
    }
    if (choice == NULL) {
        choice = assoc->paths.primary;
    }
    assoc->paths.data = choice;
    if (before != choice) {
        if (before != NULL && (before->state == USCTP_PATH_INACTIVE ||
                               before->state == USCTP_PATH_POTENTIALLY_FAILED)) {
            usctp__rare(assoc)->failovers++;
        }
        usctp__assoc_touch(assoc);
    }
    switch_over(assoc);
}

void usctp__path_choose(struct usctp_assoc *assoc)
{
    choose(assoc, NULL);
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

/* True: RFC 7829 is in force on this path, whatever its threshold. */
static bool has_pf(const struct usctp__path *path)
{
    return path->set->pf_retrans != USCTP_RETRANS_OFF;
}

static void tell_pf(struct usctp_assoc *assoc, struct usctp__path *path,
                    enum usctp_path_change change)
{
    if ((usctp__params(assoc)->flags & USCTP_PARAM_EXPOSE_PF) != 0) {
        usctp__event_path(assoc, path, change);
    }
}

/* RFC 9260, 8.2: above Path.Max.Retrans. */
static void put_down(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (path->state == USCTP_PATH_ACTIVE || path->state == USCTP_PATH_POTENTIALLY_FAILED) {
        path->state = USCTP_PATH_INACTIVE;
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_DOWN);
        choose(assoc, path);
        usctp__tx_path_down(assoc, path);
    } else if (path->state == USCTP_PATH_UNCONFIRMED &&
               path->error_cnt == path->set->max_retrans + 1) {
        /* RFC 9260, 5.4: probing goes on at the rate of heartbeats. */
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_DOWN);
    }
}

/* RFC 7829, 3.2, 2 and 6: above PotentiallyFailed.Max.Retrans. What waits to be sent leaves it, and a
 * HEARTBEAT asks. What is outstanding stays: T3-rtx speaks of that. */
static void suspect(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (path->state == USCTP_PATH_ACTIVE) {
        path->state = USCTP_PATH_POTENTIALLY_FAILED;
        usctp__rare(assoc)->potential_failures++;
        tell_pf(assoc, path, USCTP_PATH_CHANGE_POTENTIALLY_FAILED);
        choose(assoc, path);
        usctp__tx_path_doubtful(assoc, path);
        usctp__path_rearm_heartbeat(assoc, path);
    }
}

uint32_t usctp__path_error_limit(const struct usctp__path *path)
{
    const struct usctp__path_settings *set = path->set;
    uint32_t limit = set->max_retrans + 1; /* RFC 9260, 8.3: counting ends once it is inactive */

    if (has_pf(path)) {
        limit *= 10; /* RFC 7829, 4.1, 3: to tell inactive ones from each other */
    }
    if (set->switch_retrans != USCTP_RETRANS_OFF && set->switch_retrans >= limit) {
        limit = set->switch_retrans + 1;
    }
    return limit;
}

/* One more error. */
static void count(struct usctp_assoc *assoc, struct usctp__path *path)
{
    path->error_cnt++;
    if (path->error_cnt > path->set->max_retrans) {
        put_down(assoc, path);
    } else if (path->error_cnt > path->set->pf_retrans) {
        suspect(assoc, path);
    }
}

bool usctp__path_error(struct usctp_assoc *assoc, struct usctp__path *path, bool counts_for_assoc)
{
    if (path->error_cnt < usctp__path_error_limit(path)) {
        count(assoc, path);
    }
    if (path == assoc->paths.data && path->state != USCTP_PATH_ACTIVE) {
        choose(assoc, path); /* RFC 7829, 3.2, 4; 4.1, 3: another one may do better */
    } else {
        switch_over(assoc);
    }
    if (counts_for_assoc && !assoc->ended &&
        ++assoc->error_cnt > usctp__params(assoc)->assoc_max_retrans) {
        /* RFC 9260, 8.1: the peer is unreachable. */
        usctp__assoc_end(assoc, USCTP_LOST_TIMEOUT, 0, NULL, 0);
    }
    usctp__assoc_touch(assoc);
    return !assoc->ended;
}

void usctp__path_threshold_changed(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint32_t limit = path->set->max_retrans;

    /* RFC 9260, 8.2: what was counted stays, but the next error must find the threshold. */
    if (path->state == USCTP_PATH_INACTIVE) {
        limit = usctp__path_error_limit(path);
    }
    path->error_cnt = USCTP__MIN(path->error_cnt, limit);
    if (path->state == USCTP_PATH_POTENTIALLY_FAILED && path->error_cnt <= path->set->pf_retrans) {
        (void)usctp__path_bring_up(assoc, path);
    }
}

bool usctp__path_bring_up(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (path->state == USCTP_PATH_INACTIVE) {
        path->state = USCTP_PATH_ACTIVE;
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_UP);
        usctp__pmtud_begin(assoc, path);
        return true;
    }
    if (path->state == USCTP_PATH_POTENTIALLY_FAILED) {
        path->state = USCTP_PATH_ACTIVE;
        tell_pf(assoc, path, USCTP_PATH_CHANGE_UP);
        usctp__path_choose(assoc);
        return true;
    }
    return false;
}

void usctp__path_alive(struct usctp_assoc *assoc, struct usctp__path *path)
{
    path->error_cnt = 0; /* RFC 9260, 8.2; RFC 7829, 3.2, 10 */
    (void)usctp__path_bring_up(assoc, path);
    if (assoc->paths.data != assoc->paths.primary) {
        usctp__path_choose(assoc);
    }
}

void usctp__path_set_primary(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (assoc->paths.primary != path) {
        assoc->paths.primary = path;
        usctp__event_path(assoc, path, USCTP_PATH_CHANGE_PRIMARY);
        usctp__path_choose(assoc); /* which may switch over at once, and says so */
        usctp__assoc_touch(assoc);
    }
}
