/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program said of authentication (RFC 4895): the chunks that must come authenticated, the HMACs
 * it asks for, the endpoint pair shared keys. An endpoint has a set for its next associations, and each
 * association a copy of its own. */
#ifndef USCTP_CORE_AUTH_SET_H
#define USCTP_CORE_AUTH_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

struct usctp__core;

enum {
    USCTP__AUTH_HMAC_CNT = 2,      /* algorithms that there are: SHA-1, SHA-256 */
    USCTP__AUTH_SECRET_MAX = 65535 /* longest shared key, bytes */
};

/* An endpoint pair shared key (RFC 4895, 6.1). */
struct usctp__auth_key {
    struct usctp__auth_key *next;     /* of its set */
    void *hmac[USCTP__AUTH_HMAC_CNT]; /* contexts of the association shared key, made on first use;
                                       * NULL in an endpoint's set */
    size_t len;                       /* bytes of secret */
    uint32_t msg_cnt; /* messages accepted and not acknowledged that are to go under it */
    uint16_t id;      /* Shared Key Identifier */
    bool retired;     /* no more messages are sent under it */
    bool free_told;   /* that none is left was told */
    bool seen;        /* the peer has made use of it */
    uint8_t secret[]; /* the bytes; wiped before they are freed */
};

/* Chunk types, one bit each. */
struct usctp__chunk_set {
    uint8_t bits[32];
};

struct usctp__auth_set {
    struct usctp__chunk_set chunks;       /* must come authenticated */
    uint16_t hmacs[USCTP__AUTH_HMAC_CNT]; /* enum usctp_hmac, the preferred one first */
    size_t hmac_cnt;                      /* of these in use; at least 1 */
    uint16_t active;                      /* id of the key to send under */
    struct usctp__auth_key *keys;         /* in no order; at least one */
};

static inline bool usctp__chunk_set_has(const struct usctp__chunk_set *set, uint8_t type)
{
    return (set->bits[type / 8] >> type % 8 & 1u) != 0;
}

static inline void usctp__chunk_set_add(struct usctp__chunk_set *set, uint8_t type)
{
    set->bits[type / 8] |= (uint8_t)(1u << type % 8);
}

/* The types of a set, up to `max` of them, rising; returns how many there are. */
size_t usctp__chunk_set_list(const struct usctp__chunk_set *set, uint8_t *types, size_t max);

/* A set that was just made: no chunks, SHA-256 before SHA-1, the empty key 0, which is active (RFC 6458,
 * 8.1.18); or a copy of `from`. False: no memory, and nothing is to be freed. */
bool usctp__auth_set_init(struct usctp__core *core, struct usctp__auth_set *set,
                          const struct usctp__auth_set *from);

/* Wipes and frees the keys. */
void usctp__auth_set_clear(struct usctp__core *core, struct usctp__auth_set *set);

/* The key of this id, or NULL. */
struct usctp__auth_key *usctp__auth_set_key(const struct usctp__auth_set *set, uint16_t id);

/* The contexts of a key go: it, or what it is joined with, has changed. */
void usctp__auth_key_reset(struct usctp__core *core, struct usctp__auth_key *key);

/* The verbs of the public header, for both kinds of sets; the errors are told there. `fixed`: a peer knows
 * the list, it stays. */
int usctp__auth_set_demand(struct usctp__auth_set *set, uint8_t type);
int usctp__auth_set_hmacs(struct usctp__auth_set *set, const uint16_t *ids, size_t cnt, bool fixed);
int usctp__auth_set_add_key(struct usctp__core *core, struct usctp__auth_set *set, uint16_t id,
                            const void *secret, size_t len);
int usctp__auth_set_use_key(struct usctp__auth_set *set, uint16_t id);
int usctp__auth_set_retire_key(struct usctp__auth_set *set, uint16_t id);
int usctp__auth_set_remove_key(struct usctp__core *core, struct usctp__auth_set *set, uint16_t id);

#endif
