/* SPDX-License-Identifier: BSD-3-Clause */
/* FORWARD TSN. */
#include "wire/forward.h"

bool usctp__forward_parse(struct usctp__forward *forward, const struct usctp__chunk *chunk)
{
    const size_t fixed_len = USCTP__FORWARD_TSN_MIN_LEN - USCTP__CHUNK_HEADER_LEN;

    if (chunk->value_len < fixed_len) {
        return false;
    }
    forward->cum_tsn = usctp__get32(chunk->value);
    forward->entries = chunk->value + fixed_len;
    forward->cnt = (chunk->value_len - fixed_len) / USCTP__FORWARD_TSN_ENTRY_LEN;
    return true;
}

struct usctp__skipped usctp__forward_entry(const struct usctp__forward *forward, size_t i)
{
    const uint8_t *ptr = forward->entries + i * USCTP__FORWARD_TSN_ENTRY_LEN;
    struct usctp__skipped skipped = {usctp__get16(ptr), false, usctp__get16(ptr + 2)};

    return skipped;
}

void usctp__forward_write(struct usctp__writer *w, uint32_t cum_tsn,
                          const struct usctp__skipped *entries, size_t cnt)
{
    size_t pos = usctp__chunk_begin(w, USCTP__CHUNK_FORWARD_TSN, 0);

    usctp__writer_u32(w, cum_tsn);
    for (size_t i = 0; i < cnt; i++) {
        usctp__writer_u16(w, entries[i].sid);
        usctp__writer_u16(w, (uint16_t)entries[i].number);
    }
    usctp__chunk_end(w, pos);
}
