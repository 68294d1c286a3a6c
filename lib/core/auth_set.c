/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program said of authentication: chunks, HMACs, keys. */
#include "core/auth_set.h"

#include <string.h>

#include "base/compiler.h"
#include "base/crypto.h"
#include "core/core.h"
#include "wire/packet.h"

size_t usctp__chunk_set_list(const struct usctp__chunk_set *set, uint8_t *types, size_t max)
{
    size_t cnt = 0;

    for (unsigned type = 0; type < 256; type++) {
        if (usctp__chunk_set_has(set, (uint8_t)type)) {
            if (cnt < max) {
                types[cnt] = (uint8_t)type;
            }
            cnt++;
        }
    }
    return cnt;
}

/* --- Keys ------------------------------------------------------------------------------------- */

static size_t key_size(size_t len)
{
    return offsetof(struct usctp__auth_key, secret) + len;
}

static struct usctp__auth_key *new_key(struct usctp__core *core, uint16_t id, const void *secret,
                                       size_t len)
{
    struct usctp__auth_key *key = usctp__mem_calloc(&core->mem, key_size(len));

    if (key != NULL) {
        key->id = id;
        key->len = len;
        if (len > 0) {
            memcpy(key->secret, secret, len);
        }
    }
    return key;
}

void usctp__auth_key_reset(struct usctp__core *core, struct usctp__auth_key *key)
{
    for (unsigned i = 0; i < USCTP__AUTH_HMAC_CNT; i++) {
        if (key->hmac[i] != NULL) {
            core->crypto->hmac_free(core->crypto->ctx, key->hmac[i]);
            key->hmac[i] = NULL;
        }
    }
}

static void free_key(struct usctp__core *core, struct usctp__auth_key *key)
{
    size_t len = key->len;

    usctp__auth_key_reset(core, key);
    usctp__wipe(key->secret, len);
    usctp__mem_free(&core->mem, key, key_size(len));
}

struct usctp__auth_key *usctp__auth_set_key(const struct usctp__auth_set *set, uint16_t id)
{
    struct usctp__auth_key *key = set->keys;

    while (key != NULL && key->id != id) {
        key = key->next;
    }
    return key;
}

/* Takes a key off the list; it is there. */
static void unlink_key(struct usctp__auth_set *set, const struct usctp__auth_key *key)
{
    struct usctp__auth_key **place = &set->keys;

    while (*place != key) {
        place = &(*place)->next;
    }
    *place = key->next;
}

/* --- Sets ------------------------------------------------------------------------------------- */

static bool copy_keys(struct usctp__core *core, struct usctp__auth_set *set,
                      const struct usctp__auth_set *from)
{
    for (const struct usctp__auth_key *key = from->keys; key != NULL; key = key->next) {
        struct usctp__auth_key *copy = new_key(core, key->id, key->secret, key->len);

        if (copy == NULL) {
            return false;
        }
        copy->retired = key->retired;
        copy->free_told = key->retired;
        copy->seen = key->id == from->active;
        copy->next = set->keys;
        set->keys = copy;
    }
    return true;
}

bool usctp__auth_set_init(struct usctp__core *core, struct usctp__auth_set *set,
                          const struct usctp__auth_set *from)
{
    memset(set, 0, sizeof(*set));
    if (from != NULL) {
        *set = *from;
        set->keys = NULL;
        if (!copy_keys(core, set, from)) {
            usctp__auth_set_clear(core, set);
        }
        return set->keys != NULL;
    }
    set->hmacs[0] = USCTP_HMAC_SHA256;
    set->hmacs[1] = USCTP_HMAC_SHA1;
    set->hmac_cnt = 2;
    set->keys = new_key(core, 0, NULL, 0); /* RFC 4895, 6.2 */
    if (set->keys != NULL) {
        set->keys->seen = true;
    }
    return set->keys != NULL;
}

