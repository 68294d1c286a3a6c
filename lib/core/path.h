/* SPDX-License-Identifier: BSD-3-Clause */
/* A path: a pair of addresses with the peer's UDP port; and the table of an association's paths.
 * What RFC 9260 calls a destination address is a path with one local address. */
#ifndef USCTP_CORE_PATH_H
#define USCTP_CORE_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/lower.h>
#include <usctp/usctp.h>

#include "base/table.h"
#include "core/alarm.h"
#include "core/cc.h"
#include "core/rto.h"

struct usctp_assoc;
struct usctp__packet_in;
struct usctp__params_ref;

/* What may be set of a path. */
struct usctp__path_settings {
    struct usctp__rto_bounds bounds; /* RTO limits */
    uint64_t hb_interval_dur;        /* HB.interval */
    uint32_t max_retrans;            /* Path.Max.Retrans */
    uint32_t pf_retrans;             /* PotentiallyFailed.Max.Retrans; USCTP_RETRANS_OFF */
    uint32_t switch_retrans;         /* Primary.Switchover.Max.Retrans; USCTP_RETRANS_OFF */
    uint32_t max_packet; /* what path->max_packet begins with (BASE_PLPMTU), and never exceeds
                                      * but by probing */
    uint32_t search_max_packet;  /* what it never exceeds then (MAX_PLPMTU) */
    uint64_t probe_interval_dur; /* PROBE_TIMER; 0: no probing */
};

enum { USCTP__NONCE_LEN = 8 /* of heartbeats: RFC 9260, 3.3.5 */ };

struct usctp__path {
    /* First what any packet and any alarm looks at (USCTP__PATH_FETCH). */
    struct usctp_assoc *assoc; /* whose path it is */
    struct usctp__path *next;  /* next in the association's list, in order of their ids */
    usctp_path_id id;          /* never 0, never used again in the association */
    usctp_lower_id lower;      /* which lower layer it goes through */
    struct usctp_addr local;   /* AF_NONE: the lower layer chooses */
    struct usctp_addr remote;  /* AF_NONE on lower layers without addresses */
    uint32_t source_hash;      /* where `local` is none: of the source address that the lower layer
                                * used last; 0: not known */
    usctp_lower_id old_lower;  /* as old_udp_port, with hb_probe too */
    uint16_t udp_port;         /* the peer's UDP port in use; 0: raw IP or none */
    uint16_t old_udp_port;     /* while a rebinding is not confirmed: the port to fall back to;
                                * with hb_probe: the port that was probed */
    bool listed;               /* in the table of peer addresses */
    bool owns_set : 1;         /* `set` is its own */
    bool rebinding : 1;        /* udp_port was learned and has not answered a nonce yet: at most
                                    * an initial window may be in flight */
    bool hb_answerable : 1;    /* hb_nonce has not come back yet: late answers count too */
    bool hb_probe : 1;         /* hb_nonce went to a port that the peer may have moved to */
    bool hb_repeated : 1;      /* it was sent more than once: no measure of the RTO */
    bool unannounced : 1;      /* the peer does not know our address yet: only ASCONF leaves */
    bool
        leaving : 1; /* unannounced, since the peer was asked to delete our address: what comes from
                                * there is taken until it has (RFC 5061, 5.3, F4) */
    uint8_t state;   /* enum usctp_path_state */
    bool heartbeat_on;      /* heartbeats while idle */
    bool hb_pending;        /* a HEARTBEAT is on its way, unanswered */
    bool t3_backed_off;     /* since the last acknowledgement T3 expired here */
    bool tx_force;          /* the next packet of lost chunks ignores cwnd (6.3.3 E3, 7.2.4) */
    bool rtt_pending;       /* one round trip is being measured (6.3.1 C4), by rtt_tsn */
    uint8_t dscp;           /* of packets */
    uint8_t rebind_try_cnt; /* nonces sent to a learned port and not answered */
    uint8_t armed;          /* mask of enum usctp__path_alarm */
    uint8_t hb_nonce[USCTP__NONCE_LEN];     /* random nonce of the pending heartbeat */
    uint64_t hb_sent_ts;                    /* when it left */
    uint64_t last_data_ts;                  /* when data was last sent to it; for idleness (8.3) */
    const struct usctp__path_settings *set; /* the association's, or its own */
    struct usctp__rto rto;                  /* its timeout */
    uint64_t alarm_ts[USCTP__PATH_ALARM_CNT]; /* when the armed ones expire */
    uint32_t error_cnt;                       /* consecutive errors (8.2) */
    uint32_t max_packet;                      /* largest SCTP packet, bytes, a multiple of 4 */
    uint32_t flight;     /* bytes of DATA chunks outstanding on it, headers and padding counted
                           * (RFC 9260, 7.2) */
    uint32_t flight_cnt; /* chunks outstanding on it */
    /* Counters, as in struct usctp_path_info. */
    uint64_t sent_packet_cnt, sent_byte_cnt;
    uint64_t received_packet_cnt, received_byte_cnt;
    struct usctp__cc cc; /* its congestion window */
    /* All else; what is of sending is kept by the transmission side (flight.h), as is `flight`. */
    struct usctp__chain chain;  /* the stack's table of peer addresses */
    struct usctp__pmtud *pmtud; /* a search for the path MTU, while there is one; or NULL */
    struct usctp__rack *rack;   /* loss recovery by time, while it is in use; or NULL */
    uint64_t tx_oldest;         /* its send-order list: first and last TSN, see txring.h */
    uint64_t tx_newest;
    uint64_t tx_lowest;   /* the lowest TSN outstanding on it; valid while flight_cnt is not 0 */
    uint32_t tx_lost_cnt; /* chunks marked for retransmission that are to take this path */
    uint32_t sack_len;    /* bytes that the SACK at hand newly acknowledged on it */
    uint32_t sack_flight; /* flight before the SACK at hand */
    bool sack_lowest;     /* the SACK at hand acknowledged tx_lowest (6.3.2 R3) */
    bool sack_alive;      /* it acknowledged something that says that this path works (8.2) */
    bool sack_lost;       /* it made chunks of this path lost */
    bool tx_cwnd_full;    /* the last output was stopped by cwnd: it is in full use (7.2.1) */
    uint64_t rtt_tsn;     /* the TSN it is measured by */
    uint32_t retransmit_cnt, t3_cnt, fast_retransmit_cnt, oversize_cnt;
};

