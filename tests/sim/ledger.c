/* SPDX-License-Identifier: BSD-3-Clause */
/* Ledgers of messages. */
#include "sim/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fail.h"
#include "sim/rng.h"

struct sim_ledger *sim_ledger_new(uint32_t id, uint64_t key)
{
    struct sim_ledger *ledger = sim_zalloc(sizeof(*ledger));

    if (id >> SIM_LEDGER_BITS != 0) {
        sim_fail("the simulator has no more ledgers");
    }
    ledger->id = id;
    ledger->key = sim_mix(key, id);
    return ledger;
}

void sim_ledger_free(struct sim_ledger *ledger)
{
    free(ledger->messages);
    free(ledger->last);
    free(ledger->top);
    free(ledger->gens);
    free(ledger);
}

static uint32_t *last_of(struct sim_ledger *ledger, uint16_t stream)
{
    if (stream >= ledger->stream_cnt) {
        uint32_t cnt = (stream + 64u) & ~63u;

        ledger->last = sim_realloc(ledger->last, cnt * sizeof(ledger->last[0]));
        ledger->top = sim_realloc(ledger->top, cnt * sizeof(ledger->top[0]));
        memset(ledger->last + ledger->stream_cnt, 0,
               (cnt - ledger->stream_cnt) * sizeof(ledger->last[0]));
        memset(ledger->top + ledger->stream_cnt, 0,
               (cnt - ledger->stream_cnt) * sizeof(ledger->top[0]));
        ledger->gens = sim_realloc(ledger->gens, cnt * sizeof(ledger->gens[0]));
        for (uint32_t i = ledger->stream_cnt; i < cnt; i++) {
            ledger->gens[i] = ledger->fresh;
        }
        ledger->stream_cnt = cnt;
    }
    return &ledger->last[stream];
}

struct sim_generation *sim_ledger_generation(struct sim_ledger *ledger, uint16_t stream)
{
    (void)last_of(ledger, stream);
    return &ledger->gens[stream];
}

/* Ordered messages before this one in its stream and generation that had a number. */
static uint32_t numbers_before(const struct sim_ledger *ledger, uint32_t number, uint32_t pos)
{
    uint32_t prev = ledger->messages[number].prev, cnt = 0;

    for (; prev > pos; prev = ledger->messages[prev - 1].prev) {
        cnt += (ledger->messages[prev - 1].state & SIM_MESSAGE_EXPIRED) == 0;
    }
    return cnt;
}

/* An ordered message that may have expired unsent without its sender having heard of it yet: events may
 * wait for the next time the stack is entered. */
static int may_have_expired(const struct sim_message *message)
{
    return message->expiry_ts != 0 &&
           (message->state &
            (SIM_MESSAGE_DELIVERED | SIM_MESSAGE_EXPIRED | SIM_MESSAGE_ABANDONED)) == 0;
}

int sim_ledger_passed(const struct sim_ledger *ledger, uint32_t number)
{
    const struct sim_message *message = &ledger->messages[number];

    return (message->state & (SIM_MESSAGE_EXPIRED | SIM_MESSAGE_ABANDONED)) != 0 ||
           may_have_expired(message);
}

/* Ordered messages before this one in its stream and generation that may have had no number. */
static uint32_t doubtful_before(const struct sim_ledger *ledger, uint32_t number, uint32_t pos)
{
    uint32_t prev = ledger->messages[number].prev, cnt = 0;

    for (; prev > pos; prev = ledger->messages[prev - 1].prev) {
        cnt += may_have_expired(&ledger->messages[prev - 1]) ||
               (ledger->messages[prev - 1].state & SIM_MESSAGE_WITHDRAWN) != 0;
    }
    return cnt;
}

