/* SPDX-License-Identifier: BSD-3-Clause */
/* Extensions: offers and what they agree on. */
#include "core/ext.h"

#include <stdbool.h>
#include <stddef.h>

#include <usctp/lower.h>

#include "base/compiler.h"
#include "wire/packet.h"
#include "wire/param.h"

/* The chunk types that stand for extensions in Supported Extensions. Where an extension has several,
 * the peer must list them all; where one belongs to two, both are needed to offer it. */
static const struct row {
    uint8_t type;
    uint16_t extensions;
} rows[] = {
    {USCTP__CHUNK_AUTH, USCTP__EXT_AUTH},
    {USCTP__CHUNK_I_DATA, USCTP__EXT_INTERLEAVING},
    {USCTP__CHUNK_ASCONF_ACK, USCTP__EXT_ASCONF},
    {USCTP__CHUNK_RECONF, USCTP__EXT_RECONFIG},
    {USCTP__CHUNK_FORWARD_TSN, USCTP__EXT_PARTIAL_RELIABILITY},
    {USCTP__CHUNK_ASCONF, USCTP__EXT_ASCONF},
    {USCTP__CHUNK_I_FORWARD_TSN, USCTP__EXT_PARTIAL_RELIABILITY | USCTP__EXT_INTERLEAVING},
};

/* RFC 9653, 6: the one method of error detection that we know, SCTP over DTLS. */
enum { EDMID_DTLS = 1 };

uint32_t usctp__ext_possible(uint32_t extensions, uint32_t lower_flags)
{
    if ((lower_flags & USCTP_LOWER_DTLS) == 0) {
        extensions &= ~(uint32_t)USCTP__EXT_ZERO_CHECKSUM;
    }
    if ((lower_flags & USCTP_LOWER_ECN) == 0) {
        extensions &= ~(uint32_t)USCTP__EXT_ECN;
    }
    return extensions;
}

void usctp__ext_write_offer(struct usctp__writer *w, uint32_t extensions)
{
    uint8_t types[USCTP__ARRAY_LEN(rows)];
    size_t cnt = 0;

    for (size_t i = 0; i < USCTP__ARRAY_LEN(rows); i++) {
        if ((rows[i].extensions & ~extensions) == 0) {
            types[cnt++] = rows[i].type;
        }
    }
    usctp__init_write_extensions(w, types, cnt);
    if ((extensions & USCTP__EXT_PARTIAL_RELIABILITY) != 0) {
        usctp__param_write(w, USCTP__PARAM_FORWARD_TSN, NULL, 0); /* RFC 3758, 3.1 */
    }
    if ((extensions & USCTP__EXT_ECN) != 0) {
        usctp__param_write(w, USCTP__PARAM_ECN_CAPABLE, NULL, 0); /* RFC 4960, A */
    }
    if ((extensions & USCTP__EXT_ZERO_CHECKSUM) != 0) {
        static const uint8_t edmid[4] = {0, 0, 0, EDMID_DTLS};

        usctp__param_write(w, USCTP__PARAM_ZERO_CHECKSUM, edmid, sizeof(edmid)); /* RFC 9653, 4 */
    }
}

bool usctp__ext_listed(const struct usctp__init_params *peer, uint8_t type)
{
    for (size_t i = 0; i < peer->extensions.len; i++) {
        if (peer->extensions.ptr[i] == type) {
            return true;
        }
    }
    return false;
}

/* True if the peer says that it knows this chunk. */
static bool lists(const struct usctp__init_params *peer, uint8_t type)
{
    /* RFC 3758, 3.3.1, 3.3.2: the parameter says it, in old peers alone. */
    if (type == USCTP__CHUNK_FORWARD_TSN && peer->forward_tsn.ptr != NULL) {
        return true;
    }
    /* RFC 4895, 6.1: it is RANDOM that says it, older than the list. */
    if (type == USCTP__CHUNK_AUTH) {
        return peer->random.ptr != NULL && peer->hmac_algo.ptr != NULL;
    }
    return usctp__ext_listed(peer, type);
}

uint32_t usctp__ext_agreed(uint32_t extensions, const struct usctp__init_params *peer)
{
    uint32_t agreed = extensions;

    for (size_t i = 0; i < USCTP__ARRAY_LEN(rows); i++) {
        bool single = (rows[i].extensions & (rows[i].extensions - 1u)) == 0;

        if (single && !lists(peer, rows[i].type)) {
            agreed &= ~(uint32_t)rows[i].extensions;
        }
    }
    if ((agreed & USCTP__EXT_AUTH) == 0) {
        agreed &= ~(uint32_t)USCTP__EXT_ASCONF; /* RFC 5061, 4.1.1 */
    }
    /* RFC 8260, 2.3.1: with I-DATA it is I-FORWARD-TSN that skips. */
    if ((agreed & USCTP__EXT_INTERLEAVING) != 0 && !lists(peer, USCTP__CHUNK_I_FORWARD_TSN)) {
        agreed &= ~(uint32_t)USCTP__EXT_PARTIAL_RELIABILITY;
    }
    if (!peer->ecn_capable) {
        agreed &= ~(uint32_t)USCTP__EXT_ECN; /* RFC 4960, A */
    }
    /* RFC 9653, 5: each direction by what its receiver has told. */
    if ((extensions & USCTP__EXT_ZERO_CHECKSUM) != 0) {
        agreed |= USCTP__EXT_ZERO_CHECKSUM_IN;
        if (peer->edmid != EDMID_DTLS) {
            agreed &= ~(uint32_t)USCTP__EXT_ZERO_CHECKSUM;
        }
    }
    return agreed;
}

void usctp__ext_refuse(uint32_t extensions, struct usctp__init_params *peer)
{
    if ((extensions & USCTP__EXT_PARTIAL_RELIABILITY) == 0 && peer->forward_tsn.ptr != NULL) {
        usctp__init_report(peer, &peer->forward_tsn); /* RFC 9260, 3.2.2 */
    }
    if ((extensions & USCTP__EXT_ASCONF) == 0 && peer->set_primary.ptr != NULL) {
        usctp__init_report(peer, &peer->set_primary);
    }
}
