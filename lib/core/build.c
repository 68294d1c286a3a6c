/* SPDX-License-Identifier: BSD-3-Clause */
/* The packet builder. */
#include "core/build.h"

#include <string.h>

#include "base/compiler.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/ext.h"
#include "core/flight.h"
#include "core/rx_sack.h"
#include "core/seal.h"
#include "wire/data.h"
#include "wire/packet.h"
#include "wire/sack.h"

/* Room in the slab, which has none, after a flush. */
static USCTP__NOINLINE uint8_t *room_after_flush(struct usctp__core *core, size_t len)
{
    if (core->slab.cnt == 0) {
        return NULL; /* it is no room but memory that is missing */
    }
    core->ops->flush(core);
    return core->blocked ? NULL : usctp__slab_room(&core->slab, len);
}

/* Room in the slab, after a flush if it has to be. */
static inline uint8_t *slab_room(struct usctp__core *core, size_t len)
{
    uint8_t *room;

    if (USCTP__UNLIKELY(core->blocked)) {
        return NULL;
    }
    room = usctp__slab_room(&core->slab, len);
    return USCTP__LIKELY(room != NULL) ? room : room_after_flush(core, len);
}

/* --- AUTH (RFC 4895, 6.2) --------------------------------------------------------------------- */

size_t usctp__build_auth_len(const struct usctp__build *build, uint8_t type)
{
    const struct usctp__auth *auth = build->assoc->auth;

    if (USCTP__LIKELY(!usctp__auth_agreed(build->assoc)) || auth->covers_data ||
        (build->path != NULL && build->auth_pos != 0)) {
        return 0; /* where DATA needs it, each packet has the room */
    }
    return usctp__auth_len(build->assoc, type);
}

bool usctp__build_key_fits(const struct usctp__build *build, const struct usctp__outmsg *msg)
{
    const struct usctp_assoc *assoc = build->assoc;

    return build->path == NULL || build->auth_pos == 0 ||
           usctp__auth_len(assoc, usctp__auth_data_type(assoc)) == 0 ||
           build->key == usctp__auth_message_key(assoc, msg);
}

/* Puts AUTH before a chunk that needs it, unless it is there. */
static void cover(struct usctp__build *build, uint8_t type, struct usctp__auth_key *key)
{
    if (build->auth_pos == 0 && usctp__auth_len(build->assoc, type) != 0) {
        build->w.cap += build->auth_room;
        build->auth_room = 0;
        build->auth_pos = build->w.len;
        build->key = key;
        usctp__auth_begin(build->assoc, key, &build->w);
    }
}

/* The same for a control chunk. */
static void cover_ctrl(struct usctp__build *build, uint8_t type)
{
    if (USCTP__UNLIKELY(usctp__auth_agreed(build->assoc))) {
        cover(build, type, usctp__auth_active_key(build->assoc));
    }
}

/* --- Packets ---------------------------------------------------------------------------------- */

bool usctp__build_open(struct usctp__build *build, struct usctp__path *path, size_t min_len)
{
    const struct usctp__auth *auth = build->assoc->auth;
    size_t auth_room = USCTP__UNLIKELY(usctp__auth_agreed(build->assoc)) && auth->covers_data
                           ? auth->chunk_len
                           : 0;
    size_t limit = path->max_packet;
    bool may_fragment = min_len + auth_room > limit;
    uint8_t *room;

    USCTP__ASSERT(build->path == NULL);
    if (may_fragment) {
        limit = min_len + auth_room;
    }
    room = slab_room(build->assoc->core, limit);
    if (room == NULL) {
        return false;
    }
    build->path = path;
    build->w = usctp__writer_make(room, limit - auth_room);
    build->w.len = USCTP__PACKET_HEADER_LEN; /* written when the packet is closed */
    build->auth_pos = 0;
    build->auth_room = auth_room;
    build->has_data = false;
    build->has_old = false;
    build->has_chunks = false;
    build->has_sack = false;
    build->data_ok = false;
    build->closed = false;
    build->tag_zero = false;
    build->may_fragment = may_fragment;
    return true;
}

void usctp__build_ctrl(struct usctp__build *build, const struct usctp__ctrl *ctrl)
{
    cover_ctrl(build, ctrl->type);
    usctp__writer_bytes(&build->w, ctrl->bytes, ctrl->len);
    build->has_chunks = true;
    build->data_ok = build->data_ok || (ctrl->flags & USCTP__CTRL_DATA_OK) != 0;
    build->tag_zero = (ctrl->flags & USCTP__CTRL_TAG_ZERO) != 0;
    build->closed = (ctrl->flags & (USCTP__CTRL_ALONE | USCTP__CTRL_LAST)) != 0;
    if ((ctrl->flags & USCTP__CTRL_AGAIN) == 0) {
        usctp__count_ctrl(build->assoc);
    }
}

