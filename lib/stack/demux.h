/* SPDX-License-Identifier: BSD-3-Clause */
/* From a packet to its association: by our verification tag, or by the peer's address and both SCTP
 * ports. The UDP port is no part of it (RFC 6951, 5.1). */
#ifndef USCTP_STACK_DEMUX_H
#define USCTP_STACK_DEMUX_H

#include <stdbool.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/table.h"

struct usctp__core;
struct usctp__path;
struct usctp__addr_list;

struct usctp__demux {
    struct usctp__tagtable tags;    /* our verification tag to the association that lives */
    struct usctp__tagtable ids;     /* id to the association, until its memory goes */
    struct usctp__chaintable peers; /* paths by peer address, peer port, local port */
    struct usctp_assoc *last;       /* found by its tag last, and still in `tags`; NULL: none */
    uint32_t last_tag;              /* its tag; 0, which is nobody's: none */
};

/* What names an association without its tag. */
struct usctp__peer_key {
    const struct usctp_addr *remote; /* the peer's address; AF_NONE: the lower layer alone counts */
    const struct usctp_addr *local;  /* the address at our side; AF_NONE: not known, fits any */
    usctp_lower_id lower;            /* read where remote is AF_NONE */
    uint16_t my_port;                /* SCTP ports */
    uint16_t peer_port;
};

/* Empty tables under the stack's hash key, which has been drawn. */
void usctp__demux_init(struct usctp__demux *demux, struct usctp__core *core);
void usctp__demux_destroy(struct usctp__demux *demux);

/* True when a list of local addresses (NULL: any) fits an address at our side (AF_NONE: unknown). */
bool usctp__locals_fit(const struct usctp__addr_list *locals, const struct usctp_addr *local);

/* The living association with this tag and these SCTP ports, or NULL. */
struct usctp_assoc *usctp__demux_by_tag(struct usctp__core *core, uint32_t tag, uint16_t my_port,
                                        uint16_t peer_port);

/* The living association with this peer, or NULL. */
struct usctp_assoc *usctp__demux_by_peer(struct usctp__core *core,
                                         const struct usctp__peer_key *key);

/* The same, but one of this endpoint. */
struct usctp_assoc *usctp__demux_of_endpoint(struct usctp__core *core,
                                             const usctp_endpoint *endpoint,
                                             const struct usctp__peer_key *key);

/* Enters a new association under its id, which is drawn anew while it is taken. False: no memory. */
bool usctp__demux_add_id(struct usctp__core *core, struct usctp_assoc *assoc);
void usctp__demux_remove_id(struct usctp__core *core, const struct usctp_assoc *assoc);
/* The association with this id, dead or alive, or NULL. */
struct usctp_assoc *usctp__demux_by_id(struct usctp__core *core, uint32_t id);

/* Functions of struct usctp__core_ops. */
bool usctp__demux_tag_add(struct usctp__core *core, struct usctp_assoc *assoc);
bool usctp__demux_tag_taken(struct usctp__core *core, uint32_t tag);
void usctp__demux_tag_remove(struct usctp__core *core, struct usctp_assoc *assoc);
void usctp__demux_path_add(struct usctp__core *core, struct usctp__path *path);
void usctp__demux_path_remove(struct usctp__core *core, struct usctp__path *path);
struct usctp_assoc *usctp__demux_find_peer(struct usctp__core *core,
                                           const struct usctp_assoc *assoc,
                                           const struct usctp_addr *remote);

#endif
