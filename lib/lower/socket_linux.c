/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagram sockets of Linux: whole batches with one system call, and the error queue, which keeps
 * each ICMP message with the packet it quotes until it is read.
 *
 * With an error queue each ICMP message also becomes the result of some later call, whatever that
 * was about. So an error of recvmmsg or sendmmsg means first of all: read the queue, try again.
 */
#include "lower/socket_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <linux/errqueue.h>

#include "base/addr.h"
#include "base/time.h"

enum {
    ERRORS_READ_MAX = 128, /* entries read to find the size that a packet was too big for */
    SLEEP_MIN_MS = 16,  /* twice the longest tick of the system, which a sleep may take too long */
    SLEEP_MAX_MS = 1024 /* also where something keeps wake-ups away */
};

int usctp__linux_open(struct usctp_driver *driver, struct usctp__socket *sock, uint16_t port,
                      const struct usctp_driver_config *config, int *os_error)
{
    bool v6 = sock->addr.family == USCTP_AF_IPV6;
    int on = 1;
    int err = usctp__posix_open(driver, sock, port, config, os_error);

    if (err == 0) {
        /* Without it nothing is lost but the news of ICMP. */
        setsockopt((int)sock->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR,
                   &on, sizeof(on));
        if (!driver->io->raw) {
            usctp__train_probe(sock, config->flags);
        }
    }
    return err;
}

/* --- The error queue -------------------------------------------------------------------------- */

/* Finds the description of the error in the ancillary data. */
static bool find_error(struct msghdr *hdr, struct sock_extended_err *error)
{
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(hdr); cmsg != NULL; cmsg = CMSG_NXTHDR(hdr, cmsg)) {
        bool v4 = cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR;
        bool v6 = cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR;

        if ((v4 || v6) && cmsg->cmsg_len >= CMSG_LEN(sizeof(*error))) {
            memcpy(error, CMSG_DATA(cmsg), sizeof(*error));
            return true;
        }
    }
    return false;
}

/* Makes an ICMP message for the stack of an entry. The payload of the entry is that of the quoted
 * packet, which is the SCTP packet; its name is where that was sent to. */
static void fill_icmp(const struct usctp_driver *driver, const struct usctp__socket *sock,
                      const struct sock_extended_err *error, struct msghdr *hdr,
                      struct usctp__driver_icmp *kept, size_t len)
{
    uint8_t family = error->ee_origin == SO_EE_ORIGIN_ICMP ? USCTP_AF_IPV4 : USCTP_AF_IPV6;
    struct usctp_icmp *icmp = &kept->icmp;
    struct usctp_dgram carrier;

    /* The ICMP message went to the address that the quoted packet came from. */
    memset(&carrier, 0, sizeof(carrier));
    usctp__posix_read_control(hdr, &carrier);
    memset(icmp, 0, sizeof(*icmp));
    icmp->size = sizeof(*icmp);
    icmp->kind = usctp__driver_icmp_kind(family, error->ee_type, error->ee_code, driver->io->raw);
    if (icmp->kind == USCTP_ICMP_TOO_BIG) {
        icmp->mtu = usctp__driver_payload(driver, family, error->ee_info);
    }
    icmp->local = sock->wildcard ? carrier.local : sock->addr;
    icmp->remote = usctp__posix_addr(hdr->msg_name, &icmp->remote_udp_port);
    usctp__addr_normalize(&icmp->local);
    usctp__addr_normalize(&icmp->remote);
    icmp->local_udp_port = driver->port;
    if (driver->io->raw) {
        icmp->remote_udp_port = 0;
    }
    icmp->quote_len = len;
}

/* What reading the error queue gave. */
enum error_entry { ERROR_NONE, ERROR_ICMP, ERROR_TOO_BIG_HERE, ERROR_OTHER };

/* Reads one entry into *kept. *mtu is set with ERROR_TOO_BIG_HERE, which the host itself told. */
static enum error_entry read_entry(struct usctp_driver *driver, const struct usctp__socket *sock,
                                   struct usctp__driver_icmp *kept, uint32_t *mtu)
{
    union usctp__sockaddr name;
    struct iovec iov = {kept->quote, sizeof(kept->quote)};
    uint64_t control[USCTP__LINUX_CONTROL_LEN / 8]; /* aligned for struct cmsghdr */
    struct msghdr hdr;
    struct sock_extended_err error;

