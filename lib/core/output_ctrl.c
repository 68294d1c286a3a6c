/* SPDX-License-Identifier: BSD-3-Clause */
/* Control chunks and SACKs on their way out (RFC 9260, 5.4, 6.2, 6.10). */
#include "core/asconf.h"
#include "core/round.h"
#include "core/rx_sack.h"

/* RFC 9260, 5.4: what may be sent to an address that is not confirmed. INIT goes where its user said,
 * which is confirmed; COOKIE ECHO too. */
static bool may_go_unconfirmed(const struct usctp__ctrl *ctrl)
{
    return ctrl->type == USCTP__CHUNK_HEARTBEAT || ctrl->type == USCTP__CHUNK_HEARTBEAT_ACK ||
           ctrl->type == USCTP__CHUNK_ASCONF ||
           ctrl->type == USCTP__CHUNK_ASCONF_ACK; /* RFC 5061, F1 */
}

static struct usctp__path *ctrl_path(const struct usctp_assoc *assoc,
                                     const struct usctp__ctrl *ctrl)
{
    struct usctp__path *path = NULL;

    if (ctrl->path_id != USCTP_PATH_ANY) {
        path = usctp__path_by_id(assoc, ctrl->path_id);
    }
    if (path == NULL ||
        (path->state == USCTP_PATH_UNCONFIRMED && (path->leaving || !may_go_unconfirmed(ctrl)))) {
        path = assoc->paths.data;
    }
    return path;
}

static struct usctp__ctrl *ctrl_of(struct usctp__qlink *link)
{
    return link == NULL ? NULL : USCTP__CONTAINER_OF(link, struct usctp__ctrl, link);
}

/* The chunk to begin the next packet with: what must be first, then what goes elsewhere, so that the
 * last packet is one that DATA can share. */
static struct usctp__ctrl *first_ctrl(const struct usctp_assoc *assoc)
{
    struct usctp__qlink *first = usctp__queue_peek(&assoc->ctrl.queue);

    if (first == NULL || (ctrl_of(first)->flags & USCTP__CTRL_FIRST) != 0) {
        return ctrl_of(first);
    }
    for (struct usctp__qlink *link = first; link != NULL; link = link->next) {
        if (ctrl_path(assoc, ctrl_of(link)) != assoc->paths.data) {
            return ctrl_of(link);
        }
    }
    return ctrl_of(first);
}

/* After a change of all addresses no path is confirmed: what must not go there waits (RFC 5061, 5.3,
 * F14). */
static bool must_wait(const struct usctp_assoc *assoc, const struct usctp__ctrl *ctrl)
{
    return USCTP__UNLIKELY(usctp__asconf_of(assoc) != NULL) && usctp__sends_data(assoc->state) &&
           ctrl_path(assoc, ctrl)->state == USCTP_PATH_UNCONFIRMED && !may_go_unconfirmed(ctrl);
}

/* The first chunk that may go although the one before it may not; NULL: none. */
static struct usctp__ctrl *first_not_waiting(const struct usctp_assoc *assoc)
{
    struct usctp__qlink *link = usctp__queue_peek(&assoc->ctrl.queue);

    while (link != NULL && must_wait(assoc, ctrl_of(link))) {
        link = link->next;
    }
    return ctrl_of(link);
}

/* Appends what waits for the path of the packet at hand, as far as it fits. */
static void fill_with_ctrl(struct usctp__round *r)
{
    struct usctp_assoc *assoc = r->assoc;
    struct usctp__qlink *prev = NULL;
    struct usctp__qlink *link = usctp__queue_peek(&assoc->ctrl.queue);

    while (link != NULL) {
        struct usctp__ctrl *ctrl = ctrl_of(link);
        bool alone = (ctrl->flags & USCTP__CTRL_ALONE) != 0;

        link = link->next;
        if (ctrl_path(assoc, ctrl) == r->build.path && !must_wait(assoc, ctrl) &&
            (!alone || !r->build.has_chunks) &&
            ctrl->len + usctp__build_auth_len(&r->build, ctrl->type) <=
                usctp__build_room(&r->build)) {
            usctp__build_ctrl(&r->build, ctrl);
            usctp__queue_remove_after(&assoc->ctrl.queue, prev);
            usctp__ctrl_free(assoc, ctrl);
        } else {
            prev = &ctrl->link;
        }
    }
}

void usctp__round_ctrl(struct usctp__round *r)
{
    struct usctp__ctrl *ctrl;

    while (!r->stopped && (ctrl = first_ctrl(r->assoc)) != NULL) {
        struct usctp__path *path;

        if (must_wait(r->assoc, ctrl) && (ctrl = first_not_waiting(r->assoc)) == NULL) {
            return;
        }
        path = ctrl_path(r->assoc, ctrl);
        usctp__round_close(r);
        if (path == NULL || !usctp__round_open(r, path,
                                               USCTP__PACKET_HEADER_LEN + (size_t)ctrl->len +
                                                   usctp__build_auth_len(&r->build, ctrl->type))) {
            return;
        }
        fill_with_ctrl(r);
    }
}

void usctp__round_due_sack(struct usctp__round *r)
{
    struct usctp__path *path = usctp__rx_sack_path(r->assoc);

    if (path != r->build.path || usctp__build_room(&r->build) < usctp__rx_sack_max_len(r->assoc)) {
        if (path == NULL || !usctp__round_open(r, path, 0)) {
            return;
        }
    }
    usctp__build_sack(&r->build);
}
