/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP on Windows (RFC 6951), with WSARecvMsg and WSASendMsg. */
#include "lower/socket_windows.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/compiler.h"
#include "lower/driver.h"

/* Values of <ws2ipdef.h> that older headers lack. */
#ifndef IP_MTU
#define IP_MTU 73
#endif
#ifndef IPV6_MTU
#define IPV6_MTU 72
#endif
#ifndef IPV6_DONTFRAG
#define IPV6_DONTFRAG 14
#endif
#define DONTFRAGMENT_OPTION 14 /* IP_DONTFRAGMENT; an old header has it as 9 of Winsock 1. */

enum { CONTROL_LEN = 128, DEFAULT_BUFFER_LEN = 1 << 20, ROUTE_PORT = 9 };

/* driver->scratch. */
struct scratch {
    LPFN_WSARECVMSG receive; /* looked up with the first socket */
};

/* A socket address of either family. */
union address {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_storage storage;
};

/* One message with all it points to. */
struct message {
    union address name;
    WSABUF buf;
    uint64_t control[CONTROL_LEN / 8]; /* aligned for WSACMSGHDR */
    WSAMSG msg;
};

/* --- Addresses -------------------------------------------------------------------------------- */

static struct usctp_addr read_address(const union address *name, uint16_t *port)
{
    struct usctp_addr addr = usctp__addr_none();
    uint8_t bytes[16];

    *port = 0;
    if (name->sa.sa_family == AF_INET) {
        memcpy(bytes, &name->in.sin_addr, 4);
        addr = usctp__addr_ipv4(bytes);
        *port = ntohs(name->in.sin_port);
    } else if (name->sa.sa_family == AF_INET6) {
        memcpy(bytes, &name->in6.sin6_addr, 16);
        addr = usctp__addr_ipv6(bytes, name->in6.sin6_scope_id);
        *port = ntohs(name->in6.sin6_port);
    }
    return addr;
}

static int write_address(union address *name, const struct usctp_addr *addr, uint16_t port)
{
    memset(name, 0, sizeof(*name));
    if (addr->family == USCTP_AF_IPV4) {
        name->in.sin_family = AF_INET;
        name->in.sin_port = htons(port);
        memcpy(&name->in.sin_addr, addr->bytes, 4);
        return (int)sizeof(name->in);
    }
    name->in6.sin6_family = AF_INET6;
    name->in6.sin6_port = htons(port);
    name->in6.sin6_scope_id = addr->scope_id;
    memcpy(&name->in6.sin6_addr, addr->bytes, 16);
    return (int)sizeof(name->in6);
}

/* --- Opening ---------------------------------------------------------------------------------- */

static int start(struct usctp_driver *driver)
{
    WSADATA data;

    USCTP__UNUSED(driver);
    return WSAStartup(MAKEWORD(2, 2), &data);
}

static void stop(struct usctp_driver *driver)
{
    USCTP__UNUSED(driver);
    WSACleanup();
}

static int set_option(SOCKET fd, int level, int option, DWORD value)
{
    return setsockopt(fd, level, option, (const char *)&value, (int)sizeof(value));
}

static void set_may_fragment(SOCKET fd, uint8_t family, bool may)
{
    if (family == USCTP_AF_IPV4) {
        set_option(fd, IPPROTO_IP, DONTFRAGMENT_OPTION, !may);
    } else {
        set_option(fd, IPPROTO_IPV6, IPV6_DONTFRAG, !may);
    }
}

static int find_receive(struct usctp_driver *driver, SOCKET fd)
{
    struct scratch *scratch = driver->scratch;
    GUID id = WSAID_WSARECVMSG;
    DWORD len = 0;

    if (scratch->receive != NULL) {
        return 0;
    }
    return WSAIoctl(fd, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof(id), &scratch->receive,
                    sizeof(scratch->receive), &len, NULL, NULL);
}

