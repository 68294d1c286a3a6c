/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses that change while associations live (RFC 5061): what a side with several asks for, or what it is told
 * that the host has. All of it follows from the seed. */
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

static const struct usctp_addr *any_of(struct sim_conn *conn)
{
    return &conn->app->changing[sim_rng_below(&conn->rng, conn->app->changing_cnt)];
}

/* RFC 6951, 5.7: by wildcards, since a NAT box hides what it has. */
static void ask_behind_nat(struct sim_conn *conn)
{
    const struct usctp_addr *other =
        &conn->app->changing[conn->app->changing_cnt - 1]; /* or the only one */

    ask(conn, USCTP_ADDRESS_ADD, 1, other);
    if (sim_rng_one_in(&conn->rng, 2)) {
        ask(conn, USCTP_ADDRESS_PRIMARY, 1, other);
    }
    if (sim_rng_one_in(&conn->rng, 3)) { /* one is left, and has the others added again */
        const struct usctp_addr *left = any_of(conn);

        ask(conn, USCTP_ADDRESS_DELETE, 1, left);
        for (size_t i = 0; i < conn->app->changing_cnt; i++) {
            if (!sim_addr_equal(left, &conn->app->changing[i])) {
                ask(conn, USCTP_ADDRESS_ADD, 1, &conn->app->changing[i]);
            }
        }
    }
}

/* The stack is told all addresses, or all but one. */
static void tell(struct sim_app *app, struct sim_rng *rng)
{
    struct usctp_addr addrs[8];
    size_t cnt = 0, without = (size_t)sim_rng_below(rng, app->changing_cnt + 1);
    int error;

    for (size_t i = 0; i < app->changing_cnt; i++) {
        if (i != without) {
            addrs[cnt++] = app->changing[i];
        }
    }
    error = usctp_stack_set_addresses(app->host->stack, addrs, cnt);
    SIM_EXPECT(error == 0 || (error == USCTP_ENOMEM && app->reg->no_memory));
}

void sim_addresses_boot(struct sim_app *app)
{
    if (app->follows) {
        sim_host_enter(app->host);
        tell(app, &app->rng);
        sim_host_leave(app->host);
    }
}

void sim_addresses_up(struct sim_conn *conn)
{
    struct sim_app *app = conn->app;

    if (app->changing_cnt == 0 || (usctp_assoc_extensions(conn->assoc) & USCTP_EXT_ASCONF) == 0) {
        return;
    }
    if (app->follows) {
        tell(app, &conn->rng);
        return;
    }
    if (app->changing_nat) {
        ask_behind_nat(conn);
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        ask(conn, (int)sim_rng_range(&conn->rng, USCTP_ADDRESS_ADD, USCTP_ADDRESS_PRIMARY), 0,
            any_of(conn));
    }
}

void sim_addresses_changed(struct sim_conn *conn, const struct usctp_event *event)
{
    const struct usctp_address_change *change = &event->u.address.change;
    struct sim_app *app = conn->app;

    app->reg->extensions.used_cnt[SIM_EXT_ASCONF] += event->u.address.cause == 0;
    SIM_EXPECT(app->changing_cnt > 0 || change->wildcard); /* USCTP_PARAM_ADD_ADDRESSES */
    if (app->changing_cnt == 0 || usctp_assoc_state(conn->assoc) != USCTP_STATE_ESTABLISHED) {
        return;
    }
    if (app->follows) {
        if (sim_rng_one_in(&conn->rng, 2)) {
            tell(app, &conn->rng);
        }
    } else if (app->changing_nat) {
        if (sim_rng_one_in(&conn->rng, 4)) {
            ask_behind_nat(conn);
        }
    } else if (change->what == USCTP_ADDRESS_DELETE && event->u.address.cause == 0 &&
               !change->wildcard) {
        ask(conn, USCTP_ADDRESS_ADD, 0, &change->addr); /* what went comes back, some time */
    }
}
