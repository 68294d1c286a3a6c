/* SPDX-License-Identifier: BSD-3-Clause */
/* RE-CONFIG and its parameters (RFC 6525, 3.1, 4). */
#ifndef USCTP_WIRE_RECONF_H
#define USCTP_WIRE_RECONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/packet.h"
#include "wire/param.h"

enum {
    USCTP__RECONF_MIN_LEN = 8,      /* chunk header and the header of a parameter */
    USCTP__RECONF_PARAM_MAX = 2,    /* parameters in a chunk */
    USCTP__RECONF_OUT_MIN_LEN = 16, /* Outgoing SSN Reset Request without stream numbers */
    USCTP__RECONF_IN_MIN_LEN = 8,   /* Incoming SSN Reset Request without stream numbers */
    USCTP__RECONF_STREAM_LEN = 2    /* a stream number */
};

/* Result (4.4, table 3). */
enum usctp__reconf_code {
    USCTP__RECONF_NOTHING = 0,     /* Success - Nothing to do */
    USCTP__RECONF_PERFORMED = 1,   /* Success - Performed */
    USCTP__RECONF_DENIED = 2,      /* Denied */
    USCTP__RECONF_WRONG_SSN = 3,   /* Error - Wrong SSN */
    USCTP__RECONF_BUSY = 4,        /* Error - Request already in progress */
    USCTP__RECONF_BAD_SEQ = 5,     /* Error - Bad Sequence Number */
    USCTP__RECONF_IN_PROGRESS = 6, /* In progress */
};

/* A parameter as read. What its type does not have is 0. */
struct usctp__reconf_param {
    uint16_t type;          /* USCTP__PARAM_OUT_RESET_REQUEST to USCTP__PARAM_ADD_IN_STREAMS */
    uint16_t add_cnt;       /* requests to add streams: how many */
    uint32_t seq;           /* request sequence number; in a response: of the request */
    uint32_t response_seq;  /* outgoing reset: the request that it answers, or the last one */
    uint32_t last_tsn;      /* outgoing reset: Sender's Last Assigned TSN */
    uint32_t result;        /* response: enum usctp__reconf_code, or any other number */
    bool has_tsns;          /* response: the two below are there */
    uint32_t sender_tsn;    /* Sender's Next TSN */
    uint32_t receiver_tsn;  /* Receiver's Next TSN */
    const uint8_t *streams; /* resets: stream numbers, in the chunk; not owned */
    size_t stream_cnt;      /* of them; 0: all */
};

/* What stands in a chunk. */
enum usctp__reconf_verdict {
    USCTP__RECONF_OK = 0,
    USCTP__RECONF_MALFORMED = 1,    /* lengths that cannot be */
    USCTP__RECONF_UNSUPPORTED = 2,  /* a combination of parameters that is not allowed (3.1) */
    USCTP__RECONF_UNKNOWN_PARAM = 3 /* nothing that can be processed before an unknown type (4) */
};

/* Reads the parameters of a chunk: *cnt of them, up to USCTP__RECONF_PARAM_MAX. */
enum usctp__reconf_verdict usctp__reconf_parse(const struct usctp__chunk *chunk,
                                               struct usctp__reconf_param *params, size_t *cnt);

/* Stream number i, below stream_cnt. */
static inline uint16_t usctp__reconf_stream(const struct usctp__reconf_param *param, size_t i)
{
    return usctp__get16(param->streams + i * USCTP__RECONF_STREAM_LEN);
}

/* Appends a parameter; usctp__chunk_begin and usctp__chunk_end make a chunk of one or two. */
void usctp__reconf_write(struct usctp__writer *w, const struct usctp__reconf_param *param);

#endif
