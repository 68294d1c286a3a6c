/* SPDX-License-Identifier: BSD-3-Clause */
/* A small poll loop: one stack, its drivers, further descriptors, timers. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usctp/driver.h>

#include "base/time.h"
#include "lower/driver.h"
#include "lower/loop_follow.h"
#include "lower/poll.h"
#include "stack/sized.h"

/* Trying again so often wherever an interface's queue is full. */
#define CONGESTED_DUR USCTP__MS

enum {
    SPIN_CNT = 64
}; /* rounds of a loop that never sleeps between two looks at all descriptors */

struct watch {
    usctp_fd fd;
    int flags; /* enum usctp_watch_flag */
    usctp_watch_fn fn;
    void *user;
    uint64_t serial; /* tells a watch from a later one of the same descriptor */
};

struct timer {
    uint64_t ts; /* of usctp_clock_system */
    void (*fn)(void *user);
    void *user;
    uint64_t serial; /* of the call that set it: a timer set by a timer waits for the next round */
};

struct usctp_loop {
    usctp_stack *stack;
    struct usctp__poller *poller;
    struct usctp__loop_follow *follow; /* NULL: the stack is not told the host's addresses */
    uint64_t (*clock)(void *ctx);      /* the stack's */
    void *clock_ctx;
    volatile sig_atomic_t stop; /* usctp_loop_stop was called */
    bool busy;                  /* inside usctp_loop_once */
    bool spins;                 /* USCTP_LOOP_BUSY_POLL */
    unsigned spin_cnt;          /* rounds that did not sleep */
    usctp_driver *first_driver; /* drivers[0], for other threads: that array may move */
    uint64_t serial;            /* counts watches and timers set */

    usctp_driver **drivers;
    size_t driver_cnt, driver_cap;
    struct watch *watches;
    size_t watch_cnt, watch_cap;
    struct timer *timers;
    size_t timer_cnt, timer_cap;

    struct usctp__poll_item *items; /* sockets of the drivers in order, then watches */
    uint64_t *item_serials;         /* of the watches among them */
    size_t item_cap;
};

/* Room for one more element of `len` bytes in an array; NULL: no memory, the array stands. */
static void *grow(void *array, size_t cnt, size_t *cap, size_t len)
{
    if (cnt < *cap) {
        return array;
    }
    size_t new_cap = *cap * 2 + 4;
    void *bigger = realloc(array, new_cap * len);
    if (bigger != NULL) {
        *cap = new_cap;
    }
    return bigger;
}

static uint64_t stack_now(const struct usctp_loop *loop)
{
    return loop->clock(loop->clock_ctx);
}

/* --- Life ------------------------------------------------------------------------------------- */

static void explain(const struct usctp_loop_config *config, const char *what, int err)
{
    if (config->error_text != NULL && config->error_text_len > 0) {
        snprintf(config->error_text, config->error_text_len, "%s: %s", what, usctp_strerror(err));
    }
}

static int make_stack(struct usctp_loop *loop, const struct usctp_loop_config *config)
{
    struct usctp_config system = USCTP_CONFIG_INIT;
    const struct usctp_config *used = config->stack;
    int err;

    if (used == NULL) {
        err = usctp_config_system(&system);
        if (err != 0) {
            explain(config, "the library was built without cryptography", err);
            return err;
        }
        system.on_event = config->on_event;
        system.user = config->user;
        used = &system;
    }
    err = usctp_stack_new(used, &loop->stack);
    if (err != 0) {
        explain(config, "cannot make the stack", err);
        return err;
    }
    loop->clock = used->clock != NULL ? used->clock : usctp_clock_system;
    loop->clock_ctx = used->clock_ctx;
    return 0;
}

