/* SPDX-License-Identifier: BSD-3-Clause */
/* Path MTU discovery by probing. */
#include "core/pmtud.h"

#include "base/compiler.h"
#include "base/crypto.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/loss.h"
#include "wire/data.h"
#include "wire/packet.h"

enum {
    MAX_PROBES = 3,       /* RFC 8899, 5.1.2 */
    MIN_IPV4 = 548,       /* passes where 576 bytes of IPv4 with UDP do */
    MIN_IPV6_RAW = 1240,  /* passes where 1,280 bytes of IPv6 do, which is everywhere */
    MIN_IPV6_UDP = 1232,  /* the same with UDP */
    MIN_TOLD = 512,       /* the least that ICMP is believed: the least that callers may set */
    QUESTION_LEN = 64,    /* of a packet that passes wherever any does */
    CLOSE_ENOUGH_LEN = 16 /* less is not worth another probe */
};

#define RAISE_DUR (600 * USCTP__SEC) /* PMTU_RAISE_TIMER: RFC 8899, 5.1.1 */
#define SUSPICION_DUR \
    (60 * USCTP__SEC) /* two losses further apart have nothing to do with each other */

static struct usctp__pmtud *make(struct usctp__path *path)
{
    if (path->pmtud == NULL) {
        path->pmtud = usctp__mem_calloc(&path->assoc->core->mem, sizeof(*path->pmtud));
    }
    return path->pmtud;
}

static void give_back(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (path->pmtud != NULL) {
        usctp__mem_free(&assoc->core->mem, path->pmtud, sizeof(*path->pmtud));
        path->pmtud = NULL;
    }
}

void usctp__pmtud_stop(struct usctp_assoc *assoc, struct usctp__path *path)
{
    give_back(assoc, path);
    usctp__path_alarm_clear(path, USCTP__ALARM_PMTU);
}

/* RFC 8899, 3, 2: only where packets can be kept from being fragmented. */
static bool is_wanted(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    struct usctp__core *core = assoc->core;

    return path->set->probe_interval_dur != 0 &&
           (core->ops->lower_flags(core, path->lower) & USCTP_LOWER_PROBES) != 0;
}

/* RFC 9260, 8.3: HEARTBEATs are sent in these states; a path that is down, or not confirmed, has other
 * worries, and to a port that may be anybody's little is sent. */
static bool may_probe(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    return (assoc->state == USCTP_STATE_ESTABLISHED ||
            assoc->state == USCTP_STATE_SHUTDOWN_PENDING ||
            assoc->state == USCTP_STATE_SHUTDOWN_RECEIVED) &&
           (path->state == USCTP_PATH_ACTIVE || path->state == USCTP_PATH_POTENTIALLY_FAILED) &&
           !path->rebinding;
}

/* MAX_PLPMTU: what is wanted, and what the lower layer can send (RFC 8899, 3, 5). */
static uint32_t top(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    struct usctp__core *core = assoc->core;
    size_t told = core->ops->max_packet(core, path->lower, &path->local, &path->remote);
    uint32_t limit = path->set->search_max_packet;

    if (told != 0 && told < limit) {
        limit = (uint32_t)told;
    }
    return limit & ~UINT32_C(3);
}

/* MIN_PLPMTU (RFC 8899, 5.1.2), or what the path begins with where that is less. */
static uint32_t bottom(const struct usctp__path *path)
{
    uint32_t least = MIN_IPV4;

    if (path->remote.family == USCTP_AF_IPV6) {
        least = path->udp_port != 0 ? MIN_IPV6_UDP : MIN_IPV6_RAW;
    }
    return USCTP__MIN(least, path->set->max_packet);
}

static void wake_in(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t dur)
{
    usctp__path_alarm_set(path, USCTP__ALARM_PMTU, usctp__time_add(assoc->core->now_ts, dur));
}

/* A black hole that is suspected goes on being looked into: what says that the path is up again may be the
 * very answer that small packets pass. */
static void end_search(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (path->pmtud != NULL && path->pmtud->checking) {
        path->pmtud->searching = false;
        path->pmtud->probe_out = false;
    } else {
        give_back(assoc, path);
    }
}

/* --- The search (RFC 8899, 5.2, 5.3) ------------------------------------------------------------ */

/* SEARCH_COMPLETE: after a while there is another one, if more would be of use. */
static void complete(struct usctp_assoc *assoc, struct usctp__path *path)
{
    if (path->max_packet < (path->set->search_max_packet & ~UINT32_C(3))) {
        wake_in(assoc, path, RAISE_DUR);
    } else {
        usctp__path_alarm_clear(path, USCTP__ALARM_PMTU);
    }
    end_search(assoc, path);
}

