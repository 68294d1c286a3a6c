/* SPDX-License-Identifier: BSD-3-Clause */
/* Notifications. */
#include "socket/notify.h"

#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "socket/opt.h"
#include "socket/peer.h"
#include "socket/rxq.h"
#include "socket/sock.h"

uint32_t usctp__event_bit(uint16_t type)
{
    if (type >= SCTP_SN_TYPE_BASE && type < SCTP_SN_TYPE_BASE + 24) {
        return 1u << (type - SCTP_SN_TYPE_BASE);
    }
    return 0;
}

static bool wanted(const struct usctp__peer *peer, uint16_t type)
{
    return (peer->opts.events & usctp__event_bit(type)) != 0;
}

/* --- Associations ----------------------------------------------------------------------------- */

static void note_auth(struct usctp__sock *sock, struct usctp__peer *peer, uint32_t indication,
                      uint16_t key)
{
    struct sctp_authkey_event *note;

    if (!wanted(peer, SCTP_AUTHENTICATION_EVENT) ||
        (note = usctp__rxq_note(sock, peer, sizeof(*note))) == NULL) {
        return;
    }
    note->auth_type = SCTP_AUTHENTICATION_EVENT;
    note->auth_length = sizeof(*note);
    note->auth_keynumber = key;
    note->auth_indication = indication;
    note->auth_assoc_id = peer->id;
}

void usctp__note_auth(struct usctp__sock *sock, struct usctp__peer *peer,
                      const struct usctp_event *event)
{
    if (event->u.auth.change == USCTP_AUTH_NEW_KEY) {
        note_auth(sock, peer, SCTP_AUTH_NEW_KEY, event->u.auth.key);
    } else if (event->u.auth.change == USCTP_AUTH_FREE_KEY) {
        note_auth(sock, peer, SCTP_AUTH_FREE_KEY, event->u.auth.key);
    } /* USCTP_AUTH_NONE was told behind COMM_UP */
}

void usctp__note_assoc_change(struct usctp__sock *sock, struct usctp__peer *peer, uint16_t state,
                              uint16_t error, const uint8_t *causes, size_t causes_len)
{
    struct sctp_assoc_change *note;
    size_t len = sizeof(*note) + causes_len;

    if (wanted(peer, SCTP_ASSOC_CHANGE) && (note = usctp__rxq_note(sock, peer, len)) != NULL) {
        note->sac_type = SCTP_ASSOC_CHANGE;
        note->sac_length = (uint32_t)len;
        note->sac_state = state;
        note->sac_error = error;
        note->sac_outbound_streams = peer->out_streams;
        note->sac_inbound_streams = peer->in_streams;
        note->sac_assoc_id = peer->id;
        if (causes_len > 0) {
            memcpy(note + 1, causes, causes_len);
        }
    }
    if (state == SCTP_COMM_UP && (usctp_assoc_extensions(peer->assoc) & USCTP_EXT_AUTH) == 0) {
        note_auth(sock, peer, SCTP_AUTH_NO_AUTH, 0);
    }
}

void usctp__note_shutdown(struct usctp__sock *sock, struct usctp__peer *peer)
{
    struct sctp_shutdown_event *note;

    if (!wanted(peer, SCTP_SHUTDOWN_EVENT) ||
        (note = usctp__rxq_note(sock, peer, sizeof(*note))) == NULL) {
        return;
    }
    note->sse_type = SCTP_SHUTDOWN_EVENT;
    note->sse_length = sizeof(*note);
    note->sse_assoc_id = peer->id;
}

void usctp__note_remote_error(struct usctp__sock *sock, struct usctp__peer *peer,
                              const struct usctp_event *event)
{
    struct sctp_remote_error *note;
    size_t header_len = offsetof(struct sctp_remote_error, sre_data);
    size_t len = header_len + event->u.remote_error.causes_len;

    if (!wanted(peer, SCTP_REMOTE_ERROR) || (note = usctp__rxq_note(sock, peer, len)) == NULL) {
        return;
    }
    note->sre_type = SCTP_REMOTE_ERROR;
    note->sre_length = (uint32_t)len;
    note->sre_error = htons(event->u.remote_error.cause);
    note->sre_assoc_id = peer->id;
    if (event->u.remote_error.causes_len > 0) {
        memcpy((uint8_t *)note + header_len, event->u.remote_error.causes,
               event->u.remote_error.causes_len);
    }
}