static int open_driver(struct usctp_loop *loop, const struct usctp_loop_config *config)
{
    struct usctp_driver_config driver_config = USCTP_DRIVER_CONFIG_INIT;
    usctp_driver *driver;

    driver_config.addrs = config->addrs;
    driver_config.addr_cnt = config->addr_cnt;
    driver_config.port = config->udp_port;
    driver_config.error_text = config->error_text;
    driver_config.error_text_len = config->error_text_len;
    driver_config.flags = config->driver_flags;
    driver_config.shards = config->shards;
    driver_config.shard = config->shard;
    driver_config.fds = config->fds;
    driver_config.fd_cnt = config->fd_cnt;
    int err = usctp_udp_open(loop->stack, &driver_config, &driver);
    if (err != 0) {
        return err;
    }
    err = usctp_loop_add(loop, driver);
    if (err != 0) {
        explain(config, "cannot make the loop", err);
        usctp_driver_close(driver);
    }
    return err;
}

int usctp_loop_new(const struct usctp_loop_config *config, usctp_loop **loop)
{
    struct usctp_loop_config mine = USCTP_LOOP_CONFIG_INIT;

    if (config == NULL || loop == NULL) {
        return USCTP_EINVAL;
    }
    *loop = NULL;
    int err = usctp__sized_in(&mine, sizeof(mine), config, sizeof(mine));
    if (err != 0) {
        return err;
    }
    if ((mine.flags & ~(uint32_t)(USCTP_LOOP_BUSY_POLL | USCTP_LOOP_FOLLOW_HOST)) != 0 ||
        ((mine.flags & USCTP_LOOP_FOLLOW_HOST) != 0 && mine.addr_cnt > 0)) {
        return USCTP_EINVAL;
    }
    struct usctp_loop *made = calloc(1, sizeof(*made));
    if (made == NULL) {
        explain(&mine, "cannot make the loop", USCTP_ENOMEM);
        return USCTP_ENOMEM;
    }
    made->spins = (mine.flags & USCTP_LOOP_BUSY_POLL) != 0;
    err = usctp__poller_new(&made->poller);
    if (err != 0) {
        explain(&mine, "cannot make the loop", err);
        free(made);
        return err;
    }
    err = make_stack(made, &mine);
    if (err == 0) {
        err = open_driver(made, &mine);
    }
    if (err == 0 && (mine.flags & USCTP_LOOP_FOLLOW_HOST) != 0) {
        err = usctp__loop_follow_new(made, mine.look_ms, &made->follow);
        if (err != 0) {
            explain(&mine, "cannot watch the addresses of the host", err);
        }
    }
    if (err != 0) {
        usctp_loop_free(made);
        return err;
    }
    *loop = made;
    return 0;
}

void usctp_loop_free(usctp_loop *loop)
{
    if (loop == NULL || loop->busy) {
        return;
    }
    /* The stack first: its last words still leave through the drivers. */
    if (loop->stack != NULL) {
        usctp_stack_free(loop->stack);
    }
    for (size_t i = 0; i < loop->driver_cnt; i++) {
        usctp__driver_release(loop->drivers[i]);
    }
    usctp__loop_follow_free(loop->follow);
    usctp__poller_free(loop->poller);
    free(loop->drivers);
    free(loop->watches);
    free(loop->timers);
    free(loop->items);
    free(loop->item_serials);
    free(loop);
}

usctp_stack *usctp_loop_stack(usctp_loop *loop)
{
    return loop->stack;
}

usctp_driver *usctp_loop_driver(usctp_loop *loop)
{
    return loop->drivers[0];
}

int usctp_loop_add(usctp_loop *loop, usctp_driver *driver)
{
    if (driver == NULL || driver->stack != loop->stack) {
        return USCTP_EINVAL;
    }
    usctp_driver **drivers =
        grow(loop->drivers, loop->driver_cnt, &loop->driver_cap, sizeof(*drivers));
    if (drivers == NULL) {
        return USCTP_ENOMEM;
    }
    loop->drivers = drivers;
    if (loop->driver_cnt == 0) {
        loop->first_driver = driver;
    }
    drivers[loop->driver_cnt++] = driver;
    return 0;
}