/* Options without which the socket is of no use; 0 or SOCKET_ERROR. */
static int prepare(SOCKET fd, uint8_t family)
{
    u_long nonblocking = 1;
    BOOL reset = FALSE;
    DWORD len = 0;

    /* ICMP messages about earlier packets must not make the socket fail. */
    WSAIoctl(fd, SIO_UDP_CONNRESET, &reset, sizeof(reset), NULL, 0, &len, NULL, NULL);
    if (ioctlsocket(fd, (long)FIONBIO, &nonblocking) != 0 ||
        set_option(fd, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1) != 0) {
        return SOCKET_ERROR;
    }
    if (family == USCTP_AF_IPV4) {
        return set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
    }
    if (set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0) {
        return SOCKET_ERROR;
    }
    return set_option(fd, IPPROTO_IPV6, IPV6_PKTINFO, 1);
}

static int open_error(int error)
{
    switch (error) {
    case WSAEADDRINUSE:
    case WSAEACCES: /* Another socket has the port exclusively. */
        return USCTP_EADDRINUSE;
    case WSAEADDRNOTAVAIL:
        return USCTP_EADDRNOTAVAIL;
    case WSAEAFNOSUPPORT:
        return USCTP_EAFNOSUPPORT;
    case WSAENOBUFS:
        return USCTP_ENOMEM;
    default:
        return USCTP_EIO;
    }
}

static int open_socket(struct usctp_driver *driver, struct usctp__socket *sock, uint16_t port,
                       const struct usctp_driver_config *config, int *os_error)
{
    uint8_t family = sock->addr.family;
    union address name;
    int name_len = write_address(&name, &sock->addr, port);
    SOCKET fd = WSASocketW(name.sa.sa_family, SOCK_DGRAM, IPPROTO_UDP, NULL, 0,
                           WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);

    if (fd == INVALID_SOCKET) {
        *os_error = WSAGetLastError();
        return open_error(*os_error);
    }
    if (prepare(fd, family) != 0 || find_receive(driver, fd) != 0 ||
        bind(fd, &name.sa, name_len) != 0) {
        *os_error = WSAGetLastError();
        closesocket(fd);
        return open_error(*os_error);
    }
    set_option(fd, SOL_SOCKET, SO_RCVBUF,
               config->receive_buffer != 0 ? config->receive_buffer : DEFAULT_BUFFER_LEN);
    set_option(fd, SOL_SOCKET, SO_SNDBUF,
               config->send_buffer != 0 ? config->send_buffer : DEFAULT_BUFFER_LEN);
    set_may_fragment(fd, family, false);
    sock->fd = (usctp_fd)fd;
    return 0;
}

static void close_socket(struct usctp__socket *sock)
{
    closesocket((SOCKET)sock->fd);
    sock->fd = -1;
}

static uint16_t bound_port(const struct usctp__socket *sock)
{
    union address name;
    int len = (int)sizeof(name);
    uint16_t port = 0;

    memset(&name, 0, sizeof(name));
    if (getsockname((SOCKET)sock->fd, &name.sa, &len) == 0) {
        read_address(&name, &port);
    }
    return port;
}

static const char *error_text(int os_error, char *buf, size_t len)
{
    DWORD got = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL,
                               (DWORD)os_error, 0, buf, (DWORD)len, NULL);

    if (got == 0) {
        snprintf(buf, len, "system error %d", os_error);
        return buf;
    }
    while (got > 0 && (buf[got - 1] == '\n' || buf[got - 1] == '\r' || buf[got - 1] == '.')) {
        buf[--got] = '\0';
    }
    return buf;
}

/* --- Receiving -------------------------------------------------------------------------------- */

static void read_control(WSAMSG *msg, struct usctp_dgram *dgram)
{
    for (WSACMSGHDR *cmsg = WSA_CMSG_FIRSTHDR(msg); cmsg != NULL;
         cmsg = WSA_CMSG_NXTHDR(msg, cmsg)) {
        if (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_PKTINFO) {
            IN_PKTINFO info;
            uint8_t bytes[4];

            memcpy(&info, WSA_CMSG_DATA(cmsg), sizeof(info));
            memcpy(bytes, &info.ipi_addr, sizeof(bytes));
            dgram->local = usctp__addr_ipv4(bytes);
        } else if (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO) {
            IN6_PKTINFO info;
            uint8_t bytes[16];

            memcpy(&info, WSA_CMSG_DATA(cmsg), sizeof(info));
            memcpy(bytes, &info.ipi6_addr, sizeof(bytes));
            dgram->local = usctp__addr_ipv6(bytes, (uint32_t)info.ipi6_ifindex);
        }
    }
}

