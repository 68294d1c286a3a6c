/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing ASCONF and ASCONF-ACK. */
#include "wire/asconf.h"

#include <string.h>

#include "base/addr.h"
#include "wire/cause.h"

/* 0.0.0.0 and ::0 stand for the source of the packet, or for nothing. */
static bool read_addr(const struct usctp__param *param, struct usctp_addr *addr)
{
    static const uint8_t zeros[16];

    if (!usctp__param_addr(param, addr)) {
        return false;
    }
    if (memcmp(addr->bytes, zeros, sizeof(zeros)) == 0) {
        *addr = usctp__addr_none();
    }
    return true;
}

bool usctp__asconf_parse(struct usctp__asconf_chunk *asconf, const struct usctp__chunk *chunk)
{
    struct usctp__param_iter iter;
    struct usctp__param address;
    struct usctp__asconf_param param;
    int more;

    if (chunk->len < USCTP__ASCONF_MIN_LEN) {
        return false;
    }
    asconf->seq = usctp__get32(chunk->value);
    usctp__param_iter_init(&iter, chunk->value + 4, chunk->value_len - 4);
    if (usctp__param_next(&iter, &address) != 1 || !read_addr(&address, &asconf->address)) {
        return false; /* RFC 5061, 4.1.1: it is mandatory */
    }
    asconf->params = iter.ptr;
    asconf->params_len = iter.left;
    while ((more = usctp__asconf_next(&iter, &param)) == 1) {
    }
    return more == 0;
}

int usctp__asconf_next(struct usctp__param_iter *iter, struct usctp__asconf_param *out)
{
    struct usctp__param param, inner;
    struct usctp__param_iter inside;
    int more = usctp__param_next(iter, &param);

    if (more != 1) {
        return more;
    }
    if (param.value_len < 4) {
        return -1;
    }
    out->type = param.type;
    out->id = usctp__get32(param.value);
    out->all.ptr = param.start;
    out->all.len = param.len;
    out->rest.ptr = param.value + 4;
    out->rest.len = param.value_len - 4;
    usctp__param_iter_init(&inside, out->rest.ptr, out->rest.len);
    out->has_addr = usctp__param_next(&inside, &inner) == 1 && read_addr(&inner, &out->addr);
    return 1;
}

void usctp__asconf_write_addr(struct usctp__writer *w, const struct usctp_addr *addr, bool ipv6)
{
    static const uint8_t zeros[16];

    if (addr->family != USCTP_AF_NONE) {
        usctp__param_write_addr(w, addr);
    } else if (ipv6) {
        usctp__param_write(w, USCTP__PARAM_IPV6_ADDRESS, zeros, 16);
    } else {
        usctp__param_write(w, USCTP__PARAM_IPV4_ADDRESS, zeros, 4);
    }
}

void usctp__asconf_write_request(struct usctp__writer *w, uint16_t type, uint32_t id,
                                 const struct usctp_addr *addr, bool ipv6)
{
    size_t pos = usctp__param_begin(w, type);

    usctp__writer_u32(w, id);
    usctp__asconf_write_addr(w, addr, ipv6);
    usctp__param_end(w, pos);
}

void usctp__asconf_write_error(struct usctp__writer *w, uint32_t id, uint16_t cause,
                               const struct usctp__range *param)
{
    size_t pos = usctp__param_begin(w, USCTP__PARAM_ERROR_INDICATION);
    size_t cause_pos;

    usctp__writer_u32(w, id);
    cause_pos = usctp__cause_begin(w, cause);
    usctp__param_copy(w, param->ptr, param->len);
    usctp__cause_end(w, cause_pos);
    usctp__param_end(w, pos);
}