void usctp_loop_stop(usctp_loop *loop)
{
    loop->stop = 1;
    usctp__poller_wake(loop->poller);
    usctp__driver_nudge(loop->first_driver);
}

/* --- Watches and timers ----------------------------------------------------------------------- */

static struct watch *find_watch(struct usctp_loop *loop, usctp_fd fd)
{
    for (size_t i = 0; i < loop->watch_cnt; i++) {
        if (loop->watches[i].fd == fd) {
            return &loop->watches[i];
        }
    }
    return NULL;
}

int usctp_loop_watch(usctp_loop *loop, usctp_fd fd, int flags, usctp_watch_fn fn, void *user)
{
    if ((flags & ~(USCTP_WATCH_READ | USCTP_WATCH_WRITE)) != 0 || fd < 0 ||
        (flags != 0 && fn == NULL)) {
        return USCTP_EINVAL;
    }
    struct watch *watch = find_watch(loop, fd);
    if (flags == 0) {
        if (watch != NULL) {
            *watch = loop->watches[--loop->watch_cnt];
        }
        return 0;
    }
    if (watch == NULL) {
        struct watch *watches =
            grow(loop->watches, loop->watch_cnt, &loop->watch_cap, sizeof(*watches));
        if (watches == NULL) {
            return USCTP_ENOMEM;
        }
        loop->watches = watches;
        watch = &watches[loop->watch_cnt++];
        watch->fd = fd;
        watch->serial = ++loop->serial;
    }
    watch->flags = flags;
    watch->fn = fn;
    watch->user = user;
    return 0;
}

int usctp_loop_at(usctp_loop *loop, uint64_t ts, void (*fn)(void *user), void *user)
{
    struct timer *timer = NULL;

    for (size_t i = 0; i < loop->timer_cnt && timer == NULL; i++) {
        if (loop->timers[i].fn == fn && loop->timers[i].user == user) {
            timer = &loop->timers[i];
        }
    }
    if (ts == USCTP_NEVER) {
        if (timer != NULL) {
            *timer = loop->timers[--loop->timer_cnt];
        }
        return 0;
    }
    if (timer == NULL) {
        struct timer *timers =
            grow(loop->timers, loop->timer_cnt, &loop->timer_cap, sizeof(*timers));
        if (timers == NULL) {
            return USCTP_ENOMEM;
        }
        loop->timers = timers;
        timer = &timers[loop->timer_cnt++];
        timer->fn = fn;
        timer->user = user;
    }
    timer->ts = ts;
    timer->serial = ++loop->serial;
    return 0;
}

/* The earliest timer set before the call number `serial`; NULL: none. */
static struct timer *first_timer(struct usctp_loop *loop, uint64_t serial)
{
    struct timer *first = NULL;

    for (size_t i = 0; i < loop->timer_cnt; i++) {
        struct timer *timer = &loop->timers[i];

        if (timer->serial > serial) {
            continue;
        }
        if (first == NULL || timer->ts < first->ts ||
            (timer->ts == first->ts && timer->serial < first->serial)) {
            first = timer;
        }
    }
    return first;
}

static void run_timers(struct usctp_loop *loop)
{
    if (loop->timer_cnt == 0) {
        return;
    }
    uint64_t now_ts = usctp_clock_system(NULL), serial = loop->serial;

    for (;;) {
        struct timer *timer = first_timer(loop, serial);

        if (timer == NULL || timer->ts > now_ts) {
            return;
        }
        struct timer due = *timer;
        *timer = loop->timers[--loop->timer_cnt];
        due.fn(due.user);
    }
}

/* --- Rounds ----------------------------------------------------------------------------------- */

/* True when a socket waits for room of which poll will not tell. */
static bool congested(const usctp_driver *driver)
{
    const struct usctp__socket *sock;

    for (size_t i = 0; (sock = usctp__driver_socket(driver, i)) != NULL; i++) {
        if (sock->congested) {
            return true;
        }
    }
    return false;
}

