/* SPDX-License-Identifier: BSD-3-Clause */
#include "lower/ipheader.h"

#include <string.h>

#include "base/buf.h"
#include "lower/driver.h"

enum { PROTOCOL_UDP = 17, HOP_LIMIT = 64 };

uint32_t usctp__inet_sum(uint32_t sum, const uint8_t *data, size_t len)
{
    uint64_t wide = sum;

    for (; len >= 2; data += 2, len -= 2) {
        wide += usctp__get16(data);
    }
    if (len != 0) {
        wide += (uint32_t)data[0] << 8;
    }
    while (wide > 0xffff) {
        wide = (wide & 0xffff) + (wide >> 16);
    }
    return (uint32_t)wide;
}

uint16_t usctp__inet_fold(uint32_t sum)
{
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static size_t addr_len(const struct usctp__ipheader *header)
{
    return header->source.family == USCTP_AF_IPV6 ? 16 : 4;
}

/* RFC 768; for IPv6 RFC 8200, 8.1. */
static void put_udp(const struct usctp__ipheader *header, const uint8_t *packet, size_t len,
                    uint8_t *out)
{
    uint16_t udp_len = (uint16_t)(len + USCTP__UDP_HEADER_LEN);
    uint32_t sum = PROTOCOL_UDP + (uint32_t)udp_len;

    usctp__put16(out, header->source_port);
    usctp__put16(out + 2, header->destination_port);
    usctp__put16(out + 4, udp_len);
    usctp__put16(out + 6, 0);
    sum = usctp__inet_sum(sum, header->source.bytes, addr_len(header));
    sum = usctp__inet_sum(sum, header->destination.bytes, addr_len(header));
    sum = usctp__inet_sum(sum, out, USCTP__UDP_HEADER_LEN);
    uint16_t field = usctp__inet_fold(usctp__inet_sum(sum, packet, len));
    usctp__put16(out + 6, field != 0 ? field : 0xffff); /* 0 would mean: none. */
}

static void put_ipv4(const struct usctp__ipheader *header, uint8_t protocol, size_t payload_len,
                     uint8_t *out)
{
    memset(out, 0, USCTP__IPV4_HEADER_LEN);
    out[0] = 0x45;
    out[1] = header->tos;
    usctp__put16(out + 2, (uint16_t)(payload_len + USCTP__IPV4_HEADER_LEN));
    usctp__put16(out + 4, header->id);
    usctp__put16(out + 6, header->dont_fragment ? 0x4000 : 0);
    out[8] = HOP_LIMIT;
    out[9] = protocol;
    memcpy(out + 12, header->source.bytes, 4);
    memcpy(out + 16, header->destination.bytes, 4);
    usctp__put16(out + 10, usctp__inet_fold(usctp__inet_sum(0, out, USCTP__IPV4_HEADER_LEN)));
}

static void put_ipv6(const struct usctp__ipheader *header, uint8_t protocol, size_t payload_len,
                     uint8_t *out)
{
    usctp__put32(out, UINT32_C(6) << 28 | (uint32_t)header->tos << 20);
    usctp__put16(out + 4, (uint16_t)payload_len);
    out[6] = protocol;
    out[7] = HOP_LIMIT;
    memcpy(out + 8, header->source.bytes, 16);
    memcpy(out + 24, header->destination.bytes, 16);
}

size_t usctp__ipheader_put(const struct usctp__ipheader *header, const uint8_t *packet, size_t len,
                           uint8_t out[USCTP__IPHEADER_MAX])
{
    bool v6 = header->source.family == USCTP_AF_IPV6;
    bool udp = header->source_port != 0 || header->destination_port != 0;
    uint8_t protocol = udp ? PROTOCOL_UDP : USCTP__IP_PROTOCOL_SCTP;
    size_t ip_len = v6 ? USCTP__IPV6_HEADER_LEN : USCTP__IPV4_HEADER_LEN;
    size_t udp_len = udp ? USCTP__UDP_HEADER_LEN : 0;

    if (v6) {
        put_ipv6(header, protocol, len + udp_len, out);
    } else {
        put_ipv4(header, protocol, len + udp_len, out);
    }
    if (udp) {
        put_udp(header, packet, len, out + ip_len);
    }
    return ip_len + udp_len;
}
