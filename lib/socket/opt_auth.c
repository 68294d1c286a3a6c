/* SPDX-License-Identifier: BSD-3-Clause */
/* Options of authentication (RFC 6458, 8.1.17, 8.1.18, 8.2.3, 8.2.4, 8.3.2 to 8.3.5). */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "socket/opt.h"
#include "socket/sock_auth.h"
#include "socket/table.h"

/* --- SCTP_AUTH_SUPPORTED ---------------------------------------------------------------------- */

static int get_supported(struct usctp__opt_call *call)
{
    return usctp__opt_get_extension(call, USCTP_EXT_AUTH);
}

static int set_supported(struct usctp__opt_call *call)
{
    bool on = call->value->value.assoc_value != 0;

    if (!on && (call->sock->opts.params.extensions & USCTP_EXT_ASCONF) != 0) {
        return -EINVAL; /* address reconfiguration needs it */
    }
    return usctp__opt_set_extension(call, on, USCTP_EXT_AUTH, 0);
}

/* --- SCTP_AUTH_CHUNK (8.3.2) ------------------------------------------------------------------ */

static int set_chunk(struct usctp__opt_call *call)
{
    int err = usctp__sock_auth_demand(call->sock, call->value->bytes[0]);

    call->peer = NULL;
    /* It switches authentication on. */
    return err != 0 ? err : usctp__opt_set_extension(call, true, USCTP_EXT_AUTH, 0);
}

/* --- SCTP_HMAC_IDENT (8.1.17) ----------------------------------------------------------------- */

static int get_hmacs(struct usctp__opt_call *call)
{
    const struct usctp__sock_auth *auth = usctp__sock_auth(call->sock);
    size_t header_len = offsetof(struct sctp_hmacalgo, shmac_idents);
    uint32_t cnt;

    if (auth == NULL) {
        return -ENOMEM;
    }
    cnt = (uint32_t)auth->hmac_cnt;
    call->len = header_len + cnt * sizeof(uint16_t);
    if (call->user_len < call->len) {
        return -EINVAL;
    }
    memcpy(call->user, &cnt, sizeof(cnt));
    memcpy(call->user + header_len, auth->hmacs, cnt * sizeof(uint16_t));
    return 0;
}

static int set_hmacs(struct usctp__opt_call *call)
{
    size_t header_len = offsetof(struct sctp_hmacalgo, shmac_idents);
    uint32_t cnt = call->value->count;
    uint16_t ids[2];

    if (cnt == 0 || cnt > 2 || call->user_len < header_len + cnt * sizeof(uint16_t)) {
        return -EINVAL;
    }
    memcpy(ids, call->user + header_len, cnt * sizeof(uint16_t));
    return usctp__sock_auth_hmacs(call->sock, ids, cnt);
}

/* --- Keys (8.1.18, 8.3.3 to 8.3.5) ------------------------------------------------------------ */

/* What the core says of a key; an association that does not authenticate has none. */
static int key_error(const struct usctp__opt_call *call, int err)
{
    struct usctp_params params = USCTP_PARAMS_INIT;

    usctp_assoc_params(call->peer->assoc, &params);
    if ((params.extensions & USCTP_EXT_AUTH) == 0) {
        return -EACCES;
    }
    return err == USCTP_ESTATE || err == USCTP_ENOENT ? -EINVAL : -usctp__errno(err);
}

static int set_key(struct usctp__opt_call *call)
{
    size_t header_len = offsetof(struct sctp_authkey, sca_key);
    struct sctp_authkey head;
    const uint8_t *secret = call->user + header_len;

    memcpy(&head, call->value->bytes, header_len);
    if (call->user_len < header_len + head.sca_keylength) {
        return -EINVAL;
    }
    if (call->peer == NULL) {
        return usctp__sock_auth_add(call->sock, head.sca_keynumber, secret, head.sca_keylength);
    }
    return key_error(call, usctp_assoc_add_key(call->peer->assoc, head.sca_keynumber, secret,
                                               head.sca_keylength));
}

static uint16_t key_of(const struct usctp__opt_call *call)
{
    uint16_t id;

    memcpy(&id, call->value->bytes + offsetof(struct sctp_authkeyid, scact_keynumber), sizeof(id));
    return id;
}

static int get_active(struct usctp__opt_call *call)
{
    uint16_t id = call->sock->auth != NULL ? call->sock->auth->active : 0;

    if (call->peer != NULL) {
        id = usctp_assoc_active_key(call->peer->assoc);
    }
    memcpy(call->value->bytes + offsetof(struct sctp_authkeyid, scact_keynumber), &id, sizeof(id));
    return 0;
}

static int set_active(struct usctp__opt_call *call)
{
    return call->peer == NULL
               ? usctp__sock_auth_use(call->sock, key_of(call))
               : key_error(call, usctp_assoc_use_key(call->peer->assoc, key_of(call)));
}