/* How long to wait at most. */
static uint64_t wait_dur(struct usctp_loop *loop, uint64_t max_dur)
{
    uint64_t deadline_ts = usctp_stack_next_deadline(loop->stack);
    const struct timer *timer = first_timer(loop, loop->serial);
    uint64_t dur = max_dur, left;

    if (deadline_ts != USCTP_NEVER) {
        left = usctp__time_sub(deadline_ts, stack_now(loop));
        dur = left < dur ? left : dur;
    }
    if (timer != NULL) {
        left = usctp__time_sub(timer->ts, usctp_clock_system(NULL));
        dur = left < dur ? left : dur;
    }
    for (size_t i = 0; i < loop->driver_cnt; i++) {
        dur = usctp__driver_pending(loop->drivers[i]) ? 0 : dur;
        dur = congested(loop->drivers[i]) && dur > CONGESTED_DUR ? CONGESTED_DUR : dur;
    }
    return dur;
}

/* Room for `cnt` items. */
static bool reserve_items(struct usctp_loop *loop, size_t cnt)
{
    if (cnt <= loop->item_cap) {
        return true;
    }
    size_t cap = cnt * 2;
    struct usctp__poll_item *items = realloc(loop->items, cap * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    loop->items = items;
    uint64_t *serials = realloc(loop->item_serials, cap * sizeof(*serials));
    if (serials == NULL) {
        return false;
    }
    loop->item_serials = serials;
    loop->item_cap = cap;
    return true;
}

/* Lists what to wait for. False: no memory. */
static bool gather(struct usctp_loop *loop, size_t *cnt)
{
    size_t n = 0, total = loop->watch_cnt;

    for (size_t i = 0; i < loop->driver_cnt; i++) {
        total += usctp_driver_fds(loop->drivers[i], NULL, 0);
    }
    if (!reserve_items(loop, total)) {
        return false;
    }
    for (size_t i = 0; i < loop->driver_cnt; i++) {
        const struct usctp__socket *sock;

        for (size_t k = 0; (sock = usctp__driver_socket(loop->drivers[i], k)) != NULL; k++) {
            loop->items[n].fd = sock->fd;
            loop->items[n].wanted =
                USCTP_WATCH_READ | (sock->blocked && !sock->congested ? USCTP_WATCH_WRITE : 0);
            loop->item_serials[n++] = 0;
        }
    }
    for (size_t i = 0; i < loop->watch_cnt; i++) {
        loop->items[n].fd = loop->watches[i].fd;
        loop->items[n].wanted = loop->watches[i].flags;
        loop->item_serials[n++] = loop->watches[i].serial;
    }
    *cnt = n;
    return true;
}

/* Serves the drivers that have something; *at becomes the number of the first item after theirs. */
static int serve_drivers(struct usctp_loop *loop, size_t *at)
{
    size_t n = 0, cnt = loop->driver_cnt; /* callbacks may add more */

    for (size_t i = 0; i < cnt; i++) {
        usctp_driver *driver = loop->drivers[i];
        size_t sockets = usctp_driver_fds(driver, NULL, 0);
        bool any = usctp__driver_pending(driver) || congested(driver);

        for (size_t k = 0; k < sockets; k++) {
            if (loop->items[n + k].ready != 0) {
                usctp__driver_ready(driver, k);
                any = true;
            }
        }
        n += sockets;
        int got = any ? usctp_driver_process(driver, stack_now(loop)) : 0;
        if (got < 0) {
            return got;
        }
    }
    *at = n;
    return 0;
}

/* Calls the watches that have become ready and still stand. */
static void serve_watches(struct usctp_loop *loop, size_t from, size_t cnt)
{
    for (size_t i = from; i < cnt; i++) {
        struct watch *watch = find_watch(loop, loop->items[i].fd);

        if (watch == NULL || watch->serial != loop->item_serials[i]) {
            continue;
        }
        int ready = loop->items[i].ready & watch->flags;
        if (ready != 0) {
            watch->fn(watch->user, watch->fd, ready);
        }
    }
}

/* Runs what is due of the stack. */
static int advance(struct usctp_loop *loop)
{
    uint64_t now_ts = stack_now(loop);

    if (usctp_stack_next_deadline(loop->stack) > now_ts) {
        return 0;
    }
    return usctp_stack_advance(loop->stack, now_ts);
}

/* Waits for descriptors of all kinds. */
static int round_polled(struct usctp_loop *loop, uint64_t max_dur)
{
    size_t cnt, from;

    if (!gather(loop, &cnt)) {
        return USCTP_ENOMEM;
    }
    int err = usctp__poller_wait(loop->poller, loop->items, cnt, max_dur);
    if (err == 0) {
        err = serve_drivers(loop, &from);
    }
    if (err != 0) {
        return err;
    }
    serve_watches(loop, from, cnt);
    run_timers(loop);
    return advance(loop);
}

/* A single socket is all there is to wait for: who reads it can sleep there. */
static bool can_sleep(const struct usctp_loop *loop)
{
    return loop->driver_cnt == 1 && loop->watch_cnt == 0 &&
           usctp__driver_sleeps(loop->first_driver);
}

/* Sleeps in the read. Where nothing came in, the poller waits on: it is the exact one, and knows who wants
 * to wake the loop. */
static int round_asleep(struct usctp_loop *loop, uint64_t max_wait_dur, uint64_t max_dur)
{
    uint64_t end_ts = usctp__time_add(usctp_clock_system(NULL), max_wait_dur);
    int err = usctp__driver_sleep(loop->first_driver, max_dur);

    if (err == 0) {
        uint64_t left = usctp__time_sub(end_ts, usctp_clock_system(NULL));
        return round_polled(loop, wait_dur(loop, left));
    }
    if (err > 0) {
        err = usctp_driver_process(loop->first_driver, stack_now(loop));
    }
    if (err < 0) {
        return err;
    }
    run_timers(loop);
    return advance(loop);
}

static int round_once(struct usctp_loop *loop, uint64_t max_wait_dur)
{
    uint64_t max_dur = wait_dur(loop, max_wait_dur);

    return can_sleep(loop) ? round_asleep(loop, max_wait_dur, max_dur)
                           : round_polled(loop, max_dur);
}

/* Reads the sockets without asking first; returns the number of packets that came in, or an error. */
static int read_drivers(struct usctp_loop *loop)
{
    size_t driver_cnt = loop->driver_cnt; /* callbacks may add more */
    int cnt = 0;

    for (size_t i = 0; i < driver_cnt; i++) {
        int got = usctp__driver_read(loop->drivers[i], stack_now(loop));

        if (got < 0) {
            return got;
        }
        cnt += got;
    }
    return cnt;
}

/* A round that never sleeps. Now and then, and when a time has come, it is a whole one, which looks
 * at all descriptors and timers. */
static int spin_once(struct usctp_loop *loop, uint64_t max_wait_dur)
{
    uint64_t end_ts = usctp__time_add(usctp_clock_system(NULL), wait_dur(loop, max_wait_dur));

    while (++loop->spin_cnt % SPIN_CNT != 0 && !loop->stop) {
        int cnt = read_drivers(loop);

        if (cnt != 0) {
            return cnt < 0 ? cnt : advance(loop);
        }
        if (usctp_clock_system(NULL) >= end_ts) {
            break;
        }
    }
    return round_once(loop, 0);
}

int usctp_loop_once(usctp_loop *loop, uint64_t max_wait_dur)
{
    if (loop->busy) {
        return USCTP_EBUSY;
    }
    loop->busy = true;
    int err = loop->spins ? spin_once(loop, max_wait_dur) : round_once(loop, max_wait_dur);
    loop->busy = false;
    return err;
}

int usctp_loop_run(usctp_loop *loop)
{
    int err = 0;

    while (err == 0 && !loop->stop) {
        err = usctp_loop_once(loop, USCTP_NEVER);
    }
    if (err != USCTP_EBUSY) {
        loop->stop = 0;
    }
    return err;
}