/* Receives one datagram into a slot; 0 or an error of Winsock. */
static int receive_one(const struct scratch *scratch, SOCKET fd, struct message *message,
                       uint8_t *slot, DWORD *len)
{
    memset(&message->name, 0, sizeof(message->name));
    message->buf.buf = (char *)slot;
    message->buf.len = USCTP__DRIVER_SLOT_LEN;
    message->msg.name = &message->name.sa;
    message->msg.namelen = (int)sizeof(message->name);
    message->msg.lpBuffers = &message->buf;
    message->msg.dwBufferCount = 1;
    message->msg.Control.buf = (char *)message->control;
    message->msg.Control.len = sizeof(message->control);
    message->msg.dwFlags = 0;
    return scratch->receive(fd, &message->msg, len, NULL, NULL) == 0 ? 0 : WSAGetLastError();
}

/* True for an error that makes the socket useless. */
static bool is_lasting(int error)
{
    return error == WSAENOTSOCK || error == WSAEFAULT || error == WSAEINVAL ||
           error == WSANOTINITIALISED;
}

static int receive(struct usctp_driver *driver, struct usctp__socket *sock, size_t max, bool *more)
{
    struct message message;
    size_t cnt = 0;
    int tries = 0;

    *more = true;
    while (cnt < max) {
        uint8_t *slot = usctp__driver_slot(driver, cnt);
        struct usctp_dgram *dgram = &driver->dgrams[cnt];
        DWORD len = 0;
        int error = receive_one(driver->scratch, (SOCKET)sock->fd, &message, slot, &len);

        if (error == 0) {
            memset(dgram, 0, sizeof(*dgram));
            dgram->remote = read_address(&message.name, &dgram->remote_udp_port);
            read_control(&message.msg, dgram);
            cnt += dgram->remote.family != USCTP_AF_NONE &&
                   usctp__driver_finish(driver, sock, dgram, slot, len);
            continue;
        }
        if (is_lasting(error)) {
            return USCTP_EIO;
        }
        if (error == WSAEWOULDBLOCK || tries == USCTP__DRIVER_RETRY_MAX) {
            *more = false;
            break;
        }
        tries++; /* Of an earlier packet (WSAECONNRESET), or one that was too long. */
    }
    return (int)cnt;
}

/* --- Sending ---------------------------------------------------------------------------------- */

static void add_control(struct message *message, int level, int type, const void *data, size_t len)
{
    WSACMSGHDR *cmsg = (WSACMSGHDR *)(void *)message->control;

    memset(message->control, 0, sizeof(message->control));
    cmsg->cmsg_level = level;
    cmsg->cmsg_type = type;
    cmsg->cmsg_len = WSA_CMSG_LEN(len);
    memcpy(WSA_CMSG_DATA(cmsg), data, len);
    message->msg.Control.buf = (char *)message->control;
    message->msg.Control.len = (ULONG)WSA_CMSG_SPACE(len);
}

