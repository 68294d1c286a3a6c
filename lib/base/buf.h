/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers in network byte order: raw access, and cursors that check every bound.
 *
 * A cursor that once ran past its end has `failed` set and stays failed: every further read gives
 * zero, every further write does nothing. So a caller may read a whole header and test once. */
#ifndef USCTP_BASE_BUF_H
#define USCTP_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

static inline uint16_t usctp__get16(const uint8_t *ptr)
{
    return (uint16_t)((unsigned)ptr[0] << 8 | ptr[1]);
}

static inline uint32_t usctp__get32(const uint8_t *ptr)
{
    return (uint32_t)ptr[0] << 24 | (uint32_t)ptr[1] << 16 | (uint32_t)ptr[2] << 8 | ptr[3];
}

static inline uint64_t usctp__get64(const uint8_t *ptr)
{
    return (uint64_t)usctp__get32(ptr) << 32 | usctp__get32(ptr + 4);
}

static inline void usctp__put16(uint8_t *ptr, uint16_t value)
{
    value = usctp__network16(value);
    memcpy(ptr, &value, sizeof(value));
}

static inline void usctp__put32(uint8_t *ptr, uint32_t value)
{
    value = usctp__network32(value);
    memcpy(ptr, &value, sizeof(value));
}

static inline void usctp__put64(uint8_t *ptr, uint64_t value)
{
    usctp__put32(ptr, (uint32_t)(value >> 32));
    usctp__put32(ptr + 4, (uint32_t)value);
}

