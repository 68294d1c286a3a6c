/* SPDX-License-Identifier: BSD-3-Clause */
/* The addresses of the host, told to the stack of a loop. */
#include "lower/loop_follow.h"

#include <stdlib.h>

#include "base/time.h"

struct usctp__loop_follow {
    usctp_loop *loop;
    usctp_addr_watch *watch;
    uint64_t look_dur; /* from look to look, where the system does not tell */
};

static void tell(struct usctp__loop_follow *follow)
{
    struct usctp_addr addrs[USCTP_HOST_ADDRS_MAX];
    size_t cnt = usctp_addr_watch_read(follow->watch, addrs, USCTP_HOST_ADDRS_MAX);

    (void)usctp_stack_set_addresses(usctp_loop_stack(follow->loop), addrs, cnt);
}

static void on_notice(void *user, usctp_fd fd, int ready)
{
    (void)fd;
    (void)ready;
    tell(user);
}

static int look_later(struct usctp__loop_follow *follow);

static void on_time(void *user)
{
    tell(user);
    (void)look_later(user);
}

static int look_later(struct usctp__loop_follow *follow)
{
    uint64_t ts = usctp__time_add(usctp_clock_system(NULL), follow->look_dur);

    return usctp_loop_at(follow->loop, ts, on_time, follow);
}

int usctp__loop_follow_new(usctp_loop *loop, uint32_t look_ms, struct usctp__loop_follow **out)
{
    struct usctp__loop_follow *follow = calloc(1, sizeof(*follow));
    usctp_fd fd;
    int err = USCTP_ENOMEM;

    if (follow != NULL) {
        err = usctp_addr_watch_new(&follow->watch);
    }
    if (err == 0) {
        follow->loop = loop;
        follow->look_dur = look_ms != 0 ? look_ms * USCTP__MS : USCTP__SEC;
        fd = look_ms != 0 ? -1 : usctp_addr_watch_fd(follow->watch);
        err = fd >= 0 ? usctp_loop_watch(loop, fd, USCTP_WATCH_READ, on_notice, follow)
                      : look_later(follow);
    }
    if (err != 0) {
        usctp__loop_follow_free(follow);
        return err;
    }
    tell(follow);
    *out = follow;
    return 0;
}

void usctp__loop_follow_free(struct usctp__loop_follow *follow)
{
    if (follow != NULL) {
        usctp_addr_watch_free(follow->watch);
        free(follow);
    }
}