/* --- Paths ------------------------------------------------------------------------------------ */

/* The state that says so, or -1: not told to programs. */
static int state_of(int change)
{
    switch (change) {
    case USCTP_PATH_CHANGE_ADDED:
        return SCTP_ADDR_ADDED;
    case USCTP_PATH_CHANGE_CONFIRMED:
        return SCTP_ADDR_CONFIRMED;
    case USCTP_PATH_CHANGE_DOWN:
        return SCTP_ADDR_UNREACHABLE;
    case USCTP_PATH_CHANGE_UP:
        return SCTP_ADDR_AVAILABLE;
    case USCTP_PATH_CHANGE_PRIMARY:
        return SCTP_ADDR_MADE_PRIM;
    case USCTP_PATH_CHANGE_REMOVED:
        return SCTP_ADDR_REMOVED;
    case USCTP_PATH_CHANGE_POTENTIALLY_FAILED:
        return SCTP_ADDR_POTENTIALLY_FAILED; /* RFC 7829, 7.1 */
    default:
        return -1;
    }
}

/* Programs know addresses, each of which may be on several paths: the first one adds it, the last one that
 * goes removes it. */
static bool of_other_path(const struct usctp__peer *peer, const struct usctp_event *event)
{
    usctp_path_id ids[USCTP__OPT_PATH_MAX];
    size_t cnt = usctp__opt_paths(peer, &event->u.path.remote, ids);

    for (size_t i = 0; i < cnt; i++) {
        if (event->u.path.change == USCTP_PATH_CHANGE_REMOVED ||
            (event->u.path.change == USCTP_PATH_CHANGE_ADDED && ids[i] < event->u.path.id)) {
            return true;
        }
    }
    return false;
}

void usctp__note_path(struct usctp__sock *sock, struct usctp__peer *peer,
                      const struct usctp_event *event)
{
    struct sctp_paddr_change *note;
    struct sockaddr_storage sa;
    struct usctp__name name = peer->name;
    int state = state_of(event->u.path.change);

    if (state < 0 || !wanted(peer, SCTP_PEER_ADDR_CHANGE) || of_other_path(peer, event) ||
        (note = usctp__rxq_note(sock, peer, sizeof(*note))) == NULL) {
        return;
    }
    name.addr = event->u.path.remote;
    (void)usctp__sockaddr_out(&sa, &name, sock->domain, sock->opts.mapped);
    note->spc_type = SCTP_PEER_ADDR_CHANGE;
    note->spc_length = sizeof(*note);
    memcpy(&note->spc_aaddr, &sa, sizeof(sa));
    note->spc_state = state;
    note->spc_assoc_id = peer->id;
}

/* --- Data ------------------------------------------------------------------------------------- */

static void copy_bytes(uint8_t *dst, const struct usctp_event *event)
{
    for (size_t i = 0; i < event->u.send_failed.iov_cnt; i++) {
        const struct usctp_iov *iov = &event->u.send_failed.iov[i];

        memcpy(dst, iov->base, iov->len);
        dst += iov->len;
    }
}

static uint16_t flags_of(const struct usctp_send_info *info)
{
    return (info->flags & USCTP_SEND_UNORDERED) != 0 ? SCTP_UNORDERED : 0;
}

static void note_send_failed_old(struct usctp__sock *sock, struct usctp__peer *peer,
                                 const struct usctp_event *event)
{
    const struct usctp_send_info *info = &event->u.send_failed.info;
    size_t header_len = offsetof(struct sctp_send_failed, ssf_data);
    size_t len = header_len + event->u.send_failed.len;
    struct sctp_send_failed *note = usctp__rxq_note(sock, peer, len);

    if (note == NULL) {
        return;
    }
    note->ssf_type = SCTP_SEND_FAILED;
    note->ssf_flags = event->u.send_failed.sent ? SCTP_DATA_SENT : SCTP_DATA_UNSENT;
    note->ssf_length = (uint32_t)len;
    note->ssf_error = event->u.send_failed.cause;
    note->ssf_info.sinfo_stream = info->stream;
    note->ssf_info.sinfo_flags = flags_of(info);
    note->ssf_info.sinfo_ppid = htonl(info->ppid);
    note->ssf_info.sinfo_context = (uint32_t)(uintptr_t)info->context;
    note->ssf_info.sinfo_assoc_id = peer->id;
    note->ssf_assoc_id = peer->id;
    copy_bytes((uint8_t *)note + header_len, event);
}