static int set_retired(struct usctp__opt_call *call)
{
    return call->peer == NULL
               ? usctp__sock_auth_retire(call->sock, key_of(call))
               : key_error(call, usctp_assoc_retire_key(call->peer->assoc, key_of(call)));
}

static int set_deleted(struct usctp__opt_call *call)
{
    return call->peer == NULL
               ? usctp__sock_auth_remove(call->sock, key_of(call))
               : key_error(call, usctp_assoc_remove_key(call->peer->assoc, key_of(call)));
}

/* --- SCTP_PEER_AUTH_CHUNKS, SCTP_LOCAL_AUTH_CHUNKS (8.2.3, 8.2.4) ------------------------------ */

static size_t sock_chunks(const struct usctp__sock *sock, uint8_t types[256])
{
    size_t cnt = 0;

    for (unsigned type = 0; type < 256 && sock->auth != NULL; type++) {
        if ((sock->auth->chunks[type / 8] >> type % 8 & 1u) != 0) {
            types[cnt++] = (uint8_t)type;
        }
    }
    return cnt;
}

static int get_chunks(struct usctp__opt_call *call, int peer)
{
    size_t header_len = offsetof(struct sctp_authchunks, gauth_chunks);
    uint8_t types[256];
    size_t cnt = call->peer != NULL ? usctp_assoc_auth_chunks(call->peer->assoc, peer, types, 256)
                                    : sock_chunks(call->sock, types);
    struct sctp_authchunks head;

    call->len = header_len + cnt;
    if (call->user_len < call->len) {
        return -EINVAL;
    }
    memcpy(&head, call->value->bytes, header_len);
    if (call->peer != NULL) {
        head.gauth_assoc_id = call->peer->id;
    }
    head.gauth_number_of_chunks = (uint32_t)cnt;
    memcpy(call->user, &head, header_len);
    memcpy(call->user + header_len, types, cnt);
    return 0;
}

static int get_peer_chunks(struct usctp__opt_call *call)
{
    return get_chunks(call, 1);
}

static int get_local_chunks(struct usctp__opt_call *call)
{
    return get_chunks(call, 0);
}

/* --- The rows --------------------------------------------------------------------------------- */

enum {
    SOCK = USCTP__OPT_SOCK,
    ASSOC = USCTP__OPT_ASSOC,
    ALL = USCTP__OPT_ALL,
    RAW = USCTP__OPT_RAW,
    NO_ID = USCTP__OPT_NO_ID,
    KEY_LEN = offsetof(struct sctp_authkey, sca_key),
    CHUNKS_LEN = offsetof(struct sctp_authchunks, gauth_chunks)
};

static const struct usctp__opt rows[] = {
    {IPPROTO_SCTP, SCTP_AUTH_SUPPORTED, SOCK | ASSOC, 0, sizeof(struct sctp_assoc_value),
     sizeof(struct sctp_assoc_value), get_supported, set_supported},
    {IPPROTO_SCTP, SCTP_AUTH_CHUNK, SOCK, NO_ID, sizeof(struct sctp_authchunk),
     sizeof(struct sctp_authchunk), NULL, set_chunk},
    {IPPROTO_SCTP, SCTP_HMAC_IDENT, SOCK | RAW, NO_ID, sizeof(uint32_t), sizeof(uint32_t),
     get_hmacs, set_hmacs},
    {IPPROTO_SCTP, SCTP_AUTH_KEY, SOCK | ASSOC | ALL | RAW, 0, KEY_LEN, KEY_LEN, NULL, set_key},
    {IPPROTO_SCTP, SCTP_AUTH_ACTIVE_KEY, SOCK | ASSOC | ALL, 0, sizeof(struct sctp_authkeyid),
     sizeof(struct sctp_authkeyid), get_active, set_active},
    {IPPROTO_SCTP, SCTP_AUTH_DEACTIVATE_KEY, SOCK | ASSOC | ALL, 0, sizeof(struct sctp_authkeyid),
     sizeof(struct sctp_authkeyid), NULL, set_retired},
    {IPPROTO_SCTP, SCTP_AUTH_DELETE_KEY, SOCK | ASSOC | ALL, 0, sizeof(struct sctp_authkeyid),
     sizeof(struct sctp_authkeyid), NULL, set_deleted},
    {IPPROTO_SCTP, SCTP_PEER_AUTH_CHUNKS, ASSOC | RAW, 0, CHUNKS_LEN, CHUNKS_LEN, get_peer_chunks,
     NULL},
    {IPPROTO_SCTP, SCTP_LOCAL_AUTH_CHUNKS, SOCK | ASSOC | RAW, 0, CHUNKS_LEN, CHUNKS_LEN,
     get_local_chunks, NULL},
};

const struct usctp__opt_family usctp__opts_auth = {rows, sizeof(rows) / sizeof(rows[0])};
