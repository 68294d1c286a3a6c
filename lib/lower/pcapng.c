/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet capture in the pcapng format (draft-ietf-opsawg-pcapng), little-endian, with times in
 * nanoseconds. The stack knows packets, not the headers before them, so those are made up again.
 */
#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE 1 /* clock_gettime */
#endif
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(_WIN32)
#include <windows.h>
#endif

#include <usctp/driver.h>
#include <usctp/lower.h>

#include "base/addr.h"
#include "base/time.h"
#include "lower/ipheader.h"

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    LINKTYPE_RAW = 101, /* begins with an IPv4 or IPv6 header */
    OPT_END = 0,
    OPT_IF_NAME = 2,
    OPT_USERAPPL = 4, /* of the section */
    OPT_TSRESOL = 9,  /* of the interface */
    OPT_FLAGS = 2,    /* of the packet */
    FLAG_INBOUND = 1,
    FLAG_OUTBOUND = 2,
    BLOCK_MAX = 128,   /* bytes of a block, the packet's data not counted */
    LEARNED_CNT = 4,   /* lower layers whose addresses are remembered */
    ENCAPS_PORT = 9899 /* RFC 6951 */
};

#define FLUSH_DUR USCTP__SEC

/* What received packets told of a lower layer: packets to send do not name it all. */
struct learned {
    usctp_lower_id lower; /* 0: nothing yet */
    uint16_t port;        /* its UDP port; 0: not known */
    struct usctp_addr ipv4, ipv6;
};

struct usctp_pcapng {
    FILE *file;
    bool failed;       /* something could not be written */
    bool started;      /* the times below are set */
    uint64_t first_ts; /* time of the first packet in the stack's clock */
    uint64_t epoch_ts; /* the same moment in nanoseconds since 1970 */
    uint64_t flush_ts; /* the file was last flushed then */
    uint64_t packet_cnt;
    uint16_t ip_id; /* of the next IPv4 packet */
    struct learned learned[LEARNED_CNT];
};

/* --- Blocks ----------------------------------------------------------------------------------- */

struct block {
    uint8_t bytes[BLOCK_MAX];
    size_t len;
};

static void put_u8(struct block *block, unsigned value)
{
    block->bytes[block->len++] = (uint8_t)value;
}

static void put_u16(struct block *block, unsigned value)
{
    put_u8(block, value & 255);
    put_u8(block, value >> 8 & 255);
}

static void put_u32(struct block *block, uint32_t value)
{
    put_u16(block, value & 0xffff);
    put_u16(block, value >> 16);
}

/* Zeros up to the next multiple of 4. */
static void pad(struct block *block)
{
    while (block->len % 4 != 0) {
        put_u8(block, 0);
    }
}

static void put_option(struct block *block, unsigned code, const void *data, size_t len)
{
    put_u16(block, code);
    put_u16(block, (unsigned)len);
    memcpy(block->bytes + block->len, data, len);
    block->len += len;
    pad(block);
}

static void put_end(struct block *block)
{
    put_u16(block, OPT_END);
    put_u16(block, 0);
}

static void begin(struct block *block, uint32_t type)
{
    block->len = 0;
    put_u32(block, type);
    put_u32(block, 0); /* The length, set by the end. */
}

static void write_bytes(struct usctp_pcapng *capture, const void *data, size_t len)
{
    if (len > 0 && fwrite(data, 1, len, capture->file) != len) {
        capture->failed = true;
    }
}

/* Ends a block without data and writes it. */
static void write_block(struct usctp_pcapng *capture, struct block *block)
{
    struct block len = {{0}, 0};

    put_u32(&len, (uint32_t)block->len + 4);
    memcpy(block->bytes + 4, len.bytes, 4);
    write_bytes(capture, block->bytes, block->len);
    write_bytes(capture, len.bytes, 4);
}

