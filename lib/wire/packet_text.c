/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp_packet_text: a packet as lines of text, for programs. */
#include <string.h>

#include <usctp/usctp.h>

#include "base/text.h"
#include "wire/describe.h"
#include "wire/packet.h"

typedef void (*line_fn)(void *ctx, const char *line);

/* One line: ports and tag, so that it can be read alone; the chunk, if there is one; the remark. */
static void give_line(const uint8_t *packet, size_t len, const struct usctp__chunk *chunk,
                      const char *remark, line_fn fn, void *ctx)
{
    char buf[USCTP__DESCRIBE_LEN];
    struct usctp__text text;

    usctp__text_init(&text, buf, sizeof(buf));
    usctp__describe_header(&text, packet, len);
    if (chunk != NULL) {
        usctp__text_str(&text, ": ");
        usctp__describe_chunk(&text, chunk);
    }
    usctp__text_str(&text, remark);
    if (text.truncated) {
        memcpy(buf + sizeof(buf) - sizeof("..."), "...", sizeof("..."));
    }
    fn(ctx, buf);
}

void usctp_packet_text(const uint8_t *packet, size_t len, void (*fn)(void *ctx, const char *line),
                       void *ctx)
{
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;
    size_t cnt = 0;
    int result;

    if (len < USCTP__PACKET_HEADER_LEN) {
        give_line(packet, len, NULL, "", fn, ctx);
        return;
    }
    usctp__chunk_iter_init(&iter, packet, len);
    while ((result = usctp__chunk_next(&iter, &chunk)) == 1) {
        give_line(packet, len, &chunk, "", fn, ctx);
        cnt++;
    }
    if (result < 0) {
        give_line(packet, len, NULL, ": malformed chunk", fn, ctx);
    } else if (cnt == 0) {
        give_line(packet, len, NULL, ": no chunks", fn, ctx);
    }
}
