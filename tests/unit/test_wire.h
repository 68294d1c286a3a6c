/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the wire floor share: bytes written as hex, and blocks of exactly their length,
 * so that checkers see every read behind the end. */
#ifndef USCTP_TEST_WIRE_H
#define USCTP_TEST_WIRE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "wire/packet.h"
#include "wire/param.h"

struct bytes {
    uint8_t *ptr; /* from malloc; freed with bytes_free */
    size_t len;
};

/* A copy of `len` bytes in a block of just this size. */
static inline struct bytes bytes_copy(const void *ptr, size_t len)
{
    struct bytes bytes = {malloc(len > 0 ? len : 1), len};

    assert_non_null(bytes.ptr);
    if (len > 0) {
        memcpy(bytes.ptr, ptr, len);
    }
    return bytes;
}

/* From pairs of lower-case hexadecimal digits; blanks are skipped. */
static inline struct bytes bytes_hex(const char *text)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t buf[2048];
    size_t digit_cnt = 0;

    for (; *text != '\0'; text++) {
        const char *digit = strchr(digits, *text);

        if (*text == ' ') {
            continue;
        }
        assert_non_null(digit);
        assert_true(digit_cnt / 2 < sizeof(buf));
        if (digit_cnt % 2 == 0) {
            buf[digit_cnt / 2] = (uint8_t)((digit - digits) << 4);
        } else {
            buf[digit_cnt / 2] |= (uint8_t)(digit - digits);
        }
        digit_cnt++;
    }
    assert_int_equal(digit_cnt % 2, 0);
    return bytes_copy(buf, digit_cnt / 2);
}

static inline void bytes_free(struct bytes *bytes)
{
    free(bytes->ptr);
    bytes->ptr = NULL;
}

/* The bytes are one whole chunk: that chunk. */
static inline struct usctp__chunk chunk_of(const struct bytes *bytes)
{
    struct usctp__chunk chunk = {0}; /* gcc does not see that the assertion does not return */

    assert_int_equal(usctp__chunk_parse(&chunk, bytes->ptr, bytes->len), 1);
    return chunk;
}

/* The bytes are one whole parameter: that parameter. */
static inline struct usctp__param param_of(const struct bytes *bytes)
{
    struct usctp__param_iter iter;
    struct usctp__param param;

    usctp__param_iter_init(&iter, bytes->ptr, bytes->len);
    assert_int_equal(usctp__param_next(&iter, &param), 1);
    return param;
}

/* A buffer to write into, full of a byte that no padding may keep. */
struct out {
    uint8_t buf[70000];
    struct usctp__writer w;
};

static inline void out_init(struct out *out, size_t cap)
{
    assert_true(cap <= sizeof(out->buf));
    memset(out->buf, 0xee, sizeof(out->buf));
    out->w = usctp__writer_make(out->buf, cap);
}

/* What was written is this, and nothing behind it was touched. */
static inline void out_is(const struct out *out, const char *hex)
{
    struct bytes want = bytes_hex(hex);

    assert_false(out->w.failed);
    assert_int_equal(out->w.len, want.len);
    assert_memory_equal(out->buf, want.ptr, want.len);
    for (size_t i = out->w.len; i < sizeof(out->buf); i++) {
        assert_int_equal(out->buf[i], 0xee);
    }
    bytes_free(&want);
}

#endif
