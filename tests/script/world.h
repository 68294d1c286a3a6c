/* SPDX-License-Identifier: BSD-3-Clause */
/* The world of a script: one stack in virtual time, a lower layer that keeps what is sent, and the
 * events that came. */
#ifndef USCTP_SCRIPT_WORLD_H
#define USCTP_SCRIPT_WORLD_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/lower.h>
#include <usctp/usctp.h>

#include "common/test_crypto.h"
#include "common/test_memory.h"
#include "layout.h"
#include "value.h"

enum {
    WORLD_LOWER_MAX = 4,
    WORLD_ENDPOINT_MAX = 8,
    WORLD_ASSOC_MAX = 64,
    WORLD_BATCH_MAX = 512,
    WORLD_KEPT_MAX = 64,
    WORLD_ON_MAX = 8,
    RECORD_FIELD_MAX = 16,
};

/* A packet that the stack sent. */
struct sent {
    struct sent *next;
    uint64_t ts;
    usctp_lower_id lower;
    struct usctp_addr local, remote;
    uint16_t remote_udp_port;
    uint32_t flags; /* enum usctp_dgram_flag */
    uint8_t ecn;
    size_t len;
    uint8_t data[];
};

/* An event that came. */
struct record {
    struct record *next;
    struct values *values; /* where it and its bytes live */
    uint64_t ts;
    const char *name;
    size_t field_cnt;
    struct record_field {
        const char *key;
        uint64_t num;
        const char *const *words; /* numbers written as words, or NULL */
    } fields[RECORD_FIELD_MAX];
    bool has_addr;
    struct usctp_addr addr; /* PATH: the remote address */
    uint8_t *bytes;         /* MESSAGE, SEND_FAILED: the data; LOST, REMOTE_ERROR: the causes */
    size_t len;
};

/* One lower layer. */
struct world_lower {
    struct world *world;
    usctp_lower_id id; /* 0: not attached */
    uint32_t flags;
    bool counted; /* it takes take_cnt packets more, then it is blocked */
    uint64_t take_cnt;
    uint64_t too_big;         /* packets above so many bytes are refused; 0: none */
    bool unreachable;         /* every packet is refused */
    bool has_source;          /* source() knows an answer */
    struct usctp_addr source; /* it, if it is of the family asked for */
    uint32_t max_packet;      /* what max_packet() says */
};

struct world {
    struct values values;
    const char *file; /* for messages */
    unsigned line;
    jmp_buf failed;      /* where failures go */
    struct text failure; /* what failed */
    bool verbose;
    struct text violation; /* a packet of ours that no rule allows; reported after the step */
    char *trace;           /* what happened, for a failed script */
    size_t trace_len, trace_cap;

    struct test_memory memory;
    struct test_crypto crypto;
    uint8_t random_byte; /* see world_constant_random */
    struct usctp_config config;
    struct usctp_params params;
    usctp_stack *stack;
    uint64_t now_ts, begin_ts;
    struct world_lower lowers[WORLD_LOWER_MAX];
    size_t lower_cnt;
    usctp_endpoint *endpoints[WORLD_ENDPOINT_MAX];
    size_t endpoint_cnt;
    bool refuse; /* the accept callback refuses */

    usctp_assoc *assocs[WORLD_ASSOC_MAX]; /* NULL: gone */
    size_t assoc_cnt;
    uint64_t adopted_cnt, released_cnt;

    struct sent *sent, **sent_end;
    struct record *records, **records_end;
    uint32_t ignored;       /* mask of chunk types: packets of only these are not looked at */
    bool watch_buffers;     /* DRY and BUFFERED_LOW count as events */
    bool auto_heartbeat;    /* HEARTBEATs are answered, and not looked at */
    struct usctp_addr mute; /* but not those to this address */
    bool in_auto;           /* answering now */
    struct sent *to_answer; /* HEARTBEATs that wait for their answers */

    struct usctp_dgram batch[WORLD_BATCH_MAX]; /* packets that wait for the next one */
    size_t batch_cnt;

