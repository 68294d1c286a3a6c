/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers in blocks, comparison in constant time, wiping. */
#include "base/crypto.h"

#include <string.h>

#include "base/compiler.h"

void usctp__random_init(struct usctp__random *random, const struct usctp_crypto *crypto)
{
    memset(random, 0, sizeof(*random));
    random->crypto = crypto;
    random->used = USCTP__RANDOM_BLOCK_LEN;
}

void usctp__random_wipe(struct usctp__random *random)
{
    usctp__wipe(random->block, sizeof(random->block));
    random->used = USCTP__RANDOM_BLOCK_LEN;
}

static bool draw(const struct usctp__random *random, void *buf, size_t len)
{
    return random->crypto->random(random->crypto->ctx, buf, len) >= 0;
}

bool usctp__random_bytes(struct usctp__random *random, void *buf, size_t len)
{
    uint8_t *from;

    if (len > USCTP__RANDOM_BLOCK_LEN) {
        return draw(random, buf, len);
    }
    if (len > USCTP__RANDOM_BLOCK_LEN - random->used) {
        if (!draw(random, random->block, USCTP__RANDOM_BLOCK_LEN)) {
            usctp__random_wipe(random);
            return false;
        }
        random->used = 0;
    }
    from = random->block + random->used;
    memcpy(buf, from, len);
    memset(from, 0, len);
    random->used += (uint32_t)len;
    return true;
}

bool usctp__random_u32(struct usctp__random *random, uint32_t *out)
{
    return usctp__random_bytes(random, out, sizeof(*out));
}

bool usctp__random_u64(struct usctp__random *random, uint64_t *out)
{
    return usctp__random_bytes(random, out, sizeof(*out));
}

bool usctp__random_below(struct usctp__random *random, uint32_t bound, uint32_t *out)
{
    /* Drawing again below 2^32 mod bound leaves a multiple of `bound` equally likely values. Each
     * draw is taken with a chance above one half; a source that is stuck is a source that fails. */
    uint32_t reject = (0u - bound) % bound;

    for (int tries = 0; tries < 128; tries++) {
        uint32_t value;

        if (!usctp__random_u32(random, &value)) {
            return false;
        }
        if (value >= reject) {
            *out = value % bound;
            return true;
        }
    }
    return false;
}

bool usctp__ct_equal(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *pa = a;
    const volatile uint8_t *pb = b;
    uint8_t diff = 0;

    for (size_t i = 0; i < len; i++) {
        diff |= (uint8_t)(pa[i] ^ pb[i]);
    }
    return diff == 0;
}

void usctp__wipe(void *ptr, size_t len)
{
    volatile uint8_t *bytes = ptr;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = 0;
    }
}

size_t usctp__hmac_len(int algorithm)
{
    switch (algorithm) {
    case USCTP_HMAC_SHA1:
        return 20;
    case USCTP_HMAC_SHA256:
        return 32;
    default:
        return 0;
    }
}
