/* SPDX-License-Identifier: BSD-3-Clause */
/* The public verbs of stream reconfiguration. */
#include "core/assoc.h"
#include "core/reconf.h"
#include "stack/stack.h"

int usctp_assoc_reset_streams(usctp_assoc *assoc, unsigned flags, const uint16_t *streams,
                              size_t cnt)
{
    struct usctp__core *core;
    int error;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    core = assoc->core;
    usctp__core_enter(core);
    error = usctp__reconf_reset_streams(assoc, flags, streams, cnt);
    usctp__core_leave(core);
    return error;
}

int usctp_assoc_reset(usctp_assoc *assoc)
{
    struct usctp__core *core;
    int error;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    core = assoc->core;
    usctp__core_enter(core);
    error = usctp__reconf_reset_assoc(assoc);
    usctp__core_leave(core);
    return error;
}

int usctp_assoc_add_streams(usctp_assoc *assoc, uint16_t out_cnt, uint16_t in_cnt)
{
    struct usctp__core *core;
    int error;

    if (assoc == NULL) {
        return USCTP_EINVAL;
    }
    core = assoc->core;
    usctp__core_enter(core);
    error = usctp__reconf_add_streams(assoc, out_cnt, in_cnt);
    usctp__core_leave(core);
    return error;
}
