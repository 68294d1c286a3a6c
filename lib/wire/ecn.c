/* SPDX-License-Identifier: BSD-3-Clause */
/* ECNE and CWR. */
#include "wire/ecn.h"

void usctp__ecn_write(struct usctp__writer *w, uint8_t type, uint32_t tsn)
{
    size_t pos = usctp__chunk_begin(w, type, 0);

    usctp__writer_u32(w, tsn);
    usctp__chunk_end(w, pos);
}