    memset(&name, 0, sizeof(name));
    memset(&hdr, 0, sizeof(hdr));
    hdr.msg_name = &name;
    hdr.msg_namelen = sizeof(name);
    hdr.msg_iov = &iov;
    hdr.msg_iovlen = 1;
    hdr.msg_control = control;
    hdr.msg_controllen = sizeof(control);
    ssize_t len = recvmsg((int)sock->fd, &hdr, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (len < 0) {
        return errno == EINTR ? ERROR_OTHER : ERROR_NONE;
    }
    if (!find_error(&hdr, &error)) {
        return ERROR_OTHER;
    }
    if (error.ee_origin == SO_EE_ORIGIN_LOCAL && error.ee_errno == EMSGSIZE) {
        *mtu = error.ee_info;
        return ERROR_TOO_BIG_HERE;
    }
    if (error.ee_origin != SO_EE_ORIGIN_ICMP && error.ee_origin != SO_EE_ORIGIN_ICMP6) {
        return ERROR_OTHER;
    }
    fill_icmp(driver, sock, &error, &hdr, kept, (size_t)len);
    return ERROR_ICMP;
}

void usctp__linux_read_errors(struct usctp_driver *driver, struct usctp__socket *sock)
{
    uint32_t mtu;

    while (driver->icmp_cnt < USCTP__DRIVER_ICMP_MAX) {
        switch (read_entry(driver, sock, &driver->icmps[driver->icmp_cnt], &mtu)) {
        case ERROR_NONE:
            sock->errors = false;
            return;
        case ERROR_ICMP:
            driver->icmp_cnt++;
            break;
        default:
            break;
        }
    }
}

/* Reads the queue to learn for which size a packet was too big, and keeps what else stands there for
 * the next process call, as far as there is room. False: the host has not refused any packet. */
static bool find_too_big(struct usctp_driver *driver, struct usctp__socket *sock, uint32_t *mtu)
{
    struct usctp__driver_icmp spare;
    bool found = false;

    for (int i = 0; i < ERRORS_READ_MAX; i++) {
        bool room = driver->icmp_cnt < USCTP__DRIVER_ICMP_MAX;
        struct usctp__driver_icmp *kept = room ? &driver->icmps[driver->icmp_cnt] : &spare;
        enum error_entry entry = read_entry(driver, sock, kept, mtu);

        if (entry == ERROR_NONE) {
            break;
        }
        found = found || entry == ERROR_TOO_BIG_HERE;
        driver->icmp_cnt += entry == ERROR_ICMP && room;
    }
    return found;
}

/* --- Receiving -------------------------------------------------------------------------------- */

/* Makes all slots ready to be received into. */
static void prepare_slots(struct usctp_driver *driver)
{
    struct usctp__linux_scratch *scratch = driver->scratch;
    struct usctp__linux_batch *in = &scratch->in;

    for (size_t i = scratch->prepared; i < USCTP__DRIVER_BATCH; i++) {
        usctp__posix_msg_in(&in->msgs[i], &in->hdrs[i].msg_hdr, usctp__driver_slot(driver, i),
                            USCTP__DRIVER_SLOT_LEN);
    }
    scratch->prepared = USCTP__DRIVER_BATCH;
}

/* True for what a wake-up of usctp__linux_nudge looks like. */
static bool is_nudge(const struct usctp_driver *driver, const struct usctp_dgram *dgram)
{
    return dgram->len == 0 && dgram->remote_udp_port == driver->port && !driver->io->raw;
}

/* Makes datagrams of the first `got` messages; returns the number of those that are of use. */
static int take_batch(struct usctp_driver *driver, struct usctp__socket *sock, int got)
{
    struct usctp__linux_scratch *scratch = driver->scratch;
    struct usctp__linux_batch *in = &scratch->in;
    int cnt = 0;

    for (int i = 0; i < got; i++) {
        struct usctp_dgram *dgram = &driver->dgrams[cnt];
        uint8_t *slot = usctp__driver_slot(driver, (size_t)i);

        cnt += usctp__posix_dgram(driver, sock, &in->hdrs[i].msg_hdr, slot, in->hdrs[i].msg_len,
                                  dgram) &&
               !is_nudge(driver, dgram);
        usctp__posix_msg_in(&in->msgs[i], &in->hdrs[i].msg_hdr, slot, USCTP__DRIVER_SLOT_LEN);
    }
    return cnt;
}

/* An error that is not that of an earlier packet. */
static bool is_fatal(int error)
{
    return error == EBADF || error == ENOTSOCK || error == EFAULT || error == EINVAL;
}

int usctp__linux_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                         bool *more)
{
    struct usctp__linux_scratch *scratch = driver->scratch;
    int got = -1;

    prepare_slots(driver);
    for (int tries = 0; got < 0 && tries <= USCTP__DRIVER_RETRY_MAX; tries++) {
        got = recvmmsg((int)sock->fd, scratch->in.hdrs, (unsigned)max, MSG_DONTWAIT, NULL);
        if (got >= 0 || errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        }
        if (is_fatal(errno)) {
            return USCTP_EIO;
        }
        sock->errors = sock->errors || errno != EINTR;
    }
    *more = got == (int)max;
    return take_batch(driver, sock, got);
}

