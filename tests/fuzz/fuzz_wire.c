/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: all codecs and texts of the wire floor. The input is a packet. Each chunk that can be
 * read is written again and read again: what was said stays the same, and from then on so do the
 * bytes. The bytes behind the common header are also read as parameters and as causes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <usctp/usctp.h>

#include "base/buf.h"
#include "base/text.h"
#include "wire/abort_error.h"
#include "wire/asconf.h"
#include "wire/auth.h"
#include "wire/cause.h"
#include "wire/cookie.h"
#include "wire/data.h"
#include "wire/describe.h"
#include "wire/ecn.h"
#include "wire/heartbeat.h"
#include "wire/forward.h"
#include "wire/init.h"
#include "wire/packet.h"
#include "wire/param.h"
#include "wire/reconf.h"
#include "wire/sack.h"
#include "wire/shutdown.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Also where the library is built without assertions. */
#define CHECK(x) ((x) ? (void)0 : abort())

enum { MAX_LEN = 131072 };

/* --- Chunks, written again -------------------------------------------------------------------- */

/* Each of these writes what it read and says true, or says false when the chunk cannot be read. */

static bool again_data(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__data data;
    uint8_t *payload;

    bool by_mid = chunk->type == USCTP__CHUNK_I_DATA;

    if (!(by_mid ? usctp__i_data_parse(&data, chunk) : usctp__data_parse(&data, chunk)) ||
        data.payload_len == 0) {
        return false;
    }
    payload = by_mid ? usctp__i_data_write(w, &data) : usctp__data_write(w, &data);
    CHECK(payload != NULL);
    memcpy(payload, data.payload, data.payload_len);
    return true;
}

/* FORWARD TSN and I-FORWARD-TSN. */
static bool again_forward(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    static struct usctp__skipped entries[16384];
    struct usctp__forward forward;

    if (!usctp__forward_parse(&forward, chunk)) {
        return false;
    }
    for (size_t i = 0; i < forward.cnt; i++) {
        entries[i] = usctp__forward_entry(&forward, i);
    }
    usctp__forward_write(w, forward.by_mid, forward.cum_tsn, entries, forward.cnt);
    return true;
}

static bool again_init(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__init init;
    struct usctp__init_params params;
    struct usctp__param_iter iter;
    struct usctp__param param;
    struct usctp_addr addr;
    uint32_t cnt = 0;
    size_t pos;

    if (!usctp__init_parse(&init, chunk)) {
        return false;
    }
    (void)usctp__init_check(&init);
    (void)usctp__init_params_parse(&params, chunk->type, &init);
    CHECK(params.processed_len <= init.params_len);
    CHECK(params.report_len <= USCTP__INIT_MAX_REPORT_LEN);

    usctp__init_addr_iter_init(&iter, &params);
    while (usctp__init_addr_next(&iter, &addr, &param)) {
        cnt++;
    }
    CHECK(cnt == params.addr_cnt);
    usctp__init_unrecognized_iter_init(&iter, &params);
    while (usctp__init_unrecognized_next(&iter, &param)) {
        CHECK(param.value + param.value_len <= init.params + init.params_len);
    }

    pos = usctp__init_begin(w, chunk->type, &init);
    usctp__param_iter_init(&iter, params.start, params.processed_len);
    while (usctp__param_next(&iter, &param) == 1) {
        usctp__param_copy(w, param.start, param.len);
    }
    usctp__chunk_end(w, pos);
    return true;
}

/* An INIT ACK that answers: no longer than it may be. */
static void answer_init(const struct usctp__chunk *chunk)
{
    uint8_t buf[1024];
    struct usctp__writer w = usctp__writer_make(buf, sizeof(buf));
    struct usctp__init init;
    struct usctp__init_params params;
    size_t pos;

    if (!usctp__init_parse(&init, chunk)) {
        return;
    }
    (void)usctp__init_params_parse(&params, chunk->type, &init);
    pos = usctp__init_begin(&w, USCTP__CHUNK_INIT_ACK, &init);
    usctp__init_write_reports(&w, &params);
    usctp__cause_write_unrecognized_params(&w, params.reports, params.report_cnt);
    usctp__chunk_end(&w, pos);
    CHECK(!w.failed);
}

