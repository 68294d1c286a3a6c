/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sockets API of SCTP (RFC 6458), in both styles, over usctp.
 *
 * Every call has the signature, the results and the errno of the system call behind its prefix:
 * usctp_socket for socket, usctp_sctp_bindx for sctp_bindx. Types, option numbers, constants and
 * notifications are those of Linux (<usctp/sctp.h>). A descriptor that is not one of ours is passed
 * on to the system's call, so that a program need not tell them apart; <usctp/plain.h> maps the
 * plain names, for whole files.
 *
 * A socket belongs to a host: a stack, its UDP ports and its descriptors. There is a default host,
 * made by the first call of usctp_socket; programs may make more.
 *
 * No threads: a socket lives only while somebody calls in. Each call serves the network of its host
 * when it would otherwise block or say EAGAIN, and now and then besides. A program that waits in an
 * event loop of its own watches usctp_host_fd (or usctp_host_fds and usctp_host_timeout) and calls
 * usctp_host_process, at least as often as the peers' retransmission timers run out: every 100 ms or so
 * while associations live. usctp_poll, usctp_select and blocking calls do all of that by themselves.
 *
 * Threads: all calls may be made from several threads, on the same socket too.
 *
 * Fork: a host belongs to the process that made it. In a child every call but usctp_close gives
 * EBADF on its sockets, and nothing is sent.
 *
 * Exit: a process that returns from main or calls exit has its associations finish sending and shut
 * down for a bounded time (struct usctp_host_config, exit_ms). Not so after _exit or a signal.
 */
#ifndef USCTP_SOCKET_H
#define USCTP_SOCKET_H

#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include <usctp/lower.h>
#include <usctp/sctp.h>
#include <usctp/usctp.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- Hosts ------------------------------------------------------------------------------------ */

typedef struct usctp_host usctp_host;

enum usctp_host_flag {
    USCTP_HOST_UDP_PORT_IS_SCTP_PORT = 1 << 0, /* A socket that listens takes the UDP port of the
                                                * number of its SCTP port: many servers, one machine. */
    USCTP_HOST_CHECK_POINTERS = 1 << 1, /* Find every bad pointer (EFAULT), at the price of system
                                                * calls; else only the plainly wrong ones are found. */
    USCTP_HOST_QUIET =
        1 << 2 /* The program hands no descriptor to the system's poll, select, epoll and
                                                * the like: these see no readiness, and the system calls
                                                * that show it are saved. usctp_poll and usctp_select do. */
};

/* What a host is made of. Members left at zero mean the default. */
struct usctp_host_config {
    size_t size;       /* USCTP_HOST_CONFIG_INIT */
    uint32_t flags;    /* enum usctp_host_flag. */
    uint16_t udp_port; /* Local UDP port; 0: 9899 once a socket listens, else one that the
                                     * system draws. */
    uint16_t
        remote_udp_port; /* Of peers, unless SCTP_REMOTE_UDP_ENCAPS_PORT says otherwise; 9899. */
    const struct usctp_addr *addrs; /* Local addresses of the UDP sockets; none: all. */
    size_t addr_cnt;
    uint32_t
        exit_ms; /* How long exit waits for associations, milliseconds; 0: 2,000; UINT32_MAX: not
                        * at all. */
    uint32_t
        look_ms; /* For SCTP_AUTO_ASCONF with UDP below: the system is asked so often which addresses the
                       * host has, milliseconds, and not waited for; 0: it tells where it can, else it is asked
                       * once a second. */
    const struct usctp_config
        *stack; /* Memory, cryptography, clock, log, parameters, limits: as for
                                       * usctp_stack_new, events excepted; NULL: the system's. */
    /* Instead of UDP: a lower layer of the program's own. Input comes by usctp_host_input. */
    const struct usctp_lower *lower; /* Copied; NULL: UDP. */
    void *lower_ctx;                 /* Handed to its functions. */
    /* How a blocking call waits where `lower` or a clock is the program's own: returns when input came,
     * or at until_ts (USCTP_NEVER: as long as it takes), of the clock of the stack. It may call
     * usctp_host_input and usctp_host_process. 0, or not 0: the wait was interrupted (EINTR). NULL with
     * `lower`: calls that would wait give EAGAIN. */
    int (*wait)(void *wait_ctx, uint64_t until_ts);
    void *wait_ctx;
    /* With `lower`: the datagrams of a call of usctp_host_input that succeeds are lent to the host. Messages that wait
     * to be read stay in them, which saves a copy; this is called once for each, with its data and len, when it is
     * needed no more: in that call, or much later. It calls nothing of the library. NULL: they are the program's
     * again when the call returns. */
    void (*release)(void *lower_ctx, void *data, size_t len);
};
#define USCTP_HOST_CONFIG_INIT USCTP_SIZED(usctp_host_config)

