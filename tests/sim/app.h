/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Applications above simulated hosts: they set up associations, send and receive messages in many
 * ways, end in many ways, and hold the library to every promise of <usctp/usctp.h>: each message
 * once, whole and in order; events in order and none after CLOSED; one WRITABLE after each
 * would-block; one release for each adopted message.
 */
#ifndef USCTP_SIM_APP_H
#define USCTP_SIM_APP_H

#include <stddef.h>
#include <stdint.h>

#include <usctp/usctp.h>

#include "sim/clock.h"
#include "sim/extensions.h"
#include "sim/host.h"
#include "sim/ledger.h"
#include "sim/rng.h"

struct sim_app;
struct sim_conn;

/* What one side does in an association. Chances are per message, in a million. */
struct sim_traffic {
    uint32_t message_cnt; /* messages to send */
    uint32_t min_len;     /* bytes of a message: every order of magnitude as likely */
    uint32_t max_len;
    uint16_t stream_cnt; /* streams to use */
    uint32_t unordered_ppm;
    uint32_t adopt_ppm;    /* send without a copy */
    uint32_t urgent_ppm;   /* ask for a SACK at once */
    uint32_t alone_ppm;    /* start a packet of its own */
    uint32_t mortal_ppm;   /* give it a lifetime, */
    uint64_t life_dur;     /* at most so long */
    uint32_t fickle_ppm;   /* give it a policy of partial reliability */
    uint32_t reset_ppm;    /* reset streams, or all, or add some */
    uint32_t schedule_ppm; /* change what a scheduler goes by, or the scheduler */
    uint32_t cork_ppm;     /* begin a corked run */
    uint32_t burst_cnt;    /* pause after so many messages; 0: never */
    uint64_t burst_dur;    /* so long */
    uint32_t keep_ppm;     /* keep a received message, */
    uint64_t keep_dur;     /* at most so long */
    uint32_t pause_ppm;    /* stop reading, */
    uint64_t pause_dur;    /* at most so long */
    uint32_t defer_ppm;    /* put a received message back */
};

/* How the side that connected ends an association. */
enum sim_end {
    SIM_END_CLOSE_ALL = 0, /* close when all has been sent and received */
    SIM_END_CLOSE_SENT,    /* close as soon as all has been handed over */
    SIM_END_CLOSE_BOTH,    /* both sides close at the same moment, when all has been received */
    SIM_END_CLOSE_PEER,    /* the other side closes */
    SIM_END_ABORT,         /* abort at end_dur after set-up began */
    SIM_END_FREE,          /* free the handle then */
    SIM_END_FREE_ENDPOINT, /* free the endpoint then */
    SIM_END_CNT
};

/* An association that is to be: what the connecting side knows. Owned by whoever draws worlds. */
struct sim_plan {
    struct sim_app *from;
    struct sim_app *to;   /* may be NULL: no one there */
    usctp_lower_id lower; /* 0: any */
    struct usctp_peer_addr addrs[4];
    size_t addr_cnt;
    uint16_t port;                        /* SCTP port to connect to */
    uint16_t local_port;                  /* 0: drawn */
    const struct usctp_addr *local_addrs; /* for the endpoint; may be none */
    size_t local_addr_cnt;
    struct usctp_params params; /* of the connecting side */
    struct sim_traffic out;     /* of the connecting side */
    int end;                    /* enum sim_end */
    uint64_t start_ts;          /* when to connect */
    uint64_t end_dur;
    uint32_t max_attempts;    /* connect again after a loss, so many times in all */
    int simultaneous;         /* the other side has a plan for the same ports: an association
                                     * that is there already is taken over */
    uint32_t attempt_cnt;     /* so far */
    usctp_endpoint *endpoint; /* NULL: none now */
    struct sim_conn *conn;    /* the present attempt */
    int finished;             /* nothing more will happen */
    int excused;              /* not reached, but for a good reason */
    int reached;              /* all was delivered both ways, and it ended as it should */
    uint64_t finish_ts;       /* when it finished */
    struct sim_timer timer;   /* to connect */
};

/* A received message that is kept. */
struct sim_kept {
    usctp_message *message;
    uint32_t ppid;
    size_t at; /* of its bytes in the whole message */
    size_t len;
};

enum { SIM_CONN_KEPT = 32 };

enum sim_conn_phase {
    SIM_CONN_OPENING = 1,
    SIM_CONN_UP,
    SIM_CONN_LOST, /* COMMUNICATION LOST came; CLOSED must follow */
    SIM_CONN_CLOSED,
    SIM_CONN_GONE /* the handle was freed, or the host crashed */
};