/* Chooses the size that is tried next: the middle of what is left. */
static void go_on(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__pmtud *pmtud = path->pmtud;

    pmtud->probe_out = false;
    pmtud->lost_cnt = 0;
    if (pmtud->high < pmtud->low + CLOSE_ENOUGH_LEN) {
        complete(assoc, path);
        return;
    }
    pmtud->size = (pmtud->low + (pmtud->high - pmtud->low) / 2 + 3) & ~UINT32_C(3);
    wake_in(assoc, path, 0);
}

/* Tries sizes up to `high`, the first one first. */
static void search(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t first,
                   uint32_t high)
{
    struct usctp__pmtud *pmtud = make(path);

    if (pmtud == NULL) {
        wake_in(assoc, path, path->set->probe_interval_dur);
        return;
    }
    pmtud->searching = true;
    pmtud->probe_out = false;
    pmtud->lost_cnt = 0;
    pmtud->low = path->max_packet;
    pmtud->high = high;
    pmtud->size = first;
}

static void send_probe(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__pmtud *pmtud = path->pmtud;

    /* Where it cannot be sent now it is tried again, and nothing is lost. */
    pmtud->probe_out = usctp__path_send_padded(assoc, path, pmtud->nonce, pmtud->size);
    wake_in(assoc, path, path->set->probe_interval_dur);
}

/* PROBE_TIMER expired. */
static void take_loss(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__pmtud *pmtud = path->pmtud;

    pmtud->probe_out = false;
    if (++pmtud->lost_cnt < MAX_PROBES) {
        send_probe(assoc, path);
        return;
    }
    pmtud->high = pmtud->size - 4;
    go_on(assoc, path);
}

void usctp__pmtud_on_alarm(struct usctp_assoc *assoc, struct usctp__path *path)
{
    struct usctp__pmtud *pmtud = path->pmtud;
    uint32_t most;

    if (!is_wanted(assoc, path) || !may_probe(assoc, path)) {
        end_search(assoc, path); /* it begins anew when the path is up again */
        return;
    }
    if (pmtud != NULL && pmtud->searching) {
        if (pmtud->probe_out) {
            take_loss(assoc, path);
        } else {
            send_probe(assoc, path);
        }
        return;
    }
    most = top(assoc, path);
    if (most > path->max_packet) {
        search(assoc, path, most, most); /* mostly the first one passes */
        if (path->pmtud != NULL && path->pmtud->searching) {
            send_probe(assoc, path);
        }
    } else if (most < (path->set->search_max_packet & ~UINT32_C(3))) {
        wake_in(assoc, path, RAISE_DUR); /* the lower layer may know better then */
    }
}

void usctp__pmtud_begin(struct usctp_assoc *assoc, struct usctp__path *path)
{
    end_search(assoc, path);
    usctp__path_alarm_clear(path, USCTP__ALARM_PMTU);
    if (is_wanted(assoc, path) && may_probe(assoc, path)) {
        wake_in(assoc, path, 0);
    }
}

uint64_t usctp__pmtud_state(const struct usctp__path *path, uint32_t *high)
{
    *high = path->pmtud != NULL && path->pmtud->searching ? path->pmtud->high : 0;
    return usctp__path_alarm_armed(path, USCTP__ALARM_PMTU)
               ? usctp__time_sub(path->alarm_ts[USCTP__ALARM_PMTU], path->assoc->core->now_ts)
               : USCTP__NEVER;
}

void usctp__pmtud_resume(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t high,
                         uint64_t wait_dur)
{
    uint32_t most = top(assoc, path);

    usctp__pmtud_begin(assoc, path);
    if (!usctp__path_alarm_armed(path, USCTP__ALARM_PMTU)) {
        return;
    }
    if (high != 0) {
        search(assoc, path, 0, USCTP__MIN(high, most));
        if (path->pmtud != NULL) {
            go_on(assoc, path);
        }
    } else if (wait_dur != USCTP__NEVER) {
        wake_in(assoc, path, USCTP__MIN(wait_dur, RAISE_DUR));
    }
}

