/* SPDX-License-Identifier: BSD-3-Clause */
/* Authentication of one association (RFC 4895): the two key vectors, the keys made of them, AUTH
 * chunks sent and received. There is a struct of it from the offer until the peer has answered without. */
#ifndef USCTP_CORE_AUTH_H
#define USCTP_CORE_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/buf.h"
#include "core/auth_set.h"
#include "wire/init.h"
#include "wire/packet.h"

struct usctp__addr_list;
struct usctp__asconf;
struct usctp_assoc;
struct usctp__cookie;
struct usctp__core;
struct usctp__outmsg;
struct usctp__packet_in;

enum {
    USCTP__AUTH_RANDOM_LEN = 32,    /* RFC 4895, 3.1 */
    USCTP__AUTH_HMAC_LIST_MAX = 32, /* identifiers that a peer may list */
    USCTP__AUTH_VECTOR_MAX = 4 + USCTP__AUTH_RANDOM_LEN + 260 + 4 + 2 * USCTP__AUTH_HMAC_LIST_MAX
};

/* A key vector (RFC 4895, 6.1): the RANDOM, CHUNKS and HMAC-ALGO parameters of one side, without their
 * padding. */
struct usctp__auth_vector {
    size_t len;                            /* bytes in use; 0: there is none */
    uint8_t bytes[USCTP__AUTH_VECTOR_MAX]; /* the parameters */
};

struct usctp__auth {
    struct usctp__auth_set set;        /* what the program said */
    struct usctp__auth_vector mine;    /* of our INIT or INIT ACK */
    struct usctp__auth_vector peer;    /* of the peer's */
    struct usctp__chunk_set my_chunks; /* we take them only if authenticated: as we told the peer */
    struct usctp__chunk_set peer_chunks; /* the peer takes them only if authenticated */
    uint16_t hmac;                       /* enum usctp_hmac: what we send; 0: not agreed on */
    uint16_t chunk_len;                  /* of AUTH chunks of ours, bytes */
    bool covers_data;                    /* each packet of DATA, or of SACK, has AUTH in it */
    struct usctp__asconf *asconf;        /* address reconfiguration; NULL until first used */
    struct usctp__addr_list
        *told;   /* follow.h: addresses of ours that the peer was told of; NULL: nothing was */
    bool behind; /* follow.h: that is not what the host has */
};

/* --- Set-up ----------------------------------------------------------------------------------- */

/* Makes the struct of a new association that offers the extension; `set`: its endpoint's, or NULL.
 * False: no memory. */
bool usctp__auth_attach(struct usctp_assoc *assoc, const struct usctp__auth_set *set);

/* An association without it begins anew, by a cookie with AUTH: makes it as its endpoint has it. False: no
 * memory. */
bool usctp__auth_return(struct usctp_assoc *assoc, const struct usctp__cookie *cookie);

/* What a new association would be told of its endpoint, while there is no struct of its own. */
const struct usctp__auth_set *usctp__auth_set_of(const struct usctp_assoc *assoc);

/* Frees it. Messages that were to go under its keys go under none. */
void usctp__auth_free(struct usctp_assoc *assoc);

/* Draws a vector of ours for an offer of these extensions; `set` NULL: nothing was said. False: no
 * randomness. */
bool usctp__auth_draw(struct usctp__core *core, const struct usctp__auth_set *set,
                      uint32_t extensions, struct usctp__auth_vector *vector);

/* Writes the parameters of a vector of len bytes, padded. */
void usctp__auth_write_params(struct usctp__writer *w, const uint8_t *vector, size_t len);

/* The vector of a peer whose parameters were checked; without any its length is 0. */
void usctp__auth_peer_vector(const struct usctp__init_params *peer,
                             struct usctp__auth_vector *vector);

/* What is wrong with what a peer offers where we offer `extensions` and have this set (or NULL): the text of a
 * protocol violation, or NULL. */
const char *usctp__auth_fault(uint32_t extensions, const struct usctp__auth_set *set,
                              const struct usctp__init_params *peer);

/* The INIT ACK is good, and said so of the peer. */
void usctp__auth_take_params(struct usctp_assoc *assoc, const struct usctp__init_params *peer);

