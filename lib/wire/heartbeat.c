/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing HEARTBEAT and HEARTBEAT ACK (RFC 9260, 3.3.5 and 3.3.6). */
#include "wire/heartbeat.h"

bool usctp__heartbeat_parse(struct usctp__range *info, const struct usctp__chunk *chunk)
{
    struct usctp__param_iter iter;
    struct usctp__param param;

    usctp__param_iter_init(&iter, chunk->value, chunk->value_len);
    while (usctp__param_next(&iter, &param) == 1) {
        if (param.type == USCTP__PARAM_HEARTBEAT_INFO) {
            info->ptr = param.value;
            info->len = param.value_len;
            return true;
        }
        if (usctp__param_unknown_stops(param.type)) { /* RFC 9260, 3.2.1 */
            return false;
        }
    }
    return false;
}

void usctp__heartbeat_write(struct usctp__writer *w, uint8_t chunk_type, const void *info,
                            size_t len)
{
    size_t pos = usctp__chunk_begin(w, chunk_type, 0);

    usctp__param_write(w, USCTP__PARAM_HEARTBEAT_INFO, info, len);
    usctp__chunk_end(w, pos);
}