static void add_source(struct message *message, const struct usctp_addr *local)
{
    if (local->family == USCTP_AF_IPV4) {
        IN_PKTINFO info;

        memset(&info, 0, sizeof(info));
        memcpy(&info.ipi_addr, local->bytes, 4);
        add_control(message, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    } else {
        IN6_PKTINFO info;

        memset(&info, 0, sizeof(info));
        memcpy(&info.ipi6_addr, local->bytes, 16);
        info.ipi6_ifindex = local->scope_id;
        add_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
}

/* Sends one packet; 0 or an error of Winsock. */
static int send_one(const struct usctp__socket *sock, const struct usctp_dgram *dgram)
{
    struct message message;
    DWORD sent = 0;

    memset(&message.msg, 0, sizeof(message.msg));
    message.msg.namelen = write_address(&message.name, &dgram->remote, dgram->remote_udp_port);
    message.msg.name = &message.name.sa;
    memcpy(&message.buf.buf, &dgram->data, sizeof(dgram->data)); /* It is only read. */
    message.buf.len = (ULONG)dgram->len;
    message.msg.lpBuffers = &message.buf;
    message.msg.dwBufferCount = 1;
    if (sock->wildcard && dgram->local.family == dgram->remote.family) {
        add_source(&message, &dgram->local);
    }
    if (WSASendMsg((SOCKET)sock->fd, &message.msg, 0, &sent, NULL, NULL) == 0) {
        return 0;
    }
    return WSAGetLastError();
}

static void find_route(struct usctp_driver *driver, struct usctp__route *route);

static void refuse_too_big(struct usctp_driver *driver, struct usctp_dgram *dgram)
{
    struct usctp__route route;

    memset(&route, 0, sizeof(route));
    route.remote = dgram->remote;
    find_route(driver, &route);
    dgram->status = USCTP_DGRAM_TOO_BIG;
    dgram->status_len = usctp__driver_payload(driver, dgram->remote.family, route.mtu);
    if (dgram->status_len >= dgram->len) {
        dgram->status_len = 0;
    }
}

/* Sends one packet and sets its status; false: blocked. */
static bool send_dgram(struct usctp_driver *driver, struct usctp__socket *sock,
                       struct usctp_dgram *dgram)
{
    bool may =
        (dgram->flags & USCTP_DGRAM_MAY_FRAGMENT) != 0 && (dgram->flags & USCTP_DGRAM_PROBE) == 0;

    if (may != sock->may_fragment) {
        set_may_fragment((SOCKET)sock->fd, sock->addr.family, may);
        sock->may_fragment = may;
    }
    for (int tries = 0; tries <= USCTP__DRIVER_RETRY_MAX; tries++) {
        switch (send_one(sock, dgram)) {
        case 0:
            dgram->status = USCTP_DGRAM_SENT;
            return true;
        case WSAENOBUFS:
            sock->congested = true;
            return false;
        case WSAEWOULDBLOCK:
            return false;
        case WSAEMSGSIZE:
            refuse_too_big(driver, dgram);
            return true;
        default: /* Perhaps about an earlier packet: once more. */
            break;
        }
    }
    dgram->status = USCTP_DGRAM_UNREACHABLE;
    return true;
}

static size_t send_all(struct usctp_driver *driver, struct usctp__socket *sock,
                       struct usctp_dgram *dgrams, size_t n, size_t stride)
{
    for (size_t i = 0; i < n; i++) {
        if (!send_dgram(driver, sock, usctp__dgram_at(dgrams, i, stride))) {
            return i;
        }
    }
    return n;
}

/* --- Routing ---------------------------------------------------------------------------------- */

/* Connecting a UDP socket sends nothing, but makes the system choose route and source. */
static void find_route(struct usctp_driver *driver, struct usctp__route *route)
{
    bool v6 = route->remote.family == USCTP_AF_IPV6;
    union address name;
    int len = write_address(&name, &route->remote, ROUTE_PORT);
    DWORD mtu = 0;
    int mtu_len = (int)sizeof(mtu);
    uint16_t port;
    SOCKET fd =
        WSASocketW(name.sa.sa_family, SOCK_DGRAM, IPPROTO_UDP, NULL, 0, WSA_FLAG_NO_HANDLE_INHERIT);

    USCTP__UNUSED(driver);
    if (fd == INVALID_SOCKET) {
        return;
    }
    if (connect(fd, &name.sa, len) == 0) {
        /* Known since Windows 10; elsewhere it stays 0. */
        if (getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, (char *)&mtu,
                       &mtu_len) == 0) {
            route->mtu = mtu;
        }
        len = (int)sizeof(name);
        if (getsockname(fd, &name.sa, &len) == 0) {
            route->local = read_address(&name, &port);
            usctp__addr_normalize(&route->local);
        }
    }
    closesocket(fd);
}

const struct usctp__driver_io usctp__udp_windows_io = {
    .raw = false,
    .probes = true,
    .scratch_len = sizeof(struct scratch),
    .start = start,
    .stop = stop,
    .open = open_socket,
    .close = close_socket,
    .port = bound_port,
    .receive = receive,
    .send = send_all,
    .route = find_route,
    .error_text = error_text,
};
