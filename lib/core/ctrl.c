/* SPDX-License-Identifier: BSD-3-Clause */
/* Control chunks that wait for output. */
#include "core/ctrl.h"

#include <string.h>

#include "base/compiler.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/input.h"

static struct usctp__ctrl *ctrl_of(struct usctp__qlink *link)
{
    return link == NULL ? NULL : USCTP__CONTAINER_OF(link, struct usctp__ctrl, link);
}

void usctp__ctrl_free(struct usctp_assoc *assoc, struct usctp__ctrl *ctrl)
{
    assoc->ctrl.byte_cnt -= ctrl->len;
    if ((ctrl->flags & USCTP__CTRL_REPLY) != 0) {
        assoc->ctrl.reply_cnt -= ctrl->len;
    }
    usctp__bufpool_put(&assoc->core->bufs, ctrl, ctrl->cap);
}

struct usctp__ctrl *usctp__ctrl_pop(struct usctp_assoc *assoc)
{
    return ctrl_of(usctp__queue_pop(&assoc->ctrl.queue));
}

struct usctp__ctrl *usctp__ctrl_peek(const struct usctp_assoc *assoc)
{
    return ctrl_of(usctp__queue_peek(&assoc->ctrl.queue));
}

/* Drops those that `match` type and, unless it is USCTP_PATH_ANY, path; replies only on `replies`. */
static void drop_matching(struct usctp_assoc *assoc, uint8_t type, usctp_path_id path_id,
                          bool any_path, bool replies)
{
    struct usctp__qlink *prev = NULL;
    struct usctp__qlink *link = usctp__queue_peek(&assoc->ctrl.queue);

    while (link != NULL) {
        struct usctp__ctrl *ctrl = ctrl_of(link);
        bool reply = (ctrl->flags & USCTP__CTRL_REPLY) != 0;

        link = link->next;
        if (ctrl->type == type && (any_path || ctrl->path_id == path_id) && (replies || !reply)) {
            usctp__queue_remove_after(&assoc->ctrl.queue, prev);
            usctp__ctrl_free(assoc, ctrl);
        } else {
            prev = &ctrl->link;
        }
    }
}

/* Bytes of chunks in one packet to this path. */
static size_t room_of(const struct usctp_assoc *assoc, const struct usctp__path *path)
{
    size_t max_packet = path != NULL ? path->max_packet : usctp__params(assoc)->max_packet;

    return max_packet - USCTP__PACKET_HEADER_LEN;
}

/* Bytes of AUTH in the packet that answers the one at hand, with a chunk of this type in it, too (RFC 5061, 5.2, E7). */
static size_t auth_len(const struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                       uint8_t type)
{
    size_t len = USCTP__UNLIKELY(assoc->auth != NULL) ? usctp__auth_len(assoc, type) : 0;

    return USCTP__MAX(in->auth_len, len);
}

/* True if the received packet at hand, and the queue, bear another reply of this type and length. */
static bool reply_allowed(const struct usctp_assoc *assoc, const struct usctp__path *path,
                          uint8_t type, size_t len)
{
    const struct usctp__packet_in *in = usctp__packet_at_hand(assoc);

    if (assoc->ctrl.reply_cnt + len > USCTP__CTRL_REPLY_MAX) {
        return false;
    }
    if (in == NULL) {
        return true;
    }
    /* RFC 9260, 12.4: one packet of control chunks answers one packet, at most. */
    return in->reply_len + in->must_len + auth_len(assoc, in, type) + len <= room_of(assoc, path);
}

/* What must answer the packet at hand takes its place in the one packet that may, at need that of a HEARTBEAT
 * ACK. */
static void make_room(struct usctp_assoc *assoc, const struct usctp__path *path, uint8_t type,
                      size_t len)
{
    struct usctp__packet_in *in = usctp__packet_at_hand(assoc);

    if (in == NULL || (type != USCTP__CHUNK_COOKIE_ACK && type != USCTP__CHUNK_SHUTDOWN &&
                       type != USCTP__CHUNK_SHUTDOWN_ACK)) {
        return;
    }
    in->must_len += len;
    in->auth_len = auth_len(assoc, in, type);
    if (in->reply_len > 0 && in->reply_len + in->must_len + in->auth_len > room_of(assoc, path)) {
        usctp__ctrl_cancel(assoc, USCTP__CHUNK_HEARTBEAT_ACK);
    }
}

bool usctp__ctrl_push(struct usctp_assoc *assoc, const struct usctp__path *path, unsigned flags,
                      const uint8_t *chunk, size_t len)
{
    usctp_path_id path_id = path != NULL ? path->id : USCTP_PATH_ANY;
    bool reply = (flags & USCTP__CTRL_REPLY) != 0;
    struct usctp__packet_in *in = usctp__packet_at_hand(assoc);
    struct usctp__ctrl *ctrl;
    size_t cap;

    /* What a peer sends over a lower layer of its own may be longer than any packet of ours. */
    if (reply && !reply_allowed(assoc, path, chunk[0], len)) {
        assoc->core->stats.dropped_rate++;
        return false;
    }
    USCTP__ASSERT(len >= USCTP__CHUNK_HEADER_LEN && len % 4 == 0 && len <= USCTP__PACKET_MAX);
    ctrl = usctp__bufpool_get(&assoc->core->bufs, offsetof(struct usctp__ctrl, bytes) + len, &cap);
    if (ctrl == NULL) {
        assoc->core->stats.dropped_memory++;
        return false;
    }
    if (!reply) {
        drop_matching(assoc, chunk[0], path_id, false, false);
        make_room(assoc, path, chunk[0], len);
    }
    ctrl->cap = cap;
    ctrl->path_id = path_id;
    ctrl->len = (uint16_t)len;
    ctrl->flags = (uint8_t)flags;
    ctrl->type = chunk[0];
    memcpy(ctrl->bytes, chunk, len);
    assoc->ctrl.byte_cnt += (uint32_t)len;
    if (reply) {
        assoc->ctrl.reply_cnt += (uint32_t)len;
        if (in != NULL) {
            in->reply_len += len;
            in->auth_len = auth_len(assoc, in, chunk[0]);
        }
    }
    if ((flags & USCTP__CTRL_FIRST) != 0) {
        usctp__queue_push_front(&assoc->ctrl.queue, &ctrl->link);
    } else {
        usctp__queue_push(&assoc->ctrl.queue, &ctrl->link);
    }
    usctp__assoc_touch(assoc);
    return true;
}

void usctp__ctrl_cancel(struct usctp_assoc *assoc, uint8_t type)
{
    drop_matching(assoc, type, USCTP_PATH_ANY, true, true);
}

void usctp__ctrl_clear(struct usctp_assoc *assoc)
{
    struct usctp__ctrl *ctrl;

    while ((ctrl = usctp__ctrl_pop(assoc)) != NULL) {
        usctp__ctrl_free(assoc, ctrl);
    }
}
