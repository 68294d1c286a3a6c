/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk over the chunks of a packet that belongs to an association, over one constant table. */
#ifndef USCTP_CORE_INPUT_H
#define USCTP_CORE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/lower.h>

#include "wire/packet.h"

struct usctp_assoc;
struct usctp__path;

/* A packet on its way in. */
struct usctp__packet_in {
    const struct usctp_dgram *dgram; /* addresses, ports, flags; its data may hold more packets */
    const uint8_t *packet;           /* from the common header on */
    size_t len;
    uint16_t src_port; /* SCTP ports */
    uint16_t dst_port;
    uint32_t tag;             /* verification tag */
    struct usctp__path *path; /* where it came from; NULL only while its COOKIE ECHO or INIT is
                                      * handled */
    uint32_t chunk_cnt;       /* chunks walked so far */
    size_t reply_len;         /* bytes of replies this packet has earned so far (12.4) */
    size_t must_len;          /* and of chunks that answer it whatever else does */
    size_t auth_len;          /* and of AUTH before them */
    bool fresh;               /* it carried something new: a new TSN, a newer SACK, a HEARTBEAT, a
                                      * HEARTBEAT ACK with our nonce */
    bool again;               /* it repeated a TSN */
    bool echoed;              /* ECNE was in it: no window grows by its SACK */
    bool has_data;            /* DATA was in it: a SACK decision is due at its end */
    bool has_auth;            /* AUTH was in it */
    bool authenticated;       /* and was good: what follows is authenticated (RFC 4895) */
    bool after_cookie;        /* follows a COOKIE ECHO that was accepted in this packet */
};

/* What a handler says of the rest of the packet. */
enum usctp__verdict {
    USCTP__NEXT = 0, /* go on with the next chunk */
    USCTP__STOP = 1, /* discard the rest of the packet */
    USCTP__GONE = 2  /* the association ended; touch it no more */
};

typedef enum usctp__verdict (*usctp__chunk_fn)(struct usctp_assoc *assoc,
                                               struct usctp__packet_in *in,
                                               const struct usctp__chunk *chunk);

/* Walks the packet from its first chunk on (skip chunks are passed over: the stack has handled
 * them). The checksum, the ports, the verification tag rules of 8.5 and 8.5.1 and the source address
 * were checked. */
enum usctp__verdict usctp__input_packet(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                        size_t skip);

/* True if an ABORT is in it: then nothing answers it (RFC 9260, 9.1). */
bool usctp__packet_has_abort(const struct usctp__packet_in *in);

/* Handlers, each in the room of its subject. They are called only in the states that the table of input.c
 * names, for chunks that are long enough, and stand alone where they must. */
enum usctp__verdict usctp__on_data(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk); /* rx.c: DATA and I-DATA */
enum usctp__verdict usctp__on_forward_tsn(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                          const struct usctp__chunk *chunk); /* rx_skip.c */
enum usctp__verdict usctp__on_ecne(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk); /* ecn.c */
enum usctp__verdict usctp__on_cwr(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                  const struct usctp__chunk *chunk);
enum usctp__verdict usctp__on_reconf(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                     const struct usctp__chunk *chunk); /* reconf_in.c */
enum usctp__verdict usctp__on_i_forward_tsn(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                            const struct usctp__chunk *chunk);
enum usctp__verdict usctp__on_auth(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk); /* auth.c */
enum usctp__verdict usctp__on_asconf(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                     const struct usctp__chunk *chunk); /* asconf_in.c */
enum usctp__verdict usctp__on_asconf_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                         const struct usctp__chunk *chunk); /* asconf.c */
enum usctp__verdict usctp__on_sack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk); /* sackin.c */
enum usctp__verdict usctp__on_init(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk); /* collision.c */
enum usctp__verdict usctp__on_init_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                       const struct usctp__chunk *chunk); /* handshake.c */
enum usctp__verdict usctp__on_cookie_echo(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                          const struct usctp__chunk *chunk); /* collision.c */
enum usctp__verdict usctp__on_cookie_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                         const struct usctp__chunk *chunk); /* handshake.c */
enum usctp__verdict usctp__on_heartbeat(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                        const struct usctp__chunk *chunk); /* heartbeat.c */
enum usctp__verdict usctp__on_heartbeat_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                            const struct usctp__chunk *chunk);
enum usctp__verdict usctp__on_shutdown(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                       const struct usctp__chunk *chunk); /* shutdown.c */
enum usctp__verdict usctp__on_shutdown_ack(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                           const struct usctp__chunk *chunk);
enum usctp__verdict usctp__on_shutdown_complete(struct usctp_assoc *assoc,
                                                struct usctp__packet_in *in,
                                                const struct usctp__chunk *chunk);
enum usctp__verdict usctp__on_abort(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                    const struct usctp__chunk *chunk); /* error.c */
enum usctp__verdict usctp__on_error(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                    const struct usctp__chunk *chunk);

#endif