/* One side of an association. */
struct sim_conn {
    struct sim_conn *next; /* of the register */
    struct sim_app *app;
    struct sim_plan *plan; /* of the side that connected, else NULL */
    const struct sim_traffic *traffic;
    usctp_assoc *assoc; /* NULL before the first event of an accepted one, and in the end */
    int phase;          /* enum sim_conn_phase */
    int was_up;
    int lost;    /* LOST came */
    int excused; /* lost for a reason that is no fault: a guard timer, an end of the other side */
    int lost_reason;   /* enum usctp_lost_reason */
    int closing;       /* we closed */
    uint64_t close_ts; /* when we did */
    int aborted;       /* we aborted */
    int peer_shutdown;
    int restarted;   /* RESTARTED came */
    int second_life; /* made by a late copy of a COOKIE ECHO whose association has ended */
    int ghost;       /* and there is no one on the other side */
    int blocked;     /* EWOULDBLOCK came, WRITABLE not yet */
    int corked;
    uint32_t cork_left; /* messages until uncorked */
    int paused;         /* by us: nothing may be delivered */
    int deferred;       /* ppid of the message that must come first, in deferred_ppid */
    uint32_t deferred_ppid;
    int resets_unknown;             /* which numbers messages have cannot be told any more */
    int asked_out;                  /* we have asked for a reset of outgoing streams, */
    int asked_in;                   /* of incoming ones, */
    int asked_all;                  /* of all and of TSNs, */
    int asked_add;                  /* for more streams */
    uint32_t local_tag, remote_tag; /* 0: not known yet */
    struct sim_conn *peer;          /* the other side, once found */
    struct sim_rng rng;
    struct sim_ledger *out; /* what we send */
    struct sim_ledger *in;  /* what we get, once something has come */
    uint32_t sent_cnt;      /* of traffic->message_cnt */
    uint32_t next_len;      /* the next message, drawn: 0: not yet */
    uint16_t next_stream;
    int next_unordered;
    uint32_t adopted_cnt;  /* messages that the library adopted */
    uint32_t released_cnt; /* and released */
    uint64_t open_ts;      /* when it began */
    uint64_t up_ts;        /* when UP came */
    uint64_t got_bytes;    /* payload delivered */
    uint32_t begun_cnt;    /* messages that came in part and have not ended */
    uint32_t low_water;    /* the mark set last; 0: none */
    uint64_t sent_event;   /* host->event_cnt when something was sent last */
    struct sim_kept kept[SIM_CONN_KEPT];
    size_t kept_cnt;
    struct sim_timer send_timer;
    struct sim_timer read_timer;
    struct sim_timer end_timer;
};

struct sim_app_config {
    uint16_t port;                     /* SCTP port to listen on; 0: do not */
    uint32_t refuse_ppm;               /* chance to refuse an association */
    struct sim_traffic out;            /* in associations that were accepted */
    const struct usctp_params *params; /* of the listening endpoint; NULL: the stack's */
    const struct usctp_addr *addrs;    /* of the listening endpoint */
    size_t addr_cnt;
    uint64_t retry_dur;   /* wait so long before connecting again, and after ENOMEM */
    uint32_t misuse_ppm;  /* chance per event to call what must not be called there */
    uint32_t chatter_ppm; /* chance per event to look at everything and turn a knob */
};

/* What all applications of a simulation share. */
struct sim_register {
    struct sim_clock *clock;
    uint64_t seed;
    struct sim_ledger *ledgers[1u << SIM_LEDGER_BITS];
    uint32_t ledger_cnt;
    struct sim_conn *conns; /* the youngest first */
    int lenient;            /* forged packets are about: contents may differ */
    int may_lose;           /* the world may kill associations */
    int may_abort;          /* applications abort, refuse or free associations */
    int rebinding;          /* NAT boxes forget their mappings */
    int blocking;     /* lower layers block: replies that no association keeps are lost meanwhile */
    uint64_t die_dur; /* how long both sides bear silence, at least */
    int auth;         /* all endpoints authenticate, with shared keys */
    int addresses_change; /* some side changes its addresses while associations live */
    int no_memory;        /* memory is short: what needs it may fail */
    uint64_t up_cnt, lost_cnt, closed_cnt, restarted_cnt, refused_cnt;
    uint64_t message_cnt, byte_cnt, piece_cnt; /* delivered */
    uint64_t failed_cnt, expired_cnt, blocked_cnt, deferred_cnt, kept_cnt, adopted_cnt;
    uint64_t path_event_cnt[9]; /* by enum usctp_path_change */
    uint64_t remote_error_cnt;
    uint64_t handover_cnt; /* associations that went to another stack */
    uint64_t reset_cnts[5], assoc_reset_cnts[5], add_cnts[5]; /* by enum usctp_reconf_result */
    struct sim_extension_counts extensions;                   /* but what is counted on the wire */
    uint64_t progress_ts; /* when something was last delivered */
};

