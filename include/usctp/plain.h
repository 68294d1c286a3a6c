/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The plain names of the sockets API, mapped to those of <usctp/socket.h>: a file that was written for
 * kernel SCTP needs this one line, behind its other includes.
 *
 *     #include <usctp/plain.h>
 *
 * Sockets of IPPROTO_SCTP, and those of protocol 0 that are SOCK_SEQPACKET over IP, are usctp's. All
 * other descriptors go to the system's calls as before: files, pipes, TCP.
 *
 * The macros take calls only: where no parenthesis follows, a name means what it meant. So a pointer to
 * a function is that of the system (write usctp_close for ours), and variables and members may have
 * these names. A call through such a member is taken for one of the system: `ops->close(fd)` is to be
 * written `(ops->close)(fd)`. So are calls of member functions in C++, `file.close()` and
 * `std::bind(...)`, and there headers of the standard library must come first: #undef the names that
 * such a file uses in another sense.
 *
 * Not mapped, since they need no help or can have none: epoll and kqueue (each socket is a real
 * descriptor), select's and poll's relatives, dup3, sendfile, splice, and standard streams (fdopen).
 */
#ifndef USCTP_PLAIN_H
#define USCTP_PLAIN_H

/* All that declares the names below, so that later includes find nothing left to declare. */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <usctp/socket.h>

/* --- Sockets: RFC 6458, 3 and 4 ----------------------------------------------------------------- */

#undef socket
#undef bind
#undef listen
#undef accept
#undef accept4
#undef connect
#undef shutdown
#undef close
#define socket(...)   usctp_plain_socket(__VA_ARGS__)
#define bind(...)     usctp_bind(__VA_ARGS__)
#define listen(...)   usctp_listen(__VA_ARGS__)
#define accept(...)   usctp_accept(__VA_ARGS__)
#define accept4(...)  usctp_accept4(__VA_ARGS__)
#define connect(...)  usctp_connect(__VA_ARGS__)
#define shutdown(...) usctp_shutdown(__VA_ARGS__)
#define close(...)    usctp_close(__VA_ARGS__)

/* --- Data: RFC 6458, 7 -------------------------------------------------------------------------- */

#undef read
#undef readv
#undef recv
#undef recvfrom
#undef recvmsg
#undef write
#undef writev
#undef send
#undef sendto
#undef sendmsg
#define read(...)     usctp_read(__VA_ARGS__)
#define readv(...)    usctp_readv(__VA_ARGS__)
#define recv(...)     usctp_recv(__VA_ARGS__)
#define recvfrom(...) usctp_recvfrom(__VA_ARGS__)
#define recvmsg(...)  usctp_recvmsg(__VA_ARGS__)
#define write(...)    usctp_write(__VA_ARGS__)
#define writev(...)   usctp_writev(__VA_ARGS__)
#define send(...)     usctp_send(__VA_ARGS__)
#define sendto(...)   usctp_sendto(__VA_ARGS__)
#define sendmsg(...)  usctp_sendmsg(__VA_ARGS__)
#if defined(__linux__)
#undef recvmmsg
#undef sendmmsg
#define recvmmsg(...) usctp_recvmmsg(__VA_ARGS__)
#define sendmmsg(...) usctp_sendmmsg(__VA_ARGS__)
#endif

/* --- Descriptors -------------------------------------------------------------------------------- */

#undef getsockname
#undef getpeername
#undef getsockopt
#undef setsockopt
#undef fcntl
#undef ioctl
#undef dup
#undef dup2
#undef poll
#undef select
#define getsockname(...) usctp_getsockname(__VA_ARGS__)
#define getpeername(...) usctp_getpeername(__VA_ARGS__)
#define getsockopt(...)  usctp_getsockopt(__VA_ARGS__)
#define setsockopt(...)  usctp_setsockopt(__VA_ARGS__)
#define fcntl(...)       usctp_fcntl(__VA_ARGS__)
#define ioctl(...)       usctp_ioctl(__VA_ARGS__)
#define dup(...)         usctp_dup(__VA_ARGS__)
#define dup2(...)        usctp_dup2(__VA_ARGS__)
#define poll(...)        usctp_poll(__VA_ARGS__)
#define select(...)      usctp_select(__VA_ARGS__)

/* --- SCTP: RFC 6458, 8 and 9 -------------------------------------------------------------------- */

#undef sctp_bindx
#undef sctp_connectx
#undef sctp_peeloff
#undef sctp_peeloff_flags
#undef sctp_getpaddrs
#undef sctp_freepaddrs
#undef sctp_getladdrs
#undef sctp_freeladdrs
#undef sctp_opt_info
#undef sctp_getaddrlen
#undef sctp_getassocid
#undef sctp_sendmsg
#undef sctp_recvmsg
#undef sctp_send
#undef sctp_sendx
#undef sctp_sendv
#undef sctp_recvv
#define sctp_bindx(...)         usctp_sctp_bindx(__VA_ARGS__)
#define sctp_connectx(...)      usctp_sctp_connectx(__VA_ARGS__)
#define sctp_peeloff(...)       usctp_sctp_peeloff(__VA_ARGS__)
#define sctp_peeloff_flags(...) usctp_sctp_peeloff_flags(__VA_ARGS__)
#define sctp_getpaddrs(...)     usctp_sctp_getpaddrs(__VA_ARGS__)
#define sctp_freepaddrs(...)    usctp_sctp_freepaddrs(__VA_ARGS__)
#define sctp_getladdrs(...)     usctp_sctp_getladdrs(__VA_ARGS__)
#define sctp_freeladdrs(...)    usctp_sctp_freeladdrs(__VA_ARGS__)
#define sctp_opt_info(...)      usctp_sctp_opt_info(__VA_ARGS__)
#define sctp_getaddrlen(...)    usctp_sctp_getaddrlen(__VA_ARGS__)
#define sctp_getassocid(...)    usctp_sctp_getassocid(__VA_ARGS__)
#define sctp_sendmsg(...)       usctp_sctp_sendmsg(__VA_ARGS__)
#define sctp_recvmsg(...)       usctp_sctp_recvmsg(__VA_ARGS__)
#define sctp_send(...)          usctp_sctp_send(__VA_ARGS__)
#define sctp_sendx(...)         usctp_sctp_sendx(__VA_ARGS__)
#define sctp_sendv(...)         usctp_sctp_sendv(__VA_ARGS__)
#define sctp_recvv(...)         usctp_sctp_recvv(__VA_ARGS__)

#endif
