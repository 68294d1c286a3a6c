/* SPDX-License-Identifier: BSD-3-Clause */
/* The log hook. */
#ifndef USCTP_BASE_LOG_H
#define USCTP_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include <usctp/usctp.h>

struct usctp__log {
    usctp_log_fn fn; /* the caller's function, or NULL: no log */
    void *user;      /* handed to fn */
    int level;       /* the highest level that is logged */
};

/* True when a text of this level would be logged: test it before building one. */
static inline bool usctp__log_wants(const struct usctp__log *log, int level)
{
    return log->fn != NULL && level <= log->level;
}

/* Logs a ready text, if its level is wanted. */
static inline void usctp__log(const struct usctp__log *log, int level, const char *text)
{
    if (usctp__log_wants(log, level)) {
        log->fn(log->user, level, text);
    }
}

#endif
