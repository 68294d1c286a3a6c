/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of reassembly share: reasm.c, reasm_skip.c for what a peer gives up, and reasm_mid.c for
 * interleaved messages. */
#ifndef USCTP_CORE_REASM_HOLD_H
#define USCTP_CORE_REASM_HOLD_H

#include "base/bitmap.h"
#include "core/reasm.h"

/* Only where something is out of order. */
struct usctp__reasm_hold {
    struct usctp__chaintable tsns;  /* pieces that came out of order, by their TSN */
    struct usctp__chaintable turns; /* whole messages whose turn has not come, by stream and SSN */
    struct usctp__bitmap held;      /* TSNs above the cumulative one that lie in `tsns` */
    struct usctp__mids *mids;       /* I-DATA alone; NULL while nothing waits */
};

/* Makes it. False: no memory. */
bool usctp__reasm_need_hold(struct usctp__reasm *reasm, const struct usctp__rxmap *map);

/* A one-to-one mix of 64 bits: equal hashes mean equal keys. */
uint64_t usctp__reasm_mix(const struct usctp__reasm *reasm, uint64_t key);

/* Enters a piece that came out of order in the table of TSNs, and takes it out. False: no memory. */
bool usctp__reasm_list(struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                       struct usctp__rxfrag *frag);
void usctp__reasm_unlist(struct usctp__reasm *reasm, struct usctp__rxfrag *frag);

/* A new piece with the chunk's bytes and a buffer of at least `cap`; NULL: no memory. */
struct usctp__rxfrag *usctp__reasm_piece(struct usctp__reasm *reasm,
                                         const struct usctp__rxchunk *chunk, size_t cap);

/* The buffer to make for a chunk behind a run (or NULL), and the last piece of that run if it has room
 * for it already, and will never be taken back; NULL: it has not. */
size_t usctp__reasm_cap(const struct usctp__rxfrag *left, const struct usctp__rxchunk *chunk,
                        bool in_order);
struct usctp__rxfrag *usctp__reasm_room(const struct usctp__rxfrag *left,
                                        const struct usctp__rxchunk *chunk, bool in_order);

/* Puts the chunk's bytes behind those of a piece. */
void usctp__reasm_append(struct usctp__rxfrag *piece, const struct usctp__rxchunk *chunk);

/* Links run b behind run a; either may be NULL. Returns the first piece. */
struct usctp__rxfrag *usctp__reasm_join(struct usctp__rxfrag *a, struct usctp__rxfrag *b);

/* Takes the last piece off its run and frees it. */
void usctp__reasm_cut_last(struct usctp__reasm *reasm, struct usctp__rxfrag *frag);

/* What reasm.c hands over where the messages are interleaved. They do as the functions of reasm.h whose
 * names end alike. */
enum usctp__reasm_result usctp__reasm_mid_add(struct usctp__reasm *reasm,
                                              const struct usctp__rxmap *map,
                                              const struct usctp__rxchunk *chunk,
                                              struct usctp__queue *out);
bool usctp__reasm_mid_passes(const struct usctp__reasm *reasm, const struct usctp__rxchunk *chunk);
size_t usctp__reasm_mid_cost(const struct usctp__reasm *reasm, const struct usctp__rxmap *map,
                             const struct usctp__rxchunk *chunk);
bool usctp__reasm_mid_renege(struct usctp__reasm *reasm, struct usctp__rxfrag *frag);
void usctp__reasm_mid_follow(struct usctp__reasm *reasm, uint16_t sid, struct usctp__queue *out);

/* Frees all that it holds. */
void usctp__reasm_mid_clear(struct usctp__reasm *reasm);

/* The same if that is nothing; true: there is none of it any more. */
bool usctp__reasm_mid_trim(struct usctp__reasm *reasm);

/* Streams begin anew after this TSN: what is left of before it goes. */
void usctp__reasm_mid_reset(struct usctp__reasm *reasm, const struct usctp__stream_set *set,
                            uint64_t last_tsn);

/* The whole messages that wait: the first piece of each, linked by `prev`. */
struct usctp__rxfrag *usctp__reasm_mid_collect(struct usctp__reasm *reasm);

/* Such a message is delivered as `message`. */
void usctp__reasm_mid_release(struct usctp__reasm *reasm, struct usctp__inmsg *msg,
                              struct usctp_message *message, struct usctp__queue *out);

/* Messages held. */
uint32_t usctp__reasm_mid_cnt(const struct usctp__reasm *reasm);

/* The piece that begins with this TSN and came out of order, or NULL. */
struct usctp__rxfrag *usctp__reasm_find_tsn(const struct usctp__reasm *reasm, uint64_t tsn);

/* The whole message of this stream and SSN that waits for its turn, or NULL. */
struct usctp__rxfrag *usctp__reasm_find_ssn(const struct usctp__reasm *reasm, uint16_t sid,
                                            uint16_t ssn);

/* A run leaves: its pieces are in no table and no longer counted. */
void usctp__reasm_detach(struct usctp__reasm *reasm, struct usctp__rxfrag *first);

/* The message that is next in its stream is delivered whole: those behind it may follow. Where there
 * is no memory `stuck` is set. */
void usctp__reasm_follow(struct usctp__reasm *reasm, uint16_t sid, struct usctp__queue *out);

/* Drops a run. */
void usctp__reasm_drop(struct usctp__reasm *reasm, struct usctp__rxfrag *first);

#endif