bool usctp__pmtud_answered(struct usctp_assoc *assoc, struct usctp__path *path,
                           const uint8_t *nonce)
{
    struct usctp__pmtud *pmtud = path->pmtud;

    if (pmtud != NULL && pmtud->asked &&
        usctp__ct_equal(nonce, pmtud->check_nonce, sizeof(pmtud->check_nonce))) {
        pmtud->asked = false;
        pmtud->alive = true;
        return true;
    }
    if (pmtud == NULL || !pmtud->probe_out ||
        !usctp__ct_equal(nonce, pmtud->nonce, sizeof(pmtud->nonce))) {
        return false;
    }
    pmtud->low = pmtud->size;
    usctp__path_raise_max_packet(assoc, path, pmtud->size);
    go_on(assoc, path);
    return true;
}

void usctp__pmtud_too_big(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len)
{
    struct usctp__pmtud *pmtud = path->pmtud;

    len &= ~UINT32_C(3);
    if (pmtud == NULL || !pmtud->searching) {
        if (is_wanted(assoc, path) && assoc->was_up) {
            wake_in(assoc, path, RAISE_DUR);
        }
        return;
    }
    /* RFC 8899, 3, 6: what is not below the size that was tried says nothing new. */
    if (len >= pmtud->size) {
        return;
    }
    pmtud->low = USCTP__MIN(pmtud->low, path->max_packet);
    pmtud->high = len != 0 ? len : pmtud->size - 4;
    go_on(assoc, path);
    if (path->pmtud != NULL && path->pmtud->searching && len != 0) {
        path->pmtud->size = len; /* RFC 8899, 4.6.2: the size that it names */
    }
}

/* RFC 8899, 4.6.2: to a size that was to pass anyway; what the message names is only tried. */
static void fall(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len)
{
    uint32_t base = path->set->max_packet;

    usctp__path_set_max_packet(assoc, path, len >= base ? base : bottom(path));
    usctp__pmtud_begin(assoc, path);
    if (!usctp__path_alarm_armed(path, USCTP__ALARM_PMTU)) {
        return; /* it begins when the path is up */
    }
    search(assoc, path, len, len);
    if (path->pmtud != NULL) {
        path->pmtud->checking = false; /* what was suspected was larger */
        if (len <= path->max_packet) {
            complete(assoc, path);
        }
    }
}

void usctp__pmtud_on_icmp(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len)
{
    bool wanted = is_wanted(assoc, path);

    len &= ~UINT32_C(3);
    if (len < bottom(path) && (wanted || path->remote.family == USCTP_AF_IPV6)) {
        return; /* RFC 8899, 4.6.2: PL_PTB_SIZE < MIN_PLPMTU; RFC 8201, 4 */
    }
    /* RFC 9260, 10, ICMP7: a limit only ever falls this way. Without a search nothing finds what passes. */
    len = USCTP__MAX(len, MIN_TOLD);
    if (len >= path->max_packet) {
        if (path->pmtud != NULL && path->pmtud->searching) {
            usctp__pmtud_too_big(assoc, path, len);
        }
        return;
    }
    if (wanted) {
        fall(assoc, path, len);
    } else {
        usctp__path_set_max_packet(assoc, path, len);
    }
    usctp__loss_too_big(assoc, path, len);
}

/* --- Black holes (RFC 8899, 4.3) --------------------------------------------------------------- */

/* Bytes of the packet whose first chunk that is outstanding is this one. */
static size_t packet_len(const struct usctp_assoc *assoc, const struct usctp__path *path,
                         uint64_t tsn)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    size_t len = USCTP__PACKET_HEADER_LEN;

    len += usctp__tx_chunk_len(&assoc->tx, usctp__txring_slot(ring, tsn)->len);
    while (tsn != path->tx_newest) {
        tsn = usctp__txring_after(ring, tsn);
        if ((usctp__txring_slot(ring, tsn)->flags & USCTP__TXSLOT_HEAD) != 0) {
            break;
        }
        len += usctp__tx_chunk_len(&assoc->tx, usctp__txring_slot(ring, tsn)->len);
    }
    return len;
}

/* What always passes, or did so far: nothing up to there is a sign of a black hole. */
static uint32_t floor_of(const struct usctp__path *path)
{
    uint32_t base = path->set->max_packet;

    return path->max_packet > base ? base : bottom(path);
}

/* True if a packet above `floor_len` that was sent since was acknowledged, of those that a gap block told of: all
 * new ones, for their TSNs are above the one that is lost. */
