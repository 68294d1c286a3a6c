/* SPDX-License-Identifier: BSD-3-Clause */
/* INIT and INIT ACK (RFC 9260, 3.3.2 and 3.3.3): the fixed part, and one pass over the parameters
 * that obeys the action bits of unknown ones. */
#ifndef USCTP_WIRE_INIT_H
#define USCTP_WIRE_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/buf.h"
#include "wire/packet.h"
#include "wire/param.h"

enum {
    USCTP__INIT_FIXED_LEN = 16,       /* fixed part, without the chunk header */
    USCTP__INIT_MIN_RWND = 1500,      /* smallest a_rwnd allowed (RFC 9260, 3.3.2) */
    USCTP__INIT_MAX_REPORT_CNT = 8,   /* unrecognised parameters reported, at most */
    USCTP__INIT_MAX_REPORT_LEN = 256, /* bytes of them together, padded, at most */
};

/* The fixed part. */
struct usctp__init {
    uint32_t tag;          /* Initiate Tag */
    uint32_t a_rwnd;       /* advertised receiver window credit, bytes */
    uint16_t out_streams;  /* outbound streams the sender wants (OS) */
    uint16_t in_streams;   /* inbound streams the sender allows (MIS) */
    uint32_t tsn;          /* Initial TSN */
    const uint8_t *params; /* parsed: first byte of the parameters; not owned. Not written. */
    size_t params_len;     /* parsed: bytes of the parameters. Not written. */
};

/* What is wrong with a fixed part. What follows from it differs between INIT (RFC 9260, 3.3.2) and
 * INIT ACK (3.3.3) and by state: that is the caller's. */
enum usctp__init_fault {
    USCTP__INIT_FAULT_NONE,
    USCTP__INIT_FAULT_TAG,         /* the Initiate Tag is 0 */
    USCTP__INIT_FAULT_OUT_STREAMS, /* OS is 0 */
    USCTP__INIT_FAULT_IN_STREAMS,  /* MIS is 0 */
    USCTP__INIT_FAULT_RWND,        /* a_rwnd is below 1500 */
};

/* What one pass over the parameters found. Everything points into the chunk; nothing is owned. Of a
 * parameter that may stand only once the first one counts. */
struct usctp__init_params {
    /* Bytes from the first parameter up to where processing stopped: the end, an unknown parameter
     * that says stop, or a malformed one. What stands behind is not acted on. */
    size_t processed_len;
    const uint8_t *start; /* the first parameter */

    bool stopped;            /* an unknown parameter said stop */
    bool malformed;          /* a length that cannot be; what was found before it stands below */
    uint16_t malformed_type; /* malformed: type of the parameter, 0 if not even that can be read */

    struct usctp__range cookie;    /* INIT ACK: State Cookie, its value; ptr NULL: there is none */
    struct usctp__range host_name; /* Host Name Address, from its header on; ptr NULL: none */
    uint32_t addr_cnt;             /* IPv4 and IPv6 address parameters */

    bool has_address_types; /* INIT: Supported Address Types is present; without it all are */
    bool ipv4_listed;       /* it lists IPv4 */
    bool ipv6_listed;       /* it lists IPv6 */

    struct usctp__range
        extensions; /* Supported Extensions, its value: chunk types; ptr NULL: none */
    struct usctp__range forward_tsn; /* Forward-TSN-Supported, whole; ptr NULL: none */

    /* RFC 4895, 3: whole, without padding, of any length; ptr NULL: none. */
    struct usctp__range random;     /* Random */
    struct usctp__range chunk_list; /* Chunk List */
    struct usctp__range hmac_algo;  /* Requested HMAC Algorithm */
    bool ecn_capable;               /* ECN Capable is present (RFC 4960, A) */
    uint32_t edmid; /* Zero Checksum Acceptable: its Error Detection Method Identifier; 0: none */

    bool has_adaptation; /* Adaptation Layer Indication is present (RFC 5061, 4.2.6) */
    uint32_t adaptation; /* its code point */
    struct usctp__range
        set_primary; /* Set Primary Address, whole (RFC 5061, 4.2.4); ptr NULL: none */

    bool has_preservative;    /* INIT: Cookie Preservative is present */
    uint32_t preservative_ms; /* it asks for so many milliseconds more */

