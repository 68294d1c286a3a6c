/* SPDX-License-Identifier: BSD-3-Clause */
/* What a socket said of authentication. */
#include "socket/sock_auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "socket/binding.h"
#include "socket/sock.h"
#include "socket/table.h"

/* --- Keys ------------------------------------------------------------------------------------- */

static struct usctp__sock_key *new_key(uint16_t id, const uint8_t *secret, size_t len)
{
    struct usctp__sock_key *key = calloc(1, sizeof(*key) + len);

    if (key != NULL) {
        key->id = id;
        key->len = len;
        if (len > 0) {
            memcpy(key->secret, secret, len);
        }
    }
    return key;
}

static void free_key(struct usctp__sock_key *key)
{
    usctp__wipe(key->secret, key->len);
    free(key);
}

/* Where the key of this id hangs, or the end of the list. */
static struct usctp__sock_key **place_of(struct usctp__sock_auth *auth, uint16_t id)
{
    struct usctp__sock_key **place = &auth->keys;

    while (*place != NULL && (*place)->id != id) {
        place = &(*place)->next;
    }
    return place;
}

/* --- Life ------------------------------------------------------------------------------------- */

struct usctp__sock_auth *usctp__sock_auth(struct usctp__sock *sock)
{
    if (sock->auth == NULL) {
        struct usctp__sock_auth *auth = calloc(1, sizeof(*auth));

        if (auth == NULL || (auth->keys = new_key(0, NULL, 0)) == NULL) {
            free(auth);
            return NULL;
        }
        auth->hmacs[0] = USCTP_HMAC_SHA256;
        auth->hmacs[1] = USCTP_HMAC_SHA1;
        auth->hmac_cnt = 2;
        sock->auth = auth;
    }
    return sock->auth;
}

void usctp__sock_auth_free(struct usctp__sock *sock)
{
    struct usctp__sock_auth *auth = sock->auth;

    if (auth == NULL) {
        return;
    }
    while (auth->keys != NULL) {
        struct usctp__sock_key *key = auth->keys;

        auth->keys = key->next;
        free_key(key);
    }
    free(auth);
    sock->auth = NULL;
}

static int offer_keys(const struct usctp__sock_auth *auth, usctp_endpoint *endpoint)
{
    bool zero = false;

    for (const struct usctp__sock_key *key = auth->keys; key != NULL; key = key->next) {
        int err = usctp_endpoint_add_key(endpoint, key->id, key->secret, key->len);

        if (err != 0) {
            return err;
        }
        zero = zero || key->id == 0;
    }
    (void)usctp_endpoint_use_key(endpoint, auth->active);
    for (const struct usctp__sock_key *key = auth->keys; key != NULL; key = key->next) {
        if (key->retired) {
            (void)usctp_endpoint_retire_key(endpoint, key->id);
        }
    }
    if (!zero) {
        (void)usctp_endpoint_retire_key(endpoint, 0);
        (void)usctp_endpoint_remove_key(endpoint, 0);
    }
    return 0;
}

int usctp__sock_auth_offer(const struct usctp__sock *sock, usctp_endpoint *endpoint)
{
    const struct usctp__sock_auth *auth = sock->auth;
    int err;

    if (auth == NULL) {
        return 0;
    }
    err = usctp_endpoint_set_hmacs(endpoint, auth->hmacs, auth->hmac_cnt);
    for (unsigned type = 0; type < 256 && err == 0; type++) {
        if ((auth->chunks[type / 8] >> type % 8 & 1u) != 0) {
            err = usctp_endpoint_demand_auth(endpoint, (uint8_t)type);
        }
    }
    if (err == 0) {
        err = offer_keys(auth, endpoint);
    }
    return -usctp__errno(err);
}

/* --- Verbs ------------------------------------------------------------------------------------ */

/* The endpoint that has to hear of a change; NULL: none. */
static usctp_endpoint *endpoint_of(const struct usctp__sock *sock)
{
    return sock->binding != NULL ? sock->binding->endpoint : NULL;
}