struct gaps {
    const struct usctp__sack *sack;
    unsigned next;
};

static bool next_gap(void *ctx, struct usctp__gap *gap)
{
    struct gaps *gaps = ctx;

    if (gaps->next == gaps->sack->gap_cnt) {
        return false;
    }
    *gap = usctp__sack_gap(gaps->sack, gaps->next++);
    return true;
}

static bool again_sack(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    static uint32_t dups[65536];
    struct usctp__sack sack;
    struct usctp__sack_source source = {0};
    struct gaps gaps = {&sack, 0};

    if (!usctp__sack_parse(&sack, chunk)) {
        return false;
    }
    for (unsigned i = 0; i < sack.dup_cnt; i++) {
        dups[i] = usctp__sack_dup(&sack, i);
    }
    CHECK(sack.gap_cnt > 0 || usctp__sack_gaps_sane(&sack));
    CHECK(sack.gap_cnt > 0 || usctp__sack_highest_gap(&sack) == 0);
    source.cum_tsn = sack.cum_tsn;
    source.a_rwnd = sack.a_rwnd;
    source.next_gap = next_gap;
    source.ctx = &gaps;
    source.dups = dups;
    source.dup_cnt = sack.dup_cnt;
    usctp__sack_write(w, &source);
    CHECK(gaps.next == sack.gap_cnt);
    return true;
}

static bool again_heartbeat(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__range info;

    if (!usctp__heartbeat_parse(&info, chunk)) {
        return false;
    }
    usctp__heartbeat_write(w, chunk->type, info.ptr, info.len);
    return true;
}

static bool again_shutdown(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    uint32_t cum_tsn;

    if (!usctp__shutdown_parse(&cum_tsn, chunk)) {
        return false;
    }
    usctp__shutdown_write(w, cum_tsn);
    return true;
}

static bool again_error(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__range causes = usctp__error_causes(chunk);
    struct usctp__cause cause;
    uint16_t first = usctp__cause_first(chunk->value, chunk->value_len);
    size_t pos;

    CHECK(causes.len <= chunk->value_len);
    if (causes.len > 0) {
        CHECK(usctp__error_find(chunk, first, &cause) && cause.start == chunk->value);
    }
    if (chunk->type == USCTP__CHUNK_ABORT) {
        usctp__abort_write_causes(w, usctp__chunk_is_reflected(chunk), causes.ptr, causes.len);
        return true;
    }
    pos = usctp__error_begin(w);
    usctp__writer_bytes(w, causes.ptr, causes.len);
    usctp__chunk_end(w, pos);
    return true;
}

static bool again_reconf(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__reconf_param params[USCTP__RECONF_PARAM_MAX];
    size_t cnt, pos;

    if (usctp__reconf_parse(chunk, params, &cnt) != USCTP__RECONF_OK) {
        CHECK(cnt <= USCTP__RECONF_PARAM_MAX);
        return false;
    }
    pos = usctp__chunk_begin(w, USCTP__CHUNK_RECONF, 0);
    for (size_t i = 0; i < cnt; i++) {
        usctp__reconf_write(w, &params[i]);
    }
    usctp__chunk_end(w, pos);
    return true;
}

/* The address, and of each request what we would ask for; others are copied. */
static bool again_asconf(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__asconf_chunk asconf;
    struct usctp__asconf_param param;
    struct usctp__param_iter iter;
    size_t pos;

    if (!usctp__asconf_parse(&asconf, chunk)) {
        return false;
    }
    pos = usctp__chunk_begin(w, USCTP__CHUNK_ASCONF, 0);
    usctp__writer_u32(w, asconf.seq);
    usctp__asconf_write_addr(w, &asconf.address, false);
    usctp__param_iter_init(&iter, asconf.params, asconf.params_len);
    while (usctp__asconf_next(&iter, &param) == 1) {
        CHECK(param.rest.ptr + param.rest.len == param.all.ptr + param.all.len);
        if (param.has_addr) {
            usctp__asconf_write_request(w, param.type, param.id, &param.addr, false);
        } else {
            usctp__param_copy(w, param.all.ptr, param.all.len);
        }
    }
    usctp__chunk_end(w, pos);
    return true;
}