static void note_send_failed_new(struct usctp__sock *sock, struct usctp__peer *peer,
                                 const struct usctp_event *event)
{
    const struct usctp_send_info *info = &event->u.send_failed.info;
    size_t header_len = offsetof(struct sctp_send_failed_event, ssf_data);
    size_t len = header_len + event->u.send_failed.len;
    struct sctp_send_failed_event *note = usctp__rxq_note(sock, peer, len);

    if (note == NULL) {
        return;
    }
    note->ssf_type = SCTP_SEND_FAILED_EVENT;
    note->ssf_flags = event->u.send_failed.sent ? SCTP_DATA_SENT : SCTP_DATA_UNSENT;
    note->ssf_length = (uint32_t)len;
    note->ssf_error = event->u.send_failed.cause;
    note->ssfe_info.snd_sid = info->stream;
    note->ssfe_info.snd_flags = flags_of(info);
    note->ssfe_info.snd_ppid = htonl(info->ppid);
    note->ssfe_info.snd_context = (uint32_t)(uintptr_t)info->context;
    note->ssfe_info.snd_assoc_id = peer->id;
    note->ssf_assoc_id = peer->id;
    copy_bytes((uint8_t *)note + header_len, event);
}

void usctp__note_send_failed(struct usctp__sock *sock, struct usctp__peer *peer,
                             const struct usctp_event *event)
{
    if (wanted(peer, SCTP_SEND_FAILED)) {
        note_send_failed_old(sock, peer, event);
    }
    if (wanted(peer, SCTP_SEND_FAILED_EVENT)) {
        note_send_failed_new(sock, peer, event);
    }
}

/* RFC 6458, 6.1.7: also where a part of it was not read yet. */
static void note_unfinished(struct usctp__sock *sock, struct usctp__peer *peer, uint16_t stream,
                            uint16_t ssn)
{
    struct sctp_pdapi_event *note;

    usctp__rxq_break(sock, peer, stream);
    if (!wanted(peer, SCTP_PARTIAL_DELIVERY_EVENT) ||
        (note = usctp__rxq_note(sock, peer, sizeof(*note))) == NULL) {
        return;
    }
    note->pdapi_type = SCTP_PARTIAL_DELIVERY_EVENT;
    note->pdapi_length = sizeof(*note);
    note->pdapi_indication = SCTP_PARTIAL_DELIVERY_ABORTED;
    note->pdapi_stream = stream;
    note->pdapi_seq = ssn;
    note->pdapi_assoc_id = peer->id;
}

void usctp__note_break(struct usctp__sock *sock, struct usctp__peer *peer)
{
    while (!usctp__list_empty(&peer->open)) {
        const struct usctp__rec *mark =
            USCTP__CONTAINER_OF(peer->open.next, struct usctp__rec, link);

        note_unfinished(sock, peer, mark->stream, mark->ssn);
    }
}

void usctp__note_given_up(struct usctp__sock *sock, struct usctp__peer *peer,
                          const struct usctp_event *event)
{
    note_unfinished(sock, peer, event->u.partial_aborted.stream,
                    (uint16_t)event->u.partial_aborted.ssn);
}

/* --- Stream reconfiguration ------------------------------------------------------------------- */

/* The flag for how a request ended; all three notifications have the same. */
static uint16_t reconf_flag(int result)
{
    switch (result) {
    case USCTP_RECONF_DONE:
    case USCTP_RECONF_NOTHING: /* a success (4.4) that changed nothing */
        return 0;
    case USCTP_RECONF_DENIED:
        return SCTP_STREAM_RESET_DENIED;
    default:
        return SCTP_STREAM_RESET_FAILED;
    }
}

