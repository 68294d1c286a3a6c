/* SPDX-License-Identifier: BSD-3-Clause */
/* What the lower layer made of packets: stamps that move, packets that were too big. */
#include "base/serial.h"
#include "base/time.h"
#include "core/assoc.h"
#include "core/flight.h"
#include "core/pmtud.h"
#include "wire/data.h"
#include "wire/packet.h"

/* Does something with each chunk of the packet that is still outstanding on the path. */
static void each_outstanding(struct usctp_assoc *assoc, struct usctp__path *path,
                             const struct usctp_dgram *dgram,
                             void (*fn)(struct usctp_assoc *assoc, struct usctp__path *path,
                                        uint64_t tsn))
{
    const struct usctp__txring *ring = &assoc->tx.ring;
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    struct usctp__data data;

    usctp__chunk_iter_init(&iter, dgram->data, dgram->len);
    while (usctp__chunk_next(&iter, &chunk) > 0) {
        uint64_t tsn;

        if (chunk.type != USCTP__CHUNK_DATA || !usctp__data_parse(&data, &chunk)) {
            continue;
        }
        tsn = usctp__unwrap32(ring->base, data.tsn);
        if (usctp__txring_has(ring, tsn) && usctp__txring_slot(ring, tsn)->path == path &&
            usctp__txring_scan(ring, USCTP__TX_OUTSTANDING, tsn, tsn + 1) == tsn) {
            fn(assoc, path, tsn);
        }
    }
}

/* It left later than it was built: the round trip and T3-rtx begin now. */
static void stamp(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t tsn)
{
    uint64_t now_ts = assoc->core->now_ts;

    usctp__txring_slot(&assoc->tx.ring, tsn)->sent_ts = now_ts;
    if (usctp__path_alarm_armed(path, USCTP__ALARM_LOSS)) {
        usctp__flight_start_t3(path);
    }
}

/* It never left: no sign of congestion. */
static void lose(struct usctp_assoc *assoc, struct usctp__path *path, uint64_t tsn)
{
    usctp__flight_lost(assoc, tsn, path);
}

/* RFC 9260, 6.9: the limit falls; what is cut already goes again, by itself and fragmented by IP. */
static void take_too_big(struct usctp_assoc *assoc, struct usctp__path *path,
                         const struct usctp_dgram *dgram)
{
    uint32_t limit = dgram->status_len;

    if ((dgram->flags & USCTP_DGRAM_PROBE) != 0) {
        usctp__pmtud_too_big(assoc, path, limit < dgram->len ? limit : 0);
        return;
    }
    if ((dgram->flags & USCTP_DGRAM_MAY_FRAGMENT) != 0) {
        return; /* as if lost: T3-rtx sees to it */
    }
    if (limit == 0 || limit >= dgram->len) {
        limit = (uint32_t)(dgram->len - dgram->len / 8);
    }
    if (limit < path->max_packet) {
        usctp__path_set_max_packet(assoc, path, limit);
    }
    if (dgram->len > path->max_packet) {
        each_outstanding(assoc, path, dgram, lose);
        usctp__assoc_touch(assoc);
    }
}

void usctp__output_taken(struct usctp_assoc *assoc, struct usctp__path *path,
                         const struct usctp_dgram *dgram)
{
    if (assoc->ended || path == NULL) {
        return;
    }
    switch (dgram->status) {
    case USCTP_DGRAM_SENT:
        if (path->last_data_ts < assoc->core->now_ts && path->flight_cnt > 0) {
            each_outstanding(assoc, path, dgram, stamp);
        }
        break;
    case USCTP_DGRAM_TOO_BIG:
        take_too_big(assoc, path, dgram);
        break;
    default:
        /* Unreachable is a hint, for a look at the path and no more. */
        (void)usctp__path_request_heartbeat(assoc, path);
        break;
    }
}

static bool carries(const struct usctp_dgram *dgram, uint32_t tsn)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    struct usctp__data data;

    usctp__chunk_iter_init(&iter, dgram->data, dgram->len);
    while (usctp__chunk_next(&iter, &chunk) > 0) {
        if (chunk.type == USCTP__CHUNK_DATA && usctp__data_parse(&data, &chunk) &&
            data.tsn == tsn) {
            return true;
        }
    }
    return false;
}

bool usctp__output_waits(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    const struct usctp__slab *slab = &assoc->core->slab;

    if (!assoc->core->blocked || path->flight_cnt == 0) {
        return assoc->core->blocked && path->tx_lost_cnt > 0;
    }
    /* What is held back was sent last: with the oldest all is. */
    for (size_t i = 0; i < slab->cnt; i++) {
        if (slab->assoc_ids[i] == assoc->id && slab->path_ids[i] == path->id &&
            carries(&slab->dgrams[i], (uint32_t)path->tx_oldest)) {
            return true;
        }
    }
    return false;
}
