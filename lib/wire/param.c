/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk over parameters, and their frame (RFC 9260, 3.2.1). */
#include "wire/param.h"

#include "base/addr.h"
#include "base/compiler.h"

void usctp__param_iter_init(struct usctp__param_iter *iter, const uint8_t *ptr, size_t len)
{
    iter->ptr = ptr;
    iter->left = len;
}

int usctp__param_next(struct usctp__param_iter *iter, struct usctp__param *param)
{
    const uint8_t *ptr = iter->ptr;
    uint16_t len;
    size_t step;

    if (iter->left == 0) {
        return 0;
    }
    if (iter->left < USCTP__PARAM_HEADER_LEN) {
        return -1;
    }
    len = usctp__get16(ptr + 2);
    if (len < USCTP__PARAM_HEADER_LEN || len > iter->left) {
        return -1;
    }
    param->type = usctp__get16(ptr);
    param->len = len;
    param->start = ptr;
    param->value = ptr + USCTP__PARAM_HEADER_LEN;
    param->value_len = (size_t)len - USCTP__PARAM_HEADER_LEN;

    step = USCTP__MIN(usctp__pad4(len), iter->left);
    iter->ptr += step;
    iter->left -= step;
    return 1;
}

bool usctp__param_addr(const struct usctp__param *param, struct usctp_addr *addr)
{
    if (param->type == USCTP__PARAM_IPV4_ADDRESS && param->len == USCTP__PARAM_IPV4_LEN) {
        *addr = usctp__addr_ipv4(param->value);
        return true;
    }
    if (param->type == USCTP__PARAM_IPV6_ADDRESS && param->len == USCTP__PARAM_IPV6_LEN) {
        *addr = usctp__addr_ipv6(param->value, 0);
        usctp__addr_normalize(addr);
        return true;
    }
    return false;
}

size_t usctp__param_begin(struct usctp__writer *w, uint16_t type)
{
    size_t pos;

    usctp__writer_pad4(w);
    pos = w->len;
    usctp__writer_u16(w, type);
    usctp__writer_u16(w, USCTP__PARAM_HEADER_LEN);
    return pos;
}

void usctp__param_end(struct usctp__writer *w, size_t pos)
{
    size_t len = w->len - pos;

    if (w->failed) {
        return;
    }
    USCTP__ASSERT(len >= USCTP__PARAM_HEADER_LEN);
    if (len > USCTP__PARAM_MAX_LEN) {
        w->failed = true;
        return;
    }
    usctp__writer_patch16(w, pos + 2, (uint16_t)len);
}

void usctp__param_write(struct usctp__writer *w, uint16_t type, const void *value, size_t len)
{
    size_t pos = usctp__param_begin(w, type);

    usctp__writer_bytes(w, value, len);
    usctp__param_end(w, pos);
}

void usctp__param_copy(struct usctp__writer *w, const uint8_t *start, size_t len)
{
    usctp__writer_pad4(w);
    usctp__writer_bytes(w, start, len);
}

void usctp__param_write_addr(struct usctp__writer *w, const struct usctp_addr *addr)
{
    struct usctp_addr plain = *addr;

    usctp__addr_normalize(&plain);
    if (plain.family == USCTP_AF_IPV4) {
        usctp__param_write(w, USCTP__PARAM_IPV4_ADDRESS, plain.bytes, 4);
    } else if (plain.family == USCTP_AF_IPV6) {
        usctp__param_write(w, USCTP__PARAM_IPV6_ADDRESS, plain.bytes, 16);
    }
}
