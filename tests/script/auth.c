/* SPDX-License-Identifier: BSD-3-Clause */
/* AUTH chunks (RFC 4895): their MACs, computed from the text alone and not by the library. The key
 * vectors are the variables $mine and $theirs, the shared key is `secret=` or $secret. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

#include "common/test_crypto.h"
#include "sim/wire.h"

static const struct value *bytes_of(struct values *values, const char *name)
{
    static const struct value none = {.kind = VALUE_BYTES, .bytes = (const uint8_t *)""};
    const struct value *value = values_get(values, name);

    return value != NULL && value->kind == VALUE_BYTES ? value : &none;
}

/* RFC 4895, 6.1: vectors begin with 0x80, so that the longer one is the larger number. */
static bool smaller(const struct value *a, const struct value *b)
{
    if (a->len != b->len) {
        return a->len < b->len;
    }
    return memcmp(a->bytes, b->bytes, a->len) <= 0;
}

static size_t mac_of(struct values *values, const struct value *secret, const uint8_t *chunk,
                     size_t len, uint8_t *mac)
{
    const struct value *mine = bytes_of(values, "mine"), *theirs = bytes_of(values, "theirs");
    const struct value *first = smaller(mine, theirs) ? mine : theirs;
    const struct value *last = first == mine ? theirs : mine;
    struct bytes *key = values_alloc(values, sizeof(*key));
    uint8_t *copy = values_copy(values, chunk, len);
    size_t mac_len = (size_t)sim_get16(chunk + 2) - 8;
    int algorithm = sim_get16(chunk + 6) == 1 ? USCTP_HMAC_SHA1 : USCTP_HMAC_SHA256;

    bytes_put(key, secret->bytes, secret->len);
    bytes_put(key, first->bytes, first->len);
    bytes_put(key, last->bytes, last->len);
    memset(copy + 8, 0, mac_len); /* RFC 4895, 6.2 */
    return test_hmac(algorithm, key->data, key->len, copy, len, mac);
}

void auth_sign(struct values *values, const struct value *secret, uint8_t *chunk, size_t len)
{
    uint8_t mac[TEST_SHA256_LEN];
    size_t mac_len = mac_of(values, secret, chunk, len, mac);

    if (8 + mac_len != sim_get16(chunk + 2)) {
        values->fail("the MAC has another length");
        return;
    }
    memcpy(chunk + 8, mac, mac_len);
}

bool auth_good(struct values *values, const struct value *secret, const uint8_t *chunk, size_t len)
{
    uint8_t mac[TEST_SHA256_LEN];
    size_t mac_len = mac_of(values, secret, chunk, len, mac);

    return 8 + mac_len == sim_get16(chunk + 2) && memcmp(mac, chunk + 8, mac_len) == 0;
}

const struct value *auth_secret(struct values *values, struct item *item)
{
    struct field *field = item_field(item, "secret");

    if (field != NULL && field->value.kind != VALUE_BYTES) {
        values->fail("a secret is bytes");
    }
    return field != NULL ? &field->value : bytes_of(values, "secret");
}