/* Responses are errors and successes; of the errors the first cause counts. */
static bool again_asconf_ack(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__asconf_param param;
    struct usctp__param_iter iter;
    size_t pos;
    int more;

    if (chunk->len < USCTP__ASCONF_ACK_MIN_LEN) {
        return false;
    }
    pos = usctp__chunk_begin(w, USCTP__CHUNK_ASCONF_ACK, 0);
    usctp__writer_u32(w, usctp__get32(chunk->value));
    usctp__param_iter_init(&iter, chunk->value + 4, chunk->value_len - 4);
    while ((more = usctp__asconf_next(&iter, &param)) == 1) {
        (void)usctp__cause_first(param.rest.ptr, param.rest.len);
        usctp__param_copy(w, param.all.ptr, param.all.len);
    }
    usctp__chunk_end(w, pos);
    return more == 0;
}

/* A MAC whose length is none of ours is not written. */
static bool again_auth(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__auth_chunk auth;

    if (!usctp__auth_parse(&auth, chunk)) {
        return false;
    }
    CHECK(auth.mac + auth.mac_len == chunk->value + chunk->value_len);
    if (auth.mac_len % 4 != 0) {
        return false;
    }
    usctp__auth_write(w, &auth);
    return true;
}

static bool again_ecn(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    if (chunk->len < USCTP__ECN_LEN) {
        return false;
    }
    usctp__ecn_write(w, chunk->type, usctp__ecn_tsn(chunk));
    return true;
}

static bool again(struct usctp__writer *w, const struct usctp__chunk *chunk)
{
    struct usctp__range cookie;

    switch (chunk->type) {
    case USCTP__CHUNK_DATA:
    case USCTP__CHUNK_I_DATA:
        return again_data(w, chunk);
    case USCTP__CHUNK_FORWARD_TSN:
    case USCTP__CHUNK_I_FORWARD_TSN:
        return again_forward(w, chunk);
    case USCTP__CHUNK_INIT:
    case USCTP__CHUNK_INIT_ACK:
        answer_init(chunk);
        return again_init(w, chunk);
    case USCTP__CHUNK_SACK:
        return again_sack(w, chunk);
    case USCTP__CHUNK_HEARTBEAT:
    case USCTP__CHUNK_HEARTBEAT_ACK:
        return again_heartbeat(w, chunk);
    case USCTP__CHUNK_SHUTDOWN:
        return again_shutdown(w, chunk);
    case USCTP__CHUNK_SHUTDOWN_COMPLETE:
        usctp__shutdown_complete_write(w, usctp__chunk_is_reflected(chunk));
        return true;
    case USCTP__CHUNK_ABORT:
    case USCTP__CHUNK_ERROR:
        return again_error(w, chunk);
    case USCTP__CHUNK_RECONF:
        return again_reconf(w, chunk);
    case USCTP__CHUNK_ASCONF:
        return again_asconf(w, chunk);
    case USCTP__CHUNK_ASCONF_ACK:
        return again_asconf_ack(w, chunk);
    case USCTP__CHUNK_AUTH:
        return again_auth(w, chunk);
    case USCTP__CHUNK_ECNE:
    case USCTP__CHUNK_CWR:
        return again_ecn(w, chunk);
    case USCTP__CHUNK_COOKIE_ECHO:
        cookie = usctp__cookie_echo_parse(chunk);
        usctp__cookie_echo_write(w, cookie.ptr, cookie.len);
        return true;
    default:
        return false;
    }
}

/* Fills what is left of a buffer, so that bytes left unset would differ. */
static struct usctp__writer fresh(uint8_t *buf, int filler)
{
    memset(buf, filler, 256);
    return usctp__writer_make(buf, MAX_LEN);
}

