/* SPDX-License-Identifier: BSD-3-Clause */
/* The state cookie: written, signed, read again. */
#include "core/cookie.h"

#include <string.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "base/crypto.h"
#include "base/time.h"
#include "core/core.h"

#define DEFAULT_KEY_DUR (3600 * USCTP__SEC)

enum {
    COOKIE_VERSION = 5,
    ADDR_LEN = 21, /* family, scope id, bytes */
    FIXED_LEN = 2 + 8 + 8 + 8 * 4 + 4 * 2 + 2 * 4 + ADDR_LEN + 1 + 2 + 4 + 2 + 2
};

static void close_key(struct usctp__core *core, unsigned i)
{
    struct usctp__cookie_keys *keys = &core->cookies;

    if (keys->hmac[i] != NULL) {
        core->crypto->hmac_free(core->crypto->ctx, keys->hmac[i]);
        keys->hmac[i] = NULL;
    }
    usctp__wipe(keys->key[i], USCTP__COOKIE_KEY_LEN);
}

/* Makes `key` the present one; false: nothing changed. */
static bool take_key(struct usctp__core *core, const uint8_t *key)
{
    struct usctp__cookie_keys *keys = &core->cookies;
    void *hmac =
        core->crypto->hmac_new(core->crypto->ctx, USCTP_HMAC_SHA256, key, USCTP__COOKIE_KEY_LEN);

    if (hmac == NULL) {
        return false;
    }
    close_key(core, 1);
    memcpy(keys->key[1], keys->key[0], USCTP__COOKIE_KEY_LEN);
    keys->hmac[1] = keys->hmac[0];
    memcpy(keys->key[0], key, USCTP__COOKIE_KEY_LEN);
    keys->hmac[0] = hmac;
    keys->epoch++;
    return true;
}

/* Draws a new present key; false: nothing changed. */
static bool draw_key(struct usctp__core *core)
{
    uint8_t key[USCTP__COOKIE_KEY_LEN];
    bool done = usctp__random_bytes(&core->random, key, sizeof(key)) && take_key(core, key);

    usctp__wipe(key, sizeof(key));
    return done;
}

/* Makes key number `number` of the secret the present one; false: nothing changed. */
static bool derive_key(struct usctp__core *core, uint64_t number)
{
    static const char label[] = "usctp cookie key";
    struct usctp__cookie_keys *keys = &core->cookies;
    uint8_t key[USCTP__COOKIE_KEY_LEN], count[8];
    struct usctp__writer w = usctp__writer_make(count, sizeof(count));
    struct usctp_iov iov[2] = {{label, sizeof(label)}, {count, sizeof(count)}};

    usctp__writer_u64(&w, number);
    bool done = core->crypto->hmac(core->crypto->ctx, keys->secret, iov, 2, key) == 0 &&
                take_key(core, key);
    if (done) {
        keys->number = number;
        keys->epoch = (uint8_t)number;
    }
    usctp__wipe(key, sizeof(key));
    return done;
}

/* The keys of now and of before: all who have the secret and the clock have the same. */
static bool derive_keys(struct usctp__core *core)
{
    struct usctp__cookie_keys *keys = &core->cookies;
    uint64_t number = core->now_ts / keys->rotate_dur + 1;

    if (keys->number + 1 != number && !derive_key(core, number - 1)) {
        return false;
    }
    keys->rotate_ts = usctp__time_add((number - 1) * keys->rotate_dur, keys->rotate_dur);
    return derive_key(core, number);
}