/* --- Sleeping in the read --------------------------------------------------------------------- */

/* Lets the system put who reads the socket to sleep, for so long at most. */
static bool allow_sleep(struct usctp__socket *sock, uint32_t ms)
{
    struct timeval limit;
    int fd = (int)sock->fd;

    if (!sock->blocking) {
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0) {
            return false;
        }
        sock->blocking = true;
    }
    if (sock->sleep_ms != ms) {
        limit.tv_sec = (time_t)(ms / 1000);
        limit.tv_usec = (suseconds_t)(ms % 1000 * 1000);
        if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0) {
            return false;
        }
        sock->sleep_ms = ms;
    }
    return true;
}

/* A power of two, so that the system is seldom told; and less than max_dur by more than it sleeps too
 * long. 0: that is too short. */
static uint32_t sleep_ms_of(uint64_t max_dur)
{
    uint32_t ms = SLEEP_MAX_MS;

    while (ms >= SLEEP_MIN_MS && ms + SLEEP_MIN_MS > max_dur / USCTP__MS) {
        ms /= 2;
    }
    return ms >= SLEEP_MIN_MS ? ms : 0;
}

int usctp__linux_sleep(struct usctp_driver *driver, struct usctp__socket *sock, uint64_t max_dur,
                       bool *more)
{
    struct usctp__linux_scratch *scratch = driver->scratch;
    uint32_t ms = sleep_ms_of(max_dur);

    *more = false;
    if (ms == 0 || !allow_sleep(sock, ms)) {
        return 0;
    }
    prepare_slots(driver);
    int got = recvmmsg((int)sock->fd, scratch->in.hdrs, USCTP__DRIVER_BATCH, MSG_WAITFORONE, NULL);
    if (got < 0) {
        /* Of a signal, too, the loop is told: it ends the wait. */
        sock->errors = errno != EAGAIN && errno != EWOULDBLOCK;
        return is_fatal(errno) ? USCTP_EIO : 0;
    }
    *more = got == USCTP__DRIVER_BATCH;
    return take_batch(driver, sock, got);
}

/* An empty datagram to itself. */
void usctp__linux_nudge(const struct usctp__socket *sock)
{
    int error = errno; /* A signal handler must leave it as it was. */
    union usctp__sockaddr name;
    socklen_t len = sizeof(name);

    if (getsockname((int)sock->fd, &name.sa, &len) == 0) {
        (void)sendto((int)sock->fd, "", 0, MSG_DONTWAIT, &name.sa, len);
    }
    errno = error;
}

/* --- Sending ---------------------------------------------------------------------------------- */

/* Prepares the first of n datagrams and those after it that need the same options of the socket, in
 * trains where that is possible; returns the number of messages. */