static void check_chunk(const struct usctp__chunk *chunk)
{
    static uint8_t first[MAX_LEN], second[MAX_LEN];
    struct usctp__writer one = fresh(first, 0x55), two = fresh(second, 0xaa);
    struct usctp__chunk back;

    if (!again(&one, chunk)) {
        return;
    }
    CHECK(!one.failed);
    CHECK(one.len <= usctp__pad4(chunk->len));
    CHECK(usctp__chunk_parse(&back, first, one.len) == 1);
    CHECK(back.type == chunk->type);
    CHECK(usctp__chunk_padded_len(&back) == one.len);
    CHECK(again(&two, &back));
    CHECK(two.len == one.len);
    CHECK(memcmp(first, second, one.len) == 0);
}

/* --- Parameters and causes -------------------------------------------------------------------- */

static void check_cause(const struct usctp__cause *cause)
{
    struct usctp__param_iter iter;
    struct usctp__param param;
    uint32_t number;
    uint16_t a, b;
    uint8_t c, d;

    (void)usctp__cause_invalid_stream(cause, &a);
    (void)usctp__cause_stale_cookie(cause, &number);
    (void)usctp__cause_no_user_data(cause, &number);
    (void)usctp__cause_unrecognized_chunk(cause, &c, &d);
    (void)usctp__cause_restart_encaps_port(cause, &a, &b);
    if (usctp__cause_missing_params(cause, &number)) {
        for (uint32_t i = 0; i < number; i++) {
            (void)usctp__cause_missing_param_at(cause, i);
        }
    }
    if (usctp__cause_params(cause, &iter)) {
        while (usctp__param_next(&iter, &param) == 1) {
            CHECK(param.value + param.value_len <= cause->value + cause->value_len);
        }
    }
}

static void check_entries(const uint8_t *ptr, size_t len)
{
    struct usctp__param_iter params;
    struct usctp__cause_iter causes;
    struct usctp__param param;
    struct usctp__cause cause;
    struct usctp_addr addr;

    usctp__param_iter_init(&params, ptr, len);
    while (usctp__param_next(&params, &param) == 1) {
        CHECK(param.start >= ptr && param.len <= len - (size_t)(param.start - ptr));
        (void)usctp__param_addr(&param, &addr);
    }
    usctp__cause_iter_init(&causes, ptr, len);
    while (usctp__cause_next(&causes, &cause) == 1) {
        CHECK(cause.start >= ptr && cause.len <= len - (size_t)(cause.start - ptr));
        check_cause(&cause);
    }
}

/* --- Text ------------------------------------------------------------------------------------- */

static void check_line(void *ctx, const char *line)
{
    size_t *cnt = ctx;

    CHECK(strlen(line) < USCTP__DESCRIBE_LEN);
    CHECK(strchr(line, '\n') == NULL);
    (*cnt)++;
}

static void check_text(const uint8_t *data, size_t len)
{
    char buf[1024];
    struct usctp__text text;
    size_t line_cnt = 0;

    usctp__text_init(&text, buf, len > 0 ? 1 + (size_t)data[0] * 4 : 1);
    usctp__describe_packet(&text, data, len);
    CHECK(strlen(buf) == text.len);
    usctp_packet_text(data, len, check_line, &line_cnt);
    CHECK(line_cnt > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct usctp__packet_header header;
    struct usctp__chunk_iter iter;
    struct usctp__chunk chunk;

    if (len > 65536) {
        return 0;
    }
    check_text(data, len);
    if (!usctp__packet_header_parse(&header, data, len)) {
        return 0;
    }
    usctp__chunk_iter_init(&iter, data, len);
    while (usctp__chunk_next(&iter, &chunk) == 1) {
        CHECK(chunk.start >= data && chunk.len <= len - (size_t)(chunk.start - data));
        check_chunk(&chunk);
        check_entries(chunk.value, chunk.value_len);
    }
    check_entries(data + USCTP__PACKET_HEADER_LEN, len - USCTP__PACKET_HEADER_LEN);
    return 0;
}
