/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing SACK (RFC 9260, 3.3.4). */
#include "wire/sack.h"

#include "base/compiler.h"

enum { FIXED_LEN = USCTP__SACK_MIN_LEN - USCTP__CHUNK_HEADER_LEN };

bool usctp__sack_parse(struct usctp__sack *sack, const struct usctp__chunk *chunk)
{
    const uint8_t *ptr = chunk->value;
    size_t gap_cnt, dup_cnt;

    if (chunk->value_len < FIXED_LEN) {
        return false;
    }
    gap_cnt = usctp__get16(ptr + 8);
    dup_cnt = usctp__get16(ptr + 10);
    if (gap_cnt * USCTP__SACK_GAP_LEN + dup_cnt * USCTP__SACK_DUP_LEN >
        chunk->value_len - FIXED_LEN) {
        return false;
    }
    sack->cum_tsn = usctp__get32(ptr);
    sack->a_rwnd = usctp__get32(ptr + 4);
    sack->gap_cnt = (uint16_t)gap_cnt;
    sack->dup_cnt = (uint16_t)dup_cnt;
    sack->gaps = ptr + FIXED_LEN;
    sack->dups = sack->gaps + gap_cnt * USCTP__SACK_GAP_LEN;
    return true;
}

bool usctp__sack_gaps_sane(const struct usctp__sack *sack)
{
    for (unsigned i = 0; i < sack->gap_cnt; i++) {
        struct usctp__gap gap = usctp__sack_gap(sack, i);

        /* RFC 9260, 3.3.4: all TSNs in gap blocks are greater than the Cumulative TSN Ack. */
        if (gap.start == 0 || gap.end < gap.start) {
            return false;
        }
    }
    return true;
}

uint16_t usctp__sack_highest_gap(const struct usctp__sack *sack)
{
    uint16_t highest = 0;

    for (unsigned i = 0; i < sack->gap_cnt; i++) {
        struct usctp__gap gap = usctp__sack_gap(sack, i);

        highest = USCTP__MAX(highest, gap.end);
    }
    return highest;
}

/* Appends gap blocks while they fit in `room` bytes; their number. */
static size_t write_gaps(struct usctp__writer *w, const struct usctp__sack_source *source,
                         size_t room)
{
    struct usctp__gap gap;
    size_t cnt = 0;

    if (source->next_gap == NULL) {
        return 0;
    }
    while (cnt < room / USCTP__SACK_GAP_LEN && source->next_gap(source->ctx, &gap)) {
        usctp__writer_u16(w, gap.start);
        usctp__writer_u16(w, gap.end);
        cnt++;
    }
    return cnt;
}

void usctp__sack_write(struct usctp__writer *w, const struct usctp__sack_source *source)
{
    size_t room = USCTP__MIN(usctp__writer_room(w), USCTP__CHUNK_MAX_LEN);
    size_t pos = w->len;
    size_t gap_cnt, dup_cnt;

    if (source->max_len > 0 && source->max_len < room) {
        room = source->max_len;
    }
    if (room < USCTP__SACK_MIN_LEN) {
        w->failed = true;
        return;
    }
    usctp__sack_write_plain(w, source->cum_tsn, source->a_rwnd);
    room -= USCTP__SACK_MIN_LEN;
    gap_cnt = write_gaps(w, source, room);
    room -= gap_cnt * USCTP__SACK_GAP_LEN;
    dup_cnt = USCTP__MIN(source->dup_cnt, room / USCTP__SACK_DUP_LEN);
    for (size_t i = 0; i < dup_cnt; i++) {
        usctp__writer_u32(w, source->dups[i]);
    }
    usctp__writer_patch16(w, pos + 12, (uint16_t)gap_cnt);
    usctp__writer_patch16(w, pos + 14, (uint16_t)dup_cnt);
    usctp__chunk_end(w, pos);
}
