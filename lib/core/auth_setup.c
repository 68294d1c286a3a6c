/* SPDX-License-Identifier: BSD-3-Clause */
/* Authentication while an association is set up: what is offered, what is taken, the key vectors. */
#include <string.h>

#include "base/compiler.h"
#include "base/crypto.h"
#include "core/asconf.h"
#include "core/assoc.h"
#include "core/auth.h"
#include "core/event.h"
#include "core/ext.h"
#include "core/input.h"
#include "wire/auth.h"

enum { CHUNK_LIST_MAX_LEN = 260 /* RFC 4895, 3.2 */ };

/* --- Our offer -------------------------------------------------------------------------------- */

/* RFC 5061, 4.2.7: where ASCONF is offered, both of its chunks are listed. */
static void write_chunk_list(struct usctp__writer *w, const struct usctp__auth_set *set,
                             uint32_t extensions)
{
    struct usctp__chunk_set chunks;
    uint8_t types[256];
    size_t cnt;

    memset(&chunks, 0, sizeof(chunks));
    if (set != NULL) {
        chunks = set->chunks;
    }
    if ((extensions & USCTP__EXT_ASCONF) != 0) {
        usctp__chunk_set_add(&chunks, USCTP__CHUNK_ASCONF);
        usctp__chunk_set_add(&chunks, USCTP__CHUNK_ASCONF_ACK);
    }
    cnt = usctp__chunk_set_list(&chunks, types, sizeof(types));
    if (cnt > 0) { /* RFC 4895, 6.1: it may be left out when it is empty */
        size_t pos = w->len;

        usctp__writer_u16(w, USCTP__PARAM_CHUNK_LIST);
        usctp__writer_u16(w, 0);
        usctp__writer_bytes(w, types, cnt);
        usctp__param_end(w, pos);
    }
}

static void write_hmacs(struct usctp__writer *w, const struct usctp__auth_set *set)
{
    size_t pos = w->len;

    usctp__writer_u16(w, USCTP__PARAM_HMAC_ALGO);
    usctp__writer_u16(w, 0);
    if (set != NULL) {
        for (size_t i = 0; i < set->hmac_cnt; i++) {
            usctp__writer_u16(w, set->hmacs[i]);
        }
    } else {
        usctp__writer_u16(w, USCTP_HMAC_SHA256);
        usctp__writer_u16(w, USCTP_HMAC_SHA1);
    }
    usctp__param_end(w, pos);
}

bool usctp__auth_draw(struct usctp__core *core, const struct usctp__auth_set *set,
                      uint32_t extensions, struct usctp__auth_vector *vector)
{
    struct usctp__writer w = usctp__writer_make(vector->bytes, sizeof(vector->bytes));
    uint8_t random[USCTP__AUTH_RANDOM_LEN];

    if (!usctp__random_bytes(&core->random, random, sizeof(random))) {
        return false;
    }
    usctp__param_write(&w, USCTP__PARAM_RANDOM, random, sizeof(random)); /* RFC 4895, 3.1 */
    write_chunk_list(&w, set, extensions);
    write_hmacs(&w, set);
    USCTP__ASSERT(!w.failed);
    vector->len = w.len;
    return true;
}

/* The parameters of a vector in turn; false at the end. */
static bool next_param(struct usctp__reader *r, struct usctp__param *param)
{
    struct usctp__param_iter iter;

    usctp__param_iter_init(&iter, r->ptr, r->left);
    return usctp__param_next(&iter, param) == 1 && usctp__reader_skip(r, param->len);
}

void usctp__auth_write_params(struct usctp__writer *w, const uint8_t *vector, size_t len)
{
    struct usctp__reader r = usctp__reader_make(vector, len);
    struct usctp__param param;

    while (next_param(&r, &param)) {
        usctp__param_copy(w, param.start, param.len);
    }
}

/* --- The peer's offer ------------------------------------------------------------------------- */

static bool lists_sha1(const struct usctp__range *hmac_algo)
{
    for (size_t i = USCTP__PARAM_HEADER_LEN; i + 2 <= hmac_algo->len; i += 2) {
        if (usctp__get16(hmac_algo->ptr + i) == USCTP_HMAC_SHA1) {
            return true;
        }
    }
    return false;
}