int usctp__sock_auth_demand(struct usctp__sock *sock, uint8_t type)
{
    struct usctp__sock_auth *auth = usctp__sock_auth(sock);

    /* RFC 6458, 8.3.2: INIT, INIT ACK, SHUTDOWN COMPLETE, AUTH */
    if (type == 1 || type == 2 || type == 14 || type == 15) {
        return -EINVAL;
    }
    if (auth == NULL) {
        return -ENOMEM;
    }
    if (endpoint_of(sock) != NULL) {
        int err = usctp_endpoint_demand_auth(endpoint_of(sock), type);

        if (err != 0) {
            return -usctp__errno(err);
        }
    }
    auth->chunks[type / 8] |= (uint8_t)(1u << type % 8);
    return 0;
}

int usctp__sock_auth_hmacs(struct usctp__sock *sock, const uint16_t *ids, size_t cnt)
{
    struct usctp__sock_auth *auth = usctp__sock_auth(sock);
    bool sha1 = false;

    if (cnt == 0 || cnt > 2 || (cnt == 2 && ids[0] == ids[1])) {
        return -EINVAL;
    }
    for (size_t i = 0; i < cnt; i++) {
        if (ids[i] != USCTP_HMAC_SHA1 && ids[i] != USCTP_HMAC_SHA256) {
            return -EINVAL;
        }
        sha1 = sha1 || ids[i] == USCTP_HMAC_SHA1;
    }
    if (!sha1) {
        return -EINVAL; /* RFC 6458, 8.1.17 */
    }
    if (auth == NULL) {
        return -ENOMEM;
    }
    if (endpoint_of(sock) != NULL) {
        int err = usctp_endpoint_set_hmacs(endpoint_of(sock), ids, cnt);

        if (err != 0) { /* RFC 4895, 6.1: a peer knows them */
            return err == USCTP_ESTATE ? -EISCONN : -usctp__errno(err);
        }
    }
    memcpy(auth->hmacs, ids, cnt * sizeof(*ids));
    auth->hmac_cnt = cnt;
    return 0;
}

int usctp__sock_auth_add(struct usctp__sock *sock, uint16_t id, const uint8_t *secret, size_t len)
{
    struct usctp__sock_auth *auth = usctp__sock_auth(sock);
    struct usctp__sock_key *key = auth != NULL ? new_key(id, secret, len) : NULL;
    struct usctp__sock_key **place;

    if (key == NULL) {
        return -ENOMEM;
    }
    if (endpoint_of(sock) != NULL) {
        int err = usctp_endpoint_add_key(endpoint_of(sock), id, secret, len);

        if (err != 0) {
            free_key(key);
            return -usctp__errno(err);
        }
    }
    place = place_of(auth, id);
    if (*place != NULL) {
        struct usctp__sock_key *old = *place;

        key->next = old->next;
        free_key(old);
    }
    *place = key;
    return 0;
}

int usctp__sock_auth_use(struct usctp__sock *sock, uint16_t id)
{
    struct usctp__sock_auth *auth = usctp__sock_auth(sock);
    const struct usctp__sock_key *key = auth != NULL ? *place_of(auth, id) : NULL;

    if (key == NULL || key->retired) {
        return auth != NULL ? -EINVAL : -ENOMEM;
    }
    auth->active = id;
    if (endpoint_of(sock) != NULL) {
        (void)usctp_endpoint_use_key(endpoint_of(sock), id);
    }
    return 0;
}

int usctp__sock_auth_retire(struct usctp__sock *sock, uint16_t id)
{
    struct usctp__sock_auth *auth = usctp__sock_auth(sock);
    struct usctp__sock_key *key = auth != NULL ? *place_of(auth, id) : NULL;

    if (key == NULL || auth->active == id) {
        return auth != NULL ? -EINVAL : -ENOMEM;
    }
    key->retired = true;
    if (endpoint_of(sock) != NULL) {
        (void)usctp_endpoint_retire_key(endpoint_of(sock), id);
    }
    return 0;
}

int usctp__sock_auth_remove(struct usctp__sock *sock, uint16_t id)
{
    struct usctp__sock_auth *auth = usctp__sock_auth(sock);
    struct usctp__sock_key **place = auth != NULL ? place_of(auth, id) : NULL;
    struct usctp__sock_key *key = place != NULL ? *place : NULL;

    if (key == NULL || !key->retired) {
        return auth != NULL ? -EINVAL : -ENOMEM;
    }
    *place = key->next;
    free_key(key);
    if (endpoint_of(sock) != NULL) {
        (void)usctp_endpoint_remove_key(endpoint_of(sock), id);
    }
    return 0;
}