int sim_ledger_number_fits(struct sim_ledger *ledger, uint32_t number, uint32_t ssn, int lenient)
{

    const struct sim_message *message = &ledger->messages[number];
    struct sim_generation *gen = sim_ledger_generation(ledger, message->stream);

    if (number < gen->pos ||
        (gen->asked > 0 && number >= gen->asked - 1 && !ledger->sender_paused && !lenient)) {
        return 0;
    }
    if ((message->state & SIM_MESSAGE_UNORDERED) != 0) {
        return 1;
    }
    if (gen->unknown) {
        gen->unknown = 0;
        gen->skew = message->ssn - ssn;
        return gen->loose || ((numbers_before(ledger, number, gen->pos) - ssn) & 0xffff) <=
                                 doubtful_before(ledger, number, gen->pos);
    }
    return ((message->ssn - gen->skew - ssn) & 0xffff) <= doubtful_before(ledger, number, gen->pos);
}

/* The number of what follows a message in its stream. */
static uint32_t next_ssn(const struct sim_message *message)
{
    return message->ssn + ((message->state & SIM_MESSAGE_EXPIRED) == 0);
}

uint32_t sim_ledger_add(struct sim_ledger *ledger, uint16_t stream, int unordered, uint32_t len)
{
    struct sim_message *message;
    uint32_t number = ledger->message_cnt;

    if (number >> SIM_MESSAGE_BITS != 0) {
        sim_fail("the simulator has no more messages");
    }
    if (number == ledger->message_cap) {
        ledger->message_cap = number == 0 ? 64 : number * 2;
        ledger->messages =
            sim_realloc(ledger->messages, ledger->message_cap * sizeof(ledger->messages[0]));
    }
    message = &ledger->messages[ledger->message_cnt++];
    memset(message, 0, sizeof(*message));
    message->len = len;
    message->stream = stream;
    ledger->byte_cnt += len;
    if (unordered) {
        message->state = SIM_MESSAGE_UNORDERED;
    } else {
        uint32_t *last = last_of(ledger, stream);

        message->prev = *last;
        message->ssn = *last > 0 ? next_ssn(&ledger->messages[*last - 1]) : 0;
        *last = number + 1;
    }
    return number;
}

void sim_ledger_take_back(struct sim_ledger *ledger)
{
    const struct sim_message *message = &ledger->messages[--ledger->message_cnt];

    ledger->byte_cnt -= message->len;
    if ((message->state & SIM_MESSAGE_UNORDERED) == 0) {
        ledger->last[message->stream] = message->prev;
    }
}

uint32_t sim_ledger_ppid(const struct sim_ledger *ledger, uint32_t number)
{
    return ledger->id << SIM_MESSAGE_BITS | number;
}

uint32_t sim_ppid_ledger(uint32_t ppid)
{
    return ppid >> SIM_MESSAGE_BITS;
}

uint32_t sim_ppid_number(uint32_t ppid)
{
    return ppid & ((1u << SIM_MESSAGE_BITS) - 1);
}

/* Byte `at` of a message is byte at % 8 of the number that belongs to its eight. */
static uint64_t word_at(const struct sim_ledger *ledger, uint32_t number, size_t at)
{
    return sim_mix(ledger->key + number, at / 8);
}

void sim_ledger_fill(const struct sim_ledger *ledger, uint32_t number, size_t at, uint8_t *out,
                     size_t len)
{
    uint64_t word = word_at(ledger, number, at);

    for (size_t i = 0; i < len; i++, at++) {
        if (at % 8 == 0) {
            word = word_at(ledger, number, at);
        }
        out[i] = (uint8_t)(word >> at % 8 * 8);
    }
}

int sim_ledger_same(const struct sim_ledger *ledger, uint32_t number, size_t at,
                    const uint8_t *data, size_t len)
{
    uint64_t word = word_at(ledger, number, at);

    for (size_t i = 0; i < len; i++, at++) {
        if (at % 8 == 0) {
            word = word_at(ledger, number, at);
        }
        if (data[i] != (uint8_t)(word >> at % 8 * 8)) {
            return 0;
        }
    }
    return 1;
}

