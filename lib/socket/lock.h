/* SPDX-License-Identifier: BSD-3-Clause */
/* The lock of a host. While the process has one thread only, which the C library tells where it can, the
 * lock is a flag: a mutex costs two atomic operations a call. */
#ifndef USCTP_SOCKET_LOCK_H
#define USCTP_SOCKET_LOCK_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

#include "base/compiler.h"

#if defined(__GLIBC__) && defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 32)
#include <sys/single_threaded.h>
#define USCTP__ONE_THREAD (__libc_single_threaded != 0)
#endif
#endif
#ifndef USCTP__ONE_THREAD
#define USCTP__ONE_THREAD false
#endif

struct usctp__lock {
    pthread_mutex_t mutex;
    bool lone; /* held by the thread that was the only one when it took it, without the mutex */
};

static inline void usctp__lock_init(struct usctp__lock *lock)
{
    (void)pthread_mutex_init(&lock->mutex, NULL);
    lock->lone = false;
}

static inline bool usctp__lock_is_lone(const struct usctp__lock *lock)
{
    return __atomic_load_n(&lock->lone, __ATOMIC_ACQUIRE);
}

static inline void usctp__lock_take(struct usctp__lock *lock)
{
    if (USCTP__ONE_THREAD && !lock->lone) {
        lock->lone = true;
        return;
    }
    (void)pthread_mutex_lock(&lock->mutex);
    while (USCTP__UNLIKELY(usctp__lock_is_lone(lock))) {
        (void)sched_yield(); /* this thread was made by a callback of the call that is inside */
    }
}

/* False: it is held. */
static inline bool usctp__lock_try(struct usctp__lock *lock)
{
    if (pthread_mutex_trylock(&lock->mutex) != 0) {
        return false;
    }
    if (!usctp__lock_is_lone(lock)) {
        return true;
    }
    (void)pthread_mutex_unlock(&lock->mutex);
    return false;
}

/* Gives it back in the way it was taken, whatever threads there are now. */
static inline void usctp__lock_give(struct usctp__lock *lock)
{
    if (lock->lone) {
        __atomic_store_n(&lock->lone, false, __ATOMIC_RELEASE);
    } else {
        (void)pthread_mutex_unlock(&lock->mutex);
    }
}

#endif
