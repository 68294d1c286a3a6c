/* SPDX-License-Identifier: BSD-3-Clause */
/* poll and select, over our descriptors and the system's. Unlike the system's own, they serve the hosts of
 * the sockets meanwhile, and tell errors for what they are. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* POLLRDHUP */
#endif
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include "base/time.h"
#include "socket/call.h"
#include "socket/pointer.h"
#include "socket/wait.h"

enum {
    MAX_HOSTS = 16, /* hosts in one call */
    FEW_FDS = 16,   /* descriptors that need no memory */
    NOBODY = -1,    /* in round.own: not to be looked at */
    OURS = -2,      /* a socket of ours, to be slept on */
    IN_EVENTS = POLLIN | POLLRDNORM,
    OUT_EVENTS = POLLOUT | POLLWRNORM
};

#if !defined(POLLRDHUP)
#define POLLRDHUP 0
#endif

/* One call. */
struct round {
    struct pollfd *fds; /* the caller's */
    size_t cnt;         /* of these */
    struct pollfd *own; /* what is given to the system: so many */
    struct usctp_host
        *hosts[MAX_HOSTS]; /* of the sockets among them; counted in their inside_cnt */
    size_t host_cnt;
    bool foreign; /* there are descriptors of the system among them */
};

/* --- What is ready ---------------------------------------------------------------------------- */

static short events_of(unsigned ready, short wanted)
{
    int got = 0;

    if ((ready & USCTP__READY_IN) != 0) {
        got |= IN_EVENTS;
    }
    if ((ready & USCTP__READY_OUT) != 0) {
        got |= OUT_EVENTS;
    }
    if ((ready & USCTP__READY_RDHUP) != 0) {
        got |= POLLRDHUP;
    }
    got &= wanted;
    if ((ready & USCTP__READY_HUP) != 0) {
        got |= POLLHUP;
    }
    if ((ready & USCTP__READY_ERR) != 0) {
        got |= POLLERR;
    }
    return (short)got;
}

static int add_host(struct round *round, struct usctp_host *host)
{
    for (size_t i = 0; i < round->host_cnt; i++) {
        if (round->hosts[i] == host) {
            return 0;
        }
    }
    if (round->host_cnt == MAX_HOSTS) {
        return -EINVAL;
    }
    host->inside_cnt++; /* it is not freed meanwhile */
    round->hosts[round->host_cnt++] = host;
    return 0;
}

/* Takes the lock of another host; NULL: of none. */
static void hold(struct usctp_host **held, struct usctp_host *host)
{
    if (*held == host) {
        return;
    }
    if (*held != NULL) {
        usctp__host_unlock((*held));
    }
    if (host != NULL) {
        usctp__host_lock(host);
    }
    *held = host;
}

/* Looks at one of ours. Where an end is shown that is not true any more (of an earlier association, of an
 * error that was told), there is no sleeping on the pair: the host's own descriptors must do. */
static int look_at_sock(struct round *round, struct usctp__sock *sock, size_t i)
{
    unsigned ready = usctp__sock_ready(sock);
    bool stale = sock->pair.hung && (ready & (USCTP__READY_RDHUP | USCTP__READY_HUP)) == 0;

    round->fds[i].revents = events_of(ready, round->fds[i].events);
    round->own[i].fd = stale ? NOBODY : OURS;
    return add_host(round, sock->host);
}

static int look_at_ours(struct round *round)
{
    struct usctp_host *held = NULL;
    int err = 0;

    round->foreign = false;
    usctp__table_lock();
    for (size_t i = 0; i < round->cnt && err == 0; i++) {
        bool orphan;
        struct usctp__sock *sock = usctp__table_find(round->fds[i].fd, &orphan);

        round->own[i] = round->fds[i];
        round->fds[i].revents = 0;
        if (sock != NULL) {
            hold(&held, sock->host);
            err = look_at_sock(round, sock, i);
        } else if (orphan) {
            round->own[i].fd = NOBODY;
            round->fds[i].revents = POLLNVAL;
        } else if (round->fds[i].fd >= 0) {
            round->foreign = true;
        } else {
            round->own[i].fd = NOBODY;
        }
    }
    hold(&held, NULL);
    usctp__table_unlock();
    return err;
}

