/* SPDX-License-Identifier: BSD-3-Clause */
/* Failing with a sentence, and memory that is there or ends the run. */
#include "sim/fail.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t fail_seed;
static const uint64_t *fail_now_ts;
static void (*fail_fn)(const char *text);
static int failing; /* the sentence is out */

void sim_fail_context(uint64_t seed, const uint64_t *now_ts)
{
    fail_seed = seed;
    fail_now_ts = now_ts;
}

static void print_context(const char *text)
{
    if (fail_now_ts != NULL) {
        fprintf(stderr, "seed %" PRIu64 ", at %" PRIu64 ".%06" PRIu64 " s: %s\n", fail_seed,
                *fail_now_ts / 1000000000u, *fail_now_ts / 1000u % 1000000u, text);
    } else {
        fprintf(stderr, "%s\n", text);
    }
    fflush(stderr);
}

/* Not safe for signals in general, but this one is raised where the program stands. */
static void aborted(int signal_number)
{
    if (!failing) {
        print_context("abort() was called: an invariant of the library does not hold");
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void sim_fail_on_abort(void)
{
    signal(SIGABRT, aborted);
}

void sim_fail_catch(void (*fn)(const char *text))
{
    fail_fn = fn;
}

void sim_fail(const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (fail_fn != NULL) {
        fail_fn(text);
    }
    fflush(stdout);
    print_context(text);
    failing = 1;
    abort();
}

void *sim_zalloc(size_t len)
{
    void *ptr = calloc(1, len == 0 ? 1 : len);

    if (ptr == NULL) {
        sim_fail("no memory for the simulator (%zu bytes)", len);
    }
    return ptr;
}

void *sim_realloc(void *ptr, size_t len)
{
    void *moved = realloc(ptr, len == 0 ? 1 : len);

    if (moved == NULL) {
        sim_fail("no memory for the simulator (%zu bytes)", len);
    }
    return moved;
}
