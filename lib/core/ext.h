/* SPDX-License-Identifier: BSD-3-Clause */
/* Extensions: what INIT and INIT ACK offer, and what two offers agree on. A chunk of an extension that
 * is not agreed on is an unknown chunk (input.c). */
#ifndef USCTP_CORE_EXT_H
#define USCTP_CORE_EXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/init.h"

/* Bits of masks of extensions; those that the library has are public by the same numbers. */
enum usctp__extension {
    USCTP__EXT_PARTIAL_RELIABILITY = 1 << 0, /* RFC 3758 */
    USCTP__EXT_INTERLEAVING = 1 << 1,        /* RFC 8260 */
    USCTP__EXT_RECONFIG = 1 << 2,            /* RFC 6525 */
    USCTP__EXT_AUTH = 1 << 3,                /* RFC 4895 */
    USCTP__EXT_ASCONF = 1 << 4,              /* RFC 5061 */
    USCTP__EXT_ZERO_CHECKSUM = 1 << 5,       /* RFC 9653 */
    USCTP__EXT_ECN = 1 << 6,                 /* RFC 4960, appendix A */

    /* What this library has: all that can be offered. */
    USCTP__EXT_ALL = USCTP__EXT_PARTIAL_RELIABILITY | USCTP__EXT_INTERLEAVING |
                     USCTP__EXT_RECONFIG | USCTP__EXT_ZERO_CHECKSUM | USCTP__EXT_AUTH |
                     USCTP__EXT_ASCONF | USCTP__EXT_ECN,
    /* What is offered unless a program says otherwise. */
    USCTP__EXT_DEFAULT = USCTP__EXT_ALL & ~(USCTP__EXT_AUTH | USCTP__EXT_ASCONF),

    /* No extension, but known with those that are agreed on: we have told the peer that we take packets
     * without CRC32c, whatever it told us (RFC 9653, 5). */
    USCTP__EXT_ZERO_CHECKSUM_IN = 1 << 16
};

/* Those that this lower layer lets us have (enum usctp_lower_flag). */
uint32_t usctp__ext_possible(uint32_t extensions, uint32_t lower_flags);

/* Writes the parameters that offer these extensions: Supported Extensions, Forward-TSN-Supported, Zero
 * Checksum Acceptable, ECN Capable. */
void usctp__ext_write_offer(struct usctp__writer *w, uint32_t extensions);

/* True if the peer's Supported Extensions list this chunk type. */
bool usctp__ext_listed(const struct usctp__init_params *peer, uint8_t type);

/* The extensions that are offered here (a mask) and in the peer's parameters. */
uint32_t usctp__ext_agreed(uint32_t extensions, const struct usctp__init_params *peer);

/* Parameters of extensions that are not offered here count as unknown ones: those whose type asks for
 * a report get one. */
void usctp__ext_refuse(uint32_t extensions, struct usctp__init_params *peer);

#endif
