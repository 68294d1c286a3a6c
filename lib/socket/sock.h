/* SPDX-License-Identifier: BSD-3-Clause */
/* A socket: one-to-one (SOCK_STREAM, RFC 6458, 4) or one-to-many (SOCK_SEQPACKET, RFC 6458, 3). */
#ifndef USCTP_SOCKET_SOCK_H
#define USCTP_SOCKET_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

#include "base/list.h"
#include "socket/binding.h"
#include "socket/device.h"
#include "socket/host.h"
#include "socket/pair.h"
#include "socket/peer.h"
#include "socket/rxq.h"

/* Options of the socket; associations get copies of some when they begin (struct usctp__peer_opts). */
struct usctp__sock_opts {
    struct usctp_params params;   /* for associations to come; receive_window and send_buffer too */
    struct usctp__peer_opts peer; /* for associations to come */
    struct sctp_initmsg init;     /* SCTP_INITMSG as set; 0: default */
    uint64_t receive_dur;         /* SO_RCVTIMEO; 0: none */
    uint64_t send_dur;            /* SO_SNDTIMEO */
    uint32_t linger_s;            /* SO_LINGER, seconds */
    uint32_t interleave;          /* SCTP_FRAGMENT_INTERLEAVE: 0, 1, 2 */
    uint32_t rcvbuf, sndbuf;      /* SO_RCVBUF and SO_SNDBUF as reported */
    uint16_t remote_udp_port;     /* SCTP_REMOTE_UDP_ENCAPS_PORT for associations to come */
    bool linger;                  /* SO_LINGER is on */
    bool reuse_addr, reuse_port;  /* SO_REUSEADDR, SCTP_REUSE_PORT */
    bool v6only;                  /* IPV6_V6ONLY */
    bool mapped;                  /* SCTP_I_WANT_MAPPED_V4_ADDR */
    bool no_fragments;            /* SCTP_DISABLE_FRAGMENTS */
    bool explicit_eor;            /* SCTP_EXPLICIT_EOR */
    bool rcvinfo, nxtinfo;        /* SCTP_RECVRCVINFO, SCTP_RECVNXTINFO */
    bool ext_rcvinfo;             /* SCTP_USE_EXT_RCVINFO */
    bool broadcast, keepalive;    /* SO_BROADCAST, SO_KEEPALIVE, ...: kept, and no more */
    bool dontroute, oobinline;
    int rcvlowat;                        /* SO_RCVLOWAT; 0: not set */
    char device[USCTP__DEVICE_NAME_LEN]; /* SO_BINDTODEVICE; empty: none */
};

struct usctp__sock_auth;

struct usctp__sock {
    struct usctp_host *host;
    struct usctp__list link;       /* host->socks */
    struct usctp__list dirty_link; /* host->dirty */
    struct usctp__pair pair;
    uint32_t fd_cnt;  /* descriptors that name it; 0: closed, or not accepted yet */
    int first_fd;     /* of these, as the table links them; -1: none. The table's lock */
    uint32_t waiters; /* threads that sleep inside a call */
    int domain;       /* AF_INET or AF_INET6 */
    int type;         /* SOCK_STREAM or SOCK_SEQPACKET */
    struct usctp__binding *binding; /* NULL: not bound */
    struct usctp__list peers;       /* struct usctp__peer; a one-to-one socket has one at most */
    uint32_t peer_cnt;              /* of these */
    struct usctp__peer_walk *walks; /* that are under way over these */
    uint32_t blocked_cnt;           /* of these, that have no room for more to send */
    struct usctp__name peer_name;   /* one-to-one: of the peer, also after the end */
    struct usctp__rxq rxq;
    struct usctp__list
        accept_q; /* struct usctp__sock: new associations that wait to be accepted, each
                                     * on a socket of its own that has no descriptor yet */
    struct usctp__list accept_link; /* such a socket in its listener's queue */
    struct usctp__sock *listener;   /* whose queue that is; NULL: accepted, or never there */
    uint32_t accept_cnt;
    uint32_t backlog;
    int error; /* SO_ERROR: reported once */
    bool listening;
    bool bound;      /* bind or bindx was called: not by the library itself */
    bool peeled;     /* made by peel-off */
    bool connecting; /* one-to-one: set-up is on its way */
    bool connected;  /* one-to-one: it came up, and has not ended */
    bool ended;      /* one-to-one: an association was there and is over */
    bool read_shut;  /* shutdown(SHUT_RD) */
    bool write_shut; /* shutdown(SHUT_WR) */
    bool closed;     /* no descriptor names it any more */
    struct usctp__sock_opts opts;
    struct usctp__sock_auth *auth; /* authentication; NULL: nothing was said */
};

