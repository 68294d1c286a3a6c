/* SPDX-License-Identifier: BSD-3-Clause */
/* What a socket said of authentication (RFC 6458, 8.1.17, 8.1.18, 8.3.2 to 8.3.5): kept until it has an
 * endpoint, which takes it over for its next associations. */
#ifndef USCTP_SOCKET_SOCK_AUTH_H
#define USCTP_SOCKET_SOCK_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

struct usctp__sock;

/* A shared key. */
struct usctp__sock_key {
    struct usctp__sock_key *next;
    size_t len;
    uint16_t id;
    bool retired;
    uint8_t secret[]; /* wiped before it is freed */
};

struct usctp__sock_auth {
    uint8_t chunks[32];           /* bit n: type n must come authenticated */
    uint16_t hmacs[2];            /* the preferred one first */
    size_t hmac_cnt;              /* of these in use */
    uint16_t active;              /* id of the active key */
    struct usctp__sock_key *keys; /* key 0, empty, from the beginning */
};

/* What the socket said; made if it is not there, or NULL: no memory. */
struct usctp__sock_auth *usctp__sock_auth(struct usctp__sock *sock);

/* Hands it to a new endpoint. 0 or -ENOMEM. */
int usctp__sock_auth_offer(const struct usctp__sock *sock, usctp_endpoint *endpoint);

/* Verbs; they also tell the endpoint that the socket has. 0, -EINVAL (no such key, or it is active, retired,
 * not retired), -ENOMEM. */
int usctp__sock_auth_demand(struct usctp__sock *sock, uint8_t type);
int usctp__sock_auth_hmacs(struct usctp__sock *sock, const uint16_t *ids, size_t cnt);
int usctp__sock_auth_add(struct usctp__sock *sock, uint16_t id, const uint8_t *secret, size_t len);
int usctp__sock_auth_use(struct usctp__sock *sock, uint16_t id);
int usctp__sock_auth_retire(struct usctp__sock *sock, uint16_t id);
int usctp__sock_auth_remove(struct usctp__sock *sock, uint16_t id);

/* Wipes and frees it. */
void usctp__sock_auth_free(struct usctp__sock *sock);

#endif