struct sim_app {
    struct sim_register *reg;
    struct sim_host *host;
    struct sim_app_config config;
    usctp_endpoint *endpoint;          /* the listening one */
    const struct usctp_addr *changing; /* addresses that it changes (RFC 5061), */
    size_t changing_cnt;               /* of these; 0: it does not */
    int changing_nat;                  /* each of them is behind a NAT box of its own */
    int follows;                       /* its stack is told of them, and its associations follow */
    struct sim_rng rng;
    int in_event; /* a callback is running */
    int moving;   /* associations are to be handed over: nothing is sent until they are quiet */
    int leaving;  /* they are leaving their stack now: */
    uint32_t closed_cnt; /* of the one at hand CLOSED has come, and nothing else may */
};

void sim_register_init(struct sim_register *reg, struct sim_clock *clock, uint64_t seed);
void sim_register_free(struct sim_register *reg);

/* Sets up an application; the host's stack may be started later. */
void sim_app_init(struct sim_app *app, struct sim_register *reg, struct sim_host *host,
                  const struct sim_app_config *config);

/* Makes the listening endpoint, after the stack was started. */
void sim_app_listen(struct sim_app *app);

/* For struct usctp_config and endpoints: user is the struct sim_app. */
void sim_app_event(void *user, const struct usctp_event *event);
int sim_app_accept(void *user, const struct usctp_accept *accept, void **assoc_user);

/* The host's stack is about to be freed: lets go of everything that lived in it. */
void sim_app_gone(struct sim_app *app);

/* schedule.c: perhaps gives a stream another weight or priority before message `number` is sent, or the association
 * another scheduler. */
void sim_conn_schedule(struct sim_conn *conn, uint32_t number);

/* auth.c: demands and keys of a new endpoint: 0 or USCTP_ENOMEM; the key that message `number` goes under, or a new active
 * one. */
int sim_auth_endpoint(const struct sim_app *app, usctp_endpoint *endpoint);
void sim_auth_message(const struct sim_conn *conn, uint32_t number, struct usctp_send_info *info);

/* addresses.c: the stack was started; the association came up; an address changed. */
void sim_addresses_boot(struct sim_app *app);
void sim_addresses_up(struct sim_conn *conn);
void sim_addresses_changed(struct sim_conn *conn, const struct usctp_event *event);

/* handover.c: where it is `moving`, hands all associations over to a new stack if they are quiet; 1: it did. The
 * other one gives that up. */
int sim_app_hand_over(struct sim_app *app, const struct usctp_config *config);
void sim_app_stay(struct sim_app *app);

/* Starts a plan: it connects at plan->start_ts. */
void sim_plan_start(struct sim_plan *plan);

/* 1 if the association cannot do anything any more. */
int sim_conn_ended(const struct sim_conn *conn);

/* The other side; NULL: not known. */
struct sim_conn *sim_conn_peer(struct sim_conn *conn);

/* Prints what stands to standard error, for failures. */
void sim_conn_describe(const struct sim_conn *conn);

/* Ends one that is left over: frees the handle. */
void sim_conn_drop(struct sim_conn *conn);

/* --- Between app.c, send.c and receive.c ------------------------------------------------------ */

struct sim_conn *sim_conn_new(struct sim_app *app, struct sim_plan *plan,
                              const struct sim_traffic *traffic);
void sim_conn_new_ledger(struct sim_conn *conn);

/* Sends what can be sent. */
void sim_conn_pump(struct sim_conn *conn);

/* All that it wanted to send has been taken, or nothing more can be. */
int sim_conn_sent_all(const struct sim_conn *conn);

/* Looks whether the time has come to end it, and does. */
void sim_conn_look(struct sim_conn *conn);

/* The handle is gone, in this phase; whether all adopted messages were released. */
void sim_conn_end(struct sim_conn *conn, int phase);
void sim_conn_check_released(const struct sim_conn *conn);

/* The present attempt of its plan is over, for good if `reached`. */
void sim_plan_finish(struct sim_conn *conn, int reached);

/* Events. */
void sim_conn_message(struct sim_conn *conn, const struct usctp_event *event);
void sim_conn_send_failed(struct sim_conn *conn, const struct usctp_event *event);

/* The rest of a message that came in part will not come. */
void sim_conn_partial_aborted(struct sim_conn *conn, const struct usctp_event *event);

/* Perhaps asks for a reconfiguration (RFC 6525), before message `number` is sent; and its events. */
void sim_conn_reconfigure(struct sim_conn *conn, uint32_t number);
void sim_conn_streams_reset(struct sim_conn *conn, const struct usctp_event *event);
void sim_conn_assoc_reset(struct sim_conn *conn, const struct usctp_event *event);
void sim_conn_streams_added(struct sim_conn *conn, const struct usctp_event *event);

/* Timers. */
void sim_conn_read_due(void *ctx, struct sim_timer *timer);
void sim_conn_send_due(void *ctx, struct sim_timer *timer);
void sim_conn_end_due(void *ctx, struct sim_timer *timer);

/* Looks at everything and turns a knob; the association lives. */
void sim_conn_chatter(struct sim_conn *conn);

/* Drops all kept messages. */
void sim_conn_drop_kept(struct sim_conn *conn);

#endif
