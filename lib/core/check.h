/* SPDX-License-Identifier: BSD-3-Clause */
/* Every invariant of an association, for debug and test builds. */
#ifndef USCTP_CORE_CHECK_H
#define USCTP_CORE_CHECK_H

#include <usctp/usctp.h>

/* Aborts the process if an invariant does not hold. */
void usctp__assoc_check(const usctp_assoc *assoc);

#endif
