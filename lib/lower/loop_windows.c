/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting with WSAPoll, and a datagram socket connected to itself that ends the wait. */
#include "lower/socket_windows.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/time.h"
#include "lower/poll.h"
#include "lower/self_windows.h"

struct usctp__poller {
    WSAPOLLFD *fds; /* the first is the socket below */
    size_t cap;     /* elements of fds */
    SOCKET self;    /* connected to itself */
};

int usctp__poller_new(struct usctp__poller **poller)
{
    WSADATA data;
    struct usctp__poller *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return USCTP_ENOMEM;
    }
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        free(made);
        return USCTP_EIO;
    }
    made->self = usctp__self_open();
    if (made->self == INVALID_SOCKET) {
        WSACleanup();
        free(made);
        return USCTP_EIO;
    }
    *poller = made;
    return 0;
}

void usctp__poller_free(struct usctp__poller *poller)
{
    closesocket(poller->self);
    WSACleanup();
    free(poller->fds);
    free(poller);
}

/* Room for the own socket and `cnt` items. */
static bool reserve(struct usctp__poller *poller, size_t cnt)
{
    if (poller->cap > cnt) {
        return true;
    }
    size_t cap = 2 * cnt + 8;
    WSAPOLLFD *fds = realloc(poller->fds, cap * sizeof(*fds));
    if (fds == NULL) {
        return false;
    }
    poller->fds = fds;
    poller->cap = cap;
    return true;
}

static int ready_flags(const WSAPOLLFD *fd, int wanted)
{
    int ready = 0;

    if ((fd->revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
        return wanted;
    }
    ready |= (fd->revents & POLLRDNORM) != 0 ? USCTP_WATCH_READ : 0;
    ready |= (fd->revents & POLLWRNORM) != 0 ? USCTP_WATCH_WRITE : 0;
    return ready & wanted;
}

int usctp__poller_wait(struct usctp__poller *poller, struct usctp__poll_item *items, size_t cnt,
                       uint64_t max_dur)
{
    uint32_t ms = usctp__time_to_ms_up(max_dur);

    if (!reserve(poller, cnt)) {
        return USCTP_ENOMEM;
    }
    WSAPOLLFD *fds = poller->fds;
    fds[0].fd = poller->self;
    fds[0].events = POLLRDNORM;
    fds[0].revents = 0;
    for (size_t i = 0; i < cnt; i++) {
        int wanted = items[i].wanted;

        fds[i + 1].fd = (SOCKET)items[i].fd;
        fds[i + 1].events = (SHORT)(((wanted & USCTP_WATCH_READ) != 0 ? POLLRDNORM : 0) |
                                    ((wanted & USCTP_WATCH_WRITE) != 0 ? POLLWRNORM : 0));
        fds[i + 1].revents = 0;
        items[i].ready = 0;
    }
    int limit = max_dur == USCTP_NEVER ? -1 : ms > INT_MAX ? INT_MAX : (int)ms;
    if (WSAPoll(fds, (ULONG)(cnt + 1), limit) == SOCKET_ERROR) {
        return USCTP_EIO;
    }
    for (size_t i = 0; i < cnt; i++) {
        items[i].ready = ready_flags(&fds[i + 1], items[i].wanted);
    }
    if (fds[0].revents != 0) {
        usctp__self_drain(poller->self);
    }
    return 0;
}

void usctp__poller_wake(struct usctp__poller *poller)
{
    usctp__self_wake(poller->self);
}
