/* SPDX-License-Identifier: BSD-3-Clause */
/* Authentication: keys, AUTH received, AUTH sent. */
#include "core/auth.h"

#include <string.h>

#include "base/compiler.h"
#include "base/crypto.h"
#include "core/assoc.h"
#include "core/error.h"
#include "core/event.h"
#include "core/ext.h"
#include "core/input.h"
#include "wire/auth.h"
#include "wire/cause.h"

/* --- Association shared keys ------------------------------------------------------------------ */

/* RFC 4895, 6.1: a comes before b: the smaller number, of equal ones the shorter. */
static bool before(const struct usctp__auth_vector *a, const struct usctp__auth_vector *b)
{
    size_t a_zeros = 0, b_zeros = 0;
    size_t a_len, b_len;
    int order;

    while (a_zeros < a->len && a->bytes[a_zeros] == 0) {
        a_zeros++;
    }
    while (b_zeros < b->len && b->bytes[b_zeros] == 0) {
        b_zeros++;
    }
    a_len = a->len - a_zeros;
    b_len = b->len - b_zeros;
    if (a_len != b_len) {
        return a_len < b_len;
    }
    order = memcmp(a->bytes + a_zeros, b->bytes + b_zeros, a_len);
    return order != 0 ? order < 0 : a->len <= b->len;
}

size_t usctp__auth_join(const struct usctp__auth_vector *mine,
                        const struct usctp__auth_vector *peer, const uint8_t *secret, size_t len,
                        uint8_t *out)
{
    const struct usctp__auth_vector *first = before(mine, peer) ? mine : peer;
    const struct usctp__auth_vector *last = first == mine ? peer : mine;

    if (len > 0) {
        memcpy(out, secret, len);
    }
    memcpy(out + len, first->bytes, first->len);
    memcpy(out + len + first->len, last->bytes, last->len);
    return len + first->len + last->len;
}

/* The context of a key for an algorithm; NULL: no memory, or no HMAC. */
static void *context_of(struct usctp_assoc *assoc, struct usctp__auth_key *key, uint16_t hmac)
{
    struct usctp__core *core = assoc->core;
    struct usctp__auth *auth = assoc->auth;
    void **context = &key->hmac[hmac == USCTP_HMAC_SHA1 ? 0 : 1];
    size_t cap;
    uint8_t *joined;

    if (*context != NULL) {
        return *context;
    }
    joined = usctp__bufpool_get(&core->bufs, key->len + auth->mine.len + auth->peer.len, &cap);
    if (joined != NULL) {
        size_t len = usctp__auth_join(&auth->mine, &auth->peer, key->secret, key->len, joined);

        *context = core->crypto->hmac_new(core->crypto->ctx, hmac, joined, len);
        usctp__wipe(joined, len);
        usctp__bufpool_put(&core->bufs, joined, cap);
    }
    return *context;
}

/* RFC 4895, 6.2: the MAC of an AUTH chunk, its own field zero, with all that stands behind it. */
static bool compute(struct usctp_assoc *assoc, struct usctp__auth_key *key, uint16_t hmac,
                    const uint8_t *chunk, const uint8_t *end, uint8_t *mac)
{
    static const uint8_t zeros[USCTP__HMAC_MAX_LEN];
    size_t mac_len = usctp__hmac_len(hmac);
    const uint8_t *rest = chunk + USCTP__AUTH_HEADER_LEN + mac_len;
    struct usctp_iov iov[3] = {
        {chunk, USCTP__AUTH_HEADER_LEN}, {zeros, mac_len}, {rest, (size_t)(end - rest)}};
    void *context = context_of(assoc, key, hmac);

    return context != NULL &&
           assoc->core->crypto->hmac(assoc->core->crypto->ctx, context, iov, 3, mac) == 0;
}

/* --- Receiving -------------------------------------------------------------------------------- */