struct usctp__paths {
    struct usctp__path *first;   /* all of them, in order of their ids */
    struct usctp__path *primary; /* never NULL once there is one */
    struct usctp__path *data;    /* the path new data takes now: the primary or its stand-in */
    uint64_t probe_window_ts;    /* HB.Max.Burst: when the present RTO of probing began */
    usctp_path_id next_id;       /* starts at 1 */
    uint16_t probe_cnt;          /* unconfirmed addresses probed in that RTO */
    uint16_t cnt;
};

enum { USCTP__PATH_MAX = 64 /* paths of an association; further addresses are left out */ };

/* Makes a path and enters it everywhere. The first becomes the primary. Raises PATH ADDED unless
 * the association is being set up. NULL: no memory, or USCTP__PATH_MAX reached. */
struct usctp__path *usctp__path_add(struct usctp_assoc *assoc, usctp_lower_id lower,
                                    const struct usctp_addr *local, const struct usctp_addr *remote,
                                    uint16_t udp_port, enum usctp_path_state state);

/* Makes the paths for a set of peer addresses and the endpoint's local ones: the i-th remote goes
 * with the i-th local address of its family, cyclically, so that each address of either side is on
 * at least one path. Addresses that no lower layer carries, that are no unicast ones, or that another
 * association with these ports has, are left out. Paths that exist already are kept. 0, or
 * USCTP_ENOMEM. */
int usctp__path_add_peers(struct usctp_assoc *assoc, usctp_lower_id lower,
                          const struct usctp_peer_addr *addrs, size_t addr_cnt,
                          enum usctp_path_state state);

/* The path is `leaving` from now on: nothing leaves from there, and what it was in charge of goes to others, of which
 * there is one that does not leave. */
void usctp__path_retire(struct usctp_assoc *assoc, struct usctp__path *path);

/* A path from a local address of ours: one that there is, or a new one, unconfirmed and unannounced, to
 * where data goes, or to another address that fits. NULL: none fits, or no memory. */
struct usctp__path *usctp__path_from_local(struct usctp_assoc *assoc,
                                           const struct usctp_addr *local);

/* True if a path to this address could be made: it has none yet, it is a unicast address, the lower
 * layer carries it, one of our addresses fits, and there is room. */
