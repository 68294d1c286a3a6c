/* SPDX-License-Identifier: BSD-3-Clause */
/* Ancillary data. */
#include "socket/cmsg.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "socket/rxq.h"
#include "socket/sock.h"
#include "socket/table.h"

/* --- Reading ---------------------------------------------------------------------------------- */

void usctp__send_info_init(struct usctp__send_info *info)
{
    memset(&info->send, 0, sizeof(info->send));
    info->assoc_id = 0;
    info->addr_cnt = 0;
    info->has_send = info->has_init = info->has_pr = info->has_key = false;
}

void usctp__take_sndrcvinfo(struct usctp__send_info *info, const struct sctp_sndrcvinfo *given)
{
    info->send.stream = given->sinfo_stream;
    info->send.flags = given->sinfo_flags;
    info->send.ppid = given->sinfo_ppid;
    info->send.context = given->sinfo_context;
    info->send.time_to_live = given->sinfo_timetolive;
    info->assoc_id = given->sinfo_assoc_id;
    info->has_send = true;
}

void usctp__take_sndinfo(struct usctp__send_info *info, const struct sctp_sndinfo *given)
{
    info->send.stream = given->snd_sid;
    info->send.flags = given->snd_flags;
    info->send.ppid = given->snd_ppid;
    info->send.context = given->snd_context;
    info->assoc_id = given->snd_assoc_id;
    info->has_send = true;
}

int usctp__take_prinfo(struct usctp__send_info *info, const struct sctp_prinfo *given)
{
    if ((given->pr_policy & ~SCTP_PR_SCTP_MASK) != 0) {
        return -EINVAL;
    }
    info->pr = *given;
    if (given->pr_policy == SCTP_PR_SCTP_NONE) {
        info->pr.pr_value = 0;
    }
    info->has_pr = true;
    return 0;
}

static int take_address(struct usctp__send_info *info, uint8_t family, const uint8_t *bytes,
                        size_t len)
{
    if (info->addr_cnt == USCTP__SEND_ADDR_MAX) {
        return -EINVAL;
    }
    struct usctp_addr *addr = &info->addrs[info->addr_cnt++];
    memset(addr, 0, sizeof(*addr));
    addr->family = family;
    memcpy(addr->bytes, bytes, len);
    return 0;
}

/* One item; its data may lie anywhere in memory. */
static int take_item(struct usctp__send_info *info, int type, const uint8_t *data, size_t len)
{
    struct sctp_sndrcvinfo sndrcv;
    struct sctp_sndinfo snd;
    struct sctp_prinfo pr;
    struct sctp_authinfo auth;

    switch (type) {
    case SCTP_INIT:
        if (len != sizeof(info->init)) {
            return -EINVAL;
        }
        memcpy(&info->init, data, len);
        info->has_init = true;
        return 0;
    case SCTP_SNDRCV:
        if (len != sizeof(sndrcv) || info->has_send) {
            return -EINVAL;
        }
        memcpy(&sndrcv, data, len);
        usctp__take_sndrcvinfo(info, &sndrcv);
        return 0;
    case SCTP_SNDINFO:
        if (len != sizeof(snd) || info->has_send) {
            return -EINVAL;
        }
        memcpy(&snd, data, len);
        usctp__take_sndinfo(info, &snd);
        return 0;
    case SCTP_PRINFO:
        if (len != sizeof(pr)) {
            return -EINVAL;
        }
        memcpy(&pr, data, len);
        return usctp__take_prinfo(info, &pr);
    case SCTP_AUTHINFO:
        if (len != sizeof(auth)) {
            return -EINVAL;
        }
        memcpy(&auth, data, len);
        info->key = auth.auth_keynumber;
        info->has_key = true;
        return 0;
    case SCTP_DSTADDRV4:
        return len == 4 ? take_address(info, USCTP_AF_IPV4, data, len) : -EINVAL;
    case SCTP_DSTADDRV6:
        return len == 16 ? take_address(info, USCTP_AF_IPV6, data, len) : -EINVAL;
    default:
        return -EINVAL;
    }
}

