/* SPDX-License-Identifier: BSD-3-Clause */
/* FORWARD TSN and I-FORWARD-TSN. */
#include "wire/forward.h"

enum { U_BIT = 1 }; /* behind the stream: the entry is of unordered messages */

static size_t entry_len(bool by_mid)
{
    return by_mid ? USCTP__I_FORWARD_TSN_ENTRY_LEN : USCTP__FORWARD_TSN_ENTRY_LEN;
}

bool usctp__forward_parse(struct usctp__forward *forward, const struct usctp__chunk *chunk)
{
    const size_t fixed_len = USCTP__FORWARD_TSN_MIN_LEN - USCTP__CHUNK_HEADER_LEN;

    if (chunk->value_len < fixed_len) {
        return false;
    }
    forward->cum_tsn = usctp__get32(chunk->value);
    forward->entries = chunk->value + fixed_len;
    forward->by_mid = chunk->type == USCTP__CHUNK_I_FORWARD_TSN;
    forward->cnt = (chunk->value_len - fixed_len) / entry_len(forward->by_mid);
    return true;
}

struct usctp__skipped usctp__forward_entry(const struct usctp__forward *forward, size_t i)
{
    const uint8_t *ptr = forward->entries + i * entry_len(forward->by_mid);
    struct usctp__skipped skipped = {usctp__get16(ptr), false, usctp__get16(ptr + 2)};

    if (forward->by_mid) {
        skipped.unordered = (usctp__get16(ptr + 2) & U_BIT) != 0;
        skipped.number = usctp__get32(ptr + 4);
    }
    return skipped;
}

void usctp__forward_write(struct usctp__writer *w, bool by_mid, uint32_t cum_tsn,
                          const struct usctp__skipped *entries, size_t cnt)
{
    uint8_t type = by_mid ? USCTP__CHUNK_I_FORWARD_TSN : USCTP__CHUNK_FORWARD_TSN;
    size_t pos = usctp__chunk_begin(w, type, 0);

    usctp__writer_u32(w, cum_tsn);
    for (size_t i = 0; i < cnt; i++) {
        usctp__writer_u16(w, entries[i].sid);
        if (by_mid) {
            usctp__writer_u16(w, entries[i].unordered ? U_BIT : 0);
            usctp__writer_u32(w, entries[i].number);
        } else {
            usctp__writer_u16(w, (uint16_t)entries[i].number);
        }
    }
    usctp__chunk_end(w, pos);
}