bool usctp__path_could_add(const struct usctp_assoc *assoc, usctp_lower_id lower,
                           const struct usctp_addr *remote);

/* True if INIT and INIT ACK of ours list our addresses: several are configured, and may be told. */
bool usctp__path_lists_locals(const struct usctp_assoc *assoc);

/* Leaves out of a peer's addresses, the first of which is the source of its packet, those that could
 * never answer: where we list no addresses the peer knows us by one only, and not by one of the other
 * family. Returns how many are left. */
size_t usctp__path_usable(const struct usctp_assoc *assoc, struct usctp_peer_addr *addrs,
                          size_t cnt);

/* Takes a path out of everything: its alarms are off, its data moves to others, its id is gone. Not
 * the last one. Raises PATH REMOVED. */
void usctp__path_remove(struct usctp_assoc *assoc, struct usctp__path *path);

/* Takes all out of the table of peer addresses: the association ends. They stay readable. */
void usctp__path_unlist_all(struct usctp_assoc *assoc);

/* Frees all, silently: the association's memory goes. */
void usctp__path_free_all(struct usctp_assoc *assoc);

/* Searches for usctp__path_of_source. */
struct usctp__path *usctp__path_search_source(const struct usctp_assoc *assoc,
                                              const struct usctp_dgram *dgram);

/* True if this address is one of ours that the peer may know: a configured one. */
bool usctp__path_has_local(const struct usctp_assoc *assoc, const struct usctp_addr *local);

/* True if the peer has this address. */
bool usctp__path_has_remote(const struct usctp_assoc *assoc, const struct usctp_addr *remote);

/* Where a reply to the packet at hand goes (RFC 9260, 6.4): to where that came from, if it is confirmed,
 * else where data goes; NULL: that is not chosen yet. */
struct usctp__path *usctp__path_to_reply(const struct usctp_assoc *assoc);

/* Chooses paths.data anew after any change of states: the primary if it is active, else the active
 * path with the fewest errors (6.4), else a potentially failed one (RFC 7829, 3.2), else, if all are
 * inactive, the least bad confirmed one (8.2: dormant). Where the primary has failed for good, that
 * becomes the primary (RFC 7829, 5), which is the only event. */
void usctp__path_choose(struct usctp_assoc *assoc);

/* Where to send again what was lost on `lost` (6.4.1): another active path if there is one. */
struct usctp__path *usctp__path_for_retransmit(struct usctp_assoc *assoc, struct usctp__path *lost);

/* An error happened on the path: T3 expired, or a heartbeat that counts was not answered. Raises its
 * counter and the association's (8.1, 8.2), puts it down, chooses anew, and ends the association
 * when its limit is passed. Returns false if the association is gone. */
bool usctp__path_error(struct usctp_assoc *assoc, struct usctp__path *path, bool counts_for_assoc);

/* The most that the error counter of a path is raised to. */
uint32_t usctp__path_error_limit(const struct usctp__path *path);

/* The path answered, or its thresholds say so: it is active. False: it was, or has not been confirmed. */
bool usctp__path_bring_up(struct usctp_assoc *assoc, struct usctp__path *path);

/* Its thresholds have changed (11.1.12). */
void usctp__path_threshold_changed(struct usctp_assoc *assoc, struct usctp__path *path);

/* The peer acknowledged something new on this path: counters are cleared, it is up again. Data that
 * was retransmitted cannot say which path it took, and clears nothing of an inactive one (8.2). */
void usctp__path_alive(struct usctp_assoc *assoc, struct usctp__path *path);

/* The association came up: confirms the path that carried the handshake, starts heartbeats on all
 * and probes the unconfirmed ones (5.4). */
void usctp__path_start(struct usctp_assoc *assoc);

/* Sends a HEARTBEAT to it as soon as possible (11.1.10), or because something about it is in doubt.
 * USCTP_ESTATE: the state allows none; USCTP_EBUSY: one is on its way; USCTP_ENOMEM. */
int usctp__path_request_heartbeat(struct usctp_assoc *assoc, struct usctp__path *path);

/* HB.interval or the switch of a path changed: arms its alarm anew. */
void usctp__path_rearm_heartbeat(struct usctp_assoc *assoc, struct usctp__path *path);

/* The HEARTBEAT of a path whose nonce came back, or that timed out, is over: the next one is armed. */
void usctp__path_schedule_heartbeat(struct usctp_assoc *assoc, struct usctp__path *path);