const char *usctp__auth_fault(uint32_t extensions, const struct usctp__auth_set *set,
                              const struct usctp__init_params *peer)
{
    static const struct usctp__chunk_set none;
    bool any =
        peer->random.ptr != NULL || peer->chunk_list.ptr != NULL || peer->hmac_algo.ptr != NULL;

    if ((extensions & USCTP__EXT_ASCONF) != 0 && !any &&
        usctp__ext_listed(peer, USCTP__CHUNK_ASCONF)) {
        return "ASCONF without authentication"; /* RFC 5061, 6 */
    }
    if ((extensions & USCTP__EXT_AUTH) == 0) {
        return NULL; /* unknown parameters to us, which are skipped */
    }
    if (!any) {
        /* What is demanded would never come: an attacker may have taken the offer out. */
        return set != NULL && memcmp(&set->chunks, &none, sizeof(none)) != 0
                   ? "authentication is required"
                   : NULL;
    }
    if (peer->random.ptr == NULL || peer->hmac_algo.ptr == NULL) {
        return "RANDOM and HMAC-ALGO belong together"; /* RFC 4895, 3.1, 3.3 */
    }
    if (peer->random.len != USCTP__PARAM_HEADER_LEN + USCTP__AUTH_RANDOM_LEN) {
        return "RANDOM is not of 32 bytes"; /* RFC 4895, 6.1 */
    }
    if (peer->chunk_list.len > CHUNK_LIST_MAX_LEN) {
        return "CHUNKS is too long"; /* RFC 4895, 3.2 */
    }
    if (peer->hmac_algo.len % 2 != 0 ||
        peer->hmac_algo.len > USCTP__PARAM_HEADER_LEN + 2 * USCTP__AUTH_HMAC_LIST_MAX) {
        return "HMAC-ALGO has a wrong length";
    }
    return lists_sha1(&peer->hmac_algo) ? NULL : "HMAC-ALGO without SHA-1"; /* RFC 4895, 6.1 */
}

void usctp__auth_peer_vector(const struct usctp__init_params *peer,
                             struct usctp__auth_vector *vector)
{
    struct usctp__writer w = usctp__writer_make(vector->bytes, sizeof(vector->bytes));

    /* RFC 4895, 6.1: in this order; what was not sent is left out. */
    usctp__writer_bytes(&w, peer->random.ptr, peer->random.len);
    usctp__writer_bytes(&w, peer->chunk_list.ptr, peer->chunk_list.len);
    usctp__writer_bytes(&w, peer->hmac_algo.ptr, peer->hmac_algo.len);
    vector->len = w.failed || peer->random.ptr == NULL ? 0 : w.len;
}

/* --- What follows from both ------------------------------------------------------------------- */

/* RFC 4895, 3.2: types that cannot be demanded are ignored. */
static void take_chunk_list(struct usctp__chunk_set *set, const struct usctp__param *param)
{
    for (size_t i = 0; i < param->value_len; i++) {
        uint8_t type = param->value[i];

        if (type != USCTP__CHUNK_INIT && type != USCTP__CHUNK_INIT_ACK &&
            type != USCTP__CHUNK_SHUTDOWN_COMPLETE && type != USCTP__CHUNK_AUTH) {
            usctp__chunk_set_add(set, type);
        }
    }
}

/* RFC 4895, 6.1: the first one listed that we have. */
static uint16_t choose_hmac(const struct usctp__param *param)
{
    for (size_t i = 0; i + 2 <= param->value_len; i += 2) {
        uint16_t id = usctp__get16(param->value + i);

        if (usctp__hmac_len(id) != 0) {
            return id;
        }
    }
    return 0;
}

/* The chunks that a vector demands and, where `hmac` is not NULL, the algorithm to use. */
static void read_vector(const struct usctp__auth_vector *vector, struct usctp__chunk_set *chunks,
                        uint16_t *hmac)
{
    struct usctp__reader r = usctp__reader_make(vector->bytes, vector->len);
    struct usctp__param param;

    memset(chunks, 0, sizeof(*chunks));
    while (next_param(&r, &param)) {
        if (param.type == USCTP__PARAM_CHUNK_LIST) {
            take_chunk_list(chunks, &param);
        } else if (param.type == USCTP__PARAM_HMAC_ALGO && hmac != NULL) {
            *hmac = choose_hmac(&param);
        }
    }
}

/* Both vectors are there, or the peer has none. */
static void agree(struct usctp_assoc *assoc)
{
    struct usctp__auth *auth = assoc->auth;

    for (struct usctp__auth_key *key = auth->set.keys; key != NULL; key = key->next) {
        usctp__auth_key_reset(assoc->core, key);
    }
    auth->hmac = 0;
    read_vector(&auth->mine, &auth->my_chunks, NULL);
    read_vector(&auth->peer, &auth->peer_chunks, &auth->hmac);
    if (auth->hmac == 0) { /* where a cookie said otherwise, its INIT does not bear it out */
        assoc->extensions &= ~(uint32_t)(USCTP__EXT_AUTH | USCTP__EXT_ASCONF);
    }
    if ((assoc->extensions & USCTP__EXT_ASCONF) != 0) { /* RFC 5061, 4.1: listed or not */
        usctp__chunk_set_add(&auth->peer_chunks, USCTP__CHUNK_ASCONF);
        usctp__chunk_set_add(&auth->peer_chunks, USCTP__CHUNK_ASCONF_ACK);
    }
    auth->chunk_len = (uint16_t)(USCTP__AUTH_HEADER_LEN + usctp__hmac_len(auth->hmac));
    auth->covers_data = usctp__chunk_set_has(&auth->peer_chunks, usctp__auth_data_type(assoc)) ||
                        usctp__chunk_set_has(&auth->peer_chunks, USCTP__CHUNK_SACK);
}

