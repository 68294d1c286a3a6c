/* SPDX-License-Identifier: BSD-3-Clause */
/* How a simulation fails: one sentence with the seed and the time, then abort. */
#ifndef USCTP_SIM_FAIL_H
#define USCTP_SIM_FAIL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SIM_PRINTF(text, args) __attribute__((format(printf, text, args)))
#define SIM_NORETURN           __attribute__((noreturn))
#else
#define SIM_PRINTF(text, args)
#define SIM_NORETURN
#endif

/* What stands before the sentence: a seed, and a clock to read (may be NULL). */
void sim_fail_context(uint64_t seed, const uint64_t *now_ts);

/* Says where a run stood that the library ended with abort(); call it once. */
void sim_fail_on_abort(void);

/* Where failures go instead of abort(): a function that does not return (tests of the tests use
 * longjmp); NULL: abort(). */
void sim_fail_catch(void (*fn)(const char *text));

/* Ends the simulation. */
SIM_NORETURN void sim_fail(const char *format, ...) SIM_PRINTF(1, 2);

/* Ends it unless x holds. */
#define SIM_EXPECT(x)                                               \
    do {                                                            \
        if (!(x)) {                                                 \
            sim_fail("%s:%d: expected %s", __FILE__, __LINE__, #x); \
        }                                                           \
    } while (0)

/* Memory of the simulator itself: never NULL. sim_zalloc gives zeros. */
void *sim_zalloc(size_t len);
void *sim_realloc(void *ptr, size_t len);

#endif