int usctp__cmsg_read(const struct msghdr *msg, struct usctp__send_info *info)
{
    struct msghdr *walk = (struct msghdr *)(uintptr_t)msg; /* CMSG_NXTHDR wants it so */

    if (msg->msg_controllen > 0 && usctp__bad_pointer(msg->msg_control, msg->msg_controllen)) {
        return -EFAULT;
    }
    if (msg->msg_control == NULL || msg->msg_controllen < sizeof(struct cmsghdr)) {
        return 0;
    }
    for (struct cmsghdr *item = CMSG_FIRSTHDR(walk); item != NULL; item = CMSG_NXTHDR(walk, item)) {
        size_t header_len = CMSG_LEN(0);
        const uint8_t *end = (const uint8_t *)msg->msg_control + msg->msg_controllen;

        if (item->cmsg_len < header_len || item->cmsg_len > (size_t)(end - (const uint8_t *)item)) {
            return -EINVAL;
        }
        if (item->cmsg_level != IPPROTO_SCTP) {
            continue;
        }
        int err = take_item(info, item->cmsg_type, CMSG_DATA(item), item->cmsg_len - header_len);
        if (err != 0) {
            return err;
        }
    }
    return 0;
}

/* --- Writing ---------------------------------------------------------------------------------- */

static void fill_next(struct usctp__sock *sock, const struct usctp__rec *rec,
                      struct usctp__recv_info *info)
{
    const struct usctp__rec *next = usctp__rxq_second(sock, rec);
    struct sctp_nxtinfo *out = &info->next;

    info->has_next = next != NULL;
    if (next == NULL) {
        return;
    }
    out->nxt_sid = next->stream;
    out->nxt_ppid = htonl(next->ppid);
    out->nxt_length = next->len - next->offset;
    out->nxt_assoc_id = next->peer->id;
    if (next->kind == USCTP__REC_NOTE) {
        out->nxt_flags |= SCTP_NOTIFICATION;
    }
    if ((next->flags & USCTP_MESSAGE_UNORDERED) != 0) {
        out->nxt_flags |= SCTP_UNORDERED;
    }
    if ((next->flags & USCTP_MESSAGE_LAST) != 0) {
        out->nxt_flags |= SCTP_COMPLETE;
    }
}

static void fill_message(const struct usctp__rec *rec, struct usctp__recv_info *info)
{
    uint16_t flags = (rec->flags & USCTP_MESSAGE_UNORDERED) != 0 ? SCTP_UNORDERED : 0;

    info->sndrcv.sinfo_stream = rec->stream;
    info->sndrcv.sinfo_ssn = rec->ssn;
    info->sndrcv.sinfo_flags = flags;
    info->sndrcv.sinfo_ppid = htonl(rec->ppid);
    info->sndrcv.sinfo_context = rec->peer->opts.context;
    info->sndrcv.sinfo_tsn = rec->tsn;
    info->sndrcv.sinfo_cumtsn = rec->tsn;
    info->sndrcv.sinfo_assoc_id = rec->peer->id;
    info->rcv.rcv_sid = rec->stream;
    info->rcv.rcv_ssn = rec->ssn;
    info->rcv.rcv_flags = flags;
    info->rcv.rcv_ppid = htonl(rec->ppid);
    info->rcv.rcv_tsn = rec->tsn;
    info->rcv.rcv_cumtsn = rec->tsn;
    info->rcv.rcv_context = rec->peer->opts.context;
    info->rcv.rcv_assoc_id = rec->peer->id;
}

void usctp__recv_info(struct usctp__sock *sock, struct usctp__rec *rec, size_t room,
                      struct usctp__recv_info *info)
{
    memset(info, 0, sizeof(*info));
    info->is_note = rec->kind == USCTP__REC_NOTE;
    if (!info->is_note) {
        fill_message(rec, info);
    }
    /* The next message is told of with the last piece of this one. */
    if ((sock->opts.nxtinfo || sock->opts.ext_rcvinfo) && room >= rec->len - rec->offset) {
        fill_next(sock, rec, info);
    }
}