void usctp__build_sack(struct usctp__build *build)
{
    struct usctp_assoc *assoc = build->assoc;

    cover_ctrl(build, USCTP__CHUNK_SACK);
    usctp__rx_sack_write(assoc, &build->w, usctp__build_room(build));
    build->has_chunks = true;
    build->has_sack = true;
    usctp__count_ctrl(assoc);
}

/* Counts a chunk that is sent again. */
static void count_again(struct usctp_assoc *assoc, struct usctp__path *path, size_t len)
{
    usctp__rare(assoc)->retransmitted_chunks++;
    usctp__rare(assoc)->retransmitted_bytes += len;
    path->retransmit_cnt++;
}

/* Flags of a chunk (RFC 9260, 3.3.1). */
static uint8_t data_flags(const struct usctp__outmsg *msg, const struct usctp__txslot *slot,
                          bool immediate)
{
    unsigned flags = immediate ? USCTP__DATA_FLAG_IMMEDIATE : 0;

    if (slot->offset == 0 && !msg->continues) {
        flags |= USCTP__DATA_FLAG_BEGIN;
    }
    if (slot->offset + slot->len == msg->len && !usctp__outmsg_goes_on(msg)) {
        flags |= USCTP__DATA_FLAG_END;
        if ((msg->flags & USCTP_SEND_SACK_IMMEDIATELY) != 0) {
            flags |= USCTP__DATA_FLAG_IMMEDIATE;
        }
    }
    if (!usctp__outmsg_ordered(msg)) {
        flags |= USCTP__DATA_FLAG_UNORDERED;
    }
    return (uint8_t)flags;
}

/* Room for a chunk with its header written; NULL: it does not fit. */
static uint8_t *write_header(struct usctp__build *build, const struct usctp__data *data,
                             uint64_t tsn)
{
    const struct usctp__txring *ring = &build->assoc->tx.ring;

    if (USCTP__UNLIKELY(ring->interleaved)) {
        struct usctp__data with_fsn = *data;

        with_fsn.fsn = *usctp__txring_fsn(ring, tsn);
        return usctp__i_data_write(&build->w, &with_fsn);
    }
    return usctp__data_write(&build->w, data);
}

void usctp__build_data(struct usctp__build *build, uint64_t tsn, struct usctp__txslot *slot,
                       bool immediate)
{
    struct usctp_assoc *assoc = build->assoc;
    struct usctp__outmsg *msg = slot->msg;
    struct usctp__data data;
    uint8_t *payload;

    data.tsn = (uint32_t)tsn;
    data.sid = msg->stream->id;
    data.ssn = msg->ssn;
    data.ppid = msg->ppid;
    data.payload_len = slot->len;
    data.flags = data_flags(msg, slot, immediate);
    if (USCTP__UNLIKELY(usctp__auth_agreed(assoc))) {
        cover(build, usctp__auth_data_type(assoc), usctp__auth_message_key(assoc, msg));
    }
    payload = write_header(build, &data, tsn);
    USCTP__ASSERT(payload != NULL);
    if (payload == NULL) {
        return;
    }
    usctp__outmsg_copy(msg, slot->offset, payload, slot->len);
    if (USCTP__LIKELY(slot->tx_cnt == 0)) {
        usctp__count_first(assoc, msg);
        usctp__flight_sent_first(assoc, tsn, slot, build->path);
    } else {
        count_again(assoc, build->path, slot->len);
        build->has_old = true;
        usctp__flight_sent_again(assoc, tsn, slot, build->path);
    }
    slot->flags &= (uint8_t)~USCTP__TXSLOT_HEAD;
    if (!build->has_data) {
        slot->flags |= USCTP__TXSLOT_HEAD;
    }
    build->has_data = true;
    build->has_chunks = true;
    if ((data.flags & USCTP__DATA_FLAG_IMMEDIATE) != 0) {
        slot->flags |= USCTP__TXSLOT_ASKED;
    }
}

/* RFC 9653, 5: the peer takes packets without CRC32c, but for those with INIT or COOKIE ECHO, where the
 * lower layer sees to their integrity. Nor does SHUTDOWN ACK go without: a peer whose SHUTDOWN COMPLETE was
 * lost has no association any more that would take it. */
