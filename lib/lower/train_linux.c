/* SPDX-License-Identifier: BSD-3-Clause */
/* Trains of packets on Linux. */
#include "lower/train_linux.h"

#include <errno.h>
#include <string.h>

#include "base/addr.h"

#if !defined(UDP_SEGMENT)
#define UDP_SEGMENT 103 /* older C libraries */
#endif
#if !defined(UDP_GRO)
#define UDP_GRO 104
#endif

void usctp__train_probe(struct usctp__socket *sock, uint32_t flags)
{
    int value = 0, on = 1;
    socklen_t len = sizeof(value);

    sock->trains = (flags & USCTP_DRIVER_NO_SEGMENTATION) == 0 &&
                   getsockopt((int)sock->fd, IPPROTO_UDP, UDP_SEGMENT, &value, &len) == 0;
    sock->coalesces = (flags & USCTP_DRIVER_NO_COALESCING) == 0 &&
                      setsockopt((int)sock->fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) == 0;
}

/* --- Forming trains --------------------------------------------------------------------------- */

/* True if `next`, which follows `last` in the array, may ride in the train that `first` begins. */
static bool joins(const struct usctp_dgram *first, const struct usctp_dgram *last,
                  const struct usctp_dgram *next)
{
    const uint32_t alone = USCTP_DGRAM_MAY_FRAGMENT | USCTP_DGRAM_PROBE;

    return next->data == last->data + last->len && next->len <= first->len && next->len > 0 &&
           last->len == first->len && (next->flags & alone) == 0 &&
           next->remote_udp_port == first->remote_udp_port && next->dscp == first->dscp &&
           next->ecn == first->ecn &&
           memcmp(&next->remote, &first->remote, sizeof(first->remote)) == 0 &&
           memcmp(&next->local, &first->local, sizeof(first->local)) == 0;
}

size_t usctp__train_cnt(struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    const struct usctp_dgram *last = dgrams;
    size_t cnt = 1, len = dgrams->len;

    if ((dgrams->flags & (USCTP_DGRAM_MAY_FRAGMENT | USCTP_DGRAM_PROBE)) != 0) {
        return 1;
    }
    while (cnt < n && cnt < USCTP__TRAIN_CNT) {
        const struct usctp_dgram *next = usctp__dgram_at(dgrams, cnt, stride);

        if (!joins(dgrams, last, next) || len + next->len > USCTP__TRAIN_LEN) {
            break;
        }
        len += next->len;
        last = next;
        cnt++;
    }
    return cnt;
}

void usctp__train_msg(struct usctp__posix_msg *msg, struct msghdr *hdr, struct usctp_dgram *dgrams,
                      size_t cnt, size_t stride)
{
    const struct usctp_dgram *last = usctp__dgram_at(dgrams, cnt - 1, stride);
    uint16_t segment_len = (uint16_t)dgrams->len; /* Below USCTP__TRAIN_LEN: there are two. */

    msg->iov.iov_len = (size_t)(last->data - dgrams->data) + last->len;
    usctp__posix_add_control(hdr, msg, IPPROTO_UDP, UDP_SEGMENT, &segment_len, sizeof(segment_len));
}

/* --- Refusals --------------------------------------------------------------------------------- */

/* EMSGSIZE: the packets are longer than the MTU of the route, where each of them might pass all the
 * same. EINVAL: so it was with older systems. EIO: the route encrypts, or its device computes no
 * checksums. The others: an older system, or another socket below. */
bool usctp__train_error(int error)
{
    return error == EMSGSIZE || error == EINVAL || error == EIO || error == ENOPROTOOPT ||
           error == EOPNOTSUPP;
}

void usctp__train_refuse(struct usctp__refusals *refusals, const struct usctp_dgram *dgram,
                         int error, uint64_t now_ts)
{
    struct usctp__refusal *refusal = NULL;

    for (size_t i = 0; i < refusals->cnt && refusal == NULL; i++) {
        if (usctp__addr_equal(&refusals->items[i].remote, &dgram->remote)) {
            refusal = &refusals->items[i];
        }
    }
    if (refusal == NULL) {
        refusal = &refusals->items[refusals->next];
        refusals->next = (refusals->next + 1) % USCTP__REFUSAL_CNT;
        refusals->cnt += refusals->cnt < USCTP__REFUSAL_CNT;
    }
    refusal->remote = dgram->remote;
    refusal->len = error == EMSGSIZE || error == EINVAL ? dgram->len : 0;
    refusal->until_ts = now_ts + USCTP__REFUSAL_DUR;
}

bool usctp__train_refused(const struct usctp__refusals *refusals, const struct usctp_dgram *dgram,
                          uint64_t now_ts)
{
    for (size_t i = 0; i < refusals->cnt; i++) {
        const struct usctp__refusal *refusal = &refusals->items[i];

        if (now_ts < refusal->until_ts && dgram->len >= refusal->len &&
            usctp__addr_equal(&refusal->remote, &dgram->remote)) {
            return true;
        }
    }
    return false;
}
