/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading packets, byte by byte. */
#include "sim/wire.h"

#include <string.h>

uint16_t sim_get16(const uint8_t *ptr)
{
    return (uint16_t)(ptr[0] << 8 | ptr[1]);
}

uint32_t sim_get32(const uint8_t *ptr)
{
    return (uint32_t)ptr[0] << 24 | (uint32_t)ptr[1] << 16 | (uint32_t)ptr[2] << 8 | ptr[3];
}

void sim_put16(uint8_t *ptr, uint16_t value)
{
    ptr[0] = (uint8_t)(value >> 8);
    ptr[1] = (uint8_t)value;
}

void sim_put32(uint8_t *ptr, uint32_t value)
{
    sim_put16(ptr, (uint16_t)(value >> 16));
    sim_put16(ptr + 2, (uint16_t)value);
}

/* The reflected polynomial of CRC32c, four bits at a time over a table made on first use. */
static uint32_t crc_bytes(uint32_t crc, const uint8_t *data, size_t len)
{
    static uint32_t table[256];

    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t entry = i;

            for (int bit = 0; bit < 8; bit++) {
                entry = entry >> 1 ^ (entry & 1 ? UINT32_C(0x82f63b78) : 0);
            }
            table[i] = entry;
        }
    }
    for (size_t i = 0; i < len; i++) {
        crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
    }
    return crc;
}

uint32_t sim_packet_crc(const uint8_t *packet, size_t len)
{
    static const uint8_t zeros[4];
    uint32_t crc = UINT32_C(0xffffffff);

    crc = crc_bytes(crc, packet, 8);
    crc = crc_bytes(crc, zeros, 4);
    crc = ~crc_bytes(crc, packet + SIM_HEADER_LEN, len - SIM_HEADER_LEN);
    /* The field holds the register with its least significant byte first. */
    return crc >> 24 | (crc >> 8 & 0xff00) | (crc & 0xff00) << 8 | crc << 24;
}

void sim_packet_seal(uint8_t *packet, size_t len)
{
    sim_put32(packet + 8, sim_packet_crc(packet, len));
}

int sim_packet_next(const uint8_t *packet, size_t len, size_t *at, struct sim_chunk *chunk)
{
    size_t offset = *at == 0 ? SIM_HEADER_LEN : *at;

    if (len < SIM_HEADER_LEN) {
        return -1;
    }
    if (offset == len) {
        return 0;
    }
    if (offset > len || len - offset < 4) {
        return -1;
    }
    chunk->at = offset;
    chunk->data = packet + offset;
    chunk->type = chunk->data[0];
    chunk->flags = chunk->data[1];
    chunk->len = sim_get16(chunk->data + 2);
    if (chunk->len < 4 || chunk->len > len - offset) {
        return -1;
    }
    *at = offset + (((size_t)chunk->len + 3) & ~(size_t)3);
    return *at > len ? -1 : 1;
}

const char *sim_chunk_name(uint8_t type)
{
    static const char *const names[] = {
        "DATA",          "INIT",       "INIT ACK", "SACK",         "HEARTBEAT",
        "HEARTBEAT ACK", "ABORT",      "SHUTDOWN", "SHUTDOWN ACK", "ERROR",
        "COOKIE ECHO",   "COOKIE ACK", "ECNE",     "CWR"};

    if (type < sizeof(names) / sizeof(names[0])) {
        return names[type];
    }
    if (type == SIM_PAD) {
        return "PAD";
    }
    if (type == SIM_FORWARD_TSN) {
        return "FORWARD TSN";
    }
    if (type == SIM_RECONF) {
        return "RE-CONFIG";
    }
    if (type == SIM_I_DATA) {
        return "I-DATA";
    }
    if (type == SIM_I_FORWARD_TSN) {
        return "I-FORWARD-TSN";
    }
    if (type == SIM_AUTH) {
        return "AUTH";
    }
    if (type == SIM_ASCONF || type == SIM_ASCONF_ACK) {
        return type == SIM_ASCONF ? "ASCONF" : "ASCONF ACK";
    }
    return type == SIM_SHUTDOWN_COMPLETE ? "SHUTDOWN COMPLETE" : "?";
}
