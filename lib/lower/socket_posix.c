/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagram sockets with the portable calls: one recvmsg or sendmsg for each packet. */
#include "lower/socket_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/compiler.h"

/* Linux takes the IPv4 type of service with each packet; elsewhere it is an option of the socket.
 * (For IPv6 all systems have it in the packet's ancillary data: RFC 3542, 6.5.) */
#if defined(__linux__)
enum { IPV4_TOS_IN_PACKET = 1 };
#else
enum { IPV4_TOS_IN_PACKET = 0 };
#endif

enum { DEFAULT_BUFFER_LEN = 1 << 20, SMALLEST_BUFFER_LEN = 1 << 14, ROUTE_PORT = 9 };

/* --- Addresses -------------------------------------------------------------------------------- */

struct usctp_addr usctp__posix_addr(const union usctp__sockaddr *name, uint16_t *port)
{
    struct usctp_addr addr = usctp__addr_none();

    *port = 0;
    if (name->sa.sa_family == AF_INET) {
        uint8_t bytes[4];

        memcpy(bytes, &name->in.sin_addr, sizeof(bytes));
        addr = usctp__addr_ipv4(bytes);
        *port = ntohs(name->in.sin_port);
    } else if (name->sa.sa_family == AF_INET6) {
        addr = usctp__addr_ipv6(name->in6.sin6_addr.s6_addr, name->in6.sin6_scope_id);
        *port = ntohs(name->in6.sin6_port);
    }
    return addr;
}

socklen_t usctp__posix_sockaddr(union usctp__sockaddr *name, const struct usctp_addr *addr,
                                uint16_t port)
{
    memset(name, 0, sizeof(*name));
    if (addr->family == USCTP_AF_IPV4) {
        name->in.sin_family = AF_INET;
        name->in.sin_port = htons(port);
        memcpy(&name->in.sin_addr, addr->bytes, 4);
        return sizeof(name->in);
    }
    name->in6.sin6_family = AF_INET6;
    name->in6.sin6_port = htons(port);
    name->in6.sin6_scope_id = addr->scope_id;
    memcpy(name->in6.sin6_addr.s6_addr, addr->bytes, 16);
    return sizeof(name->in6);
}

/* --- Opening ---------------------------------------------------------------------------------- */

static int set_flag(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value));
}

