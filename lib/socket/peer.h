/* SPDX-License-Identifier: BSD-3-Clause */
/* An association as the sockets see it. It lives as long as the core's association, and beyond for
 * what still waits to be read from it. */
#ifndef USCTP_SOCKET_PEER_H
#define USCTP_SOCKET_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/socket.h>

#include "base/list.h"
#include "socket/rxq.h"
#include "socket/sockaddr.h"

struct usctp__sock;
struct usctp__binding;

/* Defaults of sends, of a socket or one association. */
struct usctp__send_defaults {
    uint16_t stream;
    uint16_t flags; /* SCTP_UNORDERED and the like, as the program gave them */
    uint32_t ppid;  /* as the program gave it: network order, if it did so */
    uint32_t context;
    uint32_t time_to_live; /* milliseconds; 0: none */
};

/* Options that an association gets from its socket and may have of its own. */
struct usctp__peer_opts {
    struct usctp__send_defaults send;
    uint16_t pr_policy; /* SCTP_DEFAULT_PRINFO: SCTP_PR_SCTP_... */
    uint32_t pr_value;  /* what it says */
    uint32_t context;   /* SCTP_CONTEXT: rcv_context */
    uint32_t events;    /* bit 1 << (type - SCTP_SN_TYPE_BASE): notifications wanted (8.1.28) */
    bool pmtud_off;     /* SPP_PMTUD_DISABLE was said last (8.1.12) */
};

struct usctp__peer {
    uint32_t ref_cnt;               /* of the core (one), the lists, the records */
    sctp_assoc_t id;                /* 3 and up, not used again soon */
    usctp_assoc *assoc;             /* NULL: it is over */
    struct usctp__sock *sock;       /* whose it is; NULL: the socket was closed */
    struct usctp__binding *binding; /* counted while assoc lives */
    struct usctp__list link;        /* sock->peers */
    struct usctp__peer_opts opts;
    struct usctp__name name; /* the peer's address at the beginning; its port */
    struct usctp__name from; /* its address on path `from_path`, where data came from last */
    usctp_path_id from_path; /* USCTP_PATH_ANY: none yet */
    struct usctp__rx_part
        part; /* the last message of which a part was read: level 1 waits for its end */
    /* struct usctp__rec, BREAK: of each message that the core has delivered in part and not finished, for the
     * case that it never will be; and the same by stream */
    struct usctp__list open;
    struct usctp__chaintable open_table;
    bool up;       /* COMM_UP was seen */
    bool blocked;  /* there is no room to send more; counted in sock->blocked_cnt */
    bool told;     /* connect waits for the end of the set-up: it tells an error, not SO_ERROR */
    bool deferred; /* a message was put back for want of memory */
    bool closing;  /* close or shutdown was called */
    bool peer_shutdown; /* the peer shuts down */
    bool eor_open;      /* explicit EOR: a message is being sent in pieces */
    uint8_t eor_byte;   /* its last byte so far: kept back, since an end without bytes may follow */
    struct usctp__send_defaults eor; /* how its first piece was sent: all others too */
    int error;                       /* errno that ended it, or its set-up; 0: none */
    uint16_t out_streams;            /* as agreed */
    uint16_t in_streams;
    uint32_t waiters;     /* threads that wait for something of this association */
    uint32_t send_buffer; /* bytes from which on there is no room; 0: not known yet */
    /* Of the messages that were taken from the core (usctp_message_take): those that wait, and what was read
     * already without telling the core; of so much memory, an eighth of the window, it is told. */
    uint32_t taken_cnt;
    uint32_t read_len;
    size_t read_memory;
    size_t tell_memory;
};

/* A new association of a socket, with its options; core part not yet known. NULL: no memory. */
struct usctp__peer *usctp__peer_new(struct usctp__sock *sock, const struct usctp__name *name);

static inline void usctp__peer_ref(struct usctp__peer *peer)
{
    peer->ref_cnt++;
}

/* Gives a reference back; the last one frees it. */
void usctp__peer_unref(struct usctp_host *host, struct usctp__peer *peer);

/* It belongs to another socket from now on (accept, peel-off), or to none. */
void usctp__peer_move(struct usctp__peer *peer, struct usctp__sock *to);

/* There is no more room to send, or again. */
void usctp__peer_block(struct usctp__peer *peer, bool blocked);

/* Something was sent: is there room for more? */
static inline void usctp__peer_sent(struct usctp__peer *peer)
{
    if (peer->send_buffer != 0 && usctp_assoc_buffered(peer->assoc) >= peer->send_buffer) {
        usctp__peer_block(peer, true);
    }
}

/* The core learns of what was read. */
void usctp__peer_tell(struct usctp__peer *peer);

/* A message that was taken from the core has been read. */
static inline void usctp__peer_consumed(struct usctp__peer *peer, size_t len, size_t memory)
{
    peer->read_len += (uint32_t)len;
    peer->read_memory += memory;
    if (--peer->taken_cnt == 0 || peer->read_memory >= peer->tell_memory) {
        usctp__peer_tell(peer);
    }
}

/* Messages that were put back for want of memory come again. */
void usctp__peer_resume(struct usctp__peer *peer);

/* The same for all associations of a host. */
void usctp__peer_resume_all(struct usctp_host *host);

/* It came up: asks to be told when there is room again. */
void usctp__peer_watch_room(struct usctp__peer *peer);

/* The core's part is over: CLOSED came. Gives back what it held. */
void usctp__peer_over(struct usctp_host *host, struct usctp__peer *peer);

/* The association with this id on this socket, living or not yet read to its end; NULL: none. */
struct usctp__peer *usctp__peer_by_id(const struct usctp__sock *sock, sctp_assoc_t id);

/* The association of a socket with a peer that has this address; NULL: none. */
struct usctp__peer *usctp__peer_by_name(const struct usctp__sock *sock,
                                        const struct usctp__name *name);

/* A walk over the associations of a socket during which events run, or other threads: any of them may go,
 * the one at hand and the next. Of those that come meanwhile it visits
 * some. */
struct usctp__peer_walk {
    struct usctp__sock *sock;
    struct usctp__list *next;       /* in sock->peers */
    struct usctp__peer_walk *other; /* sock->walks */
};

/* Begins one; it must be ended, and the socket must stay until then. */
void usctp__peer_walk_begin(struct usctp__peer_walk *walk, struct usctp__sock *sock);
/* The next one; NULL: that was all. */
struct usctp__peer *usctp__peer_walk_next(struct usctp__peer_walk *walk);
void usctp__peer_walk_end(struct usctp__peer_walk *walk);

#endif