/* Appends an item. False: no room. */
static bool put(struct msghdr *msg, size_t *used, int type, const void *data, size_t len)
{
    struct cmsghdr *item;

    if (*used + CMSG_LEN(len) > msg->msg_controllen) {
        return false;
    }
    item = (struct cmsghdr *)(void *)((uint8_t *)msg->msg_control + *used);
    item->cmsg_level = IPPROTO_SCTP;
    item->cmsg_type = type;
    item->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(item), data, len);
    *used += CMSG_SPACE(len);
    if (*used > msg->msg_controllen) {
        *used = msg->msg_controllen;
    }
    return true;
}

bool usctp__wants_sndrcv(const struct usctp__sock *sock)
{
    return (sock->opts.peer.events & 1) != 0;
}

bool usctp__wants_info(const struct usctp__sock *sock)
{
    return sock->opts.rcvinfo || sock->opts.nxtinfo || usctp__wants_sndrcv(sock);
}

static void fill_extended(const struct usctp__recv_info *info, struct sctp_extrcvinfo *out)
{
    const struct sctp_sndrcvinfo *from = &info->sndrcv;

    memset(out, 0, sizeof(*out));
    out->sinfo_stream = from->sinfo_stream;
    out->sinfo_ssn = from->sinfo_ssn;
    out->sinfo_flags = from->sinfo_flags;
    out->sinfo_ppid = from->sinfo_ppid;
    out->sinfo_context = from->sinfo_context;
    out->sinfo_tsn = from->sinfo_tsn;
    out->sinfo_cumtsn = from->sinfo_cumtsn;
    out->sinfo_assoc_id = from->sinfo_assoc_id;
    if (!info->has_next) {
        return;
    }
    out->serinfo_next_flags = SCTP_NEXT_MSG_AVAIL;
    if ((info->next.nxt_flags & SCTP_COMPLETE) != 0) {
        out->serinfo_next_flags |= SCTP_NEXT_MSG_ISCOMPLETE;
    }
    if ((info->next.nxt_flags & SCTP_UNORDERED) != 0) {
        out->serinfo_next_flags |= SCTP_NEXT_MSG_IS_UNORDERED;
    }
    if ((info->next.nxt_flags & SCTP_NOTIFICATION) != 0) {
        out->serinfo_next_flags |= SCTP_NEXT_MSG_IS_NOTIFICATION;
    }
    out->serinfo_next_stream = info->next.nxt_sid;
    out->serinfo_next_aid = (uint32_t)info->next.nxt_assoc_id;
    out->serinfo_next_length = info->next.nxt_length;
    out->serinfo_next_ppid = info->next.nxt_ppid;
}

/* The structure of old, or its extension in its place (RFC 6458, 8.1.22). */
static bool put_sndrcv(const struct usctp__sock *sock, const struct usctp__recv_info *info,
                       struct msghdr *msg, size_t *used)
{
    struct sctp_extrcvinfo extended;

    if (!sock->opts.ext_rcvinfo) {
        return put(msg, used, SCTP_SNDRCV, &info->sndrcv, sizeof(info->sndrcv));
    }
    fill_extended(info, &extended);
    return put(msg, used, SCTP_EXTRCV, &extended, sizeof(extended));
}

void usctp__cmsg_write(const struct usctp__sock *sock, const struct usctp__recv_info *info,
                       struct msghdr *msg, int *flags)
{
    size_t used = 0;
    bool fits = true;

    if (sock->opts.nxtinfo && info->has_next) {
        fits = put(msg, &used, SCTP_NXTINFO, &info->next, sizeof(info->next)) && fits;
    }
    if (sock->opts.rcvinfo && !info->is_note) {
        fits = put(msg, &used, SCTP_RCVINFO, &info->rcv, sizeof(info->rcv)) && fits;
    }
    if (usctp__wants_sndrcv(sock) && !info->is_note) {
        fits = put_sndrcv(sock, info, msg, &used) && fits;
    }
    msg->msg_controllen = used;
    if (!fits) {
        *flags |= MSG_CTRUNC;
    }
}