    enum { MESSAGES_TAKE, MESSAGES_KEEP, MESSAGES_DEFER } messages;
    usctp_message *kept[WORLD_KEPT_MAX];
    size_t kept_first, kept_cnt;
    struct {
        const char *event;
        const char *call; /* NULL: done */
    } on[WORLD_ON_MAX];
    size_t on_cnt;
    bool ending; /* the stack is being freed: nothing counts any more */
};

void world_init(struct world *world);
void world_end(struct world *world);  /* frees the stack and checks the balance */
void world_drop(struct world *world); /* after a failure */

/* Fails the script. */
void world_fail(struct world *world, const char *format, ...) SCRIPT_PRINTF(2, 3);

/* A line of the trace. */
void world_trace(struct world *world, const char *format, ...) SCRIPT_PRINTF(2, 3);

/* The stack, made on first use from config and params. */
usctp_stack *world_stack(struct world *world);

/* All random bytes are this one from now on: our tags and TSNs are known. 0xff: the TSN wraps at once. */
void world_constant_random(struct world *world, uint8_t byte);

/* Attaches a lower layer. */
void world_attach(struct world *world, const struct usctp_lower *lower, bool has_source,
                  uint32_t max_packet);

/* The number, 1 and up, of an association; a new one gets the next. */
size_t world_assoc_number(struct world *world, usctp_assoc *assoc);

/* The association that an item means: assoc=N, else the youngest one that lives. Fails if there is
 * none. */
usctp_assoc *world_assoc(struct world *world, struct item *item);

/* Around everything that is done to the stack: sets the time; runs what is due, checks. */
void world_enter(struct world *world);
void world_leave(struct world *world);

/* Fails if a packet or an event came that the script did not name. */
void world_expect_quiet(struct world *world);

/* Moves time on to ts, running what falls due; `until` (may be NULL) says when to stop earlier. */
void world_advance(struct world *world, uint64_t ts, bool (*until)(struct world *world));

/* Hands in a packet, or puts it into the batch. */
void world_input(struct world *world, const struct usctp_dgram *dgram, bool batch);

/* Takes the first packet or event off; it lives as long as the script. */
struct sent *world_take_sent(struct world *world, struct sent *sent);
struct record *world_take_record(struct world *world);

/* Texts for messages. */
void text_packet(struct text *text, const struct sent *sent);
void text_record(struct text *text, const struct record *record);

/* record.c: an event of the stack as a record. */
struct record *record_make(struct world *world, const struct usctp_event *event);
/* True if the item's fields are those of the record. */
bool record_matches(struct values *values, struct item *item, const struct record *record,
                    struct text *why);
extern const char *const world_state_words[];
extern const char *const world_path_state_words[];

/* sent.c: what holds for every packet ever sent; adds to *why if it does not. */
void check_sent(const struct usctp_dgram *dgram, uint32_t max_packet, uint32_t lower_flags,
                struct text *why);

/* call.c: `call NAME ...`; `rest` is what stands behind the items: `= ERROR` or nothing. */
void run_call(struct world *world, const char *text);

/* setup.c: the lines that set things up. */
void run_endpoint(struct world *world, struct item *item);
void run_lower(struct world *world, struct item *item);
void run_stack(struct world *world, struct item *item);
void run_params(struct world *world, struct item *item);
void params_from_item(struct world *world, struct usctp_params *params, struct item *item);
bool address_list(struct world *world, struct item *item, const char *key,
                  struct usctp_peer_addr *addrs, size_t *cnt, size_t max);
/* The lower layer that an item means, or the first one; the endpoint, or the last one. */
struct world_lower *lower_of(struct world *world, struct item *item);
usctp_endpoint *endpoint_of(struct world *world, struct item *item);
/* Makes an endpoint: USCTP_OK or what the call says. */
int new_endpoint(struct world *world, struct item *item);

/* state.c: `stat`, `assoc`, `path` lines. */
void run_stat(struct world *world, struct item *item);
void run_assoc(struct world *world, struct item *item);
void run_path(struct world *world, struct item *item);
usctp_path_id path_of(struct world *world, usctp_assoc *assoc, const struct value *value);

/* file.c: runs a script. */
void run_file(struct world *world, const char *path);

#endif
