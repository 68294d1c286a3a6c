/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC32c: the tables computed again by their rules, every variant this processor can run against one
 * bit at a time, known values, packets. */
#include "unit/unit.h"

#include "base/buf.h"
#include "base/crc32c.h"
#include "platform/cpu.h"

#include <usctp/driver.h>

#define POLYNOMIAL UINT32_C(0x82f63b78)

/* Multiplies the register by x. */
static uint32_t times_x(uint32_t crc)
{
    return crc >> 1 ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
}

static uint32_t naive(uint32_t crc, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = times_x(crc);
        }
    }
    return crc;
}

static void tables(void **state)
{
    static const uint8_t zeros[7];
    uint32_t power = UINT32_C(0x80000000);
    unsigned exponent = 0;

    (void)state;
    for (unsigned b = 0; b < 256; b++) {
        uint8_t byte = (uint8_t)b;
        uint32_t crc = naive(0, &byte, 1);

        for (unsigned k = 0; k < 8; k++) {
            assert_int_equal(usctp__crc32c_table[k][b], naive(crc, zeros, k));
        }
    }
    for (unsigned m = 1; m < USCTP__CRC32C_SHIFT_CNT; m++) {
        for (; exponent < 64 * m - 33; exponent++) {
            power = times_x(power);
        }
        assert_int_equal(usctp__crc32c_shift[m], power);
    }
}

typedef void (*each_fn)(usctp__crc32c_fn fn);

/* Calls `each` with each function that can run here. */
static void for_each_variant(each_fn each)
{
    struct usctp__cpu_crc32c_variant variants[USCTP__CPU_CRC32C_MAX];
    size_t cnt = usctp__cpu_crc32c_variants(variants);

    assert_in_range(cnt, 1, USCTP__CPU_CRC32C_MAX);
    assert_true(variants[0].fn == usctp__crc32c_sw && variants[0].runnable);
    for (size_t i = 0; i < cnt; i++) {
        if (variants[i].runnable) {
            print_message("variant: %s\n", variants[i].name);
            each(variants[i].fn);
        }
    }
}

/* RFC 3720, B.4. */
static void check_known(usctp__crc32c_fn fn)
{
    uint8_t data[32];

    assert_int_equal(~fn(USCTP__CRC32C_INIT, (const uint8_t *)"123456789", 9), 0xe3069283);
    memset(data, 0, sizeof(data));
    assert_int_equal(~fn(USCTP__CRC32C_INIT, data, sizeof(data)), 0x8a9136aa);
    memset(data, 0xff, sizeof(data));
    assert_int_equal(~fn(USCTP__CRC32C_INIT, data, sizeof(data)), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++) {
        data[i] = (uint8_t)i;
    }
    assert_int_equal(~fn(USCTP__CRC32C_INIT, data, sizeof(data)), 0x46dd794e);
    for (unsigned i = 0; i < 32; i++) {
        data[i] = (uint8_t)(31 - i);
    }
    assert_int_equal(~fn(USCTP__CRC32C_INIT, data, sizeof(data)), 0x113fdb5c);
    assert_int_equal(fn(0x12345678, data, 0), 0x12345678);
}

static void known_values(void **state)
{
    (void)state;
    for_each_variant(check_known);
}

/* Every length, at every alignment, from any register, and in two parts. */
static void check_lengths(usctp__crc32c_fn fn)
{
    static uint8_t data[10000];
    uint64_t seed = 51;

    prng_fill(&seed, data, sizeof(data));
    for (size_t len = 0; len < 1700; len++) {
        size_t at = len % 13;
        uint32_t start = (uint32_t)prng_next(&seed);
        size_t cut = prng_below(&seed, len + 1);
        uint32_t want = naive(start, data + at, len);

        assert_int_equal(fn(start, data + at, len), want);
        assert_int_equal(fn(fn(start, data + at, cut), data + at + cut, len - cut), want);
    }
    for (size_t len = 1700; len < sizeof(data) - 8; len += 131) {
        assert_int_equal(fn(7, data + len % 8, len), naive(7, data + len % 8, len));
    }
}

static void every_length(void **state)
{
    (void)state;
    for_each_variant(check_lengths);
}

static void check_packet(usctp__crc32c_fn fn)
{
    uint8_t packet[1300];
    uint64_t seed = 52;

    prng_fill(&seed, packet, sizeof(packet));
    for (size_t len = 12; len <= sizeof(packet); len += len < 100 ? 1 : 61) {
        uint8_t copy[1300];
        uint32_t crc;

        memcpy(copy, packet, len);
        memset(copy + 8, 0, 4);
        crc = ~naive(USCTP__CRC32C_INIT, copy, len);
        /* The low byte first, whatever stood in the field. */
        copy[8] = (uint8_t)crc;
        copy[9] = (uint8_t)(crc >> 8);
        copy[10] = (uint8_t)(crc >> 16);
        copy[11] = (uint8_t)(crc >> 24);
        assert_int_equal(usctp__crc32c_packet(fn, packet, len), usctp__get32(copy + 8));
        assert_int_equal(usctp__crc32c_packet(fn, copy, len), usctp__get32(copy + 8));
        usctp__put32(copy + 8, 0);
        assert_int_equal(usctp__crc32c_zeroed(fn, copy, len), usctp__crc32c_packet(fn, copy, len));
    }
}

static void packets(void **state)
{
    (void)state;
    for_each_variant(check_packet);
}

static void choice(void **state)
{
    struct usctp__cpu_crc32c_variant variants[USCTP__CPU_CRC32C_MAX];
    size_t cnt = usctp__cpu_crc32c_variants(variants);
    usctp__crc32c_fn best = NULL;

    (void)state;
    for (size_t i = 0; i < cnt; i++) {
        best = variants[i].runnable ? variants[i].fn : best;
    }
    assert_true(usctp__cpu_crc32c() == best);
    assert_true(usctp_crc32c_system() == best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables),  cmocka_unit_test(known_values), cmocka_unit_test(every_length),
        cmocka_unit_test(packets), cmocka_unit_test(choice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
