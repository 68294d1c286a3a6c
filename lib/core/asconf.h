/* SPDX-License-Identifier: BSD-3-Clause */
/* Address reconfiguration (RFC 5061): requests of ours, one ASCONF on its way at a time; requests of the
 * peer, and the answers to them. Everything is made when the first of either comes. */
#ifndef USCTP_CORE_ASCONF_H
#define USCTP_CORE_ASCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/list.h"
#include "core/assoc.h"
#include "core/auth.h"

struct usctp__chunk;

enum {
    USCTP__ASCONF_CHANGE_MAX = 16, /* changes that one ASCONF asks for */
    USCTP__ASCONF_WAIT_MAX = 16,   /* ASCONFs that wait for the one on its way */
    USCTP__ASCONF_ACK_CNT = 4 /* answers that are kept, to be given again (RFC 5061, 5.2, E2) */
};

/* What a program asked for at once: one ASCONF. */
struct usctp__asconf_request {
    struct usctp__qlink link; /* in usctp__asconf.requests */
    size_t cnt;               /* of changes */
    struct usctp_address_change changes[USCTP__ASCONF_CHANGE_MAX];
};

/* An answer that was given. */
struct usctp__asconf_ack {
    uint32_t seq;   /* of the ASCONF */
    uint8_t *chunk; /* the ASCONF-ACK, padded; NULL: none */
    size_t len;     /* bytes */
    size_t cap;     /* of its buffer */
};

struct usctp__asconf {
    struct usctp__queue
        requests;         /* struct usctp__asconf_request; the first is on its way, if any is */
    uint32_t request_cnt; /* of these */
    uint32_t next_seq;    /* of our next ASCONF; the one on its way has the one before */
    uint32_t peer_seq;    /* Peer-Sequence-Number: of the last ASCONF processed */
    uint8_t *chunk;       /* the ASCONF on its way; NULL: none is */
    size_t len;           /* its bytes, padded */
    size_t cap;           /* of its buffer */
    usctp_path_id path;   /* where it was sent last */
    struct usctp__asconf_ack acks[USCTP__ASCONF_ACK_CNT]; /* the latest answers, in a ring */
    unsigned ack_at;                                      /* where the next one goes */
    usctp_path_id
        wanted_primary; /* the peer wants it, once it is confirmed; USCTP_PATH_ANY: none */
    bool strayed;       /* the ASCONF on its way leaves from elsewhere than its wildcards mean */
    bool refused;       /* the peer does not understand ASCONF, or adding and deleting */
    bool no_primary;    /* the peer does not understand Set Primary */
};

/* What an association has of it; NULL: not used yet, or not negotiated: it goes with AUTH. */
static inline struct usctp__asconf *usctp__asconf_of(const struct usctp_assoc *assoc)
{
    return assoc->auth != NULL ? assoc->auth->asconf : NULL;
}

/* usctp_assoc_change_addresses, checked: 0, USCTP_ESTATE, USCTP_EINVAL, USCTP_ENOENT, USCTP_EMSGSIZE, USCTP_EWOULDBLOCK,
 * USCTP_ENOMEM. */
int usctp__asconf_ask(struct usctp_assoc *assoc, const struct usctp_address_change *changes,
                      size_t cnt);

/* The association is up, or began anew, and the peer knows our address of this path: asks for the others, where
 * INIT was not to list them (USCTP_PARAM_ADD_ADDRESSES), or for those of the host (follow.h). */
void usctp__asconf_announce(struct usctp_assoc *assoc, struct usctp__path *known);

/* True if these changes delete this local address: by name, or all but another one. */
bool usctp__asconf_changes_delete(const struct usctp_address_change *changes, size_t cnt,
                                  const struct usctp_addr *local);

/* True if no request waits, nor is one on its way. */
static inline bool usctp__asconf_idle(const struct usctp_assoc *assoc)
{
    const struct usctp__asconf *asconf = usctp__asconf_of(assoc);

    return asconf == NULL || asconf->request_cnt == 0;
}

/* There was no memory to ask for what the library itself wants: it tries again in a while. */
void usctp__asconf_later(struct usctp_assoc *assoc);

/* T4-rtx expired. */
void usctp__asconf_on_t4(struct usctp_assoc *assoc);

/* True while the peer is asked to delete this address of ours. */
bool usctp__asconf_deletes(const struct usctp_assoc *assoc, const struct usctp_addr *local);

/* The path goes: an ASCONF that was sent there is sent on another one. */
void usctp__asconf_path_gone(struct usctp_assoc *assoc, const struct usctp__path *path);

/* The peer wants this address of its to be the primary: now, or once it is confirmed. False: it has no such
 * address, or there is no memory. */
bool usctp__asconf_prefer(struct usctp_assoc *assoc, const struct usctp_addr *addr);

/* A path was confirmed: it may be what the peer wants as its primary. */
void usctp__asconf_confirmed(struct usctp_assoc *assoc, struct usctp__path *path);

/* The peer reported that it does not know ASCONF (5.1, A9). */
void usctp__asconf_unknown(struct usctp_assoc *assoc);

/* Keeps an answer that was given, in the place of the oldest. False: no memory. */
bool usctp__asconf_keep(struct usctp_assoc *assoc, uint32_t seq, const uint8_t *chunk, size_t len);

/* The association restarts or goes: nothing is asked for any more. */
void usctp__asconf_free(struct usctp_assoc *assoc);

/* True if the address in an ASCONF from a stranger belongs to the association, or is unspecified (5.2, D2;
 * 4.1.1). */
bool usctp__asconf_names(const struct usctp_assoc *assoc, const struct usctp__chunk *chunk);

#endif