static bool needs_no_checksum(const struct usctp__build *build, const struct usctp__path *path)
{
    struct usctp__core *core = build->assoc->core;

    return !build->tag_zero && !build->data_ok &&
           build->assoc->state != USCTP_STATE_SHUTDOWN_ACK_SENT &&
           (core->ops->lower_flags(core, path->lower) & USCTP_LOWER_DTLS) != 0;
}

void usctp__build_close(struct usctp__build *build)
{
    struct usctp_assoc *assoc = build->assoc;
    struct usctp__core *core = assoc->core;
    struct usctp__path *path = build->path;
    size_t len = build->w.len;
    struct usctp_dgram *dgram;

    build->path = NULL;
    if (!build->has_chunks) {
        return;
    }
    USCTP__ASSERT(path != NULL && !build->w.failed);
    if (USCTP__UNLIKELY(build->auth_pos != 0)) {
        usctp__auth_sign(assoc, build->key, build->w.base + build->auth_pos, len - build->auth_pos);
    }
    if (USCTP__UNLIKELY((assoc->extensions & USCTP__EXT_ZERO_CHECKSUM) != 0) &&
        needs_no_checksum(build, path)) {
        usctp__seal_plain(core, build->w.base, len, assoc->my_port, assoc->peer_port,
                          assoc->peer_tag);
        core->stats.out_zero_checksums++;
    } else {
        usctp__seal(core, build->w.base, len, assoc->my_port, assoc->peer_port,
                    build->tag_zero ? 0 : assoc->peer_tag);
    }
    dgram = usctp__seal_commit(assoc, path, len);
    /* RFC 3168, 6.1.4, 6.1.5: with new data alone; and never beside what sets up. */
    if (USCTP__UNLIKELY((assoc->extensions & USCTP__EXT_ECN) != 0) && build->has_data &&
        !build->has_old && !build->data_ok) {
        dgram->ecn = usctp__ecn_codepoint(assoc, path);
    }
    if (USCTP__UNLIKELY(build->may_fragment)) {
        dgram->flags |= USCTP_DGRAM_MAY_FRAGMENT;
        path->oversize_cnt++;
    }
    if (build->has_sack && USCTP__UNLIKELY(assoc->ecn != NULL) && assoc->ecn->echo) {
        usctp__ecn_echo(assoc, path); /* RFC 3168, 6.1.3 */
    }
}

/* Room for what nothing would send again: behind the packets that a blocked lower layer holds back. */
static uint8_t *reply_room(struct usctp__core *core, size_t len)
{
    uint8_t *room = slab_room(core, len);

    if (room == NULL && core->blocked) {
        room = usctp__slab_reply_room(&core->slab, len);
        core->stats.dropped_blocked += room == NULL;
    } else if (room == NULL) {
        core->stats.dropped_memory++;
    }
    return room;
}

/* A packet of one chunk in the slab, not addressed yet, with AUTH if the association needs it for such
 * a chunk; NULL: no room. */
static struct usctp_dgram *single(struct usctp__core *core, struct usctp_assoc *owner,
                                  uint16_t src_port, uint16_t dst_port, uint32_t tag,
                                  const uint8_t *chunk, size_t len, uint32_t assoc_id,
                                  uint32_t path_id)
{
    size_t auth_len = owner != NULL ? usctp__auth_len(owner, chunk[0]) : 0;
    size_t packet_len = USCTP__PACKET_HEADER_LEN + auth_len + usctp__pad4(len);
    uint8_t *packet = reply_room(core, packet_len);
    struct usctp__writer w;

    if (packet == NULL) {
        return NULL;
    }
    w = usctp__writer_make(packet + USCTP__PACKET_HEADER_LEN,
                           packet_len - USCTP__PACKET_HEADER_LEN);
    if (auth_len > 0) {
        usctp__auth_begin(owner, usctp__auth_active_key(owner), &w);
    }
    usctp__writer_bytes(&w, chunk, len);
    usctp__writer_pad4(&w);
    if (auth_len > 0) {
        usctp__auth_sign(owner, usctp__auth_active_key(owner), w.base, w.len);
    }
    usctp__seal(core, packet, packet_len, src_port, dst_port, tag);
    core->stats.out_ctrl_chunks++;
    return usctp__slab_commit(&core->slab, packet_len, assoc_id, path_id);
}

/* A reply has no path whose limit is known; what is longer than this may be fragmented by IP. */
enum { PASSES_EVERYWHERE_LEN = 1200 };

