/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-transfer: its messages. */
#include "transfer.h"

#include <string.h>

/* Fixed parts of the messages, their type included. */
enum { HELLO_LEN = 14, ENTRY_LEN = 48, BEGIN_LEN = 5, RESULT_LEN = 9 };

static uint8_t *put_number(uint8_t *ptr, uint64_t value, size_t len)
{
    for (size_t i = len; i > 0; i--) {
        ptr[i - 1] = (uint8_t)value;
        value >>= 8;
    }
    return ptr + len;
}

static uint64_t get_number(const uint8_t **ptr, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++) {
        value = value << 8 | (*ptr)[i];
    }
    *ptr += len;
    return value;
}

size_t wire_put(const struct wire *wire, uint8_t *buf)
{
    uint8_t *ptr = buf;

    *ptr++ = (uint8_t)wire->type;
    switch (wire->type) {
    case WIRE_HELLO:
        ptr = put_number(ptr, wire->version, 1);
        ptr = put_number(ptr, wire->id, 4);
        ptr = put_number(ptr, wire->size, 8);
        break;
    case WIRE_ENTRY:
        ptr = put_number(ptr, wire->id, 4);
        ptr = put_number(ptr, wire->kind, 1);
        ptr = put_number(ptr, wire->mode, 2);
        ptr = put_number(ptr, wire->size, 8);
        memcpy(ptr, wire->hash, HASH_LEN);
        memcpy(ptr + HASH_LEN, wire->name, wire->name_len);
        ptr += HASH_LEN + wire->name_len;
        break;
    case WIRE_BEGIN:
        ptr = put_number(ptr, wire->id, 4);
        break;
    case WIRE_RESULT:
        ptr = put_number(ptr, wire->good_cnt, 4);
        ptr = put_number(ptr, wire->bad_cnt, 4);
        break;
    default:
        break;
    }
    return (size_t)(ptr - buf);
}

static bool get_entry(struct wire *wire, const uint8_t *ptr, size_t len)
{
    if (len < ENTRY_LEN) {
        return false;
    }
    wire->name_len = len - ENTRY_LEN;
    wire->id = (uint32_t)get_number(&ptr, 4);
    wire->kind = (uint8_t)get_number(&ptr, 1);
    wire->mode = (uint16_t)get_number(&ptr, 2);
    wire->size = get_number(&ptr, 8);
    memcpy(wire->hash, ptr, HASH_LEN);
    wire->name = (const char *)(ptr + HASH_LEN);
    return true;
}

bool wire_get(struct wire *wire, const uint8_t *data, size_t len)
{
    const uint8_t *ptr = data;

    memset(wire, 0, sizeof(*wire));
    if (len == 0) {
        return false;
    }
    wire->type = *ptr++;
    switch (wire->type) {
    case WIRE_HELLO:
        if (len < HELLO_LEN) {
            return false;
        }
        wire->version = (uint8_t)get_number(&ptr, 1);
        wire->id = (uint32_t)get_number(&ptr, 4);
        wire->size = get_number(&ptr, 8);
        return true;
    case WIRE_ENTRY:
        return get_entry(wire, ptr, len);
    case WIRE_BEGIN:
        if (len != BEGIN_LEN) {
            return false;
        }
        wire->id = (uint32_t)get_number(&ptr, 4);
        return true;
    case WIRE_RESULT:
        if (len < RESULT_LEN) {
            return false;
        }
        wire->good_cnt = (uint32_t)get_number(&ptr, 4);
        wire->bad_cnt = (uint32_t)get_number(&ptr, 4);
        return true;
    case WIRE_GO:
    case WIRE_END:
        return len == 1;
    default:
        return false;
    }
}

int wire_send(usctp_assoc *assoc, uint16_t stream, const struct wire *wire)
{
    struct usctp_send_info info = USCTP_SEND_INFO_INIT;
    uint8_t buf[WIRE_MAX];
    struct usctp_iov iov = {buf, wire_put(wire, buf)};

    info.stream = stream;
    info.ppid = TRANSFER_PPID_CONTROL;
    return usctp_assoc_send(assoc, &info, &iov, 1);
}
