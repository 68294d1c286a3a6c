/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds, scopes and comparison of addresses. */
#include "base/addr.h"

#include <string.h>

#include "base/buf.h"
#include "base/compiler.h"

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct usctp_addr usctp__addr_none(void)
{
    struct usctp_addr addr;

    memset(&addr, 0, sizeof(addr));
    return addr;
}

struct usctp_addr usctp__addr_ipv4(const uint8_t bytes[4])
{
    struct usctp_addr addr = usctp__addr_none();

    addr.family = USCTP_AF_IPV4;
    memcpy(addr.bytes, bytes, 4);
    return addr;
}

struct usctp_addr usctp__addr_ipv6(const uint8_t bytes[16], uint32_t scope_id)
{
    struct usctp_addr addr = usctp__addr_none();

    addr.family = USCTP_AF_IPV6;
    addr.scope_id = scope_id;
    memcpy(addr.bytes, bytes, 16);
    return addr;
}

bool usctp__addr_is_ip(const struct usctp_addr *addr)
{
    return addr->family == USCTP_AF_IPV4 || addr->family == USCTP_AF_IPV6;
}

bool usctp__addr_is_v4mapped(const struct usctp_addr *addr)
{
    return addr->family == USCTP_AF_IPV6 && memcmp(addr->bytes, mapped_prefix, 12) == 0;
}

/* True when the address is an IPv4 address in either form, which is then stored. The tests below see
 * through the mapped form, so that nobody slips past them in it. */
static bool get_ipv4(const struct usctp_addr *addr, uint32_t *ip)
{
    if (addr->family == USCTP_AF_IPV4) {
        *ip = usctp__get32(addr->bytes);
        return true;
    }
    if (usctp__addr_is_v4mapped(addr)) {
        *ip = usctp__get32(addr->bytes + 12);
        return true;
    }
    return false;
}

/* True when the IPv6 bytes are all zero, but for the last one, which is `last`. */
static bool is_small_ipv6(const struct usctp_addr *addr, uint8_t last)
{
    static const uint8_t zeros[15];

    return addr->family == USCTP_AF_IPV6 && memcmp(addr->bytes, zeros, 15) == 0 &&
           addr->bytes[15] == last;
}

/* True for an IPv6 address whose first ten bits are those of `prefix`. */
static bool has_prefix10(const struct usctp_addr *addr, unsigned prefix)
{
    return addr->family == USCTP_AF_IPV6 && (usctp__get16(addr->bytes) & 0xffc0u) == prefix;
}

bool usctp__addr_is_unspecified(const struct usctp_addr *addr)
{
    uint32_t ip;

    return get_ipv4(addr, &ip) ? ip == 0 : is_small_ipv6(addr, 0);
}

bool usctp__addr_is_multicast(const struct usctp_addr *addr)
{
    uint32_t ip;

    if (get_ipv4(addr, &ip)) {
        return ip >> 28 == 0xe;
    }
    return addr->family == USCTP_AF_IPV6 && addr->bytes[0] == 0xff;
}

bool usctp__addr_is_broadcast(const struct usctp_addr *addr)
{
    uint32_t ip;

    return get_ipv4(addr, &ip) && ip == UINT32_C(0xffffffff);
}

bool usctp__addr_is_loopback(const struct usctp_addr *addr)
{
    uint32_t ip;

    return get_ipv4(addr, &ip) ? ip >> 24 == 127 : is_small_ipv6(addr, 1);
}

bool usctp__addr_is_link_local(const struct usctp_addr *addr)
{
    uint32_t ip;

    return get_ipv4(addr, &ip) ? ip >> 16 == 0xa9fe : has_prefix10(addr, 0xfe80);
}

bool usctp__addr_is_private(const struct usctp_addr *addr)
{
    uint32_t ip;

    if (get_ipv4(addr, &ip)) {
        return ip >> 24 == 10 || ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8 || /* RFC 1918 */
               ip >> 22 == 0x191;                                           /* RFC 6598 */
    }
    return (addr->family == USCTP_AF_IPV6 && (addr->bytes[0] & 0xfe) == 0xfc) || /* RFC 4193 */
           has_prefix10(addr, 0xfec0);                                           /* RFC 3879 */
}

