/* SPDX-License-Identifier: BSD-3-Clause */
/* Setting an association up: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, their timers (RFC 9260, 5),
 * and what to do when they come unexpectedly (5.2). */
#ifndef USCTP_CORE_HANDSHAKE_H
#define USCTP_CORE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "core/path.h"
#include "wire/init.h"
#include "wire/packet.h"

struct usctp__core;
struct usctp_assoc;
struct usctp__packet_in;
struct usctp__cookie;
struct usctp__auth_set;

/* What the peer said in INIT or INIT ACK that is of use only once the association is up. */
struct usctp__wishes {
    bool has_adaptation;       /* Adaptation Layer Indication (RFC 5061, 4.2.6) */
    uint32_t adaptation;       /* what it says */
    struct usctp_addr primary; /* Set Primary Address (RFC 5061, 4.2.4); AF_NONE: none */
};

/* What lives only while an association is being set up. */
struct usctp__setup {
    uint8_t *cookie;   /* the peer's state cookie; NULL before INIT ACK */
    size_t cookie_cap; /* of its buffer */
    uint16_t cookie_len;
    uint16_t retry_cnt;          /* T1 expiries of the present chunk */
    uint16_t stale_cnt;          /* Stale Cookie errors so far */
    uint16_t port_retry_cnt;     /* new ports drawn after cause 14, at most 3 */
    uint32_t preserve_ms;        /* Cookie Preservative to ask for; 0: none */
    uint64_t rto_dur;            /* the T1 timer's present length */
    uint64_t sent_ts;            /* when INIT or COOKIE ECHO was last sent */
    usctp_path_id path;          /* where to */
    struct usctp__wishes wishes; /* the peer's, of its INIT ACK */
};

/* Begins: state COOKIE-WAIT, INIT queued, T1 armed. 0 or an error. */
int usctp__handshake_start(struct usctp_assoc *assoc);

/* T1-init or T1-cookie expired. */
void usctp__handshake_on_t1(struct usctp_assoc *assoc);

/* ERROR with a Stale Cookie cause in COOKIE-ECHOED (5.2.6); measure in microseconds. */
void usctp__handshake_on_stale_cookie(struct usctp_assoc *assoc, uint32_t staleness_us);

/* ABORT with cause 14 came in COOKIE-WAIT: tries again from a new port and tag where that is allowed.
 * False: it is not; handle the ABORT. */
bool usctp__handshake_retry_port(struct usctp_assoc *assoc);

/* Reads them. */
void usctp__wishes_read(struct usctp__wishes *wishes, const struct usctp__init_params *peer);

/* The association is up, or began anew: does what the peer wished; those of a cookie's INIT. */
void usctp__handshake_grant(struct usctp_assoc *assoc, const struct usctp__wishes *wishes);
void usctp__handshake_grant_cookie(struct usctp_assoc *assoc, const struct usctp__cookie *cookie);

/* Frees what lives only during set-up. */
void usctp__handshake_free(struct usctp_assoc *assoc);

/* What an endpoint tells of itself to answer INITs and COOKIE ECHOs without an association. */
struct usctp__listener {
    usctp_endpoint *endpoint; /* for the association to be */
    uint16_t port;            /* local SCTP port */
    const struct usctp_params *params;
    uint32_t withheld;              /* of its extensions, those that this peer is not offered */
    const struct usctp_addr *addrs; /* configured local addresses */
    size_t addr_cnt;
    const struct usctp__auth_set *auth; /* what was said of authentication; NULL: nothing */
};

/* What an INIT or INIT ACK of ours says of us. */
struct usctp__init_offer {
    uint8_t chunk_type; /* INIT or INIT ACK */
    uint32_t tag;       /* our Initiate Tag */
    uint32_t tsn;       /* our Initial TSN */
    uint32_t rwnd;      /* our window */
    uint16_t out_streams;
    uint16_t in_streams;
    const struct usctp_params *params; /* flags */
    uint32_t extensions;               /* of its extensions, those that are possible */
    const struct usctp_addr *addrs;    /* our addresses, listed if there are several */
    size_t addr_cnt;
    const struct usctp_addr *peer; /* where the chunk goes: decides which may be listed */
    bool ipv4;                     /* families: INIT: ours; INIT ACK: the peer's */
    bool ipv6;
    uint32_t preserve_ms; /* INIT: Cookie Preservative; 0: none */
    const uint8_t *auth;  /* our key vector (auth.h) */
    size_t auth_len;      /* its bytes; 0: no authentication */
};

/* Largest INIT or INIT ACK we write, with all its parameters, bytes. */
enum { USCTP__INIT_ROOM_LEN = 4096, USCTP__STORED_INIT_MAX_LEN = 1024 };