static bool passed_since(const struct usctp_assoc *assoc, const struct usctp__path *path,
                         uint32_t floor_len, uint64_t since_ts)
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    uint64_t next = ring->base;
    size_t len = USCTP__PACKET_HEADER_LEN;

    for (uint64_t tsn = usctp__txring_scan(ring, USCTP__TX_ACKED, next, ring->next);
         tsn < ring->next; tsn = usctp__txring_scan(ring, USCTP__TX_ACKED, next, ring->next)) {
        const struct usctp__txslot *slot = usctp__txring_slot(ring, tsn);

        if (tsn != next || (slot->flags & USCTP__TXSLOT_HEAD) != 0) {
            len = USCTP__PACKET_HEADER_LEN;
        }
        if (slot->path == path && slot->sent_ts >= since_ts) {
            len += usctp__tx_chunk_len(&assoc->tx, slot->len);
        }
        if (len > floor_len) {
            return true;
        }
        next = tsn + 1;
    }
    return false;
}

/* Packets fall to `len`, and what passes is searched for anew, below the size that did not. */
static void shrink(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len)
{
    uint32_t before = path->max_packet;

    usctp__rare(assoc)->black_holes++;
    usctp__path_set_max_packet(assoc, path, len);
    path->pmtud->checking = false;
    search(assoc, path, len, before - 4);
    go_on(assoc, path);
    if (path->pmtud != NULL) {
        wake_in(assoc, path, path->set->probe_interval_dur); /* first the data gets through */
    }
}

/* RFC 9260, 5.4: nothing but what confirms an address goes to one that is not. */
static bool is_tried(const struct usctp__path *path)
{
    return path->state != USCTP_PATH_UNCONFIRMED;
}

void usctp__pmtud_on_t3(struct usctp_assoc *assoc, struct usctp__path *path)
{
    uint32_t floor_len = floor_of(path);
    uint64_t now_ts = assoc->core->now_ts;
    struct usctp__pmtud *pmtud;

    if (path->flight_cnt == 0 || !is_wanted(assoc, path) || !is_tried(path) ||
        packet_len(assoc, path, path->tx_oldest) <= floor_len) {
        return;
    }
    pmtud = make(path);
    if (pmtud == NULL) {
        return;
    }
    if (pmtud->checking && (pmtud->moved || pmtud->check_tsn == path->tx_oldest) &&
        now_ts < usctp__time_add(pmtud->check_ts, SUSPICION_DUR)) {
        if (pmtud->alive) {
            shrink(assoc, path, floor_len);
            return;
        }
    } else {
        pmtud->alive = false;
    }
    pmtud->checking = true;
    pmtud->check_tsn = path->tx_oldest;
    pmtud->check_ts = now_ts;
    pmtud->moved = usctp__path_for_retransmit(assoc, path) != path;
    /* In a packet of its own, which does not vanish with others. */
    pmtud->asked = usctp__path_send_padded(assoc, path, pmtud->check_nonce, QUESTION_LEN);
}

/* The suspicion is of a chunk that has not arrived yet, and is not too old. */
static bool is_suspected(const struct usctp_assoc *assoc, const struct usctp__pmtud *pmtud)
{
    const struct usctp__txring *ring = &assoc->tx.ring;

    return pmtud->checking && usctp__txring_has(ring, pmtud->check_tsn) &&
           !usctp__txring_acked(ring, pmtud->check_tsn) &&
           assoc->core->now_ts < usctp__time_add(pmtud->check_ts, SUSPICION_DUR);
}

void usctp__pmtud_on_loss(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t tsn)
{
    uint32_t floor_len = floor_of(path);
    uint64_t now_ts = assoc->core->now_ts;
    struct usctp__pmtud *pmtud;
    size_t len;

    if (!is_wanted(assoc, path) || !is_tried(path)) {
        return;
    }
    len = packet_len(assoc, path, tsn);
    if (len <= floor_len || len > path->max_packet) {
        return; /* what is above the limit IP may cut: it says nothing */
    }
    pmtud = make(path);
    if (pmtud == NULL) {
        return;
    }
    if (!is_suspected(assoc, pmtud)) {
        pmtud->checking = true;
        pmtud->check_tsn = tsn;
        pmtud->check_ts = now_ts;
        pmtud->alive = false;
        pmtud->moved = false;
        pmtud->asked = false;
        return;
    }
    /* A queue that overflows may do that for a round trip or two. */
    if (pmtud->check_tsn != tsn || now_ts < usctp__time_add(pmtud->check_ts, path->rto.rto_dur)) {
        return;
    }
    if (passed_since(assoc, path, floor_len, pmtud->check_ts)) {
        pmtud->check_ts = now_ts;
    } else {
        shrink(assoc, path, floor_len);
    }
}