/* A socket that does not block and does not live on in programs that this one starts. */
static int make_socket(int family, int type, int protocol)
{
#if defined(SOCK_CLOEXEC) && defined(SOCK_NONBLOCK)
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
#else
    int fd = socket(family, type, protocol);

    if (fd >= 0 && (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
#endif
}

/* Asks for a buffer of this size, or the largest below it that the system grants. */
static void set_buffer(int fd, int option, int force_option, uint32_t wanted)
{
    uint32_t len = wanted != 0 ? wanted : DEFAULT_BUFFER_LEN;

    if (len > INT32_MAX) {
        len = INT32_MAX;
    }
    if (force_option != 0 && set_flag(fd, SOL_SOCKET, force_option, (int)len) == 0) {
        return;
    }
    while (set_flag(fd, SOL_SOCKET, option, (int)len) != 0 && len > SMALLEST_BUFFER_LEN) {
        len /= 2;
    }
}

static void set_buffers(int fd, const struct usctp_driver_config *config)
{
#if defined(SO_RCVBUFFORCE) && defined(SO_SNDBUFFORCE)
    /* Above the system's limit, where the program is privileged. */
    set_buffer(fd, SO_RCVBUF, SO_RCVBUFFORCE, config->receive_buffer);
    set_buffer(fd, SO_SNDBUF, SO_SNDBUFFORCE, config->send_buffer);
#else
    set_buffer(fd, SO_RCVBUF, 0, config->receive_buffer);
    set_buffer(fd, SO_SNDBUF, 0, config->send_buffer);
#endif
}

/* Lets the packets of a socket leave with or without the don't-fragment bit. PROBE, unlike DO,
 * does not believe path MTUs that ICMP messages told the system: the stack verifies those itself. */
static void set_may_fragment(int fd, uint8_t family, bool may)
{
    if (family == USCTP_AF_IPV4) {
#if defined(IP_MTU_DISCOVER) && defined(IP_PMTUDISC_PROBE)
        set_flag(fd, IPPROTO_IP, IP_MTU_DISCOVER, may ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE);
#elif defined(IP_DONTFRAG)
        set_flag(fd, IPPROTO_IP, IP_DONTFRAG, !may);
#endif
        return;
    }
#if defined(IPV6_MTU_DISCOVER) && defined(IPV6_PMTUDISC_PROBE)
    set_flag(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, may ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
#elif defined(IPV6_DONTFRAG)
    set_flag(fd, IPPROTO_IPV6, IPV6_DONTFRAG, !may);
#endif
}

/* Asks for the type of service with each packet, and for its destination where that is not the address
 * that the socket is bound to. Only that is indispensable. */
static int ask_for_control(int fd, const struct usctp__socket *sock)
{
    if (sock->addr.family == USCTP_AF_IPV4) {
#if defined(IP_RECVTOS)
        set_flag(fd, IPPROTO_IP, IP_RECVTOS, 1);
#endif
#if defined(IP_PKTINFO)
        return sock->wildcard ? set_flag(fd, IPPROTO_IP, IP_PKTINFO, 1) : 0;
#else
        return sock->wildcard ? set_flag(fd, IPPROTO_IP, IP_RECVDSTADDR, 1) : 0;
#endif
    }
    set_flag(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    return sock->wildcard ? set_flag(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : 0;
}

/* Lets several sockets of this user have one port. */
static int share_port(int fd)
{
#if defined(SO_REUSEPORT)
    return set_flag(fd, SOL_SOCKET, SO_REUSEPORT, 1);
#else
    USCTP__UNUSED(fd);
    errno = EADDRINUSE;
    return -1;
#endif
}

static bool same_name(const union usctp__sockaddr *name, const struct usctp__socket *sock,
                      uint16_t port)
{
    uint16_t bound_port = 0;
    struct usctp_addr addr = usctp__posix_addr(name, &bound_port);

    return addr.family == sock->addr.family &&
           memcmp(addr.bytes, sock->addr.bytes, sizeof(addr.bytes)) == 0 && bound_port != 0 &&
           (port == 0 || port == bound_port);
}

/* A duplicate of the socket that is bound to this address, and this port unless it is 0; -1: there is none. */
static int take_over(const struct usctp_driver_config *config, const struct usctp__socket *sock,
                     uint16_t port)
{
    for (size_t i = 0; i < config->fd_cnt; i++) {
        union usctp__sockaddr name;
        socklen_t len = sizeof(name);

        memset(&name, 0, sizeof(name));
        if (getsockname((int)config->fds[i], &name.sa, &len) == 0 && same_name(&name, sock, port)) {
            int fd = fcntl((int)config->fds[i], F_DUPFD_CLOEXEC, 0);

            if (fd >= 0 && fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
                int error = errno;

                close(fd);
                errno = error;
                return -1;
            }
            return fd;
        }
    }
    errno = EADDRNOTAVAIL;
    return -1;
}

static int bind_socket(int fd, const struct usctp__socket *sock, uint16_t port)
{
    union usctp__sockaddr name;
    socklen_t len = usctp__posix_sockaddr(&name, &sock->addr, port);

    return bind(fd, &name.sa, len);
}

static int open_error(int error)
{
    switch (error) {
    case EADDRINUSE:
        return USCTP_EADDRINUSE;
    case EADDRNOTAVAIL:
        return USCTP_EADDRNOTAVAIL;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return USCTP_EAFNOSUPPORT;
    case ENOMEM:
    case ENOBUFS:
        return USCTP_ENOMEM;
    default:
        return USCTP_EIO;
    }
}

int usctp__posix_open(struct usctp_driver *driver, struct usctp__socket *sock, uint16_t port,
                      const struct usctp_driver_config *config, int *os_error)
{
    bool v6 = sock->addr.family == USCTP_AF_IPV6;
    bool raw = driver->io->raw;
    /* The first shard wants the port for itself, and only then shares it: a drawn one could be that
     * of another group. */
    bool joins = config->shards != NULL && usctp__shard_port(config->shards) != 0;
    bool founds = config->shards != NULL && !joins;
    bool bound = config->fd_cnt > 0;
    int fd = bound ? take_over(config, sock, port)
                   : make_socket(v6 ? AF_INET6 : AF_INET, raw ? SOCK_RAW : SOCK_DGRAM,
                                 raw ? USCTP__IP_PROTOCOL_SCTP : IPPROTO_UDP);

    if (fd < 0) {
        *os_error = errno;
        return open_error(errno);
    }
    if ((v6 && !raw && !bound && set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) ||
        (joins && share_port(fd) != 0) || ask_for_control(fd, sock) != 0 ||
        (!bound && bind_socket(fd, sock, port) != 0) || (founds && share_port(fd) != 0)) {
        *os_error = errno;
        close(fd);
        return open_error(*os_error);
    }
    set_buffers(fd, config);
    set_may_fragment(fd, sock->addr.family, false);
    sock->adopted = bound;
    sock->fd = fd;
    return 0;
}

void usctp__posix_close(struct usctp__socket *sock)
{
    close((int)sock->fd);
    sock->fd = -1;
}

uint16_t usctp__posix_port(const struct usctp__socket *sock)
{
    union usctp__sockaddr name;
    socklen_t len = sizeof(name);
    uint16_t port = 0;

    memset(&name, 0, sizeof(name));
    if (getsockname((int)sock->fd, &name.sa, &len) == 0) {
        usctp__posix_addr(&name, &port);
    }
    return port;
}

const char *usctp__posix_error_text(int os_error, char *buf, size_t len)
{
    if (os_error == EPERM || os_error == EACCES) {
        return "the privilege is missing (root, or its equivalent)";
    }
#if defined(__GLIBC__)
    return strerror_r(os_error, buf, len);
#else
    if (strerror_r(os_error, buf, len) != 0) {
        snprintf(buf, len, "system error %d", os_error);
    }
    return buf;
#endif
}

/* --- Receiving -------------------------------------------------------------------------------- */

/* A type of service comes as one byte or as an int. */
static void read_tos(const struct cmsghdr *cmsg, struct usctp_dgram *dgram)
{
    const uint8_t *data = CMSG_DATA(cmsg);
    uint8_t tos = *data;
    int value;

    if (cmsg->cmsg_len >= CMSG_LEN(sizeof(value))) {
        memcpy(&value, data, sizeof(value));
        tos = (uint8_t)value;
    }
    dgram->ecn = tos & 3;
    dgram->dscp = tos >> 2;
}

static void read_ipv4_control(const struct cmsghdr *cmsg, struct usctp_dgram *dgram)
{
    uint8_t bytes[4];

    switch (cmsg->cmsg_type) {
#if defined(IP_PKTINFO)
    case IP_PKTINFO:
        /* ipi_addr is the destination in the header, be it multicast: the stack drops that. */
        memcpy(bytes, CMSG_DATA(cmsg) + offsetof(struct in_pktinfo, ipi_addr), sizeof(bytes));
        dgram->local = usctp__addr_ipv4(bytes);
        break;
#else
    case IP_RECVDSTADDR:
        memcpy(bytes, CMSG_DATA(cmsg), sizeof(bytes));
        dgram->local = usctp__addr_ipv4(bytes);
        break;
#endif
#if defined(IP_RECVTOS) && IP_RECVTOS != IP_TOS
    case IP_RECVTOS:
#endif
    case IP_TOS:
        read_tos(cmsg, dgram);
        break;
    default:
        break;
    }
}

static void read_ipv6_control(const struct cmsghdr *cmsg, struct usctp_dgram *dgram)
{
    struct in6_pktinfo info;

    switch (cmsg->cmsg_type) {
    case IPV6_PKTINFO:
        memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
        dgram->local = usctp__addr_ipv6(info.ipi6_addr.s6_addr, (uint32_t)info.ipi6_ifindex);
        break;
    case IPV6_TCLASS:
        read_tos(cmsg, dgram);
        break;
    default:
        break;
    }
}

/* Linux tells the length of the packets that it joined. */
static void read_udp_control(const struct cmsghdr *cmsg, struct usctp_dgram *dgram)
{
#if defined(UDP_GRO)
    int len;

    if (cmsg->cmsg_type == UDP_GRO && cmsg->cmsg_len >= CMSG_LEN(sizeof(len))) {
        memcpy(&len, CMSG_DATA(cmsg), sizeof(len));
        dgram->segment_len = len > 0 ? (size_t)len : 0;
    }
#else
    USCTP__UNUSED(cmsg);
    USCTP__UNUSED(dgram);
#endif
}

void usctp__posix_read_control(struct msghdr *hdr, struct usctp_dgram *dgram)
{
    for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(hdr); cmsg != NULL; cmsg = CMSG_NXTHDR(hdr, cmsg)) {
        if (cmsg->cmsg_level == IPPROTO_IP) {
            read_ipv4_control(cmsg, dgram);
        } else if (cmsg->cmsg_level == IPPROTO_IPV6) {
            read_ipv6_control(cmsg, dgram);
        } else if (cmsg->cmsg_level == IPPROTO_UDP) {
            read_udp_control(cmsg, dgram);
        }
    }
}

void usctp__posix_msg_in(struct usctp__posix_msg *msg, struct msghdr *hdr, uint8_t *slot,
                         size_t len)
{
    memset(hdr, 0, sizeof(*hdr));
    msg->name.sa.sa_family = AF_UNSPEC;
    msg->iov.iov_base = slot;
    msg->iov.iov_len = len;
    hdr->msg_name = &msg->name;
    hdr->msg_namelen = sizeof(msg->name);
    hdr->msg_iov = &msg->iov;
    hdr->msg_iovlen = 1;
    hdr->msg_control = msg->control;
    hdr->msg_controllen = sizeof(msg->control);
}

bool usctp__posix_dgram(const struct usctp_driver *driver, const struct usctp__socket *sock,
                        struct msghdr *hdr, uint8_t *slot, size_t len, struct usctp_dgram *dgram)
{
    memset(dgram, 0, sizeof(*dgram));
    dgram->remote = usctp__posix_addr(hdr->msg_name, &dgram->remote_udp_port);
    if (driver->io->raw) {
        dgram->remote_udp_port = 0; /* Some systems give the protocol number there. */
    }
    usctp__posix_read_control(hdr, dgram);
    return (hdr->msg_flags & MSG_TRUNC) == 0 && dgram->remote.family != USCTP_AF_NONE &&
           usctp__driver_finish(driver, sock, dgram, slot, len);
}

/* An error of recvmsg that tells of an earlier packet's fate, not of this socket. */
static bool is_passing(int error)
{
    return error != EBADF && error != ENOTSOCK && error != EINVAL && error != EFAULT;
}

int usctp__posix_receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max,
                         bool *more)
{
    struct usctp__posix_msg msg;
    struct msghdr hdr;
    int tries = 0;
    size_t cnt = 0;

    *more = true;
    while (cnt < max) {
        uint8_t *slot = usctp__driver_slot(driver, cnt);

        usctp__posix_msg_in(&msg, &hdr, slot, USCTP__DRIVER_SLOT_LEN);
        ssize_t len = recvmsg((int)sock->fd, &hdr, 0);
        if (len >= 0) {
            cnt += usctp__posix_dgram(driver, sock, &hdr, slot, (size_t)len, &driver->dgrams[cnt]);
            continue;
        }
        if (!is_passing(errno)) {
            return USCTP_EIO;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK || tries == USCTP__DRIVER_RETRY_MAX) {
            *more = false;
            break;
        }
        tries++;
    }
    return (int)cnt;
}

/* --- Sending ---------------------------------------------------------------------------------- */

void usctp__posix_add_control(struct msghdr *hdr, struct usctp__posix_msg *msg, int level, int type,
                              const void *data, size_t len)
{
    uint8_t *at = (uint8_t *)msg->control + hdr->msg_controllen;
    struct cmsghdr cmsg;

    memset(at, 0, CMSG_SPACE(len));
    memset(&cmsg, 0, sizeof(cmsg));
    cmsg.cmsg_level = level;
    cmsg.cmsg_type = type;
    cmsg.cmsg_len = CMSG_LEN(len);
    memcpy(at, &cmsg, sizeof(cmsg));
    memcpy(at + CMSG_LEN(0), data, len);
    hdr->msg_control = msg->control;
    hdr->msg_controllen += CMSG_SPACE(len);
}

/* Names the source of a packet from a wildcard socket. */
static void add_source(struct msghdr *hdr, struct usctp__posix_msg *msg,
                       const struct usctp_addr *local)
{
    if (local->family == USCTP_AF_IPV4) {
#if defined(IP_PKTINFO)
        struct in_pktinfo info;

        memset(&info, 0, sizeof(info));
        memcpy(&info.ipi_spec_dst, local->bytes, 4);
        usctp__posix_add_control(hdr, msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
#elif defined(IP_SENDSRCADDR)
        usctp__posix_add_control(hdr, msg, IPPROTO_IP, IP_SENDSRCADDR, local->bytes, 4);
#endif
        return;
    }
    struct in6_pktinfo info6;

    memset(&info6, 0, sizeof(info6));
    memcpy(info6.ipi6_addr.s6_addr, local->bytes, 16);
    info6.ipi6_ifindex = local->scope_id;
    usctp__posix_add_control(hdr, msg, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof(info6));
}

static uint8_t tos_of(const struct usctp_dgram *dgram)
{
    return (uint8_t)(dgram->dscp << 2 | (dgram->ecn & 3));
}

void usctp__posix_msg_out(const struct usctp_driver *driver, const struct usctp__socket *sock,
                          const struct usctp_dgram *dgram, struct usctp__posix_msg *msg,
                          struct msghdr *hdr)
{
    bool v6 = sock->addr.family == USCTP_AF_IPV6;
    uint16_t port = driver->io->raw ? 0 : dgram->remote_udp_port;
    int tos = tos_of(dgram);

    memset(hdr, 0, sizeof(*hdr));
    hdr->msg_name = &msg->name;
    hdr->msg_namelen = usctp__posix_sockaddr(&msg->name, &dgram->remote, port);
    memcpy(&msg->iov.iov_base, &dgram->data, sizeof(dgram->data)); /* It is only read. */
    msg->iov.iov_len = dgram->len;
    hdr->msg_iov = &msg->iov;
    hdr->msg_iovlen = 1;
    if (sock->wildcard && dgram->local.family == dgram->remote.family) {
        add_source(hdr, msg, &dgram->local);
    }
    if (tos != sock->tos && v6) {
        usctp__posix_add_control(hdr, msg, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
    } else if (tos != sock->tos && IPV4_TOS_IN_PACKET) {
        usctp__posix_add_control(hdr, msg, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
    }
}

bool usctp__posix_may_fragment(const struct usctp_dgram *dgram)
{
    return (dgram->flags & USCTP_DGRAM_MAY_FRAGMENT) != 0 &&
           (dgram->flags & USCTP_DGRAM_PROBE) == 0;
}

void usctp__posix_tune(struct usctp__socket *sock, const struct usctp_dgram *dgram)
{
    bool v6 = sock->addr.family == USCTP_AF_IPV6;
    bool may = usctp__posix_may_fragment(dgram);
    uint8_t tos = tos_of(dgram);

    if (may != sock->may_fragment) {
        set_may_fragment((int)sock->fd, sock->addr.family, may);
        sock->may_fragment = may;
    }
    bool in_packet = IPV4_TOS_IN_PACKET || v6;
    /* Where it can go with the packet, the first one that is not zero is made the socket's own, so that
     * most packets need not name it. */
    if (tos != sock->tos && (!in_packet || sock->tos == 0)) {
        int err = v6 ? set_flag((int)sock->fd, IPPROTO_IPV6, IPV6_TCLASS, tos)
                     : set_flag((int)sock->fd, IPPROTO_IP, IP_TOS, tos);

        sock->tos = err == 0 || !in_packet ? tos : sock->tos;
    }
}

enum usctp__send_verdict usctp__posix_verdict(struct usctp__socket *sock, struct usctp_dgram *dgram,
                                              int error, int tries)
{
    if (error == EAGAIN || error == EWOULDBLOCK) {
        return USCTP__SEND_BLOCKED;
    }
    if (error == ENOBUFS || error == ENOMEM) {
        sock->congested = true; /* The interface's queue is full; the socket counts as writable. */
        return USCTP__SEND_BLOCKED;
    }
    if (error == EMSGSIZE) {
        dgram->status = USCTP_DGRAM_TOO_BIG;
        return USCTP__SEND_REFUSED;
    }
    if (error == EINTR || tries < USCTP__DRIVER_RETRY_MAX) {
        return USCTP__SEND_AGAIN;
    }
    dgram->status = USCTP_DGRAM_UNREACHABLE;
    return USCTP__SEND_REFUSED;
}

/* Sends one packet; false: blocked. */
static bool send_one(const struct usctp_driver *driver, struct usctp__socket *sock,
                     struct usctp_dgram *dgram)
{
    struct usctp__posix_msg msg;
    struct msghdr hdr;

    usctp__posix_tune(sock, dgram);
    usctp__posix_msg_out(driver, sock, dgram, &msg, &hdr);
    for (int tries = 0;; tries++) {
        if (sendmsg((int)sock->fd, &hdr, 0) >= 0) {
            dgram->status = USCTP_DGRAM_SENT;
            return true;
        }
        switch (usctp__posix_verdict(sock, dgram, errno, tries)) {
        case USCTP__SEND_BLOCKED:
            return false;
        case USCTP__SEND_REFUSED:
            return true;
        case USCTP__SEND_AGAIN:
            break;
        }
    }
}

size_t usctp__posix_send(struct usctp_driver *driver, struct usctp__socket *sock,
                         struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++) {
        struct usctp_dgram *dgram = usctp__dgram_at(dgrams, i, stride);

        if (!send_one(driver, sock, dgram)) {
            return i;
        }
        if (dgram->status == USCTP_DGRAM_TOO_BIG) {
            struct usctp__route route;

            memset(&route, 0, sizeof(route));
            route.remote = dgram->remote;
            driver->io->route(driver, &route);
            dgram->status_len = usctp__driver_payload(driver, dgram->remote.family, route.mtu);
            if (dgram->status_len >= dgram->len) {
                dgram->status_len = 0; /* Not what stood in the way. */
            }
        }
    }
    return n;
}

/* --- Routing ---------------------------------------------------------------------------------- */

static uint32_t read_mtu(int fd, uint8_t family)
{
    int mtu = 0;
    socklen_t len = sizeof(mtu);
    int err = -1;

    if (family == USCTP_AF_IPV4) {
#if defined(IP_MTU)
        err = getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &len);
#endif
    } else {
#if defined(__linux__) && defined(IPV6_MTU)
        err = getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &len);
#endif
    }
    return err == 0 && len == sizeof(mtu) && mtu > 0 ? (uint32_t)mtu : 0;
}

/* Connecting a UDP socket sends nothing, but makes the system choose route and source. */
void usctp__posix_route(struct usctp_driver *driver, struct usctp__route *route)
{
    bool v6 = route->remote.family == USCTP_AF_IPV6;
    union usctp__sockaddr name;
    socklen_t len = usctp__posix_sockaddr(&name, &route->remote, ROUTE_PORT);
    uint16_t port;
    int fd = make_socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, IPPROTO_UDP);

    USCTP__UNUSED(driver);
    if (fd < 0) {
        return;
    }
    if (connect(fd, &name.sa, len) == 0) {
        route->mtu = read_mtu(fd, route->remote.family);
        len = sizeof(name);
        if (getsockname(fd, &name.sa, &len) == 0) {
            route->local = usctp__posix_addr(&name, &port);
            usctp__addr_normalize(&route->local);
        }
    }
    close(fd);
}