bool usctp__auth_lacks(const struct usctp_assoc *assoc, const struct usctp__packet_in *in,
                       uint8_t type)
{
    return !in->authenticated && assoc->auth->hmac != 0 &&
           usctp__chunk_set_has(&assoc->auth->my_chunks, type);
}

/* True if we listed this HMAC (RFC 4895, 6.3). */
static bool asked_for(const struct usctp__auth *auth, uint16_t hmac)
{
    for (size_t i = 0; i < auth->set.hmac_cnt; i++) {
        if (auth->set.hmacs[i] == hmac) {
            return true;
        }
    }
    return false;
}

static bool refuse_hmac(struct usctp_assoc *assoc, struct usctp__packet_in *in, uint16_t hmac)
{
    uint8_t cause[8];
    struct usctp__writer w = usctp__writer_make(cause, sizeof(cause));

    assoc->core->stats.auth_failures++;
    usctp__cause_write_unsupported_hmac(&w, hmac);
    usctp__error_reply(assoc, in, cause, w.len); /* RFC 4895, 4.1: the chunk's end pads it */
    return false;
}

static bool fail(struct usctp_assoc *assoc, const char *text)
{
    assoc->core->stats.auth_failures++;
    usctp__log(&assoc->core->log, USCTP_LOG_INFO, text);
    return false; /* RFC 4895, 6.3: what stands behind it is discarded silently */
}

bool usctp__auth_verify(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                        const struct usctp__chunk *chunk)
{
    struct usctp__auth *auth = assoc->auth;
    struct usctp__auth_chunk parsed;
    struct usctp__auth_key *key;
    uint8_t mac[USCTP__HMAC_MAX_LEN];

    if (in->has_auth || !usctp__auth_parse(&parsed, chunk)) {
        assoc->core->stats.dropped_malformed++; /* RFC 4895, 5.1: no more than one */
        return false;
    }
    in->has_auth = true;
    if (!asked_for(auth, parsed.hmac)) {
        return refuse_hmac(assoc, in, parsed.hmac);
    }
    if (parsed.mac_len != usctp__hmac_len(parsed.hmac)) {
        assoc->core->stats.dropped_malformed++;
        return false;
    }
    key = usctp__auth_set_key(&auth->set, parsed.key);
    if (key == NULL) {
        return fail(assoc, "AUTH with an unknown key");
    }
    if (!compute(assoc, key, parsed.hmac, chunk->start, in->packet + in->len, mac) ||
        !usctp__ct_equal(mac, parsed.mac, parsed.mac_len)) {
        return fail(assoc, "AUTH with a wrong MAC");
    }
    in->authenticated = true;
    if (!key->seen) {
        key->seen = true;
        if (assoc->was_up) {
            usctp__event_auth(assoc, USCTP_AUTH_NEW_KEY, key->id); /* RFC 6458, 6.1.8 */
        }
    }
    return true;
}

bool usctp__auth_waits_for_cookie(const struct usctp_assoc *assoc)
{
    return assoc->state == USCTP_STATE_COOKIE_WAIT || assoc->state == USCTP_STATE_COOKIE_ECHOED;
}

enum usctp__verdict usctp__on_auth(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                                   const struct usctp__chunk *chunk)
{
    const uint8_t *next = chunk->start + usctp__chunk_padded_len(chunk);

    if (usctp__auth_waits_for_cookie(assoc) && next < in->packet + in->len &&
        *next == USCTP__CHUNK_COOKIE_ECHO) {
        return USCTP__NEXT; /* by the keys that follow from the cookie: usctp__auth_admits_other */
    }
    return usctp__auth_verify(assoc, in, chunk) ? USCTP__NEXT : USCTP__STOP;
}

/* --- Sending ---------------------------------------------------------------------------------- */

size_t usctp__auth_len(const struct usctp_assoc *assoc, uint8_t type)
{
    const struct usctp__auth *auth = assoc->auth;

    return auth->hmac != 0 && usctp__chunk_set_has(&auth->peer_chunks, type) ? auth->chunk_len : 0;
}

