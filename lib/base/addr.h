/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 and IPv6 addresses: comparison, kinds, scopes, text. */
#ifndef USCTP_BASE_ADDR_H
#define USCTP_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <usctp/usctp.h>

enum {
    USCTP__ADDR_FEED_LEN = 24, /* bytes usctp__addr_feed writes */
    USCTP__ADDR_TEXT_LEN = 64, /* room for any address as text, with its end */
};

/* How far an address reaches, in rising order. */
enum usctp__addr_scope {
    USCTP__SCOPE_NONE,     /* not the address of one host: unspecified, multicast, broadcast */
    USCTP__SCOPE_LOOPBACK, /* this host */
    USCTP__SCOPE_LINK,     /* this link */
    USCTP__SCOPE_PRIVATE,  /* this site: RFC 1918, RFC 6598, RFC 4193, fec0::/10 */
    USCTP__SCOPE_GLOBAL,   /* everywhere */
};

/* No address at all (USCTP_AF_NONE). */
struct usctp_addr usctp__addr_none(void);

/* An IPv4 address from four bytes in network order. */
struct usctp_addr usctp__addr_ipv4(const uint8_t bytes[4]);

/* An IPv6 address from 16 bytes in network order and an interface, 0 for none. */
struct usctp_addr usctp__addr_ipv6(const uint8_t bytes[16], uint32_t scope_id);

/* True of most addresses that are in the form that usctp__addr_normalize makes, and unicast: those with nothing special about
 * them. False says nothing. */
static inline bool usctp__addr_is_ordinary(const struct usctp_addr *addr)
{
    static const struct usctp_addr ipv4 = {.family = USCTP_AF_IPV4},
                                   ipv6 = {.family = USCTP_AF_IPV6};
    static const uint8_t zeros[12];
    const size_t head_len = offsetof(struct usctp_addr, bytes);

    if (memcmp(addr, &ipv4, head_len) == 0) {
        /* 1.0.0.0 to 223.255.255.255 */
        return memcmp(addr->bytes + 4, zeros, sizeof(zeros)) == 0 && addr->bytes[0] - 1u < 0xdfu;
    }
    /* Neither ::/8 with all that is mapped nor ff00::/8. */
    return memcmp(addr, &ipv6, head_len) == 0 && addr->bytes[0] - 1u < 0xfeu;
}

/* Brings an address into the one form in which it can be compared: IPv4-mapped IPv6 becomes IPv4,
 * bytes without a meaning become zero, and so does a scope id where the address is not link-local. */
void usctp__addr_normalize(struct usctp_addr *addr);

/* True when family, bytes and scope id are the same. Both must be normalized. */
bool usctp__addr_equal(const struct usctp_addr *a, const struct usctp_addr *b);

/* True when family and bytes are the same, and the scope ids as far as both have one. */
static inline bool usctp__addr_match(const struct usctp_addr *a, const struct usctp_addr *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0 &&
           (a->scope_id == b->scope_id || a->scope_id == 0 || b->scope_id == 0);
}

/* True when the two are the same byte for byte; false of normalized ones says that they are not equal. Quick. */
static inline bool usctp__addr_same(const struct usctp_addr *a, const struct usctp_addr *b)
{
    uint64_t x[3], y[3];

    memcpy(x, a, sizeof(x));
    memcpy(y, b, sizeof(y));
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2])) == 0;
}

/* Total order for sorting: negative, 0 or positive. 0 exactly when usctp__addr_equal. */
int usctp__addr_compare(const struct usctp_addr *a, const struct usctp_addr *b);

/* Writes what usctp__addr_equal looks at in a fixed form, as input of a hash. */
void usctp__addr_feed(const struct usctp_addr *addr, uint8_t out[USCTP__ADDR_FEED_LEN]);

/* True for a known family: AF_NONE is none. */
bool usctp__addr_is_ip(const struct usctp_addr *addr);

/* 0.0.0.0 or ::. */
bool usctp__addr_is_unspecified(const struct usctp_addr *addr);

/* 224.0.0.0/4 or ff00::/8. */
bool usctp__addr_is_multicast(const struct usctp_addr *addr);

/* 255.255.255.255. A subnet's broadcast address cannot be told without its mask. */
bool usctp__addr_is_broadcast(const struct usctp_addr *addr);

/* 127.0.0.0/8 or ::1. */
bool usctp__addr_is_loopback(const struct usctp_addr *addr);

/* 169.254.0.0/16 or fe80::/10. */
bool usctp__addr_is_link_local(const struct usctp_addr *addr);

/* 10/8, 172.16/12, 192.168/16 (RFC 1918), 100.64/10 (RFC 6598), fc00::/7 (RFC 4193), fec0::/10. */
bool usctp__addr_is_private(const struct usctp_addr *addr);

/* Usable as the source or destination of a packet of an association. */
bool usctp__addr_is_unicast(const struct usctp_addr *addr);

/* The scope of an address. */
enum usctp__addr_scope usctp__addr_scope(const struct usctp_addr *addr);

/* True when `local` makes sense to a peer at `peer` and may be listed to it: it must reach at least as
 * far as the peer's address does, and two link-local addresses must be of the same link; or it is what `listed`
 * (enum usctp_listed) adds to these. */
bool usctp__addr_may_list(const struct usctp_addr *local, const struct usctp_addr *peer,
                          unsigned listed);

/* ::ffff:0:0/96. */
bool usctp__addr_is_v4mapped(const struct usctp_addr *addr);

/* The IPv4 address as IPv4-mapped IPv6, for sockets that serve both. Others come back unchanged. */
struct usctp_addr usctp__addr_map(const struct usctp_addr *addr);

/* Writes the address as text (RFC 5952 for IPv6; %number for a scope id; "-" for none) and ends it
 * with a zero byte. Returns its length; 0 when `cap` (see USCTP__ADDR_TEXT_LEN) is too small. */
size_t usctp__addr_to_text(const struct usctp_addr *addr, char *buf, size_t cap);

/* Reads an address from `len` characters, which must be all of it: dotted IPv4 with four decimal
 * parts, or IPv6 in any form of RFC 4291, 2.2, with an optional %number. False, and *addr untouched,
 * if it is none. The result is not normalized. */
bool usctp__addr_from_text(struct usctp_addr *addr, const char *text, size_t len);

#endif
