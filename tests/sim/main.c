/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * usctp-sim: runs simulated worlds, one for each seed. A failing seed is printed with the command
 * that replays it. Each job is a process of its own, so that a crash is a result like any other.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/fail.h"
#include "sim/world.h"

enum { JOBS_MAX = 64, BATCH = 20, FAILURES_MAX = 20, TWICE_EVERY = 10, GUARD_SEC = 600 };

/* So many seeds show each combination at least so often (congestion control, recovery, batches,
 * offload). */
enum { FULL_CNT = 1000, COMBINATION_MIN = 30 };

/* So many seeds from the first one on show each extension in force, and used. */
enum { FIRST_SEED = 1, EXTENSIONS_CNT = 300 };

struct options {
    uint64_t first;
    uint64_t cnt;
    int one; /* --seed: this one only, with its trace */
    int quiet;
    int long_way; /* with --seed */
    unsigned jobs;
    const char *program;
};

/* A process that runs a batch of seeds and reports each result through a pipe. */
struct job {
    pid_t pid; /* 0: none */
    int fd;
    uint64_t next; /* the seed whose result comes next */
    uint64_t end;  /* one past the last */
};

/* Sums over all seeds, and over the seeds of each feature. */
struct sums {
    uint64_t seed_cnt;
    uint64_t packet_cnt, event_cnt, message_cnt, byte_cnt, virtual_ms;
    uint64_t up_cnt, lost_cnt, restarted_cnt, plan_cnt, reached_cnt, dropped_cnt;
    uint64_t blocked_cnt, kept_cnt, deferred_cnt, failed_cnt, expired_cnt, adopted_cnt;
    uint64_t reset_cnt, assoc_reset_cnt, add_cnt, refused_reset_cnt;
    uint64_t handover_cnt;
    struct sim_extension_counts extensions;
    uint64_t combination_cnt[SIM_COMBINATIONS]; /* worlds with a host that has it */
};

static void usage(FILE *file)
{
    fputs("usage: usctp-sim [--seeds N] [--first S] [--jobs J] [--seed S] [--long-way] [--quiet]\n"
          "Runs simulated worlds in virtual time, one for each seed.\n"
          "  --seeds N  how many (1000, or the environment's USCTP_SIM_SEEDS)\n"
          "  --first S  the first seed (1)\n"
          "  --jobs J   processes (as many as processors)\n"
          "  --seed S   run one seed here and print its trace, a line for each chunk\n"
          "  --long-way with --seed: no stack takes a short way\n"
          "  --quiet    no trace, no table\n",
          file);
}

static int number(const char *text, uint64_t *value)
{
    char *end = NULL;

    if (text == NULL || *text < '0' || *text > '9') {
        return 0;
    }
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static void parse(struct options *options, int argc, char **argv)
{
    const char *seeds = getenv("USCTP_SIM_SEEDS");
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t value;

    memset(options, 0, sizeof(*options));
    options->program = argv[0];
    options->first = FIRST_SEED;
    options->cnt = 1000;
    options->jobs = processors > 0 && processors < 8 ? (unsigned)processors : 2;
    if (seeds != NULL && *seeds != '\0' && !number(seeds, &options->cnt)) {
        fprintf(stderr, "usctp-sim: USCTP_SIM_SEEDS is no number: %s\n", seeds);
        exit(2);
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            usage(stdout);
            exit(0);
        }
        if (strcmp(argv[i], "--quiet") == 0) {
            options->quiet = 1;
            continue;
        }
        if (strcmp(argv[i], "--long-way") == 0) {
            options->long_way = 1;
            continue;
        }
        if (!number(i + 1 < argc ? argv[i + 1] : NULL, &value)) {
            usage(stderr);
            exit(2);
        }
        if (strcmp(argv[i], "--seeds") == 0) {
            options->cnt = value;
        } else if (strcmp(argv[i], "--first") == 0) {
            options->first = value;
        } else if (strcmp(argv[i], "--seed") == 0) {
            options->first = value;
            options->one = 1;
        } else if (strcmp(argv[i], "--jobs") == 0 && value >= 1 && value <= JOBS_MAX) {
            options->jobs = (unsigned)value;
        } else {
            usage(stderr);
            exit(2);
        }
        i++;
    }
}

/* Some seeds run twice: the same seed is the same run, bit for bit. The second time it takes the long way, unless
 * allocations fail: what a short way had no memory for the long one may try to get again. */
static void run_seed(uint64_t seed, int verbose, int long_way, struct sim_world_result *result)
{
    struct sim_world_result again;

    alarm(GUARD_SEC); /* a guard against endless loops, not a measure */
    sim_world_run(seed, verbose, long_way, result);
    if (seed % TWICE_EVERY == 1 && !verbose) {
        int starves = (int)(result->features >> SIM_F_NO_MEMORY & 1);

        sim_world_run(seed, 0, !starves, &again);
        if (again.hash != result->hash) {
            sim_fail("seed %" PRIu64 " is not the same when it runs twice", seed);
        }
    }
    alarm(0);
}