int usctp__cookie_keys_init(struct usctp__core *core, const struct usctp_config *config)
{
    struct usctp__cookie_keys *keys = &core->cookies;

    memset(keys, 0, sizeof(*keys));
    keys->rotate_dur = config->cookie_key_dur != 0 ? config->cookie_key_dur : DEFAULT_KEY_DUR;
    keys->rotate_ts = usctp__time_add(core->now_ts, keys->rotate_dur);
    if (config->cookie_secret == NULL) {
        return draw_key(core) ? USCTP_OK : USCTP_ECRYPTO;
    }
    keys->secret = core->crypto->hmac_new(core->crypto->ctx, USCTP_HMAC_SHA256,
                                          config->cookie_secret, config->cookie_secret_len);
    return keys->secret != NULL && derive_keys(core) ? USCTP_OK : USCTP_ECRYPTO;
}

void usctp__cookie_keys_destroy(struct usctp__core *core)
{
    close_key(core, 0);
    close_key(core, 1);
    if (core->cookies.secret != NULL) {
        core->crypto->hmac_free(core->crypto->ctx, core->cookies.secret);
        core->cookies.secret = NULL;
    }
}

void usctp__cookie_keys_rotate(struct usctp__core *core)
{
    /* RFC 9260, 5.1.3: the key SHOULD change, hourly for example. */
    if (core->now_ts < core->cookies.rotate_ts) {
        return;
    }
    if (core->cookies.secret != NULL) {
        derive_keys(core);
    } else {
        draw_key(core);
        core->cookies.rotate_ts = usctp__time_add(core->now_ts, core->cookies.rotate_dur);
    }
}

size_t usctp__cookie_len(size_t len)
{
    return FIXED_LEN + len + USCTP__COOKIE_MAC_LEN;
}

static void write_addr(struct usctp__writer *w, const struct usctp_addr *addr)
{
    usctp__writer_u8(w, addr->family);
    usctp__writer_u32(w, addr->scope_id);
    usctp__writer_bytes(w, addr->bytes, sizeof(addr->bytes));
}

static void read_addr(struct usctp__reader *r, struct usctp_addr *addr)
{
    const uint8_t *bytes;

    memset(addr, 0, sizeof(*addr));
    addr->family = usctp__reader_u8(r);
    addr->scope_id = usctp__reader_u32(r);
    bytes = usctp__reader_bytes(r, sizeof(addr->bytes));
    if (bytes != NULL) {
        memcpy(addr->bytes, bytes, sizeof(addr->bytes));
    }
}

static void write_cookie(struct usctp__writer *w, const struct usctp__cookie *cookie, uint8_t epoch)
{
    usctp__writer_u8(w, COOKIE_VERSION);
    usctp__writer_u8(w, epoch);
    usctp__writer_u64(w, cookie->made_ts);
    usctp__writer_u64(w, cookie->life_dur);
    usctp__writer_u32(w, cookie->my_tag);
    usctp__writer_u32(w, cookie->peer_tag);
    usctp__writer_u32(w, cookie->my_tie_tag);
    usctp__writer_u32(w, cookie->peer_tie_tag);
    usctp__writer_u32(w, cookie->my_tsn);
    usctp__writer_u32(w, cookie->peer_tsn);
    usctp__writer_u32(w, cookie->peer_rwnd);
    usctp__writer_u32(w, cookie->my_rwnd);
    usctp__writer_u16(w, cookie->my_port);
    usctp__writer_u16(w, cookie->peer_port);
    usctp__writer_u16(w, cookie->out_streams);
    usctp__writer_u16(w, cookie->in_streams);
    usctp__writer_u32(w, cookie->extensions);
    usctp__writer_u32(w, cookie->withheld);
    write_addr(w, &cookie->remote);
    usctp__writer_u8(w, cookie->local);
    usctp__writer_u16(w, cookie->remote_udp_port);
    usctp__writer_u32(w, cookie->lower);
    usctp__writer_u16(w, (uint16_t)cookie->auth_len);
    usctp__writer_u16(w, (uint16_t)cookie->init_len);
    usctp__writer_bytes(w, cookie->auth, cookie->auth_len);
    usctp__writer_bytes(w, cookie->init, cookie->init_len);
}

