/* SPDX-License-Identifier: BSD-3-Clause */
/* What the rooms of output share: packets, SACKs that ride along, and what the windows allow (RFC 9260, 6.1, 7.2). */
#include "core/round.h"

#include "core/auth.h"
#include "core/rx_sack.h"

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

uint32_t usctp__cwnd_rebinding(const struct usctp__path *path)
{
    uint32_t initial = usctp__cc_initial_window(&path->cc);

    return USCTP__MIN(path->cc.cwnd, initial);
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

bool usctp__round_take_paced(struct usctp__round *r, struct usctp__path *path)
{
    bool paced = false;
    bool may = take_state(path, &paced);

    return paced || !may ? may : usctp__round_take_packet(r);
}
