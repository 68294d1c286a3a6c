/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-dump: from a frame to the SCTP packet in it: link header, IP, UDP. */
#include "dump.h"

#include <string.h>

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_QINQ = 0x88a8,
    ETHERTYPE_QINQ_OLD = 0x9100,
    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_UDP = 17,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_AH = 51,
    PROTOCOL_OPTIONS = 60,
    PROTOCOL_SCTP = 132,
    UDP_HEADER_LEN = 8,
    SCTP_HEADER_LEN = 12,
    ENCAPS_PORT = 9899, /* RFC 6951 */
    VLAN_TAGS_MAX = 4,
    EXTENSIONS_MAX = 16
};

/* What is left of a frame. */
struct rest {
    const uint8_t *data;
    size_t len;
    bool cut; /* the capture has less than was on the wire */
};

static bool skip(struct rest *rest, size_t len)
{
    if (rest->len < len) {
        return false;
    }
    rest->data += len;
    rest->len -= len;
    return true;
}

static uint16_t u16(const uint8_t *ptr)
{
    return dump_u16(ptr, true);
}

/* --- UDP -------------------------------------------------------------------------------------- */

static bool is_listed(const uint16_t *ports, size_t cnt, uint16_t port)
{
    for (size_t i = 0; i < cnt; i++) {
        if (ports[i] == port) {
            return true;
        }
    }
    return false;
}

static int find_packet(struct rest *rest, struct found *found)
{
    found->data = rest->data;
    found->len = rest->len;
    found->cut = rest->cut;
    return FOUND_SCTP;
}

/* Cuts what the headers do not count: padding of short frames. */
static void limit(struct rest *rest, size_t len)
{
    if (rest->len > len) {
        rest->len = len;
        rest->cut = false;
    }
}

static int find_in_udp(const struct dump *dump, struct rest *rest, struct found *found)
{
    const uint8_t *header = rest->data;

    if (!skip(rest, UDP_HEADER_LEN)) {
        return FOUND_BROKEN;
    }
    found->source_port = u16(header);
    found->destination_port = u16(header + 2);
    if (u16(header + 4) >= UDP_HEADER_LEN) {
        limit(rest, (size_t)u16(header + 4) - UDP_HEADER_LEN);
    }
    if (dump->udp_port_cnt > 0) {
        return is_listed(dump->udp_ports, dump->udp_port_cnt, found->source_port) ||
                       is_listed(dump->udp_ports, dump->udp_port_cnt, found->destination_port)
                   ? find_packet(rest, found)
                   : FOUND_OTHER;
    }
    if (found->source_port == ENCAPS_PORT || found->destination_port == ENCAPS_PORT ||
        (rest->len >= SCTP_HEADER_LEN && dump_checksum_good(dump, rest->data, rest->len))) {
        return find_packet(rest, found);
    }
    return FOUND_OTHER;
}

static int find_in_protocol(const struct dump *dump, int protocol, struct rest *rest,
                            struct found *found)
{
    if (protocol == PROTOCOL_UDP) {
        return find_in_udp(dump, rest, found);
    }
    /* Ports given for UDP mean that only that is wanted. */
    return protocol == PROTOCOL_SCTP && dump->udp_port_cnt == 0 ? find_packet(rest, found)
                                                                : FOUND_OTHER;
}

/* --- IP --------------------------------------------------------------------------------------- */

static void take_addr(struct usctp_addr *addr, int family, const uint8_t *ptr)
{
    memset(addr, 0, sizeof(*addr));
    addr->family = (uint8_t)family;
    memcpy(addr->bytes, ptr, family == USCTP_AF_IPV4 ? 4 : 16);
}

static int find_in_ipv4(const struct dump *dump, struct rest *rest, struct found *found)
{
    const uint8_t *header = rest->data;
    size_t header_len, total_len;

    if (rest->len < 20) {
        return FOUND_BROKEN;
    }
    header_len = (size_t)(header[0] & 15) * 4;
    total_len = u16(header + 2);
    if (header_len < 20 || rest->len < header_len || (total_len != 0 && total_len < header_len)) {
        return FOUND_BROKEN;
    }
    take_addr(&found->source, USCTP_AF_IPV4, header + 12);
    take_addr(&found->destination, USCTP_AF_IPV4, header + 16);
    if (total_len != 0) { /* 0: segmentation offload */
        limit(rest, total_len);
    }
    skip(rest, header_len);
    if ((u16(header + 6) & 0x1fff) != 0) {
        return FOUND_FRAGMENT;
    }
    rest->cut = rest->cut || (u16(header + 6) & 0x2000) != 0;
    return find_in_protocol(dump, header[9], rest, found);
}

