/* SPDX-License-Identifier: BSD-3-Clause */
/* What the rooms of output share: packets, SACKs that ride along, and what the windows allow (RFC 9260, 6.1, 7.2). */
#include "core/round.h"

#include "core/auth.h"

bool usctp__round_open(struct usctp__round *r, struct usctp__path *path, size_t min_len)
{
    usctp__round_close(r);
    if (!usctp__build_open(&r->build, path, min_len)) {
        r->stopped = true;
        return false;
    }
    return true;
}

/* --- SACK --- */

/* A SACK that needs AUTH takes the active key: not where DATA goes under another one. */
static bool sack_may_ride(const struct usctp__round *r)
{
    const struct usctp__auth *auth = r->assoc->auth;

    return USCTP__LIKELY(!usctp__auth_agreed(r->assoc)) || !auth->covers_data ||
           auth->set.keys->next == NULL;
}

void usctp__round_add_sack(struct usctp__round *r, size_t data_len)
{
    if (!r->build.has_data && usctp__rx_sack_useful(r->assoc) && sack_may_ride(r) &&
        usctp__rx_sack_path(r->assoc) == r->build.path &&
        usctp__rx_sack_max_len(r->assoc) + data_len <= usctp__build_room(&r->build)) {
        usctp__build_sack(&r->build);
    }
}

/* --- What the windows allow --- */

static uint32_t window_of(const struct usctp__path *path)
{
    if (path->rebinding) {
        uint32_t initial = usctp__cc_initial_window(&path->cc);

        return USCTP__MIN(path->cc.cwnd, initial);
    }
    return path->cc.cwnd;
}

bool usctp__cwnd_open(struct usctp__path *path)
{
    bool open = path->flight < window_of(path);

    if (path->t3_backed_off) {
        open = path->flight_cnt == 0; /* RFC 9260, 7.2.3: one packet until it is acknowledged */
    }
    path->tx_cwnd_full = !open && !path->rebinding;
    return open;
}

void usctp__cwnd_wake(struct usctp__path *path)
{
    if (path->flight_cnt == 0) {
        path->cc.idle_since_ts = USCTP__MAX(path->cc.idle_since_ts, path->last_data_ts);
        path->cc.ops->on_idle(&path->cc, path->assoc->core->now_ts, path->rto.rto_dur);
    }
}

/* With an algorithm that keeps state, or pacing: true if the packet may go. *paced: it is pacing that
 * says so, in place of Max.Burst. */
static bool take_state(struct usctp__path *path, bool *paced)
{
    if (path->cc.state == NULL && !usctp__cc_use(path)) {
        return false;
    }
    *paced = path->cc.paced && path->cc.state->pacer.cost != 0;
    return !*paced || usctp__cc_pace(path);
}

bool usctp__round_take_burst(struct usctp__round *r, struct usctp__path *path)
{
    if (USCTP__UNLIKELY(path->cc.needs_state)) {
        bool paced = false;
        bool may = take_state(path, &paced);

        if (paced || !may) {
            return may;
        }
    }
    if (r->burst_left == 0) {
        return false;
    }
    r->burst_left--;
    return true;
}