void usctp__auth_set_clear(struct usctp__core *core, struct usctp__auth_set *set)
{
    while (set->keys != NULL) {
        struct usctp__auth_key *key = set->keys;

        set->keys = key->next;
        free_key(core, key);
    }
}

/* --- Verbs ------------------------------------------------------------------------------------ */

int usctp__auth_set_demand(struct usctp__auth_set *set, uint8_t type)
{
    /* RFC 4895, 3.2 */
    if (type == USCTP__CHUNK_INIT || type == USCTP__CHUNK_INIT_ACK ||
        type == USCTP__CHUNK_SHUTDOWN_COMPLETE || type == USCTP__CHUNK_AUTH) {
        return USCTP_EINVAL;
    }
    usctp__chunk_set_add(&set->chunks, type);
    return USCTP_OK;
}

int usctp__auth_set_hmacs(struct usctp__auth_set *set, const uint16_t *ids, size_t cnt, bool fixed)
{
    bool sha1 = false;

    if (ids == NULL || cnt == 0 || cnt > USCTP__AUTH_HMAC_CNT) {
        return USCTP_EINVAL;
    }
    for (size_t i = 0; i < cnt; i++) {
        if (usctp__hmac_len(ids[i]) == 0 || (i > 0 && ids[i] == ids[0])) {
            return USCTP_EINVAL;
        }
        sha1 = sha1 || ids[i] == USCTP_HMAC_SHA1;
    }
    if (!sha1) {
        return USCTP_EINVAL; /* RFC 4895, 6.1: it MUST be included */
    }
    if (fixed) { /* RFC 4895, 6.1: for the lifetime of the endpoint */
        return cnt == set->hmac_cnt && memcmp(set->hmacs, ids, cnt * sizeof(*ids)) == 0
                   ? USCTP_OK
                   : USCTP_ESTATE;
    }
    memcpy(set->hmacs, ids, cnt * sizeof(*ids));
    set->hmac_cnt = cnt;
    return USCTP_OK;
}

int usctp__auth_set_add_key(struct usctp__core *core, struct usctp__auth_set *set, uint16_t id,
                            const void *secret, size_t len)
{
    struct usctp__auth_key *old = usctp__auth_set_key(set, id);
    struct usctp__auth_key *key;

    if ((secret == NULL && len > 0) || len > USCTP__AUTH_SECRET_MAX) {
        return USCTP_EINVAL;
    }
    key = new_key(core, id, secret, len);
    if (key == NULL) {
        return USCTP_ENOMEM;
    }
    if (old != NULL) {
        key->msg_cnt = old->msg_cnt;
        key->seen = old->seen;
        unlink_key(set, old);
        free_key(core, old);
    }
    key->next = set->keys;
    set->keys = key;
    return USCTP_OK;
}

int usctp__auth_set_use_key(struct usctp__auth_set *set, uint16_t id)
{
    const struct usctp__auth_key *key = usctp__auth_set_key(set, id);

    if (key == NULL) {
        return USCTP_ENOENT;
    }
    if (key->retired) {
        return USCTP_ESTATE;
    }
    set->active = id;
    return USCTP_OK;
}

int usctp__auth_set_retire_key(struct usctp__auth_set *set, uint16_t id)
{
    struct usctp__auth_key *key = usctp__auth_set_key(set, id);

    if (key == NULL) {
        return USCTP_ENOENT;
    }
    if (set->active == id) {
        return USCTP_ESTATE; /* RFC 6458, 8.3.4 */
    }
    key->retired = true;
    return USCTP_OK;
}

int usctp__auth_set_remove_key(struct usctp__core *core, struct usctp__auth_set *set, uint16_t id)
{
    struct usctp__auth_key *key = usctp__auth_set_key(set, id);

    if (key == NULL) {
        return USCTP_ENOENT;
    }
    if (!key->retired || key->msg_cnt > 0) {
        return USCTP_ESTATE; /* RFC 6458, 8.3.5 */
    }
    unlink_key(set, key);
    free_key(core, key);
    return USCTP_OK;
}
