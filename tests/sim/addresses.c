/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses that change while associations live (RFC 5061): what a client with several asks for. All of it
 * follows from the seed. */
#include <string.h>

#include "sim/app.h"
#include "sim/fail.h"

static void ask(struct sim_conn *conn, int what, int wildcard, const struct usctp_addr *addr)
{
    struct usctp_address_change change = {what, wildcard, *addr};
    int error = usctp_assoc_change_addresses(conn->assoc, &change, 1);

    SIM_EXPECT(error == 0 || error == USCTP_EINVAL || error == USCTP_ENOENT ||
               error == USCTP_ESTATE || error == USCTP_EWOULDBLOCK ||
               (error == USCTP_ENOMEM && conn->app->reg->no_memory));
}

void sim_addresses_up(struct sim_conn *conn)
{
    struct sim_register *reg = conn->app->reg;

    if (reg->asconf_addr_cnt < 2 || conn->plan == NULL || conn->plan->addr_cnt == 0 ||
        conn->app != reg->asconf_app ||
        (usctp_assoc_extensions(conn->assoc) & USCTP_EXT_ASCONF) == 0) {
        return;
    }
    if (reg->asconf_nat) { /* RFC 6951, 5.7: by wildcards, since a NAT box hides it */
        const struct usctp_addr *other = &reg->asconf_addrs[1];

        ask(conn, USCTP_ADDRESS_ADD, 1, other);
        if (sim_rng_one_in(&conn->rng, 2)) {
            ask(conn, USCTP_ADDRESS_PRIMARY, 1, other);
        }
        if (sim_rng_one_in(&conn->rng, 3)) { /* one is left, and has the other added again */
            const struct usctp_addr *left = &reg->asconf_addrs[sim_rng_below(&conn->rng, 2)];

            ask(conn, USCTP_ADDRESS_DELETE, 1, left);
            ask(conn, USCTP_ADDRESS_ADD, 1,
                &reg->asconf_addrs[sim_addr_equal(left, &reg->asconf_addrs[0])]);
        }
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        const struct usctp_addr *addr =
            &reg->asconf_addrs[sim_rng_below(&conn->rng, reg->asconf_addr_cnt)];

        ask(conn, (int)sim_rng_range(&conn->rng, USCTP_ADDRESS_ADD, USCTP_ADDRESS_PRIMARY), 0,
            addr);
    }
}

void sim_addresses_changed(struct sim_conn *conn, const struct usctp_event *event)
{
    const struct usctp_address_change *change = &event->u.address.change;

    SIM_EXPECT(change->wildcard || conn->app->reg->asconf_addr_cnt >= 2);
    /* What went comes back, some time. */
    if (change->what == USCTP_ADDRESS_DELETE && event->u.address.cause == 0 && !change->wildcard &&
        usctp_assoc_state(conn->assoc) == USCTP_STATE_ESTABLISHED) {
        ask(conn, USCTP_ADDRESS_ADD, 0, &change->addr);
    }
}
