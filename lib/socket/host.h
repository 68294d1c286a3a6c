/* SPDX-License-Identifier: BSD-3-Clause */
/* A host: a stack, its UDP ports and its sockets, behind one lock. */
#ifndef USCTP_SOCKET_HOST_H
#define USCTP_SOCKET_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <usctp/driver.h>
#include <usctp/socket.h>

#include "base/compiler.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/pool.h"
#include "base/table.h"
#include "socket/lock.h"

struct usctp__sock;
struct usctp__lent;

/* The time during a call: read once, when it is first asked for. */
enum usctp__time_state {
    USCTP__TIME_OUTSIDE, /* nobody is inside: the clock is read each time */
    USCTP__TIME_UNREAD,  /* a call is on its way */
    USCTP__TIME_READ     /* now_ts is the time */
};

enum {
    USCTP__HOST_DRIVER_MAX = 64,    /* UDP ports of a host */
    USCTP__HOST_FD_MAX = 512,       /* their descriptors, all together */
    USCTP__HOST_CALLS = 64,         /* calls between two drains at most */
    USCTP__HOST_DRAIN_NS = 1000000, /* and so much time */
    USCTP__HOST_GLANCE = 8, /* calls that read what waits, in one look at the clock at most, */
    USCTP__HOST_GLANCE_NS = 100000,   /* if the last so many did not take longer */
    USCTP__HOST_BLINK_CYCLES = 10000, /* 2 to 10 us: sends within take the time for the same */
    USCTP__FIRST_ASSOC_ID = 3,        /* 0, 1 and 2 are FUTURE, CURRENT and ALL */
    USCTP__DEFAULT_UDP_PORT = 9899,   /* RFC 6951, 6.1 */
    USCTP__DEFAULT_EXIT_MS = 2000
};

struct usctp_host {
    /* All hosts of the process, or those kept; the table's lock. It stands first, so that checkers of leaks
     * find them. */
    struct usctp__list link;
    /* Guards everything here and below; taken with the table's held, or alone. It outlives the host: the
     * memory of hosts is kept for others, since a thread may be about to take it (usctp__enter). */
    struct usctp__lock lock;
    struct usctp__list followers;    /* threads that wait for the leader (wait.c) */
    struct usctp_host_config config; /* as given, defaults filled in; pointers not used later */
    struct usctp_addr *addrs;        /* local addresses of the UDP sockets, owned; NULL: all */
    usctp_stack *stack;
    uint64_t (*clock)(void *clock_ctx); /* the program's, or the system's */
    void *clock_ctx;
    uint64_t now_ts; /* the time of the call that is inside */
    enum usctp__time_state time_state;
    bool has_cycles;              /* the clock is the system's, and there is a counter beside it */
    uint64_t look_cycles;         /* what that showed just before now_ts was read, or earlier */
    struct usctp__mem mem;        /* of the sockets themselves */
    struct usctp__pool sock_pool; /* struct usctp__sock */
    struct usctp__pool peer_pool; /* struct usctp__peer */
    struct usctp__bufpool bufs;   /* for struct usctp__rec and their bytes */
    struct usctp__lent *lent; /* datagrams that are taken in, if the program lends them; or NULL */
    uint64_t trimmed_ts;      /* when those not needed were given back last */
    struct usctp__tagtable peers; /* association id -> struct usctp__peer */
    struct usctp__list socks;     /* struct usctp__sock */
    struct usctp__list bindings;  /* struct usctp__binding */
    struct usctp__list dirty;     /* sockets whose readiness is to be shown */
    struct usctp__list told;      /* the same, where threads that wait were woken to see to it */
    usctp_driver *drivers[USCTP__HOST_DRIVER_MAX];
    uint16_t driver_ports[USCTP__HOST_DRIVER_MAX]; /* as asked for; 0: drawn */
    size_t driver_cnt;
    usctp_lower_id lower; /* the program's own lower layer; 0: UDP */
    /* Its answer to which address it would send from; NULL: it has none (struct usctp_lower). */
    int (*source)(void *ctx, const struct usctp_addr *remote, struct usctp_addr *local);
    struct usctp_params params;       /* of sockets made later */
    struct usctp__watch *watch;       /* of its addresses (watch.h); NULL: no socket follows them */
    struct usctp__settings *settings; /* what net.sctp has besides (settings.h) */
    uint64_t drained_ts;              /* when the network was last served */
    uint64_t sleep_until_ts;          /* while `leading`: when the leader means to wake */
    uint32_t calls;                   /* since then */
    uint32_t unlooked; /* calls that read what waits until the next look at the clock */
    uint64_t look_ts;  /* when such a call looked last */
    uint32_t next_assoc_id;
    int hops;            /* IP_TTL, IPV6_UNICAST_HOPS of the UDP sockets; 0: the system's */
    uint32_t inside_cnt; /* threads that wait inside */
    uint32_t poller_cnt; /* of these, that sleep in usctp_poll */
    int wake[2];         /* a pipe that ends the leader's sleep; -1: not made */
    int probe[2];        /* a pipe that pointers are looked at with; -1: not made */
    int epoll_fd;        /* usctp_host_fd; -1: not made */
    int timer_fd;
    uint64_t timer_ts;    /* when timer_fd is set to fire */
    bool leading;         /* a thread sleeps in poll for all */
    bool sleep_for_write; /* while `leading`: it waits for room to send too */
    bool starved;         /* a message was put back for want of memory */
    uint64_t starved_ts;  /* such messages were asked for last */
    bool draining;        /* the network is served now */
    bool dead;            /* of a parent process, or being freed */
};

