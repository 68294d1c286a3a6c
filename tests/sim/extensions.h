/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Extensions, as simulated associations have them: how many sides came up with each in force, and how often it
 * was really used. So that simulations in which none is ever agreed on do not pass for more than they are.
 */
#ifndef USCTP_SIM_EXTENSIONS_H
#define USCTP_SIM_EXTENSIONS_H

#include <stdint.h>

#include <usctp/usctp.h>

/* The first ones are the bits of enum usctp_extension, in their order; the last two need no agreement. */
enum sim_extension {
    SIM_EXT_PARTIAL_RELIABILITY, /* used: messages abandoned */
    SIM_EXT_INTERLEAVING,        /* I-DATA chunks sent */
    SIM_EXT_RECONFIG,            /* streams or all numbers reset, streams added */
    SIM_EXT_AUTH,                /* AUTH chunks sent */
    SIM_EXT_ASCONF,              /* addresses added, deleted or made primary */
    SIM_EXT_ZERO_CHECKSUM,       /* packets sent without a checksum */
    SIM_EXT_ECN,                 /* congestion windows reduced for marks */
    SIM_EXT_POTENTIALLY_FAILED,  /* times that a path became that */
    SIM_EXT_PATH_MTU,            /* paths on which larger packets were found to pass */
    SIM_EXT_CNT
};

struct sim_extension_counts {
    uint64_t force_cnt[SIM_EXT_CNT]; /* sides of associations that came up with it */
    uint64_t used_cnt[SIM_EXT_CNT];
};

/* The association came up, over a lower layer that takes probes or not; it is about to end. */
void sim_extensions_up(struct sim_extension_counts *counts, const usctp_assoc *assoc, int probes);
void sim_extensions_end(struct sim_extension_counts *counts, const usctp_assoc *assoc, int probes);

/* Adds what other ones say. */
void sim_extensions_add(struct sim_extension_counts *counts,
                        const struct sim_extension_counts *more);

/* Its name. */
const char *sim_extension_name(int extension);

#endif
