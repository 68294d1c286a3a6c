/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing ABORT and ERROR (RFC 9260, 3.3.7 and 3.3.10). */
#include "wire/abort_error.h"

struct usctp__range usctp__error_causes(const struct usctp__chunk *chunk)
{
    struct usctp__range range = {chunk->value, 0};
    struct usctp__cause_iter iter;
    struct usctp__cause cause;

    usctp__cause_iter_init(&iter, chunk->value, chunk->value_len);
    while (usctp__cause_next(&iter, &cause) == 1) {
        range.len = (size_t)(cause.start - chunk->value) + cause.len;
    }
    return range;
}

bool usctp__error_find(const struct usctp__chunk *chunk, uint16_t code, struct usctp__cause *cause)
{
    struct usctp__cause_iter iter;
    struct usctp__cause next;

    usctp__cause_iter_init(&iter, chunk->value, chunk->value_len);
    while (usctp__cause_next(&iter, &next) == 1) {
        if (next.code == code) {
            *cause = next;
            return true;
        }
    }
    return false;
}

size_t usctp__abort_begin(struct usctp__writer *w, bool reflected)
{
    return usctp__chunk_begin(w, USCTP__CHUNK_ABORT, reflected ? USCTP__CHUNK_FLAG_T : 0);
}

size_t usctp__error_begin(struct usctp__writer *w)
{
    return usctp__chunk_begin(w, USCTP__CHUNK_ERROR, 0);
}

void usctp__abort_write(struct usctp__writer *w, bool reflected)
{
    usctp__chunk_end(w, usctp__abort_begin(w, reflected));
}

void usctp__abort_write_causes(struct usctp__writer *w, bool reflected, const uint8_t *causes,
                               size_t len)
{
    size_t pos = usctp__abort_begin(w, reflected);

    usctp__writer_bytes(w, causes, len);
    usctp__chunk_end(w, pos);
}