void usctp__auth_take_params(struct usctp_assoc *assoc, const struct usctp__init_params *peer)
{
    assoc->auth->peer.len = 0;
    if (usctp__auth_agreed(assoc)) {
        usctp__auth_peer_vector(peer, &assoc->auth->peer);
    }
    agree(assoc);
}

void usctp__auth_take_cookie(struct usctp_assoc *assoc, const struct usctp__cookie *cookie)
{
    struct usctp__auth *auth = assoc->auth;
    struct usctp__chunk chunk;
    struct usctp__init init;
    struct usctp__init_params peer;

    auth->mine.len = 0;
    auth->peer.len = 0;
    if ((cookie->extensions & USCTP__EXT_AUTH) != 0 &&
        cookie->auth_len <= sizeof(auth->mine.bytes) &&
        usctp__chunk_parse(&chunk, cookie->init, cookie->init_len) == 1 &&
        usctp__init_parse(&init, &chunk) && usctp__init_params_parse(&peer, chunk.type, &init)) {
        memcpy(auth->mine.bytes, cookie->auth, cookie->auth_len);
        auth->mine.len = cookie->auth_len;
        usctp__auth_peer_vector(&peer, &auth->peer);
    }
    agree(assoc);
}

void usctp__auth_take_vectors(struct usctp_assoc *assoc, const struct usctp__auth_vector *mine,
                              const struct usctp__auth_vector *peer)
{
    assoc->auth->mine = *mine;
    assoc->auth->peer = *peer;
    agree(assoc);
}

bool usctp__auth_admits(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                        const struct usctp__cookie *cookie)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk first;

    usctp__chunk_iter_init(&iter, in->packet, in->len);
    if (usctp__chunk_next(&iter, &first) != 1) {
        return false;
    }
    if (assoc->auth == NULL || (cookie->extensions & USCTP__EXT_AUTH) == 0) {
        return first.type != USCTP__CHUNK_AUTH; /* not known: what follows is discarded */
    }
    usctp__auth_take_cookie(assoc, cookie);
    if (first.type == USCTP__CHUNK_AUTH) {
        return usctp__auth_verify(assoc, in, &first);
    }
    if (usctp__auth_lacks(assoc, in, USCTP__CHUNK_COOKIE_ECHO)) {
        assoc->core->stats.dropped_unauthenticated++;
        return false;
    }
    return true;
}

bool usctp__auth_admits_other(struct usctp_assoc *assoc, struct usctp__packet_in *in,
                              const struct usctp__cookie *cookie)
{
    struct usctp__auth_vector mine;
    struct usctp__auth_vector peer;

    if (assoc->auth == NULL) {
        return true;
    }
    mine = assoc->auth->mine;
    peer = assoc->auth->peer;
    if (usctp__auth_admits(assoc, in, cookie)) {
        return true;
    }
    assoc->auth->mine = mine;
    assoc->auth->peer = peer;
    agree(assoc);
    return false;
}

/* --- Life ------------------------------------------------------------------------------------- */

bool usctp__auth_attach(struct usctp_assoc *assoc, const struct usctp__auth_set *set)
{
    struct usctp__core *core = assoc->core;
    struct usctp__auth *auth = usctp__mem_calloc(&core->mem, sizeof(*auth));

    if (auth == NULL) {
        return false;
    }
    if (!usctp__auth_set_init(core, &auth->set, set)) {
        usctp__mem_free(&core->mem, auth, sizeof(*auth));
        return false;
    }
    assoc->auth = auth;
    return true;
}

bool usctp__auth_return(struct usctp_assoc *assoc, const struct usctp__cookie *cookie)
{
    return assoc->auth != NULL || (cookie->extensions & USCTP__EXT_AUTH) == 0 ||
           usctp__auth_attach(assoc, usctp__auth_set_of(assoc));
}

const struct usctp__auth_set *usctp__auth_set_of(const struct usctp_assoc *assoc)
{
    return assoc->auth != NULL ? &assoc->auth->set : assoc->core->ops->auth_set(assoc->core, assoc);
}

void usctp__auth_free(struct usctp_assoc *assoc)
{
    if (assoc->auth != NULL) {
        usctp__asconf_free(assoc);
        usctp__auth_set_clear(assoc->core, &assoc->auth->set);
        usctp__mem_free(&assoc->core->mem, assoc->auth, sizeof(*assoc->auth));
        assoc->auth = NULL;
    }
}

void usctp__auth_established(struct usctp_assoc *assoc)
{
    if (assoc->auth->hmac == 0) {
        usctp__event_auth(assoc, USCTP_AUTH_NONE, 0);
        usctp__auth_free(assoc);
    }
}