/* Makes a host. UDP ports are opened when they are first needed. 0, or -1 with errno: EINVAL, ENOMEM,
 * EIO (no randomness or cryptography). */
USCTP_API int usctp_host_new(const struct usctp_host_config *config, usctp_host **host);

/* Closes the host's sockets as exit does (waiting exit_ms) and frees it. 0, or -1 with errno: EBUSY
 * (another thread is inside), EINVAL. */
USCTP_API int usctp_host_free(usctp_host *host);

/* The default host, made now if need be with what usctp_host_configure said, else with the
 * environment: USCTP_UDP_PORT, USCTP_REMOTE_UDP_PORT, USCTP_UDP_PORT_IS_SCTP_PORT=1, USCTP_EXIT_MS.
 * NULL with errno where that fails. */
USCTP_API usctp_host *usctp_host_default(void);

/* Settings of the default host; before its first use. 0, or -1 with errno: EBUSY (it exists), EINVAL. */
USCTP_API int usctp_host_configure(const struct usctp_host_config *config);

/* usctp_socket on a host of the caller's choice. */
USCTP_API int usctp_host_socket(usctp_host *host, int domain, int type, int protocol);

/* The host of a socket; NULL with errno EBADF where it is none of ours. */
USCTP_API usctp_host *usctp_host_of(int fd);

/* The stack below, for statistics, the packet observer and the like. Not while other threads use the
 * host. */
USCTP_API usctp_stack *usctp_host_stack(usctp_host *host);

/* Serves the network and the timers once, without waiting; readiness of all sockets is right
 * afterwards. 0, or -1 with errno EIO. */
USCTP_API int usctp_host_process(usctp_host *host);

/* Datagrams for a lower layer of the program's own, as usctp_stack_input; `lower` is set here. 0, or
 * -1 with errno EINVAL (the host has UDP below it). */
USCTP_API int usctp_host_input(usctp_host *host, struct usctp_dgram *dgrams, size_t n);

/* The addresses that the host has now, up to USCTP_HOST_ADDRS_MAX, where a lower layer of the program's own is
 * below it: sockets with SCTP_AUTO_ASCONF follow them (usctp_stack_set_addresses). With UDP below the system is
 * watched: descriptors of the host become readable when they change, or they are looked at at intervals (look_ms
 * of struct usctp_host_config). 0, or -1 with errno EINVAL (UDP, too many, no addresses of IP). */
USCTP_API int usctp_host_set_addresses(usctp_host *host, const struct usctp_addr *addrs,
                                       size_t cnt);

/* The program's own lower layer takes datagrams again. */
USCTP_API int usctp_host_writable(usctp_host *host);

/* One descriptor that becomes readable when usctp_host_process has something to do (an epoll
 * descriptor with a timer in it). Owned by the host. -1 with errno: EOPNOTSUPP (not on this platform,
 * or not UDP below). */
USCTP_API int usctp_host_fd(usctp_host *host);

/* The portable trio: what to poll for (fd and events are set) up to max, returns how many there are;
 * the time until usctp_host_process wants to be called all the same, in milliseconds as for poll (-1:
 * no limit); and usctp_host_process. */
USCTP_API size_t usctp_host_fds(usctp_host *host, struct pollfd *fds, size_t max);
USCTP_API int usctp_host_timeout(usctp_host *host);

/* The settings that Linux has below net.sctp, by their names there ("rto_min", "hb_interval",
 * "udp_port", ...), with its units and ranges; they hold for sockets made later. 0, or -1 with errno:
 * ENOENT (no such setting), EINVAL (out of range). */
USCTP_API int usctp_host_set(usctp_host *host, const char *name, long value);
USCTP_API int usctp_host_get(usctp_host *host, const char *name, long *value);

