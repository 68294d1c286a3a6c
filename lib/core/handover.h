/* SPDX-License-Identifier: BSD-3-Clause */
/* Handover: an association that is quiet as a string of bytes, and an association made of one (doc/handover.md
 * has the format). What is written stands in the structs below, which have nothing of the layout of those it
 * is taken from: tables of their members say what goes into the string, in which order and width. */
#ifndef USCTP_CORE_HANDOVER_H
#define USCTP_CORE_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "base/buf.h"
#include "core/asconf.h"
#include "core/auth.h"
#include "core/counters.h"
#include "core/path.h"
#include "core/pr.h"

struct usctp_assoc;
struct usctp__core;
struct usctp__addr_list;

enum {
    USCTP__HANDOVER_MAJOR = 1, /* of the format; others are not read */
    USCTP__HANDOVER_MINOR = 1, /* higher with each addition */
    USCTP__HANDOVER_HEAD_LEN = 16,
    USCTP__HANDOVER_SECTION_LEN = 8, /* type and length */
    USCTP__HANDOVER_ADDR_LEN = 21,   /* family, scope id, address */
    USCTP__HANDOVER_LOCALS_MAX = 1024
};

/* Types of sections. Unknown ones with the highest bit are skipped. */
enum usctp__handover_section {
    USCTP__HANDOVER_ASSOC = 1,
    USCTP__HANDOVER_PARAMS,
    USCTP__HANDOVER_LOCALS,        /* addresses; none: any */
    USCTP__HANDOVER_PATH,          /* one of each path */
    USCTP__HANDOVER_PATH_SETTINGS, /* of the path before it, where it has its own */
    USCTP__HANDOVER_STREAMS_OUT,   /* numbers of the next messages */
    USCTP__HANDOVER_STREAMS_IN,
    USCTP__HANDOVER_STREAM_MARKS,  /* low-water marks */
    USCTP__HANDOVER_STREAM_VALUES, /* for schedulers */
    USCTP__HANDOVER_RECONF,
    USCTP__HANDOVER_ASCONF,
    USCTP__HANDOVER_ASCONF_ACK, /* an answer that was given, the oldest first */
    USCTP__HANDOVER_ECN,
    USCTP__HANDOVER_AUTH,
    USCTP__HANDOVER_AUTH_KEY, /* one of each shared key */
    USCTP__HANDOVER_KNOWN_END,
    USCTP__HANDOVER_COUNTERS = 0x8001,
    USCTP__HANDOVER_RARE,
    USCTP__HANDOVER_ABANDONED,
    USCTP__HANDOVER_ABANDONED_STREAM, /* one of each stream that has any */
    USCTP__HANDOVER_PASSED,           /* 1.1: numbers that the peer skipped last (reasm.h) */
    USCTP__HANDOVER_OPTIONAL_END
};

/* The association, but for what has a section of its own. */
struct usctp__handover_assoc {
    uint32_t my_tag, peer_tag;
    uint32_t my_tie_tag, peer_tie_tag;
    uint32_t my_initial_tsn, peer_initial_tsn;
    uint32_t next_tsn;   /* that we send next */
    uint32_t cum_tsn;    /* received up to here */
    uint32_t extensions; /* in force */
    uint32_t error_cnt;
    uint32_t peer_window, peer_max_window;
    uint32_t credit;     /* payload bytes that the peer may send under what it was promised */
    uint32_t advertised; /* a_rwnd of the last SACK */
    uint32_t window;     /* that we may hold: it has tuned itself */
    uint32_t low_water;
    uint32_t next_path_id, primary; /* paths are named as before */
    uint32_t sack_expiries;
    uint16_t my_port, peer_port;
    uint16_t out_streams, in_streams;
    uint8_t active;        /* we sent INIT */
    uint8_t first_sacked;  /* the first DATA was acknowledged */
    uint8_t skips;         /* the peer has skipped TSNs */
    uint8_t low_water_set; /* the mark is in use */
};

struct usctp__handover_path {
    uint32_t id;
    uint32_t max_packet;
    uint32_t error_cnt;
    uint32_t cwnd, ssthresh, partial_bytes_acked;
    uint64_t srtt_dur, rttvar_dur, rto_dur;
    uint64_t idle_dur; /* since nothing was in flight any more */
    uint64_t data_dur; /* since data was sent; USCTP_NEVER: it never was */
    uint64_t sent_packet_cnt, sent_byte_cnt, received_packet_cnt, received_byte_cnt;
    uint32_t retransmit_cnt, t3_cnt, fast_retransmit_cnt, oversize_cnt;
    uint16_t udp_port;
    uint8_t state; /* enum usctp_path_state */
    uint8_t heartbeat;
    uint8_t dscp;
    uint8_t unannounced;  /* the peer does not know our address there */
    uint32_t search_high; /* of the search for its MTU: see pmtud.h */
    uint64_t search_dur;
    /* Behind these members in the string: */
    uint8_t owns_set;
    struct usctp_addr local, remote;
    struct usctp__path_settings set; /* its own */
};

struct usctp__handover_reconf {
    uint32_t next_seq, expected;
    uint32_t seen_seq, seen_cnt, result0, result1;
    uint32_t my_tsn, peer_tsn; /* what the response to a TSN reset says */
    uint64_t tsn_dur;          /* since the last TSN reset; USCTP_NEVER: there was none */
    uint8_t performed_tsn;
};

