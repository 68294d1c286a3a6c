/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing AUTH. */
#include "wire/auth.h"

#include <string.h>

bool usctp__auth_parse(struct usctp__auth_chunk *auth, const struct usctp__chunk *chunk)
{
    if (chunk->len < USCTP__AUTH_HEADER_LEN) {
        return false;
    }
    auth->key = usctp__get16(chunk->value);
    auth->hmac = usctp__get16(chunk->value + 2);
    auth->mac = chunk->value + 4;
    auth->mac_len = chunk->value_len - 4;
    return true;
}

void usctp__auth_write(struct usctp__writer *w, const struct usctp__auth_chunk *auth)
{
    size_t pos = usctp__chunk_begin(w, USCTP__CHUNK_AUTH, 0);
    uint8_t *mac;

    usctp__writer_u16(w, auth->key);
    usctp__writer_u16(w, auth->hmac);
    mac = usctp__writer_take(w, auth->mac_len);
    if (mac != NULL) {
        memset(mac, 0, auth->mac_len);
    }
    usctp__chunk_end(w, pos);
}