static void write_start(struct usctp_pcapng *capture)
{
    static const char application[] = "usctp";
    static const uint8_t nanoseconds = 9;
    struct block block;

    begin(&block, BLOCK_SECTION);
    put_u32(&block, BYTE_ORDER_MAGIC);
    put_u16(&block, 1); /* Version 1.0. */
    put_u16(&block, 0);
    put_u32(&block, UINT32_MAX); /* Length of the section: to be seen. */
    put_u32(&block, UINT32_MAX);
    put_option(&block, OPT_USERAPPL, application, sizeof(application) - 1);
    put_end(&block);
    write_block(capture, &block);

    begin(&block, BLOCK_INTERFACE);
    put_u16(&block, LINKTYPE_RAW);
    put_u16(&block, 0);
    put_u32(&block, 0); /* No limit of the length. */
    put_option(&block, OPT_IF_NAME, application, sizeof(application) - 1);
    put_option(&block, OPT_TSRESOL, &nanoseconds, sizeof(nanoseconds));
    put_end(&block);
    write_block(capture, &block);
}

/* Writes a packet: its headers and its data. */
static void write_packet(struct usctp_pcapng *capture, bool outbound, uint64_t ts,
                         const uint8_t *headers, size_t headers_len, const uint8_t *packet,
                         size_t len)
{
    static const uint8_t zeros[4];
    uint32_t total = (uint32_t)(headers_len + len);
    size_t pad_len = (4 - total % 4) % 4;
    struct block head, tail = {{0}, 0};
    struct block flags = {{0}, 0}, block_len = {{0}, 0};

    put_u32(&flags, outbound ? FLAG_OUTBOUND : FLAG_INBOUND);
    put_option(&tail, OPT_FLAGS, flags.bytes, flags.len);
    put_end(&tail);

    begin(&head, BLOCK_PACKET);
    put_u32(&head, 0); /* The interface. */
    put_u32(&head, (uint32_t)(ts >> 32));
    put_u32(&head, (uint32_t)ts);
    put_u32(&head, total); /* Captured, and */
    put_u32(&head, total); /* in full. */
    put_u32(&block_len, (uint32_t)(head.len + total + pad_len + tail.len + 4));
    memcpy(head.bytes + 4, block_len.bytes, 4);

    write_bytes(capture, head.bytes, head.len);
    write_bytes(capture, headers, headers_len);
    write_bytes(capture, packet, len);
    write_bytes(capture, zeros, pad_len);
    write_bytes(capture, tail.bytes, tail.len);
    write_bytes(capture, block_len.bytes, 4);
}

/* --- Headers ---------------------------------------------------------------------------------- */

static struct learned *find_learned(struct usctp_pcapng *capture, usctp_lower_id lower)
{
    for (size_t i = 0; i < LEARNED_CNT; i++) {
        struct learned *learned = &capture->learned[i];

        if (learned->lower == 0 || learned->lower == lower) {
            learned->lower = lower;
            return learned;
        }
    }
    capture->learned[LEARNED_CNT - 1].lower = lower;
    return &capture->learned[LEARNED_CNT - 1];
}

/* Remembers what a received packet tells, and completes one to be sent. */
static void complete(struct usctp_pcapng *capture, bool outbound, struct usctp_dgram *dgram)
{
    struct learned *learned = find_learned(capture, dgram->lower);
    struct usctp_addr *known =
        dgram->remote.family == USCTP_AF_IPV6 ? &learned->ipv6 : &learned->ipv4;

    if (!outbound) {
        *known = dgram->local;
        learned->port = dgram->local_udp_port;
    }
    if (dgram->local.family != dgram->remote.family) {
        dgram->local = *known;
        dgram->local.family = dgram->remote.family; /* Unspecified, if it was not known. */
    }
    if (dgram->remote_udp_port != 0 && dgram->local_udp_port == 0) {
        dgram->local_udp_port = learned->port != 0 ? learned->port : ENCAPS_PORT;
    }
}

/* Addresses for lower layers that have none (RFC 5737). */
static void make_up(struct usctp_dgram *dgram)
{
    static const uint8_t here[4] = {192, 0, 2, 1}, there[4] = {192, 0, 2, 2};

    dgram->local = usctp__addr_ipv4(here);
    dgram->remote = usctp__addr_ipv4(there);
    dgram->local_udp_port = ENCAPS_PORT;
    dgram->remote_udp_port = ENCAPS_PORT;
}

