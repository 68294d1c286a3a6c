/* SPDX-License-Identifier: BSD-3-Clause */
/* SACKs received (RFC 9260, 6.2.1). The handler usctp__on_sack stands in core/input.h. */
#ifndef USCTP_CORE_SACKIN_H
#define USCTP_CORE_SACKIN_H

struct usctp_assoc;

/* Something is buffered no more: raises BUFFERED_LOW, WRITABLE and DRY where they are due, and lets a
 * shutdown go on when nothing is left (9.2). It may end the association. */
void usctp__tx_progress(struct usctp_assoc *assoc);

#endif