static bool sign(struct usctp__core *core, unsigned key, const uint8_t *data, size_t len,
                 uint8_t *mac)
{
    struct usctp_iov iov = {data, len};

    return core->cookies.hmac[key] != NULL &&
           core->crypto->hmac(core->crypto->ctx, core->cookies.hmac[key], &iov, 1, mac) == 0;
}

bool usctp__cookie_make(struct usctp__core *core, const struct usctp__cookie *cookie, uint8_t *out)
{
    struct usctp__writer w =
        usctp__writer_make(out, usctp__cookie_len(cookie->auth_len + cookie->init_len));

    usctp__cookie_keys_rotate(core); /* shards change their keys at the same time */
    write_cookie(&w, cookie, core->cookies.epoch);
    /* RFC 9260, 5.1.3: the MAC is mandatory. */
    return !w.failed && sign(core, 0, out, w.len, out + w.len);
}

/* RFC 9260, 5.1.5 (1), (2): one of the two keys made this MAC. */
static bool authentic(struct usctp__core *core, const uint8_t *data, size_t signed_len)
{
    uint8_t mac[USCTP__COOKIE_MAC_LEN];
    uint8_t age = (uint8_t)(core->cookies.epoch - data[1]);

    return data[0] == COOKIE_VERSION && age <= 1 && sign(core, age, data, signed_len, mac) &&
           usctp__ct_equal(mac, data + signed_len, sizeof(mac));
}

static void read_cookie(struct usctp__reader *r, struct usctp__cookie *cookie)
{
    usctp__reader_skip(r, 2);
    cookie->made_ts = usctp__reader_u64(r);
    cookie->life_dur = usctp__reader_u64(r);
    cookie->my_tag = usctp__reader_u32(r);
    cookie->peer_tag = usctp__reader_u32(r);
    cookie->my_tie_tag = usctp__reader_u32(r);
    cookie->peer_tie_tag = usctp__reader_u32(r);
    cookie->my_tsn = usctp__reader_u32(r);
    cookie->peer_tsn = usctp__reader_u32(r);
    cookie->peer_rwnd = usctp__reader_u32(r);
    cookie->my_rwnd = usctp__reader_u32(r);
    cookie->my_port = usctp__reader_u16(r);
    cookie->peer_port = usctp__reader_u16(r);
    cookie->out_streams = usctp__reader_u16(r);
    cookie->in_streams = usctp__reader_u16(r);
    cookie->extensions = usctp__reader_u32(r);
    cookie->withheld = usctp__reader_u32(r);
    read_addr(r, &cookie->remote);
    cookie->local = usctp__reader_u8(r);
    cookie->remote_udp_port = usctp__reader_u16(r);
    cookie->lower = usctp__reader_u32(r);
    cookie->auth_len = usctp__reader_u16(r);
    cookie->init_len = usctp__reader_u16(r);
    cookie->auth = usctp__reader_bytes(r, cookie->auth_len);
    cookie->init = r->ptr;
}

enum usctp__cookie_verdict usctp__cookie_read(struct usctp__core *core, const uint8_t *data,
                                              size_t len, struct usctp__cookie *out,
                                              uint64_t *stale_dur)
{
    size_t signed_len = len - USCTP__COOKIE_MAC_LEN;
    struct usctp__reader r;
    uint64_t end_ts;

    usctp__cookie_keys_rotate(core);
    if (len < usctp__cookie_len(0) || !authentic(core, data, signed_len)) {
        return USCTP__COOKIE_BAD;
    }
    r = usctp__reader_make(data, signed_len);
    read_cookie(&r, out);
    /* We signed this; still, lengths are checked as if we had not. */
    if (r.failed || out->init_len != r.left) {
        return USCTP__COOKIE_BAD;
    }
    end_ts = usctp__time_add(out->made_ts, out->life_dur);
    *stale_dur = usctp__time_sub(core->now_ts, end_ts);
    return core->now_ts > end_ts ? USCTP__COOKIE_STALE : USCTP__COOKIE_OK;
}