bool usctp__addr_is_unicast(const struct usctp_addr *addr)
{
    uint32_t ip;

    if (get_ipv4(addr, &ip)) {
        return ip != 0 && ip >> 28 != 0xe && ip != UINT32_C(0xffffffff);
    }
    return addr->family == USCTP_AF_IPV6 && addr->bytes[0] != 0xff && !is_small_ipv6(addr, 0);
}

enum usctp__addr_scope usctp__addr_scope(const struct usctp_addr *addr)
{
    if (!usctp__addr_is_unicast(addr)) {
        return USCTP__SCOPE_NONE;
    }
    if (usctp__addr_is_loopback(addr)) {
        return USCTP__SCOPE_LOOPBACK;
    }
    if (usctp__addr_is_link_local(addr)) {
        return USCTP__SCOPE_LINK;
    }
    return usctp__addr_is_private(addr) ? USCTP__SCOPE_PRIVATE : USCTP__SCOPE_GLOBAL;
}

/* What is told whatever the peer's address is. */
static bool always_listed(enum usctp__addr_scope scope, unsigned listed)
{
    switch (listed) {
    case USCTP_LISTED_PRIVATE:
        return scope == USCTP__SCOPE_PRIVATE;
    case USCTP_LISTED_LINK_LOCAL:
        return scope == USCTP__SCOPE_LINK;
    case USCTP_LISTED_ALL:
        return scope != USCTP__SCOPE_NONE;
    default:
        return false;
    }
}

bool usctp__addr_may_list(const struct usctp_addr *local, const struct usctp_addr *peer,
                          unsigned listed)
{
    enum usctp__addr_scope scope = usctp__addr_scope(local);

    if (always_listed(scope, listed)) {
        return true;
    }
    if (scope == USCTP__SCOPE_NONE || scope < usctp__addr_scope(peer)) {
        return false;
    }
    /* Of two links, one means nothing on the other. */
    if (scope == USCTP__SCOPE_LINK && usctp__addr_scope(peer) == USCTP__SCOPE_LINK) {
        return local->scope_id == peer->scope_id || local->scope_id == 0 || peer->scope_id == 0;
    }
    return true;
}

/* A scope id belongs to fe80::/10 and to multicast of interface and link scope only (RFC 4007, 6). */
static bool wants_scope_id(const struct usctp_addr *addr)
{
    return usctp__addr_is_link_local(addr) ||
           (addr->bytes[0] == 0xff && ((addr->bytes[1] & 15) == 1 || (addr->bytes[1] & 15) == 2));
}

void usctp__addr_normalize(struct usctp_addr *addr)
{
    struct usctp_addr plain = usctp__addr_none();

    if (addr->family == USCTP_AF_IPV4) {
        plain = usctp__addr_ipv4(addr->bytes);
    } else if (usctp__addr_is_v4mapped(addr)) {
        plain = usctp__addr_ipv4(addr->bytes + 12);
    } else if (addr->family == USCTP_AF_IPV6) {
        plain = usctp__addr_ipv6(addr->bytes, wants_scope_id(addr) ? addr->scope_id : 0);
    }
    *addr = plain;
}

struct usctp_addr usctp__addr_map(const struct usctp_addr *addr)
{
    struct usctp_addr mapped = *addr;

    if (addr->family == USCTP_AF_IPV4) {
        mapped.family = USCTP_AF_IPV6;
        mapped.scope_id = 0;
        memcpy(mapped.bytes, mapped_prefix, 12);
        memcpy(mapped.bytes + 12, addr->bytes, 4);
    }
    return mapped;
}

bool usctp__addr_equal(const struct usctp_addr *a, const struct usctp_addr *b)
{
    return a->family == b->family && a->scope_id == b->scope_id &&
           memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int usctp__addr_compare(const struct usctp_addr *a, const struct usctp_addr *b)
{
    uint8_t fa[USCTP__ADDR_FEED_LEN];
    uint8_t fb[USCTP__ADDR_FEED_LEN];

    usctp__addr_feed(a, fa);
    usctp__addr_feed(b, fb);
    return memcmp(fa, fb, sizeof(fa));
}

void usctp__addr_feed(const struct usctp_addr *addr, uint8_t out[USCTP__ADDR_FEED_LEN])
{
    usctp__put32(out, addr->family);
    memcpy(out + 4, addr->bytes, 16);
    usctp__put32(out + 20, addr->scope_id);
}
