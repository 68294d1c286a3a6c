/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams that a program lends to its host. */
#include "socket/loan.h"

#include <string.h>

#include "socket/host.h"
#include "socket/rxmem.h"

void usctp__lent_begin(struct usctp_host *host, struct usctp__lent *lent,
                       const struct usctp_dgram *dgrams, size_t n)
{
    lent->dgrams = dgrams;
    lent->cnt = USCTP__MIN(n, USCTP__LOANS);
    lent->at = 0;
    memset(lent->loans, 0, lent->cnt * sizeof(lent->loans[0]));
    host->lent = lent;
}

static void release(struct usctp_host *host, const void *data, size_t len)
{
    host->config.release(host->config.lower_ctx, (void *)(uintptr_t)data, len);
}

void usctp__lent_end(struct usctp_host *host, struct usctp__lent *lent, size_t n)
{
    host->lent = NULL;
    for (size_t i = 0; i < n; i++) {
        if (i < lent->cnt && lent->loans[i] != NULL) {
            usctp__loan_give(host, lent->loans[i]);
        } else {
            release(host, lent->dgrams[i].data, lent->dgrams[i].len);
        }
    }
}

static struct usctp__loan *begin(struct usctp_host *host, struct usctp__rxblock **current,
                                 const struct usctp_dgram *dgram)
{
    const size_t memory = (sizeof(struct usctp__loan) + 7) & ~(size_t)7;
    struct usctp__rxblock *block = usctp__rxmem_block(&host->bufs, current, memory);
    struct usctp__loan *loan = block != NULL ? usctp__rxmem_place(block, memory) : NULL;

    if (loan != NULL) {
        loan->block = block;
        loan->data = (void *)(uintptr_t)dgram->data;
        loan->len = dgram->len;
        loan->cnt = 1;
    }
    return loan;
}

/* Messages come in the order of their datagrams, or nearly so. */
struct usctp__loan *usctp__loan_of(struct usctp_host *host, struct usctp__rxblock **block,
                                   const void *bytes)
{
    struct usctp__lent *lent = host->lent;

    for (size_t i = 0; lent != NULL && i < lent->cnt; i++) {
        const struct usctp_dgram *dgram = &lent->dgrams[lent->at];
        struct usctp__loan **loan = &lent->loans[lent->at];

        if ((uintptr_t)bytes - (uintptr_t)dgram->data < dgram->len) {
            *loan = *loan != NULL ? *loan : begin(host, block, dgram);
            if (*loan != NULL) {
                (*loan)->cnt++;
            }
            return *loan;
        }
        lent->at = lent->at + 1 < lent->cnt ? lent->at + 1 : 0;
    }
    return NULL;
}

void usctp__loan_give(struct usctp_host *host, struct usctp__loan *loan)
{
    if (--loan->cnt == 0) {
        release(host, loan->data, loan->len);
        usctp__rxmem_give(&host->bufs, loan->block);
    }
}