    uint32_t unrecognized_cnt; /* INIT ACK: parameters of ours that the peer did not recognise */

    /* Unknown parameters that must be reported (RFC 9260, 3.2.2), whole, without padding: at most
     * USCTP__INIT_MAX_REPORT_CNT with USCTP__INIT_MAX_REPORT_LEN bytes. */
    struct usctp__range reports[USCTP__INIT_MAX_REPORT_CNT];
    size_t report_cnt;       /* elements of reports */
    size_t report_len;       /* bytes of them, each padded */
    uint32_t unreported_cnt; /* that did not fit in */
};

/* --- Reading ---------------------------------------------------------------------------------- */

/* Reads the fixed part of an INIT or INIT ACK chunk; false when it is not whole. Any value passes:
 * see usctp__init_check. */
bool usctp__init_parse(struct usctp__init *init, const struct usctp__chunk *chunk);

/* The first fault in the order of the enumeration. */
enum usctp__init_fault usctp__init_check(const struct usctp__init *init);

/* Makes the one pass over the parameters of a chunk of this type (USCTP__CHUNK_INIT or
 * USCTP__CHUNK_INIT_ACK). *params is set whatever comes; returns false when it is malformed.
 *
 * Malformed is a parameter that is not whole, or a known one whose value has a wrong length (an
 * address, an empty State Cookie); the pass ends there. Parameters that are known but have no place
 * in this chunk are ignored. */
bool usctp__init_params_parse(struct usctp__init_params *params, uint8_t chunk_type,
                              const struct usctp__init *init);

/* Adds a parameter to those to be reported: one that was recognised here, and is refused elsewhere. */
void usctp__init_report(struct usctp__init_params *params, const struct usctp__range *param);

/* Begins a walk over the addresses that the pass found. */
void usctp__init_addr_iter_init(struct usctp__param_iter *iter,
                                const struct usctp__init_params *params);

/* Takes the next address, as usctp__param_addr gives it; false at the end. `param`, which may be
 * NULL, is set to the parameter it stands in, for the cause "Restart of an Association with New
 * Addresses". */
bool usctp__init_addr_next(struct usctp__param_iter *iter, struct usctp_addr *addr,
                           struct usctp__param *param);

/* Begins a walk over the parameters of ours that the peer did not recognise: INIT ACK. */
void usctp__init_unrecognized_iter_init(struct usctp__param_iter *iter,
                                        const struct usctp__init_params *params);

/* Takes the next of them: what stands in an Unrecognized Parameter, itself read as a parameter.
 * Those that hold no whole one are passed over. False at the end. */
bool usctp__init_unrecognized_next(struct usctp__param_iter *iter, struct usctp__param *param);

/* --- Writing ---------------------------------------------------------------------------------- */

/* Begins an INIT or INIT ACK with the fixed part. Parameters follow, then usctp__chunk_end. */
size_t usctp__init_begin(struct usctp__writer *w, uint8_t chunk_type,
                         const struct usctp__init *init);

/* Supported Address Types: IPv4, IPv6 or both; nothing when both are false. */
void usctp__init_write_address_types(struct usctp__writer *w, bool ipv4, bool ipv6);

/* Adaptation Layer Indication (RFC 5061, 4.2.6). */
void usctp__init_write_adaptation(struct usctp__writer *w, uint32_t indication);

/* Cookie Preservative, in milliseconds. */
void usctp__init_write_preservative(struct usctp__writer *w, uint32_t increment_ms);

/* Supported Extensions: the chunk types of the extensions (RFC 5061, 4.2.7); nothing when there are
 * none. */
void usctp__init_write_extensions(struct usctp__writer *w, const uint8_t *types, size_t cnt);

/* Unrecognized Parameter, one for each report, for the INIT ACK that answers (RFC 9260, 3.2.2). At
 * most USCTP__INIT_MAX_REPORT_LEN + 4 * USCTP__INIT_MAX_REPORT_CNT bytes. */
void usctp__init_write_reports(struct usctp__writer *w, const struct usctp__init_params *params);

/* Addresses are written with usctp__param_write_addr; the State Cookie with usctp__param_write, or
 * usctp__param_begin(w, USCTP__PARAM_STATE_COOKIE), the bytes, usctp__param_end. */

#endif