void usctp__note_streams_reset(struct usctp__sock *sock, struct usctp__peer *peer,
                               const struct usctp_event *event)
{
    struct sctp_stream_reset_event *note;
    size_t list_len = event->u.streams_reset.stream_cnt * sizeof(uint16_t);
    size_t len = sizeof(*note) + list_len;

    if (!wanted(peer, SCTP_STREAM_RESET_EVENT) ||
        (note = usctp__rxq_note(sock, peer, len)) == NULL) {
        return;
    }
    note->strreset_type = SCTP_STREAM_RESET_EVENT;
    note->strreset_flags = reconf_flag(event->u.streams_reset.result);
    if ((event->u.streams_reset.flags & USCTP_RESET_IN) != 0) {
        note->strreset_flags |= SCTP_STREAM_RESET_INCOMING_SSN;
    }
    if ((event->u.streams_reset.flags & USCTP_RESET_OUT) != 0) {
        note->strreset_flags |= SCTP_STREAM_RESET_OUTGOING_SSN;
    }
    note->strreset_length = (uint32_t)len;
    note->strreset_assoc_id = peer->id;
    if (list_len > 0) {
        memcpy(note->strreset_stream_list, event->u.streams_reset.streams, list_len);
    }
}

void usctp__note_assoc_reset(struct usctp__sock *sock, struct usctp__peer *peer,
                             const struct usctp_event *event)
{
    struct sctp_assoc_reset_event *note;

    if (!wanted(peer, SCTP_ASSOC_RESET_EVENT) ||
        (note = usctp__rxq_note(sock, peer, sizeof(*note))) == NULL) {
        return;
    }
    note->assocreset_type = SCTP_ASSOC_RESET_EVENT;
    note->assocreset_flags = reconf_flag(event->u.assoc_reset.result);
    note->assocreset_length = sizeof(*note);
    note->assocreset_assoc_id = peer->id;
    note->assocreset_local_tsn = event->u.assoc_reset.local_tsn;
    note->assocreset_remote_tsn = event->u.assoc_reset.remote_tsn;
}

void usctp__note_streams_added(struct usctp__sock *sock, struct usctp__peer *peer,
                               const struct usctp_event *event)
{
    struct sctp_stream_change_event *note;

    if (!wanted(peer, SCTP_STREAM_CHANGE_EVENT) ||
        (note = usctp__rxq_note(sock, peer, sizeof(*note))) == NULL) {
        return;
    }
    note->strchange_type = SCTP_STREAM_CHANGE_EVENT;
    note->strchange_flags = reconf_flag(event->u.streams_added.result);
    note->strchange_length = sizeof(*note);
    note->strchange_assoc_id = peer->id;
    note->strchange_instrms = event->u.streams_added.in_streams;
    note->strchange_outstrms = event->u.streams_added.out_streams;
}

void usctp__note_adaptation(struct usctp__sock *sock, struct usctp__peer *peer, uint32_t indication)
{
    struct sctp_adaptation_event *note;

    if (!wanted(peer, SCTP_ADAPTATION_INDICATION) ||
        (note = usctp__rxq_note(sock, peer, sizeof(*note))) == NULL) {
        return;
    }
    note->sai_type = SCTP_ADAPTATION_INDICATION;
    note->sai_length = sizeof(*note);
    note->sai_adaptation_ind = indication;
    note->sai_assoc_id = peer->id;
}

void usctp__note_dry(struct usctp__sock *sock, struct usctp__peer *peer)
{
    struct sctp_sender_dry_event *note;

    if (!wanted(peer, SCTP_SENDER_DRY_EVENT) ||
        (note = usctp__rxq_note(sock, peer, sizeof(*note))) == NULL) {
        return;
    }
    note->sender_dry_type = SCTP_SENDER_DRY_EVENT;
    note->sender_dry_length = sizeof(*note);
    note->sender_dry_assoc_id = peer->id;
}

void usctp__note_stopped(struct usctp__sock *sock, struct usctp__peer *peer)
{
    struct usctp__stopped_note {
        uint16_t type, flags;
        uint32_t length;
        sctp_assoc_t assoc_id;
    } * note;

    sock->rxq.notes_stopped = false;
    note = usctp__rxq_note(sock, peer, sizeof(*note));
    if (note != NULL) {
        note->type = SCTP_NOTIFICATIONS_STOPPED_EVENT;
        note->length = sizeof(*note);
        note->assoc_id = peer->id;
    }
}