/* Returns how many are ready, or a negative errno. */
static int look(struct round *round)
{
    int ready = 0, err = look_at_ours(round);

    if (err == 0 && round->foreign && poll(round->own, (nfds_t)round->cnt, 0) < 0) {
        err = -errno;
    }
    for (size_t i = 0; i < round->cnt && err == 0; i++) {
        if (round->own[i].fd >= 0) {
            round->fds[i].revents = round->own[i].revents;
        }
        ready += round->fds[i].revents != 0;
    }
    return err != 0 ? err : ready;
}

static void serve(struct round *round, void (*how)(struct usctp_host *host))
{
    for (size_t i = 0; i < round->host_cnt; i++) {
        usctp__host_lock(round->hosts[i]);
        how(round->hosts[i]);
        usctp__leave_host(round->hosts[i]);
    }
}

/* --- Sleeping --------------------------------------------------------------------------------- */

/* The program's own lower layers and clocks wait in the program's own way. */
static struct usctp_host *peculiar_host(const struct round *round)
{
    for (size_t i = 0; i < round->host_cnt; i++) {
        if (round->hosts[i]->config.wait != NULL || round->hosts[i]->lower != 0) {
            return round->hosts[i];
        }
    }
    return NULL;
}

static int sleep_peculiarly(struct usctp_host *host, uint64_t dur)
{
    usctp__host_lock(host);
    int err = usctp__host_wait(host, usctp__time_add(usctp__host_now(host), dur));
    usctp__leave_host(host);
    return err;
}

/* Quiet hosts have shown nothing so far: from here on it is looked at. */
static void show_quiet(const struct round *round)
{
    struct usctp_host *held = NULL;

    usctp__table_lock();
    for (size_t i = 0; i < round->cnt; i++) {
        bool orphan;
        struct usctp__sock *sock =
            round->own[i].fd == OURS ? usctp__table_find(round->fds[i].fd, &orphan) : NULL;

        if (sock != NULL && (sock->host->config.flags & USCTP_HOST_QUIET) != 0) {
            hold(&held, sock->host);
            usctp__sock_show(sock);
        }
    }
    hold(&held, NULL);
    usctp__table_unlock();
}

/* One host after the other begins its sleep, or ends it. What is polled for stands in `all` from *cnt on. */
static void begin_sleep(struct usctp_host *host, struct usctp__sleep *sleep, struct pollfd *all,
                        size_t *cnt)
{
    usctp__host_lock(host);
    host->poller_cnt++;
    usctp__wait_begin(host, USCTP_NEVER, sleep);
    usctp__leave_host(host);
    memcpy(all + *cnt, sleep->fds, sleep->cnt * sizeof(*all));
    *cnt += sleep->cnt;
}

static void end_sleep(struct usctp_host *host, struct usctp__sleep *sleep, const struct pollfd *all,
                      size_t *cnt)
{
    memcpy(sleep->fds, all + *cnt, sleep->cnt * sizeof(*all));
    *cnt += sleep->cnt;
    usctp__host_lock(host);
    usctp__wait_end(host, sleep);
    host->poller_cnt--;
    usctp__leave_host(host);
}

static int sleep_with(struct round *round, struct usctp__sleep *sleeps, struct pollfd *all,
                      uint64_t dur)
{
    size_t cnt = round->cnt;
    bool quiet = false;

    for (size_t i = 0; i < round->cnt; i++) {
        all[i] = round->own[i];
        all[i].fd = round->own[i].fd == OURS ? round->fds[i].fd : round->own[i].fd;
    }
    for (size_t i = 0; i < round->host_cnt; i++) {
        begin_sleep(round->hosts[i], &sleeps[i], all, &cnt);
        dur = sleeps[i].dur < dur ? sleeps[i].dur : dur;
        quiet = quiet || (round->hosts[i]->config.flags & USCTP_HOST_QUIET) != 0;
    }
    if (quiet) {
        show_quiet(round);
    }
    int got = usctp__wait_in_poll(all, cnt, dur);
    cnt = round->cnt;
    for (size_t i = 0; i < round->host_cnt; i++) {
        end_sleep(round->hosts[i], &sleeps[i], all, &cnt);
    }
    return got < 0 ? got : 0;
}