/* A good cookie says what both sides sent: the keys follow from that (RFC 4895, 6.1, 6.3). */
void usctp__auth_take_cookie(struct usctp_assoc *assoc, const struct usctp__cookie *cookie);

/* The same of vectors that are known otherwise: those of an association that was handed over. */
void usctp__auth_take_vectors(struct usctp_assoc *assoc, const struct usctp__auth_vector *mine,
                              const struct usctp__auth_vector *peer);

/* The association shared key that a shared key of len bytes gives (RFC 4895, 6.1), into out, which has
 * room for all three; returns its length. */
size_t usctp__auth_join(const struct usctp__auth_vector *mine,
                        const struct usctp__auth_vector *peer, const uint8_t *secret, size_t len,
                        uint8_t *out);

/* The COOKIE ECHO that makes this association: true if it may, by what its cookie says (RFC 4895, 6.3).
 * in->has_auth tells whether AUTH stands before it. */
bool usctp__auth_admits(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                        const struct usctp__cookie *cookie);

/* A COOKIE ECHO while the association is being set up: its cookie may be of another INIT of ours, or of the
 * peer's, than those that the keys at hand follow from. If it does not admit it they stay as they are. */
bool usctp__auth_admits_other(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                              const struct usctp__cookie *cookie);

/* True while the keys for AUTH before COOKIE ECHO follow from its cookie. */
bool usctp__auth_waits_for_cookie(const struct usctp_assoc *assoc);

/* --- Receiving -------------------------------------------------------------------------------- */

/* Takes AUTH by the keys at hand (RFC 4895, 6.3). False: the rest of the packet is dropped. */
bool usctp__auth_verify(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                        const struct usctp__chunk *chunk);

/* True if a chunk of this type must stand behind AUTH, and does not (RFC 4895, 6.3). assoc->auth is not
 * NULL. */
bool usctp__auth_lacks(const struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                       uint8_t type);

/* --- Sending ---------------------------------------------------------------------------------- */

/* Bytes that AUTH takes in a packet of its own for a chunk of this type; 0: it needs none. */
size_t usctp__auth_len(const struct usctp_assoc *assoc, uint8_t type);

/* The chunk type that carries user messages, for AUTH. */
uint8_t usctp__auth_data_type(const struct usctp_assoc *assoc);

/* The key that is active, or that the message is to go under. */
struct usctp__auth_key *usctp__auth_active_key(const struct usctp_assoc *assoc);
struct usctp__auth_key *usctp__auth_message_key(const struct usctp_assoc *assoc,
                                                const struct usctp__outmsg *msg);

/* Appends AUTH with no MAC yet; usctp__auth_len bytes fit. */
void usctp__auth_begin(struct usctp_assoc *assoc, const struct usctp__auth_key *key,
                       struct usctp__writer *w);

/* Sets the MAC of the AUTH chunk that the len bytes, to the end of the packet, begin with. Without
 * memory or HMAC it stays zero: the packet is as good as lost. */
void usctp__auth_sign(struct usctp_assoc *assoc, struct usctp__auth_key *key, uint8_t *bytes,
                      size_t len);

/* Checks the key that a message wants (USCTP_SEND_KEY): 0, or USCTP_ENOENT, USCTP_ESTATE (no such key, or retired). */
int usctp__auth_check_send(const struct usctp_assoc *assoc, const struct usctp_send_info *info);

/* A message was accepted; it goes under the key that it names, or the one that is active now. */
void usctp__auth_take_message(struct usctp_assoc *assoc, struct usctp__outmsg *msg,
                              const struct usctp_send_info *info);

/* A message that was taken is on its way no more. */
void usctp__auth_message_done(struct usctp_assoc *assoc, const struct usctp__outmsg *msg);

/* No more messages under this key; the event comes when the last one has gone. */
int usctp__auth_retire_key(struct usctp_assoc *assoc, uint16_t id);

/* The association is up, or began anew: where the peer has no authentication that is told, and all that was kept
 * for it goes. */
void usctp__auth_established(struct usctp_assoc *assoc);

#endif