static void describe(struct usctp_pcapng *capture, bool outbound, const struct usctp_dgram *given,
                     struct usctp__ipheader *header)
{
    struct usctp_dgram dgram = *given;

    if (dgram.remote.family == USCTP_AF_NONE) {
        make_up(&dgram);
    } else {
        complete(capture, outbound, &dgram);
    }
    memset(header, 0, sizeof(*header));
    header->source = outbound ? dgram.local : dgram.remote;
    header->destination = outbound ? dgram.remote : dgram.local;
    header->source_port = outbound ? dgram.local_udp_port : dgram.remote_udp_port;
    header->destination_port = outbound ? dgram.remote_udp_port : dgram.local_udp_port;
    header->tos = (uint8_t)(dgram.dscp << 2 | (dgram.ecn & 3));
    header->dont_fragment = (dgram.flags & USCTP_DGRAM_MAY_FRAGMENT) == 0;
    header->id = header->dont_fragment ? 0 : capture->ip_id++; /* RFC 6864 */
}

/* --- The capture ------------------------------------------------------------------------------ */

/* Nanoseconds since 1970. */
static uint64_t system_time(void)
{
#if defined(_WIN32)
    FILETIME time;

    GetSystemTimeAsFileTime(&time);
    uint64_t ticks = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
    return (ticks - UINT64_C(116444736000000000)) * 100; /* Ticks of 100 ns since 1601. */
#else
    struct timespec time = {0, 0};

    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * USCTP__SEC + (uint64_t)time.tv_nsec;
#endif
}

int usctp_pcapng_open(const char *path, usctp_pcapng **capture)
{
    if (path == NULL || capture == NULL) {
        return USCTP_EINVAL;
    }
    *capture = NULL;
    struct usctp_pcapng *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        return USCTP_ENOMEM;
    }
#if defined(_WIN32)
    made->file = fopen(path, "wbN"); /* Not for programs that this one starts. */
#else
    made->file = fopen(path, "wbe");
#endif
    if (made->file == NULL) {
        int error = errno;

        free(made);
        errno = error;
        return USCTP_EIO;
    }
    write_start(made);
    *capture = made;
    return 0;
}

void usctp_pcapng_observe(void *user, int outbound, const struct usctp_dgram *dgram,
                          const uint8_t *packet, size_t len, uint64_t now_ts)
{
    struct usctp_pcapng *capture = user;
    struct usctp__ipheader header;
    uint8_t bytes[USCTP__IPHEADER_MAX];

    if (len + USCTP__IPHEADER_MAX > USCTP__IPHEADER_LONGEST) {
        len = USCTP__IPHEADER_LONGEST - USCTP__IPHEADER_MAX; /* No IP packet can be so long. */
    }
    if (!capture->started) {
        capture->started = true;
        capture->first_ts = now_ts;
        capture->flush_ts = now_ts;
        capture->epoch_ts = system_time();
    }
    describe(capture, outbound != 0, dgram, &header);
    size_t header_len = usctp__ipheader_put(&header, packet, len, bytes);
    write_packet(capture, outbound != 0,
                 capture->epoch_ts + usctp__time_sub(now_ts, capture->first_ts), bytes, header_len,
                 packet, len);
    capture->packet_cnt++;
    if (usctp__time_sub(now_ts, capture->flush_ts) >= FLUSH_DUR) {
        capture->flush_ts = now_ts;
        capture->failed = fflush(capture->file) != 0 || capture->failed;
    }
}

uint64_t usctp_pcapng_count(const usctp_pcapng *capture)
{
    return capture->packet_cnt;
}

int usctp_pcapng_close(usctp_pcapng *capture)
{
    bool failed = capture->failed;

    failed = fclose(capture->file) != 0 || failed;
    free(capture);
    return failed ? USCTP_EIO : 0;
}