static int sleep_on_all(struct round *round, uint64_t dur)
{
    size_t room = round->cnt + round->host_cnt * (size_t)USCTP__WAIT_FDS;
    struct usctp__sleep *sleeps = calloc(round->host_cnt + 1, sizeof(*sleeps));
    struct pollfd *all = calloc(room, sizeof(*all));
    int err = -ENOMEM;

    if (sleeps != NULL && all != NULL) {
        err = sleep_with(round, sleeps, all, dur);
    }
    free(sleeps);
    free(all);
    return err;
}

/* --- poll ------------------------------------------------------------------------------------- */

/* The clock by which the caller's limit is measured: that of the first host, which may be its own. */
static uint64_t clock_of(const struct round *round)
{
    return round->host_cnt > 0 ? usctp__host_clock(round->hosts[0]) : usctp_clock_system(NULL);
}

static int poll_round(struct round *round, uint64_t limit_dur)
{
    int ready = look(round);

    if (ready > 0) {
        serve(round, usctp__host_tick);
    }
    if (ready != 0) {
        return ready;
    }
    uint64_t until_ts = usctp__time_add(clock_of(round), limit_dur);
    while (ready == 0) {
        struct usctp_host *peculiar = peculiar_host(round);

        serve(round, usctp__host_drain);
        ready = look(round);
        uint64_t now_ts = clock_of(round);
        if (ready != 0 || now_ts >= until_ts) {
            break;
        }
        uint64_t dur = until_ts == USCTP_NEVER ? USCTP_NEVER : until_ts - now_ts;
        int err = peculiar != NULL ? sleep_peculiarly(peculiar, dur) : sleep_on_all(round, dur);
        if (err != 0) {
            return err;
        }
    }
    return ready;
}

static void leave_round(struct round *round)
{
    for (size_t i = 0; i < round->host_cnt; i++) {
        struct usctp_host *host = round->hosts[i];

        usctp__host_lock(host);
        host->inside_cnt--;
        usctp__wait_hand_over(host);
        usctp__leave_host(host);
    }
}

/* True if any is ours, or was a parent's. */
static bool any_ours(const struct pollfd *fds, size_t cnt)
{
    bool any = false;

    usctp__table_lock();
    for (size_t i = 0; i < cnt && !any; i++) {
        bool orphan;

        any = usctp__table_find(fds[i].fd, &orphan) != NULL || orphan;
    }
    usctp__table_unlock();
    return any;
}

/* Returns what poll would, or a negative errno. */
static int poll_ours(struct pollfd *fds, size_t cnt, uint64_t limit_dur)
{
    struct pollfd few[FEW_FDS];
    struct round round;

    memset(&round, 0, sizeof(round));
    round.fds = fds;
    round.cnt = cnt;
    round.own = cnt <= FEW_FDS ? few : malloc(cnt * sizeof(*round.own));
    if (round.own == NULL) {
        return -ENOMEM;
    }
    int result = poll_round(&round, limit_dur);
    leave_round(&round);
    if (round.own != few) {
        free(round.own);
    }
    return result;
}

int usctp_poll(struct pollfd *fds, nfds_t cnt, int timeout_ms)
{
    if (cnt > SIZE_MAX / sizeof(*fds) || usctp__is_bad_for_any(fds, cnt * sizeof(*fds), true)) {
        return (int)usctp__result(-EFAULT);
    }
    if (!any_ours(fds, cnt)) {
        return poll(fds, cnt, timeout_ms);
    }
    return (int)usctp__result(
        poll_ours(fds, cnt, timeout_ms < 0 ? USCTP_NEVER : (uint64_t)timeout_ms * USCTP__MS));
}

/* --- select ----------------------------------------------------------------------------------- */

/* What a set asks of poll, and which of its answers it takes for a yes; as the system's select does it. */
static const struct {
    short ask;
    short yes;
} kinds[3] = {
    {IN_EVENTS, IN_EVENTS | POLLHUP | POLLERR},
    {OUT_EVENTS, OUT_EVENTS | POLLERR},
    {POLLPRI, POLLPRI},
};

static size_t fds_of_sets(int max, fd_set *const sets[3], struct pollfd *fds)
{
    size_t cnt = 0;

    for (int fd = 0; fd < max; fd++) {
        short events = 0;

        for (int k = 0; k < 3; k++) {
            if (sets[k] != NULL && FD_ISSET(fd, sets[k])) {
                events = (short)(events | kinds[k].ask);
            }
        }
        if (events != 0) {
            fds[cnt].fd = fd;
            fds[cnt].events = events;
            fds[cnt++].revents = 0;
        }
    }
    return cnt;
}