/* `len` rounded up to a multiple of 4. `len` must be below SIZE_MAX - 2. */
static inline size_t usctp__pad4(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

struct usctp__reader {
    const uint8_t *ptr; /* next byte */
    size_t left;        /* bytes from ptr to the end */
    bool failed;        /* a read went past the end */
};

/* A reader over `len` bytes. */
static inline struct usctp__reader usctp__reader_make(const void *ptr, size_t len)
{
    struct usctp__reader reader = {(const uint8_t *)ptr, len, false};

    return reader;
}

/* The next `len` bytes, still in the buffer, and steps over them; NULL when there are fewer. */
static inline const uint8_t *usctp__reader_bytes(struct usctp__reader *reader, size_t len)
{
    const uint8_t *ptr = reader->ptr;

    if (USCTP__UNLIKELY(reader->failed || len > reader->left)) {
        reader->failed = true;
        reader->left = 0;
        return NULL;
    }
    if (len > 0) {
        reader->ptr = ptr + len;
        reader->left -= len;
    }
    return ptr;
}

/* Steps over `len` bytes; false when there are fewer. */
static inline bool usctp__reader_skip(struct usctp__reader *reader, size_t len)
{
    (void)usctp__reader_bytes(reader, len);
    return !reader->failed;
}

/* Copies the next `len` bytes to `dst`; false when there are fewer, and `dst` is untouched. */
static inline bool usctp__reader_copy(struct usctp__reader *reader, void *dst, size_t len)
{
    const uint8_t *ptr = usctp__reader_bytes(reader, len);

    if (ptr != NULL && len > 0) {
        memcpy(dst, ptr, len);
    }
    return !reader->failed;
}

/* A reader over the next `len` bytes, which this one steps over. A failed one when there are fewer. */
static inline struct usctp__reader usctp__reader_sub(struct usctp__reader *reader, size_t len)
{
    struct usctp__reader sub = {usctp__reader_bytes(reader, len), len, false};

    if (reader->failed) {
        sub.left = 0;
        sub.failed = true;
    }
    return sub;
}

static inline uint8_t usctp__reader_u8(struct usctp__reader *reader)
{
    const uint8_t *ptr = usctp__reader_bytes(reader, 1);

    return ptr != NULL ? ptr[0] : 0;
}

static inline uint16_t usctp__reader_u16(struct usctp__reader *reader)
{
    const uint8_t *ptr = usctp__reader_bytes(reader, 2);

    return ptr != NULL ? usctp__get16(ptr) : 0;
}

static inline uint32_t usctp__reader_u32(struct usctp__reader *reader)
{
    const uint8_t *ptr = usctp__reader_bytes(reader, 4);

    return ptr != NULL ? usctp__get32(ptr) : 0;
}

static inline uint64_t usctp__reader_u64(struct usctp__reader *reader)
{
    const uint8_t *ptr = usctp__reader_bytes(reader, 8);

    return ptr != NULL ? usctp__get64(ptr) : 0;
}

struct usctp__writer {
    uint8_t *base; /* first byte of the buffer */
    size_t len;    /* bytes written */
    size_t cap;    /* bytes there is room for */
    bool failed;   /* a write went past the end */
};

/* A writer into `cap` bytes. */
static inline struct usctp__writer usctp__writer_make(void *base, size_t cap)
{
    struct usctp__writer writer = {(uint8_t *)base, 0, cap, false};

    return writer;
}

/* Bytes that still fit. */
static inline size_t usctp__writer_room(const struct usctp__writer *writer)
{
    return writer->failed ? 0 : writer->cap - writer->len;
}

/* Takes the next `len` bytes for the caller to fill; NULL when they do not fit. */
static inline uint8_t *usctp__writer_take(struct usctp__writer *writer, size_t len)
{
    uint8_t *ptr;

    if (USCTP__UNLIKELY(writer->failed || len > writer->cap - writer->len)) {
        writer->failed = true;
        return NULL;
    }
    ptr = writer->base + writer->len;
    writer->len += len;
    return ptr;
}

static inline void usctp__writer_u8(struct usctp__writer *writer, uint8_t value)
{
    uint8_t *ptr = usctp__writer_take(writer, 1);

    if (ptr != NULL) {
        ptr[0] = value;
    }
}

static inline void usctp__writer_u16(struct usctp__writer *writer, uint16_t value)
{
    uint8_t *ptr = usctp__writer_take(writer, 2);

    if (ptr != NULL) {
        usctp__put16(ptr, value);
    }
}

static inline void usctp__writer_u32(struct usctp__writer *writer, uint32_t value)
{
    uint8_t *ptr = usctp__writer_take(writer, 4);

    if (ptr != NULL) {
        usctp__put32(ptr, value);
    }
}

static inline void usctp__writer_u64(struct usctp__writer *writer, uint64_t value)
{
    uint8_t *ptr = usctp__writer_take(writer, 8);

    if (ptr != NULL) {
        usctp__put64(ptr, value);
    }
}

/* Appends `len` bytes of `src`. */
static inline void usctp__writer_bytes(struct usctp__writer *writer, const void *src, size_t len)
{
    uint8_t *ptr = usctp__writer_take(writer, len);

    if (ptr != NULL && len > 0) {
        memcpy(ptr, src, len);
    }
}

/* Appends `len` zero bytes. */
static inline void usctp__writer_zeros(struct usctp__writer *writer, size_t len)
{
    uint8_t *ptr = usctp__writer_take(writer, len);

    if (ptr != NULL && len > 0) {
        memset(ptr, 0, len);
    }
}

/* Appends zero bytes until the length is a multiple of 4. */
static inline void usctp__writer_pad4(struct usctp__writer *writer)
{
    usctp__writer_zeros(writer, usctp__pad4(writer->len) - writer->len);
}

/* Overwrites the two bytes at `offset`, which must have been written already. */
static inline void usctp__writer_patch16(struct usctp__writer *writer, size_t offset,
                                         uint16_t value)
{
    if (offset > writer->len || writer->len - offset < 2) {
        writer->failed = true;
        return;
    }
    usctp__put16(writer->base + offset, value);
}

/* Overwrites the four bytes at `offset`, which must have been written already. */
static inline void usctp__writer_patch32(struct usctp__writer *writer, size_t offset,
                                         uint32_t value)
{
    if (offset > writer->len || writer->len - offset < 4) {
        writer->failed = true;
        return;
    }
    usctp__put32(writer->base + offset, value);
}

#endif