/* Makes the sockets of a host live; used by usctp_host_new and the default host. 0 or -errno. */
int usctp__host_make(const struct usctp_host_config *config, struct usctp_host **host);

/* Frees without a word to anybody: all sockets are closed. */
void usctp__host_destroy(struct usctp_host *host);

/* In the child of a fork: closes what could send; the rest stays, for want of what may be called. */
void usctp__host_disown(struct usctp_host *host);

/* Every call of a thread stands between these. Time stands still there. */
static inline void usctp__host_lock(struct usctp_host *host)
{
    usctp__lock_take(&host->lock);
    host->time_state = USCTP__TIME_UNREAD;
}

static inline void usctp__host_unlock(struct usctp_host *host)
{
    host->time_state = USCTP__TIME_OUTSIDE;
    usctp__lock_give(&host->lock);
}

/* The clock itself, for who does not hold the lock. */
static inline uint64_t usctp__host_clock(const struct usctp_host *host)
{
    return host->clock(host->clock_ctx);
}

/* The lock is held in all that follows. */

static inline uint64_t usctp__host_now(struct usctp_host *host)
{
    if (host->time_state == USCTP__TIME_READ) {
        return host->now_ts;
    }
    uint64_t now_ts = usctp__host_clock(host);
    if (host->time_state == USCTP__TIME_UNREAD) {
        host->now_ts = now_ts;
        host->time_state = USCTP__TIME_READ;
    }
    return now_ts;
}

/* For calls that need the time and come fast: within a blink, that of the last look serves again. */
static inline void usctp__host_blink(struct usctp_host *host)
{
    if (!host->has_cycles) {
        return;
    }
    uint64_t cycles = usctp__cycles();
    if (cycles - host->look_cycles < USCTP__HOST_BLINK_CYCLES) {
        host->time_state = USCTP__TIME_READ;
        return;
    }
    (void)usctp__host_now(host);
    host->look_cycles = cycles;
}

/* Serves the network, bounded, and the timers. */
void usctp__host_drain(struct usctp_host *host);

/* When something is due: a timer of the stack, or a look at the addresses of the host. */
uint64_t usctp__host_deadline(const struct usctp_host *host);

/* Drains if 1 ms or USCTP__HOST_CALLS calls have passed since the last time. Once a call. */
static inline void usctp__host_tick(struct usctp_host *host)
{
    if (++host->calls >= USCTP__HOST_CALLS ||
        usctp__host_now(host) - host->drained_ts >= USCTP__HOST_DRAIN_NS) {
        usctp__host_drain(host);
    }
}

/* The same for a call that takes what waits already and needs no time itself: while such calls come fast, one in
 * USCTP__HOST_GLANCE looks at the clock. */
static inline void usctp__host_tick_seldom(struct usctp_host *host)
{
    if (host->unlooked > 0 && host->calls + 1 < USCTP__HOST_CALLS) {
        host->unlooked--;
        host->calls++;
        return;
    }
    usctp__host_blink(host);
    uint64_t now_ts = usctp__host_now(host);
    host->unlooked = now_ts - host->look_ts < USCTP__HOST_GLANCE_NS ? USCTP__HOST_GLANCE - 1 : 0;
    host->look_ts = now_ts;
    usctp__host_tick(host);
}

/* Opens the UDP port that a socket which connects, or one that listens on this SCTP port, needs, if
 * that has not happened yet. 0, or -EADDRINUSE and the like. */
int usctp__host_open_client(struct usctp_host *host);
int usctp__host_open_server(struct usctp_host *host, uint16_t sctp_port);

/* How many hops packets may go; for the UDP sockets that are there and those to come. */
void usctp__host_set_hops(struct usctp_host *host, int hops);

/* The lower layer that new associations use. */
usctp_lower_id usctp__host_lower(const struct usctp_host *host);

/* Sleeps until something may have changed, at most until until_ts; the lock is given up meanwhile. 0,
 * -EINTR (a signal handler ran and the call is not to be restarted), -EAGAIN (the host cannot wait). */
int usctp__host_wait(struct usctp_host *host, uint64_t until_ts);

/* Something was done that may make the next deadline come earlier: wakes the leader if need be, and
 * sets the timer of usctp_host_fd. */
void usctp__host_poke(struct usctp_host *host);

/* Before a thread sleeps: shows the readiness of the sockets in host->dirty, and wakes the threads that wait
 * for something of one of them. */
void usctp__host_show(struct usctp_host *host);

/* At the end of a call: the same, but where threads wait for something of a socket they are woken, and those
 * that take what came, or go on sleeping, show what is left. */
void usctp__host_tell(struct usctp_host *host);

#endif