static bool says_yes(const struct pollfd *fd)
{
    for (int k = 0; k < 3; k++) {
        if ((fd->events & kinds[k].ask) != 0 && (fd->revents & kinds[k].yes) != 0) {
            return true;
        }
    }
    return (fd->revents & POLLNVAL) != 0;
}

/* poll tells of an end also where only room was asked for, select does not. Leaves such descriptors out; true
 * if there were only such. */
static bool leave_out(struct pollfd *fds, size_t cnt)
{
    bool out = false, yes = false;

    for (size_t i = 0; i < cnt; i++) {
        if (fds[i].revents != 0 && !says_yes(&fds[i])) {
            fds[i].fd = ~fds[i].fd; /* negative */
            fds[i].revents = 0;
            out = true;
        }
        yes = yes || fds[i].revents != 0;
    }
    return out && !yes;
}

/* Returns how many members the sets have, or -EBADF and has changed nothing. */
static int sets_of_fds(fd_set *const sets[3], const struct pollfd *fds, size_t cnt)
{
    int total = 0;

    for (size_t i = 0; i < cnt; i++) {
        if ((fds[i].revents & POLLNVAL) != 0) {
            return -EBADF;
        }
    }
    for (size_t i = 0; i < cnt; i++) {
        int fd = fds[i].fd < 0 ? ~fds[i].fd : fds[i].fd;

        for (int k = 0; k < 3; k++) {
            if (sets[k] == NULL || !FD_ISSET(fd, sets[k])) {
                continue;
            }
            if ((fds[i].revents & kinds[k].yes) != 0) {
                total++;
            } else {
                FD_CLR(fd, sets[k]);
            }
        }
    }
    return total;
}

static bool to_dur(const struct timeval *timeout, uint64_t *dur)
{
    *dur = USCTP_NEVER;
    if (timeout == NULL) {
        return true;
    }
    if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
        return false;
    }
    *dur = usctp__time_add(usctp__time_mul((uint64_t)timeout->tv_sec, USCTP__SEC),
                           (uint64_t)timeout->tv_usec * 1000u);
    return true;
}

/* As Linux does: what is left of the time. */
static void give_rest(struct timeval *timeout, uint64_t dur, uint64_t start_ts)
{
    if (timeout != NULL) {
        uint64_t left = usctp__time_sub(dur, usctp_clock_system(NULL) - start_ts);

        timeout->tv_sec = (time_t)(left / USCTP__SEC);
        timeout->tv_usec = (suseconds_t)(left % USCTP__SEC / 1000u);
    }
}

/* The system looks at no more of a set than there may be descriptors in it. */
static bool any_bad(fd_set *const sets[3], int max, const struct timeval *timeout)
{
    size_t len = ((size_t)max + 7) / 8;

    for (int k = 0; k < 3; k++) {
        if (sets[k] != NULL && usctp__is_bad_for_any(sets[k], len, true)) {
            return true;
        }
    }
    return timeout != NULL && usctp__is_bad_for_any(timeout, sizeof(*timeout), false);
}

int usctp_select(int max, fd_set *in, fd_set *out, fd_set *err, struct timeval *timeout)
{
    fd_set *const sets[3] = {in, out, err};
    struct pollfd fds[FD_SETSIZE];
    uint64_t dur, start_ts = usctp_clock_system(NULL);

    if (max < 0 || max > FD_SETSIZE) {
        return (int)usctp__result(-EINVAL);
    }
    if (any_bad(sets, max, timeout)) {
        return (int)usctp__result(-EFAULT);
    }
    if (!to_dur(timeout, &dur)) {
        return (int)usctp__result(-EINVAL);
    }
    size_t cnt = fds_of_sets(max, sets, fds);
    if (!any_ours(fds, cnt)) {
        return select(max, in, out, err, timeout);
    }
    int result;
    do {
        result = poll_ours(fds, cnt, usctp__time_sub(dur, usctp_clock_system(NULL) - start_ts));
    } while (result > 0 && leave_out(fds, cnt));
    if (result >= 0) {
        result = sets_of_fds(sets, fds, cnt);
    }
    give_rest(timeout, dur, start_ts);
    return (int)usctp__result(result);
}
