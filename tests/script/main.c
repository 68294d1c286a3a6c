/* SPDX-License-Identifier: BSD-3-Clause */
/* usctp-script [-v] [-1] FILE...: runs wire scripts, one result line each (see README.md). */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world.h"

enum { SECONDS_MAX = 60 }; /* real time for one script: it is in a loop then */

static int verbose, together;

/* The name of a script: its file without folder and ending. */
static void name_of(const char *path, char *name, size_t cap)
{
    const char *slash = strrchr(path, '/');
    char *dot;

    (void)snprintf(name, cap, "%s", slash != NULL ? slash + 1 : path);
    dot = strrchr(name, '.');
    if (dot != NULL) {
        *dot = '\0';
    }
}

/* Runs one script in this process; 0: it passed. */
static int run_here(const char *path)
{
    struct world *world = calloc(1, sizeof(*world));
    volatile int failed = 0;
    char name[200];

    if (world == NULL) {
        abort();
    }
    name_of(path, name, sizeof(name));
    world->verbose = verbose != 0;
    if (setjmp(world->failed) == 0) {
        world_init(world);
        run_file(world, path);
        printf("ok %s\n", name);
    } else {
        failed = 1;
        if (!verbose && world->trace != NULL) {
            (void)fwrite(world->trace, 1, world->trace_len, stdout);
        }
        printf("not ok %s: %s\n", name, world->failure.buf);
    }
    world_drop(world);
    free(world);
    (void)fflush(stdout);
    return failed;
}

/* In a process of its own, so that a crash or an endless loop is one failed script. */
static int run_apart(const char *path)
{
    char name[200];
    int status = 0;
    pid_t pid = fork();

    if (pid < 0) {
        return run_here(path);
    }
    if (pid == 0) {
        (void)alarm(SECONDS_MAX);
        exit(run_here(path));
    }
    if (waitpid(pid, &status, 0) != pid) {
        return 1;
    }
    if (WIFSIGNALED(status)) {
        name_of(path, name, sizeof(name));
        printf("not ok %s: %s: ended by signal %d%s\n", name, path, WTERMSIG(status),
               WTERMSIG(status) == SIGALRM ? " (it does not end)" : "");
    } else if (WEXITSTATUS(status) > 1) {
        name_of(path, name, sizeof(name));
        printf("not ok %s: %s: ended with status %d\n", name, path, WEXITSTATUS(status));
    }
    (void)fflush(stdout);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

int main(int argc, char **argv)
{
    int failed_cnt = 0, file_cnt = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            verbose = 1;
        } else if (strcmp(argv[i], "-1") == 0) {
            together = 1;
        } else if (argv[i][0] == '-') {
            (void)fprintf(stderr, "usage: usctp-script [-v] [-1] FILE...\n"
                                  "-v prints what happens, -1 runs all scripts in one process\n");
            return 2;
        } else {
            file_cnt++;
            failed_cnt += together ? run_here(argv[i]) : run_apart(argv[i]);
        }
    }
    printf("# %d scripts, %d failed\n", file_cnt, failed_cnt);
    return failed_cnt > 0;
}
