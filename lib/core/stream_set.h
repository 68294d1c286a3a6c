/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams named by a list of numbers as it stands on the wire. */
#ifndef USCTP_CORE_STREAM_SET_H
#define USCTP_CORE_STREAM_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct usctp__stream_set {
    const uint8_t *streams; /* numbers of 16 bits; not owned */
    size_t cnt;             /* of them; 0: all streams */
};

/* True if the stream is one of them. */
static inline bool usctp__stream_set_has(const struct usctp__stream_set *set, uint16_t sid)
{
    for (size_t i = 0; i < set->cnt; i++) {
        if (usctp__get16(set->streams + 2 * i) == sid) {
            return true;
        }
    }
    return set->cnt == 0;
}

#endif