static bool reply(struct usctp_dgram *dgram, const struct usctp_dgram *to)
{
    if (dgram == NULL) {
        return false;
    }
    dgram->local = to->local;
    dgram->remote = to->remote;
    dgram->local_udp_port = to->local_udp_port;
    dgram->remote_udp_port = to->remote_udp_port;
    dgram->lower = to->lower;
    if (dgram->len > PASSES_EVERYWHERE_LEN) {
        dgram->flags |=
            USCTP_DGRAM_MAY_FRAGMENT; /* RFC 9260, 3.3.3: an INIT ACK can be quite large */
    }
    return true;
}

bool usctp__output_reply(struct usctp__core *core, const struct usctp_dgram *to, uint16_t src_port,
                         uint16_t dst_port, uint32_t tag, const uint8_t *chunk, size_t len)
{
    return reply(single(core, NULL, src_port, dst_port, tag, chunk, len, 0, 0), to);
}

/* The association, if its packets may need AUTH. */
static struct usctp_assoc *auth_of(struct usctp_assoc *assoc)
{
    return usctp__auth_agreed(assoc) ? assoc : NULL;
}

bool usctp__output_reply_of(struct usctp_assoc *assoc, const struct usctp_dgram *to,
                            const uint8_t *chunk, size_t len)
{
    return reply(single(assoc->core, auth_of(assoc), assoc->my_port, assoc->peer_port,
                        assoc->peer_tag, chunk, len, 0, 0),
                 to);
}

/* A packet of one chunk to a path; NULL: no room. */
static struct usctp_dgram *single_to(struct usctp_assoc *assoc, struct usctp__path *path,
                                     uint32_t tag, const uint8_t *chunk, size_t len)
{
    struct usctp_dgram *dgram = single(assoc->core, auth_of(assoc), assoc->my_port,
                                       assoc->peer_port, tag, chunk, len, assoc->id, path->id);

    if (dgram != NULL) {
        usctp__seal_address(dgram, path);
        path->sent_packet_cnt++;
        path->sent_byte_cnt += dgram->len;
        assoc->counters.sent_packets++;
    }
    return dgram;
}

bool usctp__output_now(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t tag,
                       const uint8_t *chunk, size_t len)
{
    return single_to(assoc, path, tag, chunk, len) != NULL;
}

bool usctp__output_probe(struct usctp_assoc *assoc, struct usctp__path *path,
                         const struct usctp_dgram *to, const uint8_t *chunk, size_t len)
{
    struct usctp_dgram *dgram = single_to(assoc, path, assoc->peer_tag, chunk, len);

    if (dgram == NULL) {
        return false;
    }
    dgram->remote_udp_port = to->remote_udp_port;
    dgram->lower = to->lower;
    return true;
}

/* RFC 4820, 3 */
static void write_pad(struct usctp__writer *w, size_t len)
{
    uint8_t *pad = w->base + w->len;

    memset(pad, 0, len);
    pad[0] = USCTP__CHUNK_PAD;
    usctp__put16(pad + 2, (uint16_t)len);
    w->len += len;
}

bool usctp__output_padded(struct usctp_assoc *assoc, struct usctp__path *path, const uint8_t *chunk,
                          size_t len, size_t packet_len)
{
    struct usctp__core *core = assoc->core;
    size_t auth_len = usctp__auth_agreed(assoc) ? usctp__auth_len(assoc, chunk[0]) : 0;
    size_t least_len = USCTP__PACKET_HEADER_LEN + auth_len + len + USCTP__CHUNK_HEADER_LEN;
    struct usctp__writer w;
    struct usctp_dgram *dgram;
    uint8_t *packet;

    packet_len = USCTP__MAX(packet_len, least_len);
    packet = slab_room(core, packet_len);
    if (packet == NULL) {
        return false;
    }
    USCTP__ASSERT(len % 4 == 0 && packet_len % 4 == 0);
    w = usctp__writer_make(packet + USCTP__PACKET_HEADER_LEN,
                           packet_len - USCTP__PACKET_HEADER_LEN);
    if (auth_len > 0) {
        usctp__auth_begin(assoc, usctp__auth_active_key(assoc), &w);
    }
    usctp__writer_bytes(&w, chunk, len);
    write_pad(&w, w.cap - w.len);
    if (auth_len > 0) {
        usctp__auth_sign(assoc, usctp__auth_active_key(assoc), w.base, w.len);
    }
    usctp__seal(core, packet, packet_len, assoc->my_port, assoc->peer_port, assoc->peer_tag);
    core->stats.out_ctrl_chunks += 2;
    dgram = usctp__seal_commit(assoc, path, packet_len);
    dgram->flags |= USCTP_DGRAM_PROBE; /* RFC 8899, 3, 2 */
    return true;
}
