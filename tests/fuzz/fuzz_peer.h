/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer made by hand for the fuzz targets: it brings a stack into each state, and knows enough of it
 * (tags, TSNs, cookie, nonce) for packets to get past the first checks.
 */
#ifndef USCTP_FUZZ_PEER_H
#define USCTP_FUZZ_PEER_H

#include "fuzz/fuzz_side.h"

#include "base/buf.h"
#include "core/auth.h"
#include "wire/init.h"

enum {
    FUZZ_PEER_PORT = 6000, /* its SCTP port */
    FUZZ_SIDE_PORT = 5001, /* where the stack listens */
    FUZZ_PEER_ADDRS = 4,   /* two that it may list, a stranger's, and one of the other family */
    FUZZ_PEER_LEN = 4096   /* bytes of what it remembers and sends */
};

struct fuzz_peer {
    struct fuzz_side *side;
    usctp_endpoint *endpoint; /* of the stack; NULL: none */
    struct fuzz_conn *conn;   /* of the stack, where it connected or accepted */
    struct usctp_addr addrs[FUZZ_PEER_ADDRS];
    uint16_t udp_port;
    uint32_t tag, tsn; /* its own Initiate Tag and initial TSN */
    uint32_t rwnd;     /* what it offers */
    bool lists;        /* it lists its second address */
    bool interleaves;  /* it offers I-DATA, which the stack takes */
    bool auth;         /* it offers authentication, and demands DATA, I-DATA and HEARTBEAT */
    bool asconf;       /* and address reconfiguration */
    struct usctp__auth_vector mine, theirs; /* key vectors; the shared key is empty */
    uint32_t their_tag, their_tsn;          /* as INIT or INIT ACK said */
    uint16_t their_port;
    uint8_t cookie[FUZZ_PEER_LEN]; /* of the last INIT ACK */
    size_t cookie_len;
    uint8_t nonce[FUZZ_PEER_LEN]; /* information of the last HEARTBEAT */
    size_t nonce_len;
    uint8_t last[FUZZ_PEER_LEN]; /* the last packet that came */
    size_t last_len;
    struct usctp_addr last_remote; /* where to */
    size_t heard_cnt;              /* packets of the last fuzz_peer_hear */
    size_t heard_len;              /* their bytes, INIT ACKs left out */
    size_t init_ack_len;           /* and those of INIT ACKs */
    struct usctp__writer w;        /* the packet being written */
    uint8_t bytes[FUZZ_PEER_LEN];
};

/* States that a stack can be brought into. */
enum fuzz_state {
    FUZZ_NOBODY, /* no endpoint */
    FUZZ_SILENT, /* an endpoint that does not listen */
    FUZZ_LISTEN,
    FUZZ_COOKIE_WAIT,
    FUZZ_COOKIE_ECHOED,
    FUZZ_ESTABLISHED,
    FUZZ_IN_FLIGHT, /* with data outstanding and more to send */
    FUZZ_NO_WINDOW, /* the same, and the peer's window is closed */
    FUZZ_RECOVERY,  /* in fast recovery */
    FUZZ_HOLES,     /* data was received out of order and in parts */
    FUZZ_PENDING,   /* SHUTDOWN-PENDING */
    FUZZ_SENT,      /* SHUTDOWN-SENT */
    FUZZ_RECEIVED,  /* SHUTDOWN-RECEIVED */
    FUZZ_ACK_SENT,  /* SHUTDOWN-ACK-SENT */
    FUZZ_STATE_CNT
};

/* Starts with addresses and tags; nothing is said yet. */
void fuzz_peer_init(struct fuzz_peer *peer, struct fuzz_side *side, bool ipv6);

/* Brings the stack into a state, by the peer's or by the stack's connecting. */
void fuzz_peer_reach(struct fuzz_peer *peer, enum fuzz_state state, bool active);

/* Takes all that the stack has sent, and learns from it. */
void fuzz_peer_hear(struct fuzz_peer *peer);

/* A packet: begin with a verification tag, write chunks into peer->w, send. */
void fuzz_peer_begin(struct fuzz_peer *peer, uint32_t tag);
void fuzz_peer_send(struct fuzz_peer *peer);

/* Chunks for peer->w. */
void fuzz_peer_put_init(struct fuzz_peer *peer, uint8_t type);
void fuzz_peer_put_data(struct fuzz_peer *peer, uint8_t flags, uint32_t offset, uint16_t sid,
                        uint16_t ssn, size_t len);
void fuzz_peer_put_sack(struct fuzz_peer *peer, uint32_t acked, uint32_t rwnd, uint16_t from,
                        uint16_t to);

/* The packet of len bytes, with room for more, gets AUTH with a right MAC before all its chunks; returns how
 * long it is then. */
size_t fuzz_peer_sign(const struct fuzz_peer *peer, uint8_t *packet, size_t len);

/* TSNs in the chunks of a packet become relative: those of DATA to the peer's initial TSN, those
 * acknowledged to that of the stack; so do the numbers of ASCONF and ASCONF-ACK. */
void fuzz_peer_shift(const struct fuzz_peer *peer, uint8_t *packet, size_t len);

#endif