/* Takes the association of a connected one-to-one socket out of its host as a string of bytes, for usctp_host_import in
 * another host, process or machine of the same address: the peer notices nothing. The string, of at most `cap` bytes
 * and *len in all, holds keys; see "Handover" in usctp.h and doc/handover.md. The socket is not connected then, as if it
 * never had been, keeps its port, and tells no notification. What goes along is what usctp_assoc_export says; options of
 * the socket do not. 0, or -1 with errno: EAGAIN (not now: *reasons, which may not be NULL, says why, as enum
 * usctp_handover_reason; what was received and not read, notifications too, counts as not delivered), EBUSY (another
 * thread waits for something of it), EINVAL, EMSGSIZE (cap is too small; *len is what it takes; nothing has changed),
 * ENOMEM, ENOTCONN, EOPNOTSUPP (a one-to-many socket: peel it off first), EBADF, ENOTSOCK. */
USCTP_API int usctp_host_export(int fd, void *buf, size_t cap, size_t *len, unsigned *reasons);
/* Makes a one-to-one socket that is bound to the association's port, and neither listens nor is connected, the one of an
 * association that was handed over. It is connected at once; no SCTP_COMM_UP comes. A HEARTBEAT leaves on each path, so
 * that the peer learns of another UDP port. 0, or -1 with errno: EBADMSG (not such a string, or damaged), EPROTONOSUPPORT
 * (of a later version), EADDRINUSE (it is here already), EADDRNOTAVAIL (the port or the addresses are others),
 * EAFNOSUPPORT, EINVAL (not bound, or it listens), EISCONN, EIO, ENOMEM, EOPNOTSUPP (one-to-many), EBADF, ENOTSOCK. */
USCTP_API int usctp_host_import(int fd, const void *bytes, size_t len);

enum usctp_host_table {
    USCTP_HOST_ASSOCS = 1, /* As /proc/net/sctp/assocs. */
    USCTP_HOST_EPS = 2,    /* As /proc/net/sctp/eps. */
    USCTP_HOST_SNMP = 3    /* As /proc/net/sctp/snmp. */
};

/* Writes a table in the format of /proc/net/sctp. 0, or -1 with errno: EINVAL, EIO. */
USCTP_API int usctp_host_print(usctp_host *host, enum usctp_host_table table, FILE *file);

/* --- The system's calls (RFC 6458, 3, 4 and 7) ------------------------------------------------ */

USCTP_API int usctp_socket(int domain, int type, int protocol);
/* The same for IPPROTO_SCTP, and for protocol 0 with SOCK_SEQPACKET over IP; all else is the
 * system's. For <usctp/plain.h>. */
USCTP_API int usctp_plain_socket(int domain, int type, int protocol);
USCTP_API int usctp_bind(int fd, const struct sockaddr *addr, socklen_t len);
USCTP_API int usctp_listen(int fd, int backlog);
USCTP_API int usctp_accept(int fd, struct sockaddr *addr, socklen_t *len);
/* flags: SOCK_NONBLOCK, SOCK_CLOEXEC where the platform has them. */
USCTP_API int usctp_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);
USCTP_API int usctp_connect(int fd, const struct sockaddr *addr, socklen_t len);
USCTP_API int usctp_shutdown(int fd, int how);
USCTP_API int usctp_close(int fd);

USCTP_API ssize_t usctp_send(int fd, const void *buf, size_t len, int flags);
USCTP_API ssize_t usctp_sendto(int fd, const void *buf, size_t len, int flags,
                               const struct sockaddr *to, socklen_t to_len);
USCTP_API ssize_t usctp_sendmsg(int fd, const struct msghdr *msg, int flags);
USCTP_API ssize_t usctp_write(int fd, const void *buf, size_t len);
USCTP_API ssize_t usctp_writev(int fd, const struct iovec *iov, int iov_cnt);
USCTP_API ssize_t usctp_recv(int fd, void *buf, size_t len, int flags);
USCTP_API ssize_t usctp_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
                                 socklen_t *from_len);