struct usctp__handover_asconf {
    uint32_t next_seq, peer_seq;
    uint32_t wanted_primary;
    uint8_t refused, no_primary;
};

/* An answer, which stands in the string. */
struct usctp__handover_ack {
    uint32_t seq;
    const uint8_t *chunk;
    size_t len;
};

struct usctp__handover_ecn {
    uint32_t marked_tsn, reduced_tsn, reduced_path;
    uint8_t echo, lost_beyond;
};

struct usctp__handover_auth {
    uint16_t active; /* id of the key to send under */
    uint16_t hmac_cnt;
    uint16_t hmac0, hmac1;
    /* Behind these members in the string: */
    struct usctp__chunk_set chunks; /* that the program demands */
    struct usctp__auth_vector mine, peer;
};

/* A shared key, whose bytes stand in the string. */
struct usctp__handover_key {
    uint16_t id;
    uint8_t retired, free_told, seen;
    const uint8_t *secret;
    size_t len;
};

/* A member that goes into the string. */
struct usctp__handover_field {
    uint16_t offset;
    uint16_t len; /* 1, 2, 4 or 8 bytes */
};

/* Members of a struct, in their order. */
struct usctp__handover_fields {
    const struct usctp__handover_field *fields;
    size_t cnt;
    /* Of version 1.0; the others keep their defaults where a string ends before them. */
    size_t first_cnt;
};

extern const struct usctp__handover_fields usctp__handover_assoc_fields;
extern const struct usctp__handover_fields usctp__handover_params_fields; /* usctp_params */
extern const struct usctp__handover_fields usctp__handover_path_fields;
extern const struct usctp__handover_fields usctp__handover_set_fields; /* usctp__path_settings */
extern const struct usctp__handover_fields usctp__handover_reconf_fields;
extern const struct usctp__handover_fields usctp__handover_asconf_fields;
extern const struct usctp__handover_fields usctp__handover_ecn_fields;
extern const struct usctp__handover_fields usctp__handover_auth_fields;
extern const struct usctp__handover_fields usctp__handover_counter_fields;   /* ..assoc_counters */
extern const struct usctp__handover_fields usctp__handover_rare_fields;      /* ..rare_counters */
extern const struct usctp__handover_fields usctp__handover_abandoned_fields; /* ..pr_counters */

/* The number in a member, and setting it. */
uint64_t usctp__handover_get(const void *base, const struct usctp__handover_field *field);
void usctp__handover_set(void *base, const struct usctp__handover_field *field, uint64_t value);

/* The type and contents of the next section of what stands between head and checksum; false: the end, or r has
 * failed. */
bool usctp__handover_next(struct usctp__reader *r, unsigned *type, struct usctp__reader *section);

/* All members of a struct. A string of a later version has more behind them. */
void usctp__handover_read_fields(struct usctp__reader *r,
                                 const struct usctp__handover_fields *fields, void *base);
bool usctp__handover_read_key(struct usctp__reader *r, struct usctp__handover_key *key);

/* --- Out -------------------------------------------------------------------------------------- */

/* Why an association cannot be handed over now: enum usctp_handover_reason; 0: it can. */
unsigned usctp__handover_reasons(const struct usctp_assoc *assoc);

/* Writes a quiet association. Returns the length of the string; where that is more than cap, nothing of use was
 * written (buf may be NULL with cap 0). */
size_t usctp__handover_write(const struct usctp_assoc *assoc, uint8_t *buf, size_t cap);

/* --- In --------------------------------------------------------------------------------------- */

/* A string that was read and found good. Pointers and readers are into it. */
struct usctp__handover {
    struct usctp__handover_assoc assoc;
    struct usctp_params params;
    bool lists_locals;
    struct usctp__reader locals; /* addresses */
    struct usctp__handover_path paths[USCTP__PATH_MAX];
    size_t path_cnt; /* at least 1 */
    struct usctp__reader streams_out, streams_in, marks, values, passed;
    bool has_reconf, has_asconf, has_ecn, has_auth, has_counters, has_rare, has_abandoned;
    struct usctp__handover_reconf reconf;
    struct usctp__handover_asconf asconf;
    struct usctp__handover_ack acks[USCTP__ASCONF_ACK_CNT];
    size_t ack_cnt;
    struct usctp__handover_ecn ecn;
    struct usctp__handover_auth auth;
    struct usctp__reader sections; /* all of them: for keys and abandoned messages of streams */
    struct usctp__assoc_counters counters;
    struct usctp__rare_counters rare;
    struct usctp__pr_counters abandoned;
};

/* Reads a string; `params` are for parameters that it does not have. USCTP_EFORMAT, USCTP_EVERSION. Ranges of
 * params and path settings are for the caller to check. */
int usctp__handover_read(struct usctp__core *core, const uint8_t *bytes, size_t len,
                         const struct usctp_params *params, struct usctp__handover *handover);

/* The next address of a list that was found good; false: the end. */
bool usctp__handover_next_addr(struct usctp__reader *r, struct usctp_addr *addr);

/* Makes a new association, without paths, what the string says; `lowers` has the lower layer of each path. It has
 * the string's parameters already, and nobody has its tag. 0, USCTP_ENOMEM, or USCTP_EFORMAT. */
int usctp__handover_fill(struct usctp_assoc *assoc, const struct usctp__handover *handover,
                         const usctp_lower_id *lowers);

#endif