void sim_ledger_rebase(struct sim_ledger *ledger, uint32_t number)
{
    for (uint32_t i = ledger->base; i < number; i++) {
        int settled = ledger->messages[i].state &
                      (SIM_MESSAGE_DELIVERED | SIM_MESSAGE_EXPIRED | SIM_MESSAGE_ABANDONED);

        ledger->skipped_cnt += settled == 0;
    }
    ledger->base = number;
}

void sim_ledger_expire(struct sim_ledger *ledger, uint32_t number)
{
    struct sim_message *message = &ledger->messages[number];

    message->state |= SIM_MESSAGE_EXPIRED;
    ledger->expired_cnt += number >= ledger->base;
    for (uint32_t i = number + 1; i < ledger->message_cnt; i++) {
        struct sim_message *later = &ledger->messages[i];

        if (later->stream == message->stream &&
            ((later->state | message->state) & SIM_MESSAGE_UNORDERED) == 0) {
            later->ssn--;
        }
    }
}

void sim_ledger_withdraw(struct sim_ledger *ledger, uint32_t number)
{
    ledger->messages[number].state |= SIM_MESSAGE_WITHDRAWN;
    sim_ledger_abandon(ledger, number);
}

void sim_ledger_abandon(struct sim_ledger *ledger, uint32_t number)
{
    struct sim_message *message = &ledger->messages[number];

    if (number >= ledger->base) {
        message->state |= SIM_MESSAGE_ABANDONED;
        ledger->abandoned_cnt += (message->state & SIM_MESSAGE_DELIVERED) == 0;
    }
}

int sim_ledger_deliver(struct sim_ledger *ledger, uint32_t number)
{
    struct sim_message *message = &ledger->messages[number];
    int rises = 1;

    message->state |= SIM_MESSAGE_DELIVERED;
    ledger->delivered_cnt++;
    ledger->abandoned_cnt -= (message->state & SIM_MESSAGE_ABANDONED) != 0;
    if ((message->state & SIM_MESSAGE_UNORDERED) == 0) {
        uint32_t *top = &ledger->top[message->stream];

        rises = number + 1 > *top;
        *top = number + 1;
    }
    return rises;
}

void sim_ledger_again(struct sim_ledger *ledger)
{
    ledger->was_complete = sim_ledger_complete(ledger, 0);
    ledger->abandoned_cnt = 0;
    if (ledger->stream_cnt > 0) {
        memset(ledger->top, 0, ledger->stream_cnt * sizeof(ledger->top[0]));
    }
    for (uint32_t i = 0; i < ledger->message_cnt; i++) {
        ledger->abandoned_cnt += (ledger->messages[i].state & SIM_MESSAGE_ABANDONED) != 0;
        ledger->messages[i].state &= (uint16_t)~SIM_MESSAGE_DELIVERED;
        ledger->messages[i].got_len = 0;
    }
    ledger->delivered_cnt = 0;
}

void sim_ledger_lose(struct sim_ledger *ledger)
{
    ledger->taken_along = ledger->message_cnt;
}

/* What could not be taken along was delivered, or given up. */
static int rest_complete(const struct sim_ledger *ledger)
{
    const unsigned settled = SIM_MESSAGE_DELIVERED | SIM_MESSAGE_EXPIRED | SIM_MESSAGE_ABANDONED;

    for (uint32_t i = ledger->taken_along; i < ledger->message_cnt; i++) {
        if (i >= ledger->base && (ledger->messages[i].state & settled) == 0) {
            return 0;
        }
    }
    return 1;
}

int sim_ledger_complete(const struct sim_ledger *ledger, int second_life)
{
    uint32_t settled_cnt =
        ledger->delivered_cnt + ledger->skipped_cnt + ledger->expired_cnt + ledger->abandoned_cnt;

    return ledger->was_complete || settled_cnt >= ledger->message_cnt ||
           (second_life && ledger->taken_along > 0 && rest_complete(ledger));
}