static void work(int fd, uint64_t first, uint64_t end)
{
    for (uint64_t seed = first; seed < end; seed++) {
        struct sim_world_result result;

        run_seed(seed, 0, 0, &result);
        if (write(fd, &result, sizeof(result)) != (ssize_t)sizeof(result)) {
            _exit(3);
        }
    }
    fflush(stdout);
    exit(0);
}

static void start(struct job *job, uint64_t first, uint64_t end)
{
    int fds[2];

    fflush(stdout);
    if (pipe(fds) != 0) {
        perror("usctp-sim: pipe");
        exit(2);
    }
    job->pid = fork();
    if (job->pid < 0) {
        perror("usctp-sim: fork");
        exit(2);
    }
    if (job->pid == 0) {
        close(fds[0]);
        work(fds[1], first, end);
    }
    close(fds[1]);
    job->fd = fds[0];
    job->next = first;
    job->end = end;
}

static void add(struct sums *sums, const struct sim_world_result *result)
{
    sums->seed_cnt++;
    sums->packet_cnt += result->packet_cnt;
    sums->event_cnt += result->event_cnt;
    sums->message_cnt += result->message_cnt;
    sums->byte_cnt += result->byte_cnt;
    sums->virtual_ms += result->end_ts / 1000000u;
    sums->up_cnt += result->up_cnt;
    sums->lost_cnt += result->lost_cnt;
    sums->restarted_cnt += result->restarted_cnt;
    sums->plan_cnt += result->plan_cnt;
    sums->reached_cnt += result->reached_cnt;
    sums->dropped_cnt += result->dropped_cnt;
    sums->blocked_cnt += result->blocked_cnt;
    sums->kept_cnt += result->kept_cnt;
    sums->deferred_cnt += result->deferred_cnt;
    sums->failed_cnt += result->failed_cnt;
    sums->expired_cnt += result->expired_cnt;
    sums->adopted_cnt += result->adopted_cnt;
    sums->reset_cnt += result->reset_cnt;
    sums->assoc_reset_cnt += result->assoc_reset_cnt;
    sums->add_cnt += result->add_cnt;
    sums->refused_reset_cnt += result->refused_reset_cnt;
    sums->handover_cnt += result->handover_cnt;
    sim_extensions_add(&sums->extensions, &result->extensions);
    sums->combination_cnt[result->combination[0]]++;
    if (result->combination[1] != result->combination[0]) {
        sums->combination_cnt[result->combination[1]]++;
    }
}

static void print_row(const char *name, const struct sums *sums)
{
    printf("%-18s %7" PRIu64 " %9" PRIu64 " %10" PRIu64 " %9" PRIu64 " %7" PRIu64 " %6" PRIu64
           " %8" PRIu64 " %7" PRIu64 " %7" PRIu64 "/%" PRIu64 "\n",
           name, sums->seed_cnt, sums->virtual_ms / 1000, sums->packet_cnt, sums->message_cnt,
           sums->byte_cnt >> 20, sums->dropped_cnt * 100 / (sums->packet_cnt + 1), sums->up_cnt,
           sums->lost_cnt, sums->reached_cnt, sums->plan_cnt);
}

static void print_table(const struct sums *all, const struct sums by_feature[SIM_F_CNT])
{
    printf("%-18s %7s %9s %10s %9s %7s %6s %8s %7s %7s\n", "world", "seeds", "virtual s", "packets",
           "messages", "MiB", "lost %", "up", "lost", "reached");
    for (int i = 0; i < SIM_F_CNT; i++) {
        print_row(sim_feature_name(i), &by_feature[i]);
    }
    print_row("all", all);
    printf("would-block %" PRIu64 ", kept %" PRIu64 ", deferred %" PRIu64 ", given back %" PRIu64
           " (expired %" PRIu64 "), adopted %" PRIu64 ", restarts seen %" PRIu64 "\n",
           all->blocked_cnt, all->kept_cnt, all->deferred_cnt, all->failed_cnt, all->expired_cnt,
           all->adopted_cnt, all->restarted_cnt);
    printf("stream resets %" PRIu64 ", association resets %" PRIu64 ", streams added %" PRIu64
           ", not done %" PRIu64 " (each seen from one side)\n",
           all->reset_cnt, all->assoc_reset_cnt, all->add_cnt, all->refused_reset_cnt);
    printf("associations handed over %" PRIu64 "\n", all->handover_cnt);
}