uint8_t usctp__auth_data_type(const struct usctp_assoc *assoc)
{
    return (assoc->extensions & USCTP__EXT_INTERLEAVING) != 0 ? USCTP__CHUNK_I_DATA
                                                              : USCTP__CHUNK_DATA;
}

struct usctp__auth_key *usctp__auth_active_key(const struct usctp_assoc *assoc)
{
    return usctp__auth_set_key(&assoc->auth->set, assoc->auth->set.active);
}

struct usctp__auth_key *usctp__auth_message_key(const struct usctp_assoc *assoc,
                                                const struct usctp__outmsg *msg)
{
    struct usctp__auth_key *key = NULL;

    if (msg->keyed) {
        key = usctp__auth_set_key(&assoc->auth->set, msg->key);
    }
    return key != NULL ? key : usctp__auth_active_key(assoc);
}

void usctp__auth_begin(struct usctp_assoc *assoc, const struct usctp__auth_key *key,
                       struct usctp__writer *w)
{
    struct usctp__auth_chunk chunk = {
        .key = key->id,
        .hmac = assoc->auth->hmac,
        .mac_len = usctp__hmac_len(assoc->auth->hmac),
    };

    usctp__auth_write(w, &chunk);
    assoc->core->stats.out_ctrl_chunks++;
}

void usctp__auth_sign(struct usctp_assoc *assoc, struct usctp__auth_key *key, uint8_t *bytes,
                      size_t len)
{
    uint8_t mac[USCTP__HMAC_MAX_LEN];
    uint16_t hmac = assoc->auth->hmac;

    if (compute(assoc, key, hmac, bytes, bytes + len, mac)) {
        memcpy(bytes + USCTP__AUTH_HEADER_LEN, mac, usctp__hmac_len(hmac));
    }
}

/* --- Messages and their keys ------------------------------------------------------------------ */

int usctp__auth_check_send(const struct usctp_assoc *assoc, const struct usctp_send_info *info)
{
    const struct usctp__auth_key *key;

    key = assoc->auth != NULL ? usctp__auth_set_key(&assoc->auth->set, info->key) : NULL;
    if (key == NULL) {
        return USCTP_ENOENT;
    }
    return key->retired ? USCTP_ESTATE : USCTP_OK;
}

void usctp__auth_take_message(struct usctp_assoc *assoc, struct usctp__outmsg *msg,
                              const struct usctp_send_info *info)
{
    /* RFC 6458, 8.1.18: the key that is active when the message is given. */
    uint16_t id = (info->flags & USCTP_SEND_KEY) != 0 ? info->key : assoc->auth->set.active;
    struct usctp__auth_key *key = usctp__auth_set_key(&assoc->auth->set, id);

    msg->key = id;
    msg->keyed = true;
    key->msg_cnt++;
}

static void tell_free(struct usctp_assoc *assoc, struct usctp__auth_key *key)
{
    if (key->retired && key->msg_cnt == 0 && !key->free_told) {
        key->free_told = true;
        usctp__event_auth(assoc, USCTP_AUTH_FREE_KEY, key->id); /* RFC 6458, 6.1.8 */
    }
}

void usctp__auth_message_done(struct usctp_assoc *assoc, const struct usctp__outmsg *msg)
{
    struct usctp__auth_key *key =
        assoc->auth != NULL ? usctp__auth_set_key(&assoc->auth->set, msg->key) : NULL;

    if (key != NULL && key->msg_cnt > 0) { /* else it was accepted before the keys went */
        key->msg_cnt--;
        tell_free(assoc, key);
    }
}

int usctp__auth_retire_key(struct usctp_assoc *assoc, uint16_t id)
{
    int error = usctp__auth_set_retire_key(&assoc->auth->set, id);

    if (error == USCTP_OK) {
        tell_free(assoc, usctp__auth_set_key(&assoc->auth->set, id));
    }
    return error;
}
