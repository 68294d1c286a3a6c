/* SPDX-License-Identifier: BSD-3-Clause */
/* The public verb of associations that follow the addresses of their host. */
#include "base/addr.h"
#include "core/assoc.h"
#include "core/follow.h"
#include "stack/endpoint.h"
#include "stack/stack.h"

/* Each once, in the form that addresses are compared in. 0 or an error. */
static int take(struct usctp_addr taken[USCTP_HOST_ADDRS_MAX], size_t *taken_cnt,
                const struct usctp_addr *addrs, size_t cnt)
{
    if (cnt > USCTP_HOST_ADDRS_MAX || (cnt > 0 && addrs == NULL)) {
        return USCTP_EINVAL;
    }
    *taken_cnt = 0;
    for (size_t i = 0; i < cnt; i++) {
        struct usctp_addr addr = addrs[i];
        bool known = false;

        if (!usctp__addr_is_ip(&addr) || !usctp__addr_is_unicast(&addr)) {
            return USCTP_EINVAL;
        }
        usctp__addr_normalize(&addr);
        for (size_t k = 0; k < *taken_cnt; k++) {
            known = known || usctp__addr_equal(&taken[k], &addr);
        }
        if (!known) {
            taken[(*taken_cnt)++] = addr;
        }
    }
    return USCTP_OK;
}

static void tell_all(struct usctp_stack *stack, struct usctp__addr_list *old)
{
    USCTP__LIST_FOREACH(link, &stack->endpoints)
    {
        struct usctp_endpoint *endpoint = usctp__endpoint_of(link);

        USCTP__LIST_FOREACH(assoc_link, &endpoint->assocs)
        {
            struct usctp_assoc *assoc =
                USCTP__CONTAINER_OF(assoc_link, struct usctp_assoc, stack_link);

            if (!assoc->ended) {
                usctp__follow_changed(assoc, old);
            }
        }
    }
}

int usctp_stack_set_addresses(usctp_stack *stack, const struct usctp_addr *addrs, size_t cnt)
{
    struct usctp_addr taken[USCTP_HOST_ADDRS_MAX];
    struct usctp__addr_list *old, *now;
    size_t taken_cnt;
    int error;

    if (stack == NULL) {
        return USCTP_EINVAL;
    }
    error = take(taken, &taken_cnt, addrs, cnt);
    if (error != USCTP_OK || taken_cnt == 0) {
        return error; /* a host without addresses can tell nobody: what it had counts until it has others */
    }
    old = stack->core.host_addrs;
    now = usctp__addrs_new(&stack->core, taken, taken_cnt);
    if (now == NULL) {
        return USCTP_ENOMEM;
    }
    usctp__core_enter(&stack->core);
    stack->core.host_addrs = now;
    if (old != NULL) {
        tell_all(stack, old);
        usctp__addrs_unref(&stack->core, old);
    }
    usctp__core_leave(&stack->core);
    return USCTP_OK;
}
