/* SPDX-License-Identifier: BSD-3-Clause */
/* A round of output: what is sent, in which order, and the timers that watch over it (RFC 9260, 6.1, 6.3.2). */
#include "core/asconf.h"
#include "core/flight.h"
#include "core/pr.h"
#include "core/reconf.h"
#include "core/round.h"
#include "core/rx_sack.h"
#include "core/sackin.h"
#include "core/straight.h"

/* Data that rides with COOKIE ECHO. */
static void send_with_cookie(struct usctp__round *r)
{
    const struct usctp__path *path = r->build.path;

    /* RFC 9260, 5.1 C: it stands first, and until COOKIE ACK nothing else is sent. */
    if (path == NULL || !r->build.data_ok || r->build.closed ||
        path->state == USCTP_PATH_UNCONFIRMED) {
        return;
    }
    usctp__round_fill_lost(r);
    usctp__round_new(r, true);
}

/* Data that must not overtake the response to an SSN/TSN reset (RFC 6525). */
static void send_announced(struct usctp__round *r)
{
    const struct usctp__path *path = r->build.path;

    if (path == NULL || path->state == USCTP_PATH_UNCONFIRMED) {
        return;
    }
    usctp__round_fill_lost(r);
    usctp__round_new(r, true);
}

/* --- Timers --- */

/* DATA is outstanding on the path: its loss timer runs. */
static inline void tend_busy(struct usctp__path *path)
{
    if (USCTP__UNLIKELY(!usctp__path_alarm_armed(path, USCTP__ALARM_LOSS))) {
        usctp__flight_start_t3(path);
    }
    if (USCTP__UNLIKELY(path->rack == NULL)) {
        usctp__rack_start(path);
    }
    if (path->rack != NULL) {
        usctp__rack_arm(path);
    }
}

/* What waits and has nobody to wake it has T3-rtx too. */
static bool waits_alone(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    const struct usctp__tx *tx = &assoc->tx;

    if (USCTP__LIKELY((tx->outq.msg_cnt | tx->ring.lost_cnt) == 0 && tx->pr == NULL)) {
        return false; /* nothing waits */
    }
    if (USCTP__UNLIKELY(assoc->core->blocked)) {
        return path->tx_lost_cnt > 0;
    }
    return path == assoc->paths.data && tx->flight == 0 &&
           (tx->ring.lost_cnt > 0 || (tx->pr != NULL && usctp__pr_waits(assoc)) ||
            (tx->outq.msg_cnt > 0 && assoc->cork_cnt == 0 &&
             (assoc->reconf == NULL || !usctp__reconf_holds_all(assoc))));
}

static inline void tend_idle(const struct usctp_assoc *assoc, struct usctp__path *path)
{
    bool wanted = waits_alone(assoc, path);

    if (wanted != usctp__path_alarm_armed(path, USCTP__ALARM_LOSS)) {
        if (wanted) {
            usctp__flight_start_t3(path);
        } else {
            usctp__path_alarm_clear(path, USCTP__ALARM_LOSS);
        }
    }
}

static void tend_timers(struct usctp_assoc *assoc)
{
    const struct usctp__tx *tx = &assoc->tx;

    for (struct usctp__path *path = assoc->paths.first; path != NULL; path = path->next) {
        if (USCTP__UNLIKELY(path->cc.state != NULL)) {
            usctp__cc_output_done(path, tx->outq.msg_cnt == 0 && tx->ring.lost_cnt == 0);
        }
        if (path->flight_cnt > 0) {
            tend_busy(path);
        } else {
            tend_idle(assoc, path);
        }
    }
}

/* --- The round --- */