/* Asks whether the peer has moved to where this packet came from, by a HEARTBEAT to there; at most one
 * an RTO, and none while another one is on its way. Where no answer comes, nothing has happened. */
void usctp__path_probe_port(struct usctp_assoc *assoc, struct usctp__path *path,
                            const struct usctp_dgram *dgram);

/* The nonce of such a HEARTBEAT came back with this packet: the path moves, if it came from there. */
bool usctp__path_probe_answered(struct usctp_assoc *assoc, struct usctp__path *path,
                                const struct usctp_dgram *dgram);

/* The learned port of the path did not answer its nonce; true: it fell back to the old one. */
bool usctp__path_rebind_failed(struct usctp_assoc *assoc, struct usctp__path *path);
/* Where no HEARTBEAT may ask the learned port any more: the old one and it are tried in turn. */
void usctp__path_turn_port(struct usctp_assoc *assoc, struct usctp__path *path);
/* It did answer. */
void usctp__path_rebind_done(struct usctp_assoc *assoc, struct usctp__path *path);

/* A cookie that was sent to it came back: it is confirmed, and active (5.4). */
void usctp__path_proved(struct usctp_assoc *assoc, struct usctp__path *path);

/* Alarm handlers. */
void usctp__path_on_heartbeat_due(struct usctp_assoc *assoc, struct usctp__path *path);
void usctp__path_on_hb_answer_missing(struct usctp_assoc *assoc, struct usctp__path *path);

/* The program says which UDP port the peer has (RFC 6951, 6.1); what was being learned is over. */
void usctp__path_set_udp_port(struct usctp_assoc *assoc, struct usctp__path *path,
                              uint16_t udp_port);

/* After a packet's chunks were walked: learns the peer's UDP port where the packet earned it
 * (RFC 6951, 5.4; in->fresh), or probes it where it may have (in->again); and counts the packet. */
void usctp__path_learn(struct usctp_assoc *assoc, struct usctp__packet_in *in);

/* Before each HEARTBEAT: another source address than the last time means another route (7.2.5.2). */
void usctp__path_check_source(struct usctp_assoc *assoc, struct usctp__path *path);

/* A verified ICMP message about this path. */
void usctp__path_on_icmp(struct usctp_assoc *assoc, struct usctp__path *path,
                         const struct usctp_icmp *icmp);

/* Sets the largest packet; what is in force is bounded by what is set. Tells congestion control. */
void usctp__path_set_max_packet(struct usctp_assoc *assoc, struct usctp__path *path, uint32_t len);

/* A probe of so many bytes came through. The congestion window stays as it is (RFC 8899, 3, 7). */
void usctp__path_raise_max_packet(struct usctp_assoc *assoc, struct usctp__path *path,
                                  uint32_t len);

/* Sends a HEARTBEAT with a new nonce, which *nonce becomes, padded to a packet of this length, at once
 * (RFC 8899, 6.2.1.2). False: not possible now. */
bool usctp__path_send_padded(struct usctp_assoc *assoc, struct usctp__path *path, uint8_t *nonce,
                             size_t packet_len);

/* The path goes through another lower layer now: packets are no larger than that one bears. */
void usctp__path_bound_packet(struct usctp_assoc *assoc, struct usctp__path *path);

/* Congestion state, RTO and packet size start afresh (7.2.5, usctp_path_changed). */
void usctp__path_reset(struct usctp_assoc *assoc, struct usctp__path *path);

/* Makes it the primary; it is confirmed. Raises PATH PRIMARY if it was not. */
void usctp__path_set_primary(struct usctp_assoc *assoc, struct usctp__path *path);

/* What parameters say of paths. */
void usctp__path_settings_init(struct usctp__path_settings *set, const struct usctp_params *params);

/* Settings of the path's own, to be changed: a copy of the present ones if it has none. NULL: no
 * memory. */
struct usctp__path_settings *usctp__path_own_settings(struct usctp_assoc *assoc,
                                                      struct usctp__path *path);

/* The settings of the search for its path MTU have changed. */
void usctp__path_search_changed(struct usctp_assoc *assoc, struct usctp__path *path);

/* The association's parameters were `old` and changed: its paths take over what is different. What was
 * set for a path and did not change for the association stays. */
void usctp__path_params_changed(struct usctp_assoc *assoc, const struct usctp__params_ref *old);

#endif
