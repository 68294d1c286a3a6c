/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters of associations and paths: defaults and ranges. */
#ifndef USCTP_STACK_PARAMS_H
#define USCTP_STACK_PARAMS_H

#include <stdbool.h>

#include <usctp/usctp.h>

/* True when every parameter is in its range. */
bool usctp__params_valid(const struct usctp_params *params);

/* The same for those of one path. */
bool usctp__path_params_valid(const struct usctp_path_params *params);

/* Takes in the caller's parameters: *out is what `theirs` says, completed from `defaults` where
 * `theirs` is of an older version. USCTP_EINVAL, USCTP_ESIZE: *out is untouched. */
int usctp__params_take(struct usctp_params *out, const struct usctp_params *theirs,
                       const struct usctp_params *defaults);

#endif