static inline void run(struct usctp__round *r)
{
    struct usctp_assoc *assoc = r->assoc;
    bool announces = USCTP__UNLIKELY(assoc->reconf != NULL) && usctp__reconf_announces(assoc);

    if (USCTP__UNLIKELY(!usctp__queue_empty(&assoc->ctrl.queue))) {
        usctp__round_ctrl(r);
    }
    if (USCTP__UNLIKELY(usctp__asconf_of(assoc) != NULL) && usctp__sends_data(assoc->state) &&
        assoc->paths.data->state == USCTP_PATH_UNCONFIRMED) {
        usctp__round_close(r);
        return;
    }
    if (usctp__rx_sack_due(assoc) && !r->stopped) {
        usctp__round_due_sack(r);
    }
    if (!r->stopped) {
        if (USCTP__UNLIKELY(announces)) {
            send_announced(r);
        } else if (usctp__sends_data(assoc->state)) {
            if (USCTP__UNLIKELY(assoc->tx.tail_probe)) {
                usctp__round_probes(r);
            }
            if (USCTP__UNLIKELY(assoc->tx.ring.lost_cnt > 0)) {
                usctp__round_lost(r);
            }
            usctp__round_new(r, false);
        } else if (assoc->state == USCTP_STATE_COOKIE_ECHOED) {
            send_with_cookie(r);
        }
    }
    usctp__round_close(r);
}

/* Messages were given up: what follows from that, and what may go on now. */
static USCTP__NOINLINE void run_again(struct usctp__round *r)
{
    usctp__tx_progress(r->assoc);
    if (!r->assoc->ended) {
        run(r); /* a shutdown may go on now */
    }
}

/* False: there is nothing that could be sent. */
static bool has_work(const struct usctp_assoc *assoc)
{
    return assoc->rx.sack_now || assoc->tx.ring.lost_cnt > 0 || assoc->tx.outq.msg_cnt > 0 ||
           !usctp__queue_empty(&assoc->ctrl.queue) || assoc->tx.tail_probe;
}

/* RFC 9260, 6.1 D: packets of DATA that may be sent. */
static uint32_t burst_of(const struct usctp_assoc *assoc)
{
    uint32_t max_burst = usctp__params(assoc)->max_burst;
    uint32_t credit = USCTP__MAX(assoc->tx.burst_credit, 1);

    return max_burst == 0 || credit > UINT32_MAX / max_burst ? UINT32_MAX : credit * max_burst;
}

static void write_all(struct usctp_assoc *assoc)
{
    struct usctp__round r;

    r.assoc = assoc;
    r.max_payload = 0;
    r.burst_left = burst_of(assoc);
    r.stopped = false;
    r.dropped = false;
    r.sent_data = false;
    r.probing = false;
    usctp__build_init(&r.build, assoc);
    run(&r);
    if (USCTP__UNLIKELY(assoc->tx.pr != NULL) && usctp__pr_due(assoc)) {
        usctp__pr_output(assoc);
    }
    if (USCTP__UNLIKELY(r.dropped)) {
        run_again(&r);
    }
    if (r.sent_data && !assoc->ended) {
        usctp__assoc_active(assoc);
    }
}

void usctp__output_put_off(struct usctp_assoc *assoc)
{
    if (usctp__sends_data(assoc->state)) {
        tend_timers(assoc);
    }
}

void usctp__output(struct usctp_assoc *assoc)
{
    if (USCTP__UNLIKELY(assoc->tx.pr != NULL) && usctp__sends_data(assoc->state)) {
        usctp__pr_output(assoc);
    }
    if (USCTP__UNLIKELY(assoc->reconf != NULL) && usctp__sends_data(assoc->state)) {
        (void)usctp__reconf_output(assoc);
    }
    if (has_work(assoc) && !usctp__straight(assoc)) {
        write_all(assoc);
    }
    if (USCTP__UNLIKELY(assoc->reconf != NULL) && usctp__sends_data(assoc->state) &&
        usctp__reconf_output(assoc)) {
        write_all(assoc);
    }

    assoc->tx.burst_credit = 0;
    assoc->tx.probe_due = false; /* now or an RTO later */
    if (usctp__sends_data(assoc->state)) {
        tend_timers(assoc);
    }
}
