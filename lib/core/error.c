/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors between the peers: ABORT and ERROR, sent and received. */
#include "core/error.h"

#include "core/asconf.h"
#include "core/assoc.h"
#include "core/input.h"
#include "wire/abort_error.h"
#include "wire/cause.h"

enum { ABORT_ROOM_LEN = 1200 }; /* room for an ABORT of ours with its causes, padded */

/* Where an ABORT goes: as any reply, and before a path for data was chosen to the primary one. */
static struct usctp__path *abort_path(const struct usctp_assoc *assoc)
{
    struct usctp__path *path = usctp__path_to_reply(assoc);

    return path != NULL ? path : assoc->paths.primary;
}

static void send_abort(struct usctp_assoc *assoc, const uint8_t *causes, size_t causes_len)
{
    const struct usctp__packet_in *in = usctp__packet_at_hand(assoc);
    struct usctp__path *path = abort_path(assoc);
    uint8_t chunk[ABORT_ROOM_LEN];
    struct usctp__writer w;

    if (path == NULL || assoc->peer_tag == 0) {
        return; /* COOKIE-WAIT: the peer keeps nothing that could be aborted */
    }
    if (in != NULL && usctp__packet_has_abort(in)) {
        return; /* RFC 9260, 9.1 */
    }
    w = usctp__writer_make(chunk, sizeof(chunk));
    usctp__abort_write_causes(&w, false, causes, causes_len);
    if (!w.failed) {
        usctp__output_now(assoc, path, assoc->peer_tag, chunk, w.len);
    }
}

void usctp__abort_silently(struct usctp_assoc *assoc)
{
    assoc->core->stats.aborteds++;
    send_abort(assoc, NULL, 0);
}

void usctp__abort_causes(struct usctp_assoc *assoc, enum usctp_lost_reason reason,
                         const uint8_t *causes, size_t causes_len)
{
    if (assoc->ended) {
        return;
    }
    assoc->core->stats.aborteds++;
    send_abort(assoc, causes, causes_len);
    usctp__assoc_end(assoc, reason, usctp__cause_first(causes, causes_len), causes, causes_len);
}

void usctp__abort_violation(struct usctp_assoc *assoc, const char *text)
{
    uint8_t cause[128];
    struct usctp__writer w;

    w = usctp__writer_make(cause, sizeof(cause));
    usctp__cause_write_protocol_violation(&w, text); /* RFC 9260, 3.3.10.13 */
    usctp__log(&assoc->core->log, USCTP_LOG_INFO, text);
    usctp__abort_causes(assoc, USCTP_LOST_PROTOCOL, cause, w.failed ? 0 : w.len);
}

void usctp__abort_user(struct usctp_assoc *assoc, const void *reason, size_t reason_len)
{
    uint8_t cause[ABORT_ROOM_LEN];
    struct usctp__writer w;

    w = usctp__writer_make(cause, sizeof(cause));
    usctp__cause_write_user_abort(&w, reason, reason_len); /* RFC 9260, 9.1 and 3.3.10.12 */
    usctp__abort_causes(assoc, USCTP_LOST_LOCAL_ABORT, cause, w.failed ? 0 : w.len);
}

void usctp__error_reply(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                        const uint8_t *cause, size_t len)
{
    uint8_t chunk[USCTP__CAUSE_MAX_QUOTE_LEN + 16];
    struct usctp__writer w;
    size_t pos;

    if (assoc->peer_tag == 0) {
        return; /* COOKIE-WAIT: RFC 9260, 8.5.1 (A): only INIT goes out without a tag */
    }
    w = usctp__writer_make(chunk, sizeof(chunk));
    pos = usctp__error_begin(&w);
    usctp__writer_bytes(&w, cause, len);
    usctp__chunk_end(&w, pos);
    if (!w.failed) {
        usctp__ctrl_push(assoc, in != NULL ? in->path : NULL, USCTP__CTRL_REPLY, chunk, w.len);
    }
}

enum usctp__verdict usctp__on_abort(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                    const struct usctp__chunk *chunk)
{
    struct usctp__range causes = usctp__error_causes(chunk);
    uint16_t code = usctp__cause_first(causes.ptr, causes.len);
    bool reflected = (chunk->flags & USCTP__CHUNK_FLAG_T) != 0;

    /* RFC 9260, 8.5.1 (B) */
    if (in->tag != (reflected ? assoc->peer_tag : assoc->my_tag)) {
        assoc->core->stats.dropped_tag++;
        return USCTP__STOP;
    }
    if (usctp__asconf_deletes(assoc, &in->dgram->local)) {
        assoc->core->stats.dropped_unexpected++; /* RFC 5061, 5.3, F4: ignored there */
        return USCTP__STOP;
    }
    /* The INIT was taken for a restart from elsewhere: another port may fare better. */
    if (code == USCTP__CAUSE_RESTART_NEW_ENCAPS_PORT && assoc->state == USCTP_STATE_COOKIE_WAIT &&
        usctp__handshake_retry_port(assoc)) {
        return USCTP__STOP;
    }
    /* RFC 9260, 9.1: no ABORT answers an ABORT. */
    assoc->core->stats.aborteds++;
    usctp__assoc_end(assoc, USCTP_LOST_PEER_ABORT, code, causes.ptr, causes.len);
    return USCTP__GONE;
}

enum usctp__verdict usctp__on_error(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                    const struct usctp__chunk *chunk)
{
    struct usctp__range causes = usctp__error_causes(chunk);
    struct usctp__cause stale;
    uint32_t staleness_us;
    uint8_t type, flags;

    (void)in;
    if (usctp__error_find(chunk, USCTP__CAUSE_STALE_COOKIE, &stale)) {
        /* RFC 9260, 5.2.6: in any other state than COOKIE-ECHOED it is discarded silently. */
        if (assoc->state != USCTP_STATE_COOKIE_ECHOED ||
            !usctp__cause_stale_cookie(&stale, &staleness_us)) {
            assoc->core->stats.dropped_unexpected++;
            return USCTP__NEXT;
        }
        usctp__handshake_on_stale_cookie(assoc, staleness_us);
        return assoc->ended ? USCTP__GONE : USCTP__STOP;
    }
    if (usctp__error_find(chunk, USCTP__CAUSE_UNRECOGNIZED_CHUNK, &stale) &&
        usctp__cause_unrecognized_chunk(&stale, &type, &flags) && type == USCTP__CHUNK_ASCONF) {
        usctp__asconf_unknown(assoc); /* RFC 5061, 5.1, A9 */
    }
    if (causes.len > 0) {
        usctp__event_remote_error(assoc, usctp__cause_first(causes.ptr, causes.len), causes.ptr,
                                  causes.len);
    }
    return USCTP__NEXT;
}