static inline bool usctp__one_to_one(const struct usctp__sock *sock)
{
    return sock->type == SOCK_STREAM;
}

/* The only association of a one-to-one socket, or NULL. */
static inline struct usctp__peer *usctp__peer_only(const struct usctp__sock *sock)
{
    return usctp__one_to_one(sock) && !usctp__list_empty(&sock->peers)
               ? USCTP__CONTAINER_OF(sock->peers.next, struct usctp__peer, link)
               : NULL;
}

/* A socket without a descriptor, with the options of `like` (NULL: the host's). NULL: no memory. */
struct usctp__sock *usctp__sock_new(struct usctp_host *host, int domain, int type,
                                    const struct usctp__sock *like);

/* Enters it in the table, once its pair is open. The table's lock is held too. Returns the descriptor, or
 * -ENOMEM: the pair is closed again. */
int usctp__sock_enter(struct usctp__sock *sock);

/* One of its descriptors is gone, the table knows it already: goes on with another one, or closes. Both locks
 * are held. */
void usctp__sock_lose(struct usctp__sock *sock, int fd);

/* A one-to-one socket begins anew after an end that its descriptor shows for ever: gives it another pair
 * where that is so. Gives the lock up and takes it again. 0, -EBADF (closed meanwhile) or another negative
 * errno. */
int usctp__sock_renew(struct usctp__sock *sock);

/* An error was told and is no more: the same where the descriptor shows an end for it that is none. The lock is
 * held afterwards, the socket may be closed. */
void usctp__sock_unhang(struct usctp__sock *sock);

/* Ends an association for good, in the way that close would (RFC 6458, 3.1.5, 4.1.6, 8.1.4). */
void usctp__sock_end_peer(struct usctp__sock *sock, struct usctp__peer *peer);

/* The last descriptor is gone: ends its associations (RFC 6458, 3.1.5, 4.1.6), and the socket itself once
 * no thread is inside. */
void usctp__sock_close(struct usctp__sock *sock);

/* Frees a closed socket once nobody is inside. */
void usctp__sock_reap(struct usctp__sock *sock);

/* Closes and frees a socket of a host that goes, with all its descriptors. */
void usctp__sock_discard(struct usctp__sock *sock);

/* Ends all associations of the host, and takes no more; the sockets stay. */
void usctp__sock_shut_all(struct usctp_host *host);

/* What poll would say: enum usctp__ready. */
unsigned usctp__sock_ready(struct usctp__sock *sock);

/* Shows that on its descriptor. */
void usctp__sock_show(struct usctp__sock *sock);

/* Readiness may have changed: it is shown before the lock is given up. */
static inline void usctp__sock_touch(struct usctp__sock *sock)
{
    if (!usctp__list_linked(&sock->dirty_link)) {
        usctp__list_push_back(&sock->host->dirty, &sock->dirty_link);
    }
}

/* Binds to any address and a port drawn at random if it is not bound. 0 or a negative errno. */
int usctp__sock_autobind(struct usctp__sock *sock);

/* Takes and clears the pending error, as a negative number; 0: none. */
int usctp__sock_error(struct usctp__sock *sock);

/* True where O_NONBLOCK is set on the descriptor, or MSG_DONTWAIT in flags. */
bool usctp__sock_nonblocking(const struct usctp__sock *sock, int flags);

/* Waits until cond is true: serves the network first, then sleeps. limit_dur: of SO_RCVTIMEO or
 * SO_SNDTIMEO; 0: none. 0, -EAGAIN (time is up, or it may not block), -EINTR, -EBADF (closed meanwhile). */
int usctp__sock_wait(struct usctp__sock *sock, bool (*cond)(struct usctp__sock *sock, void *ctx),
                     void *ctx, bool may_block, uint64_t limit_dur);

/* The same for something of an association, which is handed to cond and does not leave the socket
 * meanwhile (peel-off says EBUSY). */
int usctp__sock_wait_peer(struct usctp__sock *sock, struct usctp__peer *peer,
                          bool (*cond)(struct usctp__sock *sock, void *ctx), bool may_block,
                          uint64_t limit_dur);

#endif
