/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks the processor, or the system where only that knows, for the instructions CRC32c can use. */
#include "platform/cpu.h"

#include <usctp/driver.h>

#include "base/compiler.h"

struct features {
    bool crc;   /* the CRC32c instruction */
    bool clmul; /* carry-less multiplication */
};

#if USCTP__CRC32C_X86

#if defined(_MSC_VER) && !defined(__clang__)

#include <intrin.h>

static unsigned leaf1_ecx(void)
{
    int regs[4];

    __cpuid(regs, 1);
    return (unsigned)regs[2];
}

#else

#include <cpuid.h>

static unsigned leaf1_ecx(void)
{
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;

    return __get_cpuid(1, &eax, &ebx, &ecx, &edx) ? ecx : 0;
}

#endif

static struct features detect(void)
{
    unsigned ecx = leaf1_ecx();
    struct features features = {(ecx >> 20 & 1) != 0, (ecx >> 1 & 1) != 0};

    return features;
}

#elif USCTP__CRC32C_ARM && defined(__APPLE__)

/* Every 64-bit processor of these systems has both. */
static struct features detect(void)
{
    struct features features = {true, true};

    return features;
}

#elif USCTP__CRC32C_ARM && defined(_WIN32)

#include <windows.h>

static struct features detect(void)
{
    /* PF_ARM_V8_CRC32_INSTRUCTIONS_AVAILABLE, PF_ARM_V8_CRYPTO_INSTRUCTIONS_AVAILABLE */
    struct features features = {IsProcessorFeaturePresent(31) != 0,
                                IsProcessorFeaturePresent(30) != 0};

    return features;
}

#elif USCTP__CRC32C_ARM && (defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__))

#include <sys/auxv.h>

static struct features detect(void)
{
#if defined(__linux__)
    unsigned long hwcap = getauxval(AT_HWCAP);
#else
    unsigned long hwcap = 0;

    (void)elf_aux_info(AT_HWCAP, &hwcap, sizeof(hwcap));
#endif
    /* HWCAP_CRC32, HWCAP_PMULL; the same numbers on all of them. */
    struct features features = {(hwcap >> 7 & 1) != 0, (hwcap >> 4 & 1) != 0};

    return features;
}

#else

static struct features detect(void)
{
    struct features features = {false, false};

    return features;
}

#endif

static size_t add(struct usctp__cpu_crc32c_variant *variants, size_t cnt, const char *name,
                  usctp__crc32c_fn fn, bool runnable)
{
    struct usctp__cpu_crc32c_variant variant = {name, fn, runnable};

    variants[cnt] = variant;
    return cnt + 1;
}

size_t usctp__cpu_crc32c_variants(struct usctp__cpu_crc32c_variant *variants)
{
    struct features has = detect();
    size_t cnt = add(variants, 0, "portable", usctp__crc32c_sw, true);

#if USCTP__CRC32C_X86
    cnt = add(variants, cnt, "SSE4.2", usctp__crc32c_sse42, has.crc);
    cnt = add(variants, cnt, "SSE4.2 and PCLMULQDQ", usctp__crc32c_x86, has.crc && has.clmul);
#endif
#if USCTP__CRC32C_ARM
    cnt = add(variants, cnt, "ARMv8 CRC", usctp__crc32c_armcrc, has.crc);
    cnt = add(variants, cnt, "ARMv8 CRC and PMULL", usctp__crc32c_arm, has.crc && has.clmul);
#endif
    USCTP__UNUSED(has);
    return cnt;
}

usctp__crc32c_fn usctp__cpu_crc32c(void)
{
    struct usctp__cpu_crc32c_variant variants[USCTP__CPU_CRC32C_MAX];
    usctp__crc32c_fn best = usctp__crc32c_sw;
    size_t cnt = usctp__cpu_crc32c_variants(variants);

    for (size_t i = 0; i < cnt; i++) {
        if (variants[i].runnable) {
            best = variants[i].fn;
        }
    }
    return best;
}

usctp_crc32c_fn usctp_crc32c_system(void)
{
    return usctp__cpu_crc32c();
}