/* Steps over an extension header; *protocol becomes what follows. FOUND_SCTP: go on. */
static int step_over(struct rest *rest, int *protocol)
{
    const uint8_t *header = rest->data;
    size_t len;

    if (rest->len < 8) {
        return FOUND_BROKEN;
    }
    len = *protocol == PROTOCOL_FRAGMENT ? 8
          : *protocol == PROTOCOL_AH     ? ((size_t)header[1] + 2) * 4
                                         : ((size_t)header[1] + 1) * 8;
    if (*protocol == PROTOCOL_FRAGMENT) {
        if ((u16(header + 2) & 0xfff8) != 0) {
            return FOUND_FRAGMENT;
        }
        rest->cut = rest->cut || (header[3] & 1) != 0;
    }
    *protocol = header[0];
    return skip(rest, len) ? FOUND_SCTP : FOUND_BROKEN;
}

static bool is_extension(int protocol)
{
    return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
           protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_OPTIONS || protocol == PROTOCOL_AH;
}

static int find_in_ipv6(const struct dump *dump, struct rest *rest, struct found *found)
{
    const uint8_t *header = rest->data;
    int protocol;

    if (!skip(rest, 40)) {
        return FOUND_BROKEN;
    }
    take_addr(&found->source, USCTP_AF_IPV6, header + 8);
    take_addr(&found->destination, USCTP_AF_IPV6, header + 24);
    if (u16(header + 4) != 0) { /* 0: a jumbogram, or segmentation offload */
        limit(rest, u16(header + 4));
    }
    protocol = header[6];
    for (int i = 0; is_extension(protocol); i++) {
        int result = i < EXTENSIONS_MAX ? step_over(rest, &protocol) : FOUND_BROKEN;

        if (result != FOUND_SCTP) {
            return result;
        }
    }
    return find_in_protocol(dump, protocol, rest, found);
}

static int find_in_ip(const struct dump *dump, struct rest *rest, struct found *found)
{
    if (rest->len == 0) {
        return FOUND_BROKEN;
    }
    switch (rest->data[0] >> 4) {
    case 4:
        return find_in_ipv4(dump, rest, found);
    case 6:
        return find_in_ipv6(dump, rest, found);
    default:
        return FOUND_BROKEN;
    }
}

/* --- Links ------------------------------------------------------------------------------------ */

/* By an Ethernet type, after any VLAN tags. */
static int find_by_type(const struct dump *dump, uint16_t type, struct rest *rest,
                        struct found *found)
{
    for (int i = 0; i < VLAN_TAGS_MAX && (type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ ||
                                          type == ETHERTYPE_QINQ_OLD);
         i++) {
        const uint8_t *tag = rest->data;

        if (!skip(rest, 4)) {
            return FOUND_BROKEN;
        }
        type = u16(tag + 2);
    }
    return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ? find_in_ip(dump, rest, found)
                                                            : FOUND_OTHER;
}

static int find_after(const struct dump *dump, size_t header_len, size_t type_at, struct rest *rest,
                      struct found *found)
{
    const uint8_t *header = rest->data;

    if (!skip(rest, header_len)) {
        return FOUND_BROKEN;
    }
    return find_by_type(dump, u16(header + type_at), rest, found);
}

int dump_find(const struct dump *dump, const struct frame *frame, struct found *found)
{
    struct rest rest = {frame->data, frame->len, frame->len < frame->full_len};

    memset(found, 0, sizeof(*found));
    switch (frame->link) {
    case LINK_ETHERNET:
        return find_after(dump, 14, 12, &rest, found);
    case LINK_LINUX_SLL:
        return find_after(dump, 16, 14, &rest, found);
    case LINK_LINUX_SLL2:
        return find_after(dump, 20, 0, &rest, found);
    case LINK_NULL:
    case LINK_LOOP:
        return skip(&rest, 4) ? find_in_ip(dump, &rest, found) : FOUND_BROKEN;
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_IPV4:
    case LINK_IPV6:
        return find_in_ip(dump, &rest, found);
    case LINK_UDP:
        return find_in_udp(dump, &rest, found);
    case LINK_SCTP:
        return find_packet(&rest, found);
    default:
        return FOUND_OTHER;
    }
}
