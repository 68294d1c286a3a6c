/* SPDX-License-Identifier: BSD-3-Clause */
/* The public verbs of authentication. */
#include <string.h>

#include "core/assoc.h"
#include "core/auth.h"
#include "stack/endpoint.h"
#include "stack/stack.h"

/* The set of an endpoint, made now if there is none; NULL with *error set. */
static struct usctp__auth_set *set_of(struct usctp_endpoint *endpoint, int *error)
{
    struct usctp__core *core;

    *error = USCTP_EINVAL;
    if (endpoint == NULL || endpoint->freed) {
        return NULL;
    }
    if (endpoint->auth == NULL) {
        *error = USCTP_ENOMEM;
        core = &endpoint->stack->core;
        endpoint->auth = usctp__mem_calloc(&core->mem, sizeof(*endpoint->auth));
        if (endpoint->auth != NULL && !usctp__auth_set_init(core, endpoint->auth, NULL)) {
            usctp__mem_free(&core->mem, endpoint->auth, sizeof(*endpoint->auth));
            endpoint->auth = NULL;
        }
    }
    return endpoint->auth;
}

/* The set of a living association that offers authentication; NULL with *error set. */
static struct usctp__auth_set *set_of_assoc(struct usctp_assoc *assoc, int *error)
{
    *error = assoc == NULL ? USCTP_EINVAL : USCTP_ESTATE;
    return assoc == NULL || assoc->auth == NULL || assoc->ended ? NULL : &assoc->auth->set;
}

/* --- Endpoints -------------------------------------------------------------------------------- */

int usctp_endpoint_demand_auth(usctp_endpoint *endpoint, uint8_t chunk_type)
{
    int error;
    struct usctp__auth_set *set = set_of(endpoint, &error);

    return set != NULL ? usctp__auth_set_demand(set, chunk_type) : error;
}

int usctp_endpoint_set_hmacs(usctp_endpoint *endpoint, const uint16_t *ids, size_t cnt)
{
    int error;
    struct usctp__auth_set *set = set_of(endpoint, &error);

    return set != NULL ? usctp__auth_set_hmacs(set, ids, cnt, endpoint->hmacs_told) : error;
}

size_t usctp_endpoint_auth_chunks(const usctp_endpoint *endpoint, uint8_t *types, size_t max)
{
    if (endpoint == NULL || endpoint->auth == NULL) {
        return 0;
    }
    return usctp__chunk_set_list(&endpoint->auth->chunks, types, max);
}

size_t usctp_endpoint_hmacs(const usctp_endpoint *endpoint, uint16_t *ids, size_t max)
{
    static const uint16_t defaults[] = {USCTP_HMAC_SHA256, USCTP_HMAC_SHA1};
    const uint16_t *from = defaults;
    size_t cnt = 2;

    if (endpoint != NULL && endpoint->auth != NULL) {
        from = endpoint->auth->hmacs;
        cnt = endpoint->auth->hmac_cnt;
    }
    if (max > 0) {
        memcpy(ids, from, USCTP__MIN(max, cnt) * sizeof(*ids));
    }
    return cnt;
}

int usctp_endpoint_add_key(usctp_endpoint *endpoint, uint16_t id, const void *secret, size_t len)
{
    int error;
    struct usctp__auth_set *set = set_of(endpoint, &error);

    if (set == NULL) {
        return error;
    }
    return usctp__auth_set_add_key(&endpoint->stack->core, set, id, secret, len);
}

int usctp_endpoint_use_key(usctp_endpoint *endpoint, uint16_t id)
{
    int error;
    struct usctp__auth_set *set = set_of(endpoint, &error);

    return set != NULL ? usctp__auth_set_use_key(set, id) : error;
}

uint16_t usctp_endpoint_active_key(const usctp_endpoint *endpoint)
{
    return endpoint != NULL && endpoint->auth != NULL ? endpoint->auth->active : 0;
}

int usctp_endpoint_retire_key(usctp_endpoint *endpoint, uint16_t id)
{
    int error;
    struct usctp__auth_set *set = set_of(endpoint, &error);

    return set != NULL ? usctp__auth_set_retire_key(set, id) : error;
}

int usctp_endpoint_remove_key(usctp_endpoint *endpoint, uint16_t id)
{
    int error;
    struct usctp__auth_set *set = set_of(endpoint, &error);

    return set != NULL ? usctp__auth_set_remove_key(&endpoint->stack->core, set, id) : error;
}

/* --- Associations ----------------------------------------------------------------------------- */

int usctp_assoc_add_key(usctp_assoc *assoc, uint16_t id, const void *secret, size_t len)
{
    int error;
    struct usctp__auth_set *set = set_of_assoc(assoc, &error);

    return set != NULL ? usctp__auth_set_add_key(assoc->core, set, id, secret, len) : error;
}

int usctp_assoc_use_key(usctp_assoc *assoc, uint16_t id)
{
    int error;
    struct usctp__auth_set *set = set_of_assoc(assoc, &error);

    return set != NULL ? usctp__auth_set_use_key(set, id) : error;
}

uint16_t usctp_assoc_active_key(const usctp_assoc *assoc)
{
    return assoc != NULL && assoc->auth != NULL ? assoc->auth->set.active : 0;
}

int usctp_assoc_retire_key(usctp_assoc *assoc, uint16_t id)
{
    int error;
    struct usctp__auth_set *set = set_of_assoc(assoc, &error);

    if (set == NULL) {
        return error;
    }
    usctp__core_enter(assoc->core);
    error = usctp__auth_retire_key(assoc, id); /* raises an event if nothing goes under it */
    usctp__core_leave(assoc->core);
    return error;
}

int usctp_assoc_remove_key(usctp_assoc *assoc, uint16_t id)
{
    int error;
    struct usctp__auth_set *set = set_of_assoc(assoc, &error);

    return set != NULL ? usctp__auth_set_remove_key(assoc->core, set, id) : error;
}

size_t usctp_assoc_auth_chunks(const usctp_assoc *assoc, int peer, uint8_t *types, size_t max)
{
    const struct usctp__auth *auth = assoc != NULL ? assoc->auth : NULL;

    if (auth == NULL || auth->hmac == 0) {
        return 0;
    }
    return usctp__chunk_set_list(peer ? &auth->peer_chunks : &auth->my_chunks, types, max);
}
