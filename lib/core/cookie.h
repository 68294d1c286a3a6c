/* SPDX-License-Identifier: BSD-3-Clause */
/* The state cookie (RFC 9260, 5.1.3 to 5.1.5): all that is needed to make an association, signed
 * with HMAC-SHA-256 under one of two rotating keys, kept by the peer instead of by us. */
#ifndef USCTP_CORE_COOKIE_H
#define USCTP_CORE_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

struct usctp__core;

enum { USCTP__COOKIE_KEY_LEN = 32, USCTP__COOKIE_MAC_LEN = 32 };

/* The keys: the present one signs, the one before it is still believed. */
struct usctp__cookie_keys {
    uint8_t key[2][USCTP__COOKIE_KEY_LEN]; /* [0] the present one, [1] the one before */
    void *hmac[2];                         /* contexts made by crypto.hmac_new, or NULL */
    uint64_t rotate_ts;                    /* when the next key is due */
    uint64_t rotate_dur;                   /* how long a key signs */
    uint8_t epoch;                         /* number of the present key, modulo 256 */
    uint64_t number;                       /* the same in full, where keys are made of a secret */
    void *secret;                          /* context of the secret; NULL: keys are random */
};

/* What a cookie says. The peer's INIT follows the fixed part in the cookie, reduced to what matters,
 * so that its parameters can be read again when the cookie returns. */
struct usctp__cookie {
    uint64_t made_ts;    /* when it was made, by our clock */
    uint64_t life_dur;   /* how long it is good for */
    uint32_t my_tag;     /* our verification tag of the association to be */
    uint32_t peer_tag;   /* the peer's Initiate Tag */
    uint32_t my_tie_tag; /* tie tags: zero unless an association existed (5.2.2) */
    uint32_t peer_tie_tag;
    uint32_t my_tsn;    /* our initial TSN */
    uint32_t peer_tsn;  /* the peer's initial TSN */
    uint32_t peer_rwnd; /* the peer's a_rwnd */
    uint32_t my_rwnd;   /* the a_rwnd that our INIT ACK promised */
    uint16_t my_port;   /* SCTP ports */
    uint16_t peer_port;
    uint16_t out_streams; /* agreed numbers of streams (5.1.1) */
    uint16_t in_streams;
    uint32_t extensions;      /* negotiated: enum usctp__extension */
    uint32_t withheld;        /* those that were not offered although the endpoint has them */
    struct usctp_addr remote; /* where the INIT came from */
    uint8_t local;            /* which of our configured addresses it was sent to, from 1 on;
                               * 0: none of them. The address itself is nobody's business. */
    uint16_t remote_udp_port;
    usctp_lower_id lower;
    const uint8_t *auth; /* our key vector (auth.h) of the INIT ACK; NULL or 0 bytes: none */
    size_t auth_len;
    const uint8_t *init; /* the peer's INIT chunk, from its chunk header on, unpadded */
    size_t init_len;
};

/* The keys, drawn at random or made of the secret in the configuration. 0 or an error
 * (USCTP_ECRYPTO). */
int usctp__cookie_keys_init(struct usctp__core *core, const struct usctp_config *config);
void usctp__cookie_keys_destroy(struct usctp__core *core);

/* Makes new keys if they are due; the old ones stay when randomness fails. */
void usctp__cookie_keys_rotate(struct usctp__core *core);

/* Length of the cookie for an INIT and a key vector of so many bytes together. */
size_t usctp__cookie_len(size_t len);

/* Writes and signs a cookie into out (usctp__cookie_len bytes). false: HMAC failed. */
bool usctp__cookie_make(struct usctp__core *core, const struct usctp__cookie *cookie, uint8_t *out);

enum usctp__cookie_verdict {
    USCTP__COOKIE_OK = 0,
    USCTP__COOKIE_BAD = 1,  /* the MAC does not match, or it is malformed: discard silently */
    USCTP__COOKIE_STALE = 2 /* authentic, but too old; *stale_dur says by how much */
};

/* Reads and checks a cookie that came back at now_ts. out->init points into data. */
enum usctp__cookie_verdict usctp__cookie_read(struct usctp__core *core, const uint8_t *data,
                                              size_t len, struct usctp__cookie *out,
                                              uint64_t *stale_dur);

#endif
