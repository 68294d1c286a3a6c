/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one side of an association sent, message by message, and what became of it. The contents of a
 * message follow from its ledger and number alone; its payload protocol identifier holds both, so
 * that a receiver can look up what it should have got, down to a message of one byte.
 */
#ifndef USCTP_SIM_LEDGER_H
#define USCTP_SIM_LEDGER_H

#include <stddef.h>
#include <stdint.h>

enum { SIM_LEDGER_BITS = 12, SIM_MESSAGE_BITS = 20 };

enum sim_message_state {
    SIM_MESSAGE_UNORDERED = 1 << 0,
    SIM_MESSAGE_DELIVERED = 1 << 1, /* whole, to the application */
    SIM_MESSAGE_FAILED = 1 << 2,    /* given back to the sender */
    SIM_MESSAGE_ADOPTED = 1 << 3,   /* sent without a copy */
    SIM_MESSAGE_RELEASED = 1 << 4,  /* and released */
    SIM_MESSAGE_EXPIRED = 1 << 5,   /* given up before any of it was sent */
    SIM_MESSAGE_ABANDONED = 1 << 6, /* given up after it was sent: it may come or not */
    SIM_MESSAGE_CUT = 1 << 7,       /* it came in part, and the rest will not */
    SIM_MESSAGE_WITHDRAWN =
        1 << 8 /* abandoned before the association was up: it may have no number any more */
};

/* A message that the library took. */
struct sim_message {
    uint32_t len;
    uint32_t got_len; /* bytes delivered so far */
    uint32_t prev;    /* number of the ordered message before it in its stream, plus 1; 0: none */
    uint32_t ssn;     /* ordered messages before it in its stream, but for those that expired */
    uint16_t stream;
    uint16_t state;     /* enum sim_message_state */
    uint64_t expiry_ts; /* of its lifetime, by the sender's clock; 0: it has none */
};

/* Where the sequence numbers of a stream began anew (RFC 6525). */
struct sim_generation {
    uint32_t
        pos; /* messages from this number on are of after the reset that the receiver saw last */
    uint32_t asked; /* the sender wants another one, before message asked - 1; 0: it does not */
    uint32_t skew;  /* ssn of a message less its number on the wire */
    int unknown;    /* skew is not known before the next message */
    int loose;      /* nor is pos: it was the receiver who wanted it */
};

struct sim_ledger {
    uint32_t id;                  /* below 2^SIM_LEDGER_BITS */
    uint64_t key;                 /* of the contents */
    struct sim_message *messages; /* by number */
    uint32_t message_cnt;
    uint32_t message_cap;
    uint32_t *top;               /* by stream: number of the last ordered one delivered, plus 1 */
    uint32_t *last;              /* by stream: number of its last ordered message, plus 1 */
    struct sim_generation *gens; /* by stream */
    uint32_t stream_cnt;         /* entries of all three */
    struct sim_generation fresh; /* of streams that have no entry yet */
    uint32_t reset_cnt; /* resets of any of its streams that the sender knows to be done, */
    uint32_t seen_cnt;  /* and those that the receiver has seen */
    uint32_t base;      /* messages below this need not have been delivered: they went to
                                   * a receiver that is no more */
    uint32_t
        taken_along; /* messages below this a receiver may have acknowledged and taken along when it
                           * was lost, for want of memory or the like; it may have a second life */
    uint64_t byte_cnt; /* of all messages */
    uint32_t delivered_cnt;
    uint32_t skipped_cnt;   /* below base and not delivered when base was set */
    uint32_t expired_cnt;   /* never sent, and not below base then */
    uint32_t abandoned_cnt; /* given up after they were sent, and not delivered */
    int was_complete;       /* for a receiver before the present one */
    int sender_paused;      /* its events wait: it need not know that a reset was denied */
    uint32_t failed_cnt;
    void *receiver; /* struct sim_conn that gets them; NULL: none yet */
};

/* A new, empty ledger. */
struct sim_ledger *sim_ledger_new(uint32_t id, uint64_t key);
void sim_ledger_free(struct sim_ledger *ledger);

/* Notes a message that the library took; returns its number. */
uint32_t sim_ledger_add(struct sim_ledger *ledger, uint16_t stream, int unordered, uint32_t len);

/* The message noted last was not taken after all. */
void sim_ledger_take_back(struct sim_ledger *ledger);

/* The payload protocol identifier of a message, and back. */
uint32_t sim_ledger_ppid(const struct sim_ledger *ledger, uint32_t number);
uint32_t sim_ppid_ledger(uint32_t ppid);
uint32_t sim_ppid_number(uint32_t ppid);

/* The contents of message `number` from `at` on. */
void sim_ledger_fill(const struct sim_ledger *ledger, uint32_t number, size_t at, uint8_t *out,
                     size_t len);

/* 1 if these are the contents from `at` on. */
int sim_ledger_same(const struct sim_ledger *ledger, uint32_t number, size_t at,
                    const uint8_t *data, size_t len);

/* From message `number` on there is another receiver: what is below and not delivered is not asked
 * for any more. */
void sim_ledger_rebase(struct sim_ledger *ledger, uint32_t number);

/* A new receiver gets what the one before it got, once more. */
void sim_ledger_again(struct sim_ledger *ledger);

/* The lifetime of a message ended before it was sent: it is not asked for, and has no number in its
 * stream. */
void sim_ledger_expire(struct sim_ledger *ledger, uint32_t number);

/* A message was given up after it was sent: it is not asked for any more. */
void sim_ledger_abandon(struct sim_ledger *ledger, uint32_t number);

/* A message was delivered whole. 0: one behind it in its stream had been delivered before. */
/* The same, of a message that may have ridden on a COOKIE ECHO in vain: then the numbers begin anew without it. */
void sim_ledger_withdraw(struct sim_ledger *ledger, uint32_t number);

int sim_ledger_deliver(struct sim_ledger *ledger, uint32_t number);

/* The generation of a stream, for changing it. */
struct sim_generation *sim_ledger_generation(struct sim_ledger *ledger, uint16_t stream);

/* 1 if this is the number that a message has on the wire, and its place is on the right side of resets.
 * `lenient`: there was no memory, and the sender may not have heard yet that a reset was denied. */
int sim_ledger_number_fits(struct sim_ledger *ledger, uint32_t number, uint32_t ssn, int lenient);

/* 1 if a message need not come before those after it: it was given up, or may have been. */
int sim_ledger_passed(const struct sim_ledger *ledger, uint32_t number);

/* The receiver is lost: what it has not delivered of the messages noted so far it may have acknowledged. */
void sim_ledger_lose(struct sim_ledger *ledger);

/* 1 if every message has been delivered that must be; `second_life`: to one who may not get again what the receiver
 * before took along. */
int sim_ledger_complete(const struct sim_ledger *ledger, int second_life);

#endif