static size_t prepare_run(struct usctp_driver *driver, struct usctp__socket *sock,
                          struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct usctp__linux_scratch *scratch = driver->scratch;
    struct usctp__linux_batch *out = &scratch->out;
    bool may_fragment = usctp__posix_may_fragment(dgrams);
    size_t at = 0, cnt = 0;

    usctp__posix_tune(sock, dgrams);
    while (at < n && cnt < USCTP__DRIVER_BATCH) {
        struct usctp_dgram *dgram = usctp__dgram_at(dgrams, at, stride);
        struct usctp__posix_msg *msg = &out->msgs[cnt];
        struct msghdr *hdr = &out->hdrs[cnt].msg_hdr;

        if (usctp__posix_may_fragment(dgram) != may_fragment) {
            break;
        }
        size_t len = sock->trains ? usctp__train_cnt(dgram, n - at, stride) : 1;
        if (len > 1 && usctp__train_refused(&scratch->refusals, dgram, driver->now_ts)) {
            len = 1;
        }
        usctp__posix_msg_out(driver, sock, dgram, msg, hdr);
        if (len > 1) {
            usctp__train_msg(msg, hdr, dgram, len, stride);
        }
        scratch->train_cnts[cnt++] = (uint8_t)len;
        at += len;
    }
    return cnt;
}

/* The verdict on a failed try to send dgram. */
static enum usctp__send_verdict judge(struct usctp_driver *driver, struct usctp__socket *sock,
                                      struct usctp_dgram *dgram, int error, int tries)
{
    uint32_t mtu = 0;

    if (error == EMSGSIZE) {
        if (!find_too_big(driver, sock, &mtu) && tries < USCTP__DRIVER_RETRY_MAX) {
            return USCTP__SEND_AGAIN; /* An ICMP message about an earlier packet. */
        }
        dgram->status_len = usctp__driver_payload(driver, dgram->remote.family, mtu);
    } else if (error != EINTR && error != EAGAIN && error != EWOULDBLOCK) {
        sock->errors = true;
    }
    return usctp__posix_verdict(sock, dgram, error, tries);
}

/* The first train was not taken. What can only be an error of trains makes its packets leave one by
 * one, as all later ones to this address for a while; they may then fail for good on their own.
 * False: it is an error like that of any packet. */
static bool give_train_up(struct usctp_driver *driver, struct usctp__socket *sock,
                          const struct usctp_dgram *first, int error, int *tries)
{
    struct usctp__linux_scratch *scratch = driver->scratch;

    if (scratch->train_cnts[0] == 1 || !usctp__train_error(error)) {
        return false;
    }
    if (*tries == 0) {
        *tries = 1; /* It may have been an ICMP message about an earlier packet. */
        sock->errors = true;
        return true;
    }
    usctp__train_refuse(&scratch->refusals, first, error, driver->now_ts);
    *tries = 0;
    return true;
}

/* Datagrams in the first `sent` messages. */
static size_t count_sent(const struct usctp__linux_scratch *scratch, int sent)
{
    size_t cnt = 0;

    for (int i = 0; i < sent; i++) {
        cnt += scratch->train_cnts[i];
    }
    return cnt;
}

size_t usctp__linux_send(struct usctp_driver *driver, struct usctp__socket *sock,
                         struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    struct usctp__linux_scratch *scratch = driver->scratch;
    size_t done = 0;
    int tries = 0;

    while (done < n) {
        struct usctp_dgram *first = usctp__dgram_at(dgrams, done, stride);
        size_t cnt = prepare_run(driver, sock, first, n - done, stride);
        int sent = sendmmsg((int)sock->fd, scratch->out.hdrs, (unsigned)cnt, MSG_DONTWAIT);

        if (sent > 0) {
            size_t taken = count_sent(scratch, sent);

            for (size_t i = 0; i < taken; i++) {
                usctp__dgram_at(first, i, stride)->status = USCTP_DGRAM_SENT;
            }
            done += taken;
            tries = 0;
            continue;
        }
        int error = errno;
        if (give_train_up(driver, sock, first, error, &tries)) {
            continue;
        }
        switch (judge(driver, sock, first, error, tries)) {
        case USCTP__SEND_BLOCKED:
            return done;
        case USCTP__SEND_REFUSED:
            done++; /* Of a train, too: the rest of it goes the same way. */
            tries = 0;
            break;
        case USCTP__SEND_AGAIN:
            tries++;
            break;
        }
    }
    return done;
}