/* Begins the chunk and writes everything but the cookie and the reports; the caller ends it. Returns
 * where the chunk begins. */
size_t usctp__init_write_offer(struct usctp__writer *w, const struct usctp__init_offer *offer);

/* Writes the peer's INIT reduced to what a cookie has to hold where these extensions are agreed on, with
 * an address more unless `also` is NULL; returns its length, at most USCTP__STORED_INIT_MAX_LEN, the size
 * of out. */
size_t usctp__init_reduce(const struct usctp__chunk *chunk, const struct usctp_addr *also,
                          uint32_t extensions, uint8_t *out);

/* How a cookie names a local address, and what it names: an association's own address, or the one that
 * the cookie came back to. */
uint8_t usctp__init_local_index(const struct usctp__listener *listener,
                                const struct usctp_addr *local);
const struct usctp_addr *usctp__init_local_addr(const struct usctp_assoc *assoc, uint8_t index,
                                                const struct usctp_dgram *dgram);

/* What a cookie says of an INIT that came in `in`: all but our tag, our TSN and the tie tags. */
void usctp__init_fill_cookie(struct usctp__core *core, const struct usctp__listener *listener,
                             const struct usctp__packet_in *in, const struct usctp__init *init,
                             const struct usctp__init_params *peer, struct usctp__cookie *cookie);

/* Makes the INIT ACK with the cookie in it, and sends it to where `to` came from; what the peer
 * offers and we are told to leave is reported in it. Where there is no memory or no HMAC nothing is
 * sent. */
void usctp__init_ack_send(struct usctp__core *core, const struct usctp__listener *listener,
                          const struct usctp_dgram *to, struct usctp__init_params *peer,
                          struct usctp__cookie *cookie);

/* Which address families the sender of an INIT can use (5.1.2): those it lists and those it shows. */
void usctp__init_families(const struct usctp__init_params *peer, const struct usctp_addr *source,
                          bool *ipv4, bool *ipv6);

/* The lifetime of a cookie: Valid.Cookie.Life and what a Cookie Preservative may add to it. */
uint64_t usctp__init_cookie_life(const struct usctp_params *params,
                                 const struct usctp__init_params *peer);

/* Checks a received INIT whose tag is not 0; on a fault that earns an ABORT, sends it (5.1, 3.3.2). False: the INIT
 * is to be dropped. On true *init and *peer are set. */
bool usctp__init_accept(struct usctp__core *core, const struct usctp__listener *listener,
                        const struct usctp__packet_in *in, const struct usctp__chunk *chunk,
                        struct usctp__init *init, struct usctp__init_params *peer);

/* The peer's addresses: the source of the packet first, then those in the chunk that can be used;
 * at most USCTP__PATH_MAX, into addrs; returns how many. */
size_t usctp__init_peer_addrs(const struct usctp_dgram *dgram,
                              const struct usctp__init_params *peer, struct usctp_peer_addr *addrs);

/* Takes what the cookie says of the peer into the association: tags, streams, window, TSNs. */
void usctp__handshake_take_cookie(struct usctp_assoc *assoc, const struct usctp__cookie *cookie);

/* Queues a COOKIE ACK: to where `in` came from if that is confirmed (5.4), else where data goes. */
void usctp__handshake_cookie_ack(struct usctp_assoc *assoc, const struct usctp__packet_in *in);

/* Answers an authentic cookie that is too old (5.1.5 (4), 5.2.4 (3)). */
void usctp__handshake_answer_stale(struct usctp__core *core, const struct usctp__packet_in *in,
                                   const struct usctp__cookie *cookie, uint64_t stale_dur);

/* Answers an INIT for which there is no association (5.1 B): validates, makes a cookie, sends INIT
 * ACK or ABORT; keeps nothing. True: the INIT ACK offers authentication. */
bool usctp__handshake_answer_init(struct usctp__core *core, const struct usctp__listener *listener,
                                  const struct usctp__packet_in *in,
                                  const struct usctp__chunk *chunk);

/* Reads the COOKIE ECHO of an association that does not exist yet (5.1 D): checks the cookie, ports,
 * tag and addresses; answers a stale one. True: *cookie is good. */
bool usctp__handshake_check_cookie(struct usctp__core *core, const struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk, struct usctp__cookie *cookie);

/* Fills a new association (fresh from usctp__assoc_new) from a good cookie: ESTABLISHED, COOKIE ACK
 * queued, paths made, UP raised. 0, or an error and the association is to be dropped. */
int usctp__handshake_accept(struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                            const struct usctp__cookie *cookie);

#endif
