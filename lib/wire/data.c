/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing DATA (RFC 9260, 3.3.1) and I-DATA (RFC 8260, 2.1). */
#include "wire/data.h"

bool usctp__i_data_parse(struct usctp__data *data, const struct usctp__chunk *chunk)
{
    const size_t fixed_len = USCTP__I_DATA_HEADER_LEN - USCTP__CHUNK_HEADER_LEN;
    const uint8_t *ptr = chunk->value;
    bool begins = (chunk->flags & USCTP__DATA_FLAG_BEGIN) != 0;
    uint32_t last;

    if (chunk->value_len < fixed_len) {
        return false;
    }
    last = usctp__get32(ptr + 12);
    data->tsn = usctp__get32(ptr);
    data->sid = usctp__get16(ptr + 4);
    data->ssn = usctp__get32(ptr + 8);
    data->ppid = begins ? last : 0;
    data->fsn = begins ? 0 : last;
    data->flags = chunk->flags;
    data->payload = ptr + fixed_len;
    data->payload_len = chunk->value_len - fixed_len;
    return true;
}

uint8_t *usctp__i_data_write(struct usctp__writer *w, const struct usctp__data *data)
{
    size_t len = data->payload_len;
    uint8_t *ptr;

    if (len == 0 || len > USCTP__I_DATA_MAX_PAYLOAD_LEN) {
        w->failed = true;
        return NULL;
    }
    ptr = usctp__writer_take(w, USCTP__I_DATA_HEADER_LEN + usctp__pad4(len));
    if (ptr == NULL) {
        return NULL;
    }
    usctp__data_pad(w);
    ptr[0] = USCTP__CHUNK_I_DATA;
    ptr[1] = (uint8_t)(data->flags & USCTP__DATA_KNOWN_FLAGS);
    usctp__put16(ptr + 2, (uint16_t)(USCTP__I_DATA_HEADER_LEN + len));
    usctp__put32(ptr + 4, data->tsn);
    usctp__put16(ptr + 8, data->sid);
    usctp__put16(ptr + 10, 0); /* reserved */
    usctp__put32(ptr + 12, data->ssn);
    usctp__put32(ptr + 16, (data->flags & USCTP__DATA_FLAG_BEGIN) != 0 ? data->ppid : data->fsn);
    return ptr + USCTP__I_DATA_HEADER_LEN;
}
