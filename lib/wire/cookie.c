/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing COOKIE ECHO and COOKIE ACK (RFC 9260, 3.3.11 and 3.3.12). */
#include "wire/cookie.h"

struct usctp__range usctp__cookie_echo_parse(const struct usctp__chunk *chunk)
{
    struct usctp__range cookie = {chunk->value, chunk->value_len};

    return cookie;
}

void usctp__cookie_echo_write(struct usctp__writer *w, const void *cookie, size_t len)
{
    size_t pos = usctp__chunk_begin(w, USCTP__CHUNK_COOKIE_ECHO, 0);

    usctp__writer_bytes(w, cookie, len);
    usctp__chunk_end(w, pos);
}

void usctp__cookie_ack_write(struct usctp__writer *w)
{
    usctp__chunk_end(w, usctp__chunk_begin(w, USCTP__CHUNK_COOKIE_ACK, 0));
}