USCTP_API ssize_t usctp_recvmsg(int fd, struct msghdr *msg, int flags);
USCTP_API ssize_t usctp_read(int fd, void *buf, size_t len);
USCTP_API ssize_t usctp_readv(int fd, const struct iovec *iov, int iov_cnt);
#if defined(__linux__)
struct mmsghdr; /* <sys/socket.h> with _GNU_SOURCE */
struct timespec;
USCTP_API int usctp_sendmmsg(int fd, struct mmsghdr *msgs, unsigned cnt, int flags);
USCTP_API int usctp_recvmmsg(int fd, struct mmsghdr *msgs, unsigned cnt, int flags,
                             struct timespec *timeout);
#endif

USCTP_API int usctp_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
USCTP_API int usctp_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
USCTP_API int usctp_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
USCTP_API int usctp_setsockopt(int fd, int level, int name, const void *value, socklen_t len);

USCTP_API int usctp_fcntl(int fd, int command, ...);
USCTP_API int usctp_ioctl(int fd, unsigned long request, ...);
USCTP_API int usctp_dup(int fd);
USCTP_API int usctp_dup2(int fd, int to);
USCTP_API int usctp_poll(struct pollfd *fds, nfds_t cnt, int timeout_ms);
USCTP_API int usctp_select(int max, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout);

/* --- SCTP's own calls (RFC 6458, 9) ----------------------------------------------------------- */

/* Adds (SCTP_BINDX_ADD_ADDR) or removes (SCTP_BINDX_REM_ADDR) addresses: cnt socket addresses, packed. */
USCTP_API int usctp_sctp_bindx(int fd, struct sockaddr *addrs, int cnt, int flags);
/* Connects to a peer with several addresses, packed; *id (may be NULL) gets the association. */
USCTP_API int usctp_sctp_connectx(int fd, struct sockaddr *addrs, int cnt, sctp_assoc_t *id);
USCTP_API int usctp_sctp_peeloff(int fd, sctp_assoc_t id);
USCTP_API int usctp_sctp_peeloff_flags(int fd, sctp_assoc_t id, unsigned flags);
/* Peer and local addresses, packed, to be freed by usctp_sctp_freepaddrs and usctp_sctp_freeladdrs;
 * return how many there are. */
USCTP_API int usctp_sctp_getpaddrs(int fd, sctp_assoc_t id, struct sockaddr **addrs);
USCTP_API int usctp_sctp_freepaddrs(struct sockaddr *addrs);
USCTP_API int usctp_sctp_getladdrs(int fd, sctp_assoc_t id, struct sockaddr **addrs);
USCTP_API int usctp_sctp_freeladdrs(struct sockaddr *addrs);
USCTP_API int usctp_sctp_opt_info(int fd, sctp_assoc_t id, int name, void *value, socklen_t *len);
USCTP_API int usctp_sctp_getaddrlen(sa_family_t family);
/* The association with a peer's address; 0 with errno where there is none. */
USCTP_API sctp_assoc_t usctp_sctp_getassocid(int fd, struct sockaddr *addr);

USCTP_API int usctp_sctp_sendmsg(int fd, const void *buf, size_t len, struct sockaddr *to,
                                 socklen_t to_len, uint32_t ppid, uint32_t flags, uint16_t stream,
                                 uint32_t time_to_live, uint32_t context);
USCTP_API int usctp_sctp_recvmsg(int fd, void *buf, size_t len, struct sockaddr *from,
                                 socklen_t *from_len, struct sctp_sndrcvinfo *info, int *flags);
USCTP_API int usctp_sctp_send(int fd, const void *buf, size_t len,
                              const struct sctp_sndrcvinfo *info, int flags);
USCTP_API int usctp_sctp_sendx(int fd, const void *buf, size_t len, struct sockaddr *addrs,
                               int addr_cnt, struct sctp_sndrcvinfo *info, int flags);
USCTP_API int usctp_sctp_sendv(int fd, const struct iovec *iov, int iov_cnt, struct sockaddr *addrs,
                               int addr_cnt, void *info, socklen_t info_len, unsigned info_type,
                               int flags);
USCTP_API int usctp_sctp_recvv(int fd, const struct iovec *iov, int iov_cnt, struct sockaddr *from,
                               socklen_t *from_len, void *info, socklen_t *info_len,
                               unsigned *info_type, int *flags);

#ifdef __cplusplus
}
#endif

#endif
