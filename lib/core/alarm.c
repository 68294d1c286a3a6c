/* SPDX-License-Identifier: BSD-3-Clause */
/* The timers of an association and of its paths. */
#include "core/alarm.h"

#include "base/time.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/pmtud.h"
#include "core/reconf.h"
#include "core/shutdown.h"

void usctp__alarm_wake_by(struct usctp_assoc *assoc, uint64_t ts)
{
    if (usctp__heap_contains(&assoc->timer)) {
        usctp__heap_update(&assoc->core->heap, &assoc->timer, ts);
    }
}

void usctp__alarm_clear_all(struct usctp_assoc *assoc)
{
    assoc->armed = 0;
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        path->armed = 0;
    }
}

/* The least of the armed ones among `cnt` expiries, and of `least`. */
static uint64_t least_of(const uint64_t *expiry_ts, unsigned armed, uint64_t least)
{
    for (unsigned i = 0; armed != 0; i++, armed >>= 1) {
        if ((armed & 1u) != 0 && expiry_ts[i] < least) {
            least = expiry_ts[i];
        }
    }
    return least;
}

static uint64_t earliest(const struct usctp_assoc *assoc)
{
    uint64_t least = least_of(assoc->alarm_ts, assoc->armed, USCTP__NEVER);

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        least = least_of(path->alarm_ts, path->armed, least);
    }
    return least;
}

void usctp__alarm_refresh(struct usctp_assoc *assoc)
{
    usctp__alarm_wake_by(assoc, earliest(assoc));
}

static void run_assoc_alarm(struct usctp_assoc *assoc, enum usctp__assoc_alarm alarm)
{
    switch (alarm) {
    case USCTP__ALARM_T1: /* and T4 */
        if (assoc->setup != NULL) {
            usctp__handshake_on_t1(assoc);
        } else {
            usctp__asconf_on_t4(assoc);
        }
        break;
    case USCTP__ALARM_T2:
        usctp__shutdown_on_t2(assoc);
        break;
    case USCTP__ALARM_T5:
        usctp__shutdown_on_t5(assoc);
        break;
    case USCTP__ALARM_SACK:
        usctp__rx_on_sack_alarm(assoc);
        break;
    case USCTP__ALARM_AUTOCLOSE:
        usctp__assoc_on_autoclose(assoc);
        break;
    case USCTP__ALARM_TRIM:
        usctp__tx_trim(assoc);
        usctp__rx_trim(assoc);
        break;
    case USCTP__ALARM_LIFETIME:
        usctp__tx_on_lifetime(assoc);
        break;
    case USCTP__ALARM_RECONF:
        usctp__reconf_on_alarm(assoc);
        break;
    case USCTP__ASSOC_ALARM_CNT:
        break;
    }
}

static void run_path_alarm(struct usctp__path *path, enum usctp__path_alarm alarm)
{
    switch (alarm) {
    case USCTP__ALARM_LOSS:
        usctp__tx_on_loss_alarm(path->assoc, path);
        break;
    case USCTP__ALARM_HEARTBEAT:
        usctp__path_on_heartbeat_due(path->assoc, path);
        break;
    case USCTP__ALARM_HB_ANSWER:
        usctp__path_on_hb_answer_missing(path->assoc, path);
        break;
    case USCTP__ALARM_PMTU:
        usctp__pmtud_on_alarm(path->assoc, path);
        break;
    case USCTP__ALARM_PACE: /* output follows, and finds the way open */
    case USCTP__PATH_ALARM_CNT:
        break;
    }
}

void usctp__alarm_run(struct usctp_assoc *assoc)
{
    uint64_t now_ts = assoc->core->now_ts;

    if (earliest(assoc) > now_ts) {
        return;
    }
    for (unsigned i = 0; i < USCTP__ASSOC_ALARM_CNT && !assoc->ended; i++) {
        if (usctp__alarm_armed(assoc, i) && assoc->alarm_ts[i] <= now_ts) {
            usctp__alarm_clear(assoc, i);
            run_assoc_alarm(assoc, i);
        }
    }
    /* Handlers may end the association, or put paths down, but remove none. */
    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        for (unsigned i = 0; i < USCTP__PATH_ALARM_CNT && !assoc->ended; i++) {
            if (usctp__path_alarm_armed(path, i) && path->alarm_ts[i] <= now_ts) {
                usctp__path_alarm_clear(path, i);
                run_path_alarm(path, i);
            }
        }
    }
    usctp__assoc_touch(assoc);
}