/* Each combination has to have been there often enough, where the seeds are enough for that. */
static int combinations_lack(const struct sums *all)
{
    uint64_t least = UINT64_MAX;

    for (unsigned i = 0; i < SIM_COMBINATIONS; i++) {
        least = all->combination_cnt[i] < least ? all->combination_cnt[i] : least;
    }
    printf("%d combinations of congestion control, recovery, batches and offload: each in %" PRIu64
           " seeds or more\n",
           SIM_COMBINATIONS, least);
    if (all->seed_cnt >= FULL_CNT && least < COMBINATION_MIN) {
        printf("that is too few: %d is the least\n", COMBINATION_MIN);
        return 1;
    }
    return 0;
}

/* And each extension has to have been agreed on and used. */
static int extensions_lack(const struct options *options, const struct sums *all)
{
    int bind = options->first == FIRST_SEED && all->seed_cnt >= EXTENSIONS_CNT;
    int lack = 0;

    for (int i = 0; i < SIM_EXT_CNT; i++) {
        uint64_t force_cnt = all->extensions.force_cnt[i], used_cnt = all->extensions.used_cnt[i];
        int never = bind && (force_cnt == 0 || used_cnt == 0);

        if (!options->quiet || never) {
            printf("%-19s in force at %" PRIu64 " of %" PRIu64 " sides, used %" PRIu64 " times%s\n",
                   sim_extension_name(i), force_cnt, all->up_cnt, used_cnt,
                   never ? ": that is too few" : "");
        }
        lack |= never;
    }
    return lack;
}

/* Reads one result; 0: the job is over, or died. */
static int read_result(struct job *job, struct sim_world_result *result)
{
    size_t got = 0;

    while (got < sizeof(*result)) {
        ssize_t n = read(job->fd, (char *)result + got, sizeof(*result) - got);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return 0;
        }
        got += (size_t)n;
    }
    job->next++;
    return 1;
}

/* The job's pipe is at its end: 1 if it died over a seed, which is job->next then. */
static int reap(struct job *job)
{
    int status = 0;

    close(job->fd);
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR) {
    }
    job->pid = 0;
    return job->next < job->end || status != 0;
}

static void report(const struct options *options, uint64_t seed)
{
    printf("seed %" PRIu64 " FAILED; replay with: %s --seed %" PRIu64 "\n", seed, options->program,
           seed);
    fflush(stdout);
}

static int run_all(const struct options *options)
{
    static struct job jobs[JOBS_MAX];
    static struct sums all, by_feature[SIM_F_CNT];
    uint64_t next = options->first, end = options->first + options->cnt;
    unsigned failure_cnt = 0, live_cnt = 0;

    for (;;) {
        struct pollfd fds[JOBS_MAX];

        for (unsigned i = 0; i < options->jobs; i++) {
            if (jobs[i].pid == 0 && next < end && failure_cnt < FAILURES_MAX) {
                uint64_t stop = end - next > BATCH ? next + BATCH : end;

                start(&jobs[i], next, stop);
                next = stop;
                live_cnt++;
            }
            fds[i].fd = jobs[i].pid != 0 ? jobs[i].fd : -1;
            fds[i].events = POLLIN;
            fds[i].revents = 0;
        }
        if (live_cnt == 0) {
            break;
        }
        if (poll(fds, options->jobs, -1) < 0 && errno != EINTR) {
            perror("usctp-sim: poll");
            return 2;
        }
        for (unsigned i = 0; i < options->jobs; i++) {
            struct sim_world_result result;

            if (fds[i].revents == 0) {
                continue;
            }
            if (read_result(&jobs[i], &result)) {
                add(&all, &result);
                for (int f = 0; f < SIM_F_CNT; f++) {
                    if (result.features >> f & 1) {
                        add(&by_feature[f], &result);
                    }
                }
                continue;
            }
            live_cnt--;
            if (reap(&jobs[i])) {
                failure_cnt++;
                report(options, jobs[i].next);
                if (jobs[i].next + 1 < jobs[i].end && failure_cnt < FAILURES_MAX) {
                    start(&jobs[i], jobs[i].next + 1, jobs[i].end);
                    live_cnt++;
                }
            }
        }
    }
    if (!options->quiet) {
        print_table(&all, by_feature);
    }
    failure_cnt += combinations_lack(&all) != 0;
    failure_cnt += extensions_lack(options, &all) != 0;
    printf("%" PRIu64 " seeds passed, %u failed\n", all.seed_cnt, failure_cnt);
    return failure_cnt > 0;
}

int main(int argc, char **argv)
{
    struct options options;
    struct sim_world_result result;

    parse(&options, argc, argv);
    sim_fail_on_abort();
    if (!options.one) {
        return run_all(&options);
    }
    run_seed(options.first, !options.quiet, options.long_way, &result);
    printf("seed %" PRIu64 " passed: %" PRIu64 " ms, %" PRIu64 " packets, %" PRIu64
           " messages, hash %016" PRIx64 "\n",
           result.seed, result.end_ts / 1000000u, result.packet_cnt, result.message_cnt,
           result.hash);
    return 0;
}
